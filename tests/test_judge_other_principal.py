"""Is what one principal made kept from another? Each rule: kept, broken, and the permitted answer that comes closest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import ABSENT, BROKEN, KEPT, SILENT, Expect, absence, clause_ids
from lives import THINGS, World, world

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.model.clauses import FindingKind as Kind
from pytest_confluent_contracts.model.traffic import Principal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exchanges import Exchange

    from pytest_confluent_contracts.model.clauses import Evidence, Finding

ID = "lifecycle/hidden-from-others"
W = world()
OWN: dict[str, Any] = {"name": "name of the first", "note": "a note that nobody knows"}
THEIRS: dict[str, Any] = {"name": "name of the second"}
PEOPLE = """
  /people:
    get:
      operationId: people
      responses: {'200': {$ref: '#/components/responses/Things'}}
"""


def by_other(exchange: Exchange, expect: Expect = Expect.HIDDEN) -> Exchange:
    """Return the exchange as the second principal's, asked for what is the first's."""
    return replace(exchange, case=replace(exchange.case, principal=Principal.OTHER, expect=expect))


def made(id: str = "t1", sent: dict[str, Any] = OWN) -> Exchange:
    """Return a create of the first."""
    return W.ask("create", 201, {"id": id, "secret": f"told once of {id}", **sent}, sent=sent)


def made_by_other(id: str = "t9", sent: dict[str, Any] = THEIRS, status: int = 201) -> Exchange:
    """Return a create of the second."""
    created = {"id": id, **sent} if status < 300 else ABSENT
    return by_other(W.ask("create", status, created, sent=sent), Expect.ACCEPTED)


def read(status: int = 200, answer: Any = ABSENT, id: str = "t1") -> Exchange:
    """Return a read of the first's."""
    shown = {"id": id, **OWN} if answer is ABSENT and status == 200 else answer
    return W.ask("read", status, shown, id=id)


def listed(*items: Any, status: int = 200) -> Exchange:
    """Return a list of *items*."""
    return W.ask("list", status, {"data": list(items)} if status == 200 else ABSENT)


def hidden(name: str, status: int = 404, answer: Any = ABSENT, **more: Any) -> Exchange:
    """Return what the second asked of the first's."""
    return by_other(W.ask(name, status, answer, **more))


def evidence_of(name: str, life: Sequence[Exchange], of: World = W) -> list[Evidence]:
    """Return how the clause of the operation *name* judges a *life*."""
    [clause] = [one for one in clauses.derive(of[name]) if one.id == ID]
    return list(clause.judge([replace(one, serial=serial) for serial, one in enumerate(life)]))


def findings(name: str, *life: Exchange, of: World = W) -> list[Finding]:
    """Return what the clause of the operation *name* finds."""
    return [one.finding for one in evidence_of(name, life, of) if one.finding is not None]


def kinds(name: str, *life: Exchange, of: World = W) -> set[Kind]:
    """Return the kinds of what is found."""
    return {one.kind for one in findings(name, *life, of=of)}


def verdict(name: str, *life: Exchange) -> str:
    """Return what the clause of the operation *name* says."""
    evidence = evidence_of(name, life)
    if not evidence:
        return SILENT
    return BROKEN if any(one.finding for one in evidence) else KEPT


# --- which operations have it -----------------------------------------------------------------------------------------


def test_each_operation_on_what_was_made_has_the_clause() -> None:
    """A create has it where it makes something in something else."""
    own = {name for name in W.operations if ID in clause_ids(W[name], "lifecycle")}
    assert own == {"list", "read", "head", "replace", "update", "delete"}


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("security: [{key: []}]", "security: []"),
        ("security: [{key: []}]", "security: [{key: []}, {}]"),
        (
            "      operationId: read\n      x-contract: {",
            "      operationId: read\n      x-contract: {shared: {says: All may read it.}, ",
        ),
    ],
    ids=["open", "open to nobody in particular", "shared by its word"],
)
def test_what_is_for_everybody_has_none(was: str, now: str) -> None:
    """Without credentials there is no principal; and the document may share what was made."""
    assert was in THINGS
    other = world(THINGS.replace(was, now))
    assert ID not in clause_ids(other["read"], "lifecycle")


def test_only_what_is_shared_is_free() -> None:
    """Who may read need not be let to write."""
    shared = "      operationId: read\n      x-contract: {"
    other = world(THINGS.replace(shared, f"{shared}shared: {{}}, "))
    assert ID in clause_ids(other["update"], "lifecycle")


# --- reads ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_hides(status: int) -> None:
    """What is not there, gone, or not allowed."""
    assert verdict("read", made(), made_by_other(), hidden("read", status)) == KEPT


@pytest.mark.parametrize(
    ("challenge", "told"),
    [
        ('Bearer realm="x", error="insufficient_scope", scope="things:read"', SILENT),
        ("Bearer error=insufficient_scope", SILENT),
        ('Bearer error="invalid_token"', KEPT),
        ('Bearer error_description="error=insufficient_scope"', KEPT),  # words
    ],
)
def test_who_lacks_a_scope_is_not_kept_out_of_anothers(challenge: str, told: str) -> None:
    """It is refused whosever the thing is (RFC 6750 3.1)."""
    refused = hidden("read", 403, told={"WWW-Authenticate": challenge})
    life = made(), made_by_other(), refused
    assert verdict("read", *life) == told
    if told == SILENT:
        assert "for a scope that it lacks" in absence(W["read"], ID, *life).reason


def test_who_lacks_a_scope_and_changes_something_is_told() -> None:
    """A refusal that deletes all the same."""
    refused = hidden("delete", 403, told={"WWW-Authenticate": "Bearer error=insufficient_scope"})
    life = made(), W.ask("read", 200, {"id": "t1", **OWN}), made_by_other(), refused
    assert kinds("delete", *life, W.ask("read", 404)) == {Kind.ENDED_BY_OTHER}


@pytest.mark.parametrize("name", ["read", "head"])
def test_what_is_served_is_told(name: str) -> None:
    """A HEAD tells that it is there."""
    answer = {"id": "t1", **OWN} if name == "read" else ABSENT
    life = made(), made_by_other(), hidden(name, 200, answer)
    assert kinds(name, *life) == {Kind.SERVED_TO_OTHER}
    assert findings(name, *life)[0].observed == '"t1"'


def test_what_the_second_made_is_hidden_from_the_first() -> None:
    """It holds both ways."""
    asked = W.ask("read", 200, {"id": "t9", **THEIRS}, id="t9", expect=Expect.HIDDEN)
    assert kinds("read", made(), made_by_other(), asked) == {Kind.SERVED_TO_OTHER}
    refused = W.ask("read", 404, id="t9", expect=Expect.HIDDEN)
    assert verdict("read", made(), made_by_other(), refused) == KEPT


def test_each_may_have_names_of_its_own() -> None:
    """The first thing of each principal may have the id 1: what it shows says whose it is."""
    own = hidden("read", 200, {"id": "t1", "name": "something older"})
    assert verdict("read", made(), made_by_other(), own) == SILENT
    both = made("t1"), made_by_other("t1"), hidden("read", 200, {"id": "t1", **THEIRS})
    assert verdict("read", *both) == SILENT
    leaked = hidden("read", 200, {"id": "t1", "name": "something else", "note": OWN["note"]})
    assert kinds("read", made(), made_by_other(), leaked) == {Kind.SERVED_TO_OTHER}


@pytest.mark.parametrize("status", [500, 418])
def test_a_status_that_says_something_else_is_no_refusal(status: int) -> None:
    """A fault of the service, or one that nobody documents."""
    life = made(), made_by_other(), hidden("read", status)
    assert kinds("read", *life) == {Kind.REFUSED_TO_OTHER_OTHERWISE}


def test_another_documented_refusal_will_do() -> None:
    """An update may be refused for what it says before anybody looks whose it is."""
    refused = hidden("update", 422, sent={"name": "taken over"})
    assert verdict("update", made(), made_by_other(), read(), refused, read()) == KEPT


def test_a_refusal_that_tells_what_is_hidden() -> None:
    """A value of the first's, which the second has never sent."""
    told = {"error": f"you may not see {OWN['note']!r}"}
    assert kinds("read", made(), made_by_other(), hidden("read", 404, told)) == {Kind.TOLD_TO_OTHER}
    [found] = findings("read", made(), made_by_other(), hidden("read", 404, told))
    assert found.observed == '"a note that nobody knows"'


def test_what_the_second_sent_itself_may_come_back() -> None:
    """A refusal may repeat the request."""
    sent = {"name": OWN["name"]}
    told = hidden("update", 422, {"error": f"{OWN['name']} is no name"}, sent=sent)
    assert verdict("update", made(), made_by_other(), told) == KEPT


@pytest.mark.parametrize("status", [0, 429, 304])
def test_what_says_nothing_of_it_is_no_evidence(status: int) -> None:
    """No answer, and one for the rate limit alone."""
    asked = hidden("read", status)
    if status == 0:
        asked = replace(asked, failure="no answer")
    life = made(), made_by_other(), asked
    assert verdict("read", *life) == (BROKEN if status == 304 else SILENT)


# --- lists ------------------------------------------------------------------------------------------------------------


def test_a_list_of_its_own_is_fine() -> None:
    """It is empty, has what the second made, or is refused."""
    for shown in (listed(), listed({"id": "t9", **THEIRS}), listed(status=403)):
        assert verdict("list", made(), made_by_other(), by_other(shown)) == KEPT


def test_a_list_that_shows_the_firsts_is_told() -> None:
    """Wherever in it that stands."""
    shown = by_other(listed({"id": "t9", **THEIRS}, {"id": "t1", **OWN}))
    assert kinds("list", made(), made_by_other(), shown) == {Kind.LISTED_TO_OTHER}


def test_a_list_that_shows_only_a_value_is_told() -> None:
    """An item without an id, a note in the margin."""
    shown = by_other(W.ask("list", 200, {"data": [], "last": OWN["note"]}))
    assert kinds("list", made(), made_by_other(), shown) == {Kind.TOLD_TO_OTHER}


def test_what_was_there_before_under_the_same_id_is_no_leak() -> None:
    """Ids may count from 1 for each principal."""
    shown = by_other(listed({"id": "t1", "name": "something older"}))
    assert verdict("list", made(), made_by_other(), shown) == KEPT


def test_the_firsts_list_shows_nothing_of_the_second() -> None:
    """It holds both ways; before the second has made one, there is nothing to see."""
    shown = listed({"id": "t1", **OWN}, {"id": "t9", **THEIRS})
    assert kinds("list", made(), made_by_other(), shown) == {Kind.LISTED_TO_OTHER}
    own = listed({"id": "t1", **OWN})
    assert verdict("list", made(), made_by_other(), own) == KEPT
    assert verdict("list", made(), own) == SILENT


# --- writes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["update", "replace", "delete"])
def test_a_write_that_is_accepted_is_told(name: str) -> None:
    """Whatever it has done."""
    sent = {} if name == "delete" else {"sent": {"name": "taken over"}}
    asked = hidden(name, 200, {"id": "t1", **OWN}, **sent)
    life = made(), made_by_other(), read(), hidden("read"), asked, read()
    assert kinds(name, *life) == {Kind.TAKEN_FROM_OTHER}


@pytest.mark.parametrize("name", ["update", "replace", "delete"])
def test_a_write_that_is_refused_and_does_nothing_is_fine(name: str) -> None:
    """The first sees what it saw."""
    sent = {} if name == "delete" else {"sent": {"name": "taken over"}}
    for status in (403, 404):
        life = made(), made_by_other(), read(), hidden(name, status, **sent), read()
        assert verdict(name, *life) == KEPT


def test_a_write_that_is_refused_and_done_is_told() -> None:
    """The first looks, and finds another value."""
    asked = hidden("update", 404, sent={"name": "taken over"})
    now = read(200, {"id": "t1", **OWN, "name": "taken over"})
    [found] = findings("update", made(), made_by_other(), read(), asked, now)
    assert found.kind is Kind.CHANGED_BY_OTHER
    assert (found.status, found.subject) == (404, "name")
    assert (found.expected, found.observed) == (('"t1"', '"name of the first"'), '"taken over"')


def test_a_change_of_the_firsts_own_is_nobodys_fault() -> None:
    """It wrote in between."""
    asked = hidden("update", 404, sent={"name": "taken over"})
    own = W.ask("update", 200, {"id": "t1", **OWN, "name": "mine"}, sent={"name": "mine"})
    now = read(200, {"id": "t1", **OWN, "name": "mine"})
    assert verdict("update", made(), made_by_other(), read(), asked, own, now) == KEPT


def test_a_delete_that_is_refused_and_done_is_told() -> None:
    """The first reads 404, or does not find it in a list."""
    asked = hidden("delete", 404)
    for now in (read(404), listed()):
        life = made(), made_by_other(), read(), asked, now
        assert kinds("delete", *life) == {Kind.ENDED_BY_OTHER}
    there = listed({"id": "t1", **OWN})
    assert verdict("delete", made(), made_by_other(), read(), asked, there) == KEPT


def test_a_delete_of_nothing_may_succeed_where_no_refusal_is_documented() -> None:
    """RFC 9110 9.2.2: what matters is what is there afterwards."""
    quiet = world(
        THINGS.replace(
            "'401': {description: who}, '404': {description: gone}", "'401': {description: who}"
        )
    )
    asked = by_other(quiet.ask("delete", 204))
    life = [quiet.ask("create", 201, {"id": "t1", **OWN}, sent=OWN), made_by_other()]
    before = quiet.ask("read", 200, {"id": "t1", **OWN})
    assert findings("delete", *life, before, asked, before, of=quiet) == []
    gone = quiet.ask("read", 404)
    assert kinds("delete", *life, before, asked, gone, of=quiet) == {Kind.ENDED_BY_OTHER}


# --- is there a second at all? ----------------------------------------------------------------------------------------


def test_who_is_let_in_nowhere_shows_nothing() -> None:
    """Wrong credentials hide everything."""
    turned = made_by_other(status=401), by_other(listed(status=401)), hidden("read", 401)
    assert verdict("read", made(), *turned) == SILENT
    told = absence(W["read"], ID, made(), *turned)
    assert told.withheld
    assert told.reason == (
        "of what this run asked, the second principal was let in nowhere, not even to a list or "
        "one of its own: hold all operations of the resource, or check what is in "
        "CONTRACT_OTHER_KEY_VALUE"
    )


def test_who_may_do_nothing_of_its_own_shows_nothing() -> None:
    """403 everywhere is no mistake of anybody's, and no evidence."""
    forbidden = made_by_other(status=403), by_other(listed(status=403)), hidden("read", 404)
    assert verdict("read", made(), *forbidden) == SILENT
    assert not absence(W["read"], ID, made(), *forbidden).withheld


def test_what_is_served_to_who_is_let_in_nowhere_else_is_told() -> None:
    """It is let in there."""
    forbidden = made_by_other(status=403), by_other(listed(status=403))
    served = hidden("read", 200, {"id": "t1", **OWN})
    assert verdict("read", made(), *forbidden, served) == BROKEN


def test_without_a_second_the_reason_names_the_variables() -> None:
    """Nobody has said who that would be."""
    told = absence(W["read"], ID, made(), read())
    assert not told.withheld
    assert told.reason.endswith("set CONTRACT_OTHER_KEY_VALUE in the environment")
    assert verdict("read", made(), read()) == SILENT


# --- other clauses ----------------------------------------------------------------------------------------------------


def on_life(*exchanges: Exchange) -> Iterable[str]:
    """Yield the other clauses on the life that are red."""
    numbered = [replace(one, serial=serial) for serial, one in enumerate(exchanges)]
    for name in W.operations:
        for clause in clauses.derive(W[name]):
            is_other = clause.id != ID and clause.id.startswith(("lifecycle/", "list/"))
            if is_other and any(one.finding for one in clause.judge(numbered)):
                yield f"{name}::{clause.id}"


def test_what_a_second_principal_sees_is_no_evidence_on_the_firsts_life() -> None:
    """That its list has not what the first made, and that its reads are refused, is as it must be."""
    theirs = hidden("read"), by_other(listed()), made_by_other(), hidden("delete"), hidden("head")
    shown = {"id": "t1", **OWN}
    life = made(), read(), listed(shown), *theirs, read(), listed(shown)
    assert list(on_life(*life)) == []


def test_what_a_second_principal_has_destroyed_is_told_once() -> None:
    """Nobody knows what is there afterwards, and no other clause is held to it."""
    life = made(), made_by_other(), read(), hidden("delete", 204), read(404), listed()
    assert list(on_life(*life)) == []
