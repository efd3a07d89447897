"""Evidence rules made from evidence requirements: one for each requirement that data does not exempt.

Whom a rule asks follows from the edition: a law asks the systems of the provision's classes, a managed standard asks
the scopes of its management system, any other edition asks the scopes that adopt it. Shared conditions are shapes in
the shape files: one that cites a provision (`dcterms:source`) says when what the provision asks is not due; with
`aims:appliesToSystemClass` it holds for all duties of that edition for these classes.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from aims_graph.catalogue import Catalogue
from aims_graph.files import DataFile
from aims_graph.model import ANY_CLASS, LAW, ApplicationDate, Edition, EvidenceRequirement, Provision
from aims_graph.turtle import Facts, read_into
from aims_graph.vocab import AIMS, DCTERMS, PREFIXES, SHAPE

CODE = "AG-DOC-"
CONTROL = "AnnexControl"  # asked through the statement of applicability
_RULE_KINDS = (f"{AIMS}EvidenceShape", f"{AIMS}IntegrityShape")
_USED = ("aims", "shape", "dcterms", "sh", "xsd")
_HEAD = " ".join(f"@prefix {prefix}: <{PREFIXES[prefix]}> ." for prefix in _USED)
_ON_SCOPE = "[ sh:inversePath aims:documents ]"
_ON_SYSTEM = f"[ sh:alternativePath ( {_ON_SCOPE} ( [ sh:inversePath aims:includesSystem ] {_ON_SCOPE} ) ) ]"
_LISTED = (
    "( [ sh:inversePath [ sh:alternativePath ( aims:documents aims:inScope ) ] ] [ sh:inversePath aims:inStatement ] )"
)
_YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Gate:
    """A shape that holds where what some provisions ask is not due."""

    iri: str
    provisions: frozenset[str]  # ids
    editions: frozenset[str]  # ids of the editions of those provisions
    system_classes: frozenset[str]  # if any: it holds for every duty of the editions for these classes only

    def holds_for(self, asked: Iterable[Provision]) -> bool:
        """Whether a requirement of these provisions is not due where the shape holds."""
        found = tuple(asked)
        if not self.system_classes:
            return any(p.id in self.provisions for p in found)
        return all(p.edition in self.editions and _classes(p) <= self.system_classes for p in found)


@dataclass(frozen=True)
class Asked:
    """Whom a rule asks: the focus of its shape in Turtle, and an example of it in which the rule asks."""

    noun: str
    target: str
    path: str
    unless: tuple[str, ...]  # shapes; where one holds, nothing is asked
    example: str
    day: date


def files(catalogue: Catalogue) -> tuple[DataFile, ...]:
    """The rules as shape files, one for each file that states requirements; each rule stands on its requirement's line.

    So whatever is said of a rule names the place where an expert would change it. Nothing is written to disk. There
    are none where no shapes are loaded: the conditions that they share are not there then.
    """
    if not any(file.kind == "shape" for file in catalogue.files):
        return ()
    gates = _gates(catalogue)
    lines: dict[str, dict[int, str]] = defaultdict(dict)
    for requirement in ruled(catalogue):
        lines[requirement.source.path][requirement.source.line] = _rule(catalogue, requirement, gates)
    return tuple(DataFile("shape", path, _placed(rules)) for path, rules in sorted(lines.items()))


def turtle(catalogue: Catalogue) -> str:
    """The same as one Turtle text."""
    return "\n".join(file.text for file in files(catalogue))


def ruled(catalogue: Catalogue) -> tuple[EvidenceRequirement, ...]:
    """The requirements that get a rule: all without a written reason against one, by id."""
    found = (r for r in catalogue.evidence.values() if r.no_rule is None and r.required_by)
    return tuple(sorted(found, key=lambda r: r.id))


def code(requirement: EvidenceRequirement) -> str:
    """The code of a requirement's rule: stable as long as the requirement keeps its id."""
    prefix, _, local = requirement.id.partition(":")
    return f"{CODE}{prefix.upper()}-{local.removeprefix('evidence-')}"


def _placed(rules: dict[int, str]) -> str:
    text = [_HEAD] + ["#"] * (max(rules) - 1)  # comments hold the place: search for prefixes is slow on empty lines
    for line, rule in rules.items():
        text[line - 1] = f"{_HEAD} {rule}" if line == 1 else rule
    return "\n".join(text) + "\n"


def _gates(catalogue: Catalogue) -> tuple[Gate, ...]:
    facts = Facts()
    for file in catalogue.files:
        if file.kind == "shape" and not any(kind.rpartition("#")[2] in file.text for kind in _RULE_KINDS):
            read_into(facts, file.path, file.text)  # what cannot be read is told where the rules are loaded
    found = []
    for iri in sorted(facts.values):
        ids = frozenset(map(catalogue.curie, facts.texts(iri, f"{DCTERMS}source"))) & catalogue.provisions.keys()
        if ids:
            classes = frozenset(_local(c) for c in facts.texts(iri, f"{AIMS}appliesToSystemClass"))
            editions = frozenset(catalogue.provisions[i].edition for i in ids)
            found.append(Gate(iri, ids, editions, classes))
    return tuple(found)


# -- one rule --------------------------------------------------------------------------------


def _rule(catalogue: Catalogue, requirement: EvidenceRequirement, gates: Iterable[Gate]) -> str:
    """A requirement as one evidence shape on one line."""
    provisions = tuple(catalogue.provisions[p] for p in requirement.required_by)
    edition = catalogue.editions[provisions[0].edition]
    asked = _asked(catalogue, edition, provisions)
    waits = (f"<{gate.iri}>" for gate in gates if gate.holds_for(provisions))
    due = (*asked.unless, *waits, *_conditions(provisions))
    binding = _binds(edition) and not requirement.informative
    example = f"{asked.example}aims:check-context aims:asOf {_day(asked.day)} .\n"
    parts = (
        "a sh:NodeShape, aims:EvidenceShape",
        f"aims:code {_text(code(requirement))}",
        f"sh:name {_text(requirement.label)}@en",
        f"sh:message {_text(_message(requirement, asked.noun))}@en",
        f"dcterms:source {', '.join(f'<{p.iri}>' for p in provisions)}",
        f"aims:askedBy aims:{'the-clause' if binding else 'good-practice'}",
        f"sh:severity sh:{'Violation' if binding else 'Info'}",
        f"sh:targetClass {asked.target}",
        f"sh:or ( {' '.join((*due, *_held(catalogue, requirement, asked.path)))} )",
        f"aims:passingExample {_text(example + _documents(catalogue, requirement))}",
        f"aims:failingExample {_text(example)}",
    )
    return f"<{SHAPE}{code(requirement).removeprefix('AG-').lower()}> {' ; '.join(parts)} ."


def _binds(edition: Edition) -> bool:
    return edition.bindingness == LAW or edition.managed is not None


def _message(requirement: EvidenceRequirement, noun: str) -> str:
    kinds = "; or ".join(" and ".join(f"'{kind.label}'" for kind in one) for one in requirement.lists)
    return (
        f"No current document of kind {kinds} is recorded for this {noun}. "
        f"Add an evidence item of kind {kinds} that documents this {noun}, with its date."
    )


def _held(catalogue: Catalogue, requirement: EvidenceRequirement, path: str) -> Iterator[str]:
    """For each list a shape that holds where a current item of each of its kinds is there."""
    for one in requirement.lists:
        kinds = (
            f"[ sh:path {path} ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ sh:node shape:evidence-current ; "
            f"sh:property [ sh:path dcterms:type ; sh:hasValue <{catalogue.iri(kind.id)}> ] ] ]"
            for kind in one
        )
        yield f"[ sh:property {', '.join(kinds)} ]"


def _documents(catalogue: Catalogue, requirement: EvidenceRequirement) -> str:
    kinds = enumerate(requirement.lists[0], 1)
    return "".join(
        f"ex:EV-{n} a aims:EvidenceItem ; dcterms:type <{catalogue.iri(kind.id)}> ; aims:documents ex:focus .\n"
        for n, kind in kinds
    )


def _conditions(provisions: Iterable[Provision]) -> Iterator[str]:
    """What keeps a rule from asking where the provision itself says when it asks."""
    found = tuple(provisions)
    if all(p.kind == CONTROL for p in found):
        controls = " ".join(f"<{p.iri}>" for p in found)
        yield (
            f"[ sh:not [ sh:property [ sh:path {_LISTED} ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ "
            f"sh:node shape:control-included ; "
            f"sh:property [ sh:path aims:control ; sh:minCount 1 ; sh:in ( {controls} ) ] ] ] ] ]"
        )
    elif any(p.conditional for p in found):
        judged = " ".join(f"<{p.iri}>" for p in found)
        yield (
            "[ sh:property [ sh:path aims:hasJudgement ; sh:qualifiedMinCount 1 ; sh:qualifiedValueShape [ "
            "sh:node shape:named-not-needed ; "
            f"sh:property [ sh:path aims:judges ; sh:minCount 1 ; sh:in ( {judged} ) ] ] ] ]"
        )


# -- whom it asks ----------------------------------------------------------------------------


def _asked(catalogue: Catalogue, edition: Edition, provisions: tuple[Provision, ...]) -> Asked:
    if edition.bindingness == LAW:
        return _of_systems(catalogue, provisions)
    start = edition.in_force.start or date(2026, 1, 1)
    if edition.managed is None:
        prop, value = "aims:adopts", f"<{edition.iri}>"
        others: tuple[str, ...] = ()
        since = ""
    else:
        prop, value = "aims:managementSystem", _text(edition.managed)
        others, since = ("shape:not-operating",), f" ; aims:operatingSince {_day(start)}"
    example = f"ex:focus a aims:Scope ; {prop} {value}{since} .\n"
    unless = (f"[ sh:not [ sh:property [ sh:path {prop} ; sh:hasValue {value} ] ] ]", *others)
    return Asked("scope", "aims:Scope", _ON_SCOPE, unless, example + _entries(provisions, start), start + _YEAR)


def _entries(provisions: Iterable[Provision], day: date) -> str:
    controls = [p for p in provisions if p.kind == CONTROL]
    statement = f"ex:statement a aims:StatementOfApplicability ; dcterms:issued {_day(day)} ; aims:inScope ex:focus .\n"
    return (statement if controls else "") + "".join(
        f"ex:entry-{n} a aims:ApplicabilityEntry ; aims:inStatement ex:statement ; aims:control <{p.iri}> ; "
        "aims:included true .\n"
        for n, p in enumerate(controls, 1)
    )


def _of_systems(catalogue: Catalogue, provisions: tuple[Provision, ...]) -> Asked:
    duties = [(p, a) for p in provisions for a in p.applies]
    wider = _classification(catalogue.files)
    cases = [_duty(catalogue, wider, p, a) for p, a in duties] or ["false"]
    query = (
        f"SELECT DISTINCT $this WHERE {{ <{AIMS}check-context> <{AIMS}asOf> ?asOf . "
        f"OPTIONAL {{ $this <{AIMS}ourRole> ?role }} OPTIONAL {{ $this <{AIMS}systemClass> ?class }} "
        f"FILTER ({' || '.join(cases)}) }}"
    )
    unless = (f"[ sh:sparql [ sh:select {_text(query)} ] ]",)
    example, day = _system(catalogue, *max(duties, key=_lasting)) if duties else ("", date(2026, 1, 1))
    return Asked("system", "aims:AISystem", _ON_SYSTEM, unless, example, day)


def _duty(catalogue: Catalogue, wider: Facts, provision: Provision, applies: ApplicationDate) -> str:
    """The condition, in SPARQL, under which a provision asks something for a class on the day of the check."""
    days = (applies.start, applies.valid.start, provision.in_force.start)
    ends = (applies.valid.end, provision.in_force.end)
    parts = [f"?asOf >= {_whole(day)}" for day in sorted({d for d in days if d})[-1:]]
    parts += [f"?asOf <= {_whole(day)}" for day in sorted({d for d in ends if d})[:1]]
    if provision.binds:
        parts.append(_among("role", _roles(catalogue, provision)))
    if applies.system_class != ANY_CLASS:
        parts.append(_among("class", _within(wider, applies.system_class)))
    return f"({' && '.join(parts)})"


def _among(variable: str, names: Iterable[str]) -> str:
    return f"bound(?{variable}) && ?{variable} IN ({', '.join(f'<{AIMS}{name}>' for name in names)})"


def _roles(catalogue: Catalogue, provision: Provision) -> list[str]:
    """The roles that a provision binds, groups of roles with their members."""
    return sorted({r for role in provision.binds for r in catalogue.roles.get(role, frozenset()) | {role}})


def _within(wider: Facts, system_class: str) -> list[str]:
    """A class and those that it includes."""
    return sorted({system_class, *map(_local, wider.texts(AIMS + system_class, f"{AIMS}includesSystemClass"))})


def _lasting(duty: tuple[Provision, ApplicationDate]) -> tuple[bool, date]:
    provision, applies = duty
    return applies.valid.end is None and provision.in_force.end is None, applies.start


def _system(catalogue: Catalogue, provision: Provision, applies: ApplicationDate) -> tuple[str, date]:
    """A system of which a provision asks something, and a day on which it does: after all times of transition."""
    wait = 5 * _YEAR if applies.valid.end is None else timedelta()
    start = applies.start + wait
    role = f" ; aims:ourRole aims:{min(_roles(catalogue, provision))}" if provision.binds else ""
    kind = f" ; aims:systemClass aims:{applies.system_class}" if applies.system_class != ANY_CLASS else ""
    said = f"ex:focus a aims:AISystem{role}{kind} ; aims:placedOnMarketOn {_day(start)} ; "
    return f"{said}aims:inUseSince {_day(start)} ; aims:forPublicBody true .\n", start


@lru_cache(maxsize=2)
def _classification(read: tuple[DataFile, ...]) -> Facts:
    """What the ontology states, which classes include which among it."""
    facts = Facts()
    for file in read:
        if file.kind == "ontology":
            read_into(facts, file.path, file.text)
    return facts


def _classes(provision: Provision) -> frozenset[str]:
    return provision.system_classes or frozenset({ANY_CLASS})


def _local(iri: str) -> str:
    return iri.rpartition("#")[2]


def _day(day: date) -> str:
    return f'"{day.isoformat()}"^^xsd:date'


def _whole(day: date) -> str:
    return f'"{day.isoformat()}"^^<{PREFIXES["xsd"]}date>'


def _text(text: str) -> str:
    """A literal of Turtle on one line; JSON escapes what Turtle does."""
    return json.dumps(text, ensure_ascii=False)
