"""Is what a target sends never obeyed? Controls are spelled, and no CI command is in any file of a run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from exchanges import confluent, make_case, make_exchange
from loopback_server import LoopbackHandler, LoopbackServer
from rulings import answered, make_broken, make_clause
from running import CONFLUENT, gate

from pytest_confluent_contracts.model.clauses import Finding, FindingKind
from pytest_confluent_contracts.report.block import exchange_text, failure_block
from pytest_confluent_contracts.report.curl import curl
from pytest_confluent_contracts.report.visible import visible, visible_json

if TYPE_CHECKING:
    from pathlib import Path

SPELLED = {
    "an escape sequence": ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    "a C1 control sequence": ("\x9b31m\x85", "\\x9b31m\\x85"),
    "a tab, a return and a delete": ("a\tb\rc\x7f", "a\\tb\\rc\\x7f"),
    "bidirectional marks": ("\u061ca\u200f\u202eb\u2066", "\\u061ca\\u200f\\u202eb\\u2066"),
    "what hides": ("a\u200bb\ufeff\U000e0041\u3164", "a\\u200bb\\ufeff\\U000e0041\\u3164"),
    "a lone surrogate": ("\ud800", "\\ud800"),
    "GitHub's commands": ("::error file=x::y", ":\\x3aerror file=x::y"),
    "one behind white space": (" ::any-token::", " :\\x3aany-token::"),
    "one behind a word": ("x::set-output name=a::b", "x:\\x3aset-output name=a::b"),
    "one of a later line": ("a\n::stop-commands::t", "a\n:\\x3astop-commands::t"),
    "one in a value of JSON": ('{"a":"::warning"}', '{"a":":\\x3awarning"}'),
    "Azure's commands": ("##[group]a ##vso[task.b]", "#\\x23[group]a #\\x23vso[task.b]"),
    "one behind an escape": ("\x1b::any-token::", "\\x1b:\\x3aany-token::"),
    "GitLab's sections": ("section_start:1:a", "section_start\\x3a1:a"),
}
PLAIN = {
    "lines": "a\nb\n",
    "letters of many scripts": "é Ω 日本 \u00a0 😀",
    "a node id": "contracts/confluent-api-keys::updateIamV2ApiKey::error/source.pointer",
    "a host": "http://[::1]:8080/",
    "times and headings": "12:30:45 ## heading ### [a]",
}


@pytest.mark.parametrize("name", SPELLED)
def test_what_would_be_obeyed_is_spelled(name: str) -> None:
    """It is seen as what it is, and spelling it twice changes nothing."""
    raw, told = SPELLED[name]
    assert visible(raw) == told
    assert visible(told) == told


@pytest.mark.parametrize("name", PLAIN)
def test_what_does_nothing_stays(name: str) -> None:
    """Text that nobody obeys is told as it came, and so are our own ids."""
    assert visible(PLAIN[name]) == PLAIN[name]


@pytest.mark.parametrize("name", SPELLED)
def test_json_means_the_same(name: str) -> None:
    """In a file of JSON what came is told by JSON's own escapes, which every reader undoes."""
    raw, _ = SPELLED[name]
    written = visible_json(json.dumps({"text": raw}))
    assert json.loads(written) == {"text": raw}
    assert visible(written) == written


@pytest.mark.skipif(shutil.which("bash") is None, reason="the line is written for bash")
@pytest.mark.parametrize("name", SPELLED)
def test_a_curl_line_is_no_command_and_sends_the_same(name: str) -> None:
    """What an answer showed may be sent again; the line that repeats it is not obeyed either."""
    raw, _ = SPELLED[name]
    body = raw.encode("utf-8", "surrogatepass")
    case = replace(make_case(confluent(), {}), body=body)
    line = curl(make_exchange(case, 200, {}))
    assert visible(line) == line
    script = f"curl() {{ printf '%s' \"${{@: -1}}\"; }}\n{line}"
    assert subprocess.run(["bash", "-c", script], capture_output=True, check=True).stdout == body


def test_why_no_answer_came_is_told_so_too() -> None:
    """A line of HTTP that cannot be read is quoted by whoever could not read it."""
    raw = "illegal status line: \x1b[31m ::error::a"
    finding = Finding(FindingKind.NOT_ANSWERED, observed=raw)
    ruling = make_broken(make_clause("answered"), finding, answered(0, failure=raw))
    for text in (failure_block(ruling, "again"), exchange_text(ruling)):
        assert "\\x1b[31m :\\x3aerror::a" in text
        assert visible(text) == text


# --- every file of a run ----------------------------------------------------------------------------------------------

HOSTILE = (
    "\x1b[31mred\x1b]0;title\x07 \x9b2J \x00\x08\x7f\x85 \u061c\u200e\u200f\u202a\u202e\u2066\u2069\u200b\ufeff"
    "\r\n::error file=a.py,line=1::pwned\n::set-output name=a::b\n::add-mask::x\n::stop-commands::t\n::t::\n"
    "##[error]pwned\n##vso[task.setvariable variable=a]b\n##teamcity[a]\n"
    "section_start:1:pwned\r\x1b[0Ksection_end:1:pwned\n"
)
IN_HEADERS = "::warning::a ##[error]b ##vso[task.c]d section_start:1:e \x1b[31m \x85"
IN_REASON = "::error::a ##[error]b \x85 section_end:1:e"
CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COMMANDS = re.compile(
    r"^\s*::[a-z]|::(?:error|warning|set-output|add-mask|stop-commands)(?:\s|::)|::t::"
    r"|##\[|##vso\[|##teamcity\[|section_(?:start|end):",
    re.MULTILINE,
)


def hostile(headers: dict[str, str], body: bytes) -> tuple[int, list[tuple[str, str]], str]:
    """Return an answer of each kind, full of it: a text, values and names of JSON, headers."""
    named = [("Content-Type", f"application/json; x={IN_HEADERS}"), ("X-Request-Id", IN_HEADERS)]
    if "Authorization" not in headers:
        return 401, [("WWW-Authenticate", IN_HEADERS), *named], HOSTILE
    if len(body) % 3 == 0:
        return 500, [("Content-Type", IN_HEADERS)], HOSTILE
    if len(body) % 3 == 1:
        names = ("id", "status", "detail", "code", "title")
        error = {**dict.fromkeys(names, HOSTILE), "source": {"pointer": HOSTILE}}
        return 400, named, json.dumps({"errors": [error]}, ensure_ascii=False)
    members = {HOSTILE: HOSTILE, "id": HOSTILE, "spec": {"display_name": HOSTILE, HOSTILE: 7}}
    limit = ("X-RateLimit-Limit", IN_HEADERS)
    return 200, [*named, limit], json.dumps(members, ensure_ascii=False)


class HostileHandler(LoopbackHandler):
    """Answers with commands in the reason, too."""

    def answer(self) -> None:
        """Answer, the status line and the header as they are in `IN_HEADERS`."""
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, headers, body = hostile(dict(self.headers.items()), asked)
        content = body.encode()
        lines = [f"HTTP/1.1 {status} {IN_REASON}", f"Content-Length: {len(content)}"]
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers), "", ""])
        self.wfile.write(head.encode("latin-1") + content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with all that a run leaves that was held against a hostile target."""
    (folder := tmp_path_factory.mktemp("hostile") / "run").mkdir()
    job = {
        "CI": "1",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(folder),
        "GITHUB_STEP_SUMMARY": str(folder / "step.md"),
        "CONFLUENT_CLOUD_API_KEY": "key",
        "CONFLUENT_CLOUD_API_SECRET": "secret-of-the-key",
    }
    written = ("--junitxml=junit.xml", "--contract-report=reports", "--contract-max-examples=2")
    drafted = ("--contract-waivers=waivers.toml", "--contract-waivers-update")
    (folder / "waivers.toml").write_text("")
    with LoopbackServer(HostileHandler, None) as server:
        options = (
            "--contract-spec=confluent-api-keys",
            f"--contract-target={server.url}",
            "-ra",
            "-vv",
        )
        told = gate(folder, *options, *written, *drafted, given=job)
    assert any(node.startswith(CONFLUENT) for node in told.red)
    (folder / "terminal.txt").write_text(told.everything, encoding="utf-8")
    return folder


FILES = (
    "terminal.txt",
    "junit.xml",
    "step.md",
    "waivers.toml",
    *(
        f"reports/{name}"
        for name in (
            "report.json",
            "report.html",
            "report.sarif",
            "codequality.json",
            "summary.md",
            "exchanges.har",
            "exchanges.jsonl",
            "badge.svg",
        )
    ),
)


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_a_run_holds_what_is_obeyed(folder: Path, name: str) -> None:
    """No control but new lines, no mark that turns text around, and no command of a CI system."""
    text = (folder / name).read_bytes().decode("utf-8")
    if name == "terminal.txt":  # what annotates in our own words is the job of a plugin of pytest
        text = re.sub(r"^::(?:error|warning) file=.*?::", "", text, flags=re.MULTILINE)
    assert sorted(set(CONTROLS.findall(text))) == []
    assert [
        text[max(0, found.start() - 40) : found.end() + 20] for found in COMMANDS.finditer(text)
    ] == []


def test_every_file_is_looked_at(folder: Path) -> None:
    """The list above has all that a run writes."""
    assert {one.name for one in (folder / "reports").iterdir()} == {
        name.partition("/")[2] for name in FILES if "/" in name
    }
