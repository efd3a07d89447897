"""What the routes about records answer, as documented in OpenAPI."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Day = Annotated[str, Field(description="YYYY-MM-DD.")]


class RecordRow(BaseModel):
    """One record in a list."""

    id: Annotated[str, Field(description="Its IRI without what all IRIs of the organisation begin with.")]
    iri: str
    kind: str
    identifier: str | None
    label: str | None
    state: str | None
    version: Annotated[int | None, Field(description="The log entry that changed it, or a part of it, last.")]


class RecordList(BaseModel):
    """A page of records."""

    records: list[RecordRow]
    next: Annotated[str | None, Field(description="The address of the page that follows.")]
    entry: Annotated[int, Field(description="The last log entry: the version of all records together.")]


class RecordShown(BaseModel):
    """A record as plain JSON: kind, id, and its properties by their names in the ontology; parts stand in it."""

    model_config = ConfigDict(extra="allow")

    kind: str | list[str] | None
    id: str


class EntryOfRecord(BaseModel):
    """One write, as far as it changed a record."""

    entry: int
    at: Annotated[str, Field(description="When, in UTC.")]
    who: str
    what: Annotated[str, Field(description="The command or request.")]
    why: str | None
    added: Annotated[list[str], Field(description="Statements that came, one line of N-Quads each.")]
    removed: Annotated[list[str], Field(description="Statements that went.")]


class History(BaseModel):
    """Who changed a record, when, why and what, oldest first."""

    record: str
    entries: list[EntryOfRecord]


class Finding(BaseModel):
    """What an evidence rule finds missing or weak in a record."""

    code: str
    severity: str
    name: str
    message: str
    provision: str | None
    asked_by: str
    procedure: Annotated[str | None, Field(description="The organisation's own procedure that makes it stricter.")]
    focus: Annotated[str, Field(description="The IRI of the record.")]
    record: str
    source: Annotated[str, Field(description="Where the rule stands.")]


class Findings(BaseModel):
    """What the evidence rules find in records, worst first. Not a conformity statement."""

    as_of: Day
    findings: list[Finding]


class Receipt(BaseModel):
    """What a write did, or would do, and what the evidence rules say of the records that it touches."""

    entry: Annotated[int | None, Field(description="The log entry; null where nothing was written.")]
    seal: Annotated[str | None, Field(description="The hash that seals the entry.")]
    dry_run: bool
    repeated: Annotated[bool, Field(description="The same request was carried out before, and nothing was done now.")]
    records: Annotated[list[str], Field(description="The records that change.")]
    reopened: Annotated[list[str], Field(description="Closed cases that reopen because their problem is back.")]
    findings: Annotated[list[Finding], Field(description="What is missing or weak afterwards.")]
    mended: Annotated[list[Finding], Field(description="What was, and is no more.")]
    as_of: Day


class LogEntry(BaseModel):
    """One write in the audit log."""

    entry: int
    at: str
    who: str
    what: str
    why: str | None
    records: Annotated[list[str], Field(description="The first records that it changed, at most a hundred.")]
    changed: Annotated[int, Field(description="How many records it changed.")]
    added: Annotated[int, Field(description="How many statements came.")]
    removed: Annotated[int, Field(description="How many went.")]
    seal: str
    previous: Annotated[str, Field(description="The seal of the entry before.")]


class Log(BaseModel):
    """A page of the audit log, newest entry first."""

    entries: list[LogEntry]
    next: Annotated[str | None, Field(description="The address of the page that follows.")]


class Verified(BaseModel):
    """An audit log whose every entry is as it was written."""

    entries: int
    statements: int
    state: Annotated[str, Field(description="The hash of all statements.")]
    head: Annotated[str, Field(description="The seal of the last entry; who notes it can tell later if it was cut.")]


class Reuse(BaseModel):
    """Which evidence of a case can be used again for what it also counts towards, and what is missing there."""

    model_config = ConfigDict(extra="allow")


class Deadlines(BaseModel):
    """What is due when by the records, and the outer limits of reporting serious incidents."""

    model_config = ConfigDict(extra="allow")
