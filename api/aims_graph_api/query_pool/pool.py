"""People's SPARQL in processes of its own: each serves one organisation only, and can be ended at any moment.

A query never runs, and is never parsed, in the process that serves.
"""

from __future__ import annotations

import asyncio
import re
from asyncio import IncompleteReadError
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from signal import SIGABRT, SIGKILL
from typing import Any, Literal, NamedTuple, NoReturn, TypeVar

from aims_graph.errors import QueryError
from aims_graph.sparql_text import MAX_SIZE
from aims_graph_api.problems import NOT_ALLOWED, TOO_LARGE, TOOK_TOO_LONG, UNAVAILABLE, Refused
from aims_graph_api.query_pool.channel import Message
from aims_graph_api.query_pool.holding import Holder, Unavailable, Worker
from aims_graph_api.query_pool.places import RETRY_AFTER, Places

CLOSED = "What runs queries was ended, since the data was read anew or the service ends. Ask again."
START_SECONDS = 60.0  # for a process to load, before the time of a query starts
TRIES = 3  # where processes end from outside while they are started
PATIENCE = 2  # times that a query may take: by then each that ran has ended, and turns have been taken
HELD = 4  # datasets beyond one for each worker that are kept for the next query

Done = TypeVar("Done")
Form = Literal["select", "ask", "graph"]
FORMS: dict[str, Form] = {"SELECT": "select", "ASK": "ask", "CONSTRUCT": "graph", "DESCRIBE": "graph"}
_SPACE = r"(?:\s|#[^\n\r]*(?=[\n\r]|$))*"
_DECLARATION = re.compile(rf"{_SPACE}(?:BASE|PREFIX{_SPACE}[^\s:<>]*:){_SPACE}<[^<>\s]*>", re.IGNORECASE)
_WORD = re.compile(rf"{_SPACE}([A-Za-z]+)")


@dataclass(frozen=True)
class Dataset:
    """What one caller may query: law and standards, and beside them the graphs of one organisation."""

    organisation: str = ""  # "" for none
    entry: int = 0  # the version of its graphs
    quads: Callable[[], bytes] | None = None  # N-Quads of them; asked for when a process has to load them


@dataclass(frozen=True)
class Limits:
    """What one query may take and give; what is more is refused, never cut."""

    seconds: float = 10.0
    memory: int = 2**30  # bytes beyond those of the data
    rows: int = 100_000
    bytes: int = 50_000_000
    waiting: int = 32  # queries that wait for a worker


DEFAULT = Limits()


@dataclass(frozen=True)
class Answer:
    """A result in the format that was asked for."""

    media_type: str
    body: bytes
    form: Form


@dataclass(frozen=True)
class Changed:
    """Lines of N-Quads that an update would add to the organisation's graphs, and take away from them."""

    added: tuple[str, ...]
    removed: tuple[str, ...]


class Key(NamedTuple):
    """Which dataset a process holds; no day for the library itself, no organisation for law and standards."""

    as_of: str = ""
    trust: str = ""
    organisation: str = ""
    entry: int = 0

    @property
    def parent(self) -> Key:
        """What it is forked from."""
        return Key(self.as_of, self.trust) if self.organisation else Key()


class Pool:
    """Workers for people's queries: at most `size`, of data folders that are read at the first query."""

    def __init__(self, data: Sequence[Path], size: int, limits: Limits = DEFAULT) -> None:
        self.data, self.size, self.limits = tuple(data), size, limits
        self.places = Places(size, limits.waiting, PATIENCE * limits.seconds)
        self._holders: dict[Key, asyncio.Task[Holder]] = {}  # used last at the end
        self._idle: list[tuple[Key, Worker]] = []  # used last at the end
        self._background: set[asyncio.Task[Any]] = set()
        self._closed = False

    @property
    def running(self) -> int:
        """How many queries run."""
        return self.places.running

    @property
    def waiting(self) -> int:
        """How many queries wait for a worker."""
        return self.places.waiting

    async def query(
        self,
        dataset: Dataset,
        text: str,
        media_type: str,
        *,
        default_graphs: Sequence[str] | None = None,
        named_graphs: Sequence[str] | None = None,
        as_of: date,
        trust: str = "double-read",
    ) -> Answer:
        """Run a query over the union of all graphs, or over the graphs named here, or by FROM in the text.

        Raises QueryError for one that is not valid or that breaks the engine, and Refused: NOT_ALLOWED for what it
        may not reach, TOOK_TOO_LONG, TOO_LARGE (result or memory), TOO_MANY, UNAVAILABLE.
        """
        order = _order("query", text, default_graphs, named_graphs, self.limits)
        order["media_type"] = media_type
        head, body = await self._run(dataset, order, as_of, trust)
        return Answer(media_type, body, head["form"])

    async def update(
        self,
        dataset: Dataset,
        text: str,
        *,
        using_graphs: Sequence[str] | None = None,
        using_named_graphs: Sequence[str] | None = None,
        as_of: date,
        trust: str = "double-read",
    ) -> Changed:
        """What an update would do to the organisation's graphs; nothing is written, and its worker is thrown away.

        Blank nodes keep the labels of the N-Quads that were loaded, new ones have labels of their own. Errors are
        those of a query; NOT_ALLOWED too where law or standards would change.
        """
        order = _order("update", text, using_graphs, using_named_graphs, self.limits)
        head, body = await self._run(dataset, order, as_of, trust)
        lines = tuple(body.decode().split("\n")) if body else ()
        return Changed(lines[: head["added"]], lines[head["added"] :])

    async def renew(self) -> None:
        """Read the data folders again for the next query; those that run end as they began."""
        for key in list(self._holders):
            self._drop(key)

    async def close(self) -> None:
        """End every process, and start none any more; who still asks is told to ask again."""
        self._closed = True
        tasks = list(self._holders.values())
        self._holders.clear()
        for task in tasks:
            task.cancel()
        for found in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(found, Holder):
                found.close()
        while self._idle:
            self._later(self._idle.pop()[1].end())
        while self._background:
            await asyncio.wait(self._background)

    async def _run(self, dataset: Dataset, order: dict[str, Any], as_of: date, trust: str) -> Message:
        if len(order["text"]) > MAX_SIZE:
            raise QueryError(f"the text has {len(order['text'])} characters; at most {MAX_SIZE} are read. Shorten it.")
        entry = dataset.entry if dataset.organisation else 0
        key = Key(as_of.isoformat(), trust, dataset.organisation, entry)
        async with self.places.one(dataset.organisation):
            while True:
                worker = await self._worker(key, dataset, fresh=order["act"] == "update")
                known = worker.asked > 0
                try:
                    return await self._asked(worker, key, order)
                except Ended as ended:
                    if not (known and ended.status == -SIGKILL):  # an idle one may have been killed from outside
                        raise ended.problem(self.limits) from None

    async def _asked(self, worker: Worker, key: Key, order: dict[str, Any]) -> Message:
        """Ask one worker, and keep it for the next query if nothing has happened to it."""
        try:
            async with asyncio.timeout(self.limits.seconds):
                head, body = await worker.ask(order)
        except TimeoutError:
            await self._end(worker)
            detail = f"This took longer than {self.limits.seconds:g} s and was ended. Narrow it."
            raise Refused(TOOK_TOO_LONG, detail) from None
        except (OSError, IncompleteReadError):
            raise Ended(await self._end(worker)) from None
        except BaseException:  # whoever asked has left
            await self._end(worker)
            raise
        if order["act"] == "query" and worker.usable and not self._closed and head.get("error") != "memory":
            self._idle.append((key, worker))
        else:
            self._later(worker.end())
        if "error" in head:
            _refuse(head["error"], head["detail"], self.limits)
        return head, body

    async def _worker(self, key: Key, dataset: Dataset, fresh: bool) -> Worker:
        """A worker of this dataset: an idle one, or a new one in its place."""
        for place, (kept, worker) in reversed(list(enumerate(self._idle))):
            if kept == key and worker.usable and not fresh:
                del self._idle[place]
                return worker
        self._sweep()
        while self._idle and len(self._idle) + self.running > self.size:
            await self._end(self._idle.pop(0)[1])
        try:
            async with asyncio.timeout(START_SECONDS):
                return await self._forked(key, dataset)
        except (Unavailable, TimeoutError) as error:
            detail = f"No process for queries could be started: {error or 'it took too long'}. Ask again in a moment."
            raise Refused(UNAVAILABLE, detail, {"Retry-After": RETRY_AFTER}) from None

    async def _forked(self, key: Key, dataset: Dataset) -> Worker:
        for _ in range(TRIES - 1):
            with suppress(Unavailable):  # what it is forked from has just ended; it is made anew
                return await (await self._holder(key, dataset.quads)).worker(self.limits.memory)
        return await (await self._holder(key, dataset.quads)).worker(self.limits.memory)

    async def _holder(self, key: Key, quads: Callable[[], bytes] | None = None) -> Holder:
        """The process that holds a dataset; made if there is none, once for all who wait for it."""
        if self._closed:
            raise Refused(UNAVAILABLE, CLOSED, {"Retry-After": RETRY_AFTER})
        task = self._holders.get(key)
        if task is not None and task.done() and _useless(task):
            self._drop(key)
            task = None
        if task is None:
            task = self._holders[key] = self._later(self._loaded(key, quads))
            self._drop_stale(key)
        for used in (key.parent, key):
            if used in self._holders:
                self._holders[used] = self._holders.pop(used)
        return await asyncio.shield(task)

    async def _loaded(self, key: Key, quads: Callable[[], bytes] | None) -> Holder:
        if key == Key():
            return await Holder.first(self.data)
        parent = await self._holder(key.parent)
        if not key.organisation:
            return await parent.split({"do": "date", "as_of": key.as_of, "trust": key.trust})
        content = b"" if quads is None else await asyncio.to_thread(quads)
        return await parent.split({"do": "load"}, content)

    def _drop_stale(self, new: Key) -> None:
        """Let go of earlier versions of an organisation's graphs, and of what was used longest ago."""
        loaded = [key for key, task in self._holders.items() if task.done()]  # somebody waits for the others
        for key in loaded:
            if key.organisation and key.entry < new.entry and key._replace(entry=new.entry) == new:
                self._drop(key)
        spare = [key for key in loaded if key in self._holders and key not in (Key(), new.parent)]
        for key in spare[: max(0, len(spare) - self.size - HELD)]:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        task = self._holders.pop(key)
        task.add_done_callback(lambda done: None if _useless(done) else done.result().retire())
        if task.done() and not _useless(task):
            task.result().retire()
        self._sweep()

    def _sweep(self) -> None:
        """End idle workers that are not to be asked again."""
        useless = [worker for _, worker in self._idle if not worker.usable]
        self._idle = [(key, worker) for key, worker in self._idle if worker.usable]
        for worker in useless:
            self._later(worker.end())

    async def _end(self, worker: Worker) -> int:
        """End a worker, even where nobody waits for it any more; how it ended."""
        return await asyncio.shield(self._later(worker.end()))

    def _later(self, act: Coroutine[Any, Any, Done]) -> asyncio.Task[Done]:
        """Do it whether or not somebody waits for it."""
        task = asyncio.create_task(act)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # told to who waits, if anyone
        return task


def kind_of_result(text: str) -> Form:
    """Whether a query gives rows, yes or no, or a graph, by the first word after its declarations.

    QueryError where there is no such word.
    """
    place = 0
    while found := _DECLARATION.match(text, place):
        place = found.end()
    word = _WORD.match(text, place)
    form = FORMS.get(word[1].upper()) if word else None
    if form is None:
        raise QueryError("this is no query. After PREFIX lines it begins with SELECT, ASK, CONSTRUCT or DESCRIBE.")
    return form


class Ended(Exception):
    """A worker that ended before it answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status

    def problem(self, limits: Limits) -> Exception:
        """What to tell who asked, by how it ended."""
        if self.status == -SIGKILL:
            detail = "The process of this query was ended from outside. Ask again."
            return Refused(UNAVAILABLE, detail, {"Retry-After": RETRY_AFTER})
        if self.status == -SIGABRT:  # what the engine does when it is given no more memory
            return _too_large(f"more than {limits.memory} bytes of memory")
        return QueryError("the text ended the process that read it: it is nested too deeply, or too long. Simplify it.")


def _refuse(error: str, detail: str, limits: Limits) -> NoReturn:
    if error == "forbidden":
        raise Refused(NOT_ALLOWED, detail)
    if error == "too much":
        raise _too_large(f"a result of more than {detail}")
    if error == "memory":
        raise _too_large(f"more than {limits.memory} bytes of memory")
    raise QueryError(detail)


def _too_large(what: str) -> Refused:
    return Refused(TOO_LARGE, f"This needs {what}, which is the limit. Narrow it, or page with LIMIT and OFFSET.")


def _useless(task: asyncio.Task[Holder]) -> bool:
    """Whether it gave no holder, or one from which nothing is forked any more."""
    return task.cancelled() or task.exception() is not None or task.result().retired


def _order(
    act: str,
    text: str,
    default_graphs: Sequence[str] | None,
    named_graphs: Sequence[str] | None,
    limits: Limits,
) -> dict[str, Any]:
    """What a worker is told."""
    return {
        "act": act,
        "text": text,
        "default_graphs": None if default_graphs is None else list(default_graphs),
        "named_graphs": None if named_graphs is None else list(named_graphs),
        "rows": limits.rows,
        "bytes": limits.bytes,
    }
