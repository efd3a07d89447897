"""The canonical form of data files: one way to write the same content, so that a diff shows only changes of content.

Framework and label files: the comments at the top and the prefixes first, then
one block per subject in column 0, in the file's own order, with the comments
that stand before it, one predicate a line in a fixed order. Mapping files: the
header as it is, rows sorted by `record_id`. What has no place in that form (a
comment elsewhere, a node without a name, a base IRI) is refused, never dropped,
and a text that says something else than before is never given out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from aims_graph import sssom, turtle
from aims_graph.errors import DataError, Problem
from aims_graph.files import DataFile
from aims_graph.vocab import PREFIXES, RDF, RDFS, XSD

KINDS = ("framework", "label", "mapping")
_PREDICATES = (
    "rdf:type aims:editionOf aims:wordingOf aims:amends aims:change aims:inEdition aims:partOf skos:notation "
    "vann:preferredNamespacePrefix vann:preferredNamespaceUri dcterms:title rdfs:label aims:version "
    "aims:bindingness aims:managementSystem aims:commonStructure dcterms:issued aims:requiredBy aims:summary "
    "aims:basis aims:force aims:modality aims:occurrence aims:bindsRole aims:addressee aims:appliesToSystemClass "
    "aims:systemClass aims:applicableFrom aims:inForceFrom aims:inForceTo aims:effectiveFrom aims:enactedBy "
    "aims:applies aims:legalQuestion aims:decomposition aims:exhaustive aims:conditional aims:condition "
    "aims:question aims:onEvent aims:setsOff aims:expectedOutput aims:responsibleRole aims:evidenceList "
    "aims:evidenceType aims:outerLimit aims:forIncidentKind aims:retention aims:retainedFrom aims:countsFrom "
    "aims:keptBy aims:retentionRule aims:freshness aims:freshnessRule aims:informative aims:noShapeReason "
    "aims:suggestedFor aims:addressesRisk aims:refersTo aims:alias aims:ignoredWord aims:impliedWord rdfs:comment "
    "dcterms:source dcterms:rights aims:legalEffect aims:coverage"
)


def _full(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


RANK = {_full(name): number for number, name in enumerate(_PREDICATES.split())}
"""The IRI of each predicate that has a place of its own, to that place."""
_BEFORE_LAST = RANK[f"{RDFS}comment"] - 0.5  # where a predicate without a place of its own stands
_LOCAL = re.compile(r"[A-Za-z0-9_](?:[\w.-]*[\w-])?", re.ASCII)
_KEEP = "Move it before the subject, or into rdfs:comment."
_NOT_THE_SAME = "this file cannot be put in canonical form without a change of content."


def formatted(file: DataFile) -> str:
    """The canonical text of a file, or its own text where its kind has no canonical form; DataError if it is broken."""
    if file.kind not in KINDS:
        return file.text
    return (_rows if file.kind == "mapping" else _blocks)(file.path, file.text)


def all_formatted(files: Iterable[DataFile]) -> list[str]:
    """The canonical text of every file; DataError with the problems of all that are broken."""
    texts: list[str] = []
    problems: list[Problem] = []
    for file in files:
        try:
            texts.append(formatted(file))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return texts


def _rows(path: str, text: str) -> str:
    if not sssom.is_ours(text):
        what = "this table does not have the columns of a mapping file."
        raise DataError([Problem(path, None, what, "Name a mapping file, or add the columns.")])
    before, problems = sssom.parse(path, text)
    lines = text.splitlines()  # as the mapping reader counts lines
    start = next(number for number, line in enumerate(lines) if not line.startswith("#"))
    late = [n for n, line in enumerate(lines[start:], start + 1) if line.startswith("#")]
    lost = [
        Problem(path, n, "a comment after the column line would be lost.", "Move it into the header.") for n in late
    ]
    if problems or lost:
        raise DataError([*(p for p in problems if p.line not in late), *lost])
    at = before.columns.index("record_id")
    rows = sorted((line for line in lines[start + 1 :] if line.strip()), key=lambda row: row.split("\t")[at].strip())
    written = "\n".join([*lines[: start + 1], *rows]) + "\n"
    if written != text:
        after, _ = sssom.parse(path, written)
        _refuse_unless(
            path, (after.header, after.columns, _sorted(after)) == (before.header, before.columns, _sorted(before))
        )
    return written


def _sorted(file: sssom.MappingFile) -> list[str]:
    return sorted(str(record) for record in file.records)


def _refuse_unless(path: str, same: bool) -> None:
    if not same:
        raise DataError([Problem(path, None, _NOT_THE_SAME, "Leave it as it is, and report it.")])


@dataclass(frozen=True)
class _Text:
    """One Turtle text as read: its triples, prefixes, and directives and blocks in file order."""

    path: str
    triples: list[ox.Triple]
    prefixes: dict[str, str]
    statements: list[turtle.Statement]

    @classmethod
    def of(cls, path: str, text: str) -> _Text:
        triples, prefixes = turtle.parsed(path, text)
        return cls(path, triples, prefixes, list(turtle.statements(text)))

    def says_the_same_as(self, other: _Text) -> bool:
        """Whether two texts hold the same triples, prefixes and comments."""
        return (set(self.triples), self.prefixes, self._comments()) == (
            set(other.triples),
            other.prefixes,
            other._comments(),
        )

    def _comments(self) -> list[str]:
        return sorted(w.text.rstrip() for s in self.statements for w in (*s.before, *s.inside))

    def subject(self, statement: turtle.Statement) -> str:
        """The IRI of the subject of a block."""
        first = statement.words[0]
        if first.kind == "iri":
            return _unescaped(first.text[1:-1])
        prefix, _, local = first.text.partition(":")
        return self.prefixes.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)


def _unescaped(iri: str) -> str:
    return re.sub(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})", lambda m: chr(int(m[1] or m[2], 16)), iri)


def _blocks(path: str, text: str) -> str:
    source = _Text.of(path, text)
    notes, lost = _comments(source)
    problems = [*_without_form(source), *lost]
    if problems:
        raise DataError(problems)
    written = _written(source, notes)
    if written != text:
        try:
            same = _Text.of(path, written).says_the_same_as(source)
        except DataError:
            same = False
        _refuse_unless(path, same)
    return written


def _written(source: _Text, notes: dict[str, list[str]]) -> str:
    declared = [s.words[1].text.removesuffix(":") for s in source.statements if s.directive == "prefix"]
    known = {name: source.prefixes[name] for name in declared if name in source.prefixes}
    head = [*notes[_TOP], *(f"@prefix {name}: <{namespace}> ." for name, namespace in known.items())]
    facts = turtle.Facts()
    facts.index(dict.fromkeys(source.triples))
    writer = _Writer(known)
    blocks = [[*notes.get(subject, ()), *writer.block(subject, facts.values[subject])] for subject in facts.values]
    return "\n\n".join("\n".join(block) for block in [head, *blocks] if block) + "\n"


_TOP = ""  # the key of the comments at the top of the file, where others have the IRI of their subject


def _comments(source: _Text) -> tuple[dict[str, list[str]], list[Problem]]:
    """The comments that are kept, by what they stand before, and a problem for every other."""
    notes: dict[str, list[str]] = {_TOP: [w.text.rstrip() for w in source.statements[0].before]}
    lost: list[tuple[turtle.Word, str]] = []
    seen: set[str] = set()
    for number, statement in enumerate(source.statements):
        subject = source.subject(statement) if statement.words and not statement.directive else _TOP
        nowhere = _no_place(statement, subject in seen)
        for comment in statement.before if number else ():
            why = nowhere if comment.starts_line else "that does not start its line"
            if why:
                lost.append((comment, why))
            else:
                notes.setdefault(subject, []).append(comment.text.rstrip())
        lost += [(comment, "inside a block") for comment in statement.inside]
        seen |= {subject} - {_TOP}
    return notes, [Problem(source.path, c.line, f"a comment {why} would be lost.", _KEEP) for c, why in lost]


def _no_place(statement: turtle.Statement, seen: bool) -> str | None:
    """Why comments before a statement cannot be kept, else None."""
    if not statement.words:
        return "at the end of the file"
    if statement.directive:
        return "before a prefix that is not the first"
    return "before the second block of a subject" if seen else None


_DIRECTIVES = {
    "base": ("a base IRI has no place in canonical form.", "Write full IRIs, or declare a prefix."),
    "version": ("a version line has no place in canonical form.", "Remove it."),
}


def _without_form(source: _Text) -> Iterator[Problem]:
    """What the canonical form cannot say."""
    meant: dict[str, str] = {}
    for statement in source.statements:
        line = statement.words[0].line if statement.words else None
        if statement.directive in _DIRECTIVES:
            yield Problem(source.path, line, *_DIRECTIVES[statement.directive])
        elif statement.directive:
            name, namespace = (word.text for word in statement.words[1:3])
            if meant.setdefault(name, namespace) != namespace:
                what = f"prefix '{name}' is declared twice with different namespaces."
                yield Problem(source.path, line, what, "Give one of them another name.")
    if any(isinstance(t.object, ox.Triple) for t in source.triples):
        what = "a statement about a statement has no place in canonical form."
        yield Problem(source.path, _line_of("<{~", source), what, "State it of a node with an IRI.")
    elif any(isinstance(term, ox.BlankNode) for t in source.triples for term in (t.subject, t.object)):
        yield Problem(source.path, _line_of("[(_", source), "a node without a name.", "Give every node an IRI.")


def _line_of(starts: str, source: _Text) -> int | None:
    """The first line with a word of another kind than an IRI that starts with one of these characters."""
    found = (w for s in source.statements for w in s.words if w.kind != "iri")
    return next((word.line for word in found if word.text[0] in starts), None)


class _Writer:
    def __init__(self, known: dict[str, str]) -> None:
        self._known = sorted(known.items(), key=lambda item: -len(item[1]))

    def block(self, subject: str, properties: dict[str, list[turtle.Term]]) -> list[str]:
        """The lines of one subject."""
        order = sorted(properties, key=lambda iri: (RANK.get(iri, _BEFORE_LAST), iri))
        lines = [f"    {self._verb(iri)} {', '.join(self._term(v) for v in properties[iri])}" for iri in order]
        return [self._iri(subject), *(f"{line} ;" for line in lines[:-1]), f"{lines[-1]} ."]

    def _verb(self, iri: str) -> str:
        return "a" if iri == f"{RDF}type" else self._iri(iri)

    def _iri(self, iri: str) -> str:
        for name, namespace in self._known:
            local = iri[len(namespace) :]
            if iri.startswith(namespace) and _LOCAL.fullmatch(local):
                return f"{name}:{local}"
        return f"<{iri}>"

    def _term(self, term: turtle.Term) -> str:
        if not isinstance(term, ox.Literal):
            return self._iri(turtle.text_of(term))
        kind = term.datatype.value
        if kind == f"{XSD}boolean" and term.value in ("true", "false"):
            return term.value
        text = _quoted(term.value)
        if term.language:
            return f"{text}@{term.language}" + (f"--{term.direction.value}" if term.direction else "")
        return text if kind == f"{XSD}string" else f"{text}^^{self._iri(kind)}"


def _quoted(text: str) -> str:
    """A literal in quotes: long ones where it has line breaks; what an editor would hide or change is escaped.

    >>> print(_quoted('say "so"\\t'))
    "say \\"so\\"\\t"
    """
    escaped = _UNSEEN.sub(_escaped, text.replace("\\", "\\\\"))
    if "\n" in text:  # in long quotes only three in a row, or those at the end, would close them
        return '"""' + re.sub(r'"{3,}|"+\Z', lambda quotes: '\\"' * len(quotes[0]), escaped) + '"""'
    return '"' + escaped.replace('"', '\\"') + '"'


_UNSEEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")  # but not the end of a line
_SHORT = {"\t": "\\t", "\b": "\\b", "\f": "\\f", "\r": "\\r"}


def _escaped(found: re.Match[str]) -> str:
    return _SHORT.get(found[0]) or f"\\u{ord(found[0]):04X}"
