"""What writes and answers about records take at each store: `python -m benchmarks.store_answers 1000`.

A workspace with the records of a made-up organisation, opened as the program always opens one: one changed case to its
verdict, log on disk included; what-else of one recorded case and a saved question, each first and again. With
`PYTHONPATH=tests:.`, where the servers of the tests are.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import sparql_servers

from aims_graph import asked
from aims_graph.library import Library
from aims_graph.remote import address
from aims_graph.trace import Options
from aims_graph.workspaces import workspace_records
from aims_graph.workspaces.assessing import Assessor
from aims_graph.workspaces.workspace import Workspace
from benchmarks.checking import DAY, changed, filled
from benchmarks.store_sizes import STANDARD

Done = TypeVar("Done")
CHANGES = 50
SERVERS = {"oxigraph": sparql_servers.oxigraph, "virtuoso": sparql_servers.virtuoso}
QUESTION, VALUES = "clause-cases", {"provision": "iso42001:10.2"}
HEAD = (
    "store",
    "put there",
    "one change to verdict",
    "records read",
    "what-else first",
    "again",
    "question first",
    "again",
)


def measured(name: str, workspace: Workspace, library: Library, size: int, put: float) -> str:
    """One row; seconds, but milliseconds of a change."""
    change = changed(workspace, Assessor(library.catalogue, library.rules), size, CHANGES).median / 1000
    read, loaded = _timed(lambda: library.with_records(workspace_records.of(workspace)))

    def what_else() -> object:
        return loaded.what_else([f"NC-{size // 2}"], Options(DAY))

    def question() -> object:
        return asked.ask(loaded, QUESTION, VALUES, DAY, "double-read")

    taken = [_timed(act)[0] for act in (what_else, what_else, question, question)]
    told = " | ".join(f"{seconds:.2f}" for seconds in taken)
    return f"| {name} | {put:.1f} | {change:.1f} ms | {read:.2f} | {told} |"


def _timed(act: Callable[[], Done]) -> tuple[float, Done]:
    begun = time.perf_counter()
    done = act()
    return time.perf_counter() - begun, done


def rows(size: int, wanted: list[str], library: Library) -> Iterator[str]:
    """A row for each store."""
    for name in wanted:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            if name in SERVERS:
                place = SERVERS[name](folder)
                stack.callback(place.kill)
                os.environ |= {address.VARIABLE: place.address, address.USER: "aims", address.PASSWORD: "secret"}
            else:
                os.environ.pop(address.VARIABLE, None)
            put, workspace = _timed(lambda: filled(stack, size, STANDARD))
            yield measured(name, workspace, library, size, put)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("actions", type=int)
    parser.add_argument("stores", nargs="*", default=["embedded", *SERVERS])
    given = parser.parse_args()
    library = Library.open()
    print(f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|", sep="\n")
    for row in rows(given.actions, given.stores, library):
        print(row, flush=True)


if __name__ == "__main__":
    main()
