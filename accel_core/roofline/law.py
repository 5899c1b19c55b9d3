"""The roofline itself: what a peak and a bandwidth allow at an intensity.

S. Williams, A. Waterman and D. Patterson, Roofline: An Insightful Visual Performance Model for Multicore
Architectures, Communications of the ACM 52(4), 2009, doi:10.1145/1498765.1498785.
"""

from __future__ import annotations

import math

from accel_core.errors import BadInput


def attainable(intensity: float, peak_flop_per_s: float, bandwidth_byte_per_s: float) -> float:
    """FLOP/s at `intensity` FLOP/B under a flat and a sloping roof: min(peak, intensity · bandwidth)."""
    if not 0 <= intensity < math.inf:
        raise BadInput(f"An intensity of {intensity} FLOP/B is not possible: give a number from 0 upwards.")
    _check_roofs(peak_flop_per_s, bandwidth_byte_per_s)
    return min(peak_flop_per_s, intensity * bandwidth_byte_per_s)


def ridge_point(peak_flop_per_s: float, bandwidth_byte_per_s: float) -> float:
    """FLOP/B at which the two roofs meet: the least intensity that can reach the peak."""
    _check_roofs(peak_flop_per_s, bandwidth_byte_per_s)
    return peak_flop_per_s / bandwidth_byte_per_s


def bound_by(intensity: float, peak_flop_per_s: float, bandwidth_byte_per_s: float) -> str:
    """ "memory" left of the ridge point, "compute" at it and right of it."""
    return "compute" if intensity >= ridge_point(peak_flop_per_s, bandwidth_byte_per_s) else "memory"


def best_intensity(cache_elements: float, itemsize: float) -> float:
    """Greatest FLOP/B of a large matrix product behind a fast memory of S = `cache_elements`: √S / itemsize.

    A product of (m, k) by (k, n) in the ordinary way, 2mkn FLOP, must load 2mkn/√S numbers, up to terms of
    lower order, whatever the order of the loops. T. M. Smith, B. Lowery, J. Langou and R. A. van de Geijn,
    A Tight I/O Lower Bound for Matrix Multiplication, arXiv:1702.02017 (version 2, 2019), after J.-W. Hong and
    H. T. Kung, STOC 1981, and D. Irony, S. Toledo and A. Tiskin, J. Parallel Distrib. Comput. 64 (2004). Only
    loads are counted; a product that fits in the fast memory altogether can do better.
    """
    _check_positive("cache", "elements", cache_elements)
    _check_positive("item size", "bytes", itemsize)
    return math.sqrt(cache_elements) / itemsize


def roof_segment(
    bandwidth_byte_per_s: float, peak_flop_per_s: float, x_low: float, x_high: float
) -> tuple[tuple[float, float], ...]:
    """Corners (FLOP/B, FLOP/s) of one roof between two intensities: two or three, the middle one the ridge."""
    if not 0 < x_low < x_high < math.inf:
        raise BadInput(f"Intensities from {x_low} to {x_high} are no range: give 0 < low < high.")
    ridge = ridge_point(peak_flop_per_s, bandwidth_byte_per_s)
    corners = [x_low, *([ridge] if x_low < ridge < x_high else []), x_high]
    heights = [
        peak_flop_per_s if x >= ridge else attainable(x, peak_flop_per_s, bandwidth_byte_per_s) for x in corners
    ]
    return tuple(zip(corners, heights, strict=True))


def _check_roofs(peak_flop_per_s: float, bandwidth_byte_per_s: float) -> None:
    _check_positive("peak", "FLOP/s", peak_flop_per_s)
    _check_positive("bandwidth", "byte/s", bandwidth_byte_per_s)


def _check_positive(what: str, unit: str, value: float) -> None:
    if not 0 < value < math.inf:
        raise BadInput(f"A {what} of {value} {unit} is not possible: give a positive, finite number.")
