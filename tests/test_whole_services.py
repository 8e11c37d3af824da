"""Are whole APIs held rightly? Services by hand that keep the vendors' words are met with silence, faulty ones are told.

The services and their faults were written from the documents alone, before anybody looked at what
the gate judges.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import faulty_accounts
import faulty_keys
import pytest
from choosing import choices_of_pairs, pairs_met, pairs_of
from judging import red, target_for, warned
from leading import Led
from running import gate, serving
from whole_services import (
    CREDENTIALS,
    AccountChoices,
    AccountService,
    KeyChoices,
    KeyService,
    WholeService,
)

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import Probe, RunContext
from pytest_confluent_contracts.run.campaign import Campaign

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation

KEYS, ACCOUNTS = "confluent-api-keys", "datadog-confluent-cloud"
URL = "https://localhost"
TOLD = (Verdict.BROKEN, Verdict.WARNED)
MODULES = {KEYS: faulty_keys, ACCOUNTS: faulty_accounts}
HEADERS = (("Server", "whole"), ("Cache-Control", "no-store"))


@lru_cache
def read(name: str) -> Document:
    """Return a bundled document with all its operations."""
    return documents.read_document(documents.find_document(name))


def issued(operation: Operation) -> dict[str, dict[str, str]]:
    """Return the credentials of each scheme of *operation*."""
    return {
        scheme.name: {part: CREDENTIALS[variable] for part, variable in scheme.variables}
        for scheme in operation.schemes
    }


class LedWhole(Led):
    """The lives of a bundled document's resources, with the credentials of the services."""

    def _context(self, operation: Operation) -> RunContext:
        return RunContext(operation.parameters, {}, issued(operation))


def led(name: str, service: WholeService) -> LedWhole:
    """Return what leads the lives of the document *name* at *service*."""
    return LedWhole(read(name), service, "")


# --- conforming --------------------------------------------------------------------------------------

KEY_AXES: dict[str, tuple[Any, ...]] = {
    "broken_body": (422, 400),
    "gone": (404, 403),
    "unknown": (404, 403),
    "id_form": ("ak-", "upper", "uuid"),
    "newest_first": (False, True),
    "no_link": ("null", "absent"),
    "links": (("first", "last", "prev", "next"), ("next",), ("next", "last", "prev")),
    "total_size": (True, False),
    "omit_empty": (False, True),
    "no_resource": ("null", "absent"),
    "references": (True, False),
    "notation": ("fraction", "seconds", "offset"),
    "touch_unchanged": (True, False),
    "refuses_unknown_parameters": (False, True),
    "too_many": ("refused", "capped"),
    "token": ("free", "bound"),
    "first_link": ("bare", "token"),
    "extra_headers": ((), HEADERS),
    "extra_members": (False, True),
    "empty_secret": (False, True),
    "strangers": (3, 22, 0),
}
ACCOUNT_AXES: dict[str, tuple[Any, ...]] = {
    "id_form": ("uuid", "short"),
    "newest_first": (False, True),
    "omit_empty": (False, True),
    "ignores_other_id": (False, True),
    "takes_empty_id": (False, True),
    "strict_types": (True, False),
    "extra_headers": ((), HEADERS),
    "extra_members": (False, True),
    "strangers": (2, 0),
    "unknown": (404, 403),
}
KEY_ROWS = choices_of_pairs(KeyChoices, KEY_AXES)
ACCOUNT_ROWS = choices_of_pairs(AccountChoices, ACCOUNT_AXES)


def test_any_two_choices_meet() -> None:
    """Of each axis any value meets any value of another, in one of the services."""
    assert pairs_met(KEY_ROWS, KEY_AXES) == pairs_of(KEY_AXES)
    assert pairs_met(ACCOUNT_ROWS, ACCOUNT_AXES) == pairs_of(ACCOUNT_AXES)


@pytest.mark.parametrize("row", range(len(KEY_ROWS)))
def test_a_service_of_keys_that_keeps_its_words_is_silent(row: int) -> None:
    """Whatever it chooses; what was made is deleted, and nothing else."""
    service = KeyService(KEY_ROWS[row])
    before = set(service.keys)
    life = led(KEYS, service)
    rulings = life.rulings()
    assert (red(rulings), warned(rulings), list(life.lives.clean_up())) == ({}, set(), [])
    assert (set(service.keys), service.crashes) == (before, [])


@pytest.mark.parametrize("row", range(len(ACCOUNT_ROWS)))
def test_a_service_of_accounts_that_keeps_its_words_is_silent(row: int) -> None:
    """Whatever it chooses; what was made is deleted, and nothing else."""
    service = AccountService(ACCOUNT_ROWS[row])
    before = set(service.accounts)
    life = led(ACCOUNTS, service)
    rulings = life.rulings()
    assert (red(rulings), warned(rulings), list(life.lives.clean_up())) == ({}, set(), [])
    assert (set(service.accounts), service.crashes) == (before, [])


@pytest.mark.parametrize(
    ("name", "make", "id"),
    [
        (KEYS, KeyService, "updateIamV2ApiKey"),
        (ACCOUNTS, AccountService, "GetConfluentResource"),
    ],
)
def test_what_the_run_made_is_held_and_deleted(
    tmp_path: Path, name: str, make: type[KeyService | AccountService], id: str
) -> None:
    """Over HTTP, as a user runs it: nothing is red, and what was there before is as it was."""
    service = make()
    before = state_of(service)
    with serving(service.respond) as url:
        chosen = (f"--contract-operation={id}", "--contract-max-examples=1")
        options = (f"--contract-target={url}", f"--contract-spec={name}", *chosen)
        run = gate(tmp_path, *options, given=CREDENTIALS, whole=True)
    assert (run.code, run.failures, "not put back" in run.out) == (0, {}, False)
    assert state_of(service) == before


def state_of(service: KeyService | AccountService) -> str:
    """Return all that a service stores, in words; that it was put back moves its time of update."""
    stored = repr(service.keys if isinstance(service, KeyService) else service.accounts)
    return re.sub(r"updated=datetime\.datetime\([^)]*\)", "updated", stored)


# --- faulty ------------------------------------------------------------------------------------------

UNTOLD_KEYS = {
    "SizeIgnored": "listIamV2ApiKeys::list/page-size-kept",
    "NoNext": "listIamV2ApiKeys::list/pages-are-complete",
    "Overlapping": "listIamV2ApiKeys::list/pages-are-disjoint",
    "Skipping": "listIamV2ApiKeys::list/pages-are-complete",
    "Endless": "listIamV2ApiKeys::list/pages-end",
    "TokenIgnored": "listIamV2ApiKeys::list/pages-end",
    "FilterLostOnPages": "listIamV2ApiKeys::list/filter/spec.owner",
    "OwnerFilterIgnored": "listIamV2ApiKeys::list/filter/spec.owner",
    "OwnerFilterByPrefix": "listIamV2ApiKeys::list/filter/spec.owner",
    "OwnerFilterEmpty": "listIamV2ApiKeys::list/filter/spec.owner",
    "ResourceFilterIgnored": "listIamV2ApiKeys::list/filter/spec.resource",
    "ResourceFilterMixed": "listIamV2ApiKeys::list/filter/spec.resource",
    "EitherFilter": "listIamV2ApiKeys::list/filter/spec.owner",
    "SizeOfPage": "listIamV2ApiKeys::list/total-agrees",
    "ThirdTwice": "listIamV2ApiKeys::list/page-size-kept",
    "ExpiredAlways": "no run can make a key that has expired",
    "ExpiredNever": "no run can make a key that has expired",
    "ExpiredOnly": "no run can make a key that has expired",
}
UNTOLD_ACCOUNTS = {
    "Overwriting": "no document says that an id that is taken is refused",
    "SortedTags": "tags are a set, and no document says in which order they are shown",
    "TombstoneBlocks": "no document says that the id of what was deleted may be chosen again",
}
TOLD_KEYS = {
    "Forgetful": "createIamV2ApiKey::lifecycle/created-is-readable",
    "Shouting": "createIamV2ApiKey::lifecycle/created-equals-sent",
    "Cutting": "createIamV2ApiKey::answer/sent-is-returned/spec.description",
    "NamelessWithoutWords": "createIamV2ApiKey::request/form/chunked",
    "WithoutLocation": "createIamV2ApiKey::202/header/Location/sent",
    "MisleadingLocation": "createIamV2ApiKey::lifecycle/location-leads-there",
    "RelativeLocation": "createIamV2ApiKey::202/header/Location",
    "Created201": "createIamV2ApiKey::statuses",
    "Secretless": "createIamV2ApiKey::lifecycle/secret-is-told",
    "OneForAll": "createIamV2ApiKey::lifecycle/two-creates-make-two",
    "Hasty": "createIamV2ApiKey::lifecycle/refused-create-creates-nothing",
    "HalfMade": "createIamV2ApiKey::lifecycle/refused-create-creates-nothing",
    "OwnerOptional": "createIamV2ApiKey::request/spec.owner/required",
    "LongOwner": "createIamV2ApiKey::202/body/spec.owner.id",
    "NoEnvironment": "createIamV2ApiKey::lifecycle/sent-is-shown",
    "NoNull": "createIamV2ApiKey::request/accepted",
    "Recycling": "createIamV2ApiKey::lifecycle/ids-not-reused",
    "NumberedBySize": "createIamV2ApiKey::lifecycle/two-creates-make-two",
    "ThirdNotListed": "createIamV2ApiKey::lifecycle/listed-once",
    "OwnerInLowerCase": "createIamV2ApiKey::lifecycle/created-equals-sent",
    "CrashOnBrokenBody": "createIamV2ApiKey::statuses",
    "DottedPointer": "createIamV2ApiKey::error/source.pointer",
    "SecretInRead": "createIamV2ApiKey::lifecycle/secret-shown-once",
    "SecretInList": "createIamV2ApiKey::lifecycle/secret-shown-once",
    "SecretInUpdate": "createIamV2ApiKey::lifecycle/secret-shown-once",
    "SecretOnceMore": "createIamV2ApiKey::lifecycle/secret-shown-once",
    "LastUsed": "getIamV2ApiKey::lifecycle/same-everywhere",
    "CrashOnUnknown": "getIamV2ApiKey::statuses",
    "EmptyForUnknown": "getIamV2ApiKey::request/unknown-id",
    "SelfOfList": "getIamV2ApiKey::read/self-addresses-resource",
    "OtherKind": "getIamV2ApiKey::lifecycle/same-everywhere",
    "StatusAsNumber": "listIamV2ApiKeys::error/body/errors[].status",
    "OwnerLeftOut": "getIamV2ApiKey::200/body/spec.owner",
    "PutsInstead": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "Spreading": "updateIamV2ApiKey::lifecycle/siblings-untouched",
    "NotStored": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "StaleList": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "Careless": "updateIamV2ApiKey::lifecycle/refused-changes-nothing",
    "EmptyIgnored": "updateIamV2ApiKey::update/sent-is-returned/spec.display_name",
    "Reviving": "deleteIamV2ApiKey::lifecycle/no-resurrection",
    "OwnerChanges": "updateIamV2ApiKey::update/immutable/spec.owner",
    "ResourceLost": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "CreatedAgain": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "NeverUpdated": "updateIamV2ApiKey::update/updated-moves",
    "NameOfThird": "updateIamV2ApiKey::update/sent-is-returned/spec.display_name",
    "DeleteTells": "deleteIamV2ApiKey::statuses",
    "DeleteForAll": "deleteIamV2ApiKey::lifecycle/refused-changes-nothing",
    "DeletesNothing": "deleteIamV2ApiKey::lifecycle/deleted-is-not-listed",
    "StillReadable": "deleteIamV2ApiKey::lifecycle/deleted-is-gone",
    "StillListed": "deleteIamV2ApiKey::lifecycle/deleted-is-not-listed",
    "StillUpdated": "deleteIamV2ApiKey::lifecycle/deleted-is-gone",
    "DeletedTwice": "deleteIamV2ApiKey::request/unknown-id/once-deleted",
    "Sweeping": "deleteIamV2ApiKey::lifecycle/siblings-untouched",
    "GreedyAgain": "deleteIamV2ApiKey::lifecycle/delete-again-has-no-effect",
    "SizeUnbounded": "listIamV2ApiKeys::parameters/query/page_size/maximum",
    "SizeNoNumber": "listIamV2ApiKeys::parameters/query/page_size/type",
    "BrokenTokenTaken": "listIamV2ApiKeys::parameters/query/page_token/maxLength",
    "CrashOnToken": "listIamV2ApiKeys::statuses",
    "AnyBoolean": "listIamV2ApiKeys::parameters/query/show_expired/type",
    "NullForNone": "listIamV2ApiKeys::200/body/data",
    "ListWithoutMetadata": "listIamV2ApiKeys::200/body/data[].metadata",
    "ShortNames": "updateIamV2ApiKey::lifecycle/updated-is-read",
    "KindOfOne": "listIamV2ApiKeys::200/body/kind",
    "OpenList": "listIamV2ApiKeys::security/none",
    "NoTokenForCreate": "createIamV2ApiKey::security/confluent-sts-access-token/accepted",
    "NoChallenge": "deleteIamV2ApiKey::401/header/WWW-Authenticate",
    "ForbiddenForUnknownCaller": "createIamV2ApiKey::security/none",
    "SameRequestId": "listIamV2ApiKeys::request-id/unique",
    "NoLimitOnCreate": "createIamV2ApiKey::202/header/X-RateLimit-Limit",
    "EpochReset": "listIamV2ApiKeys::rate-limit/reset-relative",
    "NothingSpent": "listIamV2ApiKeys::rate-limit/remaining-counts-down",
    "NoIdOnDelete": "deleteIamV2ApiKey::204/header/X-Request-Id",
    "PlainNotFound": "deleteIamV2ApiKey::error/body/errors",
}
TOLD_ACCOUNTS = {
    "Forgetful": "CreateConfluentAccount::lifecycle/created-is-readable",
    "Created200": "CreateConfluentAccount::statuses",
    "NoTags": "CreateConfluentAccount::lifecycle/created-equals-sent",
    "NoResources": "CreateConfluentAccount::lifecycle/created-equals-sent",
    "FirstResourceOnly": "CreateConfluentAccount::answer/sent-is-returned/data.attributes.resources",
    "FirstTagOnly": "CreateConfluentAccount::answer/sent-is-returned/data.attributes.tags",
    "TagCutAtSecondColon": "CreateConfluentAccount::answer/sent-is-returned/data.attributes.tags",
    "OnlyTagAsText": "CreateConfluentAccount::lifecycle/created-equals-sent",
    "SecretOptional": "CreateConfluentAccount::request/data.attributes.api_secret/required",
    "AnyType": "CreateConfluentAccount::request/data.type/enum",
    "Hasty": "CreateConfluentAccount::lifecycle/refused-create-creates-nothing",
    "HalfMade": "CreateConfluentAccount::lifecycle/refused-create-creates-nothing",
    "OneForAll": "CreateConfluentAccount::lifecycle/two-creates-make-two",
    "NumberedBySize": "CreateConfluentAccount::lifecycle/two-creates-make-two",
    "SecretInCreate": "CreateConfluentAccount::lifecycle/secret-shown-once",
    "SecretInRead": "CreateConfluentAccount::lifecycle/secret-shown-once",
    "SecretInList": "CreateConfluentAccount::lifecycle/secret-shown-once",
    "SecretInUpdate": "CreateConfluentAccount::lifecycle/secret-shown-once",
    "CrashOnBrokenBody": "CreateConfluentAccount::statuses",
    "ThirdNotListed": "CreateConfluentAccount::lifecycle/listed-once",
    "ListWithoutResources": "GetConfluentAccount::lifecycle/same-everywhere",
    "BareList": "ListConfluentAccount::200/body",
    "ListWithoutKey": "ListConfluentAccount::200/body/data[].attributes.api_key",
    "LastTwice": "CreateConfluentAccount::lifecycle/listed-once",
    "CrashOnUnknown": "GetConfluentAccount::statuses",
    "AnyAccount": "DeleteConfluentAccount::lifecycle/no-resurrection",
    "LooksAtTags": "DeleteConfluentAccount::lifecycle/siblings-untouched",
    "TagsLost": "UpdateConfluentAccount::lifecycle/updated-is-read",
    "TagsMerged": "UpdateConfluentAccount::update/sent-is-returned/data.attributes.tags",
    "EmptyTagsIgnored": "UpdateConfluentAccount::update/sent-is-returned/data.attributes.tags",
    "ResourcesLost": "UpdateConfluentAccount::lifecycle/updated-is-read",
    "NotStored": "UpdateConfluentAccount::lifecycle/updated-is-read",
    "Spreading": "UpdateConfluentAccount::lifecycle/siblings-untouched",
    "Careless": "UpdateConfluentAccount::lifecycle/refused-changes-nothing",
    "Upserting": "DeleteConfluentAccount::lifecycle/no-resurrection",
    "EchoWithoutId": "UpdateConfluentAccount::200/body/data.id",
    "DeleteTells": "DeleteConfluentAccount::statuses",
    "DeletesNothing": "DeleteConfluentAccount::lifecycle/deleted-is-not-listed",
    "StillListed": "DeleteConfluentAccount::lifecycle/deleted-is-not-listed",
    "DeletedTwice": "DeleteConfluentAccount::request/unknown-id/once-deleted",
    "Sweeping": "DeleteConfluentAccount::lifecycle/siblings-untouched",
    "DeleteForAll": "DeleteConfluentAccount::lifecycle/refused-changes-nothing",
    "OneKeyForDelete": "DeleteConfluentAccount::security/DD-APPLICATION-KEY",
    "OneKeyForList": "ListConfluentResource::security/DD-API-KEY",
    "Unauthorized401": "CreateConfluentAccount::security/none",
    "OneError": "GetConfluentResource::error/body/errors",
    "ErrorObjects": "CreateConfluentAccount::error/body/errors[]",
    "Invalid422": "CreateConfluentAccount::statuses",
    "OwnIds": "CreateConfluentResource::lifecycle/created-equals-sent",
    "Shared": "CreateConfluentResource::lifecycle/own-parent-only",
    "MetricsAlwaysOff": "CreateConfluentAccount::answer/sent-is-returned/data.attributes.resources",
    "MetricsOnByDefault": "CreateConfluentResource::lifecycle/created-has-defaults",
    "NoParent": "CreateConfluentResource::request/unknown-id",
    "NoFlink": "CreateConfluentAccount::request/accepted",
    "TextForBoolean": "CreateConfluentResource::request/data.attributes.enable_custom_metrics/type",
    "TypeOptional": "CreateConfluentResource::request/data.attributes.resource_type/required",
    "EmptyAnswer": "CreateConfluentResource::201/media-type",
    "ThirdResourceLost": "CreateConfluentResource::lifecycle/listed-once",
    "ListWithoutType": "ListConfluentResource::200/body/data[].type",
    "NoneForUnknown": "ListConfluentResource::request/unknown-id",
    "WrongTypeName": "GetConfluentResource::lifecycle/same-everywhere",
    "ResourceTagsLost": "UpdateConfluentResource::lifecycle/updated-is-read",
    "MetricsReset": "UpdateConfluentResource::update/omitted-unchanged",
    "TypeKept": "UpdateConfluentResource::update/sent-is-returned/data.attributes.resource_type",
    "MetricsOnlyOn": "UpdateConfluentResource::update/sent-is-returned/data.attributes.enable_custom_metrics",
    "ResourceNotStored": "UpdateConfluentResource::update/omitted-unchanged",
    "ResourceUpserted": "DeleteConfluentResource::lifecycle/no-resurrection",
    "AllResources": "DeleteConfluentResource::lifecycle/siblings-untouched",
    "ResourceKept": "DeleteConfluentResource::lifecycle/deleted-is-not-listed",
    "ResourceDeletedTwice": "DeleteConfluentResource::request/unknown-id",
    "OrphansStay": "GetConfluentResource::lifecycle/gone-with-parent",
    "UnderTheFirst": "CreateConfluentResource::lifecycle/own-parent-only",
    "NotInTheAccount": "GetConfluentResource::lifecycle/parent-shows-its-own",
    "FromAnyAccount": "CreateConfluentResource::lifecycle/own-parent-only",
    "SameIdEverywhere": "DeleteConfluentResource::lifecycle/siblings-untouched",
    "StillInTheAccount": "GetConfluentResource::lifecycle/parent-shows-its-own",
    "ResourceDeletedUnderAny": "DeleteConfluentResource::lifecycle/siblings-untouched",
    "GhostAfterDelete": "GetConfluentResource::lifecycle/gone-with-parent",
}
TABLES = ((KEYS, TOLD_KEYS, UNTOLD_KEYS), (ACCOUNTS, TOLD_ACCOUNTS, UNTOLD_ACCOUNTS))
EVERY_TOLD = [(name, fault, told[fault]) for name, told, _ in TABLES for fault in told]
EVERY_UNTOLD = [(name, fault, untold[fault]) for name, _, untold in TABLES for fault in untold]


@lru_cache
def plan_of(name: str, id: str) -> Plan:
    """Return what is sent to one operation alone, made once for all services."""
    operation = operation_of(name, id)
    context = RunContext(operation.parameters, {}, issued(operation), max_examples=4)
    return make_plan(operation, context, skipped={Probe.THROTTLE: "not asked for"})


def operation_of(name: str, id: str) -> Operation:
    """Return the operation of the document *name* that has this id."""
    return next(one for one in read(name).operations if one.id == id)


def ruling_on(name: str, service: WholeService, node: str) -> Ruling:
    """Return the ruling on one clause, OPERATION::CLAUSE, of the document *name*."""
    id, _, clause_id = node.partition("::")
    operation = operation_of(name, id)
    clause = next(one for one in clauses.derive(operation) if one.id == clause_id)
    assert operation.resource is not None
    scenario = led(name, service).scenario(operation.resource)
    if Probe.LIFE in clause.needs:
        return scenario.ruling(operation, clause)
    clock = VirtualClock()
    campaign = Campaign(plan_of(name, id), target_for(plan_of(name, id), clock, service, URL))
    if operation.method == "DELETE":
        campaign.lived = scenario.exchanges_of(operation)
    return campaign.ruling(clause)


@pytest.mark.parametrize(("name", "fault", "node"), EVERY_TOLD, ids=lambda one: str(one))
def test_what_is_wrong_is_told_by_its_clause(name: str, fault: str, node: str) -> None:
    """Broken, or warned of where the promise is a SHOULD."""
    make: Any = getattr(MODULES[name], fault)
    assert ruling_on(name, make(), node).verdict in TOLD


@pytest.mark.parametrize(("name", "fault", "reason"), EVERY_UNTOLD, ids=lambda one: str(one)[:30])
def test_what_is_not_told_has_a_reason(name: str, fault: str, reason: str) -> None:
    """A list of what the gate does not see yet, or cannot see."""
    assert hasattr(MODULES[name], fault)
    pytest.skip(reason)


@pytest.mark.parametrize("name", MODULES)
def test_every_fault_is_in_one_table(name: str) -> None:
    """None is forgotten."""
    told, untold = next((told, untold) for one, told, untold in TABLES if one == name)
    module = MODULES[name]
    bases = {"Keys", "ManyKeys"}
    written = {
        word
        for word, made in vars(module).items()
        if isinstance(made, type) and made.__module__ == module.__name__
    }
    assert (written - bases, told.keys() & untold.keys()) == (told.keys() | untold.keys(), set())
