"""Values put for the parameters of a query as whole terms, on its tokens, so that every engine reads the same.

What a parameter stands for must be known in every part of a query, in OPTIONAL and UNION too, where a block of VALUES
beside them is not. So the text that is sent holds the term wherever the query has the variable. A term is written by
the library, and takes the place of one token: nothing in it can end a string or begin another clause.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from aims_graph.sparql_text import tokens

_LISTS = {"SELECT": "projection", "GROUP": "order", "ORDER": "order"}
_ENDS = ("WHERE", "HAVING", "LIMIT", "OFFSET")


def bound(text: str, values: Mapping[str, ox.NamedNode | ox.Literal]) -> str:
    """A query with terms for some of its variables, which it then no longer projects, groups or sorts by.

    >>> bound("SELECT ?x ?y WHERE { ?x ?p ?y } ORDER BY ?x", {"x": ox.NamedNode("urn:a")})
    'SELECT  ?y WHERE { <urn:a> ?p ?y } ORDER BY '
    """
    parts: list[str] = []
    region, depth = "body", 0
    for kind, part in tokens(text):
        word = part.upper() if kind == "word" else ""
        if kind == "comment":
            parts.append(" ")
            continue
        if word in _LISTS and (region, depth) != ("projection", 1):
            region, depth = _LISTS[word], 0
        elif word in _ENDS or part in ("{", "}"):
            region = "body"
        elif region != "body" and part in ("(", ")"):
            depth += 1 if part == "(" else -1
        name = part[1:] if kind == "word" and part[0] in "?$" else ""
        if name not in values:
            parts.append(part)
        elif region == "body" or depth:
            parts.append(f"{values[name]}")
    return "".join(parts)
