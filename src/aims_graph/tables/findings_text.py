"""Findings as a manager reads them: what is missing, who asks for it, how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from textwrap import fill

from aims_graph.model import Finding

WORDS = {"Violation": "MISSING", "Warning": "LATE OR WEAK", "Info": "GOOD PRACTICE"}


def text(found: Sequence[Finding], as_of: date) -> str:
    """All findings grouped by severity, at most 80 columns wide."""
    if not found:
        return f"Nothing is missing (as of {as_of}). Not a conformity statement."
    lines: list[str] = []
    for severity, word in WORDS.items():
        mine = [f for f in found if f.severity == severity]
        if not mine:
            continue
        lines += [f"{word} ({len(mine)})", ""]
        for finding in mine:
            lines += [f"  {finding.focus_label}: {finding.name}"]
            lines += [_wrapped(finding.message)]
            cited = f" ({finding.procedure})" if finding.procedure else ""
            lines += [_wrapped(f"{finding.asked_by}{cited}: {finding.provision} · rule {finding.code}"), ""]
    counts = ", ".join(f"{sum(f.severity == s for f in found)} {w.lower()}" for s, w in WORDS.items())
    return "\n".join([*lines, fill(f"{counts}. As of {as_of}. Not a conformity statement.", 80)])


def _wrapped(sentence: str) -> str:
    return fill(sentence, width=80, initial_indent="    ", subsequent_indent="    ")
