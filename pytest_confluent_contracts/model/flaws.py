"""What may be wrong with a document itself? Each kind of flaw, as data; `report` tells it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pytest_confluent_contracts.model.clauses import Quoted
from pytest_confluent_contracts.model.sources import SourceLocation


class FlawKind(StrEnum):
    """What is wrong; the value is the id of the rule that is broken.

    Of each, what ``subject``, ``observed`` and ``expected`` of a `Flaw` are is seen in the sentence
    that `report.flaws` has for it.
    """

    # How a document is written (OpenAPI's own schema, JSON and YAML).
    DUPLICATE_KEY = "duplicate-key"
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    WRONG_VALUE = "wrong-value"
    NOT_AN_OBJECT = "not-an-object"
    EXCLUSIVE_KEYS = "exclusive-keys"
    COMPONENT_NAME = "component-name"
    STATUS = "status"
    MEDIA_TYPE = "media-type"
    DUPLICATE_TAG = "duplicate-tag"
    # What refers to something.
    DANGLING_REFERENCE = "dangling-reference"
    CIRCULAR_REFERENCE = "circular-reference"
    WRONG_REFERENCE = "wrong-reference"
    UNREADABLE_FILE = "unreadable-file"
    UNDEFINED_SCHEME = "undefined-scheme"
    UNDEFINED_SCOPE = "undefined-scope"
    SCOPES_WITHOUT_MEANING = "scopes-without-meaning"
    LINK_OPERATION = "link-operation"
    LINK_PARAMETER = "link-parameter"
    ENCODING_MEMBER = "encoding-member"
    DISCRIMINATOR_MEMBER = "discriminator-member"
    DISCRIMINATOR_MAPPING = "discriminator-mapping"
    # Paths, parameters, operations, servers.
    PATH_TEMPLATE = "path-template"
    SAME_PATH = "same-path"
    PATH_PARAMETER = "path-parameter"
    UNDECLARED_PATH_PARAMETER = "undeclared-path-parameter"
    DUPLICATE_PARAMETER = "duplicate-parameter"
    DUPLICATE_OPERATION_ID = "duplicate-operation-id"
    UNDEFINED_VARIABLE = "undefined-variable"
    VARIABLE_DEFAULT = "variable-default"
    # Schemas, and the values that are shown of them.
    PATTERN = "pattern"
    UNSATISFIABLE = "unsatisfiable"
    UNDECLARED_REQUIRED = "undeclared-required"
    FORBIDDEN_MEMBER = "forbidden-member"
    ENDLESS = "endless"
    ENUM = "enum"
    DEFAULT = "default"
    EXAMPLE = "example"
    WRITE_ONLY_SHOWN = "write-only-shown"
    # Promises in words.
    X_CONTRACT = "x-contract"
    X_CONTRACT_MEMBER = "x-contract-member"
    X_CONTRACT_HEADER = "x-contract-header"
    X_CONTRACT_PARAMETER = "x-contract-parameter"
    X_CONTRACT_VALUE = "x-contract-value"
    X_CONTRACT_SCHEME = "x-contract-scheme"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a document, and where; ``also`` are its other places."""

    kind: FlawKind
    place: SourceLocation
    subject: str = ""
    observed: Quoted = ""
    expected: Quoted = ""
    also: tuple[SourceLocation, ...] = ()
