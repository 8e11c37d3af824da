"""Do requests in a drawn order show what the steps of a life do not? And is it told in a few lines that anybody can repeat?"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import faulty_orders
import httpx
import pytest
from judging import red, warned
from leading import APIS, Led, read_api
from lives import world
from running import gate
from shop_service import KEY, Shop
from test_warehouse import LedWarehouse
from test_whole_services import ACCOUNT_ROWS, ACCOUNTS, KEY_ROWS, KEYS, LedWhole, read
from warehouse_service import Warehouse, WarehouseChoices
from whole_services import AccountService, KeyService

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.cases.sequences import (
    CREATING,
    LEAST_MOVES,
    LOOKING,
    MOST_MOVES,
    NAMES,
    Kind,
    Move,
    SequenceCases,
    shorter_moves,
)
from pytest_confluent_contracts.cases.shrinking import ShrinkingDone
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Probe, RunContext
from pytest_confluent_contracts.report.block import failure_block
from pytest_confluent_contracts.report.record import ruling_record
from pytest_confluent_contracts.run.sender import Listener, RunPolicy
from pytest_confluent_contracts.run.sequences import SentSequence

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.run.scenario import Scenario

SEQUENCES = 20


def resource_of(document: Document, name: str) -> Resource:
    """Return the resource of *document* that has this name."""
    return next(one for one in document.resources if one.name == name)


def drawn(document: Document, name: str, seed: int = 0) -> tuple[SequenceCases, list[Any]]:
    """Return what makes the requests of sequences, and those that are drawn."""
    resource = resource_of(document, name)
    known = {one.id: one for one in document.operations}
    operations = {role: known[id] for role, id in resource.roles if id in known}

    def context_of(operation: Operation) -> RunContext:
        return RunContext(operation.parameters, {}, {}, seed=seed)

    cases = SequenceCases(resource, operations, context_of)
    return cases, cases.drawn(SEQUENCES)


# --- drawing ---------------------------------------------------------------------------------------------------------


def test_the_same_seed_draws_the_same_sequences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another seed, and another resource, draw others; nothing is written into the folder."""
    monkeypatch.chdir(tmp_path)
    shop = read_api("shop")
    _, first = drawn(shop, "carts")
    _, again = drawn(shop, "carts")
    _, other = drawn(shop, "carts", seed=1)
    _, lines = drawn(shop, "lines")
    assert first == again
    assert len(first) == len(other) == len(lines) == SEQUENCES
    assert first != other
    assert [[move.kind for move in moves] for moves in first] != [
        [move.kind for move in moves] for moves in lines
    ]
    assert list(tmp_path.iterdir()) == []


def test_what_is_held_does_not_decide_what_is_drawn() -> None:
    """A selection that leaves an operation out leaves its requests out, and draws nothing else."""
    cases, whole = drawn(read_api("shop"), "carts")
    cases.operations = {
        role: one for role, one in cases.operations.items() if role is not Role.UPDATE
    }
    assert cases.drawn(SEQUENCES) == whole
    sent = [step for moves in whole for _, steps in cases.steps_of(moves) for step in steps]
    assert Role.UPDATE not in {step.case.operation.role for step in sent}


@pytest.mark.parametrize("name", ["carts", "lines"])
def test_a_sequence_is_bounded_and_deletes_all_that_it_makes(name: str) -> None:
    """At most twelve requests, and a look at each that it made; a create comes first."""
    cases, sequences = drawn(read_api("shop"), name)
    for moves in sequences:
        assert moves[0].kind in CREATING
        made = {move.name for move in moves if move.kind in CREATING}
        assert len(moves) <= MOST_MOVES + len(made) + 1
        assert all(move.kind in LOOKING for move in moves[MOST_MOVES:])
        there: set[str] = set()
        steps = [step for _, own in cases.steps_of(moves) for step in own]
        for step in [*steps, *cases.ends_of(moves)]:
            assert step.case.probe is Probe.SEQUENCES
            if step.creates:
                there.add(step.creates)
            if step.case.operation.role is Role.DELETE:
                there.discard(step.about)
        assert there == set()


def test_what_is_asked_for_follows_from_what_is_there() -> None:
    """What was deleted is expected to be unknown, also to a second deletion and a write."""
    cases, _ = drawn(read_api("shop"), "carts")
    moves = [
        Move(Kind.CREATE, "first", "a"),
        Move(Kind.READ, "first", "b"),
        Move(Kind.DELETE, "first", "c"),
        Move(Kind.READ, "first", "d"),
        Move(Kind.UPDATE, "first", "e"),
        Move(Kind.DELETE, "first", "f"),
        Move(Kind.READ, "second", "g"),
    ]
    steps = [step for _, own in cases.steps_of(moves) for step in own]
    expected = [step.case.expect for step in steps]
    assert expected == [*[Expect.ACCEPTED] * 3, *[Expect.UNKNOWN] * 3]  # nobody made a second
    assert cases.ends_of(moves) == []


def test_a_caller_who_chooses_ids_chooses_one_that_is_gone_again() -> None:
    """Only there a create is about one that was deleted; no two sequences choose the same id."""
    cases, sequences = drawn(read_api("shop"), "lines")
    again = 0
    ids: list[set[str]] = []
    for moves in sequences:
        names = [move.name for move in moves if move.kind in CREATING]
        again += len(names) != len(set(names))
        cases.begin()
        steps = [step for _, own in cases.steps_of(moves) for step in own if step.creates]
        ids.append({step.case.value["id"] for step in steps})
    assert again
    assert sum(map(len, ids)) == len(set().union(*ids))
    _, carts = drawn(read_api("shop"), "carts")
    for moves in carts:
        names = [move.name for move in moves if move.kind in CREATING]
        assert len(names) == len(set(names)) <= len(NAMES)


# --- shorter ---------------------------------------------------------------------------------------------------------


def test_a_sequence_is_cut_to_what_matters() -> None:
    """What is left are the moves that show it, in their order; few are asked for."""
    _, sequences = drawn(read_api("shop"), "carts")
    wanted = [Kind.UPDATE, Kind.DELETE, Kind.CREATE_LEAST]

    def has_all(moves: tuple[Move, ...]) -> bool:
        kinds = iter([move.kind for move in moves])
        return all(kind in kinds for kind in wanted)

    moves = next(one for one in sequences if has_all(one))
    asked: list[tuple[Move, ...]] = []

    def shows(less: tuple[Move, ...]) -> bool:
        asked.append(less)
        return has_all(less)

    shorter_moves(moves, shows)
    shown = [less for less in asked if has_all(less)]
    assert [move.kind for move in min(shown, key=len)] == wanted
    assert len(asked) < 40


def test_nothing_is_asked_for_where_nothing_may_be_spent() -> None:
    """Who cannot ask any more ends the search."""
    asked: list[tuple[Move, ...]] = []

    def shows(less: tuple[Move, ...]) -> bool:
        asked.append(less)
        raise ShrinkingDone

    shorter_moves((Move(Kind.CREATE, "first"), Move(Kind.READ, "first"), Move(Kind.LIST)), shows)
    assert len(asked) == 1


# --- planted bugs ----------------------------------------------------------------------------------------------------


def scenario_of(
    shop: Shop, *, count: int = SEQUENCES, policy: RunPolicy | None = None
) -> tuple[Led, Scenario]:
    """Return what leads the carts of *shop* through their life, and through sequences."""
    led = Led(read_api("shop"), shop, KEY, sequences=count)
    resource = resource_of(led.document, "carts")
    return led, led.lives.scenario(resource, led.target, policy or RunPolicy(), Listener())


def ruling_on(scenario: Scenario, node: str) -> Ruling:
    """Return the ruling on one clause, OPERATION::CLAUSE."""
    id, _, clause_id = node.partition("::")
    operation = next(one for one in scenario.life.every_operation if one.id == id)
    clause = next(one for one in clauses.derive(operation) if one.id == clause_id)
    return scenario.ruling(operation, clause)


# By the shop: the clause that tells it, and the methods of the fewest requests that show it.
PLANTED = {
    "KeepsOfTheUpdated": (
        "createCart::lifecycle/created-equals-sent",
        ["POST", "PATCH", "DELETE", "POST"],
    ),
    "KeepsTheReplaced": (
        "deleteCart::lifecycle/deleted-is-gone",
        ["POST", "PUT", "DELETE", "GET"],
    ),
    "LosesUpdateAfterList": (
        "updateCart::lifecycle/updated-is-read",
        ["POST", "PATCH", "GET", "PATCH", "GET"],
    ),
    "ReusesForTheSecond": (
        "createCart::lifecycle/created-has-defaults",
        ["POST", "DELETE", "POST", "POST"],
    ),
    "KeepsTheSecond": (
        "deleteCart::lifecycle/deleted-is-gone",
        ["POST", "POST", "DELETE", "DELETE", "PATCH"],
    ),
}


@lru_cache
def told(name: str) -> tuple[Led, Ruling]:
    """Return what leads the carts of one faulty shop, and the ruling on the clause that it breaks."""
    led, scenario = scenario_of(getattr(faulty_orders, name)())
    return led, ruling_on(scenario, PLANTED[name][0])


@pytest.mark.parametrize("name", PLANTED)
def test_the_steps_of_a_life_do_not_show_it(name: str) -> None:
    """Without sequences the clause is kept."""
    _, scenario = scenario_of(getattr(faulty_orders, name)(), count=0)
    assert ruling_on(scenario, PLANTED[name][0]).verdict is Verdict.KEPT


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found_and_cut_to_at_most_five_requests(name: str) -> None:
    """They are those that it takes, in their order."""
    _, ruling = told(name)
    methods = [step.exchange.case.operation.method for step in ruling.sequence]
    assert (ruling.verdict, methods) == (Verdict.BROKEN, PLANTED[name][1])
    assert ruling.vain_tries == 0


def test_it_is_told_as_lines_for_a_shell() -> None:
    """Numbered, without the key, and what was made by a name in the place of its id."""
    _, ruling = told("KeepsOfTheUpdated")
    block = failure_block(ruling, "pytest NODE")
    lines = [line.strip() for line in block.splitlines() if re.match(r" +[0-9]+\. curl ", line)]
    assert "  requests: 4, in this order" in block.splitlines()
    assert [line.partition(" ")[0] for line in lines] == ["1.", "2.", "3.", "4."]
    assert KEY not in block
    made = re.search(r"# 201, first=(c-[0-9]+)$", lines[0])
    assert made is not None
    assert '-X PATCH "https://localhost/carts/$first" ' in lines[1]
    assert '-X DELETE "https://localhost/carts/$first" ' in lines[2]
    assert re.search(r"# 201, second=c-[0-9]+$", lines[3])
    assert made[1] not in "".join(lines[1:])
    assert ruling_record(ruling)["finding"]["sequence"] == lines


def test_of_what_is_asked_until_it_is_done_the_last_is_told() -> None:
    """A 202 is asked for again and again; a look of its own is told, though it asks the same."""
    asked = world()
    new = {"name": "Ada"}
    made = asked.ask("create", 202, {"id": "t1", **new}, id="t1", sent=new)
    not_yet, done = asked.ask("read", 404, id="t1"), asked.ask("read", 200, new, id="t1")
    moves = (Move(Kind.CREATE, "first"), Move(Kind.READ, "first"), Move(Kind.READ, "first"))
    exchanges = (made, not_yet, not_yet, not_yet, done, done, done)
    of_first = (("first", (("id", "t1"),)),)
    steps = SentSequence(moves, (5, 6, 7), exchanges, of_first).told
    assert [one.exchange for one in steps] == [made, done, done, done]
    assert [(one.name, one.id, one.makes) for one in steps] == [
        ("first", "t1", True),
        *[("first", "t1", False)] * 3,
    ]


def test_the_same_seed_sends_the_same_requests() -> None:
    """To the byte, the search for a shorter sequence too."""
    shop = faulty_orders.KeepsOfTheUpdated()
    _, scenario = scenario_of(shop)
    ruling = ruling_on(scenario, PLANTED["KeepsOfTheUpdated"][0])
    _, before = told("KeepsOfTheUpdated")
    sent = [(step.exchange.case.operation.id, step.exchange.case.body) for step in ruling.sequence]
    assert sent == [
        (step.exchange.case.operation.id, step.exchange.case.body) for step in before.sequence
    ]
    assert scenario.sequences is not None


@pytest.mark.parametrize("name", ["KeepsOfTheUpdated", "KeepsTheReplaced"])
def test_what_faulty_services_have_made_is_deleted(name: str) -> None:
    """Also what was answered as deleted, and was read afterwards."""
    led, _ = told(name)
    assert list(led.lives.clean_up()) == []


def test_where_little_may_be_spent_it_is_told_as_it_was_seen() -> None:
    """Off loopback a finding is shrunk with a few requests: the beginning that shows it is told whole."""
    shop = faulty_orders.KeepsTheReplaced()
    _, scenario = scenario_of(shop, policy=RunPolicy(shrink_tries=3))
    ruling = ruling_on(scenario, PLANTED["KeepsTheReplaced"][0])
    assert ruling.verdict is Verdict.BROKEN
    assert ruling.sequence[-1].exchange.case.operation.id == "getCart"
    assert ruling.vain_tries == 0


class Undeletable(Shop):
    """Answers a deletion, and deletes nothing."""

    def delete_cart(self, id: str) -> httpx.Response:
        self.cart(id)
        return httpx.Response(204)


def test_a_frugal_run_sends_none_for_what_is_broken_already() -> None:
    """What the life has shown is enough."""
    shop = Undeletable()
    _, scenario = scenario_of(shop, policy=RunPolicy(frugal=True))
    assert ruling_on(scenario, "deleteCart::lifecycle/deleted-is-gone").verdict is Verdict.BROKEN
    posts = [path for method, path in shop.requests if method == "POST"]
    assert len(posts) < SEQUENCES


def test_clauses_that_only_parents_show_send_none() -> None:
    """Sequences are sent where a clause needs them, and not before."""
    shop = Shop()
    led = Led(read_api("shop"), shop, KEY, sequences=SEQUENCES)
    scenario = led.scenario(resource_of(led.document, "lines"))
    assert ruling_on(scenario, "createLine::lifecycle/own-parent-only").verdict is Verdict.KEPT
    without = len(shop.requests)
    assert ruling_on(scenario, "createLine::lifecycle/listed-once").verdict is Verdict.KEPT
    assert len(shop.requests) > without + SEQUENCES * MOST_MOVES


# --- whole runs ------------------------------------------------------------------------------------------------------

ON_LIVES = ("-k", "lifecycle")
CREATED = "contracts/shop::createCart::lifecycle/created-is-readable"
HELD_OTHERWISE: dict[str, tuple[str, ...]] = {
    "by two workers": ("-n", "2", *ON_LIVES),
    "for two clauses": ("-k", "created-equals-sent or updated-is-read"),
    "for all but one clause": ("--deselect", CREATED, *ON_LIVES),
    "of one resource alone": ("--contract-operation=*Cart*", *ON_LIVES),
}
MADE_ID = re.compile(r"c-\d+")


def sent_of_carts(folder: Path, *options: str) -> list[tuple[Any, ...]]:
    """Return what a run with *options* sends in the sequences of carts, and what that is answered.

    An id that the service gave stands as its number in order: others are made in between.
    """
    run = gate(
        folder,
        *("--contract-target=mock", "--contract-spec=shop.yaml", "--contract-report=told"),
        *("--contract-sequences=3", "--contract-max-examples=1", *options),
        whole=True,
    )
    assert run.code == 0, run.everything
    lines = (folder / "told" / "exchanges.jsonl").read_text(encoding="utf-8").splitlines()
    told = [one for one in map(json.loads, lines) if one["probe"] == Probe.SEQUENCES]
    known: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return known.setdefault(found[0], f"id {len(known)}")

    sent: list[tuple[Any, ...]] = []
    for one in sorted(told, key=itemgetter("serial")):
        if one["operation"].endswith(("Cart", "Carts")):
            url, text = (MADE_ID.sub(numbered, one[name]) for name in ("url", "text"))
            sent.append((one["method"], url, one["request_body"], one["status"], text))
    return sent


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the document of the shop."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "shop.yaml").write_bytes((APIS / "shop.yaml").read_bytes())
    return folder


@pytest.fixture(scope="module")
def sent_by_one(shop_folder: Path) -> list[tuple[Any, ...]]:
    """Return what one process sends in the sequences of carts, where all clauses on lives are held."""
    return sent_of_carts(shop_folder, *ON_LIVES)


@pytest.mark.parametrize("held", HELD_OTHERWISE)
def test_the_same_is_sent_whatever_is_held(
    held: str, shop_folder: Path, sent_by_one: list[tuple[Any, ...]]
) -> None:
    """By however many workers, and for whichever clauses: the same moves, the same bodies, the same answers."""
    assert len(sent_by_one) > 3 * LEAST_MOVES
    assert sent_of_carts(shop_folder, *HELD_OTHERWISE[held]) == sent_by_one


# --- conforming services ---------------------------------------------------------------------------------------------


CONFORMING: dict[str, Callable[[], Led]] = {
    "shop": lambda: Led(read_api("shop"), Shop(), KEY, sequences=SEQUENCES),
    "keys": lambda: LedWhole(read(KEYS), KeyService(KEY_ROWS[1]), "", sequences=SEQUENCES),
    "accounts": lambda: LedWhole(
        read(ACCOUNTS), AccountService(ACCOUNT_ROWS[1]), "", sequences=SEQUENCES
    ),
    "warehouse": lambda: LedWarehouse(
        read_api("warehouse"), Warehouse(WarehouseChoices()), "", sequences=3
    ),
}


@pytest.mark.parametrize("name", CONFORMING)
def test_a_service_that_keeps_its_words_is_silent(name: str) -> None:
    """Whatever is drawn; and all that was made is deleted."""
    led = CONFORMING[name]()
    rulings = led.rulings()
    assert (red(rulings), warned(rulings), list(led.lives.clean_up())) == ({}, set(), [])
