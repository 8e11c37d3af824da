"""What is a small document of our own, with a service by hand that keeps it, and others that break it?

Each file `tests/services_of_*.py` lists `ROWS`, one construct each; the documents stand in `tests/documents/`. A
service is written from its document alone, and shares no code with the double or the judge.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
from judging import target_for

from pytest_confluent_contracts import clauses, documents
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.double.service import VirtualClock
from pytest_confluent_contracts.model.clauses import Verdict
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.run.campaign import Campaign

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_confluent_contracts.cases.plan import Plan
    from pytest_confluent_contracts.model.clauses import Ruling
    from pytest_confluent_contracts.model.documents import Document, Operation

FOLDER = Path(__file__).parent / "documents"
TOLD = (Verdict.BROKEN, Verdict.WARNED)
SECRET = "issued-secret-0001"

Answer = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class Row:
    """One construct: its document, how to make a service that keeps it, and services that each break one clause.

    Each maker is called anew for a run, so that a service may keep a state. `broken` gives, for the clause that must
    be red (or warned, where it is a SHOULD), the maker of the service that breaks it.
    """

    name: str
    service: Callable[[], Answer]
    broken: Mapping[str, Callable[[], Answer]]
    parameters: tuple[tuple[str, str], ...] = ()  # as --contract-param gives them

    @property
    def path(self) -> Path:
        """Return the file of the document."""
        return FOLDER / f"{self.name}.yaml"


@lru_cache
def read(path: Path) -> Document:
    """Return the document in *path*, with the overlay of its name where there is one."""
    overlay = FOLDER / "overlays" / path.name
    return documents.read_document(path, (overlay,) if overlay.is_file() else ())


def held(row: Row, make: Callable[[], Answer]) -> dict[str, Ruling]:
    """Return the rulings on every operation of the row's document where the service that *make* returns answers.

    Of a clause that several operations have, it is the ruling that tells something.
    """
    rulings: dict[str, Ruling] = {}
    for campaign in campaigns(row, make):
        for clause in clauses.derive(campaign.operation):
            ruling = campaign.ruling(clause)
            if clause.id not in rulings or rulings[clause.id].verdict not in TOLD:
                rulings[clause.id] = ruling
    return rulings


def held_to_one(row: Row, make: Callable[[], Answer], id: str) -> Ruling:
    """Return the ruling on the clause *id* alone, the last of that name that tells something; little is sent."""
    found: Ruling | None = None
    for campaign in campaigns(row, make):
        for clause in clauses.derive(campaign.operation):
            if clause.id == id and (found is None or found.verdict not in TOLD):
                found = campaign.ruling(clause)
    assert found is not None, id
    return found


def campaigns(row: Row, make: Callable[[], Answer]) -> Iterator[Campaign]:
    """Yield what holds each operation of the row's document against one service that *make* returns."""
    answer = make()
    for plan in plans(row.path, row.parameters):
        clock = getattr(answer, "clock", None) or VirtualClock()  # one that counts has its own
        yield Campaign(plan, target_for(plan, clock, answer, "https://localhost"))


@lru_cache(maxsize=4)
def plans(path: Path, parameters: tuple[tuple[str, str], ...]) -> list[Plan]:
    """Return what is sent for each operation of a document, made once for all services of a row."""
    made: list[Plan] = []
    for operation in read(path).operations:
        given = parameters or operation.parameters
        made.append(make_plan(operation, RunContext(given, {}, issued(operation), max_examples=8)))
    return made


def issued(operation: Operation) -> dict[str, dict[str, str]]:
    """Return the credentials of each scheme of *operation*: the first part is `SECRET`."""
    return {
        scheme.name: {part: issued_part(index) for index, (part, _) in enumerate(scheme.variables)}
        for scheme in operation.schemes
    }


def issued_part(index: int) -> str:
    """Return the part of a credential at *index*: of a pair, user and password differ."""
    return f"{SECRET}-{index}" if index else SECRET


# --- a service by hand ---------------------------------------------------------------------------------------------


def refusal(status: int, body: object = None) -> httpx.Response:
    """Return a refusal with a JSON body."""
    return httpx.Response(status, json={"message": "no"} if body is None else body)


def set_known_members(state: dict[str, Any], body: dict[str, Any]) -> None:
    """Set the members of the resource that the body names, and ignore the others."""
    state.update({name: value for name, value in body.items() if name in state})


@dataclass
class SmallService:
    """A service of one resource at one path, as somebody would write it by hand.

    `path` is a regular expression of the decoded path, `shown` the resource at first, `takes` whether a body is
    allowed, `change` how a body changes the resource (by default the members it knows are set).
    """

    path: str
    shown: dict[str, Any]
    takes: Callable[[Any], bool]
    change: Callable[[dict[str, Any], Any], None] = set_known_members
    media_types: tuple[str, ...] = ("application/json",)
    invalid: int = 400
    unknown: int = 404
    wrong_type: int = 400
    state: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the resource as it is shown at first."""
        self.state = json.loads(json.dumps(self.shown))

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Return the answer to *request*."""
        path = unquote(request.url.raw_path.decode().partition("?")[0])
        if not re.fullmatch(self.path, path):
            return refusal(self.unknown)
        media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if media_type not in self.media_types:
            return refusal(self.wrong_type)
        try:
            body = json.loads(request.read().decode("utf-8"), parse_constant=not_json)
            json.dumps(body, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            return refusal(self.invalid)
        if not self.takes(body):
            return refusal(self.invalid)
        self.change(self.state, body)
        return httpx.Response(200, json=self.state)


def not_json(word: str) -> None:
    """Refuse NaN and Infinity, which Python's reader takes."""
    raise ValueError(word)
