"""What was exercised, how often, and what not? Clauses by family and by answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_confluent_contracts.report.causes import GRAVEST, reasons, standing
from pytest_confluent_contracts.report.listing import slug
from pytest_confluent_contracts.report.markup import Html, scroll_region, tag
from pytest_confluent_contracts.report.record import is_of_document
from pytest_confluent_contracts.report.terminal import FAMILIES

Data = Mapping[str, Any]
Numbered = tuple[int, Data]

NAMED = 12
DOCUMENT = "the document itself"  # the row of the clauses on its examples


def coverage_matrix(name: str, clauses: Sequence[Numbered]) -> Html:
    """Return the table of one operation: a row for each status, a square for each clause."""
    own = [clause for _, clause in clauses]
    present = {clause["family"] for clause in own}
    families = [family for family in FAMILIES if family in present]
    named = [tag("th", _name(family), scope="col") for family in families]
    head = tag("tr", tag("th", "Answers", scope="col"), named)
    rows = [_row(status, families, clauses) for status in _statuses(own)]
    caption, label = tag("caption", name), f"Coverage of {name}"
    table = tag("table", caption, tag("thead", head), tag("tbody", rows), class_="matrix")
    return scroll_region(label, table)


def _name(family: str) -> str:
    return family.replace("_", " ")


def _statuses(clauses: Iterable[Data]) -> list[str]:
    found = set(map(_answers, clauses))
    return sorted(found, key=_place_of)


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


def _row(status: str, families: Sequence[str], clauses: Sequence[Numbered]) -> Html:
    label = {"": "any", "error": "every error"}.get(status, status)
    by_family: dict[str, list[Numbered]] = {family: [] for family in families}
    for number, clause in clauses:
        if _answers(clause) == status and clause["family"] in by_family:
            by_family[clause["family"]].append((number, clause))
    cells = [_cell(own) for own in by_family.values()]
    return tag("tr", tag("th", label, scope="row"), cells)


def _cell(own: Sequence[Numbered]) -> Html:
    if not own:
        return tag("td")
    counts = Counter(standing(clause) for _, clause in own)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in GRAVEST if counts[verdict])
    drawn = [_square(index, clause) for index, clause in own]
    squares = tag("div", drawn, class_="squares", aria_hidden="true")
    often = tag("span", _often(own), class_="often")
    return tag("td", squares, tag("span", told, class_="told"), often)


def _square(index: int, clause: Data) -> Html:
    title = f"{clause['clause']}: {standing(clause)}, {_times(clause['judged'])}"
    # Not in the tab order: the table of promises is, and has the same in words.
    return tag("a", href=f"#c{index}", class_=slug(standing(clause)), title=title, tabindex=-1)


def _times(count: int) -> str:
    if not count:
        return "never judged"
    return "judged once" if count == 1 else f"judged {count} times"


def _often(own: Sequence[Numbered]) -> str:
    judged = sorted(clause["judged"] for _, clause in own if clause["judged"])
    if not judged:
        return "never judged"
    return f"{judged[0]}×" if judged[0] == judged[-1] else f"{judged[0]} to {judged[-1]}×"


def unexercised_reasons(clauses: Sequence[Numbered]) -> Html:
    """Return why clauses were not exercised, each reason once with its clauses."""
    numbers = {id(clause): index for index, clause in clauses}
    items = []
    for reason, own in reasons([clause for _, clause in clauses]):
        links = [clause_link(clause, numbers[id(clause)]) for clause in own[:NAMED]]
        if len(own) > NAMED:
            links.append(tag("li", f"and {len(own) - NAMED} more"))
        items.append(tag("div", tag("dt", reason), tag("dd", tag("ul", links, class_="ids"))))
    return tag("dl", items, class_="reasons") if items else tag("p", "Every clause was exercised.")


def clause_link(clause: Data, index: int) -> Html:
    """Return an entry of a list that leads to the row of *clause*, number *index*."""
    return tag("li", tag("a", clause["clause"], href=f"#c{index}"))


def answer_counts(operation: Data, exchanges: Iterable[Data]) -> Html:
    """Return how often each documented status came; what came and is not documented is marked."""
    counts = Counter(str(exchange["status"] or "no answer") for exchange in exchanges)
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
