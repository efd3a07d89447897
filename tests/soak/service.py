"""A service under mixed load for half an hour: `PYTHONPATH=tests python -m soak.service --minutes 30`.

Reads, writes and bad requests go to a real `aims-graph serve` with two organisations and two processes that answer.
Each client makes so many records and then changes them again and again: what a service needs for more records is no
leak. No answer may be a failure of the service, no process may grow, and what was acknowledged has to be there. With
`--kill`, a process is killed every minute.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from running import Running, made, memory, running, until
from soak.recording import commit, record

SEED, CLIENTS, EVERY = 20261122, 6, 5.0
WARM = 0.2  # of the time, before memory is compared
GROWTH = 0.10
RECORDS = 100  # of one client in one organisation
V1 = "/api/v1"
CLAUSES = ("iso42001:10.2", "iso42001:6.1.2", "iso42001:9.2", "aiact:art-20.1", "aiact:art-17.1.i", "airmf:MANAGE-4.3")
BAD: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/provisions/nothing-of-the-kind", {}),
    ("GET", "/provisions/iso42001:10.2/what-else?as_of=yesterday", {}),
    ("GET", "/provisions/iso42001:10.2/what-else?limit=-1", {}),
    ("POST", "/what-else", {"content": b"{", "headers": {"content-type": "application/json"}}),
    ("POST", "/records", {"json": {"kind": "Nothing"}}),
    ("POST", "/records", {"content": b"\xff\xfe", "headers": {"content-type": "text/turtle"}}),
    ("DELETE", "/frameworks", {}),
    ("GET", "/records", {"headers": {"authorization": "Bearer aims_wrong_wrong"}}),
    ("GET", "/search", {}),
    ("GET", "/made-up/%00/..%2f..%2fetc/passwd", {}),
)


@dataclass
class Tally:
    """What came of the requests."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"read": [], "write": [], "bad": []})
    writes: int = 0  # that were acknowledged
    kept: dict[tuple[str, str], int] = field(default_factory=dict)  # organisation and record → change acknowledged last
    sent: dict[tuple[str, str], int] = field(default_factory=dict)  # the same → change sent last
    failed: list[str] = field(default_factory=list)
    unavailable: Counter[str] = field(default_factory=Counter)  # by what was said
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, answer: httpx.Response, seconds: float) -> None:
        with self.lock:
            self.statuses[kind, answer.status_code] += 1
            self.seconds[kind].append(seconds)
            if answer.status_code == 503:
                self.unavailable[answer.json()["detail"]] += 1
            if answer.status_code == 500 and len(self.failed) < 20:
                self.failed.append(
                    f"{answer.request.method} {answer.request.url.raw_path.decode()}: {answer.text[:200]}"
                )


def ask(service: Running, keys: dict[str, str], tally: Tally, number: int, stop: threading.Event) -> None:
    """One client, until told to stop."""
    dice = random.Random(SEED + number)
    count = 0
    clients = {name: service.client(key) for name, key in keys.items()}
    anybody = service.client()
    while not stop.is_set():
        kind = dice.choices(("read", "write", "bad"), (80, 10, 10))[0]
        name = dice.choice(sorted(keys))
        count += 1
        begun = time.perf_counter()
        try:
            if kind == "write":
                record_id = f"R-{number}-{dice.randrange(RECORDS)}"
                tally.sent[name, record_id] = count
                answer = write(clients[name], record_id, count, (name, record_id) in tally.kept)
                if answer.status_code in (200, 201):
                    with tally.lock:
                        tally.kept[name, record_id] = count
                        tally.writes += 1
            elif kind == "bad":
                method, path, more = dice.choice(BAD)
                answer = dice.choice((anybody, clients[name])).request(method, V1 + path, **more)
            else:
                answer = read(dice, anybody, clients[name])
        except httpx.TransportError:
            with tally.lock:
                tally.statuses[kind, 0] += 1  # the process at the other end was killed
            continue
        tally.note(kind, answer, time.perf_counter() - begun)
    for client in (anybody, *clients.values()):
        client.close()


def write(member: httpx.Client, record_id: str, count: int, there: bool) -> httpx.Response:
    """Make a record, or change one that was made."""
    if there:
        return member.patch(f"{V1}/records/{record_id}", json={"label": label(count)})
    return member.post(f"{V1}/records", json={"kind": "Risk", "id": record_id, "label": label(count)})


def label(count: int) -> str:
    """What a record says after a change, by its number."""
    return f"Risk {count}"


def read(dice: random.Random, anybody: httpx.Client, member: httpx.Client) -> httpx.Response:
    """One sound question, with a key or without."""
    clause = dice.choice(CLAUSES)
    paths = (
        *(f"/provisions/{clause}/what-else", f"/provisions/{clause}", "/frameworks", f"/search?q={clause[-4:]}"),
        f"/explain?from={clause}&to={dice.choice(CLAUSES)}",
    )
    client = dice.choice((anybody, anybody, member))
    if client is member and dice.random() < 0.5:
        return member.get(f"{V1}/records?limit=20")
    if dice.random() < 0.05:
        return client.get("/sparql", params={"query": "SELECT * WHERE { ?s ?p ?o } LIMIT 10"})
    return client.get(V1 + dice.choice(paths))


def watch(service: Running, samples: dict[int, list[int]], stop: threading.Event) -> None:
    """Note what each process holds in memory, now and then."""
    while not stop.wait(EVERY):
        for pid in service.children:
            try:
                samples.setdefault(pid, []).append(memory(pid))
            except OSError:
                continue


def kill(service: Running, stop: threading.Event, killed: Counter[str]) -> None:
    """Kill a process every minute."""
    dice = random.Random(SEED)
    while not stop.wait(60):
        role = dice.choice(("front", "writer"))
        os.kill(service.one(role), signal.SIGKILL)
        killed[role] += 1
        until(lambda: len(service.children) == 3, "it is started anew")


def growth(found: list[int]) -> float:
    """By how much a process has grown since it was warm."""
    warm = found[int(len(found) * WARM) :]
    third = max(1, len(warm) // 3)
    return statistics.median(warm[-third:]) / statistics.median(warm[:third]) - 1


def percentile(found: list[float], part: float) -> str:
    """In milliseconds."""
    return f"{1000 * sorted(found)[min(len(found) - 1, int(part * len(found)))]:.1f}" if found else "-"


def main() -> None:
    """Load, look, and record; exit 1 where something is not as it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--kill", action="store_true")
    asked = parser.parse_args()
    tally, killed, samples, stop = Tally(), Counter[str](), dict[int, list[int]](), threading.Event()
    with tempfile.TemporaryDirectory() as where, (Path(where) / "errors").open("w+") as errors:
        folder = Path(where) / "organisations"
        keys = {name: made(folder, name) for name in ("acme", "beta")}
        options = ("--workspaces", folder, "--workers", 2)
        with running(*options, errors=errors, environment={"AIMS_RATE_FAILURES": "0", "AIMS_PREPARE": ""}) as service:
            with ThreadPoolExecutor(CLIENTS + 2) as threads:
                work = [threads.submit(ask, service, keys, tally, n, stop) for n in range(CLIENTS)]
                work.append(threads.submit(watch, service, samples, stop))
                if asked.kill:
                    work.append(threads.submit(kill, service, stop, killed))
                time.sleep(60 * asked.minutes)
                stop.set()
                for one in work:
                    one.result()
            roles = service.children  # those that are there at the end
            lost = missing(service, keys, tally)
        errors.seek(0)
        said = [line for line in errors.read().splitlines() if "started anew" not in line]
    told(asked.minutes, tally, killed, {f"{roles[p]} {p}": s for p, s in samples.items() if p in roles}, lost, said)


def missing(service: Running, keys: dict[str, str], tally: Tally) -> list[str]:
    """The records that do not say what was acknowledged last, or what was sent after it without an answer."""
    lost: list[str] = []
    clients = {name: service.client(key) for name, key in keys.items()}
    for (name, record_id), count in sorted(tally.kept.items()):
        answer = clients[name].get(f"{V1}/records/{record_id}")
        said = answer.json().get("label") if answer.status_code == 200 else None
        if said not in (label(count), label(tally.sent[name, record_id])):
            lost.append(f"{record_id} says {said!r}, not {label(count)!r}")
    for client in clients.values():
        client.close()
    return lost


def told(
    minutes: float,
    tally: Tally,
    killed: Counter[str],
    samples: dict[str, list[int]],
    lost: list[str],
    said: list[str],
) -> None:
    """Write what was found; SystemExit(1) where it is not as it should be."""
    grown = {role: growth(found) for role, found in samples.items() if len(found) > 10}
    lines = [
        f"`python -m soak.service --minutes {minutes:g}` at commit {commit()}, seed {SEED}: {CLIENTS} clients, two "
        f"organisations, two processes that answer and one that writes, on this machine. "
        f"{sum(tally.statuses.values()):,} requests, {tally.writes:,} acknowledged writes "
        f"to {len(tally.kept):,} records.",
        "",
        "| requests | p50 ms | p99 ms | statuses |",
        "|---|---|---|---|",
    ]
    for kind, seconds in tally.seconds.items():
        counts = ", ".join(f"{s or 'cut off'}: {n:,}" for (k, s), n in sorted(tally.statuses.items()) if k == kind)
        lines.append(f"| {kind} | {percentile(seconds, 0.5)} | {percentile(seconds, 0.99)} | {counts} |")
    deaths = ", ".join(f"{n} of a {role}" for role, n in sorted(killed.items())) or "none"
    lines += [
        "",
        f"Acknowledged writes that were lost: {len(lost)}. Answers 500: {len(tally.failed)}. Kills: {deaths}. "
        + f"Memory after warming up, of which at most {GROWTH:+.0%} is asked where nothing is killed: "
        + (", ".join(f"{role} {change:+.1%}" for role, change in sorted(grown.items())) or "too short to tell")
        + ".",
    ]
    if tally.unavailable:
        lines += ["", "503: " + "; ".join(f"{n} × {said}" for said, n in sorted(tally.unavailable.items()))]
    record("The service under load" + (" and kills" if killed else ""), "\n".join(lines))
    wrong = [*tally.failed, *(f"lost: {i}" for i in lost), *said]
    wrong += [f"{role} grew by {change:.0%}" for role, change in grown.items() if change > GROWTH and not killed]
    if wrong:
        print(*wrong[:60], sep="\n", file=sys.stderr)
        raise SystemExit(1)


if __name__ == "__main__":
    main()
