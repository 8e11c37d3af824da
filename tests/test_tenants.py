"""Are two principals kept apart? Services that do, in every permitted way, and services that do not."""

from __future__ import annotations

import base64
import re
import shutil
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import faulty_tenants
import httpx
import pytest
from faulty_tenants import OTHER_KEY, TenantShop
from leading import URL, Led, read_api
from running import ROOT, gate
from shop_service import KEY, Shop

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.cases.build import bare_case
from pytest_confluent_contracts.cases.other_principal import asked_by_other, has_other
from pytest_confluent_contracts.documents.self_check import flaws_in
from pytest_confluent_contracts.double.service import Request, Service, VirtualClock
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.guard import BY_OTHER, OPERATION, Guard, Refusal, Rules
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.model.paths import filled_template
from pytest_confluent_contracts.model.traffic import Principal, Probe, RunContext
from pytest_confluent_contracts.run import saved_state

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Operation

ID = "lifecycle/hidden-from-others"
FAULTS = {
    "ServesAll": "getCart",
    "HeadTells": "headCart",
    "ServesFromMemory": "getCart",
    "FirstSeesAll": "getCart",
    "TellsInRefusal": "getCart",
    "FallsOver": "getCart",
    "ListsAll": "listCarts",
    "ListsWhereNone": "listCarts",
    "ListsNewest": "listCarts",
    "UpdatesAll": "updateCart",
    "UpdatesQuietly": "updateCart",
    "ReplacesAll": "replaceCart",
    "ReplacesNotes": "replaceCart",
    "DeletesAll": "deleteCart",
    "DeletesQuietly": "deleteCart",
    "DeletesChanged": "deleteCart",
    "ListsLinesOfAll": "listLines",
    "ServesLinesOfAll": "getLine",
    "FindsLinesAnywhere": "getLine",
    "DeletesLinesAnywhere": "deleteLine",
    "MakesLinesInAll": "createLine",
    "MakesLinesQuietly": "createLine",
}


def bundled(name: str, id: str) -> Operation:
    """Return an operation of a bundled document."""
    document = documents.read_document(documents.find_document(name))
    return next(one for one in document.operations if one.id == id)


def led(shop: TenantShop, other: str = OTHER_KEY) -> Led:
    """Return the lives of the shop's resources, with two principals."""
    return Led(read_api("shop"), shop, KEY, other=other)


def rulings_of(lives: Led) -> dict[str, Ruling]:
    """Return the rulings on what is kept from others, by operation."""
    found: dict[str, Ruling] = {}
    for operation in lives.document.operations:
        for clause in clauses.derive(operation):
            if clause.id == ID and operation.resource is not None:
                scenario = lives.scenario(operation.resource)
                found[operation.id] = scenario.ruling(operation, clause)
    return found


@lru_cache
def conforming(hiding: int, open_lists: bool) -> tuple[Led, TenantShop]:
    """Return the lives in a shop that keeps its customers apart in one of the permitted ways."""
    shop = TenantShop(hiding=hiding, open_lists=open_lists)
    return led(shop), shop


@pytest.mark.parametrize(("hiding", "open_lists"), list(product((403, 404, 410), (True, False))))
def test_who_keeps_them_apart_is_told_nothing(hiding: int, open_lists: bool) -> None:
    """However it refuses, and whether or not the second may list; no other clause turns red either."""
    lives, _ = conforming(hiding, open_lists)
    verdicts = {ruling.verdict for ruling in rulings_of(lives).values()}
    assert verdicts == {Verdict.KEPT}
    assert [id for id, ruling in lives.rulings().items() if ruling.against] == []


def test_without_a_second_principal_nothing_of_it_is_exercised() -> None:
    """And nothing else is: the same requests go as before."""
    lives = led(TenantShop(), other="")
    rulings = rulings_of(lives)
    assert {ruling.verdict for ruling in rulings.values()} == {Verdict.NOT_EXERCISED}
    carts = lives.scenario(lives.document.resources[0])
    told = [one.case.subject.name for one in carts.history]
    assert not [name for name in told if "another" in name]
    assert "delete" in told[told.index("delete refused") : told.index("delete refused") + 3]


def test_the_same_credentials_twice_are_no_second_principal() -> None:
    """They would be let in to all, and nobody is to blame."""
    rulings = rulings_of(led(TenantShop(), other=KEY))
    assert {ruling.verdict for ruling in rulings.values()} == {Verdict.NOT_EXERCISED}


def test_wrong_credentials_are_told_as_that() -> None:
    """Who is refused everywhere is kept from all, and that shows nothing."""
    rulings = rulings_of(led(TenantShop(), other="wrong"))
    assert all(ruling.withheld for ruling in rulings.values())


@pytest.mark.parametrize("fault", FAULTS)
def test_who_mixes_them_up_is_told(fault: str) -> None:
    """By the clause of the operation that does."""
    rulings = rulings_of(led(getattr(faulty_tenants, fault)()))
    assert rulings[FAULTS[fault]].verdict is Verdict.BROKEN


def test_every_fault_is_in_the_table() -> None:
    """None is forgotten."""
    written = {
        name
        for name, made in vars(faulty_tenants).items()
        if isinstance(made, type) and issubclass(made, TenantShop) and made is not TenantShop
    }
    assert written == set(FAULTS)


# --- harm -------------------------------------------------------------------------------------------------------------


def test_all_is_deleted_at_the_end_by_who_made_it() -> None:
    """The second's own by the second."""
    lives, shop = conforming(404, True)
    rulings_of(lives)
    assert {shop.owners[id] for id in shop.carts} == {KEY, OTHER_KEY}
    assert list(lives.lives.clean_up()) == []
    assert (shop.carts, shop.lines) == ({}, {})


class ShopsApart:
    """A shop for each of two customers, which both count from 1; the second had carts before."""

    def __init__(self) -> None:
        self.shops = {KEY: Shop(), OTHER_KEY: Shop()}
        for number in range(5):
            self.shops[OTHER_KEY].post_carts({"label": f"older {number}", "note": "do not touch"})
        self.before = {id: dict(cart) for id, cart in self.shops[OTHER_KEY].carts.items()}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer of the shop of whoever asks."""
        shop = self.shops.get(request.headers.get("X-Key", ""))
        if shop is None:
            return Shop()(request)
        request.headers["X-Key"] = KEY
        return shop(request)


def test_what_the_second_had_before_is_neither_judged_nor_touched() -> None:
    """Where each counts from 1, what the first made has the id of something that is older."""
    shop = ShopsApart()
    lives = Led(read_api("shop"), shop, KEY, other=OTHER_KEY)
    assert Verdict.BROKEN not in {one.verdict for one in rulings_of(lives).values()}
    assert list(lives.lives.clean_up()) == []
    assert shop.shops[OTHER_KEY].carts == shop.before
    assert shop.shops[OTHER_KEY].lines == {id: {} for id in shop.before}
    requests = shop.shops[OTHER_KEY].requests
    written = {path for method, path in requests if method not in ("GET", "HEAD")}
    assert written.isdisjoint(f"/carts/{id}" for id in shop.before)


def test_what_was_made_is_written_down_with_its_maker(tmp_path: Path) -> None:
    """Whoever outlives the run deletes it with the same credentials; the file has none of them."""
    kept = {"parameters": (("id", "1"),), "made_at": 7.0, "maker": Principal.OTHER, "url": "u"}
    written = saved_state.written_made(kept)
    saved_state.MadeFile(tmp_path, ("shop", "carts")).keep([written])
    [(key, [left])] = saved_state.made_left(tmp_path)
    assert (key, left) == (("shop", "carts"), ((("id", "1"),), 7.0, "other"))


# --- the guard --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_the_guard_lets_the_second_write_to_what_the_run_made_alone(method: str) -> None:
    """What an option names may be changed with the first credentials, and with no others."""
    lives, _ = conforming(404, True)
    rulings_of(lives)
    [operation] = [
        one
        for one in lives.document.operations
        if one.method == method and one.path == "/carts/{cart_id}"
    ]
    named = targets.Access(operation, {}, paths=frozenset({"/carts/named"}))
    guard = Guard(
        Rules(frozenset({URL})),
        targets.allowances_at(URL, [named]),
        VirtualClock(),
        httpx.MockTransport(lambda _: httpx.Response(200)),
    )

    def ask(by_other: bool) -> httpx.Response:
        extensions = {OPERATION: operation.key, BY_OTHER: by_other}
        return guard.handle_request(
            httpx.Request(method, f"{URL}/carts/named", extensions=extensions)
        )

    assert ask(by_other=False).status_code == 200
    with pytest.raises(Refusal, match="with the second credentials is for what the run made alone"):
        ask(by_other=True)


# --- the double -------------------------------------------------------------------------------------------------------


def test_the_embedded_service_has_two_tenants() -> None:
    """Half of the one's credentials and half of the other's are nobody's."""
    update = bundled("datadog-confluent-cloud", "UpdateConfluentAccount")
    service = Service(update, VirtualClock())

    def status(first: str, second: str) -> int:
        known = {"own": service.credentials, "other": service.other_credentials}
        headers = {
            "dd-api-key": known[first]["apiKeyAuth"]["value"],
            "dd-application-key": known[second]["appKeyAuth"]["value"],
            "content-type": "application/json",
        }
        path = filled_template(update.path, service.parameters)
        return service.handle(Request("PATCH", path, headers, b"{}")).status

    assert status("own", "own") != 404
    assert status("other", "other") == 404
    assert status("own", "other") == status("other", "own") == 403


# --- what must not be seen --------------------------------------------------------------------------------------------


def test_no_value_of_the_second_set_is_in_what_is_kept() -> None:
    """The second's own secrets are taken out by value, as the first's are."""
    operation = bundled("confluent-api-keys", "getIamV2ApiKey")
    others = {"cloud-api-key": {"username": "their-user", "password": "their-secret-0001"}}
    access = targets.Access(operation, {}, other_credentials=others)
    redactor = targets.redactor_of([access], {})
    coded = base64.b64encode(b"their-user:their-secret-0001").decode()
    assert "their-secret" not in redactor.text("it was their-secret-0001")
    assert coded not in redactor.text(f"Basic {coded}")
    assert list(redactor.leaks("their-secret-0001", {}, operation.key)) == [
        "the other credential cloud-api-key (password)"
    ]


# --- which credentials ------------------------------------------------------------------------------------------------

BASIC = {"username": "u", "password": "p"}
BEARER = {"token": "t"}


@pytest.mark.parametrize(
    ("own", "others", "carried"),
    [
        (BASIC, {"cloud-api-key": {"username": "u2", "password": "p2"}}, "Basic dTI6cDI="),
        (BASIC, {"confluent-sts-access-token": {"token": "t2"}}, "Bearer t2"),
        (
            BASIC,
            {"cloud-api-key": {"username": "u2"}, "confluent-sts-access-token": BEARER},
            "Bearer t",
        ),
        (BASIC, {"cloud-api-key": {"username": "u2"}}, ""),
        (BASIC, {"cloud-api-key": BASIC}, ""),
        (BASIC, {}, ""),
    ],
    ids=["the same kind", "another kind", "the one that is whole", "half", "the same", "none"],
)
def test_the_second_travels_with_the_first_alternative_that_is_whole(
    own: dict[str, str], others: dict[str, dict[str, str]], carried: str
) -> None:
    """And not at all where there is none, or it is the first's own."""
    operation = bundled("confluent-api-keys", "getIamV2ApiKey")
    context = RunContext(operation.parameters, {}, {"cloud-api-key": own}, other_credentials=others)
    assert has_other(operation, context) is bool(carried)
    if carried:
        case = asked_by_other(bare_case(Probe.LIFE, "read", operation, context), context)
        assert dict(case.headers)["Authorization"] == carried
        assert case.principal is Principal.OTHER
        assert case.authority.startswith("other ")


def test_all_schemes_of_an_alternative_are_the_seconds() -> None:
    """One key of its own is enough to be another."""
    operation = bundled("datadog-confluent-cloud", "ListConfluentAccount")
    own = {"apiKeyAuth": {"value": "a"}, "appKeyAuth": {"value": "b"}}
    others = {"apiKeyAuth": {"value": "a"}, "appKeyAuth": {"value": "c"}}
    context = RunContext((), {}, own, other_credentials=others)
    assert has_other(operation, context)
    case = asked_by_other(bare_case(Probe.LIFE, "list", operation, context), context)
    assert {"a", "c"} <= set(dict(case.headers).values())


DOCUMENT = """
openapi: 3.0.3
info: {title: Keys, version: '1'}
paths:
  /keys:
    get:
      operationId: keys
      security: [{one: [], other: []}]
      x-contract: {credentials: CREDENTIALS}
      responses: {'200': {description: all}}
components:
  securitySchemes:
    one: {type: http, scheme: basic}
    other: {type: apiKey, in: header, name: X-Key}
"""


@pytest.mark.parametrize(
    ("stated", "first", "second"),
    [
        (
            "{}",
            ("CONTRACT_ONE_USERNAME", "CONTRACT_OTHER_VALUE"),
            ("CONTRACT_OTHER_ONE_USERNAME", "CONTRACT_OTHER_OTHER_VALUE"),
        ),
        (
            "{other: {one: {username: A, password: B}, other: {value: C}}}",
            ("CONTRACT_ONE_USERNAME", "CONTRACT_OTHER_VALUE"),
            ("A", "C"),
        ),
        (
            "{other: {value: C}}",
            ("CONTRACT_ONE_USERNAME", "C"),
            ("CONTRACT_OTHER_ONE_USERNAME", "CONTRACT_OTHER_OTHER_VALUE"),
        ),
    ],
    ids=["by convention", "stated", "a scheme of this name"],
)
def test_the_variables_of_both_are_stated_or_made_of_the_schemes(
    stated: str, first: tuple[str, str], second: tuple[str, str], tmp_path: Path
) -> None:
    """A security scheme may be called ``other``, too."""
    path = tmp_path / "keys.yaml"
    path.write_text(DOCUMENT.replace("CREDENTIALS", stated), encoding="utf-8")
    [operation] = documents.read_document(path).operations
    one, other = operation.security[0]
    assert (one.variables[0][1], other.variables[0][1]) == first
    assert (one.other_variables[0][1], other.other_variables[0][1]) == second


def test_a_scheme_that_is_none_is_a_flaw_of_the_document(tmp_path: Path) -> None:
    """Of the second set as of the first."""
    path = tmp_path / "keys.yaml"
    stated = "{other: {two: {value: C}}}"
    path.write_text(DOCUMENT.replace("CREDENTIALS", stated), encoding="utf-8")
    told = [(flaw.kind, flaw.subject) for flaw in flaws_in(path)]
    assert told == [(FlawKind.X_CONTRACT_SCHEME, "two")]


def test_a_second_principal_has_its_own_at_each_level(tmp_path: Path) -> None:
    """Boxes lie in racks, and these in sites: what it makes lies in a rack of its own, in a site of its own."""
    shutil.copy(ROOT / "tests" / "apis" / "warehouse.yaml", tmp_path)
    run = gate(
        tmp_path,
        "--contract-target=mock",
        "--contract-spec=warehouse.yaml",
        "--contract-sequences=0",
        "-k",
        "hidden-from-others",
    )
    assert run.code == 0, run.everything
    assert "not sent" not in run.out
    assert re.search(r"\b15 passed\b", run.out), run.everything
