"""What else can be done with reports, recordings, pages and documents?

Compare runs, merge them, draw a badge, judge recordings, serve documents to clients; convert a page
to OpenAPI, hold a document against itself, compare two; print the schemas by which editors check
what people write.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.clauses import Family, MissingEvidence, MissingKind
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from pytest_confluent_contracts.http.recorded import Recording, Traffic
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation
    from pytest_confluent_contracts.model.traffic import Exchange

KEPT, WORSE, USAGE = 0, 1, 4  # as pytest's own exit codes
# What a shell tells of a command that wrote to a pipe which nobody reads any more: 128 + SIGPIPE.
READER_GONE = 141
FORMATS = ("text", "json", "sarif")

PROVOKED = frozenset({Family.REQUESTS, Family.SECURITY})
SHOWN = 4  # operations named to whoever gave a recording that has none of those that are held


class _Parser(argparse.ArgumentParser):
    """Exits as pytest does on a wrong option."""

    def error(self, message: str) -> Any:
        """Say what is wrong in one line."""
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """Return the commands and their arguments."""
    whole = _Parser(
        prog="python -m pytest_confluent_contracts",
        description=__doc__,
        epilog="COMMAND --help names its exit codes.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    command = _add_command(
        commands,
        diff,
        "what changed between two runs",
        {KEPT: "nothing is worse", WORSE: "a clause is newly broken, or evidence was lost"},
    )
    command.add_argument("old", type=Path, metavar="OLD.json")
    command.add_argument("new", type=Path, metavar="NEW.json")
    command.add_argument("--format", choices=("text", "json"), default="text")

    command = _add_command(
        commands,
        merge,
        "one report of many, of a sharded run",
        {KEPT: "every clause is kept", WORSE: "one is broken, or its evidence was withheld"},
    )
    command.add_argument("parts", type=Path, nargs="+", metavar="DIR")
    command.add_argument("--into", type=Path, required=True, metavar="DIR")

    command = _add_command(commands, badge, "an SVG badge of a run", {KEPT: "it is drawn"})
    command.add_argument("report", type=Path, metavar="report.json")
    command.add_argument("-o", "--output", type=Path, metavar="FILE")

    command = _add_command(
        commands,
        judge,
        "hold recorded traffic (HAR, VCR) against the documents; sends nothing",
        {KEPT: "nothing in it breaks a clause", WORSE: "a clause is broken"},
    )
    command.add_argument("recording", type=Path, metavar="FILE")
    command.add_argument(
        "--contract-spec", action="append", default=[], metavar="PATH|NAME", dest="specs"
    )
    command.add_argument("--contract-report", type=Path, metavar="DIR", dest="report")
    command.add_argument(
        "--client", action="store_true", help="judge the requests, not what answered them"
    )

    _add_serve(commands)

    command = _add_command(
        commands,
        convert,
        "the OpenAPI that a published page says, as YAML on the standard output",
        {KEPT: "it is written; what was not understood is told on the standard error"},
    )
    command.add_argument("page", metavar="PAGE")

    command = _add_command(
        commands,
        check,
        "hold a document against itself",
        {KEPT: "nothing is wrong with it", WORSE: "something is"},
    )
    command.add_argument("document", metavar="DOCUMENT")
    command.add_argument("--format", choices=FORMATS, default="text")

    command = _add_command(
        commands,
        compare,
        "what changed between two documents",
        {KEPT: "no change breaks clients", WORSE: "one does"},
    )
    command.add_argument("old", metavar="OLD", help="a document: a file, or a bundled one's name")
    command.add_argument("new", metavar="NEW", help="the document that is to follow")
    command.add_argument("--format", choices=FORMATS, default="text")

    command = _add_command(
        commands,
        schema,
        "a JSON Schema by which editors complete and check what is written for the gate",
        {KEPT: "it is printed; the line that makes an editor use it, on the standard error"},
    )
    command.add_argument("kind", choices=("waivers", "document"))
    return whole


def _add_serve(commands: Any) -> None:
    command = _add_command(
        commands,
        serve,
        "the embedded service on a port, for clients",
        {KEPT: "it was stopped, and no recorded request was wrong", WORSE: "one was"},
    )
    command.add_argument("documents", nargs="*", metavar="DOCUMENT")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=0, help="0 takes a free one")
    command.add_argument(
        "--mutation", action="append", default=[], metavar="NAME", help="break it in this way"
    )
    command.add_argument("--limit", type=_at_least_one, metavar="N", help="requests a window")
    command.add_argument("--window", type=_seconds, default=60.0, metavar="S", help="in seconds")
    command.add_argument("--latency", type=_milliseconds, default=0.0, metavar="MS")
    command.add_argument(
        "--record", type=Path, metavar="FILE", help="a HAR of what came; the clients are judged"
    )


def _at_least_one(text: str) -> int:
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")


def _seconds(text: str) -> float:
    """Return a finite number above 0."""
    if 0 < (number := _number(text)) < math.inf:
        return number
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")


def _milliseconds(text: str) -> float:
    """Return a finite number from 0."""
    if 0 <= (number := _number(text)) < math.inf:
        return number
    raise argparse.ArgumentTypeError(f"{text!r} is no number of milliseconds from 0")


def _number(text: str) -> float:
    """Return the number in *text*, NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _add_command(
    commands: Any,
    run: Callable[[argparse.Namespace], int],
    purpose: str,
    codes: Mapping[int, str],
) -> argparse.ArgumentParser:
    """Add the command that *run* carries out; its help says what each of its exit *codes* means."""
    told = {**codes, USAGE: "a wrong option, or a file that cannot be read or written"}
    lines = [f"  {code}  {meaning}" for code, meaning in told.items()]
    added: argparse.ArgumentParser = commands.add_parser(
        run.__name__,
        help=purpose,
        description=f"{purpose[0].upper()}{purpose[1:]}.",
        epilog="\n".join(["exit codes:", *lines]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    added.set_defaults(run=run)
    return added


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; a usage error is one line on stderr and 4.

    Where nobody reads what it writes any more (``... diff A B | head``), it ends quietly with 141.
    """
    try:
        try:
            return _carry_out(arguments)
        finally:
            sys.stdout.flush()  # here, since the interpreter would tell of it at its end
    except BrokenPipeError:
        _discard_output()
        return READER_GONE


def _carry_out(arguments: Sequence[str] | None) -> int:
    asked = parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except ContractError as error:
        sys.stderr.write(f"{error}\n")
        return USAGE


def _discard_output() -> None:
    """Let what is still to be written go nowhere, so that the interpreter ends without a word."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def say(lines: Iterable[str]) -> None:
    """Write *lines* to the standard output; what its encoding lacks is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        sys.stdout.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")


# --- between runs ------------------------------------------------------------------------------


def diff(asked: argparse.Namespace) -> int:
    """Print what changed; return 1 where a clause is newly broken or evidence was lost."""
    from pytest_confluent_contracts.report import diff, files

    found = diff.compare_runs(files.read_report(asked.old), files.read_report(asked.new))
    if asked.format == "json":
        say([json.dumps(found.as_data(), indent=2)])
    else:
        say(found.lines())
    return WORSE if found.worse else KEPT


def merge(asked: argparse.Namespace) -> int:
    """Write one report of many; return 1 where a clause of it is not kept."""
    from pytest_confluent_contracts.report import files, merge, terminal

    parts = [files.read_report(part) for part in asked.parts]
    run, exchanges = merge.merge_runs(parts, [files.read_exchanges(part) for part in asked.parts])
    say(line.text for line in terminal.closing_lines(run["clauses"], {}, 0))
    files.write_reports(asked.into, run, sources(run["documents"]), exchanges)
    return outcome(run)


def badge(asked: argparse.Namespace) -> int:
    """Write the badge of a run to a file, or to the standard output."""
    from pytest_confluent_contracts.report import badge, files

    drawn = badge.draw_badge(files.read_report(asked.report))
    if asked.output is None:
        say([drawn.rstrip()])
        return KEPT
    try:
        asked.output.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise ContractError(
            f"--output={asked.output}: cannot be written: {error.strerror}"
        ) from error
    return KEPT


def outcome(run: dict[str, Any]) -> int:
    """Return 1 where a clause of *run* is broken, or evidence was withheld."""
    from pytest_confluent_contracts.report.causes import is_red

    if any(map(is_red, run["clauses"])):
        return WORSE
    return KEPT


def sources(described: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the texts of the documents that a report *described*, by the file that clauses name.

    Those that are not at hand, or are not the same any more, are left out.
    """
    from pytest_confluent_contracts import documents

    found: dict[str, str] = {}
    for one in described:
        for path in (documents.bundled_documents().get(one["name"]), Path(one["file"])):
            text = _text_of_document(path, one["digest"])
            if text is not None:
                found[one["file"]] = text
    return found


def _text_of_document(path: Path | None, digest: str) -> str | None:
    """Return the text of the document at *path*, None where it is not the one with *digest*."""
    from pytest_confluent_contracts import documents

    try:
        if path is None or not path.is_file():
            return None
        if documents.read_document(path.resolve()).digest != digest:
            return None
        return path.read_text(encoding="utf-8")
    except (ContractError, OSError, UnicodeDecodeError):
        return None


# --- documents ---------------------------------------------------------------------------------


def check(asked: argparse.Namespace) -> int:
    """Tell what is wrong with a document itself; return 1 where anything is."""
    from pytest_confluent_contracts.documents.bundled import find_document, shown_path
    from pytest_confluent_contracts.documents.self_check import flaws_in
    from pytest_confluent_contracts.report import flaws

    path = find_document(asked.document)
    name, found = shown_path(path), flaws_in(path)
    if asked.format == "json":
        say([json.dumps(flaws.flaws_as_data(name, found), indent=2)])
    elif asked.format == "sarif":
        say([json.dumps(flaws.flaws_as_sarif(name, found, _version()), indent=2)])
    else:
        say(flaws.text_lines(found))
        sys.stderr.write(f"{flaws.summary(name, found)}\n")
    return WORSE if found else KEPT


def compare(asked: argparse.Namespace) -> int:
    """Print what changed from one document to another; return 1 where it breaks clients.

    Where an operation could not be read, that is told, and 4 returned: it was not compared.
    """
    from pytest_confluent_contracts import documents
    from pytest_confluent_contracts.clauses.comparing import compare_documents
    from pytest_confluent_contracts.model.changes import Breaks
    from pytest_confluent_contracts.report import document_changes

    old, new = map(documents.find_document, (asked.old, asked.new))
    found = compare_documents(documents.read_published(old), documents.read_published(new))
    if asked.format == "json":
        say([document_changes.comparison_json(found)])
    elif asked.format == "sarif":
        say([document_changes.comparison_sarif(found, _version())])
    else:
        say(document_changes.comparison_lines(found))
    unread = document_changes.unread_operations(found)
    if unread:
        sys.stderr.write(f"not everything was compared: {unread[0].reason}\n")
        return USAGE
    return WORSE if found.count(Breaks.CLIENTS) else KEPT


def convert(asked: argparse.Namespace) -> int:
    """Print the OpenAPI that a page says; operations that were not understood go to stderr."""
    from pytest_confluent_contracts import documents

    written, unread = documents.converted_document(documents.find_document(asked.page))
    for operation in unread:
        sys.stderr.write(f"not understood, and printed as it stands: {operation.reason}\n")
    say(written.removesuffix("\n").split("\n"))
    return KEPT


def schema(asked: argparse.Namespace) -> int:
    """Print the JSON Schema of a kind of file; the line for the file's top goes to stderr."""
    from pytest_confluent_contracts.documents.editing import EDITOR_LINES, editor_schema

    say([json.dumps(editor_schema(asked.kind), indent=2)])
    sys.stderr.write(f"save it beside the file, and begin that with: {EDITOR_LINES[asked.kind]}\n")
    return KEPT


# --- recorded traffic --------------------------------------------------------------------------


def judge(asked: argparse.Namespace) -> int:
    """Hold a recording against the documents; return 1 where a clause is broken."""
    from pytest_confluent_contracts import documents
    from pytest_confluent_contracts.http import recorded
    from pytest_confluent_contracts.report import exchange_log, files, run, terminal

    if asked.client:
        if asked.report:
            raise ContractError("--contract-report: with --client the verdicts are only printed")
        return judge_client(asked)
    begun = datetime.now(UTC)
    paths = [documents.find_document(name) for name in asked.specs]
    if not paths:
        paths = list(documents.bundled_documents().values())
    recordings = recorded.read(asked.recording)
    held = [documents.read_document(path) for path in dict.fromkeys(paths)]
    records, exchanges = judged(asked.recording, recordings, held, named=bool(asked.specs))
    touched = {record["document"] for record in records}
    meta = {
        "tool": _version(),
        "target": asked.recording.name,
        "seed": 0,
        "started": begun,
        "seconds": (datetime.now(UTC) - begun).total_seconds(),
        "documents": [
            run.describe_document(document) for document in held if document.name in touched
        ],
    }
    exchanges = run.since_start(exchanges)
    finished = run.gather_run(meta, records, exchanges)
    counted = f"{len(exchanges)} of {len(recordings)} recorded requests"
    say([f"{asked.recording}: {counted} are of the documents"])
    say(line.text for line in terminal.closing_lines(records, {}, 0))
    if asked.report:
        told = sources(finished["documents"])
        files.write_reports(asked.report, finished, told, exchange_log.listed(exchanges))
    return outcome(finished)


def judged(
    path: Path, recordings: Sequence[Recording], held: Sequence[Document], *, named: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the verdicts and the exchanges, as data, of the operations that were recorded.

    Where the documents were *named*, all their operations are judged. Raises `ContractError` where
    nothing of them was recorded.
    """
    from pytest_confluent_contracts.http import recorded
    from pytest_confluent_contracts.report import record

    operations: list[Operation] = []
    for document in held:
        operations += document.operations
    found = [(operation, recorded.traffic(recordings, operation)) for operation in operations]
    if not any(traffic.exchanges for _, traffic in found):
        asked = " or ".join(f"{one.method.upper()} {one.path}" for one in operations[:SHOWN])
        if len(operations) > SHOWN:
            asked += f", or another of {len(operations)} operations"
        none = f"none of {len(recordings)} recorded requests is {asked}"
        raise ContractError(f"{path}: {none}; --contract-spec names others")
    records: list[dict[str, Any]] = []
    exchanges: list[dict[str, Any]] = []
    for operation, traffic in found:
        if traffic.exchanges or named:
            records += _records_of(operation, traffic, len(exchanges))
            exchanges += [record.exchange_record(exchange) for exchange in traffic.exchanges]
    return records, exchanges


def _records_of(operation: Operation, traffic: Traffic, before: int) -> list[dict[str, Any]]:
    """Return the verdicts on *operation*; *before* are the lines of exchanges above its own."""
    from pytest_confluent_contracts import clauses
    from pytest_confluent_contracts.report import record

    lines = {id(one): line for line, one in enumerate(traffic.exchanges, before + 1)}

    def line_of(exchange: Exchange) -> int:
        return lines.get(id(exchange), 0)

    rulings = (ruling(clause, traffic, operation) for clause in clauses.derive(operation))
    return [record.ruling_record(one, line_of) for one in rulings]


def ruling(clause: Clause, traffic: Traffic, operation: Operation) -> Ruling:
    """Return the verdict that recorded *traffic* allows on *clause*.

    What needs provoking is not exercised.
    """
    from pytest_confluent_contracts.clauses.judging import rule, weigh

    unjudgeable = _why_unjudgeable(clause, traffic)
    rows: list[Sequence[Exchange]] = []
    if unjudgeable is None:
        is_of_quota = clause.family is Family.RATE_LIMIT
        rows = [*traffic.by_authority()] if is_of_quota else [traffic.exchanges]
    missing = MissingEvidence(unjudgeable or MissingKind.NOT_RECORDED)
    return rule(operation, weigh(clause, *rows), traffic.exchanges, missing=missing, recorded=True)


def _why_unjudgeable(clause: Clause, traffic: Traffic) -> MissingKind | None:
    """Return why a recording says nothing of *clause*, None where it does."""
    if clause.family is Family.WIRE:  # recorders undo codings and chunks, and keep the headers
        return MissingKind.NOT_ON_THE_WIRE
    if clause.family in PROVOKED or clause.stateful:
        return MissingKind.NEEDS_PROVOKING
    if clause.sequential and not traffic.timed:
        return MissingKind.TIMES_UNKNOWN
    if clause.sequential and traffic.overlaps:
        return MissingKind.ORDER_UNKNOWN
    return None


# --- clients -----------------------------------------------------------------------------------


def judge_client(asked: argparse.Namespace) -> int:
    """Hold the requests of a recording against the documents; return 1 where a clause is broken."""
    from pytest_confluent_contracts.clients.routes import Routes
    from pytest_confluent_contracts.clients.stand_in import read_documents
    from pytest_confluent_contracts.clients.verdicts import ClientJudge, heard_of
    from pytest_confluent_contracts.http import recorded

    recordings = recorded.read(asked.recording)
    heard = list(heard_of(recordings, Routes(read_documents(asked.specs))))
    if not heard:
        none = f"none of {len(recordings)} recorded requests is for the documents"
        raise ContractError(f"{asked.recording}: {none}; --contract-spec names others")
    counted = f"{len(heard)} of {len(recordings)} recorded requests"
    say([f"{asked.recording}: {counted} are of the documents"])
    return tell_of_client(ClientJudge().rulings(heard))


def tell_of_client(rulings: Sequence[Ruling]) -> int:
    """Print the verdicts on a client; return 1 where a clause is broken."""
    from pytest_confluent_contracts.clients.verdicts import broken, told_whole
    from pytest_confluent_contracts.report import record, terminal

    records = [record.ruling_record(ruling) for ruling in rulings]
    say(line.text for line in terminal.closing_lines(records, {}, 0))
    red = broken(rulings)
    if not red:
        return KEPT
    say(["", *told_whole(red).splitlines()])
    return WORSE


def serve(asked: argparse.Namespace) -> int:
    """Serve documents until SIGTERM or Ctrl-C; return 1 where what was recorded breaks a clause."""
    from pytest_confluent_contracts.clients.archives import write_recording
    from pytest_confluent_contracts.clients.serving import ServedContract
    from pytest_confluent_contracts.clients.stand_in import MOST_HEARD, UNLIMITED, read_documents

    begun = datetime.now(UTC)
    if asked.record:
        write_recording(
            asked.record, (), begun, _version()
        )  # what cannot be written is told at once
    server = ServedContract(
        read_documents(asked.documents),
        host=asked.host,
        port=asked.port,
        latency=asked.latency / 1000,
        most_heard=MOST_HEARD if asked.record else 0,
    )
    try:
        server.limit(UNLIMITED if asked.limit is None else asked.limit, asked.window)
        for name in asked.mutation:
            server.mutate_all(name)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: server.end())
        say([json.dumps({"url": server.url})])
        sys.stdout.flush()
        server.run()
    finally:
        server.stop()
    if not asked.record:
        return KEPT
    write_recording(asked.record, server.heard, begun, _version())
    return tell_of_client(server.rulings())


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("pytest-confluent-contracts")
    except PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
