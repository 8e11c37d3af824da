"""What do four frameworks make of one small service? `applications/things.yaml`, kept or broken in one way.

The service itself knows no framework; each maker below hands it the method, the path, the media type and the body.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import django
import fastapi
import flask
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import re_path
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

DOCUMENT = Path(__file__).parent / "applications" / "things.yaml"
METHODS = ["GET", "PATCH"]
PREFIX = "things/"
Answer = tuple[int, dict[str, Any]]


@dataclass
class Things:
    """The service: one thing, and perhaps one fault."""

    fault: str = ""
    stored: dict[str, Any] = field(
        default_factory=lambda: {"t-1": {"id": "t-1", "name": "a thing", "size": 3}}
    )

    def answer(self, method: str, path: str, media_type: str, body: bytes) -> Answer:
        """Return the status and the body of the answer."""
        thing = self.stored.get(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else None
        if thing is None:
            return 404, {"message": "there is no such thing"}
        if method == "GET":
            return 200, self.shown(thing)
        try:
            change = json.loads(body.decode("utf-8"))
        except (ValueError, RecursionError):
            return 400, {"message": "this is no JSON"}
        if media_type.partition(";")[0].strip().lower() not in ("application/json", ""):
            return 400, {"message": "another media type"}
        if not self.is_allowed(change):
            return 400, {"message": "this breaks the schema"}
        if self.fault == "raises" and len(change.get("name", "")) > 30:
            raise ValueError(f"no room for {len(change['name'])} characters")
        thing |= {name: change[name] for name in ("name", "size") if name in change}
        return 200, self.shown(thing)

    def is_allowed(self, change: Any) -> bool:
        """Return whether the schema allows *change*."""
        if not isinstance(change, dict):
            return False
        name, size = change.get("name", ""), change.get("size", 0)
        if not isinstance(name, str) or len(name) > 40:
            return False
        if self.fault == "takes any size":
            return True
        return isinstance(size, int) and not isinstance(size, bool) and 0 <= size <= 9

    def shown(self, thing: dict[str, Any]) -> dict[str, Any]:
        """Return *thing* as answers show it."""
        if self.fault == "size is text":
            return thing | {"size": str(thing["size"])}
        return dict(thing)


def flask_application(things: Things) -> Any:
    """Return it as a Flask application."""
    made = flask.Flask("things")
    made.url_map.merge_slashes = False

    def serve(path: str = "") -> Any:
        asked = flask.request
        media_type = asked.headers.get("Content-Type", "")
        status, body = things.answer(asked.method, path, media_type, asked.get_data())
        return flask.Response(json.dumps(body), status, mimetype="application/json")

    made.add_url_rule("/", view_func=serve, methods=METHODS)
    made.add_url_rule("/<path:path>", view_func=serve, methods=METHODS)
    return made


def starlette_application(things: Things, **options: Any) -> Any:
    """Return it as a Starlette application."""

    async def serve(request: Request) -> Response:
        media_type = request.headers.get("content-type", "")
        path = request.path_params["path"]
        status, body = things.answer(request.method, path, media_type, await request.body())
        return Response(json.dumps(body), status, media_type="application/json")

    return Starlette(routes=[Route("/{path:path}", serve, methods=METHODS)], **options)


async def body_of(request: fastapi.Request) -> bytes:
    """Return the body of *request* as it came."""
    return await request.body()


def fastapi_application(things: Things) -> Any:
    """Return it as a FastAPI application, its endpoint a plain function in a thread."""
    made = fastapi.FastAPI(openapi_url=None)

    def serve(
        request: fastapi.Request, path: str, body: Annotated[bytes, fastapi.Depends(body_of)]
    ) -> fastapi.Response:
        media_type = request.headers.get("content-type", "")
        status, told = things.answer(request.method, path, media_type, body)
        return fastapi.Response(json.dumps(told), status, media_type="application/json")

    made.add_api_route("/{path:path}", serve, methods=METHODS, response_model=None)
    return made


SERVED_BY_DJANGO: list[Things] = [Things()]


def django_view(request: Any, path: str) -> Any:
    """Answer a request of Django's with what it serves now."""
    media_type = request.headers.get("Content-Type", "")
    status, body = SERVED_BY_DJANGO[0].answer(request.method, path, media_type, request.body)
    return HttpResponse(json.dumps(body), status=status, content_type="application/json")


def configure_django(things: Things) -> None:
    """Let Django, which is one a process, serve *things* from now on."""
    SERVED_BY_DJANGO[0] = things
    if not settings.configured:
        routes = type("Routes", (), {"urlpatterns": [re_path(r"^(?P<path>.*)$", django_view)]})
        settings.configure(ROOT_URLCONF=routes, ALLOWED_HOSTS=["localhost", "127.0.0.1"])
        django.setup()


def django_wsgi_application(things: Things) -> Any:
    """Return it as Django's WSGI application."""
    configure_django(things)
    return WSGIHandler()


def django_asgi_application(things: Things) -> Any:
    """Return it as Django's ASGI application."""
    configure_django(things)
    return ASGIHandler()


MAKERS: dict[str, Callable[[Things], Any]] = {
    "fastapi": fastapi_application,
    "starlette": starlette_application,
    "flask": flask_application,
    "django as WSGI": django_wsgi_application,
    "django as ASGI": django_asgi_application,
}
