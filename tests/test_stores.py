"""The same questions, checks and answers wherever the graphs are: in the workspace, or at a SPARQL 1.1 server."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import golden
import httpx
import pyoxigraph as ox
import pytest
import sparql_servers
from conftest import AS_OF, ROOT

from aims_graph import planned, queries
from aims_graph.errors import InputError, OutputError, UnsoundRecords
from aims_graph.gaps import gaps_json
from aims_graph.graph import RECORDS
from aims_graph.intake import incoming
from aims_graph.library import Library
from aims_graph.remote import address, datasets
from aims_graph.remote.binding import bound
from aims_graph.remote.server import Server, graph_names
from aims_graph.trace import Options
from aims_graph.vocab import AIMS, XSD
from aims_graph.workspaces import record_states, upkeep, workspace_findings, workspace_records
from aims_graph.workspaces.assessing import Assessor
from aims_graph.workspaces.auditlog import Change
from aims_graph.workspaces.record_store import line
from aims_graph.workspaces.workspace import Signature, Workspace
from aims_graph.workspaces.writing import Receipt, Request, Writer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANN = Signature("ann", "add")
QUESTIONS = sorted(p.stem for p in (ROOT / "queries").glob("*.rq"))
SERVERS = {"oxigraph": sparql_servers.oxigraph, "virtuoso": sparql_servers.virtuoso}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sparql_servers.Place]:
    place = SERVERS[request.param](tmp_path_factory.mktemp(request.param))
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AIMS_STORE", place.address)
            patch.setenv("AIMS_STORE_USER", "aims")
            patch.setenv("AIMS_STORE_PASSWORD", "secret")
            yield place
    finally:
        place.kill()


@pytest.fixture(scope="module")
def incomplete() -> Library:
    """The worked example, with the paths that the golden answers show."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        return golden.open_library()
    finally:
        os.chdir(before)


@pytest.fixture(scope="module")
def embedded(library: Library, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What a workspace with a store of its own says of the worked example, before and after a life of changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("AIMS_STORE", raising=False)
        return lived(library, tmp_path_factory.mktemp("embedded") / "w", "https://embedded.example/records/")


def worked(library: Library, base: str) -> tuple[ox.Triple, ...]:
    """The records of the worked example, as those of another organisation."""
    text = golden.RECORDS.read_text(encoding="utf-8").replace("https://example.org/records/", base)
    return incoming.read(text.encode(), "incomplete.ttl", "ttl", library.catalogue, base, {}).triples


def lived(library: Library, folder: Path, base: str) -> dict[str, object]:
    """Import, findings, gaps, what else, a change, a refusal, a withdrawal, history: all that is said, without base."""
    said: dict[str, object] = {}
    Workspace.init(folder, base, "Norrland Talent AB", NOW)
    assessor = Assessor(library.catalogue, library.rules)
    with Workspace.open(folder, write=True) as workspace:
        writer = Writer(workspace, assessor)
        said["import"] = _told(writer.write(Request(worked(library, base)), ANN, NOW, AS_OF))
        said["findings"] = workspace_findings.findings(workspace, assessor, AS_OF)
        _ask(said, library, workspace)
        records = sorted(workspace.store.records())
        case = next(workspace.store.of_class(f"{AIMS}Nonconformity"))
        day = ox.Literal("2026-11-20", datatype=ox.NamedNode(f"{XSD}date"))
        wrong = ox.Triple(ox.NamedNode(case), ox.NamedNode(f"{AIMS}inScope"), ox.NamedNode(f"{base}nowhere"))
        said["refused"] = _refused(writer, wrong)
        action = sorted(workspace.store.of_class(f"{AIMS}CorrectiveAction"))[0]
        done = ox.Triple(ox.NamedNode(action), ox.NamedNode(f"{AIMS}implementedOn"), day)
        said["change"] = _told(writer.write(Request((done,)), ANN, NOW, AS_OF))
        said["again"] = _told(writer.write(Request((done,)), ANN, NOW, AS_OF))
        said["withdrawn"] = [_withdrawn(writer, record) for record in records]
        said["history"] = record_states.history_rows(workspace, action)
    with Workspace.open(folder) as workspace:
        said["kept"] = sorted(map(line, workspace.store.quads()))
        said["versions"] = [workspace.store.version(record) for record in records]
        said["broken"] = workspace.store.all_broken()
    said["doctor"] = [(c.name, c.sound) for c in upkeep.doctor(folder)]
    return {name: repr(found).replace(base, "").replace(str(folder), "") for name, found in said.items()}


def _ask(said: dict[str, object], library: Library, workspace: Workspace) -> None:
    loaded = Library(library.catalogue, workspace_records.of(workspace))
    answers = loaded.what_else(["NC-3"], loaded.informed(Options(AS_OF)))
    said["what-else"] = [(a.provision, a.degree, a.confidence) for a in answers.answers]
    found = planned.find_gaps(loaded, (), loaded.informed(Options(AS_OF)), False)
    said["gaps"] = gaps_json(loaded.catalogue, found)


def _refused(writer: Writer, wrong: ox.Triple) -> object:
    try:
        writer.write(Request((wrong,)), ANN, NOW, AS_OF)
    except UnsoundRecords as error:
        return error.problems
    raise AssertionError("a link to nothing was written")


def _told(receipt: Receipt) -> object:
    return receipt.number, receipt.records, receipt.reopened, sorted(receipt.found), sorted(receipt.mended)


def _withdrawn(writer: Writer, record: str) -> object:
    try:
        return _told(writer.withdraw([record], Signature("ann", "withdraw", "a duplicate"), NOW, AS_OF))
    except UnsoundRecords as error:
        return error.problems


def test_a_workspace_at_a_server_says_what_one_on_disk_says(
    server: sparql_servers.Place, library: Library, embedded: dict[str, object], tmp_path: Path
) -> None:
    found = lived(library, tmp_path / "w", "https://lived.example/records/")
    assert not (tmp_path / "w" / "store").exists()
    assert len(embedded["kept"]) > 5_000 if isinstance(embedded["kept"], str) else False
    assert found == embedded


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_gives_its_golden_answer_at_a_server(
    server: sparql_servers.Place, incomplete: Library, question: str
) -> None:
    want = (golden.GOLDEN / f"{question}.tsv").read_text(encoding="utf-8")
    assert _sorted_within(golden.text(incomplete, question)) == _sorted_within(want)


def _sorted_within(text: str) -> str:
    """With the names that one cell joins in an order: a server joins them in its own."""
    rows = [line.split("\t") for line in text.splitlines()]
    return "\n".join("\t".join(", ".join(sorted(cell.split(", "))) for cell in row) for row in rows)


def test_two_organisations_on_one_server_do_not_see_each_other(server: sparql_servers.Place, tmp_path: Path) -> None:
    shared = "https://free.example/graph"
    bases = [f"https://two.example/{name}" for name in ("a/", "a/b/", "a/aims-graph/", "")]
    opened = []
    for number, base in enumerate(bases):
        folder = tmp_path / str(number)
        Workspace.init(folder, base, "one of several", NOW)
        with Workspace.open(folder, write=True) as workspace:
            lines = [f'<{base}r> <urn:says> "{number}" <{graph}> .' for graph in (base, shared, f"{base}aims-graph/x")]
            workspace.commit(Change(tuple(sorted(lines))), ANN, "1", NOW)
        opened.append((folder, sorted(lines)))
    for folder, lines in opened:
        with Workspace.open(folder) as workspace:
            assert sorted(map(line, workspace.store.quads())) == lines
            assert workspace.store.number == 1


def test_a_second_workspace_with_the_same_base_is_refused(server: sparql_servers.Place, tmp_path: Path) -> None:
    base = "https://same.example/"
    Workspace.init(tmp_path / "a", base, "first", NOW)
    Workspace.init(tmp_path / "b", base, "second", NOW)
    with Workspace.open(tmp_path / "a", write=True) as workspace:
        workspace.commit(Change((f'<{base}r> <urn:says> "1" <{base}> .',)), ANN, "1", NOW)
    with pytest.raises(InputError, match="another workspace with the same base"):
        Workspace.open(tmp_path / "b", write=True)
    assert upkeep.rebuild(tmp_path / "a") == 1


def test_values_come_back_as_the_log_has_them(server: sparql_servers.Place, tmp_path: Path) -> None:
    base = "https://values.example/"
    typed = {
        "boolean": "true", "decimal": "0.123456789012345678", "integer": "12345678901234567890", "duration": "P3M",
        "dateTime": "2026-11-22T10:00:00+02:00", "double": "10", "date": "2026-11-22", "float": "0.1",
    }  # fmt: skip
    values = [ox.Literal(text, datatype=ox.NamedNode(XSD + name)) for name, text in typed.items()]
    values += [ox.Literal(text) for text in ("", 'a\tb\n"c" \\d', "å€😀", "x" * 20_000, "\x01 \x7f")]
    values += [ox.Literal("x", language="en-gb"), ox.Literal("x", datatype=ox.NamedNode("urn:type"))]
    quads = [
        ox.Quad(ox.NamedNode(f"{base}r{n}"), ox.NamedNode("urn:says"), value, ox.NamedNode(base))
        for n, value in enumerate(values)
    ]
    Workspace.init(tmp_path / "w", base, "values", NOW)
    with Workspace.open(tmp_path / "w", write=True) as workspace:
        workspace.commit(Change(tuple(sorted(map(line, quads)))), ANN, "1", NOW)
        assert set(workspace.store.quads()) == set(quads)
        assert all(quad in workspace.store.store for quad in quads)
        workspace.commit(Change((), tuple(sorted(map(line, quads)))), ANN, "2", NOW)
        assert list(workspace.store.quads()) == []


def test_after_a_kill_everything_acknowledged_is_there(server: sparql_servers.Place, tmp_path: Path) -> None:
    folder, base = tmp_path / "w", "https://killed.example/"
    Workspace.init(folder, base, "killed", NOW)
    lines = [f'<{base}r{n}> <urn:says> "{n}" <{base}> .' for n in range(1_300)]
    with Workspace.open(folder, write=True) as workspace:
        workspace.commit(Change(tuple(sorted(lines[:1_200]))), ANN, "1", NOW)
        workspace.commit(Change((lines[1_200],)), ANN, "2", NOW)
        take = workspace.store.take

        def killed_before(*entry: object) -> None:
            server.kill()
            take(*entry)  # type: ignore[arg-type]

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(workspace.store, "take", killed_before)
            workspace.commit(Change((lines[1_201],)), ANN, "3", NOW)  # acknowledged: the log has it
        assert workspace.behind
        with pytest.raises(OutputError, match="the next write takes it up first"):
            workspace.ready()
        with pytest.raises(OutputError, match="cannot be reached"):
            workspace.commit(Change((lines[1_202],)), ANN, "never", NOW)
        server.start()
        workspace.ready()
        assert not workspace.behind
        workspace.commit(Change((lines[1_203],)), ANN, "4", NOW)
        server.kill()
    server.start()
    with Workspace.open(folder, write=True) as workspace:
        assert sorted(map(line, workspace.store.quads())) == sorted([*lines[:1_202], lines[1_203]])
    assert all(check.sound for check in upkeep.doctor(folder))
    verified = upkeep.backup(folder, tmp_path / "copy", NOW)
    assert verified.entries == 4


def test_a_password_is_never_shown() -> None:
    found = address.read("sparql+http://ann:hidden@127.0.0.1:1/?auth=digest")
    assert (found.user, found.password, found.digest) == ("ann", "hidden", True)
    assert "hidden" not in repr(found)
    server = Server(found)
    with pytest.raises(OutputError, match="cannot be reached") as failed:
        server.select("SELECT * {}")
    server.close()
    assert "hidden" not in str(failed.value)
    with pytest.raises(InputError) as refused:
        address.read("sparql+http://ann:hidden@host:99999999/")
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://host", "does not begin with"),
        ("sparql+http:///x", "names no host"),
        ("sparql+http://host/?updates=/u", "'updates', which is not one of"),
        ("sparql+http://host/?auth=none", "auth is basic or digest"),
        ("sparql+http://host/?query=http://other/q", "on another host"),
    ],
)
def test_an_address_that_names_no_server_says_why(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        address.read(text)


def test_a_term_takes_the_place_of_a_variable_whole() -> None:
    hostile = ox.Literal('" } INSERT DATA { <a:b> <a:c> ?x } #')
    text = (
        "SELECT ?x (COUNT(?y) AS ?n) { OPTIONAL { ?y ?p ?x } { SELECT ?y ?x { ?y a ?x } } } GROUP BY ?x ?p ORDER BY ?n"
    )
    sent = bound(text, {"x": hostile})
    assert sent.count(str(hostile)) == 2
    ox.Store().query(sent)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?x (COUNT(?y) AS ?n) WHERE { ?x ?p ?y } GROUP BY ?x ORDER BY ?x",
        "SELECT ?x WHERE { ?x ?p ?y } GROUP BY ?x HAVING (COUNT(?y) > 0) LIMIT 3",
        "SELECT DISTINCT ?x { { SELECT ?x { ?x ?p ?y } ORDER BY ?x } } ORDER BY DESC(?x)",
    ],
)
def test_a_query_may_project_group_and_sort_by_parameters_alone(text: str) -> None:
    sent = bound(text, {"x": ox.NamedNode("urn:a")})
    for held, rows in (("", 0), ("<urn:a> <urn:p> 1, 2 .", 1)):
        store = ox.Store()
        store.load(input=held.encode(), format=ox.RdfFormat.TURTLE)
        found = store.query(sent)
        assert isinstance(found, ox.QuerySolutions)
        assert len(list(found)) == (rows if "GROUP" in text else 2 * rows if "DISTINCT" not in text else rows)


def test_a_question_may_group_by_parameters_alone_at_a_server(server: sparql_servers.Place) -> None:
    text = "SELECT ?x (COUNT(?y) AS ?n) WHERE { GRAPH <urn:counted> { ?x <urn:p> ?y } } GROUP BY ?x ORDER BY ?x"
    there = address.named()
    assert there is not None
    sparql = Server(there)
    sent = bound(text, {"x": ox.NamedNode("urn:a")})
    sparql.update("CLEAR SILENT GRAPH <urn:counted>")
    assert sparql.select(sent)[1] == []
    sparql.put("urn:counted", b"<urn:a> <urn:p> <urn:b> .\n<urn:a> <urn:p> <urn:c> .\n")
    assert [row["n"].value for row in sparql.select(sent)[1]] == ["2"]
    sparql.close()


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_path_without_end_is_followed_by_itself(question: str) -> None:
    """As remote/paths.py takes it: Virtuoso 7 finds nothing where its plan has both ends before it follows it."""
    text = (ROOT / "queries" / f"{question}.rq").read_text(encoding="utf-8")
    alone = re.sub(r"WHERE \{ \?\w+ [\w:]+[*+] \?\w+ \}", "", text)
    assert not re.search(r"[\w)][*+] \?", alone)


def test_two_programs_that_put_the_same_graphs_there_do_not_disturb_each_other(
    server: sparql_servers.Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, named = Server.put, []

    def meanwhile(self: Server, graph: str, statements: bytes) -> None:
        named.append(graph)
        if len(named) == 1:
            assert asked_of("raced") == 1
        put(self, graph, statements)

    monkeypatch.setattr(Server, "put", meanwhile)
    assert asked_of("raced") == 1
    assert len(set(named)) == len(named) == 4
    assert asked_of("raced") == 1
    assert len(named) == 4


def test_the_oldest_graphs_go_and_nothing_else(server: sparql_servers.Place, monkeypatch: pytest.MonkeyPatch) -> None:
    there = address.named()
    assert there is not None
    sparql = Server(there)
    sparql.put(f"{datasets.LAW}of-somebody-else", b"<urn:a> <urn:p> <urn:b> .\n")
    monkeypatch.setattr(datasets, "KEPT", {datasets.LAW: 2, datasets.DAY: 3})
    put = Server.put

    def ended(self: Server, graph: str, statements: bytes) -> None:
        put(self, graph, b"<urn:half> <urn:of> <urn:it> .\n")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Server, "put", ended)
        asked_of("half")
    for version in range(5):
        assert asked_of(f"version-{version}") == 1
    held = [graph.removeprefix(datasets.LAW).split("/")[0] for graph in graph_names(sparql, datasets.LAW)]
    kept = [datasets.name([f"version-{version}"]) for version in (3, 4)]
    assert sorted(held) == sorted(["of-somebody-else", *kept])
    assert len(list(graph_names(sparql, datasets.DAY))) == 3
    assert asked_of("version-0") == 1  # put there again
    sparql.update(f"CLEAR SILENT GRAPH <{datasets.LAW}of-somebody-else>")
    sparql.close()


def asked_of(version: str) -> int:
    """The rows of a question that is asked of the law of one version."""
    there = address.named()
    assert there is not None
    dataset = ox.Store()
    p, q = ox.NamedNode("urn:p"), ox.NamedNode("urn:q")
    dataset.add(ox.Quad(ox.NamedNode("urn:a"), p, ox.NamedNode("urn:b"), ox.NamedNode("urn:any")))
    dataset.add(ox.Quad(ox.NamedNode("urn:b"), q, ox.Literal("c"), ox.NamedNode(RECORDS)))
    header = "#+ summary: s\n#+ answers: a\n"
    question, problems = queries.parse("q.rq", header + "SELECT ?x WHERE { ?x <urn:p> ?y . ?y <urn:q> ?z }\n")
    assert question is not None, problems
    server, name = Server(there), datasets.name([version])
    try:
        return len(datasets.ask(server, name, name, lambda: dataset, question, {}).rows)
    finally:
        server.close()


def test_an_answer_that_a_server_gave_up_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Virtuoso gives it: status 200, the rows found so far, and a header."""
    body = b'{"head": {"vars": ["x"]}, "results": {"bindings": []}}'
    headers = {"X-SQL-State": "S1TAT", "X-SQL-Message": "Anytime query, time limit exceeded"}
    server = Server(address.read("sparql+http://127.0.0.1:1"))
    monkeypatch.setattr(server, "_client", httpx.Client(transport=httpx.MockTransport(
        lambda _: httpx.Response(200, content=body, headers=headers))))  # fmt: skip
    with pytest.raises(OutputError, match=r"not whole \(S1TAT 'Anytime query"):
        server.select("SELECT ?x { ?x ?y ?z }")
    server.close()
