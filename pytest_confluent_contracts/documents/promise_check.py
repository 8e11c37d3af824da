"""Is an ``x-contract`` block right, and is what it names in the document?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.documents.lines import Node, line_in_list, strip
from pytest_confluent_contracts.documents.security import stated_others
from pytest_confluent_contracts.documents.stated import errors_in_block
from pytest_confluent_contracts.model import paths
from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.model.paths import ITEM, VALUE
from pytest_confluent_contracts.model.violations import violation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pytest_confluent_contracts.documents.inspection import Inspection, Visit
    from pytest_confluent_contracts.documents.path_check import PathCheck

# The keys of an entry that name headers of answers.
HEADERS = {
    "rate-limit": ("limit", "remaining", "reset", "retry-after"),
    "request-id": ("header",),
}
# The keys of an entry that name members, and of which bodies: ``parts`` of each, or ``properties``.
ANSWERS, REQUESTS = "answers", "requests"
LISTED = {
    "create-only": (ANSWERS,),
    "secrets": (REQUESTS,),
    "immutable": (ANSWERS, REQUESTS),
    "values": (ANSWERS, REQUESTS),
    "samples": (ANSWERS, REQUESTS),
    "checked-elsewhere": (REQUESTS,),
}
SINGLE = {"identity": ("property", "self"), "timestamps": ("created", "updated")}
OF_ERRORS = ("status", "occurrence", "pointer")
COMBINED = ("oneOf", "anyOf", "allOf")


class PromiseCheck:
    """Looks at the ``x-contract`` blocks of one document."""

    def __init__(self, inspection: Inspection, path_check: PathCheck) -> None:
        self._inspection, self._paths = inspection, path_check

    def check(self, visit: Visit) -> None:
        """Tell what is wrong with the block of an operation."""
        block = visit.node.get("x-contract")
        if visit.kind != "operation" or "x-contract" not in visit.node:
            return
        if not isinstance(block, Node):
            line = visit.node.line_of("x-contract")
            self._inspection.tell(FlawKind.NOT_AN_OBJECT, line, "x-contract")
            return
        errors = list(errors_in_block(block))
        for line, told in errors:
            self._inspection.tell(FlawKind.X_CONTRACT, line, observed=told, cause=(line,))
        if not errors:
            self._check_names(visit.node, block)

    def _check_names(self, operation: Node, block: Node) -> None:
        self._check_headers(operation, block)
        self._check_schemes(operation, block)
        answers = self._bodies_of_answers(operation)
        bodies = {ANSWERS: answers, REQUESTS: self._bodies(operation.get("requestBody"))}
        for entry, ways in LISTED.items():
            if entry not in block:
                continue
            schemas: list[Any] = []
            for way in ways:
                schemas += bodies[way]
            listed = block[entry].get("properties")
            line = block[entry].line_of("properties")
            if isinstance(listed, Node):
                self._check_values(listed, schemas)
            for index, path in enumerate(listed if isinstance(listed, list) else ()):
                self._check_member(path, line_in_list(listed, index, line), schemas)
        for entry, keys in SINGLE.items():
            for key in keys:
                if key in block.get(entry, ()):
                    self._check_member(block[entry][key], block[entry].line_of(key), answers)
        self._check_errors(block, answers)
        self._check_parameter(operation, block)

    def _check_errors(self, block: Node, answers: list[Any]) -> None:
        errors = block.get("errors")
        if not isinstance(errors, Node):
            return
        for part in OF_ERRORS:
            if part in errors:
                self._check_member(errors[part]["path"], errors[part].line_of("path"), answers)
        stable = errors.get("stable")
        if isinstance(stable, Node):
            for path in stable["paths"]:
                self._check_member(path, stable.line_of("paths"), answers)

    def _check_parameter(self, operation: Node, block: Node) -> None:
        identity = block.get("identity")
        known = self._paths.template_variables(operation)
        if not isinstance(identity, Node) or "parameter" not in identity or known is None:
            return
        name = identity["parameter"]
        if name not in known:
            line, found = identity.line_of("parameter"), tuple(sorted(known))
            self._inspection.tell(FlawKind.X_CONTRACT_PARAMETER, line, name, expected=found)

    def _check_schemes(self, operation: Node, block: Node) -> None:
        credentials = block.get("credentials")
        components = self._inspection.source.root.get("components")
        schemes = components.get("securitySchemes") if isinstance(components, Node) else None
        if not isinstance(credentials, Node):
            return
        others = stated_others(credentials)
        named = [credentials, others] if isinstance(others, Node) else [credentials]
        for holder in named:
            for name in holder:
                is_scheme = name != "says" and holder[name] is not others
                if not is_scheme or self._inspection.is_told(FlawKind.UNDEFINED_SCHEME, name):
                    continue
                if name not in (schemes or ()):
                    line = holder.line_of(name)
                    self._inspection.tell(FlawKind.X_CONTRACT_SCHEME, line, name)

    # --- headers ----------------------------------------------------------------------------------

    def _check_headers(self, operation: Node, block: Node) -> None:
        known: set[str] = set()
        for response in self._responses(operation):
            headers = response.get("headers")
            known |= {name.lower() for name in headers or ()}
        for entry, keys in HEADERS.items():
            for key in keys:
                name = block[entry].get(key) if entry in block else None
                if isinstance(name, str) and name.lower() not in known:
                    line = block[entry].line_of(key)
                    self._inspection.tell(FlawKind.X_CONTRACT_HEADER, line, name)

    # --- members ----------------------------------------------------------------------------------

    def _responses(self, operation: Node) -> Iterator[Node]:
        stated = operation.get("responses")
        for status, one in stated.items() if isinstance(stated, Node) else ():
            response = self._inspection.resolved(one)
            if response is not None and not status.startswith("x-"):
                yield response

    def _bodies_of_answers(self, operation: Node) -> list[Any]:
        found: list[Any] = []
        for response in self._responses(operation):
            found += self._bodies(response)
        return found

    def _bodies(self, stated: Any) -> list[Any]:
        """Return the schemas of the bodies of a request or a response; True where one is unread."""
        node = self._inspection.resolved(stated)
        if node is None:
            return [] if stated is None else [True]
        content = node.get("content")
        found: list[Any] = []
        for media in content.values() if isinstance(content, Node) else ():
            described = self._inspection.resolved(media)
            if described is None or "schema" not in described:
                found.append(True)
            else:
                schema = self._inspection.schema_at(described)
                found.append(True if schema is None else schema)
        return found

    def _check_member(self, path: str, line: int, schemas: list[Any]) -> list[Any]:
        """Return the schemas of the member at *path*; tell where none of *schemas* has it."""
        found: list[Any] = []
        for schema in schemas:
            found += _schemas_at(schema, paths.steps_of(path), schema)
        if not found:
            self._inspection.tell(FlawKind.X_CONTRACT_MEMBER, line, path)
        return found

    def _check_values(self, listed: Node, schemas: list[Any]) -> None:
        """Tell the values of each member that no schema of it allows."""
        import jsonschema_rs

        for path, values in listed.items():
            found = self._check_member(path, listed.line_of(path), schemas)
            if not found or any("$ref" in json.dumps(one, default=str) for one in found):
                continue
            try:
                validator = jsonschema_rs.Draft202012Validator({"anyOf": found})
                only = jsonschema_rs.Draft202012Validator(found[0])
            except ValueError:
                continue
            for index, value in enumerate(values):
                if not validator.is_valid(strip(value)):
                    error = next(only.iter_errors(strip(value)))
                    line = line_in_list(values, index, listed.line_of(path))
                    kind = FlawKind.X_CONTRACT_VALUE
                    self._inspection.tell(kind, line, path, observed=violation_of(error))


def _schemas_at(schema: Any, steps: Iterable[Any], root: Any) -> Iterator[Any]:
    """Yield the schemas of what *steps* lead to; True where *schema* says too little to tell."""
    if not isinstance(schema, dict):
        if schema is not False:
            yield True
        return
    step, *rest = [*steps] or [None]
    if step is None:
        yield schema
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        target = root.get("$defs", {}).get(reference.rpartition("/")[2], True)
        yield from _schemas_at(target, steps, root)
    for keyword in COMBINED:
        for one in schema.get(keyword, ()):
            yield from _schemas_at(one, steps, root)
    for one in _below(schema, step):
        yield from _schemas_at(one, rest, root)


def _below(schema: Mapping[str, Any], step: Any) -> Iterator[Any]:
    """Yield the schemas that hold for what *step* leads to; any where nothing is said of it."""
    if step is ITEM:
        yield schema.get("items", "items" not in schema and "prefixItems" not in schema)
        return
    members = schema.get("properties") or {}
    if step is not VALUE and step in members:
        yield members[step]
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        yield others
    yield from (schema.get("patternProperties") or {}).values()
    is_open = not members and others is not False and not _is_branch(schema)
    if is_open and "patternProperties" not in schema:
        yield True


def _is_branch(schema: Mapping[str, Any]) -> bool:
    """Return whether other schemas say which members there are, or no object is meant."""
    if any(key in schema for key in (*COMBINED, "$ref")):
        return True
    types = schema.get("type", "object")
    return "object" not in ([types] if isinstance(types, str) else types)
