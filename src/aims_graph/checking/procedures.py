"""Own procedures: where an organisation asks more strictly than a rule does, and where that is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aims_graph.turtle import Facts, parsed
from aims_graph.vocab import AIMS

SEVERITIES = ("Violation", "Warning", "Info")
"""Worst first."""


@dataclass(frozen=True)
class Procedure:
    """What a procedure makes of findings of a rule."""

    severity: str
    reference: str  # as the organisation cites it


def procedures(texts: Sequence[str], as_of: date, stated: Mapping[str, str]) -> dict[str, Procedure]:
    """By rule (IRI), the strictest procedure that record texts (Turtle) hold for it on a day.

    `stated` gives each rule's own severity. A procedure only raises: one that would not, that cites nothing, or that
    is withdrawn by that day, changes nothing. Raises DataError for bad syntax.
    """
    facts = Facts()
    for text in texts:
        if "ProcedureRule" in text:  # most records have none, and reading takes time
            facts.index(parsed("(records)", text)[0])
    found: dict[str, list[Procedure]] = {}
    for iri in sorted(facts.of_type(f"{AIMS}ProcedureRule")):
        if any(day <= as_of for day in facts.days(iri, f"{AIMS}withdrawnOn")):
            continue
        severity = (facts.text(iri, f"{AIMS}raisedSeverity") or "").rpartition("#")[2]
        cited = sorted(facts.texts(iri, f"{AIMS}procedure"))
        for rule in facts.texts(iri, f"{AIMS}raises"):
            if cited and severity in SEVERITIES and rule in stated and _worse(severity, stated[rule]):
                found.setdefault(rule, []).append(Procedure(severity, cited[0]))
    return {rule: min(options, key=_strictest_first) for rule, options in found.items()}


def _worse(severity: str, than: str) -> bool:
    return than in SEVERITIES and SEVERITIES.index(severity) < SEVERITIES.index(than)


def _strictest_first(procedure: Procedure) -> tuple[int, str]:
    return SEVERITIES.index(procedure.severity), procedure.reference
