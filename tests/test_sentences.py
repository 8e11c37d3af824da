"""Is everything that can be found, or be missing, told in words? Each kind has a sentence, and it says this."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from rulings import answered, make_broken, make_clause, make_unexercised, withheld

from pytest_confluent_contracts.model.clauses import (
    Finding,
    FindingKind,
    MissingEvidence,
    MissingKind,
    Shape,
    Verdict,
)
from pytest_confluent_contracts.model.traffic import Expect
from pytest_confluent_contracts.report import block, sentences
from pytest_confluent_contracts.report.sentences import (
    finding_sentence,
    missing_sentence,
    outcome_sentence,
    reason_sentence,
    repair_sentence,
    seen_sentence,
)

Kind = FindingKind
Missing = MissingKind

LIMIT, LEFT, RESET = "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"
POINTER = "errors[].source.pointer"
LONG_AGO, BEFORE = "2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00"
MORNING = "2026-01-03T08:00:00+00:00"


def example(kind: FindingKind, *parts: Any, **named: Any) -> Finding:
    """Return a finding of *kind*; *parts* are its status, subject, expected and observed values."""
    return Finding(kind, *parts, **named)


FINDINGS: list[tuple[Finding, str]] = [
    # any answer
    (
        example(Kind.NOT_ANSWERED, observed="no complete answer within 5 s"),
        "no answer: no complete answer within 5 s",
    ),
    (
        example(Kind.ANSWERED_AGAIN, observed="no HTTP came"),
        "no answer: no HTTP came, and an answer when it was sent again",
    ),
    (example(Kind.ANSWERED_AGAIN, 502), "502 answered, and an answer when it was sent again"),
    (example(Kind.SERVER_ERROR, 500, request="a list"), "500 answered to a list"),
    (
        example(Kind.UNDOCUMENTED_STATUS, 202, request="an empty body"),
        "202 answered, which is not documented, to an empty body",
    ),
    (
        example(Kind.SECRET_LEAKED, 404, observed="the credential in Authorization"),
        "404 gave away the credential in Authorization",
    ),
    (example(Kind.OWN, 200, observed="it tells a name"), "200 answered: it tells a name"),
    # bodies
    (example(Kind.BODY_UNDOCUMENTED, 429, observed='"slow"'), '429 answered with a body: "slow"'),
    (
        example(
            Kind.MEDIA_TYPE_WRONG,
            200,
            expected="application/json",
            observed=("text/html", "text/plain"),
        ),
        "200 answered as text/html and as text/plain, not application/json",
    ),
    (
        example(Kind.MEDIA_TYPE_WRONG, 200, expected="application/json", observed=()),
        "200 answered without Content-Type, not application/json",
    ),
    (
        example(Kind.JSON_UNREADABLE, 200, observed="it is empty"),
        "200 answered with a body that is not JSON: it is empty",
    ),
    (example(Kind.MEMBER_MISSING, 200, "spec.owner.id"), "200 answered without spec.owner.id"),
    (
        example(Kind.MEMBER_INVALID, 200, "spec", observed='7 is not of type "object"'),
        '200 answered with spec: 7 is not of type "object"',
    ),
    (
        example(Kind.MEMBERS_UNDECLARED, 200, observed=(("a", "b.c"), 0)),
        "200 answered with a, b.c, which the document does not name",
    ),
    (
        example(Kind.MEMBERS_UNDECLARED, 200, observed=(("a", "b"), 3)),
        "200 answered with a, b and 3 more, which the document does not name",
    ),
    (
        example(Kind.MEMBER_INVALID, 200, "spec", observed=("type", "7", ('"null"', '"object"'))),
        '200 answered with spec: 7 is not of type "null" or "object"',
    ),
    (
        example(Kind.MEMBER_INVALID, 200, "tags", observed=("uniqueItems", '["a","a"]', "")),
        "200 answered, and two items of `tags` are equal (uniqueItems)",
    ),
    (
        example(Kind.MEMBER_INVALID, 200, "name", observed=("maxLength", '"ab"', "1")),
        '200 answered with name: "ab" is longer than 1 characters',
    ),
    (
        example(Kind.MEMBER_INVALID, 200, observed=("additionalProperties", "{}", ('"z"',))),
        '200 answered with the body: no member "z" is allowed',
    ),
    (
        example(Kind.MEMBER_INVALID, 200, observed=("depth", "", "")),
        "200 answered with the body: nested too deeply to be judged",
    ),
    (
        example(Kind.MEMBER_INVALID, 200, "a", observed=("anyOf", "7", "")),
        "200 answered with a: 7 is not what the schema allows (anyOf)",
    ),
    (example(Kind.VALUE_UNLISTED, 200, "kind", observed='"Key"'), '200 answered with kind "Key"'),
    (
        example(Kind.MEMBERS_INVALID, 200, "a.b", observed=(("a.b.c", ("missing", "", "")),)),
        "200 answered with a.b: the member `a.b.c` is missing",
    ),
    (
        example(Kind.SCHEMA_CONTRADICTS, 0, "a", observed="no type is allowed by every part"),
        "the document's own schema allows no value: no type is allowed by every part",
    ),
    (
        example(Kind.EXAMPLE_INVALID, observed=(("", "7 is no text"), ("errors", "missing"))),
        "the document's own example breaks its schema: the value: 7 is no text; the member `errors` is missing",
    ),
    (
        example(Kind.EXAMPLE_INVALID, observed=(("errors", ("missing", "", "")),)),
        "the document's own example breaks its schema: the member `errors` is missing",
    ),
    # headers
    (example(Kind.HEADER_MISSING, 200, "X-Request-Id"), "200 answered without X-Request-Id"),
    (example(Kind.HEADER_REPEATED, 200, LIMIT, observed=2), f"200 answered with {LIMIT} 2 times"),
    (
        example(Kind.HEADER_NOT_INTEGER, 200, LIMIT, observed='"many"'),
        f'200 answered with {LIMIT}: "many" is not an integer',
    ),
    (
        example(Kind.HEADER_NEGATIVE, 200, LIMIT, observed='"-1"'),
        f'200 answered with {LIMIT}: "-1" is negative',
    ),
    (
        example(Kind.HEADER_OUT_OF_BOUNDS, 200, "X-Count", "an integer, at most 9", '"10"'),
        '200 answered with X-Count: "10", not an integer, at most 9',
    ),
    (example(Kind.HEADER_EMPTY, 200, LIMIT), f"200 answered with {LIMIT}: the value is empty"),
    (
        example(Kind.HEADER_NO_CHALLENGE, 401, "WWW-Authenticate", observed='"="'),
        '401 answered with WWW-Authenticate: "=" is no challenge (RFC 9110 11.6.1)',
    ),
    (
        example(Kind.HEADER_NO_URI, 409, "Location", observed='"there"'),
        '409 answered with Location: "there" is not an absolute URI',
    ),
    (
        example(Kind.HEADER_INVALID, 200, "Colour", 'one of ["red"]', '"blue"'),
        '200 answered with Colour: "blue" is not as documented: one of ["red"]',
    ),
    (
        example(Kind.VALUE_REPEATED, 200, "X-Request-Id", observed='"a"'),
        'X-Request-Id "a" came a second time',
    ),
    # requests and credentials
    (
        example(Kind.ALLOWED_REFUSED, 400, observed='"no"', request="spec is {}"),
        '400 answered to a body that the document allows (spec is {}): "no"',
    ),
    (
        example(Kind.REQUEST_REFUSED, 401, observed='"no"', request="headers in small letters"),
        '401 answered to a request that the document allows (headers in small letters): "no"',
    ),
    (
        example(Kind.ALLOWED_REFUSED, 400, request="spec is {}"),
        "400 answered to a body that the document allows (spec is {})",
    ),
    (
        example(Kind.PARAMETER_TAKEN, 200, "size", expected=(400,), request="size as 0"),
        "200 answered to size as 0, not 400",
    ),
    (
        example(Kind.PARAMETER_REFUSED, 400, "size", observed='"no"', request="size as 5"),
        '400 answered to size as 5: "no"',
    ),
    (
        example(Kind.PARAMETER_REFUSED, 400, "size", request="size as 5"),
        "400 answered to size as 5",
    ),
    (
        example(Kind.PARAMETER_MATTERS, 200, "a", expected="1", request="size as 5"),
        "200 answered to size as 5 with a nothing, without the parameter 1",
    ),
    (
        example(
            Kind.FORM_READ_OTHERWISE,
            200,
            "a",
            expected='"x"',
            observed='"y"',
            request="an update in chunks",
        ),
        '200 answered to an update in chunks with a "y", sent as "x"',
    ),
    (
        example(Kind.FORM_READ_OTHERWISE, 200, "a", expected='"x"', request="an update in chunks"),
        '200 answered to an update in chunks without a, sent as "x"',
    ),
    (
        example(
            Kind.FORM_NOT_STORED,
            200,
            "a",
            expected='"x"',
            observed='"y"',
            request="an update in chunks",
        ),
        '200 answered to an update in chunks; the next answer has a "y", not "x"',
    ),
    (
        example(Kind.UNDECLARED_REFUSED, 400, request="a member that is not declared"),
        "400 answered to a member that is not declared",
    ),
    (
        example(Kind.FORBIDDEN_TAKEN, 200, expected=(400, 422), request="spec is 7"),
        "200 answered to a broken body (spec is 7), not 400 or 422",
    ),
    (
        example(Kind.FORBIDDEN_TAKEN, 200, expected=(), request="spec is 7"),
        "200 answered to a broken body (spec is 7), not a status of the 4xx class",
    ),
    (
        example(Kind.SURROGATE_CHANGED, 200, request="a lone surrogate"),
        "200 answered to a lone surrogate, and the value was changed",
    ),
    (
        example(Kind.UNKNOWN_ID_TAKEN, 200, expected=(404,), request="id ak-0"),
        "200 answered to an id that does not exist (id ak-0), not 404",
    ),
    (
        example(Kind.UNKNOWN_ID_HIDDEN, 403, expected=(404,), request="id ak-0"),
        "403 answered to an id that does not exist (id ak-0), not 404: that hides what exists",
    ),
    (
        example(
            Kind.REFUSAL_TELLS,
            401,
            "errors[].detail",
            observed='"no such key"',
            request="with a wrong value, an unknown id",
        ),
        '401 answered with a wrong value, an unknown id, with errors[].detail "no such key", '
        "which no refusal of wrong credentials alone tells",
    ),
    (
        example(Kind.REFUSAL_WRONG, 200, expected=(401,), request="without credentials"),
        "200 answered without credentials, not 401",
    ),
    (example(Kind.CREDENTIALS_REFUSED, 401, "a+b"), "401 answered to valid credentials (a+b)"),
    # errors
    (example(Kind.LIST_EMPTY, 400, "errors"), "400 answered with an empty list of errors"),
    (
        example(Kind.ID_SHARED, 400, "errors[].id", observed=('"a"', 2)),
        '400 answered with errors[].id "a" 2 times',
    ),
    (
        example(Kind.STATUS_TOLD_WRONG, 400, "errors[].status", observed='"200"'),
        '400 answered with errors[].status "200"',
    ),
    (
        example(Kind.STATUS_TOLD_AS_NUMBER, 400, "errors[].status", observed="400"),
        "400 answered with errors[].status 400, which is no text",
    ),
    (
        example(Kind.CODE_CHANGED, 400, expected='"a"', observed='"b"'),
        'the same request was answered with code "a", then "b"',
    ),
    (
        example(Kind.TITLE_CHANGED, 400, '"a"', '"Bad"', '"Worse"'),
        '400 answered with code "a" and title "Worse", before with "Bad"',
    ),
    (
        example(Kind.POINTER_MALFORMED, 400, POINTER, observed='"spec"'),
        f'400 answered with {POINTER} "spec", which is no JSON Pointer',
    ),
    (
        example(Kind.POINTER_NOWHERE, 400, POINTER, observed='"/x"'),
        f'400 answered with {POINTER} "/x", which points nowhere in the request body',
    ),
    (
        example(Kind.POINTER_ELSEWHERE, 400, POINTER, expected=("", "/spec"), observed='"/x"'),
        f'400 answered with {POINTER} "/x", but wrong is the whole body or /spec',
    ),
    (
        example(Kind.POINTER_ELSEWHERE, 400, POINTER, expected=("",), observed='"/x"'),
        f'400 answered with {POINTER} "/x", but a whole-body error is told by the pointer ""',
    ),
    (
        example(Kind.POINTER_AROUND, 400, POINTER, expected=("/spec/id",), observed='""'),
        f'400 answered with {POINTER} "", which is around /spec/id',
    ),
    (example(Kind.POINTER_UNTOLD, 400, POINTER), f"400 answered without {POINTER}"),
    (
        example(Kind.STACK_TRACE, 500, observed='".go:7 +0x"'),
        '500 answered with a stack trace: ".go:7 +0x"',
    ),
    (example(Kind.ALLOW_MISSING, 405), "405 answered without Allow (RFC 9110 15.5.6)"),
    (example(Kind.PROBLEM_STATUS_WRONG, 400, observed="200"), "400 answered with status 200"),
    (
        example(Kind.PROBLEM_MEMBER_WRONG, 400, "type", observed='"a b"'),
        '400 answered with type "a b", which RFC 9457 3.1 has otherwise',
    ),
    # the rate limit
    (
        example(Kind.REMAINING_ABOVE_LIMIT, 200, LEFT, (LIMIT, 10), 11),
        f"200 answered with {LEFT} 11, above {LIMIT} 10",
    ),
    (
        example(Kind.LIMIT_IS_ZERO, 200, LIMIT),
        f"200 answered with {LIMIT} 0, which allows no request at all",
    ),
    (example(Kind.LIMIT_CHANGED, 200, LIMIT, 10, 9), f"200 answered with {LIMIT} 9, before 10"),
    (
        example(Kind.QUOTA_NOT_INTEGER, 200, LIMIT, observed='"x"'),
        f'200 answered with {LIMIT} "x", which is no integer',
    ),
    (
        example(Kind.REMAINING_ROSE, 200, LEFT, 8, 9),
        f"200 answered with {LEFT} 9, after 8 in the same window",
    ),
    (
        example(Kind.REMAINING_STOOD_STILL, 200, LEFT, observed=9),
        f"200 answered with {LEFT} 9 again, though a request was spent",
    ),
    (
        example(Kind.REMAINING_COUNTED_APART, 200, LEFT, 8, 9),
        f"200 answered with {LEFT} 9, after 8 in the same window: "
        "two nodes or more each keep a count of their own",
    ),
    (example(Kind.RESET_ROSE, 200, RESET, 8, 9), f"200 answered with {RESET} 9, after 8"),
    (
        example(Kind.RESET_IS_TIME_OF_DAY, 200, RESET, observed=1767225600),
        f"200 answered with {RESET} 1767225600: a time of day",
    ),
    (
        example(Kind.RESET_IS_NO_TIME_OF_DAY, 200, RESET, observed=30),
        "200 answered with X-RateLimit-Reset 30: no time of day in seconds since 1970",
    ),
    (
        example(Kind.RESET_IN_MILLISECONDS, 200, RESET, observed=1767225600000),
        "200 answered with X-RateLimit-Reset 1767225600000: a time of day in milliseconds, not in seconds",
    ),
    (
        example(Kind.RESET_BEYOND_PERIOD, 200, RESET, expected=("X-Period", 60), observed=62),
        "200 answered with X-RateLimit-Reset 62, beyond X-Period 60",
    ),
    (
        example(Kind.USED_DISAGREES, 200, "X-Used", expected=(LIMIT, 100, LEFT, 98), observed=3),
        "200 answered with X-Used 3 beside X-RateLimit-Remaining 98, which do not make up X-RateLimit-Limit 100",
    ),
    (
        example(Kind.RESET_BEYOND_WINDOW, 200, RESET, 59.7, 300),
        f"200 answered with {RESET} 300, though a window lasts 60 s",
    ),
    (
        example(Kind.RESET_TOO_FAST, 200, RESET, (0.52, 60), 30),
        f"200 answered with {RESET} 30, 0.5 s after 60: it does not count seconds",
    ),
    (
        example(Kind.RESET_TOO_SLOW, 200, RESET, (3.04, 60), 60),
        f"200 answered with {RESET} 60, 3.0 s after 60: it does not move as time goes by",
    ),
    (
        example(Kind.WINDOW_ENDED_EARLY, 200, RESET, 60, 30.06),
        f"a new window began 30.1 s after {RESET} 60",
    ),
    (
        example(Kind.RETRY_AFTER_UNASKED, 200, "Retry-After"),
        "200 answered with Retry-After, though the rate limit was not reached",
    ),
    (
        example(Kind.REFUSED_EARLY, 429, expected=100, observed=40),
        "429 answered though 40 requests of 100 were left",
    ),
    (
        example(Kind.SERVED_PAST_LIMIT, 200, expected=100, observed=101),
        "200 answered to request 101 of one window, past the limit of 100",
    ),
    (
        example(Kind.SERVED_AT_ZERO, 200, expected=100),
        "200 answered although no request of 100 was left",
    ),
    (example(Kind.REMAINING_NOT_ZERO, 429, LEFT, observed=3), f"429 answered with {LEFT} 3"),
    (
        example(Kind.WAIT_BEFORE_RESET, 429, "Retry-After", (RESET, 30), 10),
        f"429 answered with Retry-After 10, before {RESET} 30",
    ),
    (
        example(Kind.WAIT_IN_VAIN, 429, "Retry-After", 10, 11.04),
        "429 answered again after a wait of 11 s, though Retry-After was 10",
    ),
    (
        example(Kind.WAIT_TOO_SHORT, 429, "Retry-After", 1.72, 1),
        "429 answered with Retry-After 1, and refused 1.72 s later still",
    ),
    (
        example(Kind.WAIT_IS_TIME_OF_DAY, 429, "Retry-After", observed=1767225600),
        "429 answered with Retry-After 1767225600: a time of day",
    ),
    (
        example(Kind.WAIT_BEYOND_WINDOW, 429, "Retry-After", 30, 30000),
        "429 answered with Retry-After 30000, though the window ends in 30 s",
    ),
    (
        example(Kind.STORABLE, 429, "Cache-Control", observed='"public"'),
        '429 answered with Cache-Control "public", which lets caches store it',
    ),
    (
        example(Kind.STORABLE, 429, "Expires", observed='"Thu"'),
        '429 answered with Expires "Thu", which lets caches store it (RFC 9111 3)',
    ),
    (
        example(Kind.FIELD_MALFORMED, 200, "RateLimit", observed='"x"'),
        '200 answered with RateLimit "x", which is no structured field',
    ),
    (
        example(Kind.POLICY_UNKNOWN, 200, expected=('"a"', '"b"'), observed='"c"'),
        'RateLimit tells of the policy "c", RateLimit-Policy only of "a", "b"',
    ),
    (
        example(Kind.POLICY_EXCEEDED, 200, expected=10, observed=11),
        "RateLimit leaves 11 of a quota of 10 in RateLimit-Policy",
    ),
    # updates
    (
        example(Kind.VALUE_LOST, 200, "spec.name", '"x"'),
        '200 answered without spec.name, sent as "x"',
    ),
    (
        example(Kind.VALUE_CHANGED, 200, "spec.name", '"x"', '"X"'),
        '200 answered with spec.name "X", sent as "x"',
    ),
    (
        example(Kind.CHANGED_UNSENT, 200, "spec.name", '"x"', ""),
        'spec.name changed from "x" to nothing, though it was not sent',
    ),
    (
        example(Kind.CHANGED_BY_REFUSED, 400, "spec.name", '"x"', '"y"'),
        'spec.name changed from "x" to "y", by a request that was answered 400',
    ),
    (
        example(Kind.CHANGED_BY_REPEATING, 200, "spec.name", "", '"y"'),
        'spec.name changed from nothing to "y", by sending the same update again',
    ),
    (
        example(Kind.CHANGED_BY_SENDING, 200, "id", '"x"', '"y"'),
        'id changed from "x" to "y", because it was sent',
    ),
    (
        example(Kind.ID_DIFFERS, 200, "id", '"ak-1"', '"ak-2"'),
        '200 answered with id "ak-2", asked for "ak-1"',
    ),
    (
        example(Kind.SELF_LINK_NAMELESS, 200, "metadata.self", '"ak-1"', '"/ak-1"'),
        '200 answered with metadata.self "/ak-1", which is no absolute URI with "ak-1" in its path',
    ),
    (
        example(Kind.SELF_LINK_OTHERS, 200, "self", '"ak-1"', '"/ak-2"'),
        '200 answered with self "/ak-2", which does not lead to "ak-1"',
    ),
    (
        example(Kind.SELF_LINK_DIFFERS, 200, "metadata.self", "/keys/ak-1", '"/"'),
        '200 answered with metadata.self "/", which does not address /keys/ak-1',
    ),
    (example(Kind.SECRET_SHOWN, 200, "spec.secret"), "200 answered with a value in spec.secret"),
    (example(Kind.SECRET_EMPTY, 200, "spec.secret"), "200 answered with an empty spec.secret"),
    (
        example(Kind.CREATION_MOVED, 200, "created", LONG_AGO, BEFORE),
        f"200 answered with created {BEFORE}, before {LONG_AGO}",
    ),
    (
        example(Kind.UPDATE_WENT_BACK, 200, "updated", MORNING, BEFORE),
        f"200 answered with updated {BEFORE}, after {MORNING}",
    ),
    (
        example(Kind.UPDATE_BEFORE_CREATION, 200, "updated", ("created", BEFORE), LONG_AGO),
        f"200 answered with updated {LONG_AGO}, before created {BEFORE}",
    ),
    (
        example(Kind.UPDATE_STOOD_STILL, 200, "updated", observed=BEFORE),
        f"200 answered with updated {BEFORE} again, though something changed",
    ),
    (
        example(Kind.UPDATE_IN_LOCAL_TIME, 200, "updated", (BEFORE, 120), "2026-01-01T02:00:00Z"),
        "200 answered with updated 2026-01-01T02:00:00Z, "
        f"120 minutes after Date {BEFORE}: a local time with a Z",
    ),
    (
        example(Kind.UPDATE_IN_LOCAL_TIME, 200, "updated", (BEFORE, -60), "2026-01-01T00:00+01:00"),
        "200 answered with updated 2026-01-01T00:00+01:00, "
        f"60 minutes before Date {BEFORE}: a local time with an offset that is not its own",
    ),
    (
        example(Kind.UPDATE_FAR_FROM_DATE, 200, "updated", (BEFORE, -75), "2025-12-31T23:58:45Z"),
        f"200 answered with updated 2025-12-31T23:58:45Z just set, 75 s before Date {BEFORE}",
    ),
    # the life of a resource
    (
        example(Kind.CREATED_UNREADABLE, 404, expected='"t-1"', request="POST /things"),
        '404 answered to a read of "t-1", which POST /things had created',
    ),
    (
        example(Kind.NEVER_DONE, 200, observed='"running"', expected="9", request="GET /jobs/7"),
        '"running" still told by GET /jobs/7 when it was asked 9 times',
    ),
    (
        example(Kind.FAILED_LATER, 200, observed='"failed"', expected="1", request="GET /jobs/7"),
        '"failed" told by GET /jobs/7: a valid request was accepted, and failed',
    ),
    (
        example(Kind.PROGRESS_UNTOLD, 404, observed="404", expected="3", request="GET /jobs/7"),
        "404 answered to GET /jobs/7, where it was to be told when what was accepted is done",
    ),
    (
        example(Kind.LIFE_VALUE_LOST, 200, "name", '"x"', request="POST /things"),
        '200 answered without name, which POST /things sent as "x"',
    ),
    (
        example(Kind.LIFE_VALUE_DIFFERS, 200, "name", '"x"', '"X"', request="PUT /things/t-1"),
        '200 answered with name "X", which PUT /things/t-1 sent as "x"',
    ),
    (
        example(Kind.DEFAULT_DIFFERS, 200, "size", "3", "4", request="POST /things"),
        "200 answered with size 4, which POST /things did not send: the default is 3",
    ),
    (
        example(Kind.LOCATION_ELSEWHERE, 201, "Location", "/things/t-1", '"/things"'),
        '201 answered with Location "/things", which does not lead to /things/t-1',
    ),
    (
        example(Kind.LISTED_OTHERWISE, 200, expected='"t-1"', observed=0, request="POST /things"),
        '200 answered with a list that has "t-1" nowhere, created by POST /things',
    ),
    (
        example(Kind.LISTED_OTHERWISE, 200, expected='"t-1"', observed=2, request="POST /things"),
        '200 answered with a list that has "t-1" 2 times, created by POST /things',
    ),
    (
        example(Kind.PAGE_TOO_LARGE, 200, expected="1", observed=2, request="/things?limit=1"),
        "200 answered to /things?limit=1 with a page of 2 items, not 1 at most",
    ),
    (
        example(Kind.ON_TWO_PAGES, 200, expected='"t-1"', request="/things?limit=1"),
        '200 answered to /things?limit=1 with "t-1", as a page before had it',
    ),
    (
        example(Kind.ON_NO_PAGE, 200, expected='"t-1"', request="/things?limit=1"),
        '200 answered to /things?limit=1, the last page, and none has "t-1"',
    ),
    (
        example(Kind.NEXT_LEADS_BACK, 200, request="/things?limit=1"),
        "200 answered to /things?limit=1 with a next page that was there before",
    ),
    (
        example(Kind.NEXT_REFUSED, 400, request="/things?cursor=a"),
        "400 answered to /things?cursor=a, where the page before had led",
    ),
    (
        example(Kind.PAGE_SIZE_FAILS, 500, "limit", request="/things?limit=0"),
        "500 answered to /things?limit=0, whatever limit is",
    ),
    (
        example(Kind.LINK_LEADS_ELSEWHERE, 200, "prev", '"t-1"', request="/things?cursor=a"),
        '200 answered to /things?cursor=a, the link prev, without "t-1"',
    ),
    (
        example(Kind.LINK_REFUSED, 404, "last", request="/things?cursor=a"),
        "404 answered to /things?cursor=a, where the link last had led",
    ),
    (
        example(Kind.LAST_LEADS_ON, 200, request="/things?cursor=a"),
        "200 answered to /things?cursor=a, the last page, with a next",
    ),
    (
        example(Kind.FIRST_LEADS_BACK, 200, request="/things?limit=1"),
        "200 answered to /things?limit=1, the first page, with one before",
    ),
    (
        example(Kind.PAGE_LEADS_NOT_BACK, 200, request="/things?cursor=a"),
        "200 answered to /things?cursor=a without the link to the page before",
    ),
    (
        example(Kind.TOTAL_DIFFERS, 200, "total", "3", 2, request="/things"),
        "200 answered to /things with total: 2, and the pages have 3",
    ),
    (
        example(Kind.UNKNOWN_PAGE_TAKEN, 200, request="/things?cursor=a"),
        "200 answered to /things?cursor=a, a page that no answer has led to",
    ),
    (
        example(
            Kind.STARTS_ELSEWHERE,
            200,
            "offset",
            '"t-2", "t-3"',
            '"t-1", "t-2"',
            request="/a?offset=1",
        ),
        '200 answered to /a?offset=1 with "t-1", "t-2", where the list has "t-2", "t-3" behind offset',
    ),
    (
        example(Kind.FILTER_LETS_THROUGH, 200, "state", '"on"', "off", request="/things?state=on"),
        '200 answered to /things?state=on with one whose state is off, not "on"',
    ),
    (
        example(Kind.FILTER_LEAVES_OUT, 200, expected='"t-1"', request="/things?state=on"),
        '200 answered to /things?state=on without "t-1", which meets it',
    ),
    (
        example(Kind.OUT_OF_ORDER, 200, "name", '"b"', '"a"', request="/things?sort=name"),
        '200 answered to /things?sort=name with name: "a" behind "b"',
    ),
    (
        example(Kind.TAG_MALFORMED, 200, observed="a1"),
        "200 answered with ETag: a1, which is no text in quotes",
    ),
    (
        example(Kind.TAG_STOOD_STILL, 200, observed='"a1"'),
        '200 answered with another body, and ETag: "a1" as before',
    ),
    (
        example(Kind.TAG_MOVED, 200, expected='"a1"', observed='"a2"'),
        '200 answered with ETag: "a2", and with the body of "a1"',
    ),
    (example(Kind.TAG_MISSING, 304), "304 answered without ETag"),
    (
        example(Kind.UNCHANGED_SENT_AGAIN, 200, expected='"a1"'),
        '200 answered to If-None-Match: "a1", which the current tag meets, not 304',
    ),
    (
        example(Kind.CHANGED_NOT_SENT, 304, expected='"a1"'),
        '304 answered to If-None-Match: "a1", which is not current',
    ),
    (
        example(Kind.CURRENT_TAG_REFUSED, 412, expected="*"),
        "412 answered to If-Match: *, which the current tag meets",
    ),
    (
        example(Kind.UPDATE_LOST, 200, expected='"a1"'),
        '200 answered to If-Match: "a1", which is not the current tag, not 412',
    ),
    (
        example(Kind.WEAK_TAG_TAKEN, 200, expected='W/"a1"'),
        '200 answered to If-Match: W/"a1", a weak tag, not 412',
    ),
    (
        example(Kind.WRITTEN_OVER, 200, expected="*"),
        "200 answered to If-None-Match: * where there is one, not 412",
    ),
    (
        example(Kind.HEADER_NOT_KEPT, 304, "Vary"),
        "304 answered without Vary, which the 200 before had",
    ),
    (example(Kind.NOT_MODIFIED_HAS_BODY, 304), "304 answered with a body"),
    (
        example(Kind.VARY_MISSING, 200, "X-Key"),
        "200 answered for any cache to keep, and Vary does not name X-Key",
    ),
    (
        example(Kind.UNCONDITIONED_TAKEN, 200),
        "200 answered to a write without If-Match, not 428",
    ),
    (
        example(Kind.SERVED_TO_OTHER, 200, observed='"t-1"', request="POST /things"),
        '200 answered to another principal for "t-1", of POST /things',
    ),
    (
        example(Kind.LISTED_TO_OTHER, 200, observed='"t-1"', request="POST /things"),
        '200 answered to another principal with a list that has "t-1", of POST /things',
    ),
    (
        example(Kind.TAKEN_FROM_OTHER, 204, observed='"t-1"', request="POST /things"),
        '204 answered to a write of another principal to "t-1", of POST /things',
    ),
    (
        example(Kind.MADE_IN_OTHERS, 404, observed='"a-1"'),
        '404 answered to another principal\'s create in "a-1", which is not its own',
    ),
    (
        example(Kind.TOLD_TO_OTHER, 404, observed='"a note"'),
        '404 answered to another principal with "a note", which it never sent',
    ),
    (
        example(Kind.CHANGED_BY_OTHER, 404, "name", expected=('"t-1"', '"mine"'), observed="7"),
        '404 answered to another principal, and name of "t-1" is 7 now, before "mine"',
    ),
    (
        example(Kind.ENDED_BY_OTHER, 404, expected='"t-1"'),
        '404 answered to another principal, and "t-1" is gone',
    ),
    (
        example(Kind.REFUSED_TO_OTHER_OTHERWISE, 500),
        "500 answered to another principal: neither 403, 404 nor another documented refusal",
    ),
    (
        example(
            Kind.LISTED_ELSEWHERE,
            200,
            expected='"t-1"',
            observed="POST /a/1/things",
            request="GET /a/2/things",
        ),
        '200 answered to GET /a/2/things with a list that has "t-1", which POST /a/1/things had made '
        "under another parent",
    ),
    (
        example(
            Kind.SERVED_ELSEWHERE,
            200,
            expected='"t-1"',
            observed="POST /a/1/things",
            request="GET /a/2/things/t-1",
        ),
        '200 answered to GET /a/2/things/t-1 for "t-1", which POST /a/1/things had made under '
        "another parent, and nobody under this one",
    ),
    (
        example(Kind.PARENT_SHOWS_OTHERS, 200, "things", expected='"t-1"', observed='"t-2"'),
        '200 answered with things without "t-1", which the list of the parent has, '
        'and with "t-2", which the list of the parent has not',
    ),
    (
        example(Kind.PARENT_SHOWS_OTHERS, 200, "things", expected="", observed='"t-2"'),
        '200 answered with things with "t-2", which the list of the parent has not',
    ),
    (
        example(Kind.SHOWS_ANOTHERS, 201, "note", observed='"mine"', request="POST /a (t-1)"),
        '201 answered with note "mine", which was not sent, but for another by POST /a (t-1)',
    ),
    (
        example(Kind.ID_GIVEN_TWICE, 201, observed='"t-1"', request="POST /things"),
        '201 answered with the id "t-1", which POST /things had got',
    ),
    (
        example(Kind.DUPLICATE_TAKEN, 201, observed='"t-1"', request="POST /things"),
        '201 answered to a second create of "t-1", after POST /things',
    ),
    (
        example(Kind.NEW_TOLD_AS_OLD, 200, expected='"t-1"'),
        '200 answered to the PUT that created "t-1", and not 201',
    ),
    (
        example(Kind.OLD_TOLD_AS_NEW, 201, expected='"t-1"'),
        '201 answered to a PUT to "t-1", which was there already',
    ),
    (
        example(Kind.ID_REUSED, 201, observed='"t-1"', request="DELETE /things/t-1"),
        '201 answered with the id "t-1", which DELETE /things/t-1 had deleted',
    ),
    (
        example(Kind.CREATED_BY_REFUSED, 422, observed='"t-1"', request="POST /things"),
        '422 answered to POST /things, and "t-1" is there now',
    ),
    (
        example(Kind.SECRET_REPEATED, 200, "secret"),
        "200 answered with the secret that create had shown as secret",
    ),
    (
        example(Kind.SECRET_NOT_TOLD, 201, "secret", request="POST /things"),
        "201 answered to POST /things without secret, not told again",
    ),
    (
        example(Kind.LEFT_OUT_STAYED, 200, "tags", observed='["a"]', request="PUT /things/t-1"),
        '200 answered with tags ["a"] still, which PUT /things/t-1 left out',
    ),
    (
        example(Kind.LIFE_CHANGED, 200, "name", ('"t1"', '"x"'), "", request="GET /things/t1"),
        'name of "t1" changed from "x" to nothing, after GET /things/t1',
    ),
    (
        example(Kind.VANISHED, 404, expected='"t-2"', request="DELETE /things/t-1"),
        '"t-2" is not there any more, after DELETE /things/t-1',
    ),
    (
        example(Kind.ANSWERS_DISAGREE, 200, "name", '"x"', '"y"', request="GET /things"),
        '200 answered with name "y", and GET /things with "x" just before',
    ),
    (
        example(
            Kind.DELETED_SERVED,
            200,
            expected=(404, 410),
            observed='"t-1"',
            request="DELETE /things/t-1",
        ),
        '200 answered for "t-1", which DELETE /things/t-1 had deleted, not 404 or 410',
    ),
    (
        example(Kind.DELETED_LISTED, 200, observed='"t-1"', request="DELETE /things/t-1"),
        '200 answered with a list that has "t-1", after DELETE /things/t-1',
    ),
    (
        example(Kind.DELETED_AGAIN, 500, expected=(404, 410, 204), observed='"t-1"'),
        '500 answered to a second delete of "t-1", not 404 or 410 or 204',
    ),
    (
        example(Kind.CHILD_OUTLIVES, 200, observed='"a-1"', request="DELETE /a/a-1"),
        '200 answered for what stands under "a-1", after DELETE /a/a-1',
    ),
    (
        example(
            Kind.CHILD_COMES_BACK, 200, observed='"a-1"', request="DELETE /a/a-1, POST /a (a-1)"
        ),
        '200 answered for what stood under "a-1", after DELETE /a/a-1, POST /a (a-1)',
    ),
    (
        example(Kind.BACK_AGAIN, 200, observed='"t-1"', request="PATCH /things/t-1 (404)"),
        '200 answered with "t-1" again, which was deleted, and gone until PATCH /things/t-1 (404)',
    ),
    (
        example(Kind.HEAD_DIFFERS, 404, "status", "200", "404"),
        "404 answered to HEAD, to GET 200",
    ),
    (
        example(Kind.HEAD_DIFFERS, 200, "Content-Type", "application/json", "text/plain"),
        "200 answered to HEAD with Content-Type text/plain, to GET with application/json",
    ),
    (
        example(Kind.HEAD_DIFFERS, 200, "Content-Type", "application/json"),
        "200 answered to HEAD without Content-Type, to GET with application/json",
    ),
    (
        example(Kind.HEAD_HAS_BODY, 200, observed='"{}"'),
        '200 answered to HEAD with a body: "{}"',
    ),
    # the wire
    (
        example(Kind.CODING_NOT_APPLIED, 200, "gzip"),
        "200 answered with Content-Encoding gzip, in which the body is not",
    ),
    (
        example(Kind.CODING_REPEATED, 404, "gzip"),
        "404 answered in gzip, applied more often than it is named",
    ),
    (
        example(Kind.CODING_UNNAMED, 200, "gzip"),
        "200 answered in gzip, which no Content-Encoding names",
    ),
    (
        example(Kind.CODING_UNASKED, 200, "br"),
        "200 answered with Content-Encoding br, which was not asked for",
    ),
    (
        example(Kind.CODING_BROKEN, 200, "gzip"),
        "200 answered with Content-Encoding gzip, which cannot be undone to its end",
    ),
    (
        example(Kind.LENGTH_BESIDE_CHUNKS, 200, observed=("12", "chunked")),
        "200 answered with Content-Length 12 beside Transfer-Encoding chunked",
    ),
    (
        example(Kind.LOST_WHEN_KEPT_OPEN, 200, expected=300, observed=7),
        "7 of 300 requests were lost on a connection that was kept open and had answered just before",
    ),
    (
        example(
            Kind.CONNECTIONS_DIFFER, 200, "spec.name", expected=(1, '"a"'), observed=(3, '"b"')
        ),
        'spec.name is "a" over connection 1 and "b" over connection 3, in turns: not one service, but several',
    ),
    # what a client sent
    (
        example(
            Kind.REQUEST_UNDECLARED, 404, expected="PATCH /keys/{id}", request="PATCH /key/ak-1"
        ),
        "PATCH /key/ak-1 is not declared; the nearest is PATCH /keys/{id}",
    ),
    (
        example(Kind.SENT_WITHOUT_CREDENTIALS, 401, expected=("apiKey and appKey", "bearer")),
        "sent without apiKey and appKey or bearer",
    ),
    (
        example(Kind.SENT_CREDENTIALS_MALFORMED, 401, expected=("basic",)),
        "sent with an Authorization that is not as its scheme has it",
    ),
    (
        example(
            Kind.PARAMETER_IN_OTHER_STYLE, 400, "ids", expected="ids=A,B", observed="ids=1&ids=2"
        ),
        "sent with ids=1&ids=2, where ids=A,B is documented",
    ),
    (
        example(Kind.KEY_FOR_ANOTHER_REQUEST, 201, "Idempotency-Key"),
        "sent with the Idempotency-Key of another request before it",
    ),
    (
        example(Kind.SENT_WITHOUT_BOUNDARY, 400),
        "sent in parts without the boundary that parts them",
    ),
    (
        example(Kind.PARAMETER_NOT_SENT, 400, "page", expected="query"),
        "sent without the query parameter page",
    ),
    (
        example(
            Kind.PARAMETER_SENT_WRONG,
            400,
            "page",
            expected="query",
            observed=("type", '"x"', '"integer"'),
        ),
        'sent with the query parameter page: "x" is not of type "integer"',
    ),
    (
        example(Kind.QUERIES_UNDECLARED, 200, observed=("a", "b")),
        "sent with the query a, b, which the document does not name",
    ),
    (example(Kind.BODY_NOT_SENT, 400), "sent without the body that is required"),
    (
        example(Kind.BODY_SENT_UNASKED, 200, observed='"{}"'),
        'sent with a body, where none is documented: "{}"',
    ),
    (
        example(
            Kind.SENT_AS_ANOTHER_TYPE, 415, expected=("application/json",), observed="text/plain"
        ),
        "sent as text/plain, not as application/json",
    ),
    (
        example(Kind.SENT_WITHOUT_TYPE, 415, expected=("application/json",)),
        "sent with a body and without Content-Type",
    ),
    (
        example(Kind.SENT_NO_JSON, 400, observed="it ends early"),
        "sent with a body that is not JSON: it ends early",
    ),
    (
        example(Kind.MEMBER_NOT_SENT, 422, "data.type", expected="/data/type"),
        "sent without data.type (/data/type)",
    ),
    (
        example(
            Kind.MEMBER_SENT_WRONG,
            422,
            "tags[]",
            expected="/tags/2",
            observed=("type", "1", '"string"'),
        ),
        'sent with tags[]: 1 is not of type "string" (/tags/2)',
    ),
    (
        example(
            Kind.MEMBER_SENT_WRONG,
            422,
            "tags",
            expected="/tags",
            observed=("uniqueItems", "[1, 1]", ""),
        ),
        "sent, and two items of `tags` are equal (uniqueItems) (/tags)",
    ),
    (
        example(Kind.READ_ONLY_SENT, 200, "id", expected="/id", observed='"x"'),
        'sent with id "x", which is read-only (/id)',
    ),
    (
        example(Kind.MEMBERS_SENT_UNDECLARED, 200, observed=("a.b",)),
        "sent with a.b, which the document does not name",
    ),
    (
        example(Kind.SENT_BEFORE_WAIT, 429, "Retry-After", expected=3.0, observed=0.5),
        "sent 0.5 s after an answer with Retry-After 3",
    ),
    (
        example(Kind.SENT_AT_ZERO, 429, "X-RateLimit-Reset", expected=30.0, observed=0.5),
        "sent 0.5 s after an answer that left no request for 30 s (X-RateLimit-Reset)",
    ),
]


@pytest.mark.parametrize(("finding", "said"), FINDINGS, ids=[said for _, said in FINDINGS])
def test_a_finding_is_told_in_these_words(finding: Finding, said: str) -> None:
    """The sentence names what came and what was promised, in the words that people's reports have."""
    assert finding_sentence(finding) == said


@pytest.mark.parametrize("finding", [one for one, _ in FINDINGS], ids=[one for _, one in FINDINGS])
def test_what_to_mend_is_one_short_sentence(finding: Finding) -> None:
    """Where it can be named it fits beside its label on 80 columns, but for what it quotes."""
    mend = repair_sentence(replace(finding, subject="a", observed="b", expected="c"))
    assert len(mend) <= 80 - len("  to mend:  ")
    assert "{" not in mend
    assert not mend.endswith(".")


def test_what_to_mend_names_the_status_that_was_promised() -> None:
    """A body that is refused in another way than documented is not one that nobody checks."""
    taken, refused = (
        Finding(Kind.FORBIDDEN_TAKEN, status, expected=(400,)) for status in (200, 422)
    )
    assert repair_sentence(taken).startswith("check the body against the schema")
    assert repair_sentence(refused).startswith("refuse what is wrong with 400,")


def test_each_kind_of_finding_has_a_sentence_and_an_example() -> None:
    """No kind is without words, and this table shows each of them."""
    assert set(sentences.FINDINGS) == set(FindingKind)
    assert {finding.kind for finding, _ in FINDINGS} == set(FindingKind)


def test_what_a_service_answers_is_no_format() -> None:
    """Braces in what came stay as they are: they are filled in, and nothing is filled into them."""
    finding = Finding(FindingKind.VALUE_CHANGED, 200, "{x}", expected='"{status}"', observed="{0}")
    assert finding_sentence(finding) == '200 answered with {x} {0}, sent as "{status}"'


# --- what is missing --------------------------------------------------------------------------------------------------

MANY = (("404", 12), ("no HTTP came", 2), ("429", 1))
MISSING: list[tuple[MissingEvidence, str]] = [
    (
        withheld("an answer with 200", "404", asked=12),
        "an answer with 200 was withheld: of 12 valid requests: 12 answered 404",
    ),
    (
        MissingEvidence(
            Missing.WITHHELD, "a refusal of spec", expect=Expect.REFUSED, asked=15, answers=MANY
        ),
        "a refusal of spec was withheld: of 15 broken requests: 12 answered 404, 2 no HTTP came, 1 answered 429",
    ),
    (
        withheld("a refusal", "200", expect=Expect.UNAUTHENTICATED, asked=5),
        "a refusal was withheld: of 5 requests without valid credentials: 5 answered 200",
    ),
    (
        withheld("an answer", expect=Expect.UNKNOWN),
        "an answer was withheld: no requests for unknown ids could be sent",
    ),
    (
        withheld("an answer", "200", expect=Expect.ANY, asked=1),
        "an answer was withheld: of 1 requests: 1 answered 200",
    ),
    (MissingEvidence(Missing.NOTHING_SENT), "nothing was sent"),
    (MissingEvidence(Missing.NO_ANSWER_CONCERNED), "no answer came that it is about"),
    (
        MissingEvidence(Missing.NOTHING_BETWEEN),
        "nothing lies between the run and this target",
    ),
    (MissingEvidence(Missing.NO_SUCH_STATUS, "402"), "no answer had status 402"),
    (MissingEvidence(Missing.NO_SUCH_MEMBER, "spec.owner"), "no answer had spec.owner"),
    (MissingEvidence(Missing.NO_SUCH_ERROR_MEMBER, POINTER), f"no error had {POINTER}"),
    (MissingEvidence(Missing.MEMBER_OPTIONAL, "id"), "id is optional, and no answer had it"),
    (MissingEvidence(Missing.NO_ERROR_HAD_IT), "no answer had this"),
    (MissingEvidence(Missing.NO_ERROR_CARRIED_IT), "no error carried it"),
    (MissingEvidence(Missing.NO_PROBLEM_STATUS), "no problem had a status"),
    (MissingEvidence(Missing.UNPROVOKABLE, "402"), "402 cannot be provoked from outside"),
    (
        MissingEvidence(Missing.METHODS_NEVER_SENT),
        "405 cannot be provoked: undeclared methods are never sent",
    ),
    (MissingEvidence(Missing.NO_EXAMPLE), "the document shows no example"),
    (
        MissingEvidence(Missing.NO_SUCH_MEDIA_TYPE, "application/hal+json"),
        "no answer was sent as application/hal+json",
    ),
    (
        MissingEvidence(Missing.BODY_NOT_JUDGED, "application/xml"),
        "bodies of application/xml are not judged beyond status and media type",
    ),
    (
        MissingEvidence(Missing.NO_VALID_BODY),
        "no body is known that the schema allows: none could be sent",
    ),
    (
        MissingEvidence(Missing.NO_VALUE_NAMED, "the query parameter size"),
        "the document names no value of the query parameter size that could be tried",
    ),
    (
        MissingEvidence(Missing.NO_SUCH_REQUEST),
        "no request that could be sent breaks only this",
    ),
    (
        MissingEvidence(Missing.ENDS_RESOURCES),
        "a deletion is not tried in many ways: what is accepted ends something",
    ),
    (
        MissingEvidence(Missing.REFUSALS_ONLY),
        "beside its life, only what must be refused is sent of it",
    ),
    (
        MissingEvidence(Missing.CREDENTIALS_NOT_SET, "KEY, SECRET"),
        "not all of KEY, SECRET are set in the environment",
    ),
    (
        MissingEvidence(Missing.NO_429),
        "no answer was 429; --contract-throttle exhausts the rate limit",
    ),
    (
        MissingEvidence(Missing.LIMIT_NOT_EXHAUSTED),
        "the limit was not exhausted; --contract-throttle does",
    ),
    (
        MissingEvidence(Missing.NO_WAIT_AS_ASKED),
        "no request was sent after a wait as long as a 429 asked for",
    ),
    (
        MissingEvidence(Missing.HEADERS_NOT_PROMISED, f"{LIMIT}, {LEFT}"),
        f"no answer had {LIMIT}, {LEFT}, and the document promises none",
    ),
    (MissingEvidence(Missing.HEADERS_UNREADABLE, LIMIT), f"no answer had a readable {LIMIT}"),
    (
        MissingEvidence(Missing.NO_STRUCTURED_FIELDS),
        "no answer had RateLimit or RateLimit-Policy",
    ),
    (
        MissingEvidence(Missing.NOT_RETURNED_AFTER_SENDING, "id"),
        "no answer had id after it was sent",
    ),
    (MissingEvidence(Missing.NOT_COMPARED), "no two answers could be compared"),
    (MissingEvidence(Missing.NO_EMPTY_UPDATE), "no empty update followed an answer"),
    (MissingEvidence(Missing.NOTHING_AFTER_REFUSAL), "no answer followed a refused request"),
    (MissingEvidence(Missing.NO_UPDATE_TWICE), "no update was sent twice"),
    (
        MissingEvidence(Missing.NOT_SHOWN_AROUND, "id"),
        "no answer showed id before and after another value was sent",
    ),
    (
        MissingEvidence(Missing.NO_FRESH_TIME, "updated"),
        "no updated that an update just set was left to hold against Date",
    ),
    (MissingEvidence(Missing.NO_TIME_STAMPS), "no answer had the time stamps"),
    # the life of a resource
    (
        MissingEvidence(Missing.NOT_READ_AFTERWARDS, "create"),
        "nothing that tells was asked for after a create",
    ),
    (
        MissingEvidence(Missing.NO_PROGRESS, "202"),
        "no 202 led to a documented read that tells when it is done",
    ),
    (
        MissingEvidence(Missing.NO_DEFAULT_SHOWN),
        "no answer showed a member with a default that was not sent",
    ),
    (
        MissingEvidence(Missing.NO_LOCATION),
        "no answer to a create had the Location of what it made",
    ),
    (
        MissingEvidence(Missing.NO_PAGE_LINK, "prev"),
        "no page of several had the link prev",
    ),
    (
        MissingEvidence(Missing.NOT_LISTED_IN_PARTS),
        "no list of what the run made came in parts",
    ),
    (
        MissingEvidence(Missing.NO_TAG),
        "no request could be sent on the condition of an entity tag",
    ),
    (
        MissingEvidence(Missing.NOT_LISTED_WHOLE),
        "no list that must show all came after a create",
    ),
    (MissingEvidence(Missing.NOTHING_LISTED), "no list had anything in it"),
    (MissingEvidence(Missing.ONE_PARENT), "no list of another parent was asked for"),
    (MissingEvidence(Missing.NOTHING_DELETES), "the document has no operation that deletes one"),
    (
        MissingEvidence(Missing.NOTHING_CREATES),
        "the document has no operation that makes another",
    ),
    (MissingEvidence(Missing.IDS_CHOSEN), "whoever creates one chooses its id"),
    (MissingEvidence(Missing.ONE_ALONE), "there is one alone, and none of its kind beside it"),
    (MissingEvidence(Missing.NO_PARENT_ENDED), "no parent with something in it was deleted"),
    (
        MissingEvidence(Missing.NO_PARENT_AROUND, "delete"),
        "no parent was read before and after a delete",
    ),
    (
        MissingEvidence(Missing.PARENT_NOT_READ),
        "no answer showed a parent beside the list of what lies in it",
    ),
    (MissingEvidence(Missing.NOT_CREATED_TWICE), "no two were created"),
    (
        MissingEvidence(Missing.NOT_CREATED_AFTER_DELETE),
        "nothing was created after a delete",
    ),
    (
        MissingEvidence(Missing.NOT_CREATED_ON_KEY),
        "no PUT was seen to create anything, or to replace what was there",
    ),
    (MissingEvidence(Missing.NOT_SHOWN), "no answer showed the resource"),
    (
        MissingEvidence(Missing.NOT_SEEN_TWICE),
        "no two answers showed one resource with only reads between them",
    ),
    (
        MissingEvidence(Missing.NO_GET_BESIDE_HEAD),
        "no HEAD was answered beside a GET of the same path",
    ),
    (MissingEvidence(Missing.NOTHING_LEFT_OUT), "no replace left out what had been there"),
    (
        MissingEvidence(Missing.NO_SIBLING, "delete"),
        "no other of its kind was seen before and after a delete",
    ),
    (MissingEvidence(Missing.NOT_DELETED_TWICE), "nothing was deleted twice"),
    (
        MissingEvidence(Missing.NO_OTHER_PRINCIPAL, "KEY"),
        "no second principal, who has nothing to do with the first: set KEY in the environment",
    ),
    (
        MissingEvidence(Missing.OTHER_LACKS_SCOPE, "KEY"),
        "the second principal was refused for a scope that it lacks, which tells nothing of whose "
        "the resource is: give KEY the scopes of the first",
    ),
    (
        MissingEvidence(Missing.OTHER_LET_IN_NOWHERE, "KEY"),
        "of what this run asked, the second principal was let in nowhere, not even to a list or "
        "one of its own: hold all operations of the resource, or check what is in KEY",
    ),
    (
        MissingEvidence(Missing.NOT_ASKED_BY_OTHER),
        "the second principal could ask for nothing of this kind",
    ),
    # the wire
    (
        MissingEvidence(Missing.UNREADABLE, "br"),
        "what came could not be read, being in the content coding br",
    ),
    (MissingEvidence(Missing.NOT_KEPT_OPEN), "no connection was kept open"),
    (
        MissingEvidence(Missing.ONE_CONNECTION),
        "no two connections showed the resource often enough",
    ),
    (MissingEvidence(Missing.NO_BODY_CAME), "no answer had a body"),
    (MissingEvidence(Missing.NOT_ON_THE_WIRE), "a recording does not show the wire"),
    (
        MissingEvidence(Missing.NEEDS_PROVOKING),
        "it needs provoking, and a recording is judged as it is",
    ),
    (MissingEvidence(Missing.TIMES_UNKNOWN), "the recording does not say when"),
    (
        MissingEvidence(Missing.ORDER_UNKNOWN),
        "recorded requests overlap, and their order is not known",
    ),
    (MissingEvidence(Missing.NOT_RECORDED), "no recorded answer bears on it"),
    (MissingEvidence(Missing.NOT_ASKED_FOR, "give --contract-param"), "give --contract-param"),
    (
        MissingEvidence(Missing.NO_CREDENTIALS, "A and B, or C"),
        "no credentials: set A and B, or C in the environment",
    ),
    (MissingEvidence(Missing.HELD_BACK, "the budget is spent"), "the budget is spent"),
    (
        MissingEvidence(Missing.FELL_SILENT, "http://127.0.0.1:9", asked=3, answers=(("502", 3),)),
        "502 from http://127.0.0.1:9, 3 times",
    ),
    (
        MissingEvidence(Missing.THROTTLED_AGAIN, "429"),
        "429 was answered again and again, after waiting as long as it said",
    ),
    (
        MissingEvidence(Missing.NO_CONNECTION, "http://h:1", answers=(("no connection (x)", 1),)),
        "http://h:1 cannot be reached: no connection (x)",
    ),
    (
        MissingEvidence(Missing.TLS_REFUSED, "https://h:1", answers=(("no connection (x)", 1),)),
        "https://h:1 cannot be reached over TLS: no connection (x)",
    ),
    (
        MissingEvidence(Missing.CREDENTIALS_REFUSED, "A and B", answers=(("401", 1),)),
        "401 answered to the credentials of the environment",
    ),
    (
        MissingEvidence(Missing.UNKNOWN_RESOURCE, "http://h/a/1", answers=(("404", 1),)),
        "404 answered to http://h/a/1: the target has no such resource",
    ),
    (
        MissingEvidence(Missing.NOT_MADE, "carts", asked=5, answers=(("403", 5),)),
        "none of carts could be made to hold this on: of 5 creates: 5 answered 403",
    ),
    (
        MissingEvidence(Missing.NOTHING_SERVED, "http://h/a/1", answers=(("404", 1),)),
        "404 answered to http://h/a/1, and not in the documented form",
    ),
    (MissingEvidence(Missing.NOT_JUDGED, "a::b"), "nobody could be judged: see a::b"),
]


@pytest.mark.parametrize(("missing", "said"), MISSING, ids=[said for _, said in MISSING])
def test_what_is_missing_is_told_in_these_words(missing: MissingEvidence, said: str) -> None:
    """The sentence says why no evidence came, and where somebody could bring it about, how."""
    assert missing_sentence(missing) == said


def test_each_kind_of_missing_evidence_has_a_sentence_and_an_example() -> None:
    """No kind is without words, and this table shows each of them."""
    assert set(sentences.MISSING) == set(MissingKind)
    assert {missing.kind for missing, _ in MISSING} == set(MissingKind)


def test_another_subject_may_stand_in_the_place_of_its_own() -> None:
    """What several clauses share is told of *it*."""
    missing = MissingEvidence(MissingKind.NOT_SHOWN_AROUND, "spec.id")
    said = "no answer showed it before and after another value was sent"
    assert missing_sentence(missing, subject="it") == said
    assert missing_sentence(withheld("a"), subject="it").startswith("it was withheld: ")


# --- a ruling ---------------------------------------------------------------------------------------------------------

CLAUSE = make_clause("answered")
SILENCE = Finding(FindingKind.NOT_ANSWERED, observed="no HTTP came")
OFTEN = make_broken(CLAUSE, SILENCE, answered(0, failure="no HTTP came"))
SEEN: dict[str, dict[str, Any]] = {
    "3 of 9 answers": {},
    "3 of 9 answers; what was fine before is broken since: spec is 7": {"since": "spec is 7"},
    "3 of 9 answers, and not again in 7 tries": {"vain_tries": 7},
    "3 of 9 answers; what was fine before is broken since: spec is 7, and not again in 7 tries": {
        "since": "spec is 7",
        "vain_tries": 7,
    },
    "3 of 9 recorded answers": {"recorded": True},
    "in the document itself": {"exchange": None},
}


@pytest.mark.parametrize("said", SEEN)
def test_how_often_it_was_seen_is_told(said: str) -> None:
    """A number of answers, since when, and whether it showed again; or that the document itself is wrong."""
    more = dict(SEEN[said])
    exchange = more.pop("exchange", OFTEN.exchange)
    assert seen_sentence(make_broken(CLAUSE, SILENCE, exchange, **more)) == said


def test_what_came_of_a_clause_is_told_in_one_sentence() -> None:
    """What came where something did, else why nothing did; the reason of a waiver where it is waived."""
    unseen = make_unexercised(CLAUSE, MissingEvidence(MissingKind.NOTHING_SENT))
    assert (outcome_sentence(OFTEN), reason_sentence(OFTEN)) == ("no answer: no HTTP came", "")
    assert outcome_sentence(unseen) == reason_sentence(unseen) == "nothing was sent"
    borne = make_broken(CLAUSE, SILENCE, waived="known (us, until 2030-01-01)")
    assert reason_sentence(borne) == "known (us, until 2030-01-01)"
    assert borne.verdict is Verdict.BROKEN


def test_a_failure_speaks_in_its_order() -> None:
    """What came; what was promised, and where; the request as curl; the answer; how often; how to see it again."""
    finding = Finding(FindingKind.HEADER_MISSING, 404, "X-Request-Id")
    lost = Finding(
        FindingKind.MEDIA_TYPE_WRONG, 404, expected="application/json", observed=("a/b",)
    )
    pages = Shape(404, "a/b", lost.kind, 2, lost, None)
    ruling = make_broken(CLAUSE, finding, answered(404))
    lines = block.failure_block(replace(ruling, shapes=(pages, pages)), "pytest that").splitlines()
    assert lines[0] == "404 answered without X-Request-Id"
    assert lines[1].startswith("  to mend:  set X-Request-Id wherever ")
    assert lines[2] == "  promised: it is as it should be (specs/made-up.yaml:7)"
    assert lines[3].startswith("  request:  curl -X ")
    assert lines[4:] == [
        "  answer:   404 {}",
        "  seen:     3 of 9 answers",
        "  also:     2 × 404 a/b: 404 answered as a/b, not application/json",
        "  again:    pytest that",
    ]
    owed = make_unexercised(CLAUSE, withheld("an answer"))
    assert block.failure_block(owed, "pytest that").splitlines() == [
        "not exercised: an answer was withheld: no valid requests could be sent",
        "  to mend:  take what the document allows: nothing else can be judged before",
        lines[2],
        "  again:    pytest that",
    ]
