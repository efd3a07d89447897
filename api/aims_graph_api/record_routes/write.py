"""One write to an organisation's records, as every route that writes makes and answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from aims_graph.catalogue import Catalogue
from aims_graph.errors import ChangedSince, KeyUsed, OutputError, UnsoundRecords
from aims_graph.intake.incoming import Incoming
from aims_graph.workspaces import naming, receipts, record_states, taking_in, workspace_findings
from aims_graph.workspaces.record_states import RecordState
from aims_graph.workspaces.taking_in import Source
from aims_graph.workspaces.workspace import Signature
from aims_graph.workspaces.writing import Receipt, Writer
from aims_graph.workspaces.writing import Request as Change
from aims_graph_api.organisations import Organisation
from aims_graph_api.problems import CHANGED_SINCE, KEY_USED, UNAVAILABLE, Refused
from aims_graph_api.record_routes.record_requests import JSON, PRIVATE, Tags, read, unsound, with_entry

Json = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """What came of a write: the receipt, the same as JSON, and the record that was meant as it is now."""

    receipt: Receipt
    told: Json
    base: str
    state: RecordState | None = None

    @property
    def is_new(self) -> bool:
        """Whether this request put something into the log; not so a trial, or one that came before."""
        return self.receipt.number is not None and not self.receipt.repeated


@dataclass(frozen=True)
class Write:
    """One request to write, as far as all have it in common."""

    request: Request
    organisation: Organisation
    catalogue: Catalogue
    signature: Signature
    day: date
    now: datetime
    trial: bool = False

    def made(self, act: Callable[[Writer], Receipt], record: str | None = None) -> Written:
        """Let a writer act, with every refusal as a problem; `record` (IRI) is the one that comes back."""

        def acted(writer: Writer) -> Written:
            receipt = act(writer)
            try:
                return self._written(writer, receipt, record)
            except OutputError:  # it is in the log: that the store has failed since does not undo it
                return self._unread(receipt)

        try:
            return self.organisation.write(acted)
        except UnsoundRecords as error:
            raise unsound(error, self.organisation) from None
        except ChangedSince as error:
            raise Refused(CHANGED_SINCE, f"{error}") from None
        except KeyUsed:
            detail = "This Idempotency-Key was used for another request. Use a new key for a new request."
            raise Refused(KEY_USED, detail) from None
        except OutputError:
            detail = "This cannot be put on disk now; nothing was changed. Try again later, with the same key."
            raise Refused(UNAVAILABLE, detail, {"Retry-After": "30"}) from None

    def _written(self, writer: Writer, receipt: Receipt, record: str | None) -> Written:
        """What came of a write, with all that the store says of it afterwards."""
        workspace = writer.workspace
        if workspace.behind:
            return self._unread(receipt)
        found = partial(workspace_findings.told, workspace, writer.assessor)
        told = self._told(receipt, lambda pairs: found(pairs, self.day))
        state = None if record is None else record_states.current(workspace, record)
        return Written(receipt, told, self.organisation.base, state)

    def _unread(self, receipt: Receipt) -> Written:
        """The same where the store cannot be read: without findings, and without the record as it is now."""
        return Written(receipt, self._told(receipt, lambda _: ()), self.organisation.base)

    def _told(self, receipt: Receipt, findings: receipts.Findings) -> Json:
        return receipts.receipt_json(receipt, findings, self.organisation.base, self.day.isoformat(), self.trial)

    def asked(self, *what: object) -> str:
        """What is asked for, to know the request again: what is stated may differ when it comes a second time."""
        return "\n".join((self.request.method, self.request.scope["path"], *map(str, what)))

    def writes(self, change: Change) -> Callable[[Writer], Receipt]:
        """The act of writing what is stated."""
        return lambda writer: writer.write(change, self.signature, self.now, self.day, self.trial)

    def known(self) -> dict[str, str]:
        """The people that are recorded, by name."""
        with self.organisation.open(now=True) as workspace:
            return taking_in.people(workspace)

    def read(self, sent: Source, iri: str | None = None) -> Incoming:
        """The records that are sent."""
        return read(sent, self.organisation, self.catalogue, self.known(), iri)

    def record(self, name: str) -> str:
        """The record (IRI) that a name means."""
        with self.organisation.open(now=True) as workspace:
            return naming.record(workspace, name)

    def expected(self, iri: str) -> dict[str, int]:
        """The version that If-Match asks for; nothing where it is not sent or asks for any."""
        header = self.request.headers.get("if-match")
        found = None if header is None else Tags(self.organisation, iri, self.catalogue.digest).version(header)
        return {} if found is None else {iri: found}

    def answer(self, written: Written, location: str | None = None) -> JSONResponse:
        """The receipt, with the new ETag of the record that was meant, and the log entry."""
        headers = with_entry(self.request, PRIVATE, written.receipt.number)
        if written.state is not None and not self.trial:
            tags = Tags(self.organisation, written.state.iri, self.catalogue.digest)
            headers["ETag"] = tags.of_state(written.state, JSON)
        if location is not None and written.is_new:
            return JSONResponse(written.told, 201, headers | {"Location": location})
        return JSONResponse(written.told, 200, headers)
