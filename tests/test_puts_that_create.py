"""Is what PUT alone makes led through its life, on keys of the run's own, and is nobody's key touched?"""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from bucket_service import KEY, OTHER_KEY, Buckets
from chaos_proxy import named, resolver
from judging import red, warned
from leading import APIS, Led, read_api
from plain_service import Wrong
from running import Answered, gate, interrupted, serving

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.cases.put_keys import keys_by_name
from pytest_confluent_contracts.double.proving import MutationTester
from pytest_confluent_contracts.double.roles import services_of
from pytest_confluent_contracts.double.service import Request, VirtualClock
from pytest_confluent_contracts.http.guard import OPERATION, Allowance, Guard, Refusal, Rules
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import RunContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from running import Run

    from pytest_confluent_contracts.model.resources import Resource

DOCUMENT = APIS / "buckets.yaml"

# --- which PUT creates -----------------------------------------------------------------------------------------------

BUCKET_PUT = "      operationId: putBucket\n"
NOT_FOUND = "        '404': {$ref: '#/components/responses/Problem'}\n"
CREATED = "        '201': {$ref: '#/components/responses/Bucket'}\n"
POST = """\
    post:
      operationId: postBucket
      responses:
        '201': {$ref: '#/components/responses/Bucket'}
"""
REPLACES_ALONE: dict[str, tuple[str, str]] = {
    "it has no 201": (CREATED, ""),
    "one must be there": (CREATED, f"{CREATED}{NOT_FOUND}"),
    "one must have been there": (CREATED, CREATED + NOT_FOUND.replace("404", "410")),
    "a condition must be met": (CREATED, CREATED + NOT_FOUND.replace("404", "428")),
    "a POST creates": ("  /buckets/{bucket}:\n", f"{POST}  /buckets/{{bucket}}:\n"),
    "nothing deletes": (
        "    delete:\n      operationId: deleteBucket",
        "    options:\n      operationId: deleteBucket",
    ),
    "its key is listed": (
        "schema: {type: string, maxLength: 60}",
        "schema: {type: string, enum: [a, b]}",
    ),
    "it says that it replaces": (
        BUCKET_PUT,
        f"{BUCKET_PUT}      x-contract: {{resource: {{role: replace}}}}\n",
    ),
    "it says who is unknown": (
        BUCKET_PUT,
        f"{BUCKET_PUT}      x-contract: {{refusals: {{unknown: [400]}}}}\n",
    ),
}


def bucket_of(folder: Path, was: str, now: str) -> Resource:
    """Return what is told of buckets where the document has *now* in the place of *was*."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert was in text
    changed = folder / "buckets.yaml"
    changed.write_text(text.replace(was, now, 1), encoding="utf-8")
    document = documents.read_document(changed)
    return next(one for one in document.resources if one.item == "/buckets/{bucket}")


def test_a_put_that_says_so_creates_and_replaces() -> None:
    """It stands in both roles; what lies in one that it makes, too."""
    for resource, put in zip(read_api("buckets").resources, ("putBucket", "putEntry"), strict=True):
        roles = dict(resource.roles)
        assert (roles[Role.CREATE], roles[Role.REPLACE]) == (put, put)
        assert resource.is_made_by_put
        assert resource.chooses_ids


@pytest.mark.parametrize("why", REPLACES_ALONE)
def test_a_put_replaces_alone_where(why: str, tmp_path: Path) -> None:
    """Else nobody could tidy up, or the key is not the caller's to choose."""
    resource = bucket_of(tmp_path, *REPLACES_ALONE[why])
    assert not resource.is_made_by_put


def test_what_is_stated_stays(tmp_path: Path) -> None:
    """A PUT of which x-contract says that it creates does that alone, as before."""
    now = f"{BUCKET_PUT}      x-contract: {{resource: {{role: create}}}}\n"
    resource = bucket_of(tmp_path, BUCKET_PUT, now)
    assert dict(resource.roles)[Role.CREATE] == "putBucket"
    assert Role.REPLACE not in dict(resource.roles)
    assert not resource.is_made_by_put


def test_as_a_create_its_success_is_201() -> None:
    """As a replacement it is the other one, whichever stands first in the document."""
    operations = {one.id: one for one in read_api("buckets").operations}
    for id, replaced in (("putBucket", "200"), ("putEntry", "204")):
        put = operations[id]
        assert put.success is not None
        assert put.as_create.success is not None
        assert (put.success.status, put.as_create.success.status) == (replaced, "201")
        assert put.as_create.makes_on_key
        assert not put.makes_on_key
        assert put.as_create is put.as_create


# --- keys ------------------------------------------------------------------------------------------------------------

SCHEMAS: dict[str, dict[str, Any]] = {
    "any text": {"type": "string"},
    "a pattern": {"type": "string", "pattern": "^[a-z]{1,20}$"},
    "a UUID": {"type": "string", "format": "uuid"},
    "a number": {"type": "integer", "minimum": 1},
    "few characters": {"type": "string", "maxLength": 6},
}
NAMES = ("first", "second", "third", "Fourth one")


def keys(schema: dict[str, Any], *, made_up: bool = True, taken: tuple[str, ...] = ()) -> list[str]:
    """Return the keys for a path parameter with *schema*."""
    put = next(one for one in read_api("buckets").operations if one.id == "putBucket").as_create
    [parameter] = put.path_parameters
    changed = replace(put, declared=(replace(parameter, schema=schema),), responses=())
    context = RunContext((), {}, {}, made_up=made_up)
    return list(keys_by_name(changed, context, NAMES, taken).values())


@pytest.mark.parametrize("kind", SCHEMAS)
def test_each_name_has_a_key_of_its_own(kind: str) -> None:
    """They are the same each time, and differ in more than capitals."""
    found = keys(SCHEMAS[kind])
    assert len({one.lower() for one in found}) == len(NAMES)
    assert found == keys(SCHEMAS[kind])


def test_a_key_tells_whose_it_is_where_it_may() -> None:
    """Nobody wonders what lies there after a kill."""
    expected = ["contract-0-first", "contract-0-second", "contract-0-third"]
    assert keys({"type": "string"}) == [*expected, "contract-0-fourth-one"]


def test_off_loopback_no_key_is_short() -> None:
    """A stranger may have a short one; where no other is allowed, there is none."""
    assert keys(SCHEMAS["few characters"], made_up=False) == []
    assert keys({"type": "integer", "minimum": 1, "maximum": 50}) == []
    assert all(len(one) >= 12 for one in keys(SCHEMAS["a pattern"], made_up=False))


def test_other_keys_are_none_of_those_taken() -> None:
    """Sequences have keys of their own."""
    own = keys(SCHEMAS["a pattern"])
    assert set(own).isdisjoint(keys(SCHEMAS["a pattern"], taken=tuple(own)))


# --- services that keep the document ---------------------------------------------------------------------------------


class Tombstones(Buckets):
    """Refuses for good a name that was deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.buried: set[str] = set()

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        if name in self.buried:
            raise Wrong(400)
        return super().put_bucket(name, body)

    def delete_bucket(self, name: str) -> httpx.Response:
        answer = super().delete_bucket(name)
        self.buried.add(name)
        return answer


class Choosy(Buckets):
    """Takes no name but that of something else, which nobody can make up."""

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        raise Wrong(400 if self.buckets else 404)


class Sorted(Buckets):
    """Lists by name."""

    def get_buckets(self) -> httpx.Response:
        return httpx.Response(200, json={"buckets": [v for _, v in sorted(self.buckets.items())]})


class Burying(Buckets):
    """Shows what was deleted as deleted, and keeps it until it is made again."""

    def __init__(self) -> None:
        super().__init__()
        self.buried: dict[str, dict[str, Any]] = {}

    def get_bucket(self, name: str) -> httpx.Response:
        if name in self.buckets or name not in self.buried:
            return super().get_bucket(name)
        return httpx.Response(200, json={**self.buried[name], "state": "deleted"})

    def delete_bucket(self, name: str) -> httpx.Response:
        self.buried[name] = self.bucket(name)
        return super().delete_bucket(name)


class Renaming(Buckets):
    """Shows more of a name than its key, in lists, too."""

    def get_buckets(self) -> httpx.Response:
        shown = [{**one, "bucket": f"b/{one['bucket']}"} for one in self.buckets.values()]
        return httpx.Response(200, json={"buckets": shown})

    def get_bucket(self, name: str) -> httpx.Response:
        return httpx.Response(200, json={**self.bucket(name), "bucket": f"b/{name}"})

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().put_bucket(name, body)
        return httpx.Response(answer.status_code, json={**answer.json(), "bucket": f"b/{name}"})


class Filled(Buckets):
    """Has others' buckets, one of them under the name that a run chooses first."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("contract-0-first", "theirs"):
            self.of_each[KEY][name] = {"bucket": name, "region": "north", "note": "kept"}
            self.entries_of_each[KEY][name] = {}


@pytest.mark.parametrize("other", ["", OTHER_KEY], ids=["one principal", "two principals"])
@pytest.mark.parametrize(
    "service", [Buckets, Tombstones, Choosy, Sorted, Burying, Renaming, Filled]
)
def test_what_keeps_the_document_is_silent(service: type[Buckets], other: str) -> None:
    """Nothing is red or warned, whatever the document leaves open; and nothing is left at the end."""
    served = service()
    before = {key: dict(own) for key, own in served.of_each.items()}
    led = Led(read_api("buckets"), served, KEY, other=other, sequences=4)
    rulings = led.rulings()
    assert (red(rulings), warned(rulings)) == ({}, set())
    assert list(led.lives.clean_up()) == []
    assert served.of_each == before


def test_what_is_not_taken_is_not_exercised() -> None:
    """Nobody owes to take a key that is made up: it may have to be that of something else."""
    rulings = Led(read_api("buckets"), Choosy(), KEY).rulings()
    ruling = rulings["putBucket::lifecycle/created-is-readable"]
    assert ruling.verdict is Verdict.NOT_EXERCISED
    assert not ruling.withheld
    assert ruling.missing is not None
    assert ruling.missing.subject == "a PUT on a key of the run's own was answered 404"


@pytest.mark.parametrize(
    "clause",
    [
        "putBucket::lifecycle/created-is-readable",
        "putBucket::lifecycle/created-equals-sent",
        "putBucket::lifecycle/listed-once",
        "putBucket::lifecycle/two-creates-make-two",
        "putBucket::lifecycle/refused-create-creates-nothing",
        "putBucket::lifecycle/status-tells-if-new",
        "putBucket::lifecycle/replaced-equals-sent",
        "putBucket::lifecycle/replace-drops-what-is-left-out",
        "putBucket::lifecycle/siblings-untouched",
        "putEntry::lifecycle/own-parent-only",
        "putEntry::lifecycle/status-tells-if-new",
        "putEntry::lifecycle/replaced-equals-sent",
        "getEntry::lifecycle/gone-with-parent",
        "deleteBucket::lifecycle/deleted-is-gone",
        "deleteEntry::lifecycle/deleted-is-not-listed",
        "putBucket::lifecycle/hidden-from-others",
        "deleteBucket::lifecycle/hidden-from-others",
        "listBuckets::lifecycle/hidden-from-others",
        "getEntry::lifecycle/hidden-from-others",
    ],
)
def test_its_life_shows(clause: str) -> None:
    """What a POST that creates is held to."""
    assert kept()[clause] is Verdict.KEPT


def kept(cache: list[dict[str, Verdict]] | None = None) -> dict[str, Verdict]:
    """Return the verdicts on the service as it should be."""
    cache = KNOWN if cache is None else cache
    if not cache:
        rulings = Led(read_api("buckets"), Buckets(), KEY, other=OTHER_KEY).rulings()
        cache.append({id: one.verdict for id, one in rulings.items()})
    return cache[0]


KNOWN: list[dict[str, Verdict]] = []


# --- services that are wrong in one thing ----------------------------------------------------------------------------


class Forgetful(Buckets):
    """Answers a PUT that creates, and keeps nothing."""

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().put_bucket(name, body)
        if answer.status_code == 201:
            del self.buckets[name]
        return answer


class Lossy(Buckets):
    """Stores another note than the one that was sent."""

    def keep_bucket(self, name: str, made: dict[str, Any]) -> dict[str, Any]:
        return {**made, **({"note": "none"} if "note" in made else {})}


class Merging(Buckets):
    """Keeps what a replacement leaves out."""

    def keep_bucket(self, name: str, made: dict[str, Any]) -> dict[str, Any]:
        return {**self.buckets.get(name, {}), **made}


class Reviving(Buckets):
    """Makes a bucket again with what it had before it was deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.old: dict[str, dict[str, Any]] = {}

    def keep_bucket(self, name: str, made: dict[str, Any]) -> dict[str, Any]:
        return {**self.old.pop(name, {}), **made}

    def delete_bucket(self, name: str) -> httpx.Response:
        self.old[name] = self.bucket(name)
        return super().delete_bucket(name)


class NeverNew(Buckets):
    """Answers 200 whether there was one or not."""

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        super().put_bucket(name, body)
        return httpx.Response(200, json=self.buckets[name])


class AlwaysNew(Buckets):
    """Answers 201 to an entry that was there."""

    def put_entry(self, name: str, entry: str, body: dict[str, Any]) -> httpx.Response:
        super().put_entry(name, entry, body)
        return httpx.Response(201)


class Short(Buckets):
    """Leaves the last one out of a list."""

    def get_buckets(self) -> httpx.Response:
        return httpx.Response(200, json={"buckets": list(self.buckets.values())[:-1]})


class Ghostly(Buckets):
    """Serves what is not there any more."""

    def get_bucket(self, name: str) -> httpx.Response:
        if any(path == f"/buckets/{name}" and m == "DELETE" for m, path, _ in self.requests):
            return httpx.Response(200, json={"bucket": name, "region": "north"})
        return super().get_bucket(name)


class Undeleting(Buckets):
    """Deletes nothing."""

    def delete_bucket(self, name: str) -> httpx.Response:
        self.bucket(name)
        return httpx.Response(204)


class Hasty(Buckets):
    """Makes a bucket, and then refuses the body."""

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        if name not in self.buckets and name:
            self.buckets[name], self.entries[name] = {"bucket": name, "region": "north"}, {}
            try:
                answer = super().put_bucket(name, body)
            except Wrong:
                raise
            return httpx.Response(201, json=answer.json())
        return super().put_bucket(name, body)


class OneForAll(Buckets):
    """Has the same entries in each bucket."""

    def get_entries(self, name: str) -> httpx.Response:
        self.bucket(name)
        found = [one for own in self.entries.values() for one in own.values()]
        return httpx.Response(200, json={"entries": found})


class Shared(Buckets):
    """Has one store for both principals."""

    def __init__(self) -> None:
        super().__init__()
        self.of_each[OTHER_KEY] = self.of_each[KEY]
        self.entries_of_each[OTHER_KEY] = self.entries_of_each[KEY]


class Gossiping(Buckets):
    """Lists everybody's buckets to everybody."""

    def get_buckets(self) -> httpx.Response:
        found = [one for own in self.of_each.values() for one in own.values()]
        return httpx.Response(200, json={"buckets": found})


class Haunted(Buckets):
    """Has in a bucket that is made again what lay in the one before it."""

    def __init__(self) -> None:
        super().__init__()
        self.old: dict[str, dict[str, dict[str, Any]]] = {}

    def put_bucket(self, name: str, body: dict[str, Any]) -> httpx.Response:
        answer = super().put_bucket(name, body)
        if answer.status_code == 201:
            self.entries[name].update(self.old.pop(name, {}))
        return answer

    def delete_bucket(self, name: str) -> httpx.Response:
        self.bucket(name)
        self.old[name] = self.entries[name]
        return super().delete_bucket(name)


FAULTS: dict[str, type[Buckets]] = {
    "putBucket::lifecycle/created-is-readable": Forgetful,
    "putBucket::lifecycle/created-equals-sent": Lossy,
    "putBucket::lifecycle/replace-drops-what-is-left-out": Merging,
    "putBucket::lifecycle/status-tells-if-new": NeverNew,
    "putEntry::lifecycle/status-tells-if-new": AlwaysNew,
    "putBucket::lifecycle/listed-once": Short,
    "deleteBucket::lifecycle/deleted-is-gone": Ghostly,
    "deleteBucket::lifecycle/deleted-is-not-listed": Undeleting,
    "putBucket::lifecycle/refused-create-creates-nothing": Hasty,
    "putEntry::lifecycle/own-parent-only": OneForAll,
    "putBucket::lifecycle/hidden-from-others": Shared,
    "listBuckets::lifecycle/hidden-from-others": Gossiping,
    "getEntry::lifecycle/gone-with-parent": Haunted,
}


@pytest.mark.parametrize("clause", FAULTS)
def test_what_is_wrong_is_told_by_the_clause_that_it_breaks(clause: str) -> None:
    """Each fault by itself."""
    rulings = Led(read_api("buckets"), FAULTS[clause](), KEY, other=OTHER_KEY).rulings()
    assert clause in red(rulings), (red(rulings), rulings[clause])


def test_what_comes_back_with_a_key_is_told() -> None:
    """One that is made again has nothing of the one before it."""
    rulings = Led(read_api("buckets"), Reviving(), KEY).rulings()
    assert set(red(rulings)) == {"putBucket::lifecycle/created-equals-sent"}


# --- whose keys ------------------------------------------------------------------------------------------------------


def test_what_somebody_has_is_neither_replaced_nor_deleted() -> None:
    """A read, or a list, has shown it: the run makes the others, and leaves that one alone."""
    served = Filled()
    led = Led(read_api("buckets"), served, KEY)
    led.rulings()
    list(led.lives.clean_up())
    touched = {path for method, path, _ in served.requests if method != "GET"}
    assert touched
    assert "/buckets/contract-0-first" not in touched
    assert "/buckets/theirs" not in touched


@pytest.mark.parametrize("path", ["/buckets/theirs", "/buckets/contract-0-first/x", "/other/a"])
def test_the_guard_lets_out_no_deletion_but_of_a_key(path: str) -> None:
    """It is told the keys when it is made; a PUT has gone to one of them."""
    put, delete = ("buckets", "putBucket"), ("buckets", "deleteBucket")
    key = "/buckets/contract-0-first"
    guard = Guard(
        Rules(frozenset({"https://localhost"}), insecure=True),
        {
            put: Allowance("PUT", frozenset({key}), keys=frozenset({key})),
            delete: Allowance("DELETE"),
        },
        VirtualClock(),
        httpx.MockTransport(lambda _: httpx.Response(201)),
    )
    wanted = {delete: Allowance("DELETE", frozenset({path}))}
    with pytest.raises(Refusal):
        guard.admit_made(put, wanted)
    with pytest.raises(Refusal):  # nothing was made there yet
        guard.admit_made(put, {delete: Allowance("DELETE", frozenset({key}))})
    request = httpx.Request("PUT", f"https://localhost{key}", extensions={OPERATION: put})
    guard.handle_request(request)
    guard.admit_made(put, {delete: Allowance("DELETE", frozenset({key}))})


# --- the embedded service --------------------------------------------------------------------------------------------


def test_the_embedded_service_makes_what_a_put_names() -> None:
    """201 says that it is new, and the other success that it was there."""
    operations = read_api("buckets").operations
    services = {id: one for (_, id), one in services_of(operations, VirtualClock()).items()}

    def ask(id: str, path: str, body: bytes = b"") -> int:
        key = services[id].credentials["key"]["value"]
        headers = {"content-type": "application/json", "x-key": key}
        method = services[id].operation.method
        return services[id].handle(Request(method, path, headers, body)).status

    assert ask("getBucket", "/buckets/new") == 404
    assert ask("putBucket", "/buckets/new", b'{"region": "north"}') == 201
    assert ask("putBucket", "/buckets/new", b'{"region": "south"}') == 200
    assert ask("getBucket", "/buckets/new") == 200
    entry = b'{"entry": "one", "text": "a"}'
    assert ask("putEntry", "/buckets/new/entries/one", entry) == 201
    assert ask("putEntry", "/buckets/new/entries/one", entry) == 204
    assert ask("putEntry", "/buckets/new/entries/ONE", entry) == 400
    assert ask("putEntry", "/buckets/none/entries/one", entry) == 404
    assert ask("deleteBucket", "/buckets/new") == 204
    assert ask("getEntry", "/buckets/new/entries/one") == 404


@pytest.mark.parametrize(
    "mutation",
    [
        "a PUT that creates is answered 200",
        "a PUT that replaces is answered 201",
        "a PUT that creates again is answered as one that replaces",
        "what is created again has what it had before it was deleted",
    ],
)
def test_the_embedded_service_is_broken_where_put_creates(mutation: str) -> None:
    """Each is derived for what PUT makes, and for nothing else."""
    read = read_api("buckets")
    by_id = {one.id: one for one in read.operations}
    make = lambda context_of: Led(read, lambda _: httpx.Response(500), KEY).lives  # noqa: E731
    tester = MutationTester(by_id["putBucket"], 0, 1, read.operations, make)
    assert mutation in tester.mutations
    shop = read_api("shop")
    for operation in shop.operations:
        names = MutationTester(operation, 0, 1, shop.operations, make).mutations
        assert mutation not in names


# --- whole runs ------------------------------------------------------------------------------------------------------

FAST = ("--contract-insecure", "--contract-rate=2000", "--contract-max-examples=1")
ALLOWED = ("--contract-allow=put*", "--contract-allow=delete*")
NODE = "contracts/buckets::"


class Open:
    """Buckets behind a URL, among them those of strangers."""

    environment: dict[str, str] = {"CONTRACT_KEY_VALUE": KEY}

    def __init__(self, service: Buckets) -> None:
        self.service, self.url = service, ""
        self.service.of_each[KEY]["theirs"] = {"bucket": "theirs", "region": "north"}
        self.service.entries_of_each[KEY]["theirs"] = {}
        self.before = {key: dict(own) for key, own in service.of_each.items()}

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
        """Return the service's answer."""
        request = httpx.Request(method, f"{self.url}{path}", headers=headers, content=body)
        answer = self.service(request)
        kept = [(k, v) for k, v in answer.headers.items() if k.lower() != "content-length"]
        return answer.status_code, kept, answer.content

    @property
    def requests(self) -> list[tuple[str, str, int]]:
        """Return what came, and how it was answered."""
        return self.service.requests

    @property
    def is_as_before(self) -> bool:
        """Return whether nothing lies there but what did."""
        return self.service.of_each == self.before

    @property
    def created(self) -> list[str]:
        """Return the paths that were answered 201."""
        return [path for method, path, status in self.requests if (method, status) == ("PUT", 201)]


@pytest.fixture
def opened() -> Iterator[Callable[[Buckets], Open]]:
    """Return what serves buckets over HTTP as long as the test lasts."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(service: Buckets) -> Open:
            own = Open(service)
            own.url = stack.enter_context(serving(own.answer))
            return own

        yield start


def document(folder: Path) -> str:
    """Return the option that holds the document, which lies beside the run."""
    copy = folder / "buckets.yaml"
    copy.write_text(DOCUMENT.read_text(encoding="utf-8"), encoding="utf-8")
    return f"--contract-spec={copy}"


def held(folder: Path, own: Open, *options: str, away: bool = False) -> Run:
    """Run the gate against *own*, *away* under a name that is not loopback's."""
    url = named(own.url) if away else own.url
    if away:
        (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    return gate(
        folder, f"--contract-target={url}", document(folder), *FAST, *options, given=own.environment
    )


def test_a_whole_run_on_loopback_leaves_nothing(
    folder: Path, opened: Callable[[Buckets], Open]
) -> None:
    """All that it makes is gone; the answer to a creation is judged by its own status."""
    own = opened(Buckets())
    run = held(folder, own, "--contract-sequences=3")
    assert run.code == 0, run.everything
    assert own.is_as_before
    assert own.created
    for clause in ("putBucket::201/body", "putBucket::200/body", "getBucket::request/unknown-id"):
        assert run.verdicts[NODE + clause] == "kept", clause


@pytest.mark.parametrize("away", [False, True], ids=["loopback", "off loopback"])
def test_where_no_key_is_taken_a_read_is_asked_for_nobodys(
    folder: Path, opened: Callable[[Buckets], Open], away: bool
) -> None:
    """Nobody is blamed for the refusals, and what a read says to who may not ask is judged all the same."""
    own = opened(Choosy())
    run = held(folder, own, *ALLOWED, away=away)
    assert run.code == 0, run.everything
    assert own.is_as_before
    for clause in ("getBucket::request/unknown-id", "getBucket::security/none"):
        assert run.verdicts[NODE + clause] == "kept", clause
    assert run.verdicts[f"{NODE}putBucket::200/body"] == "not exercised"


class Anything(Buckets):
    """Serves whatever is asked for."""

    def get_bucket(self, name: str) -> httpx.Response:
        return httpx.Response(200, json={"bucket": name, "region": "north"})


def test_what_serves_every_key_is_told_though_none_is_free(
    folder: Path, opened: Callable[[Buckets], Open]
) -> None:
    """The run leaves them alone, and says that nobody has them."""
    own = opened(Anything())
    run = held(folder, own, *ALLOWED, "-k", "getBucket", away=True)
    assert run.verdicts[f"{NODE}getBucket::request/unknown-id"] == "broken", run.everything
    assert own.created == []
    assert own.is_as_before


def test_off_loopback_nothing_is_created_unless_allowed(
    folder: Path, opened: Callable[[Buckets], Open]
) -> None:
    """Neither PUT nor DELETE goes; the clauses name the option."""
    own = opened(Buckets())
    run = held(folder, own, away=True)
    assert run.code == 0, run.everything
    assert {method for method, *_ in own.requests} == {"GET"}
    told = {one.skipped for one in run.told if one.verdict == "not exercised"}
    for name in ("putBucket", "deleteBucket"):
        assert any(f"--contract-allow={name} would send it" in line for line in told), name


def test_off_loopback_a_key_is_read_before_a_put_creates(
    folder: Path, opened: Callable[[Buckets], Open]
) -> None:
    """404 was the last word on each key on which one was created; what is deleted, 201 has made."""
    own = opened(Filled())
    run = held(folder, own, *ALLOWED, away=True)
    assert run.code == 0, run.everything
    assert own.is_as_before
    assert own.created
    last: dict[str, int] = {}
    for method, path, status in own.requests:
        if (method, status) == ("PUT", 201):
            assert last[path] == 404, path
        if method == "DELETE":
            assert status == 404 or path in own.created, path
            assert path.split("/")[2] in {one.split("/")[2] for one in own.created}, path
        if method == "GET":
            last[path] = status
    assert "not put back" not in run.out


@pytest.mark.parametrize("away", [False, True], ids=["loopback", "off loopback"])
@pytest.mark.parametrize("options", [(), ("-x",)], ids=["whole", "-x"])
def test_after_a_failure_everything_is_gone(
    folder: Path, opened: Callable[[Buckets], Open], options: tuple[str, ...], away: bool
) -> None:
    """Also where the first failure ends the run."""
    own = opened(Lossy())
    options = (*options, "--contract-sequences=3")
    run = held(folder, own, *ALLOWED, "-k", "lifecycle", *options, away=away)
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.everything
    assert own.created
    assert own.is_as_before


def test_a_run_that_is_interrupted_leaves_nothing(
    folder: Path, opened: Callable[[Buckets], Open]
) -> None:
    """A job that is cancelled: everything that was made is gone."""
    own = opened(Buckets())
    options = (document(folder), *FAST, "-k", "lifecycle")
    ending: Callable[[int], None] = lambda pid: os.kill(pid, signal.SIGTERM)  # noqa: E731
    done = interrupted(folder, own, 60, ending, *options)
    assert done.code == pytest.ExitCode.INTERRUPTED, done.everything
    assert own.created
    assert own.is_as_before


def test_what_a_killed_run_made_is_named_by_the_next(
    folder: Path, opened: Callable[[Buckets], Open], tmp_path: Path
) -> None:
    """Nothing runs after SIGKILL: each that lies there has its request, in the header of the next run."""
    (place := tmp_path / "temporary").mkdir()
    given = {"TMPDIR": str(place)}
    own = opened(Buckets())
    options = (document(folder), *FAST, "-k", "lifecycle")
    kill: Callable[[int], None] = lambda pid: os.killpg(pid, signal.SIGKILL)  # noqa: E731
    interrupted(folder, own, 40, kill, *options, given=given)
    left = set(own.service.of_each[KEY]) - {"theirs"}
    again = gate(folder, "--contract-target=mock", "-k", "nothing", given=given)
    told = [one for one in again.out.splitlines() if "deleted nothing; what it made" in one]
    named_ones = {
        id for id in left if any(f"curl -X DELETE {own.url}/buckets/{id}" in line for line in told)
    }
    # The answer of the last create may not have come any more.
    assert len(left - named_ones) <= 1
    assert named_ones


@pytest.mark.parametrize("away", [False, True], ids=["loopback", "off loopback"])
@pytest.mark.parametrize("budget", [1, 10, 37, 120])
def test_whatever_the_budget_nothing_is_left(
    folder: Path, opened: Callable[[Buckets], Open], budget: int, away: bool
) -> None:
    """A PUT creates only with the deletion kept in the budget."""
    own = opened(Buckets())
    options = (*ALLOWED, f"--contract-budget={budget}", "--contract-sequences=3")
    run = held(folder, own, *options, away=away)
    assert run.code == 0, run.everything
    assert 0 < len(own.requests) <= budget
    assert own.is_as_before
    assert bool(own.created) == (budget > 1)


def test_the_plan_says_that_a_put_creates(folder: Path, opened: Callable[[Buckets], Open]) -> None:
    """What was understood, and what would be made."""
    own = opened(Buckets())
    run = held(folder, own, "--contract-plan")
    assert "listed in: buckets[]; PUT creates, on a key of its own" in run.out
    assert "life of buckets: " in run.out
    assert own.requests == []
