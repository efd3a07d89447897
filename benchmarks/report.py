"""What the benchmarks found, as people read it: in the terminal, as JSON, and as a page."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.measuring import Row, Section, Table, spoken

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "benchmarks.md"
START, END = "<!-- the last run -->", "<!-- end of the last run -->"
WIDTH = 80
ENGINES = ("pyoxigraph", "rdflib", "networkx", "numpy", "numba")


@dataclass(frozen=True)
class Run:
    """One run of the benchmarks."""

    quick: bool
    machine: dict[str, object]
    sections: dict[str, Section]
    failed: dict[str, str]  # section → why

    @property
    def rows(self) -> list[Row]:
        """Every line of the main table."""
        return [row for section in self.sections.values() for row in section.rows]


def machine() -> dict[str, object]:
    """Where and of what this is measured; the load says whether the machine had other things to do."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "commit": _commit(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_at_start": [round(load, 1) for load in os.getloadavg()],
        "versions": {name: version(name) for name in ENGINES},
    }


def _commit() -> str:
    try:
        command = ["git", "describe", "--always", "--dirty"]
        ran = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return ran.stdout.strip()


# -- in the terminal ---------------------------------------------------------------------


def row_lines(row: Row) -> Iterator[str]:
    """One line of the main table, in at most 80 columns."""
    yield f"{number(row.ratio):>9}  {row.name}"
    judged = [row.wanted and f"wanted {row.wanted}: {_met(row)}", _sides(row), row.note]
    for text in filter(None, judged):
        yield from textwrap.wrap(text, WIDTH, initial_indent=" " * 11, subsequent_indent=" " * 11)


def table_lines(table: Table) -> Iterator[str]:
    """A further table; where it does not fit the width, one entry a block."""
    yield table.title
    yield from textwrap.wrap(table.about, WIDTH, initial_indent="  ", subsequent_indent="  ")
    widths = [max(len(line[i]) for line in (table.columns, *table.lines)) for i in range(len(table.columns))]
    if sum(widths) + 2 * len(widths) <= WIDTH:
        for line in (table.columns, *table.lines):
            yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        return
    for line in table.lines:
        yield from textwrap.wrap(line[0], WIDTH, initial_indent="  ", subsequent_indent="  ")
        rest = " · ".join(f"{name} {cell}" for name, cell in zip(table.columns[1:], line[1:], strict=True) if cell)
        yield from textwrap.wrap(rest, WIDTH, initial_indent="    ", subsequent_indent="    ")


def number(value: float) -> str:
    """A ratio in about three digits.

    >>> number(663.21), number(2.345), number(0.0123)
    ('663', '2.35', '0.0123')
    """
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _met(row: Row) -> str:
    return "yes" if row.met else "NO"


def _sides(row: Row) -> str:
    sides = [
        f"{spoken(s.median)} ({spoken(s.low)} to {spoken(s.high)}, p99 {spoken(s.p99)}, n={s.rounds})"
        for s in (row.first, row.second)
        if s is not None
    ]
    return " against ".join(sides)


# -- as JSON and as a page ---------------------------------------------------------------


def write_json(run: Run) -> None:
    """results.json: the ratios first."""
    found = {
        **run.machine,
        "mode": "quick" if run.quick else "full",
        "ratios": [row.as_json() for row in run.rows],
        "tables": [vars(table) for section in run.sections.values() for table in section.tables],
        "sections": [
            {"name": name, "seconds": round(s.seconds, 1), "peak_mb": round(s.peak_mb)}
            for name, s in run.sections.items()
        ],
        "failed": run.failed,
    }
    RESULTS.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_page(run: Run) -> None:
    """The tables of docs/benchmarks.md; what stands around them is written by people."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n" + "\n".join(_page(run)) + f"\n\n{END}{after}", encoding="utf-8")


def _page(run: Run) -> Iterator[str]:
    about = run.machine
    versions = ", ".join(f"{name} {v}" for name, v in _items(about["versions"]))
    load = " ".join(str(part) for part in _list(about["load_at_start"]))
    yield textwrap.fill(
        f"{about['measured']}, commit `{about['commit']}`, Python {about['python']}, {about['cores']} cores (load "
        f"average at the start: {load}), {versions}.",
        WIDTH,
    )
    missed = [row.name for row in run.rows if row.met is False]
    asked = sum(row.met is not None for row in run.rows)
    yield ""
    yield f"{asked - len(missed)} of {asked} targets are met." + (" Missed:" if missed else "")
    if missed:
        yield ""
        yield from (f"- `{name}`" for name in missed)
    for name, why in run.failed.items():
        yield f"\nThe part `{name}` failed: {why}"
    columns = ("name", "ratio", "wanted", "met", "first", "second")
    yield ""
    yield from _markdown(columns, [_cells(row) for row in run.rows])
    for section in run.sections.values():
        for table in section.tables:
            yield f"\n**{table.title}.** {table.about}\n".replace("  ", " ")
            yield from _markdown(table.columns, table.lines)
    yield "\n**Time and memory of each part.**\n"
    parts = [(name, f"{s.seconds:.0f} s", f"{s.peak_mb:,.0f} MB") for name, s in run.sections.items()]
    yield from _markdown(("part", "time", "peak memory"), parts)


def _cells(row: Row) -> tuple[str, ...]:
    first, second = (
        "" if s is None else f"{spoken(s.median)} ({spoken(s.low)}–{spoken(s.high)}; p99 {spoken(s.p99)})"
        for s in (row.first, row.second)
    )
    met = "" if row.met is None else _met(row)
    return f"`{row.name}`<br>{row.note}", number(row.ratio), row.wanted, met, first, second


def _markdown(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|" + "---|" * len(columns)
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _items(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []
