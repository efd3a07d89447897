"""What the routes that weigh claims answer, as documented in OpenAPI."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from aims_graph_api.schemas.responses import DegreeWord, Fraction, Place

Truncated = Annotated[bool, Field(description="Whether `limit` cut a list off; counts are never cut.")]
BestConfidence = Annotated[
    Fraction | None,
    Field(
        description="Of the best proof found, a lower bound where members of a whole share rows; "
        "null: not stated, which is not 0."
    ),
]


class Asked(BaseModel):
    """For whom, when and how strictly it was asked."""

    as_of: date
    roles: list[str]
    system_class: str
    trust: str
    graph_version: str
    limited: Annotated[list[str], Field(description="Provisions of which a limit of the search left claims out.")]


class RowState(BaseModel):
    """What a mapping row states, and how it counts."""

    relation: str
    status: str
    confidence: Fraction | None


class Supposed(BaseModel):
    """One row as it stands and as it is supposed."""

    mapping: str
    subject: str
    object: str
    before: Annotated[RowState | None, Field(description="null: the row is added.")]
    after: RowState
    source: Place | None


class ChangeCounts(BaseModel):
    """How many claims would change, by kind."""

    model_config = ConfigDict(populate_by_name=True)

    lost: int
    lowered: int
    gained: int
    raised: int
    less_sure: Annotated[int, Field(alias="less-sure")]
    surer: int


class PairCounts(ChangeCounts):
    """The same from one framework to another."""

    start: Annotated[str, Field(alias="from")]
    to: str


class ClaimChange(BaseModel):
    """One claim that would be another."""

    change: Literal["lost", "lowered", "gained", "raised", "less-sure", "surer"]
    start: Annotated[str, Field(alias="from")]
    to: str
    before: DegreeWord
    after: DegreeWord
    confidence_before: BestConfidence
    confidence_after: BestConfidence


class WhatIf(Asked):
    """What would change of the claims if mapping rows were other than they are. Not a conformity statement."""

    supposed: list[Supposed]
    starts: Annotated[int, Field(description="How many provisions were asked about.")]
    recomputed: Annotated[int, Field(description="How many of them the rows can touch.")]
    total: ChangeCounts
    counts: list[PairCounts]
    changes: Annotated[list[ClaimChange], Field(description="Changes of degree, losses first.")]
    confidence_changes: Annotated[list[ClaimChange], Field(description="Of claims that keep their degree.")]
    truncated: Truncated
    notes: Annotated[list[str], Field(description="Why nothing starts, where nothing does.")]
    notice: str


class Readings(BaseModel):
    """What the two readers of a row said."""

    outcome: str
    first: str
    second: str


class WeakPoint(BaseModel):
    """One mapping row, what rests on it, and what would fall with it."""

    mapping: str
    subject: str
    relation: str
    object: str
    status: str
    confidence: Fraction | None
    full: Annotated[int, Field(description="Full claims whose best proof uses the row.")]
    partial: Annotated[int, Field(description="Partial claims whose best proof uses the row.")]
    lost: Annotated[int, Field(description="Claims that no other proof would hold.")]
    lowered: Annotated[int, Field(description="Full claims that would be partial only.")]
    expected_loss: Annotated[
        float | None, Field(description="Claims lost times the belief that the row is wrong; null: no confidence.")
    ]
    expected_loss_at_most: Annotated[
        float, Field(description="The same; all claims lost where no confidence is stated.")
    ]
    readings: Readings | None
    rationale: str | None
    source: Place


class WeakPoints(Asked):
    """The mapping rows that carry claims, those first whose review matters most."""

    frameworks: Annotated[list[str], Field(description="Only rows at these; at any where empty.")]
    claims: Annotated[int, Field(description="How many claims there are that rows carry, at any framework.")]
    all_rows: Annotated[int, Field(description="How many rows carry a claim, at any framework.")]
    rows: Annotated[int, Field(description="How many of them stand at the frameworks asked for.")]
    notes: Annotated[list[str], Field(description="Why a framework has no such row.")]
    limit: int
    truncated: Truncated
    weak_points: list[WeakPoint]
    notice: str


class TouchedUnit(BaseModel):
    """One thing that changes: a provision, or a framework edition as a whole."""

    unit: str
    label: str
    change: str
    effective: date | None
    enacted_by: str | None
    source: Place


class Touched(BaseModel):
    """Where something is touched."""

    at: Annotated[list[str], Field(description="What changes there, or the wholes that hold it.")]
    whole_only: Annotated[bool, Field(description="Touched only at a whole that holds a part that changes.")]
    source: Place


class TouchedRow(Touched):
    """A mapping row at what changes."""

    mapping: str
    subject: str
    relation: str
    object: str
    status: str
    confidence: Fraction | None
    mapped_on: date | None
    effective: date | None
    read_again: Annotated[
        bool | None, Field(description="Judged before the change; null where the change is only supposed.")
    ]


class TouchedClaim(BaseModel):
    """A claim whose best proof passes through what changes, or stands on a row at it."""

    start: Annotated[str, Field(alias="from")]
    to: str
    degree: DegreeWord
    confidence: BestConfidence
    through: list[str]
    rows: list[str]
    left: Annotated[DegreeWord, Field(description="What follows without what changes.")]


class TouchedEvidence(Touched):
    """Documented information that is asked for there."""

    id: str
    label: str


class TouchedRule(Touched):
    """An evidence rule that enforces it."""

    code: str
    name: str
    severity: str


class TouchedTrigger(Touched):
    """A question whose answer yes sets it off, or that it defines."""

    trigger: str
    question: str


class Pointer(Touched):
    """A provision that points to it from elsewhere."""

    provision: str
    notation: str
    title: str


class TouchedRecord(BaseModel):
    """A record that should be looked at again."""

    record: str
    kind: str
    case: str | None
    names: Annotated[
        list[str], Field(description="What it names of what changes, or of the questions that set it off.")
    ]
    handled_under: Annotated[list[str], Field(description="What changes of the clauses its case is handled under.")]
    source: Place | None


class ImpactCounts(BaseModel):
    """How much is touched."""

    units: int
    rows: int
    claims: int
    evidence: int
    rules: int
    triggers: int
    references: int
    suggested_actions: int
    records: int
    read_again: Annotated[int, Field(description="Rows judged before the change.")]
    claims_lost: Annotated[int, Field(description="Claims of which nothing follows without what changes.")]


class Impact(Asked):
    """What a change of a framework or of provisions touches. Not a conformity statement."""

    start: Annotated[date | None, Field(alias="from")]
    end: Annotated[date | None, Field(alias="to")]
    counts: ImpactCounts
    units: list[TouchedUnit]
    rows: list[TouchedRow]
    claims: list[TouchedClaim]
    evidence: list[TouchedEvidence]
    rules: list[TouchedRule]
    triggers: list[TouchedTrigger]
    references: list[Pointer]
    suggested_actions: list[Pointer]
    records: list[TouchedRecord]
    records_loaded: bool
    truncated: Truncated
    notice: str
