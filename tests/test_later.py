"""Is what was accepted with 202 waited for, and what is never done told?"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import httpx
import pytest
from judging import red, warned
from leading import Led, read_api
from print_service import KEY, TAKES_S, Prints

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.double.mutations.life_later import later_mutations
from pytest_confluent_contracts.double.proving import Double, MutationTester
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http.guard import Allowance, Guard, Refusal, Rules
from pytest_confluent_contracts.model.clauses import Family, Verdict
from pytest_confluent_contracts.plugin.lives import Lives
from pytest_confluent_contracts.run.later import LONGEST_PAUSE_S, LONGEST_S, PATIENT_FOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import RunContext

DONE = "createPrint::lifecycle/accepted-is-done"


@pytest.mark.parametrize("ends", ["link", "redirection"])
@pytest.mark.parametrize("retry_after", [None, 0, 2])
def test_what_is_done_later_is_waited_for(ends: str, retry_after: int | None) -> None:
    """Nothing is red or warned, no clause is left without evidence, and all that was made is gone."""
    service = Prints(ends, retry_after)
    led = Led(read_api("prints"), service, KEY)
    rulings = led.rulings()
    assert (red(rulings), warned(rulings)) == ({}, set())
    verdicts = {id: one.verdict for id, one in rulings.items() if "Print" in id}
    unkept = {id for id, one in verdicts.items() if one is not Verdict.KEPT}
    of_two = {id for id in unkept if id.endswith("hidden-from-others")}  # there is one principal
    assert unkept - of_two == {"createPrint::lifecycle/location-leads-there"}
    assert list(led.lives.clean_up()) == []
    assert set(service.ending) == set(service.prints)


def test_the_pause_grows_or_is_the_one_that_was_asked_for() -> None:
    """Without Retry-After each pause is longer than the one before; with it, none is shorter."""
    patient, asking = Prints(), Prints(retry_after=1)
    for service in (patient, asking):
        led = Led(read_api("prints"), service, KEY)
        led.scenario(led.document.resources[0]).holder()
    waits = [later - earlier for earlier, later in pairwise(patient.asked_at)]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert len(asking.asked_at) <= TAKES_S + 1


@pytest.mark.parametrize(
    ("url", "first_pause", "questions"),
    [("https://localhost", 0.01, 13), ("https://prints.example", 0.25, 10)],
)
def test_only_on_this_machine_is_somebody_asked_soon(
    url: str, first_pause: float, questions: int
) -> None:
    """Elsewhere the first question comes a while after the answer; both wait equally long."""
    service, endless = Prints(), Endless()
    for one in (service, endless):
        led = Led(read_api("prints"), one, KEY, url=url)
        led.scenario(led.document.resources[0]).holder()
    [made] = service.prints.values()
    assert service.asked_at[0] - (made["at"] - TAKES_S) == pytest.approx(first_pause)
    asked = [path for _, path in endless.requests if path.startswith("/jobs/")]
    assert len(asked) == questions
    assert LONGEST_S - LONGEST_PAUSE_S < endless.clock.now() - VirtualClock().now() < LONGEST_S + 1


def test_nobody_waits_for_each_of_many_that_never_end() -> None:
    """The end of the first few is waited for, and then looked for soon after each answer."""
    endless = Endless()
    led = Led(read_api("prints"), endless, KEY)
    led.rulings()
    made = sum(method == "POST" for method, _ in endless.requests)
    assert made > 2 * PATIENT_FOR
    waited = endless.clock.now() - VirtualClock().now()
    assert waited < PATIENT_FOR * LONGEST_S + made


def test_nothing_is_sent_elsewhere_and_nothing_deleted_but_what_was_made() -> None:
    """The host of the link is not followed; the id of a job is not taken for that of a print."""
    service = Prints()
    led = Led(read_api("prints"), service, KEY)
    led.rulings()
    assert list(led.lives.clean_up()) == []
    deleted = {path for method, path in service.requests if method == "DELETE"}
    assert deleted <= {f"/prints/{id}" for id in service.prints}
    assert {method for method, path in service.requests if path.startswith("/jobs/")} == {"GET"}


def test_what_somebody_else_created_and_did_not_wait_for_is_deleted_at_the_end() -> None:
    """A campaign takes a 202 for an answer: what it made is asked for when all is tidied up."""
    service = Prints()
    led = Led(read_api("prints"), service, KEY)
    scenario = led.scenario(led.document.resources[0])
    step = scenario.life.making("one")
    assert step is not None
    scenario.sender.send(step.case)
    assert (len(scenario.made.later), scenario.made.there) == (1, [])
    assert list(led.lives.clean_up()) == []
    assert set(service.ending) == set(service.prints) != set()


def test_what_is_never_told_is_named_at_the_end() -> None:
    """Whoever made it can look for it."""
    led = Led(read_api("prints"), Endless(), KEY)
    led.scenario(led.document.resources[0]).holder()
    assert [one for one in led.lives.clean_up() if "told no id" in one]


# --- prints that are wrong in one thing -----------------------------------------------------------


class Endless(Prints):
    """Never ends a job."""

    def job(self, id: str) -> httpx.Response:
        return httpx.Response(200, json={"id": id, "state": "running"})


class Failing(Prints):
    """Accepts what it does not do."""

    def job(self, id: str) -> httpx.Response:
        return httpx.Response(200, json={"id": id, "state": "failed"})


class Lost(Prints):
    """Leads to a job that nobody knows."""

    def make(self, request: httpx.Request) -> httpx.Response:
        answer = super().make(request)
        if answer.status_code == 202:
            answer.headers["Location"] = "/jobs/j-9999"
        return answer


class Hollow(Prints):
    """Says that a print is done, and has none."""

    def is_there(self, id: str) -> bool:
        return False


class Clinging(Prints):
    """Accepts a deletion, and keeps the print."""

    def is_there(self, id: str) -> bool:
        self.ending.pop(id, None)
        return super().is_there(id)


class Altering(Prints):
    """Makes another print than it accepted."""

    def make(self, request: httpx.Request) -> httpx.Response:
        answer = super().make(request)
        for one in self.prints.values():
            one["title"] = one["title"].upper() + "!"
        return answer


FAULTS: dict[type[Prints], str] = {
    Endless: "accepted-is-done",
    Failing: "accepted-is-done",
    Lost: "accepted-is-done",
    Hollow: "created-is-readable",
    Clinging: "deleted-is-gone",
    Altering: "created-equals-sent",
}


@pytest.mark.parametrize("faulty", FAULTS, ids=lambda one: one.__name__)
def test_what_is_wrong_with_it_is_told(faulty: type[Prints]) -> None:
    """By its clause; and where it is not done in time, by nothing else, since nothing was promised."""
    led = Led(read_api("prints"), faulty(), KEY)
    verdicts = {id.partition("::lifecycle/")[2]: one for id, one in led.rulings().items()}
    told = {
        id
        for id, one in verdicts.items()
        if one.verdict in (Verdict.BROKEN, Verdict.WARNED) and one.against
    }
    assert FAULTS[faulty] in told
    if FAULTS[faulty] == "accepted-is-done":
        assert told == {"accepted-is-done"}


# --- the embedded service -------------------------------------------------------------------------


def test_the_embedded_service_does_it_later_too() -> None:
    """Its creations are accepted, its jobs end, and its deletions are done a while after."""
    document = read_api("prints")
    create = next(one for one in document.operations if one.id == "createPrint")
    double = Double(create, 0, 1, list(document.operations), make_lives)
    scenario = double.scenario()
    assert scenario is not None
    rulings = {
        clause.id: scenario.ruling(create, clause)
        for clause in clauses.derive(create)
        if clause.family is Family.LIFECYCLE
    }
    assert (red(rulings), warned(rulings)) == ({}, set())
    assert rulings["lifecycle/accepted-is-done"].verdict is Verdict.KEPT
    assert rulings["lifecycle/created-is-readable"].verdict is Verdict.KEPT


def test_each_way_in_which_a_job_can_go_wrong_is_noticed() -> None:
    """By the clause that it breaks."""
    operations = read_api("prints").operations
    create = next(one for one in operations if one.id == "createPrint")
    breaker = MutationTester(create, 0, 1, list(operations), make_lives)
    assert [one.name for one in later_mutations() if breaker.try_mutation(one.name).complaint] == []


def test_only_a_read_of_the_run_is_let_out_where_an_answer_leads() -> None:
    """Neither what changes something, nor what is no operation of the run."""
    clock = VirtualClock()
    access = {("d", "delete"): Allowance("DELETE", queries=frozenset())}
    guard = Guard(Rules(frozenset({"https://h"})), access, clock, httpx.MockTransport(Prints()))
    for key in (("d", "delete"), ("d", "other")):
        with pytest.raises(Refusal):
            guard.admit_read(key, {key: Allowance("DELETE", frozenset({"/prints/p-2"}))})


def make_lives(context_of: Callable[[Operation], RunContext]) -> Lives:
    """Return what leads the resources of the prints."""
    return Lives([read_api("prints")], context_of, lambda _: True, lambda *_: None)
