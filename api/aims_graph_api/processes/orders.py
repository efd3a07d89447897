"""What a process is told that is one of several."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aims_graph_api.processes.server import Start


@dataclass(frozen=True)
class Orders:
    """What to serve, where, and how to say that it does."""

    start: Start
    folder: Path  # private to the service
    listening: int | None  # the descriptor of the shared socket; None for the process that writes
    ready: int  # the descriptor on which to say so

    @property
    def socket(self) -> Path:
        """Where the process that writes listens."""
        return self.folder / "writer"
