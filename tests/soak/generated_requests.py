"""Tens of thousands of generated requests to every address of the service, held to its OpenAPI document.

`PYTHONPATH=tests python -m soak.generated_requests [--requests N] [--seed N]` asks the service over the shipped data,
in this process, whatever its document allows and what it does not: each answer must have a declared status, a
declared media type and the declared form, and none may be a failure of the service. It writes counts, seed and commit
into docs/measurements.md, and ends with exit code 1 where one does not hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from typing import Any

import contract
from schemathesis.core.failures import FailureGroup
from soak.recording import commit, record

from aims_graph.library import Library
from aims_graph_api import create_app

REQUESTS, SEED, TITLE = 20_000, 20261122, "Generated requests"
HEAVY = ("/review/", "/weak-points", "/impact", "/what-if", "/gaps", "/plan", "/coverage", "/crosswalks/")
OF_HEAVY = 0.0025  # share of the requests for each operation whose answers take their time
DAY = date(2026, 11, 22)


def main() -> int:
    """Ask, and write what came of it."""
    said = argparse.ArgumentParser(description=__doc__)
    said.add_argument("--requests", type=int, default=REQUESTS)
    said.add_argument("--seed", type=int, default=SEED)
    given = said.parse_args()
    began, asked, wrong = time.monotonic(), contract.Asked(), list[str]()
    with contract.operations(create_app(Library.open(), today=lambda: DAY)) as operations:
        _ask(operations, given, asked, wrong)
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(asked.items()))
    lines = [
        f"{asked.total():,} requests to {len(operations)} operations in {time.monotonic() - began:,.0f} s, "
        f"seed {given.seed}, commit {commit()}. Answers by status: {statuses}.",
        "",
        "Every answer had a declared status, media type and form, and none was a failure."
        if not wrong
        else f"{len(wrong)} operations gave an answer that the document does not allow:",
        *(f"\n```\n{text[:2000]}\n```" for text in wrong),
    ]
    record(TITLE, "\n".join(lines))
    return 1 if wrong else 0


def _ask(operations: list[Any], given: argparse.Namespace, asked: contract.Asked, wrong: list[str]) -> None:
    """Ask round after round until there were enough, or something is wrong."""
    heavy = [o for o in operations if any(part in o.path for part in HEAVY)]
    light = [o for o in operations if o not in heavy]
    round_ = 0
    while asked.total() < given.requests and not wrong:
        left = given.requests - asked.total()
        for operation in (*light, *(heavy if round_ == 0 else ())):
            cases = (
                max(2, int(given.requests * OF_HEAVY)) if operation in heavy else max(10, min(200, left // len(light)))
            )
            try:
                contract.ask(operation, cases, given.seed + round_, asked)
            except (
                AssertionError,
                FailureGroup,
            ) as error:  # the run goes on with the next
                wrong.append(f"{operation.method.upper()} {operation.path}: {error}")
        round_ += 1


if __name__ == "__main__":
    sys.exit(main())
