"""The service: the command line's own answers over HTTP, every error a problem, pages that ask nobody else."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from conftest import AS_OF, DATA, ROOT, Run
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel

from aims_graph import asked
from aims_graph.answers import what_else_json
from aims_graph.errors import DataError, InputError, MissingDependency, OutputError, Problem, QueryError
from aims_graph.explaining import explain, explanation_json
from aims_graph.library import Library
from aims_graph.relations import Degree
from aims_graph.showing import find_json, framework_json, frameworks_json, show_json
from aims_graph.trace import Options
from aims_graph_api import create_app
from aims_graph_api.app import today_utc
from aims_graph_api.gate.limits import LARGEST_BODY
from aims_graph_api.headers import SAFE_HEADERS
from aims_graph_api.parameters import LONGEST
from aims_graph_api.processes.server import listen
from aims_graph_api.routes import crosswalks
from aims_graph_api.schemas import planning_responses, responses, weighing_responses

API = ROOT / "api"
CLAUSE = "iso42001:10.2"
V1 = "/api/v1"
OPTIONS = Options(AS_OF)


class Client:
    """Requests to an application in this process, without a port; all in one loop, as in a process that serves."""

    runner: asyncio.Runner

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def get(self, url: str, **parameters: Any) -> httpx.Response:
        return self.request("GET", url, params=parameters or None)

    def post(self, url: str, body: Any) -> httpx.Response:
        return self.request("POST", url, json=body)

    def request(self, method: str, url: str, **more: Any) -> httpx.Response:
        return self.runner.run(self._request(method, url, **more))

    async def _request(self, method: str, url: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            return await client.request(method, url, **more)


@pytest.fixture(scope="session", autouse=True)
def loop() -> Iterator[None]:
    with asyncio.Runner() as Client.runner:
        yield


@pytest.fixture(scope="session")
def client(library: Library) -> Client:
    return Client(create_app(library, today=lambda: AS_OF))


@pytest.fixture(scope="session")
def widgets() -> Library:
    return Library.open([DATA / "widgets"])


@pytest.fixture(scope="session")
def widgets_client(widgets: Library) -> Client:
    return Client(create_app(widgets, today=lambda: AS_OF))


@pytest.fixture(scope="session")
def document(client: Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


# -- the same answers as everywhere ----------------------------------------------------


def test_what_else_is_the_object_of_the_one_function(client: Client, library: Library) -> None:
    found = client.get(f"{V1}/provisions/{CLAUSE}/what-else").json()
    assert found == what_else_json(library.what_else([CLAUSE], OPTIONS))
    assert found["answers"]


def test_what_else_is_the_object_that_the_command_prints(client: Client, run: Run) -> None:
    said = run("what-else", CLAUSE, "--as-of", AS_OF, "--role", "provider", "--limit", 3, "--format", "json")
    found = client.get(f"{V1}/provisions/{CLAUSE}/what-else", as_of=str(AS_OF), role="provider", limit=3)
    assert found.json() == json.loads(said.out)


def test_every_provision_has_its_answer_and_its_facts(client: Client, library: Library) -> None:
    for name in list(library.catalogue.provisions)[::7]:
        assert client.get(f"{V1}/provisions/{name}").json() == show_json(library.catalogue, library.rules, name, AS_OF)
        found = client.get(f"{V1}/provisions/{name}/what-else").json()
        assert found == what_else_json(library.what_else([name], OPTIONS))


def test_every_option_reaches_the_answer(client: Client, library: Library) -> None:
    options = Options(
        as_of=date(2028, 1, 1),
        roles=("provider", "importer"),
        system_class="high-risk-annex-iii",
        trust="accepted",
        frameworks=("aiact", "airmf"),
        min_degree=Degree.CANDIDATE,
        limit=2,
    )
    given = {
        "as_of": "2028-01-01",
        "role": ["provider", "importer"],
        "system_class": "high-risk-annex-iii",
        "trust": "accepted",
        "framework": ["aiact", "airmf"],
        "min_degree": "candidate",
        "limit": 2,
    }
    wanted = what_else_json(library.what_else([CLAUSE], options))
    assert client.get(f"{V1}/provisions/{CLAUSE}/what-else", **given).json() == wanted
    assert client.post(f"{V1}/what-else", {"targets": [CLAUSE], **given}).json() == wanted


def test_several_provisions_are_taken_together(client: Client, library: Library) -> None:
    targets = [CLAUSE, "iso42001:9.3.2"]
    found = client.post(f"{V1}/what-else", {"targets": targets}).json()
    assert found == what_else_json(library.what_else(targets, OPTIONS))
    assert found["targets"] == targets


def test_a_limit_that_cuts_says_so(client: Client) -> None:
    found = client.get(f"{V1}/provisions/{CLAUSE}/what-else", limit=1).json()
    assert len(found["answers"]) == 1
    assert found["truncated"]


def test_the_day_is_today_unless_it_is_given(library: Library) -> None:
    days = [date(2027, 1, 1), date(2027, 1, 2)]
    now: list[date] = []
    client = Client(create_app(library, today=lambda: now[-1]))
    for day in days:
        now.append(day)
        assert client.get(f"{V1}/provisions/{CLAUSE}").json()["as_of"] == str(day)


def test_today_is_the_day_in_utc() -> None:
    before = datetime.now(UTC).date()
    assert before <= today_utc() <= datetime.now(UTC).date()


@pytest.mark.parametrize("typed", ["ISO 42001 10.2", "ISO/IEC 42001 10.2", "iso42001:10.2", " 42001 10.2 "])
def test_a_provision_may_be_named_as_people_type_it(client: Client, typed: str) -> None:
    assert client.get(f"{V1}/provisions/{quote(typed, safe='')}").json()["id"] == CLAUSE
    assert client.get(f"{V1}/provisions/{quote(typed, safe='')}/what-else").json()["targets"] == [CLAUSE]


def test_the_changes_of_a_framework_are_those_the_command_prints(client: Client, run: Run) -> None:
    found = client.get(f"{V1}/frameworks/aiact/changes", **{"from": "2026-07-01", "to": str(AS_OF)})
    said = run("frameworks", "diff", "aiact", "--from", "2026-07-01", "--to", AS_OF, "--format", "json")
    assert found.json() == json.loads(said.out)
    assert len(found.json()["changes"]) == 81
    assert (
        client.get(f"{V1}/frameworks/aiact/changes", **{"from": "2026-07-01"}).json() == found.json()
    )  # today is as-of


def test_counts_of_a_framework_are_of_a_day(client: Client) -> None:
    before = client.get(f"{V1}/frameworks/aiact", as_of="2026-07-26").json()
    after = client.get(f"{V1}/frameworks/aiact", as_of="2026-07-27").json()
    assert (before["counts"]["Article"], after["counts"]["Article"]) == (113, 119)


def test_frameworks_are_listed_and_shown(client: Client, library: Library) -> None:
    assert client.get(f"{V1}/frameworks").json() == frameworks_json(library.catalogue, AS_OF)
    for edition in library.catalogue.editions.values():
        wanted = framework_json(library.catalogue, edition, AS_OF)
        assert client.get(f"{V1}/frameworks/{edition.id}").json() == wanted
        assert client.get(f"{V1}/frameworks/{quote(edition.label, safe='')}").json() == wanted


def test_an_explanation_is_the_object_of_the_one_function(client: Client, library: Library) -> None:
    for start, end in [(CLAUSE, "aiact:art-20.1"), (CLAUSE, "airmf:MANAGE-4.3"), ("airmf:MANAGE-4.3", CLAUSE)]:
        found = client.get(f"{V1}/explain", **{"from": start, "to": end, "role": "provider"}).json()
        options = Options(AS_OF, roles=("provider",))
        assert found == explanation_json(explain(library.catalogue, start, end, options))


def test_a_recorded_case_is_explained_too(records: Library) -> None:
    found = Client(create_app(records, today=lambda: AS_OF)).get(f"{V1}/explain", **{"from": "CA-7", "to": CLAUSE})
    assert found.json() == explanation_json(records.explain("CA-7", CLAUSE, OPTIONS))
    assert _roundtrip(responses.Explanation, found.json()) == found.json()


ROW = "mapping:aiact--nistrmf-009"
WEIGHED: list[tuple[str, dict[str, Any], tuple[str, ...], type[BaseModel]]] = [
    ("what-if", {"reject": ROW, "limit": 3}, ("--reject", ROW, "--limit", "3"), weighing_responses.WhatIf),
    (
        "what-if",
        {"change": f"{ROW}=equalTo", "confidence": f"{ROW}=0.9", "accept": ROW, "from": "aiact:art-17.1.a"},
        ("--change", f"{ROW}=equalTo", "--confidence", f"{ROW}=0.9", "--accept", ROW, "--from", "aiact:art-17.1.a"),
        weighing_responses.WhatIf,
    ),
    (
        "what-if",
        {"add": ["ISO 42001 10.1 supersetOf MANAGE 4.3"], "role": "provider"},
        ("--add", "ISO 42001 10.1 supersetOf MANAGE 4.3", "--role", "provider"),
        weighing_responses.WhatIf,
    ),
    (
        "weak-points",
        {"framework": "NIST AI RMF", "limit": 5},
        ("--framework", "NIST AI RMF", "--limit", "5"),
        weighing_responses.WeakPoints,
    ),
    (
        "impact",
        {"target": "AI Act", "from": "2026-07-01"},
        ("AI Act", "--from", "2026-07-01"),
        weighing_responses.Impact,
    ),
    ("impact", {"target": [CLAUSE, "Art. 20(1)"]}, (CLAUSE, "Art. 20(1)"), weighing_responses.Impact),
]


@pytest.mark.parametrize(("route", "given", "typed", "model"), WEIGHED, ids=[f"{w[0]} {w[1]}" for w in WEIGHED])
def test_what_is_weighed_is_the_object_that_the_command_prints(
    client: Client, run: Run, route: str, given: dict[str, Any], typed: tuple[str, ...], model: type[BaseModel]
) -> None:
    found = client.get(f"{V1}/{route}", **given).json()
    assert found == json.loads(run(route, *typed, "--as-of", AS_OF, "--format", "json").out)
    assert _roundtrip(model, found) == found


def test_a_crosswalk_and_what_was_judged_are_the_objects_that_the_commands_print(client: Client, run: Run) -> None:
    typed = ("--as-of", AS_OF, "--format", "json")
    plain = client.get(f"{V1}/crosswalks/42001/airmf").json()
    assert plain == json.loads(run("crosswalk", "42001", "airmf", *typed).out)
    beside = client.get(f"{V1}/crosswalks/csf2/27001", sources="true").json()
    assert beside == json.loads(run("crosswalk", "csf2", "27001", "--sources", *typed).out)
    assert _roundtrip(crosswalks.Crosswalk, beside) == beside
    assert _roundtrip(crosswalks.Crosswalk, plain) == plain
    judged = client.get(f"{V1}/coverage").json()
    assert judged == json.loads(run("coverage", *typed).out)
    assert _roundtrip(crosswalks.Coverage, judged) == judged
    assert client.get(f"{V1}/crosswalks/42001/42001").status_code == 400
    assert client.get(f"{V1}/crosswalks/42001/widgetry").status_code == 404
    cut = client.get(f"{V1}/crosswalks/42001/airmf", limit=2).json()
    assert (len(cut["rows"]), cut["total"], cut["truncated"]) == (2, plain["total"], True)


def test_a_search_is_the_object_of_the_one_function(client: Client, library: Library) -> None:
    found = client.get(f"{V1}/search", q="corrective action", limit=4).json()
    assert found == find_json(library.catalogue, library.names, "corrective action", 4)
    assert (len(found["results"]), found["truncated"]) == (4, True)


def test_questions_are_the_object_that_the_command_prints(client: Client, run: Run) -> None:
    assert client.get(f"{V1}/questions").json() == json.loads(run("questions", "--format", "json").out)


def test_a_question_is_asked_with_values_as_people_type_them(client: Client, library: Library) -> None:
    found = client.get(f"{V1}/questions/provision-mappings", provision="ISO 42001 10.2")
    rows = asked.ask(library, "provision-mappings", {"provision": CLAUSE}, AS_OF, "double-read")
    assert found.headers["content-type"] == "application/sparql-results+json"
    assert found.json() == asked.results_json(rows)
    assert found.json()["results"]["bindings"]


def test_a_question_file_is_a_route(tmp_path: Path) -> None:
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "numbers.rq").write_text(
        "#+ summary: Which number?\n#+ tags: []\n"
        "#+ parameters: { number: { type: integer, example: 7 }, day: { type: date, example: 2026-01-01 } }\n"
        "#+ answers: The number.\nSELECT ?number ?day ?twice WHERE { BIND(?number * 2 AS ?twice) }\n"
    )
    client = Client(create_app(Library.open([tmp_path]), today=lambda: AS_OF))
    assert "numbers" in [q["name"] for q in client.get(f"{V1}/questions").json()["questions"]]
    row = client.get(f"{V1}/questions/numbers", number=21, as_of="2027-02-03").json()["results"]["bindings"][0]
    assert (row["twice"]["value"], row["day"]["value"]) == ("42", "2027-02-03")
    refused = client.get(f"{V1}/questions/numbers")
    assert refused.status_code == 400
    assert "needs number" in refused.json()["detail"]
    assert "number=7" in refused.json()["detail"]


def test_the_service_says_that_it_lives(client: Client) -> None:
    assert client.get("/health/live").json() == client.get(f"{V1}/health/live").json() == {"status": "live"}


# -- every error is a problem ----------------------------------------------------------

WHAT_ELSE = f"{V1}/provisions/{CLAUSE}/what-else"
ERRORS: list[tuple[str, str, str, Any, int, str]] = [
    ("unknown provision", "GET", f"{V1}/provisions/iso42001:10.9", None, 404, "unknown-name"),
    ("unknown provision, what else", "GET", f"{V1}/provisions/iso42001:10.9/what-else", None, 404, "unknown-name"),
    ("no name", "GET", f"{V1}/provisions/", None, 404, "unknown-name"),
    ("unknown framework", "GET", f"{V1}/frameworks/widgetry", None, 404, "unknown-name"),
    ("changes of no framework", "GET", f"{V1}/frameworks/widgetry/changes?from=2026-07-01", None, 404, "unknown-name"),
    ("changes without a start", "GET", f"{V1}/frameworks/aiact/changes", None, 422, "invalid-parameters"),
    (
        "changes backwards",
        "GET",
        f"{V1}/frameworks/aiact/changes?from=2027-01-01&to=2026-01-01",
        None,
        400,
        "unusable-input",
    ),
    ("changes from no day", "GET", f"{V1}/frameworks/aiact/changes?from=July", None, 422, "invalid-parameters"),
    ("changes from the empty day", "GET", f"{V1}/frameworks/aiact/changes?from=", None, 422, "invalid-parameters"),
    ("a day of another form", "GET", f"{WHAT_ELSE}?as_of=20260101", None, 422, "invalid-parameters"),
    ("counts of no day", "GET", f"{V1}/frameworks?as_of=July", None, 422, "invalid-parameters"),
    ("unknown framework option", "GET", f"{WHAT_ELSE}?framework=widgetry", None, 404, "unknown-name"),
    ("unknown end", "GET", f"{V1}/explain?from={CLAUSE}&to=nowhere", None, 404, "unknown-name"),
    ("unknown question", "GET", f"{V1}/questions/nothing", None, 404, "unknown-name"),
    ("unknown target", "POST", f"{V1}/what-else", {"targets": ["nowhere"]}, 404, "unknown-name"),
    ("ambiguous provision", "GET", f"{V1}/provisions/10.2", None, 409, "ambiguous-name"),
    ("ambiguous target", "POST", f"{V1}/what-else", {"targets": ["10.2"]}, 409, "ambiguous-name"),
    ("no date", "GET", f"{WHAT_ELSE}?as_of=tomorrow", None, 422, "invalid-parameters"),
    ("no such role", "GET", f"{WHAT_ELSE}?role=king", None, 400, "unusable-input"),
    ("no such class", "GET", f"{WHAT_ELSE}?system_class=toy", None, 400, "unusable-input"),
    ("question without its value", "GET", f"{V1}/questions/provision-mappings", None, 400, "unusable-input"),
    ("question takes no such value", "GET", f"{V1}/questions/review-state?x=1", None, 400, "unusable-input"),
    ("question value twice", "GET", f"{V1}/questions/what-else?provision=a&provision=b", None, 400, "unusable-input"),
    ("misspelt option", "GET", f"{WHAT_ELSE}?rol=provider", None, 422, "invalid-parameters"),
    ("misspelt member", "POST", f"{V1}/what-else", {"targets": [CLAUSE], "x": 1}, 422, "invalid-parameters"),
    ("no trust", "GET", f"{WHAT_ELSE}?trust=blind", None, 422, "invalid-parameters"),
    ("no degree", "GET", f"{WHAT_ELSE}?min_degree=some", None, 422, "invalid-parameters"),
    ("limit of nothing", "GET", f"{WHAT_ELSE}?limit=0", None, 422, "invalid-parameters"),
    ("no targets", "POST", f"{V1}/what-else", {"targets": []}, 422, "invalid-parameters"),
    ("nothing supposed", "GET", f"{V1}/what-if", None, 400, "unusable-input"),
    ("no such relation", "GET", f"{V1}/what-if?change=aiact--nistrmf-009=like", None, 400, "unusable-input"),
    ("unknown row", "GET", f"{V1}/what-if?reject=no-such-row", None, 404, "unknown-name"),
    ("rows at no framework", "GET", f"{V1}/weak-points?framework=widgetry", None, 404, "unknown-name"),
    ("no rows wanted", "GET", f"{V1}/weak-points?limit=0", None, 422, "invalid-parameters"),
    ("impact of nothing", "GET", f"{V1}/impact", None, 422, "invalid-parameters"),
    ("impact of what is unknown", "GET", f"{V1}/impact?target=nowhere", None, 404, "unknown-name"),
    ("impact of an ambiguous name", "GET", f"{V1}/impact?target=10.2", None, 409, "ambiguous-name"),
    ("impact of two frameworks", "GET", f"{V1}/impact?target=aiact&target=airmf", None, 400, "unusable-input"),
    ("impact until a day", "GET", f"{V1}/impact?target=aiact&to=2026-01-01", None, 400, "unusable-input"),
    ("impact from no day", "GET", f"{V1}/impact?target=aiact&from=July", None, 422, "invalid-parameters"),
    ("one end", "GET", f"{V1}/explain?from={CLAUSE}", None, 422, "invalid-parameters"),
    ("no words", "GET", f"{V1}/search", None, 422, "invalid-parameters"),
    ("empty words", "GET", f"{V1}/search?q=", None, 400, "unusable-input"),
    ("rows of one framework", "GET", f"{V1}/review/conflicts?framework=aiact", None, 400, "unusable-input"),
    ("gaps of nothing", "GET", f"{V1}/gaps", None, 400, "unusable-input"),
    ("gaps of an unknown name", "GET", f"{V1}/gaps?target=nowhere", None, 404, "unknown-name"),
    ("gaps in an unknown framework", "GET", f"{V1}/gaps?target={CLAUSE}&framework=x", None, 404, "unknown-name"),
    ("residual of nothing", "GET", f"{V1}/residual?done={CLAUSE}", None, 422, "invalid-parameters"),
    ("residual of an ambiguous name", "GET", f"{V1}/residual?done=10.2&of={CLAUSE}", None, 409, "ambiguous-name"),
    ("plan for nothing", "POST", f"{V1}/plan", {"targets": []}, 422, "invalid-parameters"),
    ("plan for an unknown name", "POST", f"{V1}/plan", {"targets": ["nowhere"]}, 404, "unknown-name"),
    ("plan at no cost", "POST", f"{V1}/plan", {"targets": [CLAUSE], "cost": {CLAUSE: -1}}, 400, "unusable-input"),
    ("plan for ever", "POST", f"{V1}/plan", {"targets": [CLAUSE], "time_limit": 1e6}, 422, "invalid-parameters"),
    ("endless name", "GET", f"{V1}/provisions/{'x' * (LONGEST + 1)}", None, 422, "invalid-parameters"),
    ("endless search", "GET", f"{V1}/search?q={'x' * (LONGEST + 1)}", None, 422, "invalid-parameters"),
    ("body too large", "POST", f"{V1}/what-else", {"targets": ["x" * LARGEST_BODY]}, 413, "too-large"),
    ("no such address", "GET", "/nowhere", None, 404, "no-such-route"),
    ("no such address of the API", "GET", f"{V1}/nowhere", None, 404, "no-such-route"),
    ("no such file", "GET", "/static/nothing.css", None, 404, "no-such-route"),
    ("wrong method", "POST", f"{V1}/frameworks", {}, 405, "method-not-allowed"),
    ("wrong method of the question", "GET", f"{V1}/what-else", None, 405, "method-not-allowed"),
    ("a deletion", "DELETE", f"{V1}/provisions/{CLAUSE}", None, 405, "method-not-allowed"),
]


@pytest.mark.parametrize(
    ("method", "url", "body", "status", "kind"), [e[1:] for e in ERRORS], ids=[e[0] for e in ERRORS]
)
def test_an_error_is_a_problem(client: Client, method: str, url: str, body: Any, status: int, kind: str) -> None:
    found = client.request(method, url, **({} if body is None else {"json": body}))
    problem = found.json()
    assert found.headers["content-type"] == "application/problem+json"
    assert (found.status_code, problem["status"]) == (status, status)
    assert problem["type"] == f"https://w3id.org/aims-graph/problem/{kind}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == urlsplit(url).path
    assert ("candidates" in problem) == kind.endswith("-name")
    assert _roundtrip(responses.Problem, problem) == problem
    assert all(found.headers[name] == value for name, value in SAFE_HEADERS.items())


def test_a_body_that_is_no_json_is_a_problem(client: Client) -> None:
    found = client.request("POST", f"{V1}/what-else", content=b"{", headers={"content-type": "application/json"})
    assert (found.status_code, found.headers["content-type"]) == (422, "application/problem+json")
    assert found.json()["detail"].startswith("The body is not JSON: ")
    assert "body." not in found.json()["detail"]


def test_a_day_that_is_none_is_told_by_its_name_and_with_all_else_that_is_wrong(client: Client) -> None:
    said = "'tomorrow' is not a date. Write it as YYYY-MM-DD."
    asked = client.get(f"{WHAT_ELSE}?as_of=tomorrow&limit=0").json()["detail"]
    assert f"query.as_of: {said}" in asked
    assert "query.limit: " in asked
    assert f"query.to: {said}" in client.get(f"{V1}/frameworks/aiact/changes?from=2026-01-01&to=tomorrow").text
    assert client.get("/sparql?query=ASK%7B%7D&as_of=tomorrow").json()["detail"] == f"as_of: {said}"
    for sent in ("tomorrow", "20261122", "2026-02-30", 20261122, 1.5, True, ["2026-11-22"], "2026-11-22T00:00:00"):
        found = client.request("POST", f"{V1}/what-else", json={"targets": [CLAUSE], "as_of": sent})
        assert (found.status_code, found.json()["status"]) == (422, 422)
        assert "body.as_of: " in found.json()["detail"]
        assert " is not a date. Write it as YYYY-MM-DD." in found.json()["detail"]


def test_a_wrong_method_is_told_the_right_one(client: Client) -> None:
    assert client.get(f"{V1}/what-else").headers["allow"] == "POST"


def test_a_name_that_is_unknown_or_ambiguous_comes_with_candidates(client: Client) -> None:
    assert CLAUSE in client.get(f"{V1}/provisions/iso42001:10.9").json()["candidates"]
    assert CLAUSE in client.get(f"{V1}/provisions/10.2").json()["candidates"]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DataError([Problem("a.ttl", 3, "this is wrong.", "Mend it.")]), 500),
        (QueryError("no query."), 400),
        (MissingDependency("a part is missing.", "get it"), 500),
    ],
)
def test_an_error_of_this_project_keeps_its_sentence(library: Library, error: Exception, status: int) -> None:
    found = Client(_app_that_raises(library, error)).get("/broken")
    assert (found.status_code, found.json()["detail"]) == (status, str(error))


def test_a_failure_does_not_show_its_inside(library: Library) -> None:
    found = Client(_app_that_raises(library, ValueError("secret"))).get("/broken")
    assert (found.status_code, found.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in found.text
    assert found.headers["x-content-type-options"] == "nosniff"


def _app_that_raises(library: Library, error: Exception) -> FastAPI:
    app = create_app(library)

    @app.get("/broken")
    def broken() -> None:
        raise error

    return app


# -- the document ----------------------------------------------------------------------


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_every_route_is_documented_with_its_problems(document: dict[str, Any]) -> None:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path, _, operation in _operations(document):
        assert path.startswith((V1, "/sparql"))
        assert operation["summary"]
        assert operation["description"]
        errors = {status: r for status, r in operation["responses"].items() if status >= "400"}
        assert {"405", "500"} <= set(errors), path
        assert all(r["content"] == problem and r["description"] for r in errors.values()), path
        formed = [p for p in operation.get("parameters", ()) if p["in"] != "header"]  # no header has a form here
        if path.startswith(V1) and (formed or "requestBody" in operation):
            assert "422" in errors, path
        if "{" in path:
            assert {"404", "409"} <= set(errors), path


@pytest.mark.parametrize(("method", "url", "status"), [(e[1], e[2], e[4]) for e in ERRORS], ids=[e[0] for e in ERRORS])
def test_an_error_that_happens_is_declared(document: dict[str, Any], method: str, url: str, status: int) -> None:
    path = urlsplit(url).path
    routes = [(p, o) for p, m, o in _operations(document) if m == method.lower() and _fits(p, path)]
    if not routes:
        assert status in (404, 405)
    else:
        _, operation = min(routes, key=lambda route: route[0].count("{") * 100 - len(route[0]))
        assert str(status) in operation["responses"]


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\\{\w+\\}", ".*", re.escape(template)), path) is not None


def test_every_parameter_has_a_meaning_and_every_answer_an_example_that_is_true(
    client: Client, document: dict[str, Any], library: Library
) -> None:
    for path, method, operation in _operations(document):
        parameters = operation.get("parameters", [])
        assert all(p.get("description") for p in parameters), path
        examples = {p["name"]: p["example"] for p in parameters if p["in"] == "path" and "example" in p}
        content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if method != "get" or "example" not in content:
            continue
        values = {p["name"]: p["example"] for p in parameters if p["in"] == "query" and "example" in p}
        if any(p["name"] == "limit" for p in parameters):
            values["limit"] = 1
        found = client.get(path.format(**examples), **values)
        assert found.json() == content["example"], path
    body = document["components"]["schemas"]["Together"]["examples"][0]
    assert client.post(f"{V1}/what-else", body).json()["answers"]


def test_the_example_of_a_saved_question_is_answered(client: Client, document: dict[str, Any]) -> None:
    given = {p["name"]: p.get("example") for p in document["paths"][f"{V1}/questions/{{name}}"]["get"]["parameters"]}
    assert given["values"]
    found = client.get(f"{V1}/questions/{given['name']}", **given["values"])
    assert found.status_code == 200, found.text
    assert found.json()["results"]["bindings"]


def test_the_document_needs_no_mapping_row(library: Library) -> None:
    bare = Library(replace(library.catalogue, mappings=()))
    OpenAPIV31SpecValidator(create_app(bare).openapi()).validate()


def test_the_document_names_roles_and_classes_from_the_data(document: dict[str, Any], library: Library) -> None:
    parameters = document["paths"][f"{V1}/explain"]["get"]["parameters"]
    schemas = {p["name"]: p["schema"] for p in parameters}
    assert schemas["role"]["items"]["enum"] == sorted(library.catalogue.roles)
    assert schemas["system_class"]["enum"] == sorted(library.catalogue.system_classes)


def _roundtrip(model: type[BaseModel], value: Any) -> Any:
    """What is left of an answer that is read by its documented schema: all of it, if the schema is true."""
    return model.model_validate(value).model_dump(mode="json", by_alias=True, exclude_unset=True)


def test_every_answer_has_exactly_the_members_that_are_documented(client: Client, records: Library) -> None:
    cases = Client(create_app(records, today=lambda: AS_OF))
    answers: list[tuple[type[BaseModel], Any]] = [
        (responses.Frameworks, client.get(f"{V1}/frameworks").json()),
        (responses.Framework, client.get(f"{V1}/frameworks/aiact").json()),
        (responses.WhatElse, client.get(WHAT_ELSE).json()),
        (responses.WhatElse, cases.post(f"{V1}/what-else", {"targets": ["NC-3"]}).json()),
        (responses.Found, client.get(f"{V1}/search", q="risk").json()),
        (responses.Questions, client.get(f"{V1}/questions").json()),
        (responses.SparqlResults, client.get(f"{V1}/questions/what-else", provision=CLAUSE).json()),
        (responses.Explanation, client.get(f"{V1}/explain", **{"from": CLAUSE, "to": "airmf:MANAGE-4.3"}).json()),
        (responses.Explanation, client.get(f"{V1}/explain", **{"from": CLAUSE, "to": "aiact:art-20.1"}).json()),
    ]
    answers += _planned(client, cases)
    names = list(records.catalogue.provisions)
    answers += [(responses.ProvisionShown, client.get(f"{V1}/provisions/{n}").json()) for n in names[::9]]
    for model, answer in answers:
        assert _roundtrip(model, answer) == answer


def _planned(client: Client, cases: Client) -> list[tuple[type[BaseModel], Any]]:
    pair = {"done": CLAUSE, "of": "iso27001:10.2"}
    wish = {"targets": ["airmf:MANAGE-4", "aiact"], "sources": ["iso42001"], "degree": "partial"}
    return [
        (planning_responses.Gaps, client.get(f"{V1}/gaps", target="iso42001", framework=["airmf", "aiact"]).json()),
        (planning_responses.Gaps, cases.get(f"{V1}/gaps", all=True).json()),
        (planning_responses.Residual, client.get(f"{V1}/residual", **pair).json()),
        (planning_responses.Plan, client.post(f"{V1}/plan", wish | {"done": ["iso42001:10.2"]}).json()),
    ]


def test_planning_answers_are_those_the_command_prints(client: Client, run: Run) -> None:
    asked = ("--as-of", AS_OF, "--role", "provider", "--format", "json")
    same = {"as_of": str(AS_OF), "role": "provider"}
    said = run("gaps", CLAUSE, "--framework", "airmf", *asked)
    assert client.get(f"{V1}/gaps", target=CLAUSE, framework="airmf", **same).json() == json.loads(said.out)
    said = run("residual", CLAUSE, "iso42001:9.2", "iso27001:10.2", *asked)
    found = client.get(f"{V1}/residual", done=[CLAUSE, "iso42001:9.2"], of="iso27001:10.2", **same)
    assert found.json() == json.loads(said.out)
    wish = ("airmf", "--from", "iso42001", "--degree", "partial", "--each", "parts", "--cost", f"{CLAUSE}=2")
    told = json.loads(run("plan", *wish, *asked).out)
    body = {"targets": ["airmf"], "sources": ["iso42001"], "degree": "partial", "each": "parts", "cost": {CLAUSE: 2}}
    planned = client.post(f"{V1}/plan", body | {"as_of": str(AS_OF), "role": ["provider"]}).json()
    assert planned.pop("seconds") >= 0
    assert told.pop("seconds") >= 0
    assert planned == told
    assert planned["optimum_proved"]


# -- pages -----------------------------------------------------------------------------

VOID = {"meta", "link", "input", "br"}


PIECE = re.compile(
    r"""<(?P<closes>/?)(?P<tag>[a-z][a-z0-9]*)(?P<attributes>(?:\s+[a-z][a-z:-]*(?:="[^"<>]*")?)*)\s*(?P<empty>/?)>"""
    r"""|<!doctype\ html>|(?P<words>[^<>]+)""",
    re.IGNORECASE,
)
ATTRIBUTE = re.compile(r"""([a-z][a-z:-]*)(?:="([^"]*)")?""", re.IGNORECASE)


@dataclass
class Page:
    """A page as tags with attributes, and its text: of strict HTML, every value in quotes and every `<` escaped."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def feed(self, text: str) -> None:
        place = 0
        while place < len(text):
            piece = PIECE.match(text, place)
            assert piece is not None, f"no HTML: {text[place : place + 80]!r}"
            place = piece.end()
            if piece["words"] is not None:
                self.words.append(unescape(piece["words"]))
            elif piece["closes"]:
                assert self.open.pop() == piece["tag"].lower()
            elif piece["tag"]:
                self._begin(piece["tag"].lower(), piece["attributes"], bool(piece["empty"]))

    def _begin(self, tag: str, attributes: str, empty: bool) -> None:
        found = ATTRIBUTE.findall(attributes) if attributes else ()
        self.tags.append((tag, {name.lower(): unescape(value) for name, value in found}))
        if tag not in VOID and not empty:
            self.open.append(tag)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def links(self) -> set[str]:
        return {a["href"] for a in self.of("a")}


def page(found: httpx.Response) -> Page:
    """Read a page and hold it to what every page keeps."""
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert all(found.headers[name] == value for name, value in SAFE_HEADERS.items())
    read = Page()
    read.feed(found.text)
    assert read.open == []
    _asks_nobody_else(read)
    _is_accessible(read)
    assert not re.search(r"\b(satisfies|conforms|complies)\b", read.text, re.I)
    return read


ADDRESSES = {"src", "href", "action", "srcset", "xlink:href", "formaction", "poster"}


def _asks_nobody_else(read: Page) -> None:
    for tag, attributes in read.tags:
        assert tag not in ("script", "style", "iframe", "object", "embed", "base", "img")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ADDRESSES.intersection(attributes):
            address = attributes[name]
            if tag == "a" and address.startswith("http"):
                assert attributes["rel"] == "external noreferrer"
            else:
                assert address.startswith(("/", "#")), address
                assert not address.startswith("//")


def _is_accessible(read: Page) -> None:
    assert read.of("html") == [{"lang": "en"}]
    assert len(read.of("h1")) == len(read.of("main")) == len(read.of("title")[:1]) == 1
    ids = Counter(a["id"] for _, a in read.tags if "id" in a)
    assert not [name for name, count in ids.items() if count > 1]
    labelled = {a["for"] for a in read.of("label")}
    assert labelled == {a["id"] for tag, a in read.tags if tag in ("input", "select", "textarea")}
    named = [a["aria-labelledby"] for _, a in read.tags if "aria-labelledby" in a]
    assert set(named) <= set(ids)


def test_the_first_page_asks_with_choices_from_the_data(client: Client, library: Library) -> None:
    found = page(client.get("/"))
    options = [a["value"] for a in found.of("option")]
    assert options == ["", *library.catalogue.roles, *library.catalogue.system_classes]
    fields = [a["name"] for tag, a in found.tags if tag in ("input", "select")]
    assert fields == ["q", "role", "as_of", "system_class"]
    assert found.of("form") == [{"class": "ask", "action": "/", "method": "get", "role": "search"}]
    assert library.catalogue.mappings[0].subject in found.of("input")[0]["placeholder"]


def test_the_first_page_answers_in_blocks_in_order(client: Client, library: Library) -> None:
    found = page(client.get("/", q="ISO 42001 10.2", role="provider", as_of="2026-11-22"))
    answer = library.what_else([CLAUSE], Options(AS_OF, roles=("provider",)))
    headings = [found.text.index(h) for h in ("Also counts towards", "Counts only if", "May trigger")]
    assert headings == sorted(headings)
    for each in answer.answers:
        assert f"{each.notation} {each.title}" in found.text
        assert each.statement in found.text
        assert f"/provisions/{each.provision}?role=provider&as_of=2026-11-22" in found.links()
        assert all(str(s.source) in found.text for s in each.derivation.steps if s.premises)
    assert all(line.question in found.text for line in answer.triggers)
    chosen = [a["value"] for a in found.of("option") if "selected" in a]
    assert chosen == ["provider", "any"]


FOOTER = (
    "As of 2026-11-22 · scope: not stated · role: {} · systems: any · graph {} · "
    "{} of {} rows signed by an accountable person · Not a conformity statement."
)


@pytest.mark.parametrize("path", [f"/?q={CLAUSE}", f"/provisions/{CLAUSE}"])
def test_every_answer_ends_with_what_it_stands_on(client: Client, library: Library, path: str) -> None:
    answer = library.what_else([CLAUSE], OPTIONS)
    line = FOOTER.format("every role, each named", answer.graph_version, answer.rows_signed, answer.rows_used)
    assert line in page(client.get(path)).text


def test_every_provision_has_a_sound_page(client: Client, library: Library) -> None:
    for name in library.catalogue.provisions:
        shown = show_json(library.catalogue, library.rules, name, AS_OF)
        found = page(client.get(f"/provisions/{name}"))
        assert f"{shown['notation']} {shown['title']}" in found.text
        assert str(shown["source"]) in found.text


def test_the_picture_links_each_provision_it_shows(client: Client, library: Library) -> None:
    text = client.get(f"/provisions/{CLAUSE}").text
    picture = Page()
    picture.feed(re.findall(r"<svg.*?</svg>", text, re.S)[0])
    known = {f"/provisions/{name}" for name in library.catalogue.provisions}
    assert picture.links() <= known
    assert f"/provisions/{CLAUSE}" in picture.links()
    boxes = [a for a in picture.of("g") if a["class"].startswith("box ")]
    counted = [a for a in boxes if a["class"] == "box more"]
    assert len(picture.of("a")) == len(boxes) - len(counted)
    assert len(picture.of("title")) >= len(boxes)
    editions = {a.framework for a in library.what_else([CLAUSE], OPTIONS).answers}
    assert len([a for a in picture.of("g") if a["class"] == "block"]) == len(editions)
    assert "intersectsWith" in picture.text


def test_boxes_of_a_picture_keep_apart(client: Client, library: Library) -> None:
    for name in list(library.catalogue.provisions)[::5]:
        for svg in re.findall(r"<svg.*?</svg>", client.get(f"/provisions/{name}").text, re.S):
            picture = Page()
            picture.feed(svg)
            shapes = [{k: int(v) for k, v in r.items() if k != "rx"} for r in picture.of("rect")]
            blocks = len(picture.of("g")) - len([a for a in picture.of("g") if a["class"] != "block"])
            for group in (shapes[:blocks], shapes[blocks:]):
                _no_two_overlap(group)
            left, top, width, height = map(int, picture.of("svg")[0]["viewbox"].split())
            for r in shapes:
                assert left <= r["x"]
                assert r["x"] + r["width"] <= left + width
                assert top <= r["y"]
                assert r["y"] + r["height"] <= top + height


def _no_two_overlap(shapes: list[dict[str, int]]) -> None:
    for i, a in enumerate(shapes):
        for b in shapes[i + 1 :]:
            beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
            below = a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
            assert beside or below


@pytest.mark.parametrize(
    ("url", "status", "says", "link"),
    [
        ("/?q=10.2&role=provider", 409, "Which one is meant?", f"/?q={quote(CLAUSE, safe='')}&role=provider"),
        ("/provisions/10.2", 409, "Which one is meant?", f"/?q={quote(CLAUSE, safe='')}"),
        ("/?q=iso42001:10.9", 404, "Did you mean", f"/?q={quote(CLAUSE, safe='')}"),
        ("/?q=corrective+nonconformity", 404, "Provisions that hold these words", f"/?q={quote(CLAUSE, safe='')}"),
        (f"/?q={CLAUSE}&role=king", 400, "not a known role", "/"),
        (f"/?q={CLAUSE}&as_of=soon", 400, "not a date", "/"),
        (f"/?q={'x' * 300}", 400, "Give at most", "/"),
    ],
)
def test_a_page_says_what_is_wrong_and_links_what_may_be_meant(
    client: Client, url: str, status: int, says: str, link: str
) -> None:
    response = client.get(url)
    found = page(response)
    assert response.status_code == status
    assert says in found.text
    assert link in found.links()


def test_what_a_person_types_is_only_ever_text(client: Client) -> None:
    typed = "\"><script>alert(1)</script><b x='"
    found = page(client.get("/", q=typed, as_of=typed, role=typed, system_class=typed))
    assert not found.of("b")
    assert found.of("input")[0]["value"] == typed
    assert not page(client.get(f"/provisions/{quote(typed, safe='')}")).of("b")


def test_a_record_is_shown_against_its_own_clause(records: Library) -> None:
    found = page(Client(create_app(records, today=lambda: AS_OF)).get("/", q="NC-3"))
    assert "This record against its own clause" in found.text
    assert found.text.index("own clause") < found.text.index("Also counts towards")


def test_the_list_of_addresses_names_every_route(client: Client, document: dict[str, Any]) -> None:
    found = page(client.get("/docs"))
    for path, method, operation in _operations(document):
        assert f"{method.upper()} {path}" in found.text
        assert " ".join(operation["description"].partition("`")[0].split()) in found.text
    assert "/openapi.json" in found.links()


def test_style_and_icon_are_our_own(client: Client) -> None:
    style = client.get("/static/site.css")
    assert style.headers["content-type"].startswith("text/css")
    assert not re.search(r"url\(|@import|https?:", style.text)
    assert client.get("/static/icon.svg").headers["content-type"] == "image/svg+xml"


# -- a framework is a file -------------------------------------------------------------


def test_a_made_up_framework_is_in_every_answer(widgets_client: Client, widgets: Library) -> None:
    get = widgets_client.get
    assert "widgets" in [f["id"] for f in get(f"{V1}/frameworks").json()["frameworks"]]
    assert get(f"{V1}/frameworks/widgets").json()["counts"]
    assert get(f"{V1}/provisions/Widget Assurance Scheme W-1.1").json()["id"] == "widgets:W-1.1"
    assert "widgets:W-1.1" in [r["id"] for r in get(f"{V1}/search", q="faults").json()["results"]]
    found = get(f"{V1}/provisions/{CLAUSE}/what-else").json()
    assert "widgets" in {a["framework"] for a in found["answers"]}
    label = widgets.catalogue.editions["widgets"].label
    for path in ("/", f"/?q={CLAUSE}", f"/provisions/{CLAUSE}", "/provisions/widgets:W-1.1"):
        assert label in page(widgets_client.get(path)).text


def test_the_service_names_no_framework_and_no_role() -> None:
    names = ["42001", "27001", "aiact", "airmf", "nist", "csf", "provider", "deployer"]
    for path in sorted(API.rglob("*")):
        if path.suffix in (".py", ".html", ".css", ".svg"):
            text = re.sub("tracer_?provider", "", path.read_text(encoding="utf-8").lower())  # a name of OpenTelemetry
            assert [n for n in names if n in text] == [], path


def test_a_page_does_not_say_where_a_store_is(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise OutputError("http://store.example:8890/sparql is not there")

    monkeypatch.setattr(Library, "what_else", away)
    for path in ("/?q=iso42001:10.2", "/provisions/iso42001:10.2"):
        found = client.get(path)
        assert found.status_code == 503
        assert "store.example" not in found.text
        assert "cannot be reached now" in found.text


# -- serving ---------------------------------------------------------------------------

START = "import sys; from aims_graph.cli import main; sys.argv = ['aims-graph', 'serve', *sys.argv[1:]]; main()"


def test_the_command_serves_on_a_free_port_and_prints_it() -> None:
    command = [sys.executable, "-c", START, "--port", "0", "--data", str(DATA / "widgets")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as serving:
        assert serving.stdout
        line = serving.stdout.readline()
        base = re.fullmatch(r"Listening on (http://127\.0\.0\.1:\d+)\n", line)
        try:
            assert base, line
            with httpx.Client(base_url=base[1], trust_env=False) as client:
                assert client.get("/health/live").json() == {"status": "live"}
                found = client.get("/provisions/widgets:W-1.1")
                assert found.status_code == 200
                assert "server" not in found.headers
        finally:
            serving.send_signal(signal.SIGINT)
            out, err = serving.communicate(timeout=30)
    assert (out, err, serving.returncode) == ("", "", 0)


def test_a_port_that_is_taken_is_bad_input(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = run("serve", "--port", port)
    assert (ran.code, ran.out) == (2, "")
    assert f"cannot listen on 127.0.0.1 port {port}" in ran.err


@pytest.mark.parametrize("host", ["no.such.host.invalid", "256.1.1.1", "::zz"])
def test_an_address_that_cannot_be_had_is_bad_input(host: str) -> None:
    with pytest.raises(InputError, match="cannot listen"):
        listen(host, 0)


def test_wrong_data_is_said_before_anything_is_served(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "queries"
    folder.mkdir()
    (folder / "broken.rq").write_text("SELECT")
    ran = run("serve", "--port", 0, "--data", tmp_path)
    assert ran.code == 2
    assert "queries/broken.rq:1" in ran.err
