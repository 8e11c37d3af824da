"""Which values are sent for what no update writes? Of the form that a service would store."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from exchanges import REDACTED, confluent, datadog
from judging import judged
from other_service import Choices, OtherService

from pytest_confluent_contracts.cases.read_only import read_only_cases
from pytest_confluent_contracts.cases.same_form import (
    other_of_same_form,
    other_text,
    past_of_same_form,
)
from pytest_confluent_contracts.model.paths import ABSENT, value_at
from pytest_confluent_contracts.model.traffic import RunContext

if TYPE_CHECKING:
    from pytest_confluent_contracts.model.documents import Operation
    from pytest_confluent_contracts.model.traffic import Case

TEXTS = [
    pytest.param("u-a83k9b", "u-a83k0b", id="an id"),
    pytest.param("ak-12345", "ak-12346", id="an id that ends in a digit"),
    pytest.param("ApiKey", "ApiKez", id="a word"),
    pytest.param("iam/v2", "iam/v3", id="a version"),
    pytest.param("KEY", "KEZ", id="in capitals"),
    pytest.param("https://x.test/keys/ak-9", "https://x.test/keys/ak-0", id="an address"),
    pytest.param("https://x.test/keys/ak-1/?a=2#b3", "https://x.test/keys/ak-2/?a=2#b3", id="more"),
    pytest.param("crn://x.test/org=7/key=ak-1", "crn://x.test/org=7/key=ak-2", id="a name"),
    pytest.param("2024-02-29T23:59:58.123Z", "2028-02-29T23:59:58.123Z", id="a leap day"),
    pytest.param("2006-01-02T15:04:05-07:00", "2010-01-02T15:04:05-07:00", id="with an offset"),
    pytest.param("--", "--x", id="neither digit nor letter"),
    pytest.param("", "x", id="nothing"),
]


@pytest.mark.parametrize(("shown", "other"), TEXTS)
def test_another_text_has_the_same_form(shown: str, other: str) -> None:
    """One digit of the last segment differs, or the year of a time."""
    assert other_text(shown) == other


def test_another_value_has_the_same_type() -> None:
    """Listed values become another listed one; what is within lists and objects is changed, too."""
    path = "data.attributes.resources"
    item = {"resource_type": "kafka", "enable_custom_metrics": False, "id": "r1", "tags": ["t1", 7]}
    other = {"resource_type": "connector", "enable_custom_metrics": True, "id": "r2"}
    assert other_of_same_form(datadog(), path, [item]) == [other | {"tags": ["t2", 8]}]
    assert other_of_same_form(datadog(), path, None) is None


def cases_of(operation: Operation, shown: Any = ABSENT) -> list[Case]:
    """Return the cases as they are planned, or made again from an answer."""
    credentials = {scheme.name: {"username": "u", "password": "p"} for scheme in operation.schemes}
    context = RunContext(operation.parameters, {}, credentials | {"apiKeyAuth": {"value": "k"}})
    return read_only_cases(operation, context, shown)


def sent_at(cases: list[Case], path: str) -> list[Any]:
    """Return what the cases send at *path*, where they send nothing else beside it."""
    named = [case.value for case in cases if case.subject.name == path]
    return [value_at(value, path) for value in named]


def test_each_part_is_sent_alone_and_all_together() -> None:
    """A service may refuse the others, or take them only together."""
    cases = cases_of(confluent())
    for part in ("metadata.self", "metadata.created_at", "spec.owner.related", "spec.resource.id"):
        [value] = sent_at(cases, part)
        assert value is not ABSENT
    [together] = [case.value for case in cases if case.subject.name == "everything immutable"]
    assert together["metadata"]["self"].endswith("/ak-12346")
    assert together["spec"]["owner"]["id"] == "u-a83k0b"


SHOWN = {
    "id": "ak-777",
    "metadata": {"self": "https://eu.test/keys/ak-777", "created_at": "2025-05-05T05:05:05Z"},
    "spec": {"owner": {"id": f"u-{REDACTED}", "related": ""}},
}


def test_values_take_the_form_of_the_answer() -> None:
    """Where it shows none, or a redacted one, it is the document's; a text is never half of each."""
    planned, fitted = cases_of(confluent()), cases_of(confluent(), SHOWN)
    assert [case.title for case in planned] == [case.title for case in fitted]
    assert sent_at(fitted, "metadata.self") == ["https://eu.test/keys/ak-778"]
    assert sent_at(fitted, "metadata.created_at") == ["2029-05-05T05:05:05Z"]
    assert "ak-778" in sent_at(fitted, "id")
    for path in ("spec.owner.id", "spec.owner.related", "metadata.updated_at"):
        assert sent_at(fitted, path) == sent_at(planned, path) != []


def test_times_lie_in_the_future_and_in_the_past() -> None:
    """Some services store what is past, or between the creation and now; the first answer tells when that was."""
    known = {"created_at": "2025-05-05T05:05:59.25+02:00"}
    fitted = cases_of(confluent(), SHOWN | {"metadata": known})
    assert sent_at(fitted, "metadata.created_at") == ["2029-05-05T05:05:59.25+02:00"]
    [*_, past] = [times for times in sent_at(fitted, "metadata") if isinstance(times, dict)]
    assert past["created_at"] == past["updated_at"] == "2025-05-05T05:06:00.25+02:00"


UNTOLD = [
    pytest.param(ABSENT, "2002-01-02T15:04:05-07:00", id="nothing shown"),
    pytest.param("2025-02-30T05:05:05Z", "2002-01-02T15:04:05-07:00", id="no such day"),
    pytest.param("9999-12-31T23:59:59Z", "2002-01-02T15:04:05-07:00", id="the last second"),
    pytest.param("2025-05-05t05:05:05z", "2025-05-05t05:05:06z", id="in small letters"),
]


@pytest.mark.parametrize(("created", "past"), UNTOLD)
def test_a_time_lies_some_years_back_where_no_creation_is_told(created: Any, past: str) -> None:
    """Whatever stands in the place of the creation, there is a time in the past."""
    shown = {"metadata": {"created_at": created}}
    value = "2006-01-02T15:04:05-07:00"
    assert past_of_same_form(confluent(), "metadata.updated_at", value, shown) == past


def test_a_word_becomes_another_that_the_document_names() -> None:
    """A key belongs to a User or to a ServiceAccount; another word becomes the first of both."""
    path = "spec.owner.kind"
    for shown, other in (("User", "ServiceAccount"), ("ServiceAccount", "User")):
        assert other_of_same_form(confluent(), path, shown) == other
        fitted = cases_of(confluent(), {"spec": {"owner": {"kind": shown}}})
        assert sent_at(fitted, path) == [other]
    assert sent_at(cases_of(confluent()), path) == ["ServiceAccount"]


def test_a_list_is_added_to_and_changed_one_member_at_a_time() -> None:
    """Datadog's resources: one more, and another metric, id, type and tags of the first."""
    resources: list[dict[str, Any]] = [{"id": "r1", "resource_type": "ksql", "tags": []}]
    resources.append({"id": "r2", "resource_type": "kafka"})
    shown = {"data": {"attributes": {"resources": resources}}}
    sent = sent_at(cases_of(datadog(), shown), "data.attributes.resources")
    other = {"id": "r2", "resource_type": "kafka", "tags": []}
    assert [*resources, other] in sent
    for name in ("id", "resource_type"):
        assert [{**resources[0], name: other[name]}, resources[1]] in sent


ODD_RESOURCES = [{"0": {}}, "text", 7, [], ["text"], [7, {}], None, [[]]]


@pytest.mark.parametrize("odd", ODD_RESOURCES)
def test_an_answer_that_breaks_the_schema_shows_no_form(odd: Any) -> None:
    """Values of another type, or none at all: the document's are sent, as planned."""
    shown = {"data": {"id": 7, "attributes": {"resources": odd}}}
    planned, fitted = cases_of(datadog()), cases_of(datadog(), shown)
    assert [case.value for case in fitted] == [case.value for case in planned]


class Checking(OtherService):
    """A service that stores an owner of the form that it has itself, and no other."""

    def apply_confluent(self, spec: dict[str, Any]) -> None:
        super().apply_confluent(spec)
        related = str((spec.get("owner") or {}).get("related") if self.is_owner(spec) else "")
        if related.startswith("https://api.confluent.cloud/iam/v2/users/u-"):
            self.owner = related.rpartition("/")[2]

    @staticmethod
    def is_owner(spec: dict[str, Any]) -> bool:
        return isinstance(spec.get("owner"), dict)

    owner = "u-a83k9b"

    def reference(self, own_id: str, path: str, crn: str, kind: str) -> dict[str, Any]:
        return super().reference(self.owner if kind == "User" else own_id, path, crn, kind)


@pytest.mark.parametrize(("kind", "red"), [(OtherService, False), (Checking, True)])
def test_a_service_that_checks_the_form_is_caught(kind: type[OtherService], red: bool) -> None:
    """What it shows is sent with another id, and comes out; one that ignores it stays green."""
    owner = "update/immutable/spec.owner"
    with kind(Choices()) as service:
        found = judged("confluent-api-keys", service.url, service.environment, only={owner})
    assert (found[owner].finding is not None) == red
    bodies = [request.body for request in service.requests if b'"metadata"' in request.body]
    addresses = {value_at(json.loads(body), "metadata.self") for body in bodies}
    assert "https://api.confluent.cloud/iam/v2/api-keys/ak-12346" in addresses
