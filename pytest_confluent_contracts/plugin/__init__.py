"""Where does pytest meet the gate?

What it must know before it is known whether there is a target; `session` has the rest. Imports
pytest and next to nothing else: the plugin is installed beside other people's tests and must cost
them nothing.
"""

from __future__ import annotations

import pytest

from pytest_confluent_contracts.plugin import clients, fixtures, options

FAMILIES = (
    *("shape", "errors", "requests", "parameters", "security"),
    *("rate_limit", "update", "lifecycle", "list", "conditional", "wire"),
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    options.add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks that others may implement."""
    from pytest_confluent_contracts.plugin import hooks

    pluginmanager.add_hookspecs(hooks)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks and the fixtures, and begin a session where there is a target."""
    config.addinivalue_line("markers", "contract: a promise of a published API document")
    for family in FAMILIES:
        told = f"a promise of this family ({family.replace('_', ' ')})"
        config.addinivalue_line("markers", f"{family}: {told}")
    told = (
        "contract_client(*documents, judge=True): what contract_mock answers, and whether it judges"
    )
    config.addinivalue_line("markers", told)
    config.pluginmanager.register(clients, "confluent_contracts_clients")
    config.pluginmanager.register(fixtures, "confluent_contracts_fixtures")
    if typed := options.option_without_target(config):
        cure = f"give --contract-target too: a URL, or {options.MOCK}"
        raise pytest.UsageError(f"{typed}: nothing is held against anything; {cure}")
    if options.option_value(config, "target"):
        from pytest_confluent_contracts.plugin import session

        config.pluginmanager.register(session, "confluent_contracts_session")
        session.begin(config)
