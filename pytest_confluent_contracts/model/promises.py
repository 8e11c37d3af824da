"""What does a page promise in words only? Each entry of ``x-contract`` as a typed value.

It knows the line where it stands.

An entry that the document does not state may be inferred from its names and statuses; it then
stands where the operation does. `documents` reads and checks them; nobody else knows the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from pytest_confluent_contracts.model.sources import SourceLocation

NOWHERE: Final = SourceLocation("", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What every entry has: where it stands, and the promise in a few words.

    The words are empty where the promise was inferred, and may be so elsewhere. What is inferred
    from names and statuses alone warns at most.
    """

    place: SourceLocation = NOWHERE
    says: str = ""
    inferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals(Entry):
    """Which statuses refuse what, the documented ones first.

    An empty set means that the document names none. What is inferred goes by what RFC 9110 says
    that a status means.
    """

    unauthenticated: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    invalid: tuple[int, ...] = ()
    throttled: tuple[int, ...] = ()


class ResetUnit(StrEnum):
    """How a Reset is told, as ``x-contract`` calls it."""

    SECONDS = "relative-seconds"  # from now
    EPOCH = "epoch-seconds"  # since 1970 (UTC)
    UNKNOWN = ""  # the document does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit(Entry):
    """The headers that tell the rate limit; ``""`` is one that is not promised.

    ``retry_after_only_on``: the only statuses on which that header may appear. ``shared``: all
    operations of the document spend from one quota. ``period`` is the header with the seconds of a
    window, ``used`` the one with the requests that were spent. ``may_refuse_with``: statuses that
    refuse at the limit and for other reasons, too: there, Remaining of 0 or Retry-After tells.

    Where it is inferred, requests are counted ``in_windows`` that begin and end at one moment only
    where words say so.
    """

    limit: str = ""
    remaining: str = ""
    reset: str = ""
    retry_after: str = ""
    reset_unit: ResetUnit = ResetUnit.SECONDS
    retry_after_only_on: tuple[int, ...] = (429,)
    shared: bool = False
    period: str = ""
    used: str = ""
    may_refuse_with: tuple[int, ...] = ()
    in_windows: bool = True

    @property
    def reset_is_relative(self) -> bool:
        """Return whether Reset is promised to be seconds from now."""
        return self.reset_unit is ResetUnit.SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestId(Entry):
    """The header that identifies a request; no two answers share a value where it is *unique*."""

    header: str
    unique: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Entry):
    """One member of an answer, by its path."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Members(Entry):
    """Several members of a body, by their paths."""

    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorFormat:
    """What the members of an error answer mean.

    ``status`` repeats the HTTP status; ``occurrence`` is unique to one problem; ``stable`` are the
    members that stay the same whenever the same problem occurs (its code, then its title);
    ``pointer`` is a JSON Pointer into the request body.
    """

    status: Member | None = None
    occurrence: Member | None = None
    stable: Members | None = None
    pointer: Member | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity(Entry):
    """How the answer names the resource that the request named.

    ``parameter`` is the path parameter, ``property`` the member that equals it, ``self_link`` the
    one that holds the resource's address; ``""`` is one that is not promised.
    """

    parameter: str = ""
    property: str = "id"
    self_link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamps(Entry):
    """The members that tell when the resource was created and changed.

    ``""`` is one that is not promised.
    """

    created: str = ""
    updated: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesByPath(Entry):
    """Values of members, by their paths: the only ones that are allowed, or some that are."""

    by_path: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedResource(Entry):
    """What an operation states of its resource (`model.resources`); ``""`` is what it leaves open.

    ``role`` is a `Role`; ``parameter`` the path parameter that names one of them; ``references``
    gives the resource by the member that holds its id.
    """

    name: str = ""
    role: str = ""
    parameter: str = ""
    id: str = ""
    items: str = ""
    id_sent: str = ""
    parent: str = ""
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consistency(Entry):
    """After how many seconds, at the latest, what was written is what is read."""

    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterDone(Entry):
    """How a request that is answered 202 is done: where its status is asked for, and how it ends.

    ``status_link`` is the member of the answer, or the header, that holds the address of the
    status, ``status`` the member of what is found there that tells it; ``done`` and ``failed`` are
    its last values. Without ``status`` it is done once the address answers another success.
    """

    status_link: str = "Location"
    status: str = ""
    done: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class PageStyle(StrEnum):
    """What leads to another page, as ``x-contract`` calls it."""

    CURSOR = "cursor"  # a text that an answer has shown
    NUMBER = "number"  # of the page
    OFFSET = "offset"  # how many items stand before it


class AboveMaximum(StrEnum):
    """What becomes of a page that is larger than the document allows."""

    REFUSED = "refused"
    CAPPED = "capped"  # at the maximum
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages(Entry):
    """How a list is cut into pages; ``""`` and None where the document has no such thing.

    ``size`` is the query parameter that says how many items a page has at most; ``default_size``
    and ``largest_size`` are in items. ``position`` is the query parameter that leads to another
    page, ``style`` what stands in it, ``first_number`` the number of the first page (NUMBER) or of
    its first item (OFFSET), None where the document does not say. The
    paths of members of an answer: ``next``, ``previous``, ``first`` and ``last`` are links to other
    pages, or what stands in ``position`` for them; ``more`` says whether there is a next, ``total``
    how many items all pages have, as the header ``total_header`` does where there is no such
    member. ``in_header`` says whether the header Link leads on (RFC 8288).
    """

    style: PageStyle
    size: str = ""
    default_size: int | None = None
    largest_size: int | None = None
    above_maximum: AboveMaximum = AboveMaximum.UNKNOWN
    position: str = ""
    first_number: int | None = None
    next: str = ""
    previous: str = ""
    first: str = ""
    last: str = ""
    more: str = ""
    total: str = ""
    total_header: str = ""
    in_header: bool = False

    @property
    def begins_at(self) -> int:
        """Return the number that leads to the first page: items count from 0, pages from 1."""
        if self.first_number is not None:
            return self.first_number
        return 0 if self.style is PageStyle.OFFSET else 1

    @property
    def tells_next(self) -> bool:
        """Return whether an answer tells by itself that there is another page."""
        return bool(self.next or self.more or self.in_header)

    @property
    def has_cursor(self) -> bool:
        """Return whether one leads to a page by a text that an answer has shown."""
        return self.style is PageStyle.CURSOR and bool(self.position)

    @property
    def has_offset(self) -> bool:
        """Return whether one leads to a page by how many items stand before it."""
        return self.style is PageStyle.OFFSET and bool(self.position)

    @property
    def told_total(self) -> str:
        """Return what tells how many items all pages have, ``""`` where nothing does."""
        return self.total or self.total_header

    def links_to(self, relation: str) -> bool:
        """Return whether an answer may link to its *relation*: ``first``, ``last``, ``prev``."""
        members = {"first": self.first, "last": self.last, "prev": self.previous}
        return self.in_header or bool(members[relation])


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedFilters(Entry):
    """Query parameters that keep what has exactly their value at a member, a path in an item."""

    by_parameter: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedOrder(Entry):
    """By which member, a path in an item, a list is sorted; with a minus the largest comes first.

    ``by_value`` has it by the value of the query parameter ``parameter``; ``default`` is that of a
    list that nobody asks to sort, ``""`` where the document does not say.
    """

    parameter: str = ""
    by_value: Mapping[str, str] = field(default_factory=dict)
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared(Entry):
    """The operation works on what other principals made as on what one made oneself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """All that one operation promises in words.

    ``create_only``: members that only the answer to a create request shows. ``secrets``: members of
    the request that never come back. ``immutable``: members that an update never changes.
    ``allowed_values``: the only values of some members. ``samples``: values that are said to be
    allowed, among others. ``checked_elsewhere``: members whose values another system checks, so
    that generated ones may be refused. ``resource``: what it is about and does to that;
    ``consistency``: when what was written is read; ``later_done``: how 202 ends; ``pages``,
    ``filters`` and ``order``: in which parts a list comes, and how it is sorted; ``shared``:
    whether it works on what others made.
    """

    refusals: Refusals = field(default_factory=Refusals)
    rate_limit: RateLimit | None = None
    request_id: RequestId | None = None
    errors: ErrorFormat = field(default_factory=ErrorFormat)
    identity: Identity | None = None
    create_only: Members = field(default_factory=Members)
    secrets: Members = field(default_factory=Members)
    immutable: Members = field(default_factory=Members)
    allowed_values: ValuesByPath = field(default_factory=ValuesByPath)
    samples: ValuesByPath = field(default_factory=ValuesByPath)
    timestamps: Timestamps = field(default_factory=Timestamps)
    checked_elsewhere: Members = field(default_factory=Members)
    resource: StatedResource | None = None
    consistency: Consistency | None = None
    later_done: LaterDone | None = None
    pages: Pages | None = None
    filters: StatedFilters | None = None
    order: StatedOrder | None = None
    shared: Shared | None = None
