"""Which ids does a run take for unknown? Near ones on this machine, none that a stranger has elsewhere."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest
from exchanges import Expect, Probe, SubjectKind, confluent

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.model.traffic import Case, RunContext

NUMBERS = ("42", "7")
OTHERS = ("ak-12345", "t", "7d3c0f2e-5b7a-4c11-9d2e-0a1b2c3d4e5f", "a/b")


def unknown(id: str, **more: Any) -> list[Case]:
    """Return the requests for ids that nobody has, near the id *id*."""
    context = RunContext((("id", id),), {}, {}, **more)
    return [
        one for one in cases.of(Probe.UNKNOWN, confluent(), context) if one.expect is Expect.UNKNOWN
    ]


def ids(sent: list[Case]) -> list[str]:
    """Return the ids that are asked for."""
    return [dict(one.parameters)["id"] for one in sent]


@pytest.mark.parametrize("id", [*NUMBERS, *OTHERS])
def test_the_own_id_is_never_taken_for_unknown(id: str) -> None:
    """On this machine and elsewhere: no other id is the own one, however it is written."""
    for settings in ({}, {"made_up": False}, {"made_up": False, "owned": False}):
        sent = unknown(id, **settings)
        assert id not in ids(sent)
        assert len(set(ids(sent))) == len(sent) - 1  # the first is sent once more


@pytest.mark.parametrize("id", [*NUMBERS, *OTHERS])
def test_many_plain_ids_are_asked_for(id: str) -> None:
    """Each shard must say that it has none: at least 12 ids, none of them odd."""
    plain = [one for one in unknown(id) if one.subject.kind is SubjectKind.NONE]
    assert len(set(ids(plain))) >= 12


NEAR = ("%", "*", ".json", "\0", " ", ";a=b", "?a=b", "/x", "/")


@pytest.mark.parametrize("more", NEAR)
def test_near_ids_are_asked_for_on_this_machine(more: str) -> None:
    """Each reading of what stands behind the own id."""
    assert f"ak-12345{more}" in ids(unknown("ak-12345"))


READINGS = {
    "decoded twice": ("ak-1234%35", "ak-1234%2535"),
    "in compatible characters": ("ak-1234\uff15", "ak-1234%EF%BC%95"),
    "of another script": ("\u0430k-12345", "%D0%B0k-12345"),
    "no UTF-8": ("ak-12345\ufffd", "ak-12345%FF"),
}


@pytest.mark.parametrize("reading", READINGS)
def test_ids_are_asked_for_that_some_decode_to_the_own_one(reading: str) -> None:
    """Each in a request of its own, written as a path has it; it may be refused for its form."""
    id, written = READINGS[reading]
    [one] = [one for one in unknown("ak-12345") if dict(one.parameters)["id"] == id]
    assert one.written_path.endswith(f"/{written}")
    assert one.subject.kind is SubjectKind.ODD_ID


def test_elsewhere_no_id_can_be_a_strangers() -> None:
    """A prefix, a wildcard or an id of the same form could be another one's resource."""
    sent = ids(unknown("ak-12345", made_up=False))
    assert len(set(sent)) == 15
    near = [one for one in sent if one.startswith("ak-1234")]
    assert near == ["ak-12345%", "ak-12345.json", "ak-1234%35"]
    others = [one for one in sent if one not in near]
    assert all(
        re.fullmatch("(contract-unknown-[0-9a-f]{12}|ak-[0-9a-f]{16})", one) for one in others
    )


def test_elsewhere_without_an_own_resource_no_near_id_is_asked_for() -> None:
    """The id of the document's example is nobody's that the run knows of."""
    sent = ids(unknown("ak-12345", made_up=False, owned=False))
    assert [one for one in sent if one.startswith("ak-12345")] == []


def test_an_id_stays_one_segment_unless_a_slash_ends_it() -> None:
    """What is coded in the id stays coded, so that no other resource is asked for; a parameter is written as one."""
    written = [one.written_path.removeprefix("/iam/v2/api-keys/") for one in unknown("ak-12345")]
    assert [one for one in written if "/" in one] == ["ak-12345/"]
    assert "ak-12345;a=b" in written
    assert "x%2F..%2Fak-12345" in written
    assert all("?" not in one for one in written)


@pytest.mark.parametrize("id", NUMBERS)
def test_a_number_may_be_read_in_several_spellings(id: str) -> None:
    """A zero before it, blanks, digits of another script: a warning, for it is the same number."""
    kinds = {dict(one.parameters)["id"]: one.subject.kind for one in unknown(id)}
    assert kinds[f"0{id}"] is kinds[f"{id} "] is SubjectKind.NORMALISED_ID
    assert id[:-1] not in kinds


def test_the_case_of_a_uuid_does_not_matter() -> None:
    """RFC 9562 4: a UUID is the same in both cases; another number may be; of an id, nobody says so."""
    uuid = "7d3c0f2e-5b7a-4c11-9d2e-0a1b2c3d4e5f"
    kinds = {dict(one.parameters)["id"]: one.subject.kind for one in unknown(uuid)}
    assert uuid.upper() not in kinds
    hexadecimal = "0a1b2c3d4e5f"
    kinds = {dict(one.parameters)["id"]: one.subject.kind for one in unknown(hexadecimal)}
    assert kinds[hexadecimal.upper()] is SubjectKind.NORMALISED_ID
    kinds = {dict(one.parameters)["id"]: one.subject.kind for one in unknown("ak-12345")}
    assert kinds["AK-12345"] is SubjectKind.NONE


def test_titles_show_what_cannot_be_seen() -> None:
    """A NUL is not printed, and a letter of another script is told apart."""
    titles = [one.title for one in unknown("ak-12345")]
    assert all(title.isascii() and title.isprintable() for title in titles)
    assert "id \\u0430k-12345" in titles
    assert all(
        unquote(one.written_path).isprintable() or "\\x00" in one.title for one in unknown("ak")
    )


@pytest.mark.parametrize(
    ("id", "neighbour"), [("c-12", "c-1"), ("order_1042", "order_104"), ("42", "4")]
)
def test_a_number_that_is_counted_up_is_not_cut(id: str, neighbour: str) -> None:
    """The id of one that was made before it is a stranger's, on this machine, too."""
    assert neighbour not in ids(unknown(id))


@pytest.mark.parametrize("id", ["ak-12345", "account_id_abc123", "t-7", "abc12"])
def test_what_nobody_counts_up_is_cut_by_its_last_character(id: str) -> None:
    """A prefix must not be taken for the whole."""
    assert id[:-1] in ids(unknown(id))
