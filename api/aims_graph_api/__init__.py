"""The service of aims-graph: one thin router per answer, and two pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aims_graph_api.app import create_app

__all__ = ["create_app"]


def __getattr__(name: str) -> Any:
    """The application is imported when it is asked for: processes that only run queries go without it."""
    if name != "create_app":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from aims_graph_api.app import create_app

    return create_app
