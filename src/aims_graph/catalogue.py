"""The catalogue: every edition, provision, trigger and mapping as a value, by id."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from aims_graph import sssom
from aims_graph.build import Builder
from aims_graph.errors import DataError, Problem
from aims_graph.files import DataFile
from aims_graph.model import (
    DOUBLE_READ,
    PROPOSED,
    Edition,
    Mapping,
    Provision,
    Trigger,
)
from aims_graph.reviews import Review, read_reviews
from aims_graph.sssom import MappingFile
from aims_graph.turtle import Facts, read_into
from aims_graph.vocab import NO_TERM_FOUND, PREFIXES


@dataclass(frozen=True)
class Catalogue:
    """Everything the program knows of the texts and of what people claim about them."""

    editions: dict[str, Edition]
    provisions: dict[str, Provision]
    triggers: dict[str, Trigger]
    mappings: tuple[Mapping, ...]  # in file order; statuses as they count today
    mapping_files: tuple[MappingFile, ...]
    roles: dict[str, frozenset[str]]  # role → the roles it stands for, itself included
    system_classes: tuple[str, ...]
    labels: dict[str, str]  # words for vocabulary terms
    files: tuple[DataFile, ...]
    facts: Facts = field(repr=False)
    prefixes: dict[str, str] = field(default_factory=dict)

    @cached_property
    def version(self) -> str:
        """Twelve characters that change whenever any data file does."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(f"{file.path}\0{file.text}\0".encode())
        return digest.hexdigest()[:12]

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """The members of each provision, in document order."""
        members: dict[str, list[str]] = defaultdict(list)
        for provision in self.provisions.values():
            if provision.parent is not None:
                members[provision.parent].append(provision.id)
        return {parent: tuple(ids) for parent, ids in members.items()}

    @cached_property
    def rows_at(self) -> dict[str, tuple[Mapping, ...]]:
        """The mapping rows that touch each provision, on either side."""
        found: dict[str, list[Mapping]] = defaultdict(list)
        for row in self.mappings:
            for side in {row.subject, row.object} - {NO_TERM_FOUND}:
                found[side].append(row)
        return {side: tuple(rows) for side, rows in found.items()}

    @cached_property
    def triggers_of(self) -> dict[str, tuple[Trigger, ...]]:
        """The triggers that set off each provision."""
        found: dict[str, list[Trigger]] = defaultdict(list)
        for trigger in self.triggers.values():
            for provision in trigger.sets_off:
                found[provision].append(trigger)
        return {provision: tuple(items) for provision, items in found.items()}

    def ancestors(self, provision: str) -> tuple[str, ...]:
        """Parents, nearest first."""
        chain: list[str] = []
        parent = self.provisions[provision].parent
        while parent is not None:
            chain.append(parent)
            parent = self.provisions[parent].parent
        return tuple(chain)

    def descendants(self, provision: str) -> tuple[str, ...]:
        """Members, members of members and so on, in document order."""
        found: list[str] = []
        for child in self.children.get(provision, ()):
            found.append(child)
            found.extend(self.descendants(child))
        return tuple(found)

    def edition_of(self, provision: str) -> Edition:
        """The edition a provision belongs to."""
        return self.editions[self.provisions[provision].edition]

    def iri(self, curie: str) -> str:
        """The IRI of an id such as 'aims:Provision' or of a provision."""
        prefix, _, local = curie.partition(":")
        return self.prefixes[prefix] + local

    def curie(self, iri: str) -> str:
        """The id of an IRI, or the IRI itself where no prefix fits."""
        best = max(
            (p for p, ns in self.prefixes.items() if iri.startswith(ns) and len(iri) > len(ns)),
            key=lambda p: len(self.prefixes[p]),
            default=None,
        )
        return iri if best is None else f"{best}:{iri[len(self.prefixes[best]) :]}"


def load(files: Iterable[DataFile]) -> Catalogue:
    """Build the catalogue; raises one DataError with every problem of every file."""
    catalogue, problems = inspect(files)
    if problems:
        raise DataError(problems)
    return catalogue


def inspect(files: Iterable[DataFile]) -> tuple[Catalogue, list[Problem]]:
    """Build what can be built, and list every problem that keeps the rest from loading."""
    files = tuple(files)
    facts = Facts()
    problems: list[Problem] = []
    for file in files:
        if file.kind in ("ontology", "framework"):
            problem = read_into(facts, file.path, file.text)
            problems += [problem] if problem else []
    unread = bool(problems)  # what follows from a file that cannot be read would only hide its error
    builder = Builder(facts)
    builder.build()
    problems += [] if unread else builder.problems
    mapping_files, found = _mapping_files(files)
    problems += found
    reviews, found = read_reviews(files)
    problems += found
    rows = [row for parsed in mapping_files for row in parsed.rows]
    problems += [] if unread else _row_problems(rows, builder)
    catalogue = Catalogue(
        editions=builder.editions,
        provisions=builder.provisions,
        triggers=builder.triggers,
        mappings=tuple(_as_it_counts(row, reviews) for row in rows),
        mapping_files=tuple(mapping_files),
        roles=builder.roles,
        system_classes=builder.system_classes,
        labels=builder.labels,
        files=files,
        facts=facts,
        prefixes=PREFIXES | {e.id: e.namespace for e in builder.editions.values()},
    )
    return catalogue, problems


def _mapping_files(files: Iterable[DataFile]) -> tuple[list[MappingFile], list[Problem]]:
    parsed: list[MappingFile] = []
    problems: list[Problem] = []
    for file in files:
        if file.kind == "mapping":
            one, found = sssom.parse(file.path, file.text)
            parsed.append(one)
            problems += found
    return parsed, problems


def _as_it_counts(row: Mapping, reviews: dict[str, Review]) -> Mapping:
    """A row says 'double-read' only as long as a review of exactly this text exists."""
    if row.status != DOUBLE_READ:
        return row
    review = reviews.get(row.id)
    if review is not None and review.holds(row):
        return row
    return replace(row, status=PROPOSED)


def _row_problems(rows: list[Mapping], builder: Builder) -> list[Problem]:
    problems: list[Problem] = []
    seen: dict[str, Mapping] = {}
    pairs: dict[tuple[str, str, str], Mapping] = {}
    for row in rows:

        def bad(what: str, fix: str, row: Mapping = row) -> None:
            problems.append(Problem(row.source.path, row.source.line, what, fix))

        if row.id in seen:
            bad(f"record_id '{row.id}' is already used at {seen[row.id].source}.", "Give the row its own id.")
        seen.setdefault(row.id, row)
        for side, name in (("subject", row.subject), ("object", row.object)):
            if name != NO_TERM_FOUND and name not in builder.provisions:
                bad(f"{side} '{name}' is not a provision.", builder.suggestion(name))
        if row.condition is not None and row.condition not in builder.triggers:
            bad(f"ext_condition '{row.condition}' is not a trigger.", "Use the id of an aims:Trigger.")
        key = (min(row.subject, row.object), max(row.subject, row.object), row.mapping_set)
        if NO_TERM_FOUND not in key:
            if key in pairs:
                bad(
                    f"the pair is already judged at {pairs[key].source}.",
                    "Keep one row for a pair; the other direction is derived.",
                )
            pairs.setdefault(key, row)
    return problems
