"""A folder that holds an organisation's records and loses none: a store on disk that follows an audit log.

workspace.json   whose records these are, and the base of their IRIs
log/             the audit log, the truth
store/           the records as they are now, made from the log; none where a SPARQL server holds them
lock             who writes
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import pyoxigraph as ox

from aims_graph.errors import DataError, InputError, OutputError, Problem
from aims_graph.files import write_text
from aims_graph.remote import address
from aims_graph.remote.address import Address
from aims_graph.remote.server import Server
from aims_graph.workspaces.auditlog import START, AuditLog, Change, Entry, sync_folder
from aims_graph.workspaces.holding import Hold
from aims_graph.workspaces.record_store import UNWRITABLE, Findings, RecordStore, parsed
from aims_graph.workspaces.sparql_store import SparqlStore

SETTINGS, LOG, STORE = "workspace.json", "log", "store"
FORMAT = 1
BASE = "https://example.org/records/"
_IS_BASE = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/([A-Za-z0-9._~/-]*/)?")


@dataclass(frozen=True)
class Settings:
    """What a workspace says of itself."""

    base: str  # IRIs of its records begin with it
    organisation: str
    created: str  # UTC, xsd:dateTime
    format: int = FORMAT


@dataclass(frozen=True)
class Signature:
    """Who writes, with which command or request, and why."""

    who: str
    what: str
    why: str | None = None
    key: str | None = None  # of a request that may come twice


class Workspace:
    """An open workspace, to be used as a context manager. Opened to write, it is held alone."""

    def __init__(self, folder: Path, settings: Settings, writes: bool, at: Address | None = None) -> None:
        self.folder = folder
        self.settings = settings
        self.writes = writes
        self.log = AuditLog(folder / LOG)
        self._at = None if at is None else Server(at)  # what holds the records; None: the folder does
        self._hold = Hold(folder, writes)
        self._behind = False
        self.number = 0  # of the last log entry, whether or not the store has taken it up
        try:
            self.store = self._opened()
        except BaseException:
            self._let_go()
            raise

    @staticmethod
    def init(folder: Path, base: str, organisation: str, now: datetime) -> None:
        """Make an empty workspace; InputError if the folder holds anything, or the base cannot begin an IRI."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(f"'{folder}' is not an empty folder. Name a new one.")
        if not _IS_BASE.fullmatch(base):
            fix = f"Give an address that ends in '/', such as {BASE}"
            raise InputError(f"'{base}' cannot begin the IRIs of records. {fix}")
        settings = Settings(base, organisation, stamp(now))
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)  # an empty folder that was there, too
            (folder / LOG).mkdir(mode=0o700)
        except OSError as error:
            raise OutputError(
                f"'{folder}' cannot be made ({error.strerror}). Choose a path in a folder you may write to."
            ) from error
        write_text(folder / SETTINGS, json.dumps(asdict(settings), indent=2, ensure_ascii=False) + "\n")
        sync_folder(folder)
        Workspace.open(folder, write=True).close()

    @staticmethod
    def open(folder: Path, write: bool = False) -> Workspace:
        """Open a workspace; its records are at the SPARQL server that the environment names, if it names one.

        InputError if it is no workspace, or another process holds it; OutputError where the server cannot be reached.
        """
        return Workspace(folder, read_settings(folder), write, address.named())

    def _opened(self) -> RecordStore:
        """The store, brought up to date with the log if it may be written."""
        last = self.log.last()
        self.number = _number(last)
        store = self._store(read_only=not self.writes)
        self._check_own(store)
        if self.writes:
            self._take_up(store, last)
            return store
        if store.number != _number(last):
            raise InputError(
                f"the store of '{self.folder}' is not where its log is: the process that wrote last did not end in "
                "order. Run 'aims-graph doctor' on the workspace, which brings the store up to date."
            )
        return store

    def _store(self, read_only: bool) -> RecordStore:
        base = self.settings.base
        if self._at is not None:
            return RecordStore(SparqlStore(self._at, base), base)
        return RecordStore(self.folder / STORE, base, read_only)

    def _check_own(self, store: RecordStore) -> None:
        """InputError if the store is at a server and holds what this log does not lead to."""
        if self._at is not None:
            number, entries = store.number, _number(self.log.last())
            store.check(None if number == 0 else self.log.entry(number).seal if number <= entries else "")

    def _take_up(self, store: RecordStore, last: Entry | None) -> None:
        """Bring a store up to date with the log; DataError if the store knows more than the log."""
        if store.number > _number(last):
            what = f"the log ends at entry {_number(last)}, the store knows entry {store.number}: its end was cut off."
            fix = "Restore the last backup that verifies, to another folder."
            raise DataError([Problem(str(self.log.path), None, what, fix)])
        for entry in self.log.since(store.number) if store.number < _number(last) else ():
            try:
                store.take(entry)
            except UNWRITABLE as error:
                raise OutputError(self._unwritable(error)) from error
        if last is not None and store.state.hex != last.after:
            what = f"the store says entry {last.number}, but not of the records that the log says."
            fix = f"Rebuild it from the log: aims-graph doctor {self.folder} --rebuild"
            raise DataError([Problem(str(self.folder / STORE), None, what, fix)])

    def close(self) -> None:
        """Let go of the store and of the folder."""
        try:
            if self._behind:  # a last attempt, so that readers need not wait for the doctor
                self.__dict__.pop("store", None)
                self._behind = self._opened_anew() is not None
            if self.writes and not self._behind:
                self.store.flush()
        except UNWRITABLE:
            self._behind = True  # the log has it all; whoever opens the workspace next brings the store up to date
        finally:
            self._let_go()

    def _let_go(self) -> None:
        self.__dict__.pop("store", None)
        if self._at is not None:
            self._at.close()
        self._hold.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- writing -----------------------------------------------------------------------

    def ready(self) -> None:
        """Take up what the store could not take when it was written; OutputError while it still cannot.

        DataError where the store holds what the log does not say. It can still be read then.
        """
        if self._behind:
            self.__dict__.pop("store", None)
            why: str | None = ""
            try:
                why = self._opened_anew()
            finally:
                if why is not None:
                    self.store = self._store(read_only=True)
            if why is not None:
                raise OutputError(self._unwritable(why))
            self._behind = False

    def _opened_anew(self) -> str | None:
        """Open the store; why it cannot be, in words: a caught error would keep the files of the store open."""
        try:
            self.store = self._opened()
        except OutputError as error:
            return str(error)
        return None

    def _unwritable(self, why: object) -> str:
        what = f"the store of '{self.folder}' cannot be written ({why}). Nothing was changed."
        if self._at is not None:
            return f"{what} What was acknowledged is in the log; the next write takes it up first."
        return f"{what} Free space on the disk and write again."

    def commit(
        self, change: Change, signature: Signature, request: str, now: datetime, findings: Findings | None = None
    ) -> Entry:
        """Put a change on disk and let the store follow; OutputError if the log cannot take it."""
        last = self.log.last()
        self.store.check(None if last is None else last.seal)
        state = self.store.state
        entry = Entry(
            number=_number(last) + 1,
            at=stamp(now),
            who=signature.who,
            what=signature.what,
            why=signature.why,
            key=signature.key,
            request=request,
            change=change,
            before=state.hex,
            after=state.changed(change.added, change.removed).hex,
            previous=START if last is None else last.seal,
        ).sealed()
        self.log.append(entry)
        self.number = entry.number
        try:
            self.store.take(entry, findings)
        except UNWRITABLE:
            self._behind = True  # on disk it is; the store takes it up when there is room again
        return entry

    @property
    def behind(self) -> bool:
        """Whether the store could not take up the last entry yet."""
        return self._behind

    # -- reading back ------------------------------------------------------------------

    def entry(self, number: int) -> Entry:
        """One entry of the log."""
        return self.log.entry(number)

    def history(self, record: str) -> Iterator[Entry]:
        """The entries that changed a record or what lies below it, oldest first."""
        starts = tuple(f"{before}<{record}{after}" for before in ("",) for after in (">", "/"))
        for entry in self.log.entries():
            lines = (*entry.change.added, *entry.change.removed)
            if any(line.startswith(starts) and self.store.speaks_of_records(line) for line in lines):
                yield entry

    def known_on(self, day: date) -> frozenset[str]:
        """All statements, one line of N-Quads each, as they were recorded by the end of a day (UTC)."""
        lines: set[str] = set()
        for entry in self.log.entries():
            if entry.at[:10] > day.isoformat():
                break
            lines.difference_update(entry.change.removed)
            lines.update(entry.change.added)
        return frozenset(lines)

    def triples(self, known_on: date | None = None) -> tuple[ox.Triple, ...]:
        """The records that stand, sorted; as they stood at the end of an earlier day if one is named."""
        if known_on is None:
            return tuple(sorted(self.store.triples(), key=str))
        quads = parsed(sorted(self.known_on(known_on)))
        return tuple(q.triple for q in quads if q.graph_name == self.store.graph)


def is_workspace(path: Path) -> bool:
    """Whether a path is the folder of a workspace."""
    return (path / SETTINGS).is_file()


def read_settings(folder: Path) -> Settings:
    """What a workspace says of itself; InputError if it is none, or one of a later program."""
    path = folder / SETTINGS
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        settings = Settings(found["base"], found["organisation"], found["created"], found["format"])
    except FileNotFoundError:
        raise InputError(f"'{folder}' is not a workspace. Make one with 'aims-graph init {folder}'.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"'{path}' cannot be read ({type(error).__name__}). Restore it from a backup.") from error
    if settings.format != FORMAT:
        raise InputError(f"'{folder}' is a workspace of format {settings.format}; this program knows format {FORMAT}.")
    return settings


def stamp(now: datetime) -> str:
    """A moment as the log writes it."""
    return now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _number(entry: Entry | None) -> int:
    return 0 if entry is None else entry.number
