"""What stands in an answer whose body is coded, and does its `Content-Encoding` say the truth?

RFC 9110 8.4 and 12.5.3. httpx would raise where it does not, and nothing of the answer be seen.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_confluent_contracts.http.strict_json import parse_json
from pytest_confluent_contracts.model.traffic import CodingFault, CodingFlaw

if TYPE_CHECKING:
    from collections.abc import Sequence

GZIP, DEFLATE = "gzip", "deflate"
# RFC 1952 2.3.1 and RFC 1950 2.2: the bytes that a coded body begins with.
GZIP_BEGINS, ZLIB_BEGINS = b"\x1f\x8b", b"\x78"
# How `zlib` is told which form is to be read: a gzip member, zlib's own, and neither.
GZIP_BITS, ZLIB_BITS, BARE_BITS = 31, 15, -15
MOST_REPEATED = 2  # times that a coding is undone which no field names
# RFC 9110 8.4.1.3 has both names mean the same; "identity" is no coding.
OTHER_NAMES = {"x-gzip": GZIP, "identity": ""}
NO_WEIGHT = re.compile(r";\s*q\s*=\s*0(\.0*)?\s*\Z", re.IGNORECASE)


class TooLarge(Exception):
    """The body is larger than any documented one could be."""


@dataclass(frozen=True, slots=True)
class DecodedBody:
    """A body as it can be read, and how its coding is told wrongly, None where it is not."""

    content: bytes = field(repr=False)
    flaw: CodingFlaw | None = None


def decode_body(raw: bytes, named: Sequence[str], asked: Sequence[str], most: int) -> DecodedBody:
    """Return the body *raw* without its codings, as far as they can be undone.

    *named* are the values of Content-Encoding, *asked* those of the request's Accept-Encoding.
    Raise `TooLarge` where it comes to more than *most* bytes. For example, JSON that is said to be
    gzip is returned as it is, with the flaw that the coding was not applied.
    """
    codings = _listed(named)
    body = raw
    if not raw:  # what answers without a body says of codings, it says of nothing
        return DecodedBody(raw)
    for coding in reversed(codings):
        undone = _undone(coding, body, most)
        if undone is None:
            return _misnamed(coding, body, most)
        body = undone
    more, content = _coded_beyond(body, most)
    if more:
        fault = CodingFault.REPEATED if codings else CodingFault.UNNAMED
        return DecodedBody(content, CodingFlaw(fault, more))
    for coding in codings:
        if not _is_asked_for(coding, asked):
            return DecodedBody(body, CodingFlaw(CodingFault.UNASKED, coding))
    return DecodedBody(body)


def _listed(fields: Sequence[str]) -> list[str]:
    """Return the codings that *fields* name, in the order in which they were applied."""
    found: list[str] = []
    for part in ",".join(fields).split(","):
        name = part.strip().lower()
        name = OTHER_NAMES.get(name, name)
        if name:
            found.append(name)
    return found


def _is_asked_for(coding: str, asked: Sequence[str]) -> bool:
    """Return whether a request with these values of Accept-Encoding takes *coding*.

    One without the field takes any (RFC 9110 12.5.3).
    """
    if not asked:
        return True
    taken: dict[str, bool] = {}
    for part in ",".join(asked).split(","):
        name = part.partition(";")[0].strip().lower()
        taken[OTHER_NAMES.get(name, name)] = not NO_WEIGHT.search(part)
    return taken.get(coding, taken.get("*", False))


def _misnamed(coding: str, body: bytes, most: int) -> DecodedBody:
    """Return *body*, of which *coding* could not be undone: it may be in none, or in another."""
    other, content = _coded_beyond(body, most)
    is_readable = bool(other) or not parse_json(body)[1]
    begins = {GZIP: GZIP_BEGINS, DEFLATE: ZLIB_BEGINS}.get(coding)
    if begins is None:
        return DecodedBody(content, CodingFlaw(CodingFault.UNASKED, coding, is_readable))
    if body.startswith(begins) and not is_readable:
        return DecodedBody(content, CodingFlaw(CodingFault.BROKEN, coding, is_readable))
    return DecodedBody(content, CodingFlaw(CodingFault.NOT_APPLIED, coding))


def _coded_beyond(body: bytes, most: int) -> tuple[str, bytes]:
    """Return the coding that *body* still is in though no field names it, and what stands in it.

    The coding is ``""`` where it is in none.
    """
    seen = ""
    for _ in range(MOST_REPEATED):
        coding = _coding_begun(body)
        undone = _undone(coding, body, most) if coding else None
        if undone is None:
            break
        seen, body = coding, undone
    return seen, body


def _coding_begun(body: bytes) -> str:
    if body.startswith(GZIP_BEGINS):
        return GZIP
    return DEFLATE if body.startswith(ZLIB_BEGINS) else ""


def _undone(coding: str, body: bytes, most: int) -> bytes | None:
    """Return *body* without *coding*, None where it is not in it, or not to its end."""
    if coding == GZIP:
        return _inflated(body, GZIP_BITS, most)
    if coding != DEFLATE or not parse_json(body)[1]:
        return None
    # Some services leave out zlib's own header (RFC 9110 8.4.1.2 knows them), and all clients
    # read that.
    found = _inflated(body, ZLIB_BITS, most)
    return _inflated(body, BARE_BITS, most) if found is None else found


def _inflated(body: bytes, bits: int, most: int) -> bytes | None:
    """Return what `zlib` reads in *body*, None where it cannot; a gzip may have several members."""
    found, rest = b"", body
    while rest and (not found or rest.startswith(GZIP_BEGINS)):
        reader = zlib.decompressobj(bits)
        try:
            found += reader.decompress(rest, most + 1 - len(found))
        except zlib.error:
            return None
        if len(found) > most:
            raise TooLarge
        if not reader.eof:
            return None
        rest = reader.unused_data
    return found if bits == GZIP_BITS or not rest else None
