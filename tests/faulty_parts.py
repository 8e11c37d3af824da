"""What goes wrong with pages, filters, an order and conditions? Each class is wrong in one thing.

Written from `tests/apis/warehouse.yaml` alone, as somebody might get it wrong.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httpx
from warehouse_service import Page, Warehouse, Wrong

# --- pages ------------------------------------------------------------------------------------------


class LinkForgetsFilters(Warehouse):
    """Leads to the next page of the whole list, whatever the first was filtered by."""

    def target_of(self, request: httpx.Request, cursor: str) -> str:
        target, _, query = super().target_of(request, cursor).partition("?")
        kept = [one for one in query.split("&") if not one.startswith(("name=", "region="))]
        return f"{target}?{'&'.join(kept)}"

    def mark(self, *asked: Any) -> str:
        return super().mark(*asked[:1])


class LastIsSecond(Warehouse):
    """Says that the second page is the last."""

    def last_start(self, page: Page) -> int:
        return min(page.size, super().last_start(page))


class LastBeforeNewest(Warehouse):
    """Counts one too few for the link to the last page."""

    def last_start(self, page: Page) -> int:
        return max(0, page.count - 2) // page.size * page.size


class PreviousIsFirst(Warehouse):
    """Leads back to the beginning from every page."""

    def starts(self, page: Page) -> dict[str, int | None]:
        return {**super().starts(page), "prev": 0 if page.start else None}


class FirstHasPrevious(Warehouse):
    """Tells of a page before the first, too."""

    def starts(self, page: Page) -> dict[str, int | None]:
        return {**super().starts(page), "prev": max(0, page.start - page.size)}


class FirstIsHere(Warehouse):
    """Leads to the page itself for the first."""

    def starts(self, page: Page) -> dict[str, int | None]:
        return {**super().starts(page), "first": page.start}


class NothingToLast(Warehouse):
    """Leads to no page that would be the last."""

    def next_start(self, page: Page) -> int | None:
        after = page.start + page.size
        return after if after + page.size < page.count else None


class SecondBeginsEarly(Warehouse):
    """Begins the second page with the last item of the first."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        found = super().page(items, size, start)
        return replace(found, items=items[start - 1 : start - 1 + size]) if start == size else found


class LastLosesOne(Warehouse):
    """Leaves the last item out of a last page that has several, or is one of several."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        found = super().page(items, size, start)
        is_last = start > 0 and start + size >= len(items)
        return replace(found, items=found.items[:-1]) if is_last else found


class OneMoreOnTheSecond(Warehouse):
    """Shows one item more than was asked for on the second page."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        found = super().page(items, size, start)
        return replace(found, items=items[start : start + size + 1]) if start == size else found


class ZeroIsAnAccident(Warehouse):
    """Divides by the size of a page before it looks at it."""

    def size(self, pairs: list[tuple[str, str]], name: str, default: int, most: int) -> int:
        if self.one_of(pairs, name) == "0":
            raise ZeroDivisionError
        return super().size(pairs, name, default, most)


class AnyCursorIsFirst(Warehouse):
    """Begins anew with a cursor that it does not know."""

    def start(self, pairs: list[tuple[str, str]], name: str, mark: str) -> int:
        try:
            return super().start(pairs, name, mark)
        except Wrong:
            return 0


class LastCursorRefused(Warehouse):
    """Refuses the cursor of the last page."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        if start > 0 and start + size >= len(items):
            raise Wrong(400)
        return super().page(items, size, start)


class OffsetIsPage(Warehouse):
    """Takes the offset of racks for the number of a page."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        is_of_racks = bool(items) and "code" in items[0]
        return super().page(items, size, start * size if is_of_racks else start)


class OffsetFromOne(Warehouse):
    """Counts the offset of racks from one."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        is_of_racks = bool(items) and "code" in items[0]
        return super().page(items, size, start - 1 if is_of_racks and start else start)


# --- totals, filters and order ------------------------------------------------------------------------


class Listing(Warehouse):
    """Makes the list of sites anew from the parameters, for who changes one thing in it."""

    def total(self, listed: int, items: list[Any], request: httpx.Request) -> int:
        return listed

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        answer = super().get_sites(request)
        body = answer.json()
        body["total"] = self.total(body["total"], body["items"], request)
        links = [pair for pair in answer.headers.multi_items() if pair[0] == "link"]
        told = self.shown(200, body)
        return httpx.Response(200, headers=[*told.headers.items(), *links], content=told.content)


class TotalOfPage(Listing):
    """Counts the items of the page alone."""

    def total(self, listed: int, items: list[Any], request: httpx.Request) -> int:
        return len(items)


class TotalOfAll(Listing):
    """Counts all sites, whatever filters them."""

    def total(self, listed: int, items: list[Any], request: httpx.Request) -> int:
        return len(self.sites)


class TotalLessLater(Listing):
    """Counts what is left on all pages but the first."""

    def total(self, listed: int, items: list[Any], request: httpx.Request) -> int:
        return listed - 1 if "cursor=" in str(request.url) else listed


class Rewriting(Warehouse):
    """Reads the query of a list as `rewritten` has it."""

    def rewritten(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return pairs

    def parameters(self, request: httpx.Request, *known: str) -> list[tuple[str, str]]:
        return self.rewritten(super().parameters(request, *known))


class RegionOnlyAlone(Rewriting):
    """Looks at the region where no name is asked for."""

    def rewritten(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        is_named = any(name == "name" for name, _ in pairs)
        return [pair for pair in pairs if pair[0] != "region" or not is_named]


class NameOnlyWide(Rewriting):
    """Looks at the name where more than one item is asked for."""

    def rewritten(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [pair for pair in pairs if pair[0] != "name" or ("limit", "1") not in pairs]


class LabelOnlyFirst(Rewriting):
    """Looks at the label of boxes on the first page alone."""

    def rewritten(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        is_later = any(name == "page_token" for name, _ in pairs)
        return [pair for pair in pairs if pair[0] != "label" or not is_later]

    def mark(self, *asked: Any) -> str:
        return super().mark(*asked[:1])


class DescendingIsAscending(Rewriting):
    """Takes one order for the other."""

    def rewritten(self, pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [(name, value.lstrip("-") if name == "sort" else value) for name, value in pairs]


class SortsEachPage(Warehouse):
    """Cuts the list into pages before it sorts each of them."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        if not items or "region" not in items[0]:
            return super().page(items, size, start)
        stored = [one for one in self.sites.values() if one in items]
        is_sorted = items in (
            sorted(stored, key=self.rank),
            sorted(stored, key=self.rank, reverse=True),
        )
        found = super().page(stored, size, start)
        if not is_sorted:
            return super().page(items, size, start)
        backwards = items != sorted(stored, key=self.rank)
        return replace(found, items=sorted(found.items, key=self.rank, reverse=backwards))


class PartOfName(Warehouse):
    """Finds by a name what begins with it."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        name = self.one_of(self.parameters(request, "region", "limit", "name"), "name")
        if name is None:
            return super().get_sites(request)
        kept = [one for one in self.sites.values() if one["name"].startswith(name)]
        return self.shown(200, {"items": list(map(self.site_shown, kept)), "total": len(kept)})


class CursorKeepsFilter(Warehouse):
    """Goes on with the filter that a token was told with, whatever is sent with it."""

    told: dict[str, list[tuple[str, str]]] | None = None

    def parameters(self, request: httpx.Request, *known: str) -> list[tuple[str, str]]:
        pairs = super().parameters(request, *known)
        self.told = self.told or {}
        token = dict(pairs).get("page_token")
        if token in self.told:
            return [*self.told[token], ("page_token", token)]
        self.told["asked"] = [pair for pair in pairs if pair[0] != "page_token"]
        return pairs

    def tokens(self, page: Page, mark: str) -> dict[str, Any]:
        told = super().tokens(page, mark)
        for token in filter(None, told.values()):
            self.told = {**(self.told or {}), token.replace("=", "%3D"): (self.told or {})["asked"]}
        return told


# --- conditions -----------------------------------------------------------------------------------------


class TagOfRegion(Warehouse):
    """Makes the tag of a site of its region alone."""

    def tag(self, kind: str, shown: dict[str, Any]) -> str:
        if kind == "site":
            return f'"{shown["region"]}"'
        return super().tag(kind, shown)


class TagEachTime(Warehouse):
    """Makes a new tag each time."""

    def tag(self, kind: str, shown: dict[str, Any]) -> str:
        return f'"{next(self.numbers)}"'


class TagWithoutQuotes(Warehouse):
    """Forgets the quotes around what it shows."""

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        answer = super().get_site(request, id)
        answer.headers["ETag"] = answer.headers["ETag"].strip('"')
        return answer


class NothingIsKnown(Warehouse):
    """Does not look at If-None-Match."""

    def is_known(self, request: httpx.Request, tag: str) -> bool:
        return False


class EverythingIsKnown(Warehouse):
    """Takes each If-None-Match for the current tag."""

    def is_known(self, request: httpx.Request, tag: str) -> bool:
        return "If-None-Match" in request.headers


class FirstTagAlone(Warehouse):
    """Looks at the first of several tags."""

    def is_known(self, request: httpx.Request, tag: str) -> bool:
        told = re.findall(r'"[^"]*"', request.headers.get("If-None-Match", ""))
        is_any = request.headers.get("If-None-Match") == "*"
        return is_any or told[:1] == [tag.removeprefix("W/")]


class NoStar(Warehouse):
    """Knows tags, and no star."""

    def is_known(self, request: httpx.Request, tag: str) -> bool:
        is_any = request.headers.get("If-None-Match", "").strip() == "*"
        return not is_any and super().is_known(request, tag)


class KnownStrongly(Warehouse):
    """Compares the tags of reads as they are written."""

    def is_known(self, request: httpx.Request, tag: str) -> bool:
        told = request.headers.get("If-None-Match", "")
        return told == "*" or tag in re.findall(r'(?:W/)?"[^"]*"', told)


class BareNotModified(Warehouse):
    """Sends a 304 with the tag alone."""

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        answer = super().get_site(request, id)
        told = {**answer.headers, "Cache-Control": "private", "ETag": self.site_tag(id)}
        if answer.status_code == 304:
            return httpx.Response(304, headers={"ETag": told["ETag"]})
        return httpx.Response(200, headers=told, content=answer.content)


class ForAnyCache(Warehouse):
    """Lets any cache keep what was read with a key, for whoever asks next."""

    def caching(self) -> dict[str, str]:
        return {"Cache-Control": "public, max-age=60", "Vary": "Accept"}


class AnyMatch(Warehouse):
    """Does not look at what If-Match names."""

    def check_match(self, request: httpx.Request, tag: str, *, required: bool = False) -> None:
        if required and "If-Match" not in request.headers:
            raise Wrong(428)


class WeakMatch(Warehouse):
    """Takes a weak tag for the strong one."""

    def check_match(self, request: httpx.Request, tag: str, *, required: bool = False) -> None:
        if request.headers.get("If-Match", "").removeprefix("W/") != tag:
            super().check_match(request, tag, required=required)


class NoMatchOfSeveral(Warehouse):
    """Takes several tags for one."""

    def check_match(self, request: httpx.Request, tag: str, *, required: bool = False) -> None:
        if "," in request.headers.get("If-Match", ""):
            raise Wrong(412)
        super().check_match(request, tag, required=required)


class NoConditionNeeded(Warehouse):
    """Replaces without a condition, too."""

    def check_match(self, request: httpx.Request, tag: str, *, required: bool = False) -> None:
        super().check_match(request, tag)


class WrittenAndRefused(Warehouse):
    """Writes first, and looks at the condition then."""

    def put_site(self, request: httpx.Request, id: str) -> httpx.Response:
        self.site(id)
        tag, body = self.site_tag(id), self.read_site(self.body(request))
        self.sites[id] = {"id": id, **body}
        self.check_match(request, tag, required=True)
        return self.shown(200, self.site_shown(self.sites[id]), ETag=self.site_tag(id))


class DeletedAnyhow(Warehouse):
    """Deletes a site whatever the condition."""

    def delete_site(self, request: httpx.Request, id: str) -> httpx.Response:
        bare = {name: value for name, value in request.headers.items() if name != "if-match"}
        return super().delete_site(httpx.Request("DELETE", request.url, headers=bare), id)


class RackWrittenOver(Warehouse):
    """Writes over a rack that was only to be made."""

    def check_rack(self, request: httpx.Request, site: str, code: str) -> None:
        """Look at nothing."""


class LaterPagesUpwards(Warehouse):
    """Sorts the first page as it was asked to, and each after it the other way round."""

    def page(self, items: list[Any], size: int, start: int) -> Page:
        page = super().page(items, size, start)
        return replace(page, items=page.items[::-1]) if start else page


# --- a life -----------------------------------------------------------------------------------------


class LabelShortInList(Warehouse):
    """Has room for 40 characters of a label in its list."""

    def get_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        kept = self.boxes
        self.boxes = {key: {**one, "label": one["label"][:40]} for key, one in kept.items()}
        try:
            return super().get_boxes(request, site, code)
        finally:
            self.boxes = kept


class BoxesComeBack(Warehouse):
    """Finds boxes by the code of their rack, whichever rack of it that is."""

    def end_rack(self, key: tuple[str, str]) -> None:
        boxes, times = dict(self.boxes), dict(self.times)
        super().end_rack(key)
        self.boxes, self.times = boxes, times
