"""A crosswalk as a workbook: rows, matrix, what has no counterpart, and what it is. Text stays text in every cell."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aims_graph.errors import MissingDependency

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Json = dict[str, Any]
ROWS: Final = (
    "from",
    "from_title",
    "relation",
    "to",
    "to_title",
    "carries",
    "status",
    "confidence",
    "strength",
    "overlap",
    "condition",
    "joint",
    "reason",
    "mapping",
    "source",
)
DERIVED: Final = ("from", "from_title", "degree", "to", "to_title", "confidence", "mappings")
ABSENT: Final = ("provision", "title", "in", "reason", "status", "mapping", "source")
BESIDE: Final = ("from", "from_title", "to", "to_title", "verdict", "ours", "published")
SIGNS: Final = {
    "equalTo": "=",
    "subsetOf": "⊂",
    "supersetOf": "⊃",
    "intersectsWith": "∩",
    "unrelatedTo": "≠",
}
_WIDE: Final = {"reason": 70, "condition": 40, "from_title": 34, "to_title": 34, "title": 34, "source": 40}


def crosswalk(found: Json) -> bytes:
    """The bytes of an .xlsx file; MissingDependency where nothing can write one."""
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingDependency("openpyxl writes workbooks.", "pip install 'aims-graph[xlsx]'") from error
    book = Workbook()
    about = book.active
    assert about is not None
    about.title = "About"
    _fill(about, ("what", "value"), _about(found))
    _listed(book, "Rows", ROWS, found["rows"])
    _matrix(book, found)
    _listed(book, "Follows", DERIVED, found["derived"])
    _listed(book, "No counterpart", ABSENT, found["no_counterpart"])
    if "sources" in found:
        _listed(book, "Sources", BESIDE, found["sources"])
    book.properties.created = book.properties.modified = datetime.fromisoformat(found["as_of"]).replace(tzinfo=UTC)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _about(found: Json) -> list[tuple[str, Any]]:
    judged = [
        (
            f"Duties of {line['from']} judged against {line['to']}",
            f"{line['duties'] - line['not_judged']} of {line['duties']}",
        )
        for line in found["judged"]
    ]
    return [
        ("Crosswalk", f"{found['from']} to {found['to']}"),
        ("As of", found["as_of"]),
        ("Graph version", found["graph_version"]),
        ("Notice", found["notice"]),
        ("What it is", "The project's own reading of the texts; no official crosswalk, no presumption of conformity."),
        ("Carries", "What becomes of the second provision, along the row alone, when all that the first asks is done."),
        ("Signs of the matrix", "; ".join(f"{sign} {name}" for name, sign in SIGNS.items()) + "; + another relation"),
        *judged,
    ]


def _listed(book: Workbook, title: str, columns: Sequence[str], lines: Iterable[Json]) -> None:
    _fill(book.create_sheet(title), columns, ([_cell(line[c]) for c in columns] for line in lines))


def _matrix(book: Workbook, found: Json) -> None:
    """One row for each related provision of the first framework, one column for each of the second."""
    starts, ends = (list(dict.fromkeys(r[side] for r in found["rows"])) for side in ("from", "to"))
    ends.sort(key=_in_order)
    signs: dict[tuple[str, str], str] = {}
    for row in found["rows"]:
        signs[row["from"], row["to"]] = SIGNS.get(row["relation"], "+")
    sheet = book.create_sheet("Matrix")
    _fill(sheet, ("", *ends), ([start, *(signs.get((start, end)) for end in ends)] for start in starts))
    sheet.freeze_panes = "B2"


def _in_order(name: str) -> list[tuple[int, int | str]]:
    """Numbers in ids as numbers, so that 10 comes after 9."""
    import re

    return [(0, int(part)) if part.isdigit() else (1, part) for part in re.split(r"(\d+)", name) if part]


def _fill(sheet: Worksheet, columns: Sequence[str], lines: Iterable[Sequence[Any]]) -> None:
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for number, values in enumerate([columns, *lines], 1):
        for place, value in enumerate(values, 1):
            cell = sheet.cell(number, place)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # whatever it begins with, it is no formula
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
    for place, name in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDE.get(name, 18)
    sheet.freeze_panes = "A2"


def _cell(value: Any) -> Any:
    """A value as a cell holds it: lists as text."""
    if isinstance(value, list):
        return ", ".join(_said(one) for one in value)
    return value


def _said(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    return f"{one['relation']} ({one['status']})"
