"""How are findings, and what is missing, told in English? Nobody else makes sentences of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.clauses import Family, FindingKind, MissingKind
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.report.violations import (
    has_equal_items,
    violation_sentence,
    violation_told_of,
)
from pytest_confluent_contracts.report.visible import visible

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


def _member_invalid(finding: Finding) -> str:
    wrong, subject = finding.observed, finding.subject or THE_BODY
    if has_equal_items(wrong):
        return f"{finding.status} answered, and {violation_told_of(subject, wrong)}"
    return f"{finding.status} answered with {subject}: {violation_sentence(wrong)}"


def _members_invalid(finding: Finding) -> str:
    return f"{finding.status} answered with {finding.subject}: {_violations_told(finding)}"


def _example_invalid(finding: Finding) -> str:
    return f"the document's own example breaks its schema: {_violations_told(finding)}"


def _violations_told(finding: Finding) -> str:
    told = []
    for pair in _parts(finding.observed):
        path, wrong = _parts(pair)
        told.append(violation_told_of(str(path) or "the value", wrong))
    return "; ".join(told)


def _allowed_refused(finding: Finding) -> str:
    what = "request" if finding.kind is Kind.REQUEST_REFUSED else "body"
    told = f"{finding.status} answered to a {what} that the document allows ({finding.request})"
    if finding.observed:
        told += f": {finding.observed}"
    return told


def _forbidden_taken(finding: Finding) -> str:
    what = f"a broken body ({finding.request})"
    return f"{finding.status} answered to {what}, not {_statuses(finding)}"


def _parameter_refused(finding: Finding) -> str:
    told = f"{finding.status} answered to {finding.request}"
    if finding.observed:
        return f"{told}: {finding.observed}"
    return told


def _parameter_taken(finding: Finding) -> str:
    return f"{finding.status} answered to {finding.request}, not {_statuses(finding)}"


def _parameter_matters(finding: Finding) -> str:
    subject = finding.subject or THE_BODY
    with_it, without = finding.observed or "nothing", finding.expected or "nothing"
    came = f"{finding.status} answered to {finding.request} with {subject} {with_it}"
    return f"{came}, without the parameter {without}"


def _unknown_id_taken(finding: Finding) -> str:
    what = f"an id that does not exist ({finding.request})"
    return f"{finding.status} answered to {what}, not {_statuses(finding)}"


def _unknown_id_hidden(finding: Finding) -> str:
    return f"{_unknown_id_taken(finding)}: that hides what exists"


def _form_read_otherwise(finding: Finding) -> str:
    came = f"with {finding.subject} {finding.observed}"
    if not finding.observed:
        came = f"without {finding.subject}"
    return f"{finding.status} answered to {finding.request} {came}, sent as {finding.expected}"


def _refusal_wrong(finding: Finding) -> str:
    return f"{finding.status} answered {finding.request}, not {_statuses(finding)}"


def _statuses(finding: Finding) -> str:
    """Return the statuses of which one was promised; where the document names none, a class."""
    return " or ".join(map(str, _parts(finding.expected))) or "a status of the 4xx class"


def _pointer_elsewhere(finding: Finding) -> str:
    came = f"{finding.status} answered with {finding.subject} {finding.observed}"
    if finding.expected == ("",):
        return f'{came}, but a whole-body error is told by the pointer ""'
    return f"{came}, but wrong is {_places(finding)}"


def _pointer_around(finding: Finding) -> str:
    came = f"{finding.subject} {finding.observed}"
    return f"{finding.status} answered with {came}, which is around {_places(finding)}"


def _places(finding: Finding) -> str:
    """Return the pointers that would be right."""
    right = [str(pointer) or "the whole body" for pointer in _parts(finding.expected)]
    return " or ".join(right)


def _title_changed(finding: Finding) -> str:
    came = f"code {finding.subject} and title {finding.observed}"
    return f"{finding.status} answered with {came}, before with {finding.expected}"


def _counted_apart(finding: Finding) -> str:
    came = f"{finding.subject} {finding.observed}, after {finding.expected} in the same window"
    return (
        f"{finding.status} answered with {came}: two nodes or more each keep a count of their own"
    )


def _reset_too_slow(finding: Finding) -> str:
    apart, before = _parts(finding.expected)
    came = f"{finding.subject} {finding.observed}, {apart:.1f} s after {before}"
    return f"{finding.status} answered with {came}: it does not move as time goes by"


def _window_ended_early(finding: Finding) -> str:
    told = f"{finding.observed:.1f} s after {finding.subject} {finding.expected}"
    return f"a new window began {told}"


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
    where = _distance_from_date(finding, "minutes")
    told = f"{finding.subject} {finding.observed}"
    is_zulu = str(finding.observed).upper().endswith("Z")
    what = "a Z" if is_zulu else "an offset that is not its own"
    return f"{finding.status} answered with {told}, {where}: a local time with {what}"


def _update_far_from_date(finding: Finding) -> str:
    where = _distance_from_date(finding, "s")
    told = f"{finding.subject} {finding.observed}"
    return f"{finding.status} answered with {told} just set, {where}"


def _distance_from_date(finding: Finding, unit: str) -> str:
    date, distance = _parts(finding.expected)
    number = str(distance)
    side = "before" if number.startswith("-") else "after"
    return f"{number.removeprefix('-')} {unit} {side} Date {date}"


def _not_listed_once(finding: Finding) -> str:
    times = f"{finding.observed} times" if finding.observed else "nowhere"
    told = f"{finding.status} answered with a list that has {finding.expected} {times}"
    return f"{told}, created by {finding.request}"


def _parent_shows_others(finding: Finding) -> str:
    """Return what is listed and not shown by the parent, and the other way round."""
    told: list[str] = []
    if finding.expected:
        told.append(f"without {finding.expected}, which the list of the parent has")
    if finding.observed:
        told.append(f"with {finding.observed}, which the list of the parent has not")
    return f"{finding.status} answered with {finding.subject} {', and '.join(told)}"


def _life_changed(finding: Finding) -> str:
    id, before = _parts(finding.expected)
    change = f"from {before or 'nothing'} to {finding.observed or 'nothing'}"
    return f"{finding.subject} of {id} changed {change}, after {finding.request}"


def _deleted_served(finding: Finding) -> str:
    what = f"{finding.observed}, which {finding.request} had deleted"
    return f"{finding.status} answered for {what}, not {_statuses(finding)}"


def _deleted_again(finding: Finding) -> str:
    what = f"a second delete of {finding.observed}"
    return f"{finding.status} answered to {what}, not {_statuses(finding)}"


def _head_differs(finding: Finding) -> str:
    came = f"with {finding.subject} {finding.observed}"
    if not finding.observed:
        came = f"without {finding.subject}"
    if finding.subject == "status":
        return f"{finding.status} answered to HEAD, to GET {finding.expected}"
    return f"{finding.status} answered to HEAD {came}, to GET with {finding.expected}"


def _changed(why: str) -> Callable[[Finding], str]:
    """Return the sentence about a member that is another than before; ``""`` is one not there."""

    def told(finding: Finding) -> str:
        before, now = finding.expected or "nothing", finding.observed or "nothing"
        because = why.format(status=finding.status)
        return f"{finding.subject} changed from {before} to {now}, {because}"

    return told


def _member_sent_wrong(finding: Finding) -> str:
    subject, wrong = finding.subject or THE_BODY, finding.observed
    where = f" ({finding.expected})" if finding.expected else ""
    if has_equal_items(wrong):
        return f"sent, and {violation_told_of(subject, wrong)}{where}"
    return f"sent with {subject}: {violation_sentence(wrong)}{where}"


def _parameter_sent_wrong(finding: Finding) -> str:
    told = violation_told_of(finding.subject, finding.observed)
    return f"sent with the {finding.expected} parameter {told}"


def _queries_undeclared(finding: Finding) -> str:
    return f"sent with the query {_observed(finding)}, which the document does not name"


def _members_sent_undeclared(finding: Finding) -> str:
    return f"sent with {_observed(finding)}, which the document does not name"


def _observed(finding: Finding) -> str:
    return ", ".join(map(str, _parts(finding.observed)))


def _sent_without_credentials(finding: Finding) -> str:
    return f"sent without {_either(finding)}"


def _sent_as_another_type(finding: Finding) -> str:
    return f"sent as {finding.observed}, not as {_either(finding)}"


def _sent_at_zero(finding: Finding) -> str:
    told = f"an answer that left no request for {finding.expected:g} s ({finding.subject})"
    return f"sent {finding.observed} s after {told}"


def _send_either(finding: Finding) -> str:
    return f"send {_either(finding)} with each request"


def _send_as_either(finding: Finding) -> str:
    return f"set Content-Type to {_either(finding)}"


def _either(finding: Finding) -> str:
    return " or ".join(map(str, _parts(finding.expected)))


def _parts(quoted: Quoted) -> tuple[Quoted, ...]:
    """Return the values that are quoted together; a single one is alone, ``""`` is none."""
    if isinstance(quoted, tuple):
        return quoted
    if quoted == "":
        return ()
    return (quoted,)


# --- the table ---------------------------------------------------------------------------------

Kind = FindingKind
ANSWERED = "{status} answered"
CAME = "{status} answered with {subject} {observed}"
FAULTY = "{status} answered with {subject}: {observed}"
CODED = "{status} answered with Content-Encoding {subject}"
AT_THE_LIMIT = "429 answered with {subject} {observed}"
FINDINGS: Mapping[FindingKind, Sentence] = {
    # any answer
    Kind.NOT_ANSWERED: "no answer: {observed}",
    Kind.ANSWERED_AGAIN: _answered_again,
    Kind.SERVER_ERROR: "{status} answered to {request}",
    Kind.UNDOCUMENTED_STATUS: "{status} answered, which is not documented, to {request}",
    Kind.SECRET_LEAKED: "{status} gave away {observed}",
    Kind.OWN: "{status} answered: {observed}",
    # bodies
    Kind.BODY_UNDOCUMENTED: "{status} answered with a body: {observed}",
    Kind.MEDIA_TYPE_WRONG: _media_type_wrong,
    Kind.JSON_UNREADABLE: "{status} answered with a body that is not JSON: {observed}",
    Kind.MEMBER_MISSING: "{status} answered without {subject}",
    Kind.MEMBER_INVALID: _member_invalid,
    Kind.MEMBERS_INVALID: _members_invalid,
    Kind.MEMBERS_UNDECLARED: _members_undeclared,
    Kind.VALUE_UNLISTED: CAME,
    Kind.SCHEMA_CONTRADICTS: "the document's own schema allows no value: {observed}",
    Kind.EXAMPLE_INVALID: _example_invalid,
    # headers
    Kind.HEADER_MISSING: "{status} answered without {subject}",
    Kind.HEADER_REPEATED: CAME + " times",
    Kind.HEADER_NOT_INTEGER: FAULTY + " is not an integer",
    Kind.HEADER_NEGATIVE: FAULTY + " is negative",
    Kind.HEADER_OUT_OF_BOUNDS: FAULTY + ", not {expected}",
    Kind.HEADER_EMPTY: "{status} answered with {subject}: the value is empty",
    Kind.HEADER_NO_CHALLENGE: FAULTY + " is no challenge (RFC 9110 11.6.1)",
    Kind.HEADER_NO_URI: FAULTY + " is not an absolute URI",
    Kind.HEADER_INVALID: FAULTY + " is not as documented: {expected}",
    Kind.VALUE_REPEATED: "{subject} {observed} came a second time",
    # requests and credentials
    Kind.ALLOWED_REFUSED: _allowed_refused,
    Kind.REQUEST_REFUSED: _allowed_refused,
    Kind.FORM_READ_OTHERWISE: _form_read_otherwise,
    Kind.FORM_NOT_STORED: (
        "{status} answered to {request}; the next answer has {subject} {observed}, not {expected}"
    ),
    Kind.UNDECLARED_REFUSED: "{status} answered to {request}",
    Kind.FORBIDDEN_TAKEN: _forbidden_taken,
    Kind.SURROGATE_CHANGED: "{status} answered to {request}, and the value was changed",
    Kind.UNKNOWN_ID_TAKEN: _unknown_id_taken,
    Kind.UNKNOWN_ID_HIDDEN: _unknown_id_hidden,
    Kind.REFUSAL_WRONG: _refusal_wrong,
    Kind.REFUSAL_TELLS: (
        "{status} answered {request}, with {subject} {observed}, "
        "which no refusal of wrong credentials alone tells"
    ),
    Kind.PARAMETER_TAKEN: _parameter_taken,
    Kind.PARAMETER_REFUSED: _parameter_refused,
    Kind.PARAMETER_MATTERS: _parameter_matters,
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
    Kind.POINTER_AROUND: _pointer_around,
    Kind.POINTER_UNTOLD: "{status} answered without {subject}",
    Kind.STACK_TRACE: "{status} answered with a stack trace: {observed}",
    Kind.ALLOW_MISSING: "405 answered without Allow (RFC 9110 15.5.6)",
    Kind.PROBLEM_STATUS_WRONG: "{status} answered with status {observed}",
    Kind.PROBLEM_MEMBER_WRONG: CAME + ", which RFC 9457 3.1 has otherwise",
    # the rate limit
    Kind.REMAINING_ABOVE_LIMIT: CAME + ", above {expected[0]} {expected[1]}",
    Kind.LIMIT_IS_ZERO: ANSWERED + " with {subject} 0, which allows no request at all",
    Kind.LIMIT_CHANGED: CAME + ", before {expected}",
    Kind.QUOTA_NOT_INTEGER: CAME + ", which is no integer",
    Kind.REMAINING_ROSE: CAME + ", after {expected} in the same window",
    Kind.REMAINING_COUNTED_APART: _counted_apart,
    Kind.REMAINING_STOOD_STILL: CAME + " again, though a request was spent",
    Kind.RESET_ROSE: CAME + ", after {expected}",
    Kind.RESET_IS_TIME_OF_DAY: CAME + ": a time of day",
    Kind.RESET_IS_NO_TIME_OF_DAY: CAME + ": no time of day in seconds since 1970",
    Kind.RESET_IN_MILLISECONDS: CAME + ": a time of day in milliseconds, not in seconds",
    Kind.RESET_BEYOND_PERIOD: CAME + ", beyond {expected[0]} {expected[1]}",
    Kind.USED_DISAGREES: CAME
    + " beside {expected[2]} {expected[3]}, which do not make up {expected[0]} {expected[1]}",
    Kind.RESET_BEYOND_WINDOW: CAME + ", though a window lasts {expected:.0f} s",
    Kind.RESET_TOO_FAST: _reset_too_fast,
    Kind.RESET_TOO_SLOW: _reset_too_slow,
    Kind.WINDOW_ENDED_EARLY: _window_ended_early,
    Kind.RETRY_AFTER_UNASKED: ANSWERED + " with {subject}, though the rate limit was not reached",
    Kind.REFUSED_EARLY: "429 answered though {observed} requests of {expected} were left",
    Kind.SERVED_PAST_LIMIT: _served_past_limit,
    Kind.SERVED_AT_ZERO: "{status} answered although no request of {expected} was left",
    Kind.REMAINING_NOT_ZERO: AT_THE_LIMIT,
    Kind.WAIT_BEFORE_RESET: AT_THE_LIMIT + ", before {expected[0]} {expected[1]}",
    Kind.WAIT_IN_VAIN: _wait_in_vain,
    Kind.WAIT_TOO_SHORT: AT_THE_LIMIT + ", and refused {expected:.2f} s later still",
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
    Kind.SELF_LINK_OTHERS: CAME + ", which does not lead to {expected}",
    Kind.SELF_LINK_DIFFERS: CAME + ", which does not address {expected}",
    Kind.SECRET_SHOWN: "{status} answered with a value in {subject}",
    Kind.SECRET_EMPTY: "{status} answered with an empty {subject}",
    Kind.CREATION_MOVED: CAME + ", before {expected}",
    Kind.UPDATE_WENT_BACK: CAME + ", after {expected}",
    Kind.UPDATE_BEFORE_CREATION: CAME + ", before {expected[0]} {expected[1]}",
    Kind.UPDATE_STOOD_STILL: CAME + " again, though something changed",
    Kind.UPDATE_IN_LOCAL_TIME: _update_in_local_time,
    Kind.UPDATE_FAR_FROM_DATE: _update_far_from_date,
    # the life of a resource
    Kind.CREATED_UNREADABLE: (
        "{status} answered to a read of {expected}, which {request} had created"
    ),
    Kind.NEVER_DONE: "{observed} still told by {request} when it was asked {expected} times",
    Kind.FAILED_LATER: "{observed} told by {request}: a valid request was accepted, and failed",
    Kind.PROGRESS_UNTOLD: (
        "{status} answered to {request}, where it was to be told when what was accepted is done"
    ),
    Kind.LIFE_VALUE_LOST: "{status} answered without {subject}, which {request} sent as {expected}",
    Kind.LIFE_VALUE_DIFFERS: CAME + ", which {request} sent as {expected}",
    Kind.SHOWS_ANOTHERS: CAME + ", which was not sent, but for another by {request}",
    Kind.DEFAULT_DIFFERS: CAME + ", which {request} did not send: the default is {expected}",
    Kind.LOCATION_ELSEWHERE: CAME + ", which does not lead to {expected}",
    Kind.LISTED_OTHERWISE: _not_listed_once,
    Kind.PAGE_TOO_LARGE: (
        "{status} answered to {request} with a page of {observed} items, not {expected} at most"
    ),
    Kind.ON_TWO_PAGES: "{status} answered to {request} with {expected}, as a page before had it",
    Kind.ON_NO_PAGE: "{status} answered to {request}, the last page, and none has {expected}",
    Kind.NEXT_LEADS_BACK: "{status} answered to {request} with a next page that was there before",
    Kind.NEXT_REFUSED: "{status} answered to {request}, where the page before had led",
    Kind.PAGE_SIZE_FAILS: "{status} answered to {request}, whatever {subject} is",
    Kind.LINK_LEADS_ELSEWHERE: (
        "{status} answered to {request}, the link {subject}, without {expected}"
    ),
    Kind.LINK_REFUSED: "{status} answered to {request}, where the link {subject} had led",
    Kind.LAST_LEADS_ON: "{status} answered to {request}, the last page, with a next",
    Kind.FIRST_LEADS_BACK: "{status} answered to {request}, the first page, with one before",
    Kind.PAGE_LEADS_NOT_BACK: "{status} answered to {request} without the link to the page before",
    Kind.TOTAL_DIFFERS: (
        "{status} answered to {request} with {subject}: {observed}, and the pages have {expected}"
    ),
    Kind.UNKNOWN_PAGE_TAKEN: "{status} answered to {request}, a page that no answer has led to",
    Kind.STARTS_ELSEWHERE: (
        "{status} answered to {request} with {observed}, where the list has {expected} behind "
        "{subject}"
    ),
    Kind.FILTER_LETS_THROUGH: (
        "{status} answered to {request} with one whose {subject} is {observed}, not {expected}"
    ),
    Kind.FILTER_LEAVES_OUT: "{status} answered to {request} without {expected}, which meets it",
    Kind.OUT_OF_ORDER: (
        "{status} answered to {request} with {subject}: {observed} behind {expected}"
    ),
    Kind.TAG_MALFORMED: "{status} answered with ETag: {observed}, which is no text in quotes",
    Kind.TAG_STOOD_STILL: "{status} answered with another body, and ETag: {observed} as before",
    Kind.TAG_MOVED: "{status} answered with ETag: {observed}, and with the body of {expected}",
    Kind.TAG_MISSING: "{status} answered without ETag",
    Kind.UNCHANGED_SENT_AGAIN: (
        "{status} answered to If-None-Match: {expected}, which the current tag meets, not 304"
    ),
    Kind.CHANGED_NOT_SENT: "{status} answered to If-None-Match: {expected}, which is not current",
    Kind.CURRENT_TAG_REFUSED: (
        "{status} answered to If-Match: {expected}, which the current tag meets"
    ),
    Kind.UPDATE_LOST: (
        "{status} answered to If-Match: {expected}, which is not the current tag, not 412"
    ),
    Kind.WEAK_TAG_TAKEN: "{status} answered to If-Match: {expected}, a weak tag, not 412",
    Kind.WRITTEN_OVER: (
        "{status} answered to If-None-Match: {expected} where there is one, not 412"
    ),
    Kind.HEADER_NOT_KEPT: "{status} answered without {subject}, which the 200 before had",
    Kind.NOT_MODIFIED_HAS_BODY: "{status} answered with a body",
    Kind.VARY_MISSING: (
        "{status} answered for any cache to keep, and Vary does not name {subject}"
    ),
    Kind.UNCONDITIONED_TAKEN: "{status} answered to a write without If-Match, not 428",
    Kind.SERVED_TO_OTHER: "{status} answered to another principal for {observed}, of {request}",
    Kind.LISTED_TO_OTHER: (
        "{status} answered to another principal with a list that has {observed}, of {request}"
    ),
    Kind.TAKEN_FROM_OTHER: (
        "{status} answered to a write of another principal to {observed}, of {request}"
    ),
    Kind.MADE_IN_OTHERS: (
        "{status} answered to another principal's create in {observed}, which is not its own"
    ),
    Kind.TOLD_TO_OTHER: (
        "{status} answered to another principal with {observed}, which it never sent"
    ),
    Kind.CHANGED_BY_OTHER: (
        "{status} answered to another principal, and {subject} of {expected[0]} is {observed} now, "
        "before {expected[1]}"
    ),
    Kind.ENDED_BY_OTHER: "{status} answered to another principal, and {expected} is gone",
    Kind.REFUSED_TO_OTHER_OTHERWISE: (
        "{status} answered to another principal: neither 403, 404 nor another documented refusal"
    ),
    Kind.LISTED_ELSEWHERE: (
        "{status} answered to {request} with a list that has {expected}, which {observed} had made "
        "under another parent"
    ),
    Kind.SERVED_ELSEWHERE: (
        "{status} answered to {request} for {expected}, which {observed} had made under another "
        "parent, and nobody under this one"
    ),
    Kind.PARENT_SHOWS_OTHERS: _parent_shows_others,
    Kind.ID_GIVEN_TWICE: "{status} answered with the id {observed}, which {request} had got",
    Kind.DUPLICATE_TAKEN: "{status} answered to a second create of {observed}, after {request}",
    Kind.NEW_TOLD_AS_OLD: "{status} answered to the PUT that created {expected}, and not 201",
    Kind.OLD_TOLD_AS_NEW: "{status} answered to a PUT to {expected}, which was there already",
    Kind.ID_REUSED: "{status} answered with the id {observed}, which {request} had deleted",
    Kind.CREATED_BY_REFUSED: "{status} answered to {request}, and {observed} is there now",
    Kind.SECRET_REPEATED: "{status} answered with the secret that create had shown as {subject}",
    Kind.SECRET_NOT_TOLD: "{status} answered to {request} without {subject}, not told again",
    Kind.LEFT_OUT_STAYED: CAME + " still, which {request} left out",
    Kind.LIFE_CHANGED: _life_changed,
    Kind.VANISHED: "{expected} is not there any more, after {request}",
    Kind.ANSWERS_DISAGREE: CAME + ", and {request} with {expected} just before",
    Kind.DELETED_SERVED: _deleted_served,
    Kind.DELETED_LISTED: "{status} answered with a list that has {observed}, after {request}",
    Kind.DELETED_AGAIN: _deleted_again,
    Kind.CHILD_OUTLIVES: "{status} answered for what stands under {observed}, after {request}",
    Kind.CHILD_COMES_BACK: "{status} answered for what stood under {observed}, after {request}",
    Kind.BACK_AGAIN: (
        "{status} answered with {observed} again, which was deleted, and gone until {request}"
    ),
    Kind.HEAD_DIFFERS: _head_differs,
    Kind.HEAD_HAS_BODY: "{status} answered to HEAD with a body: {observed}",
    # the wire
    Kind.CODING_NOT_APPLIED: CODED + ", in which the body is not",
    Kind.CODING_REPEATED: "{status} answered in {subject}, applied more often than it is named",
    Kind.CODING_UNNAMED: "{status} answered in {subject}, which no Content-Encoding names",
    Kind.CODING_UNASKED: CODED + ", which was not asked for",
    Kind.CODING_BROKEN: CODED + ", which cannot be undone to its end",
    Kind.LENGTH_BESIDE_CHUNKS: (
        ANSWERED + " with Content-Length {observed[0]} beside Transfer-Encoding {observed[1]}"
    ),
    Kind.LOST_WHEN_KEPT_OPEN: (
        "{observed} of {expected} requests were lost on a connection that was kept open"
        " and had answered just before"
    ),
    Kind.CONNECTIONS_DIFFER: (
        "{subject} is {expected[1]} over connection {expected[0]}"
        " and {observed[1]} over connection {observed[0]}, in turns: not one service, but several"
    ),
    # what a client sent
    Kind.REQUEST_UNDECLARED: "{request} is not declared; the nearest is {expected}",
    Kind.SENT_WITHOUT_CREDENTIALS: _sent_without_credentials,
    Kind.SENT_CREDENTIALS_MALFORMED: "sent with an Authorization that is not as its scheme has it",
    Kind.PARAMETER_NOT_SENT: "sent without the {expected} parameter {subject}",
    Kind.PARAMETER_SENT_WRONG: _parameter_sent_wrong,
    Kind.PARAMETER_IN_OTHER_STYLE: "sent with {observed}, where {expected} is documented",
    Kind.QUERIES_UNDECLARED: _queries_undeclared,
    Kind.BODY_NOT_SENT: "sent without the body that is required",
    Kind.BODY_SENT_UNASKED: "sent with a body, where none is documented: {observed}",
    Kind.SENT_AS_ANOTHER_TYPE: _sent_as_another_type,
    Kind.SENT_WITHOUT_BOUNDARY: "sent in parts without the boundary that parts them",
    Kind.SENT_WITHOUT_TYPE: "sent with a body and without Content-Type",
    Kind.SENT_NO_JSON: "sent with a body that is not JSON: {observed}",
    Kind.MEMBER_NOT_SENT: "sent without {subject} ({expected})",
    Kind.MEMBER_SENT_WRONG: _member_sent_wrong,
    Kind.READ_ONLY_SENT: "sent with {subject} {observed}, which is read-only ({expected})",
    Kind.MEMBERS_SENT_UNDECLARED: _members_sent_undeclared,
    Kind.SENT_BEFORE_WAIT: "sent {observed} s after an answer with {subject} {expected:g}",
    Kind.SENT_AT_ZERO: _sent_at_zero,
    Kind.KEY_FOR_ANOTHER_REQUEST: "sent with the {subject} of another request before it",
}


def finding_sentence(finding: Finding) -> str:
    """Return what is wrong, in a sentence: what came, then what it should have been.

    A member that is missing from an answer with 200 is told as ``200 answered without spec.id``.
    """
    sentence = FINDINGS[finding.kind]
    if not isinstance(sentence, str):
        return visible(sentence(finding))
    told = sentence.format(
        status=finding.status,
        subject=finding.subject or THE_BODY,
        expected=finding.expected,
        observed=finding.observed,
        request=finding.request,
    )
    return visible(told)


# --- what to mend ------------------------------------------------------------------------------


def _mend_taken(finding: Finding) -> str:
    if finding.status < 400:
        return "check the body against the schema of the document before it is used"
    return f"refuse what is wrong with {_statuses(finding)}, where the framework refuses too"


def _mend_parameter(finding: Finding) -> str:
    return f"check {finding.subject} before it is used, and refuse it with {_statuses(finding)}"


# What one sentence can name; filled as the sentences above are, `status` being that of the answer.
MENDS: Mapping[FindingKind, Sentence] = {
    # any answer
    Kind.NOT_ANSWERED: "answer this request: the service hung up, or took too long",
    Kind.ANSWERED_AGAIN: "find what fails now and then: a restart, a gateway, a full queue",
    Kind.SERVER_ERROR: "catch what this request throws, and answer as the document says",
    Kind.UNDOCUMENTED_STATUS: "answer with a status of the document, or document {status}",
    Kind.SECRET_LEAKED: "take {observed} out of the answer, and out of what is logged",
    # bodies
    Kind.BODY_UNDOCUMENTED: "send no body with {status}, or document it",
    Kind.MEDIA_TYPE_WRONG: "send every {status} as {expected}, those of the framework too",
    Kind.JSON_UNREADABLE: "send JSON with {status}, where the framework answers by itself too",
    Kind.MEMBER_MISSING: "send {subject} wherever it is required, where the framework answers too",
    Kind.MEMBER_INVALID: "send {subject} as the schema has it",
    Kind.MEMBERS_INVALID: "send the members of {subject} as the schema has them",
    Kind.MEMBERS_UNDECLARED: "leave out of the answer what the document does not name",
    Kind.VALUE_UNLISTED: "send a value that the document lists for {subject}",
    Kind.SCHEMA_CONTRADICTS: "the document, or tell who publishes it: the service is not meant",
    Kind.EXAMPLE_INVALID: "the document, or tell who publishes it: the service is not meant",
    # headers
    Kind.HEADER_MISSING: "set {subject} wherever it is promised, where the framework answers too",
    Kind.HEADER_REPEATED: "set {subject} once: two places set it",
    Kind.HEADER_NOT_INTEGER: "send {subject} as digits alone",
    Kind.HEADER_NEGATIVE: "send no {subject} below 0",
    Kind.HEADER_OUT_OF_BOUNDS: "send {subject} within the bounds of the document",
    Kind.HEADER_EMPTY: "send a value in {subject}",
    Kind.HEADER_NO_CHALLENGE: 'send a scheme, as in WWW-Authenticate: Basic realm="api"',
    Kind.HEADER_NO_URI: "send scheme and host in {subject}, too",
    Kind.HEADER_INVALID: "send {subject} as its schema has it",
    Kind.VALUE_REPEATED: "make a new value of {subject} for each answer",
    # requests and credentials
    Kind.REQUEST_REFUSED: "take this request, or document what it may not be",
    Kind.ALLOWED_REFUSED: "take this body, or document what it may not be",
    Kind.UNDECLARED_REFUSED: "take what the document does not forbid, or forbid it there",
    Kind.FORBIDDEN_TAKEN: _mend_taken,
    Kind.SURROGATE_CHANGED: "give a lone surrogate back unharmed, or refuse it",
    Kind.UNKNOWN_ID_TAKEN: "look the id up, to the character, and refuse what is not there",
    Kind.UNKNOWN_ID_HIDDEN: "refuse what is not there with the status that the document names",
    Kind.FORM_READ_OTHERWISE: "read this form as any other: it means the same request",
    Kind.FORM_NOT_STORED: "store what came in this form, too",
    Kind.REFUSAL_WRONG: "refuse this with the status that the document names",
    Kind.REFUSAL_TELLS: "check the credentials first, and say nothing of what was asked",
    Kind.PARAMETER_TAKEN: _mend_parameter,
    Kind.PARAMETER_REFUSED: "take this value of {subject}, or document that it is not allowed",
    Kind.PARAMETER_MATTERS: "let the absence of a parameter mean what the document says",
    Kind.CREDENTIALS_REFUSED: "let these credentials in, or document that they are not enough",
    # errors
    Kind.LIST_EMPTY: "name at least one error in {subject}",
    Kind.ID_SHARED: "make a new {subject} for each error",
    Kind.STATUS_TOLD_WRONG: "write the status of the answer into {subject}",
    Kind.STATUS_TOLD_AS_NUMBER: "write {subject} as a text: in quotes",
    Kind.CODE_CHANGED: "answer the same mistake with the same code",
    Kind.TITLE_CHANGED: "give each code one title; what differs belongs into the detail",
    Kind.PROBLEM_STATUS_WRONG: "write the status of the answer into the problem",
    Kind.PROBLEM_MEMBER_WRONG: "write a URI reference, or a text, as RFC 9457 3.1 has it",
    Kind.POINTER_MALFORMED: "write a JSON Pointer (RFC 6901): /a/b, not a.b",
    Kind.POINTER_NOWHERE: "point at a member of the request's body",
    Kind.POINTER_ELSEWHERE: "point at what is wrong",
    Kind.POINTER_AROUND: "point at the member itself, not at what is around it",
    Kind.POINTER_UNTOLD: "say in {subject} which member is wrong",
    Kind.STACK_TRACE: "turn debugging off, and answer without the trace",
    Kind.ALLOW_MISSING: "list the methods that are allowed in Allow",
    # the rate limit
    Kind.REMAINING_ABOVE_LIMIT: "count what is left of the limit that is told",
    Kind.LIMIT_IS_ZERO: "tell the limit that holds, or none",
    Kind.LIMIT_CHANGED: "tell one limit: several nodes or rules tell theirs",
    Kind.QUOTA_NOT_INTEGER: "send {subject} as digits alone",
    Kind.REMAINING_ROSE: "count once for all nodes, and only down within a window",
    Kind.REMAINING_COUNTED_APART: "count once for all nodes",
    Kind.REMAINING_STOOD_STILL: "count each request that was answered",
    Kind.REMAINING_NOT_ZERO: "tell 0 where the limit is reached",
    Kind.RESET_ROSE: "tell the end of one window until it ends",
    Kind.RESET_BEYOND_WINDOW: "send the seconds until this window ends",
    Kind.RESET_TOO_FAST: "send the seconds that are left until the window ends",
    Kind.RESET_TOO_SLOW: "send the seconds that are left until the window ends",
    Kind.WINDOW_ENDED_EARLY: "tell the end of the window that is counted in",
    Kind.WAIT_BEFORE_RESET: "tell one time in both headers",
    Kind.WAIT_IN_VAIN: "tell the wait after which a request is served",
    Kind.WAIT_TOO_SHORT: "tell the wait after which a request is served: round up",
    Kind.WAIT_BEYOND_WINDOW: "tell the wait until this window ends",
    Kind.FIELD_MALFORMED: "write the field as RFC 9651 has it",
    Kind.POLICY_UNKNOWN: "name one policy in both fields",
    Kind.POLICY_EXCEEDED: "count what is left of the quota that is told",
    Kind.RETRY_AFTER_UNASKED: "send Retry-After with refusals alone",
    Kind.REFUSED_EARLY: "serve as many requests as the headers promise",
    Kind.SERVED_PAST_LIMIT: "refuse what is past the limit, or tell the limit that holds",
    Kind.SERVED_AT_ZERO: "refuse where none is left, or count what is left rightly",
    Kind.RESET_IS_TIME_OF_DAY: "send the seconds that are left, not a time of day",
    Kind.RESET_IS_NO_TIME_OF_DAY: "send the time of day at which it resets, since 1970",
    Kind.RESET_IN_MILLISECONDS: "send {subject} in seconds",
    Kind.RESET_BEYOND_PERIOD: "tell when the window ends that is told of",
    Kind.USED_DISAGREES: "count what is used and what is left together",
    Kind.WAIT_IS_TIME_OF_DAY: "send the seconds to wait, not a time of day",
    Kind.STORABLE: "send Cache-Control: no-store with a 429",
    # updates
    Kind.VALUE_LOST: "store {subject}, and show it in the answer",
    Kind.VALUE_CHANGED: "store {subject} as it was sent: no trimming, no rounding",
    Kind.CHANGED_UNSENT: "leave {subject} alone where a PATCH does not name it",
    Kind.CHANGED_BY_REFUSED: "check the whole request before any of it is stored",
    Kind.CHANGED_BY_REPEATING: "let the same update lead to the same resource",
    Kind.CHANGED_BY_SENDING: "ignore or refuse {subject}: no update writes it",
    Kind.ID_DIFFERS: "answer with the resource that the path names",
    Kind.SELF_LINK_DIFFERS: "write the address of this resource into {subject}",
    Kind.SELF_LINK_OTHERS: "write the address of this resource into {subject}",
    Kind.SELF_LINK_NAMELESS: "write the whole address of this resource into {subject}",
    Kind.SECRET_SHOWN: "leave {subject} out: only the answer that creates it may show it",
    Kind.SECRET_EMPTY: "leave {subject} out",
    Kind.CREATION_MOVED: "write {subject} once, when the resource is created",
    Kind.UPDATE_WENT_BACK: "write {subject} from one clock, and let nothing older overwrite it",
    Kind.UPDATE_STOOD_STILL: "write {subject} whenever something changes",
    Kind.UPDATE_BEFORE_CREATION: "write both times from one clock",
    Kind.UPDATE_IN_LOCAL_TIME: "write {subject} in UTC, or with its own offset",
    Kind.UPDATE_FAR_FROM_DATE: "set the clocks: one of {subject} and Date is off",
    # the life of a resource
    Kind.CREATED_UNREADABLE: "store what was created before it is answered",
    Kind.NEVER_DONE: "end what was accepted, and say so where its answer leads",
    Kind.FAILED_LATER: "refuse at once what cannot be done, or do what was accepted",
    Kind.PROGRESS_UNTOLD: "lead the answer to what tells how far the request is",
    Kind.LIFE_VALUE_LOST: "store {subject}, and show it wherever it is documented",
    Kind.LIFE_VALUE_DIFFERS: "store {subject} as it was sent, and show what is stored",
    Kind.SHOWS_ANOTHERS: "make each resource of its own request alone",
    Kind.DEFAULT_DIFFERS: "set the documented default of {subject}, or document this one",
    Kind.LOCATION_ELSEWHERE: "write the path of what was created into {subject}",
    Kind.LISTED_OTHERWISE: "list each resource once, from where reads find it",
    Kind.PAGE_TOO_LARGE: "end a page after as many items as were asked for",
    Kind.ON_TWO_PAGES: "start each page behind the last item of the page before",
    Kind.ON_NO_PAGE: "start each page right behind the page before, to the end of the list",
    Kind.NEXT_LEADS_BACK: "lead from each page to the one behind it, and from the last nowhere",
    Kind.NEXT_REFUSED: "take what the page before has led to",
    Kind.PAGE_SIZE_FAILS: "refuse with a documented 4xx what {subject} may not be, or cut it down",
    Kind.LINK_LEADS_ELSEWHERE: "lead with {subject} to the page that has this item",
    Kind.LINK_REFUSED: "take the address that the link {subject} has",
    Kind.LAST_LEADS_ON: "lead with last to the page that has no next",
    Kind.FIRST_LEADS_BACK: "leave out of the first page the link to the page before",
    Kind.PAGE_LEADS_NOT_BACK: "lead from each page but the first to the page before",
    Kind.TOTAL_DIFFERS: "count in {subject} what all pages of this list have",
    Kind.UNKNOWN_PAGE_TAKEN: "refuse a page that no answer has led to, with a documented 4xx",
    Kind.STARTS_ELSEWHERE: "start the page behind as many items as {subject} says",
    Kind.FILTER_LETS_THROUGH: "leave out of the list what does not have this value at {subject}",
    Kind.FILTER_LEAVES_OUT: "list all that meets the filters, on whichever page",
    Kind.OUT_OF_ORDER: "sort the whole list by {subject} before it is cut into pages",
    Kind.TAG_MALFORMED: 'write ETag in quotes: "...", or W/"..." (RFC 9110 8.8.3)',
    Kind.TAG_STOOD_STILL: "make another ETag for each representation, or mark it as weak",
    Kind.TAG_MOVED: "make ETag of what is shown, not of when it is shown",
    Kind.TAG_MISSING: "send with a 304 the ETag that a 200 would have",
    Kind.UNCHANGED_SENT_AGAIN: "compare If-None-Match with the current tag, and answer 304",
    Kind.CHANGED_NOT_SENT: "answer 304 only where If-None-Match has the current tag",
    Kind.CURRENT_TAG_REFUSED: "compare If-Match with the tag that the last answer had",
    Kind.UPDATE_LOST: "compare If-Match before anything is written, and answer 412",
    Kind.WEAK_TAG_TAKEN: "compare If-Match strongly: a weak tag is never the same",
    Kind.WRITTEN_OVER: "look whether there is one before it is written, and answer 412",
    Kind.HEADER_NOT_KEPT: "send with a 304 the {subject} that a 200 would have",
    Kind.NOT_MODIFIED_HAS_BODY: "end a 304 after its headers",
    Kind.VARY_MISSING: "name {subject} in Vary, or let no shared cache keep it: private, no-store",
    Kind.UNCONDITIONED_TAKEN: "answer 428 where a write has no If-Match, or do not document it",
    Kind.SERVED_TO_OTHER: "look up only what is of whoever asks, and answer 404 or 403 else",
    Kind.LISTED_TO_OTHER: "list only what is of whoever asks: on each page, with each filter",
    Kind.TAKEN_FROM_OTHER: "write only to what is of whoever asks, and answer 404 or 403 else",
    Kind.MADE_IN_OTHERS: "look whose the parent is before anything is made in it",
    Kind.TOLD_TO_OTHER: "leave what is another's out of every answer, refusals too",
    Kind.CHANGED_BY_OTHER: "look whose it is before anything is written",
    Kind.ENDED_BY_OTHER: "look whose it is before anything is deleted",
    Kind.REFUSED_TO_OTHER_OTHERWISE: "answer 404 or 403 for what is another's",
    Kind.LISTED_ELSEWHERE: "list only what stands under the parent that the path names",
    Kind.SERVED_ELSEWHERE: "look for it under the parent that the path names, and nowhere else",
    Kind.PARENT_SHOWS_OTHERS: "make {subject} of what is stored under the parent",
    Kind.ID_GIVEN_TWICE: "make a new id for each create",
    Kind.DUPLICATE_TAKEN: "refuse an id that is taken with 409, as documented",
    Kind.NEW_TOLD_AS_OLD: "answer 201 where a PUT creates (RFC 9110 9.3.4)",
    Kind.OLD_TOLD_AS_NEW: "answer 200 or 204 where a PUT replaces (RFC 9110 9.3.4)",
    Kind.ID_REUSED: "make ids that were never given before",
    Kind.CREATED_BY_REFUSED: "check the whole request before anything is stored",
    Kind.SECRET_REPEATED: "leave the secret out: only create may show it",
    Kind.SECRET_NOT_TOLD: "show the secret in the answer to create: nobody sees it again",
    Kind.LEFT_OUT_STAYED: "replace the whole resource: what is not sent goes",
    Kind.LIFE_CHANGED: "let each request write what it names, and nothing else",
    Kind.VANISHED: "leave alone what the request does not name",
    Kind.ANSWERS_DISAGREE: "show {subject} from one place in all answers",
    Kind.DELETED_SERVED: "look for what was deleted nowhere, and answer 404",
    Kind.DELETED_LISTED: "take what is deleted out of the lists, too",
    Kind.DELETED_AGAIN: "answer 404 where there is nothing to delete",
    Kind.CHILD_OUTLIVES: "delete what stands under a parent with it, or refuse to delete it",
    Kind.CHILD_COMES_BACK: "delete what stands under a parent with it: one of its id is another",
    Kind.BACK_AGAIN: "write only to what is there: an update makes nothing new",
    Kind.HEAD_DIFFERS: "let one handler answer GET and HEAD",
    Kind.HEAD_HAS_BODY: "send no body in answer to HEAD",
    # the wire
    Kind.CODING_NOT_APPLIED: "apply the coding that is named, or name none",
    Kind.CODING_REPEATED: "apply the coding once: service and proxy both do",
    Kind.CODING_UNNAMED: "name the coding in Content-Encoding",
    Kind.CODING_UNASKED: "send only codings that Accept-Encoding names",
    Kind.CODING_BROKEN: "send the whole body, and flush the coding at its end",
    Kind.LENGTH_BESIDE_CHUNKS: "leave Content-Length out where the body is sent in chunks",
    Kind.LOST_WHEN_KEPT_OPEN: "keep a connection open until what came over it is answered",
    Kind.CONNECTIONS_DIFFER: "let all instances behind the address share one state",
    # what a client sent
    Kind.REQUEST_UNDECLARED: "ask for what the document declares; the nearest is {expected}",
    Kind.SENT_WITHOUT_CREDENTIALS: _send_either,
    Kind.SENT_CREDENTIALS_MALFORMED: "write the base64 of NAME:PASSWORD behind Basic, or a token",
    Kind.PARAMETER_NOT_SENT: "send the {expected} parameter {subject} with each request",
    Kind.PARAMETER_SENT_WRONG: "send {subject} as its schema has it",
    Kind.PARAMETER_IN_OTHER_STYLE: "write {subject} as its style has it: {expected}",
    Kind.QUERIES_UNDECLARED: "leave out of the query what the document does not name",
    Kind.BODY_NOT_SENT: "send the body that is required",
    Kind.BODY_SENT_UNASKED: "send no body with this request",
    Kind.SENT_AS_ANOTHER_TYPE: _send_as_either,
    Kind.SENT_WITHOUT_BOUNDARY: "let the HTTP library set Content-Type, with its boundary",
    Kind.SENT_WITHOUT_TYPE: _send_as_either,
    Kind.SENT_NO_JSON: "write the body with a JSON library",
    Kind.MEMBER_NOT_SENT: "send {subject}, which is required",
    Kind.MEMBER_SENT_WRONG: "send {subject} as its schema has it",
    Kind.READ_ONLY_SENT: "leave {subject} out: the service alone writes it",
    Kind.MEMBERS_SENT_UNDECLARED: "leave out what the document does not name, or document it",
    Kind.KEY_FOR_ANOTHER_REQUEST: "make a new {subject} for each request",
    Kind.SENT_BEFORE_WAIT: "wait as long as {subject} says, then send again",
    Kind.SENT_AT_ZERO: "wait until the window ends before anything is sent",
}


def repair_sentence(finding: Finding) -> str:
    """Return what to mend, ``""`` where no sentence can name it."""
    sentence = MENDS.get(finding.kind, "")
    if not isinstance(sentence, str):
        return visible(sentence(finding))
    told = sentence.format(
        status=finding.status or "answer",
        subject=finding.subject or THE_BODY,
        expected=finding.expected,
        observed=finding.observed,
    )
    return visible(told)


MENDS_MISSING = {
    Expect.ACCEPTED: "take what the document allows: nothing else can be judged before",
    Expect.REFUSED: "check the body against the schema of the document before it is used",
    Expect.UNAUTHENTICATED: "check the credentials of every request",
    Expect.UNKNOWN: "look the id up, to the character, and refuse what is not there",
}


def missing_repair_sentence(missing: MissingEvidence) -> str:
    """Return what to mend so that evidence comes, ``""`` where no sentence can name it.

    That is the service, or where the preflight found that nobody can be judged, the run's options.
    """
    if missing.preflight:
        return _options_repair_sentence(missing)
    if missing.kind is not MissingKind.WITHHELD or missing.expect is None:
        return ""
    return MENDS_MISSING.get(missing.expect, "")


# --- how often it was seen ---------------------------------------------------------------------


def seen_sentence(ruling: Ruling) -> str:
    """Return how often a finding was seen, since when, and whether it showed again when tried."""
    if ruling.exchange is None:
        return "in the document itself"
    if ruling.clause.family is Family.CLIENT:
        return f"{ruling.against} of {ruling.judged} requests"
    if ruling.recorded:
        return f"{ruling.against} of {ruling.judged} recorded answers"
    told = f"{ruling.against} of {ruling.judged} answers"
    if ruling.since:
        told += f"; what was fine before is broken since: {visible(ruling.since)}"
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


def _credentials_refused(missing: MissingEvidence, _: str) -> str:
    return f"{_what_came(missing)} answered to the credentials of the environment"


def _unknown_resource(missing: MissingEvidence, subject: str) -> str:
    return f"{_what_came(missing)} answered to {subject}: the target has no such resource"


def _nothing_served(missing: MissingEvidence, subject: str) -> str:
    return f"{_what_came(missing)} answered to {subject}, and not in the documented form"


def _not_made(missing: MissingEvidence, subject: str) -> str:
    told = f"none of {subject} could be made to hold this on"
    came: list[str] = []
    for answer, count in missing.answers:
        words = f"answered {answer}" if answer.isdecimal() else answer
        came.append(f"{count} {words}")
    if not came:
        return told
    creates = "create" if missing.asked == 1 else "creates"
    return f"{told}: of {missing.asked} {creates}: {', '.join(came)}"


def _no_connection(missing: MissingEvidence, subject: str) -> str:
    return f"{subject} cannot be reached: {_what_came(missing)}"


def _tls_refused(missing: MissingEvidence, subject: str) -> str:
    return f"{subject} cannot be reached over TLS: {_what_came(missing)}"


def _what_came(missing: MissingEvidence) -> str:
    """Return the one answer that missing evidence quotes, or why none came."""
    came, _ = missing.answers[0]
    return came


def _throttled_again(_: MissingEvidence, subject: str) -> str:
    return f"{subject} was answered again and again, after waiting as long as it said"


Missing = MissingKind
MISSING: Mapping[MissingKind, str | Callable[[MissingEvidence, str], str]] = {
    Missing.WITHHELD: _withheld,
    # nothing from outside brings it about
    Missing.NOTHING_SENT: "nothing was sent",
    Missing.NO_ANSWER_CONCERNED: "no answer came that it is about",
    Missing.NOTHING_BETWEEN: "nothing lies between the run and this target",
    Missing.NO_SUCH_STATUS: "no answer had status {subject}",
    Missing.NO_SUCH_MEDIA_TYPE: "no answer was sent as {subject}",
    Missing.BODY_NOT_JUDGED: "bodies of {subject} are not judged beyond status and media type",
    Missing.NO_SUCH_MEMBER: "no answer had {subject}",
    Missing.NO_SUCH_ERROR_MEMBER: "no error had {subject}",
    Missing.MEMBER_OPTIONAL: "{subject} is optional, and no answer had it",
    Missing.NO_ERROR_HAD_IT: "no answer had this",
    Missing.NO_ERROR_CARRIED_IT: "no error carried it",
    Missing.NO_PROBLEM_STATUS: "no problem had a status",
    Missing.UNPROVOKABLE: "{subject} cannot be provoked from outside",
    Missing.METHODS_NEVER_SENT: "405 cannot be provoked: undeclared methods are never sent",
    Missing.NO_EXAMPLE: "the document shows no example",
    Missing.NO_VALID_BODY: "no body is known that the schema allows: none could be sent",
    Missing.NO_SUCH_REQUEST: "no request that could be sent breaks only this",
    Missing.NO_VALUE_NAMED: "the document names no value of {subject} that could be tried",
    Missing.ENDS_RESOURCES: "a deletion is not tried in many ways: what is accepted ends something",
    Missing.REFUSALS_ONLY: "beside its life, only what must be refused is sent of it",
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
    # the life of a resource
    Missing.NOT_READ_AFTERWARDS: "nothing that tells was asked for after a {subject}",
    Missing.NO_PROGRESS: "no {subject} led to a documented read that tells when it is done",
    Missing.NO_DEFAULT_SHOWN: "no answer showed a member with a default that was not sent",
    Missing.NO_LOCATION: "no answer to a create had the Location of what it made",
    Missing.NO_TAG: "no request could be sent on the condition of an entity tag",
    Missing.NO_PAGE_LINK: "no page of several had the link {subject}",
    Missing.NOT_LISTED_IN_PARTS: "no list of what the run made came in parts",
    Missing.NOT_LISTED_WHOLE: "no list that must show all came after a create",
    Missing.NOTHING_LISTED: "no list had anything in it",
    Missing.ONE_PARENT: "no list of another parent was asked for",
    Missing.NOTHING_DELETES: "the document has no operation that deletes one",
    Missing.NOTHING_CREATES: "the document has no operation that makes another",
    Missing.IDS_CHOSEN: "whoever creates one chooses its id",
    Missing.ONE_ALONE: "there is one alone, and none of its kind beside it",
    Missing.NO_PARENT_ENDED: "no parent with something in it was deleted",
    Missing.NO_PARENT_AROUND: "no parent was read before and after a {subject}",
    Missing.PARENT_NOT_READ: "no answer showed a parent beside the list of what lies in it",
    Missing.NOT_CREATED_TWICE: "no two were created",
    Missing.NOT_CREATED_ON_KEY: "no PUT was seen to create anything, or to replace what was there",
    Missing.NOT_CREATED_AFTER_DELETE: "nothing was created after a delete",
    Missing.NOT_SHOWN: "no answer showed the resource",
    Missing.NOT_SEEN_TWICE: "no two answers showed one resource with only reads between them",
    Missing.NO_GET_BESIDE_HEAD: "no HEAD was answered beside a GET of the same path",
    Missing.NOTHING_LEFT_OUT: "no replace left out what had been there",
    Missing.NO_SIBLING: "no other of its kind was seen before and after a {subject}",
    Missing.NOT_DELETED_TWICE: "nothing was deleted twice",
    Missing.NO_OTHER_PRINCIPAL: (
        "no second principal, who has nothing to do with the first: set {subject} in the "
        "environment"
    ),
    Missing.OTHER_LACKS_SCOPE: (
        "the second principal was refused for a scope that it lacks, which tells nothing of whose "
        "the resource is: give {subject} the scopes of the first"
    ),
    Missing.OTHER_LET_IN_NOWHERE: (
        "of what this run asked, the second principal was let in nowhere, not even to a list or "
        "one of its own: hold all operations of the resource, or check what is in {subject}"
    ),
    Missing.NOT_ASKED_BY_OTHER: "the second principal could ask for nothing of this kind",
    # the wire
    Missing.UNREADABLE: "what came could not be read, being in the content coding {subject}",
    Missing.NOT_KEPT_OPEN: "no connection was kept open",
    Missing.ONE_CONNECTION: "no two connections showed the resource often enough",
    Missing.NO_BODY_CAME: "no answer had a body",
    Missing.NOT_ON_THE_WIRE: "a recording does not show the wire",
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
    # the preflight
    Missing.NO_CONNECTION: _no_connection,
    Missing.TLS_REFUSED: _tls_refused,
    Missing.CREDENTIALS_REFUSED: _credentials_refused,
    Missing.UNKNOWN_RESOURCE: _unknown_resource,
    Missing.NOT_MADE: _not_made,
    Missing.NOTHING_SERVED: _nothing_served,
    Missing.NOT_JUDGED: "nobody could be judged: see {subject}",
}


MENDED_BY_ENVIRONMENT = frozenset({Missing.CREDENTIALS_REFUSED})
# What mends the options of a run, *options* being those that can.
MENDING: Mapping[MissingKind, str] = {
    Missing.NO_CREDENTIALS: "set them, or leave the document out: {options}",
    Missing.NO_CONNECTION: "start the service, or give another {options}",
    Missing.TLS_REFUSED: (
        "give another {options}: http:// where it speaks plain HTTP, "
        "certificates that vouch for it, or the one that it asks for"
    ),
    Missing.FELL_SILENT: "see whether scheme, host and port are right: {options}",
    Missing.CREDENTIALS_REFUSED: "set valid ones in {subject}",
    Missing.UNKNOWN_RESOURCE: (
        "mend the URL before the documented path, or name one that may be changed: {options}"
    ),
    Missing.NOT_MADE: (
        "let the create be accepted, with an id in its answer, "
        "or name one that may be changed: {options}"
    ),
    Missing.NOTHING_SERVED: (
        "mend the URL before the documented path, the resource, "
        "or which documents are held: {options}"
    ),
}


def _options_repair_sentence(missing: MissingEvidence) -> str:
    """Return how to mend what the preflight found, ``""`` where no option of the run does."""
    if not (missing.options or missing.kind in MENDED_BY_ENVIRONMENT):
        return ""
    options = " or ".join(missing.options)
    return visible(MENDING.get(missing.kind, "").format(subject=missing.subject, options=options))


def missing_sentence(missing: MissingEvidence, subject: str | None = None) -> str:
    """Return why a clause has no evidence; *subject*, where given, stands in the place of its own.

    With the subject ``it``, one reason that several clauses share reads the same for each:
    ``it is optional, and no answer had it``.
    """
    told = missing.subject if subject is None else subject
    sentence = MISSING[missing.kind]
    if not isinstance(sentence, str):
        return visible(sentence(missing, told))
    return visible(sentence.format(subject=told))


# --- a ruling ----------------------------------------------------------------------------------


def reason_sentence(ruling: Ruling) -> str:
    """Return why *ruling* is waived, else why it has no evidence, ``""`` where neither is so."""
    if ruling.waived:
        return ruling.waived
    if ruling.missing is None:
        return ""
    told = missing_sentence(ruling.missing)
    # What the service has to mend stands on a line of its own.
    mend = missing_repair_sentence(ruling.missing) if ruling.missing.preflight else ""
    if mend:
        return f"{told}; {mend}"
    return told


def outcome_sentence(ruling: Ruling) -> str:
    """Return what came, or why nothing did, ``""`` where all is as promised."""
    if ruling.finding is not None:
        return finding_sentence(ruling.finding)
    if ruling.missing is None:
        return ""
    return missing_sentence(ruling.missing)
