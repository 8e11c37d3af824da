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
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import yaml

from pytest_confluent_contracts.http.redaction import Redactor, Secret
from pytest_confluent_contracts.http.strict_json import parse_json
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import (
    CARELESS_WORDS,
    MALFORMED,
    REDACTED,
    Exchange,
    Expect,
    Probe,
    RedactedCase,
    is_malformed,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

Headers = tuple[tuple[str, str], ...]

CREDENTIALS = re.compile(
    r"(?:proxy-)?authorization|(?:set-)?cookie|dd-.+"
    r"|.*(?:api|app|access)[-_]?(?:key|token).*",
    re.IGNORECASE,
)
# Cookies that log somebody in, as names go; what is as long as a token may be one.
SESSION = re.compile(r".*(?:sess|sid\b|token|auth|jwt|csrf|xsrf|secret|login|remember).*", re.I)
TOKEN_CHARACTERS = 16
SCHEMES = frozenset({"basic", "bearer"})  # RFC 7617 and RFC 6750: what may be seen of a header
# What reading a recording raises where a part of it is missing, or is not what it should be.
DAMAGED = (
    LookupError,
    TypeError,
    ValueError,
    ArithmeticError,
    AttributeError,
    EOFError,
    OSError,
    zlib.error,
)
# The first bytes of what is coded (RFC 1952 2.3.1, RFC 1950 2.2).
GZIP_BEGINS, ZLIB_BEGINS = b"\x1f\x8b", b"\x78"


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
    root = _loaded_text(path, text)
    try:
        return list(_recordings(path, root))
    except DAMAGED as error:
        told = f"no {error}" if isinstance(error, KeyError) else str(error)
        why = " ".join(told.split())
        raise ContractError(f"{path}: a damaged recording: {why}; record it again") from error


def _loaded_text(path: Path, text: str) -> Any:
    """Return the value of *text*: JSON, or YAML where the name of the file does not say JSON."""
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
    """Return what *root* recorded, each read when it is asked for.

    Raise `ContractError` where it is neither an archive nor a cassette.
    """
    entries = _list_at(root, "log", "entries")
    if entries is not None:
        return map(_har_recording, entries)
    # VCR.py writes the first name, Ruby's VCR the second.
    for name in ("interactions", "http_interactions"):
        interactions = _list_at(root, name)
        if interactions is not None:
            return map(_vcr_recording, interactions)
    told = "neither a HAR archive (log.entries) nor a VCR cassette (interactions)"
    raise ContractError(f"{path}: {told}; give one of these")


def _list_at(root: Any, *names: str) -> list[Any] | None:
    """Return the list that *names* lead to from *root*, None where there is none."""
    value = root
    for name in names:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    if not isinstance(value, list):
        return None
    return value


# --- HAR 1.2 --------------------------------------------------------------------------------------


def _har_recording(entry: Mapping[str, Any]) -> Recording:
    request, response = entry["request"], entry["response"]
    posted, content = request.get("postData") or {}, response.get("content") or {}
    encoding = posted.get("encoding") or posted.get("comment") or ""
    status = int(response["status"])
    return Recording(
        method=str(request["method"]).upper(),
        url=str(request["url"]),
        sent=_har_headers(request.get("headers") or ()),
        body=_har_body(str(posted.get("text") or ""), str(encoding)),
        status=status,
        headers=_har_headers(response.get("headers") or ()),
        content=_har_body(str(content.get("text") or ""), str(content.get("encoding") or "")),
        failure="" if status else "no answer was recorded",
        sent_at=_epoch_seconds(entry.get("startedDateTime")),
        took=max(0.0, float(entry.get("time") or 0)) / 1000,
    )


def _har_headers(headers: Iterable[Mapping[str, Any]]) -> Headers:
    return tuple((str(header["name"]), str(header["value"])) for header in headers)


def _har_body(text: str, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.b64decode(text)
    return text.encode("utf-8", "surrogatepass")


def _epoch_seconds(told: Any) -> float | None:
    """Return the seconds since the epoch of an ISO time; one without an offset counts as UTC."""
    if told in (None, ""):
        return None
    moment = told if isinstance(told, datetime) else datetime.fromisoformat(str(told))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


# --- VCR ------------------------------------------------------------------------------------------


def _vcr_recording(interaction: Mapping[str, Any]) -> Recording:
    request, response = interaction["request"], interaction["response"]
    headers = _vcr_headers(response.get("headers") or {})
    return Recording(
        method=str(request["method"]).upper(),
        url=str(request.get("uri") or request["url"]),
        sent=_vcr_headers(request.get("headers") or {}),
        body=_vcr_body(request.get("body")),
        status=_vcr_status(response),
        headers=headers,
        content=_uncompressed(_vcr_body(response.get("body", response.get("content"))), headers),
        failure="",
        sent_at=_recorded_at(interaction.get("recorded_at"), headers),
        took=0.0,
    )


def _vcr_status(response: Mapping[str, Any]) -> int:
    status = response.get("status", response.get("status_code"))
    return int(status["code"] if isinstance(status, Mapping) else status)


def _vcr_headers(headers: Mapping[str, Any] | Sequence[Any]) -> Headers:
    """Return headers as a cassette writes them.

    That is a mapping or pairs, each name with one value or a list of them.
    """
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    found: list[tuple[str, str]] = []
    for name, value in pairs:
        values = value if isinstance(value, list) else [value]
        found.extend((str(name), str(one)) for one in values)
    return tuple(found)


def _vcr_body(body: Any) -> bytes:
    """Return a body as a cassette writes it.

    That is text, bytes, ``{string: ...}`` or ``{base64_string: ...}``.
    """
    if isinstance(body, Mapping):
        coded = body.get("base64_string")
        if coded:
            return base64.b64decode(coded)
        return _vcr_body(body.get("string"))
    if isinstance(body, bytes):
        return body
    return str(body or "").encode("utf-8", "surrogatepass")


def _uncompressed(body: bytes, headers: Headers) -> bytes:
    """Return *body* without its content coding: cassettes keep answers as they travelled.

    One that does not begin as its coding does was decoded before it was recorded.
    """
    coding = _first_header(headers, "content-encoding").lower()
    if coding == "gzip" and body.startswith(GZIP_BEGINS):
        return gzip.decompress(body)
    if coding == "deflate" and body.startswith(ZLIB_BEGINS):
        return zlib.decompress(body)
    return body


def _first_header(headers: Headers, name: str) -> str:
    """Return the first value of the header *name* (in lower case), ``""`` where it did not come."""
    for written, value in headers:
        if written.lower() == name:
            return value
    return ""


def _recorded_at(told: Any, headers: Headers) -> float | None:
    """Return when it was recorded, in seconds since the epoch, None where nothing says so.

    VCR.py does not say, but most servers do (``Date``, RFC 9110 6.6.1).
    """
    if told:
        try:
            return _epoch_seconds(told)
        except ValueError:
            return parsedate_to_datetime(str(told)).timestamp()
    try:
        return parsedate_to_datetime(_first_header(headers, "date")).timestamp()
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
    own = [one for one in recordings if _is_request_of(one, operation)]
    timed = all(one.sent_at is not None for one in own)
    if timed:
        own.sort(key=lambda one: one.sent_at or 0.0)
    clean = redactor_of([(one, operation) for one in own])
    return Traffic(tuple(exchanges_of([(one, operation) for one in own], clean)), timed)


def redactor_of(requests: Iterable[tuple[Recording, Operation]]) -> Redactor:
    """Return what takes the secrets of recorded *requests* out of all of them."""
    answered: dict[Secret, None] = {}
    sent: dict[Secret, None] = {}
    for one, operation in requests:
        answered.update(dict.fromkeys(_answered_secrets(one, operation)))
        sent.update(dict.fromkeys(_sent_secrets(one, operation)))
    # Answers first: the last secret of a value says whether it leaks, and what was sent does.
    return Redactor([*answered, *sent])


def exchanges_of(
    requests: Iterable[tuple[Recording, Operation]], clean: Redactor
) -> Iterator[Exchange]:
    """Yield recorded *requests*, each with the operation that it asks for, redacted, in order."""
    for serial, (one, operation, authority) in enumerate(_with_authorities(requests)):
        case = _recorded_case(one, serial, operation, authority, clean)
        yield _recorded_exchange(one, serial, case, clean)


def _with_authorities(
    requests: Iterable[tuple[Recording, Operation]],
) -> Iterator[tuple[Recording, Operation, str]]:
    """Yield each request with a name for whose quota it spends."""
    known: dict[tuple[Any, ...], str] = {}
    for one, operation in requests:
        yield one, operation, known.setdefault(_quota_owner(one), f"credentials {len(known) + 1}")


def unredacted_requests(requests: Iterable[tuple[Recording, Operation]]) -> Iterator[Exchange]:
    """Yield recorded *requests* as `exchanges_of` does, with all that is secret.

    The bodies of their answers are left out. For who looks whether anything is wrong at all, and
    neither keeps nor shows what it saw.
    """
    nothing = Redactor([])
    for serial, (one, operation, authority) in enumerate(_with_authorities(requests)):
        begun = one.sent_at or 0.0
        case = RedactedCase(
            probe=Probe.EXAMPLES,
            title="",
            operation=operation,
            parameters=_parameters_of(one, operation, nothing),
            headers=one.sent,
            body=one.body or None,
            value=parse_json(one.body)[0],
            expect=Expect.ANY,
            authority=authority,
            query=_pairs_in(urlsplit(one.url).query, "&"),
            cookies=_pairs_in(_first_header(one.sent, "cookie"), ";"),
        )
        yield Exchange(
            serial=serial,
            case=case,
            url=one.url,
            status=one.status,
            headers=one.headers,
            text="",
            json=paths.ABSENT,
            flaw="",
            leaks=(),
            sent_at=begun,
            came_at=begun + one.took,
            failure=one.failure,
        )


def _is_request_of(one: Recording, operation: Operation) -> bool:
    return one.method == operation.method.upper() and _route_match(one, operation) is not None


def _route_match(one: Recording, operation: Operation) -> re.Match[str] | None:
    """Return where the path of *one* ends as the operation's does, its variables as groups."""
    try:
        path = urlsplit(one.url).path.rstrip("/")
    except ValueError:  # no URL, so none of ours
        path = ""
    return re.search(paths.template_pattern(operation.path.rstrip("/")) + r"\Z", path)


def _quota_owner(one: Recording) -> tuple[Any, ...]:
    """Return whose quota a request spends: that of its credentials at its host."""
    credentials = [(n.lower(), value) for n, value in one.sent if _carries_credential(n)]
    return (urlsplit(one.url).netloc, *credentials)


def _recorded_case(
    one: Recording,
    serial: int,
    operation: Operation,
    authority: str,
    clean: Redactor,
) -> RedactedCase:
    """Return the request of *one* as if it were a case of ours, without what is secret."""
    own = {name.lower() for name in operation.credential_headers}
    body = _cleaned_body(_blanked_body(one.body, operation), clean)
    return RedactedCase(
        probe=Probe.EXAMPLES,
        title=f"recorded request {serial + 1}",
        operation=operation,
        parameters=_parameters_of(one, operation, clean),
        headers=tuple(_hidden_header(name, content, own, clean) for name, content in one.sent),
        body=body or None,
        value=parse_json(body)[0],
        expect=Expect.ANY,
        authority=authority,
        query=_pairs_in(clean.text(urlsplit(one.url).query), "&"),
        cookies=_cookies_of(one, operation, clean),
    )


def _pairs_in(text: str, between: str) -> tuple[tuple[str, str], ...]:
    """Return the names and values of *text*, as they are written."""
    pairs = [part.strip().partition("=") for part in text.split(between) if part.strip()]
    return tuple((name, value) for name, _, value in pairs)


def _cookies_of(
    one: Recording, operation: Operation, clean: Redactor
) -> tuple[tuple[str, str], ...]:
    """Return the cookies of *one*; of a credential, what is no secret."""
    secret = operation.credential_carriers(Location.COOKIE)
    found: list[tuple[str, str]] = []
    for name, value in _pairs_in(_first_header(one.sent, "cookie"), ";"):
        is_credential = name in secret or _carries_credential(name)
        found.append((name, _hidden_credential(value) if is_credential else clean.text(value)))
    return tuple(found)


def _parameters_of(
    one: Recording, operation: Operation, clean: Redactor
) -> tuple[tuple[str, str], ...]:
    """Return the operation's path parameters as the URL of *one* has them."""
    match = _route_match(one, operation)
    values = match.groups() if match else ()
    given = dict(zip(paths.template_names(operation.path), values, strict=True))
    parameters: list[tuple[str, str]] = []
    for name, _ in operation.parameters:
        parameters.append((name, clean.text(unquote(given.get(name, "")))))
    return tuple(parameters)


def _recorded_exchange(
    one: Recording, serial: int, case: RedactedCase, clean: Redactor
) -> Exchange:
    value, flaw = parse_json(_cleaned_body(one.content, clean))
    text = one.content.decode("utf-8", "replace")
    shown = "\n".join([*(f"{name}: {content}" for name, content in one.headers), text])
    begun = one.sent_at or 0.0
    return Exchange(
        serial=serial,
        case=case,
        url=clean.text(one.url),
        status=one.status,
        headers=tuple(_hidden_header(name, content, set(), clean) for name, content in one.headers),
        text=clean.text(text),
        json=value,
        flaw=flaw,
        leaks=tuple(clean.leaks(shown, {})),
        sent_at=begun,
        came_at=begun + one.took,
        failure=one.failure,
    )


# --- what must not be seen ------------------------------------------------------------------------


def _answered_secrets(one: Recording, operation: Operation) -> Iterator[Secret]:
    """Yield what an answer may show, and nobody else should."""
    for name, value in one.headers:
        if _carries_credential(name):
            yield Secret(name, value, leaks=False)
    for name, value in _set_cookies(one):
        if _is_token(name, value, operation):
            for form in _forms_of_cookie(value):
                yield Secret(f"the cookie {name}", form, leaks=False)
    promises = operation.promises
    for path in (*promises.create_only.paths, *promises.secrets.paths):
        for value in _texts_at(one.content, path):
            yield Secret(path, value, leaks=False)


def _sent_secrets(one: Recording, operation: Operation) -> Iterator[Secret]:
    """Yield what a request carried, and no answer may repeat."""
    own = {scheme.carrier.lower() for scheme in operation.schemes} | {"cookie"}
    for name, value in (*one.sent, *parse_qsl(urlsplit(one.url).query)):
        if name.lower() in own or _carries_credential(name):
            for part in _parts_of_credential(value):
                yield Secret(f"the credential in {name}", part)
    for name, value in _pairs_in(_first_header(one.sent, "cookie"), ";"):
        if _is_token(name, value, operation):
            leaks = _names_credential(name, operation)
            for form in _forms_of_cookie(value):
                yield Secret(f"the credential in the cookie {name}", form, leaks=leaks)
    for path in operation.secret_paths:
        for value in _texts_at(one.body, path):
            yield Secret(f"{path} of the request", value)


def _set_cookies(one: Recording) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each cookie that an answer sets (RFC 6265 4.1.1)."""
    for header, value in one.headers:
        if header.lower() == "set-cookie":
            yield from _pairs_in(value, ";")[:1]


def _is_token(name: str, value: str, operation: Operation) -> bool:
    """Return whether a cookie may log somebody in: by its name, or its length.

    ``theme=dark`` stands everywhere. What the document has as a parameter is to be judged.
    """
    if _names_credential(name, operation) or SESSION.fullmatch(name):
        return True
    known = [one.name for one in operation.other_parameters if one.location is Location.COOKIE]
    return len(value) >= TOKEN_CHARACTERS and name not in known


def _names_credential(name: str, operation: Operation) -> bool:
    """Return whether the cookie *name* is one of a security scheme, or named as those are."""
    return name in operation.credential_carriers(Location.COOKIE) or _carries_credential(name)


def _forms_of_cookie(value: str) -> list[str]:
    """Return a cookie's value as it travels, and as it was before it was quoted or encoded."""
    plain = value.strip('"')
    return list(dict.fromkeys([value, plain, unquote(plain)]))


def _texts_at(body: bytes, path: str) -> list[str]:
    """Return each text at *path*.

    In a body that is not JSON, whatever stands behind the member's name.
    """
    root, flaw = parse_json(body)
    if flaw:
        name = re.escape(paths.last_name(path).removesuffix("[]"))
        text = body.decode("utf-8", "replace")
        return re.findall(rf"\b{name}[\"']?\s*[:=]\s*[\"']?([^\"'&\s,}}]+)", text)
    values = [value for _, value in paths.values_at(root, path)]
    return [value for value in values if isinstance(value, str) and value]


def _parts_of_credential(value: str) -> Iterator[str]:
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


def _blanked_body(body: bytes, operation: Operation) -> bytes:
    """Return *body* without its secret members, also those too short for a redactor to look for."""
    for path in operation.secret_paths:
        for secret in _texts_at(body, path):
            body = _without_text(body, secret)
    return body


def _without_text(body: bytes, secret: str) -> bytes:
    """Return *body* with the JSON string *secret* made blank, in either way of writing it."""
    blank = json.dumps(REDACTED).encode()
    for coded in {json.dumps(secret), json.dumps(secret, ensure_ascii=False)}:
        body = body.replace(coded.encode("utf-8", "surrogatepass"), blank)
    return body


def _cleaned_body(body: bytes, clean: Redactor) -> bytes:
    text = body.decode("utf-8", "surrogateescape")
    return clean.text(text).encode("utf-8", "surrogateescape")


@lru_cache(4096)
def _carries_credential(name: str) -> bool:
    """Return whether a header or a parameter of this *name* carries credentials, as names go."""
    return CREDENTIALS.fullmatch(name) is not None


def _hidden_header(name: str, value: str, own: set[str], clean: Redactor) -> tuple[str, str]:
    """Return a header as it may be shown; *own*: credentials' headers, in lower case."""
    if name.lower() in own or _carries_credential(name):
        return name, _hidden_credential(value)
    return name, clean.text(value)


def _hidden_credential(value: str) -> str:
    """Return *value* without what is secret in it: its scheme, and that there is none, may be seen.

    >>> _hidden_credential("Bearer abc"), _hidden_credential("Bearer undefined")
    ('Bearer [redacted]', 'Bearer undefined')
    """
    scheme, between, credential = value.partition(" ")
    if scheme.lower() not in SCHEMES:
        scheme, between, credential = "", "", value
    if credential.strip() in ("", *CARELESS_WORDS):
        return value
    hidden = MALFORMED if scheme and is_malformed(scheme, credential) else REDACTED
    return f"{scheme}{between}{hidden}"
