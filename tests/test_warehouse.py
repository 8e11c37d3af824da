"""Is a third API of another style held rightly? A service by hand that keeps its document is met with silence.

Whatever it chooses of what the document leaves open. The lives of all its resources are led for each
row of the pairs, and the campaigns of some of its operations; `CONTRACT_EVERY_COMBINATION` tries all
of them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import faulty_keepers
import httpx
import pytest
from choosing import choices_of_pairs, pairs_met, pairs_of
from judging import red, target_for, warned
from leading import APIS, Led, read_api
from running import gate, serving
from warehouse_service import (
    CREDENTIALS,
    ENVIRONMENT,
    OTHER_CREDENTIALS,
    OTHER_ENVIRONMENT,
    OTHER_SECRET,
    SECRET,
    Warehouse,
    WarehouseChoices,
    as_handle,
)

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.model.clauses import Family, Verdict
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.plugin.planning import told_resources
from pytest_confluent_contracts.run.campaign import Campaign

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.documents import Operation

HEADERS = (("Server", "shelves"), ("Vary", "Accept, Cookie"), ("X-Cell", "7"))
# What any pair of which is tried; the first of each is the default.
CHOICES: dict[str, tuple[Any, ...]] = {
    "id_form": ("numbers", "uuid", "long", "odd"),
    "newest_first": (False, True),
    "gone": (404, 410, 403),
    "unknown": (404, 403),
    "invalid": (422, 400),
    "delete_status": (204, 200),
    "unpack_status": (202, 204),
    "replaces_unknown": (False, True),
    "location": ("absolute", "path", "relative", "elsewhere"),
    "shows_defaults": (True, False),
    "shows_absent_as_null": (False, True),
    "problem": ("usual", "least", "more"),
    "instance": ("absolute", "relative", "urn"),
    "media_type": ("application/json", "application/json; charset=utf-8", "Application/JSON"),
    "problem_type": ("application/problem+json", "application/problem+json;charset=UTF-8"),
    "extra_headers": ((), HEADERS),
    "upper_header_names": (False, True),
    "spaced": (False, True),
    "escaped": (False, True),
    "reverse_keys": (False, True),
    "head_length": (True, False),
    "packs_in": (1.5, 0.0, 20.0),
    "job_ends": ("link", "redirection"),
    "retry_after": (None, 0, 2),
    "strangers": (2, 0, 30),
    "challenge": ("Bearer", 'Basic realm="boxes", Bearer'),
    "refuses_unknown_parameters": (False, True),
    "empty_list_parameter": ("taken", "refused"),
    "cursor_form": ("base64", "odd"),
    "link_target": ("absolute", "path", "query", "relative"),
    "link_form": ("joined", "reversed", "lines"),
    "relations": (("next", "prev", "first", "last"), ("next",), ("first", "next")),
    "too_large": ("refused", "capped"),
    "last_page": ("short", "empty"),
    "no_such_page": (400, 422),
    "other_filter": ("refused", "kept"),
    "no_token": ("absent", "null", "empty"),
    "tells_previous": (True, False),
    "folds_names": (False, True),
    "tag_form": ("hash", "odd"),
    "condition_first": (True, False),
    "caching": ("", "private", "varied", "public"),
    "looks_at_if_match": (False, True),
    "strange": (404, 403),
    "lists_for_other": (True, False),
}
EACH = 6  # rows, in which a campaign is led


class LedWarehouse(Led):
    """The lives of the warehouse, with each of its credentials."""

    def _context(self, operation: Operation) -> RunContext:
        others = OTHER_CREDENTIALS if self.other else {}
        return RunContext(operation.parameters, {}, CREDENTIALS, other_credentials=others)


@lru_cache
def pairwise() -> list[WarehouseChoices]:
    """Return choices among which any two meet."""
    return choices_of_pairs(WarehouseChoices, CHOICES, seed=5)


ROWS = list(enumerate(pairwise()))


def operations() -> list[Operation]:
    """Return the operations of which campaigns are led."""
    return list(read_api("warehouse").operations)


@lru_cache
def plan_of(id: str) -> Plan:
    """Return what is sent to one operation, made once for all services."""
    operation = next(one for one in operations() if one.id == id)
    context = RunContext(operation.parameters, {}, CREDENTIALS, max_examples=4)
    return make_plan(operation, context, skipped={Probe.THROTTLE: "not asked for"})


def held(index: int) -> list[Operation]:
    """Return the operations that are held in a row of the pairs: in turn, or each."""
    every = operations()
    if os.environ.get("CONTRACT_EVERY_COMBINATION"):
        return every
    if index % EACH:
        return []
    return [every[(4 * index // EACH) % len(every)]]


def expected(choices: WarehouseChoices) -> set[str]:
    """Return what only warns: what the document does not say, and a fair owner may do."""
    found = {"error/undeclared"} if choices.problem == "more" else set[str]()
    if 403 in (choices.unknown, choices.gone):
        found.add("request/unknown-id/not-hidden")
    if choices.refuses_unknown_parameters:
        found.add("parameters/undeclared/ignored")
    if choices.too_large == "capped":
        found |= {"parameters/query/limit/maximum", "parameters/query/page_size/maximum"}
    return found


# --- roles and ids -----------------------------------------------------------------------------------


def test_its_roles_and_ids_are_told() -> None:
    """As `--contract-plan` prints them: three levels, and the code of a rack is the caller's to choose."""
    settings: Any = SimpleNamespace(documents=["warehouse"], read=read_api)
    assert list(told_resources(settings)) == [
        "resources of warehouse (x-contract: resource says it otherwise):",
        "  sites: /sites/{site_id}; id: id; listed in: items[]",
        "    create:  createSite",
        "    list:    listSites",
        "    read:    getSite",
        "    replace: replaceSite",
        "    delete:  deleteSite",
        "  racks: /sites/{site_id}/racks/{code}; id: code; listed in: []; the caller chooses: code; parent: sites",
        "    create:  createRack",
        "    list:    listRacks",
        "    read:    getRack",
        "    replace: replaceRack",
        "    delete:  deleteRack",
        "  boxes: /sites/{site_id}/racks/{code}/boxes/{box_id}; id: id; listed in: boxes[]; parent: racks",
        "    create:  packBox",
        "    list:    listBoxes",
        "    read:    getBox",
        "    update:  updateBox",
        "    delete:  unpackBox",
    ]


# --- conforming --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("index", "choices"), ROWS, ids=[str(index) for index, _ in ROWS])
def test_permitted_choices_are_silent_however_they_meet(
    index: int, choices: WarehouseChoices
) -> None:
    """The lives of its resources, and some of its operations, with nothing red and nothing left behind."""
    service = Warehouse(choices)
    before = set(service.sites)
    led = LedWarehouse(read_api("warehouse"), service, SECRET, other=OTHER_SECRET)
    rulings = led.rulings()
    assert (red(rulings), warned(rulings)) == ({}, set()), choices
    assert list(led.lives.clean_up()) == []
    assert set(service.sites) == before
    apart = [one for id, one in rulings.items() if id.endswith("hidden-from-others")]
    assert {one.verdict for one in apart} == {Verdict.KEPT}
    for operation in held(index):
        hold(operation, choices)
    assert service.crashes == []


def hold(operation: Operation, choices: WarehouseChoices) -> None:
    """Hold one operation of a service of its own, whose clauses on lives are held already."""
    service = Warehouse(choices)
    plan = plan_of(operation.id)
    campaign = Campaign(plan, target_for(plan, service.clock, service, "https://localhost"))
    if operation.method == "DELETE" and operation.resource is not None:
        scenario = LedWarehouse(read_api("warehouse"), service, "").scenario(operation.resource)
        campaign.lived = scenario.exchanges_of(operation)
    rulings = {
        clause.id: campaign.ruling(clause)
        for clause in clauses.derive(operation)
        if clause.family is not Family.LIFECYCLE
    }
    assert (red(rulings), warned(rulings) - expected(choices)) == ({}, set()), choices
    assert service.crashes == []


def test_what_lies_in_others_is_held_alone_in_what_the_document_names() -> None:
    """Where the operations around are left out, boxes are packed into the rack of the example."""
    whole = read_api("warehouse")
    alone = [
        one for one in whole.operations if one.path.partition("boxes")[1] or one.id == "getJob"
    ]
    service = Warehouse()
    led = LedWarehouse(replace(whole, operations=tuple(alone)), service, "")
    rulings = led.rulings()
    assert (red(rulings), warned(rulings)) == ({}, set())
    assert list(led.lives.clean_up()) == []
    assert {key[:2] for key in service.boxes} == {("s-1", "r-1")}


def test_a_create_alone_sends_nothing_of_a_life() -> None:
    """What it made could not be deleted."""
    whole, service = read_api("warehouse"), Warehouse()
    alone = [one for one in whole.operations if one.id == "packBox"]
    LedWarehouse(replace(whole, operations=tuple(alone)), service, "").rulings()
    assert list(service.boxes) == [("s-1", "r-1", "b-1")]


def test_any_two_choices_meet() -> None:
    """The services that are tried leave no pair of choices untried."""
    assert pairs_met(pairwise(), CHOICES) == pairs_of(CHOICES)


def test_a_run_over_http_is_green(tmp_path: Path) -> None:
    """The lives, as a user leads them: exit 0, and what was there before is as it was."""
    (tmp_path / "warehouse.yaml").write_bytes((APIS / "warehouse.yaml").read_bytes())
    service = Warehouse(WarehouseChoices(packs_in=0.0))
    before = set(service.sites)
    with serving(as_handle(service)) as url:
        options = (f"--contract-target={url}", "--contract-spec=warehouse.yaml")
        given = ENVIRONMENT | OTHER_ENVIRONMENT
        run = gate(tmp_path, *options, "-k", "lifecycle", "--contract-sequences=3", given=given)
    assert (run.code, run.failures) == (0, {})
    assert "warned" not in run.verdicts.values()
    apart = [id for id in run.verdicts if id.endswith("hidden-from-others")]
    assert {run.verdicts[id] for id in apart} == {"kept"}
    assert set(service.sites) == before


# --- faulty ------------------------------------------------------------------------------------------


class Hollow(Warehouse):
    """Says that a box is packed, and keeps none."""

    def is_there(self, key: tuple[str, str, str]) -> bool:
        return key == ("s-1", "r-1", "b-1")


class Stuck(Warehouse):
    """Never ends a job."""

    def get_job(self, request: httpx.Request, id: str) -> httpx.Response:
        return self.shown(200, {"id": id, "state": "packing"})


class SameShelf(Warehouse):
    """Keeps the levels of a rack that is replaced."""

    def put_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        levels = self.racks.get((site, code), {}).get("levels")
        answer = super().put_rack(request, site, code)
        self.racks[site, code]["levels"] = levels
        return answer


class OneRoom(Warehouse):
    """Lists the boxes of all racks in each."""

    def get_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        self.rack(site, code)
        return self.shown(200, {"boxes": list(filter(None, map(self.seen, self.boxes)))})

    def seen(self, key: tuple[str, str, str]) -> dict[str, Any] | None:
        return self.boxes[key] if self.is_there(key) else None


class Spilling(Warehouse):
    """Forgets what is in a box when its label is changed."""

    def patch_box(self, request: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        answer = super().patch_box(request, site, code, id)
        self.boxes[site, code, id]["content"] = {"kind": "liquid", "litres": 1}
        return answer


class Nailed(Warehouse):
    """Accepts that a box is unpacked, and keeps it."""

    def delete_box(self, _: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        self.box(site, code, id)
        return httpx.Response(202)


FAULTS: dict[type[Warehouse], str] = {
    Hollow: "packBox::lifecycle/created-is-readable",
    Stuck: "packBox::lifecycle/accepted-is-done",
    SameShelf: "replaceRack::lifecycle/replaced-equals-sent",
    OneRoom: "packBox::lifecycle/own-parent-only",
    Spilling: "updateBox::lifecycle/updated-is-read",
    Nailed: "unpackBox::lifecycle/deleted-is-gone",
}


@pytest.mark.parametrize("faulty", FAULTS, ids=lambda one: one.__name__)
def test_what_is_wrong_with_a_warehouse_is_told(faulty: type[Warehouse]) -> None:
    """By the clause of its promise, broken or warned."""
    rulings = LedWarehouse(read_api("warehouse"), faulty(), "").rulings()
    assert FAULTS[faulty] in {*red(rulings), *warned(rulings)}


KEEPERS = {
    "ReadsToAll": "getSite",
    "ListsAll": "listSites",
    "FilterOfAll": "listSites",
    "EndsAndRefuses": "deleteSite",
    "RacksOfAll": "listRacks",
    "PutsAnywhere": "replaceRack",
    "PacksAndRefuses": "packBox",
    "BoxesByIdAlone": "getBox",
}


@pytest.mark.parametrize("fault", KEEPERS)
def test_a_warehouse_that_mixes_up_its_keepers_is_told(fault: str) -> None:
    """By the operation that does; the life of its resource alone is led."""
    read, service = read_api("warehouse"), getattr(faulty_keepers, fault)()
    operation = next(one for one in read.operations if one.id == KEEPERS[fault])
    assert operation.resource is not None
    led = LedWarehouse(read, service, SECRET, other=OTHER_SECRET)
    scenario = led.scenario(operation.resource)
    [clause] = [one for one in clauses.derive(operation) if one.id.endswith("from-others")]
    assert scenario.ruling(operation, clause).verdict is Verdict.BROKEN


def test_every_keeper_is_in_the_table() -> None:
    """None is forgotten."""
    made = {name for name, one in vars(faulty_keepers).items() if isinstance(one, type)}
    own = {name for name in made if getattr(faulty_keepers, name).__module__ == "faulty_keepers"}
    assert own - {"Lenient"} == set(KEEPERS)
