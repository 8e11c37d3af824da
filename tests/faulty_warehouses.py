"""What goes wrong in a warehouse? Each class is wrong in one thing; written from `tests/apis/warehouse.yaml` alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import httpx
import warehouse_service
from warehouse_service import Warehouse, Wrong

if TYPE_CHECKING:
    from collections.abc import Callable


def changed(answer: httpx.Response, change: Callable[[Any], None]) -> httpx.Response:
    """Return *answer* with its JSON value changed."""
    value = json.loads(answer.content)
    change(value)
    content = json.dumps(value, ensure_ascii=False).encode()
    kept = [pair for pair in answer.headers.items() if pair[0].lower() != "content-length"]
    return httpx.Response(answer.status_code, headers=kept, content=content)


# --- what any service may get wrong, and tools look for first ----------------------------------------


class MethodsOpen(Warehouse):
    """Answers 200 to methods that the document does not declare."""

    def routed(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().routed(request)
        except Wrong as wrong:
            if wrong.status == 405:
                return self.shown(200, {})
            raise


class AllowMissing(Warehouse):
    """Answers 405 without Allow."""

    def worded(self, answer: httpx.Response, request: httpx.Request) -> httpx.Response:
        answer = super().worded(answer, request)
        if "Allow" in answer.headers:
            del answer.headers["Allow"]
        return answer


class CrashOnNul(Warehouse):
    """Answers 500 where a text has a NUL in it."""

    def routed(self, request: httpx.Request) -> httpx.Response:
        if b"\\u0000" in request.read() or b"%00" in request.url.raw_path:
            return httpx.Response(500)
        return super().routed(request)


class CrashOnLongBody(Warehouse):
    """Answers 500 to a body of more than 4 kB."""

    def routed(self, request: httpx.Request) -> httpx.Response:
        if len(request.read()) > 4096:
            return httpx.Response(500)
        return super().routed(request)


class CrashOnQuery(Warehouse):
    """Answers 500 where a query asks for what nobody declared."""

    def parameters(self, request: httpx.Request, *known: str) -> list[tuple[str, str]]:
        pairs = super().parameters(request, *known)
        names = {name.partition("[")[0] for name, _ in pairs}
        if names - set(known):
            raise KeyError(names)
        return pairs


class CrashOnList(Warehouse):
    """Answers 500 to a body that is a list."""

    def routed(self, request: httpx.Request) -> httpx.Response:
        if request.read().startswith(b"["):
            return httpx.Response(500)
        return super().routed(request)


class AnyCredentials(Warehouse):
    """Takes whoever sends a key, right or wrong."""

    def check_caller(self, request: httpx.Request) -> None:
        if "X-Warehouse-Key" not in request.headers:
            super().check_caller(request)


class NoCredentialsToRead(Warehouse):
    """Lets anybody read."""

    def check_caller(self, request: httpx.Request) -> None:
        if request.method != "GET":
            super().check_caller(request)


class PlainText(Warehouse):
    """Calls what it shows a plain text."""

    def shown(self, status: int, value: Any, **headers: str) -> httpx.Response:
        answer = super().shown(status, value, **headers)
        answer.headers["Content-Type"] = "text/plain"
        return answer


class Undocumented(Warehouse):
    """Answers a read of a rack with 203."""

    def get_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        answer = super().get_rack(request, site, code)
        return httpx.Response(203, headers=answer.headers, content=answer.content)


class NumberForId(Warehouse):
    """Shows the id of a site that is read as a number."""

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        return changed(super().get_site(request, id), lambda site: site.update(id=7))


class LocationMissing(Warehouse):
    """Answers a create of a site without Location."""

    def post_sites(self, request: httpx.Request) -> httpx.Response:
        answer = super().post_sites(request)
        del answer.headers["Location"]
        return answer


class ChallengeMissing(Warehouse):
    """Answers 401 without WWW-Authenticate."""

    def worded(self, answer: httpx.Response, request: httpx.Request) -> httpx.Response:
        answer = super().worded(answer, request)
        if "WWW-Authenticate" in answer.headers:
            del answer.headers["WWW-Authenticate"]
        return answer


class SiteStillRead(Warehouse):
    """Shows a site after its deletion, and lists it no longer."""

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        if id in self.ended:
            return self.shown(200, {"id": id, "name": "gone", "region": "north"})
        return super().get_site(request, id)


class SiteLost(Warehouse):
    """Answers a create of a site, and keeps nothing."""

    def post_sites(self, request: httpx.Request) -> httpx.Response:
        answer = super().post_sites(request)
        del self.sites[json.loads(answer.content)["id"]]
        return answer


class NameOptional(Warehouse):
    """Takes a site without a name."""

    def read_site(self, body: dict[str, Any]) -> dict[str, Any]:
        return super().read_site({"name": "nameless", **body})


class LevelsMissing(Warehouse):
    """Leaves the levels out of a rack that is read."""

    def get_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        return changed(super().get_rack(request, site, code), lambda rack: rack.pop("levels"))


# --- what answers look like, and refusals -------------------------------------------------------------


class StatusAsText(Warehouse):
    """Tells the status of a problem as a text."""

    def problem(self, status: int, request: httpx.Request) -> httpx.Response:
        return changed(super().problem(status, request), lambda told: told.update(status="400"))


class OtherStatusTold(Warehouse):
    """Tells status 400 in every problem, whatever the status is."""

    def problem(self, status: int, request: httpx.Request) -> httpx.Response:
        return changed(super().problem(status, request), lambda told: told.update(status=400))


class ProblemAsJson(Warehouse):
    """Sends a problem as application/json."""

    def problem(self, status: int, request: httpx.Request) -> httpx.Response:
        answer = super().problem(status, request)
        answer.headers["Content-Type"] = "application/json"
        return answer


class WordForUnknownJob(Warehouse):
    """Says of a job that it is done."""

    def get_job(self, request: httpx.Request, id: str) -> httpx.Response:
        return changed(super().get_job(request, id), lambda job: job.update(state="done"))


class TotalOfNone(Warehouse):
    """Tells a total that is one less than what is listed."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        less = lambda told: told.update(total=max(0, told["total"] - 1))  # noqa: E731
        return changed(super().get_sites(request), less)


class AnyContentType(Warehouse):
    """Reads a body of any media type."""

    def body(self, request: httpx.Request, media_type: str = "application/json") -> dict[str, Any]:
        request.headers["Content-Type"] = media_type
        return super().body(request, media_type)


# --- what is sent ------------------------------------------------------------------------------------


class LongNames(Warehouse):
    """Takes a name of any length for a site."""

    def read_site(self, body: dict[str, Any]) -> dict[str, Any]:
        found = super().read_site({**body, "name": str(body.get("name"))[:60]})
        return {**found, "name": body.get("name")}


class NewRegions(Warehouse):
    """Takes any region, for the north."""

    def read_site(self, body: dict[str, Any]) -> dict[str, Any]:
        known = body.get("region") in warehouse_service.REGIONS
        return super().read_site(body if known else {**body, "region": "north"})


class ContactOpen(Warehouse):
    """Takes more of a contact than is declared, and leaves it out."""

    def read_site(self, body: dict[str, Any]) -> dict[str, Any]:
        contact = body.get("contact")
        if isinstance(contact, dict):
            known = {name: one for name, one in contact.items() if name in ("email", "phone")}
            body = {**body, "contact": known}
        return super().read_site(body)


class NoNullContact(Warehouse):
    """Refuses a contact that is null."""

    def read_site(self, body: dict[str, Any]) -> dict[str, Any]:
        self.check(body.get("contact", {}) is not None)
        return super().read_site(body)


class TwentyRefused(Warehouse):
    """Refuses a rack of twenty levels, which are allowed."""

    def read_rack(self, body: dict[str, Any]) -> dict[str, Any]:
        self.check(body.get("levels") != 20)
        return super().read_rack(body)


class ZeroLevels(Warehouse):
    """Takes a rack without a level."""

    def read_rack(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("levels") == 0:
            return {**super().read_rack({**body, "levels": 1}), "levels": 0}
        return super().read_rack(body)


class TagsTwice(Warehouse):
    """Takes a tag of a rack twice, and keeps it once."""

    def read_rack(self, body: dict[str, Any]) -> dict[str, Any]:
        tags = body.get("tags")
        if isinstance(tags, list) and all(isinstance(one, str) for one in tags):
            body = {**body, "tags": list(dict.fromkeys(tags))}
        return super().read_rack(body)


class CooledAsText(Warehouse):
    """Takes texts for whether a rack is cooled."""

    def read_rack(self, body: dict[str, Any]) -> dict[str, Any]:
        if isinstance(body.get("cooled"), str):
            body = {**body, "cooled": True}
        return super().read_rack(body)


class LitresOfNone(Warehouse):
    """Takes a liquid of less than nothing."""

    def post_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        with patch.object(warehouse_service, "is_content", lambda value: isinstance(value, dict)):
            return super().post_boxes(request, site, code)


class NoBooks(Warehouse):
    """Refuses books."""

    def post_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        content = self.body(request).get("content")
        self.check(not isinstance(content, dict) or content.get("kind") != "book")
        return super().post_boxes(request, site, code)


class LimitUnbounded(Warehouse):
    """Takes any number as the limit of a list of sites."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        with patch.object(warehouse_service, "is_number", is_any_number):
            return super().get_sites(request)


def is_any_number(text: str, least: int, most: int) -> bool:
    """Return whether *text* is a whole number."""
    return text.lstrip("-").isdigit()


class AnyLocale(Warehouse):
    """Takes any locale."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        if "Cookie" in request.headers:
            del request.headers["Cookie"]
        return super().get_sites(request)


# --- lists -------------------------------------------------------------------------------------------


class LimitIgnored(Warehouse):
    """Lists all sites, whatever the limit."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        answer = super().get_sites(request)
        if request.url.params.get("region"):
            return answer
        every = [self.site_shown(one) for one in self.ordered(list(self.sites.values()))]
        return changed(answer, lambda told: told.update(items=every))


class RegionIgnored(Warehouse):
    """Lists the sites of all regions."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        answer = super().get_sites(request)
        every = [self.site_shown(one) for one in self.ordered(list(self.sites.values()))]
        return changed(answer, lambda told: told.update(items=every, total=len(every)))


class TagsIgnored(Warehouse):
    """Lists the racks of all tags."""

    def split(self, pairs: list[tuple[str, str]], name: str, *by: str) -> list[str] | None:
        found = super().split(pairs, name, *by)
        return None if name == "tags" else found


class CodesByComma(Warehouse):
    """Takes commas between the codes of racks."""

    def split(self, pairs: list[tuple[str, str]], name: str, *by: str) -> list[str] | None:
        return (
            super().split(pairs, name, ",") if name == "codes" else super().split(pairs, name, *by)
        )


class KindsRefused(Warehouse):
    """Refuses two kinds of boxes in one list."""

    def get_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        if len(self.split(self.parameters(request, "kinds"), "kinds", ",") or ()) > 1:
            raise Wrong(400)
        return super().get_boxes(request, site, code)


class NewestHidden(Warehouse):
    """Leaves the newest site out of the list."""

    def get_sites(self, request: httpx.Request) -> httpx.Response:
        newest = list(self.sites)[-1]
        kept = {id: site for id, site in self.sites.items() if id != newest}
        with patch.object(self, "sites", kept):
            return super().get_sites(request)


class RacksTwice(Warehouse):
    """Lists each rack twice where there are two."""

    def get_racks(self, request: httpx.Request, site: str) -> httpx.Response:
        return changed(super().get_racks(request, site), lambda racks: racks.extend(racks[1:]))


# --- lives -------------------------------------------------------------------------------------------


class SiteInNorth(Warehouse):
    """Makes each site in the north."""

    def post_sites(self, request: httpx.Request) -> httpx.Response:
        answer = super().post_sites(request)
        self.sites[json.loads(answer.content)["id"]]["region"] = "north"
        return answer


class ContactLost(Warehouse):
    """Shows the contact of a new site, and keeps none."""

    def post_sites(self, request: httpx.Request) -> httpx.Response:
        answer = super().post_sites(request)
        self.sites[json.loads(answer.content)["id"]].pop("contact", None)
        return answer


class PutMerges(Warehouse):
    """Keeps the contact of a site that is replaced by one without."""

    def put_site(self, request: httpx.Request, id: str) -> httpx.Response:
        before = self.sites.get(id, {})
        kept = {name: one for name, one in before.items() if name == "contact"}
        super().put_site(request, id)
        self.sites[id] = {**kept, **self.sites[id]}
        return self.shown(200, self.site_shown(self.sites[id]))


class PutOfAll(Warehouse):
    """Replaces each site of the same region."""

    def put_site(self, request: httpx.Request, id: str) -> httpx.Response:
        region = self.site(id)["region"]
        answer = super().put_site(request, id)
        for other, site in self.sites.items():
            if site["region"] == region:
                self.sites[other] = {**self.sites[id], "id": other}
        return answer


class RefusedPut(Warehouse):
    """Writes the name of a site before it refuses the rest."""

    def put_site(self, request: httpx.Request, id: str) -> httpx.Response:
        name = self.body(request).get("name")
        if id in self.sites and isinstance(name, str) and name:
            self.sites[id] = {**self.sites[id], "name": name[:60]}
        return super().put_site(request, id)


class RacksStay(Warehouse):
    """Keeps the racks of a site that is deleted, and shows them."""

    def delete_site(self, request: httpx.Request, id: str) -> httpx.Response:
        site = self.site(id)
        del self.sites[id]
        self.ended.add(id)
        return self.ending(self.site_shown(site))

    def get_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        if (site, code) in self.racks:
            return self.shown(200, self.rack_shown(self.racks[site, code]))
        return super().get_rack(request, site, code)


class CodeTaken(Warehouse):
    """Makes a rack anew under a code that is taken."""

    def post_racks(self, request: httpx.Request, site: str) -> httpx.Response:
        code = self.body(request).get("code")
        if isinstance(code, str):
            self.racks.pop((site, code), None)
        return super().post_racks(request, site)


class CodeInCapitals(Warehouse):
    """Keeps the code of a rack in capitals."""

    def post_racks(self, request: httpx.Request, site: str) -> httpx.Response:
        answer = super().post_racks(request, site)
        code = json.loads(answer.content)["code"]
        self.racks[site, code] = {**self.racks[site, code], "code": code.upper()}
        return answer


class RackInAllSites(Warehouse):
    """Shows a rack under any site."""

    def rack(self, site: str, code: str) -> dict[str, Any]:
        self.site(site)
        for key, rack in self.racks.items():
            if key[1] == code:
                return rack
        return super().rack(site, code)


class RackDeletedTwice(Warehouse):
    """Answers 204 to the deletion of a rack that is not there."""

    def delete_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        self.site(site)
        if (site, code) not in self.racks:
            return httpx.Response(204)
        return super().delete_rack(request, site, code)


class RackKept(Warehouse):
    """Answers a deletion of a rack, and keeps it."""

    def delete_rack(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        return self.ending(self.rack_shown(self.rack(site, code)))


class AllBoxesGo(Warehouse):
    """Unpacks all boxes of a rack with one."""

    def delete_box(self, request: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        answer = super().delete_box(request, site, code, id)
        for key in [one for one in self.boxes if one[:2] == (site, code)]:
            self.times[key] = (self.times[key][0], self.clock.now())
        return answer


class LabelNotKept(Warehouse):
    """Shows the label of an update, and keeps the one before."""

    def patch_box(self, request: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        before = dict(self.box(site, code, id))
        answer = super().patch_box(request, site, code, id)
        self.boxes[site, code, id] = before
        return answer


class PartsNeverGo(Warehouse):
    """Keeps the parts of a box that an update removes."""

    def patch_box(self, request: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        parts = self.box(site, code, id).get("parts")
        answer = super().patch_box(request, site, code, id)
        if parts is None or "parts" in self.boxes[site, code, id]:
            return answer
        self.boxes[site, code, id]["parts"] = parts
        return self.shown(200, self.boxes[site, code, id])


class PatchEmpties(Warehouse):
    """Empties the label of a box whose update leaves it out."""

    def patch_box(self, request: httpx.Request, site: str, code: str, id: str) -> httpx.Response:
        super().patch_box(request, site, code, id)
        body = self.body(request, "application/merge-patch+json")
        self.boxes[site, code, id]["label"] = body.get("label", "")
        return self.shown(200, self.boxes[site, code, id])


class InnerPartsLost(Warehouse):
    """Loses the parts of parts."""

    def keep_box(self, key: tuple[str, str, str], box: dict[str, Any]) -> None:
        flat = [{"name": one["name"]} for one in box.get("parts", ())]
        super().keep_box(key, {**box, "parts": flat} if flat else box)


class HeadOfNone(Warehouse):
    """Answers HEAD with 200 for what is not there."""

    def head_site(self, request: httpx.Request, id: str) -> httpx.Response:
        if id not in self.sites:
            return self.shown(200, {})
        return self.get_site(request, id)


class JobOfAnother(Warehouse):
    """Leads from each job to the box of the example."""

    def post_boxes(self, request: httpx.Request, site: str, code: str) -> httpx.Response:
        answer = super().post_boxes(request, site, code)
        due, _ = self.jobs[json.loads(answer.content)["id"]]
        where = "/sites/s-1/racks/r-1/boxes/;box_id=b-1"
        self.jobs[json.loads(answer.content)["id"]] = (due, where)
        return answer


class NumbersAgain(Warehouse):
    """Numbers sites by how many there are, so that a create after a deletion replaces one."""

    def new_id(self) -> str:
        return f"n-{len(self.sites)}"


class ReadsCount(Warehouse):
    """Names a site anew whenever it is read."""

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        answer = super().get_site(request, id)
        self.sites[id] = {**self.sites[id], "name": f"read {next(self.numbers)} times"}
        return answer


class Hasty(Warehouse):
    """Makes a site before it looks at what was sent."""

    def post_sites(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().post_sites(request)
        except Wrong:
            id = self.new_id()
            self.sites[id] = {"id": id, "name": "half", "region": "north"}
            raise


class UnknownForgiven(Warehouse):
    """Shows the example's site where there is none."""

    def get_site(self, request: httpx.Request, id: str) -> httpx.Response:
        return super().get_site(request, id if id in self.sites else "s-1")


class Forbidden(Warehouse):
    """Answers 403 where nobody is known."""

    def check_caller(self, request: httpx.Request) -> None:
        try:
            super().check_caller(request)
        except Wrong:
            raise Wrong(403) from None


class BadIsGone(Warehouse):
    """Answers 404 to a body that is wrong."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.choices = replace(self.choices, invalid=404)
