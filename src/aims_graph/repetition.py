"""Reasons of mapping rows that say the same words about different pairs: such a reason is not specific."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from aims_graph.catalogue import Catalogue
from aims_graph.model import Mapping, Provision
from aims_graph.relations import EQ, SUB, SUP

GRAM = 3  # words in a row that are compared
MOST = 0.7  # share of the runs of two reasons that may be the same (Jaccard)
_NUMBER: Final = re.compile(r"(?:\b[A-Z][A-Z.]*[ -]?)?\d[\d.]*")  # with the capitals before it: a notation of any kind
_WORD: Final = re.compile(r"[^\W_]+")
_MASK: Final = "x"
_SHARING: Final = frozenset({EQ, SUB, SUP})


def repeated(catalogue: Catalogue, rows: Iterable[Mapping]) -> Iterator[tuple[Mapping, Mapping, float]]:
    """Each row whose reason is nearly that of an earlier one, with that one and how alike they are.

    Names, notations, titles and numbers are masked first. Rows of one joint group state one thing, and may say so
    in the same words; so may rows about texts that are themselves the same, by a row or by the text they share.
    """
    same = _SameText(catalogue)
    at: dict[tuple[str, ...], list[int]] = defaultdict(list)
    read: list[tuple[Mapping, frozenset[tuple[str, ...]]]] = []
    for row in rows:
        found = grams(masked(catalogue, row))
        shared = Counter(place for gram in found for place in at[gram])
        alike = [
            (count / (len(found) + len(read[place][1]) - count), -place)
            for place, count in shared.items()
            if not _joined(row, read[place][0]) and not same.of(row, read[place][0])
        ]
        likeness, place = max(alike, default=(0.0, 0))
        if likeness > MOST:
            yield row, read[-place][0], likeness
        for gram in found:
            at[gram].append(len(read))
        read.append((row, found))


def _joined(one: Mapping, other: Mapping) -> bool:
    return one.joint is not None and (one.joint, one.mapping_set) == (other.joint, other.mapping_set)


class _SameText:
    """Which provisions stand on the same text: by a row that says equal, or by one common text they both take over."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._near: dict[str, set[str]] = defaultdict(set)
        for row in catalogue.mappings:
            ends = (row.subject, row.object)
            shared = any(end.partition(":")[0] in catalogue.common for end in ends)
            if row.relation is EQ or (shared and row.relation in _SHARING):
                for one, other in (ends, ends[::-1]):
                    self._near[one].add(other)

    def of(self, one: Mapping, other: Mapping) -> bool:
        """Whether two rows speak of the same texts on both sides."""
        return self._alike(one.subject, other.subject) and self._alike(one.object, other.object)

    def _alike(self, one: str, other: str) -> bool:
        return one == other or other in self._near[one] or bool(self._near[one] & self._near[other])


def masked(catalogue: Catalogue, row: Mapping) -> str:
    """The reason of a row with what names its two provisions, and every number, made the same."""
    text = row.rationale or ""
    ends = [catalogue.provisions[name] for name in (row.subject, row.object) if name in catalogue.provisions]
    for name in sorted((n for end in ends for n in _names(end)), key=len, reverse=True):
        if not (name.isascii() and text.isascii()) or name.lower() in text.lower():  # most are not: far from a pattern
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _MASK, text, flags=re.IGNORECASE)
    return _NUMBER.sub(_MASK, text)


def _names(provision: Provision) -> Iterator[str]:
    local = provision.id.partition(":")[2]
    yield from (name for name in (provision.id, local, provision.notation, provision.title) if name)


def grams(text: str) -> frozenset[tuple[str, ...]]:
    """Every run of three words, in lower case.

    >>> sorted(grams("Both ask for it."))
    [('ask', 'for', 'it'), ('both', 'ask', 'for')]
    """
    words = [w.lower() for w in _WORD.findall(text)]
    return frozenset(tuple(words[i : i + GRAM]) for i in range(len(words) - GRAM + 1))
