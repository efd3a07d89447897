"""Records to plain JSON: the exact reverse of reading it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.intake import terms as words
from aims_graph.intake.forms import language
from aims_graph.intake.meanings import Meanings
from aims_graph.intake.record_json import ADDRESS, ID, KIND, LANGUAGE, RECORDS, TYPED, VALUE
from aims_graph.intake.terms import IDENTIFIER, TYPE, Property
from aims_graph.intake.written import Fault, folded_name
from aims_graph.turtle import text_of
from aims_graph.vocab import XSD

Values = dict[str, list[ox.NamedNode | ox.Literal]]
_STRING: Final = f"{XSD}string"


def to_json(triples: Iterable[ox.Triple], catalogue: Catalogue, base: str) -> str:
    """The records as JSON text that reads back to the same statements; parts stand in what they are part of.

    Values that plain JSON would not read back as they are stand in full, as `{"@value": …}` or `{"@id": …}`.
    """
    writer = _Writer(triples, catalogue, base)
    return json.dumps({RECORDS: writer.records()}, indent=2, ensure_ascii=False) + "\n"


def record_object(triples: Iterable[ox.Triple], record: str, catalogue: Catalogue, base: str) -> dict[str, Any]:
    """One record (IRI) of those that some statements make, as a JSON object with its parts in it."""
    return _Writer(triples, catalogue, base).record(record)


class _Writer:
    """Writes the records that some statements make."""

    def __init__(self, triples: Iterable[ox.Triple], catalogue: Catalogue, base: str) -> None:
        self.terms, forms = language(catalogue.files)
        self.catalogue, self.meanings = catalogue, Meanings(catalogue, self.terms, base)
        self.identified = {f.kind for f in forms if f.identifies}
        self.values: dict[str, Values] = {}
        links: Counter[str] = Counter()
        for triple in triples:
            values = self.values.setdefault(text_of(triple.subject), defaultdict(list))
            assert isinstance(triple.object, ox.NamedNode | ox.Literal)
            values[triple.predicate.value].append(triple.object)
            links[text_of(triple.object)] += 1
        for iri, values in self.values.items():
            if words.AGENT in self.kinds(iri):
                for said in [self.meanings.id_of(iri), *(text_of(v) for v in values.get(words.LABEL, ()))]:
                    self.meanings.people.setdefault(folded_name(said), iri)
        self.parts = {iri for iri in self.values if links[iri] == 1 and self.holder(iri) is not None}

    def kinds(self, iri: str) -> list[str]:
        return [text_of(v) for v in self.values[iri].get(TYPE, ())]

    def holder(self, iri: str) -> str | None:
        """The record that a record is part of: the one whose address its own goes on from, and that points at it."""
        above = iri.rpartition("/")[0]
        node = ox.NamedNode(iri)
        held = above in self.values and self.known(iri) and self.known(above)
        return above if held and any(node in v for p, v in self.values[above].items() if self.takes_parts(p)) else None

    def takes_parts(self, predicate: str) -> bool:
        prop = self.terms.by_iri.get(predicate)
        return prop is not None and prop.kind in (words.RECORDED, words.ANYTHING)

    def known(self, iri: str) -> bool:
        return bool(self.terms.kinds.keys() & set(self.kinds(iri)))

    def records(self) -> list[dict[str, Any]]:
        """All records that are no part of another, in the order of their addresses."""
        return [self.record(iri) for iri in sorted(self.values) if iri not in self.parts]

    def record(self, iri: str) -> dict[str, Any]:
        """One record with its parts."""
        kinds = sorted(self.kinds(iri), key=lambda k: (k not in self.terms.kinds, k))
        names = [self.terms.kinds.get(kind, f"<{kind}>") for kind in kinds]
        name = self.meanings.id_of(iri) if iri.startswith(self.meanings.base) else f"<{iri}>"
        kind = names[0] if len(names) == 1 else names or None
        found: dict[str, Any] = {KIND: kind, ID: name}
        identifiers = [text_of(v) for v in self.values[iri].get(IDENTIFIER, ())]
        automatic = bool(self.identified & set(kinds))
        if automatic and not identifiers:
            found["identifier"] = None
        for predicate, values in sorted(self.values[iri].items()):
            if predicate == TYPE or (predicate == IDENTIFIER and automatic and identifiers == [name]):
                continue
            prop = self.terms.by_iri.get(predicate, Property(f"<{predicate}>", predicate, "foreign"))
            written = [self.value(prop, v) for v in sorted(values, key=str)]
            found[prop.name] = written[0] if len(written) == 1 else written
        return found

    def value(self, prop: Property, term: ox.NamedNode | ox.Literal) -> Any:
        """A value as plainly as it reads back."""
        if isinstance(term, ox.NamedNode) and term.value in self.parts and self.takes_parts(prop.iri):
            return self.record(term.value)
        plain = self.plain(prop, term)
        if plain is not None:
            said = {True: "yes", False: "no"}.get(plain, "") if isinstance(plain, bool) else str(plain)
            if self.meanings.term(prop, prop.kind, said) == term:
                return plain
        if isinstance(term, ox.NamedNode):
            return {ADDRESS: term.value}
        if term.language is not None:
            return {VALUE: term.value, LANGUAGE: term.language}
        typed = {} if term.datatype.value == _STRING else {TYPED: term.datatype.value}
        return {VALUE: term.value, **typed}

    def plain(self, prop: Property, term: ox.NamedNode | ox.Literal) -> Any:
        """How a value would be written by hand; None where that cannot be."""
        if isinstance(term, ox.Literal):
            if prop.kind == words.YES_NO:
                return {"true": True, "false": False}.get(term.value)
            return None if prop.kind not in (words.TEXT, words.DAY) or not term.value.strip() else term.value
        if prop.kind == words.CHOICE:
            return next((n for n, i in self.terms.choices[prop.range or ""].items() if i == term.value), None)
        if prop.kind == words.PERSON:
            names = [text_of(v) for v in self.values.get(term.value, {}).get(words.LABEL, ())]
            found = [n for n in names if self.meanings.people.get(folded_name(n)) == term.value]
            return found[0] if found else None
        if term.value.startswith(self.meanings.base):
            name = self.meanings.id_of(term.value)
            return None if isinstance(self.meanings.record(name), Fault) else name
        return (
            self.catalogue.curie(term.value) if prop.kind in (words.PROVISION, words.QUESTION, words.DOCUMENT) else None
        )
