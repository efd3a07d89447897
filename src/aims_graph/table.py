"""Every claim of every start as columns of numbers: made once, kept in files, read by many processes from one memory.

The blocks of the index stand one after the other. A claim's premise is named by
its place in the block, so each claim has its proof. Opened columns are mapped,
not read: processes that open one folder share its pages.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from array import array
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aims_graph.catalogue import Catalogue
from aims_graph.errors import InputError
from aims_graph.index import Best, Block, Index, State, told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_ABOUT = "about.json"


@dataclass(frozen=True, eq=False)
class Columns:
    """One entry a claim kept, ordered by start and then as found, but for `first` and the two of `several`."""

    first: NDArray[np.int64]  # by provision number: where its block starts; one more than provisions
    provision: NDArray[np.int32]
    degree: NDArray[np.uint8]
    confidence: NDArray[np.float64]  # product of the proof; a row that states none counts as 0
    row: NDArray[np.int32]  # the mapping row taken last, by its place in the catalogue; -1 none
    before: NDArray[np.int32]  # place of the premise in the block; -1 a start, -2 several
    several: NDArray[np.int64]  # the claims with several premises, ascending
    several_first: NDArray[np.int64]  # where the premises of each start; one more than `several`
    premises: NDArray[np.int32]  # their places in the block


@dataclass(frozen=True)
class Table:
    """The claims of a catalogue for one context, as columns."""

    catalogue: Catalogue
    columns: Columns

    @staticmethod
    def of(index: Index) -> Table:
        """Ask the index for every start."""
        return Table(index.catalogue, _columns(index))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Provision ids by number."""
        return tuple(self.catalogue.provisions)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Provision numbers by id."""
        return {name: number for number, name in enumerate(self.names)}

    def claims(self, start: str) -> dict[str, Best]:
        """The claims of a start as the index tells them, read from the columns."""
        return told(self._block(self.numbers[start]), self.names, self.catalogue.mappings)

    def _block(self, number: int) -> Block:
        c = self.columns
        low, high = int(c.first[number]), int(c.first[number + 1])
        parts = (c.provision, c.degree, c.confidence, c.before, c.row)
        found: Block = []
        for place, (provision, degree, confidence, before, row) in enumerate(
            zip(*(part[low:high].tolist() for part in parts), strict=True)
        ):
            premises = before if before != -2 else self._premises(low + place)
            state: State = (provision, degree, confidence, 0, premises, row)
            found.append(state)
        return found

    def _premises(self, claim: int) -> tuple[int, ...]:
        c = self.columns
        at = int(c.several.searchsorted(claim))
        return tuple(c.premises[c.several_first[at] : c.several_first[at + 1]].tolist())

    @cached_property
    def best(self) -> NDArray[np.int64]:
        """The claims that are the best of their start and provision; the others only stand in proofs."""
        import numpy as np

        pair = self.start.astype(np.int64) * len(self.names) + self.columns.provision
        return np.sort(np.unique(pair, return_index=True)[1])

    @cached_property
    def start(self) -> NDArray[np.int32]:
        """The start of each claim, by number."""
        import numpy as np

        return np.repeat(np.arange(len(self.names), dtype=np.int32), np.diff(self.columns.first))

    def between(self) -> dict[tuple[str, str], NDArray[np.int64]]:
        """For each ordered pair of editions, the best claims from the one to the other (places in the columns)."""
        import numpy as np

        editions = list(self.catalogue.editions)
        place = {name: i for i, name in enumerate(editions)}
        of = np.array([place[p.edition] for p in self.catalogue.provisions.values()], dtype=np.int32)
        one, other = of[self.start[self.best]], of[self.columns.provision[self.best]]
        pair = one.astype(np.int64) * len(editions) + other
        order = np.argsort(pair, kind="stable")
        kinds, starts = np.unique(pair[order], return_index=True)
        parts = np.split(self.best[order], starts[1:])
        return {
            (editions[kind // len(editions)], editions[kind % len(editions)]): part
            for kind, part in zip(kinds.tolist(), parts, strict=True)
            if kind // len(editions) != kind % len(editions)
        }

    # -- files -------------------------------------------------------------------

    def save(self, folder: Path) -> None:
        """Write the columns to a new folder, whole or not at all; raises InputError if it exists."""
        import numpy as np

        if folder.exists():
            raise InputError(f"'{folder}' exists. Name a folder that does not.")
        part = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
        try:
            for field in fields(Columns):
                np.save(part / f"{field.name}.npy", getattr(self.columns, field.name), allow_pickle=False)
            (part / _ABOUT).write_text(json.dumps({"graph_version": self.catalogue.version}), encoding="utf-8")
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    @staticmethod
    def open(folder: Path, catalogue: Catalogue) -> Table:
        """Map the columns of a folder; raises InputError if it holds none, or those of other data."""
        import numpy as np

        try:
            about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            found = {f.name: np.load(folder / f"{f.name}.npy", mmap_mode="r") for f in fields(Columns)}
        except (OSError, ValueError) as error:
            raise InputError(f"'{folder}' holds no claim table ({error}). Save one there first.") from None
        if about.get("graph_version") != catalogue.version:
            raise InputError(
                f"'{folder}' was made of graph {about.get('graph_version')}, but {catalogue.version} is loaded. "
                "Save a new one."
            )
        return Table(catalogue, Columns(**found))


def _columns(index: Index) -> Columns:
    import numpy as np

    provisions, degrees, confidences, rows = array("i"), array("B"), array("d"), array("i")
    before, first = array("i"), array("q", [0])
    several, several_first, premises = array("q"), array("q", [0]), array("i")
    starts = set(index.starts)
    for name in index.names:
        block = index.block(name) if name in starts else []
        if block:
            provision, degree, confidence, _, links, row = zip(*block, strict=True)
            for place, link in enumerate(links):
                if isinstance(link, tuple):
                    several.append(first[-1] + place)
                    premises.extend(link)
                    several_first.append(len(premises))
            provisions.extend(provision)
            degrees.extend(degree)
            confidences.extend(confidence)
            rows.extend(row)
            before.extend(-2 if isinstance(link, tuple) else link for link in links)
        first.append(first[-1] + len(block))

    def column(values: array[Any], kind: type) -> Any:
        return np.frombuffer(values, dtype=kind) if values else np.empty(0, dtype=kind)

    return Columns(
        first=column(first, np.int64),
        provision=column(provisions, np.int32),
        degree=column(degrees, np.uint8),
        confidence=column(confidences, np.float64),
        row=column(rows, np.int32),
        before=column(before, np.int32),
        several=column(several, np.int64),
        several_first=column(several_first, np.int64),
        premises=column(premises, np.int32),
    )
