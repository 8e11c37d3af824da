"""What do the judges of the wire say of codings, framing, and connections?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
    KEPT,
    SILENT,
    Exchange,
    Probe,
    clause_of,
    clauses_of,
    confluent,
    datadog,
    explained,
    in_a_row,
    make_case,
    make_exchange,
    said,
    verdict,
)

from pytest_confluent_contracts.clauses.judging import weigh
from pytest_confluent_contracts.model.clauses import FindingKind, Level
from pytest_confluent_contracts.model.traffic import CodingFault, CodingFlaw, Loss

if TYPE_CHECKING:
    from collections.abc import Sequence

OPERATION = confluent()
BODY = {"spec": {"display_name": "a", "description": "b"}}
CODING, FRAMING = "wire/content-coding", "wire/framing"
KEPT_OPEN, SAME = "wire/kept-open", "wire/same-on-every-connection"


def came(**given: Any) -> Exchange:
    """Return an answer with 200 to an empty update."""
    return make_exchange(make_case(OPERATION, {}), 200, BODY, **given)


def test_the_levels_are_those_of_the_rules() -> None:
    """What the RFCs forbid senders is MUST for codings, and a warning for framing and closing."""
    for operation in (OPERATION, datadog()):
        levels = {id: clause.level for id, clause in clauses_of(operation, "wire").items()}
        assert levels == {
            CODING: Level.MUST,
            FRAMING: Level.SHOULD,
            KEPT_OPEN: Level.SHOULD,
            SAME: Level.MUST,
        }


# --- codings ---------------------------------------------------------------------------------------------------------

KINDS = {
    CodingFault.NOT_APPLIED: FindingKind.CODING_NOT_APPLIED,
    CodingFault.REPEATED: FindingKind.CODING_REPEATED,
    CodingFault.UNNAMED: FindingKind.CODING_UNNAMED,
    CodingFault.UNASKED: FindingKind.CODING_UNASKED,
    CodingFault.BROKEN: FindingKind.CODING_BROKEN,
}


@pytest.mark.parametrize("fault", CodingFault)
def test_each_fault_of_a_coding_has_its_finding(fault: CodingFault) -> None:
    """It is told with the coding's name."""
    row = in_a_row(came(), came(coding=CodingFlaw(fault, "gzip")))
    [found] = weigh(clause_of(OPERATION, CODING), row).against
    assert found.finding is not None
    assert (found.finding.kind, found.finding.subject) == (KINDS[fault], "gzip")


def test_a_coding_that_is_right_is_kept_and_no_body_says_nothing() -> None:
    """An answer that never came says nothing either."""
    told = came(headers={"Content-Encoding": "gzip"})
    empty = make_exchange(make_case(OPERATION, {}), 204)
    lost = came(failure="the connection broke")
    assert said(OPERATION, CODING, told, empty, lost) == [KEPT, SILENT, SILENT]


def test_a_body_that_cannot_be_read_breaks_no_other_clause() -> None:
    """What is wrong is told once: that nobody can read it says nothing of what is in it."""
    flaw = CodingFlaw(CodingFault.UNASKED, "br", is_readable=False)
    row = in_a_row(
        *[make_exchange(make_case(OPERATION, {}), 200, text="...", coding=flaw, flaw="not JSON")]
        * 3
    )
    assert verdict(OPERATION, "200/json", *row) == SILENT
    assert verdict(OPERATION, "200/media-type", *row) == KEPT
    why = explained(clause_of(OPERATION, "200/json"), row)
    assert (why.withheld, "br" in why.reason) == (False, True)
    readable = make_exchange(
        make_case(OPERATION, {}),
        200,
        text="<html>",
        flaw="not JSON",
        coding=CodingFlaw(CodingFault.NOT_APPLIED, "gzip"),
    )
    assert verdict(OPERATION, "200/json", readable) == BROKEN


# --- framing ---------------------------------------------------------------------------------------------------------

LENGTH, CHUNKS = ("Content-Length", "12"), ("Transfer-Encoding", "chunked")


def test_a_length_beside_chunks_is_told() -> None:
    """One of both headers is right, and both together are not."""
    row = [came(headers=told) for told in ((LENGTH,), (CHUNKS,), (), (CHUNKS, LENGTH))]
    assert said(OPERATION, FRAMING, *row) == [KEPT, KEPT, KEPT, BROKEN]


# --- connections that are kept open ----------------------------------------------------------------------------------

JUST_USED = Loss(idle=0.2, answers=9)


def lost(*losses: Loss) -> Exchange:
    """Return an answer to a request that was lost before, on connections kept open."""
    return came(connection=4, losses=losses)


def test_requests_that_are_lost_again_and_again_are_told_with_how_many_of_how_many() -> None:
    """The count is of requests over connections on which there was an answer before."""
    row = in_a_row(*[came(connection=1)] * 5, lost(JUST_USED), lost(JUST_USED, JUST_USED))
    found = weigh(clause_of(OPERATION, KEPT_OPEN), row)
    findings = {one.finding for one in found.against if one.finding}
    assert [(one.observed, one.expected) for one in findings] == [(2, 6)]
    assert len(found.against) == 2


PERMITTED: dict[str, Sequence[Loss]] = {
    "one": [JUST_USED],
    "idle ones": [Loss(idle=1.5, answers=9)] * 4,
    "each after the first answer": [Loss(idle=0.1, answers=1)] * 4,
}


@pytest.mark.parametrize("what", PERMITTED)
def test_what_a_target_may_close_is_no_finding(what: str) -> None:
    """One that was just started anew, one that closes what is idle, and one that hangs up after each answer."""
    row = [*[came(connection=1)] * 5, *[lost(loss) for loss in PERMITTED[what]]]
    assert verdict(OPERATION, KEPT_OPEN, *row) == KEPT


def test_a_request_that_is_never_answered_is_no_matter_of_the_connection() -> None:
    """A service that crashes on what it is sent is told by `answered`, and by nothing else."""
    crashed = came(connection=4, losses=(JUST_USED,), failure="the connection was closed")
    row = [came(connection=1), came(connection=1), *[crashed] * 4]
    assert said(OPERATION, KEPT_OPEN, *row) == [SILENT, KEPT, *[SILENT] * 4]


def test_where_no_connection_is_used_twice_nothing_is_said() -> None:
    """A recording does not know its connections; a target may keep none open."""
    assert verdict(OPERATION, KEPT_OPEN, came(connection=1), came(connection=2)) == SILENT
    assert verdict(OPERATION, KEPT_OPEN, came(), came()) == SILENT


# --- one resource, whatever the connection ---------------------------------------------------------------------------


def shown(connection: int, name: str, sent: Any = None, **given: Any) -> Exchange:
    """Return an answer over a connection that shows *name*, to a request that sent the body *sent*."""
    case = make_case(OPERATION, {} if sent is None else sent, probe=Probe.READ_ONLY)
    body = {"spec": {"display_name": name, "description": "b"}}
    return make_exchange(case, 200, body, connection=connection, **given)


def alternating(*turns: tuple[int, str]) -> list[Exchange]:
    """Return answers over connections that show names, while nobody sends any."""
    return [shown(connection, name) for connection, name in turns]


DIFFERING = {
    "two of two": [(1, "a"), (2, "b"), (1, "a"), (2, "b")],
    "one of three": [(1, "a"), (2, "a"), (3, "b"), (1, "a"), (3, "b"), (2, "a")],
    "all": [(1, "a"), (2, "b"), (3, "c"), (1, "a"), (2, "b"), (3, "c")],
}


@pytest.mark.parametrize("what", DIFFERING)
def test_machines_that_do_not_know_of_each_other_are_told(what: str) -> None:
    """Each connection shows what it always showed, and another one shows something else."""
    assert verdict(OPERATION, SAME, *alternating(*DIFFERING[what])) == BROKEN


ALIKE = {
    "the same": [(1, "a"), (2, "a"), (1, "a"), (2, "a")],
    "a change from outside": [(1, "a"), (2, "a"), (1, "b"), (2, "b"), (1, "b")],
    "other connections since the change": [
        (1, "a"),
        (2, "a"),
        (1, "a"),
        (3, "b"),
        (4, "b"),
        (3, "b"),
    ],
    "now and then": [(1, "a"), (2, "b"), (1, "a"), (2, "a"), (1, "a")],
    "seen once": [(1, "a"), (2, "b"), (1, "a")],
    "a counter": [(1, "1"), (2, "2"), (1, "3"), (2, "4")],
    "one connection": [(1, "a"), (1, "b"), (1, "a"), (1, "b")],
    "none known": [(0, "a"), (0, "b"), (0, "a"), (0, "b")],
}


@pytest.mark.parametrize("what", ALIKE)
def test_what_does_not_follow_the_connection_is_not_blamed_on_it(what: str) -> None:
    """Something else changed it, and the clauses on updates tell of that."""
    assert verdict(OPERATION, SAME, *alternating(*ALIKE[what])) in (KEPT, SILENT)


def test_what_was_sent_in_between_makes_the_difference() -> None:
    """Each request that speaks of a member begins anew, and so does one of which the end is not known."""
    sent = [
        shown(1 + index % 2, name, {"spec": {"display_name": name}})
        for index, name in enumerate("abab")
    ]
    assert verdict(OPERATION, SAME, *sent) != BROKEN
    unsure = make_exchange(make_case(OPERATION, {}), 500, connection=1)
    row = alternating((1, "a"), (2, "b"), (1, "a"), (2, "b"))
    assert verdict(OPERATION, SAME, *row[:2], unsure, *row[2:]) != BROKEN
    failed = make_exchange(make_case(OPERATION, {}), failure="the connection broke")
    assert verdict(OPERATION, SAME, *row[:2], failed, *row[2:]) != BROKEN
    unread = make_exchange(make_case(OPERATION, ABSENT, raw=b"{"), 200, BODY, connection=1)
    assert verdict(OPERATION, SAME, *row[:2], unread, *row[2:]) != BROKEN


def test_the_finding_names_both_connections_and_what_they_show() -> None:
    """So that one sees at once that there are two machines."""
    row = in_a_row(*alternating(*DIFFERING["two of two"]))
    [found] = weigh(clause_of(OPERATION, SAME), row).against
    assert found.finding is not None
    assert (found.finding.expected, found.finding.observed) == ((1, '"a"'), (2, '"b"'))
    assert found.finding.subject == "spec.display_name"
