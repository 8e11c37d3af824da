"""What does `contract_mock` cost beside bare respx? ``client_mock.py [ROUNDS]``: ratios of CPU time.

1,000 requests by an httpx client to the embedded service, each with its judgement, are held against
1,000 of the same bytes that bare respx answers with one fixed answer. Both take turns in each round
(9 by default); told are the median and the worst of the ratios. Other programs' load counts little
in CPU time.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import respx

from pytest_confluent_contracts.clients import mocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Send = Callable[[list["Sent"]], None]

MANY = 1000
AT_MOST = 2.0  # times what bare respx costs
KEYS = "https://api.confluent.cloud/iam/v2/api-keys"
ACCOUNTS = "https://api.datadoghq.com/api/v2/integrations/confluent-cloud/accounts"
BEARER = {"Authorization": "Bearer a-token"}
PAIR = {"DD-API-KEY": "a-key", "DD-APPLICATION-KEY": "another-key"}


@dataclass(frozen=True, slots=True)
class Sent:
    """One request of a client under test; *body* is a JSON value, None where there is none."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any = None


def say(line: str) -> None:
    """Print *line* at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# --- what clients send ----------------------------------------------------------------------------


def key_reads(count: int) -> Iterator[Sent]:
    """Yield *count* reads of an API key."""
    for _ in range(count):
        yield Sent("GET", f"{KEYS}/ak-12345", BEARER)


def key_updates(count: int) -> Iterator[Sent]:
    """Yield *count* updates of one, each with another name."""
    for index in range(count):
        body = {"spec": {"display_name": f"name {index}", "description": "of a benchmark"}}
        yield Sent("PATCH", f"{KEYS}/ak-12345", BEARER, body)


def key_mix(count: int) -> Iterator[Sent]:
    """Yield reads, lists and updates of API keys in turns."""
    turns = zip(
        key_reads(count),
        key_updates(count),
        (
            Sent("GET", f"{KEYS}?page_size=10&spec.owner=u-{index}", BEARER)
            for index in range(count)
        ),
        strict=True,
    )
    yield from _in_turns(turns, count)


def account_reads(count: int) -> Iterator[Sent]:
    """Yield *count* reads of a Confluent account."""
    for _ in range(count):
        yield Sent("GET", f"{ACCOUNTS}/account_id_abc123", PAIR)


def account_updates(count: int) -> Iterator[Sent]:
    """Yield *count* updates of one, each with other tags."""
    for index in range(count):
        body = _account(f"KEY{index}", tags=["team:a", f"n:{index}"])
        yield Sent("PATCH", f"{ACCOUNTS}/account_id_abc123", PAIR, body)


def account_mix(count: int) -> Iterator[Sent]:
    """Yield reads, lists and updates of accounts in turns."""
    turns = zip(
        account_reads(count),
        account_updates(count),
        (Sent("GET", ACCOUNTS, PAIR) for _ in range(count)),
        strict=True,
    )
    yield from _in_turns(turns, count)


def _account(key: str, tags: list[str]) -> Any:
    attributes = {"api_key": key, "api_secret": "a secret of the test", "tags": tags}
    return {"data": {"attributes": attributes, "type": "confluent-cloud-accounts"}}


def _in_turns(turns: Iterator[tuple[Sent, ...]], count: int) -> Iterator[Sent]:
    left = count
    for turn in turns:
        yield from turn[:left]
        left -= len(turn)
        if left <= 0:
            return


ROWS = {
    "Confluent, reads": key_reads,
    "Confluent, updates": key_updates,
    "Confluent, reads, lists and updates": key_mix,
    "Datadog, reads": account_reads,
    "Datadog, updates": account_updates,
    "Datadog, reads, lists and updates": account_mix,
}


# --- how they send it -----------------------------------------------------------------------------


def send_synchronously(sent: list[Sent]) -> None:
    """Send all by one `httpx.Client`."""
    with httpx.Client() as client:
        for one in sent:
            client.request(one.method, one.url, headers=one.headers, json=one.body)


def send_asynchronously(sent: list[Sent]) -> None:
    """Send all by one `httpx.AsyncClient`, one after the other."""

    async def send() -> None:
        async with httpx.AsyncClient() as client:
            for one in sent:
                await client.request(one.method, one.url, headers=one.headers, json=one.body)

    asyncio.run(send())


SENDERS: dict[str, Send] = {"sync": send_synchronously, "async": send_asynchronously}


# --- measuring ------------------------------------------------------------------------------------


@contextmanager
def counted(spent: list[float]) -> Iterator[None]:
    """Add the CPU seconds of this process that the block costs to *spent*."""
    gc.collect()
    begun = time.process_time()
    yield
    spent.append(time.process_time() - begun)


def shown_answer(sent: Sent) -> httpx.Response:
    """Return the answer that bare respx is to give: that of the embedded service."""
    with mocked(judge=False):
        came = httpx.request(sent.method, sent.url, headers=sent.headers, json=sent.body)
    assert came.status_code == 200, came.text
    return httpx.Response(200, headers=came.headers, content=came.content)


def ratio_of(sent: list[Sent], send: Send, answer: httpx.Response) -> float:
    """Return how many times as much CPU as bare respx the mock and its judgement cost."""
    ours: list[float] = []
    bare: list[float] = []
    with mocked(judge=False) as api, counted(ours):
        send(sent)
        api.check()  # what the fixture does at the end of a test
    assert len(api.calls) == len(sent)
    with respx.mock(assert_all_called=False) as router:
        router.route().mock(return_value=answer)
        with counted(bare):
            send(sent)
    return ours[0] / bare[0]


def main() -> None:
    """Measure each row, both ways to send it."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    medians: list[float] = []
    for name, requests in ROWS.items():
        sent = list(requests(MANY))
        answer = shown_answer(sent[0])
        for way, send in SENDERS.items():
            ratio_of(sent[:50], send, answer)  # what is worked out once
            ratios = [ratio_of(sent, send, answer) for _ in range(rounds)]
            medians.append(statistics.median(ratios))
            say(f"{name}, {way}: {medians[-1]:.2f} times bare respx (at most {max(ratios):.2f})")
    told = "reached" if max(medians) <= AT_MOST else "missed"
    say(
        f"1,000 requests, judged: {min(medians):.2f} to {max(medians):.2f} times what they cost"
        f" with bare respx (target: at most {AT_MOST:.0f}; {told})"
    )


if __name__ == "__main__":
    main()
