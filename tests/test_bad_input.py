"""Is wrong input told in one line that names the option and the cure, before anything is sent?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from other_service import ENVIRONMENT, OtherService
from running import CONFLUENT, DATADOG, QUIET, THINGS, gate

from pytest_confluent_contracts.documents import bundled_documents, read_document
from pytest_confluent_contracts.plugin.settings import checked_pins

if TYPE_CHECKING:
    from pathlib import Path

FILE = "things.yaml"
PLACE = "      parameters"
CONTENT = "{application/json: {schema: {type: object, properties: {name: {type: string}}}}}"


class Bad(NamedTuple):
    """What is asked for, the parts that its one line must have, and the document in `things.yaml`."""

    options: tuple[str, ...]
    told: tuple[str, ...]
    text: str = THINGS


def wrong(name: str, value: str, *cure: str) -> Bad:
    """Return a wrong value of an option; its line names the option."""
    return Bad((f"--contract-{name}={value}",), (f"--contract-{name}", *cure))


def document(text: str, *told: str) -> Bad:
    """Return a document that cannot be used; its line names the file."""
    return Bad((f"--contract-spec={FILE}",), (FILE, *told), text)


def swapped(old: str, new: str, *told: str) -> Bad:
    """Return the small document with one part of it exchanged."""
    assert old in THINGS
    return document(THINGS.replace(old, new, 1), *told)


URLS = {
    "no scheme": wrong("target", "api.example.com", "http(s)://HOST", "mock"),
    "a port and no scheme": wrong(
        "target", "localhost:8080", "without a scheme", "http://localhost"
    ),
    "an address and no scheme": wrong("target", "127.0.0.1/v1", "write http://127.0.0.1/v1"),
    "no such module": wrong("target", "no_such_shop:app", "no module 'no_such_shop'", "pythonpath"),
    "no such attribute": wrong("target", "wsgiref.simple_server:app", "no 'app'; it has demo_app"),
    "no application": wrong("target", "json:dumps", "neither an ASGI nor a WSGI application"),
    "a module": wrong("target", "json:decoder", "this module is neither"),
    "a factory that is none": wrong("target", "json:__name__()", "leave out the ()"),
    "a factory that raises": wrong("target", "json:loads()", "loads() raised TypeError"),
    "a service that is started for no URL": Bad(
        ("--contract-target=mock", "--contract-start=true"), ("--contract-start", "mock", "http://")
    ),
    "a service that is started elsewhere": Bad(
        ("--contract-target=https://api.datadoghq.com", "--contract-start=true"),
        ("--contract-start", "not on this machine", "http://127.0.0.1:PORT"),
    ),
    "another scheme": wrong("target", "ftp://127.0.0.1", "http(s)://HOST"),
    "no host": wrong("target", "http://", "http(s)://HOST"),
    "a port that is no number": wrong("target", "http://127.0.0.1:http", "http(s)://HOST"),
    "a port that is too high": wrong("target", "http://127.0.0.1:99999", "http(s)://HOST"),
    "a query": wrong("target", "http://127.0.0.1/?a=b", "http(s)://HOST"),
    "a fragment": wrong("target", "http://127.0.0.1/#a", "http(s)://HOST"),
    "an open bracket": wrong("target", "http://[::1", "http(s)://HOST"),
    "a space": wrong("target", "http://127.0.0.1 /", "http(s)://HOST"),
    "credentials in it": wrong("target", "http://user:hunter2hunter2@127.0.0.1", "environment"),
    "an unknown host": wrong(
        "target", "https://api.example.com", "--contract-spec", "confluent-api-keys"
    ),
}
OPTIONS = {
    "an unknown document": wrong("spec", "nonesuch", "nonesuch", "file", "confluent-api-keys"),
    "a folder": wrong("spec", ".", "file", "confluent-api-keys"),
    "an unknown document as argument": Bad(
        ("contracts/nonesuch",), ("nonesuch", "confluent-api-keys")
    ),
    "an operation that no document has": wrong(
        "operation", "nonesuch", "updateIamV2ApiKey (PATCH /iam/v2/api-keys/{id})"
    ),
    "an operation left out that no document has": wrong("operation", "!nonesuch", "updateIamV2"),
    "every operation left out": wrong("operation", "!*", "no operation is left"),
    "a parameter that no document has": wrong(
        "param", "nonesuch=1", "nonesuch", "account_id", "id"
    ),
    "a parameter without a value": wrong("param", "id=", "id", "empty"),
    "a parameter without =": wrong("param", "id", "NAME=VALUE"),
    "a parameter from an unset variable": wrong(
        "param", "id=env:NO_SUCH_VARIABLE", "NO_SUCH_VARIABLE", "environment"
    ),
    "a pin that points nowhere": wrong(
        "pin", "data.nonesuch=1", "data.nonesuch", "data.attributes.tags"
    ),
    "a pin without =": wrong("pin", "data.attributes.tags", "POINTER=VALUE"),
    "a pin of items": wrong("pin", "data.attributes.tags[]=1", "data.attributes.tags"),
    "a pointer to nowhere": wrong("pin", "/data/nonesuch=1", "/data/nonesuch"),
    "more than all clauses": wrong("fail-under", "101", "from 0 to 100"),
    "a pin from an unset variable": wrong(
        "pin", "data.attributes.api_key=env:NO_SUCH_VARIABLE", "NO_SUCH_VARIABLE"
    ),
    "a number of examples that is none": wrong("max-examples", "x", "whole number"),
    "a negative number of examples": wrong("max-examples", "-1", "whole number", "at least 0"),
    "a negative number of sequences": wrong("sequences", "-1", "whole number", "at least 0"),
    "half an example": wrong("max-examples", "0.5", "whole number"),
    "a seed that is no number": wrong("seed", "abc", "whole number"),
    "a header without =": wrong("header", "X-Team", "NAME=VALUE"),
    "a header from an unset variable": wrong(
        "header", "X-Team=env:NO_SUCH_VARIABLE", "environment"
    ),
    "a header with credentials": wrong("header", "DD-API-KEY=abc", "set DD_API_KEY", "environment"),
    "a bundle that is not there": wrong("ca-bundle", "no.pem", "no such file", "PEM"),
    "a bundle without certificates": wrong("ca-bundle", FILE, "no certificate", "PEM"),
    "a certificate that is not there": wrong("client-cert", "no.pem", "no such file", "CERT,KEY"),
    "a certificate that does not fit": wrong("client-cert", FILE, "no certificate and key"),
    "a proxy that is none": wrong("proxy", "proxy.test:80", "http(s)://HOST:PORT"),
    "a proxy far away": wrong("proxy", "http://proxy.test", "the target is on this machine"),
    "a proxy with a password": wrong("proxy", "http://me:hunter2hunter2@127.0.0.1", "env:NAME"),
    "no time to start": wrong("start-timeout", "0", "number"),
    "a negative timeout": wrong("timeout", "-1", "number", "at least"),
    "no timeout": wrong("timeout", "0", "number", "at least"),
    "an endless timeout": wrong("timeout", "inf", "number"),
    "a timeout that is no number": wrong("timeout", "nan", "number"),
}
DOCUMENTS = {
    "no mapping": document("just a sentence\n", ":1:", "not an OpenAPI document"),
    "an empty file": document("", ":1:", "not an OpenAPI document"),
    "another kind of file": document("[tool]\nname = 'x'\n", "not"),
    "no OpenAPI": document("name: something\n", ":1:", "not an OpenAPI 3.0 or 3.1 document"),
    "Swagger 2.0": document(
        "swagger: '2.0'\ninfo: {}\npaths: {}\n", ":1:", "Swagger 2.0", "convert"
    ),
    "OpenAPI 4": swapped("3.0.3", "4.0.0", ":1:", "not an OpenAPI 3.0 or 3.1 document"),
    "a version that is a number": swapped(
        "3.0.3", "2.0", ":1:", "not an OpenAPI 3.0 or 3.1 document"
    ),
    "broken YAML": swapped("version: '1'}", "version: '1']}", ":2:", "not YAML"),
    "a tab": swapped("  /things", "\t/things", ":4:", "not YAML"),
    "an alias of itself": swapped("info: {", "info: &a {x: *a, ", ":2:", "not YAML"),
    "a duplicate key": swapped("paths:", "info: {}\npaths:", ":3:", "duplicate key 'info'"),
    "a type of YAML's own": swapped(
        "title: Things", "title: !!python/name:os.system ''", ":2:", "not YAML"
    ),
    "a number that is none": swapped("version: '1'", "version: !!int one", "not YAML"),
    "a number without end": swapped("version: '1'", f"version: {'9' * 5000}", "not YAML"),
    "endless nesting": document('{"a": ' * 3000 + "1" + "}" * 3000, "not YAML"),
    "no paths": swapped("paths:", "x-paths:", "paths"),
    "no operation": swapped("patch:", "trace:", "no operation to hold"),
    "no responses": swapped("responses:", "x-responses:", "responses"),
    "a $ref that points nowhere": swapped(
        "schema: {type: object,", "schema: {$ref: '#/no/such',", ":8:", "#/no/such"
    ),
    "a $ref to a file that is not there": swapped(
        "schema: {type: object,", "schema: {$ref: 'a.yaml#/b',", ":8:", "no file a.yaml"
    ),
    "a $ref out of the folder": swapped(
        "schema: {type: object,", "schema: {$ref: '../a.yaml#/b',", ":8:", "out of the", "bundle"
    ),
    "a $ref to a network": swapped(
        "schema: {type: object,", "schema: {$ref: 'http://127.0.0.1/a',", ":8:", "network"
    ),
    "an unknown key in x-contract": swapped(
        PLACE,
        "      x-contract:\n        refusals:\n          nonesuch: 1\n      parameters",
        ":8:",
        "nonesuch",
    ),
    "a wrong value in x-contract": swapped(
        PLACE,
        "      x-contract:\n        refusals:\n          unknown: many\n      parameters",
        ":8:",
        "x-contract",
    ),
    "x-contract that is no mapping": swapped(
        PLACE, "      x-contract: 7\n      parameters", ":6:", "x-contract"
    ),
    "an undefined security scheme": swapped(
        PLACE, "      security: [{key: []}]\n      parameters", "key", ":6:"
    ),
    "a security requirement that is none": swapped(
        PLACE, "      security: [key]\n      parameters", "security"
    ),
    "servers that are no list": swapped("paths:", "servers: here\npaths:", "servers"),
    "a parameter without a name": swapped("{name: id, ", "{", ":6:", "name"),
    "parameters that are no list": swapped("[{name: id", "7 #", "parameters"),
    "content of no media type": swapped(CONTENT, "{}", ":8:", "content"),
    "properties that are a list": swapped(
        "properties: {name: {type: string}}", "properties: [name]", "properties"
    ),
    "properties that are null": swapped(
        "properties: {name: {type: string}}", "properties: null", "properties"
    ),
    "allOf that is no list": swapped("{type: object,", "{allOf: 7,", "allOf"),
    "headers that are no mapping": swapped("description: The thing.", "headers: 7", "headers"),
    "a type that is none": swapped("name: {type: string}", "name: {type: banana}", "banana"),
}
KINDS = {"URL": URLS, "option": OPTIONS, "document": DOCUMENTS}
BAD = {f"{kind}: {name}": bad for kind, listed in KINDS.items() for name, bad in listed.items()}


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_nothing_is_sent(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, other: OtherService, name: str
) -> None:
    """Wrong input ends in exit 4 with one line that names the option or the file, and the cure; nothing is sent."""
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    options, told, text = BAD[name]
    (pytester.path / FILE).write_text(text, encoding="utf-8")
    target = () if name.startswith("URL") else (f"--contract-target={other.url}",)
    done = pytester.runpytest_inprocess(*QUIET, *target, *options)
    lines = [line for line in done.errlines if line.strip()]
    assert done.ret == pytest.ExitCode.USAGE_ERROR, done.errlines
    assert len(lines) == 1, done.errlines
    assert [part for part in told if part not in lines[0]] == [], lines[0]
    assert "hunter2" not in f"{done.stdout}{done.stderr}"
    assert "Traceback" not in f"{done.stdout}{done.stderr}"
    assert other.requests == []


@pytest.mark.usefixtures("bare")
def test_the_small_document_itself_is_fine(pytester: pytest.Pytester) -> None:
    """The document that the bad ones are made from is not what is wrong with them."""
    (pytester.path / FILE).write_text(THINGS, encoding="utf-8")
    done = pytester.runpytest_inprocess(
        *QUIET, "--contract-target=mock", f"--contract-spec={FILE}", "--co", "-q"
    )
    assert done.ret == 0
    assert "contracts/things::patch /things/{id}::200/body/name" in done.outlines


@pytest.mark.usefixtures("bare")
def test_a_file_that_is_no_text_is_one_line(pytester: pytest.Pytester) -> None:
    """A document that is no UTF-8 is told as one that cannot be read."""
    (pytester.path / FILE).write_bytes(b"\xff\xfe\x00openapi")
    done = pytester.runpytest_inprocess(*QUIET, "--contract-target=mock", f"--contract-spec={FILE}")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert [FILE in line for line in done.errlines if line.strip()] == [True]


GIVEN = {
    "nothing": (
        {},
        ("CONFLUENT_CLOUD_API_KEY", "CONFLUENT_CLOUD_ACCESS_TOKEN", "DD_API_KEY", "DD_APP_KEY"),
    ),
    "half of each pair": (
        {name: ENVIRONMENT[name] for name in ("CONFLUENT_CLOUD_API_KEY", "DD_APP_KEY")},
        ("CONFLUENT_CLOUD_API_SECRET", "DD_API_KEY"),
    ),
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_missing_credential_fails_one_test_a_document(
    folder: Path, other: OtherService, name: str
) -> None:
    """Without credentials nothing is sent; one test of each document fails and names the variables to set."""
    given, named = GIVEN[name]
    done = gate(folder, f"--contract-target={other.url}", given=given)
    assert done.code == pytest.ExitCode.TESTS_FAILED
    assert other.requests == []
    assert sorted(done.red) == [f"{CONFLUENT}answered", f"{DATADOG}answered"]
    assert {
        node: told for node, told in done.failures.items() if "no credentials: set " not in told
    } == {}
    assert [
        variable
        for variable in named
        if not any(variable in told for told in done.failures.values())
    ] == []
    assert "Traceback" not in done.everything


def test_one_credential_of_two_ways_is_enough(folder: Path, other: OtherService) -> None:
    """Where one documented alternative is complete the run goes; only the other alternative is not exercised."""
    token = {"CONFLUENT_CLOUD_ACCESS_TOKEN": ENVIRONMENT["CONFLUENT_CLOUD_ACCESS_TOKEN"]}
    options = (
        f"--contract-target={other.url}",
        "--contract-spec=confluent-api-keys",
        "-m",
        "security",
    )
    done = gate(folder, *options, given=token)
    assert (done.code, done.red) == (0, set()), done.everything
    [skipped] = [one.skipped for one in done.told if one.outcome == "skipped"]
    assert "CONFLUENT_CLOUD_API_KEY, CONFLUENT_CLOUD_API_SECRET" in skipped


TYPED = [
    "--contract-spec=confluent-api-keys",
    "--contract-plan",
    "--contract-prove",
    "--contract-strict",
]


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("typed", TYPED)
def test_an_option_without_a_target_is_told(pytester: pytest.Pytester, typed: str) -> None:
    """Who types an option and no target would see a green run that held nothing."""
    done = pytester.runpytest_inprocess(*QUIET, typed)
    [line] = [line for line in done.errlines if line.strip()]
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert typed.partition("=")[0] in line
    assert "--contract-target" in line


@pytest.mark.usefixtures("bare")
def test_what_stands_in_the_ini_file_may_wait_for_a_target(pytester: pytest.Pytester) -> None:
    """A project may keep its options there, and run its other tests without a target."""
    pytester.makeini("[pytest]\naddopts = --contract-strict\ncontract_spec = confluent-api-keys\n")
    pytester.makepyfile("def test_one(): pass")
    assert pytester.runpytest_inprocess(*QUIET).ret == 0


NAMED = THINGS.replace("{name: {type: string}}", '{"a=b": {type: string}, "a": {type: string}}')


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    ("pin", "told"),
    [
        ("/a=b=7", {"a=b": 7}),
        ("a=b=x=y", {"a=b": "x=y"}),
        ("a=c=d", {"a": "c=d"}),
        ("/a=", {"a": ""}),
    ],
)
def test_a_pin_names_a_member_by_pointer_or_path(
    pytester: pytest.Pytester, pin: str, told: dict[str, object]
) -> None:
    """RFC 6901, as the option's help says, or the path that clauses are named by; a name may have a = in it."""
    path = pytester.path / FILE
    path.write_text(NAMED, encoding="utf-8")
    assert dict(checked_pins([pin], [read_document(path)])) == told


def test_a_pointer_reaches_a_nested_member() -> None:
    """``/data/attributes/tags`` is ``data.attributes.tags``."""
    [path] = [one for name, one in bundled_documents().items() if name.startswith("datadog")]
    pins = dict(checked_pins(['/data/attributes/tags=["a"]'], [read_document(path)]))
    assert pins == {"data.attributes.tags": ["a"]}
