"""Formats: which of those on offer a client gets, by what it says it accepts (RFC 9110, 12.5.1), and what it sends."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fastapi import Depends, Request

from aims_graph_api.problems import MEDIA_TYPE_UNKNOWN, NOT_ACCEPTABLE, Refused

MOST_RANGES = 100  # that are read of one header


@dataclass(frozen=True)
class Range:
    """One entry of an Accept header: a media type or a wildcard, its parameters, and how much it is wanted."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float  # 0 to 1; 0 is "not this one"

    def fits(self, media_type: str) -> bool:
        """Whether a format is one of these; parameters that the format does not state fit nothing."""
        kind, stated = _read(media_type)
        main, _, sub = kind.partition("/")
        if (self.type, self.subtype) == ("*", "*"):
            return self.parameters <= stated
        return self.type == main and self.subtype in ("*", sub) and self.parameters <= stated

    @property
    def exactness(self) -> tuple[bool, bool, int]:
        """How closely it names a format: the closest entry that fits decides."""
        return self.type != "*", self.subtype != "*", len(self.parameters)


NEGOTIATIONS_KEPT = 1_000  # most clients send one of a few headers; longer ones are read each time
LONGEST_KEPT = 200  # bytes
LONGEST_SAID = 100  # characters of a media type that nobody knows
JSON = "application/json"


def accepted(request: Request) -> str | None:
    """What a client says it accepts; None where it says nothing."""
    return ", ".join(request.headers.getlist("accept")) or None


def negotiated(accept: str | None, offered: Sequence[str]) -> str:
    """The format on offer that is wanted most; of several wanted alike, the one that is offered first.

    Raises Refused (406) that lists what is offered where none of it is accepted.

    >>> negotiated("text/csv;q=0.5, application/*", ["text/csv", "application/json"])
    'application/json'
    """
    found = _best if accept is None or len(accept) <= LONGEST_KEPT else _best.__wrapped__
    return found(accept, tuple(offered))


@lru_cache(NEGOTIATIONS_KEPT)
def _best(accept: str | None, offered: tuple[str, ...]) -> str:
    ranges = tuple(_ranges(accept or ""))
    if not ranges:
        return offered[0]
    wanted = {media_type: _quality(media_type, ranges) for media_type in offered}
    best = max(wanted.values())
    if best <= 0:
        shown = ", ".join(dict.fromkeys(offered))
        raise Refused(NOT_ACCEPTABLE, f"None of the formats of this answer is accepted. Accept one of: {shown}.")
    return next(media_type for media_type, quality in wanted.items() if quality == best)


def _quality(media_type: str, ranges: Sequence[Range]) -> float:
    fitting = [found for found in ranges if found.fits(media_type)]
    return max(fitting, key=lambda found: (found.exactness, found.quality)).quality if fitting else 0.0


def _ranges(accept: str) -> Iterator[Range]:
    """The entries that can be read; others say nothing."""
    for entry in accept.split(",")[:MOST_RANGES]:
        kind, parameters = _read(entry)
        main, slash, sub = kind.partition("/")
        if not (main and slash and sub) or (main == "*" and sub != "*"):
            continue
        stated = frozenset((name, value) for name, value in parameters if name not in ("q", "charset"))
        yield Range(main, sub, stated, _weight(dict(parameters).get("q", "1")))


def _weight(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if 0 <= found <= 1 else 0.0


def _read(entry: str) -> tuple[str, frozenset[tuple[str, str]]]:
    """A media type and its parameters, in lower case."""
    kind, *rest = (part.strip().lower() for part in entry.split(";"))
    pairs = (part.partition("=") for part in rest if part)
    return kind, frozenset((name.strip(), value.strip().strip('"')) for name, _, value in pairs)


def media_type_of(content_type: str | None) -> tuple[str, str]:
    """(media type, charset) of a Content-Type header, in lower case; the charset is utf-8 where none is stated."""
    kind, parameters = _read(content_type or "")
    return kind, dict(parameters).get("charset", "utf-8").replace("utf8", "utf-8")


def sent_as(request: Request, *known: str) -> str:
    """The media type of what is sent, one of those that are read here; Refused (415) where it is none of them."""
    kind, _ = media_type_of(request.headers.get("content-type"))
    if kind in known:
        return kind
    said = f"'{kind[:LONGEST_SAID]}' cannot be read here" if kind else "what is sent has no Content-Type"
    *most, last = known
    others = f"{', '.join(most)} or " if most else ""
    raise Refused(MEDIA_TYPE_UNKNOWN, f"{said}. Send {others}{last}.")


def _sent_json(request: Request) -> None:
    """See that what is sent says that it is JSON; that nothing is sent is said elsewhere."""
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        sent_as(request, JSON)


SENT_JSON = Depends(_sent_json)  # of a route that takes JSON and nothing else
