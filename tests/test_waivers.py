"""Are known failures borne as they should, and no longer than they should?"""

from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import pytest
from other_service import Answer, OtherService, Request
from rulings import make_broken, make_clause, make_unexercised, withheld
from running import CONFLUENT, Run, gate

from pytest_confluent_contracts import waivers
from pytest_confluent_contracts.model.clauses import (
    Finding,
    FindingKind,
    MissingEvidence,
    MissingKind,
    Ruling,
    Verdict,
)
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ID = f"{CONFLUENT}request/unknown-id"
LATER = (date.today() + timedelta(days=30)).isoformat()
CHOSEN = (
    "--contract-spec=confluent-api-keys",
    "-k",
    "(unknown-id and not hidden) or security/none",
)
FULL = {
    "clause": "request/unknown-id",
    "reason": "ids are checked later",
    "owner": "team-keys",
    "expires": LATER,
}

CLAUSE = make_clause("request/unknown-id")
TODAY = date(2026, 11, 27)
RED = {
    "broken": make_broken(CLAUSE, Finding(FindingKind.SERVER_ERROR, 500, request="a list")),
    "withheld": make_unexercised(CLAUSE, withheld("an answer")),
}
FINE = {
    "kept": Ruling(CLAUSE, "d", "o", Verdict.KEPT, judged=3),
    "out of reach": make_unexercised(CLAUSE, MissingEvidence(MissingKind.NO_ERROR_HAD_IT)),
}


def gone(request: Request, answer: Answer) -> Answer:
    """Answer 400 to an unknown id, where 404 is documented."""
    if answer.status == 404:
        answer.status, answer.payload = (
            400,
            json.loads(json.dumps(answer.payload).replace('"404"', '"400"')),
        )
    return answer


@pytest.fixture(scope="module")
def broken() -> Iterator[OtherService]:
    """Return a service that breaks one clause."""
    with OtherService(tamper=gone) as service:
        yield service


def written(*entries: dict[str, str]) -> str:
    """Return waivers as TOML."""
    lines = []
    for entry in entries:
        lines.append("[[waiver]]")
        lines += [
            f"{key} = {value if key == 'expires' else json.dumps(value)}"
            for key, value in entry.items()
        ]
    return "\n".join(lines) + "\n"


def held(folder: Path, service: OtherService, text: str, *more: str) -> Run:
    """Run the gate with a file of waivers."""
    (folder / "waivers.toml").write_text(text, encoding="utf-8")
    options = (
        f"--contract-target={service.url}",
        *CHOSEN,
        "--contract-waivers=waivers.toml",
        *more,
    )
    return gate(folder, *options, given=service.environment)


def test_without_a_waiver_the_clause_is_red(folder: Path, broken: OtherService) -> None:
    """The service of these tests breaks one clause, and keeps the other."""
    run = held(folder, broken, "")
    assert (run.code, run.red, run.verdicts[f"{CONFLUENT}security/none"]) == (1, {ID}, "kept"), (
        run.everything
    )


@pytest.mark.parametrize("clause", ["request/unknown-id", "request/*", "*/unknown-id", "*"])
def test_a_waived_failure_is_xfailed(folder: Path, broken: OtherService, clause: str) -> None:
    """A known failure is xfailed with reason, owner and day, by its id or by a wildcard; the run is green."""
    run = held(folder, broken, written(FULL | {"clause": clause}), "-rx")
    assert (run.code, run.red) == (0, set()), run.everything
    assert run.verdicts[ID] == "waived"
    assert "1 xfailed" in run.out
    assert f"waived: ids are checked later (team-keys, until {LATER})" in run.out


FILTERS: dict[str, tuple[dict[str, str], bool]] = {
    "its document": ({"document": "confluent-api-keys"}, True),
    "another document": ({"document": "datadog-confluent-cloud"}, False),
    "its target": ({"target": "http://127.0.0.1:*"}, True),
    "another target": ({"target": "https://api.confluent.cloud"}, False),
    "another clause": ({"clause": "request/unknown"}, False),
    "the clause in other letters": ({"clause": "REQUEST/unknown-id"}, False),
}


@pytest.mark.parametrize("name", FILTERS)
def test_a_waiver_covers_what_it_names(tmp_path: Path, name: str) -> None:
    """Document and target narrow a waiver; one that does not cover the failure does not excuse it."""
    more, covered = FILTERS[name]
    (path := tmp_path / "waivers.toml").write_text(written(FULL | more), encoding="utf-8")
    ruling = replace(RED["broken"], document="confluent-api-keys")
    outcome = waivers.apply_waivers(
        waivers.read_waivers(path), ruling, "http://127.0.0.1:8080", date.today()
    )
    said = f"ids are checked later (team-keys, until {LATER})" if covered else ""
    assert outcome == waivers.Outcome(waived=said)


def test_a_waiver_of_something_else_excuses_nothing(folder: Path, broken: OtherService) -> None:
    """A run whose one waiver names another target is red on the clause, as without."""
    run = held(folder, broken, written(FULL | FILTERS["another target"][0]))
    assert (run.code, run.verdicts[ID]) == (1, "broken"), run.everything


@pytest.mark.parametrize("clause", ["request/unknown-id", "request/*"])
def test_an_expired_waiver_fails_and_says_so(
    folder: Path, broken: OtherService, clause: str
) -> None:
    """After its day a waiver excuses nothing, and the line names it, its owner and the day."""
    run = held(folder, broken, written(FULL | {"clause": clause, "expires": "2020-02-29"}))
    covered = {node for node in run.verdicts if fnmatchcase(node, f"{CONFLUENT}{clause}")}
    assert (run.code, run.red) == (1, covered), run.everything
    assert ID in covered
    assert (
        f"the waiver of {clause} (team-keys: ids are checked later) expired on 2020-02-29"
        in run.out
    )


def test_a_waiver_holds_on_its_last_day(folder: Path, broken: OtherService) -> None:
    """The expiry date itself is still covered."""
    assert held(folder, broken, written(FULL | {"expires": date.today().isoformat()})).code == 0


@pytest.mark.parametrize("expires", [LATER, "2020-02-29"])
@pytest.mark.parametrize("clause", ["request/unknown-id", "request/*"])
def test_a_waiver_that_is_needed_no_more_fails(
    folder: Path, other: OtherService, clause: str, expires: str
) -> None:
    """Where the clause is kept again the run fails and says which waiver to delete."""
    run = held(folder, other, written(FULL | {"clause": clause, "expires": expires}))
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.everything
    assert f"the waiver of {clause} (team-keys" in run.out
    assert "delete it" in run.out


def test_a_wildcard_that_covers_one_failure_is_needed(folder: Path, broken: OtherService) -> None:
    """A wildcard over a broken and a kept clause is needed."""
    assert held(folder, broken, written(FULL | {"clause": "*"})).code == 0


def test_under_xdist_waivers_are_held_to_account_once(folder: Path, other: OtherService) -> None:
    """A wildcard that is needed no more is told once, by the controller."""
    run = held(folder, other, written(FULL | {"clause": "request/*"}), "-n", "2")
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.everything
    assert run.out.count("is no longer needed") == 1


REFUSED: dict[str, tuple[str, str]] = {
    "no reason": (written({**FULL, "reason": ""}), "give a reason"),
    "a blank reason": (written({**FULL, "reason": "  "}), "give a reason"),
    "no owner": (
        written({key: value for key, value in FULL.items() if key != "owner"}),
        "give a owner|give an owner",
    ),
    "no day": (
        written({key: value for key, value in FULL.items() if key != "expires"}),
        "give expires",
    ),
    "a day in words": (written({**FULL, "expires": '"next year"'}), "give expires"),
    "an unknown key": (written({**FULL, "untill": "x"}), "unknown: untill"),
    "an unknown table": (f"[[waivers]]\n{written(FULL).partition(chr(10))[2]}", "waivers"),
    "no table": ('waiver = "x"\n', "waiver"),
    "a document that is no text": (written(FULL) + "document = 7\n", "document"),
    "a time of day": (written(FULL | {"expires": f"{LATER}T12:00:00"}), "expires"),
    "not TOML": ("[[waiver", "not TOML"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_waiver_that_is_not_complete_is_refused(tmp_path: Path, name: str) -> None:
    """What is said of a wrong file is one line, that names the file and the cure."""
    text, told = REFUSED[name]
    (path := tmp_path / "waivers.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError) as refused:
        waivers.read_waivers(path)
    line = str(refused.value)
    assert line.isprintable()
    assert any(part in line for part in told.split("|")), line
    assert "waivers.toml" in line


@pytest.mark.parametrize("name", ["no owner", "not TOML"])
def test_a_run_with_a_wrong_file_sends_nothing(
    folder: Path, broken: OtherService, name: str
) -> None:
    """It ends at once as a usage error, in one line, without a traceback."""
    before = len(broken.requests)
    run = held(folder, broken, REFUSED[name][0])
    assert run.code == pytest.ExitCode.USAGE_ERROR, run.everything
    lines = [line for line in run.err.splitlines() if line.startswith("ERROR: ")]
    assert len(lines) == 1
    assert "waivers.toml" in lines[0]
    assert len(broken.requests) == before
    assert "Traceback" not in run.everything


def test_a_file_that_is_not_there_is_refused(folder: Path, broken: OtherService) -> None:
    """A missing file is named."""
    options = (f"--contract-target={broken.url}", *CHOSEN, "--contract-waivers=nothing.toml")
    run = gate(folder, *options, given=broken.environment)
    assert run.code == pytest.ExitCode.USAGE_ERROR
    assert "nothing.toml: cannot be read" in run.err


# --- drafts ----------------------------------------------------------------------------------------------------------


def test_an_update_drafts_what_is_red_and_is_refused_until_completed(
    folder: Path, broken: OtherService
) -> None:
    """The failures of a run are written for a human to complete: as they stand they excuse nothing."""
    drafting = held(folder, broken, "", "--contract-waivers-update")
    text = (folder / "waivers.toml").read_text(encoding="utf-8")
    [entry] = tomllib.loads(text)["waiver"]
    assert drafting.code == pytest.ExitCode.TESTS_FAILED
    assert "1 waivers drafted in waivers.toml" in drafting.out
    assert (entry["clause"], entry["document"], entry["target"]) == (
        "request/unknown-id",
        "confluent-api-keys",
        broken.url,
    )
    assert held(folder, broken, text).code == pytest.ExitCode.USAGE_ERROR
    done = (
        text.replace('reason = ""', 'reason = "known"')
        .replace('owner = ""', 'owner = "us"')
        .replace("1970-01-01", LATER)
    )
    assert held(folder, broken, done).code == 0


def test_an_update_keeps_what_is_there(folder: Path, broken: OtherService) -> None:
    """Entries that a human wrote stay as they are, and what they cover is not drafted again."""
    mine = "# mine\n" + written(FULL)
    run = held(folder, broken, mine, "--contract-waivers-update")
    assert (folder / "waivers.toml").read_text(encoding="utf-8").startswith(mine)
    assert len(tomllib.loads((folder / "waivers.toml").read_text(encoding="utf-8"))["waiver"]) == 1
    assert run.code == 0, run.everything


def test_an_update_makes_the_file(folder: Path, broken: OtherService) -> None:
    """The file need not exist before."""
    options = (
        f"--contract-target={broken.url}",
        *CHOSEN,
        "--contract-waivers=new.toml",
        "--contract-waivers-update",
    )
    gate(folder, *options, given=broken.environment)
    assert len(tomllib.loads((folder / "new.toml").read_text(encoding="utf-8"))["waiver"]) == 1


def test_what_a_target_says_cannot_break_the_draft(folder: Path) -> None:
    """The finding stands in a comment: whatever the target answers, the file stays TOML."""

    def nasty(request: Request, answer: Answer) -> Answer:
        answer.set(
            "Content-Type", 'text/"""\\]] = 1\x7f' if answer.status == 404 else "application/json"
        )
        return gone(request, answer)

    with OtherService(tamper=nasty) as service:
        held(folder, service, "", "--contract-waivers-update")
    assert tomllib.loads((folder / "waivers.toml").read_text(encoding="utf-8"))["waiver"]


def test_no_word_of_a_document_or_a_target_can_break_the_draft() -> None:
    """Names and findings are text in TOML, whatever is in them."""
    nasty = 'a"b\\c\n\x00\x7f\u0085\u2028\ud800'
    shown = nasty.replace("\ud800", "?")
    text = waivers.draft_waivers([(shown, shown, nasty)], shown).encode().decode()
    [entry] = tomllib.loads(text)["waiver"]
    assert (entry["clause"], entry["document"], entry["target"]) == (shown, shown, shown)


def test_a_draft_that_cannot_be_written_is_a_line_and_no_accident(
    folder: Path, broken: OtherService
) -> None:
    """The verdicts are told all the same, and the exit code says that the options were wrong."""
    path = "--contract-waivers=no/such/folder.toml"
    options = (f"--contract-target={broken.url}", *CHOSEN, path, "--contract-waivers-update")
    run = gate(folder, *options, given=broken.environment)
    assert run.code == pytest.ExitCode.USAGE_ERROR, run.everything
    assert "folder.toml: cannot be written" in run.out
    assert "Traceback" not in run.everything


# --- what a waiver makes of a verdict --------------------------------------------------------------------------------


def made(
    ruling: Ruling, clause: str = "request/unknown-id", expires: date = TODAY
) -> waivers.Outcome:
    """Return what one waiver makes of *ruling*."""
    known = waivers.Waiver(clause, "known", "us", expires)
    return waivers.apply_waivers([known], ruling, "mock", TODAY)


@pytest.mark.parametrize("name", RED)
def test_what_is_broken_or_withheld_can_be_waived(name: str) -> None:
    """A known failure is waived to its last day, with the reason; after it, the waiver is at fault."""
    assert made(RED[name]) == waivers.Outcome(waived="known (us, until 2026-11-27)")
    late = made(RED[name], expires=TODAY - timedelta(days=1))
    assert late.fault == "the waiver of request/unknown-id (us: known) expired on 2026-11-26"


@pytest.mark.parametrize("name", FINE)
def test_what_is_not_red_needs_no_waiver(name: str) -> None:
    """One of a clause that is kept is at fault; where nobody can provoke it, and under a wildcard, it may stand."""
    said = "the waiver of request/unknown-id (us: known) is no longer needed: the clause is kept; delete it"
    assert made(FINE[name]).fault == (said if name == "kept" else "")
    assert made(FINE[name], "request/*") == waivers.Outcome()
    late = made(FINE[name], "request/*", TODAY - timedelta(days=1))
    assert late.fault == "the waiver of request/* (us: known) has expired: delete it"


def test_an_update_drafts_no_waiver_of_what_is_waived(folder: Path, broken: OtherService) -> None:
    """Evidence that was withheld and is waived already is not drafted once more."""
    (folder / "waivers.toml").write_text(written({**FULL, "clause": "*"}), encoding="utf-8")
    before = (folder / "waivers.toml").read_text(encoding="utf-8")
    options = ("--contract-waivers=waivers.toml", "--contract-waivers-update")
    silent = OtherService(tamper=lambda _, answer: Answer(429, headers=[("Retry-After", "0")]))
    with silent:
        chosen = (f"--contract-target={silent.url}", *CHOSEN[:1], "-k", "200/body or 200/json")
        run = gate(folder, *chosen, *options, given=silent.environment)
    assert run.red == set(), run.everything
    assert {"xfailed"} <= {one.outcome for one in run.told} or "xfailed" in run.out
    assert (folder / "waivers.toml").read_text(encoding="utf-8") == before


SHOULD = replace(
    make_broken(CLAUSE, Finding(FindingKind.SERVER_ERROR, 500)), verdict=Verdict.WARNED
)


def test_a_should_that_fails_can_be_waived() -> None:
    """Under --contract-strict a SHOULD fails, and may be borne like any failure; else there is nothing to bear."""
    known = waivers.Waiver(CLAUSE.id, "r", "o", TODAY)
    strict = frozenset({Verdict.BROKEN, Verdict.WARNED})
    assert waivers.apply_waivers([known], SHOULD, "t", TODAY, strict).waived
    assert waivers.apply_waivers([known], SHOULD, "t", TODAY) == waivers.Outcome()


def test_a_wildcard_is_not_needless_where_nothing_was_judged() -> None:
    """Where every clause that it covers was not exercised, nobody knows whether the waiver is needed."""
    known = waivers.Waiver("*", "r", "o", TODAY)
    told = {"clause": "a", "document": "d", "withheld": False, "missing": None}
    unseen, kept = told | {"verdict": "not exercised"}, told | {"verdict": "kept"}
    stopped = unseen | {"missing": {"preflight": True}}
    assert waivers.needless_waivers([known], [unseen], "t") == []
    assert waivers.needless_waivers([known], [kept, stopped], "t") == []
    assert len(waivers.needless_waivers([known], [kept, unseen], "t")) == 1
