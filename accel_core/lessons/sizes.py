"""Lessons on the size of compiled loops: where a cache shows, and what a power of two does."""

from __future__ import annotations

from typing import Any

from accel_core.lessons.caches import crowding
from accel_core.lessons.lesson import LEAST_EFFECT, Choice, Claim, Lesson, Look, Number, Run, Truth, case, timed
from accel_core.lessons.run import speed_ratio
from accel_core.lessons.sources import TINYTORCH
from accel_core.lessons.steps import step_ns
from accel_core.model import ITEM_BYTES, Measurement
from accel_core.units import format_bytes, format_number

IJK = "matmul/compiled_ijk"
ITEM = ITEM_BYTES["float32"]
SIZES = (256, 512, 1000, 1024, 1025)
ROWS, FEW_ROWS = 32, 8
"""Of the product: each is the same walk through all of b, and a whole product of 1024 takes seconds. Few of
them leave time for the samples of an interval where a step takes long."""
POWER = 1024


def _part(size: int, rows: int = ROWS) -> dict[str, Any]:
    """The first rows of a product of this size."""
    return case(IJK, size, shape=(rows, size, size))


def _at(run: Run) -> dict[int, Measurement]:
    return {size: run.measurement(IJK, size) for size in SIZES}


def _sizes_truth(run: Run) -> Truth:
    return Truth.greatest({str(size): step_ns(found) for size, found in _at(run).items()})


def _sizes_says(truth: Truth, run: Run) -> str:
    ns = {int(name): estimate.median for name, estimate in truth.each.items()}
    slowest, fastest = int(truth.value), min(ns, key=lambda size: ns[size])
    told = {size: f"{format_number(step)} ns" for size, step in ns.items()}
    factor = ns[slowest] / ns[fastest]
    if factor < LEAST_EFFECT:
        return (
            f"Here a step takes about as long at each size, {told[fastest]} to {told[slowest]}: the caches "
            "keep up with these loops, or something else takes longer than they do."
        )
    text = (
        f"A step takes {told[slowest]} at N={slowest}, {format_number(factor)} times as long as at N={fastest} "
        f"({told[fastest]})."
    )
    larger = next((size for size in reversed(SIZES) if size > slowest), None)
    if larger is None or ns[slowest] < LEAST_EFFECT * ns[larger]:
        return f"{text} b has {_matrix(slowest)} there, and {_matrix(fastest)} at N={fastest}."
    return (
        f"{text} At N={larger} b is larger, {_matrix(larger)} instead of {_matrix(slowest)}, and a step takes "
        f"{told[larger]}: how much data there is does not decide alone. "
        f"{crowding(run.machine, slowest, ITEM * slowest)}"
    ).rstrip()


def _matrix(size: int) -> str:
    return format_bytes(ITEM * size**2)


def _power_truth(run: Run) -> Truth:
    return Truth.of(speed_ratio(run.measurement(IJK, POWER + 1), run.measurement(IJK, POWER)))


def _power_says(truth: Truth, run: Run) -> str:
    if float(truth.value) < LEAST_EFFECT:
        return (
            f"Here N={POWER} is hardly the slower one. The caches have ways enough for a column, or spread "
            "addresses by more than their lowest bits, or fetch ahead in time."
        )
    crowded = crowding(run.machine, POWER, ITEM * POWER)
    return (
        f"N={POWER} has less work and takes longer. "
        f"{crowded or 'The rows of b begin in few sets of a cache, and throw one another out.'} "
        "One more element a row spreads them over more sets."
    )


LESSONS = (
    Lesson(
        name="sizes",
        title="Size and cache",
        question="At which size does a step of compiled ijk loops take longest?",
        form=Choice({str(size): f"N={size}" for size in SIZES}, "ns"),
        claim=Claim("Keep your working set in L1 or L2 for 100 times better performance.", TINYTORCH),
        job=lambda machine: timed(*(_part(size, FEW_ROWS) for size in SIZES)),
        truth=_sizes_truth,
        says=_sizes_says,
        look=Look("lab", {"over": "size", "kernels": "compiled_ijk", "size": "1025"}),
    ),
    Lesson(
        name="power-of-two",
        title="A power of two",
        question=f"How many times as long as N={POWER + 1} does N={POWER} take in compiled ijk ({ROWS} rows)?",
        form=Number("times", 0.1, 100),
        claim=Claim(
            "Three compiled loops take 3.04 times as long at N=2048 as at N=2000.",
            "a question on stackoverflow.com, “Matrix multiplication: Small difference in matrix size, large "
            "difference in timings”: 447 s against 147 s",
        ),
        job=lambda machine: timed(_part(POWER), _part(POWER + 1), budget_s=3.0),
        truth=_power_truth,
        says=_power_says,
        look=Look("lab", {"over": "size", "kernels": "compiled_ijk", "size": "1025"}),
    ),
)
