"""What does schemathesis know of this schema? Its coverage cases as a second source, behind this one adapter.

Passive: its generators are read, its transport and its checks are never touched. The drivers are internal to
schemathesis and move between minors; a test holds this adapter against the installed version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.making import at, distinct, judged, members, pinned, with_value
from pytest_confluent_contracts.cases.valid import token
from pytest_confluent_contracts.contract import Brief, Case, Expect, Operation, Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LIMIT = 40
METHOD = "patch"


def bodies(operation: Operation, brief: Brief) -> list[Case]:
    """Return schemathesis' bodies, judged by our own ground truth: one broken place each, or none."""
    if operation.request is None or not brief.made_up:
        return []
    made = (
        judged(
            Probe.COVERAGE,
            "a coverage body of schemathesis",
            operation,
            brief,
            _told_apart(body, index, operation, brief),
        )
        for index, body in enumerate(_bodies(operation))
    )
    return distinct(one for one in made if _clear(one))[:LIMIT]


def _told_apart(body: Any, index: int, operation: Operation, brief: Brief) -> Any:
    """Return *body* with pins, and with secrets that cannot be mistaken for another of its values."""
    for member in members(operation):
        if member.secret and isinstance(at(body, member.path), str):
            body = with_value(body, member.path, token(brief, f"coverage/{index}"))
    return pinned(body, brief) if isinstance(body, dict) else body


def _clear(case: Case) -> bool:
    """Return whether the document promises one thing for the case: schemathesis also draws undeclared members."""
    if case.expect is Expect.REFUSED:
        return len(case.violations) == 1
    return _declared(case.value, case.operation.request.schema if case.operation.request else {})


def _declared(value: Any, schema: Mapping[str, Any]) -> bool:
    if isinstance(value, dict):
        declared = schema.get("properties") or {}
        return all(
            name in declared and not declared[name].get("readOnly") and _declared(member, declared[name])
            for name, member in value.items()
        )
    return not isinstance(value, list) or all(_declared(item, schema.get("items") or {}) for item in value)


def _bodies(operation: Operation) -> Iterator[Any]:
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.config import SchemathesisConfig

    # An explicit config: without one schemathesis reads the schemathesis.toml of whoever runs the gate.
    schema = schemathesis.openapi.from_dict(dict(operation.source), config=SchemathesisConfig())
    patch = schema[operation.path][METHOD]
    cases = schema.iter_coverage_cases(
        patch, generation_modes=list(GenerationMode), generation_config=patch.schema.config.generation
    )
    for case in cases:
        if case.method.lower() == METHOD and isinstance(case.body, dict | list | str | int | float | bool | None):
            yield case.body
