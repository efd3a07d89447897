"""Every full and partial claim at level provision with its best proof, compiled for one context.

Provisions, rows and what a chain has used become whole numbers. Edges whose
ends and rows look alike to the guards are of one kind; what the guards say of a
kind, after a chain has used so much, is asked of the guards once and
remembered. The search is best first; of two claims on one provision, the one
that is no higher, no surer and no freer is dropped. `inference` keeps every
proof, `reference` says the same as this module in a few readable lines, and the
tests hold the three equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heappop, heappush
from itertools import count
from math import prod
from operator import itemgetter
from threading import Lock
from typing import NamedTuple, TypeVar

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, Crossing, Used, is_asked, meets_again, start_at, without_idle
from aims_graph.guards import rule_on, standing
from aims_graph.inference import Reached, Search
from aims_graph.model import ALL_OF, Derivation, Joint, Provision
from aims_graph.model import Mapping as Row
from aims_graph.relations import Degree, Edge, Relation, transfer
from aims_graph.ways import UPWARD

MAX_KEPT = 64  # claims kept on one provision by one question, each freer or surer than the others
MAX_VISITS = 1_000_000  # members looked at for one whole by one question, while joining their claims
MAX_CROSSED = 250_000  # edges looked at by one question; then it keeps what it has found and goes no further
FULL, PARTIAL = int(Degree.FULL), int(Degree.PARTIAL)


_DEGREE = tuple(Degree)  # by number


class Best(NamedTuple):
    """A full or partial claim with its best proof in short.

    No proof is more probable, but for one case: the members of a whole have several proofs each, of which some share
    rows. Then a proof left out may be more probable, and the confidence is a lower bound of that of the best.
    """

    provision: str
    degree: Degree
    confidence: float | None  # product of the rows below; None where one of them states none
    rows: tuple[str, ...]  # ids of the mapping rows it stands on, in order of use
    path: tuple[str, ...]  # from the start to here; at a whole, the paths of its members one after the other


class Claims(dict[str, Best]):
    """What follows in one question, by provision, best first."""

    limited: frozenset[str] = frozenset()  # provisions of which a limit may have left a claim or a proof out


class Hop(NamedTuple):
    """One mapping row at a provision that counts alone, read from it, with what a full claim becomes beyond it."""

    provision: str
    relation: str
    degree: Degree
    confidence: float | None
    row: str


State = tuple[int, int, float, int, int | tuple[int, ...], int]
"""A claim as numbers: provision, degree, product of confidences so far (unknown as 0), what its chain has used, the
place of its premise in the block (-1 at a start; of several, all places), and the row taken (-1: none)."""


class Block(list[State]):
    """All claims that one question kept, each premise before its use; the first of each provision is its best."""

    __slots__ = ("limited",)
    limited: set[int]  # provisions of which a limit may have left a claim or a proof out


_Known = tuple[int, float, int, int]
"""Of a claim kept on a provision: degree, product, what is used, place in the block."""

_Joined = tuple[int, float, frozenset[int], tuple[int, ...]]
"""Claims on several members that may stand in one proof: what they have used together, the product of their rows,
these rows, places."""

_Arc = tuple[int, int, int, float]
"""One directed edge: provision it leads to, kind, row (-1: none), confidence."""

_Arcs = tuple[tuple[_Arc, ...], tuple[_Arc, ...]]
"""The edges at a provision that can carry a full claim, and those of them that can carry a partial one."""


@dataclass(frozen=True, eq=False)
class _Whole:
    """What follows only when all members are full: an exhaustive whole, or the far side of a joint group."""

    members: tuple[int, ...]
    arcs: tuple[_Arc, ...]


class Index:
    """The claims of one catalogue for one context, which holds no case.

    Building reads the whole catalogue; `changed` gives the index after an edit
    of rows without building anew.
    """

    def __init__(self, catalogue: Catalogue, context: Context) -> None:
        if context.case is not None:
            raise ValueError("an index holds no case; ask inference.infer")
        self.catalogue = catalogue
        self.context = context
        self.names = tuple(catalogue.provisions)
        self.numbers = {name: i for i, name in enumerate(self.names)}
        self._kinds = _Kinds(catalogue, context)
        self._alike = [self._kinds.alike(p) for p in catalogue.provisions.values()]
        self._rows = {row.id: i for i, row in enumerate(catalogue.mappings)}
        self._row: list[Row | None] = list(catalogue.mappings)
        self._arcs: list[_Arcs] = self._compiled()
        self._wholes: dict[int, tuple[_Whole, ...]] = self._compiled_wholes()
        self._found: dict[int, Claims] = {}
        self._hops: dict[str, tuple[Hop, ...]] = {}

    # -- asking ------------------------------------------------------------------

    @cached_property
    def starts(self) -> tuple[str, ...]:
        """The provisions from which a claim can start."""
        return tuple(name for i, name in enumerate(self.names) if self._start(i) is not None)

    def claims(self, *starts: str) -> Claims:
        """Full and partial claims when all that the starts ask is done together, the starts included; computed now.

        Best first. A start from which no claim can start adds nothing.
        """
        return told(self.block(*starts), self.names, self._row)

    def remembered(self, start: str) -> Claims:
        """The claims of one start; computed the first time, and again after a change that can touch them."""
        number = self.numbers[start]
        found = self._found.get(number)
        if found is None:
            found = self._found[number] = self.claims(start)
        return found

    def everything(self) -> Iterator[tuple[str, Claims]]:
        """The claims of every start alone, remembered."""
        return ((start, self.remembered(start)) for start in self.starts)

    def hop(self, provision: str) -> tuple[Hop, ...]:
        """The mapping rows at a provision that carry a full claim onward, surest first.

        Joint rows are left out: they count only together, and `claims` tells what follows from them.
        """
        found = self._hops.get(provision)
        if found is None:
            found = self._hops[provision] = self._hopped(self.numbers[provision])
        return found

    def derivation(self, starts: Sequence[str], provision: str) -> Derivation | None:
        """The best proof of one claim, step by step; None where there is no full or partial claim."""
        block = self.block(*starts)
        number = self.numbers[provision]
        place = next((i for i, state in enumerate(block) if state[0] == number), None)
        return None if place is None else _Replay(self, block).reached(place).derivation()

    def changed(self, rows: Mapping[str, Row | None]) -> Index:
        """The index with some rows replaced, added (by new ids) or taken away (None); this one stays as it is.

        ValueError where a joint group would lose some of its rows: what is left would state more than anybody did.
        """
        before = {name: row for name in rows if (i := self._rows.get(name)) is not None and (row := self._row[i])}
        _refuse_half(self.catalogue, before, rows)
        new = object.__new__(Index)
        new.__dict__.update(self.__dict__)
        new.catalogue = _edited(self.catalogue, rows)
        new._rows, new._row, new._arcs = dict(self._rows), list(self._row), list(self._arcs)
        touched: set[str] = set()
        for name, row in rows.items():
            new._replace(name, row)
        for row in (*before.values(), *rows.values()):
            touched |= {row.subject, row.object} if row is not None else set()
        if any(row is not None and row.joint is not None for row in (*before.values(), *rows.values())):
            new._arcs, new._wholes = new._compiled(), new._compiled_wholes()
            new._found = {}
        else:
            new._found = {s: f for s, f in self._found.copy().items() if f.keys().isdisjoint(touched)}
        new._hops = {p: h for p, h in self._hops.copy().items() if p not in touched}
        return new

    def row_numbers(self) -> list[int]:
        """By the place of a row in a block: its place in the catalogue, -1 where it was taken away; at last, -1."""
        numbers = count()
        return [*(-1 if row is None else next(numbers) for row in self._row), -1]

    # -- compiling ---------------------------------------------------------------

    def _compiled(self) -> list[_Arcs]:
        found: list[list[_Arc]] = [[] for _ in self.names]
        provisions, numbers = self.catalogue.provisions, self.numbers
        for name, members in self.catalogue.children.items():
            decomposition, above = provisions[name].decomposition or "", numbers[name]
            up = UPWARD.get(decomposition)
            for member in members:
                if is_asked(self.catalogue, provisions[member], self.context):
                    part = numbers[member]
                    if decomposition == ALL_OF:
                        found[above].append((part, self._kind(Edge.PART, above, part), -1, 1.0))
                    if up is not None:
                        found[part].append((above, self._kind(up, part, above), -1, 1.0))
        for place, row in enumerate(self._row):
            for start, arc in self._row_arcs(place, row):
                found[start].append(arc)
        for joint in self.catalogue.joints:
            for start, arc in self._joint_arcs(joint):
                found[start].append(arc)
        return [self._carrying(arcs) for arcs in found]

    def _carrying(self, arcs: Iterable[_Arc]) -> _Arcs:
        """Of the edges at a provision those that can carry a full claim, and those that can carry a partial one."""
        in_order = sorted(arcs, key=itemgetter(2))  # the hierarchy, then rows as they stand: the order of a rebuild
        full = tuple([arc for arc in in_order if self._kinds.open(arc[1])[0]])
        return full, tuple([arc for arc in full if self._kinds.open(arc[1])[1]])

    def _row_arcs(self, place: int, row: Row | None) -> Iterator[tuple[int, _Arc]]:
        """A row as edges both ways; none where a side is no provision, or it counts only with others."""
        if row is None or row.joint is not None:
            return
        one, other = self.numbers.get(row.subject), self.numbers.get(row.object)
        if one is None or other is None:
            return
        onward, back = _WAYS[row.relation]
        for start, end, edge in ((one, other, onward), (other, one, back)):
            yield start, (end, self._kind(edge, start, end, row), place, row.confidence or 0.0)

    def _joint_arcs(self, joint: Joint) -> Iterator[tuple[int, _Arc]]:
        """From each member of one side alone to each of the other side."""
        for here, there, relation in _both_ways(joint):
            for start in here:
                for end in there:
                    shape = _Shape(whole=len(here) > 1, part=len(there) > 1)
                    yield self.numbers[start], self._joint_arc(joint, here, end, relation, shape)

    def _joint_arc(self, joint: Joint, here: tuple[str, ...], end: str, relation: Relation, shape: _Shape) -> _Arc:
        origins = [self.numbers[name] for name in here]
        alike = tuple(self._alike[o] for o in origins)
        last, edge = self.numbers[end], Edge(relation.value)
        kind = self._kinds.number(edge, alike, self._alike[last], joint.row, shape, tuple(origins), last, self.names)
        return (last, kind, self._rows[joint.row.id], joint.row.confidence or 0.0)

    def _compiled_wholes(self) -> dict[int, tuple[_Whole, ...]]:
        found: dict[int, list[_Whole]] = {}
        for name, members in self.catalogue.children.items():
            above = self.catalogue.provisions[name]
            numbers = tuple(self.numbers[m] for m in without_idle(self.catalogue, members, self.context))
            if numbers and above.decomposition == ALL_OF and above.exhaustive:
                end = self.numbers[name]
                kind = self._kind(Edge.WHOLE, numbers[0], end, shape=_Shape(all_parts=True))
                self._add_whole(found, _Whole(numbers, ((end, kind, -1, 1.0),)))
        for joint in self.catalogue.joints:
            for here, there, relation in _both_ways(joint):
                if len(here) > 1:
                    shape = _Shape(part=len(there) > 1)
                    arcs = tuple(self._joint_arc(joint, here, end, relation, shape) for end in there)
                    self._add_whole(found, _Whole(tuple(self.numbers[m] for m in here), arcs))
        return {member: tuple(wholes) for member, wholes in found.items()}

    @staticmethod
    def _add_whole(found: dict[int, list[_Whole]], whole: _Whole) -> None:
        for member in whole.members:
            found.setdefault(member, []).append(whole)

    def _kind(self, edge: Edge, start: int, end: int, row: Row | None = None, shape: _Shape | None = None) -> int:
        return self._kinds.number(edge, (self._alike[start],), self._alike[end], row, shape, (start,), end, self.names)

    def _replace(self, name: str, row: Row | None) -> None:
        place = self._rows.get(name)
        if place is None:
            place = self._rows[name] = len(self._row)
            self._row.append(None)
        old = self._row[place]
        self._row[place] = row
        if row is None:
            del self._rows[name]  # should it come again, it comes last, as in a catalogue
        for end in {n for r in (old, row) if r is not None for n in (r.subject, r.object)}:
            number = self.numbers.get(end)
            if number is not None:
                self._arcs[number] = self._carrying(a for a in self._arcs[number][0] if a[2] != place)
        for start, arc in self._row_arcs(place, row):
            self._arcs[start] = self._carrying((*self._arcs[start][0], arc))

    # -- searching ---------------------------------------------------------------

    def _start(self, number: int) -> int | None:
        provision = self.catalogue.provisions[self.names[number]]
        return self._kinds.start(self._alike[number], provision)

    def block(self, *starts: str) -> Block:
        """The claims of `claims` as numbers, best first."""
        kinds, arcs, wholes = self._kinds, self._arcs, self._wholes
        block = Block()
        block.limited = set()
        kept: dict[int, list[_Known]] = {}
        full: Counter[_Whole] = Counter()  # members that are full, and beyond all of them every further claim
        heap: list[tuple[int, float, int, int, State]] = []
        tick = crossed = 0
        for number in dict.fromkeys(self.numbers[s] for s in starts):
            used = self._start(number)
            if used is not None:
                tick += 1
                heap.append((-FULL, -1.0, 1, tick, (number, FULL, 1.0, used, -1, -1)))
        while heap:
            _, _, length, _, state = heappop(heap)
            node, degree, confidence, used, _, _ = state
            if not self._keep(kept.setdefault(node, []), state, block):
                continue
            place = len(block)
            block.append(state)
            is_partial = degree == PARTIAL
            crossed += len(arcs[node][is_partial])
            if crossed > MAX_CROSSED:
                block.limited.update(self._next_to(node))
                continue
            for target, kind, row, belief in arcs[node][is_partial]:
                ruled = kinds.ruled[kind].get(used) or kinds.rule(kind, used)
                beyond = ruled[is_partial]
                if beyond:
                    further = ruled[2]
                    known = kept.get(target)
                    sure = confidence * belief
                    if known is None or not kinds.outdone(known, beyond, sure, further):
                        tick += 1
                        arrived: State = (target, beyond, sure, further, place, row)
                        heappush(heap, (-beyond, -sure, length + 1, tick, arrived))
            if degree == FULL and node in wholes:
                for whole in wholes[node]:
                    full[whole] += len(kept[node]) == 1 or full[whole] >= len(whole.members)
                    for joined in self._together(block, kept, whole, place, full[whole] - len(whole.members)):
                        tick += 1
                        heappush(heap, (-joined[1], -joined[2], length + len(whole.members), tick, joined))
        if block.limited:
            self._name_beyond(block.limited)
            block.limited.difference_update(state[0] for state in block if state[4] == -1)  # starts need no proof
        return block

    def _name_beyond(self, limited: set[int]) -> None:
        """Add to the provisions where something was left out all those that could have followed from it."""
        waiting = list(limited)
        while waiting:
            for target in self._next_to(waiting.pop()):
                if target not in limited:
                    limited.add(target)
                    waiting.append(target)

    def _next_to(self, node: int) -> Iterator[int]:
        """Where the edges at a provision lead, and what it is a member of."""
        yield from (arc[0] for arc in self._arcs[node][0])
        yield from (arc[0] for whole in self._wholes.get(node, ()) for arc in whole.arcs)

    def _keep(self, known: list[_Known], state: State, block: Block) -> bool:
        """Whether a claim adds to those known of its provision; then it is one of them, and next in the block."""
        node, degree, confidence, used, _, _ = state
        if known and self._kinds.outdone(known, degree, confidence, used):
            return False
        if len(known) >= MAX_KEPT:
            block.limited.add(node)
            return False
        known.append((degree, confidence, used, len(block)))
        return True

    def _together(
        self, block: Block, kept: dict[int, list[_Known]], whole: _Whole, place: int, times: int
    ) -> Iterator[State]:
        """What follows now that a member of a whole is full, once more or in one more way, if all others are."""
        if times < 0:
            return
        node, _, confidence, used, _, _ = block[place]
        above, _, only, _ = whole.arcs[0]
        if only == -1 and self._kinds.outdone(kept.get(above, ()), FULL, confidence, used):
            return  # nothing that includes this member can add to what is known of the whole
        if times * len(whole.members) > MAX_VISITS:
            block.limited.update(arc[0] for arc in whole.arcs)
            return
        chosen = [
            [kept[member][-1]] if member == node else [k for k in kept[member] if k[0] == FULL]
            for member in whole.members
        ]
        for together, sure, _, premises in self._combined(block, chosen, whole):
            for target, kind, row, belief in whole.arcs:
                beyond, further = self._kinds.beyond(kind, together)
                if beyond:
                    yield target, beyond, sure * belief, further, premises, row

    def _combined(self, block: Block, chosen: list[list[_Known]], whole: _Whole) -> list[_Joined]:
        """Claims on all members that may stand in one proof: of those that have used the same, the surest found.

        Members may share rows, which count once. So what is less sure up to a member may be surer in the end; it is
        not kept, and the surest found is a lower bound.
        """
        combined: list[_Joined] = [(-1, 1.0, frozenset(), ())]
        for choices in chosen:
            spent = [(k[2], k[3], frozenset(_rows_of(block, k[3]))) for k in choices]
            found: dict[int, _Joined] = {}
            for used, so_far, rows, premises in combined:
                for more, place, needed in spent:
                    both = self._kinds.joined(used, more) if premises else more
                    if both is None:
                        continue
                    new = needed - rows
                    sure = so_far * prod(map(self._belief, sorted(new)))
                    if both not in found and len(found) >= MAX_KEPT:
                        block.limited.update(arc[0] for arc in whole.arcs)
                    elif both not in found or found[both][1] < sure:
                        found[both] = (both, sure, rows | new if new else rows, (*premises, place))
            combined = list(found.values())
        return combined

    def _belief(self, place: int) -> float:
        row = self._row[place]
        return 0.0 if row is None else row.confidence or 0.0

    # -- telling -----------------------------------------------------------------

    def _hopped(self, number: int) -> tuple[Hop, ...]:
        found: list[Hop] = []
        used = self._start(number)
        if used is None:
            return ()
        for target, kind, place, _ in self._arcs[number][0]:
            beyond, _ = self._kinds.beyond(kind, used)
            row = self._row[place] if place >= 0 else None
            if beyond and row is not None and row.joint is None:
                name = self.names[number]
                relation = row.relation if row.subject == name else row.relation.converse
                found.append(Hop(self.names[target], relation.value, Degree(beyond), row.confidence, row.id))
        return tuple(sorted(found, key=lambda h: (-h.degree, -(h.confidence or 0.0), h.provision)))


class _Shape(NamedTuple):
    """How an edge begins and ends beside its own relation."""

    whole: bool = False  # starts as one of several that count together
    part: bool = False  # ends at one of several
    all_parts: bool = False  # concludes a whole from all its members, so that only caps count


_PLAIN = _Shape()


class _Kinds:
    """Kinds of edges, what chains have used, and what the guards say of both, each asked once.

    Threads share it. A number is given under the lock, and is told when all it stands for is in place.
    """

    def __init__(self, catalogue: Catalogue, context: Context) -> None:
        self.catalogue = catalogue
        self.context = context
        self._alike: dict[Hashable, int] = {}
        self._numbers: dict[Hashable, int] = {}
        self._crossings: list[tuple[tuple[Crossing, ...], _Shape]] = []
        self.ruled: list[dict[int, tuple[int, int, int]]] = []  # by kind and what is used
        self._open: list[tuple[int, int] | None] = []
        self._used: list[Used] = []
        self._used_numbers: dict[Used, int] = {}
        self._starts: dict[int, int | None] = {}
        self._freer: dict[tuple[int, int], bool] = {}
        self._joined: dict[tuple[int, int], int | None] = {}
        self._lock = Lock()

    def alike(self, provision: Provision) -> int:
        """The number of all provisions that guards cannot tell from this one."""
        return self._alike.setdefault(standing(self.catalogue, provision, self.context), len(self._alike))

    def number(
        self,
        edge: Edge,
        origins: tuple[int, ...],
        target: int,
        row: Row | None,
        shape: _Shape | None,
        starts: tuple[int, ...],
        end: int,
        names: tuple[str, ...],
    ) -> int:
        """The number of a kind of edge; `origins` and `target` say what the ends look like, the rest gives a sample."""
        said = None if row is None else (row.relation, row.status, row.rationale_kind, row.condition)
        key = (edge, origins, target, said, shape)
        found = self._numbers.get(key)
        if found is None:
            provisions = self.catalogue.provisions
            sample = tuple(Crossing(edge, provisions[names[s]], provisions[names[end]], row) for s in starts)
            with self._lock:
                found = self._numbers.get(key, len(self._crossings))
                if found == len(self._crossings):
                    self._crossings.append((sample, shape or _PLAIN))
                    self.ruled.append({})
                    self._open.append(None)
                    self._numbers[key] = found
        return found

    def open(self, kind: int) -> tuple[int, int]:
        """What is at most left of a full and of a partial claim beyond an edge of the kind (0: neither)."""
        found = self._open[kind]
        if found is None:
            found = self._open[kind] = self._ruled(kind, Used())[:2]
        return found

    def rule(self, kind: int, used: int) -> tuple[int, int, int]:
        """What a full and a partial claim become beyond an edge (0: neither), and what the chain has used then."""
        found = self.ruled[kind].get(used)
        if found is None:
            from_full, from_partial, after = self._ruled(kind, self._used[used])
            found = self.ruled[kind][used] = (from_full, from_partial, self._number(after))
        return found

    def beyond(self, kind: int, used: int) -> tuple[int, int]:
        """What a full claim becomes, and what the chain has used then."""
        from_full, _, after = self.rule(kind, used)
        return from_full, after

    def _ruled(self, kind: int, used: Used) -> tuple[int, int, Used]:
        crossings, shape = self._crossings[kind]
        first = crossings[0]
        if first.row is not None and meets_again(self.catalogue, used, first.origin, first.target):
            return 0, 0, used
        rulings = [rule_on(self.catalogue, crossing, used, self.context) for crossing in crossings]
        cap = min(ruling.cap for ruling in rulings)
        found: list[int] = []
        for degree in (Degree.FULL, Degree.PARTIAL):
            done = transfer(Edge.WHOLE, degree) if shape.whole else degree
            far = min(transfer(ruling.edge, done) for ruling in rulings)
            far = transfer(Edge.PART, far) if shape.part else far
            far = min(cap, degree if shape.all_parts else far)
            found.append(int(far) if far >= Degree.PARTIAL else 0)
        return found[0], found[1], rulings[0].used

    def _number(self, used: Used) -> int:
        told = replace(used, should=False)  # a flag of the answer; it decides nothing
        found = self._used_numbers.get(told)
        if found is None:
            with self._lock:
                found = self._used_numbers.get(told, len(self._used))
                if found == len(self._used):
                    self._used.append(told)
                    self._used_numbers[told] = found
        return found

    def start(self, alike: int, provision: Provision) -> int | None:
        """What a chain has used that starts at such a provision; None where none can."""
        if alike not in self._starts:
            used = start_at(self.catalogue, provision, self.context)
            self._starts[alike] = None if used is None else self._number(used)
        return self._starts[alike]

    def outdone(self, known: Iterable[_Known], degree: int, confidence: float, used: int) -> bool:
        """Whether a claim known here is as high, as sure and as free."""
        for other, sure, spent, _ in known:
            if other >= degree and sure >= confidence and (spent == used or self._is_freer(spent, used)):
                return True
        return False

    def _is_freer(self, one: int, other: int) -> bool:
        found = self._freer.get((one, other))
        if found is None:
            found = self._freer[one, other] = self._used[one].is_as_free_as(self._used[other])
        return found

    def joined(self, one: int, other: int) -> int | None:
        """Both as premises of one rule; None where they may not stand in one proof."""
        if one == other:
            return one
        if (one, other) not in self._joined:
            both = self._used[one].joined(self._used[other])
            self._joined[one, other] = None if both is None else self._number(both)
        return self._joined[one, other]


_WAYS = {r: (Edge(r.value), Edge(r.converse.value)) for r in Relation}


def _both_ways(joint: Joint) -> tuple[tuple[tuple[str, ...], tuple[str, ...], Relation], ...]:
    relation = joint.row.relation
    return (joint.subjects, joint.objects, relation), (joint.objects, joint.subjects, relation.converse)


def told(block: Block, names: Sequence[str], rows: Sequence[Row | None]) -> Claims:
    """The claims of a block in words, the best of each provision."""
    found = Claims()
    if block.limited:
        found.limited = frozenset(names[number] for number in block.limited)
    lines: list[tuple[tuple[str, ...], tuple[str, ...]]] = []  # rows and path of each claim
    for node, degree, confidence, _, before, taken in block:
        name = names[node]
        row = rows[taken] if taken >= 0 else None
        used: tuple[str, ...] = ()
        path: tuple[str, ...] = ()
        if isinstance(before, tuple):
            used = tuple(dict.fromkeys([r for p in before for r in lines[p][0]]))
            path = tuple(dict.fromkeys([n for p in before for n in lines[p][1]]))
        elif before >= 0:
            used, path = lines[before]
        if row is not None:
            used = (*used, row.id)
        path = (*path, name)
        lines.append((used, path))
        if name not in found:
            known = confidence != 0.0 or not _unsaid(block, len(lines) - 1, rows)
            found[name] = Best(name, _DEGREE[degree], confidence if known else None, used, path)
    return found


def _unsaid(block: Block, place: int, rows: Sequence[Row | None]) -> bool:
    """Whether a row of a proof states no confidence."""
    taken = (rows[row] for row in _rows_of(block, place))
    return any(row is not None and row.confidence is None for row in taken)


def proof_of(block: Block, place: int) -> list[int]:
    """The places in a block of all claims that the proof of one goes through, itself included, premises first."""
    before = block[place][4]
    line = [place]
    while not isinstance(before, tuple):  # most proofs are one line
        if before == -1:
            return line[::-1]
        line.append(before)
        before = block[before][4]
    found: set[int] = set()
    waiting = [place]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            before = block[one][4]
            if isinstance(before, tuple):
                waiting += before
            elif before >= 0:
                waiting.append(before)
    return sorted(found)


def _rows_of(block: Block, place: int) -> Iterator[int]:
    """The rows of a proof."""
    return (row for p in proof_of(block, place) if (row := block[p][5]) >= 0)


def _refuse_half(catalogue: Catalogue, before: Mapping[str, Row], rows: Mapping[str, Row | None]) -> None:
    """Raise ValueError where some rows leave a joint group and others stay."""
    for old in before.values():
        if _leaves(old, rows):
            group = next((j.rows for j in catalogue.joints_at.get(old.subject, ()) if old in j.rows), ())
            staying = [row.id for row in group if not _leaves(row, rows)]
            if staying:
                raise ValueError(f"'{old.id}' states one thing with {', '.join(staying)}: take away all or none")


def _leaves(row: Row, rows: Mapping[str, Row | None]) -> bool:
    """Whether a row of a joint group is of that group no more."""
    new = rows.get(row.id, row)
    return row.joint is not None and (new is None or (new.mapping_set, new.joint) != (row.mapping_set, row.joint))


def _edited(catalogue: Catalogue, rows: Mapping[str, Row | None]) -> Catalogue:
    """The catalogue with some rows replaced, added or taken away."""
    known = {r.id for r in catalogue.mappings}
    kept = [rows.get(r.id, r) for r in catalogue.mappings]
    added = [r for name, r in rows.items() if name not in known]
    return catalogue.with_mappings(tuple(r for r in (*kept, *added) if r is not None))


class _Replay:
    """A compiled proof as the steps that people see, walked anew with the guards."""

    def __init__(self, index: Index, block: Block) -> None:
        self._index = index
        self._block = block
        self._search = Search(index.catalogue, index.context)

    def reached(self, place: int) -> Reached:
        """The claim at a place of the block, with all its steps."""
        proof = proof_of(self._block, place)
        known: dict[int, Reached] = {}
        for one in proof:
            known[one] = self._step(self._block[one], known)
        return known[place]

    def _step(self, state: State, known: dict[int, Reached]) -> Reached:
        node, degree, _, _, before, place = state
        index, provisions = self._index, self._index.catalogue.provisions
        name = index.names[node]
        if before == -1:
            return _sure(self._search.start(name))
        row = index._row[place] if place >= 0 else None
        premises = tuple(known[p] for p in (before if isinstance(before, tuple) else (before,)))
        origin = provisions[premises[0].provision]
        if row is not None and row.joint is not None:
            used = _sure(_all_used(premises))
            (joint,) = [j for j in index.catalogue.joints_at[origin.id] if j.row.id == row.id]
            return next(r for r in self._search.past_joint(joint, premises, used) if r.provision == name)
        if row is not None:
            edge = _WAYS[row.relation][0 if row.subject == origin.id else 1]
            return _sure(self._search.cross(premises[0], Crossing(edge, origin, provisions[name], row)))
        edges = [e for e, other in self._search.hierarchy(origin) if other == name]
        if len(premises) == 1 and edges:
            alone = self._search.cross(premises[0], Crossing(edges[0], origin, provisions[name], None))
            if alone is not None and alone.degree == degree:
                return alone
        return _sure(self._search.join(provisions[name], _sure(_all_used(premises)), premises))


def _all_used(premises: tuple[Reached, ...]) -> Used | None:
    used: Used | None = premises[0].used
    for premise in premises[1:]:
        used = None if used is None else used.joined(premise.used)
    return used


_T = TypeVar("_T")


def _sure(value: _T | None) -> _T:
    if value is None:
        raise AssertionError("the index and the guards disagree")
    return value
