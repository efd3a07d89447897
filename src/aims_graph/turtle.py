"""Turtle text to facts: each subject with its properties, and the line where it starts; and to words and comments."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
_SUBJECT = re.compile(r"^(?:<(?P<iri>[^>\s]+)>|(?P<prefix>[A-Za-z][\w.-]*)?:(?P<local>[^\s;,]+))", re.M)
_PREFIX = re.compile(r"^\s*@?prefix\s+([\w.-]*):\s*<([^>]*)>", re.M | re.I)
_IN_NAME = r"""[^\ \t\r\n<>"'(){}\[\]|;,\#@^~.\\]"""  # what a prefixed name or keyword of valid text is made of
_WORD = re.compile(
    rf"""
    (?P<comment>\#[^\n\r]*)
  | (?P<iri><[^\x00-\x20<>"{{}}|^`]*>)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
      |"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<tag>@[A-Za-z]+(?:-+[A-Za-z0-9]+)*)
  | (?P<number>[+-]?(?:[0-9]+\.?[0-9]*[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+))
  | (?P<name>{_IN_NAME}(?:{_IN_NAME}|\\.|\.+(?=[\\]|{_IN_NAME}))*)
  | (?P<sign>[^\ \t\r\n])
    """,
    re.VERBOSE | re.DOTALL,
)
_WITHOUT_STOP = {"prefix": 3, "base": 2, "version": 2}  # the SPARQL way to write a directive, and its words


@dataclass
class Facts:
    """All that some Turtle files state: subject IRI → property IRI → values, in file order.

    `place` gives the file and line where a subject starts; `triples` is the same content flat.
    """

    values: dict[str, dict[str, list[Term]]] = field(default_factory=dict)
    place: dict[str, tuple[str, int]] = field(default_factory=dict)
    triples: dict[str, list[ox.Triple]] = field(default_factory=dict)  # per file path
    _subjects: dict[str, dict[str, list[str]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def texts(self, subject: str, prop: str) -> list[str]:
        """The values of a property as plain text: a literal's value, or an IRI."""
        return [text_of(t) for t in self.values.get(subject, {}).get(prop, ())]

    def text(self, subject: str, prop: str) -> str | None:
        """The one value of a property as text, the first if there are several, else None."""
        found = self.texts(subject, prop)
        return found[0] if found else None

    def index(self, triples: Iterable[ox.Triple]) -> None:
        """Add statements to `values`."""
        for triple in triples:
            properties = self.values.setdefault(text_of(triple.subject), {})
            properties.setdefault(triple.predicate.value, []).append(triple.object)
        self._subjects = {}

    def subjects(self, prop: str, value: str) -> Sequence[str]:
        """The subjects of which a property has a value (as text), in file order; asked a second time, at once."""
        known = self._subjects.get(prop)
        if known is None:
            known = defaultdict(list)
            for subject, properties in self.values.items():
                for text in dict.fromkeys(map(text_of, properties.get(prop, ()))):
                    known[text].append(subject)
            self._subjects[prop] = known = dict(known)
        return known.get(value, ())

    def tagged(self, subject: str, prop: str) -> list[tuple[str, str]]:
        """The literal values of a property with their language tags ('' where there is none)."""
        values = self.values.get(subject, {}).get(prop, ())
        return [(t.value, t.language or "") for t in values if isinstance(t, ox.Literal)]

    def days(self, subject: str, prop: str) -> list[date]:
        """The values of a property that are dates."""
        found = (day_of(t) for t in self.values.get(subject, {}).get(prop, ()))
        return [day for day in found if day is not None]

    def of_type(self, rdf_type: str) -> Iterator[str]:
        """Subjects stated to be of a class, in file order."""
        wanted = ox.NamedNode(rdf_type)
        for subject in self.subjects(_RDF_TYPE, rdf_type):
            if wanted in self.values[subject][_RDF_TYPE]:
                yield subject


_XSD_DATE = "http://www.w3.org/2001/XMLSchema#date"
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"


def text_of(term: Term) -> str:
    """A literal's value, an IRI, or a blank node's label."""
    return str(term) if isinstance(term, ox.Triple) else term.value


def day_of(term: Term) -> date | None:
    """The day a date literal names, else None."""
    if not isinstance(term, ox.Literal) or term.datatype.value != _XSD_DATE:
        return None
    try:
        return date.fromisoformat(term.value[:10])
    except ValueError:
        return None


def read_into(facts: Facts, path: str, text: str) -> Problem | None:
    """Add one file's statements to `facts`; a syntax error is returned as a Problem."""
    try:
        triples, _ = parsed(path, text)
    except DataError as error:
        return error.problems[0]
    facts.triples[path] = triples
    facts.index(triples)
    for subject, line in subject_lines(text).items():
        facts.place.setdefault(subject, (path, line))
    return None


def parsed(path: str, text: str) -> tuple[list[ox.Triple], dict[str, str]]:
    """The statements of one Turtle text in its order, and its prefixes as the parser read them; else DataError."""
    parser = ox.parse(input=text.encode(), format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    try:
        triples = [ox.Triple(q.subject, q.predicate, q.object) for q in parser]
    except SyntaxError as error:
        detail = re.sub(r"^Parser error at line \d+[^:]*: ", "", error.msg or "syntax error").rstrip(".")
        what = f"not valid Turtle: {detail}."
        raise DataError([Problem(path, error.lineno, what, "Correct the syntax on that line.")]) from error
    return triples, dict(parser.prefixes)


def prefixes(text: str) -> dict[str, str]:
    """The prefixes a Turtle or SPARQL text declares."""
    return {m[1]: m[2] for m in _PREFIX.finditer(text)}


def subject_lines(text: str) -> dict[str, int]:
    """The line on which each subject starts, for text in canonical form (subjects in column 0)."""
    known = prefixes(text)
    lines: dict[str, int] = {}
    inside = False
    for number, line in enumerate(text.split("\n"), 1):
        if not inside and line.startswith("#"):
            continue
        starts_inside, inside = inside, inside ^ (line.count('"""') % 2 == 1)
        if starts_inside or not line or line[0] in " \t#@.":
            continue
        match = _SUBJECT.match(line)
        if match is None:
            continue
        if match["iri"] is not None:
            lines.setdefault(match["iri"], number)
        elif (match["prefix"] or "") in known:
            lines.setdefault(known[match["prefix"] or ""] + match["local"].replace("\\", ""), number)
    return lines


class Word(NamedTuple):
    """A word, sign or comment of Turtle text, with its line and whether it starts in column 0."""

    kind: str
    text: str
    line: int
    starts_line: bool


@dataclass(frozen=True)
class Statement:
    """The words of one directive or block, the comments before it and the comments inside it."""

    before: tuple[Word, ...]
    words: tuple[Word, ...]
    inside: tuple[Word, ...]

    @property
    def directive(self) -> str | None:
        """`prefix`, `base` or `version` in either way of writing, else None."""
        first = self.words[0].text.removeprefix("@").lower() if self.words else ""
        return first if first in _WITHOUT_STOP else None


def words(text: str) -> Iterator[Word]:
    """The words of valid Turtle text; what stands in a string, an IRI or a comment is part of that one word."""
    line, counted = 1, 0
    for match in _WORD.finditer(text):
        start = match.start()
        line += text.count("\n", counted, start)
        counted = start
        yield Word(match.lastgroup or "", match.group(), line, start == 0 or text[start - 1] in "\r\n")


def statements(text: str) -> Iterator[Statement]:
    """The directives and blocks of valid Turtle text; the last has no words and holds the comments after them all."""
    before: list[Word] = []
    found: list[Word] = []
    inside: list[Word] = []
    for word in words(text):
        if word.kind == "comment":
            (inside if found else before).append(word)
            continue
        found.append(word)
        if word.text == "." or len(found) == _WITHOUT_STOP.get(found[0].text.lower()):
            yield Statement(tuple(before), tuple(found), tuple(inside))
            before, found, inside = [], [], []
    yield Statement(tuple(before), tuple(found), tuple(inside))
