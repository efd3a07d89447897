"""What stands before the routes: each request is numbered, its caller found, and what is too much or too often ended.

From the outside in: scheme, access log, HEAD, headers, name it was asked by, other origins, caller, rates, size of
the body.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from aims_graph.errors import MissingDependency
from aims_graph_api.gate import access, access_log
from aims_graph_api.gate.access import Access, Tokens
from aims_graph_api.gate.access_log import AccessLog, Lines
from aims_graph_api.gate.heads import Heads
from aims_graph_api.gate.hops import Addresses, Schemes
from aims_graph_api.gate.hosts import Hosts
from aims_graph_api.gate.limits import BodyLimit
from aims_graph_api.gate.origins import Origins
from aims_graph_api.gate.rates import RateLimit
from aims_graph_api.gate.safe_headers import SafeHeaders
from aims_graph_api.serving import Serving
from aims_graph_api.settings import Oidc, Settings

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SENT = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-API-Key", "X-Reason")
SHOWN = ("ETag", "Link", "Location", "Retry-After", "X-Audit-Entry", "X-Request-ID")


def install(app: FastAPI, serving: Serving, settings: Settings) -> None:
    """Put the middleware before the routes of an application.

    Raises InputError where the settings do not fit what is served, DataError for keys that cannot be read, OutputError
    for a log that cannot be written, MissingDependency where tokens are to be taken and cannot be verified.
    """
    access.checked(settings, serving)
    access.Keys(serving).check()
    addresses = Addresses(settings.trusted_proxies)
    tokens = None if settings.oidc is None else _tokens(settings.oidc)
    app.add_middleware(BodyLimit)
    if settings.rate_key or settings.rate_anonymous:
        app.add_middleware(RateLimit, key=settings.rate_key, anonymous=settings.rate_anonymous, addresses=addresses)
    app.add_middleware(Access, serving=serving, settings=settings, addresses=addresses, tokens=tokens)
    if settings.cors_origins:
        app.add_middleware(Origins, **_other_origins(settings))
    app.add_middleware(Hosts)
    app.add_middleware(SafeHeaders, hsts=settings.hsts)
    app.add_middleware(Heads)
    app.add_middleware(AccessLog, write=_log(settings))
    if settings.trusted_proxies:
        app.add_middleware(Schemes, addresses=addresses)
    access_log.keep_secrets()


def around(settings: Settings) -> Callable[[ASGIApp], ASGIApp]:
    """What gives an answer that is made outside of an application what its own answers have: headers, number, line."""
    write = _log(settings)

    def wrapped(answer: ASGIApp) -> ASGIApp:
        if settings.cors_origins:
            answer = Origins(answer, **_other_origins(settings))
        return AccessLog(SafeHeaders(answer, hsts=settings.hsts), write)

    return wrapped


def _other_origins(settings: Settings) -> dict[str, Any]:
    return {
        "allow_origins": settings.cors_origins,
        "allow_methods": METHODS,
        "allow_headers": SENT,
        "expose_headers": SHOWN,
        "allow_credentials": False,
    }


def _log(settings: Settings) -> Callable[[bytes], None] | None:
    return Lines(settings.access_log).write if settings.access_log else None


def _tokens(oidc: Oidc) -> Tokens:
    try:
        from aims_graph_api.gate.oidc import Verifier
    except ModuleNotFoundError as error:
        raise MissingDependency(f"bearer tokens need {error.name}.", "pip install 'aims-graph[oidc]'") from error
    return Verifier(oidc)
