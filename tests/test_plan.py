"""Does --contract-plan tell what a run would do, and do nothing?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from chaos_proxy import named, resolver
from other_service import ENVIRONMENT, OtherService
from running import Run, gate

if TYPE_CHECKING:
    from pathlib import Path

BOTH = ("--contract-spec=confluent-api-keys", "--contract-spec=datadog-confluent-cloud")
NAMES = ("--contract-param=id=ak-12345", "--contract-param=account_id=account_id_abc123")
PINS = (
    "--contract-pin=data.attributes.api_key=FIRSTKEY",
    "--contract-pin=data.attributes.api_secret=env:SECRET",
)
SECRET = "a pinned secret, 2026"


def planned(folder: Path, url: str, *options: str, given: dict[str, str] | None = None) -> Run:
    """Return the plan for *options*."""
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    environment = ENVIRONMENT | {"SECRET": SECRET} if given is None else given
    return gate(folder, f"--contract-target={url}", "--contract-plan", *options, given=environment)


def section(run: Run, operation: str) -> list[str]:
    """Return the lines of the plan of one operation."""
    lines = run.out.partition("= contract plan =")[2].splitlines()
    begun = lines.index(operation)
    own = lines[begun + 1 :]
    end = next((index for index, line in enumerate(own) if not line.startswith("  ")), len(own))
    return [line.strip() for line in own[:end]]


CONFLUENT, DATADOG = (
    "confluent-api-keys::updateIamV2ApiKey",
    "datadog-confluent-cloud::UpdateConfluentAccount",
)


def test_a_plan_sends_nothing(folder: Path, other: OtherService) -> None:
    """Nothing is sent, nothing is judged, and it is no failure."""
    run = planned(folder, other.url)
    assert (run.code, other.requests, run.told) == (0, [], ()), run.everything


def test_a_plan_counts_what_a_run_sends(folder: Path, other: OtherService) -> None:
    """The number of requests in the plan is the number that a run sends to a service that keeps its promises."""
    options = (
        "--contract-spec=confluent-api-keys",
        "--contract-max-examples=2",
        "-k",
        "security or unknown-id or body/json",
    )
    told = section(planned(folder, other.url, *options), CONFLUENT)
    [total] = [
        int(found.group(1)) for line in told if (found := re.match(r"in all: (\d+) requests", line))
    ]
    counts = [
        int(found.group(1))
        for line in told
        if (found := re.match(r"[a-z-]+: +(\d+) requests?$", line))
    ]
    gate(folder, f"--contract-target={other.url}", *options, given=ENVIRONMENT)
    assert (sum(counts), len(other.requests) - 1) == (total, total), told  # the last one puts back


def test_a_plan_names_where_requests_go(folder: Path, other: OtherService) -> None:
    """Method, address and resource of each operation, as given."""
    run = planned(folder, named(other.url), *BOTH, *NAMES, *PINS)
    assert f"to: PATCH {named(other.url)}/iam/v2/api-keys/ak-12345" in section(run, CONFLUENT)
    path = "/api/v2/integrations/confluent-cloud/accounts/account_id_abc123"
    assert f"to: PATCH {named(other.url)}{path}" in section(run, DATADOG)


def test_a_plan_names_what_would_be_changed_and_put_back(folder: Path, other: OtherService) -> None:
    """Each member that a run writes is either put back or said not to be."""
    run = planned(folder, named(other.url), *BOTH, *NAMES, *PINS)
    told = section(run, CONFLUENT)
    assert "changed: spec.display_name, spec.description" in told
    assert "put back: spec.display_name, spec.description" in told
    told = section(run, DATADOG)
    assert "changed: data.attributes.tags" in told
    assert "put back: data.attributes.tags" in told


def test_a_plan_names_what_cannot_be_put_back(folder: Path, other: OtherService) -> None:
    """Datadog's key and secret are overwritten before any answer shows them; a plan without pins says so."""
    told = section(planned(folder, other.url, *BOTH), DATADOG)
    [line] = [line for line in told if line.startswith("not put back: ")]
    assert "data.attributes.api_secret" in line
    assert "data.attributes.api_key" in line


def test_a_plan_tells_the_limits(folder: Path, other: OtherService) -> None:
    """Off loopback: at most 600 a document, 5 a second."""
    told = section(planned(folder, named(other.url), *BOTH, *NAMES, *PINS), CONFLUENT)
    assert any("(at most 600, 5 a second)" in line for line in told)


def test_a_plan_without_a_resource_names_what_stays_unexercised(
    folder: Path, other: OtherService
) -> None:
    """Without --contract-param only strangers and unknown ids remain, and the cure is named."""
    run = planned(folder, named(other.url), *BOTH)
    for operation, name in ((CONFLUENT, "id"), (DATADOG, "account_id")):
        told = section(run, operation)
        assert "changed: nothing" in told
        reason = f"name a resource that may be changed: --contract-param {name}=..."
        assert any(line.startswith(f"not exercised: {reason}: ") for line in told), told
        sending = [
            line.partition(":")[0]
            for line in told
            if re.match(r"[a-z-]+: +[1-9]\d* requests$", line)
        ]
        assert sending == ["credentials", "unknown"]


def test_a_plan_without_pins_names_what_stays_unexercised(
    folder: Path, other: OtherService
) -> None:
    """Without pins nothing of Datadog's is changed, and the plan names the pins."""
    told = section(planned(folder, named(other.url), *BOTH, *NAMES), DATADOG)
    assert any(
        "pin real ones: --contract-pin data.attributes.api_key=env:..." in line for line in told
    )
    assert "changed: nothing" in told


def test_a_plan_without_credentials_says_so(folder: Path, other: OtherService) -> None:
    """Where no credentials are set, nothing would be sent."""
    told = section(planned(folder, other.url, *BOTH, given={}), CONFLUENT)
    assert "nothing: no credentials are set" in told


def test_a_plan_holds_no_secret(folder: Path, other: OtherService) -> None:
    """Neither credentials nor pins are printed."""
    run = planned(folder, other.url, *BOTH, *NAMES, *PINS)
    assert [value for value in [*ENVIRONMENT.values(), SECRET] if value in run.everything] == []


@pytest.mark.parametrize("throttle", [False, True])
def test_a_plan_tells_whether_the_limit_is_exhausted(
    folder: Path, other: OtherService, throttle: bool
) -> None:
    """The throttle probe is either left out, with the reason, or told as what it is."""
    told = section(
        planned(folder, other.url, *BOTH, *(["--contract-throttle"] if throttle else [])), CONFLUENT
    )
    [line] = [line for line in told if line.startswith("throttle: ")]
    assert ("until 429" in line) == throttle
    assert ("without --contract-throttle" in line) != throttle


def test_a_plan_of_chosen_clauses_is_smaller(folder: Path, other: OtherService) -> None:
    """-k narrows the plan as it narrows the run."""
    told = section(planned(folder, other.url, *BOTH, "-k", "security"), CONFLUENT)
    assert [
        line.partition(":")[0] for line in told if re.match(r"[a-z-]+: +\d+ requests$", line)
    ] == ["credentials"]


def test_a_plan_works_for_the_embedded_service(folder: Path) -> None:
    """With mock a plan is printed too, and nothing is judged."""
    run = gate(folder, "--contract-target=mock", "--contract-plan")
    assert (run.code, run.told) == (0, ())
    assert section(run, CONFLUENT)
    assert section(run, DATADOG)
