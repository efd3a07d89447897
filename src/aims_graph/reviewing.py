"""Keeping reviews: the sheet for a second reader, and the comparison that sets rows double-read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aims_graph import reviews
from aims_graph.catalogue import Catalogue
from aims_graph.errors import DataError, InputError, Problem, UnknownName
from aims_graph.files import DataFile, write_text
from aims_graph.model import DOUBLE_READ, PROPOSED, Mapping
from aims_graph.sssom import MappingFile, parse
from aims_graph.vocab import NO_TERM_FOUND

STATUS_COLUMN = "ext_review_status"


@dataclass(frozen=True)
class Outcome:
    """What comparing the two readings of one mapping file gave."""

    pair: str
    pairs: int  # pairs both readers judged, decoys included
    same: int
    agreement: float
    kappa: float | None
    rows: int
    double_read: int
    settled: int  # of the double-read, those on which the readers differed and a written reason decided
    open: int


def sheet_text(catalogue: Catalogue, pair: str, seed: int) -> str:
    """A sheet for the second reader as TSV: pairs and decoys in seeded order, nothing judged."""
    file = next((f for f in catalogue.mapping_files if _stem(f.path) == pair), None)
    if file is None:
        raise UnknownName(pair, sorted(_stem(f.path) for f in catalogue.mapping_files)[:5], "mapping file")
    mapped = [(r.subject, r.object) for r in file.rows if NO_TERM_FOUND not in (r.subject, r.object)]
    chosen = reviews.sheet(mapped, _neighbours(catalogue, mapped), seed)
    lines = ["\t".join(reviews.SHEET_COLUMNS)]
    lines += ["\t".join((a, b, "", "", "")) for a, b in chosen]
    return "\n".join(lines) + "\n"


def _neighbours(catalogue: Catalogue, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs one step beside a mapped pair: a sibling on one side, mapped nowhere."""
    mapped = {frozenset((r.subject, r.object)) for r in catalogue.mappings}
    found: set[tuple[str, str]] = set()
    for a, b in pairs:
        found |= {(a, other) for other in _siblings(catalogue, b)}
        found |= {(other, b) for other in _siblings(catalogue, a)}
    return sorted(p for p in found if frozenset(p) not in mapped)


def _siblings(catalogue: Catalogue, provision: str) -> tuple[str, ...]:
    parent = catalogue.provisions[provision].parent
    return tuple(c for c in catalogue.children.get(parent or "", ()) if c != provision)


def compare_all(root: Path, files: Iterable[DataFile], pairs: tuple[str, ...]) -> list[Outcome]:
    """Compare every pair that has two readings, write its review and its statuses under `root`."""
    found = {f.path: f for f in files}
    stems = _read_twice(found)
    for pair in pairs:
        if pair not in stems:
            raise UnknownName(pair, stems[:5], "pair with two readings")
    if not stems:
        raise InputError(f"'{root}' holds no second readings. They go to mappings/readings/PAIR.second.tsv.")
    results = [_compare(found, stem) for stem in pairs or stems]
    for outcome, review_text, mapping_path, mapping_text in results:
        (root / "mappings/reviews").mkdir(parents=True, exist_ok=True)
        write_text(root / "mappings/reviews" / f"{outcome.pair}.tsv", review_text)
        write_text(root / mapping_path, mapping_text)
    return [r[0] for r in results]


def outcomes(files: Iterable[DataFile]) -> list[Outcome]:
    """What comparing gives for every pair that has two readings; writes nothing."""
    found = {f.path: f for f in files}
    return [_compare(found, stem)[0] for stem in _read_twice(found)]


def _read_twice(files: dict[str, DataFile]) -> list[str]:
    return sorted(p.rsplit("/", 1)[-1].removesuffix(".second.tsv") for p in files if p.endswith(".second.tsv"))


def _compare(files: dict[str, DataFile], pair: str) -> tuple[Outcome, str, str, str]:
    path = f"mappings/{pair}.sssom.tsv"
    mapping = _need(files, path)
    parsed, problems = parse(path, mapping.text)
    first, bad = reviews.read_reading(*_reading(files, pair, "first"))
    second, worse = reviews.read_reading(*_reading(files, pair, "second"))
    problems += [*bad, *worse]
    settled: list[reviews.Judgement] = []
    if f"mappings/readings/{pair}.settled.tsv" in files:
        settled, bad = reviews.read_reading(*_reading(files, pair, "settled"))
        problems += bad
    earlier = [files[p] for p in (f"mappings/reviews/{pair}.tsv",) if p in files]
    before, bad = reviews.read_reviews(earlier)
    if problems := [*problems, *bad]:
        raise DataError(problems)
    made, agreement = reviews.compare(parsed.rows, first, second, settled, before)
    by_id = {row.id: row for row in parsed.rows}
    held = {r.record_id for r in made if r.holds(by_id[r.record_id])}
    outcome = Outcome(
        pair,
        agreement.pairs,
        agreement.same,
        agreement.raw,
        agreement.kappa,
        len(made),
        len(held),
        sum(r.outcome == reviews.SETTLED for r in made if r.record_id in held),
        len(made) - len(held),
    )
    return outcome, reviews.write_reviews(made), path, _with_statuses(mapping.text, parsed, held)


def _reading(files: dict[str, DataFile], pair: str, which: str) -> tuple[str, str]:
    file = _need(files, f"mappings/readings/{pair}.{which}.tsv")
    return file.path, file.text


def _need(files: dict[str, DataFile], path: str) -> DataFile:
    if path not in files:
        raise DataError([Problem(path, None, "the file does not exist.", "Add it, or remove its readings.")])
    return files[path]


def _with_statuses(text: str, parsed: MappingFile, held: set[str]) -> str:
    """The same file with each of the project's rows set to double-read or proposed."""
    status: dict[int, str] = {row.source.line: _status(row, held) for row in parsed.rows}
    at = parsed.columns.index(STATUS_COLUMN)
    lines = text.splitlines()
    for number, value in status.items():
        cells = lines[number - 1].split("\t")
        cells[at] = value
        lines[number - 1] = "\t".join(cells)
    return "\n".join(lines) + "\n"


def _status(row: Mapping, held: set[str]) -> str:
    if row.status not in (PROPOSED, DOUBLE_READ):
        return row.status
    return DOUBLE_READ if row.id in held else PROPOSED


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].removesuffix(".sssom.tsv")
