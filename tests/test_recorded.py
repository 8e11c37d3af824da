"""Is recorded traffic judged as traffic of the gate's own would be, without anything sent and without a secret kept?"""

from __future__ import annotations

import base64
import copy
import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import judging
import pytest
import yaml
from exchanges import REDACTED
from test_report_runs import FIVE, finished, sent, sources

from pytest_confluent_contracts.__main__ import main
from pytest_confluent_contracts.http import recorded
from pytest_confluent_contracts.model.documents import Location, Parameter
from pytest_confluent_contracts.model.sources import ContractError
from pytest_confluent_contracts.report import causes, files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from exchanges import Exchange

    from pytest_confluent_contracts.model.documents import Operation

PROVOKED = ("requests", "security", "wire")
KEY = "Basic " + base64.b64encode(b"KEYKEYKEY1234567:very-secret-indeed-0123").decode()
HELD = {name: judging.document(name)[0] for name in judging.DOCUMENTS}
CONFLUENT: Operation = judging.update_of(HELD["confluent-api-keys"])
DATADOG: Operation = judging.update_of(HELD["datadog-confluent-cloud"])
BEGUN = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


# --- recordings ------------------------------------------------------------------------------------------------------


def success() -> dict[str, Any]:
    """Return the body of an answer that keeps the document."""
    owner, resource = "u-a83k9b", "lkc-c29js0"
    return {
        "api_version": "iam/v2",
        "kind": "ApiKey",
        "id": "ak-12345",
        "metadata": {
            "self": "https://contract.example/iam/v2/api-keys/ak-12345",
            "resource_name": "crn://confluent.cloud/organization=9bb441c4/api-key=ak-12345",
            "created_at": "2026-01-04T08:30:00.000Z",
            "updated_at": "2026-01-04T08:30:00.000Z",
        },
        "spec": {
            "display_name": "CI kafka access key",
            "description": "This API key provides kafka access to cluster x",
            "owner": {
                "id": owner,
                "related": f"https://api.confluent.cloud/iam/v2/users/{owner}",
                "resource_name": f"https://api.confluent.cloud/user={owner}",
            },
            "resource": {
                "id": resource,
                "related": f"https://api.confluent.cloud/cmk/v2/clusters/{resource}",
                "resource_name": f"https://api.confluent.cloud/cloud-cluster={resource}",
            },
        },
    }


def entry(
    number: int, status: int = 200, body: str | None = None, **headers: str
) -> dict[str, Any]:
    """Return a HAR entry of the first document; *headers* are the answer's, ``_`` for ``-``."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    told = json.dumps(success()) if body is None else body
    usual = {"Content-Type": "application/json", "X-Request-Id": f"request-{number}"}
    return {
        "startedDateTime": (BEGUN + timedelta(seconds=number)).isoformat(),
        "time": 20,
        "request": {
            "method": "PATCH",
            "url": "https://gateway.example/prefix/iam/v2/api-keys/ak-12345",
            "headers": pairs({"Authorization": KEY, "Content-Type": "application/json"}),
            "postData": {"mimeType": "application/json", "text": '{"spec": {"display_name": "x"}}'},
        },
        "response": {
            "status": status,
            "headers": pairs(usual | quota(100 - number) | named),
            "content": {"text": told, "mimeType": "application/json"},
        },
    }


def quota(left: int) -> dict[str, str]:
    """Return the headers of the rate limit."""
    return {
        "X-RateLimit-Limit": "100",
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(left),
    }


def pairs(headers: dict[str, str]) -> list[dict[str, str]]:
    """Return headers as HAR has them."""
    return [{"name": name, "value": value} for name, value in headers.items()]


def har(*entries: dict[str, Any]) -> str:
    """Return an archive."""
    return json.dumps(
        {
            "log": {
                "version": "1.2",
                "creator": {"name": "x", "version": "1"},
                "entries": list(entries),
            }
        }
    )


def cassette(*entries: dict[str, Any], packed: bool = False) -> str:
    """Return the same as a cassette of VCR.py, which tells no time; the answers gzipped where asked."""
    interactions = []
    for one in entries:
        request, response = one["request"], one["response"]
        body = response["content"]["text"].encode()
        headers = {item["name"]: [item["value"]] for item in response["headers"]}
        interactions.append(
            {
                "request": {
                    "method": "PATCH",
                    "uri": request["url"],
                    "headers": {item["name"]: [item["value"]] for item in request["headers"]},
                    "body": request["postData"]["text"],
                },
                "response": {
                    "status": {"code": response["status"], "message": ""},
                    "headers": headers | ({"Content-Encoding": ["gzip"]} if packed else {}),
                    "body": {"string": gzip.compress(body) if packed else body.decode()},
                },
            }
        )
    return yaml.safe_dump({"version": 1, "interactions": interactions})


@pytest.fixture
def judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, dict[str, Any]]]]:
    """Return how to judge a recording: the exit code, and the clauses of the update of a key by id."""

    def judge(content: str, name: str = "recorded.har") -> tuple[int, dict[str, dict[str, Any]]]:
        (path := tmp_path / name).write_text(content, encoding="utf-8")
        report = tmp_path / "reports"
        code = main(
            [
                "judge",
                str(path),
                "--contract-spec=confluent-api-keys",
                f"--contract-report={report}",
            ]
        )
        assert code != 4, capsys.readouterr().err
        told = files.read_report(report)
        own = [one for one in told["clauses"] if one["operation"] == CONFLUENT.id]
        return code, {clause["clause"]: clause for clause in own}

    return judge


# --- the gate's own archive ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("faults", [(), FIVE], ids=["as it is", "with five faults"])
def test_the_gates_own_archive_gets_the_gates_own_verdicts(
    faults: tuple[str, ...], tmp_path: Path
) -> None:
    """What the gate recorded is judged, clause by clause, as the gate judged it, as far as it needs no provoking."""
    files.write_reports(tmp_path / "live", finished(faults), sources(), sent(faults))
    code = main(
        [
            "judge",
            str(tmp_path / "live" / "exchanges.har"),
            f"--contract-report={tmp_path / 'judged'}",
        ]
    )
    live = {one["node"]: one for one in finished(faults)["clauses"]}
    again = files.read_report(tmp_path / "judged")["clauses"]
    compared = [one for one in again if one["verdict"] != "not exercised"]
    assert [
        (one["node"], one["verdict"])
        for one in compared
        if one["verdict"] != live[one["node"]]["verdict"]
    ] == []
    assert len(compared) > 100
    assert code == bool(faults)


def test_what_needs_provoking_is_not_exercised(tmp_path: Path) -> None:
    """Requests, security, the wire and what an update changes are not judged by a recording, and never withheld."""
    files.write_reports(tmp_path / "live", finished(), {}, sent())
    main(
        [
            "judge",
            str(tmp_path / "live" / "exchanges.har"),
            f"--contract-report={tmp_path / 'judged'}",
        ]
    )
    again = files.read_report(tmp_path / "judged")["clauses"]
    provoked = [one for one in again if one["family"] in PROVOKED]
    assert {one["verdict"] for one in provoked} == {"not exercised"}
    assert "withheld" not in {causes.standing(one) for one in again}


# --- verdicts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [har, cassette], ids=["HAR", "VCR"])
def test_a_recording_that_keeps_the_document_passes(write: Callable[..., str], judged: Any) -> None:
    """Shape and identity are kept, whichever way it was recorded; exit 0."""
    code, clauses = judged(
        write(entry(1), entry(2)), "recorded.yaml" if write is cassette else "recorded.har"
    )
    told = {
        name: clauses[name]["verdict"]
        for name in ("200/body", "200/header/X-Request-Id", "update/id-is-path-id")
    }
    assert (code, set(told.values())) == (0, {"kept"}), told


@pytest.mark.parametrize(
    ("clause", "broken"),
    [
        ("200/body/id", [entry(1, body=json.dumps(success() | {"id": 7}))]),
        ("200/json", [entry(1, body='{"a": 1, "a": 2}')]),
        ("200/header/X-RateLimit-Limit", [entry(1, X_RateLimit_Limit="many")]),
        ("statuses", [entry(1, 418, "{}")]),
        ("error/body/errors", [entry(1, 404, "{}")]),
        ("request-id/unique", [entry(1), entry(2, X_Request_Id="request-1")]),
        ("update/id-is-path-id", [entry(1, body=json.dumps(success() | {"id": "ak-54321"}))]),
        (
            "rate-limit/remaining-counts-down",
            [entry(1, X_RateLimit_Remaining="50"), entry(2, X_RateLimit_Remaining="60")],
        ),
    ],
)
def test_a_recording_that_breaks_a_clause_fails(
    clause: str, broken: list[dict[str, Any]], judged: Any
) -> None:
    """Shape, errors, rate limit and identity: what a recorded answer breaks is broken; exit 1."""
    code, clauses = judged(har(*broken))
    assert (code, clauses[clause]["verdict"]) == (1, "broken")


def test_a_packed_cassette_is_read(judged: Any) -> None:
    """Answers that a cassette keeps gzipped are judged as what they say."""
    code, clauses = judged(cassette(entry(1), packed=True), "recorded.yaml")
    assert (code, clauses["200/json"]["verdict"]) == (0, "kept")


# --- no false alarms -------------------------------------------------------------------------------------------------


def test_two_credentials_have_two_quotas(judged: Any) -> None:
    """Remaining of one credential says nothing of another's."""
    other = entry(2, X_RateLimit_Remaining="99")
    other["request"]["headers"][0]["value"] = "Bearer another-token-of-somebody"
    code, _ = judged(har(entry(1, X_RateLimit_Remaining="10"), other))
    assert code == 0


def test_without_times_no_sequence_is_judged(judged: Any) -> None:
    """A cassette tells no times: a window may have ended between two answers, so nobody says that Remaining rose."""
    rising = cassette(entry(1, X_RateLimit_Remaining="50"), entry(2, X_RateLimit_Remaining="60"))
    code, clauses = judged(rising, "recorded.yaml")
    assert (code, clauses["rate-limit/remaining-counts-down"]["reason"]) == (
        0,
        "the recording does not say when",
    )


def test_overlapping_requests_have_no_order(judged: Any) -> None:
    """Where requests were in flight together, the order in which they were counted is not known."""
    slow = entry(1, X_RateLimit_Remaining="50") | {"time": 5000}
    code, clauses = judged(har(slow, entry(2, X_RateLimit_Remaining="60")))
    assert (code, clauses["rate-limit/remaining-counts-down"]["verdict"]) == (0, "not exercised")


# --- secrets ---------------------------------------------------------------------------------------------------------


def test_no_secret_of_a_recording_is_kept(tmp_path: Path) -> None:
    """Credentials of headers and URLs and the secret of a body appear in no file, in no form."""
    secrets = (
        "very-secret-indeed-0123",
        "app-key-0123456789",
        "query-key-0123456789",
        "the-api-secret",
        "abc",
    )
    one = entry(1, 400, '{"errors": ["wrong: the-api-secret"]}')
    one["request"]["url"] = (
        f"https://x.example{DATADOG.path.replace('{account_id}', 'a1')}?api_key={secrets[2]}"
    )
    one["request"]["headers"] += pairs({"DD-APPLICATION-KEY": secrets[1]})
    bodies = [{"data": {"attributes": {"api_secret": secret}}} for secret in secrets[3:]]
    posts = [*map(json.dumps, bodies), '{"api_secret": "the-api-secret", no JSON']
    recorded_ = [
        copy.deepcopy(one) | {"request": one["request"] | {"postData": {"text": post}}}
        for post in posts
    ]
    (path := tmp_path / "recorded.har").write_text(har(*recorded_), encoding="utf-8")
    main(["judge", str(path), f"--contract-report={tmp_path / 'reports'}"])
    everything = "".join(
        one.read_text(encoding="utf-8") for one in (tmp_path / "reports").iterdir()
    )
    assert [
        secret for secret in (*secrets[:4], KEY, '"abc"', '\\"abc\\"') if secret in everything
    ] == []
    assert "[redacted]" in everything


# --- bad input -------------------------------------------------------------------------------------------------------


BAD = {
    "empty": ("recorded.har", "", "not JSON, so no HAR archive"),
    "not JSON": ("recorded.har", "<html>", "not JSON, so no HAR archive"),
    "deep": ("recorded.har", "[" * 100_000, "not JSON, so no HAR archive"),
    "another JSON": (
        "recorded.har",
        '{"log": []}',
        "neither a HAR archive (log.entries) nor a VCR cassette",
    ),
    "a list": ("recorded.json", "[1]", "neither a HAR archive (log.entries) nor a VCR cassette"),
    "an entry without a response": (
        "recorded.har",
        har({"request": {}}),
        "a damaged recording: no 'response'",
    ),
    "no number for a status": (
        "recorded.har",
        har(entry(1) | {"response": {"status": "x"}}),
        "a damaged recording",
    ),
    "no time": ("recorded.har", har(entry(1) | {"startedDateTime": "soon"}), "a damaged recording"),
    "an entry that is none": ("recorded.har", har(7), "a damaged recording"),  # type: ignore[arg-type]
    "broken YAML": ("recorded.yaml", "a: [", "neither a HAR archive nor a VCR cassette"),
    "a Python object": (
        "recorded.yaml",
        "!!python/object/apply:os.getcwd []",
        "neither a HAR archive nor a VCR cassette",
    ),
    "nothing of the documents": (
        "recorded.har",
        har(),
        "none of 0 recorded requests is GET /iam/v2/api-keys or POST /iam/v2/api-keys or ",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_recording_is_one_clear_line(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no HAR and no cassette, or a damaged one, is one line that names the file; exit 4, no traceback."""
    file, content, said = BAD[name]
    (path := tmp_path / file).write_text(content, encoding="utf-8")
    assert main(["judge", str(path)]) == 4
    told = capsys.readouterr().err
    assert told.startswith(f"{path}: ")
    assert (said in told, told.count("\n")) == (True, 1), told


def test_bytes_are_no_recording(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused in a line."""
    (path := tmp_path / "recorded.har").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ContractError, match="it is not UTF-8"):
        recorded.read(path)


# --- details ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://x.example/iam/v2/api-keys/ak-1", True),
        ("https://x.example/v9/proxy/iam/v2/api-keys/ak-1/", True),
        ("https://x.example/iam/v2/api-keys/ak-1?x=1", True),
        ("https://x.example/iam/v2/api-keys", False),
        ("https://x.example/iam/v2/api-keys/ak-1/rotate", False),
        ("http://[", False),
    ],
)
def test_an_operation_is_known_by_method_and_path(url: str, fits: bool) -> None:
    """A recording belongs to the operation whose path it ends with, behind any prefix, and to no other method."""
    plain = recorded.Recording("PATCH", url, (), b"", 200, (), b"{}", "", 0.0, 0.0)
    assert len(recorded.traffic([plain], CONFLUENT).exchanges) == fits
    assert recorded.traffic([replace(plain, method="GET")], CONFLUENT).exchanges == ()


def of_cookies(sent: str, answered: str, content: str) -> Exchange:
    """Return the exchange in which the cookies *sent* and *answered* travelled."""
    one = recorded.Recording(
        method="PATCH",
        url="https://api.confluent.cloud/iam/v2/api-keys/ak-1?next=s3ss10n-value",
        sent=(("Cookie", sent),),
        body=b"{}",
        status=200,
        headers=(("Set-Cookie", answered), ("X-Trace", "of s3ss10n-value")),
        content=content.encode(),
        failure="",
        sent_at=None,
        took=0.0,
    )
    asked = [(one, CONFLUENT)]
    [exchange] = recorded.exchanges_of(asked, recorded.redactor_of(asked))
    return exchange


def test_a_cookie_that_carries_a_credential_is_hidden() -> None:
    """By its name, as a header and a parameter of a query are; another is shown."""
    exchange = of_cookies("theme=dark; access_token=hidden-hidden", "", "{}")
    assert exchange.case.cookies == (("theme", "dark"), ("access_token", REDACTED))


def test_what_a_cookie_has_is_hidden_wherever_it_stands() -> None:
    """Of a session, of a credential, and what is long enough for a token; `dark` stands everywhere."""
    exchange = of_cookies(
        'theme=dark; sessionid=s3ss10n-value; access_token="to%2Fken-of-own"; odd=abcdefgh12345678',
        "sid=n3w-s3ssion; Path=/; HttpOnly",
        '{"a": "dark", "b": "s3ss10n-value", "c": "to/ken-of-own", "d": "abcdefgh12345678", "e": "n3w-s3ssion"}',
    )
    assert exchange.json == {"a": "dark", **dict.fromkeys("bcde", REDACTED)}
    everything = repr((exchange.url, exchange.headers, exchange.text, exchange.case))
    for secret in ("s3ss10n-value", "ken-of-own", "abcdefgh12345678", "n3w-s3ssion"):
        assert secret not in everything
    assert exchange.leaks == ("the credential in the cookie access_token",)


def test_a_cookie_of_the_document_is_no_secret_for_its_length() -> None:
    """It is a parameter, and judged as one."""
    known = Parameter(
        name="wanted",
        location=Location.COOKIE,
        required=False,
        style="form",
        explode=True,
        allow_reserved=False,
        schema={"type": "string"},
        media_type="",
        examples=(),
        deprecated=False,
        place=CONFLUENT.place,
    )
    own = replace(CONFLUENT, declared=(*CONFLUENT.declared, known))
    cookie = "wanted=abcdefgh12345678"
    one = recorded.Recording(
        "PATCH",
        "https://h/iam/v2/api-keys/ak-1",
        (("Cookie", cookie),),
        b"{}",
        200,
        (),
        b"{}",
        "",
        None,
        0.0,
    )
    [exchange] = recorded.exchanges_of([(one, own)], recorded.redactor_of([(one, own)]))
    assert exchange.case.cookies == (("wanted", "abcdefgh12345678"),)


def test_a_nested_answer_is_no_reason_to_stop() -> None:
    """An answer that is nested a thousand levels deep is read as far as it can be."""
    deep = b"[" * 900 + b"]" * 900
    plain = recorded.Recording(
        "PATCH", "https://x/iam/v2/api-keys/ak-1", (), deep, 200, (), deep, "", 0.0, 0.0
    )
    assert len(recorded.traffic([plain], CONFLUENT).exchanges) == 1
