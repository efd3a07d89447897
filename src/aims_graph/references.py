"""References to provisions in other people's tables: which of them exist, and what was probably meant.

A cell that is an id of a loaded edition, has a printed form of one, or names an
edition with a locator is a reference. What else a column holds is one if its
name says so (`subject_id`, `object_id`), if it names a loaded edition, or if at
least half of its cells name one provision each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from aims_graph.catalogue import Catalogue
from aims_graph.errors import Problem
from aims_graph.foreign_tables import NOTHING, Column, plain, read_columns, read_rows
from aims_graph.names import Key, Names, words

OFFERED = 3  # candidates named with a reference that does not exist
SIDES = ("subject_id", "object_id")
LONGEST = 200  # characters; a longer cell is prose
_DIGIT = re.compile(r"\d")
_YEAR = re.compile(r"(?:19|20)\d\d")
_PROSE = re.compile(
    r"label|title|name|text|comment|description|rationale|reason|note\b|notes\b"
    r"|strength|confidence|score|status|maturity|coverage|weight|percent|date",
    re.I,
)
_VERSION = re.compile(
    r"\b(?:19|20)\d\d\b|\bv(?:ersion)?\W*\d[\d.]*|\brev(?:ision)?\W*\d+|(?<![\w.])\d+\.\d+(?![\w.])", re.I
)
_TITLED = re.compile(r"(\S.*\d\S*?)[:,]?\s+(?:[-–—]\s+)?[^\W\d_][^\d]{3,}")  # a locator and then words
_PREFIXED = re.compile(r"([A-Za-z][\w.-]*):(?!//)[^\s]+")
_SPACE = re.compile(r"\s")
_ENDS = re.compile(r"[;\r\n]+")
_JOINTS = (re.compile(r","), re.compile(r"\s+(?:and|&)\s+"))


Lines = dict[str, list[int]]  # what is written, and where


@dataclass(frozen=True)
class Checked:
    """What was checked of one table, and what is wrong with it."""

    unread: tuple[Problem, ...]  # lines that cannot be read
    faults: tuple[Problem, ...]
    columns: int  # that hold references
    references: int


@dataclass(frozen=True)
class _Meaning:
    """What a column's name says of its cells."""

    declared: bool = False
    edition: str | None = None
    foreign: bool = False  # it names an edition that is not loaded
    prose: bool = False


def check(catalogue: Catalogue, path: str, text: str) -> Checked:
    """The references of a table: those that name no provision, each with the nearest that exist."""
    judge = _Judge(catalogue)
    rows, unread = read_rows(path, text)
    columns = read_columns(rows, judge.is_id, _side)
    judged = [judge.column(path, column) for column in columns]
    faults = [fault for found, _ in judged for fault in found]
    references = [count for _, count in judged if count]
    if not references and not faults and not unread:
        fix = "Name a column subject_id, or after a framework."
        faults.append(Problem(path, columns[0].line if columns else None, "no column names a provision.", fix))
    return Checked(tuple(unread), tuple(faults), len(references), sum(references))


def unknown(catalogue: Catalogue, path: str, text: str) -> Iterator[Problem]:
    """All that is wrong with a table, lines that cannot be read first."""
    checked = check(catalogue, path, text)
    yield from (*checked.unread, *checked.faults)


def _side(name: str) -> bool:
    return "_".join(words(name)) in SIDES


class _Judge:
    """Says of cells whether they are references and whether these exist; remembers what it said of a text."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._names = Names(catalogue)
        self._loaded = f"Loaded: {', '.join(sorted(catalogue.editions))}."
        self._meant = lru_cache(maxsize=None)(self._names.meant)
        self._near = lru_cache(maxsize=None)(self._names.near)
        self._parts = lru_cache(maxsize=None)(self._split)

    def is_id(self, text: str) -> bool:
        """Whether a text has the form of an id of a loaded edition."""
        prefix, _, locator = text.partition(":")
        return bool(locator) and prefix in self._catalogue.editions and not _SPACE.search(text)

    def column(self, path: str, column: Column) -> tuple[list[Problem], int]:
        """What is wrong with the references of a column, and how many there are."""
        meaning = self._meaning(column.name)
        written: Lines = {}
        for cell in column.cells:
            for part in self._parts(cell.text, meaning.edition):
                written.setdefault(part, []).append(cell.line)
        judged = {
            text: lines for text, lines in written.items() if self._is_certain(text, meaning.prose or meaning.foreign)
        }
        if self._all_are(meaning, written):
            judged = written
        said: dict[tuple[str, str], list[int]] = {}
        for text, lines in judged.items():
            wrong = self._said(column.name, text, meaning.edition)
            if wrong is not None:
                said.setdefault(wrong, []).extend(lines)
        found = [Problem(path, min(lines), _often(what, len(lines)), fix) for (what, fix), lines in said.items()]
        if meaning.foreign:
            fix = f"Its cells are not checked. {self._loaded}"
            found.insert(0, Problem(path, column.line, f"'{column.name}' is not a loaded edition.", fix))
        return found, _count(judged)

    def _all_are(self, meaning: _Meaning, written: Lines) -> bool:
        """Whether every cell of a column is a reference, by its name or because at least half of them are."""
        if meaning.declared or meaning.foreign or not written:
            return meaning.declared
        numbered = {text: lines for text, lines in written.items() if _DIGIT.search(text)}
        if meaning.edition is not None and 2 * _count(numbered) > _count(written):
            return True
        found = {text: lines for text, lines in written.items() if self._exists(text, meaning.edition)}
        return not meaning.prose and 2 * _count(found) >= _count(written)

    def _meaning(self, name: str) -> _Meaning:
        """What a column's name says: a side, an edition, another version of one, free text."""
        if _side(name):
            return _Meaning(declared=True)
        prose = _PROSE.search(name) is not None
        found = self._names.left_over(name)
        if prose or found is None or len(found[1]) > 4:
            return _Meaning(prose=prose)
        versions = _versions(name)
        if not versions or self._meant(name):
            return _Meaning(edition=found[0])
        framework = self._catalogue.editions[found[0]].framework
        editions = sorted(self._catalogue.editions.values(), key=lambda e: (e.id != found[0], e.id))
        same = (e for e in editions if e.framework == framework and _is_version(e.version, versions))
        edition = next(same, None)
        return _Meaning(foreign=True) if edition is None else _Meaning(edition=edition.id)

    def _is_certain(self, text: str, prose: bool) -> bool:
        """Whether a text is a reference wherever it stands: an id, a printed form, or an edition with a locator."""
        if self.is_id(text):
            known = self._catalogue.iri(text) in self._catalogue.facts.values
            return text in self._catalogue.provisions or not known  # a trigger has an id too
        found = self._names.left_over(text) if len(text) <= LONGEST else None
        if found is None:
            return not prose and self._names.is_shaped(text)
        edition, rest = found
        strange = [w for w in rest if not _DIGIT.search(w) and len(w) > 1 and not self._names.knows(edition, w)]
        located = any(_DIGIT.search(w) and not _YEAR.fullmatch(w) for w in rest)
        return located and len(strange) <= (0 if prose else 1)

    def _said(self, column: str, text: str, edition: str | None) -> tuple[str, str] | None:
        """What is wrong with a reference and how to mend it; None if it names one provision."""
        typed = self._typed(text, edition)
        meant = self._meant(typed)
        if len(meant) == 1:
            return None
        if meant:
            return f"{column} '{plain(text)}' can mean more than one provision.", f"Write {_either(meant)}."
        prefix = _PREFIXED.fullmatch(text)
        if prefix and not self.is_id(text) and not self._names.editions_in(prefix[1]):
            return f"{column}: framework '{prefix[1]}' is not loaded.", self._loaded
        titled = _TITLED.fullmatch(typed)
        near = () if "://" in text else self._near((titled[1] if titled else typed)[:LONGEST])
        fix = f"Did you mean {_either(near)}?" if near else "Check the id."
        return f"{column} '{plain(text)}' is not a provision.", fix

    def _exists(self, text: str, edition: str | None) -> bool:
        return len(text) <= LONGEST and len(self._meant(self._typed(text, edition))) == 1

    def _typed(self, text: str, edition: str | None) -> str:
        """What a cell says, with the edition that the column's name or the part before gives it."""
        if edition is None or _PREFIXED.fullmatch(text) or self._names.editions_in(text):
            return text
        return f"{edition} {text}"

    def _split(self, text: str, edition: str | None) -> tuple[str, ...]:
        """The references of one cell: several may be joined by ';', a line break, ',' or 'and'."""
        pieces = (piece for part in _ENDS.split(text) for piece in self._pieces(self._short(part.strip()), edition))
        return tuple(piece for piece in pieces if piece.casefold() not in NOTHING)

    def _pieces(self, text: str, edition: str | None) -> list[str]:
        if self._exists(text, edition):
            return [text]
        for joint in _JOINTS:
            parts = [self._short(part.strip()) for part in joint.split(text) if part.strip()]
            if len(parts) > 1 and all(self._looks_located(part, edition) for part in parts):
                each = self._inheriting(parts) if edition is None else parts
                return [piece for part in each for piece in self._pieces(part, edition)]
        titled = _TITLED.fullmatch(text) if len(text) <= LONGEST else None
        if titled and (self.is_id(titled[1]) or self._exists(titled[1], edition)):
            return [titled[1]]
        return [text]

    def _looks_located(self, text: str, edition: str | None) -> bool:
        return len(text) <= LONGEST and (_DIGIT.search(text) is not None or self._exists(text, edition))

    def _inheriting(self, parts: Iterable[str]) -> Iterator[str]:
        """The parts of a list; those that name no edition are of the one that the part before names."""
        edition: str | None = None
        for part in parts:
            typed = self._typed(part, edition)
            edition = self._edition_of(typed) or edition
            yield typed

    def _edition_of(self, text: str) -> str | None:
        if self.is_id(text):
            return text.partition(":")[0]
        meant, named = self._meant(text), self._names.left_over(text)
        if len(meant) == 1:
            return self._catalogue.provisions[meant[0]].edition
        return named[0] if named else None

    def _short(self, text: str) -> str:
        """The id of an IRI of a loaded edition; other texts as they are."""
        return self._catalogue.curie(text) if text.startswith(("http://", "https://")) else text


def _versions(name: str) -> set[Key]:
    """The years and version numbers in a column's name, as words."""
    return {_numbers(m[0]) for m in _VERSION.finditer(name)} - {()}


def _is_version(version: str, typed: Iterable[Key]) -> bool:
    known = _numbers(version)
    return all(known[: len(t)] == t or (len(t) == 1 and t[0] in known) for t in typed)


def _numbers(version: str) -> Key:
    return tuple(w for w in words(version) if w not in ("v", "version", "rev", "revision"))


def _either(names: Iterable[str]) -> str:
    return " or ".join(repr(name) for name in list(names)[:OFFERED])


def _count(lines: Lines) -> int:
    return sum(map(len, lines.values()))


def _often(what: str, times: int) -> str:
    more = times - 1
    return what if not more else f"{what[:-1]} (and {more} more {'line' if more == 1 else 'lines'})."
