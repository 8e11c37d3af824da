"""Which requests of one resource follow one another in ways that nobody has planned?

Drawn from the seed, after the steps of its life: what a create, an update and a delete do may hang
on what went before them. `shorter_moves` says which of them are asked once more, to find the
shortest sequence that shows the same.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases import list_parts
from pytest_confluent_contracts.cases.build import minimal_body
from pytest_confluent_contracts.cases.conditions import WRITE_IF_CURRENT, WRITE_IF_STALE
from pytest_confluent_contracts.cases.conforming_ids import FEWEST_CHARACTERS, conforming_ids
from pytest_confluent_contracts.cases.kept_draws import once_drawn
from pytest_confluent_contracts.cases.life import CHOSEN, LifeCases, LifeStep
from pytest_confluent_contracts.cases.put_keys import keys_by_name
from pytest_confluent_contracts.cases.shrinking import ShrinkingDone
from pytest_confluent_contracts.model.conditions import (
    IF_CURRENT,
    IF_STALE,
    requires_condition,
    takes_if_match,
    tells_tag,
)
from pytest_confluent_contracts.model.paths import ABSENT, value_at, with_value
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Probe, Subject, SubjectKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, RunContext

LEAST_MOVES, MOST_MOVES = 11, 12
LETTERS = "abcdefghijkl"  # one a move: values of two moves are told apart
MOST_IDS = 80  # that are looked for where a schema allows few
# By how much values of two moves differ in length: a number is told from another by that alone.
LENGTHS = 5


class Kind(StrEnum):
    """What a move asks for."""

    CREATE = "create"
    CREATE_LEAST = "create with what is required"
    UPDATE = "update"
    UPDATE_ONE = "update of one member"
    REPLACE = "replace"
    REPLACE_LESS = "replace without what may be left out"
    DELETE = "delete"
    READ = "read"
    HEAD = "head"
    LIST = "list"
    PAGES = "pages"
    FILTERED = "filtered list"
    WRITE_IF_CURRENT = "write on the current tag"
    WRITE_IF_STALE = "write on an old tag"


CREATING = frozenset({Kind.CREATE, Kind.CREATE_LEAST})
OF_ALL = frozenset({Kind.LIST, Kind.PAGES})  # they are about no one in particular
LOOKING = frozenset({Kind.READ, Kind.HEAD, Kind.LIST, Kind.PAGES, Kind.FILTERED})
# How often each kind is drawn, where the document has it; the first is the simplest. Mostly writes:
# what they did is looked at in the end, and by the answers to each other.
WEIGHTS: Mapping[Role, tuple[tuple[Kind, int], ...]] = {
    Role.CREATE: ((Kind.CREATE_LEAST, 2), (Kind.CREATE, 1)),
    Role.UPDATE: ((Kind.UPDATE, 2), (Kind.UPDATE_ONE, 2)),
    Role.DELETE: ((Kind.DELETE, 3),),
    Role.REPLACE: ((Kind.REPLACE, 2), (Kind.REPLACE_LESS, 1)),
    Role.READ: ((Kind.READ, 1),),
    Role.LIST: ((Kind.LIST, 2),),
}
# Which of those that a sequence has made: mostly one that is there, and the same again and again.
NEWEST, OLDEST, NEWEST_GONE = "newest", "oldest", "newest gone"
PICKS = (NEWEST, NEWEST, OLDEST, OLDEST, NEWEST_GONE)
NAMES = ("first", "second", "third", "fourth")  # as they are made
BEFORE = "before"  # one that is made and deleted before the first
NAMES_MADE = (BEFORE, *NAMES)
MOST_TURNS = 40  # sequences with keys of their own, where a PUT creates on them


@dataclass(frozen=True, slots=True)
class Move:
    """One request of a sequence: about the one called ``name``, which a create makes.

    ``label`` is what its values carry.
    """

    kind: Kind
    name: str = ""
    label: str = ""


Moves = tuple[Move, ...]
Draw = tuple[Kind, str, int]  # what is asked for, of which, and a number that decides the rest


class SequenceCases(LifeCases):
    """Draws the sequences of one resource, and makes the requests of each."""

    _turn = 0  # of how many sequences the requests were made: each has ids of its own

    # --- drawing ----------------------------------------------------------------------------------

    def drawn(self, count: int) -> list[Moves]:
        """Return *count* sequences, each of at most `MOST_MOVES` moves and a look at the end.

        The seed and the document decide on them, and neither what is held nor what is answered.
        """
        kinds = self._kinds()
        if not count or Kind.CREATE not in kinds:
            return []
        draws = _drawn_moves(kinds, count, self._seed())
        return [self._moves_of(number, draw) for number, draw in enumerate(draws)]

    def _seed(self) -> int:
        """Return the seed of this resource's own sequences: others have others."""
        creating = self.operations[Role.CREATE]
        named = f"{self.context_of(creating).seed}/{self.resource.document}/{self.resource.name}"
        return zlib.crc32(named.encode("utf-8"))

    def _kinds(self) -> list[Kind]:
        """Return what is drawn from: each kind as often as it weighs, by the document's roles."""
        found: list[Kind] = []
        for role, weighed in WEIGHTS.items():
            for kind, weight in weighed if self.resource.operation_id(role) else ():
                found += [kind] * weight
        return found + self._rare_kinds()

    def _rare_kinds(self) -> list[Kind]:
        """Return the kinds that hang on more of the document than on a role; each is drawn now
        and then.
        """
        found: list[Kind] = []
        listing = self.operations.get(Role.LIST)
        if listing is not None and listing.listing.pages is not None:
            found.append(Kind.PAGES)
        if listing is not None and listing.listing.filters:
            found.append(Kind.FILTERED)
        if self._conditioned() is not None:
            found += [Kind.WRITE_IF_CURRENT, Kind.WRITE_IF_STALE]
        return found if self.head is None else [*found, Kind.HEAD]

    def _moves_of(self, number: int, draws: Sequence[Draw]) -> Moves:
        """Return the sequence that *draws* stand for: whatever they ask for is of one that was
        made.
        """
        drawing = _Drawing(number, chooses_ids=self.resource.chooses_ids)
        for kind, pick, chance in draws:
            drawing.add(kind, pick, chance)
        return (*drawing.moves, *self._look_at_all(drawing.made))

    def _look_at_all(self, made: Sequence[str]) -> Iterator[Move]:
        if self.resource.operation_id(Role.READ):
            for name in made:
                yield Move(Kind.READ, name)
        if self.resource.operation_id(Role.LIST):
            yield Move(Kind.LIST)

    # --- the requests -----------------------------------------------------------------------------

    def begin(self) -> list[LifeStep]:
        """Return what goes before a sequence, whose requests are made next: under other ids.

        One is made and deleted, so that each begins alike: what the sequence before it has left in
        the service would else be told as shown by this one.
        """
        self._turn += 1
        making = self._create_of(Move(Kind.CREATE_LEAST, BEFORE, "q"))
        steps = [*making, *self._bare(Role.DELETE, "clean up", BEFORE)]
        return [_of_sequence(step) for step in steps]

    def steps_of(self, moves: Sequence[Move]) -> list[tuple[Move, list[LifeStep]]]:
        """Return the requests of each of *moves*, in order, by what is there by then.

        A move about one that no create before it makes has none.
        """
        there: dict[str, bool] = {}
        found: list[tuple[Move, list[LifeStep]]] = []
        for move in moves:
            is_known = move.kind in OF_ALL or move.name in there
            is_taken = move.kind in CREATING and there.get(move.name, False)
            if (is_known or move.kind in CREATING) and not is_taken:
                steps = list(self._steps_of_move(move, is_there=there.get(move.name, True)))
                found.append((move, [_of_sequence(step) for step in steps]))
            if move.kind in CREATING:
                there[move.name] = True
            elif move.kind is Kind.DELETE and move.name in there:
                there[move.name] = False
        return found

    def ends_of(self, moves: Sequence[Move]) -> list[LifeStep]:
        """Return the deletions of what *moves* leave there, the newest first."""
        left: dict[str, None] = {}
        for move in moves:
            if move.kind in CREATING:
                left[move.name] = None
            elif move.kind is Kind.DELETE:
                left.pop(move.name, None)
        found: list[LifeStep] = []
        for name in reversed(left):
            found += self._bare(Role.DELETE, "clean up", name)
        return [_of_sequence(step) for step in found]

    def filter_steps(
        self, step: LifeStep, item: Mapping[str, Any], others: Sequence[Mapping[str, Any]] = ()
    ) -> Iterator[LifeStep]:
        """Yield the list filtered by one of what *item* has: the life has tried them all."""
        for one in islice(super().filter_steps(step, item, others), 1):
            yield _of_sequence(one)

    def _steps_of_move(self, move: Move, *, is_there: bool) -> Iterator[LifeStep]:
        if move.kind in CREATING:
            yield from self._create_of(move)
        elif move.kind in LOOKING:
            yield from self._look_of(move, is_there=is_there)
        elif move.kind is Kind.DELETE:
            yield from self._asked(self._bare(Role.DELETE, "delete", move.name), is_there=is_there)
        elif move.kind in (Kind.WRITE_IF_CURRENT, Kind.WRITE_IF_STALE) and is_there:
            yield from self._conditioned_write(move)
        else:
            yield from self._write(move, is_there=is_there)

    def _create_of(self, move: Move) -> Iterator[LifeStep]:
        operation = self.operations.get(Role.CREATE)
        if operation is None:
            return
        body = self._own_body(operation, move.label, move.name)
        if move.kind is Kind.CREATE_LEAST:
            body = self._least_of(operation, body)
        needs_id = bool(self.resource.id_sent) and value_at(body, self.resource.id_sent) is ABSENT
        if needs_id and self.chosen_id(operation, move.name) is ABSENT:
            return  # no two could be told apart
        yield from self._create(move.name, "create", body)

    def _look_of(self, move: Move, *, is_there: bool) -> Iterator[LifeStep]:
        operation = self.operations.get(Role.LIST)
        if move.kind is Kind.READ:
            yield from self._asked(self._bare(Role.READ, "read", move.name), is_there=is_there)
        elif move.kind is Kind.HEAD:
            if self.head is not None:
                yield from self._asked(
                    iter([self._bare_step(self.head, "head", move.name)]), is_there=is_there
                )
        elif operation is None:
            return
        elif move.kind is Kind.LIST:
            yield from self._bare(Role.LIST, "list")
        elif move.kind is Kind.FILTERED:
            filtered = list_parts.filtered_case(operation, self.context_of(operation))
            yield LifeStep(filtered, about=move.name)
        else:
            yield from self._pages_of(operation, move)

    def _pages_of(self, operation: Operation, move: Move) -> Iterator[LifeStep]:
        """Yield the first page of one size; each move takes another."""
        pages = list(list_parts.page_cases(operation, self.context_of(operation)))
        if pages:
            yield LifeStep(pages[len(move.label) % len(pages)])

    def _asked(self, steps: Iterator[LifeStep], *, is_there: bool) -> Iterator[LifeStep]:
        """Yield *steps* with what is promised for one that is there, or is not any more."""
        expect = Expect.ACCEPTED if is_there else Expect.UNKNOWN
        for step in steps:
            yield replace(step, case=replace(step.case, expect=expect))

    def _write(self, move: Move, *, is_there: bool) -> Iterator[LifeStep]:
        """Yield an update or a replacement, on the tag of now where it takes no other."""
        is_replace = move.kind in (Kind.REPLACE, Kind.REPLACE_LESS)
        operation = self.operations.get(Role.REPLACE if is_replace else Role.UPDATE)
        is_create = is_replace and self.resource.is_made_by_put and not is_there
        if operation is None or is_create:
            return
        body = self._body_of(operation, move)
        if is_there and requires_condition(operation):
            if self._conditioned() is not None:
                yield from self._write_on_tag(operation, move, body)
            return
        name = str(operation.role.value)
        case = self._case(operation, f"{name}: {move.name}", body)
        case = replace(case, subject=Subject(SubjectKind.STEP, name))
        if not is_there:
            case = replace(case, expect=Expect.UNKNOWN)
        yield LifeStep(case, move.name)

    def _body_of(self, operation: Operation, move: Move) -> Any:
        """Return the body of a write: full, or as little of it as *move* asks for.

        Of the ways to leave something out, each move takes another.
        """
        body = self._own_body(operation, move.label, move.name)
        if move.kind is Kind.UPDATE_ONE:
            return self._one_of(operation, body, move)
        if move.kind is Kind.REPLACE_LESS:
            lesser = self._lesser_bodies(operation, body)
            return lesser[len(move.label) % len(lesser)]
        return body

    def _one_of(self, operation: Operation, body: Any, move: Move) -> Any:
        """Return one member of *body* with what must be there; each move takes another."""
        members = self._members_to_update(operation, body)
        least = self._with_own_id(
            operation, minimal_body(operation, self.context_of(operation)), move.name
        )
        if not members:
            return least
        path = members[len(move.label) % len(members)]
        return with_value(least, path, value_at(body, path))

    def _conditioned(self) -> Operation | None:
        """Return what writes on the condition of an entity tag, None where nothing does."""
        reading = self.operations.get(Role.READ)
        if reading is None or not tells_tag(reading):
            return None
        for role in (Role.UPDATE, Role.REPLACE):
            operation = self.operations.get(role)
            if operation is not None and takes_if_match(operation):
                return operation
        return None

    def _conditioned_write(self, move: Move) -> Iterator[LifeStep]:
        """Yield a read, and a write on the tag that it tells, or on one before that."""
        operation = self._conditioned()
        if operation is not None:
            yield from self._write_on_tag(operation, move, self._body_of(operation, move))

    def _write_on_tag(self, operation: Operation, move: Move, body: Any) -> Iterator[LifeStep]:
        yield from self._bare(Role.READ, "read", move.name)
        is_stale = move.kind is Kind.WRITE_IF_STALE
        name, condition = (IF_STALE, WRITE_IF_STALE) if is_stale else (IF_CURRENT, WRITE_IF_CURRENT)
        case = self._case(operation, f"{name}: {move.name}", body)
        expect = Expect.REFUSED if is_stale else Expect.ACCEPTED
        case = replace(case, subject=Subject(SubjectKind.STEP, name), expect=expect)
        yield LifeStep(case, move.name, condition=condition)

    # --- ids --------------------------------------------------------------------------------------

    def chosen_id(self, operation: Operation, label: str) -> Any:
        """Return the id that the run chooses for *label* in this sequence.

        A service may refuse one that was there before: each sequence has its own.
        """
        return super().chosen_id(operation, f"{self._turn}-{label}")

    def key_of(self, name: str) -> str:
        """Return the key on which a PUT makes the one called *name* in this sequence."""
        rounds = len(self._keys) // len(NAMES_MADE)
        return self._keys.get(f"{self._turn % rounds} {name}", "") if rounds else ""

    @cached_property
    def _keys(self) -> dict[str, str]:
        """Return the keys of so many sequences, none of which the life has, by turn and name."""
        creating = self.operations.get(Role.CREATE)
        if creating is None or not creating.makes_on_key:
            return {}
        names = [f"{turn} {name}" for turn in range(MOST_TURNS) for name in NAMES_MADE]
        taken = list(self._keys_of_life().values())
        return keys_by_name(creating, self.context_of(creating), names, taken)

    def _look_at_key(self, case: Case, name: str) -> Iterator[LifeStep]:
        """Yield a read of the key on which *case* creates where somebody may have it."""
        is_long = len(case.parameters[-1][1]) >= FEWEST_CHARACTERS
        if not (is_long and self.context_of(case.operation).made_up):
            yield from super()._look_at_key(case, name)

    def _conforming_id(self, context: RunContext, label: str) -> Any:
        """Return such an id that the path takes, too, ABSENT where there are too few."""
        turn, _, name = label.partition("-")
        for operation in self.operations.values():
            for parameter in operation.path_parameters:
                if parameter.name == self.resource.parameter:
                    known = conforming_ids(parameter, context, MOST_IDS)
                    return _one_by_turn(known[len(CHOSEN) :], int(turn), name)
        return ABSENT


def _one_by_turn(ids: Sequence[Any], turn: int, name: str) -> Any:
    """Return one of *ids*, another for each turn as far as there are so many; ABSENT for none."""
    rounds = len(ids) // len(NAMES_MADE)
    if not rounds:
        return ABSENT
    return ids[(turn % rounds) * len(NAMES_MADE) + NAMES_MADE.index(name)]


def _of_sequence(step: LifeStep) -> LifeStep:
    return replace(step, case=replace(step.case, probe=Probe.SEQUENCES))


class _Drawing:
    """Turns draws into moves: follows what is made, and what of it is there."""

    def __init__(self, number: int, *, chooses_ids: bool) -> None:
        self.moves: list[Move] = []
        self.made: list[str] = []
        self._live: list[str] = []
        self._number, self._chooses_ids = number, chooses_ids

    def add(self, kind: Kind, pick: str, chance: int) -> None:
        """Add the move that is asked for; a create, where nothing is there to write to."""
        label = self._label()
        if kind in OF_ALL and self.made:
            self.moves.append(Move(kind, label=label))
            return
        if kind in CREATING or not self.made:
            self._add_create(kind if kind in CREATING else Kind.CREATE, chance, label)
            return
        name = self._picked(pick)
        if not name and kind not in LOOKING:
            self._add_create(Kind.CREATE_LEAST, chance, label)
            return
        name = name or self.made[-1]
        if kind is Kind.DELETE and name in self._live:
            self._live.remove(name)
        self.moves.append(Move(kind, name, label))

    def _add_create(self, kind: Kind, chance: int, label: str) -> None:
        """Add a create, now and then under the id of one that is gone; of no more than so many."""
        gone = self._gone()
        is_again = self._chooses_ids and bool(gone) and chance % 2 == 0
        if len(self.made) == len(NAMES) and not (self._chooses_ids and gone):
            self.moves.append(Move(Kind.READ, self.made[chance % len(NAMES)], label))
            return
        if is_again or len(self.made) == len(NAMES):
            name = gone[-1]
        else:
            name = NAMES[len(self.made)]
            self.made.append(name)
        self._live.append(name)
        self.moves.append(Move(kind, name, label))

    def _picked(self, pick: str) -> str:
        """Return the name of the one that a move is about, ``""`` where there is none of it."""
        pool = {NEWEST: self._live, OLDEST: self._live[:1], NEWEST_GONE: self._gone()}[pick]
        return pool[-1] if pool else ""

    def _gone(self) -> list[str]:
        return [name for name in self.made if name not in self._live]

    def _label(self) -> str:
        """Return what the values of the next move carry, of another length than the last one's."""
        index = len(self.moves)
        return f"q{self._number}{LETTERS[index % len(LETTERS)] * (1 + index % LENGTHS)}"


def _drawn_moves(kinds: Sequence[Kind], count: int, seed: int) -> list[list[Draw]]:
    """Return *count* sequences of draws, as they stand for moves of *kinds*."""
    weighed = [kind.value for kind in kinds]

    def draw() -> list[Any]:
        from pytest_confluent_contracts.cases.move_strategies import drawn_moves

        return drawn_moves(weighed, PICKS, (LEAST_MOVES, MOST_MOVES), count, seed)

    question = [weighed, PICKS, LEAST_MOVES, MOST_MOVES, count, seed]
    return [list(map(_read_draw, sequence)) for sequence in once_drawn("sequences", question, draw)]


def _read_draw(drawn: tuple[str, str, int]) -> Draw:
    kind, pick, chance = drawn
    return Kind(kind), pick, chance


# --- shorter --------------------------------------------------------------------------------------


def shorter_moves(moves: Moves, shows: Callable[[Moves], bool]) -> None:
    """Offer *shows* shorter and shorter sequences like *moves*, while they show the same.

    None is offered after it raised `ShrinkingDone`. First goes what most likely does not matter:
    all about others than the last one, looks in between, then each move by itself.
    """
    found = moves
    with suppress(ShrinkingDone):
        for less in _likely_parts(moves):
            if len(less) < len(found) and shows(less):
                found = less
        for name in NAMES:
            less = tuple(move for move in found if move.name != name)
            if 0 < len(less) < len(found) and shows(less):
                found = less
        _without_each(found, shows)


def _likely_parts(moves: Moves) -> Iterator[Moves]:
    """Yield parts of *moves* that are likely to show what they show, with their last move."""
    named = [move.name for move in moves if move.name]
    about_last = tuple(move for move in moves if move.name in ("", *named[-1:]))
    yield _without_looks(about_last)
    yield about_last
    yield _without_looks(moves)


def _without_looks(moves: Moves) -> Moves:
    """Return *moves* without those that only look, but for the last of all."""
    return tuple(move for move in moves[:-1] if move.kind not in LOOKING) + moves[-1:]


def _without_each(moves: Moves, shows: Callable[[Moves], bool]) -> None:
    """Leave out each of *moves* by itself, and then what a create need not send."""
    found, index = moves, 0
    while index < len(found):
        less = (*found[:index], *found[index + 1 :])
        if less and shows(less):
            found = less
        else:
            index += 1
    for index, move in enumerate(found):
        if move.kind is Kind.CREATE:
            least = replace(move, kind=Kind.CREATE_LEAST)
            shows((*found[:index], least, *found[index + 1 :]))
