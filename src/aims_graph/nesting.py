"""How deep things stand in one another in a text, before a parser that would follow them down is given it.

Parsers of RDF that call themselves for what stands inside end the whole process where that goes too deep.
"""

from __future__ import annotations

import re
from typing import Final
from xml.parsers import expat

import pyoxigraph as ox

from aims_graph.errors import DataError, Problem

DEEPEST: Final = 100  # brackets, triples in triples, objects or elements inside one another
_JSON: Final = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^"\[\]{}])*+(?P<sign>[\[\]{}]|\Z)', re.DOTALL)
_TURTLE: Final = re.compile(
    r"""
    (?:\#[^\n\r]*+
      |<(?!<)[^\x00-\x20<>"{}|^`]*+>
      |\"\"\"(?:[^"\\]|\\.|"(?!""))*+(?:\"\"\")?|'''(?:[^'\\]|\\.|'(?!''))*+(?:''')?
      |"(?:[^"\\]|\\.)*+"?|'(?:[^'\\]|\\.)*+'?
      |\\.
      |[^\#<>"'\\\[\](){}]++
      |<(?!<)|>(?!>)
    )*+
    (?P<sign><<|>>|[\[\](){}]|\Z)
    """,
    re.VERBOSE | re.DOTALL,
)
"""What ends with the next bracket. A string that is never closed reaches to the end; nothing is read twice."""


def check_nesting(name: str, text: str, form: ox.RdfFormat, deepest: int = DEEPEST) -> None:
    """Raise DataError, with the line, where things stand more than so deep in one another in a text of a format."""
    if form == ox.RdfFormat.RDF_XML:
        _check_elements(name, text, deepest)
        return
    json = form == ox.RdfFormat.JSON_LD
    if sum(map(text.count, "[{" if json else ("[", "{", "(", "<<"))) <= deepest:
        return
    depth = 0
    for match in (_JSON if json else _TURTLE).finditer(text):
        sign = match["sign"]
        depth += (sign in ("[", "{", "(", "<<")) - (sign in ("]", "}", ")", ">>"))
        if depth > deepest:
            what = "objects and lists" if json else "brackets"
            raise _too_deep(name, text.count("\n", 0, match.end()) + 1, what, deepest)


def _check_elements(name: str, text: str, deepest: int) -> None:
    parser = expat.ParserCreate("utf-8")
    depth = 0

    def start(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > deepest:
            raise _too_deep(name, parser.CurrentLineNumber, "elements", deepest)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        what = f"not valid XML: {expat.ErrorString(error.code)}."
        raise DataError([Problem(name, error.lineno, what, "Correct the syntax there.")]) from error


def _too_deep(name: str, line: int, what: str, deepest: int) -> DataError:
    said = f"{what} stand more than {deepest} deep in one another."
    return DataError([Problem(name, line, said, "Give the inner ones as records or nodes of their own.")])
