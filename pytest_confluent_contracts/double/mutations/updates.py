"""In which ways can an update go wrong? What is stored and shown, secrets, and time stamps."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    alter_each_nth_answer,
    any_resource,
    chain_alterations,
    change_text,
    change_value,
    find_value,
    insert_value,
    is_accepted,
    is_list_member,
    is_refused,
    map_texts,
    mutate_answers,
    mutate_step,
    overwrite_value,
    put_counted,
    put_value,
    replace_step,
    rewrite_value,
    sent_json,
    set_header,
)
from pytest_confluent_contracts.double.mutations.envelopes import sent_credentials, write_detail
from pytest_confluent_contracts.double.service import Refused
from pytest_confluent_contracts.double.store import (
    EPOCH,
    shown_success,
    writable_members,
)
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.documents import name_in_clauses, types_allowed
from pytest_confluent_contracts.model.moments import parse_moment
from pytest_confluent_contracts.model.paths import ABSENT, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.double.mutations.altering import Alter, Change
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.promises import Identity

NO_LEAK = "update/no-leak"
LIST_AT_MOST = 3000  # entries: a list that grows with each update must not grow for ever


# --- updates --------------------------------------------------------------------------------------


def update_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of what an update stores, and of what is shown of it.

    What becomes of one that was made is a matter of its life.
    """
    free = freely_writable_members(operation)
    if operation.makes_or_ends:
        for member in writable_members(operation):
            yield from mangled_mutations(member, is_id=member not in free)
        return
    for member in writable_members(operation):
        if member not in free:
            yield from mangled_mutations(member, is_id=True)
    for member in free:
        yield from written_mutations(member)
        if not member.required:
            yield from optional_mutations(member, operation.method)
    yield from frozen_mutations(operation)
    identity = operation.promises.identity
    if identity and identity.property:
        path, clause = identity.property, "update/id-is-path-id"
        other, upper = put_value(path, "other-0001"), change_value(path, in_upper_case)
        yield mutate_answers(f"{path} is another", other, is_accepted, clause)
        yield mutate_answers(f"{path} in upper case", upper, is_accepted, clause)
    if identity and identity.self_link:
        yield from self_link_mutations(identity)


def self_link_mutations(identity: Identity) -> Iterator[Mutation]:
    """Yield the ways in which the address of the resource can be a wrong one."""
    named, led = "update/self-addresses-resource", "update/self-path-is-request-path"
    path = identity.self_link
    for what, make in WRONG_ADDRESSES.items():
        if identity.inferred and what in OTHER_ADDRESSES:
            continue
        yield mutate_answers(f"{path} {what}", change_value(path, make), is_accepted, named)
    if identity.inferred:
        return
    newer = change_value(path, address_in_another_collection)
    yield mutate_answers(f"{path} is in another collection", newer, is_accepted, led)


def address_elsewhere(_: Any) -> str:
    """Return the address of nothing that the service has."""
    return "https://contract.example/elsewhere/1"


def address_without_host(shown: Any) -> str:
    """Return the path of the address alone."""
    return "/" + str(shown).split("/", 3)[-1]


def address_of_collection(shown: Any) -> str:
    """Return the address without its last segment."""
    return str(shown).rpartition("/")[0]


def address_with_id_in_query(shown: Any) -> str:
    """Return the address with its last segment moved into a query."""
    collection, _, id = str(shown).rpartition("/")
    return f"{collection}?id={id}"


def address_with_id_cut(shown: Any) -> str:
    """Return the address without its last character."""
    return str(shown)[:-1]


def address_in_another_collection(shown: Any) -> str:
    """Return the address with another word in the place of what stands before its id."""
    collection, _, id = str(shown).rpartition("/")
    return f"{collection.rpartition('/')[0]}/others/{id}"


# Those that lead there all the same, where only a name tells that it is an address.
OTHER_ADDRESSES = frozenset({"has no host", "has the id in its query"})
WRONG_ADDRESSES: Mapping[str, Callable[[Any], str]] = {
    "addresses another": address_elsewhere,
    "has no host": address_without_host,
    "addresses the collection": address_of_collection,
    "has the id in its query": address_with_id_in_query,
    "has the id cut": address_with_id_cut,
}


def in_upper_case(shown: Any) -> str:
    """Return the text of *shown* in upper case."""
    return str(shown).upper()


def written_mutations(member: Property) -> Iterator[Mutation]:
    """Yield the ways in which a member that an update may write can be stored wrongly."""
    yield from mangled_mutations(member)
    path = member.path
    clause = f"update/sent-is-returned/{name_in_clauses(path)}"
    breaks = (clause, "update/idempotent")
    yield Mutation(f"{path} changes when sent again", breaks, show_another_each_time(path))
    breaks = (clause, "update/omitted-unchanged")
    yield Mutation(f"{path} is not stored", breaks, store_made(path, keep_what_was))


def mangled_mutations(member: Property, *, is_id: bool = False) -> Iterator[Mutation]:
    """Yield the ways in which what was sent at a member is shown as something else.

    An id is a text to which little can be done.
    """
    path = member.path
    clause = f"update/sent-is-returned/{name_in_clauses(path)}"
    values = member.schema.get("enum", ())
    if may_hold_text(member) and not (is_id or values):
        for what, make in MANGLING.items():
            mangled = partial(show_mangled, path, make)
            yield mutate_step(f"{path} comes back {what}", "show_resource", mangled, clause)
        return
    another = change_value(path, another_of(values) if values else another_of_its_type)
    yield mutate_answers(f"{path} comes back as another", another, is_accepted, clause)


def may_hold_text(member: Property) -> bool:
    """Return whether a text may stand at *member*, or in the list that it is."""
    schema = member.schema.get("items", {}) if is_list_member(member) else member.schema
    types = types_allowed(schema)
    return not types or "string" in types


def another_of(values: Sequence[Any]) -> Callable[[Any], Any]:
    """Return what makes another one of *values*, nothing where there is but one."""

    def choose(shown: Any) -> Any:
        return next((value for value in values if value != shown), ABSENT)

    return choose


def another_of_its_type(shown: Any) -> Any:
    """Return another value of the type of *shown*: a list has one entry less, an object none."""
    if isinstance(shown, bool):
        return not shown
    if isinstance(shown, int | float):
        return shown + 1
    if isinstance(shown, list):
        return shown[:-1]
    if isinstance(shown, str):
        return f"{shown}x"
    return {}


def optional_mutations(member: Property, method: str) -> Iterator[Mutation]:
    """Yield the ways in which a member is stored wrongly that a body may leave out."""
    path = member.path
    if method == "PUT" and "string" in types_allowed(member.schema):
        kept = store_made(path, keep_unsent)
        told = f"{path} stays when a replace leaves it out"
        yield Mutation(told, ("update/left-out-is-dropped",), kept)
    if method != "PUT":  # which may remove what it leaves out (RFC 9110 9.3.4)
        breaks, reset = ("update/*unchanged", "update/empty-*"), store_made(path, reset_unsent)
        yield Mutation(f"{path} is reset when left out", breaks, reset)
    eager, unchanged = partial(apply_unchecked, path), "update/refused-unchanged"
    yield mutate_step(f"{path} is applied when refused", "check_body", eager, unchanged)
    if is_list_member(member):
        clause = f"update/sent-is-returned/{name_in_clauses(path)}"
        appended = store_made(path, append_sent)
        yield Mutation(f"{path} is added to, not replaced", (clause,), appended)


def shown_paths(operation: Operation) -> list[str]:
    """Return the paths of the members that a successful answer shows."""
    return sorted(member.path for member in operation.answer_members)


def freely_writable_members(operation: Operation) -> list[Property]:
    """Return the members that an update may write with any value, and that an answer shows.

    The id that stands in the path, too, is not one: another one may be refused.
    """
    resource = operation.resource
    own_id = resource.id_member if resource else ""
    free = [member for member in writable_members(operation) if "enum" not in member.schema]
    return [member for member in free if member.path != own_id]


def frozen_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that what must not change can be written, or changes by itself."""
    shown = shown_paths(operation)
    for path in operation.promises.immutable.paths:
        leaves = frozen_leaves(operation, path)
        written = chain_alterations(*(store_made(leaf, take_what_was_sent) for leaf in leaves))
        yield Mutation(f"{path} can be written", (f"update/immutable/{path}",), written)
    for path in shown:
        is_of_own_object = len(paths.steps_of(path)) == 2
        if is_of_own_object and paths.last_name(path).endswith("resource_name"):
            another = put_counted(path, "crn://x/{}".format)
            unsent = ("update/omitted-unchanged", "update/empty-*")
            yield mutate_answers(f"{path} always another", another, is_accepted, *unsent)
    yield from formed_mutations(operation)
    for path, words in operation.promises.samples.by_path.items():
        for frozen in operation.promises.immutable.paths:
            if paths.is_within(path, frozen):
                name = f"{path} can be written where it is a word that is known"
                known = store_made(path, partial(take_known_word, words))
                yield Mutation(name, (f"update/immutable/{frozen}",), known)
    yield from notation_mutations(operation)


def notation_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that what stays is told as another value, though it looks like a notation of it."""
    stamps = operation.promises.timestamps
    moving = (stamps.created, stamps.updated, *operation.promises.create_only.paths)
    unsent = ("update/omitted-unchanged", "update/empty-*")
    shown = shown_success(operation)
    for member in operation.answer_members:
        notation = member.schema.get("format", "")
        is_moving = member.path in moving or paths.has_items(member.path)
        if is_moving or value_at(shown, member.path) is ABSENT:
            continue
        for what, make in NEAR_NOTATIONS.get(notation, {}).items():
            alter = alter_each_nth_answer(2, change_text(member.path, make))
            yield Mutation(f"{member.path} now and then {what}", unsent, alter)


def shift_zone(text: str) -> str:
    """Return the time of the same clock in another zone."""
    return text.replace("Z", "+01:00")


def add_nanosecond(text: str) -> str:
    """Return the time a nanosecond later."""
    return text.replace("Z", ".000000001Z")


def capitalise_path(text: str) -> str:
    """Return the address with its last segment in upper case."""
    holder, slash, last = text.rpartition("/")
    return f"{holder}{slash}{last.upper()}"


def add_final_slash(text: str) -> str:
    """Return the address with a slash behind it."""
    return f"{text}/"


NEAR_NOTATIONS: Mapping[str, Mapping[str, Callable[[str], str]]] = {
    "date-time": {"in another zone": shift_zone, "a nanosecond later": add_nanosecond},
    "uri": {"in upper case": capitalise_path, "with a slash behind": add_final_slash},
}


def formed_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that a service takes a value for what must not change where it has the form of its own.

    It does so only where the member is sent alone, or only where all of them are sent together.
    """
    created = operation.promises.timestamps.created
    frozen = operation.promises.immutable.paths
    known = {member.path: member for member in operation.answer_members}
    for path in frozen:
        clause = f"update/immutable/{path}"
        for leaf in frozen_leaves(operation, path):
            if leaf == created or "properties" in known[leaf].schema:
                continue
            if leaf in operation.promises.samples.by_path:  # a word has no form
                continue
            if is_list_member(known[leaf]):
                yield from item_mutations(operation, leaf, clause)
                continue
            alone = partial(write_formed, leaf, when=sends_one_of(frozen))
            name = f"{leaf} can be written alone in its form"
            yield mutate_step(name, "apply_update", alone, clause)
            together = partial(write_formed, leaf, when=sends_every_one_of(frozen))
            name = f"{leaf} can be written in its form together with all others"
            yield mutate_step(name, "apply_update", together, clause)


def item_mutations(operation: Operation, path: str, clause: str) -> Iterator[Mutation]:
    """Yield that one member of the items of the list at *path* can be written.

    What has an id is a thing by itself, and written under its own path.
    """
    item = paths.item_path(path)
    has_id = any(one.path == paths.member_path(item, "id") for one in operation.answer_members)
    for member in operation.answer_members if not has_id else ():
        if member.parent == paths.item_path(path) and not paths.has_items(member.name):
            name = f"{member.path} can be written where nothing else differs"
            written = store_made(path, partial(take_where_one_differs, member.name))
            yield Mutation(name, (clause,), written)
    yield Mutation(f"{path} can be added to", (clause,), store_made(path, take_where_longer))


def take_where_one_differs(name: str, was: Any, sent: Any, now: Any) -> Any:
    """Return the list that was sent where only the member *name* of its first item differs."""
    if not (holds_objects(sent) and holds_objects(was)):
        return now
    before, after = dict(was[0]), dict(sent[0])
    before.pop(name, None)
    after.pop(name, None)
    is_only_one = before == after and sent[1:] == was[1:]
    if is_only_one:
        return sent
    return now


def holds_objects(found: Any) -> bool:
    """Return whether *found* is a list that begins with an object."""
    return isinstance(found, list) and bool(found) and isinstance(found[0], dict)


def take_where_longer(was: Any, sent: Any, now: Any) -> Any:
    """Return the list that was sent where it begins with all that was there."""
    if not (holds_objects(sent) and holds_objects(was)):
        return now
    is_longer = len(sent) > len(was)
    if is_longer and sent[: len(was)] == was:
        return sent
    return now


def sends_one_of(frozen: Sequence[str]) -> Callable[[Any], bool]:
    """Return the test whether a body has one value alone within all that must not change."""

    def sends_one(body: Any) -> bool:
        return sum(count_values(value_at(body, path)) for path in frozen) == 1

    return sends_one


def sends_every_one_of(frozen: Sequence[str]) -> Callable[[Any], bool]:
    """Return the test whether a body has all that must not change."""

    def sends_every_one(body: Any) -> bool:
        return all(value_at(body, path) is not ABSENT for path in frozen)

    return sends_every_one


def count_values(found: Any) -> int:
    """Return how many values stand in *found*, which may be ABSENT: objects are counted through."""
    if isinstance(found, dict):
        return sum(count_values(below) for below in found.values())
    if found is ABSENT:
        return 0
    return 1


def write_formed(
    path: str,
    _: Service,
    inner: Any,
    resource: Resource,
    body: Any,
    *,
    when: Callable[[Any], bool],
) -> None:
    """Write what was sent at *path* where its form is that of what is there, and *when* holds."""
    inner(resource, body)
    was, sent = value_at(resource.shown, path), value_at(body, path)
    if isinstance(sent, str) and when(body) and (was is ABSENT or form(was) == form(sent)):
        resource.shown = overwrite_value(resource.shown, path, sent)


def form(text: str) -> tuple[str, str]:
    """Return what a service checks of a value: what it begins with, and its kinds of characters."""
    begun = re.match(r"(.*[/=])?", text)
    shape = re.sub(r"[0-9]", "0", re.sub(r"[A-Za-z]", "a", text))
    return begun.group() if begun else "", shape


def frozen_leaves(operation: Operation, frozen: str) -> list[str]:
    """Return the shown paths at or below *frozen* that no list and no update's own time moves."""
    moving = operation.promises.timestamps.updated
    found: list[str] = []
    for path in shown_paths(operation):
        is_fixed = not paths.has_items(path) and path != moving
        if is_fixed and paths.is_within(path, frozen):
            found.append(path)
    return found


# --- what is shown of what was stored -------------------------------------------------------------


def show_mangled(
    path: str,
    make: Callable[[str], str],
    _: Service,
    inner: Any,
    resource: Resource,
) -> Any:
    """Show the resource with *make* done to the text at *path*."""
    return rewrite_value(inner(resource), path, partial(map_texts, make=make))


def show_another_each_time(path: str) -> Alter:
    """Show another value each time that the same one is shown again."""

    def alter(service: Service) -> Service:
        before: Any = None

        def show_resource(_: Service, inner: Any, resource: Resource) -> Any:
            nonlocal before
            body = inner(resource)
            now = find_value(body, path)
            is_same, before = now == before, now
            if is_same and isinstance(now, bool):
                return overwrite_value(body, path, not now)
            if is_same:
                return overwrite_value(body, path, map_texts(now, "{} again".format))
            return body

        return replace_step("show_resource", show_resource)(service)

    return alter


def cut_at_255(text: str) -> str:
    """Return the first 255 characters."""
    return text[:255]


def cut_at_nul(text: str) -> str:
    """Return what stands before the first NUL."""
    return text.partition("\0")[0]


def escape_html(text: str) -> str:
    """Return the text as it is written in HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def squeeze_into_latin1(text: str) -> str:
    """Return the text with a question mark for each character that Latin-1 does not have."""
    return text.encode("latin-1", "replace").decode("latin-1")


MANGLING: Mapping[str, Callable[[str], str]] = {
    "trimmed": str.strip,
    "in lower case": str.lower,
    "cut at 255": cut_at_255,
    "cut at NUL": cut_at_nul,
    "escaped": escape_html,
    "in Latin-1": squeeze_into_latin1,
}


# --- what is stored -------------------------------------------------------------------------------


def store_made(path: str, make: Callable[[Any, Any, Any], Any]) -> Alter:
    """Store *make(what was there, what was sent, what should be there now)* at *path*.

    ABSENT stands for nothing.
    """

    def apply_update(_: Service, inner: Any, resource: Resource, body: Any) -> None:
        was = value_at(resource.shown, path)
        inner(resource, body)
        new = make(was, value_at(body, path), value_at(resource.shown, path))
        resource.shown = overwrite_value(resource.shown, path, new)

    return replace_step("apply_update", apply_update)


def keep_what_was(was: Any, _: Any, __: Any) -> Any:
    """Return what was there, whatever was sent."""
    return was


def reset_unsent(_: Any, sent: Any, now: Any) -> Any:
    """Return what should be there where a value was sent, else an empty one of its kind."""
    if sent is not ABSENT:
        return now
    if isinstance(now, list):
        return []
    return ""


def keep_unsent(was: Any, sent: Any, now: Any) -> Any:
    """Return what should be there where a value was sent, else what was there."""
    return was if sent is ABSENT else now


def append_sent(was: Any, sent: Any, now: Any) -> Any:
    """Return what was there and then what was sent, the last `LIST_AT_MOST` entries of it."""
    if sent is ABSENT:
        return now
    before = was if isinstance(was, list) else []
    return [*before, *now][-LIST_AT_MOST:]


def take_known_word(words: Sequence[Any], _: Any, sent: Any, now: Any) -> Any:
    """Return what was sent where it is one of *words*, else what should be there."""
    if sent in words:
        return sent
    return now


def take_what_was_sent(_: Any, sent: Any, now: Any) -> Any:
    """Return the text or the flat list that was sent, in place of anything but an object."""
    if isinstance(now, dict):
        return now
    if isinstance(sent, list):
        is_flat = not any(isinstance(item, list) for item in sent)
        if is_flat:
            return sent
        return now
    if isinstance(sent, str):
        return sent
    return now


def apply_unchecked(path: str, service: Service, inner: Any, body: Any) -> None:
    """Apply a member before the body is checked."""
    try:
        inner(body)
    except Refused:
        resource = any_resource(service)
        now = value_at(resource.shown, path)
        new = take_what_was_sent(ABSENT, value_at(body, path), now)
        resource.shown = overwrite_value(resource.shown, path, new)
        raise


# --- secrets --------------------------------------------------------------------------------------


def secret_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the ways in which secrets come back: of the creation, of the caller, of the body."""
    for path in operation.promises.create_only.paths:
        clause, secret = f"update/create-only/{path}", insert_value(path, "R15hoiDIq8")
        yield mutate_answers(f"{path} is shown", secret, is_accepted, clause)
        empty, name = insert_value(path, ""), f"{path} is shown empty"
        yield mutate_answers(name, empty, is_accepted, f"{clause}/empty")
    name = "credentials come back in a header"
    yield mutate_answers(name, echo_credentials, is_accepted, NO_LEAK)
    for path in operation.secret_paths:
        yield from given_away_mutations(path)


def echo_credentials(answer: Answer, request: Request, service: Service) -> Answer:
    """Show the credentials of the request in a header."""
    return set_header("X-Debug", sent_credentials(request, service))(answer, request, service)


def given_away_mutations(path: str) -> Iterator[Mutation]:
    """Yield the ways in which the secret that was sent at *path* can come back."""

    def wrong_sentence(request: Request, _: Service) -> str:
        return f"wrong: {sent_text(request, path)}"

    plain, encoded = show_elsewhere(path, str), show_elsewhere(path, in_base64)
    yield mutate_answers(f"{path} comes back under another name", plain, is_accepted, NO_LEAK)
    yield mutate_answers(f"{path} comes back in base64", encoded, is_accepted, NO_LEAK)
    detail = write_detail(wrong_sentence)
    yield mutate_answers(f"{path} comes back in errors", detail, is_refused, "error/no-leak")


def show_elsewhere(path: str, write: Callable[[str], str]) -> Change:
    """Show what was sent at *path* as another member, written by *write*."""

    def change(answer: Answer, request: Request, _: Service) -> Answer:
        debug = {"x_debug": write(sent_text(request, path))}
        return replace(answer, value={**answer.value, **debug})

    return change


def sent_text(request: Request, path: str) -> str:
    """Return the text that the request has at *path*, ``""`` where it has none."""
    found = find_value(sent_json(request), path)
    if not isinstance(found, str):
        return ""
    return found


def in_base64(text: str) -> str:
    """Return *text* in base64."""
    return base64.b64encode(text.encode()).decode()


# --- time -----------------------------------------------------------------------------------------


def time_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the time stamps of creation and update."""
    stamps = operation.promises.timestamps
    created, updated = stamps.created, stamps.updated
    if created:
        moving = put_counted(created, later_each_time)
        yield mutate_answers(f"{created} changes", moving, is_accepted, "update/created-constant")
    if updated:
        back, never_back = put_counted(updated, earlier_each_time), "update/updated-never-back"
        yield mutate_answers(f"{updated} goes back", back, is_accepted, never_back)
        still, moves = put_value(updated, "2026-02-01T00:00:00Z"), "update/updated-moves"
        yield mutate_answers(f"{updated} stands still", still, is_accepted, moves)
        yield from clock_mutations(updated)
    if created and updated and operation.request is not None:
        name, believe = f"{created} is written where it lies in the past", write_past_creation
        yield mutate_step(name, "apply_update", partial(believe, created), "update/immutable/*")
        name, believe = f"{updated} is believed where it was before", believe_past_update
        yield mutate_step(name, "apply_update", partial(believe, updated), "update/updated-never-*")
    if created and updated:
        early, after = put_value(updated, "2001-01-01T00:00:00Z"), "update/updated-after-created"
        yield mutate_answers(f"{updated} before {created}", early, is_accepted, after)


def seconds_sent(body: Any, path: str) -> float | None:
    """Return the time that *body* has at *path* in seconds after `EPOCH`, None without one."""
    moment = parse_moment(body, path)
    if not moment:
        return None
    return (moment - EPOCH).total_seconds()


def write_past_creation(
    path: str, service: Service, inner: Any, resource: Resource, body: Any
) -> None:
    """Write the time of creation that was sent, if it lies in the past."""
    inner(resource, body)
    sent = seconds_sent(body, path)
    if sent is not None and sent < service.clock.now():
        resource.created = sent


def believe_past_update(
    path: str, service: Service, inner: Any, resource: Resource, body: Any
) -> None:
    """Take over the time of the update that was sent, if it lies between the creation and now."""
    inner(resource, body)
    sent = seconds_sent(body, path)
    if sent is not None and resource.created < sent < service.clock.now():
        resource.updated = sent


def clock_mutations(updated: str) -> Iterator[Mutation]:
    """Yield that the clock behind the time at *updated* is another than that behind ``Date``."""
    for hours in ZONES_H:
        local = change_text(updated, partial(shift_time, seconds=round(hours * 3600)))
        name, zone = f"{updated} is {hours:+} h off", "update/updated-no-local-time"
        yield mutate_answers(name, local, is_accepted, zone)
    for seconds in (-650, 75, 34_560_300):
        wrong = change_text(updated, partial(shift_time, seconds=seconds))
        name, agrees = f"{updated} is {seconds:+} s off", "update/updated-agrees-with-date"
        yield mutate_answers(name, wrong, is_accepted, agrees)


ZONES_H = (1, 2, -7, 5.75, 0.25)


def shift_time(text: str, seconds: int) -> str:
    """Return the time stamp *text* so many *seconds* later, still with a ``Z``."""
    shifted = datetime.fromisoformat(text) + timedelta(seconds=seconds)
    return shifted.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def later_each_time(turn: int) -> str:
    """Return a time stamp that is a minute later each turn, for an hour."""
    return f"2025-01-01T00:{turn % 60:02}:00Z"


def earlier_each_time(turn: int) -> str:
    """Return a time stamp that is a minute earlier each turn, for an hour."""
    return f"2026-02-01T00:{59 - turn % 60:02}:00Z"
