"""Does anything secret stay behind, when the target says everything it heard, everywhere?"""

from __future__ import annotations

import base64
import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import judging
import pytest
from exchanges import confluent
from hypothesis.internal.conjecture import providers
from other_service import Answer, OtherService, Request
from running import Run, gate

from pytest_confluent_contracts import cases
from pytest_confluent_contracts.double import proving
from pytest_confluent_contracts.double.service import Service, VirtualClock
from pytest_confluent_contracts.http import redaction
from pytest_confluent_contracts.model.traffic import Probe, RunContext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CREDENTIALS = {
    "CONFLUENT_CLOUD_API_KEY": 'KEY"7Q2M\\4XWZ',
    "CONFLUENT_CLOUD_API_SECRET": 'oS3"cr3t/7fJ+ya0q\\Q9x%VdLk<2Rm>Tn&Uw Ez',
    "CONFLUENT_CLOUD_ACCESS_TOKEN": "eyJhbGciOiJub25lIn0.b3RoZXItc2VydmljZQ.k7Qz0",
    "DD_API_KEY": '0d1e2f"3a4b5c6d\\7e8f90a1b2c3d4e5f6',
    "DD_APP_KEY": "f6e5d4c3b2a1908f7e6d5c4b3a2f1e0d9c8b7a60",
}
PINNED = {"PIN_KEY": "PINNEDKEY-1/2+3", "PIN_SECRET": 'pinned "secret" \\ of 2026/é'}
SECRETS = CREDENTIALS | PINNED
PINS = (
    "--contract-pin=data.attributes.api_key=env:PIN_KEY",
    "--contract-pin=data.attributes.api_secret=env:PIN_SECRET",
)
LOUD = (
    "-vv",
    "-rA",
    "--tb=long",
    "--showlocals",
    "--junitxml=junit.xml",
    "--contract-report=report",
)


def spoken(value: str) -> Iterator[str]:
    """Yield each way in which a value may be written."""
    coded = base64.b64encode(value.encode()).decode()
    yield from (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield from (quote(value, safe=""), quote(value), quote_plus(value), coded, coded.rstrip("="))
    yield base64.urlsafe_b64encode(value.encode()).decode()


def forbidden(environment: dict[str, str]) -> dict[str, str]:
    """Return each form of each secret, and which one it is."""
    found = {form: name for name, value in environment.items() for form in spoken(value)}
    pair = ":".join(environment[f"CONFLUENT_CLOUD_API_{part}"] for part in ("KEY", "SECRET"))
    return found | dict.fromkeys(spoken(pair), "the basic pair")


def echo(request: Request, answer: Answer) -> Answer:
    """Say in the answer everything that came: raw, escaped and encoded, in headers, in members, in error details."""
    heard = [*request.headers.values(), request.body.decode("utf-8", "replace")]
    heard += [
        base64.b64decode(value.split()[-1] + "===", validate=False).decode("latin-1")
        for value in _basic(heard)
    ]
    text = " | ".join(heard)
    answer.headers.append(("X-Echo", quote(text, safe="")[:6000]))
    answer.headers.append(("X-Echo-Raw", re.sub("[^ -~]", "?", text)[:3000]))
    answer.headers.append(
        ("X-Echo-Coded", base64.b64encode(request.headers.get("dd-api-key", "").encode()).decode())
    )
    if isinstance(answer.payload, dict):
        answer.payload["echo"] = {"heard": heard, text: 1, "twice": json.dumps(heard)}
        for error in answer.payload.get("errors", []):
            if isinstance(error, dict):
                error["detail"] = error["title"] = text
    return answer


def _basic(heard: list[str]) -> list[str]:
    return [value for value in heard if re.fullmatch(r"Basic [A-Za-z0-9+/=]{8,}", value)]


@pytest.fixture(scope="module")
def echoed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    """Return a run against a service that repeats everything, told as loudly as can be, and all that it left behind."""
    place = tmp_path_factory.mktemp("echoed")
    (folder := place / "run").mkdir()
    with OtherService(tamper=echo) as service:
        service.environment = dict(CREDENTIALS)
        chosen = ("-k", "security or leak or error/ or request/body", "--contract-max-examples=1")
        target = (f"--contract-target={service.url}", *PINS, *LOUD, *chosen)
        run = gate(
            folder, *target, given=SECRETS, plugins=("-p", "no:schemathesis", "-p", "no:respx")
        )
    return run, place


def left(place: Path) -> Iterator[tuple[str, str]]:
    """Yield each file that the run left, with its text as written and as a reader of XML or HTML sees it."""
    for path in sorted(place.rglob("*")):
        if path.is_file():
            text = path.read_bytes().decode("utf-8", "replace")
            yield str(path.relative_to(place)), text
            yield str(path.relative_to(place)), html.unescape(text)


def test_no_secret_is_printed(echoed: tuple[Run, Path]) -> None:
    """Neither output nor error output holds a credential or a pin, in any form."""
    run, _ = echoed
    assert run.red, run.everything
    assert {name for form, name in forbidden(SECRETS).items() if form in run.everything} == set()


def test_no_secret_is_written(echoed: tuple[Run, Path]) -> None:
    """JUnit, the reports, pytest's cache, Hypothesis' folder, and what other plugins hear: none holds a secret."""
    run, place = echoed
    assert (place / "run" / "junit.xml").exists(), run.everything
    assert (place / "run" / ".pytest_cache").exists()
    found = [
        (name, path)
        for path, text in left(place)
        for form, name in forbidden(SECRETS).items()
        if form in text
    ]
    assert sorted(set(found)) == []


def test_what_is_nearly_a_secret_is_not_printed(echoed: tuple[Run, Path]) -> None:
    """The near misses that the gate sends are secrets but for a character: nobody may read them either."""
    run, place = echoed
    texts = [("output", run.everything), *left(place)]
    long = {name: value for name, value in CREDENTIALS.items() if len(value) > 16}
    near = {
        name: {value[:-1], value.swapcase(), json.dumps(value[:-1])[1:-1]}
        for name, value in long.items()
    }
    near |= {
        f"half of {name}": {value[: len(value) // 2]}
        for name, value in long.items()
        if len(value) > 24
    }
    found = {
        (name, path)
        for path, text in texts
        for name, forms in near.items()
        if any(form in text for form in forms)
    }
    assert found == set()


def test_no_secret_that_was_made_up_is_left(echoed: tuple[Run, Path]) -> None:
    """A service may have stored a generated secret: it is none of a report's business."""
    run, place = echoed
    texts = [("output", run.everything), *left(place)]
    assert [path for path, text in texts if re.search(r"cs[0-9a-f]{16}", text)] == []


def test_a_service_that_repeats_credentials_is_red(echoed: tuple[Run, Path]) -> None:
    """Redaction does not hide the finding: the clause on leaks names the secret, not its value."""
    run, _ = echoed
    assert run.code == pytest.ExitCode.TESTS_FAILED
    assert "[redacted]" in run.out


RAISING = """
count = 0

def pytest_contract_exchange(config, exchange):
    global count
    count += 1
    if count == {at}:
        raise RuntimeError("a bug in somebody's conftest.py")
"""


@pytest.mark.parametrize("at", [1, 12])
def test_a_traceback_with_locals_holds_no_secret(folder: Path, at: int) -> None:
    """A hook that raises takes the frames of the gate into the traceback; --showlocals prints their values."""
    (folder / "conftest.py").write_text(RAISING.format(at=at), encoding="utf-8")
    with OtherService(tamper=echo) as service:
        service.environment = dict(CREDENTIALS)
        run = gate(
            folder,
            f"--contract-target={service.url}",
            *PINS,
            *LOUD,
            "-k",
            "security",
            "--contract-max-examples=1",
            given=SECRETS,
        )
    assert "a bug in somebody's conftest.py" in run.out
    texts = [run.everything, *(text for _, text in left(folder))]
    assert {
        name for form, name in forbidden(SECRETS).items() if any(form in text for text in texts)
    } == set()


def test_a_broken_connection_tells_no_secret(folder: Path) -> None:
    """What httpx says of a connection that broke is redacted like everything else."""
    (folder / "conftest.py").write_text("", encoding="utf-8")
    options = (
        "--contract-target=https://127.0.0.1:9",
        "--contract-spec=confluent-api-keys",
        *LOUD,
        "-k",
        "200/json",
    )
    run = gate(folder, *options, given=SECRETS)
    assert "no connection" in run.out
    assert {name for form, name in forbidden(SECRETS).items() if form in run.everything} == set()


def test_what_httpx_says_of_a_broken_answer_tells_no_secret(folder: Path) -> None:
    """A header that is not HTTP is quoted by httpx, with Python's own escapes: another form of the same secret."""

    def spoil(request: Request, answer: Answer) -> Answer:
        heard = " | ".join([*request.headers.values(), request.body.decode("utf-8", "replace")])
        answer.headers.append(
            ("X-Echo", heard.encode("ascii", "replace").decode().replace("\n", " ") + "\x00")
        )
        return answer

    with OtherService(tamper=spoil) as service:
        service.environment = dict(CREDENTIALS)
        run = gate(
            folder,
            f"--contract-target={service.url}",
            *PINS,
            "-k",
            "security",
            "--contract-max-examples=1",
            given=SECRETS,
        )
    escaped = {
        name: {repr(value)[1:-1], repr(value.encode())[2:-1], value.replace("\\", "\\" * 2)}
        for name, value in SECRETS.items()
    }
    assert "no HTTP" in run.out
    assert {name for form, name in forbidden(SECRETS).items() if form in run.everything} == set()
    assert {
        name for name, own in escaped.items() if any(form in run.everything for form in own)
    } == set()


def test_pins_on_the_command_line_are_not_repeated(folder: Path, other: OtherService) -> None:
    """The `again:` line leaves the value of a pin to the reader; one that names a variable is kept."""
    pins = (f"--contract-pin=data.attributes.api_key={PINNED['PIN_KEY']}", PINS[1])

    def gone(request: Request, answer: Answer) -> Answer:
        answer.status = 400 if answer.status == 404 else answer.status
        return echo(request, answer)

    other.tamper = gone
    chosen = ("--contract-spec=datadog-confluent-cloud", "-k", "unknown-id")
    run = gate(
        folder, f"--contract-target={other.url}", *pins, *chosen, given=other.environment | PINNED
    )
    again = [line for line in run.out.splitlines() if line.strip().startswith("again:")]
    assert again, run.everything
    assert all("--contract-pin=data.attributes.api_key=..." in line for line in again)
    assert all("--contract-pin=data.attributes.api_secret=env:PIN_SECRET" in line for line in again)
    assert PINNED["PIN_KEY"] not in run.out


# --- the redactor alone ----------------------------------------------------------------------------------------------

RIGHT = 'Right"7Q2M/of a key\\that is long'


@pytest.mark.parametrize("name", SECRETS)
def test_each_form_of_a_secret_is_taken_out(name: str) -> None:
    """Raw, JSON-escaped, URL-encoded, base64: nothing of it is left, and what stands around it is."""
    redactor = redaction.Redactor([redaction.Secret(name, SECRETS[name])])
    for form in spoken(SECRETS[name]):
        assert redactor.text(f"before {form} after") == "before [redacted] after", form


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a": ["fine"]}', {"a": ["fine"]}),
        ('{"a": ["as Right7Q2Mofakey is"]}', {"a": ["as [redacted] is"]}),
        (r'{"a": ["as \u0052ight7Q2Mofakey is"]}', {"a": ["as [redacted] is"]}),
        (r'{"\u0052ight7Q2Mofakey": 1}', {"[redacted]": 1}),
    ],
)
def test_a_value_has_no_secret_that_its_text_had(text: str, shown: Any) -> None:
    """Neither as it is nor escaped, which its text does not show; what has none stays as it is."""
    redactor = redaction.Redactor([redaction.Secret("key", "Right7Q2Mofakey")])
    value = json.loads(text)
    assert redactor.value_read(value, text, redactor.text(text)) == shown


def test_a_secret_inside_other_text_is_taken_out_whole() -> None:
    """A secret that contains another one is taken out as a whole."""
    redactor = redaction.Redactor(
        [
            redaction.Secret("short", "abcdefgh1234"),
            redaction.Secret("long", "abcdefgh1234-and-more"),
        ]
    )
    assert redactor.text("x abcdefgh1234-and-more y") == "x [redacted] y"


def test_the_base64_of_a_secret_within_something_is_taken_out() -> None:
    """As the second half of a basic pair a secret is shifted by one or two bytes: its base64 is another one."""
    user, secret = "KEY7Q2M4XWZ", "oS3cr3t7fJya0qQ9xVdLk2RmTnUwEz"
    pair = redaction.Secret("pair", f"{user}:{secret}")
    redactor = redaction.Redactor(
        [redaction.Secret("user", user), redaction.Secret("secret", secret), pair]
    )
    assert (
        redactor.text(f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}")
        == "Basic [redacted]"
    )


def test_a_near_miss_is_taken_out_and_is_no_leak() -> None:
    """What is nearly a secret is blanked in every form; only the whole one counts as given away."""
    near_misses = (RIGHT[:-1], RIGHT.swapcase(), RIGHT[: len(RIGHT) // 2])
    redactor = redaction.Redactor([redaction.Secret("key", RIGHT)], near_misses)
    for near in near_misses:
        for form in spoken(near):
            assert redactor.text(f"before {form} after") == "before [redacted] after", form
            assert redactor.leaks(form, {}) == []
    assert redactor.leaks(f"before {RIGHT} after", {}) == ["key"]


def test_a_near_miss_leaves_no_piece_of_a_secret() -> None:
    """Where a near miss reaches into a secret, the secret is taken out whole, and is still a leak."""
    redactor = redaction.Redactor(
        [redaction.Secret("key", RIGHT)], [RIGHT[:-1], f"user name:{RIGHT[:-3]}"]
    )
    assert redactor.text(f"x {RIGHT} y") == "x [redacted] y"
    assert RIGHT[-4:] not in redactor.text(f"user name:{RIGHT} y")
    assert redactor.leaks(f"user name:{RIGHT} y", {}) == ["key"]


def test_a_short_near_miss_blanks_no_ordinary_word() -> None:
    """Half of a short credential may be a word: it is left alone, and up to a dozen letters count as a whole word only."""
    redactor = redaction.Redactor([], ["", "display", "description"])
    assert redactor.text("display the descriptions") == "display the descriptions"
    assert redactor.text("a description") == "a [redacted]"


def test_whatever_the_gate_sends_for_credentials_is_hidden() -> None:
    """Each value that a case carries in a credential header is blanked, with what is coded in it."""
    operation = confluent()
    double = proving.Double(operation)
    sent = cases.of(Probe.CREDENTIALS, operation, double.context)
    carried = {value for case in sent for name, value in case.headers if name == "Authorization"}
    coded = [
        value.removeprefix("Basic ")
        for value in carried
        if re.fullmatch(r"Basic [\w+/]{16,}=*", value)
    ]
    pairs = [base64.b64decode(value).decode() for value in coded]
    assert len(pairs) > 10
    shown = double.target().client.redactor.text(json.dumps([*carried, *pairs], indent=0))
    right = {value for parts in double.context.credentials.values() for value in parts.values()}
    assert [value for value in right if value[:-1] in shown or value.swapcase() in shown] == []


def test_ordinary_text_is_left_alone() -> None:
    """Nothing is taken out that is no secret: short values count only as words of their own."""
    redactor = redaction.Redactor(
        [redaction.Secret("short", "tags"), redaction.Secret("empty", "")]
    )
    assert redactor.text("hashtags, tagset") == "hashtags, tagset"
    assert redactor.text("the tags are") == "the [redacted] are"


# --- literals of the user's modules ----------------------------------------------------------------------------------

LITERAL = "a literal of somebody's own module, 7f3c9d"
NUMBER = 918273645546372819
MODULES = f"""
KEY = {LITERAL!r}
OTHERS = [{LITERAL + "-2"!r}, {LITERAL + "-3"!r}]
NUMBER = {NUMBER}
"""


def test_literals_of_the_users_modules_stay_at_home(folder: Path, other: OtherService) -> None:
    """Constants of a conftest.py, of a module it imports and of a test reach no body, and lie in no database."""
    (folder / "conftest.py").write_text(f"import helper\n{MODULES}", encoding="utf-8")
    (folder / "helper.py").write_text(MODULES, encoding="utf-8")
    options = (
        f"--contract-target={other.url}",
        "--contract-max-examples=150",
        "-k",
        "request/spec.display_name",
    )
    gate(folder, *options, "--contract-spec=confluent-api-keys", given=other.environment)
    sent = b"".join(request.body for request in other.requests)
    assert len(other.requests) > 50
    assert b"7f3c9d" not in sent
    assert str(NUMBER).encode() not in sent
    kept = [
        path
        for path in folder.rglob(".hypothesis/**/*")
        if path.is_file() and b"7f3c9d" in path.read_bytes()
    ]
    assert kept == []


WITHOUT_BODIES = (Probe.PARAMETERS, Probe.LIFE, Probe.SEQUENCES)


@pytest.mark.parametrize("probe", [one for one in Probe if one not in WITHOUT_BODIES])
def test_no_probe_reads_the_users_modules(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever draws the bodies, schemathesis too: the constants of local modules are not even looked for."""
    looked = []

    def look() -> Any:
        looked.append(probe)
        return providers.GLOBAL_CONSTANTS

    monkeypatch.setattr(providers, "_get_local_constants", look)
    for name in judging.DOCUMENTS:
        _, operation = judging.document(name)
        service = Service(operation, VirtualClock())
        assert cases.of(
            probe,
            operation,
            RunContext(service.parameters, {}, service.credentials, max_examples=5),
        )
    assert looked == []


@pytest.mark.parametrize(
    "options",
    [(), ("-n", "2"), ("--contract-prove", "-k", "operators")],
    ids=["run", "-n 2", "proof"],
)
def test_a_run_leaves_nothing_but_pytests_cache(folder: Path, options: tuple[str, ...]) -> None:
    """In an empty folder a whole run leaves what pytest itself leaves: no folder of Hypothesis or of anyone else."""
    few = ("--contract-spec=confluent-api-keys", "--contract-max-examples=5")
    # A process of its own: the one that forks has written already what Hypothesis writes once.
    run = gate(folder, "--contract-target=mock", *few, *options, plugins=(), fresh=True)
    assert run.told, run.everything
    assert {path.name for path in folder.iterdir()} == {".pytest_cache"}
