"""Do the hooks change what they say, and is what they may not do told in one line?"""

from __future__ import annotations

import re
import shutil
import textwrap
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest import mock

import pytest
from exchanges import clause_of, confluent, make_case, make_exchange
from framework_applications import DOCUMENT
from leading import read_api
from running import gate
from test_sending import KEYED

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.double.mutations.altering import replace_step
from pytest_confluent_contracts.double.proving import Double, MutationTester
from pytest_confluent_contracts.double.service import Problem, Refused
from pytest_confluent_contracts.http.raised import TargetUnusable
from pytest_confluent_contracts.model.clauses import (
    Clause,
    FindingKind,
    Level,
    MissingKind,
    Verdict,
)
from pytest_confluent_contracts.model.own_clauses import own_clause
from pytest_confluent_contracts.model.page_links import FILTERED
from pytest_confluent_contracts.model.paths import value_at
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.plugin import asking, credentials
from pytest_confluent_contracts.plugin.lives import Lives
from pytest_confluent_contracts.plugin.settings import Settings
from pytest_confluent_contracts.run.sender import Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from running import Run

    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange

READ, UPDATE = documents.read_document(DOCUMENT, ()).operations


LONGEST_TAKEN = 60  # characters of a description


class Caller:
    """A hook, as pytest gives it to those who ask: *implementations* are asked in turn."""

    def __init__(self, *implementations: Callable[..., Any], first: bool = False) -> None:
        self._implementations, self._first = implementations, first

    def get_hookimpls(self) -> list[Any]:
        """Return those who implement it."""
        return [*self._implementations]

    def __call__(self, **given: Any) -> Any:
        """Return what they say, or what the first says that says something."""
        given.pop("config")
        said = [one for one in (ask(**given) for ask in self._implementations) if one is not None]
        if self._first:
            return said[0] if said else None
        return said


def asked(name: str, *implementations: Callable[..., Any], first: bool = False) -> pytest.Config:
    """Return the configuration of a run whose conftest implements the hook *name*."""
    hook = SimpleNamespace(**{name: Caller(*implementations, first=first)})
    return cast("pytest.Config", SimpleNamespace(hook=hook, stash=pytest.Stash()))


def answered(operation: Operation, status: int = 200, headers: Any = ()) -> Exchange:
    """Return an answer of *operation*."""
    return make_exchange(make_case(operation), status, {}, headers=headers)


# --- clauses ---------------------------------------------------------------------------------------------------------


def names_software(exchange: Any) -> str | None:
    """Return what is wrong with an answer that names its software."""
    name = exchange.header("X-Powered-By")
    return f"it runs on {name}" if name else None


def test_a_clause_of_ones_own_is_kept_and_broken() -> None:
    """By what its function returns: nothing, or what is wrong."""
    clause = own_clause(READ, "header/quiet", "no answer names software", names_software)
    quiet, loud = answered(READ), answered(READ, headers=(("X-Powered-By", "PHP/5"),))
    first, second = clause.judge([quiet, loud])
    assert (first.exchange, first.finding) == (quiet, None)
    assert second.finding is not None
    assert (second.finding.kind, second.finding.observed) == (FindingKind.OWN, "it runs on PHP/5")
    assert (clause.level, str(clause.place)) == (Level.MUST, str(READ.place))


def test_a_clause_of_ones_own_asks_for_no_life() -> None:
    """Nor for sequences, whose exchanges it does not judge; what it names itself is asked for."""
    usual = own_clause(READ, "a", "b", lambda _: None)
    assert usual.needs.isdisjoint({Probe.LIFE, Probe.SEQUENCES, Probe.THROTTLE})
    assert {Probe.EXAMPLES, Probe.PARAMETERS, Probe.UNKNOWN} < usual.needs
    lived = own_clause(READ, "a", "b", lambda _: None, needs=frozenset({Probe.LIFE}))
    assert lived.needs == {Probe.LIFE}


def test_a_clause_of_ones_own_may_be_about_a_few() -> None:
    """What it is not about is no evidence; nor is what was never answered, or answered later."""
    clause = own_clause(READ, "a", "b", lambda _: "wrong", of=lambda one: one.accepted)
    refused = answered(READ, status=404)
    unanswered = replace(answered(READ), failure="no answer", status=0)
    again = replace(answered(READ), superseded=True)
    assert list(clause.judge([refused, unanswered, again])) == []
    assert clause.explain([refused]).kind is MissingKind.NO_ANSWER_CONCERNED
    assert len(list(clause.judge([answered(READ)]))) == 1


@pytest.mark.parametrize("id", ["", "a b", "a::b", "/a", "a/", "a[0]"])
def test_an_id_is_one_that_can_be_typed(id: str) -> None:
    """A node id would be taken apart by it."""
    with pytest.raises(ContractError, match="no id of a clause"):
        own_clause(READ, id, "promise", lambda _: None)


def test_clauses_are_added_behind_the_others() -> None:
    """Of several hooks, all of them; a generator is as good as a list."""

    def first(operation: Operation) -> Iterator[Clause]:
        yield own_clause(operation, "a", "first", lambda _: None)

    def second(operation: Operation) -> list[Clause]:
        return [own_clause(operation, "b", "second", lambda _: None)]

    config = asked("pytest_contract_clauses", first, second, lambda operation: None)
    assert [one.id for one in asking.own_clauses(config, READ, [])] == ["a", "b"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["a clause"], "'a clause' is no Clause; own_clause makes one"),
        (
            [own_clause(READ, "same", "x", lambda _: None)] * 2,
            "readThing has a clause 'same' already; give it another id",
        ),
        (own_clause(READ, "a", "x", lambda _: None), "give a list of clauses, or yield each"),
        (7, "raised TypeError: 'int' object is not iterable"),
        ((1 / 0 for _ in "a"), "raised ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_clause_is_told(given: Any, told: str) -> None:
    """Nor may two have one id."""
    config = asked("pytest_contract_clauses", lambda operation: given)
    with pytest.raises(ContractError, match=told):
        list(asking.own_clauses(config, READ, []))


# --- credentials -----------------------------------------------------------------------------------------------------


@pytest.fixture
def keyed(tmp_path: Path) -> Operation:
    """Return an operation with a key."""
    (tmp_path / "keyed.yaml").write_text(KEYED, encoding="utf-8")
    [operation] = documents.read_document(tmp_path / "keyed.yaml", ()).operations
    return operation


def test_credentials_of_hooks_stand_by_scheme(keyed: Operation) -> None:
    """Who was registered last is asked first, and has the last word."""
    last = {"key": {"value": "last"}}
    config = asked(
        "pytest_contract_credentials",
        lambda operation: last,
        lambda operation: {"key": {"value": "a"}},
    )
    assert asking.hook_credentials(config, keyed) == last
    assert asking.hook_credentials(asked("pytest_contract_credentials"), keyed) == {}


def test_credentials_are_asked_for_once(keyed: Operation) -> None:
    """However many want to know: a plan, the redactor of a started service, the gate."""
    tokens = iter(("first", "second"))
    config = asked(
        "pytest_contract_credentials", lambda operation: {"key": {"value": next(tokens)}}
    )
    found = [asking.hook_credentials(config, keyed) for _ in range(2)]
    assert found == [{"key": {"value": "first"}}] * 2


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"token": {"value": "x"}}, "has no security scheme 'token'; it has key"),
        ({"key": {"username": "x"}}, "key has no part 'username'; it has value"),
        ({"key": "x"}, "give the parts of key by name: {'value': ...}"),
        ("x", "give a dict of schemes, and of each a dict of its parts"),
        ({"key": {"value": ""}}, "give each part of key as a text that is not empty"),
    ],
)
def test_credentials_that_nobody_asks_for_are_told(keyed: Operation, given: Any, told: str) -> None:
    """With those that are asked for."""
    config = asked("pytest_contract_credentials", lambda operation: given)
    with pytest.raises(TargetUnusable, match=re.escape(told)):
        asking.hook_credentials(config, keyed)


def test_a_hook_that_raises_is_told(keyed: Operation) -> None:
    """In one line, with its place."""

    def locked(operation: Operation) -> Any:
        told = "the vault\nis locked"
        raise OSError(told)

    config = asked("pytest_contract_credentials", locked)
    told = r"pytest_contract_credentials raised OSError: the vault is locked \(test_hooks.py:\d+"
    with pytest.raises(TargetUnusable, match=told):
        asking.hook_credentials(config, keyed)


def test_what_hooks_have_given_is_not_shown(keyed: Operation) -> None:
    """In what is told of somebody else's code; a hook that was not asked is not asked for that."""
    config = asked(
        "pytest_contract_credentials", lambda operation: {"key": {"value": "Right7Q2Mofa"}}
    )
    settings = Settings(target="http://localhost", documents=())
    with mock.patch.object(Settings, "operations", return_value=[keyed]):
        error = TargetUnusable("no room for Right7Q2Mofa")
        assert credentials.shown_complaint(config, settings, error) == str(error)
        asking.hook_credentials(config, keyed)
        assert credentials.shown_complaint(config, settings, error) == "no room for [redacted]"


# --- cases -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def case() -> Case:
    """Return a case."""
    return make_plan(READ, RunContext(READ.parameters, {}, {}, max_examples=1)).baseline


def test_a_case_is_left_changed_or_dropped(case: Case) -> None:
    """By None, another case, and False."""
    other = replace(case, title="another")
    for said, chosen in ((None, case), (other, other), (False, None)):
        config = asked("pytest_contract_case", lambda case, said=said: said, first=True)
        assert asking.case_chooser(config)(case) is chosen
    assert asking.case_chooser(asked("pytest_contract_case"))(case) is case


def test_what_is_no_case_is_told(case: Case) -> None:
    """Nor may it become one of another operation."""
    for said, told in ((7, "7 is no Case"), (replace(case, operation=UPDATE), "stays one of its")):
        config = asked("pytest_contract_case", lambda case, said=said: said, first=True)
        with pytest.raises(TargetUnusable, match=told):
            asking.case_chooser(config)(case)


def test_what_exhausts_the_limit_may_be_dropped() -> None:
    """It is asked about once, and told where a hook drops it."""
    asked_for: list[Case] = []

    def drop(case: Case) -> Case | None:
        asked_for.append(case)
        return None if case.probe is Probe.THROTTLE else case

    campaign = Double(confluent(), 0, 1).campaign(listener=Listener(chosen=drop))
    campaign.run(Probe.THROTTLE)
    assert [one for one in campaign.history if one.case.probe is Probe.THROTTLE] == []
    assert "a hook drops" in campaign.skipped[Probe.THROTTLE]
    assert [one.probe for one in asked_for] == [Probe.THROTTLE] * 2


@pytest.mark.parametrize("may_be_smaller", [True, False])
def test_a_smaller_case_that_a_hook_drops_is_not_sent(may_be_smaller: bool) -> None:
    """What a database cannot take must not come from making a finding smaller, either."""
    double = Double(confluent(), max_examples=8)
    planned = {case.body for case in double.plan.every_case()}
    choose = Listener(chosen=lambda case: case if case.body in planned or may_be_smaller else None)
    campaign = double.campaign_alone(refusing_descriptions, listener=choose)
    ruling = campaign.ruling(clause_of(confluent(), "request/accepted"))
    assert ruling.verdict is Verdict.BROKEN
    assert ruling.exchange is not None
    assert (ruling.exchange.case.body in planned) is not may_be_smaller
    assert ruling.vain_tries <= 1  # what was dropped is no attempt


def refusing_descriptions(service: Service) -> Service:
    """Refuse each body with a description of more than `LONGEST_TAKEN` characters."""

    def check(_: Service, inner: Any, body: Any) -> None:
        inner(body)
        if len(str(value_at(body, "spec.description"))) > LONGEST_TAKEN:
            raise Refused(Problem(422, "invalid", "too long"))

    return replace_step("check_body", check)(service)


def test_a_filtered_list_may_be_dropped() -> None:
    """Each of its requests shows something."""
    every = read_api("warehouse").operations
    [listing] = [one for one in every if one.id == "listSites"]
    double = MutationTester(listing, 0, 1, every, lives_of_warehouse).double
    drop = Listener(chosen=lambda case: None if case.subject.name == FILTERED else case)
    for listener, is_sent in ((Listener(), True), (drop, False)):
        scenario = double.scenario()
        assert scenario is not None
        scenario.sender.listener = listener
        scenario.run()
        assert any("region=" in one.url for one in scenario.history) is is_sent


def lives_of_warehouse(context_of: Callable[[Operation], RunContext]) -> Lives:
    """Return what leads the resources of the warehouse."""
    return Lives([read_api("warehouse")], context_of, lambda _: True, lambda *_: None)


# --- resources -------------------------------------------------------------------------------------------------------


def test_a_resource_is_set_up_once_and_taken_away() -> None:
    """For all operations of its path, and none where the hook has none."""
    noted: list[str] = []

    @contextmanager
    def thing(operation: Operation) -> Iterator[dict[str, str]]:
        noted.append("set up")
        yield {"id": "t-9"}
        noted.append("taken away")

    held = asking.HookResources(asked("pytest_contract_resource", thing, first=True))
    assert not held.serves(READ)
    assert held.parameters(READ) == held.parameters(UPDATE) == {"id": "t-9"}
    assert held.serves(READ)
    held.take_away()
    assert noted == ["set up", "taken away"]
    none = asking.HookResources(
        asked("pytest_contract_resource", lambda operation: None, first=True)
    )
    assert none.parameters(READ) == {}
    assert not none.serves(READ)


@contextmanager
def giving(parameters: Any) -> Iterator[Any]:
    """Give *parameters*."""
    yield parameters


@pytest.mark.parametrize("given", [7, giving({}), giving({"name": "x"}), giving({"id": ""})])
def test_what_is_no_resource_is_told(given: Any) -> None:
    """With what it must give."""
    held = asking.HookResources(
        asked("pytest_contract_resource", lambda operation: given, first=True)
    )
    with pytest.raises(TargetUnusable, match=r"parameters of the path|a text for each of id"):
        held.parameters(READ)


# --- whole runs ------------------------------------------------------------------------------------------------------


def held(folder: Path, conftest: str, *options: str) -> Run:
    """Run the gate on an application, with a conftest."""
    shutil.copy(DOCUMENT, folder)
    (folder / "shop.py").write_text(
        "from framework_applications import *\napp = flask_application(Things())\n"
    )
    (folder / "conftest.py").write_text(textwrap.dedent(conftest), encoding="utf-8")
    return gate(folder, "--contract-target=shop:app", "--contract-spec=things.yaml", *options)


OWN = """
    from pytest_confluent_contracts.model.own_clauses import own_clause

    def pytest_contract_clauses(config, operation):
        yield own_clause(operation, "body/short", "a body is short",
                         lambda one: "it is long" if len(one.text) > 9 else None)
"""


def test_a_clause_of_ones_own_is_waived(folder: Path) -> None:
    """As any other is, by its id; and it runs on a worker."""
    (folder / "waivers.toml").write_text(
        '[[waiver]]\nclause = "body/short"\nreason = "known"\nowner = "us"\n'
        f"expires = {date.today() + timedelta(days=9)}\n"
    )
    done = held(folder, OWN, "-k", "body/short", "--contract-waivers=waivers.toml", "-n", "2")
    assert done.code == 0, done.everything
    assert set(done.verdicts.values()) == {"waived"}
    assert len(done.verdicts) == 2


ELSEWHERE = """
    from dataclasses import replace

    def pytest_contract_case(config, case):
        return replace(case, parameters=(("id", "somebody-elses"),))
"""


def test_a_changed_case_leads_nowhere_else(folder: Path) -> None:
    """To no other resource than was planned: exit 4, and nothing is green for it."""
    done = held(folder, ELSEWHERE, "-k", "200/body/name")
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.everything
    assert "pytest_contract_case: /things/somebody-elses is not what was planned" in done.out
    assert "Traceback" not in done.everything


RAISING = """
    def pytest_contract_resource(config, operation):
        raise OSError("no database")
"""


def test_a_hook_that_raises_ends_the_run(folder: Path) -> None:
    """Exit 4, one line with the place, no traceback."""
    done = held(folder, RAISING)
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.everything
    assert "pytest_contract_resource raised OSError: no database (conftest.py:3" in done.out
    assert "Traceback" not in done.everything


LOCKED = """
    def pytest_contract_credentials(config, operation):
        raise OSError("the vault is locked")
"""


def test_a_plan_tells_of_a_hook_that_raises(folder: Path) -> None:
    """Exit 4, one line, no traceback."""
    done = held(folder, LOCKED, "--contract-plan")
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.everything
    assert "ERROR: pytest_contract_credentials raised OSError: the vault is locked" in done.err
    assert "Traceback" not in done.everything
