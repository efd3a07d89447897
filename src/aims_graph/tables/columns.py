"""Answers as flat lines: the columns of CSV, the same from a command and over HTTP."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

Json = dict[str, Any]


class Lines(NamedTuple):
    """The columns of a table and its rows; None is an empty cell."""

    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]

    def text(self) -> str:
        """The table as CSV with a header line."""
        return csv_text(self.columns, self.rows)


ANSWER = (
    *("provision", "framework", "notation", "title", "degree", "confidence"),
    *("binds", "applies", "flags", "conditions", "statement", "source"),
)
STEP = ("from", "relation", "to", "degree_after", "guards", "source", "rationale")
GAP = (
    *("provision", "framework", "title", "reason", "degree", "duties"),
    *("conditions", "sentence", "from", "relation", "source"),
)
LEFT = ("provision", "title", "how", "state", "duties", "condition", "conditions", "sentence")
PLAN = ("action", "cost", "closes", "degree", "confidence", "by", "conditions", "mappings", "sources")
CHANGE = ("change", "from", "to", "before", "after", "confidence_before", "confidence_after")
POINT = (
    *("mapping", "subject", "relation", "object", "status", "confidence"),
    *("full", "partial", "lost", "lowered", "expected_loss", "readings", "source"),
)
IMPACT = ("list", "what", "at", "note", "source")
DIRECTION = ("from", "to", "duties", "related", "unrelated", "no_counterpart", "not_judged", "read_twice")
CROSSWALK = (
    *("from", "from_title", "relation", "to", "to_title", "carries", "status"),
    *("confidence", "overlap", "condition", "reason", "mapping", "source"),
)
ROW = ("mapping", "subject", "relation", "object", "status", "confidence", "source")
PAIR = ("subject", "object", "expected_gain", "least_gain")
AMENDED = ("provision", "change", "effective", "within", "enacted_by", "effect", "source")
MAPPING = (
    *("id", "subject", "relation", "object", "confidence", "status", "rationale", "rationale_kind", "overlap"),
    *("strength", "condition", "joint", "author", "reviewer", "mapped_on", "origin", "mapping_set", "source"),
)
PROVISION = ("id", "framework", "kind", "notation", "title", "part_of", "force", "in_force_from", "in_force_to")
FOUND = ("id", "title", "kind")
FRAMEWORK = ("id", "label", "status", "counts")
QUESTION = ("name", "summary", "takes")
RULE = ("code", "severity", "asked_by", "provisions", "name", "evidence", "reason")


def what_else(found: Json) -> Lines:
    """One line an answer, with the places that its proof rests on."""
    return Lines(ANSWER, [_answer(a) for a in found["answers"]])


def _answer(found: Json) -> list[Any]:
    return [
        *(found[c] for c in ANSWER[:6]),
        " ".join(found["binds"]),
        "; ".join(f"{x['system_class']} {x['from']}" for x in found["applies"]),
        " ".join(found["flags"]),
        "; ".join(found["conditions"]),
        found["statement"],
        " ".join(step["source"] for step in found["derivation"]),
    ]


def explanation(found: Json) -> Lines:
    """One line a step: of the proofs, or of the connection where there is none."""
    return picked(STEP, [s for d in found["derivations"] for s in d] or found["connection"])


def gaps(found: Json) -> Lines:
    """One line a gap, with the nearest row."""
    return Lines(GAP, [[_clauses(row, c) for c in GAP] for row in map(_with_nearest, found["gaps"])])


def _with_nearest(gap: Json) -> Json:
    near = gap["near"][0] if gap["near"] else {}
    return {**gap, **{name: near.get(name) for name in ("from", "relation", "source")}}


def residual(found: Json) -> Lines:
    """One line for each thing that is left."""
    return Lines(LEFT, [[_clauses(item, c) for c in LEFT] for item in found["left"]])


def plan(found: Json) -> Lines:
    """One line for each duty that an action closes."""
    return Lines(PLAN, list(_planned(found)))


def _planned(found: Json) -> Iterator[list[Any]]:
    closings = {c["provision"]: c for c in found["closes"]}
    for action in found["actions"]:
        for closing in (closings[name] for name in action["closes"]):
            steps = [s for s in closing["derivation"] if s["mapping"]]
            yield [
                action["provision"],
                action["cost"],
                closing["provision"],
                closing["degree"],
                closing["confidence"],
                flat(closing["by"]),
                _clauses(closing, "conditions"),
                " ".join(s["mapping"] for s in steps),
                " ".join(s["source"] for s in steps),
            ]


def changes(found: Json) -> Lines:
    """One line for each claim that is gained, lost, raised or lowered."""
    return picked(CHANGE, [*found["changes"], *found["confidence_changes"]])


def weak_points(found: Json) -> Lines:
    """One line a mapping row."""
    rows = [{**p, "readings": (p["readings"] or {}).get("outcome")} for p in found["weak_points"]]
    return picked(POINT, rows)


def impact(found: Json) -> Lines:
    """Everything touched, one a line."""
    return picked(IMPACT, _touched(found))


def _touched(found: Json) -> Iterator[Json]:
    for unit in found["units"]:
        yield _line("units", unit["unit"], [], f"{unit['change']} {unit['effective'] or ''}".strip(), unit)
    for row in found["rows"]:
        yield _line("rows", row["mapping"], row["at"], "read again" if row["read_again"] else "", row)
    for claim in found["claims"]:
        said = f"{claim['from']} to {claim['to']}"
        yield _line("claims", said, claim["through"], f"{claim['degree']}, left {claim['left']}", claim)
    named = {"evidence": "id", "rules": "code", "triggers": "trigger", "references": "provision"}
    for name, key in (*named.items(), ("suggested_actions", "provision")):
        for item in found[name]:
            yield _line(name, item[key], item["at"], "at a whole around it" if item["whole_only"] else "", item)
    for record in found["records"]:
        yield _line("records", record["record"], [*record["names"], *record["handled_under"]], record["kind"], record)


def _line(list_: str, what: str, at: list[str], note: str, item: Json) -> Json:
    return {"list": list_, "what": what, "at": at, "note": note, "source": item.get("source")}


def coverage(found: Json) -> Lines:
    """One line a direction between two frameworks."""
    return picked(DIRECTION, found["directions"])


def crosswalk(found: Json) -> Lines:
    """One line a row between two frameworks."""
    return picked(CROSSWALK, found["rows"])


def conflicts(found: Json) -> Lines:
    """One line for each row of each set that cannot all be right."""
    sets = [(n, c, row) for n, c in enumerate(found["conflicts"], 1) for row in c["rows"]]
    return Lines(("conflict", "sentence", *ROW), [(n, c["sentence"], *(row[x] for x in ROW)) for n, c, row in sets])


def entailed(found: Json) -> Lines:
    """One line for each row that follows from others."""
    stated = [(row, one["follows_from"]) for one in found["entailed"] for row in one["rows"]]
    return Lines((*ROW, "follows_from"), [(*(row[c] for c in ROW), _places(of)) for row, of in stated])


def _places(rows: Iterable[Json]) -> str:
    return " ".join(row["source"] for row in rows)


def next_pairs(found: Json) -> Lines:
    """One line a pair that is to be judged."""
    pairs = found["pairs"]
    possible = [" ".join(f"{x['relation']}={x['gain']}" for x in p["possible"]) for p in pairs]
    rows = [(*(p[c] for c in PAIR), said) for p, said in zip(pairs, possible, strict=True)]
    return Lines((*PAIR, "possible"), rows)


def shown(found: Json) -> Lines:
    """The plain members of one thing, one a line."""
    return Lines(("property", "value"), [(name, flat(value)) for name, value in found.items() if not _nested(value)])


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict) for v in value))


def mappings(found: Json) -> Lines:
    """One line a mapping row."""
    return picked(MAPPING, found["mappings"])


def provisions(found: Json) -> Lines:
    """One line a provision."""
    return picked(PROVISION, found["provisions"])


def found(answer: Json) -> Lines:
    """One line a search result."""
    return picked(FOUND, answer["results"])


def frameworks(found: Json) -> Lines:
    """One line an edition."""
    return picked(FRAMEWORK, map(counted, found["frameworks"]))


def counted(framework: Json) -> Json:
    """An edition with its counts in words, and whether it is in force."""
    return {
        **framework,
        "counts": ", ".join(f"{n} {kind}" for kind, n in framework["counts"].items()),
        "status": "in force" if framework["in_force"] else f"not in force on {framework['as_of']}",
    }


def amended(found: Json) -> Lines:
    """One line a change of an edition, each unit followed by the finer changes beneath it."""
    return Lines(AMENDED, [[row.get(c) for c in AMENDED] for row in _amended(found)])


def _amended(found: Json) -> Iterator[Json]:
    yield from ({"provision": found["framework"], **whole} for whole in found["edition"])
    for change in found["changes"]:
        yield {**change, "within": None}
        yield from ({**finer, "within": change["provision"]} for finer in change["within"])
    yield from found["unlisted"]


def questions(found: Json) -> Lines:
    """One line a saved question."""
    return picked(QUESTION, [{**q, "takes": taken(q["parameters"])} for q in found["questions"]])


def taken(parameters: list[dict[str, str]]) -> str:
    """What a question takes, as it is typed."""
    return " ".join(f"{p['name']}={p['example']}" for p in parameters)


def rules(found: Json) -> Lines:
    """One line an evidence rule, or a requirement without a rule of its own."""
    return picked(RULE, [{**row, "evidence": "; ".join(row["evidence"])} for row in found["rules"]])


def picked(columns: tuple[str, ...], rows: Iterable[Json]) -> Lines:
    """The named members of rows."""
    return Lines(columns, [[flat(row[c]) for c in columns] for row in rows])


def flat(value: Any) -> Any:
    """A list of words as one text; anything else as it is."""
    return " ".join(value) if isinstance(value, list) else value


def _clauses(item: Json, column: str) -> Any:
    """A member of an answer as one text; conditions, which are clauses, with semicolons between them."""
    return "; ".join(item[column]) if column == "conditions" else flat(item[column])


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a header line; None is an empty cell, and no cell can be read as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(c) for c in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
