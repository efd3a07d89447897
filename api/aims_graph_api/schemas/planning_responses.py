"""What the planning routes answer, as documented in OpenAPI."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from aims_graph_api.schemas.responses import Applies, DegreeWord, Fraction, Place, Step

Reason = Annotated[
    str,
    Field(
        description="`partial`, a guard by its name, `candidate-only`, `unrelated`, `no-counterpart`, `no-path`; "
        "of records `stale-evidence`, `recorded-in-part`, `no-record`."
    ),
]
State = Annotated[
    str,
    Field(
        description="`full`, `partial`, `candidate`, a guard by its name that stopped what leads there, `unrelated`, "
        "`no-counterpart`, `not-judged`; in the tree also `heading`."
    ),
]
Conditions = Annotated[list[str], Field(description="Under which that much of it is covered.")]


class Thing(BaseModel):
    """A provision, or a whole framework, as it was named."""

    id: str
    label: str
    whole_framework: bool


class NearEdge(BaseModel):
    """An edge that comes close, and what is left after it."""

    start: Annotated[str, Field(alias="from")]
    relation: str
    to: str
    degree_after: DegreeWord
    guards: Annotated[list[str], Field(description="The guards that left no more.")]
    mapping: str | None
    status: str | None
    source: Place
    rationale: str | None


class PlannedProvision(BaseModel):
    """A provision by its names."""

    provision: str
    notation: str
    title: str


class OnGrounds(BaseModel):
    """For whom and when it was asked, and what it stands on. Not a conformity statement."""

    notes: list[str]
    as_of: date
    roles: list[str]
    system_class: str
    trust: str
    graph_version: str
    rows_used: int
    rows_signed: Annotated[int, Field(description="How many of these rows an accountable person signed.")]
    notice: str


class FrameworkGaps(BaseModel):
    """How many duties of a framework apply on the day, and how many are not covered for which reason."""

    framework: str
    duties: int
    covered: int
    recorded: Annotated[int, Field(description="Where records decide: covered for each case on file.")]
    gaps: Annotated[dict[str, int], Field(description="Duties by reason.")]
    not_yet_applicable: int


class RecordTouch(BaseModel):
    """A record that speaks of a provision."""

    provision: str
    record: str
    kind: Literal["case", "control", "evidence", "conclusion"]
    degree: Annotated[DegreeWord, Field(description="How much of it a case covers for itself.")]
    stale: Annotated[str | None, Field(description="Why it no longer counts.")]
    says: str | None


class MissingMember(BaseModel):
    """A part that is not covered, or not wholly."""

    provision: str
    degree: DegreeWord
    reason: Reason
    duties: int


class WaivedGap(BaseModel):
    """That somebody left a gap open until a day."""

    provision: str
    record: str
    until: date
    by: str | None


class Gap(PlannedProvision):
    """A duty that is not covered, or a whole with all such duties in it."""

    framework: str
    reason: Reason
    sentence: str
    degree: DegreeWord
    condition: str | None
    conditions: Conditions
    duties: Annotated[list[str], Field(description="The duties that the line stands for.")]
    reasons: Annotated[dict[str, int], Field(description="How many of them have which reason.")]
    near: list[NearEdge]
    missing: list[MissingMember]
    records: list[RecordTouch]
    waived: list[WaivedGap]


class OnFile(PlannedProvision):
    """A duty that each case on file covers for itself."""

    framework: str
    records: list[RecordTouch]


class LaterDuty(PlannedProvision):
    """A duty in force that applies only from a later day: no gap."""

    framework: str
    degree: DegreeWord
    applies: list[Applies]


class Gaps(OnGrounds):
    """Which duties are not covered, and why. Not a conformity statement."""

    done: list[Thing]
    cases: Annotated[int | None, Field(description="Recorded cases; null where no records were read.")]
    frameworks: list[FrameworkGaps]
    gaps: list[Gap]
    recorded: list[OnFile]
    not_yet_applicable: list[LaterDuty]


class LeftOver(PlannedProvision):
    """An outermost provision that is left, wholly or in part."""

    how: Annotated[
        Literal["whole", "in-part", "beyond-parts"],
        Field(description="`beyond-parts`: what a whole may ask that none of its parts says."),
    ]
    state: Annotated[State, Field(description="Of a heading that of its duties which comes nearest.")]
    sentence: str
    condition: str | None
    conditions: Conditions
    leaves: Annotated[dict[str, int], Field(description="Innermost duties that it stands for, by state.")]
    duties: Annotated[list[str], Field(description="All duties that it stands for.")]


class EvidenceLeft(BaseModel):
    """Documented information that something left demands: every type of any one of the lists."""

    id: str
    label: str
    asked_by: list[str]
    any_of: list[list[str]]
    informative: bool
    source: Place


class PartState(PlannedProvision):
    """A provision with what follows for it, and its parts."""

    state: State
    confidence: Fraction | None
    conditions: Conditions
    derivation: list[Step]
    near: list[NearEdge]
    leaves: Annotated[dict[str, int], Field(description="Innermost duties in it by state.")]
    parts: list[PartState]


class Residual(OnGrounds):
    """What is left of one thing when others are done. Not a conformity statement."""

    done: list[Thing]
    of: Thing
    counts: Annotated[dict[str, int], Field(description="Innermost duties by state.")]
    left: list[LeftOver]
    evidence: list[EvidenceLeft]
    not_yet_applicable: Annotated[
        list[LaterDuty], Field(description="Of what is left, what applies only from a later day.")
    ]
    left_out: Annotated[dict[str, int], Field(description="Provisions that are no duty here, by why.")]
    tree: list[PartState]


class PlannedAction(PlannedProvision):
    """Doing all that one provision asks."""

    framework: str
    cost: float
    closes: Annotated[list[str], Field(description="Targets of whose best proof it is a start.")]


class ClosedDuty(PlannedProvision):
    """A target that is closed, with its proof."""

    framework: str
    degree: DegreeWord
    confidence: Fraction | None
    by: Annotated[list[str], Field(description="Where the best proof starts: actions, and what was done already.")]
    flags: list[str]
    conditions: Conditions
    derivation: list[Step]


class OpenDuty(BaseModel):
    """A target that no action considered can close."""

    id: str
    reason: Reason
    sentence: str
    near: list[NearEdge]


class Plan(OnGrounds):
    """The cheapest actions that close the targets, and what is proved of them. Not a conformity statement."""

    targets: list[Thing]
    done: list[Thing]
    sources: list[str]
    degree: DegreeWord
    wanted: Annotated[int, Field(description="How many duties the targets stand for.")]
    considered: Annotated[int, Field(description="How many actions could serve.")]
    actions: list[PlannedAction]
    cost: float
    bound: Annotated[float, Field(description="No plan costs less.")]
    gap: Annotated[float, Field(description="By how much of its cost the plan may be too dear; 0 where proved.")]
    optimum_proved: bool
    order_decided: Annotated[bool, Field(description="Whether the choice among plans of equal cost was decided too.")]
    solver: str
    seconds: Annotated[float, Field(description="That the search took; the one member that differs from run to run.")]
    closes: list[ClosedDuty]
    already_closed: list[ClosedDuty]
    cannot_be_closed: list[OpenDuty]
    not_yet_applicable: Annotated[list[LaterDuty], Field(description="Targets that apply only from a later day.")]
