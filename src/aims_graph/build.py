"""Facts to values: reads editions, provisions and triggers out of the Turtle, noting every fault."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches
from typing import TypeVar

from aims_graph.errors import Problem
from aims_graph.model import (
    OBLIGATION,
    STANDING,
    Amendment,
    ApplicationDate,
    Edition,
    EvidenceRequirement,
    EvidenceType,
    Interval,
    OuterLimit,
    Provision,
    Source,
    Trigger,
    Wording,
)
from aims_graph.turtle import Facts
from aims_graph.vocab import AIMS, DCTERMS, OWL, PREFIXES, RDF, RDFS, SKOS, VANN

T = TypeVar("T")
_DURATION = re.compile(r"P(?=\d)(\d+Y)?(\d+M)?(\d+D)?")


class Builder:
    """Collects values and problems from the facts; `build()` runs once, then read the attributes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.problems: list[Problem] = []
        self.editions: dict[str, Edition] = {}
        self.provisions: dict[str, Provision] = {}
        self.triggers: dict[str, Trigger] = {}
        self.amendments: dict[str, Amendment] = {}
        self.evidence: dict[str, EvidenceRequirement] = {}
        self.evidence_types: dict[str, EvidenceType] = {}
        self.limits: list[OuterLimit] = []
        self.record_classes: frozenset[str] = frozenset()
        self.roles: dict[str, frozenset[str]] = {}
        self.system_classes: tuple[str, ...] = ()
        self.labels: dict[str, str] = {}
        self._prefix_of: dict[str, str] = {}
        self._edition_of_iri: dict[str, str] = {}
        self._kinds: frozenset[str] = frozenset()
        self._wordings_of: defaultdict[str, list[str]] | None = None

    def build(self) -> None:
        """Read everything; faults go to `problems`, what is sound goes to the other attributes."""
        self._vocabulary()
        for iri in self.facts.of_type(f"{AIMS}Edition"):
            self._edition(iri)
        self._prefix_of = {ns: prefix for prefix, ns in PREFIXES.items()}
        self._prefix_of |= {e.namespace: e.id for e in self.editions.values()}
        for iri in self.facts.values:
            if self._kind(iri) is not None:
                self._provision(iri)
        for iri in self.facts.of_type(f"{AIMS}Trigger"):
            self._trigger(iri)
        for iri in self.facts.of_type(f"{AIMS}Amendment"):
            self._amendment(iri)
        for iri in self.facts.of_type(f"{AIMS}EvidenceType"):
            self.evidence_types[self.name(iri)] = EvidenceType(self.name(iri), self._need(iri, f"{RDFS}label"))
        for iri in self.facts.of_type(f"{AIMS}EvidenceRequirement"):
            self._evidence(iri)
        for iri in self.facts.values:
            if f"{AIMS}outerLimit" in self.facts.values[iri]:
                self._limit(iri)
        self._check_hierarchy()
        self._check_references()

    # -- names ---------------------------------------------------------------

    def name(self, iri: str) -> str:
        """The id of an IRI; terms of the ontology lose their prefix ('provider')."""
        if iri.startswith(AIMS):
            return iri[len(AIMS) :]
        for end in (iri.rfind("/"), iri.rfind("#")):
            prefix = self._prefix_of.get(iri[: end + 1])
            if prefix is not None and end + 1 < len(iri):
                return f"{prefix}:{iri[end + 1 :]}"
        return iri

    def suggestion(self, name: str) -> str:
        """A fix for an unknown provision id: the nearest known ids."""
        prefix = f"{name.partition(':')[0]}:"
        alike = [known for known in self.provisions if known.startswith(prefix)] or self.provisions
        near = get_close_matches(name, alike, n=3, cutoff=0.6)
        return f"Did you mean {' or '.join(repr(n) for n in near)}?" if near else "Check the id."

    def bad(self, iri: str, what: str, fix: str) -> None:
        """Note a problem at the place where a subject starts."""
        path, line = self.facts.place.get(iri, ("(unplaced)", 0))
        self.problems.append(Problem(path, line or None, what, fix))

    def _source(self, iri: str) -> Source:
        return Source(*self.facts.place.get(iri, ("(unplaced)", 0)))

    # -- single values -------------------------------------------------------

    def _one(self, iri: str, prop: str) -> str | None:
        values = self.facts.texts(iri, prop)
        if len(set(values)) > 1:
            self.bad(iri, f"'{self.name(iri)}' has {len(values)} values of {self._p(prop)}.", "Keep one.")
        return values[0] if values else None

    def _need(self, iri: str, prop: str) -> str:
        value = self._one(iri, prop)
        if value is None:
            self.bad(iri, f"'{self.name(iri)}' has no {self._p(prop)}.", f"Add {self._p(prop)}.")
        return value or ""

    def _p(self, prop: str) -> str:
        for prefix, namespace in PREFIXES.items():
            if prop.startswith(namespace):
                return f"{prefix}:{prop[len(namespace) :]}"
        return prop

    def _parsed(self, iri: str, prop: str, parse: Callable[[str], T], form: str) -> T | None:
        value = self._one(iri, prop)
        if value is None:
            return None
        try:
            return parse(value)
        except ValueError:
            self.bad(iri, f"{self._p(prop)} '{value}' is not {form}.", f"Write {form}.")
            return None

    def _day(self, iri: str, prop: str) -> date | None:
        return self._parsed(iri, prop, date.fromisoformat, "a date such as 2026-08-02")

    def _flag(self, iri: str, prop: str) -> bool:
        words = {"true": True, "false": False, "1": True, "0": False}
        text = self._one(iri, prop)
        if text is not None and text not in words:
            self.bad(iri, f"{self._p(prop)} '{text}' is not true or false.", "Write true or false.")
        return words.get(text or "false", False)

    def _term(self, iri: str, prop: str, kind: str) -> str | None:
        value = self._one(iri, prop)
        return None if value is None else self._known(iri, prop, value, kind)

    def _terms(self, iri: str, prop: str, kind: str) -> frozenset[str]:
        values = (self._known(iri, prop, v, kind) for v in self.facts.texts(iri, prop))
        return frozenset(v for v in values if v is not None)

    def _known(self, iri: str, prop: str, value: str, kind: str) -> str | None:
        allowed = self._individuals(kind)
        if value in allowed:
            return self.name(value)
        names = ", ".join(sorted(self.name(v) for v in allowed)[:12])
        self.bad(iri, f"{self._p(prop)} '{self.name(value)}' is not a known {kind}.", f"Use one of: {names}.")
        return None

    def _individuals(self, kind: str) -> frozenset[str]:
        cached = self._individuals_cache.get(kind)
        if cached is None:
            cached = frozenset(self.facts.of_type(AIMS + kind))
            self._individuals_cache[kind] = cached
        return cached

    def _interval(self, iri: str) -> Interval:
        return Interval(self._day(iri, f"{AIMS}inForceFrom"), self._day(iri, f"{AIMS}inForceTo"))

    # -- vocabulary ----------------------------------------------------------

    def _vocabulary(self) -> None:
        self._individuals_cache: dict[str, frozenset[str]] = {}
        subclass = f"{RDFS}subClassOf"
        self._kinds = frozenset(
            iri for iri in self.facts.values if f"{AIMS}Provision" in self.facts.texts(iri, subclass)
        )
        self.record_classes = frozenset(
            iri for iri in self.facts.values if f"{AIMS}Record" in self.facts.texts(iri, subclass)
        )
        for role in self.facts.of_type(f"{AIMS}Role"):
            members = self.facts.texts(role, f"{AIMS}includesRole")
            self.roles[self.name(role)] = frozenset({self.name(role), *(self.name(m) for m in members)})
        self.system_classes = tuple(self.name(c) for c in self.facts.of_type(f"{AIMS}SystemClass"))
        for iri in self.facts.values:
            label = self.facts.text(iri, f"{RDFS}label")
            if iri.startswith(AIMS) and label:
                self.labels[self.name(iri)] = label

    def _kind(self, iri: str) -> str | None:
        for kind in self.facts.texts(iri, f"{RDF}type"):
            if kind in self._kinds:
                return kind[len(AIMS) :] if kind.startswith(AIMS) else kind
        types = self.facts.texts(iri, f"{RDF}type")
        if f"{AIMS}inEdition" in self.facts.values.get(iri, {}):
            shown = ", ".join(self.name(t) for t in types) or "nothing"
            self.bad(iri, f"'{self.name(iri)}' is of type {shown}, not a kind of provision.", "Use a kind.")
        return None

    # -- editions, provisions, triggers ---------------------------------------

    def _edition(self, iri: str) -> None:
        prefix = self._need(iri, f"{VANN}preferredNamespacePrefix")
        if prefix in self.editions or prefix in PREFIXES:
            self.bad(iri, f"prefix '{prefix}' is already taken.", "Choose another prefix.")
            return
        self._edition_of_iri[iri] = prefix
        self.editions[prefix] = Edition(
            id=prefix,
            iri=iri,
            namespace=self._need(iri, f"{VANN}preferredNamespaceUri"),
            title=self._need(iri, f"{DCTERMS}title"),
            label=self._need(iri, f"{RDFS}label"),
            framework=self._need(iri, f"{AIMS}editionOf"),
            version=self._need(iri, f"{AIMS}version"),
            bindingness=self._term(iri, f"{AIMS}bindingness", "Bindingness") or "",
            managed=self._one(iri, f"{AIMS}managementSystem"),
            common=self._flag(iri, f"{AIMS}commonStructure"),
            in_force=self._interval(iri),
            aliases=tuple(self.facts.texts(iri, f"{AIMS}alias")),
            ignored_words=tuple(self.facts.texts(iri, f"{AIMS}ignoredWord")),
            implied_words=tuple(self.facts.texts(iri, f"{AIMS}impliedWord")),
            coverage=self._one(iri, f"{AIMS}coverage"),
            effect=self._one(iri, f"{AIMS}legalEffect"),
            link=self._need(iri, f"{DCTERMS}source"),
            rights=self._need(iri, f"{DCTERMS}rights"),
            source=self._source(iri),
        )

    def _provision(self, iri: str) -> None:
        edition = self._edition_of_iri.get(self._need(iri, f"{AIMS}inEdition"))
        if edition is None:
            self.bad(iri, f"'{self.name(iri)}' is in no known edition.", "Point aims:inEdition at one.")
            return
        parent = self._one(iri, f"{AIMS}partOf")
        own = self._interval(iri)
        whole = self.editions[edition].in_force
        self.provisions[self.name(iri)] = Provision(
            id=self.name(iri),
            iri=iri,
            kind=self._kind(iri) or "",
            edition=edition,
            parent=None if parent is None else self.name(parent),
            notation=self._need(iri, f"{SKOS}notation"),
            title=self._title(iri),
            titles=self._titles(iri),
            summary=self._one(iri, f"{AIMS}summary"),
            basis=self._term(iri, f"{AIMS}basis", "Basis"),
            wordings=self._wordings(iri),
            force=self._term(iri, f"{AIMS}force", "Force"),
            modality=self._term(iri, f"{AIMS}modality", "Modality"),
            occurrence=self._term(iri, f"{AIMS}occurrence", "Occurrence"),
            binds=self._terms(iri, f"{AIMS}bindsRole", "Role"),
            addressees=self._terms(iri, f"{AIMS}addressee", "Addressee"),
            system_classes=self._terms(iri, f"{AIMS}appliesToSystemClass", "SystemClass"),
            in_force=Interval(own.start or whole.start, own.end or whole.end),
            applies=self._applications(iri),
            decomposition=self._term(iri, f"{AIMS}decomposition", "Decomposition"),
            exhaustive=self._flag(iri, f"{AIMS}exhaustive"),
            conditional=self._flag(iri, f"{AIMS}conditional"),
            condition=self._one(iri, f"{AIMS}condition"),
            refers_to=self._names(iri, "refersTo"),
            suggested_for=self._names(iri, "suggestedFor"),
            addresses_risks=self._names(iri, "addressesRisk"),
            expected_output=tuple(self.facts.texts(iri, f"{AIMS}expectedOutput")),
            responsible=tuple(self.facts.texts(iri, f"{AIMS}responsibleRole")),
            link=self._need(iri, f"{DCTERMS}source"),
            note=self._one(iri, f"{RDFS}comment"),
            source=self._source(iri),
        )

    def _title(self, iri: str) -> str:
        """The label in the language of the file: English or untagged, else the first."""
        spoken = self.facts.tagged(iri, f"{RDFS}label")
        own = [text for text, language in spoken if language in ("", "en")] or [text for text, _ in spoken[:1]]
        if not own:
            self.bad(iri, f"'{self.name(iri)}' has no rdfs:label.", "Add rdfs:label.")
        if len(set(own)) > 1:
            self.bad(iri, f"'{self.name(iri)}' has {len(own)} values of rdfs:label.", "Keep one in a language.")
        return own[0] if own else ""

    def _titles(self, iri: str) -> tuple[tuple[str, str], ...]:
        spoken = self.facts.tagged(iri, f"{RDFS}label")
        return tuple(sorted((language, text) for text, language in spoken if language not in ("", "en")))

    def _names(self, iri: str, prop: str) -> tuple[str, ...]:
        return tuple(self.name(value) for value in self.facts.texts(iri, AIMS + prop))

    def _wordings(self, iri: str) -> tuple[Wording, ...]:
        if self._wordings_of is None:
            self._wordings_of = defaultdict(list)
            for node in self.facts.of_type(f"{AIMS}Wording"):
                self._wordings_of[self._need(node, f"{AIMS}wordingOf")].append(node)
        wordings = [
            Wording(
                self._one(node, f"{RDFS}label"),
                self._one(node, f"{AIMS}summary"),
                self._interval(node),
                self._one(node, f"{AIMS}enactedBy"),
                self._term(node, f"{AIMS}basis", "Basis"),
                self._source(node),
            )
            for node in self._wordings_of.get(iri, ())
        ]
        return tuple(sorted(wordings, key=lambda w: w.valid.start or date.min))

    def _applications(self, iri: str) -> tuple[ApplicationDate, ...]:
        found: list[ApplicationDate] = []
        for node in self.facts.texts(iri, f"{AIMS}applies"):
            if node not in self._individuals("ApplicationDate"):
                self.bad(iri, f"aims:applies names '{self.name(node)}', which is not there.", "Declare it.")
                continue
            start = self._day(node, f"{AIMS}applicableFrom")
            system_class = self._term(node, f"{AIMS}systemClass", "SystemClass")
            if start is None or system_class is None:
                self.bad(node, f"'{self.name(node)}' lacks a class or a date.", "Add both.")
                continue
            question = self._one(node, f"{AIMS}legalQuestion")
            found.append(ApplicationDate(system_class, start, self._interval(node), question, self._source(node)))
        return tuple(sorted(found, key=lambda a: (a.start, a.system_class)))

    def _trigger(self, iri: str) -> None:
        name = self.name(iri)
        self.triggers[name] = Trigger(
            id=name,
            condition=self._need(iri, f"{AIMS}condition"),
            question=self._need(iri, f"{AIMS}question"),
            on_events=self._terms(iri, f"{AIMS}onEvent", "EventKind"),
            sets_off=tuple(sorted(self.name(p) for p in self.facts.texts(iri, f"{AIMS}setsOff"))),
            binds=self._terms(iri, f"{AIMS}bindsRole", "Role"),
            defined_in=self.name(self._need(iri, f"{DCTERMS}source")),
            source=self._source(iri),
        )

    def _amendment(self, iri: str) -> None:
        name = self.name(iri)
        effective = self._day(iri, f"{AIMS}effectiveFrom")
        if effective is None:
            self.bad(iri, f"'{name}' has no aims:effectiveFrom.", "Add the first day of the amended text.")
            return
        self.amendments[name] = Amendment(
            id=name,
            unit=self.name(self._need(iri, f"{AIMS}amends")),
            change=self._term(iri, f"{AIMS}change", "Change") or "",
            effective=effective,
            enacted_by=self._need(iri, f"{AIMS}enactedBy"),
            summary=self._need(iri, f"{AIMS}summary"),
            source=self._source(iri),
        )

    def _evidence(self, iri: str) -> None:
        name = self.name(iri)
        lists = tuple(self._evidence_list(iri, node) for node in self.facts.texts(iri, f"{AIMS}evidenceList"))
        if not all(lists) or not lists:
            self.bad(iri, f"'{name}' has no evidence list, or an empty one.", "Name at least one evidence type.")
        self.evidence[name] = EvidenceRequirement(
            id=name,
            required_by=self._names(iri, "requiredBy"),
            label=self._need(iri, f"{RDFS}label"),
            lists=lists,
            retention=self._duration(iri, f"{AIMS}retention"),
            retained_from=self._one(iri, f"{AIMS}retainedFrom"),
            retention_rule=self._one(iri, f"{AIMS}retentionRule"),
            freshness=self._duration(iri, f"{AIMS}freshness"),
            freshness_rule=self._one(iri, f"{AIMS}freshnessRule"),
            informative=self._flag(iri, f"{AIMS}informative"),
            note=self._one(iri, f"{RDFS}comment"),
            source=self._source(iri),
            counts_from=self._record_property(iri, f"{AIMS}countsFrom"),
            no_rule=self._one(iri, f"{AIMS}noShapeReason"),
        )

    def _limit(self, iri: str) -> None:
        kinds = self._terms(iri, f"{AIMS}forIncidentKind", "IncidentKind")
        if self._kind(iri) is None or not kinds:
            what = f"'{self.name(iri)}' has an outer limit that holds for nothing."
            self.bad(iri, what, "Give it to a provision, with aims:forIncidentKind.")
        for prop in (f"{AIMS}countsFrom", f"{AIMS}keptBy"):
            self._need(iri, prop)
        self.limits.append(
            OuterLimit(
                provision=self.name(iri),
                duration=self._duration(iri, f"{AIMS}outerLimit") or "",
                kinds=kinds,
                counts_from=self._record_property(iri, f"{AIMS}countsFrom") or "",
                kept_by=self._record_property(iri, f"{AIMS}keptBy") or "",
                source=self._source(iri),
            )
        )

    def _record_property(self, iri: str, prop: str) -> str | None:
        """The IRI of a property that records have, as a value."""
        value = self._one(iri, prop)
        declared = value is None or f"{OWL}DatatypeProperty" in self.facts.texts(value, f"{RDF}type")
        if not declared:
            what = f"{self._p(prop)} '{self.name(value or '')}' is not a property of a record."
            self.bad(iri, what, "Name one such as aims:becameAwareOn.")
        return value

    def _evidence_list(self, requirement: str, node: str) -> tuple[EvidenceType, ...]:
        types: list[EvidenceType] = []
        for name in self._names(node, "evidenceType"):
            if name in self.evidence_types:
                types.append(self.evidence_types[name])
            else:
                self.bad(requirement, f"evidence type '{name}' is not declared.", "Declare it.")
        return tuple(types)

    def _duration(self, iri: str, prop: str) -> str | None:
        text = self._one(iri, prop)
        if text is not None and _DURATION.fullmatch(text) is None:
            self.bad(iri, f"{self._p(prop)} '{text}' is not a duration.", "Write one such as P10Y, P6M or P15D.")
        return text

    # -- checks over the whole -------------------------------------------------

    def _check_hierarchy(self) -> None:
        for provision in list(self.provisions.values()):
            seen = {provision.id}
            parent = provision.parent
            while parent is not None:
                if parent in seen:
                    cycle = "a cycle of aims:partOf"
                    self.bad(provision.iri, f"'{provision.id}' lies in {cycle}.", "Break the cycle.")
                    break
                if parent not in self.provisions:
                    fix = self.suggestion(parent)
                    self.bad(provision.iri, f"parent '{parent}' of '{provision.id}' does not exist.", fix)
                    break
                seen.add(parent)
                parent = self.provisions[parent].parent
        parents = {p.parent for p in self.provisions.values() if p.parent}
        for provision in self.provisions.values():
            if provision.id in parents and provision.decomposition is None:
                what = f"'{provision.id}' has parts but no aims:decomposition."
                self.bad(provision.iri, what, "Say AllOf, AnyOf, AsAppropriate or Informative.")

    def _check_references(self) -> None:
        set_off = {p for t in self.triggers.values() for p in t.sets_off}
        for trigger in self.triggers.values():
            for name in trigger.sets_off:
                self._exists(trigger.id, name, "sets off")
        for amendment in self.amendments.values():
            self._exists(amendment.id, amendment.unit, "amends")
        for requirement in self.evidence.values():
            for name in requirement.required_by:
                self._exists(requirement.id, name, "is required by")
        for provision in self.provisions.values():
            for name in provision.suggested_for:
                self._exists(provision.id, name, "is suggested for")
            for name in provision.addresses_risks:
                self._exists(provision.id, name, "addresses")
            recurs = provision.occurrence not in (None, STANDING)
            if recurs and provision.force == OBLIGATION and provision.id not in set_off:
                what = f"'{provision.id}' is asked per occurrence, but no trigger sets it off."
                self.bad(provision.iri, what, "Add an aims:Trigger that aims:setsOff it.")

    def _exists(self, subject: str, name: str, verb: str) -> None:
        if name not in self.provisions:
            what = f"'{subject}' {verb} '{name}', which does not exist."
            self.bad(self._iri_of(subject), what, self.suggestion(name))

    def _iri_of(self, name: str) -> str:
        prefix, _, local = name.partition(":")
        edition = self.editions.get(prefix)
        return edition.namespace + local if edition else name
