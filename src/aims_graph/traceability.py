"""Which rules ask for what provisions demand: provision × rules × kinds of evidence, and where no rule asks, why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.checking.shapes import EVIDENCE, Rule, Rules
from aims_graph.model import EvidenceRequirement

EITHER, BOTH = " or ", " and "


@dataclass(frozen=True)
class Line:
    """One provision that demands documented information or that a rule cites."""

    provision: str
    notation: str
    title: str
    rules: tuple[Rule, ...]  # evidence rules that cite it, by code
    requirements: tuple[EvidenceRequirement, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of evidence that each requirement asks for, in words."""
        return tuple(kinds(r) for r in self.requirements)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why requirements have no rule of their own, each once."""
        return tuple(dict.fromkeys(r.no_rule for r in self.requirements if r.no_rule is not None))

    @property
    def silent(self) -> bool:
        """Whether documents are demanded, no rule asks for them and nothing says why."""
        return bool(self.requirements) and not self.rules and not self.reasons


def kinds(requirement: EvidenceRequirement) -> str:
    """What a requirement asks for: all kinds of any one list."""
    return EITHER.join(BOTH.join(kind.label for kind in one) for one in requirement.lists)


def lines(catalogue: Catalogue, rules: Rules) -> Mapping[str, tuple[Line, ...]]:
    """Edition (id) → its provisions that demand documents or have a rule, in document order; others are left out."""
    citing: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules.rules:
        if rule.kind == EVIDENCE:
            for iri in rule.provisions:
                citing[catalogue.curie(iri)].append(rule)
    found: dict[str, list[Line]] = defaultdict(list)
    for provision in catalogue.provisions.values():
        asked = catalogue.evidence_of.get(provision.id, ())
        if asked or provision.id in citing:
            line = Line(provision.id, provision.notation, provision.title, tuple(citing[provision.id]), asked)
            found[provision.edition].append(line)
    return {edition: tuple(found[edition]) for edition in sorted(found)}


def rows(catalogue: Catalogue, rules: Rules, edition: str | None = None) -> list[dict[str, Any]]:
    """The evidence rules by code, then the requirements without a rule of their own, as plain values.

    With an edition (id), only what cites its provisions.
    """
    by_provision = {line.provision: line for found in lines(catalogue, rules).values() for line in found}
    found = [_of_rule(catalogue, by_provision, rule) for rule in rules.rules if rule.kind == EVIDENCE]
    found += [_of_reason(r) for r in sorted(catalogue.evidence.values(), key=lambda r: r.id) if r.no_rule is not None]
    wanted = f"{edition}:"
    return [row for row in found if edition is None or any(p.startswith(wanted) for p in row["provisions"])]


def _of_rule(catalogue: Catalogue, by_provision: Mapping[str, Line], rule: Rule) -> dict[str, Any]:
    provisions = [catalogue.curie(iri) for iri in rule.provisions]
    asked = dict.fromkeys(k for p in provisions if p in by_provision for k in by_provision[p].kinds)
    return {
        "code": rule.code,
        "severity": rule.severity,
        "asked_by": rule.asked_by,
        "provisions": provisions,
        "name": rule.name,
        "evidence": list(asked),
        "reason": None,
        "source": str(rule.source),
    }


def _of_reason(requirement: EvidenceRequirement) -> dict[str, Any]:
    return {
        "code": None,
        "severity": None,
        "asked_by": None,
        "provisions": list(requirement.required_by),
        "name": requirement.label,
        "evidence": [kinds(requirement)],
        "reason": requirement.no_rule,
        "source": str(requirement.source),
    }


def page(catalogue: Catalogue, rules: Rules) -> str:
    """The matrix as Markdown, one table an edition."""
    text = [
        "# Traceability: provisions, rules, evidence",
        "",
        "Generated from the frameworks and the evidence rules. Each provision that demands documented information",
        "or has a rule, with the rules that cite it and the kinds of evidence that it asks for. Rules named `AG-DOC-…`",
        "are made from the evidence requirement itself. Where no rule of its own asks for a document, the last column",
        "says why. A rule finds what is missing; that nothing is found shows no conformity.",
        "",
    ]
    for edition, found in lines(catalogue, rules).items():
        text += [f"## {catalogue.editions[edition].label}", ""]
        text += ["| provision | rules | evidence | without a rule of its own, because |", "|---|---|---|---|"]
        for line in found:
            cells = (
                f"{line.provision} {line.title}",
                "<br>".join(f"{rule.code} ({rule.severity})" for rule in line.rules),
                "<br>".join(line.kinds),
                "<br>".join(line.reasons),
            )
            text.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        text.append("")
    return "\n".join(text)
