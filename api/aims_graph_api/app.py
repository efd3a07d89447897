"""The application: a library and a clock in, every route and page out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from aims_graph.library import Library
from aims_graph_api import describing, problems, serving
from aims_graph_api.answering import Marks
from aims_graph_api.gate import guarding
from aims_graph_api.html import files, pages
from aims_graph_api.monitoring import health, operating
from aims_graph_api.monitoring.metrics import ADMIN
from aims_graph_api.organisations import Organisation
from aims_graph_api.parameters import Today
from aims_graph_api.query_pool.pool import Pool
from aims_graph_api.record_routes import audit, checks, record_evidence, record_writes, records
from aims_graph_api.routes import (
    consistency,
    crosswalks,
    explain,
    frameworks,
    linked,
    mappings,
    planning,
    provisions,
    questions,
    search,
    weighing,
    what_else,
)
from aims_graph_api.routes.writing import Written
from aims_graph_api.serving import Serving
from aims_graph_api.settings import Settings
from aims_graph_api.sparql import graph_store, protocol

PREFIX = "/api/v1"
QUERIES = 4  # that run at once
OWN_SPANS: Any = {"tracing": False, "metrics": False, "logs": False}  # not those of the framework beside ours
STATIC = Path(__file__).parent / "static"


def today_utc() -> date:
    """Today's date in UTC: the one clock of the service."""
    return datetime.now(UTC).date()


def create_app(
    library: Library,
    *,
    today: Today = today_utc,
    organisations: dict[str, Organisation] | None = None,
    settings: Settings | None = None,
    data: Sequence[Path] = (),
    metrics: str = ADMIN,
) -> FastAPI:
    """The service over what is loaded; `today` gives the day of an answer that names none.

    `data` are the folders that the library was read from, to be read anew when asked to.

    Raises DataError for a saved question that is wrong, before anything is served.
    """
    app = FastAPI(title=describing.TITLE, docs_url=None, redoc_url=None, redirect_slashes=False, telemetry=OWN_SPANS)
    served = Serving(library, organisations or {}, Pool(data, QUERIES))
    serving.install(app, served)
    app.state.today, app.state.marks = today, Marks()
    written = app.state.written = Written()
    guarding.install(app, served, settings or Settings())
    problems.install(app)
    what_else.install(app, PREFIX, today, written)  # before provisions, whose path would take its own
    for routes in (
        frameworks.router(today),
        provisions.router(today),
        explain.router(today),
        weighing.router(today),
        planning.router(today),
        consistency.router(today),
        crosswalks.router(today),
        mappings.router(),
        linked.router(),
        search.router(),
        questions.router(today),
        records.router(),
        record_writes.router(today),
        record_evidence.router(today),
        checks.router(today),
        audit.router(),
        health.routes,
    ):
        app.include_router(routes, prefix=PREFIX)
    app.include_router(health.routes, include_in_schema=False)

    described = operating.Described(lambda library: describing.document(app, library, PREFIX))
    operating.install(app, data, metrics)

    def document() -> dict[str, Any]:
        return described.of(app.state.serving.library)

    app.openapi = document  # type: ignore[method-assign]
    app.include_router(pages.router(today, document))
    for routes in (graph_store.router(), protocol.router()):
        app.include_router(routes)
    app.include_router(linked.redirects(PREFIX))
    app.mount("/static", files.Whole(directory=STATIC))
    _ = library.names, library.questions
    return app
