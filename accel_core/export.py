"""Measurements as files for homework and notebooks: flat CSV, or JSON with every sample.

Pure: records in, text out. Machines appear by fingerprint; nothing here names a host or a user.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from accel_core.model import Measurement

COLUMNS = (
    "created",
    "kernel",
    "size",
    "shape",
    "dtype",
    "threads",
    "parameters",
    "time_s",
    "time_low_s",
    "time_high_s",
    "samples",
    "repetitions",
    "stopped",
    "flop",
    "least_bytes",
    "flop_per_s",
    "intensity_flop_per_byte",
    "peak_alloc_bytes",
    "compile_s",
    "max_relative_error",
    "cpu_s",
    "wall_s",
    "took_s",
    "steal_fraction",
    "waited_fraction",
    "throttled_s",
    "clock_hz",
    "core_drift",
    "read_drift",
    "disturbed",
    "disturbed_reason",
    "waiting",
    "fingerprint",
    "system",
    "python",
    "numpy",
    "numba",
    "llvm",
    "blas",
    "blas_version",
    "blas_kernels",
    "id",
)


def measurements_csv(measurements: Sequence[Measurement]) -> str:
    """One line a measurement under a header, in base units; an unknown value is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(_row(measurement) for measurement in measurements)
    return text.getvalue()


def measurements_json(measurements: Sequence[Measurement]) -> str:
    """An object with `measurements`, each as `accel bench --json` prints it, samples included."""
    return json.dumps({"measurements": [m.to_dict() for m in measurements]}, indent=1)


def _row(measurement: Measurement) -> dict[str, object]:
    versions, estimate, seen = measurement.environment, measurement.time_s, measurement.sentinel
    return {
        **measurement.to_dict(),
        "clock_hz": seen.clock_hz if seen else None,
        "core_drift": seen.drift if seen else None,
        "read_drift": seen.read_drift if seen else None,
        "shape": "x".join(map(str, measurement.shape)),
        "parameters": " ".join(f"{name}={value}" for name, value in sorted(measurement.parameters.items())),
        "time_s": estimate.median,
        "time_low_s": estimate.low,
        "time_high_s": estimate.high,
        "samples": estimate.n,
        "system": versions.system,
        "python": versions.python,
        "numpy": versions.numpy,
        "numba": versions.numba,
        "llvm": versions.llvm,
        "blas": versions.blas.name if versions.blas else None,
        "blas_version": versions.blas.version if versions.blas else None,
        "blas_kernels": versions.blas.architecture if versions.blas else None,
    }
