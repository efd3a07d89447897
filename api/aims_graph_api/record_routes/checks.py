"""What the rules find in records: in those of the organisation, or in some that are sent and not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from aims_graph import records
from aims_graph.checking import reports, shapes, validation
from aims_graph.library import Library
from aims_graph.model import Finding
from aims_graph.workspaces import workspace_findings
from aims_graph.workspaces.taking_in import Source
from aims_graph.workspaces.writing import Writer
from aims_graph_api import problems
from aims_graph_api.header_docs import UNCHANGED
from aims_graph_api.negotiation import accepted, negotiated
from aims_graph_api.organisations import Organisation
from aims_graph_api.parameters import Moment, Today, Typed
from aims_graph_api.record_routes import record_responses as responses
from aims_graph_api.record_routes.record_requests import (
    ENDINGS,
    JSON,
    PRIVATE,
    TURTLE,
    Reading,
    Tags,
    answer,
    documented_body,
    json_bytes,
    read,
    source,
)
from aims_graph_api.serving import in_turn, serving_of

SARIF, MARKDOWN = "application/sarif+json", "text/markdown"
OFFERED: Final = (JSON, SARIF, MARKDOWN, TURTLE)
Severity = Literal["Violation", "Warning", "Info"]


class Checking(Moment):
    """For which day records are checked, and what is told."""

    severity: Annotated[
        list[Severity],
        Field(default_factory=list, description="Only findings of this severity; repeatable. All where left out."),
    ]


class CheckingSent(Checking):
    """The same for records that are sent."""

    sheet: Annotated[
        Typed | None, Field(description="For CSV: the sheet of the template that it is, where its columns do not say.")
    ] = None


def router(today: Today) -> APIRouter:
    """The routes that check records."""
    routes = APIRouter(tags=["records"])
    reported: dict[int | str, dict[str, Any]] = {
        200: {
            "content": {
                SARIF: {"schema": {"type": "object"}},
                MARKDOWN: {"schema": {"type": "string"}},
                TURTLE: {"schema": {"type": "string"}},
            }
        }
    }
    errors = (400, 401, 403, 406, 422)

    @routes.get(
        "/check", response_model=responses.Findings, responses=reported | {304: UNCHANGED} | problems.declared(errors)
    )
    async def check(organisation: Reading, request: Request, asked: Annotated[Checking, Query()]) -> Response:
        """Say what the rules find in the organisation's records, as JSON, SARIF, Markdown or a SHACL report."""
        media = negotiated(accepted(request), OFFERED)
        as_of = asked.as_of or today()
        return await in_turn(organisation, partial(_check, organisation, request, asked.severity, as_of, media))

    @routes.post(
        "/check",
        response_model=responses.Findings,
        responses=reported | problems.declared((*errors, 413, 415)),
        openapi_extra=documented_body(*ENDINGS),
    )
    async def check_sent(organisation: Reading, request: Request, asked: Annotated[CheckingSent, Query()]) -> Response:
        """Say what the rules find in records that are sent, by themselves; nothing is kept."""
        media = negotiated(accepted(request), OFFERED)
        as_of, sent = asked.as_of or today(), await source(request, asked.sheet)
        return await in_turn(organisation, partial(_check_sent, organisation, request, sent, asked, as_of, media))

    return routes


def _check(
    organisation: Organisation, request: Request, severities: Sequence[str], as_of: date, media: str
) -> Response:
    plain = serving_of(request).library

    def act(writer: Writer) -> tuple[int, tuple[Finding, ...], dict[str, tuple[str, int]]]:
        found = workspace_findings.findings(writer.workspace, writer.assessor, as_of)
        return writer.workspace.store.number, found, workspace_findings.places(writer.workspace, found)

    if media == TURTLE:
        entry, library = organisation.entry, organisation.library()
        content = _report(library, as_of, severities)
    else:
        entry, found, places = organisation.write(act)
        content = written(plain, _of(found, severities), as_of, media, places)
    asked = f"check {as_of} {' '.join(severities)}"
    tag = Tags(organisation, asked, plain.catalogue.digest).tag(entry, media)
    return answer(request, content, media, tag)


def _check_sent(
    organisation: Organisation, request: Request, sent: Source, asked: CheckingSent, as_of: date, media: str
) -> Response:
    plain = serving_of(request).library
    found = read(sent, organisation, plain.catalogue, {})
    library = replace(plain, records=records.of_triples(sent.name, found.triples, found.lines))
    if media == TURTLE:
        content = _report(library, as_of, asked.severity)
    else:
        places = {iri: (path, line) for iri, (path, line) in found.lines.items() if line is not None}
        content = written(library, _of(library.findings(as_of), asked.severity), as_of, media, places)
    return Response(content, 200, PRIVATE, media)


def _of(found: Sequence[Finding], severities: Sequence[str]) -> list[Finding]:
    return [f for f in found if not severities or f.severity in severities]


def written(
    library: Library, found: Sequence[Finding], as_of: date, media: str, places: dict[str, tuple[str, int]]
) -> bytes:
    """Findings as JSON, SARIF or Markdown, as the command writes them."""
    if media == SARIF:
        return json_bytes(reports.sarif(found, library.rules, as_of, places))
    if media == MARKDOWN:
        return reports.markdown(found, as_of).encode()
    return json_bytes(reports.findings_json(found, as_of))


def _report(library: Library, as_of: date, severities: Sequence[str]) -> bytes:
    """The W3C's validation report, in Turtle."""
    texts = [text for _, text in library.records.on(as_of).texts] if library.records else []
    found = shapes.results(library.rules, texts, as_of)
    kept = [r for r in found if not severities or r.severity.rpartition("#")[2] in severities]
    return validation.report_turtle(kept).encode()
