"""What is wrong with a document, told: lines of text, JSON and SARIF of the same flaws."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.flaws import FlawKind
from pytest_confluent_contracts.report.sarif import SCHEMA, document_location
from pytest_confluent_contracts.report.violations import MISSING, violation_sentence
from pytest_confluent_contracts.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.clauses import Quoted
    from pytest_confluent_contracts.model.flaws import Flaw

# Whose sentence names what the value is of.
NAMED_BEFORE = frozenset({FlawKind.WRONG_VALUE, FlawKind.X_CONTRACT_VALUE})
OF_UNKNOWN_MEMBERS = ("additionalProperties", "unevaluatedProperties")
MOST_PLACES = 5  # of one flaw that are named in its line; JSON and SARIF have all
# What is wrong, and what is expected; filled with the parts of a flaw.
SENTENCES: Mapping[FlawKind, str] = {
    FlawKind.DUPLICATE_KEY: "the key `{subject}` stands twice (each key once; the first was read)",
    FlawKind.UNKNOWN_KEY: "`{subject}` is unknown in {observed} ({expected})",
    FlawKind.MISSING_KEY: "`{subject}` is missing (OpenAPI requires it here)",
    FlawKind.WRONG_VALUE: "`{subject}`: {violation} (as OpenAPI has it)",
    FlawKind.NOT_AN_OBJECT: "`{subject}` is no object (a mapping is expected here)",
    FlawKind.EXCLUSIVE_KEYS: "`{subject}` stands beside `{observed}` (one of them, not both)",
    FlawKind.COMPONENT_NAME: "no component is called `{subject}` (letters, digits, `.`, `-`, `_`)",
    FlawKind.STATUS: "`{subject}` is no status (100 to 599, a range like 4XX, or default)",
    FlawKind.MEDIA_TYPE: "`{subject}` is no media type (type/subtype is expected)",
    FlawKind.DUPLICATE_TAG: "the tag `{subject}` is defined twice (each name once)",
    FlawKind.DANGLING_REFERENCE: "`{subject}` leads nowhere (the value that it names is expected)",
    FlawKind.CIRCULAR_REFERENCE: "the schema asks for itself (a reference that ends is expected)",
    FlawKind.WRONG_REFERENCE: "`{subject}` leads to something else (one of {expected} is expected)",
    FlawKind.UNREADABLE_FILE: "`{subject}` names what cannot be read: {observed}",
    FlawKind.UNDEFINED_SCHEME: (
        "the security scheme `{subject}` is not defined (under components.securitySchemes)"
    ),
    FlawKind.UNDEFINED_SCOPE: "`{observed}` has no scope `{subject}` (one of: {expected})",
    FlawKind.SCOPES_WITHOUT_MEANING: (
        "`{subject}` is asked for with scopes (of the type {observed} there are none in 3.0)"
    ),
    FlawKind.LINK_OPERATION: "no operation is called `{subject}` (an operationId is expected)",
    FlawKind.LINK_PARAMETER: (
        "the linked operation has no parameter `{subject}` (one of: {expected})"
    ),
    FlawKind.ENCODING_MEMBER: "the schema has no member `{subject}` (one of: {expected})",
    FlawKind.DISCRIMINATOR_MEMBER: (
        "the discriminator's member `{subject}` is not in the schema{observed} (it tells which"
        " schema holds)"
    ),
    FlawKind.DISCRIMINATOR_MAPPING: (
        "`{subject}` is mapped to `{observed}`, which is no schema of these ({expected})"
    ),
    FlawKind.PATH_TEMPLATE: "`{subject}` is no path template (a slash first, each brace closed)",
    FlawKind.SAME_PATH: "`{subject}` is the same path as `{observed}` (but for names)",
    FlawKind.PATH_PARAMETER: "the path has no parameter `{subject}` (it has: {expected})",
    FlawKind.UNDECLARED_PATH_PARAMETER: (
        "the path parameter `{subject}` is not declared (a parameter `in: path` is expected)"
    ),
    FlawKind.DUPLICATE_PARAMETER: (
        "the parameter `{subject}` is declared twice in one list (name and `in: {observed}` once)"
    ),
    FlawKind.DUPLICATE_OPERATION_ID: (
        "the operationId `{subject}` is taken by that at {observed} (each is unique)"
    ),
    FlawKind.UNDEFINED_VARIABLE: "the server variable `{subject}` is not defined (in `variables`)",
    FlawKind.VARIABLE_DEFAULT: (
        "the default `{observed}` of `{subject}` is not in its enum (one of: {expected})"
    ),
    FlawKind.PATTERN: "`{subject}` is no regular expression (of ECMA-262)",
    FlawKind.UNSATISFIABLE: (
        "nothing satisfies the schema: {observed} (one value at least is expected)"
    ),
    FlawKind.UNDECLARED_REQUIRED: (
        "`{subject}` is required, and no property declares it (additionalProperties: false)"
    ),
    FlawKind.FORBIDDEN_MEMBER: (
        "`{subject}` can never be there: {observed} (parts of allOf that agree are expected)"
    ),
    FlawKind.ENDLESS: (
        "nothing satisfies the schema: it requires itself in a member, without end (an optional"
        " one is expected)"
    ),
    FlawKind.ENUM: "an allowed value breaks its own schema: {violation}{more}",
    FlawKind.DEFAULT: "the default breaks its own schema: {violation}{more}",
    FlawKind.EXAMPLE: "the example breaks its own schema: {violation}{more}",
    FlawKind.WRITE_ONLY_SHOWN: (
        "the example of an answer shows `{subject}` (which is writeOnly: in requests alone)"
    ),
    FlawKind.X_CONTRACT: "x-contract: {observed} (see x-contract.schema.json)",
    FlawKind.X_CONTRACT_MEMBER: (
        "x-contract names the member `{subject}`, which no such body has (a path as in the schema)"
    ),
    FlawKind.X_CONTRACT_HEADER: (
        "x-contract names the header `{subject}`, which no answer documents (one of the headers)"
    ),
    FlawKind.X_CONTRACT_PARAMETER: (
        "x-contract names the parameter `{subject}`, which the path has not (it has: {expected})"
    ),
    FlawKind.X_CONTRACT_VALUE: (
        "x-contract has a value for `{subject}` that its schema forbids: {violation}"
    ),
    FlawKind.X_CONTRACT_SCHEME: (
        "x-contract names the security scheme `{subject}`, which is not defined (under"
        " components.securitySchemes)"
    ),
}
# What stands in the place of what is expected where nothing is named.
NOTHING_NAMED: Mapping[FlawKind, str] = {
    FlawKind.UNKNOWN_KEY: "a key of OpenAPI, or one that begins with x-",
    FlawKind.DISCRIMINATOR_MAPPING: "a schema's name, or a reference to one",
    FlawKind.FORBIDDEN_MEMBER: "it is not named by a part that is closed",
}


def told(flaw: Flaw) -> str:
    """Return what is wrong, and what is expected, in one line."""
    parts = {
        "subject": flaw.subject,
        "observed": _observed(flaw),
        "expected": _expected(flaw),
        "violation": _violation(flaw),
        "more": _more(flaw),
    }
    sentence = SENTENCES[flaw.kind].format(**parts)
    if flaw.also:
        lines = ", ".join(str(place) for place in flaw.also[:MOST_PLACES])
        left = len(flaw.also) - MOST_PLACES
        more = f" and {left} more" if left > 0 else ""
        sentence = f"{sentence}; also at {lines}{more}"
    return visible(sentence).replace("\n", " ")


def text_lines(flaws: Sequence[Flaw]) -> Iterator[str]:
    """Yield a line a flaw: ``FILE:LINE: what is wrong (what is expected) [rule]``."""
    for flaw in flaws:
        yield f"{visible(str(flaw.place))}: {told(flaw)} [{flaw.kind}]"


def summary(name: str, flaws: Sequence[Flaw]) -> str:
    """Return how many flaws the document called *name* has."""
    if not flaws:
        return f"{name}: nothing is wrong with the document itself"
    if len(flaws) == 1:
        return f"{name}: 1 flaw"
    return f"{name}: {len(flaws)} flaws"


def flaws_as_data(name: str, flaws: Sequence[Flaw]) -> dict[str, Any]:
    """Return the flaws of the document called *name* as JSON has them."""
    return {"document": name, "flaws": [_as_data(flaw) for flaw in flaws]}


def flaws_as_sarif(name: str, flaws: Sequence[Flaw], version: str) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log of the flaws: a rule a kind, a result a flaw."""
    kinds = list(dict.fromkeys(flaw.kind for flaw in flaws))
    rules = [
        {
            "id": str(kind),
            "shortDescription": {"text": str(kind).replace("-", " ")},
            "defaultConfiguration": {"level": "error"},
        }
        for kind in kinds
    ]
    driver = {
        "name": "pytest-confluent-contracts",
        "version": version or "0",
        "rules": rules,
    }
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "invocations": [{"executionSuccessful": True}],
                "automationDetails": {"id": f"check/{name}"},
                "artifacts": [{"location": document_location(name)}],
                "results": [_result(flaw, kinds.index(flaw.kind)) for flaw in flaws],
            }
        ],
    }


def _as_data(flaw: Flaw) -> dict[str, Any]:
    return {
        "rule": str(flaw.kind),
        "file": flaw.place.file,
        "line": flaw.place.line,
        "told": told(flaw),
        "subject": flaw.subject,
        "also": [{"file": place.file, "line": place.line} for place in flaw.also],
    }


def _result(flaw: Flaw, index: int) -> dict[str, Any]:
    places = (flaw.place, *flaw.also)
    # A line moves with every edit above it: it is no part of what makes a finding the same.
    same = f"{flaw.kind}\n{flaw.place.file}\n{flaw.subject}\n{told(flaw)}"
    return {
        "ruleId": str(flaw.kind),
        "ruleIndex": index,
        "kind": "fail",
        "level": "error",
        "message": {"text": told(flaw)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": document_location(place.file),
                    "region": {"startLine": max(1, place.line)},
                }
            }
            for place in places
        ],
        "partialFingerprints": {
            "documentFlaw/v1": hashlib.sha256(same.encode("utf-8", "replace")).hexdigest()
        },
    }


def _observed(flaw: Flaw) -> str:
    if flaw.kind is FlawKind.DISCRIMINATOR_MEMBER:
        names = _joined(flaw.observed)
        return f" of {names}" if names else ""
    return _joined(flaw.observed) or _unnamed(flaw)


def _expected(flaw: Flaw) -> str:
    if flaw.kind is FlawKind.UNKNOWN_KEY and flaw.expected:
        return f"meant: `{flaw.expected}`?"
    return _joined(flaw.expected) or _unnamed(flaw) or "none"


def _unnamed(flaw: Flaw) -> str:
    return NOTHING_NAMED.get(flaw.kind, "")


def _joined(quoted: Quoted) -> str:
    if isinstance(quoted, tuple):
        return ", ".join(map(str, quoted))
    return str(quoted)


def _violation(flaw: Flaw) -> str:
    """Return what is wrong with a value, where that is what the flaw tells."""
    wrong = flaw.observed
    if not isinstance(wrong, tuple) or "{violation}" not in SENTENCES[flaw.kind]:
        return ""
    where = f"`{flaw.subject}`"
    if wrong[0] == MISSING:
        return f"the member {where} is missing"
    if wrong[0] == "uniqueItems":
        return f"two items of {where} are equal" if flaw.subject else "two items are equal"
    sentence = violation_sentence(wrong)
    is_of_key = flaw.kind in NAMED_BEFORE or not flaw.subject
    is_of_key = is_of_key or wrong[0] in OF_UNKNOWN_MEMBERS
    return sentence if is_of_key else f"{where}: {sentence}"


def _more(flaw: Flaw) -> str:
    """Return how many other things are wrong with the same value."""
    if flaw.expected in ("", 0):
        return ""
    return f"; and {flaw.expected} more"
