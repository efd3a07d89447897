"""The snapshot: the same catalogue as a fresh build, never stale, never trusted, never needed."""

from __future__ import annotations

import pickle
from datetime import date
from pathlib import Path

import pytest
from conftest import DATA, Run

from aims_graph import catalogue, files, snapshot
from aims_graph.errors import DataError
from aims_graph.files import DataFile


@pytest.fixture(scope="module")
def shipped() -> tuple[DataFile, ...]:
    return files.read_all(files.data_roots())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIMS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.catalogue"))


def test_a_snapshot_holds_what_a_build_gives(folder: Path, shipped: tuple[DataFile, ...]) -> None:
    built = snapshot.load(shipped)
    assert len(kept(folder)) == 1
    read = snapshot.load(shipped)
    assert read == built == catalogue.load(shipped)
    assert read.version == built.version
    assert read.facts.place == built.facts.place


def test_a_changed_file_is_another_snapshot(folder: Path, shipped: tuple[DataFile, ...]) -> None:
    snapshot.load(shipped)
    changed = (*shipped[:-1], DataFile(shipped[-1].kind, shipped[-1].path, shipped[-1].text + "#\n"))
    assert snapshot.load(changed).version != snapshot.load(shipped).version
    assert len(kept(folder)) == 2


def test_data_that_cannot_be_loaded_leaves_no_snapshot(folder: Path, shipped: tuple[DataFile, ...]) -> None:
    broken = (*shipped, DataFile("framework", "ontology/frameworks/x.ttl", "nonsense"))
    with pytest.raises(DataError):
        snapshot.load(broken)
    assert kept(folder) == []


@pytest.mark.parametrize("content", [b"", b"nonsense", pickle.dumps([date(2026, 1, 1)])])
def test_a_spoilt_snapshot_is_built_anew(folder: Path, shipped: tuple[DataFile, ...], content: bytes) -> None:
    snapshot.load(shipped)
    (path,) = kept(folder)
    path.write_bytes(content)
    assert snapshot.load(shipped) == catalogue.load(shipped)
    assert path.read_bytes() != content


class Trap:
    """What somebody may put in place of a snapshot: a value whose reading runs code."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.mark,)


def test_a_snapshot_runs_no_code(folder: Path, shipped: tuple[DataFile, ...], tmp_path: Path) -> None:
    snapshot.load(shipped)
    (path,) = kept(folder)
    mark = tmp_path / "ran"
    path.write_bytes(pickle.dumps(Trap(mark)))
    snapshot.load(shipped)
    assert not mark.exists()


def test_only_the_newest_few_are_kept(folder: Path, shipped: tuple[DataFile, ...]) -> None:
    last = shipped[-1]
    for number in range(snapshot.KEPT + 2):
        snapshot.load((*shipped[:-1], DataFile(last.kind, last.path, f"{last.text}#{number}\n")))
    assert len(kept(folder)) == snapshot.KEPT
    assert list(folder.glob("*.part")) == []


def test_without_a_place_to_write_everything_still_works(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for place in ("off", str(tmp_path / "file" / "below")):
        monkeypatch.setenv("AIMS_CACHE", place)
        assert run("show", "widgets:W-1", "--data", DATA / "widgets").code == 0
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_the_usual_place_is_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    monkeypatch.delenv("AIMS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert run("frameworks").code == 0
    assert len(kept(tmp_path / "aims-graph")) == 1


def test_what_somebody_else_could_write_is_not_read(folder: Path, shipped: tuple[DataFile, ...]) -> None:
    snapshot.load(shipped)
    (path,) = kept(folder)
    forged = pickle.loads(path.read_bytes())
    object.__setattr__(forged, "mappings", ())
    path.write_bytes(pickle.dumps(forged))
    path.chmod(0o600)
    assert snapshot.load(shipped).mappings == ()  # the user's own file is believed
    for one in (path, folder):
        mode = one.stat().st_mode
        one.chmod(mode | 0o022)
        assert snapshot.load(shipped).mappings != ()
        one.chmod(mode)
        path.write_bytes(pickle.dumps(forged))


def test_a_relative_place_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMS_CACHE", "cache")
    ran = run("frameworks")
    assert ran.code == 2
    assert "AIMS_CACHE 'cache' is not an absolute path" in ran.err


def test_a_user_without_a_home_starts_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("AIMS_CACHE")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nowhere)
    assert run("show", "widgets:W-1", "--data", DATA / "widgets").code == 0
