"""How many lines any order of a matrix product must load into a cache: a bound that no replacement undercuts.

Cut a run into parts of t misses each. A part begins just before a miss, so at most all lines of the cache but
one are held then, and t are loaded: with L numbers a line, and a cache of S numbers, the part touches at most
x = S + (t - 1) L different numbers; the first part, with nothing held, t L. Of |A| numbers of a, |B| of b and
|C| of c no more than √(|A| |B| |C|) triples (i, j, k) can be made (L. H. Loomis and H. Whitney, Bull. Amer.
Math. Soc. 55, 1949, 961-962), so f(x), the largest such root under |A| + |B| + |C| = x, bounds a part, and one
triple more, whose first accesses came in the part before. What all parts must make, mkn triples, then bounds
their number. The t that gives most is taken; for large products it tends to 2mkn / √S / L lines.

J.-W. Hong and H. T. Kung, I/O complexity: the red-blue pebble game, STOC 1981; D. Irony, S. Toledo and
A. Tiskin, J. Parallel Distrib. Comput. 64, 2004; and, for parts that need not be as long as the cache is large,
T. M. Smith, B. Lowery, J. Langou and R. A. van de Geijn, arXiv:1702.02017 (version 2, 2019).

It holds for every way to choose what leaves, so for LRU in sets too, which can only miss more. It supposes that
lines are used whole and that the best part can be repeated, so no order need reach it.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt, prod

_LONGEST_PART = 4
"""Times the cache; the best part of a large product is two of them long."""


def distinct_lines(shape: tuple[int, int, int], line_bytes: int, itemsize: int) -> int:
    """Lines of a (m, k), b (k, n) and c (m, n), each stored without gaps from the beginning of a line on."""
    return sum(-(-rows * columns * itemsize // line_bytes) for rows, columns in _arrays(shape))


@lru_cache(maxsize=256)
def least_misses(shape: tuple[int, int, int], cache_bytes: int, line_bytes: int, itemsize: int) -> int:
    """Misses that no order of the triples of `shape` (m, k, n) undercuts, in a cache that is empty at first."""
    lines = cache_bytes // line_bytes
    touched = distinct_lines(shape, line_bytes, itemsize)
    longest = min(_LONGEST_PART * lines, touched)
    return max(touched, *(_in_parts(shape, lines, line_bytes // itemsize, t) for t in range(1, longest + 1)))


def most_triples(shape: tuple[int, int, int], numbers: int) -> int:
    """f: of `numbers` elements of a, b and c together, at most so many triples can be made."""
    sizes = sorted(rows * columns for rows, columns in _arrays(shape))
    if numbers >= sum(sizes):
        return prod(shape)
    smallest, middle, _ = sizes
    # an equal share each, but of no array more than it has: the square of the root, rounded down exactly
    if 3 * smallest >= numbers:
        return isqrt(numbers**3 // 27)
    if 2 * middle >= numbers - smallest:
        return isqrt(smallest * (numbers - smallest) ** 2 // 4)
    return isqrt(smallest * middle * (numbers - smallest - middle))


def _in_parts(shape: tuple[int, int, int], lines: int, per_line: int, t: int) -> int:
    """The bound for parts of `t` misses: the first, then whole ones, then as much of one as is still needed."""
    rest = prod(shape) - most_triples(shape, t * per_line)
    if rest <= 0:
        return 0
    a_part = most_triples(shape, (lines + t - 1) * per_line) + 1
    whole = (rest - 1) // a_part
    rest -= whole * a_part
    low, high = 1, t
    while low < high:
        middle = (low + high) // 2
        if most_triples(shape, (lines + middle - 1) * per_line) + 1 >= rest:
            high = middle
        else:
            low = middle + 1
    return t + whole * t + low


def _arrays(shape: tuple[int, int, int]) -> tuple[tuple[int, int], ...]:
    m, k, n = shape
    return (m, k), (k, n), (m, n)
