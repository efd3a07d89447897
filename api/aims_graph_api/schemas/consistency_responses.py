"""What the routes that check mapping rows answer, as documented in OpenAPI."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from aims_graph_api.schemas.responses import Fraction, Place


class CheckedRow(BaseModel):
    """A mapping row as it stands in its file."""

    mapping: str
    subject: str
    relation: str
    object: str
    status: str
    confidence: Fraction | None
    rationale: str | None
    source: Place


class NotCompared(BaseModel):
    """Rows that are compared with no other, and why."""

    reason: str
    rows: int
    meaning: Annotated[str, Field(description="Goes on after 'rows that'.")]


class FactStep(BaseModel):
    """One line of a proof about sets."""

    fact: Annotated[str, Field(description="For example `a lies inside b`, with ids for a and b.")]
    mapping: Annotated[str | None, Field(description="The row that states it; null inside a hierarchy.")]
    source: Place


class Checked(BaseModel):
    """What was checked, and what was not and why."""

    as_of: date
    graph_version: str
    trust: str
    proposed: Annotated[bool, Field(description="Whether rows count that nobody has read twice.")]
    files: Annotated[list[str], Field(description="Other people's files; none in the service.")]
    with_ours: bool
    as_written: Annotated[int, Field(description="Names that are of no loaded framework.")]
    no_provision: Annotated[list[str], Field(description="Names of a loaded framework that has no such provision.")]
    rows_compared: int
    left_out: list[NotCompared]


class Denied(BaseModel):
    """What a row states although its opposite follows."""

    fact: str
    source: Place


class Conflict(BaseModel):
    """Rows that cannot all be right, while without any one of them the others could be."""

    sentence: str
    note: str | None
    systems: Annotated[list[str], Field(description="The management systems that the rows speak of.")]
    rationale: str
    condition: Annotated[str | None, Field(description="The trigger under which the rows are compared.")]
    rows: list[CheckedRow]
    proof: list[FactStep]
    against: Denied


class Conflicts(Checked):
    """Every set of rows that cannot all be right, no row in two of them."""

    conflicts: list[Conflict]
    complete: Annotated[bool, Field(description="Whether all rows left can be right; false where the limit was met.")]
    limit: int


class EntailedRow(BaseModel):
    """A row that follows from others, and from which."""

    rows: Annotated[list[CheckedRow], Field(description="One row, or several that only count together.")]
    rationale: str
    condition: str | None
    follows_from: list[CheckedRow]
    proof: list[FactStep]


class Entailed(Checked):
    """Every row that says nothing new."""

    in_conflict: Annotated[int, Field(description="Rows that are in a conflict, and were left out.")]
    following: Annotated[int, Field(description="How many rows follow, those beyond the limit included.")]
    entailed: list[EntailedRow]
    truncated: bool


class Choice(BaseModel):
    """A relation that a pair can have, and how much a judgement that says so would close."""

    relation: str
    gain: Annotated[float, Field(description="In bits.")]


class OpenPair(BaseModel):
    """A pair that could be judged."""

    subject: str
    object: str
    rationale: str
    expected_gain: Annotated[float, Field(description="The mean of the gains, in bits.")]
    least_gain: float
    possible: list[Choice]
    equal_to_subject: list[str]
    equal_to_object: list[str]
    stated_by: Annotated[
        CheckedRow | None,
        Field(description="A row that states a relation of the pair but is not among those compared."),
    ]


class NextPairs(Checked):
    """The pairs whose judgement is expected to leave the fewest relations open, best first."""

    in_conflict: int
    provisions: Annotated[int, Field(description="Those equal by what is stated counted once.")]
    open_bits: Annotated[float, Field(description="The sum over all pairs of log2 of the relations left.")]
    candidates: int
    estimated: int
    weighed: int
    pairs: list[OpenPair]
    truncated: bool
