"""The catalogue: every edition, provision, trigger and mapping as a value, by id."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from aims_graph.errors import DataError, Problem
from aims_graph.files import DataFile
from aims_graph.model import (
    DOUBLE_READ,
    PROPOSED,
    Amendment,
    Edition,
    EvidenceRequirement,
    EvidenceType,
    Joint,
    Mapping,
    OuterLimit,
    Provision,
    Trigger,
)
from aims_graph.vocab import NO_TERM_FOUND, PREFIXES

if TYPE_CHECKING:  # reading files is left to those starts that find no snapshot
    from aims_graph.build import Builder
    from aims_graph.reviews import Review
    from aims_graph.sssom import MappingFile
    from aims_graph.turtle import Facts

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True)
class Catalogue:
    """Everything the program knows of the texts and of what people claim about them."""

    editions: dict[str, Edition]
    provisions: dict[str, Provision]
    triggers: dict[str, Trigger]
    amendments: dict[str, Amendment]
    evidence: dict[str, EvidenceRequirement]
    evidence_types: dict[str, EvidenceType]
    record_classes: frozenset[str]  # IRIs of the kinds of record
    mappings: tuple[Mapping, ...]  # in file order; statuses as they count today
    roles: dict[str, frozenset[str]]  # role → the roles it stands for, itself included
    system_classes: tuple[str, ...]
    labels: dict[str, str]  # words for vocabulary terms
    prefixes: dict[str, str]
    files: tuple[DataFile, ...] = field(repr=False)
    limits: tuple[OuterLimit, ...] = ()  # outer limits, in file order

    @cached_property
    def mapping_files(self) -> tuple[MappingFile, ...]:
        """The mapping files as written, for those who need more than what counts of them."""
        return tuple(_mapping_files(self.files)[0])

    def sides_of(self, file: MappingFile) -> tuple[str | None, str | None]:
        """The editions that a mapping file relates, subject and object; None for one that is not loaded."""
        editions = {e.iri: e.id for e in self.editions.values()}
        first, second = (file.header.get(side, "") for side in ("subject_source", "object_source"))
        return editions.get(first), editions.get(second)

    @cached_property
    def sides(self) -> dict[str, tuple[str | None, str | None]]:
        """The same by mapping set."""
        return {file.id: self.sides_of(file) for file in self.mapping_files}

    @cached_property
    def common(self) -> frozenset[str]:
        """The editions that only hold text which others share, and join them."""
        return frozenset(e.id for e in self.editions.values() if e.common)

    @cached_property
    def curies(self) -> dict[str, str]:
        """The ids of provisions by IRI."""
        return {p.iri: p.id for p in self.provisions.values()}

    @cached_property
    def effects(self) -> tuple[tuple[str, str], ...]:
        """The editions of which a sentence says what an answer in them comes to, and the sentence."""
        return tuple((e.id, e.effect) for e in self.editions.values() if e.effect is not None)

    @cached_property
    def facts(self) -> Facts:
        """Every statement of the ontology, framework and label files, for those who need more than values."""
        return _read_facts(self.files)[0]

    @cached_property
    def digest(self) -> str:
        """The hash of every data file; computed once, also where a snapshot asks for it."""
        return digest(self.files)

    @property
    def version(self) -> str:
        """Twelve characters that change whenever any data file does."""
        return self.digest[:12]

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
    def joints(self) -> tuple[Joint, ...]:
        """The rows that count only together."""
        groups: dict[tuple[str, str], list[Mapping]] = defaultdict(list)
        for row in self.mappings:
            if row.joint is not None:
                groups[row.mapping_set, row.joint].append(row)
        return tuple(
            Joint(
                tuple(rows), tuple(dict.fromkeys(r.subject for r in rows)), tuple(dict.fromkeys(r.object for r in rows))
            )
            for rows in groups.values()
        )

    @cached_property
    def joints_at(self) -> dict[str, tuple[Joint, ...]]:
        """The joint rows that touch each provision, on either side."""
        found: dict[str, list[Joint]] = defaultdict(list)
        for joint in self.joints:
            for provision in dict.fromkeys((*joint.subjects, *joint.objects)):
                found[provision].append(joint)
        return {provision: tuple(joints) for provision, joints in found.items()}

    @cached_property
    def referred_from(self) -> dict[str, tuple[str, ...]]:
        """The provisions whose text refers to each provision."""
        return _inverted((p.id, p.refers_to) for p in self.provisions.values())

    @cached_property
    def suggestions_for(self) -> dict[str, tuple[str, ...]]:
        """The suggested actions written for each provision."""
        return _inverted((p.id, p.suggested_for) for p in self.provisions.values())

    @cached_property
    def evidence_of(self) -> dict[str, tuple[EvidenceRequirement, ...]]:
        """What documented information each provision demands."""
        return {
            provision: tuple(self.evidence[name] for name in names)
            for provision, names in _inverted((e.id, e.required_by) for e in self.evidence.values()).items()
        }

    @cached_property
    def amendments_of(self) -> dict[str, tuple[Amendment, ...]]:
        """The amendments of each unit, by day."""
        found: dict[str, list[Amendment]] = defaultdict(list)
        for amendment in sorted(self.amendments.values(), key=lambda a: a.effective):
            found[amendment.unit].append(amendment)
        return {unit: tuple(items) for unit, items in found.items()}

    @cached_property
    def triggers_of(self) -> dict[str, tuple[Trigger, ...]]:
        """The triggers that set off each provision."""
        found: dict[str, list[Trigger]] = defaultdict(list)
        for trigger in self.triggers.values():
            for provision in trigger.sets_off:
                found[provision].append(trigger)
        return {provision: tuple(items) for provision, items in found.items()}

    def with_mappings(self, rows: tuple[Mapping, ...]) -> Catalogue:
        """The same texts with other rows; what the texts alone gave is kept. Its version is no file's."""
        other = replace(self, mappings=rows)
        other.__dict__["digest"] = EDITED
        of_texts = self.__dict__.keys() - _OF_MAPPINGS - other.__dict__.keys()
        other.__dict__.update({name: self.__dict__[name] for name in of_texts})
        return other

    def ancestors(self, provision: str) -> tuple[str, ...]:
        """Parents, nearest first."""
        found = self._ancestors.get(provision)
        if found is None:
            chain: list[str] = []
            parent = self.provisions[provision].parent
            while parent is not None:
                chain.append(parent)
                parent = self.provisions[parent].parent
            found = self._ancestors[provision] = tuple(chain)
        return found

    def descendants(self, provision: str) -> tuple[str, ...]:
        """Members, members of members and so on, in document order."""
        found = self._descendants.get(provision)
        if found is None:
            below: list[str] = []
            ahead = list(reversed(self.children.get(provision, ())))
            while ahead:
                below.append(ahead.pop())
                ahead.extend(reversed(self.children.get(below[-1], ())))
            found = self._descendants[provision] = tuple(below)
        return found

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def _descendants(self) -> dict[str, tuple[str, ...]]:
        return {}

    def remembered(self, about: Callable[[Catalogue, K], V], key: K) -> V:
        """What a function says of something here, worked out once; it must look at nothing but the texts."""
        known = self._remembered.setdefault(about, {})
        if key not in known:
            known[key] = about(self, key)
        found: V = known[key]
        return found

    @cached_property
    def _remembered(self) -> dict[Any, dict[Any, Any]]:
        return {}

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


def digest(files: Iterable[DataFile]) -> str:
    """A hash of the names and texts of files, in the order given."""
    found = hashlib.sha256()
    for file in files:
        found.update(f"{file.path}\0{file.text}\0".encode())
    return found.hexdigest()


def _inverted(pairs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for name, targets in pairs:
        for target in targets:
            found[target].append(name)
    return {target: tuple(names) for target, names in found.items()}


def _read_facts(files: Iterable[DataFile]) -> tuple[Facts, list[Problem]]:
    from aims_graph.turtle import Facts, read_into

    facts = Facts()
    read = (read_into(facts, file.path, file.text) for file in files if file.kind in ("ontology", "framework", "label"))
    return facts, [problem for problem in read if problem]


def load(files: Iterable[DataFile]) -> Catalogue:
    """Build the catalogue; raises one DataError with every problem of every file."""
    catalogue, problems = inspect(files)
    if problems:
        raise DataError(problems)
    return catalogue


def inspect(files: Iterable[DataFile]) -> tuple[Catalogue, list[Problem]]:
    """Build what can be built, and list every problem that keeps the rest from loading."""
    from aims_graph.build import Builder
    from aims_graph.reviews import read_reviews

    files = tuple(files)
    facts, problems = _read_facts(files)
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
        amendments=builder.amendments,
        evidence=builder.evidence,
        evidence_types=builder.evidence_types,
        record_classes=builder.record_classes,
        mappings=tuple(_as_it_counts(row, reviews) for row in rows),
        roles=builder.roles,
        system_classes=builder.system_classes,
        labels=builder.labels,
        prefixes=PREFIXES | {e.id: e.namespace for e in builder.editions.values()},
        files=files,
        limits=tuple(builder.limits),
    )
    catalogue.__dict__.update(facts=facts, mapping_files=tuple(mapping_files))  # read once
    return catalogue, problems


def _mapping_files(files: Iterable[DataFile]) -> tuple[list[MappingFile], list[Problem]]:
    from aims_graph import sssom

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


EDITED = "edited"  # the digest of a catalogue whose rows are not those of the files
_OF_MAPPINGS = frozenset({"rows_at", "joints", "joints_at", "mapping_files", "digest"})


def _joint_problems(rows: list[Mapping]) -> list[Problem]:
    """Rows of one joint group state one thing: they differ only in their ends, and there are several."""
    groups: dict[tuple[str, str], list[Mapping]] = defaultdict(list)
    for row in rows:
        if row.joint is not None:
            groups[row.mapping_set, row.joint].append(row)
    problems: list[Problem] = []
    for (_, name), group in groups.items():
        first, *others = group
        alike = ("relation", "confidence", "rationale_kind", "overlap", "strength", "condition")
        for row in others:
            unlike = [f for f in alike if getattr(row, f) != getattr(first, f)]
            if unlike:
                what = f"row '{row.id}' of joint group '{name}' has another {unlike[0]} than '{first.id}'."
                problems.append(Problem(row.source.path, row.source.line, what, "A joint group states one thing."))
        sides = {row.subject for row in group}, {row.object for row in group}
        at = first.source
        if max(map(len, sides)) < 2:
            what = f"joint group '{name}' joins nothing: it has one subject and one object."
            problems.append(Problem(at.path, at.line, what, "Add its other rows, or empty ext_joint_group."))
        for side in sides:
            if NO_TERM_FOUND in side or len({end.partition(":")[0] for end in side}) > 1:
                what = f"joint group '{name}' joins ends that are not provisions of one edition."
                problems.append(Problem(at.path, at.line, what, "Join provisions of one edition only."))
        if sides[0] & sides[1]:
            what = f"joint group '{name}' has '{min(sides[0] & sides[1])}' on both sides."
            problems.append(Problem(at.path, at.line, what, "Keep a provision on one side."))
    return problems


def _row_problems(rows: list[Mapping], builder: Builder) -> list[Problem]:
    problems = _joint_problems(rows)
    seen: dict[str, Mapping] = {}
    pairs: dict[tuple[str, str, str, str], Mapping] = {}
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
        key = (min(row.subject, row.object), max(row.subject, row.object), row.mapping_set, row.joint or "")
        if NO_TERM_FOUND not in key:
            if key in pairs:
                bad(
                    f"the pair is already judged at {pairs[key].source}.",
                    "Keep one row for a pair; the other direction is derived.",
                )
            pairs.setdefault(key, row)
    return problems
