"""Do members that stand deep in a body share a clause, one for each object, and is each of them told?"""

from __future__ import annotations

import pytest
from exchanges import make_case, make_exchange
from services_of_depth import ROWS, THING, WRONG, WRONG_ITEM
from small_services import read

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.model.documents import Property, deep_members
from pytest_confluent_contracts.model.sources import SourceLocation
from pytest_confluent_contracts.report import run
from pytest_confluent_contracts.report.sentences import finding_sentence

PLACE = SourceLocation("things.yaml", 1)
[OPERATION] = read(ROWS[0].path).operations
CLAUSES = {clause.id: clause for clause in clauses.derive(OPERATION)}
HELD_BY = {
    "a": (False, "", "body/a"),
    "a.b.c.d": (False, "a.b.c", "body/a.b.c.d"),
    "a[].b.c[].d[]": (False, "a[].b.c[]", "body/a[].b.c[].d[]"),
    "a.b.c.d.e": (True, "a.b.c.d", "members/a.b.c.d"),
    "a.b.c.d.e[]": (True, "a.b.c.d", "members/a.b.c.d"),
    "a.b.c.d[].e.f": (True, "a.b.c.d[].e", "members/a.b.c.d[].e"),
    "": (False, "", "body"),
    "[]": (False, "", "body/[]"),
}


@pytest.mark.parametrize("path", HELD_BY)
def test_a_member_is_deep_from_its_fifth_name_on(path: str) -> None:
    """Items of lists are no names."""
    member = Property(path, {}, required=False, place=PLACE)
    assert (member.is_deep, member.schema_object, member.clause_name) == HELD_BY[path]


def test_the_bundled_documents_have_no_member_that_is_deep() -> None:
    """Each of their members keeps its own clause."""
    for path in documents.bundled_documents().values():
        for operation in documents.read_document(path).operations:
            bodies = [operation.request, *(response.content for response in operation.responses)]
            assert not any(deep_members(body.properties) for body in bodies if body)


def test_there_is_one_clause_an_object() -> None:
    """It stands for all members of the object, in answers and in requests."""
    deep = [id for id in CLAUSES if "members/" in id]
    returned = "update/sent-is-returned/members/a.b.c.d"
    assert deep == ["200/members/a.b.c.d", "request/members/a.b.c.d", returned]
    assert not [id for id in CLAUSES if "a.b.c.d." in id]
    promise = CLAUSES["200/members/a.b.c.d"].promise
    assert promise == "the members of a.b.c.d are as documented: name, size, tags, tags[]"


TOLD: dict[str, tuple[object, list[str]]] = {
    "as documented": (THING, ["kept"]),
    "none of them there": ({"a": {}}, []),
    "one wrong": (WRONG, ['200 answered with a.b.c.d: a.b.c.d.size: "large" is not of type "integer"']),
    "an item wrong": (WRONG_ITEM, ['200 answered with a.b.c.d: a.b.c.d.tags[]: 7 is not of type "string"']),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_each_member_that_is_wrong_is_told(name: str) -> None:
    """The finding lists the members that are wrong; where none came there is no evidence."""
    body, told = TOLD[name]
    exchange = make_exchange(make_case(OPERATION, {}), 200, body)
    evidence = CLAUSES["200/members/a.b.c.d"].judge([exchange])
    assert [finding_sentence(one.finding) if one.finding else "kept" for one in evidence] == told


def test_coverage_counts_them_by_their_clause() -> None:
    """The keywords of deep members are covered where the clause that they share was judged."""
    described = run.describe_document(read(ROWS[0].path))
    keywords = described["operations"][0]["keywords"]
    assert "200/members/a.b.c.d type" in keywords
    assert "request/members/a.b.c.d minLength" in keywords
