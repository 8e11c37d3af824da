"""What is wrong with a value, in English? A rule of JSON Schema that it breaks, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_confluent_contracts.model.clauses import Quoted

MISSING, EQUAL_ITEMS = "missing", "uniqueItems"
# What is said of a value, by keyword; filled with what came, and what the keyword demands.
BROKEN_RULES: Mapping[str, str] = {
    "type": "{came} is not of type {bound}",
    "enum": "{came} is not {bound}",
    "const": "{came} is not {bound}",
    "format": "{came} is no {bound}",
    "pattern": "{came} does not match {bound}",
    "minLength": "{came} is shorter than {bound} characters",
    "maxLength": "{came} is longer than {bound} characters",
    "minimum": "{came} is less than {bound}",
    "maximum": "{came} is greater than {bound}",
    "exclusiveMinimum": "{came} is not greater than {bound}",
    "exclusiveMaximum": "{came} is not less than {bound}",
    "multipleOf": "{came} is no multiple of {bound}",
    "minItems": "it has fewer than {bound} items",
    "maxItems": "it has more than {bound} items",
    "minProperties": "it has fewer than {bound} members",
    "maxProperties": "it has more than {bound} members",
    "additionalProperties": "no member {bound} is allowed",
    "unevaluatedProperties": "no member {bound} is allowed",
    "falseSchema": "nothing is allowed here",
    "depth": "nested too deeply to be judged",
}
OTHER_RULE = "{came} is not what the schema allows ({keyword})"


def violation_told_of(subject: str, wrong: Quoted) -> str:
    """Return what is wrong with *subject*: ``two items of `tags` are equal (uniqueItems)``."""
    keyword = _keyword(wrong)
    if keyword == MISSING:
        return f"the member `{subject}` is missing"
    if keyword == EQUAL_ITEMS:
        return f"two items of `{subject}` are equal (uniqueItems)"
    return f"{subject}: {violation_sentence(wrong)}"


def violation_sentence(wrong: Quoted) -> str:
    """Return what is wrong with a value; one of a report of before is told as it was."""
    if not isinstance(wrong, tuple):
        return str(wrong)
    keyword, came, bound = wrong
    told = BROKEN_RULES.get(str(keyword), OTHER_RULE)
    return told.format(keyword=keyword, came=came, bound=_either(bound))


def has_equal_items(wrong: Quoted) -> bool:
    """Return whether two items of a list are equal that must differ."""
    return _keyword(wrong) == EQUAL_ITEMS


def _keyword(wrong: Quoted) -> Quoted:
    return wrong[0] if isinstance(wrong, tuple) else wrong


def _either(bound: Quoted) -> str:
    if not isinstance(bound, tuple):
        return str(bound)
    *others, last = map(str, bound)
    return f"{', '.join(others)} or {last}" if others else last
