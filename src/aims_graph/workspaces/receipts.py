"""What a write did, as tools and people read it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from textwrap import fill
from typing import Any, Final
from urllib.parse import unquote

import pyoxigraph as ox

from aims_graph.checking.reports import described
from aims_graph.intake.written import plain
from aims_graph.model import Finding
from aims_graph.turtle import Term, text_of
from aims_graph.workspaces.record_store import parsed
from aims_graph.workspaces.writing import Receipt

Json = dict[str, Any]
Findings = Callable[[frozenset[tuple[str, str]]], tuple[Finding, ...]]
LISTED = 8  # records that are still named one by one
LINES = 12  # findings that are still told in full
CHANGES = 40  # changes of one entry that are
_IN_WORDS: Final = re.compile("[A-Z]")


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


def text(told: Json, done: str = "Wrote") -> str:
    """A receipt in words, at most 80 columns wide; `done` is the verb for what was done with the records."""
    lines = [_headline(told, done)]
    if told["reopened"]:
        names = ", ".join(told["reopened"])
        lines.append(f"Reopened, because the problem is recorded as back: {names}.")
    if told["mended"]:
        lines.append(f"No longer reported ({len(told['mended'])}):")
        lines += [f"  {f['record']}: {f['name']} ({f['code']})" for f in told["mended"][:LINES]]
    lines += _missing(told["findings"])
    lines.append(f"As of {told['as_of']}. Not a conformity statement.")
    return "\n".join(fill(line, 80, subsequent_indent="  ") for line in lines)


def history_text(entries: list[Json], record: str, base: str) -> Iterator[str]:
    """The entries of a record's history as lines: who, when, why, and what each property was and became."""
    for entry in entries:
        why = f" · {entry['why']}" if entry["why"] else ""
        yield fill(f"{entry['entry']} · {entry['at']} · {entry['who']} · {entry['what']}{why}", 80)
        said = sorted(_changed(entry, record, base))
        for line in said[:CHANGES]:
            yield fill(line, 80, initial_indent="    ", subsequent_indent="      ")
        if len(said) > CHANGES:
            yield f"    and {len(said) - CHANGES} more: see --format json."


def _changed(entry: Json, record: str, base: str) -> Iterator[str]:
    values: defaultdict[tuple[str, str], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for number, sign in enumerate(("removed", "added")):
        for quad in parsed(entry[sign]):
            values[text_of(quad.subject), text_of(quad.predicate)][number].add(_shown(quad.object, base))
    for (subject, prop), (old, new) in values.items():
        if old != new:
            part = subject.removeprefix(record).removeprefix("/")
            name = _IN_WORDS.sub(lambda m: f" {m[0].lower()}", _last(prop))
            was = f"{_listed(old)} → " if old else ""
            yield f"{part + ': ' if part else ''}{name}: {was}{_listed(new) or 'nothing'}"


def _shown(term: Term, base: str) -> str:
    value = text_of(term)
    if isinstance(term, ox.NamedNode):
        return unquote(value.removeprefix(base)) if value.startswith(base) else _last(value)
    return plain(value)


def _last(iri: str) -> str:
    return re.split("[#/]", iri)[-1]


def _listed(values: set[str]) -> str:
    return ", ".join(sorted(values))


def _headline(told: Json, done: str) -> str:
    records = told["records"]
    named = ", ".join(records[:LISTED]) + (f" and {len(records) - LISTED} more" if len(records) > LISTED else "")
    if told["repeated"]:
        return f"This request was carried out before, as entry {told['entry']}. Nothing was done now."
    if not records:
        return "The workspace says all of this already. Nothing was written."
    if told["dry_run"]:
        return f"Would change {_counted(len(records), 'record')}: {named}. Nothing was written."
    return f"{done} {_counted(len(records), 'record')} as entry {told['entry']}: {named}."


def _missing(found: list[Json]) -> list[str]:
    if not found:
        return ["Evidence rules find nothing missing in what was touched."]
    lines = [f"Still missing or weak ({len(found)}):"]
    lines += [f"  {f['record']}: {f['name']} ({f['severity']}, {f['code']})" for f in found[:LINES]]
    more = len(found) - LINES
    return lines + ([f"  and {more} more: see 'aims-graph check'."] if more > 0 else [])


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
