"""Do the words of a page become promises where the wording is certain, and stay words where it is not?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from panel_pages import PAGE, PANEL

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.documents.pages import read_page, wordings
from pytest_confluent_contracts.model.promises import ResetUnit

if TYPE_CHECKING:
    from pathlib import Path

ITEM = "/depots/{depot}/parcels/{parcel_id}"


def promises(text: str) -> Node:
    """Return the `x-contract` of the operation of the page *text*."""
    root = read_page(text)
    assert root is not None
    [operation] = [item["patch"] for item in root["paths"].values()]
    block: Node = operation.get("x-contract", Node(0))
    return block


def body(text: str) -> Any:
    """Return the members that a request to the operation of the page *text* may have."""
    root = read_page(text)
    assert root is not None
    operation = root["paths"][ITEM]["patch"]
    return operation["requestBody"]["content"]["application/json"]["schema"]["properties"]


# --- a whole page --------------------------------------------------------------------------------------------------

EXPECTED = {
    "rate-limit": {
        "limit": "X-Quota-Size",
        "remaining": "X-Quota-Left",
        "reset": "X-Quota-Reset",
        "reset-unit": "relative-seconds",
        "retry-after": "Retry-After",
        "retry-after-only-on": [429],
    },
    "request-id": {"header": "X-Call-Id", "unique": True},
    "identity": {"parameter": "parcel_id", "property": "parcel_id", "self": "link"},
    "create-only": {"properties": ["pin"]},
    "values": {"properties": {"colour": ["red", "green", "blue"]}},
    "timestamps": {"created": "packed", "updated": "touched"},
}
ERRORS = {
    "status": "problems[].http",
    "occurrence": "problems[].ref",
    "pointer": "problems[].where",
    "stable": ["problems[].kind", "problems[].summary"],
}


def test_a_page_promises_what_its_words_say() -> None:
    """Headers and members of any name, by what is said of them."""
    block = strip(promises(PAGE))
    assert set(block) == {*EXPECTED, "errors"}
    for key, expected in EXPECTED.items():
        assert {name: value for name, value in block[key].items() if name != "says"} == expected
        assert block[key]["says"]
    told = {
        part: one.get("path", one.get("paths"))
        for part, one in block["errors"].items()
        if part != "says"
    }
    assert told == ERRORS


def test_each_promise_stands_where_its_words_are() -> None:
    """The line is that of the description; of one in the panel and in the prose, the panel's."""
    lines = PAGE.splitlines()
    block = promises(PAGE)
    assert "unique identifier for the API call" in lines[block.line_of("request-id") - 1]
    assert "Only provided in `create`" in lines[block.line_of("create-only") - 1]
    assert "JSON Pointer" in lines[block["errors"].line_of("pointer") - 1]


def test_what_is_promised_is_read_as_what_is_stated(tmp_path: Path) -> None:
    """The entries are those of `x-contract`, and no others: the reader takes each of them."""
    path = tmp_path / "page.txt"
    path.write_text(PAGE, encoding="utf-8")
    [operation] = documents.read_document(path).operations
    read = operation.promises
    assert read.rate_limit is not None
    assert read.rate_limit.reset_unit is ResetUnit.SECONDS
    assert not read.rate_limit.inferred
    assert read.identity is not None
    assert not read.identity.inferred
    assert operation.parameters == (("depot", "d-1"), ("parcel_id", "p-7"))
    assert {"depot_code", "number"} <= set(read.immutable.paths)


def test_what_may_be_sent_gets_the_values_it_can_have() -> None:
    """OpenAPI has a keyword for them: what is sent keeps to it, and the double refuses others."""
    assert body(PAGE)["lane"]["enum"] == ["slow", "fast"]
    assert "enum" not in body(PAGE)["label"]


def test_an_id_is_shown_by_an_address_of_the_path_alone() -> None:
    """An example of another path's address is none of this id."""
    elsewhere = PAGE.replace("parcels.test/depots/d-1/parcels/p-7", "parcels.test/users/p-7")
    root = read_page(elsewhere)
    assert root is not None
    assert "example" not in root["paths"][ITEM]["patch"]["parameters"][1]


def test_what_the_page_states_stays() -> None:
    """An `x-contract` of its own is kept, and what it lacks is added."""
    stated = "      x-contract: {request-id: {header: X-Own}}\n      responses:"
    block = promises(PAGE.replace("      responses:", stated))
    assert block["request-id"] == {"header": "X-Own"}
    assert "rate-limit" in block


SILENT = {
    "two headers are one request's": (
        "The number of calls remaining in the current window.", "The unique identifier for this call.", "request-id"
    ),
    "a limit that slides": ("may make per window.", "may make per sliding window.", "rate-limit"),
    "two headers tell the limit": (
        "The number of calls remaining in the current window.", "The maximum number of calls per window.", "rate-limit"
    ),
    "another's id": ("description: The unique identifier of the parcel.", "description: What it is called.", "identity"),
    "a name in the path": ("description: The unique identifier for the parcel.", "description: The name.", "identity"),
    "some values among others": ("Can be `red`, `green`, or `blue`.", "Can be `red`, for example.", "values"),
    "two time stamps of creation": ("this parcel was last updated", "this parcel was created", "timestamps"),
    "shown again": ("Only provided in `create` responses.", "Provided in all responses.", "create-only"),
}  # fmt: skip


@pytest.mark.parametrize("name", SILENT)
def test_what_is_not_certain_is_no_promise(name: str) -> None:
    """The usual names may still say it, and then it warns at most."""
    old, new, key = SILENT[name]
    assert old in PAGE
    block = promises(PAGE.replace(old, new))
    if key == "timestamps":
        assert block.get(key) is None
    else:
        assert key not in block
    assert "errors" in block


def test_a_secret_that_no_answer_describes_never_comes_back() -> None:
    """It is marked as a secret in the schema, too; one that an answer describes is not."""
    secret = (
        "                gate_code: {type: string, description: The secret of your gate account.}\n"
    )
    text = PAGE.replace("                lane:\n", f"{secret}                lane:\n")
    block = promises(text)
    assert block["secrets"]["properties"] == ["gate_code"]
    assert block["checked-elsewhere"]["properties"] == ["gate_code"]
    assert body(text)["gate_code"]["writeOnly"] is True
    shown = text.replace(
        "                  colour:\n",
        "                  gate_code: {type: string}\n                  colour:\n",
    )
    assert "secrets" not in promises(shown)
    assert "writeOnly" not in body(shown)["gate_code"]


def test_what_is_recorded_may_stand_apart() -> None:
    """In an object that is called the resource's metadata; in one of another resource it is not its own."""
    stamps = PAGE[PAGE.index("                  packed:") : PAGE.index("                  pin:")]
    inner = "".join(f"    {line}" for line in stamps.splitlines(keepends=True))
    for words, key in (("Metadata of the parcel.", "about"), ("The depot.", "")):
        holder = f"                  about:\n                    description: {words}\n"
        block = promises(PAGE.replace(stamps, f"{holder}                    properties:\n{inner}"))
        assert block.get("timestamps", {}).get("created", "").rpartition(".")[0] == key


def test_tags_are_keys_or_pairs() -> None:
    """The samples are of the items where the words stand at a list."""
    words = "Marks. Can be a single key, or key-value pairs separated by a colon."
    marks = (
        f"                marks: {{type: array, items: {{type: string}}, description: '{words}'}}\n"
    )
    block = promises(PAGE.replace("                lane:\n", f"{marks}                lane:\n"))
    assert strip(block["samples"]["properties"]) == {"marks[]": ["bare", "key:value", "a:b:c"]}


def test_a_body_by_reference_is_read_too() -> None:
    """Also where its schema contains itself, and where it is put together of several."""
    colour = "{type: string, description: 'Can be `red` or `green`.'}"
    tint = "{type: string, description: 'Always `red`.'}"
    schema = (
        f"{{allOf: [{{$ref: '#/components/schemas/Part'}}, {{properties: {{colour: {colour}}}}}]}}"
    )
    part = f"{{type: object, properties: {{inner: {{$ref: '#/components/schemas/Part'}}, tint: {tint}}}}}"
    text = f"""\
components: {{schemas: {{Part: {part}}}}}
paths:
  /things/{{id}}:
    patch:
      responses:
        '200': {{description: It., content: {{application/json: {{schema: {schema}}}}}}}
"""
    assert strip(promises(text)["values"]["properties"]) == {
        "tint": ["red"],
        "colour": ["red", "green"],
    }


def test_a_plain_document_promises_what_it_states() -> None:
    """Only pages are taken at their word: an OpenAPI document has a block for it."""
    assert read_page(f"openapi: 3.0.3\ninfo: {{title: a, version: '1'}}\n{PANEL}") is None


# --- wordings ------------------------------------------------------------------------------------------------------

CERTAIN: list[tuple[Any, str, Any]] = [
    (wordings.only_values, "Can be `a`, `b`, or `c`.", ["a", "b", "c"]),
    (wordings.only_values, "The kind of it. Can be one of `a` or `b`", ["a", "b"]),
    (wordings.only_values, "The type. Should always be `x-y`.", ["x-y"]),
    (wordings.only_values, "The type. Allowed enum values: `x`,`y`", ["x", "y"]),
    (wordings.only_values, "Always `x`.", ["x"]),
    (wordings.names_the_request, "The unique identifier for the API request.", True),
    (wordings.names_the_request, "A value that uniquely identifies this request", True),
    (wordings.role_in_limit, "The maximum number of requests you're permitted to make per time period.", "limit"),
    (wordings.role_in_limit, "Number of requests allowed in a window", "limit"),
    (wordings.role_in_limit, "The number of requests remaining in the current rate limit window.", "remaining"),
    (wordings.role_in_limit, "Seconds until the window resets", "reset"),
    (wordings.role_in_limit, "Unix time at which the window resets", "reset"),
    (wordings.role_in_limit, "The number of seconds to wait until the rate limit window resets.", "retry-after"),
    (wordings.reset_unit, "The relative time in seconds until it resets. Others use UTC epoch seconds.", "relative-seconds"),
    (wordings.reset_unit, "The epoch second at which it resets.", "epoch-seconds"),
    (wordings.only_at_limit, "Only sent when the rate limit is reached.", True),
    (wordings.error_roles, "The HTTP status code applicable to this problem, expressed as a string value.", {"status"}),
    (wordings.error_roles, "A short summary. It **SHOULD NOT** change from occurrence to occurrence.", {"title"}),
    (wordings.is_create_only, "The secret. Only provided in `create` responses, not in `get` or `list`.", True),
    (wordings.is_create_only, "Only returned once, on creation.", True),
    (wordings.is_never_shown, "It is never returned.", True),
    (wordings.is_never_shown, "Write-only", True),
    (wordings.is_immutable, "Immutable.", True),
    (wordings.is_immutable, "The zone cannot be changed after creation.", True),
    (wordings.is_generated, "A randomly generated ID associated with a parcel.", True),
    (wordings.is_generated, "The number, assigned by the service.", True),
    (wordings.is_key_or_pair, "Can be a single key, or key-value pairs separated by a colon.", True),
    (wordings.belongs_elsewhere, "The API key associated with your Depot account.", True),
    (wordings.is_address, "Self is a Uniform Resource Locator (URL) at which an object can be addressed.", True),
    (wordings.stamp_roles, "The date and time at which this object was last updated.", {"updated"}),
]  # fmt: skip
OPEN: list[tuple[Any, str]] = [
    (wordings.only_values, "Can be `a`, `b`, or any other text."),
    (wordings.only_values, "Can be `a`, for example."),
    (wordings.only_values, "Can be set with `a`."),
    (wordings.only_values, "Can be a name."),
    (wordings.only_values, "May be `null`."),
    (wordings.only_values, "Can be `CLOUD`."),
    (wordings.only_values, "Can be `a` or `null`."),
    (wordings.only_values, "Can be `a` or `b`. Other values may come."),
    (wordings.only_values, "It can be null. Like `a`."),
    (wordings.names_the_request, "The unique identifier for the API key."),
    (wordings.names_the_request, "How requests are authenticated"),
    (wordings.role_in_limit, "The size of the answer."),
    (wordings.role_in_limit, "When the cache is reset."),
    (wordings.reset_unit, "When the window resets."),
    (wordings.reset_unit, "Seconds until the epoch ends, in epoch seconds."),
    (wordings.only_at_limit, "Sent when the rate limit is near."),
    (wordings.error_roles, "The HTTP status code of the answer, a number."),
    (wordings.error_roles, "A code."),
    (wordings.error_roles, "A pointer."),
    (wordings.is_create_only, "Only users who can create keys may see it."),
    (wordings.is_create_only, "Provided in `create` responses."),
    (wordings.is_never_shown, "Not returned by default when it is too large to be of use"),
    (wordings.is_never_shown, "The name of the secret in your vault."),
    (wordings.belongs_elsewhere, "The label of the key of your account."),
    (wordings.is_immutable, "Not immutable at all."),
    (wordings.is_immutable, "It cannot be changed by guests."),
    (wordings.is_generated, "The generated report."),
    (wordings.is_generated, "The name that the owner assigned."),
    (wordings.is_key_or_pair, "Pairs of key and value."),
    (wordings.belongs_elsewhere, "The name of your account."),
    (wordings.is_address, "The URL of the picture."),
    (wordings.stamp_roles, "The date and time at which the picture was taken."),
    (wordings.stamp_roles, "Where it was created."),
]


@pytest.mark.parametrize(("asked", "text", "expected"), CERTAIN)
def test_a_certain_wording_is_understood(asked: Any, text: str, expected: Any) -> None:
    """Whoever the vendor, whatever the member is called."""
    assert asked(text) == expected


@pytest.mark.parametrize(("asked", "text"), OPEN)
def test_what_leaves_room_is_not(asked: Any, text: str) -> None:
    """The closest wording that says something else."""
    assert not asked(text)
