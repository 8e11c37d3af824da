"""A resource with every role, and lives of it made by hand: which request was answered how, in a row."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exchanges import (
    ABSENT,
    BROKEN,
    KEPT,
    SILENT,
    Expect,
    Operation,
    Probe,
    Subject,
    SubjectKind,
    in_a_row,
    make_case,
    make_exchange,
)

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.clauses import lifecycle
from pytest_confluent_contracts.model.remembering import remembered
from pytest_confluent_contracts.model.resources import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exchanges import Exchange

    from pytest_confluent_contracts.model.clauses import Clause, Finding

# All roles, ids by the service, no parents, no pages.
THINGS = """
openapi: 3.1.0
info: {title: Things, version: '1'}
security: [{key: []}]
paths:
  /things:
    get:
      operationId: list
      responses: {'200': {$ref: '#/components/responses/Things'}}
    post:
      operationId: create
      x-contract: {create-only: {properties: [secret]}, timestamps: {created: created_at, updated: updated_at}}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
      responses:
        '201': {$ref: '#/components/responses/Created'}
        '409': {description: taken}
        '422': {description: refused}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}, example: t0}]
    get:
      operationId: read
      x-contract: {timestamps: {created: created_at, updated: updated_at}}
      responses: {'200': {$ref: '#/components/responses/Thing'}, '404': {description: gone}}
    head:
      operationId: head
      responses: {'200': {description: there}, '404': {description: gone}}
    put:
      operationId: replace
      x-contract: {timestamps: {created: created_at, updated: updated_at}}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}}
      responses:
        '200': {$ref: '#/components/responses/Thing'}
        '404': {description: gone}
        '409': {description: conflict}
        '422': {description: refused}
    patch:
      operationId: update
      x-contract: {timestamps: {created: created_at, updated: updated_at}}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Change'}}}}
      responses:
        '200': {$ref: '#/components/responses/Thing'}
        '403': {description: hidden}
        '404': {description: gone}
        '422': {description: refused}
    delete:
      operationId: delete
      responses: {'204': {description: deleted}, '401': {description: who}, '404': {description: gone}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  responses:
    Created:
      description: created
      headers: {Location: {schema: {type: string, format: uri-reference}}}
      content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}
    Thing: {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
    Things:
      description: all
      content:
        application/json:
          schema: {type: object, properties: {data: {type: array, items: {$ref: '#/components/schemas/Thing'}}}}
  schemas:
    New:
      type: object
      required: [name]
      properties: {name: {type: string}, size: {type: integer, default: 3}, note: {type: string},
        tags: {type: array, items: {type: string}}, at: {type: string, format: date-time},
        labels: {type: object, additionalProperties: {type: string}},
        password: {type: string, writeOnly: true}, place: {type: object, properties: {town: {type: string}}}}
    Change:
      type: object
      properties: {name: {type: string}, size: {type: integer}, note: {type: string}, tags: {type: array, items: {type: string}}}
    Thing:
      type: object
      required: [id]
      properties: {id: {type: string}, name: {type: string}, size: {type: integer}, note: {type: string},
        tags: {type: array, items: {type: string}}, at: {type: string, format: date-time}, secret: {type: string},
        labels: {type: object, additionalProperties: {type: string}},
        place: {type: object, properties: {town: {type: string}}}, state: {type: string},
        created_at: {type: string, format: date-time}, updated_at: {type: string, format: date-time}}
"""


@dataclass(frozen=True)
class World:
    """The operations on one resource, by their ids."""

    operations: Mapping[str, Operation]

    def __getitem__(self, name: str) -> Operation:
        """Return the operation *name*."""
        return self.operations[name]

    def ask(
        self,
        name: str,
        status: int = 200,
        answer: Any = ABSENT,
        *,
        id: str = "t1",
        parents: tuple[str, ...] = (),
        sent: Any = ABSENT,
        expect: Expect = Expect.ACCEPTED,
        headers: Mapping[str, str] | None = None,
        told: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Exchange:
        """Return the exchange in which the operation *name* was asked, *sent* a body, and answered.

        *headers* are those of the request, *told* those of the answer.
        """
        operation = self.operations[name]
        names = [one.name for one in operation.path_parameters]
        ids = parents if operation.role in (Role.CREATE, Role.LIST) else (*parents, id)
        case = make_case(
            operation,
            sent,
            probe=Probe.LIFE,
            expect=expect,
            subject=Subject(SubjectKind.STEP, name),
            headers=headers,
            title=name,
        )
        case = replace(case, parameters=tuple(zip(names, ids, strict=bool(names))))
        return make_exchange(case, status, answer, headers=told or {}, **more)


@lru_cache
def world(text: str = THINGS) -> World:
    """Return the operations of a document of the tests' own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "own.yaml"
        path.write_text(text, encoding="utf-8")
        read = documents.read_document(path)
    assert not read.unread
    return World({one.id: one for one in read.operations})


def clause_on(operation: Operation, rule: str) -> Clause:
    """Return the clause ``lifecycle/RULE`` of *operation*."""
    [found] = [one for one in derived_on_lives(operation) if one.id == f"lifecycle/{rule}"]
    return found


@remembered(200)
def derived_on_lives(operation: Operation) -> tuple[Clause, ...]:
    """Return the clauses on the life of what *operation* is about."""
    return tuple(lifecycle.derive(operation))


def verdict_on(operation: Operation, rule: str, *exchanges: Exchange) -> str:
    """Return what the clause ``lifecycle/RULE`` of *operation* says of a life."""
    clause = clause_on(operation, rule)
    evidence = list(clause.judge(in_a_row(*exchanges, apart=1.0)))
    if not evidence:
        return SILENT
    return BROKEN if any(item.finding for item in evidence) else KEPT


def findings_on(operation: Operation, rule: str, *exchanges: Exchange) -> list[Finding]:
    """Return what the clause ``lifecycle/RULE`` of *operation* finds in a life."""
    clause = clause_on(operation, rule)
    evidence = clause.judge(in_a_row(*exchanges, apart=1.0))
    return [item.finding for item in evidence if item.finding is not None]
