"""When is done what was accepted with 202? Asked of where its answer leads, until that says so.

Only documented GETs are asked, on the target alone. Elsewhere than on this machine nobody is asked
more often than a person would.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote

from pytest_confluent_contracts.http.targets import Access, allowances_at
from pytest_confluent_contracts.model import paths, quota
from pytest_confluent_contracts.model.progress import (
    Progress,
    addresses_in,
    progress_in,
    progress_of_end,
    values_in_path,
)
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import is_local

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.model.promises import LaterDone
    from pytest_confluent_contracts.model.resources import Resource
    from pytest_confluent_contracts.model.traffic import Case, Exchange
    from pytest_confluent_contracts.run.sender import Sender

# On this machine, most is done by the time that somebody asks: these pauses go before the others.
EARLY_PAUSES_S = (0.01, 0.03, 0.08)
FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0
LONGEST_S = 60.0  # after which nobody waits for one request any longer
MOST_REQUESTS = 12  # without the early ones
MOST_UNTOLD = 3  # answers in a row that tell nothing, after the early ones
PATIENT_FOR = 3  # requests of which nobody could see the end; then it is asked for but once or so
WHY = "it was accepted with 202 and is not done"


@dataclass(frozen=True, slots=True)
class Question:
    """A request for how far something is; ``is_of_made`` says that it reads the resource itself."""

    case: Case
    is_of_made: bool


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of asking how far something is; without answers nothing led anywhere."""

    answers: tuple[Exchange, ...] = ()
    progress: Progress = Progress.UNTOLD
    is_of_made: bool = False

    @property
    def is_in_vain(self) -> bool:
        """Return whether somebody was asked, and the end was not seen."""
        return bool(self.answers) and self.progress not in (Progress.DONE, Progress.FAILED)

    @property
    def is_unfinished(self) -> bool:
        """Return whether what tells the progress does not say that it is done."""
        is_told = bool(self.answers) and not self.is_of_made
        return is_told and self.progress is not Progress.DONE


class Follower:
    """Asks how far the requests of one resource are that were accepted for later.

    *questions* are the documented GETs to which an answer may lead, each as a case of which the
    path and the query are still to be put in. *in_vain* is how often the end of such a request was
    waited for and not seen: a run makes hundreds, and would wait for each.
    """

    def __init__(
        self, resource: Resource, questions: Sequence[Case], sender: Sender, in_vain: int = 0
    ) -> None:
        self.resource, self._questions, self._sender = resource, questions, sender
        self._is_patient = in_vain < PATIENT_FOR

    def follow(
        self, case: Case, answer: Exchange, made: Sequence[tuple[str, str]] = ()
    ) -> Followed:
        """Ask until what *answer* accepted for *case* is done, or nobody says so in time.

        *made* are the path parameters of what it makes, as far as the answer tells them. Raise
        `Refusal` where a request may not go.
        """
        question = self._question(case, answer, case.operation.promises.later_done, made)
        if question is None:
            return Followed()
        clock, sender = self._sender.clock, self._sender
        early = EARLY_PAUSES_S if is_local(sender.client.base_url) else ()
        latest = clock.now() + LONGEST_S
        answers: list[Exchange] = []
        told: list[Progress] = []
        last = answer
        pauses = _growing_pauses() if self._is_patient else (FIRST_PAUSE_S,)
        for pause in (*early, *pauses):
            if sender.stopped or _is_over(told, len(early)):
                break
            # Since the answer came, others may have been asked for a while.
            wait = max(_asked_pause(last), pause) - (clock.now() - last.came_at)
            if clock.now() + wait > latest:
                break
            sender.wait(max(0.0, wait), WHY)
            last = sender.send(question.case)
            answers.append(last)
            told.append(self._progress_by(last, case, question))
        progress = told[-1] if told else Progress.UNTOLD
        return Followed(tuple(answers), progress, question.is_of_made)

    def _progress_by(self, last: Exchange, case: Case, question: Question) -> Progress:
        if question.is_of_made and case.operation.role is Role.DELETE:
            return progress_of_end(last)
        stated = case.operation.promises.later_done
        return progress_in(last, stated, self.resource, is_of_made=question.is_of_made)

    # --- where it is asked ------------------------------------------------------------------------

    def _question(
        self,
        case: Case,
        answer: Exchange,
        stated: LaterDone | None,
        made: Sequence[tuple[str, str]],
    ) -> Question | None:
        """Return what is asked after *answer*: what tells the progress, else the resource itself.

        The address of what is to be deleted or written tells nothing that its path does not.
        """
        of_made: Question | None = None
        for address in addresses_in(answer, stated):
            found = self._question_at(address)
            if found is not None and not self._is_of_resource(found):
                self._admit(found)
                return Question(found, is_of_made=False)
            if found is not None and of_made is None:
                # An address of another one is told by its clause, and never leads to this one.
                of_made = Question(_asking_for(found, made), is_of_made=True)
        if case.operation.role is Role.DELETE:
            of_made = self._reading(case)
        elif case.operation.role is not Role.CREATE:
            of_made = None  # it was there before, and its state is its own
        if of_made is not None:
            self._admit(of_made.case)
        return of_made

    def _reading(self, case: Case) -> Question | None:
        """Return the read of what *case* is about, None where the document has none."""
        for question in self._questions:
            if self._is_of_resource(question):
                return Question(replace(question, parameters=case.parameters), is_of_made=True)
        return None

    def _is_of_resource(self, question: Case) -> bool:
        own = question.operation.resource
        is_of_kind = own is not None and own.name == self.resource.name
        return is_of_kind and question.operation.role is Role.READ

    def _question_at(self, address: str) -> Case | None:
        """Return the documented GET that *address* leads to, None where there is none.

        Of several the one is meant of whose path most is written out.
        """
        path, _, query = address.partition("?")
        found: list[tuple[int, Case]] = []
        for question in self._questions:
            operation = question.operation
            values = values_in_path(operation.path, path)
            if values is None:
                continue
            styled = operation.styled_names
            parameters: list[tuple[str, str]] = []
            for name, value in zip(paths.template_names(operation.path), values, strict=False):
                parameters.append((name, value if name in styled else unquote(value)))
            asked = replace(
                question,
                parameters=tuple(parameters),
                query=_written_query(query) or question.query,
            )
            found.append((len(operation.path), asked))
        return max(found, key=lambda one: one[0])[1] if found else None

    def _admit(self, question: Case) -> None:
        """Let the guard know where an answer has led."""
        client, operation = self._sender.client, question.operation
        access = Access(
            operation=operation,
            credentials={},
            paths=frozenset({unquote(question.written_path)}),
            spelled_paths=frozenset({question.written_path}),
            queries=frozenset({question.written_query}),
        )
        client.guard.admit_read(operation.key, allowances_at(client.base_url, [access]))


def _asking_for(question: Case, made: Sequence[tuple[str, str]]) -> Case:
    """Return *question* for the one that *made* names, where it names one of that kind."""
    own, named = dict(made[-1:]), question.parameters[-1:]
    if not named or own.keys() != dict(named).keys():
        return question
    return replace(question, parameters=(*question.parameters[:-1], *made[-1:]))


def _growing_pauses() -> Iterator[float]:
    """Yield the seconds to wait before each question, each longer than the one before."""
    pause = FIRST_PAUSE_S
    for _ in range(MOST_REQUESTS):
        yield pause
        pause = min(2 * pause, LONGEST_PAUSE_S)


def _is_over(told: Sequence[Progress], early: int) -> bool:
    """Return whether nobody has to ask again: it is done or has failed, or nothing is told.

    That the *early* answers tell nothing says little: they came sooner than a person would ask.
    """
    if told and told[-1] in (Progress.DONE, Progress.FAILED):
        return True
    return list(told[early:][-MOST_UNTOLD:]) == [Progress.UNTOLD] * MOST_UNTOLD


def _asked_pause(answer: Exchange) -> float:
    """Return the seconds that *answer* asks to wait (RFC 9110 10.2.3), 0 where it asks for none."""
    asked = quota.parse_retry_after(answer.header("Retry-After"), answer.header("Date"))
    return 0.0 if asked is None else float(asked)


def _written_query(query: str) -> tuple[tuple[str, str], ...]:
    """Return the parameters of *query* as they are written in an address."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return tuple((quote(name, safe=""), quote(value, safe="")) for name, value in pairs)
