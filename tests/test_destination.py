"""Does a run in this process end as one over HTTP does? Whole runs of the gate, as a user starts them."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

import pytest
from framework_applications import DOCUMENT
from running import gate

if TYPE_CHECKING:
    from pathlib import Path

    from running import Run

SPEC = "--contract-spec=things.yaml"
SHOP = """
    from framework_applications import *
    app = flask_application(Things())
    faulty = starlette_application(Things("raises"))
    made = lambda: fastapi_application(Things())
"""
BROKEN_SHOPS = """
    from contextlib import asynccontextmanager
    from starlette.applications import Starlette

    @asynccontextmanager
    async def life(app):
        raise OSError("the\\x1b[31m shelf is gone")
        yield

    app = Starlette(lifespan=life)
"""


def held(
    folder: Path,
    target: str,
    *options: str,
    text: str = SHOP,
    conftest: str = "",
    given: dict[str, str] | None = None,
) -> Run:
    """Run the gate on an application of the module `shop`, of which *text* is the source."""
    shutil.copy(DOCUMENT, folder)
    (folder / "shop.py").write_text(textwrap.dedent(text), encoding="utf-8")
    if conftest:
        (folder / "conftest.py").write_text(textwrap.dedent(conftest), encoding="utf-8")
    return gate(folder, f"--contract-target={target}", SPEC, *options, given=given)


@pytest.mark.parametrize("target", ["shop:app", "shop:made()"])
def test_an_application_is_held(folder: Path, target: str) -> None:
    """An application, and a factory, from the folder of the run; all is kept."""
    done = held(folder, target, "-k", "200")
    assert (done.code, done.red) == (0, set()), done.everything
    assert sum(verdict == "kept" for verdict in done.verdicts.values()) > 10


def test_what_it_raised_is_told(folder: Path) -> None:
    """Beside the 500, with its place; and how to see it again."""
    done = held(folder, "shop:faulty", "-k", "request/accepted", "-p", "no:logging")
    assert done.code == pytest.ExitCode.TESTS_FAILED
    assert (
        "  raised:   ValueError: no room for 31 characters (framework_applications.py:" in done.out
    )
    assert "--contract-target=shop:faulty" in done.out


def test_workers_run_one_each(folder: Path) -> None:
    """Each of xdist's workers imports the application and holds it."""
    done = held(folder, "shop:app", "-k", "200", "-n", "2")
    assert (done.code, done.red) == (0, set()), done.everything


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["here", "in workers"])
def test_one_that_does_not_start_is_one_line(folder: Path, workers: tuple[str, ...]) -> None:
    """Exit 4, with what was raised; no test fails for it, and no escape is obeyed."""
    done = held(folder, "shop:app", *workers, text=BROKEN_SHOPS)
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.everything
    told = "--contract-target=shop:app: its lifespan did not start: OSError: the\\x1b[31m shelf is gone"
    assert [told in line for line in done.out.splitlines() if "did not start" in line] == [True]
    assert "Traceback" not in done.everything
    assert "FAILED" not in done.out


ENDING_BADLY = """
    import os
    from contextlib import asynccontextmanager
    from framework_applications import *

    @asynccontextmanager
    async def life(app):
        yield
        raise OSError("\\x1b[31m no shelf for " + os.environ["SHOP_TOKEN"])

    app = starlette_application(Things())
    app.router.lifespan_context = life
"""


def test_one_that_does_not_end_well_is_told_without_secrets(folder: Path) -> None:
    """By a warning with what was raised; no escape in it is obeyed, and no secret stands in it."""
    given = {"SHOP_TOKEN": "hidden-hidden"}
    header = "--contract-header=X-Shop=env:SHOP_TOKEN"
    done = held(folder, "shop:app", header, "-k", "200", text=ENDING_BADLY, given=given)
    assert (done.code, done.red) == (0, set()), done.everything
    assert "OSError: \\x1b[31m no shelf for [redacted] (shop.py:" in done.out
    assert "hidden-hidden" not in done.everything


CONFTEST = """
    import threading
    import pytest
    from framework_applications import *
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    @pytest.fixture(scope="session")
    def shop_application():
        return flask_application(Things())

    @pytest.fixture(scope="session")
    def shop_url(shop_application):
        quiet = type("Quiet", (WSGIRequestHandler,), {"log_message": lambda *_: None})
        with make_server("127.0.0.1", 0, shop_application, handler_class=quiet) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.02,))
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()

    @pytest.fixture(scope="session")
    def far_away():
        return "https://api.example.com"

    @pytest.fixture(scope="session")
    def no_application():
        return 7

    @pytest.fixture
    def of_one_test():
        return flask_application(Things())
"""


@pytest.mark.parametrize("name", ["shop_application", "shop_url"])
def test_a_fixture_gives_the_target(folder: Path, name: str) -> None:
    """What it returns or yields: an application, or the URL of one that it has started."""
    done = held(folder, f"fixture:{name}", "-k", "200", conftest=CONFTEST)
    assert (done.code, done.red) == (0, set()), done.everything
    assert sum(verdict == "kept" for verdict in done.verdicts.values()) > 10


def test_what_a_fixture_gives_is_not_asked_for_by_a_plan(folder: Path) -> None:
    """A plan sends nothing, so nothing is started for it."""
    done = held(folder, "fixture:shop_url", "--contract-plan", conftest=CONFTEST)
    assert done.code == 0, done.everything
    assert "to: PATCH http://localhost/things/t-1" in done.out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("no_such_fixture", "there is no such fixture; define it in the conftest.py"),
        ("far_away", "gave https://api.example.com: it is not on this machine"),
        ("no_application", "this int is neither an ASGI nor a WSGI application"),
        ("of_one_test", "ScopeMismatch"),
    ],
)
def test_a_fixture_that_gives_no_target_is_one_line(folder: Path, name: str, told: str) -> None:
    """Exit 4, with the option and what is wrong."""
    done = held(folder, f"fixture:{name}", conftest=CONFTEST)
    assert done.code == pytest.ExitCode.USAGE_ERROR, done.everything
    [line] = [
        line for line in done.out.splitlines() if f"--contract-target=fixture:{name}" in line
    ][-1:]
    assert told in line
    assert "Traceback" not in done.everything
