"""What tests share: the shipped library, and the command line in this process."""

from __future__ import annotations

import functools
import gc
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest
import typer.main

from aims_graph import snapshot
from aims_graph.catalogue import Catalogue, digest
from aims_graph.files import DataFile
from aims_graph.library import Library

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "tests" / "data"
CASES = ROOT / "examples" / "cv-screening"
AS_OF = date(2026, 11, 22)


@dataclass(frozen=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]


def pytest_collection_finish() -> None:
    """Look for lost values less often: what the tests share is large, and to go through it is what takes the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Snapshots of one run stay within it, and are read once; the commands are put together once for all that run."""
    folder = tmp_path_factory.mktemp("cache")
    load, known = snapshot.load, dict[str, Catalogue]()

    def loaded(files: Sequence[DataFile]) -> Catalogue:
        if os.environ.get("AIMS_CACHE") != str(folder):
            return load(files)
        name = digest(files)
        found = replace(known[name], files=tuple(files)) if name in known else load(files)
        found.__dict__["digest"] = name  # as `load` does
        if len(known) < snapshot.KEPT:
            known.setdefault(name, found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIMS_CACHE", str(folder))
        patch.setattr(snapshot, "load", loaded)
        patch.setattr(typer.main, "get_command", functools.cache(typer.main.get_command))
        yield folder


@pytest.fixture(scope="session")
def library() -> Library:
    opened = Library.open()
    gc.freeze()
    return opened


@pytest.fixture(scope="session")
def records() -> Library:
    return Library.open(record_files=[CASES / "complete.ttl"])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `aims-graph` with arguments, and text on standard input, in this process at 80 columns."""
    from aims_graph.cli import main

    def call(*args: object, stdin: str = "") -> Ran:
        monkeypatch.setattr(sys, "argv", ["aims-graph", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        monkeypatch.setenv("COLUMNS", "80")
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else int(bool(stop.code))
        found = capsys.readouterr()
        return Ran(code, found.out, found.err)

    return call
