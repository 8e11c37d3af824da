"""Are problems told as RFC 9457 has them, and is what comes closest to it left alone?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    ABSENT,
    BROKEN,
    KEPT,
    SILENT,
    clause_ids,
    clauses_of,
    confluent,
    make_case,
    make_exchange,
    operation_from,
    said,
)

if TYPE_CHECKING:
    from pathlib import Path

    from exchanges import Exchange, Operation

PROBLEM = "application/problem+json"
OWN = """\
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t-1}]
      requestBody:
        content: {application/json: {schema: {type: object, properties: {name: {type: string}}}}}
      responses:
        '200': {description: The thing.}
        '400':
          description: Wrong.
          content: {application/problem+json: {schema: {type: object}}}
"""


@pytest.fixture
def problems(tmp_path: Path) -> Operation:
    """Return an operation whose errors are problems."""
    return operation_from(OWN, tmp_path)


def told(
    operation: Operation, problem: Any, sent: Any = ABSENT, media_type: str = PROBLEM
) -> Exchange:
    """Return a 400 with *problem* to a request with the body *sent*."""
    return make_exchange(make_case(operation, sent), 400, problem, media_type=media_type)


def test_what_a_problem_is_warns_but_for_its_status(problems: Operation) -> None:
    """The generator must tell the status of the answer (RFC 9457 3.1.2); readers skip what is odd."""
    found = clauses_of(problems, "errors")
    levels = {id: str(one.level) for id, one in found.items() if "problem" in id}
    assert levels == {
        "error/problem-status": "MUST",
        "error/problem-members": "SHOULD",
        "error/problem-pointer": "SHOULD",
    }
    assert not [id for id in clause_ids(confluent()) if "problem" in id]


MEMBERS = {
    "a URI": ({"type": "https://things.example/wrong-name"}, KEPT),
    "a relative reference": ({"type": "/problems/wrong-name", "instance": "?at=7"}, KEPT),
    "the usual type": ({"type": "about:blank", "title": "Bad Request"}, KEPT),
    "a URN as instance": ({"instance": "urn:uuid:d9e35127-e9b1-4201-a211-2b52e52508df"}, KEPT),
    "no member at all": ({}, KEPT),
    "members of one's own": ({"code": 7, "errors": []}, KEPT),
    "null": ({"detail": None, "instance": None}, KEPT),
    "an empty type": ({"type": ""}, KEPT),
    "words as a type": ({"type": "wrong name"}, BROKEN),
    "a number as a type": ({"type": 400}, BROKEN),
    "brackets in an instance": ({"instance": "/things/[1]"}, BROKEN),
    "a list as detail": ({"detail": ["a", "b"]}, BROKEN),
    "an object as title": ({"title": {"en": "Wrong"}}, BROKEN),
    "a list of problems": ([{"type": 400}], SILENT),
}


@pytest.mark.parametrize("what", MEMBERS)
def test_members_are_what_the_rfc_has(problems: Operation, what: str) -> None:
    """RFC 9457 3.1: type and instance are URI references, title and detail are texts."""
    problem, expected = MEMBERS[what]
    row = [told(problems, problem), told(problems, {"type": 400}, media_type="application/json")]
    assert said(problems, "error/problem-members", *row) == [expected, SILENT]


POINTERS = {
    "a fragment": ("#/name", KEPT),
    "no fragment": ("/name", KEPT),
    "what is missing": ("#/color", KEPT),
    "the whole body": ("#", KEPT),
    "the whole body, no fragment": ("", KEPT),
    "an item": ("#/tags/0", KEPT),
    "the item behind the last": ("#/tags/-", KEPT),
    "an escaped name": ("#/a%20b~1c", KEPT),
    "dots": ("spec.name", BROKEN),
    "a fragment with dots": ("#spec.name", BROKEN),
    "inside what is not there": ("#/nowhere/at/all", BROKEN),
    "inside a text": ("#/name/first", BROKEN),
}
SENT = {"name": "x", "tags": ["a"], "a b/c": 1}


@pytest.mark.parametrize("what", POINTERS)
def test_pointers_lead_into_the_body(problems: Operation, what: str) -> None:
    """RFC 9457 3 shows them as fragments (RFC 6901 6); without the mark they are pointers, too."""
    pointer, expected = POINTERS[what]
    row = [
        told(problems, {"errors": [{"pointer": pointer}]}, SENT),
        told(problems, {"errors": [{"detail": "no"}]}, SENT),
    ]
    assert said(problems, "error/problem-pointer", *row) == [expected, SILENT]


def test_a_pointer_into_what_cannot_be_read_is_only_to_be_one(problems: Operation) -> None:
    """Nobody knows what stands in a body that is no JSON."""
    row = [told(problems, {"errors": [{"pointer": at}]}) for at in ("#/a/b/c", "a.b")]
    assert said(problems, "error/problem-pointer", *row) == [KEPT, BROKEN]


def test_members_of_the_rfc_are_declared_by_the_media_type(tmp_path: Path) -> None:
    """A document need not list them again; in plain JSON it must, and any other member, too."""
    listing = "schema: {type: object, properties: {title: {type: string}}}"
    own = operation_from(OWN.replace("schema: {type: object}}}\n", listing + "}}\n"), tmp_path)
    usual = {"title": "Wrong", "status": 400, "type": "about:blank", "instance": "/7"}
    assert said(own, "error/undeclared", told(own, usual)) == [KEPT]
    assert said(own, "error/undeclared", told(own, usual | {"hint": 1})) == [BROKEN]
