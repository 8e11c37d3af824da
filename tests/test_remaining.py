"""Is a history let go when its last clause is ruled, not sooner, and does nobody miss it?"""

from __future__ import annotations

import gc
import weakref
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from judging import document
from leading import Led, read_api
from shop_service import KEY, Shop
from test_report_runs import EXAMPLES

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.double import proving
from pytest_confluent_contracts.model.traffic import Probe
from pytest_confluent_contracts.plugin.remaining import Remaining
from pytest_confluent_contracts.plugin.selection import clauses_asked_once

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Clause
    from pytest_confluent_contracts.model.documents import Operation


def test_an_operation_is_over_when_the_next_clause_is_asked_for() -> None:
    """Not before its last clause is ruled, and not as long as that one may be run once more."""
    (first, a), (second, b) = two_operations()
    remaining = Remaining([(first, a[:2]), (second, b[:1])])
    assert remaining.begin(first, a[0]) == []
    remaining.ruled(first, a[0])
    assert remaining.begin(first, a[1]) == []
    remaining.ruled(first, a[1])
    assert remaining.begin(first, a[1]) == [], "a failed test that is run once more"
    remaining.ruled(first, a[1])
    assert remaining.begin(second, b[0]) == [first]
    remaining.ruled(second, b[0])
    assert remaining.begin(first, a[0]) == [second], "each is told once"
    assert remaining.begin(second, b[0]) == []


def test_a_clause_that_is_chosen_twice_is_ruled_twice() -> None:
    """Plugins that repeat every test list it as often."""
    (first, a), (second, b) = two_operations()
    remaining = Remaining([(first, [a[0], a[0]]), (second, b[:1])])
    for _ in range(2):
        assert remaining.begin(second, b[0]) == []
        assert remaining.begin(first, a[0]) == []
        remaining.ruled(first, a[0])
    assert remaining.begin(second, b[0]) == [first]


def test_who_chose_nothing_lets_nothing_go() -> None:
    """A test of one's own may ask the gate for clauses of which no item was collected."""
    (first, a), (second, b) = two_operations()
    remaining = Remaining([])
    for operation, clause in ((first, a[0]), (second, b[0]), (first, a[0])):
        assert remaining.begin(operation, clause) == []
        remaining.ruled(operation, clause)


def test_nothing_is_let_go_where_a_test_of_ones_own_may_ask() -> None:
    """It may ask for any clause at any time; one that does not use the gate changes nothing."""
    (operation, judged), _ = two_operations()
    own: list[Any] = [
        SimpleNamespace(parent=SimpleNamespace(operation=operation), clause=judged[0])
    ]
    other: Any = SimpleNamespace(parent=None, fixturenames=["tmp_path"])
    asking: Any = SimpleNamespace(parent=None, fixturenames=["contract_settings", "contract_gate"])
    assert clauses_asked_once(own) == [(operation, judged[:1])]
    assert clauses_asked_once([*own, other]) == [(operation, judged[:1])]
    assert clauses_asked_once([*own, asking]) == []


def test_a_life_is_over_when_all_that_it_is_about_are() -> None:
    """Several operations share it."""
    shop = read_api("shop")
    about = [one for one in shop.operations if one.resource and one.resource.name == "carts"]
    chosen = [(one, clauses.derive(one)[:1]) for one in about]
    remaining = Remaining(chosen)
    assert about[0].resource is not None
    for operation, [clause] in chosen:
        assert not remaining.is_over(about[0].resource)
        remaining.begin(operation, clause)
        remaining.ruled(operation, clause)
    assert remaining.is_over(about[0].resource)


def two_operations() -> list[tuple[Operation, list[Clause]]]:
    """Return two operations, each with its clauses."""
    found = [document(name)[1] for name in ("confluent-api-keys", "datadog-confluent-cloud")]
    return [(one, list(clauses.derive(one))) for one in found]


# --- what is let go --------------------------------------------------------------------------------------------------


def test_nobody_keeps_what_a_campaign_lets_go() -> None:
    """No exchange is alive behind it, though every clause that judged it is."""
    _, operation = document("confluent-api-keys")
    campaign = proving.Double(operation, 0, EXAMPLES).campaign()
    judged = list(clauses.derive(operation))
    verdicts = [campaign.ruling(clause).verdict for clause in judged]
    alive = [weakref.ref(one) for one in campaign.history]
    was, sent = campaign.was, len(alive)
    campaign.let_go()
    gc.collect()
    assert sum(one() is not None for one in alive) == 0
    assert (campaign.was, campaign.history, campaign.plan.probes) == (was, [], ())
    again = campaign.sender.send(campaign.plan.baseline)
    assert again.serial == sent, "what comes is numbered on"
    assert len(verdicts) == len(judged)


def test_what_was_there_is_put_back_all_the_same() -> None:
    """What has to be written at the end is kept, though the campaign is begun anew."""
    _, operation = document("confluent-api-keys")
    double = proving.Double(operation, 0, EXAMPLES)
    campaign = double.campaign()
    campaign.run(Probe.EXAMPLES)
    was = campaign.was
    assert was
    campaign.let_go()
    later = double.campaign()
    later.go_on_from(campaign)
    assert later.was == was
    assert campaign.restore() == ""


def test_a_target_that_has_answered_is_known_to_be_there() -> None:
    """One failure after the history was let go is no silence from the beginning."""
    _, operation = document("confluent-api-keys")
    campaign = proving.Double(operation, 0, EXAMPLES).campaign()
    campaign.run(Probe.EXAMPLES)
    assert campaign.sender._has_answered
    campaign.let_go()
    assert campaign.sender._has_answered


def test_a_life_that_was_let_go_is_deleted_and_led_again_for_who_asks() -> None:
    """Nothing of it is alive, what it made is deleted at the end, and a clause that comes late is judged."""
    service = Shop()
    led = Led(read_api("shop"), service, KEY)
    resource = next(one for one in led.document.resources if one.name == "carts")
    scenario = led.scenario(resource)
    operation = next(one for one in led.document.operations if one.id == "createCart")
    clause = next(one for one in clauses.derive(operation) if Probe.LIFE in one.needs)
    first = scenario.ruling(operation, clause)
    alive = [weakref.ref(one) for one in scenario.sender.history]
    led.lives.let_go(resource)
    gc.collect()
    assert sum(one() is not None for one in alive) == 0
    again = scenario.ruling(operation, clause)
    assert (again.verdict, again.judged) == (first.verdict, first.judged)
    assert list(led.lives.clean_up()) == []
    assert not scenario.made.there
