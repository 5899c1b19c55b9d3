"""Roofs, what they allow, and what to think of a point above one: sums only, no clock, no file."""

from __future__ import annotations

from accel_core.roofline.audit import Verdict, judge
from accel_core.roofline.effective import EffectiveSize, as_measured, doubts, effective_sizes
from accel_core.roofline.law import attainable, best_intensity, bound_by, ridge_point, roof_segment
from accel_core.roofline.limit import Limit, limit_of, limits_of, memory_roof
from accel_core.roofline.roofs import Roofs, frame, limiting_memory_level, select_roofs, typed_machine
from accel_core.roofline.theory import theoretical_ceilings, with_theory

__all__ = [
    "EffectiveSize",
    "Limit",
    "Roofs",
    "Verdict",
    "as_measured",
    "attainable",
    "best_intensity",
    "bound_by",
    "doubts",
    "effective_sizes",
    "frame",
    "judge",
    "limit_of",
    "limiting_memory_level",
    "limits_of",
    "memory_roof",
    "ridge_point",
    "roof_segment",
    "select_roofs",
    "theoretical_ceilings",
    "typed_machine",
    "with_theory",
]
