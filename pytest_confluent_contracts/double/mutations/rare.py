"""Which mutations show only rarely?

Only now and then, only past a size, only for some characters, or only in combination.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    alter_each_nth_answer,
    always,
    change_bytes,
    find_value,
    is_list_member,
    is_sent_often,
    is_text_member,
    longer_than,
    mutate_answers,
    sends_body,
    sends_list,
    sends_text,
    set_status,
)
from pytest_confluent_contracts.double.mutations.requests import refuse_as_invalid
from pytest_confluent_contracts.double.mutations.updates import (
    freely_writable_members,
    may_hold_text,
)
from pytest_confluent_contracts.model.paths import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.double.mutations.altering import Change, When
    from pytest_confluent_contracts.model.documents import Operation, Property

TEXT_LENGTHS = (40, 64, 255, 1000, 5000, 65_535)
LIST_LENGTHS = (0, 10, 50, 100, 1000)
OBJECT_LIST_LENGTHS = (0, 10)  # longer lists of objects are not sent
EACH_NTH = (5, 7, 11, 20)
ACCEPTED = "request/accepted"
TAKEN = (ACCEPTED, "request/example/*")


def rare_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations that show only rarely."""
    invalid, members = refuse_as_invalid(operation), freely_writable_members(operation)
    texts = [member.path for member in members if is_text_member(member)]
    lists = [member for member in members if is_list_member(member)]
    for path in texts:
        yield from rare_text_mutations(path, invalid)
    for member in lists:
        yield from rare_list_mutations(member, invalid)
    if len(texts) > 1:
        both = sends_each_of(texts[:2])
        yield mutate_answers("two members together are refused", invalid, both, *TAKEN)
    for path in operation.secret_paths:
        name, repeated = f"{path} like another member is refused", sends_value_again(path, texts)
        yield mutate_answers(name, invalid, repeated, ACCEPTED)
    for count in EACH_NTH if is_sent_often(operation) else ():
        empty, crash = change_bytes(always(b"")), set_status(500)
        name, broken = f"every {count}th answer has no body", alter_each_nth_answer(count, empty)
        yield Mutation(name, ("200/json",), broken)
        name = f"every {count}th request is answered 500"
        yield Mutation(name, ("statuses",), alter_each_nth_answer(count, crash))


def rare_text_mutations(path: str, invalid: Change) -> Iterator[Mutation]:
    """Yield the mutations that show for a long text at *path*, or for some of its characters."""
    for length in TEXT_LENGTHS:
        long = sends_text(path, longer_than(length))
        yield mutate_answers(f"{path} longer than {length} is refused", invalid, long, ACCEPTED)
    for what, test in CHARACTER_TESTS.items():
        name, sent = f"{path} with {what} crashes it", sends_text(path, test)
        yield mutate_answers(name, set_status(500), sent, "statuses")
    query = sends_text(path, containing("UNION SELECT"))
    name = f"{path} with a query in it is stopped by a firewall"
    yield mutate_answers(name, set_status(403), query, ACCEPTED)


def rare_list_mutations(member: Property, invalid: Change) -> Iterator[Mutation]:
    """Yield the mutations that show for a long list, or for an entry twice in it."""
    path = member.path
    for count in LIST_LENGTHS if may_hold_text(member) else OBJECT_LIST_LENGTHS:
        many = sends_list(path, longer_than(count))
        yield mutate_answers(f"more than {count} of {path} are refused", invalid, many, *TAKEN)
    twice = sends_list(path, has_entry_twice)
    yield mutate_answers(f"{path} with an entry twice are refused", invalid, twice, ACCEPTED)


# --- when -----------------------------------------------------------------------------------------


def sends_each_of(members: Sequence[str]) -> When:
    """Hold where the request has something at each path of *members*."""

    def has_each(body: Any) -> bool:
        return all(find_value(body, path) for path in members)

    return sends_body(has_each)


def sends_value_again(path: str, others: Sequence[str]) -> When:
    """Hold where what the request has at *path* stands at one of *others* too."""

    def has_again(body: Any) -> bool:
        found = [find_value(body, other) or ABSENT for other in others]
        return find_value(body, path) in found

    return sends_body(has_again)


def has_entry_twice(found: list[Any]) -> bool:
    """Return whether an entry stands twice in the list."""
    return any(found.count(entry) > 1 for entry in found)


def containing(part: str) -> Callable[[str], bool]:
    """Return the test whether a text contains *part*."""

    def contains(text: str) -> bool:
        return part in text

    return contains


def has_letter_outside_bmp(text: str) -> bool:
    """Return whether a letter of *text* takes more than 16 bits."""
    return any(letter > "\uffff" for letter in text)


def has_right_to_left_letter(text: str) -> bool:
    """Return whether *text* has a letter of Hebrew or Arabic."""
    return any("\u0590" <= letter <= "\u06ff" for letter in text)


def ends_in_white_space(text: str) -> bool:
    """Return whether white space stands at the end of *text*."""
    return text != text.rstrip()


CHARACTER_TESTS: Mapping[str, Callable[[str], bool]] = {
    "NUL": containing("\0"),
    "characters outside the BMP": has_letter_outside_bmp,
    "combining marks": containing("\u0301"),
    "right-to-left letters": has_right_to_left_letter,
    "quotes": containing('"'),
    "a percent sign": containing("%"),
    "white space at its end": ends_in_white_space,
}
