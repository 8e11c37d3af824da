"""Does a whole run leave anything behind, or touch what is another's, where it makes and deletes resources?"""

from __future__ import annotations

import os
import re
import signal
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
import pytest
from chaos_proxy import named, resolver
from plain_service import Wrong
from running import Answered, Run, ctrl_c, gate, interrupted, serving
from shop_service import KEY, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHOP = Path(__file__).parent / "apis" / "shop.yaml"
NODE = "contracts/shop::"
FAST = ("--contract-insecure", "--contract-rate=2000", "--contract-max-examples=1")
# On loopback sequences are drawn unasked: a few of them show what a run leaves as well as many.
DRAWN = "--contract-sequences=3"
MAKING = ("--contract-allow=*Cart", "--contract-allow=*Line")
STRANGERS = ("c-1", "c-2")
BEFORE = {id: {"id": id, "label": "a stranger's", "note": "kept"} for id in STRANGERS}
LINES = {id: {"l-1": {"id": "l-1", "count": 1, "gift": False}} for id in STRANGERS}


class OpenShop:
    """A shop behind a URL that takes down what it was asked for, and in which strangers' carts lie.

    `made` are the ids that the answers of its creates gave.
    """

    def __init__(self, shop: Shop) -> None:
        self.shop, self.url = shop, ""
        self.requests: list[tuple[str, str]] = []
        self.made: set[str] = set()
        self.hosts: set[str] = set()
        self._lock = threading.Lock()
        shop.carts |= {id: dict(cart) for id, cart in BEFORE.items()}
        shop.lines |= {
            id: {one: dict(line) for one, line in own.items()} for id, own in LINES.items()
        }

    environment: dict[str, str] = {"CONTRACT_KEY_VALUE": KEY}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        """Return the shop's answer."""
        with self._lock:
            self.requests.append((method, path))
            self.hosts.add(headers.get("host", ""))
            request = httpx.Request(method, self.url + path, headers=headers, content=body)
            answer = self.shop(request)
            if method == "POST" and answer.is_success:
                self.made.add(answer.json()["id"])
        kept = [(k, v) for k, v in answer.headers.items() if k.lower() != "content-length"]
        return answer.status_code, kept, answer.content

    @property
    def methods(self) -> set[str]:
        """Return the methods that came."""
        return {method for method, _ in self.requests}

    def paths(self, *methods: str) -> set[str]:
        """Return the paths that came with one of *methods*."""
        return {path for method, path in self.requests if method in methods}

    def is_as_before(self) -> bool:
        """Return whether nothing but the strangers' things lies there, as it did before."""
        return (self.shop.carts, self.shop.lines) == (BEFORE, LINES)


@contextmanager
def opened(shop: Shop | None = None) -> Iterator[OpenShop]:
    """Serve a shop over HTTP as long as the block lasts."""
    service = OpenShop(shop or Shop())
    with serving(service.answer) as url:
        service.url = url
        yield service


@pytest.fixture
def shop() -> Iterator[OpenShop]:
    """Return a shop that keeps its document."""
    with opened() as service:
        yield service


def document(folder: Path, more: str = "") -> str:
    """Return the option that holds the shop's document, which lies beside the run, with *more* paths."""
    copy = folder / "shop.yaml"
    text = SHOP.read_text(encoding="utf-8")
    copy.write_text(text.replace("\ncomponents:\n", f"\n{more}components:\n"), encoding="utf-8")
    return f"--contract-spec={copy}"


def held(folder: Path, shop: OpenShop, *options: str, away: bool = False, more: str = "") -> Run:
    """Run the gate against *shop*, *away* under a name that is not loopback's, with *more* paths."""
    (kept := folder.parent / "kept").mkdir(exist_ok=True)
    url = named(shop.url) if away else shop.url
    if not away and not any(
        one.startswith(("--contract-seq", "--contract-plan")) for one in options
    ):
        options = (*options, DRAWN)
    if away:
        conftest = folder / "conftest.py"
        own = conftest.read_text(encoding="utf-8") if conftest.exists() else ""
        conftest.write_text(resolver() + own, encoding="utf-8")
    target = f"--contract-target={url}"
    given = shop.environment | {"TMPDIR": str(kept)}
    return gate(folder, target, document(folder, more), *FAST, *options, given=given)


AWAY = pytest.mark.parametrize("away", [False, True], ids=["loopback", "off loopback"])


def last_id(path: str) -> str:
    """Return the id of what *path* names."""
    return unquote(path.rpartition("/")[2])


def deleted_what_it_made(shop: OpenShop) -> bool:
    """Return whether each deletion went to an id that an answer of a create gave."""
    return all(last_id(path) in shop.made for path in shop.paths("DELETE"))


def wrote_what_it_made(shop: OpenShop, *named_ones: str) -> bool:
    """Return whether each change of what exists went to what the run made, or was named for it."""
    written = {last_id(path) for path in shop.paths("PUT", "PATCH")}
    known = {id for id in written if id in shop.shop.carts or id in STRANGERS}
    return known <= shop.made | set(named_ones)


def wrote(shop: OpenShop) -> bool:
    """Return whether something was made at all: else a test would prove nothing."""
    return bool(shop.made)


# --- what is allowed -------------------------------------------------------------------------------------------------


def test_off_loopback_nothing_is_made_or_deleted_unless_allowed(
    folder: Path, shop: OpenShop
) -> None:
    """Neither POST nor DELETE goes, nor a change of anything that is there; the clauses name the option."""
    run = held(folder, shop, away=True)
    assert run.code == 0, run.everything
    assert shop.methods <= {"GET", "HEAD", "PATCH"}
    assert wrote_what_it_made(shop)
    assert shop.is_as_before()
    told = {one.skipped for one in run.told if one.verdict == "not exercised"}
    for name in ("createCart", "deleteCart", "createLine", "deleteLine"):
        assert any(f"--contract-allow={name} would send it" in line for line in told), name


@pytest.mark.parametrize("allowed", ["createCart", "deleteCart", "POST *"])
def test_a_create_goes_only_where_its_deletion_is_allowed(
    folder: Path, shop: OpenShop, allowed: str
) -> None:
    """Whoever allows one of the two has allowed neither to leave something behind nor to delete."""
    run = held(folder, shop, f"--contract-allow={allowed}", "-k", "Cart and lifecycle", away=True)
    assert run.code == 0, run.everything
    assert shop.methods <= {"GET", "HEAD"}
    assert shop.is_as_before()


ALLOWING = {
    "names": (("--contract-allow=createCart", "--contract-allow=deleteCart"), ""),
    "a wildcard": (("--contract-allow=*Cart",), ""),
    "method and path": (("--contract-allow=POST /carts", "--contract-allow=DELETE /carts/{*}"), ""),
    "ini": ((), "[pytest]\ncontract_allow =\n    createCart\n    deleteCart\n"),
}


@pytest.mark.parametrize("how", ALLOWING)
def test_what_is_allowed_is_made_and_deleted_again(folder: Path, shop: OpenShop, how: str) -> None:
    """The life is led on what the run made; what it did not make is neither changed nor deleted."""
    options, ini = ALLOWING[how]
    if ini:
        (folder / "pytest.ini").write_text(ini, encoding="utf-8")
    run = held(folder, shop, *options, "-k", "createCart and lifecycle", away=True)
    assert run.code == 0, run.everything
    assert run.verdicts[f"{NODE}createCart::lifecycle/created-is-readable"] == "kept"
    assert wrote(shop)
    assert deleted_what_it_made(shop)
    assert wrote_what_it_made(shop)
    assert shop.is_as_before()
    assert not shop.paths("POST") - {"/carts"}


def test_a_name_that_no_operation_has_is_a_usage_error(folder: Path, shop: OpenShop) -> None:
    """One line names the option; nothing is sent."""
    run = held(folder, shop, "--contract-allow=createShop", away=True)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert (
        "--contract-allow=createShop: no operation has this name or METHOD /path" in run.everything
    )
    assert shop.requests == []


def test_a_whole_run_off_loopback_leaves_nothing(folder: Path, shop: OpenShop) -> None:
    """All operations are held within the default budget, on a few that the run made; each of them is gone."""
    run = held(folder, shop, *MAKING, away=True)
    assert run.code == 0, run.everything
    assert shop.is_as_before()
    assert deleted_what_it_made(shop)
    assert wrote_what_it_made(shop)
    assert len(shop.requests) <= 600
    assert 10 <= len(shop.made) <= 20  # the lives, and what operations are held on
    assert "not put back" not in run.out
    for clause in ("createCart::201/body", "updateCart::200/body", "replaceCart::200/body"):
        assert run.verdicts[NODE + clause] == "kept", clause


def test_what_was_named_may_be_changed_and_is_put_back(folder: Path, shop: OpenShop) -> None:
    """Without leave to make one, PATCH and PUT go to the cart that was named, after a read of it, and to no other."""
    options = ("--contract-param=cart_id=c-1", "-k", "(updateCart or replaceCart) and 200")
    run = held(folder, shop, *options, away=True)
    assert run.code == 0, run.everything
    assert "/carts/c-1" in shop.paths("PATCH") & shop.paths("PUT")
    assert shop.methods <= {"GET", "HEAD", "PATCH", "PUT"}
    assert wrote_what_it_made(shop, "c-1")
    assert shop.is_as_before()
    of_own = [method for method, path in shop.requests if path == "/carts/c-1"]
    assert of_own[0] == "GET"
    assert of_own.index("PUT") > of_own.index("GET")
    assert of_own[of_own.index("PUT") - 1] == "GET"


ACTION = """\
  /carts/{cart_id}/checkout:
    parameters: [{$ref: '#/components/parameters/Cart'}]
    post:
      operationId: checkOut
      responses:
        '200': {$ref: '#/components/responses/Cart'}
        '401': {$ref: '#/components/responses/Problem'}
        '404': {$ref: '#/components/responses/Problem'}
"""


class Selling(Shop):
    """Carts can be checked out."""

    def routed(self, request: httpx.Request, path: str) -> httpx.Response:
        """Check out, or answer as usual."""
        whole, found, _ = path.rpartition("/checkout")
        if not found:
            return super().routed(request, path)
        self.cart(unquote(whole.rpartition("/")[2]))["note"] = "sold"
        return super().routed(httpx.Request("GET", request.url, headers=request.headers), whole)


SOLD = {
    "not allowed": ((), "nothing"),
    "not named": (("--contract-allow=checkOut",), "nobody's"),
    "on what it makes": (("--contract-allow=checkOut", *MAKING), "what it made"),
}


@pytest.mark.parametrize("how", SOLD)
def test_off_loopback_what_else_a_post_does_is_done_only_where_it_is_allowed(
    folder: Path, how: str
) -> None:
    """Nobody knows what it does, nor undoes it: it goes to what the run made, or to nobody's."""
    options, expected = SOLD[how]
    with opened(Selling()) as shop:
        run = held(folder, shop, *options, "-k", "checkOut", away=True, more=ACTION)
    assert run.code == 0, run.everything
    sold = {path.split("/")[2] for path in shop.paths("POST") if path.endswith("/checkout")}
    assert not sold & set(STRANGERS)
    assert bool(sold & shop.made) == bool(shop.made) == (expected == "what it made")
    assert bool(sold) == (expected != "nothing")
    assert shop.is_as_before()


def test_what_is_left_out_of_the_run_makes_nothing_that_stays(folder: Path, shop: OpenShop) -> None:
    """A create without the deletion that was left out would leave what it makes: on loopback, too."""
    run = held(folder, shop, "--contract-operation=createCart", "-k", "201 or lifecycle")
    assert run.code == 0, run.everything
    assert (shop.made, shop.is_as_before()) == (set(), True)
    told = {one.skipped for one in run.told}
    assert any("deleteCart is left out, which would delete what is made" in line for line in told)


def test_one_create_alone_deletes_what_it_makes(folder: Path, shop: OpenShop) -> None:
    """Where its own clauses alone are chosen by -k, what ends it goes, too."""
    run = held(folder, shop, "-k", "createCart and security")
    assert run.code == 0, run.everything
    assert wrote(shop)
    assert shop.requests[0][0] == "GET"
    assert deleted_what_it_made(shop)
    assert shop.is_as_before()


# --- how a run ends --------------------------------------------------------------------------------------------------

LIFE = ("-k", "Cart and lifecycle or updateCart and security")
CREATES = ("-k", "lifecycle or createCart and 201")


FAILING = [("-k", "lifecycle"), ("-k", "lifecycle", "-x"), ("-k", "created-is-readable")]


class Forgetful(Shop):
    """Shows no cart that was made a moment ago: the run fails."""

    def get_cart(self, id: str) -> httpx.Response:
        """Read a cart, or not."""
        if id.startswith("c-0"):
            raise Wrong(404)
        return super().get_cart(id)


@AWAY
@pytest.mark.parametrize("options", FAILING, ids=" ".join)
def test_after_a_failure_everything_is_gone(
    folder: Path, options: tuple[str, ...], away: bool
) -> None:
    """Also under ``-x``, and where a single clause was chosen."""
    with opened(Forgetful()) as shop:
        run = held(folder, shop, *MAKING, *options, away=away)
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.everything
    assert wrote(shop)
    assert deleted_what_it_made(shop)
    assert shop.is_as_before()


BUDGETS = {
    "1": (1, False, ("-k", "lifecycle or security")),
    "10": (10, False, ("-k", "lifecycle or security or unknown")),
    "37, all clauses": (37, False, ()),
    "1 off loopback": (1, True, ("-k", "lifecycle or security")),
    "10 off loopback, all clauses": (10, True, ()),
    "37 off loopback": (37, True, ("-k", "lifecycle or security or unknown or malformed")),
}


@pytest.mark.parametrize("given", BUDGETS)
def test_whatever_the_budget_nothing_is_left(folder: Path, shop: OpenShop, given: str) -> None:
    """A create goes only with its deletion kept in the budget; a budget of one makes nothing."""
    budget, away, few = BUDGETS[given]
    run = held(folder, shop, *MAKING, f"--contract-budget={budget}", *few, away=away)
    assert run.code == 0, run.everything
    assert 0 < len(shop.requests) <= budget
    assert wrote(shop) == (budget > 1)
    assert deleted_what_it_made(shop)
    assert wrote_what_it_made(shop)
    assert shop.is_as_before()
    told = {one.skipped for one in run.told if one.verdict == "not exercised"}
    assert any("--contract-budget raises it" in line for line in told)


HOOK = """
from pathlib import Path

made = 0

def pytest_contract_exchange(config, exchange):
    global made
    made += exchange.case.operation.method == "POST" and exchange.status == 201
    flag = Path(__file__).parent / "died"
    if made == {number} and ({where}):
        {how}
"""
BUG = 'raise RuntimeError("a bug in a conftest.py")'
BROKEN_OFF = {
    "an exception of a hook": (BUG, 3),
    "an exception at the first": (BUG, 1),
    "pytest.exit": ('import pytest; pytest.exit("enough")', 3),
    "KeyboardInterrupt": ("raise KeyboardInterrupt", 1),
}


@AWAY
@pytest.mark.parametrize("end", BROKEN_OFF)
def test_however_a_run_is_broken_off_everything_is_gone(
    folder: Path, shop: OpenShop, end: str, away: bool
) -> None:
    """What an answer showed is known before anybody else hears of it, and so are the deletions."""
    how, number = BROKEN_OFF[end]
    hook = HOOK.format(number=number, how=how, where="True")
    (folder / "conftest.py").write_text(hook, encoding="utf-8")
    held(folder, shop, *MAKING, *LIFE, away=away)
    assert len(shop.made) >= number
    assert deleted_what_it_made(shop)
    assert shop.is_as_before()


ENDED: dict[str, Callable[[int], None]] = {
    "Ctrl-C": ctrl_c,
    "SIGTERM": lambda pid: os.kill(pid, signal.SIGTERM),
}


@pytest.mark.parametrize(
    ("how", "workers"), [("Ctrl-C", ()), ("SIGTERM", ()), ("Ctrl-C", ("-n", "2"))], ids=str
)
def test_a_run_that_is_told_to_end_leaves_nothing(
    folder: Path, shop: OpenShop, how: str, workers: tuple[str, ...]
) -> None:
    """Ctrl-C in a terminal, and a job that is cancelled: everything that was made is gone."""
    options = (document(folder), *FAST, *CREATES, *workers)
    done = interrupted(folder, shop, 60, ENDED[how], *options)
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
    assert wrote(shop)
    assert deleted_what_it_made(shop)
    assert shop.is_as_before(), shop.shop.carts


@AWAY
@pytest.mark.parametrize("restarts", ["0", "2"], ids=["not replaced", "replaced"])
def test_after_the_death_of_a_worker_everything_is_gone(
    folder: Path, shop: OpenShop, restarts: str, away: bool
) -> None:
    """What it had made is written down before anything else is sent, and deleted by the controller."""
    where = "hasattr(config, 'workerinput') and not flag.exists()"
    hook = HOOK.format(number=2, how="flag.touch(); import os; os._exit(9)", where=where)
    (folder / "conftest.py").write_text(hook, encoding="utf-8")
    options = ("-n", "2", f"--max-worker-restart={restarts}", "-k", "Cart and lifecycle")
    run = held(folder, shop, *MAKING, *options, away=away)
    assert (folder / "died").exists(), run.everything
    assert wrote(shop)
    assert deleted_what_it_made(shop)
    assert shop.is_as_before(), run.everything


def test_what_a_killed_run_made_is_named_by_the_next(
    folder: Path, shop: OpenShop, tmp_path: Path
) -> None:
    """Nothing runs after SIGKILL: each that lies there has its request, in the header of the next run."""
    (place := tmp_path / "temporary").mkdir()
    given = {"TMPDIR": str(place)}
    options = (document(folder), *FAST, "-k", "createCart and 201")
    kill: Callable[[int], None] = lambda pid: os.killpg(pid, signal.SIGKILL)  # noqa: E731
    interrupted(folder, shop, 40, kill, *options, given=given)
    left = set(shop.shop.carts) - set(STRANGERS)
    [kept] = place.glob("contract-state-*/*.made")
    assert kept.parent.stat().st_mode & 0o077 == 0
    again = gate(folder, "--contract-target=mock", "-k", "nothing", given=given)
    [line] = [one for one in again.out.splitlines() if "deleted nothing; what it made" in one]
    assert str(kept) in line
    named_ones = {id for id in left if f"curl -X DELETE {shop.url}/carts/{id}" in line}
    # The answer of the last create may not have come any more.
    assert len(left - named_ones) <= 1
    assert named_ones


# --- what cannot be deleted ------------------------------------------------------------------------------------------


class Keeping(Shop):
    """Deletes no cart."""

    def delete_cart(self, id: str) -> httpx.Response:
        """Answer that something went wrong."""
        return httpx.Response(500, json={"title": "Wrong", "status": 500})


@AWAY
def test_what_cannot_be_deleted_is_named_with_the_way_back(folder: Path, away: bool) -> None:
    """Each that is left has its line: its id, what came instead, and the request that deletes it."""
    with opened(Keeping()) as shop:
        run = held(folder, shop, *MAKING, "-k", "getCart and lifecycle", away=away)
    left = set(shop.shop.carts) - set(STRANGERS)
    assert left == {id for id in shop.made if id.startswith("c-0")}
    assert left
    for id in left:
        [line] = [line for line in run.out.splitlines() if f"carts {id} is left" in line]
        assert "answered 500" in line
        assert "curl -X DELETE 'http://" in line
        assert f"/carts/{id}'" in line


class Vanishing(Shop):
    """Loses the answer to the second create of a cart, and of each one that repeats it."""

    count = 0

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        """Make a cart, and tell nobody, when it is the second one."""
        answer = super().post_carts(body)
        self.count += 1
        return httpx.Response(504) if self.count == 2 else answer


def test_a_create_whose_answer_was_lost_is_sought_in_the_list_and_named(folder: Path) -> None:
    """It is not deleted: no answer of a create has named it, and it might be another's."""
    with opened(Vanishing()) as shop:
        run = held(folder, shop, *MAKING, "-k", "getCart and lifecycle", away=True)
    [lost] = set(shop.shop.carts) - set(STRANGERS)
    [line] = [line for line in run.out.splitlines() if f"carts {lost} may be left" in line]
    assert "its create was answered 504, and the list shows it" in line
    assert deleted_what_it_made(shop)
    assert {id: shop.shop.carts[id] for id in STRANGERS} == BEFORE


class Obliging(Shop):
    """Makes a cart under whatever id is replaced."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        """Replace a cart, or make one."""
        status = 200 if id in self.carts else 201
        if id not in self.carts:
            self.carts[id], self.lines[id] = {"id": id, "label": "", "note": ""}, {}
        answer = super().put_cart(id, body)
        return httpx.Response(status, json=answer.json())


def test_what_updates_of_ids_that_nobody_has_have_made_is_named(folder: Path) -> None:
    """The run did not mean to make it, and deletes nothing that no create has answered: it names it, with the way back."""
    with opened(Obliging()) as shop:
        options = ("--contract-param=cart_id=c-1", "-k", "replaceCart and unknown")
        run = held(folder, shop, *options, away=True)
    made = set(shop.shop.carts) - set(STRANGERS)
    assert made
    assert shop.methods <= {"GET", "PUT"}
    [line] = [line for line in run.out.splitlines() if "may be left: an update of an id" in line]
    assert "was answered 201" in line
    assert any(f"curl -X DELETE '{named(shop.url)}/carts/{id}'" in line for id in made)
    assert {id: shop.shop.carts[id] for id in STRANGERS} == BEFORE


# --- what the plan tells ---------------------------------------------------------------------------------------------


def test_the_plan_tells_what_would_be_made_and_deleted(folder: Path, shop: OpenShop) -> None:
    """It sends nothing; each resource has a line, which names the option where nothing may be made."""
    run = held(folder, shop, "--contract-plan")
    assert re.search("life of carts: [0-9]+ requests, makes [0-9]+ and deletes them", run.out)
    assert re.search("life of lines: [0-9]+ requests, makes [0-9]+ and deletes them", run.out)
    assert re.search(
        "sequences of carts: 20, of up to 12 moves each, mostly one request a move, .*: [0-9]+ requests",
        run.out,
    )
    assert "held on: one of carts that the run makes, and deletes at the end" in run.out
    run = held(folder, shop, "--contract-plan", "--contract-allow=*Cart", away=True)
    assert re.search("life of carts: [0-9]+ requests, makes [0-9]+ and deletes them", run.out)
    assert re.search(
        "life of lines: [0-9]+ requests, makes nothing: --contract-allow=createLine", run.out
    )
    assert "sequences of" not in run.out  # off loopback nobody has asked for any
    options = ("--contract-allow=*Cart", "--contract-sequences=2", "--contract-budget=1200")
    run = held(folder, shop, "--contract-plan", *options, away=True)
    assert "sequences of carts: 2, of" in run.out
    assert "sequences of lines" not in run.out
    run = held(folder, shop, "--contract-plan", "--contract-budget=100")
    assert "sequences of" not in run.out  # they do not fit into their part
    assert shop.requests == []


def test_sequences_off_loopback_touch_only_what_the_run_made(folder: Path, shop: OpenShop) -> None:
    """Where they are asked for; all of it is deleted."""
    options = ("--contract-allow=*Cart", "--contract-sequences=2", "--contract-budget=1200")
    run = held(folder, shop, *options, "-k", "Cart and lifecycle", away=True)
    assert run.code == 0, run.everything
    assert [method for method, _ in shop.requests].count("POST") > 8
    assert deleted_what_it_made(shop)
    assert shop.is_as_before()


def test_what_is_made_in_a_named_parent_leaves_that_as_it_was(folder: Path, shop: OpenShop) -> None:
    """Lines alone may be made, in the cart that was named: their life is led there, and nowhere else."""
    options = ("--contract-allow=*Line", "--contract-param=cart_id=c-1")
    run = held(folder, shop, *options, "-k", "Line and lifecycle", away=True)
    assert run.code == 0, run.everything
    assert shop.paths("POST") == {"/carts/c-1/lines"}
    assert wrote(shop)
    assert deleted_what_it_made(shop)
    assert shop.is_as_before()
