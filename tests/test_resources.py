"""Are resources, roles and ids told rightly from paths, schemas, links and ``x-contract``, and never guessed?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.documents.path_shapes import path_shape, singular, words_of
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Document
    from pytest_confluent_contracts.model.resources import Resource

TEXT: Mapping[str, Any] = {"type": "string"}
NUMBER: Mapping[str, Any] = {"type": "integer"}


# --- documents ------------------------------------------------------------------------------------------------------


def thing(required: tuple[str, ...] = (), **members: Any) -> dict[str, Any]:
    """Return the schema of an object; a member is given by its schema."""
    return {"type": "object", "required": list(required), "properties": members}


def many(of: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {"type": "array", "items": of}


THING = thing(id={**TEXT, "readOnly": True}, name=TEXT)


def op(
    id: str = "",
    shows: Mapping[str, Any] | None = None,
    takes: Mapping[str, Any] | None = None,
    status: str = "200",
    **more: Any,
) -> dict[str, Any]:
    """Return an operation that *shows* and *takes* what these schemas have, and answers *status*."""
    answer: dict[str, Any] = {"description": "It.", **more.pop("answer", {})}
    if shows is not None:
        answer["content"] = {"application/json": {"schema": shows}}
    made: dict[str, Any] = {"responses": {status: answer}, **more}
    if id:
        made["operationId"] = id
    if takes is not None:
        made["requestBody"] = {"content": {"application/json": {"schema": takes}}}
    return made


def parameter(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a path parameter."""
    return {"name": name, "in": "path", "required": True, "schema": schema}


def read(folder: Path, paths: Mapping[str, Any]) -> Document:
    """Return the document that has these *paths*."""
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}
    # Another name each time: what stands at one path is read once.
    path = folder / f"things-{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return documents.read_document(path)


def roles(document: Document) -> dict[str, tuple[str, str]]:
    """Return resource and role of each operation by method and path; ``""`` is no resource."""
    every = document.operations
    return {
        f"{one.method} {one.path}": (one.resource.name if one.resource else "", str(one.role))
        for one in every
    }


def only(document: Document) -> Resource:
    """Return the one resource of *document*."""
    [resource] = document.resources
    return resource


USUAL = {
    "/things": {"get": op("list", many(THING)), "post": op("create", THING, THING, "201")},
    "/things/{id}": {
        "head": op("head"),
        "get": op("read", THING),
        "put": op("replace", THING, THING),
        "patch": op("update", THING, THING),
        "delete": op("delete", status="204"),
        "options": op("options", status="204"),
    },
}


# --- roles by paths -------------------------------------------------------------------------------------------------


def test_the_usual_paths_have_the_usual_roles(tmp_path: Path) -> None:
    """Each method has its role; HEAD is a read, and GET stands for it; OPTIONS does nothing to it."""
    document = read(tmp_path, USUAL)
    resource = only(document)
    assert dict(resource.roles) == {
        role: role for role in ("create", "list", "read", "replace", "update", "delete")
    }
    assert (resource.name, resource.collection, resource.item) == (
        "things",
        "/things",
        "/things/{id}",
    )
    assert (resource.parameter, resource.id_member, resource.items) == ("id", "id", "[]")
    assert (resource.parent, resource.id_sent, resource.references) == ("", "", ())
    assert roles(document)["HEAD /things/{id}"] == ("things", "read")
    assert roles(document)["OPTIONS /things/{id}"] == ("things", "action")


def test_every_method_is_held_and_knows_its_resource(tmp_path: Path) -> None:
    """None of them stands among what is not judged."""
    document = read(tmp_path, USUAL)
    methods = ["GET", "POST", "HEAD", "GET", "PUT", "PATCH", "DELETE", "OPTIONS"]
    assert [one.method for one in document.operations] == methods
    assert document.unjudged == ()
    assert all(one.resource == only(document) for one in document.operations)


def test_operations_stand_in_the_order_of_the_document(tmp_path: Path) -> None:
    """By paths, and in each path by methods as they stand there."""
    ids = [one.id for one in read(tmp_path, USUAL).operations]
    assert ids == ["list", "create", "head", "read", "replace", "update", "delete", "options"]


GET, PUT = {"get": op(shows=THING)}, {"put": op(shows=THING, takes=THING)}
LIST = {"get": op(shows=many(THING))}
CREATE = op(shows=THING, takes=THING, status="201")
ROLES: dict[str, tuple[Mapping[str, Any], Mapping[str, tuple[str, str]]]] = {
    "a slash at the end": (
        {"/things/": LIST, "/things/{id}/": GET},
        {"GET /things/": ("things", "list"), "GET /things/{id}/": ("things", "read")},
    ),
    "an extension": (
        {"/things.json": LIST, "/things/{id}.json": GET, "/things/{id}.{format}": PUT},
        {
            "GET /things.json": ("things", "list"),
            "GET /things/{id}.json": ("things", "read"),
            "PUT /things/{id}.{format}": ("things", "replace"),
        },
    ),
    "a key in brackets": (
        {"/Things": LIST, "/Things({id})": GET, "/Things('{id}')": PUT},
        {
            "GET /Things": ("Things", "list"),
            "GET /Things({id})": ("Things", "read"),
            "PUT /Things('{id}')": ("Things", "replace"),
        },
    ),
    "parameters of other names": (
        {"/things/{id}": GET, "/things/{thing_id}": PUT},
        {"GET /things/{id}": ("things", "read"), "PUT /things/{thing_id}": ("things", "replace")},
    ),
    "nested": (
        {"/things/{id}": GET, "/things/{id}/parts": LIST, "/things/{id}/parts/{part}": PUT},
        {
            "GET /things/{id}": ("things", "read"),
            "GET /things/{id}/parts": ("parts", "list"),
            "PUT /things/{id}/parts/{part}": ("parts", "replace"),
        },
    ),
    "two of one name": (
        {"/a/{id}/parts/{part}": GET, "/b/{id}/parts/{part}": GET},
        {
            "GET /a/{id}/parts/{part}": ("a/parts", "read"),
            "GET /b/{id}/parts/{part}": ("b/parts", "read"),
        },
    ),
    "one of which there is one": (
        {"/me": {**GET, **PUT}, "/things/{id}": GET, "/things/{id}/settings": {**GET, **PUT}},
        {
            "GET /me": ("me", "read"),
            "PUT /me": ("me", "replace"),
            "GET /things/{id}": ("things", "read"),
            "GET /things/{id}/settings": ("settings", "read"),
            "PUT /things/{id}/settings": ("settings", "replace"),
        },
    ),
    "what may be an action": (
        {
            "/things/{id}": {**GET, "post": CREATE},
            "/things/{id}/lock": PUT,
            "/things/{id}/start": {"post": CREATE},
            "/things/{id}:stop": {"post": CREATE},
            "/search": {"post": op(shows=many(THING))},
            "/login": {"post": CREATE},
        },
        {
            "GET /things/{id}": ("things", "read"),
            "POST /things/{id}": ("things", "action"),
            "PUT /things/{id}/lock": ("things", "action"),
            "POST /things/{id}/start": ("things", "action"),
            "POST /things/{id}:stop": ("", "action"),
            "POST /search": ("", "action"),
            "POST /login": ("", "action"),
        },
    ),
    "many at once": (
        {
            "/things": {**PUT, "patch": op(), "delete": op(status="204")},
            "/things/{id}": GET,
        },
        {
            "PUT /things": ("", "action"),
            "PATCH /things": ("", "action"),
            "DELETE /things": ("", "action"),
            "GET /things/{id}": ("things", "read"),
        },
    ),
    "a search beside the things": (
        {"/things": {"post": op(shows=many(THING))}, "/things/{id}": GET},
        {"POST /things": ("", "action"), "GET /things/{id}": ("things", "read")},
    ),
    "a report where a list might be": (
        {"/things": {"get": op(shows=thing(count=NUMBER))}, "/things/{id}": GET},
        {"GET /things": ("", "action"), "GET /things/{id}": ("things", "read")},
    ),
    "a list by what looks like an id": (
        {"/repos/{owner}": LIST, "/repos/{owner}/{repo}": GET, "/tags/{word}": LIST},
        {
            "GET /repos/{owner}": ("repos", "list"),
            "GET /repos/{owner}/{repo}": ("repos", "read"),
            "GET /tags/{word}": ("", "action"),
        },
    ),
    "a list without items": (
        {"/events": {"get": op(shows=thing(items=many(THING))), "post": CREATE}},
        {"GET /events": ("events", "list"), "POST /events": ("events", "create")},
    ),
    "only reads of words": (
        {"/health": {"get": op(shows=thing(ok={"type": "boolean"}))}},
        {"GET /health": ("", "action")},
    ),
}


@pytest.mark.parametrize("name", ROLES)
def test_each_style_of_paths_is_understood(tmp_path: Path, name: str) -> None:
    """What is certain has its role; what may be anything is an action."""
    paths, expected = ROLES[name]
    assert roles(read(tmp_path, paths)) == expected


LOCATION = {"headers": {"Location": {"schema": TEXT}}}
CREATES = {
    "201 says so": (op(status="201"), True),
    "201 with what was made": (CREATE, True),
    "201 with all that were made": (op(shows=many(THING), status="201"), False),
    "an address": (op(status="202", answer=LOCATION), True),
    "one thing, later": (op(shows=thing(thing_id=TEXT), status="202"), True),
    "one thing in its envelope": (op(shows=thing(data=THING)), True),
    "nothing at all": (op(status="204"), False),
    "a job that nobody knows": (op(shows=thing(state=TEXT), status="202"), False),
    "a list": (op(shows=thing(items=many(THING), request_id=TEXT)), False),
}


@pytest.mark.parametrize("name", CREATES)
def test_a_post_creates_where_its_answers_say_so(tmp_path: Path, name: str) -> None:
    """It stands beside the things; what else it may do nobody can tell."""
    post, creates = CREATES[name]
    document = read(tmp_path, {"/things": {"post": post}, "/things/{id}": GET})
    assert bool(only(document).operation_id("create")) is creates  # type: ignore[arg-type]


# --- ids and lists --------------------------------------------------------------------------------------------------

IDS: dict[str, tuple[str, Mapping[str, Any], Mapping[str, Any], str]] = {
    "id": ("id", TEXT, thing(id=TEXT, name=TEXT), "id"),
    "of another name in the path": ("thing_id", TEXT, thing(id=TEXT), "id"),
    "the path's own name": ("thing_id", TEXT, thing(id=NUMBER, thing_id=TEXT), "thing_id"),
    "written otherwise": ("thingId", TEXT, thing(thing_id=TEXT), "thing_id"),
    "in an envelope": ("id", TEXT, thing(data=thing(id=TEXT)), "data.id"),
    "in an envelope of its name": ("id", TEXT, thing(thing=thing(id=TEXT)), "thing.id"),
    "in two places": ("id", TEXT, thing(id=TEXT, data=thing(id=TEXT)), ""),
    "of another type": ("id", NUMBER, thing(id=TEXT), ""),
    "of another format": (
        "id",
        {**TEXT, "format": "uuid"},
        thing(id={**TEXT, "format": "date"}),
        "",
    ),
    "of no type": ("id", {}, thing(id=TEXT), "id"),
    "a uuid": (
        "thing_id",
        {**TEXT, "format": "uuid"},
        thing(uuid={**TEXT, "format": "uuid"}),
        "uuid",
    ),
    "a number that is not the id": ("number", NUMBER, thing(id=NUMBER, number=NUMBER), "number"),
    "a slug": ("thing_slug", TEXT, thing(id=TEXT, slug=TEXT), "slug"),
    "a name that is said to be one": ("thing_name", TEXT, thing(id=TEXT, name=TEXT), "name"),
    "a name that nobody says is one": ("thing", TEXT, thing(id=NUMBER, name=TEXT), ""),
    "the id of what it belongs to": ("id", TEXT, thing(owner=thing(id=TEXT)), ""),
    "the ids of what it has": ("id", TEXT, thing(parts=many(thing(id=TEXT))), ""),
    "nothing": ("id", TEXT, thing(title=TEXT), ""),
}


@pytest.mark.parametrize("name", IDS)
def test_the_id_stands_where_names_and_types_agree(tmp_path: Path, name: str) -> None:
    """Where two members might have it, or none, nobody knows."""
    called, schema, shows, expected = IDS[name]
    get = op(shows=shows, parameters=[parameter(called, schema)])
    assert only(read(tmp_path, {f"/things/{{{called}}}": {"get": get}})).id_member == expected


OTHER = thing(code=TEXT)
LISTS: dict[str, tuple[Mapping[str, Any], str]] = {
    "a list alone": (many(THING), "[]"),
    "data": (thing(data=many(THING), next=TEXT), "data[]"),
    "the name of the things": (thing(things=many(THING), errors=many(OTHER)), "things[]"),
    "two of which one is usual": (thing(items=many(THING), parts=many(THING)), "items[]"),
    "two that are not": (thing(these=many(THING), those=many(THING)), ""),
    "deeper": (thing(result=thing(items=many(THING))), "result.items[]"),
    "of other things": (thing(data=many(OTHER)), ""),
    "of texts": (thing(data=many(TEXT), things=many(THING)), "things[]"),
}


@pytest.mark.parametrize("name", LISTS)
def test_the_items_are_what_has_the_id(tmp_path: Path, name: str) -> None:
    """They are the only objects in a list that may be such things."""
    shows, expected = LISTS[name]
    document = read(tmp_path, {"/things": {"get": op(shows=shows)}, "/things/{id}": GET})
    assert only(document).items == expected


def test_where_no_answer_is_about_one_its_id_is_that_of_an_item(tmp_path: Path) -> None:
    """A list may be all that shows things; of two members that may be it, none is."""
    one = {"put": op(takes=thing(name=TEXT)), "delete": op()}
    for shows, expected in ((THING, "id"), (thing(name=TEXT), "")):
        paths = {
            "/things": {"get": op(shows=many(shows)), "post": op(status="201")},
            "/things/{id}": one,
        }
        resource = only(read(tmp_path, paths))
        assert (resource.id_member, resource.items) == (expected, "[]")
        assert [str(role) for role, _ in resource.roles] == ["create", "list", "replace", "delete"]


def test_the_caller_chooses_an_id_that_may_be_written(tmp_path: Path) -> None:
    """A read-only one, and another's, he does not."""
    chosen, given = thing(id=TEXT, name=TEXT), thing(owner_id=TEXT, name=TEXT)
    for takes, expected in ((chosen, "id"), (THING, ""), (given, "")):
        post = op(shows=THING, takes=takes, status="201")
        document = read(tmp_path, {"/things": {"post": post}, "/things/{id}": GET})
        assert only(document).id_sent == expected


def test_a_name_that_must_be_given_may_be_the_id(tmp_path: Path) -> None:
    """What the path calls as the thing itself is then its name."""
    shows = thing(("name",), id=NUMBER, name=TEXT)
    post = op(shows=shows, takes=shows, status="201")
    paths = {"/things": {"post": post}, "/things/{thing}": {"get": op(shows=shows)}}
    resource = only(read(tmp_path, paths))
    assert (resource.id_member, resource.id_sent) == ("name", "name")


# --- what they are to each other ------------------------------------------------------------------------------------


def test_what_stands_below_another_has_it_as_parent(tmp_path: Path) -> None:
    """The nearest one above; one of which the document has no operation is none."""
    paths = {
        "/v1/orgs/{org}": GET,
        "/v1/orgs/{org}/things/{id}": GET,
        "/v1/orgs/{org}/things/{id}/parts": LIST,
        "/v1/orgs/{org}/things/{id}/settings": {**GET, **PUT},
        "/regions/{region}/places/{id}": GET,
    }
    found = {one.name: one.parent for one in read(tmp_path, paths).resources}
    assert found == {
        "orgs": "",
        "things": "orgs",
        "parts": "things",
        "settings": "things",
        "places": "",
    }


REFERENCES: dict[str, tuple[Mapping[str, Any], dict[str, str]]] = {
    "a member": (thing(owner_id=TEXT, name=TEXT), {"owner_id": "owners"}),
    "written otherwise": (thing(ownerId=TEXT), {"ownerId": "owners"}),
    "an object": (thing(owner=thing(id=TEXT)), {"owner.id": "owners"}),
    "deep": (thing(spec=thing(owner=thing(id=TEXT))), {"spec.owner.id": "owners"}),
    "of another type": (thing(owner_id=NUMBER), {}),
    "of a thing that there is not": (thing(user_id=TEXT), {}),
    "another word": (thing(owner=TEXT, previous_owner_id=TEXT), {}),
    "only shown": (thing(owner_id={**TEXT, "readOnly": True}), {}),
    "itself": (thing(thing_id=TEXT), {}),
    "several": (thing(owner_ids=many(TEXT)), {}),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_member_that_names_another_thing_is_a_reference(tmp_path: Path, name: str) -> None:
    """Names and types must agree."""
    takes, expected = REFERENCES[name]
    paths = {
        "/things": {"post": op(shows=THING, takes=takes, status="201")},
        "/things/{id}": GET,
        "/owners/{owner_id}": GET,
    }
    [found] = [one for one in read(tmp_path, paths).resources if one.name == "things"]
    assert {one.member: one.resource for one in found.references} == expected


# --- links ----------------------------------------------------------------------------------------------------------


def linked(expression: str, **target: str) -> dict[str, Any]:
    """Return an answer with a link by the parameter ``id``."""
    return {"links": {"it": {"parameters": {"id": expression}, **target}}}


LINKS = {
    "by name": (linked("$response.body#/key/value", operationId="read"), ("create", "key.value")),
    "by place": (
        linked("$response.body#/key/value", operationRef="#/paths/~1things~1%7Bid%7D/get"),
        ("create", "key.value"),
    ),
    "to nobody": (linked("$response.body#/key/value", operationId="nobody"), ("", "")),
    "by nothing that can be read": (
        {"links": {"it": {"operationId": "read", "parameters": [7]}, "that": {"$ref": "#/none"}}},
        ("", ""),
    ),
    "from what was sent": (linked("$request.body#/key", operationId="read"), ("", "")),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_tells_who_creates_and_where_the_id_stands(tmp_path: Path, name: str) -> None:
    """Whatever the paths and the members are called."""
    answer, (creates, member) = LINKS[name]
    shows = thing(key=thing(value=TEXT))
    paths = {
        "/new-thing": {"post": op("create", shows, status="201", answer=answer)},
        "/things/{id}": {"get": op("read", shows)},
    }
    resource = only(read(tmp_path, paths))
    assert (resource.operation_id("create"), resource.id_member) == (creates, member)  # type: ignore[arg-type]


# --- x-contract -----------------------------------------------------------------------------------------------------


def stated(**resource: Any) -> dict[str, Any]:
    """Return an operation's ``x-contract`` with what it states of its resource."""
    return {
        "x-contract": {
            "resource": {key.replace("_", "-"): value for key, value in resource.items()}
        }
    }


def test_what_is_stated_wins_over_everything(tmp_path: Path) -> None:
    """Names, roles and places as `x-contract` has them, whatever paths and schemas say."""
    new = stated(name="widget", role="create", id_sent="name", references={"by": "maker"})
    get = stated(name="widget", id="name", items="rows[]", parent="maker", parameter="name")
    paths = {
        "/make": {"post": op("make", takes=THING, **new)},
        "/things": {"get": op("all", many(THING), **stated(name="widget"))},
        "/things/{id}/{name}": {"get": op("one", THING, **get)},
        "/things/{id}/{name}/end": {"post": op("end", **stated(name="widget", role="delete"))},
        "/makers/{id}": {"get": op("maker", THING, **stated(name="maker"))},
    }
    document = read(tmp_path, paths)
    widget = next(one for one in document.resources if one.name == "widget")
    assert dict(widget.roles) == {"create": "make", "list": "all", "read": "one", "delete": "end"}
    assert (widget.id_member, widget.items, widget.id_sent) == ("name", "rows[]", "name")
    assert (widget.parent, widget.parameter) == ("maker", "name")
    assert [(one.member, one.resource) for one in widget.references] == [("by", "maker")]


def test_a_name_at_one_operation_is_that_of_all(tmp_path: Path) -> None:
    """The others of its resource need not state it again."""
    paths = {
        **USUAL,
        "/things/{id}": {
            **USUAL["/things/{id}"],
            "get": op("read", THING, **stated(name="widget")),
        },
    }
    document = read(tmp_path, paths)
    assert only(document).name == "widget"
    assert only(document).place.line > 1
    assert {name for name, _ in roles(document).values()} == {"widget"}


def test_an_action_may_be_stated_to_be_one(tmp_path: Path) -> None:
    """A POST that looks like a create is none then."""
    post = {**CREATE, **stated(role="action")}
    document = read(tmp_path, {"/things": {"post": post}, "/things/{id}": GET})
    assert not only(document).operation_id("create")  # type: ignore[arg-type]


@pytest.mark.parametrize("block", [{"parent": "nobody"}, {"references": {"by": "nobody"}}])
def test_a_resource_that_there_is_not_is_told_with_its_line(
    tmp_path: Path, block: dict[str, Any]
) -> None:
    """The message names those that there are."""
    with pytest.raises(
        ContractError, match=r"things-0.json:\d+: x-contract: .*'nobody'; known: things"
    ):
        read(tmp_path, {"/things/{id}": {"get": op(shows=THING, **stated(**block))}})


# --- words ----------------------------------------------------------------------------------------------------------


def test_words_are_known_in_every_spelling() -> None:
    """Snake, kebab and camel; plurals as names of resources have them."""
    assert words_of("thingId") == words_of("thing_id") == words_of("Thing-ID") == ["thing", "id"]
    plurals = {
        "things": "thing",
        "policies": "policy",
        "boxes": "box",
        "addresses": "address",
        "status": "status",
    }
    assert {name: singular(name) for name in plurals} == plurals
    assert singular("api-keys") == singular("apiKeys") == "apikey"


def test_a_shape_keeps_the_names_of_its_parameters() -> None:
    """In the order of the path."""
    shape = path_shape("/a/{b}/c({d}).json")
    assert (shape.segments, shape.names) == (("a", "{}", "c", "{}"), ("b", "d"))
    assert (shape.parameter, shape.collection) == ("d", ("a", "{}", "c"))


# --- whole APIs -----------------------------------------------------------------------------------------------------


def test_an_api_of_the_json_api_style_is_understood(tmp_path: Path) -> None:
    """Envelopes with ids in them, and children whose ids the caller chooses."""
    inner = thing(resource_type=TEXT, id=TEXT)
    account = thing(id=TEXT, type=TEXT, attributes=thing(api_key=TEXT, resources=many(inner)))
    new_account = thing(type=TEXT, attributes=thing(api_key=TEXT, resources=many(inner)))
    child = thing(id=TEXT, type=TEXT, attributes=inner)
    accounts, own = "/api/v2/accounts", "/api/v2/accounts/{account_id}"
    children, one = f"{own}/resources", f"{own}/resources/{{resource_id}}"
    paths = {
        accounts: {
            "get": op("ListAccount", thing(data=many(account))),
            "post": op("CreateAccount", thing(data=account), thing(data=new_account), "201"),
        },
        own: {
            "get": op("GetAccount", thing(data=account)),
            "patch": op("UpdateAccount", thing(data=account), thing(data=new_account)),
            "delete": op("DeleteAccount", status="204"),
        },
        children: {
            "get": op("ListResource", thing(data=many(child))),
            "post": op("CreateResource", thing(data=child), thing(data=child), "201"),
        },
        one: {
            "get": op("GetResource", thing(data=child)),
            "patch": op("UpdateResource", thing(data=child), thing(data=child)),
            "delete": op("DeleteResource", status="204"),
        },
    }
    first, second = read(tmp_path, paths).resources
    assert (first.name, first.id_member, first.items) == ("accounts", "data.id", "data[]")
    assert (first.id_sent, first.parent) == ("", "")
    assert (second.name, second.id_member, second.items) == ("resources", "data.id", "data[]")
    assert (second.id_sent, second.parent) == ("data.id", "accounts")
    assert (first.references, second.references) == ((), ())
    assert [id for _, id in second.roles] == [
        *("CreateResource", "ListResource", "GetResource", "UpdateResource", "DeleteResource"),
    ]


def test_an_api_with_a_secret_and_pages_is_understood(tmp_path: Path) -> None:
    """A create that is done later, ids of others deep in it, and links between pages."""
    key = thing(id={**TEXT, "readOnly": True}, spec=thing(secret=TEXT, owner=thing(id=TEXT)))
    pages = thing(api_version=TEXT, metadata=thing(next=TEXT), data=many(key))
    paths = {
        "/iam/v2/api-keys": {
            "get": op("list", pages),
            "post": op("create", key, key, "202", answer=LOCATION),
        },
        "/iam/v2/api-keys/{id}": {"get": op("read", key), "delete": op("delete", status="204")},
    }
    resource = only(read(tmp_path, paths))
    assert (resource.name, resource.id_member, resource.items) == ("api-keys", "id", "data[]")
    assert (resource.id_sent, resource.references) == ("", ())
    assert [str(role) for role, _ in resource.roles] == ["create", "list", "read", "delete"]
