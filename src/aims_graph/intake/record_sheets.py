"""Records to tables: one for each form, and what no column could carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.intake import terms as words
from aims_graph.intake.forms import ID, Column, Form, Step, language
from aims_graph.intake.meanings import Meanings
from aims_graph.intake.record_tables import SEPARATOR
from aims_graph.intake.terms import AGENT, IDENTIFIER, LABEL, TYPE
from aims_graph.intake.written import Fault, folded_name
from aims_graph.turtle import text_of

Term = ox.NamedNode | ox.Literal


@dataclass(frozen=True)
class Table:
    """The records of one form as rows of text, in the order of their ids."""

    form: Form
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Exported:
    """The tables that hold records, and the statements that no cell could carry as they are.

    A table does not carry the language of a text, a second kind of a record, or a property without a column.
    """

    tables: tuple[Table, ...]
    left_out: tuple[ox.Triple, ...]


def to_tables(triples: Iterable[ox.Triple], catalogue: Catalogue, base: str) -> Exported:
    """The reverse of reading tables."""
    terms, forms = language(catalogue.files)
    return _Writer(list(dict.fromkeys(triples)), Meanings(catalogue, terms, base), forms).exported()


class _Writer:
    """Writes rows, and remembers which statements they carry."""

    def __init__(self, triples: list[ox.Triple], meanings: Meanings, forms: tuple[Form, ...]) -> None:
        self.triples, self.meanings, self.forms = triples, meanings, forms
        self.values: dict[str, dict[str, list[Term]]] = {}
        self.pointing: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self.carried: set[ox.Triple] = set()
        for triple in sorted(triples, key=str):
            subject = text_of(triple.subject)
            assert isinstance(triple.object, ox.NamedNode | ox.Literal)
            self.values.setdefault(subject, {}).setdefault(triple.predicate.value, []).append(triple.object)
            self.pointing[triple.predicate.value, text_of(triple.object)].append(subject)
        self.self_made = {iri for iri in self.values if AGENT in self.kinds(iri) and self.makes_itself(iri)}

    def kinds(self, iri: str) -> list[str]:
        return [text_of(v) for v in self.values.get(iri, {}).get(TYPE, ())]

    def makes_itself(self, iri: str) -> bool:
        """Whether naming a person makes exactly this record; else other sheets name it by the line it gets."""
        names = self.values[iri].get(LABEL, [])
        if len(names) == 1 and set(self.values[iri]) == {TYPE, LABEL} and names[0] == ox.Literal(text_of(names[0])):
            probe = Meanings(self.meanings.catalogue, self.meanings.terms, self.meanings.base)
            if probe.person(text_of(names[0])) == iri:
                self.carried |= {t for t in self.triples if text_of(t.subject) == iri}
                return True
        for said in [self.meanings.id_of(iri), *map(text_of, names)]:
            self.meanings.people.setdefault(folded_name(said), iri)
        return False

    def exported(self) -> Exported:
        """All tables; a record whose address is that of a part stands with what it is part of, where that fits."""
        whole = {part for form in self.forms for iri in self.of(form) for part in self.parts(form, iri)}
        seen = whole | self.self_made
        tables = []
        for form in self.forms:
            listed = [iri for iri in self.of(form) if iri not in seen]
            seen |= set(listed)
            rows = tuple(tuple(self.cell(form, iri, column, whole) for column in form.columns) for iri in listed)
            tables += [Table(form, rows)] if rows else []
        left = tuple(t for t in self.triples if t not in self.carried)
        return Exported(tuple(tables), left)

    def of(self, form: Form) -> list[str]:
        """The records of a form's kind that its first column can name."""
        found = [iri for iri in sorted(self.values) if form.kind in self.kinds(iri)]
        return [iri for iri in found if self.meanings.record(self.meanings.id_of(iri)) == iri]

    # -- parts -----------------------------------------------------------------------------

    def parts(self, form: Form, iri: str) -> Iterator[str]:
        """The parts of a record that the columns of its form carry as a whole."""
        for steps in dict.fromkeys(c.steps[:n] for c in form.columns for n in range(1, len(c.steps) + 1)):
            holders = [iri]
            for depth, step in enumerate(steps, 1):
                made = [part for holder in holders for part in self.made_by(holder, step)]
                holders = [part for part in made if self.is_whole(form, part, steps[:depth])]
            yield from holders

    def made_by(self, holder: str, step: Step) -> list[str]:
        """The parts that a step leads to, by their names, the first without a number."""
        found: list[str] = []
        while True:
            part = f"{holder}/{step.name}{f'-{len(found) + 1}' if found else ''}"
            linked = ox.NamedNode(part) in self.values.get(holder, {}).get(step.link.iri, ())
            if not linked or self.kinds(part) != [step.kind] or (found and not step.many):
                return found
            found.append(part)

    def is_whole(self, form: Form, part: str, steps: tuple[Step, ...]) -> bool:
        """Whether the columns of a form can carry every value of a part."""
        depth = len(steps)
        leaves = {c.prop.iri: c for c in form.columns if c.steps == steps and c.prop is not None}
        deeper = {c.steps[depth] for c in form.columns if len(c.steps) > depth and c.steps[:depth] == steps}
        links = {step.link.iri: step for step in deeper}
        for predicate, values in self.values[part].items():
            if predicate in leaves:
                column = leaves[predicate]
                single = not column.several or steps[-1].many
                if (single and len(values) > 1) or any(self.said(column, v) is None for v in values):
                    return False
            elif predicate in links:
                inner = self.made_by(part, links[predicate])
                wholes = [p for p in inner if self.is_whole(form, p, (*steps, links[predicate]))]
                if {text_of(v) for v in values} != set(wholes):
                    return False
            elif predicate != TYPE:
                return False
        return not steps[-1].many or bool(leaves.keys() & self.values[part].keys())

    def carry(self, subject: str, prop: str, value: Term) -> None:
        """Remember that a cell carries a statement."""
        self.carried.add(ox.Triple(ox.NamedNode(subject), ox.NamedNode(prop), value))

    # -- cells -----------------------------------------------------------------------------

    def cell(self, form: Form, iri: str, column: Column, whole: set[str]) -> str:
        """The text of one cell."""
        if column.value == ID:
            self.carry(iri, TYPE, ox.NamedNode(form.kind))
            if column.prop is not None:
                self.carry(iri, IDENTIFIER, ox.Literal(self.meanings.id_of(iri)))
            return self.meanings.id_of(iri)
        assert column.prop is not None
        if column.inverse:
            return self.joined(column, [(s, ox.NamedNode(s)) for s in self.pointing[column.prop.iri, iri]], iri)
        holders = [iri]
        for step in column.steps:
            parts = [(h, p) for h in holders for p in self.made_by(h, step) if p in whole]
            for holder, part in parts:
                self.carry(holder, step.link.iri, ox.NamedNode(part))
                self.carry(part, TYPE, ox.NamedNode(step.kind))
            holders = [p for _, p in parts]
        found = [(h, v) for h in holders for v in self.values[h].get(column.prop.iri, ())]
        if not column.steps:
            made = {p for c in form.columns if c.steps for p in self.made_by(iri, c.steps[0])} & whole
            found = [(h, v) for h, v in found if text_of(v) not in made]
        return self.joined(column, found, None)

    def joined(self, column: Column, found: list[tuple[str, Term]], pointed_at: str | None) -> str:
        """The values of a cell; those that it cannot hold are left out."""
        assert column.prop is not None
        said: list[str] = []
        for subject, term in found:
            text = self.said(column, term)
            if text is None or (said and not column.several):
                continue
            said.append(text)
            if pointed_at is not None:
                self.carry(subject, column.prop.iri, ox.NamedNode(pointed_at))
            elif self.meanings.term(column.prop, column.value, text) == term:
                self.carry(subject, column.prop.iri, term)
        return f"{SEPARATOR} ".join(said)

    def said(self, column: Column, term: Term) -> str | None:
        """A value as a cell of the column says it; None where it cannot."""
        text = self.in_words(column, term)
        if not text.strip() or text != text.strip() or (column.several and SEPARATOR in text):
            return None
        assert column.prop is not None
        read = self.meanings.term(column.prop, column.value, text)
        return None if isinstance(read, Fault) or text_of(read) != text_of(term) else text

    def in_words(self, column: Column, term: Term) -> str:
        if isinstance(term, ox.Literal):
            is_yes_no = column.value == words.YES_NO
            return {"true": "yes", "false": "no"}.get(term.value, term.value) if is_yes_no else term.value
        assert column.prop is not None
        catalogue, terms = self.meanings.catalogue, self.meanings.terms
        if column.value == words.CHOICE:
            listed = terms.choices[column.prop.range or ""]
            return next((name for name, iri in listed.items() if iri == term.value), f"<{term.value}>")
        if column.value == words.PERSON:
            names = [text_of(v) for v in self.values.get(term.value, {}).get(LABEL, ())]
            usable = [n for n in names if self.meanings.person(n) == term.value]
            return usable[0] if usable else f"<{term.value}>"
        if column.value == words.RECORDED:
            return self.meanings.id_of(term.value)
        edition = next((e.id for e in catalogue.editions.values() if e.iri == term.value), None)
        return edition or catalogue.curie(term.value)
