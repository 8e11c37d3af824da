"""May this request go, and when?

The one transport through which all traffic passes.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpx

from pytest_confluent_contracts.http.connections import LOSS, Connections
from pytest_confluent_contracts.http.tls import DIRECTLY, Reach, believing_context, show_certificate
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import Clock, Loss, is_local

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

Key = tuple[str, str]  # what tells an operation apart in a run: `Operation.key`

# Extensions of a request: the key of its operation, and when it went, in seconds of the run's
# clock.
OPERATION = "contract_operation"
SENT_AT = "contract_sent_at"
# Whether a second principal asks, which writes to nothing but what the run has made.
BY_OTHER = "contract_by_other"
# An extension of a request: names and values of headers that somebody else added. They are secret.
ADDED = "contract_added"


class Refusal(ContractError):
    """A request that the guard did not let out, and why.

    A finding about the run, not about the service.
    """


class BudgetSpent(Refusal):
    """The run has sent all that it was allowed to.

    What it has not seen by now, it does not judge.
    """


class WallClock:
    """Time as the wall counts it."""

    def now(self) -> float:
        """Return the seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for *seconds*."""
        time.sleep(max(0.0, seconds))


# --- what may go ----------------------------------------------------------------------------------


def origin(url: httpx.URL | str) -> str:
    """Return scheme, host and port of *url* (RFC 6454 4): another port is another service."""
    parts = httpx.URL(url)  # drops the scheme's own port, and writes the host in one way
    return f"{parts.scheme}://{parts.netloc.decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every request to a target.

    ``origins`` (scheme, host and port) that may be sent to; ``rate``: requests a second (0: no
    limit); ``secret_headers``: lower-case names of headers that must not travel in the clear off
    this machine, unless ``insecure``; ``secret_queries``: names of parameters of a query;
    ``reach``: how connections are opened.
    """

    origins: frozenset[str]
    rate: float = 0.0
    secret_headers: frozenset[str] = frozenset()
    insecure: bool = False
    secret_queries: frozenset[str] = frozenset()
    reach: Reach = DIRECTLY


@dataclass(frozen=True, slots=True)
class Allowance:
    """What may be sent of one operation.

    ``paths`` are the only ones, decoded, those of the target's URL included; where there are none,
    nothing may go. ``spelled_paths`` are such as may go in one spelling alone, byte for byte: where
    a slash is coded in an id, or stands behind it, another spelling asks for something else.
    ``queries`` are the only ones, as they are written, but for those of a method that changes
    nothing that are made of ``query_names`` alone; ``budget`` is the operation's share of it, in
    requests (None: no limit). ``keys`` are those of the paths on which a PUT creates.
    """

    method: str
    paths: frozenset[str] = frozenset()
    budget: int | None = None
    spelled_paths: frozenset[str] = frozenset()
    queries: frozenset[str] = frozenset({""})
    query_names: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()

    def joined(self, other: Allowance) -> Allowance:
        """Return what this and *other* allow together, of the same operation and its budget."""
        return replace(
            self,
            paths=self.paths | other.paths,
            spelled_paths=self.spelled_paths | other.spelled_paths,
            queries=self.queries | other.queries,
            query_names=self.query_names | other.query_names,
            keys=self.keys | other.keys,
        )

    def lets_out_query(self, query: str) -> bool:
        """Return whether *query*, as it is written, is one of those that may go.

        What a list shows of the run's own is asked for again by its filters: which value that is,
        nobody knows before. For example, ``kind=a&limit=1`` goes where a list declares both.
        """
        if query in self.queries:
            return True
        if self.method not in ("GET", "HEAD") or not query:
            return False
        names = {unquote(pair.partition("=")[0]) for pair in query.split("&")}
        return names <= self.query_names


class Tally:
    """Counts requests, and the seconds in which at least one was in flight."""

    def __init__(self) -> None:
        self.sent, self.waiting = 0, 0.0
        self._flying, self._since = 0, 0.0

    def begin(self, now: float) -> None:
        """Count a request that goes at *now*, in seconds."""
        self.sent += 1
        self._fly(1, now)

    def end(self, now: float) -> None:
        """Count the answer, or the failure, that came at *now*."""
        self._fly(-1, now)

    def _fly(self, more: int, now: float) -> None:
        if self._flying:
            self.waiting += now - self._since
        self._flying, self._since = self._flying + more, now


class Guard(httpx.BaseTransport):
    """Passes on what the rules and the allowances of a target allow, at its rate, and counts it.

    What may go is given when it is made, and is widened by what the run itself makes alone
    (`admit_made`): a request says in its extension
    `OPERATION` of which operation it is, and one without an allowance is refused. Safe to use from
    several threads. *inner* stands in for the network.
    """

    def __init__(
        self,
        rules: Rules,
        allowances: Mapping[Key, Allowance],
        clock: Clock,
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        self.rules, self.clock = rules, clock
        self._allowances = dict(allowances)
        self._all, self._each = Tally(), {key: Tally() for key in allowances}
        self._closing: set[Key] = set()
        self._made: dict[Key, set[str]] = {}
        self._paths_made: set[str] = set()
        self._reserved: dict[Key, int] = {}
        self._payers: dict[Key, Key] = {}
        self._next, self._lock = 0.0, threading.Lock()
        open_new = _network(rules) if inner is None else lambda: inner
        self._connections = Connections(open_new, clock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, its extension `SENT_AT` saying when.

        Raise `Refusal` where it may not go.
        """
        with self._lock:
            key = self._check(request)
            self._pace()
            begun = time.perf_counter()
            self._all.begin(begun)
            payer = self._payers.get(key, key)
            self._each[payer].begin(begun)
            connection = self._connections.take()
        request.extensions[SENT_AT] = self.clock.now()
        try:
            return connection.handle_request(request)
        except httpx.ReadTimeout:
            # The target may attend to one connection at a time, and wait for another one.
            if connection.is_early and self._connections.keep_one():
                request.extensions[LOSS] = Loss(idle=0.0, answers=0)
            raise
        finally:
            with self._lock:
                ended = time.perf_counter()
                self._all.end(ended)
                self._each[payer].end(ended)

    # --- the rules --------------------------------------------------------------------------------

    def _check(self, request: httpx.Request) -> Key:
        """Return the operation of *request*; raise `Refusal` unless all of it is as allowed."""
        asked = origin(request.url)
        if asked not in self.rules.origins:
            told = f"{asked} is neither the target nor a host of --contract-allow-host"
            raise Refusal(f"not sent: {told}")
        if OPERATION not in request.extensions:
            raise Refusal("not sent: the request does not say of which operation it is")
        key: Key = request.extensions[OPERATION]
        allowance = self._allowances.get(key)
        if allowance is None:
            raise Refusal(f"not sent: {'::'.join(key)} is not among the operations of this run")
        self._check_path(request, allowance)
        if request.extensions.get(BY_OTHER):
            self._check_second(request, key)
        if self._in_the_clear(request, asked):
            cure = "use https, or --contract-insecure"
            raise Refusal(f"not sent: credentials would travel unencrypted; {cure}")
        payer = self._payers.get(key, key)
        if self.left(payer) == 0:
            told = f"the budget of {self._allowances[payer].budget} requests is spent"
            raise BudgetSpent(f"{told}; --contract-budget raises it")
        return key

    def _check_path(self, request: httpx.Request, allowance: Allowance) -> None:
        """Raise `Refusal` unless the method is the declared one and the path is allowed."""
        written, question, query = request.url.raw_path.decode("ascii").partition("?")
        path = unquote(written)
        if not allowance.lets_out_query(query) or (question and not query):
            told = f"{request.method} {path} with this query is not declared by the document"
            raise Refusal(f"not sent: {told}")
        # A slash or a question mark that was coded is part of an id; one that was not changes what
        # is asked for.
        uncoded = written.count("/") == path.count("/")
        is_spelled = written in allowance.spelled_paths
        if request.method != allowance.method or not (uncoded or is_spelled):
            raise Refusal(f"not sent: {request.method} {path} is not declared by the document")
        if is_spelled:
            return
        if path not in allowance.paths:
            raise Refusal(f"not sent: {path} is not the resource that --contract-param names")

    def _check_second(self, request: httpx.Request, key: Key) -> None:
        """Raise `Refusal` where a second principal would write to what the run has not made.

        What it creates lies beside what the run made by the same operation before.
        """
        path = unquote(request.url.raw_path.decode("ascii").partition("?")[0])
        is_create = request.method == "POST" and key in self._made
        is_create = is_create or path in self._allowances[key].keys
        if request.method in UNCHECKED or is_create or path in self._paths_made:
            return
        told = f"{request.method} {path} with the second credentials"
        raise Refusal(f"not sent: {told} is for what the run made alone")

    def _in_the_clear(self, request: httpx.Request, asked: str) -> bool:
        """Return whether others may read what is secret of *request* on its way to *asked*."""
        if self.rules.insecure or request.url.scheme != "http" or is_local(asked):
            return False
        query = request.url.query.decode("ascii")
        names = {unquote(pair.partition("=")[0]) for pair in query.split("&")}
        sent = {name.lower() for name in request.headers}
        has_secret = not self.rules.secret_headers.isdisjoint(sent)
        has_secret = has_secret or bool(request.extensions.get(ADDED))
        return has_secret or not self.rules.secret_queries.isdisjoint(names)

    # --- what the run makes -----------------------------------------------------------------------

    def admit_made(
        self,
        creating: Key,
        allowances: Mapping[Key, Allowance],
        nobodys: Collection[str] = (),
    ) -> None:
        """Let out the requests for what a create of this run has made, by operation.

        Raise `Refusal` unless all their paths lie below that of the operation *creating*, or beside
        the keys on which that creates; and what is deleted has no more names than requests of it
        went out, and is none but those keys. *nobodys* are paths in which an
        id stands that the run made up: those may lie elsewhere, where nothing is deleted.
        """
        with self._lock:
            made_at = self._allowance_of(creating)
            beside = {key.rpartition("/")[0] for key in made_at.keys}
            holders = {path.rstrip("/") + "/" for path in beside or made_at.paths}
            names = self._made.setdefault(creating, set())
            for allowance in allowances.values():
                for path in allowance.paths:
                    if path in nobodys and allowance.method != "DELETE":
                        continue
                    name = _name_below(path, holders)
                    if allowance.method == "DELETE":
                        if made_at.keys:
                            _check_key(path, made_at.keys)
                        names.add(name)
            if len(names) > self._each[creating].sent:
                raise Refusal(f"not sent: {'::'.join(creating)} made none of that name")
            for key, allowance in allowances.items():
                self._allowances[key] = self._allowance_of(key).joined(allowance)
                self._paths_made |= allowance.paths - set(nobodys)

    def admit_read(self, key: Key, allowances: Mapping[Key, Allowance]) -> None:
        """Let out the GETs of one operation to where an answer of this run has led.

        Raise `Refusal` unless it is an operation of this run that changes nothing.
        """
        with self._lock:
            known = self._allowance_of(key)
            if known.method != "GET":
                raise Refusal(f"not sent: {'::'.join(key)} may change what an answer leads to")
            self._allowances[key] = known.joined(allowances[key])

    def _allowance_of(self, key: Key) -> Allowance:
        if key not in self._allowances:
            raise Refusal(f"not sent: {'::'.join(key)} is not among the operations of this run")
        return self._allowances[key]

    # --- the budget -------------------------------------------------------------------------------

    def left(self, key: Key) -> int | None:
        """Return how many requests the operation's share still allows, None where it is unlimited.

        The last one is kept for putting back, until `close_up`; a share of one has none to keep.
        What is reserved is kept beside.
        """
        allowance = self._allowances.get(key, NOTHING)
        if allowance.budget is None:
            return None
        kept = self._reserved.get(key, 0)
        if key not in self._closing and allowance.budget > 1:
            kept = max(1, kept)
        return max(0, allowance.budget - kept - self.sent_of(key))

    def reserve(self, key: Key) -> None:
        """Keep one more request of an operation, until `release`: the end of what is to be made.

        Raise `BudgetSpent` where its share does not pay for that.
        """
        with self._lock:
            reserved = self._reserved.get(key, 0)
            share = self._allowances.get(key, NOTHING).budget
            if share is not None and reserved >= share - self.sent_of(key):
                told = f"the share of {key[1]} in the budget does not pay for its end"
                raise BudgetSpent(f"not made: {told}; --contract-budget raises it")
            self._reserved[key] = reserved + 1

    def release(self, key: Key) -> None:
        """Let go of one that `reserve` kept."""
        with self._lock:
            self._reserved[key] = self._reserved.get(key, 0) - 1

    @contextmanager
    def paid_by(self, key: Key, payer: Key) -> Iterator[None]:
        """Let requests of the operation *key* count as those of *payer* within the block."""
        self._payers[key] = payer
        try:
            yield
        finally:
            del self._payers[key]

    def close_up(self, key: Key) -> None:
        """Let out the operation's last request too: the one that puts the resource back.

        The first that is let out so goes over a new connection. Ctrl-C may have come while a kept
        one was made ready for its next request, and such a one fails on all that follow (h11 has
        half changed its state).
        """
        if key not in self._closing:
            self._closing.add(key)
            self._connections.close()  # new ones are opened afterwards

    def _pace(self) -> None:
        """Wait until the rate allows one more request."""
        if self.rules.rate:
            now = self.clock.now()
            self.clock.sleep(self._next - now)
            self._next = max(now, self._next) + 1.0 / self.rules.rate

    # --- what was sent ----------------------------------------------------------------------------

    @property
    def sent(self) -> int:
        """Return how many requests went out in all."""
        return self._all.sent

    @property
    def waiting(self) -> float:
        """Return the seconds in which at least one request was in flight."""
        return self._all.waiting

    def sent_of(self, key: Key) -> int:
        """Return how many requests of one operation went out."""
        if key not in self._each:
            return 0
        return self._each[key].sent

    def waiting_of(self, key: Key) -> float:
        """Return the seconds in which at least one request of one operation was in flight."""
        if key not in self._each:
            return 0.0
        return self._each[key].waiting

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


# What a second principal may send wherever it is allowed: a deletion is, of what was made, alone.
UNCHECKED = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
NOTHING = Allowance("", budget=0)


def _name_below(path: str, holders: Iterable[str]) -> str:
    """Return the name that *path* has right below one of *holders*, each with a slash at its end.

    Raise `Refusal` where it does not lie below any.
    """
    for holder in holders:
        if path.startswith(holder):
            return path.removeprefix(holder).partition("/")[0]
    raise Refusal(f"not sent: {path} is nothing that this run made")


def _check_key(path: str, keys: Iterable[str]) -> None:
    """Raise `Refusal` unless *path* is one of *keys*, or lies below one."""
    if not any(path == key or path.startswith(f"{key}/") for key in keys):
        raise Refusal(f"not sent: {path} is no key of this run's own")


def _network(rules: Rules) -> Callable[[], httpx.BaseTransport]:
    """Return what makes a connection's transport: one TLS context serves the whole target."""
    reach = rules.reach
    context = _context(rules)
    proxy = httpx.Proxy(reach.proxy, ssl_context=_proxy_context(reach)) if reach.proxy else None

    def open_new() -> httpx.BaseTransport:
        return httpx.HTTPTransport(
            trust_env=False,  # a proxy of the environment would be another host
            # No limits: waiting for a connection would count as waiting for the answer.
            limits=httpx.Limits(),
            verify=context,
            proxy=proxy,
        )

    return open_new


def _context(rules: Rules) -> ssl.SSLContext:
    """Return what TLS goes by: the authorities that were named, else the usual ones."""
    if rules.reach.ca_bundle:
        context = believing_context(rules.reach.ca_bundle)
    else:
        # Reading the certificate authorities takes a while.
        is_encrypted = any(allowed.startswith("https:") for allowed in rules.origins)
        context = httpx.create_ssl_context(verify=is_encrypted, trust_env=False)
    if rules.reach.client_cert:
        show_certificate(context, rules.reach.client_cert)
    return context


def _proxy_context(reach: Reach) -> ssl.SSLContext | None:
    """Return what TLS to the proxy goes by, None where it speaks plain HTTP.

    Our own certificate is for the target, and is not shown to it.
    """
    if not reach.proxy.startswith("https:"):
        return None
    if reach.ca_bundle:
        return believing_context(reach.ca_bundle)
    return httpx.create_ssl_context(trust_env=False)
