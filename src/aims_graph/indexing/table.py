"""Every claim of every start as columns of numbers: made once, kept in files, read by many processes from one memory.

The blocks of the index stand one after the other. A claim's premise is named by
its place in the block, so each claim has its proof. Opened columns are mapped,
not read: processes that open one folder share its pages.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aims_graph.catalogue import Catalogue
from aims_graph.chain import Context
from aims_graph.errors import InputError
from aims_graph.indexing.index import Block, Claims, Index, State, told

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
    context: Context
    columns: Columns
    limited: Mapping[str, tuple[str, ...]]  # start → provisions of which a limit may have left a claim or a proof out

    @staticmethod
    def of(index: Index) -> Table:
        """Ask the index for every start."""
        limited: dict[str, tuple[str, ...]] = {}
        return Table(index.catalogue, index.context, _columns(index, limited), limited)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Provision ids by number."""
        return tuple(self.catalogue.provisions)

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Provision numbers by id."""
        return {name: number for number, name in enumerate(self.names)}

    def claims(self, start: str) -> Claims:
        """The claims of a start as the index tells them, read from the columns."""
        block = Block(self._states(self.numbers[start]))
        block.limited = {self.numbers[name] for name in self.limited.get(start, ())}
        return told(block, self.names, self.catalogue.mappings)

    def _states(self, number: int) -> Iterable[State]:
        c = self.columns
        low, high = int(c.first[number]), int(c.first[number + 1])
        parts = (c.provision, c.degree, c.confidence, c.before, c.row)
        for place, (provision, degree, confidence, before, row) in enumerate(
            zip(*(part[low:high].tolist() for part in parts), strict=True)
        ):
            premises = before if before != -2 else self._premises(low + place)
            yield provision, degree, confidence, 0, premises, row

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
            about = {**_made_of(self.catalogue, self.context), "limited": self.limited}
            (part / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise

    @staticmethod
    def open(folder: Path, catalogue: Catalogue, context: Context) -> Table:
        """Map the columns of a folder; raises InputError if it holds none, or those of other data or another context.

        Nothing but what was asked for is answered: the day, the roles and all else of the context are compared.
        """
        import numpy as np

        try:
            about: dict[str, Any] = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
            found = {f.name: np.load(folder / f"{f.name}.npy", mmap_mode="r") for f in fields(Columns)}
        except (OSError, ValueError) as error:
            raise InputError(f"'{folder}' holds no claim table ({error}). Save one there first.") from None
        for name, asked in _made_of(catalogue, context).items():
            if about.get(name) != asked:
                raise InputError(
                    f"'{folder}' was made of {_SAID[name]} {about.get(name)}, but {asked} is asked for. Save a new one."
                )
        limited = {start: tuple(names) for start, names in about.get("limited", {}).items()}
        return Table(catalogue, context, Columns(**found), limited)


_SAID = {
    "graph_version": "graph",
    "rows": "mapping rows with the hash",
    "as_of": "the day",
    "roles": "the roles",
    "system_class": "the system class",
    "trust": "the trust level",
    "organisation": "an organisation with the hash",
}


def _made_of(catalogue: Catalogue, context: Context) -> dict[str, Any]:
    """All that the claims of a table rest on, as a file holds it and people are told."""
    recorded = context.organisation
    return {
        "graph_version": catalogue.version,
        "rows": _hashed((*catalogue.provisions, *map(repr, catalogue.mappings))),
        "as_of": context.as_of.isoformat(),
        "roles": sorted(context.roles),
        "system_class": context.system_class,
        "trust": context.trust,
        "organisation": _hashed(
            (
                *sorted(f"{entry.control} {entry.included}" for entry in recorded.applicability),
                *sorted(f"integrated {sorted(pair)}" for pair in recorded.integrated),
                *sorted(f"apart {sorted(pair)}" for pair in recorded.apart),
            )
        ),
    }


def _hashed(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]


def _columns(index: Index, limited: dict[str, tuple[str, ...]]) -> Columns:
    """The blocks of all starts as columns; what a limit left out is added to `limited`."""
    import numpy as np

    provisions, degrees, confidences, rows = array("i"), array("B"), array("d"), array("i")
    before, first = array("i"), array("q", [0])
    several, several_first, premises = array("q"), array("q", [0]), array("i")
    row_numbers = index.row_numbers()
    for name in index.names:
        block = index.block(name)
        if block.limited:
            limited[name] = tuple(index.names[number] for number in sorted(block.limited))
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
            rows.extend(row_numbers[place] for place in row)
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
