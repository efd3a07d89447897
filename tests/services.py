"""A service over organisations of its own, asked in this process without a port, with real keys."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from conftest import AS_OF
from fastapi import FastAPI

from aims_graph.library import Library
from aims_graph.workspaces import keys
from aims_graph.workspaces.workspace import BASE, Workspace
from aims_graph_api import create_app
from aims_graph_api.organisations import Organisation

V1 = "/api/v1"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SCOPES = ("read", "write", "admin")


@dataclass
class Service:
    """An application, its organisations, and a key of each for each scope."""

    app: FastAPI
    organisations: dict[str, Organisation]
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)  # one loop for all requests, as in a process

    def client(self, organisation: str | None = None, scope: str = "admin", **headers: str) -> Client:
        """Requests with a key of an organisation; without any key where none is named."""
        if organisation is not None:
            headers["Authorization"] = f"Bearer {self.keys[organisation, scope]}"
        return Client(self, headers)

    @contextmanager
    def running(self) -> Iterator[Service]:
        """While this lasts, requests are answered; no process for queries is left afterwards."""
        with self.runner:
            try:
                yield self
            finally:
                pool = self.app.state.serving.pool
                if pool is not None:
                    self.runner.run(pool.close())

    def close(self, organisation: str) -> Path:
        """Let go of a workspace, so that commands can open it; where it is."""
        closed = self.organisations.pop(organisation)
        closed.close()
        return closed.folder

    def state(self, organisation: str) -> str:
        """The hash of all that an organisation's workspace holds."""
        with self.organisations[organisation].open() as workspace:
            return workspace.store.state.hex


@dataclass
class Client:
    """Requests to an application in this process, without a port."""

    service: Service
    headers: dict[str, str]

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; a path that does not start with '/' is one of the API."""
        return self.at_once([(method, path, more)])[0]

    def at_once(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """Several requests at once."""
        return self.service.runner.run(self._asked(requests))

    async def _asked(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        transport = httpx.ASGITransport(self.service.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service", headers=self.headers) as client:
            sent = [client.request(m, p if p.startswith("/") else f"{V1}/{p}", **more) for m, p, more in requests]
            return list(await asyncio.gather(*sent))

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.request("GET", path, **more)

    def send(self, path: str, content: bytes | str, media: str, method: str = "POST", **more: Any) -> httpx.Response:
        """Something in a format."""
        headers = {"Content-Type": media, **more.pop("headers", {})}
        return self.request(method, path, content=content, headers=headers, **more)


@contextmanager
def served(folder: Path, library: Library, *names: str, bases: dict[str, str] | None = None) -> Iterator[Service]:
    """A service over new, empty workspaces of these names."""
    made: dict[str, Organisation] = {}
    texts: dict[tuple[str, str], str] = {}
    try:
        for name in names:
            Workspace.init(folder / name, (bases or {}).get(name, BASE), name, NOW)
            for scope in SCOPES:
                texts[name, scope] = keys.make(folder / name, f"{scope} of {name}", [scope], "test", NOW).text
            made[name] = Organisation(name, folder / name, library)
        app = create_app(library, today=lambda: AS_OF, organisations=made)
        with Service(app, made, texts).running() as service:
            yield service
    finally:
        for organisation in made.values():
            organisation.close()
