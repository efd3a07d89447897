"""One process that answers requests: what it opens, its signals, its end in good order, and what it closes."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from aims_graph.library import Library
from aims_graph_api import collector, organisations
from aims_graph_api.app import create_app
from aims_graph_api.gate import guarding
from aims_graph_api.gate.hops import Addresses, Schemes
from aims_graph_api.organisations import Organisation
from aims_graph_api.preparing import prepare
from aims_graph_api.processes.forwarding import Forwarding, Link
from aims_graph_api.processes.orders import Orders
from aims_graph_api.processes.protocol import Protocol
from aims_graph_api.processes.server import Start
from aims_graph_api.settings import UNIX

GRACE = 20  # seconds that requests which are under way may still take once the process is asked to end
STOPPING = (signal.SIGTERM, signal.SIGINT)
Ready = Callable[[], None]


def alone(start: Start, listening: socket.socket, ready: Ready) -> None:
    """Serve everything from this process, which holds the workspaces."""
    with _held(start) as (library, held):
        app = _app(start, library, held)
        if start.prepares:
            prepare(app)
        _serve(app, [listening], ready)


def front(start: Start, listening: socket.socket, ready: Ready, writer: Path | None) -> None:
    """Answer what needs no organisation, and pass on the rest to the process that writes, where there is one."""
    library = Library.open(start.data)
    app = _app(start, library, {})
    if start.prepares:
        prepare(app)
    if writer is None:
        _serve(app, [listening], ready)
        return
    app.state.link = Link(writer)
    numbers, told = app.state.numbers, guarding.around(start.settings)
    forwarding = Forwarding(app, app.state.link, start.settings.read, numbers.unanswered, told)
    believed = Schemes(forwarding, Addresses(start.settings.trusted_proxies))  # before the writer, which believes us
    _serve(app, [listening], ready, believed)


def writer(start: Start, where: Path, ready: Ready) -> None:
    """Hold the workspaces, and answer what the others pass on: it alone is asked through this socket."""
    settings = replace(start.settings, trusted_proxies=(*start.settings.trusted_proxies, UNIX))
    start = replace(start, settings=settings)
    with _held(start) as (library, held), _private(where) as listening:
        _serve(_app(start, library, held), [listening], ready)


@contextmanager
def _held(start: Start) -> Iterator[tuple[Library, dict[str, Organisation]]]:
    """The data and the organisations, let go in good order: a write that is under way is finished."""
    library = Library.open(start.data)
    folders = [] if start.workspaces is None else organisations.workspaces_in(start.workspaces)
    held = organisations.opened([*folders, *([] if start.workspace is None else [start.workspace])], library)
    try:
        yield library, held
    finally:
        for organisation in held.values():
            organisation.close()


@contextmanager
def _private(where: Path) -> Iterator[socket.socket]:
    """A Unix socket in place of the one that an earlier process may have left."""
    where.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(where))
        where.chmod(0o600)
        listening.listen(1024)
        yield listening


def _app(start: Start, library: Library, held: dict[str, Organisation]) -> FastAPI:
    return create_app(library, organisations=held, settings=start.settings, data=start.data, metrics=start.metrics)


# -- running ---------------------------------------------------------------------------


class _Server(uvicorn.Server):
    """A server that tells when it listens, and leaves signals to the process it runs in."""

    def __init__(self, config: uvicorn.Config, ready: Ready) -> None:
        super().__init__(config)
        self._tell = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._tell()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        """End: first in good order, at the second time at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def _serve(app: FastAPI, listening: Sequence[socket.socket], ready: Ready, outer: ASGIApp | None = None) -> None:
    """Answer requests until a signal ends it; SIGHUP reads the data anew."""
    config = uvicorn.Config(
        outer or app,
        http=Protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whose word is taken is a matter of the settings
        timeout_graceful_shutdown=GRACE,
    )
    server = _Server(config, ready)
    tasks: set[asyncio.Task[Any]] = set()

    def again() -> None:
        task = asyncio.ensure_future(app.state.reloader.reload())
        tasks.add(task)  # a task that nobody holds may be lost
        task.add_done_callback(tasks.discard)

    async def answer() -> None:
        loop = asyncio.get_running_loop()
        for number in STOPPING:
            loop.add_signal_handler(number, server.stop)
        loop.add_signal_handler(signal.SIGHUP, again)
        try:
            await server.serve(sockets=list(listening))
        finally:
            await _let_go(app)

    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(answer())


async def _let_go(app: FastAPI) -> None:
    pool, link = getattr(app.state.serving, "pool", None), getattr(app.state, "link", None)
    if pool is not None:
        await pool.close()
    if link is not None:
        await link.close()


# -- as one of several -----------------------------------------------------------------


def follow(orders: Orders) -> None:
    """Be one of several processes, until told to end or until nobody is there any more to tell it."""
    left = threading.Event()
    threading.Thread(target=_end_with_supervisor, args=(left,), daemon=True).start()

    def ready() -> None:
        collector.work()
        os.write(orders.ready, b"r")
        os.close(orders.ready)

    try:
        if orders.listening is None:
            writer(orders.start, orders.socket, ready)
        else:
            with socket.socket(fileno=orders.listening) as listening:
                front(orders.start, listening, ready, orders.socket if orders.start.holds_records else None)
    finally:
        if left.is_set():
            shutil.rmtree(orders.folder, ignore_errors=True)


def _end_with_supervisor(left: threading.Event) -> None:
    """Standard input ends when the process that holds the other end does, however it does."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    left.set()
    os.kill(os.getpid(), signal.SIGTERM)
