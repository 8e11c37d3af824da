"""What do the hooks of a `conftest.py` say? Each is asked here, and what it says is checked."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.model.clauses import Clause
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import Case
from pytest_confluent_contracts.plugin.stash import HOOK_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pytest

    from pytest_confluent_contracts.model.documents import Operation

CLAUSES, CREDENTIALS = "pytest_contract_clauses", "pytest_contract_credentials"
CASE, RESOURCE = "pytest_contract_case", "pytest_contract_resource"

Credentials = dict[str, dict[str, str]]


def is_implemented(config: pytest.Config, hook: str) -> bool:
    """Return whether anybody implements *hook*."""
    return bool(getattr(config.hook, hook).get_hookimpls())


def _asked(hook: str, ask: Callable[[], Any]) -> Any:
    """Return what *ask* returns; raise `TargetUnusable` in one line where the hook raises."""
    from pytest_confluent_contracts.http.raised import TargetUnusable, told_error

    try:
        return ask()
    except Exception as error:
        raise TargetUnusable(f"{hook} raised {told_error(error)}") from error


def _refused(hook: str, why: str) -> ContractError:
    from pytest_confluent_contracts.http.raised import TargetUnusable

    return TargetUnusable(f"{hook}: {why}")


# --- clauses --------------------------------------------------------------------------------------


def own_clauses(
    config: pytest.Config, operation: Operation, known: Sequence[Clause]
) -> Iterator[Clause]:
    """Yield the clauses of *operation* that hooks add to those *known*.

    Raise `ContractError` where one is none, or has the id of another.
    """
    taken = {one.id for one in known}
    for given in config.hook.pytest_contract_clauses(config=config, operation=operation):
        for clause in _given_clauses(given):
            if not isinstance(clause, Clause):
                raise ContractError(f"{CLAUSES}: {clause!r} is no Clause; own_clause makes one")
            if clause.id in taken:
                told = f"{operation.id} has a clause {clause.id!r} already; give it another id"
                raise ContractError(f"{CLAUSES}: {told}")
            taken.add(clause.id)
            yield clause


def _given_clauses(given: Any) -> Iterator[Any]:
    """Yield what a hook gives, also while it is making it; raise `ContractError` where it fails."""
    if isinstance(given, Clause):
        raise ContractError(f"{CLAUSES}: give a list of clauses, or yield each")
    try:
        yield from given
    except Exception as error:
        from pytest_confluent_contracts.http.raised import told_error

        raise ContractError(f"{CLAUSES} raised {told_error(error)}") from error


# --- credentials ----------------------------------------------------------------------------------


def hook_credentials(config: pytest.Config, operation: Operation) -> Credentials:
    """Return the credentials that hooks give for *operation*, by scheme and part.

    They are asked once in a process: a token may be dear. Raise `TargetUnusable` where the document
    has no such scheme, or a scheme no such part.
    """
    if not is_implemented(config, CREDENTIALS):
        return {}
    known = config.stash.setdefault(HOOK_CREDENTIALS, {})
    if operation.key not in known:
        known[operation.key] = _credentials_said(config, operation)
    return known[operation.key]


def credentials_given(config: pytest.Config, operation: Operation) -> Credentials:
    """Return what hooks have given for *operation* so far; they are not asked for more."""
    return config.stash.get(HOOK_CREDENTIALS, {}).get(operation.key, {})


def _credentials_said(config: pytest.Config, operation: Operation) -> Credentials:
    caller = config.hook.pytest_contract_credentials
    results = _asked(CREDENTIALS, lambda: caller(config=config, operation=operation))
    parts_of = {one.name: list(dict(one.variables)) for one in operation.schemes}
    found: Credentials = {}
    for given in reversed(results):
        if not isinstance(given, dict):
            raise _refused(CREDENTIALS, "give a dict of schemes, and of each a dict of its parts")
        for scheme, parts in given.items():
            if scheme not in parts_of:
                known = ", ".join(parts_of) or "none"
                told = f"{operation.id} has no security scheme {scheme!r}; it has {known}"
                raise _refused(CREDENTIALS, told)
            found[scheme] = _checked_parts(scheme, parts, parts_of[scheme])
    return found


def _checked_parts(scheme: str, parts: Mapping[str, str], known: Sequence[str]) -> dict[str, str]:
    if not isinstance(parts, dict):
        shown = ", ".join(f"{part!r}: ..." for part in known)
        raise _refused(CREDENTIALS, f"give the parts of {scheme} by name: {{{shown}}}")
    unknown = [part for part in parts if part not in known]
    if unknown:
        told = f"{scheme} has no part {unknown[0]!r}; it has {', '.join(known)}"
        raise _refused(CREDENTIALS, told)
    if not all(isinstance(value, str) and value for value in parts.values()):
        raise _refused(CREDENTIALS, f"give each part of {scheme} as a text that is not empty")
    return dict(parts)


# --- cases ----------------------------------------------------------------------------------------


def case_chooser(config: pytest.Config) -> Callable[[Case], Case | None]:
    """Return what hooks make of a case: another, or None where it is not to be sent."""
    if not is_implemented(config, CASE):
        return lambda case: case
    caller = config.hook.pytest_contract_case

    def choose(case: Case) -> Case | None:
        said = _asked(CASE, lambda: caller(config=config, case=case))
        if said is None:
            return case
        if said is False:
            return None
        if not isinstance(said, Case):
            told = f"{said!r} is no Case; return one, None to leave it, or False to drop it"
            raise _refused(CASE, told)
        if said.operation.key != case.operation.key:
            raise _refused(CASE, "a case stays one of its operation")
        if said.written_target != case.written_target:
            # The guard would hold it back: then all that is left of the operation would be judged
            # by what had come before.
            told = f"{said.written_target} is not what was planned; a case keeps path and query"
            raise _refused(CASE, told)
        return said

    return choose


# --- resources ------------------------------------------------------------------------------------


class HookResources:
    """What hooks set up for operations to be held on, and take away at the end.

    One serves all operations of a document with the same path.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config, self._is_asked = config, is_implemented(config, RESOURCE)
        self._known: dict[tuple[str, str], dict[str, str]] = {}
        self._stack = ExitStack()

    def parameters(self, operation: Operation) -> dict[str, str]:
        """Return the path parameters of what was set up for *operation*, empty where nothing was.

        Raise `TargetUnusable` where they are not those of its path.
        """
        if not self._is_asked or not operation.parameters:
            return {}
        key = (operation.document, operation.path)
        if key not in self._known:
            self._known[key] = self._set_up(operation)
        return self._known[key]

    def serves(self, operation: Operation) -> bool:
        """Return whether *operation* is held on what was set up, and will be taken away."""
        return bool(self._known.get((operation.document, operation.path)))

    def _set_up(self, operation: Operation) -> dict[str, str]:
        caller = self._config.hook.pytest_contract_resource
        given = _asked(RESOURCE, lambda: caller(config=self._config, operation=operation))
        if given is None:
            return {}
        if not hasattr(given, "__enter__"):
            told = "return a context manager that gives the parameters of the path, by name"
            raise _refused(RESOURCE, told)
        found = _asked(RESOURCE, lambda: self._stack.enter_context(given))
        names = {name for name, _ in operation.parameters}
        if not isinstance(found, dict) or set(found) != names or not all(found.values()):
            told = f"give a text for each of {', '.join(sorted(names))} of {operation.path}"
            raise _refused(RESOURCE, told)
        return {name: str(value) for name, value in found.items()}

    def take_away(self) -> None:
        """Take away all that was set up, the last first."""
        self._stack.close()
