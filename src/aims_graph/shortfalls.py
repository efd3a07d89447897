"""Why a claim is only partial: the edge that made it so, and the parts of a whole that do not follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, is_asked, may_hold
from aims_graph.indexing.hops import Hop
from aims_graph.inference import Inference
from aims_graph.model import ALL_OF, ANY_OF, AS_APPROPRIATE, Claim, Provision
from aims_graph.relations import Degree

CHOICES = {
    ANY_OF: "One part of these that follows in full would do.",
    AS_APPROPRIATE: "One part of these would do only with a recorded reason why it is appropriate.",
}


@dataclass(frozen=True)
class MissingPart:
    """A member that does not follow in full."""

    provision: str
    notation: str
    title: str
    degree: Degree
    why: str | None  # where it can never follow, or is asked only under a condition


@dataclass(frozen=True)
class Shortfall:
    """A whole of which not every part follows in full."""

    whole: str
    decomposition: str
    exhaustive: bool  # whether its parts are declared to be all of it
    parts: int
    full: int
    missing: tuple[MissingPart, ...]

    @property
    def sentence(self) -> str:
        """What follows and what does not."""
        listed = ", ".join(f"{m.provision} ({m.degree.word})" for m in self.missing)
        missing = f"; missing: {listed}" if self.missing else ""
        said = f"{self.full} of {self.parts} parts of {self.whole} follow in full{missing}."
        if self.decomposition != ALL_OF:
            return f"{said} {CHOICES[self.decomposition]}"
        if not self.exhaustive:
            return f"{said} These parts are not declared to be all of it."
        return said if self.missing else f"{said} Their proofs cannot stand in one."


def degraded_at(hops: Sequence[Hop]) -> Hop | None:
    """The first edge of a proof after which less is claimed than before it."""
    return next((h for h in hops if h.degree < h.before), None)


def shortfalls(catalogue: Catalogue, found: Inference, claim: Claim, context: Context) -> tuple[Shortfall, ...]:
    """The claimed whole, and the wholes that its best proof goes up to, with the parts that are missing from each."""
    climbed = [s.conclusion for s in claim.best.steps if s.rule == "whole"]
    wholes = dict.fromkeys([claim.provision, *climbed])
    return tuple(s for w in wholes if (s := _shortfall(catalogue, found, w, context)) is not None)


def _shortfall(catalogue: Catalogue, found: Inference, whole: str, context: Context) -> Shortfall | None:
    provision = catalogue.provisions[whole]
    decomposition = provision.decomposition
    members = [catalogue.provisions[m] for m in catalogue.children.get(whole, ())]
    held = [m for m in members if m.in_force.holds(context.as_of)]
    missing = tuple(_missing(catalogue, found, held, context))
    settled = decomposition != ALL_OF and not missing
    if decomposition is None or decomposition not in (ALL_OF, *CHOICES) or not held or settled:
        return None
    return Shortfall(whole, decomposition, provision.exhaustive, len(held), len(held) - len(missing), missing)


def _missing(
    catalogue: Catalogue, found: Inference, members: Sequence[Provision], context: Context
) -> Iterator[MissingPart]:
    for member in members:
        claim = found.claims.get(member.id)
        degree = Degree.NONE if claim is None else claim.degree
        if degree < Degree.FULL:
            why = _why(catalogue, member, context)
            yield MissingPart(member.id, member.notation, member.title_on(context.as_of), degree, why)


def _why(catalogue: Catalogue, member: Provision, context: Context) -> str | None:
    if not may_hold(catalogue, member, context):
        return "states no duty of an organisation"
    if not is_asked(catalogue, member, context):
        return f"conditional: {member.condition}" if member.condition else "conditional"
    return None
