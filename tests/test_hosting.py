"""Does an application in this process answer as it would behind a server? Requests by hand, one at a time."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from pytest_confluent_contracts.http import applications, asgi, wsgi
from pytest_confluent_contracts.http.applications import host_of
from pytest_confluent_contracts.http.in_process import RAISED
from pytest_confluent_contracts.http.raised import TargetUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.http.in_process import Hosted

START = {"type": "http.response.start", "status": 200}
END = {"type": "http.response.body"}


def piece(body: bytes, more: bool = True) -> dict[str, Any]:
    """Return the message with a piece of a body."""
    return {"type": "http.response.body", "body": body, "more_body": more}


def requested(
    method: str = "GET",
    path: str = "/",
    timeout: float = 5.0,
    **more: Any,
) -> httpx.Request:
    """Return a request to an application."""
    extensions = {"timeout": httpx.Timeout(timeout).as_dict()}
    return httpx.Request(method, f"http://localhost{path}", extensions=extensions, **more)


def asked(hosted: Hosted, request: httpx.Request) -> tuple[httpx.Response, bytes]:
    """Return what *hosted* answers, and its whole body."""
    response = hosted.handle_request(request)
    stream = response.stream
    assert isinstance(stream, httpx.SyncByteStream)
    try:
        return response, b"".join(stream)
    finally:
        stream.close()


@contextmanager
def hosting(application: Any) -> Iterator[Hosted]:
    """Run *application*; nothing of it is left behind the block."""
    before = set(threading.enumerate())
    hosted = host_of(application, "shop:app", 5.0)
    hosted.open()
    yield hosted
    assert hosted.shut_down() == ""
    assert set(threading.enumerate()) - before == set()


# --- what both kinds do ----------------------------------------------------------------------------------------------


def as_asgi(answer: Callable[[dict[str, Any], bytes], list[Any]]) -> Any:
    """Return an ASGI application that says what *answer* returns: messages, or errors to raise."""

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            told = "no lifespan here"
            raise NotImplementedError(told)
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        for said in answer(scope, body):
            if isinstance(said, Exception):
                raise said
            await send(said)

    return application


def as_wsgi(answer: Callable[[dict[str, Any], bytes], list[Any]]) -> Any:
    """Return a WSGI application that says the same."""

    def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        scope = {"method": environ["REQUEST_METHOD"], "environ": environ}
        for said in answer(scope, environ["wsgi.input"].read()):
            if isinstance(said, Exception):
                raise said
            if "status" in said:
                named = [(n.decode(), v.decode()) for n, v in said.get("headers", ())]
                start_response(f"{said['status']} Told", named)
            elif said.get("body"):
                yield said["body"]

    return application


KINDS = {"ASGI": as_asgi, "WSGI": as_wsgi}
of_both = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)


@of_both
def test_an_answer_comes_with_each_header_and_a_date(make: Any) -> None:
    """Several headers of one name stay several, and a date is added as every server does."""
    headers = [(b"Set-Cookie", b"a=1"), (b"Set-Cookie", b"b=2"), (b"content-length", b"4")]
    with hosting(make(lambda *_: [START | {"headers": headers}, piece(b"good", more=False)])) as it:
        response, body = asked(it, requested())
    assert (response.status_code, body) == (200, b"good")
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.headers["date"].endswith("GMT")


@of_both
def test_a_body_is_read_as_it_comes(make: Any) -> None:
    """The first piece is there while the application still makes the second."""
    going = threading.Event()

    def slow(*_: Any) -> Iterator[Any]:
        yield from (START, piece(b"one"))
        going.wait(5.0)
        yield piece(b"two", more=False)

    with hosting(make(slow)) as it:
        response = it.handle_request(requested())
        assert isinstance(response.stream, httpx.SyncByteStream)
        pieces = iter(response.stream)
        assert next(pieces) == b"one"
        going.set()
        assert list(pieces) == [b"two"]
        response.stream.close()


@of_both
def test_what_is_sent_arrives(make: Any) -> None:
    """Method, body in chunks, and body counted."""
    seen: list[tuple[str, bytes]] = []

    def note(scope: dict[str, Any], body: bytes) -> list[Any]:
        seen.append((scope["method"], body))
        return [START, END]

    with hosting(make(note)) as it:
        asked(it, requested("PATCH", content=iter([b"a", b"bc"])))
        asked(it, requested("PUT", content=b"abc"))
    assert seen == [("PATCH", b"abc"), ("PUT", b"abc")]


def test_a_path_arrives_as_it_was_written() -> None:
    """ASGI has it decoded and raw; WSGI has its bytes as latin-1 (PEP 3333), decoded once."""
    scopes: list[dict[str, Any]] = []
    path = "/things/%2525%E4%B8%AD%FF/x%2Fy?a=%41&b"

    def note(scope: dict[str, Any], _: bytes) -> list[Any]:
        scopes.append(scope)
        return [START, END]

    for make in KINDS.values():
        with hosting(make(note)) as it:
            asked(it, requested(path=path))
    first, second = scopes
    assert first["path"] == "/things/%25中�/x/y"
    assert first["raw_path"].decode() == path.partition("?")[0]
    assert first["query_string"] == b"a=%41&b"
    environ = second["environ"]
    assert environ["PATH_INFO"].encode("latin-1") == b"/things/%25\xe4\xb8\xad\xff/x/y"
    assert environ["QUERY_STRING"] == "a=%41&b"


def test_several_headers_of_one_name_arrive() -> None:
    """ASGI has them apart; WSGI as one, which means the same (RFC 9110 5.2)."""
    scopes: list[dict[str, Any]] = []
    headers = [("X-Tag", "a"), ("X-Tag", "b"), ("Cookie", "c=1"), ("Cookie", "d=2")]

    def note(scope: dict[str, Any], _: bytes) -> list[Any]:
        scopes.append(scope)
        return [START, END]

    for make in KINDS.values():
        with hosting(make(note)) as it:
            asked(it, requested(headers=headers))
    tags = [value for name, value in scopes[0]["headers"] if name == b"x-tag"]
    assert tags == [b"a", b"b"]
    assert scopes[1]["environ"]["HTTP_X_TAG"] == "a, b"
    assert scopes[1]["environ"]["HTTP_COOKIE"] == "c=1; d=2"


@of_both
@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_what_has_no_body_comes_without(make: Any, method: str, status: int) -> None:
    """A server sends none with HEAD, 204 and 304, whatever the application says."""
    said = [
        START | {"status": status, "headers": [(b"content-length", b"4")]},
        piece(b"good", False),
    ]
    with hosting(make(lambda *_: said)) as it:
        response, body = asked(it, requested(method))
    assert (response.status_code, body) == (status, b"")


@of_both
def test_what_is_raised_before_an_answer_is_a_500(make: Any) -> None:
    """And it is told as what it is, with its place."""
    with hosting(make(lambda *_: [ValueError("no room\nleft")])) as it:
        request = requested()
        response, body = asked(it, request)
    assert (response.status_code, body) == (500, b"Internal Server Error")
    told = request.extensions[RAISED]
    assert told.startswith("ValueError: no room left (test_hosting.py:")
    assert told.endswith(", in application)")


@of_both
def test_what_is_raised_within_an_answer_breaks_it_off(make: Any) -> None:
    """As a server hangs up; it is no short answer."""
    with hosting(make(lambda *_: [START, piece(b"go"), KeyError("name")])) as it:
        request = requested()
        with pytest.raises(httpx.RemoteProtocolError, match="message body"):
            asked(it, request)
    assert request.extensions[RAISED].startswith("KeyError: 'name'")


@of_both
def test_a_body_that_is_shorter_than_said_breaks_off(make: Any) -> None:
    """RFC 9112 6.3: it is incomplete."""
    said = [START | {"headers": [(b"content-length", b"9")]}, piece(b"good", more=False)]
    with hosting(make(lambda *_: said)) as it, pytest.raises(httpx.RemoteProtocolError):
        asked(it, requested())


@of_both
def test_a_body_that_is_longer_than_said_ends_there(make: Any) -> None:
    """What lies beyond is nobody's: a client reads as much as is said."""
    said = [START | {"headers": [(b"content-length", b"2")]}, piece(b"good", more=False)]
    with hosting(make(lambda *_: said)) as it:
        assert asked(it, requested())[1] == b"go"


@of_both
def test_a_header_with_a_line_break_is_no_answer(make: Any) -> None:
    """No server lets it out."""
    said = [START | {"headers": [(b"x-a", b"1\r\nx-b: 2")]}, END]
    with hosting(make(lambda *_: said)) as it, pytest.raises(httpx.RemoteProtocolError):
        asked(it, requested())


@of_both
def test_what_says_nothing_in_time_is_given_up(make: Any) -> None:
    """Within the timeout of the request, before the answer and within it."""
    going = threading.Event()

    def slow(scope: dict[str, Any], _: bytes) -> Iterator[Any]:
        if scope["method"] == "GET":
            yield START
        if make is as_wsgi:
            yield piece(b"begun")
        going.wait(5.0)

    with hosting(make(slow)) as it:
        begun = time.monotonic()
        with pytest.raises(httpx.ReadTimeout):
            asked(it, requested(timeout=0.05))
        assert time.monotonic() - begun < 2.0
        going.set()


@of_both
def test_an_answer_without_end_ends_where_nobody_reads(make: Any) -> None:
    """The application hears of it, and is never far ahead."""
    sent: list[int] = []

    def endless(*_: Any) -> Iterator[Any]:
        yield START
        while True:
            sent.append(1)
            yield piece(b"more")

    with hosting(make(endless)) as it:
        response = it.handle_request(requested())
        assert isinstance(response.stream, httpx.SyncByteStream)
        assert next(iter(response.stream)) == b"more"
        time.sleep(0.05)
        assert len(sent) < 100
        response.stream.close()


def test_requests_of_wsgi_run_beside_each_other() -> None:
    """Two that wait for one another both end."""
    both = threading.Barrier(2, timeout=5.0)

    def meet(*_: Any) -> list[Any]:
        both.wait()
        return [START, END]

    with hosting(as_wsgi(meet)) as it:
        found: list[int] = []
        threads = [
            threading.Thread(target=lambda: found.append(asked(it, requested())[0].status_code))
            for _ in range(2)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert found == [200, 200]


# --- ASGI alone ------------------------------------------------------------------------------------------------------


class Lived:
    """An ASGI application that notes what happens to it."""

    def __init__(self, fails_at: str = "", raises: bool = False) -> None:
        self.noted: list[str] = []
        self.fails_at, self.raises = fails_at, raises

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Note the start, each request and the end."""
        if scope["type"] == "http":
            self.noted.append(f"asked in {scope['state']['place']}")
            await send(START)
            await send(END)
            asyncio.get_running_loop().create_task(asyncio.sleep(60))
            self.noted.append((await receive())["type"])
            self.noted.append((await receive())["type"])
            return
        scope["state"]["place"] = "the shop"
        for stage in ("startup", "shutdown"):
            await receive()
            if self.fails_at == stage:
                await send({"type": f"lifespan.{stage}.failed", "message": "Traceback\nno shelf"})
                if self.raises:
                    told = "the shelf is gone"
                    raise OSError(told)
                return
            self.noted.append(stage)
            await send({"type": f"lifespan.{stage}.complete"})


def test_a_lifespan_runs_around_all_requests() -> None:
    """Its state reaches each; a request may go on behind its answer; tasks end with the loop."""
    application = Lived()
    with hosting(application) as it:
        asked(it, requested())
    assert application.noted == [
        "startup",
        "asked in the shop",
        "http.request",
        "http.disconnect",
        "shutdown",
    ]


@pytest.mark.parametrize(
    ("raises", "told"), [(True, "OSError: the shelf is gone"), (False, "no shelf")]
)
def test_a_lifespan_that_does_not_start_is_told(raises: bool, told: str) -> None:
    """In one line, with what was raised; nothing is left."""
    before = set(threading.enumerate())
    hosted = host_of(Lived("startup", raises), "shop:app", 5.0)
    with pytest.raises(TargetUnusable, match=f"^--contract-target=shop:app: .*{told}"):
        hosted.open()
    assert set(threading.enumerate()) - before == set()


@pytest.mark.parametrize("says", [True, False])
def test_a_lifespan_that_exits_is_told_at_once(says: bool) -> None:
    """Whether it says before that it failed, as Starlette does; nobody waits for what has gone."""

    async def exits(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()
        if says:
            await send({"type": "lifespan.startup.failed", "message": "Traceback"})
        sys.exit("no settings")

    before = set(threading.enumerate())
    hosted = host_of(exits, "shop:app", 30.0)
    begun = time.monotonic()
    with pytest.raises(TargetUnusable, match=r"did not start: SystemExit: no settings"):
        hosted.open()
    assert time.monotonic() - begun < 5.0
    assert set(threading.enumerate()) - before == set()


def test_a_lifespan_that_does_not_start_in_time_is_told() -> None:
    """With the option that gives it longer; nothing is left."""

    async def hangs(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await asyncio.sleep(60)

    before = set(threading.enumerate())
    with pytest.raises(TargetUnusable, match=r"within 0.05 s; --contract-start-timeout"):
        host_of(hangs, "shop:app", 0.05).open()
    assert set(threading.enumerate()) - before == set()


def test_a_lifespan_that_does_not_end_well_is_told() -> None:
    """At the end of the run."""
    hosted = host_of(Lived("shutdown"), "shop:app", 5.0)
    hosted.open()
    assert hosted.shut_down() == "shop:app: its lifespan did not end well: no shelf"


def test_what_never_ends_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that outlives its client does not outlive the run."""
    monkeypatch.setattr(asgi, "GRACE_S", 0.05)

    async def hangs(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(60)

    with hosting(hangs) as it, pytest.raises(httpx.ReadTimeout):
        asked(it, requested(timeout=0.05))


def test_a_thread_that_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can end it; it keeps nobody from ending."""
    monkeypatch.setattr(wsgi, "GRACE_S", 0.05)
    going = threading.Event()
    hosted = host_of(as_wsgi(lambda *_: [going.wait(5.0)]), "shop:app", 5.0)
    with pytest.raises(httpx.ReadTimeout):
        asked(hosted, requested(timeout=0.05))
    assert hosted.shut_down() == "shop:app: 1 of its requests did not end, and are left behind"
    going.set()


# --- which one it is -------------------------------------------------------------------------------------------------


async def _awaited(scope: Any, receive: Any, send: Any) -> None: ...
def _passed_on(scope: Any, receive: Any, send: Any) -> Any: ...
def _served(environ: Any, start_response: Any) -> Any: ...
def _made() -> Any: ...


@pytest.mark.parametrize(
    ("application", "kind"),
    [
        (_awaited, asgi.AsgiHost),
        (_passed_on, asgi.AsgiHost),
        (Lived(), asgi.AsgiHost),
        (_served, wsgi.WsgiHost),
    ],
)
def test_the_object_tells_its_kind(application: Any, kind: type) -> None:
    """What is awaited, or takes three, is ASGI; what takes two is WSGI."""
    assert type(host_of(application, "shop:app", 5.0)) is kind


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (7, "this int is neither an ASGI nor a WSGI application"),
        (_made, "write () behind its name"),
        (Lived, "this type is neither"),
        (lambda one: one, "name what a server is given"),
    ],
)
def test_what_is_no_application_is_told(found: Any, told: str) -> None:
    """With what it is."""
    with pytest.raises(TargetUnusable) as raised:
        applications.check_application(found, "--contract-target=shop:app")
    assert str(raised.value).startswith("--contract-target=shop:app: ")
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("shop:app", ("shop", "app", False, "")),
        ("shop.web:made.app", ("shop.web", "made.app", False, "")),
        ("shop:create_app()", ("shop", "create_app", True, "")),
        ("shop:app/api/v1/", ("shop", "app", False, "/api/v1")),
        ("localhost:8080", None),
        ("shop", None),
        ("shop:", None),
        ("shop:app(1)", None),
        ("http://localhost", None),
    ],
)
def test_a_name_is_read(written: str, parts: tuple[object, ...] | None) -> None:
    """Module, attributes, call and prefix; a port is no attribute."""
    named = applications.parse_name(written)
    found = named and (named.module, named.attributes, named.is_factory, named.prefix)
    assert found == parts
