"""What may go wrong in keeping the warehouses of two keepers apart? Each class is wrong in one thing.

Written from `tests/apis/warehouse.yaml` alone, as somebody might get it wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from warehouse_service import Warehouse, Wrong

if TYPE_CHECKING:
    import httpx


class Lenient(Warehouse):
    """Knows how to ask as whoever has a site."""

    def as_owner(self, site: str) -> None:
        self.caller = self.owners.get(site, self.caller)


class ReadsToAll(Lenient):
    """Reads every site to everybody."""

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        self.as_owner(id)
        return super().get_site(request, id)


class ListsAll(Lenient):
    """Lists the sites of both."""

    def own_sites(self) -> list[dict[str, Any]]:
        return list(self.sites.values())


class FilterOfAll(Lenient):
    """Looks for a name among the sites of both."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        self.looks_in_all = b"name=" in request.url.query
        return super().get_sites(request)

    def own_sites(self) -> list[dict[str, Any]]:
        return list(self.sites.values()) if self.looks_in_all else super().own_sites()


class EndsAndRefuses(Lenient):
    """Refuses to end what is another's, and ends it."""

    def delete_site(self, request: httpx.Request, id: str) -> httpx.Response:
        is_own = self.is_own(id)
        self.as_owner(id)
        answer = super().delete_site(request, id)
        if not is_own:
            raise Wrong(404)
        return answer


class RacksOfAll(Lenient):
    """Lists the racks in every site to everybody."""

    def get_racks(self, request: httpx.Request, site: str) -> httpx.Response:
        self.as_owner(site)
        return super().get_racks(request, site)


class PutsAnywhere(Lenient):
    """Replaces a rack in anybody's site."""

    def put_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        self.as_owner(site)
        return super().put_rack(request, site, code)


class PacksAndRefuses(Lenient):
    """Refuses to pack into another's rack, and has packed by then."""

    def post_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        is_own = self.is_own(site)
        self.as_owner(site)
        answer = super().post_boxes(request, site, code)
        if not is_own:
            raise Wrong(403)
        return answer


class BoxesByIdAlone(Lenient):
    """Finds a box by its id, in whichever rack it lies; only the rack that is named must be one's own."""

    def get_box(self, _: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        self.rack(site, code)
        for key, box in self.boxes.items():
            is_anothers = not self.is_own(key[0])
            if key[2] == id and self.is_there(key) and (is_anothers or key[:2] == (site, code)):
                return self.shown(200, box)
        raise self.lost(id)
