"""Who answers a client that is tried? The double of documents, or what a test wrote down.

Whatever is asked is remembered, and judged when somebody wants to know.
"""

from __future__ import annotations

import base64
import json
import time
from collections import deque
from copy import deepcopy
from dataclasses import dataclass
from difflib import get_close_matches
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_confluent_contracts.clients.routes import Routes, named
from pytest_confluent_contracts.clients.scripts import (
    Planned,
    Script,
    documented_answer,
    raw_answer,
)
from pytest_confluent_contracts.clients.verdicts import (
    ClientBroken,
    ClientJudge,
    Heard,
    broken,
    told_whole,
)
from pytest_confluent_contracts.double import mutations
from pytest_confluent_contracts.double.roles import services_of
from pytest_confluent_contracts.double.samples import allowed_value
from pytest_confluent_contracts.double.service import Answer, Problem, Request, VirtualClock
from pytest_confluent_contracts.http.recorded import Recording
from pytest_confluent_contracts.model.documents import Location
from pytest_confluent_contracts.model.paths import ABSENT
from pytest_confluent_contracts.model.serialisation import path_text
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.model.traffic import CARELESS_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_confluent_contracts.clients.routes import Asked
    from pytest_confluent_contracts.double.service import Service
    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation, SecurityScheme

    Headers = Sequence[tuple[str, str]]
    Pairs = tuple[tuple[str, str], ...]

UNLIMITED = 1_000_000  # requests a window, where nobody asks for a limit
WINDOW_S = 60.0
MOST_HEARD = 100_000  # requests that are remembered, the latest
NAMED = 6  # operations or mutations that a complaint names


def read_documents(names: Sequence[str]) -> tuple[Document, ...]:
    """Return the documents *names*, files or bundled ones; without any, all bundled ones.

    Raises `ContractError` where there is no such document, or it has no operation.
    """
    from pytest_confluent_contracts import documents

    files = [documents.find_document(name) for name in names]
    if not names:
        files = list(documents.bundled_documents().values())
    read = tuple(documents.read_document(path) for path in dict.fromkeys(files))
    for one in read:
        if not one.operations:
            raise ContractError(f"{one.file}: no operation could be read: nothing can answer")
    return read


class PassingClock(VirtualClock):
    """Time that passes by itself, in seconds from when it was made, and may be advanced.

    Whoever waits for it does not sleep.
    """

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self._begun = time.monotonic() - start

    def now(self) -> float:
        """Return the seconds that went by, those that were advanced included."""
        return time.monotonic() - self._begun + self._now

    def advance(self, seconds: float) -> None:
        """Let *seconds* go by at once: what a patched ``time.sleep`` may call."""
        self.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a client sent, as it was, and the status that answered it."""

    method: str
    url: str
    headers: Pairs
    body: bytes
    status: int

    @property
    def json(self) -> Any:
        """Return the JSON value of the body; raise `ValueError` where it has none."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """Return the first value of the header *name*, whatever its case."""
        for told, value in self.headers:
            if told.lower() == name.lower():
                return value
        return None


class Endpoint:
    """One operation, as a test looks at it and sets it up."""

    def __init__(self, stand_in: StandIn, operation: Operation) -> None:
        self._stand_in, self._operation = stand_in, operation

    def __repr__(self) -> str:
        planned = self._stand_in.script_of(self._operation).planned
        told = ", ".join(one.told for one in planned) or "as the document has it"
        return f"Answers to {self._operation.id}: {told}"

    @property
    def clock(self) -> PassingClock:
        """Return the clock of all operations."""
        return self._stand_in.clock

    @property
    def calls(self) -> list[Call]:
        """Return the requests that asked for this operation, the first first."""
        return self._stand_in.calls_of(self._operation)

    @property
    def state(self) -> dict[str, Any]:
        """Return a copy of what is there: each resource as this operation shows it, by its id."""
        service = self._stand_in.service_of(self._operation)
        resources = service.collection.resources.items()
        return {id: deepcopy(service.store.show(one)) for id, one in resources}

    def answers(
        self,
        status: int | None = None,
        *,
        pointer: str | None = None,
        retry_after: float | None = None,
    ) -> Endpoint:
        """Answer with a documented *status* from now on; None is what the document lets come.

        *pointer* is where in the body an error says that something is wrong, *retry_after* the
        seconds that it asks to wait. Raises `ContractError` where the document has no such answer.
        """
        return self._begin(documented_answer(self._operation, status, pointer, retry_after))

    def then(
        self,
        status: int | None = None,
        *,
        pointer: str | None = None,
        retry_after: float | None = None,
    ) -> Endpoint:
        """Give what was said before once, and answer like this from then on."""
        return self._go_on(documented_answer(self._operation, status, pointer, retry_after))

    def raw(
        self,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes = b"",
    ) -> Endpoint:
        """Answer from now on with what no document need know: just this."""
        return self._begin(raw_answer(status, headers or {}, json, content))

    def then_raw(
        self,
        status: int,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes = b"",
    ) -> Endpoint:
        """Give what was said before once, and just this from then on."""
        return self._go_on(raw_answer(status, headers or {}, json, content))

    def mutate(self, name: str) -> Endpoint:
        """Break the service in the way that ``--contract-prove`` calls *name*.

        Raises `ContractError` where the document gives no reason for such a mutation.
        """
        if not self._stand_in.mutate(self._operation, name):
            known = [one.name for one in mutations.derive(self._operation)]
            near = ", ".join(get_close_matches(name, known, NAMED, 0.3) or known[:NAMED])
            told = f"{self._operation.id} has no mutation {name!r}, but {len(known)} others"
            raise ContractError(f"{told}, for example {near}")
        return self

    def _begin(self, planned: Planned) -> Endpoint:
        self._stand_in.script_of(self._operation).planned[:] = [planned]
        return self

    def _go_on(self, planned: Planned) -> Endpoint:
        self._stand_in.script_of(self._operation).planned.append(planned)
        return self


class StandIn:
    """Answers for the servers of documents, and remembers the last *most_heard* requests.

    Credentials of any value are taken, where one documented alternative is whole.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        clock: PassingClock | None = None,
        most_heard: int = MOST_HEARD,
    ) -> None:
        self.documents = tuple(documents)
        self.clock = clock or PassingClock()
        self.operations = [one for document in documents for one in document.operations]
        self.routes = Routes(documents)
        self._judge = ClientJudge()
        self._lock = RLock()  # a client may send from several threads
        self._heard: deque[Heard] = deque(maxlen=most_heard)
        self.reset()

    # --- setting up -------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Endpoint:
        """Return the operation *name*: its ``operationId``, or ``METHOD /path``."""
        for operation in named(self.operations, name):
            return Endpoint(self, operation)
        known = [one.id for one in self.operations]
        near = ", ".join(get_close_matches(name, known, NAMED, 0.4) or known[:NAMED])
        raise ContractError(f"no operation {name!r}; the documents have {near}")

    def reset(self) -> None:
        """Forget what was asked and set up, and begin with what the documents show."""
        with self._lock:
            held = {one.key: _held_parameters(one) for one in self.operations}
            addresses = {one.name: self.address_of(one) for one in self.documents}
            self._services = services_of(
                self.operations, self.clock, held=held, addresses=addresses
            )
            for service in self._services.values():
                service.latency = 0.0
                _take_any_credentials(service)
            self._scripts: dict[tuple[str, str], Script] = {}
            self.limit(UNLIMITED)
            self._heard.clear()

    def address_of(self, document: Document) -> str:
        """Return what stands before the paths of *document* in links, until it is asked for."""
        return next((one.rstrip("/") for one in document.servers if "://" in one), "")

    def forget(self) -> None:
        """Forget what was asked: it is judged no more; what was set up stays."""
        with self._lock:
            self._heard.clear()

    def limit(self, requests: int, window: float = WINDOW_S) -> None:
        """Let each operation take so many *requests* in a *window* of seconds."""
        for service in self._services.values():
            service.limit, service.window = requests, window

    def mutate(self, operation: Operation, name: str) -> bool:
        """Break the service of *operation*; return whether it has the mutation *name*."""
        for mutation in mutations.derive(operation):
            if mutation.name == name:
                self._services[operation.key] = mutation.alter(self.service_of(operation))
                return True
        return False

    def mutate_all(self, name: str) -> None:
        """Break each operation that has the mutation *name*; of ``OPERATION::NAME`` that one alone.

        Raises `ContractError` where none has it.
        """
        owner, _, own = name.rpartition("::")
        if owner:
            self[owner].mutate(own)
            return
        broken_ones = [one for one in self.operations if self.mutate(one, name)]
        if not broken_ones:
            known = {one.name for each in self.operations for one in mutations.derive(each)}
            near = ", ".join(get_close_matches(name, known, NAMED, 0.3) or sorted(known)[:NAMED])
            raise ContractError(f"no mutation {name!r} of {len(known)}; near it: {near}")

    def service_of(self, operation: Operation) -> Service:
        """Return what answers for *operation*."""
        return self._services[operation.key]

    def script_of(self, operation: Operation) -> Script:
        """Return the answers that were written down for *operation*."""
        return self._scripts.setdefault(operation.key, Script())

    # --- answering --------------------------------------------------------------------------------

    def answer(
        self, method: str, url: str, headers: Headers, body: bytes, connection: int = 1
    ) -> tuple[int, Headers, bytes]:
        """Return status, headers and body; raise `ConnectionError` where a mutation hangs up."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        lowered = {name.lower(): value for name, value in headers}
        names = tuple(name for name, _ in headers)
        request = Request(method, target, lowered, body, connection, names)
        with self._lock:
            asked = self.routes.find(method, parts.hostname or "", parts.path)
            begun, content, lost = self.clock.now(), b"", None
            self._lie_at(f"{parts.scheme}://{parts.netloc}{asked.prefix}", asked.operation)
            try:
                answer = self._answer_to(asked, request)
            except ConnectionError as error:
                answer, lost = Answer(0), error
            if method != "HEAD":
                content = answer.body
            recording = Recording(
                method=method,
                url=url,
                sent=tuple(headers),
                body=body,
                status=answer.status,
                headers=answer.headers,
                content=content,
                failure="" if lost is None else str(lost),
                sent_at=begun,
                took=self.clock.now() - begun,
            )
            self._heard.append(Heard(recording, asked))
        if lost is not None:
            raise lost
        return answer.status, answer.headers, content

    def _lie_at(self, address: str, operation: Operation) -> None:
        """Let the links of the document of *operation* lead to *address*, where it is asked for."""
        if self.service_of(operation).collection.address == address:
            return
        for service in self._services.values():
            if service.operation.document == operation.document:
                service.collection.address = address

    def _answer_to(self, asked: Asked, request: Request) -> Answer:
        service = self.service_of(asked.operation)
        if not asked.is_declared:
            return _refusal_of_undeclared(service, asked)
        written = self.script_of(asked.operation).next_answer(service)
        return service.handle(request) if written is None else written

    # --- looking back -----------------------------------------------------------------------------

    @property
    def heard(self) -> list[Heard]:
        """Return what was asked, and how it was answered, the first first."""
        with self._lock:
            return list(self._heard)

    @property
    def calls(self) -> list[Call]:
        """Return every request that came, the first first."""
        return [_call_of(one) for one in self.heard]

    def calls_of(self, operation: Operation) -> list[Call]:
        """Return the requests that asked for *operation*."""
        return [_call_of(one) for one in self.heard if one.asked.is_for(operation)]

    def rulings(self) -> list[Ruling]:
        """Return what the documents say of the requests that came: a ruling a clause."""
        return self._judge.rulings(self.heard)

    def red_rulings(self) -> list[Ruling]:
        """Return those of what the documents forbid, or advise against: the others cost less."""
        return self._judge.red_rulings(self.heard)

    def check(self) -> None:
        """Raise `ClientBroken` where a request came that the documents forbid."""
        found = broken(self.red_rulings())
        if found:
            raise ClientBroken(told_whole(found))


def _call_of(heard: Heard) -> Call:
    one = heard.recording
    return Call(one.method, one.url, one.sent, one.body, one.status)


def _refusal_of_undeclared(service: Service, asked: Asked) -> Answer:
    """Return 405 where the path is declared, else 404, in the form of the nearest operation."""
    if asked.knows_path:
        problem = Problem(405, "method_not_allowed", "The document has no such method here.")
    else:
        problem = Problem(404, "not_found", "The document has no such path.")
    return service.finish(service.answer_refusal([problem]))


def _held_parameters(operation: Operation) -> Pairs:
    """Return the path parameters of what is there, where the document shows none."""
    shown = dict(operation.parameters)
    found: list[tuple[str, str]] = []
    for parameter in operation.path_parameters:
        value = ABSENT if shown.get(parameter.name) else allowed_value(parameter.schema)
        if value is not ABSENT and value != "":
            found.append((parameter.name, path_text(parameter, value)))
    return tuple(found)


def _take_any_credentials(service: Service) -> None:
    """Let *service* take any credential that is one: a client brings those of its own tests."""

    def is_recognised(scheme: SecurityScheme, request: Request) -> bool:
        if scheme.location is Location.HEADER:  # read here, as it is asked for so often
            return _is_credential(scheme, request.headers.get(scheme.carrier.lower(), ""))
        return _is_credential(scheme, request.credential(scheme))

    def tenant_of(request: Request) -> str:
        return ""  # whoever asks is the first: nobody was given the credentials of another

    service.is_recognised = is_recognised  # type: ignore[method-assign]
    service.tenant_of = tenant_of  # type: ignore[method-assign]


def _is_credential(scheme: SecurityScheme, sent: str) -> bool:
    credential = sent
    if scheme.kind != "apiKey":
        told, _, credential = sent.partition(" ")
        if told.lower() != ("basic" if scheme.kind == "basic" else "bearer"):
            return False
        if scheme.kind == "basic" and not _has_name_and_password(credential):
            return False
    return credential.strip() not in ("", *CARELESS_WORDS)


def _has_name_and_password(credential: str) -> bool:
    """Return whether what stands behind ``Basic`` can be taken apart (RFC 7617 2)."""
    try:
        return b":" in base64.b64decode(credential.strip(), validate=True)
    except ValueError:
        return False
