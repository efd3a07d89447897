"""Duties: what a framework asks of a role for a class of systems on a day, and what is said to be done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aims_graph.catalogue import Catalogue
from aims_graph.chain import (
    LEFT_OUT,
    Context,
    applicability,
    chain_roles,
    in_class,
    may_hold,
    may_start,
    start_at,
)
from aims_graph.errors import UnknownName
from aims_graph.model import ANY_CLASS, ApplicationDate, Provision
from aims_graph.names import Names

NOT_IN_FORCE, OTHER_ROLE, OTHER_CLASS, NOT_STATED = (
    "not in force",
    "binds another role",
    "another class of systems",
    "left out by the statement of applicability",
)
AUTHORITY, INFORMATIVE, HEADING, EMPTY = (
    "addressed to an authority",
    "informative",
    "heading",
    "none of its parts is asked for",
)


_MANY = {OTHER_ROLE: "bind another role", EMPTY: "of which no part is asked for"}
_FORCES = ("prohibition", "permission", "power", "right", "definition", "exemption", "presumption")


@dataclass(frozen=True)
class Named:
    """A provision or a whole framework as somebody named it."""

    id: str
    label: str
    whole_framework: bool
    provisions: tuple[str, ...]  # from which claims start, or whose duties are meant


def named(catalogue: Catalogue, names: Names, text: str) -> Named:
    """The framework or the provision that a text names; UnknownName or AmbiguousName otherwise."""
    try:
        edition = names.edition(text)
    except UnknownName:
        found = catalogue.provisions[names.resolve(text)]
        label = f"{catalogue.editions[found.edition].label}, {found.notation} {found.title}"
        return Named(found.id, label, False, (found.id,))
    return framework(catalogue, edition)


def framework(catalogue: Catalogue, edition: str) -> Named:
    """A whole framework: it stands for every provision that it holds."""
    held = tuple(p.id for p in catalogue.provisions.values() if p.edition == edition)
    return Named(edition, catalogue.editions[edition].label, True, held)


def done(catalogue: Catalogue, things: Iterable[Named], context: Context) -> tuple[str, ...]:
    """What is taken as done: the provisions named, and of a framework every duty."""
    found: list[str] = []
    for thing in things:
        held = of(catalogue, thing.provisions, context) if thing.whole_framework else frozenset(thing.provisions)
        found += [p for p in thing.provisions if p in held]
    return tuple(dict.fromkeys(found))


def is_duty(catalogue: Catalogue, provision: Provision, context: Context) -> bool:
    """Whether it is an obligation in force on the day that binds a role asked about, for the class asked about."""
    return why_no_duty(catalogue, provision, context) is None


def why_no_duty(catalogue: Catalogue, provision: Provision, context: Context) -> str | None:
    """What keeps a provision from being a duty of the organisation asked about; None for a duty."""
    no_duty = not may_hold(catalogue, provision, context)
    found = (
        (NOT_IN_FORCE, not provision.in_force.holds(context.as_of)),
        (AUTHORITY, bool(provision.addressees)),
        (HEADING, no_duty and provision.force is None and may_start(catalogue, provision, context)),
        (_kind_of_text(provision), no_duty),
        (OTHER_ROLE, chain_roles(catalogue, None, provision, context) == frozenset()),
        (OTHER_CLASS, not in_class(provision, context)),
        (NOT_STATED, applicability(provision, context) in LEFT_OUT),
        (EMPTY, start_at(catalogue, provision, context) is None),
    )
    return next((why for why, holds in found if holds), None)


def _kind_of_text(provision: Provision) -> str:
    """The force of what is no obligation; an obligation is none of the organisation's only in informative text."""
    return INFORMATIVE if provision.force in (None, "obligation") else provision.force


def application(provision: Provision, context: Context) -> tuple[ApplicationDate, ...]:
    """The dates of application that are the law on the day, of the class asked about; all of them without a class."""
    asked = context.system_class
    found = provision.applies_on(context.as_of)
    return tuple(a for a in found if asked == ANY_CLASS or a.system_class in (asked, ANY_CLASS))


def applies_later(provision: Provision, context: Context) -> tuple[ApplicationDate, ...]:
    """The dates of application where all lie after the day, so that the duty is no gap yet; else none."""
    dates = application(provision, context)
    return dates if dates and all(d.start > context.as_of for d in dates) else ()


def below(catalogue: Catalogue, provision: str, duties: frozenset[str]) -> tuple[str, ...]:
    """The duties inside a provision, in document order, itself included."""
    return tuple(p for p in (provision, *catalogue.descendants(provision)) if p in duties)


def innermost(catalogue: Catalogue, provision: str, duties: frozenset[str]) -> tuple[str, ...]:
    """The duties inside a provision (itself included) that hold no further duty."""
    return tuple(p for p in below(catalogue, provision, duties) if not duties.intersection(catalogue.descendants(p)))


def inside(catalogue: Catalogue, thing: Named) -> tuple[str, ...]:
    """All that somebody named holds, itself included where it is a provision."""
    return thing.provisions if thing.whole_framework else (thing.id, *catalogue.descendants(thing.id))


def left_out(catalogue: Catalogue, provisions: Iterable[str], context: Context) -> dict[str, int]:
    """How many of some provisions are no duty, by why; headings, which ask nothing themselves, aside."""
    whys = (why_no_duty(catalogue, catalogue.provisions[p], context) for p in provisions)
    return dict(sorted(Counter(w for w in whys if w is not None and w != HEADING).items()))


def in_words(counted: Mapping[str, int]) -> str:
    """What is no duty, counted by why.

    >>> in_words({"binds another role": 3, "definition": 1, "prohibition": 2})
    '3 bind another role, 1 definition, 2 prohibitions'
    """
    return ", ".join(f"{n} {why if n == 1 else _many(why)}" for why, n in counted.items())


def _many(why: str) -> str:
    return f"{why}s" if why in _FORCES else _MANY.get(why, why)


def none_held(catalogue: Catalogue, thing: Named, context: Context) -> str:
    """That a framework or provision holds no duty, and why."""
    out = in_words(left_out(catalogue, inside(catalogue, thing), context))
    because = f" ({out})" if out else ""
    return f"{_short(catalogue, thing)} holds no duty in force on {context.as_of} for what was asked{because}."


def _short(catalogue: Catalogue, thing: Named) -> str:
    if thing.whole_framework:
        return thing.label
    found = catalogue.provisions[thing.id]
    return f"{catalogue.editions[found.edition].label}, {found.notation}"


def roots(catalogue: Catalogue, edition: str) -> tuple[str, ...]:
    """The outermost provisions of an edition, in document order."""
    return tuple(p.id for p in catalogue.provisions.values() if p.edition == edition and p.parent is None)


def of(catalogue: Catalogue, provisions: Sequence[str], context: Context) -> frozenset[str]:
    """Those of some provisions that are duties."""
    return frozenset(p for p in provisions if is_duty(catalogue, catalogue.provisions[p], context))
