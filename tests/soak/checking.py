"""Checking records at full size: `PYTHONPATH=tests:. python -m soak.checking [--reference N]` records what it measures.

The figures are those of `benchmarks.checking`; the reference engine checks N actions, a thousand unless told, which
takes it a quarter of an hour.
"""

from __future__ import annotations

import argparse

from soak.recording import commit, record

from benchmarks import checking
from benchmarks.report import row_lines, table_lines


def main() -> None:
    """Measure and record."""
    parser = argparse.ArgumentParser(description="Checking records at full size.")
    parser.add_argument("--reference", type=int, default=checking.WHOLE, metavar="N")
    section = checking.measure(quick=False, whole=parser.parse_args().reference)
    lines = [line for row in section.rows for line in row_lines(row)]
    lines += [line for table in section.tables for line in ("", *table_lines(table))]
    record("Checking records", "\n".join(["```", *lines, "```", "", f"Commit {commit()}."]))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
