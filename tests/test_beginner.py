"""Is a first run of use? A beginner's service is told a handful of causes, the worst first, each with what to mend."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from beginner_service import BeginnerService
from running import gate

if TYPE_CHECKING:
    from running import Run

CAUSE = re.compile(r"^  (broken|withheld|warned): (.*)$", re.MULTILINE)
MOST_CAUSES, MOST_LINES = 9, 120
WORST_FIRST = {
    "confluent-api-keys": [
        r'spec\.description changed from ".*" to ""',
        "422 answered without errors",
        "404 answered as text/html",
        "200 answered without X-Request-Id, on 200 and errors",
        "200 answered without X-RateLimit-Limit",
    ],
    "datadog-confluent-cloud": [
        r"data\.attributes\.tags changed from .* to \[\]",
        "422 answered to a broken body .*, not 400",
        "200 answered to a broken body .*, not 400",
        "404 answered as text/html",
    ],
}


@pytest.fixture(scope="module", params=WORST_FIRST)
def first_run(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Run]:
    """Return the name of a document, and the run that a beginner starts."""
    (folder := tmp_path_factory.mktemp("first") / "run").mkdir()
    with BeginnerService() as service:
        options = (f"--contract-target={service.url}", f"--contract-spec={request.param}")
        return request.param, gate(folder, *options, given=service.environment)


def test_a_first_run_names_few_causes_the_worst_first(first_run: tuple[str, Run]) -> None:
    """Lost data stands before refusals that look wrong, and headers come last."""
    name, run = first_run
    told = CAUSE.findall(run.out)
    assert len(told) <= MOST_CAUSES
    broken = [line for verdict, line in told if verdict == "broken"]
    assert len(broken) == len(WORST_FIRST[name]), broken
    for line, words in zip(broken, WORST_FIRST[name], strict=True):
        assert re.search(words, line), line


def test_a_first_run_is_short(first_run: tuple[str, Run]) -> None:
    """All of it, with the short summary that pytest adds."""
    _, run = first_run
    assert len(run.out.splitlines()) < MOST_LINES
    assert run.out.count("  request:  curl ") == run.out.count("  answer:   ")
    assert "contract exchange" not in run.out


def test_each_cause_names_what_to_mend(first_run: tuple[str, Run]) -> None:
    """A line behind each says it in a few words."""
    _, run = first_run
    lines = run.out.splitlines()
    for number, line in enumerate(lines):
        if CAUSE.match(line):
            assert lines[number + 1].startswith("    to mend: "), line


def test_every_failure_counts_and_has_its_line(first_run: tuple[str, Run]) -> None:
    """What is not printed whole is still listed, and so is how many there are."""
    _, run = first_run
    assert set(run.failures) == run.red
    shown = len(re.findall(r"^  again:    ", run.out, re.MULTILINE))
    assert shown < len(run.red)
    assert f"({shown} of {len(run.red)} failures are shown" in run.out
    assert f"{len(run.red)} failed" in run.out.splitlines()[-1]


def test_verbose_shows_every_failure(tmp_path_factory: pytest.TempPathFactory) -> None:
    """With -v nothing is left to another failure."""
    (folder := tmp_path_factory.mktemp("verbose") / "run").mkdir()
    with BeginnerService() as service:
        options = (f"--contract-target={service.url}", "--contract-spec=confluent-api-keys", "-v")
        run = gate(folder, *options, "-k", "header", given=service.environment)
    assert len(re.findall(r"^  again:    ", run.out, re.MULTILINE)) == len(run.red) > 1
