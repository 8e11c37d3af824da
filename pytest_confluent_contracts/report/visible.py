"""How is text from a target shown, and does nothing? What is obeyed somewhere is spelled.

A target chooses what it answers, and what it answers stands in logs, pages and files. A control
character may rewrite a terminal, a bidirectional mark turns a line around, and a line that begins
with ``::error`` is a command to GitHub's runner.
"""

from __future__ import annotations

import re
import unicodedata

# Letters to Unicode, and nothing to the eye.
FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
SHORT = {"\t": "\\t", "\r": "\\r"}

# GitHub reads `::name` at the beginning of a line. Our own node ids (`contracts/keys::update::200`,
# `contracts/keys::patch /keys/{id}::200`) have a letter or a brace before it: then only what has the
# name of a command is one. The last letter of an escape is none.
NAMES = (
    "add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher"
    "|save-state|set-env|set-output|stop-commands|warning"
)
BEGINNING = r"(?:(?<![\w}]::)|(?<=\\[nrtbf]::)|(?<=\\x[0-9a-f]{2}::)|(?<=\\u[0-9a-f]{4}::))"
MARKS = ("::", "##", "section_")
COMMAND = re.compile(
    rf":(?=:{BEGINNING}[A-Za-z])|:(?=:(?i:{NAMES})(?:\s|::|\Z|[\"']))"
    r"|#(?=#[\w.-]*\[)"  # ##[group], ##vso[task.setvariable], ##teamcity[...]
    r"|section_(?:start|end)(?=:)"
)


def visible(text: str) -> str:
    """Return *text* with what cannot be seen spelled, and no command of a CI system in it.

    New lines stay. For example, ESC becomes the four characters ``\\x1b``, a right-to-left override
    ``\\u202e``, and ``::error`` is told as ``:\\x3aerror``. Text that went through stays as it is.
    """
    if not _is_plain(text):
        text = "".join(mark if _is_seen(mark) else _spelled(mark) for mark in text)
    return _with_commands_broken(text, "\\x{:02x}")


def visible_json(text: str) -> str:
    """Return *text*, which is JSON that json.dumps wrote, with the same meaning and no command."""
    return _with_commands_broken(text.replace("\x7f", "\\u007f"), "\\u{:04x}")


def break_commands(text: str) -> str:
    """Return *text* for a ``$'...'`` of a shell: the same to the shell, and no command to CI."""
    return _with_commands_broken(text, "\\x{:02x}")


def _with_commands_broken(text: str, spelling: str) -> str:
    """Return *text* with the mark behind each that begins a command spelled."""
    if not any(mark in text for mark in MARKS):
        return text  # bodies are long, and few of them hold any
    parts: list[str] = []
    at = 0
    for found in COMMAND.finditer(text):
        parts.append(text[at : found.end()])
        parts.append(spelling.format(ord(text[found.end()])))
        at = found.end() + 1
    return "".join([*parts, text[at:]]) if parts else text


def _is_plain(text: str) -> bool:
    return text.isascii() and text.replace("\n", " ").isprintable()


def _is_seen(mark: str) -> bool:
    return is_printable(mark) or mark == "\n" or unicodedata.category(mark) == "Zs"


def is_printable(mark: str) -> bool:
    """Return whether the character *mark* can be seen, and told from a space."""
    return mark.isprintable() and mark not in FILLERS


def _spelled(mark: str) -> str:
    code = ord(mark)
    if mark in SHORT:
        return SHORT[mark]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
