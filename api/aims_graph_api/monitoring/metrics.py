"""What Prometheus is told at `/metrics`: counts by route, never by what a caller makes up.

With several processes each writes its numbers to files of its own, and any of them adds up all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import aims_graph
from aims_graph.library import Library
from aims_graph_api import problems, serving
from aims_graph_api.routing import METHODS, template
from aims_graph_api.serving import Serving

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # set by the process that starts several
LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
OUTCOMES = {400: "unusable", 401: "no-key", 403: "refused", 408: "took-too-long", 409: "conflict", 412: "changed-since",
            413: "too-large", 422: "unsound", 428: "no-version", 429: "too-many", 503: "unavailable"}  # fmt: skip
WRITES = ("POST", "PUT", "PATCH", "DELETE")
ORGANISATION = "organisation"
FORWARDED = "(forwarded)"
ADMIN, OPEN = "admin", "open"


def outcome(status: int) -> str:
    """A status in a word, for writes and queries.

    >>> outcome(201), outcome(408), outcome(418), outcome(500)
    ('done', 'took-too-long', 'refused', 'failed')
    """
    if status < 400:
        return "done"
    return OUTCOMES.get(status) or ("failed" if status >= 500 else "refused")


class Numbers(NamedTuple):
    """The numbers that a request of one kind (route, method, status) counts in."""

    seconds: Histogram
    requests: tuple[Counter, ...]  # that of all requests first
    of_queries: bool


class Metrics:
    """The numbers of one process."""

    def __init__(self, service: Serving, access: str = ADMIN) -> None:
        self._serving, self.access = service, access
        r = self.registry = CollectorRegistry()
        self._requests = Counter(
            "aims_graph_requests", "Requests that were answered.", ("route", "method", "status"), registry=r
        )
        self._seconds = Histogram(
            "aims_graph_request_seconds", "Time to the end of an answer.", ("route",), buckets=LATENCIES, registry=r
        )
        self._under_way = Gauge(
            "aims_graph_requests_in_flight", "Requests under way.", registry=r, multiprocess_mode="livesum"
        )
        self._writes = Counter(
            "aims_graph_writes", "Requests that write records, by outcome.", ("outcome",), registry=r
        )
        self._queries = Counter("aims_graph_sparql", "SPARQL requests, by outcome.", ("outcome",), registry=r)
        self._reloads = Counter(
            "aims_graph_reloads", "Times that data was read anew, by outcome.", ("outcome",), registry=r
        )
        self._entries = Gauge(
            "aims_graph_audit_entry", "The last log entry.", (ORGANISATION,), registry=r, multiprocess_mode="livemax"
        )
        self._library = Gauge(
            "aims_graph_library_info", "What is loaded.", ("program", "graph"), registry=r, multiprocess_mode="livemax"
        )
        self._pool = Gauge(
            "aims_graph_queries", "Queries that run and wait, and the most that run at once.", ("state",), registry=r,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._kept: dict[tuple[str, str, int], Numbers] = {}
        self._shown = ""
        self.loaded(service.library)

    def loaded(self, library: Library) -> None:
        """Tell which data is served now."""
        if self._shown:
            self._library.labels(aims_graph.__version__, self._shown).set(0)
        self._shown = library.catalogue.version
        self._library.labels(aims_graph.__version__, self._shown).set(1)

    def reloaded(self, outcome: str) -> None:
        """Count one attempt to read the data anew."""
        self._reloads.labels(outcome).inc()

    def begun(self) -> None:
        """Count a request that begins."""
        self._under_way.inc()

    def ended(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request that ends."""
        self._under_way.dec()
        numbers = self._of(template(scope), scope["method"], status)
        numbers.seconds.observe(seconds)
        for counter in numbers.requests:
            counter.inc()
        if numbers.of_queries:
            self._tell_pool()

    def unanswered(self, method: str, status: int) -> None:
        """Count a request that was to be passed on, and could not be."""
        self._of(FORWARDED, method, status).requests[0].inc()

    def _of(self, route: str, method: str, status: int) -> Numbers:
        """The numbers of the requests of one kind."""
        kind = route, method if method in METHODS else "other", status
        found = self._kept.get(kind)
        if found is None:
            found = self._kept[kind] = self._found(*kind)
        return found

    def _found(self, route: str, method: str, status: int) -> Numbers:
        plain = route.removeprefix("/api/v1")
        requests, of_queries = [self._requests.labels(route, method, str(status))], plain.startswith("/sparql")
        if of_queries:
            requests.append(self._queries.labels(outcome(status)))
        if method in WRITES and plain.startswith(("/records", "/evidence", "/sparql/graph-store")):
            requests.append(self._writes.labels(outcome(status)))
        return Numbers(self._seconds.labels(route), tuple(requests), of_queries)

    def _tell_pool(self) -> None:
        for state, count in _states(self._serving):
            self._pool.labels(state).set(count)

    def text(self, only: str | None) -> bytes:
        """All numbers of all processes; of organisations the one that is named alone, or each for None."""
        for name, organisation in self._serving.organisations.items():
            self._entries.labels(name).set(organisation.logged)
        self._tell_pool()
        whole = self.registry
        if FOLDER in os.environ:
            whole = CollectorRegistry()
            MultiProcessCollector(whole)  # type: ignore[no-untyped-call]
        if only is None:
            return generate_latest(whole)
        shown = CollectorRegistry()
        shown.register(_Shown(whole, only))
        return generate_latest(shown)


def _states(service: Serving) -> Iterable[tuple[str, float]]:
    """How many queries run, wait, and may run at once in this process."""
    pool = service.pool
    return () if pool is None else (("running", pool.running), ("waiting", pool.waiting), ("most", pool.size))


class _Shown(Collector):
    """What one organisation may see of the numbers: none of another's."""

    def __init__(self, whole: CollectorRegistry, organisation: str) -> None:
        self._whole, self._organisation = whole, organisation

    def collect(self) -> Iterable[Metric]:
        for metric in self._whole.collect():
            shown = Metric(metric.name, metric.documentation, metric.type)
            shown.samples = [
                s for s in metric.samples if s.labels.get(ORGANISATION, self._organisation) == self._organisation
            ]
            yield shown


class Measured:
    """ASGI middleware that counts each request."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, start = 500, time.perf_counter()

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.begun()
        try:
            await self.app(scope, receive, told)
        finally:
            self._metrics.ended(scope, status, time.perf_counter() - start)


def router(metrics: Metrics) -> APIRouter:
    """The route of `/metrics`."""
    routes = APIRouter(tags=["health"])

    @routes.get("/metrics", responses=problems.declared((401, 403)), response_class=Response, include_in_schema=False)
    def shown(request: Request) -> Response:
        """Tell the numbers: to anybody where metrics are open, else to a key for `admin`, of its organisation."""
        only = None if metrics.access == OPEN else serving.allowed(request, "admin").name
        return Response(metrics.text(only), media_type=CONTENT_TYPE_LATEST)

    return routes
