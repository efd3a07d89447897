"""Things that many answers choose from, and a choice of them by place: what is kept of all serves each choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class Kept(Generic[T]):
    """Things of one kind, in order; whoever has them in writing knows them again by this object."""

    def __init__(self, things: Sequence[T]) -> None:
        self.things = tuple(things)

    def chosen(self, places: Sequence[int]) -> Chosen[T]:
        """Those at some places, in that order."""
        return Chosen(self, places)


class Chosen(Sequence[T]):
    """Some of the things that are kept, equal to any sequence of the same things.

    >>> some = Kept("abcd").chosen((1, 3))
    >>> some[0], len(some), list(some), some == ("b", "d")
    ('b', 2, ['b', 'd'], True)
    """

    __slots__ = ("kept", "places")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, kept: Kept[T], places: Sequence[int]) -> None:
        self.kept, self.places = kept, places

    @overload
    def __getitem__(self, wanted: int) -> T: ...
    @overload
    def __getitem__(self, wanted: slice) -> Chosen[T]: ...
    def __getitem__(self, wanted: int | slice) -> T | Chosen[T]:
        """One of them, or a choice of them again."""
        if isinstance(wanted, slice):
            return Chosen(self.kept, self.places[wanted])
        return self.kept.things[self.places[wanted]]

    def __iter__(self) -> Iterator[T]:
        things = self.kept.things
        return (things[place] for place in self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return repr(tuple(self))
