"""Two readings of a mapping, compared. The only way a row becomes double-read.

A reading is a file of judgements made without sight of the other one. A review
row holds what both said, and the fingerprint of the row as it was judged; once
the row is edited the fingerprint no longer fits and the row counts as proposed.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace

from aims_graph.errors import Problem
from aims_graph.files import DataFile
from aims_graph.model import Mapping

REVIEW_COLUMNS = ("record_id", "fingerprint", "readings", "first", "second", "settled", "reason", "outcome")
READING_COLUMNS = ("subject_id", "object_id", "relation", "sentence", "agent")
SHEET_COLUMNS = ("subject_id", "object_id", "relation", "sentence", "agent")
AGREED, SETTLED, OPEN, EDITED = "agreed", "settled", "open", "edited"


@dataclass(frozen=True)
class Review:
    """The outcome of two readings of one row: agreed, settled (with a reason), open, or edited since."""

    record_id: str
    fingerprint: str  # of the row as it was judged
    readings: str  # of what the readers wrote
    first: str
    second: str
    settled: str
    reason: str
    outcome: str

    def holds(self, row: Mapping) -> bool:
        """Whether the row, as it stands, counts as double-read; the outcome cell alone decides nothing."""
        claimed = row.relation.value
        agreed = self.outcome == AGREED and self.first == self.second == claimed
        settled = self.outcome == SETTLED and self.settled == claimed and bool(self.reason)
        return self.fingerprint == fingerprint(row) and (agreed or settled)


@dataclass(frozen=True)
class Judgement:
    """One line of a reading: what one reader says of one pair."""

    subject: str
    object: str
    relation: str
    sentence: str
    agent: str

    @property
    def pair(self) -> tuple[str, str]:
        """The pair judged, in the order of the file."""
        return (self.subject, self.object)


@dataclass(frozen=True)
class Agreement:
    """How often two readings gave the same relation, decoys included."""

    pairs: int
    same: int
    kappa: float | None  # Cohen's kappa; None where chance alone would agree always

    @property
    def raw(self) -> float:
        """The share of pairs with the same relation, 0 to 1."""
        return self.same / self.pairs if self.pairs else 0.0


def fingerprint(row: Mapping) -> str:
    """A hash of everything a row states: any edit makes it another row."""
    judged = (
        row.subject,
        row.relation.value,
        row.object,
        row.rationale_kind or "",
        row.rationale or "",
        row.overlap or "",
        row.condition or "",
        "" if row.confidence is None else f"{row.confidence:g}",
        "" if row.strength is None else str(row.strength),
        row.justification,
        *([row.joint] if row.joint else ()),
    )
    return _hash("\x1f".join(judged))


def read_reviews(files: Iterable[DataFile]) -> tuple[dict[str, Review], list[Problem]]:
    """All review rows by record id, and what is wrong with their files."""
    reviews: dict[str, Review] = {}
    problems: list[Problem] = []
    for file in files:
        if file.kind != "review":
            continue
        table, found = read_table(file.path, file.text, REVIEW_COLUMNS)
        problems += found
        for cells in table:
            review = Review(**{c: cells[c] for c in REVIEW_COLUMNS})
            if review.record_id in reviews:
                what = f"'{review.record_id}' is reviewed twice."
                problems.append(Problem(file.path, None, what, "Run 'aims-graph review compare' again."))
            reviews[review.record_id] = review
    return reviews, problems


def read_reading(path: str, text: str) -> tuple[list[Judgement], list[Problem]]:
    """The judgements of one reading file."""
    table, problems = read_table(path, text, READING_COLUMNS)
    return [
        Judgement(t["subject_id"], t["object_id"], t["relation"], t["sentence"], t["agent"]) for t in table
    ], problems


def read_table(path: str, text: str, columns: Sequence[str]) -> tuple[list[dict[str, str]], list[Problem]]:
    """Rows of a plain TSV with a column line; problems where columns or cells are missing."""
    lines = [line.split("\t") for line in text.splitlines()]
    missing = [c for c in columns if not lines or c not in lines[0]]
    if missing:
        what = f"column {', '.join(repr(c) for c in missing)} is missing."
        return [], [Problem(path, 1, what, "Add the column.")]
    rows: list[dict[str, str]] = []
    problems: list[Problem] = []
    for number, cells in enumerate(lines[1:], start=2):
        if len(cells) != len(lines[0]):
            what = f"{len(cells)} cells where the column line has {len(lines[0])}."
            problems.append(Problem(path, number, what, "Separate the cells with single tabs."))
            continue
        rows.append(dict(zip(lines[0], cells, strict=True)))
    return rows, problems


def sheet(pairs: Sequence[tuple[str, str]], neighbours: Sequence[tuple[str, str]], seed: int) -> list[tuple[str, str]]:
    """The pairs for a second reading: shuffled, with as many unmapped neighbour pairs as decoys."""
    chooser = random.Random(seed)  # noqa: S311 - a repeatable shuffle, not a secret
    decoys = chooser.sample(sorted(set(neighbours) - set(pairs)), k=min(len(pairs), len(neighbours)))
    mixed = [*pairs, *decoys]
    chooser.shuffle(mixed)
    return mixed


def agreement(judged: Sequence[tuple[str, str]]) -> Agreement:
    """Raw agreement and Cohen's kappa of (first, second) relations.

    >>> agreement([("equalTo", "equalTo"), ("noRelationship", "noRelationship")]).kappa
    1.0
    """
    total = len(judged)
    same = sum(1 for first, second in judged if first == second)
    if not total:
        return Agreement(0, 0, None)
    words = {word for pair in judged for word in pair}
    firsts = [first for first, _ in judged]
    seconds = [second for _, second in judged]
    chance = sum(firsts.count(w) * seconds.count(w) for w in words) / total**2
    kappa = None if chance == 1 else (same / total - chance) / (1 - chance)
    return Agreement(total, same, kappa)


def compare(
    rows: Sequence[Mapping],
    first: Sequence[Judgement],
    second: Sequence[Judgement],
    settlements: Sequence[Judgement] = (),
    before: Dict[str, Review] | None = None,
) -> tuple[list[Review], Agreement]:
    """The review of every row that was read twice, and the agreement over all pairs read twice.

    A pair that only one reading judged counts as 'noRelationship' for the first
    reading (a decoy): it never proposed a row there. A row that was edited since
    the review `before` counts as edited until a reader writes something new.
    """
    seconds = {j.pair: j for j in second}
    firsts = {j.pair: j for j in first}
    settled = {j.pair: j for j in settlements}
    judged = [
        (firsts[pair].relation if pair in firsts else "noRelationship", one.relation)
        for pair, one in sorted(seconds.items())
    ]
    reviews = []
    for row in rows:
        pair = (row.subject, row.object)
        if pair in seconds and pair in firsts:
            review = _review(row, firsts[pair], seconds[pair], settled.get(pair))
            reviews.append(_unless_edited(review, (before or {}).get(row.id)))
    return reviews, agreement(judged)


def _review(row: Mapping, one: Judgement, two: Judgement, decision: Judgement | None) -> Review:
    written = [f"{j.relation}\x1f{j.sentence}" for j in (one, two, decision) if j is not None]
    outcome = OPEN
    if one.relation == two.relation == row.relation.value:
        outcome = AGREED
    elif decision is not None and decision.relation == row.relation.value and decision.sentence:
        outcome = SETTLED
    return Review(
        record_id=row.id,
        fingerprint=fingerprint(row),
        readings=_hash("\x1e".join(written)),
        first=one.relation,
        second=two.relation,
        settled=decision.relation if decision else "",
        reason=decision.sentence if decision else "",
        outcome=outcome,
    )


def _unless_edited(review: Review, before: Review | None) -> Review:
    if before is None or before.readings != review.readings or before.fingerprint == review.fingerprint:
        return review
    return replace(review, fingerprint=before.fingerprint, outcome=EDITED)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def write_reviews(reviews: Iterable[Review]) -> str:
    """Review rows as TSV, sorted by record id."""
    lines = ["\t".join(REVIEW_COLUMNS)]
    for review in sorted(reviews, key=lambda r: r.record_id):
        lines.append("\t".join(getattr(review, c) for c in REVIEW_COLUMNS))
    return "\n".join(lines) + "\n"
