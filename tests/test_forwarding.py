"""What is passed on between processes, and HTTP as both read it: limits, early answers, clients that leave."""

from __future__ import annotations

import json
import re
import socket
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from conftest import DATA
from fastapi import FastAPI, Request
from running import running, until
from starlette.responses import JSONResponse

from aims_graph.library import Library
from aims_graph.workspaces import keys
from aims_graph.workspaces.workspace import BASE, Workspace
from aims_graph_api import organisations, problems, serving
from aims_graph_api.gate import guarding, limits
from aims_graph_api.gate.limits import BodyLimit
from aims_graph_api.headers import SAFE_HEADERS
from aims_graph_api.processes import protocol
from aims_graph_api.processes.forwarding import Forwarding, Link
from aims_graph_api.processes.protocol import Protocol
from aims_graph_api.processes.server import listen
from aims_graph_api.serving import Serving
from aims_graph_api.settings import UNIX, Settings

RECORDS, CHECK = "/api/v1/records", "/api/v1/check"
WAIT = 20.0  # seconds: so that nothing hangs, not how fast it is


@dataclass
class Served:
    """A service in one process or, as far as a request can tell, in two."""

    address: tuple[str, int]
    key: str
    reading: str
    log: Path
    seen: list[dict[str, Any]] = field(default_factory=list)

    def send(self, *parts: bytes, pause: float = 0.0) -> bytes:
        """What is answered to some bytes, up to the end of the connection; what cannot be sent any more is not."""
        with closing(socket.create_connection(self.address, WAIT)) as line:
            for part in parts:
                try:
                    line.sendall(part)
                except OSError:
                    break
                time.sleep(pause)
            return b"".join(iter(lambda: line.recv(65536), b""))

    def head(self, method: str, path: str, *headers: str, key: str | None = None) -> bytes:
        sent = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
        sent += [f"Authorization: Bearer {self.key if key is None else key}"]
        return "\r\n".join([*sent, "", ""]).encode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[organisations.Organisation]:
    folder = tmp_path_factory.mktemp("held")
    Workspace.init(folder / "acme", BASE, "acme", datetime.now(UTC))
    (organisation,) = organisations.opened([folder / "acme"], Library.open([DATA / "widgets"])).values()
    yield organisation
    organisation.close()


@pytest.fixture(params=["one process", "two"])
def served(
    held: organisations.Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Served]:
    monkeypatch.setattr(BodyLimit.__init__, "__defaults__", (0.5,))
    settings = Settings(hsts=60, access_log=str(tmp_path / "log"), trusted_proxies=(UNIX,), rate_failures=None)
    now = datetime.now(UTC).replace(microsecond=0)
    made = [keys.make(held.folder, f"{s} {time.time_ns()}", [s], "ann", now).text for s in ("write", "read")]
    with ExitStack() as stack:
        app: Any = _app(held, settings)
        state = app.state
        if request.param == "two":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            unix = stack.enter_context(socket.socket(socket.AF_UNIX))
            unix.bind(str(folder / "writer"))
            stack.enter_context(_serving(app, unix))
            app = _front(_app(None, settings), folder / "writer", around=guarding.around(settings))
        listening = stack.enter_context(listen("127.0.0.1", 0))
        stack.enter_context(_serving(app, listening))
        found = Served(listening.getsockname(), made[0], made[1], tmp_path / "log")
        state.seen = found.seen
        yield found
    (held.folder / keys.FILE).unlink()


def _app(held: organisations.Organisation | None, settings: Settings) -> FastAPI:
    app, service = FastAPI(), Serving(Library.open([DATA / "widgets"]), {} if held is None else {"acme": held})
    serving.install(app, service)
    guarding.install(app, service, settings)
    problems.install(app)

    @app.get("/boom")
    def boom() -> None:
        raise RuntimeError("unforeseen")

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT"])
    async def size(request: Request) -> JSONResponse:
        read = len(await request.body())
        app.state.seen.append({name: request.headers.getlist(name) for name in request.headers})
        return JSONResponse(read)

    return app


def _front(app: FastAPI, writer: Path, **more: Any) -> Forwarding:
    link = Link(writer)

    @asynccontextmanager
    async def closing_link(_: FastAPI) -> AsyncIterator[None]:
        yield
        await link.close()

    app.router.lifespan_context = closing_link
    return Forwarding(app, link, **more)


@contextmanager
def _serving(app: Any, listening: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app, http=Protocol, ws="none", log_level="warning", proxy_headers=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until(lambda: server.started, "it listens")
    yield
    server.should_exit = True
    thread.join()


def status(answer: bytes) -> int:
    return int(answer[9:12])


def headers(answer: bytes) -> dict[str, str]:
    lines = answer.partition(b"\r\n\r\n")[0].decode().splitlines()[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}


def chunk(size: int) -> bytes:
    return b"%x\r\n%s\r\n" % (size, b"[" * size)


# -- limits ----------------------------------------------------------------------------


def test_a_body_is_passed_on_as_it_comes(served: Served) -> None:
    ends = "Connection: close"
    whole = served.head("POST", RECORDS, ends, "Content-Length: 6")
    assert served.send(whole, b"abc", b"def", pause=0.05).endswith(b"\r\n6")
    parts = served.head("POST", RECORDS, ends, "Transfer-Encoding: chunked")
    assert b"6000000" in served.send(parts, *[chunk(1_000_000)] * 6, b"0\r\n\r\n")
    assert served.send(served.head("PUT", RECORDS, ends, "Content-Length: 0")).endswith(b"\r\n0")


def test_a_body_that_does_not_arrive_ends_its_connection(served: Served) -> None:
    start = time.monotonic()
    answer = served.send(served.head("POST", RECORDS, "Content-Length: 100"), b"{")
    assert (status(answer), headers(answer)["connection"]) == (408, "close")
    assert b"took-too-long" in answer
    assert time.monotonic() - start > 0.4
    until(lambda: [line["status"] for line in served.lines] == [408], "its line is written", WAIT)


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(served: Served) -> None:
    answer = served.send(served.head("POST", RECORDS, "Content-Length: 200000000"))
    assert (status(answer), headers(answer)["connection"]) == (413, "close")
    until(lambda: [line["status"] for line in served.lines] == [413], "its line is written", WAIT)


@pytest.mark.parametrize("form", ["Content-Length: 1000000000", "Transfer-Encoding: chunked"])
def test_a_key_that_is_not_taken_is_told_before_the_body_has_come(served: Served, form: str) -> None:
    head = served.head("POST", RECORDS, form, key="nope")
    start = time.monotonic()
    with closing(socket.create_connection(served.address, WAIT)) as line:
        line.sendall(head + b"1\r\n{\r\n")
        assert status(line.recv(65536)) == 401
    assert time.monotonic() - start < WAIT


def test_a_body_without_end_is_ended_at_the_size_that_the_key_allows(served: Served) -> None:
    head = served.head("POST", CHECK, "Transfer-Encoding: chunked", key=served.reading)
    answer = served.send(head, *[chunk(100_000)] * 300)
    assert (status(answer), headers(answer)["connection"]) == (413, "close")
    assert str(limits.LARGEST_BODY).encode() in answer


def test_a_client_that_leaves_while_it_sends_leaves_no_traceback(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(socket.create_connection(served.address, WAIT)) as line:
        line.sendall(served.head("POST", RECORDS, "Content-Length: 100") + b"{")
        time.sleep(0.1)
    until(lambda: bool(served.lines), "the request is over", WAIT)
    assert [(line["status"], line["bytes"] > 0) for line in served.lines] == [(400, True)]
    assert caplog.records == []


# -- by what name ----------------------------------------------------------------------


@pytest.mark.parametrize("lines", ["Host:", "Host: a/b", "Host: u@e", "Host: x:99999", "Host: a b", "Host: [", ""])
@pytest.mark.parametrize("path", [RECORDS, "/sparql", "/api/v1/frameworks"])
def test_a_request_names_a_host_or_is_refused_without_a_word_of_what_is_behind(
    served: Served, lines: str, path: str
) -> None:
    asked = served.head("GET", path, "Connection: close").replace(b"Host: x\r\n", f"{lines}\r\n".encode().lstrip())
    answer = served.send(asked)
    assert status(answer) == 400
    told = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (told["type"].rpartition("/")[2], told["instance"]) == ("unusable-input", path)
    assert b"header Host" in answer
    assert b"writer" not in answer


@pytest.mark.parametrize("host", ["x", "example.org:8000", "[::1]:8000", "127.0.0.1"])
def test_a_host_is_a_name_or_an_address(served: Served, host: str) -> None:
    asked = served.head("GET", RECORDS, "Connection: close").replace(b"Host: x", f"Host: {host}".encode())
    assert status(served.send(asked)) == 200


# -- what fails ------------------------------------------------------------------------


def test_a_failure_keeps_nobody_else_from_an_answer(served: Served) -> None:
    for _ in range(20):
        failed = served.send(served.head("GET", "/boom", "Connection: close"))
        assert (status(failed), b"RuntimeError" in failed) == (500, False)
        assert status(served.send(served.head("GET", RECORDS, "Connection: close"))) == 200
        assert status(served.send(served.head("PUT", RECORDS, "Connection: close", "Content-Length: 1"), b"x")) == 200


@pytest.mark.parametrize(("method", "expected"), [("GET", 200), ("DELETE", 503)])
def test_what_was_not_answered_is_asked_again_if_that_changes_nothing(method: str, expected: int) -> None:
    """The other end closes each connection after its first answer, without saying so before."""
    asked: list[str] = []
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as unix, ExitStack() as stack:
        unix.bind(f"{folder}/writer")
        unix.listen()

        def answer() -> None:
            while True:
                try:
                    line, _ = unix.accept()
                except OSError:
                    return
                for number in range(2):
                    sent = line.recv(65536)
                    if not sent:
                        break
                    asked.append(sent.split()[0].decode())
                    if number == 0:
                        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                line.close()

        threading.Thread(target=answer, daemon=True).start()
        listening = stack.enter_context(listen("127.0.0.1", 0))
        stack.enter_context(_serving(_front(FastAPI(), Path(folder) / "writer"), listening))
        found = Served(listening.getsockname(), "key", "", Path())
        assert status(found.send(found.head("GET", RECORDS, "Connection: close"))) == 200
        again = found.send(found.head(method, RECORDS, "Connection: close"))
        unix.shutdown(socket.SHUT_RDWR)
    assert status(again) == expected
    assert asked == (["GET"] * 3 if expected == 200 else ["GET", method])


def test_what_the_process_that_answers_refuses_itself_is_an_answer_like_others(tmp_path: Path) -> None:
    settings = Settings(hsts=60, access_log=str(tmp_path / "log"), cors_origins=("https://tools.example",))
    around = guarding.around(settings)
    counted: list[tuple[str, int]] = []
    with listen("127.0.0.1", 0) as listening:
        app = _front(FastAPI(), tmp_path / "nobody", count=lambda *said: counted.append(said), around=around)
        with _serving(app, listening):
            found = Served(listening.getsockname(), "key", "", tmp_path / "log")
            asked = ("Connection: close", "X-Request-ID: number-1", "Origin: https://tools.example")
            answer = found.send(found.head("GET", f"{RECORDS}?q=x", *asked))
    told = headers(answer)
    assert (status(answer), told["retry-after"], told["x-request-id"]) == (503, "2", "number-1")
    assert (told["strict-transport-security"], told["cache-control"]) == ("max-age=60", "no-store")
    assert "Authorization, X-API-Key" in answer.decode()
    assert told["access-control-allow-origin"] == "https://tools.example"
    assert SAFE_HEADERS.items() <= {name.title() if name != "x" else name: v for name, v in told.items()}.items()
    assert counted == [("GET", 503)]
    (line,) = found.lines
    assert (line["request"], line["status"], line["parameters"]) == ("number-1", 503, ["q"])


# -- HTTP ------------------------------------------------------------------------------


def test_a_field_after_the_body_is_no_header(served: Served) -> None:
    head = served.head("POST", RECORDS, "Connection: close", "Transfer-Encoding: chunked", "X-Reason: head")
    late = f"0\r\nX-Reason: late\r\nX-Forwarded-For: 6.6.6.6\r\nAuthorization: Bearer {served.reading}\r\n\r\n".encode()
    assert status(served.send(head + chunk(2) + late)) == 200
    (seen,) = served.seen
    assert seen["x-reason"] == ["head"]
    assert len(seen["authorization"]) == 1
    assert "6.6.6.6" not in str(seen)


@pytest.mark.parametrize(
    ("sent", "expected", "kind"),
    [
        (b"GET / HTTP/9\r\nbroken\r\n\r\n", 400, "unusable-input"),
        (b"\x16\x03\x01\r\n\r\n", 400, "unusable-input"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 70_000 + b"\r\n\r\n", 431, "head-too-large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 1_000_000, 431, "head-too-large"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 100_000, 431, "head-too-large"),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431, "head-too-large"),
        (
            b"POST / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
            400,
            "unusable-input",
        ),
    ],
)
def test_what_is_no_request_is_answered_with_a_problem(
    served: Served, sent: bytes, expected: int, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = served.send(sent)
    told = headers(answer)
    assert (status(answer), told["content-type"]) == (expected, "application/problem+json")
    assert (told["connection"], told["x-content-type-options"]) == ("close", "nosniff")
    problem = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (problem["type"].rpartition("/")[2], problem["status"]) == (kind, expected)
    assert not any(record.exc_info for record in caplog.records)


def test_a_head_may_be_large(served: Served) -> None:
    large = "X-Large: " + "a" * (protocol.LARGEST_HEAD - 1000)
    one = served.head("GET", RECORDS, large)
    answer = served.send(one, one, served.head("GET", RECORDS, "Connection: close"))
    assert len(re.findall(rb"HTTP/1\.1 200", answer)) == 3


def test_a_change_of_protocol_is_not_made(served: Served) -> None:
    for other in ("h2c", "websocket"):
        answer = served.send(served.head("GET", RECORDS, "Connection: Upgrade", f"Upgrade: {other}"))
        assert (status(answer), headers(answer)["connection"]) == (200, "close")


def test_an_answered_request_whose_body_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "UNREAD", 0.2)

    async def hasty(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    with listen("127.0.0.1", 0) as listening, _serving(hasty, listening):
        found = Served(listening.getsockname(), "", "", Path())
        unfinished = found.send(found.head("POST", "/", "Content-Length: 10"), b"x")
        assert status(unfinished) == 401
        head = found.head("POST", "/", "Content-Length: 2")
        late = found.send(head, b"xx" + head, b"x", b"x" + found.head("GET", "/", "Connection: close"), pause=0.05)
        assert len(re.findall(rb"HTTP/1\.1 401", late)) == 3


# -- as it is run ----------------------------------------------------------------------


def test_several_processes_answer_early_and_log_once(tmp_path: Path) -> None:
    Workspace.init(tmp_path / "all" / "acme", BASE, "acme", datetime.now(UTC))
    log = tmp_path / "log"
    with running("--workspaces", tmp_path / "all", "--workers", 2, "--access-log", log) as service:
        host, port = service.base.removeprefix("http://").split(":")
        found = Served((host, int(port)), "nope", "", log)
        assert status(found.send(found.head("PUT", f"{RECORDS}/x", "Content-Length: 100"), b"{")) == 401
        assert status(found.send(b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"a" * 100_000)) == 431
        until(
            lambda: [(line["status"], line["method"]) for line in found.lines] == [(401, "PUT")], "one line is written"
        )
