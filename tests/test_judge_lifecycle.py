"""Does a resource live as documented? Each rule of its life: kept, broken, and the permitted life that comes closest.

Each test gives a row of exchanges as a run makes them, and says what the clause says of all together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import ABSENT, BROKEN, KEPT, SILENT, Expect, absence, clause_ids, clause_of
from lives import THINGS, findings_on, verdict_on, world

from pytest_confluent_contracts.model.clauses import FindingKind as Kind
from pytest_confluent_contracts.model.clauses import Level

if TYPE_CHECKING:
    from exchanges import Exchange

    from pytest_confluent_contracts.model.clauses import Finding

W = world()
GONE = Expect.UNKNOWN
THEN, LATER = "2026-01-01T10:00:00Z", "2026-01-01T10:00:05Z"
FULL = {"name": "first", "note": "a note", "tags": ["a", "b"], "size": 5}
BARE = {"name": "second"}


def thing(id: str = "t1", **members: Any) -> dict[str, Any]:
    """Return what an answer shows of one thing."""
    return {"id": id, "created_at": THEN, "updated_at": THEN, **members}


A = thing(**FULL)
B = thing("t2", name="second", size=3)


def create(sent: Any = FULL, answer: Any = A, status: int = 201, **more: Any) -> Exchange:
    """Return a create, by default that of the first thing."""
    return W.ask("create", status, answer, sent=sent, **more)


def create_b(**more: Any) -> Exchange:
    """Return the create of the second thing."""
    return create(BARE, B, **more)


def read(answer: Any = A, status: int = 200, **more: Any) -> Exchange:
    """Return a read, by default that of the first thing."""
    return W.ask("read", status, answer, **more)


def read_b(answer: Any = B, status: int = 200) -> Exchange:
    """Return a read of the second thing."""
    return read(answer, status, id="t2")


def listed(*items: Any, status: int = 200, **around: Any) -> Exchange:
    """Return a list of *items*."""
    return W.ask("list", status, {"data": list(items), **around})


def update(sent: Any, answer: Any, status: int = 200, **more: Any) -> Exchange:
    """Return an update of the first thing."""
    return W.ask("update", status, answer, sent=sent, **more)


def replace(sent: Any, answer: Any, status: int = 200, **more: Any) -> Exchange:
    """Return a replace of the first thing."""
    return W.ask("replace", status, answer, sent=sent, **more)


def delete(status: int = 204, **more: Any) -> Exchange:
    """Return a delete, by default that of the first thing."""
    return W.ask("delete", status, **more)


def gone(name: str = "read", status: int = 404, answer: Any = ABSENT, **more: Any) -> Exchange:
    """Return a request for the first thing after its end."""
    return W.ask(name, status, answer, expect=GONE, **more)


def of(name: str, rule: str, *life: Exchange) -> str:
    """Return what the clause *rule* of the operation *name* says of a *life*."""
    return verdict_on(W[name], rule, *life)


def kinds(name: str, rule: str, *life: Exchange) -> set[Kind]:
    """Return the kinds of what the clause finds."""
    return {finding.kind for finding in findings_on(W[name], rule, *life)}


def the_finding(name: str, rule: str, *life: Exchange) -> Finding:
    """Return the one finding of the clause."""
    [found] = findings_on(W[name], rule, *life)
    return found


# --- which clauses there are -----------------------------------------------------------------------------------------


def test_each_role_has_its_clauses() -> None:
    """They stand at the operation that makes the promise, in one order; those of a list are held at the create."""
    own = {name: clause_ids(W[name], "lifecycle") for name in W.operations}
    assert {name: [id.removeprefix("lifecycle/") for id in ids] for name, ids in own.items()} == {
        "list": [],
        "create": [
            "created-is-readable",
            "created-equals-sent",
            "created-has-defaults",
            "location-leads-there",
            "listed-once",
            "two-creates-make-two",
            "refused-create-creates-nothing",
            "ids-not-reused",
            "secret-shown-once",
        ],
        "read": ["reads-change-nothing", "same-everywhere"],
        "head": ["head-as-get", "head-as-get/headers"],
        "replace": [
            "replaced-equals-sent",
            "replace-drops-what-is-left-out",
            "refused-changes-nothing",
            "siblings-untouched",
        ],
        "update": ["updated-is-read", "refused-changes-nothing", "siblings-untouched"],
        "delete": [
            "deleted-is-gone",
            "deleted-is-not-listed",
            "delete-again-has-no-effect",
            "no-resurrection",
            "refused-changes-nothing",
            "siblings-untouched",
        ],
    }


def test_a_resource_without_a_create_has_no_clause_on_what_is_created() -> None:
    """What is only read and updated is followed from read to read."""
    text = THINGS.replace("    post:\n      operationId: create", "    x-post:\n      operationId: create")
    text = text.replace("    delete:\n      operationId", "    x-delete:\n      operationId")
    other = world(text)
    assert [id for name in other.operations for id in clause_ids(other[name], "lifecycle")] == [
        "lifecycle/reads-change-nothing",
        "lifecycle/same-everywhere",
        "lifecycle/head-as-get",
        "lifecycle/head-as-get/headers",
        "lifecycle/replaced-equals-sent",
        "lifecycle/replace-drops-what-is-left-out",
        "lifecycle/refused-changes-nothing",
        "lifecycle/siblings-untouched",
        "lifecycle/updated-is-read",
        "lifecycle/refused-changes-nothing",
        "lifecycle/siblings-untouched",
    ]


LATE = world(THINGS.replace("'201': {$ref", "'202': {$ref"))


def test_what_is_accepted_for_later_need_not_be_there_at_once() -> None:
    """A documented 202 makes it a SHOULD; one that is not documented says nothing of a MUST."""
    clause = clause_of(LATE["create"], "lifecycle/created-is-readable")
    assert clause.level is Level.SHOULD
    life = LATE.ask("create", 202, A, sent=FULL), LATE.ask("read", 404)
    assert verdict_on(LATE["create"], "created-is-readable", *life) == BROKEN
    assert of("create", "created-is-readable", create(status=202), read(status=404)) == SILENT


def test_reads_may_lag_as_long_as_the_document_says() -> None:
    """With a consistency of 30 s, a read just after a write says nothing, and one a minute later all."""
    text = THINGS.replace(
        "x-contract: {create-only", "x-contract: {consistency: {within: 30}, create-only"
    )
    slow = world(text)
    clause = clause_of(slow["create"], "lifecycle/created-is-readable")
    assert clause.level is Level.MUST
    made, late = slow.ask("create", 201, A, sent=FULL), slow.ask("read", 404, at=60.0)
    early = slow.ask("read", 404)
    assert verdict_on(slow["create"], "created-is-readable", made, early) == SILENT
    assert verdict_on(slow["create"], "created-is-readable", made, late) == BROKEN


# --- created is readable ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), read()), KEPT),
        ((create(), read(status=404)), BROKEN),
        ((create(), create_b(), read(), read_b(status=404)), BROKEN),
        ((create(), read(), listed(A), read(status=410)), BROKEN),
        ((create(), delete(), read(status=404)), SILENT),  # deleted in between
        ((create(), read(status=503)), SILENT),  # nobody knows
        ((create(), delete(500), read(status=404)), SILENT),  # it may have been deleted
        ((create(), read(status=429)), SILENT),
        ((create(status=422), read(status=404)), SILENT),  # refused
        ((create(), read(failure="no HTTP came")), SILENT),
        ((read(status=404),), SILENT),
        ((create(), read(status=401, expect=Expect.UNAUTHENTICATED)), SILENT),
        ((create(), W.ask("head", 200)), KEPT),
        ((create(), W.ask("head", 404)), BROKEN),
    ],
)
def test_what_is_created_is_readable(life: tuple[Exchange, ...], said: str) -> None:
    """Until it is deleted, as far as anybody knows."""
    assert of("create", "created-is-readable", *life) == said


def test_an_id_is_read_from_location_where_the_answer_shows_none() -> None:
    """An answer without a body names what it made by its address."""
    life = create(answer=ABSENT, told={"Location": "https://api.x.test/v1/things/t%311"})
    assert of("create", "created-is-readable", life, read(status=404, id="t11")) == BROKEN
    assert of("create", "created-is-readable", life, read(status=404, id="t2")) == SILENT


def test_the_pair_is_told() -> None:
    """A finding names what came, and the request before that gives it its meaning."""
    finding = the_finding("create", "created-is-readable", create(), read(status=404))
    assert (finding.status, finding.expected, finding.request) == (404, '"t1"', "POST /things")


# --- what was sent ---------------------------------------------------------------------------------------------------

SHOUTED = A | {"name": "FIRST"}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), read(), listed(A)), KEPT),
        ((create(answer=SHOUTED),), BROKEN),
        ((create(), read(SHOUTED)), BROKEN),
        ((create(), listed(SHOUTED)), BROKEN),
        ((create(answer=thing()), read(SHOUTED)), BROKEN),
        ((create(), listed({"id": "t1"})), KEPT),  # a list may show less
        ((create(), update({"name": "n"}, A | {"name": "n"}), read(A | {"name": "n"})), KEPT),
        ((create(), replace({"name": "n"}, thing(name="n")), read(thing(name="n"))), KEPT),
        ((create(), update({"name": "n"}, ABSENT, 500), read(A | {"name": "n"})), KEPT),
        ((create({"name": "x"}, thing(name="x", note="made up")),), KEPT),  # nobody sent the note
        ((create({"name": "x", "tags": []}, thing(name="x")),), KEPT),  # empty, and left out
        ((create({"name": "x", "at": "2026-01-01T10:00:00Z"}, thing(name="x", at="2026-01-01T12:00:00+02:00")),), KEPT),
        ((create({"name": "x", "place": {"town": "Ulm"}}, thing(name="x", place={"town": "ULM"})),), BROKEN),
    ],
)
def test_what_is_created_equals_what_was_sent(life: tuple[Exchange, ...], said: str) -> None:
    """To the character, in the create's answer and in each read and list after it, until something writes it."""
    assert of("create", "created-equals-sent", *life) == said


def test_what_the_answer_to_create_shows_otherwise_is_told_once() -> None:
    """A service that normalises is told of at its create, and not again for each read that agrees."""
    life = create(answer=SHOUTED), read(SHOUTED), listed(SHOUTED)
    finding = the_finding("create", "created-equals-sent", *life)
    assert (finding.kind, finding.status) == (Kind.LIFE_VALUE_DIFFERS, 201)
    assert (finding.subject, finding.expected, finding.observed) == ("name", '"first"', '"FIRST"')


def test_a_value_that_is_lost_is_told_where_the_answers_ever_show_it() -> None:
    """An operation that never shows a member may not show it at all."""
    without = thing(name="first", size=5, tags=["a", "b"])
    later = update({"note": "new"}, A | {"note": "new"}), read(A | {"note": "new"})
    assert of("create", "created-equals-sent", create(answer=without), read(without)) == KEPT
    assert kinds("create", "created-equals-sent", create(answer=without), read(without), *later) == {
        Kind.LIFE_VALUE_LOST
    }


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create_b(), read_b()), KEPT),
        ((create(BARE, B | {"size": 4}),), BROKEN),
        ((create_b(), read_b(B | {"size": 4})), BROKEN),
        ((create(BARE, {"id": "t2", "name": "second"}),), SILENT),  # not shown means the default, too
        ((create({"name": "x", "size": 4}, thing(size=4)),), SILENT),  # sent
    ],
)
def test_what_is_not_sent_has_its_documented_default(life: tuple[Exchange, ...], said: str) -> None:
    """Where an answer shows it."""
    assert of("create", "created-has-defaults", *life) == said


# --- Location --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/things/t1", KEPT),
        ("https://api.vendor.test/things/t1", KEPT),
        ("https://api.vendor.test/prefix/things/t1/", KEPT),
        ("things/t1", KEPT),
        ("t1", KEPT),
        ("./t1", KEPT),
        ("/things/t2", BROKEN),
        ("/things", BROKEN),
        ("/things/t11", BROKEN),
        ("/other/t1", BROKEN),
        ("/things/t1/more", BROKEN),
    ],
)
def test_location_leads_to_what_was_created(location: str, said: str) -> None:
    """Whatever the host: path and id count, below any prefix."""
    assert of("create", "location-leads-there", create(told={"Location": location})) == said


def test_location_of_what_is_done_later_may_lead_to_its_progress() -> None:
    """Of a 202 it may be what tells how far it is, and not another thing."""
    for location, said in (
        ("/operations/7", SILENT),
        ("/things/t1", KEPT),
        ("/things/t2", BROKEN),
        ("/things", BROKEN),
    ):
        life = LATE.ask("create", 202, A, sent=FULL, told={"Location": location})
        assert verdict_on(LATE["create"], "location-leads-there", life) == said, location


def test_location_that_is_not_documented_is_held_to_http() -> None:
    """RFC 9110 says what it means: a SHOULD, where the document says nothing of it."""
    text = THINGS.replace(
        "      headers: {Location: {schema: {type: string, format: uri-reference}}}\n", ""
    )
    plain = world(text)
    assert clause_of(plain["create"], "lifecycle/location-leads-there").level is Level.SHOULD
    assert clause_of(W["create"], "lifecycle/location-leads-there").level is Level.MUST
