"""The audit log of a workspace: what changed, who changed it, when and why; each entry sealed by the one before it.

A file of JSON lines, written ahead of the store: an entry carries the change itself and is on disk before the write
is acknowledged. A large change lies in a file of its own, `<number>.nq.gz`, whose hash the entry holds.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from aims_graph.errors import DataError, OutputError, Problem

START = "0" * 64  # what the first entry follows
FILE = "audit.jsonl"
INLINE = 1_000_000  # characters of a change that still stand in the entry itself
_TAIL = 1 << 16
_UNSEALED = "is not as it was written ({}, {}): its seal does not fit."


@dataclass(frozen=True)
class Change:
    """Statements that came and went, one line of N-Quads each, sorted."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @cached_property
    def text(self) -> str:
        """The change as lines that start with + or -."""
        return "".join(f"{sign} {line}\n" for sign, lines in (("-", self.removed), ("+", self.added)) for line in lines)

    @staticmethod
    def read(text: str) -> Change:
        """The change from its lines."""
        lines = text.split("\n")  # literals may hold other characters that end a line elsewhere
        added, removed = ([line[2:] for line in lines if line[:2] == sign] for sign in ("+ ", "- "))
        return Change(tuple(added), tuple(removed))


@dataclass(frozen=True)
class Entry:
    """One write as the log keeps it."""

    number: int
    at: str  # UTC, to the second, as xsd:dateTime
    who: str
    what: str  # the command or request, in words
    why: str | None
    key: str | None  # of a request that may come twice
    request: str  # hash of what was asked for
    change: Change
    before: str  # hash of all statements before
    after: str
    previous: str  # seal of the entry before
    seal: str = ""

    def sealed(self) -> Entry:
        """The entry with its own hash."""
        return replace(self, seal=_seal(self._head(), _sha256(self.change.text)))

    @property
    def is_sealed(self) -> bool:
        """Whether its seal is true of it."""
        return self.seal == self.sealed().seal

    def _head(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k not in ("change", "seal")}

    def line(self, apart: bool) -> str:
        """The entry as one line of JSON; with the change in a file of its own if `apart`."""
        head = self._head() | {"digest": _sha256(self.change.text)}
        body = {} if apart else {"change": self.change.text}
        return json.dumps(head | body | {"seal": self.seal}, ensure_ascii=False, separators=(",", ":")) + "\n"


def _seal(head: dict[str, Any], digest: str) -> str:
    return _sha256(json.dumps(head | {"digest": digest}, ensure_ascii=False, sort_keys=True, separators=(",", ":")))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class AuditLog:
    """The log in a folder; the caller sees to it that one process writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE

    def append(self, entry: Entry) -> None:
        """Put a sealed entry on disk; OutputError if it cannot be, and then nothing of it is left."""
        apart = len(entry.change.text) > INLINE
        size = self.path.stat().st_size if self.path.exists() else 0
        try:
            if apart:
                _write(self._apart(entry.number), gzip.compress(entry.change.text.encode(), 6, mtime=0))
            with self.path.open("ab", buffering=0) as file:
                _write_all(file.fileno(), entry.line(apart).encode())
                os.fdatasync(file.fileno())
            if not size:
                sync_folder(self.folder)
        except OSError as error:
            self._cut(size)
            self._apart(entry.number).unlink(missing_ok=True)
            raise OutputError(
                f"the audit log '{self.path}' cannot be written ({error.strerror}). Nothing was changed. "
                "Free space on the disk, or mend its rights, and write again."
            ) from error

    def _cut(self, size: int) -> None:
        if self.path.exists() and self.path.stat().st_size > size:
            os.truncate(self.path, size)

    def _apart(self, number: int) -> Path:
        return self.folder / f"{number:010}.nq.gz"

    def copy(self, folder: Path) -> None:
        """Copy the log to a new folder, also while somebody writes to it; of an entry that is torn nothing is left."""
        folder.mkdir()
        if self.path.exists():
            shutil.copy2(self.path, folder / FILE)  # first: a change that it names lies beside it by then
        for apart in sorted(self.folder.glob("*.nq.gz")):
            shutil.copy2(apart, folder / apart.name)
        AuditLog(folder).last()

    def entries(self, check: bool = True) -> Iterator[Entry]:
        """All entries in order; DataError at the first one that is not as it was written."""
        if not self.path.exists():
            return
        previous, number = START, 0
        with self.path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    return  # never acknowledged: the process ended while it wrote
                number += 1
                entry = self._read(line, number)
                if check:
                    self._check(entry, number, previous)
                previous = entry.seal
                yield entry

    def _check(self, entry: Entry, number: int, previous: str) -> None:
        if entry.number != number or entry.previous != previous:
            raise self._broken(number, "does not follow the entry before it: one was taken out, put in or changed.")
        if not entry.is_sealed:
            raise self._broken(number, _UNSEALED.format(entry.at, entry.who))

    def last(self) -> Entry | None:
        """The newest entry; what is left of a write that was never acknowledged is cut off."""
        if not self.path.exists():
            return None
        tail = self._whole_lines()
        return self._read(tail, None) if tail else None

    def _whole_lines(self) -> bytes:
        """The last whole line of the file, read from its end; a torn one after it is removed."""
        with self.path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            data, start = b"", end
            while start and data.count(b"\n") < 3:
                step = min(_TAIL, start)
                start -= step
                file.seek(start)
                data = file.read(step) + data
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            self._cut(end - (len(data) - whole))
        return data[:whole].rstrip(b"\n").rpartition(b"\n")[2]

    def since(self, number: int) -> tuple[Entry, ...]:
        """The entries after a number, read from the end of the file; DataError if one is not as it was written."""
        found: list[Entry] = []
        for line in _lines_backwards(self.path):
            entry = self._read(line, None)
            if entry.number <= number:
                break
            if not entry.is_sealed:
                raise self._broken(entry.number, _UNSEALED.format(entry.at, entry.who))
            found.append(entry)
        return tuple(reversed(found))

    def newest(self, before: int | None = None) -> Iterator[Entry]:
        """The entries, last first, from the one before a number on; DataError at one that cannot be read."""
        for line in _lines_backwards(self.path) if self.path.exists() else ():
            if line.endswith(b"}"):  # a torn one was never acknowledged
                entry = self._read(line, None)
                if before is None or entry.number < before:
                    yield entry

    def entry(self, number: int) -> Entry:
        """One entry, looked for from the end of the file; DataError if the log has none of this number."""
        for line in _lines_backwards(self.path):
            entry = self._read(line, None)
            if entry.number == number:
                return entry
        raise self._broken(number, "is not in the log.")

    def _read(self, line: bytes, number: int | None) -> Entry:
        try:
            head = json.loads(line)
            digest, text = head.pop("digest"), head.pop("change", None)
            if text is None:
                text = gzip.decompress(self._apart(head["number"]).read_bytes()).decode()
            entry = Entry(change=Change.read(text), **head)
        except (ValueError, TypeError, KeyError, EOFError, OSError, AttributeError, zlib.error) as error:
            raise self._broken(number, f"cannot be read ({type(error).__name__}).") from error
        if digest != _sha256(entry.change.text):
            what = f"({entry.at}, {entry.who}) carries another change than it says."
            raise self._broken(number or entry.number, what)
        return entry

    def _broken(self, number: int | None, what: str) -> DataError:
        fix = "Keep the workspace as it is, and restore the last backup that verifies, to another folder."
        shown = "the last entry" if number is None else f"entry {number}"
        return DataError([Problem(str(self.path), number, f"{shown} {what}", fix)])


def _lines_backwards(path: Path) -> Iterator[bytes]:
    """The whole lines of a file, last first."""
    with path.open("rb") as file:
        start = file.seek(0, os.SEEK_END)
        data = b""
        while start:
            step = min(_TAIL, start)
            start -= step
            file.seek(start)
            *lines, data = (file.read(step) + data).split(b"\n")[::-1]
            yield from (line for line in lines if line)
        if data:
            yield data


def _write(path: Path, content: bytes) -> None:
    with path.open("wb", buffering=0) as file:
        _write_all(file.fileno(), content)
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_all(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]
