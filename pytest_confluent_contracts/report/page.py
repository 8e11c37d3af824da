"""What does a person open? One file: findings, all operations, each of them, limits, documents."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.report import causes, matrix, timeline
from pytest_confluent_contracts.report.causes import Cause, standing
from pytest_confluent_contracts.report.listing import GLYPHS, Listing, slug
from pytest_confluent_contracts.report.markup import Child, Html, html, scroll_region, tag
from pytest_confluent_contracts.report.record import of_target

if TYPE_CHECKING:
    from pytest_confluent_contracts.report.exchange_log import Exchanges
    from pytest_confluent_contracts.report.timeline import Point

Data = Mapping[str, Any]
Key = tuple[str, str]  # the names of a document and of an operation

FILTERS = ("broken", "withheld", "warned", "waived", "not exercised", "kept")
UNFOLDED = 3  # findings whose exchange is seen at once
SHOWN = 6000  # characters of a body; the archive holds the rest
# Causes told at all, and characters after which one is told without its request: a page of more is
# read by nobody, and opens slowly.
LISTED, MOST_OF_FINDINGS = 200, 1_200_000
NAMED = 40  # clauses, or operations, that one list names
LONGEST_TITLE = 160
PLOTTED = 12  # operations; those that were answered 429 before others
HERE = Path(__file__).parent


def page_parts(run: Data, sources: Mapping[str, str], exchanges: Exchanges) -> Iterator[str]:
    """Yield the page of *run*.

    *sources* are the documents' texts by the file that clauses name, *exchanges* what the findings
    and the rate limits are drawn from. It needs nothing beside itself, and by its own policy may
    fetch nothing.
    """
    whole = _Page(run, sources, exchanges)
    yield "<!doctype html>\n"
    yield f'<html lang="en">\n{whole.head()}\n<body>\n'
    yield from (f"{part}\n" for part in (whole.top(), whole.bar()))
    yield '<main id="main">\n'
    for name, parts in whole.sections():
        yield from _section(name, parts)
    yield f"</main>\n{whole.foot()}\n</body>\n</html>\n"


@dataclass(slots=True)
class _Operation:
    """One operation as the page tells it: its ``anchor``, its ``name``, and what was found."""

    anchor: str
    document: str
    name: str
    told: Data
    clauses: list[Data] = field(default_factory=list)
    statuses: Mapping[str, int] = field(default_factory=dict)
    causes: list[tuple[int, list[str]]] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    @property
    def is_judged(self) -> bool:
        """Return whether the run tells anything of it."""
        return bool(self.clauses or self.statuses)


class _Page:
    """One page; lives as long as it is written."""

    def __init__(self, run: Data, sources: Mapping[str, str], exchanges: Exchanges) -> None:
        self.run, self.sources = run, sources
        self.counts = Counter(map(standing, run["clauses"]))
        # What the document's own examples keep is no doing of the target.
        self.of_target = Counter(map(standing, of_target(run["clauses"])))
        self.causes = causes.find_causes(run["clauses"])
        self.operations = self._operations()
        self.listings = self._listings()
        self.shown = self._read(exchanges)

    def _operations(self) -> dict[Key, _Operation]:
        """Return each operation with what was found of it, in the order of the documents."""
        found: dict[Key, _Operation] = {}
        for document in self.run["documents"]:
            for told in document["operations"]:
                name = f"{told['method']} {told['path']} · {told['id']}"
                key = (document["name"], told["id"])
                found[key] = _Operation(f"o{len(found)}", document["name"], name, told)
        for clause in self.run["clauses"]:
            found[_key(clause)].clauses.append(clause)
        for one in self.run["exchanges"]["operations"]:
            if _key(one) in found:
                found[_key(one)].statuses = one["statuses"]
        for number, cause in enumerate(self.causes):
            ids: dict[Key, list[str]] = defaultdict(list)
            for record in cause.records:
                ids[_key(record)].append(record["clause"])
            for key, own in ids.items():
                found[key].causes.append((number, own))
        return found

    def _listings(self) -> dict[str, Listing]:
        """Return the documents that are at hand, by file, their promises marked."""
        marked: dict[str, list[tuple[str, Data]]] = defaultdict(list)
        for operation in self.operations.values():
            for clause in operation.clauses:
                marked[clause["file"]].append((operation.anchor, clause))
        files = [one["file"] for one in self.run["documents"] if one["file"] in self.sources]
        return {
            file: Listing(number, file, self.sources[file], marked[file])
            for number, file in enumerate(files)
        }

    def _read(self, exchanges: Exchanges) -> dict[int, Data]:
        """Return the exchanges that findings show, by line; keep what answers told of limits.

        It is the one time that all of them are read.
        """
        wanted: set[int] = set()
        for cause in self.causes[:LISTED]:
            shown = cause.best["finding"]["exchange"] if cause.best["finding"] else None
            if shown:
                wanted.add(shown["line"])
        found: dict[int, Data] = {}
        for line, one in enumerate(exchanges, 1):
            if line in wanted:
                found[line] = one
            operation = self.operations.get(_key(one))
            if operation is not None:
                operation.points += timeline.quota_points([one], operation.told)
        return found

    # --- around it -----------------------------------------------------------------------------

    def head(self) -> Html:
        """Return what the browser must know.

        The policy lets this page's own script run and nothing else.
        """
        style = (HERE / "page.css").read_text("utf-8")
        script = (HERE / "page.js").read_text("utf-8")
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed = f"style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
        policy = f"default-src 'none'; {allowed}; base-uri 'none'"
        return tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=policy),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{self.verdict()} · contracts · {self.run['target']}"),
            tag("style", Html(style)),
            tag("script", Html(script)),
        )

    def verdict(self) -> str:
        """Return the run in a few words."""
        failed = self.of_target["broken"] + self.of_target["withheld"]
        if failed:
            return f"{_many(failed, 'promise')} not kept"
        if not self.of_target["kept"]:
            return "Nothing was exercised"
        return "Every promise exercised is kept"

    def mood(self) -> str:
        """Return the verdict as a class of the style sheet."""
        if self.of_target["broken"] + self.of_target["withheld"]:
            return "bad"
        if self.of_target["kept"]:
            return "good"
        return "none"

    def top(self) -> Html:
        """Return the title, the tally and the facts of the run."""
        held = " and ".join(
            f"{document['title']} {document['version']}" for document in self.run["documents"]
        )
        target = tag("code", self.run["target"])
        interrupted: Child = ""
        if self.run["interrupted"]:
            told = "The run was interrupted: what is missing was not judged."
            interrupted = tag("p", told, class_="lede bad")
        return tag(
            "header",
            tag("a", "Skip to the findings", href="#main", class_="skip"),
            tag("p", "Contract report", class_="kicker"),
            tag("h1", self.verdict(), class_=self.mood()),
            tag("p", target, " held against ", held or "no document", ".", class_="lede"),
            interrupted,
            self._proportion(),
            tag("dl", self._facts(), class_="facts"),
            class_="top",
        )

    def _proportion(self) -> Html:
        told = [verdict for verdict in FILTERS if self.of_target[verdict]]
        parts = [
            tag("i", class_=slug(one), style=f"flex-grow:{self.of_target[one]}") for one in told
        ]
        named = [
            tag("li", tag("b", str(self.of_target[one])), " ", one, class_=slug(one))
            for one in told
        ]
        return html(
            [
                tag("div", parts, class_="proportion", aria_hidden="true"),
                tag("ul", named, class_="tally"),
            ]
        )

    def _facts(self) -> Iterator[Html]:
        coverage = self.run["coverage"]
        started = datetime.fromisoformat(self.run["started"])
        sent = _many(self.run["exchanges"]["count"], "request")
        facts = {
            "Started": started.strftime("%Y-%m-%d %H:%M %Z").strip(),
            "Took": f"{self.run['seconds']:.1f} s, {sent}",
            "Seed": str(self.run["seed"]),
            "Clauses exercised": _share(coverage["clauses"]),
            "Statuses seen": _share(coverage["statuses"]),
            "Schema keywords held": _share(coverage["keywords"]),
        }
        for name, told in facts.items():
            yield _fact(name, told)

    def bar(self) -> Html:
        """Return the way through the page, and the filter.

        Without JavaScript the filter is not shown.
        """
        names = ("Findings", "Operations", "One by one", "Rate limit", "Documents")
        links = [tag("a", name, href=f"#{_id(name)}") for name in names]
        chips = [self._chip(verdict) for verdict in FILTERS if self.counts[verdict]]
        search = tag(
            "label",
            tag("span", "Search"),
            tag("input", type="search", id="q", autocomplete="off"),
            class_="search",
        )
        shown = tag("output", "", id="shown", for_="q", aria_live="polite")
        chosen = tag("fieldset", tag("legend", "Show"), chips)
        theme = tag("button", "Theme: auto", type="button", id="theme", class_="js")
        way = tag("div", tag("nav", links, aria_label="Sections"), theme, class_="way")
        tools = tag(
            "form",
            search,
            chosen,
            shown,
            class_="tools js",
            role="search",
            aria_label="Findings and operations",
        )
        return tag("div", way, tools, class_="bar")

    def _chip(self, verdict: str) -> Html:
        box = tag("input", type="checkbox", name="verdict", value=slug(verdict), checked=True)
        return tag(
            "label",
            box,
            tag("span", f"{GLYPHS[verdict]} {verdict} {self.counts[verdict]}"),
            class_=f"chip {slug(verdict)}",
        )

    def foot(self) -> Html:
        """Return what the signs mean."""
        withheld = "evidence that the document promises and the target did not give"
        told = f"✓ kept. ✗ broken, or withheld: {withheld}. "
        told += "! warned: a SHOULD is not kept. ~ waived. ○ not exercised."
        written = f"Written by {self.run['tool']['name']} {self.run['tool']['version']}".strip()
        return tag("footer", tag("p", told), tag("p", written))

    def sections(self) -> Iterator[tuple[str, Iterable[Html]]]:
        """Yield the parts of the page, each with its name."""
        yield "Findings", self._findings()
        yield "Operations", self._overview()
        yield "One by one", self._one_by_one()
        yield "Rate limit", self._rate_limit()
        yield "Documents", self._documents()

    # --- findings ------------------------------------------------------------------------------

    def _findings(self) -> Iterator[Html]:
        if not self.causes:
            yield tag(
                "p", "Nothing to report: whatever was exercised is as promised.", class_="empty"
            )
        else:
            yield tag("p", self._reckoned(), class_="intro")
        written = 0
        for number, cause in enumerate(self.causes[:LISTED]):
            finding = self._finding(number, cause, in_full=written < MOST_OF_FINDINGS)
            written += len(finding)
            yield finding
        if len(self.causes) > LISTED:
            yield tag(
                "p",
                f"And {len(self.causes) - LISTED} more; the operations below name them.",
                class_="empty",
            )

    def _reckoned(self) -> str:
        """Return how many causes there are behind the verdicts.

        Several promises break for one reason.
        """
        counts = Counter(cause.verdict for cause in self.causes)
        kinds = {
            "behind what is not kept": counts["broken"] + counts["withheld"],
            "of warnings": counts["warned"],
            "of what is waived": counts["waived"],
        }
        told = [f"{_many(count, 'cause')} {kind}" for kind, count in kinds.items() if count]
        return f"{', '.join(told)}."

    def _finding(self, number: int, cause: Cause, *, in_full: bool) -> Html:
        """Return one cause; *in_full* with the request that shows it, and its answer."""
        best, finding = cause.best, cause.best["finding"]
        level = tag("span", best["level"], class_="level")
        where = best["operation"]
        if len(cause.operations) > 1:
            where = _many(len(cause.operations), "operation")
        said = f"{best['document']} · {where}"
        shown: list[Html] = []
        if finding and in_full:
            exchange = self.shown.get(finding["exchange"]["line"]) if finding["exchange"] else None
            if exchange:
                shown.append(self._exchange(number, exchange))
            if finding["curl"]:
                told = finding.get("sequence") or [finding["curl"]]
                shown += [_line("Request", one) for one in told]
        return tag(
            "article",
            tag("p", _pill(cause.verdict), level, tag("span", said), class_="over"),
            tag("h3", tag("a", cause.title, href=f"#f{number}")),
            tag("dl", self._evidence(cause), class_="evidence"),
            shown,
            _line("Again", f"pytest '{best['node']}' --contract-target={self.run['target']}"),
            id=f"f{number}",
            class_=f"finding {slug(cause.verdict)}",
            data_v=" ".join(sorted({slug(standing(record)) for record in cause.records})),
        )

    def _evidence(self, cause: Cause) -> Iterator[Html]:
        best = cause.best
        if cause.mend:
            yield _fact("To mend", cause.mend)
        yield _fact("Promised", best["promise"], " ", self._place(best))
        if best["finding"]:
            yield _fact("Seen", best["finding"]["seen"], cause.spread)
        promises = _many(len(cause.records), "promise").capitalize()
        if len(cause.operations) == 1:
            told = html([matrix.named(cause.clauses, NAMED), " ", self._link_to(_key(best))])
            yield _fact(promises, told)
        else:
            yield _fact(promises, self._operations_of(cause))

    def _operations_of(self, cause: Cause) -> Html:
        """Return the operations that show *cause*, each with how many of its promises do."""
        counts = Counter(map(_key, cause.records))
        links = [tag("li", self._link_to(key), f" ({count})") for key, count in counts.items()]
        summary = tag("summary", f"in {_many(len(counts), 'operation')}")
        return tag("details", summary, tag("ul", links, class_="ids"))

    def _link_to(self, key: Key) -> Html:
        operation = self.operations[key]
        return tag("a", operation.told["id"], href=f"#{operation.anchor}")

    def _place(self, clause: Data) -> Html:
        listing = self.listings.get(clause["file"])
        href = listing.link(clause) if listing else ""
        if not href:
            return tag("span", clause["place"], class_="place")
        return tag("a", clause["place"], href=href, class_="place")

    def _exchange(self, number: int, exchange: Data) -> Html:
        asked = f"{exchange['method']} {exchange['url']}"
        answer = exchange["failure"] or str(exchange["status"])
        parts = [
            _message("Request", number, (asked, exchange["request_headers"], _sent(exchange))),
            _message("Answer", number, (answer, exchange["headers"], exchange["text"])),
        ]
        told = f"Request and answer: {exchange['title']}"
        return tag(
            "details",
            tag("summary", told),
            tag("div", parts, class_="exchange"),
            open=number < UNFOLDED,
        )

    # --- operations ----------------------------------------------------------------------------

    def _overview(self) -> Iterator[Html]:
        yield tag(
            "p",
            "What is kept is a bare number; each operation leads to its details.",
            class_="intro",
        )
        for document in self.run["documents"]:
            own = [one for one in self.operations.values() if one.document == document["name"]]
            judged = [one for one in own if one.is_judged]
            if judged:
                caption = f"Promises of {document['name']} by operation and family"
                rows = [(one.anchor, one.told["id"], one.clauses) for one in judged]
                yield matrix.operations_table(caption, rows)
            if len(judged) < len(own):
                missing = _many(len(own) - len(judged), "operation")
                yield tag("p", f"{missing} of {document['name']}: not held.", class_="empty")

    def _one_by_one(self) -> Iterator[Html]:
        for operation in self.operations.values():
            if operation.is_judged:
                yield self._fold(operation)

    def _fold(self, operation: _Operation) -> Html:
        """Return one operation, folded: what is wrong, what was judged, what not, what is kept."""
        counts = Counter(map(standing, operation.clauses))
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in FILTERS if counts[verdict])
        parts: list[Html] = []
        if operation.causes:
            parts += [tag("h3", "Not as promised"), self._wrong(operation)]
        if operation.clauses:
            parts.append(matrix.coverage_matrix(operation.name, operation.clauses))
        if operation.statuses:
            parts.append(tag("h3", "Statuses that came"))
            parts.append(matrix.answer_counts(operation.told, operation.statuses))
        parts += [
            tag("h3", "Not exercised, and why"),
            matrix.unexercised_reasons(operation.clauses),
            tag("h3", "Kept"),
            matrix.kept_names(operation.clauses),
        ]
        worst = next((verdict for verdict in FILTERS if counts[verdict]), "not exercised")
        return tag(
            "details",
            tag("summary", tag("b", operation.name), " ", tag("span", told, class_=slug(worst))),
            parts,
            id=operation.anchor,
            class_="operation",
            data_v=" ".join(slug(verdict) for verdict in FILTERS if counts[verdict]),
        )

    def _wrong(self, operation: _Operation) -> Html:
        """Return the causes that *operation* shows, each with its own promises."""
        items: list[Html] = []
        for number, clauses in operation.causes:
            cause = self.causes[number]
            title = html(_cut(cause.title, LONGEST_TITLE))
            if number < LISTED:
                title = tag("a", title, href=f"#f{number}")
            ids = matrix.named(clauses, NAMED)
            items.append(tag("div", tag("dt", _pill(cause.verdict), " ", title), tag("dd", ids)))
        return tag("dl", items, class_="reasons")

    # --- rate limit, documents -----------------------------------------------------------------

    def _rate_limit(self) -> Iterator[Html]:
        judged = [one for one in self.operations.values() if one.is_judged]
        plottable = [one for one in judged if timeline.is_plottable(one.points)]
        # The most telling ones, in the order of the page.
        drawn = sorted(plottable, key=_throttled_first)[:PLOTTED]
        silent = 0
        for one in judged:
            if any(one is other for other in drawn):
                yield self._plot(one)
            elif one.points:
                told = tag("p", timeline.timeline_sentence(_in_time(one.points)), class_="empty")
                yield html([tag("h3", one.name), told])
            else:
                silent += 1
        if silent:
            said = f"No answer told a rate limit: {_many(silent, 'operation')}."
            yield tag("p", said, class_="empty")

    def _plot(self, operation: _Operation) -> Html:
        points, name = _in_time(operation.points), operation.name
        plot = scroll_region(f"Plot: {name}", timeline.draw_timeline(points, name))
        caption = tag("figcaption", tag("h3", name), timeline.timeline_legend())
        return tag("figure", caption, plot, tag("p", timeline.timeline_sentence(points)))

    def _documents(self) -> Iterator[Html]:
        yield tag(
            "p",
            "Each promise is marked where it stands; the mark leads to its operation.",
            class_="intro",
        )
        for document in self.run["documents"]:
            left_out = document.get("left_out")
            if left_out:
                yield tag("p", f"Nobody is held to this of {document['name']}:", class_="intro")
                yield tag("ul", [tag("li", _left_out(one)) for one in left_out])
            listing = self.listings.get(document["file"])
            if listing is None:
                yield tag("p", f"The text of {document['file']} is not at hand.", class_="empty")
                continue
            version = f"{document['title']} {document['version']}, {document['digest']}"
            said = f"{document['file']} ({version})"
            if not listing.is_whole:
                said += ": the lines around what is not as promised"
            yield tag("details", tag("summary", said), listing.drawn(), class_="document")


def _key(told: Data) -> Key:
    return told["document"], told["operation"]


def _throttled_first(operation: _Operation) -> bool:
    return not any(point.throttled for point in operation.points)


def _in_time(points: Iterable[Point]) -> list[Point]:
    return sorted(points, key=lambda point: point.at)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]} ..."


def _left_out(told: Data) -> str:
    return f"{told['what']} ({told['file']}:{told['line']}): {told['reason']}"


# --- parts -------------------------------------------------------------------------------------


def _section(name: str, parts: Iterable[Html]) -> Iterator[str]:
    """Yield a section of the page, a part of it at a time."""
    id = _id(name)
    yield f'<section id="{id}" aria-labelledby="{id}-h">{tag("h2", name, id=f"{id}-h")}\n'
    yield from (f"{part}\n" for part in parts)
    yield "</section>\n"


def _id(name: str) -> str:
    return name.lower().replace(" ", "-")


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}".replace(",", "\u202f")


def _share(told: Data) -> str:
    return f"{told['percent']:g} % ({told['covered']} of {told['of']})"


def _pill(verdict: str) -> Html:
    return tag("span", f"{GLYPHS[verdict]} {verdict}", class_=f"pill {slug(verdict)}")


def _fact(name: str, *told: Child) -> Html:
    return tag("div", tag("dt", name), tag("dd", *told))


def _line(name: str, command: str) -> Html:
    copy = tag("button", "Copy", type="button", class_="copy js", aria_label=f"Copy: {name}")
    return tag(
        "div",
        tag("span", name, class_="of"),
        tag("code", command, tabindex=0),
        copy,
        class_="command",
    )


def _message(name: str, number: int, told: tuple[str, Sequence[Sequence[str]], str]) -> Html:
    first, headers, body = told
    named = [html([tag("b", f"{header}:"), f" {value}\n"]) for header, value in headers]
    parts = (tag("strong", first), "\n", named, "\n" if body else "", _readable(body))
    label = f"{name} of finding {number + 1}"
    return tag(
        "div", tag("h4", name), tag("pre", parts, tabindex=0, role="region", aria_label=label)
    )


def _sent(exchange: Data) -> str:
    coded = exchange["request_encoding"] == "base64"
    if coded:
        return f"(base64) {exchange['request_body']}"
    return exchange["request_body"] or ""


def _readable(body: str) -> str:
    """Return *body* indented, where that changes only white space, and cut where it is long."""
    try:
        told = json.dumps(json.loads(body, object_pairs_hook=_once), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        told = body
    if len(told) <= SHOWN:
        return told
    return f"{told[:SHOWN]}\n... ({len(body)} characters; the archive has them all)"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError
    return members
