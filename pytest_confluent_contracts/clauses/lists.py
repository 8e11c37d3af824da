"""Does a list come in its parts as its document says? Its pages, its filters, its order.

What others have in a list may come and go meanwhile: only what the run made is held to be there,
and once. Where only names tell that a parameter is one of pages or a filter, it warns at most.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.lifecycle_lists import (
    LastSeen,
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
from pytest_confluent_contracts.clauses.reading import missing
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import (
    Clause,
    Evidence,
    Family,
    Finding,
    FindingKind,
    Level,
    MissingKind,
)
from pytest_confluent_contracts.model.moments import instant_told
from pytest_confluent_contracts.model.page_links import (
    FIRST,
    FROM_OFFSET,
    LAST,
    LED_STEPS,
    ODD_SIZE,
    OTHER_FILTER,
    PREVIOUS,
    asked_size,
    asks_for_position,
    link_of_page,
    next_query,
    query_of_link,
    sent_text,
    sent_texts,
    tells_another,
    without_pages,
)
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import AboveMaximum
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.serialisation import text_of
from pytest_confluent_contracts.model.traffic import OF_RESOURCES, Expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.clauses.lifecycle_members import Key, Shown
    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Moment, Step
    from pytest_confluent_contracts.model.clauses import Explain
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.listing import Filter, Order
    from pytest_confluent_contracts.model.promises import Entry, Pages
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Exchange

    JudgeWalks = Callable[["Lists"], Iterable[Evidence]]

NO_PARTS = missing(MissingKind.NOT_LISTED_IN_PARTS)
# Of each link beside the one to the next page, what it promises.
LINKS = {
    FIRST: "leads to the page that a list begins with",
    LAST: "leads to the page that has the last item of all, and no next",
    PREVIOUS: "leads to the page before, and from the first page nowhere",
}


@dataclass(frozen=True, slots=True)
class Walk:
    """The pages of one list, in the order in which each led to the next.

    ``led`` are pages to which their other links have led.
    """

    steps: tuple[Step, ...]
    led: tuple[Step, ...] = ()

    @property
    def shown(self) -> list[Shown]:
        """Return what all pages show, in order."""
        return [shown for step in self.steps for shown in step.shown]

    @property
    def keys(self) -> list[Key]:
        """Return the resources that all pages show, in order."""
        return [shown.key for shown in self.shown]


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
            is_sent_again = step.exchange.throttled or step.exchange.superseded
            if step.exchange.case.operation.key != self._operation.key or is_sent_again:
                continue
            subject = step.exchange.case.subject
            if subject == IS_NEXT_PAGE and walks:
                walks[-1] = replace(walks[-1], steps=(*walks[-1].steps, step))
            elif subject.name in LED_STEPS.values() and walks:
                walks[-1] = replace(walks[-1], led=(*walks[-1].led, step))
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
        if pages is not None and pages.has_cursor:
            yield maker.make(
                f"cursor-of-another-filter/{one.parameter}",
                f"{pages.position} that was told with another {one.parameter} is refused, or shows "
                f"nothing that does not meet this one",
                partial(judge_other_filter, wanted=one),
                one,
                level=Level.SHOULD,
            )
    for order in operation.listing.orders:
        rule, told = "order/default", "a list that nobody asks to sort is sorted"
        if order.parameter:
            rule = f"order/{order.parameter}/{order.value}"
            told = f"{order.parameter}={order.value} sorts"
        judge = partial(judge_order, order=order)
        yield maker.make(rule, f"{told} by {order.member}", judge, order)


def _of_pages(maker: _ClauseMaker, pages: Pages) -> Iterator[Clause]:
    if pages.size:
        told = "a page has at most as many items as were asked for, or as the default says"
        yield maker.make("page-size-kept", told, partial(judge_size, pages=pages), pages)
        told = (
            f"{pages.size} of 0, below it, above the maximum or of letters is no accident: no 5xx"
        )
        yield maker.make("odd-page-size", told, partial(judge_odd_size, pages=pages), pages)
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
    for relation, told in LINKS.items():
        if pages.links_to(relation):
            judge = partial(judge_link, pages=pages, relation=relation)
            yield maker.make(
                f"link/{relation}",
                f"the link {relation} {told}",
                judge,
                pages,
                explain=missing(MissingKind.NO_PAGE_LINK, relation),
            )
    if pages.has_offset and pages.size:
        yield maker.make(
            "offset-kept",
            f"a page starts behind as many items as {pages.position} says, whatever its size",
            partial(judge_offset, pages=pages),
            pages,
        )
    if pages.told_total:
        told = f"{pages.told_total} is the number of items that all pages have"
        yield maker.make("total-agrees", told, partial(judge_total, pages=pages), pages)
    if pages.has_cursor:
        yield maker.make(
            "unknown-page-refused",
            f"a value of {pages.position} that no answer has shown is refused",
            partial(judge_unknown_page, pages=pages),
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
        explain: Explain = NO_PARTS,
    ) -> Clause:
        """Return the clause ``list/RULE``: a MUST where *entry* is stated."""
        reader = self.reader

        def judge_exchanges(exchanges: Sequence[Exchange]) -> Iterable[Evidence]:
            return judge(reader.read(exchanges))

        return Clause(
            id=f"list/{rule}",
            family=Family.LIST,
            level=level or (Level.SHOULD if entry.inferred else Level.MUST),
            place=entry.place,
            promise=entry.says or promise,
            judge=judge_exchanges,
            explain=explain,
            needs=OF_RESOURCES,
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


def judge_odd_size(lists: Lists, pages: Pages) -> Iterator[Evidence]:
    """Judge that a size that makes no page is no accident, and one that is too large may be cut.

    Who says that it is cut down to the maximum takes it.
    """
    for walk in lists.walks:
        first = walk.steps[0]
        if first.exchange.case.subject.name != ODD_SIZE or first.exchange.failure:
            continue
        asked = sent_text(first.exchange.case, pages.size) or ""
        is_taken = first.exchange.accepted or first.exchange.throttled
        finding = None
        if first.status >= 500 or (_is_cut_down(asked, pages) and not is_taken):
            finding = _finding(FindingKind.PAGE_SIZE_FAILS, first, subject=pages.size)
        yield Evidence(first.exchange, finding)


def _is_cut_down(asked: str, pages: Pages) -> bool:
    """Return whether the document says that a page of the size *asked* is cut down."""
    if pages.above_maximum is not AboveMaximum.CAPPED or pages.largest_size is None:
        return False
    return asked.isdecimal() and int(asked) > pages.largest_size


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
    seen = LastSeen()
    for moment in lists.life.moments():
        step = moment.step
        if _is_of(step, lists.operation) and is_whole_list(step):
            for key, maker in _due_in(moment):
                if may_be_hidden(step, maker, seen, key):
                    continue
                yield _evidence_of_shown(step, key, FindingKind.ON_NO_PAGE)
        seen.follow(step)


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


def judge_link(lists: Lists, pages: Pages, relation: str) -> Iterator[Evidence]:
    """Judge that the links of *relation* lead where they say, and stand where they ought to.

    Where others were at work meanwhile, only what the run made counts.
    """
    for walk in lists.walks:
        for step in walk.led:
            if step.exchange.case.subject.name == LED_STEPS[relation]:
                yield from _led_to(lists, walk, step, pages, relation)
        if relation == PREVIOUS:
            yield from _led_back(walk, pages)


def _led_to(lists: Lists, walk: Walk, led: Step, pages: Pages, relation: str) -> Iterator[Evidence]:
    """Yield whether *led* is the page that it is to be: it has the items that this page has."""
    wanted = _items_led_to(walk, led, pages, relation)
    if not wanted or led.exchange.failure or led.exchange.throttled:
        return
    if led.outcome is not Outcome.DONE:
        yield Evidence(led.exchange, _finding(FindingKind.LINK_REFUSED, led, subject=relation))
    elif relation == LAST and tells_another(led.exchange, pages):
        yield Evidence(led.exchange, _finding(FindingKind.LAST_LEADS_ON, led))
    else:
        yield from _has_all(lists, walk, led, wanted, relation)


def _has_all(
    lists: Lists, walk: Walk, led: Step, wanted: Sequence[Key], relation: str
) -> Iterator[Evidence]:
    """Yield whether *led* has what is *wanted* of it; nothing where others may have moved that."""
    there = {shown.key for shown in led.shown}
    missed = [key for key in wanted if key not in there]
    certain = [key for key in missed if _is_certain(lists, walk, key)]
    finding = None
    if certain:
        kind, id = FindingKind.LINK_LEADS_ELSEWHERE, quoted(certain[0][-1])
        finding = _finding(kind, led, id, subject=relation)
    if certain or not missed:
        yield Evidence(led.exchange, finding)


def _items_led_to(walk: Walk, led: Step, pages: Pages, relation: str) -> list[Key]:
    """Return what stands on the page of *relation*: more than one where several pages lead there.

    It is empty where nobody knows.
    """
    if relation == FIRST:
        return walk.keys[:1]
    if relation == LAST:
        last = walk.steps[-1]  # it may be empty, where the one before was full
        shown = [one.key for one in last.shown]
        return [] if tells_another(last.exchange, pages) else shown[-1:]
    found: list[Key] = []
    before: list[Key] = []
    for step in walk.steps:
        link = link_of_page(step.exchange, pages, relation)
        case = step.exchange.case
        if link and query_of_link(case, link, pages) == led.exchange.case.query:
            found += before[-1:]
        before += [shown.key for shown in step.shown]
    return found


def judge_offset(lists: Lists, pages: Pages) -> Iterator[Evidence]:
    """Judge that a page between two pages is that part of the list: it may end early.

    The list is known where a walk before has shown as far, and one behind shows the same again.
    """
    for index, walk in enumerate(lists.walks):
        first = walk.steps[0]
        case = first.exchange.case
        if case.subject.name != FROM_OFFSET or first.outcome is not Outcome.DONE:
            continue
        start = int(sent_text(case, pages.position) or 0) - pages.begins_at
        size = asked_size(case, pages) or 0
        before = _beginnings(lists.walks[:index], first, pages, start + size)
        after = _beginnings(lists.walks[index + 1 :], first, pages, start + size)
        if not before or before[-1] not in after:
            continue
        wanted, shown = before[-1][start:], [one.key for one in first.shown]
        finding = None
        if not shown or shown != wanted[: len(shown)]:
            expected, observed = _told_keys(wanted), _told_keys(shown) or "nothing"
            kind = FindingKind.STARTS_ELSEWHERE
            finding = _finding(kind, first, expected, observed, pages.position)
        yield Evidence(first.exchange, finding)


def _beginnings(walks: Sequence[Walk], page: Step, pages: Pages, count: int) -> list[list[Key]]:
    """Return the first *count* that each walk of the list of *page* has shown, where it has."""
    asked = without_pages(page.exchange.case.query, pages)
    found: list[list[Key]] = []
    for walk in walks:
        opening = walk.steps[0]
        case = opening.exchange.case
        is_same = without_pages(case.query, pages) == asked and opening.scope == page.scope
        if is_same and not asks_for_position(case, pages) and len(walk.keys) >= count:
            found.append(walk.keys[:count])
    return found


def _told_keys(keys: Sequence[Key]) -> str:
    return ", ".join(quoted(key[-1]) for key in keys)


def _is_certain(lists: Lists, walk: Walk, wanted: Key) -> bool:
    """Return whether *wanted* stands where it stood: it is the run's, or nothing has moved.

    Nothing has where the list is the same once more, later on.
    """
    return wanted in lists.life.own_keys or _is_same_later(lists, walk)


def _is_same_later(lists: Lists, walk: Walk) -> bool:
    """Return whether a later walk shows the same: nobody was at work in between."""
    later = lists.walks[lists.walks.index(walk) + 1 :]
    return any(one.keys == walk.keys for one in later)


def _led_back(walk: Walk, pages: Pages) -> Iterator[Evidence]:
    """Yield whether each page but the first has a link back, where any has."""
    if walk.steps[0].exchange.case.subject.name == OTHER_FILTER:
        return
    told = [bool(link_of_page(step.exchange, pages, PREVIOUS)) for step in walk.steps]
    are_pages = all(step.outcome is Outcome.DONE for step in walk.steps)
    is_from_the_start = not asks_for_position(walk.steps[0].exchange.case, pages)
    if not any(told) or not are_pages or not is_from_the_start:
        return
    for step, is_told in zip(walk.steps, told, strict=True):
        is_first = step is walk.steps[0]
        finding = None
        if is_first and is_told:
            finding = _finding(FindingKind.FIRST_LEADS_BACK, step)
        elif not is_first and not is_told:
            finding = _finding(FindingKind.PAGE_LEADS_NOT_BACK, step)
        yield Evidence(step.exchange, finding)


def judge_total(lists: Lists, pages: Pages) -> Iterator[Evidence]:
    """Judge that the total is what a walk to its end has shown.

    Where pages of one walk tell different totals, somebody was at work in between, unless the list
    is the same once more, later on. One that only its name tells of may be that of the whole list,
    whatever filters it.
    """
    unfiltered: set[int] = set()
    for walk in lists.walks:
        totals = [_total_told(step, pages) for step in walk.steps]
        may_be = {sum(_count_of_items(step) for step in walk.steps)}
        if not _is_filtered(walk, lists.operation):
            unfiltered |= {total for total in totals if total is not None}
        elif pages.inferred:
            may_be |= unfiltered
        is_quiet = len(set(totals)) == 1 or _is_same_later(lists, walk)
        if is_quiet and _is_whole_walk(walk, pages) and None not in totals:
            yield _evidence_of_totals(walk, totals, may_be, pages)


def _is_whole_walk(walk: Walk, pages: Pages) -> bool:
    """Return whether *walk* goes from the first page to the last.

    A run ends a long one before that: then the page that it ends with leads to one more.
    """
    first, last = walk.steps[0].exchange, walk.steps[-1]
    if last.outcome is not Outcome.DONE or tells_another(last.exchange, pages):
        return False
    following = next_query(last.exchange.case, last.exchange, pages, _count_of_items(last))
    return following is None and not asks_for_position(first.case, pages)


def _evidence_of_totals(
    walk: Walk, totals: Sequence[int | None], may_be: set[int], pages: Pages
) -> Evidence:
    """Return that each page tells one of the totals that there *may_be*, or that one does not."""
    for step, total in zip(walk.steps, totals, strict=True):
        if total not in may_be:
            told = str(sum(_count_of_items(one) for one in walk.steps))
            finding = _finding(FindingKind.TOTAL_DIFFERS, step, told, total or 0, pages.told_total)
            return Evidence(step.exchange, finding)
    return Evidence(walk.steps[-1].exchange)


def _is_filtered(walk: Walk, operation: Operation) -> bool:
    case = walk.steps[0].exchange.case
    return any(sent_text(case, one.parameter) is not None for one in operation.listing.filters)


def _total_told(step: Step, pages: Pages) -> int | None:
    if not pages.total:
        told = step.exchange.header(pages.total_header) or ""
        return int(told) if told.isdecimal() else None
    total = paths.value_at(step.exchange.json, pages.total)
    is_count = isinstance(total, int) and not isinstance(total, bool)
    return total if is_count else None


def judge_unknown_page(lists: Lists, pages: Pages) -> Iterator[Evidence]:
    """Judge that a page that no answer has led to is refused.

    What is to be refused for another parameter tells nothing of pages.
    """
    for walk in lists.walks:
        first = walk.steps[0]
        if first.exchange.case.expect is not Expect.REFUSED or first.exchange.failure:
            continue
        if not asks_for_position(first.exchange.case, pages):
            continue
        finding = None
        if first.exchange.accepted:
            finding = _finding(FindingKind.UNKNOWN_PAGE_TAKEN, first)
        yield Evidence(first.exchange, finding)


# --- filters and order ----------------------------------------------------------------------------


def judge_filter(lists: Lists, wanted: Filter) -> Iterator[Evidence]:
    """Judge that a filtered list has what meets the filter, and nothing else.

    Of several values, each item has one: no member has two.
    What is missing is only told of the run's own, which lists have shown before, and by what it has
    since the last write to it. A filter that only its name tells of may look for a part of the
    text.
    """
    seen = LastSeen()
    listed: set[Key] = set()
    for moment in lists.life.moments():
        step = moment.step
        texts = sent_texts(step.opening.case, wanted.parameter)
        is_filtered = _is_of(step, lists.operation) and bool(texts)
        if is_filtered and step.outcome is Outcome.DONE:
            yield from _let_through(step, wanted, texts)
            if is_to_the_end(step):
                known = {key: seen.shown[key] for key in listed & seen.shown.keys()}
                yield from _left_out(lists, moment, known)
            continue
        seen.follow(step)
        if step.is_list:
            listed |= {shown.key for shown in step.shown}


def judge_other_filter(lists: Lists, wanted: Filter) -> Iterator[Evidence]:
    """Judge that a page that was led to by one filter shows nothing that another does not let in.

    It may be refused as well.
    """
    for walk in lists.walks:
        first = walk.steps[0]
        text = sent_text(first.exchange.case, wanted.parameter)
        if first.exchange.case.subject.name != OTHER_FILTER or text is None:
            continue
        if first.outcome is Outcome.DONE and first.shown:
            yield from _let_through(first, wanted, [text])
        elif not first.exchange.failure and first.status < 500:
            yield Evidence(first.exchange)


def _let_through(step: Step, wanted: Filter, texts: Sequence[str]) -> Iterator[Evidence]:
    """Yield whether each item of *step* has one of *texts* where the filter looks."""
    told = " or ".join(quoted(text) for text in texts)
    for shown in step.shown:
        values = _texts_at(shown.item, wanted)
        pairs = itertools.product(texts, values)
        is_met = any(_meets(text, value, wanted) for text, value in pairs)
        finding = None
        if not is_met:
            observed = ", ".join(values) or "nothing"
            finding = _finding(FindingKind.FILTER_LETS_THROUGH, step, told, observed, wanted.member)
        yield Evidence(shown.exchange, finding)


def _meets(text: str, value: str, wanted: Filter) -> bool:
    """Return whether *value* is *text*; has it, where only its name tells of the filter."""
    return text == value or (wanted.inferred and text.lower() in value.lower())


def _left_out(lists: Lists, moment: Moment, known: Mapping[Key, Shown]) -> Iterator[Evidence]:
    """Yield whether what meets all filters of the request, as far as *known*, is in its answer."""
    step = moment.step
    for key, _ in _due_in(moment):
        if key in known and _meets_all(known[key].item, step.opening, lists.operation):
            yield _evidence_of_shown(step, key, FindingKind.FILTER_LEAVES_OUT)


def _meets_all(item: Mapping[str, Any], asked: Exchange, operation: Operation) -> bool:
    """Return whether *item* meets each filter that was *asked* for."""
    for one in operation.listing.filters:
        texts = sent_texts(asked.case, one.parameter)
        if texts and not set(texts) & set(_texts_at(item, one)):
            return False
    return True


def _texts_at(item: Mapping[str, Any], wanted: Filter) -> list[str]:
    """Return what *item* has where the filter looks, as it stands in a query."""
    return [text_of(value) for _, value in paths.values_at(item, wanted.member)]


def judge_order(lists: Lists, order: Order) -> Iterator[Evidence]:
    """Judge that a sorted list is in order.

    Texts may be compared in small letters, throughout the list: it may be in order either way.
    """
    for walk in lists.walks:
        if not _is_in_order_of(walk, order, lists.operation):
            continue
        last = walk.steps[-1]
        values = [paths.value_at(shown.item, order.member) for shown in walk.shown]
        known = [value for value in values if value is not ABSENT and value is not None]
        if order.is_descending:
            known.reverse()
        pairs = list(itertools.pairwise(known))
        wrong = min((_out_of_order(pairs, fold) for fold in (False, True)), key=len)
        for before, after in wrong:
            finding = _finding(
                FindingKind.OUT_OF_ORDER, last, quoted(before), quoted(after), order.member
            )
            yield Evidence(last.exchange, finding)
        if pairs and not wrong:
            yield Evidence(last.exchange)


def _out_of_order(pairs: Sequence[tuple[Any, Any]], fold: bool) -> list[tuple[Any, Any]]:
    """Return those of *pairs* that are surely the wrong way round; *fold*: in small letters."""
    return [(one, other) for one, other in pairs if _is_after(one, other, fold)]


def _is_in_order_of(walk: Walk, order: Order, operation: Operation) -> bool:
    """Return whether *order* was asked for, or, where it is the default, none was."""
    case = walk.steps[0].exchange.case
    if order.parameter:
        return sent_text(case, order.parameter) == order.value
    sorting = {one.parameter for one in operation.listing.orders if one.parameter}
    is_from_the_start = not asks_for_position(case, operation.listing.pages)
    return is_from_the_start and all(sent_text(case, name) is None for name in sorting)


def _is_after(one: Any, other: Any, fold: bool) -> bool:
    """Return whether *one* surely comes after *other*; of a text its letters and digits tell.

    Where accents and marks stand is a matter of language.
    """
    if isinstance(one, str) and isinstance(other, str):
        instant, later = instant_told(one), instant_told(other)
        if instant is not None and later is not None:
            return instant > later
        if fold:
            one, other = one.lower(), other.lower()
        for letter, against in zip(one, other, strict=False):
            if letter != against:
                is_plain = f"{letter}{against}".isascii() and f"{letter}{against}".isalnum()
                return is_plain and bool(letter > against)
        return len(one) > len(other)
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
