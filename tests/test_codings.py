"""Is a content coding undone where it can be, and told where it lies?"""

from __future__ import annotations

import gzip
import zlib

import pytest

from pytest_confluent_contracts.http.codings import TooLarge, decode_body
from pytest_confluent_contracts.model.traffic import CodingFault, CodingFlaw

JSON = b'{"name": "a", "more": ["\xc3\xa9", 1.5]}'
GZIP, ZLIB = gzip.compress(JSON), zlib.compress(JSON)
BARE = zlib.compress(JSON, wbits=-15)
ASKED = ("gzip, deflate",)
MOST = 100_000

RIGHT = {
    "none": (JSON, ()),
    "identity": (JSON, ("identity",)),
    "gzip": (GZIP, ("gzip",)),
    "another name of it": (GZIP, ("X-GZip",)),
    "deflate": (ZLIB, ("deflate",)),
    "deflate as some write it": (BARE, ("deflate",)),
    "two members": (gzip.compress(JSON[:9]) + gzip.compress(JSON[9:]), ("gzip",)),
    "members and padding": (GZIP + bytes(8), ("gzip",)),
    "two codings in one field": (gzip.compress(ZLIB), ("deflate, gzip",)),
    "two codings in two fields": (gzip.compress(ZLIB), ("deflate", "gzip")),
    "twice, and named twice": (gzip.compress(GZIP), ("gzip, gzip",)),
}


@pytest.mark.parametrize("what", RIGHT)
def test_a_coding_that_is_told_rightly_is_undone(what: str) -> None:
    """Whatever its name, form and number, and nothing is said of it."""
    raw, named = RIGHT[what]
    decoded = decode_body(raw, named, ASKED, MOST)
    assert (decoded.content, decoded.flaw) == (JSON, None)


Fault = CodingFault
READABLE = {
    "gzip, not applied": (JSON, "gzip", CodingFlaw(Fault.NOT_APPLIED, "gzip")),
    "deflate, not applied": (JSON, "deflate", CodingFlaw(Fault.NOT_APPLIED, "deflate")),
    "the other one": (GZIP, "deflate", CodingFlaw(Fault.NOT_APPLIED, "deflate")),
    "the other one of the other": (ZLIB, "gzip", CodingFlaw(Fault.NOT_APPLIED, "gzip")),
    "one of two": (GZIP, "gzip, gzip", CodingFlaw(Fault.NOT_APPLIED, "gzip")),
    "gzip twice": (gzip.compress(GZIP), "gzip", CodingFlaw(Fault.REPEATED, "gzip")),
    "gzip three times": (
        gzip.compress(gzip.compress(GZIP)),
        "gzip",
        CodingFlaw(Fault.REPEATED, "gzip"),
    ),
    "both, and one named": (gzip.compress(ZLIB), "gzip", CodingFlaw(Fault.REPEATED, "deflate")),
    "gzip, not named": (GZIP, "", CodingFlaw(Fault.UNNAMED, "gzip")),
    "deflate, not named": (ZLIB, "identity", CodingFlaw(Fault.UNNAMED, "deflate")),
    "br, not applied": (JSON, "br", CodingFlaw(Fault.UNASKED, "br")),
    "utf-8": (JSON, "UTF-8", CodingFlaw(Fault.UNASKED, "utf-8")),
}


@pytest.mark.parametrize("what", READABLE)
def test_a_lie_is_told_and_what_can_be_read_is_read(what: str) -> None:
    """The other promises are judged by what stands in the body all the same."""
    raw, named, flaw = READABLE[what]
    decoded = decode_body(raw, (named,), ASKED, MOST)
    assert (decoded.content, decoded.flaw) == (JSON, flaw)


UNREADABLE = {
    "br": (b"\x8b\x0a\x80" + JSON[::-1], "br", Fault.UNASKED),
    "broken off": (GZIP[: len(GZIP) // 2], "gzip", Fault.BROKEN),
    "a wrong sum": (GZIP[:-8] + bytes(4) + GZIP[-4:], "gzip", Fault.BROKEN),
    "deflate, broken off": (ZLIB[:-6], "deflate", Fault.BROKEN),
}


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_cannot_be_undone_is_said_to_be_unreadable(what: str) -> None:
    """It is no fault of the body that is in it."""
    raw, named, fault = UNREADABLE[what]
    assert decode_body(raw, (named,), ASKED, MOST).flaw == CodingFlaw(fault, named, False)


@pytest.mark.parametrize("named", ["gzip", "br", ""])
def test_an_answer_without_a_body_says_nothing_of_codings(named: str) -> None:
    """A 304, and an answer to HEAD, name the coding that the body would have had (RFC 9110 8.6, 15.4.5)."""
    assert decode_body(b"", (named,), ASKED, MOST).flaw is None


TAKEN = {
    ("gzip, deflate",): True,
    ("deflate",): False,
    ("identity",): False,
    ("gzip;q=0, *",): False,
    ("gzip ; q=0.000, deflate",): False,
    ("gzip;q=0.001",): True,
    ("br, *;q=0.1",): True,
    ("*;q=0",): False,
    ("X-GZIP",): True,
    ("br", "gzip"): True,
    (): True,  # RFC 9110 12.5.3: any coding will do
}


@pytest.mark.parametrize("asked", TAKEN)
def test_what_was_asked_for_is_read_by_its_weights(asked: tuple[str, ...]) -> None:
    """A coding of weight 0 is not acceptable, and ``*`` stands for those that are not named."""
    flaw = None if TAKEN[asked] else CodingFlaw(Fault.UNASKED, "gzip")
    decoded = decode_body(GZIP, ("gzip",), asked, MOST)
    assert (decoded.content, decoded.flaw) == (JSON, flaw)


@pytest.mark.parametrize("named", ["gzip", "", "gzip, gzip"])
def test_a_small_body_that_becomes_a_large_one_is_too_large(named: str) -> None:
    """A thousand bytes may hold a million: no more of them is made than an answer may have."""
    bomb = gzip.compress(bytes(MOST + 1))
    assert len(bomb) < 1000
    raw = gzip.compress(bomb) if named.count("gzip") == 2 else bomb
    with pytest.raises(TooLarge):
        decode_body(raw, (named,), ASKED, MOST)
    assert decode_body(gzip.compress(bytes(MOST)), ("gzip",), ASKED, MOST).flaw is None


def test_many_members_are_counted_together() -> None:
    """A body in many small members is no smaller for it."""
    with pytest.raises(TooLarge):
        decode_body(gzip.compress(bytes(MOST // 2)) * 3, ("gzip",), ASKED, MOST)
