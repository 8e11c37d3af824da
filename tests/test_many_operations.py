"""Does a document of a thousand operations cost a thousand times what one costs, and no more?"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from running import QUIET, environment

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
components:
  schemas:
    Thing: {type: object, properties: {name: {type: string, minLength: 1}, owner: {$ref: '#/components/schemas/Owner'}}}
    Owner: {type: object, properties: {id: {type: string}}}
    Error: {type: object, properties: {message: {type: string}}}
  responses:
    Wrong: {description: Wrong., content: {application/json: {schema: {$ref: '#/components/schemas/Error'}}}}
paths:
"""
OPERATION = """\
  /things{number}/{{id}}:
    patch:
      operationId: updateThing{number}
      parameters: [{{name: id, in: path, required: true, schema: {{type: string}}, example: t-1}}]
      requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing'}}}}}}}}
      responses:
        '200': {{description: A thing., content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing'}}}}}}}}
        '400': {{$ref: '#/components/responses/Wrong'}}
        '404': {{$ref: '#/components/responses/Wrong'}}
"""
COUNTS = (10, 100, 1000)
ONE = "updateThing7::statuses"


@dataclass(frozen=True)
class Cost:
    """What a run has cost: seconds of CPU, and the most memory that it had, in megabytes."""

    seconds: float
    megabytes: float
    collected: str


def run(folder: Path, count: int, *options: str, node: str = "") -> Cost:
    """Collect a document of *count* operations in a process of its own, and return what it cost."""
    document = folder / f"things{count}.yaml"
    if not document.exists():
        text = HEAD + "".join(OPERATION.format(number=number) for number in range(count))
        document.write_text(text, encoding="utf-8")
    asked = [f"{document}{node}", "--contract-target=mock", "--co", "-q", *QUIET, *options]
    with (folder / "out").open("w+") as out:
        command = [sys.executable, "-m", "pytest", *asked]
        process = subprocess.Popen(command, stdout=out, cwd=folder, env=environment({}))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        told = out.read()
    assert process.returncode == 0, told[-2000:]
    return Cost(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, told.splitlines()[-1])


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Cost]:
    """Return what collecting costs, by the number of operations."""
    folder = tmp_path_factory.mktemp("many")
    return {count: run(folder, count) for count in COUNTS}


def test_a_thousand_operations_are_collected_in_time(costs: dict[int, Cost]) -> None:
    """Under 20 s and 600 MB."""
    assert costs[1000].seconds < 20
    assert costs[1000].megabytes < 600


def test_the_cost_grows_with_their_number_and_not_faster(costs: dict[int, Cost]) -> None:
    """Another 900 cost at most ten times what another 90 do, with some slack for measuring."""
    few, more, many = (costs[count] for count in COUNTS)
    # What 90 cost, half a second and 20 MB, is as much as measuring is wrong by on a busy machine,
    # or hides below the peak of the start. What grew with the square would cost ten times as much.
    assert many.seconds - more.seconds < 10 * max(1.0, more.seconds - few.seconds) * 1.5
    assert many.megabytes - more.megabytes < 10 * max(20, more.megabytes - few.megabytes) * 1.5


def test_one_node_id_is_selected_in_time(tmp_path: Path) -> None:
    """One test among all of a thousand operations: under 4 s."""
    cost = run(tmp_path, 1000, node=f"::{ONE}")
    assert cost.seconds < 4
    assert cost.collected.startswith("1 test collected")
