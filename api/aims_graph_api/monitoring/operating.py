"""What those who run a service look after it with: its numbers, its spans, and reading its data anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from aims_graph.library import Library
from aims_graph_api.monitoring import metrics
from aims_graph_api.monitoring.metrics import Measured, Metrics
from aims_graph_api.monitoring.reloading import Reloader
from aims_graph_api.preparing import prepare_again
from aims_graph_api.serving import Serving
from aims_graph_api.tracing import Traced

Document = dict[str, Any]


class Described:
    """The OpenAPI document of the data that is served, made once."""

    def __init__(self, made: Callable[[Library], Document]) -> None:
        self._made = made
        self._kept: tuple[Library, Document] | None = None

    def of(self, library: Library) -> Document:
        """The document of some data."""
        if self._kept is None or self._kept[0] is not library:
            self._kept = library, self._made(library)
        return self._kept[1]


def install(app: FastAPI, data: Sequence[Path], access: str) -> None:
    """Count and trace the requests of an application, and let its data be read anew."""
    service: Serving = app.state.serving
    numbers = Metrics(service, access)
    app.state.numbers = numbers
    app.state.reloader = Reloader(service, data, numbers, partial(prepare_again, app))
    app.add_middleware(Traced)
    app.add_middleware(Measured, metrics=numbers)
    app.include_router(metrics.router(numbers))
