"""Running the service: several processes, what kills them, readiness, numbers, spans, and data read anew."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import httpx
import pytest
import services
from conftest import DATA, ROOT, Run
from fastapi import FastAPI
from running import PATIENCE, START, Running, children, is_dead, made, running, until

from aims_graph.errors import OutputError
from aims_graph.library import Library
from aims_graph.workspaces.workspace import BASE, Workspace
from aims_graph_api import create_app, describing
from aims_graph_api.monitoring import health
from aims_graph_api.monitoring.metrics import outcome
from aims_graph_api.organisations import Organisation
from aims_graph_api.processes import forwarding, server, serving_process, supervisor
from aims_graph_api.processes.server import Start
from aims_graph_api.settings import CLOSED, REGULATION, Oidc, Settings

V1 = "/api/v1"
LAW = f"{V1}/provisions/iso42001:10.2"
WIDGETS = f"{LAW}/what-else?framework=widgets"
RECORDS = f"{V1}/records"
PAGE = (ROOT / "docs" / "operation.md").read_text(encoding="utf-8")


@dataclass
class Service:
    """A service with two organisations and their keys."""

    running: Running
    folder: Path
    keys: dict[str, str] = field(default_factory=dict)

    def client(self, organisation: str = "") -> httpx.Client:
        return self.running.client(self.keys.get(organisation, ""))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("organisations")
    keys = {name: made(folder, name) for name in ("acme", "beta")}
    environment = {"AIMS_TRUSTED_PROXIES": "127.0.0.1", "AIMS_PREPARE": ""}  # as with several workers in earnest
    with running("--workspaces", folder, "--workers", 2, environment=environment) as found:
        yield Service(found, folder, keys)


def risk(number: int) -> dict[str, str]:
    return {"kind": "Risk", "id": f"R-{number}", "label": f"Risk {number}"}


def batch(number: int) -> list[dict[str, str]]:
    """Records that are sent together; one of every third batch alone."""
    return [risk(1000 * number + n) for n in range(1 if number % 3 == 0 else 20)]


def held(client: httpx.Client) -> set[str]:
    """The ids of all risks, by the pages of their list."""
    found: set[str] = set()
    page = f"{RECORDS}?kind=Risk&limit=1000"
    while page:
        told = client.get(page).json()
        found |= {row["id"] for row in told["records"]}
        page = told["next"]
    return found


def check_whole(client: httpx.Client, sent: dict[int, int]) -> None:
    """Of batches that were sent, by the status of their answers: what was acknowledged is there, and none is half."""
    there = held(client)
    for number, status in sent.items():
        ids = {record["id"] for record in batch(number)}
        assert ids <= there if status == 201 else ids <= there or not ids & there, (number, status)


def ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


# -- several processes -----------------------------------------------------------------


def test_law_is_answered_to_anybody_and_records_to_those_with_a_key(service: Service) -> None:
    with service.client() as anybody, service.client("acme") as acme, service.client("beta") as beta:
        assert anybody.get(LAW).json()["id"] == acme.get(LAW).json()["id"] == "iso42001:10.2"
        sent = acme.post(RECORDS, json=risk(1))
        assert sent.status_code == 201, sent.text
        assert acme.get(f"{RECORDS}/R-1").json()["label"] == "Risk 1"
        assert beta.get(f"{RECORDS}/R-1").status_code == 404
        refused = anybody.get(f"{RECORDS}/R-1")
        assert (refused.status_code, refused.headers["content-type"]) == (401, "application/problem+json")


def test_one_process_writes_and_two_answer_and_the_first_does_neither(service: Service) -> None:
    assert sorted(service.running.children.values()) == ["front", "front", "writer"]
    for pid in service.running.children:
        assert b"MALLOC_ARENA_MAX=" in Path(f"/proc/{pid}/environ").read_bytes()
    loaded = Path(f"/proc/{service.running.process.pid}/maps").read_text(encoding="utf-8")
    assert "/uvloop/" not in loaded
    assert "/pydantic_core/" not in loaded


def test_what_is_passed_on_comes_back_as_it_is_answered_in_one_process(service: Service, tmp_path: Path) -> None:
    with service.client("acme") as acme:
        found = acme.get(LAW, headers={"Accept-Encoding": "identity"})
        assert len(found.headers.get_list("date")) == 1
        assert int(found.headers["content-length"]) == len(found.content)
        assert acme.head(LAW).content == b""
        assert acme.post(RECORDS, content=b"{", headers={"Content-Type": "application/json"}).status_code in (400, 422)
        assert acme.request("DELETE", f"{V1}/frameworks").status_code == 405
        streamed = acme.post(RECORDS, content=iter([b'{"kind": "Risk", ', b'"id": "R-2", "label": "Parts"}']),
                             headers={"Content-Type": "application/json"})  # fmt: skip
        assert streamed.status_code == 201, streamed.text
        assert acme.get(f"{V1}/provisions/nothing%20of%20the%2Fkind").status_code == 404


def test_head_and_the_methods_of_an_address_are_told_by_whichever_process_answers(service: Service) -> None:
    for client, paths in ((service.client(), (LAW, "/", "/sparql")), (service.client("acme"), (LAW, RECORDS, "/"))):
        with client:
            client.headers["Accept-Encoding"] = "identity"
            for path in paths:
                got, head = client.get(path), client.head(path)
                assert (head.status_code, head.content) == (200, b"")
                for name in ("etag", "content-type", "content-length", "cache-control", "vary"):
                    assert head.headers.get_list(name) == got.headers.get_list(name), (path, name)
            missing = client.head(f"{LAW}x")
            assert (missing.status_code, missing.content, missing.headers["cache-control"]) == (404, b"", "no-store")
            for method in ("PUT", "PATCH", "OPTIONS"):
                refused = client.request(method, LAW)
                assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
                refused = client.request(method, f"{V1}/check")
                assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")


def test_an_address_that_is_no_http_is_the_clients_fault(service: Service) -> None:
    host, port = service.running.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), PATIENCE) as line:
        line.sendall(b"GET /api/v1/records/\xc3\xa4 HTTP/1.1\r\nHost: x\r\nX-API-Key: y\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert re.match(rb"HTTP/1.1 4\d\d ", answer), answer[:200]
    assert b"problem+json" in answer or b"Invalid HTTP request" in answer


@pytest.mark.parametrize(
    ("method", "path", "headers", "read", "expected"),
    [
        ("GET", "/api/v1/frameworks", {}, REGULATION, False),
        ("POST", "/api/v1/what-else", {}, REGULATION, False),
        ("GET", "/health/ready", {"authorization": "x"}, CLOSED, False),
        ("GET", "/api/v1/frameworks", {"authorization": "x"}, REGULATION, True),
        ("GET", "/sparql", {"x-api-key": "x"}, REGULATION, True),
        ("GET", "/api/v1/records", {}, REGULATION, True),
        ("GET", "/records", {}, REGULATION, True),
        ("GET", "/sparql/graph-store", {}, REGULATION, True),
        ("PUT", "/anything", {}, REGULATION, True),
        ("GET", "/metrics", {}, REGULATION, True),
        ("GET", "/api/v1/frameworks", {}, CLOSED, True),
    ],
)
def test_what_needs_an_organisation_is_passed_on(
    method: str, path: str, headers: dict[str, str], read: str, expected: bool
) -> None:
    scope = {"method": method, "path": path, "headers": [(n.encode(), v.encode()) for n, v in headers.items()]}
    assert forwarding.passed_on(scope, read) is expected


def test_a_request_goes_no_further_once_its_client_has_left(tmp_path: Path) -> None:
    """The process that writes learns that nobody waits any more, and the request ends on both sides."""

    async def exchange() -> tuple[bool, list[str]]:
        arrived, left = asyncio.Event(), asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            arrived.set()
            await reader.read()  # ends when the other end is closed
            left.set()
            writer.close()

        sent: list[str] = []
        async with await asyncio.start_unix_server(answer, tmp_path / "writer"):
            link = forwarding.Link(tmp_path / "writer")

            async def receive() -> Any:
                await arrived.wait()
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                sent.append(message["type"])

            scope = {
                **{"type": "http", "method": "GET", "path": RECORDS, "raw_path": RECORDS.encode()},
                **{"query_string": b"", "headers": [(b"host", b"x")], "client": ("127.0.0.1", 1)},
            }
            await asyncio.wait_for(forwarding.Forwarding(_unused, link)(scope, receive, send), 5)
            await link.close()
            await asyncio.wait_for(left.wait(), 5)
        return left.is_set(), sent

    assert asyncio.run(exchange()) == (True, [])


async def _unused(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("this was to be passed on")


def test_limits_count_by_the_address_a_request_came_from_before_it_was_passed_on(service: Service) -> None:
    def statuses(by: str) -> set[int]:
        with service.running.client("aims_wrong_wrong") as stranger:
            asked = (stranger.get(RECORDS, headers={"X-Forwarded-For": by.format(n)}) for n in range(1, 26))
            return {answer.status_code for answer in asked}

    assert statuses("10.1.0.{}") == {401}
    assert statuses("10.2.0.{}, 10.9.9.9") == {401, 429}  # what stands before the proxy's word counts for nothing


# -- numbers ---------------------------------------------------------------------------


def numbers(text: str) -> dict[str, float]:
    """The samples of a page of metrics."""
    found = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in found}


def test_metrics_add_up_over_all_processes_and_name_no_other_organisation(service: Service) -> None:
    with service.client("acme") as acme:
        name = 'aims_graph_requests_total{method="GET",route="/api/v1/frameworks",status="200"}'
        before = numbers(acme.get("/metrics").text).get(name, 0.0)
        for _ in range(30):  # each over a connection of its own, so that both processes answer
            with service.client() as anybody:
                anybody.get(f"{V1}/frameworks")
                anybody.get(f"/made-up-{time.monotonic_ns()}")
        acme.post(RECORDS, json=risk(77))
        text = acme.get("/metrics").text
    found = numbers(text)
    assert found[name] - before == 30
    assert found['aims_graph_requests_total{method="GET",route="(none)",status="404"}'] >= 30
    assert "made-up" not in text
    assert found['aims_graph_writes_total{outcome="done"}'] >= 1
    assert found['aims_graph_audit_entry{organisation="acme"}'] >= 1
    assert "beta" not in text
    assert found["aims_graph_requests_in_flight"] == 1  # this one
    assert any(n.startswith("aims_graph_library_info") and v == 1 for n, v in found.items())


def test_metrics_are_for_those_who_look_after_an_organisation(service: Service) -> None:
    with service.client() as anybody:
        assert anybody.get("/metrics").status_code == 401


def test_metrics_are_open_where_that_is_said(library: Library) -> None:
    assert _get(create_app(library, metrics="open"), "/metrics").status_code == 200
    assert _get(create_app(library), "/metrics").status_code == 401


@pytest.mark.parametrize(("status", "word"), [(200, "done"), (304, "done"), (404, "refused"), (503, "unavailable")])
def test_an_outcome_is_a_word(status: int, word: str) -> None:
    assert outcome(status) == word


def _get(app: Any, path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


# -- readiness -------------------------------------------------------------------------


def test_a_service_without_records_is_ready_when_its_data_is_loaded(library: Library) -> None:
    app = create_app(library)
    for path in ("/health/ready", f"{V1}/health/ready"):
        assert _get(app, path).json() == {"status": "ready", "data": "current"}


@pytest.mark.parametrize(
    ("how", "said"), [("behind", "has not taken up"), ("broken", "does not answer"), ("slow", "in time")]
)
def test_a_store_that_fails_is_told_and_not_named(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, said: str
) -> None:
    made(tmp_path, "acme")
    organisation = Organisation("acme", tmp_path / "acme", library)
    monkeypatch.setattr(health, "PATIENCE", 0.2)
    free = threading.Event()
    try:
        app = create_app(library, organisations={"acme": organisation})
        assert _get(app, "/health/ready").status_code == 200
        with organisation.open() as workspace:
            if how == "behind":
                workspace._behind = True
                monkeypatch.setattr(workspace, "ready", lambda: _fails(None))  # and cannot take it up yet
            elif how == "broken":
                monkeypatch.setattr(health, "asked", _fails)
            else:
                monkeypatch.setattr(health, "asked", lambda _: free.wait(2))
        found = _get(app, "/health/ready")
        free.set()
        workspace._behind = False
    finally:
        organisation.close()
    assert (found.status_code, found.headers["retry-after"], found.json()["part"]) == (503, "1", "store")
    assert said in found.json()["detail"]
    assert "acme" not in found.text


def _fails(_: object) -> None:
    raise OutputError("the store at somewhere cannot be reached. Start it.")


# -- data read anew --------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2])
def test_a_row_that_is_added_is_answered_after_a_reload_without_a_failed_request(tmp_path: Path, workers: int) -> None:
    shutil.copytree(DATA / "widgets", tmp_path / "data")
    table = tmp_path / "data" / "mappings" / "iso42001--widgets.sssom.tsv"
    whole = table.read_text(encoding="utf-8")
    table.write_text("".join(line for line in whole.splitlines(True) if "widgets-001" not in line), encoding="utf-8")
    key = made(tmp_path / "organisations", "acme")
    options = ("--data", tmp_path / "data", "--workspaces", tmp_path / "organisations", "--workers", workers)
    with running(*options, environment={"AIMS_PREPARE": ""}) as found, found.client() as client:

        def counts() -> bool:
            answer = client.get(WIDGETS)
            assert answer.status_code == 200, answer.text
            return any(a["provision"] == "widgets:W-1.1" for a in answer.json()["answers"])

        assert not counts()
        statuses: list[int] = []
        stop = threading.Event()

        def ask() -> None:
            with found.client() as other:
                while not stop.is_set():
                    statuses.append(other.get(WIDGETS).status_code)

        written: dict[int, int] = {}

        def write() -> None:
            with found.client(key) as acme:
                while not stop.is_set():
                    number = len(written) + 1
                    written[number] = acme.post(RECORDS, json=batch(number)).status_code

        with ThreadPoolExecutor(3) as askers:
            asked = [askers.submit(ask), askers.submit(ask), askers.submit(write)]
            try:
                table.write_text(whole, encoding="utf-8")
                found.process.send_signal(signal.SIGHUP)
                until(counts, "the new row is answered")
                table.write_text("this is no table\n", encoding="utf-8")
                found.process.send_signal(signal.SIGHUP)
                until(lambda: client.get("/health/ready").json().get("data") == "older", "the wrong data is told")
            finally:
                stop.set()
            for one in asked:
                one.result()
        assert counts()
        assert set(statuses) == {200}
        assert len(statuses) > 10
        assert set(written.values()) == {201}
        with found.client(key) as acme:
            check_whole(acme, written)


def test_the_version_of_an_answer_is_never_newer_than_what_it_is_read_from(
    tmp_path: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data that is read anew reaches organisations one by one; till then versions are those of the old data."""
    served: list[Library] = []
    with services.served(tmp_path, library, "acme", "beta") as service:
        serving, reload = service.app.state.serving, Organisation.reload

        def noted(self: Organisation, new: Library) -> None:
            served.append(serving.library)
            reload(self, new)

        monkeypatch.setattr(Organisation, "reload", noted)
        service.runner.run(service.app.state.reloader.reload())
        assert [found is library for found in served] == [True, True]
        assert serving.library is not library


def test_what_is_wrong_with_new_data_is_logged_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(DATA / "widgets", tmp_path / "data")
    app = create_app(Library.open([tmp_path / "data"]), data=[tmp_path / "data"], metrics="open")
    before = app.state.serving.library
    table = tmp_path / "data" / "mappings" / "iso42001--widgets.sssom.tsv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("strm:supersetOf", "strm:fatherOf"), encoding="utf-8")
    asyncio.run(app.state.reloader.reload())
    assert app.state.serving.library is before
    assert "fatherOf" in capsys.readouterr().err
    assert 'aims_graph_reloads_total{outcome="failed"} 1.0' in _get(app, "/metrics").text
    table.write_text(text, encoding="utf-8")
    monkeypatch.setattr(describing, "document", lambda _, library, __: {"of": library})
    document = app.openapi()
    asyncio.run(app.state.reloader.reload())
    assert app.state.serving.library is not before
    assert app.openapi() is not document
    assert _get(app, "/health/ready").json()["data"] == "current"


# -- kills -----------------------------------------------------------------------------


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """While this lasts, a process does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_readers_and_writes_survive_a_kill_of_each_process(service: Service) -> None:
    """Under load: what was acknowledged is there, readers go on by themselves, and the probe tells the truth."""
    sent: dict[int, int] = {}  # batch → status of its answer, 0 for none
    waits: list[str | None] = []  # what was refused says when to ask again
    read: list[int] = []
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            sent[number] = 0
            try:
                with service.client("acme") as acme:
                    answer = acme.post(RECORDS, json=batch(number))
            except httpx.TransportError:
                continue  # the connection of the process that was killed
            sent[number] = answer.status_code
            if answer.status_code != 201:
                waits.append(answer.headers.get("retry-after"))

    def ask() -> None:
        while not stop.is_set():
            try:
                with service.client() as anybody:
                    read.append(anybody.get(LAW).status_code)
            except httpx.TransportError:
                read.append(0)  # the same

    def acknowledged() -> int:
        return list(sent.values()).count(201)

    with ThreadPoolExecutor(2) as threads:
        under_way = [threads.submit(write), threads.submit(ask)]
        try:
            until(lambda: acknowledged() > 3, "there is a light load")
            _kill(service.running.one("front"))
            until(lambda: len(service.running.children) == 3, "another process answers")
            with service.client() as anybody, service.client("acme") as acme:
                with stopped(service.running.process.pid):  # so that it starts no other yet
                    _kill(service.running.one("writer"))
                    assert not ready(anybody)
                    assert anybody.get("/health/ready").json()["part"] == "writer"
                    down = acme.get(RECORDS)
                    assert (down.status_code, down.headers["retry-after"]) == (503, str(forwarding.STARTING))
                    assert "problem+json" in down.headers["content-type"]
                    until(lambda: bool(waits), "a write is refused")
                until(lambda: ready(anybody), "the other process writes")
            so_far = acknowledged()
            until(lambda: acknowledged() > so_far + 3, "writes are taken again")
        finally:
            stop.set()
        for one in under_way:
            one.result()
    assert set(sent.values()) <= {0, 201, 503}
    assert list(sent.values()).count(0) <= 1  # of the one that answers; without a word of the one that writes is 503
    assert all(wait is not None and int(wait) >= forwarding.STARTING for wait in waits)
    assert read.count(0) <= 3
    assert set(read) <= {0, 200}
    with service.client("acme") as acme:
        check_whole(acme, sent)


def test_a_copy_made_while_writes_go_on_has_all_that_was_acknowledged(
    service: Service, tmp_path: Path, run: Run
) -> None:
    (command,) = re.findall(r"^(aims-graph backup \S+) --workspace organisations/acme$", PAGE, re.M)
    acknowledged: list[int] = []
    stop = threading.Event()

    def write() -> None:
        with service.client("beta") as beta:
            for number in range(1, 10_000):
                sent = beta.post(RECORDS, json={"kind": "Risk", "id": f"B-{number}", "label": f"Risk {number}"})
                assert sent.status_code == 201, sent.text
                acknowledged.append(number)
                if stop.is_set():
                    return

    with ThreadPoolExecutor(1) as thread:
        writing = thread.submit(write)
        for copy in range(3):
            so_far = len(acknowledged)
            until(lambda: writing.done() or len(acknowledged) > so_far + 5, "some are written")  # noqa: B023  (called here)
            before = len(acknowledged)
            ran = run(*command.split()[1:2], tmp_path / f"copy-{copy}", "--workspace", service.folder / "beta")
            assert ran.code == 0, ran.err
            with Workspace.open(tmp_path / f"copy-{copy}") as workspace:
                held = [n for n in acknowledged[:before] if workspace.store.has(f"{BASE}B-{n}")]
                assert held == acknowledged[:before]
        stop.set()
        writing.result()
    assert run("restore", tmp_path / "copy-2", tmp_path / "again").code == 0
    for folder in ("copy-2", "again"):
        assert run("log", "verify", "--workspace", tmp_path / folder).code == 0
        assert run("doctor", tmp_path / folder).code == 0
    assert not list(tmp_path.glob("**/keys.json"))


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    until(lambda: is_dead(pid), "it is dead")


def test_a_write_that_is_under_way_is_finished_when_the_service_is_ended(tmp_path: Path) -> None:
    key = made(tmp_path, "acme")
    begun, go_on = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        yield b'{"kind": "Risk", "id": "R-1", '
        begun.set()
        go_on.wait(PATIENCE)
        yield b'"label": "Finished"}'

    with running("--workspaces", tmp_path, "--workers", 2) as found, found.client(key) as client:
        with ThreadPoolExecutor(1) as thread:
            sent = thread.submit(client.post, RECORDS, content=body(), headers={"Content-Type": "application/json"})
            begun.wait(PATIENCE)
            time.sleep(0.3)  # until it has arrived where it is written
            found.process.send_signal(signal.SIGTERM)
            until(lambda: _refuses(found.base), "nothing new is taken")
            go_on.set()
            answer = sent.result(PATIENCE)
        assert found.process.wait(PATIENCE) == 0
    assert answer.status_code == 201, answer.text
    with running("--workspaces", tmp_path) as again, again.client(key) as client:
        assert client.get(f"{RECORDS}/R-1").json()["label"] == "Finished"


def _refuses(base: str) -> bool:
    host, port = base.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except ConnectionRefusedError:
        return True
    return False


def test_no_process_outlives_the_first_and_no_folder_is_left(tmp_path: Path) -> None:
    made(tmp_path / "all", "acme")
    with (
        tempfile.TemporaryDirectory() as short,  # the address of a socket has room for about a hundred bytes
        running("--workspaces", tmp_path / "all", "--workers", 2, environment={"TMPDIR": short}) as found,
    ):
        left = children(found.process.pid)
        assert len(left) == 3
        (private,) = Path(short).iterdir()
        assert private.stat().st_mode & 0o777 == 0o700
        found.process.kill()
        found.process.wait()
        until(lambda: all(is_dead(pid) for pid in left), "all have ended")
        assert list(Path(short).iterdir()) == []


def test_a_temporary_folder_with_a_long_path_is_refused_with_a_reason(tmp_path: Path) -> None:
    made(tmp_path / "all", "acme")
    long = tmp_path / ("x" * 100)
    long.mkdir()
    command = [sys.executable, "-c", START, "--port", "0", "--workers", "2", "--workspaces", str(tmp_path / "all")]
    environment = {**os.environ, "TMPDIR": str(long)}
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, env=environment, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "too long for a socket. Set TMPDIR to a shorter one." in ran.stderr
    assert list(long.iterdir()) == []


@pytest.mark.parametrize(
    ("workers", "said", "prepared"), [(1, None, False), (1, True, True), (2, None, True), (2, False, False)]
)
def test_what_most_ask_is_at_hand_from_the_start_where_several_answer_or_it_is_said(
    monkeypatch: pytest.MonkeyPatch, workers: int, said: bool | None, prepared: bool
) -> None:
    served: list[FastAPI] = []
    monkeypatch.setattr(serving_process, "prepare", lambda app: setattr(app.state, "prepared", True))
    monkeypatch.setattr(serving_process, "_serve", lambda app, *_: served.append(app))
    start = Start(workers=workers, settings=Settings(prepare=said))
    with socket.socket() as listening:
        serving_process.alone(start, listening, lambda: None)
        serving_process.front(start, listening, lambda: None, None)
    assert [getattr(app.state, "prepared", False) for app in served] == [prepared] * 2


def test_an_interrupt_ends_all_processes_without_a_word(tmp_path: Path) -> None:
    command = [sys.executable, "-c", START, "--port", "0", "--workers", "2", "--prepare", "no"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout
        assert serving.stdout.readline().startswith("Listening on ")
        left = children(serving.pid)
        assert len(left) == 2  # nobody writes where there are no workspaces
        serving.send_signal(signal.SIGINT)
        out, err = serving.communicate(timeout=PATIENCE)
    assert (out, err, serving.returncode) == ("", "", 0)
    assert all(is_dead(pid) for pid in left)


def test_what_is_wrong_is_said_once_before_anything_is_served(tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "broken.rq").write_text("SELECT")
    command = [sys.executable, "-c", START, "--port", "0", "--workers", "2", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("not valid SPARQL") == 1
    assert "Traceback" not in done.stderr


def test_a_process_that_dies_again_is_waited_for_longer() -> None:
    assert supervisor.DELAYS[0] == 0
    assert sorted(supervisor.DELAYS) == list(supervisor.DELAYS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workspace", "a", "--workspaces", "b"), "Give one of the two"),
        (("--metrics", "everybody"), "Take of admin, open"),
        (("--read", "some"), "Take of regulation"),
        (("--workspaces", "."), "holds no workspaces"),
    ],
)
def test_options_that_do_not_fit_are_bad_input(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("serve", "--port", 0, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_without_the_extra_of_the_service_it_is_said_how_to_get_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda _: None)
    ran = run("serve", "--port", 0)
    assert (ran.code, ran.out) == (2, "")
    assert "the service needs fastapi, " in ran.err
    assert "pip install 'aims-graph[api]'" in ran.err


def test_what_the_service_looks_for_is_what_its_extra_brings() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    brought = {re.split(r"[>=; ]", line)[0].replace("-", "_") for line in extras["api"]}
    assert set(server.NEEDED) == brought - {"uvloop"}  # which makes it faster, where there is one


# -- spans -----------------------------------------------------------------------------

SPANS = """
import asyncio, json, sys
from pathlib import Path
import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from aims_graph.library import Library
from aims_graph_api import create_app, tracing
from aims_graph_api.organisations import Organisation

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)

async def ask():
    app = create_app(Library.open())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        await client.get("/api/v1/provisions/iso42001:10.2", headers={"traceparent": parent})
        organisation = Organisation("w", Path(sys.argv[1]), app.state.serving.library)
        with tracing.span("step"):
            organisation.write(lambda writer: print(*tracing.carried({"headers": []}), file=sys.stderr))
        organisation.close()

asyncio.run(ask())
print(json.dumps([{"name": s.name, "kind": s.kind.name, "attributes": dict(s.attributes),
  "trace": f"{s.context.trace_id:032x}", "id": f"{s.context.span_id:016x}",
  "parent": s.parent and f"{s.parent.span_id:016x}"}
  for s in exporter.get_finished_spans()]))
"""


def test_a_request_is_a_span_below_the_one_that_it_names_and_a_write_is_one_too(tmp_path: Path) -> None:
    pytest.importorskip("opentelemetry.sdk", reason="the OpenTelemetry SDK is not installed")
    made(tmp_path, "w")
    command = [sys.executable, "-c", SPANS, str(tmp_path / "w")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    request, write, step = json.loads(done.stdout)
    assert request["name"] == "GET /api/v1/provisions/{curie}"
    assert request["kind"] == "SERVER"
    assert (request["trace"], request["parent"]) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert request["attributes"]["http.response.status_code"] == 200
    assert request["attributes"]["http.route"] == "/api/v1/provisions/{curie}"
    assert (step["name"], step["parent"]) == ("step", None)
    assert (write["name"], write["parent"]) == ("write", step["id"])
    assert f"00-{write['trace']}-{write['id']}-" in done.stderr  # what a request that is passed on carries


def test_no_tracing_is_loaded_where_none_is_set_up() -> None:
    program = (
        "import sys, aims_graph_api.processes.serving_process; from aims_graph_api import tracing\n"
        "print(tracing.tracer(), [m for m in sys.modules if m.startswith('opentelemetry.sdk')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "None []"


def test_the_commands_of_people_load_nothing_of_the_service() -> None:
    program = (
        "import sys; from aims_graph.cli import main; sys.argv = ['aims-graph', 'what-else', 'iso42001:10.2']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('fastapi', 'uvicorn', 'httpx', 'prometheus_client', 'aims_graph_api') if m in sys.modules],"
        " file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


# -- files to deploy with --------------------------------------------------------------

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
UNIT = ROOT / "deploy" / "aims-graph.service"


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile, in order."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text(encoding="utf-8"))
    lines = (line.partition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return [(name, rest.strip()) for name, _, rest in lines]


def test_what_the_image_copies_is_enough_to_build_the_wheel(tmp_path: Path) -> None:
    copied = [rest.split() for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    for *sources, target in copied:
        for source in sources:
            to = tmp_path / target / source if target.endswith("/") else tmp_path / target
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, to)
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel"], cwd=tmp_path, check=True)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as found:
        tops = {name.split("/")[0] for name in found.namelist()}
        assert "aims_graph_api/processes/worker.py" in found.namelist()
        assert "aims_graph_api/static/site.css" in found.namelist()
    assert {"aims_graph", "aims_graph_api"} == {top for top in tops if not top.endswith(".dist-info")}


def test_the_image_runs_a_command_there_is_as_nobody_in_particular(run: Run) -> None:
    found = dict(instructions())
    assert found["USER"] == "aims-graph"
    assert found["VOLUME"] == "/var/lib/aims-graph"
    assert json.loads(found["ENTRYPOINT"]) == ["aims-graph"]
    command, *options = json.loads(found["CMD"])
    told = run(command, "--help").out
    assert all(option in told for option in options if option.startswith("--"))
    assert f":{found['EXPOSE']}/health/ready" in found["HEALTHCHECK"]


def test_the_image_takes_the_extras_that_there_are() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    (installed,) = re.findall(r'"\.\[([a-z,]+)\]"', DOCKERFILE.read_text(encoding="utf-8"))
    assert set(installed.split(",")) <= set(extras)


def test_the_unit_is_one_that_systemd_can_read(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace("/opt/aims-graph/bin/aims-graph", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_waits_longer_than_the_service_does() -> None:
    unit = dict(line.partition("=")[::2] for line in UNIT.read_text(encoding="utf-8").splitlines() if "=" in line)
    assert int(unit["TimeoutStopSec"]) > 2 * supervisor.LIMIT  # those that answer, then the one that writes
    assert (unit["KillMode"], unit["DynamicUser"], unit["ProtectSystem"]) == ("mixed", "yes", "strict")


SETTINGS = {  # the rows of the table: setting, option and default
    (setting, option): default
    for setting, option, default in re.findall(
        r"^\| (?:`(AIMS_\w+)`)? ?\| (?:`--([a-z-]+)`)? ?\| ([^|]+) \| ", PAGE, re.M
    )
}


def test_the_table_of_settings_is_that_of_the_program(run: Run) -> None:
    options = set(re.findall(r"^  --([a-z-]+)", run("serve", "--help").out, re.M)) - {"help"}
    assert options == {option for _, option in SETTINGS if option}
    code = [path.read_text(encoding="utf-8") for part in ("src", "api") for path in (ROOT / part).rglob("*.py")]
    named = {name for text in code for name in re.findall(r"AIMS_[A-Z]+(?:_[A-Z]+)*\b(?!_)", text)}
    named |= {f"AIMS_{f.name.upper()}" for f in fields(Settings) if f.name != "oidc"}
    named |= {f"AIMS_OIDC_{f.name.upper()}" for f in fields(Oidc)}
    assert named == {setting for setting, _ in SETTINGS if setting}
    for setting, option in SETTINGS:
        if setting and option:
            assert setting == f"AIMS_{option.replace('-', '_').upper()}"


def test_each_default_in_the_table_is_the_one_that_stands_where_nothing_is_set() -> None:
    shown = {setting: text.strip("`") for (setting, _), text in SETTINGS.items() if setting and text.startswith("`")}
    oidc = {"AIMS_OIDC_ISSUER": "https://issuer.example", "AIMS_OIDC_AUDIENCE": "aims"}
    settings = {name: text for name, text in shown.items() if not name.startswith("AIMS_OIDC_")}
    assert Settings.from_environment(settings) == Settings()
    assert Settings.from_environment(shown | oidc) == Settings.from_environment(oidc)
    start = Start()
    plain = {option: text.strip("`") for (_, option), text in SETTINGS.items()}
    assert (plain["host"], int(plain["port"])) == (start.host, start.port)
    assert (int(plain["workers"]), plain["metrics"]) == (start.workers, start.metrics)
    lasting = {f.name: f.default for f in fields(Settings) if f"AIMS_{f.name.upper()}" not in shown}
    assert not any(lasting.values()), "a default that is not in the table"


def test_a_secret_is_no_option(run: Run) -> None:
    told = run("serve", "--help").out
    assert not re.search(r"--\S*(password|secret|token|user)", told)
    assert max(map(len, told.splitlines())) <= 80


def test_a_workspace_that_is_typed_comes_before_those_that_the_environment_names(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMS_WORKSPACES", str(tmp_path / "all"))
    monkeypatch.setenv("AIMS_WORKSPACE", str(tmp_path / "one"))
    for typed, meant in ((("--workspace", tmp_path / "typed"), "typed"), ((), "all")):
        ran = run("serve", "--port", 0, *typed)
        assert ran.code == 2
        assert str(tmp_path / meant) in ran.err, ran.err


def test_the_page_names_every_number(library: Library) -> None:
    text = _get(create_app(library, metrics="open"), "/metrics").text
    names = set(re.findall(r"^# TYPE (aims_graph_\w+) (?:counter|gauge|histogram)$", text, re.M))
    names = {name for name in names if not name.endswith("_created")}
    assert len(names) >= 9
    assert {name for name in names if f"`{name}`" not in PAGE} == set()
