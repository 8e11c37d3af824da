"""Which headers go with a request that its case does not have? Those of options, and of a hook.

A header that carries credentials, or that says how a request is framed, is none of them: it would
change what the cases try.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.http.raised import shortened, told_error
from pytest_confluent_contracts.http.redaction import Redactor, Secret
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.traffic import REDACTED, OutgoingRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, GivenHeader, RedactedCase

    # What is returned is added: names and values of headers.
    Signing = Callable[[OutgoingRequest], Iterable[tuple[str, str]]]

HOOK = "pytest_contract_request"
SHORTEST_SECRET = 8  # characters; what is shorter stands anywhere by chance
MOST_REMEMBERED = 64
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 5.6.2
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 5.5, as latin-1
# What the cases say of each request, and how it is framed (RFC 9110 7.6.1, RFC 9112 6).
OWN = frozenset(
    {
        *("content-type", "content-length", "content-encoding", "transfer-encoding"),
        *("connection", "keep-alive", "te", "trailer", "upgrade", "expect"),
        *("accept", "accept-encoding"),
    }
)

Headers = list[tuple[str, str]]


def why_unfit(name: str, value: str, operations: Iterable[Operation]) -> str:
    """Return why a header cannot be added to the requests of *operations*, ``""`` where it can."""
    if not TOKEN.fullmatch(name):
        return "this is no name of a header"
    if not VALUE.fullmatch(value) or value != value.strip():
        return "its value cannot stand in a header"
    if name.lower() in OWN:
        return "each request says itself how its body is written and read"
    if any(operation.carries_credentials(name) for operation in operations):
        return "it carries credentials, which are tried without and with wrong ones"
    return ""


@dataclass(frozen=True, slots=True)
class Additions:
    """What is added to every request: headers that were given, and what *sign* returns for it."""

    given: tuple[GivenHeader, ...] = ()
    sign: Signing | None = None

    def secrets(self) -> list[Secret]:
        """Return the given values that must not be seen."""
        return [Secret(f"the header {one.name}", one.value) for one in self.given if one.hidden]

    def hidden_names(self) -> set[str]:
        """Return the names, in small letters, of headers that must not travel in the clear."""
        return {one.name.lower() for one in self.given if one.hidden}

    def with_given(self, case: Case, headers: Sequence[tuple[str, str]]) -> Headers:
        """Return *headers* of *case* with those given of which it has none."""
        named = {name.lower() for name, _ in headers}
        found = [*headers]
        for one in self.given:
            if one.name.lower() in named or _is_about(case, one.name):
                continue
            found.append((one.name, one.value))
        return found

    def signed(self, outgoing: OutgoingRequest, clean: Redactor) -> Headers:
        """Return what the hook adds to a request; raise `Refusal` where that may not be.

        What the hook raised is told as *clean* lets it be seen.
        """
        if self.sign is None:
            return []
        case = outgoing.case
        try:
            added = [(str(name), str(value)) for name, value in self.sign(outgoing)]
        except Exception as error:
            told = shortened(clean.text(told_error(error)))
            raise Refusal(f"not sent: {HOOK} raised {told}") from error
        for name, value in added:
            why = why_unfit(name, value, (case.operation,))
            if why:
                raise Refusal(f"not sent: {HOOK} returned {name!r}: {why}")
        return [(name, value) for name, value in added if not _is_about(case, name)]


def _is_about(case: Case, name: str) -> bool:
    """Return whether *case* tries the header *name* itself: then it goes as the case has it."""
    trial = case.trial
    if trial is None or trial.location is not Location.HEADER:
        return False
    return trial.name.lower() == name.lower()


def without(headers: Sequence[tuple[str, str]], added: Sequence[tuple[str, str]]) -> Headers:
    """Return *headers* but those that *added* has in their place."""
    names = {name.lower() for name, _ in added}
    return [(name, value) for name, value in headers if name.lower() not in names]


def shown_with(
    case: RedactedCase,
    additions: Additions,
    sent: Iterable[tuple[bytes, bytes]],
    added: Sequence[tuple[str, str]],
) -> RedactedCase:
    """Return *case*, *sent* with these headers, with what was added to it, as it may be shown."""
    if not additions.given and not added:
        return case
    named = {name.decode("latin-1").lower() for name, _ in sent}
    known = {name.lower() for name, _ in case.headers}
    headers = without(case.headers, added)
    for one in additions.given:
        if one.name.lower() in named - known:
            headers.append((one.name, REDACTED if one.hidden else one.value))
    headers += [(name, REDACTED) for name, _ in added]
    return replace(case, headers=tuple(headers))


class AddedSecrets:
    """Widens a redactor by what a hook adds: the same for a token that stays, anew for each other.

    What it added to one request is taken out of that exchange.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._widen = lru_cache(MOST_REMEMBERED)(
            lambda added: redactor.widened(
                Secret(f"what {HOOK} added ({name})", value) for name, value in added
            )
        )
        self._redactor = redactor

    def redactor_for(self, added: Sequence[tuple[str, str]]) -> Redactor:
        """Return what takes out all that *added* holds, and all else."""
        long = tuple(pair for pair in added if len(pair[1]) >= SHORTEST_SECRET)
        return self._widen(long) if long else self._redactor
