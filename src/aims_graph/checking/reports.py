"""Findings in the forms that other programs and people read: SARIF 2.1.0, flat records and Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from aims_graph import __version__
from aims_graph.checking.procedures import SEVERITIES
from aims_graph.checking.shapes import Rules
from aims_graph.model import Finding

SARIF_VERSION: Final = "2.1.0"
SARIF_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS: Final[dict[str, str]] = dict(zip(SEVERITIES, ("error", "warning", "note"), strict=True))
"""SARIF's levels by severity."""
DISCLAIMER: Final = "Not a conformity statement."

Places = Mapping[str, tuple[str, int]]
"""Where records start: IRI to file and line."""


def sarif(found: Sequence[Finding], rules: Rules, as_of: date, places: Places) -> dict[str, Any]:
    """Findings as a SARIF log of one run; a record without a known place has its name alone."""
    codes = sorted({f.code for f in found})
    by_code = {r.code: r for r in rules.rules}
    rules_told = [_rule(by_code[code].name, by_code[code].message, by_code[code].severity, code) for code in codes]
    driver = {
        "name": "aims-graph",
        "semanticVersion": __version__,
        "rules": rules_told,
    }
    results = [_result(f, codes.index(f.code), places) for f in found]
    properties = {"asOf": as_of.isoformat(), "note": DISCLAIMER}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results, "properties": properties}
    return {"$schema": SARIF_SCHEMA, "version": SARIF_VERSION, "runs": [run]}


def _rule(name: str, message: str, severity: str, code: str) -> dict[str, Any]:
    return {
        "id": code,
        "shortDescription": {"text": name},
        "fullDescription": {"text": _parts(message)[0]},
        "help": {"text": _parts(message)[1] or message},
        "defaultConfiguration": {"level": LEVELS[severity]},
    }


def _result(finding: Finding, index: int, places: Places) -> dict[str, Any]:
    who = f"{finding.asked_by}: {finding.provision}"
    cited = f" ({finding.procedure})" if finding.procedure else ""
    location: dict[str, Any] = {
        "logicalLocations": [{"name": finding.focus_label, "fullyQualifiedName": finding.focus, "kind": "resource"}]
    }
    if finding.focus in places:
        path, line = places[finding.focus]
        location["physicalLocation"] = {"artifactLocation": {"uri": _uri(path)}, "region": {"startLine": line}}
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.focus_label}: {finding.message} [{who}{cited}]"},
        "locations": [location],
        "partialFingerprints": {"ruleAndRecord/v1": f"{finding.code} {finding.focus}"},
        "properties": described(finding),
    }


def _uri(path: str) -> str:
    from urllib.parse import quote

    return Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())


def _parts(message: str) -> tuple[str, str]:
    what, _, fix = message.partition(". ")
    return what.rstrip(".") + ".", fix


def described(finding: Finding) -> dict[str, str | None]:
    """A finding as a flat record, the same in JSON and inside SARIF."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "name": finding.name,
        "message": finding.message,
        "provision": finding.provision,
        "asked_by": finding.asked_by,
        "procedure": finding.procedure,
        "focus": finding.focus,
        "record": finding.focus_label,
        "source": str(finding.rule_source),
    }


def findings_json(found: Sequence[Finding], as_of: date) -> dict[str, Any]:
    """Findings as JSON, with the day they are of."""
    return {"as_of": as_of.isoformat(), "findings": [described(f) for f in found]}


def markdown(found: Sequence[Finding], as_of: date) -> str:
    """Findings as a page of Markdown: a table for each severity, worst first."""
    lines = [f"# Findings as of {as_of}", ""]
    for severity in SEVERITIES:
        mine = [f for f in found if f.severity == severity]
        if mine:
            lines += [f"## {severity} ({len(mine)})", "", "| record | rule | what, and how to mend it | who asks |"]
            lines += ["|---|---|---|---|", *map(_row, mine), ""]
    if not found:
        lines += ["Nothing is missing.", ""]
    return "\n".join([*lines, DISCLAIMER, ""])


def _row(finding: Finding) -> str:
    cited = f" ({finding.procedure})" if finding.procedure else ""
    cells = (
        finding.focus_label,
        f"{finding.code} {finding.name}",
        finding.message,
        f"{finding.asked_by}: {finding.provision}{cited}",
    )
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(text: str) -> str:
    """Text that stays inside its cell and is nothing but text."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())
