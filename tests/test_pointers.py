"""Where may an error point? Each kind of JSON Pointer, held against the body that was sent."""

from __future__ import annotations

from typing import Any

import pytest
from exchanges import Probe, clause_of, confluent, make_case, make_exchange

from pytest_confluent_contracts.model.clauses import FindingKind

NAME = {"spec": {"display_name": "a"}}
LISTED = {"more": {"tags": ["a", "b"]}}
RIGHT: list[tuple[Any, str]] = [
    (NAME, ""),
    (NAME, "/spec"),
    (NAME, "/spec/display_name"),
    (NAME, "/spec/description"),  # missing, and documented
    ({"a/b": {"c~d": 1}}, "/a~1b/c~0d"),
    (LISTED, "/more/tags/1"),
    (LISTED, "/more/names"),  # nothing is documented of what is below
]
WRONG: list[tuple[Any, str]] = [
    (NAME, "spec/display_name"),
    (NAME, "spec.display_name"),
    (NAME, "/spec/display~name"),
    (NAME, "/spec/nobody_knows"),
    (NAME, "/nobody_knows"),
    (NAME, "/spec/display_name/length"),
    ({}, "/spec/display_name"),
    ([], "/spec"),
    (LISTED, "/more/tags/2"),
    (LISTED, "/more/tags/01"),
    (LISTED, "/more/tags/\u00b2"),
    (LISTED, f"/more/tags/{'9' * 5000}"),
]


def finding(body: Any, pointer: str) -> FindingKind | None:
    """Return in which way an answer to *body* that points there is wrong, None where it is right."""
    operation = confluent()
    case = make_case(operation, body, probe=Probe.UNKNOWN)
    told = {"errors": [{"source": {"pointer": pointer}}]}
    answer = make_exchange(case, 404, told)
    [evidence] = clause_of(operation, "error/source.pointer").judge([answer])
    return None if evidence.finding is None else evidence.finding.kind


@pytest.mark.parametrize(("body", "pointer"), RIGHT)
def test_a_pointer_into_the_body_or_to_what_may_be_missing_is_right(
    body: Any, pointer: str
) -> None:
    """RFC 6901: every step is in the body, or the last one is a documented member that is not."""
    assert finding(body, pointer) is None


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_a_pointer_to_nowhere_is_wrong(body: Any, pointer: str) -> None:
    """Another notation, a member that nobody knows, a step too deep, an index that is none or past the end."""
    assert finding(body, pointer) in (FindingKind.POINTER_MALFORMED, FindingKind.POINTER_NOWHERE)
