"""SPARQL through several processes: what a key asks is passed on to the process that writes, all else is answered."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pyoxigraph as ox
import pytest
from endpoints import FORM, JSON_ROWS, QUERY, TURTLE, UPDATE
from hostile_queries import hostile
from running import PATIENCE, Running, children, is_dead, made, running, until

LAW = "https://w3id.org/aims-graph/graph/asserted"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?a ?b ?c . ?x ?y ?z }"
MANY = f"SELECT ?g ?n {{ GRAPH ?g {{ ?s ?p ?o }} VALUES ?n {{ {' '.join(map(str, range(50)))} }} }} LIMIT 100000"
ONE = "SELECT (1 AS ?n) {}"
ANYBODY, ACME = "anybody", "acme"


class Service:
    """A service of two processes that answer and one that writes, and clients with a key of acme and without."""

    def __init__(self, found: Running, key: str) -> None:
        self.running = found
        self.clients = {ANYBODY: found.client(), ACME: found.client(key)}

    @property
    def acme(self) -> httpx.Client:
        return self.clients[ACME]

    def workers(self, role: str) -> list[int]:
        """The processes that run queries for the processes of a role: those that have forked no others."""
        heads = [pid for pid, found in self.running.children.items() if found == role]
        return [pid for head in heads for pid in _below(head) if not children(pid)]


def _below(pid: int) -> list[int]:
    return [found for child in children(pid) for found in (child, *_below(child))]


def _runs(pid: int) -> bool:
    """Whether a process computes at this moment."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "R"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("organisations")
    key = made(folder, "acme")
    with running("--workspaces", folder, "--workers", 2) as found:
        serving = Service(found, key)
        yield serving
        for client in serving.clients.values():
            client.close()


@pytest.fixture(params=[ANYBODY, ACME])
def client(service: Service, request: pytest.FixtureRequest) -> httpx.Client:
    return service.clients[request.param]


def ask(client: httpx.Client, query: str, accept: str = JSON_ROWS) -> httpx.Response:
    return client.get("/sparql", params={"query": query}, headers={"Accept": accept})


def is_problem(found: httpx.Response, status: int) -> bool:
    assert found.headers["content-type"] == "application/problem+json", found.text
    assert (found.status_code, found.json()["status"]) == (status, status), found.text
    return True


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("GET", {"params": {"query": ONE}}),
        ("POST", {"content": ONE, "headers": {"Content-Type": QUERY}}),
        ("POST", {"data": {"query": ONE}}),
        ("POST", {"content": iter([b"query=", b"ASK%20%7B%7D"]), "headers": {"Content-Type": FORM}}),
    ],
)
def test_a_query_is_answered_however_it_is_sent(client: httpx.Client, method: str, more: dict[str, Any]) -> None:
    if "content" in more and not isinstance(more["content"], str):
        more = more | {"content": iter([b"query=", b"ASK%20%7B%7D"])}
    found = client.request(method, "/sparql", **more)
    assert (found.status_code, found.headers["content-type"]) == (200, JSON_ROWS), found.text


@pytest.mark.parametrize(
    ("query", "media_type"),
    [
        *((ONE, m) for m in (JSON_ROWS, "application/sparql-results+xml", "text/csv", "text/tab-separated-values")),
        *(("ASK {}", m) for m in (JSON_ROWS, "application/sparql-results+xml")),
        *(
            ("CONSTRUCT { <urn:a> <urn:b> 1 } {}", m)
            for m in (TURTLE, "application/n-triples", "application/rdf+xml", "application/ld+json")
        ),
    ],
)
def test_a_result_is_the_same_from_each_process(service: Service, query: str, media_type: str) -> None:
    found = [ask(client, query, media_type) for client in service.clients.values()]
    assert [f.headers["content-type"].partition(";")[0] for f in found] == [media_type] * 2
    assert found[0].content == found[1].content
    head = service.acme.head("/sparql", params={"query": query}, headers={"Accept": media_type})
    assert (head.content, head.headers["content-length"]) == (b"", found[1].headers["content-length"])


def test_the_description_tells_each_caller_what_it_may(service: Service) -> None:
    found = {name: client.get("/sparql", headers={"Accept": TURTLE}) for name, client in service.clients.items()}
    assert [f.status_code for f in found.values()] == [200, 200]
    assert "SPARQL11Update" in found[ACME].text
    assert "SPARQL11Update" not in found[ANYBODY].text
    endpoint = f"<{service.running.base}/sparql>"
    assert all(endpoint in f.text for f in found.values())


def test_what_a_key_writes_is_read_with_it_at_once_and_by_nobody_else(service: Service) -> None:
    for number in range(5):
        text = f"INSERT DATA {{ <urn:acme> <urn:number> {number} }}"
        form: dict[str, Any] = {"data": {"update": text}}
        sent = form if number % 2 else {"content": text, "headers": {"Content-Type": UPDATE}}
        written = service.acme.post("/sparql", **sent)
        assert (written.status_code, "x-audit-entry" in written.headers) == (200, True), written.text
        told = ask(service.acme, "SELECT (COUNT(*) AS ?n) { <urn:acme> ?p ?o }", "text/csv")
        assert told.text == f"n\r\n{number + 1}\r\n"
    assert '"boolean":false' in ask(service.clients[ANYBODY], "ASK { <urn:acme> ?p ?o }").text


def test_updates_and_graphs_need_a_key(service: Service) -> None:
    anybody, store = service.clients[ANYBODY], "/sparql/graph-store?default"
    assert is_problem(anybody.post("/sparql", data={"update": "CLEAR ALL"}), 401)
    assert is_problem(anybody.put(store, content="", headers={"Content-Type": TURTLE}), 401)
    assert is_problem(anybody.post(store, content="", headers={"Content-Type": TURTLE}), 401)
    assert is_problem(anybody.delete(store), 401)
    with service.running.client("no such key") as stranger:
        assert is_problem(stranger.post("/sparql", data={"query": ONE}), 401)


def test_a_graph_is_stored_read_added_to_and_deleted(service: Service) -> None:
    address, turtle = "/sparql/graph-store?graph=urn:notes", {"Content-Type": TURTLE}
    assert service.acme.put(address, content="<urn:a> <urn:b> 1 .", headers=turtle).status_code == 201
    assert service.acme.post(address, content="<urn:a> <urn:b> 2 .", headers=turtle).status_code == 200
    found = service.acme.get(address, headers={"Accept": TURTLE})
    assert len(list(ox.parse(found.content, ox.RdfFormat.TURTLE))) == 2
    tag = {"If-None-Match": found.headers["etag"], "Accept": TURTLE}
    assert service.acme.get(address, headers=tag).status_code == 304
    assert is_problem(service.clients[ANYBODY].get(address), 404)
    assert service.acme.delete(address).status_code == 200
    assert is_problem(service.acme.get(address), 404)
    new = service.acme.post("/sparql/graph-store", content="<urn:a> <urn:b> 3 .", headers=turtle)
    assert new.status_code == 201
    assert new.headers["location"].startswith(f"{service.running.base}/sparql/graph-store/")
    assert service.acme.get(new.headers["location"]).status_code == 200


def test_a_graph_of_law_is_read_without_a_key(service: Service) -> None:
    found = service.clients[ANYBODY].get(f"/sparql/graph-store?graph={LAW}", headers={"Accept": TURTLE})
    assert (found.status_code, len(found.content) > 1_000) == (200, True)


def test_a_large_result_arrives_whole(client: httpx.Client) -> None:
    with client.stream("GET", "/sparql", params={"query": MANY}, headers={"Accept": "text/csv"}) as found:
        lines = sum(piece.count(b"\n") for piece in found.iter_bytes(100_000))
    assert (found.status_code, lines) == (200, 100_001)
    more = MANY.replace("100000", "100001")
    assert is_problem(client.get("/sparql", params={"query": more}, headers={"Accept": JSON_ROWS}), 413)


def test_a_large_result_that_is_not_read_to_its_end_holds_nothing_up(client: httpx.Client) -> None:
    for _ in range(3):
        with client.stream("GET", "/sparql", params={"query": MANY}, headers={"Accept": "text/csv"}) as found:
            assert next(found.iter_bytes(1_000))
    assert ask(client, ONE).status_code == 200


@pytest.mark.parametrize(("name", "role"), [(ANYBODY, "front"), (ACME, "writer")])
def test_a_query_is_ended_when_its_client_leaves(service: Service, name: str, role: str) -> None:
    client = service.clients[name]
    for _ in range(5):  # in each process that may be asked
        assert ask(client, ONE).status_code == 200
    before = set(service.workers(role))
    with pytest.raises(httpx.ReadTimeout):
        client.get("/sparql", params={"query": ENDLESS}, timeout=1.5)
    until(lambda: any(is_dead(pid) for pid in before), "the process of the query has ended", 5)
    assert ask(client, ONE).status_code == 200


def test_a_killed_process_of_a_query_is_told_of_and_replaced(service: Service) -> None:
    with ThreadPoolExecutor(1) as thread:
        update = f"INSERT {{ <urn:a> <urn:b> ?n }} WHERE {{ {{ {ENDLESS} }} }}"  # in a process of its own
        assert ask(service.acme, ONE).status_code == 200  # so that what it is forked from is there
        before = set(service.workers("writer"))
        asking = thread.submit(service.acme.post, "/sparql", data={"update": update})
        until(lambda: bool(set(service.workers("writer")) - before), "it runs")
        for pid in set(service.workers("writer")) - before:
            os.kill(pid, signal.SIGKILL)
        found = asking.result(PATIENCE)
    assert is_problem(found, 503)
    assert "retry-after" in found.headers
    assert ask(service.acme, ONE).status_code == 200


def test_a_killed_writer_is_told_of_and_recovers_with_all_that_was_written(service: Service) -> None:
    written = service.acme.post("/sparql", data={"update": "INSERT DATA { GRAPH <urn:kept> { <urn:a> <urn:b> 1 } }"})
    assert written.status_code == 200
    writer = service.running.one("writer")
    with ThreadPoolExecutor(1) as thread:
        assert ask(service.acme, ONE).status_code == 200
        asking = thread.submit(ask, service.acme, ENDLESS)
        until(lambda: any(_runs(pid) for pid in service.workers("writer")), "it runs")
        left = _below(writer)
        os.kill(writer, signal.SIGKILL)
        found = asking.result(PATIENCE)
    assert is_problem(found, 503)
    assert "retry-after" in found.headers
    assert ask(service.clients[ANYBODY], ONE).status_code == 200
    until(lambda: ask(service.acme, ONE).status_code == 200, "it answers again")
    assert '"boolean":true' in ask(service.acme, "ASK { GRAPH <urn:kept> { <urn:a> <urn:b> 1 } }").text
    until(lambda: all(is_dead(pid) for pid in left), "its processes have ended")


def test_hostile_queries_are_refused_or_ended_through_it(service: Service, tmp_path: Path) -> None:
    found = [q for q in hostile("http://127.0.0.1:9/", str(tmp_path / "canary.ttl")) if q.outcome == "refused"]
    for name, client in service.clients.items():
        for query in found[::8]:
            answer = client.post("/sparql", content=query.text.encode(), headers={"Content-Type": QUERY})
            assert answer.status_code in (400, 403), (name, query.text, answer.text)
            assert is_problem(answer, answer.status_code)
        deep = client.post(
            "/sparql", content="ASK { FILTER(" + "!" * 100_000 + "true) }", headers={"Content-Type": QUERY}
        )
        assert is_problem(deep, 400)
        assert ask(client, ONE).status_code == 200


def test_a_query_past_its_time_is_ended_through_it(service: Service) -> None:
    with ThreadPoolExecutor(2) as thread:
        found = list(thread.map(lambda client: ask(client, ENDLESS), service.clients.values()))
    assert all(is_problem(answer, 408) for answer in found)
