"""Serving over HTTP: `aims-graph serve` calls `run`."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn

from aims_graph.errors import InputError
from aims_graph.library import Library
from aims_graph_api.app import create_app


def run(data: Sequence[Path], host: str, port: int) -> None:
    """Serve the data folders until interrupted; prints the address once, with the real port where `port` is 0.

    Raises DataError where the data is wrong and InputError where the address cannot be used.
    """
    app = create_app(Library.open(data))
    with listen(host, port) as listening:
        print(f"Listening on {address(listening)}", flush=True)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; InputError says why an address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
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
