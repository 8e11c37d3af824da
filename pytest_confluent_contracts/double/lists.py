"""What does the embedded service do for a list? Filters it, sorts it, and shows it page by page."""

from __future__ import annotations

import base64
import binascii
import itertools
import re
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus

from pytest_confluent_contracts.double import faces
from pytest_confluent_contracts.double.parameters import BETWEEN, SentParameters
from pytest_confluent_contracts.double.samples import is_allowed
from pytest_confluent_contracts.double.service import (
    Answer,
    Problem,
    Refused,
    answer_with,
)
from pytest_confluent_contracts.double.store import composed_body
from pytest_confluent_contracts.double.under_parents import CollectionService
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Location, types_allowed
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import AboveMaximum, PageStyle

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.double.service import Request
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Content, Parameter
    from pytest_confluent_contracts.model.listing import Order
    from pytest_confluent_contracts.model.promises import Pages

SIZE = 20  # items a page, where the document has no default
OWN_POSITION = "cursor"  # the parameter in links, where the document names none
CURSOR = "after:"  # begins what a cursor says, before it is coded
# Members of a list that count what it has, and those that lead to another page, where the list
# comes as a whole all the same.
TOTALS = frozenset({"total", "total_size", "totalsize", "total_count", "totalcount", "count"})
OTHER_PAGES = frozenset({"next", "prev", "previous", "next_page_token", "next_cursor"})


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list: *items* from the one at *start* (from 0), *size* at most, of *count*."""

    items: tuple[Any, ...]
    start: int
    size: int
    count: int

    @property
    def next_start(self) -> int | None:
        """Return where the next page starts, None where this is the last."""
        after = self.start + self.size
        return after if after < self.count else None

    @property
    def previous_start(self) -> int | None:
        """Return where the page before starts, None where this is the first."""
        return max(0, self.start - self.size) if self.start > 0 else None

    @property
    def last_start(self) -> int:
        """Return where the last page starts."""
        return (max(0, self.count - 1) // self.size) * self.size


class ListService(CollectionService):
    """Shows what lies under one parent, as the document has it: filtered, sorted, page by page."""

    def perform(self, request: Request, resource: Resource, body: Any) -> Answer:
        """Show the page of the list that was asked for."""
        content = self.content_of(self.success_status)
        if content is None:
            return Answer(self.success_status)
        items = [self.show_item(one) for one in self.listed(request)]
        page = self.page_of(request, self.sorted_items(request, self.kept_items(request, items)))
        shown = self.list_body(request, page, content)
        headers = (*self.link_headers(request, page), *self.total_headers(page))
        return answer_with(self.success_status, headers, content, shown)

    def listed(self, request: Request) -> list[Resource]:
        """Return all that lies under the parent and is of who asks, oldest first."""
        found = self.collection.under(self.id_in(request.path))
        return [one for one in found if self.may_use(request, one)]

    def show_item(self, resource: Resource) -> Any:
        """Return one resource as the list has it."""
        shown, kind = self.show_resource(resource), self.operation.resource
        if kind is None:
            return shown
        found = paths.value_at(shown, self._envelope)
        return shown if found is ABSENT else found

    @cached_property
    def _envelope(self) -> str:
        """Return the path of what the list has of one resource."""
        kind = self.operation.resource
        assert kind is not None
        return faces.envelope_of(kind, [one.path for one in self.operation.answer_members])

    # --- which, and in which order ----------------------------------------------------------------

    def kept_items(self, request: Request, items: Sequence[Any]) -> list[Any]:
        """Return those of *items* that meet every filter of the request."""
        kept = list(items)
        for one in self.operation.listing.filters:
            wanted = self.wanted_texts(request, one.parameter)
            if wanted:
                kept = [item for item in kept if self.meets_one(item, one.member, wanted)]
        return kept

    def wanted_texts(self, request: Request, name: str) -> list[str]:
        """Return each text that the request gives for the filter *name*: a list has several."""
        if "?" not in request.path:
            return []
        values = SentParameters(request.path, request.headers).texts(Location.QUERY, name)
        for parameter in self.operation.other_parameters:
            is_list = parameter.name == name and "array" in parameter.types
            if is_list and not parameter.explode:
                between = BETWEEN.get(parameter.style, ",")
                parts = [re.split(between, value) for value in values]
                values = list(itertools.chain.from_iterable(parts))
        return [unquote_plus(value) for value in values]

    def meets_one(self, item: Any, member: str, wanted: Sequence[str]) -> bool:
        """Return whether *item* has one of the texts *wanted* at *member*."""
        return any(self.meets(item, member, text) for text in wanted)

    def meets(self, item: Any, member: str, wanted: str) -> bool:
        """Return whether *item* has exactly what is *wanted* at *member*."""
        return any(written(value) == wanted for _, value in paths.values_at(item, member))

    def sorted_items(self, request: Request, items: list[Any]) -> list[Any]:
        """Return *items* in the order that the request asks for."""
        for one in self.orders_for(request):
            if not one.parameter or query_text(request, one.parameter) == one.value:
                return sorted(items, key=partial(rank_by, one.member), reverse=one.is_descending)
        return items

    def orders_for(self, request: Request) -> list[Order]:
        """Return the documented orders, that of lists which nobody asks to sort the last."""
        return sorted(self.operation.listing.orders, key=lambda one: not one.parameter)

    # --- one page of it ---------------------------------------------------------------------------

    @cached_property
    def pages(self) -> Pages | None:
        """Return how the document cuts the list into pages, None where it comes as a whole.

        Where only links lead to other pages, their query is the service's own business.
        """
        pages = self.operation.listing.pages
        if pages is None or pages.position:
            return pages
        return replace(pages, position=OWN_POSITION)

    def page_of(self, request: Request, items: Sequence[Any]) -> Page:
        """Return the page of *items* that the request asks for."""
        if self.pages is None:
            return Page(tuple(items), 0, max(1, len(items)), len(items))
        size = self.size_of(request, self.pages)
        start = self.start_of(request, self.pages, size)
        return Page(tuple(items[start : start + size]), start, size, len(items))

    def size_of(self, request: Request, pages: Pages) -> int:
        """Return how many items the page has at most."""
        default = pages.default_size or SIZE
        asked = query_text(request, pages.size) if pages.size else None
        if asked is None or not asked.isdecimal() or int(asked) < 1:
            return default
        return min(int(asked), pages.largest_size or int(asked))

    def start_of(self, request: Request, pages: Pages, size: int) -> int:
        """Return how many items stand before the page."""
        told = query_text(request, pages.position) if pages.position else None
        if told is None:
            return 0
        if pages.style is PageStyle.CURSOR:
            return self.start_in_cursor(told)
        number = int(told) if told.lstrip("-").isdecimal() else 0
        before = max(0, number - pages.begins_at)
        return before if pages.style is PageStyle.OFFSET else before * size

    def start_in_cursor(self, cursor: str) -> int:
        """Return how many items stand before the page of *cursor*; refuse one of nobody's."""
        try:
            text = base64.urlsafe_b64decode(cursor.encode("ascii")).decode("ascii")
        except (binascii.Error, ValueError):
            text = ""
        start = text.removeprefix(CURSOR)
        if not text.startswith(CURSOR) or not start.isdecimal():
            raise self.unknown_cursor()
        return int(start)

    def unknown_cursor(self) -> Refused:
        """Return the refusal of a cursor that no answer has shown."""
        return Refused(Problem(self.unreadable, "invalid_parameter", "There is no such page."))

    def rules_broken(self, request: Request) -> list[tuple[Parameter, str]]:
        """Return the parameters that are wrong: no size where large ones are cut down."""
        broken = super().rules_broken(request)
        pages = self.pages
        if pages is None or pages.above_maximum is not AboveMaximum.CAPPED:
            return broken
        return [one for one in broken if one[0].name != pages.size or one[1] != "maximum"]

    # --- the body, and what leads to other pages --------------------------------------------------

    def list_body(self, request: Request, page: Page, content: Content) -> Any:
        """Return the body that has *page*."""
        kind, body = self.operation.resource, composed_body(content)
        if kind is None or not kind.items:
            return list(page.items) if isinstance(body, list) else body
        holder = paths.parent_path(kind.items)
        if not holder:
            return list(page.items)
        body = paths.with_value(body, holder, list(page.items))
        if self.pages is not None:
            return self.with_page_members(request, page, content, body, self.pages)
        for member in content.properties:
            body = _as_one_page(body, member.path, member.schema, page.count, member.required)
        return body

    def with_page_members(
        self, request: Request, page: Page, content: Content, body: Any, pages: Pages
    ) -> Any:
        """Return *body* with what leads to other pages, and with the count of all items."""
        leading = (
            (pages.next, self.next_start(page)),
            (pages.previous, self.previous_start(page)),
            (pages.first, self.first_start(page)),
            (pages.last, self.last_start(page)),
        )
        for path, start in leading:
            if path:
                led = None if start is None else self.led_to(request, page, content, path, start)
                body = _with_member(body, content, path, led)
        if pages.more:
            body = _with_member(body, content, pages.more, self.next_start(page) is not None)
        if pages.total:
            body = _with_member(body, content, pages.total, self.total(page))
        return body

    def next_start(self, page: Page) -> int | None:
        """Return where the page that *page* leads to starts, None where it is the last."""
        return page.next_start

    def previous_start(self, page: Page) -> int | None:
        """Return where the page before *page* starts, None where it is the first."""
        return page.previous_start

    def first_start(self, page: Page) -> int | None:
        """Return where the first page starts; None would leave out the link to it."""
        return 0

    def last_start(self, page: Page) -> int | None:
        """Return where the last page starts; None would leave out the link to it."""
        return page.last_start

    def total_headers(self, page: Page) -> Iterator[tuple[str, str]]:
        """Yield the header that counts the items of all pages, where one is documented."""
        if self.pages is not None and self.pages.total_header:
            yield self.pages.total_header, str(self.total(page))

    def total(self, page: Page) -> int:
        """Return how many items all pages have."""
        return page.count

    def led_to(self, request: Request, page: Page, content: Content, path: str, start: int) -> Any:
        """Return what stands at *path* for the page at *start*: its address, or its position."""
        schema = next((one.schema for one in content.properties if one.path == path), {})
        is_named = bool(self.operation.listing.pages and self.operation.listing.pages.position)
        if not is_named or _is_address(paths.last_name(path), schema):
            return self.address_of_page(request, page, start)
        position = self.position_of(page, start)
        return int(position) if "integer" in types_allowed(schema) else position

    def position_of(self, page: Page, start: int) -> str:
        """Return what stands in the parameter of the position for the page at *start*."""
        assert self.pages is not None
        if self.pages.style is PageStyle.CURSOR:
            return base64.urlsafe_b64encode(f"{CURSOR}{start}".encode()).decode()
        if self.pages.style is PageStyle.OFFSET:
            return str(self.pages.begins_at + start)
        return str(self.pages.begins_at + start // page.size)

    def address_of_page(self, request: Request, page: Page, start: int) -> str:
        """Return the address of the page at *start*, of the same list."""
        path, _, query = request.path.partition("?")
        assert self.pages is not None
        position = self.pages.position
        kept = [one for one in query.split("&") if one and one.partition("=")[0] != position]
        if start > 0 or self.pages.style is not PageStyle.CURSOR:
            kept.append(f"{position}={quote(self.position_of(page, start), safe='')}")
        origin = self.collection.origin
        return f"{origin}{path}{'?' if kept else ''}{'&'.join(kept)}"

    def link_headers(self, request: Request, page: Page) -> list[tuple[str, str]]:
        """Return the header Link with the other pages (RFC 8288), where the document has it."""
        pages = self.pages
        if pages is None or not pages.in_header or not pages.position:
            return []
        relations = (
            ("next", self.next_start(page)),
            ("prev", self.previous_start(page)),
            ("first", self.first_start(page)),
            ("last", self.last_start(page)),
        )
        links: list[str] = []
        for relation, start in relations:
            if start is not None:
                links.append(f'<{self.address_of_page(request, page, start)}>; rel="{relation}"')
        return [("Link", ", ".join(links))]


def rank_by(member: str, item: Any) -> tuple[int, float, str]:
    """Return where *item* stands among others by its *member*: numbers, then texts, then none."""
    value = paths.value_at(item, member)
    if value is ABSENT or value is None:
        return 2, 0.0, ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return 0, float(value), ""
    return 1, 0.0, written(value)


def query_text(request: Request, name: str) -> str | None:
    """Return the text of the query parameter *name*, None where it was not sent."""
    for pair in request.path.partition("?")[2].split("&"):
        key, _, value = pair.partition("=")
        if unquote_plus(key) == name:
            return unquote_plus(value)
    return None


def written(value: Any) -> str:
    """Return *value* as it stands in a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _with_member(body: Any, content: Content, path: str, value: Any) -> Any:
    """Return *body* with *value* at *path*; None stands for what the document lets leave out."""
    member = next((one for one in content.properties if one.path == path), None)
    if member is None:
        return body
    if value is None and not member.required:
        return paths.without_value(body, path)
    if value is None and not is_allowed(member.schema, None):
        value = ""
    return paths.with_value(body, path, value)


def _is_address(name: str, schema: Mapping[str, Any]) -> bool:
    shown = str(schema.get("example", ""))
    is_uri = str(schema.get("format", "")).startswith(("uri", "iri")) or "://" in shown
    return is_uri or name.lower().endswith(("link", "url", "uri", "href"))


def _as_one_page(
    body: Any, path: str, schema: Mapping[str, Any], count: int, is_required: bool
) -> Any:
    """Return the list *body* with what tells of its size or of other pages at *path* set right."""
    if paths.has_items(path) or paths.value_at(body, path) is ABSENT:
        return body
    name = paths.last_name(path).lower()
    if name in TOTALS and is_allowed(schema, count):
        return paths.with_value(body, path, count)
    if name in OTHER_PAGES and not is_required:
        return paths.without_value(body, path)
    if name in OTHER_PAGES and is_allowed(schema, None):
        return paths.with_value(body, path, None)
    return body
