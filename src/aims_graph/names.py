"""What people type, to one id. Every entry point resolves names here and nowhere else.

Editions carry the names people type for them (aliases, words to ignore, words
implied), so no form that people type needs code.
"""

from __future__ import annotations

import re
from collections import defaultdict
from difflib import SequenceMatcher

from aims_graph.catalogue import Catalogue
from aims_graph.errors import AmbiguousName, UnknownName
from aims_graph.model import Edition, Provision

CANDIDATES = 5  # names offered with an error
FILLERS = ("of", "the", "in", "from")  # words that decide nothing in any framework
_WORD = re.compile(r"[a-z]+|\d+[a-z]?")
_SIMPLE_ID = re.compile(r"[A-Za-z][\w.-]*:[\w.-]+")

Key = tuple[str, ...]


def words(text: str) -> Key:
    """The words that decide what is meant; punctuation only separates.

    >>> words("Rule 17(1)(i)")
    ('rule', '17', '1', 'i')
    """
    return tuple(_WORD.findall(text.lower()))


class Names:
    """An index of the names of all provisions of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._index: dict[str, dict[Key, set[str]]] = {e: defaultdict(set) for e in catalogue.editions}
        for provision in catalogue.provisions.values():
            for key in self._keys(provision):
                self._index[provision.edition][key].add(provision.id)

    def resolve(self, text: str) -> str:
        """The one provision that `text` names; UnknownName or AmbiguousName otherwise."""
        typed = text.strip()
        if typed in self._catalogue.provisions:
            return typed
        prefix, colon, _ = typed.partition(":")
        if colon and prefix in self._catalogue.editions and _SIMPLE_ID.fullmatch(typed):
            raise UnknownName(typed, self.near(typed))
        found = self._meant(words(typed))
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousName(typed, found[: 2 * CANDIDATES])
        raise UnknownName(typed, self.near(typed))

    def edition(self, text: str) -> str:
        """The one edition that `text` names, by id or by a name people type."""
        typed = text.strip()
        if typed in self._catalogue.editions:
            return typed
        found = [e.id for e in self._catalogue.editions.values() if words(typed) in _aliases(e)]
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousName(typed, found)
        raise UnknownName(typed, sorted(self._catalogue.editions)[:CANDIDATES], "framework")

    def near(self, text: str) -> tuple[str, ...]:
        """Up to five ids nearest to a name that is not one, siblings of the same parent first."""
        family = self._siblings(text)
        typed = text.lower()

        def score(name: str) -> float:
            notation = self._catalogue.provisions[name].notation.lower()
            matcher = SequenceMatcher(b=typed, autojunk=False)
            best = 0.0
            for form in (name.lower(), notation):
                matcher.set_seq1(form)
                best = max(best, matcher.ratio())
            return best

        pool = sorted(self._catalogue.provisions, key=lambda n: (n not in family, -score(n), n))
        return tuple(n for n in pool[:CANDIDATES] if n in family or score(n) >= 0.5)

    def find(self, text: str, limit: int = 50) -> tuple[str, ...]:
        """Provisions whose id, notation, title or summary holds every word, best places first."""
        wanted = re.findall(r"\w+", text.lower())
        if not wanted:
            return ()
        ranked: list[tuple[int, str]] = []
        for provision in self._catalogue.provisions.values():
            places = (
                f"{provision.id} {provision.notation}".lower(),
                provision.title.lower(),
                " ".join([provision.summary or "", *(w.summary for w in provision.wordings)]).lower(),
            )
            if all(any(w in place for place in places) for w in wanted):
                rank = sum(min(i for i, place in enumerate(places) if w in place) for w in wanted)
                ranked.append((rank, provision.id))
        order = {name: i for i, name in enumerate(self._catalogue.provisions)}
        return tuple(n for _, n in sorted(ranked, key=lambda r: (r[0], order[r[1]]))[:limit])

    # -- inside ------------------------------------------------------------------

    def _keys(self, provision: Provision) -> set[Key]:
        edition = self._catalogue.editions[provision.edition]
        locator = provision.id.partition(":")[2]
        plain = {_without(words(name), FILLERS) for name in (locator, provision.notation)}
        return plain | {_without(key, edition.ignored_words) for key in plain}

    def _meant(self, typed: Key) -> list[str]:
        typed = _without(typed, FILLERS)
        named = self._named_editions(typed)
        found: set[str] = set()
        for edition, rest in named or [(e, typed) for e in self._catalogue.editions.values()]:
            index = self._index[edition.id]
            for key in _readings(rest, edition, bool(named)):
                if key in index:
                    found |= index[key]
                    break
        return sorted(found)

    def _named_editions(self, typed: Key) -> list[tuple[Edition, Key]]:
        """Editions named in the text by their longest alias, with the words left over."""
        hits: list[tuple[int, Edition, Key]] = []
        for edition in self._catalogue.editions.values():
            for alias in _aliases(edition):
                at = _position(alias, typed)
                if at is not None and len(alias) < len(typed):
                    hits.append((len(alias), edition, typed[:at] + typed[at + len(alias) :]))
        longest = max((n for n, _, _ in hits), default=0)
        return [(edition, rest) for n, edition, rest in hits if n == longest]

    def _siblings(self, text: str) -> frozenset[str]:
        stem = text
        while True:
            cut = max(stem.rfind(c) for c in ".-(:")
            if cut <= 0:
                return frozenset()
            stem = stem[:cut]
            if stem in self._catalogue.children:
                return frozenset(self._catalogue.children[stem])


def _aliases(edition: Edition) -> set[Key]:
    return {words(a) for a in (edition.id, edition.label, *edition.aliases)} - {()}


def _readings(rest: Key, edition: Edition, edition_named: bool) -> list[Key]:
    plain = [rest, _without(rest, edition.ignored_words)]
    if edition_named:
        plain += [(word, *key) for word in edition.implied_words for key in plain[:2]]
    return plain


def _without(key: Key, ignored: tuple[str, ...]) -> Key:
    return tuple(w for w in key if w not in ignored) or key


def _position(part: Key, whole: Key) -> int | None:
    spots = (i for i in range(len(whole) - len(part) + 1) if whole[i : i + len(part)] == part)
    return next(spots, None)
