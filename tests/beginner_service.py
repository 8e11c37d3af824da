"""What does a first service look like? Both updates as a beginner's FastAPI would answer them, written by hand.

Types are checked, by a framework: 422 with ``{"detail": [...]}``. What nobody thought of is as it comes: an HTML page
for what is not found, no request id, no rate limit, members that the document requires left optional, and a default
that is written over what was there.
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import unquote

from loopback_server import LoopbackHandler, LoopbackServer

KEY, SECRET, TOKEN = "BEGINNERKEY", "beginner-secret-of-the-key", "beginner-access-token"
KEYS, ACCOUNTS = "/iam/v2/api-keys/", "/api/v2/integrations/confluent-cloud/accounts/"
NOT_FOUND = "<!doctype html><html><head><title>404</title></head><body>Not Found</body></html>"
CLOUD, CRN = "https://api.confluent.cloud", "crn://confluent.cloud/organization=9bb441c4"

Answer = tuple[int, str, Any, dict[str, str]]


def detail(kind: str, *loc: str, msg: str) -> dict[str, Any]:
    """Return what the framework says of one thing that is wrong."""
    return {"type": kind, "loc": ["body", *loc], "msg": msg, "input": None}


class BeginnerService:
    """Serves one API key and one account on loopback for as long as its block lasts."""

    def __init__(self) -> None:
        self.id, self.account_id = "ak-12345", "account_id_abc123"
        self.spec = {"display_name": "my key", "description": "my description"}
        self.account: dict[str, Any] = {"api_key": "TESTAPIKEY123", "tags": []}
        self.created = self.updated = datetime.now(UTC)
        self.dd_key, self.dd_app = secrets.token_hex(16), secrets.token_hex(20)
        self.server = LoopbackServer(_Handler, self)

    @property
    def environment(self) -> dict[str, str]:
        """Return the credentials."""
        return {
            "CONFLUENT_CLOUD_API_KEY": KEY,
            "CONFLUENT_CLOUD_API_SECRET": SECRET,
            "CONFLUENT_CLOUD_ACCESS_TOKEN": TOKEN,
            "DD_API_KEY": self.dd_key,
            "DD_APP_KEY": self.dd_app,
        }

    @property
    def url(self) -> str:
        """Return the address."""
        return self.server.url

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.__exit__(*exc)

    def respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Return status, media type, body and more headers."""
        path = unquote(path)  # as frameworks do
        known = (KEYS + self.id, ACCOUNTS + self.account_id)
        is_let_in = self._is_let_in(path, headers)
        is_routed = method == "PATCH" and path.startswith((KEYS, ACCOUNTS))
        if not is_routed or (is_let_in and path not in known):
            return 404, "text/html; charset=utf-8", NOT_FOUND, {}
        if not is_let_in:
            challenge = {"WWW-Authenticate": "Basic"} if path.startswith(KEYS) else {}
            refused = 401 if path.startswith(KEYS) else 403
            return refused, "application/json", {"detail": "Not authenticated"}, challenge
        wrong, value = self._validated(path, headers, body)
        if wrong:
            return 422, "application/json", {"detail": wrong}, {}
        told = self._update_key(value) if path.startswith(KEYS) else self._update_account(value)
        return 200, "application/json", told, {}

    def _is_let_in(self, path: str, headers: dict[str, str]) -> bool:
        if path.startswith(ACCOUNTS):
            given = headers.get("dd-api-key"), headers.get("dd-application-key")
            return given == (self.dd_key, self.dd_app)
        basic = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        scheme, _, credential = headers.get("authorization", "").partition(" ")
        return (scheme.lower(), credential) in (("basic", basic), ("bearer", TOKEN))

    def _validated(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[list[dict[str, Any]], Any]:
        """Return what the framework finds wrong, and the value of the body."""
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if not body:
            return [detail("missing", msg="Field required")], None
        if kind != "application/json":
            return [detail("model_attributes_type", msg="Input should be a valid object")], None
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return [detail("json_invalid", "0", msg="JSON decode error")], None
        if not isinstance(value, dict):
            return [detail("model_attributes_type", msg="Input should be a valid object")], None
        if path.startswith(KEYS):
            return list(_of_key(value)), value
        return list(_of_account(value)), value

    def _update_key(self, value: dict[str, Any]) -> Any:
        spec = value.get("spec") or {}
        # A model with defaults, dumped whole: what is left out is overwritten.
        self.spec = {
            "display_name": spec.get("display_name", self.spec["display_name"]),
            "description": spec.get("description", ""),
        }
        self.updated = datetime.now(UTC)
        owner = {"id": "u-a83k9b", "related": f"{CLOUD}/iam/v2/users/u-a83k9b"}
        cluster = {"id": "lkc-c29js0", "related": f"{CLOUD}/cmk/v2/clusters/lkc-c29js0"}
        return {
            "api_version": "iam/v2",
            "kind": "ApiKey",
            "id": self.id,
            "metadata": {
                "self": f"{CLOUD}{KEYS}{self.id}",
                "resource_name": f"{CRN}/api-key={self.id}",
                "created_at": self.created.isoformat(),
                "updated_at": self.updated.isoformat(),
            },
            "spec": {
                **self.spec,
                "owner": owner | {"resource_name": f"{CRN}/user=u-a83k9b"},
                "resource": cluster | {"resource_name": f"{CRN}/cloud-cluster=lkc-c29js0"},
            },
        }

    def _update_account(self, value: dict[str, Any]) -> Any:
        attributes = (value.get("data") or {}).get("attributes") or {}
        self.account = {
            "api_key": attributes.get("api_key", self.account["api_key"]),
            "tags": attributes.get("tags", []),
        }
        data = {"attributes": self.account, "id": self.account_id}
        return {"data": data | {"type": "confluent-cloud-accounts"}}


def _of_key(value: dict[str, Any]) -> Any:
    """Yield what is wrong with an update of a key: types alone."""
    spec = value.get("spec", {})
    if not isinstance(spec, dict):
        yield detail("model_attributes_type", "spec", msg="Input should be a valid object")
        return
    for name in ("display_name", "description"):
        if name in spec and not isinstance(spec[name], str):
            yield detail("string_type", "spec", name, msg="Input should be a valid string")


def _of_account(value: dict[str, Any]) -> Any:
    """Yield what is wrong with an update of an account: types alone, and nothing is required."""
    data = value.get("data", {})
    attributes = data.get("attributes", {}) if isinstance(data, dict) else None
    if not isinstance(attributes, dict):
        yield detail("model_attributes_type", "data", msg="Input should be a valid object")
        return
    if not isinstance(data.get("type", ""), str):
        yield detail("string_type", "data", "type", msg="Input should be a valid string")
    for name in ("api_key", "api_secret"):
        if name in attributes and not isinstance(attributes[name], str):
            yield detail("string_type", "data", "attributes", name, msg="Input should be a string")
    tags = attributes.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        yield detail("list_type", "data", "attributes", "tags", msg="Input should be a valid list")


class _Handler(LoopbackHandler):
    def answer(self) -> None:
        """Answer as a server under the framework does."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.read_body()
        status, kind, told, more = self.owner.respond(self.command, self.path, headers, body)
        content = (told if isinstance(told, str) else json.dumps(told)).encode()
        self.send_response(status)
        own = {"Content-Type": kind, "Content-Length": str(len(content))}
        for name, value in (own | more).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
