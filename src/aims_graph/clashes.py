"""Which few rows cannot all be right, and which rows say nothing that others do not say already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aims_graph.consistency import Clash, Network
from aims_graph.setfacts import Proof, Stated, Step, rows_of

MOST_CONFLICTS: Final = 100  # that one check reports


@dataclass(frozen=True)
class Conflicts:
    """Clashes of rows that cannot all be right, while without any one of them the others could be.

    No row is in two of them.
    """

    found: tuple[Clash, ...]
    complete: bool  # whether all rows left can be right at once; False: the limit was reached


@dataclass(frozen=True)
class Entailed:
    """A row that follows from others, and rows from which it follows, none of which could be left out."""

    stated: Stated
    premises: tuple[Stated, ...]
    proof: Proof


def conflicts(network: Network, most: int = MOST_CONFLICTS) -> Conflicts:
    """Minimal sets of rows that clash, those of few rows first: find some, leave out their rows, look again."""
    found: list[Clash] = []
    while clashes := sorted(network.clashes(), key=lambda clash: len(clash.rows)):
        gone: set[Stated] = set()
        for clash in clashes:
            if gone.isdisjoint(clash.rows):
                if len(found) == most:
                    return Conflicts(tuple(found), complete=False)
                found.append(_minimal(network.only(clash.rows)))
                gone.update(found[-1].rows)
        network = network.only(s for s in network.stated if s not in gone)
    return Conflicts(tuple(found), complete=True)


def _minimal(network: Network) -> Clash:
    """A clash among rows that do: each that is not needed is left out, one after the other."""
    for one in network.stated:
        rest = network.only(s for s in network.stated if s is not one)
        if any(True for _ in rest.clashes()):
            network = rest
    return min(network.clashes(), key=lambda clash: len(clash.proof))


def entailed(network: Network) -> Iterator[Entailed]:
    """The rows that each follow from the others, in order. The rows must not clash.

    Each on its own: of rows that follow from one another, not all can be left out.
    """
    for stated in network.stated:
        proof = proves(network, stated) if stated.whole else None
        if proof is not None:
            few = network.only(rows_of(proof))
            for one in few.stated:
                rest = few.only(s for s in few.stated if s is not one)
                few = rest if proves(rest, stated) is not None else few
            yield Entailed(stated, few.stated, proves(few, stated) or proof)


def proves(network: Network, stated: Stated) -> Proof | None:
    """The steps from which all that a row says follows without it; None if some of it does not follow."""
    steps: dict[Step, None] = {}
    for fact in stated.facts:
        proof = network.proof(fact, {stated})
        if proof is None:
            return None
        steps.update(dict.fromkeys(proof))
    return tuple(steps)
