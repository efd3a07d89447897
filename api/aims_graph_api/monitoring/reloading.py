"""Reading the data anew while requests go on: what is sound takes the place of the old at once, else the old stays."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from aims_graph.errors import AimsGraphError
from aims_graph.library import Library
from aims_graph_api.monitoring.metrics import Metrics
from aims_graph_api.query_pool.pool import Pool
from aims_graph_api.serving import Serving

LOADED, FAILED = "loaded", "failed"


class Reloader:
    """Reads the data folders of a service anew, one time after the other."""

    def __init__(
        self, service: Serving, data: Sequence[Path], metrics: Metrics, prepare: Callable[[Library], None]
    ) -> None:
        self._serving, self._data, self._metrics, self._prepare = service, data, metrics, prepare
        self._turn = asyncio.Lock()
        self.problem = ""  # why the data as it is now could not be taken up; nothing if it was

    async def reload(self) -> None:
        """Take up the data as it is now; where it is wrong, say so and go on with what was loaded before."""
        async with self._turn:
            try:
                library = await asyncio.to_thread(self._read)
            except (AimsGraphError, OSError) as error:
                self.problem = str(error)
                self._metrics.reloaded(FAILED)
                print(
                    f"The data was not read anew; what was loaded before is still served.\n{error}",
                    file=sys.stderr,
                    flush=True,
                )
                return
            await self._take_up(library)

    def _read(self) -> Library:
        """The data, with all that is made of it once: what is wrong shows here, not in a request."""
        library = Library.open(self._data)
        _ = library.names, library.questions
        if self._serving.organisations:
            _ = library.rules
        self._prepare(library)
        return library

    async def _take_up(self, library: Library) -> None:
        old = self._serving.pool
        if old is not None:
            self._serving.pool = Pool(old.data, old.size, old.limits)
        for organisation in self._serving.organisations.values():
            await asyncio.to_thread(organisation.reload, library)
        self._serving.library = library  # last: the version of an answer is never newer than what it is read from
        self.problem = ""
        self._metrics.loaded(library)
        self._metrics.reloaded(LOADED)
        if old is not None:
            await _closed(old)


async def _closed(pool: Pool) -> None:
    """Close what runs queries, once those that were begun have had their time."""
    limit = time.monotonic() + pool.limits.seconds + 1
    while (pool.running or pool.waiting) and time.monotonic() < limit:
        await asyncio.sleep(0.05)
    await pool.close()
