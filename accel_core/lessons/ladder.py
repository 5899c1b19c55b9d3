"""Lessons on the rungs between loops and the library: what each brings."""

from __future__ import annotations

from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Claim,
    Job,
    Lesson,
    Look,
    Number,
    Order,
    Run,
    Truth,
    after_another,
    case,
    timed,
)
from accel_core.lessons.run import speed_ratio
from accel_core.lessons.sources import TINYTORCH
from accel_core.lessons.steps import rate
from accel_core.lessons.ties import undecided
from accel_core.model import NEAREST, Machine, Measurement
from accel_core.units import format_bytes, format_number

SIZE = 512
IJK, TILED, LIBRARY = "matmul/compiled_ijk", "matmul/compiled_tiled", "matmul/numpy"
REGISTERS, VECTORS, PACKED, THREADS = (
    f"matmul/{name}" for name in ("register_tile", "vector_tile", "packed", "packed_threads")
)
STEPS = {
    "order": ("loop order (ijk to ikj)", IJK, "matmul/compiled_ikj"),
    "registers": ("sums in registers", IJK, REGISTERS),
    "vectors": ("vectors in the register tile", REGISTERS, VECTORS),
    "packing": ("packed panels", VECTORS, PACKED),
    "threads": ("all cores", PACKED, THREADS),
}
"""Name -> what it is, the rung before it, and the rung that it makes of that."""
ONE_THREAD = tuple(dict.fromkeys(kernel for _, *both in STEPS.values() for kernel in both if kernel != THREADS))
LACKING = {REGISTERS: "sums in registers", VECTORS: "vectors", PACKED: "packed panels"}
"""Rungs that have what the library has beside blocks: each but the first changes the one before."""


def _steps_job(machine: Machine) -> Job:
    """Each rung by itself, as the team has to be. One call at a time, in turns with slow loops, packed panels
    took up to 1.4 times as long, and a team of two beside them brought 3.1 times."""
    return after_another(
        timed(*(case(kernel, SIZE) for kernel in ONE_THREAD), budget_s=1.2),
        timed(case(THREADS, SIZE, threads=machine.cores.allowed), budget_s=0.8),
    )


def _steps_truth(run: Run) -> Truth:
    return Truth.ordered(
        {
            name: speed_ratio(run.measurement(after, SIZE), run.measurement(before, SIZE))
            for name, (_, before, after) in STEPS.items()
        }
    )


def _steps_says(truth: Truth, run: Run) -> str:
    factors = {name: estimate.median for name, estimate in truth.each.items()}
    told = ", ".join(f"{STEPS[name][0]} {format_number(factors[name])}" for name in str(truth.value).split(","))
    said = [
        f"Times as fast as the rung before: {told}.",
        "Packing serves the caches, vectors and threads the arithmetic, order and registers both: along rows "
        "lines are used whole, and the compiler may use vectors; a 4 x 4 tile in registers uses each number "
        "that it reads four times, and adds up sixteen sums at once.",
        undecided(truth, lambda name: STEPS[name][0]),
    ]
    if factors["packing"] < LEAST_EFFECT:
        held = f"b has {format_bytes(4 * SIZE**2)}{_second(run.machine)}"
        said.append(f"Here packing {_little(factors['packing'])}: {held}.")
    threads = run.measurement(THREADS, SIZE).threads
    if threads == 1:
        said.append("Here there is one processor to use, so threads can bring nothing.")
    elif factors["threads"] < LEAST_EFFECT:
        said.append(f"Here a team of {threads} threads {_little(factors['threads'])} at this size.")
    return " ".join(filter(None, said))


def _little(factor: float) -> str:
    return "brings next to nothing" if factor > 1 / LEAST_EFFECT else "costs more than it brings"


def _second(machine: Machine) -> str:
    cache = next((cache for cache in machine.caches if cache.level != NEAREST), None)
    return "" if cache is None else f", and {cache.level} {format_bytes(cache.size_bytes)}"


def _missing(run: Run) -> dict[str, Measurement]:
    return {kernel: run.measurement(kernel, SIZE) for kernel in (TILED, *LACKING, LIBRARY)}


def _missing_truth(run: Run) -> Truth:
    found = _missing(run)
    return Truth.of(speed_ratio(found[LIBRARY], found[TILED]))


def _missing_says(truth: Truth, run: Run) -> str:
    rates = {kernel: rate(found).median for kernel, found in _missing(run).items()}
    ends = f"blocks alone reach {_rate(rates[TILED])}, the library {_rate(rates[LIBRARY])}, one thread each."
    if float(truth.value) < LEAST_EFFECT:
        return f"Here the library is hardly faster: {ends}"
    told = ", ".join(f"{what} {_rate(rates[kernel])}" for kernel, what in LACKING.items())
    share = format_number(100 * rates[PACKED] / rates[LIBRARY], 2)
    without = [
        what for what, before in zip(list(LACKING)[1:], LACKING, strict=False) if _is_vain(rates, what, before)
    ]
    vain = f" Here {' and '.join(LACKING[what] for what in without)} bring no speed." if without else ""
    return (
        f"At N={SIZE} {ends} Three things that it has beside blocks, each a rung of the ladder and added to "
        f"those before: {told}. With all three that is {share} % of the library.{vain}"
    )


def _is_vain(rates: dict[str, float], rung: str, before: str) -> bool:
    return rates[rung] <= rates[before]


def _rate(gflop_per_s: float) -> str:
    return f"{format_number(gflop_per_s)} GFLOP/s"


LESSONS = (
    Lesson(
        name="most",
        title="What brings most",
        question=f"What speeds up a compiled product of {SIZE} x {SIZE} most, what least: loop order, "
        "registers, vectors, packing or threads?",
        form=Order({name: what for name, (what, *_) in STEPS.items()}, "times"),
        claim=Claim(
            "The main boost of a library's product comes from the caches, and significantly exceeds that from "
            "parallelism and other hardware optimizations.",
            "an answer on stackoverflow.com to question 1303182, “How does BLAS get such extreme performance?”",
        ),
        job=_steps_job,
        truth=_steps_truth,
        says=_steps_says,
        look=Look("ladder", {"size": str(SIZE)}),
    ),
    Lesson(
        name="beyond-blocks",
        title="Beyond blocks",
        question=f"How many times as fast as compiled loops over blocks is the library's product of {SIZE} x "
        f"{SIZE}, on one thread?",
        form=Number("times", 0.1, 1000),
        claim=Claim(
            "Blocks are 10 times as fast as plain loops, and NumPy is another 10 times as fast.", TINYTORCH
        ),
        job=lambda machine: timed(*(case(kernel, SIZE) for kernel in (TILED, *LACKING, LIBRARY)), budget_s=1.0),
        truth=_missing_truth,
        says=_missing_says,
        look=Look("ladder", {"size": str(SIZE), "rung": "packed"}),
    ),
)
