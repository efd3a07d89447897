"""What follows from targets, before options choose what is shown of it; of single provisions it is remembered.

Which claims there are, how they rank and what can be told of each depends on the targets and the context alone. So
that is worked out once, and each question chooses from it. A day counts as any other between the same two days on
which a text or a date of application changes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from threading import Lock
from typing import NamedTuple
from weakref import WeakValueDictionary

from aims_graph.answers import Answer, Applies, TriggerLine
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.chosen import Chosen, Kept
from aims_graph.inference import Inference, infer
from aims_graph.model import ANY_CLASS, ApplicationDate, Claim, Derivation, Interval, Provision, day_after
from aims_graph.relations import Degree
from aims_graph.statements import provision_statement
from aims_graph.triggers import Recorded, family_of, trigger_lines
from aims_graph.ways import Ways

DESIGNED = "designed"  # the assurance of what follows from no record
MOST_LINES = 250_000  # answers, lines of their proofs and questions; of what is prepared, and as many of the rest
TELLINGS_KEPT = 8  # contexts (of days on which all is the same) in which sentences about one outcome are kept
CONTEXTS_KEPT = 1_000  # of which is known what day they count as
WAYS_KEPT = 4  # contexts of which what is known of the edges is kept; the oldest goes first


class Prospect(NamedTuple):
    """A claim that may be shown, in short."""

    provision: str
    framework: str
    degree: Degree
    members: frozenset[str] | None  # it follows only by going up from these: beside them it says nothing new
    rows: tuple[str, ...]  # ids of the mapping rows of its best proof
    signed: tuple[str, ...]  # those of them that an accountable person signed


class Worth(NamedTuple):
    """The prospects that are worth showing where some editions are silent, side by side."""

    places: Sequence[int]  # among all prospects
    frameworks: tuple[str, ...]

    def of(self, frameworks: Collection[str], most: int) -> Sequence[int]:
        """The places of those in some frameworks, or in any where none is named; only of the first so many."""
        places = self.places[:most]
        if not frameworks:
            return places
        return [place for place, framework in zip(places, self.frameworks, strict=False) if framework in frameworks]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What follows from some targets in one context.

    What each choice looks at stands side by side, by the place of a prospect: to gather it from the prospects and
    answers themselves takes longer than all else that a question needs.
    """

    prospects: tuple[Prospect, ...]  # by degree, confidence and id; without the targets, what they hold and lie in
    answers: Callable[[Sequence[int]], Sequence[Answer]]  # what is told of the prospects at some places
    silent: frozenset[str]  # editions that are named only where they are asked for
    triggers: Kept[TriggerLine]
    result: Inference  # without its claims where the outcome is remembered
    own: frozenset[str] = frozenset()  # editions of the targets
    leading_to: tuple[str, ...] = ()  # the edition to which each of the triggers leads

    def chosen(self, frameworks: Collection[str], min_degree: Degree, limit: int | None) -> tuple[Sequence[int], bool]:
        """The places of what is worth showing, best first; and whether a limit cut it."""
        worth = self._worth(self.silent.difference(frameworks))
        most = len(worth.places) if min_degree <= Degree.CANDIDATE else self._at_least(worth.places, min_degree)
        places = worth.of(frameworks, most)
        cut = places[:limit]
        return cut, len(cut) < len(places)

    def asked_about(self, frameworks: Collection[str]) -> Chosen[TriggerLine]:
        """The questions that lead to the frameworks asked about, or to the targets' own; all where none is named."""
        if not frameworks:
            return self.triggers.chosen(range(len(self.leading_to)))
        near = self.own.union(frameworks)
        return self.triggers.chosen([place for place, edition in enumerate(self.leading_to) if edition in near])

    def lies_in(self, framework: str, places: Sequence[int]) -> bool:
        """Whether one of the prospects at some places lies in a framework."""
        return framework in map(self._frameworks.__getitem__, places)

    def names(self, places: Sequence[int]) -> Iterator[str]:
        """The provisions at some places, by id."""
        return (self.prospects[place].provision for place in places)

    def told(self, context: Context, tell: Callable[[], tuple[str, ...]]) -> tuple[str, ...]:
        """Sentences about the whole, which are the same each time it is told in a context."""
        found = self._told.get(context)
        if found is None:
            if len(self._told) >= TELLINGS_KEPT:
                self._told.clear()
            found = self._told[context] = tell()
        return found

    @cached_property
    def _told(self) -> dict[Context, tuple[str, ...]]:
        return {}

    def signatures(self, places: Sequence[int]) -> dict[str, int]:
        """How many mapping rows those that are full or partial stand on, and how many a person signed."""
        used = signed = 0
        rows, of_persons = self._rows
        for place in places[: self._at_least(places, Degree.PARTIAL)]:
            used |= rows[place]
            signed |= of_persons[place]
        return {"rows_used": used.bit_count(), "rows_signed": signed.bit_count()}

    def _at_least(self, places: Sequence[int], degree: Degree) -> int:
        """How many prospects at some places, in order, are of a degree or a higher one."""
        return bisect_left(places, self._degrees[degree])

    def _worth(self, silent: frozenset[str]) -> Worth:
        """What is not in silent editions, and does not follow from others shown alone."""
        found = self._worths.get(silent)
        if found is None:
            shown = {p.provision for p in self.prospects if p.framework not in silent}
            places = tuple(
                place
                for place, p in enumerate(self.prospects)
                if p.provision in shown and (p.members is None or not p.members <= shown)
            )
            whole = len(places) == len(self.prospects)
            frameworks = tuple(self._frameworks[place] for place in places)
            found = self._worths[silent] = Worth(range(len(places)) if whole else places, frameworks)
        return found

    @cached_property
    def _worths(self) -> dict[frozenset[str], Worth]:
        return {}

    @cached_property
    def _frameworks(self) -> tuple[str, ...]:
        return tuple(p.framework for p in self.prospects)

    @cached_property
    def _degrees(self) -> dict[Degree, int]:
        """The first place whose prospect is of a lower degree: they stand by degree, the highest first."""
        return {degree: sum(p.degree >= degree for p in self.prospects) for degree in Degree}

    @cached_property
    def _rows(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rows that each prospect stands on, and those of them that a person signed: a bit for each row."""
        bits = {row: 1 << n for n, row in enumerate(dict.fromkeys(row for p in self.prospects for row in p.rows))}
        used = tuple(sum(bits[row] for row in {*p.rows}) for p in self.prospects)
        return used, tuple(sum(bits[row] for row in {*p.signed}) for p in self.prospects)

    @property
    def lines(self) -> int:
        """How much there is to remember of it."""
        proofs = (answer.derivation.steps for answer in self.answers(range(len(self.prospects))))
        return 1 + len(self.prospects) + len(self.leading_to) + sum(map(len, proofs))


class Outcomes:
    """What follows from each provision alone, remembered for the contexts asked about; safe to share among threads.

    What is prepared stays until something else is prepared; of the rest, what was not asked about for longest goes.
    """

    def __init__(self, catalogue: Catalogue, most: int = MOST_LINES) -> None:
        self.catalogue, self._most = catalogue, most
        self._prepared: dict[tuple[str, Context], Outcome] = {}
        self._asked: OrderedDict[tuple[str, Context], tuple[Outcome, int]] = OrderedDict()
        self._lines = 0  # of what was asked about
        self._ways: dict[Context, Ways] = {}
        self._since: dict[Context, Context] = {}
        self._raised: WeakValueDictionary[tuple[TriggerLine, ...], Kept[TriggerLine]] = WeakValueDictionary()
        self._lock = Lock()

    @property
    def lines(self) -> tuple[int, int]:
        """How much is remembered: of what is prepared, and of the rest."""
        return sum(outcome.lines for outcome in self._prepared.values()), self._lines

    def of(self, target: str, context: Context) -> Outcome:
        """What follows from a provision, by id, in a context without a case."""
        key = (target, self._alike(context))
        found = self._remembered(key)
        if found is None:
            found = self._made(*key)
            self._keep(key, found)
        return found

    def remembered(self, target: str, context: Context) -> Outcome | None:
        """The same if it is at hand; None where it had to be worked out."""
        return self._remembered((target, self._alike(context)))

    def _remembered(self, key: tuple[str, Context]) -> Outcome | None:
        found = self._prepared.get(key)
        if found is not None:
            return found
        with self._lock:
            asked = self._asked.get(key)
            if asked is not None:
                self._asked.move_to_end(key)
        return None if asked is None else asked[0]

    def prepare(self, context: Context) -> Iterator[Outcome]:
        """What follows from each provision, in place of what was prepared before; as far as there is room."""
        context = self._alike(context)
        prepared = self._prepared = {}
        room = self._most
        for target in self.catalogue.provisions:
            outcome = self._made(target, context)
            room -= outcome.lines
            if room < 0:
                return
            prepared[target, context] = outcome
            yield outcome

    def ways(self, context: Context) -> Ways:
        """What is remembered of the edges in a context."""
        context = self._alike(context)
        with self._lock:
            found = self._ways.get(context)
            if found is None:
                if len(self._ways) >= WAYS_KEPT:
                    self._ways.pop(next(iter(self._ways)))
                found = self._ways[context] = Ways(self.catalogue, context)
        return found

    def _alike(self, context: Context) -> Context:
        """The context of the first day on which all is as on its day."""
        found = self._since.get(context)
        if found is None:
            if len(self._since) >= CONTEXTS_KEPT:
                self._since.clear()
            found = self._since[context] = replace(context, as_of=_since(self.catalogue, context.as_of))
        return found

    def _made(self, target: str, context: Context) -> Outcome:
        result = infer(self.catalogue, (target,), context, self.ways(context))
        found = outcome_of(self.catalogue, (target,), result, context)
        answers = Kept(found.answers(range(len(found.prospects))))
        triggers = self._alike_triggers(found.triggers)
        return replace(found, answers=answers.chosen, triggers=triggers, result=replace(result, claims={}, blocked=()))

    def _alike_triggers(self, found: Kept[TriggerLine]) -> Kept[TriggerLine]:
        """The same questions as many provisions raise, once."""
        with self._lock:
            return self._raised.setdefault(found.things, found)

    def _keep(self, key: tuple[str, Context], made: Outcome) -> None:
        lines = made.lines
        with self._lock:
            if key in self._asked or lines > self._most:
                return
            self._asked[key] = made, lines
            self._lines += lines
            while self._lines > self._most:
                _, (_, freed) = self._asked.popitem(last=False)
                self._lines -= freed


def outcome_of(
    catalogue: Catalogue,
    targets: Sequence[str],
    result: Inference,
    context: Context,
    assurance: str = DESIGNED,
    recorded: Recorded | None = None,
    asked: Collection[str] | None = None,
) -> Outcome:
    """What claims already inferred come to; `recorded` holds what is known of the triggers.

    With `asked`, editions that are silent where these are asked for are left out from the start.
    """
    family = family_of(catalogue, targets)
    own = {catalogue.provisions[t].edition for t in targets}
    silent = catalogue.common | own
    unasked = frozenset() if asked is None else silent.difference(asked)
    provisions = catalogue.provisions
    named = (p for p in result.claims if p not in family and provisions[p].edition not in unasked)
    claims = sorted((result.claims[p] for p in named), key=_rank)
    triggers = trigger_lines(catalogue, targets, context.as_of, context.roles, recorded or {})

    def answers(places: Sequence[int]) -> tuple[Answer, ...]:
        return tuple(make_answer(catalogue, claims[place], context, assurance) for place in places)

    return Outcome(
        prospects=tuple(_prospect(provisions[claim.provision], claim) for claim in claims),
        answers=answers,
        silent=silent,
        triggers=Kept(triggers),
        result=result,
        own=frozenset(own),
        leading_to=tuple(provisions[line.provision].edition for line in triggers),
    )


def _rank(claim: Claim) -> tuple[int, bool, float, str]:
    unknown = claim.confidence is None
    return (-claim.degree, unknown, -(claim.confidence or 0.0), claim.provision)


def _prospect(provision: Provision, claim: Claim) -> Prospect:
    rows = claim.best.rows
    signed = tuple(row.id for row in rows if row.signed)
    members = _only_from(claim)
    return Prospect(provision.id, provision.edition, claim.degree, members, tuple(row.id for row in rows), signed)


def _only_from(claim: Claim) -> frozenset[str] | None:
    """The members from which every proof of a claim ends by going up; None where one ends in another way."""
    last = [derivation.steps[-1] for derivation in claim.derivations]
    if any(step.rule not in ("whole", "all-parts", "any-of") for step in last):
        return None
    return frozenset(premise for step in last for premise in step.premises)


# -- days --------------------------------------------------------------------------------


def _since(catalogue: Catalogue, day: date) -> date:
    """The first day from which on all is as on a day."""
    days = catalogue.remembered(_turning_days, None)
    place = bisect_right(days, day)
    return days[place - 1] if place else date.min


def _turning_days(catalogue: Catalogue, _: None) -> tuple[date, ...]:
    """The days on which a text or a date of application is not what it was the day before."""
    return tuple(sorted(frozenset(day for p in catalogue.provisions.values() for day in _turns(p))))


def _turns(provision: Provision) -> Iterator[date]:
    yield from _ends(provision.in_force)
    for application in provision.applies:
        yield application.start
        yield from _ends(application.valid)


def _ends(interval: Interval) -> Iterator[date]:
    if interval.start is not None:
        yield interval.start
    if interval.end is not None:
        yield day_after(interval.end)


# -- answers -----------------------------------------------------------------------------


def make_answer(catalogue: Catalogue, claim: Claim, context: Context, assurance: str) -> Answer:
    """One claim as people and tools see it."""
    provision = catalogue.provisions[claim.provision]
    edition = catalogue.editions[provision.edition]
    dates = _dates(provision, context)
    best = claim.best
    signers = {row.reviewer or "" for row in best.rows if row.signed}
    return Answer(
        provision=provision.id,
        framework=provision.edition,
        notation=provision.notation,
        title=provision.title,
        degree=claim.degree,
        confidence=claim.confidence,
        confidence_interval=claim.interval,
        best_derivation_confidence=claim.best_confidence,
        binds=tuple(sorted(provision.binds)),
        bindingness=edition.bindingness,
        applies=tuple(Applies(d.system_class, d.start) for d in dates),
        flags=_flags(claim, best, dates, context),
        conditions=best.conditions,
        questions=best.questions,
        assurance=assurance,
        signed_by=", ".join(sorted(signers)) if signers and all(r.signed for r in best.rows) else None,
        statement=provision_statement(provision, edition.bindingness, claim.degree),
        derivation=best,
        other_derivations=len(claim.derivations) - 1,
    )


def _dates(provision: Provision, context: Context) -> tuple[ApplicationDate, ...]:
    """The application dates that are the law on the day, of the class of systems asked about."""
    wanted = (context.system_class, ANY_CLASS)
    return tuple(
        a for a in provision.applies_on(context.as_of) if context.system_class == ANY_CLASS or a.system_class in wanted
    )


def _flags(claim: Claim, best: Derivation, dates: tuple[ApplicationDate, ...], context: Context) -> tuple[str, ...]:
    flags = set(best.flags)
    if dates and all(d.start > context.as_of for d in dates):
        flags.add("not-yet-applicable")
    if any(d.legal_question for d in dates):
        flags.add("application-date-disputed")
    if claim.bounded:
        flags.add("confidence-bounded")
    return tuple(sorted(flags))
