"""Is told what goes wrong in a life now and then only? Services by hand, each wrong in one thing."""

from __future__ import annotations

from typing import Any

import faulty_lives
import pytest
from judging import red, warned
from leading import Led, read_api
from shop_service import KEY
from test_whole_services import ACCOUNTS, KEYS, TOLD, led, ruling_on

FAULTY_KEYS = {
    "ReplacesTwin": "createIamV2ApiKey::lifecycle/created-is-readable",
    "LocationBefore": "createIamV2ApiKey::lifecycle/location-leads-there",
    "SecretInLocation": "createIamV2ApiKey::lifecycle/secret-shown-once",
    "SecretOfTheSecond": "createIamV2ApiKey::lifecycle/secret-is-told",
    "ResourceOfTheLast": "createIamV2ApiKey::lifecycle/created-equals-sent",
    "ShownBeforeItIsValid": "createIamV2ApiKey::lifecycle/refused-create-creates-nothing",
    "ListForgetsFromThree": "getIamV2ApiKey::lifecycle/same-everywhere",
    "ReadForgetsUpdated": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "ListedAsCreated": "getIamV2ApiKey::lifecycle/same-everywhere",
    "OwnerOfOthersInList": "getIamV2ApiKey::lifecycle/same-everywhere",
    "BackAtSecondLook": "deleteIamV2ApiKey::lifecycle/deleted-is-gone",
    "UpsertsUnknown": "updateIamV2ApiKey::request/unknown-id",
    "UpdatesTwin": "updateIamV2ApiKey::lifecycle/siblings-untouched",
    "CreatedMovesAtSecond": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "RefusedTouches": "updateIamV2ApiKey::lifecycle/refused-changes-nothing",
    "OneOfTwoStored": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "ResourceEmptied": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "DeletesNewest": "deleteIamV2ApiKey::lifecycle/deleted-is-gone",
    "DeletesTwin": "deleteIamV2ApiKey::lifecycle/siblings-untouched",
    "BackWithTheNext": "deleteIamV2ApiKey::lifecycle/deleted-is-not-listed",
    "RenamedByDelete": "deleteIamV2ApiKey::lifecycle/siblings-untouched",
}
FAULTY_ACCOUNTS = {
    "DeletesSameKey": "DeleteConfluentAccount::lifecycle/siblings-untouched",
    "CarelessTags": "UpdateConfluentAccount::lifecycle/refused-changes-nothing",
    "MetricsOffByUpdate": "UpdateConfluentAccount::lifecycle/updated-is-read",
    "NestedWithoutTags": "CreateConfluentAccount::lifecycle/created-equals-sent",
    "NestedNotListed": "GetConfluentResource::lifecycle/parent-shows-its-own",
    "TagsGoWithResource": "DeleteConfluentResource::lifecycle/parent-untouched",
    "TagsFromResource": "CreateConfluentResource::lifecycle/parent-untouched",
    "MovesBetweenAccounts": "CreateConfluentResource::lifecycle/two-creates-make-two",
    "UpdatesSameIdEverywhere": "UpdateConfluentResource::lifecycle/siblings-untouched",
    "UpdatesFromAnyAccount": "CreateConfluentResource::lifecycle/own-parent-only",
    "RefusedAddsAgain": "CreateConfluentResource::lifecycle/refused-create-creates-nothing",
    "OutlivesQuietly": "GetConfluentResource::lifecycle/gone-with-parent",
}
FAULTY_SHOPS = {
    "HeadOfGone": "headCart::lifecycle/head-as-get",
    "PutMakesGone": "deleteCart::lifecycle/no-resurrection",
    "FewLines": "createLine::lifecycle/created-equals-sent",
    "NoGifts": "createLine::lifecycle/created-equals-sent",
    "GiftByDefault": "createLine::lifecycle/created-has-defaults",
    "LinesStay": "getLine::lifecycle/gone-with-parent",
    "LinesMove": "createLine::lifecycle/two-creates-make-two",
    "LineFromAnyCart": "createLine::lifecycle/own-parent-only",
    "CountedAnew": "deleteLine::lifecycle/siblings-untouched",
    "TakenTwice": "createLine::lifecycle/two-creates-make-two",
    "NotedByLine": "createLine::lifecycle/parent-untouched",
    "NoteOfTheLast": "createCart::lifecycle/created-has-defaults",
    "EmptiedByThird": "createCart::lifecycle/two-creates-make-two",
}
UNTOLD = {
    "MetricsListedOff": "a list may show less of a resource than a read does",
    "FirstGoesToo": "what goes was there before, and another may have deleted it",
}
WHOLE = [
    (name, fault, node)
    for name, faulty in ((KEYS, FAULTY_KEYS), (ACCOUNTS, FAULTY_ACCOUNTS))
    for fault, node in faulty.items()
]


@pytest.mark.parametrize(("name", "fault", "node"), WHOLE, ids=lambda one: str(one))
def test_what_is_wrong_in_a_life_is_told(name: str, fault: str, node: str) -> None:
    """Broken, or warned of where the promise is a SHOULD."""
    make: Any = getattr(faulty_lives, fault)
    assert ruling_on(name, make(), node).verdict in TOLD


@pytest.mark.parametrize("fault", FAULTY_SHOPS)
def test_what_is_wrong_in_a_shop_is_told(fault: str) -> None:
    """Of carts, and of the lines that lie in them."""
    make: Any = getattr(faulty_lives, fault)
    rulings = Led(read_api("shop"), make(), KEY).rulings()
    assert FAULTY_SHOPS[fault] in {*red(rulings), *warned(rulings)}


@pytest.mark.parametrize("fault", UNTOLD)
def test_what_is_not_told_has_a_reason(fault: str) -> None:
    """Another could be right in the same way."""
    assert hasattr(faulty_lives, fault)
    pytest.skip(UNTOLD[fault])


def test_every_fault_is_in_a_table() -> None:
    """None is forgotten."""
    written = {
        word
        for word, made in vars(faulty_lives).items()
        if isinstance(made, type) and made.__module__ == faulty_lives.__name__
    }
    assert written == {*FAULTY_KEYS, *FAULTY_ACCOUNTS, *FAULTY_SHOPS, *UNTOLD}


def test_nobody_waits_for_what_another_address_leads_to() -> None:
    """The 202 tells the id of what is made: that is asked for, wherever its Location leads."""
    life = led(KEYS, faulty_lives.LocationBefore())
    begun = life.target.clock.now()
    life.rulings()
    assert life.target.clock.now() - begun < 5.0
