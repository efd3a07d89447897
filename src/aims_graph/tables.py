"""Answers as text for a terminal: every table fits 80 columns and says what it does not say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aims_graph.answers import CASE_LEVEL, NOTICE, Answer, OwnClause, TriggerLine, WhatElse
from aims_graph.model import Derivation
from aims_graph.relations import Degree

WIDTH = 80
PER_FRAMEWORK = 10  # answers of a framework that a table shows before it counts the rest
GLYPHS = {Degree.FULL: "●", Degree.PARTIAL: "◐", Degree.CANDIDATE: "○"}
SURE = ((0.8, "high"), (0.6, "moderate"), (0.0, "low"))
STATE_GLYPHS = {"recorded": "✓", "missing": "✗", "not-triggered": "–"}


def console() -> Console:
    """A console at most 80 columns wide, plain when piped."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.width <= WIDTH else Console(highlight=False, width=WIDTH)


def how_sure(confidence: float | None) -> str:
    """The word people see for a confidence.

    >>> how_sure(0.82), how_sure(None)
    ('high', 'not stated')
    """
    if confidence is None:
        return "not stated"
    return next(word for floor, word in SURE if confidence >= floor)


def grid(columns: Sequence[tuple[str, int | None]], rows: Iterable[Sequence[str]]) -> Table:
    """A plain table; a column with a width is fixed, the others share what is left."""
    table = Table(box=None, pad_edge=False, show_edge=False, header_style="bold", width=WIDTH)
    for name, width in columns:
        table.add_column(name, width=width, ratio=None if width else 1, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def what_else(answer: WhatElse, labels: dict[str, str], explain: bool) -> Group:
    """The four blocks: own clause, counts towards, counts only if, may trigger."""
    claims = [a for a in answer.answers if a.degree >= Degree.PARTIAL]
    others = [a for a in answer.answers if a.degree is Degree.CANDIDATE]
    blocks: list[RenderableType] = [Text(_opening(answer))]
    for own in answer.own_clause:
        blocks += _own(own)
    blocks += _heading("Also counts towards")
    blocks += _answers(claims, labels, explain) if claims else [Text("Nothing, as far as is mapped.")]
    if others:
        blocks += _heading("Counts only if (open; nothing follows yet)")
        blocks += _answers(others, labels, explain)
    if answer.triggers:
        blocks += _heading("May trigger")
        blocks += [_triggers(answer.triggers)]
    blocks += [Text(""), *_footer(answer)]
    return Group(*blocks)


def _opening(answer: WhatElse) -> str:
    if answer.level == CASE_LEVEL:
        where = f", scope {answer.scope}" if answer.scope else ""
        return f"The record {answer.targets[0]}{where}, as of {answer.as_of}."
    names = " and ".join(answer.target_labels)
    return f"If all that {names} asks is done:"


def _heading(text: str) -> list[RenderableType]:
    return [Text(""), Text(text, style="bold")]


def _own(own: OwnClause) -> list[RenderableType]:
    rows = [(STATE_GLYPHS[e.state], e.state, e.name, e.provision.partition(":")[2]) for e in own.elements]
    table = grid((("", 1), ("state", 13), ("element", None), ("part", 16)), rows)
    blocks = _heading(f"This record against its own clause: {own.notation}")
    blocks += [Text(own.statement), table]
    blocks += [Text(f"  missing: {e.name}. {e.fix}") for e in own.elements if e.state == "missing"]
    if own.judged_by:
        blocks.append(Text(f"Judged by: {', '.join(own.judged_by)}."))
    return blocks


def _answers(answers: Sequence[Answer], labels: dict[str, str], explain: bool) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    for framework in dict.fromkeys(a.framework for a in answers):
        mine = [a for a in answers if a.framework == framework]
        blocks.append(Text(labels.get(framework, framework), style="underline"))
        for answer in mine[:PER_FRAMEWORK]:
            blocks += _answer(answer, explain)
        if len(mine) > PER_FRAMEWORK:
            blocks.append(Text(f"  and {len(mine) - PER_FRAMEWORK} more (all in --format json)."))
    return blocks


def _answer(answer: Answer, explain: bool) -> list[RenderableType]:
    sure = f"{how_sure(answer.confidence)} confidence"
    title = f"  {GLYPHS[answer.degree]} {answer.degree.word:<9} {answer.provision}  {answer.title}"
    facts = [sure, *_facts(answer)]
    lines: list[RenderableType] = [Text(title), Padding(Text(" · ".join(facts)), (0, 0, 0, 14))]
    lines += [Padding(Text(f"only where {c}"), (0, 0, 0, 14)) for c in answer.conditions]
    return [*lines, *(proof(answer.derivation) if explain else [])]


def _facts(answer: Answer) -> list[str]:
    facts = [f"binds {', '.join(answer.binds)}"] if answer.binds else []
    dates = sorted({(a.start, a.system_class) for a in answer.applies})
    if dates:
        facts.append("applies from " + ", ".join(f"{d} ({c})" for d, c in dates))
    return facts + [f for f in answer.flags if f not in ("trigger-unrecorded",)]


def proof(derivation: Derivation) -> list[RenderableType]:
    """The steps of a proof, one line each, with file and line and the row's reason."""
    lines: list[RenderableType] = []
    for step in derivation.steps:
        if not step.premises:
            continue
        relation = step.relation or step.rule
        head = f"{' + '.join(step.premises)} {relation} {step.conclusion} → {step.degree.word}"
        lines.append(Padding(Text(head), (0, 0, 0, 14)))
        guards = f"  [{', '.join(step.guards)}]" if step.guards else ""
        lines.append(Padding(Text(f"{step.source}{guards}", style="dim"), (0, 0, 0, 16)))
        if step.mapping is not None and step.mapping.rationale:
            lines.append(Padding(Text(step.mapping.rationale, style="italic"), (0, 0, 0, 16)))
    return lines


def _triggers(lines: Sequence[TriggerLine]) -> Table:
    grouped: dict[str, list[TriggerLine]] = {}
    for line in lines:
        grouped.setdefault(line.trigger, []).append(line)
    rows = [
        (found[0].state, found[0].question, ", ".join(t.provision for t in found))
        for found in grouped.values()
    ]
    return grid((("answer", 10), ("question", None), ("sets off", 22)), rows)


def _footer(answer: WhatElse) -> list[RenderableType]:
    scope = answer.scope or "not stated"
    roles = ", ".join(answer.roles) or "every role, each named"
    signed = f"{answer.rows_signed} of {answer.rows_used} rows signed by an accountable person"
    return [
        *(Text(note) for note in answer.notes),
        Text(
            f"As of {answer.as_of} · scope: {scope} · role: {roles} · graph {answer.graph_version} · "
            f"{signed} · {NOTICE}",
            style="dim",
        ),
    ]


def explanation(found: dict[str, Any]) -> Group:
    """Why, or why not, line by line."""
    blocks: list[RenderableType] = [Text(found["sentence"])]
    for number, steps in enumerate(found["derivations"], 1):
        if found["degree"] in ("full", "partial"):
            blocks.append(Text(f"Proof {number}", style="bold"))
        for step in steps:
            blocks += _explained(step, " + ".join(step["from"]), step["relation"] or step["rule"])
    if found["connection"]:
        blocks.append(Text("The shortest connection, and what is left after each edge", style="bold"))
        for hop in found["connection"]:
            blocks += _explained(hop, hop["from"], hop["relation"])
    blocks += [Text(f"only where {c}") for c in found["conditions"]]
    blocks.append(
        Text(f"As of {found['as_of']} · graph {found['graph_version']} · {NOTICE}", style="dim")
    )
    return Group(*blocks)


def _explained(step: dict[str, Any], start: str, relation: str) -> list[RenderableType]:
    guards = f"  [{', '.join(step['guards'])}]" if step["guards"] else ""
    lines: list[RenderableType] = [
        Text(f"  {start} {relation} {step['to']} → {step['degree_after']}{guards}"),
        Padding(Text(step["source"], style="dim"), (0, 0, 0, 4)),
    ]
    if step["rationale"]:
        lines.append(Padding(Text(step["rationale"], style="italic"), (0, 0, 0, 4)))
    return lines


def provision(shown: dict[str, Any]) -> Group:
    """One provision with its facts and its mappings."""
    blocks: list[RenderableType] = [Text(f"{shown['id']}  {shown['notation']}  {shown['title']}", style="bold")]
    if shown["summary"]:
        blocks.append(Text(shown["summary"]))
    facts = [
        ("framework", f"{shown['framework_title']} ({shown['bindingness']})"),
        ("kind", shown["kind"]),
        ("force", " ".join(x for x in (shown["force"], shown["modality"], shown["occurrence"]) if x)),
        ("binds", ", ".join(shown["binds"] + shown["addressees"])),
        ("systems", ", ".join(shown["system_classes"])),
        ("in force", f"{shown['in_force_from'] or '…'} to {shown['in_force_to'] or '…'}"),
        ("applies", "; ".join(f"{a['from']} ({a['system_class']})" for a in shown["applies"])),
        ("part of", shown["part_of"] or ""),
        ("parts", ", ".join(shown["parts"])),
        ("refers to", ", ".join(shown["refers_to"])),
        ("output", "; ".join(shown["expected_output"])),
        ("note", shown["note"] or ""),
        ("text", shown["link"]),
        ("source", shown["source"]),
    ]
    blocks.append(grid((("", 10), ("", None)), [f for f in facts if f[1]]))
    if shown["mappings"]:
        blocks += _heading("Mappings")
        rows = [
            (m["relation"], m["to"], m["status"], how_sure(m["confidence"]), m["source"].rsplit("/", 1)[-1])
            for m in shown["mappings"]
        ]
        columns = (("relation", 14), ("to", 20), ("status", 11), ("sure", 10), ("row", None))
        blocks.append(grid(columns, rows))
    return Group(*blocks)
