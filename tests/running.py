"""A service as people run it: `aims-graph serve` in processes of its own, on a free port of this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from aims_graph.workspaces import keys
from aims_graph.workspaces.workspace import BASE, Workspace

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = "import sys; from aims_graph.cli import main; sys.argv = ['aims-graph', 'serve', *sys.argv[1:]]; main()"
PATIENCE = 30.0  # seconds


@dataclass(frozen=True)
class Running:
    """One service: where it is, and its processes."""

    base: str
    process: subprocess.Popen[str]

    def client(self, key: str = "", **more: object) -> httpx.Client:
        """Requests to it, with a key where one is given."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.base, headers=headers, trust_env=False, timeout=PATIENCE)

    @property
    def children(self) -> dict[int, str]:
        """The processes that the first one started, each with its Unix sockets and so on: `writer` or `front`."""
        return {pid: role(pid) for pid in children(self.process.pid)}

    def one(self, wanted: str) -> int:
        """A process of a role."""
        return next(pid for pid, found in self.children.items() if found == wanted)


def children(parent: int) -> list[int]:
    """The processes that a process has started and that live."""
    text = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(word) for word in text.split() if not is_dead(int(word))]


def is_dead(pid: int) -> bool:
    """Whether a process is no more, or only waits to be looked at."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def role(pid: int) -> str:
    """What a process of a service does: the one that writes holds the lock of a workspace."""
    try:
        held = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return "gone"
    return "writer" if any(name.endswith("/lock") for name in held) else "front"


def memory(pid: int) -> int:
    """The bytes that a process holds in memory for itself."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    return 1024 * sum(int(n) for n in re.findall(r"^Private_\w+:\s+(\d+)", text, re.M))


def made(folder: Path, name: str, *scopes: str) -> str:
    """A new workspace in a folder, and the text of a key of it."""
    Workspace.init(folder / name, BASE, name, NOW)
    return keys.make(folder / name, f"key of {name}", scopes or ("admin",), "test", NOW).text


@contextmanager
def running(*options: object, environment: dict[str, str] | None = None, errors: object = None) -> Iterator[Running]:
    """A service, ended in good order afterwards."""
    command = [sys.executable, "-c", START, "--port", "0", *map(str, options)]
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors or said,  # type: ignore[call-overload]
            text=True,
            env={**os.environ, "AIMS_PREPARE": "no", **(environment or {})},  # to be there sooner
        ) as process,
    ):
        try:
            line = process.stdout.readline()
            if not line.startswith("Listening on "):
                said.seek(0)
                raise AssertionError(f"it did not start: {line!r} {said.read()}")
            yield Running(line.removeprefix("Listening on ").strip(), process)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()


def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """Wait until something holds; how long that took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, f"waited in vain until {what}"
        time.sleep(0.02)
    return time.monotonic() - begun
