"""Schemas: for each construct of JSON Schema and OpenAPI a member `a`, and services that mind it or do not."""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
import uuid
from collections.abc import Callable
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

from small_services import Row, SmallService

if TYPE_CHECKING:
    import httpx

ADDRESS = "/things/t-1"
Allows = Callable[[Any], bool]


# --- what a service by hand allows ---------------------------------------------------------------------------------


def is_number(value: Any) -> bool:
    """Return whether a value is a number of JSON."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Return whether a value is an integer of JSON Schema: 1.0 is one."""
    return is_number(value) and value == int(value)


def is_text(value: Any) -> bool:
    """Return whether a value is a text."""
    return isinstance(value, str)


def is_short_text_or_whole(value: Any) -> bool:
    """Return whether exactly one branch holds."""
    return is_whole(value) or (is_text(value) and len(value) <= 9)


def is_big_or_of_three(value: Any) -> bool:
    """Return whether it is an integer from 10 on, or a multiple of 3."""
    return is_whole(value) and (value >= 10 or value % 3 == 0)


def is_not_root(value: Any) -> bool:
    """Return whether it is a text, and not root."""
    return is_text(value) and value != "root"


def has_one_of_each(value: Any) -> bool:
    """Return whether it has exactly one of w and x, and exactly one of y and z."""
    if not isinstance(value, dict):
        return False
    known = {name for name in "wxyz" if name in value}
    if not all(is_text(value[name]) for name in known):
        return False
    return len(known & {"w", "x"}) == 1 and len(known & {"y", "z"}) == 1


def pet_of(cat: str, dog: str) -> Allows:
    """Return what tells whether a value is the pet that its kind names."""

    def allows(value: Any) -> bool:
        if not isinstance(value, dict) or value.get("kind") not in (cat, dog):
            return False
        if value["kind"] == cat:
            return is_whole(value.get("lives")) and "barks" not in value
        return isinstance(value.get("barks"), bool) and "lives" not in value

    return allows


def is_any_pet(value: Any) -> bool:
    """Return whether it has what a pet has, whatever its kind."""
    if not isinstance(value, dict) or not is_text(value.get("kind")):
        return False
    return is_whole(value.get("lives")) != isinstance(value.get("barks"), bool)


def is_map_of_numbers(value: Any) -> bool:
    """Return whether it maps names to integers from 1 on."""
    return isinstance(value, dict) and all(is_whole(one) and one >= 1 for one in value.values())


def has_names_with_x(value: Any) -> bool:
    """Return whether every member begins with x- and is a text."""
    if not isinstance(value, dict):
        return False
    return all(name.startswith("x-") and is_text(one) for name, one in value.items())


def is_pair(value: Any) -> bool:
    """Return whether it is a text and an integer."""
    return isinstance(value, list) and len(value) == 2 and is_text(value[0]) and is_whole(value[1])


def is_on(value: Any) -> bool:
    """Return whether it is the one word."""
    return bool(value == "on")


def is_timed_or_free(value: Any) -> bool:
    """Return whether what is timed has an end."""
    if not isinstance(value, dict) or value.get("kind") not in ("timed", "free"):
        return False
    if "until" in value and not is_whole(value["until"]):
        return False
    return value["kind"] == "free" or "until" in value


def is_card(value: Any) -> bool:
    """Return whether a card has its name."""
    if not isinstance(value, dict):
        return False
    texts = all(is_text(value.get(name, "")) for name in ("card", "name"))
    return texts and ("card" not in value or "name" in value)


def is_scalar(value: Any) -> bool:
    """Return whether it is a text, an integer or null."""
    return value is None or is_text(value) or is_whole(value)


def is_null(value: Any) -> bool:
    """Return whether it is null."""
    return value is None


def is_anything(_: Any) -> bool:
    """Return true."""
    return True


def is_bytes(value: Any) -> bool:
    """Return whether it is base64."""
    if not is_text(value):
        return False
    try:
        padded = value + "=" * (-len(value) % 4)
        base64.b64decode(padded, altchars=b"-_" if set(value) & set("-_") else None, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def is_positive(value: Any) -> bool:
    """Return whether it is above 0."""
    return is_number(value) and value > 0


def is_long(value: Any) -> bool:
    """Return whether 64 bits hold it."""
    return is_whole(value) and -(2**63) <= value < 2**63


def read_by(read: Callable[[str], object], form: str = "") -> Allows:
    """Return what tells whether *read* takes a text, which has the form of a pattern."""

    def allows(value: Any) -> bool:
        if not is_text(value) or (form and not re.fullmatch(form, value, re.ASCII)):
            return False
        try:
            read(value)
        except ValueError:
            return False
        return True

    return allows


LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
FORMATS: dict[str, Allows] = {
    "uuid": read_by(uuid.UUID, r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    "email": read_by(str, r"[^@\s]+@[^@\s]+"),
    "ipv4": read_by(IPv4Address),
    "ipv6": read_by(IPv6Address),
    "hostname": read_by(str, rf"{LABEL}(\.{LABEL})*"),
    "date": read_by(date.fromisoformat, r"\d{4}-\d{2}-\d{2}"),
}


def has_formats(value: Any) -> bool:
    """Return whether each text has its format."""
    if not isinstance(value, dict):
        return False
    return all(allows(value[name]) for name, allows in FORMATS.items() if name in value)


def is_plate(value: Any) -> bool:
    """Return whether it is a capital of any alphabet, then two to eight digits and hyphens."""
    if not is_text(value) or not re.fullmatch(r".[0-9-]{2,8}", value, re.DOTALL):
        return False
    return unicodedata.category(value[0]) == "Lu"


def is_word_with_digit(value: Any) -> bool:
    """Return whether it is letters, maybe a hyphen, and a digit."""
    return is_text(value) and re.fullmatch(r"[a-z]+-?[0-9]", value) is not None


def are_different_numbers(value: Any) -> bool:
    """Return whether it is two integers or more, none twice."""
    if not isinstance(value, list) or not all(map(is_whole, value)):
        return False
    return len(value) >= 2 and len(set(value)) == len(value)


def has_leader(value: Any) -> bool:
    """Return whether one of the texts is the leader."""
    return isinstance(value, list) and all(map(is_text, value)) and "leader" in value


def has_short_names(value: Any) -> bool:
    """Return whether each name has three letters."""
    if not isinstance(value, dict) or not all(map(is_whole, value.values())):
        return False
    return all(re.fullmatch("[a-z]{3}", name) for name in value)


def has_few_members(value: Any) -> bool:
    """Return whether it has two integers or three."""
    return isinstance(value, dict) and 2 <= len(value) <= 3 and all(map(is_whole, value.values()))


def has_b_and_c_alone(value: Any) -> bool:
    """Return whether b and c are all that it has."""
    return (
        isinstance(value, dict) and set(value) <= {"b", "c"} and all(map(is_text, value.values()))
    )


def is_quarter(value: Any) -> bool:
    """Return whether it is a multiple of 0.25 between 0.5 and 2."""
    return is_number(value) and 0.5 <= value < 2 and value * 4 == int(value * 4)


def is_tree(value: Any) -> bool:
    """Return whether every node has a name, however deep it lies."""
    if not isinstance(value, dict) or not is_text(value.get("name")):
        return False
    children = value.get("children", [])
    return isinstance(children, list) and all(map(is_tree, children))


def has_name(value: Any) -> bool:
    """Return whether it has a name; the number is ours."""
    return isinstance(value, dict) and is_text(value.get("name"))


def has_pin_and_name(value: Any) -> bool:
    """Return whether it has both."""
    return has_name(value) and is_text(value.get("pin"))


# --- services ------------------------------------------------------------------------------------------------------


def keeping(shown: Any, allows: Allows, known: str = "") -> Callable[[], SmallService]:
    """Return the maker of a service that shows *shown* as `a` at first, and takes what *allows* says.

    With *known* members, `a` is an object that has no others, each set by itself; else it is set as a whole.
    """

    def takes(body: Any) -> bool:
        return isinstance(body, dict) and ("a" not in body or allows(body["a"]))

    def set_member(state: dict[str, Any], body: Any) -> None:
        if "a" not in body:
            return
        if known:
            named = {name: body["a"][name] for name in known.split() if name in body["a"]}
            state["a"] = {**state["a"], **named}
        else:
            state["a"] = body["a"]

    return lambda: SmallService(ADDRESS, {"a": shown}, takes, set_member)


class Showing(SmallService):
    """A service that shows the same wrong value, whatever it was sent."""

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer with the value that it began with."""
        answer = super().__call__(request)
        self.state = dict(self.shown)
        return answer if answer.is_error else type(answer)(200, json=self.shown)


def showing(wrong: Any, allows: Allows) -> Callable[[], SmallService]:
    """Return the maker of a service that takes what it should, and always shows *wrong* as `a`."""

    def takes(body: Any) -> bool:
        return isinstance(body, dict) and ("a" not in body or allows(body["a"]))

    return lambda: Showing(ADDRESS, {"a": wrong}, takes)


def row(
    name: str,
    allows: Allows,
    shown: Any,
    loose: Allows,
    told: str,
    wrong: Any,
    in_answers: str,
    known: str = "",
) -> Row:
    """Return the row of a construct.

    A service that takes what *loose* allows is told by the clause *told*, one that shows *wrong* by *in_answers*.
    """
    broken = {
        told: keeping(shown, loose, known),
        in_answers: showing(wrong, allows),
    }
    return Row(name, keeping(shown, allows, known), broken)


def is_object(value: Any) -> bool:
    """Return whether it is an object."""
    return isinstance(value, dict)


def is_list(value: Any) -> bool:
    """Return whether it is a list."""
    return isinstance(value, list)


A = "200/body/a"
CAT, DOG = {"kind": "Cat", "lives": 9}, {"kind": "Dog", "barks": True}


def set_name(state: dict[str, Any], body: Any) -> None:
    """Set the name; the number stays, and the pin is not shown."""
    if "a" in body:
        state["a"] = {**state["a"], "name": body["a"]["name"]}


def numbered(allows: Allows, shown: Any) -> Callable[[], SmallService]:
    """Return the maker of a service that keeps a name beside what is its own."""

    def takes(body: Any) -> bool:
        return isinstance(body, dict) and ("a" not in body or allows(body["a"]))

    return lambda: SmallService(ADDRESS, {"a": shown}, takes, set_name)


ROWS = (
    row("one_of", is_short_text_or_whole, 1, is_scalar, "request/a/oneOf", 1.5, A),
    row("any_of", is_big_or_of_three, 12, is_whole, "request/a/anyOf", 4, A),
    row("not_schema", is_not_root, "me", is_text, "request/a/not", "root", A),
    row(
        "several_one_of",
        has_one_of_each,
        {"w": "1", "y": "2"},
        is_object,
        "request/a/oneOf",
        {"w": "1"},
        A,
    ),
    row(
        "discriminator",
        pet_of("Cat", "Dog"),
        CAT,
        is_object,
        "request/a/oneOf",
        {"kind": "Cat"},
        A,
    ),
    row(
        "discriminator_with_mapping",
        pet_of("meow", "woof"),
        {"kind": "meow", "lives": 9},
        is_object,
        "request/a/oneOf",
        {"kind": "woof"},
        A,
    ),
    row(
        "map_of_numbers",
        is_map_of_numbers,
        {"x": 1},
        is_object,
        "request/a.*/minimum",
        {"x": "1"},
        "200/body/a.*",
    ),
    row(
        "pattern_properties",
        has_names_with_x,
        {"x-a": "1"},
        is_object,
        "request/a/additionalProperties",
        {"x-a": 1},
        A,
    ),
    row("prefix_items", is_pair, ["a", 1], is_list, "request/a/minItems", [1, "a"], A),
    row("const_without_type", is_on, "on", is_anything, "request/a/const", "off", A),
    row(
        "if_then_else",
        is_timed_or_free,
        {"kind": "free"},
        lambda one: is_object(one) and one.get("kind") in ("timed", "free"),
        "request/a/if",
        {"kind": "timed"},
        "200/body/a.until",
    ),
    row(
        "dependent_required",
        is_card,
        {"card": "1", "name": "a"},
        is_object,
        "request/a/dependentRequired",
        {"card": "1"},
        "200/body/a.name",
        "card name",
    ),
    row("types_in_a_list", is_scalar, None, is_anything, "request/a/type", 1.5, A),
    row("null_alone", is_null, None, is_anything, "request/a/type", 0, A),
    Row("any_value", keeping([1], is_anything), {"request/accepted": keeping([1], is_text)}),
    Row("boolean_schema", keeping([1], is_anything), {"request/accepted": keeping([1], is_list)}),
    row("base64_text", is_bytes, "aGk=", is_text, "request/a/format", "not so", A),
    row("float_number", is_positive, 0.5, is_number, "request/a/exclusiveMinimum", 0, A),
    row("int64_number", is_long, 1, is_whole, "request/a/maximum", 2**63, A),
    row(
        "formats",
        has_formats,
        {"ipv4": "192.0.2.1"},
        is_object,
        "request/a.uuid/format",
        {"ipv4": "192.0.2.256"},
        "200/body/a.ipv4",
        " ".join(FORMATS),
    ),
    row("ecma_pattern", is_plate, "\u00c411", is_text, "request/a/pattern", "\u00e411", A),
    row(
        "pattern_nobody_inverts",
        is_word_with_digit,
        "a-1",
        is_text,
        "request/a/pattern",
        "1",
        A,
    ),
    row(
        "unique_numbers",
        are_different_numbers,
        [1, 2],
        lambda one: is_list(one) and len(one) > 1 and all(map(is_whole, one)),
        "request/a/uniqueItems",
        [1, 1],
        A,
    ),
    row("contains_one", has_leader, ["leader"], is_list, "request/a/contains", ["b"], A),
    row(
        "names_of_members",
        has_short_names,
        {"abc": 1},
        is_object,
        "request/a/propertyNames",
        {"abcd": 1},
        A,
    ),
    row(
        "few_members",
        has_few_members,
        {"p": 1, "q": 2},
        is_object,
        "request/a/maxProperties",
        {"p": 1},
        A,
    ),
    row(
        "unevaluated_members",
        has_b_and_c_alone,
        {"b": "1"},
        is_object,
        "request/a/unevaluatedProperties",
        {"d": "1"},
        A,
        "b c",
    ),
    row("steps_of_a_number", is_quarter, 0.75, is_number, "request/a/multipleOf", 0.6, A),
    row(
        "contains_itself",
        is_tree,
        {"name": "root", "children": [{"name": "leaf"}]},
        has_name,
        "request/a.children[].name/type",
        {"name": "a", "children": [{"name": "b", "children": [{"name": "c", "children": [{}]}]}]},
        "200/body/a.children[].children[]",
        "name children",
    ),
    Row(
        "required_of_answers",
        numbered(has_name, {"number": 1, "name": "a"}),
        {
            "200/body/a.number": numbered(has_name, {"name": "a"}),
            "request/accepted": numbered(
                lambda one: has_name(one) and "number" in one, {"number": 1, "name": "a"}
            ),
        },
    ),
    Row(
        "required_of_requests",
        numbered(has_pin_and_name, {"name": "a"}),
        {"request/a.pin/required": numbered(has_name, {"name": "a"})},
    ),
)
