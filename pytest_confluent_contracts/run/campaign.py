"""What is the evidence for each clause?

The plan executed in its order, each probe once, its exchanges shared by all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.clauses.judging import Weighed, rule, weigh
from pytest_confluent_contracts.http.guard import Refusal
from pytest_confluent_contracts.model.clauses import Family, MissingEvidence, MissingKind
from pytest_confluent_contracts.model.moments import granularity, parse_moment
from pytest_confluent_contracts.model.names import plain_name
from pytest_confluent_contracts.model.paths import value_at
from pytest_confluent_contracts.model.quota import latest_quota
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import Expect, Probe
from pytest_confluent_contracts.run import preflight
from pytest_confluent_contracts.run.foreseen import Foreseen
from pytest_confluent_contracts.run.restore import FirstState
from pytest_confluent_contracts.run.sender import (
    GATEWAY_STATUSES,
    LIMITED,
    LONGEST_WAIT_S,
    Listener,
    RunPolicy,
    Sender,
    asked_wait,
)
from pytest_confluent_contracts.run.smallest import Shrinker
from pytest_confluent_contracts.run.strays import Strays

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.http.targets import Target
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.traffic import Case, Exchange

ORDER = tuple(Probe)
# What must be refused changes nothing: such cases may be in flight together, and so may creates,
# of which each makes another one.
ORDERLESS = frozenset({Expect.REFUSED, Expect.UNAUTHENTICATED, Expect.UNKNOWN})
# Where so many valid bodies in a row are refused, the next ones will be, too.
HOPELESS_AFTER = 12
HOPELESS_PROBES = frozenset({Probe.VALID, Probe.COVERAGE})
IDEMPOTENCY_KEY = "idempotencykey"  # the end of a header's plain name
LARGEST_LIMIT = 1000  # requests; where no budget says what may be spent
AFTER_THE_WAIT = 3  # requests: the new window must be seen to count down
STEPS, STEP_S = 8, 0.125  # together the second by which a wait may be rounded
# Two more than twice the limit, to reach it; three while it is reached, those steps, and the rest.
FIRST_WINDOW = 2 + 3 + STEPS + 1 + AFTER_THE_WAIT
# Whole seconds that count down are the same for a second, and for two by no rounding.
MAY_STAND_STILL_S, STANDING_STILL_S = 1.1, 2.2
# The reads before the first write are numbered apart from those of their own operation.
READING_SERIALS = {"PATCH": 2_000_000, "PUT": 3_000_000}
NOTHING_SET = "what was just made has none of it yet"
LONG_WAIT_S = 4.0  # a shorter one is not broken midway
MORE_THAN_A_TICK = 1.2  # times a tick of the clock that the time stamps show


class Campaign:
    """Holds one operation against the target; lives as long as the session.

    ``ending`` are the clauses of which a broken one ends a frugal run. *reading* shows what is
    there before the operation writes, so that it can be put back.
    """

    def __init__(
        self,
        plan: Plan,
        target: Target,
        policy: RunPolicy | None = None,
        listener: Listener | None = None,
        reading: Case | None = None,
    ) -> None:
        self._target, self._reading = target, reading
        self.plan, self.operation, self.context = plan, plan.operation, plan.context
        self.policy, self.listener = policy or RunPolicy(), listener or Listener()
        self.first_state, self.strays = FirstState(plan.context, self.listener), Strays()
        self.sender = Sender(
            operation=plan.operation,
            target=target,
            policy=self.policy,
            listener=self.listener,
            look=plan.baseline,
            noted=self._note,
        )
        if not plan.is_authorised:
            self.sender.stopped = self._missing_credentials()
        self.skipped = plan.skipped
        self._done: set[Probe] = set()
        self._sent_ahead: list[Case] = []
        self.ending: tuple[Clause, ...] = ()
        self._looked_at, self._is_ending = 0, False
        self._resets: list[tuple[float, int]] = []  # when each came, and its seconds
        self._resets_read = 0  # exchanges
        self._unjudged: MissingEvidence | None = None
        self._shrinker = Shrinker(self.sender, plan.context)
        self._foreseen = Foreseen(plan)
        # What the life of a resource has shown of this operation.
        self.lived: Sequence[Exchange] = ()
        # Of a PUT that creates, too, the creates: they show what one answer looks like.
        self.created: Sequence[Exchange] = ()
        # What it is held on may not be there: a parent that was just made may have none of it yet.
        self.may_be_unset = False

    def let_go(self) -> None:
        """Forget what was planned, what was sent, and what came: every clause is ruled.

        What has to be put back, or told, at the end stays.
        """
        self.sender.let_go()
        self.lived, self.created = (), ()
        self.plan = replace(self.plan, probes=(), spaced_updates=())
        self._foreseen = Foreseen(self.plan)
        self._sent_ahead.clear()
        self._resets.clear()

    def go_on_from(self, before: Campaign) -> None:
        """Keep in mind what *before*, which was let go, has to put back and to tell."""
        self.first_state, self.strays = before.first_state, before.strays

    def _note(self, case: Case, exchange: Exchange) -> None:
        self.first_state.see(case, exchange)
        self.strays.see(case, exchange)

    @property
    def seen(self) -> Sequence[Exchange]:
        """Return every exchange that shows something of the operation."""
        return [*self.lived, *self.history] if self.lived else self.history

    @property
    def history(self) -> list[Exchange]:
        """Return every exchange so far, in the order in which they were sent."""
        return self.sender.history

    # --- the preflight ----------------------------------------------------------------------------

    def look_first(self) -> MissingEvidence | None:
        """Return why nobody can be judged, None where the run may go on.

        It is asked once, with a request that the plan sends anyhow.
        """
        if self.history or self._done or self._unjudged:
            return self._unjudged
        if not self.sender.stopped:
            try:
                self._look()
            except Refusal as refusal:
                self.sender.stop_for(refusal)
        stopped = self.sender.stopped
        if stopped is not None and preflight.is_told_once(stopped):
            self._unjudged = replace(stopped, preflight=True)
        return self._unjudged

    def _look(self) -> None:
        """Send the first request; stop where its answer says that nobody can be judged."""
        look = preflight.first_look(self.plan)
        if look is None:
            return
        unconnected = self._read_before_writing() if look is self.plan.baseline else None
        found = preflight.why_unjudged(
            unconnected or self._send_ahead(look),
            owned=self.context.owned,
            credentials=preflight.credential_variables(self.operation),
        )
        if found is not None and found.kind is MissingKind.UNKNOWN_RESOURCE and self.may_be_unset:
            self._excuse_last_answer()
            found = MissingEvidence(MissingKind.NOT_ASKED_FOR, NOTHING_SET)
        if found is not None and not self._is_served(found):
            self.sender.stopped = found

    def _excuse_last_answer(self) -> None:
        """Promise nothing of the last request any more: what it asked for may not be there yet."""
        last = self.sender.history[-1]
        self.sender.history[-1] = replace(last, case=replace(last.case, expect=Expect.ANY))

    def _read_before_writing(self) -> Exchange | None:
        """Read what is going to be written; return the exchange where nobody could be asked.

        It is paid by the operation that writes. Raise `Refusal` where a PUT would replace what was
        not shown, and others have it.
        """
        if self._reading is None:
            return None
        reading, self._reading = self._reading, None
        reader = Sender(
            operation=reading.operation,
            target=self._target,
            policy=self.policy,
            listener=self.listener,
            look=reading,
            noted=lambda *_: None,
            first_serial=READING_SERIALS[self.operation.method],
        )
        with self._target.guard.paid_by(reading.operation.key, self.operation.key):
            exchange = reader.send_once(reading)
            if exchange.throttled or exchange.status in GATEWAY_STATUSES:
                exchange = reader.send(reading)
        if exchange.failure_kind in preflight.UNCONNECTED:
            return exchange
        if exchange.accepted:
            self.first_state.see_before(self.operation, exchange)
        if self.operation.method == "PUT" and not (self.was or self.context.made_up):
            raise Refusal("not sent: what a PUT replaces could not be read before")
        return None

    def _send_ahead(self, case: Case) -> Exchange:
        if case is not self.plan.baseline:
            self._sent_ahead.append(case)
        return self.sender.send(case)

    def _is_served(self, found: MissingEvidence) -> bool:
        """Return whether somebody does serve the path at which *found* says that nobody does.

        An unknown id may be refused in a form of the service's own: a finding, and no wrong path.
        """
        look = preflight.second_look(self.plan)
        if found.kind is not MissingKind.NOTHING_SERVED or self.context.owned or look is None:
            return False
        return preflight.is_turned_away(self._send_ahead(look))

    # --- verdicts ---------------------------------------------------------------------------------

    def ruling(self, clause: Clause) -> Ruling:
        """Return the verdict on *clause*, after the probes that it needs have run."""
        if clause.needs and self._unjudged:
            return rule(self.operation, Weighed(clause, (), ()), (), missing=self._unjudged)
        self.gather(clause)
        weighed = self.weigh(clause)
        if not weighed.against:
            missing = None if weighed.evidence else self._why_missing(clause)
            return rule(self.operation, weighed, self.seen, missing=missing)
        # A deletion is not tried again on what is still there, nor a create on another key.
        if self.operation.method == "DELETE" or self._is_shown_by_create(weighed):
            return rule(self.operation, weighed, self.seen)
        smallest, vain_tries = self._shrinker.smallest(weighed)
        return rule(self.operation, weighed, self.seen, smallest=smallest, vain_tries=vain_tries)

    def gather(self, clause: Clause) -> None:
        """Send the probes that *clause* needs and that were not sent yet."""
        for probe in ORDER:
            # What was sent already need not be asked about: weighing takes longer than sending.
            is_due = probe in clause.needs and probe not in self._done
            if is_due and not self._is_known_enough(clause):
                self.run(probe)

    def weigh(self, clause: Clause) -> Weighed:
        """Return what the exchanges so far say of *clause*."""
        if clause.family is Family.SHAPE and self.created:
            return weigh(clause, [*self.created, *self.seen])
        return weigh(clause, self.seen)

    def _is_shown_by_create(self, weighed: Weighed) -> bool:
        """Return whether one of the creates is the first to show what is wrong."""
        against = {one.exchange.serial for one in weighed.against if one.exchange is not None}
        return not against.isdisjoint(one.serial for one in self.created)

    def _is_known_enough(self, clause: Clause) -> bool:
        """Return whether a frugal run need send nothing more for *clause*.

        It is broken already; or another that ends the run is, and it does not lack evidence for
        which the target would be blamed.
        """
        if not self.policy.frugal:
            return False
        weighed = self.weigh(clause)
        if weighed.against:
            return True
        if not weighed.evidence and clause.explain(self.history).withheld:
            return False
        if self._looked_at != len(self.history):
            self._looked_at = len(self.history)
            self._is_ending = any(self.weigh(one).against for one in self.ending)
        return self._is_ending

    def _why_missing(self, clause: Clause) -> MissingEvidence | None:
        """Return why nothing bears on *clause*, where the run knows.

        It stopped, or was not to run what would show it.
        """
        if clause.needs and self.sender.stopped:
            return self.sender.stopped
        unasked = [
            self.skipped[probe]
            for probe in ORDER
            if probe in clause.needs and probe in self.skipped and probe is not Probe.THROTTLE
        ]
        would_show = clause.explain(self.history).probe
        if not unasked and would_show in self.skipped:
            unasked = [self.skipped[would_show]]
        if unasked:  # what was not asked for cannot be withheld
            return MissingEvidence(MissingKind.NOT_ASKED_FOR, unasked[0])
        if self._is_never_tried(clause):
            return MissingEvidence(MissingKind.ENDS_RESOURCES)
        if self._is_left_to_life(clause):
            return MissingEvidence(MissingKind.REFUSALS_ONLY)
        return self._foreseen.why_left_out(clause)

    def _is_never_tried(self, clause: Clause) -> bool:
        """Return whether *clause* is about what a DELETE would have to try on what is there."""
        if self.operation.method != "DELETE" or not clause.needs:
            return False
        if clause.explain(self.seen).kind not in (MissingKind.NOTHING_SENT, MissingKind.WITHHELD):
            return False
        # What it is for is asked for, and nothing of it bears on the clause.
        return bool(self.plan.of(Probe.CREDENTIALS).cases) and not self.sender.stopped

    def _is_left_to_life(self, clause: Clause) -> bool:
        """Return whether *clause* is owed what the life of the resource alone sends, and got it."""
        owed = clause.explain(self.seen)
        if not owed.withheld or owed.expect is not Expect.ACCEPTED:
            return False
        expected: set[Expect] = set()
        for probe in clause.needs:
            expected.update(case.expect for case in self.plan.of(probe).cases)
        if Expect.ACCEPTED in expected:
            return False
        return any(one.accepted for one in self.lived)

    def _missing_credentials(self) -> MissingEvidence:
        variables = preflight.credential_variables(self.operation)
        return MissingEvidence(MissingKind.NO_CREDENTIALS, variables, withheld=True)

    # --- probes -----------------------------------------------------------------------------------

    def run(self, probe: Probe) -> None:
        """Send the cases of *probe*, unless that was done before."""
        if probe in self._done:
            return
        self._done.add(probe)
        if self.sender.stopped:
            return
        try:
            self._run_unless_skipped(probe)
            if probe is Probe.THROTTLE:
                self._see_reset_move()
        except Refusal as refusal:
            self.sender.stop_for(refusal)

    def _run_unless_skipped(self, probe: Probe) -> None:
        """Send the cases of *probe*; raise `Refusal` where one may not go."""
        if probe in self.skipped:
            return
        if self.context.owned and not self.history:
            self._read_before_writing()
            self.sender.send(self.plan.baseline)
        self._let_reset_move()
        if probe is Probe.THROTTLE:
            self._exhaust_limit()
        else:
            self._send_all(probe)
        if probe is Probe.VALID:
            self._update_with_pauses()

    def _send_all(self, probe: Probe) -> None:
        """Send the cases of *probe* in their order, those that change nothing several at a time."""
        planned = self._still_to_send(probe)
        sent = 0
        hope = Hope()
        for is_orderless, group in groupby(planned, key=_is_orderless):
            batch = list(group)
            if is_orderless and self.sender.may_send_together:
                for part in in_flight_together(batch):
                    self._send_together(part, hope, sent, len(planned))
                    sent += len(part)
                continue
            for case in batch:
                if self.sender.stopped:
                    return
                self.listener.progress(probe, sent, len(planned))
                sent += 1
                if not _is_hoped_for(case):
                    self.sender.send(case)
                elif hope.room():
                    hope.heard(0, self.sender.send(case))

    def _still_to_send(self, probe: Probe) -> list[Case]:
        """Return the cases of *probe* without those that the preflight has sent."""
        planned = list(self._cases_of(probe))
        for case in self._sent_ahead:
            if case in planned:
                planned.remove(case)
        return self._chosen(planned)

    def _chosen(self, planned: Sequence[Case]) -> list[Case]:
        """Return what hooks leave of *planned*, or make of it."""
        chosen = [self.listener.chosen(case) for case in planned]
        return [case for case in chosen if case is not None]

    def _cases_of(self, probe: Probe) -> Sequence[Case]:
        """Return the planned cases of *probe*, in the form that the first answer shows."""
        for exchange in self.history:
            if exchange.accepted and isinstance(exchange.json, Mapping):
                return self.plan.cases_once_shown(probe, exchange.json)
        return self.plan.of(probe).cases

    def _send_together(self, batch: Sequence[Case], hope: Hope, sent: int, total: int) -> None:
        """Send *batch*, as far as there is *hope* for them, where they hang on that."""

        def progress(index: int) -> None:
            self.listener.progress(batch[index].probe, sent + index, total)

        if _is_hoped_for(batch[0]):
            self.sender.send_together(batch, progress, hope.heard, hope.room)
        else:
            self.sender.send_together(batch, progress)

    def _update_with_pauses(self) -> None:
        """Change each member alone, so late that the time of the update must move each time."""
        path = self.operation.promises.timestamps.updated
        told = [parse_moment(exchange.json, path) for exchange in self.history if exchange.accepted]
        stamps = [stamp for stamp in told if stamp is not None]
        if not path or not stamps:
            return
        of_this_run = set(stamps) - {stamps[0]}  # the first was there before
        pause = min(self.policy.pause, MORE_THAN_A_TICK * granularity(of_this_run))
        for case in self._chosen(self.plan.spaced_updates):
            if self.sender.stopped:
                return
            self.sender.clock.sleep(pause)
            self.sender.send(case)

    # --- the rate limit ---------------------------------------------------------------------------

    def _let_reset_move(self) -> None:
        """Wait where Reset stands still, until two seconds have shown that it does.

        Two numbers of whole seconds may be the same for a second. One that moved is not waited for.
        """
        self._read_resets()
        if not self._has_stood_still():
            return
        moments = [moment for moment, _ in self._resets]
        if moments[-1] - moments[0] > MAY_STAND_STILL_S:
            self._wait_since(moments[0])

    def _see_reset_move(self) -> None:
        """Ask once more: where Reset stands still, two seconds after the first answer.

        Else nothing would show whether it moves at a service that is fast. It is one operation
        that waits, for all of the run. It asks where nobody need wait, too: the same requests go,
        whatever the speed.
        """
        self._read_resets()
        if self.operation.makes_or_ends or not self._resets:
            return
        if self.sender.stopped or not self._target.quota.is_first_to_wait():
            return
        if self._has_stood_still():
            self._wait_since(self._resets[0][0])
        self.sender.send(self.plan.baseline)

    def _wait_since(self, moment: float) -> None:
        """Wait until `STANDING_STILL_S` after *moment* of the run's clock."""
        went_by = self.sender.clock.now() - moment
        if went_by < STANDING_STILL_S:
            self.sender.clock.sleep(STANDING_STILL_S - went_by)

    def _has_stood_still(self) -> bool:
        """Return whether Reset was always the same, and tells of more than a wait."""
        told = {reset for _, reset in self._resets}
        return len(told) == 1 and min(told) >= STANDING_STILL_S

    def _read_resets(self) -> None:
        """Take down what each accepted answer has told since the last time."""
        for exchange in self.history[self._resets_read :]:
            reset = latest_quota(exchange).seconds_to_reset if exchange.accepted else None
            if reset is not None:
                self._resets.append((exchange.came_at, reset))
        self._resets_read = len(self.history)

    def _exhaust_limit(self) -> None:
        """Spend the window until 429 comes, wait as it says, and ask again.

        That is done only where a limit is told and can be paid.
        """
        planned = self.plan.of(Probe.THROTTLE).cases
        if not planned:
            self.skipped[Probe.THROTTLE] = "what would be sent again and again ends resources"
            return
        chosen = self._chosen(planned)
        if len(chosen) < len(planned):
            self.skipped[Probe.THROTTLE] = "a hook drops what would be sent again and again"
            return
        again, other = chosen
        limit = latest_quota(self.sender.send_once(again)).limit
        if limit is None:
            self.skipped[Probe.THROTTLE] = "the target tells no limit"
        elif limit == 0:
            self.skipped[Probe.THROTTLE] = "the target tells a limit of 0 requests"
        elif not self._affords(FIRST_WINDOW + 2 * limit):
            self.skipped[Probe.THROTTLE] = f"a limit of {limit} requests does not fit the budget"
        else:
            self._spend_windows(again, other, limit)

    def _spend_windows(self, again: Case, other: Case, limit: int) -> None:
        """Spend a window, and a second one where 429 came though Remaining told of more.

        What was left in one window, others may have spent.
        """
        most = 2 * limit + 2
        first = self._spend_window(again, most)
        if first is None and self.history[-1].failure:
            return
        if first is None:
            self.skipped[Probe.THROTTLE] = f"{most} requests were sent, and none was answered 429"
            return
        self._wait_out(again, other)
        left = latest_quota(self.history[first.serial - 1]).remaining
        if left and self._affords(limit + 2):
            self._spend_window(again, limit + 2)

    def _spend_window(self, again: Case, most: int) -> Exchange | None:
        """Send *again* until 429 comes, and return that; None where it did not, or nobody answers.

        At most *most* requests are sent.
        """
        for index in range(most):
            self.listener.progress(Probe.THROTTLE, index, most)
            exchange = self.sender.send_once(again)
            if exchange.failure:
                return None
            if exchange.throttled:
                return exchange
        return None

    def _wait_out(self, again: Case, other: Case) -> None:
        """Ask twice more while the limit is reached, wait as the last 429 says, and go on in the
        new window.

        A long wait is broken once: to see that it is meant, and that Reset is.
        """
        self.sender.send_once(other)
        self.sender.send_once(again)
        if not self._is_served_midway(self._last_429(), again):
            self.sender.wait(asked_wait(self._last_429()), LIMITED)
            self._ask_until_served(again)
        for _ in range(AFTER_THE_WAIT):
            self.sender.send_once(again)

    def _last_429(self) -> Exchange:
        return next(exchange for exchange in reversed(self.history) if exchange.throttled)

    def _is_served_midway(self, refused: Exchange, again: Case) -> bool:
        """Ask once before a long wait is over, and return whether that was served."""
        pause = _pause_before_end(refused)
        if not pause:
            return False
        self.sender.wait(pause, LIMITED)
        return not self.sender.send_once(again).throttled

    def _ask_until_served(self, again: Case) -> None:
        """Ask in short steps until a request is served: a wait may be short by its rounding."""
        for _ in range(STEPS):
            if not self.sender.send_once(again).throttled:
                return
            self.sender.clock.sleep(STEP_S)
        self.sender.send_once(again)

    def _affords(self, requests: int) -> bool:
        """Return whether the budget pays for so many more requests."""
        left = self.sender.client.guard.left(self.operation.key)
        if left is None:
            return requests <= FIRST_WINDOW + 2 * LARGEST_LIMIT
        return requests <= left

    # --- putting back -----------------------------------------------------------------------------

    @property
    def was(self) -> dict[str, Any] | None:
        """Return what the resource was before the run, None where nothing is to be put back."""
        return self.first_state.was

    @was.setter
    def was(self, was: dict[str, Any] | None) -> None:
        self.first_state.was = was

    def restore(self) -> str:
        """Put the resource back as its first answer showed it.

        Return what could not be put back, empty where all was.
        """
        return self.first_state.put_back(self.sender)


@dataclass(slots=True)
class Hope:
    """Counts valid bodies in a row that were refused: after some, the next ones will be, too."""

    refused_in_a_row: int = 0

    def heard(self, _: int, exchange: Exchange) -> None:
        """Hear of the answer to the next one."""
        self.refused_in_a_row = 0 if exchange.accepted else self.refused_in_a_row + 1

    def room(self) -> int:
        """Return how many may go before another answer comes: all of them may be refused."""
        return max(0, HOPELESS_AFTER - self.refused_in_a_row)


def _is_hoped_for(case: Case) -> bool:
    """Return whether *case* is sent only as long as others like it are accepted."""
    return case.expect is Expect.ACCEPTED and case.probe in HOPELESS_PROBES


def _is_orderless(case: Case) -> bool:
    """Return whether *case* may be in flight beside others: it changes nothing, nor may it.

    Each create makes another one. Valid updates go one by one: what they change is followed.
    """
    operation = case.operation
    if case.expect in ORDERLESS:
        return True
    if operation.is_safe:
        return case.probe not in HOPELESS_PROBES
    return operation.role is Role.CREATE and operation.resource is not None


def in_flight_together(batch: Sequence[Case]) -> Iterator[list[Case]]:
    """Yield *batch* in parts, of each of which all may be in flight at the same time.

    Those that are sent in hope are counted, and of two creates of one id the second may be refused.
    """
    part: list[Case] = []
    ids: set[str] = set()
    for case in batch:
        id = _id_asked_for(case)
        is_alike = not part or _is_hoped_for(case) is _is_hoped_for(part[0])
        if id in ids or not is_alike:
            yield part
            part = []
            ids.clear()
        part.append(case)
        if id is not None:
            ids.add(id)
    if part:
        yield part


def _id_asked_for(case: Case) -> str | None:
    """Return what a create asks to be known by, None where the service chooses that.

    It is the id of what a valid one makes, or the key by which it is known when it is sent again.
    """
    resource = case.operation.resource
    if case.operation.role is not Role.CREATE or resource is None:
        return None
    for name, value in case.headers:
        if plain_name(name).endswith(IDEMPOTENCY_KEY):
            return value
    if not resource.id_sent or case.expect in ORDERLESS:
        return None
    return str(value_at(case.value, resource.id_sent))


def _pause_before_end(refused: Exchange) -> float:
    """Return the seconds after which it is worth asking once before the wait of a 429 is over.

    0 where there is no such moment. It is when Reset has run out, where that comes sooner; else
    halfway.
    """
    wait = asked_wait(refused)
    reset = latest_quota(refused).seconds_to_reset
    if reset is not None and reset + 1.0 < wait <= LONGEST_WAIT_S:
        return reset + 1.0
    if LONG_WAIT_S <= wait <= LONGEST_WAIT_S:
        return wait / 2
    return 0.0
