"""Plain JSON to records and back: `{"records": [{"kind": …, "id": …, "detectedOn": "2026-08-18"}]}`.

The keys are the local names of properties; values are as their property asks; a part of a record may stand inside it.
The same objects can be made in Python as `Record`s.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem
from aims_graph.intake import terms as words
from aims_graph.intake.forms import Form
from aims_graph.intake.json_text import DEEPEST, parsed, pointed
from aims_graph.intake.meanings import Meanings
from aims_graph.intake.record_places import Collected, Incoming, Place
from aims_graph.intake.terms import AGENT, IDENTIFIER, Property, kebab, near, or_list
from aims_graph.intake.written import Fault, bracketed, folded_name, plain
from aims_graph.vocab import AIMS, XSD

KIND, ID, RECORDS = "kind", "id", "records"
VALUE, TYPED, LANGUAGE, ADDRESS = "@value", "@type", "@language", "@id"

FOREIGN: Final = "foreign"  # the kind of a property that is not ours
_ANY_TEXT: Final = Property("", "", words.TEXT)
_YES_NO: Final = {True: "yes", False: "no"}
_BARE: Final = "Write it without quotes."

_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


@dataclass(frozen=True)
class Record:
    """A record as a Python object: its kind (or kinds), its id (None: named by what it is part of) and its values.

    >>> Record("Correction", "CO-1", {"implementedOn": "2026-08-18"}).id
    'CO-1'
    """

    kind: str | Sequence[str]
    id: str | None
    values: Mapping[str, Any] = field(default_factory=dict)


def read(name: str, text: str, meanings: Meanings, forms: Iterable[Form]) -> Incoming:
    """The records of a JSON text; DataError with every problem, each with its JSON pointer."""
    found = parsed(name, text)
    listed = found.get(RECORDS) if isinstance(found, dict) and set(found) == {RECORDS} else found
    if not isinstance(listed, list):
        what = "the file is no list of records."
        raise DataError([Problem(name, None, what, 'Write {"records": [{"kind": …, "id": …}, …]}.')])
    start = f"/{RECORDS}" if isinstance(found, dict) else ""
    return _Reader(name, meanings, forms).read(_placed(listed, start), start)


def read_objects(
    records: Iterable[Record | Mapping[str, Any]], meanings: Meanings, forms: Iterable[Form], name: str = "records"
) -> Incoming:
    """The same for records made in Python; `name` stands for the file in messages."""
    start = f"/{RECORDS}"
    return _Reader(name, meanings, forms).read(_placed(list(records), start), start)


def read_object(record: Mapping[str, Any], meanings: Meanings, forms: Iterable[Form], name: str) -> Incoming:
    """The same for one record by itself: places are those within it."""
    return _Reader(name, meanings, forms).read([("", record)], "")


def _placed(listed: Sequence[Any], start: str) -> list[tuple[str, Any]]:
    """The things of a list, each with its JSON pointer."""
    return [(f"{start}/{n}", value) for n, value in enumerate(listed)]


class _Reader:
    """Reads records into statements and collects what is wrong with them."""

    def __init__(self, file: str, meanings: Meanings, forms: Iterable[Form]) -> None:
        self.file, self.meanings, self.terms = file, meanings, meanings.terms
        self.identified = {f.kind for f in forms if f.identifies}
        self.found = Collected()

    def read(self, placed: list[tuple[str, Any]], start: str) -> Incoming:
        """All records, each with its pointer; those of people come first, so that others can name them."""
        objects = [(self.object(value, pointer), pointer) for pointer, value in placed]
        for value, _ in objects:
            if value is not None and self.kinds_of(value) == [AGENT] and isinstance(value.get(ID), str):
                self.learn(value)
        for value, pointer in objects:
            if value is not None:
                self.record(value, pointer, None)
        if not objects:
            self.problem(start, Fault("there are no records.", "Give at least one."))
        if not self.found.problems:
            self.found.also(self.meanings.people_made())
        return self.found.done()

    def learn(self, value: Mapping[str, Any]) -> None:
        """Remember a person by id and name."""
        iri = self.meanings.record(value[ID])
        labels = [one.get(VALUE) if isinstance(one, Mapping) else one for one in _listed(value.get("label"))]
        for name in (value[ID], *labels):
            if isinstance(name, str) and name.strip() and isinstance(iri, str):
                self.meanings.people[folded_name(name)] = iri

    def object(self, value: Any, pointer: str) -> Mapping[str, Any] | None:
        """A record as an object; None, with a problem, for anything else."""
        if isinstance(value, Record):
            kind = value.kind if isinstance(value.kind, str) else list(value.kind)
            named = {} if value.id is None else {ID: value.id}
            return {KIND: kind, **named, **value.values}
        if not isinstance(value, Mapping):
            self.problem(pointer, Fault(f"{_said(value)} is no record.", 'Write {"kind": …, "id": …}.'))
            return None
        return value

    def kinds_of(self, value: Mapping[str, Any]) -> list[str | None]:
        """The kinds of a record as IRIs; None for one that is not known."""
        names = _listed(value.get(KIND))
        return [self.terms.classes.get(n, bracketed(n)) if isinstance(n, str) else None for n in names]

    def checked_kinds(self, value: Mapping[str, Any], pointer: str) -> list[str]:
        """The kinds of a record, at least one of them of the ontology; none, with a problem, where that fails."""
        if pointer.count("/") > 2 * DEEPEST:
            self.problem("", Fault("records stand too deep in one another.", "Give inner ones as their own records."))
            return []
        found = self.kinds_of(value)
        kinds = [kind for kind in found if kind is not None and (kind in self.terms.kinds or not kind.startswith(AIMS))]
        for name, kind in zip(_listed(value.get(KIND)), found, strict=True):
            if kind not in kinds:
                self.problem(f"{pointer}/{KIND}", self.no_kind(name))
        if len(kinds) == len(found) and not self.terms.kinds.keys() & set(kinds):
            self.problem(f"{pointer}/{KIND}", self.no_kind(None))
            return []
        return kinds if len(kinds) == len(found) else []

    def record(self, value: Mapping[str, Any], pointer: str, holder: str | None) -> str | None:
        """One record with its values; its IRI, or None, with a problem, where it has no kind or name.

        With `"kind": null` the values are said of a record that is kept elsewhere.
        """
        if KIND in value and value[KIND] is None and holder is None:
            iri = self.name(value, pointer, None, "")
            self.all_values(iri, value, pointer)
            return iri
        kinds = self.checked_kinds(value, pointer)
        iri = self.name(value, pointer, holder, kinds[0]) if kinds else None
        if iri is None or not self.found.starts(iri, kinds[0], self.place(pointer), self.meanings.id_of(iri)):
            return None
        for kind in kinds[1:]:
            self.found.says(iri, words.TYPE, ox.NamedNode(kind))
        if self.identified.intersection(kinds) and "identifier" not in value:
            self.found.says(iri, IDENTIFIER, ox.Literal(self.meanings.id_of(iri)))
        self.all_values(iri, value, pointer)
        return iri

    def all_values(self, iri: str | None, value: Mapping[str, Any], pointer: str) -> None:
        """The statements of all keys."""
        for key, given in value.items():
            if key not in (KIND, ID) and given is not None and iri is not None:
                self.values(iri, key, given, f"{pointer}/{pointed(key)}")

    def no_kind(self, said: Any) -> Fault:
        if not isinstance(said, str):
            return Fault("the record does not say its kind.", f'Add "kind", such as {next(iter(self.terms.classes))}.')
        names = near(said, self.terms.classes)
        hint = f"Did you mean {or_list(names)}?" if names else f"Use one of: {', '.join(self.terms.classes)}."
        return Fault(f"'{plain(said)}' is no kind of record.", hint)

    def name(self, value: Mapping[str, Any], pointer: str, holder: str | None, kind: str) -> str | None:
        """The IRI of a record by its id, else of a part by what it is part of."""
        given = value.get(ID)
        if isinstance(given, str):
            written = self.meanings.person(given) if kind == AGENT and bracketed(given) else self.meanings.record(given)
            if isinstance(written, Fault):
                self.problem(f"{pointer}/{ID}", written)
            return written if isinstance(written, str) else None
        if given is not None or holder is None:
            fault = Fault("the record has no id.", 'Add "id" with a name of its own, such as NC-3.')
            self.problem(f"{pointer}/{ID}" if given is not None else pointer, fault)
            return None
        return part_name(holder, self.terms.kinds.get(kind, "part"), self.found.places)

    def values(self, record: str, key: str, given: Any, pointer: str) -> None:
        """The statements of one key."""
        prop = self.property(key)
        if prop is None:
            names = self.terms.near_properties(key)
            hint = f"Did you mean {or_list(names)}?" if names else "Use a property of the ontology."
            self.problem(pointer, Fault(f"'{plain(key)}' is no property of records.", hint))
            return
        for place, one in enumerate(_listed(given)):
            where = f"{pointer}/{place}" if isinstance(given, list) else pointer
            term = self.value(record, prop, one, where)
            if isinstance(term, Fault):
                self.problem(where, term)
            elif term is not None:
                self.found.says(record, prop.iri, term)

    def property(self, key: str) -> Property | None:
        iri = bracketed(key)
        if iri is not None:
            return self.terms.by_iri.get(iri) or (Property(key, iri, FOREIGN) if not iri.startswith(AIMS) else None)
        return self.terms.properties.get(key)

    def value(self, record: str, prop: Property, one: Any, pointer: str) -> ox.NamedNode | ox.Literal | Fault | None:
        """The term of one value; None where a problem is already told."""
        if isinstance(one, Mapping) and {VALUE, ADDRESS} & one.keys():
            return self.exact(prop, one)
        if isinstance(one, Mapping | Record):
            if prop.kind not in (words.RECORDED, words.ANYTHING, FOREIGN):
                return Fault(f"a record stands where '{prop.name}' takes {_asked(prop)}.", "Write the value itself.")
            value = self.object(one, pointer)
            iri = None if value is None else self.record(value, pointer, record)
            return None if iri is None else ox.NamedNode(iri)
        if prop.kind == FOREIGN:
            return Fault(f"{_said(one)} is no value here.", 'Write {"@value": …} or {"@id": …}.')
        text = _written(prop, one)
        if isinstance(text, Fault):
            return text
        return self.meanings.term(prop, prop.kind, text)

    def exact(self, prop: Property, one: Mapping[str, Any]) -> ox.NamedNode | ox.Literal | Fault:
        """A term that is written in full: an address, or a text with its language or type."""
        known = {ADDRESS} if ADDRESS in one else {VALUE, TYPED, LANGUAGE}
        if set(one) - known or not all(isinstance(v, str) for v in one.values()):
            return Fault("the value is not written as it should be.", 'Write {"@value": "…", "@language": "en"}.')
        if ADDRESS in one:
            return _address(one[ADDRESS])
        text = self.meanings.term(_ANY_TEXT, words.TEXT, one[VALUE])
        if isinstance(text, Fault):
            return text
        if LANGUAGE not in one:
            typed = _address(one.get(TYPED, f"{XSD}string"))
            return typed if isinstance(typed, Fault) else ox.Literal(one[VALUE], datatype=typed)
        if TYPED in one or not _LANGUAGE.fullmatch(one[LANGUAGE]):
            return Fault(f"'{plain(one[LANGUAGE])}' is no language.", "Write a tag such as en, and no type.")
        return ox.Literal(one[VALUE], language=one[LANGUAGE])

    def place(self, pointer: str) -> Place:
        """A place in this file."""
        return Place(self.file, pointer=pointer)

    def problem(self, pointer: str, fault: Fault) -> None:
        """One more problem."""
        self.found.problem(self.place(pointer), fault.what, fault.fix)


def part_name(holder: str, kind: str, taken: Container[str]) -> str:
    """The IRI of a part that has no name: what it is part of, and its kind; from the second on with a number.

    >>> part_name("https://example.org/records/NC-3", "RootCause", {"https://example.org/records/NC-3/root-cause"})
    'https://example.org/records/NC-3/root-cause-2'
    """
    start = f"{holder}/{kebab(kind)}"
    names = itertools.chain([start], (f"{start}-{n}" for n in itertools.count(2)))
    return next(name for name in names if name not in taken)


def _written(prop: Property, one: Any) -> str | Fault:
    """A JSON or Python value as the text that its property is written in."""
    if isinstance(one, date) and not isinstance(one, datetime):
        one = one.isoformat()
    if prop.kind == words.YES_NO:
        return (
            _YES_NO.get(one, "") if isinstance(one, bool) else Fault(f"{_said(one)} is neither true nor false.", _BARE)
        )
    if prop.kind == words.NUMBER:
        is_number = isinstance(one, int | float | Decimal) and not isinstance(one, bool)
        return format(Decimal(str(one)), "f") if is_number else Fault(f"{_said(one)} is no number.", _BARE)
    if not isinstance(one, str):
        return Fault(f"{_said(one)} stands where '{prop.name}' takes {_asked(prop)}.", "Write it between quotes.")
    return one if one.strip() else Fault("the text is empty.", "Write it, or leave the key out.")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _said(value: Any) -> str:
    """A value as a message repeats it."""
    if isinstance(value, Mapping | list):
        return "an object" if isinstance(value, Mapping) else "a list"
    named = {True: "true", False: "false", None: "null"}
    return named[value] if value is None or isinstance(value, bool) else f"'{plain(str(value))}'"


def _asked(prop: Property) -> str:
    return f"a {prop.kind}" if prop.kind != words.ANYTHING else "an address or a record"


def _address(text: str) -> ox.NamedNode | Fault:
    iri = bracketed(f"<{text}>")
    return Fault(f"'{plain(text)}' is no address.", "Write a full IRI.") if iri is None else ox.NamedNode(iri)
