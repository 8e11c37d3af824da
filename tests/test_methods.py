"""What is sent and judged by the method of an operation? Reads have no body, and a replacement may remove."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chaos_proxy import named, resolver
from exchanges import BROKEN, KEPT, SILENT, make_case, make_exchange, operation_from, said
from running import Run, gate, serving
from services_of_methods import OWN, Thing
from small_services import FOLDER, SECRET, issued, read

from pytest_confluent_contracts import cases, clauses, documents
from pytest_confluent_contracts.cases.plan import make_plan
from pytest_confluent_contracts.model.clauses import Family
from pytest_confluent_contracts.model.traffic import (
    Expect,
    Probe,
    RunContext,
    Subject,
    SubjectKind,
)

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case, Exchange

READING, WRITING = FOLDER / "methods_that_read.yaml", FOLDER / "methods_that_write.yaml"


def operations() -> dict[str, Operation]:
    """Return the operations of both documents by name; of two the one that reads."""
    both = [*read(WRITING).operations, *read(READING).operations]
    return {one.id: one for one in both}


def sent(operation: Operation, *, made_up: bool = True) -> list[Case]:
    """Return every case that may be sent of *operation*."""
    given = operation.parameters
    context = RunContext(given, {}, issued(operation), max_examples=5, made_up=made_up)
    return list(make_plan(operation, context).every_case())


def copied(document: Path, folder: Path) -> str:
    """Return the option that names a copy of *document* in *folder*."""
    (folder / document.name).write_text(document.read_text(encoding="utf-8"), encoding="utf-8")
    return f"--contract-spec={document.name}"


# --- reads ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["getThing", "headThing", "askThing", "listThings"])
def test_a_read_is_never_given_a_body(name: str) -> None:
    """Nor a media type of one; and no case speaks of an update."""
    made = sent(operations()[name])
    assert made
    assert {one.body for one in made} == {None}
    assert not [one for one in made if "Content-Type" in dict(one.headers)]
    assert not [one.title for one in made if "update" in one.title or "body" in one.title]
    assert "the plain request" in {one.title for one in made}


@pytest.mark.parametrize("name", ["getThing", "headThing", "askThing", "listThings"])
def test_what_is_about_bodies_has_no_cases_without_one(name: str) -> None:
    """Nothing can be broken, malformed or read-only where nothing is sent."""
    operation = operations()[name]
    context = RunContext(operation.parameters, {}, issued(operation))
    of_bodies = (Probe.READ_ONLY, Probe.BROKEN, Probe.MALFORMED, Probe.COVERAGE)
    assert [one for probe in of_bodies for one in cases.of(probe, operation, context)] == []


@pytest.mark.parametrize(
    ("media_type", "asked"),
    [
        ("application/json", "application/json"),
        ("application/vnd.api+json", "application/json"),
        ("text/csv", "text/csv, application/json;q=0.9"),
    ],
)
def test_a_read_accepts_what_its_answer_is_documented_as(
    tmp_path: Path, media_type: str, asked: str
) -> None:
    """And JSON beside it, which a refusal may be."""
    answer = f"{{'200': {{description: It., content: {{{media_type}: {{}}}}}}}}"
    text = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {responses: %s}}}\n"
    made = sent(operation_from(text % answer, tmp_path))
    assert dict(made[0].headers)["Accept"] == asked


def test_what_shows_only_now_and_then_is_asked_for_often() -> None:
    """A read changes nothing; on another's machine it is asked for a few times."""
    get = operations()["getThing"]
    plain = [
        sum(one.title == "the plain request" for one in sent(get, made_up=made_up))
        for made_up in (True, False)
    ]
    assert plain[0] > 20 > 12 > plain[1]


def test_each_form_of_a_read_is_asked_for() -> None:
    """A list has no id that could be escaped."""
    forms = {
        name: {one.subject.name for one in sent(operations()[name]) if one.probe is Probe.FORMS}
        for name in ("getThing", "listThings")
    }
    assert forms["getThing"] - forms["listThings"] == {"escaped-path"}
    assert forms["listThings"] >= {"accept-any", "header-case", "identity", "long-header"}


GONE_FORM = "request/form/accept-any"


@pytest.mark.parametrize(("status", "verdict"), [(200, KEPT), (406, BROKEN), (500, BROKEN)])
def test_a_form_of_a_read_is_answered_as_the_usual_one(status: int, verdict: str) -> None:
    """What is shown may be another moment's; that it is refused is a finding."""
    get = operations()["getThing"]
    usual = make_case(get, probe=Probe.FORMS, subject=Subject(SubjectKind.FORM))
    form = make_case(get, probe=Probe.FORMS, subject=Subject(SubjectKind.FORM, "accept-any"))
    row = [make_exchange(usual, 200, {"id": OWN}), make_exchange(form, status, {"id": OWN})]
    assert said(get, GONE_FORM, *row) == [SILENT, verdict]


def test_what_is_shown_by_a_read_is_no_update() -> None:
    """Its clauses are of its shape, and there are none on what changes."""
    made = clauses.derive(operations()["getThing"])
    assert Family.UPDATE not in {one.family for one in made}
    assert {one.id for one in made if one.id.startswith("read/")} == {
        "read/id-is-path-id",
        "read/no-leak",
        "read/created-constant",
        "read/updated-never-back",
        "read/updated-after-created",
    }
    assert {one.family for one in made if one.id.startswith("read/")} == {Family.SHAPE}


@pytest.mark.parametrize("method", ["post", "delete"])
def test_what_is_made_and_ended_is_another_each_time(tmp_path: Path, method: str) -> None:
    """Over two connections it is not the same, and a read of it has other clauses."""
    made = clauses.derive(operation_from(PUT.replace("    put:", f"    {method}:"), tmp_path))
    ids = {clause.id for clause in made}
    assert "answer/no-leak" in ids
    assert "wire/same-on-every-connection" not in ids
    assert [id for id in ids if id.startswith(("update/", "read/"))] == []


def test_the_head_of_an_answer_has_no_body() -> None:
    """Its headers are judged, and nothing of what GET would answer (RFC 9110 9.3.2)."""
    ids = [one.id for one in clauses.derive(operations()["headThing"])]
    assert "200/header/X-Version" in ids
    assert [id for id in ids if "/body" in id or id.endswith(("/json", "/media-type"))] == []


def test_options_are_answered_for_any_path_alike() -> None:
    """No parameter of theirs is held to its rules; status and headers are."""
    ids = [one.id for one in clauses.derive(operations()["askThing"])]
    assert {"statuses", "204/header/Allow", "request/accepted"} <= set(ids)
    assert [id for id in ids if id.startswith("parameters/")] == []


def test_a_body_that_a_read_is_said_to_have_is_told_as_not_judged(tmp_path: Path) -> None:
    """It means nothing there (RFC 9110 9.3.1), and is not sent."""
    text = READING.read_text(encoding="utf-8").replace(
        "      operationId: getThing\n",
        "      operationId: getThing\n      requestBody: {content: {application/json: {schema: {type: object}}}}\n",
    )
    (path := tmp_path / "things.yaml").write_text(text, encoding="utf-8")
    document = documents.read_document(path)
    [told] = document.unjudged
    assert (told.what, told.place.line) == ("requestBody (get)", 10)
    assert document.operations[0].request is None


# --- replacements ---------------------------------------------------------------------------------------------------


def test_a_replacement_has_the_id_of_its_path() -> None:
    """A service may refuse another one; an unknown thing is asked for by its own id, too."""
    put = operations()["replaceThing"]
    made = sent(put)
    allowed = [one for one in made if one.expect is Expect.ACCEPTED]
    assert allowed
    assert {one.value["id"] for one in allowed} == {OWN}
    unknown = [one for one in made if one.expect is Expect.UNKNOWN and one.value["id"] != OWN]
    assert unknown
    assert all(one.value["id"] == dict(one.parameters)["thing_id"] for one in unknown)


def test_a_replacement_that_may_create_is_not_sent_for_unknown_things(tmp_path: Path) -> None:
    """What is not there might be from then on (RFC 9110 9.3.4); where 404 is documented alone, it must not."""
    answers = "{'200': {description: It.}, '404': {description: None.}"
    for more, is_asked in (("}", True), (", '201': {description: New.}}", False)):
        text = PUT.replace(
            "{'200': {description: It., content: {application/json: {schema: *thing}}}}",
            answers + more,
        )
        (folder := tmp_path / str(is_asked)).mkdir()
        operation = operation_from(text, folder)
        asked = [one for one in sent(operation) if one.expect is Expect.UNKNOWN]
        assert bool(asked) is is_asked


def test_what_a_replacement_leaves_out_may_change() -> None:
    """It need not stay, and what a request wrote may not; that what was sent comes back is judged."""
    ids = {one.id for one in clauses.derive(operations()["replaceThing"])}
    assert {"update/sent-is-returned/name", "update/refused-unchanged", "update/idempotent"} <= ids
    assert "update/left-out-is-dropped" in ids
    assert not ids & {"update/omitted-unchanged", "update/empty-changes-nothing"}


PUT = """
openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things/{id}:
    put:
      parameters: [{name: id, in: path, required: true, example: ak-12345}]
      requestBody: {content: {application/json: {schema: &thing {type: object, required: [name], properties: {
        name: {type: string}, note: {type: string}, color: {enum: [red, blue]}, count: {type: integer}}}}}}
      responses: {'200': {description: It., content: {application/json: {schema: *thing}}}}
"""
REFUSED = "update/refused-unchanged"


def put(operation: Operation, body: Any, shown: Any, status: int = 200) -> Exchange:
    """Return the exchange of a replacement that is answered with *shown*."""
    expect = Expect.ACCEPTED if status == 200 else Expect.REFUSED
    return make_exchange(make_case(operation, body, expect=expect), status, shown)


A, B = {"name": "a"}, {"name": "b"}
REPLACED: dict[str, tuple[list[tuple[Any, Any, int]], list[str]]] = {
    "nothing of it stays": ([(A, A, 200), (A | {"note": "x"}, {}, 400), (B, B, 200)], [SILENT, KEPT, SILENT]),
    "its text stands there": (
        [(A, A, 200), (A | {"note": "x"}, {}, 400), (B, B | {"note": "x"}, 200)],
        [SILENT, BROKEN, SILENT],
    ),
    "what was there stays": (
        [(A, A | {"note": "x"}, 200), (A | {"note": "x"}, {}, 400), (B, B | {"note": "x"}, 200)],
        [SILENT, KEPT, SILENT],
    ),
    "another default comes": (
        [(A, A, 200), (A | {"note": "x"}, {}, 400), (B, B | {"note": "-"}, 200)],
        [SILENT, KEPT, SILENT],
    ),
    "it is the default that came before": (
        [
            (A, A | {"note": "-"}, 200),
            (B, B | {"note": "-"}, 200),
            (A | {"note": "y"}, A | {"note": "y"}, 200),
            (A | {"note": "-"}, {}, 400),
            (B, B | {"note": "-"}, 200),
        ],
        [SILENT, SILENT, SILENT, KEPT, SILENT],
    ),
    "one of few values": (
        [(A, A, 200), (A | {"color": "red"}, {}, 400), (B, B | {"color": "red"}, 200)],
        [SILENT, KEPT, SILENT],
    ),
    "a number": (
        [(A, A, 200), (A | {"count": 0}, {}, 400), (B, B | {"count": 0}, 200)],
        [SILENT, KEPT, SILENT],
    ),
    "the accepted one sends it": (
        [(A, A, 200), (A | {"note": "x"}, {}, 400), (B | {"note": "x"}, B | {"note": "x"}, 200)],
        [SILENT, KEPT, SILENT],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REPLACED)
def test_only_a_refused_text_that_stands_there_is_held_against_the_refusal(
    tmp_path: Path, name: str
) -> None:
    """What is left out may be nothing, a default, or what was there: that is the service's."""
    row, expected = REPLACED[name]
    operation = operation_from(PUT, tmp_path)
    assert said(operation, REFUSED, *(put(operation, *one) for one in row)) == expected


# --- off loopback ---------------------------------------------------------------------------------------------------

FAST = ("--contract-insecure", "--contract-rate=2000", "--contract-max-examples=1")
NAMED = f"--contract-param=thing_id={OWN}"


class Recorder:
    """Hands what comes over HTTP to a thing, and notes method, path and body."""

    def __init__(self) -> None:
        self.thing, self.seen = Thing(), list[tuple[str, str, bytes]]()

    def __call__(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Return the thing's answer."""
        import httpx

        self.seen.append((method, path, body))
        answer = self.thing(
            httpx.Request(method, f"http://localhost{path}", headers=headers, content=body)
        )
        kept = [
            (name, value)
            for name, value in answer.headers.multi_items()
            if name.lower() not in ("content-length", "transfer-encoding")
        ]
        return answer.status_code, kept, answer.content


HELD = "not lifecycle and (replaceThing or (getThing and 200))"


def away(folder: Path, recorder: Recorder, *given: str) -> Run:
    """Hold the thing under a name that is not loopback's."""
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    with serving(recorder) as url:
        options = (f"--contract-target={named(url)}", copied(WRITING, folder), *FAST, *given)
        return gate(folder, *options, "-k", HELD, given={"CONTRACT_KEY_VALUE": SECRET})


def test_off_loopback_nothing_is_replaced_that_nobody_named(tmp_path: Path) -> None:
    """Each clause of it says so, and the others are held."""
    recorder = Recorder()
    run = away(tmp_path, recorder)
    wrote = [one for one in recorder.seen if one[0] != "GET"]
    assert wrote == [], wrote
    assert run.code == 0, run.out
    told = [one.skipped for one in run.told if "::replaceThing::" in one.id]
    assert told
    reason = "name a resource that may be replaced: --contract-param thing_id=..."
    assert all(reason in line for line in told)
    assert recorder.thing.state["name"] == "first"
    assert not [path for _, path, _ in recorder.seen if path == f"/things/{OWN}"]


def test_off_loopback_what_was_named_is_read_before_it_is_replaced(tmp_path: Path) -> None:
    """The read shows all that a PUT replaces, and it is put back."""
    recorder = Recorder()
    before = dict(recorder.thing.state)
    run = away(tmp_path, recorder, NAMED)
    assert run.code == 0, run.out
    of_own = [method for method, path, _ in recorder.seen if path == f"/things/{OWN}"]
    assert "PUT" in of_own
    assert of_own[of_own.index("PUT") - 1] == "GET"
    assert recorder.thing.state == before


def test_a_read_leaves_nothing_to_put_back(tmp_path: Path) -> None:
    """Only GET, HEAD and OPTIONS are sent, and the last request is none that writes."""
    recorder = Recorder()
    with serving(recorder) as url:
        options = (f"--contract-target={url}", copied(READING, tmp_path), NAMED)
        # The server of this test tells no length of what HEAD leaves out.
        run = gate(tmp_path, *options, "-k", "not lifecycle", given={"CONTRACT_KEY_VALUE": SECRET})
    assert run.code == 0, run.out
    assert {method for method, _, _ in recorder.seen} == {"GET", "HEAD", "OPTIONS"}
    assert {body for _, _, body in recorder.seen} == {b""}


# --- the plan -------------------------------------------------------------------------------------------------------


def test_the_plan_tells_what_was_understood(tmp_path: Path) -> None:
    """A resource of several operations, its roles, and where its id stands."""
    options = ("--contract-target=mock", copied(READING, tmp_path), "--contract-plan")
    told = gate(tmp_path, *options).out
    assert (
        "  things: /things/{thing_id}; id: id; listed in: data[]\n    list:    listThings\n    read:    getThing\n"
        in told
    )


def test_a_resource_of_one_operation_is_not_worth_a_line(tmp_path: Path) -> None:
    """The plans of the bundled documents are what they were."""
    assert "resources of" not in gate(tmp_path, "--contract-target=mock", "--contract-plan").out
