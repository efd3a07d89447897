"""Whether statements from outside are about records, in words that exist, with values of the right kind.

What is wrong between records (missing links, order of dates) is for the integrity rules; here each statement is
looked at by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import pyoxigraph as ox

from aims_graph.errors import Problem
from aims_graph.intake import terms as words
from aims_graph.intake.meanings import Meanings
from aims_graph.intake.record_places import MOST_PROBLEMS, Place, no_more
from aims_graph.intake.record_statements import NOWHERE
from aims_graph.intake.terms import AGENT, TYPE, Property, near, or_list
from aims_graph.intake.written import LONGEST, Fault, day, plain, unwanted
from aims_graph.vocab import AIMS, BASE, OWL, RDF, RDFS, SH, XSD

_NUMBERS: Final = frozenset({f"{XSD}decimal", f"{XSD}integer", f"{XSD}double"})
_TEXTS: Final = frozenset({f"{XSD}string", f"{RDF}langString"})
_BOOLEANS: Final = frozenset({"true", "false", "1", "0"})
_OF_RULES: Final = (SH, OWL, *(RDFS + name for name in ("subClassOf", "subPropertyOf", "domain", "range")))
_ABSOLUTE: Final = ("http://", "https://", "urn:", "mailto:", "tag:", "did:")


def problems(triples: Iterable[ox.Triple], places: Mapping[str, Place], meanings: Meanings, file: str) -> list[Problem]:
    """What is wrong with statements, each at the place of its subject; the same thing once for each place."""
    checker = _Checker(meanings, list(triples))
    found: dict[Problem, None] = {}
    for triple in checker.triples:
        subject = triple.subject.value if isinstance(triple.subject, ox.NamedNode) else str(triple.subject)
        place = places.get(subject, Place(file))
        for fault in checker.faults(subject, triple):
            pointer = f"{place.pointer}: " if place.pointer else ""
            found[Problem(place.path, place.row, pointer + fault.what, fault.fix)] = None
            if len(found) >= MOST_PROBLEMS:
                return no_more(found, file)
    return list(found)


class _Checker:
    """Looks at one statement after the other."""

    def __init__(self, meanings: Meanings, triples: list[ox.Triple]) -> None:
        self.meanings, self.triples = meanings, triples
        self.catalogue, self.terms = meanings.catalogue, meanings.terms
        agent = ox.NamedNode(AGENT)
        self.people = {str(t.subject) for t in triples if t.object == agent and t.predicate.value == TYPE}
        self.namespaces = tuple(e.namespace for e in self.catalogue.editions.values())
        self.provisions = {p.iri for p in self.catalogue.provisions.values()}
        self.questions = {self.catalogue.iri(t) for t in self.catalogue.triggers}
        self.documents = {self.catalogue.iri(t) for t in self.catalogue.evidence_types}
        self.editions = {e.iri for e in self.catalogue.editions.values()} | set(self.namespaces)
        self.known = self.provisions | self.questions | self.documents
        self.subjects: dict[str, Fault | None] = {}

    def faults(self, subject: str, triple: ox.Triple) -> Iterable[Fault]:
        """What is wrong with one statement, its subject first."""
        if subject not in self.subjects:
            self.subjects[subject] = self.subject(subject, str(triple.subject))
            if (fault := self.subjects[subject]) is not None:
                yield fault
        if self.subjects[subject] is not None:
            return
        predicate = triple.predicate.value
        prop = self.terms.by_iri.get(predicate)
        if predicate.startswith(AIMS) and prop is None:
            yield self.no_property(predicate)
        for iri in (predicate, triple.object.value if isinstance(triple.object, ox.NamedNode) else ""):
            if iri and (fault := self.address(iri)) is not None:
                yield fault
        if predicate.startswith(_OF_RULES):
            what = f"'{plain(self.catalogue.curie(predicate))}' makes rules or vocabulary, not records."
            yield Fault(what, "Put rules and vocabulary into a data folder.")
        fault = self.value(predicate, prop, triple.object)
        if fault is not None:
            yield fault

    def subject(self, iri: str, shown: str) -> Fault | None:
        """Statements are about records of the workspace and about people, and about nothing else."""
        if iri.startswith(self.meanings.base):
            named = self.meanings.record(self.meanings.id_of(iri))
            return named if isinstance(named, Fault) else None
        ours = iri.startswith((BASE, *self.namespaces, NOWHERE))
        if shown in self.people and not ours and self.address(iri) is None:
            return None
        if fault := self.address(iri):
            return fault
        what = f"it states something about '{plain(self.catalogue.curie(iri))}', which is no record of this workspace."
        return Fault(what, f"State facts about records alone; theirs begin with '{self.meanings.base}'.")

    def address(self, iri: str) -> Fault | None:
        """An address has to be whole: not relative, and with no prefix left in it."""
        if iri.startswith(NOWHERE):
            return Fault(
                f"'{plain(iri.removeprefix(NOWHERE))}' is no full address.", "Write it in full, or declare it."
            )
        prefix = iri.partition(":")[0]
        if not iri.startswith(_ABSOLUTE) and prefix in self.catalogue.prefixes:
            return Fault(
                f"the prefix of '{plain(iri)}' is not declared.", f"Declare '{prefix}' at the top of the file."
            )
        if iri.startswith(self.namespaces) and iri not in self.provisions | self.questions | self.documents:
            return self.unknown(iri)
        return None

    def unknown(self, iri: str) -> Fault | None:
        """A name in the namespace of an edition that names nothing there."""
        if iri in self.editions:
            return None
        found = self.meanings.provision(self.catalogue.curie(iri))
        return found if isinstance(found, Fault) else None

    def no_property(self, iri: str) -> Fault:
        name = iri.removeprefix(AIMS)
        names = near(name, self.terms.properties)
        hint = f"Did you mean {or_list(f'aims:{n}' for n in names)}?" if names else "Use a property of the ontology."
        return Fault(f"'aims:{plain(name)}' is no property of records.", hint)

    def value(self, predicate: str, prop: Property | None, term: object) -> Fault | None:
        """Whether the value is one that its property takes."""
        if isinstance(term, ox.Triple):
            return Fault("a statement about a statement is no record.", "Remove it.")
        fault = _literal_fault(term) if isinstance(term, ox.Literal) else None
        if fault is not None or predicate == TYPE:
            return fault or self.kind(term.value if isinstance(term, ox.NamedNode) else str(term))
        if prop is None or prop.kind in words.LITERALS:
            return None if prop is None else _literal_for(prop, term)
        if not isinstance(term, ox.NamedNode):
            what = f"'{prop.name}' takes an address, not the text '{plain(str(getattr(term, 'value', term)))}'."
            return Fault(what, "Write the address of what is meant.")
        return self.link(prop, term.value)

    def kind(self, iri: str) -> Fault | None:
        if iri in self.terms.kinds or not iri.startswith((BASE, SH, OWL, RDFS)):
            return None
        names = near(iri.removeprefix(AIMS), self.terms.classes)
        hint = f"Did you mean {or_list(f'aims:{n}' for n in names)}?" if names else "Use a kind of record."
        return Fault(f"'{plain(self.catalogue.curie(iri))}' is no kind of record.", hint)

    def link(self, prop: Property, iri: str) -> Fault | None:
        """Whether an address is of the list, or of the provisions, that the property is about."""
        if prop.kind == words.CHOICE:
            listed = self.terms.choices[prop.range or ""]
            shown = f"Use one of: {', '.join(self.catalogue.curie(i) for i in listed.values())}."
            outside = iri not in listed.values()
            return (
                Fault(f"'{plain(self.catalogue.curie(iri))}' is no value of '{prop.name}'.", shown) if outside else None
            )
        known = {words.PROVISION: self.provisions, words.QUESTION: self.questions, words.EDITION: self.editions}
        if prop.kind in known and iri not in known[prop.kind]:
            what = f"'{plain(self.catalogue.curie(iri))}' is no {prop.kind}, but '{prop.name}' takes one."
            return Fault(what, "Search for a word of its title.")
        return None


def _literal_fault(term: ox.Literal) -> Fault | None:
    if len(term.value) > LONGEST:
        what = f"a text has {len(term.value)} characters."
        return Fault(what, f"Keep it within {LONGEST}, or name a file instead.")
    if getattr(term, "direction", None) is not None:
        return Fault("a text says in which direction it is written.", "Leave the direction out.")
    return unwanted(term.value)


def _literal_for(prop: Property, term: object) -> Fault | None:
    if not isinstance(term, ox.Literal):
        return Fault(f"'{prop.name}' takes a {prop.kind}, not an address.", "Write the value between quotes.")
    fits: dict[str, Callable[[ox.Literal], bool]] = {
        words.TEXT: lambda t: t.datatype.value in _TEXTS,
        words.YES_NO: lambda t: t.datatype.value == f"{XSD}boolean" and t.value in _BOOLEANS,
        words.NUMBER: lambda t: t.datatype.value in _NUMBERS,
        words.DAY: lambda t: t.datatype.value == f"{XSD}date",
    }
    if not fits[prop.kind](term):
        fixes = {words.DAY: 'Write it as "2026-08-18"^^xsd:date.', words.YES_NO: "Write true or false without quotes."}
        what = f"'{plain(term.value)}' is no {prop.kind}, but '{prop.name}' takes one."
        return Fault(what, fixes.get(prop.kind, f"Write a {prop.kind}."))
    found = day(term.value) if prop.kind == words.DAY else None
    return found if isinstance(found, Fault) else None
