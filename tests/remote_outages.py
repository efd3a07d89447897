"""A service with its records at the Oxigraph server, which is killed again and again while people read and write."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import sparql_servers
from running import Running, made, running, until

from aims_graph.remote import address
from aims_graph.remote.server import Server
from aims_graph.workspaces import upkeep
from aims_graph.workspaces.workspace import BASE

V1 = "/api/v1"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
WAYS = ("/records?limit=20", "/records/{known}", "/provisions/iso42001:10.2/what-else")
PLAIN = (200, 201, 503)
PROBLEM = "application/problem+json"


@dataclass
class Found:
    """What came of it."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    acknowledged: dict[str, str] = field(default_factory=dict)  # id → label
    wrong: list[str] = field(default_factory=list)
    kills: int = 0
    away: int = 0  # times the probe said that it is not ready
    back: list[float] = field(default_factory=list)  # seconds from the store's answer to that of the probe
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, answer: httpx.Response) -> None:
        with self.lock:
            self.statuses[kind, answer.status_code] += 1
            refused = answer.status_code == 503 and not answer.headers["content-type"].startswith(PROBLEM)
            if answer.status_code not in PLAIN or refused:
                self.wrong.append(f"{kind} {answer.request.url}: {answer.status_code} {answer.text[:300]}")


def outages(where: Path, seed: int, kills: int, between: float = 1.0, clients: int = 3) -> Found:
    """Kill the store under load, and look: at every answer, the probe, and all that was acknowledged."""
    found, stop = Found(), threading.Event()
    (where / "server").mkdir()
    place = sparql_servers.oxigraph(where / "server")
    try:
        key = made(where / "organisations", "acme")
        options = ("--workspaces", where / "organisations")
        with running(*options, environment={"AIMS_STORE": place.address}) as service:
            first = service.process.pid, sorted(service.children)
            with ThreadPoolExecutor(clients) as threads:
                work = [threads.submit(_ask, service, key, found, seed + n, n, stop) for n in range(clients)]
                try:
                    _kill(service, place, found, random.Random(seed), kills, between)
                finally:
                    stop.set()
                for one in work:
                    one.result()
            if (service.process.pid, sorted(service.children)) != first:
                found.wrong.append("a process of the service was started anew")
            _look(service, key, found)
        _look_at(place, where / "organisations" / "acme", found)
    finally:
        place.kill()
    return found


def _ask(service: Running, key: str, found: Found, seed: int, number: int, stop: threading.Event) -> None:
    """One client that reads and writes until told to stop."""
    dice, count = random.Random(seed), 0
    with service.client(key) as client:
        while not stop.is_set():
            count += 1
            known = dice.choice(sorted(found.acknowledged) or ["R-0"])
            if dice.random() < 0.4 or known == "R-0":
                name, label = f"R-{number}-{count}", f"Risk {count} of {number}"
                answer = client.post(f"{V1}/records", json={"kind": "Risk", "id": name, "label": label})
                found.note("write", answer)
                if answer.status_code == 201:
                    with found.lock:
                        found.acknowledged[name] = label
                continue
            answer = client.get(V1 + dice.choice(WAYS).format(known=known))
            found.note("read", answer)
            one = answer.status_code == 200 and answer.request.url.path.endswith(known)
            if one and found.acknowledged[known] not in answer.text:
                found.wrong.append(f"{known} was read without its label")


def _kill(
    service: Running, place: sparql_servers.Place, found: Found, dice: random.Random, kills: int, between: float
) -> None:
    with service.client() as probe:

        def ready() -> bool:
            return probe.get("/health/ready").status_code == 200

        for _ in range(kills):
            until(lambda: len(found.acknowledged) > 2 * found.kills, "something is written")
            time.sleep(dice.uniform(0, between))
            place.kill()
            found.kills += 1
            answer = probe.get("/health/ready")
            if answer.status_code == 503 and answer.headers["content-type"].startswith(PROBLEM):
                found.away += 1
            else:
                found.wrong.append(f"without a store, the probe said {answer.status_code}")
            time.sleep(dice.uniform(0, between / 2))
            place.start()
            found.back.append(until(ready, "the service is ready again"))


def _look(service: Running, key: str, found: Found) -> None:
    """Every acknowledged write is answered, as it was written."""
    with service.client(key) as client:
        for name, label in sorted(found.acknowledged.items()):
            answer = client.get(f"{V1}/records/{name}")
            if answer.status_code != 200 or label not in answer.text:
                found.wrong.append(f"{name} was acknowledged, and is answered {answer.status_code}")


def _look_at(place: sparql_servers.Place, folder: Path, found: Found) -> None:
    """Every acknowledged write is whole at the server, and the log and the server agree."""
    server = Server(address.read(place.address))
    rows = server.select(f"SELECT ?s ?l WHERE {{ GRAPH <{BASE}> {{ ?s a ?kind ; <{LABEL}> ?l }} }}")[1]
    server.close()
    there = {row["s"].value.removeprefix(BASE): row["l"].value for row in rows}
    found.wrong += [f"{n} is not at the server" for n, label in found.acknowledged.items() if there.get(n) != label]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIMS_STORE", place.address)
        found.wrong += [f"{check.name}: {check}" for check in upkeep.doctor(folder) if not check.sound]
