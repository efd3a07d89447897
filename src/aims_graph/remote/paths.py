"""Paths without end, followed step by step and sent as what they reach: servers are not to be relied on to follow them.

Virtuoso 7 finds nothing, or less, where it chooses a plan that has both ends of such a path before it follows it, and
says so nowhere. A saved question has each such path in braces of its own, from or to a parameter: `WHERE { ?part
aims:partOf* ?whole }`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyoxigraph as ox

from aims_graph.remote.server import Server
from aims_graph.sparql_text import tokens

AT_ONCE = 200  # ends of one step
_NOTHING = "<urn:aims-graph:nothing>"  # instead of no values at all, which servers refuse
_LENGTH = 7  # tokens from WHERE to the closing brace


def followed(server: Server, text: str, graphs: Sequence[str]) -> str:
    """A query with the names that its paths without end reach in some graphs, in the place of the paths."""
    found = list(tokens(text))
    said = [n for n, (kind, part) in enumerate(found) if kind != "comment" and not part.isspace()]
    first = next((n for n in said if found[n][1].upper() == "SELECT"), 0)
    prologue = "".join(part for _, part in found[:first])
    parts = [part for _, part in found]
    for begin in range(len(said) - _LENGTH + 1):
        places = said[begin : begin + _LENGTH]
        where, brace, left, step, times, right, end = (found[n] for n in places)
        if (where[1].upper(), brace[1], times[1] in ("*", "+"), end[1]) != ("WHERE", "{", True, "}"):
            continue
        if {left[0], right[0]} != {"word", "iri"} or step[0] not in ("name", "iri"):
            continue
        backwards = right[0] == "iri"
        start, free = (right[1], left[1]) if backwards else (left[1], right[1])
        one = f"?next {step[1]} ?at" if backwards else f"?at {step[1]} ?next"
        reached = _reached(server, prologue, one, start, graphs) + ([start] if times[1] == "*" else [])
        for n in range(places[2], places[5] + 1):
            parts[n] = ""
        parts[places[2]] = f"VALUES {free} {{ {' '.join(sorted(set(reached))) or _NOTHING} }}"
    return "".join(parts)


def _reached(server: Server, prologue: str, one: str, start: str, graphs: Sequence[str]) -> list[str]:
    """The names that one step or more lead to."""
    seen: set[str] = set()
    front = [start]
    while front:
        found = {
            str(row["next"])
            for ends in _parts(front)
            for row in server.select(
                f"{prologue}SELECT DISTINCT ?next WHERE {{ VALUES ?at {{ {' '.join(ends)} }} {one} }}", graphs
            )[1]
            if isinstance(row["next"], ox.NamedNode)
        }
        front = sorted(found - seen)
        seen |= found
    return sorted(seen)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[n : n + AT_ONCE] for n in range(0, len(names), AT_ONCE))
