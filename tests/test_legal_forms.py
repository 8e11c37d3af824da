"""Does one update mean the same in each legal form? What goes over the wire, and what is said of the answers."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import (
    BROKEN,
    KEPT,
    SILENT,
    Expect,
    Probe,
    Subject,
    SubjectKind,
    clause_ids,
    clause_of,
    confluent,
    datadog,
    is_withheld,
    make_case,
    make_exchange,
    operation_from,
    said,
)
from judging import judged, opened, red
from loopback_server import LoopbackHandler, LoopbackServer
from other_service import ENVIRONMENT, OtherService, Request, ServiceHandler

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.double.proving import Double
from pytest_confluent_contracts.model.traffic import RunContext
from pytest_confluent_contracts.report.curl import curl

if TYPE_CHECKING:
    from exchanges import Exchange, Operation

    from pytest_confluent_contracts.model.traffic import Case

SECRET = "a secret of 20 characters"
FORMS = [id for id in clause_ids(confluent()) if id.startswith("request/form/")]


def forms(operation: Operation) -> dict[str, Case]:
    """Return the request in each form by the form's name, the usual one without."""
    context = Double(operation).context
    return {one.subject.name: one for one in cases.of(Probe.FORMS, operation, context)}


# --- what is sent ---------------------------------------------------------------------------------


class Echo(LoopbackHandler):
    """Keeps each request as it came: names and values of headers, and the body before it is decoded."""

    def answer(self) -> None:
        """Read to the end of the body, answer, and hang up."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.headers.get("Transfer-Encoding"):
            while not raw.endswith(b"0\r\n\r\n"):
                raw += self.rfile.readline()
        self.owner.append((self.headers.items(), raw))
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture(scope="module")
def heard() -> dict[str, tuple[dict[str, str], bytes, Exchange]]:
    """Return by form what a server heard of it, and the exchange that was made."""
    came: list[tuple[list[tuple[str, str]], bytes]] = []
    operation = confluent()
    context = RunContext(
        operation.parameters,
        {},
        {"cloud-api-key": {"username": "KEY-OF-A-TEST", "password": SECRET}},
    )
    found: dict[str, tuple[dict[str, str], bytes, Exchange]] = {}
    with LoopbackServer(Echo, came) as server:
        target = opened(operation, server.url, context)
        for index, one in enumerate(cases.of(Probe.FORMS, operation, context)):
            exchange = target.client.exchange(one, index)
            headers, raw = came[-1]
            assert len(dict(headers)) == len(headers)  # none twice
            found[one.subject.name] = (dict(headers), raw, exchange)
        target.close()
    return found


def test_chunks_are_chunks(heard: dict[str, Any]) -> None:
    """Several, with no length told (RFC 9112 6.2), and together the body."""
    headers, raw, exchange = heard["chunked"]
    assert headers["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in headers
    assert raw.count(b"\r\n") >= 6
    assert len(raw) > len(exchange.case.body)


@pytest.mark.parametrize("form", [id.rpartition("/")[2] for id in FORMS if "chunked" not in id])
def test_any_other_body_is_counted(heard: dict[str, Any], form: str) -> None:
    """Byte for byte what the case says."""
    headers, raw, exchange = heard[form]
    assert "transfer-encoding" not in {name.lower() for name in headers}
    assert raw == exchange.case.body


def test_headers_are_as_the_form_says(heard: dict[str, Any]) -> None:
    """Nothing between the case and the wire puts them back into their usual form."""
    assert heard["charset"][0]["Content-Type"] == "application/json; charset=utf-8"
    assert "Accept" not in heard["accept-absent"][0]
    assert heard["accept-any"][0]["Accept"] == "*/*"
    assert ";q=" in heard["accept-weighted"][0]["Accept"]
    assert heard["identity"][0]["Accept-Encoding"] == "identity"
    assert len(heard["long-header"][0]["X-Contract-Padding"]) == 4096
    assert {"CONTENT-TYPE", "AUTHORIZATION", "ACCEPT"} <= heard["header-case"][0].keys()


def test_bodies_are_as_the_form_says(heard: dict[str, Any]) -> None:
    """White space, escapes and order; the usual form has its characters as they are."""
    assert heard["white-space"][1].startswith(b" \n{\n")
    assert heard["white-space"][1].endswith(b"}\n")
    assert heard["escaped"][1].isascii()
    assert b"\\ud83d\\ude00 \\/" in heard["escaped"][1]
    assert not heard[""][1].isascii()
    usual, other = (list(json.loads(heard[form][1])["spec"]) for form in ("", "member-order"))
    assert (set(usual), usual) == (set(other), other[::-1])


def test_credentials_are_redacted_in_a_header_of_any_case(heard: dict[str, Any]) -> None:
    """A name in the other case is still the header that carries them."""
    shown = dict(heard["header-case"][2].case.headers)
    assert shown["AUTHORIZATION"] == "[redacted]"


@pytest.mark.parametrize("operation", [confluent(), datadog()], ids=["confluent", "datadog"])
def test_each_form_has_values_of_its_own(operation: Operation) -> None:
    """What was not applied is seen: no two requests send the same, and each is a valid update."""
    made = forms(operation)
    assert sorted(f"request/form/{name}" for name in made if name) == sorted(FORMS)
    assert len({one.body for one in made.values()}) == len(made)
    assert {one.expect for one in made.values()} == {Expect.ACCEPTED}


# --- as a curl line -------------------------------------------------------------------------------

LINES = {
    "chunked": "-H 'Transfer-Encoding: chunked'",
    "charset": "-H 'Content-Type: application/json; charset=utf-8'",
    "accept-absent": "-H Accept:",
    "accept-any": "-H 'Accept: */*'",
    "header-case": "-H 'CONTENT-TYPE: APPLICATION/JSON'",
    "identity": "-H 'Accept-Encoding: identity'",
    "long-header": "\"X-Contract-Padding: $(printf '%04096d' 0)\"",
    "white-space": r"\x0a'",
    "escaped": "\\ud83d",
}


@pytest.mark.parametrize(("form", "part"), LINES.items(), ids=LINES)
def test_a_curl_line_shows_the_form(heard: dict[str, Any], form: str, part: str) -> None:
    """Whoever sends the request again by hand sends it in that form."""
    line = curl(heard[form][2])
    assert part in line
    assert len(line) < 1000
    assert (part in curl(heard[""][2])) is False


def test_a_curl_line_has_the_whole_long_header(heard: dict[str, Any]) -> None:
    """The shell makes the zeros."""
    line = curl(heard["long-header"][2])
    script = "curl() { printf '%s\\n' \"$@\"; }\n" + line
    given = subprocess.run(["bash", "-c", script], capture_output=True, check=True, text=True)
    assert f"X-Contract-Padding: {'0' * 4096}" in given.stdout.splitlines()
    assert shlex.split(line)[:3] == ["curl", "-X", "PATCH"]


# --- what is said of the answers ------------------------------------------------------------------

USUAL = {"spec": {"display_name": "a", "description": "b"}}
OTHER = {"spec": {"display_name": "c"}}


def sent(form: str, body: Any, status: int, answer: Any = None, **more: Any) -> Exchange:
    """Return the answer to an update in a form."""
    subject = Subject(SubjectKind.FORM, form)
    case = make_case(confluent(), body, probe=Probe.FORMS, subject=subject)
    return make_exchange(case, status, body if answer is None else answer, **more)


REFERENCE = sent("", USUAL, 200)
SHOWN = {"spec": {"display_name": "c", "description": "b"}}
ANSWERS = {
    "the same answer": (sent("charset", OTHER, 200, SHOWN), KEPT),
    "refused": (sent("charset", OTHER, 415, {}), BROKEN),
    "a failure": (sent("charset", OTHER, 500, {}), BROKEN),
    "another value": (sent("charset", OTHER, 200, {"spec": {"display_name": "C"}}), BROKEN),
    "not applied": (sent("charset", OTHER, 200, USUAL), BROKEN),
    "without the member": (sent("charset", OTHER, 200, {"spec": {}}), BROKEN),
    "throttled": (sent("charset", OTHER, 429, {}), SILENT),
    "no answer": (sent("charset", OTHER, 0, {}, failure="reset"), SILENT),
    "answered when sent again": (sent("charset", OTHER, 502, {}, superseded=True), SILENT),
    "another form": (sent("chunked", OTHER, 500, {}), SILENT),
}


@pytest.mark.parametrize(("answer", "expected"), ANSWERS.values(), ids=ANSWERS)
def test_a_form_means_what_the_usual_one_means(answer: Exchange, expected: str) -> None:
    """Taken, and answered with what was sent."""
    assert said(confluent(), "request/form/charset", REFERENCE, answer) == [SILENT, expected]


PERMITTED = {
    ("chunked", 411): KEPT,
    ("chunked", 400): BROKEN,
    ("chunked", 501): BROKEN,
    ("long-header", 431): KEPT,
    ("long-header", 400): KEPT,
    ("long-header", 404): BROKEN,
    ("escaped-path", 400): KEPT,
    ("escaped-path", 404): BROKEN,
    ("charset", 411): BROKEN,
    ("escaped", 431): BROKEN,
}


@pytest.mark.parametrize(("form", "status"), PERMITTED)
def test_what_http_permits_to_refuse(form: str, status: int) -> None:
    """A length may be asked for (RFC 9110 15.5.12), a header be too long (RFC 6585 5), an escape be no id."""
    row = REFERENCE, sent(form, OTHER, status, {})
    expected = PERMITTED[form, status]
    assert said(confluent(), f"request/form/{form}", *row) == [SILENT, expected]
    assert said(confluent(), "statuses", *row)[1] == (KEPT if status in (400, 404) else expected)


def test_where_the_usual_form_is_refused_no_form_is_to_blame() -> None:
    """Whatever refuses everything is told by other clauses."""
    row = sent("", USUAL, 400, {}), sent("charset", OTHER, 400, {})
    assert said(confluent(), "request/form/charset", *row) == [SILENT, SILENT]
    assert is_withheld(confluent(), "request/form/charset", *row)


def test_a_member_that_is_never_given_back_as_sent_is_not_compared() -> None:
    """A service that writes names in capitals does so in each form."""
    capitals = {"spec": {"display_name": "A", "description": "b"}}
    reference = sent("", USUAL, 200, capitals)
    answer = sent("charset", OTHER, 200, {"spec": {"display_name": "C"}})
    assert said(confluent(), "request/form/charset", reference, answer) == [SILENT, KEPT]
    lost = sent("charset", USUAL, 200, {"spec": {"display_name": "A", "description": "x"}})
    assert said(confluent(), "request/form/charset", reference, lost) == [SILENT, BROKEN]


def looked(body: Any, answer: Any, status: int = 200) -> Exchange:
    """Return a later update in the usual form."""
    return make_exchange(make_case(confluent(), body, probe=Probe.FORMS), status, answer)


LATER = {
    "kept": (looked({}, USUAL), KEPT),
    "not kept": (looked({}, {"spec": {"display_name": "old", "description": "b"}}), BROKEN),
    "sent anew": (looked(OTHER, SHOWN), KEPT),
    "not shown": (looked({}, {"spec": {}}), KEPT),
    "refused": (looked({}, {"spec": {"display_name": "old"}}, 422), KEPT),
}


@pytest.mark.parametrize(("later", "expected"), LATER.values(), ids=LATER)
def test_what_a_form_said_is_kept(later: Exchange, expected: str) -> None:
    """The next answer shows it, unless its own request writes there."""
    row = REFERENCE, sent("chunked", USUAL, 200), later
    assert said(confluent(), "request/form/chunked", *row)[1] == expected


@pytest.mark.parametrize("id", FORMS)
def test_how_strongly_the_promise_is_made(id: str) -> None:
    """The RFC that makes the forms equal stands in each promise."""
    clause = clause_of(confluent(), id)
    assert clause.level.value == "MUST"
    assert re.search(r"\(RFC \d{4} [\d.]+\)\Z", clause.promise)


# --- services that read only the usual form -------------------------------------------------------


class Unchunked(ServiceHandler):
    """Reads as many bytes as Content-Length says, and hangs up where it says nothing."""

    def read_body(self) -> bytes:
        """Return what was counted."""
        self.close_connection = "content-length" not in self.headers
        return self.rfile.read(int(self.headers.get("content-length", "0")))


class InOneCase(ServiceHandler):
    """Knows the media type by its header in the usual case alone."""

    def answer(self) -> None:
        """Answer as if the header were not there where its name is written otherwise."""
        if "CONTENT-TYPE" in self.headers.keys():  # noqa: SIM118
            del self.headers["Content-Type"]
        super().answer()


class Undecoded(ServiceHandler):
    """Compares the path as it was written."""

    def send(self, request: Request) -> None:
        """Look for nothing where the path has an escape."""
        super().send(request._replace(path=request.path.replace("%", "%25")))


READERS = {"chunked": Unchunked, "header-case": InOneCase, "escaped-path": Undecoded}


@pytest.mark.parametrize(("form", "handler"), READERS.items(), ids=READERS)
def test_a_server_that_reads_only_the_usual_form_is_red(
    form: str, handler: type[ServiceHandler]
) -> None:
    """No body, or no media type, is found where an update was sent; in the usual form all is well."""
    only = {f"request/form/{form}", "request/form/charset"}
    service = OtherService()
    service._server.RequestHandlerClass = handler
    with service:
        found = judged("datadog-confluent-cloud", service.url, ENVIRONMENT, only=only)
    assert red(found).keys() == {f"request/form/{form}"}


KEYED = """
openapi: 3.1.0
info: {title: keyed, version: "1"}
components:
  securitySchemes:
    key: {KIND, in: header, name: Authorization}
security: [{key: []}]
paths:
  /things:
    get:
      operationId: listThings
      responses: {"200": {description: all}, "401": {description: none}}
"""
SCHEMES = [
    pytest.param("type: apiKey", "AbC-123", "AbC-123", id="a key alone"),
    pytest.param("type: apiKey", "Token AbC", "Token AbC", id="a key of two words"),
    pytest.param("type: http, scheme: bearer", "AbC", "bearer AbC", id="a scheme"),
]


@pytest.mark.parametrize(("kind", "given", "sent"), SCHEMES)
def test_only_a_scheme_is_written_small(tmp_path: Any, kind: str, given: str, sent: str) -> None:
    """An API key in `Authorization` is a secret whole: in other letters it would be another one."""
    operation = operation_from(KEYED.replace("KIND", kind), tmp_path)
    part = "value" if "apiKey" in kind else "token"
    context = RunContext(operation.parameters, {}, {"key": {part: given}}, max_examples=1)
    found = cases.of(Probe.FORMS, operation, context)
    values = [dict(one.headers)["authorization"] for one in found if "small" in one.title]
    assert values == [sent]
