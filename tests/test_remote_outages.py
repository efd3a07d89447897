"""The store at a server ends while a service reads and writes: what `make soak` does for longer."""

from __future__ import annotations

from pathlib import Path

from remote_outages import outages


def test_a_service_outlives_the_kills_of_its_store(tmp_path: Path) -> None:
    found = outages(tmp_path, seed=1, kills=3, between=0.2)
    assert found.wrong == []
    assert (found.kills, found.away, len(found.back)) == (3, 3, 3)
    assert len(found.acknowledged) > 3
