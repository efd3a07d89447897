"""What a service serves, and to whom: the data that is loaded, and who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Annotated, TypeVar

from anyio import to_thread
from fastapi import Depends, FastAPI, Request

from aims_graph.library import Library
from aims_graph_api.problems import NO_KEY, NOT_ALLOWED, Refused

if TYPE_CHECKING:
    from aims_graph_api.organisations import Organisation
    from aims_graph_api.query_pool.pool import Pool

Done = TypeVar("Done")


@dataclass(frozen=True)
class Caller:
    """Who sends a request, as far as the service knows; nobody in particular until a key says more."""

    name: str = "anonymous"
    organisation: Organisation | None = None  # whose records this caller may be told of
    scopes: frozenset[str] = frozenset()  # of read, write, admin: what may be done to those records
    key: str = ""  # the public id of its key, for logs and limits


ANONYMOUS = Caller()


@dataclass
class Serving:
    """What the routes of one application answer from. A reload puts another library in place at once, whole."""

    library: Library  # law and standards, no records
    organisations: dict[str, Organisation] = field(default_factory=dict)  # by name
    pool: Pool | None = None  # the processes that run people's queries

    def library_for(self, caller: Caller) -> Library:
        """The library with the records of the caller's organisation; without records for a caller of none."""
        if caller.organisation is None:
            return self.library
        return caller.organisation.library()


def install(app: FastAPI, serving: Serving) -> None:
    """Let the routes of an application answer from this."""
    app.state.serving = serving


def serving_of(request: Request) -> Serving:
    """What the application of a request serves."""
    found: Serving = request.app.state.serving
    return found


def caller_of(request: Request) -> Caller:
    """Who sends a request, as the check of its key has found out."""
    found: Caller = request.scope.get("state", {}).get("caller", ANONYMOUS)
    return found


def allowed(request: Request, scope: str) -> Organisation:
    """The organisation whose records a caller may read (`read`), change (`write`) or look after (`admin`).

    Refused with 401 for a caller without a key, with 403 where its key is not for this.
    """
    caller = caller_of(request)
    if caller.organisation is None:
        detail = "Records belong to an organisation. Send a key of it: 'Authorization: Bearer KEY'."
        raise Refused(NO_KEY, detail, {"WWW-Authenticate": "Bearer"})
    if scope not in caller.scopes:
        held = ", ".join(sorted(caller.scopes)) or "nothing"
        raise Refused(NOT_ALLOWED, f"This needs a key for '{scope}'; yours is for {held}. Ask for another key.")
    return caller.organisation


async def _library(request: Request) -> Library:
    serving, caller = serving_of(request), caller_of(request)
    if caller.organisation is None:
        return serving.library
    return await in_turn(caller.organisation, partial(serving.library_for, caller))  # its records may have to be read


async def in_turn(organisation: Organisation, act: Callable[[], Done]) -> Done:
    """Do in a thread what may have to wait for an organisation's turn; only so many wait, so that others go on."""
    return await to_thread.run_sync(act, limiter=organisation.threads)


Loaded = Annotated[Library, Depends(_library)]
