"""What do requests show whose order was drawn, and what is the shortest sequence that shows it?

Each makes its own resources, and deletes them before the next begins.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pytest_confluent_contracts.cases.life import LOOK_AT_KEY
from pytest_confluent_contracts.cases.sequences import CREATING, NAMES, shorter_moves
from pytest_confluent_contracts.cases.shrinking import ShrinkingDone
from pytest_confluent_contracts.clauses.judging import weigh
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.model.clauses import ToldStep
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pytest_confluent_contracts.cases.life import LifeStep
    from pytest_confluent_contracts.cases.sequences import Move, Moves, SequenceCases
    from pytest_confluent_contracts.model.clauses import (
        Clause,
        Evidence,
        Finding,
        FindingKind,
        MissingEvidence,
    )
    from pytest_confluent_contracts.model.traffic import Exchange
    from pytest_confluent_contracts.run.saved_state import PathParameters
    from pytest_confluent_contracts.run.scenario import Scenario

SHRINK_BUDGET = 400  # requests, for all findings of one resource
MOST_TRIED = 4  # sequences that have shown a finding: each may have shown it by chance
GOING_BEFORE = 2  # requests before each sequence


@dataclass(frozen=True, slots=True)
class SentSequence:
    """A sequence that was sent.

    ``ends`` says of each move how many of the ``exchanges`` had come by its end; what follows them
    deletes what it left. ``made`` are the path parameters of what it made, by name; ``requests`` is
    how many it took, with those before it.
    """

    moves: Moves
    ends: tuple[int, ...]
    exchanges: tuple[Exchange, ...]
    made: tuple[tuple[str, PathParameters], ...]
    requests: int = 0

    def until(self, count: int) -> SentSequence:
        """Return the first *count* moves of it, and what they have shown."""
        ends = self.ends[:count]
        exchanges = self.exchanges[: ends[-1] if ends else 0]
        return replace(self, moves=self.moves[:count], ends=ends, exchanges=exchanges)

    @property
    def told(self) -> tuple[ToldStep, ...]:
        """Return its requests, each with what it makes or is about; the deletions at its end are
        none of them. Of what is asked again and again, until a 202 is done, that is the last.
        """
        known = dict(self.made)
        makes = [move.name if move.kind in CREATING else "" for move in self.moves]
        names = dict(zip(filter(None, makes), NAMES, strict=False))  # as they are made here
        named = {known[one]: names[one] for one in names if one in known}
        steps: list[ToldStep] = []
        for index, exchange in enumerate(self.exchanges[: self.ends[-1] if self.ends else 0]):
            is_look = exchange.case.subject.name == LOOK_AT_KEY
            if exchange.superseded or is_look or self._is_asked_again(index):
                continue
            made = makes[sum(end <= index for end in self.ends)]
            parameters = known.get(made, exchange.case.parameters)
            is_create = bool(made) and not exchange.case.operation.is_safe
            steps.append(_told_step(exchange, parameters, named.get(parameters, ""), is_create))
        return tuple(steps)

    def _is_asked_again(self, index: int) -> bool:
        """Return whether the next request of the same move is the same read."""
        if index + 1 in (*self.ends, len(self.exchanges)):
            return False
        case, following = self.exchanges[index].case, self.exchanges[index + 1].case
        if not case.operation.is_safe or case.operation.key != following.operation.key:
            return False
        return case.written_target == following.written_target


def _told_step(exchange: Exchange, parameters: PathParameters, name: str, makes: bool) -> ToldStep:
    """Return *exchange* as a step about the one called *name*, which its *parameters* lead to.

    One whose id the caller chooses is told by that.
    """
    resource = exchange.case.operation.resource
    if not name or resource is None or resource.id_sent:
        return ToldStep(exchange, makes=makes)
    return ToldStep(exchange, name, resource.id_in(parameters), makes)


@dataclass(frozen=True, slots=True)
class Shortest:
    """The shortest sequence that shows a finding, and how many replays were in vain."""

    evidence: Evidence
    sequence: SentSequence
    vain_tries: int = 0


class Sequences:
    """Sends the sequences of one resource after its life, each once; lives as long as the session.

    *aside* sends the requests, and what it makes is taken down as that of the life. *planned*
    returns the sequences, when the first is to be sent.
    """

    def __init__(
        self, aside: Scenario, cases: SequenceCases, planned: Callable[[], Sequence[Moves]]
    ) -> None:
        self._aside, self._cases, self._planned = aside, cases, planned
        self._sent: list[SentSequence] = []
        self._left: Iterator[Moves] | None = None
        self._replayed: dict[Moves, SentSequence] = {}
        self._spent = 0  # requests, to find shorter ones

    @property
    def rows(self) -> list[tuple[Exchange, ...]]:
        """Return the exchanges of each sequence, all of which are sent when first asked for."""
        return [one.exchanges for one in self.sent_one_by_one()]

    def send(self) -> None:
        """Send those that were not sent yet."""
        for _ in self.sent_one_by_one():
            pass

    def call_off(self, why: MissingEvidence) -> None:
        """Send nothing more but what ends what was made."""
        self._aside.sender.stopped = why

    def sent_one_by_one(self) -> Iterator[SentSequence]:
        """Yield each sequence, sent when its turn comes."""
        yield from self._sent
        if self._left is None:
            self._left = iter(self._planned() if not self._aside.sender.stopped else ())
        for moves in self._left:
            if self._aside.sender.stopped:
                return
            self._sent.append(self._send(moves))
            yield self._sent[-1]

    def let_go(self) -> None:
        """Forget what was sent: every clause that a sequence may show is ruled."""
        self._sent, self._left = [], None
        self._replayed.clear()
        self._aside.sender.let_go()

    # --- one sequence -----------------------------------------------------------------------------

    def _send(self, moves: Moves) -> SentSequence:
        """Send *moves*, and delete what they leave there."""
        self._aside.begin_anew()
        history = self._aside.sender.history
        begun = first = len(history)
        done: list[Move] = []
        ends: list[int] = []
        try:
            self._take(self._cases.begin())
            first = len(history)
            for move, steps in self._cases.steps_of(moves):
                self._take(steps)
                done.append(move)
                ends.append(len(history) - first)
            self._take(self._cases.ends_of(done))
        except Refusal as refusal:
            self._aside.sender.stop_for(refusal)
        known = [(name, self._aside.parameters_of(name)) for name in NAMES]
        made = tuple((name, parameters) for name, parameters in known if parameters)
        sent = tuple(history[first:])
        return SentSequence(tuple(done), tuple(ends), sent, made, len(history) - begun)

    def _take(self, steps: Sequence[LifeStep]) -> None:
        """Send *steps*; what is there is known better by now than when they were planned."""
        for step in steps:
            if self._aside.sender.stopped:
                return
            is_there = self._aside.is_there(step.about)
            is_otherwise = step.case.expect is (Expect.UNKNOWN if is_there else Expect.ACCEPTED)
            if step.about and is_otherwise:
                step = replace(step, case=replace(step.case, expect=Expect.ANY))
            self._aside.take(step)

    # --- the shortest that shows a finding --------------------------------------------------------

    def shortest(self, clause: Clause) -> Shortest | None:
        """Return the shortest sequence that speaks against *clause*, None where none does.

        First what was sent is cut behind what shows it, then less is sent again: as many requests
        as the run may spend on a finding.
        """
        found: list[Shortest] = []
        for sent in self._sent:
            if len(found) < MOST_TRIED:
                found += _shown_soonest(clause, sent)
        found.sort(key=_length)
        if not found:
            return None
        return _Shrinking(self, clause, found).shortest()

    def replay(self, moves: Moves, most: int) -> SentSequence:
        """Return what *moves* show now, remembered where they were sent for another clause.

        Raise `ShrinkingDone` where that may take more than *most* requests, or nothing may go.
        """
        if moves not in self._replayed:
            needed = len(moves) + len(self._cases.ends_of(moves)) + GOING_BEFORE
            left = min(most, SHRINK_BUDGET - self._spent)
            if self._aside.sender.stopped or needed > left:
                raise ShrinkingDone
            sent = self._send(moves)
            self._spent += sent.requests
            self._replayed[moves] = sent
        return self._replayed[moves]

    @property
    def most_tries(self) -> int:
        """Return how many requests may be spent on one finding."""
        return self._aside.sender.policy.shrink_tries


@dataclass(slots=True)
class _Shrinking:
    """Looks for the shortest sequence that shows one finding, by sending less and less of it.

    *found* are beginnings of sequences that have shown it, the shortest first.
    """

    sequences: Sequences
    clause: Clause
    found: list[Shortest]
    _best: Shortest | None = None
    _spent: int = 0
    _seen: set[Moves] = field(default_factory=set)

    def shortest(self) -> Shortest:
        """Return the shortest that shows it again, else the first as it was seen.

        What a sequence shows may come from what went before it: then another one may show it.
        """
        with suppress(ShrinkingDone):
            for one in self.found:
                if self._shows_again(one.sequence.moves):
                    shorter_moves(one.sequence.moves, self._shows_again)
                    break
        if self._best is not None:
            return self._best
        return replace(self.found[0], vain_tries=len(self._seen))

    def _shows_again(self, moves: Moves) -> bool:
        """Send *moves*, and return whether they show the same finding; the shortest is kept."""
        if not any(move.kind in CREATING for move in moves):
            return False
        sent = self.sequences.replay(moves, self.sequences.most_tries - self._spent)
        if moves not in self._seen:
            self._seen.add(moves)
            self._spent += sent.requests
        finding = self.found[0].evidence.finding
        shown = _shown_soonest(self.clause, sent, finding.kind if finding else None)
        for one in shown:
            if self._best is None or _length(one) <= _length(self._best):
                self._best = one
        return bool(shown)


def _length(shortest: Shortest) -> int:
    return len(shortest.sequence.moves)


def _shown_soonest(
    clause: Clause, sent: SentSequence, kind: FindingKind | None = None
) -> list[Shortest]:
    """Return the shortest beginning of *sent* that speaks against *clause*, none where none does.

    Where only the deletions at its end show it, that is the whole.
    """
    if not _against(clause, sent, kind):
        return []
    for count in range(1, len(sent.moves) + 1):
        part = sent.until(count)
        for evidence in _against(clause, part, kind):
            return [Shortest(evidence, part)]
    whole = replace(sent, ends=(*sent.ends[:-1], len(sent.exchanges)))
    return [Shortest(_against(clause, sent, kind)[0], whole)]


def _against(clause: Clause, sent: SentSequence, kind: FindingKind | None) -> list[Evidence]:
    """Return the evidence of *sent* against *clause*, that of one *kind* where that is given."""
    found: list[Evidence] = []
    for one in weigh(clause, sent.exchanges).against:
        finding: Finding | None = one.finding
        if finding is not None and kind in (None, finding.kind):
            found.append(one)
    return found
