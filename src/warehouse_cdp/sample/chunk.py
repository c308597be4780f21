"""What the generators of one chunk of people share: keys, rates, counters and the sink."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from warehouse_cdp.sample.dice import Dice, Permutation
from warehouse_cdp.sample.sink import Sink

if TYPE_CHECKING:
    from warehouse_cdp.sample.rates import Rates

CHUNK_PEOPLE = 2_000
"""People generated together. Chunks are independent, so memory does not grow with the sample."""
_SLOTS = 4_096
_BASE_36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def base_36(number: int, length: int) -> str:
    """Return a number in digits and letters, padded to ``length``."""
    result = ""
    for _ in range(length):
        number, digit = divmod(number, 36)
        result = _BASE_36[digit] + result
    return result


class Chunk:
    """The state of generating one chunk."""

    def __init__(self, seed: int, index: int, wave: int, rates: Rates) -> None:
        self.seed = seed
        self.index = index
        self.wave = wave
        self.rates = rates
        self.sink = Sink(wave)
        self._counters: Counter[str] = Counter()
        self._permutations: dict[str, Permutation] = {}
        self._phones = Permutation(26, seed, "phones")
        self._emails: set[str] = set()
        self._slot = 0

    def happens(self, rate: str, dice: Dice) -> bool:
        """Return whether an imperfection happens now, and count it."""
        self.sink.trials[rate] += 1
        if dice.random() < getattr(self.rates, rate):
            self.sink.hits[rate] += 1
            return True
        return False

    def key(self, label: str) -> int:
        """Return the next key of a source's table: unique, below 2**40, telling nothing."""
        self._counters[label] += 1
        return self._scrambled(label, self.index << 24 | self._counters[label])

    def shared_key(self, label: str, number: int) -> int:
        """Return the key that the first chunk, which holds the company's rows, gives as its nth."""
        return self._scrambled(label, number)

    def _scrambled(self, label: str, number: int) -> int:
        permutation = self._permutations.get(label)
        if permutation is None:
            permutation = self._permutations[label] = Permutation(40, self.seed, "key", label)
        return permutation(number)

    def next_slot(self) -> int:
        """Return a number of a person, unique over all chunks."""
        self._slot += 1
        return self.index * _SLOTS + self._slot

    def digits(self, slot: int, which: int) -> int:
        """Return eight digits for one of the four phone numbers of a person slot."""
        return self._phones(slot * 4 + which)

    def unique_email(self, dice: Dice, local: str, domain: str, year: int) -> str:
        """Return an e-mail nobody else has; chunks after the first carry five more digits."""
        while True:
            style = dice.random()
            tail = ""
            if self.index:
                tail = f"{dice.whole(10, 99)}{self.index * 389 % 1000:03d}"
                tail += str(self.index // 1000) if self.index >= 1000 else ""
            elif style > 0.4:
                tail = (
                    str(dice.whole(1, 99))
                    if style < 0.75
                    else str(year)[-2 if style < 0.9 else 0 :]
                )
            # Some providers ignore dots: two people must not differ by a dot alone.
            mailbox = f"{local.replace('.', '')}{tail}@{domain}"
            if mailbox not in self._emails:
                self._emails.add(mailbox)
                return f"{local}{tail}@{domain}"
