"""Which OWL 2 profile a set of statements keeps to: tables of what DL and RL allow, and a walk over the statements.

The tables follow the OWL 2 recommendations (Structural Specification, section 11; Profiles, section 4). Irregular
property hierarchies are left to the reasoner, which refuses them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from aims_graph.vocab import OWL, RDF, RDFS, XSD

Node = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

_XSD_NAMES: Final = (
    "decimal integer nonNegativeInteger nonPositiveInteger positiveInteger negativeInteger long int short byte "
    "unsignedLong unsignedInt unsignedShort unsignedByte float double string normalizedString token language Name "
    "NCName NMTOKEN boolean hexBinary base64Binary anyURI dateTime dateTimeStamp"
)
RL_DATATYPES: Final = frozenset(
    {f"{XSD}{name}" for name in _XSD_NAMES.split()}
    | {f"{RDF}{name}" for name in ("PlainLiteral", "XMLLiteral", "langString")}
    | {f"{RDFS}Literal"}
)
DATATYPE_MAP: Final = RL_DATATYPES | {f"{OWL}real", f"{OWL}rational"}
"""Datatypes that an OWL 2 DL ontology may name; xsd:date and xsd:duration are not among them."""

_POSITIONS: Final = {  # axiom → the position its subject and its object stand in (None: not a class expression)
    f"{RDFS}subClassOf": ("sub", "super"),
    f"{OWL}equivalentClass": ("equal", "equal"),
    f"{OWL}disjointWith": ("sub", "sub"),
    f"{RDFS}domain": (None, "super"),
    f"{RDFS}range": (None, "super"),
    f"{RDF}type": (None, "super"),
}
_CONSTRUCTORS: Final[dict[str, dict[str, str | None]]] = {  # constructor → its position → its operands'
    f"{OWL}intersectionOf": {"sub": "sub", "super": "super", "equal": "equal"},
    f"{OWL}unionOf": {"sub": "sub"},
    f"{OWL}oneOf": {"sub": None},
    f"{OWL}someValuesFrom": {"sub": "sub"},
    f"{OWL}allValuesFrom": {"super": "super"},
    f"{OWL}hasValue": {"sub": None, "super": None, "equal": None},
    f"{OWL}complementOf": {"super": "sub"},
    f"{OWL}maxCardinality": {"super": None},
    f"{OWL}maxQualifiedCardinality": {"super": None},
    f"{OWL}cardinality": {},
    f"{OWL}qualifiedCardinality": {},
    f"{OWL}minCardinality": {},
    f"{OWL}minQualifiedCardinality": {},
    f"{OWL}hasSelf": {},
    f"{OWL}onDatatype": {},
    f"{OWL}datatypeComplementOf": {},
}
_COUNTING: Final = frozenset({"maxCardinality", "maxQualifiedCardinality"})
PROPERTY_KINDS: Final = tuple(f"{OWL}{k}Property" for k in ("Object", "Datatype", "Annotation"))
_NEEDS_SIMPLE: Final = tuple(
    f"{OWL}{k}Property" for k in ("Functional", "InverseFunctional", "Irreflexive", "Asymmetric")
)


class _Index:
    """Subject → property → objects, and lists read as tuples."""

    def __init__(self, triples: Iterable[ox.Triple]) -> None:
        self.of: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
        for t in triples:
            self.of[t.subject][t.predicate.value].append(t.object)

    def get(self, node: Node, prop: str) -> list[Node]:
        return self.of[node][prop] if node in self.of and prop in self.of[node] else []

    def pairs(self, prop: str) -> Iterator[tuple[Node, Node]]:
        for subject, properties in list(self.of.items()):
            for obj in properties.get(prop, ()):
                yield subject, obj

    def typed(self, rdf_type: str) -> set[Node]:
        return {s for s, o in self.pairs(f"{RDF}type") if o == ox.NamedNode(rdf_type)}

    def members(self, node: Node) -> tuple[Node, ...]:
        """The items of an RDF list; a node that is none stands for itself."""
        if not self.get(node, f"{RDF}first") and node != ox.NamedNode(f"{RDF}nil"):
            return (node,)
        items: list[Node] = []
        while first := self.get(node, f"{RDF}first"):
            items.append(first[0])
            node = self.get(node, f"{RDF}rest")[0]
        return tuple(items)


def rl_violations(triples: Iterable[ox.Triple]) -> tuple[str, ...]:
    """One sentence for each construct that OWL 2 RL does not allow where it stands; empty if the profile is kept.

    >>> some = (ox.NamedNode("urn:A"), ox.NamedNode(f"{RDFS}subClassOf"), ox.NamedNode(f"{OWL}Thing"))
    >>> rl_violations([ox.Triple(*some)])
    ('owl:Thing stands as super class of an axiom about <urn:A>.',)
    """
    given = tuple(triples)
    index = _Index(given)
    found: set[str] = set()
    for axiom, (left, right) in _POSITIONS.items():
        for subject, obj in index.pairs(axiom):
            found.update(_expression(index, subject, left, subject))
            found.update(_expression(index, obj, right, subject))
    for node in index.typed(f"{OWL}AllDisjointClasses"):
        for lists in index.get(node, f"{OWL}members"):
            for member in index.members(lists):
                found.update(_expression(index, member, "sub", member))
    found.update(f"{_name(s)} is reflexive." for s in index.typed(f"{OWL}ReflexiveProperty"))
    found.update(f"{_name(s)} is a disjoint union." for s, _ in index.pairs(f"{OWL}disjointUnionOf"))
    found.update(_datatypes(given, RL_DATATYPES))
    return tuple(sorted(found))


def _expression(index: _Index, node: Node, position: str | None, about: Node) -> Iterator[str]:
    """Breaches of RL in the class expression at `node`, standing as sub, super or equal class."""
    if position is None:
        return
    if node == ox.NamedNode(f"{OWL}Thing"):
        yield f"owl:Thing stands as {position} class of an axiom about {_name(about)}."
    for constructor in _CONSTRUCTORS if isinstance(node, ox.BlankNode) else ():
        for operand in index.get(node, constructor):
            yield from _constructed(index, constructor, operand, position, about)


def _constructed(index: _Index, constructor: str, operand: Node, position: str, about: Node) -> Iterator[str]:
    allowed = _CONSTRUCTORS[constructor]
    local = constructor[len(OWL) :]
    if position not in allowed:
        yield f"owl:{local} stands as {position} class of an axiom about {_name(about)}."
    elif local in _COUNTING and not (isinstance(operand, ox.Literal) and operand.value in ("0", "1")):
        yield f"owl:{local} above 1 in an axiom about {_name(about)}."
    else:
        for part in index.members(operand) if allowed[position] else ():
            whole = local == "someValuesFrom" and part == ox.NamedNode(f"{OWL}Thing")
            if not whole:
                yield from _expression(index, part, allowed[position], about)


def dl_violations(triples: Iterable[ox.Triple]) -> tuple[str, ...]:
    """One sentence for each global restriction of OWL 2 DL that is broken; empty if none is.

    >>> triples = [(p, RDF + "type", OWL + f"{k}Property") for p in ("urn:p",) for k in ("Transitive", "Functional")]
    >>> dl_violations(ox.Triple(*map(ox.NamedNode, t)) for t in triples)
    ('<urn:p> is composite and stands where only a simple property may: FunctionalProperty.',)
    """
    given = tuple(triples)
    index = _Index(given)
    found = set(_datatypes(given, DATATYPE_MAP))
    kinds = {kind: index.typed(kind) for kind in PROPERTY_KINDS}
    for node in set().union(*kinds.values()):
        several = [kind[len(OWL) :] for kind in PROPERTY_KINDS if node in kinds[kind]]
        if len(several) > 1:
            found.add(f"{_name(node)} is declared as {' and '.join(several)}.")
    composite = _composite(index)
    for place, nodes in _simple_places(index):
        for node in nodes & composite:
            found.add(f"{_name(node)} is composite and stands where only a simple property may: {place}.")
    return tuple(sorted(found))


def _simple_places(index: _Index) -> Iterator[tuple[str, set[Node]]]:
    for kind in _NEEDS_SIMPLE:
        yield kind[len(OWL) :], index.typed(kind)
    for node in index.typed(f"{OWL}AllDisjointProperties"):
        for lists in index.get(node, f"{OWL}members"):
            yield "AllDisjointProperties", set(index.members(lists))
    for left, right in index.pairs(f"{OWL}propertyDisjointWith"):
        yield "propertyDisjointWith", {left, right}


def _composite(index: _Index) -> set[Node]:
    """Transitive and chained properties, and all properties above or inverse to one."""
    found = index.typed(f"{OWL}TransitiveProperty")
    found |= {s for s, _ in index.pairs(f"{OWL}propertyChainAxiom")}
    upward = set(index.pairs(f"{RDFS}subPropertyOf"))
    for left, right in index.pairs(f"{OWL}inverseOf"):
        upward |= {(left, right), (right, left)}
    while fresh := {above for below, above in upward if below in found} - found:
        found |= fresh
    return found


def _datatypes(triples: Iterable[ox.Triple], allowed: frozenset[str]) -> Iterator[str]:
    reserved = (XSD, RDF, RDFS, f"{OWL}real", f"{OWL}rational")
    for t in triples:
        if isinstance(t.object, ox.Literal) and t.object.datatype.value not in allowed:
            yield f"{_name(t.subject)} has a literal of datatype {_name(t.object.datatype)}."
        elif t.predicate.value == f"{RDFS}range" and isinstance(t.object, ox.NamedNode):
            known = t.object.value in allowed or not t.object.value.startswith(reserved)
            if not known:
                yield f"{_name(t.subject)} has the range {_name(t.object)}."


def _name(node: Node) -> str:
    return str(node) if isinstance(node, ox.NamedNode) else "an unnamed node"
