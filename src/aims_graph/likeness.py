"""Whether our words repeat a text that is not ours to repeat: runs of the same words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError, Problem
from aims_graph.model import Source
from aims_graph.turtle import subject_lines, text_of
from aims_graph.vocab import AIMS, DCTERMS, RDFS, SKOS

RUN = 7  # words in a row; shorter runs are the field's terms and ordinary phrases
KINDS = ("ontology", "framework", "label")
LABEL = f"{RDFS}label"
NAMES = {f"{DCTERMS}title", f"{DCTERMS}rights", f"{SKOS}notation", f"{AIMS}alias", f"{AIMS}enactedBy"}
"""Properties that give a work its name or its rights; what they say is nobody's wording."""
_WORD = re.compile(r"[^\W_]+")
_BROKEN = re.compile(r"(?<=\w)[-\u00ad\u2010][ \t]*\r?\n\s*(?=\w)")


@dataclass(frozen=True)
class Said:
    """One text of ours: what says it, its words, and where."""

    name: str
    text: str
    source: Source


def words(text: str) -> tuple[str, ...]:
    """The words of a text, in lower case; ligatures and soft hyphens are no part of a word.

    >>> words("Act on it, where ﬁtting.")
    ('act', 'on', 'it', 'where', 'fitting')
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    return tuple(_WORD.findall(plain.lower()))


def runs(text: str, length: int = RUN) -> dict[tuple[str, ...], int]:
    """Every run of so many words of a text, with the place of its first word."""
    found = words(text)
    return {found[i : i + length]: i for i in range(len(found) - length + 1)}


def owned_runs(text: str, name: str) -> frozenset[tuple[str, ...]]:
    """The runs of a text given by the user, words broken at the end of a line read as one and as two.

    A text without a single run is an InputError: comparing with it would find nothing, whatever we wrote.
    """
    found = frozenset(runs(text)) | frozenset(runs(_BROKEN.sub("", text)))
    if not found:
        raise InputError(f"'{name}' has {len(words(text))} words. Give a text of at least {RUN} words to compare with.")
    return found


def our_texts(catalogue: Catalogue) -> Iterator[Said]:
    """What the ontology, framework and label files say in our words, and the reasons of mapping rows.

    The label of a provision is its official title and that of a wording an earlier one: names, not our words.
    """
    titled = {p.iri for p in catalogue.provisions.values()} | set(catalogue.facts.of_type(f"{AIMS}Wording"))
    for file in catalogue.files:
        if file.kind not in KINDS or file.path not in catalogue.facts.triples:
            continue
        places = subject_lines(file.text)
        for triple in catalogue.facts.triples[file.path]:
            subject, said = text_of(triple.subject), triple.predicate.value
            if (
                isinstance(triple.object, ox.Literal)
                and said not in NAMES
                and not (said == LABEL and subject in titled)
            ):
                yield Said(catalogue.curie(subject), triple.object.value, Source(file.path, places.get(subject, 0)))
    for mapping in catalogue.mapping_files:
        for row in mapping.rows:
            yield Said(row.id, row.rationale or "", row.source)


def repeated(ours: Iterable[Said], text: str, name: str) -> Iterator[Problem]:
    """The texts of ours that repeat `RUN` words in a row of a text given by the user."""
    owned = owned_runs(text, name)
    for said in ours:
        shared = next((run for run in runs(said.text) if run in owned), None)
        if shared is not None:
            what = f"'{said.name}' repeats {RUN} words of {name}: “{' '.join(shared)}”."
            yield Problem(said.source.path, said.source.line or None, what, "Say it in other words.")
