"""The read-only service of aims-graph: one thin router per answer, and two pages."""

from aims_graph_api.app import create_app

__all__ = ["create_app"]
