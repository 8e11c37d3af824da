"""In which ways can a service take credentials wrongly?"""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    always,
    mutate_answers,
    mutate_step,
    set_status,
    with_status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Mutation
    from pytest_confluent_contracts.double.service import Request, Service
    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme


def credential_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how credentials are checked; none where nothing is promised."""
    statuses = operation.promises.refusals.unauthenticated
    if not operation.security or not statuses:
        return
    promised = statuses[0]
    unchecked = "credentials are not checked"
    yield mutate_step(unchecked, "authenticate", always(None), "security/*")
    other, without = (403 if promised == 401 else 401), with_status(promised)
    yield mutate_answers(f"{other} without credentials", set_status(other), without, "security/*")
    yield mutate_answers("404 without credentials", set_status(404), without, "security/none")
    for scheme in operation.schemes:
        yield from lenient_mutations(scheme)
    for alternative in operation.security:
        name = "+".join(scheme.name for scheme in alternative)
        deaf, breaks = (
            partial(recognise, alternative[0], always(False)),
            (f"security/{name}/accepted",),
        )
        yield mutate_step(f"{name} is refused", "is_recognised", deaf, *breaks, "200/*")


def lenient_mutations(scheme: SecurityScheme) -> Iterator[Mutation]:
    """Yield the ways in which a wrong credential of *scheme* can pass for right."""
    id = scheme.header if scheme.kind == "apiKey" else scheme.name
    for what, test in LENIENT_TESTS.items():
        lenient, breaks = partial(recognise, scheme, test), (f"security/{id}", "security/none")
        yield mutate_step(f"{id} recognised by {what}", "is_recognised", lenient, *breaks)


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
    kind, _, sent = request.headers.get(scheme.header.lower(), "").rpartition(" ")
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


LENIENT_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "its first half": has_right_half,
    "being there": is_there,
    "nothing": always(True),
    "its letters in any case": has_right_letters,
}
