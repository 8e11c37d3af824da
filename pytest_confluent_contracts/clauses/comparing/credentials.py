"""What changed of the credentials that an operation asks for?

Its alternatives are sets of schemes and scopes: who fulfils more than is asked for is served, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.changes import Breaks, Change, Direction
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.published import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clauses.comparing.pairs import OperationPair

Alternative = tuple[Requirement, ...]
NO_CREDENTIALS = "none"


def credential_changes(pair: OperationPair) -> Iterator[Change]:
    """Yield the alternatives with which a client is served no more, and those that are new."""
    olds, news = pair.old.security, pair.new.security
    gone = [one for one in olds if not _is_served_by_any(one, news)]
    added = [one for one in news if not _is_served_by_any(one, olds)]
    for old, new in zip(gone, added, strict=False):
        yield _change(pair, Direction.CHANGED, Breaks.CLIENTS, old, new)
    for old in gone[len(added) :]:
        nearest = _more_of(old, news)
        direction = Direction.TIGHTENED if nearest is not None else Direction.REMOVED
        yield _change(pair, direction, Breaks.CLIENTS, old, nearest)
    for new in added[len(gone) :]:
        nearest = _more_of(new, olds)
        direction = Direction.LOOSENED if nearest is not None else Direction.ADDED
        yield _change(pair, direction, Breaks.SERVERS, nearest, new)


def _is_served_by_any(client: Alternative, alternatives: Sequence[Alternative]) -> bool:
    return any(_is_served(client, asked) for asked in alternatives)


def _is_served(client: Alternative, asked: Alternative) -> bool:
    """Return whether a client that fulfils one alternative fulfils the one that is *asked*."""
    return all(_is_fulfilled(one, client) for one in asked)


def _is_fulfilled(asked: Requirement, client: Alternative) -> bool:
    return any(_fulfils(has, asked) for has in client)


def _fulfils(has: Requirement, asked: Requirement) -> bool:
    """Return whether both are one scheme, of which all is there that is *asked*.

    Pages name schemes and do not define them: those are known by their names.
    """
    is_same = has.scheme == asked.scheme
    if has.means and asked.means:
        is_same = has.means == asked.means
    return is_same and asked.scopes <= has.scopes


def _more_of(asked: Alternative, others: Sequence[Alternative]) -> Alternative | None:
    """Return that of *others* which asks for all of *asked*, and more."""
    return next((one for one in others if _is_served(one, asked)), None)


def _change(
    pair: OperationPair,
    direction: Direction,
    breaks: Breaks,
    old: Alternative | None,
    new: Alternative | None,
) -> Change:
    values = _told(old), _told(new)
    return pair.change(
        _clause(old, new),
        "security",
        direction,
        breaks,
        values=values,
        places=(pair.old.security_place, pair.new.security_place),
    )


def _clause(old: Alternative | None, new: Alternative | None) -> str:
    """Return the id of the clause: that an alternative is taken, or that none is refused."""
    if old == ():
        return f"security/{NO_CREDENTIALS}"
    named = old if new is None else new
    name = "+".join(one.scheme for one in named or ()) or NO_CREDENTIALS
    return f"security/{name}/accepted"


def _told(alternative: Alternative | None) -> Any:
    """Return what *alternative* asks for, in words."""
    if alternative is None:
        return ABSENT
    return " and ".join(map(_told_requirement, alternative)) or "no credentials"


def _told_requirement(requirement: Requirement) -> str:
    told = requirement.means or requirement.scheme
    if not requirement.scopes:
        return told
    return f"{told} ({', '.join(sorted(requirement.scopes))})"
