"""One exception tree. Every message says what is wrong, where, and how to fix it.

AimsGraphError
├── DataError          a data file is wrong (all problems of all files at once)
│   └── UnsoundRecords     records cannot be kept as they are stated
├── NameError_         what a person typed names no single thing
│   ├── UnknownName        nothing has that name; carries the nearest candidates
│   └── AmbiguousName      several things have it; carries all of them
├── InputError         an option, date or request that cannot be used
│   ├── ChangedSince       a record is not at the version that its writer has seen
│   └── KeyUsed            a key of another request
├── OutputError        a file that cannot be written
├── QueryError         a query that cannot be parsed or run
│   └── ForbiddenQuery     a query that reaches what it may not reach
└── MissingDependency  an optional part that is not installed
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong with one place of one file.

    >>> str(Problem("mappings/a--b.sssom.tsv", 14, "object 'x:1' is not a provision.", "Use 'x:2'."))
    "mappings/a--b.sssom.tsv:14: object 'x:1' is not a provision. Use 'x:2'."
    """

    path: str
    line: int | None
    what: str
    fix: str

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where}: {self.what} {self.fix}".rstrip()


NO_RECORDS = "provision, and no records are loaded"  # of a name that could be a record's
HINTS = {
    NO_RECORDS: "Search for a word of its title, or load the file of its record.",
    "provision": "Search for a word of its title.",
    "record": "The list of records has all that are there: GET /records, or 'aims-graph export'.",
    "mapping row": "A row is named by its id, or by its file and line as proofs show them.",
}
"""What to do about a name of a kind when none is near."""


class AimsGraphError(Exception):
    """The root: anything this package raises on purpose."""


class DataError(AimsGraphError):
    """Data files are wrong; `problems` lists every one found, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.path, p.line or 0, p.what)))
        super().__init__("\n".join(str(p) for p in self.problems))


class UnsoundRecords(DataError):
    """Records that cannot be kept as they are stated: rules forbid it, or the life of a case does."""


class NameError_(AimsGraphError):
    """A typed name that stands for no single thing; `candidates` are ids, nearest first."""

    def __init__(self, message: str, text: str, candidates: Iterable[str]) -> None:
        self.text = text
        self.candidates = tuple(candidates)
        super().__init__(message)


class UnknownName(NameError_):
    """Nothing of this kind has this name; `hint` says what to do where the candidates alone do not.

    >>> print(UnknownName("x-999", ["act:x-99"]))
    'x-999' is not a known provision. Did you mean 'act:x-99'?
    """

    def __init__(self, text: str, candidates: Iterable[str], kind: str = "provision", hint: str | None = None) -> None:
        names = tuple(candidates)
        self.kind = kind
        if hint is None:
            hint = f"Did you mean {_listed(names)}?" if names else HINTS.get(kind, "")
        super().__init__(f"{_short(text)!r} is not a known {kind}. {hint}".rstrip(), text, names)


class AmbiguousName(NameError_):
    """Several things have this name; the person must say which."""

    def __init__(self, text: str, candidates: Iterable[str]) -> None:
        names = tuple(candidates)
        super().__init__(f"{_short(text)!r} can mean {_listed(names)}. Which one is meant?", text, names)


class InputError(AimsGraphError):
    """An option or request that cannot be used."""


class ChangedSince(InputError):
    """A record is not at the version that whoever changes it has seen."""


class KeyUsed(InputError):
    """The key of a request was used for another request."""


class OutputError(AimsGraphError):
    """A file that cannot be written."""


class QueryError(AimsGraphError):
    """A query that cannot be parsed or run."""


class ForbiddenQuery(QueryError):
    """A query that reaches what it may not reach: another host, a file, a graph that is not in its dataset."""


class MissingDependency(AimsGraphError):
    """An optional part that is not installed.

    >>> print(MissingDependency("Java is needed to run HermiT.", "pip install 'aims-graph[owl]'"))
    Java is needed to run HermiT. To get it: pip install 'aims-graph[owl]'
    """

    def __init__(self, what: str, fix: str) -> None:
        self.what = what
        self.fix = fix
        super().__init__(f"{what} To get it: {fix}")


def _short(text: str, most: int = 80) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _listed(names: tuple[str, ...]) -> str:
    quoted = [f"'{name}'" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
