"""Serving over HTTP: `aims-graph serve` calls `run`."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from aims_graph.errors import InputError, MissingDependency
from aims_graph_api.settings import Settings

__all__ = ["Settings", "Start", "run"]

METRICS = ("admin", "open")
NEEDED = ("fastapi", "httpcore", "httptools", "jinja2", "orjson", "prometheus_client", "python_multipart", "uvicorn")
"""What the extra `api` brings. It is looked for, not loaded: the first of several processes does without."""


@dataclass(frozen=True)
class Start:
    """How a service is started: where it listens, what it serves, in how many processes."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0 takes a free one
    data: tuple[Path, ...] = ()
    workspace: Path | None = None  # of one organisation
    workspaces: Path | None = None  # a folder of them, one an organisation
    workers: int = 1  # processes that answer; with more than one, another holds the workspaces
    metrics: str = "admin"  # who may read /metrics: `admin` keys, or with `open` anybody
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        if self.metrics not in METRICS:
            raise InputError(f"metrics for '{self.metrics}' are not known. Take of {', '.join(METRICS)}.")

    @property
    def holds_records(self) -> bool:
        """Whether there is a workspace to be held."""
        return self.workspace is not None or self.workspaces is not None

    @property
    def prepares(self) -> bool:
        """Whether a process that answers works out what most ask before it says that it is ready."""
        chosen = self.settings.prepare
        return self.workers > 1 if chosen is None else chosen


def run(start: Start) -> None:
    """Serve until interrupted; prints the address once it is ready, with the real port where `port` is 0.

    Raises DataError where the data is wrong, InputError where the address cannot be used or a workspace cannot be
    held, and MissingDependency where the program was installed without the service.
    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise MissingDependency(f"the service needs {', '.join(missing)}.", "pip install 'aims-graph[api]'")
    with suppress(KeyboardInterrupt), listen(start.host, start.port) as listening:
        if start.workers > 1:
            from aims_graph_api.processes import supervisor

            supervisor.Supervisor(start, listening, lambda: announce(listening)).run()
        else:
            from aims_graph_api.processes import serving_process

            serving_process.alone(start, listening, lambda: announce(listening))


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
