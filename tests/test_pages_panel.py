"""Is a page with a YAML panel understood as the document that it says, each part on the page's own line?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from judging import red
from panel_pages import CHANGED, PAGE, PANEL, PROSE, TITLE

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.documents.lines import Node, UnreadableText, strip
from pytest_confluent_contracts.documents.pages.panel import read_panel
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Document

ITEM = "/depots/{depot}/parcels/{parcel_id}"


def understood(text: str) -> Node:
    """Return the document that the page *text* says."""
    root = read_panel(text)
    assert root is not None
    return root


def operation_of(root: Node) -> Any:
    """Return the operation of our page."""
    return root["paths"][ITEM]["patch"]


def read(folder: Path, text: str) -> Document:
    """Return the page *text*, read from a file."""
    path = folder / "page.txt"
    path.write_text(text, encoding="utf-8")
    return documents.read_document(path)


def ids_and_levels(document: Document) -> list[tuple[str, str]]:
    """Return id and level of each clause of a document."""
    found = []
    for operation in document.operations:
        found += [(clause.id, clause.level.name) for clause in clauses.derive(operation)]
    return found


# --- what a page says ----------------------------------------------------------------------------------------------


def test_a_page_is_a_document_with_title_servers_and_schemes() -> None:
    """The title is the page's, the servers those of its operations, the shown body an example."""
    root = understood(PAGE)
    assert root["openapi"] == "3.0.3"
    assert strip(root["info"]) == {"title": TITLE, "version": ""}
    assert strip(root["servers"]) == [{"url": "https://api.parcels.test", "description": "Parcels"}]
    schemes = root["components"]["securitySchemes"]
    assert {name: scheme["scheme"] for name, scheme in schemes.items()} == {
        "depot-key": "basic",
        "operatorAccessToken": "bearer",
    }
    operation = operation_of(root)
    assert operation["requestBody"]["content"]["application/json"]["example"] == {
        "label": "fragile"
    }
    assert not {"servers", "jsonRequestBodyExample"} & operation.keys()


def test_lines_are_those_of_the_page() -> None:
    """A member stands where a person finds it in the file that was saved."""
    lines = PAGE.splitlines()
    operation = operation_of(understood(PAGE))
    shown = {
        "operationId": operation.line_of("operationId"),
        "'401'": operation["responses"].line_of("401"),
        "jsonRequestBodyExample": operation["requestBody"]["content"]["application/json"].line_of(
            "example"
        ),
    }
    for text, line in shown.items():
        assert lines[line - 1].strip().startswith(text)


def test_a_header_of_the_prose_counts_where_the_panel_lacks_it() -> None:
    """It belongs to the answer whose description stands above it; the panel's own are left alone."""
    responses = operation_of(understood(PAGE))["responses"]
    added = responses["200"]["headers"]["X-Only-In-Prose"]
    assert strip(added) == {"schema": {"type": "string"}, "description": "Which conveyor answered."}
    assert PAGE.splitlines()[added.line - 1].strip() == "X-Only-In-Prose"
    assert responses["200"]["headers"]["X-Quota-Reset"]["schema"]["type"] == "integer"
    assert "X-Only-In-Prose" not in responses["429"]["headers"]


def test_headers_of_the_prose_that_could_be_of_two_answers_are_of_none() -> None:
    """Two answers with one description are not told apart by it; by a status they are."""
    doubtful = PAGE.replace("description: Bad Request", "description: The parcel.")
    assert (
        "X-Only-In-Prose" not in operation_of(understood(doubtful))["responses"]["200"]["headers"]
    )
    told = doubtful.replace("The parcel.\n\nResponse", "200 OK\n\nResponse")
    assert "X-Only-In-Prose" in operation_of(understood(told))["responses"]["200"]["headers"]


@pytest.mark.parametrize("name", CHANGED)
def test_the_same_page_otherwise_says_the_same(tmp_path: Path, name: str) -> None:
    """Other headings, another order, a fence, a footer: the clauses are the same."""
    (tmp_path / "a").mkdir()
    document = read(tmp_path, CHANGED[name])
    assert document.title == TITLE
    assert ids_and_levels(document) == ids_and_levels(read(tmp_path / "a", PAGE))


def test_a_panel_may_be_a_whole_document() -> None:
    """What it states of itself holds before what the page says, and its lines are the page's."""
    info = "info: {title: Parcels, version: '7'}"
    root = understood(PAGE.replace("\npaths:\n", f"\nopenapi: 3.1.0\n{info}\npaths:\n"))
    assert root["openapi"] == "3.1.0"
    assert strip(root["info"]) == {"title": "Parcels", "version": "7"}
    assert root["paths"].line > PAGE.splitlines().index("paths:")


def test_the_bare_fragment_says_the_same_but_for_the_prose(tmp_path: Path) -> None:
    """Its title is the operation's name."""
    document = read(tmp_path, PANEL)
    (tmp_path / "a").mkdir()
    whole = ids_and_levels(read(tmp_path / "a", PAGE))
    lacking = [one for one in whole if "X-Only-In-Prose" not in one[0]]
    assert document.title == "relabelParcel"
    assert ids_and_levels(document) == lacking


def test_two_panels_are_one_document(tmp_path: Path) -> None:
    """Each keeps its lines; where both have a path, its methods are put together."""
    second = PANEL.replace("    patch:", "    put:").replace("relabelParcel", "replaceParcel")
    third = PANEL.replace("/parcels/", "/pallets/").replace("relabelParcel", "relabelPallet")
    text = f"{PAGE}\nReplace a parcel\n\nPUT\n\n{second}\nRelabel a pallet\n{third}"
    root = understood(text)
    assert set(root["paths"][ITEM]) == {"patch", "put"}
    line = root["paths"][ITEM]["put"].line_of("operationId")
    assert text.splitlines()[line - 1].strip() == "operationId: replaceParcel"
    names = [operation.id for operation in read(tmp_path, text).operations]
    assert names == ["relabelParcel", "replaceParcel", "relabelPallet"]


def test_an_operation_without_a_body_is_understood(tmp_path: Path) -> None:
    """Neither a request body nor an example of one."""
    start, end = PAGE.index("      requestBody:"), PAGE.index("      responses:")
    text = (PAGE[:start] + PAGE[end:]).partition("      jsonRequestBodyExample")[0]
    [operation] = read(tmp_path, text).operations
    assert operation.request is None


def test_the_double_of_a_page_keeps_what_the_page_promises(tmp_path: Path) -> None:
    """The embedded service serves a page as any document, errors under names of the page's too."""
    [operation] = read(tmp_path, PAGE).operations
    double = Double(operation, max_examples=8)
    campaign = double.campaign(lambda service: service)
    rulings = {clause.id: campaign.ruling(clause) for clause in clauses.derive(operation)}
    assert red(rulings) == {}
    for id in ("error/status", "error/id-unique", "error/source.pointer/at-fault"):
        assert rulings[id].verdict == "kept"


# --- security schemes ----------------------------------------------------------------------------------------------

TOLD = {
    "by its name": ("depot-key", "http_basic", "http_basic", "basic"),
    "as a token by its name": ("depot-key", "depotBearer", "depotBearer", "bearer"),
    "by a line of the prose": (
        "Skip to main content", "depot-key is sent with HTTP Basic authentication", "depot-key", "basic"
    ),
    "by a challenge": ("depot-key", "gate", "gate", "basic"),
}  # fmt: skip


@pytest.mark.parametrize("name", TOLD)
def test_a_scheme_that_is_told_is_defined(name: str) -> None:
    """By its name, by words beside it, or as the only one that a challenge can be of."""
    old, new, scheme, kind = TOLD[name]
    defined = understood(PAGE.replace(old, new))["components"]["securitySchemes"]
    assert defined[scheme]["scheme"] == kind


def test_a_key_is_carried_as_a_command_shows() -> None:
    """The only scheme left, and the only header whose value is to be filled in."""
    command = 'curl -X PATCH https://api.parcels.test/ -H "Accept: $ANY" -H "X-Depot: ${DEPOT_KEY}"'
    text = PAGE.replace("Skip to main content", command).replace("Basic realm", "Other realm")
    scheme = understood(text)["components"]["securitySchemes"]["depot-key"]
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "X-Depot")
    two = text.replace('-H "X-Depot', '-H "X-Other: $OTHER" -H "X-Depot')
    assert "depot-key" not in understood(two)["components"]["securitySchemes"]


def test_a_challenge_that_may_be_of_two_schemes_defines_none(tmp_path: Path) -> None:
    """What stays open is an error with the line, and not a guess; the token is still told."""
    text = PAGE.replace("- depot-key: []", "- depot-key: []\n      - gate-key: []")
    assert set(understood(text)["components"]["securitySchemes"]) == {"operatorAccessToken"}
    with pytest.raises(ContractError, match="`depot-key` is not defined") as caught:
        read(tmp_path, text)
    line = 1 + text.splitlines().index("      - depot-key: []")
    assert caught.value.place is not None
    assert caught.value.place.line == line


def test_an_overlay_defines_what_the_page_does_not_tell(tmp_path: Path) -> None:
    """As for any document that one does not own."""
    page, overlay = tmp_path / "page.txt", tmp_path / "overlay.yaml"
    page.write_text(PAGE.replace("Basic realm", "Other realm"), encoding="utf-8")
    scheme = "{depot-key: {type: apiKey, in: header, name: X-Depot}}"
    update = f"update: {{components: {{securitySchemes: {scheme}}}}}"
    overlay.write_text(f"overlay: 1.0.0\nactions: [{{target: $, {update}}}]\n", encoding="utf-8")
    [operation] = documents.read_document(page, (overlay,)).operations
    assert [scheme.carrier for scheme in operation.schemes] == ["X-Depot", "Authorization"]


def test_a_challenge_of_a_scheme_that_is_told_tells_of_no_other() -> None:
    """The page shows how the token is sent, and says nothing of the key."""
    text = PAGE.replace('example: Basic realm="depot"', "example: Bearer")
    assert "depot-key" not in understood(text)["components"]["securitySchemes"]


def test_what_the_panel_defines_stays() -> None:
    """Beside the operation, or under the components."""
    stated = "{depot-key: {type: apiKey, in: header, name: X-Depot}}"
    for text in (
        PAGE.replace("      servers:\n", f"      securitySchemes: {stated}\n      servers:\n"),
        PAGE.replace("\npaths:", f"\ncomponents: {{securitySchemes: {stated}}}\npaths:"),
    ):
        schemes = understood(text)["components"]["securitySchemes"]
        assert schemes["depot-key"]["name"] == "X-Depot"
        assert schemes["operatorAccessToken"]["scheme"] == "bearer"


# --- what is no page, and what cannot be understood ----------------------------------------------------------------

NO_PAGES = {
    "a document": f"openapi: 3.0.3\ninfo: {{title: Parcels, version: '1'}}\n{PANEL}",
    "with its version last": f"{PANEL}openapi: 3.0.3\n",
    "with its version in quotes": f'# Parcels\n---\n"openapi": 3.0.3\nunknown: 1\n{PANEL}',
    "Swagger": f"swagger: '2.0'\n{PANEL}",
    "prose alone": PROSE,
    "nothing": "",
    "a member called paths": "things:\n  paths:\n    type: string\n",
    "a part of a document": "paths:\n  /things:\n    parameters: []\n",
}


@pytest.mark.parametrize("name", NO_PAGES)
def test_what_is_no_page_is_left_alone(name: str) -> None:
    """An OpenAPI document is read as ever, and other texts are told as what they are not."""
    assert read_panel(NO_PAGES[name]) is None


BOMB = "\n".join(
    ["      x-0: &b0 {k: [1, 2, 3]}"]
    + [
        f"      x-{n}: &b{n} {{{', '.join(f'k{m}: *b{n - 1}' for m in range(9))}}}"
        for n in range(1, 9)
    ]
)
WRONG = {
    "cut off at a key": (PAGE.partition("X-Call-Id: &call")[0], "followed by nothing"),
    "cut off in a word": (PAGE.partition("pe: string\n                    format: uri")[0], "cut off"),
    "cut off between members": (PAGE.partition("        '404'")[0], "no `servers`"),
    "cut off before the answers": (PAGE.partition("      responses:")[0], "`responses` of this operation"),
    "cut off in an answer": (PAGE.partition("          description: Bad Request")[0], "followed by nothing"),
    "cut off in quotes": (PAGE.partition("expressed as a string")[0], "YAML"),
    "a line between": (PAGE.replace("        '401':", "Advertisement\n        '401':"), "goes on behind it"),
    "a tab": (PAGE.replace("      responses:", "\t  responses:"), "YAML"),
    "paths that are none": ("Things\n\npaths: \n", "`paths` of the YAML panel is no mapping"),
    "no operation": ("Things\n\npaths:\n  /things: {}\n", "no operation"),
    "a bomb": (PAGE.replace("      operationId: relabelParcel", BOMB), "with its aliases followed"),
    "endless nesting": (PAGE.replace("[parcel_id, label]", "[" * 3000), "YAML"),
    "HTML": (f"<!DOCTYPE html>\n<html><pre>\n{PAGE}</pre></html>", "save the page as text"),
    "two that differ": (f"{PAGE}\nAgain\n{PANEL.replace('fragile', 'frail')}", "in another panel"),
    "as many as lines": ("word\npaths:\n  /a:\n" * 1000, "more than 200 YAML panels"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_understood_is_told_with_its_line(name: str) -> None:
    """Once, in one line, and within seconds."""
    text, why = WRONG[name]
    begun = time.monotonic()
    with pytest.raises(UnreadableText, match=why) as caught:
        read_panel(text)
    assert time.monotonic() - begun < 5
    assert "\n" not in str(caught.value)
    assert 1 <= caught.value.line <= len(text.splitlines())


def test_a_page_is_cut_off_where_its_last_line_says() -> None:
    """The line of the error is the last one that was saved."""
    text, _ = WRONG["cut off at a key"]
    with pytest.raises(UnreadableText) as caught:
        read_panel(text)
    assert text.splitlines()[caught.value.line - 1].strip() == "headers:"


def test_a_fragment_needs_no_servers() -> None:
    """It may be a part of something; a page stands alone."""
    text = PANEL.partition("      servers:")[0]
    assert "servers" not in understood(text)


def test_noise_is_no_page() -> None:
    """A file of words is looked through within seconds."""
    begun = time.monotonic()
    assert read_panel("paths go on\n" * 200_000) is None
    assert time.monotonic() - begun < 5
