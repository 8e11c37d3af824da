"""Do pytest's ways to choose tests, to spread them and to report them work on clauses, with nothing added?"""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from other_service import ENVIRONMENT, Answer, OtherService, Request
from running import CONFLUENT, QUIET, ROOT, Run, gate

if TYPE_CHECKING:
    from collections.abc import Callable

MOCK = "--contract-target=mock"
ONE = "--contract-spec=confluent-api-keys"
FEW = "--contract-max-examples=10"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return a run of everything on the embedded service."""
    return gate(tmp_path_factory.mktemp("whole"), MOCK)


def ids(run: Run) -> set[str]:
    """Return the node ids of *run*."""
    return set(run.verdicts)


def test_a_keyword_chooses_clauses(run: Callable[..., Run], whole: Run) -> None:
    """-k chooses by the clause's id."""
    done = run(MOCK, "-k", "unknown-id")
    assert ids(done) == {node for node in ids(whole) if "unknown-id" in node}
    assert len(ids(done)) == 6


def test_a_mark_chooses_a_family(run: Callable[..., Run], whole: Run) -> None:
    """-m chooses a family, and its verdicts are those of a whole run."""
    done = run(MOCK, "-m", "rate_limit")
    family = {
        one.id for one in whole.told if one.contract and one.contract["family"] == "rate_limit"
    }
    assert done.verdicts == {node: whole.verdicts[node] for node in family}


def test_the_last_failures_can_be_run_alone(folder: Path) -> None:
    """After a failure --lf runs the clause that failed, and no other."""
    with OtherService(tamper=_forbids_strangers) as service:
        options = (
            f"--contract-target={service.url}",
            ONE,
            FEW,
            "-k",
            "security and (none or accepted)",
        )
        plugins = QUIET[:-2]
        first = gate(folder, *options, given=ENVIRONMENT, plugins=plugins)
        again = gate(folder, *options, "--lf", given=ENVIRONMENT, plugins=plugins)
    assert first.red == {f"{CONFLUENT}security/none"} == ids(again), again.everything
    assert len(ids(first)) == 3


def _forbids_strangers(request: Request, answer: Answer) -> Answer:
    answer.status = 403 if answer.status == 401 else answer.status
    return answer


def test_a_node_id_chooses_one_clause(run: Callable[..., Run]) -> None:
    """A clause's node id, as it is printed, runs that clause."""
    done = run(MOCK, f"{CONFLUENT}200/body/id")
    assert done.verdicts == {f"{CONFLUENT}200/body/id": "kept"}, done.everything


def test_a_node_id_chooses_one_operation(run: Callable[..., Run], whole: Run) -> None:
    """The node id of an operation runs its clauses."""
    done = run(MOCK, CONFLUENT.removesuffix("::"), "-k", "security")
    assert ids(done) == {
        node for node in ids(whole) if node.startswith(CONFLUENT) and "security" in node
    }


@pytest.mark.parametrize("name", ["confluent-api-keys.yaml", "copied.yaml"])
def test_a_documents_path_chooses_the_document(folder: Path, whole: Run, name: str) -> None:
    """A document among the arguments is held against the target, whether it is bundled or lies elsewhere."""
    shutil.copy(ROOT / "specs" / "confluent-api-keys.yaml", folder / name)
    alone = "--contract-operation=updateIamV2ApiKey"
    done = gate(folder, name, MOCK, alone, "-k", "security")
    chosen = {node for node in ids(whole) if node.startswith(CONFLUENT) and "security" in node}
    assert ids(done) == {node.replace("confluent-api-keys", Path(name).stem) for node in chosen}, (
        done.everything
    )


def test_two_workers_give_the_same_verdicts(run: Callable[..., Run], whole: Run) -> None:
    """xdist spreads clauses over processes, and each has the verdict that it has in one."""
    done = run(MOCK, ONE, "-n", "2")
    assert done.code == 0, done.everything
    assert done.verdicts == {
        node: told for node, told in whole.verdicts.items() if node.startswith(CONFLUENT)
    }


def test_two_workers_do_not_disturb_each_other(
    run: Callable[..., Run], other: OtherService
) -> None:
    """Two processes that change the same resource of a conforming service accuse it of nothing."""
    done = run(f"--contract-target={other.url}", ONE, "-n", "2", FEW, given=ENVIRONMENT)
    assert (done.code, done.red) == (0, set()), done.everything


def test_two_workers_do_not_send_more(
    run: Callable[..., Run], tmp_path: Path, other: OtherService
) -> None:
    """An operation's clauses stay together and share its exchanges: two workers send what one process sends."""
    chosen = (ONE, FEW, "-m", "security")
    with OtherService() as alone:
        gate(tmp_path, f"--contract-target={alone.url}", *chosen, given=ENVIRONMENT)
    run(f"--contract-target={other.url}", *chosen, "-n", "2", given=ENVIRONMENT)
    assert 0 < len(other.requests) == len(alone.requests)


def test_junit_tells_clause_place_and_failure(folder: Path) -> None:
    """The JUnit file has a case for each clause, with its id, level and place, and what came where it failed."""
    with OtherService(tamper=_forbids_strangers) as service:
        options = (f"--contract-target={service.url}", ONE, FEW, "-k", "security and none")
        gate(folder, *options, "--junit-xml=junit.xml", given=ENVIRONMENT)
    [case] = ET.parse(folder / "junit.xml").iter("testcase")
    told = {one.attrib["name"]: one.attrib["value"] for one in case.iter("property")}
    assert told["contract.clause"] == "security/none"
    assert told["contract.level"] == "MUST"
    assert told["contract.place"].startswith("specs/confluent-api-keys.yaml:")
    [failure] = case.iter("failure")
    assert re.match("403 answered without credentials.*, not 401", failure.attrib["message"])
    assert "promised:" in f"{failure.attrib['message']}{failure.text}"


def test_fewer_clauses_send_fewer_requests(
    run: Callable[..., Run], other: OtherService, whole: Run
) -> None:
    """-k rate sends only what the rate clauses need: the examples and the valid bodies, and none that is refused."""
    done = run(f"--contract-target={other.url}", ONE, "-k", "rate", given=ENVIRONMENT)
    [all_of_it] = re.findall(r"updateIamV2ApiKey: .*; (\d+) requests in", whole.out)
    assert done.code == 0, done.everything
    assert 0 < len(other.requests) < int(all_of_it) * 0.75
    assert len({request.headers["authorization"] for request in other.requests}) == 1


def test_collecting_sends_nothing(run: Callable[..., Run], other: OtherService) -> None:
    """--co lists the clauses and sends no request."""
    done = run(f"--contract-target={other.url}", "--co", "-q", given=ENVIRONMENT)
    assert done.code == 0
    assert f"{CONFLUENT}200/body/id" in done.out.splitlines()
    assert other.requests == []


def test_a_document_behind_a_link_is_chosen_by_its_path(folder: Path) -> None:
    """Whichever way leads to the file, it is the document; temporary folders are often links."""
    (folder / "real").mkdir()
    (folder / "link").symlink_to("real")
    shutil.copy(ROOT / "specs" / "confluent-api-keys.yaml", folder / "real" / "mine.yaml")
    run = gate(folder, MOCK, "link/mine.yaml::updateIamV2ApiKey::security/none", whole=True)
    assert (run.code, len(run.told)) == (0, 1), run.everything
