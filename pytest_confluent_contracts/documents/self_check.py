"""What is wrong with a document itself? `flaws_in` looks at all of it, every method's operations.

One flaw is told once, where it is: what follows from it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.documents.example_check import ExampleCheck
from pytest_confluent_contracts.documents.inspection import Inspection
from pytest_confluent_contracts.documents.link_check import LinkCheck
from pytest_confluent_contracts.documents.path_check import PathCheck
from pytest_confluent_contracts.documents.promise_check import PromiseCheck
from pytest_confluent_contracts.documents.schema_check import SchemaCheck
from pytest_confluent_contracts.documents.structure import StructureCheck
from pytest_confluent_contracts.model.flaws import FlawKind

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.flaws import Flaw


def flaws_in(path: Path) -> list[Flaw]:
    """Return what is wrong with the document at *path*, by file and line.

    Raise `ContractError` where it cannot be read at all: it is neither JSON nor YAML, or no
    OpenAPI 3.0 or 3.1.
    """
    inspection = Inspection(path)
    inspection.source.check_version()
    structure, path_check = StructureCheck(inspection), PathCheck(inspection)
    links = LinkCheck(inspection, path_check)
    visits = []
    for visit in inspection.objects():
        visits.append(visit)
        structure.check(visit)
        path_check.check(visit)
        links.check(visit)
    for key in inspection.files.repeated:
        inspection.tell(FlawKind.DUPLICATE_KEY, key.line, key.name, node=key.holder)
    path_check.check_paths()
    links.check_links()
    schemas = [visit.node for visit in visits if visit.kind == "schema"]
    SchemaCheck(inspection, schemas).check()
    # Only now it is known with which schemas something is wrong.
    examples, promises = ExampleCheck(inspection), PromiseCheck(inspection, path_check)
    for visit in visits:
        examples.check_enums(visit)
    for visit in visits:
        examples.check(visit)
        promises.check(visit)
    return inspection.flaws()
