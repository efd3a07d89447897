"""Room for so many queries at once; of those that wait, the one whose organisation runs fewest comes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aims_graph_api.problems import TOO_MANY, Refused

RETRY_AFTER = "1"  # seconds


class Places:
    """Who runs and who waits."""

    def __init__(self, size: int, most_waiting: int, patience: float) -> None:
        self._size, self._most_waiting, self.patience = size, most_waiting, patience
        self._running: Counter[str] = Counter()
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []

    @property
    def running(self) -> int:
        """How many run."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiting)

    @asynccontextmanager
    async def one(self, organisation: str) -> AsyncIterator[None]:
        """Run as one of them, after waiting where all places are taken; Refused where too many wait, or for long."""
        await self._take(organisation)
        try:
            yield
        finally:
            self._running[organisation] -= 1
            self._next()

    async def _take(self, organisation: str) -> None:
        if self.running < self._size and not self._waiting:
            self._running[organisation] += 1
            return
        if len(self._waiting) >= self._most_waiting:
            raise _refused(f"{self.running} queries run and {len(self._waiting)} wait.")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((organisation, turn))
        try:
            async with asyncio.timeout(self.patience):
                await turn
        except BaseException as error:
            if (organisation, turn) in self._waiting:
                self._waiting.remove((organisation, turn))
            else:  # its turn came at the same moment
                self._running[organisation] -= 1
                self._next()
            if isinstance(error, TimeoutError):
                raise _refused(f"No query ended within {self.patience:g} s.") from None
            raise

    def _next(self) -> None:
        while self._waiting and self.running < self._size:
            entry = min(self._waiting, key=lambda waiting: self._running[waiting[0]])
            self._waiting.remove(entry)
            organisation, turn = entry
            self._running[organisation] += 1
            turn.set_result(None)


def _refused(what: str) -> Refused:
    return Refused(TOO_MANY, f"{what} Ask again in a moment.", {"Retry-After": RETRY_AFTER})
