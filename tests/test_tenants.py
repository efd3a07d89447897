"""What one organisation asks with its own key never shows a byte of another, whatever it names, guesses or carries.

Every literal and every IRI of an organisation holds a mark. What is asked without the mark of the other must be
answered without it. What is asked with it must be answered as the same with the mark of nobody at all.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from conftest import CASES
from services import Service, served

from aims_graph.library import Library
from aims_graph.workspaces.workspace import BASE
from aims_graph_api.query_pool.pool import Limits

ONE, TWO, NOBODY = "qaaaazz", "qbbbbzz", "qcccczz"  # marks, each as far from the next
TURTLE, JSON, NQUADS = "text/turtle", "application/json", "application/n-quads"
QUERY, UPDATE, RESULTS = "application/sparql-query", "application/sparql-update", "application/sparql-results+json"
PATCH = "application/merge-patch+json"
VOLATILE = {"x-request-id", "date", "traceparent", "server-timing"}
Json = dict[str, Any]


def base_of(mark: str) -> str:
    return f"https://{mark}.example/records/"


@dataclass(frozen=True)
class Attempt:
    """One request, and what it is about."""

    name: str
    method: str
    path: str
    headers: Json = field(default_factory=dict)
    content: str | bytes | None = None

    def text(self) -> str:
        return f"{self.path} {self.headers} {self.content!r}"

    def of_nobody(self, other: str) -> Attempt:
        """The same with the mark of nobody."""

        def swap(value: Any) -> Any:
            return value.replace(other, NOBODY) if isinstance(value, str) else value

        headers = {k: swap(v) for k, v in self.headers.items()}
        return Attempt(self.name, self.method, swap(self.path), headers, swap(self.content))

    def sent(self) -> tuple[str, str, Json]:
        return self.method, self.path, {"headers": self.headers, "content": self.content}


@dataclass
class Pair:
    """A service with two organisations, and what each has been told of itself."""

    service: Service
    own_bases: bool
    known: dict[str, dict[str, httpx.Response]] = field(default_factory=dict)

    def base(self, mark: str) -> str:
        return base_of(mark) if self.own_bases else BASE

    def ask(self, mark: str, attempts: list[Attempt]) -> list[httpx.Response]:
        """The answers to requests with the key of an organisation."""
        client = self.service.client(mark, "admin")
        return [client.at_once([a.sent()])[0] for a in attempts]


def marked_case(mark: str, base: str) -> str:
    """The worked case with a mark in every text and, by its base, in every IRI; and records of other kinds."""
    text = (CASES / "incomplete.ttl").read_text(encoding="utf-8").replace(BASE, base)
    text = re.sub(r'"([^"\n]*)"(@en)', rf'"{mark} \1"\2', text)
    return (
        text
        + f"""
ex:R-{mark} a aims:Risk ; dcterms:identifier "R-{mark}" ; rdfs:label "{mark} a risk"@en .
ex:W-1 a aims:Risk ; rdfs:label "{mark} withdrawn"@en .
"""
    )


def told_of_itself(pair: Pair, mark: str) -> dict[str, httpx.Response]:
    """Answers with which a caller of one organisation could try its luck at another."""
    paths = {
        "record": "records/NC-3",
        "list": "records?limit=2",
        "by label": "records?limit=2&sort=label",
        "log": "log?limit=1",
        "export": "export",
        "check": "check",
        "history": "records/NC-3/history",
        "what else": "/api/v1/provisions/CA-7/what-else?as_of=2026-11-22",
        "graph": "/sparql/graph-store?default",
    }
    found = pair.ask(mark, [Attempt(name, "GET", path) for name, path in paths.items()])
    return dict(zip(paths, found, strict=True))


@pytest.fixture(scope="module", params=["bases of their own", "one base for both"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Pair]:
    own = request.param == "bases of their own"
    bases = {mark: base_of(mark) if own else BASE for mark in (ONE, TWO)}
    folder = tmp_path_factory.mktemp("tenants")
    with served(folder, library, ONE, TWO, bases=bases) as service:
        service.app.state.serving.pool.limits = Limits(seconds=60)  # queries are not cut short on a busy machine
        pair = Pair(service, own)
        for mark in (ONE, TWO):
            client = service.client(mark, "admin")
            text = marked_case(mark, bases[mark])
            headers = {"X-Reason": f"{mark} because", "Idempotency-Key": f"{mark}-key"}
            assert client.send("records", text, TURTLE, headers=headers).status_code == 201
            assert client.request("DELETE", f"records/W-1?reason={mark}").status_code == 200
            pair.known[mark] = told_of_itself(pair, mark)
            assert mark in pair.known[mark]["record"].text
        yield pair
    shutil.rmtree(folder, ignore_errors=True)


def reading(pair: Pair, other: str) -> Iterator[Attempt]:
    """Attempts to read: by ids and IRIs, through time, lists, files, answers and what caches hold."""
    base, known = pair.base(other), pair.known[other]
    iri, own = f"{base}NC-3", f"R-{other}"
    for name, path in (
        ("the same id", "records/NC-3"),
        ("an id of the other", f"records/{own}"),
        ("an IRI of the other", f"records/{iri}"),
        ("an IRI of the other, escaped", f"records/{quote(iri, safe='')}"),
        ("its own id by IRI", f"records/{base}{own}"),
        ("the folder above", f"records/../{other}/records/NC-3"),
        ("a path into the other", f"records/{other}/NC-3"),
        ("its history", f"records/{own}/history"),
        ("the history of the same id", "records/NC-3/history"),
        ("history by IRI", f"records/{base}{own}/history"),
        ("known on a day", f"records/{own}?known_on=2026-11-23"),
        ("known on a day, by IRI", f"records/{base}{own}?known_on=2030-01-01"),
        ("what was withdrawn", "records/W-1"),
        ("what was withdrawn, then", "records/W-1?known_on=2026-11-21"),
        ("the history of what was withdrawn", "records/W-1/history"),
        ("what was withdrawn, by IRI", f"records/{base}W-1/history"),
        ("a list by text", f"records?text={other}"),
        ("a list by kind", "records?kind=Risk&limit=1000"),
        ("a list of a kind that is none", f"records?kind={other}"),
        ("a list in a state that is none", f"records?state={other}"),
        ("all of a list", "records?limit=1000"),
        ("a file", "export"),
        ("a file of another day", "export?known_on=2030-01-01"),
        ("findings", "check"),
        ("the log", "log?limit=500"),
        ("the log verified", "log/verify"),
        ("deadlines", "deadlines"),
        ("reuse for its record", f"evidence/reuse?record={own}"),
        ("reuse for its IRI", f"evidence/reuse?record={iri}"),
        ("reuse for the same id", "evidence/reuse?record=CA-7"),
        ("what else for its record", f"provisions/{own}/what-else"),
        ("what else for its IRI", f"provisions/{iri}/what-else"),
        ("what else for the same id", "provisions/CA-7/what-else"),
        ("explain from its record", f"explain?from={own}&to=aiact:art-20.1"),
        ("explain from its IRI", f"explain?from={iri}&to=aiact:art-20.1"),
        ("gaps", "gaps?framework=aiact"),
        ("search", f"search?q={other}"),
        ("a saved question on the same case", "questions/clause-cases?provision=10.2"),
        ("a saved question on open actions", "questions/open-actions"),
        ("a saved question on its IRI", f"questions/open-actions?case={iri}"),
        ("a page", f"/?q={own}"),
        ("a page of the same id", "/?q=NC-3"),
        ("a page of a provision", f"/provisions/{own}"),
        ("the metrics", "/metrics"),
        ("the readiness", "/health/ready"),
        ("the document", "/openapi.json"),
    ):
        yield Attempt(name, "GET", path)
    for name, media in (("as Turtle", TURTLE), ("as JSON-LD", "application/ld+json"), ("as JSON", JSON)):
        yield Attempt(f"a file {name}", "GET", "export", {"Accept": media})
        yield Attempt(f"a record {name}", "GET", f"records/{iri}", {"Accept": media})
        yield Attempt(f"the same id {name}", "GET", "records/NC-3", {"Accept": media})
    for name in ("list", "by label", "log"):
        page = known[name].json()["next"]
        yield Attempt(f"a cursor of its {name}", "GET", page)
        cursor = page.partition("cursor=")[2].partition("&")[0]
        yield Attempt(f"a cursor of its {name} elsewhere", "GET", f"records?cursor={cursor}")
    again = {"record": "records/NC-3", "list": "records?limit=2", "export": "export", "check": "check"} | {
        "history": "records/NC-3/history",
        "what else": "provisions/CA-7/what-else?as_of=2026-11-22",
    }
    for name, path in again.items():
        yield Attempt(f"the ETag of its {name}", "GET", path, {"If-None-Match": known[name].headers["etag"]})
    yield Attempt("any ETag", "GET", f"records/{own}", {"If-None-Match": "*"})


def changing(pair: Pair, other: str) -> Iterator[Attempt]:
    """Attempts to change something of the other, or to learn by what is refused."""
    base, known = pair.base(other), pair.known[other]
    iri, own = f"{base}NC-3", f"R-{other}"
    tag, json_ = known["record"].headers["etag"], {"Content-Type": JSON}
    link = {"kind": "Nonconformity", "id": "NC-8", "state": "open", "label": "x", "reaction": {"@id": f"{base}CO-1"}}
    named = link | {"reaction": f"CO-{other}"}
    theirs = f'<{iri}> <http://www.w3.org/2000/01/rdf-schema#label> "x" .'
    turtle, patch = {"Content-Type": TURTLE}, {"Content-Type": PATCH}
    yield Attempt("a link to its IRI", "POST", "records?dry_run=true", json_, json.dumps(link))
    yield Attempt("a link to its id", "POST", "records?dry_run=true", json_, json.dumps(named))
    yield Attempt("a statement about its IRI", "POST", "records?dry_run=true", turtle, theirs)
    yield Attempt("its record, put", "PUT", f"records/{own}", json_ | {"If-Match": "*"}, '{"kind": "Risk"}')
    yield Attempt("its record by its ETag", "PUT", "records/NC-3", json_ | {"If-Match": tag}, '{"kind": "Risk"}')
    yield Attempt("its record, patched", "PATCH", f"records/{own}", patch, '{"label": "x"}')
    yield Attempt("its IRI, patched", "PATCH", f"records/{base}{own}", patch, '{"label": "x"}')
    yield Attempt("its ETag, patched", "PATCH", "records/NC-3", patch | {"If-Match": tag}, '{"label": "x"}')
    yield Attempt("its case, moved", "POST", f"records/{base}{own}/move", json_, '{"state": "open"}')
    yield Attempt("its record, withdrawn", "DELETE", f"records/{own}?reason=x")
    yield Attempt("its IRI, withdrawn", "DELETE", f"records/{base}{own}?reason=x")
    yield Attempt("its ETag, withdrawn", "DELETE", "records/NC-3?reason=x", {"If-Match": tag})
    yield Attempt(
        "its key of a request", "POST", "records?dry_run=true", json_ | {"Idempotency-Key": f"{other}-key"}, "[]"
    )
    yield Attempt("its records, checked", "POST", "check", json_, json.dumps(link))
    yield Attempt("its statement, checked", "POST", "check", turtle, theirs)


def by_sparql(pair: Pair, other: str) -> Iterator[Attempt]:
    """Attempts through queries, updates and whole graphs."""
    base = pair.base(other)
    iri, ask = f"{base}NC-3", {"Accept": RESULTS}
    one = f"{base}NC-3" if pair.own_bases else f"{base}R-{other}"
    queries = {
        "every graph": "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }",
        "cases": "SELECT * WHERE { GRAPH ?g { ?s a <https://w3id.org/aims-graph/ontology#Nonconformity> ; ?p ?o } }",
        "its graph": f"SELECT * WHERE {{ GRAPH <{base}{other}> {{ ?s ?p ?o }} }}",
        "its withdrawn graph": "SELECT * { GRAPH ?g { ?s <https://w3id.org/aims-graph/ontology#withdrawnBy> ?o } }",
        "its record": f"SELECT * WHERE {{ <{one}> ?p ?o }}",
        "its mark": f'SELECT * WHERE {{ ?s ?p ?o FILTER(CONTAINS(STR(?o), "{other}")) }}',
        "FROM": f"SELECT * FROM <{base}{other}> WHERE {{ ?s ?p ?o }}",
        "FROM NAMED": f"SELECT * FROM NAMED <{base}{other}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "the books": "SELECT * WHERE { GRAPH <https://w3id.org/aims-graph/graph/workspace/books> { ?s ?p ?o } }",
    }
    if pair.own_bases:
        queries["FROM its records"] = f"SELECT * FROM <{base}> WHERE {{ ?s ?p ?o }}"
        queries["GRAPH of its records"] = f"SELECT * WHERE {{ GRAPH <{base}> {{ ?s ?p ?o }} }}"
    for name, query in queries.items():
        yield Attempt(f"query: {name}", "GET", f"/sparql?query={quote(query, safe='')}", ask)
        yield Attempt(f"posted query: {name}", "POST", "/sparql", ask | {"Content-Type": QUERY}, query)
    yield Attempt("describe", "GET", f"/sparql?query={quote(f'DESCRIBE <{one}>', safe='')}", {"Accept": TURTLE})
    every = quote("SELECT * WHERE { ?s a <https://w3id.org/aims-graph/ontology#Nonconformity> }", safe="")
    for parameter in ("default-graph-uri", "named-graph-uri"):
        graph = quote(f"{base}{other}", safe="")
        yield Attempt(f"parameter {parameter}", "GET", f"/sparql?query={every}&{parameter}={graph}", ask)
    yield Attempt(
        "a service", "GET", "/sparql?query=" + quote(f"SELECT * {{ SERVICE <{iri}> {{ ?s ?p ?o }} }}", safe="")
    )
    store = "/sparql/graph-store"
    yield Attempt("graph store: default", "GET", f"{store}?default", {"Accept": TURTLE})
    for name, graph in (("a graph of the other", f"{base}{other}"), ("its withdrawn", f"{base}{other}/withdrawn")):
        where = f"{store}?graph={quote(graph, safe='')}"
        yield Attempt(f"graph store: {name}", "GET", where, {"Accept": TURTLE})
        yield Attempt(f"graph store, head: {name}", "HEAD", where)
        yield Attempt(f"graph store, deleted: {name}", "DELETE", where)
    yield Attempt("graph store: path", "GET", f"{store}/{other}", {"Accept": TURTLE})
    yield Attempt("graph store: path up", "GET", f"{store}/../{other}", {"Accept": TURTLE})
    tag = pair.known[other]["graph"].headers.get("etag", '"none"')
    yield Attempt("graph store: its ETag", "GET", f"{store}?default", {"If-None-Match": tag, "Accept": TURTLE})
    if pair.own_bases:
        yield Attempt("graph store: its records", "GET", f"{store}?graph={quote(base, safe='')}", {"Accept": TURTLE})
        yield Attempt("graph store: its records, deleted", "DELETE", f"{store}?graph={quote(base, safe='')}")


def by_update(pair: Pair, other: str) -> Iterator[Attempt]:
    """Attempts to write into graphs with the names of the other's; they come to lie in one's own dataset."""
    base, sends = pair.base(other), {"Content-Type": UPDATE}
    if not pair.own_bases:
        base = f"{base}{other}/"
    own = f"http://x.example/{other}"
    for name, update in {
        "a statement in its graph": f"INSERT DATA {{ GRAPH <{base}> {{ <{base}NC-3> <http://x.example/p> 1 }} }}",
        "a copy of its graph": f"COPY <{base}> TO <{own}>",
        "what its graph holds": f"INSERT {{ GRAPH <{own}> {{ ?s ?p ?o }} }} WHERE {{ GRAPH <{base}> {{ ?s ?p ?o }} }}",
        "its graph moved": f"MOVE <{base}> TO <{own}-2>",
        "its graph cleared": f"CLEAR GRAPH <{base}>",
        "its graph dropped": f"DROP SILENT GRAPH <{base}>",
        "with its graph": f"WITH <{base}> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
        "its graph loaded": f"LOAD <{base}>",
    }.items():
        yield Attempt(f"update: {name}", "POST", "/sparql", sends, update)
    using = f"/sparql?using-graph-uri={quote(base, safe='')}"
    rest = f"INSERT {{ GRAPH <{own}-3> {{ ?s ?p ?o }} }} WHERE {{ ?s ?p ?o }}"
    yield Attempt("update: using its graph", "POST", using, sends, rest)
    where = f"/sparql/graph-store?graph={quote(base, safe='')}"
    yield Attempt(
        "graph store: put into its graph", "PUT", where, {"Content-Type": TURTLE}, "<http://x/> <http://p/> 1 ."
    )
    yield Attempt("graph store: its graph, put before", "GET", where, {"Accept": TURTLE})
    yield Attempt("graph store: its graph, deleted after", "DELETE", where)


def bytes_of(response: httpx.Response) -> bytes:
    """Status, headers and body, without what no two answers share."""
    number = response.headers.get("x-request-id", "")
    kept = sorted((k, v) for k, v in response.headers.multi_items() if k not in VOLATILE)
    text = b"\n".join([str(response.status_code).encode(), repr(kept).encode(), response.content])
    return text.replace(number.encode(), b"") if number else text


def check(pair: Pair, mine: str, other: str, attempts: list[Attempt]) -> int:
    """Make every attempt with one's own key; how many were made. Fails with all that leaked or told something."""
    state, theirs = pair.service.state(other), told_of_itself(pair, other)
    assert len({a.name for a in attempts}) == len(attempts)
    leaks: dict[str, str] = {}
    for attempt in attempts:
        asked = [attempt, attempt.of_nobody(other)] if other in attempt.text() else [attempt]
        answer, *twins = pair.ask(mine, asked)
        found = bytes_of(answer)
        if answer.status_code >= 500:
            leaks[attempt.name] = f"failed: {answer.text[:300]}"
        elif not twins and other.encode() in found:
            leaks[attempt.name] = f"tells of the other: {answer.text[:300]}"
        elif twins and neutral(found, other) != neutral(bytes_of(twins[0]), NOBODY):
            leaks[attempt.name] = (
                f"answers otherwise than of nobody: \n  {found[-700:]!r}\n  {bytes_of(twins[0])[-700:]!r}"
            )
    assert not leaks, "\n".join(f"{n}: {t}" for n, t in leaks.items())
    assert pair.service.state(other) == state
    assert {n: bytes_of(r) for n, r in told_of_itself(pair, other).items()} == {
        n: bytes_of(r) for n, r in theirs.items()
    }
    return len(attempts)


def neutral(found: bytes, mark: str) -> bytes:
    """An answer without the mark that was sent, and without what is made of it or of the turn: tags, entries, seals."""
    found = re.sub(
        rb"\('(etag|x-audit-entry|content-length)', '[^']*'\)", b"", found.replace(mark.encode(), b"the mark")
    )
    return re.sub(rb'"entry":\d+,"seal":"[0-9a-f]{64}"', b"", found)


@pytest.mark.parametrize(("mine", "other"), [(ONE, TWO), (TWO, ONE)])
def test_nothing_of_the_other_is_read(pair: Pair, mine: str, other: str) -> None:
    assert check(pair, mine, other, list(reading(pair, other))) >= 60


@pytest.mark.parametrize(("mine", "other"), [(ONE, TWO), (TWO, ONE)])
def test_nothing_of_the_other_is_changed_or_told_by_a_refusal(pair: Pair, mine: str, other: str) -> None:
    assert check(pair, mine, other, list(changing(pair, other))) >= 15


@pytest.mark.parametrize(("mine", "other"), [(ONE, TWO), (TWO, ONE)])
def test_nothing_of_the_other_is_reached_by_queries_updates_and_graphs(pair: Pair, mine: str, other: str) -> None:
    assert check(pair, mine, other, list(by_sparql(pair, other))) >= 25
    assert check(pair, mine, other, list(by_update(pair, other))) >= 10


WITHOUT_A_KEY = {  # what is not about records is answered to anybody, and as if there were none
    "the folder above": 404,
    "what else for its record": 404,
    "what else for its IRI": 404,
    "what else for the same id": 404,
    "the ETag of its what else": 404,
    "explain from its record": 404,
    "explain from its IRI": 404,
    "gaps": 400,  # nothing is named as done
    "search": 200,
    "a saved question on the same case": 409,  # several clauses have this number
    "a saved question on open actions": 200,
    "a saved question on its IRI": 400,  # it does not ask for a case
    "a page": 404,
    "a page of the same id": 404,
    "a page of a provision": 404,
    "the readiness": 200,
    "the document": 200,
}


def test_without_a_key_nothing_of_either_is_read(pair: Pair) -> None:
    client = pair.service.client()
    for other in (ONE, TWO):
        attempts = list(reading(pair, other))
        assert {a.name for a in attempts} >= WITHOUT_A_KEY.keys()
        for attempt in attempts:
            found, twin = client.at_once([attempt.sent(), attempt.of_nobody(other).sent()])
            assert found.status_code == WITHOUT_A_KEY.get(attempt.name, 401), attempt.name
            if found.status_code == 401:
                assert found.headers["www-authenticate"].startswith("Bearer"), attempt.name
                assert found.headers["cache-control"] == "no-store", attempt.name
            assert neutral(bytes_of(found), other) == neutral(bytes_of(twin), NOBODY), attempt.name
            if other not in attempt.text():
                assert other.encode() not in bytes_of(found), attempt.name


def test_what_is_swapped_between_keys_is_not_taken_for_unchanged(pair: Pair) -> None:
    for mine, other in ((ONE, TWO), (TWO, ONE)):
        for name, path in (
            ("record", "records/NC-3"),
            ("list", "records?limit=2"),
            ("export", "export"),
            ("check", "check"),
        ):
            tag = pair.known[other][name].headers["etag"]
            (found,) = pair.ask(mine, [Attempt(name, "GET", path, {"If-None-Match": tag})])
            assert (found.status_code, found.headers["etag"] != tag) == (200, True), name
            assert "private" in found.headers["cache-control"] or "no-store" in found.headers["cache-control"]
            assert "Authorization" in found.headers["vary"]


def test_the_same_idempotency_key_is_another_request_of_another_organisation(
    pair: Pair,
) -> None:
    client = pair.service.client(ONE, "admin")
    found = client.request(
        "POST", "records", json={"kind": "Risk", "id": "R-7"}, headers={"Idempotency-Key": f"{TWO}-key"}
    )
    assert (found.status_code, found.json()["repeated"]) == (201, False)
    client.request("DELETE", "records/R-7?reason=over")


def test_the_same_attempts_with_the_other_key_show_what_they_are_after(pair: Pair) -> None:
    """Attempts at what is not there would prove nothing."""
    attempts = [a for a in reading(pair, TWO) if "/../" not in a.path]
    found = dict(zip((a.name for a in attempts), pair.ask(TWO, attempts), strict=True))
    problems = [r.json()["type"] for r in found.values() if "problem+json" in r.headers.get("content-type", "")]
    assert not [p for p in problems if p.endswith(("no-such-route", "invalid-parameters"))]
    shown = [name for name, r in found.items() if r.status_code == 200 and TWO.encode() in bytes_of(r)]
    assert len(shown) >= 35, sorted(set(found) - set(shown))
    asked = list(by_sparql(pair, TWO))
    queried = dict(zip((a.name for a in asked), pair.ask(TWO, asked), strict=True))
    assert sum(r.status_code == 200 and TWO.encode() in bytes_of(r) for r in queried.values()) >= 6
