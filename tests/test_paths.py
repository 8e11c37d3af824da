"""Does the path language hold every name, and does each of its functions keep to it?"""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.paths import ABSENT, ITEM, Step

LIGHT = settings(database=None, deadline=None, max_examples=60)
# Every character that means something in a path, a pointer or a template, among some that do not.
LETTERS = st.sampled_from('abe01.[]\\/~{}%" \n\u00e9\U0001f600')
NAMES = st.text(LETTERS, max_size=5)
STEPS = st.lists(st.one_of(NAMES, st.just(ITEM)), max_size=5)
NAME_STEPS = st.lists(NAMES, max_size=5)

# How each name is written as a path, and as a JSON Pointer.
SPECIAL_NAMES = {
    "plain": ("plain", "/plain"),
    "": ("\\e", "/"),
    "e": ("e", "/e"),
    "\\e": ("\\\\e", "/\\e"),
    "a/b": ("a/b", "/a~1b"),
    "a~b": ("a~b", "/a~0b"),
    "c.d": ("c\\.d", "/c.d"),
    ".": ("\\.", "/."),
    "e[f]": ("e\\[f\\]", "/e[f]"),
    "[]": ("\\[\\]", "/[]"),
    "g\\h": ("g\\\\h", "/g\\h"),
    "\\": ("\\\\", "/\\"),
    "7": ("7", "/7"),
    "{id}": ("{id}", "/{id}"),
    "a b": ("a b", "/a b"),
}


# --- paths -----------------------------------------------------------------------------------------------------------


@LIGHT
@given(STEPS)
def test_a_path_leads_where_its_steps_do(steps: list[Step]) -> None:
    """Whatever the names hold, a path is read back as the steps that it was written for."""
    assert list(paths.steps_of(paths.path_of(steps))) == steps


@LIGHT
@given(STEPS, NAMES)
def test_a_member_is_below_its_parent(steps: list[Step], name: str) -> None:
    """A member's path ends in its name, and without it is that of its parent; items likewise."""
    holder = paths.path_of(steps)
    for path, last in ((paths.member_path(holder, name), name), (paths.item_path(holder), ITEM)):
        assert paths.steps_of(path) == (*steps, last)
        assert paths.parent_path(path) == holder
        assert paths.is_within(path, holder)
        assert not paths.is_within(holder, path)
        assert paths.steps_of(paths.relative_path(path, holder)) == (last,)


@LIGHT
@given(STEPS, STEPS)
def test_within_means_that_the_first_steps_are_the_same(
    steps: list[Step], more: list[Step]
) -> None:
    """A path lies within what its first steps lead to; seen from there, the other steps are left."""
    inner, outer = paths.path_of([*steps, *more]), paths.path_of(steps)
    assert paths.is_within(inner, outer)
    assert list(paths.steps_of(paths.relative_path(inner, outer))) == more


@pytest.mark.parametrize("name", SPECIAL_NAMES)
def test_a_name_is_written_as_documented(name: str) -> None:
    """A backslash stands before what has a meaning in paths; the empty name has a sign of its own."""
    path, pointer = SPECIAL_NAMES[name]
    assert paths.path_of([name]) == path
    assert paths.steps_of(path) == (name,)
    assert paths.pointer_of([name]) == pointer
    assert paths.tokens_of(pointer) == [name]
    assert paths.value_at({name: 1}, path) == 1
    assert paths.value_at_pointer({name: 1}, pointer) == 1


@pytest.mark.parametrize(
    "path",
    [
        ".",
        ".a",
        "a.",
        "a..b",
        "a[",
        "a]",
        "a[b]",
        "a[0]",
        "[]a",
        "a[]b",
        "a.[]",
        "[].",
        "\\",
        "a\\",
        "a.b\\",
        "[",
        "][",
    ],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    """Each step is a name or ``[]``; between two steps stands a dot, but for the items."""
    with pytest.raises(ValueError, match="is no path"):
        paths.steps_of(path)


def test_a_name_that_begins_like_another_is_not_within_it() -> None:
    """Names are compared whole: ``owner_id`` is no part of ``owner``, and ``a\\.b`` none of ``a``."""
    assert not paths.is_within("spec.owner_id", "spec.owner")
    assert not paths.is_within("a\\.b", "a")
    assert paths.is_within("spec.owner.id", "spec.owner")
    assert paths.is_within("tags[]", "tags")
    assert paths.is_within("tags", "tags")
    assert paths.is_within("anything", paths.WHOLE)


def test_what_is_around_a_path_is_told_from_the_inside_out() -> None:
    """The whole body is not told: it is around everything."""
    assert list(paths.around("a.b\\.c[].d")) == ["a.b\\.c[]", "a.b\\.c", "a"]
    assert list(paths.around("a")) == []
    assert list(paths.around(paths.WHOLE)) == []


def test_items_have_the_name_of_their_list() -> None:
    """The last name keeps its escapes and the brackets behind it."""
    names = {"a.b": "b", "a.tags[]": "tags[]", "a.c\\.d": "c\\.d", "a[].b": "b", "": "", "[]": "[]"}
    assert {path: paths.last_name(path) for path in names} == names
    assert [path for path in names if paths.has_items(path)] == ["a.tags[]", "a[].b", "[]"]


# --- values ----------------------------------------------------------------------------------------------------------


@LIGHT
@given(NAME_STEPS, st.integers())
def test_a_value_that_was_put_somewhere_stands_there(steps: list[str], value: int) -> None:
    """Objects are made on the way; the path and the pointer lead to the same value."""
    path = paths.path_of(steps)
    body = paths.with_value({"kept": 0}, path, value)
    assert paths.value_at(body, path) == value
    assert list(paths.values_at(body, path)) == [(paths.pointer_of(steps), value)]
    assert paths.value_at_pointer(body, paths.pointer_of(steps)) == value


@LIGHT
@given(st.lists(NAMES, min_size=1, max_size=5), NAMES)
def test_a_member_that_was_taken_away_is_gone_alone(steps: list[str], sibling: str) -> None:
    """Its siblings stay, in their order, and the body that it was taken from is as it was."""
    path, beside = paths.path_of(steps), paths.path_of([*steps[:-1], sibling])
    body = paths.with_value(paths.with_value({}, beside, "beside"), path, "there")
    before = repr(body)
    left = paths.without_value(body, path)
    assert paths.value_at(left, path) is ABSENT
    assert sibling == steps[-1] or paths.value_at(left, beside) == "beside"
    assert paths.without_value(left, path) == left
    assert repr(body) == before


@LIGHT
@given(STEPS, st.integers())
def test_a_list_is_made_with_its_one_item(steps: list[Step], value: int) -> None:
    """A path through lists leads to the item that was put there."""
    body = paths.with_value({}, paths.path_of(steps), value)
    assert [found for _, found in paths.values_at(body, paths.path_of(steps))] == [value]


def test_every_item_is_visited() -> None:
    """Each place has its own pointer; what has no such member is left out."""
    body = {"errors": [{"a/b": 1}, {}, {"a/b": 2}], "odd": "text"}
    assert list(paths.values_at(body, "errors[].a/b")) == [
        ("/errors/0/a~1b", 1),
        ("/errors/2/a~1b", 2),
    ]
    assert list(paths.values_at(body, "odd[]")) == []
    assert list(paths.values_at(body, "odd.a")) == []


def test_the_order_of_members_is_kept() -> None:
    """A new value takes the place of the old one, a new member comes last."""
    body = {"a": 1, "b": {"c": 1, "d": 2}}
    assert list(paths.with_value(body, "a", 2)) == ["a", "b"]
    assert list(paths.with_value(body, "b.c", 2)["b"]) == ["c", "d"]
    assert list(paths.with_value(body, "b.e", 2)["b"]) == ["c", "d", "e"]


@pytest.mark.parametrize("body", [None, "text", 7, ["a"], {}, {"a": None}, {"a": [1]}])
def test_there_is_nothing_below_what_is_no_object(body: Any) -> None:
    """A value that is not there is told apart from null."""
    assert paths.value_at(body, "a.b") is ABSENT
    assert paths.without_value(body, "a.b") == body
    assert paths.with_value(body, "a.b", 1) == {"a": {"b": 1}}


# --- JSON Pointers ---------------------------------------------------------------------------------------------------


@LIGHT
@given(NAME_STEPS)
def test_a_pointer_is_read_as_it_was_written(steps: list[str]) -> None:
    """RFC 6901: a tilde and a slash in a name are escaped."""
    pointer = paths.pointer_of(steps)
    assert paths.is_pointer(pointer)
    assert paths.tokens_of(pointer) == steps


@LIGHT
@given(st.lists(st.one_of(NAMES, st.integers(0, 3)), max_size=5))
def test_an_index_is_told_from_a_name_by_the_body(steps: list[str | int]) -> None:
    """In a list ``0`` is an item, in an object a member."""
    body: Any = "here"
    for step in reversed(steps):
        body = [body] * (step + 1) if isinstance(step, int) else {step: body}
    pointer = paths.pointer_of(steps)
    assert paths.steps_of_pointer(body, pointer) == steps
    assert paths.value_at_pointer(body, pointer) == "here"


def test_what_is_no_pointer_is_known() -> None:
    """A pointer is empty or begins with a slash; a tilde stands before 0 or 1; an index has no leading zero."""
    assert [text for text in ("", "/", "/a//b", "/~0~1") if not paths.is_pointer(text)] == []
    assert [
        text for text in ("a", "a/b", "/~", "/~2", "#/a", "/a\n~") if paths.is_pointer(text)
    ] == []
    assert [
        token
        for token in ("0", "7", "10", "01", "-1", "+1", "", "\u00b2", "1" * 12)
        if paths.is_index(token)
    ] == [
        "0",
        "7",
        "10",
    ]


@pytest.mark.parametrize("pointer", ["/b", "/a/2", "/a/01", "/a/-", "/a/0/x", "/a/b"])
def test_a_pointer_to_nowhere_has_no_value(pointer: str) -> None:
    """An index past the end, one that is none, and a step below a text lead nowhere."""
    assert paths.value_at_pointer({"a": ["x", "y"]}, pointer) is ABSENT


# --- what a validator reports ----------------------------------------------------------------------------------------

REACTIONS = {"+1": "x", "1": 3, "": {"": "y", "a": ["z"]}, "a": ["q"], "007": "w"}


@pytest.mark.parametrize(
    ("report", "value", "steps"),
    [
        ([1], "x", ["+1"]),
        ([1], 3, ["1"]),
        ([7], "w", ["007"]),
        (["a", 0], "q", ["a", 0]),
        (["a", 0], "z", ["", "a", 0]),
        ([], "y", ["", ""]),
        ([], REACTIONS, []),
        ([], REACTIONS[""], [""]),
        (["gone"], None, ["gone"]),
        ([2], None, [2]),
    ],
)
def test_a_report_is_followed_to_its_value(
    report: list[str | int], value: Any, steps: list[str | int]
) -> None:
    """A validator leaves out empty names, and tells names of digits as numbers; the body knows better."""
    assert paths.steps_reported(REACTIONS, report, value) == steps


@LIGHT
@given(
    st.lists(
        st.one_of(NAMES, st.sampled_from(["0", "7", "+1", "007"]), st.integers(0, 2)), max_size=4
    )
)
def test_a_validator_reports_the_place_of_a_wrong_value(steps: list[str | int]) -> None:
    """The installed jsonschema_rs is understood, whatever the names are."""
    body: Any = "wrong"
    schema: dict[str, Any] = {"type": "integer"}
    for step in reversed(steps):
        if isinstance(step, int):
            body, schema = [*[0] * step, body], {"items": schema, "prefixItems": [True] * step}
            schema = schema if step else {"items": schema["items"]}
        else:
            body, schema = {step: body}, {"properties": {step: schema}}
    [error] = jsonschema_rs.Draft202012Validator(schema).iter_errors(body)
    assert paths.steps_reported(body, error.instance_path, error.instance) == steps


# --- URL templates ---------------------------------------------------------------------------------------------------


def test_the_variables_of_a_template_are_filled_once() -> None:
    """A value that looks like a variable is not filled again; what has no value stays as it is."""
    template = "/a/{b}/c/{d}:do"
    assert paths.template_names(template) == ["b", "d"]
    assert paths.filled_template(template, [("b", "{d}"), ("d", "1/2")]) == "/a/{d}/c/1/2:do"
    assert paths.filled_template(template, [("b", "x")]) == "/a/x/c/{d}:do"
    filled = paths.filled_template(template, [("b", "x y"), ("d", "1/2")], paths.percent_encoded)
    assert filled == "/a/x%20y/c/1%2F2:do"


@LIGHT
@given(st.text(LETTERS, min_size=1), st.text(LETTERS, min_size=1))
def test_a_filled_template_is_matched_by_its_pattern(one: str, other: str) -> None:
    """The values come back, in order; what is literal in the template stands for itself."""
    template = "/v1.0/{b}/(c)/{d}:do"
    sent = [("b", one), ("d", other)]
    filled = paths.filled_template(template, sent, paths.percent_encoded)
    found = re.fullmatch(paths.template_pattern(template), filled)
    assert found
    assert found.groups() == (paths.percent_encoded(one), paths.percent_encoded(other))
    assert not re.fullmatch(paths.template_pattern(template), filled.replace("/v1.0/", "/v1-0/"))


@pytest.mark.parametrize(
    ("origin", "template", "carried"),
    [
        ("/a/{b}", "/a/{x}/c/{b}", [("x", "1")]),
        ("/a/{b}", "/a/{b}/c", [("b", "1")]),
        ("/a/{b}", "/c/{b}", [("b", "1")]),
        ("/a/{b}", "/c/{x}", []),
        ("/a/{b}/c/{d}", "/a/{d}", [("d", "1")]),
        ("/a/{b}/c/{d}", "/a/{d}/e/{b}", [("d", "1")]),
        ("/a/{b}/c/{d}", "/a/{x}.json", []),
    ],
)
def test_parameters_go_by_place_and_then_by_name(
    origin: str, template: str, carried: list[tuple[str, str]]
) -> None:
    """A name at another place may be another's: it counts only where the paths do not run alike."""
    known = list(zip(paths.template_names(origin), ("1", "2"), strict=False))
    assert list(paths.placed_parameters(known, origin, template)) == carried
