"""How is one finding told? What came, what was promised, the smallest request, how to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.report.curl import curl
from pytest_confluent_contracts.report.sentences import (
    finding_sentence,
    missing_repair_sentence,
    outcome_sentence,
    repair_sentence,
    seen_sentence,
)
from pytest_confluent_contracts.report.sequence import sequence_lines
from pytest_confluent_contracts.report.visible import visible

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.traffic import Exchange

LONGEST_BODY = 4000  # characters; of a longer one the middle is left out
LONGEST_ANSWER = 400  # characters of an answer that stand in the block itself
EXCHANGE = "contract exchange"  # what pytest calls the captured output that holds it


def failure_block(ruling: Ruling, again: str) -> str:
    """Return the failure block.

    Its first line stands alone in pytest's short summary and in annotations. Where nobody could be
    judged there is no more to say than why, and what mends it. *again* is how to see it again,
    ``""`` where nobody can say.
    """
    came = outcome_sentence(ruling)
    if ruling.stopped:
        return "\n".join([f"not judged: {came}", *_mending_lines(ruling)])
    if ruling.finding is None:
        came = f"not exercised: {came}"
    lines = [came, *_mending_lines(ruling)]
    lines.append(f"  promised: {ruling.clause.promise} ({ruling.clause.place})")
    if ruling.finding and ruling.exchange:
        lines += _request_lines(ruling, ruling.exchange)
        lines.append(f"  answer:   {_answer(ruling.exchange)}")
        if ruling.exchange.raised:
            lines.append(f"  raised:   {visible(ruling.exchange.raised)}")
    if ruling.finding:
        lines.append(f"  seen:     {seen_sentence(ruling)}")
    for shape in ruling.shapes[1:]:
        media_type = f" {shape.media_type}" if shape.media_type else ""
        came = visible(f"{shape.count} × {shape.status}{media_type}")
        lines.append(f"  also:     {came}: {finding_sentence(shape.finding)}")
    if again:
        lines.append(f"  again:    {again}")
    return "\n".join(lines)


def _request_lines(ruling: Ruling, exchange: Exchange) -> list[str]:
    """Return the line of the request, or one for each of the sequence that shows it."""
    several = list(sequence_lines(ruling))
    if not several:
        return [f"  request:  {curl(exchange)}"]
    return [f"  requests: {len(several)}, in this order", *(f"    {line}" for line in several)]


def _mending_lines(ruling: Ruling) -> list[str]:
    """Return the line that says what to mend, none where no sentence can name it."""
    mend = ""
    if ruling.finding is not None:
        mend = repair_sentence(ruling.finding)
    elif ruling.missing is not None:
        mend = missing_repair_sentence(ruling.missing)
    return [f"  to mend:  {mend}"] if mend else []


def _answer(exchange: Exchange) -> str:
    if exchange.failure:
        return visible(exchange.failure)
    text = " ".join(exchange.text.split())
    if len(text) > LONGEST_ANSWER:
        text = f"{text[:LONGEST_ANSWER]} ..."
    return visible(f"{exchange.status} {text}".rstrip())


def exchange_text(ruling: Ruling) -> str:
    """Return the request and the answer that show the finding, line by line.

    ``""`` where there is none.
    """
    exchange = ruling.exchange
    if ruling.finding is None or exchange is None:
        return ""
    case = exchange.case
    sent = [f"{case.operation.method.upper()} {exchange.url}", *_header_lines(case.headers)]
    came = [exchange.failure or str(exchange.status), *_header_lines(exchange.headers)]
    body = (case.body or b"").decode("utf-8", "backslashreplace")
    return visible("\n".join([*sent, "", _cut(body), "", *came, "", _cut(exchange.text)]))


def _header_lines(headers: tuple[tuple[str, str], ...]) -> list[str]:
    return [f"{name}: {value}" for name, value in headers]


def _cut(text: str) -> str:
    """Return *text* without its middle where it is long: the archive has the whole."""
    if len(text) <= LONGEST_BODY:
        return text
    head, tail = text[: LONGEST_BODY // 2], text[-LONGEST_BODY // 4 :]
    return f"{head} ... ({len(text)} characters) ... {tail}"
