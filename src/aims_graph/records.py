"""An organisation's records, as far as answers need them: cases, their actions and recorded answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aims_graph.catalogue import Catalogue
from aims_graph.errors import DataError, Problem, UnknownName
from aims_graph.files import read_text
from aims_graph.model import Source
from aims_graph.turtle import Facts, read_into
from aims_graph.vocab import AIMS, DCTERMS, RDF, RDFS

CASE_CLASS = f"{AIMS}Nonconformity"
_TO_CASE = (  # from a record to the case it belongs to, and from the case to its records
    (f"{AIMS}correctiveActionFor", False),
    (f"{AIMS}partOfCase", False),
    (f"{AIMS}forCase", False),
    (f"{AIMS}objectiveEvidence", True),
    (f"{AIMS}documentsNatureAndActions", True),
    (f"{AIMS}documentsResults", True),
    (f"{AIMS}reaction", True),
    (f"{AIMS}causeAnalysis", True),
)


@dataclass(frozen=True)
class Records:
    """Record files as read: their facts and their text, per file."""

    facts: Facts
    texts: tuple[tuple[str, str], ...]

    def label(self, iri: str) -> str:
        """The identifier people use for a record, else its label, else its IRI."""
        return (
            self.facts.text(iri, f"{DCTERMS}identifier")
            or self.facts.text(iri, f"{RDFS}label")
            or iri.rsplit("/", 1)[-1]
        )

    def cases(self) -> tuple[str, ...]:
        """Every recorded nonconformity."""
        return tuple(self.facts.of_type(CASE_CLASS))

    def source(self, iri: str) -> Source | None:
        """Where a record starts."""
        place = self.facts.place.get(iri)
        return None if place is None else Source(*place)

    def find(self, name: str) -> str | None:
        """The record with this identifier, IRI or local name."""
        for iri in self.facts.values:
            if name in (iri, self.facts.text(iri, f"{DCTERMS}identifier")):
                return iri
        local = name.removeprefix("ex:")
        return next((iri for iri in self.facts.values if iri.rsplit("/", 1)[-1] == local), None)

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

    def case_of(self, record: str) -> str | None:
        """The nonconformity that a record belongs to, itself if it is one."""
        if CASE_CLASS in self.facts.texts(record, f"{RDF}type"):
            return record
        for prop, from_case in _TO_CASE:
            if from_case:
                owners = [c for c in self.cases() if record in self.facts.texts(c, prop)]
            else:
                owners = self.facts.texts(record, prop)
            if owners:
                return owners[0]
        return None

    def answers(self, case: str, catalogue: Catalogue) -> dict[str, tuple[str, str | None, Source | None]]:
        """Recorded answers of a case: trigger id → (yes or no, reason, place)."""
        found: dict[str, tuple[str, str | None, Source | None]] = {}
        for node in self.facts.texts(case, f"{AIMS}triggerAnswer"):
            trigger = self.facts.text(node, f"{AIMS}answersTrigger")
            answer = self.facts.text(node, f"{AIMS}answer")
            if trigger is not None and answer is not None:
                reason = self.facts.text(node, f"{AIMS}reason")
                found[catalogue.curie(trigger)] = (answer, reason, self.source(node))
        return found


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
    if problems:
        raise DataError(problems)
    return Records(facts, tuple(texts))


def _unknown_names(facts: Facts, catalogue: Catalogue) -> list[Problem]:
    """Links into a framework's namespace that name nothing there."""
    namespaces = tuple(e.namespace for e in catalogue.editions.values())
    known = catalogue.provisions.keys() | catalogue.triggers.keys()
    problems: list[Problem] = []
    for subject, properties in facts.values.items():
        for prop in properties:
            for value in facts.texts(subject, prop):
                if value.startswith(namespaces) and value not in namespaces and catalogue.curie(value) not in known:
                    path, line = facts.place.get(subject, ("(records)", 0))
                    what = f"'{catalogue.curie(value)}' is not a known provision or question."
                    problems.append(Problem(path, line or None, what, "Check it with 'aims-graph find'."))
    return problems
