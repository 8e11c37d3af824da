"""Does each thing lie in its own house, go with it, and show in it? Kept, broken, and close to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import ABSENT, BROKEN, KEPT, SILENT, Expect, clause_ids
from lives import THINGS, clause_on, findings_on, verdict_on, world

from pytest_confluent_contracts.model.clauses import FindingKind as Kind
from pytest_confluent_contracts.model.clauses import Level
from pytest_confluent_contracts.model.clauses import MissingKind as Missing

if TYPE_CHECKING:
    from exchanges import Exchange

HOUSES = """
openapi: 3.1.0
info: {title: Houses, version: '1'}
paths:
  /houses:
    get:
      operationId: list-houses
      responses:
        '200': {$ref: '#/components/responses/Houses'}
    post:
      operationId: create-house
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/House'}}}}
      responses: {'201': {$ref: '#/components/responses/House'}}
  /houses/{house}:
    parameters: [{name: house, in: path, required: true, schema: {type: string}, example: h0}]
    get:
      operationId: read-house
      responses: {'200': {$ref: '#/components/responses/House'}, '404': {description: gone}}
    delete:
      operationId: delete-house
      responses: {'204': {description: deleted}, '404': {description: gone}}
  /houses/{house}/things:
    parameters: [{name: house, in: path, required: true, schema: {type: string}, example: h0}]
    get:
      operationId: list
      responses:
        '200': {$ref: '#/components/responses/Things'}
        '404': {description: gone}
    post:
      operationId: create
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses: {'201': {$ref: '#/components/responses/Thing'}}
  /houses/{house}/things/{id}:
    parameters:
      - {name: house, in: path, required: true, schema: {type: string}, example: h0}
      - {name: id, in: path, required: true, schema: {type: string}, example: t0}
    get:
      operationId: read
      responses: {'200': {$ref: '#/components/responses/Thing'}, '404': {description: gone}}
    patch:
      operationId: update
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses: {'200': {$ref: '#/components/responses/Thing'}, '404': {description: gone}}
    delete:
      operationId: delete
      responses: {'204': {description: deleted}, '404': {description: gone}}
components:
  responses:
    Houses:
      description: all
      content:
        application/json:
          schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/House'}}}}
    House: {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/House'}}}}
    Things:
      description: all
      content:
        application/json:
          schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}
    Thing: {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
  schemas:
    House:
      type: object
      properties:
        id: {type: string, readOnly: true}
        street: {type: string}
        things: {type: array, items: {$ref: '#/components/schemas/Thing'}}
    Thing:
      type: object
      properties: {id: {type: string, readOnly: true}, name: {type: string}}
"""
W = world(HOUSES)
SENT = {"name": "a lamp"}


def thing(id: str = "lamp") -> dict[str, Any]:
    """Return what an answer shows of one thing."""
    return {"id": id, "name": "a lamp"}


def house(id: str, *things: str) -> dict[str, Any]:
    """Return what an answer shows of one house."""
    return {"id": id, "street": "long", "things": [{"id": one} for one in things]}


def create(id: str = "lamp", inside: str = "h1") -> Exchange:
    """Return a create of a thing."""
    return W.ask("create", 201, thing(id), sent=SENT, parents=(inside,))


def listed(*ids: str, inside: str = "h1", status: int = 200) -> Exchange:
    """Return a list of the things of a house."""
    answer = {"data": [thing(id) for id in ids]} if status == 200 else ABSENT
    expect = Expect.ACCEPTED if status == 200 else Expect.UNKNOWN
    return W.ask("list", status, answer, parents=(inside,), expect=expect)


def asked(
    name: str, status: int, answer: Any = ABSENT, *, id: str = "lamp", inside: str = "h2"
) -> Exchange:
    """Return a request for a thing that is not in the house."""
    sent = SENT if name == "update" else ABSENT
    return W.ask(name, status, answer, parents=(inside,), id=id, sent=sent, expect=Expect.UNKNOWN)


def read_house(*things: str, id: str = "h1") -> Exchange:
    """Return a read of a house."""
    return W.ask("read-house", 200, house(id, *things), id=id)


def list_houses(*houses: Any) -> Exchange:
    """Return a list of all houses."""
    return W.ask("list-houses", 200, {"data": list(houses)})


def create_house(status: int = 201, id: str = "h1") -> Exchange:
    """Return a create of a house."""
    answer = house(id) if status == 201 else ABSENT
    return W.ask("create-house", status, answer, sent={"street": "long"}, expect=Expect.ANY)


def delete_house(status: int = 204, id: str = "h1") -> Exchange:
    """Return the end of a house."""
    return W.ask("delete-house", status, id=id)


def test_which_clauses_there_are() -> None:
    """A thing that lies in nothing has none of them; what is told by names alone is a SHOULD."""
    assert W["read"].resource is not None
    assert W["read"].resource.in_parent == "things"
    ids = clause_ids(W["read"], "lifecycle")
    assert ids[1:3] == ["lifecycle/gone-with-parent", "lifecycle/parent-shows-its-own"]
    assert clause_on(W["read"], "parent-shows-its-own").level is Level.SHOULD
    assert clause_on(W["read"], "gone-with-parent").level is Level.MUST
    other = world(HOUSES.replace("things: {type: array", "stuff: {type: array"))
    assert "lifecycle/parent-shows-its-own" not in clause_ids(other["read"], "lifecycle")
    assert not [id for id in clause_ids(world()["read"], "lifecycle") if "parent" in id]


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), asked("read", 404)), KEPT),
        ((create(), asked("read", 200, thing())), BROKEN),
        ((create(), asked("update", 200, thing())), BROKEN),
        ((create(), asked("delete", 204)), SILENT),  # as any delete may be answered
        ((create(), asked("delete", 404)), KEPT),
        ((create(), asked("read", 500)), SILENT),
        # it was made there, too; each house counts for itself; it was made nowhere
        ((create(), create(inside="h2"), asked("read", 200, thing())), SILENT),
        ((create("7"), asked("read", 200, thing("7"), id="7")), SILENT),
        ((asked("read", 200, thing()),), SILENT),
        # in the answers about other houses
        ((list_houses(house("h2")), create(), list_houses(house("h2"))), KEPT),
        ((list_houses(house("h2")), create(), list_houses(house("h2", "lamp"))), BROKEN),
        ((list_houses(house("h2", "lamp")), create(), list_houses(house("h2", "lamp"))), KEPT),
        ((list_houses(house("h1")), create(), list_houses(house("h1", "lamp"))), KEPT),
        ((create(), list_houses(house("h2", "lamp"))), SILENT),  # it may have been there
    ],
)
def test_a_thing_is_in_its_own_house_alone(life: tuple[Exchange, ...], said: str) -> None:
    """Nobody finds it in another."""
    assert verdict_on(W["create"], "own-parent-only", *life) == said


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((create(), delete_house(), listed(status=404)), KEPT),
        ((create(), delete_house(), asked("read", 404, inside="h1")), KEPT),
        ((create(), delete_house(), asked("read", 200, thing(), inside="h1")), BROKEN),
        ((create(), delete_house(), listed("lamp")), BROKEN),
        ((create(), delete_house(), listed()), KEPT),  # that it is unknown is told elsewhere
        ((create(), delete_house(), listed("lamp", inside="h2")), BROKEN),
        ((create(), delete_house(), listed("other", inside="h2")), KEPT),
        ((create(), delete_house(), create(inside="h2"), listed("lamp", inside="h2")), KEPT),
        ((create("7"), delete_house(), listed("7", inside="h2")), KEPT),
        # Made again under its id, it is another.
        ((create(), delete_house(), create_house(), listed()), KEPT),
        ((create(), delete_house(), create_house(), listed("lamp")), BROKEN),
        ((create(), delete_house(), create_house(), asked("read", 404, inside="h1")), KEPT),
        (
            (create(), delete_house(), create_house(), asked("read", 200, thing(), inside="h1")),
            BROKEN,
        ),
        ((create(), delete_house(), create_house(), create(), listed("lamp")), KEPT),
        ((create(), delete_house(), create_house(), create("rug"), listed("rug")), KEPT),
        ((create(), delete_house(), create_house(409), listed(status=404)), KEPT),
        # it is there still
        ((create(), delete_house(409), listed("lamp")), SILENT),
        ((create(), listed("lamp")), SILENT),
    ],
)
def test_what_lies_in_a_house_goes_with_it(life: tuple[Exchange, ...], said: str) -> None:
    """Neither is it read, nor listed, nor in the next one."""
    assert verdict_on(W["read"], "gone-with-parent", *life) == said


@pytest.mark.parametrize(
    ("life", "said"),
    [
        ((read_house("lamp", "bed"), listed("bed", "lamp")), KEPT),
        ((listed("lamp"), read_house()), BROKEN),
        ((listed(), read_house("lamp")), BROKEN),
        ((listed("lamp"), list_houses(house("h2"), house("h1"))), BROKEN),
        ((listed("lamp"), list_houses(house("h2"), house("h1", "lamp"))), KEPT),
        # something was written in between; another house; no place for it
        ((read_house(), create(), listed("lamp")), SILENT),
        ((read_house(id="h2"), listed("lamp")), SILENT),
        (
            (W.ask("read-house", 200, {"id": "h1", "street": "long"}, id="h1"), listed("lamp")),
            SILENT,
        ),
    ],
)
def test_a_house_shows_what_lies_in_it(life: tuple[Exchange, ...], said: str) -> None:
    """As the list of that does, in any order."""
    assert verdict_on(W["read"], "parent-shows-its-own", *life) == said


def test_what_a_house_shows_otherwise_is_told() -> None:
    """By the ids on either side."""
    [found] = findings_on(
        W["read"], "parent-shows-its-own", listed("lamp", "bed"), read_house("bed", "cup")
    )
    assert (found.kind, found.expected, found.observed) == (
        Kind.PARENT_SHOWS_OTHERS,
        '"lamp"',
        '"cup"',
    )


def painted(street: str, *things: str, **more: Any) -> Exchange:
    """Return a read of a house that stands in a street, with what lies in it."""
    return W.ask("read-house", 200, {**house("h1", *things), "street": street, **more}, id="h1")


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("create", create()),
        ("update", W.ask("update", 200, thing(), sent=SENT, parents=("h1",))),
        ("delete", W.ask("delete", 204, parents=("h1",))),
    ],
)
def test_what_is_written_in_a_house_leaves_the_house_alone(name: str, write: Exchange) -> None:
    """But for what lies in it, and for what no request writes."""

    def said(*life: Exchange) -> str:
        return verdict_on(W[name], "parent-untouched", *life)

    assert clause_on(W[name], "parent-untouched").level is Level.SHOULD
    assert said(painted("long"), write, painted("short")) == BROKEN
    assert said(painted("long"), write, painted("long")) == KEPT
    assert said(painted("long"), write, painted("long", "lamp", count=1)) == KEPT
    assert said(painted("long"), painted("short"), write) == SILENT
    assert said(painted("long"), delete_house(id="h2"), write, painted("short")) == SILENT
    refused = W.ask(name, 404, parents=("h1",), sent=SENT, expect=Expect.UNKNOWN)
    assert said(painted("long"), refused, painted("short")) == SILENT


def test_what_nobody_can_see_has_its_reason() -> None:
    """Nobody deleted a house, or read one beside its list."""
    for rule, kind in (
        ("gone-with-parent", Missing.NO_PARENT_ENDED),
        ("parent-shows-its-own", Missing.PARENT_NOT_READ),
    ):
        missing = clause_on(W["read"], rule).explain([create()])
        assert (missing.kind, missing.withheld) == (kind, False)


@pytest.mark.parametrize(
    ("text", "name", "rule", "kind"),
    [
        (HOUSES, "delete", "siblings-untouched", Missing.NO_SIBLING),
        (
            THINGS.replace("post:", "x-post:"),
            "delete",
            "siblings-untouched",
            Missing.NOTHING_CREATES,
        ),
        (THINGS, "create", "ids-not-reused", Missing.NOT_CREATED_AFTER_DELETE),
        (
            THINGS.replace("delete:", "x-delete:"),
            "create",
            "ids-not-reused",
            Missing.NOTHING_DELETES,
        ),
        (
            THINGS.replace("required: [name]", "required: [name, id]").replace(
                "name: {type: string}, size: {type: integer, default: 3}",
                "id: {type: string}, name: {type: string}",
            ),
            "create",
            "ids-not-reused",
            Missing.IDS_CHOSEN,
        ),
    ],
)
def test_what_nobody_can_see_is_the_documents(
    text: str, name: str, rule: str, kind: Missing
) -> None:
    """Where it has no operation, no other, or leaves the id to the caller, that is the reason."""
    own = world(text)
    assert clause_on(own[name], rule).explain([]).kind is kind
