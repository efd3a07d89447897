"""Reading over HTTP: lists by pages, formats by Accept, versions by ETag, many questions in one request."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import golden
import httpx
import pyoxigraph as ox
import pytest
from conftest import AS_OF, CASES, DATA, ROOT, Run
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from aims_graph import graph, lists
from aims_graph.answers import what_else_json
from aims_graph.catalogue import Catalogue
from aims_graph.errors import UnknownName
from aims_graph.library import Library
from aims_graph.showing import find_json
from aims_graph.trace import Options
from aims_graph.vocab import BASE
from aims_graph.workspaces.workspace import Workspace
from aims_graph_api import answering, create_app
from aims_graph_api.organisations import Organisation
from aims_graph_api.parameters import LONGEST
from aims_graph_api.routes.questions import Datasets
from aims_graph_api.routes.what_else import LINES_AT_ONCE, MOST_EACH, NDJSON
from aims_graph_api.serving import Caller

V1 = "/api/v1"
CLAUSE = "iso42001:10.2"
NOW = datetime(2026, 11, 22, tzinfo=UTC)
Get = Callable[..., httpx.Response]


def caller(app: FastAPI) -> Get:
    """Requests to an application in this process."""

    async def ask(method: str, url: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
            return await client.request(method, url, **more)

    def get(url: str, method: str = "GET", **more: Any) -> httpx.Response:
        return asyncio.run(ask(method, url if url.startswith("/") else f"{V1}/{url}", **more))

    return get


@pytest.fixture(scope="module")
def app(library: Library) -> FastAPI:
    return create_app(library, today=lambda: AS_OF)


@pytest.fixture(scope="module")
def get(app: FastAPI) -> Get:
    return caller(app)


# -- lists -----------------------------------------------------------------------------


def test_every_mapping_row_is_on_one_page_exactly(get: Get, library: Library) -> None:
    seen: list[str] = []
    address: str | None = "mappings?limit=700"
    while address is not None:
        found = get(address)
        body = found.json()
        link = found.headers.get("link")
        assert link == (None if body["next"] is None else f'<{body["next"]}>; rel="next"')
        assert body["total"] == len(library.catalogue.mappings)
        seen += [row["id"] for row in body["mappings"]]
        address = body["next"]
    assert seen == sorted(row.id for row in library.catalogue.mappings)


FILTERS: list[tuple[str, Callable[[Any], bool]]] = [
    ("subject=iso42001:10.2", lambda r: r["subject"] == CLAUSE),
    ("subject=ISO 42001 10.2", lambda r: r["subject"] == CLAUSE),
    ("object=aiact:art-20.1", lambda r: r["object"] == "aiact:art-20.1"),
    ("object=sssom:NoTermFound", lambda r: r["object_framework"] is None),
    (f"provision={CLAUSE}", lambda r: CLAUSE in (r["subject"], r["object"])),
    ("framework=aiact", lambda r: "aiact" in (r["subject_framework"], r["object_framework"])),
    (
        "framework=aiact&framework=NIST AI RMF",
        lambda r: {r["subject_framework"], r["object_framework"]} <= {"aiact", "airmf", None},
    ),
    ("relation=supersetOf&relation=equalTo", lambda r: r["relation"] in ("supersetOf", "equalTo")),
    ("status=double-read", lambda r: r["status"] == "double-read"),
    ("author=agent:nist", lambda r: r["author"] == "agent:nist"),
    ("min_confidence=0.9", lambda r: (r["confidence"] or 0) >= 0.9),
]


@pytest.mark.parametrize(("query", "fits"), FILTERS, ids=[f[0] for f in FILTERS])
def test_a_filter_keeps_what_fits_and_nothing_else(
    get: Get, library: Library, query: str, fits: Callable[[Any], bool]
) -> None:
    every = [lists.row_json(library.catalogue, row) for row in lists.rows(library.catalogue, lists.Rows())]
    wanted = [row for row in every if fits(row)]
    found = get(f"mappings?{query}&limit=1000").json()
    assert 0 < found["total"] == len(wanted) < len(every)
    assert found["mappings"] == wanted[:1000]


def test_rows_of_a_day_have_both_ends_in_force(get: Get, library: Library) -> None:
    early = date(2020, 1, 1)
    wanted = {
        row.id
        for row in library.catalogue.mappings
        if all(
            library.catalogue.provisions[end].in_force.holds(early)
            for end in (row.subject, row.object)
            if end in library.catalogue.provisions
        )
    }
    found = get(f"mappings?as_of={early}&limit=1000").json()
    assert found["total"] == len(wanted) < len(library.catalogue.mappings)
    assert {row["id"] for row in found["mappings"]} <= wanted


def test_rows_are_sorted_as_asked_and_what_states_nothing_comes_last(get: Get) -> None:
    rows: list[Any] = []
    for cursor in ("", *_cursors(get, "mappings?sort=-confidence,subject&limit=1000")):
        rows += get(f"mappings?sort=-confidence,subject&limit=1000{cursor}").json()["mappings"]
    keys = [(row["confidence"] is None, -(row["confidence"] or 0), row["subject"], row["id"]) for row in rows]
    assert keys == sorted(keys)
    assert keys[-1][0]
    assert not keys[0][0]


def _cursors(get: Get, address: str) -> list[str]:
    found: list[str] = []
    further = get(address).json()["next"]
    while further is not None:
        found.append(f"&cursor={further.rpartition('cursor=')[2]}")
        further = get(further).json()["next"]
    return found


def test_a_row_is_shown_by_its_id_or_its_place(get: Get, library: Library) -> None:
    row = library.catalogue.mappings[7]
    wanted = lists.row_json(library.catalogue, row) | {"graph_version": library.catalogue.version}
    for name in (row.id, row.id.removeprefix("mapping:"), str(row.source)):
        assert get(f"mappings/{name}").json() == wanted
    missing = get("mappings/no-such-row-at-all")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")


def test_provisions_are_listed_in_the_order_of_their_texts(get: Get, library: Library) -> None:
    found = get("provisions?framework=42001&limit=1000").json()
    wanted = [p.id for p in library.catalogue.provisions.values() if p.edition == "iso42001"]
    assert [p["id"] for p in found["provisions"]] == wanted
    parts = get("provisions?parent=iso42001:10").json()
    assert [p["id"] for p in parts["provisions"]] == list(library.catalogue.children["iso42001:10"])
    articles = [get(f"provisions?framework=aiact&kind=Article&as_of={d}").json() for d in ("2026-07-26", "2026-07-27")]
    assert [a["total"] for a in articles] == [113, 119]
    backwards = get("provisions?framework=42001&sort=-id&limit=3").json()["provisions"]
    assert [p["id"] for p in backwards] == sorted(wanted, reverse=True)[:3]


def test_search_results_are_paged_by_link(get: Get, library: Library) -> None:
    whole = find_json(library.catalogue, library.names, "risk", 1000)["results"]
    seen, address = [], "search?q=risk&limit=70"
    while address:
        found = get(address)
        seen += found.json()["results"]
        link = found.headers.get("link", "")
        address = link.partition(">")[0].removeprefix("<")
    assert seen == whole[: len(seen)]
    assert len(seen) > 140


BAD_CURSORS = ["x", "", "%00", "4", "MTAwLmFiYw", "MTAwLmFiYw==", "\u00e9", "Li4u", "LTEuYQ", "a" * 200]


@pytest.mark.parametrize("cursor", BAD_CURSORS)
@pytest.mark.parametrize("address", ["mappings?limit=5", "provisions?limit=5", "search?q=risk&limit=5"])
def test_a_cursor_that_is_not_of_the_list_says_to_start_again(get: Get, address: str, cursor: str) -> None:
    found = get(f"{address}&cursor={cursor}")
    assert (found.status_code, found.headers["content-type"]) == (400, "application/problem+json")
    assert "Start again without it" in found.json()["detail"]


def test_a_cursor_of_other_filters_or_other_data_is_refused(get: Get, library: Library) -> None:
    address = "mappings?framework=aiact&limit=5"
    (cursor, *_) = [get(address).json()["next"].rpartition("cursor=")[2]]
    assert get(f"{address}&cursor={cursor}").status_code == 200
    assert get(f"mappings?framework=aiact&limit=9&cursor={cursor}").status_code == 200  # the size of a page is free
    assert get(f"mappings?framework=csf2&limit=5&cursor={cursor}").status_code == 400
    assert get(f"provisions?framework=aiact&limit=5&cursor={cursor}").status_code == 400
    other = caller(create_app(Library(_edited(library.catalogue)), today=lambda: AS_OF))
    assert other(f"{address}&cursor={cursor}").status_code == 400


def _edited(catalogue: Catalogue) -> Catalogue:
    return replace(catalogue, files=catalogue.files[:-1])


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("mappings?sort=colour", 400),
        ("mappings?min_confidence=2", 422),
        ("mappings?status=new", 422),
        ("mappings?relation=like", 422),
        ("mappings?subject=nowhere", 404),
        ("mappings?subject=10.2", 409),
        ("mappings?framework=widgetry", 404),
        ("mappings?as_of=soon", 422),
        ("mappings?limit=1001", 422),
        ("mappings?colour=red", 422),
        ("provisions?sort=id,,", 400),
        ("provisions?parent=nowhere", 404),
        ("rules?framework=widgetry", 404),
    ],
)
def test_what_a_list_cannot_be_asked_is_a_problem(get: Get, address: str, status: int) -> None:
    found = get(address)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")


# -- formats ---------------------------------------------------------------------------

DIFF = ("frameworks", "diff", "aiact")
TABLES: list[tuple[str, tuple[object, ...]]] = [
    (f"provisions/{CLAUSE}/what-else", ("what-else", CLAUSE)),
    (f"provisions/{CLAUSE}", ("show", CLAUSE)),
    ("frameworks", ("frameworks",)),
    (
        "frameworks/aiact/changes?from=2026-07-01",
        ("frameworks", "diff", "aiact", "--from", "2026-07-01", "--to", AS_OF),
    ),
    (f"explain?from={CLAUSE}&to=aiact:art-20.1", ("explain", CLAUSE, "aiact:art-20.1")),
    (f"gaps?target={CLAUSE}&framework=airmf", ("gaps", CLAUSE, "--framework", "airmf")),
    (f"residual?done={CLAUSE}&of=iso27001:10.2", ("residual", CLAUSE, "iso27001:10.2")),
    ("what-if?reject=aiact--nistrmf-009&limit=3", ("what-if", "--reject", "aiact--nistrmf-009", "--limit", 3)),
    ("weak-points?framework=airmf&limit=3", ("weak-points", "--framework", "airmf", "--limit", 3)),
    (f"impact?target={CLAUSE}", ("impact", CLAUSE)),
    ("crosswalks/42001/airmf", ("crosswalk", "42001", "airmf")),
    ("coverage", ("coverage",)),
    ("search?q=corrective", ("find", "corrective")),
    ("questions", ("questions",)),
    (f"questions/provision-mappings?provision={CLAUSE}", ("ask", "provision-mappings", f"provision={CLAUSE}")),
    ("rules?framework=iso42001", ("rules", "--framework", "iso42001")),
]
UNDATED = ("show", "find", "questions", "rules")


@pytest.mark.parametrize(("address", "typed"), TABLES, ids=[t[0] for t in TABLES])
def test_a_table_is_the_one_that_the_command_writes(
    get: Get, run: Run, address: str, typed: tuple[object, ...]
) -> None:
    day = () if typed[0] in UNDATED[1:] or typed[1:2] == ("diff",) else ("--as-of", AS_OF)
    found = get(address, headers={"accept": "text/csv"})
    assert (found.status_code, found.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert found.text == run(*typed, *day, "--format", "csv").out
    assert found.text.count("\n") > 1


def test_a_list_of_rows_is_a_table_too(get: Get) -> None:
    for name in ("mappings", "provisions"):
        shown = get(f"{name}?limit=40").json()[name]
        read = list(csv.DictReader(io.StringIO(get(f"{name}?limit=40", headers={"accept": "text/csv"}).text)))
        assert [line["id"] for line in read] == [item["id"] for item in shown]


@pytest.mark.parametrize("media", ["text/turtle", "application/ld+json"])
def test_statements_are_those_of_the_graph(get: Get, library: Library, media: str) -> None:
    row = library.catalogue.mappings[0]
    store = graph.dataset(library.catalogue)
    for address, iri in [
        (f"provisions/{CLAUSE}", library.catalogue.provisions[CLAUSE].iri),
        ("provisions/aiact:art-113", library.catalogue.provisions["aiact:art-113"].iri),
        ("frameworks/aiact", library.catalogue.editions["aiact"].iri),
        (f"mappings/{row.id}", library.catalogue.iri(row.id)),
    ]:
        found = get(address, headers={"accept": media})
        assert found.headers["content-type"].partition(";")[0] == media
        form = ox.RdfFormat.from_media_type(media)
        assert form is not None
        said = [q.triple for q in ox.parse(input=found.content, format=form)]
        known = {(q.predicate, _plain(q.object)) for q in store.quads_for_pattern(ox.NamedNode(iri), None, None)}
        about = {(t.predicate, _plain(t.object)) for t in said if t.subject == ox.NamedNode(iri)}
        assert about == known
        assert known
        assert get(address, headers={"accept": media}).content == found.content


def _plain(term: Any) -> str:
    return "node" if isinstance(term, ox.BlankNode) else str(term)


def test_what_is_not_to_be_had_is_refused_with_what_is(get: Get) -> None:
    found = get(f"provisions/{CLAUSE}", headers={"accept": "image/png, text/turtle;q=0"})
    assert (found.status_code, found.headers["content-type"]) == (406, "application/problem+json")
    assert "text/turtle" in found.json()["detail"]
    for accepted in ("*/*", "application/*", "text/turtle;q=0.1, application/json"):
        assert get(f"provisions/{CLAUSE}", headers={"accept": accepted}).headers["content-type"] == "application/json"


# -- versions --------------------------------------------------------------------------

READ = [
    "frameworks",
    "frameworks/aiact",
    "provisions?limit=2",
    f"provisions/{CLAUSE}",
    f"provisions/{CLAUSE}/what-else",
    "mappings?limit=2",
    "search?q=risk",
    "questions",
    "coverage",
    "rules",
    f"explain?from={CLAUSE}&to=aiact:art-20.1",
]


@pytest.mark.parametrize("address", READ)
def test_what_a_caller_still_has_is_not_computed_again(get: Get, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = get(address)
    assert found.headers["cache-control"] == "public, no-cache"
    assert {"Accept", "Authorization"} <= {word.strip() for word in found.headers["vary"].split(",")}
    etag = found.headers["etag"]
    assert etag.startswith('"')
    assert get(address).headers["etag"] == etag

    def fail(*_: Any) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(Library, "what_else", fail)
    for name in ("told", "described"):
        monkeypatch.setattr(answering, name, fail)
    monkeypatch.setattr(Library, "names", property(fail))
    for known in (etag, f"W/{etag}", f'"other", {etag}'):
        again = get(address, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        assert again.headers["cache-control"] == "public, no-cache"


def test_any_version_is_as_good_where_there_is_one(get: Get) -> None:
    assert get("frameworks", headers={"if-none-match": "*"}).status_code == 304
    assert get("frameworks/widgetry", headers={"if-none-match": "*"}).status_code == 404
    assert get("frameworks", headers={"if-none-match": '"other"'}).status_code == 200


def test_a_version_is_of_one_address_format_and_day(library: Library) -> None:
    days = [AS_OF]
    get = caller(create_app(library, today=lambda: days[-1]))
    address = f"provisions/{CLAUSE}/what-else"
    tags = [get(address).headers["etag"], get(f"{address}?limit=1").headers["etag"]]
    tags += [get(address, headers={"accept": "text/csv"}).headers["etag"], get("frameworks").headers["etag"]]
    named = get(f"{address}?as_of={AS_OF}").headers["etag"]
    days.append(AS_OF + timedelta(days=1))
    tags += [named, get(address).headers["etag"]]
    assert len(set(tags)) == len(tags)
    assert get(address, headers={"if-none-match": tags[0]}).status_code == 200
    assert get(f"{address}?as_of={AS_OF}").headers["etag"] == named


def test_a_version_is_of_the_data_and_of_the_records(library: Library, records: Library) -> None:
    other = Library.open([DATA / "widgets"])
    incomplete = Library.open(record_files=[CASES / "incomplete.ttl"])
    found = {
        caller(create_app(held, today=lambda: AS_OF))("frameworks").headers["etag"]
        for held in (library, other, records, incomplete)
    }
    assert len(found) == 4


def test_an_error_carries_no_version(get: Get) -> None:
    for address in ("frameworks/widgetry", "frameworks?as_of=soon", "mappings?limit=0"):
        assert "etag" not in get(address).headers


class Known:
    """Says who asks, in place of a key."""

    def __init__(self, app: ASGIApp, who: list[Caller]) -> None:
        self.app, self.who = app, who

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["caller"] = self.who[-1]
        await self.app(scope, receive, send)


def test_what_comes_with_records_is_kept_by_its_caller_alone(library: Library, tmp_path: Path) -> None:
    held = []
    for name in ("first", "second"):
        Workspace.init(tmp_path / name, f"https://example.org/{name}/", name, NOW)
        held.append(Organisation(name, tmp_path / name, library))
    app = create_app(library, today=lambda: AS_OF, organisations={o.name: o for o in held})
    who: list[Caller] = []

    app.user_middleware.append(Middleware(Known, who=who))  # after the check of keys
    get, tags = caller(app), []
    for organisation in (None, *held):
        who.append(Caller("somebody", organisation, frozenset({"read"})))
        found = get("frameworks")
        tags.append(found.headers["etag"])
        assert found.headers["cache-control"] == ("private, no-cache" if organisation else "public, no-cache")
        for tag in tags[:-1]:
            assert get("frameworks", headers={"if-none-match": tag}).status_code == 200
    assert len(set(tags)) == 3
    for organisation in held:
        organisation.close()


# -- many questions in one request -----------------------------------------------------


def test_each_target_has_its_own_line_in_order(get: Get, library: Library) -> None:
    targets = [CLAUSE, "nowhere", "10.2", "ISO 42001 9.3.2", CLAUSE, "", *list(library.catalogue.provisions)[::300]]
    body = {"targets": targets, "as_of": str(AS_OF), "role": ["provider"]}
    found = get("what-else", "POST", json=body, headers={"accept": NDJSON})
    assert (found.status_code, found.headers["content-type"]) == (200, NDJSON)
    lines = [json.loads(line) for line in found.text.splitlines()]
    assert len(lines) == len(targets) > LINES_AT_ONCE
    options = Options(AS_OF, roles=("provider",))
    for target, line in zip(targets, lines, strict=True):
        if "status" in line:
            assert line["target"] == target
            alone = get("what-else", "POST", json={"targets": [target]})
            assert line | {"instance": f"{V1}/what-else"} == alone.json() | {"target": target}
            assert line["status"] == alone.status_code
        else:
            assert line == what_else_json(library.what_else([target], options))
    assert [line.get("status") for line in lines[:6]] == [None, 404, 409, None, None, 404]


def test_ten_thousand_names_fit_into_one_request(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Library, targets: list[str], options: Options) -> None:
        raise UnknownName(targets[0], ())

    monkeypatch.setattr(Library, "what_else", refuse)
    get = caller(create_app(library, today=lambda: AS_OF))
    targets = [str(n).rjust(LONGEST, "x") for n in range(MOST_EACH)]
    found = get("what-else", "POST", json={"targets": targets}, headers={"accept": NDJSON})
    assert [json.loads(line)["target"] for line in found.text.splitlines()] == targets
    more = get("what-else", "POST", json={"targets": ["x"] * (MOST_EACH + 1)}, headers={"accept": NDJSON})
    assert more.status_code == 422
    together = get("what-else", "POST", json={"targets": [CLAUSE] * 501})
    assert (together.status_code, NDJSON in together.json()["detail"]) == (422, True)


def test_a_batch_that_nobody_reads_any_more_is_not_computed(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    whole = Library.what_else

    def counting(self: Library, targets: Any, options: Options) -> Any:
        asked.extend(targets)
        return whole(self, targets, options)

    monkeypatch.setattr(Library, "what_else", counting)
    body = json.dumps({"targets": ["iso42001:4.1"] * 5_000}).encode()
    taken = asyncio.run(_leaving_after(app, body, lines=20))
    assert taken >= 20
    assert len(asked) <= taken + 3 * LINES_AT_ONCE


async def _leaving_after(app: FastAPI, body: bytes, lines: int) -> int:
    """Take some lines of a batch, then close the connection; how many were taken."""
    left, taken = asyncio.Event(), 0
    sent = False

    async def receive() -> dict[str, Any]:
        nonlocal sent
        if not sent:
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal taken
        taken += message.get("body", b"").count(b"\n")
        if taken >= lines:
            left.set()
        await asyncio.sleep(0)

    headers = [(b"host", b"x"), (b"accept", NDJSON.encode()), (b"content-type", b"application/json")]
    scope: dict[str, Any] = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1"}
    scope |= {"method": "POST", "path": f"{V1}/what-else", "raw_path": b"", "query_string": b"", "root_path": ""}
    scope |= {"scheme": "http", "headers": headers, "client": ("127.0.0.1", 1), "server": ("service", 80)}
    await app(scope, receive, send)
    return taken


def test_options_that_do_not_exist_are_refused_before_the_first_line(get: Get) -> None:
    for more, status in (({"role": ["king"]}, 400), ({"as_of": "soon"}, 422), ({"system_class": "toy"}, 400)):
        found = get("what-else", "POST", json={"targets": [CLAUSE], **more}, headers={"accept": NDJSON})
        assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")


# -- linked data -----------------------------------------------------------------------

LED = [
    ("iso42001/2023/10.2", "text/html", "/provisions/iso42001:10.2"),
    ("iso42001/2023/10.2", None, "/provisions/iso42001:10.2"),
    ("iso42001/2023/10.2", "application/json", f"{V1}/provisions/iso42001:10.2"),
    ("iso42001/2023/10.2", "text/turtle", f"{V1}/provisions/iso42001:10.2"),
    ("eu-ai-act/2024-1689/", "application/ld+json", f"{V1}/frameworks/aiact"),
    ("mapping/aiact--nistrmf-009", "text/csv", f"{V1}/mappings/mapping:aiact--nistrmf-009"),
    ("ontology", "text/turtle", f"{V1}/statements/ontology"),
]


@pytest.mark.parametrize(("rest", "accepted", "to"), LED)
def test_an_iri_leads_to_its_page_or_its_data(get: Get, rest: str, accepted: str | None, to: str) -> None:
    headers = {} if accepted is None else {"accept": accepted}
    found = get(f"/id/{rest}", headers=headers)
    assert (found.status_code, found.headers["location"]) == (303, to)
    assert "Accept" in found.headers["vary"]
    there = get(to, headers=headers if accepted else {"accept": "text/html"})
    assert there.status_code == 200
    assert there.headers["content-type"].partition(";")[0] == (accepted or "text/html")


def test_everything_that_the_graph_names_under_its_base_leads_somewhere(get: Get, library: Library) -> None:
    named = {q.subject.value for q in graph.dataset(library.catalogue) if isinstance(q.subject, ox.NamedNode)}
    ours = sorted({iri.removeprefix(BASE).partition("#")[0] for iri in named if iri.startswith(BASE)})
    for rest in ours[::60]:
        found = get(f"/id/{quote(rest)}", headers={"accept": "text/turtle"})
        assert found.status_code == 303, rest
        there = get(found.headers["location"], headers={"accept": "text/turtle"})
        assert (there.status_code, there.headers["content-type"]) == (200, "text/turtle; charset=utf-8"), rest
        said = [q.subject for q in ox.parse(input=there.content, format=ox.RdfFormat.TURTLE)]
        assert any(isinstance(s, ox.NamedNode) and s.value.partition("#")[0] == f"{BASE}{rest}" for s in said)


@pytest.mark.parametrize("rest", ["", "nothing", "iso42001/2023/99", "a b", "%00", "<x>", "mapping/none"])
def test_what_the_graph_does_not_name_is_a_problem(get: Get, rest: str) -> None:
    for address in (f"/id/{rest}", f"statements/{rest}"):
        found = get(address)
        assert (found.status_code, found.headers["content-type"]) == (404, "application/problem+json")


def test_a_thing_without_a_page_is_not_to_be_had_as_one(get: Get) -> None:
    assert get("/id/eu-ai-act/2024-1689/", headers={"accept": "text/html"}).status_code == 406


# -- the document ----------------------------------------------------------------------


def test_the_document_is_as_it_was_reviewed(library: Library) -> None:
    assert golden.document(library) == golden.DOCUMENT.read_text(encoding="utf-8"), "Run 'make golden' and review it."


# -- the guide -------------------------------------------------------------------------

GUIDE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SHOWN = [
    (command, output)
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.S)
    for command, output in re.findall(r"^\$ (curl [^\n]+)\n(.*?)(?=^\$ |\Z)", block, re.S | re.M)
]


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[s[0][-60:] for s in SHOWN])
def test_what_the_guide_shows_is_what_the_service_says(get: Get, command: str, output: str) -> None:
    words = shlex.split(command)[1:]
    taken = [words[i + 1] for i, word in enumerate(words) if word == "-H"]
    headers = dict(line.split(": ", 1) for line in taken)
    body = next((words[i + 1] for i, word in enumerate(words) if word == "-d"), None)
    (address,) = [word for word in words if word.startswith("http://localhost:8000/")]
    more: dict[str, Any] = {} if body is None else {"content": body}
    found = get(
        address.removeprefix("http://localhost:8000"), "GET" if body is None else "POST", headers=headers, **more
    )
    said = found.text
    if "-i" in words:
        lines = (f"{name}: {value}\n" for name, value in sorted(found.headers.items()))
        said = f"HTTP/1.1 {found.status_code} {found.reason_phrase}\n{''.join(lines)}\n{said}"
    pattern = ".*?".join(re.escape(part) for part in output.strip().split("…"))
    assert re.fullmatch(pattern, said.strip(), re.S), said[:500]


def test_the_guide_shows_each_part_by_example() -> None:
    assert len(SHOWN) >= 8


def test_the_datasets_of_the_last_questions_are_kept(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[object, ...]] = []

    def store(self: Library, as_of: date, trust: str = "double-read") -> ox.Store:
        made.append((id(self), as_of, trust))
        return ox.Store()

    monkeypatch.setattr(Library, "store", store)
    kept, other, days = Datasets(2), Library(library.catalogue), [date(2026, 1, n) for n in (1, 2, 3)]
    first = kept.of(library, days[0], "accepted")
    assert kept.of(library, days[0], "accepted") is first
    assert kept.of(other, days[0], "accepted") is not first  # it may have records of its own
    assert kept.of(library, days[0], "accepted") is first
    for day in days[1:]:
        kept.of(library, day, "accepted")
    assert kept.of(library, days[0], "accepted") is not first
    assert len(made) == 5
