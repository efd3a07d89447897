"""What rests on mapping rows and on texts, asked of a library with names as people type them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from aims_graph import comparison as comparing
from aims_graph import impact as touching
from aims_graph import matrix
from aims_graph import weak_points as weak
from aims_graph import what_if as supposing
from aims_graph.comparison import Comparison
from aims_graph.errors import InputError, UnknownName
from aims_graph.impact import Impact
from aims_graph.indexing.index import Index
from aims_graph.library import Library
from aims_graph.matrix import Crosswalk
from aims_graph.suppositions import Wanted, suppose
from aims_graph.trace import Options, check_options
from aims_graph.weak_points import WeakPoints
from aims_graph.what_if import WhatIf

Days = tuple[date, date]


def what_if(library: Library, wanted: Wanted, starts: Sequence[str], options: Options) -> WhatIf:
    """What would change of the claims of some provisions, or of all, if rows were as wanted."""
    index = _index(library, options)
    supposed = suppose(library.catalogue, library.names, wanted)
    return supposing.what_if(index, supposed, options, [library.names.resolve(s) for s in starts])


def compare(before: Library, after: Library, options: Options) -> Comparison:
    """What differs between two states of the data, asked of both alike."""
    return comparing.compare(_index(before, options), _index(after, options), options)


def crosswalk(library: Library, start: str, end: str, options: Options) -> Crosswalk:
    """Everything between two frameworks, named as people type them."""
    return matrix.crosswalk(_index(library, options), library.names.edition(start), library.names.edition(end), options)


def weak_points(library: Library, options: Options) -> WeakPoints:
    """The rows that carry claims, those first whose review matters most."""
    return weak.weak_points(_index(library, options), options)


def impact(library: Library, targets: Sequence[str], between: Days | None, options: Options) -> Impact:
    """What a change of one framework, perhaps between two days, or of some provisions touches."""
    editions, provisions = [], []
    for text in targets:
        try:
            editions.append(library.names.edition(text))
        except UnknownName:
            provisions.append(library.names.resolve(text))
    affected = touching.affected_by(library.catalogue, editions, provisions, between)
    return touching.impact(_index(library, options), library.rules, affected, options, between, library.records)


def days(start: date | None, end: date | None, as_of: date) -> Days | None:
    """The two days between which changes are asked for, the second the as-of day unless stated; None without days."""
    if start is None and end is not None:
        raise InputError(f"the end {end} needs a first day. Give both, or none.")
    return None if start is None else (start, end or as_of)


def _index(library: Library, options: Options) -> Index:
    check_options(library.catalogue, options)
    return library.index(library.informed(options).context())
