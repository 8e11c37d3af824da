"""How is the target of a run opened? With what may be sent there, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pytest

    from pytest_confluent_contracts.http.additions import Signing
    from pytest_confluent_contracts.http.in_process import Hosted
    from pytest_confluent_contracts.http.targets import Access, ClientSettings, Target
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import OutgoingRequest
    from pytest_confluent_contracts.plugin.run_plan import RunPlan
    from pytest_confluent_contracts.plugin.settings import Settings


def opened_target(config: pytest.Config, run_plan: RunPlan) -> Target:
    """Return the target, open for what *run_plan* sends: any other request is refused."""
    from pytest_confluent_contracts.double.router import Router
    from pytest_confluent_contracts.http import targets

    settings, base_url = run_plan.settings, run_plan.base_url
    accesses = list(_accesses(run_plan))
    given = {one.name: one.text for one in settings.parameters if one.hidden}
    hidden = given | settings.pins
    client_settings = _client_settings(config, settings)
    if settings.destination.application is not None:
        return targets.in_process(_hosted(settings), base_url, accesses, client_settings, hidden)
    if not settings.mocked:
        return targets.live(base_url, accesses, client_settings, hidden)
    subjects = run_plan.subjects
    services = {one.operation.key: subjects.service(one.operation) for one in accesses}
    redactor = targets.redactor_of(accesses, hidden, targets.own_secrets(client_settings))
    answer = Router(services).answer
    return targets.embedded(answer, subjects.clock, accesses, client_settings, redactor)


# --- what may be sent -----------------------------------------------------------------------------


def _accesses(run_plan: RunPlan) -> Iterator[Access]:
    """Yield what may be sent of each operation; what the run makes is let out when it is made."""
    from pytest_confluent_contracts.run.access import no_access, planned_access

    asked = run_plan.asked_operations()
    known = [one for one in asked if run_plan.made_for(one) is None]
    for operation in known:
        yield planned_access(run_plan.plan(operation), run_plan.budget(operation))
    for operation in asked:
        if operation not in known:
            context = run_plan.subjects.context(operation)
            yield no_access(operation, context, run_plan.budget(operation))
    for resource in run_plan.resources_of(asked):
        yield from run_plan.lives.accesses(resource)
    yield from _readings_of(run_plan, known)


def _readings_of(run_plan: RunPlan, asked: Sequence[Operation]) -> Iterator[Access]:
    """Yield the access to what shows a resource before one of *asked* writes it."""
    from pytest_confluent_contracts.run.access import reading_access

    for operation in asked:
        reading = run_plan.reading(operation)
        if reading is not None:
            yield reading_access(reading, run_plan.subjects.context(reading.operation))


# --- how it is sent -------------------------------------------------------------------------------


def _client_settings(config: pytest.Config, settings: Settings) -> ClientSettings:
    from pytest_confluent_contracts.http.additions import Additions
    from pytest_confluent_contracts.http.targets import ClientSettings
    from pytest_confluent_contracts.http.tls import Reach

    return ClientSettings(
        timeout=settings.timeout,
        rate=settings.rate / _workers_sharing(config, settings),
        hosts=settings.hosts,
        insecure=settings.insecure,
        additions=Additions(settings.headers, _signing(config)),
        reach=Reach(settings.ca_bundle, settings.client_cert, settings.proxy),
    )


def _workers_sharing(config: pytest.Config, settings: Settings) -> int:
    """Return among how many workers the rate is shared out."""
    worker = getattr(config, "workerinput", None)
    if not worker:
        return 1
    return min(int(worker["workercount"]), len(settings.operations()))


def _signing(config: pytest.Config) -> Signing | None:
    """Return what asks the hooks for what is added to a request, None where there are none."""
    caller = config.hook.pytest_contract_request
    if not caller.get_hookimpls():
        return None

    def sign(outgoing: OutgoingRequest) -> list[tuple[str, str]]:
        added: dict[str, str] = {}
        for result in reversed(caller(config=config, request=outgoing)):
            if not isinstance(result, dict):
                raise TypeError("return the names and values of headers as a dict")
            added |= result  # what was registered last, a conftest mostly, has the last word
        return list(added.items())

    return sign


def _hosted(settings: Settings) -> Hosted:
    """Return what runs the application in this process."""
    from pytest_confluent_contracts.http import applications

    application = settings.destination.application
    return applications.host_of(application, settings.target, settings.start_timeout)
