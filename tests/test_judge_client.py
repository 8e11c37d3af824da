"""Is a client told what the document forbids, and let be where it keeps to it? Requests made by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
    JSON,
    KEPT,
    REDACTED,
    SILENT,
    Exchange,
    Operation,
    Subject,
    SubjectKind,
    confluent,
    datadog,
    make_case,
    make_exchange,
    quota_told,
)

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.model.clauses import Level
from pytest_confluent_contracts.model.traffic import MALFORMED
from pytest_confluent_contracts.report.sentences import finding_sentence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_confluent_contracts.model.clauses import Clause

Pairs = tuple[tuple[str, str], ...]

SHELF = """
openapi: 3.1.0
info: {title: Shelf, version: '1'}
servers: [{url: 'https://shelf.example'}]
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    second: {type: apiKey, in: query, name: second}
    visit: {type: apiKey, in: cookie, name: visit}
    bearer: {type: http, scheme: bearer}
paths:
  /shelves/{shelf}/books/{book}:
    put:
      operationId: putBook
      security: [{key: [], second: []}, {visit: []}, {bearer: []}]
      parameters:
        - {name: shelf, in: path, required: true, schema: {type: integer, minimum: 1}}
        - {name: book, in: path, required: true, schema: {type: string, pattern: '^b-'}}
        - {name: dry, in: query, required: true, schema: {type: boolean}}
        - {name: page, in: query, schema: {type: integer, maximum: 100}}
        - {name: ids, in: query, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: words, in: query, schema: {type: array, items: {enum: [a, b c]}}}
        - {name: pipe, in: query, style: pipeDelimited, explode: false, schema: {type: array, items: {type: integer}}}
        - {name: where, in: query, style: deepObject, schema: {required: [from], type: object, properties: {from: {}}}}
        - {name: size, in: query, explode: false, schema: {type: object, properties: {w: {type: integer}, h: {type: integer}}}}
        - {name: sort, in: query, content: {application/json: {schema: {type: array}}}}
        - {name: either, in: query, schema: {anyOf: [{type: string, pattern: '^[0-9]+$'}, {type: boolean}]}}
        - {name: X-Trace, in: header, schema: {type: string, minLength: 3}}
        - {name: theme, in: cookie, schema: {enum: [dark]}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [title, isbn]
              properties:
                isbn: {type: string, readOnly: true}
                made: {type: string, readOnly: true}
                title: {type: string, maxLength: 10}
                tags: {type: array, uniqueItems: true, items: {type: string}}
                author: {type: object, required: [name], properties: {name: {type: string}}}
                labels: {type: object, additionalProperties: {type: string}}
                closed: {type: object, additionalProperties: false, properties: {a: {type: string}}}
          application/merge-patch+json: {schema: {type: object, properties: {title: {type: [string, 'null']}}}}
          text/plain: {schema: {type: string}}
      responses: {'200': {description: done}, '429': {description: slow, headers: {Retry-After: {schema: {type: integer}}}}}
    get:
      operationId: getBook
      parameters:
        - {name: shelf, in: path, required: true, schema: {type: integer}}
        - {name: book, in: path, required: true, schema: {type: string}}
      responses: {'200': {description: one}, '429': {description: slow}}
"""
GOOD = {"title": "a", "tags": ["x"], "author": {"name": "n"}, "labels": {"any": "b"}}
QUERY = (("dry", "true"), ("second", REDACTED))
KEY = ("X-Key", REDACTED)
TYPED = ("Content-Type", JSON)


@lru_cache
def shelf_at(folder: Path) -> tuple[Operation, Operation]:
    """Return the operations of the document above: with a body, and without one."""
    path = folder / "shelf.yaml"
    path.write_text(SHELF, encoding="utf-8")
    read = documents.read_document(path).operations
    return read[0], read[1]


@pytest.fixture(scope="module")
def put(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Return the operation with a body."""
    return shelf_at(tmp_path_factory.getbasetemp())[0]


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    """Return the operation without one."""
    return shelf_at(tmp_path_factory.getbasetemp())[1]


def sent(
    operation: Operation,
    body: Any = ABSENT,
    *,
    raw: bytes | None = None,
    headers: Pairs = (TYPED, KEY),
    query: Pairs = QUERY,
    cookies: Pairs = (),
    parameters: Mapping[str, str] | None = None,
    status: int = 200,
    at: float = 0.0,
    answered: Mapping[str, str] | None = None,
    authority: str = "own",
    subject: Subject | None = None,
) -> Exchange:
    """Return the exchange of one request of a client."""
    named = parameters or {"shelf": "1", "book": "b-1"}
    case = make_case(
        operation, body, raw=raw, parameters=named, authority=authority, subject=subject
    )
    case = replace(case, headers=headers, query=query, cookies=cookies)
    return make_exchange(case, status, headers=answered or {}, at=at)


def clauses_by_id(operation: Operation) -> dict[str, Clause]:
    """Return the clauses on clients of *operation*."""
    return {clause.id: clause for clause in clauses.derive_for_clients(operation)}


def judged(id: str, *exchanges: Exchange) -> list[str]:
    """Return what the clause *id* says of each exchange in turn."""
    row = [replace(one, serial=serial) for serial, one in enumerate(exchanges)]
    told = dict.fromkeys(range(len(row)), SILENT)
    clause = clauses_by_id(row[0].case.operation)[f"client/{id}"]
    for evidence in clause.judge(row):
        assert evidence.exchange is not None
        told[evidence.exchange.serial] = BROKEN if evidence.finding else KEPT
    assert BROKEN not in told.values() or is_suspected(*row)
    return list(told.values())


def red(*exchanges: Exchange) -> dict[str, str]:
    """Return what is wrong with a client's requests, by clause."""
    found: dict[str, str] = {}
    for id, clause in clauses_by_id(exchanges[0].case.operation).items():
        for evidence in clause.judge(exchanges):
            if evidence.finding is not None:
                found[id.removeprefix("client/")] = finding_sentence(evidence.finding)
    assert is_suspected(*exchanges) is bool(found), "those who look first see what clauses see"
    return found


def is_suspected(*exchanges: Exchange) -> bool:
    """Return whether anything seems wrong to what looks before the clauses do, at less cost."""
    judges = clauses.suspicions_of_clients(exchanges[0].case.operation)
    return any(one.finding for judge in judges for one in judge(exchanges))


def test_a_request_as_documented_has_nothing_against_it(put: Operation, get: Operation) -> None:
    """Each optional part left out, and all of them there; read-only members need not be sent."""
    whole = (
        *QUERY,
        *(("page", "100"), ("ids", "1,2"), ("words", "a"), ("words", "b+c"), ("pipe", "1%7C2")),
        *(("where%5Bfrom%5D", "3"), ("size", "w,1,h,2"), ("sort", "%5B1%5D"), ("either", "12")),
    )
    assert red(sent(put, GOOD)) == {}
    traced = (TYPED, KEY, ("x-trace", "abc"))
    assert red(sent(put, GOOD, query=whole, headers=traced, cookies=(("theme", "dark"),))) == {}
    assert red(sent(get, headers=(), query=())) == {}


WRONG_PARAMETERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "a path parameter of another type": (
        {"parameters": {"shelf": "one", "book": "b-1"}},
        "path/shelf",
        'sent with the path parameter shelf: "one" is not of type "integer"',
    ),
    "a path parameter out of bounds": (
        {"parameters": {"shelf": "0", "book": "b-1"}},
        "path/shelf",
        "sent with the path parameter shelf: 0 is less than 1",
    ),
    "a path parameter of another form": (
        {"parameters": {"shelf": "1", "book": "x"}},
        "path/book",
        'sent with the path parameter book: "x" does not match "^b-"',
    ),
    "a required query left out": (
        {"query": QUERY[1:]},
        "query/dry",
        "sent without the query parameter dry",
    ),
    "a truth value of Python": (
        {"query": (("dry", "True"), QUERY[1])},
        "query/dry",
        'sent with the query parameter dry: "True" is not of type "boolean"',
    ),
    "a page too far": (
        {"query": (*QUERY, ("page", "101"))},
        "query/page",
        "sent with the query parameter page: 101 is greater than 100",
    ),
    "an item of a list": (
        {"query": (*QUERY, ("ids", "1,x"))},
        "query/ids",
        'sent with the query parameter ids: "x" is not of type "integer"',
    ),
    "an item of an exploded list": (
        {"query": (*QUERY, ("words", "c"))},
        "query/words",
        'sent with the query parameter words: "c" is not "a" or "b c"',
    ),
    "a list between commas that has pipes": (
        {"query": (*QUERY, ("pipe", "1,2"))},
        "query/pipe",
        'sent with the query parameter pipe: "1,2" is not of type "integer"',
    ),
    "a member of a deep object": (
        {"query": (*QUERY, ("where[to]", "1"))},
        "query/where",
        "sent with the query parameter the member `where` is missing",
    ),
    "a deep object in one text": (
        {"query": (*QUERY, ("where", "%7B%7D"))},
        "query/where",
        "sent with where=%7B%7D, where where[MEMBER]=VALUE is documented",
    ),
    "a list between commas that is repeated": (
        {"query": (*QUERY, ("ids", "1"), ("ids", "2"))},
        "query/ids",
        "sent with ids=1&ids=2, where ids=A,B is documented",
    ),
    "a list between pipes that is repeated": (
        {"query": (*QUERY, ("pipe", "1"), ("pipe", "2"))},
        "query/pipe",
        "sent with pipe=1&pipe=2, where pipe=A|B is documented",
    ),
    "a number that is sent twice": (
        {"query": (*QUERY, ("page", "1"), ("page", "2"))},
        "query/page",
        "sent with page=1&page=2, where one page is documented",
    ),
    "a list in brackets, as other frameworks have it": (
        {"query": (*QUERY, ("words%5B%5D", "a"), ("words[0]", "a"))},
        "query-undeclared",
        "sent with the query words[], words[0], which the document does not name",
    ),
    "an object without a value": (
        {"query": (*QUERY, ("size", "w,1,h"))},
        "query/size",
        'sent with the query parameter size: "a name has no value" is not what the schema allows (parameter)',
    ),
    "a list that is no JSON": (
        {"query": (*QUERY, ("sort", "a"))},
        "query/sort",
        "sent with the query parameter sort: ",
    ),
    "neither of two schemas": (
        {"query": (*QUERY, ("either", "x"))},
        "query/either",
        "sent with the query parameter either: ",
    ),
    "a short header": (
        {"headers": (TYPED, KEY, ("X-Trace", "ab"))},
        "header/X-Trace",
        'sent with the header parameter X-Trace: "ab" is shorter than 3 characters',
    ),
    "a cookie that is not listed": (
        {"cookies": (("theme", "light"),)},
        "cookie/theme",
        'sent with the cookie parameter theme: "light" is not "dark"',
    ),
    "a query that nobody declared": (
        {"query": (*QUERY, ("filter", "1"), ("second2", "1"))},
        "query-undeclared",
        "sent with the query filter, second2, which the document does not name",
    ),
}


@pytest.mark.parametrize("told", WRONG_PARAMETERS.values(), ids=WRONG_PARAMETERS)
def test_a_parameter_is_told_by_its_name_and_its_rule(
    put: Operation, told: tuple[dict[str, Any], str, str]
) -> None:
    """Each style is read as the document writes it; nothing else of the request is red."""
    parts, clause, sentence = told
    found = red(sent(put, GOOD, **parts))
    assert list(found) == [clause]
    assert found[clause].startswith(sentence)


WRONG_BODIES: dict[str, tuple[Any, str, str]] = {
    "a required member left out": ({"tags": []}, "body/title", "sent without title (/title)"),
    "one of a member": (
        GOOD | {"author": {}},
        "body/author.name",
        "sent without author.name (/author/name)",
    ),
    "another type": (
        GOOD | {"title": 1},
        "body/title",
        'sent with title: 1 is not of type "string" (/title)',
    ),
    "null": (
        GOOD | {"title": None},
        "body/title",
        'sent with title: null is not of type "string" (/title)',
    ),
    "too long": (
        GOOD | {"title": "a" * 11},
        "body/title",
        'sent with title: "aaaaaaaaaaa" is longer than 10 characters (/title)',
    ),
    "an item of a list": (
        GOOD | {"tags": ["a", 2]},
        "body/tags[]",
        'sent with tags[]: 2 is not of type "string" (/tags/1)',
    ),
    "two items alike": (
        GOOD | {"tags": ["a", "a"]},
        "body/tags",
        "sent, and two items of `tags` are equal (uniqueItems) (/tags)",
    ),
    "a value of a map": (
        GOOD | {"labels": {"a/b": 1}},
        "body/labels.*",
        'sent with labels.*: 1 is not of type "string" (/labels/a~1b)',
    ),
    "the whole": ([], "body", 'sent with the body: [] is not of type "object"'),
    "a member where no other is allowed": (
        GOOD | {"closed": {"b": 1}},
        "body/closed",
        'sent with closed: no member "b" is allowed (/closed)',
    ),
    "a read-only member": (
        GOOD | {"made": "9"},
        "read-only/made",
        'sent with made "9", which is read-only (/made)',
    ),
    "a read-only member that answers must have": (
        GOOD | {"isbn": "9"},
        "read-only/isbn",
        'sent with isbn "9", which is read-only (/isbn)',
    ),
    "an undeclared member": (
        GOOD | {"author": {"name": "n", "age": 3}},
        "undeclared",
        "sent with author.age, which the document does not name",
    ),
}


@pytest.mark.parametrize("told", WRONG_BODIES.values(), ids=WRONG_BODIES)
def test_a_member_is_told_by_its_place_and_its_rule(
    put: Operation, told: tuple[Any, str, str]
) -> None:
    """The clause stands on the line of the member; the finding has path, pointer and rule."""
    body, clause, sentence = told
    found = red(sent(put, body))
    assert found == {clause: sentence}


def test_the_place_of_a_clause_is_the_line_of_its_member(put: Operation) -> None:
    """Who reads the failure finds the promise without a search."""
    lines = SHELF.splitlines()
    told = clauses_by_id(put)
    assert "title:" in lines[told["client/body/title"].place.line - 1]
    assert "X-Trace" in lines[told["client/header/X-Trace"].place.line - 1]
    assert "isbn:" in lines[told["client/read-only/isbn"].place.line - 1]


def test_what_was_redacted_is_no_wrong_value(put: Operation) -> None:
    """A secret is longer or shorter than what stands in its place."""
    assert judged("body/title", sent(put, GOOD | {"title": f"{REDACTED}s"})) == [KEPT]


def test_a_read_only_member_of_the_published_request_only_warns() -> None:
    """Whoever copies the document's own example is not to blame for it."""
    levels = {one.id: one.level for one in clauses.derive_for_clients(confluent())}
    assert levels["client/read-only/metadata"] is Level.SHOULD


def test_a_read_only_member_that_is_listed_as_required_only_warns(put: Operation) -> None:
    """A generated client cannot leave it out: its generator took `required` at its word."""
    told = clauses_by_id(put)
    assert told["client/read-only/isbn"].level is Level.SHOULD
    assert told["client/read-only/made"].level is Level.MUST
    assert judged("body/isbn", sent(put, GOOD)) == [SILENT]


def test_bodies_are_judged_by_their_media_type(put: Operation) -> None:
    """Missing, of another type, without a type, in another documented one, and malformed."""
    assert red(sent(put)) == {"body-sent": "sent without the body that is required"}
    as_form = sent(put, raw=b"title=a", headers=(("Content-Type", "x/y; a=b"), KEY))
    assert list(red(as_form)) == ["media-type"]
    assert list(red(sent(put, GOOD, headers=(KEY,)))) == ["media-type/told"]
    as_text = sent(put, raw=b"anything", headers=(("content-type", "text/plain"), KEY))
    assert red(as_text) == {}
    merged = (("Content-Type", "application/merge-patch+json"), KEY)
    assert red(sent(put, {"title": None}, headers=merged)) == {}
    assert list(red(sent(put, {"title": 1}, headers=merged))) == [
        "body/title/application/merge-patch+json"
    ]
    for raw in (b'{"title": "a",}', b"\xff", b'{"title": "a", "title": "b"}', b'{"title": NaN}'):
        assert list(red(sent(put, raw=raw))) == ["json"]


def test_a_body_in_a_coding_is_told_as_that(put: Operation) -> None:
    """Its bytes are no JSON, and that is not the reason."""
    coded = (TYPED, KEY, ("content-encoding", "gzip"))
    told = red(sent(put, raw=b"\x1f\x8b", headers=coded))["json"]
    assert told.endswith("it is in the coding gzip, which the document does not name")
    plain = (TYPED, KEY, ("content-encoding", "identity"))
    assert red(sent(put, raw=b"\xff", headers=plain))["json"].endswith("byte 0 is not UTF-8")


def test_a_body_that_nobody_asked_for_is_a_warning(get: Operation) -> None:
    """HTTP gives it no meaning, and many a front drops it."""
    assert clauses_by_id(get)["client/no-body"].level is Level.SHOULD
    assert judged("no-body", sent(get, query=()), sent(get, raw=b"{}", query=())) == [KEPT, BROKEN]


CREDENTIALS: dict[str, tuple[dict[str, Any], str]] = {
    "both of a pair": ({}, KEPT),
    "half a pair": ({"query": QUERY[:1]}, BROKEN),
    "none": ({"headers": (TYPED,), "query": QUERY[:1]}, BROKEN),
    "an empty one": ({"headers": (TYPED, ("X-Key", ""))}, BROKEN),
    "a cookie": ({"headers": (TYPED,), "cookies": (("visit", REDACTED),)}, KEPT),
    "a token": ({"headers": (TYPED, ("authorization", f"bearer {REDACTED}"))}, KEPT),
    "a token that was never set": (
        {"headers": (TYPED, ("Authorization", "Bearer undefined"))},
        BROKEN,
    ),
    "a token twice": ({"headers": (TYPED, ("Authorization", "Bearer Bearer abc"))}, BROKEN),
    "a token, whatever it is": ({"headers": (TYPED, ("Authorization", "Bearer a:b=c"))}, KEPT),
    "another scheme": ({"headers": (TYPED, ("Authorization", f"Basic {REDACTED}"))}, BROKEN),
    "redacted as a whole": ({"headers": (TYPED, ("Authorization", REDACTED))}, KEPT),
}


@pytest.mark.parametrize("told", CREDENTIALS.values(), ids=CREDENTIALS)
def test_one_alternative_of_credentials_is_whole(
    put: Operation, told: tuple[dict[str, Any], str]
) -> None:
    """What is redacted is there; what a program without credentials sends is not."""
    parts, said = told
    assert judged("credentials", sent(put, GOOD, **parts)) == [said]


BASIC: dict[str, bool] = {
    "bWU6c2VjcmV0": False,  # me:secret
    "bWU6": False,  # no password is one, too
    "w6k6czpjOnJldA==": False,  # colons in a password
    REDACTED: False,
    "DUMMY": False,  # of a recorder that takes secrets out by its own word
    "***": False,
    "me:secret": True,
    "bWVzZWNyZXQ=": True,  # mesecret
    "not a credential": True,
    MALFORMED: True,
}


@pytest.mark.parametrize("credential", BASIC)
def test_a_basic_credential_is_a_name_and_a_password_in_base64(credential: str) -> None:
    """What was hidden before it came is no mistake; what surely is none is told, and stays hidden."""
    headers = (TYPED, ("Authorization", f"Basic {credential}"))
    told = red(sent(confluent(), {}, headers=headers, query=(), parameters={"id": "ak-1"}))
    expected = "sent with an Authorization that is not as its scheme has it"
    assert told == ({"credentials": expected} if BASIC[credential] else {})


FORM = """
openapi: 3.1.0
info: {title: Form, version: '1'}
paths:
  /login:
    post:
      operationId: login
      requestBody:
        required: true
        content:
          MEDIA_TYPE:
            schema:
              type: object
              required: [user, age]
              additionalProperties: false
              properties:
                user: {type: string, maxLength: 5}
                age: {type: integer}
                keep: {type: boolean}
                sizes: {type: array, items: {type: integer}}
                meta: {type: object, properties: {a: {type: integer}}}
                file: {type: string, format: binary, maxLength: 1}
      responses: {'204': {description: in}}
"""
FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "as documented": ("user=%C3%A9+b&age=3&keep=true&sizes=1&sizes=2", {}),
    "with what can be written in several ways": (
        "user=a&age=3&sizes=1,2&meta[a]=x&meta=%7B%7D",
        {},
    ),
    "without a member": ("user=a", {"body/age": "sent without age (/age)"}),
    "no number": (
        "user=a&age=three",
        {"body/age": 'sent with age: "three" is not of type "integer" (/age)'},
    ),
    "a truth value of Python": (
        "user=a&age=3&keep=True",
        {"body/keep": 'sent with keep: "True" is not of type "boolean" (/keep)'},
    ),
    "too long": (
        "user=abcdef&age=3",
        {"body/user": 'sent with user: "abcdef" is longer than 5 characters (/user)'},
    ),
    "no form": ("user=%ff", {}),
}


@pytest.mark.parametrize("told", FORMS.values(), ids=FORMS)
def test_a_form_is_judged_by_its_members(told: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    """As far as its values can be told."""
    media_type = "application/x-www-form-urlencoded"
    operation = form_of(media_type, tmp_path)
    body, expected = told
    headers = (("Content-Type", media_type),)
    assert red(sent(operation, raw=body.encode(), headers=headers, query=())) == expected


def form_of(media_type: str, folder: Path) -> Operation:
    """Return the operation of the document above."""
    path = folder / "form.yaml"
    path.write_text(FORM.replace("MEDIA_TYPE", media_type), encoding="utf-8")
    [operation] = documents.read_document(path).operations
    return operation


def test_parts_are_judged_by_their_members(tmp_path: Path) -> None:
    """Of a file it is seen that it came."""
    operation = form_of("multipart/form-data", tmp_path)
    headers = (("Content-Type", "multipart/form-data; boundary=b"),)

    def told_of(**parts: str) -> dict[str, str]:
        disposition = 'Content-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join("--b\r\n" + disposition.format(*part) for part in parts.items())
        whole = body.replace('name="file"', 'name="file"; filename="f"') + "--b--\r\n"
        return red(sent(operation, raw=whole.encode(), headers=headers, query=()))

    assert told_of(user="a", age="3", file="a whole file", sizes="1") == {}
    assert told_of(user="a", file="a") == {"body/age": "sent without age (/age)"}
    assert list(told_of(user="a", age="3", more="x")) == ["body"]


def test_parts_are_told_apart_by_a_boundary(tmp_path: Path) -> None:
    """A Content-Type that was set by hand has none, and nobody can read the body."""
    operation = form_of("multipart/form-data", tmp_path)
    part = 'Content-Disposition: form-data; name="{}"\r\n\r\n1\r\n'
    body = "".join(f"--a\r\n{part.format(name)}" for name in ("user", "age")) + "--a--\r\n"

    def told_of(media_type: str) -> dict[str, str]:
        headers = (("Content-Type", media_type),)
        return red(sent(operation, raw=body.encode(), headers=headers, query=()))

    assert told_of('multipart/form-data; charset=utf-8; BOUNDARY="a"') == {}
    assert told_of("multipart/form-data;boundary=a") == {}
    without = {"media-type": "sent in parts without the boundary that parts them"}
    assert told_of("multipart/form-data") == without
    assert told_of("multipart/form-data; boundary=") == without


def test_no_credentials_are_asked_for_where_none_are_documented(get: Operation) -> None:
    """A document without security has no such clause."""
    assert "client/credentials" not in clauses_by_id(get)


def test_an_undeclared_request_is_told_with_the_nearest(put: Operation) -> None:
    """Nothing else is said of it: nobody knows what it had to be."""
    asked = replace(put, method="DELETE", path="/shelves/1/book/2")
    about = Subject(SubjectKind.UNDECLARED_REQUEST)
    exchange = replace(sent(put, subject=about, status=404))
    exchange = replace(exchange, case=replace(exchange.case, operation=asked))
    told = {id: list(clause.judge([exchange])) for id, clause in clauses_by_id(put).items()}
    assert [id for id, evidence in told.items() if evidence] == ["client/declared"]
    [evidence] = told["client/declared"]
    assert evidence.finding is not None
    assert finding_sentence(evidence.finding) == (
        "DELETE /shelves/1/book/2 is not declared; the nearest is PUT /shelves/{shelf}/books/{book}"
    )


def refused(operation: Operation, at: float, wait: str = "3", **parts: Any) -> Exchange:
    """Return a 429 that asks to wait."""
    return sent(operation, at=at, status=429, answered={"Retry-After": wait}, **parts)


def test_nothing_is_sent_before_the_wait_is_over(put: Operation) -> None:
    """Too early, on time, by a timer that is a little early, with other credentials, on its way."""
    assert judged("retry-after", refused(put, 0), sent(put, at=1)) == [SILENT, BROKEN]
    assert judged("retry-after", refused(put, 0), sent(put, at=3.01)) == [SILENT, KEPT]
    assert judged("retry-after", refused(put, 0), sent(put, at=2.95)) == [SILENT, KEPT]
    others = sent(put, at=1, authority="others")
    assert judged("retry-after", refused(put, 0), others) == [SILENT, SILENT]
    assert judged("retry-after", refused(put, 0), sent(put, at=0.001)) == [SILENT, SILENT]
    assert judged("retry-after", refused(put, 0), sent(put, at=4), sent(put, at=4.5)) == [
        SILENT,
        KEPT,
        SILENT,
    ]
    assert judged("retry-after", sent(put), sent(put, at=1)) == [SILENT, SILENT]


def test_a_wait_that_only_http_knows_is_a_warning(put: Operation, get: Operation) -> None:
    """RFC 9110 says "ought to"; a document that names the header makes it a promise."""
    levels = [clauses_by_id(one)["client/retry-after"].level for one in (put, get, confluent())]
    assert levels == [Level.MUST, Level.SHOULD, Level.MUST]


def test_a_wait_may_be_a_date(put: Operation) -> None:
    """It is counted from the answer's own Date."""
    asked = sent(
        put,
        status=503,
        answered={
            "Retry-After": "Thu, 01 Jan 2026 00:00:30 GMT",
            "Date": "Thu, 01 Jan 2026 00:00:00 GMT",
        },
    )
    row: Sequence[Exchange] = (asked, sent(put, at=29), sent(put, at=31))
    assert judged("retry-after", *row) == [SILENT, BROKEN, KEPT]


def test_nothing_should_be_sent_with_none_left() -> None:
    """Remaining 0 says so before any refusal; a 429 that asks for another wait is obeyed by that."""
    key = confluent()
    none_left = quota_told(key, 0.0, 0, 30)
    row = (none_left, quota_told(key, 5.0, 99, 60), quota_told(key, 31.0, 99, 60))
    assert judged("none-left", *row) == [SILENT, BROKEN, KEPT]
    asking = quota_told(key, 0.0, 0, 30, 429, headers={"Retry-After": "3"})
    assert judged("none-left", asking, quota_told(key, 4.0, 99, 60)) == [SILENT, SILENT]
    assert judged("none-left", quota_told(key, 0.0, 1, 30), none_left) == [SILENT, SILENT]


def test_a_key_names_one_request(tmp_path: Path) -> None:
    """The same may be sent again, its members in another order; who else has the key is not asked."""
    written = SHELF.replace("X-Trace", "Idempotency-Key")
    (path := tmp_path / "keys.yaml").write_text(written, encoding="utf-8")
    operation = documents.read_document(path).operations[0]

    def keyed(body: Any, at: float, key: str = "abc", **more: Any) -> Exchange:
        headers = (TYPED, KEY, ("idempotency-key", key))
        return sent(operation, body, headers=headers, at=at, **more)

    reordered = dict(reversed(GOOD.items()))
    other = GOOD | {"title": "b"}
    again = (keyed(GOOD, 0), keyed(reordered, 1), keyed(other, 2, key="abd"))
    assert judged("idempotency-key", *again) == [KEPT, KEPT, KEPT]
    assert judged("idempotency-key", keyed(GOOD, 0), keyed(other, 1)) == [KEPT, BROKEN]
    elsewhere = keyed(GOOD, 1, parameters={"shelf": "2", "book": "b-1"})
    assert judged("idempotency-key", keyed(GOOD, 0), elsewhere) == [KEPT, BROKEN]
    anothers = keyed(other, 1, authority="another")
    assert judged("idempotency-key", keyed(GOOD, 0), anothers) == [KEPT, KEPT]
    assert clauses_by_id(operation)["client/idempotency-key"].level is Level.SHOULD


def test_ids_are_unique_and_need_no_run() -> None:
    """They are told like any others; none is one that a run would judge."""
    for operation in (confluent(), datadog()):
        own = [one.id for one in clauses.derive_for_clients(operation)]
        assert len(own) == len(set(own))
        assert all(id.startswith("client/") for id in own)
        assert not set(own) & {one.id for one in clauses.derive(operation)}
