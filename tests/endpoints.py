"""A service with a SPARQL endpoint on a free port of this machine, and clients of it with and without a key."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from conftest import AS_OF
from fastapi import FastAPI

from aims_graph.library import Library
from aims_graph.workspaces import keys
from aims_graph.workspaces.workspace import BASE, Workspace
from aims_graph_api import create_app
from aims_graph_api.organisations import Organisation
from aims_graph_api.processes.server import address, listen

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCOPES = ("read", "write")
QUERY, UPDATE = "application/sparql-query", "application/sparql-update"
FORM, TURTLE = "application/x-www-form-urlencoded", "text/turtle"
JSON_ROWS = "application/sparql-results+json"


@dataclass
class Endpoint:
    """One service: where it is, its organisations, and a key of each of them for each scope."""

    base: str
    app: FastAPI
    organisations: dict[str, Organisation]
    keys: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def query(self) -> str:
        """The address of the endpoint."""
        return f"{self.base}/sparql"

    @property
    def store(self) -> str:
        """The address of the graph store."""
        return f"{self.base}/sparql/graph-store"

    def client(self, organisation: str = "", scope: str = "write") -> httpx.Client:
        """Requests with a key of an organisation; without any where none is named."""
        headers = {"Authorization": f"Bearer {self.keys[organisation, scope]}"} if organisation else {}
        return httpx.Client(base_url=self.base, headers=headers, trust_env=False, timeout=60.0)

    def lines(self, organisation: str) -> set[str]:
        """All statements that the workspace of an organisation keeps."""
        with self.organisations[organisation].open() as workspace:
            return {f"{quad} ." for quad in workspace.store.quads()}


@contextmanager
def serving(folder: Path, library: Library, *names: str) -> Iterator[Endpoint]:
    """A service over new, empty workspaces of these names."""
    made: dict[str, Organisation] = {}
    texts: dict[tuple[str, str], str] = {}
    for name in names:
        Workspace.init(folder / name, BASE, name, NOW)
        for scope in SCOPES:
            texts[name, scope] = keys.make(folder / name, f"{scope} of {name}", [scope], "test", NOW).text
        made[name] = Organisation(name, folder / name, library)
    app = create_app(library, today=lambda: AS_OF, organisations=made)
    with listen("127.0.0.1", 0) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))

        async def answer() -> None:
            try:
                await server.serve(sockets=[listening])
            finally:
                await app.state.serving.pool.close()

        thread = threading.Thread(target=lambda: asyncio.run(answer()))
        thread.start()
        try:
            yield Endpoint(address(listening), app, made, texts)
        finally:
            server.should_exit = True
            thread.join()
            for organisation in made.values():
                organisation.close()
