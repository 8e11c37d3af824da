"""What does a page of tables in Markdown say?

One table names the endpoints of an operation, others its parameters, and the fields of its bodies;
tabs hold what belongs together. Columns and parts are known by the words of their titles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.documents.json_text import read_json
from pytest_confluent_contracts.documents.lines import Node, UnreadableText, shift_lines, strip
from pytest_confluent_contracts.documents.pages.fields import (
    body_schema,
    headers_in,
    parameters_in,
)
from pytest_confluent_contracts.documents.pages.markdown import Code, Heading, read_markdown
from pytest_confluent_contracts.documents.pages.nodes import node_at, put
from pytest_confluent_contracts.documents.pages.samples import Sample, samples_in
from pytest_confluent_contracts.documents.pages.sections import operations_on, plain_title

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.documents.pages.markdown import Page, Paragraph
    from pytest_confluent_contracts.documents.pages.sections import Described, Part

# Either tells that a text means to be such a page, however broken it is.
TAB = re.compile(r"^[ \t]*\{%[ \t]*tab\b", re.MULTILINE)
ENDPOINT = re.compile(
    r"^[ \t]*\|[^\n]{0,500}\b(?:GET|PUT|POST|PATCH|DELETE)\b[ `:|]{1,9}https?://", re.MULTILINE
)
JSON: Final = "application/json"
VARIABLE = re.compile(r"\{([^{}/]+)\}")


def read_tables(text: str) -> Node | None:
    """Return the document that the tables of *text* describe, None where it is no such page.

    Raise `UnreadableText` with its line where something in it cannot be understood.
    """
    if not (TAB.search(text) or ENDPOINT.search(text)):
        return None
    page = read_markdown(text)
    return _TreeBuilder(page).tree()


class _TreeBuilder:
    """Makes the tree of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._operations = operations_on(page)
        self._schemes = node_at(1)

    def tree(self) -> Node:
        """Return the whole document."""
        paths = node_at(self._operations[0].line)
        ids = self._operation_ids()
        for described, id in zip(self._operations, ids, strict=True):
            self._add_operation(paths, described, id)
        root = node_at(1, {"openapi": "3.0.3", "info": self._info()})
        put(root, "servers", self._servers(self._operations), self._operations[0].line)
        put(root, "paths", paths, paths.line)
        if self._schemes:
            components = node_at(self._schemes.line, {"securitySchemes": self._schemes})
            put(root, "components", components, components.line)
        return root

    def _info(self) -> Node:
        first = self._operations[0]
        title, line = first.title, first.title_line
        for block in self._page.blocks:
            if not isinstance(block, Heading) or block.level > 1 or block.line > first.line:
                continue
            if block.text:
                title, line = plain_title(block.text), block.line
        versions = dict.fromkeys(one.version for one in self._operations if one.version)
        shown = {"title": self._page.title or title, "version": ", ".join(versions) or "1"}
        return node_at(line, shown)

    def _operation_ids(self) -> list[str]:
        """Return a name of each operation: its title, with its version where that comes again."""
        plain = [_camel_case(one.title) or _id_of_path(one) for one in self._operations]
        ids: list[str] = []
        for described, id in zip(self._operations, plain, strict=True):
            if plain.count(id) > 1:
                id += _camel_case(described.version)
            if id in ids:
                id = _id_of_path(described)
            ids.append(id)
        return ids

    def _servers(self, operations: Sequence[Described]) -> list[Node]:
        """Return the servers of these *operations*, each once."""
        sites: dict[str, Node] = {}
        for endpoint in (one for operation in operations for one in operation.endpoints):
            if endpoint.server not in sites:
                node = sites[endpoint.server] = node_at(endpoint.line, {"url": endpoint.server})
                if endpoint.site:
                    put(node, "description", endpoint.site, endpoint.line)
            elif endpoint.site not in sites[endpoint.server].get("description", ""):
                sites[endpoint.server]["description"] += f", {endpoint.site}"
        return list(sites.values())

    # --- one operation ----------------------------------------------------------------------------

    def _add_operation(self, paths: Node, described: Described, id: str) -> None:
        endpoint = described.endpoints[0]
        method = endpoint.method.lower()
        item = paths.setdefault(endpoint.path, Node(endpoint.line))
        paths.lines.setdefault(endpoint.path, endpoint.line)
        if method in item:
            told = f"{endpoint.method} {endpoint.path} is described on line {item.line_of(method)}"
            raise UnreadableText(f"{told} already", endpoint.line)
        put(item, method, self._operation(described, id), endpoint.line)

    def _operation(self, described: Described, id: str) -> Node:
        line = described.endpoints[0].line
        node = node_at(described.title_line, {"operationId": id, "summary": described.title})
        if described.overview:
            text = _joined(described.overview)
            put(node, "description", text, described.overview[0].line)
        servers = self._servers([described])
        if {one["url"] for one in servers} != {
            one["url"] for one in self._servers(self._operations)
        }:
            put(node, "servers", servers, line)
        parameters = self._parameters(described)
        documented = frozenset(one["name"].lower() for one in parameters if one["in"] == "header")
        samples: list[Sample] = []
        for first, lines in described.code:
            samples += samples_in(lines, first, documented)
        _add_path_examples(parameters, samples)
        if parameters:
            put(node, "parameters", parameters, parameters[0].line)
        if described.body is not None:
            put(node, "requestBody", _request_body(described.body, samples), described.body.line)
        responses = _responses(described)
        put(node, "responses", responses, responses.line)
        _add_shown_id(parameters, described.endpoints[0].path, responses)
        self._add_security(node, samples)
        return node

    def _parameters(self, described: Described) -> list[Node]:
        """Return the parameters of the tables, and the variables of the path that none has."""
        endpoint = described.endpoints[0]
        found = [
            node for where, table in described.parameters for node in parameters_in(table, where)
        ]
        known = {node["name"] for node in found if node["in"] == "path"}
        for name in dict.fromkeys(VARIABLE.findall(endpoint.path)):
            if name not in known:
                text = node_at(endpoint.line, {"type": "string"})
                members = {"name": name, "in": "path", "required": True, "schema": text}
                found.append(node_at(endpoint.line, members))
        return found

    def _add_security(self, node: Node, samples: Sequence[Sample]) -> None:
        """Write which credentials the samples send: those of one sample all together."""
        alternatives: list[Node] = []
        variables = Node(node.line)
        for sample in samples:
            if not sample.credentials:
                continue
            line = sample.credentials[0].line
            needed = node_at(line)
            for credential in sample.credentials:
                put(needed, credential.name, [], credential.line)
                self._add_scheme(credential.name, node_at(credential.line, dict(credential.scheme)))
                if credential.variables:
                    known = node_at(credential.line, dict(credential.variables))
                    put(variables, credential.name, known, credential.line)
            if needed not in alternatives:
                alternatives.append(needed)
        if alternatives:
            put(node, "security", alternatives, alternatives[0].line)
        if variables:
            block = node_at(alternatives[0].line, {"credentials": variables})
            put(node, "x-contract", block, block.line)

    def _add_scheme(self, name: str, scheme: Node) -> None:
        if not self._schemes:
            self._schemes.line = scheme.line
        if name not in self._schemes:
            put(self._schemes, name, scheme, scheme.line)


# --- names ----------------------------------------------------------------------------------------


def _camel_case(title: str) -> str:
    """Return *title* as one word: ``Update an account`` is ``UpdateAnAccount``."""
    words = re.findall(r"[A-Za-z0-9]+", title)
    return "".join(word[0].upper() + word[1:] for word in words)


def _id_of_path(described: Described) -> str:
    endpoint = described.endpoints[0]
    return endpoint.method.lower() + _camel_case(endpoint.path)


def _joined(paragraphs: Sequence[Paragraph]) -> str:
    return "\n\n".join(one.text for one in paragraphs)


# --- bodies ---------------------------------------------------------------------------------------


def _add_path_examples(parameters: Sequence[Node], samples: Sequence[Sample]) -> None:
    """Let each variable of the path have the value that a sample gives it."""
    for parameter in parameters:
        if parameter["in"] != "path":
            continue
        values = [sample.values.get(parameter["name"], "") for sample in samples]
        shown = next(filter(None, values), "")
        if shown and parameter["schema"].get("type") == "integer":
            if re.fullmatch(r"-?[0-9]{1,18}", shown):
                put(parameter, "example", int(shown), parameter.line)
        elif shown:
            put(parameter, "example", shown, parameter.line)


def _add_shown_id(parameters: Sequence[Node], path: str, responses: Node) -> None:
    """Let the variable that ends *path* have the value by which the example of an answer names it.

    That is what has its name there, or is called ``id`` where the variable is an id.
    """
    for parameter in parameters:
        name = parameter["name"]
        if parameter["in"] != "path" or "example" in parameter or not path.endswith(f"{{{name}}}"):
            continue
        names = [name, "id"] if name.lower().endswith("id") else [name]
        kind = {"string": str, "integer": int}.get(parameter["schema"].get("type", ""))
        for holder in _shown_answers(responses):
            shown = next((holder[one] for one in names if one in holder), None)
            if kind is not None and type(shown) is kind and shown != "":
                put(parameter, "example", shown, parameter.line)
                return


def _shown_answers(responses: Node) -> Iterator[Node]:
    """Yield the examples of successful answers, and what each holds under ``data``."""
    for status, response in responses.items():
        if not status.startswith("2"):
            continue
        shown = response.get("content", {}).get(JSON, {}).get("example")
        held = shown.get("data") if isinstance(shown, Node) else None
        for holder in (shown, held):
            if isinstance(holder, Node):
                yield holder


def _request_body(part: Part, samples: Sequence[Sample]) -> Node:
    shown = _example_values(part)
    node = node_at(part.line)
    if part.about:
        put(node, "description", _joined(part.about), part.about[0].line)
    media = _media_of(part, [value for _, value in shown])
    examples = _named_examples(part, shown, samples)
    if examples:
        put(media, "examples", examples, examples.line)
    if not media:
        told = "neither a table nor an example says what this body holds"
        raise UnreadableText(told, part.line)
    types = {sample.media_type for sample in samples if sample.media_type} or {JSON}
    content = node_at(media.line, dict.fromkeys(sorted(types), media))
    put(node, "content", content, media.line)
    put(node, "required", part.required, part.line)
    return node


def _named_examples(
    part: Part, shown: Sequence[tuple[Code, Any]], samples: Sequence[Sample]
) -> Node:
    """Return the bodies that the page shows: those beside the model, and those of the samples."""
    examples = node_at(part.line)
    for code, value in shown:
        _add_example(examples, "update", value, code.line)
    for sample in samples:
        if sample.body is not None:
            _add_example(examples, "curl", sample.body, sample.body_line)
    return examples


def _add_example(examples: Node, name: str, value: Any, line: int) -> None:
    """Add *value* under *name*, numbered where that is taken."""
    count = sum(one.rstrip("-0123456789") == name for one in examples)
    numbered = f"{name}-{count + 1}" if count else name
    put(examples, numbered, node_at(line, {"value": value}), line)


def _line_of_responses(described: Described) -> int:
    return next(part.line for part in described.responses.values())


def _responses(described: Described) -> Node:
    if not described.responses:
        told = f"the page describes no answer to `{described.title}`: is it cut off?"
        raise UnreadableText(told, described.line)
    node = node_at(_line_of_responses(described))
    for status, part in described.responses.items():
        put(node, status, _response(part), part.line)
    return node


def _response(part: Part) -> Node:
    text = _joined(part.about) or part.title
    line = part.about[0].line if part.about else part.line
    node = node_at(part.line)
    put(node, "description", text, line)
    if part.headers is not None:
        put(node, "headers", headers_in(part.headers), part.headers.line)
    shown = _example_values(part)
    media = _media_of(part, [value for _, value in shown])
    if len(shown) == 1:
        [(code, value)] = shown
        put(media, "example", value, code.line)
    elif shown:
        examples = node_at(part.line)
        for code, value in shown:
            _add_example(examples, "answer", value, code.line)
        put(media, "examples", examples, shown[0][0].line)
    if media:
        put(node, "content", node_at(media.line, {JSON: media}), media.line)
    elif part.about_model:
        told = "neither a table nor an example says what this answer holds"
        raise UnreadableText(told, part.about_model[0].line)
    return node


def _media_of(part: Part, examples: Sequence[Any]) -> Node:
    """Return the Media Type Object of a body without its examples, an empty one where none is."""
    if part.table is None:
        return node_at(part.line)
    about = _joined(part.about_model)
    schema = body_schema(part.table, about, [strip(value) for value in examples])
    return node_at(part.table.line, {"schema": schema})


def _example_values(part: Part) -> list[tuple[Code, Any]]:
    """Return the examples of a body with their lines.

    Raise `UnreadableText` where one is no JSON.
    """
    found: list[tuple[Code, Any]] = []
    for code in part.examples:
        try:
            value = read_json(code.text)
        except UnreadableText as error:
            told = f"this example is not JSON: {error}"
            raise UnreadableText(told, code.line + error.line - 1) from error
        shift_lines(value, code.line - 1)
        found.append((code, value))
    return found
