"""The files that evidence items name: whether each still is what was recorded, and what to record of a new one.

Only files under one root folder are read, also where links lead: no address is fetched.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from io import BufferedReader
from pathlib import Path
from typing import Any

from aims_graph.answers import NOTICE
from aims_graph.errors import InputError
from aims_graph.model import Source
from aims_graph.records import Records
from aims_graph.vocab import AIMS, DCTERMS

INTACT, CHANGED, MISSING, UNREADABLE, OUTSIDE = "intact", "changed", "missing", "unreadable", "outside"
NO_DIGEST, NO_LOCATION, NOT_CHECKED = "no-digest", "no-location", "not-checked"
EXPIRED, RETENTION_OVER = "expired", "retention-over"
STATES = (
    CHANGED,
    MISSING,
    EXPIRED,
    OUTSIDE,
    UNREADABLE,
    NO_DIGEST,
    NO_LOCATION,
    RETENTION_OVER,
    NOT_CHECKED,
    INTACT,
)
"""What can be said of an item and its file, what needs doing first."""
FINDINGS = frozenset({CHANGED, MISSING, EXPIRED, OUTSIDE, UNREADABLE})  # what is to be mended
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Said:
    """One state of an item or its file, in a sentence."""

    state: str
    sentence: str


@dataclass(frozen=True)
class FileState:
    """One evidence item at one location, on a day."""

    item: str  # as people name it
    title: str | None
    location: str | None
    said: tuple[Said, ...]  # at least one, what needs doing first
    recorded: tuple[str, ...]  # digests, as recorded
    found: str | None  # the digest of the file, where it was read
    source: Source | None

    @property
    def state(self) -> str:
        """What needs doing first."""
        return self.said[0].state

    @property
    def is_finding(self) -> bool:
        """Whether something is to be mended; what need not be kept any more may be gone."""
        states = {s.state for s in self.said}
        return not states.isdisjoint(FINDINGS - {MISSING} if RETENTION_OVER in states else FINDINGS)


@dataclass(frozen=True)
class Described:
    """What to record of an evidence file."""

    location: str  # under the root, with '/'
    sha256: str
    media_type: str | None  # None where the name does not tell
    size: int  # in bytes


class _Unread(Exception):
    """Why a file was not read."""

    def __init__(self, state: str, sentence: str) -> None:
        self.said = Said(state, sentence)  # without its subject
        super().__init__(sentence)


def verify(records: Records, root: Path, as_of: date) -> tuple[FileState, ...]:
    """Every evidence item of a day with each of its locations, what needs doing first, then by item and location.

    InputError where `root` is no folder.
    """
    folder = _folder(root)
    then = records.on(as_of)
    found = [
        state for item in then.facts.of_type(f"{AIMS}EvidenceItem") for state in _states(then, item, folder, as_of)
    ]
    return tuple(sorted(found, key=lambda s: (STATES.index(s.state), s.item, s.location or "")))


def describe(path: Path, root: Path) -> Described:
    """Location, digest, media type and size of a file under `root`; InputError for one that cannot be evidence."""
    folder = _folder(root)
    try:
        with _opened(str(path if path.is_absolute() else Path.cwd() / path), folder) as (file, place):
            digest, size = hashlib.file_digest(file, "sha256").hexdigest(), file.tell()
    except _Unread as error:
        raise InputError(f"'{path}' {error.said.sentence}") from error
    return Described(Path(place).relative_to(folder).as_posix(), digest, mimetypes.guess_type(place)[0], size)


def verify_json(found: tuple[FileState, ...], root: Path, as_of: date) -> dict[str, Any]:
    """The JSON object of `verify`, the same on every interface."""
    return {
        "as_of": as_of.isoformat(),
        "root": str(root),
        "counts": {s: n for s in STATES if (n := sum(f.state == s for f in found))},
        "items": [
            {
                "item": f.item,
                "title": f.title,
                "location": f.location,
                "state": f.state,
                "states": [s.state for s in f.said],
                "sentence": " ".join(s.sentence for s in f.said),
                "recorded_sha256": list(f.recorded),
                "found_sha256": f.found,
                "source": None if f.source is None else str(f.source),
            }
            for f in found
        ],
        "notice": NOTICE,
    }


# -- one item --------------------------------------------------------------------------


def _states(records: Records, item: str, folder: str, day: date) -> Iterator[FileState]:
    facts = records.facts
    recorded = tuple(sorted(facts.texts(item, f"{AIMS}sha256")))
    dates = tuple(_dates(records, item, day))
    places: list[str | None] = [*sorted(facts.texts(item, f"{AIMS}location"))]
    for location in places or [None]:
        file, digest = _compared(location, recorded, folder)
        yield FileState(
            item=records.label(item),
            title=facts.text(item, f"{DCTERMS}title"),
            location=location,
            said=tuple(sorted((file, *dates), key=lambda s: STATES.index(s.state))),
            recorded=recorded,
            found=digest,
            source=records.source(item),
        )


def _dates(records: Records, item: str, day: date) -> Iterator[Said]:
    for until in sorted(records.facts.days(item, f"{AIMS}validUntil"))[:1]:
        if until < day:
            yield Said(EXPIRED, f"It was valid until {until}. Renew it, and record the new item.")
    for until in sorted(records.facts.days(item, f"{AIMS}retainUntil"))[-1:]:
        if until < day:
            yield Said(RETENTION_OVER, f"It was to be kept until {until}. Decide whether it is kept on.")


def _compared(location: str | None, recorded: tuple[str, ...], folder: str) -> tuple[Said, str | None]:
    """What is to be said of the file at a location, and its digest where it was read."""
    if location is None:
        return Said(NO_LOCATION, "No location is recorded. Add aims:location."), None
    if _ADDRESS.match(location):
        return Said(NOT_CHECKED, "Not checked: it is an address, and addresses are not fetched."), None
    try:
        with _opened(os.path.join(folder, location), folder) as (file, _):  # noqa: PTH118  (keeps '..' as written)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except _Unread as error:
        said = error.said
        return Said(said.state, f"The file {said.sentence}"), None
    except OSError as error:  # while reading
        return Said(UNREADABLE, f"The file cannot be read ({error.strerror}). Check the disk."), None
    return _judged(digest, recorded), digest


def _judged(digest: str, recorded: tuple[str, ...]) -> Said:
    if not recorded:
        return Said(NO_DIGEST, f"No digest is recorded. If the file is what was meant, record aims:sha256 {digest}.")
    broken = next((d for d in recorded if _DIGEST.fullmatch(d) is None), None)
    if broken is not None:
        return Said(NO_DIGEST, f"'{broken[:70]}' is not a SHA-256 digest. Record 64 lower-case hexadecimal digits.")
    if digest not in recorded:
        return Said(CHANGED, f"The file is not what was recorded: its SHA-256 is {digest}. Put the recorded one back.")
    return Said(INTACT, "The file is what was recorded.")


# -- files -----------------------------------------------------------------------------


def _folder(root: Path) -> str:
    if not root.is_dir():
        raise InputError(f"'{root}' is not a folder. Name the folder that holds the evidence files.")
    return os.path.realpath(root)


@contextmanager
def _opened(path: str, folder: str) -> Iterator[tuple[BufferedReader, str]]:
    """A regular file under a folder, open for reading, with its place; _Unread says why there is none."""
    place = _place(path, folder)
    try:
        handle = os.open(place, _FLAGS)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _Unread(MISSING, "is not there. Put it back, or correct aims:location.") from error
    except OSError as error:
        raise _Unread(UNREADABLE, f"cannot be opened ({error.strerror}). Check its rights.") from error
    with os.fdopen(handle, "rb") if stat.S_ISREG(os.fstat(handle).st_mode) else _no_file(handle) as file:
        yield file, place


def _no_file(handle: int) -> BufferedReader:
    os.close(handle)
    raise _Unread(UNREADABLE, "is no plain file. Name one file.")


def _place(path: str, folder: str) -> str:
    """Where a path leads, all links followed; _Unread if that is outside the folder, or nowhere."""
    try:
        place = os.path.realpath(path)
    except ValueError as error:  # a zero byte
        raise _Unread(UNREADABLE, "has a name that no file can have. Correct aims:location.") from error
    if place != folder and not place.startswith(folder.rstrip(os.sep) + os.sep):
        raise _Unread(OUTSIDE, "lies outside the root folder and is not read. Move it there, or name another root.")
    return place
