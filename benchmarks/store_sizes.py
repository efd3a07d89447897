"""What the records of an organisation take at each store: `PYTHONPATH=tests:. python -m benchmarks.store_sizes 1000`.

Only the records are put there, by the way that the program puts them, without checks, log or derived statements.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pyoxigraph as ox
import sparql_servers

from aims_graph.remote import address
from aims_graph.remote.server import Server
from aims_graph.workspaces.sparql_store import SparqlStore
from aims_graph.workspaces.workspace import BASE
from benchmarks.organisations import organisation

TIMES = 50
STANDARD = "https://w3id.org/aims-graph/iso42001/2023/"
MEGA = 1_000_000
GRAPH = ox.NamedNode(BASE)


def resident(pid: int) -> float:
    """The memory that a process holds, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / MEGA
    return 0.0


def on_disk(folder: Path) -> float:
    """The size of the files in a folder, in MB."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) / MEGA


def timed(act: Callable[[int], object]) -> float:
    """The median of some acts, in milliseconds."""
    taken = []
    for number in range(TIMES):
        begun = time.perf_counter()
        act(number)
        taken.append(1000 * (time.perf_counter() - begun))
    return median(taken)


def measured(name: str, store: ox.Store | SparqlStore, quads: list[ox.Quad], pid: int, folder: Path) -> str:
    """One row."""
    before = resident(pid)
    begun = time.perf_counter()
    store.bulk_extend(quads)
    store.flush()
    load = time.perf_counter() - begun
    new = [
        ox.Quad(ox.NamedNode(f"{BASE}new-{n}"), ox.NamedNode("urn:says"), ox.Literal(f"{n}"), GRAPH)
        for n in range(TIMES)
    ]
    subjects = sorted({quad.subject.value for quad in quads if isinstance(quad.subject, ox.NamedNode)})
    read = timed(lambda n: list(store.quads_for_pattern(ox.NamedNode(subjects[n * 7]), None, None, GRAPH)))
    change = timed(lambda n: store.extend([new[n]]))
    size = f"{before:,.0f} → {resident(pid):,.0f}"
    return f"| {name} | {len(quads):,} | {load:.1f} | {size} | {on_disk(folder):,.0f} | {read:.2f} | {change:.2f} |"


def rows(actions: int, wanted: list[str]) -> Iterator[str]:
    """A row for each store."""
    triples = organisation(actions, STANDARD)
    quads = [ox.Quad(triple.subject, triple.predicate, triple.object, GRAPH) for triple in triples]
    for name in wanted:
        with tempfile.TemporaryDirectory() as where:
            folder = Path(where)
            if name == "embedded":
                yield measured(name, ox.Store(str(folder / "store")), quads, os.getpid(), folder)
                continue
            place = {"oxigraph": sparql_servers.oxigraph, "virtuoso": sparql_servers.virtuoso}[name](folder)
            try:
                assert place.process is not None
                server = Server(address.read(place.address, "aims", "secret"))
                yield measured(name, SparqlStore(server, BASE), quads, place.process.pid, folder)
                server.close()
            finally:
                place.kill()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("actions", type=int)
    parser.add_argument("stores", nargs="*", default=["embedded", "oxigraph", "virtuoso"])
    asked = parser.parse_args()
    print("| store | statements | load s | memory MB | disk MB | one node read ms | one statement written ms |")
    print("|---|---|---|---|---|---|---|")
    for row in rows(asked.actions, asked.stores):
        print(row, flush=True)


if __name__ == "__main__":
    main()
