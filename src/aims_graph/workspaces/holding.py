"""Who holds a workspace: one process writes, several may read while nobody does."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from aims_graph.errors import InputError

FILE = "lock"


class Hold:
    """A hold on a workspace folder, given up with `release` or by the end of the process, however it ends."""

    def __init__(self, folder: Path, write: bool) -> None:
        self._path = folder / FILE
        self._writes = write
        self._file = _locked(self._path, write)
        if write:
            holder = {"pid": os.getpid(), "host": socket.gethostname(), "command": Path(sys.argv[0]).name}
            self._tell(holder | {"since": datetime.now(UTC).isoformat(timespec="seconds")})

    def _tell(self, holder: dict[str, object]) -> None:
        handle = self._file.fileno()
        os.ftruncate(handle, 0)
        with suppress(OSError):  # on a full disk nobody can be told who holds it; held it is all the same
            os.write(handle, json.dumps(holder).encode())

    def release(self) -> None:
        """Let others in."""
        if self._writes:
            os.ftruncate(self._file.fileno(), 0)
        self._file.close()


def is_written_to(folder: Path) -> bool:
    """Whether a process that writes holds a workspace now."""
    try:
        with (folder / FILE).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # nobody has held it yet
    return False


def _locked(path: Path, write: bool) -> IO[str]:
    try:
        file = path.open("a+" if write or not path.exists() else "r", encoding="utf-8")
    except OSError as error:
        raise InputError(f"'{path}' cannot be opened ({error.strerror}). Check the rights of the folder.") from error
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if write else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(path, file)
        file.close()
        raise InputError(
            f"the workspace '{path.parent}' is in use{holder}. Wait until it is done; to read meanwhile, "
            "ask the service that holds it, or open a backup."
        ) from None
    return file


def _holder(path: Path, file: IO[str]) -> str:
    """Who holds the lock, as it said of itself; readers say nothing, and what the file says is of an earlier writer."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return " by a process that reads it"
    except BlockingIOError:
        pass
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return f" by process {told['pid']} ({told['command']}) on {told['host']}, since {told['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return " by a process that writes to it"
