"""Does anything leave that should not? The guard alone: closed by default, one for all operations of a target."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import h11
import httpx
import pytest
from exchanges import confluent, datadog
from judging import opened
from leading import read_api
from running import listening

from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.http import guard, redaction, targets
from pytest_confluent_contracts.http.connections import KEPT_OPEN
from pytest_confluent_contracts.model.traffic import REDACTED, RunContext
from pytest_confluent_contracts.run.access import nobodys_access, planned_access
from pytest_confluent_contracts.run.campaign import Campaign

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from pytest_confluent_contracts.http.guard import Allowance, Guard, Key
    from pytest_confluent_contracts.model.documents import Operation

CLOUD = "https://api.confluent.cloud"
OURS = "/iam/v2/api-keys/ak-1"
KEY = ("confluent-api-keys", "updateIamV2ApiKey")
OTHER = ("confluent-api-keys", "deleteIamV2ApiKey")
ALLOWED = guard.Allowance("PATCH", frozenset({OURS}))


def guarded(
    allowances: dict[Key, Allowance] | None = None, **rules: object
) -> tuple[Guard, list[httpx.Request]]:
    """Return a guard for one key of Confluent Cloud unless *allowances* say otherwise, and the list of what it lets out."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    given = {"origins": frozenset({CLOUD}), "secret_headers": frozenset({"authorization"})} | rules
    made = {KEY: ALLOWED} if allowances is None else allowances
    inner = httpx.MockTransport(answer)
    return guard.Guard(guard.Rules(**given), made, VirtualClock(), inner), seen  # type: ignore[arg-type]


def asked(
    method: str = "PATCH", url: str = CLOUD + OURS, key: Key | None = KEY, **headers: str
) -> httpx.Request:
    """Return a request of the operation with that key."""
    extensions = {} if key is None else {guard.OPERATION: key}
    return httpx.Request(method, url, headers=headers, extensions=extensions)


# --- closed by default -----------------------------------------------------------------------------------------------

CLOSED: dict[str, tuple[dict[Key, Allowance], httpx.Request]] = {
    "nothing is allowed": ({}, asked()),
    "another operation is allowed": ({OTHER: ALLOWED}, asked()),
    "no path is allowed": ({KEY: guard.Allowance("PATCH")}, asked()),
    "the request is of no operation": ({KEY: ALLOWED}, asked(key=None)),
    "the path is that of another operation": (
        {KEY: ALLOWED, OTHER: guard.Allowance("DELETE", frozenset({"/iam/v2/api-keys/ak-9"}))},
        asked(url=f"{CLOUD}/iam/v2/api-keys/ak-9"),
    ),
    "the method is that of another operation": (
        {KEY: ALLOWED, OTHER: guard.Allowance("DELETE", frozenset({OURS}))},
        asked("DELETE"),
    ),
}


@pytest.mark.parametrize("what", CLOSED)
def test_what_is_not_allowed_stays_in(what: str) -> None:
    """An allowance that is missing or empty lets nothing out: there is no set that means everything."""
    allowances, request = CLOSED[what]
    guard_, seen = guarded(allowances)
    with pytest.raises(guard.Refusal, match=r"\Anot sent: [^\n]+\Z"):
        guard_.handle_request(request)
    assert (seen, guard_.sent, guard_.sent_of(KEY)) == ([], 0, 0)


def test_what_is_allowed_cannot_be_widened_afterwards() -> None:
    """The guard keeps what it was given, whatever becomes of the mapping."""
    allowances = {KEY: ALLOWED}
    guard_, seen = guarded(allowances)
    allowances[OTHER] = guard.Allowance("DELETE", frozenset({OURS}))
    with pytest.raises(guard.Refusal, match=re.escape("::".join(OTHER))):
        guard_.handle_request(asked("DELETE", key=OTHER))
    assert seen == []


FORBIDDEN = {
    "another host": ("PATCH", f"https://example.com{OURS}"),
    "a host that contains the target's": (
        "PATCH",
        f"https://api.confluent.cloud.example.com{OURS}",
    ),
    "a host below the target's": ("PATCH", f"https://evil.api.confluent.cloud{OURS}"),
    "another port": ("PATCH", f"https://api.confluent.cloud:8443{OURS}"),
    "another scheme": ("PATCH", f"http://api.confluent.cloud{OURS}"),
    "another scheme at the target's port": ("PATCH", f"http://api.confluent.cloud:443{OURS}"),
    "the target's host as user name": ("PATCH", f"https://api.confluent.cloud@example.com{OURS}"),
    **{
        method: (method, CLOUD + OURS)
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE")
    },
    "the collection": ("PATCH", f"{CLOUD}/iam/v2/api-keys"),
    "the collection with a slash": ("PATCH", f"{CLOUD}/iam/v2/api-keys/"),
    "another path": ("PATCH", f"{CLOUD}/iam/v2/users/u-1"),
    "a longer path": ("PATCH", f"{CLOUD}{OURS}/rotate"),
    "a prefix": ("PATCH", f"{CLOUD}/v1{OURS}"),
    "a coded slash": ("PATCH", f"{CLOUD}/iam/v2/api-keys/ak-1%2F..%2Fak-2"),
    "a query": ("PATCH", f"{CLOUD}{OURS}?dry=1/2"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_the_document_does_not_declare_stays_in(what: str) -> None:
    """Another host, method or path is refused before anything leaves, in one line."""
    guard_, seen = guarded()
    method, url = FORBIDDEN[what]
    with pytest.raises(guard.Refusal, match=r"\Anot sent: [^\n]+\Z"):
        guard_.handle_request(asked(method, url))
    assert (seen, guard_.sent) == ([], 0)


def test_what_is_allowed_goes_out() -> None:
    """The allowed method on an allowed path passes."""
    guard_, seen = guarded()
    assert guard_.handle_request(asked()).status_code == 200
    assert (len(seen), guard_.sent) == (1, 1)


# --- where to --------------------------------------------------------------------------------------------------------


def test_another_host_may_be_allowed() -> None:
    """A host of --contract-allow-host is let out, and no other."""
    guard_, seen = guarded(origins=frozenset({CLOUD, "https://eu.confluent.cloud"}))
    guard_.handle_request(asked(url=f"https://eu.confluent.cloud{OURS}"))
    with pytest.raises(
        guard.Refusal, match=r"https://us\.confluent\.cloud is neither .* --contract-allow-host"
    ):
        guard_.handle_request(asked(url=f"https://us.confluent.cloud{OURS}"))
    assert len(seen) == 1


SAME = {
    "https://h": ("https://h:443", "https://H"),
    "http://h": ("http://h:80",),
    "https://h:8443": ("https://h:8443",),
    "http://[::1]:8080": ("http://[::1]:8080",),
    "https://bücher.example": ("https://xn--bcher-kva.example",),
}


@pytest.mark.parametrize("url", SAME)
def test_one_service_is_known_however_it_is_written(url: str) -> None:
    """A port that the scheme implies and the case of a host make no other service; another port does."""
    assert {guard.origin(other) for other in SAME[url]} == {guard.origin(f"{url}/prefix")}
    assert sum(guard.origin(url) == guard.origin(other) for other in SAME) == 1


ALLOWED_HOSTS = {
    ("http://127.0.0.1:8080", "gateway.example"): {
        "https://gateway.example",
        "http://gateway.example",
    },
    ("http://127.0.0.1:8080", "127.0.0.1:9090"): {
        "https://127.0.0.1:9090",
        "http://127.0.0.1:9090",
    },
    ("https://127.0.0.1", "gateway.example:8443"): {"https://gateway.example:8443"},
}


@pytest.mark.parametrize(("target", "host"), ALLOWED_HOSTS)
def test_an_allowed_host_is_one_port(target: str, host: str) -> None:
    """--contract-allow-host lets out to its port, encrypted or as the target is, and to no other port of the host."""
    settings = targets.ClientSettings(timeout=1.0, hosts=(host,))
    opened_ = targets.live(target, [targets.Access(confluent(), {})], settings, {})
    opened_.close()
    assert opened_.guard.rules.origins == {target} | ALLOWED_HOSTS[target, host]


def test_only_the_given_resource_and_unknown_ids_go_out() -> None:
    """Of all the paths that the document declares, only those named pass."""
    paths = frozenset({OURS, "/iam/v2/api-keys/nobody's id", "/iam/v2/api-keys/a?b"})
    guard_, seen = guarded({KEY: guard.Allowance("PATCH", paths)})
    for own in ("ak-1", "nobody's%20id", "a%3Fb"):
        guard_.handle_request(asked(url=f"{CLOUD}/iam/v2/api-keys/{own}"))
    for other in ("ak-2", "ak-1%3Fx", "AK-1", "ak-1%00", "."):
        with pytest.raises(guard.Refusal, match="is not the resource"):
            guard_.handle_request(asked(url=f"{CLOUD}/iam/v2/api-keys/{other}"))
    for other in ("ak-1?x=1", "a?b"):
        with pytest.raises(guard.Refusal, match="is not declared"):
            guard_.handle_request(asked(url=f"{CLOUD}/iam/v2/api-keys/{other}"))
    assert len(seen) == 3


def test_what_is_spelled_out_goes_in_that_spelling_alone() -> None:
    """An id with a coded slash is one segment: with the slash as it is, another resource would be asked for."""
    spelled = frozenset({f"{OURS}%2Fx", f"{OURS}/"})
    paths = frozenset({OURS})
    guard_, seen = guarded({KEY: guard.Allowance("PATCH", paths, spelled_paths=spelled)})
    for written in ("%2Fx", "/", ""):
        guard_.handle_request(asked(url=f"{CLOUD}{OURS}{written}"))
    for written in ("/x", "%2Fy", "%2fx", "%2F", "//", "%2Fx?a=b", "/?a=b"):
        with pytest.raises(guard.Refusal, match=r"\Anot sent: "):
            guard_.handle_request(asked(url=f"{CLOUD}{OURS}{written}"))
    with pytest.raises(guard.Refusal, match="is not declared"):
        guard_.handle_request(asked("DELETE", url=f"{CLOUD}{OURS}%2Fx"))
    assert len(seen) == 3


@pytest.mark.parametrize("id", ["ak-1", "a b", "100%41", "\u00e4+~", "a?b#c", "a/b", "a/../b"])
def test_an_id_of_any_characters_is_let_through(id: str) -> None:
    """The resource is known by its name, whatever of it is percent-encoded on the way."""
    double = Double(confluent())
    context = replace(double.context, parameters=(("id", id),))
    double.access = planned_access(make_plan(confluent(), context))
    assert double.target().client.exchange(baseline_update(confluent(), context), 0).status == 404


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example", f"{CLOUD}:8443", CLOUD.replace("https", "http")]
)
def test_a_redirect_is_a_request_like_any_other(elsewhere: str) -> None:
    """Even a client that follows redirects gets no further than the guard: another port is another service."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(307, headers={"Location": elsewhere + OURS})

    rules = guard.Rules(frozenset({CLOUD}))
    transport = guard.Guard(rules, {KEY: ALLOWED}, VirtualClock(), httpx.MockTransport(answer))
    with (
        httpx.Client(transport=transport) as client,
        pytest.raises(guard.Refusal, match=re.escape(elsewhere)),
    ):
        client.patch(CLOUD + OURS, follow_redirects=True, extensions={guard.OPERATION: KEY})
    assert transport.sent == 1


def test_credentials_do_not_travel_in_the_clear() -> None:
    """Plain http with credentials is refused off loopback; without credentials, encrypted or asked for it passes."""
    plain = f"http://api.confluent.cloud{OURS}"
    both = frozenset({CLOUD, "http://api.confluent.cloud"})
    guard_, seen = guarded(origins=both)
    with pytest.raises(guard.Refusal, match="--contract-insecure"):
        guard_.handle_request(asked(url=plain, Authorization="Basic eDp5"))
    assert seen == []
    guard_.handle_request(asked(url=plain))
    guard_.handle_request(asked(Authorization="Basic eDp5"))
    insecure, also_seen = guarded(origins=both, insecure=True)
    insecure.handle_request(asked(url=plain, Authorization="Basic eDp5"))
    assert (len(seen), len(also_seen)) == (2, 1)


# --- how much and how fast -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("budget", [1, 2, 10, 37])
def test_the_budget_is_never_exceeded(budget: int) -> None:
    """No more than the budget leaves; the last request is kept for putting back, where there is more than one."""
    guard_, seen = guarded({KEY: replace(ALLOWED, budget=budget)})
    for _ in range(max(1, budget - 1)):
        guard_.handle_request(asked())
    with pytest.raises(
        guard.BudgetSpent, match=f"the budget of {budget} requests is spent; --contract-budget"
    ):
        guard_.handle_request(asked())
    guard_.close_up(KEY)
    for _ in range(budget - len(seen)):
        guard_.handle_request(asked())
    with pytest.raises(guard.BudgetSpent):
        guard_.handle_request(asked())
    assert len(seen) == budget


def test_each_operation_has_its_own_share_of_the_budget() -> None:
    """What one operation spent is not taken from another, and only its own last request is let out."""
    two = {KEY: replace(ALLOWED, budget=2), OTHER: replace(ALLOWED, budget=3)}
    guard_, seen = guarded(two)
    guard_.handle_request(asked())
    assert (guard_.left(KEY), guard_.left(OTHER)) == (0, 2)
    guard_.close_up(OTHER)
    assert (guard_.left(KEY), guard_.left(OTHER)) == (0, 3)
    with pytest.raises(guard.BudgetSpent, match="the budget of 2 requests"):
        guard_.handle_request(asked())
    for _ in range(3):
        guard_.handle_request(asked(key=OTHER))
    assert (guard_.sent, guard_.sent_of(KEY), guard_.sent_of(OTHER), len(seen)) == (4, 1, 3, 4)


def test_a_connection_that_ctrl_c_left_half_changed_does_not_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C between two states of a kept connection makes each next request on it fail."""
    made_ready = h11.Connection.start_next_cycle

    def half(self: h11.Connection) -> None:
        made_ready(self)
        self._writer = None

    def talk(connection: socket.socket) -> None:
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with listening(talk) as url:
        rules = guard.Rules(frozenset({url}))
        guard_ = guard.Guard(rules, {KEY: ALLOWED}, VirtualClock())
        monkeypatch.setattr(h11.Connection, "start_next_cycle", half)
        guard_.handle_request(asked(url=url + OURS)).read()
        monkeypatch.undo()
        guard_.close_up(KEY)
        assert guard_.handle_request(asked(url=url + OURS)).status_code == 200
        guard_.close()


def test_without_an_allowance_there_is_no_budget() -> None:
    """An operation that may send nothing has nothing left; one without a limit has no number."""
    guard_, _ = guarded()
    assert (guard_.left(OTHER), guard_.left(KEY)) == (0, None)


def test_one_pace_holds_for_all_operations() -> None:
    """Two operations in turn get no more requests out than one: the rate is the target's."""
    guard_, _ = guarded({KEY: ALLOWED, OTHER: ALLOWED}, rate=10.0)
    for index in range(21):
        guard_.handle_request(asked(key=(KEY, OTHER)[index % 2]))
    assert guard_.clock.now() == pytest.approx(2.0)


def test_waiting_is_counted_for_each_operation_and_once_in_all() -> None:
    """Seconds in which two operations wait at once are one operation's each, and no more than that in all."""
    both = threading.Barrier(2)

    def answer(request: httpx.Request) -> httpx.Response:
        both.wait(5)
        threading.Event().wait(0.2)
        return httpx.Response(200)

    rules = guard.Rules(frozenset({CLOUD}))
    allowances = {KEY: ALLOWED, OTHER: ALLOWED}
    slow = guard.Guard(rules, allowances, VirtualClock(), httpx.MockTransport(answer))
    threads = [
        threading.Thread(target=slow.handle_request, args=(asked(key=key),)) for key in allowances
    ]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    each = [slow.waiting_of(key) for key in allowances]
    assert min(each) >= 0.2
    assert max(each) <= slow.waiting < sum(each)
    assert slow.waiting < time.perf_counter() - begun  # nobody waits while nothing is in flight


# --- one target for several documents --------------------------------------------------------------------------------

SECRET = "oS3cr3t/7fJ+ya0qQ9xVdLk2RmTnUwEz"
GIVEN = {"username": "KEY7Q2M4XWZ9", "password": SECRET}


def held(operation: Operation, parts: dict[str, str]) -> RunContext:
    """Return the context of a run with *parts* of each credential that the operation has."""
    given = {
        scheme.name: {part: parts[part] for part, _ in scheme.variables if part in parts}
        for scheme in operation.schemes
    }
    return RunContext(operation.parameters, {}, given, max_examples=1)


@pytest.fixture
def counting() -> Iterator[tuple[str, list[socket.socket]]]:
    """Return a server that keeps connections open and says everywhere what is secret, and its connections."""
    body = f'{{"told": "{SECRET}", "nearly": "{SECRET[:-1]}"}}'
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    connections: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        connections.append(connection)
        stream = connection.makefile("rb")
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = stream.readline()
            stream.read(length)
            connection.sendall(answer)

    with listening(talk) as url:
        yield url, connections


def test_both_documents_go_over_one_guard_and_its_connections(
    counting: tuple[str, list[socket.socket]],
) -> None:
    """One guard and one client serve every operation: the second document opens no connection of its own."""
    url, connections = counting
    contexts = {one.key: held(one, GIVEN) for one in (confluent(), datadog())}
    plans = [make_plan(one, contexts[one.key]) for one in (confluent(), datadog())]
    accesses = [planned_access(plan) for plan in plans]
    target = targets.live(url, accesses, targets.ClientSettings(5.0), {})
    ways = [Campaign(plan, target).sender for plan in plans]
    cases = [baseline_update(one, contexts[one.key]) for one in (confluent(), datadog())]
    came = [
        way.client.exchange(case, 0)
        for _ in range(3)
        for way, case in zip(ways, cases, strict=True)
    ]
    target.close()
    assert {one.status for one in came} == {200}
    assert (ways[0].client, ways[0].clock, ways[0].quota) == (
        ways[1].client,
        ways[1].clock,
        ways[1].quota,
    )
    assert [target.guard.sent_of(one.key) for one in (confluent(), datadog())] == [3, 3]
    assert len(connections) == KEPT_OPEN


def test_a_secret_of_one_document_is_redacted_in_an_exchange_of_another(
    counting: tuple[str, list[socket.socket]],
) -> None:
    """What the target heard from the first document is no less secret when it comes back to the second."""
    url, _ = counting
    first, second = held(confluent(), GIVEN), held(datadog(), {})
    accesses = [
        planned_access(make_plan(confluent(), first)),
        planned_access(make_plan(datadog(), second)),
    ]
    target = targets.live(url, accesses, targets.ClientSettings(5.0), {})
    came = target.client.exchange(baseline_update(datadog(), second), 0)
    target.close()
    assert came.json == {"told": REDACTED, "nearly": REDACTED}
    assert [name for name in came.leaks if "password" in name] == list(came.leaks) != []
    alone = opened(datadog(), url, second)  # without the first document nobody knows what is secret
    assert alone.client.exchange(baseline_update(datadog(), second), 0).json["told"] == SECRET
    alone.close()


def test_what_is_not_a_leak_for_its_own_operation_stays_none() -> None:
    """A user name may be shown where it belongs, though the same text is a secret elsewhere."""
    shown = redaction.Secret("the user", "KEY7Q2M4XWZ9", leaks=False, operation=KEY)
    kept = redaction.Secret("the key", "KEY7Q2M4XWZ9", operation=OTHER)
    for secrets in ([shown, kept], [kept, shown]):
        redactor = redaction.Redactor(secrets)
        assert redactor.leaks("a KEY7Q2M4XWZ9 b", {}, KEY) == []
        assert redactor.leaks("a KEY7Q2M4XWZ9 b", {}, OTHER) == ["the key"]
        assert redactor.text("a KEY7Q2M4XWZ9 b") == "a [redacted] b"


@pytest.mark.parametrize(
    ("method", "query", "goes"),
    [
        ("GET", "", True),
        ("GET", "kind=a", True),
        ("GET", "kind=a&limit=1", True),
        ("GET", "filter%5Bname%5D=x%26y", True),
        ("GET", "kind=a&other=1", False),
        ("GET", "Kind=a", False),
        ("GET", "kind=a&", False),
        ("DELETE", "kind=a", False),
        ("POST", "kind=a", False),
    ],
)
def test_a_query_of_declared_names_goes_where_nothing_changes(
    method: str, query: str, goes: bool
) -> None:
    """A list is asked for by values that it has shown, by no other name and in no other method."""
    names = frozenset({"kind", "limit", "filter[name]"})
    assert guard.Allowance(method, query_names=names).lets_out_query(query) is goes


# --- what lies in a parent that nobody has ---------------------------------------------------------------------------


def test_an_id_that_the_schema_forbids_is_nobodys() -> None:
    """It is asked for though the run has made nothing there: in the place of the id of a parent, too."""
    entries = {one.id: one for one in read_api("buckets").operations}
    getting = entries["getEntry"]
    context = RunContext((("bucket", "own"), ("entry", "one")), {}, {})
    paths = nobodys_access(make_plan(getting, context)).paths
    too_long = [path for path in paths if len(path.split("/")[2]) > 60]
    assert too_long
    assert all(path.endswith("/entries/one") for path in too_long)
