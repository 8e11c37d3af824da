"""What must an update not write? Members that are read-only, immutable or not declared."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.cases.baseline import baseline_update
from pytest_confluent_contracts.cases.build import (
    fresh_body,
    judged_case,
    minimal_body,
    sample_value,
    with_values,
    writable_members,
)
from pytest_confluent_contracts.cases.same_form import (
    form_of,
    other_of_same_form,
    past_of_same_form,
)
from pytest_confluent_contracts.model.documents import types_allowed
from pytest_confluent_contracts.model.media_types import WITH_MEMBERS
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
)
from pytest_confluent_contracts.model.resources import Role
from pytest_confluent_contracts.model.traffic import (
    Case,
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation, Property

# What no service would have by chance.
OTHER_FORMATTED = {
    "date-time": "2099-02-03T04:05:06Z",
    "uri": "https://contract.example/other",
}
MISTAKEN: tuple[Any, ...] = ("text", 7, ["text"])
OTHER_ITEM = {"id": "contract-other", "resource_type": "kafka", "tags": ["contract:other"]}


def read_only_cases(operation: Operation, context: RunContext, shown: Any = ABSENT) -> list[Case]:
    """Return updates that also send what they must not write, with values of its own.

    They come in groups, with the smallest update in between: its answer shows what changed.

    *shown* is the body of an answer, where one came already: values that a service would take for
    its own have the form of its, and else that of the document's examples. How many cases there
    are, and what each is about, does not depend on it.
    """
    request = operation.request
    if request is None or request.kind not in WITH_MEMBERS:
        return []
    others = _frozen_values(operation)

    def of_past(path: str, form: Any) -> Any:
        return past_of_same_form(operation, path, form, shown)

    alike = _plausible_values(operation, others, shown, partial(other_of_same_form, operation))
    past = _plausible_values(operation, others, shown, of_past)
    alone: dict[str, Any] = {}
    for path, value in others.items():
        alone[path] = value if isinstance(value, dict | list) else alike[path]
    least = minimal_body(operation, context)
    beside = fresh_body(operation, context, "beside")

    def frozen(base: Any, values: Iterable[tuple[str, Any]]) -> list[Case]:
        return [
            _frozen_case(operation, context, path, with_value(base, path, value))
            for path, value in values
        ]

    look = baseline_update(operation, context, Probe.READ_ONLY)
    everything = with_values(least, alike)
    if operation.role is Role.CREATE:
        return [
            look,
            *frozen(least, alone.items()),
            _frozen_case(operation, context, "everything immutable", everything),
            *_all_of_one_kind(operation, context, others),
            *_with_undeclared(operation, context),
            *_in_capitals(operation, context),
            look,
        ]
    return [
        look,
        *frozen(least, alone.items()),
        *frozen(least, _plausible_parts(operation, alike, shown)),
        look,
        *frozen(least, [(path, None) for path in others]),
        *frozen(least, [(path, type(value)()) for path, value in others.items()]),
        *frozen(least, _mistaken_values(others)),
        look,
        _frozen_case(operation, context, "everything immutable", everything),
        *frozen(beside, past.items()),
        look,
        *_with_undeclared(operation, context),
        *_in_capitals(operation, context),
        look,
    ]


def _all_of_one_kind(
    operation: Operation, context: RunContext, others: Mapping[str, Any]
) -> Iterator[Case]:
    """Yield requests in which all that is frozen is null, empty, a text, a number, a list.

    Nothing was there before that one of them could write: what fails is found by leaving out.
    """
    least = minimal_body(operation, context)
    holders = {parent_path(path) for path in others}
    parts = {path: value for path, value in others.items() if path not in holders}
    if not parts:
        return
    kinds: dict[str, Any] = {
        "null": dict.fromkeys(parts, None),
        "empty": {path: type(value)() for path, value in parts.items()},
    }
    for odd in MISTAKEN:
        kinds[repr(odd)] = dict.fromkeys(parts, odd)
    for kind, values in kinds.items():
        body = with_values(least, values)
        yield _frozen_case(operation, context, f"everything immutable as {kind}", body)


def _frozen_case(operation: Operation, context: RunContext, sent: str, body: Any) -> Case:
    return judged_case(
        Probe.READ_ONLY,
        f"{sent} sent",
        operation,
        context,
        body,
        expect=Expect.ANY,
        violations=(),
        subject=Subject(SubjectKind.MEMBER, sent),
    )


# --- values for what is frozen --------------------------------------------------------------------


def _frozen_values(operation: Operation) -> dict[str, Any]:
    """Return a value that no service would have by chance, for each member that is frozen."""
    known = {member.path: member for member in operation.answer_members}
    promises = operation.promises
    others: dict[str, Any] = {}
    for path in (*promises.immutable.paths, *promises.create_only.paths):
        if path not in known:
            continue
        value = _unlikely_value(known, path)
        if isinstance(value, list):
            value = [*_item_turned_over(operation, path), *value]
        others[path] = value
    return others


def _unlikely_value(known: Mapping[str, Property], path: str) -> Any:
    """Return a value for *path* that no service would have by chance."""
    below = {name: member for name, member in known.items() if _is_member_below(name, path)}
    if below and not has_items(path):
        tree: Any = {}
        for name, member in below.items():
            if "properties" not in member.schema:
                tree = with_value(tree, relative_path(name, path), _unlikely_leaf(member))
        return tree
    if "array" in types_allowed(known[path].schema):
        items = item_path(path)
        item = {key: one for key, one in OTHER_ITEM.items() if member_path(items, key) in known}
        return [item]
    return _unlikely_leaf(known[path])


def _is_member_below(path: str, holder: str) -> bool:
    """Return whether *path* leads into the object at *holder*; a list has items, no members."""
    if not is_within(path, holder):
        return False
    below = steps_of(relative_path(path, holder))
    return bool(below) and below[0] is not ITEM


def _unlikely_leaf(member: Property) -> Any:
    if member.schema.get("format") in OTHER_FORMATTED:
        return OTHER_FORMATTED[member.schema["format"]]
    value = sample_value(member)
    if not isinstance(value, str):
        return value
    if "example" not in member.schema:
        return "contract-other"
    # Another value of the documented look, for a service may write only what it takes for one.
    last = "y" if value.endswith("x") else "x"
    return value[:-1] + last


def _item_turned_over(operation: Operation, path: str) -> list[Any]:
    """Return the first item that the document shows at *path*, with its id and other values.

    Its owner may write by id. The list is empty where the document shows none.
    """
    content = operation.success_content
    if content is None:
        return []
    for example in content.examples:
        items = value_at(example.value, path)
        if isinstance(items, list) and items:
            if not isinstance(items[0], dict):
                return []
            return [_turned_over(items[0])]
    return []


def _turned_over(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return *item* with its truth values inverted and its lists replaced."""
    turned = dict(item)
    for name, value in item.items():
        if isinstance(value, bool):
            turned[name] = not value
        elif isinstance(value, list):
            turned[name] = ["contract:other"]
    return turned


# --- values that a service would take for its own -------------------------------------------------


def _plausible_values(
    operation: Operation,
    others: Mapping[str, Any],
    shown: Any,
    another: Callable[[str, Any], Any],
) -> dict[str, Any]:
    """Return for each path of *others* a value of the form that *shown* or the document has.

    It is *another* than the one at the path that shows the form. Where neither shows a form, it is
    the one of *others*.
    """
    known = {member.path: member for member in operation.answer_members}
    alike: dict[str, Any] = {}
    for path, unlikely in others.items():
        value = unlikely
        for part in _parts_with_values(known, path):
            form = form_of(operation, known[part], shown)
            if form is not ABSENT:
                value = with_value(value, relative_path(part, path), another(part, form))
        alike[path] = value
    return alike


def _parts_with_values(known: Mapping[str, Property], path: str) -> list[str]:
    """Return the paths at or below *path* that hold a value of their own, lists as a whole."""
    found: list[str] = []
    for name, member in known.items():
        is_part = name == path or _is_member_below(name, path)
        if is_part and not has_items(name) and "properties" not in member.schema:
            found.append(name)
    return found


def _plausible_parts(
    operation: Operation, alike: Mapping[str, Any], shown: Any
) -> Iterator[tuple[str, Any]]:
    """Yield each part of what is frozen, by its path, with its plausible value alone."""
    known = {member.path: member for member in operation.answer_members}
    for path, value in alike.items():
        if isinstance(value, dict):
            for part in _parts_with_values(known, path):
                yield part, value_at(value, relative_path(part, path))
        elif isinstance(value, list):
            yield from _plausible_lists(operation, known[path], shown)


def _plausible_lists(
    operation: Operation, member: Property, shown: Any
) -> Iterator[tuple[str, Any]]:
    """Yield the list as it is with one more item, and with one member of its first item changed."""
    items = form_of(operation, member, shown)
    if not (isinstance(items, list) and isinstance(items[0], dict)):
        return
    path = item_path(member.path)
    other = other_of_same_form(operation, path, items[0])
    yield member.path, [*items, other]
    for declared in operation.answer_members:
        name = declared.name
        if declared.parent == path and not has_items(name):
            changed = {**items[0], name: other.get(name, sample_value(declared))}
            yield member.path, [changed, *items[1:]]


def _mistaken_values(others: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield, by path, what stands in the place of a value where a client is mistaken."""
    for path, value in others.items():
        for odd in MISTAKEN:
            if type(odd) is not type(value) or isinstance(value, list):
                yield path, odd


# --- members that are not declared ----------------------------------------------------------------


def _undeclared_case(operation: Operation, context: RunContext, title: str, body: Any) -> Case:
    return judged_case(
        Probe.READ_ONLY, title, operation, context, body, subject=Subject(SubjectKind.UNDECLARED)
    )


def _in_capitals(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield the update that spells every member it may write in capitals.

    JSON's names are told apart by case.
    """
    new = fresh_body(operation, context, "capitals")
    least = body = minimal_body(operation, context)
    for member in writable_members(operation):
        value = value_at(new, member.path)
        if not (member.secret or member.required or value is ABSENT):
            *holders, name = steps_of(member.path)
            body = with_value(body, path_of([*holders, str(name).upper()]), value)
    one = _undeclared_case(operation, context, "members in capitals", body)
    if one.expect is Expect.ACCEPTED and body != least:
        yield one


def _with_undeclared(operation: Operation, context: RunContext) -> Iterator[Case]:
    """Yield updates with a member that the schema neither names nor forbids."""
    if operation.request is None:
        return
    least = minimal_body(operation, context)
    for path in (WHOLE, *_object_paths(operation)):
        is_deep = parent_path(path) != WHOLE
        if is_deep and value_at(least, path) is ABSENT:
            continue
        name = member_path(path, "x_contract")
        for value in ("contract", {"a": [None, 7]}):
            body = with_value(least, name, value)
            one = _undeclared_case(operation, context, f"an undeclared {name}", body)
            if one.expect is Expect.ACCEPTED:
                yield one


def _object_paths(operation: Operation) -> list[str]:
    """Return the paths of the objects within the request body that an update may write."""
    members = operation.request_members
    return [m.path for m in members if "properties" in m.schema and not m.read_only]
