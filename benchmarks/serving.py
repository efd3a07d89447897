"""What-else over HTTP beside empty routes of the same framework: one process each, loopback, connections kept alive.

`python -m benchmarks.serving [--seconds 3] [--rounds 3]`; needs `wrk`. Each round measures every case once, so that
what else the machine does falls on all alike; a ratio is the median of its rounds. Prints one JSON object.

What is asked, each in its own way:

- `uniform`: every provision, each with other options (framework, least degree, limit), in no order;
- `clause`: iso42001:10.2 alone, each time with other options.

What a case measures:

- `empty`: a route of FastAPI that returns `{}`; all ratios are to it.
- `sized`: a route that returns a body as long as the answer to each question of `uncached`, and does nothing else.
- `uncached`: addresses that were never asked before, in the context of which the service works out what follows from
  each provision before it says that it is ready (everybody, today). No answer to such an address is kept anywhere;
  what it is made of is at hand.
- `first_of_a_context`: addresses in contexts (roles, class of systems, day) in which nothing was asked about that
  provision before, so that nothing is at hand.
- `repeated`: one address, again and again.
- `not_modified`: the same, by a caller who still has the answer (304).
- `unloaded`: addresses as of `uncached`, one at a time.

Beside the ratio of requests a second stands that of the time for which the processor of the server works on one
request (`…_processor`), in which there is no other work on the machine. The tail is the 99th percentile of `uncached`
with four connections that ask without a pause, over the median of `unloaded`.
"""

from __future__ import annotations

import argparse
import json
import os
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
from itertools import combinations, product
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import FastAPI
from fastapi.responses import Response

from aims_graph.library import Library
from aims_graph.model import ANY_CLASS

SEED = 20261122
CONNECTIONS = 4
DAY = date(2026, 11, 22)
CLAUSE = "iso42001:10.2"
EMPTY, SIZED, WHAT_ELSE = "/empty", "/sized/{}", "/api/v1/provisions/{}/what-else"
DEGREES = ("full", "partial", "candidate")
UNCUT = 1_000  # answers; more than any question has
CUTS, CUT = (None, 3, 10), 0.05  # limits that are asked for again, and how often
MOST = 40_000  # addresses of one run; more than are asked for in 4 s
SIZES = 2_000  # answers whose lengths the route of equal size is given
PLAIN, READY, FIRST = "plain", "ready", "first"  # the servers: empty routes; the service, once for each state it is in
LUA = """
local lines, at, headers = {{}}, 0, {headers}
for line in io.lines("{paths}") do lines[#lines + 1] = line end
request = function()
  at = at % #lines + 1
  return wrk.format("GET", lines[at], headers)
end
done = function(summary, latency)
  io.write(string.format("p50=%d p99=%d bad=%d asked=%d\\n", latency:percentile(50), latency:percentile(99),
    summary.errors.status + summary.errors.read + summary.errors.timeout, summary.requests))
end
"""


@dataclass(frozen=True)
class Found:
    """One run of the load client."""

    per_second: float
    processor: float  # microseconds that the server works for one request
    p50: float  # microseconds
    p99: float
    bad: int
    asked: int
    addresses: int  # that differ; fewer than were asked where some were asked again


@dataclass(frozen=True)
class Case:
    """What is asked of which server, and how."""

    server: str
    paths: list[str]
    connections: int = CONNECTIONS
    held: str = ""  # the ETag of the answer that the caller still has


@dataclass(frozen=True)
class Server:
    """A server in a process of its own."""

    address: str
    process: int

    def worked(self) -> float:
        """Seconds that it has worked so far."""
        told = Path(f"/proc/{self.process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(which: str) -> Iterator[Server]:
    """A server, for as long as it is needed."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.serving", "--serve", which, "--port", str(port)]
    with subprocess.Popen(command) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _await(address + (EMPTY if which == PLAIN else "/health/ready"))
            yield Server(address, process.pid)
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
    """The empty routes, or the service as it is once it is ready, until terminated."""
    import uvicorn

    from aims_graph_api import create_app
    from aims_graph_api.preparing import prepare

    if which == PLAIN:
        app = FastAPI()
        text = b"x" * 1_000_000

        @app.get(EMPTY)
        async def empty() -> dict[str, str]:
            return {}

        @app.get(SIZED.format("{length}"))
        async def sized(length: int) -> Response:
            return Response(text[:length], media_type="application/json")
    else:
        app = create_app(Library.open(), today=lambda: DAY)
        prepare(app)
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", log_level="error", access_log=False)


def load(server: Server, case: Case, seconds: float) -> Found:
    """Ask for the paths in turn, for so long."""
    with tempfile.TemporaryDirectory() as folder:
        listed, script = Path(folder, "paths"), Path(folder, "ask.lua")
        listed.write_text("\n".join(case.paths) + "\n")
        headers = f"{{['If-None-Match'] = {json.dumps(case.held)}}}" if case.held else "{}"
        script.write_text(LUA.format(paths=listed, headers=headers))
        command = ["wrk", "-t1", f"-c{case.connections}", f"-d{seconds:g}s", "-s", str(script), server.address]
        before = server.worked()
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", said)
    told = re.search(r"p50=(\d+) p99=(\d+) bad=(\d+) asked=(\d+)", said)
    assert per_second and told, said
    p50, p99, bad, asked = (int(number) for number in told.groups())
    worked = 1e6 * (server.worked() - before) / asked
    return Found(float(per_second[1]), worked, p50, p99, bad, asked, len(set(case.paths)))


# -- what is asked -----------------------------------------------------------------------


def uniform(library: Library, count: int) -> list[str]:
    """Every provision as often as any other, in one context; half of them of all frameworks."""
    return _addresses(list(library.catalogue.provisions), [[f] for f in sorted(library.catalogue.editions)], count)


def clause(library: Library, count: int) -> list[str]:
    """One provision with other options, in one context; half of them of all frameworks."""
    editions = sorted(library.catalogue.editions)
    return _addresses([CLAUSE], [list(f) for n in range(1, 5) for f in combinations(editions, n)], count)


def _addresses(names: list[str], some: list[list[str]], count: int) -> list[str]:
    """So many addresses, none of them twice."""
    drawn, found = Random(SEED), dict[str, None]()
    while len(found) < count:
        frameworks = drawn.choice(some) if drawn.random() < 0.5 else []
        limit = drawn.choice(CUTS) if drawn.random() < CUT else drawn.randrange(UNCUT, 1_000 * UNCUT)
        found[_address(names[len(found) % len(names)], frameworks, drawn.choice(DEGREES), limit)] = None
    return list(found)


def _address(name: str, frameworks: list[str], degree: str, limit: int | None) -> str:
    options = [*(("framework", f) for f in frameworks), ("min_degree", degree)]
    return WHAT_ELSE.format(name) + "?" + urlencode([*options, *([] if limit is None else [("limit", limit)])])


def first(library: Library) -> list[str]:
    """Every provision once in each of many contexts, none of them the one that is ready."""
    catalogue = library.catalogue
    days = [date(year, 12, 15).isoformat() for year in (2024, 2025, 2026, 2028)]
    classes = [ANY_CLASS, *(c for c in catalogue.system_classes if c != ANY_CLASS)]
    contexts = [*product(sorted(catalogue.roles), classes, days)]
    found = [
        WHAT_ELSE.format(name) + "?" + urlencode({"role": role, "system_class": system_class, "as_of": day})
        for role, system_class, day in contexts
        for name in catalogue.provisions
    ]
    Random(SEED).shuffle(found)
    return found


def first_of_clause(library: Library) -> list[str]:
    """One provision once in each of many contexts, none of them the one that is ready."""
    catalogue, some = library.catalogue, sorted(library.catalogue.roles)
    roles = [chosen for n in (1, 2, 3) for chosen in combinations(some, n)]
    found = [
        WHAT_ELSE.format(CLAUSE) + "?" + urlencode([*(("role", r) for r in chosen), ("system_class", c), ("as_of", d)])
        for chosen, c, d in product(roles, catalogue.system_classes, (f"{year}-12-15" for year in (2024, 2025, 2028)))
    ]
    Random(SEED).shuffle(found)
    return found


def lengths(library: Library, paths: list[str]) -> list[str]:
    """For each question, the address of an empty route whose body is as long as the answer."""
    from aims_graph.relations import Degree
    from aims_graph.trace import Options
    from aims_graph_api.routes.writing import Written

    written, found = Written(), []
    for path in paths:
        asked = urlsplit(path)
        given = dict(parse_qsl(asked.query))
        frameworks = tuple(value for name, value in parse_qsl(asked.query) if name == "framework")
        limit, degree = given.get("limit"), Degree[given["min_degree"].upper()]
        options = Options(DAY, frameworks=frameworks, min_degree=degree, limit=None if limit is None else int(limit))
        answer = library.what_else([asked.path.split("/")[4]], options)
        found.append(SIZED.format(len(written.what_else(answer))))
    return found


# -- measuring ---------------------------------------------------------------------------


def measure(seconds: float, rounds: int) -> dict[str, object]:
    """Every case of both ways to ask, in turn; ratios to the empty route."""
    library = Library.open()
    runs: dict[str, list[Found]] = {}
    count = 2 * MOST * rounds
    asking = {
        "uniform": (uniform(library, count), first(library)),
        "clause": (clause(library, count), first_of_clause(library)),
    }
    with served(PLAIN) as plain, served(READY) as ready, served(FIRST) as fresh:
        servers = {PLAIN: plain, READY: ready, FIRST: fresh}
        again = [WHAT_ELSE.format(CLAUSE)]
        tag = urllib.request.urlopen(ready.address + again[0]).headers["ETag"]
        for n in range(rounds):
            cases = {"empty": Case(PLAIN, [EMPTY])}
            for way, (asked, never) in asking.items():
                mine = asked[n::rounds]
                fast, slow = mine[::2][:MOST], mine[1::2][:MOST]
                cases |= {
                    f"{way}_uncached": Case(READY, fast),
                    f"{way}_sized": Case(PLAIN, lengths(library, fast[:SIZES])),
                    f"{way}_unloaded": Case(READY, slow, 1),
                    f"{way}_first_of_a_context": Case(FIRST, never[n::rounds][:MOST]),
                }
            cases |= {"repeated": Case(READY, again), "not_modified": Case(READY, again, held=tag)}
            for name, case in cases.items():
                runs.setdefault(name, []).append(load(servers[case.server], case, seconds))
    return {"ratios": _ratios(runs), "runs": {name: [vars(f) for f in found] for name, found in runs.items()}}


def _ratios(runs: dict[str, list[Found]]) -> dict[str, float]:
    """The throughput of each case over that of the empty route, and the tails."""
    shown = [name for name in runs if name != "empty" and not name.endswith("_unloaded")]
    found = {f"{name}_vs_empty": _median(runs[name], runs["empty"]) for name in shown}
    found |= {f"{name}_vs_empty_processor": _worked(runs["empty"], runs[name]) for name in shown}
    for way in ("uniform", "clause"):
        found[f"{way}_uncached_vs_sized"] = _median(runs[f"{way}_uncached"], runs[f"{way}_sized"])
        for case in ("uncached", "first_of_a_context"):
            pairs = zip(runs[f"{way}_{case}"], runs[f"{way}_unloaded"], strict=True)
            found[f"{way}_{case}_p99_vs_unloaded_median"] = statistics.median(many.p99 / one.p50 for many, one in pairs)
    alone = [run.p99 / run.p50 for run in runs["empty"]]
    return {
        name: round(value, 3) for name, value in (found | {"empty_p99_vs_median": statistics.median(alone)}).items()
    }


def _median(some: list[Found], base: list[Found]) -> float:
    return statistics.median(one.per_second / other.per_second for one, other in zip(some, base, strict=True))


def _worked(some: list[Found], base: list[Found]) -> float:
    return statistics.median(one.processor / other.processor for one, other in zip(some, base, strict=True))


def main() -> None:
    """Measure, or be one of the servers."""
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("--seconds", type=float, default=3)
    said.add_argument("--rounds", type=int, default=3)
    said.add_argument("--serve", choices=[PLAIN, READY, FIRST])
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
