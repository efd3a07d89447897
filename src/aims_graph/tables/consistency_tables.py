"""Checks of mapping rows as text for a terminal: what clashes, what follows, what to judge next."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from aims_graph.tables.tables import footer, grid, heading, wrapped

NOTHING = "Nothing was compared, so nothing is said."
TO_JUDGE = (
    "To judge a pair, read both texts and add a row to the file of the two frameworks in mappings/, or change the row "
    "that is there; docs/authoring.md says how."
)
MANY = 8  # names that a sentence lists before it counts the rest

Json = dict[str, Any]


def conflicts(found: Json) -> Group:
    """Each conflict with its rows and their reasons."""
    blocks: list[RenderableType] = [wrapped(_checked(found))]
    if not found["rows_compared"]:
        blocks.append(wrapped(NOTHING))
    elif not found["conflicts"]:
        blocks.append(wrapped("No contradiction: they can all be right at once."))
    for number, conflict in enumerate(found["conflicts"], 1):
        count = len(conflict["rows"])
        blocks += heading(f"Conflict {number}: {count} {'row' if count == 1 else 'rows'} that cannot all be right")
        blocks += [wrapped(conflict["sentence"], 2), *_where(conflict)]
        blocks += [line for row in conflict["rows"] for line in _row(row, 2)]
        blocks += [wrapped(conflict["note"], 2, style="italic")] if conflict["note"] else []
    if not found["complete"]:
        stopped = f"The check stopped at {found['limit']} conflicts. Settle these and run it again."
        blocks += [Text(""), wrapped(stopped, style="bold")]
    return Group(*blocks, *_left_out(found), *_end(found))


def entailed(found: Json) -> Group:
    """Each row that follows, and from what."""
    rows = found["entailed"]
    blocks: list[RenderableType] = [wrapped(_checked(found)), *_in_conflict(found)]
    if not rows:
        blocks.append(wrapped("No row follows from others." if found["rows_compared"] else NOTHING))
    else:
        count = found["following"]
        counted = "1 row follows" if count == 1 else f"{count} rows follow, each"
        blocks.append(wrapped(f"{counted} from others. Of rows that follow from one another not all can be left out."))
    for one in rows:
        blocks.append(Text(""))
        blocks += [line for row in one["rows"] for line in _line(row, 0)]
        blocks += [*_where(one), wrapped("follows from", 2)]
        blocks += [line for row in one["follows_from"] for line in _line(row, 4)]
    if found["truncated"]:
        blocks += [Text(""), wrapped(f"{len(rows)} of {found['following']} are shown; --limit shows more.")]
    return Group(*blocks, *_left_out(found), *_end(found))


def next_pairs(found: Json) -> Group:
    """The pairs worth judging, with what each answer would close."""
    pairs = found["pairs"]
    opened = (
        f"{found['provisions']} provisions, those equal by what is stated counted once: {found['open_bits']:,.0f} bits "
        f"open. {found['candidates']:,} pairs could be judged, {found['estimated']:,} were estimated, "
        f"{found['weighed']:,} weighed."
    )
    blocks: list[RenderableType] = [wrapped(_checked(found)), *_in_conflict(found), wrapped(opened)]
    for place, pair in enumerate(pairs, 1):
        blocks.append(Text(""))
        gain = f"expected {pair['expected_gain']:,.1f} bits, at least {pair['least_gain']:,.1f}"
        blocks.append(wrapped(f"{place:>3}  {pair['subject']} ? {pair['object']} · {gain}", 0, 5))
        gains = ", ".join(f"{p['relation']} {p['gain']:,.1f}" for p in pair["possible"])
        blocks.append(wrapped(f"possible: {gains}", 5, 2))
        blocks += _equal(pair)
        if pair["stated_by"]:
            blocks.append(wrapped("not among the rows compared:", 5))
            blocks += _line(pair["stated_by"], 7)
    if not pairs:
        blocks.append(wrapped("No pair is open that rows connect." if found["rows_compared"] else NOTHING))
    if found["truncated"]:
        blocks += [Text(""), wrapped("The limit left out further pairs.")]
    if pairs:
        blocks += [Text(""), wrapped(TO_JUDGE)]
    return Group(*blocks, *_left_out(found), *_end(found))


def _checked(found: Json) -> str:
    """What was compared, in a sentence."""
    whose = " and ".join([*found["files"], *(["the loaded mappings"] if found["with_ours"] else [])])
    count = found["rows_compared"]
    also = ", those nobody has read twice included" if found["proposed"] and found["with_ours"] else ""
    return f"{count:,} {'row' if count == 1 else 'rows'} of {whose} compared{also}.{_strange(found)}"


def _strange(found: Json) -> str:
    """Names that are no provision that is loaded."""
    count, wrong = found["as_written"], found["no_provision"]
    said = f" {count} {'name is' if count == 1 else 'names are'} of no loaded framework." if count else ""
    if not wrong:
        return said
    listed = ", ".join(wrong[:MANY]) + (f" and {len(wrong) - MANY} more" if len(wrong) > MANY else "")
    names = "is no provision of its framework" if len(wrong) == 1 else "are no provisions of their frameworks"
    return f"{said} {listed} {names}: 'aims-graph lint {' '.join(found['files'])}' says what may be meant."


def _in_conflict(found: Json) -> list[RenderableType]:
    count = found["in_conflict"]
    return [wrapped(f"{count} rows in a conflict were left out; see 'review conflicts'.")] if count else []


def _where(found: Json) -> list[RenderableType]:
    """Under which condition rows are compared, if under one."""
    return [wrapped(f"where {found['condition']} is met", 2, 2)] if found["condition"] else []


def _row(row: Json, indent: int) -> list[RenderableType]:
    """A row with its reason."""
    lines = _line(row, indent)
    return [*lines, wrapped(row["rationale"], indent + 2, style="italic")] if row["rationale"] else lines


def _line(row: Json, indent: int) -> list[RenderableType]:
    sure = "" if row["confidence"] is None else f" · {row['confidence']:g}"
    stated = f"{row['subject']} {row['relation']} {row['object']} · {row['status']}{sure}"
    return [wrapped(stated, indent, 2), wrapped(row["source"], indent + 2, style="dim")]


def _equal(pair: Json) -> list[RenderableType]:
    others = [*pair["equal_to_subject"], *pair["equal_to_object"]]
    return [wrapped(f"holds for their equals too: {', '.join(others)}", 5, 2)] if others else []


def _left_out(found: Json) -> list[RenderableType]:
    """The rows that are compared with no other, and why."""
    if not found["left_out"]:
        return []
    cells = [(f"{reason['rows']:,}", reason["meaning"]) for reason in found["left_out"]]
    return [*heading("Not compared: rows that"), grid((("rows", 6), ("", None)), cells)]


def _end(found: Json) -> list[RenderableType]:
    return [Text(""), footer(found["as_of"], found["graph_version"])]
