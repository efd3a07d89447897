"""Answers as text for a terminal: every table fits 80 columns and says what it does not say."""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from aims_graph.answers import (
    CASE_LEVEL,
    NOTICE,
    Answer,
    OwnClause,
    TriggerLine,
    WhatElse,
    derivation_json,
)
from aims_graph.model import Derivation
from aims_graph.relations import Degree

WIDTH = 80
INDENT = 14  # where the facts of an answer start
PER_FRAMEWORK = 10  # answers of a framework that a table shows before it counts the rest
GLYPHS = {Degree.FULL: "●", Degree.PARTIAL: "◐", Degree.CANDIDATE: "○"}
SURE = ((0.8, "high"), (0.6, "moderate"), (0.0, "low"))
STATE_GLYPHS = {"recorded": "✓", "missing": "✗", "not-triggered": "–"}


def show(content: RenderableType) -> None:
    """Print at most 80 columns wide, plain when piped, with no blanks at line ends."""
    found = Console(highlight=False)
    print(_written(content, found if found.width <= WIDTH else Console(highlight=False, width=WIDTH)), end="")


def text(content: RenderableType) -> str:
    """The same as plain text of 80 columns, for a file."""
    return _written(content, Console(highlight=False, width=WIDTH, no_color=True, file=io.StringIO()))


def _written(content: RenderableType, console: Console) -> str:
    with console.capture() as captured:
        console.print(content)
    return "\n".join(line.rstrip() for line in captured.get().rstrip("\n").split("\n")) + "\n"


def wrapped(text: str, indent: int = 0, hang: int = 0, style: str = "") -> Text:
    """A paragraph from column `indent`, its further lines `hang` columns further in."""
    lines = textwrap.wrap(
        text,
        WIDTH - 1,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hang),
        break_on_hyphens=False,
    )
    return Text("\n".join(lines), style=style)


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


def rows(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> RenderableType:
    """A result of any width: side by side where it fits, else one block a row."""
    if not cells:
        return Text("No rows.")
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(columns)]
    if sum(widths) + 2 * (len(widths) - 1) <= WIDTH:
        return grid([(name, width) for name, width in zip(columns, widths, strict=True)], cells)
    margin = max(len(name) for name in columns) + 2
    blocks: list[RenderableType] = []
    for row in cells:
        for name, cell in zip(columns, row, strict=True):
            if cell:
                blocks.append(wrapped(f"{name:<{margin}}{cell}", 0, margin))
        blocks.append(Text(""))
    return Group(*blocks[:-1])


def what_else(answer: WhatElse, labels: dict[str, str], explain: bool) -> Group:
    """The four blocks: own clause, counts towards, counts only if, may trigger."""
    claims = [a for a in answer.answers if a.degree >= Degree.PARTIAL]
    others = [a for a in answer.answers if a.degree is Degree.CANDIDATE]
    blocks: list[RenderableType] = [wrapped(_opening(answer))]
    for own in answer.own_clause:
        blocks += _own(own)
    blocks += heading("Also counts towards")
    blocks += _answers(claims, labels, explain) if claims else [Text("Nothing, as far as is mapped.")]
    if others:
        blocks += heading("Counts only if (open; nothing follows yet)")
        blocks += _answers(others, labels, explain)
    if answer.truncated:
        blocks += [Text(""), Text("The limit left out further answers.")]
    if answer.triggers:
        blocks += heading("May trigger")
        blocks += _triggers(answer.triggers, labels)
    blocks += [Text(""), *_footer(answer)]
    return Group(*blocks)


def _opening(answer: WhatElse) -> str:
    if answer.level == CASE_LEVEL:
        where = f", scope {answer.scope}" if answer.scope else ""
        return f"The record {answer.targets[0]}{where}, as of {answer.as_of}."
    names = " and ".join(answer.target_labels)
    return f"If all that {names} {'asks' if len(answer.targets) == 1 else 'ask'} is done:"


def heading(text: str) -> list[RenderableType]:
    """A blank line and a title."""
    return [Text(""), Text(text, style="bold")]


def _own(own: OwnClause) -> list[RenderableType]:
    rows = [(STATE_GLYPHS[e.state], e.state, e.name, e.provision.partition(":")[2]) for e in own.elements]
    table = grid((("", 1), ("state", 13), ("element", None), ("part", 16)), rows)
    blocks = heading(f"This record against its own clause: {own.notation}")
    blocks += [wrapped(own.statement), table]
    missing = [e for e in own.elements if e.state == "missing"]
    blocks += [wrapped(f"✗ {e.name}: {e.fix}", 2, 2) for e in missing]
    if own.judged_by:
        blocks.append(wrapped(f"Judged by: {', '.join(own.judged_by)}."))
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
    head = f"{GLYPHS[answer.degree]} {answer.degree.word:<9} {answer.provision}  {answer.title}"
    facts = [f"{how_sure(answer.confidence)} confidence", *_facts(answer)]
    lines: list[RenderableType] = [wrapped(head, 2, 12), wrapped(" · ".join(facts), INDENT)]
    lines += [wrapped(f"only where {c}", INDENT) for c in answer.conditions]
    return [*lines, *(proof(answer.derivation) if explain else [])]


def _facts(answer: Answer) -> list[str]:
    facts = [f"binds {', '.join(answer.binds)}"] if answer.binds else []
    dates = sorted({(a.start, a.system_class) for a in answer.applies})
    if dates:
        facts.append("applies from " + ", ".join(f"{d} ({c})" for d, c in dates))
    return facts + [f for f in answer.flags if f not in ("trigger-unrecorded",)]


def proof(derivation: Derivation) -> list[RenderableType]:
    """The steps of a proof, with file and line and the row's reason."""
    steps = [s for s in derivation_json(derivation) if s["from"]]
    return [line for step in steps for line in explained(step, INDENT)]


def _triggers(lines: Sequence[TriggerLine], labels: dict[str, str]) -> list[RenderableType]:
    blocks: list[RenderableType] = []
    for framework in dict.fromkeys(line.provision.partition(":")[0] for line in lines):
        grouped: dict[str, list[TriggerLine]] = {}
        for line in lines:
            if line.provision.partition(":")[0] == framework:
                grouped.setdefault(line.trigger, []).append(line)
        shown = list(grouped.values())
        cells = [(g[0].state, g[0].question, ", ".join(t.provision for t in g)) for g in shown[:PER_FRAMEWORK]]
        blocks.append(Text(labels.get(framework, framework), style="underline"))
        blocks.append(grid((("answer", 10), ("question", None), ("sets off", 22)), cells))
        if len(shown) > PER_FRAMEWORK:
            blocks.append(Text(f"  and {len(shown) - PER_FRAMEWORK} more (all in --format json)."))
    return blocks


def _footer(answer: WhatElse) -> list[RenderableType]:
    scope = answer.scope or "not stated"
    roles = ", ".join(answer.roles) or "every role, each named"
    signed = f"{answer.rows_signed} of {answer.rows_used} rows signed by an accountable person"
    facts = f"As of {answer.as_of} · scope: {scope} · role: {roles} · graph {answer.graph_version}"
    return [*(wrapped(note) for note in answer.notes), wrapped(f"{facts} · {signed}. {NOTICE}", style="dim")]


def explained(step: dict[str, Any], indent: int) -> list[RenderableType]:
    """One step of a proof or edge of a connection: what it leaves, its guards, its line and its sentence."""
    start = step["from"] if isinstance(step["from"], str) else " + ".join(step["from"])
    relation = step["relation"] or step["rule"]
    guards = f" [{', '.join(step['guards'])}]" if step["guards"] else ""
    lines: list[RenderableType] = [
        wrapped(f"{start} {relation} {step['to']} → {step['degree_after']}{guards}", indent, 2),
        wrapped(step["source"], indent + 2, style="dim"),
    ]
    if step["rationale"]:
        lines.append(wrapped(step["rationale"], indent + 2, style="italic"))
    return lines


MANY = 12  # ids that a fact lists before it counts the rest


def _some(ids: Sequence[str]) -> str:
    rest = f" and {len(ids) - MANY} more" if len(ids) > MANY else ""
    return ", ".join(ids[:MANY]) + rest


def provision(shown: dict[str, Any]) -> Group:
    """One provision with its place, facts, evidence, rules and mappings."""
    blocks: list[RenderableType] = [wrapped(f"{shown['id']}  {shown['notation']}  {shown['title']}", style="bold")]
    if shown["place"]:
        blocks.append(wrapped(" › ".join(p["notation"] for p in shown["place"]), style="dim"))
    if not shown["in_force"]:
        blocks.append(wrapped(f"Not in force on {shown['as_of']}.", style="bold"))
    if shown["summary"]:
        blocks.append(wrapped(shown["summary"]))
    facts = [
        ("also", "; ".join(f"{title} ({language})" for language, title in shown["titles"].items())),
        ("framework", f"{shown['framework_title']} ({shown['bindingness']})"),
        ("kind", shown["kind"]),
        ("force", " ".join(x for x in (shown["force"], shown["modality"], shown["occurrence"]) if x)),
        ("binds", ", ".join(shown["binds"] + shown["addressees"])),
        ("systems", ", ".join(shown["system_classes"])),
        ("in force", f"{shown['in_force_from'] or '…'} to {shown['in_force_to'] or '…'}"),
        ("applies", "; ".join(f"{a['from']} ({a['system_class']})" for a in shown["applies"])),
        ("open", "; ".join(sorted({a["legal_question"] for a in shown["applies"] if a["legal_question"]}))),
        ("only where", shown["condition"] or ""),
        ("parts", f"{shown['decomposition']}: {_some(shown['parts'])}" if shown["parts"] else ""),
        ("refers to", _some(shown["refers_to"])),
        ("named in", _some(shown["referred_from"])),
        ("written for", _some(shown["suggested_for"])),
        ("risks", ", ".join(r["title"] for r in shown["addresses_risks"])),
        ("actions", _some(shown["suggested_actions"])),
        ("output", "; ".join(shown["expected_output"])),
        ("responsible", "; ".join(shown["responsible"])),
        ("basis", shown["basis"] or ""),
        ("note", shown["note"] or ""),
        ("text", shown["link"]),
        ("source", shown["source"]),
    ]
    blocks.append(grid((("", 11), ("", None)), [f for f in facts if f[1]]))
    blocks += [line for part in (_amended, _set_off, _evidence, _enforced) for line in part(shown)]
    if shown["mappings"]:
        blocks += heading("Mappings")
        for m in shown["mappings"]:
            blocks.append(wrapped(f"{m['relation']} {m['to']} · {m['status']} · {how_sure(m['confidence'])}", 2, 2))
            blocks.append(wrapped(m["source"], 4, style="dim"))
    return Group(*blocks, Text(""), footer(shown["as_of"], shown["graph_version"]))


def footer(as_of: str, version: str) -> Text:
    """The last line of what is shown of a day."""
    return wrapped(f"As of {as_of} · graph {version}. {NOTICE}", style="dim")


def _amended(shown: dict[str, Any]) -> list[RenderableType]:
    changes = []
    for found in shown["amendments"]:
        part = "" if found["unit"] == shown["id"] else f"{found['unit'].partition(':')[2]} "
        changes.append(f"{found['effective']} {part}{found['change']} by {found['enacted_by']}: {found['effect']}")
    lines = [wrapped(change, 2, 2) for change in changes[:MANY]]
    return [*heading("Amended"), *lines, *_rest(changes)] if changes else []


def _set_off(shown: dict[str, Any]) -> list[RenderableType]:
    questions = [t["question"] for t in shown["triggers"]]
    return [*heading("Set off when the answer is yes"), *(wrapped(q, 2, 2) for q in questions)] if questions else []


def _evidence(shown: dict[str, Any]) -> list[RenderableType]:
    blocks = heading("Evidence") if shown["evidence"] else []
    for asked in shown["evidence"][:MANY]:
        suggested = " (an output that the text suggests)" if asked["informative"] else ""
        parts = [p.partition(":")[2] for p in asked["required_by"] if p != shown["id"]]
        where = f" [{', '.join(parts)}]" if parts else ""
        blocks.append(wrapped(f"{asked['label']}{suggested}{where}", 2, 2))
        for number, types in enumerate(asked["any_of"]):
            start = "or: " if number else ""
            blocks.append(wrapped(start + "; ".join(t["label"] for t in types), 4, 2))
        notes = (_kept(asked), _fresh(asked), asked["note"])
        blocks += [wrapped(line, 4, 2, "dim") for line in notes if line]
    return [*blocks, *_rest(shown["evidence"])]


def _kept(asked: dict[str, Any]) -> str:
    least = f"at least {_spoken(asked['retention'])}" if asked["retention"] else ""
    since = f"from {asked['retained_from']}" if asked["retained_from"] else ""
    kept = " ".join(x for x in (least, since, asked["retention_rule"]) if x)
    return f"kept: {kept}" if kept else ""


def _spoken(duration: str) -> str:
    """A duration in words.

    >>> _spoken("P10Y"), _spoken("P1Y6M")
    ('10 years', '1 year 6 months')
    """
    units = {"Y": "year", "M": "month", "D": "day"}
    parts = re.findall(r"(\d+)([YMD])", duration)
    return " ".join(f"{n} {units[unit]}{'' if n == '1' else 's'}" for n, unit in parts)


def _fresh(asked: dict[str, Any]) -> str:
    stated = _spoken(asked["freshness"]) if asked["freshness"] else ""
    fresh = "; ".join(x for x in (stated, asked["freshness_rule"]) if x)
    return f"as new as: {fresh}" if fresh else ""


def _rest(found: Sequence[object]) -> list[RenderableType]:
    return [Text(f"  and {len(found) - MANY} more (all in --format json).")] if len(found) > MANY else []


def _enforced(shown: dict[str, Any]) -> list[RenderableType]:
    rules = [f"{r['code']} {r['name']} ({r['severity']})" for r in shown["enforced_by"]]
    lines = [wrapped(rule, 2, 2) for rule in rules[:MANY]]
    return [*heading("Checked on records by"), *lines, *_rest(rules)] if rules else []


_COVERAGE = (
    ("of", 10),
    ("against", 10),
    ("duties", 6),
    ("related", 7),
    ("unrelated", 9),
    ("no counterpart", 7),
    ("not judged", 6),
    ("read twice", None),
)


def coverage(found: dict[str, Any], in_detail: bool) -> Group:
    """Which duties were judged, one line a direction; in detail also those that were not."""
    lines = found["directions"]
    counted = ("duties", "related", "unrelated", "no_counterpart", "not_judged", "read_twice")
    rows = [(line["from"], line["to"], *(str(line[c]) for c in counted)) for line in lines]
    blocks: list[RenderableType] = [grid(_COVERAGE, rows), Text("")]
    for line in lines if in_detail else ():
        if line["not_judged_provisions"]:
            said = f"Not judged against {line['to']}: {', '.join(line['not_judged_provisions'])}."
            blocks += [wrapped(said), Text("")]
    open_, duties = sum(line["not_judged"] for line in lines), sum(line["duties"] for line in lines)
    share = f"{100 * (duties - open_) / duties:.1f} %" if duties else "nothing"
    blocks.append(wrapped(f"Judged: {share} of {duties:,} duties, {open_:,} not judged."))
    blocks.append(footer(found["as_of"], found["graph_version"]))
    return Group(*blocks)
