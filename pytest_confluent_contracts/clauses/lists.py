"""Does a list come in its parts as its document says? Its pages, its filters, its order.

What others have in a list may come and go meanwhile: only what the run made is held to be there,
and once. Where only names tell that a parameter is one of pages or a filter, it warns at most.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.lifecycle_lists import (
    is_to_the_end,
    is_whole_list,
    may_be_hidden,
)
from pytest_confluent_contracts.clauses.lifecycle_members import quoted
from pytest_confluent_contracts.clauses.lifecycle_state import (
    IS_NEXT_PAGE,
    LifeReader,
    Outcome,
    is_due,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingEvidence,
    MissingKind,
)
from pytest_confluent_contracts.model.page_links import (
    asked_size,
    asks_for_position,
    next_query,
    sent_text,
    tells_another,
)
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import PageStyle
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.serialisation import text_of
from pytest_confluent_contracts.model.traffic import Expect, Probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_members import Key, Shown
    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Moment, Step
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.listing import Filter, Order
    from pytest_confluent_contracts.model.promises import Entry, Pages
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Exchange

    JudgeWalks = Callable[["Lists"], Iterable[Evidence]]


@dataclass(frozen=True, slots=True)
class Walk:
    """The pages of one list, in the order in which each led to the next."""

    steps: tuple[Step, ...]

    @property
    def shown(self) -> list[Shown]:
        """Return what all pages show, in order."""
        return [shown for step in self.steps for shown in step.shown]


@dataclass(frozen=True, slots=True)
class Lists:
    """What a life shows of the list of one operation, ``life`` itself, and each walk through it."""

    operation: Operation
    life: Life
    walks: tuple[Walk, ...]


class ListReader:
    """Reads the lists of one operation out of the life of its resource."""

    def __init__(self, operation: Operation, resource: Resource) -> None:
        self._operation, self._reader = operation, LifeReader(resource)

    def read(self, exchanges: Sequence[Exchange]) -> Lists:
        """Return what *exchanges*, of a whole life, show of the list."""
        life = self._reader.read(exchanges)
        walks: list[Walk] = []
        for step in life.answers:
            if step.exchange.case.operation.key != self._operation.key:
                continue
            if step.exchange.case.subject == IS_NEXT_PAGE and walks:
                walks[-1] = Walk((*walks[-1].steps, step))
            else:
                walks.append(Walk((step,)))
        return Lists(self._operation, life, tuple(walks))


def derive(operation: Operation) -> Iterator[Clause]:
    """Yield what the list of *operation* promises of its parts."""
    resource = operation.resource
    if resource is None or operation.role is not Role.LIST or operation.method != "GET":
        return
    maker = _ClauseMaker(operation, ListReader(operation, resource))
    pages = operation.listing.pages
    if pages is not None:
        yield from _of_pages(maker, pages)
    for one in operation.listing.filters:
        yield maker.make(
            f"filter/{one.parameter}",
            f"{one.parameter} keeps what has this value at {one.member}, and nothing else",
            partial(judge_filter, wanted=one),
            one,
        )
    for order in operation.listing.orders:
        yield maker.make(
            f"order/{order.parameter}/{order.value}",
            f"{order.parameter}={order.value} sorts by {order.member}",
            partial(judge_order, order=order),
            order,
        )


def _of_pages(maker: _ClauseMaker, pages: Pages) -> Iterator[Clause]:
    if pages.size:
        told = "a page has at most as many items as were asked for, or as the default says"
        yield maker.make("page-size-kept", told, partial(judge_size, pages=pages), pages)
    yield maker.make(
        "pages-are-disjoint",
        "what stands on one page stands on no other",
        judge_disjoint,
        pages,
    )
    yield maker.make(
        "pages-are-complete",
        "all pages together show all that there is",
        judge_complete,
        pages,
    )
    yield maker.make(
        "pages-end",
        "each page leads to another one, and the last to none",
        partial(judge_end, pages=pages),
        pages,
    )
    if pages.total:
        told = f"{pages.total} is the number of items that all pages have"
        yield maker.make("total-agrees", told, partial(judge_total, pages=pages), pages)
    if pages.style is PageStyle.CURSOR and pages.position:
        yield maker.make(
            "unknown-page-refused",
            f"a value of {pages.position} that no answer has shown is refused",
            judge_unknown_page,
            pages,
            level=Level.SHOULD,
        )


@dataclass(frozen=True, slots=True)
class _ClauseMaker:
    """Makes the clauses of one list."""

    operation: Operation
    reader: ListReader

    def make(
        self,
        rule: str,
        promise: str,
        judge: JudgeWalks,
        entry: Entry,
        *,
        level: Level | None = None,
    ) -> Clause:
        """Return the clause ``list/RULE``: a MUST where *entry* is stated."""
        reader = self.reader

        def judge_exchanges(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
            return judge(reader.read(exchanges))

        def explain(exchanges: Sequence[Exchange]) -> MissingEvidence:
            return MissingEvidence(MissingKind.NOT_LISTED_IN_PARTS)

        return Clause(
            id=f"list/{rule}",
            family=Family.LIST,
            level=level or (Level.SHOULD if entry.inferred else Level.MUST),
            place=entry.place,
            promise=entry.says or promise,
            judge=judge_exchanges,
            explain=explain,
            needs=frozenset({Probe.LIFE, Probe.SEQUENCES}),
            stateful=True,
        )


# --- pages ----------------------------------------------------------------------------------------


def judge_size(lists: Lists, pages: Pages) -> Iterator[Evidence]:
    """Judge that no page has more items than were asked for; without that, than the default.

    A page may have fewer: a service may end it early.
    """
    for walk in lists.walks:
        for step in walk.steps:
            most = asked_size(step.exchange.case, pages)
            if step.outcome is not Outcome.DONE or most is None or most < 1:
                continue
            if pages.largest_size is not None:
                most = min(most, pages.largest_size)
            count = _count_of_items(step)
            finding = None
            if count > most:
                finding = _finding(FindingKind.PAGE_TOO_LARGE, step, str(most), count)
            yield Evidence(step.exchange, finding)


def _count_of_items(step: Step) -> int:
    return len(list(paths.values_at(step.exchange.json, step.model.root)))


def judge_disjoint(lists: Lists) -> Iterator[Evidence]:
    """Judge that nothing of the run's own stands on two pages of one walk."""
    for walk in lists.walks:
        if len(walk.steps) < 2:
            continue
        seen: set[Key] = set()
        for step in walk.steps:
            own = {shown.key for shown in lists.life.own_shown(step)}
            twice = sorted(seen & own)
            finding = None
            if twice:
                finding = _finding(FindingKind.ON_TWO_PAGES, step, quoted(twice[0][-1]))
            yield Evidence(step.exchange, finding)
            seen |= own


def judge_complete(lists: Lists) -> Iterator[Evidence]:
    """Judge that a walk to the last page shows all that the run has made and not deleted."""
    latest: dict[Key, Shown] = {}
    for moment in lists.life.moments():
        step = moment.step
        if _is_of(step, lists.operation) and is_whole_list(step):
            for key, maker in _due_in(moment):
                if may_be_hidden(step, maker, latest, key):
                    continue
                yield _evidence_of_shown(step, key, FindingKind.ON_NO_PAGE)
        for shown in step.shown:
            latest[shown.key] = shown


def _is_of(step: Step, operation: Operation) -> bool:
    return step.exchange.case.operation.key == operation.key and step.is_list


def _due_in(moment: Moment) -> Iterator[tuple[Key, Step]]:
    """Yield what the life has made that the list is about, and that must be there."""
    for key, maker in moment.made.items():
        is_under = maker.scope == moment.step.scope and maker.role is Role.CREATE
        if is_under and is_due(maker):
            yield key, maker


def _evidence_of_shown(step: Step, key: Key, kind: FindingKind) -> Evidence:
    """Return that *step* shows *key*, or the finding *kind* that it does not."""
    if any(shown.key == key for shown in step.shown):
        return Evidence(step.exchange)
    return Evidence(step.exchange, _finding(kind, step, quoted(key[-1])))


def judge_end(lists: Lists, pages: Pages) -> Iterator[Evidence]:
    """Judge that no page leads back to one of its own walk, and the last one nowhere.

    A page without items may lead on: some services look through what nobody may see.
    """
    for walk in lists.walks:
        asked = {step.exchange.case.query for step in walk.steps}
        for step in walk.steps:
            if step.outcome is not Outcome.DONE:
                if step is not walk.steps[0]:
                    yield Evidence(step.exchange, _finding(FindingKind.NEXT_REFUSED, step))
                continue
            count = _count_of_items(step)
            query = next_query(step.exchange.case, step.exchange, pages, count)
            is_loop = step is walk.steps[-1] and query is not None and query in asked
            finding = _finding(FindingKind.NEXT_LEADS_BACK, step) if is_loop else None
            yield Evidence(step.exchange, finding)


def judge_total(lists: Lists, pages: Pages) -> Iterator[Evidence]:
    """Judge that the total is what a walk to its end has shown.

    Where pages of one walk tell different totals, somebody was at work in between.
    """
    for walk in lists.walks:
        totals = [_total_told(step, pages) for step in walk.steps]
        last = walk.steps[-1]
        is_ended = last.outcome is Outcome.DONE and not tells_another(last.exchange, pages)
        is_from_the_start = not asks_for_position(walk.steps[0].exchange.case, pages)
        if not is_ended or not is_from_the_start or None in totals or len(set(totals)) > 1:
            continue
        count = sum(_count_of_items(step) for step in walk.steps)
        finding = None
        if totals[-1] != count:
            observed = totals[-1] or 0
            finding = _finding(FindingKind.TOTAL_DIFFERS, last, str(count), observed, pages.total)
        yield Evidence(last.exchange, finding)


def _total_told(step: Step, pages: Pages) -> int | None:
    total = paths.value_at(step.exchange.json, pages.total)
    is_count = isinstance(total, int) and not isinstance(total, bool)
    return total if is_count else None


def judge_unknown_page(lists: Lists) -> Iterator[Evidence]:
    """Judge that a page that no answer has led to is refused."""
    for walk in lists.walks:
        first = walk.steps[0]
        if first.exchange.case.expect is not Expect.REFUSED or first.exchange.failure:
            continue
        finding = None
        if first.exchange.accepted:
            finding = _finding(FindingKind.UNKNOWN_PAGE_TAKEN, first)
        yield Evidence(first.exchange, finding)


# --- filters and order ----------------------------------------------------------------------------


def judge_filter(lists: Lists, wanted: Filter) -> Iterator[Evidence]:
    """Judge that a filtered list has what meets the filter, and nothing else.

    What is missing is only told of the run's own, which lists have shown before. A filter that only
    its name tells of may look for a part of the text.
    """
    latest: dict[Key, Shown] = {}
    for moment in lists.life.moments():
        step = moment.step
        text = sent_text(step.opening.case, wanted.parameter)
        is_filtered = _is_of(step, lists.operation) and text is not None
        if is_filtered and text is not None and step.outcome is Outcome.DONE:
            yield from _let_through(step, wanted, text)
            if is_to_the_end(step):
                yield from _left_out(lists, moment, latest)
        elif step.is_list:
            latest.update({shown.key: shown for shown in step.shown})


def _let_through(step: Step, wanted: Filter, text: str) -> Iterator[Evidence]:
    """Yield whether each item of *step* has *text* where the filter looks."""
    for shown in step.shown:
        values = _texts_at(shown.item, wanted)
        is_met = text in values
        if wanted.inferred:
            is_met = is_met or any(text.lower() in value.lower() for value in values)
        finding = None
        if not is_met:
            observed = ", ".join(values) or "nothing"
            finding = _finding(
                FindingKind.FILTER_LETS_THROUGH, step, quoted(text), observed, wanted.member
            )
        yield Evidence(shown.exchange, finding)


def _left_out(lists: Lists, moment: Moment, latest: Mapping[Key, Shown]) -> Iterator[Evidence]:
    """Yield whether what meets all filters of the request is in its answer."""
    step = moment.step
    for key, _ in _due_in(moment):
        if key in latest and _meets_all(latest[key].item, step.opening, lists.operation):
            yield _evidence_of_shown(step, key, FindingKind.FILTER_LEAVES_OUT)


def _meets_all(item: Mapping[str, Any], asked: Exchange, operation: Operation) -> bool:
    """Return whether *item* meets each filter that was *asked* for."""
    for one in operation.listing.filters:
        text = sent_text(asked.case, one.parameter)
        if text is not None and text not in _texts_at(item, one):
            return False
    return True


def _texts_at(item: Mapping[str, Any], wanted: Filter) -> list[str]:
    """Return what *item* has where the filter looks, as it stands in a query."""
    return [text_of(value) for _, value in paths.values_at(item, wanted.member)]


def judge_order(lists: Lists, order: Order) -> Iterator[Evidence]:
    """Judge that a sorted list is in order.

    Texts may be compared in small letters: what is in order either way is fine.
    """
    for walk in lists.walks:
        if sent_text(walk.steps[0].exchange.case, order.parameter) != order.value:
            continue
        values = [paths.value_at(shown.item, order.member) for shown in walk.shown]
        known = [value for value in values if value is not ABSENT and value is not None]
        if order.is_descending:
            known.reverse()
        for before, after in itertools.pairwise(known):
            finding = None
            if _is_after(before, after):
                finding = _finding(
                    FindingKind.OUT_OF_ORDER,
                    walk.steps[-1],
                    quoted(before),
                    quoted(after),
                    order.member,
                )
            yield Evidence(walk.steps[-1].exchange, finding)


def _is_after(one: Any, other: Any) -> bool:
    """Return whether *one* surely comes after *other*."""
    if isinstance(one, str) and isinstance(other, str):
        return one > other and one.lower() > other.lower()
    is_number = isinstance(one, (int, float)) and isinstance(other, (int, float))
    return is_number and one > other


def _finding(
    kind: FindingKind,
    step: Step,
    expected: Any = "",
    observed: Any = "",
    subject: str = "",
) -> Finding:
    case = step.exchange.case
    return Finding(kind, step.status, subject, expected, observed, request=case.written_target)
