"""Does the gate stay silent on a service that keeps its promises, whatever else it chooses?

`other_service` was written from the pages alone and shares no code with the judge.
"""

from __future__ import annotations

import math
import os
from dataclasses import fields
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from choosing import choices_of_pairs, pairs_met, pairs_of
from judging import DOCUMENTS, judged, red, warned
from other_service import (
    CONFLUENT_PATH,
    ENVIRONMENT,
    Answer,
    Choices,
    OtherService,
    Request,
    SlidingLog,
    Spent,
)
from running import ROOT, THINGS, gate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HIDDEN = (
    frozenset[str](),
    frozenset({"metadata", "data.attributes.resources"}),
    frozenset({"spec.display_name", "data.attributes.tags"}),
)
HEADERS = (("Server", "other"), ("X-Cell", "7"), ("Vary", "Accept"))

# What any pair of which is tried; the first of each is the default.
CHOICES: dict[str, tuple[Any, ...]] = {
    "broken_body_status": (422, 400),
    "every_problem": (True, False),
    "hides_unknown": (False, True),
    "any_media_type": (False, True),
    "pointers": ("exact", "around"),
    "reverse_keys": (False, True),
    "confluent_id": ("ak-12345", "ak-9f8e7d6c-1b2a"),
    "datadog_id": ("account_id_abc123", "7d3c0f2e-5b7a-4c11-9d2e-0a1b2c3d4e5f"),
    "extra_headers": ((), HEADERS),
    "resource": ("shown", "null", "absent"),
    "hidden": HIDDEN,
    "lower_header_names": (False, True),
    "challenges": (
        ("Basic {}",),
        ('Negotiate, Basic realm="api", {}, Bearer',),
        ("Negotiate oRQwEqADCgEAoQsGCSqGSIb3EgECAg==", 'Basic realm="a, \\"b\\""', "Bearer {}"),
        ("Bearer",),
    ),
    "media_type": (
        "application/json",
        "application/json; charset=utf-8",
        'Application/JSON;charset="UTF-8"',
    ),
    "datadog_limit": ("silent", "bucket", "window"),
    "extra_properties": (False, True),
    "full_references": (True, False),
    "omit_empty": (False, True),
    "empty_secret": (False, True),
    "spaced": (False, True),
    "escaped": (False, True),
    "timestamps": ("fraction", "seconds", "tenths", "offset", "nanoseconds"),
    "refuses_fixed": (False, True),
    "notations": (False, True),
    "clock_ahead": (0.0, -45.0, 45.0),
    "dates": ("now", "none"),
    "touch_unchanged": (True, False),
    "own_self": (False, True),
    "self_path": (CONFLUENT_PATH, "/iam/v3/api-keys/", f"/gateway{CONFLUENT_PATH}"),
    "refusals_spend": (True, False),
    "limit_headers_everywhere": (False, True),
    "draft_headers": (False, True),
    "reset_rounds_down": (False, True),
    "datadog_request_ids": (False, True),
    "datadog_retry_after": (True, False),
    "hangs_up": (0, 1, 50),
    "odd_ids": ("unknown", "malformed", "front"),
    "tells_closing": (False, True),
    "idle": (0.0, 1.0),
    "coding": ("", "gzip", "deflate", "x-gzip"),
    "chunked": (False, True),
    "refuses_escapes": (False, True),
    "asks_for_length": (False, True),
    "longest_header": (0, 2048),
    "error_members": (
        ("id", "status", "code", "title", "detail", "source"),
        ("status", "detail", "source"),
    ),
}
# What the service of the other document has no use for.
OF_ONE_DOCUMENT = {
    "confluent-api-keys": {
        *("broken_body_status", "pointers", "confluent_id", "resource", "challenges"),
        *("full_references", "empty_secret", "timestamps", "notations", "clock_ahead"),
        *("touch_unchanged", "own_self", "self_path", "error_members"),
    },
    "datadog-confluent-cloud": {
        *("datadog_id", "datadog_limit", "datadog_request_ids", "datadog_retry_after"),
    },
}
FEWEST_ROWS = {"confluent-api-keys": 4, "datadog-confluent-cloud": 5}  # by these seeds, of 600
THROTTLED = {"limit", "window", "aligned", "no_store", "retry_rounds_down"}

# Those of which every combination is tried where CONTRACT_EVERY_COMBINATION is set: some ten minutes on two cores.
WHOLE = {
    "confluent-api-keys": (
        *(
            "broken_body_status",
            "every_problem",
            "reverse_keys",
            "confluent_id",
            "extra_headers",
            "resource",
        ),
        *("hidden", "lower_header_names", "media_type", "extra_properties"),
    ),
    "datadog-confluent-cloud": (
        *(
            "every_problem",
            "reverse_keys",
            "datadog_id",
            "extra_headers",
            "hidden",
            "lower_header_names",
        ),
        *("media_type", "datadog_limit", "extra_properties"),
    ),
}


def combinations(name: str) -> list[Choices]:
    """Return the services to try: those of every combination, where that is asked for."""
    if os.environ.get("CONTRACT_EVERY_COMBINATION"):
        rows = product(*(CHOICES[axis][:2] for axis in WHOLE[name]))
        return [Choices(**dict(zip(WHOLE[name], row, strict=True))) for row in rows]
    return pairwise(name)


def axes(name: str) -> dict[str, tuple[Any, ...]]:
    """Return the choices that the service of the document *name* has."""
    [others] = [other for other in DOCUMENTS if other != name]
    return {axis: values for axis, values in CHOICES.items() if axis not in OF_ONE_DOCUMENT[others]}


@lru_cache
def pairwise(name: str) -> list[Choices]:
    """Return services of the document *name* among which any two choices meet."""
    return choices_of_pairs(Choices, axes(name), FEWEST_ROWS[name])


def expected(choices: Choices, name: str) -> set[str]:
    """Return what only warns of a service that makes *choices*: what the page does not say, and a fair owner may do."""
    found = {"200/undeclared"} if choices.extra_properties else set[str]()
    if choices.hides_unknown:
        found.add("request/unknown-id/not-hidden")
    if choices.any_media_type:
        found.add("request/body/media-type")
    if not name.startswith("confluent"):
        return found
    if choices.empty_secret and not choices.omit_empty:
        found.add("update/create-only/spec.secret/empty")
    if choices.pointers == "around" and "source" in choices.error_members:
        found.add("error/source.pointer/exact")
    if not choices.self_path.endswith(CONFLUENT_PATH) and "metadata" not in choices.hidden:
        found.add("update/self-path-is-request-path")
    return found


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        pytest.param(name, choices, id=f"{name}-{index}")
        for name in DOCUMENTS
        for index, choices in enumerate(combinations(name))
    ],
)
def test_permitted_choices_are_green_however_they_meet(name: str, choices: Choices) -> None:
    """A service that keeps every promise is not accused, whichever way it goes about it."""
    assert accused(choices, name) == ({}, expected(choices, name)), choices


@pytest.mark.parametrize("name", DOCUMENTS)
def test_any_two_choices_meet(name: str) -> None:
    """The services that are tried leave no pair of choices untried."""
    assert pairs_met(pairwise(name), axes(name)) == pairs_of(axes(name))


@pytest.mark.parametrize("stamps", ["fraction", "tenths", "seconds"])
def test_time_stamps_that_had_time_to_move_are_green(stamps: str) -> None:
    """After a pause, a change must show a new time stamp, and does; that idle connections were closed is no matter."""
    with OtherService(Choices(timestamps=stamps, idle=1.0)) as service:
        found = judged("confluent-api-keys", service.url, service.environment, pause=1.2)
    assert (red(found), warned(found)) == ({}, set())
    assert found["update/updated-moves"].judged > 0


@pytest.mark.parametrize(
    ("aligned", "reset_down", "retry_down"),
    [(True, False, False), (False, True, False), (False, False, True)],
)
def test_a_rate_limited_service_is_green_when_the_limit_is_exhausted(
    aligned: bool, reset_down: bool, retry_down: bool
) -> None:
    """An honest limit is no finding, however its windows lie and its seconds are rounded."""
    choices = Choices(
        limit=400,
        window=6.0 if retry_down else 3.0,
        aligned=aligned,
        reset_rounds_down=reset_down,
        retry_rounds_down=retry_down,
        no_store=aligned,
    )
    assert accused(choices, "confluent-api-keys", throttle=True) == ({}, set())


@pytest.mark.parametrize("limit", [1000, 100])
@pytest.mark.parametrize("how", ["aligned", "on demand", "sliding"])
def test_windows_of_one_second_are_green(how: str, limit: int) -> None:
    """A window as short as what its Reset is rounded to ends again and again within a run; nothing is wrong with that."""
    choices = Choices(limit=limit, window=1.0, aligned=how == "aligned")
    with OtherService(choices) as service:
        if how == "sliding":
            service.confluent_limit = SlidingLog(limit, 1.0)
        rulings = judged("confluent-api-keys", service.url, service.environment, max_examples=100)
    assert (red(rulings), warned(rulings)) == ({}, set())


class FrozenLog(SlidingLog):
    """A window that slides, and of which Reset tells how long it is."""

    def spend(self) -> Spent:
        return super().spend()._replace(reset=math.ceil(self.seconds))


def test_a_window_that_slides_may_tell_its_length() -> None:
    """Its Reset never moves: that only warns, and Remaining may rise as requests come free."""
    with OtherService(Choices(limit=150, window=4.0)) as service:
        service.confluent_limit = FrozenLog(150, 4.0)
        rulings = judged("confluent-api-keys", service.url, service.environment)
    assert red(rulings) == {}
    assert warned(rulings) <= {
        "rate-limit/reset-moves",
        "rate-limit/window-as-told",
        "rate-limit/retry-after-not-before-reset",
    }


STUCK: dict[str, Callable[[int], int]] = {
    "constant": lambda _: 500,
    "now and then": lambda left: left + (left % 3 == 0),
}


@pytest.mark.parametrize("how", STUCK)
def test_remaining_that_does_not_count_is_red_in_windows_of_one_second_too(how: str) -> None:
    """What excuses a window that slides does not excuse a number that tells nothing."""

    def stuck(_: Request, answer: Answer) -> Answer:
        if left := answer.header("X-RateLimit-Remaining"):
            answer.set("X-RateLimit-Remaining", str(STUCK[how](int(left))))
        return answer

    with OtherService(Choices(limit=1000, window=1.0), tamper=stuck) as service:
        only = {"rate-limit/remaining-counts-down"}
        rulings = judged(
            "confluent-api-keys", service.url, service.environment, max_examples=100, only=only
        )
    assert red(rulings).keys() == only


def test_a_key_that_updates_itself_is_green() -> None:
    """A credential that is also the resource's id is taken out of what is kept; its place in the answer is no fault."""
    assert accused(
        Choices(confluent_id=ENVIRONMENT["CONFLUENT_CLOUD_API_KEY"]), "confluent-api-keys"
    ) == ({}, set())


def test_every_choice_is_tried() -> None:
    """A choice that nobody tries proves nothing."""
    assert CHOICES.keys() | THROTTLED == {field.name for field in fields(Choices)}


def test_the_readme_counts_the_choices() -> None:
    """What it says of them is true."""
    told = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"makes {sum(len(values) - 1 for values in CHOICES.values())} choices" in told


def accused(
    choices: Choices, name: str, *, throttle: bool = False
) -> tuple[dict[str, str], set[str]]:
    """Return what is red, and what only warns, of a service that makes *choices*."""
    with OtherService(choices) as service:
        own = (
            ("id", service.confluent_id)
            if name.startswith("confluent")
            else ("account_id", service.datadog_id)
        )
        rulings = judged(
            name,
            service.url,
            service.environment,
            parameters=(own,),
            throttle=throttle,
            max_examples=8,
        )
        assert not service.crashes
    return red(rulings), warned(rulings)


RANGES = (
    THINGS.replace("'200'", "2XX")
    + """\
        default:
          description: No thing.
          content:
            application/json: {schema: {type: object, required: [errors], properties: {errors: {type: array}}}}
"""
)


@pytest.mark.parametrize(
    "ranges", [RANGES, RANGES.replace("2XX", "'200'"), RANGES.replace("default", "4XX")]
)
def test_a_document_without_statuses_of_its_own_is_kept_by_its_service(
    folder: Path, ranges: str
) -> None:
    """Ranges and `default` name no status: any refusal keeps them, and the embedded service finds one to answer with."""
    (folder / "things.yaml").write_text(ranges, encoding="utf-8")
    options = ("--contract-target=mock", "--contract-spec=things.yaml", "--contract-max-examples=5")
    run = gate(folder, *options)
    assert (run.code, run.red) == (0, set()), run.everything
    assert run.verdicts["contracts/things::patch /things/{id}::request/name/type"] == "kept"
    assert gate(folder, *options, "--contract-prove", "--collect-only", "-q").code == 0
