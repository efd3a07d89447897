"""Serving over HTTP: `aims-graph serve` calls `run`."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from aims_graph.errors import InputError
from aims_graph.library import Library
from aims_graph_api import organisations, process
from aims_graph_api.app import create_app
from aims_graph_api.organisations import workspaces_in

__all__ = ["Start", "run", "workspaces_in"]


@dataclass(frozen=True)
class Start:
    """How a service is started: where it listens, what it serves, in how many processes."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0 takes a free one
    data: tuple[Path, ...] = ()
    workspaces: tuple[Path, ...] = ()  # one an organisation
    workers: int = 1  # processes that answer; with more than one, another holds the workspaces


def run(start: Start) -> None:
    """Serve until interrupted; prints the address once it is ready, with the real port where `port` is 0.

    Raises DataError where the data is wrong, and InputError where the address cannot be used or a workspace cannot be
    held.
    """
    with suppress(KeyboardInterrupt), listen(start.host, start.port) as listening:
        alone(start, listening)


def alone(start: Start, listening: socket.socket) -> None:
    """Serve everything from this process, which holds the workspaces."""
    library = Library.open(start.data)
    held = organisations.opened(list(start.workspaces), library)
    try:
        app = create_app(library, organisations=held)
        process.serve(app, [listening], ready=lambda: announce(listening), reload=nothing)
    finally:
        for organisation in held.values():
            organisation.close()


async def nothing() -> None:
    """Do nothing."""


def announce(listening: socket.socket) -> None:
    """Say where the service is to be found, now that it answers."""
    print(f"Listening on {address(listening)}", flush=True)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; InputError says why an address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise InputError(
            f"cannot listen on {host} port {port} ({error.strerror}). "
            "Give another --host or --port; port 0 takes a free one."
        ) from error


def address(listening: socket.socket) -> str:
    """The base address of a listening socket.

    >>> with listen("127.0.0.1", 0) as found: address(found).rpartition(":")[0]
    'http://127.0.0.1'
    """
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if listening.family == socket.AF_INET6 else f"http://{host}:{port}"
