"""Does the README tell the truth of clients? Its test is run as it stands, and with what it warns of."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import httpx
import pytest
from exchanges import confluent, datadog
from running import QUIET, ROOT

from pytest_confluent_contracts import clauses
from pytest_confluent_contracts.__main__ import parser
from pytest_confluent_contracts.clients import mocked

if TYPE_CHECKING:
    from collections.abc import Iterator

README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Hold a client against it")[2].partition("\n## ")[0]
TYPE = ', "type": "confluent-cloud-accounts"'


def block(language: str, holding: str) -> str:
    """Return the one block of the section that has the text *holding*."""
    found = re.findall(rf"```{language}\n(.*?)```", SECTION, flags=re.DOTALL)
    [one] = [text for text in found if holding in text]
    return str(one)


def test_the_test_of_a_client_is_green(pytester: pytest.Pytester) -> None:
    """As it stands, in ten lines of code or so."""
    shown = block("python", "contract_mock")
    assert len([line for line in shown.splitlines() if line.strip()]) <= 10
    pytester.makepyfile(shown)
    pytester.runpytest_inprocess(*QUIET).assert_outcomes(passed=1)


def test_a_client_that_forgets_the_type_is_red(pytester: pytest.Pytester) -> None:
    """The failure is told as shown, whichever assertion fails before it."""
    shown = block("python", "contract_mock")
    assert TYPE in shown
    told = block("text", "client/body/data.type").splitlines()
    forgetful = shown.replace(TYPE, "")
    pytester.makepyfile(forgetful.replace("assert len", "len"))
    run = pytester.runpytest_inprocess(*QUIET)
    run.assert_outcomes(failed=1)
    assert set(told) <= set(run.outlines)
    pytester.makepyfile(forgetful)
    again = pytester.runpytest_inprocess(*QUIET)
    again.assert_outcomes(failed=1)
    assert set(told) <= set(again.outlines)


def test_every_clause_on_clients_is_in_the_table() -> None:
    """And the table has no other."""
    rows = re.findall(r"^\| (`[a-z].*?) \|", SECTION, flags=re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([^`.]+)`", row)}
    told = {name.split("/")[0] if name[-1].isupper() else name for name in named}
    own: set[str] = set()
    for operation in (confluent(), datadog()):
        for clause in clauses.derive_for_clients(operation):
            name = clause.id.removeprefix("client/")
            own.add(name if name in told else name.split("/")[0])
    assert own <= told
    # The updates have none of these.
    assert told - own == {"query", "header", "cookie", "no-body", "idempotency-key"}


@pytest.fixture
def key() -> Iterator[httpx.Client]:
    """Return a client of the key that the document shows."""
    url = "https://api.confluent.cloud/iam/v2/api-keys"
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer x"}) as client:
        yield client


def test_what_an_operation_can_be_told_is_as_the_table_has_it(key: httpx.Client) -> None:
    """Each call of the table is made, but for those with an ellipsis."""
    rows = re.findall(r"^\| (`\..*?) \|", SECTION, flags=re.MULTILINE)
    calls = [call for row in rows for call in re.findall(r"`(\.[^`]+)`", row) if "..." not in call]
    assert len(calls) == 7
    with mocked(judge=False) as api:
        for call in calls:
            eval(f"api['updateIamV2ApiKey']{call}", {"api": api})
            key.patch("/ak-12345", json={})
        assert {name for name in dir(api["updateIamV2ApiKey"]) if name[0] != "_"} == {
            re.split(r"[(.]", call[1:])[0] for call in (*calls, ".raw", ".then", ".then_raw")
        }


def test_the_commands_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option that is shown, in a command or in the text behind it."""
    for line in block("sh", "serve").splitlines():
        arguments = shlex.split(line)[3:]
        assert parser().parse_args(arguments).run.__name__ in ("serve", "judge")
    with pytest.raises(SystemExit):
        parser().parse_args(["serve", "--help"])
    told = capsys.readouterr().out
    named = set(re.findall(r"`(--[a-z]+)", SECTION)) - {"--contract", "--client"}
    assert {option for option in named if option not in told} == set()
