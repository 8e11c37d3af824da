"""Which values of a parameter are worth sending? Those that the document names, and broken ones.

One parameter is varied at a time; the others are as in every request.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.build import (
    bare_case,
    fresh_body,
    judged_case,
    minimal_body,
)
from pytest_confluent_contracts.cases.parameter_trials import (
    broken_values,
    documented_values,
    named_values,
    odd_values,
)
from pytest_confluent_contracts.cases.parameter_values import value_from_text
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.serialisation import text_of, written_pairs
from pytest_confluent_contracts.model.traffic import (
    NOTHING_SPECIAL,
    Case,
    Expect,
    ParameterTrial,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
    TrialKind,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_confluent_contracts.model.documents import Operation, Parameter

UNDECLARED_NAME: Final = "contract_undeclared"
MOST_TRIALS = 60  # allowed values, shared out among the parameters of an operation
FEWEST_TRIALS = 2  # of each parameter all the same
SHOWN_CHARACTERS = 40  # of a value, in the title of its case
EXPECTED: Final = {
    TrialKind.MISSING: Expect.REFUSED,
    TrialKind.BROKEN: Expect.REFUSED,
    TrialKind.ALLOWED: Expect.ACCEPTED,
    TrialKind.DEFAULT: Expect.ACCEPTED,
    TrialKind.ODD: Expect.ANY,
    TrialKind.UNDECLARED: Expect.ANY,
}


class Tried(NamedTuple):
    """A value of a parameter, `ABSENT` where it is left out, and what is tried by it."""

    parameter: Parameter
    value: Any
    trial: ParameterTrial


def parameter_cases(operation: Operation, context: RunContext) -> list[Case]:
    """Return updates with each value of a parameter that the document names, and with broken ones.

    Between two updates without the parameter stands one with its default, or with one that the
    document does not declare: neither may make a difference.
    """
    if operation.method == "OPTIONS":
        return []  # it may be answered for any path alike
    look = baseline_update(operation, context, Probe.PARAMETERS)
    made: list[Case] = []
    for tried in _alike_trials(operation):
        made += [look, _case_of(operation, context, tried, "alike")]
    served = [
        _case_of(operation, context, tried, f"allowed-{index}")
        for index, tried in enumerate(_allowed_trials(operation, context))
    ]
    refused = [
        _case_of(operation, context, tried, f"refused-{index}")
        for index, tried in enumerate(_broken_trials(operation))
    ]
    refused += list(_broken_path_cases(operation, context))
    made += [*_with_look_before(served, look), *_with_look_before(refused, look)]
    if not made:
        return []
    return [*made, look]


def _with_look_before(cases: list[Case], look: Case) -> Iterator[Case]:
    if cases:
        yield look
        yield from cases


# --- what is tried --------------------------------------------------------------------------------


def _alike_trials(operation: Operation) -> Iterator[Tried]:
    """Yield what must make no difference: defaults, and a parameter that nobody declares."""
    for parameter in operation.other_parameters:
        if parameter.default is not ABSENT and not parameter.required:
            yield _tried(TrialKind.DEFAULT, parameter, parameter.default)
    if operation.other_parameters:
        yield _tried(TrialKind.UNDECLARED, _undeclared_parameter(operation), "1")


def _allowed_trials(operation: Operation, context: RunContext) -> Iterator[Tried]:
    given = dict(context.given)
    parameters = operation.other_parameters
    most = max(FEWEST_TRIALS, MOST_TRIALS // max(1, len(parameters)))
    for parameter in parameters:
        if parameter.name in given:
            value = value_from_text(parameter, given[parameter.name])
            yield _tried(TrialKind.ALLOWED, parameter, value)
            continue
        known, odd = documented_values(parameter), []
        # Off loopback a switch that nobody chose may do more than somebody wants.
        if context.made_up:
            known, odd = named_values(parameter), odd_values(parameter)
        for value in known[:most]:
            yield _tried(TrialKind.ALLOWED, parameter, value)
        for value in odd:
            yield _tried(TrialKind.ODD, parameter, value)


def _broken_trials(operation: Operation) -> Iterator[Tried]:
    for parameter in operation.other_parameters:
        if parameter.required:
            yield _tried(TrialKind.MISSING, parameter, ABSENT)
        for keyword, value in broken_values(parameter).items():
            yield _tried(TrialKind.BROKEN, parameter, value, keyword)


def _tried(kind: TrialKind, parameter: Parameter, value: Any, keyword: str = "") -> Tried:
    trial = ParameterTrial(kind, parameter.location, parameter.name, keyword)
    return Tried(parameter, value, trial)


def _undeclared_parameter(operation: Operation) -> Parameter:
    """Return a parameter of the query that the document does not name."""
    first = operation.other_parameters[0]
    return replace(
        first,
        name=UNDECLARED_NAME,
        location=Location.QUERY,
        required=False,
        style="form",
        schema={"type": "string"},
        media_type="",
    )


# --- cases ----------------------------------------------------------------------------------------


def _case_of(operation: Operation, context: RunContext, tried: Tried, label: str) -> Case:
    """Return the case that sends what is *tried*; where it must be refused, with new values."""
    parameter, trial = tried.parameter, tried.trial
    expect = EXPECTED[trial.kind]
    others = tuple(one for one in operation.declared if one != parameter)
    one = _update_case(
        replace(operation, declared=others), context, _title_of(tried), expect, label
    )
    sent: dict[Location, tuple[tuple[str, str], ...]] = dict.fromkeys(Location, ())
    if tried.value is not ABSENT:
        sent[parameter.location] = written_pairs(parameter, tried.value)
    return replace(
        one,
        operation=operation,
        headers=_without_header(one, parameter) + sent[Location.HEADER],
        query=one.query + sent[Location.QUERY],
        cookies=one.cookies + sent[Location.COOKIE],
        expect=expect,
        subject=NOTHING_SPECIAL,
        trial=trial,
    )


def _without_header(case: Case, parameter: Parameter) -> tuple[tuple[str, str], ...]:
    """Return the headers of *case* but for that of *parameter*.

    A write that is refused without a condition carries one, declared or not.
    """
    if parameter.location is not Location.HEADER:
        return case.headers
    tried = parameter.name.lower()
    return tuple(pair for pair in case.headers if pair[0].lower() != tried)


def _update_case(
    operation: Operation, context: RunContext, title: str, expect: Expect, label: str
) -> Case:
    if operation.request is None:
        return bare_case(Probe.PARAMETERS, title, operation, context)
    body = minimal_body(operation, context)
    if expect is Expect.REFUSED:  # the next look shows whether it was written all the same
        body = fresh_body(operation, context, label)
    return judged_case(Probe.PARAMETERS, title, operation, context, body)


def _title_of(tried: Tried) -> str:
    what = f"{tried.parameter.location} parameter {tried.parameter.name}"
    if tried.value is ABSENT:
        return f"without the {what}"
    shown = text_of(tried.value)[:SHOWN_CHARACTERS].encode("unicode_escape").decode("ascii")
    told = f"the {what} as {shown}"
    kind = tried.trial.kind
    if kind is TrialKind.BROKEN:
        told += f", which breaks {tried.trial.keyword}"
    if kind is TrialKind.UNDECLARED:
        return f"the undeclared {what}"
    return told


def _broken_path_cases(operation: Operation, context: RunContext) -> Iterable[Case]:
    """Yield updates of ids that the schema of a path parameter forbids: nobody can have one.

    Off loopback not of a PUT that creates: whatever takes such an id would have it.
    """
    if operation.is_about_keyed and operation.method == "PUT" and not context.made_up:
        return
    for index, (name, _) in enumerate(context.parameters):
        declared = [one for one in operation.path_parameters if one.name == name and one.is_text]
        for parameter in declared:
            for keyword, value in broken_values(parameter).items():
                tried = _tried(TrialKind.BROKEN, parameter, value, keyword)
                one = _update_case(
                    operation, context, _title_of(tried), Expect.REFUSED, "refused-path"
                )
                sent = list(context.parameters)
                sent[index] = (name, text_of(value))
                yield replace(
                    one,
                    parameters=tuple(sent),
                    expect=Expect.UNKNOWN,
                    violations=(),
                    subject=Subject(SubjectKind.ODD_ID),
                    trial=tried.trial,
                )
