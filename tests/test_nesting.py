"""What is nested deeper than a parser can follow is refused before it, wherever it is sent, and nothing dies of it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from running import made, running

from aims_graph.errors import DataError
from aims_graph.nesting import check_nesting

FORMATS = ox.RdfFormat
DEEP = 20_000
RDF = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:a="urn:"'


def nested(opened: str, closed: str, depth: int, start: str = "<urn:a> <urn:b> ", end: str = " .") -> str:
    return start + opened * depth + "<urn:c>" + closed * depth + end


def objects(depth: int) -> str:
    return '{"@id": "urn:a", ' + '"urn:b": {' * depth + '"urn:b": 1' + "}" * depth + "}"


def elements(depth: int) -> str:
    opened, closed = "<a:b><rdf:Description>", "</rdf:Description></a:b>"
    return f"<rdf:RDF {RDF}><rdf:Description>{opened * depth}{closed * depth}</rdf:Description></rdf:RDF>"


def made_deep(depth: int) -> dict[str, tuple[ox.RdfFormat, str]]:
    """Texts of each format and each way to nest, so deep."""
    triples = nested("<<( <urn:a> <urn:b> ", " )>>", depth)
    graph = nested("[ <urn:b> ", " ]", depth, "<urn:g> { <urn:a> <urn:b> ", " }")
    return {
        "triples": (FORMATS.TURTLE, triples),
        "reified": (FORMATS.TURTLE, nested("<< <urn:a> <urn:b> ", " >>", depth)),
        "nodes": (FORMATS.TURTLE, nested("[ <urn:b> ", " ]", depth)),
        "hidden nodes": (FORMATS.TURTLE, nested("[a:b", "]", depth, "<<[a:b", "]a:b[]>> a:b a:c .")),
        "lists": (FORMATS.TURTLE, nested("( ", " )", depth)),
        "N-Triples": (FORMATS.N_TRIPLES, triples),
        "N-Quads": (FORMATS.N_QUADS, triples),
        "TriG": (FORMATS.TRIG, graph),
        "JSON-LD": (FORMATS.JSON_LD, objects(depth)),
        "JSON-LD lists": (FORMATS.JSON_LD, "[" * depth + "]" * depth),
        "RDF/XML": (FORMATS.RDF_XML, elements(depth)),
    }


@pytest.mark.parametrize("way", made_deep(1))
def test_what_is_nested_too_deep_is_refused_in_every_format(way: str) -> None:
    form, deep = made_deep(DEEP)[way]
    with pytest.raises(DataError, match=r"a:1: .* stand more than 100 deep in one another\. Give the inner ones"):
        check_nesting("a", deep, form)
    check_nesting("a", made_deep(20)[way][1], form)


@pytest.mark.parametrize("form", [FORMATS.TURTLE, FORMATS.JSON_LD])
def test_the_line_is_told(form: ox.RdfFormat) -> None:
    with pytest.raises(DataError, match="a:102: "):
        check_nesting("a", "\n" + "[\n" * 200, form)


MANY = "([{<<" * 200
WORDS = {
    "comment": f"# {MANY}\n<urn:a> <urn:b> 1 .",
    "string": f'<urn:a> <urn:b> "{MANY}" .',
    "quotes": f"<urn:a> <urn:b> '{MANY}' .",
    "escapes": f'<urn:a> <urn:b> "\\"{MANY}" .',
    "long": f'<urn:a> <urn:b> """"{MANY}"" {MANY}\n""" .',
    "long quotes": f"<urn:a> <urn:b> ''''{MANY}\n''' .",
    "address": f"<urn:{'(' * 200}> <urn:b> <urn:#{'(' * 200}> .",
    "name": "@prefix a: <urn:> . a:" + r"\(" * 200 + " a:b 1 .",
    "one after the other": "<urn:a> <urn:b> " + ", ".join(["[ <urn:b> ( 1 ) ]"] * 500) + " .",
}


@pytest.mark.parametrize("where", WORDS)
def test_brackets_that_open_nothing_are_not_counted(where: str) -> None:
    list(ox.parse(WORDS[where].encode(), FORMATS.TURTLE))  # it is Turtle
    check_nesting("a", WORDS[where], FORMATS.TURTLE)


def test_brackets_in_the_strings_of_json_and_xml_are_not_counted() -> None:
    check_nesting("a", '{"urn:b": "' + MANY + '\\"[[", "urn:c": [[]]}', FORMATS.JSON_LD)
    check_nesting("a", f"<rdf:RDF {RDF}><!-- {'<a>' * 200} --><a:b a:c='{'([{' * 200}'/></rdf:RDF>", FORMATS.RDF_XML)


def test_the_process_that_writes_lives_on_whatever_is_nested(tmp_path: Path) -> None:
    key = made(tmp_path / "all", "acme")
    with running("--workspaces", tmp_path / "all", "--workers", 2) as found, found.client(key) as client:
        writer = found.one("writer")
        told = []
        for way, (form, deep) in made_deep(DEEP).items():
            headers = {"Content-Type": form.media_type}
            sent = [client.put("/sparql/graph-store?graph=urn:x", content=deep, headers=headers)]
            if way in ("triples", "nodes", "JSON-LD"):
                sent += [client.post(f"/api/v1/{path}", content=deep, headers=headers) for path in ("check", "records")]
            told += [(way, a.status_code) for a in sent if a.status_code not in (400, 415, 422)]
        built = "".join(f" BIND(TRIPLE(<urn:a>, <urn:b>, ?t{n}) AS ?t{n + 1})" for n in range(150))
        update = f"INSERT {{ <urn:a> <urn:b> ?t150 }} WHERE {{ BIND(1 AS ?t0){built} }}"
        answer = client.post("/sparql", content=update, headers={"Content-Type": "application/sparql-update"})
        assert (told, answer.status_code) == ([], 400), answer.text
        assert client.get("/api/v1/records").status_code == 200
        assert found.one("writer") == writer
