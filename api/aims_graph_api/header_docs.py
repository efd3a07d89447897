"""Headers as the OpenAPI document describes them: those that a caller may send, and those that come back."""

from __future__ import annotations

from typing import Any, Final

Json = dict[str, Any]
TEXT: Final[Json] = {"type": "string"}
IF_MATCH: Final = ("If-Match", "The ETag that was read: nothing is changed (412) if anything was written since.")
IF_NONE_MATCH: Final = ("If-None-Match", "The ETag that the caller has: 304 where that is still true.")
SIGNED: Final = (
    ("Idempotency-Key", "Names this request: one that comes twice with the same key is carried out once."),
    ("X-Reason", "Why, for the audit log."),
)
ENTRY: Final[Json] = {"X-Audit-Entry": {"description": "The entry of the audit log that was made.", "schema": TEXT}}
VALIDATORS: Final = {
    "ETag": "The version of this answer; send it back as If-None-Match.",
    "Cache-Control": "`public, no-cache`; `private, no-cache` for a caller with records.",
    "Vary": "What of a request the answer depends on beside its address.",
}
VERSIONED: Final[Json] = {name: {"description": said, "schema": TEXT} for name, said in VALIDATORS.items()}
UNCHANGED: Final[Json] = {"description": "What the caller has is still true.", "headers": VERSIONED}
VERSION: Final[Json] = {"ETag": {"description": "The version of the record now, where one is meant.", "schema": TEXT}}
PLACE: Final[Json] = {"Location": {"description": "Where the record is, where there is one.", "schema": TEXT}}


def header_parameters(*known: tuple[str, str]) -> list[Json]:
    """Headers that may be sent, each with what it is for."""
    return [{"name": n, "in": "header", "required": False, "description": said, "schema": TEXT} for n, said in known]
