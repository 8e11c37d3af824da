"""Is told what goes wrong with pages, filters, an order and conditions? Warehouses, each wrong in one thing."""

from __future__ import annotations

from typing import Any

import faulty_parts
import pytest
from leading import read_api
from test_warehouse import LedWarehouse

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.model.clauses import Verdict

FAULTS = {
    "LinkForgetsFilters": "listSites::list/filter/name",
    "LastIsSecond": "listSites::list/link/last",
    "LastBeforeNewest": "listSites::list/link/last",
    "PreviousIsFirst": "listSites::list/link/prev",
    "FirstHasPrevious": "listSites::list/link/prev",
    "FirstIsHere": "listSites::list/link/first",
    "NothingToLast": "listBoxes::list/pages-are-complete",
    "SecondBeginsEarly": "listSites::list/pages-are-disjoint",
    "LastLosesOne": "listBoxes::list/pages-are-complete",
    "OneMoreOnTheSecond": "listSites::list/page-size-kept",
    "ZeroIsAnAccident": "listSites::list/odd-page-size",
    "AnyCursorIsFirst": "listBoxes::list/unknown-page-refused",
    "LastCursorRefused": "listSites::list/pages-end",
    "OffsetIsPage": "listRacks::list/pages-are-complete",
    "OffsetFromOne": "listRacks::list/pages-are-disjoint",
    "TotalOfPage": "listSites::list/total-agrees",
    "TotalOfAll": "listSites::list/total-agrees",
    "TotalLessLater": "listSites::list/total-agrees",
    "RegionOnlyAlone": "listSites::list/filter/region",
    "NameOnlyWide": "listSites::list/filter/name",
    "LabelOnlyFirst": "listBoxes::list/pages-are-disjoint",
    "DescendingIsAscending": "listSites::list/order/sort/-name",
    "SortsEachPage": "listSites::list/order/sort/-name",
    "PartOfName": "listSites::list/filter/name",
    "CursorKeepsFilter": "listBoxes::list/cursor-of-another-filter/label",
    "TagOfRegion": "getSite::conditional/etag-moves",
    "TagEachTime": "getSite::conditional/etag-stays",
    "TagWithoutQuotes": "getSite::conditional/etag-form",
    "NothingIsKnown": "getSite::conditional/if-none-match",
    "EverythingIsKnown": "getRack::conditional/if-none-match",
    "FirstTagAlone": "getSite::conditional/if-none-match",
    "NoStar": "getRack::conditional/if-none-match",
    "KnownStrongly": "getSite::conditional/if-none-match",
    "BareNotModified": "getSite::conditional/304-tells-headers",
    "ForAnyCache": "getSite::conditional/vary",
    "AnyMatch": "replaceSite::conditional/lost-update",
    "WeakMatch": "replaceSite::conditional/weak-never-matches",
    "NoMatchOfSeveral": "replaceSite::conditional/if-match",
    "NoConditionNeeded": "replaceSite::conditional/required",
    "WrittenAndRefused": "replaceSite::lifecycle/refused-changes-nothing",
    "DeletedAnyhow": "deleteSite::conditional/lost-update",
    "LaterPagesUpwards": "listSites::list/order/sort/-name",
    "LabelShortInList": "getBox::lifecycle/same-everywhere",
    "BoxesComeBack": "getBox::lifecycle/gone-with-parent",
    "RackWrittenOver": "replaceRack::conditional/if-none-match-any",
}
TOLD = (Verdict.BROKEN, Verdict.WARNED)
AROUND = {"Listing", "Rewriting"}  # what others are made of


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_a_part_is_told(fault: str) -> None:
    """By the clause of its promise; the life of its resource alone is led."""
    make: Any = getattr(faulty_parts, fault)
    id, _, rule = FAULTS[fault].partition("::")
    read = read_api("warehouse")
    operation = next(one for one in read.operations if one.id == id)
    assert operation.resource is not None
    scenario = LedWarehouse(read, make(), "").scenario(operation.resource)
    [clause] = [one for one in clauses.derive(operation) if one.id == rule]
    assert scenario.ruling(operation, clause).verdict in TOLD


def test_every_fault_is_in_the_table() -> None:
    """None is forgotten."""
    made = {name for name, one in vars(faulty_parts).items() if isinstance(one, type)}
    own = {name for name in made if getattr(faulty_parts, name).__module__ == "faulty_parts"}
    assert own - AROUND == set(FAULTS)
