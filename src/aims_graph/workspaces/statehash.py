"""One hash for a set of statements, kept up to date as statements come and go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

_BITS = 2048  # sums of digests this wide leave no known way to a second set with the same sum (Bellare and Micciancio)
_WRAP = (1 << _BITS) - 1


@dataclass(frozen=True)
class StateHash:
    """The sum of the digests of all statements, so that their order does not matter.

    >>> empty = StateHash()
    >>> empty.changed(added=["a", "b"]) == empty.changed(added=["b"]).changed(added=["a"])
    True
    >>> empty.changed(added=["a"]).changed(removed=["a"]) == empty
    True
    """

    total: int = 0

    def changed(self, added: Iterable[str] = (), removed: Iterable[str] = ()) -> StateHash:
        """The hash after some statements, one line of N-Quads each, have come and others have gone."""
        total = self.total
        for line in added:
            total += _digest(line)
        for line in removed:
            total -= _digest(line)
        return StateHash(total & _WRAP)

    @property
    def hex(self) -> str:
        """The hash as 64 hexadecimal digits."""
        return hashlib.sha256(self.dump().encode()).hexdigest()

    def dump(self) -> str:
        """The whole sum as text, to go on from later."""
        return f"{self.total:0{_BITS // 4}x}"

    @staticmethod
    def load(text: str) -> StateHash:
        """The hash from its sum; ValueError for anything else."""
        if len(text) != _BITS // 4:
            raise ValueError("not the sum of a state hash")
        return StateHash(int(text, 16))


def _digest(line: str) -> int:
    return int.from_bytes(hashlib.shake_256(line.encode()).digest(_BITS // 8), "little")
