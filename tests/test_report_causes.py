"""Is one thing that is wrong told once? Which clauses are of one cause, and which are not."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from rulings import answered, make_broken, make_clause, make_unexercised, told, withheld

from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
    Shape,
    Topic,
)
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.report import causes

Record = dict[str, Any]


def grouped(*records: Record) -> list[set[str]]:
    """Return the clauses of each cause."""
    return [set(cause.clauses) for cause in causes.find_causes(records)]


# --- clauses, and what is wrong with them ----------------------------------------------------------------------------


def header(status: str, name: str, seen: int, **more: Any) -> Record:
    """Return the record of a header that is missing on an answer with *seen*."""
    clause = make_clause(f"{status}/header/{name}", topic=Topic(Aspect.HEADER, status, header=name))
    return told(make_broken(clause, Finding(FindingKind.HEADER_MISSING, seen, name)), **more)


def member(status: str, path: str, observed: str = '7 is not of type "string"') -> Record:
    """Return the record of a member of an answer that is not as its schema says."""
    clause = make_clause(f"{status}/body/{path}", topic=Topic(Aspect.MEMBER, status, path))
    seen = 400 if status == "error" else 200
    return told(
        make_broken(clause, Finding(FindingKind.MEMBER_INVALID, seen, path, observed=observed))
    )


def unseen_member(status: str, path: str, missing: MissingEvidence) -> Record:
    """Return the record of a member of an answer for which there is no evidence."""
    clause = make_clause(f"{status}/body/{path}", topic=Topic(Aspect.MEMBER, status, path))
    return told(make_unexercised(clause, missing))


def constraint(path: str, keyword: str) -> Any:
    """Return the clause that a body is refused which breaks *keyword* of *path*."""
    topic = Topic(Aspect.CONSTRAINT, member=path, keyword=keyword)
    return make_clause(f"request/{path or 'body'}/{keyword}", Family.REQUESTS, topic)


def taken(path: str, keyword: str, status: int = 200) -> Record:
    """Return the record of a broken body that was answered *status*, not 400."""
    kind = FindingKind.FORBIDDEN_TAKEN
    finding = Finding(kind, status, expected=(400,), request=f"{path} is 7")
    return told(make_broken(constraint(path, keyword), finding, answered(status)))


def update(rule: str, finding: Finding, topic: Topic | None = None) -> Record:
    """Return the record of a broken rule on updates."""
    clause = make_clause(f"update/{rule}", Family.UPDATE, topic or Topic())
    return told(make_broken(clause, finding))


def quota(rule: str, finding: Finding, aspect: Aspect) -> Record:
    """Return the record of a broken rule on the rate limit."""
    clause = make_clause(f"rate-limit/{rule}", Family.RATE_LIMIT, Topic(aspect))
    return told(make_broken(clause, finding))


def unsettled(status: str, aspect: Aspect, finding: Finding) -> Record:
    """Return the record of a body that is not JSON, or not said to be."""
    named = aspect.value.replace(" ", "-")
    clause = make_clause(f"{status}/{named}", topic=Topic(aspect, status))
    return told(make_broken(clause, finding))


def refused_anyway(id: str, title: str) -> Record:
    """Return the record of a request without credentials that was served."""
    clause = make_clause(f"security/{id}", Family.SECURITY)
    finding = Finding(FindingKind.REFUSAL_WRONG, 200, expected=(401,), request=title)
    return told(make_broken(clause, finding, answered(200, Expect.UNAUTHENTICATED)))


GENERAL = make_clause("statuses", topic=Topic(Aspect.GENERAL))
CRASHED = Finding(FindingKind.SERVER_ERROR, 500, request="a list")
STRANGE = Finding(FindingKind.UNDOCUMENTED_STATUS, 202, request="an empty body")
EMPTY = Finding(FindingKind.JSON_UNREADABLE, 200, observed="it is empty")
CHANGED = Finding(FindingKind.CHANGED_BY_REFUSED, 200, "a", expected='"x"', observed='"y"')
UNAUTHORISED = withheld("a refusal of it", "401", expect=Expect.REFUSED, asked=98)
AGAIN = MissingEvidence(MissingKind.THROTTLED_AGAIN, "429", withheld=True)

ONE: dict[str, list[Record]] = {
    "no header of a limit is sent": [
        header("200", name, 200) for name in ("X-RateLimit-Limit", "X-RateLimit-Reset")
    ],
    "a framework has an envelope of its own": [
        told(
            make_broken(
                make_clause("error/body/errors", topic=Topic(Aspect.MEMBER, "error", "errors")),
                Finding(FindingKind.MEMBER_MISSING, 422, "errors"),
            )
        ),
        told(
            make_broken(
                make_clause("error/undeclared", topic=Topic(status="error")),
                Finding(FindingKind.MEMBERS_UNDECLARED, 422, observed=(("detail",), 0)),
            )
        ),
    ],
    "several things wrong at once are taken as each is": [
        *(taken(name, "type") for name in "abc"),
        told(
            make_broken(
                make_clause("request/several", Family.REQUESTS),
                Finding(FindingKind.FORBIDDEN_TAKEN, 200, expected=(400,), request="several"),
                answered(200),
            )
        ),
    ],
    "the same header is missing on several answers": [
        header("200", "X-Id", 200),
        header("error", "X-Id", 404),
        header("429", "X-Id", 429),
    ],
    "a member is wrong, and so does not come back as it was sent": [
        member("200", "a.b"),
        update(
            "sent-is-returned/a.b",
            Finding(FindingKind.VALUE_CHANGED, 200, "a.b", expected='"x"', observed="7"),
        ),
    ],
    "a member is missing because the one around it is wrong": [
        member("error", "errors", '{} is not of type "array"'),
        told(
            make_broken(
                make_clause("error/source", Family.ERRORS, Topic(status="error"), Level.SHOULD),
                Finding(FindingKind.POINTER_UNTOLD, 422, "errors[].source.pointer"),
            )
        ),
    ],
    "what is not checked comes back": [taken("a.b", "type"), member("200", "a.b")],
    "a whole body that is not checked, in several ways": [taken("", "type"), taken("", "json")],
    "a crash breaks whatever was asked": [
        told(make_broken(GENERAL, CRASHED, answered(500))),
        taken("a", "type", 500),
        told(
            make_broken(
                make_clause("error/body/errors", topic=Topic(Aspect.MEMBER, "error", "errors")),
                Finding(FindingKind.MEMBER_MISSING, 500, "errors"),
                answered(500),
            )
        ),
    ],
    "a status that is not documented stands in the place of another": [
        told(make_broken(GENERAL, STRANGE, answered(202, Expect.ACCEPTED))),
        unseen_member("200", "a", withheld("an answer with 200", "202")),
    ],
    "no body can be read": [
        unsettled(
            "200",
            Aspect.MEDIA_TYPE,
            Finding(
                FindingKind.MEDIA_TYPE_WRONG,
                200,
                expected="application/json",
                observed=("text/html",),
            ),
        ),
        unseen_member("200", "a", withheld("an answer with 200", "200")),
    ],
    "an empty answer is taken for a refusal": [
        unsettled("200", Aspect.JSON, EMPTY),
        update("refused-unchanged", CHANGED),
    ],
    "whoever asks is turned away": [
        told(
            make_broken(
                make_clause("request/accepted", Family.REQUESTS),
                Finding(FindingKind.ALLOWED_REFUSED, 401, request="a"),
                answered(401, Expect.ACCEPTED),
            )
        ),
        told(make_unexercised(constraint("a", "type"), UNAUTHORISED)),
        told(make_unexercised(constraint("b", "type"), UNAUTHORISED)),
    ],
    "the same evidence was withheld": [
        unseen_member("200", "a", withheld("an answer with 200", "404")),
        unseen_member("200", "b", withheld("an answer with 200", "404")),
    ],
    "three members whose type is not checked": [taken(name, "type") for name in "abc"],
    "a header that no answer has cannot be unique either": [
        header("200", "X-Id", 200),
        told(
            make_unexercised(
                make_clause("request-id/unique", topic=Topic(header="X-Id")),
                withheld("an answer with X-Id", "200"),
            )
        ),
    ],
    "anybody is let in": [
        refused_anyway("none", "without credentials"),
        refused_anyway("key", "with a wrong value in X-Key"),
        told(
            make_unexercised(
                make_clause("401/header/W", topic=Topic(Aspect.HEADER, "401", header="W")),
                withheld("a 401", "200", expect=Expect.UNAUTHENTICATED, asked=5),
            )
        ),
    ],
    "the quota is counted wrongly": [
        quota(
            "enforced",
            Finding(FindingKind.REFUSED_EARLY, 429, observed=9, expected=10),
            Aspect.QUOTA,
        ),
        quota(
            "limit-constant",
            Finding(FindingKind.LIMIT_CHANGED, 200, "X-Limit", observed=9, expected=10),
            Aspect.QUOTA,
        ),
    ],
    "the wait is told wrongly, and so nobody is served": [
        quota(
            "retry-after-honest",
            Finding(FindingKind.WAIT_IN_VAIN, 429, "Retry-After", observed=2.0, expected=1),
            Aspect.WAIT,
        ),
        unseen_member("200", "a", AGAIN),
    ],
}
SEVERAL: dict[str, list[Record]] = {
    "two headers": [header("200", "X-Id", 200), header("200", "X-Limit", 200)],
    "two members of the wrong type": [
        member("200", "a"),
        member("200", "b", '8 is not of type "string"'),
    ],
    "two members whose type is not checked": [taken(name, "type") for name in "ab"],
    "one finding in two documents": [
        header("200", "X-Id", 200),
        header("200", "X-Id", 200, document="e"),
    ],
    "a waived failure and the same that is not waived": [
        header("200", "X-Id", 200, verdict="waived"),
        header("error", "X-Id", 404),
    ],
    "evidence withheld for two reasons": [
        unseen_member("200", "a", withheld("an answer with 200", "404")),
        told(
            make_unexercised(
                make_clause("401/header/W", topic=Topic(Aspect.HEADER, "401", header="W")),
                withheld("a 401"),
            )
        ),
    ],
    "a secret that two kinds of answers give away": [
        update("no-leak", Finding(FindingKind.SECRET_LEAKED, 200, observed="the key")),
        told(
            make_broken(
                make_clause("error/no-leak", Family.ERRORS, Topic(status="error")),
                Finding(FindingKind.SECRET_LEAKED, 404, observed="the key"),
            )
        ),
    ],
    "a header withheld with the answer, and the same header missing elsewhere": [
        header("error", "X-Id", 404),
        told(
            make_unexercised(
                make_clause("200/header/X-Id", topic=Topic(Aspect.HEADER, "200", header="X-Id")),
                withheld("an answer with 200", "404"),
            )
        ),
    ],
}


@pytest.mark.parametrize("name", ONE)
def test_one_cause_is_told_once(name: str) -> None:
    """Clauses that break for one reason are one cause, in whatever order they come."""
    records = ONE[name]
    assert (
        grouped(*records)
        == grouped(*reversed(records))
        == [{record["clause"] for record in records}]
    )


@pytest.mark.parametrize("name", SEVERAL)
def test_two_causes_are_not_told_as_one(name: str) -> None:
    """Clauses that have nothing in common stay apart."""
    assert len(grouped(*SEVERAL[name])) == len(SEVERAL[name])


@pytest.mark.parametrize("name", [*ONE, *SEVERAL])
def test_a_report_that_was_read_is_grouped_as_it_was_when_written(name: str) -> None:
    """Records that went through JSON, where tuples become lists, have the same causes."""
    records = (ONE | SEVERAL)[name]
    assert grouped(*json.loads(json.dumps(records))) == grouped(*records)


# --- many operations --------------------------------------------------------------------------------------------------


def in_each(count: int, *records: Record) -> list[Record]:
    """Return *records* as *count* operations would have them."""
    found: list[Record] = []
    for number in range(count):
        for one in records:
            node = f"contracts/d::o{number}::{one['clause']}"
            found.append(one | {"operation": f"o{number}", "node": node})
    return found


EVERYWHERE: dict[str, list[Record]] = {
    "a header is missing": [header("200", "X-Id", 200), header("error", "X-Id", 404)],
    "no one looks whether credentials are there": [refused_anyway("none", "no credentials")],
    "errors are pages of a proxy": [
        unsettled(
            "error",
            Aspect.MEDIA_TYPE,
            Finding(
                FindingKind.MEDIA_TYPE_WRONG,
                404,
                expected="application/json",
                observed=("text/html",),
            ),
        )
    ],
    "a member of every error is of another type": [member("error", "message")],
    "evidence was withheld for one reason": [
        told(make_unexercised(make_clause("200/json"), withheld("an answer with 200", "401")))
    ],
}


@pytest.mark.parametrize("name", EVERYWHERE)
def test_one_thing_in_many_operations_is_one_cause(name: str) -> None:
    """It names the operations, each clause in each of them, and how often all of them have seen it."""
    records = in_each(200, *EVERYWHERE[name])
    [cause] = causes.find_causes(records)
    assert cause.operations == tuple(f"o{number}" for number in range(200))
    assert len(cause.records) == len(records)
    assert cause.against == 200 * max(one["against"] for one in EVERYWHERE[name])
    assert cause.spread.endswith("in 200 operations")
    data = cause.told()
    assert data["operations"] == list(cause.operations)
    assert sorted(data["clauses"]) == sorted(one["node"] for one in records)
    assert grouped(*json.loads(json.dumps(records))) == grouped(*records)


def test_what_is_withheld_is_one_cause_however_often_it_was_asked_for() -> None:
    """One operation was asked more often than another."""
    first, second = (
        told(make_unexercised(make_clause("200/json"), withheld("it", "401", asked=asked)))
        for asked in (3, 90)
    )
    [cause] = causes.find_causes([*in_each(1, first), second | {"operation": "other"}])
    assert cause.operations == ("o0", "other")


def test_a_header_that_is_wrong_everywhere_is_one_cause_whatever_its_values() -> None:
    """Each answer has another value."""
    records: list[Record] = []
    for number in range(4):
        topic = Topic(Aspect.HEADER, "200", header="X-Count")
        clause = make_clause("200/header/X-Count", topic=topic)
        finding = Finding(FindingKind.HEADER_NOT_INTEGER, 200, "X-Count", observed=f"no {number}")
        records.append(told(make_broken(clause, finding)) | {"operation": f"o{number}"})
    assert len(causes.find_causes(records)) == 1


def test_a_rule_that_many_operations_do_not_check_is_one_cause() -> None:
    """Each takes another member of a wrong type: in two operations these are slips, in three a missing check."""
    records = [
        taken(name, "type") | {"operation": f"o{name}", "node": f"o{name}"} for name in "abcd"
    ]
    assert len(causes.find_causes(records)) == 1
    assert len(causes.find_causes(records[:2])) == 2


def test_other_things_in_other_operations_stay_apart() -> None:
    """Another header, another member, another verdict, another document: another cause."""
    one = header("200", "X-Id", 200)
    others = [
        header("200", "X-Other", 200) | {"operation": "b"},
        one | {"operation": "c", "verdict": "warned"},
        one | {"document": "another"},
        one | {"operation": "e", "verdict": "waived"},
        member("200", "a") | {"operation": "f"},
        member("200", "a", "null is not allowed") | {"operation": "g"},
    ]
    assert len(causes.find_causes([one, *others])) == 1 + len(others)


def test_causes_of_many_operations_are_found_in_time() -> None:
    """9,000 clauses of 300 operations that break in 3 ways take a second or so, not their square."""
    three = [EVERYWHERE[name][0] for name in list(EVERYWHERE)[:3]]
    records = [
        {**one, "clause": f"{one['clause']}~{turn}", "node": f"{one['node']}~{turn}"}
        for one in in_each(300, *three)
        for turn in range(10)
    ]
    begun = time.process_time()
    assert len(causes.find_causes(records)) == 3
    assert time.process_time() - begun < 5


# --- reports of before ------------------------------------------------------------------------------------------------


def of_before(record: Record) -> Record:
    """Return *record* as it was told before its parts were told."""
    bare = {key: value for key, value in record.items() if key not in ("topic", "missing")}
    if finding := bare["finding"]:
        bare["finding"] = {key: finding[key] for key in ("came", "curl", "seen", "exchange")}
    return bare


@pytest.mark.parametrize("name", [*ONE, *SEVERAL])
def test_records_without_parts_are_told_by_what_they_have(name: str) -> None:
    """Each clause of an old report is in one cause, whose title is what the report says."""
    records = [of_before(record) for record in (ONE | SEVERAL)[name]]
    found = causes.find_causes(records)
    assert sorted(id for cause in found for id in cause.clauses) == sorted(
        one["clause"] for one in records
    )
    said = {one["finding"]["came"] if one["finding"] else one["reason"] for one in records}
    assert {cause.title for cause in found} <= said


def test_records_without_parts_are_one_cause_where_they_say_the_same() -> None:
    """The same finding, the same reason, and the same way to be answered are told once of an old report too."""
    same = [header("200", "X-Id", 404), header("error", "X-Id", 404)]
    owed = ONE["the same evidence was withheld"]
    crashed = ONE["a crash breaks whatever was asked"]
    for records in (same, owed, crashed):
        assert len(grouped(*map(of_before, records))) == 1


# --- what is told of a cause ------------------------------------------------------------------------------------------


def test_what_is_kept_or_cannot_be_provoked_has_no_cause() -> None:
    """Only what is not as promised is told as a cause; the reasons why others were not exercised are told apart."""
    kept = header("200", "X-Id", 200, verdict="kept", finding=None)
    unseen = unseen_member("200", "a", MissingEvidence(MissingKind.MEMBER_OPTIONAL, "a"))
    assert grouped(kept, unseen) == []
    [(reason, own)] = causes.reasons([kept, unseen])
    assert (reason, own) == ("it is optional, and no answer had it", (unseen,))


def test_the_gravest_comes_first() -> None:
    """Broken before withheld before warned; among broken, MUST before SHOULD, then what more exchanges show."""

    def one(id: str, status: int, **more: Any) -> Record:
        return told(
            make_broken(make_clause(id), Finding(FindingKind.NOT_ANSWERED, status, observed=id)),
            **more,
        )

    records = [
        one("w", 1, verdict="warned", level="SHOULD"),
        told(make_unexercised(make_clause("h"), withheld("it"))),
        one("few", 2, against=1),
        one("many", 3, against=8),
        one("should", 4, against=9, level="SHOULD"),
    ]
    assert [cause.best["clause"] for cause in causes.find_causes(records)] == [
        "many",
        "few",
        "should",
        "h",
        "w",
    ]


def test_what_does_more_damage_comes_first() -> None:
    """What makes others fail, then secrets, crashes, lost data, what is taken, what answers look like, headers."""
    blocked = ONE["a status that is not documented stands in the place of another"]
    leak = make_clause("no-leak", Family.UPDATE)
    door = Finding(FindingKind.REFUSAL_WRONG, 200, expected=(401,), request="without credentials")
    lost = Finding(FindingKind.VALUE_LOST, 200, "u", expected='"x"')
    quotas = Finding(FindingKind.REFUSED_EARLY, 429, observed=9, expected=10)
    in_order = [
        blocked[0],
        told(
            make_broken(
                leak, Finding(FindingKind.SECRET_LEAKED, 200, observed="the key"), against=1
            )
        ),
        told(make_broken(make_clause("crash"), CRASHED, answered(500), against=1)),
        update("sent-is-returned/u", lost),
        taken("v", "type"),
        member("200", "w"),
        quota("enforced", quotas, Aspect.QUOTA),
        header("200", "X-Id", 200) | {"against": 9},
    ]
    found = causes.find_causes([*reversed(in_order), blocked[1]])
    assert [cause.best["clause"] for cause in found] == [one["clause"] for one in in_order]
    [let_in, _] = causes.find_causes(
        [header("200", "X-Id", 200), told(make_broken(make_clause("c", Family.SECURITY), door))]
    )
    assert let_in.best["clause"] == "c"


def shaped(id: str, *shapes: Finding) -> Record:
    """Return the record of a clause that answers break in several ways."""
    exchanges = [answered(finding.status) for finding in shapes]
    told_shapes = tuple(
        Shape(finding.status, "", finding.kind, 4, finding, exchange)
        for finding, exchange in zip(shapes, exchanges, strict=True)
    )
    clause = make_clause(id, Family.ERRORS, Topic(Aspect.MEDIA_TYPE, "error"))
    ruling = make_broken(clause, shapes[0], exchanges[0], against=4 * len(shapes))
    return told(replace(ruling, shapes=told_shapes))


def page_of(status: int, came: str) -> Finding:
    """Return the finding that an answer is no JSON."""
    kind = FindingKind.MEDIA_TYPE_WRONG
    return Finding(kind, status, expected="application/json", observed=(came,))


def test_each_shape_has_its_cause() -> None:
    """Eleven pages of a proxy behind two plain crashes are told beside them, each as often as it came."""
    record = shaped("error/media-type", page_of(500, "text/plain"), page_of(404, "text/html"))
    found = causes.find_causes([record])
    assert [(cause.title, cause.against) for cause in found] == [
        ("500 answered as text/plain, not application/json", 4),
        ("404 answered as text/html, not application/json", 4),
    ]
    assert [cause.clauses for cause in found] == [("error/media-type",)] * 2


def test_a_clause_is_named_once_in_a_cause() -> None:
    """Two shapes that have one cause are one."""
    pages = (page_of(500, "text/plain"), page_of(500, "text/html"))
    [cause] = causes.find_causes([shaped("error/media-type", *pages)])
    assert cause.clauses == ("error/media-type",)


def test_the_clause_on_what_was_asked_shows_it_best() -> None:
    """Of one cause, a clause on requests stands before one on answers, and a rule on every answer comes last."""
    [cause] = causes.find_causes(ONE["a crash breaks whatever was asked"])
    assert cause.clauses == ("request/a/type", "error/body/errors", "statuses")


def test_what_explains_the_others_shows_it_best() -> None:
    """That connections lead to several machines says why members change unsent, however often they do."""
    changed = Finding(FindingKind.CHANGED_UNSENT, 200, "a", expected='"x"', observed='"y"')
    differ = Finding(FindingKind.CONNECTIONS_DIFFER, 200, "a", (1, '"x"'), (2, '"y"'))
    records = [
        update("omitted-unchanged", changed) | {"against": 99},
        told(make_broken(make_clause("wire/same-on-every-connection", Family.WIRE), differ)),
    ]
    [cause] = causes.find_causes(records)
    assert cause.clauses == ("wire/same-on-every-connection", "update/omitted-unchanged")


def test_a_cause_names_its_statuses() -> None:
    """The answers on which it was seen are named: statuses, then error answers at large."""
    [cause] = causes.find_causes(ONE["the same header is missing on several answers"])
    assert cause.statuses == ("200", "429", "error")
    assert cause.spread == ", on 200, 429 and other errors"
    [alone] = causes.find_causes([header("200", "X-Id", 200)])
    assert alone.spread == ""
    [two] = causes.find_causes([header("200", "X-Id", 200), header("error", "X-Id", 404)])
    assert two.spread == ", on 200 and errors"


SHARED = {
    "a member of an answer": (
        make_clause("200/body/a.b", topic=Topic(Aspect.MEMBER, "200", "a.b")),
        MissingEvidence(MissingKind.MEMBER_OPTIONAL, "a.b"),
        "it is optional, and no answer had it",
    ),
    "the member around it": (
        make_clause("200/body/a.b", topic=Topic(Aspect.MEMBER, "200", "a.b")),
        MissingEvidence(MissingKind.NO_SUCH_MEMBER, "a"),
        "no answer had a",
    ),
    "a member of which the page lists the values": (
        make_clause("200/values/a.b", topic=Topic(status="200", member="a.b")),
        MissingEvidence(MissingKind.NO_SUCH_MEMBER, "a.b"),
        "no answer had it",
    ),
    "a member that stays as it is": (
        make_clause("update/immutable/id", Family.UPDATE),
        MissingEvidence(MissingKind.NOT_SHOWN_AROUND, "id"),
        "no answer showed it before and after another value was sent",
    ),
    "a member that no clause is about": (
        make_clause("update/id-is-path-id", Family.UPDATE),
        MissingEvidence(MissingKind.NO_SUCH_MEMBER, "id"),
        "no answer had id",
    ),
    "a whole body": (
        make_clause("200/body", topic=Topic(Aspect.MEMBER, "200")),
        MissingEvidence(MissingKind.NOTHING_SENT),
        "nothing was sent",
    ),
}


@pytest.mark.parametrize("name", SHARED)
def test_a_clauses_own_member_is_called_it(name: str) -> None:
    """One reason that several clauses share is told once: the member that a clause is about becomes *it*, no other."""
    clause, missing, said = SHARED[name]
    assert causes.why(told(make_unexercised(clause, missing))) == said


def test_a_waived_clause_is_told_with_its_waiver() -> None:
    """Why it is borne is what counts, not why there was no evidence."""
    record = unseen_member("200", "a", withheld("an answer with 200", "404"))
    waived = record | {"verdict": "waived", "reason": "known (us, until 2030-01-01)"}
    assert causes.why(waived) == "known (us, until 2030-01-01)"


def test_a_kind_that_is_not_known_here_is_told_as_the_report_says() -> None:
    """A report of a later version may tell of kinds that this one cannot put into words: its own words do."""
    record = unseen_member("200", "a", MissingEvidence(MissingKind.MEMBER_OPTIONAL, "a"))
    record["missing"]["kind"] = "a kind of the future"
    assert causes.why(record) == "a is optional, and no answer had it"
