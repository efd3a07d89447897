"""Values as people write them: texts, days, numbers and digests, and what is wrong with one and how to write it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from aims_graph.intake import terms as words
from aims_graph.intake.forms import DIGEST, ID
from aims_graph.intake.terms import Property
from aims_graph.model import read_day
from aims_graph.vocab import XSD

LONGEST: Final = 100_000  # characters of one value
YEARS: Final = (1900, 2200)  # outside, a year is a slip of the pen
YES: Final = {"yes": True, "true": True, "no": False, "false": False}

_BARE_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|^`\\]+")
_UNWANTED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_DOTTED: Final = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_NUMBER: Final = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_DATE: Final = ox.NamedNode(f"{XSD}date")
_WRITE_DAY: Final = "Write the day as YYYY-MM-DD, for example 2026-08-18."


@dataclass(frozen=True)
class Fault:
    """What is wrong with one written value, and how to write it."""

    what: str
    fix: str = ""


def bracketed(text: str) -> str | None:
    """The absolute IRI in angle brackets, if the text is one.

    >>> bracketed("<https://example.org/a>")
    'https://example.org/a'
    """
    inner = text[1:-1] if text.startswith("<") and text.endswith(">") else ""
    return inner if _BARE_IRI.fullmatch(inner) else None


def folded_name(text: str) -> str:
    """A name as it is compared: composed letters, small, single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def plain(text: str, most: int = 60) -> str:
    """A text as a message repeats it: one line, nothing that a terminal obeys, not too long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * most]).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def unwanted(text: str) -> Fault | None:
    """The fault of a text that holds a character which no text should."""
    found = _UNWANTED.search(text)
    return Fault(f"the text holds the control character U+{ord(found[0]):04X}.", "Remove it.") if found else None


def day(text: str) -> ox.Literal | Fault:
    """The day that a text names, of the form 2026-08-18 and of the calendar."""
    try:
        found = read_day(text)
    except ValueError:
        if match := _DOTTED.fullmatch(text):
            one, other, year = match.groups()
            days = [f"{year}-{m.zfill(2)}-{d.zfill(2)}" for m, d in ((other, one), (one, other)) if _is_day(year, m, d)]
            fix = f"Write {' or '.join(dict.fromkeys(days))}." if days else _WRITE_DAY
            return Fault(f"'{text}' is not a day that reads the same everywhere.", fix)
        return Fault(f"'{plain(text)}' is not a day.", _WRITE_DAY)
    if not YEARS[0] <= found.year <= YEARS[1]:
        return Fault(f"the year of '{text}' is not between {YEARS[0]} and {YEARS[1]}.", _WRITE_DAY)
    return ox.Literal(text, datatype=_DATE)


def _is_day(year: str, month: str, day_: str) -> bool:
    try:
        read_day(f"{year}-{month.zfill(2)}-{day_.zfill(2)}")
    except ValueError:
        return False
    return True


def _day(_: Property, text: str) -> ox.Literal | Fault:
    return day(text)


def _yes_no(prop: Property, text: str) -> ox.Literal | Fault:
    said = YES.get(text.casefold())
    if said is None:
        return Fault(f"'{plain(text)}' is neither yes nor no.", "Write yes or no, or nothing while it is not known.")
    return ox.Literal(said) if prop.kind == words.YES_NO else ox.Literal("yes" if said else "no")


def _number(_: Property, text: str) -> ox.Literal | Fault:
    if not _NUMBER.fullmatch(text):
        return Fault(f"'{plain(text)}' is no number.", "Write digits, with a point before decimals.")
    return ox.Literal(text, datatype=ox.NamedNode(f"{XSD}decimal"))


def _digest(_: Property, text: str) -> ox.Literal | Fault:
    if not _DIGEST.fullmatch(text.lower()):
        return Fault(f"'{plain(text)}' is no SHA-256 value.", "It has 64 characters, digits and the letters a to f.")
    return ox.Literal(text.lower())


def _text(_: Property, text: str) -> ox.Literal | Fault:
    return ox.Literal(text)


LITERAL_READERS: Final = {
    words.DAY: _day,
    words.YES_NO: _yes_no,
    words.NUMBER: _number,
    DIGEST: _digest,
    words.TEXT: _text,
    ID: _text,
}
"""Kind of value, to what reads its text."""
