"""What is promised, and what does the evidence say? Clauses, findings as data, rulings.

A finding says what is wrong without a sentence: its kind, and the values that a sentence about it
would quote. Only `report` makes English of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pytest_confluent_contracts.model.sources import SourceLocation
from pytest_confluent_contracts.model.traffic import Exchange, Expect, Probe

NODE_PREFIX = "contracts/"  # what the node id of a clause begins with

Quoted = str | int | float | tuple["Quoted", ...]


class Level(StrEnum):
    """How strongly a promise is made: MUST fails the test, SHOULD only warns."""

    MUST = "MUST"
    SHOULD = "SHOULD"


class Family(StrEnum):
    """What a clause is about; each family is a module of ``clauses`` and a pytest mark."""

    SHAPE = "shape"
    ERRORS = "errors"
    REQUESTS = "requests"
    PARAMETERS = "parameters"
    SECURITY = "security"
    RATE_LIMIT = "rate_limit"
    UPDATE = "update"
    LIFECYCLE = "lifecycle"
    LIST = "list"
    CONDITIONAL = "conditional"
    WIRE = "wire"
    CLIENT = "client"  # of what clients send; no run judges it, and it has no mark


class Verdict(StrEnum):
    """What the evidence says of a clause."""

    KEPT = "kept"
    BROKEN = "broken"
    WARNED = "warned"
    NOT_EXERCISED = "not exercised"
    WAIVED = "waived"


# --- what a clause is about --------------------------------------------------------------------


class Aspect(StrEnum):
    """Which side of the traffic a clause looks at.

    It is told as far as other clauses may be red for the same reason.
    """

    OTHER = ""
    GENERAL = "general"  # a rule on every answer: it explains least
    MEDIA_TYPE = "media type"
    JSON = "json"
    MEMBER = "member"
    HEADER = "header"
    CONSTRAINT = "constraint"
    QUOTA = "quota"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Topic:
    """What a clause is about, told in parts so that nobody need take its id apart.

    ``status`` are the answers of which it speaks (``"200"``, ``"4XX"``, ``"error"`` for every
    error, ``""`` for any); ``member`` is a path of a body, ``header`` a header's name, ``keyword``
    a rule of the request schema.
    """

    aspect: Aspect = Aspect.OTHER
    status: str = ""
    member: str = ""
    header: str = ""
    keyword: str = ""


# --- findings ----------------------------------------------------------------------------------


class FindingKind(StrEnum):
    """In which way an exchange breaks a promise. Beside each: what `Finding` quotes of it."""

    # any answer
    NOT_ANSWERED = "not answered"  # observed: why no answer came
    ANSWERED_AGAIN = (
        "answered when sent again"  # observed: why no answer came, empty where the status was one
    )
    SERVER_ERROR = "server error"  # request
    UNDOCUMENTED_STATUS = "undocumented status"  # request
    SECRET_LEAKED = "secret leaked"  # observed: the secret's name
    OWN = "clause of a team's own broken"  # observed: what is wrong, in its words
    # bodies
    BODY_UNDOCUMENTED = "body not documented"  # observed: the body
    MEDIA_TYPE_WRONG = "wrong media type"  # expected: one; observed: those that came
    JSON_UNREADABLE = "not JSON"  # observed: what is wrong
    MEMBER_MISSING = "member missing"  # subject
    MEMBER_INVALID = "member invalid"  # subject; observed: what is wrong
    MEMBERS_INVALID = "members invalid"  # subject: what holds them; observed: each, and its wrong
    MEMBERS_UNDECLARED = "members not declared"  # observed: the names, and how many more
    VALUE_UNLISTED = "value not listed"  # subject, observed
    SCHEMA_CONTRADICTS = "schema contradicts itself"  # subject; observed: why
    EXAMPLE_INVALID = "example invalid"  # observed: what is wrong
    # headers
    HEADER_MISSING = "header missing"  # subject
    HEADER_REPEATED = "header repeated"  # subject; observed: how often
    HEADER_NOT_INTEGER = "header not an integer"  # subject, observed
    HEADER_NEGATIVE = "header negative"  # subject, observed
    HEADER_OUT_OF_BOUNDS = (
        "header out of bounds"  # subject, observed; expected: the bound, in words
    )
    HEADER_EMPTY = "header empty"  # subject
    HEADER_NO_CHALLENGE = "header no challenge"  # subject, observed
    HEADER_NO_URI = "header no absolute URI"  # subject, observed
    HEADER_INVALID = "header invalid"  # subject, observed; expected: the schema, in words
    VALUE_REPEATED = "value came twice"  # subject, observed
    # requests and credentials
    ALLOWED_REFUSED = "allowed body refused"  # request; observed: the answer's body
    REQUEST_REFUSED = "allowed request without a body refused"  # request, observed as before
    FORM_READ_OTHERWISE = "legal form read otherwise"  # subject, observed, request; expected
    FORM_NOT_STORED = "legal form not stored"  # subject, observed, request; expected
    UNDECLARED_REFUSED = "undeclared member refused"  # request
    FORBIDDEN_TAKEN = "broken body not refused"  # request; expected: statuses
    SURROGATE_CHANGED = "lone surrogate changed"  # request
    UNKNOWN_ID_TAKEN = "unknown id not refused"  # request; expected: statuses
    UNKNOWN_ID_HIDDEN = "unknown id hidden"  # request; expected: statuses
    REFUSAL_WRONG = "wrong refusal"  # request; expected: statuses
    REFUSAL_TELLS = "refusal tells more than others"  # subject, observed, request
    # parameters: subject is the name; request
    PARAMETER_TAKEN = "broken parameter not refused"  # expected: statuses
    PARAMETER_REFUSED = "allowed parameter refused"  # observed: the answer's body
    # subject: a member of the answer, observed; expected: what it is without the parameter
    PARAMETER_MATTERS = "parameter makes a difference"
    CREDENTIALS_REFUSED = "valid credentials refused"  # subject: the alternative
    # errors
    LIST_EMPTY = "empty list"  # subject
    ID_SHARED = "id shared within an answer"  # subject, observed: the id, and how often
    STATUS_TOLD_WRONG = "status told wrongly"  # subject, observed
    STATUS_TOLD_AS_NUMBER = "status told as a number"  # subject, observed
    CODE_CHANGED = "code changed"  # expected: the code before; observed
    TITLE_CHANGED = "title changed"  # subject: the code; expected: the title before; observed
    POINTER_MALFORMED = "no JSON Pointer"  # subject, observed
    POINTER_NOWHERE = "pointer to nowhere"  # subject, observed
    POINTER_ELSEWHERE = (
        "pointer to what is not wrong"  # subject, observed; expected: the pointers that are right
    )
    POINTER_AROUND = (
        "pointer around what is wrong"  # subject, observed; expected: the pointers that are right
    )
    POINTER_UNTOLD = "pointer not told"  # subject
    STACK_TRACE = "stack trace"  # observed
    ALLOW_MISSING = "405 without Allow"
    PROBLEM_STATUS_WRONG = "problem status wrong"  # observed
    PROBLEM_MEMBER_WRONG = "problem member wrong"  # subject, observed
    # the rate limit
    REMAINING_ABOVE_LIMIT = (
        "Remaining above Limit"  # subject, observed; expected: the limit's header and its value
    )
    LIMIT_IS_ZERO = "Limit is 0"  # subject
    LIMIT_CHANGED = "Limit changed"  # subject, observed; expected: the first value
    QUOTA_NOT_INTEGER = "quota not an integer"  # subject, observed
    REMAINING_ROSE = "Remaining rose"  # subject, observed; expected: the value before
    REMAINING_COUNTED_APART = "Remaining of several counts"  # the same
    REMAINING_STOOD_STILL = "Remaining stood still"  # subject, observed
    RESET_ROSE = "Reset rose"  # subject, observed; expected: the least before
    RESET_IS_TIME_OF_DAY = "Reset is a time of day"  # subject, observed
    RESET_IS_NO_TIME_OF_DAY = "Reset is no time of day"  # subject, observed
    RESET_IN_MILLISECONDS = "Reset is in milliseconds"  # subject, observed
    # subject, observed; expected: the period's header and its value
    RESET_BEYOND_PERIOD = "Reset beyond its period"
    # subject, observed; expected: the limit's header and its value, and those of what is left
    USED_DISAGREES = "used and left do not make up the limit"
    RESET_BEYOND_WINDOW = (
        "Reset beyond the window"  # subject, observed; expected: seconds that a window lasts
    )
    # subject, observed; expected: seconds that went by, and Reset before
    RESET_TOO_FAST = "Reset counts no seconds"
    RESET_TOO_SLOW = "Reset falls slower than time"  # the same
    WINDOW_ENDED_EARLY = "window ended early"  # subject; expected: Reset before; observed: seconds
    RETRY_AFTER_UNASKED = "Retry-After below the limit"  # subject
    REFUSED_EARLY = "refused before the limit"  # observed: requests left; expected: the limit
    SERVED_PAST_LIMIT = (
        "served past the limit"  # observed: the request's number; expected: the limit
    )
    SERVED_AT_ZERO = "served with none left"  # expected: the limit
    REMAINING_NOT_ZERO = "Remaining not 0"  # subject, observed
    WAIT_BEFORE_RESET = (
        "wait ends before Reset"  # subject, observed; expected: the reset's header and its value
    )
    WAIT_IN_VAIN = (
        "waited in vain"  # subject; observed: seconds waited; expected: seconds asked for
    )
    WAIT_TOO_SHORT = "wait too short"  # subject, observed; expected: seconds that were needed
    WAIT_IS_TIME_OF_DAY = "wait is a time of day"  # subject, observed
    WAIT_BEYOND_WINDOW = (
        "wait beyond the window"  # subject, observed; expected: seconds to the window's end
    )
    STORABLE = "429 storable"  # subject: the header; observed
    FIELD_MALFORMED = "no structured field"  # subject, observed
    POLICY_UNKNOWN = "policy unknown"  # observed: the policy; expected: those that are told
    POLICY_EXCEEDED = "policy exceeded"  # observed: requests left; expected: the quota
    # updates
    VALUE_LOST = "sent value not returned"  # subject; expected: what was sent
    VALUE_CHANGED = "sent value changed"  # subject, observed; expected: what was sent
    CHANGED_UNSENT = "changed though not sent"  # subject, observed; expected: what was there
    CHANGED_BY_REFUSED = "changed by a refused request"  # the same; status: of the refused request
    CHANGED_BY_REPEATING = "changed by the same update"  # the same
    CHANGED_BY_SENDING = "immutable changed"  # the same
    ID_DIFFERS = "another id"  # subject, observed; expected: the id asked for
    SELF_LINK_NAMELESS = "address without the id"  # subject, observed; expected: the id
    SELF_LINK_OTHERS = "address of another"  # subject, observed; expected: the id
    SELF_LINK_DIFFERS = "another address"  # subject, observed; expected: the path
    SECRET_SHOWN = "create-only member shown"  # subject
    SECRET_EMPTY = "create-only member empty"  # subject
    CREATION_MOVED = "time of creation changed"  # subject, observed; expected: before
    UPDATE_WENT_BACK = "time of update went back"  # subject, observed; expected: the latest before
    UPDATE_BEFORE_CREATION = (
        "updated before created"  # subject, observed; expected: the other member, and its value
    )
    UPDATE_STOOD_STILL = "time of update stood still"  # subject, observed
    # subject, observed; expected: what Date tells, and the minutes that lie between
    UPDATE_IN_LOCAL_TIME = "time of update is local"
    # subject, observed; expected: what Date tells, and the seconds that lie between
    UPDATE_FAR_FROM_DATE = "time of update far from Date"
    # the life of a resource: request names one before, by method and path
    CREATED_UNREADABLE = "created and not readable"  # expected: the id; request: what created it
    # observed: the last status; expected: how often it was asked; request: for what
    NEVER_DONE = "accepted and never done"
    FAILED_LATER = "accepted and failed"  # the same
    PROGRESS_UNTOLD = "accepted, and nothing tells when it is done"  # the same
    LIFE_VALUE_LOST = "value of a life lost"  # subject; expected: what was sent; request
    LIFE_VALUE_DIFFERS = "value of a life differs"  # the same; observed
    SHOWS_ANOTHERS = "shows what another was sent"  # subject, observed; request: who sent it
    DEFAULT_DIFFERS = "another default"  # subject, observed; expected: the default; request
    LOCATION_ELSEWHERE = "Location leads elsewhere"  # observed; expected: the path
    # observed: how often it is in the list; expected: the id; request: what created it
    LISTED_OTHERWISE = "not listed once"
    # expected: the id; observed: what created it; request: what was asked
    LISTED_ELSEWHERE = "listed under another parent"
    SERVED_ELSEWHERE = "served under another parent"  # expected, observed: the same
    PARENT_SHOWS_OTHERS = "parent shows others"  # subject; expected: ids listed alone; observed
    ID_GIVEN_TWICE = "id given twice"  # observed: the id; request: what had created it
    DUPLICATE_TAKEN = "duplicate not refused"  # the same
    NEW_TOLD_AS_OLD = "created and told as replaced"  # expected: the id
    OLD_TOLD_AS_NEW = "replaced and told as created"  # the same
    ID_REUSED = "id used again"  # observed: the id; request: what had deleted it
    CREATED_BY_REFUSED = "created by a refused request"  # observed: the id
    SECRET_REPEATED = "secret of create shown again"  # subject: where create showed it
    SECRET_NOT_TOLD = "secret not told by create"  # subject: its place; request: the create
    LEFT_OUT_STAYED = "left out and not gone"  # subject, observed; request: the replace
    # subject, observed; expected: the id, and what was there; request: all that lies between
    LIFE_CHANGED = "changed in between"
    VANISHED = "vanished"  # expected: the id; request: all that lies between
    # subject, observed; expected: what the other request was answered; request: that one
    ANSWERS_DISAGREE = "answers disagree"
    DELETED_SERVED = "deleted and served"  # observed: the id; expected: statuses; request
    DELETED_LISTED = "deleted and listed"  # observed: the id; request: what deleted it
    DELETED_AGAIN = "second delete fails"  # observed: the id; expected: statuses
    CHILD_OUTLIVES = "child outlives its parent"  # observed: the parent's id; request
    CHILD_COMES_BACK = "child comes back with its parent"  # observed: the parent's id; request
    BACK_AGAIN = "back after its end"  # observed: the id; request: what was sent, its answer
    HEAD_DIFFERS = "HEAD differs from GET"  # subject, observed; expected: what GET has
    HEAD_HAS_BODY = "HEAD with a body"  # observed
    # two principals: observed: the id; request: what created it
    SERVED_TO_OTHER = "served to another principal"
    LISTED_TO_OTHER = "listed to another principal"
    TAKEN_FROM_OTHER = "write of another principal taken"
    MADE_IN_OTHERS = "made in what another principal made"  # observed: the parent's id
    TOLD_TO_OTHER = "told to another principal"  # observed: the value
    # subject; expected: the id, and what was there; observed
    CHANGED_BY_OTHER = "changed by another principal"
    ENDED_BY_OTHER = "ended by another principal"  # expected: the id
    REFUSED_TO_OTHER_OTHERWISE = "refused to another principal otherwise"
    # the parts of a list: request is the path and the query that were asked
    PAGE_TOO_LARGE = "page too large"  # observed: how many items; expected: how many at most
    ON_TWO_PAGES = "on two pages"  # expected: the id
    ON_NO_PAGE = "on no page"  # expected: the id
    NEXT_LEADS_BACK = "next page was there before"
    NEXT_REFUSED = "next page refused"
    PAGE_SIZE_FAILS = "page size fails"  # subject: the parameter
    LINK_LEADS_ELSEWHERE = "link leads elsewhere"  # subject: the relation; expected: the id
    LINK_REFUSED = "link refused"  # subject: the relation
    LAST_LEADS_ON = "last page leads on"
    FIRST_LEADS_BACK = "first page leads back"
    PAGE_LEADS_NOT_BACK = "page leads not back"
    TOTAL_DIFFERS = "total differs"  # subject; observed; expected: how many the pages have
    UNKNOWN_PAGE_TAKEN = "unknown page not refused"
    STARTS_ELSEWHERE = "page starts elsewhere"  # subject: the parameter; expected, observed: ids
    FILTER_LETS_THROUGH = "filter lets through"  # subject; expected: the text; observed
    FILTER_LEAVES_OUT = "filter leaves out"  # expected: the id
    OUT_OF_ORDER = "out of order"  # subject; expected: what came first; observed: what came next
    # conditions
    TAG_MALFORMED = "entity tag malformed"  # observed
    TAG_STOOD_STILL = "entity tag stood still"  # observed
    TAG_MOVED = "entity tag moved"  # expected: the one before; observed
    TAG_MISSING = "304 without an entity tag"
    UNCHANGED_SENT_AGAIN = "unchanged and sent again"  # expected: the condition
    CHANGED_NOT_SENT = "changed and not sent"  # expected: the condition
    CURRENT_TAG_REFUSED = "current entity tag refused"  # expected: the condition
    UPDATE_LOST = "update lost"  # expected: the condition
    UNCONDITIONED_TAKEN = "write without a condition taken"
    WEAK_TAG_TAKEN = "weak entity tag taken"  # expected: the condition
    WRITTEN_OVER = "written over"  # expected: the condition
    HEADER_NOT_KEPT = "304 without a header"  # subject: the header
    NOT_MODIFIED_HAS_BODY = "304 with a body"
    VARY_MISSING = "Vary does not name it"  # subject: the header of the request
    # the wire
    CODING_NOT_APPLIED = "content coding not applied"  # subject: the coding
    CODING_REPEATED = "content coding applied too often"  # subject: the coding
    CODING_UNNAMED = "content coding not named"  # subject: the coding
    CODING_UNASKED = "content coding not asked for"  # subject: the coding
    CODING_BROKEN = "content coding broken"  # subject: the coding
    LENGTH_BESIDE_CHUNKS = "Content-Length beside Transfer-Encoding"  # observed: both values
    LOST_WHEN_KEPT_OPEN = "lost on a connection kept open"  # observed: how many; expected: of these
    # subject, observed, expected: each the number of a connection, and what it shows
    CONNECTIONS_DIFFER = "answers differ by connection"
    # what a client sent; status: of the answer
    REQUEST_UNDECLARED = "request not declared"  # request; expected: the nearest that is declared
    SENT_WITHOUT_CREDENTIALS = "sent without credentials"  # expected: each alternative
    SENT_CREDENTIALS_MALFORMED = "sent malformed credentials"  # expected: each alternative
    # subject: the parameter; expected: where it stands
    PARAMETER_NOT_SENT = "parameter not sent"
    PARAMETER_SENT_WRONG = "parameter sent wrongly"  # the same; observed: what is wrong
    QUERIES_UNDECLARED = "query not declared"  # observed: the names
    BODY_NOT_SENT = "body not sent"
    BODY_SENT_UNASKED = "body sent unasked"  # observed: the body
    SENT_AS_ANOTHER_TYPE = "sent as another media type"  # expected: those declared; observed
    SENT_WITHOUT_TYPE = "sent without a media type"  # expected: those that are declared
    PARAMETER_IN_OTHER_STYLE = "parameter in another style"  # expected: as documented; observed
    KEY_FOR_ANOTHER_REQUEST = "key for another request"
    SENT_WITHOUT_BOUNDARY = "sent without a boundary"
    SENT_NO_JSON = "sent no JSON"  # observed: what is wrong
    # subject: the member; expected: its JSON Pointer
    MEMBER_NOT_SENT = "member not sent"
    MEMBER_SENT_WRONG = "member sent wrongly"  # the same; observed: what is wrong
    READ_ONLY_SENT = "read-only member sent"  # the same; observed: the value
    MEMBERS_SENT_UNDECLARED = "undeclared members sent"  # observed: the paths
    SENT_BEFORE_WAIT = "sent before the wait was over"  # subject; expected, observed: seconds
    SENT_AT_ZERO = "sent with none left"  # the same


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one exchange, as data.

    ``status`` is that of the answer (0 where none came, or the document itself is wrong);
    ``subject`` names the member, the header or the credentials in question; ``request`` is the
    title of the case where the sentence needs it. Values are quoted as JSON, shortened: an answer
    may be megabytes long.
    """

    kind: FindingKind
    status: int = 0
    subject: str = ""
    expected: Quoted = ""
    observed: Quoted = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """An exchange that bears on a clause; without a finding it keeps the promise."""

    exchange: Exchange | None
    finding: Finding | None = None


# --- missing evidence --------------------------------------------------------------------------


class MissingKind(StrEnum):
    """Why nothing bears on a clause. Beside each: what `MissingEvidence` quotes of it."""

    # the target owes it
    WITHHELD = "withheld"  # subject: what was withheld; expect; asked; answers
    # nothing from outside brings it about
    NOTHING_SENT = "nothing sent"
    NOTHING_BETWEEN = "nothing in between"
    NO_ANSWER_CONCERNED = "no answer that it is about"
    NO_SUCH_STATUS = "no answer had the status"  # subject: the status
    NO_SUCH_MEDIA_TYPE = "no answer had the media type"  # subject: the media type
    BODY_NOT_JUDGED = "body not judged"  # subject: the media type
    NO_SUCH_MEMBER = "no answer had the member"  # subject
    NO_SUCH_ERROR_MEMBER = "no error had the member"  # subject
    MEMBER_OPTIONAL = "optional member never came"  # subject
    NO_ERROR_HAD_IT = "no error had it"
    NO_ERROR_CARRIED_IT = "no error carried it"
    NO_PROBLEM_STATUS = "no problem had a status"
    UNPROVOKABLE = "cannot be provoked"  # subject: the status
    METHODS_NEVER_SENT = "methods never sent"
    NO_EXAMPLE = "no example"
    NO_VALID_BODY = "no valid body is known"
    NO_SUCH_REQUEST = "no request breaks only this"
    NO_VALUE_NAMED = "no value named"  # subject: the parameter
    ENDS_RESOURCES = "what is accepted ends a resource"
    REFUSALS_ONLY = "only what must be refused was sent"
    CREDENTIALS_NOT_SET = "credentials not set"  # subject: the variables
    # the rate limit
    NO_429 = "no 429"
    LIMIT_NOT_EXHAUSTED = "limit not exhausted"
    NO_WAIT_AS_ASKED = "no wait as asked"
    HEADERS_NOT_PROMISED = "headers not promised"  # subject: the headers
    HEADERS_UNREADABLE = "headers unreadable"  # subject: the headers
    NO_STRUCTURED_FIELDS = "no structured fields"
    # updates
    NOT_RETURNED_AFTER_SENDING = "not shown after it was sent"  # subject
    NOT_COMPARED = "no two answers to compare"
    NO_EMPTY_UPDATE = "no empty update"
    NOTHING_AFTER_REFUSAL = "no answer after a refusal"
    NO_UPDATE_TWICE = "no update twice"
    NOT_SHOWN_AROUND = "not shown before and after"  # subject
    NO_FRESH_TIME = "no fresh time beside Date"  # subject
    NO_TIME_STAMPS = "no time stamps"
    # the life of a resource
    NOT_READ_AFTERWARDS = "not read afterwards"  # subject: after what
    NO_PROGRESS = "no progress told"  # subject: the status that accepts for later
    NO_DEFAULT_SHOWN = "no default shown"
    NO_LOCATION = "no Location"
    NOT_LISTED_WHOLE = "no whole list"
    NOTHING_LISTED = "nothing listed"
    NOT_LISTED_IN_PARTS = "no list in parts"
    NO_PAGE_LINK = "no link to a page"  # subject: the relation
    NO_TAG = "no entity tag"
    ONE_PARENT = "one parent only"
    NOTHING_DELETES = "nothing deletes one"
    NOTHING_CREATES = "nothing creates one"
    IDS_CHOSEN = "ids are chosen by the caller"
    ONE_ALONE = "one alone"
    NO_PARENT_ENDED = "no parent deleted"
    NO_PARENT_AROUND = "parent not read before and after"  # subject: the role of the request
    PARENT_NOT_READ = "parent not read beside its list"
    NOT_CREATED_TWICE = "not created twice"
    NOT_CREATED_ON_KEY = "nothing created by a PUT"
    NOT_CREATED_AFTER_DELETE = "nothing created after a delete"
    NOT_SHOWN = "resource not shown"
    NOT_SEEN_TWICE = "not seen twice"
    NO_GET_BESIDE_HEAD = "no GET beside HEAD"
    NOTHING_LEFT_OUT = "nothing left out"
    NO_SIBLING = "no other of its kind"  # subject: the role of the request in between
    NOT_DELETED_TWICE = "not deleted twice"
    NO_OTHER_PRINCIPAL = "no other principal"  # subject: the variables to set
    OTHER_LACKS_SCOPE = "other principal lacks a scope"  # subject: the variables
    OTHER_LET_IN_NOWHERE = "other principal let in nowhere"  # subject: the variables
    NOT_ASKED_BY_OTHER = "not asked by another principal"
    # the wire
    UNREADABLE = "no answer could be read"  # subject: the content coding
    NOT_KEPT_OPEN = "no connection was kept open"
    ONE_CONNECTION = "seen over one connection only"
    NO_BODY_CAME = "no answer with a body"
    NOT_ON_THE_WIRE = "not seen on the wire"
    # a recording
    NEEDS_PROVOKING = "needs provoking"
    TIMES_UNKNOWN = "times unknown"
    ORDER_UNKNOWN = "order unknown"
    NOT_RECORDED = "not recorded"
    # the run
    NOT_ASKED_FOR = "not asked for"  # subject: why, naming the option
    NO_CREDENTIALS = "no credentials"  # subject: what to set
    HELD_BACK = "held back"  # subject: why the guard let nothing more out
    FELL_SILENT = (
        "fell silent"  # subject: the URL; observed: the last failure or status; asked: how often
    )
    THROTTLED_AGAIN = "throttled again and again"  # subject: the status
    # the preflight
    NO_CONNECTION = "no connection"  # subject: the URL; answers: why
    TLS_REFUSED = "TLS refused"  # subject: the URL; answers: why
    CREDENTIALS_REFUSED = "credentials refused"  # subject: what to set; answers: the status
    UNKNOWN_RESOURCE = "unknown resource"  # subject: the URL; answers: the status
    NOTHING_SERVED = "nothing served there"  # subject: the URL; answers: the status
    NOT_MADE = "none could be made"  # subject: of what; asked: how many creates; answers
    NOT_JUDGED = "not judged"  # subject: the test that tells why


@dataclass(frozen=True, slots=True)
class MissingEvidence:
    """Why a clause has no evidence, as data.

    *withheld* means that the document promises it and the target did not give it: then ``expect``
    is what was asked ``asked`` times, and ``answers`` what came instead, the most frequent first (a
    status, or why no answer came). *probe* is the one that would have shown it, whose own reason
    for not running is then the better one. *preflight* means that it was found out before the first
    probe, so that nothing of the operation was judged; ``options`` are those that mend it.
    """

    kind: MissingKind
    subject: str = ""
    withheld: bool = False
    probe: Probe | None = None
    expect: Expect | None = None
    asked: int = 0
    answers: tuple[tuple[str, int], ...] = ()
    preflight: bool = False
    options: tuple[str, ...] = ()


# --- clauses and rulings -----------------------------------------------------------------------

Judge = Callable[[Sequence[Exchange]], Iterable[Evidence]]
Explain = Callable[[Sequence[Exchange]], MissingEvidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One promise of a document.

    ``judge`` turns a run's exchanges into the evidence for this clause; ``explain`` says why there
    is none. ``needs`` are the probes that give evidence. ``stateful`` marks promises about what a
    request changes: they are reproduced from a known state. ``sequential`` marks rules over several
    answers in a row, which say nothing where times or order are not known.
    """

    id: str
    family: Family
    place: SourceLocation
    promise: str
    judge: Judge
    explain: Explain
    needs: frozenset[Probe]
    level: Level = Level.MUST
    topic: Topic = Topic()
    stateful: bool = False
    sequential: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which answers break a clause: status, media type, and kind of the finding.

    ``count`` answers had it; ``exchange`` is the one with the smallest request, ``finding`` what is
    wrong with it. ``media_type`` is without parameters, ``""`` where none came.
    """

    status: int
    media_type: str
    kind: FindingKind
    count: int
    finding: Finding
    exchange: Exchange | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToldStep:
    """One request of a sequence that shows a finding.

    ``name`` is what the resource is called that it makes, or is about (``first``), ``""`` where it
    is about none in particular; ``id`` is the id of that, as its path has it.
    """

    exchange: Exchange = field(repr=False)
    name: str = ""
    id: str = ""
    makes: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict on a clause, with the evidence counted.

    *judged* exchanges bear on it, *against* of them broke it.

    A red one has its ``finding`` and the smallest ``exchange`` that shows it (None where the
    document itself is wrong); ``shapes`` are the distinct ways in which answers broke it, the one
    of the finding first, then the most frequent; ``since`` is the title of the request since which
    all is broken that was fine before; ``vain_tries`` counts attempts to show the finding again,
    where none did; ``sequence`` are the requests that show it in this order, where it takes
    several; ``recorded`` means that nothing was sent. Without evidence, ``missing`` says
    why. ``waived`` is the reason of the waiver that covers it.
    """

    clause: Clause
    document: str
    operation: str
    verdict: Verdict
    judged: int = 0
    against: int = 0
    finding: Finding | None = None
    exchange: Exchange | None = field(default=None, repr=False)
    shapes: tuple[Shape, ...] = ()
    since: str = ""
    vain_tries: int = 0
    sequence: tuple[ToldStep, ...] = ()
    recorded: bool = False
    missing: MissingEvidence | None = None
    waived: str = ""

    @property
    def withheld(self) -> bool:
        """Return whether the document promises evidence that the target did not give."""
        return self.missing is not None and self.missing.withheld

    @property
    def stopped(self) -> bool:
        """Return whether the preflight found that nobody can be judged: no word on the clause."""
        return self.missing is not None and self.missing.preflight

    @property
    def node(self) -> str:
        """Return the node id of the clause's test."""
        return f"{NODE_PREFIX}{self.document}::{self.operation}::{self.clause.id}"
