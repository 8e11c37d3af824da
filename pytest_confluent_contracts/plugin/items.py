"""How does a document become pytest items? File, operation, clause: a promise is a test."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from pytest_confluent_contracts.model.clauses import NODE_PREFIX
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_confluent_contracts.double.proving import MutationResult
    from pytest_confluent_contracts.model.clauses import Clause, Ruling
    from pytest_confluent_contracts.model.documents import Operation, UnreadOperation
    from pytest_confluent_contracts.model.sources import SourceLocation
    from pytest_confluent_contracts.plugin.gate import Gate


class ContractBroken(Exception):
    """A clause that the target does not keep; pytest shows the block, not a traceback."""


class DocumentFile(pytest.File):
    """A published document; its node id is ``contracts/NAME``, wherever the file lies."""

    @classmethod
    def at(cls, parent: pytest.Collector, path: Path) -> DocumentFile:
        """Return the node for the document at *path*."""
        name = f"{NODE_PREFIX}{path.stem}"
        # pytest 9.2 keeps node ids as values with a path, 9.0 and 9.1 as text.
        kind: Any = type(getattr(parent, "id", name))
        nodeid: Any = name if kind is str else kind(path=name)
        return cls.from_parent(parent, path=path, nodeid=nodeid)

    def collect(self) -> Iterator[OperationNode | UnreadItem]:
        """Yield the operations of the document that were chosen, then those that are unreadable."""
        from pytest_confluent_contracts.plugin.choice import is_chosen
        from pytest_confluent_contracts.plugin.stash import SETTINGS

        settings = self.config.stash[SETTINGS]
        document, chosen = settings.read(self.path), settings.chosen
        for operation in document.operations:
            if is_chosen(operation, chosen):
                yield OperationNode.of(self, operation)
        for unread in document.unread:
            if is_chosen(unread, chosen):
                yield UnreadItem.of(self, unread)


class UnreadItem(pytest.Function):
    """An operation that cannot be read: one skipped test, at the line that is wrong."""

    place: SourceLocation

    @classmethod
    def of(cls, parent: DocumentFile, unread: UnreadOperation) -> UnreadItem:
        """Return the test of the operation that is *unread*."""

        def skipped() -> None:
            pytest.skip(f"not read: {unread.reason}")

        item: UnreadItem = cls.from_parent(parent, name=unread.id, callobj=skipped)
        item.place = unread.place
        item.add_marker(pytest.mark.contract)
        return item

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place that is wrong, the line counted from 0."""
        path = path_of_place(self, self.place)
        return path, self.place.line - 1, f"{self.path.stem}: {self.name}"


def path_of_place(item: pytest.Item, place: SourceLocation) -> Path:
    """Return the path of the file in which *place* stands: a document may have several."""
    from pytest_confluent_contracts.plugin.stash import SETTINGS

    files = item.config.stash[SETTINGS].read(item.path).files
    return type(item.path)(files.get(place.file, item.path))


class OperationNode(pytest.Collector):
    """One operation; xdist's loadscope keeps its clauses on one worker."""

    operation: Operation

    @classmethod
    def of(cls, parent: DocumentFile, operation: Operation) -> OperationNode:
        """Return the node of *operation*."""
        node: OperationNode = cls.from_parent(parent, name=operation.id)
        node.operation = operation
        node.add_marker(pytest.mark.contract)  # which its clauses have from it
        return node

    def collect(self) -> Iterator[ClauseItem | MutationItem]:
        """Yield a test for each promise.

        Under ``--contract-prove`` it is one for each way to break one.
        """
        from pytest_confluent_contracts.plugin.stash import SETTINGS

        if self.config.stash[SETTINGS].prove:
            yield from self.mutation_items()
            return
        shared: Any = None
        for clause in self._clauses():
            item = ClauseItem.of(self, self.operation, clause, shared)
            # All ask for one fixture: what pytest found out for the first of them holds for all.
            shared = shared or getattr(item, "_fixtureinfo", None)
            yield item

    def _clauses(self) -> Iterator[Clause]:
        """Yield the clauses of the document, and behind them those that hooks add."""
        from pytest_confluent_contracts import clauses
        from pytest_confluent_contracts.plugin.asking import own_clauses

        derived = clauses.derive(self.operation)
        yield from derived
        try:
            yield from own_clauses(self.config, self.operation, derived)
        except ContractError as error:
            raise self.CollectError(str(error)) from None

    def mutation_items(self) -> Iterator[MutationItem]:
        """Yield a test for each mutation, after one for the service without any."""
        from pytest_confluent_contracts import clauses
        from pytest_confluent_contracts.double.proving import biting_mutations

        unaltered = MutationItem.of(self, "")
        yield unaltered
        shared = getattr(unaltered, "_fixtureinfo", None)  # as of the tests of clauses
        for mutation in biting_mutations(self.operation, clauses.derive(self.operation)):
            yield MutationItem.of(self, mutation.name, shared)


class MutationItem(pytest.Function):
    """One way to break the embedded service, which the gate must notice.

    ``""`` is the service as it is.
    """

    proof: MutationResult | None

    @classmethod
    def of(cls, parent: OperationNode, mutation: str, fixtures: Any = None) -> MutationItem:
        """Return the test of the mutation that has this name.

        *fixtures* is what pytest knows of the fixtures of another such test, None where it shall
        find out itself.
        """

        def proven(contract_gate: Gate) -> None:
            item.proof = contract_gate.proof(parent.operation, mutation)
            if item.proof.complaint:
                raise ContractBroken(item.proof.complaint)

        item: MutationItem = cls.from_parent(
            parent,
            name=f"prove/{mutation or 'no fault'}",
            callobj=proven,
            fixtureinfo=fixtures,
        )
        item.proof = None
        return item

    def repr_failure(  # type: ignore[override]
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        """Return what was not noticed, in a line."""
        if isinstance(excinfo.value, ContractBroken):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the document and the mutation."""
        return self.path, 0, f"{self.path.stem}: {self.name}"


class ClauseItem(pytest.Function):
    """One promise.

    It is a `pytest.Function`, so that fixtures, xdist and reruns work on it as on any test.
    """

    clause: Clause
    place: SourceLocation
    ruling: Ruling | None
    fault: str

    @classmethod
    def of(
        cls, parent: OperationNode, operation: Operation, clause: Clause, fixtures: Any = None
    ) -> ClauseItem:
        """Return the test of *clause*, marked with its family.

        *fixtures* is what pytest knows of the fixtures of another such test, None where it shall
        find out itself.
        """

        def judged(contract_gate: Gate) -> None:
            item.ruling = _uninterrupted_ruling(contract_gate, operation, clause)
            _conclude(item, contract_gate)

        item: ClauseItem = cls.from_parent(
            parent, name=clause.id, callobj=judged, fixtureinfo=fixtures
        )
        item.clause, item.place, item.ruling, item.fault = clause, clause.place, None, ""
        item.add_marker(getattr(pytest.mark, clause.family.value))
        return item

    def repr_failure(  # type: ignore[override]
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> Any:
        """Return the failure block of a broken clause."""
        if isinstance(excinfo.value, ContractBroken) and self.ruling is not None:
            from pytest_confluent_contracts.plugin.stash import SETTINGS
            from pytest_confluent_contracts.report import block

            options = self.config.stash[SETTINGS].options_again(self.path)
            command = f"pytest {shlex.quote(self.nodeid)} {options}".rstrip()
            told = block.failure_block(self.ruling, command)
            if self.fault:
                told = f"{self.fault}\n{told}"
            path = path_of_place(self, self.place)
            return _failure_with_block(excinfo, told, path, self.place.line)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place in the document, the line counted from 0.

        pytest would write the dots of a bare id as colons.
        """
        path = path_of_place(self, self.place)
        return path, self.place.line - 1, f"{self.path.stem}: {self.clause.id}"


def _uninterrupted_ruling(gate: Gate, operation: Operation, clause: Clause) -> Ruling:
    """Return the ruling; raise a `KeyboardInterrupt` that has no frame but our own.

    pytest 9.2 draws the frames of an interrupt, and dies of one that a signal hit in an instruction
    without a line (Python 3.11 has them in comprehensions): exit 1 and a traceback in place of 2.
    """
    try:
        return gate.ruling(operation, clause)
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None


def _failure_with_block(
    excinfo: pytest.ExceptionInfo[BaseException], block: str, path: Path, line: int
) -> Any:
    """Return pytest's own representation with *block* in it, at a line of the document.

    A bare text would be printed whole in the short summary where CI is set, and has no place that
    an annotation could use.
    """
    shown: Any = excinfo.getrepr(style="value")
    entry = shown.reprtraceback.reprentries[-1]
    entry.lines, entry.reprfileloc = block.splitlines(), None
    shown.reprtraceback.reprentries = [entry]
    shown.reprcrash.path, shown.reprcrash.lineno = str(path), line
    shown.reprcrash.message = block.partition("\n")[0]
    return shown


def _conclude(item: ClauseItem, gate: Gate) -> None:
    """Turn a verdict into the outcome of a test."""
    from pytest_confluent_contracts import waivers
    from pytest_confluent_contracts.model.clauses import Verdict
    from pytest_confluent_contracts.report.sentences import outcome_sentence

    ruling = item.ruling
    assert ruling is not None
    failing = frozenset({Verdict.BROKEN})
    if gate.settings.strict:
        failing = frozenset({Verdict.BROKEN, Verdict.WARNED})
    outcome = waivers.apply_waivers(
        gate.settings.waived, ruling, gate.settings.target, date.today(), failing
    )
    told = outcome_sentence(ruling)
    if outcome.fault:
        item.fault = outcome.fault
        raise ContractBroken(outcome.fault)
    if outcome.waived:
        item.ruling = replace(ruling, verdict=Verdict.WAIVED, waived=outcome.waived)
        pytest.xfail(f"waived: {outcome.waived}: {told}")
    if ruling.verdict in failing or ruling.withheld:
        raise ContractBroken(told)
    if ruling.verdict is Verdict.NOT_EXERCISED:
        pytest.skip(f"not exercised: {told}")
