"""What was exercised, how often, and what not? Clauses as counts, by family and by answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report.causes import GRAVEST, WRONG, reasons, standing
from pytest_confluent_contracts.report.listing import slug
from pytest_confluent_contracts.report.markup import Html, html, scroll_region, tag
from pytest_confluent_contracts.report.record import is_of_document
from pytest_confluent_contracts.report.run import NO_ANSWER
from pytest_confluent_contracts.report.terminal import FAMILIES

Data = Mapping[str, Any]
Counts = Mapping[tuple[str, str], Counter[str]]  # of verdicts, by row and family

NAMED = 12
DOCUMENT = "the document itself"  # the row of the clauses on its examples


# --- one operation -----------------------------------------------------------------------------


def coverage_matrix(name: str, clauses: Iterable[Data]) -> Html:
    """Return the table of one operation: a row for each status, a column for each family."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for clause in clauses:
        counts[_answers(clause), clause["family"]][standing(clause)] += 1
    families = families_of(family for _, family in counts)
    statuses = sorted({status for status, _ in counts}, key=_place_of)
    head = tag("tr", tag("th", "Answers", scope="col"), _columns(families))
    rows = [_row(status, families, counts) for status in statuses]
    table = tag(
        "table",
        tag("caption", f"What was judged of {name}"),
        tag("thead", head),
        tag("tbody", rows),
        class_="matrix",
    )
    return scroll_region(f"Coverage of {name}", table)


def families_of(told: Iterable[str]) -> list[str]:
    """Return those of the families that are *told*, in their order."""
    present = set(told)
    return [family for family in FAMILIES if family in present]


def _columns(families: Iterable[str]) -> list[Html]:
    return [tag("th", family.replace("_", " "), scope="col") for family in families]


def _answers(clause: Data) -> str:
    """Return the row of *clause*: the answers of which it speaks.

    What judges the document's own examples speaks of none: no answer made it green.
    """
    return DOCUMENT if is_of_document(clause) else str(clause["status"])


def _place_of(status: str) -> tuple[bool, bool, bool, bool, str]:
    """Return what a row is sorted by.

    *any* comes first, then what is no error, then errors at large, then each error, and the
    document itself at the end.
    """
    is_document = status == DOCUMENT
    return is_document, status != "", status[:1] not in "123", status != "error", status


def _row(status: str, families: Sequence[str], counts: Counts) -> Html:
    label = {"": "any", "error": "every error"}.get(status, status)
    cells = [_cell_in_words(counts.get((status, family), Counter())) for family in families]
    return tag("tr", tag("th", label, scope="row"), cells)


def _cell_in_words(counts: Counter[str]) -> Html:
    """Return a cell that names each verdict: ``1 broken, 34 kept``."""
    told = [_marked(counts[verdict], verdict) for verdict in GRAVEST if counts[verdict]]
    return tag("td", _separated(told))


def _marked(count: int, verdict: str) -> Html:
    told = f"{count} {verdict}"
    return tag("b", told, class_=slug(verdict)) if verdict in WRONG else html(told)


def _separated(parts: Sequence[Html]) -> Html:
    return Html(", ".join(parts))


def unexercised_reasons(clauses: Iterable[Data]) -> Html:
    """Return why clauses were not exercised, each reason once with its clauses."""
    items: list[Html] = []
    for reason, own in reasons(clauses):
        ids = named([clause["clause"] for clause in own])
        items.append(tag("div", tag("dt", reason), tag("dd", ids)))
    return tag("dl", items, class_="reasons") if items else tag("p", "Every clause was exercised.")


def named(clauses: Sequence[str], most: int = NAMED) -> Html:
    """Return the ids of *clauses*; of more than *most* the others are counted."""
    told = ", ".join(clauses[:most])
    if len(clauses) > most:
        told += f" and {len(clauses) - most} more"
    return tag("code", told)


def kept_names(clauses: Iterable[Data]) -> Html:
    """Return what is kept, by family: how many, and their ids."""
    kept: dict[str, list[str]] = defaultdict(list)
    for clause in clauses:
        if clause["verdict"] == "kept":
            kept[clause["family"]].append(clause["clause"])
    items = []
    for family in families_of(kept):
        head = f"{family.replace('_', ' ')}: {len(kept[family])} kept"
        ids = named(kept[family], len(kept[family]))
        items.append(tag("div", tag("dt", head), tag("dd", ids)))
    return tag("dl", items, class_="reasons") if items else Html("")


def answer_counts(operation: Data, came: Mapping[str, int]) -> Html:
    """Return how often each documented status came; what came and is not documented is marked.

    *came* are the statuses with their counts, ``"0"`` being no answer.
    """
    counts: Counter[str] = Counter()
    for status, count in came.items():
        counts["no answer" if status == NO_ANSWER else status] += count
    known = list(dict.fromkeys([*operation["statuses"], *sorted(counts)]))
    return tag("ul", [_answer(status, operation, counts) for status in known], class_="answers")


def _answer(status: str, operation: Data, counts: Counter[str]) -> Html:
    documented = {one.upper() for one in operation["statuses"]}
    is_strange = status not in documented and not documented & {f"{status[0]}XX", "DEFAULT"}
    came = _count(status, counts)
    often = f"{came}×" if came else "never came"
    if is_strange:
        marked = "broken"
        often = f"not documented, {often}" if came else often
    else:
        marked = "seen" if came else "unseen"
    return tag("li", tag("b", status), " ", often, class_=marked)


def _count(status: str, counts: Counter[str]) -> int:
    """Return how often *status* came, or any of its range."""
    if not status.upper().endswith("XX"):
        return counts[status]
    return sum(count for one, count in counts.items() if one == status or one[0] == status[0])


# --- all operations ----------------------------------------------------------------------------


def operations_table(caption: str, operations: Iterable[tuple[str, str, Sequence[Data]]]) -> Html:
    """Return the table by operation and family.

    Each of *operations* is told by the id of its part of the page, its name, and its clauses. What
    is kept is a bare number; what is wrong is named; what was not exercised has a column.
    """
    rows: list[tuple[str, str, dict[str, Counter[str]]]] = []
    for anchor, name, clauses in operations:
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        for clause in clauses:
            counts[clause["family"]][standing(clause)] += 1
        rows.append((anchor, name, counts))
    families = families_of(family for _, _, counts in rows for family in counts)
    head = tag(
        "tr",
        tag("th", "Operation", scope="col"),
        _columns(families),
        tag("th", "not exercised", scope="col"),
    )
    told = [tag("tr", _cells(*row, families), data_of=row[0]) for row in rows]
    table = tag(
        "table",
        tag("caption", caption),
        tag("thead", head),
        tag("tbody", told),
        class_="matrix overview",
    )
    return scroll_region(caption, table)


def _cells(
    anchor: str, name: str, counts: Mapping[str, Counter[str]], families: Iterable[str]
) -> Iterator[Html]:
    yield tag("th", tag("a", name, href=f"#{anchor}"), scope="row")
    unexercised = 0
    for family in families:
        own = counts.get(family, Counter())
        unexercised += own["not exercised"]
        told = [_marked(own[verdict], verdict) for verdict in WRONG if own[verdict]]
        if own["kept"]:
            told.append(html(str(own["kept"])))
        yield tag("td", _separated(told))
    yield tag("td", str(unexercised or ""))
