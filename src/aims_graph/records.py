"""An organisation's records, as far as answers need them: cases, their actions and recorded answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.errors import AmbiguousName, DataError, Problem, UnknownName
from aims_graph.files import read_text
from aims_graph.model import Source
from aims_graph.turtle import Facts, day_of, read_into, text_of
from aims_graph.vocab import AIMS, DCTERMS, RDF

CASE_CLASS = f"{AIMS}Nonconformity"
ACTION_CLASS = f"{AIMS}CorrectiveAction"
PLANNED = frozenset(  # dates that lie ahead by their nature; every other date says when something happened
    AIMS + name
    for name in ("dueOn", "validUntil", "retainUntil", "expiresOn", "reviewWindowEnds", "periodFrom", "periodTo")
)
WITHDRAWN = f"{AIMS}withdrawnOn"  # says something of the record, not of what it is about
NOT_PAST = PLANNED | {WITHDRAWN}
ANSWERS = ("yes", "no")
DAYS_KEPT = 8  # days on which the records are remembered as they stood
KEPT = 16  # things worked out from the records of a day
T = TypeVar("T")
_BETWEEN = (ACTION_CLASS, f"{AIMS}RootCauseAnalysis", f"{AIMS}Incident")  # through which others belong to a case


@dataclass(frozen=True)
class Records:
    """Record files as read: their facts and their text, per file."""

    facts: Facts
    texts: tuple[tuple[str, str], ...]

    def label(self, iri: str) -> str:
        """The identifier people use for a record, else the last part of its IRI."""
        return self.facts.text(iri, f"{DCTERMS}identifier") or iri.rsplit("/", 1)[-1]

    def cases(self) -> tuple[str, ...]:
        """Every recorded nonconformity."""
        return tuple(self.facts.of_type(CASE_CLASS))

    def source(self, iri: str) -> Source | None:
        """Where a record starts."""
        place = self.facts.place.get(iri)
        return None if place is None else Source(*place)

    def find(self, name: str) -> str | None:
        """The record with this identifier, IRI or local name; AmbiguousName if several have it."""
        if name in self.facts.values:
            return name
        typed = name.removeprefix("ex:").casefold()
        by_identifier = [i for i in self.facts.values if self._identifier(i).casefold() == typed]
        found = by_identifier or [i for i in self.facts.values if i.rsplit("/", 1)[-1].casefold() == typed]
        if len(found) > 1:
            raise AmbiguousName(name, sorted(found))
        return found[0] if found else None

    def _identifier(self, iri: str) -> str:
        return self.facts.text(iri, f"{DCTERMS}identifier") or ""

    def identifiers(self) -> tuple[str, ...]:
        """The identifiers people use for records, sorted."""
        prop = f"{DCTERMS}identifier"
        return tuple(sorted({i for iri in self.facts.values for i in self.facts.texts(iri, prop)}))

    def resolve(self, name: str) -> str:
        """Like `find`, but an unknown name is an error that lists the identifiers there are."""
        found = self.find(name)
        if found is None:
            raise UnknownName(name, self.identifiers()[:5], "record")
        return found

    def missed(self, case: str, catalogue: Catalogue) -> tuple[str, ...]:
        """The requirements (ids) that a case is recorded to miss."""
        named = self.facts.texts(case, f"{AIMS}requirementNotFulfilled")
        return tuple(name for p in named if (name := catalogue.curie(p)) in catalogue.provisions)

    def case_of(self, record: str) -> str | None:
        """The nonconformity that a record belongs to, itself if it is one; AmbiguousName if to several."""
        if self._is_case(record):
            return record
        near = self._linked(record)
        found = set(filter(self._is_case, near))
        if not found:
            between = {n for n in near if set(self.facts.texts(n, f"{RDF}type")) & set(_BETWEEN)}
            found = {c for n in between for c in self._linked(n) if self._is_case(c)}
        if len(found) > 1:
            raise AmbiguousName(self.label(record), sorted(self.label(c) for c in found))
        return next(iter(found), None)

    def _is_case(self, record: str) -> bool:
        return ox.NamedNode(CASE_CLASS) in self.facts.values.get(record, {}).get(f"{RDF}type", ())

    def _linked(self, record: str) -> set[str]:
        """Records one link away, in either direction."""
        onward = {v for prop in self.facts.values.get(record, {}) for v in self.facts.texts(record, prop)}
        return (onward | self._naming.get(record, frozenset())) & self.facts.values.keys()

    @cached_property
    def _naming(self) -> dict[str, set[str]]:
        """For each text or IRI the records that have it as a value."""
        found: dict[str, set[str]] = defaultdict(set)
        for subject, properties in self.facts.values.items():
            for values in properties.values():
                for value in values:
                    found[text_of(value)].add(subject)
        return dict(found)

    def answers(self, case: str, catalogue: Catalogue) -> dict[str, tuple[str, str | None, Source | None]]:
        """Recorded answers of a case: trigger id → (yes or no, reason, place).

        Anything but yes or no, and a trigger answered both ways, counts as unrecorded.
        """
        found: dict[str, tuple[str, str | None, Source | None]] = {}
        contradicted: set[str] = set()
        for node in self.facts.texts(case, f"{AIMS}triggerAnswer"):
            trigger = self.facts.text(node, f"{AIMS}answersTrigger")
            said = set(self.facts.texts(node, f"{AIMS}answer"))
            if trigger is None or len(said) != 1 or not said <= set(ANSWERS):
                continue
            name, answer = catalogue.curie(trigger), said.pop()
            if name in found and found[name][0] != answer:
                contradicted.add(name)
            found[name] = (answer, self.facts.text(node, f"{AIMS}reason"), self.source(node))
        return {name: said for name, said in found.items() if name not in contradicted}

    def on(self, day: date) -> Records:
        """The records as they stood on a day: without what happened later.

        Who recorded what when is not in the records, so the state of a case that has
        later entries is not known for that day; it counts as open.
        """
        found = self._then.get(day)
        if found is None:
            if len(self._then) >= DAYS_KEPT:
                self._then.clear()
            found = self._then[day] = self._on(day)
            found._then[day] = found  # as they stood on that day they stood on that day
        return found

    @cached_property
    def _then(self) -> dict[date, Records]:
        return {}

    def remembered(self, what: Hashable, of: object, make: Callable[[], T]) -> T:
        """What is worked out from these records and something else, kept for some things and as long as these are."""
        key = (what, id(of))
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            kept = self._kept[key] = of, make()  # with what it is of, so that nothing else gets its id
        found: T = kept[1]
        return found

    @cached_property
    def _kept(self) -> dict[tuple[Hashable, int], tuple[object, Any]]:
        return {}

    def _on(self, day: date) -> Records:
        later = {s for s in self.facts.values if (first := self._first_day(s)) is not None and first > day}
        later |= {s for s in self.facts.values if any(d <= day for d in self.facts.days(s, WITHDRAWN))}
        changed: set[str] = set()
        kept = Facts(place=self.facts.place)
        for path, triples in self.facts.triples.items():
            kept.triples[path] = [t for t in triples if not self._is_later(t, later, day, changed)]
        closed = {f"{AIMS}state-closing", f"{AIMS}state-closed"}
        for path, triples in kept.triples.items():
            kept.triples[path] = [_reopened(t, changed, closed) for t in triples]
            kept.index(kept.triples[path])
        texts = tuple((path, as_text(triples)) for path, triples in kept.triples.items())
        return Records(kept, texts) if changed or later else self

    def _first_day(self, subject: str) -> date | None:
        days = [
            day for prop in self.facts.values[subject] if prop not in NOT_PAST for day in self.facts.days(subject, prop)
        ]
        return min(days, default=None)

    def _is_later(self, triple: ox.Triple, later: set[str], day: date, changed: set[str]) -> bool:
        subject, value = text_of(triple.subject), text_of(triple.object)
        happened = day_of(triple.object) if triple.predicate.value not in NOT_PAST else None
        if subject in later or value in later or (happened is not None and happened > day):
            changed.add(subject)
            return True
        return False


def _reopened(triple: ox.Triple, changed: set[str], closed: set[str]) -> ox.Triple:
    if text_of(triple.subject) in changed and text_of(triple.object) in closed:
        return ox.Triple(triple.subject, triple.predicate, ox.NamedNode(f"{AIMS}state-open"))
    return triple


def of_triples(name: str, triples: Sequence[ox.Triple], places: Mapping[str, tuple[str, int | None]]) -> Records:
    """Records of statements that were read elsewhere; `name` stands for their file, `places` says where each starts."""
    facts = Facts(triples={name: list(triples)})
    facts.index(facts.triples[name])
    facts.place = {iri: (path, line or 0) for iri, (path, line) in places.items()}
    return Records(facts, ((name, as_text(facts.triples[name])),))


def as_text(triples: list[ox.Triple]) -> str:
    """Statements as N-Triples, which is Turtle."""
    return (ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"").decode()


def read(paths: Iterable[Path], catalogue: Catalogue) -> Records:
    """Read Turtle record files; raises every problem at once, unknown provisions included."""
    facts = Facts()
    problems: list[Problem] = []
    texts: list[tuple[str, str]] = []
    for path in paths:
        try:
            text = read_text(path)
        except DataError as error:
            problems.extend(error.problems)
            continue
        problem = read_into(facts, str(path), text)
        problems += [problem] if problem else []
        texts.append((str(path), text))
    problems += _unknown_names(facts, catalogue)
    if not problems and not _holds_records(facts, catalogue):
        shown = ", ".join(path for path, _ in texts)
        problems.append(Problem(shown, None, "holds no records.", "Give a file with a case, an action or evidence."))
    if problems:
        raise DataError(problems)
    return Records(facts, tuple(texts))


def _holds_records(facts: Facts, catalogue: Catalogue) -> bool:
    return any(catalogue.record_classes.intersection(facts.texts(s, f"{RDF}type")) for s in facts.values)


def _unknown_names(facts: Facts, catalogue: Catalogue) -> list[Problem]:
    """Links into a framework's namespace that name nothing there."""
    namespaces = tuple(e.namespace for e in catalogue.editions.values())
    known = catalogue.provisions.keys() | catalogue.triggers.keys() | catalogue.evidence_types.keys()
    problems: list[Problem] = []
    for subject, properties in facts.values.items():
        for prop in properties:
            for value in facts.texts(subject, prop):
                if value.startswith(namespaces) and value not in namespaces and catalogue.curie(value) not in known:
                    path, line = facts.place.get(subject, ("(records)", 0))
                    what = f"'{catalogue.curie(value)}' is not a known provision, question or kind of evidence."
                    problems.append(Problem(path, line or None, what, "Search for a word of its title."))
    return problems
