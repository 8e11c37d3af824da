"""Which requests show whether a list comes in its parts? Pages of several sizes, each filter.

They are sent while at least three resources of the run's own are there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from pytest_confluent_contracts.cases.build import bare_case
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.page_links import (
    FILTERED,
    FROM_OFFSET,
    ODD_SIZE,
    OTHER_FILTER,
    with_position,
    with_size,
)
from pytest_confluent_contracts.model.serialisation import DELIMITERS, text_of
from pytest_confluent_contracts.model.traffic import Expect, Probe, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation, Parameter
    from pytest_confluent_contracts.model.listing import Filter
    from pytest_confluent_contracts.model.page_links import Query
    from pytest_confluent_contracts.model.traffic import Case, RunContext

# Sizes of a page: of two and three, so that the last page is not full in one of them.
SIZES = (1, 2, 3)
NARROW = 2  # items of a page of a sorted list: it is in order across them, too
OFFSET = 1  # no multiple of a narrow page's size
PAGES, SORTED, NO_PAGE = "pages", "sorted", "no such page"
NO_CURSOR = "contract-no-such-cursor"
NOBODYS_VALUE = "contract-nobody"
BETWEEN_VALUES = frozenset(",| ")
NO_SIZES = ("0", "-1", "contract")  # what no page has


def widest(case: Case) -> Case:
    """Return *case* for the largest page that the document allows, where it says which."""
    pages = case.operation.listing.pages
    if pages is None or not pages.size or pages.largest_size is None:
        return case
    return replace(case, query=with_size(case.query, pages, pages.largest_size))


def page_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield the requests for the first pages of a list that is walked through, page by page."""
    pages = operation.listing.pages
    if pages is None:
        return
    plain = _case(operation, context, PAGES, "page by page")
    yield plain
    if pages.size:
        for size in SIZES:
            query = with_size(plain.query, pages, size)
            yield replace(plain, title=f"pages of {size}", query=query)


def odd_size_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield requests for pages of no size, and of one more than the document allows."""
    pages = operation.listing.pages
    if pages is None or not pages.size:
        return
    sizes = list(NO_SIZES)
    if pages.largest_size is not None:
        sizes.append(str(pages.largest_size + 1))
    plain = _case(operation, context, ODD_SIZE, "a page of an odd size")
    for size in sizes:
        query = (*with_size(plain.query, pages, 1)[:-1], (quote(pages.size, safe=""), size))
        yield replace(plain, query=query, expect=Expect.ANY)


def offset_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield the request for a page that starts between two pages of its size."""
    pages = operation.listing.pages
    if pages is None or not pages.has_offset or not pages.size:
        return
    if pages.largest_size is not None and pages.largest_size < NARROW:
        return
    plain = _case(operation, context, FROM_OFFSET, "a page from an offset")
    query = with_position(with_size(plain.query, pages, NARROW), pages, pages.begins_at + OFFSET)
    yield replace(plain, query=query, expect=Expect.ANY)


def no_page_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield requests for pages that there are none of."""
    pages = operation.listing.pages
    if pages is None or not pages.has_cursor:
        return
    plain = _case(operation, context, NO_PAGE, "a page that no answer has led to")
    yield replace(plain, query=with_position(plain.query, pages, NO_CURSOR), expect=Expect.REFUSED)


def filter_cases(
    operation: Operation,
    context: RunContext,
    item: Mapping[str, Any],
    others: Sequence[Mapping[str, Any]] = (),
) -> Iterator[Case]:
    """Yield requests for what is as *item*: by each filter, by all, and by one that nothing meets.

    *item* is one resource as the list shows it, *others* are more of the run's own.
    """
    plain = filtered_case(operation, context)
    wanted = list(_filters_met(operation, item))
    for pair in wanted:
        yield replace(plain, title=f"filtered by {pair[0]}", query=_with(plain, pair))
    pages = operation.listing.pages
    if wanted and pages is not None and pages.size:  # what is led to is filtered, too
        narrow = replace(plain, query=with_size(plain.query, pages, 1))
        for pair in wanted:
            yield replace(narrow, title="filtered, page by page", query=_with(narrow, pair))
            unmet = _with(narrow, _unmet(operation, pair))
            yield replace(narrow, title="met by nothing, page by page", query=unmet)
        if len(wanted) > 1:
            title = "filtered by all, page by page"
            yield replace(narrow, title=title, query=_with(narrow, *wanted))
    if len(wanted) > 1:
        yield replace(plain, title="filtered by all", query=_with(plain, *wanted))
        yield from _half_met(plain, wanted[0], wanted[1])
    for pair in wanted:
        yield replace(plain, title="met by nothing", query=_with(plain, _unmet(operation, pair)))
    yield from _parts_of_values(plain, wanted)
    yield from _several_values(plain, item, others)


def _several_values(
    plain: Case, item: Mapping[str, Any], others: Sequence[Mapping[str, Any]]
) -> Iterator[Case]:
    """Yield requests by two values of a filter, in either order, where it takes a list of them.

    The other one is what another of the run's own has, else one that the document names. A member
    that is a list itself is left out: whether it must have both is open.
    """
    operation = plain.operation
    for one in operation.listing.filters:
        parameter = _list_parameter(operation, one)
        own = quote(_filter_value(one, item), safe="")
        if parameter is None or not own or paths.has_items(one.member):
            continue
        name = quote(one.parameter, safe="")
        there = [quote(_filter_value(one, other), safe="") for other in others]
        named = _unmet(operation, (name, own))[1]
        found = [value for value in (*reversed(there), named) if value not in ("", own)]
        if found[0] == NOBODYS_VALUE and _has_named_values(parameter):
            continue  # it names one value alone
        for values in ((found[0], own), (own, found[0])):
            pairs = _pairs_of(parameter, name, values)
            yield replace(plain, title=f"two values of {name}", query=_with(plain, *pairs))


def _list_parameter(operation: Operation, one: Filter) -> Parameter | None:
    """Return the parameter of the filter where it takes two values or more, None where not."""
    for parameter in operation.other_parameters:
        is_list = "array" in parameter.types and not parameter.media_type
        if parameter.name == one.parameter and is_list:
            return parameter if parameter.schema.get("maxItems", 2) > 1 else None
    return None


def _has_named_values(parameter: Parameter) -> bool:
    return "enum" in (parameter.schema.get("items") or {})


def _pairs_of(parameter: Parameter, name: str, values: Sequence[str]) -> list[tuple[str, str]]:
    """Return *values* of *parameter* as its style writes them (OpenAPI 3.1, Style Values)."""
    if parameter.explode:
        return [(name, value) for value in values]
    return [(name, DELIMITERS.get(parameter.style, ",").join(values))]


def _filters_met(operation: Operation, item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each filter that *item* meets, with its value, as they are written."""
    for one in operation.listing.filters:
        value = _filter_value(one, item)
        # Whether a mark between values may be part of one, services see differently.
        is_several = _list_parameter(operation, one) is not None and BETWEEN_VALUES & set(value)
        if value and not is_several:
            yield quote(one.parameter, safe=""), quote(value, safe="")


def _parts_of_values(plain: Case, wanted: Sequence[tuple[str, str]]) -> Iterator[Case]:
    """Yield requests by a part of a value, where the document says that all of it counts."""
    filters = plain.operation.listing.filters
    stated = {quote(one.parameter, safe="") for one in filters if not one.inferred}
    for name, value in wanted:
        part = quote(unquote(value)[:-1], safe="")
        if name in stated and part:
            yield replace(plain, title="a part of it", query=_with(plain, (name, part)))


def _half_met(plain: Case, one: tuple[str, str], other: tuple[str, str]) -> Iterator[Case]:
    """Yield requests of which one filter is met, and the other by nothing."""
    for pairs in (
        (_unmet(plain.operation, one), other),
        (one, _unmet(plain.operation, other)),
    ):
        yield replace(plain, title="one filter met, one not", query=_with(plain, *pairs))


def other_filter_case(case: Case, query: Query, item: Mapping[str, Any]) -> Case:
    """Return *query*, to which a page of *case* has led, with another value of its filter.

    It is that of *item* where this has another one, else one that nothing meets.
    """
    values = dict(case.query)
    changed = query
    for one in case.operation.listing.filters:
        name = quote(one.parameter, safe="")
        if name in values:
            other = quote(_filter_value(one, item), safe="")
            unmet = (name, other)
            if other in ("", values[name]):
                unmet = _unmet(case.operation, (name, values[name]))
            changed = (*(pair for pair in changed if pair[0] != name), unmet)
    subject = Subject(SubjectKind.STEP, OTHER_FILTER)
    title = "a page of another filter"
    return replace(case, title=title, query=changed, subject=subject, expect=Expect.ANY)


def _unmet(operation: Operation, pair: tuple[str, str]) -> tuple[str, str]:
    """Return the filter of *pair* with a value that what meets it has not, as it is written.

    That is nobody's, or another one of those that the document allows, where it names them or asks
    for a number.
    """
    name, value = pair
    for parameter in operation.other_parameters:
        if parameter.name == unquote(name):
            for schema in (parameter.schema, parameter.schema.get("items") or {}):
                for one in _allowed_values(schema, unquote(value)):
                    if quote(one, safe="") != value:
                        return name, quote(one, safe="")
    return name, NOBODYS_VALUE


def _allowed_values(schema: Mapping[str, Any], value: str) -> Iterator[str]:
    """Yield values that *schema* names, or the neighbours of *value* where it is a whole number."""
    named = schema.get("enum", ())
    types = types_allowed(schema)
    if types == ["boolean"] and not named:
        named = (True, False)
    yield from map(text_of, named)
    if types == ["integer"] and not named and value.lstrip("-").isdecimal():
        for number in (int(value) + 1, int(value) - 1):
            if _is_within_bounds(number, schema):
                yield text_of(number)


def _is_within_bounds(number: int, schema: Mapping[str, Any]) -> bool:
    least, most = schema.get("minimum", number), schema.get("maximum", number)
    return bool(least <= number <= most) and "multipleOf" not in schema


def order_cases(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield requests for the list in each documented order."""
    plain = widest(_case(operation, context, SORTED, "in order"))
    pages = operation.listing.pages
    for one in operation.listing.orders:
        if not one.parameter:
            continue  # what nobody asks for is seen in each list
        pair = (quote(one.parameter, safe=""), quote(one.value, safe=""))
        asked = replace(plain, title=f"in order: {one.value}", query=_with(plain, pair))
        yield asked
        if pages is not None and pages.size:
            query = with_size(asked.query, pages, NARROW)
            yield replace(asked, title=f"in order, page by page: {one.value}", query=query)


def next_page(case: Case, query: tuple[tuple[str, str], ...], name: str) -> Case:
    """Return the request for another page of *case*, as the step *name*."""
    subject = Subject(SubjectKind.STEP, name)
    return replace(case, title=f"{case.title}: next", query=query, subject=subject)


def _case(operation: Operation, context: RunContext, name: str, title: str) -> Case:
    made = bare_case(Probe.LIFE, title, operation, context)
    return replace(made, subject=Subject(SubjectKind.STEP, name), expect=Expect.ACCEPTED)


def filtered_case(operation: Operation, context: RunContext) -> Case:
    """Return the request that filters are put into: for whole pages, without other filters."""
    plain = widest(_case(operation, context, FILTERED, "filtered"))
    names = {quote(one.parameter, safe="") for one in operation.listing.filters}
    return replace(plain, query=tuple(pair for pair in plain.query if pair[0] not in names))


def _with(case: Case, *pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    names = {name for name, _ in pairs}
    return (*(pair for pair in case.query if pair[0] not in names), *pairs)


def _filter_value(one: Filter, item: Mapping[str, Any]) -> str:
    """Return the text by which *item* is found, of a list the first; ``""`` where it has none."""
    for _, value in paths.values_at(item, one.member):
        if value is not None and not isinstance(value, (dict, list)):
            return text_of(value)
    return ""
