"""A tuning: what ran fastest on one machine: the packed product's lengths, the vectors of streaming loops."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accel_core.codec import PlainData
from accel_core.model.machine import Environment
from accel_core.model.words import Estimate


@dataclass(frozen=True, slots=True)
class Tuning(PlainData):
    """For one dtype and one thread; lengths in elements."""

    dtype: str
    tile: int
    """Rows of the register tile."""
    mc: int
    kc: int
    nc: int
    unpacked_bytes: int
    """Of b up to which nothing is packed."""
    unpacked_a_bytes: int
    """Of a up to which only b is packed."""
    gains: Mapping[str, Estimate]
    """Size of square matrices, as text -> time with the block sizes from the caches / time tuned, from samples
    taken in turns."""
    fingerprint: str
    environment: Environment
    created: str
    """ISO 8601, UTC."""
    took_s: float
    vector_bits: int = 0
    """Of the vectors with which a streaming loop ran fastest; 0 where that was not measured."""
    width_gains: Mapping[str, Estimate] = field(default_factory=dict)
    """Bits, as text -> time with the derived vectors / time with these, in turns on arrays that lie in L2."""
