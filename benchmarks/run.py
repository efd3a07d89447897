"""Every benchmark, each part in a process of its own: `make bench`, or `python -m benchmarks.run [--quick] [PART …]`.

All parts: prints the tables, writes results.json and, unless quick, docs/benchmarks.md. Some parts: prints only.
Exit code 1 where a part failed; a target that is missed is a result, not a failure.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from importlib import import_module

from benchmarks import report
from benchmarks.measuring import Section
from benchmarks.report import ROOT, Run

PARTS = ("starting", "hops", "shipped", "questions", "batches", "collection", "others", "hostile", "checking")
PATIENCE = 3_600  # seconds for one part, on a machine that has other things to do


def main() -> None:
    """Measure, print, write."""
    given = _arguments()
    if given.within:
        _within(given.parts[0], given.quick)
        return
    run = Run(given.quick, report.machine(), {}, {})
    for name in given.parts or PARTS:
        _part(run, name)
    if not given.parts:
        report.write_json(run)
        if not given.quick:
            report.write_page(run)
    missed = [row.name for row in run.rows if row.met is False]
    print(f"\nTargets missed: {', '.join(missed) or 'none'}. Parts failed: {', '.join(run.failed) or 'none'}.")
    sys.exit(1 if run.failed else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure everything, or some parts.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar=f"PART ({', '.join(PARTS)})")
    parser.add_argument("--quick", action="store_true", help="smaller sizes and fewer rounds: under three minutes")
    parser.add_argument("--within", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _part(run: Run, name: str) -> None:
    """One part in a new process, so that neither memory nor caches of another are in its figures."""
    command = [sys.executable, "-m", "benchmarks.run", "--within", name, *(["--quick"] if run.quick else [])]
    try:
        ran = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        run.failed[name] = f"it took more than {PATIENCE} s"
        return
    if ran.returncode:
        run.failed[name] = (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
        print(ran.stderr, file=sys.stderr)
        return
    section = Section.read(json.loads(ran.stdout))
    run.sections[name] = section
    print(f"\n{name}: {section.seconds:.0f} s, peak memory {section.peak_mb:,.0f} MB\n")
    for row in section.rows:
        print("\n".join(report.row_lines(row)))
    for table in section.tables:
        print("\n" + "\n".join(report.table_lines(table)))
    sys.stdout.flush()


def _within(name: str, quick: bool) -> None:
    """Measure one part here, and hand it to the process that asked."""
    began = time.perf_counter()
    section: Section = import_module(f"benchmarks.{name}").measure(quick)
    section.seconds = time.perf_counter() - began
    section.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump(section.as_json(), sys.stdout)


if __name__ == "__main__":
    main()
