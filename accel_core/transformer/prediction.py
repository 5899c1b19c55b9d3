"""How long a block's operations take under two roofs, and what making some of them faster brings.

Times are those of the roofline (S. Williams, A. Waterman and D. Patterson, CACM 52(4), 2009): its FLOP at the
peak or its bytes at the bandwidth, whichever takes longer. A block takes the sum of its operations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from accel_core.errors import BadInput, quoted, unknown
from accel_core.roofline import bound_by
from accel_core.transformer.block import Operation

WITHIN = 0.2
"""A measured time agrees with a predicted one that it is no farther from than this share of it,"""
LARGE_FLOP = 50_000_000
"""and this is promised of products that are at least so large, and of what streams beyond the last cache."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """An operation under two roofs."""

    operation: Operation
    bound_by: str
    """ "compute" or "memory"."""
    predicted_s: float


def predict(
    listed: Sequence[Operation], peak_flop_per_s: float, bandwidth_byte_per_s: float
) -> tuple[Prediction, ...]:
    """Each operation with max(FLOP / peak, bytes / bandwidth) in seconds.

    Raises BadInput for a roof that is not a positive finite number of FLOP/s or byte/s.
    """
    return tuple(_under(operation, peak_flop_per_s, bandwidth_byte_per_s) for operation in listed)


def _under(operation: Operation, peak: float, bandwidth: float) -> Prediction:
    flop, moved = operation.counted.flop, operation.counted.bytes
    return Prediction(operation, bound_by(flop / moved, peak, bandwidth), max(flop / peak, moved / bandwidth))


def faster(predicted: Sequence[Prediction], factors: Mapping[str, float]) -> tuple[Prediction, ...]:
    """`predicted` with the operations of each name or kind in `factors` so many times as fast.

    The block's time is then G. M. Amdahl's law (AFIPS 1967): with a share p of it made k times as fast, the
    whole is 1 / (1 - p + p / k) times as fast. A name counts before a kind; capitals do not matter. Raises
    BadInput for a name that no operation has, or a factor that is not positive and finite.
    """
    names = {p.operation.name for p in predicted}
    known = dict.fromkeys(word for p in predicted for word in (p.operation.kind, p.operation.name))
    by_small = {word.lower(): word for word in known}
    chosen: dict[str, float] = {}
    for given, factor in factors.items():
        word = by_small.get(str(given).lower())
        if word is None:
            raise BadInput(unknown("operation called", given, known, f"all operations: {', '.join(known)}"))
        if not 0 < factor < math.inf:
            raise BadInput(f"{word} {quoted(factor)} times as fast is not possible: give a positive number.")
        chosen[word] = factor
    by_name = {word: factor for word, factor in chosen.items() if word in names}

    def factor_of(operation: Operation) -> float:
        return by_name.get(operation.name, chosen.get(operation.kind, 1.0))

    return tuple(replace(p, predicted_s=p.predicted_s / factor_of(p.operation)) for p in predicted)
