"""What does a person open? One file: findings, coverage, rate limit, documents, every promise."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_confluent_contracts.report import causes, listing, matrix, timeline
from pytest_confluent_contracts.report.causes import Cause, standing
from pytest_confluent_contracts.report.listing import GLYPHS, slug
from pytest_confluent_contracts.report.markup import Child, Html, html, scroll_region, tag
from pytest_confluent_contracts.report.record import of_target

Data = Mapping[str, Any]
Numbered = tuple[int, Data]

FILTERS = ("broken", "withheld", "warned", "waived", "not exercised", "kept")
UNFOLDED = 3  # findings whose exchange is seen at once
SHOWN = 6000  # characters of a body; the archive holds the rest
LISTED = 200  # causes told in full; a run with more has one that is not among the rest
HERE = Path(__file__).parent


def page_parts(run: Data, sources: Mapping[str, str]) -> Iterator[str]:
    """Yield the page of *run*; *sources* are the documents' texts by the file that clauses name.

    It needs nothing beside itself, and by its own policy may fetch nothing.
    """
    whole = _Page(run, sources)
    yield "<!doctype html>\n"
    yield f'<html lang="en">\n{whole.head()}\n<body>\n'
    yield from (f"{part}\n" for part in (whole.top(), whole.bar()))
    yield '<main id="main">\n'
    yield from (f"{part}\n" for part in whole.sections())
    yield f"</main>\n{whole.foot()}\n</body>\n</html>\n"


class _Page:
    """One page; lives as long as it is written."""

    def __init__(self, run: Data, sources: Mapping[str, str]) -> None:
        self.run, self.sources = run, sources
        self.clauses: list[Numbered] = list(enumerate(run["clauses"]))
        self.numbers = {clause["node"]: number for number, clause in self.clauses}
        self.files = [
            document["file"] for document in run["documents"] if document["file"] in sources
        ]
        self.counts = Counter(standing(clause) for _, clause in self.clauses)
        # What the document's own examples keep is no doing of the target.
        self.of_target = Counter(map(standing, of_target(run["clauses"])))
        self.causes = causes.find_causes(run["clauses"])

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
        facts = {
            "Started": started.strftime("%Y-%m-%d %H:%M %Z").strip(),
            "Took": f"{self.run['seconds']:.1f} s, {_many(len(self.run['exchanges']), 'request')}",
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
        names = ("Findings", "Coverage", "Rate limit", "Documents", "Promises")
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
            aria_label="Findings and promises",
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

    def sections(self) -> Iterator[Html]:
        """Yield the parts of the page."""
        yield _section("Findings", self._findings())
        yield _section("Coverage", self._coverage())
        yield _section("Rate limit", self._rate_limit())
        yield _section("Documents", self._documents())
        yield _section("Promises", self._promises())

    # --- findings ------------------------------------------------------------------------------

    def _findings(self) -> Iterator[Html]:
        if not self.causes:
            yield tag(
                "p", "Nothing to report: whatever was exercised is as promised.", class_="empty"
            )
        else:
            yield tag("p", self._reckoned(), class_="intro")
        for number, cause in enumerate(self.causes[:LISTED]):
            yield self._finding(number, cause)
        if len(self.causes) > LISTED:
            yield tag(
                "p",
                f"And {len(self.causes) - LISTED} more; the promises below name them.",
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

    def _finding(self, number: int, cause: Cause) -> Html:
        best, finding = cause.best, cause.best["finding"]
        level = tag("span", best["level"], class_="level")
        where = tag("span", f"{best['document']} · {best['operation']}")
        shown: list[Html] = []
        if finding and finding["exchange"]:
            shown.append(self._exchange(number, finding["exchange"]))
        if finding and finding["curl"]:
            told = finding.get("sequence") or [finding["curl"]]
            shown += [_line("Request", one) for one in told]
        return tag(
            "article",
            tag("p", _pill(cause.verdict), level, where, class_="over"),
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
        links = [matrix.clause_link(one, self.numbers[one["node"]]) for one in cause.records]
        yield _fact(_many(len(links), "promise").capitalize(), tag("ul", links, class_="ids"))

    def _place(self, clause: Data) -> Html:
        href = listing.anchor(self.files, clause)
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

    # --- coverage, rate limit, documents -------------------------------------------------------

    def _operations(self) -> Iterator[tuple[str, Data, list[Numbered], list[Data]]]:
        """Yield each operation: its name, what it is, its clauses and its exchanges."""
        clauses: dict[tuple[str, str], list[Numbered]] = defaultdict(list)
        exchanges: dict[tuple[str, str], list[Data]] = defaultdict(list)
        for number, clause in self.clauses:
            clauses[clause["document"], clause["operation"]].append((number, clause))
        for one in self.run["exchanges"]:
            exchanges[one["document"], one["operation"]].append(one)
        for document in self.run["documents"]:
            for operation in document["operations"]:
                name = f"{document['name']} · {operation['id']}"
                key = (document["name"], operation["id"])
                yield name, operation, clauses[key], exchanges[key]

    def _coverage(self) -> Iterator[Html]:
        yield tag(
            "p", "A square is a promise; its row says of which answers it speaks.", class_="intro"
        )
        for name, operation, own, sent in self._operations():
            yield matrix.coverage_matrix(name, own)
            if sent:
                yield tag("h3", "Statuses that came")
                yield matrix.answer_counts(operation, sent)
            yield html(
                [tag("h3", "What was not exercised, and why"), matrix.unexercised_reasons(own)]
            )

    def _rate_limit(self) -> Iterator[Html]:
        for name, operation, _, sent in self._operations():
            found = timeline.quota_points(sent, operation)
            if not timeline.is_plottable(found):
                yield html(
                    [tag("h3", name), tag("p", timeline.timeline_sentence(found), class_="empty")]
                )
                continue
            plot = scroll_region(f"Plot: {name}", timeline.draw_timeline(found, name))
            caption = tag("figcaption", tag("h3", name), timeline.timeline_legend())
            yield tag("figure", caption, plot, tag("p", timeline.timeline_sentence(found)))

    def _documents(self) -> Iterator[Html]:
        yield tag(
            "p",
            "Each promise is marked where it stands; the mark leads to its verdict.",
            class_="intro",
        )
        for document in self.run["documents"]:
            left_out = document.get("left_out")
            if left_out:
                yield tag("p", f"Nobody is held to this of {document['name']}:", class_="intro")
                yield tag("ul", [tag("li", _left_out(one)) for one in left_out])
            if document["file"] not in self.sources:
                yield tag("p", f"The text of {document['file']} is not at hand.", class_="empty")
                continue
            number = self.files.index(document["file"])
            own = [one for one in self.clauses if one[1]["file"] == document["file"]]
            text = listing.document_listing(
                number, document["file"], self.sources[document["file"]], own
            )
            version = f"{document['title']} {document['version']}, {document['digest']}"
            said = f"{document['file']} ({version})"
            yield tag("details", tag("summary", said), text, class_="document")

    # --- every promise -------------------------------------------------------------------------

    def _promises(self) -> Iterator[Html]:
        columns = ("Verdict", "Promise", "Place", "Evidence")
        head = tag("tr", [tag("th", one, scope="col") for one in columns])
        for name, _, own, _ in self._operations():
            rows = [self._row(number, clause) for number, clause in own]
            table = tag(
                "table",
                tag("caption", name),
                tag("thead", head),
                tag("tbody", rows),
                class_="promises",
            )
            yield scroll_region(f"Promises of {name}", table)

    def _row(self, number: int, clause: Data) -> Html:
        verdict = standing(clause)
        should = tag("span", " SHOULD", class_="level") if clause["level"] != "MUST" else ""
        said = tag(
            "td", tag("code", clause["clause"]), should, tag("br"), tag("span", clause["promise"])
        )
        cells = (
            tag("th", _pill(verdict), scope="row"),
            said,
            tag("td", self._place(clause)),
            tag("td", _evidence(clause)),
        )
        return tag("tr", cells, id=f"c{number}", data_v=slug(verdict))


def _left_out(told: Data) -> str:
    return f"{told['what']} ({told['file']}:{told['line']}): {told['reason']}"


# --- parts -------------------------------------------------------------------------------------


def _section(name: str, parts: Iterable[Html]) -> Html:
    return tag(
        "section",
        tag("h2", name, id=f"{_id(name)}-h"),
        parts,
        id=_id(name),
        aria_labelledby=f"{_id(name)}-h",
    )


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


def _evidence(clause: Data) -> str:
    if clause["verdict"] == "waived":
        return str(clause["reason"])
    if clause["finding"]:
        return f"{clause['against']} of {clause['judged']}: {clause['finding']['came']}"
    if clause["judged"]:
        return f"{clause['judged']}×"
    return str(clause["reason"])


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
