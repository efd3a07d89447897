"""Which rows speak of the same sets, so that they can contradict one another, and which do not, and why.

A row is about texts: it says how what two provisions ask for relates, as people
stated it. So rows between two management systems count as stated here, though
claims travel along them as an overlap only. Rows are compared with rows of the
same rationale and the same condition; the hierarchy is common to all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from aims_graph.catalogue import Catalogue
from aims_graph.chain import is_duty, is_heading
from aims_graph.consistency import Network, Parts
from aims_graph.model import ALL_OF, ANY_OF, Mapping, Source
from aims_graph.relations import EQ
from aims_graph.setfacts import EXISTENTIAL, UNION, UNIVERSAL, Stated
from aims_graph.vocab import NO_TERM_FOUND

SEMANTIC, SYNTACTIC = "semantic", "syntactic"
NO_COUNTERPART = "no-counterpart"
NO_SET_RELATION = "no-set-relation"
NOT_ADMITTED = "not-admitted"
WORDS_ONLY = "words-only"
FREE_CHOICE = "free-choice"
NOT_IN_FORCE = "not-in-force"

LEFT_OUT = {
    NO_COUNTERPART: "say that there is no counterpart",
    NO_SET_RELATION: "say nothing of sets (supports, crosswalk, contrary)",
    NOT_ADMITTED: "are not admitted at this level of trust",
    WORDS_ONLY: "compare words only (syntactic, and not equal)",
    FREE_CHOICE: "touch a free choice, which asks for no one of its members",
    NOT_IN_FORCE: "touch a text that is not in force on the day",
}
"""Why a row is compared with no other, in words."""

Admits = Callable[[Mapping], bool]


@dataclass(frozen=True, order=True)
class Reading:
    """On what rows rest, and under which condition they hold; those that rest on different things do not compare."""

    rationale: str
    condition: str = ""  # id of a trigger; empty: none


@dataclass(frozen=True)
class Comparable:
    """The rows that can be compared, by reading, and why others cannot."""

    stated: dict[Reading, tuple[Stated, ...]]  # those without a condition first
    parts: Parts
    left_out: dict[str, int]  # reason → rows

    def network(self, reading: Reading, gone: Collection[Source] = ()) -> Network:
        """What is known where the condition of a reading holds, without the rows at the lines that are `gone`.

        What lies inside, or shares nothing, does so of some elements as of all; what
        has something beyond or in common under a condition has it altogether. So
        with a condition, rows without one count for the former; without one, rows
        with any count for the latter.
        """
        stated: list[Stated] = []
        for other, found in self.stated.items():
            if other == reading:
                stated += (replace(s, restricted=bool(reading.condition)) for s in found)
            elif other.rationale == reading.rationale and not (reading.condition and other.condition):
                stated += (replace(s, counts=UNIVERSAL if reading.condition else EXISTENTIAL) for s in found)
        kept = (s for s in stated if s.facts and not any(row.source in gone for row in s.rows))
        return Network(kept, self.parts, restricted=bool(reading.condition))

    @property
    def rows(self) -> int:
        """How many rows are compared."""
        return sum(len(s.rows) for stated in self.stated.values() for s in stated)


def comparable(
    catalogue: Catalogue,
    rows: Iterable[Mapping],
    on: date | None,
    admits: Admits,
    unstated: str = SEMANTIC,
) -> Comparable:
    """Sort rows into those that are compared and those that are not.

    `on` leaves out texts that are not in force on that day (None: none is left
    out); `unstated` is what rows are taken to rest on that do not say so.
    """
    compared: dict[Reading, list[Stated]] = defaultdict(list)
    unions: dict[str, tuple[str, ...]] = {}
    left_out: Counter[str] = Counter()
    for group in _groups(rows):
        reason = next((r for row in group if (r := _reason(catalogue, row, on, admits))), None)
        if reason is None:
            ends = [_together([row.subject for row in group]), _together([row.object for row in group])]
            unions.update({name: members for name, members in ends if len(members) > 1})
            reading = Reading(group[0].rationale_kind or unstated, group[0].condition or "")
            compared[reading].append(Stated(ends[0][0], group[0].relation, ends[1][0], group))
        else:
            left_out[reason] += len(group)
    sources = {end: row.source for stated in compared.values() for s in stated for row in s.rows for end in _ends(row)}
    parts: dict[str, tuple[tuple[str, Source], ...]] = {name: (whole,) for name, whole in always_asked(catalogue)}
    for union, members in unions.items():
        for member in members:
            parts[member] = (*parts.get(member, ()), (union, sources[member]))
    return Comparable({reading: tuple(compared[reading]) for reading in sorted(compared)}, parts, dict(left_out))


def always_asked(catalogue: Catalogue) -> Iterator[tuple[str, tuple[str, Source]]]:
    """Each part that its whole always asks for, with the whole and the line that says so.

    Conditional members, members of a choice, and what is no duty (a permission, a
    definition, an authority's task, informative text) are in no such way part of it.
    """
    asks = {p.id for p in catalogue.provisions.values() if is_duty(catalogue, p) or is_heading(catalogue, p)}
    for provision in catalogue.provisions.values():
        whole = catalogue.provisions.get(provision.parent or "")
        if whole is None or whole.decomposition != ALL_OF or provision.conditional:
            continue
        if provision.id in asks and whole.id in asks:
            yield provision.id, (whole.id, provision.source)


def _groups(rows: Iterable[Mapping]) -> list[tuple[Mapping, ...]]:
    """Rows that count only together, together; any other alone. In order of first row."""
    groups: dict[tuple[str, ...], list[Mapping]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[(row.mapping_set, row.joint) if row.joint else (str(number),)].append(row)
    return [tuple(group) for group in groups.values()]


def _together(names: Iterable[str]) -> tuple[str, tuple[str, ...]]:
    """The name of several provisions taken as one, and which they are."""
    members = tuple(sorted(set(names)))
    return UNION.join(members), members


def _ends(row: Mapping) -> tuple[str, str]:
    return row.subject, row.object


def _reason(catalogue: Catalogue, row: Mapping, on: date | None, admits: Admits) -> str | None:
    """Why a row is compared with no other; None if it is."""
    ends = [catalogue.provisions[end] for end in _ends(row) if end in catalogue.provisions]
    holds = {
        NO_COUNTERPART: NO_TERM_FOUND in _ends(row),
        NO_SET_RELATION: not row.relation.is_set_relation,
        NOT_ADMITTED: not admits(row),
        WORDS_ONLY: row.rationale_kind == SYNTACTIC and row.relation is not EQ,
        FREE_CHOICE: any(end.decomposition == ANY_OF for end in ends),
        NOT_IN_FORCE: on is not None and not all(end.in_force.holds(on) for end in ends),
    }
    return next((reason for reason, so in holds.items() if so), None)
