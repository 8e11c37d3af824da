"""Is a client of any language answered on a port, whatever it sends, and judged as in process?"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest
from running import CODE, QUIET

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.clients import ClientBroken, serving
from pytest_confluent_contracts.clients import served as serve
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.clients.serving import ServedContract

KEY = "/iam/v2/api-keys/ak-12345"
ACCOUNTS = "/api/v2/integrations/confluent-cloud/accounts"
BEARER = {"Authorization": "Bearer anything"}
PAIR = {"DD-API-KEY": "anything", "DD-APPLICATION-KEY": "anything"}
UPDATE = "updateIamV2ApiKey"


def sent_bytes(server: ServedContract, *parts: bytes) -> bytes:
    """Return what is answered to bytes that need be no HTTP, until the server closes."""
    address = server.url.rpartition("/")[2].split(":")
    with closing(socket.create_connection((address[0], int(address[1])), timeout=5)) as wire:
        for part in parts:
            wire.sendall(part)
        wire.shutdown(socket.SHUT_WR)
        found = b""
        while part := wire.recv(65_536):
            found += part
    return found


def test_two_documents_are_served_under_one_port(server: ServedContract) -> None:
    """As the double has them; a test sees what was asked, and what is there."""
    with httpx.Client(base_url=server.url) as client:
        sent = {"spec": {"display_name": "new"}}
        assert client.patch(KEY, json=sent, headers=BEARER).json()["spec"]["display_name"] == "new"
        assert client.get(ACCOUNTS, headers=PAIR).json()["data"]
    assert server[UPDATE].state["ak-12345"]["spec"]["display_name"] == "new"
    [call] = server[UPDATE].calls
    assert (call.json, call.header("Authorization")) == (sent, BEARER["Authorization"])
    server.check()


def test_its_clients_are_judged(server: ServedContract) -> None:
    """The clause and the place, as in process."""
    httpx.patch(f"{server.url}{KEY}?a=1", json={"spec": {"display_name": 1}}, headers=BEARER)
    with pytest.raises(ClientBroken, match=r"display_name: 1 is not of type .*/spec/display_name"):
        server.check()
    assert [one.clause.id for one in server.red_rulings()] == [
        "client/query-undeclared",
        "client/body/spec.display_name",
    ]


def test_links_lead_back_to_the_port(server: ServedContract) -> None:
    """Nobody else answers for a mock: those of pages, and of the key itself."""
    with httpx.Client(headers=BEARER) as client:
        page = client.get(f"{server.url}/iam/v2/api-keys?page_size=1").json()
        [key] = page["data"]
        told = (page["metadata"]["first"], key["metadata"]["self"])
        assert [client.get(one).status_code for one in told] == [200, 200]
        assert all(one.startswith(f"{server.url}/") for one in told)
    server.check()


def test_links_of_a_server_at_every_address_lead_to_the_one_that_was_asked() -> None:
    """As in a container: its own name of itself, 0.0.0.0, is nobody else's."""
    document = documents.read_document(documents.bundled_documents()["confluent-api-keys"])
    server = serving.ServedContract((document,), host="0.0.0.0")
    server.start()
    try:
        address = f"http://localhost:{server.url.rpartition(':')[2]}"
        page = httpx.get(f"{address}/iam/v2/api-keys?page_size=1", headers=BEARER).json()
    finally:
        server.stop()
    assert page["metadata"]["first"].startswith(f"{address}/iam/v2/api-keys?")


def test_a_whole_url_is_asked_for_as_its_path(server: ServedContract) -> None:
    """Whoever takes the port for a proxy sends one (RFC 9112 3.2.2)."""
    whole = {"target": f"{server.url}{KEY}".encode()}
    with httpx.Client(headers=BEARER) as client:
        assert client.get(f"{server.url}/", extensions=whole).status_code == 200
    assert [call.url for call in server.calls] == [f"{server.url}{KEY}"]
    server.check()


def test_answers_may_be_written_down(server: ServedContract) -> None:
    """A session's server is set up by each test, and new for the next."""
    server[UPDATE].answers(429, retry_after=1).then_raw(200, json={"own": True})
    with httpx.Client(base_url=server.url, headers=BEARER) as client:
        refused = client.patch(KEY, json={})
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert client.patch(KEY, json={}).json() == {"own": True}
        server.reset()
        assert client.patch(KEY, json={}).json()["id"] == "ak-12345"


def test_a_body_too_large_is_refused_and_not_kept(
    server: ServedContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """413 comes when all was sent: who is still sending reads no answer."""
    monkeypatch.setattr(serving, "LARGEST_BODY", 1000)
    with httpx.Client(base_url=server.url, headers=BEARER) as client:
        assert client.patch(KEY, content=b"x" * 1001).status_code == 413
        assert client.patch(KEY, json={}).status_code == 200
    assert len(server.calls) == 1


def test_a_slow_client_keeps_nobody_waiting(
    server: ServedContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are answered meanwhile; a body that does not come is given up."""
    monkeypatch.setattr(serving, "LONGEST_BODY_S", 0.1)
    head = f"PATCH {KEY} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n".encode()
    host, port = server.url.rpartition("/")[2].split(":")
    with closing(socket.create_connection((host, int(port)), timeout=5)) as slow:
        slow.sendall(head + b"{")
        assert httpx.get(f"{server.url}{KEY}", headers=BEARER).status_code == 200
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


BROKEN_HTTP = {
    "no path": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",),
    "a bracket for a path": (b"GET [ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",),
    "no HTTP": (b"GARBAGE\r\n\r\n",),
    "no version": (b"GET /\r\n\r\n",),
    "a length that is none": (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",),
    "a chunk that is none": (
        b"PATCH / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ),
    "a body that ends early": (b"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",),
    "nothing": (b"",),
}


@pytest.mark.parametrize("parts", BROKEN_HTTP.values(), ids=BROKEN_HTTP)
def test_what_is_no_http_leaves_no_trace(
    server: ServedContract, capfd: pytest.CaptureFixture[str], parts: tuple[bytes, ...]
) -> None:
    """400 or a closed connection, nothing on the terminal, and the next client is served."""
    answer = sent_bytes(server, *parts)
    assert answer[:10] in (b"", b"HTTP/1.1 4")
    assert httpx.get(f"{server.url}{KEY}", headers=BEARER).status_code == 200
    assert capfd.readouterr() == ("", "")


def test_a_service_that_hangs_up_breaks_the_answer_off(
    server: ServedContract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is closed before the answer is whole."""

    def hang_up(_: object) -> None:
        raise ConnectionResetError("reset by peer")

    for service in map(server.service_of, server.operations):
        monkeypatch.setattr(service, "handle", hang_up)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{server.url}{KEY}", headers=BEARER)


def test_a_port_that_is_taken_is_told_in_one_line(client_server: ServedContract) -> None:
    """Nothing is left open; the cure is named."""
    port = int(client_server.url.rpartition(":")[2])
    with pytest.raises(ContractError, match=r"cannot be served at: .*; port 0"), serve(port=port):
        pass


def test_without_uvicorn_a_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: most runs serve nothing."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(ContractError, match=r"pip install 'pytest-confluent-contracts\[serve\]'"):
        serving.ServedContract(())


def test_nothing_is_left_behind() -> None:
    """The port is closed, and the thread gone."""
    with serve("confluent-api-keys") as server:
        url = server.url
        assert httpx.get(f"{url}{KEY}", headers=BEARER).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}{KEY}")


# --- the command ------------------------------------------------------------------------------------------------------


def command(*arguments: str) -> list[str]:
    """Return a command of the package."""
    return [sys.executable, "-m", "pytest_confluent_contracts", *arguments]


ENVIRONMENT = os.environ | {"PYTHONPATH": CODE}


def test_the_command_serves_until_it_is_ended(tmp_path: Path) -> None:
    """The first line is where; SIGTERM ends it with the verdicts; `judge` reads what it wrote."""
    archive = tmp_path / "clients.har"
    started = command("serve", "--record", str(archive), "--limit", "2", "--latency", "1")
    with subprocess.Popen(
        started, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(
            base_url=url, headers={"Authorization": "Bearer hidden-hidden"}
        ) as client:
            statuses = [client.get(KEY).status_code for _ in range(3)]
            client.patch(KEY, json={"spec": []})
        process.send_signal(signal.SIGTERM)
        told, complaint = process.communicate(timeout=20)
    assert (statuses, process.returncode, complaint) == ([200, 200, 429], 1, "")
    assert 'sent with spec: [] is not of type "object" (/spec)' in told
    assert "hidden-hidden" not in archive.read_text(encoding="utf-8") + told
    judged = subprocess.run(
        command("judge", "--client", str(archive)),
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert judged.returncode == 1
    assert told.splitlines()[-1] == judged.stdout.splitlines()[-1]


WRONG = {
    "no such mutation": (["--mutation", "nope"], "no mutation 'nope' of"),
    "no such document": (["nothing.yaml"], "no document 'nothing.yaml'"),
    "no port": (["--port", "70000"], "127.0.0.1:70000 cannot be served at"),
    "no folder": (["--record", "nowhere/a.har"], "--record=nowhere/a.har: cannot be written"),
    "no number": (["--limit", "x"], "argument --limit: 'x' is no whole number from 1"),
    "a limit of nothing": (["--limit", "0"], "argument --limit: '0' is no whole number from 1"),
    "a window of nothing": (["--window", "0"], "argument --window: '0' is no number of seconds"),
    "a window without end": (["--window", "nan"], "argument --window: 'nan' is no number of sec"),
    "a latency below 0": (["--latency=-5"], "argument --latency: '-5' is no number of milli"),
    "a latency of words": (["--latency", "x"], "argument --latency: 'x' is no number of milli"),
}


@pytest.mark.parametrize("told", WRONG.values(), ids=WRONG)
def test_a_wrong_option_is_one_line(
    told: tuple[list[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And exit code 4, as everywhere."""
    from pytest_confluent_contracts.__main__ import main

    arguments, complaint = told
    try:
        code = main(["serve", *arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    shown = capsys.readouterr().err
    assert (code, shown.count("\n")) == (4, 1)
    assert complaint in shown


# --- the fixture ------------------------------------------------------------------------------------------------------

TESTS = """
import httpx

HEADERS = {"Authorization": "Bearer x"}
KEY = "/iam/v2/api-keys/ak-12345"

def test_one(contract_server):
    contract_server["updateIamV2ApiKey"].answers(404)
    assert httpx.patch(contract_server.url + KEY, json={}, headers=HEADERS).status_code == 404

def test_another(contract_server):
    assert httpx.patch(contract_server.url + KEY, json={}, headers=HEADERS).status_code == 200

def test_wrong(contract_server):
    httpx.patch(contract_server.url + KEY, json=[], headers=HEADERS)
"""


def test_a_sessions_server_is_new_for_each_test(pytester: pytest.Pytester) -> None:
    """What one test wrote down, or sent wrongly, is no matter of the next."""
    pytester.makepyfile(TESTS)
    found = pytester.runpytest_inprocess(*QUIET)
    found.assert_outcomes(passed=2, failed=1)
    found.stdout.fnmatch_lines(['*client/body: sent with the body: * is not of type "object"*'])
