"""Five thousand spoilt queries: `PYTHONPATH=tests python -m soak.queries [--queries N] [--seed N]`.

The shipped questions and the hostile queries are cut, doubled, mixed and mistyped, as drawn from the seed, and asked
of a pool, fifty at once. Each must have an outcome within its limits, and the process that serves stays quick.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date
from statistics import median

from asking import Asked, Delays, many, one
from hostile_queries import hostile
from soak.recording import ROOT, commit, record

from aims_graph.sparql_text import tokens
from aims_graph_api.query_pool.pool import Limits, Pool

QUERIES, SEED, AT_ONCE, WORKERS = 5_000, 20261122, 50, 4
LIMITS = Limits(0.5, memory=2**28, rows=1_000, bytes=2_000_000, waiting=AT_ONCE)
EXPECTED = {"answered", "unusable-query", "not-allowed", "took-too-long", "too-large"}
AS_OF = date(2026, 11, 22)
NOWHERE = ("http://127.0.0.1:9/", "/nowhere/at-all.ttl")
ODD = (
    "",
    "\0",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    '"',
    "'''",
    "\\",
    "*",
    "+",
    "!",
    "^",
    "^^",
    "@",
    ";",
    ".",
    "_:",
    "?",
    "#",
)
WORDS = ("SERVICE", "FROM", "UNION", "OPTIONAL", "SELECT", "GRAPH ?g", "FILTER", "BIND", "VALUES", "MINUS", "DESCRIBE")


@dataclass
class Run:
    """What became of the queries of one run."""

    found: list[Asked]
    delays: Delays
    after: Asked

    @property
    def outcomes(self) -> Counter[str]:
        """How often each outcome occurred."""
        return Counter(asked.outcome for asked in self.found)


def originals() -> list[str]:
    """What is spoilt: the shipped questions, as often as hostile queries of a size that lets many be asked."""
    shipped = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "queries").glob("*.rq"))]
    against = [q.text for q in hostile(*NOWHERE) if len(q.text) < 20_000]
    return [*shipped * (len(against) // len(shipped)), *against]


def spoilt(dice: random.Random, texts: list[str]) -> str:
    """One of the texts, changed in one or two places."""
    parts = [part for _, part in tokens(dice.choice(texts))]
    for _ in range(dice.randint(1, 2)):
        place, length = dice.randrange(len(parts) + 1), dice.choice((1, 1, 2, 5, 20))
        match dice.randrange(7):
            case 0:
                del parts[place : place + length]
            case 1:
                parts[place:place] = parts[place : place + length] * dice.choice((1, 2, 50))
            case 2:
                parts.insert(place, dice.choice(ODD))
            case 3:
                parts.insert(place, f" {dice.choice(WORDS)} ")
            case 4:
                other = [part for _, part in tokens(dice.choice(texts))]
                start = dice.randrange(len(other) + 1)
                parts[place:place] = other[start : start + length]
            case 5:
                parts[place : place + 1] = [
                    chr(dice.choice((0, 9, 0xAD, 0x202E, 0xFFFF, 0x1F600))) + p for p in parts[place : place + 1]
                ]
            case _:
                parts[place : place + length] = reversed(parts[place : place + length])
    return "".join(parts)


def run(count: int, seed: int) -> Run:
    """Spoil and ask so many."""
    dice, texts = random.Random(seed), originals()
    queries = [spoilt(dice, texts) for _ in range(count)]

    async def asked() -> Run:
        pool = Pool([], WORKERS, LIMITS)
        pool.places.patience = 600
        try:
            await one(pool, "ASK {}", AS_OF)
            found, delays = await many(pool, queries, AT_ONCE, AS_OF)
            return Run(found, delays, await one(pool, "ASK { ?s ?p ?o }", AS_OF))
        finally:
            await pool.close()

    return asyncio.run(asked())


def main() -> None:
    """Ask, look, and record."""
    parser = argparse.ArgumentParser(description="Spoilt queries.")
    parser.add_argument("--queries", type=int, default=QUERIES, metavar="N")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N")
    chosen = parser.parse_args()
    done = run(chosen.queries, chosen.seed)
    strange = [asked for asked in done.found if asked.outcome not in EXPECTED]
    broke = sum("ended the process" in asked.detail for asked in done.found)
    outcomes = "\n".join(f"| {name} | {number} |" for name, number in sorted(done.outcomes.items()))
    delays = done.delays
    record(
        "Spoilt queries",
        f"{len(done.found):,} queries, made from the shipped questions and the hostile ones by cutting, doubling, "
        f"mixing and mistyping; {AT_ONCE} at once, {WORKERS} workers, {LIMITS.seconds:g} s each.\n\n"
        f"| outcome | queries |\n|---|---:|\n{outcomes}\n\n"
        f"Outcomes of another kind: {len(strange)}. Queries that broke their worker: {broke}; the process that serves "
        f"went on, and the pool answered afterwards: {done.after.outcome == 'answered'}. The process that serves was "
        f"late by {1000 * median(delays.found):.1f} ms in the median, by {1000 * delays.share(0.99):.1f} ms at the "
        f"99th percentile.\n\nSeed {chosen.seed}, commit {commit()}.",
    )
    if strange or done.after.outcome != "answered":
        raise SystemExit("\n".join(f"{asked.outcome}: {asked.text[:300]!r}" for asked in strange) or "no answer after")


if __name__ == "__main__":
    main()
