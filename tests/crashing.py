"""A process that writes to a workspace and tells each entry it has acknowledged, and what is there after its death.

Run as a program: `crashing.py FOLDER WRITES POINT COUNT` dies of SIGKILL at the COUNT-th time it passes POINT.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kept import put

from aims_graph.workspaces import auditlog, upkeep
from aims_graph.workspaces.auditlog import AuditLog, Entry
from aims_graph.workspaces.record_store import RecordStore
from aims_graph.workspaces.workspace import LOG, Workspace

POINTS = ("before append", "torn append", "unsynced append", "after append", "large change", "after take")


class Fuse:
    """Kills this process at the moment it was set to."""

    def __init__(self, point: str, count: int) -> None:
        self.point, self.left = point, count

    def passes(self, point: str) -> None:
        if point == self.point:
            self.left -= 1
            if self.left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def armed(fuse: Fuse, patch: Callable[[Any, str, Any], None] = setattr) -> None:
    """Put the fuse into the ways that a write takes."""
    append, take, write, sync = AuditLog.append, RecordStore.take, auditlog._write_all, os.fdatasync

    def new_append(log: AuditLog, entry: Entry) -> None:
        fuse.passes("before append")
        append(log, entry)
        fuse.passes("after append")

    def new_take(store: RecordStore, entry: Entry, findings: Any = None) -> None:
        take(store, entry, findings)
        fuse.passes("after take")

    def new_write(handle: int, content: bytes) -> None:
        if fuse.point == "torn append" and fuse.left <= 1:
            os.write(handle, content[: 1 + len(content) // 2])
        fuse.passes("torn append")
        write(handle, content)

    def new_sync(handle: int) -> None:
        fuse.passes("unsynced append")
        sync(handle)

    extend = RecordStore._turn_over

    def new_turn(store: RecordStore, entry: Entry, *rest: Any) -> None:
        if len(rest) == 2:  # a large change: its statements are in the store, its number is not
            fuse.passes("large change")
        extend(store, entry, *rest)

    patch(AuditLog, "append", new_append)
    patch(RecordStore, "take", new_take)
    patch(RecordStore, "_turn_over", new_turn)
    patch(auditlog, "_write_all", new_write)
    patch(os, "fdatasync", new_sync)


def main(folder: str, writes: str, point: str, count: str) -> None:
    """Write, and tell each entry once it is acknowledged; some changes are large."""
    from aims_graph.workspaces import record_store

    record_store.AT_ONCE, auditlog.INLINE = 30, 4_000
    armed(Fuse(point, int(count)))
    with Workspace.open(Path(folder), write=True) as workspace:
        for number in range(int(writes)):
            entry = put(workspace, copies=40 if number % 10 == 7 else 1)
            os.write(1, f"{entry.number}\n".encode())


@dataclass(frozen=True)
class Round:
    """What one death left behind."""

    acknowledged: int  # the last entry that the writer told of
    found: int
    replayed: bool  # the store was behind, and took up what it lacked


def started(folder: Path, writes: int, point: str = "none", count: int = 0) -> subprocess.Popen[bytes]:
    """A writing process of its own; it tells on standard output."""
    arguments = [sys.executable, __file__, str(folder), str(writes), point, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE)


def survived(folder: Path, told: bytes, before: int) -> Round:
    """Look at a workspace after its writer ended; AssertionError if anything is lost, torn or out of step."""
    whole = told[: told.rfind(b"\n") + 1].split()
    acknowledged = int(whole[-1]) if whole else before
    found = upkeep.verify(AuditLog(folder / LOG))
    assert acknowledged <= found.entries <= acknowledged + 1, f"acknowledged {acknowledged}, found {found.entries}"
    store = RecordStore(folder / "store", "https://example.org/records/", read_only=True)
    behind = store.number < found.entries
    del store
    checks = {check.name: check for check in upkeep.doctor(folder)}
    assert checks["audit log"].sound, checks["audit log"].said
    assert checks["store"].sound, checks["store"].said
    return Round(acknowledged, found.entries, behind)


if __name__ == "__main__":
    main(*sys.argv[1:])
