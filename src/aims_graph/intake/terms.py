"""The words that records are written in: kinds of record, their properties, and the lists of values.

All of it is read from the ontology files, so that a property added there can be used in tables and JSON at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from aims_graph.errors import DataError
from aims_graph.files import DataFile
from aims_graph.turtle import Facts, read_into
from aims_graph.vocab import AIMS, DCTERMS, OWL, PROV, RDF, RDFS, XSD

AGENT: Final = f"{PROV}Agent"
RECORD: Final = f"{AIMS}Record"
TYPE: Final = f"{RDF}type"
LABEL: Final = f"{RDFS}label"
IDENTIFIER: Final = f"{DCTERMS}identifier"
EXAMPLE: Final = "http://www.w3.org/2004/02/skos/core#example"

TEXT, DAY, YES_NO, NUMBER = "text", "day", "yes-no", "number"
PROVISION, QUESTION, EDITION, DOCUMENT = "provision", "question", "edition", "document kind"
CHOICE, PERSON, RECORDED, ANYTHING = "choice", "person", "record", "anything"
LITERALS: Final = frozenset({TEXT, DAY, YES_NO, NUMBER})

KIND_OF_RANGE: Final[dict[str, str]] = {
    f"{XSD}boolean": YES_NO,
    f"{XSD}decimal": NUMBER,
    f"{AIMS}Provision": PROVISION,
    f"{AIMS}Trigger": QUESTION,
    f"{AIMS}Edition": EDITION,
    AGENT: PERSON,
}
"""What a value is by the range of its property; other ranges are lists of values, records, days or text."""

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NO_RECORD: Final = "a property of something that is no record"


@dataclass(frozen=True)
class Property:
    """A property that records may have: what its values are, and of which kind of record it is said (None: any)."""

    name: str
    iri: str
    kind: str
    range: str | None = None
    domain: str | None = None


COMMON: Final[tuple[Property, ...]] = (
    Property("label", LABEL, TEXT),
    Property("title", f"{DCTERMS}title", TEXT),
    Property("identifier", IDENTIFIER, TEXT),
    Property("comment", f"{RDFS}comment", TEXT),
    Property("issued", f"{DCTERMS}issued", DAY),
    Property("type", f"{DCTERMS}type", DOCUMENT),
)
"""Words of others that every record may use."""


@dataclass(frozen=True)
class Terms:
    """The vocabulary of records: local names and IRIs both ways."""

    classes: Mapping[str, str]  # local name → IRI of a kind of record, people included
    properties: Mapping[str, Property]  # local name → property
    choices: Mapping[str, Mapping[str, str]]  # IRI of a list of values → label → IRI of the value
    parents: Mapping[str, frozenset[str]]  # IRI of a class → the classes it is in, itself included

    @cached_property
    def by_iri(self) -> dict[str, Property]:
        """The properties by IRI."""
        return {p.iri: p for p in self.properties.values()}

    @cached_property
    def kinds(self) -> dict[str, str]:
        """The local names of kinds of record by IRI."""
        return {iri: name for name, iri in self.classes.items()}

    def fits(self, kind: str, wanted: str | None) -> bool:
        """Whether a record of this class may stand where records of the wanted class are asked for."""
        return wanted is None or wanted in self.parents.get(kind, frozenset({kind}))

    def near_properties(self, text: str) -> tuple[str, ...]:
        """Up to three names of properties that look like a text, nearest first."""
        return near(text, self.properties)

    def value(self, range_: str | None, text: str) -> str | None:
        """The value of a list that is meant by its label, local name or IRI; None where none is."""
        listed = self.choices.get(range_ or "", {})
        typed = " ".join(text.split()).casefold()
        for label, iri in listed.items():
            if typed in (label.casefold(), iri.rpartition("#")[2].casefold(), iri.casefold()):
                return iri
        return None


def near(text: str, names: Iterable[str], most: int = 3) -> tuple[str, ...]:
    """Up to `most` of the names that look like a text, nearest first.

    >>> near("detectdOn", ["detectedOn", "owner"])
    ('detectedOn',)
    """
    folded = {name.casefold(): name for name in sorted(names)}
    return tuple(folded[found] for found in get_close_matches(text.casefold(), folded, n=most, cutoff=0.5))


def or_list(names: Iterable[str]) -> str:
    """Names as a message offers them.

    >>> or_list(["a", "b"])
    "'a' or 'b'"
    """
    return " or ".join(f"'{name}'" for name in names)


def kebab(name: str) -> str:
    """The local name of a kind as it stands in the address of a part.

    >>> kebab("RootCauseAnalysis"), kebab("AISystem")
    ('root-cause-analysis', 'ai-system')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", name).lower()


def load(files: Iterable[DataFile]) -> Terms:
    """The vocabulary that the ontology files state; DataError where one is not Turtle."""
    facts = Facts()
    for file in files:
        if file.kind == "ontology" and (problem := read_into(facts, file.path, file.text)):
            raise DataError([problem])
    parents = _parents(facts)
    records = {c for c, above in parents.items() if RECORD in above and c != RECORD}
    choices = _choices(facts)
    classes = {**{_local(c): c for c in sorted(records)}, "Agent": AGENT}
    properties = {p.name: p for p in COMMON}
    for kind, is_link in ((f"{OWL}DatatypeProperty", False), (f"{OWL}ObjectProperty", True)):
        for iri in sorted(facts.of_type(kind)):
            found = _property(facts, iri, is_link, records, choices)
            if iri.startswith(AIMS) and _is_of_records(found, records):
                properties[found.name] = found
    return Terms(classes, properties, choices, parents)


def _property(
    facts: Facts, iri: str, is_link: bool, records: set[str], choices: Mapping[str, Mapping[str, str]]
) -> Property:
    range_, domain = facts.text(iri, f"{RDFS}range"), facts.text(iri, f"{RDFS}domain")
    if range_ in KIND_OF_RANGE:
        kind = KIND_OF_RANGE[range_]
    elif range_ in choices:
        kind = CHOICE
    elif range_ in records or range_ == RECORD:
        kind = RECORDED
    elif is_link:
        kind = ANYTHING
    else:
        examples = facts.texts(iri, EXAMPLE)  # the ranges of days say only that they are literals
        kind = DAY if examples and all(_DAY.fullmatch(e) for e in examples) else TEXT
    return Property(_local(iri), iri, kind, range_, domain)


def _is_of_records(found: Property, records: set[str]) -> bool:
    return found.domain is None or found.domain == RECORD or found.domain in records


def _choices(facts: Facts) -> dict[str, dict[str, str]]:
    """The lists of values: class → label → individual, in the order of the file."""
    lists: dict[str, dict[str, str]] = {}
    for value in facts.of_type(f"{OWL}NamedIndividual"):
        for kind in facts.texts(value, TYPE):
            if kind.startswith(AIMS) and kind != value:
                lists.setdefault(kind, {})[facts.text(value, LABEL) or _local(value)] = value
    return lists


def _parents(facts: Facts) -> dict[str, frozenset[str]]:
    direct = {c: set(facts.texts(c, f"{RDFS}subClassOf")) for c in facts.of_type(f"{OWL}Class")}
    found: dict[str, frozenset[str]] = {}
    for start in direct:
        above, edge = {start}, [start]
        while edge:
            fresh = direct.get(edge.pop(), set()) - above
            above |= fresh
            edge += sorted(fresh)
        found[start] = frozenset(above)
    return found


def _local(iri: str) -> str:
    return iri.rpartition("#")[2] or iri
