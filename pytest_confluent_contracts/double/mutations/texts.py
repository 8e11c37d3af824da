"""Which texts does a service read as something else, and which values does it leave unwritten?"""

from __future__ import annotations

import html
import re
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    find_value,
    is_list_member,
    is_text_member,
    map_texts,
    mutate_answers,
    mutate_step,
    overwrite_value,
    rewrite_value,
    sends_list,
    sent_json,
)
from pytest_confluent_contracts.double.mutations.requests import refuse_as_invalid
from pytest_confluent_contracts.double.mutations.updates import (
    freely_writable_members,
    may_hold_text,
)
from pytest_confluent_contracts.model.documents import name_in_clauses
from pytest_confluent_contracts.model.paths import ABSENT, steps_of, value_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.double.mutations.altering import Change
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.double.store import Resource
    from pytest_confluent_contracts.model.documents import Operation

ACCEPTED = "request/accepted"
LIST_COUNTS = (1, 2, 50, 1000)


def text_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that some texts are read as something else, and that some updates are left out."""
    members = freely_writable_members(operation)
    texts = [member.path for member in members if is_text_member(member)]
    lists = [member.path for member in members if is_list_member(member) and may_hold_text(member)]
    for path in lists:
        yield from refused_count_mutations(path, refuse_as_invalid(operation))
    if operation.makes_or_ends:  # what is made was nothing before, and is read as what is changed
        return
    yield from changed_mutations(operation, texts, lists)
    # Each reading in one member: a proof is to take minutes.
    for path, (what, read) in zip(cycle([*texts, *lists]), READINGS.items(), strict=False):
        altered = partial(show_read, path, read)
        clause = f"update/sent-is-returned/{name_in_clauses(path)}"
        yield mutate_step(f"{path}: {what}", "show_resource", altered, clause)


def changed_mutations(
    operation: Operation, texts: list[str], lists: list[str]
) -> Iterator[Mutation]:
    """Yield that some changes of what is there are not made, or refused."""
    members = freely_writable_members(operation)
    for path in lists:
        yield from unmade_mutations(path)
    yield from unwritten_mutations([member.path for member in members])
    left_out = [member.path for member in members if not member.required]
    yield from refilled_mutations([path for path in left_out if path in {*texts, *lists}])
    for path, other in zip(texts, texts[1:] + texts[:1], strict=True):
        if path != other:
            yield borrowed_mutation(path, other, refuse_as_invalid(operation))


def show_read(
    path: str, read: Callable[[str], str], _: Service, inner: Any, resource: Resource
) -> Any:
    """Show the resource with the text at *path* as another reader has it."""
    return rewrite_value(inner(resource), path, partial(map_texts, make=read))


# --- texts ----------------------------------------------------------------------------------------


def read_number(text: str) -> str:
    """Return a number as a machine writes it."""
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def read_large_number(text: str) -> str:
    """Return an integer of more than 53 bits as JavaScript has it."""
    if re.fullmatch(r"[0-9]{17,}", text):
        return str(int(float(text)))
    return text


def read_words(*words: str, as_: str = "") -> Callable[[str], str]:
    """Return the reader that takes each of *words*, in any case, for *as_*."""

    def read(text: str) -> str:
        if text.lower() in words:
            return as_
        return text

    return read


def replace_matches(pattern: str, with_: str) -> Callable[[str], str]:
    """Return the reader that puts *with_* wherever *pattern* matches."""

    def read(text: str) -> str:
        return re.sub(pattern, with_, text)

    return read


READINGS: Mapping[str, Callable[[str], str]] = {
    "numbers are written anew": read_number,
    "large numbers lose digits": read_large_number,
    "hexadecimals are read": replace_matches(r"^0x1F$", "31"),
    "zeros in front are dropped": replace_matches(r"^0+(?=[0-9])", ""),
    "yes is true": read_words("yes", "on", "y", as_="true"),
    "off is false": read_words("off", "no", "n", as_="false"),
    "booleans are capitalised": replace_matches(r"^(t)rue|^(f)alse", "T"),
    "null is nothing": read_words("null", as_=""),
    "None is nothing": read_words("none", as_=""),
    "NaN is nothing": read_words("nan", as_=""),
    "a tilde is null": read_words("~", as_="null"),
    "N/A is nothing": read_words("n/a", as_=""),
    "times are told in UTC": replace_matches(r"T00:00:00\+02:00", "T22:00:00Z"),
    "days are told as ISO 8601 has them": replace_matches(r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\1-\2"),
    "times are read in sexagesimals": replace_matches(r"^12:30:45$", "45045"),
    "quotes around it are taken off": replace_matches(r'^"(.*)"$', r"\1"),
    "JSON is written without blanks": replace_matches(r'^(\{".*":) ', r"\1"),
    "a dash is a list's": replace_matches(r"^- ", ""),
    "a key and a value are an object's": replace_matches(r"^a: b$", '{"a": "b"}'),
    "YAML's tags are read": replace_matches(r"^!!\w+ ", ""),
    "formulas are quoted": replace_matches(r"^(?=[=@])", "'"),
    "formulas with signs are quoted": replace_matches(r"^(?=[+-][A-Z0-9]+[+0-9]*$)", "'"),
    "parents in paths are dropped": replace_matches(r"\.\./", ""),
    "backslashes in paths are turned": replace_matches(r"\\", "/"),
    "slashes in a row are one": replace_matches(r"(?<!:)//(?=a)", "/"),
    "a home is put in": replace_matches(r"~/", "/home/me/"),
    "what stands behind a hash is dropped": replace_matches(r"# a.*", ""),
    "what stands behind two slashes is dropped": replace_matches(r"(?<!:)// .*", ""),
    "comments of C are dropped": replace_matches(r"/\*.*?\*/", ""),
    "comments of HTML are dropped": replace_matches(r"<!--.*?-->", ""),
    "links are marked up": replace_matches(r"(https://x\.test[^\s)]*)", r"<\1>"),
    "www is completed": replace_matches(r"(?<!/)www\.", "https://www."),
    "fragments of links are dropped": replace_matches(r"(x\.test/\S*)#\w+", r"\1"),
    "mail addresses are hidden": replace_matches(r"[\w.+]+@[\w.]+\.test", "***"),
    "IP addresses are hidden": replace_matches(r"\b10\.0\.0\.1\b", "x.x.x.x"),
    "telephone numbers are hidden": replace_matches(r"\+1 555 0100", "***"),
    "card numbers are hidden": replace_matches(r"4111 ?1111 ?1111 ?1111", "**** 1111"),
    "numbers of people are hidden": replace_matches(r"\d{3}-\d\d-\d{4}", "***-**-****"),
    "emoji's short names are drawn": replace_matches(r":smile:", "\U0001f604"),
    "smileys are drawn": replace_matches(r":\)", "\u263a"),
    "signs in brackets are drawn": replace_matches(r"\(c\)", "\u00a9"),
    "three dots are one sign": replace_matches(r"\.\.\.", "\u2026"),
    "two dashes are one": replace_matches(r"(?<!-)--(?!-)", "\u2013"),
    "quotes are curled": replace_matches(r'"a"', "\u201ca\u201d"),
    "tags of HTML are dropped": replace_matches(r"</?\w+>", ""),
    "references of HTML are read": html.unescape,
    "marks of Markdown are dropped": replace_matches(r"\*\*(.*?)\*\*", r"\1"),
    "marks of BBCode are dropped": replace_matches(r"\[/?b\]", ""),
    "commands of TeX are read": replace_matches(r"\\textbf\{(.*?)\}", r"\1"),
    "expressions in two braces are filled in": replace_matches(r"\{\{7\*7\}\}", "49"),
    "expressions behind a dollar are filled in": replace_matches(r"\$\{7\*7\}", "49"),
    "expressions behind a hash are filled in": replace_matches(r"#\{7\*7\}", "49"),
    "expressions in per cents are filled in": replace_matches(r"<%= 7\*7 %>", "49"),
    "expressions in brackets are filled in": replace_matches(r"\[\[7\*7\]\]", "49"),
    "expressions behind an at are filled in": replace_matches(r"@\(7\*7\)", "49"),
    "statements of Jinja are read": replace_matches(r"\{% .*? %\}", ""),
    "fields in braces are filled in": replace_matches(r"\{id\}", "ak-12345"),
    "fields behind a per cent are filled in": replace_matches(r"%s", "None"),
    "variables of a shell are filled in": replace_matches(r"\$\{?HOME\}?", "/home/me"),
    "variables of Windows are filled in": replace_matches(r"%HOME%", "C:"),
    "commands in brackets are run": replace_matches(r"\$\(id\)", "uid=0"),
    "commands in back quotes are run": replace_matches(r"`id`", "uid=0"),
    "percent escapes are read": replace_matches(r"%20", " "),
    "words of a query are dropped": replace_matches(r"\b(SELECT|WHERE|AND|OR) ", ""),
    "operators of a query are dropped": replace_matches(r"\$ne", "ne"),
    "plus signs are blanks": replace_matches(r"(?<=f)\+(?=g)", " "),
    "days are told as times": replace_matches(r"^(\d{4}-\d\d-\d\d)$", r"\1T00:00:00Z"),
    "booleans with a capital are made small": replace_matches(r"^False$", "false"),
    "hosts of addresses are made small": replace_matches(r"(?<=//)X\.Test", "x.test"),
    "hosts of mail addresses are made small": replace_matches(r"(?<=@)X\.Test", "x.test"),
}


# --- lists ----------------------------------------------------------------------------------------


def unmade_mutations(path: str) -> Iterator[Mutation]:
    """Yield that some changes of the list at *path* are not made."""
    clause = f"update/sent-is-returned/{name_in_clauses(path)}"
    for what, keeps in UNMADE_CHANGES.items():
        unmade = partial(keep_list, path, keeps)
        yield mutate_step(f"{path}: {what}", "apply_update", unmade, clause)


def refused_count_mutations(path: str, invalid: Change) -> Iterator[Mutation]:
    """Yield that some lengths of the list at *path* are refused."""
    for count in LIST_COUNTS:
        of_that_length = sends_list(path, partial(has_length, count))
        name = f"{path} of {count} are refused"
        yield mutate_answers(name, invalid, of_that_length, ACCEPTED, "request/example/*")


def has_length(count: int, items: Sequence[Any]) -> bool:
    """Return whether there are *count* items."""
    return len(items) == count


def keep_list(
    path: str,
    keeps: Callable[[list[Any], list[Any]], bool],
    _: Service,
    inner: Any,
    resource: Resource,
    body: Any,
) -> None:
    """Leave the list as it was where *keeps* says so of it and of the one that was sent."""
    was, sent = value_at(resource.shown, path), value_at(body, path)
    inner(resource, body)
    is_list = isinstance(was, list) and isinstance(sent, list)
    if is_list and was != sent and keeps(was, sent):
        resource.shown = overwrite_value(resource.shown, path, was)


def has_same_items(was: list[Any], sent: list[Any]) -> bool:
    """Return whether both lists have the same items, in another order."""
    return sorted(map(str, was)) == sorted(map(str, sent))


def has_same_set(was: list[Any], sent: list[Any]) -> bool:
    """Return whether both lists have the same items, some of them more than once."""
    return set(map(str, was)) == set(map(str, sent)) and len(was) != len(sent)


def begins_alike(was: list[Any], sent: list[Any]) -> bool:
    """Return whether the list that was sent is the one that was there and one item more."""
    return bool(was) and len(sent) == len(was) + 1 and sent[: len(was)] == was


def is_cut(was: list[Any], sent: list[Any]) -> bool:
    """Return whether the list that was sent is the one that was there without its last item."""
    return len(sent) > 0 and sent == was[:-1]


def is_part(was: list[Any], sent: list[Any]) -> bool:
    """Return whether the list that was sent is some of what was there, and nothing else."""
    return bool(sent) and set(map(str, sent)) < set(map(str, was))


def is_emptied(was: list[Any], sent: list[Any]) -> bool:
    """Return whether nothing is left of the list."""
    return bool(was) and not sent


UNMADE_CHANGES: Mapping[str, Callable[[list[Any], list[Any]], bool]] = {
    "another order is no change": has_same_items,
    "an item once more is no change": has_same_set,
    "an item more is not added": begins_alike,
    "an item less is not taken away": is_cut,
    "some of what was there is no change": is_part,
    "nothing does not empty it": is_emptied,
}


# --- updates that are left out --------------------------------------------------------------------


def unwritten_mutations(paths: Sequence[str]) -> Iterator[Mutation]:
    """Yield that a member is not written for what stands beside it, or for what it was."""
    for path in paths:
        clause = f"update/sent-is-returned/{name_in_clauses(path)}"
        for other in paths:
            if other != path:
                name = f"{path} is not written beside {other} as it is"
                unwritten = partial(skip_beside_same, path, other)
                yield mutate_step(name, "apply_update", unwritten, clause)
        first = partial(skip_behind_another, path, paths)
        if len({steps_of(one)[:-1] for one in paths}) == 1 and len(paths) > 1:
            yield mutate_step(
                f"{path} is not written behind another", "apply_update", first, clause
            )
        emptied = partial(empty_same, path)
        name = f"{path} is emptied by its own value"
        yield mutate_step(name, "apply_update", emptied, clause, "update/idempotent")


def skip_beside_same(
    path: str, other: str, _: Service, inner: Any, resource: Resource, body: Any
) -> None:
    """Leave *path* as it was where the request has *other* as it is: nothing seems to change."""
    was = value_at(resource.shown, path)
    sent, known = value_at(body, other), value_at(resource.shown, other)
    inner(resource, body)
    if sent is not ABSENT and sent == known and value_at(body, path) is not ABSENT:
        resource.shown = overwrite_value(resource.shown, path, was)


def skip_behind_another(
    path: str, paths: Sequence[str], _: Service, inner: Any, resource: Resource, body: Any
) -> None:
    """Leave *path* as it was where the request names another member before it."""
    was = value_at(resource.shown, path)
    inner(resource, body)
    holder: Any = body
    for step in steps_of(path)[:-1]:
        holder = holder.get(step, {}) if isinstance(holder, dict) else {}
    known = {steps_of(one)[-1] for one in paths}
    names = [name for name in holder if name in known]
    if names[1:] and names[-1] == steps_of(path)[-1]:
        resource.shown = overwrite_value(resource.shown, path, was)


def refilled_mutations(paths: Sequence[str]) -> Iterator[Mutation]:
    """Yield that an update of nothing fills what is empty with its default again."""
    for path in paths:
        refilled, unsent = partial(refill_empty, path, paths), "update/omitted-unchanged"
        name = f"{path} is filled by an update of nothing where it is empty"
        yield mutate_step(name, "apply_update", refilled, "update/empty-*", unsent)


def refill_empty(
    path: str, paths: Sequence[str], _: Service, inner: Any, resource: Resource, body: Any
) -> None:
    """Put a value in where *path* is empty and the request says nothing of any member."""
    inner(resource, body)
    is_empty = value_at(resource.shown, path) in ("", [])
    if is_empty and all(value_at(body, other) is ABSENT for other in paths):
        made: Any = ["a:default"] if value_at(resource.shown, path) == [] else "a default"
        resource.shown = overwrite_value(resource.shown, path, made)


def empty_same(path: str, _: Service, inner: Any, resource: Resource, body: Any) -> None:
    """Empty *path* where the request has it as it is."""
    was, sent = value_at(resource.shown, path), value_at(body, path)
    inner(resource, body)
    if sent is not ABSENT and sent == was and sent:
        empty: Any = [] if isinstance(was, list) else ""
        resource.shown = overwrite_value(resource.shown, path, empty)


def borrowed_mutation(path: str, other: str, invalid: Change) -> Mutation:
    """Return that *path* may not be what *other* is already."""

    def borrows(request: Request, answer: Answer) -> bool:
        if not 200 <= answer.status < 300:
            return False
        sent = sent_json(request)
        text = find_value(sent, path)
        shown = find_value(answer.value, other)
        return bool(text) and text == shown and find_value(sent, other) is None

    name = f"{path} may not be what {other} is"
    return mutate_answers(name, invalid, borrows, ACCEPTED)
