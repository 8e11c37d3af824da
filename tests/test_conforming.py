"""Does the gate stay silent on a service that keeps its promises, whatever else it chooses?

`other_service` was written from the pages alone and shares no code with the judge.
"""

from __future__ import annotations

from dataclasses import fields
from itertools import product

import pytest
from judging import judged, red, warned
from other_service import Choices, OtherService

ALONE = {
    "as it comes": Choices(),
    "400 for a broken body": Choices(broken_body_status=400),
    "only the first problem": Choices(every_problem=False),
    "keys in another order": Choices(reverse_keys=True),
    "other ids": Choices(confluent_id="ak-9f8e7d6c-1b2a", datadog_id="7d3c0f2e-5b7a-4c11-9d2e-0a1b2c3d4e5f"),
    "more headers": Choices(extra_headers=(("Server", "other"), ("X-Cell", "7"), ("Vary", "Accept"))),
    "resource null": Choices(resource="null"),
    "resource absent": Choices(resource="absent"),
    "short references": Choices(full_references=False),
    "no metadata": Choices(hidden=frozenset({"metadata"})),
    "no display name shown": Choices(hidden=frozenset({"spec.display_name"})),
    "no resources, no tags": Choices(hidden=frozenset({"data.attributes.resources", "data.attributes.tags"})),
    "empty values left out": Choices(omit_empty=True),
    "lower-case header names": Choices(lower_header_names=True),
    "a charset": Choices(media_type="application/json; charset=utf-8"),
    "a charset in capitals": Choices(media_type='Application/JSON;charset="UTF-8"'),
    "indented JSON": Choices(spaced=True),
    "JSON in ASCII": Choices(escaped=True),
    "whole seconds": Choices(timestamps="seconds"),
    "an offset": Choices(timestamps="offset"),
    "nanoseconds": Choices(timestamps="nanoseconds"),
    "untouched when nothing changed": Choices(touch_unchanged=False),
    "its own address": Choices(own_self=True),
    "refusals cost nothing": Choices(refusals_spend=False),
    "limits told everywhere": Choices(limit_headers_everywhere=True),
    "draft headers": Choices(draft_headers=True),
    "reset rounded down": Choices(reset_rounds_down=True),
    "a token bucket": Choices(datadog_limit="bucket", limit=5000, window=1.0),
    "a window for Datadog": Choices(datadog_limit="window", limit=5000),
    "Datadog's request ids": Choices(datadog_request_ids=True),
    "errors told in three members": Choices(error_members=("status", "detail", "source")),
}


@pytest.mark.parametrize("name", ["confluent-api-keys", "datadog-confluent-cloud"])
@pytest.mark.parametrize("choice", ALONE)
def test_each_permitted_choice_alone_is_green(choice: str, name: str) -> None:
    """A service that keeps every promise is neither broken nor warned of, whichever way it goes about it."""
    assert accused(ALONE[choice], name) == ({}, set())


PAIRS = {
    "every_problem": (True, False),
    "omit_empty": (True, False),
    "broken_body_status": (400, 422),
    "resource": ("null", "absent"),
    "reverse_keys": (True, False),
}


@pytest.mark.parametrize("values", list(product(*PAIRS.values()))[::3])
def test_choices_together_are_green(values: tuple[object, ...]) -> None:
    """Permitted choices stay permitted in combination."""
    choices = Choices(**dict(zip(PAIRS, values, strict=True)), lower_header_names=True, full_references=False)  # type: ignore[arg-type]
    assert accused(choices, "confluent-api-keys") == ({}, set())


@pytest.mark.parametrize("stamps", ["fraction", "seconds"])
def test_time_stamps_that_had_time_to_move_are_green(stamps: str) -> None:
    """After a pause, a change must show a new time stamp, and does."""
    with OtherService(Choices(timestamps=stamps)) as service:
        found = judged("confluent-api-keys", service.url, service.environment, pause=1.2)
    assert red(found) == {}
    assert found["update/updated-moves"].judged > 0


@pytest.mark.parametrize(("aligned", "rounds_down"), [(True, False), (False, True)])
def test_a_rate_limited_service_is_green_when_the_limit_is_exhausted(aligned: bool, rounds_down: bool) -> None:
    """An honest limit is no finding, however its windows lie and its seconds are rounded."""
    choices = Choices(limit=400, window=3.0, aligned=aligned, reset_rounds_down=rounds_down, no_store=aligned)
    assert accused(choices, "confluent-api-keys", throttle=True) == ({}, set())


def test_undeclared_members_only_warn() -> None:
    """A member that the document does not name is a SHOULD."""
    assert accused(Choices(extra_properties=True), "confluent-api-keys") == ({}, {"200/undeclared"})


def test_an_empty_secret_only_warns() -> None:
    """Live services send it; the page only says that the secret is not sent."""
    assert accused(Choices(empty_secret=True), "confluent-api-keys") == ({}, {"update/create-only/spec.secret/empty"})


def test_every_choice_is_tried() -> None:
    """A choice that nobody tries proves nothing."""
    tried = {
        field.name for field in fields(Choices) for one in ALONE.values() if getattr(one, field.name) != field.default
    }
    elsewhere = {"aligned", "no_store", "extra_properties", "empty_secret", "datadog_retry_after"}
    assert tried | elsewhere >= {field.name for field in fields(Choices)}


def accused(choices: Choices, name: str, *, throttle: bool = False) -> tuple[dict[str, str], set[str]]:
    """Return what is red, and what only warns, of a service that makes *choices*."""
    with OtherService(choices) as service:
        own = ("id", service.confluent_id) if name.startswith("confluent") else ("account_id", service.datadog_id)
        rulings = judged(name, service.url, service.environment, parameters=(own,), throttle=throttle)
        assert not service.crashes
    return red(rulings), warned(rulings)
