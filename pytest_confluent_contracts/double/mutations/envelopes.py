"""In which ways can the body of a refusal be wrong? The documented envelope, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_confluent_contracts.double.mutations.altering import (
    always,
    change_text,
    change_value,
    drop_member,
    is_refused,
    mutate_answers,
    put_counted,
    put_value,
    with_status,
)
from pytest_confluent_contracts.double.mutations.answers import (
    member_mutations,
    whole_body_mutations,
)
from pytest_confluent_contracts.double.store import described_refusal
from pytest_confluent_contracts.model import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_confluent_contracts.double.mutations.altering import Change, Mutation, When
    from pytest_confluent_contracts.double.service import Answer, Request, Service
    from pytest_confluent_contracts.model.documents import Content, Operation

FRAMES = "Boom\r\n   at Api.Things.Update(String name)\r\n   at Api.Router.Run()\r\n"
STACK_TRACE = 'Traceback (most recent call last): File "app.py", line 7'


def envelope_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of the body of a refusal."""
    content = described_refusal(operation)
    if content is None:
        return
    yield from member_mutations("error", content.properties, is_refused)
    yield from whole_body_mutations("error", is_refused)
    surprising = put_value("x_surprise", 1)
    undeclared = "error with an undeclared member"
    yield mutate_answers(undeclared, surprising, is_refused, "error/undeclared")
    if any(member.path == "errors" for member in content.properties):
        empty = put_value("errors", [])
        yield mutate_answers("error list empty", empty, is_refused, "error/errors-not-empty")
    if has_unique_errors(content):
        double = change_value("errors", list_twice)
        yield mutate_answers("error entries repeated", double, is_refused, "error/body/errors")
    yield from prose_mutations(operation)
    traced = write_detail(always(STACK_TRACE))
    yield mutate_answers("error with a stack trace", traced, is_refused, "error/no-stack-trace")
    framed, name = write_detail(always(FRAMES)), "error with the frames of a stack"
    yield mutate_answers(name, framed, is_refused, "error/no-stack-trace")
    leaking, where = write_detail(sent_credentials), told_right_credentials(operation)
    yield mutate_answers("error gives credentials away", leaking, where, "error/no-leak")


def told_right_credentials(operation: Operation) -> When:
    """Hold on refusals of requests with a right credential.

    Where several go together, one of them is right beside another that is wrong.
    """
    if any(len(alternative) > 1 for alternative in operation.security):
        return is_refused
    return with_status(400, 422, 404, 429)


def has_unique_errors(content: Content) -> bool:
    """Return whether the envelope has a list of errors in which none may stand twice."""
    if not any(member.path == "errors" for member in content.properties):
        return False
    return bool(content.schema["properties"]["errors"].get("uniqueItems"))


def list_twice(errors: list[Any]) -> list[Any]:
    """Return each of *errors* twice."""
    return errors * 2


# --- what a sentence tells ------------------------------------------------------------------------


def write_detail(write: Callable[[Request, Service], str]) -> Change:
    """Write a text into the first error of the answer, wherever the document lets one stand.

    An answer that is no list of errors has it beside its other members.
    """

    def change(answer: Answer, request: Request, service: Service) -> Answer:
        text = write(request, service)
        if isinstance(answer.value, dict) and "errors" not in answer.value:
            return replace(answer, value={**answer.value, "detail": text})

        def with_text(first: Any) -> Any:
            if isinstance(first, dict):
                return {**first, "detail": text}
            return text

        return change_value("errors[]", with_text)(answer, request, service)

    return change


def sent_credentials(request: Request, service: Service) -> str:
    """Return a sentence that gives away each credential of *request*."""
    sent: list[str] = []
    for scheme in service.operation.schemes:
        text = request.credential(scheme)
        sent.append(text.rpartition(" ")[2])
    return "Not allowed with " + " ".join(sent)


# --- what the prose promises ----------------------------------------------------------------------


def prose_mutations(operation: Operation) -> Iterator[Mutation]:
    """Yield the mutations of what the prose promises of errors."""
    promised = operation.promises.errors
    if promised.status:
        yield from status_member_mutations(promised.status.path)
    if promised.occurrence:
        yield from occurrence_mutations(promised.occurrence.path)
    if promised.pointer and operation.request is not None:
        yield from pointer_mutations(promised.pointer.path, with_status(*operation.refusals))
    if promised.stable:
        for path in promised.stable.paths:
            another = put_counted(path, "Problem {}".format)
            name = f"{path} always another"
            yield mutate_answers(name, another, is_refused, "error/code-and-title")


def status_member_mutations(path: str) -> Iterator[Mutation]:
    """Yield the mutations of the member that repeats the status."""
    other, sentence = put_value(path, "418"), put_value(path, "Bad Request")
    yield mutate_answers(f"{path} is another status", other, is_refused, "error/status")
    yield mutate_answers(f"{path} is a sentence", sentence, is_refused, "error/status")
    number = change_value(path, int)
    yield mutate_answers(f"{path} is a number", number, is_refused, f"error/body/{path}")


def occurrence_mutations(path: str) -> Iterator[Mutation]:
    """Yield the mutations of the member that tells one error from all others."""
    same, another = put_value(path, "error-1"), change_value("errors", with_another_like_first)
    yield mutate_answers(f"{path} always the same", same, is_refused, "error/id-unique")
    shared, clause = f"{path} shared by two errors", "error/id-unique/in-one-answer"
    yield mutate_answers(shared, another, is_refused, clause)


def with_another_like_first(errors: list[Any]) -> list[Any]:
    """Return *errors* and one more, with the first one's id but a detail of its own."""
    return [*errors, {**errors[0], "detail": "Another."}]


def pointer_mutations(path: str, where: When) -> Iterator[Mutation]:
    """Yield the mutations of the member that points at what is wrong in the request's body."""
    source = paths.parent_path(path)
    if not source or paths.steps_of(source)[-1] is paths.ITEM:
        source = path  # the error itself cannot be left out
    clause, at_fault = "error/source.pointer", "error/source.pointer/at-fault"
    exact = "error/source.pointer/exact"
    dotted, fragment = change_text(path, with_dots), change_text(path, "#{}".format)
    yield mutate_answers(f"{path} dotted", dotted, where, clause)
    yield mutate_answers(f"{path} a fragment", fragment, where, clause)
    nowhere = put_value(path, "/nowhere/at/all")
    yield mutate_answers(f"{path} nowhere", nowhere, where, clause)
    cut, other = change_text(path, without_last_token), put_value(path, "/spec/other")
    yield mutate_answers(f"{path} too short", cut, where, exact)
    whole = put_value(path, "")
    yield mutate_answers(f"{path} always the whole body", whole, where, exact)
    yield mutate_answers(f"{path} at another member", other, where, at_fault, clause)
    yield mutate_answers(f"{source} left out", drop_member(source), where, "error/source")


def with_dots(pointer: str) -> str:
    """Return a JSON Pointer in the dotted way: ``/spec/name`` becomes ``spec.name``.

    ``#/spec/name``, the fragment of a URI, becomes the same.
    """
    return pointer.lstrip("#/").replace("/", ".")


def without_last_token(pointer: str) -> str:
    """Return the JSON Pointer of what is around: ``/spec/name`` becomes ``/spec``."""
    return paths.pointer_of(paths.tokens_of(pointer)[:-1])
