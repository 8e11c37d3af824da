"""Does the README tell the truth? Each block in it is run, read or compared with what the gate prints."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
import yaml
from framework_applications import DOCUMENT
from judging import DOCUMENTS
from leading import read_api
from other_service import Answer, Choices, OtherService
from running import CODE, ROOT, Run, gate
from test_starting import SERVICE, left

from pytest_confluent_contracts import clauses, documents, waivers
from pytest_confluent_contracts.model.clauses import Family
from pytest_confluent_contracts.model.resources import Reference
from pytest_confluent_contracts.plugin.options import OPTIONS

if TYPE_CHECKING:
    from pathlib import Path

    from other_service import Request

README = (ROOT / "README.md").read_text(encoding="utf-8")


# A document in which what the README's block names is there.
THINGS_MADE = """\
openapi: 3.1.0
info: {{title: Things, version: '1'}}
paths:
  /users:
    post:
      requestBody: {{content: {{application/json: {{schema: {{type: object}}}}}}}}
      responses: {{'201': {{description: One.}}}}
  /users/{{user_id}}:
    get:
      parameters: [{{name: user_id, in: path, required: true, schema: {{type: string}}}}]
      responses: {{'200': {{description: One.}}}}
  /projects/{{project_id}}:
    get:
      parameters: [{{name: project_id, in: path, required: true, schema: {{type: string}}}}]
      responses: {{'200': {{description: One.}}}}
  /projects/{{project_id}}/things:
    parameters: [{{name: project_id, in: path, required: true, schema: {{type: string}}}}]
    post:
{block}      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                data:
                  type: object
                  properties: {{name: {{type: string}}, owner_id: {{type: string}}}}
      responses: {{'201': {{description: One.}}}}
  /projects/{{project_id}}/things/{{thing_id}}:
    parameters:
      - {{name: project_id, in: path, required: true, schema: {{type: string}}}}
      - {{name: thing_id, in: path, required: true, schema: {{type: string}}}}
    get:
      responses: {{'200': {{description: One.}}}}
"""


def blocks(language: str) -> list[str]:
    """Return the fenced blocks of one language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def block_with(text: str) -> str:
    """Return the one block of Python that has *text* in it."""
    [found] = [block for block in blocks("python") if text in block]
    return found


def without_retry_after(request: Request, answer: Answer) -> Answer:
    """Take Retry-After out of every 429."""
    if answer.status == 429:
        answer.headers = [pair for pair in answer.headers if pair[0].lower() != "retry-after"]
    return answer


def told_alike(text: str) -> list[str]:
    """Return the lines with what differs from run to run, port and counts, made alike."""
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", text)
    text = re.sub(
        r" --contract-overlay=\S+", "", text
    )  # leaves the update alone, for a service of it
    return [
        re.sub(r"\d+ of \d+ answers.*", "N of N answers", line.rstrip())
        for line in text.splitlines()
    ]


def test_the_failure_block_is_what_a_failure_looks_like(tmp_path: Path) -> None:
    """A service without Retry-After on 429 is told of just as the README shows."""
    with OtherService(Choices(limit=40, window=1.0), tamper=without_retry_after) as service:
        options = (
            f"--contract-target={service.url}",
            "--contract-spec=confluent-api-keys",
            "--contract-throttle",
        )
        run = gate(tmp_path, *options, "-k", "429/header/Retry-After", given=service.environment)
    assert set(told_alike(blocks("text")[0])) <= set(told_alike(run.out)), run.out


def test_the_two_commands_are_those_that_ci_runs() -> None:
    """CI reads them from here; each is one line that stands alone."""
    commands = [block.strip() for block in blocks("sh") if block.startswith("python3 -m venv")]
    assert len(commands) == 2
    assert "pytest --contract-target=mock" in commands[0]
    assert "[test]" in commands[1]
    assert commands[1].endswith("/pytest -n 6 --dist worksteal")
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_option_is_in_the_table_and_no_other() -> None:
    """The table and the parser know the same options."""
    assert set(re.findall(r"^\| `--contract-([a-z-]+)`", README, flags=re.MULTILINE)) == {
        name for name, _, _ in OPTIONS
    }


def test_the_counts_of_requests_are_those_of_the_plan(tmp_path: Path) -> None:
    """The table's counts are what --contract-plan prints, but for a few that another Hypothesis may draw; 450 are not passed."""
    plans = gate(tmp_path, "--contract-target=mock", "--contract-plan").out.split("::")[1:]
    for column, plan in enumerate(plans):
        planned = {
            probe: int(count)
            for probe, count in re.findall(r"^ +([a-z-]+): +(\d+) requests?", plan, re.MULTILINE)
        }
        table = README.partition("| probe | what |")[2].partition("\n\n")[0]
        rows = re.findall(r"^\| ([a-z-]+) \| .* \| (\d+) \| (\d+) \|$", table, re.MULTILINE)
        told = {probe: int(counts[column]) for probe, *counts in rows}
        assert {probe for probe in told if told[probe]} == planned.keys()
        assert all(abs(told[probe] - planned[probe]) <= 8 for probe in planned), (told, planned)
        assert sum(planned.values()) <= 450


def test_the_ini_block_configures_a_run(tmp_path: Path) -> None:
    """With the block in pyproject.toml, a bare pytest is the gate."""
    (tmp_path / "pyproject.toml").write_text(blocks("toml")[0])
    run = gate(tmp_path, "-k", "security")
    assert run.code == 0, run.everything
    assert "confluent-api-keys::updateIamV2ApiKey" in run.out
    assert "datadog-confluent-cloud::" not in run.out


def test_the_waivers_block_is_read(tmp_path: Path) -> None:
    """The entry is complete."""
    (file := tmp_path / "waivers.toml").write_text(blocks("toml")[1])
    [waiver] = waivers.read_waivers(file)
    assert waiver.clause == "update/sent-is-returned/data.attributes.tags"


def test_the_hooks_block_is_called(tmp_path: Path) -> None:
    """A conftest with the block hears of each verdict."""
    (tmp_path / "conftest.py").write_text(block_with("def pytest_contract_ruling"))
    run = gate(tmp_path, "--contract-target=mock", "-k", "security/none", "-s")
    assert "security/none kept" in run.out


def test_the_commands_between_runs_exist() -> None:
    """Each subcommand that the README shows has a help of its own."""
    shown = [
        shlex.split(line)[3]
        for block in blocks("sh")
        for line in block.splitlines()
        if "-m pytest_conf" in line
    ]
    between = ["diff", "merge", "badge", "judge", "convert", "check", "compare"]
    assert shown == ["schema", "schema", *between, "serve", "judge"]
    for name in shown:
        done = subprocess.run(
            [sys.executable, "-m", "pytest_confluent_contracts", name, "--help"],
            capture_output=True,
        )
        assert done.returncode == 0


def test_the_live_command_holds_a_service(tmp_path: Path) -> None:
    """The options that the README shows for a service are taken by one."""
    [line] = [line for block in blocks("sh") for line in block.splitlines() if "8080" in line]
    with OtherService() as service:
        options = shlex.split(line.replace("http://127.0.0.1:8080", service.url))[1:]
        run = gate(tmp_path, *options, "-k", "security", given=service.environment)
    assert run.code == 0, run.everything


def test_the_lives_table_names_every_clause_on_a_life() -> None:
    """It names no other, and each beside the roles whose operations have it."""
    told: dict[str, set[str]] = {}
    for roles, clauses_told in re.findall(
        r"^\| ([a-z, ]+) \| (`[a-z-]+`.*) \|$", README, re.MULTILINE
    ):
        for name in re.findall(r"`([a-z]+(?:-[a-z]+)+)`", clauses_told):
            told.setdefault(name, set()).update(roles.split(", "))
    derived: dict[str, set[str]] = {}
    bundled = [documents.read_document(documents.find_document(name)) for name in DOCUMENTS]
    for document in (read_api("shop"), *bundled):
        for operation in document.operations:
            for clause in clauses.derive(operation):
                if clause.family is Family.LIFECYCLE and operation.role is not None:
                    name = clause.id.split("/")[1]
                    derived.setdefault(name, set()).add(operation.role.value)
    # A PUT that creates has the clauses of two roles.
    for operation in read_api("buckets").operations:
        own = [one for one in clauses.derive(operation) if one.family is Family.LIFECYCLE]
        for name in {one.id.split("/")[1] for one in own} - derived.keys():
            derived[name] = {operation.role.value}
    assert told.keys() == derived.keys()
    assert all(derived[name] <= told[name] for name in told)


def test_the_resource_block_has_every_key_and_is_understood(tmp_path: Path) -> None:
    """Each key of the schema that editors use stands in it, and the reader takes it."""
    [block] = [one for one in blocks("yaml") if one.startswith("x-contract:\n  resource")]
    stated = yaml.safe_load(block)["x-contract"]
    schema = json.loads((ROOT / "specs" / "x-contract.schema.json").read_text(encoding="utf-8"))
    for key in ("resource", "consistency"):
        known = schema["properties"][key]["properties"].keys() - {"says"}
        assert stated[key].keys() == known
    indented = "".join(f"      {line}\n" for line in block.splitlines())
    (document := tmp_path / "things.yaml").write_text(THINGS_MADE.format(block=indented))
    read = documents.read_document(document)
    [create] = [one for one in read.operations if one.path.endswith("/things")]
    assert create.resource is not None
    assert (create.resource.name, create.resource.parent) == ("things", "projects")
    assert create.resource.references == (Reference("data.owner_id", "users"),)
    assert create.promises.consistency is not None
    assert create.promises.consistency.within == 5


def test_the_block_on_lists_is_as_its_schema_says() -> None:
    """Each of its keys is one that the reader knows, with a value that it takes."""
    [block] = [one for one in blocks("yaml") if one.startswith("x-contract:\n  pagination")]
    stated = yaml.safe_load(block)["x-contract"]
    schema = json.loads((ROOT / "specs" / "x-contract.schema.json").read_text(encoding="utf-8"))
    known = schema["properties"]
    assert stated["pagination"].keys() < known["pagination"]["properties"].keys()
    for key in ("filters", "sorting"):
        assert stated[key].keys() == known[key]["properties"].keys() - {"says"}


def test_the_resources_shown_are_those_of_the_plan(tmp_path: Path) -> None:
    """The block stands in what --contract-plan prints."""
    [block] = [one for one in blocks("text") if "createIamV2ApiKey" in one]
    options = ("--contract-target=mock", "--contract-spec=confluent-api-keys", "--contract-plan")
    assert block in gate(tmp_path, *options, "-k", "nothing", whole=True).out


def test_the_fixture_block_gives_an_application(tmp_path: Path) -> None:
    """Named by the command below it; here it makes one of Flask's, and a database that is none."""
    made = "from contextlib import nullcontext as database\n"
    made += "from framework_applications import DOCUMENT, Things, flask_application\n"
    made += (
        "import pytest\n\ndef create_app(connection):\n    return flask_application(Things())\n\n"
    )
    (tmp_path / "conftest.py").write_text(made + block_with("def shop()"))
    shutil.copy(DOCUMENT, tmp_path / "shop.yaml")
    [command] = [
        line for block in blocks("sh") for line in block.splitlines() if "fixture:" in line
    ]
    run = gate(tmp_path, *shlex.split(command)[1:], "-k", "200")
    assert (run.code, run.red) == (0, set()), run.everything


def test_the_application_command_holds_one(tmp_path: Path) -> None:
    """As it stands: a module in a package of the folder, and a document."""
    text = "from framework_applications import *\napp = starlette_application(Things())\n"
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "web.py").write_text(text)
    shutil.copy(DOCUMENT, tmp_path / "shop.yaml")
    [command] = [line for block in blocks("sh") for line in block.splitlines() if "web:app" in line]
    run = gate(tmp_path, *shlex.split(command)[1:], "-k", "200")
    assert (run.code, run.red) == (0, set()), run.everything


def test_the_start_command_starts_and_stops_a_service(tmp_path: Path) -> None:
    """As it stands, but for the port, which may be taken."""
    (tmp_path / "serve.py").write_text(textwrap.dedent(SERVICE), encoding="utf-8")
    shutil.copy(DOCUMENT, tmp_path / "shop.yaml")
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = str(door.getsockname()[1])
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    [command] = [line.replace("8321", port) for line in lines if "--contract-start=" in line]
    command = command.replace("'python ", f"'{sys.executable} ")
    run = gate(tmp_path, *shlex.split(command)[1:], "-k", "200", given={"PYTHONPATH": CODE})
    assert (run.code, run.red) == (0, set()), run.everything
    assert left(tmp_path) == []


SIGNED_SHOP = """
import base64, hmac
from framework_applications import Things

things = Things()

def app(environ, start_response):
    import json
    body = environ["wsgi.input"].read()
    signed = f"{environ['REQUEST_METHOD']} http://localhost{environ['RAW_URI']} ".encode() + body
    right = base64.b64encode(hmac.digest(b"a key of the shop", signed, "sha256")).decode()
    status, told = 403, {"message": "not signed"}
    if environ.get("HTTP_X_SIGNATURE") == right:
        path, media_type = environ["PATH_INFO"].lstrip("/"), environ.get("CONTENT_TYPE", "")
        status, told = things.answer(environ["REQUEST_METHOD"], path, media_type, body)
    start_response(f"{status} Told", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
"""


def test_the_signing_hook_signs(tmp_path: Path) -> None:
    """A service that takes nothing unsigned takes every request; without the hook it takes none."""
    (tmp_path / "shop.py").write_text(SIGNED_SHOP)
    shutil.copy(DOCUMENT, tmp_path / "shop.yaml")
    options = ("--contract-target=shop:app", "--contract-spec=shop.yaml", "-k", "200 or accepted")
    assert gate(tmp_path, *options).red != set()
    (tmp_path / "conftest.py").write_text(block_with("def pytest_contract_request"))
    run = gate(tmp_path, *options, given={"SHOP_SIGNING_KEY": "a key of the shop"})
    assert (run.code, run.red) == (0, set()), run.everything


HOOKED_SHOP = """
import json
from framework_applications import Things

things = Things()
things.stored.clear()
inserted, asked, heard = [], [], []

def insert(name):
    things.stored["t-77"] = {"id": "t-77", "name": name, "size": 1}
    inserted.append("t-77")
    return "t-77"

def delete(id):
    del things.stored[id]
    print("taken away:", id, "after", len(asked), "requests")

def app(environ, start_response):
    body = environ["wsgi.input"].read()
    asked.append(environ["PATH_INFO"])
    heard.append(body)
    status, told = 401, {"message": "no key"}
    if environ.get("HTTP_X_API_KEY") == "a key of the vault":
        path, media_type = environ["PATH_INFO"].lstrip("/"), environ.get("CONTENT_TYPE", "")
        status, told = things.answer(environ["REQUEST_METHOD"], path, media_type, body)
    more = [("X-Powered-By", "CGI/1.1")] if status == 404 else []
    start_response(f"{status} Told", [("Content-Type", "application/json"), *more])
    return [json.dumps(told).encode()]
"""
KEYED = """
  securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}
security: [{key: []}]
"""
AROUND_HOOKS = """
import shop
vault = lambda: type("Vault", (), {"read": lambda _, path: {"shop/api-key": "a key of the vault"}[path]})()
database = lambda: shop
"""


@pytest.fixture(scope="module")
def hooked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run with all hooks of the README, on a service that has nothing without them."""
    folder = tmp_path_factory.mktemp("hooked") / "run"
    folder.mkdir()
    (folder / "shop.py").write_text(HOOKED_SHOP)
    text = DOCUMENT.read_text().rstrip().replace("components:", f"components:{KEYED.rstrip()}", 1)
    text = text.replace("\nsecurity: [{key: []}]", "").replace(
        "paths:", "security: [{key: []}]\npaths:"
    )
    (folder / "shop.yaml").write_text(text)
    names = ("credentials", "clauses", "resource", "case")
    own = [block_with(f"def pytest_contract_{name}(") for name in names]
    listening = "def pytest_sessionfinish():\n    print('NUL:', any(b'u0000' in one for one in shop.heard))\n"
    (folder / "conftest.py").write_text("\n".join([*own, AROUND_HOOKS, listening]))
    return gate(folder, "--contract-target=shop:app", "--contract-spec=shop.yaml", "-s")


def test_credentials_come_from_the_hook(hooked: Run) -> None:
    """Nothing is in the environment, and what is sent is accepted; the key is shown nowhere."""
    assert hooked.verdicts["contracts/shop::updateThing::security/key/accepted"] == "kept"
    assert "a key of the vault" not in hooked.everything


def test_a_clause_of_a_team_is_judged_and_told(hooked: Run) -> None:
    """Red where it is broken, with the words of the team; and no other clause is."""
    assert hooked.red == {
        "contracts/shop::readThing::header/no-software",
        "contracts/shop::updateThing::header/no-software",
    }
    assert "404 answered: it tells that it runs on CGI/1.1" in hooked.out
    assert "promised: no answer names software (shop.yaml:" in hooked.out


def test_a_resource_is_set_up_and_taken_away(hooked: Run) -> None:
    """Once, and after everything else."""
    assert "taken away: t-77 after " in hooked.out
    assert hooked.out.count("taken away:") == 1
    assert hooked.verdicts["contracts/shop::readThing::200/body/id"] == "kept"


def test_a_case_is_dropped(hooked: Run) -> None:
    """No body with a NUL was sent, though one is planned."""
    assert "NUL: False" in hooked.out
