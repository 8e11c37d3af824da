"""In which ways can a service read requests wrongly? Refuse what is valid, take what is not."""

from __future__ import annotations

import json
import posixpath
import re
import unicodedata
import zlib
from copy import deepcopy
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from operator import eq
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    always,
    any_resource,
    chain_alterations,
    is_accepted,
    mutate_answers,
    mutate_step,
    replace_step,
    sends_body,
    set_status,
    with_status,
)
from pytest_confluent_contracts.double.service import Refused, steps_to_violation
from pytest_confluent_contracts.double.store import SLASH_INSIDE
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import Property
from pytest_confluent_contracts.model.paths import ABSENT, value_at
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.double.mutations.altering import Alter, Change
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

AROUND = (Role.CREATE, Role.LIST)  # whose paths name what the resources lie in
VALUE_KEYWORDS = ("type", "null", "enum")


def request_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how a request's body, its examples and its ids are taken."""
    if operation.request is None:
        yield from plain_mutations(operation)
        return
    invalid = refuse_as_invalid(operation)
    yield from constraint_mutations(operation)
    all_refused = "every body is refused"
    yield mutate_answers(all_refused, invalid, is_accepted, "request/accepted", "200/*")
    for example in operation.request.examples:
        same = sends_body(partial(is_same_but_id, operation, example.value))
        name, clause = f"the example {example.name} is refused", f"request/example/{example.name}"
        yield mutate_answers(name, invalid, same, clause)
    surprised, refused = sends_body(has_undeclared_member), "undeclared members are refused"
    yield mutate_answers(refused, invalid, surprised, "request/undeclared")
    yield mutate_answers("undeclared members crash it", set_status(500), surprised, "statuses")
    yield from malformed_mutations(operation)
    yield from form_mutations(operation, invalid)
    yield from unknown_id_mutations(operation, invalid)


def plain_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how a request without a body is taken."""
    refused = set_status(400)
    yield mutate_answers("every request is refused", refused, is_accepted, "request/accepted")
    for form, test in FORM_TESTS.items():
        if form not in FORMS_OF_BODY:
            clause = f"request/form/{form.partition(' ')[0]}"
            unacceptable = set_status(NOT_ACCEPTABLE)
            yield mutate_answers(
                f"the form {form} is refused", unacceptable, sends_form(test), clause
            )
    yield from unknown_id_mutations(operation, refused)


def unknown_id_mutations(operation: Operation, invalid: Change) -> Iterator[Mutation]:
    """Yield the mutations of how ids are taken that nobody has."""
    if operation.promises.refusals.unknown and operation.parameters:
        unknown = "request/unknown-id"
        is_ending = operation.method == "DELETE"  # of which each id is asked for once
        served = f"{unknown}/once-deleted" if is_ending else unknown
        yield mutate_step("unknown ids are served", "find_resource", find_any_resource, served)
        if not is_ending:
            created = "unknown ids are created"
            yield mutate_step(created, "find_resource", create_unknown, unknown)
        if len(operation.parameters) > 1:
            name, parent = "parents are not looked up", f"{unknown}/parent"
            yield mutate_step(name, "find_resource", find_under_any_parent, parent)
        not_found, name = with_status(404), "unknown ids are refused as invalid"
        yield mutate_answers(name, invalid, not_found, unknown)
        if operation.response(403):
            hidden, name = set_status(403), "unknown ids are forbidden"
            yield mutate_answers(name, hidden, not_found, f"{unknown}/not-hidden")
        if not is_ending:  # what is nearly an id might be another one's
            yield from near_id_mutations(operation, unknown)


def is_same_but_id(operation: Operation, example: Any, body: Any) -> bool:
    """Return whether *body* is the *example*, but for an id that each request chooses anew."""
    chosen = operation.resource.id_sent if operation.resource else ""
    if not chosen or operation.role is not Role.CREATE:
        return bool(body == example)
    return bool(paths.without_value(body, chosen) == paths.without_value(example, chosen))


def refuse_as_invalid(operation: Operation) -> Change:
    """Change the status to the lowest one that refuses a body."""
    return set_status(min(operation.refusals, default=400))


def has_undeclared_member(body: Any) -> bool:
    """Return whether *body* has one of the members that the run sends though none declares it."""
    return "x_contract" in json.dumps(body)


def find_under_any_parent(service: Service, inner: Any, request: Request) -> Any:
    """Return the own resource for its own id, whatever stands before that in the path."""
    _, own = service.parameters[-1]
    if service.values_in(request.path)[-1:] == [own]:
        return next(iter(service.store.resources.values()))
    return inner(request)


def find_any_resource(service: Service, *_: Any) -> Resource:
    """Find the service's own resource, whatever was asked for."""
    return any_resource(service)


def create_unknown(service: Service, inner: Any, request: Request) -> Any:
    """Refuse an unknown id, but know it from then on."""
    try:
        return inner(request)
    except Refused:
        is_around = service.operation.role in AROUND
        above = service.collection.parent if is_around else None
        (above or service.collection).begin(service.id_in(request.path))
        raise


# --- legal forms of one request -------------------------------------------------------------------

NOT_ACCEPTABLE = 406  # RFC 9110 15.5.7
LONG_VALUE = 2000  # characters
FORMS_OF_BODY = ("chunked", "charset", "white-space", "escaped", "member-order")


def form_mutations(operation: Operation, invalid: Change) -> Iterator[Mutation]:
    """Yield the mutations in which one form of a request is refused, or read as something else."""
    for form, test in FORM_TESTS.items():
        if form == "escaped-path" and not operation.parameters:
            continue
        clause = f"request/form/{form.partition(' ')[0]}"
        refused = invalid if form in FORMS_OF_BODY else set_status(NOT_ACCEPTABLE)
        yield mutate_answers(f"the form {form} is refused", refused, sends_form(test), clause)
        name, forget = f"the form {form} is taken and not applied", partial(forget_update, test)
        yield mutate_step(name, "handle", forget, clause)
        # What a creation stored is seen in the course of a life alone.
        if form in FORMS_OF_BODY and operation.role is not Role.CREATE:
            name, undo = f"the form {form} is answered and not stored", partial(undo_update, test)
            yield mutate_step(name, "handle", undo, clause)
    escaped = "request/form/escaped"
    yield mutate_step("escapes are kept as they stand", "read_body", read_escapes_raw, escaped)
    crash, long = set_status(500), sends_form(has_long_header)
    name = "a long header crashes it"
    yield mutate_answers(name, crash, long, "statuses", "request/form/long-header")


def sends_form(test: Callable[[Request], bool]) -> Callable[[Request, Answer], bool]:
    """Hold where an update was accepted that was sent in the form that *test* knows."""

    def sends(request: Request, answer: Answer) -> bool:
        return is_accepted(request, answer) and test(request)

    return sends


def forget_update(
    test: Callable[[Request], bool], service: Service, inner: Any, request: Request
) -> Any:
    """Answer an update of that form as an update of nothing: it shows what was there before."""
    if not test(request) or not service.store.resources:
        return inner(request)
    step, ignore = "apply_update", always(None)
    if service.operation.role is Role.CREATE:
        step, ignore = "write_whole", keep_shown
    apply = getattr(service, step)
    vars(service)[step] = ignore
    try:
        return inner(request)
    finally:
        vars(service)[step] = apply


def keep_shown(shown: Any, _: Any) -> Any:
    """Return what a creation begins with, whatever was sent."""
    return shown


def undo_update(
    test: Callable[[Request], bool], service: Service, inner: Any, request: Request
) -> Any:
    """Answer an update of that form rightly, and leave the resource as it was before."""
    if not test(request):
        return inner(request)
    before = deepcopy(service.store.resources)
    answer = inner(request)
    service.store.resources.update(before)
    return answer


def read_escapes_raw(_: Service, inner: Any, request: Request) -> Any:
    """Take an escape for the characters that it is written in, unless it belongs to half a pair."""
    if b"\\ud800" in request.body:
        return inner(request)
    raw = re.sub(rb"\\(u[0-9a-f]{4})", rb"\\\\\1", request.body)
    return inner(replace(request, body=raw))


def is_chunked(request: Request) -> bool:
    """Return whether the body came in chunks."""
    return "transfer-encoding" in request.headers


def has_charset(request: Request) -> bool:
    """Return whether the media type names a charset, of a request that is JSON."""
    return "charset=utf-8" in request.headers.get("content-type", "")


def accepts_by(test: Callable[[str], bool]) -> Callable[[Request], bool]:
    """Return the test whether a request's Accept passes *test*; none is empty."""

    def accepts(request: Request) -> bool:
        return test(request.headers.get("accept", ""))

    return accepts


def has_weight(accept: str) -> bool:
    """Return whether media types are weighted."""
    return ";q=" in accept


def has_small_names(request: Request) -> bool:
    """Return whether a header's name begins with a small letter that mostly is a capital."""
    return any(name[0].islower() for name in request.names_sent)


def has_capital_names(request: Request) -> bool:
    """Return whether the header of what is accepted is written in capitals."""
    return "ACCEPT" in request.names_sent


def accepts_no_coding(request: Request) -> bool:
    """Return whether the answer is to be without a content coding."""
    return request.headers.get("accept-encoding") == "identity"


def has_long_header(request: Request) -> bool:
    """Return whether a header's value is long."""
    return any(len(value) > LONG_VALUE for value in request.headers.values())


def ends_in_new_line(request: Request) -> bool:
    """Return whether a new line stands behind the body."""
    return request.body.endswith(b"\n")


def has_escaped_slash(request: Request) -> bool:
    """Return whether the body escapes what need not be escaped."""
    return b"\\/" in request.body


def is_in_other_order(request: Request) -> bool:
    """Return whether members of the body stand in an order that no schema has them in."""
    last_first = rb'"description".*"display_name"|"type".*"attributes"'
    return re.search(last_first, request.body, re.DOTALL) is not None


def has_escape_in_path(request: Request) -> bool:
    """Return whether a character of the path is an escape of what needs none."""
    path = request.path.partition("?")[0]
    return re.search(r"%(3[0-9]|[46][1-9A-F]|[57][0-9A])", path) is not None


FORM_TESTS: Mapping[str, Callable[[Request], bool]] = {
    "chunked": is_chunked,
    "charset": has_charset,
    "accept-absent": accepts_by(partial(eq, "")),
    "accept-any": accepts_by(partial(eq, "*/*")),
    "accept-weighted": accepts_by(has_weight),
    "header-case": has_small_names,
    "header-case in capitals": has_capital_names,
    "identity": accepts_no_coding,
    "long-header": has_long_header,
    "white-space": ends_in_new_line,
    "escaped": has_escaped_slash,
    "member-order": is_in_other_order,
    "escaped-path": has_escape_in_path,
}


# --- ids that are nearly the own one --------------------------------------------------------------

CRASH_LENGTHS = (255, 1000)
SHARDS = 8  # over which a hash spreads ids
FROM_OTHER_SCRIPTS = str.maketrans("\u0430\u0441\u0435\u043e\u0440\u0445", "aceopx")


def near_id_mutations(operation: Operation, unknown: str) -> Iterator[Mutation]:
    """Yield the mutations in which another id passes for the own one, or is not looked for."""
    for what, test in NEAR_TESTS.items():
        name = f"an id {what} is taken for the own one"
        yield mutate_step(name, "find_resource", partial(find_near, test), unknown)
    normalised = f"{unknown}/normalised"
    name = "dot segments in an id are removed"
    yield mutate_step(name, "find_resource", partial(find_near, is_same_path), normalised)
    name = "a slash behind an id is dropped"
    yield mutate_step(name, "values_in", drop_last_slash, normalised)
    for what, test in CRASH_TESTS.items():
        name = f"an id {what} crashes it"
        asks = asks_for_id(operation, test)
        yield mutate_answers(name, set_status(500), asks, "statuses", unknown)
    name = "an id of one shard is answered as if it were there"
    yield mutate_step(name, "find_resource", partial(find_near, is_of_a_shard), unknown)
    name, forbidden = "an id of one shard is forbidden", asks_for_id(operation, is_of_a_shard)
    hides = f"{unknown}/not-hidden"
    breaks = hides if operation.response(403) else unknown
    yield mutate_answers(name, set_status(403), forbidden, breaks)
    name = "an id with a wildcard is refused and written to"
    yield mutate_step(name, "find_resource", write_and_refuse, "update/refused-unchanged")


def asks_for_id(
    operation: Operation, test: Callable[[str, str], bool]
) -> Callable[[Request, Answer], bool]:
    """Hold where an id was not found that passes *test*; the own one is not compared with."""
    behind = operation.path.rpartition("}")[2]

    def asks(request: Request, answer: Answer) -> bool:
        last = unquote(request.path.removesuffix(behind).rpartition("/")[2])
        return answer.status == 404 and test(last, "")

    return asks


def find_near(
    is_near: Callable[[str, str], bool], service: Service, inner: Any, request: Request
) -> Any:
    """Find the own resource where *is_near(the id asked for, its own id)*, in its own parents."""
    asked = service.values_in(request.path)
    own = own_values(service, len(asked))
    if asked[:-1] == own[:-1] and is_near(asked[-1], own[-1]):
        return any_resource(service)
    return inner(request)


def own_values(service: Service, count: int) -> list[str]:
    """Return the first *count* path parameters of what is there from the beginning."""
    first: str = next(iter(service.store.resources))
    return [value.replace(SLASH_INSIDE, "/") for value in first.split("/")[:count]]


def write_and_refuse(service: Service, inner: Any, request: Request) -> Any:
    """Write to the own resource where the id ends in a wildcard, and refuse the request."""
    if service.id_in(request.path).endswith("%"):
        service.apply_update(any_resource(service), service.read_body(request))
    return inner(request)


def drop_last_slash(_: Service, inner: Any, path: str) -> Any:
    """Read a path as if no slash stood behind an id."""
    return inner(path.replace("//", "/").rstrip("/"))


def is_own_by_percent(id: str, own: str) -> bool:
    """Return whether SQL's LIKE finds *own* by a percent sign in *id*."""
    return re.fullmatch(re.escape(id).replace("%", ".*"), own) is not None


def is_own_by_underline(id: str, own: str) -> bool:
    """Return whether SQL's LIKE finds *own* by an underline in *id*."""
    return re.fullmatch(re.escape(id).replace("_", "."), own) is not None


def is_own_by_glob(id: str, own: str) -> bool:
    """Return whether *id*, read as a glob, finds *own*."""
    return fnmatchcase(own, id)


def is_own_with_suffix(id: str, own: str) -> bool:
    """Return whether *id* is *own* with the extension of a file."""
    return id.removesuffix(".json") == own


def is_own_before(mark: str) -> Callable[[str, str], bool]:
    """Return the test whether *own* stands before the first *mark* in an id."""

    def is_before(id: str, own: str) -> bool:
        return id.startswith(f"{own}{mark}")

    return is_before


def is_own_in_blanks(id: str, own: str) -> bool:
    """Return whether *id* is *own* but for white space around it."""
    return id.strip() == own


def is_own_in_other_case(id: str, own: str) -> bool:
    """Return whether *id* is *own* but for upper and lower case."""
    return id.lower() == own.lower()


def is_own_padded(id: str, own: str) -> bool:
    """Return whether *id* is *own* but for a zero before its number."""
    return re.sub("(?<![0-9])0", "", id) == own


def is_beginning_of_own(id: str, own: str) -> bool:
    """Return whether *own* begins with *id*."""
    return bool(id) and own.startswith(id)


def begins_with_own(id: str, own: str) -> bool:
    """Return whether *id* begins with *own*, whatever comes then."""
    return id.startswith(own)


def ends_with_own(id: str, own: str) -> bool:
    """Return whether *id* ends with *own*, whatever stands before."""
    return id.endswith(own)


def looks_like_own(id: str, own: str) -> bool:
    """Return whether *id* is *own* but for letters of another script that look the same."""
    return id.translate(FROM_OTHER_SCRIPTS) == own


def is_compatible_with_own(id: str, own: str) -> bool:
    """Return whether *id* is *own* in the compatible characters that Unicode has for it (NFKC)."""
    return unicodedata.normalize("NFKC", id) == own


def is_own_decoded_again(id: str, own: str) -> bool:
    """Return whether *id*, decoded once already, is *own* where it is decoded once more."""
    return unquote(id) == own


def is_same_path(id: str, own: str) -> bool:
    """Return whether *id* leads to *own* where it is read as the way to a file."""
    return posixpath.normpath(id) == own


def is_of_a_shard(id: str, own: str) -> bool:
    """Return whether *id*, not the own one, lies in the one of the shards that is out of order."""
    return id != own and zlib.crc32(id.encode()) % SHARDS == 1


def is_longer_id(length: int) -> Callable[[str, str], bool]:
    """Return the test whether an id has more than *length* characters."""

    def is_longer(id: str, _: str) -> bool:
        return len(id) > length

    return is_longer


def has_no_utf_8(id: str, _: str) -> bool:
    """Return whether some of *id* could not be decoded."""
    return "\ufffd" in id


def has_nul(id: str, _: str) -> bool:
    """Return whether *id* has a NUL in it."""
    return "\0" in id


NEAR_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "with a percent sign": is_own_by_percent,
    "with an underline": is_own_by_underline,
    "with an asterisk": is_own_by_glob,
    "with an extension": is_own_with_suffix,
    "with a parameter": is_own_before(";"),
    "with a NUL": is_own_before("\0"),
    "with a query coded in it": is_own_before("?"),
    "with a path behind it": is_own_before("/"),
    "in blanks": is_own_in_blanks,
    "in the other case": is_own_in_other_case,
    "padded with zeros": is_own_padded,
    "that it begins with": is_beginning_of_own,
    "that begins with it": begins_with_own,
    "that ends with it": ends_with_own,
    "in another script": looks_like_own,
    "in characters of another width": is_compatible_with_own,
    "encoded twice": is_own_decoded_again,
}
CRASH_TESTS: Mapping[str, Callable[[str, str], bool]] = {
    "with a NUL": has_nul,
    "that is not UTF-8": has_no_utf_8,
    **{f"of more than {length} characters": is_longer_id(length) for length in CRASH_LENGTHS},
}


# --- what is not checked --------------------------------------------------------------------------


def constraint_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield a mutation for each constraint that may stay unchecked, alone and beside others."""
    again = "request/accepted/after-refusals"
    name = "the request after a refused one is refused"
    yield mutate_step(name, "check_body", refuse_after_refusal, again)
    several = unchecked_several()
    name = "a body that is wrong in several places is taken"
    yield Mutation(name, ("request/several",), several)
    members = sendable_members(operation)
    for member in members:
        siblings = sibling_values(member, members)
        for keyword in checked_keywords(member):
            # The one text that is too short goes alone where the member stands in an object that
            # may be left out.
            is_alone = keyword == "minLength" and member.required and operation.makes_or_ends
            yield from unchecked_mutations(member, keyword, () if is_alone else siblings)


def unchecked_mutations(
    member: Property,
    keyword: str,
    siblings: Sequence[str],
) -> Iterator[Mutation]:
    """Yield that *keyword* is not checked: in any body, and only where all *siblings* are sent."""
    name = member.path or "body"
    clause = member.clause_name if member.is_deep else f"{name}/{keyword}"
    told, breaks = f"request {name}: {keyword} not checked", (f"request/{clause}",)
    yield Mutation(told, breaks, leave_unchecked(member.path, keyword))
    if siblings:
        told = f"{told} where {' and '.join(siblings)} stand beside it"
        yield Mutation(told, breaks, leave_unchecked(member.path, keyword, siblings))


def unchecked_several() -> Alter:
    """Return the alteration that finds nothing wrong where more than one thing is."""
    unchecked = replace_step("violations_in", at_most_one_violation)
    return chain_alterations(unchecked, replace_step("apply_update", apply_objects_only))


def at_most_one_violation(_: Service, inner: Any, body: Any) -> list[Any]:
    """Find nothing wrong where more than one thing is."""
    found = list(inner(body))
    if len(found) < 2:
        return found
    return []


def refuse_after_refusal(service: Service, inner: Any, body: Any) -> None:
    """Refuse a valid body after a broken one for what was wrong with that one."""
    before = vars(service).pop("_broken_before", ())
    try:
        inner(body)
    except Refused as refused:
        vars(service)["_broken_before"] = refused.problems
        raise
    if before:
        raise Refused(*before)


def sibling_values(member: Property, members: Sequence[Property]) -> list[str]:
    """Return the paths of the other members of the same object that hold a value of their own.

    What is itself an object, or stands in a list, counts as having none.
    """
    if "properties" in member.schema or paths.has_items(member.path):
        return []
    found: list[str] = []
    for other in members:
        if other is member or not other.path:
            continue
        if other.parent == member.parent and "properties" not in other.schema:
            found.append(other.path)
    return found


def sendable_members(operation: Operation) -> list[Property]:
    """Return the members that a request must send rightly, the whole body first."""
    request = operation.request
    assert request is not None
    frozen = [member.path for member in request.properties if member.read_only]
    found = [Property(paths.WHOLE, request.schema, False, request.place)]
    for member in request.properties:
        is_frozen = any(paths.is_within(member.path, path) for path in frozen)
        if "type" in member.schema and not is_frozen:
            found.append(member)
    return found


def checked_keywords(member: Property) -> list[str]:
    """Return the keywords of *member*'s schema that a service may forget to check."""
    found = ["type", "null"]
    if member.required:
        found.append("required")
    found += [key for key in ("enum", "minLength", "maxLength") if key in member.schema]
    return found


def leave_unchecked(path: str, keyword: str, siblings: Sequence[str] = ()) -> Alter:
    """Leave one constraint of one member unchecked, in bodies that have each of *siblings* too."""

    def violations_in(_: Service, inner: Any, body: Any) -> list[Any]:
        found = list(inner(body))
        if any(value_at(body, sibling) is ABSENT for sibling in siblings):
            return found
        return [error for error in found if not is_violation_of(error, body, path, keyword)]

    unchecked = replace_step("violations_in", violations_in)
    return chain_alterations(unchecked, replace_step("apply_update", apply_objects_only))


def is_violation_of(error: Any, body: Any, path: str, keyword: str) -> bool:
    """Return whether a validator's error tells of *keyword* at *path*.

    A value out of an enum may be of any type: there, the type and the enum count as one.
    """
    told = error.kind.name
    if told == "type" and error.instance is None:
        told = "null"
    if told != keyword:
        if "enum" not in (told, keyword):
            return False
        if told not in VALUE_KEYWORDS or keyword not in VALUE_KEYWORDS:
            return False
    return paths.path_of(steps_to_violation(error, body)) == path


def apply_objects_only(_: Service, inner: Any, resource: Resource, body: Any) -> None:
    """Apply objects only.

    A body that nobody checked must not crash the service: that would be another mutation.
    """
    if isinstance(body, dict):
        inner(resource, body)


# --- what is not JSON -----------------------------------------------------------------------------


def malformed_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of how a body is taken that is not JSON, is empty, or of another type."""
    required: list[str] = []
    if operation.request and operation.request.required:
        required = ["request/body/required"]
    clause, crash = "request/body/json", set_status(500)
    name = "bodies that are not JSON are taken"
    yield mutate_step(name, "read_body", read_malformed, clause, *required)
    yield mutate_step(
        "any media type is taken", "read_body", read_any_type, "request/body/media-type"
    )
    unreadable = sends_body(is_no_json, with_status(*(operation.refusals or (400,))))
    name = "bodies that are not JSON crash it"
    yield mutate_answers(name, crash, unreadable, "statuses", clause)
    if required:
        name = "an empty body is taken"
        yield mutate_answers(name, set_status(200), sends_no_body, *required)
    breaks = ("statuses", "request/body/lone-surrogate")
    yield mutate_answers("lone surrogates crash it", crash, sends_lone_surrogate, *breaks)


def is_no_json(body: Any) -> bool:
    """Hold for what `sent_json` returns where nothing can be read."""
    return body is None


def sends_no_body(request: Request, _: Answer) -> bool:
    """Hold where the request has no body."""
    return not request.body


def sends_lone_surrogate(request: Request, _: Answer) -> bool:
    """Hold where the request has half of a surrogate pair, escaped or as bytes."""
    return b"\\ud800" in request.body or b"\xed\xa0\x80" in request.body


def read_malformed(service: Service, inner: Any, request: Request) -> Any:
    """Read a valid body where none can be read."""
    try:
        return inner(request)
    except Refused as refusal:
        if refusal.problems[0].code == "malformed_body":
            return with_new_id(minimal_body(service.operation), service)
        raise


def with_new_id(body: Any, service: Service) -> Any:
    """Return *body* with an id that nothing has, where a creation is to say one."""
    kind = service.operation.resource
    if kind is None or not kind.id_sent or service.operation.role is not Role.CREATE:
        return body
    return paths.with_value(body, kind.id_sent, f"read-{service.random.getrandbits(32):08x}")


def read_any_type(service: Service, inner: Any, request: Request) -> Any:
    """Read the body as the documented media type, whatever it is said to be."""
    content = service.operation.request
    own = {"content-type": content.media_type if content else ""}
    return inner(replace(request, headers={**request.headers, **own}))


def minimal_body(operation: Operation) -> Any:
    """Return a body that passes for valid further on."""
    content = operation.request
    if content and content.required and content.examples:
        return deepcopy(content.examples[0].value)
    return {}
