"""Records for the tests of the figures: invented, with the proportions of a real machine."""

from __future__ import annotations

import math
from typing import Any

from accel_core.model import (
    Blas,
    CacheLevel,
    Case,
    Ceiling,
    Clock,
    Cores,
    CurvePoint,
    Environment,
    Estimate,
    Kernel,
    Latency,
    Machine,
    Measurement,
    Parameter,
    Peaks,
    Refusal,
    Simd,
    Workload,
)

KiB, MiB = 1024, 1024**2
CREATED = "2026-05-04T10:00:00+00:00"
ENVIRONMENT = Environment(
    "0.1", "3.11.9", "2.4.6", "0.68.1", "20.1", "Linux 6.8", Blas("openblas", "0.3.31", 2, "test")
)


def estimate(median: float, spread: float | None = 0.02, n: int = 21) -> Estimate:
    """An estimate with a symmetric interval; `spread` None is one of too few samples."""
    if spread is None:
        return Estimate(median, None, None, 3)
    return Estimate(median, median * (1 - spread), median * (1 + spread), n)


def machine() -> Machine:
    caches = (
        CacheLevel("L1", 32 * KiB, 8, 64, (0,), 2, "sysfs"),
        CacheLevel("L2", 1 * MiB, 8, 64, (0,), 2, "sysfs"),
        CacheLevel("L3", 32 * MiB, 16, 64, (0, 1), 1, "sysfs"),
    )
    return Machine(
        cpu="AMD EPYC 9R14 96-Core Processor",
        vendor="AMD",
        architecture="x86_64",
        system="Linux",
        cores=Cores(2, 2, 2, (0, 1), None),
        caches=caches,
        simd=Simd(("avx2", "fma", "avx512f"), 512),
        memory_bytes=16 * 1024 * MiB,
        clock_hz=2.6e9,
        facts=(),
        fingerprint="f00d",
    )


def ceiling(kind: str, value: float, **extra: Any) -> Ceiling:
    """A measured roof of float32, one thread; a spread of one percent."""
    memory = kind == "memory"
    plain: dict[str, Any] = {
        "kind": kind,
        "level": None,
        "width_bits": 256,
        "dtype": "float32",
        "threads": 1,
        "operation": "load" if memory else "fma",
        "byte_convention": "least" if memory else None,
        "working_set_bytes": 24 * KiB if memory else None,
        "value": value,
        "low": value * 0.99,
        "high": value * 1.01,
        "n": 21,
        "unit": "byte/s" if memory else "FLOP/s",
        "source": "measured",
        "definition": "sixteen independent chains",
        **extra,
    }
    name = f"{plain['operation']}_{plain['level'] or plain['width_bits']}_{plain['dtype']}_{plain['threads']}t"
    return Ceiling(name=extra.get("name", name + plain["source"]), **{**plain, "kind": kind})


def ceilings() -> tuple[Ceiling, ...]:
    return (
        ceiling("compute", 117.3e9, width_bits=512),
        ceiling("compute", 117.7e9, width_bits=256),
        ceiling("compute", 58.8e9, width_bits=128),
        ceiling("compute", 14.7e9, width_bits=32),
        ceiling("compute", 58.9e9, width_bits=256, operation="add"),
        ceiling("compute", 118.1e9, width_bits=256, source="theory", low=None, high=None, n=0),
        ceiling("compute", 235.0e9, threads=2),
        ceiling("memory", 234.6e9, level="L1"),
        ceiling("memory", 115.0e9, level="L2", working_set_bytes=768 * KiB),
        ceiling("memory", 94.0e9, level="L3", working_set_bytes=12 * MiB),
        ceiling("memory", 35.0e9, level="DRAM", working_set_bytes=1024 * MiB),
        ceiling("memory", 33.7e9, level="DRAM", operation="triad", byte_convention="stream"),
        ceiling("memory", 55.0e9, level="DRAM", threads=2),
    )


def peaks(curve: bool = True) -> Peaks:
    latencies = (("L1", 16 * KiB, 1.09e-9), ("L2", 256 * KiB, 4.7e-9))
    latencies += (("L3", 8 * MiB, 16e-9), ("DRAM", 512 * MiB, 131e-9))
    return Peaks(
        "f00d",
        ENVIRONMENT,
        CREATED,
        ceilings(),
        Clock(estimate(3.67e9, 0.001), "a chain of dependent additions"),
        tuple(Latency(level, size, estimate(t), "pointer chase") for level, size, t in latencies),
        tuple(_curve_point(4 * KiB * 2**i) for i in range(19)) if curve else (),
    )


def _curve_point(size: int) -> CurvePoint:
    steps = [(32 * KiB, 234e9, 1.1e-9), (MiB, 115e9, 4.7e-9), (32 * MiB, 94e9, 17e-9), (math.inf, 35e9, 131e-9)]
    at = next(i for i, (limit, _, _) in enumerate(steps) if size <= limit * 0.8)
    _, rate, latency = steps[at]
    return CurvePoint(size, estimate(rate), estimate(latency, None if size < 8 * KiB else 0.03))


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _kernel(name: str, title: str, family: str, idea: str, **extra: Any) -> Kernel:
    return Kernel(name, title, _nothing, family, idea, "why", 1e9, **extra)


BLOCK = (Parameter("block", 64, 8, 1024, (16, 64, 256)),)


def workload() -> Workload:
    kernels = (
        _kernel("python_loops", "Three Python loops over arrays", "interpreted", "The sum written out."),
        _kernel("python_lists", "Three Python loops over lists", "interpreted", "No boxing of array scalars."),
        _kernel("compiled_ijk", "Compiled loops i, j, k", "compiled", "The interpreter is gone."),
        _kernel(
            "compiled_tiled",
            "Compiled loops over tiles",
            "compiled",
            "Work on tiles that stay in a cache while they are used.",
            parameters=BLOCK,
        ),
        _kernel(
            "compiled_ikj",
            "Compiled loops i, k, j",
            "compiled",
            "The inner loop walks along rows, so it can use vectors.",
            changed_from="compiled_ijk",
        ),
        _kernel(
            "numpy_tiled",
            "Tile products by @",
            "numpy",
            "Each tile product is a library call.",
            parameters=BLOCK,
        ),
        _kernel("numpy", "NumPy (BLAS)", "library", "One call for the whole product.", threaded=True),
        _kernel("packed", "Packed panels", "packed", "Panels packed in the order of their use."),
    )
    return Workload(
        name="matmul",
        title="Matrix product",
        size_means="side of three square matrices",
        axes=("m", "k", "n"),
        shape=lambda n: (n, n, n),
        make_inputs=_nothing,  # type: ignore[arg-type]
        reference=_nothing,
        flop=lambda s: 2 * s[0] * s[1] * s[2],
        least_bytes=lambda s, d: (4 if d == "float32" else 8) * (s[0] * s[1] + s[1] * s[2] + s[0] * s[2]),
        tolerance=lambda s, d: 1e-4,
        kernels=kernels,
        sizes=(128, 256, 512),
    )


RATES = {
    "python_loops": 6.5e6,
    "python_lists": 44e6,
    "compiled_ijk": 0.9e9,
    "compiled_tiled": 1.9e9,
    "compiled_ikj": 30e9,
    "numpy_tiled": 54e9,
    "numpy": 104e9,
    "packed": 106e9,
}


def measurement(kernel: str, rate: float | None = None, *, size: int = 512, **extra: Any) -> Measurement:
    """A measurement of `kernel` at `rate` FLOP/s."""
    job, flop = workload(), 2 * size**3
    dtype = extra.get("dtype", "float32")
    time_s = flop / (rate or RATES[kernel])
    plain: dict[str, Any] = {
        "workload": "matmul",
        "kernel": f"matmul/{kernel}",
        "size": size,
        "shape": (size, size, size),
        "dtype": dtype,
        "threads": 1,
        "parameters": {},
        "time_s": estimate(time_s),
        "samples_s": (time_s,) * 21,
        "repetitions": 1,
        "stopped": "interval",
        "flop": flop,
        "least_bytes": job.least_bytes((size, size, size), dtype),
        "peak_alloc_bytes": None,
        "compile_s": 0.0,
        "verified": True,
        "max_relative_error": 1e-6,
        "cpu_s": 1.0,
        "wall_s": 1.0,
        "steal_fraction": 0.0,
        "disturbed": False,
        "disturbed_reason": "",
        "fingerprint": "f00d",
        "environment": ENVIRONMENT,
        "created": CREATED,
        "id": f"{kernel}-{size}-{sorted(extra.items())!r}-{rate}",
        **extra,
    }
    return Measurement(**plain)


def ladder() -> list[Measurement]:
    """Every rung but the first, at 512."""
    return [measurement(name) for name in RATES if name != "python_loops"]


def refusal() -> Refusal:
    return Refusal(
        Case("matmul/python_loops", 512), "At N=512 it would take longer than the limit of 10 s.", 41.3, 128
    )


def sweep() -> list[Measurement]:
    """compiled_tiled and numpy_tiled over block: an interior optimum and a rise."""
    blocks = (8, 16, 32, 64, 128, 256, 512)
    tiled = (1.5e9, 1.9e9, 1.7e9, 1.3e9, 1.0e9, 0.65e9, 0.6e9)
    library = (0.6e9, 2.5e9, 14e9, 54e9, 73e9, 89e9, 94e9)
    return [
        measurement(name, rate, size=1024, parameters={"block": block})
        for name, rates in (("compiled_tiled", tiled), ("numpy_tiled", library))
        for block, rate in zip(blocks, rates, strict=True)
    ]
