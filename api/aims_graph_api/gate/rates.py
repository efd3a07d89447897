"""How often somebody may ask: a bucket of tokens for each key, or for each address that sends none."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from aims_graph_api import problems
from aims_graph_api.gate.hops import Addresses
from aims_graph_api.routing import HEALTH
from aims_graph_api.serving import ANONYMOUS, Caller
from aims_graph_api.settings import Rate

MOST = 10_000  # callers that are remembered; of more, the one not seen for longest is forgotten

Clock = Callable[[], float]


class Buckets:
    """A bucket for each name: it holds `at_once` tokens, each request takes one, and it fills `a_second`."""

    def __init__(self, rate: Rate, most: int = MOST, clock: Clock = time.monotonic) -> None:
        self._rate, self._most, self._clock = rate, most, clock
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when there were so many

    def take(self, name: str) -> float:
        """Take a token; the seconds to wait for one where there is none, else 0."""
        now = self._clock()
        tokens, since = self._held.pop(name, (float(self._rate.at_once), now))
        tokens = min(self._rate.at_once, tokens + (now - since) * self._rate.a_second)
        taken = tokens >= 1
        self._held[name] = (tokens - taken, now)
        if len(self._held) > self._most:
            self._held.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / self._rate.a_second

    def __len__(self) -> int:
        return len(self._held)


class RateLimit:
    """ASGI middleware that ends a request with 429 where its key, or its address without one, asks too often."""

    def __init__(self, app: ASGIApp, key: Rate | None, anonymous: Rate | None, addresses: Addresses) -> None:
        self.app, self._addresses = app, addresses
        self._keys = None if key is None else Buckets(key)
        self._anonymous = None if anonymous is None else Buckets(anonymous)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on where its caller has a token left."""
        wait = self._wait(scope) if scope["type"] == "http" and scope["path"] not in HEALTH else 0.0
        if wait:
            await too_many(scope, receive, send, "This asks more often than it may.", wait)
        else:
            await self.app(scope, receive, send)

    def _wait(self, scope: Scope) -> float:
        caller: Caller = scope["state"].get("caller", ANONYMOUS) if "state" in scope else ANONYMOUS
        if caller.key:
            return 0.0 if self._keys is None else self._keys.take(caller.key)
        return 0.0 if self._anonymous is None else self._anonymous.take(self._addresses.of(scope))


async def too_many(scope: Scope, receive: Receive, send: Send, what: str, wait: float) -> None:
    """Answer 429, and when to come again."""
    seconds = max(1, math.ceil(wait))
    detail = f"{what} Wait {seconds} {'second' if seconds == 1 else 'seconds'} and ask again."
    headers = {"Retry-After": str(seconds)}
    answer = problems.problem(Request(scope), problems.TOO_MANY, detail, headers=headers)
    await answer(scope, receive, send)
