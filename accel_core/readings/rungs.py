"""Kernels and what was measured of them, as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from accel_core.model import Environment, Kernel, Measurement, Workload, chosen
from accel_core.units import format_count

Thing = TypeVar("Thing")
ROOM_IS_KEPT = "What a compiled rung or a library keeps from call to call is not seen."
"""Said where memory that a call takes is shown (`bench.memory`)."""


def settings(m: Measurement) -> str:
    """ "N = 512, float32, 1 thread, block = 64"; what the kernel derived itself is left out."""
    parts = [f"N = {m.size}", m.dtype, format_count(m.threads, "thread")]
    return ", ".join(parts + [f"{name} = {value}" for name, value in chosen(m.parameters).items()])


def library_lines(kernel: Kernel | None, m: Measurement) -> list[str]:
    """What ran, for a hover: NumPy's library with its kernels, and what held a library back."""
    held = [f"held back: {m.environment.held_back}"] if m.environment.held_back else []
    blas = m.environment.blas
    if blas is None or kernel is None or kernel.family not in ("numpy", "library"):
        return held
    return [f"NumPy {m.environment.numpy} with {blas.title}", *held]


def held_back_text(measurements: Iterable[Measurement]) -> str:
    """ "Held back: 2 of 12 were measured while NUMBA_OPT=0 was set."; empty where none was."""
    points = list(measurements)
    held = [m.environment.held_back for m in points if m.environment.held_back]
    if not held:
        return ""
    verb = "was" if len(held) == 1 else "were"
    said = " or while ".join(dict.fromkeys(held))
    return f"Held back: {len(held)} of {len(points)} {verb} measured while {said}."


def libraries_text(points: Sequence[Measurement], known: Environment) -> str:
    """ " (OpenBLAS 0.3.31, its Haswell kernels)": each BLAS of `points`, else that of `known`."""
    found = [m.environment.blas for m in sorted(points, key=lambda m: m.created)] or [known.blas]
    titles = dict.fromkeys(blas.title for blas in found if blas)
    return f" ({'; '.join(titles)})" if titles else ""


def find_kernel(workloads: Iterable[Workload], kernel_id: str) -> Kernel | None:
    """The kernel "workload/kernel" out of `workloads`; None where an old record names one that is gone."""
    kernels = (kernel for workload in workloads for kernel in workload.kernels)
    return next((kernel for kernel in kernels if kernel.id == kernel_id), None)


def kernel_title(workloads: Iterable[Workload], kernel_id: str) -> str:
    """A rung's title; its name where no workload has it any more."""
    kernel = find_kernel(workloads, kernel_id)
    return kernel.title if kernel else kernel_id.partition("/")[2] or kernel_id


def steps(workloads: Iterable[Workload], found: Mapping[str, Thing]) -> list[tuple[Thing, Thing]]:
    """What is `found` of each kernel id, after what is found of the kernel that it changes: (before, after)."""
    kernels = ((workload.before(kernel), kernel) for workload in workloads for kernel in workload.kernels)
    return [(found[b.id], found[k.id]) for b, k in kernels if b and b.id in found and k.id in found]


def newest(measurements: Iterable[Measurement]) -> dict[str, Measurement]:
    """The newest measurement of each kernel id."""
    latest: dict[str, Measurement] = {}
    for m in sorted(measurements, key=lambda m: m.created):
        latest[m.kernel] = m
    return latest
