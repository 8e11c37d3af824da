"""What does pytest's JUnit file not tell by itself?

The exchange of a finding, and the name of a clause as it is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

# Values of pytest's ini key junit_logging; the first is what it is by itself.
NO_OUTPUT, OUTPUT = "no", "system-out"


@contextmanager
def completed(config: pytest.Config, report: pytest.TestReport) -> Iterator[None]:
    """Let the JUnit file, if there is one, hold what belongs to *report*, which is written now."""
    writer = _junit_writer(config)
    if writer is None:
        yield
        return
    told = getattr(report, "contract", None)
    if told:
        # pytest takes the brackets of errors[].id for those of a parametrized test.
        writer.node_reporter(report).add_attribute("name", told["clause"])
    with _with_output(writer, report):
        yield


@contextmanager
def _with_output(writer: Any, report: pytest.TestReport) -> Iterator[None]:
    """Write the exchange of a finding though no output is asked for.

    Other tests' output stays out.
    """
    from pytest_confluent_contracts.report.block import EXCHANGE

    has_exchange = any(name.endswith(EXCHANGE) for name, _ in report.sections)
    if writer.logging != NO_OUTPUT or not has_exchange:
        yield
        return
    writer.logging = OUTPUT
    yield
    writer.logging = NO_OUTPUT


def _junit_writer(config: pytest.Config) -> Any:
    """Return what writes the JUnit file, None where nothing does.

    pytest has no public name for it.
    """
    if not config.getoption("xmlpath", None):
        return None
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__name__ == "LogXML":
            return plugin
    return None
