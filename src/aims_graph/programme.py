"""A programme in whole numbers, 0 or 1 each, solved by HiGHS; nothing here knows what the numbers stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, isfinite
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import highspy

SEED = 1
NEARLY = 1e-6  # what the solver may be off by


@dataclass(frozen=True)
class Solved:
    """What a solve gave: the least objective with its values where it was found, and a bound below it."""

    chosen: frozenset[int] | None  # the columns that are 1; None where time ran out first
    bound: int | None  # no values give less; None where nothing is proved


@dataclass
class Programme:
    """Columns that are 0 or 1, further ones between 0 and 1, and rows of whole numbers that hold for them."""

    choices: int  # the first columns: each is 0 or 1
    shares: int = 0  # the columns after them: each from 0 to 1
    rows: list[tuple[float, float, dict[int, int]]] = field(default_factory=list)  # at least, at most, of what
    fixed: dict[int, bool] = field(default_factory=dict)

    def at_least(self, least: int, columns: Mapping[int, int]) -> None:
        """Add the row that a sum of columns is no less."""
        self.rows.append((least, float("inf"), dict(columns)))

    def at_most(self, most: int, columns: Mapping[int, int]) -> None:
        """Add the row that a sum of columns is no more."""
        self.rows.append((-float("inf"), most, dict(columns)))

    def minimum(self, objective: Mapping[int, int], deadline: float) -> Solved:
        """The values with the least objective, or what is proved by the deadline (of the monotonic clock)."""
        left = deadline - monotonic()
        if left <= 0:
            return Solved(None, None)
        import highspy
        import numpy as np

        solver = self._loaded(objective)
        solver.setOptionValue("time_limit", left)
        solver.run()
        info = solver.getInfo()
        bound = info.mip_dual_bound
        proved = ceil(bound - NEARLY) if isfinite(bound) else None
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return Solved(None, proved)
        values = np.asarray(solver.getSolution().col_value)
        return Solved(frozenset(np.flatnonzero(values[: self.choices] > 0.5).tolist()), proved)

    def _loaded(self, objective: Mapping[int, int]) -> highspy.Highs:
        import highspy
        import numpy as np

        solver = highspy.Highs()  # type: ignore[no-untyped-call]
        solver.setOptionValue("output_flag", False)
        for name, value in (("threads", 1), ("random_seed", SEED), ("mip_rel_gap", 0.0), ("mip_abs_gap", NEARLY)):
            solver.setOptionValue(name, value)
        columns = self.choices + self.shares
        lower, upper = np.zeros(columns), np.ones(columns)
        for column, value in self.fixed.items():
            lower[column] = upper[column] = float(value)
        solver.addVars(columns, lower, upper)
        whole = np.arange(self.choices, dtype=np.int32)
        kind = np.full(self.choices, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
        solver.changeColsIntegrality(self.choices, whole, kind)
        costs = np.array([float(objective.get(i, 0)) for i in range(columns)])
        solver.changeColsCost(columns, np.arange(columns, dtype=np.int32), costs)
        for least, most, row in self.rows:
            index = np.array(list(row), dtype=np.int32)
            solver.addRow(least, most, len(row), index, np.array(list(row.values()), dtype=float))
        return solver


def solver() -> str:
    """The name and version of the solver."""
    import highspy

    return f"HiGHS {highspy.Highs().version()}"  # type: ignore[no-untyped-call]
