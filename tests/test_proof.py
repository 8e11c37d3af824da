"""Does the proof bite? With any one check taken out, it must say which mutation is no longer noticed."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

import pytest
from judging import DOCUMENTS, document
from running import ROOT, gate

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.double import mutations
from pytest_confluent_contracts.double.proving import MutationTester, is_on_life
from pytest_confluent_contracts.model.clauses import Aspect, Evidence, Ruling, Verdict
from pytest_confluent_contracts.report import record

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.clauses import Judge
    from pytest_confluent_contracts.model.documents import Operation

MUTATIONS_AT_LEAST = 200


@lru_cache
def shared_tester(name: str) -> MutationTester:
    """Return the tester of a document; its requests are made once."""
    return MutationTester(document(name)[1], seed=0, max_examples=20)


@lru_cache
def told_alone(name: str) -> dict[str, str]:
    """Return a mutation for each clause that has one of its own, which no other clause is named for."""
    own: dict[str, str] = {}
    for mutation in shared_tester(name).mutations.values():
        named = shared_tester(name).named_clauses(mutation)
        if len(named) == 1:
            own.setdefault(named[0].id, mutation.name)
    return own


def sampled() -> list[tuple[str, str]]:
    """Return one clause of each kind, with its document: alike but for the member that they are about."""
    kinds: dict[tuple[object, ...], tuple[str, str]] = {}
    for name in DOCUMENTS:
        for clause in told_alone(name):
            parts = clause.split("/")
            kind = (
                parts[0],
                parts[1] if len(parts) > 1 else "",
                parts[-1] if parts[0] == "request" else len(parts),
            )
            kinds.setdefault(kind, (name, clause))
    return list(kinds.values())


def lenient(judge: Judge) -> Judge:
    """Return a judge that sees the same evidence and finds nothing in it."""
    return lambda exchanges: [Evidence(item.exchange) for item in judge(exchanges)]


CASES = sampled()


@pytest.mark.parametrize(
    ("name", "clause"), CASES, ids=[f"{name}-{clause}" for name, clause in CASES]
)
def test_a_check_that_is_taken_out_is_missed(
    name: str, clause: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its judge silenced, the clause's mutation is not noticed; with its judge, it is."""
    mutation, tried = told_alone(name)[clause], shared_tester(name)
    assert tried.try_mutation(mutation).complaint == ""
    blind = tuple(
        replace(one, judge=lenient(one.judge)) if one.id == clause else one for one in tried.clauses
    )
    monkeypatch.setattr(tried, "clauses", blind)
    told = tried.try_mutation(mutation).complaint
    assert told.startswith(f"survived: {mutation}")
    assert clause in told


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_clause_that_can_be_provoked_has_a_fault(name: str) -> None:
    """Only what no request can bring about is left without one: a conflict, and a network in between."""
    assert set(shared_tester(name).uncovered()) <= {"409/header/Location", "answered/at-once"}


# A network in between, a conflict, and an address of which nobody knows whether it is a path's.
NEVER_PROVOKED = ("answered/at-once", "409/header/Location", "*/escaped-path")
# What one operation does not show, though another of its document does: it has few answers, it is
# not asked again and again, it has no body that could be wrong, or its caller chooses the id.
UNSHOWN: dict[str, tuple[str, ...]] = {
    "GET": (
        *("wire/same-on-every-connection", "error/source*"),
        # Ids and tokens, of which the document shows none, and any text may be one.
        *("parameters/query/spec.*", "parameters/query/page_token/*"),
    ),
    "POST": ("lifecycle/ids-not-reused",),
    "PATCH": (),
    "DELETE": (
        *("429/*", "request/form/*", "request/unknown-id/*", "error/source*", "rate-limit/429-*"),
        *("rate-limit/enforced", "rate-limit/*-honest", "rate-limit/*-exact"),
        *("rate-limit/reset-moves", "rate-limit/window-as-told", "rate-limit/*-on-429"),
        *("rate-limit/*-before-reset", "rate-limit/reset-counts-down"),
        *("rate-limit/remaining-counts-down", "rate-limit/reset-relative"),
        *("security/first/*", "security/*/accepted"),
    ),
}
BUNDLED = [documents.read_document(documents.find_document(name)) for name in DOCUMENTS]
OPERATIONS = [operation for read in BUNDLED for operation in read.operations]


def no_lives(_: object) -> Any:
    """Lead nobody: who asks for names alone needs no life."""


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_every_clause_of_every_operation_has_a_mutation(operation: Operation) -> None:
    """Of reads, creates and deletes too: what none covers is known, with its reason."""
    tester = MutationTester(operation, seed=0, max_examples=0, make_lives=no_lives)
    unshown = (*NEVER_PROVOKED, *UNSHOWN[operation.method])
    uncovered = tester.uncovered()
    assert [id for id in uncovered if not any(map(partial(fnmatchcase, id), unshown))] == []


def test_the_life_of_a_resource_is_broken_in_many_ways() -> None:
    """Two hundred of the mutations of both documents break a clause on a life alone."""
    found = 0
    for operation in OPERATIONS:
        tester = MutationTester(operation, seed=0, max_examples=0, make_lives=no_lives)
        named = map(tester.named_clauses, tester.mutations.values())
        found += sum(all(map(is_on_life, clauses)) for clauses in named)
    assert found >= MUTATIONS_AT_LEAST


def test_there_are_enough_faults() -> None:
    """The proof is broad, and every mutation names a clause."""
    count, naming_none = 0, []
    for name in DOCUMENTS:
        for mutation in shared_tester(name).mutations.values():
            count += 1
            if not shared_tester(name).named_clauses(mutation):
                naming_none.append(mutation.name)
    assert count >= MUTATIONS_AT_LEAST
    assert naming_none == []


@pytest.mark.parametrize("option", ["--contract-prove", "--contract-prove=matrix"])
def test_the_option_prints_the_result_and_exits_green(tmp_path: Path, option: str) -> None:
    """``--contract-prove`` kills every mutation of the clauses asked for, raises no false alarm, and says so."""
    run = gate(
        tmp_path,
        "--contract-target=mock",
        option,
        "-k",
        "X-RateLimit-Limit or unknown",
        "--contract-max-examples=10",
        "-n",
        "2",
    )
    assert run.code == 0, run.out
    assert "mutations killed (100.0 %)" in run.out
    beside = "red beside the clause that a mutation names" in run.out
    assert beside == option.endswith("matrix")


def test_a_missed_fault_turns_the_run_red(tmp_path: Path) -> None:
    """A gate without one of its rules exits 1 and names what it no longer notices."""
    (tmp_path / "conftest.py").write_text(
        "from pytest_confluent_contracts.clauses import rate_limit\n"
        "rate_limit._look_whether_storable = lambda exchange: rate_limit.KEPT\n"
    )
    run = gate(
        tmp_path,
        "--contract-target=mock",
        "--contract-prove",
        "-k",
        "stored or no_fault or letters",
        "--contract-max-examples=10",
    )
    assert run.code == 1, run.out
    assert "survived: 429 may be stored; it breaks rate-limit/429-not-storable" in run.out


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_two_faults_have_one_name(name: str) -> None:
    """A fault is chosen, and told in the matrix, by its name alone: one line of plain text."""
    names = [fault.name for fault in mutations.derive(document(name)[1])]
    assert [one for one, count in Counter(names).items() if count > 1] == []
    assert [one for one in names if not one.isprintable()] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_clauses_are_data(name: str) -> None:
    """Each is named once, stands on a line of the document, and crosses to another process as it is."""
    found = clauses.derive(document(name)[1])
    assert len({clause.id for clause in found}) == len(found)
    lines = (ROOT / found[0].place.file).read_text(encoding="utf-8").splitlines()
    for clause in found:
        assert clause.promise, clause.id
        assert clause.promise.isprintable(), clause.id
        assert lines[clause.place.line - 1].strip(), clause.id
        unheard = Ruling(clause, name, "", Verdict.NOT_EXERCISED, missing=clause.explain([]))
        told = record.ruling_record(unheard)
        assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_topic_of_a_clause_tells_what_it_is_about(name: str) -> None:
    """Nobody need take an id apart: the part of an answer or of a request that a clause looks at is named beside it."""
    for clause in clauses.derive(document(name)[1]):
        topic = clause.topic
        of_all = clause.id in (f"{topic.status}/body", "request-id/unique")
        parts = {
            Aspect.MEMBER: topic.member,
            Aspect.HEADER: topic.header,
            Aspect.CONSTRAINT: topic.keyword,
        }
        assert parts.get(topic.aspect, "other") or of_all, clause.id
        named = (topic.status, topic.member, topic.header, topic.keyword)
        assert [part for part in named if part not in clause.id] == [] or of_all, clause.id


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_clause_but_on_the_document_itself_has_a_probe(name: str) -> None:
    """What needs nothing to be sent is an example of the document; all else says which requests would show it."""
    silent = [clause.id for clause in clauses.derive(document(name)[1]) if not clause.needs]
    assert [id for id in silent if not id.startswith("document/example/")] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_who_stops_at_the_first_red_clause_kills_the_same(name: str) -> None:
    """A mutation that is killed by part of a probe is killed by the whole."""
    tester = shared_tester(name)
    for mutation in list(tester.mutations)[::40]:
        early, full = tester.try_mutation(mutation), tester.try_mutation_in_full(mutation)
        assert bool(early.noticed) is bool(full.noticed) is True
        assert set(early.noticed) <= set(early.named) == set(full.named)
        assert early.beside is None


@pytest.mark.parametrize(
    ("given", "told"),
    [("true", "killed"), ("matrix", "red beside"), ("false", "kept"), ("some", "true, false or")],
)
def test_the_ini_twin_takes_the_mode(tmp_path: Path, given: str, told: str) -> None:
    """``contract_prove`` is switched on, off, or set to the whole matrix."""
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ncontract_prove = {given}\n")
    run = gate(
        tmp_path,
        "--contract-target=mock",
        "--contract-spec=datadog-confluent-cloud",
        "-k",
        "no_fault or letters or security",
        "--contract-max-examples=5",
    )
    assert told in run.everything
