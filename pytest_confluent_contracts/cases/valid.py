"""Which bodies does the document allow? Members varied alone, in pairs, at random; and what nobody may write."""

from __future__ import annotations

import itertools
import json
import string
from collections import deque
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from pytest_confluent_contracts.cases import generated
from pytest_confluent_contracts.cases.build import (
    case,
    distinct,
    fresh,
    full,
    judged,
    minimal,
    pinned,
    sample,
    token,
    types_of,
    writable,
)
from pytest_confluent_contracts.cases.sample_strings import (
    ENTRY_SIZES,
    KEYED_TEXTS,
    LIST_SIZES,
    SECRET_SIZES,
    SIZES,
    TEXTS,
)
from pytest_confluent_contracts.model.paths import (
    ABSENT,
    ITEM,
    WHOLE,
    has_items,
    is_within,
    item_path,
    member_path,
    parent_path,
    path_of,
    relative_path,
    steps_of,
    value_at,
    with_value,
    without_value,
)
from pytest_confluent_contracts.model.traffic import Case, Expect, Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Content, Example, Operation, Property

T = TypeVar("T")

TOGETHER = 5
# Each differs from the one before in what a service may take for nothing: a write that it then leaves out shows.
ALIKE = ("Alike", "alike", "alike ", "caf\u00e9", "cafe\u0301", "")


def opening(operation: Operation, context: RunContext, probe: Probe = Probe.EXAMPLES) -> Case:
    """Return the request that changes as little as an update can, so that its answer shows the resource as it is."""
    return judged(probe, "the smallest update", operation, context, minimal(operation, context))


def whole(operation: Operation, context: RunContext) -> Case:
    """Return the request that writes every member that an update may write: a known state to start from."""
    return judged(Probe.EXAMPLES, "every member", operation, context, full(operation, context))


def examples(operation: Operation, context: RunContext) -> list[Case]:
    """Return the document's request examples, as published but for the pins, each sent twice."""
    shown = operation.request.examples if operation.request else ()
    made = [_example(operation, context, example) for example in shown]
    return [case for one in made for case in (one, one)]


def _example(operation: Operation, context: RunContext, example: Example) -> Case:
    title, body = f"the document's example {example.name}", pinned(example.value, context)
    return judged(Probe.EXAMPLES, title, operation, context, body, varies=f"example/{example.name}")


def throttling(operation: Operation, context: RunContext) -> list[Case]:
    """Return the request that is repeated until the rate limit answers, and one that would change something there."""
    least, other = minimal(operation, context), fresh(operation, context, "limited")
    return [
        judged(
            Probe.THROTTLE,
            "the smallest update, again and again",
            operation,
            context,
            least,
            varies="exhaust",
        ),
        judged(
            Probe.THROTTLE,
            "new values while the limit is reached",
            operation,
            context,
            other,
            varies="exhaust",
        ),
    ]


def later(operation: Operation, context: RunContext) -> list[Case]:
    """Return updates that each change one member alone, where a time stamp is promised to move with them."""
    if not operation.promises.timestamps.updated:
        return []
    new, least = fresh(operation, context, "later"), minimal(operation, context)
    updates: list[Case] = []
    for member in writable(operation):
        value = value_at(new, member.path)
        if member.secret or value is ABSENT or not _may_vary(member, operation, context):
            continue
        body = with_value(least, member.path, value)
        updates.append(judged(Probe.VALID, f"a new {member.path}", operation, context, body))
    return updates


# --- allowed ---------------------------------------------------------------------------------------------------------


def bodies(operation: Operation, context: RunContext) -> list[Case]:
    """Return the allowed bodies, the deterministic ones first; each is valid by the schema, not by its maker."""
    if operation.request is None:
        return [case(Probe.VALID, "no body", operation, context, expect=Expect.ACCEPTED)]
    drawn: Iterator[Body] = (
        ("a generated body", body, {}) for body in generated.allowed(operation, context)
    )
    parts = (
        _presence(operation, context),
        _in_rows(operation, context),
        [*_alike(operation, context), *drawn],
    )
    presence, rows, others = (
        [_allowed(body, operation, context) for body in part] for part in parts
    )
    spelled = _spelled(operation, context)
    # Among the rows one that only rests comes more than once; it is no repetition.
    made = [*distinct(presence), spelled, *rows, *distinct(others)]
    allowed = [one for one in made if one.expect is Expect.ACCEPTED]
    return [*allowed[:2], *_twice(allowed[2:])]


def _spelled(operation: Operation, context: RunContext) -> Case:
    """Return a body in JSON's other spelling, with indents, and escapes in place of the characters themselves."""
    body = fresh(operation, context, "caf\u00e9 \U0001d518")
    one = judged(Probe.VALID, "new values, indented and escaped", operation, context, body)
    return replace(one, body=json.dumps(body, indent=2).encode())


def _allowed(body: Body, operation: Operation, context: RunContext) -> Case:
    title, value, more = body
    return judged(Probe.VALID, title, operation, context, pinned(value, context), **more)


def _twice(cases: list[Case], every: int = 50) -> Iterator[Case]:
    """Yield the cases, now and then one of them twice: the same update again must change nothing."""
    for index, one in enumerate(cases):
        yield one
        if index % every == 0:
            yield one


Body = tuple[str, Any, dict[str, Any]]


def _presence(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield every member together, none of the optional ones, each alone, and each left out."""
    everything, least = full(operation, context), minimal(operation, context)
    yield "new values for every member", fresh(operation, context, "new"), {}
    yield "every member", everything, {}
    yield "required members only", least, {}
    for member in operation.request.properties if operation.request else ():
        if types_of(member.schema) == ["object"] and not member.read_only and not member.required:
            yield (
                f"an empty {member.path}",
                with_value(least, member.path, {}),
                {"varies": member.path},
            )
    for member in writable(operation):
        if not member.required:
            value = value_at(everything, member.path)
            yield f"{member.path} alone", with_value(least, member.path, value), {}
            yield f"{member.path} left out", without_value(everything, member.path), {}


def _in_rows(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield every value of every member, one of each in a body but for one that rests: the answer shows what it was kept as."""
    free = [member for member in writable(operation) if _may_vary(member, operation, context)]
    left = {
        member.path: _turned(values(member, operation, context), by=index)
        for index, member in enumerate(free)
    }
    optional = [member.path for member in free if not member.required]
    resting = itertools.cycle(optional if optional[1:] else [*optional, ""])
    while any(left.values()):
        rests = next(resting)
        row = {
            path: entries.popleft() for path, entries in left.items() if entries and path != rests
        }
        title = (
            " and ".join(f"{path} is {title}" for path, (title, _) in row.items())
            or f"{rests} rests"
        )
        yield (
            title,
            _together(
                minimal(operation, context), {path: value for path, (_, value) in row.items()}
            ),
            {},
        )


def _together(body: Any, values: Mapping[str, Any]) -> Any:
    for path, value in values.items():
        body = with_value(body, path, value)
    return body


def _turned(entries: Iterable[T], by: int) -> deque[T]:
    """Return *entries* begun some way in, so that members of one kind do not have the same value in one body."""
    turned = deque(entries)
    turned.rotate(-7 * by)
    return turned


def _may_vary(member: Property, operation: Operation, context: RunContext) -> bool:
    if member.path in context.pins:
        return False
    return context.made_up or member.path not in operation.promises.checked_elsewhere.paths


def values(
    member: Property, operation: Operation, context: RunContext
) -> Iterator[tuple[str, Any]]:
    """Yield the values worth sending for *member*, each with its description."""
    schema = member.schema
    kinds = types_of(schema)
    if "enum" in schema:
        yield from ((f"{value!r}", value) for value in schema["enum"])
    elif "string" in kinds:
        yield from _secrets(context) if member.secret else _strings(schema)
    elif "array" in kinds:
        samples = operation.promises.samples.by_path.get(item_path(member.path), ())
        yield from _lists(schema, samples)
    elif "boolean" in kinds:
        yield from (("true", True), ("false", False))
    elif {"integer", "number"} & set(kinds):
        yield from (
            (str(number), number)
            for number in (0, 1, -1, 7, schema.get("minimum", 0), schema.get("maximum", 2**31))
        )
    if "null" in kinds:
        yield "null", None


def _strings(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from TEXTS.items()
    lengths = {*SIZES, *(schema[bound] for bound in ("minLength", "maxLength") if bound in schema)}
    for length in sorted(lengths):
        yield f"{length} characters long", long_text(length)
    yield "198 characters outside ASCII long", "\u00e9\u6f22\U0001f600" * 66  # 594 bytes


@lru_cache(maxsize=64)
def long_text(length: int) -> str:
    """Return a text of *length* characters in which each place can be told from its neighbours."""
    alphabet = string.ascii_lowercase + string.digits
    return "".join(alphabet[(index * 7 + index // 36) % 36] for index in range(length))


def _secrets(context: RunContext) -> Iterator[tuple[str, str]]:
    yield "the empty string", ""
    mixed = "".join(
        TEXTS[key]
        for key in ("spaces around it", "a character outside the BMP", "NUL", "right to left")
    )
    yield "a text with spaces around it", f" {token(context, 'spaces')} "
    yield (
        "a text of many kinds of characters",
        token(context, "kinds") + mixed + TEXTS["quotes and backslashes"],
    )
    for length in SECRET_SIZES:
        head = token(context, length)
        yield f"{length} characters long", (head + long_text(length))[:length]


def _lists(schema: Mapping[str, Any], samples: Iterable[Any]) -> Iterator[tuple[str, list[Any]]]:
    yield "the empty list", []
    items = schema.get("items") or {}
    if "string" not in types_of(items):
        return
    yield from ((f"[{text!r}]", [text]) for text in samples)
    titles, texts = list(TEXTS), list(TEXTS.values())
    for begin in range(0, len(texts), TOGETHER):
        yield ", ".join(titles[begin : begin + TOGETHER]), texts[begin : begin + TOGETHER]
    yield "one entry twice", ["twice:1", "twice:1"]
    yield "an entry repeated among others", ["b", "a", "b", "c", "a"]
    yield "entries in falling order", ["zulu", "mike", "Alpha", "alpha"]
    yield "every kind of entry", [*KEYED_TEXTS, ""]
    for size in (
        *LIST_SIZES,
        *(schema[bound] for bound in ("minItems", "maxItems") if bound in schema),
    ):
        yield f"{size} entries long", [f"tag-{index}:{index % 7}" for index in range(size)]
    for length in ENTRY_SIZES:
        yield f"one entry of {length} characters", [long_text(length)]


def _alike(operation: Operation, context: RunContext) -> Iterator[Body]:
    """Yield bodies in which all texts are the same, and those in which one member is empty and another one large."""
    free = [member for member in writable(operation) if _may_vary(member, operation, context)]
    alike = [
        member
        for member in free
        if types_of(member.schema) == ["string"] and "enum" not in member.schema
    ]
    texts = [member.path for member in alike if not member.secret]
    lists = [
        member.path for member in free if "string" in types_of(member.schema.get("items") or {})
    ]
    rows = [(texts, text) for text in ALIKE] if texts else []
    if texts and len(alike) > len(
        texts
    ):  # so short that its return in another member gives no secret away
        rows.append(([member.path for member in alike], "same"))
    for paths, text in rows:
        yield (
            f"{' and '.join(paths)} are {text!r}",
            _together(minimal(operation, context), dict.fromkeys(paths, text)),
            {},
        )
    extremes: dict[str, tuple[Any, Any]] = {path: ("", long_text(300)) for path in texts}
    extremes |= {path: ([], _entries(21, 65)) for path in lists}
    for small, large in itertools.permutations(extremes, 2):
        values = {small: extremes[small][0], large: extremes[large][1]}
        yield (
            f"{small} is empty and {large} is large",
            _together(minimal(operation, context), values),
            {},
        )


def _entries(count: int, length: int) -> list[str]:
    return [f"{index:03}{long_text(length)}"[:length] for index in range(count)]


# --- what an update must not write -----------------------------------------------------------------------------------


def read_only(operation: Operation, context: RunContext) -> list[Case]:
    """Return updates that also send what is read-only, immutable or not declared, with values of their own."""
    least = minimal(operation, context)
    content = operation.success.content if operation.success else None
    known = {member.path: member for member in content.properties} if content else {}
    promises = operation.promises
    others: dict[str, Any] = {}
    for path in (*promises.immutable.paths, *promises.create_only.paths):
        if path not in known:
            continue
        value = other(known, path)
        others[path] = [*_touched(content, path), *value] if isinstance(value, list) else value
    everything = least
    for path, value in others.items():
        everything = with_value(everything, path, value)
    look = opening(operation, context, Probe.READ_ONLY)
    beside = fresh(operation, context, "beside")
    return [
        look,
        *(
            _frozen(operation, context, path, with_value(least, path, value))
            for path, value in others.items()
        ),
        look,
        *(_frozen(operation, context, path, with_value(least, path, None)) for path in others),
        *(
            _frozen(operation, context, path, with_value(least, path, type(value)()))
            for path, value in others.items()
        ),
        *(
            _frozen(operation, context, path, with_value(least, path, odd))
            for path, value in others.items()
            for odd in _unlike(value)
        ),
        look,
        _frozen(operation, context, "everything immutable", everything),
        *(
            _frozen(operation, context, path, with_value(beside, path, value))
            for path, value in others.items()
        ),
        look,
        *_undeclared(operation, context),
        *_in_other_case(operation, context),
        look,
    ]


def _unlike(value: Any) -> Iterator[Any]:
    """Yield what stands in the place of *value* where a client is mistaken, or means it shorter: ``owner: {"id": ...}``."""
    yield from (
        odd
        for odd in ("text", 7, ["text"])
        if type(odd) is not type(value) or isinstance(value, list)
    )
    if isinstance(value, dict) and "id" in value:
        yield {"id": value["id"]}


def _touched(content: Content | None, path: str) -> list[Any]:
    """Return the first item that the document shows at *path*, with its id and other values: its owner may write by id."""
    examples = content.examples if content else ()
    shown = (value_at(example.value, path) for example in examples)
    item = next((found[0] for found in shown if isinstance(found, list) and found), None)
    return (
        [{name: _turned_over(value) for name, value in item.items()}]
        if isinstance(item, dict)
        else []
    )


def _turned_over(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return ["contract:other"] if isinstance(value, list) else value


def _frozen(operation: Operation, context: RunContext, path: str, body: Any) -> Case:
    return judged(
        Probe.READ_ONLY,
        f"{path} sent",
        operation,
        context,
        body,
        expect=Expect.ANY,
        violations=(),
        varies=path,
    )


def other(known: Mapping[str, Property], path: str) -> Any:
    """Return a value for *path* that no service would have by chance."""
    below = {name: member for name, member in known.items() if _is_member_below(name, path)}
    if below and not has_items(path):
        tree: Any = {}
        for name, member in below.items():
            if "properties" not in member.schema:
                tree = with_value(tree, relative_path(name, path), _other_value(member))
        return tree
    if "array" in types_of(known[path].schema):
        item = {"id": "contract-other", "resource_type": "kafka", "tags": ["contract:other"]}
        items = item_path(path)
        return [{key: value for key, value in item.items() if member_path(items, key) in known}]
    return _other_value(known[path])


def _is_member_below(path: str, holder: str) -> bool:
    """Return whether *path* leads into the object at *holder*; a list has items, no members."""
    below = steps_of(relative_path(path, holder)) if is_within(path, holder) else ()
    return bool(below) and below[0] is not ITEM


def _other_value(member: Property) -> Any:
    formats = {"date-time": "2099-02-03T04:05:06Z", "uri": "https://contract.example/other"}
    if member.schema.get("format") in formats:
        return formats[member.schema["format"]]
    value = sample(member)
    if not isinstance(value, str):
        return value
    # Another value of the documented look, for a service may write only what it takes for one.
    return (
        value[:-1] + ("x" if value[-1:] != "x" else "y")
        if "example" in member.schema
        else "contract-other"
    )


def _in_other_case(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield the update that spells every member it may write in capitals: JSON's names are told apart by case."""
    new, body = fresh(operation, context, "capitals"), minimal(operation, context)
    for member in writable(operation):
        value = value_at(new, member.path)
        if not (member.secret or member.required or value is ABSENT):
            *holders, name = steps_of(member.path)
            body = with_value(body, path_of([*holders, str(name).upper()]), value)
    one = judged(
        Probe.READ_ONLY, "members in capitals", operation, context, body, varies="undeclared"
    )
    if one.expect is Expect.ACCEPTED and body != minimal(operation, context):
        yield one


def _undeclared(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield updates with a member that the schema neither names nor forbids."""
    if operation.request is None:
        return
    members = operation.request.properties
    objects = [m.path for m in members if "properties" in m.schema and not m.read_only]
    least = minimal(operation, context)
    for path in (WHOLE, *objects):
        is_deep = parent_path(path) != WHOLE
        if is_deep and value_at(least, path) is ABSENT:
            continue
        name = member_path(path, "x_contract")
        for value in ("contract", {"a": [None, 7]}):
            body = with_value(least, name, value)
            one = judged(
                Probe.READ_ONLY,
                f"an undeclared {name}",
                operation,
                context,
                body,
                varies="undeclared",
            )
            if one.expect is Expect.ACCEPTED:
                yield one
