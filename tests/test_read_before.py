"""Is what is going to be written read before, where the document has a read, so that it can be put back?"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from chaos_proxy import named, resolver
from leading import read_api
from running import Answered, Run, gate, serving
from shop_service import KEY, Shop
from whole_services import CREDENTIALS, AccountService

from pytest_confluent_contracts.cases.restore import (
    shown_values,
    unrestorable_paths,
    unseen_paths,
)
from pytest_confluent_contracts.model.traffic import RunContext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.model.documents import Operation

# --- Datadog's account -----------------------------------------------------------------------------------------------

OWN = "account_id_abc123"
FEW = ("--contract-max-examples=1", "-k", "security/none or 200/json")
ACCOUNT = (
    "--contract-spec=datadog-confluent-cloud",
    "--contract-operation=UpdateConfluentAccount",
    f"--contract-param=account_id={OWN}",
    *FEW,
)


def held(folder: Path, service: AccountService, *options: str) -> Run:
    """Hold the update of an account against *service*."""
    with serving(service.respond) as url:
        target = f"--contract-target={url}"
        return gate(folder, target, *ACCOUNT, *options, given=CREDENTIALS, whole=True)


def asked_of_own(service: AccountService) -> list[str]:
    """Return the methods of the requests to the run's own account, in their order."""
    return [method for method, path in service.requests if path.endswith(f"/{OWN}")]


def test_the_key_of_an_account_is_put_back(folder: Path) -> None:
    """Every update must send one; the read before the first has shown what was there."""
    service = AccountService()
    run = held(folder, service)
    account = service.accounts[OWN]
    assert asked_of_own(service)[:2] == ["GET", "PATCH"]
    assert (account.api_key, account.tags) == ("FIRSTKEY", ["first", "first:tag"])
    [line] = [line for line in run.out.splitlines() if "not put back" in line]
    assert "data.attributes.api_secret cannot be put back: no answer shows what was there" in line


def test_with_its_secret_pinned_all_of_an_account_is_put_back(folder: Path) -> None:
    """Nothing is left to tell."""
    service = AccountService()
    run = held(folder, service, "--contract-pin=data.attributes.api_secret=first-secret")
    account = service.accounts[OWN]
    assert (account.api_key, account.api_secret) == ("FIRSTKEY", "first-secret")
    assert "not put back" not in run.out


def test_the_plan_tells_of_the_read_and_of_what_is_put_back(folder: Path) -> None:
    """It is one request more, and the key is no longer among what is lost."""
    service = AccountService()
    out = held(folder, service, "--contract-plan").out
    assert "reading:      1 request, for what is put back" in out
    assert "put back: data.attributes.api_key, data.attributes.tags" in out
    assert "not put back: data.attributes.api_secret: no answer shows what was there" in out
    assert service.requests == []


@pytest.mark.parametrize("budget", [1, 2, 3, 9])
def test_the_read_is_paid_by_the_update(folder: Path, budget: int) -> None:
    """No more is sent than the budget has, and nothing is written that is not put back."""
    service = AccountService()
    held(folder, service, f"--contract-budget={budget}")
    assert 0 < len(service.requests) <= budget
    assert service.accounts[OWN].api_key == "FIRSTKEY"
    assert asked_of_own(service)[:1] == ["GET"]


# --- carts -----------------------------------------------------------------------------------------------------------

SHOP = read_api("shop")


def operation(id: str) -> Operation:
    """Return the shop's operation."""
    return next(one for one in SHOP.operations if one.id == id)


class Named(Shop):
    """A shop in which the cart that is named lies."""

    def __init__(self) -> None:
        super().__init__()
        self.carts["c-1"] = {"id": "c-1", "label": "first", "note": "kept"}
        self.lines["c-1"] = {}


@contextmanager
def away(folder: Path, shop: Shop) -> Iterator[tuple[str, ...]]:
    """Serve *shop* under a name that is not loopback's; yield the options that hold it."""

    def answer(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        came = shop(httpx.Request(method, f"http://shop{path}", headers=headers, content=body))
        kept = [(k, v) for k, v in came.headers.items() if k.lower() != "content-length"]
        return came.status_code, kept, came.content

    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    document = folder / "shop.yaml"
    shown = Path(__file__).parent / "apis" / "shop.yaml"
    document.write_text(shown.read_text(encoding="utf-8"), encoding="utf-8")
    with serving(answer) as url:
        yield (
            f"--contract-target={named(url)}",
            f"--contract-spec={document}",
            "--contract-insecure",
            "--contract-rate=2000",
            "--contract-param=cart_id=c-1",
            *FEW,
        )


class Unreadable(Named):
    """Has lost its reads."""

    def get_cart(self, id: str) -> httpx.Response:
        return httpx.Response(500)


def test_off_loopback_nothing_is_replaced_that_no_read_has_shown(folder: Path) -> None:
    """A PUT shows what it put there, not what it replaced: where the read fails, none goes, and it says why."""
    shop = Unreadable()
    with away(folder, shop) as options:
        run = gate(
            folder, *options, "--contract-operation=replaceCart", given={"CONTRACT_KEY_VALUE": KEY}
        )
    assert {method for method, _ in shop.requests} == {"GET"}
    assert "not sent: what a PUT replaces could not be read before" in run.out
    assert shop.carts["c-1"]["label"] == "first"


def test_where_the_read_fails_the_first_answer_shows_what_was_there(folder: Path) -> None:
    """As it does where the document has no read."""
    shop = Unreadable()
    with away(folder, shop) as options:
        gate(folder, *options, "--contract-operation=updateCart", given={"CONTRACT_KEY_VALUE": KEY})
    methods = [method for method, _ in shop.requests]
    assert (methods[0], "PATCH" in methods) == ("GET", True)
    assert shop.carts["c-1"] == {"id": "c-1", "label": "first", "note": "kept"}


@pytest.mark.parametrize(
    "masked", ["***", "abcd****", "sk-\u2026", "\u2022\u2022\u2022\u20221234", "ab...yz"]
)
def test_what_a_read_shows_masked_is_not_written_back(masked: str) -> None:
    """It would put the mask in the place of what was there; it is told as lost."""
    update, read = operation("updateCart"), operation("getCart")
    was = shown_values(update, {"id": "c-1", "label": masked, "note": "kept"}, read)
    assert was == {"note": "kept"}
    assert unrestorable_paths(update, RunContext((), {}, {}), was, read) == ["label"]


def test_a_put_leaves_out_what_was_not_there() -> None:
    """An update would have to write that nothing is there."""
    replace, read = operation("replaceCart"), operation("getCart")
    was = shown_values(replace, {"id": "c-1", "label": "first"}, read)
    assert was == {"label": "first"}
    assert unrestorable_paths(replace, RunContext((), {}, {}), was, read) == []
    assert unseen_paths(replace, RunContext((), {}, {}), read) == []
    assert unseen_paths(replace, RunContext((), {}, {})) == ["label", "note"]
