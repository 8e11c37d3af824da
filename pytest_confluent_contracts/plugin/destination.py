"""What does ``--contract-target`` name, and where do the requests go for it?

A URL, an application in this process, or what a fixture of the user's gives of either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import is_local
from pytest_confluent_contracts.plugin.options import MOCK

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    import pytest

    from pytest_confluent_contracts.http.applications import ApplicationName

OF_FIXTURE = re.compile(r"fixture:(?P<name>[^\W\d]\w*)(?P<prefix>/\S*)?")
SCHEMELESS = re.compile(r"(localhost|[\d.]+|\[[\da-fA-F:]+\]|[\w.-]+(?=:\d))(:\d+)?(/\S*)?")
FORMS = "give http(s)://HOST[:PORT][/PREFIX], MODULE:APP, or mock"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the requests of a run go.

    ``url`` stands before each documented path, where the target itself is no URL; ``application``
    is what answers in this process, None where that is a server; ``named`` says which one is meant
    until it is loaded, ``fixture`` names the fixture that gives either, once it is asked.
    """

    url: str = ""
    application: Any = field(default=None, repr=False)
    fixture: str = ""
    named: ApplicationName | None = None


def is_here(target: str) -> bool:
    """Return whether *target* is this machine, this process, or the embedded service.

    Whatever has no scheme is one of the latter: all else was refused.
    """
    return "://" not in target or is_local(target)


def read_destination(target: str) -> Destination:
    """Return where the requests of *target* go; raise `ContractError` where it names nothing.

    An application is still to be loaded.
    """
    from pytest_confluent_contracts.http import applications

    if target == MOCK:
        return Destination()
    given = OF_FIXTURE.fullmatch(target)
    if given is not None:
        prefix = (given["prefix"] or "").rstrip("/")
        return Destination(applications.APPLICATION_URL + prefix, fixture=given["name"])
    named = applications.parse_name(target)
    if named is None:
        _check_url(target, f"--contract-target={target}")
        return Destination()
    return Destination(applications.APPLICATION_URL + named.prefix, named=named)


def with_application(config: pytest.Config, destination: Destination) -> Destination:
    """Return *destination* with the application that it names, where it names one.

    Raise `TargetUnusable`, whole and with whatever secrets its import tells, where that fails.
    """
    if destination.named is None:
        return destination
    from pytest_confluent_contracts.http import applications

    folders = [str(config.invocation_params.dir), str(config.rootpath)]
    config.add_cleanup(applications.import_from(list(dict.fromkeys(folders))))
    return replace(destination, application=applications.load_application(destination.named))


def given_by_fixture(destination: Destination, given: object) -> Destination:
    """Return *destination* with what its fixture has given: a URL of this machine, or what answers.

    Raise `TargetUnusable` where it is neither.
    """
    from pytest_confluent_contracts.http import applications
    from pytest_confluent_contracts.http.raised import TargetUnusable

    option = f"--contract-target=fixture:{destination.fixture}"
    if not isinstance(given, str):
        applications.check_application(given, option)
        return replace(destination, application=given)
    try:
        _check_url(given, f"{option} gave {given}")
    except ContractError as error:
        raise TargetUnusable(str(error)) from None
    if not is_local(given):
        told = "it is not on this machine, where other rules hold; name it by the option itself"
        raise TargetUnusable(f"{option} gave {given}: {told}")
    return replace(destination, url=given.rstrip("/"))


def _check_url(target: str, told: str) -> None:
    """Raise `ContractError` where *target* is no URL of a host, or has credentials in it."""
    if SCHEMELESS.fullmatch(target):
        raise ContractError(f"{told}: a URL without a scheme; write http://{target}")
    if not _is_base_url(target):
        raise ContractError(f"{told}: not a URL; {FORMS}")
    parts = urlsplit(target)
    if parts.username or parts.password:
        shown = f"{parts.scheme}://{parts.hostname}"
        cure = "leave credentials out of the URL; they come from the environment"
        raise ContractError(f"{told.replace(target, shown)}: {cure}")


def _is_base_url(target: str) -> bool:
    """Return whether *target* is an http(s) URL of a host, with nothing behind its path."""
    parts = split_url(target)
    if parts is None or not parts.hostname or re.search(r"\s", target):
        return False
    return parts.scheme in ("http", "https") and not parts.query and not parts.fragment


def split_url(url: str) -> SplitResult | None:
    """Return the parts of *url*, None where it is none: its port is no number, for example."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it raises where it is no number
    except ValueError:
        return None
    return parts
