"""Does `serve` hold under load? ``serve.py [SECONDS] [RATE]``: 60 seconds, 700 requests a second.

Reads and updates are asked for, in turns, on eight connections that stay open, by sockets that cost
next to nothing, so that what bounds the answers is `serve`. Beside them go malformed HTTP, bodies of
50 MB, which must be refused with 413, and clients that send a byte and wait. Told are the requests a
second that were answered, the slowest one in a hundred, what of a core `serve` used, and its memory
at the beginning, in the middle and at the end.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

CONNECTIONS = 8
PROMISED = 500  # requests a second on one core
KEY = "/iam/v2/api-keys/ak-12345"
HEADERS = {"Authorization": "Bearer x", "Content-Type": "application/json"}
LARGE, LARGE_PARTS = b"x" * 1_000_000, 50
TROUBLE_EVERY_S = 0.5
LARGE_EVERY = 20  # rounds of trouble
NO_HTTP = (b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100)
UNFINISHED = b"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"

Address = tuple[str, int]


def say(line: str) -> None:
    """Print *line* at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# --- what is asked --------------------------------------------------------------------------------


@dataclass(slots=True)
class Load:
    """What is asked of whom, at which *rate* a second and until when, and what came of it.

    ``took`` are seconds, one a request, ``wrong`` the first lines of what was not answered with
    200.
    """

    address: Address
    rate: float
    end: float
    took: list[float] = field(default_factory=list)
    wrong: list[bytes] = field(default_factory=list)


def written(method: str, body: bytes) -> bytes:
    """Return the bytes of one request."""
    lines = [f"{method} {KEY} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in HEADERS.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def send_steadily(load: Load) -> None:
    """Send reads and updates in turns over one connection, each at its time."""
    requests = (written("GET", b""), written("PATCH", b'{"spec": {"display_name": "new"}}'))
    pause, due, count = CONNECTIONS / load.rate, time.monotonic(), 0
    with socket.create_connection(load.address) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while (now := time.monotonic()) < load.end:
            if now < due:
                time.sleep(due - now)
            begun = time.monotonic()
            wire.sendall(requests[count % 2])
            status = read_answer(wire)
            load.took.append(time.monotonic() - begun)
            if b" 200 " not in status:
                load.wrong.append(status)
            due, count = due + pause, count + 1


def read_answer(wire: socket.socket) -> bytes:
    """Read one answer to its end and return its first line."""
    came = b""
    while b"\r\n\r\n" not in came:
        part = wire.recv(65536)
        if not part:
            return b"hung up"
        came += part
    head, _, body = came.partition(b"\r\n\r\n")
    lowered = head.lower()
    at = lowered.index(b"content-length:") + len(b"content-length:")
    left = int(lowered[at:].partition(b"\r\n")[0]) - len(body)
    while left > 0:
        left -= len(wire.recv(65536))
    return head.partition(b"\r\n")[0]


def trouble(load: Load) -> None:
    """Send what is no HTTP, what is too large, and what never ends, twice a second."""
    slow: list[socket.socket] = []
    while time.monotonic() < load.end:
        for data in NO_HTTP:
            with suppress(OSError), socket.create_connection(load.address, timeout=2) as wire:
                wire.sendall(data)
                wire.recv(1000)
        waiting = socket.create_connection(load.address, timeout=2)
        waiting.sendall(UNFINISHED)
        slow.append(waiting)
        if len(slow) % LARGE_EVERY == 1:
            send_large(load)
        time.sleep(TROUBLE_EVERY_S)
    for wire in slow:
        wire.close()


def send_large(load: Load) -> None:
    """Send a body of 50 MB, and note where it is not refused with 413."""
    large = http.client.HTTPConnection(*load.address)
    with suppress(OSError):  # it may be refused before it was sent whole
        large.request("PATCH", KEY, iter([LARGE] * LARGE_PARTS), HEADERS, encode_chunked=True)
    status = large.getresponse().status
    if status != 413:
        load.wrong.append(f"{status} to 50 MB".encode())
    large.close()


# --- measuring ------------------------------------------------------------------------------------


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB (Linux)."""
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_seconds(pid: int) -> float:
    """Return the seconds of CPU that a process has used (Linux)."""
    text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    ticks = text.rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def hold(load: Load, pid: int) -> float:
    """Hold the process *pid* under *load* until its end, and return its memory in the middle."""
    begun = time.monotonic()
    asking = [trouble] + [send_steadily] * CONNECTIONS
    threads = [threading.Thread(target=one, args=(load,)) for one in asking]
    for thread in threads:
        thread.start()
    time.sleep((load.end - begun) / 2)
    middle = memory(pid)
    for thread in threads:
        thread.join()
    return middle


def main() -> None:
    """Hold `serve` under load, and tell what came of it."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    rate = float(sys.argv[2]) if len(sys.argv) > 2 else 700.0
    command = [sys.executable, "-m", "pytest_confluent_contracts", "serve"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        host, port = json.loads(served.stdout.readline())["url"].rpartition("/")[2].split(":")
        address = (host, int(port))
        hold(Load(address, rate / 2, time.monotonic() + 2), served.pid)  # what is made once
        before, used, begun = memory(served.pid), cpu_seconds(served.pid), time.monotonic()
        load = Load(address, rate, begun + seconds)
        middle = hold(load, served.pid)
        took, after = time.monotonic() - begun, memory(served.pid)
        used, own = cpu_seconds(served.pid) - used, time.process_time()
        served.send_signal(signal.SIGTERM)
        _, complaint = served.communicate(timeout=20)
    answered = len(load.took) / took
    slowest = sorted(load.took)[int(len(load.took) * 0.99)] * 1000
    say(f"serve: {answered:.0f} requests a second for {took:.0f} s, of {rate:.0f} asked for")
    say(f"serve: {len(load.wrong)} answered wrongly {sorted(set(load.wrong))[:3]}")
    say(f"serve: 99 of 100 within {slowest:.0f} ms")
    share = used / took
    say(
        f"serve: {share:.0%} of a core, so {answered / share:.0f} a second on one (target: {PROMISED})"
    )
    say(f"serve: memory {before:.0f} MB, {middle:.0f} MB in the middle, {after:.0f} MB at the end")
    say(f"serve: exit {served.returncode}, {len(complaint)} characters on stderr")
    say(f"who asks: {own / took:.0%} of a core")


if __name__ == "__main__":
    main()
