"""Is what was drawn once drawn no more, and does it make no difference to what is sent?"""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import stat
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from leading import read_api
from other_service import ENVIRONMENT, OtherService
from running import REMEMBERING, Run, gate
from test_sequences import drawn

from pytest_confluent_contracts import documents
from pytest_confluent_contracts.cases import draw_files, kept_draws
from pytest_confluent_contracts.cases.draw_files import MOST_FILES, DrawFiles
from pytest_confluent_contracts.cases.kept_draws import kept_in, once_drawn
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.model.traffic import RunContext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PACKAGE = "pytest_confluent_contracts.cases"
# Everything that is drawn: bodies of declared members, of what contains itself, of a pattern, of a map, and values that
# nothing but a strategy finds.
DOCUMENT = """\
openapi: 3.1.0
info: {title: Things, version: '1'}
components:
  schemas:
    Thing:
      type: object
      required: [code]
      properties:
        code: {type: string, pattern: '^[a-c]{2}-[0-9]{3}$'}
        size: {type: number, minimum: -2.5}
        tags: {type: object, additionalProperties: {type: string}}
        inner: {$ref: '#/components/schemas/Thing'}
        either: {oneOf: [{type: string, maxLength: 3}, {type: integer}]}
        odd: {type: string, pattern: '^(?!x)[^y]+z$', minLength: 6}
paths:
  /things/{id}:
    patch:
      operationId: updateThing
      parameters: [{name: id, in: path, required: true, schema: {type: string, pattern: '^t-[0-9]+$'}, example: t-1}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses:
        '200': {description: A thing., content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
        '400': {description: Wrong.}
        '404': {description: None.}
"""


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    """Return what makes this process forget what it has drawn, as a new one would not know it."""

    def forget_all() -> None:
        for name in [name for name in sys.modules if name.startswith(f"{PACKAGE}.")]:
            for one in vars(sys.modules[name]).values():
                if hasattr(one, "cache_clear") and one is not kept_draws.versions:
                    one.cache_clear()

    yield forget_all
    forget_all()


@dataclass(frozen=True, slots=True)
class Counted:
    """Draws *values*, and counts how often."""

    values: list[Any]
    calls: list[int]

    def draw(self) -> list[Any]:
        """Return the values."""
        self.calls.append(1)
        return self.values


def drawn_twice(folder: Path, values: list[Any]) -> tuple[list[Any], int]:
    """Return what a second run is told for a question that a first has drawn *values* for, and how often was drawn."""
    counted = Counted(values, [])
    for _ in range(2):
        with kept_in(folder) as files:
            told = once_drawn("values", ["of a test"], counted.draw)
            files.save()
    return told, len(counted.calls)


# --- values ----------------------------------------------------------------------------------------------------------

EXACT = {
    "floats": [0.1, 1e308, 5e-324, -0.0, 0.0, 1.0, 1],
    "large numbers": [2**53 + 1, -(10**300)],
    "no numbers": [math.inf, -math.inf, math.nan],
    "a lone surrogate": ["\ud800", "\udfff a", "\x00", "\U0001f600"],
    "an order of members": [{"b": 1, "a": 2}, {"a": 2, "b": 1}],
    "truths": [True, 1, False, 0, None],
    "nothing": [],
}
INEXACT = {
    "two surrogates that make one": ["\ud83d\ude00"],
    "a tuple": [("a", 1)],
    "bytes": [b"a"],
    "a number as a name": [{1: "a"}],
    "too many digits": [10**5000],
}


@pytest.mark.parametrize("values", EXACT.values(), ids=EXACT)
def test_a_value_comes_back_as_it_was(values: list[Any], tmp_path: Path) -> None:
    """To the sign of a zero, and to the order of members."""
    told, calls = drawn_twice(tmp_path, values)
    assert (repr(told), calls) == (repr(values), 1)


@pytest.mark.parametrize("values", INEXACT.values(), ids=INEXACT)
def test_what_would_not_come_back_is_drawn_again(values: list[Any], tmp_path: Path) -> None:
    """JSON has no form for it."""
    told, calls = drawn_twice(tmp_path, values)
    assert (told, calls) == (values, 2)
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_it_is_drawn_each_time() -> None:
    """As under ``-p no:cacheprovider``."""
    counted = Counted(["a"], [])
    for _ in range(2):
        assert once_drawn("values", ["of a test"], counted.draw) == ["a"]
    assert len(counted.calls) == 2


# --- plans -----------------------------------------------------------------------------------------------------------


def digest(path: Path, seed: int = 0) -> str:
    """Return the digest of all that may be sent: of the plan of an operation, and of drawn sequences."""
    [operation] = documents.read_document(path).operations
    context = RunContext((("id", "t-17"),), {"size": 2.5}, {}, seed=seed)
    told = hashlib.sha256()
    for case in make_plan(operation, context).every_case():
        sent = (case.probe, case.title, case.written_target, case.headers, case.body, case.expect)
        told.update(repr((*sent, case.violations)).encode("utf-8", "surrogatepass"))
    told.update(repr(drawn(read_api("shop"), "carts", seed)[1]).encode())
    return told.hexdigest()


def test_a_plan_is_the_same_without_a_cache_with_a_cold_and_with_a_warm_one(
    tmp_path: Path, forget: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with one that has a part: of another, and of no other seed. A warm one draws nothing."""
    (document := tmp_path / "things.yaml").write_text(DOCUMENT, encoding="utf-8")
    forget()
    bare, other = digest(document), digest(document, seed=1)
    found: list[str] = []
    cold = tmp_path / "cache"
    for _ in range(2):
        forget()
        with kept_in(cold) as files:
            found.append(digest(document))
            files.save()
    assert (found, len(list(cold.iterdir()))) == ([bare, bare], 1)
    asked = json.loads(next(cold.iterdir()).read_text("ascii"))["draws"]
    assert len(asked) > 5

    forget()
    with kept_in(cold) as files:  # what hangs on no seed is known, the rest is not
        assert digest(document, seed=1) == other
        files.save()
    assert len(list(cold.iterdir())) == 2

    def drawing(*_: Any) -> list[Any]:
        raise AssertionError("nothing is drawn that is known")

    monkeypatch.setattr(kept_draws, "_drawn_alone", drawing)
    forget()
    with kept_in(cold):
        assert (digest(document), digest(document, seed=1)) == (bare, other)


def test_whatever_part_is_lost_the_plan_is_the_same(
    tmp_path: Path, forget: Callable[[], None]
) -> None:
    """What one draws does not hang on whether another was drawn before it."""
    (document := tmp_path / "things.yaml").write_text(DOCUMENT, encoding="utf-8")
    forget()
    with kept_in(tmp_path / "cache") as files:
        whole = digest(document)
        files.save()
    [kept] = (tmp_path / "cache").iterdir()
    told = json.loads(kept.read_text("ascii"))
    left = random.Random(7).sample(sorted(told["draws"]), len(told["draws"]) // 2)
    told["draws"] = {key: told["draws"][key] for key in left}
    kept.write_text(json.dumps(told), encoding="ascii")
    forget()
    with kept_in(tmp_path / "cache"):
        assert digest(document) == whole


# --- files -----------------------------------------------------------------------------------------------------------


def kept_file(folder: Path, versions: str = "1") -> Path:
    """Return the file in which ``text`` is kept for ``key``."""
    files = DrawFiles(folder, versions)
    files.add("key", "text")
    files.save()
    assert DrawFiles(folder, versions).text_of("key") == "text"
    return next(path for path in folder.iterdir() if path.name.startswith("draws-"))


def changed(path: Path, **members: Any) -> None:
    """Change members of what is in *path*."""
    told = json.loads(path.read_text("ascii")) | members
    path.write_text(json.dumps(told), encoding="ascii")


BROKEN: dict[str, Callable[[Path], Any]] = {
    "cut": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "no JSON": lambda path: path.write_bytes(b"\xff\x00{"),
    "too deep": lambda path: path.write_text("[" * 100_000),
    "a list": lambda path: path.write_text("[]"),
    "without draws": lambda path: path.write_text("{}"),
    "draws in a list": lambda path: changed(path, draws=[1]),
    "of another version": lambda path: changed(path, versions="2"),
    "another text": lambda path: changed(path, draws={"key": ["0" * 16, "texts"]}),
    "no text": lambda path: changed(path, draws={"key": ["0" * 16, None]}),
    "no sum": lambda path: changed(path, draws={"key": ["text"]}),
    "a word": lambda path: changed(path, draws={"key": "text"}),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_noted_and_replaced(spoil: Callable[[Path], Any], tmp_path: Path) -> None:
    """It is as if it were not there, and it is gone once something is kept again."""
    path = kept_file(tmp_path)
    spoil(path)
    files = DrawFiles(tmp_path, "1")
    assert files.text_of("key") == ""
    assert [str(path) in note for note in files.notes] == [True]
    files.add("key", "text")
    files.save()
    assert not path.exists()
    again = DrawFiles(tmp_path, "1")
    assert (again.text_of("key"), again.notes) == ("text", [])


def test_a_value_that_was_changed_is_drawn_again(tmp_path: Path) -> None:
    """Whoever writes another value into the file changes no plan."""
    drawn_twice(tmp_path, ["allowed"])
    [path] = tmp_path.iterdir()
    path.write_text(path.read_text("ascii").replace("allowed", "a forbidden one"), "ascii")
    told, calls = drawn_twice(tmp_path, ["allowed"])
    assert (told, calls) == (["allowed"], 1)


def test_a_folder_that_cannot_be_written_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves nothing behind, a file in the place of the folder neither; what is there is read."""
    (folder := tmp_path / "cache").mkdir()
    path = kept_file(folder)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    files = DrawFiles(folder, "1")
    files.add("other", "text")
    files.save()
    assert (files.text_of("key"), list(folder.iterdir())) == ("text", [path])
    assert files.notes == [f"{folder}: what was drawn is not kept: No space left on device"]

    (tmp_path / "a file").write_text("")
    files = DrawFiles(tmp_path / "a file", "1")
    assert files.text_of("key") == ""
    files.add("key", "text")
    files.save()
    assert len(files.notes) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_only_be_read_is_read(tmp_path: Path) -> None:
    """What it has is known, and more of it is not kept."""
    kept_file(tmp_path)
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    files = DrawFiles(tmp_path, "1")
    files.add("other", "text")
    files.save()
    assert (files.text_of("key"), len(files.notes)) == ("text", 1)
    tmp_path.chmod(stat.S_IRWXU)


def test_two_runs_at_once_keep_what_both_have_drawn(tmp_path: Path) -> None:
    """Neither overwrites what the other writes, and each new run knows both."""
    first, second = DrawFiles(tmp_path, "1"), DrawFiles(tmp_path, "1")
    assert (first.text_of("a"), second.text_of("a")) == ("", "")
    first.add("a", "1")
    second.add("b", "2")
    second.save()
    first.save()
    both = DrawFiles(tmp_path, "1")
    assert (both.text_of("a"), both.text_of("b"), both.notes) == ("1", "2", [])


def test_many_runs_leave_few_files(tmp_path: Path) -> None:
    """What each of them has drawn is known all the same."""
    for number in range(4 * MOST_FILES):
        files = DrawFiles(tmp_path, "1")
        files.add(str(number), f"text {number}")
        files.save()
        assert len(list(tmp_path.iterdir())) <= MOST_FILES
    files = DrawFiles(tmp_path, "1")
    assert [files.text_of(str(number)) for number in range(32)] == [
        f"text {number}" for number in range(32)
    ]


def test_other_versions_are_not_read_and_go_when_nobody_uses_them(tmp_path: Path) -> None:
    """Two environments may take turns; what was left half written goes sooner."""
    kept = {name: kept_file(tmp_path / name, name) for name in ("older", "old")}
    (folder := tmp_path / "cache").mkdir()
    for name, days in (("older", 8), ("old", 6)):
        moved = kept[name].rename(folder / kept[name].name)
        os.utime(moved, (0, time.time() - days * 86400))
        kept[name] = moved
    (unfinished := folder / "unfinished-1.json").write_text("{")
    os.utime(unfinished, (0, time.time() - 2 * 3600))
    files = DrawFiles(folder, "new")
    assert files.text_of("key") == ""
    files.add("key", "text")
    files.save()
    assert [kept["older"].exists(), kept["old"].exists(), unfinished.exists()] == [
        False,
        True,
        False,
    ]


def test_the_files_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest go first, and what does not fit at all is not kept."""
    monkeypatch.setattr(draw_files, "MOST_BYTES", 1000)
    for number in range(5):
        files = DrawFiles(tmp_path, "1")
        files.add(str(number), "x" * 300)
        files.save()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000
    files = DrawFiles(tmp_path, "1")
    assert (files.text_of("0"), files.text_of("4")) == ("", "x" * 300)
    files.add("large", "x" * 2000)
    files.save()
    assert DrawFiles(tmp_path, "1").text_of("large") == ""


def test_another_version_draws_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """So does another source of what draws: a checkout changes without its version."""
    kept_draws.versions.cache_clear()
    now = kept_draws.versions()
    assert all(name in now for name in ("hypothesis", "schemathesis", "jsonschema_rs", "python"))
    for part in ("_version_of", "_digest_of_sources"):
        with monkeypatch.context() as changing:
            changing.setattr(kept_draws, part, lambda *_: "another")
            kept_draws.versions.cache_clear()
            assert kept_draws.versions() != now
    kept_draws.versions.cache_clear()


# --- runs ------------------------------------------------------------------------------------------------------------

LISTED = """
import json, sys
from pathlib import Path

def pytest_unconfigure(config):
    if not hasattr(config, "workerinput"):
        Path("modules.json").write_text(json.dumps(sorted(sys.modules)))
"""
HEAVY = {"hypothesis", "schemathesis"}
# One document, and a part of what is drawn: enough to tell.
HELD = ("--contract-spec=datadog-confluent-cloud", "--contract-max-examples=20")
GIVEN = ENVIRONMENT | {"PINNED": "a pinned secret of 2026", "SENT": "a header's own secret"}
KNOWN = (
    "--contract-param=account_id=account_id_abc123",
    "--contract-pin=data.attributes.api_secret=env:PINNED",
    "--contract-pin=data.attributes.api_key=a-pinned-key-2026",
    "--contract-header=X-Team=env:SENT",
)


def held(folder: Path, *options: str, fresh: bool = False) -> tuple[Run, list[Any]]:
    """Hold a service that keeps its promises, with pytest's cache; return what was said, and what was sent."""
    plugins = (*REMEMBERING, "-p", "no:hypothesispytest")
    with OtherService() as service:
        target = f"--contract-target={service.url}"
        run = gate(
            folder, target, *HELD, *KNOWN, *options, given=GIVEN, plugins=plugins, fresh=fresh
        )
        sent = [(one.method, one.path, one.body) for one in service.requests]
    return run, sent


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run, list[Any]]:
    """Return a folder with a cache that a run has filled, and the run: its process knew nothing before."""
    (folder := tmp_path_factory.mktemp("kept") / "run").mkdir()
    (folder / "conftest.py").write_text(LISTED, encoding="utf-8")
    return folder, *held(folder, fresh=True)


def kept_text(folder: Path) -> str:
    """Return all that the runs in *folder* have kept."""
    paths = sorted((folder / ".pytest_cache" / "d" / "confluent-contracts").iterdir())
    return "".join(path.read_text("ascii") for path in paths)


def test_a_warm_run_sends_the_same_and_imports_no_generator(
    warm: tuple[Path, Run, list[Any]],
) -> None:
    """Nothing of Hypothesis or schemathesis is imported where nothing is broken."""
    folder, first, sent = warm
    run, again = held(folder, fresh=True)
    loaded = json.loads((folder / "modules.json").read_text("utf-8"))
    assert (run.code, again == sent) == (0, True)
    assert run.verdicts == first.verdicts
    assert {name.partition(".")[0] for name in loaded} & HEAVY == set()


def test_no_secret_is_kept(warm: tuple[Path, Run, list[Any]]) -> None:
    """No credential, pin, header or parameter of the run, in whatever form."""
    text = kept_text(warm[0])
    given = [*GIVEN.values(), "a-pinned-key-2026", "account_id_abc123", "127.0.0.1"]
    assert len(text) > 5_000
    assert [value for value in given if value in text or json.dumps(value)[1:-1] in text] == []


def test_a_broken_cache_is_noted_under_v_alone(
    warm: tuple[Path, Run, list[Any]], tmp_path: Path
) -> None:
    """The run is right: it sends the same, and what it says without ``-v`` is the same."""
    _, first, sent = warm
    (folder := tmp_path / "run").mkdir()
    (kept := folder / ".pytest_cache" / "d").mkdir(parents=True)
    (kept / "confluent-contracts").write_text("a file in the place of a folder")
    quiet, again = held(folder)
    assert (quiet.code, again == sent, "drawn" in quiet.everything) == (0, True, False)
    told, _ = held(folder, "-v", "-k", "200/json")
    assert (told.code, "what is drawn is not kept" in told.out) == (0, True), told.everything
    assert quiet.verdicts == first.verdicts


def test_workers_share_what_is_kept(folder: Path) -> None:
    """What workers have drawn and kept, the next run need not draw."""
    (folder / "things.yaml").write_text(DOCUMENT, encoding="utf-8")
    few = "--contract-max-examples=5"
    chosen = ("--contract-target=mock", few, "things.yaml", "-k", "statuses")
    for workers in ("-n2", "-n0"):
        before = set(folder.rglob("draws-*"))
        run = gate(folder, *chosen, workers, plugins=REMEMBERING)
        assert run.code == 0, run.everything
        assert bool(set(folder.rglob("draws-*")) - before) == (workers == "-n2")
