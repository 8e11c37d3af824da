"""What changed of a request: its parameters, and its body?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.comparing.differences import Difference, Way
from pytest_confluent_contracts.clauses.comparing.meanings import value_text
from pytest_confluent_contracts.clauses.comparing.schemas import schema_differences
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.changes import Breaks, Change, Direction
from pytest_confluent_contracts.model.documents import (
    Content,
    Example,
    Location,
    Operation,
    Parameter,
    is_deep,
    name_in_clauses,
)
from pytest_confluent_contracts.model.media_types import essence, matching
from pytest_confluent_contracts.model.paths import ABSENT, ITEM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.comparing.pairs import OperationPair, Places

# --- parameters ---------------------------------------------------------------------------------


def parameter_changes(pair: OperationPair) -> Iterator[Change]:
    """Yield what changed of the parameters; those of the path are known by their order."""
    old, new = pair.operations
    for one, other in zip(old.path_parameters, new.path_parameters, strict=False):
        if one.name != other.name:
            values = one.name, other.name
            clause = f"parameters/path/{other.name}"
            change = Direction.CHANGED
            places = one.place, other.place
            yield pair.change(clause, "name", change, Breaks.NOBODY, values=values, places=places)
        yield from _both(pair, one, other)
    olds = {_key(one): one for one in old.other_parameters}
    news = {_key(one): one for one in new.other_parameters}
    for key in dict.fromkeys([*olds, *news]):
        if key not in news:
            yield _gone(pair, olds[key])
        elif key not in olds:
            yield _added(pair, news[key])
        else:
            yield from _both(pair, olds[key], news[key])


def _key(parameter: Parameter) -> tuple[Location, str]:
    """Return what tells a parameter apart; headers are known in any case (RFC 9110 5.1)."""
    if parameter.location is Location.HEADER:
        return parameter.location, parameter.name.lower()
    return parameter.location, parameter.name


def _presence(parameter: Parameter) -> str:
    return "required" if parameter.required else "optional"


def _gone(pair: OperationPair, old: Parameter) -> Change:
    values = _presence(old), ABSENT
    places = old.place, pair.new.operation.place
    return pair.change(
        _clause(old), "", Direction.REMOVED, Breaks.CLIENTS, values=values, places=places
    )


def _added(pair: OperationPair, new: Parameter) -> Change:
    breaks = Breaks.CLIENTS if new.required else Breaks.SERVERS
    values = ABSENT, _presence(new)
    places = pair.old.operation.place, new.place
    return pair.change(_clause(new), "", Direction.ADDED, breaks, values=values, places=places)


def _both(pair: OperationPair, old: Parameter, new: Parameter) -> Iterator[Change]:
    """Yield what changed of a parameter that both have."""
    places = old.place, new.place
    if old.required != new.required:
        direction, breaks = Direction.LOOSENED, Breaks.SERVERS
        if new.required:
            direction, breaks = Direction.TIGHTENED, Breaks.CLIENTS
        clause, values = _clause(new, "required"), (old.required, new.required)
        yield pair.change(clause, "required", direction, breaks, values=values, places=places)
    if old.deprecated != new.deprecated:
        clause, values = _clause(new, "deprecated"), (old.deprecated, new.deprecated)
        change, nobody = Direction.CHANGED, Breaks.NOBODY
        yield pair.change(clause, "deprecated", change, nobody, values=values, places=places)
    for keyword, was, now in _forms(old, new):
        values = (was, now)
        clause, change, breaks = _clause(new, keyword), Direction.CHANGED, Breaks.CLIENTS
        if keyword == "allowReserved" and now:  # written in either way, it can be read
            change, breaks = Direction.LOOSENED, Breaks.SERVERS
        yield pair.change(clause, keyword, change, breaks, values=values, places=places)
    for difference in schema_differences(old.schema, new.schema, Way.REQUEST):
        clause = _clause(new, *_parts(difference))
        yield pair.change_of(clause, difference, places)


def _forms(old: Parameter, new: Parameter) -> Iterator[tuple[str, Any, Any]]:
    """Yield what changed of how a value is written: where it is one text, styles are alike."""
    if essence(old.media_type) != essence(new.media_type):
        yield "content", old.media_type or ABSENT, new.media_type or ABSENT
        return
    if old.style != new.style and not (_is_plain(old) and _is_plain(new)):
        yield "style", old.style, new.style
    if old.explode != new.explode and not (_is_single(old) or _is_single(new)):
        yield "explode", old.explode, new.explode
    if old.allow_reserved != new.allow_reserved:
        yield "allowReserved", old.allow_reserved, new.allow_reserved


def _is_single(parameter: Parameter) -> bool:
    """Return whether its value is neither a list nor an object."""
    return bool(parameter.types) and not {"array", "object"} & set(parameter.types)


def _is_plain(parameter: Parameter) -> bool:
    return _is_single(parameter) and parameter.style not in ("matrix", "label")


def _clause(parameter: Parameter, *parts: str) -> str:
    return "/".join(["parameters", parameter.location, parameter.name, *parts])


def _parts(difference: Difference) -> Iterator[str]:
    """Yield what follows the name of a parameter in the id: ``items/maxLength``."""
    for step in paths.steps_of(difference.path):
        yield "items" if step is ITEM else "properties"
    if difference.keyword:
        yield difference.keyword


# --- bodies -------------------------------------------------------------------------------------


def request_body_changes(pair: OperationPair) -> Iterator[Change]:
    """Yield what changed of the body: whether it is sent, as what, and what stands in it."""
    old, new = pair.operations
    if old.request is None or new.request is None:
        yield from _body_alone(pair)
        return
    if old.request.required != new.request.required:
        direction, breaks = Direction.LOOSENED, Breaks.SERVERS
        if new.request.required:
            direction, breaks = Direction.TIGHTENED, Breaks.CLIENTS
        yield pair.change(
            "request/body/required",
            "required",
            direction,
            breaks,
            values=(old.request.required, new.request.required),
            places=(old.request.place, new.request.place),
        )
    yield from _media_types(pair)
    yield from _examples(pair)


def _body_alone(pair: OperationPair) -> Iterator[Change]:
    """Yield that only one of the documents has a body."""
    old, new = (operation.request for operation in pair.operations)
    places = pair.places
    clause, keyword = "request/body", ""
    if old is not None:
        places, values = (old.place, places[1]), (_told_body(old), ABSENT)
        change = Direction.REMOVED
        yield pair.change(clause, keyword, change, Breaks.CLIENTS, values=values, places=places)
    if new is not None:
        breaks = Breaks.CLIENTS if new.required else Breaks.SERVERS
        told, places = (ABSENT, _told_body(new)), (places[0], new.place)
        yield pair.change(clause, keyword, Direction.ADDED, breaks, values=told, places=places)


def _told_body(content: Content) -> str:
    return "required" if content.required else "optional"


def contents_of(operation: Operation) -> dict[str, Content]:
    """Return the bodies of a request by media type, that of which most is said first."""
    if operation.request is None:
        return {}
    contents = (operation.request, *operation.other_requests)
    return {essence(one.media_type): one for one in contents}


def _media_types(pair: OperationPair) -> Iterator[Change]:
    """Yield which media types are gone and new, and what changed of the bodies of the others."""
    olds, news = (contents_of(operation) for operation in pair.operations)
    keyword = "media type"
    for name, old in olds.items():
        found = matching(news, name)
        if found is not None:
            yield from _members(pair, old, news[found])
            continue
        clause, values = f"request/media-type/{name}", (old.media_type, ABSENT)
        direction, breaks = Direction.REMOVED, Breaks.CLIENTS
        places = old.place, pair.new.operation.place
        yield pair.change(clause, keyword, direction, breaks, values=values, places=places)
    for name, new in news.items():
        covering = matching(olds, name)
        if name in olds:
            continue
        if covering is not None:
            yield from _members(pair, olds[covering], new)
            continue
        clause, told = f"request/media-type/{name}", (ABSENT, new.media_type)
        direction, breaks = Direction.ADDED, Breaks.SERVERS
        places = pair.old.operation.place, new.place
        yield pair.change(clause, keyword, direction, breaks, values=told, places=places)


def _members(pair: OperationPair, old: Content, new: Content) -> Iterator[Change]:
    places: Places = old.place, new.place
    known = pair.known[Way.REQUEST]
    for difference in schema_differences(old.schema, new.schema, Way.REQUEST, known):
        yield pair.change_of(_clause_of_body(difference), difference, places)


def _clause_of_body(difference: Difference) -> str:
    """Return the id of the clause on a rule of the request's body."""
    if is_deep(difference.path):
        return f"request/{name_in_clauses(difference.path)}"
    parts = ["request", difference.path or "body", difference.keyword]
    return "/".join(part for part in parts if part)


def _examples(pair: OperationPair) -> Iterator[Change]:
    old, new = pair.operations
    if old.request is not None and new.request is not None:
        yield from example_changes(pair, "request/example", old.request, new.request, ())


def example_changes(
    pair: OperationPair, prefix: str, old: Content, new: Content, unnamed: Sequence[str]
) -> Iterator[Change]:
    """Yield which examples of a body are others, new, or gone.

    Their ids begin with *prefix*, and those that are *unnamed* end there.
    """
    olds = {example.name: example for example in old.examples}
    news = {example.name: example for example in new.examples}
    for name in dict.fromkeys([*olds, *news]):
        one = olds.get(name, Example(name, ABSENT, old.place))
        other = news.get(name, Example(name, ABSENT, new.place))
        if value_text(one.value) == value_text(other.value):
            continue
        direction = Direction.CHANGED
        if one.value is ABSENT:
            direction = Direction.ADDED
        elif other.value is ABSENT:
            direction = Direction.REMOVED
        values, places = (one.value, other.value), (one.place, other.place)
        clause, nobody = f"{prefix}/{name}", Breaks.NOBODY
        if name in unnamed:
            clause = prefix
        yield pair.change(clause, "example", direction, nobody, values=values, places=places)
