"""Is what was accepted with 202 done in the end, as where it leads to says?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.clauses.lifecycle_members import quoted
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.progress import (
    ACCEPTED_FOR_LATER,
    Progress,
    status_in,
)
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Step
    from pytest_confluent_contracts.model.documents import Operation

KINDS = {
    Progress.PENDING: FindingKind.NEVER_DONE,
    Progress.FAILED: FindingKind.FAILED_LATER,
    Progress.UNTOLD: FindingKind.PROGRESS_UNTOLD,
}


def judge_done(life: Life, operation: Operation) -> Iterator[Evidence]:
    """Judge that a valid request that was accepted with 202 is done within the limits of the run.

    RFC 9110 15.3.3 says that it may never be: what is promised is that its own status says so.
    Where the resource itself was read, other clauses tell what is not there, or not gone.
    """
    for step in life.own_steps:
        is_own = step.exchange.case.operation.key == operation.key
        is_later = step.exchange.status == ACCEPTED_FOR_LATER
        is_valid = step.exchange.case.expect is Expect.ACCEPTED
        if not (is_own and is_later and is_valid and step.asked):
            continue
        if step.progress is Progress.DONE:
            yield Evidence(step.exchange)
        elif not step.asks_itself and not _tells_by_unknown_word(step):
            yield Evidence(step.exchange, _finding_on_progress(step))


def _tells_by_unknown_word(step: Step) -> bool:
    """Return whether it is told in a word of its own, which the document may explain elsewhere."""
    return step.progress is Progress.UNTOLD and step.asked[-1].accepted


def _finding_on_progress(step: Step) -> Finding:
    last = step.asked[-1]
    case, word = last.case, status_in(last.json)
    return Finding(
        KINDS[step.progress],
        last.status,
        expected=str(len(step.asked)),
        observed=quoted(word) if isinstance(word, str) else str(last.status),
        request=f"{case.operation.method} {case.written_path}",
    )
