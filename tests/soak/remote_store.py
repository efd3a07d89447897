"""The store of a service killed under load: `PYTHONPATH=tests python -m soak.remote_store --kills 40`.

The records of a real `aims-graph serve` are at the Oxigraph server, on disk. It is killed again and again while three
clients read and write, and started anew on the same data. `remote_outages` says what has to hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from remote_outages import outages
from soak.recording import commit, record

SEED = 20261122


def main() -> None:
    """Kill, look, and record; exit 1 where something is not as it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as where:
        found = outages(Path(where), SEED, asked.kills)
    counts = {
        kind: ", ".join(f"{status}: {n:,}" for (k, status), n in sorted(found.statuses.items()) if k == kind)
        for kind in ("read", "write")
    }
    record(
        "The store at a server, killed under load",
        f"`python -m soak.remote_store --kills {asked.kills}` at commit {commit()}, seed {SEED}: a service with its "
        f"records at the Oxigraph server, three clients, on this machine. {found.kills} deaths of the store by "
        f"SIGKILL, {len(found.acknowledged):,} acknowledged writes.\n\n"
        "| what was looked for | found |\n|---|---|\n"
        f"| answers to reads, by status | {counts['read']} |\n"
        f"| answers to writes, by status | {counts['write']} |\n"
        f"| deaths at once told by the ready probe | {found.away} |\n"
        f"| ready again by itself | {len(found.back)}, at most {max(found.back):.1f} s after the store answered |\n"
        f"| wrong answers, lost or torn writes, processes started anew | {len(found.wrong)} |",
    )
    if found.wrong:
        print(*found.wrong[:60], sep="\n", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
