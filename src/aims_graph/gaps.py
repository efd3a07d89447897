"""Gaps: the duties that are not covered when some things are done, or by what records show, each with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.errors import InputError
from aims_graph.grounds import Grounds, Later, grounds, grounds_json, later_json, named_json, place_json, refusals
from aims_graph.indexing import duties
from aims_graph.indexing.duties import Named
from aims_graph.inference import infer
from aims_graph.model import ApplicationDate
from aims_graph.reasons import NO_COUNTERPART, NO_PATH, Reasons, Why, hop_json, nearness, sentence
from aims_graph.recorded import IN_PART, NO_RECORD, RECORDED, STALE, Recorded, Touch, Waiver
from aims_graph.relations import Degree
from aims_graph.trace import Options, check_options

NEVER_WHOLE = (
    "Records speak of occurrences and never cover a provision as a whole: cases that nobody wrote down may exist. "
    "Whether a duty is done is judged over all cases by a person."
)
_EMPTY = (NO_PATH, NO_COUNTERPART, NO_RECORD)  # reasons that many duties of one heading share in one line
_OF_RECORDS = (STALE, IN_PART, NO_RECORD)


@dataclass(frozen=True)
class Member:
    """A part of a whole that is not covered, or not wholly."""

    provision: str
    degree: Degree
    reason: str
    duties: int  # duties in it that are not covered, itself included


@dataclass(frozen=True)
class Gap:
    """One line: a duty, or a whole with all its duties that are not covered."""

    provision: str
    reason: str  # of its duties the one that comes nearest to being covered
    why: Why
    sentence: str
    degree: Degree  # of the provision itself
    conditions: tuple[str, ...]  # under which that much of it is covered
    duties: tuple[str, ...]  # those that the line stands for, in document order
    reasons: tuple[tuple[str, int], ...]  # how many of them have which reason
    missing: tuple[Member, ...]
    touches: tuple[tuple[str, Touch], ...]  # of the provision and of the duties that the line stands for
    waivers: tuple[tuple[str, Waiver], ...]  # likewise


@dataclass(frozen=True)
class Counted:
    """How many duties of a framework apply on the day, are covered, recorded, or not covered for which reason."""

    framework: str
    duties: int
    covered: int
    recorded: int
    reasons: tuple[tuple[str, int], ...]
    later: int


@dataclass(frozen=True)
class Gaps:
    """The whole answer."""

    done: tuple[Named, ...]
    cases: int | None  # recorded cases; None where no records were read
    frameworks: tuple[Counted, ...]
    gaps: tuple[Gap, ...]
    recorded: tuple[tuple[str, tuple[Touch, ...]], ...]  # duties that each case on file covers
    later: tuple[Later, ...]
    notes: tuple[str, ...]
    grounds: Grounds


def gaps(
    catalogue: Catalogue,
    done: Sequence[Named],
    options: Options,
    records: Recorded | None = None,
    every: bool = False,
) -> Gaps:
    """Which duties are not covered, and why.

    `done` is hypothetical: all that it asks is taken as done. Without it, what the
    records touch decides. With `every`, each duty has a line of its own; else a
    whole has one for all of its duties. Raises InputError for options that do not
    exist, or where there is nothing to hold the duties against.
    """
    check_options(catalogue, options)
    if not done and records is None:
        raise InputError("nothing is named as done. Name provisions or frameworks, or load a file of records.")
    context = options.context()
    starts = duties.done(catalogue, done, context)
    found = infer(catalogue, starts, context)
    reasons = Reasons(catalogue, found, starts, context)
    frameworks = [
        _Framework(catalogue, name, context, reasons, records, bool(done)) for name in _asked(catalogue, done, options)
    ]
    held = [f for f in frameworks if f.duties]
    effects = {catalogue.editions[f.name].effect for f in held if any(reasons.claim(p) for p in f.duties)}
    notes = [*refusals(catalogue, done, starts, found.refused, options), *_empty(catalogue, frameworks, options)]
    notes = [*dict.fromkeys(notes), *sorted(e for e in effects if e is not None)]
    notes += found.limits(p for f in held for p in f.duties)
    return Gaps(
        done=tuple(done),
        cases=None if records is None else records.cases,
        frameworks=tuple(f.counted() for f in held),
        gaps=tuple(gap for f in held for gap in f.gaps(every)),
        recorded=tuple((p, records.touches[p]) for f in held for p in f.recorded) if records is not None else (),
        later=tuple(later for f in held for later in f.later()),
        notes=(*notes, *([NEVER_WHOLE] if records is not None else [])),
        grounds=grounds(catalogue, options, (reasons.claim(p) for f in held for p in f.duties)),
    )


def _asked(catalogue: Catalogue, done: Sequence[Named], options: Options) -> tuple[str, ...]:
    """The frameworks asked for; else all but those of what is done, and those that only join others."""
    if options.frameworks:
        return options.frameworks
    own = {catalogue.provisions[p].edition for n in done for p in n.provisions}
    return tuple(e for e in catalogue.editions if e not in catalogue.common and e not in own)


def _empty(catalogue: Catalogue, frameworks: Sequence[_Framework], options: Options) -> list[str]:
    """Why there is nothing to tell of a framework that was asked for by name."""
    nothing = [f.name for f in frameworks if f.name in options.frameworks and not f.duties]
    return [duties.none_held(catalogue, duties.framework(catalogue, n), options.context()) for n in nothing]


@dataclass(frozen=True)
class _Framework:
    """The duties of one edition with what is said of each."""

    catalogue: Catalogue
    name: str
    context: Context
    reasons: Reasons
    records: Recorded | None
    hypothetical: bool

    @cached_property
    def duties(self) -> frozenset[str]:
        held = [p.id for p in self.catalogue.provisions.values() if p.edition == self.name]
        return duties.of(self.catalogue, held, self.context)

    @cached_property
    def waiting(self) -> dict[str, tuple[ApplicationDate, ...]]:
        """Duties that apply later."""
        found = {p: duties.applies_later(self.catalogue.provisions[p], self.context) for p in self.duties}
        return {p: dates for p, dates in found.items() if dates}

    @cached_property
    def order(self) -> dict[str, int]:
        """Where each provision stands in the document."""
        roots = duties.roots(self.catalogue, self.name)
        placed = [p for root in roots for p in (root, *self.catalogue.descendants(root))]
        return {p: i for i, p in enumerate(placed)}

    @cached_property
    def open(self) -> dict[str, tuple[str, Why]]:
        """The duties of the day that are not covered, with the reason of each, in document order."""
        now = sorted(self.duties - self.waiting.keys(), key=self.order.__getitem__)
        found = {p: self._reason(p) for p in now}
        return {p: why for p, why in found.items() if why is not None}

    @cached_property
    def recorded(self) -> tuple[str, ...]:
        """Where the records decide: the duties that each case on file covers for itself."""
        if self.hypothetical or self.records is None:
            return ()
        told = [p for p in self.duties - self.waiting.keys() if self.records.state(p) == RECORDED]
        return tuple(sorted(told, key=self.order.__getitem__))

    def _reason(self, provision: str) -> tuple[str, Why] | None:
        state = NO_RECORD if self.records is None else self.records.state(provision)
        if state == STALE:
            return STALE, Why(STALE)
        if not self.hypothetical:
            return None if state == RECORDED else (state, Why(state))
        if self.reasons.covers(provision):
            return None
        why = self.reasons.why(provision)
        return why.reason, why

    def counted(self) -> Counted:
        """The numbers of the framework."""
        now = len(self.duties) - len(self.waiting)
        reasons = _counted(reason for reason, _ in self.open.values())
        covered = now - len(self.open) - len(self.recorded)
        return Counted(self.name, now, covered, len(self.recorded), reasons, len(self.waiting))

    def later(self) -> Iterator[Later]:
        """The duties that are no gap yet, with what is covered of them already."""
        for provision in sorted(self.waiting, key=self.order.__getitem__):
            yield Later(provision, self.reasons.degree(provision), self.waiting[provision])

    def gaps(self, every: bool) -> list[Gap]:
        """The lines, nearest to being covered first, then in document order."""
        if every:
            lines = [self._line(p, (p,)) for p in self.open]
        else:
            lines = [g for root in duties.roots(self.catalogue, self.name) for g in self._lines(root)]
        return sorted(lines, key=lambda g: (_rank(g.reason), self.order[g.provision]))

    def _lines(self, node: str) -> Iterator[Gap]:
        inside = duties.below(self.catalogue, node, frozenset(self.open))
        reasons = {self.open[p][0] for p in inside}
        waived = self.records is not None and any(p in self.records.waivers for p in inside)
        shared = len(inside) > 1 and len(reasons) == 1 and reasons <= set(_EMPTY) and not waived
        if inside and (node in self.open or shared):
            yield self._line(node, inside)
        elif inside:
            for child in self.catalogue.children.get(node, ()):
                yield from self._lines(child)

    def _line(self, node: str, inside: tuple[str, ...]) -> Gap:
        reason, why = min((self.open[p] for p in inside), key=lambda found: _rank(found[0]))
        claim = self.reasons.claim(node)
        return Gap(
            provision=node,
            reason=reason,
            why=why,
            sentence=self._sentence(reason, why),
            degree=self.reasons.degree(node),
            conditions=() if claim is None else claim.best.conditions,
            duties=inside,
            reasons=_counted(self.open[p][0] for p in inside),
            missing=tuple(self._missing(node)),
            touches=tuple(self._touches(dict.fromkeys((node, *inside)))),
            waivers=tuple(self._waivers(dict.fromkeys((node, *inside)))),
        )

    def _touches(self, provisions: Iterable[str]) -> Iterator[tuple[str, Touch]]:
        found = {} if self.records is None else self.records.touches
        for provision in provisions:
            yield from ((provision, touch) for touch in found.get(provision, ()))

    def _waivers(self, provisions: Iterable[str]) -> Iterator[tuple[str, Waiver]]:
        found = {} if self.records is None else self.records.waivers
        return ((p, found[p]) for p in provisions if p in found)

    def _missing(self, node: str) -> Iterator[Member]:
        for child in self.catalogue.children.get(node, ()):
            inside = duties.below(self.catalogue, child, frozenset(self.open))
            if inside:
                reason = min((self.open[p][0] for p in inside), key=_rank)
                yield Member(child, self.reasons.degree(child), reason, len(inside))

    def _sentence(self, reason: str, why: Why) -> str:
        return _SAID[reason] if reason in _SAID else sentence(why, self.context)


_SAID = {
    STALE: "Evidence that it demands is older than it may be, or no longer valid.",
    IN_PART: "Recorded in part, or not for each case on file.",
    NO_RECORD: "No record touches it.",
}


def _rank(reason: str) -> tuple[int, int, str]:
    if reason in _OF_RECORDS:
        return _OF_RECORDS.index(reason) - len(_OF_RECORDS), 0, ""
    return (0, *nearness(reason))


def _counted(reasons: Iterator[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(reasons).items(), key=lambda item: _rank(item[0])))


# -- as JSON ---------------------------------------------------------------------------


def gaps_json(catalogue: Catalogue, found: Gaps) -> dict[str, Any]:
    """The JSON object of a gaps answer, the same on the command line and the service."""
    return {
        "done": named_json(found.done),
        "cases": found.cases,
        "frameworks": [
            {
                "framework": f.framework,
                "duties": f.duties,
                "covered": f.covered,
                "recorded": f.recorded,
                "gaps": dict(f.reasons),
                "not_yet_applicable": f.later,
            }
            for f in found.frameworks
        ],
        "gaps": [_gap_json(catalogue, g) for g in found.gaps],
        "recorded": [
            {**place_json(catalogue, p), "records": [_touch_json(p, t) for t in touches]}
            for p, touches in found.recorded
        ],
        "not_yet_applicable": later_json(catalogue, found.later),
        "notes": list(found.notes),
        **grounds_json(found.grounds),
    }


def _gap_json(catalogue: Catalogue, gap: Gap) -> dict[str, Any]:
    return {
        **place_json(catalogue, gap.provision),
        "reason": gap.reason,
        "sentence": gap.sentence,
        "degree": gap.degree.word,
        "condition": catalogue.provisions[gap.provision].condition,
        "conditions": list(gap.conditions),
        "duties": list(gap.duties),
        "reasons": dict(gap.reasons),
        "near": [hop_json(h) for h in gap.why.near],
        "missing": [
            {"provision": m.provision, "degree": m.degree.word, "reason": m.reason, "duties": m.duties}
            for m in gap.missing
        ],
        "records": [_touch_json(p, t) for p, t in gap.touches],
        "waived": [
            {"provision": p, "record": w.record, "until": w.until.isoformat(), "by": w.by} for p, w in gap.waivers
        ],
    }


def _touch_json(provision: str, touch: Touch) -> dict[str, Any]:
    return {
        "provision": provision,
        "record": touch.record,
        "kind": touch.kind,
        "degree": touch.degree.word,
        "stale": touch.stale,
        "says": touch.says,
    }
