"""Does the wheel carry everything, away from the checkout?"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from running import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    "CONTRACT_WHEEL" not in os.environ,
    reason="builds and installs for half a minute; .ci/run asks for it by CONTRACT_WHEEL",
)


def called(*command: str | Path, cwd: Path) -> str:
    """Return the output of a command that succeeds."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, env=environment({}), check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    called(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        folder,
        ROOT,
        cwd=folder,
    )
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_carries_documents_and_types(wheel: Path) -> None:
    """Both documents, the schema of x-contract, the marker of types and the licence are inside; the tests are not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    specs = {f"pytest_confluent_contracts/specs/{path.name}" for path in (ROOT / "specs").iterdir()}
    assert specs | {"pytest_confluent_contracts/py.typed"} <= names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0] for name in names} == {
        "pytest_confluent_contracts",
        f"{'-'.join(wheel.name.split('-')[:2])}.dist-info",
    }


def test_the_gate_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Installed into a fresh environment, the one command holds both documents, with no checkout in sight."""
    called(sys.executable, "-m", "venv", "fresh", cwd=tmp_path)
    scripts = tmp_path / "fresh" / ("Scripts" if sys.platform == "win32" else "bin")
    called(
        scripts / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        wheel,
        cwd=tmp_path,
    )
    (empty := tmp_path / "empty").mkdir()
    told = called(scripts / "pytest", "--contract-target=mock", cwd=empty)
    for operation in (
        "confluent-api-keys::updateIamV2ApiKey",
        "datadog-confluent-cloud::UpdateConfluentAccount",
    ):
        assert f"{operation}: " in told
    where = called(
        scripts / "python",
        "-c",
        "import pytest_confluent_contracts as p; print(p.__file__)",
        cwd=empty,
    )
    assert where.startswith(str(tmp_path / "fresh"))
