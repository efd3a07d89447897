"""What the service says of parameters and bodies that it cannot use: where, what, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import AS_OF
from services import Client, Service

from aims_graph.library import Library
from aims_graph_api import create_app
from aims_graph_api.settings import Settings

ASKED = "/api/v1/provisions/iso42001:10.2/what-else"
TOGETHER, PLAN = "/api/v1/what-else", "/api/v1/plan"
ORIGIN = "https://grc.example.org"


@pytest.fixture(scope="module")
def client(library: Library) -> Iterator[Client]:
    app = create_app(library, today=lambda: AS_OF, settings=Settings(cors_origins=(ORIGIN,)))
    with Service(app, {}).running() as service:
        yield service.client()


COMPLAINTS: dict[str, tuple[str, str, Any, str]] = {
    "a name almost right": (
        "GET",
        f"{ASKED}?limt=3",
        None,
        "query.limt: nothing here has this name. Did you mean 'limit'?",
    ),
    "no such name": (
        "GET",
        f"{ASKED}?nope=1",
        None,
        "query.nope: nothing here has this name. Leave it out, or use one of: as_of, trust, role, system_class, "
        "framework, min_degree, limit.",
    ),
    "no number": ("GET", f"{ASKED}?limit=abc", None, "query.limit: 'abc' is no whole number. Write one such as 10."),
    "too small": ("GET", f"{ASKED}?limit=0", None, "query.limit: '0' is beyond what is taken. Give 1 or more."),
    "no such degree": (
        "GET",
        f"{ASKED}?min_degree=fulll",
        None,
        "query.min_degree: 'fulll' is not taken. Use 'full', 'partial' or 'candidate'.",
    ),
    "left out": (
        "GET",
        "/api/v1/search",
        None,
        "query.q: this is needed, and is not given. Give it. What is taken here stands at /docs.",
    ),
    "nothing sent": ("POST", TOGETHER, None, "body: nothing was sent. Send a JSON object with 'targets'."),
    "no object": ("POST", TOGETHER, [1], "body: '[1]' is no JSON object. Write one: {\"…\": …}."),
    "no list": ("POST", TOGETHER, {"targets": "a"}, 'body.targets: \'a\' is no list. Write one: ["…", "…"].'),
    "none": ("POST", TOGETHER, {"targets": []}, "body.targets: these are too few. Give at least 1."),
    "too long": (
        "POST",
        TOGETHER,
        {"targets": ["a" * 201]},
        "body.targets.0: this is too long. Keep it within 200 characters.",
    ),
    "a member almost right": (
        "POST",
        PLAN,
        {"targets": ["iso42001:10.2"], "time_limits": 1},
        "body.time_limits: nothing here has this name. Did you mean 'time_limit'?",
    ),
}


@pytest.mark.parametrize(("method", "path", "body", "said"), COMPLAINTS.values(), ids=COMPLAINTS.keys())
def test_each_complaint_says_where_what_and_how(client: Client, method: str, path: str, body: Any, said: str) -> None:
    found = client.request(method, path) if body is None else client.request(method, path, json=body)
    assert (found.status_code, found.json()["detail"]) == (422, said)


@pytest.mark.parametrize("path", [TOGETHER, PLAN])
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("text/plain", "'text/plain' cannot be read here. Send application/json."),
        ("", "what is sent has no Content-Type. Send application/json."),
    ],
)
def test_a_body_in_another_format_is_refused_by_name(client: Client, path: str, kind: str, said: str) -> None:
    found = client.request("POST", path, content=b"targets", headers={"Content-Type": kind} if kind else {})
    assert (found.status_code, found.json()["type"].rpartition("/")[2]) == (415, "unsupported-media-type")
    assert found.json()["detail"] == said


@pytest.mark.parametrize(
    ("origin", "method", "status", "said"),
    [
        (ORIGIN, "GET", 200, ""),
        (ORIGIN, "TRACE", 400, "by its method"),
        ("https://other.example.org", "GET", 400, "by its origin"),
        ("https://other.example.org", "TRACE", 400, "by its origin and method"),
    ],
)
def test_a_page_of_another_origin_is_refused_as_a_problem(
    client: Client, origin: str, method: str, status: int, said: str
) -> None:
    found = client.request("OPTIONS", ASKED, headers={"Origin": origin, "Access-Control-Request-Method": method})
    assert found.status_code == status
    assert found.headers.get("access-control-allow-origin") == (ORIGIN if origin == ORIGIN else None)
    if status != 200:
        assert found.headers["content-type"] == "application/problem+json"
        assert said in found.json()["detail"]


@pytest.mark.parametrize("asked", ["bytes=x", "bytes=99999999-", "bytes=0-3"])
def test_files_of_the_pages_come_whole(client: Client, asked: str) -> None:
    whole = client.get("/static/site.css")
    found = client.get("/static/site.css", headers={"Range": asked})
    assert (found.status_code, found.content) == (200, whole.content)
    assert found.headers["accept-ranges"] == "none"


def test_a_few_things_are_told_of_many_that_are_wrong(client: Client) -> None:
    body = {"targets": ["10.2"], **{f"unknown-{n}": 1 for n in range(1_000)}}
    detail = client.request("POST", TOGETHER, json=body).json()["detail"]
    assert detail.count("nothing here has this name") == 20
    assert detail.endswith("And 980 more things are wrong.")
