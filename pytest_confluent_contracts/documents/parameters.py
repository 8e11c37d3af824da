"""Which parameters does an operation declare, in path, query, headers and cookies?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pytest_confluent_contracts.documents.lines import Node, strip
from pytest_confluent_contracts.model.documents import Location, Parameter
from pytest_confluent_contracts.model.paths import template_names
from pytest_confluent_contracts.model.serialisation import path_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_confluent_contracts.documents.schemas import SchemaReader
    from pytest_confluent_contracts.documents.source_file import SourceFile

# OpenAPI 3.1, Style Values: the first of each is the one that holds where none is stated.
STYLES: Final[Mapping[Location, tuple[str, ...]]] = {
    Location.PATH: ("simple", "label", "matrix"),
    Location.QUERY: ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    Location.HEADER: ("simple",),
    Location.COOKIE: ("form",),
}
# OpenAPI 3.1, Parameter Object, `name`: whatever is declared for these headers is ignored.
IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})


def declared_parameters(
    source: SourceFile, schemas: SchemaReader, path: str, item: Node, node: Node
) -> tuple[Parameter, ...]:
    """Return the parameters of the operation at *node*, a member of the path *item*.

    Those of the path come first, in its order, then the others in the document's. What the
    operation declares stands in the place of what the path item has for the same name and location.
    A variable of the path that nobody declares is a text. Raise `ContractError` with its line where
    one cannot be read.
    """
    reader = _ParameterReader(source, schemas)
    found: dict[tuple[str, Location], Parameter] = {}
    for holder in (item, node):
        for parameter in reader.listed_in(holder):
            found[_name_and_location(parameter)] = parameter
    of_path: list[Parameter] = []
    for name in dict.fromkeys(template_names(path)):
        declared = found.get((name, Location.PATH))
        of_path.append(declared or reader.undeclared_variable(name, node))
    others = [one for one in found.values() if one.location is not Location.PATH]
    return (*of_path, *others)


def path_examples(parameters: Iterable[Parameter]) -> Iterator[tuple[str, str]]:
    """Yield each path parameter's name and the text that the document shows for it.

    That is its example, its default, or the first of listed values; ``""`` where there is none.
    """
    for parameter in parameters:
        if parameter.location is Location.PATH:
            shown = [*parameter.examples, *_settled_values(parameter.schema)]
            texts = [path_text(parameter, value) for value in shown if value is not None]
            yield parameter.name, next(iter(texts), "")


def _settled_values(schema: Mapping[str, Any]) -> list[Any]:
    found = [schema[key] for key in ("default", "const") if key in schema]
    return [*found, *schema.get("enum", ())]


def _name_and_location(parameter: Parameter) -> tuple[str, Location]:
    """Return what tells a parameter apart: headers are known in any case (RFC 9110 5.1)."""
    if parameter.location is Location.HEADER:
        return parameter.name.lower(), parameter.location
    return parameter.name, parameter.location


class _ParameterReader:
    """Reads the Parameter Objects of one file."""

    def __init__(self, source: SourceFile, schemas: SchemaReader) -> None:
        self.source, self.schemas = source, schemas

    def listed_in(self, holder: Node) -> Iterator[Parameter]:
        """Yield the parameters that *holder*, a path item or an operation, lists."""
        line = holder.line_of("parameters")
        for stated in self.source.list_or_empty(holder, "parameters"):
            node = self.source.resolve(stated, line)
            if not isinstance(node.get("name"), str):
                raise self.source.error(node.line, "this parameter has no `name`")
            location = self._stated_location(node)
            is_header = location is Location.HEADER
            if not (is_header and node["name"].lower() in IGNORED_HEADERS):
                yield self._parameter(node, location)

    def undeclared_variable(self, name: str, node: Node) -> Parameter:
        """Return the parameter for a variable of the path that no parameter declares."""
        return Parameter(
            name=name,
            location=Location.PATH,
            required=True,
            style="simple",
            explode=False,
            allow_reserved=False,
            schema={"type": "string"},
            media_type="",
            examples=(),
            deprecated=False,
            place=self.source.location(node.line),
        )

    def _stated_location(self, node: Node) -> Location:
        stated = node.get("in")
        if stated not in set(Location):
            told = f"parameter `{node['name']}`: `in` is path, query, header or cookie"
            raise self.source.error(node.line_of("in"), told)
        return Location(stated)

    def _parameter(self, node: Node, location: Location) -> Parameter:
        media_type, holder = self._value_holder(node)
        schema = self.schemas.json_schema_at(holder, node.line)
        self.schemas.check(schema, node.line, f"parameter `{node['name']}`")
        style = self._style(node, location)
        return Parameter(
            name=node["name"],
            location=location,
            required=location is Location.PATH or bool(node.get("required")),
            style=style,
            # OpenAPI 3.1, Parameter Object: true where the style is form, else false.
            explode=bool(node.get("explode", style == "form")),
            allow_reserved=bool(node.get("allowReserved")),
            schema=schema,
            media_type=media_type,
            examples=tuple(self._values_shown(node, holder, schema)),
            deprecated=bool(node.get("deprecated")),
            place=self.source.location(node.line),
        )

    def _value_holder(self, node: Node) -> tuple[str, Node]:
        """Return the media type of the value, and the node that has its schema.

        The media type is ``""`` where a style writes the value.
        """
        contents = self.source.mapping_or_empty(node, "content")
        for media_type in contents:
            line = contents.line_of(media_type)
            return media_type, self.source.resolve(contents[media_type], line)
        return "", node

    def _style(self, node: Node, location: Location) -> str:
        known = STYLES[location]
        style = str(node.get("style", known[0]))
        if style not in known:
            told = f"parameter `{node['name']}`: style `{style}` is none of `in: {location}`"
            raise self.source.error(node.line_of("style"), f"{told} ({', '.join(known)})")
        return style

    def _values_shown(self, node: Node, holder: Node, schema: Mapping[str, Any]) -> Iterator[Any]:
        """Yield the values that the document shows: of the parameter, its content, its schema."""
        holders = [node] if holder is node else [node, holder]
        for one in holders:
            if "example" in one:
                yield strip(one["example"])
            named = self.source.mapping_or_empty(one, "examples")
            for name in named:
                example = self.source.resolve(named[name], named.line_of(name))
                if "value" in example:
                    yield strip(example["value"])
        if "example" in schema:
            yield schema["example"]
        listed = schema.get("examples")
        if isinstance(listed, list):
            yield from listed
