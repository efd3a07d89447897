"""The main question: `/provisions/{curie}/what-else`, and `/what-else` for several provisions, together or each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import date
from typing import Annotated, Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from aims_graph.answers import WhatElse, what_else_json
from aims_graph.errors import AimsGraphError
from aims_graph.library import Library
from aims_graph.tables import columns
from aims_graph.trace import Options, check_options
from aims_graph_api import problems
from aims_graph_api.answering import JSON, TABLE, Answering, Wanted, told, unchanged, validators
from aims_graph_api.negotiation import SENT_JSON, accepted, negotiated
from aims_graph_api.parameters import MOST_TARGETS, Selecting, Today, Typed, options
from aims_graph_api.problems import INVALID, Refused
from aims_graph_api.routes.provisions import Curie
from aims_graph_api.routes.writing import Written
from aims_graph_api.schemas import responses
from aims_graph_api.serving import Loaded, caller_of, serving_of

NDJSON = "application/x-ndjson"
MOST_EACH = 10_000  # targets of one request that are asked about one by one
LINES_AT_ONCE = 8  # computed before they are sent
EACH = {
    "content": {
        NDJSON: {
            "schema": {
                "description": "One line a target, in the order given: the answer to it alone, or a problem with it.",
                "anyOf": [{"$ref": "#/components/schemas/WhatElse"}, {"$ref": "#/components/schemas/Problem"}],
            }
        }
    }
}

REPEATABLE = frozenset({"role", "framework"})
QUERIES = 2_000  # ways to ask that are read once


class Together(Selecting):
    """Several provisions, and how the question is asked."""

    targets: Annotated[
        list[Typed],
        Field(
            min_length=1,
            max_length=MOST_EACH,
            description="Provisions: ids, or what people type for them. Taken together as one question, at most "
            f"{MOST_TARGETS}; each as a question of its own where `{NDJSON}` is accepted.",
        ),
    ]


def install(app: FastAPI, prefix: str, today: Today, written: Written) -> None:
    """Add the routes of the what-else question, first of all: that of one provision without a router of its own."""
    routes = APIRouter(tags=["what else"], route_class=Answering)
    errors = problems.declared((400, *problems.NAMED, 422))

    def answer(library: Library, wanted: str, targets: Sequence[str], chosen: Options) -> Response:
        return said(library.what_else(targets, chosen), wanted)

    def said(found: WhatElse, wanted: str, headers: dict[str, str] | None = None) -> Response:
        if wanted == JSON:
            return Response(written.what_else(found), headers=headers, media_type=JSON)
        return told(wanted, what_else_json(found), columns.what_else, headers)

    def what_else(library: Loaded, wanted: Wanted, curie: Curie, asked: Annotated[Selecting, Query()]) -> Response:
        """Say what doing all that one provision asks also counts towards, each answer with its proof."""
        return answer(library, wanted, [curie], options(library, today, asked))

    asked_before = Asked()

    class Direct(Answering):
        """Without what a route in general needs, a thread above all, where nothing has to be worked out."""

        async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
            response = self._at_hand(Request(scope)) if scope["method"] == "GET" else None
            await (super().handle if response is None else response)(scope, receive, send)

        def _at_hand(self, request: Request) -> Response | None:
            library = serving_of(request).library
            chosen = asked_before.options(library, today(), request.scope["query_string"])
            if chosen is None or caller_of(request).organisation is not None:
                return None
            media = negotiated(accepted(request), self.offered)
            headers = validators(request, media)
            if "if-none-match" in request.headers:
                return unchanged(request, headers)
            found = library.what_else_at_hand(request.path_params["curie"], chosen)
            return None if found is None else said(found, media, headers)

    app.router.add_api_route(
        prefix + "/provisions/{curie:path}/what-else",
        what_else,
        tags=["what else"],
        response_model=responses.WhatElse,
        responses=errors | {200: TABLE},
        route_class_override=Direct,
    )

    @routes.post(
        "/what-else",
        response_model=responses.WhatElse,
        responses=errors | problems.declared((413, 415)) | {200: {"content": TABLE["content"] | EACH["content"]}},
        dependencies=[SENT_JSON],
    )
    def what_else_together(library: Loaded, wanted: Wanted, request: Request, asked: Together) -> Response:
        """Say what doing all that several provisions ask, taken together, also counts towards.

        With `Accept: application/x-ndjson` each target is a question of its own: the answers come one a line, in the
        order of the targets, as they are found; a target that cannot be used has a problem on its line.
        """
        chosen = options(library, today, asked)
        if wanted == NDJSON:
            check_options(library.catalogue, chosen)
            return StreamingResponse(_lines(library, request, asked.targets, chosen), media_type=NDJSON)
        if len(asked.targets) > MOST_TARGETS:
            detail = (
                f"body.targets: at most {MOST_TARGETS} are taken together. Accept {NDJSON} to ask about each alone."
            )
            raise Refused(INVALID, detail)
        return answer(library, wanted, asked.targets, chosen)

    app.include_router(routes, prefix=prefix)


class Asked:
    """The ways to ask that were read, for one library and day."""

    def __init__(self) -> None:
        self._of: tuple[Library, date] | None = None
        self._read: dict[bytes, Options] = {}

    def options(self, library: Library, day: date, query: bytes) -> Options | None:
        """The options that a query string states; None where it is not of the form asked for, as is said elsewhere."""
        if self._of is None or self._of[0] is not library or self._of[1] != day:
            self._of, self._read = (library, day), {}
        read = self._read
        found = read.get(query)
        if found is None:
            asked = _asked(query)
            if asked is None:
                return None
            if len(read) >= QUERIES:
                read.clear()
            found = read[query] = options(library, lambda: day, asked)
        return found


def _asked(query: bytes) -> Selecting | None:
    given: dict[str, Any] = {name: [] for name in REPEATABLE}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in REPEATABLE:
            given[name].append(value)
        else:
            given[name] = value
    try:
        return Selecting.model_validate(given)
    except ValidationError:
        return None


async def _lines(library: Library, request: Request, targets: Sequence[str], chosen: Options) -> AsyncIterator[bytes]:
    """The line of each target; computed only as fast as they are taken, and no more once nobody takes them."""
    for start in range(0, len(targets), LINES_AT_ONCE):
        some = targets[start : start + LINES_AT_ONCE]
        for line in await run_in_threadpool(list, _each(library, request, some, chosen)):
            yield line


def _each(library: Library, request: Request, targets: Sequence[str], chosen: Options) -> Iterator[bytes]:
    for target in targets:
        found: dict[str, Any]
        try:
            found = what_else_json(library.what_else([target], chosen))
        except AimsGraphError as error:
            found = orjson.loads(problems.on_error(request, error).body) | {"target": target}
        yield orjson.dumps(found, option=orjson.OPT_APPEND_NEWLINE)
