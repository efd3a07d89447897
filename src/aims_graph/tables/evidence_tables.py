"""Evidence and deadlines as text for a terminal: every table fits 80 columns."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from aims_graph.tables.tables import footer, grid, heading, wrapped

_SPOKEN = {
    "reusable": "reusable as it is",
    "in-part": "in part",
    "missing": "missing",
    "cannot-be-told": "cannot be told",
    "held-with-a-fault": "held with a fault",
}
_GLYPHS = {"reusable": "✓", "in-part": "◐", "missing": "✗", "cannot-be-told": "?", "held-with-a-fault": "!"}


def verified(found: dict[str, Any], graph_version: str) -> Group:
    """What became of each evidence file."""
    blocks: list[RenderableType] = []
    for item in found["items"]:
        states = ", ".join(item["states"])
        blocks.append(wrapped(f"{item['item']}  {item['location'] or '(no location)'}: {states}", 0, 4))
        if item["states"] != ["intact"]:
            blocks.append(wrapped(item["sentence"], 4))
            blocks.append(wrapped(item["source"] or "", 4, style="dim"))
    counts = ", ".join(f"{n} {state}" for state, n in found["counts"].items()) or "no evidence items"
    blocks.append(wrapped(f"In {found['root']}: {counts}."))
    return Group(*blocks, footer(found["as_of"], graph_version))


def reuse(found: dict[str, Any], labels: dict[str, str]) -> Group:
    """Each requirement of the targets, framework by framework, with the evidence held for it."""
    scope = f", scope {found['scope']}" if found["scope"] else ""
    blocks: list[RenderableType] = [wrapped(f"Evidence of {found['record']}{scope}, as of {found['as_of']}.")]
    blocks += heading("Evidence looked at")
    cells = [(e["item"], e["title"] or "", "; ".join(e["via"])) for e in found["evidence"]]
    blocks.append(
        grid((("item", 12), ("title", None), ("belongs to the case as", 32)), cells) if cells else Text("None.")
    )
    for framework in dict.fromkeys(r["framework"] for r in found["requirements"]):
        blocks += heading(f"What is asked in {labels.get(framework, framework)}")
        for asked in found["requirements"]:
            if asked["framework"] == framework:
                blocks += _asked(asked)
    if not found["requirements"]:
        blocks += heading("What is asked")
        blocks.append(wrapped("Nothing: no provision that the case counts towards has an evidence requirement."))
    return Group(*blocks, Text(""), *(wrapped(n) for n in found["notes"]), _ended(found))


def _ended(found: dict[str, Any]) -> Text:
    roles = ", ".join(found["roles"]) or "every role, each named"
    facts = f"As of {found['as_of']} · scope: {found['scope'] or 'not stated'} · role: {roles}"
    signed = f"{found['rows_signed']} of {found['rows_used']} rows signed by an accountable person"
    return wrapped(f"{facts} · graph {found['graph_version']} · {signed}. {found['notice']}", style="dim")


def _asked(asked: dict[str, Any]) -> list[RenderableType]:
    suggested = "" if asked["demanded"] else " (suggested by the text, not demanded)"
    where = ", ".join(f"{p['provision']} ({p['degree']})" for p in asked["provisions"])
    blocks: list[RenderableType] = [
        wrapped(f"{_GLYPHS[asked['state']]} {_SPOKEN[asked['state']]}: {asked['label']}{suggested}", 2, 2),
        wrapped(f"for {where}", 4, 2, "dim"),
    ]
    for number, one in enumerate(asked["any_of"]):
        for wanted in one["all_of"]:
            blocks += _wanted(wanted, "or: " if number else "")
    return blocks


def _wanted(wanted: dict[str, Any], start: str) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    if not wanted["held"]:
        blocks.append(wrapped(f"{start}✗ none declared: {wanted['label']} ({wanted['kind']})", 4, 2))
        if wanted["elsewhere"]:
            said = f"Recorded, but linked to nothing of this case: {', '.join(wanted['elsewhere'])}."
            blocks.append(wrapped(said, 8))
    for held in wanted["held"][:1]:
        head = f"{start}{_GLYPHS[held['state']]} {held['item']} {_SPOKEN[held['state']]}: {wanted['label']}"
        blocks.append(wrapped(head, 4, 2))
        blocks += [wrapped(f"{f['says']}. {f['fix']}", 8) for f in held["faults"]]
    more = len(wanted["held"]) - 1
    if more > 0:
        blocks.append(wrapped(f"and {more} more of this kind (all in --format json)", 8, style="dim"))
    return blocks


def deadlines(found: dict[str, Any]) -> Group:
    """What is past, due today and ahead; then the outer limits of serious incidents."""
    blocks: list[RenderableType] = [Text(f"Recorded days, as of {found['as_of']}.")]
    for state, title in (("past", "Past"), ("today", "Today"), ("ahead", "Ahead")):
        lines = [d for d in found["due"] if d["state"] == state]
        if lines:
            blocks += heading(title)
            cells = [(d["day"], d["what"], d["record"], d["sentence"]) for d in lines]
            blocks.append(grid((("day", 10), ("what", 9), ("record", 12), ("", None)), cells))
    if not found["due"]:
        blocks.append(Text("Nothing is due."))
    if found["incidents"]:
        blocks += heading("Outer limits of reporting serious incidents")
        for clock in found["incidents"]:
            blocks += _clock(clock)
    return Group(
        *blocks, Text(""), *(wrapped(n) for n in found["notes"]), footer(found["as_of"], found["graph_version"])
    )


def _clock(clock: dict[str, Any]) -> list[RenderableType]:
    head = f"{clock['incident']}  {clock['notation']} ({clock['provision']}): {clock['state']}"
    told = f"told on {', '.join(clock['told_on'])}" if clock["told_on"] else "not told, as far as is recorded"
    start = clock["counted_from"] or "a day that is not recorded"
    counted = f"limit {clock['limit'] or 'not known'}, {clock['outer_limit']} from {start}"
    facts = [counted, told]
    facts += [f"causal link on {clock['causal_link_on']}"] if clock["causal_link_on"] else []
    facts += [f"complete report on {clock['complete_report_on']}"] if clock["complete_report_on"] else []
    dates = ", ".join(f"{a['from']} ({a['system_class']})" for a in clock["not_yet_applicable"])
    facts += [f"applies only from {dates}"] if dates else []
    return [wrapped(head, 2, 2), wrapped(" · ".join(facts), 4, 2), *(wrapped(c, 4, 2) for c in clock["conditions"])]
