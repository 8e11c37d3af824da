"""What do the tests share? A folder for a run, and servers that stop with the test."""

from __future__ import annotations

import gc
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from order import place
from other_service import OtherService
from running import VARIABLES, WARM, Handle, Run, Served, embedded, gate, serving
from warm_runs import GARBAGE, ForkingProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from xdist.workermanage import WorkerController

    from pytest_confluent_contracts.clients.serving import ServedContract

pytest_plugins = ["pytester"]
FORKING = pytest.StashKey[ForkingProcess]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Let all workers of xdist share one process that forks runs: to load all that a run needs takes it seconds."""
    if FORKING not in node.config.stash:
        node.config.stash[FORKING] = ForkingProcess()
    node.workerinput["forks_runs"] = node.config.stash[FORKING].door


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Tell a worker where that process is, and spare it the last look for garbage.

    Pytest looks twice at its end; the second look, of a second, finds nothing that the first has not found.
    """
    config.add_cleanup(gc.freeze)  # what is added last is done first
    given: dict[str, str] = getattr(config, "workerinput", {})
    if "forks_runs" in given:
        WARM.join(given["forks_runs"])


def pytest_unconfigure(config: pytest.Config) -> None:
    """End it with the tests."""
    if FORKING in config.stash:
        config.stash[FORKING].stop()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long."""
    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Look through the thousands of tests for no garbage: each look would take a quarter of a second.

    What the tests make themselves is looked through seldom, too: that would take 7 of 100 seconds.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder."""
    (made := tmp_path / "run").mkdir()
    return made


@pytest.fixture
def run(folder: Path) -> Callable[..., Run]:
    """Return how to run the gate in an empty folder."""
    return lambda *options, **more: gate(folder, *options, **more)


@pytest.fixture
def loopback() -> Iterator[Callable[[Handle], str]]:
    """Return how to serve a plain function over HTTP; its server stops with the test."""
    with ExitStack() as stack:
        yield lambda handle: stack.enter_context(serving(handle))


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Return the embedded service of both documents behind a URL."""
    with embedded() as service:
        yield service


@pytest.fixture(scope="module")
def client_server() -> Iterator[ServedContract]:
    """Return what answers clients of both documents on one port."""
    from pytest_confluent_contracts.clients import served as serve

    with serve(judge=False) as answering:
        yield answering


@pytest.fixture
def server(client_server: ServedContract) -> ServedContract:
    """Return what answers clients, as new."""
    client_server.reset()
    return client_server


@pytest.fixture
def other() -> Iterator[OtherService]:
    """Return a second service that keeps every promise of both documents."""
    with OtherService() as service:
        yield service


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the caller's credentials and pytest options out of the environment, and make lines whole."""
    for name in (*VARIABLES, "PYTEST_ADDOPTS", "PYTEST_PLUGINS", "CI", "BUILD_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "300")
