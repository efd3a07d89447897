"""The application: a library and a clock in, every route and page out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from aims_graph.library import Library
from aims_graph_api import (
    audit,
    checks,
    consistency,
    crosswalks,
    describing,
    explain,
    frameworks,
    health,
    mappings,
    pages,
    planning,
    problems,
    provisions,
    questions,
    record_evidence,
    record_writes,
    records,
    search,
    serving,
    weighing,
    what_else,
)
from aims_graph_api.answering import Marks
from aims_graph_api.headers import SafeHeaders
from aims_graph_api.limits import BodyLimit
from aims_graph_api.organisations import Organisation
from aims_graph_api.parameters import Today
from aims_graph_api.serving import Serving

PREFIX = "/api/v1"
STATIC = Path(__file__).parent / "static"


def today_utc() -> date:
    """Today's date in UTC: the one clock of the service."""
    return datetime.now(UTC).date()


def create_app(
    library: Library, *, today: Today = today_utc, organisations: dict[str, Organisation] | None = None
) -> FastAPI:
    """The service over what is loaded; `today` gives the day of an answer that names none.

    Raises DataError for a saved question that is wrong, before anything is served.
    """
    app = FastAPI(title=describing.TITLE, docs_url=None, redoc_url=None, redirect_slashes=False)
    serving.install(app, Serving(library, organisations or {}))
    app.state.today, app.state.marks = today, Marks()
    app.add_middleware(BodyLimit)
    app.add_middleware(SafeHeaders)
    problems.install(app)
    for routes in (
        frameworks.router(today),
        what_else.router(today),  # before provisions, whose path would take its own
        provisions.router(today),
        explain.router(today),
        weighing.router(today),
        planning.router(today),
        consistency.router(today),
        crosswalks.router(today),
        mappings.router(today),
        search.router(),
        questions.router(today),
        records.router(today),
        record_writes.router(today),
        record_evidence.router(today),
        checks.router(today),
        audit.router(),
        health.routes,
    ):
        app.include_router(routes, prefix=PREFIX)
    app.include_router(health.routes, include_in_schema=False)

    @cache
    def document() -> dict[str, Any]:
        return describing.document(app, library, PREFIX)

    app.openapi = document  # type: ignore[method-assign]
    app.include_router(pages.router(today, document))
    app.mount("/static", StaticFiles(directory=STATIC))
    _ = library.names, library.questions
    return app
