"""Evidence files against what was recorded of them; only what lies under the root is read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from datetime import date
from pathlib import Path

import pytest
from conftest import AS_OF, Run

from aims_graph.errors import InputError
from aims_graph.evidence.evidence_files import FileState, describe, verify
from aims_graph.library import Library

PREFIXES = """@prefix aims: <https://w3id.org/aims-graph/ontology#> .
@prefix ex: <https://example.org/records/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""
TEXT = b"Twelve people were trained.\n"
DIGEST = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "list.txt").write_bytes(TEXT)
    return folder


def write(folder: Path, location: str | None = "list.txt", digest: str | None = DIGEST, *more: str) -> Path:
    """One evidence item in a record file."""
    said = ['dcterms:identifier "EV-1"']
    said += [f"aims:location {json.dumps(location)}"] if location is not None else []
    said += [f'aims:sha256 "{digest}"'] if digest is not None else []
    path = folder / "records.ttl"
    path.write_text(
        f"{PREFIXES}ex:EV-1\n    a aims:EvidenceItem ;\n    " + " ;\n    ".join([*said, *more]) + " .\n", "utf-8"
    )
    return path


def checked(path: Path, root: Path, as_of: date = AS_OF) -> tuple[FileState, ...]:
    records = Library.open(record_files=[path]).records
    assert records is not None
    return verify(records, root, as_of)


def states(path: Path, root: Path, as_of: date = AS_OF) -> list[str]:
    (found,) = checked(path, root, as_of)
    return [s.state for s in found.said]


def test_a_file_is_intact_while_it_is_what_was_recorded(root: Path) -> None:
    path = write(root.parent)
    (found,) = checked(path, root)
    assert (found.item, found.location, found.state, found.found) == ("EV-1", "list.txt", "intact", DIGEST)
    assert not found.is_finding
    assert str(found.source) == f"{path}:6"


def test_one_changed_byte_is_found_with_the_digest_that_is_there_now(root: Path) -> None:
    (root / "list.txt").write_bytes(TEXT.replace(b"T", b"t"))
    (found,) = checked(write(root.parent), root)
    assert found.state == "changed"
    assert found.found == hashlib.sha256(TEXT.replace(b"T", b"t")).hexdigest()
    assert found.found in found.said[0].sentence
    assert found.is_finding


def test_a_large_file_is_read_piece_by_piece_to_its_last_byte(root: Path) -> None:
    large = b"0123456789abcdef" * 200_000
    (root / "list.txt").write_bytes(large)
    path = write(root.parent, digest=hashlib.sha256(large).hexdigest())
    assert states(path, root) == ["intact"]
    (root / "list.txt").write_bytes(large[:-1] + b"g")
    assert states(path, root) == ["changed"]


@pytest.mark.parametrize(
    ("location", "state"),
    [
        ("gone.txt", "missing"),
        ("list.txt/below.txt", "missing"),
        (".", "unreadable"),
        ("", "unreadable"),
        ("https://example.org/list.txt", "not-checked"),
        ("file:///etc/hostname", "not-checked"),
        ("urn:doc:list", "not-checked"),
        ("../records.ttl", "outside"),
        ("/etc/hostname", "outside"),
        ("sub/../../records.ttl", "outside"),
        ("list.txt\x00", "unreadable"),
        ("n" * 5000, "unreadable"),
        ("./list.txt", "intact"),
        ("sub/../list.txt", "intact"),
        (None, "no-location"),
    ],
)
def test_only_files_under_the_root_are_read_and_no_address_is_fetched(
    root: Path, location: str | None, state: str
) -> None:
    (root / "sub").mkdir()
    (found,) = checked(write(root.parent, location), root)
    assert found.state == state
    assert (found.found is None) == (state != "intact")
    assert found.said[0].sentence.endswith(".")


def test_an_absolute_path_under_the_root_is_read(root: Path) -> None:
    assert states(write(root.parent, str(root / "list.txt")), root) == ["intact"]


def test_a_link_is_followed_within_the_root_and_not_out_of_it(root: Path) -> None:
    (root.parent / "outside.txt").write_bytes(TEXT)
    (root / "inside").symlink_to("list.txt")
    (root / "out").symlink_to("../outside.txt")
    (root / "folder").symlink_to(root.parent)
    (root / "loop").symlink_to("loop")
    assert states(write(root.parent, "inside"), root) == ["intact"]
    assert states(write(root.parent, "out"), root) == ["outside"]
    assert states(write(root.parent, "folder/outside.txt"), root) == ["outside"]
    assert states(write(root.parent, "loop"), root) == ["unreadable"]


def test_a_folder_whose_name_only_starts_like_the_root_is_outside(root: Path) -> None:
    other = root.parent / "files-2"
    other.mkdir()
    (other / "list.txt").write_bytes(TEXT)
    assert states(write(root.parent, "../files-2/list.txt"), root) == ["outside"]


def test_what_is_no_plain_file_is_never_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert states(write(root.parent, "pipe"), root) == ["unreadable"]


@pytest.mark.parametrize(("digest", "said"), [(None, DIGEST), ("abc", "'abc' is not"), (DIGEST.upper(), "is not")])
def test_a_file_without_a_usable_digest_is_not_called_intact(root: Path, digest: str | None, said: str) -> None:
    (found,) = checked(write(root.parent, digest=digest), root)
    assert found.state == "no-digest"
    assert said in found.said[0].sentence


def test_validity_and_retention_are_judged_beside_the_file(root: Path) -> None:
    until = '"2026-11-22"^^xsd:date'
    path = write(root.parent, "list.txt", DIGEST, f"aims:validUntil {until}", f"aims:retainUntil {until}")
    assert states(path, root, date(2026, 11, 22)) == ["intact"]
    assert states(path, root, date(2026, 11, 23)) == ["expired", "retention-over", "intact"]


def test_what_need_not_be_kept_any_more_may_be_gone(root: Path) -> None:
    path = write(root.parent, "gone.txt", DIGEST, 'aims:retainUntil "2026-11-21"^^xsd:date')
    (found,) = checked(path, root)
    assert [s.state for s in found.said] == ["missing", "retention-over"]
    assert not found.is_finding
    (before,) = checked(path, root, date(2026, 11, 21))
    assert before.is_finding


def test_an_item_kept_in_two_places_is_checked_in_both(root: Path) -> None:
    path = write(root.parent, "list.txt", DIGEST, 'aims:location "copy.txt"')
    assert [(f.location, f.state) for f in checked(path, root)] == [("copy.txt", "missing"), ("list.txt", "intact")]


def test_an_item_issued_later_is_not_asked_for_yet(root: Path) -> None:
    path = write(root.parent, "list.txt", DIGEST, 'dcterms:issued "2026-11-23"^^xsd:date')
    assert checked(path, root) == ()
    assert states(path, root, date(2026, 11, 23)) == ["intact"]


def test_what_to_record_of_a_file_is_what_verify_finds_intact(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a" / "b.pdf").write_bytes(TEXT)
    found = describe(root / "a" / "b.pdf", root)
    assert (found.location, found.sha256, found.media_type, found.size) == ("a/b.pdf", DIGEST, "application/pdf", 28)
    assert states(write(root.parent, found.location, found.sha256), root) == ["intact"]
    (root / "noname").write_bytes(b"")
    assert describe(root / "noname", root).media_type is None


@pytest.mark.parametrize(
    ("name", "said"), [("gone.txt", "is not there"), ("../records.ttl", "lies outside"), (".", "is no plain file")]
)
def test_what_cannot_be_evidence_is_not_described(root: Path, name: str, said: str) -> None:
    write(root.parent)
    with pytest.raises(InputError, match=said):
        describe(root / name, root)


# -- the commands ------------------------------------------------------------------------


def test_verify_exits_with_1_where_something_is_to_be_mended(run: Run, root: Path) -> None:
    asked = ("evidence", "verify", "--records", write(root.parent), "--root", root, "--as-of", AS_OF)
    fine = run(*asked)
    assert (fine.code, fine.err) == (0, "")
    assert "EV-1  list.txt: intact" in fine.out
    (root / "list.txt").write_bytes(b"other")
    table = run(*asked)
    assert table.code == 1
    assert max(len(line) for line in table.out.splitlines()) <= 80
    found = json.loads(run(*asked, "--format", "json").out)
    assert found["counts"] == {"changed": 1}
    assert found["items"][0]["found_sha256"] == hashlib.sha256(b"other").hexdigest()
    (row,) = csv.DictReader(io.StringIO(run(*asked, "--format", "csv").out))
    assert (row["item"], row["state"]) == ("EV-1", "changed")


def test_bad_input_to_verify_and_describe_is_refused_with_exit_code_2(run: Run, root: Path) -> None:
    none = run("evidence", "verify", "--root", root, "--as-of", AS_OF)
    assert (none.code, none.err) == (
        2,
        "no records are loaded. Give a file of records: --records FILE, or --workspace DIR.\n",
    )
    nowhere = run("evidence", "verify", "--records", write(root.parent), "--root", root / "no", "--as-of", AS_OF)
    assert nowhere.code == 2
    assert "is not a folder. Name the folder that holds the evidence files." in nowhere.err
    assert run("evidence", "describe", root / "no", "--root", root).code == 2


def test_describe_prints_what_to_record(run: Run, root: Path) -> None:
    ran = run("evidence", "describe", root / "list.txt", "--root", root)
    assert ran.out == f"location: list.txt\nsha256: {DIGEST}\nmedia_type: text/plain\nsize: 28\n"
    found = json.loads(run("evidence", "describe", root / "list.txt", "--root", root, "--format", "json").out)
    assert found["files"][0]["sha256"] == DIGEST
