"""In which ways can the parts of a list go wrong? Its pages, what leads to them, its filters."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.lists import Page, query_text, written
from pytest_confluent_contracts.double.mutations.altering import Mutation, mutate_step
from pytest_confluent_contracts.double.service import Problem, Refused
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.promises import PageStyle
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.double.lists import ListService
    from pytest_confluent_contracts.double.service import Request
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.listing import Filter
    from pytest_confluent_contracts.model.promises import Pages

    Lead = Callable[[Page], int | None]
    ChangePage = Callable[[Page, Sequence[Any]], Page]

SIZE, APART, ALL = "list/page-size-kept", "list/pages-are-disjoint", "list/pages-are-complete"
BEGINNING = 2  # characters that ids of one kind have in common
END, TOTAL, UNKNOWN = "list/pages-end", "list/total-agrees", "list/unknown-page-refused"


def list_part_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the pages, the filters and the order of a list."""
    if operation.role is not Role.LIST or operation.method != "GET":
        return
    pages = operation.listing.pages
    if pages is not None:
        yield from page_mutations(pages)
        yield from leading_mutations(pages)
    if pages is not None and pages.total:
        yield from total_mutations()
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


def total_mutations() -> Iterator[Mutation]:
    """Yield the mutations of the number of all items."""
    for told, count in TOTALS.items():
        yield mutate_step(told, "total", partial(total_otherwise, count), TOTAL)


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
}


# --- filters and order ----------------------------------------------------------------------------


def filter_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of each filter, and of what several do together."""
    filters = operation.listing.filters
    for one in filters:
        clause, name = f"list/filter/{one.parameter}", one.parameter
        for told, keep in KEEPING.items():
            yield mutate_step(f"{name} {told}", "kept_items", partial(keep, one), clause)
        told = f"{name} takes what begins in the same way"
        yield mutate_step(told, "meets", partial(begins_alike, one), clause)
    every = tuple(f"list/filter/{one.parameter}" for one in filters)
    if len(filters) > 1:
        yield mutate_step("what meets one filter is listed", "kept_items", keep_any, *every)
        yield mutate_step("of two filters the last counts", "kept_items", keep_last, *every)
        yield mutate_step("of two filters the first counts", "kept_items", keep_first, *every)
        yield mutate_step("two filters find nothing", "kept_items", keep_none_of_two, *every)
    if filters and operation.listing.pages is not None:
        yield mutate_step("the second page is not filtered", "kept_items", keep_on_first, *every)


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
        for told, arrange in ORDERS.items():
            yield mutate_step(f"{name} {told}", "sorted_items", partial(arrange, one.value), clause)


def backwards(
    value: str, own: ListService, inner: Any, request: Request, items: list[Any]
) -> list[Any]:
    """Sort the other way round."""
    return list(reversed(inner(request, items)))


ORDERS: dict[str, Callable[..., list[Any]]] = {"sorts the other way round": backwards}
