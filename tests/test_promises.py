"""Does each key of ``x-contract`` become a typed promise, with the line where it stands?"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent, indent
from typing import TYPE_CHECKING

import pytest
from exchanges import confluent, datadog

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.model.promises import (
    Entry,
    ErrorFormat,
    Identity,
    LaterDone,
    Member,
    Members,
    Promises,
    RateLimit,
    Refusals,
    RequestId,
    ResetUnit,
    StatedResource,
    Timestamps,
    ValuesByPath,
)
from pytest_confluent_contracts.model.sources import ContractError, SourceLocation

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

Read = Callable[[str], "Operation"]
PATCH, BLOCK = 5, 7  # the lines of the operation, and of the first entry of its x-contract
DOCUMENT = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    patch:
      x-contract:
{block}
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties: {name: {type: string}, word: {type: string, writeOnly: true}}
      responses:
        '200':
          description: The thing.
          headers:
            X-Rate-Limit-Limit: {schema: {type: integer}}
            retry-after: {schema: {type: integer}}
          content:
            application/json:
              schema:
                type: object
                properties:
                  id: {type: string, readOnly: true}
                  name: {type: string}
                  created_at: {type: string, format: date-time}
                  updated_at: {type: string, format: date-time}
        '400': {description: Wrong.}
        '403': {description: Not allowed.}
        '404': {description: Not found.}
        '422': {description: Wrong too.}
        '429': {description: Too many.}
"""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Return how to read an operation whose ``x-contract`` is the given block, or that has none."""

    def read(block: str) -> Operation:
        text = DOCUMENT.replace("{block}", indent(dedent(block).strip("\n"), " " * 8))
        if not block:
            text = DOCUMENT.replace("      x-contract:\n{block}\n", "")
        # Another name each time: what stands at one path is read once.
        path = tmp_path / f"things-{len(list(tmp_path.iterdir()))}.yaml"
        path.write_text(text, encoding="utf-8")
        return documents.read_document(path).operations[0]

    return read


def line(entry: Entry | None) -> int:
    """Return the line where *entry* stands."""
    assert entry is not None
    return entry.place.line


# --- stated ----------------------------------------------------------------------------------------------------------


def test_refusals_are_one_status_or_several(read: Read) -> None:
    """A number alone is a list of one; what is not stated is not promised."""
    found = read(
        "refusals: {says: So., unauthenticated: 401, unknown: [404, 410], invalid: [422]}"
    ).promises.refusals
    assert (found.unauthenticated, found.unknown, found.invalid) == ((401,), (404, 410), (422,))
    assert found.throttled == ()
    assert (line(found), found.says) == (BLOCK, "So.")


def test_the_rate_limit_is_told_by_its_headers(read: Read) -> None:
    """Headers that are not named are not promised; seconds from now are what Reset means where nothing is said."""
    found = read("rate-limit: {limit: X-Max, says: Counted.}").promises.rate_limit
    assert found is not None
    assert found == RateLimit(place=found.place, says="Counted.", limit="X-Max")
    assert (found.remaining, found.reset, found.retry_after) == ("", "", "")
    assert found.reset_is_relative
    assert found.retry_after_only_on == (429,)
    full = "{reset: X-End, reset-unit: epoch-seconds, retry-after: X-Wait, retry-after-only-on: [429, 503]}"
    found = read(f"rate-limit: {full}").promises.rate_limit
    assert found is not None
    assert (found.reset, found.retry_after) == ("X-End", "X-Wait")
    assert (found.reset_is_relative, found.retry_after_only_on) == (False, (429, 503))


def test_the_request_id_is_unique_unless_it_is_said_not_to_be(read: Read) -> None:
    """The header has a name; the promise that no two share it can be taken back."""
    for more, unique in (("", True), (", unique: true", True), (", unique: false", False)):
        found = read(f"request-id: {{header: X-Id{more}}}").promises.request_id
        assert found is not None
        assert found == RequestId(place=found.place, header="X-Id", unique=unique)
        assert line(found) == BLOCK


def test_each_part_of_the_error_format_has_its_own_line(read: Read) -> None:
    """Status, occurrence, pointer are members; the stable ones come in the order of the document."""
    found = read(
        """
        errors:
          status: {path: 'errors[].status', says: The status.}
          occurrence: {path: 'errors[].id'}
          stable: {paths: ['errors[].code', 'errors[].title'], says: The same.}
          pointer: {path: 'errors[].source.pointer'}
        """
    ).promises.errors
    assert found.status
    assert found.stable
    assert found.status == Member(
        place=found.status.place, says="The status.", path="errors[].status"
    )
    assert found.stable == Members(
        place=found.stable.place,
        says="The same.",
        paths=("errors[].code", "errors[].title"),
    )
    assert found.occurrence
    assert found.pointer
    assert (found.occurrence.path, found.pointer.path) == ("errors[].id", "errors[].source.pointer")
    lines = [line(part) for part in (found.status, found.occurrence, found.stable, found.pointer)]
    assert lines == [BLOCK + 1, BLOCK + 2, BLOCK + 3, BLOCK + 4]
    assert read("errors: {status: {path: code}}").promises.errors.pointer is None


def test_the_identity_is_a_parameter_and_the_member_that_equals_it(read: Read) -> None:
    """The address is promised only where it is named."""
    found = read(
        "identity: {says: Itself., parameter: id, property: data.id, self: links.self}"
    ).promises.identity
    assert found is not None
    assert found == Identity(
        place=found.place,
        says="Itself.",
        parameter="id",
        property="data.id",
        self_link="links.self",
    )
    short = read("identity: {self: me}").promises.identity
    assert short is not None
    assert (short.parameter, short.property, short.self_link) == ("", "id", "me")


LISTS = {
    "create-only": "create_only",
    "secrets": "secrets",
    "immutable": "immutable",
    "checked-elsewhere": "checked_elsewhere",
}


@pytest.mark.parametrize("key", LISTS)
def test_a_list_of_members_is_their_paths(read: Read, key: str) -> None:
    """Each list stands where its key does."""
    found = getattr(
        read(f"{key}: {{says: These., properties: [a.b, 'c[].d']}}").promises, LISTS[key]
    )
    assert found == Members(place=found.place, says="These.", paths=("a.b", "c[].d"))
    assert line(found) == BLOCK


@pytest.mark.parametrize(("key", "name"), [("values", "allowed_values"), ("samples", "samples")])
def test_values_are_told_by_path(read: Read, key: str, name: str) -> None:
    """They may be of any type; they are plain data, without the lines of the file."""
    found = getattr(
        read(f"{key}: {{properties: {{a.b: [x, 1, null], 'c[]': [{{d: e}}]}}}}").promises, name
    )
    assert found == ValuesByPath(
        place=found.place, by_path={"a.b": ("x", 1, None), "c[]": ({"d": "e"},)}
    )
    assert type(found.by_path["c[]"][0]) is dict
    assert line(found) == BLOCK


def test_time_stamps_are_two_members(read: Read) -> None:
    """One that is not named is not promised, though its name would be the usual one."""
    found = read("timestamps: {says: When., updated: meta.changed}").promises.timestamps
    assert found == Timestamps(place=found.place, says="When.", updated="meta.changed")
    assert found.created == ""


def test_each_entry_has_its_own_line(read: Read) -> None:
    """A finding names the line of the promise, not that of the block."""
    promises = read(
        """
        refusals: {unknown: 404}
        # a comment between them
        secrets: {properties: [word]}
        timestamps:
          updated: updated_at
        """
    ).promises
    assert (line(promises.refusals), line(promises.secrets), line(promises.timestamps)) == (
        7,
        9,
        10,
    )
    assert line(promises.immutable) == PATCH


def test_the_resource_is_told_in_parts(read: Read) -> None:
    """What is not stated is left open; a member is told by its path."""
    found = read("resource: {says: So., role: update}").promises.resource
    assert found is not None
    assert found == StatedResource(place=found.place, says="So.", role="update")
    assert line(found) == BLOCK
    block = """
        resource: {name: things, id: data.id, items: 'data[]', id-sent: name, parameter: id, references: {by.id: things}}
        """
    full = read(block).promises.resource
    assert full is not None
    assert (full.name, full.id, full.items, full.id_sent) == ("things", "data.id", "data[]", "name")
    assert (full.parameter, full.parent, dict(full.references)) == ("id", "", {"by.id": "things"})


def test_what_is_read_later_and_done_later_has_its_terms(read: Read) -> None:
    """Seconds; and where the status of what is done later is told, by default at the header Location."""
    promises = read("consistency: {within: 2.5, says: Soon.}\nasync: {}").promises
    assert promises.consistency is not None
    assert (promises.consistency.within, line(promises.consistency)) == (2.5, BLOCK)
    place = SourceLocation(promises.consistency.place.file, BLOCK + 1)
    assert promises.later_done == LaterDone(place=place)
    block = "async: {status-link: links.status, status: state, done: [ready], failed: [lost, dead]}"
    found = read(block).promises.later_done
    assert found is not None
    assert (found.status_link, found.status) == ("links.status", "state")
    assert (found.done, found.failed) == (("ready",), ("lost", "dead"))
    assert read("").promises.later_done is None


def test_a_path_may_hold_any_name(read: Read) -> None:
    """The path language's escapes are right in every place that takes a path."""
    block = """
        identity: {parameter: id, property: 'c\\.d'}
        timestamps: {created: 'e\\[f\\]', updated: '\\e'}
        secrets: {properties: ['a/b', 'g\\\\h', 'i\\.j.k/l', '[].x', '[]', 'a[][].b\\.']}
        samples: {properties: {'c\\.d[]': [x], '\\e': [y]}}
        """
    promises = read(block).promises
    assert promises.identity
    assert promises.identity.property == "c\\.d"
    assert (promises.timestamps.created, promises.timestamps.updated) == ("e\\[f\\]", "\\e")
    assert promises.secrets.paths == ("a/b", "g\\\\h", "i\\.j.k/l", "[].x", "[]", "a[][].b\\.")
    assert list(promises.samples.by_path) == ["c\\.d[]", "\\e"]


# --- wrong -----------------------------------------------------------------------------------------------------------

WRONG = {
    "a key that nobody knows": (
        "refusals: {unknown: 404}\nnonesuch: {a: 1}",
        BLOCK + 1,
        "nonesuch",
    ),
    "a part that nobody knows": ("timestamps:\n  updated: a\n  deleted: b", BLOCK + 2, "deleted"),
    "a status that is none": ("refusals: {says: So.,\n  unknown: 44}", BLOCK + 1, "44"),
    "no status in a list": ("refusals: {says: So.,\n  unknown: []}", BLOCK + 1, "unknown|\\[\\]"),
    "a request id without a header": ("request-id: {unique: true}", BLOCK, "header"),
    "a list of no members": ("immutable: {properties: []}", BLOCK, "\\[\\]"),
    "a member twice": ("immutable: {properties: [a, a]}", BLOCK, "unique"),
    "a unit without a reset": ("rate-limit: {reset-unit: epoch-seconds}", BLOCK, "reset"),
    "a role that nobody has": ("resource: {name: a,\n  role: creator}", BLOCK + 1, "creator"),
    "a reference of no path": ("resource:\n  references:\n    a..b: c", BLOCK + 2, "a..b"),
    "no time at all": ("consistency: {within: 0}", BLOCK, "0"),
    "an end of no status": ("async: {done: [ready]}", BLOCK, "status"),
    "values of no path": ("values:\n  properties:\n    a..b: [x]", BLOCK + 2, "a..b"),
}
NO_PATHS = ("", ".", "a.", ".a", "a..b", "a[", "a]", "a[0]", "[]a", "a[]b", "a.[]", "a\\", "a.\\")


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_told_with_its_line(read: Read, what: str) -> None:
    """The block is held against its own schema when the document is read."""
    block, at, named = WRONG[what]
    with pytest.raises(ContractError, match=rf"yaml:{at}: x-contract: .*({named})"):
        read(block)


@pytest.mark.parametrize("path", NO_PATHS)
def test_what_is_no_path_is_wrong(read: Read, path: str) -> None:
    """The schema takes the same paths as the path language."""
    with pytest.raises(ContractError, match=rf"yaml:{BLOCK}: x-contract: "):
        read(f"secrets: {{properties: ['{path}']}}")


# --- inferred --------------------------------------------------------------------------------------------------------


def test_without_a_block_the_usual_names_promise(read: Read) -> None:
    """Every entry that is inferred stands where the operation does, and says nothing in words."""
    operation = read("")
    promises, here = operation.promises, SourceLocation(operation.place.file, PATCH)
    assert operation.place == here
    assert promises == Promises(
        refusals=Refusals(
            place=here,
            inferred=True,
            unauthenticated=(403,),
            unknown=(404,),
            invalid=(400, 422),
            throttled=(429,),
        ),
        rate_limit=RateLimit(
            place=here,
            limit="X-Rate-Limit-Limit",
            retry_after="retry-after",
            reset_unit=ResetUnit.UNKNOWN,
            inferred=True,
            in_windows=False,
        ),
        request_id=None,
        errors=ErrorFormat(),
        identity=Identity(place=here, inferred=True, parameter="id", property="id"),
        create_only=Members(place=here),
        secrets=Members(place=here, inferred=True, paths=("word",)),
        immutable=Members(place=here, inferred=True, paths=("id",)),
        allowed_values=ValuesByPath(place=here),
        samples=ValuesByPath(place=here),
        timestamps=Timestamps(
            place=here, inferred=True, created="created_at", updated="updated_at"
        ),
        checked_elsewhere=Members(place=here),
    )


def test_what_is_stated_takes_the_place_of_what_is_inferred(read: Read) -> None:
    """An entry is stated as a whole: what it leaves out is not inferred."""
    promises = read("refusals: {unknown: 410}").promises
    assert promises.refusals.unknown == (410,)
    assert promises.refusals.invalid == ()
    assert promises.secrets.paths == ("word",)
    assert promises.rate_limit is not None


# --- the bundled documents -------------------------------------------------------------------------------------------


def test_the_promises_of_the_api_keys() -> None:
    """What Confluent's page says in words, as its document has it."""
    promises = confluent().promises
    assert promises.refusals.unauthenticated == (401,)
    assert promises.refusals.invalid == (400, 422)
    assert promises.rate_limit
    assert promises.rate_limit.remaining == "X-RateLimit-Remaining"
    assert promises.request_id
    assert (promises.request_id.header, promises.request_id.unique) == ("X-Request-Id", True)
    assert promises.errors.stable
    assert promises.errors.stable.paths == ("errors[].code", "errors[].title")
    assert promises.identity
    assert (promises.identity.property, promises.identity.self_link) == ("id", "metadata.self")
    assert promises.create_only.paths == ("spec.secret",)
    assert promises.timestamps.updated == "metadata.updated_at"


@pytest.mark.parametrize("operation", [confluent(), datadog()], ids=["confluent", "datadog"])
def test_a_stated_promise_stands_at_its_key(operation: Operation) -> None:
    """The line of each stated entry of a bundled document is that of its key; words stand only there."""
    text = documents.find_document(operation.document).read_text(encoding="utf-8").splitlines()
    for name in Promises.__slots__:
        entry = getattr(operation.promises, name)
        if isinstance(entry, Entry) and entry.says:
            key = text[entry.place.line - 1].strip()
            wanted = {"allowed_values": "values"}.get(name, name.replace("_", "-"))
            assert key.partition(":")[0] == wanted  # what is said at several is named and repeated
            assert entry.place.file == f"specs/{operation.document}.yaml"
