"""Validation of statements against SHACL shapes: a fast engine where it is right, the reference engine otherwise.

Both engines are asked through their public functions, on statements given as bytes: nothing of the caller's is
changed and nothing is fetched. docs/shacl-conformance.md shows what each is right about, on the W3C's own tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pyoxigraph as ox

from aims_graph.checking.literals import literally
from aims_graph.checking.results import Result, of_report, report_turtle
from aims_graph.errors import DataError, Problem
from aims_graph.turtle import prefixes
from aims_graph.vocab import SH, XSD

if TYPE_CHECKING:
    import rdflib

__all__ = ["FAST", "REFERENCE", "Result", "Shapes", "report_turtle"]

FAST: Final = "pyshacl-turbo"
REFERENCE: Final = "pyshacl"
SHAPES_FILE: Final = "(shapes)"
DATA_FILE: Final = "(statements)"
ROUTED: Final[dict[str, str]] = {
    f"{SH}rule": "SHACL rules",
    f"{SH}target": "SPARQL-based targets",
    f"{SH}expression": "node expressions",
}
"""Constructs (properties of shapes) outside SHACL Core and SPARQL, for which the reference engine is asked."""

_TRUE_NUMBER = ox.Literal("1", datatype=ox.NamedNode(f"{XSD}boolean"))
_DATATYPE: Final[dict[str, str | None]] = {f"{XSD}string": None}
_FALSE = ox.Literal(False)
_TARGETS = frozenset(f"{SH}target{kind}" for kind in ("Node", "Class", "SubjectsOf", "ObjectsOf"))


class Shapes:
    """A shapes graph, compiled when it is first asked; then used for any number of checks.

    Raises DataError where the Turtle cannot be read, and when first asked where a shape is not what SHACL allows.
    """

    def __init__(self, turtle: str) -> None:
        self._triples = _read(turtle.encode(), ox.RdfFormat.TURTLE, SHAPES_FILE)
        self._prefixes = prefixes(turtle)

    @cached_property
    def fallback(self) -> str | None:
        """The construct for which the reference engine is asked instead of the fast one; None if there is none."""
        found = sorted({t.predicate.value for t in self._triples} & ROUTED.keys())
        return ROUTED[found[0]] if found else None

    @property
    def engine(self) -> str:
        """The engine that `validate` asks."""
        return REFERENCE if self.fallback else FAST

    @cached_property
    def _graph(self) -> rdflib.Graph:
        graph = _to_rdflib(_strict(_numbered(self._triples)))
        for prefix, namespace in self._prefixes.items():
            graph.bind(prefix, namespace, override=True, replace=True)
        return graph

    @cached_property
    def _compiled(self) -> Any:
        import pyshacl_turbo

        compiled: Any = pyshacl_turbo.CompiledShapes
        try:
            with literally():
                return compiled(self._graph)
        except (ValueError, RuntimeError) as error:  # its failures; a shape that SHACL does not allow
            raise _not_allowed(str(error)) from error

    def validate(self, data: bytes, focus: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[Result, ...]:
        """What the shapes find in statements (N-Triples), sorted.

        With `focus` (IRIs) only on these nodes, with `names` only by these shapes; with both, each named shape is
        asked about each node whatever its targets are. Raises DataError for statements that are not N-Triples.
        """
        if self.fallback:
            return self.reference(data, focus, names)
        return self.fast(data, focus, names)

    def fast(self, data: bytes, focus: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[Result, ...]:
        """The same by the fast engine, whatever constructs the shapes use."""
        compiled = self._compiled
        try:
            with literally():
                return of_report(compiled.validate(_statements(data), **_asked(focus, names))[1])
        except (ValueError, RuntimeError) as error:
            raise _not_allowed(str(error)) from error

    def reference(self, data: bytes, focus: Sequence[str] = (), names: Sequence[str] = ()) -> tuple[Result, ...]:
        """The same by the reference engine."""
        import pyshacl
        import pyshacl.errors as failures
        import rdflib

        asked = {"inplace": False, "advanced": self.fallback is not None, **_asked(() if names else focus, ())}
        shapes = _aimed(self._graph, focus, names) if names else self._graph
        try:
            with literally():
                graph = _to_rdflib(_read(data, ox.RdfFormat.N_TRIPLES, DATA_FILE))
                for prefix, namespace in self._graph.namespaces():  # it looks for prefixes of queries among the data
                    graph.bind(prefix, namespace, override=True, replace=True)
                report = pyshacl.validate(graph, shacl_graph=shapes, **asked)[1]
                if isinstance(report, rdflib.Graph):
                    return of_report(report)
        except (
            failures.ShapeLoadError,
            failures.ConstraintLoadError,
            failures.ReportableRuntimeError,
            NotImplementedError,
        ) as error:
            raise _not_allowed(str(error)) from error
        raise _not_allowed(getattr(report, "message", str(report)))

    def report(self, data: bytes) -> str:
        """The W3C's validation report on statements (N-Triples), in Turtle; the same bytes for the same input."""
        return report_turtle(self.validate(data))


def _asked(focus: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    asked = {"focus_nodes": list(focus), "use_shapes": list(names)}
    return {option: values for option, values in asked.items() if values}


def _aimed(shapes: rdflib.Graph, focus: Sequence[str], names: Sequence[str]) -> rdflib.Graph:
    """The shapes with targets for the named ones alone, or with these nodes as their targets.

    Asked for some shapes by name, the reference engine does not find the named shapes that those refer to.
    """
    import rdflib

    of_class = (rdflib.RDF.type, rdflib.RDFS.Class)
    kept = {rdflib.URIRef(name) for name in names}
    aimed = rdflib.Graph(bind_namespaces="none")
    for s, p, o in shapes:
        if (str(p) in _TARGETS or (p, o) == of_class) and (focus or s not in kept):
            continue
        aimed.add((s, p, o))
    for node in focus:
        for name in kept:
            aimed.add((name, rdflib.SH.targetNode, rdflib.URIRef(node)))
    return aimed


def _not_allowed(what: str) -> DataError:
    said = " ".join(what.split()).removeprefix("SHACL validation failure: ").rstrip(".")
    fix = "Write the shape as SHACL allows it: https://www.w3.org/TR/shacl/."
    return DataError([Problem(SHAPES_FILE, None, f"the shapes cannot be used: {said}.", fix)])


# -- statements in and out ----------------------------------------------------------------


def _read(text: bytes, form: ox.RdfFormat, name: str) -> list[ox.Triple]:
    try:
        return [ox.Triple(q.subject, q.predicate, q.object) for q in ox.parse(input=text, format=form)]
    except SyntaxError as error:
        what = f"cannot be read: {error.msg}."
        raise DataError([Problem(name, error.lineno, what, "Correct the syntax on that line.")]) from error


def _statements(data: bytes) -> rdflib.Graph:
    """Statements as the fast engine takes them soonest."""
    return _to_rdflib(_read(data, ox.RdfFormat.N_TRIPLES, DATA_FILE), store="SimpleMemory")


def _numbered(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """The statements with blank nodes named in the order in which they come, the same in every run."""
    names: dict[ox.BlankNode, ox.BlankNode] = {}

    def named(term: Any) -> Any:
        if isinstance(term, ox.BlankNode):
            return names.setdefault(term, ox.BlankNode(f"s{len(names)}"))
        return term

    for t in triples:
        yield ox.Triple(named(t.subject), t.predicate, named(t.object))


def _strict(triples: Iterable[ox.Triple]) -> Iterator[ox.Triple]:
    """sh:uniqueLang is on only where it is the term `true` itself; both engines would take 1 for it."""
    unique = ox.NamedNode(f"{SH}uniqueLang")
    for t in triples:
        off = t.predicate == unique and t.object == _TRUE_NUMBER
        yield ox.Triple(t.subject, t.predicate, _FALSE) if off else t


def _to_rdflib(triples: Iterable[ox.Triple], store: str = "default") -> rdflib.Graph:
    """A graph with every literal as it is written, and strings without their datatype.

    Both engines want it so: rdflib's queries find no constant in a string with a datatype, and the fast engine takes
    the strings of a pyoxigraph store (which would be the shortest way in) for others than those of a query.
    """
    import rdflib

    known: dict[Any, Any] = {}

    def term(given: Any) -> Any:
        if given not in known:
            if isinstance(given, ox.NamedNode):
                known[given] = rdflib.URIRef(given.value)
            elif isinstance(given, ox.BlankNode):
                known[given] = rdflib.BNode(given.value)
            else:
                name = None if given.language else _DATATYPE.get(given.datatype.value, given.datatype.value)
                known[given] = rdflib.Literal(given.value, lang=given.language, datatype=name, normalize=False)
        return known[given]

    graph = rdflib.Graph(store=store, bind_namespaces="none")
    for t in triples:
        graph.add((term(t.subject), term(t.predicate), term(t.object)))
    return graph
