"""Randomness that is the same on every machine: seeded streams and key permutations.

Only ``random.Random.random`` is used, whose sequence Python promises to keep; numpy's
distributions carry no such promise, and the committed sample must be reproducible byte for byte.
Seeds come from a hash of text, never from ``hash()``, so PYTHONHASHSEED changes nothing.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")

_WORD = (1 << 64) - 1
_ODD = 0x9E3779B97F4A7C15
_ROUNDS = 4


def derive(*parts: object) -> int:
    """Return a 128-bit seed from the text of ``parts``."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big")


class Dice:
    """One stream of chance, named by its seed parts."""

    __slots__ = ("random",)

    def __init__(self, *seed_parts: object) -> None:
        # Not cryptography: the stream must be reproducible, which `secrets` is not.
        self.random = random.Random(derive(*seed_parts)).random  # noqa: S311

    def chance(self, probability: float) -> bool:
        """Return true with the given probability."""
        return self.random() < probability

    def pick(self, options: Sequence[Item]) -> Item:
        """Return one of ``options``, each equally likely."""
        return options[int(self.random() * len(options))]

    def whole(self, low: int, high: int) -> int:
        """Return a whole number between ``low`` and ``high``, both possible."""
        return low + int(self.random() * (high - low + 1))

    def weighted(self, options: Sequence[tuple[Item, float]]) -> Item:
        """Return one option, with chances in proportion to the weights."""
        rest = self.random() * sum(weight for _, weight in options)
        for option, weight in options:
            rest -= weight
            if rest < 0:
                return option
        return options[-1][0]

    def count(self, mean: float, most: int = 40) -> int:
        """Return a count with a long tail and the given mean (geometric), at most ``most``."""
        stop = 1.0 / (1.0 + mean)
        number = 0
        while number < most and self.random() >= stop:
            number += 1
        return number

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """Return ``items`` in random order."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = int(self.random() * (last + 1))
            result[last], result[other] = result[other], result[last]
        return result


class Permutation:
    """A one-to-one scramble of whole numbers below ``2 ** bits`` (a Feistel network).

    Keys made from a counter through it are unique, yet neither their order nor their digits say
    anything about the counter, so nothing about the person.
    """

    __slots__ = ("_half", "_mask", "_rounds")

    def __init__(self, bits: int, *seed_parts: object) -> None:
        self._half = bits // 2
        self._mask = (1 << self._half) - 1
        self._rounds = tuple(derive(*seed_parts, turn) & _WORD for turn in range(_ROUNDS))

    def __call__(self, number: int) -> int:
        """Return the scrambled number."""
        left, right = number >> self._half, number & self._mask
        for turn in self._rounds:
            mixed = ((right + 1) * (turn | 1) ^ turn) * _ODD & _WORD
            left, right = right, left ^ (mixed >> 40 & self._mask)
        return left << self._half | right
