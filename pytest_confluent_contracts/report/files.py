"""Where do the reports go? One folder, every file whole or not there at all."""

from __future__ import annotations

import io
import json
import os
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.report import archive, badge, markdown, page, quality, sarif
from pytest_confluent_contracts.report.exchange_log import NAME as EXCHANGES
from pytest_confluent_contracts.report.exchange_log import (
    NO_EXCHANGES,
    Exchanges,
    WrittenExchanges,
    listed,
)
from pytest_confluent_contracts.report.run import VERSION, count_exchanges
from pytest_confluent_contracts.report.visible import visible, visible_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

OPTION = "--contract-report"
REPORT = "report.json"
STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
SHAPES: dict[str, type | tuple[type, ...]] = {
    "tool": dict,
    "target": str,
    "seed": int,
    "started": str,
    "seconds": (int, float),
    "documents": list,
    "clauses": list,
    "causes": list,
    "coverage": dict,
    "exchanges": dict,
}

PARTS = {
    "documents": {"name", "title", "version", "digest", "file", "operations"},
    "causes": {"title"},
}
# What a finding tells of its exchange, beside the line in which that stands.
REFERRED = (
    *("serial", "document", "operation", "probe", "title", "expected"),
    *("method", "url", "status", "failure"),
)
BEFORE_2 = 1  # the version of which a report held its exchanges itself
TEXTS = (
    "document",
    "operation",
    "clause",
    "node",
    "family",
    "level",
    "promise",
    "place",
    "file",
    "status",
    "reason",
)
VERDICTS = frozenset(Verdict)
EXPECTED = frozenset(Expect) | {""}

Run = dict[str, Any]


# --- writing -----------------------------------------------------------------------------------


def write_reports(
    directory: Path, run: Run, sources: Mapping[str, str], exchanges: Exchanges = NO_EXCHANGES
) -> list[Path]:
    """Write every report of *run* into *directory* and return their paths.

    *sources* are the documents' texts by file, *exchanges* what was sent and came, which is read a
    line at a time.

    They take their places only when all are whole. Raises `ContractError` where the directory
    cannot be written. The summary is also added to the file that ``GITHUB_STEP_SUMMARY`` names.
    """
    told = markdown.markdown_summary(run)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with ExitStack() as whole:
            log, path = whole.enter_context(_whole(directory / EXCHANGES))
            log.writelines(exchanges.lines())
            log.flush()
            # What *exchanges* reads may lie where this one is going to be.
            writers = _writers(run, sources, WrittenExchanges(path), told)
            for name, writer in writers.items():
                file, _ = whole.enter_context(_whole(directory / name))
                writer(file)
    except OSError as error:
        raise unwritable(directory, error.strerror or type(error).__name__) from error
    _add_to_step_summary(told)
    return [directory / name for name in (EXCHANGES, *writers)]


def _writers(
    run: Run, sources: Mapping[str, str], exchanges: Exchanges, summary: str
) -> dict[str, Callable[[IO[str]], object]]:
    """Return what writes each report but the exchanges themselves."""
    return {
        REPORT: lambda file: file.writelines(_report_lines(run)),
        "report.html": lambda file: file.writelines(page.page_parts(run, sources, exchanges)),
        "report.sarif": lambda file: file.writelines(
            map(visible_json, sarif.sarif_lines(run, sources))
        ),
        "codequality.json": lambda file: file.write(_dumped(quality.quality_issues(run))),
        "summary.md": lambda file: file.write(summary),
        "exchanges.har": lambda file: archive.write_archive(_VisibleJson(file), run, exchanges),
        "badge.svg": lambda file: file.write(badge.draw_badge(run)),
    }


@contextmanager
def _whole(path: Path) -> Iterator[tuple[IO[str], Path]]:
    """Open a file that takes the place of *path* when the block ends well; yield its path, too."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        # What a service answered may hold lone surrogates. JSON escapes them; the other files do
        # so here.
        with os.fdopen(
            handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n"
        ) as file:
            yield file, Path(name)
        Path(name).chmod(0o644)  # as any file that one writes; mkstemp keeps its own to the owner
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _report_lines(run: Run) -> Iterator[str]:
    """Yield the run as JSON, a clause a line.

    Indented text is written by json's slow encoder, and a run may have tens of thousands of them.
    """
    head = _dumped({key: value for key, value in run.items() if key != "clauses"})
    yield head.removesuffix("\n}") + ',\n "clauses": ['
    for index, clause in enumerate(run["clauses"]):
        yield ("," if index else "") + "\n  " + visible_json(json.dumps(clause))
    yield "\n ]\n}\n"


def _dumped(told: Any) -> str:
    return visible_json(json.dumps(told, indent=1))


class _VisibleJson(io.StringIO):
    """Hands on to *file* what is JSON, written a value at a time, with no command in it."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__()
        self.file = file

    def write(self, text: str, /) -> int:
        """Write *text*, in which no value is cut in two."""
        return self.file.write(visible_json(text))


def _add_to_step_summary(told: str) -> None:
    """Add the summary to the page of the CI job; a job without one has its report all the same."""
    if name := os.environ.get(STEP_SUMMARY):
        with (
            suppress(OSError),
            Path(name).open("a", encoding="utf-8", errors="backslashreplace") as page,
        ):
            page.write(told)


def unwritable(directory: Path, why: str) -> ContractError:
    """Return the error that *directory* cannot be written."""
    return ContractError(
        f"{OPTION}={directory}: cannot be written: {why}; name a directory that can"
    )


# --- reading -----------------------------------------------------------------------------------


def read_report(path: Path) -> Run:
    """Return the run in a ``report.json``, or in the directory with one.

    A report of version 1, which holds its exchanges, is told as version 2 tells it. Raises
    `ContractError` where there is none, or one that cannot be read.
    """
    path, run = _read_json(path)
    if run["version"] == BEFORE_2 and isinstance(run.get("exchanges"), list):
        _make_current(path, run)
    if run["version"] != VERSION:
        told = f"a report of version {run['version']!r}; this tool reads version {VERSION}"
        raise ContractError(f"{path}: {told}: write it again with the same version of the tool")
    if wrong := next(_misshapen(run), ""):
        raise ContractError(f"{path}: a damaged report: {wrong}; write it again")
    for clause in run["clauses"]:
        _make_visible(clause)
    return run


def read_exchanges(path: Path) -> Exchanges:
    """Return the exchanges of the report at *path*: those in the file beside it.

    None where that is gone; a report of version 1 holds its own.
    """
    path, run = _read_json(path)
    if run["version"] == BEFORE_2:
        return listed(run["exchanges"])
    return WrittenExchanges(path.parent / EXCHANGES)


def _read_json(path: Path) -> tuple[Path, Run]:
    """Return the path of a report, and what it holds."""
    path = path / REPORT if path.is_dir() else path
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ContractError(
            f"{path}: cannot be read: {error.strerror or type(error).__name__}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise ContractError(f"{path}: not JSON, so no report: {_first_line(error)}") from error
    if not isinstance(run, dict) or "version" not in run or "clauses" not in run:
        raise ContractError(f"{path}: JSON, but no report; give a report.json that {OPTION} wrote")
    return path, run


def _make_current(path: Path, run: Run) -> None:
    """Tell of the exchanges of a report of version 1 what version 2 tells: their numbers.

    Of those that findings show it tells in which line they stand.
    """
    known = {"document", "operation", "status", "headers", "sent_at", "came_at"}
    if not all(isinstance(one, dict) and known <= one.keys() for one in run["exchanges"]):
        told = "'exchanges' holds something incomplete"
        raise ContractError(f"{path}: a damaged report: {told}; write it again")
    lines = {_occasion(one): line for line, one in enumerate(run["exchanges"], 1)}
    for clause in run["clauses"]:
        for told in (clause, *clause.get("also", ())):
            finding = told.get("finding")
            if finding and finding.get("exchange"):
                finding["exchange"] = _referred(finding["exchange"], lines)
    run["exchanges"] = count_exchanges(run["exchanges"])
    run["version"] = VERSION


def _occasion(exchange: Run) -> tuple[Any, ...]:
    return exchange["document"], exchange["operation"], exchange.get("serial")


def _referred(exchange: Run, lines: Mapping[tuple[Any, ...], int]) -> Run:
    """Return what version 2 tells of the *exchange* of a finding: a part of it, and its line."""
    told = {name: exchange[name] for name in REFERRED if name in exchange}
    return {"line": lines.get(_occasion(exchange), 0), **told}


def _make_visible(clause: dict[str, Any]) -> None:
    """Spell what must not be printed raw: an older version or a stranger may have written it."""
    clause["reason"] = visible(clause["reason"])
    for shown in (clause, *clause.get("also", ())):
        finding = shown["finding"] or {}
        for name in finding.keys() & {"came", "mend", "curl", "seen"}:
            finding[name] = visible(finding[name])
        if "sequence" in finding:
            finding["sequence"] = list(map(visible, finding["sequence"]))


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _misshapen(run: Run) -> Iterator[str]:
    """Yield what is not as ``report.schema.json`` says.

    It is checked as far as the readers of a report depend on it.
    """
    for name, kind in SHAPES.items():
        if not isinstance(run.get(name), kind):
            yield f"{name!r} is missing or of the wrong type"
            return
    if not _is_moment(run["started"]):
        yield "'started' is no time"
    for index, clause in enumerate(run["clauses"]):
        if not _is_clause(clause):
            yield f"clauses[{index}] is incomplete"
    for name, keys in PARTS.items():
        if not all(isinstance(one, dict) and keys <= one.keys() for one in run[name]):
            yield f"{name!r} holds something incomplete"
    if not _are_counts(run["exchanges"]):
        yield "'exchanges' holds something incomplete"


def _are_counts(told: dict[str, Any]) -> bool:
    """Return whether *told* is how many exchanges each operation had, and with which answers."""
    if not isinstance(told.get("count"), int) or not isinstance(told.get("operations"), list):
        return False
    named, counted = ("document", "operation"), told["operations"]
    return all(_has(one, named, str) and _has(one, ("statuses",), dict) for one in counted)


def _is_moment(told: str) -> bool:
    try:
        return datetime.fromisoformat(told).tzinfo is not None
    except ValueError:
        return False


def _is_clause(clause: Any) -> bool:
    if not isinstance(clause, dict) or clause.get("verdict") not in VERDICTS:
        return False
    finding, missing = clause.get("finding"), clause.get("missing")
    return (
        _has(clause, TEXTS, str)
        and _has(clause, ("judged", "against", "line", "withheld"), int)
        and (finding is None or _is_finding(finding))
        and (missing is None or _is_missing(missing))
        and ("topic" not in clause or _is_topic(clause["topic"]))
        and _are_shapes(clause.get("also", []))
    )


def _has(told: Any, names: Iterable[str], kind: type) -> bool:
    """Return whether *told* has each of the members *names*, and each is of *kind*."""
    return isinstance(told, dict) and all(isinstance(told.get(name), kind) for name in names)


# Reports of earlier versions of the tool tell of no topic, of nothing missing, of one shape of
# wrong answers, and of findings in English alone.


def _is_topic(told: Any) -> bool:
    return _has(told, ("aspect", "member", "header", "keyword"), str)


def _is_finding(told: Any) -> bool:
    if not _has(told, ("came", "curl", "seen"), str):
        return False
    if "kind" not in told:
        return True
    in_words = _has(told, ("kind", "subject", "request"), str)
    several = told.get("sequence", [])
    if not isinstance(several, list) or not all(isinstance(one, str) for one in several):
        return False
    return in_words and _has(told, ("status",), int) and {"expected", "observed"} <= told.keys()


def _are_shapes(told: Any) -> bool:
    if not isinstance(told, list):
        return False
    return all(_has(one, ("against",), int) and _is_finding(one.get("finding")) for one in told)


def _is_missing(told: Any) -> bool:
    whole = _has(told, ("kind", "subject", "expect"), str) and _has(told, ("asked",), int)
    if not whole or not _has(told, ("answers",), list):
        return False
    return told["expect"] in EXPECTED and all(_is_answer(one) for one in told["answers"])


def _is_answer(told: Any) -> bool:
    """Return whether *told* is what came, and how often."""
    if not isinstance(told, list) or len(told) != 2:
        return False
    came, count = told
    return isinstance(came, str) and isinstance(count, int)
