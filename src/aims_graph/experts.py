"""A sheet of rows for people who know the texts, and what came of it: the only check of rightness from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from aims_graph.catalogue import Catalogue
from aims_graph.coverage import is_ours
from aims_graph.errors import DataError, Problem
from aims_graph.model import REJECTED, Mapping
from aims_graph.relations import Relation
from aims_graph.reviews import Agreement, agreement, read_table
from aims_graph.vocab import NO_TERM_FOUND

ROWS: Final = 60
COLUMNS: Final = ("subject_id", "subject_label", "object_id", "object_label", "relation", "sentence", "expert")
Ends = tuple[str, str]


@dataclass(frozen=True)
class Result:
    """What people who know the texts said, against what the rows say."""

    experts: tuple[str, ...]
    judged: int
    agreement: Agreement
    differing: tuple[tuple[Ends, str, str, str], ...]  # pair, the row's relation, the expert's, the expert


def sheet(catalogue: Catalogue, seed: int, rows: int = ROWS) -> str:
    """A sheet as TSV, nothing judged: rows of every pair of frameworks and every relation, in seeded order.

    The pairs of frameworks take turns, and in each the relations do, so that what is rare is asked about too.
    """
    chooser = Random(seed)  # noqa: S311 - a repeatable draw, not a secret
    strata = _strata(catalogue, chooser)
    chosen: list[Mapping] = []
    while len(chosen) < rows and any(strata.values()):
        for pair in sorted(strata):
            if strata[pair] and len(chosen) < rows:
                chosen.append(strata[pair].pop(0))
    chooser.shuffle(chosen)
    lines = ["\t".join(COLUMNS)]
    for row in chosen:
        labels = [catalogue.provisions[name].title for name in (row.subject, row.object)]
        lines.append("\t".join((row.subject, labels[0], row.object, labels[1], "", "", "")))
    return "\n".join(lines) + "\n"


def _strata(catalogue: Catalogue, chooser: Random) -> dict[Ends, list[Mapping]]:
    """The project's rows by pair of editions, the relations of each taking turns."""
    found: dict[Ends, dict[str, list[Mapping]]] = defaultdict(lambda: defaultdict(list))
    for row in catalogue.mappings:
        if row.status == REJECTED or not is_ours(row) or NO_TERM_FOUND in (row.subject, row.object):
            continue
        pair = (catalogue.provisions[row.subject].edition, catalogue.provisions[row.object].edition)
        if catalogue.common.isdisjoint(pair):
            found[pair][row.relation.value].append(row)
    turned: dict[Ends, list[Mapping]] = {}
    for pair, kinds in sorted(found.items()):
        shuffled = [chooser.sample(kinds[kind], len(kinds[kind])) for kind in sorted(kinds)]
        most = max(map(len, shuffled))
        turned[pair] = [rows[i] for i in range(most) for rows in shuffled if i < len(rows)]
    return turned


def result(catalogue: Catalogue, path: str, text: str) -> Result:
    """What a filled sheet says of the rows as they are now; lines without a relation are not counted.

    Raises a DataError for a line whose pair no row states, or whose relation does not exist.
    """
    table, problems = read_table(path, text, COLUMNS)
    stated = {(row.subject, row.object): row for row in catalogue.mappings if row.status != REJECTED and is_ours(row)}
    known = {relation.value for relation in Relation}
    judged: list[tuple[Ends, str, str, str]] = []
    for number, cells in enumerate(table, start=2):
        pair, said = (cells["subject_id"], cells["object_id"]), cells["relation"].removeprefix("strm:").strip()
        if not said:
            continue
        if pair not in stated:
            problems.append(
                Problem(path, number, f"no row relates {pair[0]} to {pair[1]}.", "Take the pair from the sheet.")
            )
        elif said not in known:
            problems.append(
                Problem(path, number, f"'{said}' is no relation.", f"Use one of: {', '.join(sorted(known))}.")
            )
        else:
            judged.append((pair, stated[pair].relation.value, said, cells["expert"].strip()))
    if problems:
        raise DataError(problems)
    return _result(judged)


def _result(judged: Sequence[tuple[Ends, str, str, str]]) -> Result:
    compared: Iterable[tuple[str, str]] = [(ours, theirs) for _, ours, theirs, _ in judged]
    return Result(
        tuple(sorted({expert for *_, expert in judged if expert})),
        len(judged),
        agreement(list(compared)),
        tuple(one for one in judged if one[1] != one[2]),
    )
