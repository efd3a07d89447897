"""Two frameworks at once: `/crosswalks/{a}/{b}` and `/coverage`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from aims_graph import weighing
from aims_graph.coverage import coverage, coverage_json
from aims_graph.matrix import AGREE, DISAGREE, OURS_ONLY, THEIRS_ONLY, crosswalk_json
from aims_graph.tables import columns
from aims_graph_api import problems
from aims_graph_api.answering import TABLE, Answering, Wanted, told
from aims_graph_api.parameters import Asking, Moment, Today, options
from aims_graph_api.schemas.responses import DegreeWord, Fraction, Place
from aims_graph_api.schemas.weighing_responses import Truncated
from aims_graph_api.serving import Loaded

Status = Literal["proposed", "double-read", "accepted", "published"]


class Ends(BaseModel):
    """A provision of each framework."""

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[str, Field(alias="from")]
    from_title: str
    to: str
    to_title: str


class Line(Ends):
    """One row, read from the first framework to the second."""

    relation: str
    carries: Annotated[DegreeWord | Literal["none"], Field(description="Of a full claim, along the row alone.")]
    status: Status
    confidence: Fraction | None
    strength: int | None
    overlap: str | None
    condition: str | None
    joint: Annotated[str | None, Field(description="The group of rows that count only together.")]
    reason: str | None
    mapping: str
    source: Place


class Follows(Ends):
    """A claim that no single row states."""

    degree: DegreeWord
    confidence: Fraction | None
    mappings: list[str]
    path: list[str]


class Absent(BaseModel):
    """A provision that was judged to have no counterpart."""

    model_config = ConfigDict(populate_by_name=True)

    provision: str
    title: str
    other: Annotated[str, Field(alias="in", description="The framework that has none.")]
    reason: str | None
    status: Status
    mapping: str
    source: Place


class Said(BaseModel):
    """How somebody relates a pair."""

    relation: str
    status: Status
    confidence: Fraction | None
    mapping: str
    taken_from: str | None
    source: Place


class BesideOurs(Ends):
    """A pair as the project and as others relate it."""

    verdict: Annotated[str, Field(description=f"`{AGREE}`, `{DISAGREE}`, `{OURS_ONLY}` or `{THEIRS_ONLY}`.")]
    ours: list[Said]
    published: list[Said]


class Judged(BaseModel):
    """How many duties of one framework were judged against another, and what was found."""

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[str, Field(alias="from")]
    to: str
    duties: int
    related: int
    unrelated: int
    no_counterpart: int
    not_judged: int
    read_twice: Annotated[int, Field(description="Duties with a row that two readers agree on, or that is signed.")]
    not_judged_provisions: list[str]


class Crosswalk(BaseModel):
    """Everything between two frameworks."""

    model_config = ConfigDict(populate_by_name=True)

    start: Annotated[str, Field(alias="from")]
    to: str
    as_of: date
    roles: list[str]
    system_class: str
    trust: str
    graph_version: str
    total: dict[str, int]
    rows: list[Line]
    derived: list[Follows]
    no_counterpart: list[Absent]
    sources: list[BesideOurs] = []
    truncated: Truncated
    limited: Annotated[list[str], Field(description="Provisions of which a limit of the search left claims out.")]
    judged: list[Judged]
    notice: str


class Coverage(BaseModel):
    """What was judged, both ways between frameworks."""

    as_of: date
    graph_version: str
    directions: list[Judged]


class Pairing(Asking):
    """How the crosswalk is asked for."""

    limit: Annotated[int | None, Field(ge=1, description="At most so many lines of each list.")] = None
    sources: Annotated[bool, Field(description="Also published rows, side by side with the project's.")] = False


Framework = Annotated[str, Path(description="A framework, by id or a name people type.")]


def router(today: Today) -> APIRouter:
    """The routes for two frameworks."""
    routes = APIRouter(tags=["mappings"], route_class=Answering)
    errors = problems.declared((400, *problems.NAMED, 422)) | {200: TABLE}

    @routes.get("/crosswalks/{a}/{b}", response_model=Crosswalk, responses=errors)
    def crosswalk(
        library: Loaded, wanted: Wanted, a: Framework, b: Framework, asked: Annotated[Pairing, Query()]
    ) -> Response:
        """Give every row between two frameworks, what follows beside them, and what has no counterpart."""
        chosen = replace(options(library, today, asked), limit=asked.limit)
        found = crosswalk_json(weighing.crosswalk(library, a, b, chosen), asked.sources)
        return told(wanted, found, columns.crosswalk)

    @routes.get("/coverage", response_model=Coverage, responses=problems.declared((422,)) | {200: TABLE})
    def judged(library: Loaded, wanted: Wanted, asked: Annotated[Moment, Query()]) -> Response:
        """Count the duties of each framework that were judged against each other one."""
        on = asked.as_of or today()
        return told(wanted, coverage_json(library.catalogue, coverage(library.catalogue, on), on), columns.coverage)

    return routes
