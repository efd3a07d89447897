"""What a write did, as tools and people read it."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import fill
from typing import Any

from aims_graph.checking.reports import described
from aims_graph.model import Finding
from aims_graph.workspaces.writing import Receipt

Json = dict[str, Any]
Findings = Callable[[frozenset[tuple[str, str]]], tuple[Finding, ...]]
LISTED = 8  # records that are still named one by one
LINES = 12  # findings that are still told in full


def receipt_json(receipt: Receipt, findings: Findings, base: str, as_of: str, trial: bool) -> Json:
    """A receipt with its findings; records by their names in the workspace."""
    return {
        "entry": receipt.number,
        "seal": receipt.seal,
        "dry_run": trial,
        "repeated": receipt.repeated,
        "records": [record.removeprefix(base) for record in receipt.records],
        "reopened": [record.removeprefix(base) for record in receipt.reopened],
        "findings": [described(f) for f in findings(receipt.found)],
        "mended": [described(f) for f in findings(receipt.mended)],
        "as_of": as_of,
    }


def text(told: Json) -> str:
    """A receipt in words, at most 80 columns wide."""
    lines = [_headline(told)]
    if told["reopened"]:
        names = ", ".join(told["reopened"])
        lines.append(f"Reopened, because the problem is recorded as back: {names}.")
    if told["mended"]:
        lines.append(f"No longer missing ({len(told['mended'])}):")
        lines += [f"  {f['record']}: {f['name']} ({f['code']})" for f in told["mended"][:LINES]]
    lines += _missing(told["findings"])
    lines.append(f"As of {told['as_of']}. Not a conformity statement.")
    return "\n".join(fill(line, 80, subsequent_indent="  ") for line in lines)


def _headline(told: Json) -> str:
    records = told["records"]
    named = ", ".join(records[:LISTED]) + (f" and {len(records) - LISTED} more" if len(records) > LISTED else "")
    if told["repeated"]:
        return f"This request was carried out before, as entry {told['entry']}. Nothing was done now."
    if not records:
        return "The workspace says all of this already. Nothing was written."
    if told["dry_run"]:
        return f"Would change {_counted(len(records), 'record')}: {named}. Nothing was written."
    return f"Wrote {_counted(len(records), 'record')} as entry {told['entry']}: {named}."


def _missing(found: list[Json]) -> list[str]:
    if not found:
        return ["Evidence rules find nothing missing in what was touched."]
    lines = [f"Still missing or weak ({len(found)}):"]
    lines += [f"  {f['record']}: {f['name']} ({f['severity']}, {f['code']})" for f in found[:LINES]]
    more = len(found) - LINES
    return lines + ([f"  and {more} more: see 'aims-graph check'."] if more > 0 else [])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
