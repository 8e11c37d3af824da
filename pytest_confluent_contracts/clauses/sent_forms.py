"""What does a form say that somebody else has sent? Its members, as far as they can be told."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from pytest_confluent_contracts.clauses.sent_parameters import typed_value
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.media_types import BodyKind
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.traffic import REDACTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Content
    from pytest_confluent_contracts.model.traffic import Exchange

UNTOLD = REDACTED  # in the place of a value that came, and that nobody can judge


def sent_form(content: Content, exchange: Exchange) -> Any:
    """Return the members of the form *content* in a request, `ABSENT` where it cannot be read.

    A member in brackets (`meta[a]`), an object, a file, and a list that may be written in another
    way stand there as `UNTOLD`: that they came is all that can be said.
    """
    if "object" not in types_allowed(content.schema):
        return ABSENT
    try:
        pairs = _pairs_in(content, exchange)
    except ValueError:
        return ABSENT
    members: Mapping[str, Any] = content.schema.get("properties") or {}
    texts: dict[str, list[str]] = {}
    for name, text in pairs:
        outer = name.partition("[")[0]
        is_inner = name not in members and outer in members
        texts.setdefault(outer if is_inner else name, []).append(UNTOLD if is_inner else text)
    return {name: _member_value(members.get(name), found) for name, found in texts.items()}


def _pairs_in(content: Content, exchange: Exchange) -> list[tuple[str, str]]:
    """Return the names and the texts of a form; raise `ValueError` where it is none."""
    body = exchange.case.body or b""
    if content.kind is BodyKind.MULTIPART:
        return list(_parts(exchange.case.header("Content-Type") or "", body))
    return parse_qsl(body.decode(), keep_blank_values=True, errors="strict")


def _member_value(schema: Any, texts: list[str]) -> Any:
    """Return what the *texts* of one member say by its *schema*."""
    types = types_allowed(schema) if isinstance(schema, dict) else []
    if UNTOLD in texts or "object" in types:
        return UNTOLD
    if "array" not in types:
        return typed_value(texts[-1], schema) if len(texts) == 1 else UNTOLD
    if len(texts) == 1 and any(mark in texts[0] for mark in ",| []"):
        return UNTOLD  # perhaps all of it, as `encoding` has it
    return [typed_value(text, schema.get("items")) for text in texts]


def _parts(media_type: str, body: bytes) -> Iterator[tuple[str, str]]:
    """Yield the name of each part, and its text; `UNTOLD` of a file (RFC 7578 4.2).

    Raise `ValueError` where there are no parts.
    """
    head = f"Content-Type: {media_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    if not message.is_multipart():
        raise ValueError("no part can be told from another")
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        is_text = part.get_filename() is None and part.get_content_type() == "text/plain"
        yield name, content.decode("utf-8", "replace") if is_text else UNTOLD
