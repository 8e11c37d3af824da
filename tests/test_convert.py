"""Does `convert` print the OpenAPI that a page says: valid, complete, and the same when it is read again?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from judging import validate_openapi
from panel_pages import CHANGED, PAGE, PANEL

from pytest_confluent_contracts import __main__, clauses, documents
from pytest_confluent_contracts.documents.lines import strip
from pytest_confluent_contracts.documents.yaml_text import read_yaml
from pytest_confluent_contracts.documents.yaml_writing import write_yaml

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {"a page": PAGE, "the bare fragment": PANEL, **CHANGED}


def saved(folder: Path, text: str, name: str = "page.txt") -> Path:
    """Return the file that *text* is saved to."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def clauses_in(path: Path) -> list[tuple[str, str, str]]:
    """Return id, level and promise of each clause of the document in *path*."""
    found: list[tuple[str, str, str]] = []
    for operation in documents.read_document(path).operations:
        derived = clauses.derive(operation)
        found += [(clause.id, clause.level.name, clause.promise) for clause in derived]
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_becomes_openapi(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """It is valid, and reading it gives the clauses that reading the page gives."""
    page = saved(tmp_path, PAGES[name])
    assert __main__.main(["convert", str(page)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    validate_openapi(strip(read_yaml(printed.out)))
    converted = saved(tmp_path, printed.out, "converted.yaml")
    assert clauses_in(converted) == clauses_in(page)


def test_what_is_converted_is_converted_to_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An OpenAPI document comes out as it was read."""
    __main__.main(["convert", str(saved(tmp_path, PAGE))])
    first = capsys.readouterr().out
    assert __main__.main(["convert", str(saved(tmp_path, first, "first.yaml"))]) == 0
    assert capsys.readouterr().out == first


@pytest.mark.parametrize("name", documents.bundled_documents())
def test_a_bundled_document_is_converted_by_its_name(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """With the values that it has."""
    assert __main__.main(["convert", name]) == 0
    text = documents.bundled_documents()[name].read_text(encoding="utf-8")
    assert strip(read_yaml(capsys.readouterr().out)) == strip(read_yaml(text))


def test_a_page_without_an_update_is_converted_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It cannot be held yet, and is understood all the same."""
    page = saved(tmp_path, PAGE.replace("    patch:", "    put:").replace("PATCH", "PUT"))
    assert __main__.main(["convert", str(page)]) == 0
    assert "    put:" in capsys.readouterr().out


def test_an_operation_that_is_not_understood_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, with its line, while the others are printed."""
    other = PANEL.replace("/parcels/", "/pallets/").replace("depot-key", "pallet-key")
    other = other.replace("relabelParcel", "relabelPallet").replace("Basic realm", "Other realm")
    page = saved(tmp_path, f"{PAGE.replace('- depot-key', '- depot-basic')}\nAnother\n{other}")
    assert __main__.main(["convert", str(page)]) == 0
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "`pallet-key` is not defined" in printed.err
    assert "relabelPallet" in printed.out


WRONG = {
    "a page cut off": PAGE.partition("'400'")[0],
    "a scheme that is not told": PAGE.replace("Basic realm", "Other realm"),
    "no OpenAPI": "name: something\n",
    "prose": "Just a sentence.\n",
    "HTML": "<!DOCTYPE html>\n<html><body>Page</body></html>\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_converted_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """The file, its line and why; nothing is printed, and the exit code is that of a usage error."""
    page = saved(tmp_path, WRONG[name])
    assert __main__.main(["convert", str(page)]) == 4
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    place = printed.err.partition(": ")[0]
    assert place.rpartition(":")[2].isdigit()
    assert "page.txt" in place


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """As everywhere, with the names of those that come with the package."""
    assert __main__.main(["convert", "nowhere.txt"]) == 4
    assert "no document 'nowhere.txt'" in capsys.readouterr().err


VALUES: list[Any] = [
    *("", " ", "1", "-1", "1e3", "0x1f", "0o17", "017", "1_000", ".5", "1.", "yes", "No", "on"),
    *("null", "~", "true", "2006-01-02", "2006-01-02T15:04:05-07:00", "12:30:45", "=", "<<"),
    *("a: b", "# c", "- d", "[e", "{f", "'g'", '"h"', "&i", "*j", "!k", "|", ">", "%", "@", "`"),
    *("line\nbreak", "trailing\n", "\n\n", "tab\t", "nul\0", "\x85\u2028", "\ufeff", "é😀", "\\e"),
    *(0, -7, 10**30, 1.5, 1e300, 1e-9, 2.0, True, False, None, [], {}, [[]], {"": {}}),
    "word " * 60,
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_written_as_it_is_read(value: Any) -> None:
    """A text stays a text, also one that looks like something else to one YAML or another."""
    written = write_yaml({"x": value, str(value): [value]})
    assert strip(read_yaml(written)) == {"x": value, str(value): [value]}
    assert isinstance(read_yaml(written)["x"], type(value) | type(read_yaml("a: {}")))
