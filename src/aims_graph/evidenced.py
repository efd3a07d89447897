"""The questions about evidence and deadlines for a library as opened, and their answers as rows."""

from __future__ import annotations

from datetime import date
from typing import Any

from aims_graph.errors import InputError
from aims_graph.evidence.deadlines import Deadlines, deadlines
from aims_graph.evidence.reuse import Reuse, reuse
from aims_graph.library import Library
from aims_graph.records import Records
from aims_graph.trace import Options

REUSE_COLUMNS = (
    *("framework", "provisions", "requirement", "label", "demanded", "state"),
    *("list", "kind", "kind_state", "item", "item_state", "faults", "elsewhere"),
)
DEADLINE_COLUMNS = ("day", "state", "what", "record", "sentence", "provision", "counted_from", "told_on", "source")


def loaded(library: Library) -> Records:
    """The records that are loaded; InputError where there are none."""
    if library.records is None:
        raise InputError("no records are loaded. Give a file of records: --records FILE, or --workspace DIR.")
    return library.records


def find_reuse(library: Library, record: str, options: Options) -> Reuse:
    """Which evidence of the case of a record can be used again; InputError where no records are loaded."""
    return reuse(library.catalogue, library.rules, loaded(library), record, library.informed(options))


def find_deadlines(library: Library, as_of: date) -> Deadlines:
    """What is due when by the records; InputError where none are loaded."""
    return deadlines(loaded(library), library.catalogue, as_of)


def reuse_rows(found: dict[str, Any]) -> list[list[Any]]:
    """One row an item held for a kind, and one for each kind that is missing."""
    rows: list[list[Any]] = []
    for asked in found["requirements"]:
        provisions = " ".join(p["provision"] for p in asked["provisions"])
        names = [asked["framework"], provisions, asked["requirement"], asked["label"], str(asked["demanded"]).lower()]
        for number, one in enumerate(asked["any_of"], 1):
            for wanted in one["all_of"]:
                kind = [*names, asked["state"], number, wanted["kind"], wanted["state"]]
                elsewhere = " ".join(wanted["elsewhere"])
                rows += [
                    [*kind, h["item"], h["state"], "; ".join(f["says"] for f in h["faults"]), elsewhere]
                    for h in wanted["held"]
                ] or [[*kind, None, None, None, elsewhere]]
    return rows


def deadline_rows(found: dict[str, Any]) -> list[list[Any]]:
    """One row a recorded day, then one row an outer limit."""
    rows = [
        [d["day"], d["state"], d["what"], d["record"], d["sentence"], None, None, None, d["source"]]
        for d in found["due"]
    ]
    for c in found["incidents"]:
        told, said = " ".join(c["told_on"]), "; ".join(c["conditions"])
        rows.append(
            [
                c["limit"],
                c["state"],
                "outer limit",
                c["incident"],
                said,
                c["provision"],
                c["counted_from"],
                told,
                c["source"],
            ]
        )
    return rows
