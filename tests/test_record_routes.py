"""Records over HTTP: the commands' own functions and answers, one write at a time, all or nothing."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import record_examples
from conftest import AS_OF, CASES, DATA, ROOT, Run
from services import NOW, V1, Client, Service, served

from aims_graph.intake import record_sheets, templates
from aims_graph.library import Library
from aims_graph.turtle import parsed
from aims_graph.workspaces.assessing import Assessor
from aims_graph.workspaces.workspace import BASE, Signature, Workspace
from aims_graph.workspaces.writing import Request, Writer
from aims_graph_api.organisations import Organisation
from aims_graph_api.record_routes import record_requests
from aims_graph_api.record_routes import record_responses as responses
from aims_graph_api.record_routes.record_requests import ENTRY_HEADER, XLSX
from aims_graph_api.serving import Caller

DAY = ("--as-of", str(AS_OF))
TURTLE, JSON, JSON_LD, CSV = "text/turtle", "application/json", "application/ld+json", "text/csv"
PATCH = "application/merge-patch+json"
Json = dict[str, Any]
INCOMPLETE = (CASES / "incomplete.ttl").read_bytes()
COMPLETE = (CASES / "complete.ttl").read_bytes()
RISK = {"kind": "Risk", "id": "R-1", "label": "Drift"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, library: Library) -> Path:
    """A workspace with the incomplete case, to be copied."""
    folder = tmp_path_factory.mktemp("kept")
    with served(folder, library, "acme") as service:
        assert service.client("acme", "write").send("records", INCOMPLETE, TURTLE).status_code == 201
    return folder


@pytest.fixture
def empty(tmp_path: Path, library: Library) -> Iterator[Service]:
    with served(tmp_path, library, "acme") as service:
        yield service


@contextmanager
def filled(kept: Path, folder: Path, library: Library) -> Iterator[Service]:
    """A service whose workspace holds the incomplete case."""
    with served(folder, library, "acme") as service:
        old = service.organisations["acme"]
        old.close()
        for part in ("log", "store"):
            shutil.rmtree(old.folder / part)
            shutil.copytree(kept / "acme" / part, old.folder / part)
        old.__init__("acme", old.folder, library)  # type: ignore[misc]
        yield service


@pytest.fixture
def service(kept: Path, tmp_path: Path, library: Library) -> Iterator[Service]:
    with filled(kept, tmp_path, library) as service:
        yield service


@pytest.fixture(scope="module")
def standing(kept: Path, tmp_path_factory: pytest.TempPathFactory, library: Library) -> Iterator[Service]:
    """The same for tests that write nothing."""
    with filled(kept, tmp_path_factory.mktemp("standing"), library) as service:
        before = service.state("acme")
        yield service
        assert service.state("acme") == before


@pytest.fixture
def reader(standing: Service) -> Client:
    return standing.client("acme", "write")


@pytest.fixture
def client(service: Service) -> Client:
    return service.client("acme", "write")


def workbook(library: Library, case: str) -> bytes:
    """The records of an example as a filled workbook, the case not closed yet."""
    triples, _ = parsed(case, (CASES / case).read_text(encoding="utf-8").replace("state-closed", "state-closing"))
    triples = [t for t in triples if not t.predicate.value.endswith("#closedOn")]
    return templates.workbook(record_sheets.to_tables(triples, library.catalogue, BASE).tables)


def told(receipt: Json) -> Json:
    """A receipt without what no two writes share."""
    return {k: v for k, v in receipt.items() if k != "seal"}


# -- the same as the commands ------------------------------------------------------------


def test_the_worked_case_from_upload_to_closing_answers_as_the_commands_do(
    run: Run, library: Library, empty: Service, tmp_path: Path
) -> None:
    folder = tmp_path / "typed" / "acme"  # places in answers begin with the folder's name
    where = ("--workspace", folder)
    client = empty.client("acme", "write")
    assert run("init", folder).code == 0

    def command(*words: object) -> Any:
        return json.loads(run(*words, "--format", "json", *where, *DAY).out)

    def same(path: str, *words: object) -> Any:
        found = client.get(path)
        assert found.status_code == 200, found.text
        assert found.json() == command(*words)
        return found.json()

    sheet = tmp_path / "cases.xlsx"
    sheet.write_bytes(workbook(library, "incomplete.ttl"))
    trial = client.send("records?dry_run=true", sheet.read_bytes(), XLSX)
    assert (trial.status_code, trial.json()["entry"]) == (200, None)
    assert trial.json() == command("import", sheet, "--dry-run")
    assert {f["code"] for f in trial.json()["findings"]} >= {"AG-1042-07", "AG-1042-10", "AG-1042-15"}
    first = client.send("records", sheet.read_bytes(), XLSX, headers={"X-Reason": "tillsyn på plats".encode()})
    assert first.status_code == 201
    assert told(first.json()) == told(command("import", sheet))
    assert first.headers[ENTRY_HEADER] == "1"

    same("check", "check")
    assert client.request("POST", "records/NC-3/move", json={"state": "closed"}).status_code == 422
    early = run("move", "NC-3", "closed", *where, *DAY)
    assert early.code == 2
    same("provisions/CA-7/what-else", "what-else", "CA-7")

    sheet.write_bytes(workbook(library, "complete.ttl"))
    assert told(client.send("records", sheet.read_bytes(), XLSX).json()) == told(command("import", sheet))
    assert same("check", "check")["findings"] == []

    tag = client.get("records/NC-3").headers["etag"]
    mend = {"kind": None, "id": "NC-3", "label": "Bias drift, understood"}
    (tmp_path / "mend.json").write_text(json.dumps([mend]))
    patched = client.send(
        "records/NC-3", json.dumps(mend | {"kind": "Nonconformity"}), PATCH, "PATCH", headers={"If-Match": tag}
    )
    assert patched.status_code == 200, patched.text
    assert told(patched.json()) == told(command("add", tmp_path / "mend.json", "--expect", "NC-3=2"))

    moved = client.request("POST", "records/NC-3/move", json={"state": "closed"})
    assert (moved.status_code, moved.headers[ENTRY_HEADER]) == (200, "4")
    assert told(moved.json()) == told(command("move", "NC-3", "closed"))
    assert client.get("records/NC-3").json()["state"] == "closed"

    same("provisions/CA-7/what-else", "what-else", "CA-7")
    same("provisions/NC-3/what-else?role=provider", "what-else", "NC-3", "--role", "provider")
    same("evidence/reuse?record=CA-7&framework=aiact", "evidence", "reuse", "CA-7", "--framework", "aiact")
    same("explain?from=CA-7&to=aiact:art-20.1", "explain", "CA-7", "aiact:art-20.1")
    same("gaps?framework=aiact", "gaps", "--framework", "aiact")
    same("deadlines", "deadlines")
    history = client.get("records/NC-3/history").json()["entries"]
    typed = command_history(run, "NC-3", where)
    assert [(e["entry"], e["added"], e["removed"]) for e in history] == [
        (e["entry"], e["added"], e["removed"]) for e in typed
    ]
    assert history[0]["why"] == "tillsyn på plats"
    for format, media in (("turtle", TURTLE), ("jsonld", JSON_LD), ("json", JSON)):
        assert client.get("export", headers={"Accept": media}).text == run("export", "--format", format, *where).out


def command_history(run: Run, record: str, where: tuple[object, ...]) -> list[Json]:
    found: list[Json] = json.loads(run("history", record, "--format", "json", *where).out)
    return found


def test_findings_on_records_that_are_sent_are_those_of_the_command(run: Run, reader: Client) -> None:
    found = reader.send("check", INCOMPLETE, TURTLE)
    typed = run("check", CASES / "incomplete.ttl", "--format", "json", *DAY)
    assert found.json() == json.loads(typed.out)
    turtle = reader.send("check", INCOMPLETE, TURTLE, headers={"Accept": TURTLE})
    assert turtle.text == run("check", CASES / "incomplete.ttl", "--format", "turtle", *DAY).out


@pytest.mark.parametrize("format", ["json", "sarif", "md", "turtle"])
def test_findings_on_the_organisations_records_are_those_of_the_command(
    run: Run, service: Service, format: str
) -> None:
    media = {"json": JSON, "sarif": "application/sarif+json", "md": "text/markdown", "turtle": TURTLE}[format]
    found = service.client("acme", "read").get("check", headers={"Accept": media})
    assert found.headers["content-type"].startswith(media)
    folder = service.close("acme")
    typed = run("check", "--workspace", folder, "--format", format, *DAY)
    if media.endswith("json"):
        assert found.json() == json.loads(typed.out)
    else:
        assert found.text == typed.out


def test_findings_can_be_asked_for_by_severity(reader: Client) -> None:
    every = reader.get("check").json()["findings"]
    violations = reader.get("check?severity=Violation").json()["findings"]
    assert violations == [f for f in every if f["severity"] == "Violation"] != []
    none = reader.get("check?severity=Info").json()["findings"]
    assert none == [f for f in every if f["severity"] == "Info"]
    assert reader.get("check?severity=bad").status_code == 422
    report = reader.get("check?severity=Info", headers={"Accept": TURTLE}).text
    assert ("sh:conforms true" in report) == (not none)


def test_a_record_without_an_identifier_is_among_what_may_have_been_meant(client: Client) -> None:
    assert client.send("records", json.dumps(RISK | {"id": "R-771"}), JSON).status_code == 201
    assert client.get("records/R-772").json()["candidates"] == ["R-771"]
    assert client.get("records/nothing-like-it-at-all").json()["candidates"] == []
    assert client.request("DELETE", "records/R-771?reason=over").status_code == 200


@pytest.mark.parametrize("odd", ["a%25", "%5B", "%7F", "%EF%BF%BD", "%EE%80%80", "%EF%BF%BE", "%5E", "a%20b"])
def test_a_name_that_cannot_be_an_iri_is_unknown(reader: Client, odd: str) -> None:
    for path in (f"records/{odd}", f"records/{odd}/history"):
        assert reader.get(path).status_code == 404, path


def test_an_idempotency_key_is_its_callers_alone() -> None:
    callers = (("ann lee", "k1", "token:ann lee"), ("ann", "lee k1", "token:ann"), ("ann", "lee k1", "abc"))
    assert len({record_requests.own(Caller(name, key=by), key) for name, key, by in callers}) == 3


def test_checking_what_is_sent_keeps_nothing(service: Service, client: Client) -> None:
    before = service.state("acme")
    assert client.send("check", json.dumps(RISK | {"id": "R-77"}), JSON).json()["findings"] == []
    assert service.state("acme") == before
    assert client.get("records/R-77").status_code == 404


# -- reading -----------------------------------------------------------------------------


def test_a_list_comes_page_by_page_and_holds_every_record_once(reader: Client) -> None:
    whole = reader.get("records?limit=1000").json()
    assert whole["next"] is None
    ids = [r["id"] for r in whole["records"]]
    assert ids == sorted(ids)
    assert len(ids) > 40
    for sort in ("id", "-id", "identifier", "kind", "-kind", "label", "-label", "state"):
        found, path = [], f"/api/v1/records?limit=7&sort={sort}"
        while path:
            page = reader.get(path)
            links = page.headers.get("link", "")
            found += page.json()["records"]
            path = page.json()["next"]
            assert links == (f'<{path}>; rel="next"' if path else "")
        assert sorted(r["id"] for r in found) == ids, sort
        key = sort.removeprefix("-")
        if key in ("id", "identifier", "kind", "label"):
            values = [r[key] or "" for r in found]
            assert values == sorted(values, reverse=sort.startswith("-")), sort


def test_a_list_is_filtered_by_kind_state_and_text(reader: Client) -> None:
    def ids(query: str) -> list[str]:
        return [r["id"] for r in reader.get(f"records?{query}").json()["records"]]

    assert ids("kind=Nonconformity") == ids("kind=nonconformity") == ["NC-3"]
    assert ids("state=closing") == ["NC-3"]
    assert ids("state=open") == []
    assert ids("text=ev-1") == ["EV-1"]
    assert ids("kind=Nonconformity&text=bias+drift") == ["NC-3"]
    row = reader.get("records?kind=Nonconformity").json()["records"][0]
    assert row == {
        "id": "NC-3",
        "iri": f"{BASE}NC-3",
        "kind": "Nonconformity",
        "identifier": "NC-3",
        "label": "Bias drift after the August refresh of the ranking model",
        "state": "closing",
        "version": 1,
    }
    for query, word in (("kind=Noncomformity", "Nonconformity"), ("state=shut", "closed"), ("cursor=xx", "next")):
        found = reader.get(f"records?{query}")
        assert (found.status_code, word in found.json()["detail"]) == (400, True)
    assert reader.get("records?colour=red").status_code == 422


def test_a_cursor_of_another_list_is_refused(reader: Client) -> None:
    cursor = reader.get("records?limit=1").json()["next"].partition("cursor=")[2]
    assert reader.get(f"records?limit=2&cursor={cursor}").status_code == 200
    found = reader.get(f"records?sort=label&cursor={cursor}")
    assert (found.status_code, found.json()["detail"].startswith("this cursor is not of this list")) == (400, True)


def test_a_record_is_found_by_identifier_and_by_iri(reader: Client) -> None:
    found = reader.get("records/NC-3")
    assert found.json()["kind"] == "Nonconformity"
    assert found.json()["detectedOn"] == "2026-08-18"
    assert reader.get(f"records/{BASE}NC-3").json() == found.json()
    assert reader.get("records/https%3A%2F%2Fexample.org%2Frecords%2FNC-3").json() == found.json()
    turtle = reader.get("records/NC-3", headers={"Accept": "text/turtle, application/json;q=0.5"})
    assert turtle.headers["content-type"].startswith(TURTLE)
    assert "aims:state-closing" in turtle.text
    ld = reader.get("records/NC-3", headers={"Accept": JSON_LD})
    assert f"{BASE}NC-3" in json.dumps(ld.json())
    assert reader.get("records/NC-3", headers={"Accept": "image/png"}).status_code == 406
    assert len({r.headers["etag"] for r in (found, turtle, ld)}) == 3


def test_what_is_not_changed_is_not_sent_again(client: Client) -> None:
    for path in ("records", "records/NC-3", "records/NC-3/history", "check", "export"):
        tag = client.get(path).headers["etag"]
        again = client.get(path, headers={"If-None-Match": f'"x", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), path
    tags = {p: client.get(p).headers["etag"] for p in ("records", "records/NC-3", "records/CA-7", "check", "export")}
    client.send("records/NC-3", '{"label": "Another"}', PATCH, "PATCH")
    changed = {p for p, tag in tags.items() if client.get(p, headers={"If-None-Match": tag}).status_code == 200}
    assert changed == set(tags) - {"records/CA-7"}


def test_an_unknown_record_is_told_with_near_ones(reader: Client) -> None:
    found = reader.get("records/NC-4")
    assert (found.status_code, found.json()["candidates"][0]) == (404, "NC-3")
    assert "Did you mean 'NC-3'" in found.json()["detail"]
    for path in ("records/NC-4/history", "records/%00", "records/http://x y", "records/a%20b"):
        assert reader.get(path).status_code == 404, path


def test_a_record_is_shown_as_it_was_known_at_the_end_of_a_day(tmp_path: Path, library: Library) -> None:
    with served(tmp_path, library, "acme") as service:
        organisation = service.organisations["acme"]
        writer_of(organisation, "A risk", 0)
        writer_of(organisation, "A graver risk", 2)
        client = service.client("acme", "write")
        label = {day: client.get(f"records/R-1?known_on=2026-11-{day}") for day in ("21", "22", "23", "24")}
        assert label["21"].status_code == 404
        assert [label[d].json()["label"] for d in ("22", "23", "24")] == ["A risk", "A risk", "A graver risk"]
        assert label["22"].headers["etag"].startswith('"1-')
        assert client.request("DELETE", "records/R-1?reason=a+mistake").status_code == 200
        gone = client.get("records/R-1")
        assert (gone.status_code, "withdrawn" in gone.json()["detail"]) == (404, True)
        assert client.get("records/R-1?known_on=2026-11-23").json()["label"] == "A risk"
        assert [e["why"] for e in client.get("records/R-1/history").json()["entries"]] == [None, None, "a mistake"]
        assert "A risk" in client.get("export?known_on=2026-11-23").text
        assert client.get("export").text.count("R-1") == 0
        assert client.get("records/R-1?known_on=soon").status_code == 422


def writer_of(organisation: Organisation, label: str, days: int) -> None:
    """Write a risk as of some days after the first."""
    from aims_graph.intake.incoming import Record, read_records

    def act(writer: Writer) -> None:
        read = read_records([Record("Risk", "R-1", {"label": label})], writer.assessor.catalogue, BASE)
        writer.write(Request(read.triples), Signature("ann", "add"), NOW + timedelta(days=days))

    organisation.write(act)


def test_the_template_can_be_filled_in_and_sent(client: Client) -> None:
    found = client.get("records/template")
    assert found.headers["content-type"] == XLSX
    book = openpyxl.load_workbook(io.BytesIO(found.content))
    risks = book["Risks"]
    heads = {str(cell.value): number for number, cell in enumerate(risks[1], 1)}
    risks.cell(2, heads["ID"]).value = "R-5"
    for name, column in heads.items():
        if name in ("What could happen", "Title", "Name", "Label"):
            risks.cell(2, column).value = "Made up"
    filled = io.BytesIO()
    book.save(filled)
    sent = client.send("records", filled.getvalue(), XLSX)
    assert sent.status_code in (201, 422), sent.text
    assert sent.status_code == 201 or "R-5" in sent.text or "Risks" in sent.json()["detail"]
    assert client.send("records", found.content, XLSX).status_code == 422  # nothing was filled in


def test_records_are_sent_as_a_table_too(client: Client) -> None:
    found = client.send("records?sheet=corrections", "ID,What was done,Done on\nCO-9,Pulled,2026-08-19\n", CSV)
    assert found.status_code == 201, found.text
    assert client.get("records/CO-9").json()["kind"] == "Correction"


# -- writing -----------------------------------------------------------------------------


def test_one_record_is_put_at_an_address(service: Service, client: Client) -> None:
    found = client.request("POST", "records", json=RISK)
    assert (found.status_code, found.headers["location"]) == (201, f"{V1}/records/R-1")
    assert found.headers[ENTRY_HEADER] == str(found.json()["entry"]) == "2"
    assert client.get(found.headers["location"]).json()["label"] == "Drift"
    again = client.request("POST", "records", json=RISK)
    assert (again.status_code, again.json()["entry"], "location" in again.headers) == (200, None, False)
    log = service.client("acme", "admin").get("log").json()["entries"][0]
    name = next(k for k, v in service.keys.items() if v == client.headers["Authorization"].removeprefix("Bearer "))
    assert log["who"].startswith(f"{name[1]} of acme (")
    assert log["what"].startswith(f"POST {V1}/records")


def test_a_request_id_and_a_reason_stand_in_the_log(service: Service, client: Client) -> None:
    client.request("POST", "records?reason=asked+for", json=RISK, headers={"X-Request-ID": "r-17"})
    log = service.client("acme", "admin").get("log").json()["entries"][0]
    assert log["why"] == "asked for"
    assert log["what"].startswith(f"POST {V1}/records (")


def test_a_record_is_replaced_only_at_the_version_that_was_read(service: Service, client: Client) -> None:
    read = client.get("records/NC-3")
    body = read.json() | {"label": "New words"}
    unread = client.request("PUT", "records/NC-3", json=body)
    assert (unread.status_code, unread.json()["type"].rpartition("/")[2]) == (428, "no-version")
    assert all(header in unread.json()["detail"] for header in ("If-Match", "If-None-Match: *"))
    for wrong in ('"7"', '"1-000000000000-111111111111"', "nonsense", 'W/"1"', '"1", "2"'):
        before = service.state("acme")
        refused = client.request("PUT", "records/NC-3", json=body, headers={"If-Match": wrong})
        assert refused.status_code == 412, wrong
        assert service.state("acme") == before
    written = client.request("PUT", "records/NC-3", json=body, headers={"If-Match": read.headers["etag"]})
    assert (written.status_code, written.json()["records"]) == (200, ["NC-3"])
    now = client.get("records/NC-3")
    assert now.headers["etag"] == written.headers["etag"] != read.headers["etag"]
    assert now.json() == body
    late = client.request("PUT", "records/NC-3", json=body, headers={"If-Match": read.headers["etag"]})
    assert late.status_code == 412
    assert "has changed since" in late.json()["detail"]
    turtle = client.get("records/NC-3", headers={"Accept": TURTLE})
    same = client.send("records/NC-3", turtle.content, TURTLE, "PUT", headers={"If-Match": turtle.headers["etag"]})
    assert (same.status_code, same.json()["entry"]) == (200, None)


def test_a_replaced_record_loses_what_is_left_out_and_its_parts(client: Client) -> None:
    whole = {"kind": "Risk", "id": "R-2", "label": "One", "comment": "Two"}
    assert client.request("POST", "records", json=whole).status_code == 201
    tag = client.get("records/R-2").headers["etag"]
    sent = client.request("PUT", "records/R-2", json={"kind": "Risk", "label": "One"}, headers={"If-Match": tag})
    assert sent.status_code == 200, sent.text
    assert "comment" not in client.get("records/R-2").json()


def test_a_new_record_is_put_at_its_own_address_once(client: Client) -> None:
    new = {"If-None-Match": "*"}
    made = client.request("PUT", "records/R-8", json={"kind": "Risk", "label": "New"}, headers=new)
    assert (made.status_code, made.headers["location"]) == (201, f"{V1}/records/R-8")
    again = client.request("PUT", "records/R-8", json={"kind": "Risk", "label": "Other"}, headers=new)
    assert again.status_code == 412
    assert client.get("records/R-8").json()["label"] == "New"
    assert client.request("PUT", "records/R-8", json={}, headers={"If-None-Match": '"1"'}).status_code == 400
    gone = client.request("PUT", "records/R-9", json={"kind": "Risk"}, headers={"If-Match": "*"})
    assert gone.status_code == 404


def test_a_body_that_states_another_record_is_not_put_at_this_address(service: Service, client: Client) -> None:
    tag = client.get("records/NC-3").headers["etag"]
    before = service.state("acme")
    for body in (RISK, [client.get("records/NC-3").json(), RISK]):
        found = client.request("PUT", "records/NC-3", json=body, headers={"If-Match": tag})
        assert (found.status_code, "this address is of one record" in found.json()["detail"]) == (400, True)
    assert service.state("acme") == before


def test_a_patch_changes_what_it_names_and_takes_away_what_is_null(client: Client) -> None:
    before = client.get("records/NC-3").json()
    found = client.send("records/NC-3", json.dumps({"label": "Short", "consequences": None}), PATCH, "PATCH")
    assert (found.status_code, found.json()["records"]) == (200, ["NC-3"])
    after = client.get("records/NC-3")
    assert after.headers["etag"] == found.headers["etag"]
    assert after.json() == {k: v for k, v in before.items() if k != "consequences"} | {"label": "Short"}
    for patch, status in (("[]", 400), ("{", 422), ('{"id": "NC-5"}', 400), ('{"kind": null}', 422), ('{"x": 1}', 422)):
        assert client.send("records/NC-3", patch, PATCH, "PATCH").status_code == status, patch
    assert client.send("records/NC-3", "label", TURTLE, "PATCH").status_code == 415
    late = client.send("records/NC-3", "{}", PATCH, "PATCH", headers={"If-Match": '"1"'})
    assert late.status_code == 412


def test_every_record_of_the_example_is_written_back_as_it_was_read(reader: Client) -> None:
    for row in reader.get("records?limit=1000").json()["records"]:
        read = reader.get(f"records/{row['id']}")
        sent = reader.request(
            "PUT", f"records/{row['id']}", json=read.json(), headers={"If-Match": read.headers["etag"]}
        )
        assert (sent.status_code, sent.json().get("entry")) == (200, None), (row["id"], sent.text)


def test_people_who_are_recorded_are_known_by_name(client: Client) -> None:
    owner = "Quality manager, Norrland Talent AB"
    client.request("POST", "records", json=RISK | {"owner": owner})
    assert client.get("records/R-1").json()["owner"] == owner
    assert "person-" not in client.get("export").text


def test_a_part_that_changes_is_a_change_of_its_record(client: Client) -> None:
    cause = {"kind": "RootCause", "label": "Skewed sample"}
    whole = {"kind": "RootCauseAnalysis", "id": "RCA-9", "foundCause": [cause]}
    made = client.request("POST", "records", json=whole)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"{V1}/records/RCA-9"
    tag = client.get("records/RCA-9").headers["etag"]
    part = {"kind": "RootCause", "id": "RCA-9/root-cause", "label": "Another"}
    assert client.request("POST", "records", json=part).status_code == 201
    assert client.get("records/RCA-9", headers={"If-None-Match": tag}).json()["foundCause"]["label"] == "Another"
    assert client.request("PUT", "records/RCA-9", json=whole, headers={"If-Match": tag}).status_code == 412
    assert "RCA-9/root-cause" not in [r["id"] for r in client.get("records?limit=1000").json()["records"]]


def test_a_case_that_lacks_something_is_not_closed_and_each_lack_is_told(service: Service, client: Client) -> None:
    before = service.state("acme")
    found = client.request("POST", "records/NC-3/move", json={"state": "closed"})
    problem = found.json()
    assert (found.status_code, problem["type"].rpartition("/")[2]) == (422, "unsound-records")
    assert len(problem["problems"]) == 3
    assert all(set(p) == {"where", "line", "what", "fix"} and p["fix"] for p in problem["problems"])
    assert all(p["what"].startswith("NC-3: cannot be closed yet: ") for p in problem["problems"])
    assert service.state("acme") == before
    unknown = client.request("POST", "records/NC-3/move", json={"state": "shut"})
    assert (unknown.status_code, "closed" in unknown.json()["detail"]) == (400, True)


def test_a_record_is_withdrawn_for_a_reason_and_not_while_others_link_to_it(service: Service, client: Client) -> None:
    before = service.state("acme")
    assert client.request("DELETE", "records/EV-1").status_code == 400
    linked = client.request("DELETE", "records/EV-1?reason=lost")
    assert (linked.status_code, "NC-3" in linked.json()["detail"]) == (422, True)
    assert client.request("DELETE", "records/EV-99?reason=lost").status_code == 404
    assert service.state("acme") == before


# -- all or nothing, once, one after another -------------------------------------------------


def test_refused_writes_leave_everything_as_it_was_and_tell_no_path(service: Service, client: Client) -> None:
    before = service.state("acme")
    folder = str(service.organisations["acme"].folder)
    media = {".ttl": TURTLE, ".json": JSON, ".jsonld": JSON_LD, ".csv": CSV, ".xlsx": XLSX}
    files = sorted(p for p in (DATA / "bad-records").iterdir() if p.suffix in media)
    answers = {p.name: client.send("records", p.read_bytes(), media[p.suffix]) for p in files}
    assert {n for n, a in answers.items() if a.status_code not in (400, 422)} <= {"no-list.json"}
    for name, found in answers.items():
        if name == "no-list.json":
            continue  # a single record is one here
        assert found.headers["content-type"] == "application/problem+json", name
        assert folder not in found.text
        assert str(folder.rpartition("/")[0]) not in found.text
        if found.status_code == 422:
            assert found.json()["problems"], name
    assert len(files) > 40
    client.request("DELETE", "records/R-1?reason=made+by+no-list")
    assert service.state("acme") != "" and before  # the single one was kept and taken back
    with service.organisations["acme"].open() as workspace:
        assert {e.what.partition(" ")[0] for e in workspace.log.entries() if e.number > 1} <= {"POST", "DELETE"}


def test_a_request_that_comes_twice_is_done_once(service: Service, client: Client) -> None:
    once = {"Idempotency-Key": "k-1"}
    first = client.request("POST", "records", json=RISK, headers=once)
    again = client.request("POST", "records", json=RISK, headers=once)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["repeated"]
    assert again.json()["entry"] == first.json()["entry"]
    other = client.request("POST", "records", json=RISK | {"label": "Other"}, headers=once)
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (422, "key-used")
    theirs = service.client("acme", "admin").request("POST", "records", json=RISK | {"label": "Other"}, headers=once)
    assert theirs.status_code == 201  # another caller's keys are its own

    tag = client.get("records/R-1").headers["etag"]
    put = {"If-Match": tag, "Idempotency-Key": "k-2"}
    body = RISK | {"label": "Third"}
    assert client.request("PUT", "records/R-1", json=body, headers=put).json()["repeated"] is False
    assert client.request("PUT", "records/R-1", json=body, headers=put).json()["repeated"] is True

    patch = {"If-Match": '"4"', "Idempotency-Key": "k-3"}
    assert client.send("records/R-1", '{"label": "Fourth"}', PATCH, "PATCH", headers=patch).status_code == 200
    client.send("records/R-1", '{"comment": "Since"}', PATCH, "PATCH")
    late = client.send("records/R-1", '{"label": "Fourth"}', PATCH, "PATCH", headers=patch)
    assert late.json()["repeated"] is True

    gone = {"Idempotency-Key": "k-4"}
    assert client.request("DELETE", "records/R-1?reason=done", headers=gone).json()["repeated"] is False
    assert client.request("DELETE", "records/R-1?reason=done", headers=gone).json()["repeated"] is True
    assert client.request("DELETE", "records/R-1?reason=done", headers={"Idempotency-Key": "k-5"}).status_code == 404
    assert client.request("POST", "records", json=RISK, headers={"Idempotency-Key": "k" * 300}).status_code == 400


def test_of_two_writers_at_the_same_version_exactly_one_wins(client: Client) -> None:
    read = client.get("records/NC-3")
    headers = {"If-Match": read.headers["etag"]}
    bodies = [read.json() | {"label": f"Writer {n}"} for n in range(6)]
    found = client.at_once([("PUT", "records/NC-3", {"json": b, "headers": headers}) for b in bodies])
    assert sorted(r.status_code for r in found) == [200, *[412] * 5]
    (won,) = (n for n, r in enumerate(found) if r.status_code == 200)
    assert client.get("records/NC-3").json()["label"] == f"Writer {won}"


def test_readers_go_on_while_others_write(client: Client) -> None:
    writes = [("POST", "records", {"json": RISK | {"id": f"R-{n}"}}) for n in range(8)]
    reads: list[tuple[str, str, Json]] = [
        ("GET", "records?limit=3", {}),
        ("GET", "records/NC-3", {}),
        ("GET", "frameworks", {}),
    ] * 4
    found = client.at_once([*writes, *reads])
    assert {r.status_code for r in found[:8]} == {201}
    assert {r.status_code for r in found[8:]} == {200}
    assert sorted(r.json()["entry"] for r in found[:8]) == list(range(2, 10))


def test_a_trial_writes_nothing(service: Service, client: Client) -> None:
    before = service.state("acme")
    tag = client.get("records/NC-3").headers["etag"]
    for method, path, more in (
        ("POST", "records", {"json": RISK}),
        ("PATCH", "records/NC-3", {"json": {"label": "Other"}}),
        (
            "PUT",
            "records/NC-3",
            {"json": client.get("records/NC-3").json() | {"label": "x"}, "headers": {"If-Match": tag}},
        ),
        ("POST", "records/NC-3/move", {"json": {"state": "reopened"}}),
    ):
        found = client.request(method, f"{path}?dry_run=true", **more)
        if found.status_code != 422:
            assert (found.status_code, found.json()["dry_run"], found.json()["entry"]) == (200, True, None), path
    assert service.state("acme") == before


# -- who may -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "records", "read"),
        ("GET", "records/template", "read"),
        ("GET", "records/NC-3", "read"),
        ("GET", "records/NC-3/history", "read"),
        ("GET", "export", "read"),
        ("GET", "check", "read"),
        ("POST", "check", "read"),
        ("GET", "evidence/reuse?record=CA-7", "read"),
        ("GET", "deadlines", "read"),
        ("POST", "records", "write"),
        ("PUT", "records/NC-3", "write"),
        ("PATCH", "records/NC-3", "write"),
        ("POST", "records/NC-3/move", "write"),
        ("DELETE", "records/NC-3", "write"),
        ("GET", "log", "admin"),
        ("GET", "log/verify", "admin"),
    ],
)
def test_each_route_needs_a_key_for_it(standing: Service, method: str, path: str, scope: str) -> None:
    body = {"json": {"state": "closed"}} if method in ("POST", "PUT", "PATCH") else {}
    without = standing.client().request(method, path, **body)
    assert (without.status_code, without.headers["www-authenticate"].split()[0]) == (401, "Bearer")
    order = ("read", "write", "admin")
    for held in order:
        found = standing.client("acme", held).request(method, path, **body)
        enough = order.index(held) >= order.index(scope)
        assert (found.status_code != 403) == enough, (held, found.text)
        assert found.status_code != 401


def test_the_log_is_told_newest_first_and_verified(service: Service, client: Client) -> None:
    for number in range(4):
        client.request("POST", "records", json=RISK | {"id": f"R-{number}"})
    admin = service.client("acme", "admin")
    entries, path = [], "/api/v1/log?limit=2"
    while path:
        page = admin.get(path).json()
        entries += page["entries"]
        path = page["next"]
    assert [e["entry"] for e in entries] == [5, 4, 3, 2, 1]
    assert all(new["previous"] == old["seal"] for new, old in pairwise(entries))
    assert entries[0]["records"] == ["R-3"]
    assert entries[-1]["changed"] == 46
    verified = admin.get("log/verify").json()
    assert (verified["entries"], verified["head"], verified["state"]) == (5, entries[0]["seal"], service.state("acme"))


def test_a_log_that_was_changed_is_told_without_its_path(service: Service) -> None:
    log = service.organisations["acme"].folder / "log" / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b"Bias drift", b"Bias dri f", 1))
    found = service.client("acme", "admin").get("log/verify")
    assert (found.status_code, found.json()["detail"].startswith("audit.jsonl:1: ")) == (500, True)
    assert str(log.parent) not in found.text


def test_the_place_of_a_fault_is_one_in_what_was_sent(client: Client) -> None:
    wrong = {"kind": "Risk", "id": "R-5", "label": 7}
    for method, path, body, place in (
        ("POST", "records", wrong, "/label"),
        ("POST", "records", [RISK, wrong], "/1/label"),
        ("POST", "records", {"records": [wrong]}, "/records/0/label"),
        ("POST", "records", {"id": "R-5"}, "/kind"),
        ("PATCH", "records/NC-3", {"detectedOn": "2026-02-31"}, "/detectedOn"),
    ):
        found = client.request(method, path, json=body)
        assert found.status_code == 422
        (problem,) = found.json()["problems"]
        assert problem["what"].startswith(f"{place}: "), problem


def test_a_body_without_a_format_is_refused_and_says_so(reader: Client) -> None:
    found = reader.request("POST", "records", content=b"x")
    assert found.status_code == 415
    assert found.json()["detail"].startswith("what is sent has no Content-Type. Send application/json, ")


def test_what_cannot_be_read_here_is_refused(reader: Client) -> None:
    assert reader.send("records", "<a/>", "application/rdf+xml").status_code == 415
    assert reader.request("POST", "records", content=b"x").status_code == 415
    assert reader.send("records", b"\xff\xfe", JSON).status_code == 422
    assert reader.send("records", "", JSON).status_code == 422
    assert reader.request("POST", "records?nonsense=1", json=RISK).status_code == 422
    assert reader.request("POST", "records", json=RISK, headers={"X-Reason": "x" * 3000}).status_code == 400


def test_the_examples_of_the_document_are_what_the_service_answers(tmp_path: Path, library: Library) -> None:
    found = record_examples.text(record_examples.found(tmp_path, library))
    assert record_examples.FILE.read_text(encoding="utf-8") == found, "run 'python tests/record_examples.py'"
    with served(tmp_path / "again", library) as service:
        document = service.app.openapi()
    for path, model in (("records", "RecordList"), ("check", "Findings"), ("log", "Log"), ("log/verify", "Verified")):
        content = document["paths"][f"{V1}/{path}"]["get"]["responses"]["200"]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith(f"/{model}")
        (example,) = content["examples"].values()
        getattr(responses, model).model_validate(example["value"], extra="forbid")
    sent = document["paths"][f"{V1}/records"]["post"]
    assert "application/json" in sent["requestBody"]["content"]
    assert {"200", "201", "400", "401", "403", "413", "415", "422", "503"} <= set(sent["responses"])


# -- the guide -----------------------------------------------------------------------------

GUIDE = ROOT / "docs" / "records-api.md"


def curl(client: Client, command: str) -> str:
    """What a command of the guide prints, asked in this process."""
    words = shlex.split(command.replace("$API", V1).replace("$KEY", "KEY"))[1:]
    method, headers, content, shape, url = None, {}, None, None, ""
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            headers[name] = value
        elif word in ("-d", "--data-binary"):
            value = words.pop(0)
            content = (ROOT / value[1:]).read_bytes() if value.startswith("@") else value.encode()
        elif word == "-w":
            shape = words.pop(0)
        elif word == "-o":
            assert words.pop(0) == "/dev/null"
        elif word != "-s":
            url = word
    assert headers.pop("Authorization") == "Bearer KEY"
    method = method or ("GET" if content is None else "POST")
    found = client.request(method, url, headers=headers, content=content)
    if shape is None:
        return found.text + "\n"
    shape = shape.replace("%{http_code}", str(found.status_code)).replace("\\n", "\n")
    return re.sub(r"%header\{([\w-]+)\}", lambda m: found.headers[m[1]], shape)


def test_the_guide_shows_what_the_service_answers(empty: Service) -> None:
    shown = re.findall(r"^\$ (curl [^\n]+)\n(.*?)(?=^\$ curl |^```)", GUIDE.read_text(encoding="utf-8"), re.S | re.M)
    assert len(shown) == 8
    client = empty.client("acme", "write")
    for command, output in shown:
        assert curl(client, command) == output, command


def test_the_guide_names_every_route_about_records(empty: Service) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    for path, operations in empty.app.openapi()["paths"].items():
        for method, operation in operations.items():
            if operation.get("tags") == ["records"]:
                assert f"`{method.upper()} {path.removeprefix(V1)}" in text, (method, path)


def test_a_workspace_opened_before_is_served_as_it_is(kept: Path, library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    shutil.copytree(kept / "acme", folder)
    with Workspace.open(folder, write=True) as workspace:
        Writer(workspace, Assessor(library.catalogue, library.rules)).withdraw([], Signature("a", "b", "c"), NOW)
        number = workspace.store.number
    organisation = Organisation("acme", folder, library)
    assert organisation.entry == number
    organisation.close()
