"""The audit log: everything that was written is there as it was written, and any other hand in it is found."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept import ANN, NOW, made, put, said, statement

from aims_graph.errors import DataError, InputError
from aims_graph.workspaces import auditlog, upkeep
from aims_graph.workspaces.auditlog import START, AuditLog, Change, Entry
from aims_graph.workspaces.merging import as_kept
from aims_graph.workspaces.record_store import line
from aims_graph.workspaces.statehash import StateHash
from aims_graph.workspaces.workspace import BASE, LOG, STORE, Workspace

Lines = list[dict[str, object]]


def edited(folder: Path, edit: Callable[[Lines], object]) -> None:
    """Change the log with another hand than the program's."""
    path = folder / LOG / auditlog.FILE
    lines = [json.loads(text) for text in path.read_text(encoding="utf-8").split("\n") if text]
    edit(lines)
    path.write_text("".join(json.dumps(entry) + "\n" for entry in lines), encoding="utf-8")


def fault(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        upkeep.verify(AuditLog(folder / LOG))
    (problem,) = caught.value.problems
    return f"{problem.line}: {problem.what}"


EDITS: dict[str, tuple[Callable[[Lines], object], int]] = {
    "who is changed": (lambda e: e[1].update(who="bob"), 2),
    "the day is changed": (lambda e: e[1].update(at="2025-01-01T00:00:00Z"), 2),
    "the reason is put in later": (lambda e: e[3].update(why="told so"), 4),
    "the change is changed": (lambda e: e[2].update(change="+ " + statement(9) + "\n"), 3),
    "an entry is taken out": (lambda e: e.pop(1), 2),
    "the first entry is taken out": (lambda e: e.pop(0), 1),
    "an entry is put in": (lambda e: e.insert(2, dict(e[1])), 3),
    "two entries are swapped": (lambda e: e.insert(1, e.pop(2)), 2),
    "an entry carries a thing it never had": (lambda e: e[1].update(more=1), 2),
    "an entry lost its seal": (lambda e: e[4].pop("seal"), 5),
}


@pytest.mark.parametrize("name", EDITS)
def test_another_hand_in_the_log_is_found_at_its_entry(tmp_path: Path, name: str) -> None:
    folder = made(tmp_path / "w", 5)
    edit, number = EDITS[name]
    edited(folder, edit)
    assert fault(folder).startswith(f"{number}: entry {number} ")


def test_each_flipped_bit_of_an_entry_is_found(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    path = folder / LOG / auditlog.FILE
    sound = path.read_bytes()
    second = sound.index(b"\n") + 1
    for place in range(second, sound.index(b"\n", second)):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 1]) + sound[place + 1 :])
        assert int(fault(folder).partition(":")[0]) in (2, 3)
    path.write_bytes(sound)
    assert upkeep.verify(AuditLog(folder / LOG)).entries == 3


def test_an_end_that_was_cut_off_is_found_by_the_store(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    edited(folder, lambda entries: entries.pop())
    with pytest.raises(DataError, match="the log ends at entry 2, the store knows entry 3: its end was cut off"):
        Workspace.open(folder, write=True)


def test_a_log_that_was_sealed_anew_has_another_head(tmp_path: Path) -> None:
    """Only the noted head tells: whoever can write every file of a folder can also write every seal."""
    folder = made(tmp_path / "w", 3)
    head = upkeep.verify(AuditLog(folder / LOG)).head
    other = made(tmp_path / "other")
    with Workspace.open(other, write=True) as workspace:
        for text in ("1", "2", "another"):
            put(workspace, text)
    found = upkeep.verify(AuditLog(other / LOG))
    assert found.entries == 3
    assert found.head != head


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose second entry lies in a file of its own."""
    folder = made(tmp_path / "w", 1)
    monkeypatch.setattr(auditlog, "INLINE", 500)
    with Workspace.open(folder, write=True) as workspace:
        put(workspace, copies=50)
        put(workspace)
    assert [p.name for p in sorted((folder / LOG).glob("*.gz"))] == ["0000000002.nq.gz"]
    return folder


def test_a_large_change_is_read_back_from_its_own_file(large: Path) -> None:
    found = upkeep.verify(AuditLog(large / LOG))
    assert (found.entries, found.statements) == (3, 52)
    assert upkeep.rebuild(large) == 52


@pytest.mark.parametrize("place", [0, 5, 12, 40, -6, -1])
def test_a_large_change_with_a_flipped_byte_is_found(large: Path, place: int) -> None:
    path = large / LOG / "0000000002.nq.gz"
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    if place != 5:  # the header's own clock, which says nothing of the change
        assert fault(large).startswith("2: entry 2 ")


def test_a_large_change_that_was_replaced_is_found(large: Path) -> None:
    path = large / LOG / "0000000002.nq.gz"
    path.write_bytes(gzip.compress(f"+ {statement(2)}\n".encode()))
    assert "carries another change than it says" in fault(large)
    path.unlink()
    assert "entry 2 cannot be read (FileNotFoundError)" in fault(large)


def test_what_is_replayed_must_be_sealed_too(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 2)
    edited(folder, lambda entries: entries[1].update(who="bob"))
    with pytest.raises(DataError, match="entry 2 is not as it was written"):
        AuditLog(folder / LOG).since(0)


def test_an_entry_that_the_log_lacks_is_named(tmp_path: Path) -> None:
    log = AuditLog(made(tmp_path / "w", 2) / LOG)
    assert log.entry(1).number == 1
    with pytest.raises(DataError, match="entry 7 is not in the log"):
        log.entry(7)


def test_a_torn_end_is_no_entry_and_is_written_over(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 2)
    path = folder / LOG / auditlog.FILE
    with path.open("ab") as file:
        file.write(b'{"number":3,"at":"2026-')
    assert upkeep.verify(AuditLog(folder / LOG)).entries == 2
    with Workspace.open(folder, write=True) as workspace:
        assert put(workspace).number == 3
    assert upkeep.verify(AuditLog(folder / LOG)).entries == 3


literals = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(ox.Literal) | st.sampled_from(
    [
        ox.Literal('a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1ei\r\nj"k\\l\tm'),
        ox.Literal("grüß", language="de-AT"),
        ox.Literal("1.50", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
        ox.Literal("1.5", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
        ox.Literal("01", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
        ox.Literal("2026-01-01T24:00:00+00:00", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#dateTime")),
    ]
)
nodes = st.sampled_from(["a", "ä\u0301", "a'b", "a%20b", "a;b=(c)", "人", "a~$&!*+,@:b"]).map(
    lambda name: ox.NamedNode(BASE + name)
)
triples = st.builds(ox.Triple, nodes, st.just(ox.NamedNode("http://e/p")), literals | nodes)


def written(lines: list[str]) -> str:
    change = Change(tuple(sorted(lines)))
    entry = Entry(1, "2026-11-22T12:00:00Z", "ann\u2028", "add", None, None, "", change, "", "", START).sealed()
    head = json.loads(entry.line(apart=False))
    assert Change.read(head["change"]) == change
    return entry.seal


@given(st.lists(triples, max_size=6))
def test_a_change_is_read_back_as_it_was(stated: list[ox.Triple]) -> None:
    assert written([line(ox.Quad(t.subject, t.predicate, t.object, ox.NamedNode(BASE))) for t in stated])


@given(st.lists(st.tuples(st.booleans(), triples), max_size=25))
def test_the_hash_of_what_stands_does_not_depend_on_how_it_came_to_be(steps: list[tuple[bool, ox.Triple]]) -> None:
    state, held = StateHash(), set[str]()
    for comes, triple in steps:
        text = str(triple)
        if comes and text not in held:
            held.add(text)
            state = state.changed(added=[text])
        elif not comes and text in held:
            held.remove(text)
            state = state.changed(removed=[text])
    assert state == StateHash().changed(added=held) == StateHash.load(state.dump())


def test_replaying_the_log_gives_the_store(tmp_path: Path) -> None:
    """Many writes of odd statements, some of them equal once a store has kept them."""
    folder = made(tmp_path / "w")
    graph = ox.NamedNode(BASE)
    with Workspace.open(folder, write=True) as workspace:

        @given(st.lists(triples, max_size=6))
        def write(stated: list[ox.Triple]) -> None:
            new = {line(ox.Quad(t.subject, t.predicate, t.object, graph)) for t in as_kept(stated)}
            old = {line(quad) for quad in workspace.store.quads()}
            change = Change(tuple(sorted(new - old)), tuple(sorted(old - new))[: len(new)])
            workspace.commit(change, ANN, "", NOW)
            now = {line(quad) for quad in workspace.store.quads()}
            assert now == (old - set(change.removed)) | set(change.added)
            assert workspace.store.state == StateHash().changed(added=now)

        write()
    kept = said(folder)
    assert all(check.sound for check in upkeep.doctor(folder) if check.name != "free space")
    assert upkeep.rebuild(folder) == len(kept)
    assert said(folder) == kept


def test_a_store_that_another_hand_changed_is_found_and_mended(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    kept = said(folder)
    store = ox.Store(str(folder / STORE))
    store.add(ox.Quad(ox.NamedNode(f"{BASE}r1"), ox.NamedNode("http://e/p"), ox.Literal("x"), ox.NamedNode(BASE)))
    del store
    assert [c.name for c in upkeep.doctor(folder) if not c.sound] == ["store"]
    assert upkeep.rebuild(folder) == 3
    assert said(folder) == kept
    assert "store" not in [c.name for c in upkeep.doctor(folder) if not c.sound]


def test_a_version_that_another_hand_changed_is_found_and_mended(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    with Workspace.open(folder) as workspace:
        assert workspace.store.version(f"{BASE}r1") == 1
    store = ox.Store(str(folder / STORE))
    (old,) = (q for q in store if q.subject == ox.NamedNode(f"{BASE}r1") and "/workspace/entry" in str(q.predicate))
    store.remove(old)
    store.add(ox.Quad(old.subject, old.predicate, ox.Literal(9), old.graph_name))
    del store
    (wrong,) = (c for c in upkeep.doctor(folder) if not c.sound)
    assert (wrong.name, "such as r1." in wrong.said) == ("versions", True)
    upkeep.rebuild(folder)
    assert "versions" not in [c.name for c in upkeep.doctor(folder) if not c.sound]


def test_a_store_that_cannot_be_opened_is_made_anew(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    kept = said(folder)
    (folder / STORE / "CURRENT").write_text("nonsense\n", encoding="utf-8")
    assert [c.name for c in upkeep.doctor(folder) if not c.sound] == ["store"]
    assert upkeep.rebuild(folder) == 3
    assert said(folder) == kept


def test_a_copy_and_a_copy_of_the_copy_can_be_restored(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    first = upkeep.backup(folder, tmp_path / "b1", NOW)
    assert upkeep.backup(tmp_path / "b1", tmp_path / "b2", NOW) == first
    assert upkeep.restore(tmp_path / "b2", tmp_path / "again") == first
    assert said(tmp_path / "again") == said(tmp_path / "b1") == said(folder)


def test_a_copy_is_made_while_somebody_writes(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    with Workspace.open(folder, write=True):
        with (folder / "log" / auditlog.FILE).open("ab") as file:
            file.write(b'{"number":4,"at":"')  # an entry that is only half written
        (folder / "log" / "0000000005.nq.gz").write_bytes(b"")  # what the one after it will name
        first = upkeep.backup(folder, tmp_path / "b1", NOW)
    assert first.entries == 3
    assert all(check.sound for check in upkeep.doctor(tmp_path / "b1"))
    assert upkeep.restore(tmp_path / "b1", tmp_path / "again") == first
    assert said(tmp_path / "again") == said(tmp_path / "b1") == said(folder)


def test_a_restore_replaces_nothing(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 1)
    upkeep.backup(folder, tmp_path / "b", NOW)
    with pytest.raises(InputError, match="is not an empty folder"):
        upkeep.restore(tmp_path / "b", folder)
    with pytest.raises(InputError, match="lies in the workspace itself"):
        upkeep.backup(folder, folder / "log" / "b", NOW)
    with pytest.raises(InputError, match="exists already"):
        upkeep.backup(folder, tmp_path / "b", NOW)


def test_a_copy_whose_log_was_cut_is_not_restored(tmp_path: Path) -> None:
    folder = made(tmp_path / "w", 3)
    upkeep.backup(folder, tmp_path / "b", NOW)
    edited(tmp_path / "b", lambda entries: entries.pop())
    with pytest.raises(DataError, match="the log is not the one that was copied: entry 3"):
        upkeep.restore(tmp_path / "b", tmp_path / "again")
    assert not (tmp_path / "again").exists()
