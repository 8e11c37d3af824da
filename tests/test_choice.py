"""Does `--contract-operation` choose what is held, and does a budget go to listed cases first?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import confluent
from running import ROOT, THINGS, Run, gate

from pytest_confluent_contracts.cases.plan import EVERY_PROBE, plan_within
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.plugin.choice import checked_patterns, is_chosen

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Named:
    """An operation as far as a pattern sees it."""

    id: str
    method: str = "PATCH"
    path: str = "/things/{id}"


THING: Any = Named("updateThing")
OTHER: Any = Named("updateOther", path="/others/{id}/[a]")

QUICK = RunContext((("id", "ak-12345"),), {}, {}, max_examples=20)

CHOSEN = {
    "nothing is asked for": ((), (True, True)),
    "one by its name": (("updateThing",), (True, False)),
    "one by its method and path": (("PATCH /things/{id}",), (True, False)),
    "brackets stand for themselves": (("PATCH /others/{id}/[a]",), (False, True)),
    "a wildcard": (("update*",), (True, True)),
    "a wildcard of paths": (("PATCH /others/*",), (False, True)),
    "a part is not enough": (("update",), (False, False)),
    "the case counts": (("updatething",), (False, False)),
    "two patterns": (("updateThing", "*Other"), (True, True)),
    "one left out": (("!updateThing",), (False, True)),
    "chosen and left out": (("update*", "!*Thing"), (False, True)),
    "left out, whatever chooses it behind": (("!*Thing", "updateThing"), (False, False)),
}


@pytest.mark.parametrize("name", CHOSEN)
def test_patterns_choose_operations(name: str) -> None:
    """They are matched against the name and against method and path."""
    patterns, expected = CHOSEN[name]
    assert (is_chosen(THING, patterns), is_chosen(OTHER, patterns)) == expected


@pytest.mark.parametrize("given", [("nonesuch",), ("!nonesuch",), ("update*", "!*"), ("!*Thing", "updateThing")])  # fmt: skip
def test_a_pattern_that_matches_nothing_is_an_error(given: tuple[str, ...]) -> None:
    """So is one that leaves nothing to hold."""
    with pytest.raises(ContractError, match=r"--contract-operation=.*no operation"):
        list(checked_patterns(given, [THING, OTHER]))


def test_only_the_chosen_operations_are_collected(tmp_path: Path) -> None:
    """By option and by its ini twin; what is not chosen has no test."""
    other = THINGS.partition("paths:\n")[2].replace("/things/", "/others/")
    (tmp_path / "things.yaml").write_text(THINGS + other, encoding="utf-8")
    (tmp_path / "pytest.toml").write_text('[pytest]\ncontract_operation = ["PATCH /others/*"]\n', encoding="utf-8")  # fmt: skip
    options = ("--contract-target=mock", "--contract-spec=things.yaml", "--co", "-q")
    by_ini = gate(tmp_path, *options).out
    by_option = gate(tmp_path, *options, "--contract-operation=!PATCH /others/*").out
    assert ("patch /others/{id}" in by_ini, "patch /things/{id}" in by_ini) == (True, False)
    assert ("patch /others/{id}" in by_option, "patch /things/{id}" in by_option) == (False, True)


@cache
def planned(budget: int | None) -> list[tuple[str, bytes | None]]:
    """Return what is sent of *Update an API Key* within *budget*."""
    plan = plan_within(budget, confluent(), QUICK, EVERY_PROBE, {})
    return [(case.title, case.body) for case in plan.every_case()]


def test_a_budget_that_suffices_changes_nothing() -> None:
    """The plan is the same with it and without one."""
    assert planned(None) == planned(1000)


def test_a_smaller_budget_is_spent_on_listed_cases_first() -> None:
    """Generated bodies are as many as it pays for, and then all the listed cases are among the rest."""
    without = plan_within(None, confluent(), replace(QUICK, max_examples=0), EVERY_PROBE, {})
    listed = [(case.title, case.body) for case in without.every_case()]
    whole = planned(None)
    between = planned(without.size + 5)
    assert len(listed) < len(between) <= len(listed) + 5 < len(whole)
    assert set(listed) <= set(between)


def run_of_shop(folder: Path, *options: str) -> Run:
    """Return a run of the embedded service of a whole API."""
    (folder / "shop.yaml").write_bytes((ROOT / "tests" / "apis" / "shop.yaml").read_bytes())
    mocked = ("--contract-target=mock", "--contract-spec=shop.yaml", "--contract-max-examples=1")
    return gate(folder, *mocked, *options)


def test_what_nobody_makes_is_not_deleted(tmp_path: Path) -> None:
    """A deletion without its create is not exercised, and says why."""
    chosen = ("--contract-operation=deleteCart", "-k", "answered or lifecycle", "-rs")
    run = run_of_shop(tmp_path, *chosen)
    assert (run.code, run.red) == (0, set()), run.everything
    assert "leaves out createCart" in run.out.replace("\n", " ").replace("  ", " ")


def test_what_is_made_in_the_embedded_service_needs_no_end(tmp_path: Path) -> None:
    """A create without its deletion is held there: nothing stays when the process ends."""
    chosen = ("--contract-operation=createCart", "-k", "request/accepted")
    run = run_of_shop(tmp_path, *chosen)
    assert (run.code, set(run.verdicts.values())) == (0, {"kept"}), run.everything


def test_what_one_clause_of_a_create_makes_is_deleted(tmp_path: Path) -> None:
    """Its deletion is opened with it, though no clause on that was chosen."""
    run = run_of_shop(tmp_path, "-k", "createCart and request/accepted")
    assert (run.code, "not put back" in run.out) == (0, False), run.everything
    assert set(run.verdicts.values()) == {"kept"}
