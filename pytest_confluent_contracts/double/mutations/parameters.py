"""In which ways can a service read its parameters wrongly?"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.double.mutations.altering import (
    any_resource,
    is_accepted,
    mutate_answers,
    mutate_step,
    set_status,
)
from pytest_confluent_contracts.double.parameters import (
    REQUIRED,
    is_there,
    rules_broken_in_path,
    sends,
)
from pytest_confluent_contracts.double.service import Problem, Refused
from pytest_confluent_contracts.model.conditions import is_condition
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.serialisation import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Mutation, When
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.model.documents import Operation, Parameter

# The keywords, beside the type, of which each can be left unchecked.
UNLIKE_TEXTS: Final = ("integer", "number", "boolean")  # types that not every text shows
CHECKED: Final = (
    *("enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minLength", "maxLength", "pattern", "format"),
    *("minItems", "maxItems", "uniqueItems", "additionalProperties"),
)


def parameter_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how parameters in query, headers and cookies are read."""
    for index, parameter in enumerate(operation.path_parameters):
        yield from path_mutations(index, parameter)
    pages = operation.listing.pages
    for parameter in operation.other_parameters:
        # A cursor that no answer has shown is refused, whatever else is wrong with it.
        is_cursor = pages is not None and parameter.name == pages.position
        if not is_condition(parameter) and not (is_cursor and parameter.schema.get("maxLength")):
            yield from _mutations_of(parameter)
    if operation.other_parameters:
        clause = "parameters/undeclared"
        refused = set_status(400)
        yield mutate_answers(
            "an undeclared parameter is refused", refused, has_undeclared, f"{clause}/ignored"
        )
        yield mutate_answers(
            "an undeclared parameter crashes it",
            set_status(500),
            has_undeclared,
            f"{clause}/never-5xx",
        )


def _mutations_of(parameter: Parameter) -> Iterator[Mutation]:
    called = f"{parameter.location} {parameter.name}"
    clause = f"parameters/{parameter.location}/{parameter.name}"
    for rule in rules_checked(parameter):
        lenient = partial(leave_rule_unchecked, parameter, rule)
        name = f"{rule} of {called} is not checked"
        yield mutate_step(name, "rules_broken", lenient, f"{clause}/{rule}")
    if is_value_known(parameter):
        strict = partial(refuse_always, parameter)
        yield mutate_step(f"{called} is refused", "rules_broken", strict, f"{clause}/accepted")
    if rules_checked(parameter):
        name = f"a wrong {called} crashes it"
        crash, wrong = set_status(500), partial(is_refused_for, parameter)
        yield mutate_answers(name, crash, wrong, f"{clause}/never-5xx")
    if parameter.default is not ABSENT and not parameter.required:
        name = f"{called} has another default"
        yield mutate_answers(name, show_more, sends_default(parameter), f"{clause}/default")


def is_value_known(parameter: Parameter) -> bool:
    """Return whether the document has a value that must be taken: of a text it need show one."""
    is_shown = bool(parameter.examples) or parameter.default is not ABSENT
    is_listed = not {"enum", "const"}.isdisjoint(parameter.schema)
    return is_shown or is_listed or parameter.schema.get("type") != "string"


def path_mutations(index: int, parameter: Parameter) -> Iterator[Mutation]:
    """Yield the mutations of how the parameter at *index* in the path is read."""
    keywords = keywords_of_text(parameter.schema) if parameter.is_text else []
    clause = f"parameters/path/{parameter.name}"
    for rule in keywords:
        taken = partial(take_broken_id, (index, parameter, rule))
        name = f"{rule} of path {parameter.name} is not checked"
        yield mutate_step(name, "find_resource", taken, f"{clause}/{rule}")
    if keywords:
        crashing = partial(crash_at_broken_id, (index, parameter))
        name = f"a wrong path {parameter.name} crashes it"
        yield mutate_step(name, "find_resource", crashing, f"{clause}/never-5xx")


def take_broken_id(
    broken: tuple[int, Parameter, str], service: Service, inner: Any, request: Request
) -> Any:
    """Take an id that breaks the one rule of its parameter for the own one."""
    index, parameter, rule = broken
    if rules_broken_in_path(parameter, service.values_in(request.path)[index]) == [rule]:
        return any_resource(service)
    return inner(request)


def crash_at_broken_id(
    broken: tuple[int, Parameter], service: Service, inner: Any, request: Request
) -> Any:
    """Fail where an id breaks a rule of its parameter."""
    index, parameter = broken
    if rules_broken_in_path(parameter, service.values_in(request.path)[index]):
        raise Refused(Problem(500, "internal_error", "The id could not be read."))
    return inner(request)


def rules_checked(parameter: Parameter) -> list[str]:
    """Return the rules of *parameter* that the service checks."""
    schema = parameter.schema
    found = [REQUIRED] if parameter.required else []
    if parameter.media_type and parameter.types:
        found.append("type")
    found += keywords_of_text(schema)
    found += [f"items/{keyword}" for keyword in keywords_of_text(schema.get("items") or {})]
    if schema.get("required"):
        found.append("properties/required")
    for member in (schema.get("properties") or {}).values():
        found += [f"properties/{keyword}" for keyword in keywords_of_text(member)]
    return list(dict.fromkeys(found))


def keywords_of_text(schema: Mapping[str, Any]) -> list[str]:
    """Return the keywords of *schema* that a text can break."""
    found = [keyword for keyword in CHECKED if keyword in schema]
    if schema.get("type") in UNLIKE_TEXTS:
        return ["type", *found]
    return found


def leave_rule_unchecked(
    parameter: Parameter, rule: str, _: Service, inner: Any, request: Request
) -> Any:
    """Find nothing wrong where *parameter* breaks *rule*."""
    return [one for one in inner(request) if one != (parameter, rule)]


def refuse_always(parameter: Parameter, _: Service, inner: Any, request: Request) -> Any:
    """Find *parameter* wrong wherever it is sent."""
    found = inner(request)
    is_sent = is_there(parameter, request.path, request.headers)
    if is_sent:
        return [*found, (parameter, "type")]
    return found


# --- when, and what is changed --------------------------------------------------------------------


def has_undeclared(request: Request, answer: Answer) -> bool:
    """Hold where an accepted request has a parameter in its query that is not the document's."""
    sent = sends("contract_undeclared", Location.QUERY, request.path, request.headers)
    return bool(sent) and is_accepted(request, answer)


def is_refused_for(parameter: Parameter, request: Request, answer: Answer) -> bool:
    """Hold on refusals of requests that send *parameter*, or need it."""
    is_sent = is_there(parameter, request.path, request.headers)
    is_refused = answer.status in (400, 422)
    return is_refused and (is_sent or parameter.required)


def sends_default(parameter: Parameter) -> When:
    """Hold where an accepted request sends the default of *parameter*."""
    default = text_of(parameter.default)

    def has_default(request: Request, answer: Answer) -> bool:
        sent = sends(parameter.name, parameter.location, request.path, request.headers)
        return sent == [default] and is_accepted(request, answer)

    return has_default


def show_more(answer: Answer, _: Request, __: Service) -> Answer:
    """Answer with one member more."""
    return replace(answer, value={**(answer.value or {}), "by-default": False})
