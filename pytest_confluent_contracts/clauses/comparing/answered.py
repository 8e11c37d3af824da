"""What changed of the answers: their statuses, bodies and headers?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.comparing.differences import Difference, Way
from pytest_confluent_contracts.clauses.comparing.schemas import schema_differences
from pytest_confluent_contracts.clauses.comparing.sent import example_changes
from pytest_confluent_contracts.clauses.errors import is_alike_body, is_error, shared_content
from pytest_confluent_contracts.model.changes import Breaks, Change, Direction
from pytest_confluent_contracts.model.documents import (
    Content,
    Header,
    Operation,
    Response,
    is_deep,
    name_in_clauses,
)
from pytest_confluent_contracts.model.media_types import essence, matching
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from pytest_confluent_contracts.clauses.comparing.pairs import OperationPair, Places

DEFAULT = "DEFAULT"
SHARED = "error"  # what the ids of clauses on every refusal begin with
# A response header of this name says nothing (OpenAPI 3.1, Response Object, headers).
IGNORED_HEADER = "content-type"

Answers = Mapping[str, Response]


@dataclass(frozen=True, slots=True)
class _ResponsePair:
    """What both documents say of one status, and what the ids of its clauses begin with."""

    status: str
    old: Response
    new: Response
    prefix: str

    @property
    def places(self) -> Places:
        """Return where the status stood, and where it stands."""
        return self.old.place, self.new.place


def answer_changes(pair: OperationPair) -> Iterator[Change]:
    """Yield what changed of each status."""
    olds, news = (_by_status(operation) for operation in pair.operations)
    headers: list[tuple[_ResponsePair, Change]] = []
    for status in dict.fromkeys([*olds, *news]):
        old, new = _both_documented(olds, news, status)
        if old is not None and new is not None:
            both = _ResponsePair(status, old, new, _prefix(pair, status, old, new))
            yield from _body_changes(pair, both)
            headers += [(both, change) for change in _header_changes(pair, both)]
        elif old is not None:
            yield _status_gone(pair, old, news)
        elif new is not None:
            yield _status_added(pair, new)
    yield from _shared_once(headers)


def _by_status(operation: Operation) -> dict[str, Response]:
    return {response.status.upper(): response for response in operation.responses}


def _both_documented(
    olds: Answers, news: Answers, status: str
) -> tuple[Response | None, Response | None]:
    """Return what both say of *status*, which one of them names.

    Where a range or ``default`` of the other has a body, and what is named has none, that is mostly
    left unsaid: then only the name is new, or gone.
    """
    old, new = _documented(olds, status), _documented(news, status)
    if old is not None and new is not None and bool(old.contents) != bool(new.contents):
        if status not in olds and not new.contents:
            return None, new
        if status not in news and not old.contents:
            return old, None
    return old, new


def _documented(answers: Answers, status: str) -> Response | None:
    """Return what *answers* say of *status*: by its name, its range, or ``default``.

    ``default`` stands for a success only where no other is documented.
    """
    names = [status]
    if status.isdecimal():
        names.append(f"{status[0]}XX")
    if _is_refusal(status) or not any(map(_is_success, answers)):
        names.append(DEFAULT)
    return next((answers[name] for name in names if name in answers), None)


def _is_success(status: str) -> bool:
    return status.startswith("2")


def _is_refusal(status: str) -> bool:
    return status[0] in "45" or status == DEFAULT


def _prefix(pair: OperationPair, status: str, old: Response, new: Response) -> str:
    """Return what the ids of clauses on the body begin with: one speaks of all that share it."""
    shared = [
        _has_shared_body(operation, response)
        for operation, response in zip(pair.operations, (old, new), strict=True)
    ]
    if all(shared):
        return SHARED
    return new.status if status == DEFAULT else status


def _has_shared_body(operation: Operation, response: Response) -> bool:
    if not is_error(response) or response.content is None:
        return False
    shared = shared_content([one for one in operation.responses if is_error(one)])
    return shared is not None and is_alike_body(response.content, shared)


# --- statuses -----------------------------------------------------------------------------------


def _status_added(pair: OperationPair, new: Response) -> Change:
    """Return that a status is new; a client reads an unknown refusal as x00 (RFC 9110 15)."""
    breaks = Breaks.NOBODY if _is_refusal(new.status.upper()) else Breaks.CLIENTS
    places = pair.old.operation.place, new.place
    values = ABSENT, new.status
    return pair.change("statuses", "status", Direction.ADDED, breaks, values=values, places=places)


def _status_gone(pair: OperationPair, old: Response, news: Answers) -> Change:
    """Return that a status is gone: no server may give it, and clients miss the last success."""
    breaks = Breaks.SERVERS
    is_last = not any(map(_is_success, news)) and DEFAULT not in news
    if is_last and not _is_refusal(old.status.upper()):
        breaks = Breaks.CLIENTS
    places, values = (old.place, pair.new.operation.place), (old.status, ABSENT)
    change = Direction.REMOVED
    return pair.change("statuses", "status", change, breaks, values=values, places=places)


# --- bodies -------------------------------------------------------------------------------------


def _body_changes(pair: OperationPair, both: _ResponsePair) -> Iterator[Change]:
    """Yield what changed of the bodies of a status, one a media type."""
    olds, news = _by_type(both.old), _by_type(both.new)
    if bool(olds) != bool(news):
        change, breaks = Direction.REMOVED, Breaks.CLIENTS
        if news:
            change, breaks = Direction.ADDED, Breaks.SERVERS
        values = (", ".join(olds) or ABSENT, ", ".join(news) or ABSENT)
        clause = f"{both.prefix}/body"
        yield pair.change(clause, "", change, breaks, values=values, places=both.places)
        return
    said: set[tuple[Any, ...]] = set()
    for name in dict.fromkeys([*olds, *news]):
        of_old, of_new = matching(olds, name), matching(news, name)
        if of_old is None or of_new is None:
            yield _type_change(pair, both, olds.get(name), news.get(name))
            continue
        old, new = olds[of_old], news[of_new]
        is_first = old is both.old.content
        prefix = both.prefix if is_first else f"{both.new.status}/{name}"
        known = pair.known[Way.ANSWER]
        for difference in schema_differences(old.schema, new.schema, Way.ANSWER, known):
            if difference.said not in said:
                said.add(difference.said)
                clause = _clause_of_body(prefix, difference)
                yield pair.change_of(clause, difference, (old.place, new.place))
        if is_first:
            status = both.new.status
            examples = f"document/example/{status}"
            yield from example_changes(pair, examples, old, new, ("default", status))


def _by_type(response: Response) -> dict[str, Content]:
    return {essence(content.media_type): content for content in response.contents}


def _type_change(
    pair: OperationPair, both: _ResponsePair, old: Content | None, new: Content | None
) -> Change:
    """Return that a media type is new, or gone; a client asks for it (RFC 9110 12.5.1)."""
    change, breaks = Direction.REMOVED, Breaks.CLIENTS
    if old is None:
        change, breaks = Direction.ADDED, Breaks.SERVERS
    values = old.media_type if old else ABSENT, new.media_type if new else ABSENT
    places = old.place if old else both.old.place, new.place if new else both.new.place
    clause = f"{both.prefix}/media-type"
    return pair.change(clause, "media type", change, breaks, values=values, places=places)


def _clause_of_body(prefix: str, difference: Difference) -> str:
    """Return the id of the clause on a member of an answer: all of its rules have one."""
    if is_deep(difference.path):
        return f"{prefix}/{name_in_clauses(difference.path)}"
    if not difference.path:
        return f"{prefix}/body"
    return f"{prefix}/body/{difference.path}"


# --- headers ------------------------------------------------------------------------------------


def _header_changes(pair: OperationPair, both: _ResponsePair) -> Iterator[Change]:
    """Yield what changed of the headers of a status; they are known in any case."""
    olds, news = _by_name(both.old), _by_name(both.new)
    for name in dict.fromkeys([*olds, *news]):
        old, new = olds.get(name), news.get(name)
        if old is not None and new is not None:
            yield from _header_in_both(pair, both, old, new)
        elif old is not None:
            values = _presence(old), ABSENT
            places = old.place, both.new.place
            clause, breaks = _clause_of_header(both, old), Breaks.CLIENTS
            change = Direction.REMOVED
            yield pair.change(clause, "", change, breaks, values=values, places=places)
        elif new is not None:
            told, places = (ABSENT, _presence(new)), (both.old.place, new.place)
            clause, breaks = _clause_of_header(both, new), Breaks.SERVERS
            change = Direction.ADDED
            yield pair.change(clause, "", change, breaks, values=told, places=places)


def _by_name(response: Response) -> dict[str, Header]:
    found = {header.name.lower(): header for header in response.headers}
    found.pop(IGNORED_HEADER, None)
    return found


def _presence(header: Header) -> str:
    return "required" if header.required else "optional"


def _clause_of_header(both: _ResponsePair, header: Header) -> str:
    return f"{both.new.status}/header/{header.name}"


def _header_in_both(
    pair: OperationPair, both: _ResponsePair, old: Header, new: Header
) -> Iterator[Change]:
    clause, places = _clause_of_header(both, new), (old.place, new.place)
    was, now = bool(old.required), bool(new.required)
    if was != now:
        change, breaks = Direction.LOOSENED, Breaks.CLIENTS
        if now:
            change, breaks = Direction.TIGHTENED, Breaks.SERVERS
        values = was, now
        yield pair.change(clause, "required", change, breaks, values=values, places=places)
    for difference in schema_differences(old.schema, new.schema, Way.ANSWER):
        yield pair.change_of(clause, difference, places)


def _shared_once(found: list[tuple[_ResponsePair, Change]]) -> Iterator[Change]:
    """Yield the changes of headers, one that several refusals share as one of all."""
    statuses: dict[tuple[Any, ...], int] = {}
    for both, change in found:
        said = _said_of_header(both, change)
        statuses[said] = statuses.get(said, 0) + 1
    for both, change in found:
        if is_error(both.new) and statuses[_said_of_header(both, change)] > 1:
            name = change.clause.partition("/")[2]
            yield replace(change, clause=f"{SHARED}/{name}")
        else:
            yield change


def _said_of_header(both: _ResponsePair, change: Change) -> tuple[Any, ...]:
    name = change.clause.partition("/")[2]
    values = repr(change.was), repr(change.now)
    return (is_error(both.new), name, change.keyword, change.direction, *values)
