"""Finds and reads the data folders. No other module opens a data file.

A data folder has the layout `ontology/{,frameworks,labels,readings,shapes,forms,alignments}`,
`mappings/{,readings,reviews}` and `queries/`. The shipped one comes first;
each further one is laid over it: a file with the same relative path replaces
the earlier one, any other is added.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from aims_graph.errors import DataError, InputError, OutputError, Problem

FOLDERS: dict[str, tuple[str, str]] = {
    "ontology": ("ontology", ".ttl"),
    "framework": ("ontology/frameworks", ".ttl"),
    "label": ("ontology/labels", ".ttl"),
    "rereading": ("ontology/readings", ".tsv"),
    "shape": ("ontology/shapes", ".ttl"),
    "form": ("ontology/forms", ".tsv"),
    "alignment": ("ontology/alignments", ".ttl"),
    "mapping": ("mappings", ".sssom.tsv"),
    "reading": ("mappings/readings", ".tsv"),
    "review": ("mappings/reviews", ".tsv"),
    "question": ("queries", ".rq"),
}
"""Kind of file, to its folder and ending. A new file of a kind is all it takes to add data."""


@dataclass(frozen=True)
class DataFile:
    """One file as read: its kind, its path relative to its data folder, and its text."""

    kind: str
    path: str
    text: str


def shipped_root() -> Path:
    """The data folder that comes with the program: inside the wheel, else the checkout."""
    packaged = Path(str(resources.files("aims_graph"))) / "data"
    return packaged if packaged.is_dir() else Path(__file__).resolve().parents[2]


def data_roots(extra: Sequence[Path] = ()) -> tuple[Path, ...]:
    """The shipped folder, those of `AIMS_DATA` (separated as in PATH), then `extra`, in order."""
    named = [Path(p) for p in os.environ.get("AIMS_DATA", "").split(os.pathsep) if p]
    folders = [*named, *extra]
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"data folder '{folder}' does not exist. Name a folder that holds ontology/ or mappings/.")
        if not any((folder / part).is_dir() for part in ("ontology", "mappings", "queries")):
            raise InputError(f"data folder '{folder}' holds no data. It needs ontology/, mappings/ or queries/ inside.")
    return (shipped_root(), *folders)


def read_all(roots: Iterable[Path]) -> tuple[DataFile, ...]:
    """Every data file of the folders, sorted by path; raises all read problems at once."""
    found: dict[str, tuple[str, Path]] = {}
    for root in roots:
        for kind, (folder, ending) in FOLDERS.items():
            for path in sorted((root / folder).glob(f"*{ending}")):
                found[f"{folder}/{path.name}"] = (kind, path)
    problems: list[Problem] = []
    files: list[DataFile] = []
    for name, (kind, path) in sorted(found.items()):
        try:
            files.append(DataFile(kind, name, read_text(path, name)))
        except DataError as error:
            problems.extend(error.problems)
    if problems:
        raise DataError(problems)
    return tuple(files)


def read_text(path: Path, name: str | None = None) -> str:
    """The text of one file; an empty, binary or unreadable one is a DataError that says so."""
    shown = name or str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError([Problem(shown, None, f"cannot be read ({error.strerror}).", "Check the path.")]) from error
    if not data.strip():
        raise DataError([Problem(shown, None, "the file is empty.", "Write it or remove it.")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = Problem(shown, line, "this is not UTF-8 text.", "Save the file as UTF-8 text.")
        raise DataError([problem]) from error
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError([Problem(shown, line, "this is a binary file.", "Give a text file.")])
    return text


def kind_of(path: Path) -> str | None:
    """The kind of a file named on its own (for lint): by folder where it lies in one, else by ending."""
    for kind, (folder, ending) in FOLDERS.items():
        if path.name.endswith(ending) and path.resolve().parent.as_posix().endswith(f"/{folder}"):
            return kind
    if path.name.endswith(".tsv"):
        return "mapping"
    return {".rq": "question", ".ttl": "turtle", ".csv": "table", ".txt": "text"}.get(path.suffix)


def write_text(path: Path, text: str) -> None:
    """Write a whole file or nothing: the text goes to a neighbour first and then takes the name."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """The same for what is not text."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(
            f"'{path}' cannot be written ({error.strerror}). Choose a path in a folder you may write to."
        ) from error
