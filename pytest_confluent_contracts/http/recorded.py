"""Which exchanges were recorded?

HAR archives and VCR cassettes, read as if the gate had sent them; nothing is sent.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from pytest_confluent_contracts.http.client import parsed
from pytest_confluent_contracts.http.redaction import Redactor, Secret
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import REDACTED, Exchange, Expect, Probe, RedactedCase

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

Headers = tuple[tuple[str, str], ...]

CREDENTIALS = re.compile(
    r"(?:proxy-)?authorization|(?:set-)?cookie|dd-.+"
    r"|.*(?:api|app|access)[-_]?(?:key|token).*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded request with its answer, as it was.

    ``sent_at`` is seconds since the epoch, None if not recorded.
    """

    method: str
    url: str
    sent: Headers
    body: bytes
    status: int
    headers: Headers
    content: bytes
    failure: str
    sent_at: float | None
    took: float


# --- files ----------------------------------------------------------------------------------------


def read(path: Path) -> list[Recording]:
    """Return what *path* recorded, in its order: HAR, or a cassette of VCR.py or of Ruby's VCR.

    Raises `ContractError`, in one line, where the file is none of these.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise ContractError(f"{path}: cannot be read: {why}") from error
    except UnicodeDecodeError as error:
        told = "neither a HAR archive nor a VCR cassette: it is not UTF-8"
        raise ContractError(f"{path}: {told}") from error
    root = _loaded(path, text)
    try:
        return list(_recordings(path, root))
    except (
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        AttributeError,
        EOFError,
        OSError,
        zlib.error,
    ) as error:
        told = f"no {error}" if isinstance(error, KeyError) else str(error)
        why = " ".join(told.split())
        raise ContractError(f"{path}: a damaged recording: {why}; record it again") from error


def _loaded(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if path.suffix.lower() in (".har", ".json"):
            raise ContractError(f"{path}: not JSON, so no HAR archive: {error}") from error
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        told = " ".join(str(error).split())
        raise ContractError(f"{path}: neither a HAR archive nor a VCR cassette: {told}") from error


def _recordings(path: Path, root: Any) -> Iterator[Recording]:
    root = root if isinstance(root, Mapping) else {}
    log = root["log"] if isinstance(root.get("log"), Mapping) else {}
    if isinstance(log.get("entries"), list):
        return (_entry(entry) for entry in log["entries"])
    for name in ("interactions", "http_interactions"):
        if isinstance(root.get(name), list):
            return (_interaction(one) for one in root[name])
    told = "neither a HAR archive (log.entries) nor a VCR cassette (interactions)"
    raise ContractError(f"{path}: {told}; give one of these")


# --- HAR 1.2 --------------------------------------------------------------------------------------


def _entry(entry: Mapping[str, Any]) -> Recording:
    request, response = entry["request"], entry["response"]
    posted, content = request.get("postData") or {}, response.get("content") or {}
    encoding = posted.get("encoding") or posted.get("comment") or ""
    status = int(response["status"])
    return Recording(
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        sent=_named(request.get("headers") or ()),
        body=_decoded(str(posted.get("text") or ""), str(encoding)),
        status=status,
        headers=_named(response.get("headers") or ()),
        content=_decoded(str(content.get("text") or ""), str(content.get("encoding") or "")),
        failure="" if status else "no answer was recorded",
        sent_at=_moment(entry.get("startedDateTime")),
        took=max(0.0, float(entry.get("time") or 0)) / 1000,
    )


def _named(headers: Iterable[Mapping[str, Any]]) -> Headers:
    return tuple((str(header["name"]), str(header["value"])) for header in headers)


def _decoded(text: str, encoding: str) -> bytes:
    return base64.b64decode(text) if encoding == "base64" else text.encode("utf-8", "surrogatepass")


def _moment(told: Any) -> float | None:
    """Return the seconds since the epoch of an ISO time; one without an offset counts as UTC."""
    if told in (None, ""):
        return None
    moment = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# --- VCR ------------------------------------------------------------------------------------------


def _interaction(one: Mapping[str, Any]) -> Recording:
    request, response = one["request"], one["response"]
    headers = _listed(response.get("headers") or {})
    status = response.get("status", response.get("status_code"))
    return Recording(
        method=str(request["method"]).upper(),
        url=str(request.get("uri") or request["url"]),
        sent=_listed(request.get("headers") or {}),
        body=_taken(request.get("body")),
        status=int(status["code"] if isinstance(status, Mapping) else status),
        headers=headers,
        content=_inflated(_taken(response.get("body", response.get("content"))), headers),
        failure="",
        sent_at=_recorded_at(one.get("recorded_at"), headers),
        took=0.0,
    )


def _listed(headers: Mapping[str, Any] | Sequence[Any]) -> Headers:
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    several = ((str(name), value if isinstance(value, list) else [value]) for name, value in pairs)
    return tuple((name, str(value)) for name, values in several for value in values)


def _taken(body: Any) -> bytes:
    """Return a body as a cassette writes it.

    That is text, bytes, ``{string: ...}`` or ``{base64_string: ...}``.
    """
    if isinstance(body, Mapping):
        coded = body.get("base64_string")
        return base64.b64decode(coded) if coded else _taken(body.get("string"))
    return body if isinstance(body, bytes) else str(body or "").encode("utf-8", "surrogatepass")


def _inflated(body: bytes, headers: Headers) -> bytes:
    """Return *body* without its content coding: cassettes keep answers as they travelled."""
    codings = [value.lower() for name, value in headers if name.lower() == "content-encoding"]
    coding = codings[0] if codings else ""
    if coding == "gzip" and body.startswith(b"\x1f\x8b"):
        return gzip.decompress(body)
    return zlib.decompress(body) if coding == "deflate" and body[:1] == b"\x78" else body


def _recorded_at(told: Any, headers: Headers) -> float | None:
    """Return when it was recorded.

    VCR.py does not say, but most servers do (``Date``, RFC 9110 6.6.1).
    """
    if told:
        try:
            return _moment(told)
        except ValueError:
            return parsedate_to_datetime(str(told)).timestamp()
    date = next((value for name, value in headers if name.lower() == "date"), "")
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


# --- exchanges ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Traffic:
    """The exchanges of one operation, in order, and whether their times are known."""

    exchanges: tuple[Exchange, ...]
    timed: bool

    @property
    def overlaps(self) -> bool:
        """Return whether a request was sent before the one before it was answered.

        Their order is not known.
        """
        if not self.timed:
            return False
        pairs = pairwise(self.exchanges)
        return any(after.sent_at < before.came_at for before, after in pairs)

    def by_authority(self) -> list[list[Exchange]]:
        """Return the exchanges apart by host and credentials: each has a quota of its own."""
        apart: dict[str, list[Exchange]] = {}
        for exchange in self.exchanges:
            apart.setdefault(exchange.case.authority, []).append(exchange)
        return list(apart.values())


def traffic(recordings: Iterable[Recording], operation: Operation) -> Traffic:
    """Return the recordings of *operation* as redacted exchanges.

    They are told by method and path, behind any prefix.
    """
    route = re.compile(paths.template_pattern(operation.path.rstrip("/")) + r"\Z")
    own = [one for one in recordings if _is_of(one, operation, route)]
    timed = all(one.sent_at is not None for one in own)
    ordered = sorted(own, key=lambda one: one.sent_at or 0.0) if timed else own
    clean = Redactor(list(_secrets(ordered, operation)))
    authorities: dict[tuple[Any, ...], str] = {}
    found: list[Exchange] = []
    for serial, one in enumerate(ordered):
        authority = authorities.setdefault(_spender(one), f"credentials {len(authorities) + 1}")
        given = route.search(_path(one.url))
        values = given.groups() if given else ()
        found.append(_exchange(one, serial, operation, values, authority, clean))
    return Traffic(tuple(found), timed)


def _is_of(one: Recording, operation: Operation, route: re.Pattern[str]) -> bool:
    return one.method == operation.method.upper() and route.search(_path(one.url)) is not None


def _spender(one: Recording) -> tuple[Any, ...]:
    """Return whose quota a request spends: that of its credentials at its host."""
    credentials = [(n.lower(), value) for n, value in one.sent if CREDENTIALS.fullmatch(n)]
    return (urlsplit(one.url).netloc, *credentials)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:  # no URL, so none of ours
        return ""


def _secrets(recordings: Sequence[Recording], operation: Operation) -> Iterator[Secret]:
    """Yield what the recordings must not give away.

    That is credentials, and the members of a body that are secret.
    """
    for one in recordings:
        yield from _answered_secrets(one, operation)
    for one in recordings:
        yield from _sent_secrets(one, operation)


def _answered_secrets(one: Recording, operation: Operation) -> Iterator[Secret]:
    """Yield what an answer may show, and nobody else should."""
    for name, value in one.headers:
        if CREDENTIALS.fullmatch(name):
            yield Secret(name, value, leaks=False)
    promises = operation.promises
    for path in (*promises.create_only.paths, *promises.secrets.paths):
        for value in _said(one.content, path):
            yield Secret(path, value, leaks=False)


def _sent_secrets(one: Recording, operation: Operation) -> Iterator[Secret]:
    """Yield what a request carried, and no answer may repeat."""
    own = {scheme.header.lower() for scheme in operation.schemes}
    for name, value in (*one.sent, *parse_qsl(urlsplit(one.url).query)):
        if name.lower() in own or CREDENTIALS.fullmatch(name):
            for part in _parts(value):
                yield Secret(f"the credential in {name}", part)
    for path in _secret_members(operation):
        for value in _said(one.body, path):
            yield Secret(f"{path} of the request", value)


def _secret_members(operation: Operation) -> list[str]:
    members = operation.request.properties if operation.request else ()
    return [member.path for member in members if member.secret]


def _said(body: bytes, path: str) -> list[str]:
    """Return each text at *path*.

    In a body that is not JSON, whatever stands behind the member's name.
    """
    root, flaw = parsed(body)
    if flaw:
        name = re.escape(paths.last_name(path).removesuffix("[]"))
        text = body.decode("utf-8", "replace")
        return re.findall(rf"\b{name}[\"']?\s*[:=]\s*[\"']?([^\"'&\s,}}]+)", text)
    values = [value for _, value in paths.values_at(root, path)]
    return [value for value in values if isinstance(value, str) and value]


def _parts(value: str) -> Iterator[str]:
    """Yield a header's value and what is in it.

    That is its credential without the scheme, and the pair and the password of basic access (RFC
    7617).
    """
    yield value
    scheme, _, credential = value.partition(" ")
    if credential:
        yield credential.strip()
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(credential).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            return
        yield pair
        yield pair.partition(":")[2]


def _exchange(
    one: Recording,
    serial: int,
    operation: Operation,
    values: Sequence[str],
    authority: str,
    clean: Redactor,
) -> Exchange:
    own = {scheme.header.lower() for scheme in operation.schemes}
    begun = one.sent_at or 0.0
    body = _cleaned(_blanked(one.body, operation), clean)
    value, flaw = parsed(_cleaned(one.content, clean))
    given = dict(zip(paths.template_names(operation.path), values, strict=True))
    parameters: list[tuple[str, str]] = []
    for name, _ in operation.parameters:
        parameters.append((name, clean.text(unquote(given.get(name, "")))))
    case = RedactedCase(
        probe=Probe.EXAMPLES,
        title=f"recorded request {serial + 1}",
        operation=operation,
        parameters=tuple(parameters),
        headers=tuple(_hidden(name, content, own, clean) for name, content in one.sent),
        body=body or None,
        value=parsed(body)[0],
        expect=Expect.ANY,
        authority=authority,
    )
    text = one.content.decode("utf-8", "replace")
    shown = "\n".join([*(f"{name}: {content}" for name, content in one.headers), text])
    return Exchange(
        serial=serial,
        case=case,
        url=clean.text(one.url),
        status=one.status,
        headers=tuple(_hidden(name, content, frozenset(), clean) for name, content in one.headers),
        text=clean.text(text),
        json=value,
        flaw=flaw,
        leaks=tuple(clean.leaks(shown, {})),
        sent_at=begun,
        came_at=begun + one.took,
        failure=one.failure,
    )


def _blanked(body: bytes, operation: Operation) -> bytes:
    """Return *body* without its secret members, also those too short for a redactor to look for."""
    blank = json.dumps(REDACTED).encode()
    for path in _secret_members(operation):
        for secret in _said(body, path):
            for coded in {json.dumps(secret), json.dumps(secret, ensure_ascii=False)}:
                body = body.replace(coded.encode("utf-8", "surrogatepass"), blank)
    return body


def _cleaned(body: bytes, clean: Redactor) -> bytes:
    return clean.text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _hidden(
    name: str,
    value: str,
    own: set[str] | frozenset[str],
    clean: Redactor,
) -> tuple[str, str]:
    secret = name.lower() in own or CREDENTIALS.fullmatch(name)
    return name, REDACTED if secret else clean.text(value)
