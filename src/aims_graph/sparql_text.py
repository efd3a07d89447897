"""SPARQL text before a parser sees it: tokens, dotted names mended, what is refused.

The store misreads prefixed names with two or more dots (`p:b.10.2` becomes
`p:b.10` and `0.2` in VALUES), so inner dots are escaped here. Deep nesting can
crash a recursive parser, so it is counted first. Strings, IRIs and comments are
left alone.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

from aims_graph.errors import ForbiddenQuery, QueryError

MAX_SIZE = 200_000  # characters
MAX_NESTING = 100  # open brackets of any kind
SHOWN = 3  # graphs named where one is not found
NOTHING = ("", "")  # the token after the last

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
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")
_REACHING = ("SERVICE", "LOAD", "FROM", "USING")  # words that make a query read something else
_BEFORE_NAMES = frozenset(
    [
        "PREFIX",
        "FROM",
        "NAMED",
        "DESCRIBE",
        "USING",
        "WITH",
        "GRAPH",
        "TO",
        "INTO",
        "SILENT",
        "COPY",
        "MOVE",
        "ADD",
        "BY",
        "ASC",
        "DESC",
        "HAVING",
    ]
)  # words after which a name is a name
_UPDATES = frozenset(["INSERT", "DELETE", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD"])


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


def refuse_dangerous(
    text: str,
    graphs: Container[str] = (),
    prefixes: Mapping[str, str] | None = None,
    updating: bool = False,
) -> None:
    """Refuse text that is too large or nested, that changes data, or that reaches outside.

    `graphs` are those that FROM and USING may name, `prefixes` are taken as declared; with `updating`, operations
    that change data pass, except LOAD. Raises ForbiddenQuery for what reaches outside, QueryError for the rest.
    """
    if len(text) > MAX_SIZE:
        raise QueryError(f"the query has {len(text)} characters; at most {MAX_SIZE} are read. Shorten it.")
    for reading in dict.fromkeys((text, _unicode_unescaped(text))):  # parsers differ in when they read an escape,
        _Reading(graphs, dict(prefixes or {}), updating).read(reading)  # so both readings must be harmless


def names_dataset(text: str) -> bool:
    """Whether a query says itself which graphs it reads, by FROM."""
    return any(kind == "word" and part.upper() == "FROM" for kind, part in tokens(text))


def significant(text: str) -> Iterator[tuple[str, str]]:
    """The tokens without space and comments."""
    return ((kind, part) for kind, part in tokens(text) if kind != "comment" and not part.isspace())


@dataclass
class _Reading:
    """One pass over a text: how deep it is, which prefixes it has declared, what it names."""

    graphs: Container[str]
    prefixes: dict[str, str]
    updating: bool

    def read(self, text: str) -> None:
        self._check_borders(text)
        depth = 0
        following = significant(text)
        for kind, part in following:
            if kind == "open":
                depth += 1
                if depth > MAX_NESTING:
                    raise QueryError(f"brackets are nested deeper than {MAX_NESTING}. Flatten the query.")
            elif kind == "close":
                depth -= 1
            elif kind == "word":
                self._word(part.upper(), following)

    def _check_borders(self, text: str) -> None:
        """Refuse words that reach outside and stand without a border: parsers find them in `1SERVICE` and `FROMex:g`.

        As a part of a word nothing else can be meant. Before the colon of a name they may be its prefix; so names are
        refused only where such a word could stand: before a group (SERVICE) or outside of all brackets (the others).
        """
        depth, before, name = 0, NOTHING, ""
        for kind, part in significant(text):
            if kind == "word" and part[0] not in "?$":
                word = part.upper()
                for reaching in _REACHING:
                    if reaching in word and reaching != word:
                        raise _glued(reaching, part)
            elif kind == "open":
                if part == "{" and name:
                    raise _glued("SERVICE", name)
                depth += 1
            elif kind == "close":
                depth -= 1
            name = ""
            if kind == "name":
                prefix = part.partition(":")[0].upper()
                known = before[0] == "word" and before[1] in _BEFORE_NAMES
                if "SERVICE" in prefix and not known:
                    name = part
                for reaching in ("LOAD", "FROM", "USING", "PREFIX"):
                    if depth <= 0 and not known and reaching in prefix:
                        raise _glued(reaching, part)
            before = kind, part.upper()

    def _word(self, word: str, following: Iterator[tuple[str, str]]) -> None:
        if word == "SERVICE":
            raise ForbiddenQuery("SERVICE asks another host and is refused. Query the loaded data only.")
        if word == "LOAD":
            raise ForbiddenQuery("LOAD changes data with what lies elsewhere and is refused. Send the data itself.")
        if word == "PREFIX":
            self._declare(next(following, NOTHING), next(following, NOTHING))
        elif word == "FROM" or (word == "USING" and self.updating):
            self._graph(word, following)
        elif word in _UPDATES and not self.updating:
            raise QueryError(f"{word} changes data and is refused here. Ask with SELECT, ASK, CONSTRUCT or DESCRIBE.")

    def _declare(self, name: tuple[str, str], iri: tuple[str, str]) -> None:
        for kind, part in (name, iri):
            if kind == "word":
                self._word(part.upper(), iter(()))
        if name[0] == "name" and iri[0] == "iri":
            self.prefixes[name[1].partition(":")[0]] = iri[1][1:-1]

    def _graph(self, word: str, following: Iterator[tuple[str, str]]) -> None:
        if not self.graphs:
            raise ForbiddenQuery(f"{word} is refused: the dataset is what is loaded. Use GRAPH to pick a named graph.")
        kind, part = next(following, NOTHING)
        if kind == "word" and part.upper() == "NAMED":
            kind, part = next(following, NOTHING)
        iri = self._whole(kind, part)
        if iri not in self.graphs:
            raise ForbiddenQuery(unknown_graph(word, iri, self.graphs))

    def _whole(self, kind: str, part: str) -> str:
        """The IRI that a token stands for; ForbiddenQuery where that cannot be told from the token."""
        if kind == "iri" and _ABSOLUTE.match(part):
            return part[1:-1]
        prefix, colon, local = part.partition(":")
        if kind == "name" and colon and prefix in self.prefixes:
            return self.prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
        raise ForbiddenQuery(f"'{part[:80]}' names no graph that can be told. Write its whole IRI between < and >.")


def _glued(word: str, part: str) -> ForbiddenQuery:
    return ForbiddenQuery(
        f"'{part[:80]}' may be read as {word} and what follows it, which is refused. Put a blank between two words, or "
        "give a prefix another name."
    )


def unknown_graph(word: str, iri: str, graphs: Container[str]) -> str:
    """What to say of a graph that is not in the dataset: a few that are."""
    few = sorted(g for g in graphs if g)[:SHOWN] if isinstance(graphs, Iterable) else []
    there = f" There are, among others: {', '.join(f'<{g}>' for g in few)}." if few else ""
    return f"{word} names <{iri[:200]}>, which is no graph of this dataset.{there}"


def _unicode_unescaped(text: str) -> str:
    r"""Turn \uXXXX escapes into characters, as SPARQL does before it reads tokens."""
    return re.sub(
        r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})",
        lambda m: chr(min(int(m[1] or m[2], 16), 0x10FFFF)),
        text,
    )
