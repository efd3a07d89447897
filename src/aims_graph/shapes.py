"""Evidence rules: one SHACL file each. Checks records and says what each case has recorded.

pySHACL does the validation. Rules carry their message, their source provision and
who asks; the as-of date is data in the graph, so a check has no hidden clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from aims_graph.errors import DataError, Problem
from aims_graph.files import DataFile
from aims_graph.model import Element, Finding, Source
from aims_graph.turtle import Facts, read_into
from aims_graph.vocab import AIMS, DCTERMS, RDF, SH, XSD

if TYPE_CHECKING:
    import rdflib

EVIDENCE, INTEGRITY = "EvidenceShape", "IntegrityShape"
THE_CLAUSE = "the-clause"
SEVERITIES = ("Violation", "Warning", "Info")
ASKERS = {"the-clause": "the clause asks", "own-procedure": "your procedure asks", "good-practice": "good practice"}


@dataclass(frozen=True)
class Rule:
    """One rule as its file states it."""

    iri: str
    kind: str  # EvidenceShape or IntegrityShape
    code: str
    name: str
    message: str
    severity: str
    asked_by: str
    provisions: tuple[str, ...]  # IRIs of the provisions (or terms) it enforces
    element: str | None
    triggered_when: str | None
    passing: tuple[str, ...]
    failing: tuple[str, ...]
    source: Source


@dataclass(frozen=True)
class Rules:
    """All rules of the data folders, and their shapes as one text."""

    rules: tuple[Rule, ...]
    turtle: str

    @cached_property
    def shapes(self) -> rdflib.Graph:
        """The shapes graph, parsed once."""
        return _graph(self.turtle)

    def by_iri(self) -> dict[str, Rule]:
        """Rules by IRI."""
        return {r.iri: r for r in self.rules}


def load(files: Iterable[DataFile]) -> Rules:
    """Read every shape file; raises one DataError with every problem."""
    rules, problems = inspect(files)
    if problems:
        raise DataError(problems)
    return rules


def inspect(files: Iterable[DataFile]) -> tuple[Rules, list[Problem]]:
    """Read what can be read of the shape files, and list what is wrong with the rest."""
    facts = Facts()
    problems: list[Problem] = []
    texts: list[str] = []
    for file in files:
        if file.kind == "shape":
            problem = read_into(facts, file.path, file.text)
            problems += [problem] if problem else []
            texts += [] if problem else [file.text]
    rules: list[Rule] = []
    for kind in (EVIDENCE, INTEGRITY):
        for iri in facts.of_type(AIMS + kind):
            rules.append(_rule(facts, iri, kind))
            problems += _rule_problems(facts, rules[-1])
    codes: dict[str, Rule] = {}
    for rule in rules:
        if rule.code in codes:
            what = f"code '{rule.code}' is already used at {codes[rule.code].source}."
            problems.append(Problem(rule.source.path, rule.source.line, what, "Choose another code."))
        codes.setdefault(rule.code, rule)
    return Rules(tuple(sorted(rules, key=lambda r: r.code)), "\n".join(texts)), problems


def _rule(facts: Facts, iri: str, kind: str) -> Rule:
    def local(prop: str) -> str:
        return (facts.text(iri, prop) or "").rsplit("#", 1)[-1]

    return Rule(
        iri=iri,
        kind=kind,
        code=facts.text(iri, f"{AIMS}code") or "",
        name=facts.text(iri, f"{SH}name") or "",
        message=facts.text(iri, f"{SH}message") or "",
        severity=local(f"{SH}severity"),
        asked_by=local(f"{AIMS}askedBy"),
        provisions=tuple(facts.texts(iri, f"{DCTERMS}source")),
        element=facts.text(iri, f"{AIMS}element"),
        triggered_when=facts.text(iri, f"{AIMS}triggeredWhen"),
        passing=tuple(facts.texts(iri, f"{AIMS}passingExample")),
        failing=tuple(facts.texts(iri, f"{AIMS}failingExample")),
        source=Source(*facts.place.get(iri, ("(unplaced)", 0))),
    )


def _rule_problems(facts: Facts, rule: Rule) -> list[Problem]:
    needs = {
        "aims:code": rule.code,
        "sh:name": rule.name,
        "sh:message": rule.message,
        "dcterms:source": rule.provisions,
        "aims:passingExample": rule.passing,
        "aims:failingExample": rule.failing,
    }
    found = [
        Problem(rule.source.path, rule.source.line, f"the rule has no {name}.", f"Add {name}.")
        for name, value in needs.items()
        if not value
    ]
    if rule.severity not in SEVERITIES:
        what = f"severity '{rule.severity}' is not known."
        fix = f"Use sh: with one of: {', '.join(SEVERITIES)}."
        found.append(Problem(rule.source.path, rule.source.line, what, fix))
    if rule.kind == EVIDENCE and rule.asked_by not in ASKERS:
        what = f"aims:askedBy '{rule.asked_by}' is not known."
        fix = f"Use aims: with one of: {', '.join(ASKERS)}."
        found.append(Problem(rule.source.path, rule.source.line, what, fix))
    return found


# -- checking --------------------------------------------------------------------------


def check(rules: Rules, texts: Sequence[str], as_of: date) -> tuple[tuple[str, str], ...]:
    """(rule IRI, focus IRI) of every rule broken by the record texts (Turtle), sorted.

    The records are copied first; nothing of the caller's is changed.
    """
    results = _validate(_records_graph(texts, as_of), rules.shapes)
    known = rules.by_iri()
    return tuple(sorted((shape, focus) for shape, focus in results if shape in known))


def findings(
    rules: Rules, texts: Sequence[str], as_of: date, labels: dict[str, str], curie: dict[str, str]
) -> tuple[Finding, ...]:
    """What is missing, worst first: code, who asks, and how to mend it."""
    by_iri = rules.by_iri()
    found = []
    for shape, focus in check(rules, texts, as_of):
        rule = by_iri[shape]
        found.append(
            Finding(
                code=rule.code,
                severity=rule.severity,
                name=rule.name,
                message=rule.message,
                provision=curie.get(rule.provisions[0], rule.provisions[0]),
                asked_by=ASKERS.get(rule.asked_by, "records must be well-formed"),
                focus=focus,
                focus_label=labels.get(focus, focus),
                rule_source=rule.source,
            )
        )
    return tuple(sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.focus_label, f.code)))


def elements(rules: Rules, texts: Sequence[str], case: str, as_of: date, curie: dict[str, str]) -> tuple[Element, ...]:
    """For one case, each requirement element: recorded, missing, or not triggered for a recorded reason."""
    asked = [r for r in rules.rules if r.element is not None and r.asked_by == THE_CLAUSE]
    wanted = [shape for r in asked for shape in (r.element, r.triggered_when) if shape]
    broken = _broken(rules, texts, case, as_of, wanted)
    found = []
    for rule in asked:
        kept = "missing" if rule.element in broken else "recorded"
        state = "not-triggered" if rule.triggered_when in broken else kept
        fix = rule.message.split(". ", 1)[-1]
        name = curie.get(rule.provisions[0], rule.provisions[0])
        found.append(Element(rule.iri, rule.code, rule.name, name, state, fix, rule.source))
    return tuple(found)


def _broken(rules: Rules, texts: Sequence[str], case: str, as_of: date, wanted: Iterable[str]) -> frozenset[str]:
    """Those of the named shapes to which the case does not conform."""
    import rdflib

    probes = {f"urn:aims-graph:probe:{i}": shape for i, shape in enumerate(dict.fromkeys(wanted))}
    if not probes:
        return frozenset()
    shapes = rdflib.Graph()
    for triple in rules.shapes:
        if not str(triple[1]).startswith(f"{SH}target"):
            shapes.add(triple)
    for probe, shape in probes.items():
        node = rdflib.URIRef(probe)
        shapes.add((node, rdflib.URIRef(f"{RDF}type"), rdflib.URIRef(f"{SH}NodeShape")))
        shapes.add((node, rdflib.URIRef(f"{SH}targetNode"), rdflib.URIRef(case)))
        shapes.add((node, rdflib.URIRef(f"{SH}node"), rdflib.URIRef(shape)))
    failed = {shape for shape, _ in _validate(_records_graph(texts, as_of), shapes)}
    return frozenset(shape for probe, shape in probes.items() if probe in failed)


def example_results(rules: Rules, example: str, prefixes: dict[str, str], as_of: date) -> tuple[tuple[str, str], ...]:
    """(rule IRI, focus IRI) that the rules say of one example text; `prefixes` are assumed to be declared."""
    text = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in prefixes.items()) + example
    stated = "aims:check-context" in example
    known = rules.by_iri()
    graph = _graph(text) if stated else _records_graph([text], as_of)
    return tuple(sorted((s, f) for s, f in _validate(graph, rules.shapes) if s in known))


def _records_graph(texts: Sequence[str], as_of: date) -> rdflib.Graph:
    import rdflib

    graph = rdflib.Graph()
    for text in texts:
        graph += _graph(text)
    day = rdflib.Literal(as_of.isoformat(), datatype=rdflib.URIRef(f"{XSD}date"))
    graph.add((rdflib.URIRef(f"{AIMS}check-context"), rdflib.URIRef(f"{AIMS}asOf"), day))
    return graph


def _graph(text: str) -> rdflib.Graph:
    import rdflib

    return rdflib.Graph().parse(data=text, format="turtle")


def _validate(data: rdflib.Graph, shapes: rdflib.Graph) -> set[tuple[str, str]]:
    """(source shape, focus node) of every result, by pySHACL."""
    import pyshacl
    import rdflib

    _, report, _ = pyshacl.validate(data, shacl_graph=shapes, advanced=False, inplace=False)
    assert isinstance(report, rdflib.Graph)
    shape, focus = rdflib.URIRef(f"{SH}sourceShape"), rdflib.URIRef(f"{SH}focusNode")
    return {
        (str(report.value(result, shape)), str(report.value(result, focus)))
        for result in report.subjects(rdflib.URIRef(f"{RDF}type"), rdflib.URIRef(f"{SH}ValidationResult"))
    }
