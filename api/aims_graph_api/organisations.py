"""The organisations whose records a service keeps, each in a workspace of its own that nobody else reads."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import TypeVar

from anyio import CapacityLimiter

from aims_graph.errors import AimsGraphError, InputError
from aims_graph.library import Library
from aims_graph.workspaces import workspace_records
from aims_graph.workspaces.assessing import Assessor
from aims_graph.workspaces.workspace import Workspace, is_workspace
from aims_graph.workspaces.writing import Writer
from aims_graph_api.problems import UNAVAILABLE, Refused
from aims_graph_api.tracing import span

Done = TypeVar("Done")
THREADS = 8  # that may read or wait for a turn at once, for each organisation
AGAIN = 1.0  # seconds between attempts of readers to have the store take up what it lacks
LACKS = (
    "What was written last is safe in the log. Its store cannot take it up yet, so nothing is read or changed now. "
    "Try again later."
)


class Organisation:
    """One organisation: its workspace, open to write and held by this process alone.

    Reads and writes take turns, so that no reader sees a half-written change. `entry` is the number of the last log
    entry: the version of all its records together. Where its store could not take up what was written, that is tried
    again before each write, and before each read, at most once a second. Both are refused until it succeeds: nothing
    is answered from, or worked out on, a store that lacks what was acknowledged.
    """

    def __init__(self, name: str, folder: Path, library: Library) -> None:
        self.name, self.folder = name, folder
        self._turn = RLock()
        self.threads = CapacityLimiter(THREADS)
        self._workspace = Workspace.open(folder, write=True)
        self._plain = library
        self._writer = self._made()
        self._read: tuple[int, Library] | None = None
        self._again = 0.0  # when readers may try next to have the store take up what it lacks

    def _made(self) -> Writer:
        return Writer(self._workspace, Assessor(self._plain.catalogue, self._plain.rules))

    @property
    def base(self) -> str:
        """What the IRIs of its records begin with."""
        return self._workspace.settings.base

    @property
    def entry(self) -> int:
        """The last log entry, which the store has taken up or is to take up before anything is read."""
        with self._turn:
            return self._workspace.number

    @property
    def logged(self) -> int:
        """The same without a turn."""
        return self._workspace.number

    def _catch_up(self, now: bool = False) -> None:
        """Let the store take up what it lacks; Refused (503) while it cannot, or was asked to moments before."""
        if not self._workspace.behind:
            return
        if now or time.monotonic() >= self._again:
            with suppress(AimsGraphError):
                self._workspace.ready()
            self._again = time.monotonic() + AGAIN
        if self._workspace.behind:
            raise Refused(UNAVAILABLE, LACKS, {"Retry-After": str(math.ceil(AGAIN))})

    @contextmanager
    def open(self, now: bool = False) -> Iterator[Workspace]:
        """Its workspace, for as long as nobody else has a turn; Refused (503) while its store lacks a log entry.

        With `now`, as before a write, the store is asked to take it up even if it was asked to moments before.
        """
        with self._turn:
            self._catch_up(now)
            yield self._workspace

    def write(self, act: Callable[[Writer], Done]) -> Done:
        """Let a writer act; raises what it raises, and then nothing has changed.

        OutputError where the store lacks what was written before, and cannot take it up yet.
        """
        with self._turn, span("write"):
            self._workspace.ready()
            return act(self._writer)

    def library(self) -> Library:
        """What is loaded, with the records of this organisation as of its last entry; Refused as `open` is."""
        with self._turn:
            self._catch_up()
            entry = self._workspace.store.number
            if self._read is None or self._read[0] != entry:
                self._read = (entry, self._plain.with_records(workspace_records.of(self._workspace)))
            return self._read[1]

    def reload(self, library: Library) -> None:
        """Go on with other data, such as a mapping that was added."""
        with self._turn:
            self._plain, self._read = library, None
            self._writer = self._made()

    def close(self) -> None:
        """Finish the write that is under way, and let go of the workspace."""
        with self._turn:
            self._workspace.close()


def opened(folders: list[Path], library: Library) -> dict[str, Organisation]:
    """The organisations of workspace folders, each under the name of its folder.

    Raises InputError where a folder is no workspace, two have the same name, or one is held by another process.
    """
    found: dict[str, Organisation] = {}
    try:
        for folder in folders:
            name = folder.resolve().name
            if name in found:
                raise InputError(f"two workspaces are named '{name}'. Rename the folder of one.")
            found[name] = Organisation(name, folder, library)
    except BaseException:
        for organisation in found.values():
            organisation.close()
        raise
    return found


def workspaces_in(folder: Path) -> list[Path]:
    """The workspaces in a folder, by name; InputError where there are none."""
    found = sorted(path for path in folder.iterdir() if is_workspace(path)) if folder.is_dir() else []
    if not found:
        raise InputError(f"'{folder}' holds no workspaces. Make one in it with 'aims-graph init {folder / 'acme'}'.")
    return found
