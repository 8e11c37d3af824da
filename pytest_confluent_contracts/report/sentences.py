"""How are findings, and what is missing, told in English? Nobody else makes sentences of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.clauses import FindingKind, MissingKind
from pytest_confluent_contracts.model.traffic import Expect

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.clauses import (
        Finding,
        MissingEvidence,
        Quoted,
        Ruling,
    )

THE_BODY = "the body"

# A format is filled with the parts of a `Finding`, `subject` being "the body" where a member is
# the whole of it. What needs more than filling in is told by a function.
Sentence = str | Callable[["Finding"], str]


# --- sentences that need more than filling in --------------------------------------------------


def _answered_again(finding: Finding) -> str:
    came = f"{finding.status} answered"
    if finding.observed:
        came = f"no answer: {finding.observed}"
    return f"{came}, and an answer when it was sent again"


def _media_type_wrong(finding: Finding) -> str:
    came = "without Content-Type"
    if values := _parts(finding.observed):
        came = f"as {' and as '.join(map(str, values))}"
    return f"{finding.status} answered {came}, not {finding.expected}"


def _members_undeclared(finding: Finding) -> str:
    names, more = _parts(finding.observed)
    told = ", ".join(map(str, _parts(names)))
    if more:
        told += f" and {more} more"
    return f"{finding.status} answered with {told}, which the document does not name"


def _example_invalid(finding: Finding) -> str:
    told = []
    for pair in _parts(finding.observed):
        path, wrong = _parts(pair)
        told.append(f"{path or 'the value'}: {wrong}")
    return f"the document's own example breaks its schema: {'; '.join(told)}"


def _allowed_refused(finding: Finding) -> str:
    told = f"{finding.status} answered to a body that the document allows ({finding.request})"
    if finding.observed:
        told += f": {finding.observed}"
    return told


def _forbidden_taken(finding: Finding) -> str:
    what = f"a broken body ({finding.request})"
    return f"{finding.status} answered to {what}, not {_statuses(finding)}"


def _unknown_id_taken(finding: Finding) -> str:
    what = f"an id that does not exist ({finding.request})"
    return f"{finding.status} answered to {what}, not {_statuses(finding)}"


def _refusal_wrong(finding: Finding) -> str:
    return f"{finding.status} answered {finding.request}, not {_statuses(finding)}"


def _statuses(finding: Finding) -> str:
    """Return the statuses of which one was promised; where the document names none, a class."""
    return " or ".join(map(str, _parts(finding.expected))) or "a status of the 4xx class"


def _pointer_elsewhere(finding: Finding) -> str:
    right = [str(pointer) or "the whole body" for pointer in _parts(finding.expected)]
    came = f"{finding.subject} {finding.observed}"
    return f"{finding.status} answered with {came}, but wrong is {' or '.join(right)}"


def _title_changed(finding: Finding) -> str:
    came = f"code {finding.subject} and title {finding.observed}"
    return f"{finding.status} answered with {came}, before with {finding.expected}"


def _reset_too_fast(finding: Finding) -> str:
    apart, before = _parts(finding.expected)
    came = f"{finding.subject} {finding.observed}, {apart:.1f} s after {before}"
    return f"{finding.status} answered with {came}: it does not count seconds"


def _served_past_limit(finding: Finding) -> str:
    which = f"request {finding.observed} of one window"
    return f"{finding.status} answered to {which}, past the limit of {finding.expected}"


def _wait_in_vain(finding: Finding) -> str:
    waited = f"a wait of {finding.observed:.0f} s"
    return f"429 answered again after {waited}, though {finding.subject} was {finding.expected}"


def _storable(finding: Finding) -> str:
    told = f"429 answered with {finding.subject} {finding.observed}, which lets caches store it"
    if finding.subject == "Expires":
        told += " (RFC 9111 3)"
    return told


def _policy_unknown(finding: Finding) -> str:
    known = ", ".join(map(str, _parts(finding.expected)))
    return f"RateLimit tells of the policy {finding.observed}, RateLimit-Policy only of {known}"


def _policy_exceeded(finding: Finding) -> str:
    quota = f"a quota of {finding.expected}"
    return f"RateLimit leaves {finding.observed} of {quota} in RateLimit-Policy"


def _update_in_local_time(finding: Finding) -> str:
    date, minutes = _parts(finding.expected)
    told = f"{finding.subject} {finding.observed}"
    where = f"{minutes:+} minutes from Date {date}"
    is_zulu = str(finding.observed).upper().endswith("Z")
    what = "a Z" if is_zulu else "an offset that is not its own"
    return f"{finding.status} answered with {told}, {where}: a local time with {what}"


def _update_far_from_date(finding: Finding) -> str:
    date, seconds = _parts(finding.expected)
    told = f"{finding.subject} {finding.observed}"
    where = f"{seconds:+} s from Date {date}"
    return f"{finding.status} answered with {told} just set, {where}"


def _changed(why: str) -> Callable[[Finding], str]:
    """Return the sentence about a member that is another than before; ``""`` is one not there."""

    def told(finding: Finding) -> str:
        before, now = finding.expected or "nothing", finding.observed or "nothing"
        because = why.format(status=finding.status)
        return f"{finding.subject} changed from {before} to {now}, {because}"

    return told


def _parts(quoted: Quoted) -> tuple[Quoted, ...]:
    """Return the values that are quoted together; a single one is alone, ``""`` is none."""
    if isinstance(quoted, tuple):
        return quoted
    return () if quoted == "" else (quoted,)


# --- the table ---------------------------------------------------------------------------------

Kind = FindingKind
ANSWERED = "{status} answered"
CAME = "{status} answered with {subject} {observed}"
FAULTY = "{status} answered with {subject}: {observed}"
AT_THE_LIMIT = "429 answered with {subject} {observed}"
FINDINGS: Mapping[FindingKind, Sentence] = {
    # any answer
    Kind.NOT_ANSWERED: "no answer: {observed}",
    Kind.ANSWERED_AGAIN: _answered_again,
    Kind.SERVER_ERROR: "{status} answered to {request}",
    Kind.UNDOCUMENTED_STATUS: "{status} answered, which is not documented, to {request}",
    Kind.SECRET_LEAKED: "{status} gave away {observed}",
    # bodies
    Kind.BODY_UNDOCUMENTED: "{status} answered with a body: {observed}",
    Kind.MEDIA_TYPE_WRONG: _media_type_wrong,
    Kind.JSON_UNREADABLE: "{status} answered with a body that is not JSON: {observed}",
    Kind.MEMBER_MISSING: "{status} answered without {subject}",
    Kind.MEMBER_INVALID: FAULTY,
    Kind.MEMBERS_UNDECLARED: _members_undeclared,
    Kind.VALUE_UNLISTED: CAME,
    Kind.EXAMPLE_INVALID: _example_invalid,
    # headers
    Kind.HEADER_MISSING: "{status} answered without {subject}",
    Kind.HEADER_REPEATED: CAME + " times",
    Kind.HEADER_NOT_INTEGER: FAULTY + " is not an integer",
    Kind.HEADER_NEGATIVE: FAULTY + " is negative",
    Kind.HEADER_EMPTY: "{status} answered with {subject}: the value is empty",
    Kind.HEADER_NO_CHALLENGE: FAULTY + " is no challenge (RFC 9110 11.6.1)",
    Kind.HEADER_NO_URI: FAULTY + " is not an absolute URI",
    Kind.VALUE_REPEATED: "{subject} {observed} came a second time",
    # requests and credentials
    Kind.ALLOWED_REFUSED: _allowed_refused,
    Kind.UNDECLARED_REFUSED: "{status} answered to {request}",
    Kind.FORBIDDEN_TAKEN: _forbidden_taken,
    Kind.SURROGATE_CHANGED: "{status} answered to {request}, and the value was changed",
    Kind.UNKNOWN_ID_TAKEN: _unknown_id_taken,
    Kind.REFUSAL_WRONG: _refusal_wrong,
    Kind.CREDENTIALS_REFUSED: "{status} answered to valid credentials ({subject})",
    # errors
    Kind.LIST_EMPTY: "{status} answered with an empty list of {subject}",
    Kind.ID_SHARED: "{status} answered with {subject} {observed[0]} {observed[1]} times",
    Kind.STATUS_TOLD_WRONG: CAME,
    Kind.STATUS_TOLD_AS_NUMBER: CAME + ", which is no text",
    Kind.CODE_CHANGED: "the same request was answered with code {expected}, then {observed}",
    Kind.TITLE_CHANGED: _title_changed,
    Kind.POINTER_MALFORMED: CAME + ", which is no JSON Pointer",
    Kind.POINTER_NOWHERE: CAME + ", which points nowhere in the request body",
    Kind.POINTER_ELSEWHERE: _pointer_elsewhere,
    Kind.POINTER_UNTOLD: "{status} answered without {subject}",
    Kind.STACK_TRACE: "{status} answered with a stack trace: {observed}",
    Kind.ALLOW_MISSING: "405 answered without Allow (RFC 9110 15.5.6)",
    Kind.PROBLEM_STATUS_WRONG: "{status} answered with status {observed}",
    # the rate limit
    Kind.REMAINING_ABOVE_LIMIT: CAME + ", above {expected[0]} {expected[1]}",
    Kind.LIMIT_CHANGED: CAME + ", before {expected}",
    Kind.QUOTA_NOT_INTEGER: CAME + ", which is no integer",
    Kind.REMAINING_ROSE: CAME + ", after {expected} in the same window",
    Kind.REMAINING_STOOD_STILL: CAME + " again, though a request was spent",
    Kind.RESET_ROSE: CAME + ", after {expected}",
    Kind.RESET_IS_TIME_OF_DAY: CAME + ": a time of day",
    Kind.RESET_BEYOND_WINDOW: CAME + ", though a window lasts {expected:.0f} s",
    Kind.RESET_TOO_FAST: _reset_too_fast,
    Kind.RETRY_AFTER_UNASKED: ANSWERED + " with {subject}, though the rate limit was not reached",
    Kind.REFUSED_EARLY: "429 answered though {observed} requests of {expected} were left",
    Kind.SERVED_PAST_LIMIT: _served_past_limit,
    Kind.SERVED_AT_ZERO: "{status} answered although no request of {expected} was left",
    Kind.REMAINING_NOT_ZERO: AT_THE_LIMIT,
    Kind.WAIT_BEFORE_RESET: AT_THE_LIMIT + ", before {expected[0]} {expected[1]}",
    Kind.WAIT_IN_VAIN: _wait_in_vain,
    Kind.WAIT_IS_TIME_OF_DAY: AT_THE_LIMIT + ": a time of day",
    Kind.WAIT_BEYOND_WINDOW: AT_THE_LIMIT + ", though the window ends in {expected} s",
    Kind.STORABLE: _storable,
    Kind.FIELD_MALFORMED: CAME + ", which is no structured field",
    Kind.POLICY_UNKNOWN: _policy_unknown,
    Kind.POLICY_EXCEEDED: _policy_exceeded,
    # updates
    Kind.VALUE_LOST: "{status} answered without {subject}, sent as {expected}",
    Kind.VALUE_CHANGED: CAME + ", sent as {expected}",
    Kind.CHANGED_UNSENT: _changed("though it was not sent"),
    Kind.CHANGED_BY_REFUSED: _changed("by a request that was answered {status}"),
    Kind.CHANGED_BY_REPEATING: _changed("by sending the same update again"),
    Kind.CHANGED_BY_SENDING: _changed("because it was sent"),
    Kind.ID_DIFFERS: CAME + ", asked for {expected}",
    Kind.SELF_LINK_NAMELESS: CAME + ", which is no absolute URI with {expected} in its path",
    Kind.SELF_LINK_DIFFERS: CAME + ", which does not address {expected}",
    Kind.SECRET_SHOWN: "{status} answered with a value in {subject}",
    Kind.SECRET_EMPTY: "{status} answered with an empty {subject}",
    Kind.CREATION_MOVED: CAME + ", before {expected}",
    Kind.UPDATE_WENT_BACK: CAME + ", after {expected}",
    Kind.UPDATE_BEFORE_CREATION: CAME + ", before {expected[0]} {expected[1]}",
    Kind.UPDATE_STOOD_STILL: CAME + " again, though something changed",
    Kind.UPDATE_IN_LOCAL_TIME: _update_in_local_time,
    Kind.UPDATE_FAR_FROM_DATE: _update_far_from_date,
}


def finding_sentence(finding: Finding) -> str:
    """Return what is wrong, in a sentence: what came, then what it should have been.

    A member that is missing from an answer with 200 is told as ``200 answered without spec.id``.
    """
    sentence = FINDINGS[finding.kind]
    if not isinstance(sentence, str):
        return sentence(finding)
    return sentence.format(
        status=finding.status,
        subject=finding.subject or THE_BODY,
        expected=finding.expected,
        observed=finding.observed,
        request=finding.request,
    )


# --- how often it was seen ---------------------------------------------------------------------


def seen_sentence(ruling: Ruling) -> str:
    """Return how often a finding was seen, since when, and whether it showed again when tried."""
    if ruling.exchange is None:
        return "in the document itself"
    if ruling.recorded:
        return f"{ruling.against} of {ruling.judged} recorded answers"
    told = f"{ruling.against} of {ruling.judged} answers"
    if ruling.since:
        told += f"; what was fine before is broken since: {ruling.since}"
    if ruling.vain_tries:
        told += f", and not again in {ruling.vain_tries} tries"
    return told


# --- what is missing ---------------------------------------------------------------------------

REQUESTS = {
    Expect.ACCEPTED: "valid requests",
    Expect.REFUSED: "broken requests",
    Expect.UNAUTHENTICATED: "requests without valid credentials",
    Expect.UNKNOWN: "requests for unknown ids",
}


def _withheld(missing: MissingEvidence, subject: str) -> str:
    kind = "requests"
    if missing.expect is not None:
        kind = REQUESTS.get(missing.expect, kind)
    if not missing.asked:
        return f"{subject} was withheld: no {kind} could be sent"
    came = []
    for answer, count in missing.answers:
        words = f"answered {answer}" if answer.isdecimal() else answer  # else: why no answer came
        came.append(f"{count} {words}")
    return f"{subject} was withheld: of {missing.asked} {kind}: {', '.join(came)}"


def _fell_silent(missing: MissingEvidence, subject: str) -> str:
    last, _ = missing.answers[0]
    return f"{last} from {subject}, {missing.asked} times"


def _throttled_again(_: MissingEvidence, subject: str) -> str:
    return f"{subject} was answered again and again, after waiting as long as it said"


Missing = MissingKind
MISSING: Mapping[MissingKind, str | Callable[[MissingEvidence, str], str]] = {
    Missing.WITHHELD: _withheld,
    # nothing from outside brings it about
    Missing.NOTHING_SENT: "nothing was sent",
    Missing.NOTHING_BETWEEN: "nothing lies between the run and this target",
    Missing.NO_SUCH_STATUS: "no answer had status {subject}",
    Missing.NO_SUCH_MEMBER: "no answer had {subject}",
    Missing.NO_SUCH_ERROR_MEMBER: "no error had {subject}",
    Missing.MEMBER_OPTIONAL: "{subject} is optional, and no answer had it",
    Missing.NO_ERROR_HAD_IT: "no answer had this",
    Missing.NO_ERROR_CARRIED_IT: "no error carried it",
    Missing.NO_PROBLEM_STATUS: "no problem had a status",
    Missing.UNPROVOKABLE: "{subject} cannot be provoked from outside",
    Missing.METHODS_NEVER_SENT: "405 cannot be provoked: undeclared methods are never sent",
    Missing.NO_EXAMPLE: "the document shows no example",
    Missing.NO_SUCH_REQUEST: "no request that could be sent breaks only this",
    Missing.CREDENTIALS_NOT_SET: "not all of {subject} are set in the environment",
    # the rate limit
    Missing.NO_429: "no answer was 429; --contract-throttle exhausts the rate limit",
    Missing.LIMIT_NOT_EXHAUSTED: "the limit was not exhausted; --contract-throttle does",
    Missing.NO_WAIT_AS_ASKED: "no request was sent after a wait as long as a 429 asked for",
    Missing.HEADERS_NOT_PROMISED: "no answer had {subject}, and the document promises none",
    Missing.HEADERS_UNREADABLE: "no answer had a readable {subject}",
    Missing.NO_STRUCTURED_FIELDS: "no answer had RateLimit or RateLimit-Policy",
    # updates
    Missing.NOT_RETURNED_AFTER_SENDING: "no answer had {subject} after it was sent",
    Missing.NOT_COMPARED: "no two answers could be compared",
    Missing.NO_EMPTY_UPDATE: "no empty update followed an answer",
    Missing.NOTHING_AFTER_REFUSAL: "no answer followed a refused request",
    Missing.NO_UPDATE_TWICE: "no update was sent twice",
    Missing.NOT_SHOWN_AROUND: "no answer showed {subject} before and after another value was sent",
    Missing.NO_FRESH_TIME: "no {subject} that an update just set was left to hold against Date",
    Missing.NO_TIME_STAMPS: "no answer had the time stamps",
    # a recording
    Missing.NEEDS_PROVOKING: "it needs provoking, and a recording is judged as it is",
    Missing.TIMES_UNKNOWN: "the recording does not say when",
    Missing.ORDER_UNKNOWN: "recorded requests overlap, and their order is not known",
    Missing.NOT_RECORDED: "no recorded answer bears on it",
    # the run
    Missing.NOT_ASKED_FOR: "{subject}",
    Missing.NO_CREDENTIALS: "no credentials: set {subject} in the environment",
    Missing.HELD_BACK: "{subject}",
    Missing.FELL_SILENT: _fell_silent,
    Missing.THROTTLED_AGAIN: _throttled_again,
}


def missing_sentence(missing: MissingEvidence, subject: str | None = None) -> str:
    """Return why a clause has no evidence; *subject*, where given, stands in the place of its own.

    With the subject ``it``, one reason that several clauses share reads the same for each:
    ``it is optional, and no answer had it``.
    """
    told = missing.subject if subject is None else subject
    sentence = MISSING[missing.kind]
    if not isinstance(sentence, str):
        return sentence(missing, told)
    return sentence.format(subject=told)


# --- a ruling ----------------------------------------------------------------------------------


def reason_sentence(ruling: Ruling) -> str:
    """Return why *ruling* is waived, else why it has no evidence, ``""`` where neither is so."""
    if ruling.waived:
        return ruling.waived
    return "" if ruling.missing is None else missing_sentence(ruling.missing)


def outcome_sentence(ruling: Ruling) -> str:
    """Return what came, or why nothing did, ``""`` where all is as promised."""
    if ruling.finding is not None:
        return finding_sentence(ruling.finding)
    return "" if ruling.missing is None else missing_sentence(ruling.missing)
