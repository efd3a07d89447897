"""Plans: the cheapest actions that close a set of duties, across frameworks, with the optimum proved.

An action is doing all that one provision asks. A duty is closed when the claims
of all the actions together, and of what is done already, reach it with the
degree asked for. `hitting` finds the set, `inference` proves each closing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

from aims_graph import programme
from aims_graph.answers import derivation_json, number
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.confidence import chain_confidence, chain_interval
from aims_graph.errors import InputError
from aims_graph.grounds import (
    Grounds,
    Later,
    grounds,
    grounds_json,
    later,
    later_json,
    named_json,
    place_json,
    refusals,
)
from aims_graph.hitting import Problem, cheapest
from aims_graph.indexing import duties
from aims_graph.indexing.cones import Cones
from aims_graph.indexing.duties import Named
from aims_graph.indexing.index import Claims, Index
from aims_graph.inference import Inference, infer
from aims_graph.model import Claim, Derivation
from aims_graph.reasons import Reasons, Why, hop_json, sentence
from aims_graph.relations import Degree
from aims_graph.trace import Options, check_options

ONE, PARTS = "one", "parts"
LARGEST = 10**9  # sum of all costs in their smallest unit: what the solver tells apart for certain
NO_DUTY = "no-duty"
Json = dict[str, Any]


@dataclass(frozen=True)
class Costs:
    """What actions cost, in any one unit."""

    stated: Mapping[str, Decimal]
    each: str = ONE  # of an action without a stated cost: one, or the number of innermost duties that it holds


@dataclass(frozen=True)
class Action:
    """One action of a plan."""

    provision: str
    cost: Decimal
    closes: tuple[str, ...]  # targets of whose best proof it is a start


@dataclass(frozen=True)
class Closing:
    """That a target is closed, with the proof."""

    provision: str
    claim: Claim
    by: tuple[str, ...]  # the starts of the best proof: actions, and what was done already


@dataclass(frozen=True)
class Unclosable:
    """A target that no action considered can close, and why."""

    provision: str
    reason: str
    why: Why
    sentence: str


@dataclass(frozen=True)
class Plan:
    """The whole answer."""

    targets: tuple[Named, ...]
    done: tuple[Named, ...]
    sources: tuple[str, ...]  # frameworks that actions are taken from; none: all
    degree: Degree
    considered: int  # actions that could serve
    wanted: int  # targets
    already: tuple[Closing, ...]
    actions: tuple[Action, ...]
    closings: tuple[Closing, ...]
    unclosable: tuple[Unclosable, ...]
    cost: Decimal
    bound: Decimal  # no plan costs less
    proved: bool
    ordered: bool  # whether the choice among plans of equal cost is decided too
    solver: str
    seconds: float  # that the search took
    later: tuple[Later, ...]  # targets that apply only from a later day
    notes: tuple[str, ...]
    grounds: Grounds

    @property
    def gap(self) -> float:
        """By how much of its cost the plan may be too dear; 0 where the optimum is proved."""
        return 0.0 if self.proved or not self.cost else float((self.cost - self.bound) / self.cost)


def plan(
    catalogue: Catalogue,
    targets: Sequence[Named],
    options: Options,
    *,
    sources: Sequence[str] = (),
    done: Sequence[Named] = (),
    costs: Costs | None = None,
    degree: Degree = Degree.FULL,
    seconds: float = 60.0,
    index: Index | None = None,
) -> Plan:
    """The cheapest set of actions that closes every target that can be closed.

    A target that is a framework, or a heading, stands for its innermost duties;
    any other provision for itself. `sources` limits the actions to frameworks;
    `seconds` is what the search may take. Among plans of equal cost: the fewest
    actions, then the surest, then the first in the order of the documents.
    Raises InputError for options that do not exist.
    """
    check_options(catalogue, options)
    if seconds < 0:
        raise InputError(f"time limit {seconds:g} is less than nothing. Give seconds, 0 or more.")
    context = options.context()
    before = duties.done(catalogue, done, context)
    search = _Search(
        index or Index(catalogue, context),
        _wanted(catalogue, targets, context),
        before,
        sources,
        costs or Costs({}),
        degree,
    )
    found = cheapest(search.problem, seconds)
    proof = infer(catalogue, (*before, *found.chosen), context)
    closings = search.closings(proof, found.chosen, search.closers)
    already = search.closings(infer(catalogue, before, context), (), search.already)
    return Plan(
        targets=tuple(targets),
        done=tuple(done),
        sources=tuple(sources),
        degree=degree,
        considered=len(search.problem.costs),
        wanted=len(search.wanted),
        already=already,
        actions=tuple(search.action(a, closings) for a in found.chosen),
        closings=closings,
        unclosable=search.unclosable(targets),
        cost=search.unscaled(found.cost),
        bound=search.unscaled(0 if search.limited else found.bound),
        proved=found.proved and not search.limited,
        ordered=found.ordered,
        solver=programme.solver(),
        seconds=found.seconds,
        later=later(catalogue, search.wanted, lambda t: _degree(proof, t), options),
        notes=(
            *refusals(catalogue, done, before, proof.refused, options),
            *search.notes(),
            *proof.limits(search.wanted),
        ),
        grounds=grounds(catalogue, options, (c.claim for c in (*already, *closings))),
    )


def _wanted(catalogue: Catalogue, targets: Sequence[Named], context: Context) -> tuple[str, ...]:
    """The duties to close: of a framework or heading the innermost ones, else the provision itself."""
    asked = duties.of(catalogue, tuple(catalogue.provisions), context)
    found: list[str] = []
    for target in targets:
        if target.id in asked:
            found.append(target.id)
        else:
            tops = duties.roots(catalogue, target.id) if target.whole_framework else (target.id,)
            found += [p for top in tops for p in duties.innermost(catalogue, top, asked)]
    return tuple(dict.fromkeys(found))


def _of_one_proof(proof: Derivation) -> Claim:
    """A claim of which one proof is at hand, and others may exist."""
    stated = [row.confidence for row in proof.rows]
    sure = chain_confidence(stated)
    return Claim(proof.provision, proof.degree, (proof,), sure, (chain_interval(stated)[0], 1.0), sure, bounded=True)


def _degree(proof: Inference, provision: str) -> Degree:
    claim = proof.claims.get(provision)
    return Degree.NONE if claim is None else claim.degree


def _starts(claim: Claim) -> tuple[str, ...]:
    """Where the best proof of a claim starts."""
    return tuple(s.conclusion for s in claim.best.steps if s.rule == "target")


@dataclass(frozen=True)
class _Search:
    """What the actions close, as the solver's side asks for it."""

    index: Index
    wanted: tuple[str, ...]
    before: tuple[str, ...]
    sources: Sequence[str]
    costs: Costs
    degree: Degree
    left_out: set[str] = field(default_factory=set)  # what a limit of the index may have left out of the claims asked

    def _claims(self, *starts: str) -> Claims:
        found = self.index.claims(*starts)
        self.left_out.update(found.limited)
        return found

    def closed(self, starts: Iterable[str]) -> frozenset[str]:
        """The targets that follow with the degree asked for when all of these, and what was done before, are done."""
        found = self._claims(*self.before, *starts)
        return frozenset(t for t in self.wanted if t in found and found[t].degree >= self.degree)

    def closings(self, proof: Inference, chosen: Iterable[str], closed: Iterable[str]) -> tuple[Closing, ...]:
        """The targets that a set closes, each with its proof: the index's own where `inference` ended before it."""
        starts = (*self.before, *chosen)
        return tuple(Closing(t, claim, _starts(claim)) for t in closed for claim in [self._proved(proof, starts, t)])

    def _proved(self, proof: Inference, starts: Sequence[str], target: str) -> Claim:
        """The claim that closes a target; where limits leave it out of what all starts give, from one start alone."""
        claim = proof.claims.get(target)
        if claim is not None and claim.degree >= self.degree:
            return claim
        found = (self.index.derivation(some, target) for some in (starts, *((start,) for start in starts)))
        return next(_of_one_proof(d) for d in found if d is not None and d.degree >= self.degree)

    @cached_property
    def already(self) -> tuple[str, ...]:
        """The targets that need nothing more."""
        closed = self.closed(())
        return tuple(t for t in self.wanted if t in closed)

    @cached_property
    def possible(self) -> tuple[str, ...]:
        """Every action that may be taken, in document order."""
        catalogue = self.index.catalogue
        taken = set(self.before)
        return tuple(
            p.id
            for p in catalogue.provisions.values()
            if (p.edition in self.sources if self.sources else p.edition not in catalogue.common)
            and p.id not in taken
            and p.id in self.duties
        )

    @cached_property
    def closers(self) -> dict[str, dict[str, int]]:
        """Each target that can be closed, with the actions that close it alone and their confidence."""
        closable = self.closed(self.possible) - set(self.already)
        found: dict[str, dict[str, int]] = {t: {} for t in self.wanted if t in closable}
        for action in self.possible:
            for target, best in self._claims(action).items():
                if target in found and best.degree >= self.degree:
                    found[target][action] = int(10_000 * (number(best.confidence) or 0.0))
        return found

    @cached_property
    def together(self) -> dict[str, frozenset[str]]:
        """The actions of which several, or one with what was done before, may close a target only together."""
        cones = Cones(self.index.catalogue, self.index.context)
        possible = frozenset(self.possible)
        found = {t: cones.of(t, self.degree) for t in self.closers}
        return {t: cone.starts & possible for t, cone in found.items() if cone.together}

    @cached_property
    def problem(self) -> Problem:
        """The problem in whole numbers, without the actions that serve no target."""
        serving = {a for closers in self.closers.values() for a in closers}.union(*self.together.values())
        costs = {a: self.cost(a) for a in self.possible if a in serving}
        whole = {a: int(cost * self.scale) for a, cost in costs.items()}
        if sum(whole.values()) > LARGEST:
            raise InputError(
                f"the costs add up to more than {LARGEST:,} of their smallest unit (1/{self.scale}), which the solver "
                "cannot tell apart for certain. Round them, or state them in a larger unit."
            )
        return Problem(whole, self.closers, self.together, self.closed)

    def cost(self, action: str) -> Decimal:
        """What an action costs."""
        if action in self.costs.stated:
            return self.costs.stated[action]
        return Decimal(
            1 if self.costs.each == ONE else len(duties.innermost(self.index.catalogue, action, self.duties))
        )

    @cached_property
    def duties(self) -> frozenset[str]:
        """Every duty there is."""
        catalogue = self.index.catalogue
        return duties.of(catalogue, tuple(catalogue.provisions), self.index.context)

    @cached_property
    def scale(self) -> int:
        """What makes every stated cost a whole number."""
        return lcm(*(Fraction(cost).denominator for cost in self.costs.stated.values()))

    def unscaled(self, cost: int) -> Decimal:
        """A cost in the unit in which costs were stated."""
        return Decimal(cost) / self.scale

    def action(self, provision: str, closings: Sequence[Closing]) -> Action:
        """An action of the plan, with what it closes."""
        return Action(provision, self.cost(provision), tuple(c.provision for c in closings if provision in c.by))

    def unclosable(self, targets: Sequence[Named]) -> tuple[Unclosable, ...]:
        """The targets that nothing considered can close, and what was named that holds no duty."""
        catalogue, context = self.index.catalogue, self.index.context
        idle = [t for t in targets if not any(w in self.wanted for w in duties.inside(catalogue, t))]
        found = [Unclosable(t.id, NO_DUTY, Why(NO_DUTY), duties.none_held(catalogue, t, context)) for t in idle]
        open_ones = [t for t in self.wanted if t not in self.closers and t not in self.already]
        if open_ones:
            starts = (*self.before, *self.possible)
            reasons = Reasons(catalogue, infer(catalogue, starts, context), starts, context)
            whys = {t: reasons.why(t) for t in open_ones}
            found += [Unclosable(t, why.reason, why, sentence(why, context)) for t, why in whys.items()]
        return tuple(found)

    @property
    def limited(self) -> tuple[str, ...]:
        """Provisions of which a limit of the index may have left claims out: then no cost is proved to be the least."""
        return tuple(sorted(self.left_out))

    def notes(self) -> Iterator[str]:
        """Sentences that belong to the whole plan."""
        if self.limited:
            some = ", ".join(self.limited[:5]) + (" …" if len(self.limited) > 5 else "")
            yield f"A limit of the search left claims out at {some}: a cheaper plan may exist."
        idle = sorted(self.costs.stated.keys() - self.problem.costs.keys())
        if idle:
            some = ", ".join(idle[:5]) + (" …" if len(idle) > 5 else "")
            yield f"{len(idle)} costs are stated of what can close no target here: {some}."
        catalogue = self.index.catalogue
        editions = {catalogue.provisions[t].edition for t in self.wanted}
        yield from sorted({e for name in editions if (e := catalogue.editions[name].effect) is not None})


# -- as JSON ---------------------------------------------------------------------------


def plan_json(catalogue: Catalogue, found: Plan) -> Json:
    """The JSON object of a plan, the same on the command line and the service."""
    return {
        "targets": named_json(found.targets),
        "done": named_json(found.done),
        "sources": list(found.sources),
        "degree": found.degree.word,
        "wanted": found.wanted,
        "considered": found.considered,
        "actions": [
            {**place_json(catalogue, a.provision), "cost": float(a.cost), "closes": list(a.closes)}
            for a in found.actions
        ],
        "cost": float(found.cost),
        "bound": float(found.bound),
        "gap": number(found.gap),
        "optimum_proved": found.proved,
        "order_decided": found.ordered,
        "solver": found.solver,
        "seconds": round(found.seconds, 3),
        "closes": [_closing_json(catalogue, c) for c in found.closings],
        "already_closed": [_closing_json(catalogue, c) for c in found.already],
        "cannot_be_closed": [
            {
                "id": u.provision,
                "reason": u.reason,
                "sentence": u.sentence,
                "near": [hop_json(h) for h in u.why.near],
            }
            for u in found.unclosable
        ],
        "not_yet_applicable": later_json(catalogue, found.later),
        "notes": list(found.notes),
        **grounds_json(found.grounds),
    }


def _closing_json(catalogue: Catalogue, closing: Closing) -> Json:
    return {
        **place_json(catalogue, closing.provision),
        "degree": closing.claim.degree.word,
        "confidence": number(closing.claim.confidence),
        "by": list(closing.by),
        "flags": sorted(closing.claim.best.flags),
        "conditions": list(closing.claim.best.conditions),
        "derivation": derivation_json(closing.claim.best),
    }
