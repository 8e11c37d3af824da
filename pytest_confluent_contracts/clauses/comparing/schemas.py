"""What changed between two schemas, member by member and rule by rule?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from pytest_confluent_contracts.clauses.comparing.differences import (
    BROKEN_BY,
    Difference,
    Way,
    direction_of_sets,
)
from pytest_confluent_contracts.clauses.comparing.meanings import (
    ANY_TYPE,
    Alternative,
    Schema,
    alternatives,
    meaning,
    resolved,
    value_text,
)
from pytest_confluent_contracts.clauses.comparing.rules import RuleChange, rule_changes
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.changes import Breaks, Direction
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.schema_merging import is_forbidden

# What hides a member from each way.
HIDDEN_BY: Final = {Way.REQUEST: "readOnly", Way.ANSWER: "writeOnly"}
# The JSON types by which the forms of a value are told apart; an integer is a number.
KINDS: Final = ("string", "number", "boolean", "array", "object")
ANYTHING: Final[Schema] = {}
# Rules whose value is a schema.
OF_SCHEMAS: Final = frozenset({"not", "contains", "propertyNames"})
OPPOSITE: Final = {
    Direction.TIGHTENED: Direction.LOOSENED,
    Direction.LOOSENED: Direction.TIGHTENED,
}
Listed = dict[str, Any]  # values by a text that tells them apart
Seen = frozenset[tuple[str, str]]  # the pairs of schemas on the way to a value


def schema_differences(old: Schema, new: Schema, way: Way) -> list[Difference]:
    """Return what changed from *old* to *new*, in the order of the members, each once."""
    found: dict[tuple[Any, ...], Difference] = {}
    for one in _SchemaComparison(old, new, way).differences("", old, new, frozenset()):
        found.setdefault(one.said, one)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Values:
    """What a schema allows, as far as types and lists of values tell it."""

    stated: frozenset[str]
    types: frozenset[str]
    listed: list[Any] | None

    @classmethod
    def of(cls, found: list[Alternative]) -> _Values:
        stated: frozenset[str] = frozenset()
        types: frozenset[str] = frozenset()
        enums: list[list[Any] | None] = []
        for one in found:
            stated |= one.stated
            types |= one.types
            enums.append([None] if one.types == {"null"} else one.enum)
        return cls(stated, types, _joined_lists(enums))


def _joined_lists(enums: list[list[Any] | None]) -> list[Any] | None:
    """Return all listed values, None where some value need not be listed."""
    joined: list[Any] = []
    for listed in enums:
        if listed is None:
            return None
        joined += listed
    return joined or None


class _SchemaComparison:
    """One comparison of two schemas of bodies, headers or parameters."""

    def __init__(self, old: Schema, new: Schema, way: Way) -> None:
        self.way = way
        self.old_definitions: Schema = old.get("$defs", {})
        self.new_definitions: Schema = new.get("$defs", {})
        self.share_definitions = meaning(self.old_definitions) == meaning(self.new_definitions)

    def differences(self, path: str, old: Schema, new: Schema, seen: Seen) -> Iterator[Difference]:
        """Yield what changed of the value at *path*, and below it."""
        if self.share_definitions and meaning(old) == meaning(new):
            return
        old, new = resolved(old, self.old_definitions), resolved(new, self.new_definitions)
        pair = meaning(old), meaning(new)
        if pair in seen:  # a schema that contains itself, which was compared further up
            return
        yield from self._said_beside(path, old, new)
        yield from self._forms(path, old, new, seen | {pair})

    def _told(
        self,
        path: str,
        keyword: str,
        direction: Direction,
        values: tuple[Any, Any],
        lines: tuple[int, int],
    ) -> Difference:
        """Return the difference that other values are allowed than before."""
        breaks = BROKEN_BY[self.way, direction]
        return Difference(path, keyword, direction, breaks, *values, *lines)

    # --- what is said beside the values -----------------------------------------------------------

    def _said_beside(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
        lines = _line(old), _line(new)
        was, now = bool(old.get("deprecated")), bool(new.get("deprecated"))
        if was != now:
            change = Direction.CHANGED
            yield Difference(path, "deprecated", change, Breaks.NOBODY, was, now, *lines)
        if value_text(old.get("default")) != value_text(new.get("default")):
            yield self._default(path, old, new)
        yield from self._discriminator(path, old, new)

    def _default(self, path: str, old: Schema, new: Schema) -> Difference:
        """Return the change of what it means that a value is left out."""
        was, now = old.get("default", ABSENT), new.get("default", ABSENT)
        direction, breaks = Direction.CHANGED, Breaks.CLIENTS
        if was is ABSENT:
            direction, breaks = Direction.ADDED, Breaks.SERVERS
        elif now is ABSENT:
            direction = Direction.REMOVED
        if self.way is Way.ANSWER:
            breaks = Breaks.NOBODY
        return Difference(path, "default", direction, breaks, was, now, _line(old), _line(new))

    def _discriminator(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
        was, now = old.get("x-discriminator") or {}, new.get("x-discriminator") or {}
        lines, keyword = (_line(old), _line(new)), "discriminator"
        names = was.get("name", ABSENT), now.get("name", ABSENT)
        if names[0] != names[1]:
            direction, breaks = Direction.CHANGED, Breaks.CLIENTS
            if ABSENT in names:  # a hint, beside what the branches say
                direction = Direction.ADDED if names[0] is ABSENT else Direction.REMOVED
                breaks = Breaks.NOBODY
            yield Difference(path, keyword, direction, breaks, *names, *lines)
        elif "oneOf" not in new and "anyOf" not in new:
            values = frozenset(was.get("all") or ()), frozenset(now.get("all") or ())
            direction_of_values = direction_of_sets(*values)
            if direction_of_values:
                told = sorted(values[0]), sorted(values[1])
                yield self._told(path, keyword, direction_of_values, told, lines)

    # --- forms of a value -------------------------------------------------------------------------

    def _forms(self, path: str, old: Schema, new: Schema, seen: Seen) -> Iterator[Difference]:
        """Yield what changed of the types and the lists of values, and of each form of a value."""
        olds = alternatives(old, self.old_definitions)
        news = alternatives(new, self.new_definitions)
        was, now = _Values.of(olds), _Values.of(news)
        lines = _line(old), _line(new)
        yield from self._types(path, was, now, lines)
        if was.listed is not None and now.listed is not None:
            told = _by_text(was.listed), _by_text(now.listed)
            if _is_null_told(was, now):
                told[0].pop("null", None)
                told[1].pop("null", None)
            yield from self._listed(path, *told, lines)
            return  # whatever else is asked of listed values
        for kind in KINDS:
            found = _of_kind(kind, olds), _of_kind(kind, news)
            if found[0] and found[1]:  # else told by the types
                yield from self._forms_of(path, kind, *found, seen)

    def _types(
        self, path: str, was: _Values, now: _Values, lines: tuple[int, int]
    ) -> Iterator[Difference]:
        is_told = False
        if ANY_TYPE not in (was.stated, now.stated):
            is_told = _is_null_told(was, now)
        if is_told:
            allowed = "null" in was.types, "null" in now.types
            direction = Direction.LOOSENED if allowed[1] else Direction.TIGHTENED
            yield self._told(path, "null", direction, allowed, lines)
        both_stated = _without_null(was.stated), _without_null(now.stated)
        both = _without_null(was.types), _without_null(now.types)
        direction_of_types = direction_of_sets(*both)
        if direction_of_types and both_stated[0] != both_stated[1]:
            told = _told_types(both_stated[0]), _told_types(both_stated[1])
            yield self._told(path, "type", direction_of_types, told, lines)

    def _listed(
        self, path: str, old: Listed, new: Listed, lines: tuple[int, int]
    ) -> Iterator[Difference]:
        """Yield the values that are listed no more, and those that are new."""
        told = list(old.values()), list(new.values())
        if old and new and not old.keys() & new.keys():
            yield self._told(path, "enum", Direction.CHANGED, told, lines)
            return
        if old.keys() - new.keys():
            yield self._told(path, "enum", Direction.TIGHTENED, told, lines)
        if new.keys() - old.keys():
            yield self._told(path, "enum", Direction.LOOSENED, told, lines)

    def _forms_of(
        self, path: str, kind: str, olds: list[Alternative], news: list[Alternative], seen: Seen
    ) -> Iterator[Difference]:
        """Yield what changed of the forms that a value of the type *kind* may have."""
        pairs, gone, added = _paired(olds, news)
        for one, other in pairs:
            yield from self._form(path, kind, one, other, seen)
        for one in gone:
            told = (_shown(one.schema), ABSENT), (one.line, 0)
            yield self._told(path, "oneOf", Direction.TIGHTENED, *told)
        for other in added:
            told = (ABSENT, _shown(other.schema)), (0, other.line)
            yield self._told(path, "oneOf", Direction.LOOSENED, *told)

    def _form(
        self, path: str, kind: str, old: Alternative, new: Alternative, seen: Seen
    ) -> Iterator[Difference]:
        """Yield what changed of one form of a value, which is of the type *kind*."""
        yield from self._choice(path, old, new)
        for change in rule_changes(kind, old.schema, new.schema):
            direction = self._direction_of(path, change, seen)
            if direction is not None:
                values, lines = (_shown(change.was), _shown(change.now)), (old.line, new.line)
                yield self._told(path, change.keyword, direction, values, lines)
        if kind == "array":
            yield from self._items(path, old.schema, new.schema, seen)
        if kind == "object":
            yield from self._members(path, old.schema, new.schema, seen)
            yield from self._other_members(path, old.schema, new.schema, seen)

    def _choice(self, path: str, old: Alternative, new: Alternative) -> Iterator[Difference]:
        """Yield what changed of the listed values, and of those that choose the form."""
        lines = old.line, new.line
        was, now = old.enum, new.enum
        if was is None and now is not None:
            yield self._told(path, "enum", Direction.TIGHTENED, (ABSENT, now), lines)
        elif was is not None and now is None:
            yield self._told(path, "enum", Direction.LOOSENED, (was, ABSENT), lines)
        elif was is not None and now is not None:
            yield from self._listed(path, _by_text(was), _by_text(now), lines)
        chosen = direction_of_sets(frozenset(old.values), frozenset(new.values))
        if chosen and old.values and new.values:
            values = list(old.values), list(new.values)
            yield self._told(path, "discriminator", chosen, values, lines)

    def _direction_of(self, path: str, change: RuleChange, seen: Seen) -> Direction | None:
        """Return how a rule changed; None where its value is a schema that says the same."""
        if change.keyword not in OF_SCHEMAS or change.direction is not Direction.CHANGED:
            return change.direction
        found = {one.direction for one in self.differences(path, change.was, change.now, seen)}
        if not found:
            return None
        direction = found.pop()
        if found or direction not in OPPOSITE:
            return Direction.CHANGED
        return OPPOSITE[direction] if change.keyword == "not" else direction

    # --- items ------------------------------------------------------------------------------------

    def _items(self, path: str, old: Schema, new: Schema, seen: Seen) -> Iterator[Difference]:
        """Yield what changed of the items: those with a place of their own, and the others."""
        olds, news = _items_of(old), _items_of(new)
        below = paths.item_path(path)
        for index in range(max(len(olds), len(news))):
            one = olds[min(index, len(olds) - 1)]
            other = news[min(index, len(news) - 1)]
            yield from self._others(path, below, "items", (one, other), seen, (old, new))

    def _others(
        self,
        path: str,
        below: str,
        keyword: str,
        pair: tuple[Schema, Schema],
        seen: Seen,
        holders: tuple[Schema, Schema],
    ) -> Iterator[Difference]:
        """Yield what changed of items or members without a name; there may be none of them."""
        was, now = (not is_forbidden(one) for one in pair)
        if was and now:
            yield from self.differences(below, *pair, seen)
        elif was != now:
            direction = Direction.LOOSENED if now else Direction.TIGHTENED
            lines = _line(holders[0]), _line(holders[1])
            yield self._told(path, keyword, direction, (was, now), lines)

    # --- members ----------------------------------------------------------------------------------

    def _members(self, path: str, old: Schema, new: Schema, seen: Seen) -> Iterator[Difference]:
        olds = _members_resolved(old, self.old_definitions)
        news = _members_resolved(new, self.new_definitions)
        for name in dict.fromkeys([*olds, *news]):
            below = paths.member_path(path, name)
            required = name in old.get("required", ()), name in new.get("required", ())
            one, other = olds.get(name), news.get(name)
            if one is not None and other is not None:
                yield from self._member(below, (one, other), required, seen)
            elif one is not None and not self._is_hidden(one):
                yield self._removed(below, one, _line(new), is_required=required[0])
            elif other is not None and not self._is_hidden(other):
                yield self._added(below, other, _line(old), is_required=required[1])

    def _member(
        self, path: str, pair: tuple[Schema, Schema], required: tuple[bool, bool], seen: Seen
    ) -> Iterator[Difference]:
        """Yield what changed of a member that both have; one may hide it from this way."""
        old, new = pair
        lines = _line(old), _line(new)
        was_hidden, is_hidden = self._is_hidden(old), self._is_hidden(new)
        if was_hidden and is_hidden:
            return
        if was_hidden != is_hidden:
            keyword = HIDDEN_BY[self.way]
            direction = Direction.REMOVED if is_hidden else Direction.ADDED
            breaks = self._broken_by_member(direction, is_required=required[1])
            yield Difference(path, keyword, direction, breaks, was_hidden, is_hidden, *lines)
            return
        if required[0] != required[1]:
            direction = Direction.TIGHTENED if required[1] else Direction.LOOSENED
            yield self._told(path, "required", direction, required, lines)
        yield from self.differences(path, old, new, seen)

    def _is_hidden(self, member: Schema) -> bool:
        return bool(member.get(HIDDEN_BY[self.way]))

    def _added(self, path: str, new: Schema, line: int, *, is_required: bool) -> Difference:
        breaks = self._broken_by_member(Direction.ADDED, is_required=is_required)
        told = (ABSENT, _told_presence(is_required=is_required))
        return Difference(path, "", Direction.ADDED, breaks, *told, line, _line(new))

    def _removed(self, path: str, old: Schema, line: int, *, is_required: bool) -> Difference:
        breaks = self._broken_by_member(Direction.REMOVED, is_required=is_required)
        told = (_told_presence(is_required=is_required), ABSENT)
        return Difference(path, "", Direction.REMOVED, breaks, *told, _line(old), line)

    def _broken_by_member(self, direction: Direction, *, is_required: bool) -> Breaks:
        """Return whom a member breaks that is there now, or is there no more."""
        if direction is Direction.REMOVED:
            return Breaks.CLIENTS
        if self.way is Way.REQUEST and is_required:
            return Breaks.CLIENTS
        return Breaks.SERVERS

    def _other_members(
        self, path: str, old: Schema, new: Schema, seen: Seen
    ) -> Iterator[Difference]:
        """Yield what changed of members without a name: by pattern, and all others."""
        below = paths.value_path(path)
        olds, news = old.get("patternProperties") or {}, new.get("patternProperties") or {}
        for pattern in dict.fromkeys([*olds, *news]):
            pair = olds.get(pattern, ANYTHING), news.get(pattern, ANYTHING)
            yield from self._others(path, below, "patternProperties", pair, seen, (old, new))
        pair = _values_of(old), _values_of(new)
        yield from self._others(path, below, "additionalProperties", pair, seen, (old, new))


# --- parts of schemas -----------------------------------------------------------------------------


def _line(schema: Schema) -> int:
    return int(schema.get("x-line", 0))


def _members_of(schema: Schema) -> dict[str, Schema]:
    """Return the members by name; one that is required and not described may be anything."""
    stated = (schema.get("properties") or {}).items()
    found: dict[str, Schema] = {name: one for name, one in stated if not is_forbidden(one)}
    for name in schema.get("required") or ():
        found.setdefault(name, {"x-line": _line(schema)})
    return found


def _members_resolved(schema: Schema, definitions: Schema) -> dict[str, Schema]:
    members = _members_of(schema).items()
    return {name: resolved(member, definitions) for name, member in members}


def _values_of(schema: Schema) -> Schema:
    """Return the schema of members without a name; ``unevaluatedProperties`` may close it."""
    stated = schema.get("additionalProperties", True)
    if stated is True:
        stated = schema.get("unevaluatedProperties", True)
    return _as_schema(stated)


def _items_of(schema: Schema) -> list[Schema]:
    """Return the schemas of the first items, and of all that follow as the last of them."""
    rest = schema.get("items", schema.get("unevaluatedItems", True))
    return [*map(_as_schema, schema.get("prefixItems", ())), _as_schema(rest)]


def _as_schema(stated: Any) -> Schema:
    if isinstance(stated, Mapping):
        return stated
    return {"not": {}} if stated is False else ANYTHING


def _told_presence(*, is_required: bool) -> str:
    return "required" if is_required else "optional"


def _shown(value: Any) -> Any:
    """Return *value*, of a schema, without what we wrote into it."""
    if isinstance(value, Mapping):
        return {key: _shown(one) for key, one in value.items() if not key.startswith("x-")}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return value


# --- types and listed values ----------------------------------------------------------------------


def _without_null(types: frozenset[str]) -> frozenset[str]:
    return types - {"null"}


def _is_null_told(was: _Values, now: _Values) -> bool:
    """Return whether it is by the types that null is allowed in one of them only."""
    is_stated_alike = ("null" in was.stated) == ("null" in now.stated)
    is_allowed_alike = ("null" in was.types) == ("null" in now.types)
    return not is_stated_alike and not is_allowed_alike


def _told_types(types: frozenset[str]) -> Any:
    """Return how *types* are written: one name, or a list; `ABSENT` for any."""
    if types == ANY_TYPE - {"null"}:
        return ABSENT
    names = sorted(types - {"integer"} if "number" in types else types)
    return names[0] if len(names) == 1 else names


def _of_kind(kind: str, found: list[Alternative]) -> list[Alternative]:
    """Return those of *found* that allow values of the type *kind*."""
    names = {"number", "integer"} if kind == "number" else {kind}
    return [one for one in found if names & one.types]


def _by_text(values: list[Any]) -> Listed:
    return {value_text(value): value for value in values}


# --- which forms belong together ------------------------------------------------------------------

Pairs = list[tuple[Alternative, Alternative]]


def _paired(
    olds: list[Alternative], news: list[Alternative]
) -> tuple[Pairs, list[Alternative], list[Alternative]]:
    """Return which forms of the old and the new schema are the same, those gone, and those added.

    They are those that say the same, then those that one value of the discriminator chooses, or
    another now, then those that are most alike.
    """
    pairs: Pairs = []
    gone, added = list(olds), list(news)
    for is_one in (_says_the_same, _is_chosen_alike, _is_shaped_alike):
        for one in list(gone):
            other = next((two for two in added if is_one(one, two)), None)
            if other is not None:
                pairs.append((one, other))
                gone.remove(one)
                added.remove(other)
    while gone and added:
        nearest = _most_alike(gone, added)
        if nearest is None:
            break
        pairs.append(nearest)
        gone.remove(nearest[0])
        added.remove(nearest[1])
    return pairs, gone, added


def _most_alike(
    gone: list[Alternative], added: list[Alternative]
) -> tuple[Alternative, Alternative] | None:
    """Return which of two lists are most alike; None where none are, unless they are the last."""
    every = list(product(gone, added))
    one, other = max(every, key=lambda two: _likeness(*two))
    is_last = len(every) == 1 and not (one.values and other.values)
    if is_last or _likeness(one, other) > 0:
        return one, other
    return None


def _says_the_same(one: Alternative, other: Alternative) -> bool:
    return one.meaning == other.meaning


def _is_chosen_alike(one: Alternative, other: Alternative) -> bool:
    return bool(set(one.values) & set(other.values))


def _is_shaped_alike(one: Alternative, other: Alternative) -> bool:
    return meaning(one.schema) == meaning(other.schema)


def _likeness(one: Alternative, other: Alternative) -> int:
    """Return how much two forms have in common: members, and rules."""
    if one.values and other.values:
        return 0
    members = _members_of(one.schema).keys() & _members_of(other.schema).keys()
    rules = (one.schema.keys() & other.schema.keys()) - {"type", "properties", "x-line"}
    alike = [key for key in rules if meaning(one.schema[key]) == meaning(other.schema[key])]
    return 2 * len(members) + len(alike) + len(rules)
