"""Do the judges of parameters find what is wrong, and nothing else? Exchanges made by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from exchanges import (
    BROKEN,
    KEPT,
    SILENT,
    Exchange,
    Expect,
    Operation,
    Probe,
    clause_of,
    make_case,
    make_exchange,
    verdict,
)
from small_services import FOLDER, read

from pytest_confluent_contracts.clauses.refusals import parameter_refusals
from pytest_confluent_contracts.model.clauses import Level
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.traffic import ParameterTrial, TrialKind

DEPTH = "parameters/query/depth"
TENANT = "parameters/query/tenant"
SHOWN = {"enabled": True}


@lru_cache
def operation(name: str) -> Operation:
    """Return the operation of a small document."""
    return read(FOLDER / f"{name}.yaml").operations[0]


def tried(
    name: str, kind: TrialKind, status: int, answer: Any = SHOWN, keyword: str = ""
) -> Exchange:
    """Return the exchange in which the one query parameter of *name* was tried."""
    own = operation(name)
    expect = Expect.REFUSED if kind in (TrialKind.BROKEN, TrialKind.MISSING) else Expect.ACCEPTED
    parameter = own.other_parameters[0].name
    if kind is TrialKind.UNDECLARED:
        parameter = "contract_undeclared"
    trial = ParameterTrial(kind, Location.QUERY, parameter, keyword)
    case = make_case(own, {}, probe=Probe.PARAMETERS, expect=expect, parameters={"id": "t-1"})
    return make_exchange(replace(case, trial=trial), status, answer)


def usual(name: str, answer: Any = SHOWN, status: int = 200) -> Exchange:
    """Return the exchange of an update without anything tried."""
    case = make_case(operation(name), {}, probe=Probe.PARAMETERS, parameters={"id": "t-1"})
    return make_exchange(case, status, answer)


@pytest.mark.parametrize(
    ("id", "kind", "keyword", "status", "said"),
    [
        (f"{TENANT}/required", TrialKind.MISSING, "", 400, KEPT),
        (
            f"{TENANT}/required",
            TrialKind.MISSING,
            "",
            404,
            KEPT,
        ),  # documented, and a query is asked for
        (f"{TENANT}/required", TrialKind.MISSING, "", 200, BROKEN),
        (f"{TENANT}/required", TrialKind.MISSING, "", 415, BROKEN),
        (f"{TENANT}/required", TrialKind.MISSING, "", 500, BROKEN),
        (f"{TENANT}/required", TrialKind.BROKEN, "enum", 200, SILENT),
        (f"{TENANT}/enum", TrialKind.BROKEN, "enum", 400, KEPT),
        (f"{TENANT}/enum", TrialKind.BROKEN, "enum", 200, BROKEN),
        (f"{TENANT}/enum", TrialKind.BROKEN, "enum", 429, SILENT),
        (f"{TENANT}/enum", TrialKind.BROKEN, "type", 200, SILENT),
        (f"{TENANT}/accepted", TrialKind.ALLOWED, "", 200, KEPT),
        (f"{TENANT}/accepted", TrialKind.ALLOWED, "", 400, BROKEN),
        (f"{TENANT}/accepted", TrialKind.ODD, "", 400, SILENT),
        (f"{TENANT}/never-5xx", TrialKind.ODD, "", 400, KEPT),
        (f"{TENANT}/never-5xx", TrialKind.ODD, "", 500, BROKEN),
        (f"{TENANT}/never-5xx", TrialKind.BROKEN, "enum", 503, BROKEN),
        ("parameters/undeclared/never-5xx", TrialKind.UNDECLARED, "", 400, KEPT),
        ("parameters/undeclared/never-5xx", TrialKind.UNDECLARED, "", 500, BROKEN),
    ],
)
def test_one_answer(id: str, kind: TrialKind, keyword: str, status: int, said: str) -> None:
    """What is refused rightly, wrongly, and not at all."""
    exchange = tried("query_enum", kind, status, keyword=keyword)
    row = [usual("query_enum"), exchange]
    assert verdict(operation("query_enum"), id, *row) == said


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_served_is_no_evidence(status: int) -> None:
    """A service behind a broken login refuses everything, and says nothing of the parameter."""
    exchange = tried("query_enum", TrialKind.MISSING, status)
    own, id = operation("query_enum"), f"{TENANT}/required"
    assert verdict(own, id, exchange) == SILENT
    assert verdict(own, id, usual("query_enum"), exchange) == BROKEN


@pytest.mark.parametrize(
    ("before", "came", "after", "said"),
    [
        (SHOWN, SHOWN, SHOWN, KEPT),
        (SHOWN, {"enabled": False}, SHOWN, BROKEN),
        (SHOWN, {}, SHOWN, BROKEN),
        (SHOWN, SHOWN | {"more": 1}, SHOWN, BROKEN),
        # What changes by itself is no difference.
        (SHOWN | {"at": 1}, SHOWN | {"at": 2}, SHOWN | {"at": 3}, KEPT),
        ({"enabled": True}, {"enabled": False}, {"enabled": False}, KEPT),
        # A link repeats the query that it was asked with; another place is a difference.
        (
            {"next": "https://a.test/b"},
            {"next": "https://a.test/b?n=5"},
            {"next": "https://a.test/b"},
            KEPT,
        ),
        (
            {"next": "https://a.test/b"},
            {"next": "https://a.test/c?n=5"},
            {"next": "https://a.test/b"},
            BROKEN,
        ),
        ({"note": "why"}, {"note": "why?n=5"}, {"note": "why"}, BROKEN),
    ],
)
def test_a_default_is_what_absence_means(before: Any, came: Any, after: Any, said: str) -> None:
    """Told by the answers around it; what these tell differently is left out."""
    row = [
        usual("query_integer", before),
        tried("query_integer", TrialKind.DEFAULT, 200, came),
        usual("query_integer", after),
    ]
    assert verdict(operation("query_integer"), f"{DEPTH}/default", *row) == said


def test_a_default_among_refusals_is_not_compared() -> None:
    """Where the same request without it is refused, nothing is known."""
    row = [
        usual("query_integer", status=400),
        tried("query_integer", TrialKind.DEFAULT, 200),
        usual("query_integer"),
    ]
    assert verdict(operation("query_integer"), f"{DEPTH}/default", *row) == SILENT


@pytest.mark.parametrize(("status", "said"), [(200, KEPT), (400, BROKEN)])
def test_an_undeclared_parameter_is_ignored(status: int, said: str) -> None:
    """Whoever refuses it is warned: no document says that it must be taken."""
    own, id = operation("query_integer"), "parameters/undeclared/ignored"
    row = [
        usual("query_integer"),
        tried("query_integer", TrialKind.UNDECLARED, status),
        usual("query_integer"),
    ]
    assert clause_of(own, id).level is Level.SHOULD
    assert verdict(own, id, *row) == said


def test_a_document_without_a_status_for_it_promises_no_refusal() -> None:
    """That it is a 4xx at all is a SHOULD."""
    own = operation("query_enum")
    plain = replace(
        own,
        # 404 is about the id, and may be about the query; alone it promises no refusal of that.
        responses=tuple(one for one in own.responses if one.status in ("200", "404", "415")),
        promises=replace(own.promises, refusals=replace(own.promises.refusals, invalid=())),
    )
    id = f"{TENANT}/required"
    assert clause_of(plain, id).level is Level.SHOULD
    refused, taken = (tried("query_enum", TrialKind.MISSING, status) for status in (418, 200))
    assert verdict(plain, id, usual("query_enum"), refused) == KEPT
    assert verdict(plain, id, usual("query_enum"), taken) == BROKEN


def test_what_may_hide_may_refuse_a_path_that_names_nothing() -> None:
    """A documented 403 need not say whether there is one (RFC 9110 15.5.4); in a query it says so."""
    own = operation("query_enum")
    hiding = replace(own, responses=(*own.responses, replace(own.responses[-1], status="403")))
    for location, may in ((Location.PATH, True), (Location.QUERY, False)):
        assert (403 in parameter_refusals(hiding, location)) == may
        assert 403 not in parameter_refusals(own, location)


def test_an_answer_that_a_parameter_asked_for_says_nothing_of_updates() -> None:
    """It may show less: a member that is not shown is not lost."""
    own, id = operation("query_integer"), "update/empty-changes-nothing"
    shorter = tried("query_integer", TrialKind.ALLOWED, 200, {})
    row = [usual("query_integer"), shorter, usual("query_integer")]
    assert verdict(own, id, *row) == KEPT
    assert (
        verdict(own, id, usual("query_integer"), usual("query_integer", {"enabled": False}))
        == BROKEN
    )
