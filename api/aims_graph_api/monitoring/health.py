"""Whether the service answers (`/health/live`), and whether all it needs is there (`/health/ready`)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.datastructures import State

from aims_graph.errors import AimsGraphError
from aims_graph.workspaces.record_store import UNWRITABLE
from aims_graph_api import problems
from aims_graph_api.problems import UNAVAILABLE, Refused
from aims_graph_api.schemas import responses
from aims_graph_api.serving import serving_of

if TYPE_CHECKING:
    from aims_graph.workspaces.record_store import RecordStore
    from aims_graph_api.organisations import Organisation

PATIENCE = 2.5  # seconds that a store may take to answer
AGAIN = {"Retry-After": "1"}

routes = APIRouter(tags=["health"])


@routes.get("/health/live", responses=problems.declared(()))
def live() -> responses.Health:
    """Say that the process answers."""
    return responses.Health(status="live")


@routes.get("/health/ready", responses=problems.declared((503,)))
async def ready(request: Request) -> responses.Ready:
    """Say that everything which answers need is there: the data, and the workspaces where some are served."""
    state = request.app.state
    link = getattr(state, "link", None)
    if link is not None and not await link.ready():
        raise Refused(
            UNAVAILABLE, "The process that keeps records does not answer, or is not ready.", link.again, part="writer"
        )
    waiting = _watch(state).of(serving_of(request).organisations)
    for trouble in await waiting:
        raise Refused(UNAVAILABLE, f"{trouble} Law and standards are answered.", AGAIN, part="store")
    reloader = getattr(state, "reloader", None)
    stale = reloader is not None and bool(reloader.problem)
    return responses.Ready(status="ready", data="older" if stale else "current")


class Watch:
    """Looks after the stores, each one at most once at a time, however often it is asked."""

    def __init__(self) -> None:
        self._looks: dict[str, asyncio.Task[str]] = {}

    async def of(self, organisations: dict[str, Organisation]) -> list[str]:
        """What is wrong with stores; nothing where all are well."""
        looks = [self._look(name, organisation) for name, organisation in organisations.items()]
        done = await asyncio.wait(looks, timeout=PATIENCE) if looks else (set(), set())
        late = ["A store does not answer in time."] if done[1] else []
        return sorted({*late, *(task.result() for task in done[0])} - {""})

    def _look(self, name: str, organisation: Organisation) -> asyncio.Task[str]:
        found = self._looks.get(name)
        if found is None or found.done():
            found = self._looks[name] = asyncio.create_task(to_thread.run_sync(trouble, organisation))
        return found


def _watch(state: State) -> Watch:
    if not hasattr(state, "watch"):
        state.watch = Watch()
    found: Watch = state.watch
    return found


def trouble(organisation: Organisation) -> str:
    """What is wrong with the store of an organisation, without its name; nothing where it is well."""
    try:
        with organisation.open() as workspace:
            asked(workspace.store)
    except Refused:
        return "A store has not taken up the last change yet."
    except (AimsGraphError, *UNWRITABLE):
        return "A store does not answer."
    return ""


def asked(store: RecordStore) -> int:
    """Ask a store, wherever it is, what it took up last; raises what it raises where it does not answer."""
    return store.number
