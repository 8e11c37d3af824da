"""Is a service started, waited for, and stopped with all that it started, however the run ends?"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import pytest
from framework_applications import DOCUMENT
from running import CODE, QUIET, WARM, environment, gate, listening, serving

from pytest_confluent_contracts.http.answering import Heard, ask_once
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.plugin import starting
from pytest_confluent_contracts.plugin.starting import StartedService

# Says its pid and that of a child, which may ignore being asked to end, and then serves.
SERVICE = """
    import os, signal, subprocess, sys, time
    from http.server import ThreadingHTTPServer, BaseHTTPRequestHandler
    from framework_applications import Things
    import json
    print("secret", os.environ.get("SHOP_TOKEN"), flush=True)
    ignoring = "signal.signal(signal.SIGTERM, signal.SIG_IGN);" if os.environ.get("STUBBORN") else ""
    child = subprocess.Popen([sys.executable, "-c", f"import signal, time; {ignoring} time.sleep(60)"])
    open("pids", "a").write(f"{os.getpid()} {child.pid}\\n")
    things = Things()
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def answer(self):
            length = int(self.headers.get("Content-Length", 0))
            status, body = things.answer(self.command, self.path.lstrip("/"),
                self.headers.get("Content-Type", ""), self.rfile.read(length))
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        do_GET = do_PATCH = do_OPTIONS = answer
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


@pytest.fixture
def port() -> int:
    """Return a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        number: int = door.getsockname()[1]
        return number


@pytest.fixture
def shop(folder: Path) -> Path:
    """Return a folder with the document and the service."""
    shutil.copy(DOCUMENT, folder)
    (folder / "serve.py").write_text(textwrap.dedent(SERVICE), encoding="utf-8")
    return folder


def options(port: int) -> tuple[str, ...]:
    """Return the options that start the service at *port* and hold it."""
    command = f"{sys.executable} serve.py {port}"
    target = f"--contract-target=http://127.0.0.1:{port}"
    return (target, "--contract-spec=things.yaml", f"--contract-start={command}")


def pids(folder: Path) -> list[tuple[int, int]]:
    """Return the process ids of each service that was started, and of its child."""
    lines = (folder / "pids").read_text().splitlines()
    return [(int(line.split()[0]), int(line.split()[1])) for line in lines]


def is_there(pid: int) -> bool:
    """Return whether a process is there, and no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def left(folder: Path) -> list[int]:
    """Return which of the processes are there a moment later."""
    every = [pid for pair in pids(folder) for pid in pair]
    end = time.monotonic() + 2.0
    while any(map(is_there, every)) and time.monotonic() < end:
        time.sleep(0.02)
    return [pid for pid in every if is_there(pid)]


@pytest.mark.parametrize("more", [(), ("-n", "2")], ids=["here", "in workers"])
def test_a_service_is_started_once_and_stopped(
    shop: Path, port: int, more: tuple[str, ...]
) -> None:
    """By the process that people look at; its child that will not end is stopped with it."""
    done = gate(shop, *options(port), "-k", "200", *more)
    assert (done.code, done.red) == (0, set()), done.everything
    assert len(pids(shop)) == 1
    assert left(shop) == []


def test_ctrl_c_stops_it(shop: Path, port: int) -> None:
    """After what was changed is put back."""

    def interrupt(pid: int) -> None:
        end = time.monotonic() + 30.0
        while not (shop / "pids").exists() and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.3)
        os.kill(pid, signal.SIGINT)

    told = environment({"PYTHONPATH": CODE})
    done = WARM.run([*QUIET, *options(port), "--contract-rate=20"], shop, told, 60.0, interrupt)
    assert done.returncode == pytest.ExitCode.INTERRUPTED, done.stdout + done.stderr
    assert left(shop) == []


# --- what is told ----------------------------------------------------------------------------------------------------


def started(command: str, url: str, timeout_s: float = 5.0) -> StartedService:
    """Return a service that was started; it is stopped where it is not."""
    service = StartedService(command, url, timeout_s, lambda text: text.replace("hunter2", "***"))
    try:
        service.start()
    except ContractError:
        service.stop()
        raise
    return service


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait long for what will not end."""
    monkeypatch.setattr(starting, "PATIENCE_S", ((signal.SIGTERM, 0.5), (signal.SIGKILL, 2.0)))


DIES = {
    "its output": (
        "echo one; echo hunter2 >&2; exit 3",
        "exit code 3; it said last:\n  one\n  ***",
    ),
    "no output": ("exit 1", "exit code 1; it said nothing"),
    "no such command": ("no-such-command-of-mine", "exit code 127; it said last:\n  "),
    "a signal": ("kill -9 $$", "it ended by signal 9"),
    "a background": ("true", "exit code 0; give a command that stays in the foreground"),
}


@pytest.mark.parametrize("name", DIES)
def test_a_command_that_dies_is_told(port: int, name: str) -> None:
    """With its exit code and the last that it said, without secrets."""
    command, told = DIES[name]
    with pytest.raises(ContractError) as raised:
        started(command, f"http://127.0.0.1:{port}")
    assert str(raised.value).startswith("--contract-start=")
    assert told in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_only_the_last_lines_are_told(port: int) -> None:
    """Of a service that says much."""
    with pytest.raises(ContractError) as raised:
        started("seq 1 100000; exit 1", f"http://127.0.0.1:{port}")
    *told, rest = str(raised.value).splitlines()[1:]
    assert told == [f"  {n}" for n in range(99989, 100001)]
    output = Path(rest.removeprefix("  (all of its output: ").removesuffix(")"))
    assert output.read_text().startswith("1\n2\n")
    output.unlink()


def test_nothing_is_left_of_what_is_told_as_a_whole(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of its output goes where it did not start: nobody would know of it."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ContractError):
        started("echo one; exit 3", f"http://127.0.0.1:{port}")
    assert list(tmp_path.iterdir()) == []


def test_a_secret_at_the_edge_of_what_is_read_is_not_cut(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read begins with a whole line."""
    monkeypatch.setattr(starting, "MOST_READ_BYTES", 16)
    with pytest.raises(ContractError) as raised:
        started("echo the hunter2; echo one two; exit 3", f"http://127.0.0.1:{port}")
    assert "er2" not in str(raised.value).split("it said last:")[1]
    assert "  one two" in str(raised.value)


@pytest.mark.usefixtures("quick")
def test_a_command_that_never_answers_is_told(port: int) -> None:
    """With what was heard instead, the option that gives it longer, and what it said."""
    with pytest.raises(ContractError) as raised:
        started("echo starting; sleep 60", f"http://127.0.0.1:{port}", 0.4)
    told = f"http://127.0.0.1:{port} did not answer within 0.4 s: nobody accepts a connection there"
    assert told in str(raised.value)
    assert "--contract-start-timeout gives it longer; it said last:\n  starting" in str(
        raised.value
    )


def test_a_port_in_use_is_told() -> None:
    """Before anything is started: what answers there is another."""
    with serving(lambda *_: (200, [], b"")) as url, pytest.raises(ContractError) as raised:
        started("touch was-started", url)
    told = f"something is there at {url} already; stop that one, or give another port"
    assert str(raised.value) == f"--contract-start=touch was-started: {told}"


@pytest.mark.usefixtures("quick")
def test_one_that_will_not_end_is_made_to(port: int, tmp_path: Path) -> None:
    """Asked first, and killed a while later, with what it has started."""
    (tmp_path / "serve.py").write_text(textwrap.dedent(SERVICE), encoding="utf-8")
    command = f"cd {tmp_path}; trap '' TERM; STUBBORN=1 PYTHONPATH={CODE} {sys.executable} serve.py {port}; :"
    service = started(command, f"http://127.0.0.1:{port}", 20.0)
    assert service.early_end() == ""
    service.stop()
    assert left(tmp_path) == []


# --- who answers -----------------------------------------------------------------------------------------------------


def test_any_answer_is_one() -> None:
    """Also a refusal; but not that nothing is behind a gateway yet."""
    asked: list[str] = []
    statuses = iter([404, 405, 500, 503])

    def answer(method: str, *_: object) -> tuple[int, list[tuple[str, str]], bytes]:
        asked.append(method)
        return next(statuses), [], b""

    with serving(answer) as url:
        heard = [ask_once(f"{url}/api", 5.0) for _ in range(4)]
    assert heard == [Heard.ANSWER, Heard.ANSWER, Heard.ANSWER, Heard.NOT_YET]
    assert asked == ["OPTIONS"] * 4


def test_who_only_accepts_does_not_answer() -> None:
    """As what forwards a port does before there is a service."""
    with listening(lambda connection: None) as url:
        assert ask_once(url, 5.0) is Heard.SILENCE


def test_nobody_is_there(port: int) -> None:
    """A closed port."""
    assert ask_once(f"http://127.0.0.1:{port}", 5.0) is Heard.NOBODY
