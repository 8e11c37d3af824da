"""Does HEAD answer as GET does, without the body? (RFC 9110 9.3.2)"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.lifecycle_state import Outcome
from pytest_confluent_contracts.clauses.reading import quote_value
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.media_types import essence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Step
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Exchange

# What tells of the representation without its content being made. RFC 9110 9.3.2 lets a HEAD do
# without what is known only then: Content-Length, Content-Encoding, ETag, Vary.
TOLD_WITHOUT_CONTENT = ("Content-Type", "Content-Language", "Last-Modified", "Cache-Control")
LEFT_FREE = frozenset({"content-length", "content-encoding", "transfer-encoding", "vary", "etag"})
# Headers that are alike wherever both answers have them.
ALIKE = ("ETag", "Last-Modified")


def judge_head(life: Life, operation: Operation) -> Iterator[Evidence]:
    """Judge that HEAD has the status of GET, no body, and nothing else to say of the content."""
    for head, gets in _beside_gets(life, operation):
        yield Evidence(head, _look_at_head(head, gets))


def judge_head_headers(life: Life, operation: Operation) -> Iterator[Evidence]:
    """Judge that HEAD has the headers that GET has, where it is about something that is there."""
    for head, gets in _beside_gets(life, operation):
        if head.accepted:
            yield Evidence(head, _look_at_headers(head, gets))


def _beside_gets(life: Life, operation: Operation) -> Iterator[tuple[Exchange, list[Exchange]]]:
    """Yield each HEAD with the GETs of the same path that no other request lies between."""
    steps = life.steps
    for index, step in enumerate(steps):
        if step.exchange.case.operation.key != operation.key or not _is_answered(step):
            continue
        near = [*_safe_run(steps[:index][::-1]), *_safe_run(steps[index + 1 :])]
        gets = [one.exchange for one in near if _asks_the_same(one, step)]
        if gets:
            yield step.exchange, gets


def _safe_run(steps: Sequence[Step]) -> list[Step]:
    """Return the first of *steps*, up to one that is no read."""
    found: list[Step] = []
    for step in steps:
        if not step.is_safe:
            break
        found.append(step)
    return found


def _is_answered(step: Step) -> bool:
    return step.outcome in (Outcome.DONE, Outcome.REFUSED)


def _asks_the_same(get: Step, head: Step) -> bool:
    one, other = get.exchange.case, head.exchange.case
    is_get = one.operation.method == "GET" and _is_answered(get)
    is_same_target = one.written_target == other.written_target
    return is_get and is_same_target and one.authority == other.authority


def _look_at_head(head: Exchange, gets: Sequence[Exchange]) -> Finding | None:
    statuses = sorted({get.status for get in gets})
    if head.status not in statuses:
        return _differs(head, "status", str(statuses[0]), str(head.status))
    if head.text:
        kind = FindingKind.HEAD_HAS_BODY
        return Finding(kind, head.status, observed=quote_value(head.text))
    alike = [get for get in gets if get.status == head.status]
    told = head.header("Content-Type")
    types = {essence(get.header("Content-Type")) for get in alike}
    if told is not None and essence(told) not in types:
        return _differs(head, "Content-Type", min(types), told)
    return _look_at_length(head, alike)


def _look_at_length(head: Exchange, gets: Sequence[Exchange]) -> Finding | None:
    """Find a length that is none of the content (RFC 9110 8.6), where no coding changes it."""
    told = head.header("Content-Length")
    lengths = [get.header("Content-Length") for get in gets]
    codings = [one.header("Content-Encoding") for one in (head, *gets)]
    if told is None or None in lengths or any(codings):
        return None
    if told in lengths:
        return None
    return _differs(head, "Content-Length", str(lengths[0]), told)


def _look_at_headers(head: Exchange, gets: Sequence[Exchange]) -> Finding | None:
    alike = [get for get in gets if get.status == head.status]
    if not alike:
        return None
    for name in _names_owed(alike):
        if head.header(name) is None:
            return _differs(head, name, str(alike[0].header(name)), "")
    for name in ALIKE:
        values = {str(get.header(name) or "") for get in alike}
        told = head.header(name)
        is_steady = len(values) == 1 and "" not in values
        if told is not None and is_steady and told not in values:
            return _differs(head, name, values.pop(), told)
    return None


def _names_owed(gets: Sequence[Exchange]) -> list[str]:
    """Return the headers that every GET has, and that HEAD need not make the content for."""
    documented = gets[0].case.operation.response(gets[0].status)
    names = [*TOLD_WITHOUT_CONTENT]
    if documented is not None:
        names += [header.name for header in documented.headers]
    owed = [name for name in names if name.lower() not in LEFT_FREE]
    return [name for name in owed if _all_have(gets, name)]


def _all_have(gets: Sequence[Exchange], name: str) -> bool:
    return all(get.header(name) for get in gets)


def _differs(head: Exchange, subject: str, expected: str, observed: str) -> Finding:
    kind = FindingKind.HEAD_DIFFERS
    return Finding(kind, head.status, subject, expected=expected, observed=observed)
