"""The claims as columns: the same claims as the index tells, shared by processes, joined with many actions."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from conftest import AS_OF
from random_catalogues import asked, drawn
from worlds import catalogue, context, provision, row

from aims_graph.chain import Context, Entry, Organisation
from aims_graph.errors import InputError, MissingDependency
from aims_graph.indexing import batch, index
from aims_graph.indexing.batch import Batch, by_action
from aims_graph.indexing.index import Index
from aims_graph.indexing.table import Table
from aims_graph.library import Library
from aims_graph.relations import EQ


@pytest.fixture(scope="module")
def indexes(library: Library) -> list[Index]:
    """The shipped graph and some random ones."""
    return [Index(library.catalogue, Context(AS_OF)), *(Index(drawn(seed), asked(seed)) for seed in range(30))]


def test_the_columns_hold_every_claim_with_its_proof(indexes: list[Index]) -> None:
    several = 0
    for compiled in indexes:
        table = Table.of(compiled)
        several += len(table.columns.several)
        for name in compiled.names:
            assert table.claims(name) == compiled.claims(name)
    assert several > 50, "some proofs have several premises"


def test_the_claims_between_two_editions_are_those_that_start_in_one_and_end_in_the_other(indexes: list[Index]) -> None:
    for compiled in indexes[:8]:
        table = Table.of(compiled)
        found = {
            (table.names[table.start[c]], table.names[table.columns.provision[c]])
            for claims in table.between().values()
            for c in claims.tolist()
        }
        expected = {
            (start, name)
            for start, claims in compiled.everything()
            for name in claims
            if start.partition(":")[0] != name.partition(":")[0]
        }
        assert found == expected
        for (one, other), claims in table.between().items():
            assert {table.names[s].partition(":")[0] for s in table.start[claims].tolist()} == {one}
            assert {table.names[p].partition(":")[0] for p in table.columns.provision[claims].tolist()} == {other}


def test_each_action_counts_towards_what_its_provision_does(indexes: list[Index]) -> None:
    for seed, compiled in enumerate(indexes):
        chooser = Random(seed)
        actions = [chooser.choice(compiled.names) for _ in range(200)]
        found = by_action(compiled, actions)
        assert found == [compiled.claims(a) for a in actions]
        table = Table.of(compiled)
        join = Batch(table)
        numbers = np.array([table.numbers[a] for a in actions], dtype=np.int32)
        expected = sorted(
            (i, table.numbers[b.provision], int(b.degree), np.float32(b.confidence or 0.0))
            for i, claims in enumerate(found)
            for b in claims.values()
        )
        for rows in (join.rows(numbers), join.rows_fast(numbers)):
            assert sorted(zip(*(column.tolist() for column in rows), strict=True)) == expected


def test_no_action_is_no_row(indexes: list[Index]) -> None:
    join = Batch(Table.of(indexes[1]))
    none = np.empty(0, dtype=np.int32)
    assert [len(column) for column in (*join.rows(none), *join.rows_fast(none))] == [0] * 8


def test_without_numba_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch, indexes: list[Index]) -> None:
    batch._filler.cache_clear()
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(MissingDependency, match=r"aims-graph\[fast\]"):
        Batch(Table.of(indexes[1])).rows_fast(np.zeros(1, dtype=np.int32))


# -- files ---------------------------------------------------------------------------------

OTHER_PROCESS = """
import sys
from datetime import date
from pathlib import Path
import numpy as np
from aims_graph.chain import Context
from aims_graph.indexing.index import Index
from aims_graph.library import Library
from aims_graph.indexing.table import Table
known = Library.open().catalogue
table = Table.open(Path(sys.argv[1]), known, Context(date(2026, 11, 22)))
assert isinstance(table.columns.provision, np.memmap) and not table.columns.provision.flags.writeable
assert table.columns.provision.base is not None, "mapped, not copied"
compiled = Index(known, Context(date(2026, 11, 22)))
for name in compiled.starts[::7]:
    assert table.claims(name) == compiled.claims(name)
print(len(table.columns.provision))
"""


def test_another_process_maps_the_same_columns_without_copying(indexes: list[Index], tmp_path: Path) -> None:
    table = Table.of(indexes[0])
    table.save(tmp_path / "claims")
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path / "claims")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(table.columns.provision)


def test_a_table_of_other_data_is_refused_and_nothing_is_overwritten(indexes: list[Index], tmp_path: Path) -> None:
    folder = tmp_path / "claims"
    Table.of(indexes[0]).save(folder)
    with pytest.raises(InputError, match="exists"):
        Table.of(indexes[0]).save(folder)
    with pytest.raises(InputError, match="made of graph"):
        Table.open(folder, indexes[1].catalogue, Context(AS_OF))
    with pytest.raises(InputError, match="holds no claim table"):
        Table.open(tmp_path, indexes[0].catalogue, Context(AS_OF))
    assert [p.name for p in tmp_path.iterdir()] == ["claims"], "no part is left behind"


def drawn_table(folder: Path) -> tuple[Table, Path]:
    """The claims of a random catalogue, as asked by a provider, and the folder that holds them."""
    table = Table.of(Index(drawn(2), context(roles=("provider", "deployer"))))
    table.save(folder / "claims")
    return table, folder / "claims"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"as_of": date(2020, 1, 1)}, "the day 2026-06-01, but 2020-01-01 is asked for"),
        ({"roles": frozenset({"provider"})}, r"the roles \['deployer', 'provider'\], but \['provider'\]"),
        ({"system_class": "gpai"}, "the system class any, but gpai"),
        ({"trust": "accepted"}, "the trust level double-read, but accepted"),
        ({"organisation": Organisation((Entry("a:p", True, None, None),))}, "an organisation with the hash"),
    ],
    ids=lambda x: next(iter(x)) if isinstance(x, dict) else "",
)
def test_a_table_of_another_context_is_refused(tmp_path: Path, how: dict[str, Any], said: str) -> None:
    table, folder = drawn_table(tmp_path)
    opened = Table.open(folder, table.catalogue, table.context)
    assert [opened.claims(name) for name in table.names] == [table.claims(name) for name in table.names]
    with pytest.raises(InputError, match=said):
        Table.open(folder, table.catalogue, replace(table.context, **how))


def test_a_table_of_other_rows_or_texts_is_refused_though_neither_is_of_files(tmp_path: Path) -> None:
    table, folder = drawn_table(tmp_path)
    known = table.catalogue
    fewer = known.with_mappings(known.mappings[1:])
    texts = replace(known, provisions={**known.provisions, "z:z": provision("z:z")})
    Table.of(Index(fewer, table.context)).save(tmp_path / "fewer")
    for place, other in ((folder, texts), (tmp_path / "fewer", known.with_mappings(known.mappings[2:]))):
        with pytest.raises(InputError, match="made of mapping rows with the hash"):
            Table.open(place, other, table.context)


def test_the_columns_of_an_index_after_edits_name_the_rows_that_it_names() -> None:
    for seed in range(20):
        known, how = drawn(seed), asked(seed)
        gone = dict.fromkeys((r.id for r in known.mappings[::3] if r.joint is None), None)
        changed = Index(known, how).changed(gone)
        table = Table.of(changed)
        assert [table.claims(name) for name in known.provisions] == [changed.claims(name) for name in known.provisions]


def test_what_a_limit_left_out_stays_with_the_columns_and_the_actions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MAX_CROSSED", 2)
    names = [provision(n) for n in ("a:x", "b:x", "c:x", "d:x", "e:x")]
    known = catalogue(names, [row("a:x", EQ, "b:x"), row("a:x", EQ, "c:x"), row("d:x", EQ, "e:x")])
    compiled = Index(known, context())
    table = Table.of(compiled)
    table.save(tmp_path / "claims")
    for found in (table, Table.open(tmp_path / "claims", known, context())):
        left = {name: set(left) for name, left in found.limited.items()}
        assert left == {"a:x": {"b:x", "c:x"}, "b:x": {"a:x", "c:x"}, "c:x": {"a:x", "b:x"}}
        assert found.claims("a:x").limited == compiled.claims("a:x").limited == left["a:x"]
        assert Batch(found).limited == found.limited
    assert [sorted(claims.limited) for claims in by_action(compiled, ["d:x", "a:x"])] == [[], ["b:x", "c:x"]]


def test_a_table_of_nothing() -> None:
    alone = catalogue([provision("a:x", force="permission"), provision("b:x")], [row("a:x", EQ, "b:x")])
    table = Table.of(Index(alone, context()))
    assert table.claims("a:x") == {}
    assert set(table.claims("b:x")) == {"b:x"}
    assert table.between() == {}
