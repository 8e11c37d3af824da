"""Does one broken answer turn red exactly the clauses that it breaks? Each fault is written by hand."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from judging import DOCUMENTS, judged, red
from other_service import (
    ENVIRONMENT,
    Answer,
    Choices,
    OtherService,
    Problem,
    Refused,
    Request,
    Tamper,
)
from running import DATADOG, ROOT, Run, gate

Change = Callable[[Answer], object]


def served(change: Change, *, confluent: bool = True) -> Tamper:
    """Return what changes each 200 of one document's operation."""

    def tamper(request: Request, answer: Answer) -> Answer:
        if answer.status == 200 and request.is_confluent is confluent:
            change(answer)
        return answer

    return tamper


# --- services that break one promise -------------------------------------------------------------------------------


def wrong_status(request: Request, answer: Answer) -> Answer:
    """Tell another status in the errors than the answer has."""
    for error in (
        answer.payload["errors"]
        if request.is_confluent and answer.status in (401, 404, 422)
        else ()
    ):
        error["status"] = "418"
    return answer


def bare_sentence(request: Request, answer: Answer) -> Answer:
    """Send Datadog's errors under another name."""
    if not request.is_confluent and answer.status >= 400:
        answer.payload = {"error": answer.payload["errors"][0]}
    return answer


def no_challenge(request: Request, answer: Answer) -> Answer:
    """Leave WWW-Authenticate out of a 401."""
    answer.set("WWW-Authenticate", None)
    return answer


def no_retry_after(request: Request, answer: Answer) -> Answer:
    """Leave Retry-After out of a 429."""
    answer.set("Retry-After", None)
    return answer


def one_request_id(request: Request, answer: Answer) -> Answer:
    """Give every answer the same id."""
    answer.set("X-Request-Id", "the-only-one")
    return answer


def secret_shown(request: Request, answer: Answer) -> Answer:
    """Send the secret of the request back."""
    if answer.status == 200 and not request.is_confluent:
        answer.payload["data"]["attributes"]["api_secret"] = request.json["data"]["attributes"][
            "api_secret"
        ]
    return answer


def created_moves(answer: Answer) -> None:
    """Tell the time of the update as the time of the creation too."""
    answer.payload["metadata"]["created_at"] = answer.payload["metadata"]["updated_at"]


def remaining_rises() -> OtherService:
    """Count Remaining up instead of down."""
    served_so_far = iter(range(10, 10**6))
    return OtherService(
        tamper=served(lambda answer: answer.set("X-RateLimit-Remaining", str(next(served_so_far))))
    )


class ShortNames(OtherService):
    """Refuses a display name of more than 300 characters, which no document forbids."""

    def problems(self, request: Request, body: Any) -> list[Problem]:
        found = super().problems(request, body)
        name = (
            body["spec"].get("display_name", "")
            if request.is_confluent and not found and "spec" in body
            else ""
        )
        return [*found, Problem("/spec/display_name", "is too long")] if len(name) > 300 else found


class OneKey(OtherService):
    """Checks DD-API-KEY and not DD-APPLICATION-KEY."""

    def datadog_authorized(self, headers: dict[str, str]) -> bool:
        return super().datadog_authorized(
            headers | {"dd-application-key": self.environment["DD_APP_KEY"]}
        )


class Forgetful(OtherService):
    """Empties the description where an update does not send it."""

    def apply_confluent(self, spec: dict[str, Any]) -> None:
        super().apply_confluent({"description": "", **spec})


class Hasty(OtherService):
    """Stores the tags of a request before it refuses it."""

    def problems(self, request: Request, body: Any) -> list[Problem]:
        found = super().problems(request, body)
        attributes = (
            body.get("data", {}) if not request.is_confluent and isinstance(body, dict) else {}
        )
        attributes = attributes.get("attributes", {}) if isinstance(attributes, dict) else {}
        tags = attributes.get("tags") if isinstance(attributes, dict) else None
        if found and isinstance(tags, list) and all(isinstance(tag, str) for tag in tags):
            self.account["tags"] = tags
        return found


class Fragile(OtherService):
    """Fails on a NUL in a tag."""

    def apply_datadog(self, attributes: dict[str, Any]) -> None:
        if any("\0" in tag for tag in attributes.get("tags", ())):
            raise Refused(500)
        super().apply_datadog(attributes)


class Fault(NamedTuple):
    """A service that breaks a promise of a document, and the clauses that it breaks.

    *throttle*: they are seen only where its rate limit is exhausted.
    """

    service: Callable[[], OtherService]
    document: str
    red: set[str]
    throttle: bool = False


CONFLUENT_PAGE, DATADOG_PAGE = DOCUMENTS

FAULTS = {
    "owner without id": Fault(
        lambda: OtherService(tamper=served(lambda a: a.payload["spec"]["owner"].pop("id"))),
        CONFLUENT_PAGE,
        {"200/body/spec.owner.id"},
    ),
    "another type": Fault(
        lambda: OtherService(
            tamper=served(lambda a: a.payload["data"].update(type="account"), confluent=False)
        ),
        DATADOG_PAGE,
        {"200/body/data.type"},
    ),
    "the same request id": Fault(
        lambda: OtherService(tamper=one_request_id), CONFLUENT_PAGE, {"request-id/unique"}
    ),
    "another status in the errors": Fault(
        lambda: OtherService(tamper=wrong_status), CONFLUENT_PAGE, {"error/status"}
    ),
    "no list of errors": Fault(
        lambda: OtherService(tamper=bare_sentence), DATADOG_PAGE, {"error/body/errors"}
    ),
    "no challenge": Fault(
        lambda: OtherService(tamper=no_challenge), CONFLUENT_PAGE, {"401/header/WWW-Authenticate"}
    ),
    "a hidden bound": Fault(ShortNames, CONFLUENT_PAGE, {"request/accepted"}),
    "a failure on NUL": Fault(Fragile, DATADOG_PAGE, {"statuses", "request/accepted"}),
    "a key that is not checked": Fault(OneKey, DATADOG_PAGE, {"security/DD-APPLICATION-KEY"}),
    "Remaining rises": Fault(remaining_rises, CONFLUENT_PAGE, {"rate-limit/remaining-counts-down"}),
    "Retry-After on success": Fault(
        lambda: OtherService(tamper=served(lambda a: a.set("Retry-After", "5"))),
        CONFLUENT_PAGE,
        {"rate-limit/retry-after-only-at-limit"},
    ),
    "no Retry-After at the limit": Fault(
        lambda: OtherService(Choices(limit=150, window=1.5), tamper=no_retry_after),
        CONFLUENT_PAGE,
        {"429/header/Retry-After"},
        throttle=True,
    ),
    "what is omitted is emptied": Fault(
        Forgetful, CONFLUENT_PAGE, {"update/omitted-unchanged", "update/empty-changes-nothing"}
    ),
    "the secret comes back": Fault(
        lambda: OtherService(tamper=secret_shown), DATADOG_PAGE, {"update/no-leak"}
    ),
    "a refused request changes something": Fault(Hasty, DATADOG_PAGE, {"update/refused-unchanged"}),
    "created_at moves": Fault(
        lambda: OtherService(tamper=served(created_moves)),
        CONFLUENT_PAGE,
        {"update/created-constant", "update/immutable/metadata"},
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_turns_exactly_its_clauses_red(name: str) -> None:
    """A service that breaks one promise is red on the clauses of that promise, and on no other."""
    fault = FAULTS[name]
    with fault.service() as service:
        found = red(judged(fault.document, service.url, ENVIRONMENT, throttle=fault.throttle))
    assert found.keys() == fault.red, found


def test_what_the_pages_leave_open_turns_nothing_red(
    run: Callable[..., Run], other: OtherService
) -> None:
    """A second service that keeps every promise is not accused of anything."""
    done = run(f"--contract-target={other.url}", "--contract-max-examples=30", given=ENVIRONMENT)
    assert (done.code, done.red) == (0, set()), done.everything


# --- the failure block ---------------------------------------------------------------------------------------------


class Block(NamedTuple):
    """A failure block, where the run's target still stands, and the run itself."""

    lines: list[str]
    run: Run
    again: Callable[[str], Run]


@pytest.fixture(scope="module")
def block(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return the block of the one clause that a service breaks which does not check DD-APPLICATION-KEY."""

    def run(*options: str) -> Run:
        return gate(tmp_path_factory.mktemp("block"), *options, given=ENVIRONMENT)

    with OneKey() as service:
        done = run(
            f"--contract-target={service.url}", "--contract-max-examples=5", "-k", "security"
        )
        [failed] = [one for one in done.told if one.outcome == "failed"]
        assert done.code == pytest.ExitCode.TESTS_FAILED
        yield Block(failed.text.splitlines(), done, lambda line: run(*shlex.split(line)[1:]))


def test_a_failure_says_what_came_what_was_promised_and_how_to_see_it(block: Block) -> None:
    """A failure speaks in this order: what came, what was promised and where, the request, how often, how again."""
    came, *rest = block.lines
    assert re.match(r"200 answered with.* DD-AP.*, not 403$", came)
    labels = [line.split()[0] for line in rest if re.match(r"  \w+:", line)]
    assert [label for label in labels if label != "answer:"] == [
        "promised:",
        "request:",
        "seen:",
        "again:",
    ]
    assert re.search(r"seen: +\d+ of \d+ answers", block.run.out)


def test_a_failure_names_the_line_of_the_promise(block: Block) -> None:
    """The file and the line after a promise are where it stands."""
    [place] = re.findall(r"promised: .*\((specs/[\w-]+\.yaml):(\d+)\)", "\n".join(block.lines))
    line = (ROOT / place[0]).read_text(encoding="utf-8").splitlines()[int(place[1]) - 1]
    assert line.strip() == "appKeyAuth:"


def test_a_failure_shows_the_request_without_credentials(block: Block) -> None:
    """The request is a curl line; what was secret in it reads [redacted], and no secret is in the output at all."""
    [request] = [line for line in block.lines if line.startswith("  request:")]
    words = shlex.split(request.removeprefix("  request:"))
    assert words[:3] == ["curl", "-X", "PATCH"]
    assert "DD-API-KEY: [redacted]" in words
    assert "DD-APPLICATION-KEY" not in request or "DD-APPLICATION-KEY: [redacted]" in words
    secrets = [
        form
        for value in ENVIRONMENT.values()
        for form in (value, base64.b64encode(value.encode()).decode())
    ]
    assert [secret for secret in secrets if secret in block.run.everything] == []


def test_a_failure_can_be_seen_again(block: Block) -> None:
    """The line under `again` runs that clause alone, and it is red again."""
    [again] = [line.removeprefix("  again:") for line in block.lines if line.startswith("  again:")]
    done = block.again(again)
    assert done.red == {f"{DATADOG}security/DD-APPLICATION-KEY"} == set(done.verdicts), (
        done.everything
    )


def test_the_short_summary_repeats_what_came(block: Block) -> None:
    """The first line of a failure is its line in the short summary."""
    assert list(block.run.failures.values()) == [block.lines[0]]
