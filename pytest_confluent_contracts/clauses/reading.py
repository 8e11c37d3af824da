"""Where in an answer does a promise stand? How clauses read exchanges; imports ``contract`` only."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

import jsonschema_rs

from pytest_confluent_contracts.contract import Absence, Absentee, Evidence, Judge
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import REDACTED, Exchange, Expect, Probe

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Content, Operation, Response

SERVED = frozenset({Probe.EXAMPLES, Probe.VALID})
REFUSING = frozenset({Probe.BROKEN, Probe.MALFORMED, Probe.CREDENTIALS, Probe.UNKNOWN})
EVERY = SERVED | REFUSING | {Probe.READ_ONLY, Probe.COVERAGE}
THROTTLING = frozenset({Probe.EXAMPLES, Probe.THROTTLE})

Applies = Callable[[Exchange], bool]
Look = Callable[[Exchange], str | None]


# --- judges ----------------------------------------------------------------------------------------------------------


def each(applies: Applies, look: Look) -> Judge:
    """Return a judge that looks at every exchange to which the promise applies; None from *look* is no evidence."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            if exchange.failure or exchange.superseded or not applies(exchange):
                continue
            if (finding := look(exchange)) is not None:
                yield Evidence(exchange, finding)

    return judge


def with_status(*statuses: str) -> Applies:
    """Return whether an exchange was answered with one of *statuses* (``"404"``, ``"4XX"``)."""
    exact = {int(status) for status in statuses if status.isdigit()}
    ranges = {int(status[0]) for status in statuses if status.upper().endswith("XX")}
    return lambda exchange: exchange.status in exact or exchange.status // 100 in ranges


def leaked(exchange: Exchange) -> str:
    """Return the finding where an answer gave a secret away."""
    return f"{exchange.status} gave away {exchange.leaks[0]}" if exchange.leaks else ""


def throttled(exchange: Exchange) -> bool:
    """Return whether the answer only says that the rate limit is reached: no word on what was asked."""
    return exchange.status == (exchange.case.operation.promise("refusals", "throttled") or 429)


# --- absences --------------------------------------------------------------------------------------------------------


def skipped(reason: str, probe: Probe | None = None) -> Absentee:
    """Return the absence of evidence that nothing sent from outside brings about, or that only *probe* would."""
    return lambda _: Absence(reason, probe=probe)


def withheld(what: str, expected: Expect, *, otherwise: str = "") -> Absentee:
    """Return the absence of evidence that the target owes: *what*, told with the answers that came in its place.

    With *otherwise*, the evidence is owed only as far as no case of that kind was served: then it is merely not there.
    """

    def absent(exchanges: Sequence[Exchange]) -> Absence:
        asked = [exchange for exchange in exchanges if exchange.case.expect is expected]
        if otherwise and any(_as_expected(exchange) for exchange in asked):
            return Absence(otherwise)
        return Absence(f"{what} was withheld: {_told(asked, expected)}", withheld=True)

    return absent


def _as_expected(exchange: Exchange) -> bool:
    return exchange.accepted if exchange.case.expect is Expect.ACCEPTED else exchange.status >= 400


def _told(asked: Sequence[Exchange], expected: Expect) -> str:
    kind = {
        Expect.ACCEPTED: "valid requests",
        Expect.REFUSED: "broken requests",
        Expect.UNAUTHENTICATED: "requests without valid credentials",
        Expect.UNKNOWN: "requests for unknown ids",
    }.get(expected, "requests")
    if not asked:
        return f"no {kind} could be sent"
    answers = Counter(exchange.failure or f"answered {exchange.status}" for exchange in asked)
    came = ", ".join(f"{count} {answer}" for answer, count in answers.most_common(3))
    return f"of {len(asked)} {kind}: {came}"


# --- values in a body ------------------------------------------------------------------------------------------------


def values(body: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield the JSON Pointer and the value of each member of *body* at *path* (``errors[].status``)."""
    return _descend(body, _steps(path), "")


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str, ...]:
    """Return the steps of a path; ``[]`` is a step of its own, for every item."""
    return tuple(step for step in path.replace("[]", ".[]").split(".") if step)


def _descend(body: Any, steps: Sequence[str], pointer: str) -> Iterator[tuple[str, Any]]:
    if not steps:
        yield pointer, body
    elif steps[0] == "[]" and isinstance(body, list):
        for index, item in enumerate(body):
            yield from _descend(item, steps[1:], f"{pointer}/{index}")
    elif isinstance(body, dict) and steps[0] in body:
        yield from _descend(body[steps[0]], steps[1:], f"{pointer}/{escape(steps[0])}")


def value_at(body: Any, path: str) -> Any:
    """Return the one value of *body* at a path without lists, ABSENT where there is none."""
    for step in _steps(path):
        if not isinstance(body, dict) or step not in body:
            return ABSENT
        body = body[step]
    return body


def escape(name: str) -> str:
    """Return a member's name as a part of a JSON Pointer (RFC 6901 section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def path_of(steps: Iterable[str | int]) -> str:
    """Return the path, as clause ids write it, of a place in a body."""
    return "".join("[]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")


def url_parts(text: str) -> SplitResult:
    """Return the parts of a URL, empty ones where it is none; what was redacted counts as a word."""
    try:
        return urlsplit(text.replace(REDACTED, "redacted"))
    except ValueError:  # a bracket in the host
        return urlsplit("")


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same, to the character and the type (``1`` is not ``true``)."""
    if isinstance(one, str) or one != other:
        return bool(one == other)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def quote_value(value: Any, width: int = 80) -> str:
    """Return *value* as JSON on one line, shortened in its middle to *width* characters; a text's own length is told."""
    text = json.dumps(value, ensure_ascii=True, default=str)
    length = len(value) if isinstance(value, str) else len(text)
    return text if len(text) <= width else f"{text[: width - 30]}... ({length} characters) ...{text[-8:]}"


# --- schemas ---------------------------------------------------------------------------------------------------------


class Reader:
    """Holds bodies against one documented schema and remembers each exchange's faults: many clauses ask for them."""

    def __init__(self, content: Content) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(dict(content.schema), validate_formats=True)
        self._paths = {member.path for member in content.properties} | {""}
        self._seen: dict[int, tuple[Exchange, dict[str, str]]] = {}

    def faults(self, exchange: Exchange) -> dict[str, str]:
        """Return what is wrong with the answer's body: the first fault of each documented member, by its path."""
        known = self._seen.get(id(exchange))
        if known is None or known[0] is not exchange:
            known = (exchange, self.faults_of(exchange.json))
            self._seen[id(exchange)] = known
        return known[1]

    def faults_of(self, body: Any) -> dict[str, str]:
        """Return what is wrong with *body*, by the path of the nearest documented member."""
        faults: dict[str, str] = {}
        try:
            errors: list[Any] = list(self._validator.iter_errors(_without_surrogates(body)))
        except ValueError:  # jsonschema_rs reads nothing that is nested some 255 levels deep
            return {"": "nested too deeply to be judged"}
        for error in errors:
            if isinstance(error.instance, str) and REDACTED in error.instance:
                continue  # what came is not known: `leaked` judges that it came
            missing = [error.kind.property] if error.kind.name == "required" else []
            owner = path_of([*error.instance_path, *missing])
            while owner not in self._paths:
                owner = owner.removesuffix("[]") if owner.endswith("[]") else owner.rpartition(".")[0]
            faults.setdefault(owner, "missing" if missing else _shortened(error.message))
        return faults


def _without_surrogates(body: Any) -> Any:
    """Return *body* fit for a validator that takes Unicode only: lone surrogates replaced, lengths kept."""
    text = json.dumps(body, ensure_ascii=False)
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return body
    return json.loads("".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text))


def _shortened(message: str, width: int = 160) -> str:
    return message if len(message) <= width else f"{message[: width - 60]} ... {message[-50:]}"


def documented(operation: Operation, exchange: Exchange) -> Response | None:
    """Return what the document says of this answer's status."""
    return operation.response(exchange.status)


def essence(media_type: str | None) -> str:
    """Return the media type without its parameters, in lower case (RFC 9110 8.3.1)."""
    return (media_type or "").partition(";")[0].strip().lower()
