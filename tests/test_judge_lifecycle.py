"""Does a resource live as documented? Each rule of its life: kept, broken, and the permitted life that comes closest.

Each test gives a row of exchanges as a run makes them, and says what the clause says of all together.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import ABSENT, BROKEN, KEPT, SILENT, Expect, absence, clause_ids
from lives import THINGS, clause_on, findings_on, verdict_on, world

from pytest_confluent_contracts.clauses import lifecycle
from pytest_confluent_contracts.model.clauses import FindingKind as Kind
from pytest_confluent_contracts.model.clauses import Level

if TYPE_CHECKING:
    from exchanges import Exchange

    from pytest_confluent_contracts.model.clauses import Finding

W = world()
GONE = Expect.UNKNOWN
THEN, LATER = "2026-01-01T10:00:00Z", "2026-01-01T10:00:05Z"
FULL: dict[str, Any] = {"name": "first", "note": "a note", "tags": ["a", "b"], "size": 5}
BARE: dict[str, Any] = {"name": "second"}


def thing(id: str = "t1", **members: Any) -> dict[str, Any]:
    """Return what an answer shows of one thing."""
    return {"id": id, "created_at": THEN, "updated_at": THEN, **members}


A = thing(**FULL)
B = thing("t2", name="second", size=3)


def without(answer: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an answer without one member."""
    return {path: value for path, value in answer.items() if path != name}


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
        "list": ["listed-as-documented", "hidden-from-others"],
        "create": [
            "created-is-readable",
            "created-equals-sent",
            "sent-is-shown",
            "created-has-defaults",
            "location-leads-there",
            "listed-once",
            "two-creates-make-two",
            "refused-create-creates-nothing",
            "ids-not-reused",
            "secret-shown-once",
            "secret-is-told",
        ],
        "read": ["reads-change-nothing", "same-everywhere", "hidden-from-others"],
        "head": ["head-as-get", "head-as-get/headers", "hidden-from-others"],
        "replace": [
            "replaced-equals-sent",
            "replace-drops-what-is-left-out",
            "refused-changes-nothing",
            "siblings-untouched",
            "hidden-from-others",
        ],
        "update": [
            "updated-is-read",
            "refused-changes-nothing",
            "siblings-untouched",
            "hidden-from-others",
        ],
        "delete": [
            "deleted-is-gone",
            "deleted-is-not-listed",
            "delete-again-has-no-effect",
            "no-resurrection",
            "refused-changes-nothing",
            "siblings-untouched",
            "hidden-from-others",
        ],
    }


def test_a_resource_without_a_create_has_no_clause_on_what_is_created() -> None:
    """What is only read and updated is followed from read to read."""
    text = THINGS.replace(
        "    post:\n      operationId: create", "    x-post:\n      operationId: create"
    )
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
    clause = clause_on(LATE["create"], "created-is-readable")
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
    clause = clause_on(slow["create"], "created-is-readable")
    assert clause.level is Level.MUST
    made, late = slow.ask("create", 201, A, sent=FULL), slow.ask("read", 404, at=60.0)
    early = slow.ask("read", 404)
    assert verdict_on(slow["create"], "created-is-readable", made, early) == SILENT
    assert verdict_on(slow["create"], "created-is-readable", made, late) == BROKEN
    stale = slow.ask("read", 200, thing(name="old"))
    for rule in ("created-equals-sent", "created-is-readable"):
        assert (
            verdict_on(slow["create"], rule, made, stale, slow.ask("read", 200, A, at=60.0)) == KEPT
        )
    fresh = slow.ask("read", 200, A)
    assert verdict_on(slow["create"], "created-is-readable", made, fresh) == KEPT


# --- created is readable ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), read()), KEPT),
        ((create(), read(status=404)), BROKEN),
        ((create(), create_b(), read(), read_b(status=404)), BROKEN),
        ((create(), read(), listed(A), read(status=410)), BROKEN),
        ((create(), read(status=404), update({"name": "n"}, ABSENT, 404)), BROKEN),
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


def test_what_vanished_is_told_once() -> None:
    """What no read finds any more is asked for in vain by all that follows."""
    life = create(), read(status=404), read(status=404), listed(), listed()
    assert len(findings_on(W["create"], "created-is-readable", *life)) == 1
    assert findings_on(W["create"], "listed-once", *life) == []


def test_a_uuid_is_the_same_in_both_cases() -> None:
    """RFC 9562 4: a create may answer in capitals what a list has in small letters."""
    id = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
    made, seen = create(answer=thing(id, **FULL)), read(thing(id.lower(), **FULL), id=id)
    life = made, seen, listed(thing(id.lower(), **FULL))
    assert of("create", "listed-once", *life) == KEPT
    assert of("read", "same-everywhere", *life) == KEPT


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
        (
            (
                create(
                    {"name": "x", "at": "2026-01-01T10:00:00Z"},
                    thing(name="x", at="2026-01-01T12:00:00+02:00"),
                ),
            ),
            KEPT,
        ),
        (
            (
                create(
                    {"name": "x", "place": {"town": "Ulm"}}, thing(name="x", place={"town": "ULM"})
                ),
            ),
            BROKEN,
        ),
    ],
)
def test_what_is_created_equals_what_was_sent(life: tuple[Exchange, ...], said: str) -> None:
    """To the character, in the create's answer and in each read and list after it, until something writes it."""
    assert of("create", "created-equals-sent", *life) == said


LEFT_BEHIND = "left behind"
PLAIN = {"name": "plain"}
NEW = thing("t2", name="plain")
LEAKING = NEW | {"note": LEFT_BEHIND}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        # Created without a note, updated to one, deleted: the next one has it.
        (
            (
                create(PLAIN, thing(name="plain")),
                update({"note": LEFT_BEHIND}, thing(name="plain", note=LEFT_BEHIND)),
                delete(),
                create(PLAIN, LEAKING),
            ),
            BROKEN,
        ),
        # Its create answers rightly, and what is read of it is another's.
        (
            (
                create(PLAIN, thing(name="plain")),
                replace(PLAIN | {"note": LEFT_BEHIND}, thing(name="plain", note=LEFT_BEHIND)),
                create(PLAIN, NEW),
                read(LEAKING, id="t2"),
            ),
            BROKEN,
        ),
        # It was written to in between.
        (
            (
                create(PLAIN, thing(name="plain")),
                update({"note": LEFT_BEHIND}, thing(name="plain", note=LEFT_BEHIND)),
                create(PLAIN, NEW),
                update({"note": LEFT_BEHIND}, LEAKING, id="t2"),
                read(LEAKING, id="t2"),
            ),
            KEPT,
        ),
        # It was sent that value, too.
        (
            (
                create(PLAIN, thing(name="plain")),
                update({"note": LEFT_BEHIND}, thing(name="plain", note=LEFT_BEHIND)),
                create(PLAIN | {"note": LEFT_BEHIND}, LEAKING),
            ),
            KEPT,
        ),
        # What each has that was sent none may be what the service chooses.
        (
            (
                create(PLAIN, thing(name="plain", note=LEFT_BEHIND)),
                update({"note": LEFT_BEHIND}, thing(name="plain", note=LEFT_BEHIND)),
                delete(),
                create(PLAIN, LEAKING),
            ),
            KEPT,
        ),
    ],
)
def test_what_is_new_shows_nothing_that_was_written_to_another(
    life: tuple[Exchange, ...], said: str
) -> None:
    """Whether that is there still, or was deleted; in any answer until something is written to it."""
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
    assert kinds(
        "create", "created-equals-sent", create(answer=without), read(without), *later
    ) == {Kind.LIFE_VALUE_LOST}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create_b(), read_b()), KEPT),
        ((create(BARE, B | {"size": 4}),), BROKEN),
        ((create_b(), read_b(B | {"size": 4})), BROKEN),
        (
            (create(BARE, {"id": "t2", "name": "second"}),),
            SILENT,
        ),  # not shown means the default, too
        ((create({"name": "x", "size": 4}, thing(size=4)),), SILENT),  # sent
    ],
)
def test_what_is_not_sent_has_its_documented_default(life: tuple[Exchange, ...], said: str) -> None:
    """Where an answer shows it."""
    assert of("create", "created-has-defaults", *life) == said


@pytest.mark.parametrize(("size", "told"), [(3, set()), (4, {Kind.LIFE_VALUE_LOST})])
def test_what_has_its_default_may_be_left_out(size: int, told: set[Kind]) -> None:
    """Without it the default holds, which is what was sent; another value may not be left out."""
    without, later = thing(name="x"), thing(name="x", size=7)
    life = create({"name": "x", "size": size}, without), read(without)
    shown = update({"size": 7}, later), read(later)
    assert kinds("create", "created-equals-sent", *life, *shown) == told


# --- Location --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("/things/t1", KEPT),
        ("https://api.vendor.test/things/t1", KEPT),
        ("https://api.vendor.test/prefix/things/t1/", KEPT),
        ("things/t1", KEPT),
        ("./things/t1", KEPT),
        ("t1", BROKEN),  # seen from /things, it is /t1
        ("./t1", BROKEN),
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
    assert clause_on(plain["create"], "location-leads-there").level is Level.SHOULD
    assert clause_on(W["create"], "location-leads-there").level is Level.MUST


# --- lists -----------------------------------------------------------------------------------------------------------

OTHERS = thing("x1", name="somebody's"), thing("x2", name="else's")


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), listed(A)), KEPT),
        ((create(), listed(*OTHERS, A)), KEPT),
        ((create(), create_b(), listed(B, *OTHERS, A)), KEPT),  # in any order
        ((create(), listed(*OTHERS)), BROKEN),
        ((create(), listed()), BROKEN),
        ((create(), listed(A, A)), BROKEN),
        ((create(), create_b(), listed(A)), BROKEN),
        ((create(), delete(), listed(*OTHERS)), SILENT),
        ((create(), delete(502), listed(*OTHERS)), SILENT),  # nobody knows
        ((create(status=500), listed(*OTHERS)), SILENT),
        ((listed(*OTHERS), create(status=422), listed(*OTHERS)), SILENT),
        ((create(), W.ask("list", 200, {"items": []})), SILENT),  # no list that anybody can read
        ((create(), listed({"name": "first"}, *OTHERS)), SILENT),  # nobody knows which that is
        ((create(), listed("t1", "x1")), SILENT),
        ((create(), listed(*OTHERS, next="https://x.test/things?page=2")), SILENT),
        ((create(), listed(*OTHERS, meta={"has_more": True})), SILENT),
        ((create(), listed(*OTHERS, total=3)), SILENT),
        ((create(), listed(*OTHERS, next=None)), BROKEN),
        ((create(), listed(A, A, next="https://x.test/things?page=2")), BROKEN),
    ],
)
def test_what_is_created_is_listed_once(life: tuple[Exchange, ...], said: str) -> None:
    """Wherever it stands among those of others; it may lie on a page that was not asked for."""
    assert of("create", "listed-once", *life) == said


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("</things?page=2>; rel=next", SILENT),
        ('</things?page=2>; rel="next"', SILENT),
        ('</things?page=9>; rel="last", </things?page=2> ; REL = "first Next"', SILENT),
        ('</things?page=1>; rel="prev"', BROKEN),
        ('</things?page=2>; rel="next-archive"', BROKEN),  # another relation
        ('</help>; title="rel=next"; rel="help"', BROKEN),
        ('</b/things>; rel="next"; anchor="/b"', BROKEN),  # of another list
    ],
)
def test_a_link_to_the_next_page_says_that_there_is_more(link: str, said: str) -> None:
    """However it is written (RFC 8288 3); and what only looks like it does not."""
    answer = W.ask("list", 200, {"data": [*OTHERS]}, told={"Link": link})
    assert of("create", "listed-once", create(), answer) == said


PAGED = THINGS.replace(
    "      operationId: list\n",
    "      operationId: list\n      parameters: [{name: page_size, in: query, schema: {type: integer, default: 2}}]\n",
)
NEXT = "properties: {data: {type: array"
LINKED = PAGED.replace(NEXT, "properties: {next: {type: [string, 'null']}, data: {type: array")


def test_a_list_in_pages_must_tell_that_it_is_the_last() -> None:
    """Where parts may be asked for, a link to the next that is documented and not there says so, and a total."""
    for text, around, said in (
        (PAGED, {}, SILENT),
        (PAGED.replace("default: 2", "default: 20"), {}, BROKEN),  # fewer than a page
        (PAGED.replace("default: 2", "maximum: 20"), {}, SILENT),
        (PAGED, {"total": 2}, BROKEN),
        (PAGED, {"total": 3}, SILENT),
        (LINKED, {}, BROKEN),
        (LINKED, {"next": None}, BROKEN),
        (LINKED, {"next": "/things?page=2"}, SILENT),
    ):
        other = world(text)
        made = other.ask("create", 201, A, sent=FULL)
        answer = other.ask("list", 200, {"data": [*OTHERS], **around})
        assert verdict_on(other["create"], "listed-once", made, answer) == said, (
            around,
            text is PAGED,
        )


def with_filter(written: str) -> str:
    """Return the document with a parameter of the list."""
    marker = "      operationId: list\n"
    return THINGS.replace(marker, f"{marker}      parameters: [{{in: query, {written}}}]\n")


@pytest.mark.parametrize(
    ("filter_written", "shown", "said"),
    [
        ("name: show_expired, schema: {type: boolean, default: false}", {}, BROKEN),
        ("name: show_noted, schema: {type: boolean, default: false}", {"note": "n"}, SILENT),
        ("name: show_all, schema: {type: boolean, default: false}", {}, SILENT),
        ("name: active_only, schema: {type: boolean, default: true}", {}, SILENT),
        ("name: include_expired, schema: {type: boolean, default: true}", {}, BROKEN),
        ("name: state, schema: {type: string, default: open}", {}, SILENT),
        ("name: state, schema: {type: string, default: open}", {"state": "new"}, SILENT),
        ("name: state, schema: {type: string, default: open}", {"state": "open"}, BROKEN),
        ("name: sort, schema: {type: string, default: name}", {}, BROKEN),
        ("name: state, schema: {type: string}", {}, BROKEN),
    ],
)
def test_a_filter_that_nobody_set_may_hide_it(
    filter_written: str, shown: dict[str, Any], said: str
) -> None:
    """By its default: then what is hidden by it need not be listed."""
    other = world(with_filter(filter_written))
    made = other.ask("create", 201, thing(name="x", **shown), sent={"name": "x"})
    seen = other.ask("read", 200, thing(name="x", **shown))
    answer = other.ask("list", 200, {"data": [*OTHERS]})
    assert verdict_on(other["create"], "listed-once", made, seen, answer) == said


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (204, ABSENT, SILENT),  # nobody has seen since what it has
        (500, ABSENT, SILENT),
        (422, ABSENT, BROKEN),  # it is as it was
        (200, thing(name="x", note="open"), BROKEN),
        (200, thing(name="x", note="shut"), SILENT),
    ],
)
def test_what_was_written_since_may_be_hidden(status: int, answer: Any, said: str) -> None:
    """By the default of a filter on what the write may have changed."""
    other = world(with_filter("name: note, schema: {type: string, default: open}"))
    was = thing(name="x", note="open")
    made = other.ask("create", 201, was, sent={"name": "x"})
    seen = other.ask("read", 200, was)
    written = other.ask("replace", status, answer, sent={"name": "x", "note": "shut"})
    listed = other.ask("list", 200, {"data": [*OTHERS]})
    assert verdict_on(other["create"], "listed-once", made, seen, written, listed) == said


# --- under a parent --------------------------------------------------------------------------------------------------

NESTED = THINGS.replace("  /things", "  /houses/{house}/things").replace(
    "    get:\n      operationId: list",
    "    parameters: [{name: house, in: path, required: true, schema: {type: string}, example: h0}]\n"
    "    get:\n      operationId: list",
)
NESTED = NESTED.replace(
    "    parameters: [{name: id,",
    "    parameters: [{name: house, in: path, required: true, schema: {type: string}, example: h0}, {name: id,",
)
HOUSES = """
  /houses/{house}:
    parameters: [{name: house, in: path, required: true, schema: {type: string}, example: h0}]
    get:
      operationId: read-house
      responses: {'200': {$ref: '#/components/responses/Thing'}, '404': {description: gone}}
    delete:
      operationId: delete-house
      responses: {'204': {description: deleted}, '404': {description: gone}}
components:
"""
N = world(NESTED.replace("components:\n", HOUSES.strip("\n") + "\n", 1))


def nested(
    name: str, status: int, answer: Any = ABSENT, *, house: str = "h1", **more: Any
) -> Exchange:
    """Return a request for things under the house *house*."""
    return N.ask(name, status, answer, parents=(house,), **more)


@pytest.mark.parametrize(
    ("id", "elsewhere", "said"),
    [
        ("abc-123", [], KEPT),
        ("abc-123", [thing("abc-123", **FULL)], BROKEN),
        ("abc-123", [thing("abc-124", **FULL)], KEPT),
        ("7", [thing("7", **FULL)], BROKEN),
        ("7", [thing("7", name="another's")], KEPT),  # each house counts for itself
    ],
)
def test_what_stands_under_one_parent_is_not_listed_under_another(
    id: str, elsewhere: list[Any], said: str
) -> None:
    """The list of its own parent has it, and that of another does not."""
    made = nested("create", 201, thing(id, **FULL), sent=FULL)
    life = made, nested("list", 200, {"data": elsewhere}, house="h2")
    assert verdict_on(N["create"], "own-parent-only", *life) == said
    again = nested("create", 201, thing("t5", **FULL), sent=FULL)
    seen = nested("list", 200, {"data": [thing(id, **FULL)]}), again, life[1]
    assert verdict_on(N["create"], "two-creates-make-two", made, *seen) == KEPT
    own = made, nested("list", 200, {"data": [thing(id, **FULL)]})
    assert verdict_on(N["create"], "own-parent-only", *own) == SILENT
    assert verdict_on(N["create"], "listed-once", *own) == KEPT


def test_two_parents_may_have_the_same_id_below_them() -> None:
    """The id alone does not name a thing: what is deleted under one is there under the other."""
    life = (
        nested("create", 201, A, sent=FULL),
        nested("create", 201, A, sent=FULL, house="h2"),
        nested("delete", 204),
        nested("read", 200, A, house="h2"),
    )
    assert verdict_on(N["create"], "two-creates-make-two", *life) in (KEPT, SILENT)
    assert verdict_on(N["create"], "created-is-readable", *life) == KEPT
    assert verdict_on(N["delete"], "deleted-is-gone", *life) == SILENT


def test_what_stands_under_a_parent_that_was_deleted_is_gone() -> None:
    """Or the parent's delete is refused; what became of it is no fault of its own create."""
    made, ended = nested("create", 201, A, sent=FULL), N.ask("delete-house", 204, id="h1")
    gone_child, left_child = nested("read", 404), nested("read", 200, A)
    other = nested("read", 200, A, house="h2")
    house = N["delete-house"]
    assert verdict_on(house, "deleted-is-gone", made, ended, gone_child) == KEPT
    assert verdict_on(house, "deleted-is-gone", made, ended, left_child) == BROKEN
    assert verdict_on(house, "deleted-is-gone", made, ended, other) == SILENT
    refused = N.ask("delete-house", 409, id="h1")
    assert verdict_on(house, "deleted-is-gone", made, refused, left_child) == SILENT
    assert verdict_on(N["create"], "created-is-readable", made, ended, gone_child) == SILENT


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (A, BROKEN),
        (A | {"status": "ACTIVE"}, BROKEN),
        (A | {"status": "DELETED"}, KEPT),
        (A | {"deletedAt": "2026-01-01T00:00:00Z"}, KEPT),
        (A | {"deletedAt": None}, BROKEN),
        (A | {"deleted": True}, KEPT),
        (A | {"deleted": False}, BROKEN),
        ({"data": A | {"state": "removed"}}, KEPT),
        (A | {"owner": {"id": "u1", "status": "deleted"}}, BROKEN),  # somebody else was deleted
    ],
)
def test_what_was_deleted_may_be_kept_and_shown_as_that(shown: Any, said: str) -> None:
    """A soft deletion: a read tells of it, and a write that brings it back is still told."""
    life = create(), delete(), W.ask("read", 200, shown)
    assert of("delete", "deleted-is-gone", *life) == said
    revived = W.ask("replace", 409, sent=FULL), W.ask("read", 200, A)
    gone = W.ask("read", 404)
    is_back = {KEPT: SILENT, BROKEN: BROKEN}[said]
    assert of("delete", "no-resurrection", *life[:2], gone, revived[0], life[2]) == is_back
    assert of("delete", "no-resurrection", *life[:2], gone, *revived) == BROKEN


# --- two are two -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), create_b()), KEPT),
        ((create(), create(answer=A | {"id": "t3"})), KEPT),  # the same body, another thing
        ((create(), create()), BROKEN),  # the same id
        ((create(), delete(), create()), SILENT),
        ((create(), create(status=409)), SILENT),  # the name may be taken
        ((create(), create(status=422)), SILENT),
        ((create(), read(), create_b(), read()), KEPT),
        ((create(), read(), create_b(), read(A | {"name": "second"})), BROKEN),  # written over
        ((create(), read(), create_b(), read(status=404)), BROKEN),
        ((create(), listed(A), create_b(), listed(A, B)), KEPT),
        ((create(), listed(A), create_b(), listed(B)), BROKEN),
        ((create(), read(), update({"name": "n"}, A), create_b(), read(A | {"name": "n"})), KEPT),
        ((create(),), SILENT),
    ],
)
def test_two_creates_make_two(life: tuple[Exchange, ...], said: str) -> None:
    """Another id, and the first stays as it is; a refusal of the second says nothing."""
    assert of("create", "two-creates-make-two", *life) == said


def test_a_create_that_is_sent_again_by_its_key_is_one() -> None:
    """An Idempotency-Key asks for the answer that was given before."""
    key = {"Content-Type": "application/json", "Idempotency-Key": "k1"}
    again = create(headers=key), create(headers=key)
    assert of("create", "two-creates-make-two", *again) == SILENT
    other = create(headers=key | {"Idempotency-Key": "k2"})
    assert of("create", "two-creates-make-two", again[0], other) == BROKEN


CHOSEN = world(
    THINGS.replace(
        "required: [name]\n      properties: {",
        "required: [name, id]\n      properties: {id: {type: string}, ",
    )
)
MINE = FULL | {"id": "t1"}


def test_an_id_that_the_caller_chooses_is_taken_once() -> None:
    """409 for a duplicate is right where the document has it, and 201 cannot be; 200 may be the one that is there."""
    assert CHOSEN["create"].resource is not None
    assert CHOSEN["create"].resource.id_sent == "id"
    made = CHOSEN.ask("create", 201, A, sent=MINE)
    for status, said in ((409, KEPT), (201, BROKEN), (200, SILENT), (422, SILENT)):
        again = CHOSEN.ask("create", status, A, sent=MINE)
        assert verdict_on(CHOSEN["create"], "two-creates-make-two", made, again) == said, status


# --- a refused create ------------------------------------------------------------------------------------------------

BROKEN_BODY = {"name": "refused one", "size": "many"}
LEFT = thing("t9", name="refused one")
TAGGED = {"name": 7, "tags": ["refused"]}


def refused_create(sent: Any = BROKEN_BODY, status: int = 422) -> Exchange:
    """Return a create whose body breaks the schema."""
    return create(sent, ABSENT, status, expect=Expect.REFUSED)


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((listed(), refused_create(), listed()), KEPT),
        ((listed(*OTHERS), refused_create(), listed(*OTHERS, LEFT)), BROKEN),
        ((listed(), refused_create(), listed(thing("t9", name="somebody's"))), KEPT),
        ((listed(LEFT), refused_create(), listed(LEFT)), KEPT),  # it was there before
        ((refused_create(), listed(LEFT)), SILENT),  # it may have been
        ((listed(), refused_create(), create(), listed(A, LEFT)), SILENT),
        ((listed(), refused_create(status=500), listed(LEFT)), SILENT),
        ((listed(), refused_create(), listed(LEFT, next="/things?page=2")), SILENT),
        # A list of texts tells as one text does; a name that was no text may be any.
        ((listed(), refused_create(TAGGED), listed(thing("t9", tags=["refused"]))), BROKEN),
        ((listed(), refused_create(TAGGED), listed(thing("t9", tags=["other"]))), KEPT),
    ],
)
def test_a_refused_create_makes_nothing(life: tuple[Exchange, ...], said: str) -> None:
    """What a list has new and what shows what was refused; those of others do not count."""
    assert of("create", "refused-create-creates-nothing", *life) == said


def test_a_refused_create_leaves_the_chosen_id_free() -> None:
    """Where the caller chooses the id, a read under it tells."""
    body = BROKEN_BODY | {"id": "t9"}
    refused = CHOSEN.ask("create", 422, sent=body, expect=Expect.REFUSED)
    for status, said in ((404, KEPT), (200, BROKEN), (500, SILENT)):
        seen = CHOSEN.ask("read", status, LEFT, id="t9", expect=Expect.UNKNOWN)
        rule = "refused-create-creates-nothing"
        assert verdict_on(CHOSEN["create"], rule, refused, seen) == said


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), read()), KEPT),
        ((create(answer=thing(**FULL)), read(without(A, "note"))), BROKEN),
        ((create(answer=without(A, "note")), read()), BROKEN),
        # shown once, and what is empty need not be shown
        ((create(), read(), read(without(A, "note"))), KEPT),
        (
            (create({"name": "second", "note": ""}, without(A, "note")), read(without(A, "note"))),
            KEPT,
        ),
        # a list may show less, and what nothing was sent for is owed to nobody
        ((create(), listed(without(A, "note")), read()), KEPT),
        ((create(BARE, B), read(B)), KEPT),
    ],
)
def test_what_was_sent_is_shown_by_whatever_has_a_place_for_it(
    life: tuple[Exchange, ...], said: str
) -> None:
    """A SHOULD: a document only says that the member can be there."""
    assert clause_on(W["create"], "sent-is-shown").level is Level.SHOULD
    assert of("create", "sent-is-shown", *life) == said


NEW = {"name": "another", "note": "a new note"}


@pytest.mark.parametrize(
    ("status", "after", "said"),
    [
        (409, A, KEPT),
        (409, A | {"note": "a new note"}, BROKEN),
        (422, A | {"name": "another"}, BROKEN),
        (201, A | {"note": "a new note"}, SILENT),  # that it was taken is told by itself
        (500, A | {"note": "a new note"}, SILENT),
    ],
)
def test_a_create_under_a_taken_id_that_is_refused_changes_nothing(
    status: int, after: Any, said: str
) -> None:
    """What is there is what it was."""
    made, read_a = CHOSEN.ask("create", 201, A, sent=MINE), CHOSEN.ask("read", 200, A)
    taken = CHOSEN.ask("create", status, ABSENT, sent=NEW | {"id": "t1"}, expect=Expect.REFUSED)
    life = made, read_a, taken, CHOSEN.ask("read", 200, after)
    assert verdict_on(CHOSEN["create"], "refused-create-creates-nothing", *life) == said


def test_a_taken_id_that_is_sent_to_be_refused_is_refused() -> None:
    """Where 409 is documented, a 201 cannot be right."""
    made = CHOSEN.ask("create", 201, A, sent=MINE)
    for status, said in ((409, KEPT), (201, BROKEN), (200, SILENT), (422, SILENT)):
        taken = CHOSEN.ask("create", status, A, sent=MINE, expect=Expect.REFUSED)
        assert verdict_on(CHOSEN["create"], "two-creates-make-two", made, taken) == said, status


def made(sent: Any, id: str, **shown: Any) -> Exchange:
    """Return a create with what its answer shows."""
    return create(sent, thing(id, **shown))


NOTED = {"name": "second", "note": "a note of mine"}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        # the first has none, the second its own, the third that of the second
        (
            (
                made(BARE, "t1", name="second"),
                made(NOTED, "t2", **NOTED),
                made(BARE, "t3", **NOTED),
            ),
            BROKEN,
        ),
        (
            (made(BARE, "t1", name="second"), made(NOTED, "t2", **NOTED), made(BARE, "t3", **BARE)),
            KEPT,
        ),
        # it is what everybody has who sends none, or nobody knows whether it is
        ((made(BARE, "t1", **NOTED), made(NOTED, "t2", **NOTED), made(BARE, "t3", **NOTED)), KEPT),
        ((made(NOTED, "t2", **NOTED), made(BARE, "t3", **NOTED)), KEPT),
        # so short that two may choose it
        (
            (
                made(BARE, "t1", **BARE),
                made(BARE | {"note": "n"}, "t2", **BARE, note="n"),
                made(BARE, "t3", **BARE, note="n"),
            ),
            KEPT,
        ),
    ],
)
def test_what_was_sent_for_another_is_not_shown(life: tuple[Exchange, ...], said: str) -> None:
    """A create is made of its own request."""
    assert of("create", "created-equals-sent", *life) == said


def test_an_id_is_not_used_again() -> None:
    """A SHOULD: nobody says so. What the caller chooses is his own to choose again."""
    rule = "ids-not-reused"
    assert clause_on(W["create"], rule).level is Level.SHOULD
    assert of("create", rule, create(), delete(), create()) == BROKEN
    assert of("create", rule, create(), delete(), create_b()) == KEPT
    assert of("create", rule, create(), create_b()) == SILENT
    again = CHOSEN.ask("create", 201, A, sent=MINE)
    assert verdict_on(CHOSEN["create"], rule, again, CHOSEN.ask("delete", 204), again) == SILENT


def strange(number: int) -> dict[str, Any]:
    """Return a thing that shows nothing of what was sent."""
    return thing(f"x{number}", name=f"someone's {number}")


X1, X2, X3 = (strange(number) for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("life", "said"),
    [
        # one after each refused create, and none at any other time
        (
            (
                listed(),
                refused_create(),
                listed(X1),
                refused_create(),
                listed(X1, X2),
                listed(X1, X2),
            ),
            BROKEN,
        ),
        # once may be somebody else's
        ((listed(), refused_create(), listed(X1), listed(X1)), KEPT),
        # somebody is busy
        (
            (
                listed(),
                refused_create(),
                listed(X1),
                refused_create(),
                listed(X1, X2),
                listed(X1, X2, X3),
            ),
            KEPT,
        ),
        # not each time
        ((listed(), refused_create(), listed(X1), refused_create(), listed(X1), listed(X1)), KEPT),
        # nobody has looked at any other time
        ((listed(), refused_create(), listed(X1), refused_create(), listed(X1, X2)), KEPT),
        # what a create makes that is taken is its own
        (
            (
                listed(),
                refused_create(),
                create(),
                listed(A),
                refused_create(),
                create_b(),
                listed(A, B),
            ),
            SILENT,
        ),
    ],
)
def test_what_each_refused_create_adds_it_has_made(life: tuple[Exchange, ...], said: str) -> None:
    """Though it shows nothing of what was sent."""
    assert of("create", "refused-create-creates-nothing", *life) == said


# --- secrets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (A | {"secret": "a long secret"}, KEPT),
        (A, BROKEN),
        (A | {"secret": None}, BROKEN),
        (A | {"secret": ""}, BROKEN),
        (A | {"secret": "****cret"}, BROKEN),
    ],
)
def test_create_tells_the_secret_that_nothing_else_tells(answer: Any, said: str) -> None:
    """Who does not see it then never does."""
    assert of("create", "secret-is-told", create(answer=answer)) == said
    assert of("create", "secret-is-told", create(answer=answer, status=422), read()) == SILENT


def test_a_secret_need_not_be_told_again() -> None:
    """A create that is sent once more under its key makes nothing new."""
    first = create(answer=A | {"secret": "a long secret"}, headers={"Idempotency-Key": "k"})
    again = create(headers={"Idempotency-Key": "k"})
    assert of("create", "secret-is-told", first, again) == KEPT


def test_who_sends_the_secret_is_told_none() -> None:
    """Only what the service makes, and its answer is documented to show, is owed."""
    text = THINGS.replace(
        "x-contract: {create-only: {properties: [secret]}, ",
        "x-contract: {create-only: {properties: [password]}, ",
    )
    assert "lifecycle/secret-is-told" not in clause_ids(world(text)["create"], "lifecycle")


SECRET = "s3cr3t-of-the-service"


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(answer=A | {"secret": SECRET}), read(), listed(A)), KEPT),
        ((create(answer=A | {"secret": SECRET}), read(A | {"secret": SECRET})), BROKEN),
        ((create(answer=A | {"secret": SECRET}), read(A | {"secret": ""})), KEPT),
        ((create(answer=A | {"secret": SECRET}), read(A | {"secret": "***"})), KEPT),
        (
            (create(answer=A | {"secret": SECRET}), listed(*OTHERS, A | {"secret": "another"})),
            BROKEN,
        ),
        ((create(answer=A | {"secret": SECRET}), read(A | {"note": f"it is {SECRET}"})), BROKEN),
        ((create(answer=A | {"secret": SECRET}), update({}, A | {"secret": SECRET})), BROKEN),
        ((create(FULL | {"password": "pw"}, A | {"password": "pw"}),), BROKEN),
        ((create(FULL | {"password": "pw"}, A), read(A | {"password": "pw"})), BROKEN),
        ((create(FULL | {"password": "pw"}, A), read()), KEPT),
    ],
)
def test_a_secret_is_shown_once(life: tuple[Exchange, ...], said: str) -> None:
    """By the answer to create, in no other, and under no other name; one that was sent by none."""
    assert of("create", "secret-shown-once", *life) == said


@pytest.mark.parametrize(
    ("in_answers", "said"),
    [
        ("{type: string}", KEPT),
        ("{type: string, writeOnly: true}", BROKEN),
        ("{type: string, format: password}", BROKEN),
    ],
)
def test_what_answers_are_documented_to_show_is_no_secret(in_answers: str, said: str) -> None:
    """A request may call ``writeOnly`` what the schema of the answers has as any other member."""
    text = THINGS.replace("state: {type: string}", f"password: {in_answers}")
    own, sent = world(text), FULL | {"password": "2026-01-01"}
    shown = A | {"password": "2026-01-01"}
    life = (own.ask("create", 201, A, sent=sent), own.ask("list", 200, {"data": [shown]}))
    assert verdict_on(own["create"], "secret-shown-once", *life) == said


@pytest.mark.parametrize(("write_only", "said"), [("true", KEPT), ("false", BROKEN)])
def test_what_stands_in_a_secret_is_not_owed(write_only: str, said: str) -> None:
    """A member of a write-only object need not be shown, that of another is."""
    place = "place: {type: object, properties: {town: {type: string}}"
    text = THINGS.replace(place, f"{place}, writeOnly: {write_only}", 1)
    own = world(text)
    made = own.ask("create", 201, A, sent=FULL | {"place": {"town": "a town"}})
    shown = own.ask("read", 200, A | {"place": {"town": "another"}})
    assert verdict_on(own["create"], "created-equals-sent", made, shown) == said


# --- reads -----------------------------------------------------------------------------------------------------------

TOUCHED = A | {"updated_at": LATER}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((read(), read()), KEPT),
        ((read(), listed(A), W.ask("head", 200), read()), KEPT),
        ((read(), read(TOUCHED)), BROKEN),
        ((update({}, A), read(), W.ask("head", 200), read(A | {"name": "n"})), BROKEN),
        ((listed(A), read(), listed(TOUCHED)), BROKEN),
        ((read(A | {"state": "a"}), read(A | {"state": "b"})), KEPT),  # nobody writes it
        ((read(), update({"name": "n"}, A), read(TOUCHED)), SILENT),
        ((read(), update({"name": 7}, ABSENT, 422), read(TOUCHED)), SILENT),  # told by itself
        ((read(), update({"name": "n"}, ABSENT, 500), read(TOUCHED)), SILENT),
        ((read(), create_b(), read(TOUCHED)), SILENT),
        ((read(), read_b()), SILENT),
        (
            (listed(*OTHERS), listed(OTHERS[0] | {"updated_at": LATER}), read()),
            SILENT,
        ),  # other people's
        ((read(A | {"at": THEN}), read(A | {"at": "2026-01-01T12:00:00+02:00"})), KEPT),
        ((read(A | {"note": ""}), read(thing(name="first", size=5, tags=["a", "b"]))), KEPT),
    ],
)
def test_reads_change_nothing(life: tuple[Exchange, ...], said: str) -> None:
    """Nor the time of the last change; what no request writes may move by itself."""
    assert of("read", "reads-change-nothing", *life) == said


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), read(), listed(A)), KEPT),
        ((create(), read(A | {"name": "n"})), BROKEN),
        ((update({}, A), read(), listed(A | {"name": "n"})), BROKEN),
        ((read(), listed(TOUCHED)), BROKEN),
        ((read(), listed({"id": "t1", "name": "first"})), KEPT),  # a list may show less
        ((update({"name": "n"}, A | {"name": "n"}), read(A | {"name": "n"})), KEPT),
        ((update({"name": "n"}, A | {"name": "n"}), read()), BROKEN),
        ((replace(FULL, A), listed(A | {"size": 6})), BROKEN),
        ((read(), update({"name": "n"}, ABSENT, 204), listed(A | {"name": "n"})), SILENT),
        ((create(), read(A | {"created_at": "2026-01-01T12:00:00+02:00"})), KEPT),
        ((create(), read(A | {"created_at": "2026-01-01T10:00:00.123456Z"})), KEPT),  # more of it
        ((create(), read(A | {"created_at": "2026-01-01T10:00:01.123456Z"})), BROKEN),
        ((create(), read(A | {"id": "t2"})), BROKEN),
        ((read(A | {"state": "a"}), listed(A | {"state": "b"})), KEPT),  # it moved meanwhile
        ((read(A | {"state": "a"}), listed(A | {"state": "b"}), read(A | {"state": "a"})), BROKEN),
        ((read(A | {"state": "a"}), listed(A | {"state": "b"}), read(A | {"state": "b"})), KEPT),
        (
            (
                create(answer=A | {"state": "a"}),
                read(A | {"state": "b"}),
                listed(A | {"state": "a"}),
            ),
            BROKEN,
        ),
        (
            (
                create(answer=A | {"state": "a"}),
                read(A | {"state": "b"}),
                listed(A | {"state": "b"}),
            ),
            KEPT,
        ),
        ((read(), read(A | {"name": "n"})), SILENT),  # one operation: reads change nothing
    ],
)
def test_answers_agree_on_what_both_show(life: tuple[Exchange, ...], said: str) -> None:
    """At one time, with no write between them, whatever the notation."""
    assert of("read", "same-everywhere", *life) == said


# --- HEAD ------------------------------------------------------------------------------------------------------------

TYPED = {"Content-Type": "application/json", "Content-Length": "40", "ETag": '"1"'}


def head(status: int = 200, told: dict[str, str] | None = None, **more: Any) -> Exchange:
    """Return a HEAD of the first thing."""
    return W.ask("head", status, told=TYPED if told is None else told, **more)


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((read(told=TYPED), head()), KEPT),
        ((head(), read(told=TYPED)), KEPT),
        ((read(told=TYPED), head(404)), BROKEN),
        ((read(told=TYPED), head(204)), BROKEN),
        ((gone(), W.ask("head", 404, expect=GONE)), KEPT),
        ((gone(), W.ask("head", 200, expect=GONE)), BROKEN),
        ((read(told=TYPED), head(told={})), KEPT),
        ((read(told=TYPED), head(told={"Content-Type": "text/html"})), BROKEN),
        ((read(told=TYPED), head(told={"Content-Type": "application/json; charset=utf-8"})), KEPT),
        ((read(told=TYPED), head(told={"Content-Length": "0"})), BROKEN),
        (
            (read(told=TYPED | {"Content-Encoding": "gzip"}), head(told={"Content-Length": "7"})),
            KEPT,
        ),
        ((read(told=TYPED), head(text="{}")), BROKEN),
        ((read(told=TYPED), update({"name": "n"}, A), head(404)), SILENT),
        ((read_b(), head(404)), SILENT),
        ((read(told=TYPED), head(503)), SILENT),
    ],
)
def test_head_is_answered_as_get_without_the_body(life: tuple[Exchange, ...], said: str) -> None:
    """RFC 9110 9.3.2: Content-Length may be left out, and tells the length of what GET has (8.6)."""
    assert of("head", "head-as-get", *life) == said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (TYPED, KEPT),
        ({"Content-Type": "application/json"}, KEPT),  # made with the content
        ({}, BROKEN),
        ({"Content-Type": "application/json", "ETag": '"2"'}, BROKEN),
    ],
)
def test_head_has_the_headers_of_get(told: dict[str, str], said: str) -> None:
    """A SHOULD, but for those that are known only when the content is made."""
    assert clause_on(W["head"], "head-as-get/headers").level is Level.SHOULD
    assert of("head", "head-as-get/headers", read(told=TYPED), head(told=told)) == said


# --- replace ---------------------------------------------------------------------------------------------------------

NEW = {"name": "new", "note": "other"}
REPLACED = thing(name="new", note="other", size=3)


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((replace(NEW, REPLACED), read(REPLACED), listed(REPLACED)), KEPT),
        ((replace(NEW, A),), BROKEN),
        ((replace(NEW, REPLACED), read()), BROKEN),
        ((replace(NEW, ABSENT, 204), read(REPLACED)), KEPT),
        ((replace(NEW, ABSENT, 204), read()), BROKEN),
        ((replace(NEW, ABSENT, 422), read()), SILENT),
        ((replace(NEW, ABSENT, 202), read()), SILENT),
        ((replace(NEW, ABSENT, 500), read()), SILENT),
        ((replace(NEW, REPLACED), update({"name": "n"}, A), read(REPLACED | {"name": "n"})), KEPT),
    ],
)
def test_what_is_replaced_equals_what_was_sent(life: tuple[Exchange, ...], said: str) -> None:
    """In its answer and in each read after it."""
    assert of("replace", "replaced-equals-sent", *life) == said


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((read(), replace(NEW, REPLACED)), KEPT),
        ((read(), replace(NEW, REPLACED | {"tags": None, "size": 3})), KEPT),
        ((read(), replace(NEW, REPLACED | {"tags": ["a", "b"]})), BROKEN),
        ((read(), replace(NEW, REPLACED | {"size": 5})), BROKEN),
        ((read(), replace(NEW, ABSENT, 204), read(REPLACED | {"tags": ["a", "b"]})), BROKEN),
        (
            (read(A | {"size": 3}), replace(NEW, REPLACED | {"size": 3, "tags": []})),
            KEPT,
        ),  # default
        ((read(A | {"state": "s"}), replace(NEW, REPLACED | {"state": "s"})), KEPT),  # not its own
        ((read(), replace(NEW, REPLACED), read(REPLACED | {"created_at": LATER})), BROKEN),
        (
            (
                *(read(), update({"name": "n"}, A | {"name": "n"}), replace(NEW, REPLACED)),
                update({"name": "m"}, REPLACED | {"name": "m", "created_at": LATER}),
            ),
            KEPT,
        ),  # the update did that
        ((read(), replace(NEW, REPLACED), read(REPLACED | {"id": "t7"})), BROKEN),
        ((read(), replace(NEW, REPLACED), read(REPLACED | {"updated_at": LATER})), KEPT),
        ((replace(NEW, REPLACED | {"tags": ["a"]}),), SILENT),  # nobody knows what was there
        ((read(), replace(NEW, A, 422), read()), SILENT),
        ((read(), replace(NEW, REPLACED), replace(FULL, A)), KEPT),
        ((create_b(), read(B), replace({"name": "x"}, B | {"name": "x"})), SILENT),
    ],
)
def test_what_a_replace_leaves_out_goes(life: tuple[Exchange, ...], said: str) -> None:
    """It is gone, null, or its default; what only the service writes stays."""
    assert of("replace", "replace-drops-what-is-left-out", *life) == said


def test_a_default_that_is_not_documented_shows_in_what_was_created_without_it() -> None:
    """Where the member was never sent, what the service puts there is its default, and so it is after a replace."""
    usual = create(BARE, B | {"note": "none yet"})
    before, after = (
        read(A | {"note": "none yet"}),
        replace({"name": "n"}, thing(name="n", note="none yet")),
    )
    rule = "replace-drops-what-is-left-out"
    assert of("replace", rule, before, after) == BROKEN
    assert of("replace", rule, usual, before, after) == KEPT  # by the tags alone


# --- update ----------------------------------------------------------------------------------------------------------

RENAMED = A | {"name": "n", "updated_at": LATER}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((read(), update({"name": "n"}, RENAMED), read(RENAMED), listed(RENAMED)), KEPT),
        ((read(), update({"name": "n"}, RENAMED), read()), BROKEN),
        ((update({"name": "n"}, RENAMED), listed(A)), BROKEN),
        ((read(), update({"name": "n"}, ABSENT, 204), read(RENAMED)), KEPT),
        ((read(), update({"name": "n"}, RENAMED), read(RENAMED | {"size": 6})), BROKEN),
        ((read(), update({"name": "n"}, ABSENT, 204), read(RENAMED | {"tags": []})), BROKEN),
        ((read(), update({"name": "n"}, A | {"name": "N"}), read(A | {"name": "N"})), KEPT),
        ((read(), update({"name": "n"}, ABSENT, 202), read()), SILENT),
        ((read(), update({"name": "n"}, ABSENT, 500), read()), SILENT),
        ((read(), update({"name": 7}, RENAMED, expect=Expect.REFUSED), read()), SILENT),
        ((read(), update([{"op": "replace"}], RENAMED), read(RENAMED)), SILENT),
    ],
)
def test_what_an_update_sent_is_read(life: tuple[Exchange, ...], said: str) -> None:
    """And all else is as it was; what the update's own answer showed otherwise is told by another clause."""
    assert of("update", "updated-is-read", *life) == said


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((read(), update({"name": 7}, ABSENT, 422), read()), KEPT),
        ((read(), update({"name": 7}, ABSENT, 422), read(A | {"name": "n"})), BROKEN),
        ((read(), update({"name": 7}, ABSENT, 422), read(TOUCHED)), BROKEN),
        ((listed(A), update({"name": 7}, ABSENT, 422), listed(A | {"name": "n"})), BROKEN),
        ((read(), update({"name": 7}, ABSENT, 422), read(status=404)), BROKEN),
        ((read(), update({"name": 7}, ABSENT, 500), read(A | {"name": "n"})), SILENT),
        ((read(), replace({"name": 7}, ABSENT, 422), read(A | {"name": "n"})), SILENT),
        (
            (read(), update({"name": 7}, ABSENT, 422), update({"name": "n"}, A), read(RENAMED)),
            SILENT,
        ),
        ((read_b(), update({"name": 7}, ABSENT, 422), read_b(B | {"name": "n"})), SILENT),
        ((read(), read(TOUCHED), update({"name": 7}, ABSENT, 422), read()), KEPT),  # reads move it
        ((create(), delete(), listed(A), gone("update", 404), gone()), SILENT),
    ],
)
def test_a_refused_update_changes_nothing(life: tuple[Exchange, ...], said: str) -> None:
    """The resource is read before it and after it, and nothing else was written between them."""
    assert of("update", "refused-changes-nothing", *life) == said


def test_the_refused_request_is_the_one_that_is_shown() -> None:
    """It is the one to send again."""
    refused = delete(401, expect=Expect.UNAUTHENTICATED)
    clause = clause_on(W["delete"], "refused-changes-nothing")
    [evidence] = clause.judge([read(), refused, read(status=404)])
    assert evidence.exchange is refused
    assert evidence.finding is not None
    assert (evidence.finding.kind, evidence.finding.request) == (Kind.VANISHED, "DELETE /things/t1")
    assert of("delete", "refused-changes-nothing", read(), refused, read()) == KEPT
    assert of("replace", "refused-changes-nothing", read(), refused, read(status=404)) == SILENT


def test_a_deletion_is_refused_only_where_credentials_are_asked_for() -> None:
    """It has no body that could be wrong: without credentials to leave out, nobody can have it refused."""
    open_to_all = world(THINGS.replace("security: [{key: []}]\n", ""))
    assert "lifecycle/refused-changes-nothing" not in clause_ids(open_to_all["delete"])
    assert "lifecycle/refused-changes-nothing" in clause_ids(W["delete"])


# --- delete ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), delete(), gone()), KEPT),
        ((create(), delete(), gone(status=410)), KEPT),
        ((create(), delete(), gone(status=200, answer=A)), BROKEN),
        ((create(), delete(), gone(status=403)), BROKEN),  # not documented for it
        ((create(), delete(), gone("update", 403, sent={"name": "n"})), KEPT),
        ((create(), delete(), gone(status=400)), BROKEN),
        ((create(), delete(), gone("update", 200, A, sent={"name": "n"})), BROKEN),
        ((create(), delete(), gone("replace", 200, A, sent=FULL)), BROKEN),
        ((create(), delete(), gone("replace", 409, sent=FULL)), KEPT),
        ((create(), delete(), gone("update", 409, sent={"name": "n"})), BROKEN),
        ((create(), delete(), gone("head", 404)), KEPT),
        ((create(), delete(), gone("head", 200)), BROKEN),
        ((create(), delete(), gone(status=500)), SILENT),
        ((create(), delete(404), gone(status=200, answer=A)), SILENT),
        ((create(), delete(500), gone(status=200, answer=A)), SILENT),
        ((create(), delete(202), gone(status=200, answer=A)), SILENT),
        ((create(), delete(), create(), gone(status=200, answer=A)), SILENT),  # made again
        ((delete(id="t2"), gone(status=200, answer=A)), SILENT),
    ],
)
def test_what_is_deleted_is_gone(life: tuple[Exchange, ...], said: str) -> None:
    """404, 410, or a documented 403; a documented 409 refuses to write to it."""
    assert of("delete", "deleted-is-gone", *life) == said


PUT_200 = "schemas/New'}}}}\n      responses:\n        '200'"
PUT_201 = PUT_200.replace("'200'", "'201': {$ref: '#/components/responses/Thing'}\n        '200'")
MAKING = world(THINGS.replace(PUT_200, PUT_201))


def test_a_replace_that_is_documented_to_create_may_do_so_after_the_end() -> None:
    """Where PUT has 201, it makes what is not there; a PATCH never does."""
    made, ended = MAKING.ask("create", 201, A, sent=FULL), MAKING.ask("delete", 204)
    gone_read = MAKING.ask("read", 404, expect=GONE)
    put = MAKING.ask("replace", 201, A, sent=FULL, expect=GONE)
    there = MAKING.ask("read", 200, A, expect=GONE)
    life = made, ended, gone_read, put, there
    assert verdict_on(MAKING["delete"], "deleted-is-gone", *life) == KEPT
    assert verdict_on(MAKING["delete"], "no-resurrection", *life) == SILENT
    assert (
        of("delete", "deleted-is-gone", create(), delete(), gone("replace", 201, A, sent=FULL))
        == BROKEN
    )


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), create_b(), delete(), listed(B)), KEPT),
        ((create(), delete(), listed(A, *OTHERS)), BROKEN),
        ((create(), listed(A), delete(500), listed(A)), SILENT),
        ((create(), delete(), create(), listed(A)), SILENT),
        ((create(), delete(), listed(A, status=500)), SILENT),
    ],
)
def test_what_is_deleted_is_not_listed(life: tuple[Exchange, ...], said: str) -> None:
    """No list shows it, wherever in it."""
    assert of("delete", "deleted-is-not-listed", *life) == said


AGAIN: dict[str, Any] = {"expect": GONE}


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((delete(), delete(404, **AGAIN)), KEPT),
        ((delete(), delete(410, **AGAIN)), KEPT),
        ((delete(), delete(204, **AGAIN)), KEPT),  # idempotent
        ((delete(), delete(500, **AGAIN)), BROKEN),
        ((delete(), delete(400, **AGAIN)), BROKEN),
        ((delete(), delete(403, **AGAIN)), BROKEN),  # not documented for it
        ((delete(), delete(failure="no HTTP came", **AGAIN)), SILENT),
        ((delete(404), delete(500)), SILENT),
        ((delete(), delete(id="t2")), SILENT),
        ((create_b(), read_b(), delete(), delete(204, **AGAIN), read_b()), KEPT),
        (
            (create_b(), read_b(), delete(), read_b(), delete(204, **AGAIN), read_b(status=404)),
            BROKEN,
        ),
    ],
)
def test_a_second_delete_has_no_effect(life: tuple[Exchange, ...], said: str) -> None:
    """It may be refused or answered as the first, never fail, and take nothing else with it."""
    assert of("delete", "delete-again-has-no-effect", *life) == said


def test_a_second_delete_takes_nothing_out_of_a_list() -> None:
    """What was listed before it is listed after it."""
    life = create(), create_b(), delete(), listed(B), delete(204, **AGAIN)
    assert of("delete", "delete-again-has-no-effect", *life, listed(B)) == KEPT
    assert of("delete", "delete-again-has-no-effect", *life, listed()) == BROKEN


CHANGED = gone("update", 404, sent={"name": "n"})


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), delete(), gone(), CHANGED, gone()), KEPT),
        ((create(), delete(), gone(), CHANGED, gone(status=200, answer=A)), BROKEN),
        ((create(), delete(), gone(status=403), CHANGED, gone(status=403)), KEPT),
        ((create(), delete(), gone(), CHANGED, listed(A)), BROKEN),
        (
            (
                create(),
                delete(),
                listed(),
                gone("replace", 200, A, sent=FULL),
                gone(status=200, answer=A),
            ),
            BROKEN,
        ),
        (
            (
                create(),
                delete(),
                gone(status=200, answer=A),
                gone("update", 200, A),
                gone(status=200, answer=A),
            ),
            SILENT,
        ),
        ((create(), delete(), gone(), gone(status=200, answer=A)), SILENT),  # told as not gone
        ((create(), delete(), gone(), gone("update", 500), gone(status=200, answer=A)), SILENT),
    ],
)
def test_no_write_brings_back_what_was_deleted(life: tuple[Exchange, ...], said: str) -> None:
    """What was seen gone stays so, whatever the write was answered."""
    assert of("delete", "no-resurrection", *life) == said


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create_b(), read_b(), delete(), read_b()), KEPT),
        ((create_b(), read_b(), delete(), read_b(B | {"name": "n"})), BROKEN),
        ((create_b(), read_b(), delete(), read_b(status=404)), BROKEN),
        ((create_b(), listed(A, B), delete(), listed()), BROKEN),
        ((create_b(), listed(A, B), delete(), listed(B)), KEPT),
        ((create_b(), read_b(), delete(404), read_b(status=404)), SILENT),
        ((create_b(), read_b(), delete(), read_b(B | {"state": "s"})), KEPT),
        ((create_b(), listed(*OTHERS, B), delete(), listed(thing("x1", name="new"), B)), KEPT),
        ((create_b(), read_b(), delete(), delete(id="t2"), read_b(status=404)), SILENT),
        ((create_b(), read_b(), update({"name": "n"}, A), read_b(B | {"name": "n"})), SILENT),
    ],
)
def test_a_delete_leaves_the_others_alone(life: tuple[Exchange, ...], said: str) -> None:
    """They are read and listed as before."""
    assert of("delete", "siblings-untouched", *life) == said


def test_an_update_and_a_replace_leave_the_others_alone() -> None:
    """What they write to one, no other shows."""
    for name, change in (("update", update(BARE, A)), ("replace", replace(BARE, A))):
        assert of(name, "siblings-untouched", read_b(), change, read_b()) == KEPT
        assert of(name, "siblings-untouched", read_b(), change, read_b(B | {"size": 9})) == BROKEN
        finding = the_finding(name, "siblings-untouched", read_b(), change, read_b(B | {"size": 9}))
        assert (finding.subject, finding.expected, finding.observed) == ("size", ('"t2"', "3"), "9")


# --- wherever in a body it stands ------------------------------------------------------------------------------------

WRAPPED = """
openapi: 3.1.0
info: {title: Accounts, version: '1'}
paths:
  /accounts:
    get:
      operationId: list
      responses:
        '200':
          description: all
          content:
            application/json:
              schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/Account'}}}}
    post:
      operationId: create
      x-contract: {create-only: {properties: [data.attributes.token]}, secrets: {properties: [data.attributes.key]}}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/One'}}}}
      responses: {'201': {$ref: '#/components/responses/One'}, '400': {description: refused}}
  /accounts/{account_id}:
    parameters: [{name: account_id, in: path, required: true, schema: {type: string}, example: a0}]
    get: {operationId: read, responses: {'200': {$ref: '#/components/responses/One'}, '404': {description: gone}}}
    put:
      operationId: replace
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/One'}}}}
      responses: {'200': {$ref: '#/components/responses/One'}, '404': {description: gone}}
    patch:
      operationId: update
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/One'}}}}
      responses: {'200': {$ref: '#/components/responses/One'}, '404': {description: gone}}
    delete: {operationId: delete, responses: {'204': {description: deleted}, '404': {description: gone}}}
components:
  responses:
    One: {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/One'}}}}
  schemas:
    One: {type: object, required: [data], properties: {data: {$ref: '#/components/schemas/Account'}}}
    Account:
      type: object
      properties:
        id: {type: string, readOnly: true}
        type: {type: string, enum: [accounts]}
        attributes:
          type: object
          properties: {name: {type: string}, size: {type: integer, default: 3}, tags: {type: array, items: {type: string}},
            key: {type: string, writeOnly: true}, token: {type: string, readOnly: true}}
"""
V = world(WRAPPED)


def account(**attributes: Any) -> dict[str, Any]:
    """Return what stands in a body of one account."""
    return {"id": "t1", "type": "accounts", "attributes": attributes}


def sent_account(**attributes: Any) -> dict[str, Any]:
    """Return a body that is sent."""
    return {"data": {"type": "accounts", "attributes": attributes}}


@pytest.mark.parametrize(
    ("name", "rule", "wrong"),
    [
        ("create", "created-equals-sent", ("read", {"data": account(name="N", size=3)})),
        ("create", "created-equals-sent", ("list", {"data": [account(name="N", size=3)]})),
        ("create", "created-has-defaults", ("read", {"data": account(name="n", size=4)})),
        ("create", "listed-once", ("list", {"data": []})),
        (
            "create",
            "secret-shown-once",
            ("list", {"data": [account(name="n", size=3, token="tok-1")]}),
        ),
        ("create", "secret-shown-once", ("read", {"data": account(name="n", size=3, key="k-1")})),
        ("read", "same-everywhere", ("list", {"data": [account(name="n", size=5)]})),
    ],
)
def test_one_that_stands_in_data_is_held_against_the_items_of_data(
    name: str, rule: str, wrong: tuple[str, Any]
) -> None:
    """A create answers with ``data``, and a list with several: what is in them is the same."""
    one = account(name="n", size=3)
    made = V.ask("create", 201, {"data": one}, sent=sent_account(name="n"))
    kept = made, V.ask("read", 200, {"data": one}), V.ask("list", 200, {"data": [one]})
    assert verdict_on(V[name], rule, *kept) == KEPT
    assert verdict_on(V[name], rule, *kept, V.ask(wrong[0], 200, wrong[1])) == BROKEN


def test_what_is_left_out_of_data_goes() -> None:
    """Of a body in ``data``, too, whether a member or all around it is left out."""
    seen = V.ask("read", 200, {"data": account(name="n", size=5, tags=["a"])})
    for sent in (sent_account(name="m"), {"data": {"type": "accounts"}}):
        for attributes, said in (({"size": 3}, KEPT), ({"size": 3, "tags": ["a"]}, BROKEN)):
            put = V.ask("replace", 200, {"data": account(**attributes)}, sent=sent)
            assert verdict_on(V["replace"], "replace-drops-what-is-left-out", seen, put) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [
        ({"b": "2"}, KEPT),
        ({"b": "2", "team": "x"}, KEPT),  # which the service has put there
        ({"a": "3", "b": "2"}, KEPT),  # which is another value than was there
        ({"a": "1", "b": "2"}, BROKEN),
    ],
)
def test_entries_of_a_map_that_are_left_out_go(left: dict[str, str], said: str) -> None:
    """Of a map, what the run has put there and a replacement has no more; what else is there may stay."""
    made = create(FULL | {"labels": {"a": "1"}}, thing(**FULL, labels={"a": "1", "team": "x"}))
    put = replace(FULL | {"labels": {"b": "2"}}, thing(**FULL, labels={"b": "2"}))
    shown = read(thing(**FULL, labels=left))
    rule = "replace-drops-what-is-left-out"
    assert of("replace", rule, made, read(made.json), put, shown) == said


# --- a thing of which there is one -----------------------------------------------------------------------------------


def test_a_thing_of_which_there_is_one_is_followed_by_its_path() -> None:
    """For example, `/settings`: read, updated, and read again."""
    start, end = THINGS.index("  /things:"), THINGS.index("  /things/{id}:")
    lines = (THINGS[:start] + THINGS[end:]).replace("/things/{id}", "/settings").splitlines()
    kept = [line for line in lines if not line.startswith("    parameters: [{name: id")]
    text = "\n".join(kept).replace("    delete:", "    x-delete:").replace("    put:", "    x-put:")
    one = world(text)
    before, after = (one.ask("read", 200, {"name": name}) for name in ("a", "b"))
    change = one.ask("update", 200, {"name": "b"}, sent={"name": "b"})
    assert verdict_on(one["update"], "updated-is-read", before, change, after) == KEPT
    assert verdict_on(one["update"], "updated-is-read", before, change, before) == BROKEN


# --- why there is no evidence ----------------------------------------------------------------------------------------


def test_what_a_target_refuses_to_create_is_owed() -> None:
    """Every valid create refused: the evidence is withheld. One that was not sent is nobody's fault."""
    refused = absence(W["create"], "lifecycle/created-is-readable", create(status=403))
    assert refused.withheld
    assert refused.reason == (
        "a create that is accepted was withheld: of 1 valid requests: 1 answered 403"
    )
    nothing = absence(W["create"], "lifecycle/created-is-readable", read())
    assert (nothing.withheld, nothing.reason) == (
        False,
        "nothing that tells was asked for after a create",
    )
    served = absence(W["create"], "lifecycle/two-creates-make-two", create())
    assert (served.withheld, served.reason) == (False, "no two were created")


JOB = (
    "  responses:\n    Job: {description: later, content: {application/json: {schema: "
    "{type: object, properties: {id: {type: string}, phase: {type: string}}}}}}\n    Created:"
)
MADE, LATER_MADE = (
    "'201': {$ref: '#/components/responses/Created'}",
    "'202': {$ref: '#/components/responses/Job'}",
)
JOBS = world(THINGS.replace(MADE, LATER_MADE).replace("  responses:\n    Created:", JOB))


def test_the_id_of_a_job_is_not_that_of_what_it_makes() -> None:
    """A 202 that shows nothing of what was sent tells how far it is; where Location leads to a thing, that is made."""
    job = {"id": "job-1", "phase": "queued"}
    made = JOBS.ask("create", 202, job, sent=FULL)
    assert (
        verdict_on(JOBS["create"], "created-is-readable", made, JOBS.ask("read", 404, id="job-1"))
        == SILENT
    )
    named = JOBS.ask("create", 202, job, sent=FULL, told={"Location": "/things/t1"})
    assert (
        verdict_on(JOBS["create"], "created-is-readable", named, JOBS.ask("read", 200, A)) == KEPT
    )
    assert (
        verdict_on(JOBS["create"], "created-equals-sent", named, JOBS.ask("read", 200, SHOUTED))
        == BROKEN
    )
    assert verdict_on(JOBS["read"], "same-everywhere", named, JOBS.ask("read", 200, A)) == SILENT


# --- what a service may answer, whatever the document says -----------------------------------------------------------

ODD: tuple[Any, ...] = (
    *(
        None,
        [],
        {},
        "",
        0,
        True,
        1.5,
        "text",
        [[]],
        {"data": None},
        {"data": {}},
        {"data": [None, 7, "x", []]},
    ),
    *({"id": None}, {"id": True}, {"id": 1.5}, {"id": []}, {"id": {}}, {"id": "", "name": {}}),
    *(
        {"data": [{"id": 1}, {"id": "1"}, {"id": []}]},
        {"id": "t1", "name": ["\ud800"], "tags": {"a": 1}},
    ),
    *({"id": "t1", "created_at": 7, "updated_at": [], "at": "0001-01-01T00:00:00.1+23:59"},),
    *({"id": "t1", "at": "9999-12-31T23:59:59.123-23:59", "place": "nowhere", "next": {}},),
)


SENDABLE = tuple(one for one in ODD if "\\ud800" not in json.dumps(one))


@pytest.mark.parametrize("seed", range(20))
def test_no_answer_makes_a_judge_fail(seed: int) -> None:
    """It is judged by shape; a life says what it can of it."""
    choice = random.Random(seed)
    names = list(W.operations)
    for _ in range(3):
        life: list[Exchange] = []
        for _ in range(20):
            name = choice.choice(names)
            sent = (
                choice.choice((*SENDABLE, FULL, BARE))
                if name in ("create", "update", "replace")
                else ABSENT
            )
            status = choice.choice((200, 201, 202, 204, 404, 409, 422, 500))
            answer = choice.choice((*ODD, A, B, {"data": [A, B]}, ABSENT))
            told = {"Location": choice.choice(("", "//[", "/things/t1", "?"))}
            life.append(
                W.ask(
                    name, status, answer, sent=sent, told=told, expect=choice.choice(list(Expect))
                )
            )
        for name in names:
            for clause in lifecycle.derive(W[name]):
                list(clause.judge(life))
                clause.explain(life)


# --- what a list has in it -----------------------------------------------------------------------


def test_each_item_of_each_list_is_as_documented() -> None:
    """The first page may be right, and a later one not; of an empty one nothing is said."""
    made = W.ask("create", 201, A, sent=A)
    right, missing = listed(A), listed({"name": "n"}, A)
    assert of("list", "listed-as-documented", made, right) == KEPT
    assert of("list", "listed-as-documented", made, listed()) == SILENT
    found = the_finding("list", "listed-as-documented", made, right, missing)
    assert (found.kind, found.subject) == (Kind.MEMBER_MISSING, "data[].id")
    null = listed({**A, "tags": None})
    found = the_finding("list", "listed-as-documented", made, right, null)
    assert (found.kind, found.subject) == (Kind.MEMBER_INVALID, "data[].tags")


def test_what_else_a_list_may_answer_is_no_item() -> None:
    """A refusal, another documented media type, and what others than the list say."""
    made = W.ask("create", 201, A, sent=A)
    wrong = {**A, "tags": None}
    refused = W.ask("list", 429, {"data": [wrong]})
    text = W.ask("list", 200, ABSENT, text="id,name\r\n", media_type="text/csv")
    other = W.ask("read", 200, wrong)
    assert of("list", "listed-as-documented", made, refused, text, other) == SILENT
