"""The questions an event raises beside the answers, and what the records say of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from aims_graph.answers import TriggerLine
from aims_graph.catalogue import Catalogue
from aims_graph.chain import expand
from aims_graph.model import Provision, Source, Trigger

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
    roles: Iterable[str],
    recorded: Recorded,
) -> tuple[TriggerLine, ...]:
    """The questions that the targets' kind of event raises, with what the records say of each."""
    events = frozenset().union(*(catalogue.remembered(_events, target) for target in targets))
    if not events:
        return ()
    family = family_of(catalogue, targets)
    asked_as = expand(catalogue, frozenset(roles))
    lines: list[TriggerLine] = []
    for trigger, found, line in catalogue.remembered(_raised, events):
        if asked_as and trigger.binds and not catalogue.remembered(expand, trigger.binds) & asked_as:
            continue
        if found.id in family or not found.in_force.holds(as_of):
            continue
        said = recorded.get(trigger.id)
        lines.append(line if said is None else replace(line, state=said[0], reason=said[1], source=said[2]))
    return tuple(lines)


def _raised(catalogue: Catalogue, events: frozenset[str]) -> tuple[tuple[Trigger, Provision, TriggerLine], ...]:
    """What events of some kinds raise for an organisation, in order; what only an authority does is left out."""
    found = [
        (trigger, duty, _unrecorded(trigger, duty))
        for trigger in catalogue.triggers.values()
        if trigger.on_events & events
        for duty in (catalogue.provisions[name] for name in _set_off(catalogue, trigger.sets_off))
        if not duty.addressees and not catalogue.editions[duty.edition].common
    ]
    return tuple(sorted(found, key=lambda f: (f[1].id.partition(":")[0], f[0].id, f[1].id)))


def _unrecorded(trigger: Trigger, duty: Provision) -> TriggerLine:
    return TriggerLine(
        trigger=trigger.id,
        provision=duty.id,
        question=trigger.question,
        state="unrecorded",
        binds=tuple(sorted(trigger.binds)),
        defined_in=trigger.defined_in,
        reason=None,
        source=None,
    )


def _events(catalogue: Catalogue, target: str) -> frozenset[str]:
    """The kinds of event that set a target off.

    Several triggers may lead to one target; what it is about is said by the one that also sets off the most of
    its parts, while others only show the way to it.
    """
    family = {target, *catalogue.descendants(target)}
    shares = [(len(family.intersection(t.sets_off)), t) for t in catalogue.triggers_of.get(target, ())]
    most = max((n for n, _ in shares), default=0)
    return frozenset().union(*(t.on_events for n, t in shares if n == most))


def _set_off(catalogue: Catalogue, provisions: tuple[str, ...]) -> tuple[str, ...]:
    """One line a duty: a whole where several of its parts are set off, else the part itself."""
    chosen = set(provisions)
    kept: list[str] = []
    for name in sorted(chosen):
        below = chosen.intersection(catalogue.descendants(name))
        branches = {c for c in catalogue.children.get(name, ()) if below.intersection({c, *catalogue.descendants(c)})}
        if len(branches) != 1:
            kept.append(name)
    return tuple(p for p in kept if not set(kept).intersection(catalogue.ancestors(p)))
