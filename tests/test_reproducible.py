"""Is a run repeatable, byte for byte, and does it send only what it may?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from other_service import ENVIRONMENT, OtherService, Request
from running import gate

if TYPE_CHECKING:
    from pathlib import Path

LITERAL = "a literal of somebody's own module, 7f3c9d"
CONFTEST = f'KEY = "{LITERAL}"\nOTHERS = ["{LITERAL}-2", "{LITERAL}-3"]\n'
Sent = list[tuple[str, str, dict[str, str], bytes]]


def sent_by(folder: Path, *options: str, fresh: bool = True) -> Sent:
    """Return what a run sends to a fresh service, without the port; *fresh*: with a seed of `hash` of its own."""
    folder.mkdir()
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    with OtherService() as service:
        gate(
            folder,
            f"--contract-target={service.url}",
            "--contract-max-examples=50",
            *options,
            given=ENVIRONMENT,
            fresh=fresh,
        )
    return [_without_host(request) for request in service.requests]


def _without_host(request: Request) -> tuple[str, str, dict[str, str], bytes]:
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    return request.method, request.path, headers, request.body


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """Return what a run with the default seed sends, in a process with another seed of `hash` than a fresh one has."""
    return sent_by(tmp_path_factory.mktemp("seeds") / "first", fresh=False)


def test_the_same_seed_sends_the_same_requests(tmp_path: Path, first: Sent) -> None:
    """Two runs with the same seed send the same requests, in the same order, byte for byte."""
    again = sent_by(tmp_path / "again", "--contract-seed=0")
    assert len(first) > 500
    assert again == first


def test_another_seed_sends_other_bodies(tmp_path: Path, first: Sent) -> None:
    """The seed chooses the generated bodies."""
    chosen = ("--contract-seed=1", "--contract-spec=datadog-confluent-cloud")
    others = sent_by(tmp_path / "others", *chosen, fresh=False)
    new = {body for *_, body in others} - {body for *_, body in first}
    assert len(new) > 30


def test_only_declared_requests_are_sent(first: Sent) -> None:
    """The target sees no method and no path but the documented ones: the same path with DELETE deletes."""
    prefixes = ("/iam/v2/api-keys/", "/api/v2/integrations/confluent-cloud/accounts/")
    assert {(method, path.startswith(prefixes)) for method, path, *_ in first} == {("PATCH", True)}


def test_literals_of_the_users_own_modules_stay_at_home(first: Sent) -> None:
    """Hypothesis would mix the string constants of local modules into what it draws; none of them is sent."""
    assert [body for *_, body in first if LITERAL.encode() in body] == []
