"""What is left of one thing when others are done: a tree with a state for each part, and the outermost parts left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aims_graph.answers import derivation_json, number
from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.grounds import Grounds, Later, grounds, grounds_json, later, later_json, named_json, refusals
from aims_graph.indexing import duties
from aims_graph.indexing.duties import HEADING, Named
from aims_graph.inference import infer
from aims_graph.model import ANY_OF, Claim, EvidenceRequirement
from aims_graph.reasons import (
    CANDIDATE,
    NO_COUNTERPART,
    NO_PATH,
    PARTIAL,
    UNRELATED,
    Reasons,
    Why,
    hop_json,
    nearness,
    sentence,
)
from aims_graph.relations import Degree
from aims_graph.trace import Options, check_options

FULL, OPEN_CANDIDATE, NOT_JUDGED = "full", "candidate", "not-judged"
_REASONS = {OPEN_CANDIDATE: CANDIDATE, NOT_JUDGED: NO_PATH}  # where a state has another name than the reason
WHOLE, IN_PART, BEYOND_PARTS = "whole", "in-part", "beyond-parts"
STATES = (FULL, PARTIAL, OPEN_CANDIDATE, UNRELATED, NO_COUNTERPART, NOT_JUDGED)  # and what stopped an edge, by name


@dataclass(frozen=True)
class Part:
    """One provision with what follows for it, and its parts."""

    provision: str
    state: str  # one of STATES or a guard by its name; heading: asks nothing itself
    claim: Claim | None
    why: Why | None  # of a duty that is not full
    leaves: tuple[tuple[str, int], ...]  # states of the innermost duties in it
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Left:
    """An outermost provision that is left, wholly or in part, or what a whole asks beyond its parts."""

    provision: str
    how: str  # whole, in-part, beyond-parts
    state: str  # of a heading that of its duties which comes nearest
    sentence: str
    conditions: tuple[str, ...]  # under which that much of it is covered
    leaves: tuple[tuple[str, int], ...]  # states of the innermost duties that it stands for
    duties: tuple[str, ...]  # all that it stands for


@dataclass(frozen=True)
class Residual:
    """The whole answer: what is left of `of` when `done` is done."""

    done: tuple[Named, ...]
    of: Named
    tree: tuple[Part, ...]
    left: tuple[Left, ...]
    evidence: tuple[tuple[EvidenceRequirement, tuple[str, ...]], ...]  # asked by what is left, and by which of it
    counts: tuple[tuple[str, int], ...]  # innermost duties by state
    left_out: tuple[tuple[str, int], ...]  # provisions that are no duty here, by why
    later: tuple[Later, ...]  # of what is left, the duties that apply only from a later day
    notes: tuple[str, ...]
    grounds: Grounds


def residual(catalogue: Catalogue, done: Sequence[Named], of: Named, options: Options) -> Residual:
    """What is left of a provision or framework when all that others ask is done together.

    Nothing is left of a part only if its whole is full; a part that is partial
    stays, in part. Raises InputError for options that do not exist.
    """
    check_options(catalogue, options)
    context = options.context()
    starts = duties.done(catalogue, done, context)
    found = infer(catalogue, starts, context)
    reasons = Reasons(catalogue, found, starts, context)
    inside = duties.inside(catalogue, of)
    asked = duties.of(catalogue, inside, context)
    walk = _Walk(catalogue, asked, reasons, context)
    tops = duties.roots(catalogue, of.id) if of.whole_framework else (of.id,)
    tree = tuple(part for top in tops if (part := walk.part(top)) is not None)
    left = tuple(item for part in tree for item in walk.left(part))
    effect = catalogue.editions[catalogue.provisions[inside[0]].edition].effect if inside else None
    return Residual(
        done=tuple(done),
        of=of,
        tree=tree,
        left=left,
        evidence=_evidence(catalogue, left),
        counts=_summed(part.leaves for part in tree),
        left_out=tuple(duties.left_out(catalogue, inside, context).items()),
        later=later(catalogue, (p for item in left for p in item.duties), reasons.degree, options),
        notes=(
            *([] if asked else [f"{duties.none_held(catalogue, of, context)} Nothing can be said of what is left."]),
            *refusals(catalogue, done, starts, found.refused, options),
            *([effect] if effect else []),
            *found.limits(asked),
        ),
        grounds=grounds(catalogue, options, (reasons.claim(p) for p in sorted(asked))),
    )


def _summed(counts: Iterable[tuple[tuple[str, int], ...]]) -> tuple[tuple[str, int], ...]:
    total = Counter(dict.fromkeys(STATES, 0))
    for each in counts:
        total.update(dict(each))
    return tuple(sorted(total.items(), key=lambda item: _nearness(item[0])))


def _nearness(state: str) -> tuple[int, str]:
    """Sorts states as reasons are sorted; what is full comes first."""
    return (-1, "") if state == FULL else nearness(_REASONS.get(state, state))


def _evidence(catalogue: Catalogue, left: Sequence[Left]) -> tuple[tuple[EvidenceRequirement, tuple[str, ...]], ...]:
    """The documented information that what is left demands, each requirement once."""
    found: dict[str, list[str]] = {}
    for provision in dict.fromkeys(p for item in left for p in item.duties):
        for requirement in catalogue.evidence_of.get(provision, ()):
            found.setdefault(requirement.id, []).append(provision)
    return tuple((catalogue.evidence[name], tuple(asking)) for name, asking in found.items())


@dataclass(frozen=True)
class _Walk:
    """A way down through the parts of what is asked for."""

    catalogue: Catalogue
    duties: frozenset[str]
    reasons: Reasons
    context: Context

    def part(self, provision: str) -> Part | None:
        """A provision with its parts; None where it holds no duty."""
        made: dict[str, Part | None] = {}
        for name in reversed((provision, *self.catalogue.descendants(provision))):  # parts before their wholes
            parts = (made.pop(child) for child in self.catalogue.children.get(name, ()))
            made[name] = self._made_of(name, tuple(p for p in parts if p is not None))
        return made[provision]

    def _made_of(self, provision: str, parts: tuple[Part, ...]) -> Part | None:
        covered = self.reasons.covers(provision)
        if provision not in self.duties and not (covered and parts):
            return Part(provision, HEADING, None, None, _leaves(parts), parts) if parts else None
        why = None if covered else self.reasons.why(provision)
        state = FULL if why is None else _state(why, self.reasons.degree(provision))
        leaves = _leaves(parts) if parts else ((state, 1),)
        if why is None:  # of a whole that is full nothing is left but what no guard lets it cover
            parts = tuple(p for p in parts if not _is_covered(p))
        return Part(provision, state, self.reasons.claim(provision), why, leaves, parts)

    def left(self, part: Part) -> Iterator[Left]:
        """The outermost provisions inside a part that are left."""
        if part.state != FULL and not any(map(_touched, part.parts)):  # which of its parts are covered is not said
            how = IN_PART if part.state == PARTIAL else WHOLE
            yield self._left(part, how, duties.below(self.catalogue, part.provision, self.duties))
            return
        for inner in part.parts:
            yield from self.left(inner)
        if part.state not in (HEADING, FULL) and self._asks_more(part):
            yield self._left(part, BEYOND_PARTS, (part.provision,))

    def _asks_more(self, part: Part) -> bool:
        """Whether a whole may ask something that none of its parts says."""
        whole = self.catalogue.provisions[part.provision]
        return not whole.exhaustive and whole.decomposition != ANY_OF

    def _left(self, part: Part, how: str, below: tuple[str, ...]) -> Left:
        said = sentence(part.why, self.context) if part.why is not None else "None of its parts is covered."
        if how == BEYOND_PARTS:
            said = "Its parts are not declared to be all that it asks."
        state = part.leaves[0][0] if part.state == HEADING else part.state
        conditions = () if part.claim is None else part.claim.best.conditions
        return Left(part.provision, how, state, said, conditions, () if how == BEYOND_PARTS else part.leaves, below)


def _is_covered(part: Part) -> bool:
    """Whether nothing of a part is left."""
    return all(state == FULL for state, _ in part.leaves)


def _touched(part: Part) -> bool:
    """Whether anything is said of a part, or of a part inside it."""
    return part.state in (FULL, PARTIAL) or any(state in (FULL, PARTIAL) for state, _ in part.leaves)


def _state(why: Why, degree: Degree) -> str:
    if degree is Degree.CANDIDATE:
        return OPEN_CANDIDATE
    return NOT_JUDGED if why.reason == NO_PATH else why.reason


def _leaves(parts: Sequence[Part]) -> tuple[tuple[str, int], ...]:
    return tuple((state, n) for state, n in _summed(p.leaves for p in parts) if n)


# -- as JSON ---------------------------------------------------------------------------


def residual_json(catalogue: Catalogue, found: Residual) -> dict[str, Any]:
    """The JSON object of a residual answer, the same on the command line and the service."""
    return {
        "done": named_json(found.done),
        "of": named_json([found.of])[0],
        "counts": dict(found.counts),
        "left": [
            {
                **_place(catalogue, item.provision),
                "how": item.how,
                "state": item.state,
                "sentence": item.sentence,
                "condition": catalogue.provisions[item.provision].condition,
                "conditions": list(item.conditions),
                "leaves": dict(item.leaves),
                "duties": list(item.duties),
            }
            for item in found.left
        ],
        "evidence": [
            {
                "id": asked.id,
                "label": asked.label,
                "asked_by": list(by),
                "any_of": [[t.label for t in types] for types in asked.lists],
                "informative": asked.informative,
                "source": str(asked.source),
            }
            for asked, by in found.evidence
        ],
        "not_yet_applicable": later_json(catalogue, found.later),
        "left_out": dict(found.left_out),
        "tree": [_part_json(catalogue, p) for p in found.tree],
        "notes": list(found.notes),
        **grounds_json(found.grounds),
    }


def _place(catalogue: Catalogue, provision: str) -> dict[str, Any]:
    shown = catalogue.provisions[provision]
    return {"provision": shown.id, "notation": shown.notation, "title": shown.title}


def _part_json(catalogue: Catalogue, part: Part) -> dict[str, Any]:
    return {
        **_place(catalogue, part.provision),
        "state": part.state,
        "confidence": None if part.claim is None else number(part.claim.confidence),
        "conditions": [] if part.claim is None else list(part.claim.best.conditions),
        "derivation": [] if part.claim is None else derivation_json(part.claim.best),
        "near": [] if part.why is None else [hop_json(h) for h in part.why.near],
        "leaves": dict(part.leaves),
        "parts": [_part_json(catalogue, p) for p in part.parts],
    }
