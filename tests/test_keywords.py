"""Is each word of OpenAPI and JSON Schema honoured or told as not judged, and told where it stands?"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from running import THINGS, gate

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.documents.keywords import (
    HELD,
    HELD_BY_NAME,
    HONOURED,
    NOT_JUDGED,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What the meta-schemas call an object, where we call it otherwise.
NAMES = {
    "xml": "xml",
    "parameter location": "parameter",
    "external documentation": "external documentation",
    "api key security scheme": "security scheme",
    "http security scheme": "security scheme",
    "o auth2 security scheme": "security scheme",
    "open id connect security scheme": "security scheme",
    "o auth flows": "oauth flows",
    "implicit o auth flow": "oauth flow",
    "password o auth flow": "oauth flow",
    "client credentials flow": "oauth flow",
    "authorization code o auth flow": "oauth flow",
    "examples": "media type",
}
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def meta_schema(version: str) -> dict[str, Any]:
    """Return the meta-schema of OpenAPI *version*."""
    folder = resources.files("openapi_spec_validator") / "resources" / "schemas" / version
    found: dict[str, Any] = json.loads((folder / "schema.json").read_text("utf-8"))
    return found


def object_name(name: str) -> str:
    """Return what we call the object of a definition: ``path item`` for ``PathItem`` and ``path-item``."""
    name = name.removesuffix("-or-reference")
    if name.isupper():
        return name.lower()
    words = "".join(f" {sign.lower()}" if sign.isupper() else sign for sign in name)
    told = words.replace("-", " ").replace("a p i", "api").replace("h t t p", "http").strip()
    return NAMES.get(told, told)


def keywords_of(definition: Any) -> Iterator[str]:
    """Yield the names of members that a definition lists, in itself and in its branches."""
    yield from definition.get("properties", {})
    branches = [definition.get(key, []) for key in ("allOf", "oneOf", "anyOf")]
    by_name = [definition.get(key, {}).values() for key in ("dependentSchemas", "$defs")]
    alone = [[definition[key]] for key in ("then", "else") if key in definition]
    for below in (*branches, *by_name, *alone):
        for branch in below:
            yield from keywords_of(branch)


def openapi_keywords(version: str) -> Iterator[tuple[str, str]]:
    """Yield each keyword of OpenAPI *version*, with the object in which it stands."""
    schema = meta_schema(version)
    yield from (("openapi", keyword) for keyword in schema["properties"])
    definitions = dict(schema.get("definitions") or schema["$defs"])
    # 3.1 has the flows as definitions of their own within those of the object that holds them.
    within = definitions.get("oauth-flows", {}).get("$defs", {})
    flows = {"password o auth flow": {"allOf": list(within.values())}} if within else {}
    for name, definition in (definitions | flows).items():
        known = {
            key: value
            for key, value in definition.items()
            if name != "oauth-flows" or key != "$defs"
        }
        for keyword in keywords_of(known):
            yield object_name(name), keyword
    yield from (("path item", method) for method in METHODS)


def vocabulary_keywords() -> Iterator[tuple[str, str]]:
    """Yield each keyword of JSON Schema's vocabularies, 2020-12."""
    folder = resources.files("jsonschema_specifications") / "schemas" / "draft202012"
    for vocabulary in (folder / "vocabularies").iterdir():
        for keyword in json.loads(vocabulary.read_text("utf-8"))["properties"]:
            yield "schema", keyword


EVERY = sorted({*openapi_keywords("v3.0"), *openapi_keywords("v3.1"), *vocabulary_keywords()})


def test_the_meta_schemas_have_what_is_known_of_them() -> None:
    """Were they written otherwise, the walk would find little and the next test say nothing."""
    assert len(EVERY) > 200
    assert {kind for kind, _ in EVERY} >= {"openapi", "operation", "schema", "link", "encoding"}


@pytest.mark.parametrize(("kind", "keyword"), EVERY)
def test_each_keyword_is_in_one_of_two_lists(kind: str, keyword: str) -> None:
    """It is honoured, or it is told where it stands."""
    honoured = keyword in HONOURED.get(kind, ())
    assert honoured != (keyword in NOT_JUDGED.get(kind, ()))


def test_the_lists_have_no_keyword_that_does_not_exist() -> None:
    """What is in a list is a word of a meta-schema, or of the drafts before."""
    tables = (HONOURED, NOT_JUDGED)
    listed = {(kind, word) for table in tables for kind in table for word in table[kind]}
    older = {("schema", "definitions"), ("path item", "$ref"), ("reference", "$ref")}
    assert listed - set(EVERY) <= older


def test_the_way_through_a_document_goes_by_keywords() -> None:
    """What holds other objects is a keyword that is honoured."""
    assert all(keyword in HONOURED[kind] for kind, keyword in (*HELD, *HELD_BY_NAME))


def test_the_bundled_documents_have_nothing_that_is_not_judged() -> None:
    """Their header says nothing of it."""
    for path in documents.bundled_documents().values():
        document = documents.read_document(path)
        assert (document.unjudged, document.unread) == ((), ())


TOLD = {
    "webhooks": ("paths:", "webhooks: {}\npaths:", "webhooks (openapi)", 3),
    "another method": ("    patch:", "    trace: {}\n    patch:", "trace (path item)", 5),
    "callbacks": ("      responses:", "      callbacks: {}\n      responses:", "callbacks (operation)", 9),
    "links": ("          content:", "          links: {}\n          content:", "links (response)", 12),
    "encoding": ("{schema: {type: object", "{encoding: {}, schema: {type: object", "encoding (media type)", 8),
    "xml": ("name: {type: string}", "name: {type: string, xml: {}}", "xml (schema)", 8),
    "contentEncoding": ("name: {", "name: {contentEncoding: base64, ", "contentEncoding (schema)", 8),
    "a typing error": ("name: {", "name: {maxLenght: 3, ", "maxLenght (unknown in schema)", 8),
    "an example elsewhere": (
        "{schema: {",
        "{examples: {a: {externalValue: 'http://a'}}, schema: {",
        "externalValue (example)",
        8,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_what_is_not_judged_is_told_with_its_line(tmp_path: Path, name: str) -> None:
    """The document tells each place of it."""
    old, new, what, line = TOLD[name]
    (path := tmp_path / "things.yaml").write_text(THINGS.replace(old, new, 1), encoding="utf-8")
    [unjudged] = documents.read_document(path).unjudged
    assert (unjudged.what, unjudged.place.line) == (what, line)


def test_what_may_have_any_name_is_no_keyword(tmp_path: Path) -> None:
    """Members, statuses, and what an example shows may have the names of keywords, and extensions any."""
    text = THINGS.replace(
        "properties: {name:", "x-a: 1, properties: {xml: {example: {xml: 1}}, name:"
    )
    (path := tmp_path / "things.yaml").write_text(text, encoding="utf-8")
    assert documents.read_document(path).unjudged == ()


def test_the_header_counts_and_the_plan_names_what_is_not_judged(tmp_path: Path) -> None:
    """The header has the first place of each, the plan every one."""
    text = THINGS.replace("name: {type: string}", "name: {type: string, xml: {}}")
    (tmp_path / "things.yaml").write_text(text, encoding="utf-8")
    options = ("--contract-target=mock", "--contract-spec=things.yaml", "--contract-plan")
    told = gate(tmp_path, *options).out
    assert "contracts: things: not judged: 2 xml (schema) (first things.yaml:8)" in told
    assert "not judged: things: xml (schema): things.yaml:8, things.yaml:12" in told
