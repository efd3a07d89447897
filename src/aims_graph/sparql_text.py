"""SPARQL text before a parser sees it: tokens, dotted names mended, what is refused.

The store misreads prefixed names with two or more dots (`p:b.10.2` becomes
`p:b.10` and `0.2` in VALUES), so inner dots are escaped here. Deep nesting can
crash a recursive parser, so it is counted first. Strings, IRIs and comments are
left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from aims_graph.errors import QueryError

MAX_SIZE = 200_000  # characters
MAX_NESTING = 100  # open brackets of any kind

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n\r]*)
  | (?P<iri><[^<>"{}|^`\\\s]*>)
  | (?P<string>\"\"\"(?:[^"\\]|\\.|"(?!""))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''
      |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
  | (?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
  | (?P<blank>_:[\w.-]*)
  | (?P<name>(?:[A-Za-z\u00c0-\uffff][\w.-]{0,63})?:(?:[\w:%-]|\\[-_~.!$&'()*+,;=/?\#@%]|\.(?=[\w:%.\\-]))*)
  | (?P<word>[?$]?\w+)
  | (?P<open>[({\[])
  | (?P<close>[)}\]])
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_UPDATES = frozenset(["INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"])


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of every token; joined again they give the text unchanged."""
    for match in _TOKEN.finditer(text):
        yield match.lastgroup or "other", match.group()


def escape_dots(text: str) -> str:
    r"""Escape the inner dots of prefixed names, so that every parser reads the same name.

    >>> escape_dots("SELECT * { VALUES ?p { ex:b.10.2 } } # b.10.2")
    'SELECT * { VALUES ?p { ex:b\\.10\\.2 } } # b.10.2'
    """
    return "".join(_escaped(part) if kind == "name" else part for kind, part in tokens(text))


def _escaped(name: str) -> str:
    prefix, colon, local = name.partition(":")
    return prefix + colon + re.sub(r"(?<!\\)\.", r"\\.", local)


def unescaped_dotted_names(text: str) -> list[tuple[int, str]]:
    """(line, name) of every prefixed name with a dot that is not escaped."""
    found: list[tuple[int, str]] = []
    line = 1
    for kind, part in tokens(text):
        if kind == "name" and re.search(r"(?<!\\)\.", part.partition(":")[2]):
            found.append((line, part))
        line += part.count("\n")
    return found


def refuse_dangerous(text: str) -> None:
    """Raise QueryError for text that is too large or nested, that updates, or that reaches outside."""
    if len(text) > MAX_SIZE:
        raise QueryError(f"the query has {len(text)} characters; at most {MAX_SIZE} are read. Shorten it.")
    for reading in dict.fromkeys((text, _unicode_unescaped(text))):
        _refuse_in(reading)  # parsers differ in when they read an escape, so both readings must be harmless


def _refuse_in(text: str) -> None:
    depth = 0
    previous = ""
    for kind, part in tokens(text):
        if kind == "open":
            depth += 1
            if depth > MAX_NESTING:
                raise QueryError(f"brackets are nested deeper than {MAX_NESTING}. Flatten the query.")
        elif kind == "close":
            depth -= 1
        elif kind == "word":
            _refuse_word(part.upper(), previous)
            previous = part.upper()


def _refuse_word(word: str, previous: str) -> None:
    if word == "SERVICE":
        raise QueryError("SERVICE asks another host and is refused. Query the loaded data only.")
    if word == "FROM" or (word == "NAMED" and previous == "FROM"):
        raise QueryError("FROM is refused: the dataset is what is loaded. Use GRAPH to pick a named graph.")
    if word in _UPDATES:
        raise QueryError(f"{word} changes data and is refused here. Ask with SELECT, ASK, CONSTRUCT or DESCRIBE.")


def _unicode_unescaped(text: str) -> str:
    r"""Turn \uXXXX escapes into characters, as SPARQL does before it reads tokens."""
    return re.sub(
        r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})",
        lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)),
        text,
    )
