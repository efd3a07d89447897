"""Results of validation, and the W3C's report of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox

from aims_graph.vocab import RDF, SH, XSD

if TYPE_CHECKING:
    import rdflib

_COLUMNS = (
    ("sh:focusNode", "focus"),
    ("sh:resultPath", "path"),
    ("sh:value", "value"),
    ("sh:sourceShape", "shape"),
    ("sh:sourceConstraintComponent", "component"),
    ("sh:resultSeverity", "severity"),
)


@dataclass(frozen=True, order=True)
class Result:
    """One thing that a shape finds. An IRI stands as it is, a literal or blank node as in N-Triples.

    `path` is a property, or a path as SHACL writes it in Turtle; None where the shape is about the node itself.
    """

    shape: str
    focus: str
    path: str | None
    value: str | None
    component: str
    severity: str
    message: str

    def key(self) -> tuple[str, ...]:
        """What results are sorted by."""
        return (
            self.shape,
            self.focus,
            self.path or "",
            self.value or "",
            self.component,
            self.severity,
            self.message,
        )


def report_turtle(results: Iterable[Result]) -> str:
    """A sh:ValidationReport of results, in Turtle."""
    found = sorted(results, key=Result.key)
    blocks = [_block(result) for result in found]
    lines = [f"@prefix sh: <{SH}> .", "", "[] a sh:ValidationReport ;"]
    conforms = f"    sh:conforms {'false' if found else 'true'}"
    return "\n".join([*lines, conforms + "".join(f" ;\n    sh:result {block}" for block in blocks) + " .", ""])


def _block(result: Result) -> str:
    lines = ["[", "        a sh:ValidationResult"]
    for name, column in _COLUMNS:
        value = getattr(result, column)
        if value is not None:
            lines[-1] += " ;"
            lines.append(f"        {name} {_written(value)}")
    if result.message:
        lines[-1] += " ;"
        lines.append(f"        sh:resultMessage {ox.Literal(result.message)}")
    return "\n".join([*lines, "    ]"])


def _written(term: str) -> str:
    return term if term.startswith(('"', "_:", "(", "[")) else f"<{term}>"


def of_report(report: rdflib.Graph) -> tuple[Result, ...]:
    """The results of a report, without the details inside them."""
    import rdflib

    def one(node: Any, name: str) -> Any:
        return report.value(node, rdflib.URIRef(SH + name))

    found = []
    for node in report.objects(None, rdflib.URIRef(f"{SH}result")):
        messages = sorted(str(m) for m in report.objects(node, rdflib.URIRef(f"{SH}resultMessage")))
        path, value = one(node, "resultPath"), one(node, "value")
        found.append(
            Result(
                shape=_text(one(node, "sourceShape")),
                focus=_text(one(node, "focusNode")),
                path=None if path is None else _path(report, path),
                value=None if value is None else _text(value),
                component=_text(one(node, "sourceConstraintComponent")),
                severity=_text(one(node, "resultSeverity")),
                message=messages[0] if messages else "",
            )
        )
    return tuple(sorted(found, key=Result.key))


def _text(term: Any) -> str:
    import rdflib

    if isinstance(term, rdflib.Literal):
        if term.language:
            return str(ox.Literal(str(term), language=term.language))
        return str(ox.Literal(str(term), datatype=ox.NamedNode(str(term.datatype or f"{XSD}string"))))
    return f"_:{term}" if isinstance(term, rdflib.BNode) else str(term)


def _path(report: rdflib.Graph, node: Any) -> str:
    """A path as SHACL writes it, in one line of Turtle; a property alone as its IRI."""
    import rdflib

    if not isinstance(node, rdflib.BNode):
        return str(node)
    first = rdflib.URIRef(f"{RDF}first")
    if report.value(node, first) is not None:
        members = " ".join(_written(_path(report, m)) for m in rdflib.collection.Collection(report, node))
        return f"( {members} )"
    steps = sorted(report.predicate_objects(node))
    return "[ " + " ; ".join(f"{_written(str(p))} {_written(_path(report, o))}" for p, o in steps) + " ]"
