"""One process that answers requests: its signals, its end in good order, and what it closes."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import uvicorn

GRACE = 20  # seconds that requests which are under way may still take once the process is asked to end
STOPPING = (signal.SIGTERM, signal.SIGINT)


class Server(uvicorn.Server):
    """A server that tells when it listens, and leaves signals to the process it runs in."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def stop(self) -> None:
        """End: first in good order, at the second time at once."""
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(
    app: Any,
    listening: Sequence[socket.socket],
    *,
    ready: Callable[[], None],
    reload: Callable[[], Awaitable[object]],
    behind: bool = False,
    watch: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Answer requests until a signal ends it; SIGHUP reads the data anew.

    `behind` tells that every request comes from another process of the service, which says whose it is. `watch` is
    given what ends the process, for whatever else may end it.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=not behind,
        timeout_graceful_shutdown=GRACE,
    )
    server = Server(config, ready)

    async def answer() -> None:
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[object]] = set()

        def again() -> None:
            task = asyncio.ensure_future(reload())
            tasks.add(task)  # a task that nobody holds may be lost
            task.add_done_callback(tasks.discard)

        for number in STOPPING:
            loop.add_signal_handler(number, server.stop)
        if hasattr(signal, "SIGHUP"):
            loop.add_signal_handler(signal.SIGHUP, again)
        if watch is not None:
            watch(partial(_soon, loop, server.stop))
        await server.serve(sockets=list(listening))

    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(answer())


def _soon(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # a loop that has ended needs no telling
        loop.call_soon_threadsafe(act)
