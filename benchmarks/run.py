"""Ratios, each pair measured in one run on this machine; `make bench` prints them and writes results.json.

A command is timed as a person meets it: a new process, start to exit. The pair
is measured in turns, so that a busy machine slows both alike.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pyoxigraph as ox

from aims_graph import inference, queries
from aims_graph.chain import Context
from aims_graph.library import Library

ROOT = Path(__file__).resolve().parents[1]
AS_OF = "2026-11-22"
COMMAND = [str(Path(sys.executable).with_name("aims-graph"))]
IMPORTS = [sys.executable, "-c", "import pyoxigraph, rdflib"]
ROUNDS = 15


@dataclass(frozen=True)
class Ratio:
    """How much longer the first takes than the second: medians of one run, with the spread of each."""

    name: str
    ratio: float
    first_ms: float
    second_ms: float
    first_spread_ms: tuple[float, float]
    second_spread_ms: tuple[float, float]
    rounds: int
    note: str


def _process(arguments: list[str], cache: str = "") -> float:
    environment = {**os.environ, **({"AIMS_CACHE": cache} if cache else {})}
    started = time.perf_counter()
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=environment)
    return (time.perf_counter() - started) * 1000


def _quartiles(values: list[float]) -> tuple[float, float]:
    low, _, high = statistics.quantiles(values, n=4)
    return (round(low, 3), round(high, 3))


def _ratio(name: str, first: list[float], second: list[float], note: str) -> Ratio:
    one, two = statistics.median(first), statistics.median(second)
    return Ratio(
        name, round(one / two, 2), round(one, 3), round(two, 3), _quartiles(first), _quartiles(second), len(first), note
    )


def cold(name: str, arguments: list[str], note: str, cache: str = "") -> Ratio:
    """A command in a new process against importing pyoxigraph and rdflib in a new process."""
    first, second = [], []
    _process([*COMMAND, *arguments], cache)  # the first start may build the snapshot
    for _ in range(ROUNDS):
        first.append(_process([*COMMAND, *arguments], cache))
        second.append(_process(IMPORTS))
    return _ratio(name, first, second, note)


def engine_against_sparql() -> Ratio:
    """The saved main question on the store against the engine with proofs, on every shipped obligation."""
    library = Library.open()
    day = date.fromisoformat(AS_OF)
    store, question = library.store(day), library.questions["what-else"]
    starts = [p for p in library.catalogue.provisions.values() if p.force == "obligation"]
    context = Context(day)
    engine, sparql = [], []
    for provision in starts:
        began = time.perf_counter()
        inference.infer(library.catalogue, [provision.id], context)
        middle = time.perf_counter()
        queries.run(store, question, {"provision": ox.NamedNode(provision.iri)})
        engine.append((middle - began) * 1000)
        sparql.append((time.perf_counter() - middle) * 1000)
    note = "engine: all proofs and confidences; SPARQL: degrees only"
    return _ratio("what_else_sparql_vs_engine", sparql, engine, note)


def main() -> None:
    """Measure, print a table, write results.json."""
    case = ["what-else", "CA-7", "--records", "examples/cv-screening/complete.ttl", "--as-of", AS_OF]
    main_question = ["what-else", "iso42001:10.2", "--as-of", AS_OF]
    ratios = [
        cold("what_else_cold_vs_imports", main_question, "with the snapshot of an earlier start; wanted: at most 3"),
        cold("what_else_first_start_vs_imports", main_question, "reads and builds everything anew", "off"),
        cold("what_else_case_cold_vs_imports", case, "checks the record with pySHACL first"),
        engine_against_sparql(),
    ]
    print(f"{'ratio':>8}  {'first ms':>9}  {'second ms':>9}  name")
    for found in ratios:
        print(f"{found.ratio:>8}  {found.first_ms:>9}  {found.second_ms:>9}  {found.name} ({found.note})")
    result = {"measured": datetime.now(UTC).date().isoformat(), "ratios": [vars(r) for r in ratios]}
    (ROOT / "benchmarks" / "results.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
