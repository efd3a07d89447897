"""The command that lists the evidence rules."""

from __future__ import annotations

from typing import Annotated

import typer

from aims_graph.cli.app import Data, Format, Output, app, listing
from aims_graph.errors import InputError
from aims_graph.library import Library
from aims_graph.tables import columns


@app.command("rules")
def rules(
    framework: Annotated[
        str | None, typer.Option("--framework", help="Only what cites provisions of this edition.")
    ] = None,
    data: Data = None,
    format: Output = Format.table,
) -> None:
    """The evidence rules: code, severity, who asks, for which provisions, which evidence; and where none asks, why."""
    from aims_graph import traceability

    library = Library.open(data or ())
    known = library.catalogue.editions
    if framework is not None and framework not in known:
        raise InputError(f"'{framework}' is not a loaded edition. Give one of: {', '.join(sorted(known))}.")
    found = traceability.rows(library.catalogue, library.rules, framework)
    rows = [{**row, "evidence": "; ".join(row["evidence"])} for row in found]
    if format is Format.table:
        from aims_graph.tables import tables

        asked = [row for row in rows if row["reason"] is None]
        silent = [row for row in rows if row["reason"] is not None]
        cells = [
            [str(row[c]) for c in ("code", "severity")] + [" ".join(row["provisions"]), row["name"]] for row in asked
        ]
        tables.show(tables.rows(("code", "severity", "provisions", "name"), cells))
        print(f"\n{len(asked)} rules. Without a rule of their own: {len(silent)} requirements.\n")
        why = [[" ".join(row["provisions"]), row["reason"]] for row in silent]
        if why:
            tables.show(tables.rows(("provisions", "reason"), why))
        return
    listing({"rules": found}, rows, columns.RULE, (None,) * len(columns.RULE), format)
