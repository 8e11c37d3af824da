"""Is each security scheme enforced, and does each documented alternative work?"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.reading import (
    KEPT,
    Looked,
    each,
    is_answer,
    missing,
    quote_value,
    withheld,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.traffic import Expect, Probe, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.reading import Applies, Look
    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.documents import Operation, SecurityScheme
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.model.traffic import Exchange

CREDENTIALS = frozenset({Probe.CREDENTIALS})
NO_CREDENTIALS = "none"  # how the alternative that asks for none is called in ids
USUAL_REFUSAL = frozenset({401})  # RFC 9110 15.5.2
ENOUGH_REFUSALS = 3  # to know what a refusal says each time
WORD_WITH_DIGIT = re.compile(r"[\w-]*\d[\w-]*")


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what is refused without each scheme, then each alternative that must work."""
    if not operation.schemes:
        return
    if not all(operation.security):  # whoever asks without any is served
        for alternative in operation.security:
            yield _works(operation, alternative)
        return
    promised = frozenset(operation.promises.refusals.unauthenticated) or USUAL_REFUSAL
    nothing = Subject(SubjectKind.CREDENTIALS)
    yield _refused("none", operation.place, "a request without credentials", promised, nothing)
    for scheme in operation.schemes:
        id, what = scheme_id(scheme), f"a request with {scheme.name} missing or wrong"
        wrong = Subject(SubjectKind.CREDENTIALS, scheme.name)
        yield _refused(id, scheme.place, what, promised, wrong)
        if scheme.kind != "apiKey":
            # RFC 6750 3.1: what is no credential at all may be a bad request.
            allowed = promised | operation.refusals
            what = f"a request with a malformed {scheme.name}"
            malformed = Subject(SubjectKind.MALFORMED_CREDENTIALS, scheme.name)
            yield _refused(f"{id}/malformed", scheme.place, what, allowed, malformed)
    for alternative in operation.security:
        yield _works(operation, alternative)
    yield from _refused_first(operation, promised)


def scheme_id(scheme: SecurityScheme) -> str:
    """Return how people know the scheme: by what carries its key, or by its name."""
    if scheme.kind == "apiKey":
        return scheme.carrier
    return scheme.name


def _refused(
    id: str, place: SourceLocation, what: str, promised: frozenset[int], subject: Subject
) -> Clause:
    statuses = tuple(sorted(promised))

    return Clause(
        id=f"security/{id}",
        family=Family.SECURITY,
        place=place,
        promise=f"{what} is answered {' or '.join(map(str, statuses))}",
        judge=each(_is_sent_without(subject), _look_whether_unauthenticated(promised)),
        explain=withheld("a refusal", Expect.UNAUTHENTICATED),
        needs=CREDENTIALS,
    )


def _is_sent_without(subject: Subject) -> Applies:
    def applies(exchange: Exchange) -> bool:
        case = exchange.case
        is_of_this_kind = case.expect is Expect.UNAUTHENTICATED and case.subject == subject
        return is_of_this_kind and not exchange.throttled

    return applies


def _works(operation: Operation, alternative: tuple[SecurityScheme, ...]) -> Clause:
    name = "+".join(scheme.name for scheme in alternative)

    def applies(exchange: Exchange) -> bool:
        case = exchange.case
        is_valid = case.probe is Probe.CREDENTIALS and case.expect is Expect.ACCEPTED
        return is_valid and case.authority == name and not exchange.throttled

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.accepted:
            return KEPT
        return Finding(FindingKind.CREDENTIALS_REFUSED, exchange.status, name or NO_CREDENTIALS)

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        refusals = _refusals_of_bodies(exchanges)
        counted = [one for one in exchanges if one.accepted or one.status not in refusals]
        yield from each(applies, look)(counted)

    place, promise = operation.place, "a request without credentials is accepted"
    if alternative:
        place, promise = alternative[0].place, f"{name} is accepted"
    variables: list[str] = []
    for scheme in alternative:
        variables += [variable for _, variable in scheme.variables]

    def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
        if operation.method == "DELETE":
            return MissingEvidence(MissingKind.ENDS_RESOURCES)
        if any(one.case.authority == name for one in exchanges):
            return MissingEvidence(MissingKind.REFUSALS_ONLY)
        return MissingEvidence(MissingKind.CREDENTIALS_NOT_SET, ", ".join(variables))

    return Clause(
        id=f"security/{name or NO_CREDENTIALS}/accepted",
        family=Family.SECURITY,
        place=place,
        promise=promise,
        judge=judge,
        explain=explain,
        needs=CREDENTIALS,
    )


def _refusals_of_bodies(exchanges: Sequence[Exchange]) -> set[int]:
    """Return the statuses with which bodies that the document allows were refused.

    That is told by itself (`request/accepted`). Who is answered so was let in: it is the body that
    was looked at. 401, 403 and 404 speak of who asks.
    """
    return {
        exchange.status
        for exchange in exchanges
        if exchange.case.probe is not Probe.CREDENTIALS
        and exchange.case.expect is Expect.ACCEPTED
        and 400 <= exchange.status < 500
    } - {401, 403, 404}


# --- what else is wrong ------------------------------------------------------------------------

BEFORE = {
    SubjectKind.CREDENTIALS_BEFORE_BODY: ("body", "a wrong body"),
    SubjectKind.CREDENTIALS_BEFORE_ID: ("id", "an unknown id"),
}


def _refused_first(operation: Operation, promised: frozenset[int]) -> Iterator[Clause]:
    """Yield that wrong credentials are refused before anything else is looked at."""
    kinds: list[SubjectKind] = []
    if operation.request:
        kinds.append(SubjectKind.CREDENTIALS_BEFORE_BODY)
    if operation.parameters:
        kinds.append(SubjectKind.CREDENTIALS_BEFORE_ID)
    statuses = " or ".join(map(str, sorted(promised)))
    for kind in kinds:
        id, what = BEFORE[kind]
        yield Clause(
            id=f"security/first/{id}",
            family=Family.SECURITY,
            level=Level.SHOULD,
            place=operation.place,
            promise=f"wrong credentials with {what} are answered {statuses} all the same",
            judge=each(_is_about(kind), _look_whether_unauthenticated(promised)),
            explain=withheld("a refusal", Expect.UNAUTHENTICATED),
            needs=CREDENTIALS,
        )
    yield Clause(
        id="security/first/tells-nothing",
        family=Family.SECURITY,
        level=Level.SHOULD,
        place=operation.place,
        promise="who has wrong credentials hears nothing of the body or the id",
        judge=_judge_what_is_told(promised),
        explain=missing(MissingKind.NOT_COMPARED),
        needs=CREDENTIALS,
    )


def _is_about(kind: SubjectKind) -> Applies:
    def applies(exchange: Exchange) -> bool:
        return exchange.case.subject.kind is kind and not exchange.throttled

    return applies


def _look_whether_unauthenticated(promised: frozenset[int]) -> Look:
    statuses = tuple(sorted(promised))

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.status in promised:
            return KEPT
        title = exchange.case.title
        return Finding(FindingKind.REFUSAL_WRONG, exchange.status, expected=statuses, request=title)

    return look


def _judge_what_is_told(promised: frozenset[int]) -> Judge:
    """Judge that a refusal is like those where nothing but the credentials was wrong.

    A member of which those tell something else each time (an id, a time) is left out, and a word
    with a digit in it counts as any other such word.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        refusals = [one for one in exchanges if is_answer(one) and one.status in promised]
        for exchange in refusals:
            if exchange.case.subject.kind not in BEFORE:
                continue
            alone = Subject(SubjectKind.CREDENTIALS, exchange.case.subject.name)
            usual = [one for one in refusals if one.case.subject == alone]
            if len(usual) >= ENOUGH_REFUSALS:
                yield Evidence(exchange, _told_beside(exchange, usual))

    return judge


def _told_beside(exchange: Exchange, usual: Sequence[Exchange]) -> Finding | None:
    """Find the first member of a refusal that tells what none of the *usual* ones does."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for one in usual:
        for path, text in _texts_told(one):
            told[path][text] += 1
    for path, text in _texts_told(exchange):
        is_steady = all(count > 1 for count in told[path].values())
        if text not in told[path] and is_steady:
            observed = quote_value(text)
            title = exchange.case.title
            kind, status = FindingKind.REFUSAL_TELLS, exchange.status
            return Finding(kind, status, path or "the body", observed=observed, request=title)
    return None


def _texts_told(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """Yield each text of an answer by its path, the whole one where it is no JSON.

    The ids that were asked for are taken out: the answer may repeat them.
    """
    leaves = [("", exchange.text)] if exchange.flaw else _leaves(exchange.json, "")
    for path, text in leaves:
        for name, value in exchange.case.parameters:
            text = text.replace(value, name) if value else text
        yield path, WORD_WITH_DIGIT.sub("#", text)


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from _leaves(member, paths.member_path(path, name))
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, paths.item_path(path))
    elif value is not paths.ABSENT:
        yield path, value if isinstance(value, str) else quote_value(value)
