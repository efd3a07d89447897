"""The saved questions: `/questions`, and `/questions/{name}` with the question's own parameters."""

from __future__ import annotations

from collections import OrderedDict
from datetime import date
from functools import partial
from threading import Lock
from typing import Annotated, Any

import orjson
import pyoxigraph as ox
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict

from aims_graph import asked
from aims_graph.errors import InputError
from aims_graph.library import Library
from aims_graph.showing import questions_json
from aims_graph.tables import columns
from aims_graph_api import problems
from aims_graph_api.answering import CSV, TABLE, Answering, Wanted, told
from aims_graph_api.parameters import LONGEST, Reading, Today
from aims_graph_api.schemas import responses
from aims_graph_api.serving import Loaded, caller_of

THREADS = 2  # in which questions are answered at once, for each organisation and for callers of none
DATASETS = 2  # that are kept
VALUES = "values"  # of a question's own parameters, whose names only the question knows
OF_ITS_OWN = {
    "name": VALUES,
    "in": "query",
    "required": False,
    "style": "form",
    "explode": True,
    "description": "The question's own parameters, each as a parameter of the address: `/questions` lists them.",
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}
QuestionName = Annotated[str, Path(max_length=LONGEST, description="The name of a saved question.")]


class ResultsResponse(JSONResponse):
    """W3C SPARQL results JSON under its own media type."""

    media_type = "application/sparql-results+json"

    def render(self, content: Any) -> bytes:
        """The text of the results."""
        return orjson.dumps(content)


class Bound(Reading):
    """For which day and on which rows a question is asked; any other parameter binds one of its own."""

    model_config = ConfigDict(extra="allow")

    def values(self) -> dict[str, str]:
        """The question's own parameters, each given once."""
        for name, value in (self.model_extra or {}).items():
            if not isinstance(value, str):
                raise InputError(f"'{name}' is given more than once. Give each parameter of a question once.")
        return dict(self.model_extra or {})


class Datasets:
    """The datasets that questions were last asked of: each takes a second or two to make, and some 60 MB."""

    def __init__(self, most: int = DATASETS) -> None:
        self._most = most
        self._made: OrderedDict[tuple[int, date, str], tuple[Library, ox.Store]] = OrderedDict()
        self._lock = Lock()

    def of(self, library: Library, as_of: date, trust: str) -> ox.Store:
        """The dataset of a library on a day; made by one at a time."""
        key = id(library), as_of, trust  # the library is held, so that its id stays its own
        with self._lock:
            found = self._made.get(key)
            if found is None:
                found = library, library.store(as_of, trust)
                while len(self._made) >= self._most:
                    self._made.popitem(last=False)
            self._made[key] = found
            self._made.move_to_end(key)
        return found[1]


def router(today: Today) -> APIRouter:
    """The routes of saved questions."""
    routes = APIRouter(tags=["questions"], route_class=Answering)
    kept, alone, turns = Datasets(), CapacityLimiter(THREADS), dict[str, CapacityLimiter]()

    @routes.get("/questions", response_model=responses.Questions, responses=problems.declared(()) | {200: TABLE})
    def questions(library: Loaded, wanted: Wanted) -> Response:
        """List the saved questions, what each answers and takes."""
        return told(wanted, questions_json(library.questions), columns.questions)

    @routes.get(
        "/questions/{name}",
        response_model=responses.SparqlResults,
        response_class=ResultsResponse,
        responses=problems.declared((400, *problems.NAMED, 422)) | {200: TABLE},
        openapi_extra={"parameters": [OF_ITS_OWN]},
    )
    async def question(
        library: Loaded, wanted: Wanted, request: Request, name: QuestionName, bound: Annotated[Bound, Query()]
    ) -> Response:
        """Ask a saved question: query parameters bind its own, which `/questions` lists, as people type values."""
        organisation = caller_of(request).organisation
        threads = alone if organisation is None else turns.setdefault(organisation.name, CapacityLimiter(THREADS))
        values, as_of = bound.values(), bound.as_of or today()
        ask = partial(asked.ask, library, name, values, as_of, bound.trust, kept.of)
        rows = await to_thread.run_sync(ask, limiter=threads)
        if wanted == CSV:
            return Response(asked.lines(rows).text(), media_type=CSV)
        return ResultsResponse(asked.results_json(rows))

    return routes
