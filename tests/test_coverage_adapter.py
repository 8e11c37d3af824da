"""Does the adapter still read schemathesis and Hypothesis, whose insides move between versions?"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis.internal import charmap
from judging import DOCUMENTS, document

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.cases import coverage, drawing, negative, strategies
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe, RunContext

if TYPE_CHECKING:
    from pathlib import Path


def context(name: str, **more: Any) -> RunContext:
    """Return what a run on loopback brings along."""
    _, operation = document(name)
    credentials: dict[str, dict[str, str]] = {}
    for alternative in operation.security:
        for scheme in alternative:
            given = {part: f"given-{part}" for part, _ in scheme.variables}
            credentials[scheme.name] = given
    return RunContext(operation.parameters, {}, credentials, **more)


def made(name: str, **more: Any) -> list[Case]:
    """Return the cases of the coverage probe."""
    return cases.of(Probe.COVERAGE, document(name)[1], context(name, **more))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schemathesis_breaks_every_typed_place(name: str) -> None:
    """Its coverage phase still yields allowed bodies, and wrong ones at each depth.

    An empty list would pass for nothing new.
    """
    _, operation = document(name)
    assert operation.request is not None
    schema = coverage.schema_sent(operation.request)
    bodies = strategies.coverage_bodies(schema, operation, None)
    assert {type(body) for body in bodies} >= {dict, list, str, int, bool, type(None)}
    assert len(bodies) > 20


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_it_adds_is_allowed_or_wrong_in_its_own_way(name: str) -> None:
    """No case is sent that the broken probe has already, and each promises one thing."""
    listed = {
        coverage.ways_wrong(case)
        for case in negative.listed_cases(document(name)[1], context(name))
    }
    added = made(name)
    assert any(case.expect is Expect.ACCEPTED for case in added)
    assert all(len(case.violations) < 2 for case in added)
    assert all(coverage.ways_wrong(case) not in listed for case in added if case.violations)


def test_nothing_is_made_up_where_another_system_checks() -> None:
    """Off loopback, its values would reach the live service."""
    assert made("datadog-confluent-cloud", made_up=False) == []


def test_a_configuration_of_the_users_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schemathesis.toml beside the tests is for schemathesis, not for the gate."""
    before = [case.body for case in made(DOCUMENTS[0])]
    (tmp_path / "schemathesis.toml").write_text('[generation]\nmode = "positive"\n')
    monkeypatch.chdir(tmp_path)
    assert [case.body for case in made(DOCUMENTS[0])] == before


def test_hypothesis_is_told_what_it_would_find_out() -> None:
    """The table of UTF-8 is the one that Hypothesis makes, in the form that this version wants."""
    wanted = inspect.signature(charmap.intervals_from_codec).return_annotation
    assert charmap.intervals_from_codec("utf-8") == strategies.UTF_8_FORMS[wanted]


def test_ctrl_c_behind_an_error_of_hypothesis_is_still_ctrl_c() -> None:
    """An interrupt is raised again where Hypothesis raises an `AssertionError` in its place.

    It does so where it is interrupted before a test of its own has a runner.
    """

    def hidden() -> None:
        try:
            raise KeyboardInterrupt
        finally:
            assert not "a runner"

    with pytest.raises(KeyboardInterrupt), drawing.isolated_hypothesis():
        hidden()
    with pytest.raises(AssertionError), drawing.isolated_hypothesis():
        assert not "interrupted"
