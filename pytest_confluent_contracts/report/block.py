"""How is one finding told? What came; what was promised, and where; the smallest request; how to see it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import Ruling

LONG = 4000
EXCHANGE = "contract exchange"  # what pytest calls the captured output that holds it


def failure(ruling: Ruling, again: str) -> str:
    """Return the failure block; its first line stands alone in pytest's short summary and in annotations."""
    finding = ruling.finding
    came = finding.came if finding else f"not exercised: {ruling.reason}"
    lines = [came, f"  promised: {ruling.clause.promise} ({ruling.clause.place})"]
    if finding and finding.curl:
        lines.append(f"  request:  {finding.curl}")
    if finding and finding.exchange:
        lines.append(f"  answer:   {_answer(ruling)}")
    if finding:
        lines.append(f"  seen:     {finding.seen}")
    return "\n".join([*lines, f"  again:    {again}"])


def conversation(ruling: Ruling) -> str:
    """Return the request and the answer that show the finding, line by line; ``""`` where there is none."""
    exchange = ruling.finding.exchange if ruling.finding else None
    if exchange is None:
        return ""
    case = exchange.case
    sent = [f"{case.operation.method.upper()} {exchange.url}", *(f"{name}: {value}" for name, value in case.headers)]
    came = [exchange.failure or str(exchange.status), *(f"{name}: {value}" for name, value in exchange.headers)]
    body = (case.body or b"").decode("utf-8", "backslashreplace")
    return "\n".join([*sent, "", _cut(body), "", *came, "", _cut(exchange.text)])


def _cut(text: str) -> str:
    """Return *text* without its middle where it is long: the archive has the whole."""
    return text if len(text) <= LONG else f"{text[: LONG // 2]} ... ({len(text)} characters) ... {text[-LONG // 4 :]}"


def _answer(ruling: Ruling) -> str:
    exchange = ruling.finding.exchange if ruling.finding else None
    if exchange is None or exchange.failure:
        return exchange.failure if exchange else ""
    text = " ".join(exchange.text.split())
    return f"{exchange.status} {text[:400]}{' ...' if len(text) > 400 else ''}".rstrip()
