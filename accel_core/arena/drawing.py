"""The sizes that each judging draws anew: the seed of a verdict gives the same ones anywhere and at any time.

The generator is written here, in whole numbers alone, so that it depends on no version of Python or NumPy:
SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014,
doi:10.1145/2660193.2660195).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from accel_core.arena.event import Band, Event
from accel_core.errors import BadInput, is_whole, quoted
from accel_core.model import Shape

SEED_BITS = 63
"""A seed is a whole number of so many bits: every database and JSON reader holds it."""
_WORD = 1 << 64
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB


def drawn_shapes(event: Event, seed: int) -> tuple[Shape, ...]:
    """One shape out of each band of an event, in their order."""
    if not is_whole(seed, 0, (1 << SEED_BITS) - 1):
        raise BadInput(f"The seed is {quoted(seed)}; a whole number from 0 to 2^{SEED_BITS} - 1 is allowed.")
    numbers = words(seed)
    return tuple(tuple(within(low, high, numbers) for low, high in ends(band)) for band in event.drawn)


def ends(band: Band) -> tuple[tuple[int, int], ...]:
    """The smallest and the largest length of each axis."""
    reach = [math.floor(length * band.spread + 1e-9) for length in band.shape]
    return tuple((max(1, n - by), n + by) for n, by in zip(band.shape, reach, strict=True))


def words(seed: int) -> Iterator[int]:
    """Whole numbers of 64 random bits, without end."""
    state = seed
    while True:
        state = (state + _STEP) % _WORD
        mixed = (state ^ (state >> 30)) * _FIRST % _WORD
        mixed = (mixed ^ (mixed >> 27)) * _SECOND % _WORD
        yield mixed ^ (mixed >> 31)


def within(low: int, high: int, numbers: Iterator[int]) -> int:
    """A number from `low` to `high`, each as likely: words past the last whole multiple are passed over."""
    count = high - low + 1
    fair = _WORD - _WORD % count
    return low + next(number for number in numbers if number < fair) % count
