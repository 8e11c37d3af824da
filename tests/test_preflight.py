"""Is a mistake in the options told once, with the option that mends it, and nothing else taken for one?"""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from chaos_proxy import named, resolver
from exchanges import confluent, make_case, make_exchange
from loopback_server import LoopbackServer
from other_service import ENVIRONMENT, Answer, OtherService, Request
from running import (
    CONFLUENT,
    DATADOG,
    REMEMBERING,
    THINGS,
    Answered,
    Run,
    _Handler,
    gate,
    listening,
    serving,
)
from test_hostile import closed, drops

from pytest_confluent_contracts.http.strict_json import parse_json
from pytest_confluent_contracts.model.clauses import MissingKind
from pytest_confluent_contracts.run import saved_state
from pytest_confluent_contracts.run.preflight import why_unjudged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LINES = 25  # fewer than these are read
ONE = "--contract-spec=confluent-api-keys"
AWAY = ("--contract-insecure", "--contract-rate=2000")
WRONG = ENVIRONMENT | {"CONFLUENT_CLOUD_API_SECRET": "wrong", "DD_API_KEY": "wrong"}


def plain_404(method: str, path: str, headers: dict[str, str], body: bytes) -> Answered:
    """Answer as a web server does where nothing is."""
    return 404, [("Content-Type", "text/html")], b"<html>Not Found</html>"


@contextmanager
def speaking_tls(folder: Path) -> Iterator[str]:
    """Serve over TLS with a certificate that nobody trusts; yield the URL."""
    key, own = folder / "key.pem", folder / "cert.pem"
    files = ["-keyout", str(key), "-out", str(own)]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    with LoopbackServer(_Handler, plain_404) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield server.url.replace("http:", "https:")


def held(folder: Path, *options: str, **more: Any) -> Run:
    """Run the gate; a mistake shows at the first request, so that few bodies are made for later ones."""
    return gate(folder, "--contract-max-examples=1", *options, **more)


def run_dead(folder: Path, *options: str) -> Run:
    with closed() as url:
        return held(folder, f"--contract-target={url}", *options, given=ENVIRONMENT)


def run_tls(folder: Path, *options: str) -> Run:
    with OtherService() as service:
        url = service.url.replace("http:", "https:")
        return held(folder, f"--contract-target={url}", *options, given=ENVIRONMENT)


def run_strangers(folder: Path, *options: str) -> Run:
    wrong = WRONG | {"CONFLUENT_CLOUD_ACCESS_TOKEN": ""}
    with OtherService() as service:
        return held(folder, f"--contract-target={service.url}", *options, given=wrong)


def run_nobody(folder: Path, *options: str) -> Run:
    with OtherService() as service:
        return held(folder, f"--contract-target={service.url}", *options)


def run_unknown(folder: Path, *options: str) -> Run:
    wrong = ["--contract-param=id=ak-00000", "--contract-param=account_id=nobodys"]
    if ONE in options:
        wrong.pop()
    with OtherService() as service:
        target = f"--contract-target={service.url}"
        return held(folder, target, *wrong, *options, given=ENVIRONMENT)


def run_elsewhere(folder: Path, *options: str) -> Run:
    with serving(plain_404) as url:
        return held(folder, f"--contract-target={url}/v1", *options, given=ENVIRONMENT)


MISTAKES: dict[str, tuple[Callable[..., Run], list[str]]] = {
    "a dead port": (run_dead, ["cannot be reached", "Connection refused", "--contract-target"]),
    "TLS": (run_tls, ["cannot be reached over TLS", "http://", "--contract-target"]),
    "wrong credentials": (run_strangers, ["answered to the credentials", "set valid ones in"]),
    "no credentials": (run_nobody, ["no credentials: set"]),
    "a wrong id": (run_unknown, ["404", "no such resource", "--contract-param"]),
    "a wrong base path": (run_elsewhere, ["404", "/v1/", "--contract-target"]),
}


@pytest.fixture(scope="module")
def mistaken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """Return the run with a mistake, by its name; each is run once."""
    runs: dict[str, Run] = {}

    def run(name: str) -> Run:
        if name not in runs:
            runs[name] = MISTAKES[name][0](tmp_path_factory.mktemp("run"))
        return runs[name]

    return run


def of_document(run: Run) -> set[str]:
    """Return the tests on the documents themselves, which need no target."""
    return {id for id in run.verdicts if "::document/example/" in id}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_failed_test_a_document(mistaken: Callable[[str], Run], name: str) -> None:
    """One test of each document fails with the cause and its cure; the others are skipped and point to it."""
    run = mistaken(name)
    assert run.code == pytest.ExitCode.TESTS_FAILED, run.everything
    assert sorted(run.red) == [f"{CONFLUENT}answered", f"{DATADOG}answered"]
    skipped = {one.id: one.skipped for one in run.told if one.outcome == "skipped"}
    assert skipped.keys() == run.verdicts.keys() - run.red - of_document(run)
    for document in (CONFLUENT, DATADOG):
        own = {told for id, told in skipped.items() if id.startswith(document)}
        [told] = own
        assert told.endswith(f"see {document}answered")
    assert [part for part in MISTAKES[name][1] if part not in run.out] == [], run.out


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_read_at_a_glance(mistaken: Callable[[str], Run], name: str) -> None:
    """All that is printed of both documents is a screen."""
    run = mistaken(name)
    lines = [line for line in run.out.splitlines() if "put nothing back" not in line]
    assert len(lines) < LINES, run.out
    assert "Traceback" not in run.everything


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_80_columns(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One document on a narrow terminal, or on the page of a CI job, is a screen as well."""
    monkeypatch.setattr("running.environment", narrow)
    run = MISTAKES[name][0](folder, ONE)
    lines = [line for line in run.out.splitlines() if "put nothing back" not in line]
    assert len(lines) < LINES, run.out
    assert run.red == {f"{CONFLUENT}answered"}


def narrow(given: dict[str, str]) -> dict[str, str]:
    """Return the environment of a run in a CI job."""
    from os import environ

    kept = {name: environ[name] for name in ("PATH", "HOME") if name in environ}
    return kept | {"COLUMNS": "80", "CI": "true"} | given


@pytest.mark.parametrize("name", ["a dead port", "no credentials", "a wrong id"])
def test_a_mistake_is_told_once_under_xdist(folder: Path, name: str) -> None:
    """However many workers there are, each document has one failed test."""
    run = MISTAKES[name][0](folder, "-n", "2")
    assert len(run.red) == 2, run.everything
    assert {id.partition("::")[0] for id in run.red} == {
        CONFLUENT.partition("::")[0],
        DATADOG.partition("::")[0],
    }


TWO = THINGS + THINGS.partition("paths:\n")[2].replace("/things", "/others")


def test_a_document_of_several_operations_has_one_failed_test(folder: Path) -> None:
    """Each worker has an operation of the document; one of them tells why, and the others point to it."""
    (folder / "things.yaml").write_text(TWO, encoding="utf-8")
    for workers in ((), ("-n", "2")):
        run = run_dead(folder, "--contract-spec=things.yaml", *workers)
        assert len(run.red) == 1, run.everything
        [told] = {one.skipped.partition("see ")[2] for one in run.told if one.outcome == "skipped"}
        assert {told} == run.red


@pytest.mark.parametrize("chosen", [("-k", "unknown-id"), ("-m", "security"), ("-x",)])
def test_a_selection_has_one_failed_test(folder: Path, chosen: tuple[str, ...]) -> None:
    """Whichever clauses are chosen, the first of them tells why."""
    assert len(run_dead(folder, ONE, *chosen).red) == 1


def test_the_last_failures_tell_it_again(folder: Path) -> None:
    """--lf runs the test that told, and it tells again."""
    with closed() as url:
        options = (f"--contract-target={url}", ONE)
        first = held(folder, *options, given=ENVIRONMENT, plugins=REMEMBERING)
        again = held(folder, *options, "--lf", given=ENVIRONMENT, plugins=REMEMBERING)
    assert first.red == again.red == set(again.verdicts)


def test_the_cause_is_data(folder: Path) -> None:
    """The report has the kind of the mistake, and the options that mend it, beside the words."""
    run = run_unknown(folder, ONE, "--contract-report=report")
    told = json.loads((folder / "report/report.json").read_text(encoding="utf-8"))
    missing = {one["node"]: one["missing"] for one in told["clauses"]}[f"{CONFLUENT}answered"]
    assert missing["kind"] == "unknown resource", run.everything
    assert missing["options"] == ["--contract-target", "--contract-param id=..."]
    assert told["coverage"]["clauses"]["covered"] == 0


def test_a_mistake_is_no_known_failure(folder: Path) -> None:
    """No waiver covers it, none is drafted, and none is called needless for want of verdicts."""
    waivers = folder / "waivers.toml"
    known = '[[waiver]]\nclause = "*"\nreason = "r"\nowner = "o"\nexpires = 2999-01-01\n'
    waivers.write_text(known, encoding="utf-8")
    run = run_dead(folder, "--contract-waivers=waivers.toml", "--contract-waivers-update")
    assert len(run.red) == 2, run.everything
    assert waivers.read_text(encoding="utf-8") == known
    assert "no longer needed" not in run.out


@pytest.mark.skipif(shutil.which("openssl") is None, reason="a certificate is made with openssl")
def test_a_certificate_that_nobody_trusts_is_told(folder: Path) -> None:
    """A self-signed certificate is refused, at once, and the line says so."""
    with speaking_tls(folder) as url:
        run = held(folder, f"--contract-target={url}", ONE, given=ENVIRONMENT)
    assert run.red == {f"{CONFLUENT}answered"}
    assert "CERTIFICATE_VERIFY_FAILED" in run.out
    assert "sent again" not in run.out


# --- the other of two documents --------------------------------------------------------------------------------------


def serving_one(path: str) -> Callable[[Request, Answer], Answer]:
    """Return what leaves only the operations below *path* of a service."""

    def tamper(request: Request, answer: Answer) -> Answer:
        if request.path.startswith(path):
            return answer
        return Answer(404, headers=[("Content-Type", "text/plain")], raw=b"404 page not found")

    return tamper


SERVED = {"/iam/": ("confluent-api-keys", DATADOG), "/api/": ("datadog-confluent-cloud", CONFLUENT)}


@pytest.mark.parametrize("path", SERVED)
def test_a_service_that_speaks_one_document_is_told_the_option(folder: Path, path: str) -> None:
    """Both bundled documents are held on loopback: which one is served is told by --contract-spec."""
    name, red = SERVED[path]
    with OtherService(tamper=serving_one(path)) as service:
        target = f"--contract-target={service.url}"
        run = held(folder, target, given=ENVIRONMENT)
    assert run.red == {f"{red}answered"}, run.everything
    assert f"--contract-spec={name}" in run.out


def test_credentials_for_one_document_name_the_option_too(folder: Path) -> None:
    """Who has only one vendor's credentials holds a target to that document alone."""
    given = {name: told for name, told in ENVIRONMENT.items() if not name.startswith("DD_")}
    with OtherService() as service:
        target = f"--contract-target={service.url}"
        run = held(folder, target, "-m", "security", given=given)
    assert len(run.red) == 1, run.everything
    assert "--contract-spec=confluent-api-keys" in run.out


# --- what is no mistake ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 422, 503, 403, 400])
def test_other_answers_are_the_services_own(folder: Path, status: int) -> None:
    """A 5xx, a 422, or a documented refusal of another kind stops nothing: the clauses judge it."""
    with serving(answering(status)) as url:
        options = (f"--contract-target={url}", ONE, "-k", "200/body or statuses or json")
        run = held(folder, *options, given=ENVIRONMENT)
    assert len(run.red) > 2, run.everything
    assert "not judged" not in run.out


def answering(status: int) -> Callable[..., Answered]:
    """Return what answers *status* to everything, without a body."""
    return lambda *_: (status, [], b"")


def far(folder: Path, tamper: Any, *options: str) -> tuple[Run, OtherService]:
    """Run the gate off loopback, without a resource of its own."""
    (folder / "conftest.py").write_text(resolver(), encoding="utf-8")
    with OtherService(tamper=tamper) as service:
        target = f"--contract-target={named(service.url)}"
        return held(folder, target, ONE, *AWAY, *options, given=ENVIRONMENT), service


def odd_404(request: Request, answer: Answer) -> Answer:
    """Refuse an unknown id in a form of its own."""
    if answer.status != 404:
        return answer
    return Answer(404, headers=[("Content-Type", "text/html")], raw=b"<html>gone</html>")


def test_without_a_resource_an_unknown_id_is_as_it_should_be(folder: Path) -> None:
    """Off loopback nobody need name a resource: the documented 404 is right, and nothing is sent twice."""
    run, service = far(folder, None)
    assert run.code == 0, run.everything
    sent = int(re.findall(r"; (\d+) requests in", run.out)[0])
    assert len(service.requests) == sent


def test_an_odd_404_is_no_wrong_base_path(folder: Path) -> None:
    """Where strangers are turned away somebody serves the path: the form of its 404 is a finding."""
    run, _ = far(folder, odd_404)
    assert "not judged" not in run.out
    assert {f"{CONFLUENT}error/media-type"} <= run.red, run.everything


@pytest.mark.parametrize("status", [401, 404])
def test_without_a_resource_mistakes_are_told_too(folder: Path, status: int) -> None:
    """Off loopback, where everybody is answered 404 in another form, nobody serves the path."""
    run, service = far(folder, lambda *_: Answer(status, raw=b"nothing"))
    assert run.red == {f"{CONFLUENT}answered"}, run.everything
    assert len(service.requests) <= 2


def test_a_sound_target_is_sent_what_it_was_sent_before(folder: Path) -> None:
    """The preflight is the first request of the plan, and none more."""
    with OtherService() as service:
        target = f"--contract-target={service.url}"
        options = (target, ONE, "-k", "unknown-id", "--contract-plan")
        plan = held(folder, *options, given=ENVIRONMENT)
        run = held(folder, *options[:-1], given=ENVIRONMENT)
    planned = int(re.findall(r"in all: (\d+) requests", plan.out)[0])
    assert run.code == 0, run.everything
    assert len(service.requests) == planned + 1  # putting back


def test_a_silent_target_is_told_once(folder: Path) -> None:
    """Whoever hangs up on the first request is not judged either."""
    with listening(drops) as url:
        run = held(folder, f"--contract-target={url}", ONE, given=ENVIRONMENT)
    assert run.red == {f"{CONFLUENT}answered"}
    assert "from http://127.0.0.1" in run.out
    assert "scheme, host and port" in run.out


def test_the_first_of_several_workers_tells(tmp_path: Path) -> None:
    """Whichever test asks first tells for its document, again and again; without a folder each tells itself."""
    assert [saved_state.claim(tmp_path, "d", node) for node in ("a", "b", "a")] == ["a", "a", "a"]
    assert saved_state.claim(tmp_path, "e", "b") == "b"
    assert saved_state.claim(None, "d", "b") == saved_state.claim(tmp_path / "no", "d", "b") == "b"


FORMS: dict[str, tuple[int, str, MissingKind | None]] = {
    "as documented": (
        404,
        '{"errors": [{"id": "1", "status": "404"}]}',
        MissingKind.UNKNOWN_RESOURCE,
    ),
    "a small fault": (404, '{"errors": [{"code": "x"}]}', MissingKind.UNKNOWN_RESOURCE),
    "another form": (404, '{"detail": "Not Found"}', MissingKind.NOTHING_SERVED),
    "the other document's form": (404, '{"errors": ["Not Found"]}', MissingKind.NOTHING_SERVED),
    "a list": (404, "[]", MissingKind.NOTHING_SERVED),
    "no JSON": (404, "<html>", MissingKind.NOTHING_SERVED),
    "refused": (401, "", MissingKind.CREDENTIALS_REFUSED),
    "forbidden": (403, "", None),
    "unprocessable": (422, "", None),
    "broken": (500, "", None),
    "bad gateway": (502, "", None),
    "taken": (200, "{}", None),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_the_first_answer_says(form: str) -> None:
    """Only a documented refusal of credentials, and a 404, are signs of a wrong option."""
    status, text, kind = FORMS[form]
    value, flaw = parse_json(text.encode())
    answer = replace(make_exchange(make_case(confluent(), {}), status), json=value, flaw=flaw)
    found = why_unjudged(answer, owned=True, credentials="A and B")
    assert (found and found.kind) == kind
