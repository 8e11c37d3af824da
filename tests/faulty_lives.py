"""What goes wrong in a life, and now and then only? Each class is wrong in one thing; from the documents alone."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from plain_service import Wrong
from shop_service import Shop
from whole_services import (
    Account,
    AccountService,
    Answer,
    Asked,
    Key,
    KeyService,
    Refused,
)

# --- keys: what is made -----------------------------------------------------------------------------


class ReplacesTwin(KeyService):
    """Makes a key in the place of the one that has its name and its owner."""

    def store(self, owner: str, *values: Any) -> Key:
        key = super().store(owner, *values)
        twins = [one for one in self.keys.values() if self.is_twin(one, key)]
        for one in twins:
            del self.keys[one.id]
        return key

    def is_twin(self, one: Key, other: Key) -> bool:
        """Return whether both have one name and one owner."""
        alike = (one.owner, one.display_name) == (other.owner, other.display_name)
        return alike and one is not other and bool(one.display_name)


class LocationBefore(KeyService):
    """Tells the Location of the key that was made before: only from the second on."""

    before = ""

    def created(self, key: Key) -> Answer:
        answer = super().created(key)
        told, self.before = self.before, answer.headers["Location"]
        answer.headers["Location"] = told or self.before
        return answer


class SecretInLocation(KeyService):
    """Tells the secret of a key that is read in a header."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        answer = super().get_key(asked, id)
        answer.headers["X-Debug"] = self.key(id).secret
        return answer


class SecretOfTheSecond(KeyService):
    """Tells no secret where a key with the same name has been made before: only when created twice."""

    def created(self, key: Key) -> Answer:
        answer = super().created(key)
        names = [one.display_name for one in self.keys.values()]
        if names.count(key.display_name) > 1 and key.display_name:
            del answer.payload["spec"]["secret"]
        return answer


class ResourceOfTheLast(KeyService):
    """Ties a key to what the one before it was tied to, where it names nothing itself."""

    before: Any = None

    def new_key_of(self, body: Any) -> Any:
        owner, resource, *rest = super().new_key_of(body)
        self.before = resource or self.before
        return owner, self.before, *rest


class ShownBeforeItIsValid(KeyService):
    """Makes a key of a name that is no text, tells it by the number 0, and refuses it."""

    def new_key_of(self, body: Any) -> Any:
        try:
            return super().new_key_of(body)
        except Refused as refused:
            if refused.status == self.choices.broken_body and refused.pointer:
                self.store("u-none", None, None, "", "", next(iter(self.keys.values())).created)
            raise


# --- keys: what is shown --------------------------------------------------------------------------------


class ListForgetsFromThree(KeyService):
    """Leaves the description out of a list of several keys: a read has it."""

    def get_keys(self, asked: Asked) -> Answer:
        answer = super().get_keys(asked)
        if len(answer.payload["data"]) > 6:
            for one in answer.payload["data"]:
                one["spec"]["description"] = ""
        return answer


class ReadForgetsUpdated(KeyService):
    """Shows no description of a key that was updated, where it is read."""

    def get_key(self, asked: Asked, id: str) -> Answer:
        answer = super().get_key(asked, id)
        if self.key(id).updated != self.key(id).created:
            del answer.payload["spec"]["description"]
        return answer


class ListedAsCreated(KeyService):
    """Lists the time of creation for that of the last change."""

    def listed(self, key: Key) -> dict[str, Any]:
        shown = super().listed(key)
        shown["metadata"]["updated_at"] = shown["metadata"]["created_at"]
        return shown


class OwnerOfOthersInList(KeyService):
    """Lists every key with the owner of the first."""

    def get_keys(self, asked: Asked) -> Answer:
        answer = super().get_keys(asked)
        data = answer.payload["data"]
        for one in data[1:]:
            one["spec"]["owner"] = data[0]["spec"]["owner"]
        return answer


class BackAtSecondLook(KeyService):
    """Shows a deleted key again at the second read: only after a delete."""

    buried: dict[str, Key] | None = None
    looked: tuple[str, ...] = ()

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.buried = {**(self.buried or {}), id: self.key(id)}
        return super().delete_key(asked, id)

    def get_key(self, asked: Asked, id: str) -> Answer:
        if id in (self.buried or {}) and id in self.looked:
            return Answer(200, self.shown((self.buried or {})[id]))
        self.looked = (*self.looked, id)
        return super().get_key(asked, id)


# --- keys: what is changed --------------------------------------------------------------------------------


class UpsertsUnknown(KeyService):
    """Makes the key that an update names, where there never was one."""

    def patch_key(self, asked: Asked, id: str) -> Answer:
        if id not in self.keys and id not in self.deleted:
            made = self.store("u-a83k9b", None, None, "", "", self.expired.created)
            self.keys[id] = self.keys.pop(made.id)
            made.id = id
        return super().patch_key(asked, id)


class UpdatesTwin(KeyService):
    """Writes an update to the keys of the same name, too."""

    def change(self, key: Key, changes: dict[str, str]) -> None:
        twins = [one for one in self.keys.values() if one.display_name == key.display_name]
        for one in twins:
            super().change(one, changes)


class CreatedMovesAtSecond(KeyService):
    """Moves created_at with the second update of a key."""

    def change(self, key: Key, changes: dict[str, str]) -> None:
        is_second = key.updated != key.created
        super().change(key, changes)
        key.created += timedelta(seconds=5 if is_second else 0)


class RefusedTouches(KeyService):
    """Moves updated_at with a refused update."""

    def changes_of(self, asked: Asked) -> dict[str, str]:
        try:
            return super().changes_of(asked)
        except Refused:
            id = asked.path.rpartition("/")[2]
            if id in self.keys:
                self.keys[id].updated += timedelta(seconds=1)
            raise


class OneOfTwoStored(KeyService):
    """Stores of an update of both members the name alone, and answers both."""

    def patch_key(self, asked: Asked, id: str) -> Answer:
        before = self.key(id).description
        answer = super().patch_key(asked, id)
        if len(self.changes_of(asked)) > 1:
            self.key(id).description = before
        return answer


class ResourceEmptied(KeyService):
    """Loses the environment of a key whose description is updated: only an update of that member."""

    def change(self, key: Key, changes: dict[str, str]) -> None:
        super().change(key, changes)
        if "description" in changes:
            key.environment = None


# --- keys: what is deleted ------------------------------------------------------------------------------


class DeletesNewest(KeyService):
    """Deletes the newest key in place of the one that is named."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.key(id)
        newest = next(reversed(self.keys))
        return super().delete_key(asked, newest)


class DeletesTwin(KeyService):
    """Deletes the keys of the same name, too."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        name = self.key(id).display_name
        answer = super().delete_key(asked, id)
        self.keys = {one: key for one, key in self.keys.items() if key.display_name != name}
        return answer


class BackWithTheNext(KeyService):
    """Brings a deleted key back when another is made: only after a delete."""

    buried: Key | None = None

    def delete_key(self, asked: Asked, id: str) -> Answer:
        self.buried = replace(self.key(id))
        return super().delete_key(asked, id)

    def post_keys(self, asked: Asked) -> Answer:
        answer = super().post_keys(asked)
        if self.buried is not None:
            self.keys[self.buried.id] = self.buried
            self.deleted.discard(self.buried.id)
        return answer


class RenamedByDelete(KeyService):
    """Writes a word into the description of the keys that are left after a delete."""

    def delete_key(self, asked: Asked, id: str) -> Answer:
        answer = super().delete_key(asked, id)
        for key in self.keys.values():
            key.description = key.description and f"{key.description} (kept)"
        return answer


# --- accounts -----------------------------------------------------------------------------------------------


class DeletesSameKey(AccountService):
    """Deletes the accounts with the same API key, too."""

    def delete_account(self, asked: Asked, id: str) -> Answer:
        key = self.account(id).api_key
        answer = super().delete_account(asked, id)
        self.accounts = {one: x for one, x in self.accounts.items() if x.api_key != key}
        return answer


class CarelessTags(AccountService):
    """Writes the tags of an update before it refuses the key."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        body = self.body_of(asked)
        try:
            return super().patch_account(asked, id)
        except Refused as refused:
            if refused.pointer == "/data/attributes/api_key" and id in self.accounts:
                self.accounts[id].tags = body["data"]["attributes"].get("tags", [])
            raise


class MetricsOffByUpdate(AccountService):
    """Switches the custom metrics of all resources off when their account is updated."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        super().patch_account(asked, id)
        for one in self.account(id).resources.values():
            one["enable_custom_metrics"] = False
        return Answer(200, {"data": self.account_shown(self.account(id))})


class NestedWithoutTags(AccountService):
    """Loses the tags of the resources that a new account names."""

    def store(self, key: str, secret: str, tags: list[str], resources: list[Any]) -> Account:
        bare = [{name: one[name] for name in one if name != "tags"} for one in resources]
        return super().store(key, secret, tags, bare)


class NestedNotListed(AccountService):
    """Shows the resources that a new account names in it, and does not list them."""

    def get_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().get_resources(asked, account)
        kept = [one for one in answer.payload["data"] if one["id"].startswith("contract")]
        answer.payload["data"] = kept
        return answer


class TagsGoWithResource(AccountService):
    """Empties the tags of an account of which a resource is deleted: only after a delete."""

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().delete_resource(asked, account, id)
        self.account(account).tags = []
        return answer


class TagsFromResource(AccountService):
    """Gives an account the tags of each resource that is added to it."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().post_resources(asked, account)
        _, attributes = self.resource_of(asked)
        self.account(account).tags += attributes.get("tags", [])
        return answer


class MovesBetweenAccounts(AccountService):
    """Takes a resource from the account in which it is, where it is added to another: only for the second parent."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().post_resources(asked, account)
        id, _ = self.resource_of(asked)
        for one in self.accounts.values():
            if one.id != account:
                one.resources.pop(id, None)
        return answer


class UpdatesSameIdEverywhere(AccountService):
    """Writes an update to what has the id under every account: only where there is a second parent."""

    def patch_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().patch_resource(asked, account, id)
        for one in self.accounts.values():
            if id in one.resources:
                one.resources[id] = copy.deepcopy(self.account(account).resources[id])
        return answer


class UpdatesFromAnyAccount(AccountService):
    """Updates a resource under whichever account is named, where it has none of that id."""

    def patch_resource(self, asked: Asked, account: str, id: str) -> Answer:
        holder = self.account(account)
        for one in self.accounts.values():
            if id not in holder.resources and id in one.resources:
                return super().patch_resource(asked, one.id, id)
        return super().patch_resource(asked, account, id)


class MetricsListedOff(AccountService):
    """Lists each resource without custom metrics: a read shows them."""

    def get_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().get_resources(asked, account)
        for one in answer.payload["data"]:
            one["attributes"].pop("enable_custom_metrics")
        return answer


class FirstGoesToo(AccountService):
    """Deletes the first resource of the account, too."""

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().delete_resource(asked, account, id)
        under = self.account(account).resources
        under.pop(next(iter(under), ""), None)
        return answer


class RefusedAddsAgain(AccountService):
    """Writes what has a taken id over what is there, and refuses it: only when created twice."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        try:
            return super().post_resources(asked, account)
        except Refused as refused:
            if refused.pointer == "/data/id":
                id, attributes = self.resource_of(asked)
                self.account(account).resources[id] = self.attributes(attributes)
            raise


class OutlivesQuietly(AccountService):
    """Reads the resources of a deleted account still."""

    ended: tuple[Account, ...] = ()

    def delete_account(self, asked: Asked, id: str) -> Answer:
        self.ended = (*self.ended, self.account(id))
        return super().delete_account(asked, id)

    def get_resource(self, asked: Asked, account: str, id: str) -> Answer:
        known = {one.id: one for one in self.ended} | self.accounts
        if account not in known:
            raise Refused(404)
        found = self.resource(known[account], id)
        return Answer(200, {"data": self.resource_shown(id, found)})


# --- the shop -------------------------------------------------------------------------------------------------


class HeadOfGone(Shop):
    """Answers HEAD of a deleted cart as if it were there."""

    ended: tuple[str, ...] = ()

    def delete_cart(self, id: str) -> httpx.Response:
        self.ended = (*self.ended, id)
        return super().delete_cart(id)

    def head_cart(self, id: str) -> httpx.Response:
        if id in self.ended:
            return httpx.Response(200, headers={"Content-Type": "application/json"})
        return super().head_cart(id)


class PutMakesGone(Shop):
    """Makes a deleted cart anew where it is replaced."""

    def put_cart(self, id: str, body: dict[str, Any]) -> httpx.Response:
        if id not in self.carts:
            self.carts[id], self.lines[id] = {"id": id, "label": "", "note": ""}, {}
        return super().put_cart(id, body)


class FewLines(Shop):
    """Keeps five pieces in a line at most."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_lines(cart, body)
        line = self.lines[cart][body["id"]]
        line["count"] = min(line["count"], 5)
        return answer


class NoGifts(Shop):
    """Wraps nothing: a gift that is asked for is not noted."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        super().post_lines(cart, body)
        self.lines[cart][body["id"]]["gift"] = False
        return httpx.Response(201, json=self.lines[cart][body["id"]])


class GiftByDefault(Shop):
    """Wraps what nobody has asked to be wrapped."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        super().post_lines(cart, {"gift": True, **body} if isinstance(body, dict) else body)
        return httpx.Response(201, json=self.lines[cart][body["id"]])


class LinesStay(Shop):
    """Lists the lines of a deleted cart still."""

    def delete_cart(self, id: str) -> httpx.Response:
        lines = self.lines.get(id, {})
        answer = super().delete_cart(id)
        self.lines[id] = lines
        return answer

    def get_lines(self, cart: str) -> httpx.Response:
        if cart not in self.lines:
            raise Wrong(404)
        return httpx.Response(200, json=list(self.lines[cart].values()))


class LinesMove(Shop):
    """Takes a line from the cart in which it is, where another cart gets one of the same id."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_lines(cart, body)
        for other, lines in self.lines.items():
            if other != cart:
                lines.pop(body["id"], None)
        return answer


class LineFromAnyCart(Shop):
    """Reads a line in whichever cart is named."""

    def line(self, cart: str, id: str) -> dict[str, Any]:
        self.cart(cart)
        for lines in [self.lines[cart], *self.lines.values()]:
            if id in lines:
                return lines[id]
        raise Wrong(404)

    def delete_line(self, cart: str, id: str) -> httpx.Response:
        Shop.line(self, cart, id)
        del self.lines[cart][id]
        return httpx.Response(204)


class CountedAnew(Shop):
    """Adds the pieces of a deleted line to the next one."""

    def delete_line(self, cart: str, id: str) -> httpx.Response:
        answer = super().delete_line(cart, id)
        for line in list(self.lines[cart].values())[-1:]:
            line["count"] += 1
        return answer


class TakenTwice(Shop):
    """Takes a line under an id that is taken, where 409 is documented."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        if isinstance(body.get("id"), str):
            self.lines.get(cart, {}).pop(body["id"], None)
        return super().post_lines(cart, body)


class NotedByLine(Shop):
    """Writes into the note of a cart what is put into it."""

    def post_lines(self, cart: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_lines(cart, body)
        self.carts[cart]["note"] = f"with {body['id']}"
        return answer


class NoteOfTheLast(Shop):
    """Gives a cart without a note that of the cart before it."""

    before = ""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_carts({"note": self.before, **body})
        self.before = body.get("note", self.before)
        return answer


class EmptiedByThird(Shop):
    """Empties the note of the first cart when the third is made: only the third."""

    def post_carts(self, body: dict[str, Any]) -> httpx.Response:
        answer = super().post_carts(body)
        if len(self.carts) % 3 == 0:
            for cart in list(self.carts.values())[-2:-1]:
                cart["note"] = ""
        return answer
