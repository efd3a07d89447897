"""Processes for people's queries: their limits, their end, who shares them, and what an update would do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asking import GRAPH, ROWS, one
from conftest import AS_OF

from aims_graph.errors import QueryError
from aims_graph.library import Library
from aims_graph_api.problems import Refused
from aims_graph_api.query_pool.places import Places
from aims_graph_api.query_pool.pool import Changed, Dataset, Key, Limits, Pool, kind_of_result
from aims_graph_api.query_pool.results import ROWS as ROW_COUNTS

LIMITS = Limits(seconds=30, memory=2**28, rows=1_000, bytes=2_000_000, waiting=4)
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o . ?a ?b ?c . ?x ?y ?z }"
QUADS = b"""<http://own/a> <http://own/p> "secret of A" <http://own/g> .
<http://own/a> <http://own/p> "unnamed" .
_:kept <http://own/p> _:other <http://own/g> .
"""
OWN = Dataset("a", 1, lambda: QUADS)
XML = "application/sparql-results+xml"
LAW = "https://w3id.org/aims-graph/graph/ontology"

Do = Callable[[Coroutine[Any, Any, Any]], Any]


class World:
    """One pool for all tests of this module, in one event loop."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self.others = frozenset(_children(os.getpid()))
        self.pool = Pool([], 2, LIMITS)

    def do(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(act)

    def ask(self, text: str, dataset: Dataset | None = None, media_type: str = ROWS, **graphs: Any) -> str:
        act = self.pool.query(dataset or Dataset(), text, media_type, as_of=AS_OF, **graphs)
        body: bytes = self.do(act).body
        return body.decode()

    def values(self, text: str, dataset: Dataset | None = None, **graphs: Any) -> list[str]:
        rows = json.loads(self.ask(text, dataset, **graphs))["results"]["bindings"]
        return sorted(cell["value"] for row in rows for cell in row.values())

    def change(self, text: str, dataset: Dataset = OWN, **graphs: Any) -> Changed:
        found: Changed = self.do(self.pool.update(dataset, text, as_of=AS_OF, **graphs))
        return found

    def zygotes(self) -> list[int]:
        """The processes that this pool forks the others from, oldest first; not those of another pool."""
        return [pid for pid in _children(os.getpid()) if pid not in self.others]

    def limit(self, **limits: Any) -> None:
        self.pool.limits = replace(LIMITS, **limits)


@pytest.fixture(scope="module")
def shared(library: Library) -> Iterator[World]:
    world = World()
    yield world
    world.do(world.pool.close())
    world.runner.close()


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    shared.pool.limits = LIMITS
    yield shared
    shared.pool.limits = LIMITS


def refused(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.kind.status, caught.value.detail


def idle_pid(world: World) -> int:
    return world.pool._idle[-1][1].pid


def gone(pid: int) -> bool:
    """Whether a process ends within five seconds; one that nobody has reaped yet has ended too."""
    for _ in range(500):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state in "ZX":
            return True
        time.sleep(0.01)
    return False


# What is asked and what comes back


@pytest.mark.parametrize(
    ("text", "media_type", "start"),
    [
        ("ASK {}", ROWS, '{"head":{},"boolean":true}'),
        ("ASK {}", "application/sparql-results+xml", '<?xml version="1.0"?><sparql'),
        ("SELECT (1 AS ?x) {}", "text/csv", "x\r\n1\r\n"),
        ("SELECT (1 AS ?x) {}", "text/tab-separated-values", "?x\n1\n"),
        ("CONSTRUCT { <http://x/> a <http://x/> } {}", GRAPH, "@prefix"),
        ("CONSTRUCT { <http://x/> a <http://x/> } {}", "application/n-triples", "<http://x/> <http://www.w3"),
        ("CONSTRUCT { <http://x/> a <http://x/> } {}", "application/rdf+xml", "<?xml"),
        ("CONSTRUCT { <http://x/> a <http://x/> } {}", "application/ld+json", '[{"@id":"http://x/"'),
    ],
)
def test_a_result_comes_in_the_format_that_is_asked_for(world: World, text: str, media_type: str, start: str) -> None:
    assert world.ask(text, media_type=media_type).startswith(start)


def test_a_format_that_does_not_fit_the_result_is_an_error(world: World) -> None:
    with pytest.raises(QueryError, match="rows cannot be written as"):
        world.ask("ASK {}", media_type=GRAPH)
    with pytest.raises(QueryError, match="a graph cannot be written as"):
        world.ask("CONSTRUCT {} {}", media_type="text/csv")


def test_what_is_loaded_is_what_commands_read(world: World, library: Library) -> None:
    counted = world.values("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert counted == [str(len(library.store(AS_OF)))]


def test_loaded_prefixes_are_declared_and_dotted_names_read_whole(world: World) -> None:
    found = world.values("SELECT ?x { VALUES ?x { iso42001:10.2.1 } }")
    assert found == ["https://w3id.org/aims-graph/iso42001/2023/10.2.1"]


def test_a_query_that_is_not_valid_is_told_so(world: World) -> None:
    with pytest.raises(QueryError, match="not a valid query"):
        world.ask("SELECT * { ?s ?p }")
    with pytest.raises(QueryError, match="Shorten it"):
        world.ask("ASK {}" + " " * 200_000)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * {}", "select"),
        ("# CONSTRUCT\nPREFIX a.b: <http://x/> BASE <http://y/>\n#ASK\nprefix : <#> describe<x>", "graph"),
        ("base<http://x/>ask{}", "ask"),
        ("PREFIX select: <http://x/select>CONSTRUCT {} {}", "graph"),
    ],
)
def test_the_kind_of_result_is_known_before_the_query_runs(text: str, form: str) -> None:
    assert kind_of_result(text) == form


@pytest.mark.parametrize("text", ["", "#", "PREFIX", "LOAD <http://x/>", "DROP ALL", "{", "PREFIX a: <x> " * 10_000])
def test_what_is_no_query_has_no_kind(text: str) -> None:
    with pytest.raises(QueryError, match="this is no query"):
        kind_of_result(text)


# Which graphs are read


@pytest.mark.parametrize(
    ("text", "graphs", "found"),
    [
        ("SELECT ?o { <http://own/a> ?p ?o }", {}, ["secret of A", "unnamed"]),
        ("SELECT ?o { GRAPH ?g { <http://own/a> ?p ?o } }", {}, ["secret of A"]),
        ("SELECT ?o FROM <http://own/g> { <http://own/a> ?p ?o }", {}, ["secret of A"]),
        ("PREFIX o: <http://own/> SELECT ?o FROM o:g { o:a ?p ?o }", {}, ["secret of A"]),
        ("SELECT ?o FROM NAMED <http://own/g> { <http://own/a> ?p ?o }", {}, []),
        (f"SELECT ?o FROM <{LAW}> {{ <http://own/a> ?p ?o }}", {}, []),
        (f"SELECT ?o FROM <{LAW}> {{ <http://own/a> ?p ?o }}", {"default_graphs": ["http://own/g"]}, ["secret of A"]),
        ("SELECT ?o { <http://own/a> ?p ?o }", {"named_graphs": ["http://own/g"]}, []),
        ("SELECT ?o { GRAPH ?g { <http://own/a> ?p ?o } }", {"named_graphs": ["http://own/g"]}, ["secret of A"]),
        ("SELECT ?o { GRAPH ?g { <http://own/a> ?p ?o } }", {"default_graphs": ["http://own/g"]}, []),
    ],
)
def test_graphs_are_those_of_the_request_else_of_the_text_else_all(
    world: World, text: str, graphs: dict[str, Any], found: list[str]
) -> None:
    assert world.values(text, OWN, **graphs) == found


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM <http://nowhere/> {}",
        "SELECT * FROM NAMED <http://nowhere/> {}",
        "PREFIX n: <http://nowhere> SELECT * FROM n: {}",
        "BASE <http://own/> SELECT * FROM <g> {}",
        "SELECT * { SERVICE <http://127.0.0.1/> {} }",
    ],
)
def test_a_graph_that_is_not_there_is_refused(world: World, text: str) -> None:
    status, detail = refused(lambda: world.ask(text, OWN))
    assert status == 403
    assert detail.endswith(".")


def test_a_graph_that_a_request_names_and_that_is_not_there_is_empty(world: World) -> None:
    for graphs in ({"default_graphs": ["http://nowhere/"]}, {"named_graphs": ["http://nowhere/"]}):
        assert world.values("SELECT ?g { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }", OWN, **graphs) == []


# Limits


def test_a_query_past_its_time_is_ended_and_its_worker_replaced_at_once(world: World) -> None:
    world.ask("ASK {}")
    pid = idle_pid(world)
    world.limit(seconds=0.3)
    start = time.perf_counter()
    status, detail = refused(lambda: world.ask(ENDLESS))
    assert (status, "longer than 0.3 s" in detail) == (408, True)
    assert gone(pid)
    world.limit()
    assert "true" in world.ask("ASK {}")
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize(
    "media_type", [ROWS, "application/sparql-results+xml", "text/csv", "text/tab-separated-values"]
)
def test_a_result_has_all_its_rows_or_is_refused(world: World, media_type: str) -> None:
    text = 'SELECT ?s ("a},{\\n\\"},{" AS ?x) { ?s ?p ?o } LIMIT %d'
    assert world.ask(text % 1_000, media_type=media_type)
    assert refused(lambda: world.ask(text % 1_001, media_type=media_type)) == (
        413,
        "This needs a result of more than 1000 rows, which is the limit. Narrow it, or page with LIMIT and OFFSET.",
    )


def test_a_graph_has_all_its_statements_or_is_refused(world: World) -> None:
    text = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o } LIMIT %d"
    assert world.ask(text % 1_000, media_type="application/n-triples").count("\n") == 1_000
    assert refused(lambda: world.ask(text % 1_001, media_type=GRAPH))[0] == 413


def test_a_result_of_too_many_bytes_is_refused(world: World) -> None:
    world.limit(rows=10**9, bytes=100_000)
    status, detail = refused(lambda: world.ask("SELECT * { ?s ?p ?o }"))
    assert (status, "100000 bytes" in detail) == (413, True)


def test_memory_is_limited(world: World) -> None:
    grown = " ".join(f"BIND(CONCAT({','.join([f'?t{n}'] * 16)}) AS ?t{n + 1})" for n in range(9))
    status, detail = refused(lambda: world.ask(f'SELECT (STRLEN(?t9) AS ?n) {{ BIND("x" AS ?t0) {grown} }}'))
    assert (status, "bytes of memory" in detail) == (413, True)


def test_what_breaks_the_engine_breaks_one_worker_only(world: World) -> None:
    with pytest.raises(QueryError, match="ended the process that read it"):
        world.ask("ASK { FILTER(" + "!" * 100_000 + "true) }")
    assert "true" in world.ask("ASK {}")


@pytest.mark.parametrize("count", [0, 1, 2, 17])
def test_rows_are_counted_right_in_every_format(world: World, count: int) -> None:
    """Whatever stands in their strings; the formats are counted without being read."""
    text = f'SELECT ?x ("}}}},{{\\n\\"}}, {{<result>" AS ?y) {{ VALUES ?x {{ {"1 " * count} }} }}'
    for media_type, name in ((ROWS, "srj"), ("application/sparql-results+xml", "srx"), ("text/csv", "csv")):
        body = world.ask(text, media_type=media_type).encode()
        assert not ROW_COUNTS[name].exceeds(body, max(count, 1))
        assert count < 2 or ROW_COUNTS[name].exceeds(body, count - 1)


# Waiting


def test_more_than_may_wait_are_refused() -> None:
    async def act() -> tuple[int, dict[str, str] | None]:
        places = Places(1, 1, 60)
        async with places.one("a"):
            waiting = asyncio.create_task(_held(places, "a"))
            await asyncio.sleep(0)
            assert (places.running, places.waiting) == (1, 1)
            with pytest.raises(Refused) as caught:
                await places.one("b").__aenter__()
        await waiting
        assert (places.running, places.waiting) == (0, 0)
        return caught.value.kind.status, caught.value.headers

    assert asyncio.run(act()) == (429, {"Retry-After": "1"})


def test_nobody_waits_without_end() -> None:
    async def act() -> None:
        places = Places(1, 1, 0.01)
        async with places.one("a"):
            with pytest.raises(Refused, match="No query ended"):
                await places.one("a").__aenter__()
            assert places.waiting == 0

    asyncio.run(act())


def test_the_organisation_that_runs_fewest_comes_first() -> None:
    async def act() -> list[str]:
        places, order = Places(2, 10, 60), list[str]()
        async with places.one("a"), places.one("a"):
            waiting = [asyncio.create_task(_held(places, name, order)) for name in ("a", "a", "b")]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        return order

    assert asyncio.run(act())[0] == "b"


def test_who_leaves_the_queue_takes_no_place() -> None:
    async def act() -> int:
        places = Places(1, 10, 60)
        async with places.one("a"):
            waiting = asyncio.create_task(_held(places, "a"))
            await asyncio.sleep(0)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
        async with places.one("a"):
            return places.running

    assert asyncio.run(act()) == 1


def test_who_asks_much_gives_way_to_who_asks_little_where_no_more_may_wait() -> None:
    async def act() -> tuple[list[str], list[BaseException]]:
        places, order = Places(1, 4, 60), list[str]()
        async with places.one("flood"):
            flood = [asyncio.create_task(_held(places, "flood", order)) for _ in range(10)]
            await asyncio.sleep(0)
            assert places.waiting == 4  # an organisation alone has all the room
            others = [asyncio.create_task(_held(places, name, order)) for name in ("b", "c", "")]
            await asyncio.sleep(0)
            assert places.waiting == 4
        await asyncio.gather(*others)
        found = await asyncio.gather(*flood, return_exceptions=True)
        assert (places.running, places.waiting) == (0, 0)
        return order, [error for error in found if error is not None]

    order, refusals = asyncio.run(act())
    assert order == ["b", "c", "", "flood"]
    assert len(refusals) == 9
    for refusal in refusals:
        assert isinstance(refusal, Refused)
        assert (refusal.kind.status, refusal.headers) == (429, {"Retry-After": "1"})


def test_those_who_wait_take_turns() -> None:
    async def act() -> list[str]:
        places, order = Places(1, 20, 60), list[str]()
        async with places.one("a"):
            waiting = [asyncio.create_task(_held(places, name, order)) for name in "aaaabbbc"]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        return order

    assert "".join(asyncio.run(act())) == "bcababaa"


def test_who_leaves_at_the_moment_of_a_turn_or_of_a_refusal_harms_nobody() -> None:
    async def act() -> tuple[int, int]:
        places = Places(1, 3, 60)
        async with places.one("a"):
            waiting = [asyncio.create_task(_held(places, "a")) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[2].cancel()
            other = asyncio.create_task(_held(places, "b"))  # asks before the one that leaves has left
            waiting[0].cancel()
            await asyncio.sleep(0)
            waiting[1].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await other
        return places.running, places.waiting

    assert asyncio.run(act()) == (0, 0)


def test_a_flood_of_slow_queries_keeps_nobody_else_from_an_answer(library: Library) -> None:
    """Each time another asks, it is answered once the one query that runs has ended."""

    async def act() -> tuple[list[str], int]:
        pool = Pool([], 1, Limits(seconds=1.0, memory=2**28, waiting=4))
        pool.places.patience = 60
        flooding = Dataset("flood", 1, lambda: QUADS)
        try:
            assert (await one(pool, "ASK {}", AS_OF)).outcome == "answered"
            flood = [asyncio.create_task(one(pool, ENDLESS, AS_OF, flooding)) for _ in range(20)]
            await asyncio.sleep(0)
            found = [await one(pool, "ASK {}", AS_OF, Dataset("other", 1, lambda: QUADS)) for _ in range(2)]
            ended = sum(task.done() and task.result().outcome == "took-too-long" for task in flood)
            for task in flood:
                task.cancel()
            outcomes = await asyncio.gather(*flood, return_exceptions=True)
            told = [asked.outcome for asked in outcomes if not isinstance(asked, BaseException)]
            assert told.count("too-many-requests") >= 15
            return [asked.outcome for asked in found], ended
        finally:
            await pool.close()

    outcomes, ended = asyncio.run(act())
    assert outcomes == ["answered", "answered"]
    assert ended <= 2


async def _held(places: Places, organisation: str, order: list[str] | None = None) -> None:
    async with places.one(organisation):
        if order is not None:
            order.append(organisation)
        await asyncio.sleep(0.01)


# Ends from outside


def test_a_query_whose_asker_leaves_is_ended(world: World) -> None:
    async def act() -> int:
        asking = asyncio.create_task(world.pool.query(Dataset(), ENDLESS, ROWS, as_of=AS_OF))
        await asyncio.sleep(0.3)
        pid = _children(_children(world.zygotes()[0])[0])[-1]
        assert world.pool.running == 1
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        assert world.pool.running == 0
        return pid

    world.ask("ASK {}")
    assert gone(world.do(act()))
    assert "true" in world.ask("ASK {}")


def test_an_idle_worker_that_is_killed_is_replaced(world: World) -> None:
    world.ask("ASK {}")
    os.kill(idle_pid(world), signal.SIGKILL)
    assert "true" in world.ask("ASK {}")


def test_who_waits_for_a_worker_that_is_killed_is_told_to_ask_again(world: World) -> None:
    async def act() -> None:
        asking = asyncio.create_task(
            world.pool.update(OWN, f"INSERT {{ <a:> <a:> ?n }} WHERE {{ {{ {ENDLESS} }} }}", as_of=AS_OF)
        )
        await asyncio.sleep(0.5)
        for pid in _grandchildren(world.zygotes()[0]):
            os.kill(pid, signal.SIGKILL)
        await asking

    world.ask("ASK {}", OWN)
    status, detail = refused(lambda: world.do(act()))
    assert (status, "from outside" in detail) == (503, True)
    assert "true" in world.ask("ASK {}", OWN)


def test_the_pool_recovers_when_the_process_it_forks_from_is_killed(world: World) -> None:
    assert world.values("SELECT ?o { <http://own/a> ?p ?o }", OWN) == ["secret of A", "unnamed"]
    before = world.zygotes()[0]
    everyone = [before, *_grandchildren(before)]
    os.kill(before, signal.SIGKILL)
    assert world.values("SELECT ?o { <http://own/a> ?p ?o }", OWN) == ["secret of A", "unnamed"]
    assert all(gone(pid) for pid in everyone)


def test_nothing_outlives_the_process_that_serves(library: Library, tmp_path: Path) -> None:
    program = tmp_path / "serving.py"
    program.write_text(
        "import asyncio, sys, datetime\n"
        "from aims_graph_api.query_pool.pool import Dataset, Pool\n"
        "async def main():\n"
        "    pool = Pool([], 1)\n"
        f"    await pool.query(Dataset(), 'ASK {{}}', '{ROWS}', as_of=datetime.date(2026, 11, 22))\n"
        "    print('asked', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        assert serving.stdout.readline() == "asked\n"
        everyone = [pid for child in _children(serving.pid) for pid in (child, *_grandchildren(child))]
        serving.kill()
    assert len(everyone) == 3
    assert all(gone(pid) for pid in everyone)


@pytest.mark.parametrize("how", ["returns", "raises", "loading", "running", "forked"])
def test_a_script_that_never_closes_the_pool_ends_and_leaves_nothing(
    library: Library, tmp_path: Path, how: str
) -> None:
    program = tmp_path / "script.py"
    program.write_text(
        "import asyncio, datetime, os, subprocess, sys, time\n"
        "from aims_graph_api.query_pool.pool import Dataset, Pool\n"
        "from pathlib import Path\n"
        "def zygotes(pid):\n"
        "    children = Path(f'/proc/{pid}/task/{pid}/children').read_text().split()\n"
        "    return [found for child in children for found in (child, *zygotes(child))]\n"
        "async def main(how):\n"
        "    pool = Pool([], 1)\n"
        f"    ask = lambda text: pool.query(Dataset(), text, '{ROWS}', as_of=datetime.date(2026, 11, 22))\n"
        "    if how != 'loading': await ask('ASK {}')\n"
        f"    task = asyncio.create_task(ask('{ENDLESS}')) if how in ('loading', 'running') else None\n"
        "    await asyncio.sleep(0.3)\n"
        "    print(*zygotes(os.getpid()), flush=True)\n"
        "    if how == 'forked' and os.fork() == 0: os.close(1); os.close(2); time.sleep(20); os._exit(0)\n"
        "    if how == 'raises': raise SystemExit(3)\n"
        "asyncio.run(main(sys.argv[1]))\n"
    )
    done = subprocess.run([sys.executable, str(program), how], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (3 if how == "raises" else 0, "")
    everyone = [int(word) for word in done.stdout.split()]
    assert everyone
    assert all(gone(pid) for pid in everyone)


def test_a_process_whose_holder_is_gone_ends_quietly(tmp_path: Path) -> None:
    """What it was asked before can no longer be answered."""
    ours, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, control, (tmp_path / "said").open("w+b") as said:
        ours.send(b'{"do": "end", "pid": 0}')
        ours.close()
        code = "import socket, sys; from aims_graph_api.query_pool import zygote as z; "
        code += "z._killed = lambda pid: 0; z.take_orders(socket.socket(fileno=int(sys.argv[1])), z.Contents(None))"
        done = subprocess.run(
            [sys.executable, "-c", code, str(control.fileno())], pass_fds=[control.fileno()], stderr=said, check=False
        )
        said.seek(0)
        assert (done.returncode, said.read()) == (0, b"")


def _children(pid: int) -> list[int]:
    """Those that this process has forked and that live, oldest first."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if "zygote" in Path(f"/proc/{child}/cmdline").read_text()]


def _grandchildren(pid: int) -> list[int]:
    return [found for child in _children(pid) for found in (child, *_grandchildren(child))]


# Who shares a worker


def test_an_organisation_is_told_of_its_own_graphs_only(world: World) -> None:
    other = Dataset("b", 1, lambda: b'<http://own/a> <http://own/p> "secret of B" <http://own/h> .\n')
    text = "SELECT ?o { <http://own/a> ?p ?o }"
    for _ in range(2):
        assert world.values(text, OWN) == ["secret of A", "unnamed"]
        assert world.values(text, other) == ["secret of B"]
        assert world.values(text) == []
    status, detail = refused(lambda: world.ask("SELECT * FROM <http://own/g> { ?s ?p ?o }", other))
    assert (status, "secret" in detail) == (403, False)


def test_a_new_entry_is_seen_at_once_and_the_old_one_let_go(world: World) -> None:
    text = "SELECT ?o { <http://own/a> ?p ?o }"
    assert world.values(text, OWN)
    assert world.values(text, Dataset("a", 2, lambda: b'<http://own/a> <http://own/p> "new" .\n')) == ["new"]
    assert [key.entry for key in world.pool._holders if key.organisation == "a"] == [2]
    assert {key.entry for key, _ in world.pool._idle if key.organisation == "a"} == {2}


def test_the_graphs_of_an_organisation_are_asked_for_once(world: World) -> None:
    asked = list[int]()

    def quads() -> bytes:
        asked.append(1)
        return QUADS

    async def act() -> None:
        dataset = Dataset("c", 1, quads)
        await asyncio.gather(*(one(world.pool, "ASK {}", AS_OF, dataset) for _ in range(5)))
        await world.pool.update(dataset, "CLEAR ALL", as_of=AS_OF)

    world.do(act())
    assert asked == [1]


def test_queries_of_entries_that_follow_each_other_fast_are_all_answered(world: World) -> None:
    async def act() -> set[str]:
        datasets = [Dataset("d", 1 + n // 2, lambda: QUADS) for n in (0, 2, 1, 4, 3, 6, 5)]
        world.pool.places.patience = 60
        found = await asyncio.gather(*(one(world.pool, "ASK {}", AS_OF, d) for d in datasets[:6]))
        return {asked.outcome for asked in found}

    assert world.do(act()) == {"answered"}


def test_no_more_processes_are_kept_than_there_is_room_for(world: World) -> None:
    for number in range(8):
        world.ask("ASK {}", Dataset(f"o{number}", 1, lambda: QUADS))
    assert len(world.pool._idle) <= world.pool.size
    assert len(world.pool._holders) <= world.pool.size + 4 + 3


def test_a_worker_can_open_nothing(world: World) -> None:
    world.ask("ASK {}", OWN)
    folder = Path(f"/proc/{idle_pid(world)}")
    limits = {line[:26].strip(): line[26:].split()[0] for line in (folder / "limits").read_text().splitlines()}
    closed = ("Max open files", "Max processes", "Max core file size", "Max file size")
    assert {name: limits[name] for name in closed} == dict.fromkeys(closed, "0")
    opened = sorted(str(f.readlink()) for f in (folder / "fd").iterdir())
    assert [o.partition(":")[0] for o in opened if o != "/dev/null"] == [f"{folder}/statm", "socket"]


def test_a_reload_starts_the_processes_anew(world: World) -> None:
    world.ask("ASK {}")
    before = world.zygotes()
    world.do(world.pool.renew())
    world.ask("ASK {}")
    after = world.zygotes()
    assert len(after) == 1
    assert after != before


def test_data_that_cannot_be_loaded_is_told_of(library: Library, tmp_path: Path) -> None:
    async def act() -> None:
        pool = Pool([tmp_path / "nothing"], 1)
        try:
            await pool.query(Dataset(), "ASK {}", ROWS, as_of=AS_OF)
        finally:
            await pool.close()

    status, detail = refused(lambda: asyncio.run(act()))
    assert (status, "nothing" in detail) == (503, True)


# Updates

ONE, TWO = '<http://own/a> <http://own/p> "secret of A" <http://own/g> .', '<http://own/a> <http://own/p> "unnamed" .'
KEPT = "_:kept <http://own/p> _:other <http://own/g> ."
X = "<http://x/> <http://x/> <http://x/>"


@pytest.mark.parametrize(
    ("text", "added", "removed"),
    [
        (f"INSERT DATA {{ {X} }}", [f"{X} ."], []),
        (f"INSERT DATA {{ {X} . GRAPH <http://n/> {{ {X} }} }}", [f"{X} .", f"{X} <http://n/> ."], []),
        ('DELETE DATA { <http://own/a> <http://own/p> "unnamed" }', [], [TWO]),
        ("DELETE WHERE { ?s ?p 'unnamed' }", [], [TWO]),
        ("DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", [], [TWO]),
        ("DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o FILTER(?o = 'secret of A') } }", [], [ONE]),
        ("WITH <http://own/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", [], [ONE, KEPT]),
        ("INSERT { ?o <http://x/> 'x' } USING <http://own/g> WHERE { ?b ?p ?o FILTER(isBlank(?b)) }",
         ['_:other <http://x/> "x" .'], []),
        (f"INSERT {{ {X} }} WHERE {{ <http://own/a> ?p 'secret of A', 'unnamed' }}", [f"{X} ."], []),
        (f"INSERT {{ {X} }} WHERE {{ GRAPH ?g {{ ?s ?p 'unnamed' }} }}", [], []),
        ("CLEAR ALL", [], [TWO, ONE, KEPT]),
        ("DROP SILENT ALL", [], [TWO, ONE, KEPT]),
        ("drop named", [], [ONE, KEPT]),
        ("CLEAR DEFAULT", [], [TWO]),
        ("CREATE GRAPH <http://n/>", [], []),
        ("CLEAR ALL; INSERT DATA { <http://own/a> <http://own/p> 'unnamed' }", [], [ONE, KEPT]),
        ("COPY <http://own/g> TO <http://n/>; DROP GRAPH <http://own/g>; MOVE <http://n/> TO <http://own/g>", [], []),
        ("ADD DEFAULT TO <http://own/g>", ['<http://own/a> <http://own/p> "unnamed" <http://own/g> .'], []),
        ("PREFIX x: <http://x/> INSERT DATA { x: x: x: } ; # ; \n DELETE WHERE { x: x: x: } ;", [], []),
        ("PREFIX x: <http://x/> INSERT DATA { x: x: 'a;b' } ; PREFIX y: <http://y/> INSERT DATA { x: y: y:a.b.c }",
         ['<http://x/> <http://x/> "a;b" .', "<http://x/> <http://y/> <http://y/a.b.c> ."], []),
        ("", [], []),
    ],
)  # fmt: skip
def test_an_update_tells_what_it_would_change(world: World, text: str, added: list[str], removed: list[str]) -> None:
    changed = world.change(text)
    assert (sorted(changed.added), sorted(changed.removed)) == (sorted(added), sorted(removed))


def test_an_update_changes_nothing_itself(world: World) -> None:
    world.change("CLEAR ALL")
    assert world.values("SELECT ?o { <http://own/a> ?p ?o }", OWN) == ["secret of A", "unnamed"]


def test_new_blank_nodes_have_labels_of_their_own(world: World) -> None:
    changed = world.change("INSERT DATA { _:kept <http://x/> _:kept }")
    (line,) = changed.added
    assert not line.startswith("_:kept ")
    assert line.split()[0] == line.split()[2]


@pytest.mark.parametrize(
    "text",
    [
        f"INSERT DATA {{ GRAPH <{LAW}> {{ {X} }} }}",
        f"CLEAR GRAPH <{LAW}>",
        f"MOVE <{LAW}> TO <http://own/g>",
        f"WITH <{LAW}> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
        f"INSERT {{ GRAPH ?g {{ {X} }} }} WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "LOAD <http://127.0.0.1/>",
        "load silent <file:///etc/hostname> into graph <http://own/g>",
        f"INSERT DATA {{ {X} }} ; LOAD <http://127.0.0.1/>",
        f"INSERT {{ {X} }} WHERE {{ SERVICE <http://127.0.0.1/> {{ ?s ?p ?o }} }}",
        f"INSERT {{ {X} }} USING <http://nowhere/> WHERE {{ ?s ?p ?o }}",
    ],
)
def test_an_update_that_reaches_too_far_is_refused(world: World, text: str) -> None:
    assert refused(lambda: world.change(text))[0] == 403


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * {}",
        "INSERT DATA { ?x <http://x/> 1 }",
        "CLEAR",
        "CLEAR ALL ALL",
        "CLEAR ALL ; }",
        f"INSERT DATA {{ {X} }} INSERT DATA {{ {X} }}",
        r"\u0043LEAR ALL",
        "DROP GRAPH <http://nowhere/>",
    ],
)
def test_an_update_that_is_not_valid_is_told_so(world: World, text: str) -> None:
    with pytest.raises(QueryError):
        world.change(text)


def test_an_update_reads_the_graphs_that_the_request_names(world: World) -> None:
    text = "INSERT { ?s <http://x/> ?o } WHERE { ?s <http://own/p> ?o FILTER(isLiteral(?o)) }"
    only = world.change(text, using_graphs=["http://own/g"])
    assert only.added == ('<http://own/a> <http://x/> "secret of A" .',)
    assert world.change(text, using_named_graphs=["http://own/g"]).added == ()
    assert world.change("DELETE WHERE { ?s ?p 'unnamed' }", using_graphs=["http://own/g"]).removed == ()
    assert world.change(text, using_graphs=["http://nowhere/"]) == Changed((), ())
    with pytest.raises(QueryError, match="in one of the two"):
        world.change(f"WITH <http://own/g> {text}", using_graphs=["http://own/g"])


def test_an_update_that_changes_too_much_is_refused(world: World) -> None:
    world.limit(bytes=1_000)
    status, _ = refused(lambda: world.change("INSERT { GRAPH <http://n/> { ?s ?p ?o } } WHERE { ?s ?p ?o }"))
    assert status == 413


def test_a_key_says_what_its_process_is_forked_from() -> None:
    of_organisation = Key("2026-11-22", "double-read", "a", 3)
    assert of_organisation.parent == Key("2026-11-22", "double-read")
    assert of_organisation.parent.parent == Key() == Key().parent


def test_a_pool_that_was_closed_starts_nothing_any_more() -> None:
    before = set(_children(os.getpid()))

    async def act() -> None:
        pool = Pool([], 1, LIMITS)
        await pool.close()
        await pool.query(Dataset(), "ASK {}", ROWS, as_of=AS_OF)

    status, detail = refused(lambda: asyncio.run(act()))
    assert (status, "Ask again" in detail) == (503, True)
    assert set(_children(os.getpid())) <= before
