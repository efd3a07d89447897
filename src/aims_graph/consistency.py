"""What follows from all rows taken together: proofs over a network of provisions as sets.

Facts follow along chains of "lies inside"; each kind of fact has its own form of
chain, a small table below. Where rows do not clash, these forms prove every fact
that holds in all models; and rows clash exactly where the opposite of a stated
fact can be proved (docs/consistency.md shows why).
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import count
from typing import Final

from aims_graph.errors import InputError
from aims_graph.model import Source
from aims_graph.setfacts import DENIED_BY, Fact, Proof, Says, Stated, Step, rows_of

MOST_STEPS: Final = 30_000_000  # links that one check looks at; about a minute

Parts = Dict[str, tuple[tuple[str, Source], ...]]  # what lies inside what for certain, with the line that says so


class Move(Enum):
    """One link of a chain, from the provision that it has come to."""

    UP = "to what it lies inside"
    DOWN = "to what lies inside it"
    BEYOND = "to what it asks for something beyond"
    OVERLAP = "to what it shares something with"
    APART = "to what it shares nothing with"
    STAY = "nowhere"


_UP, _DOWN, _STAY = Move.UP, Move.DOWN, Move.STAY
_BEYOND, _OVERLAP, _APART = Move.BEYOND, Move.OVERLAP, Move.APART

CHAINS: Final[dict[Says, tuple[tuple[tuple[Move, int], ...], ...]]] = {
    Says.INSIDE: (((_UP, 0),),),  # up*
    Says.APART: (((_UP, 0), (_APART, 1)), ((_DOWN, 1),)),  # up* apart down*
    Says.OVERLAP: (((_DOWN, 0), (_OVERLAP, 1), (_STAY, 1)), ((_UP, 1),)),  # down* overlap? up*
    Says.BEYOND: (  # down* (beyond | overlap? up* apart) down*
        ((_DOWN, 0), (_BEYOND, 2), (_OVERLAP, 1), (_STAY, 1)),
        ((_UP, 1), (_APART, 2)),
        ((_DOWN, 2),),
    ),
}
"""The forms of proof: for each kind of fact, by state, the moves that may come next. A chain ends in the last state."""

_BACK: Final = {_UP: _DOWN, _DOWN: _UP}

Link = tuple[str, Step | None]
Place = tuple[int, str]  # a state and the provision come to


@dataclass(frozen=True)
class Clash:
    """A fact that a row states, and a proof of its opposite."""

    fact: Fact
    stated: Stated
    proof: Proof

    @property
    def rows(self) -> tuple[Stated, ...]:
        """What it rests on, the row that the proof goes against last."""
        return tuple(dict.fromkeys((*(s for s in rows_of(self.proof) if s is not self.stated), self.stated)))


class Work:
    """Counts the links that one check looks at."""

    def __init__(self) -> None:
        self.taken = 0

    def add(self, more: int) -> None:
        """Count some more; beyond MOST_STEPS an InputError ends the check."""
        self.taken += more
        if self.taken > MOST_STEPS:
            raise InputError(
                f"the rows lead from provision to provision more than {MOST_STEPS:,} times, which is the most that one "
                "check follows. Check fewer files at once."
            )


class Network:
    """What rows state of provisions, with what lies inside what for certain (`parts`).

    Each provision asks for something; in a `restricted` network (to where a
    condition holds) only those of which a row says so. What is looked at is
    counted; beyond MOST_STEPS links an InputError ends the check.
    """

    def __init__(
        self, stated: Iterable[Stated], parts: Parts, restricted: bool = False, work: Work | None = None
    ) -> None:
        self.stated = tuple(stated)
        self.parts = parts
        self.restricted = restricted
        self.touched = tuple(dict.fromkeys(self._touched()))
        self.names = tuple(self._names())
        self._links: dict[Move, dict[str, list[Link]]] = {move: defaultdict(list) for move in Move}
        self._work = Work() if work is None else work
        for step in self._steps():
            self._link(step)

    def only(self, stated: Iterable[Stated]) -> Network:
        """The same with some of the rows only; its work counts with that done so far."""
        return Network(stated, self.parts, self.restricted, self._work)

    def _touched(self) -> Iterator[str]:
        """Every provision at an end of a row, and every one that has several wholes.

        Any other could be as small as it has to be, so nothing follows from it.
        """
        for stated in self.stated:
            yield from (stated.subject, stated.object)
        yield from (name for name, wholes in self.parts.items() if len(wholes) > 1)

    def _names(self) -> Iterator[str]:
        """The provisions that count and all that they lie inside, in order of first use."""
        seen: set[str] = set()
        for first in self.touched:
            ahead = [first]
            while ahead:
                name = ahead.pop()
                if name not in seen:
                    seen.add(name)
                    yield name
                    ahead += [whole for whole, _ in self.parts.get(name, ())]

    def _steps(self) -> Iterator[Step]:
        """Everything certain and everything stated."""
        for name in self.names:
            for whole, source in self.parts.get(name, ()):
                yield Step(Fact(name, Says.INSIDE, whole), None, source)
        for stated in self.stated:
            yield from stated.steps

    def _link(self, step: Step) -> None:
        self._work.add(1)
        left, says, right = step.fact.left, step.fact.says, step.fact.right
        there, back = (_UP, _DOWN) if says is Says.INSIDE else (Move[says.name], Move[says.name])
        self._links[there][left].append((right, step))
        if says is not Says.BEYOND:
            self._links[back][right].append((left, step))

    # -- proofs ------------------------------------------------------------------

    def proof(self, fact: Fact, without: Collection[Stated] = ()) -> Proof | None:
        """The steps from which a fact follows, by the fewest rows and none of `without`; None if it does not follow.

        Of rows that clash it finds what its forms of proof give, not everything that follows from nonsense.
        """
        table = CHAINS[fact.says]
        last = len(table) - 1
        back = _BACK[table[last][0][0]] if last else None
        near = None if back is None else self._all(fact.right, back, without)  # the last moves lead to the end
        start, end = (0, fact.left), (last, fact.right)
        cost: dict[Place, int] = {start: 0}
        before: dict[Place, tuple[Place, Step | None]] = {}
        order = count()
        heap = [(0, next(order), start)]
        while heap:
            so_far, _, place = heapq.heappop(heap)
            if place == end:
                return _steps_back(before, place)
            if so_far > cost[place]:
                continue
            for move, state in table[place[0]]:
                for other, step in self._from(place[1], move, without):
                    if state == last and near is not None and other not in near:
                        continue
                    total = so_far + (step is not None and step.by is not None)
                    if total < cost.get((state, other), total + 1):
                        cost[state, other] = total
                        before[state, other] = (place, step)
                        heapq.heappush(heap, (total, next(order), (state, other)))
        return None

    def _from(self, name: str, move: Move, without: Collection[Stated]) -> Sequence[Link]:
        if move is _STAY:
            return () if self.restricted else ((name, None),)
        links = self._links[move].get(name, ())
        self._work.add(1 + len(links))
        if not without:
            return links
        return [link for link in links if link[1] is None or link[1].by is None or link[1].by not in without]

    def _all(self, name: str, move: Move, without: Collection[Stated]) -> set[str]:
        """Everything that a provision lies inside, or all that lies inside it; itself included."""
        found, ahead = {name}, [name]
        while ahead:
            new = {other for other, _ in self._from(ahead.pop(), move, without)} - found
            found |= new
            ahead += new
        return found

    def clashes(self) -> Iterator[Clash]:
        """Each stated fact of which the opposite follows; without one, all rows are right in some world of sets."""
        denied = frozenset(self._denied())
        for stated in self.stated:
            for fact in stated.facts:
                if fact in denied:
                    proof = self.proof(Fact(fact.left, DENIED_BY[fact.says], fact.right))
                    assert proof is not None, "what is denied is denied by a proof"
                    yield Clash(fact, stated, proof)

    def _denied(self) -> Iterator[Fact]:
        """The stated facts of which the opposite follows, looked up by all that each provision lies inside."""
        above = cache(lambda name: frozenset(self._all(name, _UP, ())))
        for says, left, right in self._stated():
            if says is Says.BEYOND and right in above(left):
                yield Fact(left, says, right)
        apart = self._links[_APART]
        if not apart:
            return
        shared = [(left, right) for says, left, right in self._stated() if says is Says.OVERLAP]
        shared += [] if self.restricted else [(name, name) for name in self.names]
        for one, other in shared:
            for left in above(one) & apart.keys():
                yield from (step.fact for right, step in apart[left] if step is not None and right in above(other))

    def _stated(self) -> Iterator[tuple[Says, str, str]]:
        """Every fact that a row gives to proofs."""
        for stated in self.stated:
            yield from ((step.fact.says, step.fact.left, step.fact.right) for step in stated.steps)


def _steps_back(before: dict[Place, tuple[Place, Step | None]], place: Place) -> Proof:
    """The steps that led to a place, each once, first to last."""
    steps: list[Step] = []
    while place in before:
        place, step = before[place]
        if step is not None:
            steps.append(step)
    return tuple(dict.fromkeys(reversed(steps)))
