"""What do clients cost? ``serve.py [SECONDS]``: `serve` under load, and the mock beside bare respx.

Load: four connections on one core's worth of clients, 500 requests a second asked for, 60 seconds by default, beside
malformed HTTP, bodies of 50 MB and clients that send a byte and wait. Told are the requests a second that were
answered, the slowest one in a hundred, and the memory of the process at the beginning and at the end.
"""

from __future__ import annotations

import gc
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import respx

from pytest_confluent_contracts.clients import mocked

SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
RATE, CONNECTIONS = 500, 4
KEY = "/iam/v2/api-keys/ak-12345"
HEADERS = {"Authorization": "Bearer x", "Content-Type": "application/json"}
BODY = json.dumps({"spec": {"display_name": "new"}})
LARGE = b"x" * 1_000_000


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB (Linux)."""
    fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def send_steadily(
    address: tuple[str, int], end: float, took: list[float], wrong: list[int]
) -> None:
    """Send reads and updates in turns, each at its time, until *end*."""
    connection = http.client.HTTPConnection(*address)
    pause, due, count = CONNECTIONS / RATE, time.monotonic(), 0
    while (now := time.monotonic()) < end:
        if now < due:
            time.sleep(due - now)
        method, body = ("PATCH", BODY) if count % 2 else ("GET", None)
        begun = time.monotonic()
        connection.request(method, KEY, body, HEADERS)
        answer = connection.getresponse()
        answer.read()
        took.append(time.monotonic() - begun)
        if answer.status != 200:
            wrong.append(answer.status)
        due, count = due + pause, count + 1


def trouble(address: tuple[str, int], end: float) -> None:
    """Send what is no HTTP, what is too large, and what never ends, twice a second."""
    slow: list[socket.socket] = []
    while time.monotonic() < end:
        for data in (b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100):
            with suppress(OSError), socket.create_connection(address, timeout=2) as wire:
                wire.sendall(data)
                wire.recv(1000)
        waiting = socket.create_connection(address, timeout=2)
        waiting.sendall(b"PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{")
        slow.append(waiting)
        if len(slow) % 20 == 1:
            large = http.client.HTTPConnection(*address)
            large.request("PATCH", KEY, iter([LARGE] * 50), HEADERS, encode_chunked=True)
            assert large.getresponse().status == 413
            large.close()
        time.sleep(0.5)
    for wire in slow:
        wire.close()


def measure_serving() -> None:
    """Hold `serve` under load, and tell what came of it."""
    command = [sys.executable, "-m", "pytest_confluent_contracts", "serve"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        host, port = json.loads(served.stdout.readline())["url"].rpartition("/")[2].split(":")
        address = (host, int(port))
        took: list[float] = []
        wrong: list[int] = []
        send_steadily(address, time.monotonic() + 1, [], wrong)
        before, begun = memory(served.pid), time.monotonic()
        end = begun + SECONDS
        threads = [threading.Thread(target=trouble, args=(address, end))]
        asked = (address, end, took, wrong)
        threads += [threading.Thread(target=send_steadily, args=asked) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate, after = len(took) / (time.monotonic() - begun), memory(served.pid)
        with Path(f"/proc/{served.pid}/stat").open(encoding="ascii") as file:
            ticks = sum(map(int, file.read().rpartition(")")[2].split()[11:13]))
        served.send_signal(signal.SIGTERM)
        _, complaint = served.communicate(timeout=20)
    slowest = sorted(took)[int(len(took) * 0.99)]
    busy = ticks / os.sysconf("SC_CLK_TCK") / SECONDS
    served_well = f"{len(wrong)} not 200, 99 % within {slowest * 1000:.0f} ms"
    say(f"serve: {rate:.0f} requests a second for {SECONDS:.0f} s, {served_well}")
    ended = f"exit {served.returncode}, {len(complaint)} characters on stderr"
    say(f"serve: {busy:.0%} of a core; memory {before:.0f} MB, then {after:.0f} MB; {ended}")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def thousand(client: httpx.Client, method: str) -> float:
    """Return the seconds of this process that 1,000 requests cost."""
    gc.collect()
    begun = time.process_time()
    url = f"https://api.confluent.cloud{KEY}"
    content = BODY if method == "PATCH" else None
    for _ in range(1000):
        client.request(method, url, content=content, headers=HEADERS)
    return time.process_time() - begun


def measure_mock() -> None:
    """Hold 1,000 requests and their judgement against bare respx with the same answer, each told."""
    for method in ("GET", "PATCH"):
        ratios: list[float] = []
        for _ in range(7):
            with mocked("confluent-api-keys") as api, httpx.Client() as client:
                ours = thousand(client, method)
                begun = time.process_time()
                api.check()
                ours += time.process_time() - begun
                shown = client.request(
                    method,
                    f"https://api.confluent.cloud{KEY}",
                    content=BODY if method == "PATCH" else None,
                    headers=HEADERS,
                )
            answer = httpx.Response(200, headers=shown.headers, content=shown.content)
            with respx.mock(assert_all_called=False) as bare, httpx.Client() as client:
                bare.route().mock(return_value=answer)
                ratios.append(ours / thousand(client, method))
        ratio = statistics.median(ratios)
        say(f"mock: 1,000 {method} cost {ratio:.2f} of what they cost with bare respx")


if __name__ == "__main__":
    measure_mock()
    if SECONDS:
        measure_serving()
