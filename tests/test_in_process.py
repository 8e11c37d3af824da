"""Is an application in this process held as the same one over HTTP is, and does it leave nothing behind?"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from framework_applications import DOCUMENT, MAKERS, Things

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.http import targets
from pytest_confluent_contracts.http.applications import host_of
from pytest_confluent_contracts.model.clauses import Ruling, Verdict
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.run.access import planned_access
from pytest_confluent_contracts.run.campaign import Campaign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.http.targets import Target

SETTINGS = targets.ClientSettings(5.0)


@lru_cache
def plans() -> list[Plan]:
    """Return what is sent for each operation of the document."""
    held = documents.read_document(DOCUMENT, ()).operations
    return [make_plan(one, RunContext(one.parameters, {}, {}, max_examples=8)) for one in held]


def rulings(target: Target, only: str = "") -> dict[str, Ruling]:
    """Return the ruling on each clause of a target, or on *only* one, and close it."""
    found: dict[str, Ruling] = {}
    try:
        for plan in plans():
            campaign = Campaign(plan, target)
            for clause in clauses.derive(plan.operation):
                id = f"{plan.operation.id}::{clause.id}"
                if only in ("", id):
                    found[id] = campaign.ruling(clause)
    finally:
        assert target.close() == ""
    return found


def in_process(application: Any, only: str = "") -> dict[str, Ruling]:
    """Return the rulings on *application*, run in this process."""
    accesses = [planned_access(plan, None) for plan in plans()]
    hosted = host_of(application, "things:app", 5.0)
    target = targets.in_process(hosted, "http://localhost", accesses, SETTINGS, {})
    return rulings(target, only)


def over_http(url: str) -> dict[str, Ruling]:
    """Return the rulings on what is served at *url*."""
    accesses = [planned_access(plan, None) for plan in plans()]
    return rulings(targets.live(url, accesses, SETTINGS, {}))


def broken(found: dict[str, Ruling]) -> set[str]:
    """Return the clauses that are red."""
    return {id for id, one in found.items() if one.verdict is Verdict.BROKEN or one.withheld}


@contextmanager
def served_by_werkzeug(application: Any) -> Iterator[str]:
    """Serve a WSGI application on a port, a thread a connection."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    quiet = type(
        "Quiet", (WSGIRequestHandler,), {"log": lambda *_: None, "protocol_version": "HTTP/1.1"}
    )
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@contextmanager
def served_by_uvicorn(application: Any) -> Iterator[str]:
    """Serve an ASGI application on a port."""
    server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


# --- the frameworks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("framework", MAKERS)
def test_a_conforming_application_is_green(framework: str) -> None:
    """Whatever framework serves it: nothing is red, and most clauses have evidence."""
    before = set(threading.enumerate())
    found = in_process(MAKERS[framework](Things()))
    assert broken(found) == set()
    assert sum(one.verdict is Verdict.KEPT for one in found.values()) > 60
    assert_nothing_is_left(before)


FAULTS = {
    "size is text": "readThing::200/body/size",
    "takes any size": "updateThing::request/size/maximum",
    "raises": "updateThing::request/accepted",
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("framework", MAKERS)
def test_a_faulty_application_is_red(framework: str, fault: str) -> None:
    """The clause that the fault breaks is red, whatever framework serves it."""
    id = FAULTS[fault]
    assert broken(in_process(MAKERS[framework](Things(fault)), id)) == {id}


SERVERS = {"fastapi": served_by_uvicorn, "flask": served_by_werkzeug}


@pytest.mark.parametrize("before", [380, 395, 460, 700])
def test_a_secret_in_what_is_raised_is_not_cut_in_half(before: int) -> None:
    """Wherever it stands in a message that is too long to be told as a whole."""
    secret = "Right7Q2Mofakey-and-more"

    def application(environ: Any, start_response: Any) -> Any:
        raise ValueError("x" * before + secret + "y" * 300)

    [plan, *_] = plans()
    hosted = host_of(application, "things:app", 5.0)
    accesses, hidden = [planned_access(plan, None)], {"token": secret}
    target = targets.in_process(hosted, "http://localhost", accesses, SETTINGS, hidden)
    try:
        told = target.client.exchange(plan.baseline, 1).raised
    finally:
        target.close()
    assert told.startswith("ValueError: xxx")
    assert told.endswith(", in application)")
    assert len(told) < 600
    assert not {secret[:6], secret[-6:]} & {told[at : at + 6] for at in range(len(told))}


@pytest.mark.parametrize("framework", SERVERS)
def test_the_verdicts_are_those_over_http(framework: str) -> None:
    """Of each clause, kept and broken; but for what only connections show."""
    inside = in_process(MAKERS[framework](Things("raises")))
    with SERVERS[framework](MAKERS[framework](Things("raises"))) as url:
        outside = over_http(url)
    of_connections = {id for id in inside if "::wire/" in id}
    told = {id: one.verdict for id, one in inside.items() if id not in of_connections}
    assert told == {id: one.verdict for id, one in outside.items() if id not in of_connections}


def assert_nothing_is_left(before: set[threading.Thread]) -> None:
    """Assert that no thread runs that did not run *before*."""
    end = time.monotonic() + 2.0
    while time.monotonic() < end and set(threading.enumerate()) - before:
        time.sleep(0.01)
    assert set(threading.enumerate()) - before == set()
