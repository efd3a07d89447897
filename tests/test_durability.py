"""No acknowledged write is lost: not by a death at any point, nor by a full disk. At length: soak/durability.py."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crashing import POINTS, started, survived
from kept import made, put, said

from aims_graph.errors import InputError, OutputError
from aims_graph.workspaces import upkeep
from aims_graph.workspaces.auditlog import AuditLog, Entry
from aims_graph.workspaces.record_store import RecordStore
from aims_graph.workspaces.workspace import LOG, Workspace


@pytest.mark.parametrize("point", POINTS)
def test_a_death_while_writing_loses_nothing_that_was_acknowledged(tmp_path: Path, point: str) -> None:
    folder = made(tmp_path / "w", 2)
    count = 1 if point == "large change" else 5
    process = started(folder, 12, point, count)
    told, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    found = survived(folder, told, 2)
    assert found.replayed == (point in ("unsynced append", "after append", "large change"))
    with Workspace.open(folder, write=True) as workspace:
        assert put(workspace).number == found.found + 1


def test_a_death_from_outside_loses_nothing_either(tmp_path: Path) -> None:
    folder, before = made(tmp_path / "w"), 0
    for last in (3, 60):
        process = started(folder, 10_000)
        assert process.stdout is not None
        told = b"".join(process.stdout.readline() for _ in range(last))
        process.kill()
        told += process.stdout.read()
        process.stdout.close()
        process.wait()
        before = survived(folder, told, before).found


def test_a_second_process_is_told_who_writes(tmp_path: Path) -> None:
    folder = made(tmp_path / "w")
    process = started(folder, 100_000)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        for write in (True, False):
            with pytest.raises(InputError, match=rf"in use by process {process.pid} \(crashing.py\) on .*, since 20"):
                Workspace.open(folder, write)
    finally:
        process.kill()
        process.communicate()


def test_readers_share_and_a_writer_is_told_of_them(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 1)
    (folder / "lock").write_text('{"pid": 1, "host": "h", "command": "of an earlier writer", "since": "2020"}')
    with (
        Workspace.open(folder),
        Workspace.open(folder),
        pytest.raises(InputError, match=r"in use by a process that reads it\. Wait"),
    ):
        Workspace.open(folder, write=True)
    Workspace.open(folder, write=True).close()
    assert (folder / "lock").read_text(encoding="utf-8") == ""


def test_what_the_store_cannot_take_is_in_the_log_and_taken_up_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path / "w", 2)
    with Workspace.open(folder, write=True) as workspace:
        with monkeypatch.context() as patch:
            patch.setattr(RecordStore, "take", full)
            assert put(workspace).number == 3
            assert workspace.behind
            assert len(list(workspace.store.quads())) == 2
            with pytest.raises(OutputError, match="Free space on the disk and write again"):
                workspace.ready()
            assert len(list(workspace.store.quads())) == 2
        workspace.ready()
        assert not workspace.behind
        assert put(workspace).number == 4
    assert len(said(folder)) == 4


def full(store: RecordStore, entry: Entry, findings: object = None) -> None:
    raise OSError(28, "No space left on device")


def test_a_store_that_is_behind_is_not_read_until_the_doctor_brought_it_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path / "w", 2)
    with monkeypatch.context() as patch, Workspace.open(folder, write=True) as workspace:
        patch.setattr(RecordStore, "take", full)
        put(workspace)
    with pytest.raises(InputError, match="Run 'aims-graph doctor'"):
        Workspace.open(folder)
    with monkeypatch.context() as patch:
        patch.setattr(RecordStore, "take", full)
        with pytest.raises(OutputError, match="cannot be written"):
            Workspace.open(folder, write=True)
    assert "store" not in [check.name for check in upkeep.doctor(folder) if not check.sound]
    assert len(said(folder)) == 3


LIMITED = """
import resource, signal, sys
from pathlib import Path
from aims_graph.errors import OutputError
from aims_graph.workspaces.workspace import Workspace
from kept import put
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Workspace.open(Path(sys.argv[1]), write=True) as workspace:
    put(workspace)
    size = workspace.log.path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, resource.RLIM_INFINITY))
    try:
        put(workspace)
    except OutputError as error:
        print(error)
    assert workspace.log.path.stat().st_size == size
    assert len(list(workspace.store.quads())) == 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    workspace.ready()
    assert put(workspace).number == 2  # the store may need a second attempt; closing makes it
"""


def test_a_log_that_cannot_grow_refuses_the_write_and_goes_on_after(tmp_path: Path) -> None:
    folder = made(tmp_path / "w")
    path = os.pathsep.join(map(str, (Path(__file__).parent, *sys.path)))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(folder)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "cannot be written (File too large). Nothing was changed." in done.stdout
    assert upkeep.verify(AuditLog(folder / LOG)).entries == 2
    assert len(said(folder)) == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("this machine lets nobody mount a small disk; the test with a limit on file sizes stands in")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing_and_writing_goes_on_when_there_is_room(small_disk: Path) -> None:
    folder, ballast = made(small_disk / "w", 3), small_disk / "ballast"
    with Workspace.open(folder, write=True) as workspace:
        acknowledged = put(workspace).number
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(b"x" * 4096)
        with pytest.raises(OutputError, match="Free space on the disk"):
            for _ in range(100):
                workspace.ready()
                acknowledged = put(workspace, "x" * 3_000).number
        assert len(list(workspace.store.quads())) >= 4
        with pytest.raises(OutputError, match="cannot be written"):
            upkeep.restore(folder, small_disk / "again")
        ballast.unlink()
        workspace.ready()
        assert put(workspace).number == acknowledged + 1
    assert upkeep.verify(AuditLog(folder / LOG)).entries == acknowledged + 1 == len(said(folder))
    assert "store" not in [check.name for check in upkeep.doctor(folder) if not check.sound]


def test_limits_of_this_process_are_as_they_were() -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
