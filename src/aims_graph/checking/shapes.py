"""Evidence rules: one SHACL file each. Checks records and says what each case has recorded.

Rules carry their message, their source provision and who asks; the as-of date is data in the graph, so a check has
no hidden clock. An organisation's own procedure may ask more strictly.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from itertools import islice

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.checking.check_context import checked
from aims_graph.checking.neighbourhood import Neighbourhood
from aims_graph.checking.procedures import SEVERITIES, Procedure, procedures
from aims_graph.checking.validation import Result, Shapes
from aims_graph.checking.walks import Held, Walk
from aims_graph.errors import DataError, Problem
from aims_graph.files import DataFile
from aims_graph.model import Element, Finding, Source
from aims_graph.turtle import Facts, parsed, read_into
from aims_graph.vocab import AIMS, DCTERMS, SH

EVIDENCE, INTEGRITY = "EvidenceShape", "IntegrityShape"
THE_CLAUSE = "the-clause"
PROBE = "urn:aims-graph:probe:"
_FORBIDDEN = re.compile(r"(?<![\w?$:-])(?:VALUES|MINUS|SERVICE)(?![\w:-])", re.I)
_QUOTED = re.compile(r"<[^<>\s]*>|\"[^\"]*\"|'[^']*'|#[^\n]*")
OWN_PROCEDURE = "your procedure asks"
AT_ONCE = 2_000  # records that are checked together, so that memory stays small
ASKERS = {"the-clause": "the clause asks", "own-procedure": OWN_PROCEDURE, "good-practice": "good practice"}


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


Under = Mapping[str, Collection[str]]  # case (IRI) → ids of the editions that it falls under


@dataclass(frozen=True)
class Rules:
    """All rules of the data folders, and their shapes as one text."""

    rules: tuple[Rule, ...]
    turtle: str
    catalogue: Catalogue | None = None  # what is known of the provisions that records name

    @cached_property
    def shapes(self) -> Shapes:
        """The shapes, compiled once."""
        return Shapes(self.turtle)

    @cached_property
    def neighbourhood(self) -> Neighbourhood:
        """What the rules can see, worked out once."""
        return Neighbourhood(self.turtle, [r.iri for r in self.rules])

    @cached_property
    def conditions(self) -> tuple[dict[str, str], Shapes]:
        """The shapes that say of a case whether an element is recorded or triggered, each with a probe that asks it."""
        probes = self._probes
        return probes, Shapes(self._probing)

    @cached_property
    def reach_of_conditions(self) -> Walk | None:
        """All that the conditions look at from a case; None where one looks at what no way leads to."""
        try:
            groups = Neighbourhood(self._probing, self._probes.values()).groups
        except ValueError:
            return None
        return groups[0].walk if groups else Walk()

    @cached_property
    def _probes(self) -> dict[str, str]:
        named = dict.fromkeys(s for r in self.rules for s in (r.element, r.triggered_when) if s)
        return {shape: f"{PROBE}{number}" for number, shape in enumerate(named)}

    @property
    def _probing(self) -> str:
        lines = [
            f"<{probe}> a <{SH}NodeShape> ; <{SH}targetNode> <{PROBE}> ; <{SH}node> <{shape}> ."
            for shape, probe in self._probes.items()
        ]
        return "\n".join([self.turtle, *lines])

    @cached_property
    def elements(self) -> dict[tuple[str, str, str], Element]:
        """What can be said of a requirement element, once for all cases: by rule, provision and state."""
        return {}

    @cached_property
    def severities(self) -> dict[str, str]:
        """The severity that each rule (IRI) gives its findings."""
        return {r.iri: r.severity for r in self.rules}

    def by_iri(self) -> dict[str, Rule]:
        """Rules by IRI."""
        return {r.iri: r for r in self.rules}


def subset(rules: Rules, chosen: Iterable[Rule]) -> Rules:
    """Some of the rules; what their shapes refer to stays, the targets of all others go."""
    kept = tuple(chosen)
    names = {rule.iri for rule in kept}
    triples = [t for t in parsed("(rules)", rules.turtle)[0] if _stays(t, names)]
    return Rules(kept, _triples(triples).decode(), rules.catalogue)


def _stays(triple: ox.Triple, names: set[str]) -> bool:
    targets = triple.predicate.value.startswith(f"{SH}target")
    return not targets or (isinstance(triple.subject, ox.NamedNode) and triple.subject.value in names)


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
            problems += [] if problem else _query_problems(file, facts.triples[file.path])
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


def _query_problems(file: DataFile, triples: Iterable[ox.Triple]) -> list[Problem]:
    """SHACL forbids some words of SPARQL in constraints, and engines refuse all shapes for one of them."""
    found = []
    for triple in triples:
        if triple.predicate.value == f"{SH}select" and isinstance(triple.object, ox.Literal):
            query = triple.object.value
            line = file.text.count("\n", 0, max(file.text.find(query), 0)) + 1
            for word in sorted(set(_FORBIDDEN.findall(_QUOTED.sub(" ", query)))):
                what = f"a SPARQL constraint must not contain {word.upper()}."
                found.append(Problem(file.path, line, what, "Say it with FILTER, IN or BIND."))
    return found


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
    return _broken(rules, statements(texts, as_of, rules.catalogue))


def _broken(rules: Rules, data: bytes) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({(r.shape, r.focus) for r in _of_rules(rules, data)}))


def _of_rules(rules: Rules, data: bytes) -> list[Result]:
    known = rules.by_iri()
    return [r for r in rules.shapes.validate(data) if r.shape in known]


def results(rules: Rules, texts: Sequence[str], as_of: date) -> tuple[Result, ...]:
    """What the rules find in record texts, result for result, with the severities that procedures raise."""
    raised = procedures(texts, as_of, rules.severities)
    found = _of_rules(rules, statements(texts, as_of, rules.catalogue))
    return tuple(replace(r, severity=SH + raised[r.shape].severity) if r.shape in raised else r for r in found)


def findings(
    rules: Rules,
    texts: Sequence[str],
    as_of: date,
    labels: Mapping[str, str],
    curie: Mapping[str, str],
    under: Under | None = None,
) -> tuple[Finding, ...]:
    """What is missing, worst first: code, who asks, and how to mend it.

    A rule that the records' own procedure raises has its severity from there, is asked by it, and cites it.
    """
    raised = procedures(texts, as_of, rules.severities)
    return told(rules, check(rules, texts, as_of), labels, curie, raised, under or {})


def told(
    rules: Rules,
    broken: Iterable[tuple[str, str]],
    labels: Mapping[str, str],
    curie: Mapping[str, str],
    raised: Mapping[str, Procedure],
    under: Under,
) -> tuple[Finding, ...]:
    """What broken rules (rule IRI, focus IRI) mean, worst first; `raised` are the rules that procedures raise.

    A rule of several texts cites that of an edition which the focus falls under, else the first.
    """
    by_iri = rules.by_iri()
    found = []
    for shape, focus in sorted(broken):
        rule = by_iri[shape]
        own = raised.get(shape)
        found.append(
            Finding(
                code=rule.code,
                severity=own.severity if own else rule.severity,
                name=rule.name,
                message=rule.message,
                provision=_cited(rules, rule, under.get(focus, ()), curie),
                asked_by=OWN_PROCEDURE if own else ASKERS.get(rule.asked_by, "records must be well-formed"),
                focus=focus,
                focus_label=labels.get(focus, focus),
                rule_source=rule.source,
                procedure=own.reference if own else None,
            )
        )
    return tuple(sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.focus_label, f.code)))


def _cited(rules: Rules, rule: Rule, editions: Collection[str], curie: Mapping[str, str]) -> str:
    """The id of the provision that a finding cites."""
    names = [curie.get(p) or (rules.catalogue.curie(p) if rules.catalogue else p) for p in rule.provisions]
    return next((name for name in names if name.partition(":")[0] in editions), names[0])


def elements(rules: Rules, unmet: Collection[str], curie: Mapping[str, str]) -> tuple[Element, ...]:
    """For one case, each requirement element: recorded, missing, or not triggered for a recorded reason.

    `unmet` are the conditions to which the case does not conform.
    """
    found = []
    for rule in rules.rules:
        if rule.element is None or rule.asked_by != THE_CLAUSE:
            continue
        kept = "missing" if rule.element in unmet else "recorded"
        state = "not-triggered" if rule.triggered_when in unmet else kept
        for name in (curie.get(p, p) for p in rule.provisions):  # equal texts share a rule
            known = rules.elements.get((rule.iri, name, state))
            if known is None:
                fix = rule.message.split(". ", 1)[-1]
                known = Element(rule.iri, rule.code, rule.name, name, state, fix, rule.source)
                rules.elements[rule.iri, name, state] = known
            found.append(known)
    return tuple(found)


def unmet(
    rules: Rules, held: Held, cases: Sequence[str], as_of: date, also: Iterable[ox.Triple] = ()
) -> dict[str, frozenset[str]]:
    """The conditions to which each of some cases (IRIs) does not conform, as some statements and those `also` say.

    Only what the conditions can see of a case is looked at, however much else is recorded.
    """
    probes, shapes = rules.conditions
    found: dict[str, set[str]] = {case: set() for case in cases}
    reach = rules.reach_of_conditions
    for part in batched(cases) if probes else ():
        seen = held.all() if reach is None else reach.reach((ox.NamedNode(case) for case in part), held)
        data = checked([*sorted(seen, key=str), *also], as_of, None)
        conditions = {probe: shape for shape, probe in probes.items()}
        for result in shapes.validate(data, part, list(probes.values())):
            if result.shape in conditions and result.focus in found:
                found[result.focus].add(conditions[result.shape])
    return {case: frozenset(failed) for case, failed in found.items()}


def batched(items: Iterable[str], size: int = AT_ONCE) -> Iterator[list[str]]:
    """The items in lists of at most so many."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def breaks(rules: Rules, rule: Rule, example: str, prefixes: Mapping[str, str], as_of: date) -> bool:
    """Whether a rule finds anything in one of its examples; `prefixes` are assumed to be declared.

    An example that names the check context is checked as of the day it states.
    """
    text = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in prefixes.items()) + example
    stated = "aims:check-context" in example
    data = _triples(parsed("(example)", text)[0]) if stated else statements([text], as_of)
    return _finds(rules.turtle, rule.iri, data)


@lru_cache(maxsize=20_000)
def _finds(turtle: str, rule: str, data: bytes) -> bool:
    return any(r.shape == rule for r in _compiled(turtle).validate(data, names=[rule]))


@lru_cache(maxsize=4)
def _compiled(turtle: str) -> Shapes:
    return Shapes(turtle)


def statements(texts: Sequence[str], as_of: date, catalogue: Catalogue | None = None) -> bytes:
    """What record texts (Turtle) state, and what a check adds, as N-Triples; raises DataError for bad syntax."""
    return checked((t for text in texts for t in parsed("(records)", text)[0]), as_of, catalogue)


def _triples(found: Sequence[ox.Triple]) -> bytes:
    return ox.serialize(found, format=ox.RdfFormat.N_TRIPLES) or b""
