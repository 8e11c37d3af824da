"""How is a client held by a test? Fixtures that answer it, and a judge at the test's end."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts.plugin.options import option_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.clients.mocking import MockedContract
    from pytest_confluent_contracts.clients.serving import ServedContract
    from pytest_confluent_contracts.clients.stand_in import StandIn

MARK = "contract_client"
ANSWERING = ("contract_mock", "contract_server")  # the fixtures whose clients are judged
SERVER: pytest.StashKey[ServedContract] = pytest.StashKey()
SECTION = "what the documents say of the client"


class ClientWarning(UserWarning):
    """A client sent what the documents advise against."""


@pytest.fixture
def contract_mock(request: pytest.FixtureRequest) -> Iterator[MockedContract]:
    """Answer httpx in process in the place of the documents' servers; see the README.

    The documents are those of ``@pytest.mark.contract_client("FILE")``, else those of the ini key
    ``contract_spec``, else the bundled ones.
    """
    from pytest_confluent_contracts.clients import mocked
    from pytest_confluent_contracts.model.sources import ContractError

    with ExitStack() as stack:
        try:
            mock = stack.enter_context(mocked(*documents_of(request.node), judge=False))
        except ContractError as error:
            pytest.fail(f"contract_mock: {error}", pytrace=False)
        yield mock


@pytest.fixture(scope="session")
def contract_server(pytestconfig: pytest.Config) -> Iterator[ServedContract]:
    """Answer on a port of this machine in the place of the documents' servers: ``.url``.

    The documents are those of the ini key ``contract_spec``, else the bundled ones. Each test finds
    it as new.
    """
    from pytest_confluent_contracts.clients import served

    with served(*specs_of(pytestconfig), judge=False) as server:
        pytestconfig.stash[SERVER] = server
        yield server
        del pytestconfig.stash[SERVER]


def documents_of(item: pytest.Item) -> Sequence[str]:
    """Return the documents that the nearest mark names, else those of the ini file."""
    for mark in item.iter_markers(MARK):
        if mark.args:
            return [str(name) for name in mark.args]
    return specs_of(item.config)


def specs_of(config: pytest.Config) -> Sequence[str]:
    """Return the documents that the ini file names."""
    return list(option_value(config, "spec") or ())


def is_judged(item: pytest.Item) -> bool:
    """Return whether the requests of the test are judged: the nearest mark that says so counts."""
    for mark in item.iter_markers(MARK):
        if "judge" in mark.kwargs:
            return bool(mark.kwargs["judge"])
    return True


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let a test that uses the server find it as new; fail one whose mark means nothing."""
    for mark in item.iter_markers(MARK):
        if wrong := _why_unmarked(mark, getattr(item, "fixturenames", ())):
            pytest.fail(f"@pytest.mark.{MARK}: {wrong}", pytrace=False)
    server = item.config.stash.get(SERVER, None)
    if server is not None and "contract_server" in getattr(item, "fixturenames", ()):
        server.reset()


def _why_unmarked(mark: pytest.Mark, fixtures: Sequence[str]) -> str:
    """Return why *mark* does not do what it says in a test of *fixtures*, ``""`` where it does."""
    unknown = [name for name in mark.kwargs if name != "judge"]
    if unknown:
        return f"there is no {unknown[0]!r}; it takes names of documents, and judge=False"
    if mark.args and "contract_server" in fixtures and "contract_mock" not in fixtures:
        return "contract_server serves those of the ini key contract_spec in the whole session"
    return ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test whose client sent what the documents forbid.

    One that has failed already says so, too: that may be why.
    """
    arguments: dict[str, Any] = getattr(item, "funcargs", {})
    asked = [arguments[name] for name in ANSWERING if name in arguments]
    if not asked or not is_judged(item):
        return (yield)
    try:
        result = yield
    except BaseException:
        told = "\n\n".join(filter(None, map(_told_of_broken, asked)))
        if told:
            item.add_report_section("call", SECTION, told)
        raise
    for stand_in in asked:
        _judge(stand_in)
    return result


def _judge(stand_in: StandIn) -> None:
    from pytest_confluent_contracts.clients import verdicts

    found = stand_in.red_rulings()
    for ruling in verdicts.warned(found):
        warnings.warn(ClientWarning(verdicts.told_in_a_line(ruling)), stacklevel=1)
    if red := verdicts.broken(found):
        pytest.fail(verdicts.told_whole(red), pytrace=False)


def _told_of_broken(stand_in: StandIn) -> str:
    from pytest_confluent_contracts.clients import verdicts

    red = verdicts.broken(stand_in.red_rulings())
    return verdicts.told_whole(red) if red else ""
