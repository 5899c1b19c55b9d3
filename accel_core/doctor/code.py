"""What runs: the library's kernels, vectors, pages of memory, where compiled kernels lie, an emulator."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from accel_core.doctor.check import Check, check
from accel_core.machine.overrides import overridden, overrides
from accel_core.model import Blas, Simd


def judge_library_kernels(variables: Mapping[str, str], blas: Blas | None, alone: Blas | None) -> Check:
    """Variables that choose kernels for a library; `alone`: what NumPy's library would be without them."""
    name = "library kernels"
    held = overrides(variables)
    if not held:
        return Check(name, True, f"No variable holds a library back: {blas.title if blas else 'BLAS unknown'}.")
    free = alone.architecture if alone else None
    same = free is not None and blas is not None and blas.architecture == free
    would = f" Left alone it runs its {free} kernels." if free else ""
    return check(
        name,
        same and set(held) == {"OPENBLAS_CORETYPE"},
        overridden(held, blas) + would,
        f"Unset {' and '.join(held)} before Python starts, unless you mean to measure the library held back.",
    )


def judge_simd(simd: Simd) -> Check:
    """Whether vector instructions are known, without which there is no compute roof to expect."""
    if not simd.features:
        remedy = "Measure all the same: the roofs are measured, only the theoretical ones are missing."
        return check(
            "vector instructions", False, "No vector instruction set of this processor is known.", remedy
        )
    return Check(
        "vector instructions",
        True,
        f"The widest vectors have {simd.width_bits} bits ({', '.join(simd.features)}).",
    )


def judge_widths(chosen: Mapping[str, str]) -> Check:
    """`chosen`: dtype -> the width of vectors that streaming loops have, and why."""
    said = "; ".join(f"{dtype}: {width}" for dtype, width in chosen.items())
    return Check("vector width", True, f"Vectors of streaming loops: {said or 'nothing is compiled'}.")


def judge_huge_pages(text: str | None) -> Check:
    """`text`: transparent_hugepage/enabled of Linux, such as "always [madvise] never"."""
    name = "transparent huge pages"
    setting = text.partition("[")[2].partition("]")[0] if text else ""
    if not setting:
        return Check(name, True, "This system has no such setting.")
    meaning = {
        "always": "every large array gets 2 MiB pages",
        "madvise": "arrays get 2 MiB pages where the program asks, and NumPy asks from 4 MiB on",
        "never": "large arrays lie on small pages, and memory access misses the TLB more often",
    }.get(setting, "its effect is not known here")
    remedy = "As administrator: `echo madvise > /sys/kernel/mm/transparent_hugepage/enabled`."
    return check(name, setting != "never", f"The setting is '{setting}': {meaning}.", remedy)


def judge_compile_cache(folder: Path, warning: str) -> Check:
    """Where compiled kernels are kept between runs; `warning` says that they are not, or not for long."""
    detail = warning or f"Compiled kernels are kept in {folder}."
    return check("compile cache", not warning, detail, "Set NUMBA_CACHE_DIR to a folder that you can write.")


def judge_emulation(told: object) -> Check:
    """`told`: the sentence by which detection knows an emulator; None where it knows of none."""
    return check(
        "emulation",
        not told,
        f"{told}." if told else "Nothing shows that an emulator translates this process.",
        "Measure outside the emulator: by a Python for the machine's own processor, or on another machine.",
    )
