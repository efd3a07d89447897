"""What a process does before it says that it is ready: it works out what most questions are about."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from aims_graph.library import Library
from aims_graph.trace import Options
from aims_graph_api import collector


def prepare(app: FastAPI, library: Library | None = None) -> None:
    """Have ready what follows from each provision for everybody today, of what is served or is to be served next.

    Other days, roles and classes of systems are worked out when they are asked about.
    """
    served = app.state.serving.library if library is None else library
    app.state.prepared = True
    with _still():
        app.state.written.prepare(served.outcomes, Options(app.state.today()).context())


def prepare_again(app: FastAPI, library: Library) -> None:
    """The same for data that is about to take the place of what is served, if it was done for that."""
    if getattr(app.state, "prepared", False):
        prepare(app, library)


@contextmanager
def _still() -> Iterator[None]:
    """Without the collector, which would go through what is made and kept again and again."""
    collecting = gc.isenabled()
    collector.rest()
    try:
        yield
    finally:
        if collecting:
            collector.work()
