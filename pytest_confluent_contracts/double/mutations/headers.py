"""In which ways can a documented header be wrong, and the status?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.limit_fields import POLICY, STATE, limit_header_names
from pytest_confluent_contracts.double.mutations.altering import (
    Mutation,
    alter_each_nth_answer,
    always,
    is_accepted,
    is_refused,
    is_sent_often,
    mutate_answers,
    mutate_step,
    set_header,
    set_status,
    with_status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_confluent_contracts.double.service import Answer, Problem, Service
    from pytest_confluent_contracts.model.documents import Header, Operation

INVALID = (400, 422)  # for what is wrong with the body, or a parameter
UNPROVOKED = (402, 403, 409, 500)  # a conforming service gives no occasion for these


# --- headers --------------------------------------------------------------------------------------


def header_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of each documented header, on each status that has it."""
    counts = refusal_header_counts(operation)
    for response in operation.responses:
        if not is_provoked(operation, response.status):
            continue
        is_refusal = not response.status.startswith("2")
        for header in response.headers:
            is_shared = is_refusal and counts[header.name] > 1
            prefix = "error" if is_shared else response.status
            clause = f"{prefix}/header/{header.name}"
            yield from one_header_mutations(clause, header, int(response.status))
            is_count = header.name.lower() not in (STATE, POLICY)
            if is_count and header.name in limit_header_names(operation).values():
                yield negative_header(clause, header.name, int(response.status))


def refusal_header_counts(operation: Operation) -> Counter[str]:
    """Return for each header by how many of the documented refusals it is told."""
    counts: Counter[str] = Counter()
    for response in operation.responses:
        if not response.status.startswith("2"):
            counts.update(header.name for header in response.headers)
    return counts


def is_provoked(operation: Operation, status: str) -> bool:
    """Return whether a run makes a conforming service answer *operation* with *status*."""
    if not status.isdigit() or int(status) in UNPROVOKED:
        return False
    if int(status) in INVALID:
        return operation.request is not None or bool(operation.other_parameters)
    # A deletion is not sent again and again.
    return status != "429" or operation.method != "DELETE"


def one_header_mutations(clause: str, header: Header, code: int) -> Iterator[Mutation]:
    """Yield the ways in which *header* can be wrong on answers with the status *code*."""
    broken: dict[str, tuple[str, ...]] = {}
    if header.required is not False:
        broken["missing"] = ()
    if header.schema.get("type") != "array":  # a list may be without items
        broken["empty"] = ("",)
    if header.schema.get("type") == "integer":
        broken |= {"not an integer": ("soon",), "a fraction": ("1.5",)}
    if header.name.lower() == "www-authenticate":
        broken |= {
            "without a scheme": ('realm="contract"',),
            "with an open quote": ('Basic realm="contract',),
            "in words": ("Please log in",),
        }
    elif header.name.lower() not in (STATE, POLICY, "allow"):  # several lines of these are one list
        broken |= {"sent twice": ("7", "8")}
    for what, values in broken.items():
        change = set_header(header.name, *values)
        breaks = (clause, f"{clause}/sent") if what == "missing" else (clause,)
        yield mutate_answers(f"{clause} {what} on {code}", change, with_status(code), *breaks)


def negative_header(clause: str, name: str, code: int) -> Mutation:
    """Return the mutation of a header that counts requests or seconds: fewer than none."""
    change = set_header(name, "-1")
    return mutate_answers(f"{clause} negative on {code}", change, with_status(code), clause)


# --- statuses -------------------------------------------------------------------------------------


def seldom_status_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield that an answer has an undocumented status now and then."""
    for code in (418, 500, 503):
        if code == 418 and operation.response(code) is not None:
            continue  # a range or `default` has a place for it
        # A 503 that is answered when it is sent again is availability, not contract.
        breaks, alter = ("statuses", "answered"), alter_each_nth_answer(11, set_status(code))
        yield Mutation(f"{code} now and then", breaks, alter)


def status_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the status, of the 429's body, and of the request's id."""
    for code in (202, 204):
        if operation.response(code) is None:
            name = f"{code} instead of 200"
            yield mutate_answers(name, set_status(code), is_accepted, "statuses")
    if is_sent_often(operation):
        yield from seldom_status_mutations(operation)
    refusals = with_status(*(operation.refusals or (400,)))
    for code in (500, 415):
        if operation.request is None or (code == 415 and not operation.refusals):
            continue  # any 4xx will do
        breaks, change = ("statuses", "request/*/type"), set_status(code)
        yield mutate_answers(f"{code} on broken bodies", change, refusals, *breaks)
    if has_bare_429(operation):
        yield mutate_step("429 with a body", "answer_refusal", refuse_with_body, "429/no-body")
    if operation.method == "DELETE":
        resetting = alter_each_nth_answer(1, reset_connection)
        yield Mutation("what is done is answered by a reset", ("answered",), resetting)
    else:
        resetting = alter_each_nth_answer(9, reset_connection)
        yield Mutation("every 9th connection is reset", ("answered",), resetting)
    if operation.promises.request_id:
        name = operation.promises.request_id.header
        same, unique = set_header(name, "req-1"), "request-id/unique"
        yield mutate_answers(f"{name} always the same", same, always(True), unique)
        yield mutate_answers(f"{name} repeated on errors", same, is_refused, unique)


def has_bare_429(operation: Operation) -> bool:
    """Return whether the document describes a 429 without a body."""
    return any(
        response.status == "429" and response.content is None for response in operation.responses
    )


def reset_connection(*_: object) -> Answer:
    """Hang up instead of answering."""
    raise ConnectionResetError("the service hung up")


def refuse_with_body(_: Service, inner: Any, problems: Sequence[Problem]) -> Any:
    """Answer a 429 with a body; other refusals stay as they are."""
    answer = inner(problems)
    if answer.status == 429:
        return replace(answer, value={"errors": []})
    return answer
