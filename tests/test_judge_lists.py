"""Does a list come in its parts as documented? Each rule: kept, broken, and the permitted list that comes closest.

Each test gives the life of two things and the lists of it, as a run makes them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import BROKEN, KEPT, SILENT, Expect, Subject, SubjectKind, in_a_row
from lives import THINGS, world

from pytest_confluent_contracts.clauses import lists
from pytest_confluent_contracts.model.clauses import FindingKind as Kind
from pytest_confluent_contracts.model.clauses import Level
from pytest_confluent_contracts.model.page_links import (
    FROM_OFFSET,
    LED_STEPS,
    NEXT_PAGE,
    ODD_SIZE,
    OTHER_FILTER,
)
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from exchanges import Exchange

    from pytest_confluent_contracts.model.clauses import Clause, Finding

PAGED = THINGS.replace(
    "      operationId: list\n",
    """      operationId: list
      x-contract:
        pagination: {style: cursor, size: limit, position: cursor, next: next, total: total}
        filters: {says: Exactly this., by-parameter: {note: note, name: name}}
      parameters:
        - {name: limit, in: query, schema: {type: integer, default: 2, maximum: 3}}
        - {name: cursor, in: query, schema: {type: string}}
        - {name: note, in: query, schema: {type: string}}
        - {name: name, in: query, schema: {type: string}}
        - {name: sort, in: query, schema: {enum: [name, -size]}}
""",
).replace(
    "properties: {data: {type: array,",
    "properties: {next: {type: string, nullable: true}, total: {type: integer}, data: {type: array,",
)
W = world(PAGED)
# The same without any word on it: what names tell.
NAMED = world(
    "\n".join(
        line
        for line in PAGED.splitlines()
        if "pagination:" not in line and "filters:" not in line and line != "      x-contract:"
    )
)
A = {"id": "t1", "name": "Ada", "note": "one", "size": 1}
B = {"id": "t2", "name": "ben", "note": "two", "size": 2}
C = {"id": "t3", "name": "Cyd", "note": "two", "size": 3}
OTHER = {"id": "x9", "name": "Abe", "note": "not ours", "size": 9}


def made(item: dict[str, Any]) -> Exchange:
    """Return the create of *item*."""
    return W.ask("create", 201, item, sent={"name": item["name"]})


MADE = (made(A), made(B), made(C))


def page(
    *items: dict[str, Any],
    query: str = "",
    after: bool = False,
    status: int = 200,
    expect: Expect = Expect.ACCEPTED,
    **around: Any,
) -> Exchange:
    """Return a page of the list, asked with *query*; *after*: to which the page before had led."""
    found = W.ask("list", status, {"data": list(items), **around}, expect=expect)
    pairs = tuple(pair.partition("=")[::2] for pair in query.split("&") if pair)
    step = NEXT_PAGE if after else "pages"
    subject = Subject(SubjectKind.STEP, step)
    return replace(found, case=replace(found.case, query=pairs, subject=subject))


def clause_of(rule: str, of: Any = W) -> Clause:
    """Return the clause ``list/RULE``."""
    [found] = [one for one in lists.derive(of["list"]) if one.id == f"list/{rule}"]
    return found


def findings(rule: str, *exchanges: Exchange) -> list[Finding]:
    """Return what the clause finds."""
    evidence = clause_of(rule).judge(in_a_row(*MADE, *exchanges, apart=1.0))
    return [one.finding for one in evidence if one.finding is not None]


def verdict(rule: str, *exchanges: Exchange) -> str:
    """Return what the clause says of the lists *exchanges* after three were made."""
    evidence = list(clause_of(rule).judge(in_a_row(*MADE, *exchanges, apart=1.0)))
    if not evidence:
        return SILENT
    return BROKEN if any(one.finding for one in evidence) else KEPT


def test_what_is_stated_must_be_and_what_names_tell_should_be() -> None:
    """The same clauses, with and without ``x-contract``; an order is always told by names."""
    stated = {one.id: one.level for one in lists.derive(W["list"])}
    named = {one.id: one.level for one in lists.derive(NAMED["list"])}
    assert stated.keys() == named.keys()
    assert {id for id, level in stated.items() if level is Level.SHOULD} == {
        "list/unknown-page-refused",
        "list/cursor-of-another-filter/note",
        "list/cursor-of-another-filter/name",
        "list/order/sort/name",
        "list/order/sort/-size",
    }
    assert set(named.values()) == {Level.SHOULD}
    assert list(lists.derive(W["read"])) == []


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "count", "told"),
    [
        ("limit=1", 1, KEPT),
        ("limit=2", 1, KEPT),  # a service may end a page early
        ("limit=1", 2, BROKEN),
        ("", 2, KEPT),
        ("", 3, BROKEN),  # two by default
        ("limit=9", 3, KEPT),  # cut down to the maximum
        ("limit=9", 4, BROKEN),
    ],
)
def test_a_page_has_at_most_as_many_as_were_asked_for(query: str, count: int, told: str) -> None:
    """The size that was asked for, the default, the maximum."""
    items = [A, B, C, OTHER][:count]
    assert verdict("page-size-kept", page(*items, query=query)) == told


def test_a_page_that_was_led_to_keeps_the_size_too() -> None:
    """Its own query says how large it may be."""
    first = page(A, query="limit=1", next="n1")
    second = page(B, C, query="limit=1&cursor=n1", after=True)
    [found] = findings("page-size-kept", first, second)
    assert (found.kind, found.expected, found.observed) == (Kind.PAGE_TOO_LARGE, "1", 2)


def test_pages_share_nothing_that_the_run_made() -> None:
    """What others have may move in between; what the run made stays."""
    first = page(A, OTHER, query="limit=2", next="n1")
    again = page(B, OTHER, query="limit=2&cursor=n1", after=True, next="n2")
    twice = page(B, C, query="limit=2&cursor=n1", after=True)
    assert verdict("pages-are-disjoint", first, again) == KEPT
    shared = page(A, B, query="limit=2", next="n1")
    assert verdict("pages-are-disjoint", shared, twice) == BROKEN
    # Two walks are two lists.
    assert verdict("pages-are-disjoint", shared, page(B, C, query="limit=2&cursor=n1")) == SILENT


def test_all_pages_together_show_what_was_made() -> None:
    """On whichever page; a walk that did not come to its end tells nothing."""
    first = page(A, B, query="limit=2", next="n1")
    last = page(C, query="limit=2&cursor=n1", after=True)
    without = page(OTHER, query="limit=2&cursor=n1", after=True)
    going_on = page(OTHER, query="limit=2&cursor=n1", after=True, next="n2")
    refused = page(query="limit=2&cursor=n1", after=True, status=500)
    assert verdict("pages-are-complete", first, last) == KEPT
    assert [one.kind for one in findings("pages-are-complete", first, without)] == [Kind.ON_NO_PAGE]
    assert verdict("pages-are-complete", first, going_on) == SILENT
    assert verdict("pages-are-complete", first, refused) == SILENT
    assert verdict("pages-are-complete", page(C, query="limit=2&cursor=n1")) == SILENT


def test_what_is_led_to_is_another_page() -> None:
    """The last page leads nowhere; an empty one may lead on; a next page is there."""
    first = page(A, query="limit=1", next="n1")
    second = page(B, query="limit=1&cursor=n1", after=True)
    back = page(B, query="limit=1&cursor=n1", after=True, next="n1")
    empty = page(query="limit=1&cursor=n1", after=True, next="n2")
    refused = page(query="limit=1&cursor=n1", after=True, status=400)
    assert verdict("pages-end", first, second) == KEPT
    assert verdict("pages-end", first, empty) == KEPT
    assert [one.kind for one in findings("pages-end", first, back)] == [Kind.NEXT_LEADS_BACK]
    assert [one.kind for one in findings("pages-end", first, refused)] == [Kind.NEXT_REFUSED]
    throttled = page(query="limit=1&cursor=n1", after=True, status=429)  # and sent again
    assert verdict("pages-end", first, throttled, second) == KEPT
    assert verdict("pages-end", first, throttled, second, back) == BROKEN


OFFSETS = world(
    PAGED.replace(
        "style: cursor, size: limit, position: cursor, next: next",
        "style: offset, size: limit, position: cursor",
    )
)
WHOLE = (page(A, B, C, query="limit=3"), page(A, B, C, query="limit=3"))


@pytest.mark.parametrize(
    ("items", "around", "told"),
    [
        ((B, C), WHOLE, KEPT),
        ((B,), WHOLE, KEPT),  # a service may end it early
        ((A, B), WHOLE, BROKEN),  # rounded down
        ((C,), WHOLE, BROKEN),  # rounded up
        ((C, B), WHOLE, BROKEN),
        ((), WHOLE, BROKEN),
        # Somebody was at work, or nobody has seen the list as far, or it is another list.
        ((A, B), (WHOLE[0], page(OTHER, A, B, C, query="limit=3")), SILENT),
        ((A, B), (page(A, B, query="limit=2"), WHOLE[1]), SILENT),
        ((A, B), (WHOLE[0], page(A, B, C, query="limit=3&note=two")), SILENT),
    ],
)
def test_an_offset_need_be_no_multiple_of_the_size(
    items: tuple[Any, ...], around: tuple[Exchange, Exchange], told: str
) -> None:
    """The page is that part of the list which was seen before and is seen again."""
    asked = named_step(FROM_OFFSET, page(*items, query="limit=2&cursor=1"))
    row = [of_world(OFFSETS, one) for one in (*MADE, around[0], asked, around[1])]
    evidence = list(clause_of("offset-kept", OFFSETS).judge(in_a_row(*row, apart=1.0)))
    verdicts = {True: BROKEN, False: KEPT}
    assert (verdicts[bool(evidence[0].finding)] if evidence else SILENT) == told


FROM_ONE = "name: cursor, in: query, schema: {type: integer, minimum: 1}"


def test_items_may_be_counted_from_one() -> None:
    """Where the document says so, the second page is behind the offset 2, and not behind 1."""
    from_one = world(
        PAGED.replace(
            "style: cursor, size: limit, position: cursor, next: next",
            "style: offset, size: limit, position: cursor",
        ).replace("name: cursor, in: query, schema: {type: string}", FROM_ONE)
    )
    for items, told in (((B, C), KEPT), ((C,), BROKEN)):
        asked = named_step(FROM_OFFSET, page(*items, query="limit=2&cursor=2"))
        row = [of_world(from_one, one) for one in (*MADE, WHOLE[0], asked, WHOLE[1])]
        [evidence] = clause_of("offset-kept", from_one).judge(in_a_row(*row, apart=1.0))
        assert bool(evidence.finding) == (told == BROKEN)


def test_the_total_is_what_all_pages_have() -> None:
    """Told once the last page is there; where pages of a walk differ, somebody else was at work."""
    first = page(A, B, query="limit=2", next="n1", total=3)
    last = page(C, query="limit=2&cursor=n1", after=True, total=3)
    assert verdict("total-agrees", first, last) == KEPT
    wrong = [
        page(A, B, query="limit=2", next="n1", total=2),
        page(C, query="limit=2&cursor=n1", after=True, total=2),
    ]
    [found] = findings("total-agrees", *wrong)
    assert (found.subject, found.expected, found.observed) == ("total", "3", 2)
    grown = page(C, query="limit=2&cursor=n1", after=True, total=4)
    assert verdict("total-agrees", first, grown) == SILENT
    assert verdict("total-agrees", first) == SILENT
    assert verdict("total-agrees", page(C, query="cursor=n1", total=3)) == SILENT


@pytest.mark.parametrize(
    ("counts", "told"),
    [(("3", "3"), [False]), (("3", "2"), []), (("2", "2"), [True]), (("3", "all"), [])],
)
def test_a_header_may_count_what_all_pages_have(counts: tuple[str, str], told: list[bool]) -> None:
    """As `X-Total-Count` does where no member counts; a text that is no number tells nothing."""
    pages = W["list"].listing.pages
    assert pages is not None
    by_header = replace(pages, total="", total_header="X-Total-Count")
    operation = replace(W["list"], listing=replace(W["list"].listing, pages=by_header))
    [clause] = [one for one in lists.derive(operation) if one.id == "list/total-agrees"]
    shown = (page(A, B, query="limit=2", next="n1"), page(C, query="limit=2&cursor=n1", after=True))
    counted = [
        replace(one, headers=(*one.headers, ("x-total-count", count)))
        for one, count in zip(shown, counts, strict=True)
    ]
    found = clause.judge(in_a_row(*MADE, *counted, apart=1.0))
    assert [bool(one.finding) for one in found] == told


def test_no_total_is_compared_with_a_walk_that_was_cut_off() -> None:
    """Where positions lead on, a full page may have another behind it; a short one is the last."""
    clause = clause_of("total-agrees", OFFSETS)
    full = page(A, B, query="limit=2", total=3)
    short = page(C, query="limit=2&cursor=2", after=True, total=3)
    wrong = page(C, query="limit=2&cursor=2", after=True, total=4)
    more = page(A, B, query="limit=2", total=4)
    for pages, told in (
        ((full,), []),
        ((full, short), [False]),
        ((more, wrong), [True]),
    ):
        row = [of_world(OFFSETS, one) for one in (*MADE, *pages)]
        found = clause.judge(in_a_row(*row, apart=1.0))
        assert [bool(one.finding) for one in found] == told


def test_a_page_that_nobody_was_led_to_is_refused() -> None:
    """Whatever the status; an answer like any other is told."""
    asked: dict[str, Any] = {"query": "cursor=contract-no-such-cursor", "expect": Expect.REFUSED}
    assert verdict("unknown-page-refused", page(status=400, **asked)) == KEPT
    assert verdict("unknown-page-refused", page(A, **asked)) == BROKEN
    assert verdict("unknown-page-refused", page(**asked)) == BROKEN


# --- filters and order -----------------------------------------------------------------------------------------------

SHOWN = page(A, B, C, query="limit=3")


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ((B, C), set()),
        ((C, B), set()),
        ((B, C, {**OTHER, "note": "two"}), set()),
        ((A, B, C), {Kind.FILTER_LETS_THROUGH}),
        ((B, C, {**OTHER, "note": "two more"}), {Kind.FILTER_LETS_THROUGH}),
        ((B,), {Kind.FILTER_LEAVES_OUT}),
        ((A,), {Kind.FILTER_LETS_THROUGH, Kind.FILTER_LEAVES_OUT}),
        ((), {Kind.FILTER_LEAVES_OUT}),
    ],
)
def test_a_filter_keeps_what_meets_it(items: tuple[Any, ...], told: set[Kind]) -> None:
    """All of it, and nothing else; others may have such, too."""
    filtered = page(*items, query="note=two&limit=3")
    assert {one.kind for one in findings("filter/note", SHOWN, filtered)} == told


@pytest.mark.parametrize(
    ("query", "items", "told"),
    [
        ("note=one&note=two", (A, B, C), set()),
        ("note=nobody&note=two", (B, C), set()),
        ("note=one&note=two", (A,), {Kind.FILTER_LEAVES_OUT}),  # the first value alone
        ("note=one&note=two", (B, C), {Kind.FILTER_LEAVES_OUT}),  # the last value alone
        ("note=nobody&note=two", (A, B, C), {Kind.FILTER_LETS_THROUGH}),
        ("note=one&note=two", (A, B, C, OTHER), {Kind.FILTER_LETS_THROUGH}),
    ],
)
@pytest.mark.parametrize("style", ["", "form", "pipeDelimited"])
def test_of_several_values_each_item_has_one(
    query: str, items: tuple[Any, ...], told: set[Kind], style: str
) -> None:
    """Given one by one, or in one text between commas or bars."""
    written = f", style: {style}, explode: false" if style else ""
    several = world(
        PAGED.replace(
            "name: note, in: query, schema: {type: string}",
            f"name: note, in: query{written}, schema: {{type: array, items: {{type: string}}}}",
        )
    )
    if style:
        between = "," if style == "form" else "%7C"
        query = "note=" + query.replace("note=", "").replace("&", between)
    filtered = page(*items, query=f"{query}&limit=3")
    evidence = clause_of("filter/note", several).judge(
        in_a_row(*(of_world(several, one) for one in (*MADE, SHOWN, filtered)), apart=1.0)
    )
    assert {one.finding.kind for one in evidence if one.finding} == told


def test_of_two_filters_both_count() -> None:
    """Each clause looks at its own member; what is left out meets both."""
    both = "note=two&name=ben&limit=3"
    assert verdict("filter/note", SHOWN, page(B, query=both)) == KEPT
    assert verdict("filter/name", SHOWN, page(B, query=both)) == KEPT
    assert verdict("filter/note", SHOWN, page(B, C, query=both)) == KEPT
    assert verdict("filter/name", SHOWN, page(B, C, query=both)) == BROKEN
    assert verdict("filter/name", SHOWN, page(query=both)) == BROKEN


def test_what_a_filter_leaves_out_may_stand_on_another_page() -> None:
    """Only a list to its end must show all."""
    first = page(B, query="note=two&limit=1", next="n1")
    assert verdict("filter/note", SHOWN, first) == KEPT
    last = page(A, query="note=two&limit=1&cursor=n1", after=True)
    assert verdict("filter/note", SHOWN, first, last) == BROKEN


def test_a_later_page_is_filtered_too() -> None:
    """What stands behind the last that meets the filter is on no page of it."""
    first = page(B, query="note=two&limit=1", next="n1", total=2)
    more = page(C, query="limit=1&cursor=n1", after=True, next="n2", total=2)
    last = page(C, query="limit=1&cursor=n1", after=True, total=2)
    behind = page(A, query="limit=1&cursor=n2", after=True, total=2)
    assert verdict("filter/note", SHOWN, first, last) == KEPT
    [found] = findings("filter/note", SHOWN, first, more, behind)
    assert (found.kind, found.observed) == (Kind.FILTER_LETS_THROUGH, "one")


def replaced(status: int, answer: Any = ABSENT) -> Exchange:
    """Return the replace by which the first gets the note "two"."""
    return W.ask("replace", status, answer, id="t1", sent={"name": "Ada", "note": "two", "size": 1})


@pytest.mark.parametrize(
    ("between", "items", "told"),
    [
        ([replaced(200, {**A, "note": "two"})], (), KEPT),  # it was "one" when a list showed it
        ([replaced(204)], (), KEPT),
        ([replaced(202, A)], (), KEPT),  # the answer may be from before
        ([replaced(500)], (), KEPT),  # nobody knows what it did
        ([replaced(412)], (), BROKEN),  # it was refused
        ([replaced(204), W.ask("read", 200, A, id="t1")], (), BROKEN),  # it has it all the same
        ([replaced(200, {**A, "note": "two"})], ({**A, "note": "two"},), BROKEN),
        ([W.ask("read", 200, A, id="t1")], (A,), KEPT),
    ],
)
def test_a_filter_goes_by_what_was_written_last(
    between: list[Exchange], items: tuple[Any, ...], told: str
) -> None:
    """What a list has shown of it before a write is no longer what it has."""
    other = page({**OTHER, "note": "one"}, query="note=one&limit=1", next="n1")
    filtered = page(*items, query="note=one&limit=3")
    assert verdict("filter/note", SHOWN, other, *between, filtered) == told


def test_what_was_written_since_it_was_listed_is_looked_for() -> None:
    """A filter that goes by what was there before leaves out what meets it now."""
    written = replaced(200, {**A, "note": "two"})
    filtered = page(B, C, query="note=two&limit=3")
    [finding] = findings("filter/note", SHOWN, written, filtered)
    assert finding.kind is Kind.FILTER_LEAVES_OUT
    whole = page({**A, "note": "two"}, B, C, query="note=two&limit=3")
    assert verdict("filter/note", SHOWN, written, whole) == KEPT


def test_a_filter_that_only_its_name_tells_of_may_look_for_a_part() -> None:
    """``note=two`` may find "two more" where nobody says that it does not."""
    found = page({**OTHER, "note": "Two more"}, query="note=two")
    clause = clause_of("filter/note", NAMED)
    assert [one.finding for one in clause.judge(in_a_row(*MADE, found))] == [None]
    assert verdict("filter/note", found) == BROKEN


@pytest.mark.parametrize(
    ("value", "items", "told"),
    [
        ("name", (A, B, C), KEPT),  # in small letters
        ("name", (A, C, B), KEPT),  # capitals first
        ("name", (C, B, A), BROKEN),
        # In order by pairs, in small letters here and capitals first there, and not as a whole.
        ("name", (B, {**A, "name": "Cat"}, {**A, "name": "bat"}), BROKEN),
        ("name", ({**A, "name": "éa"}, {**A, "name": "fa"}), KEPT),  # where é stands is open
        ("-size", (C, B, A), KEPT),
        ("-size", (C, A, B), BROKEN),
        ("-size", (C, {"id": "t4"}, A), KEPT),  # nobody knows where that stands
    ],
)
def test_a_sorted_list_is_in_order(value: str, items: tuple[Any, ...], told: str) -> None:
    """Numbers as numbers, texts in either way of comparing letters."""
    assert verdict(f"order/sort/{value}", page(*items, query=f"sort={value}")) == told


def test_a_filter_with_brackets_in_its_name_leaves_nothing_out() -> None:
    """It stands escaped in the query, and is the documented one all the same."""
    named = world(
        PAGED.replace("name: note, in: query", "name: 'filter[note]', in: query").replace(
            "by-parameter: {note: note,", "by-parameter: {'filter[note]': note,"
        )
    )
    clause = clause_of("filter/filter[note]", named)
    for items, told in (((B, C), set()), ((B,), {Kind.FILTER_LEAVES_OUT})):
        filtered = page(*items, query="filter%5Bnote%5D=two&limit=3")
        exchanges = [
            replace(one, case=replace(one.case, operation=named[one.case.operation.id]))
            for one in (*MADE, SHOWN, filtered)
        ]
        evidence = clause.judge(in_a_row(*exchanges, apart=1.0))
        assert {one.finding.kind for one in evidence if one.finding} == told


def test_what_is_refused_for_its_size_is_no_unknown_page() -> None:
    """A size above the maximum may be cut down; only a page that nobody has led to is unknown."""
    large = page(A, query="limit=4", expect=Expect.REFUSED)
    assert verdict("unknown-page-refused", large) == SILENT
    unknown = page(A, query="cursor=none", expect=Expect.REFUSED)
    assert verdict("unknown-page-refused", unknown) == BROKEN


# --- other links, and pages by themselves ------------------------------------------------------------

LINKED = world(
    PAGED.replace(
        "next: next, total", "next: next, previous: prev, first: first, last: last, total"
    )
    .replace("limit, position", "limit, above-maximum: capped, position")
    .replace(
        "filters: {says",
        "sorting: {parameter: sort, by-value: {up: size, down: -size}, default: -size}\n"
        "        filters: {says",
    )
)


def of_world(own: Any, exchange: Exchange) -> Exchange:
    """Return *exchange* as one of the document *own*."""
    return replace(exchange, case=replace(exchange.case, operation=own[exchange.case.operation.id]))


def named_step(name: str, exchange: Exchange) -> Exchange:
    """Return *exchange* as the step *name*."""
    return replace(exchange, case=replace(exchange.case, subject=Subject(SubjectKind.STEP, name)))


def led(
    relation: str, *items: dict[str, Any], query: str, status: int = 200, **told: Any
) -> Exchange:
    """Return the page to which the link *relation* has led."""
    return named_step(LED_STEPS[relation], page(*items, query=query, status=status, **told))


def linked(rule: str, *exchanges: Exchange) -> list[Kind] | str:
    """Return which kinds the clause finds in a linked list, SILENT where nothing bears on it."""
    own = [of_world(LINKED, one) for one in (*MADE, *exchanges)]
    evidence = list(clause_of(rule, LINKED).judge(in_a_row(*own, apart=1.0)))
    if not evidence:
        return SILENT
    return [one.finding.kind for one in evidence if one.finding is not None]


THREE_PAGES = (
    page(A, query="limit=1", next="n1", last="n2"),
    page(B, query="limit=1&cursor=n1", after=True, next="n2", prev="n0", first="n0"),
    page(C, query="limit=1&cursor=n2", after=True, prev="n1", first="n0"),
)


@pytest.mark.parametrize(
    ("relation", "answer", "told"),
    [
        ("first", led("first", A, query="limit=1&cursor=n0", next="n1"), []),
        ("first", led("first", B, query="limit=1&cursor=n0"), [Kind.LINK_LEADS_ELSEWHERE]),
        ("first", led("first", query="cursor=n0", status=400), [Kind.LINK_REFUSED]),
        ("first", led("first", query="cursor=n0", status=429), SILENT),
        ("last", led("last", C, query="limit=1&cursor=n2"), []),
        # One that ends with the last item, and begins elsewhere than the walk's last page.
        ("last", led("last", B, C, query="limit=2&cursor=n2"), []),
        ("last", led("last", B, query="limit=1&cursor=n2"), [Kind.LINK_LEADS_ELSEWHERE]),
        ("last", led("last", C, query="limit=1&cursor=n2", next="n9"), [Kind.LAST_LEADS_ON]),
    ],
)
def test_links_lead_where_they_say(relation: str, answer: Exchange, told: Any) -> None:
    """To the page with the first item, and to that with the last, which has no next."""
    assert linked(f"link/{relation}", *THREE_PAGES, answer) == told


def test_the_page_before_has_the_item_before() -> None:
    """It may be cut elsewhere; each page but the first has one, and the first has none."""
    back = led("prev", B, query="limit=1&cursor=n1")
    assert linked("link/prev", *THREE_PAGES, back) == []
    larger = led("prev", A, B, query="limit=1&cursor=n1")
    assert linked("link/prev", *THREE_PAGES, larger) == []
    itself = led("prev", C, query="limit=1&cursor=n1")
    assert linked("link/prev", *THREE_PAGES, itself) == [Kind.LINK_LEADS_ELSEWHERE]
    first, second, third = THREE_PAGES
    bare = page(B, query="limit=1&cursor=n1", after=True, next="n2")
    assert linked("link/prev", first, bare, third) == [Kind.PAGE_LEADS_NOT_BACK]
    led_back = page(A, query="limit=1", next="n1", prev="n9")
    assert linked("link/prev", led_back, second, third) == [Kind.FIRST_LEADS_BACK]
    # Where no page has one, nobody says that there is any.
    assert linked("link/prev", first, bare, page(C, query="cursor=n2", after=True)) == SILENT


def test_what_others_have_may_move_between_two_looks() -> None:
    """Their item counts only where the list is the same later on."""
    walk = (
        page(OTHER, query="limit=1", next="n1"),
        page(A, query="limit=1&cursor=n1", after=True, first="n0"),
    )
    moved = led("first", A, query="limit=1&cursor=n0")
    assert linked("link/first", *walk, moved) == SILENT
    again = page(OTHER, A, query="limit=3")
    assert linked("link/first", *walk, moved, again) == [Kind.LINK_LEADS_ELSEWHERE]
    gone = page(A, query="limit=3")
    assert linked("link/first", *walk, moved, gone) == SILENT


@pytest.mark.parametrize(
    ("size", "status", "told"),
    [
        ("0", 400, []),
        ("0", 200, []),
        ("-1", 500, [Kind.PAGE_SIZE_FAILS]),
        ("contract", 422, []),
        ("4", 200, []),
        ("4", 400, [Kind.PAGE_SIZE_FAILS]),  # it is said to be cut down
    ],
)
def test_an_odd_size_is_refused_or_something_comes(size: str, status: int, told: Any) -> None:
    """Whatever is asked for is no accident; what a page of 0 shows is no whole list."""
    odd = named_step(ODD_SIZE, page(query=f"limit={size}", status=status))
    assert linked("odd-page-size", odd) == told
    assert linked("pages-are-complete", odd) == SILENT


def test_a_size_above_the_maximum_may_be_refused_where_nobody_says_that_it_is_cut() -> None:
    """The same list without that word."""
    odd = named_step(ODD_SIZE, page(query="limit=4", status=400))
    assert verdict("odd-page-size", odd) == KEPT


def test_a_cursor_of_another_filter_shows_nothing_of_it() -> None:
    """It is refused, or the filter that was sent holds."""
    query = "note=one&limit=1&cursor=n1"
    for status, items, told in (
        (400, (), KEPT),
        (200, (), KEPT),
        (200, (A,), KEPT),
        (200, (B,), BROKEN),
        (500, (), SILENT),
    ):
        asked = named_step(OTHER_FILTER, page(*items, query=query, status=status))
        assert verdict("cursor-of-another-filter/note", asked) == told
        assert verdict("filter/note", SHOWN, asked) == SILENT


def test_an_order_may_be_stated() -> None:
    """By the values of a parameter, and for who asks for none; then it must be kept."""
    levels = {one.id: one.level for one in lists.derive(LINKED["list"])}
    assert levels["list/order/default"] is Level.MUST
    assert levels["list/order/sort/up"] is Level.MUST
    assert linked("order/sort/up", page(A, B, C, query="sort=up")) == []
    assert linked("order/sort/down", page(A, B, query="sort=down")) == [Kind.OUT_OF_ORDER]
    assert linked("order/default", page(C, B, A, query="limit=3")) == []
    assert linked("order/default", page(A, B, query="limit=3")) == [Kind.OUT_OF_ORDER]
    assert linked("order/default", page(A, B, query="sort=up")) == SILENT


def test_times_are_in_order_as_instants() -> None:
    """Not as texts: an offset may stand behind them."""
    early = {"id": "t1", "size": "2026-01-01T09:00:00+09:00"}
    late = {"id": "t2", "size": "2026-01-01T01:00:00Z"}
    assert linked("order/sort/up", page(early, late, query="sort=up")) == []
    assert linked("order/sort/up", page(late, early, query="sort=up")) == [Kind.OUT_OF_ORDER]


def test_a_total_that_only_its_name_tells_of_may_count_all() -> None:
    """Whatever filters the list; where it is stated, it counts what is listed."""
    whole = page(A, B, C, query="limit=3", total=3)
    filtered = page(B, C, query="note=two&limit=3", total=3)
    assert verdict("total-agrees", whole, filtered) == BROKEN
    clause = clause_of("total-agrees", NAMED)
    named = [of_world(NAMED, one) for one in (*MADE, whole, filtered)]
    assert [one.finding for one in clause.judge(in_a_row(*named, apart=1.0))] == [None, None]
    wrong = [*named[:-1], of_world(NAMED, page(B, C, query="note=two&limit=3", total=1))]
    assert any(one.finding for one in clause.judge(in_a_row(*wrong, apart=1.0)))


def in_header(stated: bool) -> Any:
    """Return the document of a list whose header Link leads on: stated, or told by its name."""
    text = PAGED.replace("next: next, total: total}", "in-link-header: true}").replace(
        "    Things:\n      description: all\n",
        "    Things:\n      description: all\n      headers: {Link: {schema: {type: string}}}\n",
    )
    if not stated:
        text = "\n".join(line for line in text.splitlines() if "pagination:" not in line)
    text = text.replace("next: {type: string, nullable: true}, total: {type: integer}, ", "")
    return world(text)


@pytest.mark.parametrize(
    ("link", "items", "by_name", "by_word"),
    [
        ('</things>; rel="first"', (A, B, C), KEPT, KEPT),
        ('</things>; rel="first"', (A, B), BROKEN, BROKEN),
        ("<things?limit=2>; rel=first", (A, B), BROKEN, BROKEN),
        ('</things>; rel="first", </things?cursor=x>; rel="next"', (A, B), SILENT, SILENT),
        ('</things?cursor=x>; title="a, \\"b\\""; rel=next', (A, B), SILENT, SILENT),
        # What tells of no page tells nothing where only the header's name promises one.
        ('</docs>; rel="help"', (A, B), SILENT, BROKEN),
        ('</things>; rel="first"; anchor="/all"', (A, B), SILENT, BROKEN),
        ("", (A, B), SILENT, BROKEN),
    ],
)
def test_a_header_with_links_to_other_pages_alone_tells_the_last(
    link: str, items: Any, by_name: str, by_word: str
) -> None:
    """Without any nobody knows, where nobody says that the header leads on."""
    for stated, told in ((False, by_name), (True, by_word)):
        own = in_header(stated)
        found = own.ask("list", 200, {"data": list(items)}, told={"Link": link} if link else {})
        exchanges = [of_world(own, one) for one in (*MADE, found)]
        evidence = list(clause_of("pages-are-complete", own).judge(in_a_row(*exchanges, apart=1.0)))
        verdicts = {True: BROKEN, False: KEPT}
        got = verdicts[any(one.finding for one in evidence)] if evidence else SILENT
        assert (stated, got) == (stated, told)
