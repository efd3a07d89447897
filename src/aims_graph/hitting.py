"""The cheapest set of actions that closes every target, proved by an integer programme.

Which targets a set closes is a monotone question that only an oracle answers:
more actions close no less. A cut is a set of actions of which any closing set
holds at least one: where some actions do not close a target, and no further
one may join them without closing it, those left over form a cut. The solver
finds the cheapest set that holds one action of every cut known; the oracle
looks at it; what it leaves open gives new cuts. Once nothing is left open, the
solver's bound is the cost of the set, and the optimum is proved.

Among sets of equal cost: the fewest actions, then the greatest sum over the
targets of the best confidence with which one chosen action alone closes each,
then the first in the order of the actions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import monotonic

from aims_graph.programme import Programme

Oracle = Callable[[frozenset[str]], frozenset[str]]
"""The targets that a set of actions closes."""

BLOCK = 16  # actions whose order one solve decides


@dataclass(frozen=True)
class Problem:
    """What is to be closed by what; all the actions together close every target."""

    costs: Mapping[str, int]  # of every action, in the order that decides ties
    closers: Mapping[str, Mapping[str, int]]  # target → actions that close it alone → confidence, as a whole number
    together: Mapping[str, frozenset[str]]  # target → actions of which several may close it only together
    oracle: Oracle  # asked only about targets in `together`

    @cached_property
    def order(self) -> dict[str, int]:
        """Where each action stands."""
        return {action: i for i, action in enumerate(self.costs)}

    def cost(self, actions: Iterable[str]) -> int:
        """What a set of actions costs."""
        return sum(self.costs[a] for a in actions)

    def sorted(self, actions: Iterable[str]) -> tuple[str, ...]:
        """Actions in their order."""
        return tuple(sorted(actions, key=self.order.__getitem__))


@dataclass(frozen=True)
class Found:
    """A set of actions that closes every target, and what is proved of it."""

    chosen: tuple[str, ...]
    cost: int
    bound: int  # no closing set costs less
    ordered: bool  # whether the choice among sets of equal cost is decided too
    cuts: int
    solves: int
    seconds: float = 0.0  # that the search took

    @property
    def proved(self) -> bool:
        """Whether no cheaper set exists."""
        return self.bound >= self.cost


def cheapest(problem: Problem, seconds: float) -> Found:
    """The cheapest closing set; where `seconds` do not suffice the best one known, with the bound that is proved."""
    if not problem.closers:
        return Found((), 0, 0, ordered=True, cuts=0, solves=0)
    start = monotonic()
    found = _Search(problem, start + seconds).run()
    return replace(found, seconds=monotonic() - start)


class _Search:
    def __init__(self, problem: Problem, deadline: float) -> None:
        self.problem = problem
        self.deadline = deadline
        self.cuts: list[frozenset[str]] = []
        self.solves = 0
        self.programme = Programme(len(problem.costs))
        self._asked: dict[frozenset[str], frozenset[str]] = {}

    def run(self) -> Found:
        for target in self.problem.closers:
            self._learn(self._cut(target, frozenset()))
        best = self._greedy()
        bound = self._disjoint()
        costs = self._columns(self.problem.costs)
        found, lower = self._least(costs)
        bound, ordered = max(bound, lower), False
        if found is not None:
            best = found
            bound = self.problem.cost(best)
            self.programme.at_most(bound, costs)
            best, ordered = self._preferred(best)
        cost = self.problem.cost(best)
        return Found(self.problem.sorted(best), cost, min(bound, cost), ordered, len(self.cuts), self.solves)

    # -- what a set closes -------------------------------------------------------------

    def _closed(self, actions: frozenset[str]) -> frozenset[str]:
        """The targets that a set closes; the oracle is asked only where several may close one together."""
        alone = frozenset(t for t, closers in self.problem.closers.items() if not actions.isdisjoint(closers))
        waiting = {t for t in self.problem.closers.keys() - alone if self.problem.together.get(t)}
        if not waiting:
            return alone
        if actions not in self._asked:
            self._asked[actions] = self.problem.oracle(actions)
        return alone | (self._asked[actions] & waiting)

    def _open(self, actions: frozenset[str]) -> list[str]:
        return sorted(self.problem.closers.keys() - self._closed(actions))

    def _cut(self, target: str, actions: frozenset[str]) -> frozenset[str]:
        """A cut that a set misses which leaves the target open: what is outside a largest such set around it."""
        alone = frozenset(self.problem.closers[target])
        together = self.problem.together.get(target, frozenset())
        if not together or target not in self._closed(together - alone):
            return alone
        kept = actions & together

        def add(block: Sequence[str]) -> None:
            nonlocal kept
            if target not in self._closed(kept.union(block)):
                kept = kept.union(block)
            elif len(block) > 1:
                add(block[: len(block) // 2])
                add(block[len(block) // 2 :])

        add(self.problem.sorted(together - alone - kept))
        return (together | alone) - kept

    def _learn(self, cut: frozenset[str]) -> None:
        assert cut, "a target is not closed by all the actions together"
        if cut not in self.cuts:
            self.cuts.append(cut)
            self.programme.at_least(1, {self.problem.order[a]: 1 for a in self.problem.sorted(cut)})

    # -- without the solver --------------------------------------------------------------

    def _greedy(self) -> frozenset[str]:
        """A closing set that is good, not best: at each step the action that meets most cuts for its cost."""
        chosen: frozenset[str] = frozenset()
        while missing := self._open(chosen):
            met = Counter(a for cut in self.cuts if cut.isdisjoint(chosen) for a in cut)
            if met:
                chosen |= {max(self.problem.sorted(met), key=lambda a: met[a] / max(self.problem.costs[a], 1e-9))}
            for target in missing if not met else ():
                self._learn(self._cut(target, chosen))
        for action in reversed(self.problem.sorted(chosen)):
            if not self._open(chosen - {action}):
                chosen -= {action}
        return chosen

    def _disjoint(self) -> int:
        """A bound: of cuts that share no action, each costs at least its cheapest."""
        taken: set[str] = set()
        bound = 0
        for cut in sorted(self.cuts, key=lambda c: (len(c), self.problem.sorted(c))):
            if taken.isdisjoint(cut):
                taken |= cut
                bound += min(self.problem.costs[a] for a in cut)
        return bound

    # -- with the solver -----------------------------------------------------------------

    def _columns(self, values: Mapping[str, int]) -> dict[int, int]:
        return {self.problem.order[a]: value for a, value in values.items()}

    def _least(self, objective: Mapping[int, int]) -> tuple[frozenset[str] | None, int]:
        """The closing set with the least objective, None where time runs out; and a bound below every closing set."""
        names = tuple(self.problem.costs)
        bound = 0
        while True:
            solved = self.programme.minimum(objective, self.deadline)
            bound = max(bound, solved.bound or 0)
            if solved.chosen is None:
                return None, bound
            self.solves += 1
            chosen = frozenset(names[i] for i in solved.chosen)
            assert not any(cut.isdisjoint(chosen) for cut in self.cuts), "the solver missed a cut"
            missing = self._open(chosen)
            if not missing:
                return chosen, bound
            for target in missing:
                self._learn(self._cut(target, chosen))

    def _preferred(self, best: frozenset[str]) -> tuple[frozenset[str], bool]:
        """Of the closing sets of least cost the one preferred; False where time runs out before that is decided."""
        each = dict.fromkeys(self.problem.order.values(), 1)
        found, _ = self._least(each)
        if found is None:
            return best, False
        self.programme.at_most(len(found), each)
        best = found
        surest = self._surest()
        found, _ = self._least({column: -weight for column, weight in surest.items()})
        if found is None:
            return best, False
        self.programme.at_least(self._certainty(found), surest)
        return self._first(found)

    def _surest(self) -> dict[int, int]:
        """One column for each target and action that closes it alone: taken, it counts with its confidence."""
        weights: dict[int, int] = {}
        for closers in self.problem.closers.values():
            shares: dict[int, int] = {}
            for action, confidence in closers.items():
                column = self.programme.choices + self.programme.shares
                self.programme.shares += 1
                self.programme.at_most(0, {column: 1, self.problem.order[action]: -1})
                shares[column] = 1
                weights[column] = confidence
            self.programme.at_most(1, shares)
        return weights

    def _certainty(self, actions: frozenset[str]) -> int:
        """The sum over the targets of the best confidence of one action alone."""
        return sum(
            max((c for a, c in closers.items() if a in actions), default=0) for closers in self.problem.closers.values()
        )

    def _first(self, best: frozenset[str]) -> tuple[frozenset[str], bool]:
        """Of the sets still equal the one that is first in the order of the actions."""
        names = tuple(self.problem.costs)
        for start in range(0, len(names), BLOCK):
            block = names[start : start + BLOCK]
            weights = {self.problem.order[a]: -(1 << (BLOCK - i)) for i, a in enumerate(block)}
            found, _ = self._least(weights)
            if found is None:
                return best, False
            best = found
            self.programme.fixed |= {self.problem.order[a]: a in best for a in block}
        return best, True
