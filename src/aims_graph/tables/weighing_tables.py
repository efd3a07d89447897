"""Answers that weigh claims, as text for a terminal: why, what if, weak points, impact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from aims_graph.answers import NOTICE
from aims_graph.tables.tables import explained, footer, grid, heading, how_sure, wrapped

MOST = 20  # lines of one list that a table shows before it counts the rest
FEW = 8  # the same where one answer holds many lists
PLACES = 4  # ids at which one thing is touched that a line names before it counts the rest
PROOFS = 3  # that a table shows unless all are asked for
ID_WIDTH = 22  # characters of an id on one line
Json = dict[str, Any]


def explanation(found: Json, every: bool = False) -> Group:
    """Why, why only in part, or why not, line by line; then the proofs, all of them if asked for."""
    blocks: list[RenderableType] = [wrapped(found["sentence"])]
    blocks += [wrapped(f"Only where {c}.", 0, 2) for c in found["conditions"]]
    if found["degraded_at"]:
        blocks += [*heading("Only in part from here on"), *_hop(found["degraded_at"])]
    for shortfall in found["missing_parts"]:
        blocks += [*heading(f"Parts of {shortfall['whole']} that do not follow in full"), *_parts(shortfall)]
    if found["connection"]:
        blocks += heading("The connection that carries it furthest, and what is left after each edge")
        blocks += [line for hop in found["connection"] for line in _hop(hop)]
    if len(found["blocked"]) > 1:
        blocks += heading("Every edge that stops it there")
        blocks += _some(found["blocked"], _hop)
    claimed = found["degree"] in ("full", "partial")
    return Group(*blocks, *(_proofs(found["derivations"], every) if claimed else ()), Text(""), _asked_so(found))


def _proofs(proofs: Sequence[Sequence[Json]], every: bool) -> list[RenderableType]:
    """The most probable proofs step by step; the others are counted."""
    blocks: list[RenderableType] = []
    shown = proofs if every else proofs[:PROOFS]
    for number, steps in enumerate(shown, 1):
        blocks += heading(f"Proof {number}")
        blocks += [line for step in steps for line in _step(step)]
    if len(shown) < len(proofs):
        blocks += [Text(""), Text(f"and {len(proofs) - len(shown)} more proofs (--all shows them).")]
    return blocks


def _step(step: Json) -> list[RenderableType]:
    """A step with the id of its row beside the line at which it stands."""
    return explained({**step, "source": " ".join(x for x in (step["source"], step["mapping"]) if x)}, 2)


def _asked_so(found: Json) -> Group:
    """How it was asked, and of which graph."""
    roles = ", ".join(found["roles"]) or "every role"
    asked = f"As of {found['as_of']} · role: {roles} · system class: {found['system_class']} · trust: {found['trust']}"
    said = wrapped(f"{asked} · graph {found['graph_version']}. {NOTICE}", style="dim")
    return Group(*_left_out(found), said)


def _hop(hop: Json) -> list[RenderableType]:
    first, *rest = _step({**hop, "from": [hop["from"], *hop["together_with"]]})
    status = [wrapped(f"{hop['status']}, {how_sure(hop['confidence'])} confidence", 4)] if hop["mapping"] else []
    return [first, *([wrapped(f"{hop['why']}", 4)] if hop["why"] else []), *status, *rest]


def _parts(shortfall: Json) -> list[RenderableType]:
    rows = [
        (m["degree"], m["provision"], m["title"] + (f" ({m['why']})" if m["why"] else "")) for m in shortfall["missing"]
    ]
    width = max([4, *(len(part) for _, part, _ in rows)])
    return [grid((("", 9), ("part", width), ("", None)), rows)]


def what_if(found: Json) -> Group:
    """What is supposed, and what would change."""
    blocks: list[RenderableType] = [Text("Suppose:")]
    blocks += _some(found["supposed"], _supposed)
    told = f"Of {found['starts']} starts, {found['recomputed']} can be touched."
    blocks += _claims_changed(found, "Claims that would change: {}. " + told)
    blocks += [wrapped(note) for note in found["notes"]]
    return Group(*blocks, Text(""), _ended(found))


def comparison(found: Json) -> Group:
    """Which rows differ, and which claims with them."""
    kinds = Counter(row["change"] for row in found["rows"])
    said = ", ".join(f"{n} {kind}" for kind, n in kinds.items()) or "none"
    blocks: list[RenderableType] = [wrapped(f"Mapping rows that differ: {said}.")]
    blocks += _some(found["rows"], _row_changed)
    blocks += _claims_changed(found, "Claims that differ: {}.")
    return Group(*blocks, Text(""), _ended(found))


def _row_changed(row: Json) -> list[RenderableType]:
    differs = "; ".join(f"{d['field']} {d['before']} → {d['after']}" for d in row["differs"])
    said = f"{row['subject']} {row['relation']} {row['object']}: {row['change']}{': ' * bool(differs)}{differs}"
    return [wrapped(said, 2, 2), wrapped(f"{row['source']}, {row['status']}", 4)]


def _claims_changed(found: Json, told: str) -> list[RenderableType]:
    total = found["total"]
    said = ", ".join(f"{n} {kind}" for kind, n in total.items() if n) or "none"
    blocks: list[RenderableType] = [Text(""), wrapped(told.format(said))]
    if found["counts"]:
        kinds = list(total)
        rows = [(c["from"], c["to"], *(str(c[k] or "") for k in kinds)) for c in found["counts"]]
        blocks += [
            *heading("From framework to framework"),
            grid((("from", None), ("to", None), *((k, len(k)) for k in kinds)), rows),
        ]
    for title, key, counted in (
        ("Claims", "changes", list(total)[:4]),
        ("Claims that keep their degree", "confidence_changes", list(total)[4:]),
    ):
        if found[key]:
            rest = sum(total[k] for k in counted) - min(len(found[key]), MOST)
            blocks += [*heading(title), _changes(found[key][:MOST]), *_more(rest)]
    return blocks


def _changes(changes: Sequence[Json]) -> RenderableType:
    """One line a claim; ids that are too long are parted before a dot."""
    cells = [_change(c) for c in changes]
    widest = min(ID_WIDTH, max([4, *(len(cell[1]) for cell in cells)]))
    parted = [(kind, _parted(start), _parted(end), now, then) for kind, start, end, now, then in cells]
    return grid((("", 9), ("from", widest), ("to", None), ("now", 9), ("then", 9)), parted)


def _parted(name: str) -> str:
    """An id on two lines where one would not do.

    >>> _parted("standard:8.1.processes.criteria")
    'standard:8.1.processes\\n.criteria'
    """
    at = name.rfind(".", 0, ID_WIDTH + 1)
    return name if len(name) <= ID_WIDTH or at < 0 else f"{name[:at]}\n{name[at:]}"


def _change(change: Json) -> tuple[str, ...]:
    now, then = (_state(change[side], change[f"confidence_{side}"]) for side in ("before", "after"))
    return (change["change"], change["from"], change["to"], now, then)


def _state(degree: str, confidence: float | None) -> str:
    return "–" if degree == "none" else f"{degree} {'?' if confidence is None else f'{confidence:.2f}'}"


def _supposed(one: Json) -> list[RenderableType]:
    after, before = one["after"], one["before"]
    relation = before["relation"] if before else after["relation"]
    said = [f"{name} {before[name]} → {after[name]}" for name in after if before and before[name] != after[name]]
    what = "; ".join(said) or ("added" if before is None else "as it is")
    return [
        wrapped(f"{one['subject']} {relation} {one['object']}: {what}", 2, 2),
        wrapped(one["mapping"], 4, style="dim"),
    ]


def weak_points(found: Json) -> Group:
    """The rows whose review matters most, first things first."""
    shown = found["weak_points"]
    blocks: list[RenderableType] = [wrapped(_carried(found)), *(wrapped(note) for note in found["notes"])]
    for place, point in enumerate(shown, 1):
        blocks += [Text(""), *_point(place, point)]
    if found["truncated"]:
        blocks += [Text(""), Text(f"{len(shown)} of {found['rows']} rows are shown; --limit shows more.")]
    if shown:
        blocks += [Text(""), wrapped("To see which claims fall with a row: aims-graph what-if --reject ROW")]
        blocks.append(wrapped("To review a row, read both texts again and correct or sign it in its file."))
    return Group(*blocks, Text(""), _ended(found))


def _carried(found: Json) -> str:
    """How many rows carry how many claims, and in which order they stand."""
    said = f"{found['all_rows']} rows carry {found['claims']} claims from one framework to another."
    if found["frameworks"]:
        said += f" {found['rows']} of them stand at {' or '.join(found['frameworks'])}."
    first = "First those whose review matters most: the claims that would fall with a row, times the belief that it is"
    return f"{said} {first} wrong." if found["rows"] else said


def _point(place: int, point: Json) -> list[RenderableType]:
    carried = point["full"] + point["partial"]
    loss = point["expected_loss"]
    expected = f"at most {point['expected_loss_at_most']:g}" if loss is None else f"{loss:g}"
    readings = f", readers {point['readings']['outcome']}" if point["readings"] else ""
    return [
        wrapped(f"{place}. {point['subject']} {point['relation']} {point['object']}", 0, 4),
        wrapped(
            f"carries {carried} claims ({point['full']} full): {point['lost']} fall with it, {point['lowered']} are "
            f"lowered; expected loss {expected}",
            4,
        ),
        wrapped(f"{how_sure(point['confidence'])} confidence, {point['status']}{readings}", 4),
        wrapped(f"{point['source']} {point['mapping']}", 4, style="dim"),
    ]


def impact(found: Json) -> Group:
    """What changes, and all that it touches."""
    counts = found["counts"]
    days = f" after {found['from']}, up to {found['to']}" if found["from"] else ""
    if not counts["units"]:
        return Group(wrapped(f"Nothing changed{days}, so nothing is touched."), Text(""), _ended(found))
    blocks: list[RenderableType] = [*heading(f"What changes{days}: {counts['units']}")[1:]]
    blocks += _listed(found["units"], counts["units"], _unit)
    sections = [s for s in SECTIONS if s[0] != "records" or found["records_loaded"]]
    for name, title, lines in sections:
        if counts[name]:
            blocks += heading(f"{title}: {counts[name]}{_aside(name, counts)}")
            blocks += _listed(found[name], counts[name], lines)
    none = [title[:1].lower() + title[1:] for name, title, _ in sections if not counts[name]]
    blocks += [Text(""), wrapped(f"None of these: {', '.join(none)}.", 0, 2)] if none else []
    return Group(*blocks, Text(""), _ended(found))


def _aside(name: str, counts: Json) -> str:
    if name == "rows" and counts["read_again"]:
        return f", of which {counts['read_again']} were judged before the change: read these again"
    return f", of which {counts['claims_lost']} have no other proof" if name == "claims" else ""


def _unit(unit: Json) -> list[RenderableType]:
    act = f" by {unit['enacted_by']}" if unit["enacted_by"] else ""
    since = f" on {unit['effective']}{act}" if unit["effective"] else ""
    return [wrapped(f"{unit['unit']}  {unit['label']}: {unit['change']}{since}", 2, 2)]


def _row(row: Json) -> list[RenderableType]:
    again = f" · judged {row['mapped_on'] or 'on no stated day'}: read again" if row["read_again"] else ""
    said = f"{row['subject']} {row['relation']} {row['object']} · {row['status']}{_whole(row)}{again}"
    return [wrapped(said, 2, 2), wrapped(row["source"], 4, style="dim")]


def _claim(claim: Json) -> list[RenderableType]:
    left = "" if claim["left"] == claim["degree"] else f" → {claim['left']}"
    return [wrapped(f"{claim['from']} to {claim['to']}: {claim['degree']}{left}", 2, 2)]


def _asked(evidence: Json) -> list[RenderableType]:
    return [wrapped(f"{evidence['label']} {_at(evidence)}", 2, 2)]


def _rule(rule: Json) -> list[RenderableType]:
    return [wrapped(f"{rule['code']} {rule['name']} ({rule['severity']}) {_at(rule)}", 2, 2)]


def _trigger(trigger: Json) -> list[RenderableType]:
    return [wrapped(f"{trigger['question']} {_at(trigger)}", 2, 2)]


def _pointer(pointer: Json) -> list[RenderableType]:
    return [wrapped(f"{pointer['provision']}  {pointer['title']} {_at(pointer)}", 2, 2)]


def _record(record: Json) -> list[RenderableType]:
    named = f" names {', '.join(record['names'])}" if record["names"] else ""
    under = (
        f" (case {record['case']} is handled under {', '.join(record['handled_under'])})"
        if record["handled_under"]
        else ""
    )
    return [wrapped(f"{record['kind']} {record['record']}{named}{under}", 2, 2)]


SECTIONS: tuple[tuple[str, str, Callable[[Json], list[RenderableType]]], ...] = (
    ("rows", "Mapping rows there", _row),
    ("claims", "Claims that pass through", _claim),
    ("evidence", "Evidence asked for", _asked),
    ("rules", "Rules that check records", _rule),
    ("triggers", "Questions that set it off", _trigger),
    ("references", "References from elsewhere", _pointer),
    ("suggested_actions", "Suggested actions", _pointer),
    ("records", "Records", _record),
)


def _at(item: Json) -> str:
    """Where something is touched: the first places, the others counted."""
    rest = f" and {len(item['at']) - PLACES} more" if len(item["at"]) > PLACES else ""
    return f"[{', '.join(item['at'][:PLACES])}{rest}]{_whole(item)}"


def _whole(item: Json) -> str:
    return " · at a whole around it" if item["whole_only"] else ""


def _listed(items: Sequence[Json], count: int, lines: Callable[[Json], list[RenderableType]]) -> list[RenderableType]:
    return [*(line for item in items[:FEW] for line in lines(item)), *_more(count - min(len(items), FEW))]


def _some(items: Sequence[Json], lines: Callable[[Json], list[RenderableType]]) -> list[RenderableType]:
    return [*(line for item in items[:MOST] for line in lines(item)), *_more(len(items) - MOST)]


def _more(rest: int) -> list[RenderableType]:
    return [Text(f"  and {rest} more (all in --format json).")] if rest > 0 else []


def _ended(found: Json) -> Group:
    return Group(*_left_out(found), footer(found["as_of"], found["graph_version"]))


def _left_out(found: Json) -> list[RenderableType]:
    left_out = [wrapped(f"A limit of the search left claims out at {name}.") for name in found["limited"][:FEW]]
    return [*left_out, *_more(len(found["limited"]) - FEW)]
