"""May this request go, and when? The one transport through which all traffic passes, and what is redacted from it."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

import httpx

from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import REDACTED, Clock, is_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MADE_UP = re.compile(r"cs[0-9a-f]{16}")
SENT_AT = "contract_sent_at"  # the extension of a request that tells when it went, in seconds of the run's clock
SHORT = 12
NOISE = 4


class Refusal(ContractError):
    """A request that the guard did not let out, and why: a finding about the run, not about the service."""


class BudgetSpent(Refusal):
    """The run has sent all that it was allowed to: what it has not seen by now, it does not judge."""


class WallClock:
    """Time as the wall counts it."""

    def now(self) -> float:
        """Return the seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for *seconds*."""
        time.sleep(max(0.0, seconds))


# --- what may go -------------------------------------------------------------------------------------------------------


def origin(url: httpx.URL | str) -> str:
    """Return scheme, host and port of *url* (RFC 6454 4): another port is another service."""
    parts = httpx.URL(url)  # drops the scheme's own port, and writes the host in one way
    return f"{parts.scheme}://{parts.netloc.decode('ascii')}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the guard lets out.

    ``origins`` (scheme, host and port) that may be sent to; ``method`` and ``path`` (a pattern) of the declared operation;
    ``resources``: the only paths of that pattern, once they are known; ``budget``: requests in all (None: no limit); ``rate``:
    requests a second (0: no limit); ``secret_headers``: headers that must not travel in the clear off this machine, unless
    ``insecure``.
    """

    origins: frozenset[str]
    method: str
    path: re.Pattern[str]
    resources: frozenset[str] = frozenset()
    budget: int | None = None
    rate: float = 0.0
    secret_headers: frozenset[str] = frozenset()
    insecure: bool = False


class Guard(httpx.BaseTransport):
    """Passes on what the rules allow, at the rate that they allow, and counts it. Safe to use from several threads."""

    def __init__(self, rules: Rules, clock: Clock, inner: httpx.BaseTransport | None = None) -> None:
        self.rules, self.clock = rules, clock
        self.sent, self.waiting = 0, 0.0
        self._next, self._closing, self._lock = 0.0, False, threading.Lock()
        self._flying, self._since = 0, 0.0
        # trust_env stays off: a proxy of the environment would be another host.
        self._inner = inner or httpx.HTTPTransport(
            trust_env=False,
            limits=httpx.Limits(),  # none: waiting for a connection would count as waiting for the answer
            verify=any(allowed.startswith("https:") for allowed in rules.origins),  # reading the CAs takes a while
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on, its extension `SENT_AT` saying when; raise `Refusal` where the rules forbid it."""
        with self._lock:
            self.check(request)
            self.pace()
            self.sent += 1
            self._count(1)
        request.extensions[SENT_AT] = self.clock.now()
        try:
            return self._inner.handle_request(request)
        finally:
            with self._lock:
                self._count(-1)

    def _count(self, more: int) -> None:
        """Count the requests in flight, and as waiting the seconds in which there is any."""
        now = time.perf_counter()
        self.waiting += now - self._since if self._flying else 0.0
        self._flying, self._since = self._flying + more, now

    def check(self, request: httpx.Request) -> None:
        """Raise `Refusal` unless origin, method, path, resource, encryption and budget are as allowed."""
        asked, path = origin(request.url), unquote(request.url.raw_path.decode("ascii"))
        if asked not in self.rules.origins:
            raise Refusal(f"not sent: {asked} is neither the target nor a host of --contract-allow-host")
        if request.method != self.rules.method or not self.rules.path.fullmatch(path):
            raise Refusal(f"not sent: {request.method} {path} is not declared by the document")
        if self.rules.resources and path not in self.rules.resources:
            raise Refusal(f"not sent: {path} is not the resource that --contract-param names")
        if self._in_the_clear(request):
            raise Refusal("not sent: credentials would travel unencrypted; use https, or --contract-insecure")
        if self.left is not None and self.left <= 0:
            raise BudgetSpent(f"the budget of {self.rules.budget} requests is spent; --contract-budget raises it")

    def _in_the_clear(self, request: httpx.Request) -> bool:
        secret = self.rules.secret_headers & {name.lower() for name in request.headers}
        return bool(secret) and request.url.scheme == "http" and not (is_local(str(request.url)) or self.rules.insecure)

    @property
    def left(self) -> int | None:
        """Return how many requests the budget still allows, None where there is none; the last is for putting back."""
        if self.rules.budget is None:
            return None
        kept = 0 if self._closing or self.rules.budget == 1 else 1
        return max(0, self.rules.budget - kept - self.sent)

    def close_up(self) -> None:
        """Let out the last request too: the one that puts the resource back."""
        self._closing = True

    def pace(self) -> None:
        """Wait until the rate allows one more request."""
        if self.rules.rate:
            now = self.clock.now()
            self.clock.sleep(self._next - now)
            self._next = max(now, self._next) + 1.0 / self.rules.rate

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


# --- what is redacted --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not be seen; *leaks* says whether a service that sends it back gives it away."""

    name: str
    value: str = field(repr=False)
    leaks: bool = True


def forms(value: str) -> list[str]:
    """Return the ways in which *value* travels: raw, JSON-escaped, URL-encoded, base64 (padded or not)."""
    coded = [base64.b64encode(value.encode("utf-8", "surrogatepass")).decode(), ""]
    coded[1] = coded[0].translate(str.maketrans("+/", "-_"))
    spelled = [value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    urls = [quote(value, safe=safe, errors="replace") for safe in ("", "/", "/+", "!'()*-._~/+:@")]
    urls += [
        quote_plus(value, errors="replace"),
        *(re.sub(r"%[0-9A-F]{2}", lambda found: found.group().lower(), url) for url in urls),
    ]
    return list(dict.fromkeys([*spelled, *urls, *coded, *(text.rstrip("=") for text in coded)]))


class Redactor:
    """Takes every secret that the run knows out of whatever is kept of it, and says where an answer gave one away."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._names: dict[str, Secret] = {}
        for secret in secrets:
            if len(secret.value) >= NOISE:
                self._names |= dict.fromkeys(forms(secret.value), secret)
        self._secret = _any_of(self._names, MADE_UP.pattern)
        self._nearly: re.Pattern[str] | None = None

    def blank(self, values: Iterable[str]) -> None:
        """Take *values* out as well: near misses of a secret, which tell nearly as much but are no leak of it."""
        nearly = {form for value in values if len(value) >= SHORT - NOISE for form in forms(value)}
        self._nearly = _any_of(nearly) if nearly else None

    def text(self, text: str) -> str:
        """Return *text* without any secret, nor what is nearly one."""
        clean = self._secret.sub(REDACTED, text)  # whole secrets first: a near miss would leave a piece of one
        return self._nearly.sub(REDACTED, clean) if self._nearly else clean

    def value(self, value: Any) -> Any:
        """Return a JSON value without any secret in its strings."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return (
            {self.text(key): self.value(member) for key, member in value.items()} if isinstance(value, dict) else value
        )

    def leaks(self, text: str, sent: Mapping[str, str]) -> list[str]:
        """Return the names of the secrets in *text*: the run's own, and those *sent* in the request, by member."""
        found = [self._leak(match.group()) for match in self._secret.finditer(text)]
        members = [f"{name} of the request" for name, value in sent.items() if _shows(text, value)]
        return list(dict.fromkeys([*members, *(name for name in found if name)]))

    def _leak(self, form: str) -> str:
        secret = self._names.get(form)
        if secret is None:
            return "a secret that an earlier request sent"
        return secret.name if secret.leaks and len(secret.value) >= SHORT - NOISE else ""


def _any_of(forms: Iterable[str], *more: str) -> re.Pattern[str]:
    """Return the pattern that finds the longest of *forms*; those that begin alike share a branch, so that few are tried."""
    ordered = sorted(set(forms), key=lambda form: (-len(form), form))
    branches: dict[str, list[str]] = {}
    for form in ordered:
        if len(form) >= SHORT:
            branches.setdefault(form[:NOISE], []).append(re.escape(form[NOISE:]))
    long = [f"{re.escape(head)}(?:{'|'.join(rest)})" for head, rest in branches.items()]
    return re.compile("|".join([*long, *(_word(form) for form in ordered if len(form) < SHORT), *more]))


def _word(form: str) -> str:
    """Return the pattern of a short form: it counts only as a word of its own."""
    first, rest = re.escape(form[0]), re.escape(form[1:])
    return rf"{first}(?<![\w-]{first}){rest}(?![\w-])"  # a letter first: re skips whatever no branch begins with


def _shows(text: str, value: str) -> bool:
    return len(value) >= SHORT and any(form in text for form in forms(value))
