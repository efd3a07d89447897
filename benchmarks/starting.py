"""Commands as a person meets them: a new process, start to exit, against importing pyoxigraph and rdflib."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks import measuring
from benchmarks.measuring import Section, Spread

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2026-11-22"
COMMAND = (str(Path(sys.executable).with_name("aims-graph")),)
IMPORTS = (sys.executable, "-c", "import pyoxigraph, rdflib")
EVERYTHING = """
from datetime import date
from aims_graph.chain import Context
from aims_graph.indexing.index import Index
from aims_graph.library import Library
index = Index(Library.open().catalogue, Context(date.fromisoformat("2026-11-22")))
assert sum(len(found) for _, found in index.everything()) > 1000
"""


def measure(quick: bool) -> Section:
    """All of it."""
    rounds = 5 if quick else 15
    ask = (*COMMAND, "what-else", "iso42001:10.2", "--as-of", AS_OF)
    case = (*COMMAND, "what-else", "CA-7", "--records", "examples/cv-screening/complete.ttl", "--as-of", AS_OF)
    section = Section()
    note = "with the snapshot of an earlier start"
    section.rows.append(measuring.bounded("what_else_cold_vs_imports", *_against_imports(ask, rounds), note, 3))
    note = "reads and builds everything anew"
    found = _against_imports(ask, rounds, "off")
    section.rows.append(measuring.compared("what_else_first_start_vs_imports", *found, note))
    note = "checks the record with pySHACL first"
    found = _against_imports(case, rounds)
    section.rows.append(measuring.compared("what_else_case_cold_vs_imports", *found, note))
    everything = (sys.executable, "-c", EVERYTHING)
    for name, cache, note in (
        ("everything_from_cold", "", "new process: loading (snapshot), index, all claims of all provisions, exit"),
        ("everything_from_cold_without_snapshot", "off", "the same, reading every data file"),
    ):
        first, _ = _against_imports(everything, rounds, cache)
        section.rows.append(measuring.limited(name, first, 1_000, note))
    return section


def _against_imports(arguments: tuple[str, ...], rounds: int, cache: str = "") -> tuple[Spread, Spread]:
    _process(arguments, cache)  # the first start may write the snapshot
    return measuring.in_turns(rounds, lambda: _process(arguments, cache), lambda: _process(IMPORTS), measuring.WALL)


def _process(arguments: tuple[str, ...], cache: str = "") -> None:
    environment = {**os.environ, **({"AIMS_CACHE": cache} if cache else {})}
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=environment)
