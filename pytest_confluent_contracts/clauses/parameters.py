"""Is each parameter of path, query, headers and cookies held to what the document says of it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.clauses.reading import (
    KEPT,
    Looked,
    each,
    is_answer,
    is_same,
    leaves_of,
    missing,
    quote_value,
    withheld,
)
from pytest_confluent_contracts.clauses.refusals import parameter_refusals
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
    Aspect,
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
    Topic,
)
from pytest_confluent_contracts.model.documents import Location, types_allowed
from pytest_confluent_contracts.model.promises import AboveMaximum
from pytest_confluent_contracts.model.traffic import Expect, Probe, TrialKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_confluent_contracts.clauses.reading import Applies, Look
    from pytest_confluent_contracts.model.clauses import Explain, Judge
    from pytest_confluent_contracts.model.documents import Operation, Parameter
    from pytest_confluent_contracts.model.traffic import Exchange

NEEDS: Final = frozenset({Probe.PARAMETERS})
# The rules of a value, beside its type, that a request can break alone.
RULES: Final = (
    *("enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minLength", "maxLength", "pattern", "format"),
    *("minItems", "maxItems", "uniqueItems", "additionalProperties"),
)
# A text shows no other type than its own: whatever is sent for a string is one.
SEEN_IN_TEXT: Final = frozenset({"integer", "number", "boolean"})
ALLOWED: Final = frozenset({TrialKind.ALLOWED, TrialKind.DEFAULT})


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what must be refused and taken of each parameter, then of one that is not declared.

    OPTIONS may be answered for any path alike (RFC 9110 9.3.7).
    """
    if operation.method == "OPTIONS":
        return
    for parameter in operation.path_parameters:
        rules = rules_of(parameter)
        for rule in rules:
            yield _rule_refused(operation, parameter, rule)
        if rules:
            yield _never_fails(parameter)
    for parameter in operation.other_parameters:
        if parameter.required:
            yield _required(operation, parameter)
        for rule in rules_of(parameter):
            yield _rule_refused(operation, parameter, rule)
        yield _named_values_accepted(parameter)
        if parameter.default is not paths.ABSENT and not parameter.required:
            yield _default(parameter)
        yield _never_fails(parameter)
    if operation.other_parameters:
        yield from _undeclared_clauses(operation)


def rules_of(parameter: Parameter) -> tuple[str, ...]:
    """Return the rules of *parameter* that a request may break, those of its parts behind.

    Of one in the path, these are only those of a plain text.
    """
    schema = parameter.schema
    found = list(_own_rules(schema, is_json=bool(parameter.media_type)))
    if parameter.location is Location.PATH:
        if not parameter.is_text:
            return ()
        return tuple(found)
    parts: dict[str, None] = {}
    if schema.get("required"):
        parts["properties/required"] = None
    items = schema.get("items")
    if isinstance(items, Mapping):
        for rule in _own_rules(items, is_json=False):
            parts[f"items/{rule}"] = None
    for member in (schema.get("properties") or {}).values():
        for rule in _own_rules(member, is_json=False):
            parts[f"properties/{rule}"] = None
    return (*found, *parts)


def _own_rules(schema: Mapping[str, Any], *, is_json: bool) -> Iterator[str]:
    kinds = set(types_allowed(schema))
    if kinds and (is_json or kinds <= SEEN_IN_TEXT | {"null"}):
        yield "type"
    for rule in RULES:
        if rule in schema and not _is_no_rule(rule, schema):
            yield rule


def _is_no_rule(rule: str, schema: Mapping[str, Any]) -> bool:
    """Return whether *rule* stands there, and forbids nothing that a request could show."""
    value = schema[rule]
    if rule == "additionalProperties":
        return value is not False
    # An empty text, or list, is hardly told from none.
    return rule in ("minLength", "minItems") and value <= 1


# --- what bears on it -----------------------------------------------------------------------------


def _clause_id(parameter: Parameter, what: str) -> str:
    return f"parameters/{parameter.location}/{parameter.name}/{what}"


def _words_for(parameter: Parameter) -> str:
    return f"the {parameter.location} parameter {parameter.name}"


def _tries(parameter: Parameter, kinds: Iterable[TrialKind], rule: str = "") -> Applies:
    """Apply to answers to requests that try *parameter* in one of some ways, by one *rule*."""
    wanted = frozenset(kinds)

    def applies(exchange: Exchange) -> bool:
        trial = exchange.case.trial
        if trial is None or exchange.throttled or trial.kind not in wanted:
            return False
        is_own = (trial.location, trial.name) == (parameter.location, parameter.name)
        return is_own and (not rule or trial.keyword == rule)

    return applies


def _unless_unsent(applies: Applies, kind: MissingKind, subject: str, owed: Explain) -> Explain:
    """Explain by *kind* where no request tried this, else as *owed*."""

    def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
        if any(map(applies, exchanges)):
            return owed(exchanges)
        return MissingEvidence(kind, subject)

    return explain


# --- refused --------------------------------------------------------------------------------------


def _required(operation: Operation, parameter: Parameter) -> Clause:
    what = f"a request without {_words_for(parameter)}"
    return _refusal(operation, parameter, "required", what, (TrialKind.MISSING, ""))


def _rule_refused(operation: Operation, parameter: Parameter, rule: str) -> Clause:
    what = f"a value of {_words_for(parameter)} that breaks only {rule}"
    return _refusal(operation, parameter, rule, what, (TrialKind.BROKEN, rule))


def _may_be_capped(operation: Operation, parameter: Parameter, rule: str) -> bool:
    """Return whether nobody says that a page that is too large is refused, and not cut down."""
    pages = operation.listing.pages
    if pages is None or parameter.name != pages.size or rule != "maximum":
        return False
    return pages.above_maximum is not AboveMaximum.REFUSED


def _refusal(
    operation: Operation,
    parameter: Parameter,
    id: str,
    what: str,
    tried: tuple[TrialKind, str],
) -> Clause:
    statuses = parameter_refusals(operation, parameter.location)
    kind, rule = tried
    is_promised = bool(statuses) and not _may_be_capped(operation, parameter, rule)
    applies = _tries(parameter, {kind}, rule)
    told = f" with {' or '.join(map(str, sorted(statuses)))}" if statuses else ""
    is_of_path = parameter.location is Location.PATH
    owed = withheld(f"a refusal of {_words_for(parameter)}", _expected(is_of_path=is_of_path))
    return Clause(
        id=_clause_id(parameter, id),
        family=Family.PARAMETERS,
        # A document that names no status for it promises no refusal.
        level=Level.MUST if is_promised else Level.SHOULD,
        place=parameter.place,
        promise=f"{what} is refused{told}",
        judge=_once_any_is_served(applies, _look_at_refusal(parameter, statuses)),
        explain=_unless_unsent(applies, MissingKind.NO_SUCH_REQUEST, "", owed),
        needs=NEEDS,
        topic=Topic(Aspect.CONSTRAINT, keyword=rule or id),
    )


def _expected(*, is_of_path: bool) -> Expect:
    if is_of_path:
        return Expect.UNKNOWN
    return Expect.REFUSED


def _look_at_refusal(parameter: Parameter, statuses: frozenset[int]) -> Look:
    def look(exchange: Exchange) -> Finding | Looked:
        is_client_error = 400 <= exchange.status < 500
        if exchange.status in statuses or (is_client_error and not statuses):
            return KEPT
        return Finding(
            FindingKind.PARAMETER_TAKEN,
            exchange.status,
            parameter.name,
            expected=tuple(sorted(statuses)),
            request=exchange.case.title,
        )

    return look


def _once_any_is_served(applies: Applies, look: Look) -> Judge:
    """Judge refusals; while nobody is served, one that speaks of who asks is no evidence."""

    def judge(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
        is_served = any(one.accepted for one in exchanges if one.case.trial is None)

        def bears_on_it(exchange: Exchange) -> bool:
            return applies(exchange) and (is_served or exchange.status not in (401, 403))

        return each(bears_on_it, look)(exchanges)

    return judge


# --- taken ----------------------------------------------------------------------------------------


def _named_values_accepted(parameter: Parameter) -> Clause:
    applies = _tries(parameter, ALLOWED)
    owed = withheld(f"an answer to {_words_for(parameter)}", Expect.ACCEPTED)

    def look(exchange: Exchange) -> Finding | Looked:
        if exchange.accepted:
            return KEPT
        observed = quote_value(exchange.text, 120) if exchange.text else ""
        return Finding(
            FindingKind.PARAMETER_REFUSED,
            exchange.status,
            parameter.name,
            observed=observed,
            request=exchange.case.title,
        )

    return Clause(
        id=_clause_id(parameter, "accepted"),
        family=Family.PARAMETERS,
        place=parameter.place,
        promise=f"each value that the document names for {_words_for(parameter)} is accepted",
        judge=each(applies, look),
        explain=_unless_unsent(applies, MissingKind.NO_VALUE_NAMED, _words_for(parameter), owed),
        needs=NEEDS,
    )


def _default(parameter: Parameter) -> Clause:
    applies = _tries(parameter, {TrialKind.DEFAULT})
    return Clause(
        id=_clause_id(parameter, "default"),
        family=Family.PARAMETERS,
        place=parameter.place,
        promise=f"{_words_for(parameter)} left out means its default",
        judge=_judge_alike(applies),
        explain=missing(MissingKind.NOT_COMPARED),
        needs=NEEDS,
    )


def _never_fails(parameter: Parameter) -> Clause:
    return Clause(
        id=_clause_id(parameter, "never-5xx"),
        family=Family.PARAMETERS,
        place=parameter.place,
        promise=f"no value of {_words_for(parameter)} makes the service fail",
        judge=each(_tries(parameter, TrialKind), _look_whether_it_failed),
        explain=missing(MissingKind.NOTHING_SENT),
        needs=NEEDS,
    )


def _look_whether_it_failed(exchange: Exchange) -> Finding | Looked:
    if exchange.status < 500:
        return KEPT
    return Finding(FindingKind.SERVER_ERROR, exchange.status, request=exchange.case.title)


# --- what makes no difference ---------------------------------------------------------------------


def _undeclared_clauses(operation: Operation) -> Iterator[Clause]:
    yield Clause(
        id="parameters/undeclared/never-5xx",
        family=Family.PARAMETERS,
        place=operation.place,
        promise="a query parameter that the document does not name makes no 5xx",
        judge=each(_is_undeclared, _look_whether_it_failed),
        explain=missing(MissingKind.NOTHING_SENT),
        needs=NEEDS,
    )
    yield Clause(
        id="parameters/undeclared/ignored",
        family=Family.PARAMETERS,
        level=Level.SHOULD,
        place=operation.place,
        promise="a query parameter that the document does not name changes nothing",
        judge=_judge_alike(_is_undeclared),
        explain=missing(MissingKind.NOT_COMPARED),
        needs=NEEDS,
    )


def _is_undeclared(exchange: Exchange) -> bool:
    trial = exchange.case.trial
    return trial is not None and trial.kind is TrialKind.UNDECLARED and not exchange.throttled


def _judge_alike(applies: Applies) -> Judge:
    """Judge that a request is answered as the same one before and after it, without the parameter.

    What these two tell differently is left out: it changes by itself. A link may repeat the query
    that it was asked with, as to another page. Where one of the two was not accepted, nothing is
    known.
    """

    def judge(exchanges: Sequence[Exchange]) -> Iterator[Evidence]:
        answers = list(filter(_is_last_word, exchanges))
        for before, exchange, after in zip(answers, answers[1:], answers[2:], strict=False):
            if not applies(exchange):
                continue
            if _is_usual(before) and _is_usual(after):
                yield Evidence(exchange, _difference(before, exchange, after))

    return judge


def _is_last_word(exchange: Exchange) -> bool:
    return is_answer(exchange) and not exchange.throttled


def _is_usual(exchange: Exchange) -> bool:
    case = exchange.case
    return case.probe is Probe.PARAMETERS and case.trial is None and exchange.accepted


def _difference(before: Exchange, exchange: Exchange, after: Exchange) -> Finding | None:
    title = exchange.case.title
    if not exchange.accepted:
        trial = exchange.case.trial
        name = trial.name if trial else ""
        return Finding(FindingKind.PARAMETER_REFUSED, exchange.status, name, request=title)
    usual, later = dict(leaves_of(before.json)), dict(leaves_of(after.json))
    came = dict(leaves_of(exchange.json))
    for path in dict.fromkeys([*usual, *came]):
        was, now = usual.get(path, paths.ABSENT), came.get(path, paths.ABSENT)
        is_steady = _is_alike_value(was, later.get(path, paths.ABSENT))
        if is_steady and not _is_alike_value(was, now) and not _is_same_link(was, now):
            return Finding(
                FindingKind.PARAMETER_MATTERS,
                exchange.status,
                path,
                expected=_quoted_or_empty(was),
                observed=_quoted_or_empty(now),
                request=title,
            )
    return None


def _is_alike_value(one: Any, other: Any) -> bool:
    if one is paths.ABSENT or other is paths.ABSENT:
        return one is other
    return is_same(one, other)


def _is_same_link(one: Any, other: Any) -> bool:
    """Return whether both are URLs of one place, whatever their queries (RFC 3986 4.1)."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    place, _, _ = one.partition("?")
    is_link = place.startswith(("https://", "http://", "/"))
    return is_link and place == other.partition("?")[0]


def _quoted_or_empty(value: Any) -> str:
    if value is paths.ABSENT:
        return ""
    return quote_value(value)
