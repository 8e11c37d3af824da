"""Which requests show whether conditions are kept? Reads and writes on a tag that an answer had.

Which tag is put in when their turn comes: until then nobody knows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.conditions import (
    IF_MATCH,
    IF_NONE_MATCH,
    is_weak,
    opaque_tag,
)

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.traffic import Case

OTHERS_TAG = '"contract-other"'


class Which(StrEnum):
    """Whose tag a condition names."""

    CURRENT = "current"  # the last that an answer had
    STALE = "stale"  # one before it
    OTHERS = "others"  # one that no answer had
    NONE = "none"  # no condition is sent
    ANY = "any"  # whichever there is: ``*``


class Form(StrEnum):
    """How a condition names its tag."""

    ALONE = "alone"
    SEVERAL = "several"  # behind one that no answer had
    WEAK = "weak"  # as the other kind: weak where it is strong, and strong where it is weak


@dataclass(frozen=True, slots=True)
class Condition:
    """The header of a condition, and the tag that it names."""

    header: str
    which: Which
    form: Form = Form.ALONE

    def bound(self, case: Case, tag: str) -> Case:
        """Return *case* on the condition that *tag* is, or is not, the current one."""
        name = self.header.lower()
        others = tuple(pair for pair in case.headers if pair[0].lower() != name)
        if self.which is Which.NONE:
            return replace(case, headers=others)
        return replace(case, headers=(*others, (self.header, self._written(tag))))

    def _written(self, tag: str) -> str:
        if self.which is Which.ANY:
            return "*"
        if self.form is Form.SEVERAL:
            return f"{OTHERS_TAG}, {tag}"
        if self.form is Form.WEAK:
            return opaque_tag(tag) if is_weak(tag) else f"W/{tag}"
        return tag


READ_IF_CHANGED = Condition(IF_NONE_MATCH, Which.CURRENT)
READ_IF_OTHER = Condition(IF_NONE_MATCH, Which.OTHERS)
READ_IF_STALE = Condition(IF_NONE_MATCH, Which.STALE)
WRITE_IF_CURRENT = Condition(IF_MATCH, Which.CURRENT)
WRITE_IF_STALE = Condition(IF_MATCH, Which.STALE)
WRITE_ANYHOW = Condition(IF_MATCH, Which.NONE)
READ_IF_NONE = Condition(IF_NONE_MATCH, Which.ANY)
READ_IF_SEVERAL = Condition(IF_NONE_MATCH, Which.CURRENT, Form.SEVERAL)
READ_IF_WEAK = Condition(IF_NONE_MATCH, Which.CURRENT, Form.WEAK)
WRITE_IF_ANY = Condition(IF_MATCH, Which.ANY)
WRITE_IF_SEVERAL = Condition(IF_MATCH, Which.CURRENT, Form.SEVERAL)
WRITE_IF_WEAK = Condition(IF_MATCH, Which.CURRENT, Form.WEAK)
WRITE_IF_OTHERS = Condition(IF_MATCH, Which.OTHERS)
WRITE_IF_NONE = Condition(IF_NONE_MATCH, Which.ANY)
