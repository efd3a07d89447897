"""What many actions count towards at once: each action does all that one provision asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from aims_graph.indexing.index import Claims, Index
from aims_graph.indexing.table import Table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def by_action(index: Index, actions: Sequence[str]) -> list[Claims]:
    """For each action, given by the provision it does, the claims that follow, best first, and what a limit left out.

    Actions that do the same provision share one answer. KeyError for a provision that does not exist.
    """
    found = {provision: index.remembered(provision) for provision in dict.fromkeys(actions)}
    return [found[provision] for provision in actions]


class Rows(NamedTuple):
    """One entry an action and provision that it counts towards."""

    action: NDArray[np.int32]  # place in the list of actions
    provision: NDArray[np.int32]  # number in the table
    degree: NDArray[np.uint8]
    confidence: NDArray[np.float32]  # of the best proof; a row that states none counts as 0


class Batch:
    """The best claims of a table, ready to be joined with lists of actions of any length."""

    def __init__(self, table: Table) -> None:
        import numpy as np

        columns, best = table.columns, table.best
        self.first: NDArray[np.int64] = np.searchsorted(best, columns.first).astype(np.int64)
        self.provision = np.ascontiguousarray(columns.provision[best])
        self.degree = np.ascontiguousarray(columns.degree[best])
        self.confidence = columns.confidence[best].astype(np.float32)
        self.limited: Mapping[str, tuple[str, ...]] = table.limited

    def rows(self, actions: NDArray[np.int32]) -> Rows:
        """All claims of all actions, each given by the number of the provision it does. Plain numpy."""
        import numpy as np

        counts = self.first[actions + 1] - self.first[actions]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        claim = np.arange(total) + np.repeat(self.first[actions] - (ends - counts), counts)
        action = np.repeat(np.arange(len(actions), dtype=np.int32), counts)
        return Rows(action, self.provision[claim], self.degree[claim], self.confidence[claim])

    def rows_fast(self, actions: NDArray[np.int32]) -> Rows:
        """The same, compiled; needs the extra `fast`. The first call compiles."""
        import numpy as np

        counts = self.first[actions + 1] - self.first[actions]
        ends = np.cumsum(counts)
        total = int(ends[-1]) if len(ends) else 0
        found = Rows(
            np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total, np.uint8), np.empty(total, np.float32)
        )
        _filler()(actions, self.first, ends, self.provision, self.degree, self.confidence, *found)
        return found


@cache
def _filler() -> Callable[..., None]:
    """The loop that fills the rows, as machine code on all cores."""
    try:
        import numba
    except ImportError:
        from aims_graph.errors import MissingDependency

        raise MissingDependency("numba is needed for the compiled join.", "pip install 'aims-graph[fast]'") from None

    @numba.njit(parallel=True, cache=False)  # type: ignore[untyped-decorator, unused-ignore]
    def fill(
        actions: Any,
        first: Any,
        ends: Any,
        provision: Any,
        degree: Any,
        confidence: Any,
        a: Any,
        p: Any,
        d: Any,
        c: Any,
    ) -> None:  # pragma: no cover - runs as machine code
        for i in numba.prange(len(actions)):
            low, high = first[actions[i]], first[actions[i] + 1]
            to = ends[i] - (high - low)
            for k in range(high - low):
                a[to + k] = i
                p[to + k] = provision[low + k]
                d[to + k] = degree[low + k]
                c[to + k] = confidence[low + k]

    found: Callable[..., None] = fill
    return found
