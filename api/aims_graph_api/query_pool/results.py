"""Results in the formats of the W3C, whole or not at all: what is past the limits is never cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyoxigraph as ox

from aims_graph.errors import QueryError

LOOK_EVERY = 1 << 20  # bytes between two counts of rows
Found = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


class TooMuch(Exception):
    """A result of more rows or bytes than may be sent."""


@dataclass(frozen=True)
class Counting:
    """How the rows of a format are counted: by a mark between or before them, `more` than there are marks.

    Strings can hold the mark too where `strings` are given; they are left out when the count matters.
    """

    mark: bytes
    more: int
    strings: re.Pattern[bytes] | None = None

    def exceeds(self, content: bytes | bytearray, most: int) -> bool:
        """Whether these are more rows than that."""
        if content.count(self.mark) + self.more <= most:
            return False
        return self.strings is None or self.strings.sub(b"", content).count(self.mark) + self.more > most


ROWS: Mapping[str, Counting] = {  # by the extension of a format's files
    "srj": Counting(b"},{", 1, re.compile(rb'"(?:[^"\\]|\\.)*"')),
    "srx": Counting(b"<result>", 0),
    "csv": Counting(b"\n", -1, re.compile(rb'"(?:[^"]|"")*"')),
    "tsv": Counting(b"\n", -1),
}


class Whole:
    """A result while it is written; TooMuch as soon as it is past a limit."""

    def __init__(self, most_bytes: int, most_rows: int, counting: Counting | None = None) -> None:
        self._most_bytes, self._most_rows, self._counting = most_bytes, most_rows, counting
        self._content = bytearray()
        self._look_at = LOOK_EVERY

    def write(self, piece: bytes) -> int:
        """Take the next piece."""
        self._content += piece
        if len(self._content) > self._most_bytes:
            raise TooMuch(f"{self._most_bytes} bytes")
        if len(self._content) > self._look_at:
            self._look_at += LOOK_EVERY
            self._count()
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""

    def content(self) -> bytes:
        """All of it, once nothing more comes."""
        self._count()
        return bytes(self._content)

    def _count(self) -> None:
        if self._counting is not None and self._counting.exceeds(self._content, self._most_rows):
            raise TooMuch(f"{self._most_rows} rows")


def form(found: Found) -> str:
    """What kind of result this is: select, ask or graph."""
    if isinstance(found, ox.QueryBoolean):
        return "ask"
    return "graph" if isinstance(found, ox.QueryTriples) else "select"


def written(found: Found, media_type: str, prefixes: Mapping[str, str], most_rows: int, most_bytes: int) -> bytes:
    """A result in a format. Raises TooMuch past the limits, QueryError where the format is not one for it."""
    if isinstance(found, ox.QueryTriples):
        syntax = ox.RdfFormat.from_media_type(media_type)
        if syntax is None:
            raise QueryError(f"a graph cannot be written as '{media_type}'. Ask for text/turtle.")
        whole = Whole(most_bytes, most_rows)
        ox.serialize(_counted(found, most_rows), whole, syntax, prefixes=dict(prefixes))  # type: ignore[arg-type]
        return whole.content()
    table = ox.QueryResultsFormat.from_media_type(media_type)
    if table is None:
        raise QueryError(f"rows cannot be written as '{media_type}'. Ask for application/sparql-results+json.")
    one = isinstance(found, ox.QueryBoolean)
    whole = Whole(most_bytes, most_rows, None if one else ROWS[table.file_extension])
    found.serialize(whole, table)  # type: ignore[arg-type]
    return whole.content()


def _counted(triples: ox.QueryTriples, most: int) -> Iterator[Any]:
    for number, triple in enumerate(triples):
        if number >= most:
            raise TooMuch(f"{most} statements")
        yield triple
