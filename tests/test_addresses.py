"""What holds of every address of the document: HEAD beside GET, the methods it takes, and what caches may keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import golden
import httpx
import pytest
from conftest import CASES
from services import V1, Client, Service, served

from aims_graph.library import Library

INCOMPLETE = (CASES / "incomplete.ttl").read_bytes()
PAGES = ("/", "/?q=iso42001:10.2", "/provisions/iso42001:10.2", "/docs", "/static/site.css", "/metrics",
         "/health/live", "/health/ready", "/sparql", "/sparql?query=ASK%7B%7D", "/id/iso42001/2023/10.2",
         "/sparql/graph-store?default")  # fmt: skip
ASKED = {  # of each address that is read by GET: what to ask it, with few rows where all would take long
    "/check": "check",
    "/coverage": "coverage",
    "/crosswalks/{a}/{b}": "crosswalks/iso42001/airmf",
    "/deadlines": "deadlines",
    "/evidence/reuse": "evidence/reuse?record=CA-7",
    "/explain": "explain?from=iso42001:10.2&to=aiact:art-20.1",
    "/export": "export",
    "/frameworks": "frameworks",
    "/frameworks/{id}": "frameworks/aiact",
    "/frameworks/{id}/changes": "frameworks/aiact/changes?from=2026-07-01&to=2026-11-22",
    "/gaps": "gaps?target=iso42001:10.2&framework=airmf",
    "/health/live": "health/live",
    "/health/ready": "health/ready",
    "/impact": "impact?target=iso42001:10.2",
    "/log": "log",
    "/log/verify": "log/verify",
    "/mappings": "mappings?limit=2",
    "/mappings/{id}": "mappings/iso42001--airmf-008",
    "/provisions": "provisions?limit=2",
    "/provisions/{curie}": "provisions/iso42001:10.2",
    "/provisions/{curie}/what-else": "provisions/iso42001:10.2/what-else",
    "/questions": "questions",
    "/questions/{name}": "questions/provision-mappings?provision=iso42001:10.2",
    "/records": "records",
    "/records/template": "records/template",
    "/records/{id}": "records/NC-3",
    "/records/{id}/history": "records/NC-3/history",
    "/residual": "residual?done=iso42001:10.2&of=iso27001:10.2",
    "/review/conflicts": "review/conflicts?framework=nistrmf&framework=iso42001",
    "/review/entailed": "review/entailed?framework=nistrmf&framework=iso42001",
    "/review/next": "review/next?framework=nistrmf&framework=iso42001",
    "/rules": "rules",
    "/search": "search?q=risk",
    "/sparql": "/sparql?query=ASK%20%7B%7D",
    "/sparql/graph-store": "/sparql/graph-store?default",
    "/statements/{rest}": "statements/iso42001/2023/10.2",
    "/weak-points": "weak-points?framework=airmf",
    "/what-if": "what-if?reject=aiact--nistrmf-009",
}
POSTED = {"/plan": "plan", "/records/{id}/move": "records/NC-3/move", "/what-else": "what-else"}
PATHS: dict[str, Any] = {
    path.removeprefix(V1): operations
    for path, operations in json.loads(golden.DOCUMENT.read_text("utf-8"))["paths"].items()
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Service]:
    """A service with the records of the worked case."""
    with served(tmp_path_factory.mktemp("addresses"), library, "acme") as found:
        assert found.client("acme").send("records", INCOMPLETE, "text/turtle").status_code == 201
        yield found


@pytest.fixture(scope="module")
def answers(service: Service) -> dict[str, httpx.Response]:
    """What the holder of a key is answered at each address and page."""
    assert set(ASKED) == {path for path, operations in PATHS.items() if "get" in operations}
    client = service.client("acme")
    return {asked: client.get(asked) for asked in (*ASKED.values(), *PAGES)}


def lasting(answer: httpx.Response) -> list[tuple[str, str]]:
    """The headers of an answer, but for those that are of it alone."""
    made_anew = answer.url.path in ("/metrics", f"{V1}/records/template")  # no two are of the same length
    alone = {"x-request-id", *(("content-length",) if made_anew else ())}
    return sorted((name, value) for name, value in answer.headers.multi_items() if name not in alone)


# -- HEAD ------------------------------------------------------------------------------


def test_head_says_of_every_address_what_get_does_and_sends_no_body(
    service: Service, answers: dict[str, httpx.Response]
) -> None:
    client = service.client("acme")
    for asked, got in answers.items():
        head = client.request("HEAD", asked)
        assert got.status_code in (200, 303), (asked, got.text)
        assert (head.status_code, lasting(head), head.content) == (got.status_code, lasting(got), b""), asked


def test_head_is_refused_and_told_what_is_known_as_get_is(service: Service) -> None:
    anybody, acme = service.client(), service.client("acme")
    etag = anybody.get("frameworks").headers["etag"]
    for client, path, headers, status in (
        (anybody, "records", {}, 401),
        (anybody, "frameworks/widgetry", {}, 404),
        (anybody, "nowhere", {}, 404),
        (anybody, "frameworks?limit=many", {}, 422),
        (anybody, "frameworks", {"if-none-match": etag}, 304),
        (acme, "records/NC-99", {}, 404),
        (acme, "what-else", {}, 405),
    ):
        got, head = client.get(path, headers=headers), client.request("HEAD", path, headers=headers)
        assert (head.status_code, lasting(head), head.content) == (status, lasting(got), b""), path


# -- the methods of an address ---------------------------------------------------------


def test_a_method_that_an_address_does_not_take_is_told_all_that_it_does(
    service: Service,
) -> None:
    client = service.client("acme")
    for path, operations in PATHS.items():
        asked = (ASKED | POSTED)[path]
        taken = {method.upper() for method in operations} | ({"HEAD"} if "get" in operations else set())
        if path in ("/records/template", "/records/{id}/history", "/records/{id}/move"):
            taken |= {"GET", "HEAD", "PUT", "PATCH", "DELETE"}  # these could be records of that name
        for method in ("BREW", *METHODS):
            if method not in taken:
                found = client.request(method, asked)
                told = {word.strip() for word in found.headers["allow"].split(",")}
                assert (found.status_code, told) == (405, taken), (method, asked)
                assert found.headers["content-type"] == "application/problem+json"
                assert method == "HEAD" or f"does not take {method}. It takes" in found.json()["detail"]


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("/", "GET, HEAD"),
        ("/docs", "GET, HEAD"),
        ("/provisions/iso42001:10.2", "GET, HEAD"),
        ("/static/site.css", "GET, HEAD"),
        ("/health/live", "GET, HEAD"),
        ("/metrics", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
        ("/id/iso42001/2023/10.2", "GET, HEAD"),
        ("/sparql", "GET, HEAD, POST, OPTIONS"),
        ("/sparql/graph-store", "GET, HEAD, POST, PUT, DELETE, OPTIONS"),
        ("records", "GET, HEAD, POST"),
        ("records/NC-3", "GET, HEAD, PUT, PATCH, DELETE"),
        ("check", "GET, HEAD, POST"),
        ("what-else", "POST"),
    ],
)
def test_pages_and_endpoints_tell_it_too(service: Service, address: str, taken: str) -> None:
    found = service.client("acme").request("BREW", address)
    assert (found.status_code, found.headers["allow"]) == (405, taken)
    assert found.headers["content-type"] == "application/problem+json"


# -- what caches may keep --------------------------------------------------------------


def kept(answer: httpx.Response) -> set[str]:
    return {word.strip() for word in answer.headers.get("cache-control", "").split(",")}


def vary(answer: httpx.Response) -> set[str]:
    return {word.strip() for line in answer.headers.get_list("vary") for word in line.split(",")}


def test_what_a_key_is_answered_is_for_its_holder_alone(service: Service, answers: dict[str, httpx.Response]) -> None:
    client = service.client("acme")
    for asked, found in answers.items():
        if "health/" in asked or asked.startswith("/static/"):
            continue  # no key is looked at
        assert kept(found) in ({"private", "no-cache"}, {"no-store"}), (asked, found.headers)
        assert {"Authorization", "X-API-Key"} <= vary(found), asked
        if "etag" in found.headers and "/records/template" not in asked:
            again = client.get(asked, headers={"if-none-match": found.headers["etag"]})
            assert (again.status_code, kept(again)) == (304, {"private", "no-cache"}), asked
            assert {"Authorization", "X-API-Key"} <= vary(again)


def test_no_cache_keeps_a_problem(service: Service) -> None:
    anybody, reader, wrong = service.client(), service.client("acme", "read"), Client(service, {"X-API-Key": "wrong"})
    seen: set[int] = set()
    for path, operations in PATHS.items():
        asked = (ASKED | POSTED)[path]
        nowhere = asked.replace("NC-3", "NC-99").replace("iso42001", "iso4200")
        for client in (anybody, reader, wrong):
            for method in (*operations, "brew"):
                found = client.request(
                    method.upper(), f"{nowhere}&colour=red&as_of=soon".replace("&", "?", "?" not in nowhere)
                )
                if found.status_code >= 400:
                    seen.add(found.status_code)
                    assert kept(found) == {"no-store"}, (method, path, found.headers)
    assert {401, 403, 404, 405, 422} <= seen


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "provisions/10.2", {}, 409),
        ("GET", "frameworks", {"accept": "image/png"}, 406),
        ("GET", "frameworks?as_of=soon", {}, 422),
        ("DELETE", "records/CO-1?reason=x", {"if-match": '"99"'}, 412),
        ("PUT", "records/CO-1", {"content-type": "application/json"}, 428),
        ("POST", "records", {"content-type": "text/html"}, 415),
        ("GET", "/?q=nothing+of+the+kind", {}, 404),
        ("GET", "/provisions/10.2", {}, 409),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/static/nowhere", {}, 404),
        ("GET", "/sparql?query=SELEKT", {}, 400),
    ],
)
def test_nor_any_other(service: Service, method: str, path: str, headers: dict[str, str], status: int) -> None:
    found = service.client("acme").request(method, path, headers=headers, **({"json": {}} if method == "PUT" else {}))
    assert (found.status_code, kept(found)) == (status, {"no-store"}), found.text


def test_nor_a_failure(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(Library, "explain", fail)
    for client in (service.client(), service.client("acme")):
        found = client.get("explain?from=iso42001:10.2&to=airmf:GOVERN-1.1")
        assert (found.status_code, kept(found)) == (500, {"no-store"})
