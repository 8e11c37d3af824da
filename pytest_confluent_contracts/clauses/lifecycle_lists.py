"""Which lists show all that there is, and is each resource in them once, under its own parent?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.lifecycle_members import Key, Shown, quoted
from pytest_confluent_contracts.clauses.lifecycle_pairs import finding_vanished, note_write
from pytest_confluent_contracts.clauses.lifecycle_state import (
    Outcome,
    is_due,
    is_scoped,
)
from pytest_confluent_contracts.clauses.reading import SchemaReader, member_finding
from pytest_confluent_contracts.clauses.update_state import EMPTY
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.clauses import Evidence, Finding, FindingKind
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.media_types import IN_JSON
from pytest_confluent_contracts.model.names import (
    MORE_PAGES,
    NEXT_PAGES,
    PAGE_CURSORS,
    PAGE_NUMBERS,
    PAGE_OFFSETS,
    PAGE_SIZES,
    TOTALS,
    plain_name,
)
from pytest_confluent_contracts.model.page_links import (
    FILTERED,
    NEXT,
    asks_for_position,
    is_about_pages,
    link_in_header,
    tells_another,
    tells_pages,
)
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from pytest_confluent_contracts.clauses.lifecycle_state import Life, Moment, Step
    from pytest_confluent_contracts.model.documents import Operation, Parameter
    from pytest_confluent_contracts.model.promises import Pages
    from pytest_confluent_contracts.model.traffic import Exchange

# Words of parameters that ask for a part of a list: those that lead backwards, too.
PAGING = frozenset(
    {
        *(*PAGE_SIZES, *PAGE_CURSORS, *PAGE_NUMBERS, *PAGE_OFFSETS),
        *("first", "last", "before", "endingbefore", "pagebefore", "token", "pagination"),
    }
)
SIZES = frozenset({*PAGE_SIZES, "first"})
# Words of members that say that there is more.
MORE = frozenset({*NEXT_PAGES, *MORE_PAGES, "marker", "pagetoken"})
DEEPEST_LINK = 4  # members between the body and what says that there is more
SHOWING = ("show", "include", "with", "list", "all", "return")  # of ``show_expired``
LOOKS = frozenset({"sort", "sortby", "order", "orderby", "sortorder", "fields", "direction"})
STEM = 4  # letters, of those that ``expired`` and ``expires_at`` share, that make it likely
SMALL_NUMBER = 9  # digits of ids that each parent may count for itself


# --- is it as documented? ----------------------------------------------------------------------


def judge_shape_of_items(operation: Operation, life: Life) -> Iterator[Evidence]:
    """Judge each list with something in it by its schema: each page, however it was asked for.

    What the operation is asked for by itself may be an empty list, or a first page.
    """
    readers: dict[str, SchemaReader] = {}
    for response in operation.responses:
        if response.content is not None and response.content.kind in IN_JSON:
            readers[response.status] = SchemaReader(response.content)
    for step in life.own_answers:
        exchange = step.exchange
        told = operation.response(exchange.status)
        is_own = exchange.case.operation.key == operation.key and exchange.accepted
        if not is_own or not step.shown or told is None or told.status not in readers:
            continue
        if told.content_sent_as(exchange.header("content-type")) == told.content:
            yield Evidence(exchange, _finding_on_shape(exchange, readers[told.status]))


def _finding_on_shape(exchange: Exchange, reader: SchemaReader) -> Finding | None:
    found = reader.violations_in(exchange)
    if not found:
        return None
    path = next(iter(found))
    return member_finding(exchange, path, found[path])


# --- is it all? --------------------------------------------------------------------------------


def is_whole_list(step: Step) -> bool:
    """Return whether the answer lists all that there is, as far as paging goes."""
    return is_to_the_end(step) and not _asks_for_some(step)


def is_to_the_end(step: Step) -> bool:
    """Return whether the answer lists all that was asked for, to the last page.

    Nothing in it says that there is more. Where parts may be asked for, something must say that
    this is the last: a link to the next page that is documented and not there, a total, or that it
    has fewer than the documented default of a page.
    """
    if not step.is_list or not step.has_ids or step.outcome is not Outcome.DONE:
        return False
    operation = step.exchange.case.operation
    if asks_for_position(step.opening.case, operation.listing.pages) or _tells_more(step):
        return False
    is_paged = any(plain_name(one.name) in PAGING for one in operation.other_parameters)
    return not is_paged or _tells_last(step, operation)


def _asks_for_some(step: Step) -> bool:
    """Return whether the request asked for what meets a filter, and not for all.

    What every request of the run names, as an environment in which all lies, is no such filter.
    """
    case = step.opening.case
    pages, resource = case.operation.listing.pages, case.operation.resource
    asked = {name for name, _ in case.query if not is_about_pages(name, pages)}
    if resource is not None and case.subject.name != FILTERED:
        asked -= {one.parameter for one in resource.scopes}
    return bool(asked)


def _tells_more(step: Step) -> bool:
    """Return whether the answer says that there is more: by a link alone, where links say so."""
    pages = step.exchange.case.operation.listing.pages
    if pages is not None and pages.tells_next:
        return tells_another(step.exchange, pages)
    if link_in_header(step.exchange, NEXT):
        return True
    for name, value in _words_around(step.exchange.json):
        if plain_name(name) in MORE and value not in EMPTY and value is not False:
            return True
        if plain_name(name) in TOTALS and isinstance(value, int) and value > len(step.shown):
            return True
    return False


def _tells_last(step: Step, operation: Operation) -> bool:
    """Return whether something says that this is the last page, where nothing says that it is not.

    Where only names tell of the header Link, one that leads to other pages alone does; without
    any, nobody knows whether the service sends it.
    """
    if _is_last_of_links(step, operation.listing.pages):
        return True
    around = [one.name for one in operation.answer_members if not paths.has_items(one.path)]
    if any(plain_name(name) in MORE for name in around if name):
        return True
    if any(len(step.shown) < size for size in _page_sizes(operation)):
        return True
    return any(
        plain_name(name) in TOTALS and isinstance(value, int) and value <= len(step.shown)
        for name, value in _words_around(step.exchange.json)
    )


def _is_last_of_links(step: Step, pages: Pages | None) -> bool:
    """Return whether the answer would have a link to the next page, were there one."""
    if pages is None or not pages.tells_next:
        return False
    return not pages.inferred or (pages.in_header and tells_pages(step.exchange))


def _page_sizes(operation: Operation) -> Iterator[int]:
    """Yield how many a page has that nobody asked otherwise for, as far as it is documented."""
    for parameter in operation.other_parameters:
        default = parameter.default
        is_number = isinstance(default, int) and not isinstance(default, bool)
        if is_number and plain_name(parameter.name) in SIZES:
            yield default


def _words_around(body: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield the members of *body* outside of its lists, by their names."""
    if not isinstance(body, Mapping) or depth > DEEPEST_LINK:
        return
    for name, value in body.items():
        yield str(name), value
        yield from _words_around(value, depth + 1)


# --- may it be left out? -----------------------------------------------------------------------


@dataclass
class LastSeen:
    """How each resource was seen last.

    ``unsure`` are those that were written to since: nobody knows what they have now.
    """

    shown: dict[Key, Shown] = field(default_factory=dict)
    unsure: set[Key] = field(default_factory=set)

    def follow(self, step: Step) -> None:
        """Take in what *step* has written, and what its answer shows.

        What a 202 shows may be from before or from after.
        """
        has_changed = step.may_have_written and step.role is not Role.CREATE
        if has_changed and step.key is not None:
            self.shown.pop(step.key, None)
            self.unsure.add(step.key)
        if has_changed and step.outcome is not Outcome.DONE:
            return
        for shown in step.shown:
            self.shown[shown.key] = shown
            self.unsure.discard(shown.key)


def may_be_hidden(step: Step, made: Step, seen: LastSeen, key: Key) -> bool:
    """Return whether a filter that nobody set may keep a resource out of the list.

    For example, ``show_expired`` (default false) keeps one out that has ``expires_at``, and
    ``state`` (default ``open``) one whose ``state`` is another, or not known.
    """
    filters = [
        one
        for one in step.exchange.case.operation.other_parameters
        if one.location is Location.QUERY and plain_name(one.name) not in PAGING
    ]
    filters = [one for one in filters if one.default is not ABSENT and not _is_about_looks(one)]
    if key in seen.unsure:
        return bool(filters)
    known = dict(_leaves(made.model.body_sent(made.exchange.case)))
    if key in seen.shown:
        known.update(_leaves(seen.shown[key].item))
    return any(_hides(one, known) for one in filters)


def _leaves(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the plain name and the value of each member of *value*, at any depth."""
    if not isinstance(value, Mapping):
        return
    for name, member in value.items():
        yield plain_name(str(name)), member
        yield from _leaves(member)


def _is_about_looks(parameter: Parameter) -> bool:
    """Return whether *parameter* asks for an order or for members, and hides nothing."""
    return plain_name(parameter.name.rpartition(".")[2]) in LOOKS


def _hides(parameter: Parameter, known: Mapping[str, Any]) -> bool:
    name = plain_name(parameter.name.rpartition(".")[2])
    if not isinstance(parameter.default, bool):
        return name not in known or known[name] != parameter.default
    shown = name
    for word in SHOWING:
        shown = shown.removeprefix(word)
    if parameter.default is True:
        return shown == name  # ``active_only`` hides, ``include_archived`` does not
    return not shown or _is_told_of(shown, known)


def _is_told_of(what: str, known: Mapping[str, Any]) -> bool:
    """Return whether a member with a value tells that a resource may be one of *what*."""
    for member, value in known.items():
        is_about = member.startswith(what[:STEM])
        if is_about and value not in EMPTY and value is not False:
            return True
    return False


# --- listed once -------------------------------------------------------------------------------


def judge_listed(life: Life) -> Iterator[Evidence]:
    """Judge that each list shows what the life made once, wherever in it that stands.

    One that is not there may lie on another page, or behind a filter's default.
    """
    seen = LastSeen()
    for moment in life.moments():
        step = moment.step
        if step.is_list:
            for key, maker in _made_under(life, moment):
                yield from _look_at_list(step, key, maker, seen)
        else:
            seen.follow(step)


def _made_under(life: Life, moment: Moment) -> list[tuple[Key, Step]]:
    """Return what the life had made and that the list is about: what has the same parents."""
    found: list[tuple[Key, Step]] = []
    for key, maker in moment.made.items():
        if maker.scope == moment.step.scope and maker.role is Role.CREATE:
            found.append((key, maker))
    return found


def _look_at_list(step: Step, key: Key, maker: Step, seen: LastSeen) -> Iterator[Evidence]:
    times = Counter(shown.key for shown in step.shown)[key]
    if times == 1:
        yield Evidence(step.exchange)
        return
    if times == 0:
        is_promised = is_whole_list(step) and is_due(maker)
        if not is_promised or may_be_hidden(step, maker, seen, key):
            return
    yield Evidence(
        step.exchange,
        Finding(
            FindingKind.LISTED_OTHERWISE,
            step.status,
            expected=quoted(key[-1]),
            observed=times,
            request=maker.told_as,
        ),
    )


def judge_parents(life: Life) -> Iterator[Evidence]:
    """Judge that a list shows nothing that the life made under another parent.

    Where each parent counts for itself (1, 2, 3), another one may have the same id: then it is the
    same only where all else that it shows is the same, too.
    """
    latest: dict[Key, Shown] = {}
    for moment in life.moments():
        step = moment.step
        if step.is_list and step.scope:
            yield from _look_for_strangers(life, moment, latest)
        for shown in step.shown:
            if not step.is_list:
                latest[shown.key] = shown


def _look_for_strangers(
    life: Life, moment: Moment, latest: Mapping[Key, Shown]
) -> Iterator[Evidence]:
    step = moment.step
    own = {key[-1] for key, maker in moment.made.items() if maker.scope == step.scope}
    elsewhere: dict[str, Key] = {}
    for key, maker in moment.made.items():
        if len(maker.scope) == len(step.scope) and maker.scope != step.scope:
            elsewhere[key[-1]] = key
    if not elsewhere:
        return
    for shown in step.shown:
        id = shown.key[-1]
        if id in own or id not in elsewhere:
            continue
        if not is_scoped(life.resource) or _is_the_same(shown, latest.get(elsewhere[id])):
            finding = Finding(
                FindingKind.LISTED_ELSEWHERE,
                step.status,
                expected=quoted(id),
                observed=moment.made[elsewhere[id]].told_as,
                request=step.told_as,
            )
            yield Evidence(step.exchange, finding)
            return
    yield Evidence(step.exchange)


def _is_the_same(shown: Shown, known: Shown | None) -> bool:
    """Return whether a listed resource is the *known* one, and not another of the same id."""
    id = shown.key[-1]
    if not (id.isdecimal() and len(id) <= SMALL_NUMBER):
        return True
    if known is None:
        return False
    told = [(shown.value(path), known.value(path)) for path in shown.model.shown]
    told = [pair for pair in told if isinstance(pair[0], str) and isinstance(pair[1], str)]
    return len(told) > 1 and all(one == other for one, other in told)


# --- what is gone from a list ------------------------------------------------------------------


def judge_unlisted(life: Life, role: Role) -> Iterator[Evidence]:
    """Find what one list showed and the next does not, with writes in *role* to others between."""
    seen: dict[Key, list[Step]] = {}
    for moment in life.moments():
        step = moment.step
        if step.may_have_written:
            note_write(seen, step, role)
        yield from unlisted_since(life, moment, seen)


def unlisted_since(life: Life, moment: Moment, seen: dict[Key, list[Step]]) -> Iterator[Evidence]:
    """Find what a list does not show that one before it did, and note what it shows.

    *seen* has, by what was shown, the steps since then that are to blame.
    """
    step = moment.step
    if not step.is_list:
        return
    listed = {shown.key for shown in step.shown}
    if is_whole_list(step):
        missed = [key for key, _ in _made_under(life, moment) if key not in listed]
        blamed = {key: seen.pop(key, []) for key in missed}
        for key in filter(blamed.get, missed):
            yield Evidence(step.exchange, finding_vanished(step, key, blamed[key]))
    for key in listed & set(moment.made):
        seen[key] = []


def new_in_list(before: Step, after: Step) -> list[Shown]:
    """Return what a list shows that an earlier one of the same parents did not."""
    known = {shown.key for shown in before.shown}
    if before.scope != after.scope:
        return []
    return [shown for shown in after.shown if shown.key not in known]
