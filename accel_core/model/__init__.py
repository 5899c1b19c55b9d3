"""The words of the project: frozen dataclasses that every other module speaks in.

Standard library only. Quantities are in base units and end in their unit (`time_s`, `size_bytes`). Records turn
into plain JSON data with `to_dict` and come back with `from_dict`; an unknown value is None, never a guess.
"""

from __future__ import annotations

from accel_core.model.arena import ArenaEntry, BaselineTime, Ruling, SizeResult, Verdict
from accel_core.model.blocks import BlockRun, OperationTime
from accel_core.model.disk import Disk, DiskLatency, DiskRate
from accel_core.model.kernels import Array, Case, Kernel, Lesson, Operator, Parameter, Workload
from accel_core.model.levels import CACHE_LEVELS, DRAM, LEVELS, NEAREST
from accel_core.model.machine import Blas, CacheGroup, CacheLevel, Cores, Environment, Fact, Machine, Simd
from accel_core.model.out_of_core import OutOfCoreRun
from accel_core.model.results import Comparison, Measurement, Refusal, Trial
from accel_core.model.roofs import Ceiling, Clock, CurvePoint, Latency, Peaks
from accel_core.model.sentinel import Sentinel
from accel_core.model.series import RateSeries, Series
from accel_core.model.words import DTYPES, ITEM_BYTES, Estimate, Shape, chosen, require_dtype

__all__ = [
    "CACHE_LEVELS",
    "DRAM",
    "DTYPES",
    "ITEM_BYTES",
    "LEVELS",
    "NEAREST",
    "ArenaEntry",
    "Array",
    "BaselineTime",
    "Blas",
    "BlockRun",
    "CacheGroup",
    "CacheLevel",
    "Case",
    "Ceiling",
    "Clock",
    "Comparison",
    "Cores",
    "CurvePoint",
    "Disk",
    "DiskLatency",
    "DiskRate",
    "Environment",
    "Estimate",
    "Fact",
    "Kernel",
    "Latency",
    "Lesson",
    "Machine",
    "Measurement",
    "OperationTime",
    "Operator",
    "OutOfCoreRun",
    "Parameter",
    "Peaks",
    "RateSeries",
    "Refusal",
    "Ruling",
    "Sentinel",
    "Series",
    "Shape",
    "Simd",
    "SizeResult",
    "Trial",
    "Verdict",
    "Workload",
    "chosen",
    "require_dtype",
]
