"""Hundreds of hostile queries at once: bounded, without harm to others, and nothing outside is reached."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from asking import Asked, Delays, many, one
from conftest import AS_OF
from hostile_queries import Hostile, hostile
from soak import queries as soak

from aims_graph.library import Library
from aims_graph_api.query_pool.pool import Limits, Pool

SECONDS = 0.5
AT_ONCE = 50
LIMITS = Limits(SECONDS, memory=2**28, rows=1_000, bytes=2_000_000, waiting=AT_ONCE)
SECRET = "the canary has been read"
ENDED = "ended the process"
EXPECTED = {"answered", "unusable-query", "not-allowed", "took-too-long", "too-large"}


@dataclass
class Attack:
    """What was asked and what became of it."""

    queries: list[Hostile]
    found: list[Asked]
    delays: Delays
    after: Asked
    connections: int


@pytest.fixture(scope="module")
def attack(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Attack]:
    canary = tmp_path_factory.mktemp("canary") / "canary.ttl"
    canary.write_text(f'<http://x/> <http://x/> "{SECRET}" .\n')
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        queries = hostile(address, str(canary))

        async def run() -> tuple[list[Asked], Delays, Asked]:
            pool = Pool([], 4, LIMITS)
            pool.places.patience = 120
            await one(pool, "ASK {}", AS_OF)
            found, delays = await many(pool, [q.text for q in queries], AT_ONCE, AS_OF)
            for place, query in enumerate(queries):  # harmless ones may have starved on a busy machine
                if query.outcome == "answered" and found[place].outcome == "took-too-long":
                    found[place] = await one(pool, query.text, AS_OF)
            for place, asked in enumerate(found):  # and what breaks its worker, where it has time to
                if asked.outcome == "took-too-long" and not any(ENDED in other.detail for other in found):
                    found[place] = await one(pool, asked.text, AS_OF)
            after = await one(pool, "ASK { ?s ?p ?o }", AS_OF)
            await pool.close()
            return found, delays, after

        found, delays, after = asyncio.run(run())
        connections = 0
        try:
            listener.accept()
            connections += 1
        except BlockingIOError:
            pass
    yield Attack(queries, found, delays, after, connections)


def test_there_are_over_two_hundred_of_them(attack: Attack) -> None:
    assert len({q.text for q in attack.queries}) >= 200


def test_every_one_has_an_outcome_within_its_limits(attack: Attack) -> None:
    assert {a.outcome for a in attack.found} <= EXPECTED
    assert [a.text[:100] for a in attack.found if a.outcome == "unavailable"] == []


def test_many_outcomes_occur(attack: Attack) -> None:
    """The queries are hostile in fact: some run past the time, some past the size, some break their worker."""
    assert {a.outcome for a in attack.found} == EXPECTED
    assert any(ENDED in a.detail for a in attack.found)


def test_what_reaches_outside_is_refused(attack: Attack) -> None:
    passed = [
        a.text
        for q, a in zip(attack.queries, attack.found, strict=True)
        if q.outcome == "refused" and a.outcome not in ("not-allowed", "unusable-query")
    ]
    assert passed == []


def test_what_only_looks_like_it_is_answered(attack: Attack) -> None:
    others = [
        (a.text, a.detail)
        for q, a in zip(attack.queries, attack.found, strict=True)
        if q.outcome == "answered" and a.outcome != "answered"
    ]
    assert others == []


def test_no_connection_is_made(attack: Attack) -> None:
    assert attack.connections == 0


def test_no_file_is_read(attack: Attack) -> None:
    assert [a.text for a in attack.found if SECRET.encode() in a.body or SECRET in a.detail] == []


def test_the_process_that_serves_stays_quick(attack: Attack) -> None:
    assert len(attack.delays.found) > 100
    assert attack.delays.share(0.99) < 0.5  # 0.1 s on a machine with nothing else to do


def test_the_pool_answers_afterwards(attack: Attack) -> None:
    assert (attack.after.outcome, attack.after.body) == ("answered", b'{"head":{},"boolean":true}')


def test_spoilt_queries_have_an_outcome_too(library: Library) -> None:
    """A short run of the soak."""
    done = soak.run(100, seed=1)
    assert set(done.outcomes) <= soak.EXPECTED
    assert len(done.found) == 100
    assert done.after.outcome == "answered"
