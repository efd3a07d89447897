"""Who sends a request: the holder of a key or token of one organisation, or nobody in particular.

A request belongs to the organisation whose key it carries; nothing else in it chooses one. Why a key is not taken is
never said: a wrong one, one that ended and one of somebody else look the same, and take the same steps.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from aims_graph.errors import DataError, InputError
from aims_graph.workspaces import keys
from aims_graph.workspaces.keys import Keyring
from aims_graph_api import problems
from aims_graph_api.gate.hops import Addresses
from aims_graph_api.gate.rates import Buckets, too_many
from aims_graph_api.organisations import Organisation
from aims_graph_api.problems import NO_KEY, Refused
from aims_graph_api.routing import HEALTH
from aims_graph_api.serving import ANONYMOUS, Caller, Serving
from aims_graph_api.settings import CLOSED, OPEN, Settings

NOT_TAKEN = "This key or token is not taken. Send one that is valid: 'Authorization: Bearer KEY'."
SEND_ONE = "Nothing is read here without a key. Send one: 'Authorization: Bearer KEY'."
SEVERAL = "This request carries several keys or tokens. Send one: 'Authorization: Bearer KEY'."
FAILURES = "Too many keys or tokens from here were not taken."
CHALLENGE = {"WWW-Authenticate": "Bearer"}
NOT_VALID = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
_LOG = logging.getLogger("uvicorn.error")

Now = Callable[[], datetime]
Version = tuple[int, int, int, int, int]


def now_utc() -> datetime:
    """The moment by which keys end."""
    return datetime.now(UTC)


class Tokens(Protocol):
    """What finds the caller of a bearer token that is no key of ours."""

    async def caller(self, text: str, organisations: Mapping[str, Organisation]) -> Caller | None:
        """The caller; None where the token is not taken."""


class Keys:
    """The keys of all organisations, read again where the file of one has changed."""

    def __init__(self, serving: Serving, now: Now = now_utc) -> None:
        self._serving, self._now = serving, now
        self._read: dict[str, tuple[Version | None, Keyring]] = {}

    def check(self) -> None:
        """Read all keys; DataError for those that cannot be."""
        for organisation in self._serving.organisations.values():
            keys.read(organisation.folder)

    def caller(self, text: str) -> Caller | None:
        """Whose key a text is; None where it is no key that is valid now. Each organisation is looked at, always."""
        key_id, secret = keys.split(text) or ("", "")
        found: Caller | None = None
        now = self._now()
        for organisation in tuple(self._serving.organisations.values()):
            key = self._ring(organisation).by_id.get(key_id)
            if keys.fits(key, secret) and key is not None and key.state(now) == "valid":
                found = Caller(key.name, organisation, keys.included(key.scopes), key.id)
        return found

    def _ring(self, organisation: Organisation) -> Keyring:
        """The keys of one organisation as they are on disk; none where they cannot be read, and that is logged."""
        version = _version(organisation)
        held = self._read.get(organisation.name)
        if held is not None and held[0] == version:
            return held[1]
        try:
            ring = keys.read(organisation.folder)
        except DataError as error:
            _LOG.error("No key of '%s' is taken: %s", organisation.name, error)
            ring = Keyring()
        self._read[organisation.name] = (version, ring)
        return ring


def _version(organisation: Organisation) -> Version | None:
    try:
        found = (organisation.folder / keys.FILE).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_size, found.st_mode


def checked(settings: Settings, serving: Serving) -> None:
    """See that the settings fit what is served; InputError where everybody would read several organisations."""
    if settings.read == OPEN and len(serving.organisations) > 1:
        raise InputError(
            f"reading cannot be '{OPEN}' where {len(serving.organisations)} organisations are served: nothing says "
            "whose records a caller without a key is to see. Serve one workspace, or leave reading as it is."
        )


class Access:
    """ASGI middleware that finds the caller of each request, and ends those that may not be answered with 401."""

    def __init__(
        self, app: ASGIApp, serving: Serving, settings: Settings, addresses: Addresses, tokens: Tokens | None = None
    ) -> None:
        self.app, self._serving, self._addresses, self._tokens = app, serving, addresses, tokens
        self._closed, self._open = settings.read == CLOSED, settings.read == OPEN
        self._keys = Keys(serving)
        self._failures = None if settings.rate_failures is None else Buckets(settings.rate_failures)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its caller."""
        if scope["type"] != "http" or scope["path"] in HEALTH:
            await self.app(scope, receive, send)
            return
        given = _given(scope)
        if given:
            try:
                caller = await self._caller(given)
            except Refused as refused:
                await problems.on_refused(Request(scope), refused)(scope, receive, send)
                return
        else:
            caller = self._anonymous()
        if caller is None:
            await self._refuse(given, scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self.app(scope, receive, send)

    def _anonymous(self) -> Caller | None:
        """A caller without a key; None where nobody is served without one."""
        if self._closed:
            return None
        if self._open:
            for organisation in self._serving.organisations.values():
                return Caller(ANONYMOUS.name, organisation, frozenset({"read"}))
        return ANONYMOUS

    async def _caller(self, given: list[tuple[str, bool]]) -> Caller | None:
        (text, is_bearer), *others = given
        if others:
            return None
        if text.startswith("aims_") or not is_bearer or self._tokens is None:
            return self._keys.caller(text)
        return await self._tokens.caller(text, self._serving.organisations)

    async def _refuse(self, given: list[tuple[str, bool]], scope: Scope, receive: Receive, send: Send) -> None:
        if not given:
            await _unknown(SEND_ONE, CHALLENGE, scope, receive, send)
            return
        wait = 0.0 if self._failures is None else self._failures.take(self._addresses.of(scope))
        if wait:
            await too_many(scope, receive, send, FAILURES, wait)
        elif len(given) > 1:
            await _unknown(SEVERAL, NOT_VALID, scope, receive, send)
        else:
            await _unknown(NOT_TAKEN, NOT_VALID, scope, receive, send)


async def _unknown(detail: str, headers: dict[str, str], scope: Scope, receive: Receive, send: Send) -> None:
    await problems.problem(Request(scope), NO_KEY, detail, headers=headers)(scope, receive, send)


def _given(scope: Scope) -> list[tuple[str, bool]]:
    """The different keys and tokens of a request, and of each whether it came as a bearer token."""
    found: dict[str, bool] = {}
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, rest = value.decode("latin-1").strip().partition(" ")
            text = rest.strip() if scheme.lower() == "bearer" else ""
            found[text] = True
        elif name == b"x-api-key":
            found.setdefault(value.decode("latin-1").strip(), False)
    return list(found.items())
