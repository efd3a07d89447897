"""What-else over HTTP beside an empty route of the same framework: one process, loopback, connections kept alive.

`python -m benchmarks.serving [--seconds 4] [--rounds 3]`; needs `wrk`. Each round measures every case once, so that
what else the machine does falls on all alike; a ratio is the median of its rounds. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlencode

from aims_graph.library import Library

SEED = 20261122
CONNECTIONS = 4
DAY = date(2026, 11, 22)
EMPTY, WHAT_ELSE = "/empty", "/api/v1/provisions/{}/what-else"
LUA = """
local lines, at, headers = {{}}, 0, {headers}
for line in io.lines("{paths}") do lines[#lines + 1] = line end
request = function()
  at = at % #lines + 1
  return wrk.format("GET", lines[at], headers)
end
done = function(summary, latency)
  io.write(string.format("p50=%d p99=%d bad=%d\\n", latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.read + summary.errors.timeout))
end
"""


@dataclass(frozen=True)
class Found:
    """One run of the load client."""

    per_second: float
    p50: float  # microseconds
    p99: float
    bad: int


@contextmanager
def served(which: str) -> Iterator[str]:
    """A server in a process of its own; its address."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.serving", "--serve", which, "--port", str(port)]
    with subprocess.Popen(command) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _await(address + (EMPTY if which == "empty" else "/health/live"))
            yield address
        finally:
            process.terminate()
            process.wait(10)


def _await(address: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(address, timeout=1).read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{address} does not answer")


def serve(which: str, port: int) -> None:
    """The empty route, or the service, until terminated."""
    import uvicorn
    from fastapi import FastAPI

    from aims_graph_api import create_app

    if which == "empty":
        app = FastAPI()

        @app.get(EMPTY)
        async def empty() -> dict[str, str]:
            return {}
    else:
        app = create_app(Library.open(), today=lambda: DAY)
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", log_level="error", access_log=False)


def load(address: str, paths: list[str], seconds: float, connections: int, headers: dict[str, str]) -> Found:
    """Ask for the paths in turn, for so long."""
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder, "paths"), Path(folder, "ask.lua")
        listed.write_text("\n".join(paths) + "\n")
        table = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items())
        script.write_text(LUA.format(paths=listed, headers=f"{{{table}}}"))
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(script), address]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", said)
    tail = re.search(r"p50=(\d+) p99=(\d+) bad=(\d+)", said)
    assert per_second and tail, said
    return Found(float(per_second[1]), float(tail[1]), float(tail[2]), int(tail[3]))


def questions(library: Library) -> tuple[list[str], list[str]]:
    """Addresses that all differ: every provision with other options in one context, and in many contexts."""
    shuffled = Random(SEED)
    names = list(library.catalogue.provisions)
    frameworks = sorted(library.catalogue.editions)
    choices: list[dict[str, Any]] = [
        *({"framework": f, "min_degree": d} for f, d in product(frameworks, ("full", "partial", "candidate"))),
        *({"limit": n} for n in range(1, 6)),
        {},
    ]
    one = [_address(n, choice) for n in names for choice in shuffled.sample(choices, 12)]
    roles, days = sorted(library.catalogue.roles), [date(2026 + m // 12, m % 12 + 1, 1) for m in range(40)]
    contexts: list[dict[str, Any]] = [{"role": r, "as_of": d.isoformat()} for r in roles for d in days]
    many = [_address(n, shuffled.choice(contexts)) for n in names]
    shuffled.shuffle(one)
    shuffled.shuffle(many)
    return one, many


def _address(name: str, options: dict[str, Any]) -> str:
    return WHAT_ELSE.format(name) + (f"?{urlencode(options)}" if options else "")


def measure(seconds: float, rounds: int) -> dict[str, object]:
    """Every case in turn; ratios to the empty route."""
    library = Library.open()
    one, many = questions(library)
    part = len(one) // (rounds + 1)
    with served("empty") as empty, served("service") as service:
        asked = f"{service}{WHAT_ELSE.format('iso42001:10.2')}"
        tag = urllib.request.urlopen(asked).headers["ETag"]
        kept = {"If-None-Match": tag}
        single = [WHAT_ELSE.format("iso42001:10.2")]
        load(service, one[:part], seconds, CONNECTIONS, {})  # the edges are worked out once
        runs: dict[str, list[Found]] = {}
        for n in range(1, rounds + 1):
            mine = one[n * part : (n + 1) * part]
            for name, address, paths, headers, connections in (
                ("empty", empty, [EMPTY], {}, CONNECTIONS),
                ("uncached", service, mine, {}, CONNECTIONS),
                ("uncached_many_contexts", service, many, {}, CONNECTIONS),
                ("repeated", service, single, {}, CONNECTIONS),
                ("not_modified", service, single, kept, CONNECTIONS),
                ("unloaded", service, mine, {}, 1),
            ):
                runs.setdefault(name, []).append(load(address, paths, seconds, connections, headers))
    return {"ratios": _ratios(runs), "runs": {name: [vars(f) for f in found] for name, found in runs.items()}}


def _ratios(runs: dict[str, list[Found]]) -> dict[str, float]:
    empty = [run.per_second for run in runs["empty"]]
    found = {
        f"what_else_{name}_vs_empty_route": statistics.median(
            run.per_second / base for run, base in zip(runs[name], empty, strict=True)
        )
        for name in ("uncached", "uncached_many_contexts", "repeated", "not_modified")
    }
    tails = [loaded.p99 / alone.p50 for loaded, alone in zip(runs["uncached"], runs["unloaded"], strict=True)]
    return {
        name: round(value, 3) for name, value in (found | {"p99_vs_unloaded_median": statistics.median(tails)}).items()
    }


def main() -> None:
    """Measure, or be one of the servers."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--seconds", type=float, default=4)
    said.add_argument("--rounds", type=int, default=3)
    said.add_argument("--serve", choices=["empty", "service"])
    said.add_argument("--port", type=int, default=0)
    given = said.parse_args()
    if given.serve:
        serve(given.serve, given.port)
    elif shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt-get install wrk")
    else:
        print(json.dumps(measure(given.seconds, given.rounds), indent=2))


if __name__ == "__main__":
    main()
