"""What was asked for?

The options of a run with a target, all of them checked before anything is sent.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from pytest_confluent_contracts.model.clauses import NODE_PREFIX
from pytest_confluent_contracts.model.paths import has_items, pointer_of, steps_of
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.plugin.choice import (
    checked_patterns,
    is_chosen,
    matches_any_of,
    patterns_for,
)
from pytest_confluent_contracts.plugin.credentials import shown_complaint
from pytest_confluent_contracts.plugin.destination import (
    Destination,
    is_here,
    read_destination,
    split_url,
    with_application,
)
from pytest_confluent_contracts.plugin.options import MOCK, MODES, OPTIONS, option_value
from pytest_confluent_contracts.plugin.sending_options import (
    checked_ca_bundle,
    checked_client_cert,
    checked_headers,
    checked_proxy,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_confluent_contracts.model.documents import Document, Operation, UnreadOperation
    from pytest_confluent_contracts.model.traffic import GivenHeader

UNREPEATED = frozenset({"report", "plan", "waivers-update", "prove"})
# Options that speak of documents, or of their operations: repeated for that of one document.
OF_DOCUMENTS = frozenset({"overlay", "operation", "allow"})
# Off this machine the requests are a load on somebody: in all, a second, and at one time.
REMOTE_BUDGET_PER_DOCUMENT = 600
REMOTE_RATE_PER_SECOND = 5.0
REMOTE_CONCURRENCY = 4
LOCAL_SEQUENCES = 20  # of a resource; elsewhere there are none unless they are asked for


@dataclass(frozen=True, slots=True)
class GivenParameter:
    """A text for a parameter by its name; ``operation`` is the id of the one that it is for.

    ``""`` stands for every operation that has the parameter. ``hidden`` is one that came from the
    environment, and names no resource: it may be a secret.
    """

    operation: str
    name: str
    text: str = field(repr=False)
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run was asked for, checked."""

    target: str
    documents: tuple[Path, ...]
    destination: Destination = field(default_factory=Destination)
    start: str = ""
    start_timeout: float = 30.0
    overlays: dict[Path, tuple[Path, ...]] = field(default_factory=dict)
    chosen: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    parameters: tuple[GivenParameter, ...] = ()
    pins: dict[str, Any] = field(default_factory=dict, repr=False)
    max_examples: int = 100
    sequences: int = LOCAL_SEQUENCES
    seed: int = 0
    budget: int | None = None
    rate: float = 0.0
    concurrency: int = 1
    timeout: float = 10.0
    throttle: bool = False
    headers: tuple[GivenHeader, ...] = ()
    ca_bundle: str = ""
    client_cert: tuple[str, ...] = ()
    proxy: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()
    insecure: bool = False
    plan: bool = False
    waivers: Path | None = None
    waived: tuple[Any, ...] = ()
    waivers_update: bool = False
    report: Path | None = None
    fail_under: float = 0.0
    strict: bool = False
    prove: str = ""
    repeated: tuple[str, ...] = ()

    @property
    def mocked(self) -> bool:
        """Return whether the embedded service is the target."""
        return self.target == MOCK

    @property
    def local(self) -> bool:
        """Return whether the target is on this machine, or the embedded service."""
        return is_here(self.target)

    def operations(self) -> list[Operation]:
        """Return the operations of the documents that this run holds, in their order."""
        every = _operations([self.read(path) for path in self.documents])
        return [one for one in every if is_chosen(one, self.chosen)]

    @property
    def leads_lives_in_budget(self) -> bool:
        """Return whether resources may be made, and a budget pays for that."""
        return self.budget is not None and (self.local or bool(self.allowed))

    def read_chosen(self, path: Path) -> Document:
        """Return the document in *path* with the operations alone that this run holds."""
        document = self.read(path)
        held = [one for one in document.operations if is_chosen(one, self.chosen)]
        return replace(document, operations=tuple(held))

    def options_again(self, path: Path) -> str:
        """Return the options that hold the document in *path* in the same way, alone."""
        document = self.read(path)
        known: list[Operation | UnreadOperation] = [*document.operations, *document.unread]
        own = list(self.repeated)
        own += [f"--contract-overlay={overlay}" for overlay in self.overlays.get(path, ())]
        own += [f"--contract-operation={one}" for one in patterns_for(known, self.chosen)]
        own += [f"--contract-allow={one}" for one in patterns_for(known, self.allowed)]
        return shlex.join(own)

    def read(self, path: Path) -> Document:
        """Return the document in *path*, with the overlays that this run has for it."""
        from pytest_confluent_contracts import documents

        return documents.read_document(path, self.overlays.get(path, ()))


def read_settings(config: pytest.Config) -> Settings:
    """Return what was asked for; raise `pytest.UsageError` in one line where it cannot be."""
    try:
        settings = _checked_settings(config, str(option_value(config, "target")))
    except ContractError as error:
        from pytest_confluent_contracts.report.visible import visible

        raise pytest.UsageError(visible(str(error))) from None
    # The documents say what is a secret of what its import may tell.
    try:
        destination = with_application(config, settings.destination)
    except ContractError as error:
        raise pytest.UsageError(shown_complaint(config, settings, error)) from None
    return replace(settings, destination=destination)


def _checked_settings(config: pytest.Config, target: str) -> Settings:
    destination = read_destination(target)
    _check_workers(config)
    paths = _document_paths(config, target)
    overlays = _overlays(config, paths)
    held = _read_documents(paths, overlays)
    local = is_here(target)
    seed = _seed(config)
    return Settings(
        target=target.rstrip("/"),
        destination=destination,
        documents=paths,
        overlays=overlays,
        chosen=tuple(_chosen(config, held)),
        allowed=tuple(_allowed(config, held)),
        parameters=tuple(_checked_parameters(option_value(config, "param") or (), held)),
        pins=dict(checked_pins(option_value(config, "pin") or (), held)),
        max_examples=_number(config, "max-examples", int, 0, 100),
        sequences=_number(config, "sequences", int, 0, LOCAL_SEQUENCES if local else 0),
        seed=seed,
        budget=_budget(config, local, len(paths)),
        rate=_number(config, "rate", float, 0.001, 0.0 if local else REMOTE_RATE_PER_SECOND),
        concurrency=_concurrency(config, target, local),
        timeout=_number(config, "timeout", float, 0.001, 10.0),
        start=_start(config, target),
        start_timeout=_number(config, "start-timeout", float, 0.001, 30.0),
        headers=_headers(config, held),
        ca_bundle=checked_ca_bundle(str(option_value(config, "ca-bundle") or "")),
        client_cert=checked_client_cert(str(option_value(config, "client-cert") or "")),
        proxy=_proxy(config, local),
        hosts=tuple(map(_checked_host, option_value(config, "allow-host") or ())),
        insecure=bool(option_value(config, "insecure")),
        plan=bool(option_value(config, "plan")),
        waivers=_absolute_path(option_value(config, "waivers")),
        waived=_waived(config),
        waivers_update=bool(option_value(config, "waivers-update")),
        report=_absolute_path(option_value(config, "report")),
        fail_under=_number(config, "fail-under", float, 0, 0.0, most=100.0),
        throttle=bool(option_value(config, "throttle")) or target == MOCK,
        strict=bool(option_value(config, "strict")),
        prove=_prove(config, target),
        repeated=tuple(_repeating_options(config, seed)),
    )


# --- the target -----------------------------------------------------------------------------------


def _checked_host(given: str) -> str:
    """Return *given* where it is ``HOST[:PORT]``, else raise `ContractError`."""
    if not _is_host(given):
        raise ContractError(f"--contract-allow-host={given}: give HOST[:PORT]")
    return given


def _is_host(given: str) -> bool:
    parts = split_url(f"//{given}")
    if parts is None:
        return False
    return bool(parts.hostname) and parts.netloc == given and not re.search(r"[\s@]", given)


def _check_workers(config: pytest.Config) -> None:
    """Refuse what would send every request once for each of xdist's workers.

    It would also change a resource from all of them.
    """
    if config.getoption("dist", "no") == "each" and config.getoption("tx", ()):
        cure = "leave it out, clauses are spread with -n alone"
        raise ContractError(f"--dist=each: every worker would send everything; {cure}")


def _start(config: pytest.Config, target: str) -> str:
    """Return the command that starts the service, ``""`` where none does.

    It must be on this machine: what answers elsewhere is not what was started.
    """
    command = str(option_value(config, "start") or "")
    if not command:
        return ""
    cure = "give --contract-target=http://127.0.0.1:PORT, where it will answer"
    if "://" not in target:
        raise ContractError(f"--contract-start: {target} needs no server; {cure}")
    if not is_here(target):
        raise ContractError(f"--contract-start: {target} is not on this machine; {cure}")
    return command


def _prove(config: pytest.Config, target: str) -> str:
    """Return how the gate itself is tested: ``true``, ``matrix``, or ``""`` where it is not."""
    given = str(option_value(config, "prove") or "").lower()
    asked = "" if given in ("false", "no", "off", "0") else given
    if asked not in ("", "true", "yes", "on", "1", *MODES["prove"]):
        raise ContractError(f"contract_prove={given}: give true, false or matrix")
    if asked and target != MOCK:
        told = "only the embedded service can be broken; give --contract-target=mock"
        raise ContractError(f"--contract-prove: {told}")
    return asked


# --- the documents --------------------------------------------------------------------------------


def _document_paths(config: pytest.Config, target: str) -> tuple[Path, ...]:
    """Return the documents that were asked for, each once; raise `ContractError` otherwise."""
    asked = [path.resolve() for path in _asked_documents(config, target)]
    found = tuple(dict.fromkeys(asked))
    stems = [path.stem for path in found]
    for stem in stems:
        if stems.count(stem) > 1:
            cure = "rename one, the name is part of the clauses' ids"
            raise ContractError(f"two documents are named {stem!r}: {cure}")
    return found


def _read_documents(
    paths: Sequence[Path], overlays: dict[Path, tuple[Path, ...]]
) -> list[Document]:
    """Return the documents in *paths*; raise `ContractError` where one is wrong."""
    from pytest_confluent_contracts import documents

    return [documents.read_document(path, overlays.get(path, ())) for path in paths]


def _overlays(config: pytest.Config, paths: Sequence[Path]) -> dict[Path, tuple[Path, ...]]:
    """Return the overlays of each document, in the order in which they were given.

    One belongs to the document that it ``extends``; one that does not say so, to the only one.
    """
    from pytest_confluent_contracts import documents

    found: dict[Path, tuple[Path, ...]] = {}
    for given in option_value(config, "overlay") or ():
        overlay = Path(given).resolve()
        if not overlay.is_file():
            raise ContractError(f"--contract-overlay={given}: no such file")
        extended = documents.extended_name(overlay)
        name = PurePosixPath(unquote(urlsplit(extended or "").path)).name
        fitting = [path for path in paths if name in ("", path.name)]
        if len(fitting) != 1:
            held = ", ".join(path.name for path in paths)
            cure = f"say so by `extends` in it: one of {held}; or hold one document"
            raise ContractError(f"--contract-overlay={given}: for which document? {cure}")
        [path] = fitting
        found[path] = (*found.get(path, ()), overlay)
    return found


def _chosen(config: pytest.Config, held: Sequence[Document]) -> Iterator[str]:
    """Yield the patterns that choose operations of the documents *held*, each checked."""
    known: list[Operation | UnreadOperation] = []
    for document in held:
        known += [*document.operations, *document.unread]
    yield from checked_patterns(option_value(config, "operation") or (), known)


def _allowed(config: pytest.Config, held: Sequence[Document]) -> Iterator[str]:
    """Yield the patterns that name what may create and delete, each checked."""
    known: list[Operation] = []
    for document in held:
        known += document.operations
    for pattern in option_value(config, "allow") or ():
        if not matches_any_of(known, pattern):
            told = "no operation has this name or METHOD /path"
            raise ContractError(f"--contract-allow={pattern}: {told}")
        yield pattern


def _asked_documents(config: pytest.Config, target: str) -> list[Path]:
    """Return the documents that were named by option or among the paths.

    Where none was, those bundled ones that the target's host serves.
    """
    asked = [_document_of_option(name) for name in option_value(config, "spec") or ()]
    if config.args_source is not config.ArgsSource.ARGS:
        return asked or _documents_of_target(target)
    for arg in config.args:
        path = _document_of_argument(arg)
        if path is not None:
            asked.append(path)
    return asked


def _document_of_option(name: str) -> Path:
    from pytest_confluent_contracts import documents

    try:
        return documents.find_document(name)
    except ContractError as error:
        raise ContractError(f"--contract-spec={name}: {error}") from error


def _document_of_argument(arg: str) -> Path | None:
    """Return the document that a command-line argument names, None where it names another thing.

    That is a YAML or JSON file, or ``contracts/NAME``, with or without a node id behind it.
    """
    from pytest_confluent_contracts import documents

    written = arg.partition("::")[0]
    path = Path(written)
    if written.startswith(NODE_PREFIX) and not path.exists():
        return documents.find_document(written.removeprefix(NODE_PREFIX))
    if written.endswith((".yaml", ".yml", ".json")) and path.is_file():
        return path
    return None


def _documents_of_target(target: str) -> list[Path]:
    """Return the bundled documents that *target* serves; raise `ContractError` where none is."""
    from pytest_confluent_contracts import documents

    bundled = documents.bundled_documents()
    found = list(bundled.values())
    if not is_here(target):
        found = documents.documents_serving(urlsplit(target).hostname or "")
    if not found:
        cure = f"add --contract-spec ({', '.join(bundled)}, or a file)"
        raise ContractError(f"--contract-target={target}: no document names this host; {cure}")
    return found


def collection_arguments(config: pytest.Config, settings: Settings) -> list[str]:
    """Return what pytest shall collect.

    That is the documents in place of testpaths, or the paths with node ids made real.
    """
    if config.args_source is not config.ArgsSource.ARGS:
        return [str(path) for path in settings.documents]
    by_name = {path.stem: str(path) for path in settings.documents}
    collected = [_real_argument(arg, by_name) for arg in config.args]
    if not option_value(config, "spec"):
        return collected
    named = {str(Path(arg.partition("::")[0]).resolve()) for arg in collected}
    return [*collected, *sorted(set(by_name.values()) - named)]


def _real_argument(arg: str, by_name: dict[str, str]) -> str:
    """Return *arg* with the file of the document that it names, as it is where it names none."""
    path, colons, rest = arg.partition("::")
    name = path.removeprefix(NODE_PREFIX)
    if path.startswith(NODE_PREFIX) and name in by_name:
        return f"{by_name[name]}{colons}{rest}"
    real = str(Path(path).resolve())  # a link in the path is no other document
    if real in by_name.values():
        return f"{real}{colons}{rest}"
    return arg


# --- values ---------------------------------------------------------------------------------------


def _absolute_path(given: object) -> Path | None:
    if not given:
        return None
    return Path(str(given)).resolve()


def _waived(config: pytest.Config) -> tuple[Any, ...]:
    """Return the waivers of the file that was named; one that is to be written need not be."""
    from pytest_confluent_contracts import waivers

    path = _absolute_path(option_value(config, "waivers"))
    is_updated = bool(option_value(config, "waivers-update"))
    if path is None and is_updated:
        cure = "name the file with --contract-waivers=FILE"
        raise ContractError(f"--contract-waivers-update: {cure}")
    if path is None or (is_updated and not path.exists()):
        return ()
    return waivers.read_waivers(path)


def _seed(config: pytest.Config) -> int:
    """Return the seed; ``random`` is drawn once, and xdist's workers are told what it is."""
    if option_value(config, "seed") != "random":
        return int(_number(config, "seed", int, 0, 0))
    drawn = secrets.randbelow(10**6)
    config.option.contract_seed = str(drawn)
    return drawn


def _budget(config: pytest.Config, local: bool, documents: int) -> int | None:
    """Return the most requests of the run, None where there is no limit."""
    usual = None if local else REMOTE_BUDGET_PER_DOCUMENT * documents
    budget: int | None = _number(config, "budget", int, 1, usual)
    return budget


def _concurrency(config: pytest.Config, target: str, local: bool) -> int:
    """Return the most requests in flight; the embedded service takes one at a time."""
    if target == MOCK:
        return 1
    return int(_number(config, "concurrency", int, 1, 1 if local else REMOTE_CONCURRENCY))


def _number(
    config: pytest.Config,
    name: str,
    kind: type,
    least: float,
    usual: float | None,
    most: float = float("inf"),
) -> Any:
    """Return the number that was given for *name*, else *usual*.

    Raise `ContractError` where it is none, less than *least*, more than *most*, or infinite.
    """
    given = option_value(config, name)
    if given in (None, ""):
        return usual
    try:
        number = kind(given)
    except ValueError:
        number = None
    if number is None or not least <= number <= most or number == float("inf"):
        what = "a whole number" if kind is int else "a number"
        bounds = f"from {least:g} to {most:g}" if most < float("inf") else f"of at least {least:g}"
        raise ContractError(f"--contract-{name}={given}: give {what} {bounds}")
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
        cure = f"set {variable} in the environment"
        named = f" {name}" if name else ""
        raise ContractError(f"--contract-{option}{named}=env:{variable}: {cure}")
    return os.environ[variable]


def _headers(config: pytest.Config, held: Sequence[Document]) -> tuple[GivenHeader, ...]:
    written = option_value(config, "header") or ()
    named = _pairs("header", written)
    return tuple(checked_headers(written, named, list(_operations(held))))


def _proxy(config: pytest.Config, is_target_here: bool) -> str:
    typed = str(option_value(config, "proxy") or "")
    given = _from_environment("proxy", "", typed)
    return checked_proxy(given, typed, is_target_here)


def _checked_parameters(given: Sequence[str], held: Sequence[Document]) -> Iterator[GivenParameter]:
    """Yield each parameter *given* as ``NAME=VALUE`` or ``OPERATION::NAME=VALUE``."""
    known: dict[str, set[str]] = {"": set()}
    of_path: set[str] = set()
    for operation in _operations(held):
        names = {one.name for one in operation.declared}
        known.setdefault(operation.id, set()).update(names)
        known[""] |= names
        of_path.update(name for name, _ in operation.parameters)
    for pair, (written, content) in zip(given, _pairs("param", given), strict=True):
        operation_id, name = _split_parameter(written, known)
        if name not in known[operation_id]:
            shown = ", ".join(sorted(known[operation_id]))
            told = f"no document has this parameter; known: {shown}"
            raise ContractError(f"--contract-param {written}: {told}")
        if not content and name in of_path:
            told = "the value is empty; name a resource that may be changed"
            raise ContractError(f"--contract-param {written}: {told}")
        is_hidden = name not in of_path and pair.partition("=")[2].startswith("env:")
        yield GivenParameter(operation_id, name, content, is_hidden)


def _split_parameter(written: str, known: Mapping[str, set[str]]) -> tuple[str, str]:
    """Return the id of the operation that *written* names, ``""`` without one, and the name."""
    operation, colons, name = written.rpartition("::")
    if not colons or written in known[""]:
        return "", written
    if operation not in known:
        shown = ", ".join(sorted(one for one in known if one))
        told = f"no document has this operation; known: {shown}"
        raise ContractError(f"--contract-param {written}: {told}")
    return operation, name


def checked_pins(given: Sequence[str], held: Sequence[Document]) -> Iterator[tuple[str, Any]]:
    """Yield the path and the value of each pin *given* as ``POINTER=VALUE``.

    The member is a JSON Pointer (RFC 6901) or a path: ``/data/attributes/tags`` is
    ``data.attributes.tags``. Raise `ContractError` where no request of the documents *held* has
    such a member.
    """
    known: dict[str, str] = {}
    for operation in _operations(held):
        for member in operation.request_members:
            if not has_items(member.path):
                names = [step for step in steps_of(member.path) if isinstance(step, str)]
                known |= {member.path: member.path, pointer_of(names): member.path}
    for pair in given:
        name, content = _split_pin(pair, known)
        if name not in known:
            told = (
                f"no request body has this member; known: {', '.join(sorted(set(known.values())))}"
            )
            raise ContractError(f"--contract-pin {name}: {told}")
        yield known[name], _json_or_text(_from_environment("pin", name, content))


def _split_pin(pair: str, known: Iterable[str]) -> tuple[str, str]:
    """Return the member and the value of *pair*; the name of a *known* member may hold a ``=``."""
    fitting = [name for name in known if pair.startswith(f"{name}=")]
    if fitting:
        name = max(fitting, key=len)
        return name, pair[len(name) + 1 :]
    name, equals, content = pair.partition("=")
    if not equals or not name:
        raise ContractError(f"--contract-pin={name}: give POINTER=VALUE")
    return name, content


def _operations(held: Sequence[Document]) -> Iterator[Operation]:
    for document in held:
        yield from document.operations


def _json_or_text(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content


# --- the same run again ---------------------------------------------------------------------------


def _repeating_options(config: pytest.Config, seed: int) -> Iterator[str]:
    """Yield the options that make the same run again, without those that speak of documents."""
    for name, kind, _ in OPTIONS:
        if name in UNREPEATED or name in OF_DOCUMENTS:
            continue
        given = option_value(config, name)
        if name == "seed" and given not in (None, ""):
            given = str(seed)  # where "random" was given, the one that was drawn
        yield from _repeating_option(name, kind, given)


def _repeating_option(name: str, kind: str, given: Any) -> list[str]:
    """Return the option *name* as it was given: none, one, or one for each item of a list."""
    flag = f"--contract-{name}"
    if kind == "bool":
        if not given:
            return []
        return [flag]
    if kind == "list":
        return [f"{flag}={_without_pin(name, item)}" for item in given or ()]
    if given in (None, "", False):
        return []
    return [f"{flag}={given}"]


def _without_pin(name: str, item: str) -> str:
    """Return *item* without the value of a pin: it may be secret, and is left to the reader."""
    if name != "pin" or "=env:" in item:
        return item
    return f"{item.partition('=')[0]}=..."
