"""Is what lies in an environment held where each request must name that? In the query, and in bodies."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

import pytest
from leading import read_api
from plain_service import PlainService, Wrong, check, held, read

from pytest_confluent_contracts.model.resources import Scope

if TYPE_CHECKING:
    from pathlib import Path


QUERY = "?environment="


class Clusters(PlainService):
    """What somebody would write who has `tests/apis/clusters.yaml` before him, and nothing else."""

    def __init__(self) -> None:
        self.clusters: dict[str, dict[str, Any]] = {}
        self.numbers = count(1)

    def routed(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Return status and body of the answer; raise `Wrong` where it is refused."""
        path, _, query = path.partition("?")
        parts = [unquote(part) for part in path.split("/")[1:]]
        if method == "POST":
            return 201, self.create(self.sent(headers, body, ["name", "environment"]))
        sent = self.sent(headers, body, ["environment"]) if method == "PATCH" else {}
        environment = named(query) if method != "PATCH" else sent["environment"]["id"]
        if parts == ["clusters"]:
            return 200, {"data": self.found(environment)}
        cluster = self.clusters.get(parts[1]) if len(parts) == 2 else None
        if cluster is None or cluster["environment"]["id"] != environment:
            raise Wrong(404)
        if method == "DELETE":
            del self.clusters[parts[1]]
            return 204, None
        cluster.update(self.changed(sent))
        return 200, cluster

    def sent(self, headers: dict[str, str], body: bytes, required: list[str]) -> Any:
        """Return the body; raise `Wrong` where it is none that the document allows."""
        told = read(headers, body)
        check(told, {"name": str, "environment": dict}, required)
        check(told["environment"], {"id": str}, ["id"])
        if not 1 <= len(told.get("name", "x")) <= 40:
            raise Wrong(400)
        return told

    def create(self, body: Any) -> dict[str, Any]:
        """Return a new cluster."""
        id = f"c-{next(self.numbers):04}"
        self.clusters[id] = {"id": id, **body}
        return self.clusters[id]

    def found(self, environment: str) -> list[dict[str, Any]]:
        """Return the clusters of one *environment*."""
        return [one for one in self.clusters.values() if one["environment"]["id"] == environment]

    def changed(self, sent: dict[str, Any]) -> dict[str, Any]:
        """Return what an update writes."""
        return sent


def named(query: str) -> str:
    """Return the environment that *query* names; raise `Wrong` where it names none."""
    try:
        return parse_qs(query, keep_blank_values=True, errors="strict")["environment"][-1]
    except (KeyError, ValueError) as error:
        raise Wrong(400) from error


class Forgets(Clusters):
    """Keeps no update."""

    def changed(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {}


class ListsNone(Clusters):
    """Lists no cluster that was just made."""

    def found(self, environment: str) -> list[dict[str, Any]]:
        return super().found(environment)[:-1]


@pytest.mark.parametrize("options", [(), ("--contract-param", "environment=env-7")])
def test_who_keeps_the_document_is_silent(options: tuple[str, ...], folder: Path) -> None:
    """All that is made lies in the environment that the requests name, and is deleted there."""
    service = Clusters()
    made: set[str] = set()
    create = service.create
    service.create = lambda body: made.add(body["environment"]["id"]) or create(body)  # type: ignore[method-assign, func-returns-value]
    done = held(folder, service, "clusters", *options)
    assert done.code == 0, done.everything
    assert service.clusters == {}
    assert len(made) == 1
    if options:
        assert made == {"env-7"}
    assert done.verdicts["contracts/clusters::getCluster::request/accepted"] == "kept"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Forgets, "updateCluster::update/sent-is-returned/name"),
        (ListsNone, "createCluster::lifecycle/listed-once"),
    ],
)
def test_what_is_wrong_is_told(fault: type[Clusters], told: str, folder: Path) -> None:
    """By its clause, and nothing is left."""
    service = fault()
    assert f"contracts/clusters::{told}" in held(folder, service, "clusters").red
    assert service.clusters == {}


def test_names_and_types_tell_what_a_parameter_scopes() -> None:
    """``environment`` is the id of the ``environment`` in a body, for each operation that has one."""
    [clusters] = read_api("clusters").resources
    assert clusters.scopes == (
        Scope("createCluster", "environment.id", "listClusters", "environment"),
        Scope("updateCluster", "environment.id", "listClusters", "environment"),
    )
