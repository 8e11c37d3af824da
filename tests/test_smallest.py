"""Is the request that shows a finding small, and is what comes now and then still a finding?"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from judging import document, judged
from other_service import Answer, OtherService

from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.cases.shrinking import shrink
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.report.sentences import seen_sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from other_service import Request

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.traffic import Case


def refusing(test: Callable[[Any], bool]) -> Callable[[Request, Answer], Answer]:
    """Return the tampering that refuses a body which passes *test*, in an envelope that is in order."""

    def tamper(request: Request, answer: Answer) -> Answer:
        if answer.status != 200 or not test(json.loads(request.body or b"{}")):
            return answer
        headers = [pair for pair in answer.headers if not pair[0].lower().startswith("x-ratelimit")]
        return replace(answer, status=400, headers=headers, payload={"errors": [{"status": "400"}]})

    return tamper


def accepted(name: str, test: Callable[[Any], bool]) -> Ruling:
    """Return the verdict that allowed bodies are accepted, of a service that refuses some."""
    with OtherService(tamper=refusing(test)) as service:
        found = judged(name, service.url, service.environment, only=["request/accepted"])[
            "request/accepted"
        ]
        assert not service.crashes
    return found


def smallest(ruling: Ruling) -> Any:
    """Return the JSON value of the smallest request that shows the finding."""
    assert ruling.verdict is Verdict.BROKEN
    assert ruling.exchange is not None
    return ruling.exchange.case.value


def spec(body: Any, member: str) -> Any:
    """Return a member of Confluent's ``spec``."""
    inner = body.get("spec") if isinstance(body, dict) else None
    return inner.get(member) if isinstance(inner, dict) else None


@pytest.mark.parametrize("length", [3, 33, 100, 300, 1000, 5000, 65_535])
def test_a_fault_of_a_length_is_shown_by_that_length(length: int) -> None:
    """A service that refuses more than N characters is shown one with N + 1, and nothing beside it."""
    ruling = accepted(
        "confluent-api-keys", lambda body: len(spec(body, "display_name") or "") > length
    )
    shown = smallest(ruling)
    assert list(shown) == ["spec"]
    assert list(shown["spec"]) == ["display_name"]
    assert len(shown["spec"]["display_name"]) == length + 1


def test_a_fault_of_one_property_is_shown_by_one_property() -> None:
    """What does not matter is not in the request."""
    shown = smallest(
        accepted("confluent-api-keys", lambda body: spec(body, "description") is not None)
    )
    assert shown == {"spec": {"description": ""}}


def test_a_fault_of_two_properties_is_shown_by_two() -> None:
    """What comes only together is shown together, each as small as can be."""
    both = accepted(
        "confluent-api-keys",
        lambda b: bool(spec(b, "description")) and bool(spec(b, "display_name")),
    )
    shown = smallest(both)
    assert set(shown["spec"]) == {"display_name", "description"}
    assert {len(text) for text in shown["spec"].values()} == {1}


def test_a_fault_of_one_character_is_shown_by_that_character() -> None:
    """The text around a character that matters is cut away."""
    shown = smallest(
        accepted("confluent-api-keys", lambda body: "\0" in (spec(body, "display_name") or ""))
    )
    assert shown == {"spec": {"display_name": "\0"}}


@pytest.mark.parametrize("count", [2, 10, 50, 1000])
def test_a_fault_of_a_list_is_shown_by_its_size(count: int) -> None:
    """A service that takes no more than N tags is shown N + 1, none of them longer than need be."""

    def many(body: Any) -> bool:
        return len(body["data"]["attributes"].get("tags") or ()) > count

    tags = smallest(accepted("datadog-confluent-cloud", many))["data"]["attributes"]["tags"]
    assert len(tags) == count + 1


@pytest.mark.parametrize("turn", [5, 7, 20])
def test_what_comes_every_nth_time_is_a_finding_with_its_count(turn: int) -> None:
    """An intermittent fault is broken, counted, and said not to have come again; Hypothesis calls nothing flaky."""
    turns = [0]

    def now_and_then(body: Any) -> bool:
        turns[0] += 1
        return turns[0] % turn == 0

    ruling = accepted("confluent-api-keys", now_and_then)
    assert ruling.verdict is Verdict.BROKEN
    assert ruling.against >= 2
    assert seen_sentence(ruling).startswith(f"{ruling.against} of {ruling.judged} answers")


def test_what_never_comes_again_is_still_a_finding() -> None:
    """Seen once, and not again in so many tries: it is told just so."""
    once = [0]

    def first_long_text(body: Any) -> bool:
        once[0] += len(spec(body, "display_name") or "") > 60
        return once[0] == 1 and len(spec(body, "display_name") or "") > 60

    ruling = accepted("confluent-api-keys", first_long_text)
    assert ruling.vain_tries > 0
    assert f"and not again in {ruling.vain_tries} tries" in seen_sentence(ruling)


def asked_to_shrink(clause: str, tamper: Callable[[Request, Answer], Answer]) -> list[bytes]:
    """Return the bodies that a service was sent because *clause* is broken, after those of the plan."""
    with OtherService(tamper=tamper) as service:
        judged("confluent-api-keys", service.url, service.environment, only={clause})
        bodies = [request.body for request in service.requests]
    with OtherService() as service:
        judged("confluent-api-keys", service.url, service.environment, only={clause})
        planned = len(service.requests)
    return bodies[planned:]


def forgetful(_: Request, answer: Answer) -> Answer:
    """Answer with another text than the one that was sent, where that has two letters or more."""
    spec = answer.payload.get("spec", {})
    if len(spec.get("description") or "") > 1:
        spec["description"] = spec["description"][::-1] + "!"
    return answer


BOUNDED = {
    "a promise on one answer": (
        "request/accepted",
        refusing(lambda body: len(spec(body, "description") or "") > 100),
    ),
    "a promise on what changes": ("update/sent-is-returned/spec.description", forgetful),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_a_finding_is_shrunk_with_at_most_120_requests(name: str) -> None:
    """The README says so; what is sent to know the state around an attempt is counted, too."""
    clause, tamper = BOUNDED[name]
    assert 0 < len(asked_to_shrink(clause, tamper)) <= 120


def test_one_finding_is_shrunk_by_the_same_requests_in_every_run() -> None:
    """A broken service is sent the same bytes for the same seed, those that shrink a finding among them."""
    clause, tamper = BOUNDED["a promise on one answer"]
    assert asked_to_shrink(clause, tamper) == asked_to_shrink(clause, tamper)


def planned_case() -> Case:
    """Return a case with a long text, of those that a run sends."""
    _, operation = document("confluent-api-keys")
    plan = make_plan(operation, RunContext(operation.parameters, {}, {}, max_examples=1))
    return max(plan.of(Probe.VALID).cases, key=lambda case: case.size)


def test_hypothesis_is_asked_no_more_than_it_may() -> None:
    """However long a body is, and however odd the answers are, a bounded number of cases is built."""
    asked: list[Case] = []

    def shows(case: Case) -> bool:
        asked.append(case)
        return hash(case.body) % 3 > 0

    shrink(planned_case(), shows, 50)
    assert 0 < len(asked) <= 50


def test_what_never_works_again_is_told_with_what_came_before() -> None:
    """A service that one request breaks for good: the smallest request shows it, and does not show why."""
    poisoned: list[Request] = []

    def poison(request: Request, answer: Answer) -> Answer:
        poisoned.extend([request] * (b"\\u0000" in request.body))
        if poisoned and answer.status == 200:
            answer.status, answer.payload = (
                500,
                {"errors": [{"id": str(len(poisoned)), "status": "500"}]},
            )
        return answer

    with OtherService(tamper=poison) as service:
        ruling = judged("confluent-api-keys", service.url, service.environment, only={"statuses"})[
            "statuses"
        ]
    told = seen_sentence(ruling)
    assert re.search(r"answers; what was fine before is broken since: spec.\w+ is NUL", told)
