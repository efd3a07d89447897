"""The values everything speaks of. Frozen; dates are dates; `None` means "not stated", which is not zero."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from aims_graph.relations import Degree, Relation

LAW = "law"
OBLIGATION = "obligation"
PROHIBITION = "prohibition"
ALL_OF, ANY_OF, AS_APPROPRIATE, INFORMATIVE = "AllOf", "AnyOf", "AsAppropriate", "Informative"
SHALL, SHOULD = "shall", "should"
STANDING, PER_OCCURRENCE, BOTH = "standing", "per-occurrence", "both"
ACCEPTED, DOUBLE_READ, PROPOSED = "accepted", "double-read", "proposed"
PUBLISHED, REJECTED = "published", "rejected"
ANY_CLASS = "any"
NO_DAY = "'{}' is not a date. Write it as YYYY-MM-DD."
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def read_day(text: str) -> date:
    """A day as people write it, YYYY-MM-DD and nothing else; ValueError, which says so, otherwise."""
    if _DAY.fullmatch(text):
        with suppress(ValueError):  # of no calendar, such as the 30th of February
            return date.fromisoformat(text)
    raise ValueError(NO_DAY.format(text))


def day_after(day: date) -> date:
    """The next day; the last day of the calendar has none and stays.

    >>> day_after(date(2026, 7, 26))
    datetime.date(2026, 7, 27)
    """
    return day if day == date.max else day + timedelta(days=1)


@dataclass(frozen=True, order=True)
class Source:
    """A line of a data file; prints as `path:line`, relative to its data folder."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Interval:
    """Days from `start` to `end`, both included; `None` is open."""

    start: date | None = None
    end: date | None = None

    def holds(self, on: date) -> bool:
        """Whether `on` lies in the interval.

        >>> Interval(date(2024, 8, 1), date(2026, 7, 26)).holds(date(2026, 7, 27))
        False
        """
        return (self.start is None or self.start <= on) and (self.end is None or on <= self.end)


@dataclass(frozen=True)
class Edition:
    """One edition of a framework, with the names that people type for it."""

    id: str  # the preferred prefix, for example the part before ':' of an id
    iri: str
    namespace: str
    title: str
    label: str
    framework: str
    version: str
    bindingness: str
    managed: str | None  # the management system it asks for, if it does
    common: bool  # only joins others by what they share; answers name it only when asked for
    in_force: Interval
    aliases: tuple[str, ...]
    ignored_words: tuple[str, ...]
    implied_words: tuple[str, ...]
    coverage: str | None
    effect: str | None  # what a mapping to it does not do, for law
    link: str
    rights: str
    source: Source


@dataclass(frozen=True)
class ApplicationDate:
    """From when duties apply to a class of systems, and while that date itself is the law."""

    system_class: str
    start: date
    valid: Interval
    legal_question: str | None
    source: Source


@dataclass(frozen=True)
class Wording:
    """One text that a provision had for a time; a wording with a title only is a replaced heading."""

    title: str | None
    summary: str | None
    valid: Interval
    enacted_by: str | None
    basis: str | None
    source: Source


@dataclass(frozen=True)
class Amendment:
    """What an amending act did to one unit, at the unit that the act itself names."""

    id: str
    unit: str
    change: str  # inserted replaced deleted partly-replaced partly-inserted heading-replaced
    effective: date  # the first day of the amended text
    enacted_by: str
    summary: str
    source: Source


@dataclass(frozen=True)
class EvidenceType:
    """A kind of documented information."""

    id: str
    label: str


@dataclass(frozen=True)
class EvidenceRequirement:
    """What documented information provisions demand: all types of any one of the lists."""

    id: str
    required_by: tuple[str, ...]
    label: str
    lists: tuple[tuple[EvidenceType, ...], ...]
    retention: str | None  # ISO 8601 duration that the text sets, at the least
    retained_from: str | None
    retention_rule: str | None  # who decides where the text sets none
    freshness: str | None
    freshness_rule: str | None
    informative: bool  # an output that the text suggests, not a document that it demands
    note: str | None
    source: Source
    counts_from: str | None = None  # IRI of the property of a record that holds the day from which retention runs
    no_rule: str | None = None  # why no rule of its own asks for it, or which rule does instead


@dataclass(frozen=True)
class OuterLimit:
    """The longest time that a provision allows for a duty which is to be done sooner; keeping it shows no more."""

    provision: str
    duration: str  # ISO 8601, in calendar days
    kinds: frozenset[str]  # of incident for which it holds
    counts_from: str  # IRI of the property of a record that holds the day from which it runs
    kept_by: str  # IRI of the property that holds the day on which the duty was done
    source: Source


@dataclass(frozen=True)
class Provision:
    """One citable unit of a framework edition."""

    id: str
    iri: str
    kind: str
    edition: str
    parent: str | None
    notation: str
    title: str
    titles: tuple[tuple[str, str], ...]  # (language tag, title) in further languages
    summary: str | None
    basis: str | None  # what the summary rests on
    wordings: tuple[Wording, ...]
    force: str | None
    modality: str | None
    occurrence: str | None
    binds: frozenset[str]
    addressees: frozenset[str]
    system_classes: frozenset[str]
    in_force: Interval
    applies: tuple[ApplicationDate, ...]
    decomposition: str | None
    exhaustive: bool
    conditional: bool
    condition: str | None
    refers_to: tuple[str, ...]
    suggested_for: tuple[str, ...]
    addresses_risks: tuple[str, ...]
    expected_output: tuple[str, ...]
    responsible: tuple[str, ...]
    link: str
    note: str | None
    source: Source

    def summary_on(self, on: date) -> str | None:
        """The own-words summary of the text in force on a day."""
        return next((w.summary for w in self.wordings if w.summary and w.valid.holds(on)), self.summary)

    def title_on(self, on: date) -> str:
        """The title of the text in force on a day."""
        return next((w.title for w in self.wordings if w.title and w.valid.holds(on)), self.title)

    def basis_on(self, on: date) -> str | None:
        """What the summary of that day rests on."""
        return next((w.basis for w in self.wordings if w.summary and w.valid.holds(on)), self.basis)

    def applies_on(self, on: date) -> tuple[ApplicationDate, ...]:
        """The application dates that are the law on a day."""
        return tuple(a for a in self.applies if a.valid.holds(on))


@dataclass(frozen=True)
class Trigger:
    """A question that an event raises, and the provisions that the answer yes sets off."""

    id: str
    condition: str
    question: str
    on_events: frozenset[str]
    sets_off: tuple[str, ...]
    binds: frozenset[str]
    defined_in: str
    source: Source


@dataclass(frozen=True)
class Mapping:
    """One row: what somebody claims of two provisions."""

    id: str
    subject: str
    relation: Relation
    object: str
    confidence: float | None  # None = not stated, which is not 0
    rationale_kind: str | None  # syntactic, semantic or functional
    rationale: str | None
    status: str
    overlap: str | None
    strength: int | None
    condition: str | None  # id of the trigger that a case must meet
    joint: str | None  # rows of one set that share it state one thing together
    justification: str
    author: str | None
    reviewer: str | None
    mapped_on: date | None
    origin: str | None  # the publication a row was taken from, if not this project
    mapping_set: str
    source: Source

    @property
    def signed(self) -> bool:
        """Whether an accountable person has accepted the row."""
        return self.status == ACCEPTED


@dataclass(frozen=True)
class Joint:
    """Rows that state one thing together: all their subjects, taken as one, have the relation to all their objects."""

    rows: tuple[Mapping, ...]  # in file order; alike but for their ends
    subjects: tuple[str, ...]
    objects: tuple[str, ...]

    @property
    def row(self) -> Mapping:
        """The row that stands for all in a proof: one that counts least, so that no row is trusted beyond its own."""
        return min(self.rows, key=lambda r: (_TRUST.get(r.status, 0), r.id))

    def sides(self, provision: str) -> tuple[tuple[str, ...], tuple[str, ...], Relation] | None:
        """The side that holds a provision, the other side, and the relation read that way; None if it is on none."""
        if provision in self.subjects:
            return self.subjects, self.objects, self.row.relation
        return (self.objects, self.subjects, self.row.relation.converse) if provision in self.objects else None


_TRUST = {DOUBLE_READ: 1, ACCEPTED: 2}


@dataclass(frozen=True)
class Step:
    """One line of a proof: a rule, its premises and what follows."""

    rule: str  # target record mapping part whole all-parts any-of joint
    premises: tuple[str, ...]
    conclusion: str
    degree: Degree
    relation: str | None
    source: Source
    mapping: Mapping | None = None
    guards: tuple[str, ...] = ()


@dataclass(frozen=True)
class Derivation:
    """A proof of one claim: steps in order, every premise before its use."""

    provision: str
    degree: Degree
    steps: tuple[Step, ...]
    flags: frozenset[str] = frozenset()
    conditions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()  # triggers whose answer would lift a cap

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"a claim on {self.provision} needs at least one step")

    @property
    def rows(self) -> tuple[Mapping, ...]:
        """The distinct mapping rows the proof stands on, in order of use."""
        found = {s.mapping.id: s.mapping for s in self.steps if s.mapping is not None}
        return tuple(found.values())


@dataclass(frozen=True)
class Claim:
    """What is claimed of one provision, at its highest degree, with every minimal proof of it."""

    provision: str
    degree: Degree
    derivations: tuple[Derivation, ...]  # best first; never empty
    confidence: float | None
    interval: tuple[float, float]
    best_confidence: float | None
    bounded: bool  # the confidence is a lower bound only

    @property
    def best(self) -> Derivation:
        """The most probable proof."""
        return self.derivations[0]


@dataclass(frozen=True)
class Finding:
    """One result of checking records: what is missing, who asks for it, how to mend it."""

    code: str
    severity: str  # Violation, Warning, Info
    name: str
    message: str
    provision: str
    asked_by: str
    focus: str
    focus_label: str
    rule_source: Source
    procedure: str | None = None  # where the own procedure asks it, if it made the rule stricter


@dataclass(frozen=True)
class Element:
    """One requirement element of a provision for one case."""

    rule_iri: str
    code: str
    name: str
    provision: str
    state: str  # recorded, missing, not-triggered
    fix: str
    rule_source: Source
