"""What does the embedded service know of what lies in something else? The parents in its path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.double.collection import depth_of
from pytest_confluent_contracts.double.service import Service
from pytest_confluent_contracts.double.store import Resource, joined_id

if TYPE_CHECKING:
    from pytest_confluent_contracts.double.service import Request


class CollectionService(Service):
    """Serves what lies under the parents that its path names."""

    def open_store(self) -> None:
        """Take up nothing: its path names no resource."""

    def find_resource(self, request: Request) -> Resource:
        """Return the parent of what is asked for; raise `Refused` where there is none.

        A collection that lies under nothing has one without members.
        """
        values = self.values_in(request.path)
        if not self.operation.parameters:
            return Resource({}, self.clock.now())
        above = self.collection.parent
        if above is not None and above.item_path:
            parent = above.find(joined_id(values[: depth_of(above)]))
        else:
            parent = self.find_unmodelled(joined_id(values))
        if parent is None or not self.may_use_place(request, parent):
            raise self.unknown()
        return parent

    def may_use_place(self, request: Request, parent: Resource) -> bool:
        """Return whether who asks may ask for what lies in *parent*."""
        return self.may_use(request, parent)

    def find_unmodelled(self, parent: str) -> Resource | None:
        """Return a stand-in for a parent that no operation is about, None where there is none."""
        known = {one.scope for one in self.collection.resources.values()}
        if parent in known or parent == self.store.own_id:
            return Resource({}, self.clock.now())
        return None
