"""In which ways can a service take credentials wrongly?"""

from __future__ import annotations

import base64
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    always,
    mutate_answers,
    mutate_step,
    replace_step,
    set_status,
    with_status,
)
from pytest_confluent_contracts.double.service import Refused
from pytest_confluent_contracts.model.documents import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Problem, Request, Service
    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme


def credential_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how credentials are checked; none where nothing is promised."""
    statuses = operation.promises.refusals.unauthenticated
    if not statuses or not operation.needs_credentials:
        return
    promised = statuses[0]
    unchecked = "credentials are not checked"
    yield mutate_step(unchecked, "authenticate", always(None), "security/*")
    other, without = (403 if promised == 401 else 401), with_status(promised)
    if other not in statuses:
        changed = set_status(other)
        yield mutate_answers(f"{other} without credentials", changed, without, "security/*")
    yield mutate_answers("404 without credentials", set_status(404), without, "security/none")
    for scheme in operation.schemes:
        yield from lenient_mutations(scheme)
    first = operation.schemes[0]
    name, clause = "what was refused is recognised when it comes again", f"security/{id_of(first)}"
    yield Mutation(name, (clause,), recognise_known(first))
    yield from order_mutations(operation, promised)
    for alternative in operation.security:
        name = "+".join(scheme.name for scheme in alternative)
        deaf, breaks = (
            partial(recognise, alternative[0], always(False)),
            (f"security/{name}/accepted",),
        )
        yield mutate_step(f"{name} is refused", "is_recognised", deaf, *breaks, "200/*")


def id_of(scheme: SecurityScheme) -> str:
    """Return how clauses name the scheme."""
    if scheme.kind == "apiKey":
        return scheme.carrier
    return scheme.name


def lenient_mutations(scheme: SecurityScheme) -> Iterator[Mutation]:
    """Yield the ways in which a wrong credential of *scheme* can pass for right."""
    id = id_of(scheme)
    for what, test in LENIENT_TESTS.items():
        lenient, breaks = partial(recognise, scheme, test), (f"security/{id}*", "security/none")
        yield mutate_step(f"{id} recognised by {what}", "is_recognised", lenient, *breaks)
    foreign = partial(recognise_foreign, scheme)
    yield mutate_step(
        f"{id} recognised by another's secret", "is_recognised", foreign, f"security/{id}"
    )
    listed = partial(recognise_in_list, scheme)
    clause = f"security/{id}" if scheme.kind == "apiKey" else f"security/{id}/malformed"
    yield mutate_step(f"{id} recognised in a list", "is_recognised", listed, clause)
    if scheme.kind in ("basic", "bearer"):
        unnamed = partial(recognise_unnamed, scheme)
        name = f"{id} recognised under another scheme"
        yield mutate_step(name, "is_recognised", unnamed, f"security/{id}")
    if scheme.kind == "basic":
        for what, test in PAIR_TESTS.items():
            lenient, name = partial(recognise, scheme, test), f"{id} recognised in {what}"
            yield mutate_step(name, "is_recognised", lenient, f"security/{id}")


def order_mutations(operation: Operation, promised: int) -> Iterator[Mutation]:
    """Yield the mutations in which who has wrong credentials hears of the body or the id."""
    tells = "security/first/tells-nothing"
    if operation.request:
        name = "the body is checked before the credentials"
        yield mutate_step(name, "authenticate", check_body_first, "security/first/body")
        name = "a refusal of credentials tells what is wrong with the body"
        yield mutate_step(name, "authenticate", partial(tell_beside, "check_body"), tells)
    if operation.promises.refusals.unknown and operation.parameters:
        name = "the id is looked for before the credentials"
        yield mutate_step(name, "authenticate", find_resource_first, "security/first/id")
        name = "a refusal of credentials tells that the id is unknown"
        yield mutate_step(name, "authenticate", partial(tell_beside, "find_resource"), tells)


def check_body_first(service: Service, inner: Any, request: Request) -> Any:
    """Refuse what is wrong with the body before looking at who asks."""
    service.check_body(service.read_body(request))
    return inner(request)


def find_resource_first(service: Service, inner: Any, request: Request) -> Any:
    """Refuse an unknown id before looking at who asks."""
    service.find_resource(request)
    return inner(request)


def tell_beside(step: str, service: Service, inner: Any, request: Request) -> Any:
    """Refuse credentials with what another step says of the request told beside."""
    try:
        return inner(request)
    except Refused as refused:
        beside = problems_of(step, service, request)
        told = [replace(one, status=refused.problems[0].status) for one in beside]
        raise Refused(*refused.problems, *told) from None


def problems_of(step: str, service: Service, request: Request) -> Sequence[Problem]:
    """Return why *step* refuses the request, nothing where it does not."""
    try:
        if step == "check_body":
            service.check_body(service.read_body(request))
        else:
            service.find_resource(request)
    except Refused as refused:
        return refused.problems
    return ()


def recognise_foreign(
    scheme: SecurityScheme, service: Service, inner: Any, asked: SecurityScheme, request: Request
) -> Any:
    """Recognise credentials of *scheme* whose secret is that of any other scheme."""
    secret = sent_credential(asked, request).rpartition("/")[2]
    others = [tuple(own.values())[-1] for name, own in service.credentials.items()]
    return inner(asked, request) or (asked == scheme and secret in others)


def recognise_in_list(
    scheme: SecurityScheme, service: Service, inner: Any, asked: SecurityScheme, request: Request
) -> Any:
    """Recognise credentials of *scheme* that stand in a list, one of which is right."""
    if asked != scheme:
        return inner(asked, request)
    if asked.location is not Location.HEADER:
        return inner(asked, request) or _lists(asked, request, service)
    name = asked.carrier.lower()
    for one in request.headers.get(name, "").split(","):
        alone = replace(request, headers={**request.headers, name: one.strip()})
        if inner(asked, alone):
            return True
    return False


def _lists(scheme: SecurityScheme, request: Request, service: Service) -> bool:
    """Return whether the right key is one of several in a query parameter, or a cookie."""
    listed = sent_credential(scheme, request).split(",")
    return service.credentials[scheme.name]["value"] in [one.strip() for one in listed]


def recognise_unnamed(
    scheme: SecurityScheme, _: Service, inner: Any, asked: SecurityScheme, request: Request
) -> Any:
    """Recognise the credentials of *scheme* under the name of another documented one."""
    name = asked.carrier.lower()
    kind, sent = request.headers.get(name, "").partition(" ")[::2]
    if asked != scheme or kind.lower() not in ("basic", "bearer"):
        return inner(asked, request)
    named = {**request.headers, name: f"{scheme.kind} {sent}"}
    return inner(asked, replace(request, headers=named))


def recognise_known(scheme: SecurityScheme) -> Alter:
    """Recognise credentials of *scheme* that were sent before, refused or not."""

    def alter(service: Service) -> Service:
        known: set[str] = set()

        def is_recognised(_: Service, inner: Any, asked: SecurityScheme, request: Request) -> Any:
            sent = request.credential(asked)
            if asked != scheme or not sent:
                return inner(asked, request)
            is_known = sent in known
            known.add(sent)
            return inner(asked, request) or is_known

        return replace_step("is_recognised", is_recognised)(service)

    return alter


def recognise(
    scheme: SecurityScheme,
    test: Callable[[str, str], bool],
    service: Service,
    inner: Any,
    asked: SecurityScheme,
    request: Request,
) -> Any:
    """Recognise credentials of *scheme* by *test(what was sent, what is right)*, others rightly."""
    if asked != scheme:
        return inner(asked, request)
    right = "/".join(service.credentials[asked.name].values())
    return test(sent_credential(asked, request), right)


def sent_credential(scheme: SecurityScheme, request: Request) -> str:
    """Return what the request shows for *scheme*, in the form in which `recognise` compares it."""
    text = request.credential(scheme)
    if scheme.location is not Location.HEADER:
        return text
    kind, _, sent = text.rpartition(" ")
    if scheme.kind == "apiKey":
        return sent
    if kind.lower() != scheme.kind:
        return ""
    if scheme.kind == "bearer":
        return sent
    try:
        return base64.b64decode(sent).decode().replace(":", "/", 1)
    except ValueError:
        return ""


# --- what passes for a right credential -----------------------------------------------------------


def has_right_half(sent: str, right: str) -> bool:
    """Return whether the first half is right."""
    half = len(right) // 2
    return bool(sent) and sent[:half] == right[:half]


def is_there(sent: str, _: str) -> bool:
    """Return whether any credential was sent."""
    return bool(sent)


def has_right_letters(sent: str, right: str) -> bool:
    """Return whether the credential is right but for upper and lower case."""
    return sent.lower() == right.lower()


def is_right_in_quotes(sent: str, right: str) -> bool:
    """Return whether the credential is right but for quotes in it."""
    return sent.replace('"', "") == right


def is_right_before_query(sent: str, right: str) -> bool:
    """Return whether the credential is right up to what a query would go on with."""
    return sent.partition("&")[0] == right


def is_right_in_blanks(sent: str, right: str) -> bool:
    """Return whether the credential is right but for blanks in it."""
    return sent.replace(" ", "") == right


def is_word(word: str) -> Callable[[str, str], bool]:
    """Return the test whether the secret is *word*, or right."""

    def is_that_word(sent: str, right: str) -> bool:
        return sent == right or sent.rpartition("/")[2] == word

    return is_that_word


def is_condition(sent: str, right: str) -> bool:
    """Return whether the credential is right, or has a condition of a query in it."""
    return sent == right or "'OR'1'='1" in sent


def is_one_half_twice(sent: str, right: str) -> bool:
    """Return whether the credential is right, or either half of it stands for the other too."""
    user, _, password = right.partition("/")
    return sent in (right, f"{user}/{user}", f"{password}/{password}")


def is_empty_pair(sent: str, right: str) -> bool:
    """Return whether the credential is right, or both halves of it are empty."""
    return sent in (right, "/")


PAIR_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "blanks": is_right_in_blanks,
    "one half twice": is_one_half_twice,
    "an empty pair": is_empty_pair,
}
LENIENT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "its first half": has_right_half,
    "being there": is_there,
    "nothing": always(True),
    "its letters in any case": has_right_letters,
    "its characters in quotes": is_right_in_quotes,
    "what stands before a query": is_right_before_query,
    "the word null": is_word("null"),
    "the word undefined": is_word("undefined"),
    "a query's condition": is_condition,
}
