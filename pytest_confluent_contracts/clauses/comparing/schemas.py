"""What changed between two schemas, member by member and rule by rule?"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any, Final, NamedTuple

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
    alike_definitions,
    alternatives,
    meaning,
    references_in,
    references_of_value,
    resolved,
    value_text,
)
from pytest_confluent_contracts.clauses.comparing.rules import RuleChange, rule_changes
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.changes import Breaks, Direction
from pytest_confluent_contracts.model.documents import is_deep
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
MOST_WAYS = 20  # on which one pair of referred schemas is compared, where paths are short
MOST_FOLLOWED = 500  # references, in one comparison of two bodies
Listed = dict[str, Any]  # values by a text that tells them apart
Meanings = tuple[str, str]  # of an old and a new schema


class _Place(NamedTuple):
    """Two schemas of the value at a path, and the pairs that were compared on the way there."""

    path: str
    old: Schema
    new: Schema
    seen: frozenset[Meanings] = frozenset()

    def within(self, other: _Place, meanings: Meanings) -> _Place:
        """Return this place as one below *other*, whose schemas have *meanings*."""
        return _Place(
            _joined_path(other.path, self.path), self.old, self.new, other.seen | {meanings}
        )


# What was found of two schemas by themselves, and what they refer to; by what they mean, and the
# lines where they stand, 0 where they are referred to.
Known = dict[tuple[Meanings, tuple[int, int]], tuple[list[Difference], list[_Place]]]


def schema_differences(
    old: Schema, new: Schema, way: Way, known: Known | None = None
) -> list[Difference]:
    """Return what changed from *old* to *new*, each once, in the order of the members.

    What they refer to comes behind what stands in them. *known* is what was found by other bodies
    of the same two documents that travel the same way, and is added to.
    """
    if known is None:
        known = {}
    found: dict[tuple[Any, ...], Difference] = {}
    for one in _SchemaComparison(old, new, way, known).all_differences():
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
    """One comparison of two schemas of bodies, headers or parameters.

    What a value refers to waits until all nearer values were compared, and is compared once: on
    every other way to it, the same is told.
    """

    def __init__(self, old: Schema, new: Schema, way: Way, known: Known) -> None:
        self.whole, self.way, self.known = _Place("", old, new), way, known
        self.old_definitions: Schema = old.get("$defs", {})
        self.new_definitions: Schema = new.get("$defs", {})
        self.alike = alike_definitions(self.old_definitions, self.new_definitions)
        self.followed: Counter[tuple[tuple[str, ...], tuple[str, ...]]] = Counter()
        self.meant: dict[Meanings, Meanings] = {}  # with what they refer to, by what is written
        self.below: list[_Place] = []  # what is referred to by what is compared now

    def all_differences(self) -> Iterator[Difference]:
        """Yield what changed of the whole, then of what it refers to: the nearest first."""
        waiting = deque([self.whole])
        while waiting:
            place = waiting.popleft()
            if self._is_told_elsewhere(place):
                continue
            meanings = self._meanings(place)
            if meanings in place.seen:  # a schema that contains itself, compared further up
                continue
            found, below = self._found_at(place, meanings)
            for difference in found:
                yield _placed(difference, place)
            waiting += [one.within(place, meanings) for one in below]

    def _found_at(self, place: _Place, meanings: Meanings) -> tuple[list[Difference], list[_Place]]:
        """Return what changed of the value at *place*, told of it alone, and what it refers to."""
        lines = (0, 0)
        if not ("$ref" in place.old and "$ref" in place.new):
            lines = _line(place.old), _line(place.new)  # the same may stand at another place
        key = meanings, lines
        if key not in self.known:
            self.below = []
            found = list(self._differences_of_value("", *self._resolved(place)))
            self.known[key] = found, self.below
        return self.known[key]

    def _resolved(self, place: _Place) -> tuple[Schema, Schema]:
        return resolved(place.old, self.old_definitions), resolved(place.new, self.new_definitions)

    def _meanings(self, place: _Place) -> Meanings:
        """Return what both schemas at *place* mean, with what they refer to."""
        written = meaning(place.old), meaning(place.new)
        if written not in self.meant:
            old, new = self._resolved(place)
            self.meant[written] = meaning(old), meaning(new)
        return self.meant[written]

    def _is_told_elsewhere(self, place: _Place) -> bool:
        """Return whether what both refer to at *place* was compared often enough on other ways.

        Where schemas refer to one another, there are more ways than anybody wants to read of.
        """
        references = references_of_value(place.old), references_of_value(place.new)
        told = self.followed[references]
        most = 1 if is_deep(place.path) else MOST_WAYS
        if told >= most or (told and self.followed.total() >= MOST_FOLLOWED):
            return True
        self.followed[references] += 1
        return False

    def differences(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
        """Yield what changed of the value at *path*, and below it; references have to wait."""
        if meaning(old) == meaning(new) and references_in(old) <= self.alike:
            return
        if references_of_value(old) or references_of_value(new):
            self.below.append(_Place(path, old, new))
        else:
            pair = self._resolved(_Place(path, old, new))
            yield from self._differences_of_value(path, *pair)

    def _differences_of_value(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
        yield from self._said_beside(path, old, new)
        yield from self._forms(path, old, new)

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

    def _forms(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
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
                yield from self._forms_of(path, kind, *found)

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
        self, path: str, kind: str, olds: list[Alternative], news: list[Alternative]
    ) -> Iterator[Difference]:
        """Yield what changed of the forms that a value of the type *kind* may have."""
        pairs, gone, added = _paired(olds, news)
        for one, other in pairs:
            yield from self._form(path, kind, one, other)
        for one in gone:
            told = (_shown(one.schema), ABSENT), (one.line, 0)
            yield self._told(path, "oneOf", Direction.TIGHTENED, *told)
        for other in added:
            told = (ABSENT, _shown(other.schema)), (0, other.line)
            yield self._told(path, "oneOf", Direction.LOOSENED, *told)

    def _form(
        self, path: str, kind: str, old: Alternative, new: Alternative
    ) -> Iterator[Difference]:
        """Yield what changed of one form of a value, which is of the type *kind*."""
        yield from self._choice(path, old, new)
        for change in rule_changes(kind, old.schema, new.schema):
            direction = self._direction_of(change)
            if direction is not None:
                values, lines = (_shown(change.was), _shown(change.now)), (old.line, new.line)
                yield self._told(path, change.keyword, direction, values, lines)
        if kind == "array":
            yield from self._items(path, old.schema, new.schema)
        if kind == "object":
            yield from self._members(path, old.schema, new.schema)
            yield from self._other_members(path, old.schema, new.schema)

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

    def _comparison_of(self, old: Schema, new: Schema) -> _SchemaComparison:
        """Return the comparison of a part by itself, with the same definitions."""
        olds, news = {"$defs": self.old_definitions}, {"$defs": self.new_definitions}
        return _SchemaComparison({**old, **olds}, {**new, **news}, self.way, {})

    def _direction_of(self, change: RuleChange) -> Direction | None:
        """Return how a rule changed; None where its value is a schema that says the same."""
        if change.keyword not in OF_SCHEMAS or change.direction is not Direction.CHANGED:
            return change.direction
        apart = self._comparison_of(change.was, change.now)
        found = {one.direction for one in apart.all_differences()}
        if not found:
            return None
        direction = found.pop()
        if found or direction not in OPPOSITE:
            return Direction.CHANGED
        return OPPOSITE[direction] if change.keyword == "not" else direction

    # --- items ------------------------------------------------------------------------------------

    def _items(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
        """Yield what changed of the items: those with a place of their own, and the others."""
        olds, news = _items_of(old), _items_of(new)
        below = paths.item_path(path)
        for index in range(max(len(olds), len(news))):
            one = olds[min(index, len(olds) - 1)]
            other = news[min(index, len(news) - 1)]
            yield from self._others(path, below, "items", (one, other), (old, new))

    def _others(
        self,
        path: str,
        below: str,
        keyword: str,
        pair: tuple[Schema, Schema],
        holders: tuple[Schema, Schema],
    ) -> Iterator[Difference]:
        """Yield what changed of items or members without a name; there may be none of them."""
        was, now = (not is_forbidden(one) for one in pair)
        if was and now:
            yield from self.differences(below, *pair)
        elif was != now:
            direction = Direction.LOOSENED if now else Direction.TIGHTENED
            lines = _line(holders[0]), _line(holders[1])
            yield self._told(path, keyword, direction, (was, now), lines)

    # --- members ----------------------------------------------------------------------------------

    def _members(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
        olds, news = _members_of(old), _members_of(new)
        for name in dict.fromkeys([*olds, *news]):
            below = paths.member_path(path, name)
            required = name in old.get("required", ()), name in new.get("required", ())
            one, other = olds.get(name), news.get(name)
            if one is not None and other is not None:
                yield from self._member(below, (one, other), required)
            elif one is not None and not self._is_hidden(one, self.old_definitions):
                yield self._removed(below, one, _line(new), is_required=required[0])
            elif other is not None and not self._is_hidden(other, self.new_definitions):
                yield self._added(below, other, _line(old), is_required=required[1])

    def _member(
        self, path: str, pair: tuple[Schema, Schema], required: tuple[bool, bool]
    ) -> Iterator[Difference]:
        """Yield what changed of a member that both have; one may hide it from this way."""
        old, new = pair
        lines = _line(old), _line(new)
        was_hidden = self._is_hidden(old, self.old_definitions)
        is_hidden = self._is_hidden(new, self.new_definitions)
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
        yield from self.differences(path, old, new)

    def _is_hidden(self, member: Schema, definitions: Schema) -> bool:
        """Return whether *member* travels the other way only."""
        return bool(resolved(member, definitions).get(HIDDEN_BY[self.way]))

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

    def _other_members(self, path: str, old: Schema, new: Schema) -> Iterator[Difference]:
        """Yield what changed of members without a name: by pattern, and all others."""
        below = paths.value_path(path)
        olds, news = old.get("patternProperties") or {}, new.get("patternProperties") or {}
        for pattern in dict.fromkeys([*olds, *news]):
            pair = olds.get(pattern, ANYTHING), news.get(pattern, ANYTHING)
            yield from self._others(path, below, "patternProperties", pair, (old, new))
        pair = _values_of(old), _values_of(new)
        yield from self._others(path, below, "additionalProperties", pair, (old, new))


# --- places -------------------------------------------------------------------------------------


def _joined_path(path: str, below: str) -> str:
    return paths.path_of([*paths.steps_of(path), *paths.steps_of(below)])


def _placed(difference: Difference, place: _Place) -> Difference:
    """Return *difference*, found of a value by itself, as one at *place*."""
    if difference.path:
        return replace(difference, path=_joined_path(place.path, difference.path))
    lines = _line(place.old) or difference.old_line, _line(place.new) or difference.new_line
    return replace(difference, path=place.path, old_line=lines[0], new_line=lines[1])


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
