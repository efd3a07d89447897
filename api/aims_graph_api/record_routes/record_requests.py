"""What requests about records share: who may, what is sent, which version is meant, and what comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.responses import JSONResponse, Response

from aims_graph.catalogue import Catalogue
from aims_graph.errors import DataError, InputError, Problem
from aims_graph.intake import incoming, json_text, record_json
from aims_graph.intake.incoming import Incoming
from aims_graph.intake.meanings import SAFE
from aims_graph.workspaces import taking_in
from aims_graph.workspaces.record_states import RecordState
from aims_graph.workspaces.taking_in import Source
from aims_graph.workspaces.workspace import Signature
from aims_graph_api.gate import access_log
from aims_graph_api.negotiation import sent_as
from aims_graph_api.organisations import Organisation
from aims_graph_api.problems import CHANGED_SINCE, UNSOUND_RECORDS, Refused
from aims_graph_api.serving import Caller, allowed, caller_of

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
JSON, JSON_LD, TURTLE = "application/json", "application/ld+json", "text/turtle"
MERGE_PATCH: Final = "application/merge-patch+json"
CSV, TSV = "text/csv", "text/tab-separated-values"
ENDINGS: Final = {JSON: "json", JSON_LD: "jsonld", TURTLE: "ttl", CSV: "csv", TSV: "tsv", XLSX: "xlsx"}
"""What may be sent: its media type, and the ending of a file of it."""
RDF_FORMATS: Final = {TURTLE: "turtle", JSON_LD: "jsonld"}
FORMS: Final[Mapping[str, dict[str, Any]]] = {
    JSON: {"type": ["object", "array"]},
    JSON_LD: {"type": ["object", "array"]},
    XLSX: {"type": "string", "format": "binary"},
}
"""What is no text, as the OpenAPI document describes it."""
BODY: Final = "body"  # what is sent, in messages
LONGEST_REASON: Final = 2_000
LONGEST_KEY: Final = 200
ENTRY_HEADER: Final = "X-Audit-Entry"  # the entry of the audit log that a write made
PRIVATE: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def _reader(request: Request) -> Organisation:
    return allowed(request, "read")


def _writer(request: Request) -> Organisation:
    return allowed(request, "write")


def _admin(request: Request) -> Organisation:
    return allowed(request, "admin")


Reading = Annotated[Organisation, Depends(_reader)]
Writing = Annotated[Organisation, Depends(_writer)]
Admin = Annotated[Organisation, Depends(_admin)]


def moment() -> datetime:
    """Now, as the log writes it."""
    return datetime.now(UTC)


def form(media: str) -> dict[str, Any]:
    """How the OpenAPI document describes something in a format."""
    return {"schema": FORMS.get(media, {"type": "string"})}


def documented_body(*media: str) -> dict[str, Any]:
    """What is sent, as documented."""
    schemas = {m: form(m) for m in media}
    if MERGE_PATCH in media:
        schemas |= {m: {"schema": {"type": "object"}} for m in (MERGE_PATCH, JSON)}
    return {"requestBody": {"required": True, "content": schemas}}


# -- what is sent ----------------------------------------------------------------------


async def source(request: Request, sheet: str | None = None) -> Source:
    """What is sent, as a source of records; `sheet` says which form a table is of."""
    found = sent_as(request, *ENDINGS)
    ending = ENDINGS[found]
    return Source(await request.body(), f"{sheet or BODY}.{ending}", ending)


def read(
    sent: Source, organisation: Organisation, catalogue: Catalogue, known: Mapping[str, str], iri: str | None = None
) -> Incoming:
    """The records that are sent; a single JSON object is one record, that of an address (`iri`) where it has no id.

    Refused with everything that is wrong with them.
    """
    try:
        single = _single(sent)
        if single is None:
            return taking_in.read([sent], catalogue, organisation.base, known)
        if iri is not None and record_json.ID not in single:
            single = single | {record_json.ID: f"<{iri}>"}
        return incoming.read_record(single, catalogue, organisation.base, BODY, known)
    except DataError as error:
        raise unsound(error, organisation) from None


def _single(sent: Source) -> dict[str, Any] | None:
    """The record that is sent as one JSON object by itself; None for anything else."""
    if sent.format != ENDINGS[JSON] or not isinstance(sent.content, bytes) or sent.content.lstrip()[:1] != b"{":
        return None
    found = json_text.parsed(BODY, decoded(sent.content))
    return found if isinstance(found, dict) and record_json.RECORDS not in found else None


def decoded(body: bytes) -> str:
    """What is sent, as text; InputError where it is not UTF-8."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("the body is not UTF-8 text. Send it as UTF-8.") from error


def signature(request: Request, reason: str | None) -> Signature:
    """Who writes, by which request, why, and the key by which the request is known again."""
    caller = caller_of(request)
    who = f"{caller.name} ({caller.key})" if caller.key else caller.name
    why = reason or _text(request.headers.get("x-reason"))
    if why is not None and len(why) > LONGEST_REASON:
        raise InputError(f"the reason has {len(why)} characters. Keep it within {LONGEST_REASON}.")
    key = idempotency_key(request)
    said = _sayable(access_log.said(request))
    return Signature(_sayable(who), said, why and _sayable(why), key and own(caller, key))


def own(caller: Caller, key: str) -> str:
    """An Idempotency-Key as one caller's: by name, since keys are rotated, and apart for keys and tokens.

    No header holds a line break, so that no name and key read as another's.
    """
    kind = "token" if caller.key.startswith("token:") else "key"
    return f"{kind}\n{caller.name}\n{key}"


def idempotency_key(request: Request) -> str | None:
    """The key by which a request is known when it comes again; None where there is none."""
    key = _text(request.headers.get("idempotency-key"))
    if key is not None and len(key) > LONGEST_KEY:
        raise InputError(f"the Idempotency-Key has {len(key)} characters. Keep it within {LONGEST_KEY}.")
    return key


def _text(header: str | None) -> str | None:
    """A header as it was meant: UTF-8 where it is that; None for an empty one."""
    if header is None or not header.strip():
        return None
    try:
        return header.encode("latin-1").decode().strip()
    except UnicodeError:
        return header.strip()


def _sayable(text: str) -> str:
    return text.encode(errors="replace").decode()


# -- which version is meant --------------------------------------------------------------


@dataclass(frozen=True)
class Tags:
    """The entity tags of one thing: `version-owner-form`, so that none fits another organisation's or another form."""

    organisation: Organisation
    thing: str  # an IRI, or the address of a list with all that it asks
    digest: str  # of the data that the answers are made with

    def of_state(self, state: RecordState, media: str, known_on: date | None = None) -> str:
        """The tag of a record as it is shown; the names of the people in it are not of its own version."""
        return self.tag(state.version, "\n".join((media, str(known_on or ""), *map(str, state.people))))

    def tag(self, version: int, form: str) -> str:
        """The tag of the thing at a version in a form."""
        return f'"{version}-{self._owner}-{_mark(form, self.digest)}"'

    def version(self, header: str) -> int | None:
        """The version that a request means with If-Match; None for any. Refused where it is of something else."""
        tags = [tag.strip() for tag in header.split(",")]
        if tags == ["*"]:
            return None
        versions = {v for tag in tags if (v := self._version(tag)) is not None}
        if len(versions) != 1:
            detail = "If-Match does not name one version of this record. Send the ETag with which you have read it."
            raise Refused(CHANGED_SINCE, detail)
        return versions.pop()

    def _version(self, tag: str) -> int | None:
        number, *marks = tag.strip('"').split("-")
        of_another = bool(marks) and marks[0] != self._owner
        if not tag.startswith('"') or of_another or not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        return int(number)

    @property
    def _owner(self) -> str:
        return _mark(self.organisation.name, str(self.organisation.base), self.thing)


def _mark(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def unchanged(request: Request, tag: str) -> bool:
    """Whether the sender of a request has what the tag names already."""
    given = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") == tag for one in given.split(","))


def answer(request: Request, content: bytes, media: str, tag: str, **headers: str) -> Response:
    """What is read, or 304 where its reader has it already; no cache may give it to anybody else."""
    found = {**PRIVATE, "ETag": tag, **headers}
    if unchanged(request, tag):
        return Response(status_code=304, headers=found)
    return Response(content, 200, found, media)


def json_bytes(value: Any) -> bytes:
    """JSON as every route sends it."""
    return bytes(JSONResponse(value).body)


# -- what is wrong -----------------------------------------------------------------------


def unsound(error: DataError, organisation: Organisation) -> Refused:
    """The refusal of records that cannot be read or kept, each problem by itself; no path of the server is told."""
    problems = [_told(p, organisation) for p in error.problems]
    detail = "\n".join(str(Problem(p["where"], p["line"], p["what"], p["fix"])) for p in problems)
    return Refused(UNSOUND_RECORDS, detail, problems=problems)


def _told(problem: Problem, organisation: Organisation) -> dict[str, Any]:
    folder = str(organisation.folder)
    where = problem.path
    if where == folder or where.startswith(f"{folder}/") or Path(where).is_absolute():
        where = organisation.name
    return {"where": where, "line": problem.line, "what": problem.what, "fix": problem.fix}


def path_of(name: str) -> str:
    """The name of a record as the last part of an address.

    >>> path_of("NC 3/root-cause")
    'NC%203/root-cause'
    """
    return quote(name, safe=SAFE)


def with_entry(request: Request, headers: Mapping[str, str], number: int | None) -> dict[str, str]:
    """The headers with the log entry that a write made, which the access log is told too."""
    if number is None:
        return dict(headers)
    access_log.wrote(request, number)
    return {**headers, ENTRY_HEADER: str(number)}
