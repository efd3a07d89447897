"""Second readings of framework content: one file an edition, one row a provision, kept as they were made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from aims_graph.errors import Problem
from aims_graph.files import DataFile
from aims_graph.model import Source

COLUMNS = ("provision", "outcome", "text_read", "what")
OUTCOMES = ("ok", "corrected", "unsure")
KIND = "rereading"


@dataclass(frozen=True)
class Rereading:
    """What a second reader found of one provision; `text_read` says whether the text itself was at hand."""

    provision: str
    outcome: str
    text_read: bool
    what: str
    source: Source


def read(files: Iterable[DataFile]) -> tuple[dict[str, Rereading], list[Problem]]:
    """Every second reading by provision, and what is wrong with the files."""
    found: dict[str, Rereading] = {}
    problems: list[Problem] = []
    for file in files:
        if file.kind != KIND:
            continue
        header, *rows = file.text.rstrip("\n").split("\n")
        if tuple(header.split("\t")) != COLUMNS:
            problems.append(Problem(file.path, 1, "the columns are not those of a second reading.", _fix()))
            continue
        for number, line in enumerate(rows, 2):
            row = _row(file.path, number, line)
            if row is None or row.provision in found:
                what = "this is no row of a second reading, or the provision has one already."
                problems.append(Problem(file.path, number, what, _fix()))
            else:
                found[row.provision] = row
    return found, problems


def _fix() -> str:
    return f"Columns: {' '.join(COLUMNS)}; outcome {', '.join(OUTCOMES)}; text_read yes or no."


def _row(path: str, number: int, line: str) -> Rereading | None:
    cells = line.split("\t")
    if len(cells) != len(COLUMNS) or cells[1] not in OUTCOMES or cells[2] not in ("yes", "no"):
        return None
    return Rereading(cells[0], cells[1], cells[2] == "yes", cells[3], Source(path, number))
