"""What changed of the promises that ``x-contract`` states?

What is only inferred from names and statuses changes with these, and is told with them. The one
exception is the unit of a Reset, which words of a description tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.clauses.comparing.differences import direction_of_sets
from pytest_confluent_contracts.clauses.comparing.meanings import value_text
from pytest_confluent_contracts.model.changes import Breaks, Change, Direction
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.promises import (
    NOWHERE,
    Entry,
    Promises,
    Refusals,
    ResetUnit,
    StatedOrder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.clauses.comparing.pairs import OperationPair

NEW, GONE, OTHER = Direction.ADDED, Direction.REMOVED, Direction.CHANGED
# Each text of an entry that names something: its field, its key, and the clause on it.
RATE_LIMIT: Final = (
    ("limit", "limit", "rate-limit/limit-constant"),
    ("remaining", "remaining", "rate-limit/remaining-counts-down"),
    ("reset", "reset", "rate-limit/reset-counts-down"),
    ("retry_after", "retry-after", "rate-limit/retry-after-honest"),
)
IDENTITY: Final = (
    ("parameter", "parameter", "update/id-is-path-id"),
    ("property", "property", "update/id-is-path-id"),
    ("self_link", "self", "update/self-addresses-resource"),
)
TIMESTAMPS: Final = (
    ("created", "created", "update/created-constant"),
    ("updated", "updated", "update/updated-moves"),
)
REFUSALS: Final = (
    ("unauthenticated", "security/none"),
    ("unknown", "request/unknown-id"),
    ("invalid", "request/several"),
    ("throttled", "rate-limit/enforced"),
)
ERRORS: Final = (
    ("status", "error/status"),
    ("occurrence", "error/id-unique"),
    ("pointer", "error/source.pointer"),
)
PAGES: Final = (
    ("position", "position", "list/pages-end"),
    ("style", "style", "list/pages-end"),
    ("size", "size", "list/page-size-kept"),
    ("next", "next", "list/pages-end"),
    ("more", "more", "list/pages-end"),
    ("in_header", "in-link-header", "list/pages-end"),
    ("previous", "previous", "list/link/prev"),
    ("first", "first", "list/link/first"),
    ("last", "last", "list/link/last"),
    ("total", "total", "list/total-agrees"),
    ("above_maximum", "above-maximum", "list/odd-page-size"),
)
# Lists of members: the field, its key, the clause on each, and whom one that is new breaks, and
# one that is gone.
MEMBERS: Final = (
    ("create_only", "create-only", "update/create-only/{}", Breaks.SERVERS, Breaks.CLIENTS),
    ("secrets", "secrets", "update/no-leak", Breaks.SERVERS, Breaks.CLIENTS),
    ("immutable", "immutable", "update/immutable/{}", Breaks.SERVERS, Breaks.CLIENTS),
    # Their values may be refused though the schema allows them.
    (
        *("checked_elsewhere", "checked-elsewhere", "request/accepted"),
        *(Breaks.CLIENTS, Breaks.SERVERS),
    ),
)


def promise_changes(pair: OperationPair) -> Iterator[Change]:
    """Yield which promises are new, gone, or others."""
    comparison = _PromiseComparison(pair)
    yield from comparison.refusals()
    yield from comparison.rate_limit()
    yield from comparison.request_id()
    yield from comparison.errors()
    yield from comparison.named("identity", IDENTITY)
    yield from comparison.named("timestamps", TIMESTAMPS)
    yield from comparison.members()
    yield from comparison.values()
    yield from comparison.named("pages", PAGES, told_name="pagination")
    yield from comparison.filters()
    yield from comparison.sorting()
    yield from comparison.shared()


class _PromiseComparison:
    """The promises of one operation in both documents."""

    def __init__(self, pair: OperationPair) -> None:
        self.pair = pair
        old, new = pair.operations
        self.promises: tuple[Promises, Promises] = old.promises, new.promises

    def _change(
        self,
        clause: str,
        keyword: str,
        direction: Direction,
        breaks: Breaks,
        values: tuple[Any, Any],
        entries: tuple[Any, Any],
    ) -> Change:
        places = []
        for entry, own in zip(entries, self.pair.places, strict=True):
            is_stated = entry is not None and entry.place is not NOWHERE
            places.append(entry.place if is_stated else own)
        return self.pair.change(
            clause,
            f"x-contract {keyword}",
            direction,
            breaks,
            values=values,
            places=(places[0], places[1]),
        )

    def _stated(self, name: str) -> tuple[Any, Any]:
        """Return the entry *name* of both, None where it is not stated."""
        found = [getattr(promises, name) for promises in self.promises]
        return _if_stated(found[0]), _if_stated(found[1])

    # --- entries of texts -------------------------------------------------------------------------

    def named(
        self, name: str, fields: tuple[tuple[str, str, str], ...], *, told_name: str = ""
    ) -> Iterator[Change]:
        """Yield that the entry *name* is new or gone, or which of its texts are others.

        *told_name* is its key in the document, by default *name* with hyphens.
        """
        entries = old, new = self._stated(name)
        told_name = told_name or name.replace("_", "-")
        if old is None or new is None:
            if old is not new:
                direction, breaks = _of_promise(old is not None, new is not None)
                told = _texts_of(old, fields), _texts_of(new, fields)
                clause = fields[0][2]
                yield self._change(clause, told_name, direction, breaks, told, entries)
            return
        for field, key, clause in fields:
            was, now = getattr(old, field), getattr(new, field)
            if was != now:
                direction, breaks = _of_promise(bool(was), bool(now))
                values, keyword = (was or ABSENT, now or ABSENT), f"{told_name}.{key}"
                yield self._change(clause, keyword, direction, breaks, values, entries)

    def rate_limit(self) -> Iterator[Change]:
        """Yield what changed of the limit: its headers, their unit, and where they may come."""
        entries = self._stated("rate_limit")
        yield from self.named("rate_limit", RATE_LIMIT)
        yield from self._reset_unit()
        old, new = entries
        if old is None or new is None:
            return
        only = frozenset(old.retry_after_only_on), frozenset(new.retry_after_only_on)
        direction = direction_of_sets(*only)
        if direction:
            clause, keyword = "rate-limit/retry-after-only-at-limit", "rate-limit"
            values = sorted(only[0]), sorted(only[1])
            breaks = Breaks.CLIENTS
            if direction is Direction.TIGHTENED:
                breaks = Breaks.SERVERS
            key = f"{keyword}.retry-after-only-on"
            yield self._change(clause, key, direction, breaks, values, entries)
        if old.shared != new.shared:  # the more operations spend from a quota, the less is left
            direction, breaks = Direction.LOOSENED, Breaks.SERVERS
            if new.shared:
                direction, breaks = Direction.TIGHTENED, Breaks.CLIENTS
            told = old.shared, new.shared
            clause, key = "rate-limit/limit-constant", "rate-limit.shared"
            yield self._change(clause, key, direction, breaks, told, entries)

    def _reset_unit(self) -> Iterator[Change]:
        old, new = (promises.rate_limit for promises in self.promises)
        if old is None or new is None or ResetUnit.UNKNOWN in (old.reset_unit, new.reset_unit):
            return
        if old.inferred != new.inferred:
            return  # that it is stated now, or no more, is the change
        if old.reset_unit is not new.reset_unit and old.reset and new.reset:
            values = str(old.reset_unit), str(new.reset_unit)
            clause, key = "rate-limit/reset-relative", "rate-limit.reset-unit"
            if new.reset_unit is ResetUnit.EPOCH:
                clause = "rate-limit/reset-epoch"
            yield self._change(clause, key, OTHER, Breaks.CLIENTS, values, (old, new))

    def request_id(self) -> Iterator[Change]:
        """Yield what changed of the header that identifies a request."""
        entries = self._stated("request_id")
        headers = [entry.header if entry else "" for entry in entries]
        clause = "request-id/unique"
        if headers[0].lower() != headers[1].lower():
            direction, breaks = _of_promise(bool(headers[0]), bool(headers[1]))
            values = headers[0] or ABSENT, headers[1] or ABSENT
            yield self._change(clause, "request-id.header", direction, breaks, values, entries)
            return
        unique = [bool(entry and entry.unique) for entry in entries]
        if unique[0] != unique[1]:
            direction, breaks = _of_promise(unique[0], unique[1])
            told = unique[0], unique[1]
            yield self._change(clause, "request-id.unique", direction, breaks, told, entries)

    def errors(self) -> Iterator[Change]:
        """Yield what changed of what the members of an error mean."""
        old, new = (promises.errors for promises in self.promises)
        for field, clause in ERRORS:
            entries = getattr(old, field), getattr(new, field)
            was, now = (entry.path if entry else "" for entry in entries)
            if was != now:
                direction, breaks = _of_promise(bool(was), bool(now))
                values = was or ABSENT, now or ABSENT
                yield self._change(clause, f"errors.{field}", direction, breaks, values, entries)
        stable = old.stable, new.stable
        members = [list(entry.paths) if entry else [] for entry in stable]
        if members[0] != members[1]:
            direction, breaks = _of_promise(bool(members[0]), bool(members[1]))
            told = members[0] or ABSENT, members[1] or ABSENT
            clause = "error/code-and-title"
            yield self._change(clause, "errors.stable", direction, breaks, told, stable)

    # --- entries of lists -------------------------------------------------------------------------

    def refusals(self) -> Iterator[Change]:
        """Yield what changed of the statuses that refuse something."""
        entries = self._stated("refusals")
        old, new = (Refusals() if entry is None else entry for entry in entries)
        for field, clause in REFUSALS:
            was, now = getattr(old, field), getattr(new, field)
            if set(was) == set(now):
                continue
            direction, breaks = _of_refusals(set(was), set(now))
            values = list(was) or ABSENT, list(now) or ABSENT
            yield self._change(clause, f"refusals.{field}", direction, breaks, values, entries)

    def members(self) -> Iterator[Change]:
        """Yield the members of which something is promised now, or no more."""
        for field, key, clause, if_new, if_gone in MEMBERS:
            entries = self._stated(field)
            was, now = (entry.paths if entry else () for entry in entries)
            for path in dict.fromkeys([*was, *now]):
                if path in was and path in now:
                    continue
                direction, breaks, values = GONE, if_gone, (path, ABSENT)
                if path in now:
                    direction, breaks, values = NEW, if_new, (ABSENT, path)
                id = clause.format(path)
                yield self._change(id, key, direction, breaks, values, entries)

    def values(self) -> Iterator[Change]:
        """Yield what changed of the values that words list: the only ones, and some of many."""
        entries = self._stated("allowed_values")
        olds, news = (entry.by_path if entry else {} for entry in entries)
        for path in dict.fromkeys([*olds, *news]):
            was, now = olds.get(path, ABSENT), news.get(path, ABSENT)
            if was is ABSENT or now is ABSENT:
                direction, breaks = _of_promise(was is not ABSENT, now is not ABSENT)
            else:
                found = direction_of_sets(_texts(was), _texts(now))
                if found is None:
                    continue
                direction, breaks = found, Breaks.CLIENTS
                if found is Direction.TIGHTENED:
                    breaks = Breaks.SERVERS
            told = _listed(was), _listed(now)
            yield self._change(f"200/values/{path}", "values", direction, breaks, told, entries)
        yield from self._samples()

    def _samples(self) -> Iterator[Change]:
        """Yield which values are said to be allowed now, or no more."""
        entries = self._stated("samples")
        olds, news = (entry.by_path if entry else {} for entry in entries)
        for path in dict.fromkeys([*olds, *news]):
            was, now = _texts(olds.get(path, ())), _texts(news.get(path, ()))
            told = _listed(olds.get(path, ABSENT)), _listed(news.get(path, ABSENT))
            clause = "request/accepted"
            if was - now:
                yield self._change(clause, "samples", GONE, Breaks.CLIENTS, told, entries)
            if now - was:
                yield self._change(clause, "samples", NEW, Breaks.SERVERS, told, entries)

    # --- lists in their parts, and who sees what --------------------------------------------------

    def filters(self) -> Iterator[Change]:
        """Yield which filters are new or gone, and which look at another member."""
        entries = self._stated("filters")
        olds, news = (entry.by_parameter if entry else {} for entry in entries)
        key = "filters.by-parameter"
        yield from self._by_name("list/filter/{}", key, (olds, news), entries)

    def sorting(self) -> Iterator[Change]:
        """Yield which orders are new or gone, or are of another member now."""
        entries = self._stated("order")
        old, new = (StatedOrder() if one is None else one for one in entries)
        parameter = old.parameter or new.parameter
        clause = f"list/order/{parameter}"
        if new.parameter in ("", parameter):
            texts = old.by_value, new.by_value
            yield from self._by_name(f"{clause}/{{}}", "sorting.by-value", texts, entries)
        else:  # each of its values has to be asked for otherwise
            texts = {"parameter": old.parameter}, {"parameter": new.parameter}
            yield from self._by_name(clause, "sorting", texts, entries)
        defaults = [{"default": one.default} if one.default else {} for one in (old, new)]
        both = defaults[0], defaults[1]
        yield from self._by_name("list/order/default", "sorting", both, entries)

    def _by_name(
        self,
        clause: str,
        key: str,
        texts: tuple[Mapping[str, str], Mapping[str, str]],
        entries: tuple[Any, Any],
    ) -> Iterator[Change]:
        """Yield each name whose text is new, gone or another; *clause* has a place for the name."""
        for name in dict.fromkeys([*texts[0], *texts[1]]):
            was, now = (one.get(name, ABSENT) for one in texts)
            if was != now:
                direction, breaks = _of_promise(was is not ABSENT, now is not ABSENT)
                id = clause.format(name)
                yield self._change(id, f"{key}.{name}", direction, breaks, (was, now), entries)

    def shared(self) -> Iterator[Change]:
        """Yield that principals are kept apart no more, or that they are now.

        Either breaks clients: what was one's own is everybody's, or what was everybody's is not
        found any more.
        """
        entries = old, new = self._stated("shared")
        if (old is None) == (new is None):
            return
        direction = NEW if old is None else GONE
        values = (ABSENT, True) if old is None else (True, ABSENT)
        clause = "lifecycle/hidden-from-others"
        yield self._change(clause, "shared", direction, Breaks.CLIENTS, values, entries)


def _texts_of(entry: Entry | None, fields: tuple[tuple[str, str, str], ...]) -> Any:
    """Return the texts of *entry* by their keys, `ABSENT` where there is no entry."""
    if entry is None:
        return ABSENT
    return {key: getattr(entry, field) for field, key, _ in fields if getattr(entry, field)}


def _if_stated(entry: Entry | None) -> Entry | None:
    if entry is None or entry.inferred or not entry.place.file:
        return None
    return entry


def _of_promise(was: bool, now: bool) -> tuple[Direction, Breaks]:
    """Return how a promise changed, and whom that breaks."""
    if now and not was:
        return NEW, Breaks.SERVERS
    return (OTHER if now else GONE), Breaks.CLIENTS


def _of_refusals(was: set[int], now: set[int]) -> tuple[Direction, Breaks]:
    """Return how the statuses of a refusal changed.

    A client reads one more as x00 (RFC 9110 15); none of the known ones is another matter.
    """
    if not was or not now:
        return _of_promise(bool(was), bool(now))
    if now > was:
        return Direction.LOOSENED, Breaks.NOBODY
    if now < was:
        return Direction.TIGHTENED, Breaks.SERVERS
    return OTHER, Breaks.CLIENTS


def _texts(values: Any) -> frozenset[str]:
    return frozenset(map(value_text, values))


def _listed(values: Any) -> Any:
    return values if values is ABSENT else list(values)
