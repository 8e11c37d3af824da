"""Over which connection does a request go? Over a few that are kept open and take turns.

A service is more than one connection: what was written over one is read over another, and a
request that is lost on one that was open before is told apart from one that is refused. Now and
then one is closed, so that there are first requests of a connection all through a run: a service
may not be ready for those.
"""

from __future__ import annotations

import itertools
from random import Random
from typing import TYPE_CHECKING

import httpx

from pytest_confluent_contracts.model.traffic import Loss

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.model.traffic import Clock

KEPT_OPEN = 3  # two of which a balancer that takes turns gives to one replica, and one to another
# Requests, over all connections: a run of some hundreds opens a dozen and more. It is a prime, for
# what a service does on every tenth or thirtieth request must not meet it each time.
RENEWED_AFTER = 23
TURNS_SEED = 0  # of whose turn it is: a fault on every third answer must not look like one of these

# Extensions of a request: the number of its connection, and its `Loss` where it was lost.
CONNECTION = "contract_connection"
LOSS = "contract_loss"

CONNECTING = "connection.connect_tcp.started"  # as httpcore names what it does
SENDING = "http11.send_request_headers.started"
HEAD_RECEIVED = "http11.receive_response_headers.complete"
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


class Connection:
    """One connection to a target, which carries one request at a time.

    Where it was closed, the next request opens it anew, under another ``number``.
    """

    def __init__(
        self, transport: httpx.BaseTransport, numbers: Iterator[int], clock: Clock
    ) -> None:
        self.number, self.is_free, self.is_open = 0, True, False
        self._transport, self._numbers, self._clock = transport, numbers, clock
        self.answers, self._used_at = 0, 0.0
        self._events: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on; the next may come once the answer's stream is closed.

        One that is broken off by an interrupt leaves the connection taken: h11 may have half
        changed its state, and nothing could be sent over it again.
        """
        self._events.clear()
        if not self.is_open:
            self._count_opened()
        request.extensions[CONNECTION] = self.number
        request.extensions["trace"] = self._note_event
        try:
            response = self._transport.handle_request(request)
        except Exception as error:
            if isinstance(error, CLOSED) and self._was_open_before:
                idle = self._clock.now() - self._used_at
                request.extensions[LOSS] = Loss(idle, self.answers)
            self.is_open, self.is_free = False, True
            raise
        finally:
            # Another by now, where the target had closed it and httpcore opened it anew.
            request.extensions[CONNECTION] = self.number
        self.is_open = True
        response.stream = _AnswerStream(response.stream, self._note_answer)
        return response

    def close(self) -> None:
        """Close it; the next request opens it anew."""
        self._transport.close()
        self.is_open, self.answers = False, 0

    def _count_opened(self) -> None:
        self.number, self.answers = next(self._numbers), 0

    def _note_event(self, event: str, _: object) -> None:
        """Hear of what httpcore does; the embedded service tells nothing."""
        self._events.add(event)
        if event == CONNECTING and self.is_open:  # the target had closed it
            self.is_open = False
            self._count_opened()

    def _note_answer(self) -> None:
        self.answers += 1
        self._used_at = self._clock.now()
        self.is_free = True

    @property
    def is_early(self) -> bool:
        """Return whether it is one of the first, and nothing has come over it yet."""
        return self.number <= KEPT_OPEN and not self.answers

    @property
    def _was_open_before(self) -> bool:
        """Return whether an earlier request opened the connection, and nothing came back on it."""
        opened = any(event.startswith("connection.") for event in self._events)
        return bool(self._events) and not opened and HEAD_RECEIVED not in self._events


class Connections:
    """The connections to a target: `KEPT_OPEN` of them, more while more requests are in flight.

    *open_new* makes what one of them is opened by. The caller sees to it that one thread at a time
    takes a connection.
    """

    def __init__(self, open_new: Callable[[], httpx.BaseTransport], clock: Clock) -> None:
        self._open_new, self._clock, self._numbers = open_new, clock, itertools.count(1)
        self._all: list[Connection] = []
        self._most = KEPT_OPEN
        self._last: Connection | None = None
        self._had_turn: list[Connection] = []
        self._taken = 0
        self._random = Random(TURNS_SEED)

    def take(self) -> Connection:
        """Return the connection for the next request, another than for the last one.

        One that is not open comes first: each is soon open, and what was lost on one that was kept
        open is sent again over a new one.
        """
        self._taken += 1
        if self._taken % RENEWED_AFTER == 0:
            self._close_oldest()
        chosen = self._choose()
        chosen.is_free = False
        self._last = chosen
        return chosen

    def _choose(self) -> Connection:
        free = self._free()
        for one in free:
            if not one.is_open:
                return one
        if len(self._all) < self._most or not free:
            self._all.append(Connection(self._open_new(), self._numbers, self._clock))
            return self._all[-1]
        others = [one for one in free if one is not self._last]
        return self._of_this_round(others or free)

    def _of_this_round(self, free: list[Connection]) -> Connection:
        """Return one of *free* at random that had no turn in this round, in which each has one.

        What is sent three times in a row is then seen by most replicas.
        """
        waiting = [one for one in free if one not in self._had_turn]
        if not waiting:
            self._had_turn.clear()
            waiting = free
        chosen = self._random.choice(waiting)
        self._had_turn.append(chosen)
        return chosen

    def _close_oldest(self) -> None:
        """Close the one that was opened first, of those on which nothing is in flight.

        A balancer that takes turns leads those that are open then to as many replicas as before.
        """
        idle = [one for one in self._free() if one.is_open]
        if idle:
            min(idle, key=lambda one: one.number).close()

    def _free(self) -> list[Connection]:
        """Return those on which nothing is in flight, the further ones only where there is none."""
        kept, further = self._all[: self._most], self._all[self._most :]
        free = [one for one in kept if one.is_free]
        if not free:
            free = [one for one in further if one.is_free]
        return free

    def keep_one(self) -> bool:
        """Keep one connection from now on; return whether others were open that had answered.

        Small servers attend to one connection until it is closed, and to no other meanwhile.
        """
        idle = [one for one in self._all if one.is_free]
        is_starved = self._most > 1 and any(one.is_open and one.answers for one in idle)
        if is_starved:
            self._most = 1
            for one in idle:
                one.close()
        return is_starved

    def close(self) -> None:
        """Close all of them."""
        for one in self._all:
            one.close()


class _AnswerStream(httpx.SyncByteStream):
    """The bytes of an answer, which say when nobody reads them any more."""

    def __init__(
        self,
        stream: httpx.SyncByteStream | httpx.AsyncByteStream,
        closed: Callable[[], None],
    ) -> None:
        assert isinstance(stream, httpx.SyncByteStream)
        self._stream, self._closed = stream, closed

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        """Let the connection be used again."""
        try:
            self._stream.close()
        finally:
            self._closed()
