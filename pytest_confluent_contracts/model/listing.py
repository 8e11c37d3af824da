"""How does a list come in parts? Its pages, and the filters that choose what is in it.

Frozen values. A document states them in ``x-contract``, or the usual names of parameters and
members tell: what only names tell is inferred, and warns at most.
"""

from __future__ import annotations

from dataclasses import dataclass

from pytest_confluent_contracts.model.promises import Entry, Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter(Entry):
    """A query parameter that keeps what has exactly this value at ``member``, a path in an item."""

    parameter: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Entry):
    """A value of a query parameter that sorts the list by ``member``, a path in an item.

    Both are ``""`` where it is the order of a list that nobody asks to sort.
    """

    parameter: str
    value: str
    member: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """How one list comes in parts; ``pages`` is None where it comes as a whole."""

    pages: Pages | None = None
    filters: tuple[Filter, ...] = ()
    orders: tuple[Order, ...] = ()
