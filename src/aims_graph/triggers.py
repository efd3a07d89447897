"""The questions an event raises beside the answers, and what the records say of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from aims_graph.answers import TriggerLine
from aims_graph.catalogue import Catalogue
from aims_graph.chain import expand
from aims_graph.model import Source

Recorded = dict[str, tuple[str, str | None, Source | None]]
"""Trigger id → what the records answer, why, and where."""


def family_of(catalogue: Catalogue, targets: Sequence[str]) -> frozenset[str]:
    """The targets with their ancestors and descendants."""
    family: set[str] = set()
    for target in targets:
        family |= {target, *catalogue.ancestors(target), *catalogue.descendants(target)}
    return frozenset(family)


def trigger_lines(
    catalogue: Catalogue,
    targets: Sequence[str],
    as_of: date,
    roles: Sequence[str],
    recorded: Recorded,
    frameworks: Sequence[str] = (),
) -> tuple[TriggerLine, ...]:
    """The questions that the targets' kind of event raises, with what the records say of each."""
    events = _events(catalogue, targets)
    family = family_of(catalogue, targets)
    own = {catalogue.provisions[t].edition for t in targets}
    asked_as = expand(catalogue, frozenset(roles))
    lines: list[TriggerLine] = []
    for trigger in catalogue.triggers.values():
        if not trigger.on_events & events:
            continue
        if asked_as and trigger.binds and not expand(catalogue, trigger.binds) & asked_as:
            continue
        state, reason, source = recorded.get(trigger.id, ("unrecorded", None, None))
        for provision in _set_off(catalogue, trigger.sets_off):
            if frameworks and catalogue.provisions[provision].edition not in (*frameworks, *own):
                continue
            found = catalogue.provisions[provision]
            if provision in family or found.addressees or not found.in_force.holds(as_of):
                continue  # what an authority then has to do is no duty of the organisation
            if catalogue.editions[found.edition].common:
                continue
            lines.append(
                TriggerLine(
                    trigger=trigger.id,
                    provision=provision,
                    question=trigger.question,
                    state=state,
                    binds=tuple(sorted(trigger.binds)),
                    defined_in=trigger.defined_in,
                    reason=reason,
                    source=source,
                )
            )
    return tuple(sorted(lines, key=lambda t: (t.provision.partition(":")[0], t.trigger, t.provision)))


def _events(catalogue: Catalogue, targets: Sequence[str]) -> frozenset[str]:
    """The kinds of event that set the targets off.

    Several triggers may lead to one target; what it is about is said by the one that also sets off the most of
    its parts, while others only show the way to it.
    """
    found: set[str] = set()
    for target in targets:
        family = {target, *catalogue.descendants(target)}
        shares = [(len(family.intersection(t.sets_off)), t) for t in catalogue.triggers_of.get(target, ())]
        most = max((n for n, _ in shares), default=0)
        found.update(*(t.on_events for n, t in shares if n == most))
    return frozenset(found)


def _set_off(catalogue: Catalogue, provisions: Iterable[str]) -> tuple[str, ...]:
    """One line a duty: a whole where several of its parts are set off, else the part itself."""
    chosen = set(provisions)
    kept: list[str] = []
    for name in sorted(chosen):
        below = chosen.intersection(catalogue.descendants(name))
        branches = {c for c in catalogue.children.get(name, ()) if below.intersection({c, *catalogue.descendants(c)})}
        if len(branches) != 1:
            kept.append(name)
    return tuple(p for p in kept if not set(kept).intersection(catalogue.ancestors(p)))
