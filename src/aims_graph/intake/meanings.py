"""What people write in a cell or a JSON value, as a term of the graph, or a fault that says how to write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final
from urllib.parse import quote, unquote

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.errors import AmbiguousName, InputError, NameError_
from aims_graph.intake import terms as words
from aims_graph.intake.forms import SUBJECT_MATTER, TERM
from aims_graph.intake.terms import AGENT, LABEL, TYPE, Property, Terms, near, or_list
from aims_graph.intake.written import LITERAL_READERS, LONGEST, Fault, bracketed, folded_name, plain, unwanted
from aims_graph.names import Names

LONGEST_ID: Final = 200
LONGEST_NAME: Final = 1_000
SAFE: Final = "/:@!$&'()*+,;=~"  # signs that stand in the IRI of a record as they are


@dataclass
class Meanings:
    """Reads the values of one input. People named in it become records, which `made` holds: IRI → name."""

    catalogue: Catalogue
    terms: Terms
    base: str
    people: dict[str, str] = field(default_factory=dict)  # name or id as `folded_name` → IRI, of those already recorded
    made: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not bracketed(f"<{self.base}>") or self.base[-1] not in "/#":
            raise InputError(f"'{self.base}' is no base for records. Give an address that ends with '/' or '#'.")

    @cached_property
    def names(self) -> Names:
        """The resolver of typed names of provisions."""
        return Names(self.catalogue)

    # -- names of records ------------------------------------------------------

    def record(self, written: str) -> str | Fault:
        """The IRI of a record of the workspace by its id, or by its full IRI in angle brackets."""
        text = unicodedata.normalize("NFC", written.strip())
        if (iri := bracketed(text)) is not None:
            if iri.startswith(self.base) and not isinstance(self.record(self.id_of(iri)), Fault):
                return iri
            return Fault(f"'{plain(iri)}' is no record of this workspace.", f"Its records begin with '{self.base}'.")
        if not text or len(text) > LONGEST_ID or not text.isprintable() or set(text) & set("<>\\"):
            return Fault(f"'{plain(text)}' cannot name a record.", f"Use up to {LONGEST_ID} letters, digits and signs.")
        if any(part.strip() in ("", ".", "..") for part in text.split("/")):
            return Fault(f"'{plain(text)}' cannot name a record.", "Write something on both sides of each '/'.")
        return self.base + quote(text, safe=SAFE)

    def id_of(self, iri: str) -> str:
        """The id of a record, as `record` reads it."""
        return unquote(iri.removeprefix(self.base))

    def person(self, written: str) -> str | Fault:
        """The IRI of who is named: somebody recorded, or a new record made of the name."""
        text = " ".join(written.split())
        if (iri := bracketed(text)) is not None:
            return iri if _is_web(iri) else Fault(f"'{plain(iri)}' is no address of a person.", "Write the name.")
        folded = folded_name(text)
        if folded in self.people:
            return self.people[folded]
        slug = re.sub(r"[\W_]+", "-", folded).strip("-")
        if not slug or len(text) > LONGEST_ID or not text.isprintable():
            return Fault(f"'{plain(text)}' is no name of a person or function.", "Write a name, such as Ana Lind.")
        iri = f"{self.base}person-{quote(slug)}"
        if folded_name(self.made.get(iri, text)) != folded:
            what = f"'{plain(text)}' and '{self.made[iri]}' would be one person."
            return Fault(what, "Give each a line with an id of its own among the people.")
        self.made.setdefault(iri, text)
        return iri

    def people_made(self) -> list[ox.Triple]:
        """The records of people who were named and not yet recorded."""
        found = []
        for iri, name in sorted(self.made.items()):
            person = ox.NamedNode(iri)
            found.append(ox.Triple(person, ox.NamedNode(TYPE), ox.NamedNode(AGENT)))
            found.append(ox.Triple(person, ox.NamedNode(LABEL), ox.Literal(name)))
        return found

    # -- values ------------------------------------------------------------------

    def term(self, prop: Property, value: str, written: str) -> ox.NamedNode | ox.Literal | Fault:
        """The term that a text means for a property, read as this kind of value."""
        text = written.strip()
        if len(text) > LONGEST:
            return Fault(f"the text has {len(text)} characters.", f"Keep it within {LONGEST}, or name a file instead.")
        if fault := unwanted(text):
            return fault
        if value in LITERAL_READERS:
            return LITERAL_READERS[value](prop, text)
        iri = self._link(prop, value, text)
        return iri if isinstance(iri, Fault) else ox.NamedNode(iri)

    def _link(self, prop: Property, value: str, text: str) -> str | Fault:
        if len(text) > LONGEST_NAME:
            return Fault(f"'{plain(text)}' is too long for a name.", "Write one name; several are separated by ';'.")
        if value == words.CHOICE:
            chosen = self.terms.value(prop.range, bracketed(text) or text)
            listed = self.terms.choices.get(prop.range or "", {})
            return chosen or Fault(f"'{plain(text)}' is not in the list.", f"Choose one of: {', '.join(listed)}.")
        readers = {
            words.RECORDED: self.record,
            words.PERSON: self.person,
            words.PROVISION: self.provision,
            words.QUESTION: self.question,
            words.EDITION: self.edition,
            words.DOCUMENT: self.document,
            SUBJECT_MATTER: self.subject_matter,
            TERM: self.vocabulary,
            words.ANYTHING: self.anything,
        }
        return readers[value](text)

    def provision(self, text: str) -> str | Fault:
        """The IRI of the provision that people call so."""
        try:
            return self.catalogue.provisions[self.names.resolve(self._shortened(text))].iri
        except NameError_ as error:
            return Fault(_as_what(error))

    def edition(self, text: str) -> str | Fault:
        """The IRI of the edition that people call so."""
        by_iri = {e.iri: e.id for e in self.catalogue.editions.values()}
        try:
            return self.catalogue.editions[self.names.edition(by_iri.get(bracketed(text) or "", text))].iri
        except NameError_ as error:
            return Fault(_as_what(error))

    def subject_matter(self, text: str) -> str | Fault:
        """The IRI of a provision, else of a whole edition."""
        found = self.edition(text)
        return self.provision(text) if isinstance(found, Fault) else found

    def question(self, text: str) -> str | Fault:
        """The IRI of a trigger question, by its id or by the question itself."""
        asked = {t.id: t.question for t in self.catalogue.triggers.values()}
        fix = "Write the question itself, or its id, which the saved question trigger-questions lists."
        return self._listed(text, asked, "question", fix)

    def document(self, text: str) -> str | Fault:
        """The IRI of a kind of documented information, by its id or title."""
        kinds = {t.id: t.label for t in self.catalogue.evidence_types.values()}
        return self._listed(text, kinds, "kind of document", "Use the title or id of a demanded document.")

    def vocabulary(self, text: str) -> str | Fault:
        """The IRI of a prefixed name, or one in angle brackets."""
        if (iri := bracketed(text)) is not None:
            return iri
        prefix, colon, local = text.partition(":")
        iri = self.catalogue.prefixes.get(prefix, "") + local
        if colon and prefix in self.catalogue.prefixes and bracketed(f"<{iri}>"):
            return iri
        found = near(prefix, self.catalogue.prefixes)
        return Fault(f"'{plain(text)}' is no prefixed name.", f"Known prefixes are {or_list(found)}." if found else "")

    def anything(self, text: str) -> str | Fault:
        """A provision, edition or other prefixed name; else a record."""
        if (iri := bracketed(text)) is not None:
            return self.record(text) if iri.startswith(self.base) else iri
        if text in self.catalogue.editions:
            return self.edition(text)
        prefix = text.partition(":")[0]
        if prefix in self.catalogue.editions:
            return self.provision(text)
        return self.vocabulary(text) if prefix != text and prefix in self.catalogue.prefixes else self.record(text)

    def _listed(self, text: str, labels: Mapping[str, str], what: str, fix: str) -> str | Fault:
        short = self._shortened(text)
        folded = " ".join(short.split()).casefold()
        found = {i for i, label in labels.items() if folded in (label.casefold(), i.casefold())}
        if len(found) == 1:
            return self.catalogue.iri(found.pop())
        if found:
            return Fault(f"'{plain(text)}' can mean {or_list(sorted(found))}.", "Write the one that is meant.")
        alike = near(short, labels)
        return Fault(f"'{plain(text)}' is no {what}.", f"Did you mean {or_list(alike)}?" if alike else fix)

    def _shortened(self, text: str) -> str:
        """The id of an IRI in angle brackets; any other text as it is."""
        iri = bracketed(text)
        return text if iri is None else self.catalogue.curie(iri)


def _is_web(iri: str) -> bool:
    return iri.startswith(("https://", "http://", "mailto:", "urn:"))


def _as_what(error: NameError_) -> str:
    """The message of a name, without the text of a whole cell."""
    return str(error) if isinstance(error, AmbiguousName) or len(error.text) <= LONGEST_ID else plain(str(error), 300)
