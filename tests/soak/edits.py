"""Thousands of random edits: findings kept up from what each edit can touch, against a check of everything.

`PYTHONPATH=tests python -m soak.edits [--edits N] [--first SEED] [--jobs N]` makes worlds of records out of the
examples of some rules each, edits them, and after every edit compares what is known from the edits alone with a check
of everything by the reference engine. It writes counts, seeds and commit into docs/measurements.md, and ends with exit
code 1 where they differ.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date, timedelta
from multiprocessing import Pool
from random import Random

from edit_worlds import World, examples
from soak.recording import commit, record

from aims_graph.checking.shapes import Rules, subset
from aims_graph.library import Library
from aims_graph.workspaces.assessing import Assessor

EDITS, FIRST, EACH, RULES = 2_000, 1, 25, 10
DAYS = 1_800  # the day of a world lies within so many days from the first
FIRST_DAY = date(2026, 11, 22)


def looked_at(seed: int) -> tuple[int, set[str], int, list[str]]:
    """One world: its edits, the rules that were broken at some time, the most verdicts at once, the differences."""
    library, random = Library.open(), Random(seed)
    chosen = sorted(random.sample(library.rules.rules, RULES), key=lambda rule: rule.code)
    rules: Rules = subset(library.rules, chosen)
    assessor = Assessor(library.catalogue, rules)
    day = FIRST_DAY + timedelta(days=random.randrange(DAYS))
    world = World(assessor, examples(library.catalogue, rules.rules), day, random)
    broken: set[str] = set()
    most, wrong = 0, []
    for changed in world.edits(EACH):
        wanted = world.by_whole_check(reference=True)
        broken |= {rule for rule, _ in wanted}
        most = max(most, len(wanted))
        if wanted != world.known:
            wrong.append(f"seed {seed}, {day}: {sorted(wanted ^ world.known)[:3]} after {[str(t) for t in changed]}")
    return EACH, broken, most, wrong


def main() -> None:
    """Look at worlds until enough edits were made; record, and say what differed."""
    parser = argparse.ArgumentParser(description="Random edits, checked as edits and as a whole.")
    parser.add_argument("--edits", type=int, default=EDITS)
    parser.add_argument("--first", type=int, default=FIRST, metavar="SEED")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    began = time.perf_counter()
    seeds = range(given.first, given.first + -(-given.edits // EACH))
    with Pool(given.jobs) as pool:
        worlds = pool.map(looked_at, seeds, chunksize=1)
    edits = sum(n for n, *_ in worlds)
    broken = set().union(*(rules for _, rules, *_ in worlds))
    wrong = [line for *_, lines in worlds for line in lines]
    lines = [
        f"Edits, each followed by a check of everything by the reference engine: {edits:,} in {len(worlds)} worlds "
        f"(seeds {seeds.start} to {seeds.stop - 1}).",
        f"Rules broken at some time: {len(broken)} of {len(Library.open().rules.rules)}. "
        f"Most verdicts at once: {max(most for _, _, most, _ in worlds)}.",
        f"Differences: {len(wrong)}.",
        f"Commit {commit()}, {time.perf_counter() - began:,.0f} s.",
    ]
    record("Edits checked as edits and as a whole", "\n\n".join(lines))
    print("\n".join([*lines, *wrong]))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
