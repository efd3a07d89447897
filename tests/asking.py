"""Asking a pool of many queries at once, and how the process that serves fares meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from aims_graph.errors import QueryError
from aims_graph_api.problems import Refused
from aims_graph_api.query_pool.pool import Dataset, Pool, kind_of_result

PROBE = 0.005  # seconds between two looks at the clock
ROWS, GRAPH = "application/sparql-results+json", "text/turtle"


@dataclass
class Asked:
    """What became of one query: `answered`, or the name of its problem; and how long it took."""

    text: str
    outcome: str
    seconds: float
    body: bytes = b""
    detail: str = ""


@dataclass
class Delays:
    """By how much the serving process was late for each of its looks at the clock, in seconds."""

    found: list[float] = field(default_factory=list)

    def share(self, part: float) -> float:
        """The delay that so large a part of the looks did not exceed."""
        return sorted(self.found)[min(len(self.found) - 1, int(part * len(self.found)))]

    async def look(self) -> None:
        """Look at the clock until cancelled."""
        while True:
            start = time.perf_counter()
            await asyncio.sleep(PROBE)
            self.found.append(time.perf_counter() - start - PROBE)


async def one(pool: Pool, text: str, as_of: date, dataset: Dataset | None = None) -> Asked:
    """Ask one query, in the format its form needs."""
    start = time.perf_counter()
    try:
        answer = await pool.query(dataset or Dataset(), text, _format(text), as_of=as_of)
    except Refused as refused:
        return Asked(text, refused.kind.name, time.perf_counter() - start, detail=refused.detail)
    except QueryError as error:
        return Asked(text, "unusable-query", time.perf_counter() - start, detail=str(error))
    return Asked(text, "answered", time.perf_counter() - start, answer.body)


async def many(pool: Pool, texts: Sequence[str], at_once: int, as_of: date) -> tuple[list[Asked], Delays]:
    """Ask them all, so many at once, with a look at the clock all the time."""
    room, delays = asyncio.Semaphore(at_once), Delays()

    async def asked(text: str) -> Asked:
        async with room:
            return await one(pool, text, as_of)

    looking = asyncio.create_task(delays.look())
    found = await asyncio.gather(*(asked(text) for text in texts))
    looking.cancel()
    return list(found), delays


def _format(text: str) -> str:
    with suppress(QueryError):  # what is no query goes to the worker too
        return GRAPH if kind_of_result(text) == "graph" else ROWS
    return ROWS
