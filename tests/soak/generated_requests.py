"""Tens of thousands of generated requests to every address of the service, held to its OpenAPI document.

`PYTHONPATH=tests python -m soak.generated_requests [--requests N] [--seed N]` asks the service over the shipped data
and the records of the worked case, in this process, whatever its document allows and what it does not: with a key for
everything and, every third time, without one; four in five names are of what there is. Each answer must have a
declared status, a declared media type and the declared form, and none may be a failure of the service. It writes
counts, seed and commit into docs/measurements.md, and ends with exit code 1 where one does not hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import contract
from conftest import CASES
from running import made
from schemathesis.core.failures import FailureGroup
from soak.recording import commit, record

from aims_graph.library import Library
from aims_graph.workspaces import taking_in
from aims_graph.workspaces.workspace import BASE, Signature
from aims_graph.workspaces.writing import Request
from aims_graph_api import create_app
from aims_graph_api.organisations import Organisation

REQUESTS, SEED, TITLE = 20_000, 20261122, "Generated requests"
HEAVY = ("/review/", "/weak-points", "/impact", "/what-if", "/gaps", "/plan", "/coverage", "/crosswalks/")
OF_HEAVY = 0.001  # share of the requests for each operation whose answers take their time
MOST = 100  # requests of any other operation in one round
DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, tzinfo=UTC)
ROUNDS = 3  # of which the last goes without a key


@dataclass
class Tally:
    """What was asked, and what came of it."""

    asked: contract.Asked = field(default_factory=contract.Asked)
    answered: set[str] = field(default_factory=set)  # operations that did what was asked at least once
    wrong: list[str] = field(default_factory=list)


def main() -> int:
    """Ask, and write what came of it."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--requests", type=int, default=REQUESTS)
    said.add_argument("--seed", type=int, default=SEED)
    given = said.parse_args()
    began, tally, library = time.monotonic(), Tally(), Library.open()
    with tempfile.TemporaryDirectory() as folder:
        key = made(Path(folder), "acme")
        organisation = Organisation("acme", Path(folder, "acme"), library)
        try:
            names = contract.Names(library, _filled(organisation, library))
            app = create_app(library, today=lambda: DAY, organisations={"acme": organisation})
            with contract.operations(app) as operations:
                _ask(operations, given, tally, {"Authorization": f"Bearer {key}"}, names)
        finally:
            organisation.close()
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(tally.asked.items()))
    lines = [
        f"{tally.asked.total():,} requests to {len(operations)} operations in {time.monotonic() - began:,.0f} s, "
        f"seed {given.seed}, commit {commit()}. Answers by status: {statuses}. {len(tally.answered)} operations did at "
        f"least once what they were asked{_silent(operations, tally)}.",
        "",
        "Every answer had a declared status, media type and form, and none was a failure."
        if not tally.wrong
        else f"{len(tally.wrong)} operations gave an answer that the document does not allow:",
        *(f"\n```\n{text[:2000]}\n```" for text in tally.wrong),
    ]
    record(TITLE, "\n".join(lines))
    return 1 if tally.wrong else 0


def _filled(organisation: Organisation, library: Library) -> Sequence[str]:
    """Put the worked case in; the names of its records."""
    source = taking_in.Source((CASES / "complete.ttl").read_bytes(), "complete.ttl", "ttl")
    read = taking_in.read([source], library.catalogue, BASE, {})
    change = Request(read.triples, places=read.lines)
    organisation.write(lambda writer: writer.write(change, Signature("soak", "generated requests"), NOW, DAY))
    return sorted(iri.removeprefix(BASE) for iri in read.places)


def _ask(operations: list[Any], given: argparse.Namespace, tally: Tally, key: contract.Headers, names: Any) -> None:
    """Ask round after round until there were enough, or something is wrong."""
    heavy = [o for o in operations if any(part in o.path for part in HEAVY)]
    light = [o for o in operations if o not in heavy]
    round_ = 0
    while tally.asked.total() < given.requests and not tally.wrong:
        left = given.requests - tally.asked.total()
        headers = contract.NO_KEY if round_ % ROUNDS == ROUNDS - 1 else key
        for operation in (*light, *(heavy if round_ == 0 else ())):
            few = max(4, int(given.requests * OF_HEAVY))
            cases = few if operation in heavy else max(10, min(MOST, left // len(light)))
            one = contract.Asked()
            try:
                contract.ask(operation, cases, given.seed + round_, one, headers, names)
            except (AssertionError, FailureGroup) as error:  # the run goes on with the next
                tally.wrong.append(f"{_said(operation)}: {error}")
            tally.asked.update(one)
            if any(status < 300 for status in one):
                tally.answered.add(_said(operation))
        round_ += 1


def _silent(operations: list[Any], tally: Tally) -> str:
    left = sorted({_said(operation) for operation in operations} - tally.answered)
    return f"; not so: {', '.join(left)}" if left else ""


def _said(operation: Any) -> str:
    return f"{operation.method.upper()} {operation.path}"


if __name__ == "__main__":
    sys.exit(main())
