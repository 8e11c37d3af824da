"""In which ways can a creation go wrong? What is kept, under which id, and what is said of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    chain_alterations,
    replace_step,
)
from pytest_confluent_contracts.double.mutations.life_later import later_mutations, shows_job
from pytest_confluent_contracts.double.mutations.life_orders import remains_mutation
from pytest_confluent_contracts.double.mutations.life_steps import (
    CREATES,
    at_third,
    forget_each,
    from_second_on,
    in_role,
    mutate_role,
    mutations_on_turns,
    on_turns,
    others_than,
    sends_few,
    with_another,
    without_one,
)
from pytest_confluent_contracts.double.service import Refused
from pytest_confluent_contracts.double.store import writable_members
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.mutations.life_steps import When
    from pytest_confluent_contracts.double.service import Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation, Property
    from pytest_confluent_contracts.model.resources import Resource as Kind

READABLE = "lifecycle/created-is-readable"
EQUAL = "lifecycle/created-equals-sent"
DEFAULTS = "lifecycle/created-has-defaults"
LOCATION = "lifecycle/location-leads-there"
TWO = "lifecycle/two-creates-make-two"
REFUSED = "lifecycle/refused-create-creates-nothing"
NOT_REUSED = "lifecycle/ids-not-reused"
ONCE = "lifecycle/secret-shown-once"
TOLD = "lifecycle/secret-is-told"
SHOWN = "lifecycle/sent-is-shown"
MOST_HIDDEN = 3  # members
ORDINALS = ("first", "second", "third")
LATER: Mapping[str, When] = {" from the second on": from_second_on, " at the third": at_third}


def create_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield the mutations of the creation of a resource."""
    yield from keeping_mutations(kind)
    if not kind.chooses_ids:
        yield from id_mutations()
    elif kind.id_sent:
        do = partial(refuse_and_change, change=with_another)
        name = "a create under an id that is taken is refused, and written over what is there"
        yield mutate_role(name, Role.CREATE, "check_is_new", do, REFUSED)
        do = partial(refuse_and_change, change=without_one)
        name = "a create under an id that is taken is refused, and takes a value from what is there"
        yield mutate_role(name, Role.CREATE, "check_is_new", do, REFUSED)


def own_create_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of a creation that hang on what *operation* sends and answers."""
    yield from sent_mutations(operation)
    yield from default_mutations()
    created = operation.promises.create_only.paths
    if operation.resource is not None:
        yield from secret_mutations(operation.resource, is_made_by_service=bool(created))
    if operation.secret_paths:
        told = "a create shows the secret that was sent"
        yield Mutation(told, (ONCE,), reveal_secret(Role.CREATE, at_its_place))
    if shows_job(operation):
        yield from later_mutations()
    else:
        yield from location_mutations(wrong_locations(operation))
    telling = [one for one in operation.request_members if is_free_text(one) or holds_texts(one)]
    if len(telling) > 1:  # by which what was refused is known where it is listed
        yield from refused_mutations()
        if operation.resource is not None and not operation.resource.id_sent:
            name = "a create is refused, and something else is made"
            yield mutate_role(name, Role.CREATE, "serve", create_something_else, REFUSED)
    yield from hiding_mutations(operation)
    if created:
        yield from untold_mutations()


def wrong_locations(operation: Operation) -> Mapping[str, Callable[[str], str]]:
    """Return in which ways the Location of a creation leads elsewhere."""
    if operation.success is not None and operation.success.status == "202":
        return IN_COLLECTION
    if operation.makes_on_key:  # seen from its own path, the id alone leads there
        return ELSEWHERE
    return WRONG_LOCATIONS


def sent_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that what was sent is not kept, or kept otherwise."""
    written = [one for one in writable_members(operation, fixed=()) if not one.read_only]
    if all(member.required for member in written):
        yield from value_mutations(CREATES)
    else:
        few = {" where few members are sent": sends_few}
        yield from kept_on_turns(few)
        are_some_required = any(member.required for member in written)
        yield from value_mutations(CREATES | few if are_some_required else CREATES)
    yield from mixing_mutations(operation, list(filter(is_free_text, written)))


def mixing_mutations(operation: Operation, texts: list[Property]) -> Iterator[Mutation]:
    """Yield that a create takes *texts* of another, or the id of one."""
    kind = operation.resource
    chosen = kind.id_sent if kind is not None else ""
    if not all(member.required for member in texts):
        name = "a create keeps of the one before it what is not sent"
        # In a life, a second principal's may be the one before it.
        keep = in_role(Role.CREATE, keep_what_was_sent_before)
        yield Mutation(name, (EQUAL,), keep, needs_sequence=True)
        if kind is not None and kind.operation_id(Role.UPDATE) and kind.operation_id(Role.DELETE):
            yield remains_mutation()
    if chosen and operation.names_status(409):
        name = "a create takes an id that is taken"
        yield mutate_role(name, Role.CREATE, "check_is_new", check_nothing, TWO)
    if any(member.path != chosen for member in texts):
        name = "a create stores what the one before it sent"
        yield Mutation(name, (EQUAL,), in_role(Role.CREATE, store_what_was_sent_before))


def is_free_text(member: Property) -> bool:
    """Return whether any text may be written to *member*, and is shown."""
    is_text = member.schema.get("type") == "string"
    is_bound = bool({"enum", "const"} & member.schema.keys()) or member.read_only
    is_one = not paths.has_items(member.path)
    return is_text and is_one and not (is_bound or member.secret)


def holds_texts(member: Property) -> bool:
    """Return whether *member* is a list into which any text may be written, and is shown."""
    items = member.schema.get("items", {})
    is_free = items.get("type") == "string" and not {"enum", "const"} & items.keys()
    return bool(is_free) and not (paths.has_items(member.path) or member.read_only)


# --- what is kept ---------------------------------------------------------------------------------


def keeping_mutations(kind: Kind) -> Iterator[Mutation]:
    """Yield that what was created is not there, or that something else is not any more."""
    yield from kept_on_turns(CREATES)
    told = "what is created is kept under another id"
    yield mutate_role(told, Role.CREATE, "keep", keep_elsewhere, READABLE)
    for told, forget in FORGETTING.items():
        name = f"a create lets {told} be forgotten"
        yield mutate_role(name, Role.CREATE, "keep", partial(keep_and_forget, forget), READABLE)
    name = "a create writes to what was there before"
    yield mutate_role(name, Role.CREATE, "keep", keep_and_change, TWO)
    name = "a create brings what was there before back to its first state"
    yield mutate_role(name, Role.CREATE, "keep", keep_and_empty, TWO)
    if not kind.id_sent:
        name = "a create takes the place of the one before it"
        yield mutate_role(name, Role.CREATE, "keep", keep_instead, READABLE)


def kept_on_turns(turns: Mapping[str, When]) -> Iterator[Mutation]:
    """Yield that what is created is not kept, where one of *turns* holds."""
    told = "what is created is not kept"
    yield from mutations_on_turns(told, Role.CREATE, turns, "keep", keep_nothing, READABLE)


def keep_nothing(_: Service, __: Any, id: str, resource: Resource) -> None:
    """Keep nothing."""


def keep_elsewhere(_: Service, inner: Any, id: str, resource: Resource) -> None:
    """Keep the new resource where nobody asks for it."""
    inner(f"{id}-kept", resource)


def keep_and_forget(
    forget: Callable[[list[Resource]], list[Resource]],
    service: Service,
    inner: Any,
    id: str,
    resource: Resource,
) -> None:
    """Keep the new resource, and take others away."""
    inner(id, resource)
    forget_each(service.collection, forget(others_than(service.collection, resource)))


def the_last_two(others: list[Resource]) -> list[Resource]:
    """Return the newest two."""
    return others[-2:]


def the_last(others: list[Resource]) -> list[Resource]:
    """Return the newest."""
    return others[-1:]


def all_of_them(others: list[Resource]) -> list[Resource]:
    """Return all."""
    return others


FORGETTING: Mapping[str, Callable[[list[Resource]], list[Resource]]] = {
    "the one before it": the_last,
    "the two before it": the_last_two,
    "all others": all_of_them,
}


def keep_and_change(service: Service, inner: Any, id: str, resource: Resource) -> None:
    """Keep the new resource, and write one of its values to the others."""
    inner(id, resource)
    for other in others_than(service.collection, resource):
        other.shown = with_another(other.shown, service.collection, 0)


def keep_and_empty(service: Service, inner: Any, id: str, resource: Resource) -> None:
    """Keep the new resource, and take one value from each of the others."""
    inner(id, resource)
    for other in others_than(service.collection, resource):
        other.shown = without_one(other.shown, service.collection, 0)


def keep_instead(service: Service, inner: Any, id: str, resource: Resource) -> None:
    """Keep the new resource in place of the newest other."""
    keep_and_forget(the_last, service, inner, id, resource)


# --- which values it has --------------------------------------------------------------------------


def value_mutations(turns: Mapping[str, When]) -> Iterator[Mutation]:
    """Yield that a created resource has other values than were sent, where one of *turns* holds."""
    for turn, ordinal in enumerate(ORDINALS):
        name = f"a create stores another value of the {ordinal} member"
        do = partial(make_otherwise, partial(with_another, turn=turn))
        when = turns if turn == 0 else {"": CREATES[""], **LATER}
        yield from mutations_on_turns(name, Role.CREATE, when, "make_resource", do, EQUAL)
        name = f"a create answers another value of the {ordinal} member"
        answer = partial(show_otherwise, turn)
        yield mutate_role(name, Role.CREATE, "show_resource", answer, EQUAL)
        name = f"a create loses the {ordinal} member"
        do = partial(make_otherwise, partial(without_one, turn=turn))
        at_third_alone = {" at the third": at_third}
        yield from mutations_on_turns(name, Role.CREATE, at_third_alone, "make_resource", do, EQUAL)


def make_otherwise(
    change: Callable[..., Any], service: Service, inner: Any, id: str, body: Any
) -> Any:
    """Make the resource, and *change* what it shows."""
    made = inner(id, body)
    sent = service.collection.body_in_common_form(service.operation, body)
    made.shown = change(made.shown, service.collection, sent=sent)
    return made


def show_otherwise(turn: int, service: Service, inner: Any, resource: Resource) -> Any:
    """Show another value than is kept."""
    return with_another(inner(resource), service.collection, turn)


def store_what_was_sent_before(service: Service) -> Service:
    """Make each resource of the body of the create before it."""
    before: Any = None

    def make_resource(_: Service, inner: Any, id: str, body: Any) -> Any:
        nonlocal before
        used, before = before or body, body
        return inner(id, used)

    return replace_step("make_resource", make_resource)(service)


def keep_what_was_sent_before(service: Service) -> Service:
    """Fill what a body leaves out with what the ones before it had."""
    known: dict[str, Any] = {}

    def make_resource(own: Service, inner: Any, id: str, body: Any) -> Any:
        made = inner(id, body)
        sent = own.collection.body_in_common_form(own.operation, body)
        for member in writable_members(own.store.sent, own.collection.members, ()):
            value = paths.value_at(sent, member.path)
            if value is not ABSENT:
                known[member.path] = value
            elif member.path in known:
                made.shown = paths.with_value(made.shown, member.path, known[member.path])
        return made

    return replace_step("make_resource", make_resource)(service)


def default_mutations() -> Iterator[Mutation]:
    """Yield that what is not sent has another value than the document says."""
    told = "what is not sent has another value than the default"
    turns = {"": CREATES[""], " where few members are sent": sends_few}
    do = make_with_other_defaults
    yield from mutations_on_turns(told, Role.CREATE, turns, "make_resource", do, DEFAULTS)
    told = "the answer to a create shows another value than the default"
    yield mutate_role(told, Role.CREATE, "show_resource", show_other_defaults, DEFAULTS)


def make_with_other_defaults(service: Service, inner: Any, id: str, body: Any) -> Any:
    """Make the resource with other values where it has defaults."""
    made = inner(id, body)
    sent = service.collection.body_in_common_form(service.operation, body)
    made.shown = with_other_defaults(service, made.shown, sent)
    return made


def show_other_defaults(service: Service, inner: Any, resource: Resource) -> Any:
    """Show other values where the resource has defaults."""
    return with_other_defaults(service, inner(resource), {})


def with_other_defaults(service: Service, shown: Any, sent: Any) -> Any:
    """Return *shown* with another value wherever a default stands that was not sent."""
    for member in service.store.sent.request_members:
        default = member.schema.get("default", ABSENT)
        if default is ABSENT or paths.value_at(sent, member.path) is not ABSENT:
            continue
        if paths.value_at(shown, member.path) == default:
            shown = paths.with_value(shown, member.path, other_than_default(default))
    return shown


def other_than_default(default: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(default, bool):
        return not default
    if isinstance(default, int | float):
        return default + 1
    return f"{default}x"


# --- what is never shown --------------------------------------------------------------------------


def hiding_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that one role never shows a member that a create sends."""
    kind = operation.resource
    chosen = kind.id_sent if kind is not None else ""
    hidden = [
        member.path
        for member in writable_members(operation, fixed=())
        if not (member.read_only or member.path == chosen)
    ]
    for path in hidden[:MOST_HIDDEN]:
        for role in (Role.CREATE, Role.READ):
            if kind is not None and kind.operation_id(role):
                name = f"a {role.value} never shows {path}"
                yield mutate_role(name, role, "show_resource", partial(show_without, path), SHOWN)


def show_without(path: str, _: Service, inner: Any, resource: Resource) -> Any:
    """Show the resource without the member at *path*."""
    return paths.without_value(inner(resource), path)


# --- its id and its address -----------------------------------------------------------------------


def id_mutations() -> Iterator[Mutation]:
    """Yield that the service gives an id twice."""
    for told, when in {**LATER, " where the same was sent before": CREATES[LAST_TURN]}.items():
        for what, do in (("newest", id_of_newest), ("oldest", id_of_oldest)):
            name = f"a create gives the id of the {what} resource{told}"
            again = on_turns(when, "new_id_of_resource", do)
            unchecked = replace_step("check_is_new", check_nothing)
            yield Mutation(name, (TWO,), in_role(Role.CREATE, again, unchecked))
    name = "a create gives the id of what was deleted"
    yield mutate_role(name, Role.CREATE, "new_id_of_resource", id_of_deleted, NOT_REUSED)


def refuse_and_change(service: Service, inner: Any, id: str, change: Callable[..., Any]) -> None:
    """Refuse an id that is taken, and *change* what has it."""
    try:
        inner(id)
    except Refused:
        known = service.collection.resources[id]
        known.shown = change(known.shown, service.collection, turn=0)
        raise


def check_nothing(*_: Any) -> None:
    """Take any id for new."""


LAST_TURN = " where the same was sent before"


def id_of_newest(service: Service, inner: Any) -> str:
    """Return the id of the newest resource."""
    ids = list(service.collection.resources)
    return ids[-1].rpartition("/")[2] if ids else str(inner())


def id_of_oldest(service: Service, inner: Any) -> str:
    """Return the id of the oldest resource that was created."""
    ids = list(service.collection.resources)[1:]
    return ids[0].rpartition("/")[2] if ids else str(inner())


def id_of_deleted(service: Service, inner: Any) -> str:
    """Return the id of what was deleted last, another where nothing was."""
    collection = service.collection
    gone = [id for id in collection.used if id not in collection.resources]
    return gone[-1].rpartition("/")[2] if gone else str(inner())


def location_mutations(wrong: Mapping[str, Callable[[str], str]]) -> Iterator[Mutation]:
    """Yield the ways in which ``Location`` can lead elsewhere."""
    for told, make in wrong.items():
        do = partial(change_location, make)
        turns = {"": CREATES[""]}
        if told in ("leads to another", "has its id cut"):
            turns = {**turns, **LATER}
        name = f"Location {told}"
        yield from mutations_on_turns(name, Role.CREATE, turns, "created_location", do, LOCATION)


def change_location(make: Callable[[str], str], service: Any, _: Any, id: str) -> Any:
    """Return the header with another address, though the document need not have it."""
    return [("Location", make(service.address_of(id)))]


def another_in_collection(address: str) -> str:
    """Return the address of another resource."""
    return f"{address.rpartition('/')[0]}/another-0001"


def cut_address(address: str) -> str:
    """Return the address without its last character."""
    return address[:-1]


def address_of_all(address: str) -> str:
    """Return the address of the collection."""
    return address.rpartition("/")[0]


def address_in_upper_case(address: str) -> str:
    """Return the address with its id, that has letters, in upper case; else another."""
    holder, _, id = address.rpartition("/")
    return f"{holder}/{id.upper() if id.upper() != id else f'{id}0'}"


def address_below(address: str) -> str:
    """Return the address of something below the resource."""
    return f"{address}/edit"


def address_of_other_kind(address: str) -> str:
    """Return an address of which the last word before the id is another."""
    holder, _, id = address.rpartition("/")
    return f"{holder.rpartition('/')[0]}/others/{id}"


def address_in_query(address: str) -> str:
    """Return an address that has the id in its query."""
    holder, _, id = address.rpartition("/")
    return f"{holder}?id={id}"


def id_alone(address: str) -> str:
    """Return the last segment of the address: a reference that leads beside the collection."""
    return address.rpartition("/")[2]


INNER_LOCATIONS = (
    *("leads to another", "has its id cut", "leads to the collection"),
    *("has its id in another case", "has the id in its query"),
)
WRONG_LOCATIONS: Mapping[str, Callable[[str], str]] = {
    "leads to another": another_in_collection,
    "has its id cut": cut_address,
    "leads to the collection": address_of_all,
    "has its id in another case": address_in_upper_case,
    "leads below the resource": address_below,
    "leads to another kind": address_of_other_kind,
    "has the id in its query": address_in_query,
    "is the id alone": id_alone,
}


ELSEWHERE = {told: make for told, make in WRONG_LOCATIONS.items() if make is not id_alone}
# What leads neither to the new resource nor to what could tell how far its creation is.
IN_COLLECTION = {told: make for told, make in WRONG_LOCATIONS.items() if told in INNER_LOCATIONS}


# --- a refused create -----------------------------------------------------------------------------


def refused_mutations() -> Iterator[Mutation]:
    """Yield that a create is refused, and done all the same."""
    name = "a create is refused and done"
    yield mutate_role(name, Role.CREATE, "serve", create_and_refuse, REFUSED)
    name = "a create is refused and done without what was wrong"
    yield mutate_role(name, Role.CREATE, "serve", create_without_wrong, REFUSED)
    name = "a create is refused and done, and listed last but one"
    yield mutate_role(name, Role.CREATE, "serve", create_before_newest, REFUSED)


def create_and_refuse(service: Service, inner: Any, request: Request) -> Any:
    """Refuse what is wrong, and keep it."""
    try:
        return inner(request)
    except Refused as refused:
        create_anyway(service, request, refused, without_wrong=False)
        raise


def create_without_wrong(service: Service, inner: Any, request: Request) -> Any:
    """Refuse what is wrong, and keep what is right of it."""
    try:
        return inner(request)
    except Refused as refused:
        create_anyway(service, request, refused, without_wrong=True)
        raise


def create_something_else(service: Any, inner: Any, request: Request) -> Any:
    """Refuse what is wrong, and make one that shows nothing of it."""
    try:
        return inner(request)
    except Refused as refused:
        if any(problem.pointer for problem in refused.problems):
            parents = service.values_in(request.path)
            id = service.collection.key_under(parents, service.new_id())
            made = service.collection.initial(service.collection.named(id))
            made.scope = "/".join(parents)
            service.keep(id, made)
        raise


def create_before_newest(service: Service, inner: Any, request: Request) -> Any:
    """Refuse what is wrong, and keep it in the last place but one."""
    try:
        return inner(request)
    except Refused as refused:
        newest = next(reversed(service.collection.resources), "")
        create_anyway(service, request, refused, without_wrong=False)
        if newest:
            kept = service.collection.resources
            kept[newest] = kept.pop(newest)
        raise


def create_anyway(service: Any, request: Request, refused: Refused, *, without_wrong: bool) -> None:
    """Keep what a refused request describes, where a member of its body was wrong."""
    pointers = [problem.pointer for problem in refused.problems if problem.pointer]
    if not pointers:
        return
    body = service.read_body(request)
    if without_wrong:
        body = paths.without_value(body, paths.path_of(paths.tokens_of(pointers[0])))
    parents = service.values_in(request.path)
    id = service.collection.key_under(parents, service.id_of_new(body))
    made = service.make_resource(id, body)
    made.scope = "/".join(parents)
    service.keep(id, made)


# --- secrets --------------------------------------------------------------------------------------


def secret_mutations(kind: Kind, *, is_made_by_service: bool) -> Iterator[Mutation]:
    """Yield that a secret of the creation is shown again."""
    for role in (Role.READ, Role.LIST, Role.UPDATE, Role.REPLACE):
        if not kind.operation_id(role):
            continue
        article = "an" if role is Role.UPDATE else "a"
        told = f"{article} {role.value} shows the secret of the creation"
        yield Mutation(told, (ONCE,), reveal_secret(role, at_its_place))
        if is_made_by_service:
            told = f"{told} under another name"
            yield Mutation(told, (ONCE,), reveal_secret(role, under_another_name))
    told = "a read shows another secret"
    yield Mutation(told, (ONCE,), reveal_secret(Role.READ, another_secret))


def untold_mutations() -> Iterator[Mutation]:
    """Yield that a creation does not tell the secret that nothing else tells."""
    for told, make in UNTOLD.items():
        do = partial(tell_otherwise, make)
        name = f"a create shows {told} of the secret"
        yield mutate_role(name, Role.CREATE, "with_secrets", do, TOLD)
    name = "a create shows no secret"
    turns = {"": CREATES[""], **LATER}
    yield from mutations_on_turns(name, Role.CREATE, turns, "with_secrets", tell_nothing, TOLD)


def tell_nothing(service: Service, _: Any, shown: Any) -> Any:
    """Show the resource without its secret."""
    for path in service.collection.create_only:
        shown = paths.without_value(shown, path)
    return shown


def tell_otherwise(make: Callable[[str], str], service: Service, inner: Any, shown: Any) -> Any:
    """Show something else in place of each secret."""
    told = inner(shown)
    for path in service.collection.create_only:
        secret = paths.value_at(told, path)
        if isinstance(secret, str):
            told = paths.with_value(told, path, make(secret))
    return told


def emptied(_: str) -> str:
    """Return nothing."""
    return ""


def masked(secret: str) -> str:
    """Return stars, and the end of the secret."""
    return f"****{secret[-4:]}"


UNTOLD: Mapping[str, Callable[[str], str]] = {"an empty text": emptied, "the last letters": masked}


def reveal_secret(role: Role, show: Callable[[Any, str, str], Any]) -> Alter:
    """Return the alteration in which *role* shows what the creation showed."""

    def alter(service: Service) -> Service:
        known: dict[str, dict[str, str]] = {}

        def with_secrets(own: Service, inner: Any, shown: Any) -> Any:
            told = inner(shown)
            id = str(paths.value_at(told, own.collection.id_member))
            for path in own.collection.create_only:
                known.setdefault(id, {})[path] = str(paths.value_at(told, path))
            return told

        def make_resource(own: Service, inner: Any, id: str, body: Any) -> Any:
            sent = own.collection.body_in_common_form(own.operation, body)
            for path in own.store.sent.secret_paths:
                value = paths.value_at(sent, path)
                if value is not ABSENT:
                    known.setdefault(id.rpartition("/")[2], {})[path] = str(value)
            return inner(id, body)

        def show_resource(own: Service, inner: Any, resource: Resource) -> Any:
            shown = inner(resource)
            id = str(paths.value_at(shown, own.collection.id_member))
            for path, secret in known.get(id, {}).items():
                shown = show(shown, path, secret)
            return shown

        hearing = replace_step("make_resource", make_resource)
        creating = in_role(Role.CREATE, replace_step("with_secrets", with_secrets), hearing)
        showing = in_role(role, replace_step("show_resource", show_resource))
        return chain_alterations(creating, showing)(service)

    return alter


def at_its_place(shown: Any, path: str, secret: str) -> Any:
    """Show the secret where the creation does."""
    return paths.with_value(shown, path, secret)


def under_another_name(shown: Any, path: str, secret: str) -> Any:
    """Show the secret beside its place."""
    return paths.with_value(shown, f"{path}_copy", secret)


def another_secret(shown: Any, path: str, secret: str) -> Any:
    """Show a secret that is not the one of the creation."""
    return paths.with_value(shown, path, secret[::-1])
