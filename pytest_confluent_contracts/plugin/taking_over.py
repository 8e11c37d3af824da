"""What did workers leave that died, and who puts it back? The controller does, at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_confluent_contracts.model.traffic import Principal, Probe
from pytest_confluent_contracts.plugin.gate import Gate
from pytest_confluent_contracts.plugin.stash import NOT_PUT_BACK, STATE_FOLDER
from pytest_confluent_contracts.run import saved_state

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.plugin.settings import Settings
    from pytest_confluent_contracts.run.made import Made


def restore_left(config: pytest.Config, settings: Settings) -> None:
    """Put back, from the controller, what a worker changed and did not live to put back.

    What it made is deleted.
    """
    place = config.stash[STATE_FOLDER]
    found, made = list(saved_state.left(place)), list(_made_left(place))
    if not found and not made:
        return
    if settings.destination.fixture:
        gone = f"a worker died, and with it what the fixture {settings.destination.fixture!r} gave"
        config.stash[NOT_PUT_BACK].append(gone)
        return
    known = {operation.key: operation for operation in settings.operations()}
    nothing_but_putting_back: frozenset[Probe] = frozenset()
    needed = [(known[key], nothing_but_putting_back) for key, _ in found]
    of_made = _operations_of(settings, {key for key, _ in made})
    needed += [(one, frozenset({Probe.LIFE})) for one in of_made]
    gate = Gate(config, settings, needed=needed, left=made)
    for key, was in found:
        gate.take_over(known[key], was)
    for operation in of_made:
        gate.scenario(operation)  # which knows what is left, and deletes it at the end
    gate.close()


def _made_left(place: Path) -> Iterator[tuple[saved_state.Key, list[Made]]]:
    """Yield what workers made of each resource and did not live to delete."""
    for key, left in saved_state.made_left(place):
        # Not before: it loads all that sends, and most runs leave nothing.
        from pytest_confluent_contracts.run.made import Made

        yield key, [Made(*one[:2], maker=Principal(one[2])) for one in left]


def _operations_of(settings: Settings, resources: set[saved_state.Key]) -> list[Operation]:
    """Return an operation of each of *resources*, which are told by document and name.

    It need not be among those that were chosen: what lies around what they are about is made, too.
    """
    found: dict[saved_state.Key, Operation] = {}
    for path in settings.documents:
        for operation in settings.read_chosen(path).operations:
            resource = operation.resource
            if resource is not None and (resource.document, resource.name) in resources:
                found[resource.document, resource.name] = operation
    return list(found.values())
