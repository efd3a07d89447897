"""A million pairs and more: random worlds of sets, and no claim in any of them that is not so.

`PYTHONPATH=tests python -m soak.random_pairs [--pairs N] [--first SEED] [--jobs N]` looks at worlds, half of them
hypothetical and half about one recorded case, in the order of their seeds until enough pairs (what is supposed
done, a provision) were looked at. It writes counts, seeds and commit into docs/measurements.md, and ends with
exit code 1 where a claim was false or a rule or guard hardly fired.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from multiprocessing import Pool

from set_worlds import World
from soak.recording import commit, record
from test_random_worlds import falsehoods

from aims_graph.guards import names

PAIRS, FIRST = 1_000_000, 1_000_000  # the seeds below FIRST are those of the quick run
CHUNK = 20  # worlds of each kind that a process looks at before it reports
MOST = 5  # times the pairs wanted are looked at where a rule or guard is rare
TURN = 8  # chunks between two looks at the count
FIRINGS_WANTED = 1_000  # of each rule and guard


def worlds(first: int) -> Iterator[World]:
    """The worlds of one chunk, both kinds."""
    return (World(seed, of_case) for of_case in (False, True) for seed in range(first, first + CHUNK))


def looked_at(first: int) -> tuple[Counter[str], list[str]]:
    """What one chunk counts, and every false claim in it."""
    counted: Counter[str] = Counter()
    return counted, list(falsehoods(worlds(first), counted))


def run(pairs: int, first: int, jobs: int) -> tuple[Counter[str], list[str], int]:
    """Chunk after chunk until enough pairs were looked at: the counts, the false claims, the seed after the last."""
    counted: Counter[str] = Counter()
    false: list[str] = []
    with Pool(jobs) as pool:
        for begin in count(first, TURN * CHUNK):
            for more, found in pool.map(looked_at, range(begin, begin + TURN * CHUNK, CHUNK)):
                counted += more
                false += found
            enough = counted["pairs"] >= pairs and not rare(counted)
            if false or enough or counted["pairs"] >= MOST * pairs:
                return counted, false, begin + TURN * CHUNK
    raise AssertionError("the worlds have no end")


def rare(counted: Counter[str]) -> dict[str, int]:
    """Rules and guards that fired too rarely to be called tested."""
    found = {name: counted[name] for name in counted if name.startswith(("rule ", "guard "))}
    return {name: number for name, number in sorted(found.items()) if number < FIRINGS_WANTED}


def report(counted: Counter[str], false: list[str], seeds: range, seconds: float) -> str:
    """The section for the page of measurements."""
    lines = [
        f"`make soak` at commit {commit()}: worlds of the seeds {seeds.start} to {seeds.stop - 1}, each once",
        f"hypothetical and once about a recorded case, {seconds / 60:.0f} minutes, {len(names())} guards asked.",
        "",
        "| looked at | number |",
        "|---|---|",
        f"| pairs of what is done and a provision | {counted['pairs']:,} |",
        f"| full claims, beyond what is itself supposed done | {counted['derived full']:,} |",
        f"| partial claims, likewise | {counted['derived partial']:,} |",
        f"| **false claims** | **{len(false)}** |",
    ]
    for kind, title in (("rule", "steps by rule"), ("guard", "firings by guard"), ("flag", "flags in answers")):
        fired = sorted(name.partition(" ")[2] for name in counted if name.startswith(f"{kind} "))
        if fired:
            lines += ["", f"| {title} | number |", "|---|---|"]
            lines += [f"| {name} | {counted[f'{kind} {name}']:,} |" for name in fired]
    if false:
        lines += ["", "False claims:", "", *(f"- `{claim}`" for claim in false[:20])]
    return "\n".join(lines)


def main() -> None:
    """Look, write the section, and end with 1 where something was false or hardly looked at."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pairs", type=int, default=PAIRS)
    asked.add_argument("--first", type=int, default=FIRST, help="seed of the first world")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--no-record", action="store_true", help="print only")
    options = asked.parse_args()
    begin = time.monotonic()
    counted, false, end = run(options.pairs, options.first, options.jobs)
    text = report(counted, false, range(options.first, end), time.monotonic() - begin)
    if options.no_record:
        print(text)
    else:
        record("Random worlds", text)
    for name, number in rare(counted).items():
        print(f"{name} fired only {number} times", file=sys.stderr)
    sys.exit(bool(false or rare(counted)))


if __name__ == "__main__":
    main()
