"""Which values are sent of members that an update writes? Each text of each kind, and in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from exchanges import confluent, datadog, operation_from

from pytest_confluent_contracts.cases.repeated_values import repeating_bodies
from pytest_confluent_contracts.cases.sample_strings import LOOK_ALIKES, MARKED_TEXTS, TEXTS
from pytest_confluent_contracts.cases.valid import allowed_cases
from pytest_confluent_contracts.model.paths import ABSENT, value_at
from pytest_confluent_contracts.model.traffic import Expect, RunContext

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_confluent_contracts.model.documents import Operation

ALIKE = {text for texts in LOOK_ALIKES.values() for text in texts}
EVERY_TEXT = {*TEXTS.values(), *MARKED_TEXTS.values(), *ALIKE}
TAGS = "data.attributes.tags"


def context_of(operation: Operation) -> RunContext:
    """Return a run that may make up everything, without credentials."""
    return RunContext(operation.parameters, {}, {}, max_examples=5)


def sent_at(operation: Operation, path: str) -> list[Any]:
    """Return what the allowed bodies send at *path*, in their order."""
    values = [
        value_at(case.value, path) for case in allowed_cases(operation, context_of(operation))
    ]
    return [value for value in values if value is not ABSENT]


MEMBERS = [
    pytest.param(confluent, "spec.display_name", id="one of two texts"),
    pytest.param(confluent, "spec.description", id="the other"),
    pytest.param(datadog, "data.attributes.api_key", id="beside a list"),
]


@pytest.mark.parametrize(("operation", "path"), MEMBERS)
def test_each_text_is_sent_whole(operation: Any, path: str) -> None:
    """What looks like a number, null or a formula does so only where it is the whole text."""
    assert set(sent_at(operation(), path)) >= EVERY_TEXT


def test_a_list_has_each_text_as_an_entry() -> None:
    """Many fit into one body."""
    lists = sent_at(datadog(), TAGS)
    assert {entry for entries in lists for entry in entries} >= EVERY_TEXT
    assert {0, 1, 2, 50, 1000} <= {len(entries) for entries in lists}


CAREFUL = """
openapi: 3.1.0
info: {title: Careful, version: '1'}
paths:
  /things/{id}:
    patch:
      parameters: [{name: id, in: path, required: true, example: t-1}]
      requestBody: {content: {application/json: {schema: &thing {type: object, properties: {
        name: {type: string}, code: {type: string, pattern: '^[0-9a-z]*$', maxLength: 40},
        tags: {type: array, items: {type: string, maxLength: 12}}
      }}}}}
      responses:
        '200': {description: Done., content: {application/json: {schema: *thing}}}
"""


def test_what_a_schema_forbids_keeps_nothing_else_from_being_sent(tmp_path: Path) -> None:
    """A text that one member does not take is left out of it, and of no other."""
    for document in (
        CAREFUL,
        CAREFUL.replace("array, items: {type: string, maxLength: 12}", "integer"),
    ):
        own = operation_from(document, tmp_path)
        cases = allowed_cases(own, context_of(own))
        assert all(case.expect is Expect.ACCEPTED for case in cases)
        assert set(sent_at(own, "name")) >= EVERY_TEXT
        assert {"0012345", "true"} <= set(sent_at(own, "code"))
    own = operation_from(CAREFUL, tmp_path)
    entries = {entry for tags in sent_at(own, "tags") for entry in tags}
    assert {text for text in EVERY_TEXT if len(text) <= 12} <= entries


def steps(operation: Operation) -> list[tuple[dict[str, Any], str]]:
    """Return the members that each body of the row sends, and its title."""
    found = repeating_bodies(operation, context_of(operation))
    return [(step.value.get("spec", step.value), step.title) for step in found]


def test_a_member_is_sent_as_it_is_beside_one_that_changes() -> None:
    """In both orders, alone, and with the value of the other one, and back."""
    state: dict[str, Any] = {}
    seen: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    for sent, _ in steps(confluent()):
        same = tuple(name for name in sent if state.get(name) == sent[name])
        seen.append((tuple(sent), same))
        state |= sent
    name, text = "display_name", "description"
    assert ((name, text), (name,)) in seen
    assert ((name, text), (text,)) in seen
    assert ((text, name), (text,)) in seen
    assert ((text, name), (name,)) in seen
    assert ((name,), (name,)) in seen
    values = [sent for sent, title in steps(confluent()) if " is what " in title]
    assert [list(sent) for sent in values] == [[name], [name], [text], [text]]
    assert values[0][name] == values[3][text]
    assert values[1][name] == values[2][text]


def test_a_list_is_changed_as_people_do() -> None:
    """One item, one more, another order, one less, one twice, none."""
    found = repeating_bodies(datadog(), context_of(datadog()))
    row = [value_at(step.value, TAGS) for step in found if step.title.startswith(TAGS)]
    lists = [tags for tags in row if tags is not ABSENT][-6:]
    assert [len(tags) for tags in lists] == [1, 2, 2, 1, 2, 0]
    assert lists[1] == lists[2][::-1]
    assert lists[3] == lists[2][:1]  # some of what was there, and nothing else
    assert lists[4] == lists[3] * 2


def test_nothing_is_sent_while_the_texts_are_empty() -> None:
    """What fills an empty text with its default would do so then; where a text must be sent, it cannot rest."""
    sent = [case.value for case in allowed_cases(confluent(), context_of(confluent()))]
    emptied = sent.index({"spec": {"display_name": "", "description": ""}})
    assert sent[emptied + 1] == {}
    titles = [case.title for case in allowed_cases(datadog(), context_of(datadog()))]
    assert "required members only while the texts are empty" not in titles


@pytest.mark.parametrize("text", ["2024-02-29", "False"])
def test_a_day_and_a_capital_are_sent_as_the_whole_text(text: str) -> None:
    """Readers of dates make a time of the one, readers of booleans a small letter of the other."""
    assert text in sent_at(confluent(), "spec.display_name")


def test_what_filters_look_for_stands_in_a_text() -> None:
    """A query that reads, and hosts in capitals; what would write is in none."""
    text = " ".join(MARKED_TEXTS.values())
    assert "UNION SELECT" in text
    assert "HTTPS://X.Test" in text
    assert "@X.Test" in text
    assert not [word for word in ("DROP ", "DELETE ", "UPDATE ", "INSERT ") if word in text.upper()]


def test_nothing_is_made_up_off_loopback() -> None:
    """Where values may not be made up there are no new ones to send beside others."""
    context = RunContext(datadog().parameters, {}, {}, made_up=False)
    sent = [
        value_at(step.value, "data.attributes.api_key")
        for step in repeating_bodies(datadog(), context)
    ]
    assert set(sent) <= {"TESTAPIKEY123"}
