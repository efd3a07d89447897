"""One way to write the same content: `fmt` changes form and never content, and refuses what it would lose."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from conftest import DATA, Run
from hypothesis import given
from hypothesis import strategies as st
from test_lint import linted

from aims_graph import canonical
from aims_graph.errors import DataError
from aims_graph.files import DataFile, data_roots, read_all
from aims_graph.turtle import parsed
from aims_graph.vocab import AIMS

MESSY = """# Rights: ours.
@prefix t: <https://example.org/t/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix aims: <https://w3id.org/aims-graph/ontology#> .


# About the first.
t:a rdfs:label "A \\"one\\""@en ; a aims:Clause
  ; skos:notation "1" ; aims:exhaustive true .
t:b
    aims:summary '''Two
lines'''@en ; t:own t:a, <https://example.org/else/x?y=1> ;
    a aims:Clause .
"""
TIDY = """# Rights: ours.
@prefix t: <https://example.org/t/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix aims: <https://w3id.org/aims-graph/ontology#> .

# About the first.
t:a
    a aims:Clause ;
    skos:notation "1" ;
    rdfs:label "A \\"one\\""@en ;
    aims:exhaustive true .

t:b
    a aims:Clause ;
    aims:summary \"\"\"Two
lines\"\"\"@en ;
    t:own t:a, <https://example.org/else/x?y=1> .
"""


PREFIX = "@prefix t: <https://example.org/t/> .\n"
XSD = "http://www.w3.org/2001/XMLSchema#"


def formatted(text: str, kind: str = "framework") -> str:
    return canonical.formatted(DataFile(kind, "x", text))


def refused(text: str, kind: str = "framework") -> list[tuple[int | None, str]]:
    """(line, what) of every problem a text is refused for."""
    with pytest.raises(DataError) as caught:
        formatted(text, kind)
    return [(p.line, p.what) for p in caught.value.problems]


def statements(text: str) -> set[ox.Triple]:
    return {q.triple for q in ox.parse(input=text.encode(), format=ox.RdfFormat.TURTLE)}


def test_form_changes_and_content_does_not() -> None:
    assert formatted(MESSY) == TIDY
    assert statements(MESSY) == statements(TIDY)
    assert formatted(TIDY) == TIDY


@pytest.mark.parametrize("file", [f for f in read_all(data_roots()) if f.kind in canonical.KINDS], ids=lambda f: f.path)
def test_the_shipped_files_are_in_canonical_form(file: DataFile) -> None:
    assert canonical.formatted(file) == file.text


@pytest.mark.parametrize("file", [f for f in read_all(data_roots()) if f.kind == "framework"], ids=lambda f: f.path)
def test_every_property_of_ours_has_a_place(file: DataFile) -> None:
    used = {triple.predicate.value for triple in parsed(file.path, file.text)[0]}
    assert {iri for iri in used if iri.startswith(AIMS)} <= set(canonical.RANK)


KEPT = [
    ("after a blank first line", "\n# a\n\n# b\n" + PREFIX, "# a\n# b\n" + PREFIX),
    ("and no prefix", "# a\n<https://example.org/x> a <https://example.org/C> .", "# a\n\n<https://example.org/x>"),
    ("comments only", "# a\n\n#b", "# a\n#b\n"),
    ("no comments, no prefix", "\n<urn:x> a <urn:C>.", "<urn:x>\n    a <urn:C> .\n"),
    ("after the prefixes", PREFIX + "# why\n\n# more\nt:a a t:C.", "\n\n# why\n# more\nt:a\n"),
    ("after an indented statement", PREFIX + " t:b a t:C .\n# why\n\tt:a a t:C .", " .\n\n# why\nt:a\n"),
    ("with quotes", PREFIX + '# """ opens \'\'\' nothing "\nt:a a t:C.\n# b\nt:b a t:C .', "# b\nt:b\n"),
    (
        "before a subject with an escape",
        PREFIX + r"# why" "\n" r"t:a\#b a t:C .",
        "# why\n<https://example.org/t/a#b>\n",
    ),
    (
        "before a subject with a code",
        "# 0\n<urn:o> a <urn:C>.\n# why\n" r"<urn:\u00e9\U000000E9> a <urn:C> .",
        "# why\n<urn:éé>",
    ),
    ("before a subject with dots", PREFIX + "# why\nt:a.1 a t:C.\nt:b a t:C.", "# why\nt:a.1\n    a t:C .\n\nt:b\n"),
    ("with white space after it", "# a \t\n" + PREFIX, "# a\n" + PREFIX),
]


@pytest.mark.parametrize(("text", "holds"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT])
def test_comments_at_the_top_and_before_a_subject_stay(text: str, holds: str) -> None:
    once = formatted(text)
    assert holds in once
    assert statements(once) == statements(text)
    assert formatted(once) == once


NOT_COMMENTS = [
    't:a t:b "# none", \'#\', "\\"# none", "\\\\", "#" .',
    't:a t:b """\n# none\n""", \'\'\'\n# "none"\n\'\'\' .',
    "t:a t:b <https://example.org/x#y>, <https://example.org/#> .",
    r"t:a t:b t:x\#y .",
]


@pytest.mark.parametrize("block", NOT_COMMENTS)
def test_a_hash_in_a_literal_or_an_iri_is_no_comment(block: str) -> None:
    assert statements(formatted(PREFIX + block)) == statements(PREFIX + block)


LOST_COMMENTS = [
    ("t:a a t:C ; # why\n t:b t:c .", 2, "inside a block"),
    ("t:a a t:C ;\n# why\n t:b t:c .", 3, "inside a block"),
    ("t:a a t:C ;\n  # why\n t:b t:c .", 3, "inside a block"),
    ('t:a t:b """# none\n""", # """ why\n t:c .', 3, "inside a block"),
    ("t:a a t:C#why\n.", 2, "inside a block"),
    ("t:a a t:C . # why\nt:b a t:C .", 2, "that does not start its line"),
    ("t:a a t:C .# why\rt:b a t:C .", 2, "that does not start its line"),
    ("t:a a t:C .\n # why\nt:b a t:C .", 3, "that does not start its line"),
    ("t:a a t:C . # why", 2, "that does not start its line"),
    ("t:a a t:C .\n# why\n", 3, "at the end of the file"),
    ("t:a a t:C .\n# why\nt:a t:b t:c .", 3, "before the second block of a subject"),
    ("t:a a t:C .\n# why\n<https://example.org/t/a> t:b t:c .", 3, "before the second block of a subject"),
    ("# why\n@prefix u: <https://example.org/u/> .\nt:a a t:C .", 2, "before a prefix that is not the first"),
    ("# why\nPREFIX u: <https://example.org/u/>\nt:a a t:C .", 2, "before a prefix that is not the first"),
    ("t:a a t:C .\n# why\n@prefix u: <https://example.org/u/> .", 3, "before a prefix that is not the first"),
    ("@prefix u: # why\n <https://example.org/u/> .", 2, "inside a block"),
]


@pytest.mark.parametrize(("block", "line", "where"), LOST_COMMENTS)
def test_a_comment_that_would_be_lost_is_refused(block: str, line: int, where: str) -> None:
    assert refused(PREFIX + block) == [(line, f"a comment {where} would be lost.")]
    with pytest.raises(DataError, match="Move it before the subject, or into rdfs:comment"):
        formatted(PREFIX + block)


WITHOUT_FORM = [
    ("t:a a", 2, "not valid Turtle"),
    ("t:a t:b [ a t:C ] .", 2, "a node without a name"),
    ("t:a t:b t:c ;\n t:d [] .", 3, "a node without a name"),
    ("t:a t:b ( t:c ) .", 2, "a node without a name"),
    ("# why\n[ a t:C ] t:b t:c .", 3, "a node without a name"),
    ("\n_:x t:b t:c .", 3, "a node without a name"),
    ("t:a t:b <<( t:c t:d t:e )>> .", 2, "a statement about a statement"),
    ("t:a t:b t:c {| t:d t:e |} .", 2, "a statement about a statement"),
    ("t:a t:b t:c ~ t:r .", 2, "a statement about a statement"),
    ("<< t:a t:b t:c >> t:d t:e .", 2, "a statement about a statement"),
    ("@base <https://example.org/> .", 2, "a base IRI has no place"),
    ("BASE <https://example.org/>\n<a> a t:C .", 2, "a base IRI has no place"),
    ('VERSION "1.2"\nt:a a t:C .', 2, "a version line has no place"),
    ("\n@prefix t: <https://example.org/u/> . t:a a t:C .", 3, "prefix 't:' is declared twice with different"),
]


@pytest.mark.parametrize(("block", "line", "says"), WITHOUT_FORM)
def test_what_has_no_canonical_form_is_refused(block: str, line: int, says: str) -> None:
    (found,) = refused(PREFIX + block)
    assert found[0] == line
    assert says in found[1]


def test_all_that_would_be_lost_is_said_at_once() -> None:
    found = refused(PREFIX + "@base <urn:x> .\nt:a a t:C . # one\nt:b t:c [] .\n# two")
    assert [line for line, _ in found] == [2, 3, 4, 5]


WRITTEN = [
    (r'"a\"\n\"b\""', '"""a"\n"b\\""""'),
    (r'"\n\"\"\"\""', '"""\n\\"\\"\\"\\""""'),
    (r'"\"\"\"\n\"\"\"\"x\"\"y\"\""', '"""\\"\\"\\"\n\\"\\"\\"\\"x""y\\"\\""""'),
    (r'"\"\"\n\\"', '"""""\n\\\\"""'),
    (r'"\n\\\""', '"""\n\\\\\\""""'),
    (r'"a\rb"', r'"a\rb"'),
    ('"""a\r\nb"""', '"""a\\r\nb"""'),
    ('"a\tb\\b\\f\\u0000\\u007F\\u0085\\u2028\\uFEFF"', r'"a\tb\b\f\u0000\u007F\u0085\u2028\uFEFF"'),
    (r'"a\\nb\u00E9\U0001F600"', '"a\\\\nbé😀"'),
    ('""', '""'),
    ("true", "true"),
    (f'"false"^^<{XSD}boolean>', "false"),
    (f'"1"^^<{XSD}boolean>', f'"1"^^<{XSD}boolean>'),
    (f'"TRUE"^^<{XSD}boolean>', f'"TRUE"^^<{XSD}boolean>'),
    ('"true"^^<https://example.org/else#boolean>', '"true"^^<https://example.org/else#boolean>'),
    ('"x"^^<https://example.org/else#string>', '"x"^^<https://example.org/else#string>'),
    ('"x"^^t:string', '"x"^^t:string'),
    (f'"x"^^<{XSD}string>', '"x"'),
    ("007", f'"007"^^<{XSD}integer>'),
    ("-.5", f'"-.5"^^<{XSD}decimal>'),
    ("1.e-5", f'"1.e-5"^^<{XSD}double>'),
    ('"x"@en--ltr', '"x"@en--ltr'),
    ('"x"@ar-Latn--rtl', '"x"@ar-latn--rtl'),
    ('"x"@en', '"x"@en'),
    ("t:c, t:c", "t:c"),
    ("()", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#nil>"),
    ("t:", "<https://example.org/t/>"),
    (r"t:x\~y", "<https://example.org/t/x~y>"),
    ("t:x.1.2-a", "t:x.1.2-a"),
]


@pytest.mark.parametrize(("value", "written"), WRITTEN)
def test_every_value_is_written_in_one_way(value: str, written: str) -> None:
    text = f"{PREFIX}t:a t:b {value} ."
    once = formatted(text)
    assert once == f"{PREFIX}\nt:a\n    t:b {written} .\n"
    assert statements(once) == statements(text)
    assert formatted(once) == once


FORMS = [
    (
        "two blocks of one subject",
        "t:a a t:C .\nt:b a t:C .\nt:a t:b t:c .",
        "t:a\n    a t:C ;\n    t:b t:c .\n\nt:b\n",
    ),
    ("two on one line", "t:a a t:C.t:b a t:C.", None),
    ("two on one line", "t:a a t:C. t:b a t:C.", "t:a\n    a t:C .\n\nt:b\n    a t:C .\n"),
    ("an end after a number", "t:a t:b 5.t:c a t:C.", f'"5"^^<{XSD}integer> .\n\nt:c\n'),
    ("an end after a tag", 't:a t:b "x"@en.t:c a t:C.', '"x"@en .\n\nt:c\n'),
    (
        "a prefix as in SPARQL",
        "PREFIX u: <https://example.org/u/> u:a a t:C .",
        "@prefix u: <https://example.org/u/> .\n",
    ),
    (
        "a late prefix",
        "t:a a t:C.\n@prefix : <https://example.org/u/> .\n:a a t:C .",
        "@prefix : <https://example.org/u/> .\n\n",
    ),
    ("the same prefix twice", PREFIX + "t:a a t:C .", PREFIX + "\nt:a"),
    (
        "a prefix with a code",
        r"@prefix u: <https://example.org/\u00e9/> . u:a a t:C .",
        "@prefix u: <https://example.org/é/> .",
    ),
    ("no prefix in a literal", 't:a t:b """\n@prefix u: <urn:u> .\n""" .', PREFIX + "\nt:a"),
    ("no prefix in a comment", "# PREFIX u: <urn:u>\nt:a a t:C .", PREFIX + "\n# PREFIX"),
    (
        "rdf is another's",
        "@prefix rdf: <https://example.org/r/> . t:a rdf:type t:C ; a t:D .",
        "    a t:D ;\n    rdf:type t:C .\n",
    ),
    (
        "rank by IRI",
        f"@prefix q: <{AIMS}> . t:a t:z t:c ; q:coverage t:c ; q:version t:c .",
        "q:version t:c ;\n    t:z t:c ;\n    q:cov",
    ),
    ("line ends of Windows", "# why\r\nt:a a t:C ;\r\n  t:b t:c .\r\n", "\n\n# why\nt:a\n    a t:C ;\n    t:b t:c .\n"),
]


@pytest.mark.parametrize(("block", "holds"), [row[1:] for row in FORMS], ids=[row[0] for row in FORMS])
def test_every_way_of_writing_has_one_form(block: str, holds: str | None) -> None:
    text = PREFIX + block
    if holds is None:  # t:C.t is a name, so that this is no Turtle
        assert "not valid Turtle" in refused(text)[0][1]
        return
    once = formatted(text)
    assert holds in once
    assert "\r" not in once
    assert statements(once) == statements(text)
    assert formatted(once) == once


def test_a_text_that_would_say_something_else_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    says = "this file cannot be put in canonical form without a change of content."
    for wrong in ("x", '"'):
        monkeypatch.setattr(canonical, "_quoted", lambda text, wrong=wrong: f'"{wrong}"')
        assert refused(MESSY) == [(None, says)]


def characters() -> st.SearchStrategy[str]:
    awkward = st.sampled_from(
        ['"', "'", "\\", "\n", "\r", "\t", "#", '"""', "\\u0041", "@", ".", " ", "\x00", "\u2028"]
    )
    return st.lists(awkward | st.characters(codec="utf-8"), max_size=8).map("".join)


def named(values: list[str]) -> st.SearchStrategy[ox.NamedNode]:
    return st.sampled_from([ox.NamedNode(v) for v in values])


NODES = named([f"https://example.org/t/{n}" for n in ("a", "b.1", "c#d", "é", "")] + ["urn:x", f"{AIMS}summary"])
KINDS = named([f"{XSD}{n}" for n in ("boolean", "string", "integer", "date")] + ["https://example.org/else#boolean"])
LITERALS = st.one_of(
    st.builds(ox.Literal, characters()),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), characters(), st.sampled_from(["en", "de-at"])),
    st.builds(
        lambda text, way: ox.Literal(text, language="ar", direction=way),
        characters(),
        st.sampled_from([ox.BaseDirection.LTR, ox.BaseDirection.RTL]),
    ),
    st.builds(
        lambda text, kind: ox.Literal(text, datatype=kind),
        characters() | st.sampled_from(["true", "false", "1"]),
        KINDS,
    ),
)


def literal(term: ox.Literal, quote: str, bare: bool) -> str:
    """A literal in one of the many ways to write it; `bare` leaves raw what long quotes may hold raw."""
    long = len(quote) == 3
    raw = "\n\r\t" if bare and long else "\t" if bare else ""
    safe = "".join(c if c in raw or (c.isalnum() or c in " #@.") else f"\\U{ord(c):08X}" for c in term.value)
    tag = f"@{term.language}" + (f"--{term.direction.value}" if term.direction else "") if term.language else ""
    return f"{quote}{safe}{quote}{tag}" + ("" if tag else f"^^{term.datatype}")


QUOTES = st.sampled_from(["it", "'", "<", '"', '"""', "#"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A Turtle text with comments where they may stand, and every literal in some way of writing."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    blocks = [f"# top {draw(QUOTES)}", PREFIX.strip()]
    seen: set[ox.NamedNode] = set()
    for subject, predicate, term in draw(st.lists(st.tuples(NODES, NODES, NODES | LITERALS), max_size=6)):
        if subject not in seen and draw(st.booleans()):
            blocks.append(f"# about {draw(QUOTES)}")
        seen.add(subject)
        written = str(term)
        if isinstance(term, ox.Literal):
            written = literal(term, draw(st.sampled_from(['"', "'", '"""', "'''"])), draw(st.booleans()))
        blocks.append(draw(st.sampled_from(["", "  "])) + f"{subject} {predicate} {written}.")
    return end.join(blocks) + end


def comments(text: str) -> list[str]:
    return sorted(line.strip() for line in text.split("\n") if line.startswith(("# top", "# about")))


@given(documents())
def test_any_text_keeps_its_content_and_one_pass_is_enough(text: str) -> None:
    once = formatted(text)
    assert statements(once) == statements(text)
    assert comments(once) == comments(text)
    assert formatted(once) == once


HEADER = "".join(
    f"#{line}\n"
    for line in (
        "curie_map: {}",
        "mapping_set_id: urn:m",
        "license: urn:l",
        "subject_source: urn:a",
        "object_source: urn:b",
    )
)
COLUMNS = {
    "record_id": "m:1",
    "subject_id": "a:1",
    "predicate_id": "strm:equalTo",
    "object_id": "b:1",
    "mapping_justification": "semapv:ManualMappingCuration",
    "confidence": "0.9",
    "author_id": "urn:me",
    "mapping_date": "2026-01-01",
    "ext_strm_rationale": "semantic",
    "ext_rationale_text": "Both ask for the same thing, word for word.",
    "ext_review_status": "proposed",
}


def table(*ids: str, columns: tuple[str, ...] = tuple(COLUMNS), end: str = "\n") -> str:
    rows = ["\t".join({**COLUMNS, "record_id": i}[c] for c in columns) for i in ids]
    return (HEADER + "\t".join(columns) + "\n" + "\n".join(rows) + "\n").replace("\n", end)


@pytest.mark.parametrize(
    "text",
    [
        table("m:2", "m:1", "m:3"),
        table("m:2", "m:1", "m:3").replace("m:1", "\n \nm:1"),
        table("m:2", "m:1", "m:3", end="\r\n"),
        table("m:1", "m:2", "m:3").removesuffix("\n"),
    ],
    ids=["unsorted", "blank lines", "line ends of Windows", "no last line end"],
)
def test_rows_of_a_mapping_file_are_sorted(text: str) -> None:
    assert formatted(text, "mapping") == table("m:1", "m:2", "m:3")


def test_rows_are_sorted_by_their_id_wherever_it_stands() -> None:
    columns = (*[c for c in COLUMNS if c != "record_id"], "record_id")
    assert formatted(table("m:2", "m:1", columns=columns), "mapping") == table("m:1", "m:2", columns=columns)


LINE = HEADER.count("\n") + 1
NOT_A_MAPPING = [
    ("id\tname\n2\tb\n1\ta\n", None, "does not have the columns of a mapping file"),
    ("#a: 1\n", None, "does not have the columns of a mapping file"),
    (table("m:1", "").replace("\n\t", "\n \t"), LINE + 2, "record_id is empty"),
    (table("m:2", "m:1").replace("equalTo", "same"), LINE + 1, "is not a relation"),
    (table("m:2", "m:1").replace("#license: urn:l\n", ""), 1, "the header has no 'license'"),
    (table("m:2", "m:1").replace("\nm:1", "\n# half of it\nm:1"), LINE + 2, "a comment after the column line would"),
    (table("m:2", "#m:1"), LINE + 2, "a comment after the column line would be lost"),
    (table("m:2", "m:1").replace("word for word", "word\x0bfor word"), LINE + 1, "cells where the column line has"),
]


@pytest.mark.parametrize(("text", "line", "says"), NOT_A_MAPPING)
def test_a_table_that_is_no_sound_mapping_file_is_not_touched(text: str, line: int | None, says: str) -> None:
    found = refused(text, "mapping")
    assert found[0][0] == line
    assert says in found[0][1]
    assert len([1 for where, _ in found if where == line]) == 1


def test_a_mapping_that_would_say_something_else_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    read = iter(["one", "other"])
    monkeypatch.setattr(canonical, "_sorted", lambda _: next(read))
    assert "without a change of content" in refused(table("m:2", "m:1"), "mapping")[0][1]


def test_a_file_of_another_kind_is_its_own_form() -> None:
    assert formatted("SELECT", "question") == "SELECT"


def test_fmt_writes_check_does_not(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(DATA / "widgets", data)
    path = data / "ontology/frameworks/widgets.ttl"
    tidy = path.read_text(encoding="utf-8")
    messy = tidy.replace(' ;\n    skos:notation "W-1.1"', ' ; skos:notation "W-1.1"')
    assert messy != tidy
    path.write_text(messy, encoding="utf-8")
    checked = run("fmt", "--check", "--data", data)
    assert checked.code == 1
    assert "would change" in checked.out
    assert path.read_text(encoding="utf-8") == messy
    assert "not in canonical form" in linted(data)[1]
    assert run("fmt", "--data", data).code == 0
    assert path.read_text(encoding="utf-8") == tidy
    assert run("fmt", "--check", path).out == "0 of 1 file would change.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ontology/frameworks"
    folder.mkdir(parents=True)
    return folder


def test_fmt_of_several_files_changes_none_if_one_is_broken(run: Run, folder: Path) -> None:
    good, bad, worse = folder / "good.ttl", folder / "bad.ttl", folder / "worse.ttl"
    good.write_text(MESSY, encoding="utf-8")
    bad.write_text("<urn:a>", encoding="utf-8")
    worse.write_text(TIDY + "# lost", encoding="utf-8")
    ran = run("fmt", good, bad, worse)
    assert ran.code == 2
    assert "bad.ttl:1" in ran.err
    assert f"worse.ttl:{TIDY.count(chr(10)) + 1}: a comment at the end of the file would be lost." in ran.err
    assert good.read_text(encoding="utf-8") == MESSY


def test_a_link_stays_a_link_and_the_mode_stays(run: Run, folder: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.ttl"
    real.write_text(MESSY, encoding="utf-8")
    real.chmod(0o640)
    link = folder / "link.ttl"
    link.symlink_to(real)
    ran = run("fmt", "--data", tmp_path)
    assert (ran.code, ran.out) == (0, f"{link} changed.\n1 of 1 file changed.\n")
    assert link.is_symlink()
    assert real.read_text(encoding="utf-8") == TIDY
    assert real.stat().st_mode & 0o7777 == 0o640
    assert {p.name for p in tmp_path.iterdir()} == {"ontology", "real.ttl"}


def test_a_file_given_twice_is_one_file(run: Run, folder: Path) -> None:
    one, other = folder / "one.ttl", folder / "other.ttl"
    for path in (one, other):
        path.write_text(MESSY, encoding="utf-8")
    link = folder / "link.ttl"
    link.symlink_to(one)
    ran = run("fmt", "--check", one, link, one, other, folder / "../frameworks/other.ttl")
    assert ran.code == 1
    assert ran.out.endswith("\n2 of 2 files would change.\n")
    assert len(ran.out.splitlines()) == 3


def test_a_byte_order_mark_is_dropped(run: Run, folder: Path) -> None:
    path = folder / "one.ttl"
    path.write_bytes(b"\xef\xbb\xbf" + TIDY.encode())
    assert run("fmt", "--check", path).code == 1
    assert run("fmt", path).code == 0
    assert path.read_bytes() == TIDY.encode()


def test_line_ends_of_windows_go_and_those_of_a_literal_stay(run: Run, folder: Path) -> None:
    path = folder / "one.ttl"
    path.write_bytes(TIDY.replace("\n", "\r\n").encode())
    assert run("fmt", path).code == 0
    assert path.read_bytes() == TIDY.replace("Two\n", "Two\\r\n").encode()


@pytest.mark.parametrize("name", ["what-else.rq", "elsewhere.ttl", "no-ending"])
def test_a_file_of_no_canonical_kind_is_refused(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(MESSY, encoding="utf-8")
    ran = run("fmt", path)
    assert ran.code == 2
    said = " ".join(ran.err.split())
    assert "has no canonical form. Give framework files (.ttl in …/ontology/frameworks/)" in said
    assert path.read_text(encoding="utf-8") == MESSY


def test_somebody_elses_table_is_not_touched(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "theirs.tsv"
    path.write_text("id\tname\n2\tb\n1\ta\n", encoding="utf-8")
    ran = run("fmt", path)
    assert ran.code == 2
    assert "does not have the columns of a mapping file" in ran.err
    assert path.read_text(encoding="utf-8") == "id\tname\n2\tb\n1\ta\n"
