"""Every full and partial claim at level provision, best proof of each, compiled for one context.

(First form: asks the full search. The compiled arrays replace it behind the same names.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context, may_start
from aims_graph.inference import infer
from aims_graph.model import Derivation
from aims_graph.model import Mapping as Row
from aims_graph.relations import Degree


@dataclass(frozen=True)
class Best:
    """A full or partial claim with its most probable proof in short: the rows it stands on, in order of use."""

    provision: str
    degree: Degree
    confidence: float | None  # of the best proof; None where one of its rows states none
    rows: tuple[str, ...]


class Index:
    """The claims of one catalogue for one context (never a case)."""

    def __init__(self, catalogue: Catalogue, context: Context) -> None:
        self.catalogue = catalogue
        self.context = context

    @property
    def starts(self) -> tuple[str, ...]:
        """The provisions from which a claim can start."""
        return tuple(p.id for p in self.catalogue.provisions.values() if may_start(self.catalogue, p, self.context))

    def claims(self, *starts: str) -> dict[str, Best]:
        """Full and partial claims when all that the starts ask is done together, the starts included."""
        found = infer(self.catalogue, starts, self.context).claims
        return {
            p: Best(p, c.degree, c.best_confidence, tuple(r.id for r in c.best.rows))
            for p, c in found.items()
            if c.degree >= Degree.PARTIAL
        }

    def derivation(self, starts: Sequence[str], provision: str) -> Derivation | None:
        """The best proof of one claim, step by step; None where there is no full or partial claim."""
        claim = infer(self.catalogue, starts, self.context).claims.get(provision)
        return claim.best if claim is not None and claim.degree >= Degree.PARTIAL else None

    def everything(self) -> Iterator[tuple[str, dict[str, Best]]]:
        """The claims of every start alone."""
        return ((start, self.claims(start)) for start in self.starts)

    def changed(self, rows: Mapping[str, Row | None]) -> Index:
        """The index with some rows replaced, added (by new ids) or taken away (None)."""
        kept = [rows[r.id] if r.id in rows else r for r in self.catalogue.mappings]
        known = {r.id for r in self.catalogue.mappings}
        added = [r for name, r in rows.items() if name not in known]
        mappings = tuple(r for r in (*kept, *added) if r is not None)
        return Index(replace(self.catalogue, mappings=mappings), self.context)
