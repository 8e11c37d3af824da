"""What goes wrong in a service of API keys? Each class is wrong in one thing; written from the documents alone."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from whole_services import (
    CLOUD,
    KEYS,
    Answer,
    Asked,
    Key,
    KeyChoices,
    KeyService,
    Refused,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import ClassVar


class Keys(KeyService):
    """A service whose keys fit on a page."""

    chosen: ClassVar[KeyChoices] = KeyChoices(strangers=3)

    def __init__(self) -> None:
        super().__init__(self.chosen)


class ManyKeys(Keys):
    """A service with more keys than a page has."""

    chosen = KeyChoices(strangers=22)


# --- create ------------------------------------------------------------------------------------------


class Forgetful(Keys):
    """Answers a create and keeps nothing."""

    def post_keys(self, asked: Asked) -> Answer:
        answer = super().post_keys(asked)
        del self.keys[answer.payload["id"]]
        return answer


class Shouting(Keys):
    """Keeps the display name in capitals."""

    def store(self, *values: Any) -> Key:
        key = super().store(*values)
        key.display_name = key.display_name.upper()
        return key


class Cutting(Keys):
    """Keeps the first 20 characters of a description."""

    def store(self, *values: Any) -> Key:
        key = super().store(*values)
        key.description = key.description[:20]
        return key


class NamelessWithoutWords(Keys):
    """Loses the description of a key that has no name: only where a body has the one member."""

    def store(self, *values: Any) -> Key:
        key = super().store(*values)
        if not key.display_name:
            key.description = ""
        return key


class WithoutLocation(Keys):
    """Tells no Location."""

    def created(self, key: Key) -> Answer:
        answer = super().created(key)
        del answer.headers["Location"]
        return answer


class MisleadingLocation(Keys):
    """Tells the Location of the key made before."""

    def created(self, key: Key) -> Answer:
        answer = super().created(key)
        answer.headers["Location"] = f"{CLOUD}{KEYS}/ak-12345"
        return answer


class RelativeLocation(Keys):
    """Tells a Location that is no URI, but a path."""

    def created(self, key: Key) -> Answer:
        answer = super().created(key)
        answer.headers["Location"] = f"{KEYS}/{key.id}"
        return answer


class Created201(Keys):
    """Answers 201 where 202 is documented."""

    def created(self, key: Key) -> Answer:
        answer = super().created(key)
        answer.status = 201
        return answer


class Secretless(Keys):
    """Never shows the secret, not even when the key is made."""

    def created(self, key: Key) -> Answer:
        answer = super().created(key)
        del answer.payload["spec"]["secret"]
        return answer


class OneForAll(Keys):
    """Answers a create with the key that has the same name already."""

    def post_keys(self, asked: Asked) -> Answer:
        owner, *_, name, _ = self.new_key_of(self.body_of(asked))
        for key in self.keys.values():
            if (key.owner, key.display_name) == (owner, name):
                return self.created(key)
        return super().post_keys(asked)


class Hasty(Keys):
    """Makes a key before it looks at what was sent."""

    def post_keys(self, asked: Asked) -> Answer:
        try:
            return super().post_keys(asked)
        except Refused:
            self.store("u-a83k9b", None, None, "", "", datetime.now(UTC))
            raise


class HalfMade(Keys):
    """Makes a key of what it can read of a body, before it refuses the rest."""

    def post_keys(self, asked: Asked) -> Answer:
        try:
            return super().post_keys(asked)
        except Refused as refused:
            if refused.pointer:
                self.make_half(self.body_of(asked))
            raise

    def make_half(self, body: Any) -> None:
        """Make a key with the texts that the body has."""
        spec = body.get("spec") if isinstance(body, dict) else None
        if isinstance(spec, dict):
            words = [spec.get(name) for name in ("display_name", "description")]
            name, description = (one if isinstance(one, str) else "" for one in words)
            owner = spec.get("owner")
            id = owner.get("id") if isinstance(owner, dict) else None
            owner_id = id if isinstance(id, str) else "u-caller"
            self.store(owner_id, None, None, name, description, datetime.now(UTC))


class OwnerOptional(Keys):
    """Takes a create without an owner, for the caller."""

    def new_key_of(self, body: Any) -> Any:
        if isinstance(body, dict) and isinstance(body.get("spec"), dict):
            body = {**body, "spec": {"owner": {"id": "u-caller"}, **body["spec"]}}
        return super().new_key_of(body)


class LongOwner(Keys):
    """Takes an owner's id of any length."""

    def short_text(self, parent: Any, name: str, place: str, *, needed: bool = False) -> Any:
        if isinstance(parent.get(name), str) and parent[name]:
            return parent[name]
        return super().short_text(parent, name, place, needed=needed)


class NoEnvironment(Keys):
    """Loses the environment of the resource."""

    def store(self, *values: Any) -> Key:
        key = super().store(*values)
        key.environment = None
        return key


class NoNull(Keys):
    """Refuses a resource that is null."""

    def new_key_of(self, body: Any) -> Any:
        spec = body.get("spec") if isinstance(body, dict) else None
        if isinstance(spec, dict) and "resource" in spec and spec["resource"] is None:
            raise Refused(400, "/spec/resource")
        return super().new_key_of(body)


class Recycling(Keys):
    """Gives a new key the id of the one that was deleted last: only after a delete."""

    freed = ""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        answer = super().delete_key(asked, id)
        self.freed = id
        return answer

    def new_id(self, number: int) -> str:
        freed, self.freed = self.freed, ""
        self.deleted.discard(freed)
        return freed or super().new_id(number)


class NumberedBySize(Keys):
    """Numbers keys by how many there are, so that a create after a delete overwrites one."""

    def new_id(self, number: int) -> str:
        return f"ak-n{len(self.keys)}"


class ThirdNotListed(Keys):
    """Lists every key but the third that is made."""

    made = 0
    hidden = ""

    def post_keys(self, asked: Asked) -> Answer:
        answer = super().post_keys(asked)
        self.made += 1
        if self.made == 3:
            self.hidden = answer.payload["id"]
        return answer

    def in_order(self) -> list[Key]:
        return [key for key in super().in_order() if key.id != self.hidden]


class OwnerInLowerCase(Keys):
    """Keeps the owner's id in lower case, and shows another than was sent."""

    def store(self, owner: str, *values: Any) -> Key:
        return super().store(owner.lower().replace("-", "_"), *values)


class CrashOnBrokenBody(Keys):
    """Answers 500 to a create whose body is no JSON."""

    def post_keys(self, asked: Asked) -> Answer:
        try:
            self.body_of(asked)
        except Refused:
            raise Refused(500) from None
        return super().post_keys(asked)


class DottedPointer(Keys):
    """Tells a place in the body with dots, where a JSON Pointer is documented."""

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        if refused.pointer and asked.method == "POST":
            refused = Refused(refused.status, refused.pointer.strip("/").replace("/", "."))
        return super().refusal(asked, refused)


# --- read --------------------------------------------------------------------------------------------


class SecretInRead(Keys):
    """Shows the secret to whoever reads the key."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        answer = super().get_key(asked, id)
        answer.payload["spec"]["secret"] = self.key(id).secret
        return answer


class SecretInList(Keys):
    """Shows the secrets in a list."""

    def listed(self, key: Key) -> dict[str, Any]:
        shown = super().listed(key)
        shown["spec"]["secret"] = key.secret
        return shown


class SecretInUpdate(Keys):
    """Shows the secret in the answer to an update."""

    def patch_key(self, asked: Asked, id: str) -> Answer:
        answer = super().patch_key(asked, id)
        answer.payload["spec"]["secret"] = self.key(id).secret
        return answer


class SecretOnceMore(Keys):
    """Shows the secret in the first read after the create, too."""

    shown_already: frozenset[str] = frozenset()

    def get_key(self, asked: Asked, id: str) -> Answer:
        answer = super().get_key(asked, id)
        if id not in self.deleted and id not in self.shown_already:
            answer.payload["spec"]["secret"] = self.key(id).secret
            self.shown_already = self.shown_already | {id}
        return answer


class LastUsed(Keys):
    """Counts a read as a change: updated_at moves."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        self.key(id).updated += timedelta(seconds=1)
        return super().get_key(asked, id)


class CrashOnUnknown(Keys):
    """Answers 500 to a read of what was never there."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        if id not in self.keys and id not in self.deleted:
            raise Refused(500)
        return super().get_key(asked, id)


class EmptyForUnknown(Keys):
    """Answers 200 and the example's key to a read of what was never there."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        known = id in self.keys or id in self.deleted
        return super().get_key(asked, id if known else "ak-12345")


class SelfOfList(Keys):
    """Tells the address of the list as that of the key."""

    def metadata_shown(self, key: Key) -> dict[str, Any]:
        return {**super().metadata_shown(key), "self": f"{CLOUD}{KEYS}"}


class OtherKind(Keys):
    """Calls a key in a read by another kind."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        answer = super().get_key(asked, id)
        answer.payload["kind"] = "iam.v2.ApiKey"
        return answer


class StatusAsNumber(Keys):
    """Tells the status of an error as a number to who reads."""

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        answer = super().refusal(asked, refused)
        if asked.method == "GET" and answer.payload:
            answer.payload["errors"][0]["status"] = answer.status
        return answer


class OwnerLeftOut(Keys):
    """Leaves the owner out of what a read shows."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        answer = super().get_key(asked, id)
        del answer.payload["spec"]["owner"]
        return answer


# --- update ------------------------------------------------------------------------------------------


class PutsInstead(Keys):
    """Empties what an update leaves out: only where a body has one member."""

    def changes_of(self, asked: Asked) -> dict[str, str]:
        changes = super().changes_of(asked)
        return {"display_name": "", "description": "", **changes} if changes else changes


class Spreading(Keys):
    """Writes an update to every key of the same owner."""

    def change(self, key: Key, changes: dict[str, str]) -> None:
        for other in [one for one in self.keys.values() if one.owner == key.owner]:
            super().change(other, changes)


class NotStored(Keys):
    """Answers an update as it was sent, and keeps what was."""

    def patch_key(self, asked: Asked, id: str) -> Answer:
        before = replace(self.key(id))
        answer = super().patch_key(asked, id)
        self.keys[id] = before
        return answer


class StaleList(Keys):
    """Lists a key as it was when it was made, whatever is updated."""

    def listed(self, key: Key) -> dict[str, Any]:
        self.first: dict[str, dict[str, Any]] = getattr(self, "first", {})
        if key.id not in self.first:
            self.first[key.id] = super().listed(key)
        return self.first[key.id]


class Careless(Keys):
    """Writes the description of an update before it refuses the name."""

    def changes_of(self, asked: Asked) -> dict[str, str]:
        try:
            return super().changes_of(asked)
        except Refused:
            body = self.body_of(asked)
            spec = body.get("spec") if isinstance(body, dict) else None
            if isinstance(spec, dict) and isinstance(spec.get("description"), str):
                self.key(asked.path.rpartition("/")[2]).description = spec["description"]
            raise


class EmptyIgnored(Keys):
    """Takes an empty text in an update for one that was not sent."""

    def changes_of(self, asked: Asked) -> dict[str, str]:
        return {name: value for name, value in super().changes_of(asked).items() if value}


class Reviving(Keys):
    """Makes a key anew that is updated after its end."""

    buried: Mapping[str, Key] = MappingProxyType({})

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.buried = {**self.buried, id: self.key(id)}
        return super().delete_key(asked, id)

    def patch_key(self, asked: Asked, id: str) -> Answer:
        if id in self.buried and id in self.deleted:
            self.deleted.discard(id)
            self.keys[id] = self.buried[id]
        return super().patch_key(asked, id)


class OwnerChanges(Keys):
    """Lets an update change the owner, which is immutable."""

    def patch_key(self, asked: Asked, id: str) -> Answer:
        key, changes = self.key(id), self.changes_of(asked)
        body = self.body_of(asked) if asked.body else {}
        owner = (body.get("spec") or {}).get("owner")
        if isinstance(owner, dict) and isinstance(owner.get("id"), str) and owner["id"]:
            key.owner = owner["id"]
        self.change(key, changes)
        return Answer(200, self.shown(key))


class ResourceLost(Keys):
    """Loses the resource of a key that is updated."""

    def change(self, key: Key, changes: dict[str, str]) -> None:
        super().change(key, changes)
        key.resource = None


class CreatedAgain(Keys):
    """Moves created_at with an update."""

    def change(self, key: Key, changes: dict[str, str]) -> None:
        super().change(key, changes)
        key.created = key.updated


class NeverUpdated(Keys):
    """Leaves updated_at as it was when the key was made."""

    def change(self, key: Key, changes: dict[str, str]) -> None:
        before = key.updated
        super().change(key, changes)
        key.updated = before


class NameOfThird(Keys):
    """Loses the third update of a key's name."""

    seen = 0

    def change(self, key: Key, changes: dict[str, str]) -> None:
        self.seen += "display_name" in changes
        if self.seen % 3 == 0:
            changes = {name: value for name, value in changes.items() if name != "display_name"}
        super().change(key, changes)


# --- delete ------------------------------------------------------------------------------------------


class DeleteTells(Keys):
    """Answers a delete with 200 and the key."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        shown = self.shown(self.key(id))
        super().delete_key(asked, id)
        return Answer(200, shown)


class DeleteForAll(Keys):
    """Deletes for whoever asks, and says that he may not."""

    def check_credentials(self, asked: Asked) -> None:
        try:
            super().check_credentials(asked)
        except Refused:
            if asked.method == "DELETE":
                self.keys.pop(asked.path.rpartition("/")[2], None)
            raise


class DeletesNothing(Keys):
    """Answers a delete and keeps the key."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.key(id)
        return Answer(204)


class StillReadable(Keys):
    """Lists a deleted key no more, and shows it still."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.key(id)
        self.buried: set[str] = {*getattr(self, "buried", set()), id}
        return Answer(204)

    def in_order(self) -> list[Key]:
        return [key for key in super().in_order() if key.id not in getattr(self, "buried", ())]

    def patch_key(self, asked: Asked, id: str) -> Answer:
        if id in getattr(self, "buried", ()):
            raise Refused(404)
        return super().patch_key(asked, id)


class StillListed(Keys):
    """Shows a deleted key no more, and lists it still."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.buried: list[Key] = [*getattr(self, "buried", []), self.key(id)]
        return super().delete_key(asked, id)

    def in_order(self) -> list[Key]:
        found = [*super().in_order(), *getattr(self, "buried", [])]
        return sorted(found, key=lambda one: one.number)


class StillUpdated(Keys):
    """Answers 200 to the update of a deleted key."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.buried: dict[str, Key] = {**getattr(self, "buried", {}), id: self.key(id)}
        return super().delete_key(asked, id)

    def patch_key(self, asked: Asked, id: str) -> Answer:
        buried = getattr(self, "buried", {})
        if id in buried:
            self.change(buried[id], self.changes_of(asked))
            return Answer(200, self.shown(buried[id]))
        return super().patch_key(asked, id)


class DeletedTwice(Keys):
    """Answers 204 to every delete, of what was deleted and of what never was."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        return super().delete_key(asked, id) if id in self.keys else Answer(204)


class Sweeping(Keys):
    """Deletes every key of the same owner."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        owner = self.key(id).owner
        answer = super().delete_key(asked, id)
        self.keys = {one: key for one, key in self.keys.items() if key.owner != owner}
        return answer


class GreedyAgain(Keys):
    """Deletes the newest key when one is deleted for the second time."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        if id in self.deleted:
            self.keys.popitem()
        return super().delete_key(asked, id)


# --- list --------------------------------------------------------------------------------------------


class SizeIgnored(ManyKeys):
    """Gives ten keys, whatever page_size says."""

    def size_of(self, wanted: dict[str, str]) -> int:
        super().size_of(wanted)
        return 10


class SizeUnbounded(ManyKeys):
    """Gives as many keys as are asked for, also more than 100."""

    def size_of(self, wanted: dict[str, str]) -> int:
        size = wanted.get("page_size", "10")
        return int(size) if size.isdigit() and int(size) > 100 else super().size_of(wanted)


class SizeNoNumber(Keys):
    """Takes a page_size that is no number for none."""

    def size_of(self, wanted: dict[str, str]) -> int:
        size = wanted.get("page_size", "10")
        return super().size_of(wanted) if size.isdigit() else 10


class NoNext(ManyKeys):
    """Tells of no page after the first."""

    def next_link(self, *_: Any) -> None:
        return None


class Overlapping(ManyKeys):
    """Begins a page with the last key of the one before."""

    def start_of(self, wanted: dict[str, str], found: list[Key]) -> int:
        return max(0, super().start_of(wanted, found) - 1)


class Skipping(ManyKeys):
    """Leaves out the first key of every page but the first."""

    def start_of(self, wanted: dict[str, str], found: list[Key]) -> int:
        start = super().start_of(wanted, found)
        return start + 1 if start else start


class Endless(ManyKeys):
    """Tells of a page after the last: the last itself."""

    def next_link(
        self, wanted: dict[str, str], found: list[Key], start: int, size: int
    ) -> str | None:
        return super().next_link(wanted, found, start, size) or (
            self.link(wanted, found[start]) if found[start:] else None
        )


class TokenIgnored(ManyKeys):
    """Shows the first page, whatever page_token says."""

    def start_of(self, wanted: dict[str, str], found: list[Key]) -> int:
        super().start_of(wanted, found)
        return 0


class BrokenTokenTaken(ManyKeys):
    """Takes a token that it never told for none."""

    def start_of(self, wanted: dict[str, str], found: list[Key]) -> int:
        try:
            return super().start_of(wanted, found)
        except Refused:
            return 0


class CrashOnToken(ManyKeys):
    """Answers 500 to a token that it never told."""

    def start_of(self, wanted: dict[str, str], found: list[Key]) -> int:
        try:
            return super().start_of(wanted, found)
        except Refused:
            raise Refused(500) from None


class FilterLostOnPages(ManyKeys):
    """Forgets the filter on every page but the first."""

    def meets(self, key: Key, wanted: dict[str, str]) -> bool:
        return super().meets(key, {} if "page_token" in wanted else wanted)


class OwnerFilterIgnored(Keys):
    """Lists keys of all owners, whichever is asked for."""

    def has_owner(self, key: Key, wanted: dict[str, str]) -> bool:
        return True


class OwnerFilterByPrefix(Keys):
    """Lists keys of owners whose id begins as the one that is asked for."""

    def has_owner(self, key: Key, wanted: dict[str, str]) -> bool:
        return key.owner.startswith(wanted.get("spec.owner", ""))


class OwnerFilterEmpty(Keys):
    """Lists no key where an owner is asked for."""

    def has_owner(self, key: Key, wanted: dict[str, str]) -> bool:
        return "spec.owner" not in wanted


class ResourceFilterIgnored(Keys):
    """Lists keys of all resources, whichever is asked for."""

    def has_resource(self, key: Key, wanted: dict[str, str]) -> bool:
        return True


class ResourceFilterMixed(Keys):
    """Lists keys without a resource, too, where one is asked for."""

    def has_resource(self, key: Key, wanted: dict[str, str]) -> bool:
        return key.resource is None or super().has_resource(key, wanted)


class EitherFilter(Keys):
    """Of two filters, takes what meets one."""

    def meets(self, key: Key, wanted: dict[str, str]) -> bool:
        if not {"spec.owner", "spec.resource"} <= wanted.keys():
            return super().meets(key, wanted)
        either = self.has_owner(key, wanted) or self.has_resource(key, wanted)
        return either and self.is_listed_now(key, wanted)


class ExpiredAlways(Keys):
    """Lists expired keys without being asked."""

    def is_listed_now(self, key: Key, wanted: dict[str, str]) -> bool:
        return True


class ExpiredNever(Keys):
    """Lists no expired key, though it is asked."""

    def is_listed_now(self, key: Key, wanted: dict[str, str]) -> bool:
        return super().is_listed_now(key, {})


class ExpiredOnly(Keys):
    """Lists nothing but expired keys, where it is asked for them too."""

    def is_listed_now(self, key: Key, wanted: dict[str, str]) -> bool:
        if wanted.get("show_expired") == "true":
            return key.expires is not None
        return super().is_listed_now(key, wanted)


class AnyBoolean(Keys):
    """Takes every show_expired that is no boolean for false."""

    def parameters_of(self, asked: Asked) -> dict[str, str]:
        query = "&".join(one for one in asked.query.split("&") if not one.startswith("show_exp"))
        try:
            return super().parameters_of(asked)
        except Refused:
            return super().parameters_of(asked._replace(query=query))


class SizeOfPage(ManyKeys):
    """Tells the size of the page as that of the full result."""

    def page_told(
        self, wanted: dict[str, str], found: list[Key], start: int, size: int
    ) -> dict[str, Any]:
        told = super().page_told(wanted, found, start, size)
        return {**told, "total_size": len(self.page_of(found, start, size))}


class NullForNone(Keys):
    """Lists null where no key is found."""

    def get_keys(self, asked: Asked) -> Answer:
        answer = super().get_keys(asked)
        answer.payload["data"] = answer.payload["data"] or None
        return answer


class ListWithoutMetadata(Keys):
    """Leaves the metadata of a key out of a list."""

    def listed(self, key: Key) -> dict[str, Any]:
        shown = super().listed(key)
        del shown["metadata"]
        return shown


class ThirdTwice(Keys):
    """Lists the third key of a page twice, the second time without a description."""

    def page_of(self, found: list[Key], start: int, size: int) -> list[Key]:
        page = super().page_of(found, start, size)
        return [*page, replace(page[2], description="")] if len(page) == 3 else page


class ShortNames(Keys):
    """Cuts names in a list to 12 characters."""

    def listed(self, key: Key) -> dict[str, Any]:
        shown = super().listed(key)
        shown["spec"]["display_name"] = key.display_name[:12]
        return shown


class KindOfOne(Keys):
    """Calls a list by the kind of a key."""

    def get_keys(self, asked: Asked) -> Answer:
        answer = super().get_keys(asked)
        answer.payload["kind"] = "ApiKey"
        return answer


# --- credentials, headers, limits ------------------------------------------------------------------------


class OpenList(Keys):
    """Lists for whoever asks."""

    def check_credentials(self, asked: Asked) -> None:
        if asked.method != "GET" or asked.path != KEYS:
            super().check_credentials(asked)


class NoTokenForCreate(Keys):
    """Knows no token where a key is made."""

    def check_credentials(self, asked: Asked) -> None:
        super().check_credentials(asked)
        bearer = asked.headers["authorization"].lower().startswith("bearer")
        if bearer and asked.method == "POST":
            raise Refused(401)


class NoChallenge(Keys):
    """Tells who may not delete nothing of how he could."""

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        answer = super().refusal(asked, refused)
        if asked.method == "DELETE":
            answer.headers.pop("WWW-Authenticate", None)
        return answer


class ForbiddenForUnknownCaller(Keys):
    """Answers 403 to a create without credentials."""

    def check_credentials(self, asked: Asked) -> None:
        try:
            super().check_credentials(asked)
        except Refused:
            raise Refused(403 if asked.method == "POST" else 401) from None


class SameRequestId(Keys):
    """Gives every list the same request id."""

    def finish(self, asked: Asked, answer: Answer) -> None:
        super().finish(asked, answer)
        if asked.path == KEYS and asked.method == "GET":
            answer.headers["X-Request-Id"] = "list"


class NoLimitOnCreate(Keys):
    """Tells nothing of the limit in the answer to a create."""

    def finish(self, asked: Asked, answer: Answer) -> None:
        super().finish(asked, answer)
        if asked.method == "POST":
            for name in ("Limit", "Remaining", "Reset"):
                answer.headers.pop(f"X-RateLimit-{name}", None)


class EpochReset(Keys):
    """Tells in a list when the window ends as a time of day."""

    def finish(self, asked: Asked, answer: Answer) -> None:
        super().finish(asked, answer)
        if asked.path == KEYS and asked.method == "GET":
            answer.headers["X-RateLimit-Reset"] = str(int(time.time()) + 60)


class NothingSpent(Keys):
    """Tells in a list, and counts nothing: as much is left after as before."""

    def limit_headers(self) -> dict[str, str]:
        self.left = self.choices.limit
        return super().limit_headers()


class NoIdOnDelete(Keys):
    """Gives the answer to a delete no request id."""

    def finish(self, asked: Asked, answer: Answer) -> None:
        super().finish(asked, answer)
        if asked.method == "DELETE":
            del answer.headers["X-Request-Id"]


class PlainNotFound(Keys):
    """Answers 404 to a delete with one message, where a list of errors is documented."""

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        answer = super().refusal(asked, refused)
        if asked.method == "DELETE" and refused.status == 404:
            answer.payload = {"message": "not found"}
        return answer
