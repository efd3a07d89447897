"""Which of the media types that can be had a request prefers, by its Accept header (RFC 9110)."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import Request

from aims_graph_api.problems import NOT_ACCEPTABLE, Refused


def chosen(request: Request, offered: Sequence[str]) -> str:
    """The media type that is preferred; the first that is offered where all are as good. Refused where none will do."""
    header = ",".join(request.headers.getlist("accept")) or "*/*"
    found = best(header, offered)
    if found is None:
        raise Refused(NOT_ACCEPTABLE, f"This is to be had as: {', '.join(offered)}. Ask for one of them with Accept.")
    return found


def best(header: str, offered: Sequence[str]) -> str | None:
    """The offered media type that an Accept header prefers; None where it takes none.

    >>> best("text/turtle;q=0.5, application/*", ["text/turtle", "application/json"])
    'application/json'
    >>> best("text/html", ["text/turtle"]) is None
    True
    """
    ranges = [_range(part) for part in header.split(",") if part.strip()]
    weights = {media: _weight(media, ranges) for media in offered}
    wanted = max(weights.values(), default=0.0)
    return next((media for media in offered if weights[media] == wanted), None) if wanted > 0 else None


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    said = next((p[2:] for p in parameters if p[:2].lower() == "q="), "1")
    try:
        weight = float(said)
    except ValueError:
        weight = 0.0
    return name.lower(), weight if 0 <= weight <= 1 else 0.0


def _weight(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that a media type is in."""
    kind = media.partition("/")[0]
    for name in (media, f"{kind}/*", "*/*"):
        weights = [weight for range_, weight in ranges if range_ == name]
        if weights:
            return max(weights)
    return 0.0
