"""Mapping rows as they are supposed to be: rejected, accepted, of another relation or confidence, or added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from itertools import takewhile
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError, UnknownName
from aims_graph.indexing.reach import ends, together
from aims_graph.model import ACCEPTED, REJECTED, Mapping, Source
from aims_graph.names import Names
from aims_graph.relations import Relation
from aims_graph.vocab import NO_TERM_FOUND

NEAREST = 5  # ids offered for one that is unknown
POOL = 24  # of which those are offered that begin alike
SUPPOSED = "supposed"
RELATION = "RELATION"
OPTION_OF = {"relation": "change", "confidence": "confidence"}  # by the field that it sets


@dataclass(frozen=True)
class Wanted:
    """What is to be supposed, as people type it."""

    reject: tuple[str, ...] = ()  # ROW
    change: tuple[str, ...] = ()  # ROW=RELATION
    confidence: tuple[str, ...] = ()  # ROW=NUMBER
    accept: tuple[str, ...] = ()  # ROW
    add: tuple[str, ...] = ()  # SUBJECT RELATION OBJECT


@dataclass(frozen=True)
class Supposition:
    """One row as it stands and as it is supposed."""

    before: Mapping | None  # None: there is no such row yet
    after: Mapping

    @property
    def ends(self) -> frozenset[str]:
        """The provisions that it touches."""
        return ends(row for row in (self.before, self.after) if row is not None)


def suppose(catalogue: Catalogue, names: Names, wanted: Wanted) -> tuple[Supposition, ...]:
    """The rows that are wanted otherwise, by id, then those added; rows of one joint group change together.

    Raises UnknownName for a row or provision that does not exist, with those nearest, and InputError for what
    cannot be supposed or is supposed twice over.
    """
    book = _Book(catalogue)
    for text in wanted.reject:
        book.set(book.row(text), status=REJECTED)
    for text in wanted.accept:
        book.set_all(book.row(text), status=ACCEPTED)
    for text in wanted.change:
        name, relation = _split(text, "change", RELATION)
        book.set_all(_related(book.row(name)), relation=_relation(relation))
    for text in wanted.confidence:
        name, number = _split(text, "confidence", "NUMBER")
        book.set_all(book.row(name), confidence=_belief(number))
    added = [_added(catalogue, names, text, i) for i, text in enumerate(dict.fromkeys(wanted.add), 1)]
    found = (*book.suppositions(), *(Supposition(None, row) for row in added))
    if not found:
        raise InputError("nothing is supposed. Reject, change, accept or add at least one row.")
    return found


def find_row(catalogue: Catalogue, text: str) -> Mapping:
    """The mapping row of an id, with or without its prefix, or of a file and line; UnknownName otherwise."""
    return _Book(catalogue).row(text)


class _Book:
    """The fields of rows that are set so far; none is set to two values."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._set: dict[str, dict[str, Any]] = {}

    @cached_property
    def _rows(self) -> dict[str, Mapping]:
        return {r.id: r for r in self.catalogue.mappings}

    @cached_property
    def _places(self) -> dict[str, Mapping]:
        return {str(r.source): r for r in self.catalogue.mappings}

    def row(self, text: str) -> Mapping:
        """The row of an id, which may be typed without its prefix, or of a file and line."""
        typed = text.strip()
        found = self._rows.get(typed) or self._rows.get(f"mapping:{typed}") or self._places.get(typed)
        if found is None:
            known = self._places if ":" in typed and not typed.startswith("mapping:") else self._rows
            near = get_close_matches(typed, known, n=POOL, cutoff=0.5)
            near.sort(key=lambda name: -_shared(name.removeprefix("mapping:"), typed.removeprefix("mapping:")))
            raise UnknownName(typed, near[:NEAREST], "mapping row")
        return found

    def set_all(self, row: Mapping, **values: Any) -> None:
        """Set fields of a row and of all that state one thing with it."""
        for each in together(self.catalogue, row):
            self.set(each, **values)

    def set(self, row: Mapping, **values: Any) -> None:
        """Set fields of one row."""
        known = self._set.setdefault(row.id, {})
        for name, value in values.items():
            if known.setdefault(name, value) != value:
                raise InputError(f"two things are supposed of the {name} of '{row.id}'. Suppose one at a time.")

    def suppositions(self) -> Iterator[Supposition]:
        """What was set, by id of the row."""
        for name in sorted(self._set):
            row = self._rows[name]
            self._check(name)
            yield Supposition(row, replace(row, **self._set[name]))

    def _check(self, name: str) -> None:
        """A row that is wrong is nothing else beside."""
        known = self._set[name]
        also = [OPTION_OF[field] for field in known if field != "status"]
        if known.get("status") == REJECTED and also:
            raise InputError(f"'{name}' is given to both reject and {also[0]}. Choose one of them for a row.")


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _split(text: str, option: str, what: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not equals or not name:
        known = f" Relations are: {', '.join(r.value for r in Relation)}." if what == RELATION else ""
        raise InputError(f"{option} '{text}' is not ROW={what}.{known}")
    return name, value.strip()


def _relation(text: str) -> Relation:
    try:
        return Relation(text.removeprefix("strm:"))
    except ValueError:
        known = ", ".join(r.value for r in Relation)
        raise InputError(f"'{text}' is not a relation. Use one of: {known}.") from None


def _related(row: Mapping) -> Mapping:
    if NO_TERM_FOUND in (row.subject, row.object):
        raise InputError(f"'{row.id}' states that there is no counterpart, so it has no relation. Add a row instead.")
    return row


def _belief(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError(f"confidence '{text}' is not a number from 0 to 1.")
    return value


def _added(catalogue: Catalogue, names: Names, text: str, number: int) -> Mapping:
    words = text.split()
    known = {r.value for r in Relation}
    at = [i for i, word in enumerate(words) if word.removeprefix("strm:") in known]
    if len(at) != 1 or at[0] in (0, len(words) - 1):
        raise InputError(f"add '{text}' is not SUBJECT RELATION OBJECT. Relations are: {', '.join(sorted(known))}.")
    subject, object_ = names.resolve(" ".join(words[: at[0]])), names.resolve(" ".join(words[at[0] + 1 :]))
    if subject == object_:
        raise InputError(f"add '{text}' joins a provision with itself. Name two.")
    judged = [r for r in catalogue.rows_at.get(subject, ()) if {r.subject, r.object} == {subject, object_}]
    if judged:
        raise InputError(f"the pair of '{text}' is already judged in '{judged[0].id}'. Change or accept that row.")
    return Mapping(
        id=f"{SUPPOSED}-{number}",
        subject=subject,
        relation=_relation(words[at[0]]),
        object=object_,
        confidence=None,
        rationale_kind="semantic",
        rationale=None,
        status=ACCEPTED,
        overlap=None,
        strength=None,
        condition=None,
        joint=None,
        justification="semapv:UnspecifiedMatching",
        author=None,
        reviewer=None,
        mapped_on=None,
        origin=None,
        mapping_set=SUPPOSED,
        source=Source(SUPPOSED, number),
    )


def touched(catalogue: Catalogue, supposed: Sequence[Supposition]) -> frozenset[str]:
    """Every provision at which a claim can meet one of the rows, those of their joint groups included."""
    rows = [row for s in supposed if s.before is not None for row in together(catalogue, s.before)]
    return ends(rows).union(*(s.ends for s in supposed))


def supposition_json(supposed: Iterable[Supposition]) -> list[dict[str, Any]]:
    """The rows as supposed, with what they are now."""
    return [
        {
            "mapping": s.after.id,
            "subject": s.after.subject,
            "object": s.after.object,
            "before": None if s.before is None else _state(s.before),
            "after": _state(s.after),
            "source": None if s.before is None else str(s.before.source),
        }
        for s in supposed
    ]


def _state(row: Mapping) -> dict[str, Any]:
    return {"relation": row.relation.value, "status": row.status, "confidence": row.confidence}
