"""How shall the next requests be answered? As the document says, or as somebody wrote down."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.limit_fields import limit_header_names
from pytest_confluent_contracts.double.service import Answer, Problem, answer_with
from pytest_confluent_contracts.double.store import composed_body
from pytest_confluent_contracts.model.paths import is_pointer
from pytest_confluent_contracts.model.sources import ContractError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.model.documents import Operation

CODE = "scripted"  # of the errors in scripted answers


@dataclass(frozen=True, slots=True)
class Planned:
    """One answer to be given: how it is told to people, and what gives it.

    *give* is None where the service answers as ever.
    """

    told: str
    give: Callable[[Service], Answer] | None = None


AS_EVER = Planned("as the document has it")


@dataclass(slots=True)
class Script:
    """The answers that an operation is to give: each once, and the last from then on."""

    planned: list[Planned] = field(default_factory=list)

    def next_answer(self, service: Service) -> Answer | None:
        """Return the answer that was written down for now, None where the service is to answer."""
        if not self.planned:
            return None
        planned = self.planned[0]
        if len(self.planned) > 1:
            del self.planned[0]
        if planned.give is None:
            return None
        return planned.give(service)


# --- documented answers ---------------------------------------------------------------------------


def documented_answer(
    operation: Operation, status: int | None, pointer: str | None, retry_after: float | None
) -> Planned:
    """Return the answer with a documented *status*; None stands for what the service answers.

    *pointer* is the JSON Pointer of the member that it complains of, *retry_after* the seconds that
    it asks to wait. Raises `ContractError` where the document has no such answer.
    """
    if status is None or _is_as_ever(operation, status):
        return AS_EVER
    if operation.response(status) is None:
        documented = ", ".join(one.status for one in operation.responses)
        told = f"{operation.id} documents {documented}, and no {status}"
        raise ContractError(f"{told}; .raw({status}, ...) answers with anything")
    if pointer is not None and not is_pointer(pointer):
        raise ContractError(f"pointer={pointer!r}: no JSON Pointer (RFC 6901): it begins with /")

    def give(service: Service) -> Answer:
        if status < 400:
            return _sample(service, status)
        problem = Problem(status, CODE, f"This answer of {status} was asked for.", pointer)
        if retry_after is None:
            return service.finish(service.answer_refusal([problem]))
        return _asking_to_wait(service, problem, retry_after)

    return Planned(str(status), give)


def _is_as_ever(operation: Operation, status: int) -> bool:
    """Return whether *status* is what a request is answered that nothing speaks against."""
    return operation.success is not None and operation.success.status == str(status)


def _sample(service: Service, status: int) -> Answer:
    """Return another success than the usual one, with the body that the document shows."""
    content = service.content_of(status)
    if content is None:
        return service.finish(Answer(status))
    return service.finish(answer_with(status, (), content, composed_body(content)))


def _asking_to_wait(service: Service, problem: Problem, seconds: float) -> Answer:
    """Return a refusal with a wait; what else tells the limit tells the same.

    The service counts on as before.
    """
    before = service.window_start, service.spent
    service.window_start = service.clock.now() - service.window + seconds
    service.spent = service.limit
    answer = service.finish(service.answer_refusal([problem]))
    service.window_start, service.spent = before
    name = limit_header_names(service.operation)["retry_after"]
    others = [one for one in answer.headers if one[0].lower() != name.lower()]
    return replace(answer, headers=(*others, (name, f"{seconds:g}")))


# --- any answer -----------------------------------------------------------------------------------


def raw_answer(status: int, headers: Mapping[str, str], value: Any, content: bytes) -> Planned:
    """Return the answer that is given as it is; *value* is sent as JSON where there is one."""
    told = dict(headers)
    body = content
    if value is not None:
        told.setdefault("Content-Type", "application/json")
        body = json.dumps(value).encode()
    answer = Answer(status, tuple(told.items()), raw=body)
    return Planned(f"{status} (raw)", lambda _: answer)
