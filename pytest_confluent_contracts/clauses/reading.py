"""How do clauses read exchanges? Judges, explanations, values in a body, and schemas."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import SplitResult, urlsplit

import jsonschema_rs

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
    Evidence,
    Finding,
    FindingKind,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.formats import OPENAPI_FORMATS
from pytest_confluent_contracts.model.media_types import essence
from pytest_confluent_contracts.model.names import plain_name
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.traffic import (
    REDACTED,
    Exchange,
    Expect,
    Probe,
    SubjectKind,
)
from pytest_confluent_contracts.model.violations import Violated, violation_of
from pytest_confluent_contracts.model.violations import quote_value as quote_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Content
    from pytest_confluent_contracts.model.resources import Resource

Found = TypeVar("Found")

# Names of members that say that a thing was deleted, as `plain_name` has them, and how they do.
STATES = frozenset({"status", "state", "lifecyclestate"})
DELETED = frozenset({"deleted", "deleting", "removed"})
DELETED_FLAGS = frozenset({"deleted", "isdeleted"})
DELETED_TIMES = frozenset({"deletedat", "deletedon", "deletiontime", "deletiontimestamp"})
SURROGATE = re.compile("[\\ud800-\\udfff]")
ESCAPE = "\\"  # begins each escape of a JSON string (RFC 8259 7)
ESCAPED_SURROGATE = "\\ud"  # as JSON in ASCII begins each, those of a pair among them

SERVED = frozenset({Probe.EXAMPLES, Probe.VALID})
REFUSING = frozenset({Probe.BROKEN, Probe.MALFORMED, Probe.CREDENTIALS, Probe.UNKNOWN})
EVERY = SERVED | REFUSING | {Probe.FORMS, Probe.READ_ONLY, Probe.COVERAGE, Probe.PARAMETERS}
THROTTLING = frozenset({Probe.EXAMPLES, Probe.THROTTLE})


class Looked(Enum):
    """What a look at one exchange gives where it gives no finding."""

    KEPT = "kept"
    NOTHING = "nothing"  # it does not bear on the promise


KEPT: Final = Looked.KEPT
NOTHING: Final = Looked.NOTHING

if TYPE_CHECKING:
    Applies = Callable[[Exchange], bool]
    Look = Callable[[Exchange], Finding | Looked]


# --- judges ------------------------------------------------------------------------------------


def each(applies: Applies, look: Look) -> Judge:
    """Return a judge that looks at every answer to which the promise applies."""

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        for exchange in exchanges:
            # What `is_answer` asks, for each of a hundred clauses of each of hundreds of exchanges.
            if exchange.failure or exchange.superseded or not applies(exchange):
                continue
            seen = look(exchange)
            if isinstance(seen, Finding):
                yield Evidence(exchange, seen)
            elif seen is KEPT:
                yield Evidence(exchange)

    return judge


def find_once(owner: object, exchange: Exchange, find: Callable[[Exchange], Found]) -> Found:
    """Return what *find* finds of *exchange*, as it found before where *owner* has asked before.

    Many clauses follow the same exchanges. It is kept with the exchange, and so let go with it.
    """
    kept = exchange.worked_out.get(id(owner))
    if kept is None:
        # The owner is kept with what was found, so that its id stays its own.
        kept = exchange.worked_out[id(owner)] = (owner, find(exchange))
    found: Found = kept[1]
    return found


def asked_once(applies: Applies) -> Applies:
    """Return *applies* for many clauses to share: each exchange is looked at once."""

    def known_to_apply(exchange: Exchange) -> bool:
        return find_once(applies, exchange, applies)

    return known_to_apply


def is_answer(exchange: Exchange) -> bool:
    """Return whether an answer came that no later one stands in for."""
    return not (exchange.failure or exchange.superseded)


# RFC 9110 15.5.1, 15.5.5 and 15.5.15: an id may be refused before anybody looks for it.
REFUSING_FORM_OF_ID = frozenset({400, 404, 414})
# RFC 5789 2.2: a patch is fine, and what is there is not made for it.
REFUSING_STATE = frozenset({400, 404, 409, 422})
# RFC 9110 15.5.4: what may stand for 404 where it is documented, and hides what exists.
HIDING = 403
# By the form of a request: RFC 9110 15.5.12 (a length is asked for), RFC 6585 5 (headers too
# large; nginx and Tomcat answer 400), RFC 9110 15.5.1 (a front that takes no escapes in a path).
REFUSING_FORM = {
    "chunked": frozenset({411}),
    "long-header": frozenset({400, 431}),
    "escaped-path": frozenset({400}),
}


def is_permitted_by_http(exchange: Exchange) -> bool:
    """Return whether HTTP itself permits the status, whatever the document says.

    What stands before a service may give it to an id that is too long or malformed, or to a
    request in a form that it does not take.
    """
    kind, status = exchange.case.subject.kind, exchange.status
    if kind is SubjectKind.FORM:
        return status in REFUSING_FORM.get(exchange.case.subject.name, ())
    if kind is SubjectKind.PATCH_PATH:
        return status in REFUSING_STATE
    if kind is SubjectKind.ODD_ID:
        return status in REFUSING_FORM_OF_ID
    if kind is SubjectKind.NORMALISED_ID:
        # Many a server sends those who ask so to the address in its normal form.
        return status in REFUSING_FORM_OF_ID or 300 <= status < 400
    return False


def may_come_from_front(exchange: Exchange) -> bool:
    """Return whether a server before the service may have answered, one without its envelopes.

    For example, nginx refuses a long header with a page of HTML.
    """
    told_as = essence(exchange.header("Content-Type"))
    return is_permitted_by_http(exchange) and not told_as.endswith("json")


def always(_: Exchange) -> bool:
    """Apply to every answer."""
    return True


def is_accepted(exchange: Exchange) -> bool:
    """Apply to answers of the 2xx class."""
    return exchange.accepted


def with_status(*statuses: str) -> Applies:
    """Apply to answers with one of *statuses* (``"404"``, ``"4XX"``)."""
    exact = {int(status) for status in statuses if status.isdigit()}
    ranges = {int(status[0]) for status in statuses if status.upper().endswith("XX")}

    def applies(exchange: Exchange) -> bool:
        return exchange.status in exact or exchange.status // 100 in ranges

    return applies


def look_for_leaks(exchange: Exchange) -> Finding | Looked:
    """Find the secret that an answer gave away."""
    if not exchange.leaks:
        return KEPT
    return Finding(FindingKind.SECRET_LEAKED, exchange.status, observed=exchange.leaks[0])


# --- missing evidence --------------------------------------------------------------------------


def missing(kind: MissingKind, subject: str = "", *, probe: Probe | None = None) -> Explain:
    """Explain by *kind*, whatever was exchanged; nobody owes the evidence.

    Only *probe* would bring it about.
    """
    found = MissingEvidence(kind, subject, probe=probe)
    return lambda _: found


def withheld(what: str, expected: Expect, *, otherwise: MissingEvidence | None = None) -> Explain:
    """Explain that the target owes *what*, told with the answers that came in its place.

    With *otherwise*, the evidence is owed only as far as no case of that kind was served: then it
    is merely not there.
    """

    def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
        asked = [exchange for exchange in exchanges if exchange.case.expect is expected]
        if otherwise is not None and any(_as_expected(exchange) for exchange in asked):
            return otherwise
        for exchange in asked:
            if exchange.coding is not None and not exchange.is_readable:
                # It came, and `wire/content-coding` says why nobody can read it.
                return MissingEvidence(MissingKind.UNREADABLE, exchange.coding.coding)
        is_known = not any(map(_knows_no_valid_body, exchanges))
        if not is_known and all(map(_as_expected, asked)):
            return MissingEvidence(MissingKind.NO_VALID_BODY)
        came = Counter(exchange.failure or str(exchange.status) for exchange in asked)
        return MissingEvidence(
            MissingKind.WITHHELD,
            what,
            withheld=True,
            expect=expected,
            asked=len(asked),
            answers=tuple(came.most_common(3)),
        )

    return explain


def _knows_no_valid_body(exchange: Exchange) -> bool:
    """Return whether *exchange* sent what the schema forbids, for want of what it allows."""
    return exchange.case.subject.kind is SubjectKind.NO_VALID_BODY


def _as_expected(exchange: Exchange) -> bool:
    if exchange.case.expect is Expect.ACCEPTED:
        return exchange.accepted
    return exchange.status >= 400


NO_200 = withheld("an answer with 200", Expect.ACCEPTED)


def unless_answered(kind: MissingKind, subject: str = "") -> Explain:
    """Explain by *kind* once any request was accepted; until then an answer with 200 is owed."""
    otherwise = MissingEvidence(kind, subject)

    def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
        if any(exchange.accepted for exchange in exchanges):
            return otherwise
        return NO_200(exchanges)

    return explain


# --- values ------------------------------------------------------------------------------------


def texts_at(body: Any, path: str) -> list[str]:
    """Return the texts of *body* at *path*; values of other types are left out."""
    return [value for _, value in paths.values_at(body, path) if isinstance(value, str)]


def url_parts(text: str) -> SplitResult:
    """Return the parts of a URL, empty ones where it is none.

    What was redacted in it counts as a word.
    """
    try:
        return urlsplit(text.replace(REDACTED, "redacted"))
    except ValueError:  # a bracket in the host
        return urlsplit("")


def is_same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same, to the character and the type.

    ``1`` is not ``true``, and the order of members is free.
    """
    if isinstance(one, str) or one != other:
        return bool(one == other)
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def leaves_of(value: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of each member of *value* that is no object; none of nothing."""
    if isinstance(value, Mapping):
        for name, member in value.items():
            yield from leaves_of(member, (*steps, name))
    elif value is not paths.ABSENT:
        yield paths.path_of(steps), value


def tells_deletion(body: Any, resource: Resource) -> bool:
    """Return whether *body* shows one of *resource* that was deleted, and is kept.

    For example, ``{"data": {"id": "7", "status": "DELETED"}}``, or one with a time in
    ``deletedAt``. What requests write says nothing: the caller may have written it.
    """
    one = _holder_of(body, paths.last_name(resource.id_member))
    attributes = one.get("attributes")
    held = [(str(name), str(name), value) for name, value in one.items()]
    if isinstance(attributes, Mapping):
        held += [(f"attributes.{name}", str(name), value) for name, value in attributes.items()]
    unwritten = [(name, value) for path, name, value in held if path not in resource.written]
    return any(_says_deleted(plain_name(name), value) for name, value in unwritten)


def _holder_of(body: Any, name: str) -> Mapping[str, Any]:
    """Return the outermost object in *body* that has a member *name*, an empty one without any."""
    if not isinstance(body, Mapping):
        return {}
    if name in body:
        return body
    return next(filter(None, (_holder_of(below, name) for below in body.values())), {})


def _says_deleted(name: str, value: Any) -> bool:
    if name in STATES:
        return isinstance(value, str) and value.lower() in DELETED
    if name in DELETED_FLAGS:
        return value is True
    return name in DELETED_TIMES and isinstance(value, str) and bool(value)


# --- schemas -----------------------------------------------------------------------------------

MISSING: Final[Violated] = ("missing", "", "")
TOO_DEEP: Final[Violated] = ("depth", "", "")


def member_finding(exchange: Exchange, path: str, wrong: Violated) -> Finding:
    """Return that the member at *path* of an answer is missing, or *wrong* by its schema."""
    if wrong == MISSING:
        return Finding(FindingKind.MEMBER_MISSING, exchange.status, path)
    return Finding(FindingKind.MEMBER_INVALID, exchange.status, path, observed=wrong)


class SchemaReader:
    """Holds bodies against one documented schema.

    It remembers what it found: many clauses ask for it.
    """

    def __init__(self, content: Content) -> None:
        self._schema = dict(content.schema)
        self._documented = {member.path for member in content.properties} | {paths.WHOLE}

    @cached_property
    def _validator(self) -> Any:
        """Return the validator, made when first asked for: collecting asks for none."""
        return jsonschema_rs.Draft202012Validator(
            self._schema, validate_formats=True, formats=dict(OPENAPI_FORMATS)
        )

    def is_kept_by(self, body: Any) -> bool:
        """Return whether nothing is wrong with *body*; false, too, where a validator cannot say."""
        try:
            return bool(self._validator.is_valid(body))
        except ValueError:  # nested too deeply, or with half a pair of Unicode in it
            return False

    def violations_in(self, exchange: Exchange) -> dict[str, Violated]:
        """Return what is wrong with the answer's body, as `violations_of` does."""
        return find_once(self, exchange, self._violations_of_answer)

    def _violations_of_answer(self, exchange: Exchange) -> dict[str, Violated]:
        body = exchange.json
        # An escape spells half a pair of Unicode, or a recording has it as it is: few answers are
        # gone through for one.
        is_plain = exchange.text.isascii() and ESCAPE not in exchange.text
        fit = body if is_plain else _without_surrogates(body)
        return _first_of_each(self._placed_violations(body, fit))

    def violations_of(self, body: Any) -> dict[str, Violated]:
        """Return what is wrong with *body*: the first violation of each documented member.

        It stands under the path of the nearest documented member.
        """
        return _first_of_each(self.placed_violations(body))

    def placed_violations(self, body: Any) -> Iterator[tuple[str, str, Violated]]:
        """Return what is wrong with *body*: the nearest documented member, the JSON Pointer, what.

        What was redacted is passed over: what came is not known.
        """
        return self._placed_violations(body, _without_surrogates(body))

    def _placed_violations(self, body: Any, fit: Any) -> Iterator[tuple[str, str, Violated]]:
        """Yield what is wrong with *body*, of which *fit* is what a validator can read."""
        try:
            errors: list[Any] = list(self._validator.iter_errors(fit))
        except ValueError:  # jsonschema_rs reads nothing that is nested some 255 levels deep
            yield paths.WHOLE, "", TOO_DEEP
            return
        for error in errors:
            if isinstance(error.instance, str) and REDACTED in error.instance:
                continue  # `look_for_leaks` judges that it came
            place = paths.steps_reported(body, error.instance_path, error.instance)
            wrong = violation_of(error)
            if error.kind.name == "required":
                place, wrong = [*place, error.kind.property], MISSING
            yield self._nearest_documented(place), paths.pointer_of(place), wrong

    def _nearest_documented(self, steps: Sequence[str | int]) -> str:
        path = paths.documented_path(steps, self._documented)
        while path not in self._documented:
            path = paths.parent_path(path)
        return path


def _first_of_each(placed: Iterable[tuple[str, str, Violated]]) -> dict[str, Violated]:
    """Return the first of the violations at each path."""
    found: dict[str, Violated] = {}
    for path, _, wrong in placed:
        found.setdefault(path, wrong)
    return found


@remembered(4096)
def value_reader(schema: Mapping[str, Any]) -> ValueReader:
    """Return what reads values by *schema*, made once: a validator takes long to make."""
    return ValueReader(schema)


class ValueReader:
    """Tells whether one member's schema allows a value."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = dict(schema)
        self._validator: Any = None

    def is_allowed(self, value: Any) -> bool:
        """Return whether the schema allows *value*."""
        if self._validator is None:
            self._validator = jsonschema_rs.Draft202012Validator(
                self._schema, validate_formats=True
            )
        try:
            return bool(self._validator.is_valid(_without_surrogates(value)))
        except ValueError:  # jsonschema_rs reads nothing that is nested some 255 levels deep
            return False


def _without_surrogates(body: Any) -> Any:
    """Return *body* fit for a validator that takes Unicode only.

    Lone surrogates are replaced, and lengths kept.
    """
    if ESCAPED_SURROGATE not in json.dumps(body):
        return body
    text = json.dumps(body, ensure_ascii=False)
    return json.loads(SURROGATE.sub("\ufffd", text))
