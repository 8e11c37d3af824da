"""What does the plugin cost those who do not use it?"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from running import CODE, QUIET, Run, environment, gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OWN = "pytest_confluent_contracts"
PYTEST = {"pytest", "_pytest", "pluggy", "iniconfig", "packaging", "pygments", "colorama", "py"}
HEAVY = {"httpx", "hypothesis", "schemathesis", "respx"}
LISTED = """
import json, sys
from pathlib import Path

def pytest_sessionfinish(session):
    Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""

LOOKED_THROUGH = """
import gc, pytest

@pytest.hookimpl(tryfirst=True)
def pytest_unconfigure():
    print("looked through:", len(gc.get_objects()))
"""
TWICE = """
import gc, sys, pytest

for target in (["--contract-target=mock", "-k", "getIamV2ApiKey and 404"], []):
    pytest.main(["-q", "-p", "no:cacheprovider", *target])
    print("frozen:", gc.get_freeze_count())
"""


def packages(modules: list[str]) -> set[str]:
    """Return the top-level packages of *modules* that are not of the standard library."""
    return (
        {name.partition(".")[0] for name in modules}
        - set(sys.stdlib_module_names)
        - {"__main__", "__mp_main__"}
    )


def loaded(folder: Path, *options: str) -> set[str]:
    """Return the packages that are loaded when a run with *options* ends."""
    (folder / "conftest.py").write_text(LISTED, encoding="utf-8")
    done = gate(folder, *options, fresh=True)
    assert done.code in (0, pytest.ExitCode.NO_TESTS_COLLECTED), done.everything
    return packages(json.loads((folder / "modules.json").read_text(encoding="utf-8")))


def test_the_plugin_imports_pytest_and_the_standard_library_only() -> None:
    """Importing the plugin brings nothing into the process but pytest, what pytest needs, and itself."""
    told = "import json, sys; before = set(sys.modules); import pytest_confluent_contracts.plugin"
    program = f"{told}; print(json.dumps(sorted(set(sys.modules) - before)))"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment({}))
    assert packages(json.loads(done.stdout)) - PYTEST == {OWN}


def test_a_run_without_a_target_loads_nothing_more(folder: Path) -> None:
    """Installed and unused, the plugin adds only itself to the modules of a run."""
    (other := folder.parent / "without").mkdir()
    used, unused = loaded(folder), loaded(other, "-p", "no:confluent_contracts")
    assert used - unused <= {OWN}


def test_collecting_loads_nothing_heavy(folder: Path) -> None:
    """Under --co no clause is judged, and neither a client nor a generator is imported."""
    assert loaded(folder, "--co", "-q", "--contract-target=mock") & HEAVY == set()


def test_collecting_needs_no_credentials(run: Callable[..., Run]) -> None:
    """Under --co no secret is asked for."""
    assert run("--co", "-q", "--contract-target=http://127.0.0.1:9", plugins=QUIET).code == 0


def test_pytests_last_looks_for_garbage_are_spared(folder: Path) -> None:
    """What is there when a run ends is looked through by nobody; a process that goes on has it looked through again.

    Without a target it is as ever: other people's tests may have left something open.
    """
    (folder / "conftest.py").write_text(LOOKED_THROUGH, encoding="utf-8")
    command = [sys.executable, "-c", TWICE]
    given = environment({"PYTHONPATH": CODE})
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder, env=given
    )
    told = re.findall(r"^(looked through|frozen): ([0-9]+)$", done.stdout, re.MULTILINE)
    counts = [int(count) for _, count in told]
    with_target, frozen, without_target, still_frozen = counts
    assert with_target < 10_000 < without_target
    assert (frozen, still_frozen) == (0, 0)
