"""The word that every record needs: a number with its interval; and the names of types."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.errors import BadInput, quoted

Shape = tuple[int, ...]
DTYPES = ("float32", "float64")
"""What is measured."""
ITEM_BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}
"""Bytes of an element, of what is only counted too."""


UNIT_ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}
"""Half the distance from 1 to the next number."""


def sum_tolerance(terms: int, dtype: str, factor: int = 16) -> float:
    """factor u √terms, with u the unit roundoff of `dtype`: the error allowed of a sum.

    A sum is off by a small constant times √terms u with high probability (Higham and Mary, SIAM J. Sci.
    Comput. 42(5), 2020, A3427), relative to the sum of the sizes of its terms.
    """
    return factor * UNIT_ROUNDOFF[dtype] * math.sqrt(max(terms, 1))


def require_dtype(dtype: object) -> None:
    """Raise BadInput where `dtype` is not one of DTYPES."""
    if dtype not in DTYPES:
        raise BadInput(f"dtype is {quoted(dtype)}; {' or '.join(DTYPES)} is allowed.")


WIDTH = "width"
"""The parameter of kernels whose vectors may have so many bits; 0 leaves it to the program."""
SCALAR_BITS = 1
"""In place of the bits of a vector: no vector, one number at a time."""
WIDTHS = (0, SCALAR_BITS, 128, 256, 512)
WIDTH_IDEA = "bits of a vector; 1 is one number at a time, 0 what the program takes by itself"


def widths_text(widths: Iterable[int]) -> str:
    """What a width may be where a loop can be compiled for `widths`: "0 (as the program chooses), 1 (...)"."""
    *first, last = ["0 (as the program chooses)", f"{SCALAR_BITS} (one number at a time)", *map(str, widths)]
    return f"{', '.join(first)} or {last}"


def chosen(parameters: Mapping[str, int]) -> dict[str, int]:
    """Those of a kernel's `parameters` that somebody chose: 0 stands for what the kernel derives itself, and
    no text names it."""
    return {name: value for name, value in parameters.items() if value}


@dataclass(frozen=True, slots=True)
class Estimate(PlainData):
    """A median of `n` samples with a confidence interval; `low` and `high` are None under six samples."""

    median: float
    low: float | None
    high: float | None
    n: int
