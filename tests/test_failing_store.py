"""A store that fails for a while: what was acknowledged counts in every write after it, and each answer is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from services import Client, Service, served

from aims_graph.errors import DataError, OutputError, Problem
from aims_graph.library import Library
from aims_graph.workspaces.record_store import RecordStore
from aims_graph.workspaces.workspace import Workspace
from aims_graph_api import organisations

PATCH = "application/merge-patch+json"
GRAPH = "/sparql/graph-store?graph=urn:x:g"
RISK = {"kind": "Risk", "id": "R-1", "label": "Drift"}


@pytest.fixture
def service(tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(organisations, "AGAIN", 0.0)
    with served(tmp_path, library, "acme", "beta") as found:
        assert found.client("acme").request("POST", "records", json=RISK).status_code == 201
        yield found


def failing(act: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer to a request while the store of records takes nothing up."""

    def fails(*_: Any) -> Any:
        raise OSError(28, "disk full")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RecordStore, "take", fails)
        return act()


def renamed(client: Client, label: str) -> httpx.Response:
    return client.send("records/R-1", f'{{"label": "{label}"}}', PATCH, "PATCH")


def label(client: Client, name: str = "R-1") -> object:
    return client.get(f"records/{name}").json()["label"]


def entries(service: Service) -> int:
    with service.organisations["acme"].open() as workspace:
        return sum(1 for _ in workspace.log.entries())


def test_a_change_is_made_to_what_was_acknowledged_and_not_to_what_the_store_held_before(service: Service) -> None:
    client = service.client("acme")
    done = failing(lambda: renamed(client, "Acknowledged"))
    assert (done.status_code, done.json()["entry"]) == (200, 2)
    assert "etag" not in done.headers  # what the record is now, the store does not know yet
    assert client.send("records/R-1", '{"comment": "other"}', PATCH, "PATCH").status_code == 200
    assert label(client) == "Acknowledged"


def test_a_new_record_is_new_once(service: Service) -> None:
    client = service.client("acme")

    def put(said: str) -> httpx.Response:
        body = {"kind": "Risk", "id": "R-2", "label": said}
        return client.request("PUT", "records/R-2", json=body, headers={"If-None-Match": "*"})

    assert failing(lambda: put("first")).status_code == 201
    assert put("second").status_code == 412
    assert label(client, "R-2") == "first"


def test_a_graph_is_put_after_a_failure_as_at_any_time(service: Service) -> None:
    client = service.client("acme")
    failing(lambda: renamed(client, "Acknowledged"))
    assert client.send(GRAPH, "<urn:a> <urn:b> 1 .", "text/turtle", "PUT").status_code == 201


READ = ("records/R-1", "records", "check", "provisions/iso42001:10.2/what-else", "gaps", "/sparql?query=ASK {}")


def test_readers_see_what_was_acknowledged_once_the_store_works_again_and_nothing_older(service: Service) -> None:
    client, anybody = service.client("acme"), service.client()
    before = client.get("records/R-1").headers["etag"]
    failing(lambda: renamed(client, "Acknowledged"))

    def meanwhile() -> httpx.Response:
        for path in READ:
            told = client.get(path)
            assert told.status_code == 503 and "retry-after" in told.headers, path
        assert client.request("GET", "records/R-1", headers={"If-None-Match": before}).status_code == 503
        assert anybody.get("provisions/iso42001:10.2/what-else").status_code == 200
        told = renamed(client, "Refused")
        assert told.status_code == 503
        assert "nothing is read or changed" in told.json()["detail"]
        return anybody.get("/health/ready")

    assert failing(meanwhile).status_code == 503
    assert anybody.get("/health/ready").status_code == 200
    assert label(client) == "Acknowledged"
    assert client.get("records").json()["entry"] == 2
    assert entries(service) == 2


def test_a_store_that_turns_out_to_be_unsound_is_told_of(service: Service) -> None:
    client = service.client("acme")

    def meanwhile() -> httpx.Response:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Workspace, "_take_up", unsound)
            renamed(client, "Acknowledged")
            assert client.get("records/R-1").status_code == 503
            assert renamed(client, "Refused").status_code >= 400
            return service.client().get("/health/ready")

    def unsound(*_: Any) -> Any:
        raise DataError([Problem("store", None, "the store knows more than the log.", "Restore it.")])

    assert failing(meanwhile).status_code == 503
    assert label(client) == "Acknowledged"


def test_readers_do_not_try_more_than_once_in_a_while(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisations, "AGAIN", 60.0)
    client = service.client("acme")
    failing(lambda: renamed(client, "Acknowledged"))
    assert failing(lambda: client.get("records/R-1")).status_code == 503
    told = client.get("records/R-1")  # though the store would take it now
    assert (told.status_code, told.headers["retry-after"]) == (503, "60")
    assert client.send("records/R-1", '{"comment": "other"}', PATCH, "PATCH").status_code == 200  # a write always does
    assert label(client) == "Acknowledged"


def test_what_is_in_the_log_is_never_answered_as_not_written(service: Service) -> None:
    """As where a server that holds the records goes just after a write."""
    client = service.client("acme")

    def gone(*_: Any) -> Any:
        raise OutputError("the server is gone")

    take = RecordStore.take

    with pytest.MonkeyPatch.context() as patch:

        def taken(*given: Any) -> None:
            take(*given)
            patch.setattr(RecordStore, "about", gone)

        patch.setattr(RecordStore, "take", taken)
        done = client.request("POST", "records", json=RISK | {"id": "R-9"})
    assert (done.status_code, done.json()["entry"], done.headers["x-audit-entry"]) == (201, 2, "2")
    assert (done.json()["findings"], entries(service)) == ([], 2)


def test_the_numbers_are_told_while_a_store_fails(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    with service.organisations["beta"].open() as workspace:
        other = workspace.store
    number = RecordStore.number.fget  # type: ignore[attr-defined]

    def fails(store: RecordStore) -> int:
        if store is other:
            raise OutputError("gone")
        return int(number(store))

    monkeypatch.setattr(RecordStore, "number", property(fails))
    found = service.client("acme").get("/metrics")
    assert found.status_code == 200
    assert 'aims_graph_audit_entry{organisation="acme"} 1.0' in found.text


NEW_PERSON = {"kind": "Risk", "label": "x", "owner": "Ann Newcomer"}


@pytest.mark.parametrize(
    ("method", "path", "headers"), [("POST", "records", {}), ("PUT", "records/R-50", {"If-None-Match": "*"})]
)
def test_a_request_that_comes_twice_is_known_again_though_more_is_known_by_then(
    service: Service, method: str, path: str, headers: dict[str, str]
) -> None:
    client, body = service.client("acme"), NEW_PERSON | {"id": "R-50"}
    sent = headers | {"Idempotency-Key": "one"}
    first, second = (client.request(method, path, json=body, headers=sent) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200), first.text
    assert (second.json()["repeated"], second.json()["entry"]) == (True, first.json()["entry"])
    other = client.request(method, path, json=body | {"label": "y"}, headers=sent)
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (422, "key-used")
