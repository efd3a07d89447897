"""Every error as RFC 9457 `application/problem+json`, those that the web framework raises included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from aims_graph.errors import (
    AimsGraphError,
    AmbiguousName,
    ChangedSince,
    DataError,
    ForbiddenQuery,
    InputError,
    KeyUsed,
    NameError_,
    OutputError,
    QueryError,
    UnknownName,
    UnsoundRecords,
)
from aims_graph_api.complaints import complaint
from aims_graph_api.headers import SAFE_HEADERS
from aims_graph_api.routing import methods

MEDIA_TYPE = "application/problem+json"
TOLD = 20  # things that are wrong with one request that are told one by one
BASE = "https://w3id.org/aims-graph/problem/"
NOT_KEPT = {"Cache-Control": "no-store"}  # a problem is of the moment and of who asks


@dataclass(frozen=True)
class Kind:
    """One type of problem: the last part of its IRI, its title and its status."""

    name: str
    title: str
    status: int


UNKNOWN_NAME = Kind("unknown-name", "Nothing has this name", 404)
NO_ROUTE = Kind("no-such-route", "There is nothing at this address", 404)
WRONG_METHOD = Kind("method-not-allowed", "This address does not take this method", 405)
AMBIGUOUS_NAME = Kind("ambiguous-name", "Several things have this name", 409)
BAD_INPUT = Kind("unusable-input", "This request cannot be used", 400)
BAD_QUERY = Kind("unusable-query", "This query cannot be run", 400)
TOO_LARGE = Kind("too-large", "This request is too large", 413)
NO_KEY = Kind("no-key", "This needs a key", 401)
NOT_ALLOWED = Kind("not-allowed", "This is not allowed", 403)
NOT_ACCEPTABLE = Kind("not-acceptable", "This is not to be had in a format that is accepted", 406)
TOOK_TOO_LONG = Kind("took-too-long", "This took longer than it may", 408)
CHANGED_SINCE = Kind("changed-since", "This is not as it was when it was read", 412)
MEDIA_TYPE_UNKNOWN = Kind("unsupported-media-type", "This format cannot be read here", 415)
UNSOUND_RECORDS = Kind("unsound-records", "These records cannot be kept as they are", 422)
KEY_USED = Kind("key-used", "This key belongs to another request", 422)
NO_VERSION = Kind("no-version", "This needs the version that it changes", 428)
HEAD_TOO_LARGE = Kind("head-too-large", "The head of this request is too large", 431)
TOO_MANY = Kind("too-many-requests", "Too many requests", 429)
UNAVAILABLE = Kind("unavailable", "This cannot be answered now", 503)
INVALID = Kind("invalid-parameters", "A parameter or the body is not of the form asked for", 422)
BAD_DATA = Kind("unsound-data", "The data of this service is wrong", 500)
FAILED = Kind("failed", "The service failed", 500)

OF_ERROR: dict[type[AimsGraphError], Kind] = {
    UnknownName: UNKNOWN_NAME,
    AmbiguousName: AMBIGUOUS_NAME,
    InputError: BAD_INPUT,
    QueryError: BAD_QUERY,
    ForbiddenQuery: NOT_ALLOWED,
    DataError: BAD_DATA,
    ChangedSince: CHANGED_SINCE,
    KeyUsed: KEY_USED,
    UnsoundRecords: UNSOUND_RECORDS,
    OutputError: UNAVAILABLE,  # a disk or a server that fails, and may work again
}
NO_STORE = "What is kept cannot be reached now. Try again later."  # where it is, is not for everybody to know
REFUSALS = (  # what routes raise as Refused
    *(NO_KEY, NOT_ALLOWED, NOT_ACCEPTABLE, TOOK_TOO_LONG, CHANGED_SINCE, MEDIA_TYPE_UNKNOWN, UNSOUND_RECORDS),
    *(KEY_USED, NO_VERSION, TOO_MANY, UNAVAILABLE),
)
OF_STATUS = {kind.status: kind for kind in (NO_ROUTE, WRONG_METHOD, TOOK_TOO_LONG, TOO_LARGE)}

NAMED = (404, 409)  # what a route that resolves a name can answer
EVERYWHERE = (401, 405, 408, 413, 429, 500)  # what any route can answer


class Refused(Exception):
    """What a route does not do, and why: one of the kinds of problem, what and how to mend it, headers."""

    def __init__(self, kind: Kind, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.kind, self.detail, self.headers, self.more = kind, detail, headers, more


def kind_of(error: AimsGraphError) -> Kind:
    """The kind of problem an error is; what has no kind of its own is a failure of the service."""
    return next((OF_ERROR[kind] for kind in type(error).__mro__ if kind in OF_ERROR), FAILED)


def problem(request: Request, kind: Kind, detail: str, **more: Any) -> JSONResponse:
    """The response for one problem, which no cache keeps; `more` are members beside the five of the standard."""
    headers = more.pop("headers", None)
    body = {
        "type": f"{BASE}{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "instance": request.scope["path"],
        **more,
    }
    return JSONResponse(body, kind.status, {**SAFE_HEADERS, **NOT_KEPT, **(headers or {})}, MEDIA_TYPE)


def on_error(request: Request, error: Exception) -> JSONResponse:
    """An error of this project, with the candidates of a name."""
    assert isinstance(error, AimsGraphError)
    headers = {"Retry-After": "1"} if kind_of(error) is UNAVAILABLE else {}
    more = {"candidates": list(error.candidates)} if isinstance(error, NameError_) else {}
    return problem(request, kind_of(error), told_of(error), headers=headers, **more)


def told_of(error: AimsGraphError) -> str:
    """What an error says to a client: not where a store is, and of a file its name alone."""
    if kind_of(error) is UNAVAILABLE:
        return NO_STORE
    if not isinstance(error, DataError):
        return str(error)
    return "\n".join(
        str(replace(p, path=Path(p.path).name)) if Path(p.path).is_absolute() else str(p) for p in error.problems
    )


def on_refused(request: Request, error: Exception) -> JSONResponse:
    """What a route refuses."""
    assert isinstance(error, Refused)
    return problem(request, error.kind, error.detail, headers=error.headers, **error.more)


def on_http(request: Request, error: Exception) -> JSONResponse:
    """An error of routing: no such address, or not by this method."""
    assert isinstance(error, HTTPException)
    path, headers = request.scope["path"], dict(error.headers or {})
    if error.status_code == 404:
        detail = f"There is nothing at {path}. The list of addresses is at /docs."
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(methods(request.app.routes, path)) or headers.get("Allow", "")
        detail = f"{path} does not take {request.method}. It takes {headers['Allow']}."
    else:
        detail = str(error.detail)
    phrase = HTTPStatus(error.status_code).phrase
    kind = OF_STATUS.get(error.status_code) or Kind("http", phrase, error.status_code)
    return problem(request, kind, detail, headers=headers)


def on_invalid(request: Request, error: Exception) -> JSONResponse:
    """Parameters or a body that do not have the declared form, each named."""
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    said = [complaint(request, e) for e in found[:TOLD]]
    if len(found) > TOLD:
        said.append(f"And {len(found) - TOLD} more things are wrong.")
    return problem(request, INVALID, " ".join(said))


def on_failure(request: Request, _: Exception) -> JSONResponse:
    """Anything unforeseen; its cause goes to the log, not to the asker."""
    number = getattr(request.state, "request_id", None)
    headers = {"Connection": "close"} | ({"X-Request-ID": number} if number else {})  # as the server does after it
    return problem(request, FAILED, "The service failed on this request. Its log says why.", headers=headers)


def install(app: FastAPI) -> None:
    """Answer every error of an application as a problem."""
    app.add_exception_handler(AimsGraphError, on_error)
    app.add_exception_handler(Refused, on_refused)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(Exception, on_failure)


def declared(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI responses of a route that can end in these statuses, beside those of any route."""
    return {status: _response(status) for status in sorted({*statuses, *EVERYWHERE})}


def _response(status: int) -> dict[str, Any]:
    known = dict.fromkeys((*OF_ERROR.values(), *OF_STATUS.values(), *REFUSALS, INVALID, FAILED))
    kinds = [k for k in known if k.status == status]
    return {
        "description": "; ".join(f"{k.title} (`{k.name}`)" for k in kinds) + ".",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
