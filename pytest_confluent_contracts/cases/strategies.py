"""What do schemathesis' strategies find for this schema? The one way to schemathesis.

It is passive: its generators are read, its transport and its checks are never touched. The drivers
are internal to schemathesis and move between minors; a test holds this adapter against the
installed version.
"""

from __future__ import annotations

import inspect
import json
import sys
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from hypothesis.internal import charmap
from hypothesis.internal.intervalsets import IntervalSet

from pytest_confluent_contracts.cases.drawing import draw_values
from pytest_confluent_contracts.cases.samples import is_allowed_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.model.documents import Operation

# What a body may be; a case without one has a mark of schemathesis in its place.
JSON_TYPES = (dict, list, str, int, float, bool, type(None))
DRAWN_SEED = 0
OF_SCHEMA_ALONE = "patch"  # the method by which a schema is asked for that is no operation's
# What Hypothesis finds out for UTF-8 by trying each code point, in a second and 200 MB, in every
# fresh checkout.
UTF_8 = IntervalSet(((0, 0xD7FF), (0xE000, sys.maxunicode)))
# By what this version of Hypothesis says that its function returns.
UTF_8_FORMS = {IntervalSet: UTF_8, tuple[IntervalSet, IntervalSet]: (UTF_8, IntervalSet(()))}


def drawn_values(schema: Mapping[str, Any], count: int) -> list[Any]:
    """Return at most *count* values that *schema* allows, drawn by schemathesis' strategies.

    None where they find none in reasonable time. The same schema gives the same values.
    """
    from hypothesis.errors import HypothesisException
    from schemathesis.errors import SchemathesisError

    try:
        strategy = loaded_schema(schema)["/"][OF_SCHEMA_ALONE].as_strategy()
        with characters_known():
            cases = draw_values(strategy, count, DRAWN_SEED)
    except (HypothesisException, SchemathesisError):
        return []
    bodies = [case.body for case in cases if isinstance(case.body, JSON_TYPES)]
    return [body for body in bodies if is_allowed_value(schema, body)]


def coverage_bodies(schema: Mapping[str, Any], operation: Operation, most: int | None) -> list[Any]:
    """Return the first *most* bodies of schemathesis, none where it cannot read *schema*."""
    from hypothesis.errors import HypothesisException
    from schemathesis.errors import SchemathesisError

    try:
        return list(islice(schemathesis_bodies(schema, operation), most))
    except (HypothesisException, SchemathesisError):
        return []


def schemathesis_bodies(schema: Mapping[str, Any], operation: Operation) -> Iterator[Any]:
    """Yield the bodies of schemathesis' coverage phase, allowed and wrong ones.

    *schema* is what is sent of the body of *operation*.
    """
    from schemathesis import GenerationMode

    document = loaded_schema(schema, operation)
    update = document["/"][operation.method.lower()]
    generation = update.schema.config.generation
    with characters_known():
        cases = document.iter_coverage_cases(
            update, generation_modes=list(GenerationMode), generation_config=generation
        )
        for case in cases:
            if case.method == operation.method and isinstance(case.body, JSON_TYPES):
                yield json.loads(json.dumps(case.body))


def loaded_schema(schema: Mapping[str, Any], operation: Operation | None = None) -> Any:
    """Return what schemathesis makes of a document with *schema* alone."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    # An explicit config: without one schemathesis reads the schemathesis.toml of whoever runs the
    # gate.
    config = SchemathesisConfig()
    return schemathesis.openapi.from_dict(_body_document(schema, operation), config=config)


@contextmanager
def characters_known() -> Iterator[None]:
    """Tell Hypothesis which characters UTF-8 has.

    Where it wants to know it in a form that is not known here, it finds out itself.
    """
    wanted = inspect.signature(charmap.intervals_from_codec).return_annotation
    if wanted not in UTF_8_FORMS:
        yield
        return

    def known_intervals(_: str) -> Any:
        return UTF_8_FORMS[wanted]

    with patch.object(charmap, "intervals_from_codec", known_intervals):
        yield


def _body_document(schema: Mapping[str, Any], operation: Operation | None) -> dict[str, Any]:
    """Return a document of a request body alone, of what an update may send.

    For the rest nothing need be drawn.
    """
    name, media_type, required = "", "application/json", True
    method = OF_SCHEMA_ALONE
    if operation is not None:
        name, method = operation.id, operation.method.lower()
    if operation is not None and operation.request is not None:
        media_type, required = operation.request.media_type, operation.request.required
    # References lead from the root of a document, and not from that of a schema.
    text = json.dumps(schema, default=str).replace('"#/$defs/', '"#/components/schemas/')
    whole = json.loads(text)
    definitions = whole.pop("$defs", {})
    body = {"required": required, "content": {media_type: {"schema": whole}}}
    update = {"requestBody": body, "responses": {"200": {"description": ""}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": {"/": {method: update}},
        "components": {"schemas": definitions},
    }
