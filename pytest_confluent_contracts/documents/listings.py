"""In which parts does a list come? Told by ``x-contract``, else by the usual names.

Names are compared in small letters without marks: ``pageSize``, ``page_size`` and ``page[size]``
are one. What only names tell is inferred.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Location, types_allowed
from pytest_confluent_contracts.model.listing import Filter, Listing, Order
from pytest_confluent_contracts.model.names import (
    MORE_PAGES,
    NEXT_PAGES,
    PAGE_CURSORS,
    PAGE_NUMBERS,
    PAGE_OFFSETS,
    PAGE_SIZES,
    TOTAL_HEADERS,
    TOTALS,
    plain_name,
)
from pytest_confluent_contracts.model.promises import (
    Pages,
    PageStyle,
    StatedFilters,
    StatedOrder,
)
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.serialisation import DELIMITERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Parameter, Property

PREVIOUS = ("prev", "previous", "prevlink", "previouslink", "prevpage", "previouspage", "prevurl")
FIRST, LAST = ("first", "firstlink", "firstpage"), ("last", "lastlink", "lastpage")
# Lists of the members that an answer is to have, and not of values that what is listed has.
CHOOSING_MEMBERS = frozenset(
    {"fields", "include", "includes", "expand", "embed", "select", "exclude"}
)
FROM_ONE = "startindex"  # RFC 7644 3.4.2.4
SORTING = ("sort", "sortby", "orderby", "order", "ordering")
# How the value of a sorting parameter says that the largest comes first.
DESCENDING_ENDS = (":desc", " desc", "_desc", ".desc", ",desc")
ASCENDING_ENDS = (":asc", " asc", "_asc", ".asc", ",asc")


def with_listing(operation: Operation) -> Operation:
    """Return *operation* with how its list comes in parts; itself where it lists nothing."""
    resource = operation.resource
    is_list = operation.role is Role.LIST and operation.method == "GET"
    if not is_list or resource is None or not resource.items:
        return operation
    stated = operation.promises
    pages = _with_stated_size(operation, stated.pages) or _usual_pages(operation)
    filters = list(_usual_filters(operation, resource.items, pages))
    if stated.filters is not None:
        filters = list(_stated_filters(stated.filters))
    orders = list(_usual_orders(operation, resource.items))
    if stated.order is not None:
        orders = list(_stated_orders(stated.order))
    return replace(operation, listing=Listing(pages, tuple(filters), tuple(orders)))


# --- pages ----------------------------------------------------------------------------------------


def _usual_pages(operation: Operation) -> Pages | None:
    """Return the pages that the usual names tell of, None where they tell of none.

    A size alone makes no pages, and neither does a link: a run must know how to go on.
    """
    queries = _queries(operation)
    size = _first_named(queries, PAGE_SIZES)
    style, position = _usual_position(queries)
    members = _members_around(operation)
    links = [one for one in members if _may_link(one)]
    in_header = _documents_link(operation)
    next_member = _first_member(members, NEXT_PAGES)
    is_led_on = bool(next_member) or in_header
    if position is None and not is_led_on:
        return None
    if style is PageStyle.CURSOR and not is_led_on:
        return None  # nobody knows where the cursor comes from
    found = Pages(
        place=operation.place,
        inferred=True,
        style=style,
        position=position.name if position else "",
        first_number=_first_number(position),
        next=next_member,
        previous=_first_member(links, PREVIOUS),
        first=_first_member(links, FIRST),
        last=_first_member(links, LAST),
        more=_first_member(members, MORE_PAGES),
        total=_first_member(members, TOTALS),
        total_header=_total_header(operation),
        in_header=in_header,
    )
    return found if size is None else _with_size(found, size)


def _may_link(member: Property) -> bool:
    """Return whether *member* may lead somewhere: ``last_page: 4`` tells a number, and no place."""
    return not set(types_allowed(member.schema)) & {"integer", "number", "boolean"}


def _with_stated_size(operation: Operation, pages: Pages | None) -> Pages | None:
    """Return the *pages* that ``x-contract`` states, with the bounds of their parameters."""
    if pages is None:
        return None
    by_name = {one.name: one for one in _queries(operation)}
    if pages.position in by_name:
        pages = replace(pages, first_number=_first_number(by_name[pages.position]))
    return _with_size(pages, by_name[pages.size]) if pages.size in by_name else pages


def _with_size(pages: Pages, size: Parameter) -> Pages:
    """Return *pages* whose size the parameter *size* tells, with its documented bounds."""
    largest = size.schema.get("maximum")
    return replace(
        pages,
        size=size.name,
        default_size=_count_or_none(size.default),
        largest_size=_count_or_none(largest),
    )


def _usual_position(queries: Sequence[Parameter]) -> tuple[PageStyle, Parameter | None]:
    for style, names in (
        (PageStyle.CURSOR, PAGE_CURSORS),
        (PageStyle.NUMBER, PAGE_NUMBERS),
        (PageStyle.OFFSET, PAGE_OFFSETS),
    ):
        found = _first_named(queries, names)
        if found is not None:
            is_number = bool({"integer", "number"} & set(found.types))
            if is_number or style is PageStyle.CURSOR:
                return style, found
    return PageStyle.CURSOR, None


def _first_number(position: Parameter | None) -> int | None:
    """Return the number of the first page, or item: the documented default or least."""
    if position is None:
        return None
    for told in (position.default, position.schema.get("minimum")):
        number = _count_or_none(told)
        if number is not None:
            return number
    return 1 if plain_name(position.name) == FROM_ONE else None


def _count_or_none(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if is_count else None


def _documents_link(operation: Operation) -> bool:
    """Return whether the success documents the header Link (RFC 8288)."""
    success = operation.success
    if success is None:
        return False
    return any(header.name.lower() == "link" for header in success.headers)


def _total_header(operation: Operation) -> str:
    """Return the documented header that counts the items of all pages, ``""`` without one."""
    headers = operation.success.headers if operation.success else ()
    for header in headers:
        if plain_name(header.name) in TOTAL_HEADERS:
            return header.name
    return ""


# --- filters and order ----------------------------------------------------------------------------


def _stated_filters(stated: StatedFilters) -> Iterator[Filter]:
    for parameter, member in stated.by_parameter.items():
        yield Filter(place=stated.place, says=stated.says, parameter=parameter, member=member)


def _usual_filters(operation: Operation, items: str, pages: Pages | None) -> Iterator[Filter]:
    """Yield each query parameter that is named as a member of an item, and may have its values.

    For example, ``status`` and ``spec.owner`` for ``data[].status`` and ``data[].spec.owner.id``,
    the lists ``ids`` and ``status[]`` for ``data[].id`` and ``data[].status``.
    """
    members = {one.path: one for one in operation.answer_members}
    for parameter in _queries(operation):
        is_paging = pages is not None and parameter.name in (pages.size, pages.position)
        if is_paging or parameter.default is not paths.ABSENT:
            continue
        member = ""
        if parameter.is_text:
            member = _member_called(parameter.name, parameter.types, members, items)
        elif _is_list_of_texts(parameter):
            member = _member_of_list(parameter, members, items)
        if member:
            yield Filter(
                place=parameter.place, inferred=True, parameter=parameter.name, member=member
            )


def _is_list_of_texts(parameter: Parameter) -> bool:
    """Return whether *parameter* is a list of which each value is written as it is."""
    is_written_apart = parameter.style in ("form", *DELIMITERS)
    return list(parameter.types) == ["array"] and is_written_apart and not parameter.media_type


def _member_of_list(parameter: Parameter, members: Mapping[str, Property], items: str) -> str:
    """Return the path of the member that has one of the values of *parameter*, ``""`` without any.

    A list is called as the member is, or by the plural of its name.
    """
    name = parameter.name.removesuffix("[]")
    if plain_name(name) in CHOOSING_MEMBERS:
        return ""
    types = types_allowed(parameter.schema.get("items") or {})
    for called in (name, *_singulars(name)):
        member = _member_called(called, types, members, items)
        if member:
            return member
    return ""


def _singulars(name: str) -> Iterator[str]:
    """Yield what *name* may be the plural of, in English.

    >>> list(_singulars("categories")), list(_singulars("statuses")), list(_singulars("ids"))
    (['category', 'categorie'], ['status', 'statuse'], ['id'])
    """
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    if name.endswith("es") and not name.endswith("ies"):
        yield name[:-2]
    if name.endswith("s"):
        yield name[:-1]


def _member_called(
    name: str, types: Sequence[str], members: Mapping[str, Property], items: str
) -> str:
    """Return the path, within an item, of the member *name* that may have values of *types*.

    It is one value, or a list of such.
    """
    for holder in ("", "attributes", "spec"):
        inner = ".".join(part for part in (holder, name) if part)
        for path in (f"{items}.{inner}", f"{items}.{inner}.id", f"{items}.{inner}[]"):
            member = members.get(path)
            if member is not None and set(types_allowed(member.schema)) & set(types):
                return paths.relative_path(path, items)
    return ""


def _usual_orders(operation: Operation, items: str) -> Iterator[Order]:
    """Yield each documented value that sorts by a member of an item."""
    names = {paths.relative_path(one.path, items) for one in operation.answer_members}
    for parameter in _queries(operation):
        if plain_name(parameter.name) not in SORTING:
            continue
        for value in parameter.schema.get("enum") or ():
            member, is_descending = _sorted_member(str(value))
            if member in names:
                yield Order(
                    place=parameter.place,
                    inferred=True,
                    parameter=parameter.name,
                    value=str(value),
                    member=member,
                    is_descending=is_descending,
                )


def _stated_orders(stated: StatedOrder) -> Iterator[Order]:
    """Yield each order that ``x-contract`` states; the default has no parameter."""
    asked = [(stated.parameter, value, member) for value, member in stated.by_value.items()]
    for parameter, value, member in (*asked, ("", "", stated.default)):
        if member:
            yield Order(
                place=stated.place,
                says=stated.says,
                parameter=parameter,
                value=value,
                member=member.removeprefix("-"),
                is_descending=member.startswith("-"),
            )


def _sorted_member(value: str) -> tuple[str, bool]:
    """Return the member by which *value* sorts, and whether its largest value comes first.

    >>> _sorted_member("-created_at")
    ('created_at', True)
    >>> _sorted_member("name:asc")
    ('name', False)
    """
    if value.startswith(("-", "+")):
        return value[1:], value.startswith("-")
    for end in DESCENDING_ENDS:
        if value.lower().endswith(end):
            return value[: -len(end)], True
    for end in ASCENDING_ENDS:
        if value.lower().endswith(end):
            return value[: -len(end)], False
    return value, False


# --- names ----------------------------------------------------------------------------------------


def _queries(operation: Operation) -> list[Parameter]:
    return [one for one in operation.other_parameters if one.location is Location.QUERY]


def _first_named(parameters: Sequence[Parameter], names: Sequence[str]) -> Parameter | None:
    """Return the parameter with the first of *names* that any has, None where none has any."""
    by_name = {plain_name(one.name): one for one in parameters}
    for name in names:
        if name in by_name:
            return by_name[name]
    return None


def _members_around(operation: Operation) -> list[Property]:
    """Return the members of the list's answer that stand around its items."""
    return [one for one in operation.answer_members if not paths.has_items(one.path)]


def _first_member(members: Sequence[Property], names: Sequence[str]) -> str:
    """Return the path of the member with the first of *names* that any has, ``""`` without any."""
    scalar = [one for one in members if not {"object", "array"} & set(types_allowed(one.schema))]
    by_name = {plain_name(one.name): one.path for one in scalar if one.path}
    for name in names:
        if name in by_name:
            return by_name[name]
    return ""
