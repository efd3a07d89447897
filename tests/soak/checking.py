"""Checking records at full size: `PYTHONPATH=tests:. python -m soak.checking` writes what it measures, and where.

The figures are those of `benchmarks.checking`; a thousand actions by the reference engine take a quarter of an hour.
"""

from __future__ import annotations

from soak.recording import commit, record

from benchmarks import checking
from benchmarks.report import row_lines, table_lines


def main() -> None:
    """Measure and record."""
    section = checking.measure(quick=False)
    lines = [line for row in section.rows for line in row_lines(row)]
    lines += [line for table in section.tables for line in ("", *table_lines(table))]
    record("Checking records", "\n".join(["```", *lines, "```", "", f"Commit {commit()}."]))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
