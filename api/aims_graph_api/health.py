"""Whether the service answers: `/health/live`."""

from __future__ import annotations

from fastapi import APIRouter

from aims_graph_api import problems, responses

routes = APIRouter(tags=["health"])


@routes.get("/health/live", responses=problems.declared(()))
def live() -> responses.Health:
    """Say that the process answers."""
    return responses.Health(status="live")
