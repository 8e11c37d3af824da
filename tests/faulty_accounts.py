"""What goes wrong in a service of accounts and their resources? Each class is wrong in one thing; from the documents alone."""

from __future__ import annotations

import copy
from typing import Any

from whole_services import (
    CREDENTIALS,
    Account,
    AccountService,
    Answer,
    Asked,
    Refused,
)

# --- accounts: create ----------------------------------------------------------------------------------


class Forgetful(AccountService):
    """Answers a create and keeps nothing."""

    def post_accounts(self, asked: Asked) -> Answer:
        answer = super().post_accounts(asked)
        del self.accounts[answer.payload["data"]["id"]]
        return answer


class Created200(AccountService):
    """Answers 200 to a create of an account, where 201 is documented."""

    def post_accounts(self, asked: Asked) -> Answer:
        answer = super().post_accounts(asked)
        answer.status = 200
        return answer


class NoTags(AccountService):
    """Loses the tags of a new account."""

    def store(self, api_key: str, secret: str, tags: list[str], resources: list[Any]) -> Account:
        return super().store(api_key, secret, [], resources)


class NoResources(AccountService):
    """Loses the resources of a new account."""

    def store(self, api_key: str, secret: str, tags: list[str], resources: list[Any]) -> Account:
        return super().store(api_key, secret, tags, [])


class FirstResourceOnly(AccountService):
    """Keeps of the resources of a new account the first."""

    def store(self, api_key: str, secret: str, tags: list[str], resources: list[Any]) -> Account:
        return super().store(api_key, secret, tags, resources[:1])


class FirstTagOnly(AccountService):
    """Keeps of several tags of a new account the first."""

    def store(self, api_key: str, secret: str, tags: list[str], resources: list[Any]) -> Account:
        return super().store(api_key, secret, tags[:1], resources)


class TagCutAtSecondColon(AccountService):
    """Cuts a tag at its second colon."""

    def store(self, api_key: str, secret: str, tags: list[str], resources: list[Any]) -> Account:
        cut = [":".join(tag.split(":")[:2]) for tag in tags]
        return super().store(api_key, secret, cut, resources)


class OnlyTagAsText(AccountService):
    """Shows the tags of an account as a text where there is one: only where a list has one member."""

    def account_shown(self, account: Account) -> dict[str, Any]:
        shown = super().account_shown(account)
        if len(account.tags) == 1:
            shown["attributes"]["tags"] = account.tags[0]
        return shown


class SecretOptional(AccountService):
    """Takes a new account without a secret."""

    def account_attributes_of(self, body: Any) -> dict[str, Any]:
        data = body.get("data") if isinstance(body, dict) else None
        if isinstance(data, dict) and isinstance(data.get("attributes"), dict):
            data["attributes"].setdefault("api_secret", "")
        return super().account_attributes_of(body)


class AnyType(AccountService):
    """Takes any type of JSON:API."""

    def data_of(self, body: Any, kind: str) -> dict[str, Any]:
        if isinstance(body, dict) and isinstance(body.get("data"), dict):
            kind = body["data"].get("type", kind) if "type" in body["data"] else kind
        return super().data_of(body, kind)


class Hasty(AccountService):
    """Makes an account before it looks at what was sent."""

    def post_accounts(self, asked: Asked) -> Answer:
        try:
            return super().post_accounts(asked)
        except Refused:
            self.store("HALF", "half", [], [])
            raise


class HalfMade(AccountService):
    """Makes an account of what it can read of a body, before it refuses the rest."""

    def post_accounts(self, asked: Asked) -> Answer:
        try:
            return super().post_accounts(asked)
        except Refused as refused:
            if refused.pointer:
                self.make_half(self.body_of(asked))
            raise

    def make_half(self, body: Any) -> None:
        """Make an account with the key that the body has."""
        data = body.get("data") if isinstance(body, dict) else None
        attributes = data.get("attributes") if isinstance(data, dict) else None
        if isinstance(attributes, dict):
            key, tags = attributes.get("api_key"), attributes.get("tags")
            known = [one for one in tags if isinstance(one, str)] if isinstance(tags, list) else []
            self.store(key if isinstance(key, str) else "", "half", known, [])


class OneForAll(AccountService):
    """Answers a create with the account that has the same key already."""

    def post_accounts(self, asked: Asked) -> Answer:
        attributes = self.account_attributes_of(self.body_of(asked))
        for account in self.accounts.values():
            if account.api_key == attributes["api_key"]:
                return Answer(201, {"data": self.account_shown(account)})
        return super().post_accounts(asked)


class NumberedBySize(AccountService):
    """Names accounts by how many there are: an id is used again after a delete."""

    def new_id(self, number: int) -> str:
        return f"account-{len(self.accounts)}"


class SecretInCreate(AccountService):
    """Shows the secret in the answer to a create."""

    def post_accounts(self, asked: Asked) -> Answer:
        answer = super().post_accounts(asked)
        data = answer.payload["data"]
        data["attributes"]["api_secret"] = self.accounts[data["id"]].api_secret
        return answer


class SecretInRead(AccountService):
    """Shows the secret to whoever reads the account."""

    def get_account(self, asked: Asked, id: str) -> Answer:
        answer = super().get_account(asked, id)
        answer.payload["data"]["attributes"]["api_secret"] = self.account(id).api_secret
        return answer


class SecretInList(AccountService):
    """Shows the secrets in a list."""

    def get_accounts(self, asked: Asked) -> Answer:
        answer = super().get_accounts(asked)
        for one in answer.payload["data"]:
            one["attributes"]["api_secret"] = self.accounts[one["id"]].api_secret
        return answer


class SecretInUpdate(AccountService):
    """Shows the secret in the answer to an update."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        answer = super().patch_account(asked, id)
        answer.payload["data"]["attributes"]["api_secret"] = self.account(id).api_secret
        return answer


class CrashOnBrokenBody(AccountService):
    """Answers 500 to a create of an account whose body is no JSON."""

    def post_accounts(self, asked: Asked) -> Answer:
        try:
            self.body_of(asked)
        except Refused:
            raise Refused(500) from None
        return super().post_accounts(asked)


# --- accounts: read and list -----------------------------------------------------------------------------


class ThirdNotListed(AccountService):
    """Lists every account but the third that is made."""

    made = 0
    hidden = ""

    def post_accounts(self, asked: Asked) -> Answer:
        answer = super().post_accounts(asked)
        self.made += 1
        if self.made == 3:
            self.hidden = answer.payload["data"]["id"]
        return answer

    def get_accounts(self, asked: Asked) -> Answer:
        answer = super().get_accounts(asked)
        answer.payload["data"] = [x for x in answer.payload["data"] if x["id"] != self.hidden]
        return answer


class ListWithoutResources(AccountService):
    """Lists accounts as if they had no resources."""

    def get_accounts(self, asked: Asked) -> Answer:
        answer = super().get_accounts(asked)
        for one in answer.payload["data"]:
            one["attributes"]["resources"] = []
        return answer


class BareList(AccountService):
    """Lists accounts in a bare array, where `data` is documented."""

    def get_accounts(self, asked: Asked) -> Answer:
        answer = super().get_accounts(asked)
        answer.payload = answer.payload["data"]
        return answer


class ListWithoutKey(AccountService):
    """Leaves the required api_key out of a list."""

    def get_accounts(self, asked: Asked) -> Answer:
        answer = super().get_accounts(asked)
        for one in answer.payload["data"]:
            del one["attributes"]["api_key"]
        return answer


class LastTwice(AccountService):
    """Lists the last account twice."""

    def get_accounts(self, asked: Asked) -> Answer:
        answer = super().get_accounts(asked)
        answer.payload["data"] += answer.payload["data"][-1:]
        return answer


class CrashOnUnknown(AccountService):
    """Answers 500 to what was never there."""

    def account(self, id: str) -> Account:
        if id not in self.accounts:
            raise Refused(500)
        return super().account(id)


class AnyAccount(AccountService):
    """Answers a read of what was never there with the first account."""

    def get_account(self, asked: Asked, id: str) -> Answer:
        known = id if id in self.accounts else next(iter(self.accounts))
        return super().get_account(asked, known)


class LooksAtTags(AccountService):
    """Adds a tag to an account that is read."""

    def get_account(self, asked: Asked, id: str) -> Answer:
        answer = super().get_account(asked, id)
        self.account(id).tags.append("seen")
        return answer


# --- accounts: update ------------------------------------------------------------------------------------


class TagsLost(AccountService):
    """Empties tags that an update leaves out: only where a body has none."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        account = self.account(id)
        attributes = self.account_attributes_of(self.body_of(asked))
        account.tags = [tag for tag in account.tags if "tags" in attributes]
        return super().patch_account(asked, id)


class TagsMerged(AccountService):
    """Adds the tags of an update to the last of those that are there."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        before = list(self.account(id).tags)
        super().patch_account(asked, id)
        tags = self.account(id).tags
        tags[:] = before[-3:] + [tag for tag in tags if tag not in before]
        return Answer(200, {"data": self.account_shown(self.account(id))})


class EmptyTagsIgnored(AccountService):
    """Takes an empty list of tags in an update for none."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        before = list(self.account(id).tags)
        super().patch_account(asked, id)
        self.account(id).tags = self.account(id).tags or before
        return Answer(200, {"data": self.account_shown(self.account(id))})


class ResourcesLost(AccountService):
    """Takes the resources from an account that is updated."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        self.account_attributes_of(self.body_of(asked))
        self.account(id).resources.clear()
        return super().patch_account(asked, id)


class NotStored(AccountService):
    """Answers an update as it was sent, and keeps what was."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        before = copy.deepcopy(self.account(id))
        answer = super().patch_account(asked, id)
        self.accounts[id] = before
        return answer


class Spreading(AccountService):
    """Writes the tags of an update to every account."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        answer = super().patch_account(asked, id)
        for other in self.accounts.values():
            other.tags = list(self.account(id).tags)
        return answer


class Careless(AccountService):
    """Writes the key of an update before it refuses the rest."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        try:
            return super().patch_account(asked, id)
        except Refused as refused:
            self.write_key(asked, id, refused)
            raise

    def write_key(self, asked: Asked, id: str, refused: Refused) -> None:
        """Write what can be read of the body."""
        if refused.status != 400 or not refused.pointer:
            return
        body = self.body_of(asked)
        attributes = body["data"].get("attributes") if isinstance(body.get("data"), dict) else None
        if isinstance(attributes, dict) and isinstance(attributes.get("api_key"), str):
            self.account(id).api_key = attributes["api_key"]


class Upserting(AccountService):
    """Makes the account that an update names, where there is none."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        if id not in self.accounts:
            made = self.account_attributes_of(self.body_of(asked))
            self.accounts[id] = Account(id, made["api_key"], made["api_secret"], [])
        return super().patch_account(asked, id)


class EchoWithoutId(AccountService):
    """Answers an update with the data that were sent, which have no id."""

    def patch_account(self, asked: Asked, id: str) -> Answer:
        answer = super().patch_account(asked, id)
        del answer.payload["data"]["id"]
        return answer


# --- accounts: delete ------------------------------------------------------------------------------------


class DeleteTells(AccountService):
    """Answers a delete with 200 and an empty object."""

    def delete_account(self, asked: Asked, id: str) -> Answer:
        super().delete_account(asked, id)
        return Answer(200, {})


class DeletesNothing(AccountService):
    """Answers a delete and keeps the account."""

    def delete_account(self, asked: Asked, id: str) -> Answer:
        self.account(id)
        return Answer(204)


class StillListed(AccountService):
    """Shows a deleted account no more, and lists it still."""

    buried: tuple[dict[str, Any], ...] = ()

    def delete_account(self, asked: Asked, id: str) -> Answer:
        self.buried = (*self.buried, self.account_shown(self.account(id)))
        return super().delete_account(asked, id)

    def get_accounts(self, asked: Asked) -> Answer:
        answer = super().get_accounts(asked)
        answer.payload["data"] += self.buried
        return answer


class DeletedTwice(AccountService):
    """Answers 204 to every delete of an account, of what was deleted and of what never was."""

    def delete_account(self, asked: Asked, id: str) -> Answer:
        return super().delete_account(asked, id) if id in self.accounts else Answer(204)


class OrphansStay(AccountService):
    """Shows the resources of a deleted account still."""

    ended: tuple[Account, ...] = ()

    def delete_account(self, asked: Asked, id: str) -> Answer:
        self.ended = (*self.ended, self.account(id))
        return super().delete_account(asked, id)

    def get_resources(self, asked: Asked, account: str) -> Answer:
        found = {one.id: one for one in self.ended} | self.accounts
        if account not in found:
            raise Refused(404)
        under = found[account].resources
        return Answer(200, {"data": [self.resource_shown(id, one) for id, one in under.items()]})


class Sweeping(AccountService):
    """Deletes the account after the one that was asked for, too."""

    def delete_account(self, asked: Asked, id: str) -> Answer:
        known = list(self.accounts)
        answer = super().delete_account(asked, id)
        for other in known[known.index(id) + 1 :][:1]:
            del self.accounts[other]
        return answer


class DeleteForAll(AccountService):
    """Deletes for whoever asks, and says that he may not."""

    def check_credentials(self, asked: Asked) -> None:
        try:
            super().check_credentials(asked)
        except Refused:
            if asked.method == "DELETE":
                self.accounts.pop(asked.path.rpartition("/")[2], None)
            raise


# --- credentials and refusals -----------------------------------------------------------------------------


class OneKeyForDelete(AccountService):
    """Takes the API key alone where something is deleted."""

    def check_credentials(self, asked: Asked) -> None:
        if asked.method != "DELETE" or asked.headers.get("dd-api-key") != CREDENTIALS["DD_API_KEY"]:
            super().check_credentials(asked)


class OneKeyForList(AccountService):
    """Takes the application key alone where resources are listed."""

    def check_credentials(self, asked: Asked) -> None:
        listed = asked.method == "GET" and asked.path.endswith("/resources")
        right = asked.headers.get("dd-application-key") == CREDENTIALS["DD_APP_KEY"]
        if not (listed and right):
            super().check_credentials(asked)


class Unauthorized401(AccountService):
    """Answers 401 to a create without credentials, where 403 is documented."""

    def check_credentials(self, asked: Asked) -> None:
        try:
            super().check_credentials(asked)
        except Refused:
            raise Refused(401 if asked.method == "POST" else 403) from None


class OneError(AccountService):
    """Tells one error of a resource that is not there, where a list is documented."""

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        answer = super().refusal(asked, refused)
        if "/resources/" in asked.path and refused.status == 404:
            answer.payload = {"error": answer.payload["errors"][0]}
        return answer


class ErrorObjects(AccountService):
    """Tells the errors of a create as objects, where texts are documented."""

    def refusal(self, asked: Asked, refused: Refused) -> Answer:
        answer = super().refusal(asked, refused)
        if asked.method == "POST" and refused.status == 400:
            answer.payload = {"errors": [{"detail": one} for one in answer.payload["errors"]]}
        return answer


class Invalid422(AccountService):
    """Answers 422 to a resource that cannot be, where 400 is documented."""

    def check_attributes(self, attributes: dict[str, Any], place: str) -> None:
        try:
            super().check_attributes(attributes, place)
        except Refused as refused:
            raise Refused(422, refused.pointer) from None


# --- resources: create ------------------------------------------------------------------------------------


class OwnIds(AccountService):
    """Names a resource by an id of its own, not by the caller's."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        super().post_resources(asked, account)
        under = self.account(account).resources
        _, attributes = under.popitem()
        under[f"r-{len(under)}"] = attributes
        return Answer(201, {"data": self.resource_shown(f"r-{len(under) - 1}", attributes)})


class UnderTheFirst(AccountService):
    """Adds every resource to the first account, too."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().post_resources(asked, account)
        data = answer.payload["data"]
        first = next(iter(self.accounts.values()))
        first.resources.setdefault(data["id"], self.attributes(data["attributes"]))
        return answer


class Shared(AccountService):
    """Lists the resources of all accounts under each."""

    def get_resources(self, asked: Asked, account: str) -> Answer:
        self.account(account)
        shown = {
            id: self.resource_shown(id, attributes)
            for one in self.accounts.values()
            for id, attributes in one.resources.items()
        }
        return Answer(200, {"data": list(shown.values())})


class MetricsAlwaysOff(AccountService):
    """Stores false for enable_custom_metrics, whatever is sent."""

    def attributes(self, given: dict[str, Any]) -> dict[str, Any]:
        return super().attributes(given) | {"enable_custom_metrics": False}


class MetricsOnByDefault(AccountService):
    """Has true where enable_custom_metrics is left out."""

    def attributes(self, given: dict[str, Any]) -> dict[str, Any]:
        return super().attributes({"enable_custom_metrics": True, **given})


class NoParent(AccountService):
    """Makes the account that a resource is added to, where there is none."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        if account not in self.accounts:
            self.resource_of(asked)
            self.accounts[account] = Account(account, "", "", [])
        return super().post_resources(asked, account)


class Overwriting(AccountService):
    """Writes over the resource that has the id of a new one, and answers 201."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        id, _ = self.resource_of(asked)
        self.account(account).resources.pop(id, None)
        return super().post_resources(asked, account)


class NoFlink(AccountService):
    """Refuses flink, which the newer document names."""

    def check_attributes(self, attributes: dict[str, Any], place: str) -> None:
        super().check_attributes(attributes, place)
        if attributes["resource_type"] == "flink":
            raise Refused(400, f"{place}/resource_type")


class TextForBoolean(AccountService):
    """Takes a text for enable_custom_metrics."""

    def check_attributes(self, attributes: dict[str, Any], place: str) -> None:
        if isinstance(attributes.get("enable_custom_metrics"), str):
            attributes["enable_custom_metrics"] = attributes["enable_custom_metrics"] == "true"
        super().check_attributes(attributes, place)


class TypeOptional(AccountService):
    """Takes a resource without a type."""

    def check_attributes(self, attributes: dict[str, Any], place: str) -> None:
        attributes.setdefault("resource_type", "kafka")
        super().check_attributes(attributes, place)


class EmptyAnswer(AccountService):
    """Answers 201 to a new resource without a body."""

    def post_resources(self, asked: Asked, account: str) -> Answer:
        super().post_resources(asked, account)
        return Answer(201)


class NotInTheAccount(AccountService):
    """Shows a new resource by itself, and not among those of its account."""

    added: tuple[tuple[str, str], ...] = ()

    def account_shown(self, account: Account) -> dict[str, Any]:
        shown = super().account_shown(account)
        listed = shown["attributes"]["resources"]
        kept = [one for one in listed if (account.id, one["id"]) not in self.added]
        shown["attributes"]["resources"] = kept
        return shown

    def post_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().post_resources(asked, account)
        id = answer.payload["data"]["id"]
        self.added = (*self.added, (account, id))
        return answer


# --- resources: read, list, update, delete ------------------------------------------------------------------


class FromAnyAccount(AccountService):
    """Shows a resource under every account."""

    def get_resource(self, asked: Asked, account: str, id: str) -> Answer:
        holder = self.account(account)
        for one in [holder, *self.accounts.values()]:
            if id in one.resources:
                holder = one
                break
        return Answer(200, {"data": self.resource_shown(id, self.resource(holder, id))})


class ThirdResourceLost(AccountService):
    """Lists the first two resources of an account."""

    def get_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().get_resources(asked, account)
        answer.payload["data"] = answer.payload["data"][:2]
        return answer


class ListWithoutType(AccountService):
    """Leaves the type of JSON:API out of a list of resources."""

    def get_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().get_resources(asked, account)
        for one in answer.payload["data"]:
            del one["type"]
        return answer


class NoneForUnknown(AccountService):
    """Lists no resources under an account that is not there, and answers 200."""

    def get_resources(self, asked: Asked, account: str) -> Answer:
        if account not in self.accounts:
            return Answer(200, {"data": []})
        return super().get_resources(asked, account)


class WrongTypeName(AccountService):
    """Names the type of a read resource in the singular."""

    def get_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().get_resource(asked, account, id)
        answer.payload["data"]["type"] = "confluent-cloud-resource"
        return answer


class SortedTags(AccountService):
    """Lists tags of resources sorted in a list, as they were sent in a read."""

    def get_resources(self, asked: Asked, account: str) -> Answer:
        answer = super().get_resources(asked, account)
        for one in answer.payload["data"]:
            one["attributes"]["tags"] = sorted(one["attributes"]["tags"])
        return answer


class ResourceTagsLost(AccountService):
    """Empties the tags of a resource that an update leaves out."""

    def change(self, found: dict[str, Any], given: dict[str, Any]) -> None:
        super().change(found, {"tags": [], **given})


class MetricsReset(AccountService):
    """Sets enable_custom_metrics to false where an update leaves it out."""

    def change(self, found: dict[str, Any], given: dict[str, Any]) -> None:
        super().change(found, {"enable_custom_metrics": False, **given})


class TypeKept(AccountService):
    """Ignores the resource_type of an update."""

    def change(self, found: dict[str, Any], given: dict[str, Any]) -> None:
        super().change(found, {**given, "resource_type": found["resource_type"]})


class MetricsOnlyOn(AccountService):
    """Switches custom metrics on, and never off again."""

    def change(self, found: dict[str, Any], given: dict[str, Any]) -> None:
        before = found["enable_custom_metrics"]
        super().change(found, given)
        found["enable_custom_metrics"] = before or found["enable_custom_metrics"]


class ResourceNotStored(AccountService):
    """Answers an update of a resource as it was sent, and keeps what was."""

    def patch_resource(self, asked: Asked, account: str, id: str) -> Answer:
        before = copy.deepcopy(self.resource(self.account(account), id))
        answer = super().patch_resource(asked, account, id)
        self.account(account).resources[id] = before
        return answer


class ResourceUpserted(AccountService):
    """Makes the resource that an update names, where there is none."""

    def patch_resource(self, asked: Asked, account: str, id: str) -> Answer:
        if id not in self.account(account).resources:
            told, given = self.resource_of(asked)
            self.account(account).resources[told] = self.attributes(given)
        return super().patch_resource(asked, account, id)


class SameIdEverywhere(AccountService):
    """Deletes what has the id under every account: only where there is a second parent."""

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().delete_resource(asked, account, id)
        for one in self.accounts.values():
            one.resources.pop(id, None)
        return answer


class AllResources(AccountService):
    """Deletes all resources of the account, with the one that was asked for."""

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().delete_resource(asked, account, id)
        self.account(account).resources.clear()
        return answer


class ResourceKept(AccountService):
    """Answers the delete of a resource, and keeps it."""

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        self.resource(self.account(account), id)
        return Answer(204)


class StillInTheAccount(AccountService):
    """Shows a deleted resource among those of its account still."""

    buried: tuple[tuple[str, str], ...] = ()

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().delete_resource(asked, account, id)
        self.buried = (*self.buried, (account, id))
        return answer

    def account_shown(self, account: Account) -> dict[str, Any]:
        shown = super().account_shown(account)
        for holder, id in self.buried:
            if holder == account.id:
                shown["attributes"]["resources"].append({"id": id, "resource_type": "kafka"})
        return shown


class ResourceDeletedUnderAny(AccountService):
    """Deletes a resource under whichever account is named."""

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        for one in self.accounts.values():
            if id in one.resources and account not in self.accounts:
                del one.resources[id]
                return Answer(204)
        return super().delete_resource(asked, account, id)


class ResourceDeletedTwice(AccountService):
    """Answers 204 to every delete of a resource."""

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        if id in self.account(account).resources:
            return super().delete_resource(asked, account, id)
        return Answer(204)


class TombstoneBlocks(AccountService):
    """Refuses a new resource under the id of one that was deleted: only after a delete."""

    ended: tuple[tuple[str, str], ...] = ()

    def delete_resource(self, asked: Asked, account: str, id: str) -> Answer:
        answer = super().delete_resource(asked, account, id)
        self.ended = (*self.ended, (account, id))
        return answer

    def post_resources(self, asked: Asked, account: str) -> Answer:
        if (account, self.resource_of(asked)[0]) in self.ended:
            raise Refused(400, "/data/id")
        return super().post_resources(asked, account)


class GhostAfterDelete(AccountService):
    """Gives a new account the resources of the account that was deleted last: only after a delete."""

    left: dict[str, dict[str, Any]] | None = None

    def delete_account(self, asked: Asked, id: str) -> Answer:
        self.left = {**self.account(id).resources}
        return super().delete_account(asked, id)

    def post_accounts(self, asked: Asked) -> Answer:
        answer = super().post_accounts(asked)
        if self.left:
            self.accounts[answer.payload["data"]["id"]].resources |= self.left
        return answer
