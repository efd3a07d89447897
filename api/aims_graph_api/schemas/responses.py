"""What each route answers, as documented in OpenAPI.

The JSON itself comes from the functions that the command line uses and never passes
through these models; a test holds the two equal.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, Field

Fraction = Annotated[float, Field(ge=0, le=1)]
DegreeWord = Literal["full", "partial", "candidate", "none"]
Status = Literal["proposed", "double-read", "accepted", "published", "rejected"]
Place = Annotated[str, Field(description="`path:line` of a data file, relative to its data folder.")]


class Problem(BaseModel):
    """An error after RFC 9457, sent as `application/problem+json`."""

    type: Annotated[str, Field(description="The IRI of the type of problem.")]
    title: Annotated[str, Field(description="The type of problem in words.")]
    status: Annotated[int, Field(description="The HTTP status.")]
    detail: Annotated[str, Field(description="What is wrong with this request, and how to mend it.")]
    instance: Annotated[str, Field(description="The path that was asked for.")]
    candidates: Annotated[
        list[str] | None,
        Field(description="Ids that may have been meant, nearest first, where a name was the problem."),
    ] = None


class Health(BaseModel):
    """The process answers."""

    status: Literal["live"]


class Ready(BaseModel):
    """All that answers need is there; the data is older where a newer one could not be read."""

    status: Literal["ready"]
    data: Literal["current", "older"]


class Framework(BaseModel):
    """One framework edition."""

    id: str
    iri: str
    title: str
    label: str
    edition: str
    bindingness: str
    as_of: date
    in_force: bool
    in_force_from: date | None
    in_force_to: date | None
    counts: Annotated[dict[str, int], Field(description="How many provisions of each kind are in force that day.")]
    bases: Annotated[dict[str, int], Field(description="How many summaries rest on what: the text as read, or less.")]
    mapping_rows: int
    coverage: Annotated[str | None, Field(description="How much of the edition is loaded, in words.")]
    link: str
    rights: str
    source: Place


class Frameworks(BaseModel):
    """Every framework edition that is loaded."""

    frameworks: list[Framework]
    as_of: date
    graph_version: str


class Application(BaseModel):
    """From when a provision applies to a class of systems, with the place that says so."""

    system_class: str
    start: Annotated[date, Field(alias="from")]
    legal_question: str | None
    source: Place


class Wording(BaseModel):
    """One text that a provision had for a time, in own words; without a summary only the heading was replaced."""

    title: str | None
    summary: str | None
    basis: str | None
    in_force_from: date | None
    in_force_to: date | None
    enacted_by: str | None


class TriggerShown(BaseModel):
    """A question whose answer yes sets a provision off."""

    id: str
    condition: str
    question: str
    source: Place


class Row(BaseModel):
    """A mapping row, read from the provision in question."""

    relation: str
    to: str
    status: str
    confidence: Fraction | None
    rationale: str | None
    condition: str | None
    mapping: str
    author: str | None
    origin: str | None
    source: Place


class Named(BaseModel):
    """A provision by its names."""

    id: str
    notation: str
    title: str


class EvidenceTypeShown(BaseModel):
    """A kind of documented information."""

    id: str
    label: str


class EvidenceShown(BaseModel):
    """What documented information a provision or a part of it demands: every type of any one of the lists."""

    id: str
    label: str
    required_by: list[str]
    any_of: list[list[EvidenceTypeShown]]
    retention: Annotated[str | None, Field(description="An ISO 8601 duration that the text sets, at the least.")]
    retained_from: str | None
    retention_rule: str | None
    freshness: str | None
    freshness_rule: str | None
    informative: bool
    note: str | None
    source: Place


class RuleShown(BaseModel):
    """An evidence rule that enforces a provision or a part of it."""

    code: str
    name: str
    severity: str
    asked_by: str
    provisions: list[str]
    source: Place


class AmendmentShown(BaseModel):
    """What an amending act did to the provision or to a part of it."""

    unit: str
    change: str
    effective: date
    enacted_by: str
    effect: str
    source: Place


class Changed(BaseModel):
    """A provision whose text began, ended or was replaced."""

    provision: str
    notation: str
    title: str
    change: str
    effective: date
    source: Place


class UnitChanged(Changed):
    """An amendment at the unit that the act names, with the finer changes beneath."""

    enacted_by: str
    effect: str
    within: list[Changed]


class EditionChanged(BaseModel):
    """That the edition itself came into force or ended."""

    change: str
    effective: date


class FrameworkChanges(BaseModel):
    """What changed in one edition after one day, up to another."""

    framework: str
    title: str
    start: Annotated[date, Field(alias="from")]
    end: Annotated[date, Field(alias="to")]
    edition: list[EditionChanged]
    changes: list[UnitChanged]
    unlisted: list[Changed]
    graph_version: str


class ProvisionShown(BaseModel):
    """All that is known of one provision as of a day."""

    id: str
    iri: str
    framework: str
    kind: str
    notation: str
    title: str
    summary: str | None
    part_of: str | None
    force: str | None
    modality: str | None
    occurrence: str | None
    binds: list[str]
    addressees: list[str]
    system_classes: list[str]
    in_force: bool
    in_force_from: date | None
    in_force_to: date | None
    applies: list[Application]
    decomposition: str | None
    exhaustive: bool
    condition: str | None
    refers_to: list[str]
    expected_output: list[str]
    responsible: list[str]
    note: str | None
    link: str
    source: Place
    as_of: date
    framework_title: str
    bindingness: str
    coverage: str | None
    rights: str
    titles: Annotated[dict[str, str], Field(description="Titles in further languages, by language tag.")]
    basis: str | None
    place: Annotated[list[Named], Field(description="The wholes around it, outermost first.")]
    referred_from: list[str]
    suggested_for: list[str]
    suggested_actions: list[str]
    addresses_risks: list[Named]
    evidence: list[EvidenceShown]
    enforced_by: list[RuleShown]
    amendments: list[AmendmentShown]
    wordings: list[Wording]
    parts: list[str]
    triggers: list[TriggerShown]
    mappings: list[Row]
    graph_version: str


class Step(BaseModel):
    """One line of a proof: a rule, its premises and what follows."""

    rule: str
    premises: Annotated[list[str], Field(alias="from")]
    relation: str | None
    to: str
    degree_after: DegreeWord
    mapping: str | None
    source: Place
    author: str | None
    status: str | None
    confidence: Fraction | None
    strength: int | None
    rationale: str | None
    guards: list[str]


class Applies(BaseModel):
    """From when a duty applies to a class of systems."""

    system_class: str
    start: Annotated[date, Field(alias="from")]


class Answer(BaseModel):
    """One provision that something counts towards, with its proof."""

    provision: str
    framework: str
    notation: str
    title: str
    degree: DegreeWord
    confidence: Annotated[Fraction | None, Field(description="null: not stated, which is not 0.")]
    confidence_interval: list[Fraction]
    best_derivation_confidence: Fraction | None
    confidence_calibrated: bool
    binds: list[str]
    bindingness: str
    applies: list[Applies]
    flags: list[str]
    conditions: list[str]
    questions: list[str]
    assurance: str
    signed_by: str | None
    statement: str
    derivation: Annotated[list[Step], Field(description="The best proof; every premise comes before its use.")]
    other_derivations: int


class Trigger(BaseModel):
    """A question that the event raises beside the answers."""

    trigger: str
    provision: str
    question: str
    state: Literal["yes", "no", "unrecorded"]
    binds: list[str]
    defined_in: str
    reason: str | None
    source: Place | None


class Element(BaseModel):
    """One element that a clause asks for, and whether the record holds it."""

    code: str
    name: str
    provision: str
    state: str
    fix: str | None
    source: Place


class OwnClause(BaseModel):
    """A record against the clause that asks for it."""

    provision: str
    notation: str
    degree: DegreeWord
    statement: str
    judged_by: list[str]
    elements: list[Element]


class WhatElse(BaseModel):
    """The whole answer to one what-else question. Not a conformity statement."""

    targets: list[str]
    level: Literal["provision", "case"]
    occurrence: str | None
    scope: str | None
    as_of: date
    roles: list[str]
    system_class: str
    trust: str
    graph_version: str
    answers: list[Answer]
    triggers: list[Trigger]
    own_clause: list[OwnClause]
    rows_used: int
    rows_signed: Annotated[int, Field(description="How many of these rows an accountable person signed.")]
    notes: list[str]
    notice: str
    truncated: Annotated[bool, Field(description="Whether `limit` cut answers off.")]


class Hop(BaseModel):
    """One edge of a chain: what arrives at it, what is left after it, and why no more."""

    start: Annotated[str, Field(alias="from")]
    together_with: Annotated[list[str], Field(description="The other premises of a rule that has several.")]
    to: str
    relation: str
    degree_before: DegreeWord
    degree_after: DegreeWord
    guards: list[str]
    lowered_by: Annotated[
        list[str], Field(description="The guards that left no more; empty where the relation itself leaves no more.")
    ]
    why: Annotated[str | None, Field(description="In words, why it took something away.")]
    flags: list[str]
    source: Place
    mapping: str | None
    status: str | None
    confidence: Fraction | None
    rationale: str | None


class MissingPart(BaseModel):
    """A part that does not follow in full."""

    provision: str
    notation: str
    title: str
    degree: DegreeWord
    why: Annotated[str | None, Field(description="Where it can never follow, or is asked only under a condition.")]


class Shortfall(BaseModel):
    """A whole with those of its parts that do not follow in full."""

    whole: str
    decomposition: str
    exhaustive: Annotated[bool, Field(description="Whether its parts are declared to be all of it.")]
    parts: int
    full: int
    missing: list[MissingPart]
    sentence: str


class Explanation(BaseModel):
    """Why one provision, or one recorded case, counts towards a provision, why only in part, or why not."""

    start: Annotated[str, Field(alias="from")]
    to: str
    as_of: date
    roles: list[str]
    system_class: str
    trust: str
    graph_version: str
    degree: DegreeWord | None
    confidence: Fraction | None
    sentence: str
    derivations: list[list[Step]]
    conditions: list[str]
    flags: list[str]
    degraded_at: Annotated[
        Hop | None,
        Field(description="Of a partial claim: the first edge of its best proof after which it is not full."),
    ]
    missing_parts: Annotated[
        list[Shortfall], Field(description="Of a partial claim: wholes whose parts do not all follow.")
    ]
    stopped_at: Annotated[Hop | None, Field(description="The first edge after which no claim is left.")]
    connection: Annotated[list[Hop], Field(description="Without a claim: the connection that carries it furthest.")]
    blocked: Annotated[list[Hop], Field(description="Every edge that stops a claim as near to the end as that one.")]
    limited: Annotated[list[str], Field(description="Provisions of which a limit of the search left proofs out.")]
    notice: str


class MappingRow(BaseModel):
    """One mapping row as it counts today: what it claims of two provisions, how surely, who says so and where."""

    id: str
    iri: str
    subject: str
    subject_framework: str | None
    relation: str
    object: str
    object_framework: str | None
    confidence: Annotated[Fraction | None, Field(description="null: not stated, which is not 0.")]
    status: Status
    signed: Annotated[bool, Field(description="Whether an accountable person has accepted the row.")]
    rationale: str | None
    rationale_kind: str | None
    justification: str
    overlap: str | None
    strength: int | None
    condition: Annotated[str | None, Field(description="The trigger that a case must meet.")]
    joint: Annotated[str | None, Field(description="Rows of one set that share it state one thing together.")]
    author: str | None
    reviewer: str | None
    mapped_on: date | None
    origin: Annotated[str | None, Field(description="The publication that the row was taken from.")]
    mapping_set: str
    source: Place


class MappingShown(MappingRow):
    """One mapping row, and the version of the data it was read from."""

    graph_version: str


Next = Annotated[str | None, Field(description="The address of the next page; null on the last.")]


class Mappings(BaseModel):
    """A page of the mapping rows that are wanted."""

    total: Annotated[int, Field(description="How many there are on all pages.")]
    mappings: list[MappingRow]
    next: Next
    graph_version: str


class ProvisionLine(BaseModel):
    """One provision as a line of a list."""

    id: str
    framework: str
    kind: str
    notation: str
    title: str
    part_of: str | None
    force: str | None
    in_force_from: date | None
    in_force_to: date | None


class Provisions(BaseModel):
    """A page of the provisions that are wanted."""

    total: Annotated[int, Field(description="How many there are on all pages.")]
    provisions: list[ProvisionLine]
    next: Next
    graph_version: str


class TracedRule(BaseModel):
    """An evidence rule with what it cites; or a requirement without a rule of its own, and why it has none."""

    code: str | None
    severity: str | None
    asked_by: str | None
    provisions: list[str]
    name: str
    evidence: list[str]
    reason: Annotated[str | None, Field(description="Of a requirement: why no rule of its own asks for it.")]
    source: Place


class TracedRules(BaseModel):
    """The evidence rules, then the requirements without a rule of their own."""

    rules: list[TracedRule]


class Result(BaseModel):
    """One provision that was found."""

    id: str
    framework: str
    notation: str
    title: str
    kind: str


class Found(BaseModel):
    """Search results, best places first."""

    query: str
    limit: int
    truncated: Annotated[bool, Field(description="Whether there are more results than the limit.")]
    results: list[Result]


class Parameter(BaseModel):
    """A value that a saved question takes."""

    name: str
    type: str
    example: str
    about: str


class Question(BaseModel):
    """A saved question."""

    name: str
    summary: str
    answers: str
    tags: list[str]
    parameters: list[Parameter]


class Questions(BaseModel):
    """The saved questions."""

    questions: list[Question]


class Term(BaseModel):
    """One RDF term."""

    type: Literal["uri", "literal", "bnode"]
    value: str
    datatype: str | None = None
    language: Annotated[str | None, Field(alias="xml:lang")] = None


class Head(BaseModel):
    """The variables of a result."""

    vars: list[str]


class Bindings(BaseModel):
    """The rows of a result; a variable without a value is absent from its row."""

    bindings: list[dict[str, Term]]


class SparqlResults(BaseModel):
    """W3C SPARQL 1.1 Query Results JSON."""

    head: Head
    results: Bindings
