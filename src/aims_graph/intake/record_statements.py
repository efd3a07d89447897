"""RDF texts (Turtle, N-Triples, TriG, N-Quads, JSON-LD) to records: statements about records and people alone.

Nothing is fetched. Blank nodes become parts of the record that holds them, with addresses that every reading gives.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem
from aims_graph.intake import json_text
from aims_graph.intake.record_json import part_name
from aims_graph.intake.record_places import Place
from aims_graph.intake.terms import TYPE, Terms, near, or_list
from aims_graph.intake.written import LONGEST, plain
from aims_graph.nesting import check_nesting
from aims_graph.turtle import statements, text_of

MOST_STATEMENTS: Final = 500_000
MOST_BLANK: Final = 10_000
NOWHERE: Final = "https://relative.invalid/"  # where an address that is none would lead

FORMATS: Final[dict[str, tuple[str, ox.RdfFormat]]] = {
    ".ttl": ("Turtle", ox.RdfFormat.TURTLE),
    ".nt": ("N-Triples", ox.RdfFormat.N_TRIPLES),
    ".trig": ("TriG", ox.RdfFormat.TRIG),
    ".nq": ("N-Quads", ox.RdfFormat.N_QUADS),
    ".jsonld": ("JSON-LD", ox.RdfFormat.JSON_LD),
}
"""Ending of a file, to the name and the parser of its format."""

_SHORTEN: Final = f"Keep it within {LONGEST}, or name a file instead."
_LEAD: Final = re.compile(r"^Parser error at line \d+[^:]*: ")
_TAIL: Final = re.compile(r" \(line \d+\)$")
_LINE_SUBJECT: Final = re.compile(r"[ \t]*(?:<([^>]*)>|(_:[^\s<]+))")
_CONTEXT, _IMPORT = "@context", "@import"


def read(name: str, text: str, ending: str, terms: Terms) -> tuple[list[ox.Triple], dict[str, Place]]:
    """The statements of a text, without blank nodes, and the place of each subject.

    DataError for broken syntax, remote contexts, named graphs, too much of anything, and parts that nothing holds.
    """
    if ending == ".jsonld":
        _check_contexts(name, text)
    else:
        check_nesting(name, text, FORMATS[ending][1])
    triples, prefixes = _parsed(name, text, ending)
    lines = _lines(text, ending, prefixes)
    named = _named(name, triples, lines, terms)
    found = [ox.Triple(_swap(t.subject, named), t.predicate, _swap(t.object, named)) for t in triples]
    places: dict[str, Place] = {}
    for triple, before in zip(found, triples, strict=True):
        subject = text_of(triple.subject)
        line = lines.get(str(before.subject)) or _line_of_holder(subject, lines)
        places.setdefault(subject, Place(name, None, line))
    return list(dict.fromkeys(found)), places


def _swap(term: Any, named: Mapping[str, str]) -> Any:
    return ox.NamedNode(named[term.value]) if isinstance(term, ox.BlankNode) else term


def _line_of_holder(iri: str, lines: Mapping[str, int]) -> int | None:
    while "/" in iri:
        if found := lines.get(f"<{iri}>"):
            return found
        iri = iri.rpartition("/")[0]
    return None


def _parsed(name: str, text: str, ending: str) -> tuple[list[ox.Triple], dict[str, str]]:
    shown, format_ = FORMATS[ending]
    base = NOWHERE if ending == ".jsonld" else None
    triples: list[ox.Triple] = []
    blank: set[str] = set()
    try:
        parser = ox.parse(input=text.encode(), format=format_, base_iri=base)
        for quad in parser:
            if not isinstance(quad.graph_name, ox.DefaultGraph):
                what = f"the statements stand in a graph of their own, {plain(str(quad.graph_name))}."
                fix = "Write them without a graph: the workspace has one graph for its records."
                raise DataError([Problem(name, _line_of(text, str(quad.graph_name)), what, fix)])
            triple = ox.Triple(quad.subject, quad.predicate, quad.object)
            blank.update(t.value for t in (triple.subject, triple.object) if isinstance(t, ox.BlankNode))
            _check_amounts(name, len(triples), len(blank))
            _check_length(name, triple.object, text)
            triples.append(triple)
    except (SyntaxError, ValueError) as error:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
        detail = _TAIL.sub("", _LEAD.sub("", message or "syntax error")).rstrip(".")
        line = error.lineno if isinstance(error, SyntaxError) else None
        raise DataError([Problem(name, line, f"not valid {shown}: {detail}.", _fix(detail))]) from error
    except MemoryError as error:  # its buffer is full; the machine's memory is not
        raise DataError([Problem(name, None, "a text or address is far too long.", _SHORTEN)]) from error
    return triples, dict(parser.prefixes)


def _check_length(name: str, term: object, text: str) -> None:
    if isinstance(term, ox.Literal) and len(term.value) > LONGEST:
        what = f"a text has {len(term.value)} characters."
        raise DataError([Problem(name, _line_of(text, term.value[:100]), what, _SHORTEN)])


def _fix(detail: str) -> str:
    if "No scheme" in detail:
        return "Write the address of the record in full, or with a prefix."
    return "Correct the syntax there."


def _check_amounts(name: str, statements_: int, blank: int) -> None:
    if statements_ >= MOST_STATEMENTS:
        what = f"the file has more than {MOST_STATEMENTS} statements."
        raise DataError([Problem(name, None, what, "Split it into several files.")])
    if blank > MOST_BLANK:
        what = f"the file has more than {MOST_BLANK} blank nodes."
        raise DataError([Problem(name, None, what, "Give the records names of their own.")])


# -- blank nodes ---------------------------------------------------------------------------


def _named(name: str, triples: Sequence[ox.Triple], lines: Mapping[str, int], terms: Terms) -> dict[str, str]:
    """An address for each blank node, below the record that holds it; DataError where none does."""
    held: defaultdict[str, list[str]] = defaultdict(list)
    kinds: dict[str, str] = {}
    taken = {t.value for triple in triples for t in (triple.subject, triple.object) if isinstance(t, ox.NamedNode)}
    for triple in triples:
        subject, value = triple.subject, triple.object
        if isinstance(value, ox.BlankNode):
            held[str(subject)].append(value.value)
        if isinstance(subject, ox.BlankNode) and triple.predicate.value == TYPE and isinstance(value, ox.NamedNode):
            kinds.setdefault(subject.value, terms.kinds.get(value.value, "part"))
    named: dict[str, str] = {}
    edge = [(t.subject.value, str(t.subject)) for t in triples if isinstance(t.subject, ox.NamedNode)]
    for holder, shown in edge:  # grows while it is walked: parts hold parts
        for part in held.pop(shown, ()):
            if part not in named:
                named[part] = part_name(holder, kinds.get(part, "part"), taken)
                taken.add(named[part])
                edge.append((named[part], f"_:{part}"))
    for triple in triples:
        if isinstance(triple.subject, ox.BlankNode) and triple.subject.value not in named:
            what = "a record has no name, and no other record holds it."
            line = lines.get(str(triple.subject)) or lines.get("[")
            raise DataError([Problem(name, line, what, "Give it an address below the base of your records.")])
    return named


# -- lines -----------------------------------------------------------------------------------


def _lines(text: str, ending: str, prefixes: Mapping[str, str]) -> dict[str, int]:
    """The line where each subject first stands, by its term as written in full; '[' for the first unnamed one."""
    if ending == ".jsonld":
        return {}
    found: dict[str, int] = {}
    if ending in (".nt", ".nq"):
        for number, line in enumerate(text.split("\n"), 1):
            if match := _LINE_SUBJECT.match(line):
                found.setdefault(f"<{match[1]}>" if match[2] is None else match[2], number)
        return found
    for statement in statements(text):
        if statement.words and statement.directive is None:
            first = statement.words[0]
            found.setdefault(_in_full(first.text, prefixes), first.line)
    return found


def _in_full(word: str, prefixes: Mapping[str, str]) -> str:
    prefix, colon, local = word.partition(":")
    known = colon and not word.startswith(("<", "_:")) and prefix in prefixes
    bare = re.sub(r"\\(.)", r"\1", local)
    return f"<{prefixes[prefix]}{bare}>" if known else word


def _line_of(text: str, said: str) -> int | None:
    """The first line that says something, where it stands there as it is."""
    at = text.find(said)
    return text.count("\n", 0, at) + 1 if at >= 0 else None


# -- JSON-LD ---------------------------------------------------------------------------------


def _check_contexts(name: str, text: str) -> None:
    """DataError for a context that would have to be fetched, and for keys that no context explains and so were lost."""
    found = json_text.parsed(name, text)
    problems: list[Problem] = []
    known: set[str] = set()
    for pointer, context in _contexts(found, ""):
        listed = context if isinstance(context, list) else [context]
        for one in listed:
            remote = one if isinstance(one, str) else one.get(_IMPORT) if isinstance(one, dict) else None
            if remote is not None:
                what = f"{pointer}: the context '{plain(str(remote))}' lies elsewhere, and nothing is fetched."
                problems.append(Problem(name, None, what, "Write the context itself in its place."))
            known |= set(one) if isinstance(one, dict) else set()
    if problems:
        raise DataError(problems)
    if "@vocab" not in known:
        for pointer, key in _keys(found, ""):
            if key not in known and not key.startswith("@") and ":" not in key:
                alike = near(key, known)
                hint = f"Did you mean {or_list(alike)}?" if alike else "Add it to the context."
                problems.append(Problem(name, None, f"{pointer}: no context explains the key '{plain(key)}'.", hint))
    if problems:
        raise DataError(problems)


def _contexts(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Every context of a JSON-LD value, also those inside contexts."""
    if isinstance(value, dict):
        for key, inner in value.items():
            where = f"{pointer}/{json_text.pointed(key)}"
            if key == _CONTEXT:
                yield where, inner
            elif key == _IMPORT:
                yield where, {_IMPORT: inner}
            yield from _contexts(inner, where)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _contexts(inner, f"{pointer}/{number}")


def _keys(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    """Every key of the objects of a JSON-LD value, apart from those of contexts and of literal values."""
    if isinstance(value, dict):
        for key, inner in value.items():
            where = f"{pointer}/{json_text.pointed(key)}"
            if key not in (_CONTEXT, "@value"):
                yield where, key
                yield from _keys(inner, where)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _keys(inner, f"{pointer}/{number}")
