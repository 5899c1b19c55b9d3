"""What an order of triples comes to in a cache: its misses, a bound of them, and those of a rung's loops."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from accel_core.cache import RUNG_ORDERS, CacheGeometry, Traversal
from accel_core.cache.forced import forced_misses
from accel_core.cache.ordered import OUT_OF_RANGE, OrderedProduct
from accel_core.judge.asked import Refused
from accel_core.model import ITEM_BYTES
from accel_core.registry import kernel
from accel_core.roofline.least_misses import least_misses


def counted(
    shape: tuple[int, int, int], cache: CacheGeometry, dtype: str, pieces: Iterable[NDArray[np.int32]]
) -> OrderedProduct:
    """The product of `shape` after all `pieces`; Refused where a triple is wrong, comes twice or never."""
    product = OrderedProduct(shape, cache, dtype)
    name = f"order{shape}"
    expected = f"each of {product.total:,} triples once"
    for piece in pieces:
        fault = product.take(piece)
        if fault is not None:
            wrong = _out_of_range(shape, fault.triple) if fault.what == OUT_OF_RANGE else "which came before"
            reason = f"Triple {fault.number + 1:,} of {name} is {fault.triple}, {wrong}."
            got = f"{fault.triple} after {fault.number:,} triples"
            raise Refused(reason, _failing(shape, expected, got))
    missing = product.missing
    if missing is not None:
        reason = f"{name} ends after {product.taken:,} of {product.total:,} triples: {missing} never came."
        raise Refused(reason, _failing(shape, expected, f"{product.taken:,} triples, without {missing}"))
    return product


def lower_bound(shape: tuple[int, int, int], cache: CacheGeometry, dtype: str) -> int:
    """Misses that no order undercuts: the larger of what the cache's size and what its sets force."""
    of_size = least_misses(shape, cache.size_bytes, cache.line_bytes, ITEM_BYTES[dtype])
    return max(of_size, forced_misses(shape, cache, dtype))


def baseline_traversal(name: str, shape: tuple[int, int, int], dtype: str) -> Traversal | None:
    """The loops of a rung as an order of single triples; None for one that is no nest of three loops or six."""
    order = RUNG_ORDERS.get(name, "")
    if len(order) != 3:
        return None
    block = kernel(name)[1].defaults.get("block")
    return Traversal(shape, order, None if block is None else (int(block),) * 3, dtype=dtype)


def _out_of_range(shape: tuple[int, int, int], triple: tuple[int, int, int]) -> str:
    m, k, n = shape
    limits = zip("ijp", triple, (m, n, k), strict=True)
    name, most = next((name, most) for name, at, most in limits if not 0 <= at < most)
    return f"and {name} goes from 0 to {most - 1}"


def _failing(shape: tuple[int, int, int], expected: str, got: str) -> dict[str, str]:
    return {"shape": " x ".join(map(str, shape)), "input": f"order{shape}", "expected": expected, "got": got}
