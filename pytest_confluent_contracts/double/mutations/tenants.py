"""In which ways can a service mix up its tenants? By what one may see, and do to, of another's."""

from __future__ import annotations

import itertools
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.lists import query_text
from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    chain_alterations,
    mutate_step,
    replace_step,
)
from pytest_confluent_contracts.double.service import (
    OTHER_TENANT,
    Problem,
    Refused,
    Service,
)
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pytest_confluent_contracts.double.mutations.altering import Alter
    from pytest_confluent_contracts.double.service import Answer, Request
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

    # Whether a request is let in to what is another's.
    LetsIn = Callable[[Service, Request, Resource], bool]

HIDDEN = "lifecycle/hidden-from-others"
WRITING = frozenset({Role.UPDATE, Role.REPLACE, Role.DELETE})


def tenant_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations in which *operation* does not keep two tenants apart."""
    kind = operation.resource
    if kind is None or not kind.operation_id(Role.CREATE):
        return
    if not operation.needs_credentials:
        return
    if operation.role is Role.LIST and operation.method == "GET":
        yield from list_mutations(operation)
    elif operation.role is Role.CREATE and kind.parent:
        yield from mutations_of_places()
    elif operation.role is Role.READ or operation.role in WRITING:
        yield from item_mutations(operation)


# --- one resource ---------------------------------------------------------------------------------


def item_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of who may use one resource."""
    for told, lets_in in ITEMS.items():
        if is_shown_by(operation, lets_in):
            name = f"the tenant is not looked at{told}"
            yield mutate_step(name, "may_use", partial(use_if, lets_in), HIDDEN)
    if operation.method == "HEAD":
        return
    yield Mutation("every second look at the tenant is left out", (HIDDEN,), each_second())
    name = "a refusal shows what is another's"
    yield mutate_step(name, "find_resource", tell_in_refusal, HIDDEN)
    if operation.role in WRITING:
        yield Mutation("what is another's is written to, and 404 answered", (HIDDEN,), done_anyhow)
        name = "what is another's and new is written to, and 404 answered"
        yield Mutation(name, (HIDDEN,), partial(done_anyhow, lets_in=was_not_changed))
    if operation.role is Role.READ:
        name = "the first tenant is let in to everything"
        yield mutate_step(name, "may_use", partial(use_if, is_first_tenant), HIDDEN)
    has_parent = operation.resource is not None and bool(operation.resource.parent)
    if has_parent and operation.role in (Role.READ, Role.DELETE):
        name = "an id is looked for in the parents of all tenants"
        yield mutate_step(name, "find_resource", find_by_own_id, HIDDEN)


def is_shown_by(operation: Operation, lets_in: LetsIn) -> bool:
    """Return whether a run asks for what *lets_in* lets in to."""
    kind = operation.resource
    assert kind is not None
    if lets_in in (was_changed, was_not_changed):
        return bool(kind.operation_id(Role.UPDATE) or kind.operation_id(Role.REPLACE))
    if lets_in is has_none:  # it lists its own parent once it has something in it
        return not kind.parent
    # The oldest is neither changed nor deleted, and one alone is asked for by HEAD.
    is_of_one = operation.method == "HEAD" or operation.role in WRITING
    return lets_in is not is_oldest or not is_of_one


def use_if(
    lets_in: LetsIn, service: Service, inner: Any, request: Request, resource: Resource
) -> bool:
    """Let in whoever may, and to what *lets_in* says."""
    return bool(inner(request, resource)) or lets_in(service, request, resource)


def always(_: Service, __: Request, ___: Resource) -> bool:
    """Let in everybody."""
    return True


def was_changed(_: Service, __: Request, resource: Resource) -> bool:
    """Let in to what was changed since it was made."""
    return resource.updated != resource.created


def was_not_changed(_: Service, __: Request, resource: Resource) -> bool:
    """Let in to what is as it was made."""
    return resource.updated == resource.created


def is_newest(service: Service, _: Request, resource: Resource) -> bool:
    """Let in to the newest of the first tenant's that lies there."""
    return resource is owned_by_first(service, resource)[-1]


def is_oldest(service: Service, _: Request, resource: Resource) -> bool:
    """Let in to the oldest that was made of the first tenant's."""
    return resource is owned_by_first(service, resource)[0]


def owned_by_first(service: Service, beside: Resource) -> list[Resource]:
    """Return what the first tenant has made beside a resource, and that itself, oldest first."""
    there = service.collection.under(beside.scope)
    return list(filter(was_made_by_first, there)) or [beside]


def was_made_by_first(resource: Resource) -> bool:
    """Return whether the first tenant has made it since the service is there."""
    return not resource.tenant and resource.created >= 0


def has_own(service: Service, _: Request, __: Resource) -> bool:
    """Let in once the second tenant has one of its own."""
    return any(one.tenant == OTHER_TENANT for one in service.collection.resources.values())


def is_first_tenant(service: Service, request: Request, _: Resource) -> bool:
    """Let in the first tenant alone."""
    return service.tenant_of(request) != OTHER_TENANT


ITEMS: Mapping[str, LetsIn] = {
    "": always,
    " of what was changed": was_changed,
    " of what was never changed": was_not_changed,
    " of the newest": is_newest,
    " of the oldest": is_oldest,
    " of who has one of its own": has_own,
}


def each_second() -> Alter:
    """Return the alteration in which every second request for another's is let in."""

    def alter(service: Service) -> Service:
        turns = itertools.count(1)

        def may_use(_: Service, inner: Any, request: Request, resource: Resource) -> bool:
            return bool(inner(request, resource)) or next(turns) % 2 == 0

        return replace_step("may_use", may_use)(service)

    return alter


def tell_in_refusal(service: Service, inner: Any, request: Request) -> Resource:
    """Show in a refusal what is another's."""
    try:
        found: Resource = inner(request)
    except Refused as refused:
        hidden = service.collection.find(service.id_in(request.path))
        if hidden is None:
            raise
        told = json.dumps(service.store.show(hidden), ensure_ascii=False)
        status = refused.problems[0].status
        raise Refused(Problem(status, "not_yours", f"It is not yours: {told}")) from None
    return found


def done_anyhow(service: Service, lets_in: LetsIn = always) -> Service:
    """Alter *service* so that what is another's is written to, and 404 answered."""
    hidden: list[Resource] = []

    def may_use(_: Service, inner: Any, request: Request, resource: Resource) -> bool:
        is_own = bool(inner(request, resource))
        if not is_own and lets_in(service, request, resource):
            hidden.append(resource)
            return True
        return is_own

    def handle(_: Service, inner: Any, request: Request) -> Answer:
        hidden.clear()
        answer: Answer = inner(request)
        if not hidden or answer.status >= 400:
            return answer
        return service.finish(service.answer_refusal(service.unknown().problems))

    return chain_alterations(replace_step("may_use", may_use), replace_step("handle", handle))(
        service
    )


def find_by_own_id(service: Service, inner: Any, request: Request) -> Resource:
    """Find what has the id in any parent, where that of the path is one's own."""
    try:
        found: Resource = inner(request)
    except Refused:
        above, id = service.collection.parent, service.id_in(request.path)
        around = above.find(id.rpartition("/")[0]) if above is not None else None
        if around is None or not service.may_use(request, around):
            raise
        for key, one in service.collection.resources.items():
            if key.rpartition("/")[2] == id.rpartition("/")[2] and one.tenant != around.tenant:
                return one
        raise
    return found


# --- lists, and what is made ----------------------------------------------------------------------


def list_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of what a list shows of another tenant's."""
    kind, pages = operation.resource, operation.listing.pages
    assert kind is not None
    for told, lets_in in LISTED.items():
        if not is_shown_by(operation, lets_in):
            continue
        name = f"a list shows what is another's{told}"
        yield mutate_step(name, "listed", partial(list_if, lets_in), HIDDEN)
    if operation.listing.filters:
        name = "a filtered list shows what is another's"
        yield mutate_step(name, "listed", partial(list_if, is_filtered), HIDDEN)
    if pages is not None and pages.size:
        name = "a list of a size shows what is another's"
        yield mutate_step(name, "listed", partial(list_if, has_size), HIDDEN)
    if pages is not None and pages.position:
        name = "all pages but the first show what is another's"
        yield mutate_step(name, "listed", partial(list_if, is_led_to), HIDDEN)
    if kind.parent:
        yield from mutations_of_places()


def list_if(lets_in: LetsIn, service: Service, inner: Any, request: Request) -> list[Resource]:
    """List what is of who asks, and what *lets_in* says of what is another's."""
    own: list[Resource] = inner(request)

    def is_let_in(one: Resource) -> bool:
        return one.tenant != service.tenant_of(request) and lets_in(service, request, one)

    return own + list(filter(is_let_in, service.collection.resources.values()))


def has_none(service: Service, request: Request, _: Resource) -> bool:
    """Let in who has none of its own."""
    asking = service.tenant_of(request)
    return all(one.tenant != asking for one in service.collection.resources.values())


def is_filtered(service: Service, request: Request, _: Resource) -> bool:
    """Let in where the list is filtered."""
    names = [one.parameter for one in service.operation.listing.filters]
    return any(query_text(request, name) is not None for name in names)


def has_size(service: Service, request: Request, _: Resource) -> bool:
    """Let in where pages of a size are asked for."""
    pages = service.operation.listing.pages
    return pages is not None and query_text(request, pages.size) is not None


def is_led_to(service: Service, request: Request, _: Resource) -> bool:
    """Let in on all pages but the first."""
    pages = service.operation.listing.pages
    return pages is not None and query_text(request, pages.position) is not None


LISTED: Mapping[str, LetsIn] = {
    "": always,
    " and was changed": was_changed,
    " and was never changed": was_not_changed,
    " and is the newest": is_newest,
    " and is the oldest": is_oldest,
    " to who has one of its own": has_own,
    " to who has none": has_none,
    " to the first tenant": is_first_tenant,
}


def mutations_of_places() -> Iterator[Mutation]:
    """Yield the mutations in which nobody looks whose the parent is."""
    name = "nobody looks whose the parent is"
    yield Mutation(name, (HIDDEN,), ignore_tenants)


def ignore_tenants(service: Service) -> Service:
    """Alter *service* so that it looks at no tenant at all."""
    for step in ("may_use", "may_use_place"):
        service = replace_step(step, use_anything)(service)
    return service


def use_anything(_: Service, __: Any, ___: Request, ____: Resource) -> bool:
    """Let in everybody to everything."""
    return True
