"""In which ways can the parts of a list go wrong? Its pages, what leads to them, its filters."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.lists import Page, query_text, written
from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    alter_answers,
    chain_alterations,
    mutate_step,
    replace_step,
    set_status,
)
from pytest_confluent_contracts.double.service import Problem, Refused
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import PageStyle
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.double.lists import ListService
    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Answer, Request
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.listing import Filter
    from pytest_confluent_contracts.model.promises import Pages

    Lead = Callable[[Page], int | None]
    ChangePage = Callable[[Page, Sequence[Any]], Page]
    IsPage = Callable[[Page], bool]
    # Where a page leads, told where it led before.
    ChangeLead = Callable[[Page, int | None], int | None]
    # From which pages, of which size (0: of any), a link leads where; and which clause tells.
    WrongLinks = dict[str, tuple[IsPage, int, ChangeLead, str]]

SIZE, APART, ALL = "list/page-size-kept", "list/pages-are-disjoint", "list/pages-are-complete"
BEGINNING = 2  # characters that ids of one kind have in common
ODD, OTHER_FILTER = "list/odd-page-size", "list/cursor-of-another-filter"
FIRST, LAST, BEFORE = "list/link/first", "list/link/last", "list/link/prev"
OFFSET = "list/offset-kept"
END, TOTAL, UNKNOWN = "list/pages-end", "list/total-agrees", "list/unknown-page-refused"


def list_part_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the pages, the filters and the order of a list."""
    if operation.role is not Role.LIST or operation.method != "GET":
        return
    pages = operation.listing.pages
    if pages is not None:
        yield from page_mutations(pages)
        yield from leading_mutations(pages)
        yield from some_page_mutations(pages)
        yield from link_mutations(pages)
    if pages is not None and pages.told_total:
        yield from total_mutations(operation.listing.filters)
    yield from filter_mutations(operation)
    yield from order_mutations(operation)


# --- pages ----------------------------------------------------------------------------------------


def page_mutations(pages: Pages) -> Iterator[Mutation]:
    """Yield the mutations of what a page shows."""
    for told, (change, clause) in PAGES.items():
        if clause == SIZE and not pages.size:
            continue
        yield mutate_step(told, "page_of", partial(page_otherwise, change), clause)
    if pages.size:
        yield mutate_step("the size of a page is not looked at", "size_of", default_size, SIZE)
        yield mutate_step("pages of two are pages of three", "size_of", larger_than(1), SIZE)
        yield mutate_step(
            "a page that was led to has the default size", "size_of", default_when_led, SIZE
        )


def page_otherwise(
    change: ChangePage, _: ListService, inner: Any, request: Request, items: Sequence[Any]
) -> Page:
    """Show the page that *change* makes of the right one."""
    return change(inner(request, items), items)


def one_more(page: Page, items: Sequence[Any]) -> Page:
    """Show one item more than was asked for."""
    return _shown(page, items, page.start, page.start + page.size + 1)


def one_more_later(page: Page, items: Sequence[Any]) -> Page:
    """Show one item more on all pages but the first."""
    return one_more(page, items) if page.start else page


def from_the_last(page: Page, items: Sequence[Any]) -> Page:
    """Start each page with the last item of the page before."""
    return _shown(page, items, page.start - 1, page.start + page.size - 1) if page.start else page


def second_from_the_last(page: Page, items: Sequence[Any]) -> Page:
    """Start the second page with the last item of the first."""
    return from_the_last(page, items) if page.start == page.size else page


def last_from_the_last(page: Page, items: Sequence[Any]) -> Page:
    """Start the last page with the last item of the page before."""
    is_last = page.next_start is None and page.start > 0
    return _shown(page, items, page.start - 1, page.start + page.size) if is_last else page


def first_again(page: Page, items: Sequence[Any]) -> Page:
    """Show the items of the first page on the last."""
    is_last = page.next_start is None and page.start > 0
    return _shown(page, items, 0, page.size) if is_last else page


def skipping(page: Page, items: Sequence[Any]) -> Page:
    """Leave out the first item of each page but the first."""
    return _shown(page, items, page.start + 1, page.start + page.size) if page.start else page


def skipping_second(page: Page, items: Sequence[Any]) -> Page:
    """Leave out the first item of the second page."""
    return skipping(page, items) if page.start == page.size else page


def without_last(page: Page, items: Sequence[Any]) -> Page:
    """Leave out the last item of all."""
    is_last = page.next_start is None and page.start > 0
    return _shown(page, items, page.start, len(items) - 1) if is_last else page


def empty_last(page: Page, items: Sequence[Any]) -> Page:
    """Show nothing on a last page that is not full."""
    is_part = page.next_start is None and page.start > 0 and len(page.items) < page.size
    return replace(page, items=()) if is_part else page


def shifted_when_even(page: Page, items: Sequence[Any]) -> Page:
    """Leave out the first item of the later pages of two."""
    return skipping(page, items) if page.size == 2 else page


def newest_missing(page: Page, items: Sequence[Any]) -> Page:
    """Leave out the newest, on whichever page."""
    newest = items[-1:]
    return replace(page, items=tuple(one for one in page.items if [one] != list(newest)))


PAGES: dict[str, tuple[ChangePage, str]] = {
    "a page has one item more than was asked for": (one_more, SIZE),
    "the second page has one item more": (one_more_later, SIZE),
    "a page starts with the last item of the page before": (from_the_last, APART),
    "the second page starts with the last item of the first": (second_from_the_last, APART),
    "the last page starts with the last item of the page before": (last_from_the_last, APART),
    "the last page shows the first again": (first_again, APART),
    "each page leaves out its first item": (skipping, ALL),
    "the second page leaves out its first item": (skipping_second, ALL),
    "the last item of all is on no page": (without_last, ALL),
    "a last page that is not full is empty": (empty_last, ALL),
    "pages of two leave out their first item": (shifted_when_even, ALL),
    "the newest is on no page": (newest_missing, ALL),
}


# --- pages: only some of them ---------------------------------------------------------------------


def is_last(page: Page) -> bool:
    """Return whether *page* is the last of several."""
    return page.next_start is None and page.start > 0


def is_last_but_one(page: Page) -> bool:
    """Return whether the page behind *page* is the last."""
    return page.next_start is not None and page.next_start + page.size >= page.count


def is_second(page: Page) -> bool:
    """Return whether *page* is the second."""
    return page.start == page.size


def is_third(page: Page) -> bool:
    """Return whether *page* is the third."""
    return page.start == 2 * page.size


def is_first(page: Page) -> bool:
    """Return whether *page* is the first of several."""
    return page.start == 0 and page.next_start is not None


def is_later(page: Page) -> bool:
    """Return whether *page* is not the first."""
    return page.start > 0


def empty(page: Page, _: Sequence[Any]) -> Page:
    """Show nothing."""
    return replace(page, items=())


def without_its_last(page: Page, _: Sequence[Any]) -> Page:
    """Leave out the last item of the page."""
    return replace(page, items=page.items[:-1])


def with_newest(page: Page, items: Sequence[Any]) -> Page:
    """Show the newest in the place of the page's last item."""
    return replace(page, items=(*page.items[:-1], *items[-1:]))


def with_first(page: Page, items: Sequence[Any]) -> Page:
    """Show the first of all in the place of the page's last item."""
    return replace(page, items=(*page.items[:-1], *items[:1]))


def reading_on(page: Page, items: Sequence[Any]) -> Page:
    """Show what stands behind the page, too."""
    return _shown(page, items, page.start, page.start + page.size + 1)


# Which pages, of which size (0: of any), are changed how; and which clause tells.
SOME_PAGES: dict[str, tuple[IsPage, int, ChangePage, str]] = {
    "the third page has one item more": (is_third, 0, reading_on, SIZE),
    "the last page but one has one item more": (is_last_but_one, 0, reading_on, SIZE),
    "the first of pages of one has one item more": (is_first, 1, reading_on, SIZE),
    "the first of pages of two has one item more": (is_first, 2, reading_on, SIZE),
    "the second of pages of one is empty": (is_second, 1, empty, ALL),
    "the third page is empty": (is_third, 0, empty, ALL),
    "the last of pages of one is empty": (is_last, 1, empty, ALL),
    "the last of pages of three is empty": (is_last, 3, empty, ALL),
    "each page leaves out its last item": (is_later, 0, without_its_last, ALL),
    "the last of pages of two leaves out its last item": (is_last, 2, without_its_last, ALL),
    "the last page but one leaves out its last item": (is_last_but_one, 0, without_its_last, ALL),
    "the newest is on the first page, too": (is_first, 0, with_newest, APART),
    "the newest is on the first of pages of one, too": (is_first, 1, with_newest, APART),
    "the newest is on the second page, too": (is_second, 0, with_newest, APART),
    "the first of all is on the last page in place of the last": (is_last, 0, with_first, ALL),
    "the last of pages of one begins anew": (is_last, 1, with_first, ALL),
}


def change_some(
    holds: IsPage, size: int, change: ChangePage, page: Page, items: Sequence[Any]
) -> Page:
    """Change the page where *holds* does, and it is of *size*, where one is named."""
    is_of_size = size in (0, page.size)
    return change(page, items) if is_of_size and holds(page) else page


def refuse_page(holds: IsPage, own: ListService, inner: Any, request: Request, items: Any) -> Page:
    """Refuse a page that an answer has led to."""
    page: Page = inner(request, items)
    if holds(page):
        raise Refused(Problem(own.unreadable, "invalid_parameter", "There is no such page."))
    return page


def last_is_first(_: ListService, inner: Any, request: Request, items: Sequence[Any]) -> Page:
    """Show the first page for the last."""
    page: Page = inner(request, items)
    return Page(tuple(items[: page.size]), 0, page.size, page.count) if is_last(page) else page


def fail_for_size(wanted: Callable[[str, Pages], bool], pages: Pages) -> Alter:
    """Return the alteration that makes an accident of sizes of a page for which *wanted* holds."""

    def is_asked(request: Request, _: Answer) -> bool:
        told = query_text(request, pages.size)
        return told is not None and wanted(told, pages)

    return alter_answers(set_status(500), is_asked)


def round_start(
    more: int, _: ListService, inner: Any, request: Request, pages: Pages, size: int
) -> int:
    """Start a page where one of its size ends: before what was asked for, or *more* pages on."""
    start = int(inner(request, pages, size))
    return start if start % size == 0 else (start // size + more) * size


def is_none(told: str, _: Pages) -> bool:
    """Return whether no item is asked for."""
    return told == "0"


def is_negative(told: str, _: Pages) -> bool:
    """Return whether less than none is asked for."""
    return told.startswith("-")


def is_no_number(told: str, _: Pages) -> bool:
    """Return whether no number is asked for."""
    return not told.lstrip("-").isdecimal()


def is_too_large(told: str, pages: Pages) -> bool:
    """Return whether more is asked for than the document allows."""
    return told.isdecimal() and pages.largest_size is not None and int(told) > pages.largest_size


ODD_SIZES: dict[str, Callable[[str, Pages], bool]] = {
    "a page of none is an accident": is_none,
    "a page of less than none is an accident": is_negative,
    "a page of a word is an accident": is_no_number,
    "a page that is too large is an accident": is_too_large,
}


def some_page_mutations(pages: Pages) -> Iterator[Mutation]:
    """Yield the mutations of some pages alone."""
    for told, (holds, size, change, clause) in SOME_PAGES.items():
        if pages.size:
            altered = partial(change_some, holds, size, change)
            yield mutate_step(told, "page_of", partial(page_otherwise, altered), clause)
    if pages.has_offset and pages.size:
        for told, more in (("rounded down", 0), ("rounded up", 1)):
            step = partial(round_start, more)
            yield mutate_step(f"an offset is {told} to whole pages", "start_of", step, OFFSET)
    for told, holds in {
        "the last page is refused": is_last,
        "the second page is refused": is_second,
        "the third page is refused": is_third,
    }.items():
        yield mutate_step(told, "page_of", partial(refuse_page, holds), END)
    told = "the last page that was led to is the first"
    yield mutate_step(told, "page_of", last_is_first, END, APART)
    for told, wanted in ODD_SIZES.items():
        if pages.size and (wanted is not is_too_large or pages.largest_size is not None):
            yield Mutation(told, (ODD,), fail_for_size(wanted, pages))


def _shown(page: Page, items: Sequence[Any], start: int, end: int) -> Page:
    return replace(page, items=tuple(items[start:end]))


def default_size(own: ListService, _: Any, __: Request, pages: Pages) -> int:
    """Show as many as the document's default says."""
    return pages.default_size or 20


def larger_than(size: int) -> Callable[..., int]:
    """Return the step that shows one item more where more than *size* were asked for."""

    def enlarge(_: ListService, inner: Any, request: Request, pages: Pages) -> int:
        asked = int(inner(request, pages))
        told = query_text(request, pages.size)
        return asked + 1 if told is not None and asked > size else asked

    return enlarge


def default_when_led(own: ListService, inner: Any, request: Request, pages: Pages) -> int:
    """Look at the size on the first page alone."""
    if query_text(request, pages.position) is None:
        return int(inner(request, pages))
    return pages.default_size or 20


# --- what leads to pages --------------------------------------------------------------------------


def leading_mutations(pages: Pages) -> Iterator[Mutation]:
    """Yield the mutations of what leads to another page."""
    if pages.tells_next:
        for told, (lead, clause) in LEADING.items():
            yield mutate_step(told, "next_start", lead, clause)
    if pages.style is not PageStyle.CURSOR:
        return
    cursor = "start_in_cursor"
    yield mutate_step("a page that was led to is refused", cursor, refuse_cursor, END)
    yield mutate_step("the page that was led to is the first again", cursor, first_page, END)
    yield mutate_step("an unknown page is the first", cursor, unknown_is_first, UNKNOWN)
    yield mutate_step("an unknown page is empty", cursor, unknown_is_far, UNKNOWN)


def leads_nowhere(_: ListService, __: Any, page: Page) -> int | None:
    """Lead nowhere."""
    return None


def leads_nowhere_from_second(_: ListService, inner: Lead, page: Page) -> int | None:
    """Lead nowhere from the second page."""
    if page.start == page.size:
        return None
    return inner(page)


def leads_nowhere_to_last(_: ListService, inner: Lead, page: Page) -> int | None:
    """Lead nowhere where the next page would be the last."""
    following = inner(page)
    return None if following is not None and following + page.size >= page.count else following


def leads_to_itself_at_the_end(_: ListService, inner: Lead, page: Page) -> int | None:
    """Lead from the last page to itself."""
    following = inner(page)
    return page.start if following is None and page.start > 0 else following


def leads_back_at_the_end(_: ListService, inner: Lead, page: Page) -> int | None:
    """Lead from the last page to the second."""
    following = inner(page)
    return page.size if following is None and page.start > 0 else following


def leads_over_one(_: ListService, inner: Lead, page: Page) -> int | None:
    """Lead to where the next page has its second item."""
    following = inner(page)
    return following + 1 if following is not None and following + 1 < page.count else following


def leads_before_one(_: ListService, inner: Lead, page: Page) -> int | None:
    """Lead from pages of two to where this one has its last item."""
    following = inner(page)
    return following - 1 if following is not None and page.size > 1 else following


LEADING: dict[str, tuple[Callable[..., int | None], str]] = {
    "no page leads to another": (leads_nowhere, ALL),
    "the second page leads nowhere": (leads_nowhere_from_second, ALL),
    "nothing leads to the last page": (leads_nowhere_to_last, ALL),
    "the last page leads to itself": (leads_to_itself_at_the_end, END),
    "the last page leads to the second": (leads_back_at_the_end, END),
    "the next page is one item too far": (leads_over_one, ALL),
    "the next page of pages of two is one item too near": (leads_before_one, APART),
}


def leads_where(
    holds: IsPage,
    size: int,
    lead: ChangeLead,
    _: ListService,
    inner: Lead,
    page: Page,
) -> int | None:
    """Lead from pages of *size* (0: of any) for which *holds* does to where *lead* says."""
    following = inner(page)
    return lead(page, following) if size in (0, page.size) and holds(page) else following


def nowhere(_: Page, __: int | None) -> int | None:
    """Lead nowhere."""
    return None


def itself(page: Page, _: int | None) -> int | None:
    """Lead to the page itself."""
    return page.start


def one_too_far(page: Page, start: int | None) -> int | None:
    """Lead to where that page has its second item."""
    return start if start is None else min(start + 1, page.count - 1)


def one_page_too_far(page: Page, start: int | None) -> int | None:
    """Lead to the page behind that one."""
    return None if start is None else start + page.size


def one_page_too_near(page: Page, start: int | None) -> int | None:
    """Lead to the page before that one."""
    return None if start is None else max(0, start - page.size)


def the_beginning(_: Page, __: int | None) -> int | None:
    """Lead to the first page."""
    return 0


def the_second(page: Page, _: int | None) -> int | None:
    """Lead to the second page."""
    return page.size


def without_the_newest(page: Page, _: int | None) -> int | None:
    """Lead to the last page as if the newest were not there."""
    return max(0, page.count - 2) // page.size * page.size


def always(_: Page) -> bool:
    """Hold for each page."""
    return True


LEADING_SOME: WrongLinks = {
    "the third page leads nowhere": (is_third, 0, nowhere, ALL),
    "the first of pages of one leads nowhere": (is_first, 1, nowhere, ALL),
    "the first of pages of three leads nowhere": (is_first, 3, nowhere, ALL),
    "the first page leads one item too far": (is_first, 0, one_too_far, ALL),
    "the first page leads over the second": (is_first, 0, one_page_too_far, ALL),
    "the second page leads over the third": (is_second, 0, one_page_too_far, ALL),
    "the last page but one leads to itself": (is_last_but_one, 0, itself, END),
    "the second page leads to the first": (is_second, 0, the_beginning, END),
}
FIRST_LINKS: WrongLinks = {
    "first leads to the second page": (always, 0, the_second, FIRST),
    "first leads to the page itself": (always, 0, itself, FIRST),
    "first of the last page leads to the page itself": (is_last, 0, itself, FIRST),
    "first of pages of one leads to the second": (always, 1, the_second, FIRST),
}
LAST_LINKS: WrongLinks = {
    "last leads to the page before the last": (always, 0, one_page_too_near, LAST),
    "last leads behind the last page": (always, 0, one_page_too_far, LAST),
    "last leads to the first page": (always, 0, the_beginning, LAST),
    "last of pages of two leads to the first": (always, 2, the_beginning, LAST),
    "last leads to the page itself": (is_first, 0, itself, LAST),
    "last does not count the newest": (always, 0, without_the_newest, LAST),
}
PREVIOUS_LINKS: WrongLinks = {
    "prev leads to the page itself": (is_later, 0, itself, BEFORE),
    "prev of the last page leads to the page itself": (is_last, 0, itself, BEFORE),
    "prev leads to the first page": (is_later, 0, the_beginning, BEFORE),
    "prev of the last page leads over one": (is_last, 0, one_page_too_near, BEFORE),
    "the last page has no prev": (is_last, 0, nowhere, BEFORE),
    "the second page has no prev": (is_second, 0, nowhere, BEFORE),
    "the first page has a prev": (is_first, 0, the_beginning, BEFORE),
    "the first of pages of one has a prev": (is_first, 1, the_beginning, BEFORE),
}


def link_mutations(pages: Pages) -> Iterator[Mutation]:
    """Yield the mutations of some links to the next page, and of those to other pages."""
    tables = {
        "next_start": LEADING_SOME if pages.tells_next else {},
        "first_start": FIRST_LINKS if pages.links_to("first") else {},
        "last_start": LAST_LINKS if pages.links_to("last") else {},
        "previous_start": PREVIOUS_LINKS if pages.links_to("prev") else {},
    }
    for step, table in tables.items():
        for told, (holds, size, lead, clause) in table.items():
            if size and not pages.size:
                continue
            yield mutate_step(told, step, partial(leads_where, holds, size, lead), clause)


def refuse_cursor(own: ListService, _: Any, __: str) -> int:
    """Know no page but the first."""
    raise Refused(Problem(own.unreadable, "invalid_parameter", "There is no such page."))


def first_page(_: ListService, inner: Any, cursor: str) -> int:
    """Show the first page, whatever is asked for."""
    inner(cursor)
    return 0


def unknown_is_first(_: ListService, inner: Any, cursor: str) -> int:
    """Show the first page for a cursor of nobody's."""
    try:
        return int(inner(cursor))
    except Refused:
        return 0


def unknown_is_far(_: ListService, inner: Any, cursor: str) -> int:
    """Show an empty page for a cursor of nobody's."""
    try:
        return int(inner(cursor))
    except Refused:
        return 1_000_000


# --- totals ---------------------------------------------------------------------------------------


def total_mutations(filters: Sequence[Filter]) -> Iterator[Mutation]:
    """Yield the mutations of the number of all items."""
    for told, count in TOTALS.items():
        yield mutate_step(told, "total", partial(total_otherwise, count), TOTAL)
    if filters:
        yield Mutation("the total of a filtered list is that of all", (TOTAL,), total_of_all())


def total_otherwise(count: Callable[[Page], int], _: ListService, __: Any, page: Page) -> int:
    """Tell what *count* says."""
    return count(page)


TOTALS: dict[str, Callable[[Page], int]] = {
    "the total is that of the page": lambda page: len(page.items),
    "the total is one too small": lambda page: max(0, page.count - 1),
    "the total is one too large": lambda page: page.count + 1,
    "the total is the size of a page": lambda page: page.size,
    "the total is the number of pages": lambda page: -(-page.count // page.size),
    "the total is 0 where there are pages": lambda page: page.count * (page.size >= page.count),
    "the total of more than two is two": lambda page: min(2, page.count),
    "the total of the last page is one too small": lambda page: page.count - is_last(page),
    "the total of a later page is what is left": lambda page: page.count - page.start,
    "the total of pages of one is one too large": lambda page: page.count + (page.size == 1),
    "the total of nothing is one": lambda page: max(1, page.count),
}


def total_of_all() -> Alter:
    """Return the alteration that tells the total of the whole list, whatever filters it."""
    counts: list[int] = []

    def count(_: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
        counts.append(len(items))
        kept: list[Any] = inner(request, items)
        return kept

    def tell(_: ListService, __: Any, page: Page) -> int:
        return counts[-1]

    return chain_alterations(replace_step("kept_items", count), replace_step("total", tell))


# --- filters and order ----------------------------------------------------------------------------


def filter_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of each filter, and of what several do together."""
    filters = operation.listing.filters
    for one in filters:
        yield from own_mutations(operation, one)
    every = tuple(f"list/filter/{one.parameter}" for one in filters)
    if len(filters) > 1:
        yield mutate_step("what meets one filter is listed", "kept_items", keep_any, *every)
        yield mutate_step("of two filters the last counts", "kept_items", keep_last, *every)
        yield mutate_step("of two filters the first counts", "kept_items", keep_first, *every)
        yield mutate_step("two filters find nothing", "kept_items", keep_none_of_two, *every)
    if filters and operation.listing.pages is not None:
        broken = (*every, APART)
        yield mutate_step("the second page is not filtered", "kept_items", keep_on_first, *broken)
        if operation.listing.pages.size:
            told = "later pages go on behind what meets the filters"
            yield mutate_step(told, "kept_items", keep_what_follows, *every)


def own_mutations(operation: Operation, one: Filter) -> Iterator[Mutation]:
    """Yield the mutations of one filter: by itself, on pages, and beside another."""
    clause, name = f"list/filter/{one.parameter}", one.parameter
    keeping = dict(KEEPING)
    if len(operation.listing.filters) > 1:
        keeping |= KEEPING_BESIDE
    for told, keep in keeping.items():
        yield mutate_step(f"{name} {told}", "kept_items", partial(keep, one), clause)
    if not _has_named_values(operation, one):
        for told, meets in MEETING.items():
            yield mutate_step(f"{name} {told}", "meets", partial(meets, one), clause)
    yield from _stale_mutations(operation, one, clause)
    if _takes_several(operation, one):
        for told, index in (("looks at the first value", 0), ("looks at the last value", -1)):
            step = partial(wants_one, one, index)
            yield mutate_step(f"{name} {told}", "wanted_texts", step, clause)
        told = f"{name} finds nothing by two values"
        yield mutate_step(told, "wanted_texts", partial(wants_both, one), clause)
    pages = operation.listing.pages
    if pages is None or not pages.size:
        return
    for told, keep in KEEPING_ON_PAGES.items():
        yield mutate_step(f"{name} {told}", "kept_items", partial(keep, one), clause, APART)
    if pages.has_cursor:
        told = f"a cursor keeps the {name} that it was told with"
        broken = f"{OTHER_FILTER}/{name}"
        yield Mutation(told, (broken,), replace_step("kept_items", keeping_told_filter()))


def _stale_mutations(operation: Operation, one: Filter, clause: str) -> Iterator[Mutation]:
    if _may_change(operation, one):
        told = f"{one.parameter} looks at what was there first"
        yield Mutation(told, (clause,), replace_step("meets", meeting_as_first_seen(one)))


def _may_change(operation: Operation, one: Filter) -> bool:
    """Return whether a request may give the member another value, and a list tells whose it is."""
    resource = operation.resource
    if resource is None or not resource.id_member or one.member not in resource.written:
        return False
    own = f"{resource.items}.{one.member}"
    fixed = [member.path for member in operation.answer_members if member.read_only]
    if any(paths.is_within(own, path) for path in fixed):
        return False  # who made it has said it for good: `x-immutable`
    changing = (Role.UPDATE, Role.REPLACE)
    return any(resource.operation_id(role) for role in changing)


def _takes_several(operation: Operation, one: Filter) -> bool:
    """Return whether the filter takes a list, of which an item has one value at most."""
    for parameter in operation.other_parameters:
        if parameter.name == one.parameter and "array" in parameter.types:
            return parameter.schema.get("maxItems", 2) > 1 and not paths.has_items(one.member)
    return False


def wants_one(
    one: Filter, index: int, _: ListService, inner: Any, request: Request, name: str
) -> list[str]:
    """Look at one of the filter's values alone."""
    wanted: list[str] = inner(request, name)
    return [wanted[index]] if wanted and name == one.parameter else wanted


def wants_both(one: Filter, _: ListService, inner: Any, request: Request, name: str) -> list[str]:
    """Look for one text that is all of the filter's values."""
    wanted: list[str] = inner(request, name)
    return [",".join(wanted)] if len(wanted) > 1 and name == one.parameter else wanted


def keep_all(one: Filter, own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
    """Look at all filters but this one."""
    if query_text(request, one.parameter) is None:
        return list(inner(request, items))
    return list(items)


def keep_all_where_none(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Show everything where nothing meets the filter."""
    kept = list(inner(request, items))
    if not kept and query_text(request, one.parameter) is not None:
        return list(items)
    return kept


def keep_oldest(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Show one only of what meets the filter."""
    kept = list(inner(request, items))
    return kept[:1] if query_text(request, one.parameter) is not None else kept


def keep_without_newest(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Leave the newest out of what meets the filter."""
    kept = list(inner(request, items))
    return kept[:-1] if query_text(request, one.parameter) is not None else kept


def keep_nothing(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Find nothing by this filter."""
    kept = list(inner(request, items))
    return [] if query_text(request, one.parameter) is not None else kept


def keep_all_later(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Look at this filter on the first page alone."""
    if own.pages is None or query_text(request, own.pages.position) is None:
        return list(inner(request, items))
    return keep_all(one, own, inner, request, items)


def keep_all_of_one(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Look at this filter where more than one item is asked for."""
    if _asks_for_one(own, request):
        return keep_all(one, own, inner, request, items)
    return list(inner(request, items))


def keep_oldest_of_one(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Show the first page alone of pages of one."""
    if _asks_for_one(own, request):
        return keep_oldest(one, own, inner, request, items)
    return list(inner(request, items))


def keep_newest_out_later(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Leave the newest out of what meets the filter, on all pages but the first."""
    if own.pages is None or query_text(request, own.pages.position) is None:
        return list(inner(request, items))
    return keep_without_newest(one, own, inner, request, items)


def _asks_for_one(own: ListService, request: Request) -> bool:
    return own.pages is not None and query_text(request, own.pages.size) == "1"


def keep_all_beside(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Look at this filter where it is the only one."""
    sent = _sent(own, request)
    if len(sent) < 2:
        return list(inner(request, items))
    return _meeting_all(own, [pair for pair in sent if pair[0] != one.member], items)


def keep_nothing_beside(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Find nothing by this filter where another one stands before it."""
    sent = _sent(own, request)
    is_beside = len(sent) > 1 and one.member in dict(sent)
    return [] if is_beside else list(inner(request, items))


def keep_newest_out_beside(
    one: Filter, own: ListService, inner: Any, request: Request, items: Any
) -> list[Any]:
    """Leave the newest out of what meets this filter and another."""
    kept = list(inner(request, items))
    is_beside = len(_sent(own, request)) > 1 and one.member in dict(_sent(own, request))
    return kept[:-1] if is_beside else kept


KEEPING_ON_PAGES: dict[str, Callable[..., list[Any]]] = {
    "is not looked at on later pages": keep_all_later,
    "is not looked at on pages of one": keep_all_of_one,
    "shows the first of pages of one alone": keep_oldest_of_one,
    "does not show the newest on later pages": keep_newest_out_later,
}
KEEPING_BESIDE: dict[str, Callable[..., list[Any]]] = {
    "is not looked at beside another": keep_all_beside,
    "finds nothing beside another": keep_nothing_beside,
    "does not show the newest beside another": keep_newest_out_beside,
}


def _has_named_values(operation: Operation, one: Filter) -> bool:
    """Return whether the document names the values of a filter: no part of one is a value."""
    for parameter in operation.other_parameters:
        if parameter.name == one.parameter:
            items = parameter.schema.get("items") or {}
            return "enum" in parameter.schema or "enum" in items
    return False


def keeping_told_filter() -> Callable[..., list[Any]]:
    """Return the step that filters a later page as the first one was filtered, whatever is sent."""
    told: list[list[tuple[str, str]]] = []

    def keep(own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
        if own.pages is None or query_text(request, own.pages.position) is None:
            told.append(_sent(own, request))
            return list(inner(request, items))
        return _meeting_all(own, told[-1] if told else [], items)

    return keep


KEEPING: dict[str, Callable[..., list[Any]]] = {
    "is not looked at": keep_all,
    "shows everything where nothing meets it": keep_all_where_none,
    "shows the oldest of what meets it": keep_oldest,
    "does not show the newest": keep_without_newest,
    "finds nothing": keep_nothing,
}


def begins_alike(
    one: Filter, _: ListService, inner: Any, item: Any, member: str, wanted: str
) -> bool:
    """Take what begins in the same way, too."""
    if member != one.member:
        return bool(inner(item, member, wanted))
    values = [written(value) for _, value in paths.values_at(item, member)]
    return any(value[:BEGINNING] == wanted[:BEGINNING] for value in values)


def holds_part(
    one: Filter, _: ListService, inner: Any, item: Any, member: str, wanted: str
) -> bool:
    """Take what has the text somewhere in it, too."""
    if member != one.member:
        return bool(inner(item, member, wanted))
    return any(wanted in written(value) for _, value in paths.values_at(item, member))


def meeting_as_first_seen(one: Filter) -> Callable[..., bool]:
    """Return the step that takes what met the filter when it was looked at first, as an index does.

    What was written since then does not count.
    """
    first: dict[str, Any] = {}

    def meet(own: ListService, inner: Any, item: Any, member: str, wanted: str) -> bool:
        resource = own.operation.resource
        if member != one.member or resource is None:
            return bool(inner(item, member, wanted))
        id = str(paths.value_at(item, paths.last_name(resource.id_member)))
        return bool(inner(first.setdefault(id, deepcopy(item)), member, wanted))

    return meet


MEETING: dict[str, Callable[..., bool]] = {
    "takes what begins in the same way": begins_alike,
    "takes what has a part of it": holds_part,
}


def keep_any(own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
    """Show what meets any of the filters."""
    sent = _sent(own, request)
    if len(sent) < 2:
        return list(inner(request, items))

    def meets_any(item: Any) -> bool:
        return any(own.meets(item, member, wanted) for member, wanted in sent)

    return list(filter(meets_any, items))


def keep_last(own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
    """Look at the last filter alone."""
    return _meeting_all(own, _sent(own, request)[-1:], items)


def keep_first(own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
    """Look at the first filter alone."""
    return _meeting_all(own, _sent(own, request)[:1], items)


def _meeting_all(own: ListService, sent: Sequence[tuple[str, str]], items: Any) -> list[Any]:
    kept = list(items)
    for member, wanted in sent:
        kept = [item for item in kept if own.meets(item, member, wanted)]
    return kept


def keep_none_of_two(own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
    """Find nothing where there are two filters."""
    return [] if len(_sent(own, request)) > 1 else list(inner(request, items))


def keep_on_first(own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
    """Filter the first page alone."""
    pages = own.pages
    if pages is not None and query_text(request, pages.position) is not None:
        return list(items)
    return list(inner(request, items))


def keep_what_follows(own: ListService, inner: Any, request: Request, items: Any) -> list[Any]:
    """Show on later pages what stands behind the last that meets the filters, too."""
    kept: list[Any] = inner(request, items)
    if own.pages is None or query_text(request, own.pages.position) is None or not kept:
        return kept
    every = list(items)
    return [*kept, *every[every.index(kept[-1]) + 1 :]]


def _sent(own: ListService, request: Request) -> list[tuple[str, str]]:
    """Return the members that the request filters by, each with what is wanted there."""
    found: list[tuple[str, str]] = []
    for one in own.operation.listing.filters:
        wanted = query_text(request, one.parameter)
        if wanted is not None:
            found.append((one.member, wanted))
    return found


def order_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of each documented order."""
    for one in operation.listing.orders:
        clause = f"list/order/{one.parameter}/{one.value}"
        name = f"{one.parameter}={one.value}"
        if not one.parameter:
            clause, name = "list/order/default", "a list that nobody asks to sort"
        for told, arrange in ORDERS.items():
            yield mutate_step(f"{name} {told}", "sorted_items", arrange, clause)


def backwards(_: ListService, inner: Any, request: Request, items: list[Any]) -> list[Any]:
    """Sort the other way round."""
    return list(reversed(inner(request, items)))


def unsorted(_: ListService, __: Any, ___: Request, items: list[Any]) -> list[Any]:
    """Leave the items as they are."""
    return items


def sorted_but_first(_: ListService, inner: Any, request: Request, items: list[Any]) -> list[Any]:
    """Put the one that would come first at the end."""
    ordered = inner(request, items)
    return [*ordered[1:], *ordered[:1]]


ORDERS: dict[str, Callable[..., list[Any]]] = {
    "sorts the other way round": backwards,
    "does not sort": unsorted,
    "puts the first at the end": sorted_but_first,
}
