"""Room for so many queries at once; those that wait take turns by organisation, and none can keep the others out.

Of the organisations that wait, the one that runs fewest comes first, then the one whose last turn is longest ago.
Where no more may wait, the organisation that has most waiting gives way to one that has fewer. Those without a key
count as one organisation.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aims_graph_api.problems import TOO_MANY, Refused

RETRY_AFTER = "1"  # seconds
Turn = asyncio.Future[None]


class Places:
    """Who runs and who waits."""

    def __init__(self, size: int, most_waiting: int, patience: float) -> None:
        self._size, self._most_waiting, self.patience = size, most_waiting, patience
        self._running: Counter[str] = Counter()
        self._waiting: dict[str, list[Turn]] = {}  # who had a turn last at the end; each with the oldest first

    @property
    def running(self) -> int:
        """How many run."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    @asynccontextmanager
    async def one(self, organisation: str) -> AsyncIterator[None]:
        """Run as one of them, after waiting where all places are taken; Refused where too many wait, or for long."""
        await self._take(organisation)
        try:
            yield
        finally:
            self._leave(organisation)

    async def _take(self, organisation: str) -> None:
        if self.running < self._size and not self._waiting:
            self._running[organisation] += 1
            return
        if self.waiting >= self._most_waiting:
            self._make_room(organisation)
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(organisation, []).append(turn)
        try:
            async with asyncio.timeout(self.patience):
                await turn
        except BaseException as error:
            if turn in self._waiting.get(organisation, ()):
                self._remove(organisation, turn)
            elif not turn.cancelled() and turn.exception() is None:  # its turn came at the same moment
                self._leave(organisation)
            if isinstance(error, TimeoutError):
                raise _refused(f"No query ended within {self.patience:g} s.") from None
            raise

    def _make_room(self, organisation: str) -> None:
        """Refuse the newest of the organisation that has most waiting, so that one with fewer can wait."""
        most = max(self._waiting, key=lambda name: len(self._waiting[name]), default=organisation)
        if len(self._waiting.get(most, ())) <= len(self._waiting.get(organisation, ())) + 1:
            raise _refused(f"{self.running} queries run and {self.waiting} wait.")
        turn = self._waiting[most][-1]
        self._remove(most, turn)
        if not turn.done():  # else whoever waits for it is about to leave
            turn.set_exception(_refused("Others wait too, and most queries that wait are from where this one is."))

    def _remove(self, organisation: str, turn: Turn) -> None:
        turns = self._waiting[organisation]
        turns.remove(turn)
        if not turns:
            del self._waiting[organisation]

    def _leave(self, organisation: str) -> None:
        self._running[organisation] -= 1
        self._running += Counter()  # forgets those of whom none runs
        if organisation in self._waiting:
            self._waiting[organisation] = self._waiting.pop(organisation)
        while self._waiting and self.running < self._size:
            name = min(self._waiting, key=self._running.__getitem__)
            turns = self._waiting.pop(name)
            turn = turns.pop(0)
            if turns:
                self._waiting[name] = turns
            if not turn.done():  # else whoever waits for it is about to leave
                self._running[name] += 1
                turn.set_result(None)


def _refused(what: str) -> Refused:
    return Refused(TOO_MANY, f"{what} Ask again in a moment.", {"Retry-After": RETRY_AFTER})
