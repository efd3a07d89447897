"""The soundness of a workspace itself: its log verified, its store held against it, copies made and put back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aims_graph.errors import DataError, InputError, OutputError, Problem
from aims_graph.remote import address
from aims_graph.remote.server import Server
from aims_graph.workspaces.auditlog import START, AuditLog
from aims_graph.workspaces.holding import Hold, is_written_to
from aims_graph.workspaces.record_store import UNWRITABLE, line
from aims_graph.workspaces.sparql_store import SparqlStore
from aims_graph.workspaces.statehash import StateHash
from aims_graph.workspaces.workspace import LOG, SETTINGS, STORE, Workspace, read_settings, stamp

LEAST_FREE = 200_000_000  # bytes; below it a disk is called full soon
COPY = "backup.json"


@dataclass(frozen=True)
class Verified:
    """A log whose every entry is as it was written."""

    entries: int
    statements: int
    state: str  # hash of all statements
    head: str  # seal of the last entry; whoever noted it can tell later whether the log was cut or written anew


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: whether it is sound, and what to do if not."""

    name: str
    sound: bool
    said: str


def verify(log: AuditLog) -> Verified:
    """Read the whole log: each entry follows the one before it, is as it was written, and leads where it says.

    Raises DataError that names the first entry which does not.
    """
    state, number, head = StateHash(), 0, START
    held: set[str] = set()
    for entry in log.entries():
        if entry.before != state.hex:
            raise _unsound(log, entry.number, "starts from other records than the entry before it left.")
        if not held.isdisjoint(entry.change.added) or not held.issuperset(entry.change.removed):
            raise _unsound(log, entry.number, "adds what was there, or removes what was not.")
        state = state.changed(entry.change.added, entry.change.removed)
        if entry.after != state.hex:
            raise _unsound(log, entry.number, "does not lead to the records that it says.")
        held.difference_update(entry.change.removed)
        held.update(entry.change.added)
        number, head = entry.number, entry.seal
    return Verified(number, len(held), state.hex, head)


def _unsound(log: AuditLog, number: int, what: str) -> DataError:
    fix = "Keep the workspace as it is, and restore the last backup that verifies, to another folder."
    return DataError([Problem(str(log.path), number, f"entry {number} {what}", fix)])


def doctor(folder: Path) -> tuple[Check, ...]:
    """Look at everything that a workspace needs, in order; what can be mended without loss is mended.

    A store that is behind its log is brought up to date by opening it.
    """
    return tuple(_checks(folder))


def _checks(folder: Path) -> Iterator[Check]:
    settings = read_settings(folder)
    yield Check("settings", True, f"format {settings.format}, records of {settings.organisation} under {settings.base}")
    free = shutil.disk_usage(folder).free
    yield Check("free space", free >= LEAST_FREE, f"{free // 1_000_000:,} MB free")
    log = AuditLog(folder / LOG)
    try:
        found = verify(log)
    except DataError as error:
        yield Check("audit log", False, str(error))
        return
    yield Check("audit log", True, f"{found.entries} entries, each as it was written; head {found.head}")
    try:
        with Workspace.open(folder, write=True) as workspace:
            yield _store(workspace, found)
            yield _versions(workspace)
    except (DataError, OutputError) as error:
        yield Check("store", False, str(error))


def _store(workspace: Workspace, found: Verified) -> Check:
    """Whether the store holds exactly the statements that the log leads to."""
    held = StateHash().changed(added=(line(quad) for quad in workspace.store.quads()))
    if held.hex == workspace.store.state.hex == found.state:
        return Check("store", True, f"{found.statements} statements, those that the log leads to")
    fix = f"Rebuild it from the log: aims-graph doctor {workspace.folder} --rebuild"
    return Check("store", False, f"the store holds other statements than the log leads to. {fix}")


def _versions(workspace: Workspace) -> Check:
    """Whether the store gives each record the version that the log does: the entry that changed it last."""
    store = workspace.store
    last = {record: entry.number for entry in workspace.log.entries() for record in store.changed(entry)}
    wrong = sorted(record for record, number in last.items() if store.version(record) != number)
    if not wrong:
        return Check("versions", True, f"{len(last)} records, each at the version of its last log entry")
    first = wrong[0].removeprefix(workspace.settings.base)
    fix = f"Rebuild the store from the log: aims-graph doctor {workspace.folder} --rebuild"
    return Check(
        "versions", False, f"{len(wrong)} records are at another version than the log says, such as {first}. {fix}"
    )


def rebuild(folder: Path) -> int:
    """Make the store anew from the log; returns how many statements it holds.

    Raises DataError if the log is unsound.
    """
    settings, server = read_settings(folder), address.named()
    old, aside = folder / STORE, folder / "store.old"
    hold = Hold(folder, write=True)
    try:
        verify(AuditLog(folder / LOG))
        shutil.rmtree(aside, ignore_errors=True)
        if server is not None:
            there = Server(server)
            SparqlStore(there, settings.base).clear()
            there.close()
        elif old.exists():
            old.rename(aside)
    finally:
        hold.release()
    with Workspace.open(folder, write=True) as workspace:
        shutil.rmtree(aside, ignore_errors=True)
        return sum(1 for _ in workspace.store.quads())


def backup(folder: Path, target: Path, now: datetime) -> Verified:
    """Copy a workspace as it is now to a new folder, which is itself a workspace; the copy is verified.

    Also while a service writes to it: what is acknowledged is in the log, and the store of the copy is made from that.

    Raises InputError if the target exists, DataError if the log is unsound, OutputError if it cannot be written.
    """
    if target.exists():
        raise InputError(f"'{target}' exists already. Name a new folder.")
    if folder.resolve() in target.resolve().parents:
        raise InputError(f"'{target}' lies in the workspace itself. Name a folder elsewhere, best on another disk.")
    with nullcontext() if is_written_to(folder) else Workspace.open(folder, write=True) as workspace:
        part = target.with_name(f".{target.name}.part")
        try:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(mode=0o700, parents=True)
            AuditLog(folder / LOG).copy(part / LOG)
            shutil.copy2(folder / SETTINGS, part / SETTINGS)
            found = verify(AuditLog(part / LOG))
            if workspace is None:
                Workspace(part, read_settings(part), writes=True).close()
            else:
                workspace.store.copy(part / STORE)
            told = {"of": str(folder.resolve()), "at": stamp(now), "head": found.head, "entries": found.entries}
            (part / COPY).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
            part.rename(target)
        except UNWRITABLE as error:
            raise OutputError(f"'{target}' cannot be written ({error}). Choose a place with enough room.") from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    return found


def restore(copy: Path, target: Path) -> Verified:
    """Make a workspace from a backup, in a new folder; the store is made anew from the log.

    Raises InputError if the target holds anything or the copy is no backup, DataError if the copy is unsound.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"'{target}' is not an empty folder. Name a new one; a restore replaces nothing.")
    read_settings(copy)
    found = verify(AuditLog(copy / LOG))
    _check_told(copy, found)
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        shutil.copytree(copy / LOG, part / LOG)
        shutil.copy2(copy / SETTINGS, part / SETTINGS)
        Workspace(part, read_settings(part), writes=True).close()
        part.replace(target)
    except OSError as error:
        raise OutputError(
            f"'{target}' cannot be written ({error.strerror or error}). Choose a place with enough room."
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def _check_told(copy: Path, found: Verified) -> None:
    """DataError if the log of a backup is not the one that was copied, though sound in itself."""
    try:
        told = json.loads((copy / COPY).read_text(encoding="utf-8"))
        number, head = int(told["entries"]), str(told["head"])
    except FileNotFoundError:
        return  # a workspace that is no backup: nobody noted its head
    except (OSError, ValueError, KeyError, TypeError) as error:
        what, fix = f"cannot be read ({type(error).__name__}).", "Restore another backup."
        raise DataError([Problem(str(copy / COPY), None, what, fix)]) from error
    log = AuditLog(copy / LOG)
    seal = START if number == 0 else log.entry(number).seal if number <= found.entries else None
    if seal != head:
        what = f"the log is not the one that was copied: entry {number} is missing, or another."
        raise DataError([Problem(str(log.path), number, what, "Restore another backup.")])
