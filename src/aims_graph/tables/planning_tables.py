"""Planning answers as text for a terminal: gaps, what is left, plans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from aims_graph.indexing.duties import in_words
from aims_graph.tables.tables import GLYPHS, grid, heading, how_sure, wrapped

MOST = 10  # lines of one framework or list that a table shows before it counts the rest
INDENT = 21  # where what is said of a line starts
FEW = 6  # ids on one line before the rest is counted
Json = dict[str, Any]
_SIGNS = {degree.word: glyph for degree, glyph in GLYPHS.items()}


def gaps(found: Json, every: bool = False) -> Group:
    """What is not covered, framework by framework, then what is recorded, then what does not apply yet."""
    most = None if every else MOST
    if not found["frameworks"]:
        return Group(Text("There is no duty to hold anything against."), Text(""), *_ended(found))
    blocks: list[RenderableType] = [wrapped(_held_against(found)), Text("")]
    blocks.append(grid(_COUNTS, (_counted(f, found) for f in found["frameworks"])))
    for framework in dict.fromkeys(g["framework"] for g in found["gaps"]):
        mine = [g for g in found["gaps"] if g["framework"] == framework]
        blocks += heading(f"Not covered in {framework}")
        blocks += _some(mine, _gap, most)
    if found["recorded"]:
        blocks += heading("Recorded for each case on file (no proof for the duty as a whole)")
        blocks.append(wrapped(_ids([r["provision"] for r in found["recorded"]], most), 2, 2))
    if found["not_yet_applicable"]:
        blocks += heading("In force, not yet applicable: no gap")
        blocks += list(_later(found["not_yet_applicable"], most))
    return Group(*blocks, Text(""), *_ended(found))


_COUNTS = (("framework", 13), ("duties", 6), ("covered", 8), ("not covered", None), ("later", 5))


def _held_against(found: Json) -> str:
    if not found["done"]:
        cases = "1 case" if found["cases"] == 1 else f"{found['cases']} cases"
        return f"What the records on file ({cases}) do not show of these duties:"
    asked = "asks" if len(found["done"]) == 1 else "ask"
    return f"If all that {_labels(found['done'])} {asked} is done, these duties are not covered:"


def _counted(framework: Json, found: Json) -> tuple[str, ...]:
    reasons = ", ".join(f"{n} {reason}" for reason, n in framework["gaps"].items()) or "none"
    covered = str(framework["covered"] if found["done"] else f"{framework['recorded']} on file")
    later = str(framework["not_yet_applicable"] or "")
    return framework["framework"], str(framework["duties"]), covered, reasons, later


def _gap(gap: Json) -> list[RenderableType]:
    count = len(gap["duties"])
    duties = f" ({count} duties)" if count > 1 else ""
    head = f"{_SIGNS.get(gap['degree'], '–')} {gap['reason']:<16} {gap['provision']}  {gap['title']}{duties}"
    lines: list[RenderableType] = [wrapped(head, 2, INDENT - 2)]
    if gap["reason"] not in ("no-path", "no-record"):
        lines.append(wrapped(gap["sentence"], INDENT, 2))
        if gap["missing"]:
            missing = [f"{m['provision'].partition(':')[2]} ({m['reason']})" for m in gap["missing"]]
            lines.append(wrapped(f"parts: {_ids(missing, FEW)}", INDENT, 2))
    if gap["condition"]:
        lines.append(wrapped(f"condition: {gap['condition']}", INDENT, 2))
    lines += _only_where(gap, INDENT)
    stale = list(dict.fromkeys(f"{t['record']}: {t['stale']}" for t in gap["records"] if t["stale"]))
    lines += [wrapped(line, INDENT, 2) for line in stale]
    told = [_touched(t) for t in gap["records"] if t["provision"] == gap["provision"]]
    if told and not stale:
        lines.append(wrapped(f"records: {_ids(told, FEW)}", INDENT, 2))
    for waiver in gap["waived"]:
        by = f" by {waiver['by']}" if waiver["by"] else ""
        said = f"{waiver['provision']} is left open until {waiver['until']}{by} ({waiver['record']})"
        lines.append(wrapped(said, INDENT, 2))
    return lines


def _only_where(item: Json, indent: int) -> list[RenderableType]:
    """The conditions under which what is covered of it is covered."""
    return [wrapped(f"only where {c}", indent, 2) for c in item["conditions"]]


def _touched(touch: Json) -> str:
    said = touch["degree"] if touch["kind"] == "case" else touch["says"] or touch["kind"]
    return f"{touch['record']} ({said})"


def _later(later: Sequence[Json], most: int | None) -> Iterator[RenderableType]:
    for framework in dict.fromkeys(x["framework"] for x in later):
        grouped: dict[str, list[str]] = {}
        for one in (x for x in later if x["framework"] == framework):
            dates = ", ".join(f"{a['from']} ({a['system_class']})" for a in one["applies"])
            sign = _SIGNS.get(one["degree"])
            grouped.setdefault(dates, []).append(f"{sign} {one['provision']}" if sign else one["provision"])
        for dates, provisions in grouped.items():
            count = "1 duty" if len(provisions) == 1 else f"{len(provisions)} duties"
            yield wrapped(f"{framework}: {count} from {dates}: {_ids(provisions, most and FEW)}", 2, 2)


# -- what is left ------------------------------------------------------------------------


def residual(found: Json, tree: bool = False) -> Group:
    """What is left, the evidence that it asks for, and on request the whole tree."""
    asked = "asks" if len(found["done"]) == 1 else "ask"
    counts = [f"{n} {state}" for state, n in found["counts"].items() if n]
    opening = wrapped(f"If all that {_labels(found['done'])} {asked} is done, of {found['of']['label']}:")
    if not counts:
        return Group(opening, Text(""), *_ended(found))
    total = sum(found["counts"].values())
    duties = "1 innermost duty" if total == 1 else f"{total} innermost duties"
    blocks: list[RenderableType] = [opening, wrapped(f"{duties}: {', '.join(counts)}.")]
    if found["left_out"]:
        blocks.append(wrapped(f"Not counted, because no duty here: {in_words(found['left_out'])}.", 0, 2))
    if tree:
        blocks += heading("Each part")
        blocks += [line for part in found["tree"] for line in _branch(part, 0)]
    blocks += heading("Left") if found["left"] else [Text(""), Text("Nothing is left.")]
    blocks += _some(found["left"], _left, 4 * MOST)
    if found["evidence"]:
        blocks += heading("Evidence that what is left asks for")
        blocks += _some(found["evidence"], _evidence, MOST)
    limited = [p for part in found["tree"] for p in _limited(part)]
    if limited:
        blocks += heading("Covered in full only under a condition")
        blocks += _some(limited, _full_where, MOST)
    if found["not_yet_applicable"]:
        blocks += heading("Left, in force, not yet applicable")
        blocks += list(_later(found["not_yet_applicable"], MOST))
    return Group(*blocks, Text(""), *_ended(found))


def _limited(part: Json) -> Iterator[Json]:
    """The outermost parts that are full only under a condition."""
    if part["state"] == "full" and part["conditions"]:
        yield part
    else:
        yield from (found for inner in part["parts"] for found in _limited(inner))


def _full_where(part: Json) -> list[RenderableType]:
    return [wrapped(f"{_SIGNS['full']} {part['provision']}  {part['title']}", 2, 2), *_only_where(part, 4)]


_HOW = {"whole": "–", "in-part": "◐", "beyond-parts": "◐"}


def _left(item: Json) -> list[RenderableType]:
    beyond = ", beyond its parts" if item["how"] == "beyond-parts" else ""
    head = f"{_HOW[item['how']]} {item['state']:<16} {item['provision']}{beyond}  {item['title']}{_inside(item)}"
    lines: list[RenderableType] = [wrapped(head, 2, INDENT - 2)]
    if item["state"] != "not-judged":
        lines.append(wrapped(item["sentence"], INDENT, 2))
    if item["condition"]:
        lines.append(wrapped(f"condition: {item['condition']}", INDENT, 2))
    return [*lines, *_only_where(item, INDENT)]


def _inside(item: Json) -> str:
    """How many innermost duties a line stands for, and their states where they are not all alike."""
    leaves, total = item["leaves"], sum(item["leaves"].values())
    if total < 2:
        return ""
    states = ", ".join(f"{n} {state}" for state, n in leaves.items())
    alike = set(leaves) == {item["state"]}
    return f" ({total} innermost duties{'' if alike else ': ' + states})"


def _branch(part: Json, depth: int) -> Iterator[RenderableType]:
    sign = _SIGNS.get(part["state"], "–" if part["state"] != "heading" else " ")
    state = "" if part["state"] == "heading" else f"  {part['state']}"
    yield wrapped(f"{sign} {part['provision'].partition(':')[2]}{state}  {part['title']}", 2 + 2 * depth, 2)
    yield from _only_where(part, 4 + 2 * depth)
    for inner in part["parts"]:
        yield from _branch(inner, depth + 1)


def _evidence(asked: Json) -> list[RenderableType]:
    by = _ids([p.partition(":")[2] for p in asked["asked_by"]], FEW)
    suggested = " (suggested)" if asked["informative"] else ""
    return [wrapped(f"{asked['label']}{suggested} [{by}]", 2, 2)]


# -- plans -------------------------------------------------------------------------------


def plan(found: Json) -> Group:
    """The actions, what each closes, what stays open, and what is proved of the whole."""
    blocks: list[RenderableType] = [wrapped(_opening(found))]
    if found["actions"]:
        blocks.append(wrapped(_proved(found)))
    closings = {c["provision"]: c for c in found["closes"]}
    if found["actions"]:
        blocks += heading("Actions")
        for action in found["actions"]:
            blocks += _action(action, closings)
    if found["already_closed"]:
        blocks += heading("Closed already")
        blocks += _some(found["already_closed"], lambda c: _closing(c, None), MOST)
    if found["wanted"] and found["cannot_be_closed"]:
        reasons = Counter(u["reason"] for u in found["cannot_be_closed"])
        total = ", ".join(f"{n} {reason}" for reason, n in reasons.most_common())
        blocks += heading(f"Cannot be closed with the actions considered ({total})")
        told = sorted(found["cannot_be_closed"], key=lambda u: u["reason"] == "no-path")
        blocks += _some(told, lambda u: [wrapped(f"{u['id']}  {u['sentence']}", 2, 2)], MOST)
    if found["not_yet_applicable"]:
        blocks += heading("Asked for, in force, not yet applicable")
        blocks += list(_later(found["not_yet_applicable"], MOST))
    return Group(*blocks, Text(""), *_ended(found))


def _opening(found: Json) -> str:
    wanted, already = found["wanted"], len(found["already_closed"])
    if not wanted:
        return " ".join(["There is no duty to plan for.", *(u["sentence"] for u in found["cannot_be_closed"])])
    if already == wanted:
        return f"{'The duty is' if wanted == 1 else f'All {wanted} duties are'} closed already; nothing to do."
    closed, count = len(found["closes"]), len(found["actions"])
    duties = "1 duty" if wanted == 1 else f"{wanted} duties"
    before = f"{already} of {duties} {'is' if already == 1 else 'are'} closed already. " if found["done"] else ""
    in_part = sum(u["reason"] == "partial" for u in found["cannot_be_closed"])
    hint = f" {in_part} can be covered in part: ask with --degree partial." if in_part else ""
    if not count:
        left = "the duty" if wanted == 1 else f"any of the {wanted - already} left" if already else f"any of {duties}"
        return f"{before}No action considered closes {left} ({found['degree']}).{hint}"
    actions = "1 action closes" if count == 1 else f"{count} actions close"
    told = f"{actions} {closed} of {duties} ({found['degree']}), at a cost of {found['cost']:g}."
    return f"{before}{told}{hint}{_own(found)}"


def _own(found: Json) -> str:
    """How to ask for actions of other frameworks, where the duties' own framework gave some."""
    framework = {c["provision"]: c["framework"] for c in found["closes"]}
    own = [a for a in found["actions"] if {framework[name] for name in a["closes"]} <= {a["framework"]}]
    if found["sources"] or not own:
        return ""
    are = "1 of the actions is" if len(own) == 1 else f"{len(own)} of the actions are"
    return f" {are} of the duties' own framework: --from FRAMEWORK takes actions of another one only."


def _action(action: Json, closings: dict[str, Json]) -> list[RenderableType]:
    lines: list[RenderableType] = [
        wrapped(f"{action['provision']}  {action['title']} (cost {action['cost']:g})", 2, 2, "bold")
    ]
    return lines + _some(action["closes"], lambda name: _closing(closings[name], action["provision"]), MOST)


def _closing(closing: Json, action: str | None) -> list[RenderableType]:
    others = [b for b in closing["by"] if b not in (action, closing["provision"])]
    together = f", {'together with' if action else 'from'} {', '.join(others)}" if others else ""
    rows = [s["mapping"] for s in closing["derivation"] if s["mapping"]]
    proof = f" by {', '.join(rows)}" if rows else ""
    sure = f", {how_sure(closing['confidence'])} confidence" if rows else ""
    sign = _SIGNS[closing["degree"]]
    said = f"{sign} {closing['provision']}  {closing['title']}{sure}{together}{proof}"
    return [wrapped(said, 4, 2), *_only_where(closing, 6)]


def _proved(found: Json) -> str:
    limits = f"{found['solver']}, {found['considered']} actions considered, {found['seconds']:.1f} s"
    if found["optimum_proved"]:
        tie = "" if found["order_decided"] else " Which plan of that cost is preferred was not decided in time."
        return f"Proved: no plan costs less ({limits}).{tie}"
    return (
        f"Not proved in time: no plan costs less than {found['bound']:g}, so this one is at most "
        f"{found['gap']:.1%} of its cost too dear ({limits})."
    )


# -- shared ------------------------------------------------------------------------------


def _labels(things: Iterable[Json]) -> str:
    return " and ".join(t["label"] for t in things)


def _ids(names: Sequence[str], most: int | None) -> str:
    if most is None or len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def _some(items: Sequence[Any], lines: Any, most: int | None) -> list[RenderableType]:
    shown = items if most is None else items[:most]
    blocks = [line for item in shown for line in lines(item)]
    rest = len(items) - len(shown)
    return [*blocks, Text(f"  and {rest} more (all in --format json).")] if rest else blocks


def _ended(found: Json) -> list[RenderableType]:
    roles = ", ".join(found["roles"]) or "every role, each named"
    facts = (
        f"As of {found['as_of']} · role: {roles} · systems: {found['system_class']} · graph {found['graph_version']}"
    )
    signed = f"{found['rows_signed']} of {found['rows_used']} rows signed by an accountable person"
    return [*(wrapped(n) for n in found["notes"]), wrapped(f"{facts} · {signed}. {found['notice']}", style="dim")]
