"""Does the gate run, both documents, end to end, on the embedded service and over HTTP?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from running import CONFLUENT, DATADOG, QUIET, Run, Served, gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOCK = "--contract-target=mock"


@pytest.fixture(scope="module")
def mocked(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run on the embedded service in an empty folder, started as a user starts it."""
    folder = tmp_path_factory.mktemp("mocked")
    return gate(folder, MOCK, "--contract-throttle", "-vv", fresh=True)


@pytest.fixture(scope="module")
def over_http(tmp_path_factory: pytest.TempPathFactory, served: Served) -> Run:
    """Return the same run over real HTTP."""
    target = f"--contract-target={served.url}"
    return gate(
        tmp_path_factory.mktemp("over_http"),
        target,
        "--contract-throttle",
        given=served.environment,
    )


def test_the_embedded_service_keeps_both_documents(mocked: Run) -> None:
    """Held against the embedded service, both documents are kept: at least 60 clauses, exit 0, within 15 s."""
    assert mocked.code == 0, mocked.everything
    assert len(mocked.told) >= 60
    assert all(
        any(node.startswith(prefix) for node in mocked.verdicts) for prefix in (CONFLUENT, DATADOG)
    )
    assert mocked.seconds < 15


def test_each_clause_is_told_once(mocked: Run) -> None:
    """A promise is one test: no node id comes twice, and each has a verdict."""
    assert len(mocked.told) == len(mocked.verdicts)
    assert all(mocked.verdicts.values())


def test_what_is_not_exercised_has_a_reason(mocked: Run) -> None:
    """No clause is skipped without saying why."""
    unexercised = [one for one in mocked.told if one.verdict == "not exercised"]
    assert unexercised
    assert [
        one.id
        for one in unexercised
        if not re.match(r"Skipped: not exercised: \S.{10,}", one.skipped)
    ] == []


def test_every_family_is_held_on_both_documents(mocked: Run) -> None:
    """Each family has a clause of each document that is kept, but for parameters: both have an id alone."""
    told = [one.contract for one in mocked.told if one.contract and one.verdict == "kept"]
    kept = {(one["document"], one["family"]) for one in told}
    families = {"shape", "errors", "requests", "security", "rate_limit", "update", "wire"}
    assert kept == {
        (name, family)
        for name in ("confluent-api-keys", "datadog-confluent-cloud")
        for family in families
    }


def test_the_header_says_what_is_held_against_what(mocked: Run) -> None:
    """One line names target, documents with version, seed and budget."""
    [line] = [
        line for line in mocked.out.splitlines() if line.startswith("contracts: mock against ")
    ]
    for part in (
        "confluent-api-keys v2",
        "datadog-confluent-cloud v2",
        "seed 0",
        "100 generated bodies",
    ):
        assert part in line


def test_the_summary_counts_verdicts_requests_and_seconds(over_http: Run) -> None:
    """The closing section has a line an operation, and its counts add up to the clauses."""
    lines = re.findall(
        r"^[\w-]+::\w+: (.*); (\d+) requests in ([\d.]+) s$", over_http.out, re.MULTILINE
    )
    assert len(lines) == 2, over_http.out
    counted = re.compile(r"(\d+) (?:kept|broken|warned|not exercised)")
    counts = [int(count) for told, _, _ in lines for count in counted.findall(told)]
    of_document = [node for node in over_http.verdicts if "::document/" in node]
    assert sum(counts) == len(over_http.told) - len(of_document)
    assert all(int(requests) > 100 for _, requests, _ in lines)


def test_the_share_of_own_time_is_told_when_asked(mocked: Run) -> None:
    """With -vv the share of the time that was not spent waiting for the target is printed: a share of the whole."""
    shares = [
        int(share)
        for share in re.findall(r"(-?\d+) % of it not spent waiting for the target", mocked.out)
    ]
    assert len(shares) == 2
    assert all(0 <= share <= 100 for share in shares), shares


def test_the_share_of_own_time_is_not_told_unasked(over_http: Run) -> None:
    """Without -vv nobody has to read it."""
    assert "not spent waiting" not in over_http.out


def test_a_broken_should_warns_and_leaves_the_exit_code_alone(mocked: Run) -> None:
    """The document's example that breaks its own schema is warned of, by name, and nothing fails."""
    assert mocked.verdicts[f"{CONFLUENT}document/example/422"] == "warned"
    assert re.search(r"warned: document/example/422: .*two items of `errors` are equal", mocked.out)
    assert re.search(r"\d+ warned in ", mocked.out)


def test_the_same_verdicts_over_http(mocked: Run, over_http: Run) -> None:
    """The embedded service gets the same verdict on each clause whether it is reached through respx or a socket."""
    assert over_http.code == 0, over_http.everything
    # Real windows are so short here that their rounding hides whether Reset moves, and where they end.
    untold = {f"{CONFLUENT}rate-limit/{what}" for what in ("reset-moves", "window-as-told")}
    told = over_http.verdicts | {id: mocked.verdicts[id] for id in untold}
    assert told == mocked.verdicts


def test_without_a_target_the_plugin_does_nothing(run: Callable[..., Run]) -> None:
    """In an empty folder and without a target pytest collects nothing, and nothing is said of contracts."""
    done = run()
    assert done.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "contracts: " not in done.out
    assert "= contracts =" not in done.out


STRICT = ("-k", "document and example", "--contract-strict")


@pytest.mark.usefixtures("bare")
def test_strict_makes_a_broken_should_fail(pytester: pytest.Pytester) -> None:
    """With --contract-strict the clauses that would warn fail the run."""
    done = pytester.runpytest_inprocess(*QUIET, MOCK, *STRICT)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["FAILED *::document/example/422 - *example breaks its schema*"])


@pytest.mark.usefixtures("bare")
def test_an_option_may_stand_in_the_ini_file(pytester: pytest.Pytester) -> None:
    """Each option has an ini twin, and the command line wins over it."""
    pytester.makeini(
        "[pytest]\ncontract_target = mock\ncontract_seed = 7\ncontract_max_examples = 3\n"
    )
    done = pytester.runpytest_inprocess(*QUIET, "--co", "--contract-max-examples=5")
    assert done.ret == 0
    done.stdout.fnmatch_lines(["contracts: mock against *; seed 7;* 5 generated bodies*"])


HOOKED = """
from pathlib import Path

def pytest_contract_exchange(config, exchange):
    with Path("exchanges").open("a") as log:
        log.write(f"{exchange.status}\\n")

def pytest_contract_ruling(config, ruling):
    with Path("rulings").open("a") as log:
        log.write(f"{ruling.clause.id} {ruling.verdict.value}\\n")
"""


def test_a_conftest_hears_of_exchanges_and_verdicts(folder: Path) -> None:
    """A conftest.py may listen to each exchange and to each verdict."""
    (folder / "conftest.py").write_text(HOOKED, encoding="utf-8")
    done = gate(folder, MOCK, "--contract-spec=confluent-api-keys", "-k", "security and none")
    assert (folder / "rulings").read_text(encoding="utf-8") == "security/none kept\n", (
        done.everything
    )
    assert {"200", "401"} <= set((folder / "exchanges").read_text(encoding="utf-8").split())


JUDGING = """
def test_target(contract_target, contract_settings):
    assert contract_target == contract_settings.target == "mock"
"""


def test_a_test_may_judge_through_the_fixtures(folder: Path) -> None:
    """With paths on the command line those are collected, and their tests see the target."""
    (folder / "test_own.py").write_text(JUDGING, encoding="utf-8")
    done = gate(folder, "test_own.py", MOCK)
    assert (done.code, [one.id for one in done.told]) == (0, ["test_own.py::test_target"]), (
        done.everything
    )
