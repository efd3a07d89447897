"""Fifty deaths while writing, at chosen points and at random times: `PYTHONPATH=tests python -m soak.durability`.

Every entry that the writer told of has to be in the log, the log has to verify, and the store has to be what the log
leads to. It takes some minutes; the points, counts and times are drawn from the seed.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from crashing import POINTS, Round, started, survived
from kept import made
from soak.recording import commit, record

ROUNDS, LEAST, SEED = 50, 10_000, 20261122
WRITES = LEAST // ROUNDS * 2  # most that a round writes; a round dies in the second half of it


def inside(folder: Path, dice: random.Random, before: int) -> tuple[str, Round]:
    """One death at a chosen point of a write."""
    point = dice.choice(POINTS)
    count = (
        dice.randrange(WRITES // 20, WRITES // 10) if point == "large change" else dice.randrange(WRITES // 2, WRITES)
    )
    process = started(folder, WRITES, point, count)
    told, _ = process.communicate()
    return point, survived(folder, told, before)


def outside(folder: Path, dice: random.Random, before: int) -> tuple[str, Round]:
    """One death at a random time, after some hundred writes."""
    process = started(folder, 100 * WRITES)
    assert process.stdout is not None
    told = b"".join(process.stdout.readline() for _ in range(dice.randrange(WRITES // 2, WRITES)))
    time.sleep(dice.random() / 50)
    process.kill()
    told += process.stdout.read()
    process.stdout.close()
    process.wait()
    return "from outside", survived(folder, told, before)


def main() -> None:
    """Die, look, and record."""
    dice = random.Random(SEED)
    deaths: Counter[str] = Counter()
    replayed = acknowledged = unacknowledged = last = 0
    with tempfile.TemporaryDirectory() as where:
        folder = made(Path(where) / "w")
        while sum(deaths.values()) < ROUNDS or acknowledged < LEAST:
            way, found = (inside if dice.random() < 0.6 else outside)(folder, dice, last)
            deaths[way] += 1
            acknowledged += found.acknowledged - last
            unacknowledged += found.found - found.acknowledged
            replayed += found.replayed
            last = found.found
    lines = [
        f"`make soak` at commit {commit()}, seed {SEED}: {sum(deaths.values())} deaths by SIGKILL while writing, "
        f"{acknowledged:,} acknowledged writes.",
        "",
        "| what was looked for after each death | found |",
        "|---|---|",
        "| acknowledged writes that were lost | 0 |",
        "| torn entries, logs that do not verify | 0 |",
        "| stores that hold other statements than the log leads to | 0 |",
        f"| stores that were behind and took up what they lacked | {replayed} |",
        f"| writes that were on disk though not yet acknowledged | {unacknowledged} |",
        "",
        "Deaths: " + ", ".join(f"{way} {count}" for way, count in sorted(deaths.items())) + ".",
    ]
    record("Durability", "\n".join(lines))


if __name__ == "__main__":
    main()
