"""Two states of the mappings: which rows differ, and which claims are gained, lost, raised or lowered by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Final

from aims_graph.answers import NOTICE
from aims_graph.catalogue import Catalogue
from aims_graph.indexing import reach
from aims_graph.indexing.index import Best, Claims, Index
from aims_graph.model import Mapping
from aims_graph.trace import Options
from aims_graph.what_if import DEGREES, KINDS, SURENESS, Change, between, changes_json

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
_NOT_SAID: Final = frozenset({"id", "source", "mapping_set"})  # where a row stands is not what it says


@dataclass(frozen=True)
class RowChange:
    """One row that is in one state only, or says something else in the other."""

    before: Mapping | None
    after: Mapping | None

    @property
    def kind(self) -> str:
        """Added, removed or changed."""
        if self.before is None or self.after is None:
            return ADDED if self.before is None else REMOVED
        return CHANGED

    @property
    def row(self) -> Mapping:
        """The row as it is, else as it was."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def differs(self) -> dict[str, tuple[Any, Any]]:
        """The fields that differ, with both values; empty where a row was added or removed."""
        if self.before is None or self.after is None:
            return {}
        pairs = {f.name: (getattr(self.before, f.name), getattr(self.after, f.name)) for f in fields(Mapping)}
        return {name: pair for name, pair in pairs.items() if name not in _NOT_SAID and pair[0] != pair[1]}


@dataclass(frozen=True)
class Comparison:
    """All that differs between two states."""

    rows: tuple[RowChange, ...]
    starts: int  # provisions asked about
    changes: tuple[Change, ...]  # of degree: losses first
    confidence_changes: tuple[Change, ...]
    limited: tuple[str, ...]  # provisions of which a limit of the search left claims out
    options: Options
    before: Catalogue
    after: Catalogue

    def edition_of(self, provision: str) -> str:
        """The edition of a provision of either state."""
        found = self.after.provisions.get(provision) or self.before.provisions[provision]
        return found.edition


def compare(before: Index, after: Index, options: Options) -> Comparison:
    """What differs between two states of the data, as of one day and for the same question."""
    starts = tuple(dict.fromkeys((*reach.starts(before), *reach.starts(after))))
    changes: list[Change] = []
    limited: set[str] = set()
    for start in starts:
        claims: list[dict[str, Best]] = []
        for index in (before, after):
            found = index.remembered(start) if start in index.catalogue.provisions else Claims()
            limited |= found.limited
            claims.append(reach.beyond(index.catalogue, start, found) if found else {})
        changes += between(start, claims[0], claims[1])
    ordered = sorted(changes, key=lambda c: (KINDS.index(c.kind), c.start, c.provision))
    return Comparison(
        rows=tuple(_row_changes(before.catalogue, after.catalogue)),
        starts=len(starts),
        changes=tuple(c for c in ordered if c.kind in DEGREES),
        confidence_changes=tuple(c for c in ordered if c.kind in SURENESS),
        limited=tuple(sorted(limited)),
        options=options,
        before=before.catalogue,
        after=after.catalogue,
    )


def _row_changes(before: Catalogue, after: Catalogue) -> Iterator[RowChange]:
    old, new = ({row.id: row for row in catalogue.mappings} for catalogue in (before, after))
    for name in sorted(old.keys() | new.keys()):
        change = RowChange(old.get(name), new.get(name))
        if change.kind != CHANGED or change.differs:
            yield change


def comparison_json(found: Comparison) -> dict[str, Any]:
    """The JSON object of a comparison; a limit cuts each list, never the counts."""
    options = found.options
    return {
        "as_of": options.as_of.isoformat(),
        "roles": list(options.roles),
        "system_class": options.system_class,
        "trust": options.trust,
        "before_version": found.before.version,
        "graph_version": found.after.version,
        "rows": [_row_json(change) for change in found.rows[: options.limit]],
        "rows_total": len(found.rows),
        "starts": found.starts,
        **changes_json(found.edition_of, found.changes, found.confidence_changes, options.limit),
        "limited": list(found.limited),
        "notice": NOTICE,
    }


def _row_json(change: RowChange) -> dict[str, Any]:
    row = change.row
    return {
        "change": change.kind,
        "mapping": row.id,
        "subject": row.subject,
        "relation": row.relation.value,
        "object": row.object,
        "status": row.status,
        "differs": [
            {"field": name, "before": _plain(old), "after": _plain(new)} for name, (old, new) in change.differs.items()
        ],
        "source": str(row.source),
    }


def _plain(value: Any) -> Any:
    """A value as JSON holds it: relations and days by name."""
    value = getattr(value, "value", value)
    return value.isoformat() if hasattr(value, "isoformat") else value
