"""Long lists, a page at a time: where the next page begins, and how that is told."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Annotated, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request
from pydantic import Field

from aims_graph.library import Library
from aims_graph_api.problems import BAD_INPUT, Refused

T = TypeVar("T")
MOST = 1000  # things on one page
Limit = Annotated[int, Field(ge=1, le=MOST, description="At most so many on a page.")]
Cursor = Annotated[
    str | None,
    Field(
        max_length=200, description="Where a page begins: what `next` of the page before says. The first if left out."
    ),
]
LINK = {"description": "The address of the next page, `rel=next` (RFC 8288).", "schema": {"type": "string"}}
PAGED = {"headers": {"Link": LINK}}


class Pages:
    """The pages of one list: of one version of the data, asked for in one way."""

    def __init__(self, request: Request, library: Library, *also: str) -> None:
        """`also` is what else decides what is on the list, such as the day where none is named."""
        self._path = request.scope["path"]
        self._asked = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
        listed = urlencode([(k, v) for k, v in self._asked if k != "limit"])
        self._list = "\n".join((library.catalogue.digest, self._path, listed, *also))

    def start(self, cursor: str | None) -> int:
        """The place of a cursor; refused where it is of another list, or the data has changed."""
        if cursor is None:
            return 0
        try:
            place = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii").partition(".")[0]
            if self.cursor(int(place)) == cursor:
                return int(place)
        except ValueError:  # neither base 64 nor a number
            pass
        detail = (
            "This cursor is not of this list as it is now: the data or the filters are others. Start again without it."
        )
        raise Refused(BAD_INPUT, detail)

    def cursor(self, place: int) -> str:
        """Where a page begins, as a word that means something only here."""
        seal = hashlib.sha256(f"{self._list}\n{place}".encode()).hexdigest()[:20]
        return base64.urlsafe_b64encode(f"{place}.{seal}".encode()).decode().rstrip("=")

    def next(self, place: int | None) -> str | None:
        """The address of the page that begins at a place."""
        if place is None:
            return None
        return f"{quote(self._path)}?{urlencode([*self._asked, ('cursor', self.cursor(place))])}"

    def headers(self, place: int | None) -> dict[str, str]:
        """The Link header to the page that begins at a place."""
        address = self.next(place)
        return {} if address is None else {"Link": f'<{address}>; rel="next"'}


def page(items: Sequence[T], start: int, limit: int) -> tuple[Sequence[T], int | None]:
    """So many things from a place on, and the place where the next ones begin; None where nothing is left."""
    end = start + limit
    return items[start:end], end if end < len(items) else None
