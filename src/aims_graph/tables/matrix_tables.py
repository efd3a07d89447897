"""A crosswalk as text for a terminal: row by row, or summed up by larger parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from aims_graph.matrix import Summary
from aims_graph.relations import Degree
from aims_graph.tables.tables import GLYPHS, footer, grid, heading, how_sure, wrapped

Json = dict[str, Any]
_SIGNS = {degree.word: GLYPHS[degree] for degree in Degree if degree in GLYPHS}
FEW = 6


def crosswalk(found: Json, derived: bool) -> Group:
    """Every row, grouped by the provision of the first framework; then what has no counterpart."""
    blocks: list[RenderableType] = [wrapped(_opening(found))]
    for (name, title), lines in groupby(found["rows"], key=lambda r: (r["from"], r["from_title"])):
        blocks += [Text(""), wrapped(f"{name}  {title}", 0, 2)]
        for line in lines:
            blocks += _line(line)
    if derived:
        blocks += heading("Follows beside the rows")
        cells = [
            (d["from"], f"{_SIGNS[d['degree']]} {d['degree']}", d["to"], how_sure(d["confidence"]))
            for d in found["derived"]
        ]
        blocks.append(grid((("from", 24), ("", 9), ("to", None), ("confidence", 10)), cells))
    for side in (found["to"], found["from"]):
        mine = [a for a in found["no_counterpart"] if a["in"] == side]
        if mine:
            blocks += heading(f"Judged to have no counterpart in {side}: {len(mine)}")
            blocks.append(wrapped(", ".join(a["provision"] for a in mine), 2, 2))
    return Group(*blocks, Text(""), *_ended(found))


def _opening(found: Json) -> str:
    count, follows = found["total"]["rows"], found["total"]["derived"]
    more = f"; {follows} further claims follow (--derived)" if follows else ""
    return f"{found['from']} to {found['to']}: {count} rows of the project{more}."


def _line(line: Json) -> list[RenderableType]:
    sign = _SIGNS.get(line["carries"], "–")
    facts = [line["status"], f"{how_sure(line['confidence'])} confidence"]
    facts += [f"only where {line['condition']}"] if line["condition"] else []
    facts += [f"together with the rows of {line['joint']}"] if line["joint"] else []
    return [
        wrapped(f"{sign} {line['relation']} {line['to']}  {line['to_title']}", 2, 4),
        wrapped(" · ".join(facts), 6),
        wrapped(line["reason"] or "No reason is stated.", 6),
        wrapped(line["source"], 6),
    ]


def sources(found: Json) -> Group:
    """Our rows and published ones, pair by pair, those on which they differ first."""
    blocks: list[RenderableType] = [
        wrapped(
            "Published rows seldom say how two provisions relate: that they relate them at all is what is compared."
        )
    ]
    if not any(pair["published"] for pair in found["sources"]):
        blocks.append(wrapped("No crosswalk that others publish is held of these two frameworks."))
    for verdict in dict.fromkeys(pair["verdict"] for pair in found["sources"]):
        mine = [pair for pair in found["sources"] if pair["verdict"] == verdict]
        blocks += heading(f"{verdict}: {len(mine)}")
        cells = [(p["from"], _said(p["ours"]), p["to"], _said(p["published"])) for p in mine]
        blocks.append(grid((("from", 23), ("ours", 14), ("to", None), ("published", 14)), cells))
    return Group(*blocks, Text(""), *_ended(found))


def _said(lines: Iterable[Json]) -> str:
    return ", ".join(f"{line['relation']}, {line['status']}" for line in lines) or "–"


def summed(found: Json, counted: Summary, labels: dict[str, str]) -> Group:
    """How many pairs are related, by larger parts; columns are lettered, and named below."""
    letters = {name: chr(ord("a") + i) for i, name in enumerate(counted.columns)}
    rows = [
        (name.partition(":")[2], *(str(counted.counts.get((name, column), "") or "·") for column in counted.columns))
        for name in counted.rows
    ]
    columns = [(found["from"], 14), *((letter, 3) for letter in letters.values())]
    blocks: list[RenderableType] = [
        wrapped(f"Related pairs of {found['from']} (down) and {found['to']} (across)."),
        Text(""),
        grid(columns, rows),
        Text(""),
        *(wrapped(f"{letter}  {name}  {labels[name]}", 2, 6) for name, letter in letters.items()),
    ]
    return Group(*blocks, Text(""), *_ended(found))


def _ended(found: Json) -> Iterator[RenderableType]:
    for line in found["judged"]:
        judged = line["duties"] - line["not_judged"]
        share = f"{judged} of {line['duties']} duties of {line['from']} are judged against {line['to']}"
        missing = line["not_judged_provisions"]
        named = f"; not judged: {', '.join(missing[:FEW])}{' …' if len(missing) > FEW else ''}" if missing else ""
        yield wrapped(f"{share}{named}.")
    if found["limited"]:
        yield wrapped(f"A limit of the search left claims out at {', '.join(found['limited'][:FEW])}.")
    yield footer(found["as_of"], found["graph_version"])
