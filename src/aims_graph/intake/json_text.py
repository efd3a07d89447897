"""JSON text to values, refusing what JSON readers let pass.

That is: keys that stand twice, numbers that are none, and endless nesting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem
from aims_graph.intake.written import plain
from aims_graph.nesting import check_nesting

DEEPEST: Final = 50  # objects and lists inside one another


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as written, before its keys are known to differ."""


@dataclass(frozen=True)
class _Odd:
    """A JSON value that is none: NaN or an infinity."""

    text: str


def parsed(name: str, text: str) -> Any:
    """The value of a JSON text; DataError for one that is broken, too deep, or has a key twice or no number."""
    check_nesting(name, text, ox.RdfFormat.JSON_LD, DEEPEST)
    try:
        found = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_Odd, parse_float=Decimal, parse_int=Decimal)
    except json.JSONDecodeError as error:
        what = f"column {error.colno}: not valid JSON: {error.msg[0].lower()}{error.msg[1:]}."
        raise DataError([Problem(name, error.lineno, what, "Correct the syntax there.")]) from error
    problems: list[Problem] = []
    value = _plain(name, found, "", problems)
    if problems:
        raise DataError(problems)
    return value


def _plain(name: str, found: Any, pointer: str, problems: list[Problem]) -> Any:
    """The value with its objects as dicts; what no JSON may hold becomes a problem with its pointer."""
    if isinstance(found, _Odd):
        problems.append(Problem(name, None, f"{pointer}: {found.text} is no number.", "Leave the value out."))
    if isinstance(found, _Pairs):
        made: dict[str, Any] = {}
        for key, value in found:
            inner = f"{pointer}/{pointed(key)}"
            if key in made:
                what = f"{inner}: the key stands twice."
                problems.append(Problem(name, None, what, "Keep one; several values are a list."))
            made[key] = _plain(name, value, inner, problems)
        return made
    if isinstance(found, list):
        return [_plain(name, value, f"{pointer}/{n}", problems) for n, value in enumerate(found)]
    return found


def pointed(key: str) -> str:
    """A key as a JSON pointer writes it.

    >>> pointed("a/b")
    'a~1b'
    """
    return plain(key).replace("~", "~0").replace("/", "~1")
