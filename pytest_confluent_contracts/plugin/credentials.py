"""Whose credentials does the environment hold, and what is shown of a text that may have them?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.plugin.asking import Credentials
    from pytest_confluent_contracts.plugin.settings import Settings


def own_credentials(operation: Operation) -> Credentials:
    """Return the credentials of *operation* that the environment holds, by scheme and part."""
    return {one.name: _set_variables(one.variables) for one in operation.schemes}


def other_credentials(operation: Operation) -> Credentials:
    """Return a second principal's, as `own_credentials` does; of no scheme where none are set."""
    found: Credentials = {}
    for scheme in operation.schemes:
        given = _set_variables(scheme.other_variables)
        if given:
            found[scheme.name] = given
    return found


def _set_variables(variables: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the part of a scheme and its value for each of its *variables* that is set."""
    values = {part: os.environ.get(variable, "") for part, variable in variables}
    return {part: value for part, value in values.items() if value}


def what_may_be_shown(
    settings: Settings, more: Callable[[Operation], Credentials] = lambda _: {}
) -> Callable[[str], str]:
    """Return what makes of a text of the service one that may be shown: redacted, obeyed nowhere.

    The service has the environment of the run, and with it the credentials; *more* gives others.
    """
    from pytest_confluent_contracts.http.redaction import Redactor, Secret
    from pytest_confluent_contracts.report.visible import visible

    secrets: list[Secret] = []
    for operation in settings.operations():
        for given in (own_credentials(operation), other_credentials(operation), more(operation)):
            for name, parts in given.items():
                secrets += [Secret(f"the credential {name}", value) for value in parts.values()]
    hidden = [one.text for one in settings.parameters if one.hidden]
    hidden += [one.value for one in settings.headers if one.hidden]
    hidden += [pin for pin in settings.pins.values() if isinstance(pin, str)]
    secrets += [Secret("an option", value) for value in hidden]
    redactor = Redactor(secrets)
    return lambda text: visible(redactor.text(text))


def shown_complaint(config: pytest.Config, settings: Settings, error: BaseException) -> str:
    """Return what may be shown of *error*, which may tell what somebody else's code has raised.

    Hooks have given what they have given by now: nobody asks them for the sake of a complaint.
    """
    from pytest_confluent_contracts.http.raised import shortened
    from pytest_confluent_contracts.plugin.asking import credentials_given

    shown = what_may_be_shown(settings, lambda operation: credentials_given(config, operation))
    return shortened(shown(str(error)))
