"""What was asked for? The options of a run with a target, all of them checked before anything is sent."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from pytest_confluent_contracts.model.paths import has_items
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import is_local
from pytest_confluent_contracts.plugin.options import MOCK, NODE_PREFIX, OPTIONS, value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DEFAULTS: dict[str, Any] = {"max-examples": 100, "seed": 0, "timeout": 10.0}
UNREPEATED = frozenset({"report", "plan", "waivers-update", "prove"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked for, checked."""

    target: str
    documents: tuple[Path, ...]
    local: bool = True
    parameters: tuple[tuple[str, str], ...] = ()
    pins: dict[str, Any] = field(default_factory=dict, repr=False)
    max_examples: int = 100
    seed: int = 0
    budget: int | None = None
    rate: float = 0.0
    concurrency: int = 1
    timeout: float = 10.0
    throttle: bool = False
    hosts: tuple[str, ...] = ()
    insecure: bool = False
    plan: bool = False
    waivers: Path | None = None
    waived: tuple[Any, ...] = ()
    waivers_update: bool = False
    report: Path | None = None
    fail_under: float = 0.0
    strict: bool = False
    prove: bool = False
    again: str = ""

    @property
    def mocked(self) -> bool:
        """Return whether the embedded service is the target."""
        return self.target == MOCK


def read(config: pytest.Config) -> Settings:
    """Return what was asked for; raise `pytest.UsageError` in one line where it cannot be."""
    try:
        return _checked(config, str(value(config, "target")))
    except ContractError as error:
        raise pytest.UsageError(str(error)) from None


def _checked(config: pytest.Config, target: str) -> Settings:
    if target != MOCK:
        _check_url(target)
    _check_workers(config)
    paths = tuple(_documents(config, target))
    local = _serves_all(target)
    seed = _seed(config)
    return Settings(
        target=target.rstrip("/"),
        documents=paths,
        local=local,
        parameters=tuple(_parameters(value(config, "param") or (), paths)),
        pins=dict(_pins(value(config, "pin") or (), paths)),
        max_examples=_number(config, "max-examples", int, 0),
        seed=seed,
        budget=_number(config, "budget", int, 1, None if local else 600 * len(paths)),
        rate=_number(config, "rate", float, 0.001, 0.0 if local else 5.0),
        concurrency=1
        if target == MOCK
        else _number(config, "concurrency", int, 1, 1 if local else 4),
        timeout=_number(config, "timeout", float, 0.001),
        hosts=tuple(map(_host, value(config, "allow-host") or ())),
        insecure=bool(value(config, "insecure")),
        plan=bool(value(config, "plan")),
        waivers=_path(value(config, "waivers")),
        waived=_waived(config),
        waivers_update=bool(value(config, "waivers-update")),
        report=_path(value(config, "report")),
        fail_under=_number(config, "fail-under", float, 0, 0.0),
        throttle=bool(value(config, "throttle")) or target == MOCK,
        strict=bool(value(config, "strict")),
        prove=_prove(config, target),
        again=shlex.join(_again(config, seed)),
    )


def _prove(config: pytest.Config, target: str) -> bool:
    asked = bool(value(config, "prove"))
    if asked and target != MOCK:
        raise ContractError(
            "--contract-prove: only the embedded service can be broken; give --contract-target=mock"
        )
    return asked


def _check_url(target: str) -> None:
    try:
        parts = urlsplit(target)
        named = parts.hostname and (parts.port or True)
    except ValueError:
        named = None
    if (
        not named
        or re.search(r"\s", target)
        or parts.scheme not in ("http", "https")
        or parts.query
        or parts.fragment
    ):
        raise ContractError(
            f"--contract-target={target}: not a URL; give http(s)://HOST[:PORT][/PREFIX], or mock"
        )
    if parts.username or parts.password:
        shown = f"{parts.scheme}://{parts.hostname}"
        raise ContractError(
            f"--contract-target={shown}: leave credentials out of the URL; they come from the environment"
        )


def _host(given: str) -> str:
    """Return *given* where it is ``HOST[:PORT]``."""
    try:
        parts = urlsplit(f"//{given}")
        named = parts.hostname and (parts.port or True) and parts.netloc == given
    except ValueError:
        named = False
    if not named or re.search(r"[\s@]", given):
        raise ContractError(f"--contract-allow-host={given}: give HOST[:PORT]")
    return given


def _check_workers(config: pytest.Config) -> None:
    """Refuse what would send every request once for each of xdist's workers, and change a resource from all of them."""
    if config.getoption("dist", "no") == "each" and config.getoption("tx", ()):
        raise ContractError(
            "--dist=each: every worker would send everything; leave it out, clauses are spread with -n alone"
        )


def _documents(config: pytest.Config, target: str) -> Iterator[Path]:
    """Yield the documents: those named, those among the paths, else the bundled ones that the target's host serves."""
    from pytest_confluent_contracts import documents

    named = [_named(name) for name in value(config, "spec") or ()]
    if config.args_source is config.ArgsSource.ARGS:
        named += [path for arg in config.args if (path := _document_of(arg))]
    elif not named:
        named = (
            list(documents.bundled_documents().values())
            if _serves_all(target)
            else documents.documents_serving(urlsplit(target).hostname or "")
        )
        if not named:
            known = ", ".join(documents.bundled_documents())
            raise ContractError(
                f"--contract-target={target}: no document names this host; add --contract-spec ({known}, or a file)"
            )
    found = list(dict.fromkeys(path.resolve() for path in named))
    stems = [path.stem for path in found]
    if twice := next((stem for stem in stems if stems.count(stem) > 1), None):
        raise ContractError(
            f"two documents are named {twice!r}: rename one, the name is part of the clauses' ids"
        )
    for path in found:
        documents.read_document(path)
        yield path


def _named(name: str) -> Path:
    from pytest_confluent_contracts import documents

    try:
        return documents.find_document(name)
    except ContractError as error:
        raise ContractError(f"--contract-spec={name}: {error}") from error


def _serves_all(target: str) -> bool:
    return target == MOCK or is_local(target)


def _document_of(arg: str) -> Path | None:
    """Return the document that a command-line argument names: a YAML or JSON file, or ``contracts/NAME``."""
    from pytest_confluent_contracts import documents

    path = arg.partition("::")[0]
    if path.startswith(NODE_PREFIX) and not Path(path).exists():
        return documents.find_document(path.removeprefix(NODE_PREFIX))
    return (
        Path(path) if path.endswith((".yaml", ".yml", ".json")) and Path(path).is_file() else None
    )


def arguments(config: pytest.Config, found: Settings) -> list[str]:
    """Return what pytest shall collect: the documents in place of testpaths, or the paths with node ids made real."""
    if config.args_source is not config.ArgsSource.ARGS:
        return [str(path) for path in found.documents]
    by_name = {path.stem: str(path) for path in found.documents}
    collected = [_real(arg, by_name) for arg in config.args]
    named = {arg.partition("::")[0] for arg in collected}
    spec = {str(path) for path in found.documents} if value(config, "spec") else set()
    return [*collected, *sorted(spec - {str(Path(path).resolve()) for path in named})]


def _real(arg: str, by_name: dict[str, str]) -> str:
    path, colons, rest = arg.partition("::")
    name, real = path.removeprefix(NODE_PREFIX), str(Path(path).resolve())
    if path.startswith(NODE_PREFIX) and name in by_name:
        return f"{by_name[name]}{colons}{rest}"
    return (
        f"{real}{colons}{rest}" if real in by_name.values() else arg
    )  # a link in the path is no other document


# --- values ------------------------------------------------------------------------------------------------------------


def _path(given: object) -> Path | None:
    return Path(str(given)).resolve() if given else None


def _waived(config: pytest.Config) -> tuple[Any, ...]:
    from pytest_confluent_contracts import waivers

    path, update = _path(value(config, "waivers")), bool(value(config, "waivers-update"))
    if path is None:
        if update:
            raise ContractError(
                "--contract-waivers-update: name the file with --contract-waivers=FILE"
            )
        return ()
    return () if update and not path.exists() else waivers.read_waivers(path)


def _seed(config: pytest.Config) -> int:
    """Return the seed; ``random`` is drawn once, and xdist's workers are told what it is."""
    if value(config, "seed") != "random":
        return int(_number(config, "seed", int, 0))
    drawn = secrets.randbelow(10**6)
    config.option.contract_seed = str(drawn)
    return drawn


def _number(
    config: pytest.Config, name: str, kind: type, least: float, otherwise: float | None = None
) -> Any:
    given = value(config, name)
    if given in (None, ""):
        return DEFAULTS.get(name, otherwise)
    try:
        number = kind(given)
    except ValueError:
        number = None
    if number is None or not least <= number < float("inf"):
        what = "a whole number" if kind is int else "a number"
        raise ContractError(f"--contract-{name}={given}: give {what} of at least {least:g}")
    return number


def _pairs(option: str, given: Sequence[str]) -> Iterator[tuple[str, str]]:
    for pair in given:
        name, equals, content = pair.partition("=")
        if not equals or not name:
            raise ContractError(f"--contract-{option}={name}: give NAME=VALUE")
        yield name, _from_environment(option, name, content)


def _from_environment(option: str, name: str, content: str) -> str:
    if not content.startswith("env:"):
        return content
    variable = content.removeprefix("env:")
    if not os.environ.get(variable):
        raise ContractError(
            f"--contract-{option} {name}=env:{variable}: set {variable} in the environment"
        )
    return os.environ[variable]


def _parameters(given: Sequence[str], paths: Sequence[Path]) -> Iterator[tuple[str, str]]:
    from pytest_confluent_contracts import documents

    operations = [
        operation for path in paths for operation in documents.read_document(path).operations
    ]
    known = {name for operation in operations for name, _ in operation.parameters}
    for name, content in _pairs("param", given):
        if name not in known:
            raise ContractError(
                f"--contract-param {name}: no document has this path parameter; known: {', '.join(sorted(known))}"
            )
        if not content:
            raise ContractError(
                f"--contract-param {name}: the value is empty; name a resource that may be changed"
            )
        yield name, content


def _pins(given: Sequence[str], paths: Sequence[Path]) -> Iterator[tuple[str, Any]]:
    from pytest_confluent_contracts import documents

    operations = [
        operation for path in paths for operation in documents.read_document(path).operations
    ]
    known = {
        member.path
        for operation in operations
        if operation.request
        for member in operation.request.properties
    }
    for name, content in _pairs("pin", given):
        if name not in known or has_items(name):
            raise ContractError(
                f"--contract-pin {name}: no request body has this member; known: {', '.join(sorted(known))}"
            )
        yield name, _json_or_text(content)


def _json_or_text(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content


def _again(config: pytest.Config, seed: int) -> Iterator[str]:
    """Yield the options that make the same run again; the values of pins may be secret and are left to the reader."""
    for name, kind, _ in OPTIONS:
        given = value(config, name) if name not in UNREPEATED else None
        if name == "seed" and given not in (None, ""):
            yield f"--contract-seed={seed}"
        elif kind == "bool" and given:
            yield f"--contract-{name}"
        elif kind == "list":
            for item in given or ():
                secret = name == "pin" and "=env:" not in item
                yield (
                    f"--contract-{name}={item.partition('=')[0]}=..."
                    if secret
                    else f"--contract-{name}={item}"
                )
        elif given not in (None, "", False) and kind != "bool":
            yield f"--contract-{name}={given}"
