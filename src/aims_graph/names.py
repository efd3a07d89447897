"""What people type, to one id. Every entry point resolves names here and nowhere else.

Editions carry the names people type for them (aliases, words to ignore, words
implied), so no form that people type needs code.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from functools import cached_property
from heapq import nlargest, nsmallest

from aims_graph.catalogue import Catalogue
from aims_graph.errors import AmbiguousName, NameError_, UnknownName
from aims_graph.model import Edition, Provision

CANDIDATES = 5  # names offered with an error
ALIKE = 0.5  # likeness from which a name is offered
POOL = 24  # names that are compared letter by letter, those with the most pairs of letters in common
LONGEST = 200  # characters of a text that are compared
FAR = 1_000
SHAPED = 13  # printed forms that make a shape
FILLERS = ("of", "the", "in", "from")  # words that decide nothing in any framework
_WORD = re.compile(r"[a-z]+|\d+[a-z]?")
_SEPARATORS = ".-(:"
_SIMPLE_ID = re.compile(r"[A-Za-z][\w.-]*:[\w.-]+")
_NUMBER = re.compile(r"[\d.\s]*")  # could be of any framework, so that none is implied

Key = tuple[str, ...]
Shape = tuple[str, tuple[bool, ...]]  # the first word, and which words after it are numbers
Index = dict[str, dict[Key, set[str]]]  # edition → words → ids


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

    @cached_property
    def _indexes(self) -> tuple[Index, Index, Index]:
        """Names as printed, without the words that an edition ignores, and also without leading zeros.

        Made when an id alone does not do.
        """
        exact: Index = {e: defaultdict(set) for e in self._catalogue.editions}
        loose: Index = {e: defaultdict(set) for e in self._catalogue.editions}
        plain: Index = {e: defaultdict(set) for e in self._catalogue.editions}
        for provision in self._catalogue.provisions.values():
            ignored = self._catalogue.editions[provision.edition].ignored_words
            for key in _printed(provision):
                exact[provision.edition][key].add(provision.id)
                loose[provision.edition][_without(key, ignored)].add(provision.id)
                plain[provision.edition][_unpadded(_without(key, ignored))].add(provision.id)
        return exact, loose, plain

    @cached_property
    def _aliases(self) -> tuple[tuple[Edition, frozenset[Key]], ...]:
        """What people type for each edition, as words."""
        return tuple((e, _alias_words(e)) for e in self._catalogue.editions.values())

    @cached_property
    def _aliases_from(self) -> dict[str, list[tuple[Key, Edition]]]:
        """What people type for the editions, by its first word."""
        found: dict[str, list[tuple[Key, Edition]]] = defaultdict(list)
        for edition, aliases in self._aliases:
            for alias in sorted(aliases):
                found[alias[0]].append((alias, edition))
        return found

    @cached_property
    def _vocabulary(self) -> dict[str, frozenset[str]]:
        """The words of each edition's ids, those its printed names begin with, and those it ignores or implies."""
        found = {e.id: {*e.ignored_words, *e.implied_words} for e in self._catalogue.editions.values()}
        for provision in self._catalogue.provisions.values():
            found[provision.edition] |= {*words(provision.id.partition(":")[2]), *words(provision.notation)[:1]}
        return {edition: frozenset(known) for edition, known in found.items()}

    def resolve(self, text: str) -> str:
        """The one provision that `text` names; UnknownName or AmbiguousName otherwise."""
        typed = text.strip()
        found = self.meant(typed)
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousName(typed, found[: 2 * CANDIDATES])
        edition = self._an_edition(typed)
        if edition is not None:
            first = [p.id for p in self._catalogue.provisions.values() if p.edition == edition.id and p.parent is None]
            like = f", for example '{first[0]}'" if first else ""
            hint = f"It is a framework: name one of its provisions{like}."
            raise UnknownName(typed, first[:CANDIDATES], hint=hint)
        raise UnknownName(typed, self.near(typed))

    def meant(self, text: str) -> tuple[str, ...]:
        """Every provision that `text` can name: none, the one, or all that share the name."""
        typed = text.strip()
        if typed in self._catalogue.provisions:
            return (typed,)
        prefix, colon, _ = typed.partition(":")
        if colon and prefix in self._catalogue.editions and _SIMPLE_ID.fullmatch(typed):
            return ()  # an id is exact or wrong; it is never read as words
        return tuple(self._meant(words(typed), _NUMBER.fullmatch(typed) is None))

    def edition(self, text: str) -> str:
        """The one edition that `text` names, by id or by a name people type."""
        typed = text.strip()
        if typed in self._catalogue.editions:
            return typed
        found = [e.id for e, aliases in self._aliases if words(typed) in aliases]
        if len(found) == 1:
            return found[0]
        if found:
            raise AmbiguousName(typed, found)
        meant = self.meant(typed)
        if meant:
            held = sorted({self._catalogue.provisions[p].edition for p in meant})
            hint = f"It is a provision: name its framework, {' or '.join(repr(e) for e in held)}."
            raise UnknownName(typed, held, "framework", hint)
        known = sorted(self._catalogue.editions)
        near = self._near_editions(typed)
        raise UnknownName(typed, near or known, "framework", None if near else f"Use one of: {', '.join(known)}.")

    def is_shaped(self, text: str) -> bool:
        """Whether a text has the shape of a printed form, whatever its numbers: a word that begins some, then numbers.

        A single provision makes no shape, so that ordinary words with a number are not taken for references.
        """
        return _shape(words(text)) in self._shapes

    @cached_property
    def _shapes(self) -> frozenset[Shape]:
        found = Counter(_shape(key) for index in self._indexes[0].values() for key in index)
        return frozenset(s for s, n in found.items() if n >= SHAPED and len(s[0]) >= 3 and any(s[1]))

    def editions_in(self, text: str) -> list[str]:
        """The editions that a text mentions by a name people type, by the longest such name."""
        return sorted({edition.id for edition, _ in self._named(words(text))})

    def left_over(self, text: str) -> tuple[str, Key] | None:
        """The one edition that a text mentions, with the words beside its name; None where it is not one."""
        named = self._named(words(text))
        edition, rest = named[0] if named else (None, ())
        if edition is None or {e.id for e, _ in named} != {edition.id} or self._named(rest):
            return None
        return edition.id, _without(rest, FILLERS) if rest else ()

    def knows(self, edition: str, word: str) -> bool:
        """Whether a word belongs to the names that an edition's provisions have."""
        return word in self._vocabulary[edition]

    def near(self, text: str) -> tuple[str, ...]:
        """Up to five ids nearest to a name that is not one.

        First the same number in the same or another edition of the framework, then siblings of the same parent,
        those with the nearest number first, then what looks alike.
        """
        text = text.strip()[:LONGEST]
        family, level = self._siblings(text)
        matcher = SequenceMatcher(b=text.lower(), autojunk=False)

        def rank(name: str) -> tuple[int, float, str]:
            return (_apart(name, level), -self._likeness(matcher, name), name)

        nearest = nsmallest(POOL, family, key=lambda name: (_apart(name, level), name))
        order = [*self._namesakes(text), *sorted(nearest, key=rank)]
        if len(family) < CANDIDATES:
            order += self._look_alikes(text, matcher)
        return tuple(dict.fromkeys(order))[:CANDIDATES]

    def find(self, text: str, limit: int = 50) -> tuple[str, ...]:
        """Provisions whose id, notation, title or summary holds every word, best places first."""
        wanted = re.findall(r"\w+", text.lower())
        if not wanted:
            return ()
        ranked: list[tuple[int, str]] = []
        for provision in self._catalogue.provisions.values():
            places = (
                f"{provision.id} {provision.notation}".lower(),
                " ".join([provision.title, *(title for _, title in provision.titles)]).lower(),
                " ".join([provision.summary or "", *(w.summary or "" for w in provision.wordings)]).lower(),
            )
            if all(any(w in place for place in places) for w in wanted):
                rank = sum(min(i for i, place in enumerate(places) if w in place) for w in wanted)
                ranked.append((rank, provision.id))
        order = {name: i for i, name in enumerate(self._catalogue.provisions)}
        return tuple(n for _, n in sorted(ranked, key=lambda r: (r[0], order[r[1]]))[:limit])

    # -- inside ------------------------------------------------------------------

    def _an_edition(self, text: str) -> Edition | None:
        """The one edition that a text names as a whole."""
        try:
            return self._catalogue.editions[self.edition(text)]
        except NameError_:
            return None

    def _near_editions(self, text: str) -> list[str]:
        """The editions of which a name holds a word as typed, else those with a name that looks alike."""
        typed = frozenset(words(text))
        part = [e.id for e, aliases in self._aliases if any(typed & frozenset(alias) for alias in aliases)]
        if part:
            return sorted(part)
        names = {" ".join(alias): e.id for e, aliases in self._aliases for alias in sorted(aliases)}
        alike = get_close_matches(" ".join(words(text)), names, n=CANDIDATES, cutoff=0.6)
        return list(dict.fromkeys(names[name] for name in alike))

    def _meant(self, typed: Key, may_imply: bool) -> list[str]:
        typed = _without(typed, FILLERS)
        named = [(edition, rest) for edition, rest in self._named(typed) if rest]
        if named:
            return self._fitting(named, implied=True)
        everywhere = [(edition, typed) for edition in self._catalogue.editions.values()]
        found = self._fitting(everywhere, implied=False)
        if found or not may_imply:
            return found
        implied = self._fitting(everywhere, implied=True)
        return implied if len(implied) == 1 else []

    def _fitting(self, named: Iterable[tuple[Edition, Key]], implied: bool) -> list[str]:
        """What the words name in each edition; leading zeros count unless nothing is found with them."""
        named = list(named)
        *printed, plain = self._indexes
        found: set[str] = set()
        for edition, rest in named:
            readings = _readings(rest, edition, implied)
            indexes = (index[edition.id] for index in printed)
            found |= next((index[key] for index in indexes for key in readings if key in index), set())
        if not found:
            for edition, rest in named:
                readings = [_unpadded(key) for key in _readings(rest, edition, implied)]
                found |= next((plain[edition.id][key] for key in readings if key in plain[edition.id]), set())
        return sorted(found)

    def _named(self, typed: Key) -> list[tuple[Edition, Key]]:
        """Editions named in the text by their longest alias, with the words left over."""
        hits: list[tuple[int, Edition, Key]] = []
        for at, word in enumerate(typed):
            for alias, edition in self._aliases_from.get(word, ()):
                end = at + len(alias)
                if typed[at:end] == alias:
                    hits.append((len(alias), edition, typed[:at] + typed[end:]))
        longest = max((n for n, _, _ in hits), default=0)
        return [(edition, rest) for n, edition, rest in hits if n == longest]

    def _namesakes(self, text: str) -> list[str]:
        """The same locator, however it is written, in the edition that is named, then in others of its framework."""
        named = self._located(text)
        every = self._catalogue.editions.values()
        if not named:
            implied = self._fitting([(edition, words(text)) for edition in every], implied=True)
            return implied if len(implied) == 1 else []
        others = [(o, rest) for e, rest in named for o in every if o.framework == e.framework and o != e]
        return [*self._fitting(named, implied=True), *self._fitting(others, implied=True)]

    def _located(self, text: str) -> list[tuple[Edition, Key]]:
        """The editions that an id or a typed name is of, with the words of its locator."""
        prefix, _, locator = text.partition(":")
        edition = self._catalogue.editions.get(prefix)
        named = self._named(words(text)) if edition is None else [(edition, words(locator))]
        return [(edition, rest) for edition, rest in named if rest]

    @cached_property
    def _pairs(self) -> dict[str, dict[str, list[str]]]:
        """Edition → two letters → the provisions whose id or printed form holds them side by side."""
        found: dict[str, dict[str, list[str]]] = {e: defaultdict(list) for e in self._catalogue.editions}
        for provision in self._catalogue.provisions.values():
            local = provision.id[len(provision.edition) :]
            for pair in _letter_pairs(local) | _letter_pairs(provision.notation):
                found[provision.edition][pair].append(provision.id)
        return found

    def _look_alikes(self, text: str, matcher: SequenceMatcher[str]) -> list[str]:
        """The names most like a text, those of the edition it names if it names one; best first."""
        named = self._located(text)
        editions = {edition.id for edition, _ in named} or self._catalogue.editions.keys()
        prefix = text.partition(":")[0]
        pairs = _letter_pairs(text[len(prefix) :] if prefix in editions else text)
        shared: Counter[str] = Counter()
        for edition in editions:
            for pair in pairs:
                shared.update(self._pairs[edition].get(pair, ()))
        pool = nlargest(POOL, shared, key=lambda name: (shared[name] / (len(pairs) + len(name)), name))
        scores = {name: self._likeness(matcher, name, ALIKE) for name in pool}
        return sorted((name for name in pool if scores[name] >= ALIKE), key=lambda name: (-scores[name], name))

    def _likeness(self, matcher: SequenceMatcher[str], name: str, least: float = 0.0) -> float:
        """How like a text is to an id or its printed form, 0 to 1; 0 where it is less than `least`."""
        best = 0.0
        for form in (name.lower(), self._catalogue.provisions[name].notation.lower()):
            matcher.set_seq1(form)
            bar = max(best, least)
            if matcher.real_quick_ratio() >= bar and matcher.quick_ratio() >= bar:
                best = max(best, matcher.ratio())
        return best

    def _siblings(self, text: str) -> tuple[tuple[str, ...], str]:
        """The parts of the nearest whole that exists around a name, and the name cut to their level."""
        level = text
        while True:
            cut = _last_separator(level)
            if cut <= 0:
                return (), level
            whole = level[:cut]
            family = self._catalogue.children.get(whole) or self._by_stem.get(level[: cut + 1], ())
            if family:
                return tuple(family), level
            level = whole

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        """The ids that continue a stem such as 'a:art-' by one number or word."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in self._catalogue.provisions:
            stem = name[: _last_separator(name) + 1]
            if not stem.endswith(":"):
                found[stem].append(name)
        return found


def _last_separator(text: str) -> int:
    return max(text.rfind(c) for c in _SEPARATORS)


def _letter_pairs(text: str) -> set[str]:
    low = text.lower()
    return {low[i : i + 2] for i in range(len(low) - 1)}


def _unpadded(key: Key) -> Key:
    """The same words with their numbers written without leading zeros."""
    return tuple(word.lstrip("0") or "0" if word[0] == "0" else word for word in key)


def _apart(name: str, text: str) -> int:
    """How far apart the last numbers or letters of two names are; far where one has a number and the other none."""
    (one, is_number), (other, as_well) = _last(name), _last(text)
    return abs(one - other) if is_number == as_well else FAR


def _last(name: str) -> tuple[int, bool]:
    part = (words(name) or ("",))[-1]
    digits = part.rstrip("abcdefghijklmnopqrstuvwxyz")
    return (int(digits), True) if digits else (ord(part[:1] or "a"), False)


def _shape(key: Key) -> Shape:
    return (key[0] if key and key[0].isalpha() else "", tuple(word[0].isdigit() for word in key[1:]))


def _printed(provision: Provision) -> set[Key]:
    return {_without(words(name), FILLERS) for name in (provision.id.partition(":")[2], provision.notation)}


def _alias_words(edition: Edition) -> frozenset[Key]:
    return frozenset({words(a) for a in (edition.id, edition.label, *edition.aliases)} - {()})


def _readings(rest: Key, edition: Edition, edition_named: bool) -> list[Key]:
    plain = [rest, _without(rest, edition.ignored_words)]
    if edition_named:
        plain += [(word, *key) for word in edition.implied_words for key in plain[:2]]
    return plain


def _without(key: Key, ignored: tuple[str, ...]) -> Key:
    return tuple(w for w in key if w not in ignored) or key
