"""Saved questions and free SPARQL, asked of a library; rows as plain terms that can be shown or sent."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from aims_graph import queries
from aims_graph.errors import AimsGraphError, InputError, QueryError, UnknownName
from aims_graph.library import Library
from aims_graph.remote import address, datasets
from aims_graph.remote.server import Server
from aims_graph.tables.columns import Lines
from aims_graph.vocab import AIMS, XSD

Sources = tuple[Sequence[Path], Sequence[Path], Path | None]  # data folders, record files, workspace
START_SECONDS = 30.0  # time a query process may take to load before its own limit starts


@dataclass(frozen=True)
class Cell:
    """One RDF term: kind is uri, literal or bnode, as in the W3C results format."""

    kind: str
    value: str
    datatype: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Rows:
    """The result of a SELECT, or of an ASK as one boolean cell."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    boolean: bool | None = None
    prefixes: Mapping[str, str] = field(default_factory=dict)


def split(parameters: Iterable[str]) -> dict[str, str]:
    """`name=value` arguments as a map."""
    found: dict[str, str] = {}
    for text in parameters:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(f"'{text}' is not NAME=VALUE. For example: provision=10.2")
        found[name] = value
    return found


def ask(
    library: Library,
    name: str,
    values: Mapping[str, str],
    as_of: date,
    trust: str,
    store: Callable[[Library, date, str], ox.Store] = Library.store,
) -> Rows:
    """Ask a saved question with values as people type them: at the SPARQL server that the environment names, if any.

    `store` gives the dataset of a library, for those who keep it.
    """
    question = queries.find(library.questions, name)
    bound, there = terms(library, question, values, as_of), address.named()
    if there is None:
        table = queries.run(store(library, as_of, trust), question, bound)
    else:
        law, day = library.dataset_names(as_of, trust)
        server = Server(there)
        try:
            table = datasets.ask(server, law, day, lambda: store(library, as_of, trust), question, bound)
        finally:
            server.close()
    return _rows(table, library.catalogue.prefixes)


def terms(
    library: Library, question: queries.Question, values: Mapping[str, str], as_of: date
) -> dict[str, ox.NamedNode | ox.Literal]:
    """The values of a question's parameters as terms: as typed, the default, or the day asked about."""
    known = {p.name: p for p in question.parameters}
    found: dict[str, ox.NamedNode | ox.Literal] = {}
    for given, value in values.items():
        if given not in known:
            takes = ", ".join(known) or "no parameters"
            raise InputError(f"question '{question.name}' takes no '{given}'. It takes: {takes}.")
        found[given] = _term(library, known[given], value)
    for parameter in question.parameters:
        if parameter.name in found:
            continue
        if parameter.default is not None:
            found[parameter.name] = queries.literal(parameter, parameter.default)
        elif parameter.type == "date":
            found[parameter.name] = queries.literal(parameter, as_of.isoformat())
    return found


def _term(library: Library, parameter: queries.Parameter, value: str) -> ox.NamedNode | ox.Literal:
    if parameter.type == "provision":
        return ox.NamedNode(library.catalogue.provisions[library.names.resolve(value)].iri)
    if parameter.type == "record":
        if library.records is None:
            raise InputError(f"'{value}' is a record, but no records are loaded. Load a file of records.")
        return ox.NamedNode(library.records.resolve(value))
    if parameter.type == "iri":
        return _iri(library, value.strip())
    return queries.literal(parameter, value)


def _iri(library: Library, value: str) -> ox.NamedNode:
    """A term of the ontology or a framework by its plain name, an id, or a whole IRI; what is unknown is an error."""
    catalogue = library.catalogue
    prefix, colon, _ = value.partition(":")
    if f"{AIMS}{value}" not in catalogue.facts.values:
        with suppress(UnknownName):
            return ox.NamedNode(catalogue.editions[library.names.edition(value)].iri)
    if colon and prefix in catalogue.prefixes:
        iri = catalogue.iri(value)
    else:
        iri = f"{AIMS}{value}" if not colon else value.strip("<>")
    ours = iri.startswith(tuple(catalogue.prefixes.values()))
    if ours and iri not in catalogue.facts.values:
        terms = {i.removeprefix(AIMS): catalogue.curie(i) for i in catalogue.facts.values if i.startswith(AIMS)}
        near = get_close_matches(value, [*terms, *terms.values(), *catalogue.editions], n=5, cutoff=0.5)
        raise UnknownName(value, dict.fromkeys(terms.get(name, name) for name in near), "term or framework")
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise InputError(f"'{value}' is no name and no IRI. For example: {AIMS}Provision") from error


def sparql(
    text: str,
    data: Sequence[Path],
    records: Sequence[Path],
    as_of: date,
    trust: str,
    timeout: float,
    workspace: Path | None = None,
) -> Rows | bytes:
    """Run a person's own query in a process of its own, ended after `timeout` seconds.

    SELECT and ASK give Rows, CONSTRUCT and DESCRIBE give Turtle.
    """
    from aims_graph.sparql_text import refuse_dangerous

    refuse_dangerous(text)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, text, (data, records, workspace), as_of, trust), daemon=True)
    process.start()
    theirs.close()
    try:
        if not ours.poll(START_SECONDS):
            raise QueryError("the query process did not start. Try again.")
        started = ours.recv()
        if started != "ready":
            raise QueryError(str(started))
        if not ours.poll(timeout):
            raise QueryError(f"the query took longer than {timeout:g} s and was ended. Narrow it.")
        result = ours.recv()
    except EOFError:
        raise QueryError("the query ended its process. Simplify it.") from None
    finally:
        process.kill()
        process.join()
    if isinstance(result, str):
        raise QueryError(result)
    found: Rows | bytes = result
    return found


def _serve(pipe: Connection, text: str, sources: Sources, as_of: date, trust: str) -> None:
    try:
        library = Library.open(*sources)
        store = library.store(as_of, trust)
        pipe.send("ready")
        pipe.send(_evaluated(store, text, library.catalogue.prefixes))
    except (AimsGraphError, OSError) as error:
        pipe.send(str(error))


def _evaluated(store: ox.Store, text: str, prefixes: Mapping[str, str]) -> Rows | bytes:
    found = queries.evaluate(store, text, prefixes=prefixes)
    if isinstance(found, ox.QueryBoolean):
        cell = Cell("literal", str(bool(found)).lower(), f"{XSD}boolean")
        return Rows(("answer",), ((cell,),), bool(found))
    if isinstance(found, ox.QueryTriples):
        return ox.serialize(found, format=ox.RdfFormat.TURTLE, prefixes=dict(prefixes)) or b""
    columns = tuple(v.value for v in found.variables)
    return _rows(queries.Table(columns, tuple(tuple(row) for row in found)), prefixes)


def _rows(table: queries.Table, prefixes: Mapping[str, str]) -> Rows:
    rows = tuple(tuple(None if term is None else _cell(term) for term in row) for row in table.rows)
    return Rows(table.columns, rows, None, dict(prefixes))


def _cell(term: Any) -> Cell:
    if isinstance(term, ox.NamedNode):
        return Cell("uri", term.value)
    if isinstance(term, ox.BlankNode):
        return Cell("bnode", term.value)
    if isinstance(term, ox.Literal):
        plain = term.language is not None or term.datatype.value == f"{XSD}string"
        return Cell("literal", term.value, None if plain else term.datatype.value, term.language)
    return Cell("literal", str(term))


def text(cell: Cell | None, prefixes: Mapping[str, str]) -> str:
    """A cell as people read it: ids for IRIs where a prefix fits."""
    if cell is None:
        return ""
    if cell.kind == "uri":
        fits = [(ns, p) for p, ns in prefixes.items() if cell.value.startswith(ns) and cell.value != ns]
        if fits:
            namespace, prefix = max(fits, key=lambda f: len(f[0]))
            return f"{prefix}:{cell.value[len(namespace) :]}"
    return cell.value


def lines(rows: Rows) -> Lines:
    """The result as a table, with whole IRIs."""
    return Lines(rows.columns, [[text(cell, {}) for cell in row] for row in rows.rows])


def results_json(rows: Rows) -> dict[str, Any]:
    """W3C SPARQL results JSON."""
    if rows.boolean is not None:
        return {"head": {}, "boolean": rows.boolean}
    bindings = [
        {c: _cell_json(cell) for c, cell in zip(rows.columns, row, strict=True) if cell is not None}
        for row in rows.rows
    ]
    return {"head": {"vars": list(rows.columns)}, "results": {"bindings": bindings}}


def _cell_json(cell: Cell) -> dict[str, str]:
    found = {"type": cell.kind, "value": cell.value}
    if cell.datatype:
        found["datatype"] = cell.datatype
    if cell.language:
        found["xml:lang"] = cell.language
    return found
