"""Lessons on several processors: what they bring to an add and to a product, and what only looks parallel."""

from __future__ import annotations

from collections.abc import Callable

from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Claim,
    Job,
    Lesson,
    Look,
    Number,
    Run,
    Truth,
    after_another,
    case,
    compared,
    timed,
)
from accel_core.lessons.memory import ADD, PRODUCT
from accel_core.lessons.run import speed_ratio
from accel_core.lessons.sources import ABOUT, KERNELS
from accel_core.lessons.vectors import bandwidth, beside_caches, streamed
from accel_core.model import Machine, Measurement
from accel_core.units import format_count, format_number, format_rate

CHUNKED, ROWS = "matmul/numpy_tiled", "matmul/row_threads"
SIDE, BLOCK = 1024, 512
CHUNKS = (SIDE // BLOCK) ** 3
NEAR_ALL = 0.8
"""From that part of the number of threads on, a ratio is called nearly all of it."""
ALONE = 1.2
"""Processors: under so many busy ones, one was."""
ONE = (
    "This process may use one processor: all processors are that one, so that there is nothing to compare and "
    "nothing was run."
)
DOUBT = "Something else was running meanwhile: run it again before you believe this."


def _job(kernel: str, size: Callable[[Machine], int]) -> Callable[[Machine], Job | None]:
    """What times a kernel on one thread and on all processors; nothing where there is one."""

    def job(machine: Machine) -> Job | None:
        every = machine.cores.allowed
        if every == 1:
            return None
        return timed(*(case(kernel, size(machine), threads) for threads in (1, every)), budget_s=1.0)

    return job


def _one_and_all(run: Run, kernel: str) -> tuple[Measurement, Measurement]:
    return run.measurement(kernel, threads=1), run.measurement(kernel, threads=run.machine.cores.allowed)


def _truth(kernel: str) -> Callable[[Run], Truth]:
    """All processors against one; where there is one they are the same, whatever the pace."""

    def truth(run: Run) -> Truth:
        if run.machine.cores.allowed == 1:
            return Truth(1.0, 1.0, 1.0)
        one, every = _one_and_all(run, kernel)
        return Truth.of(speed_ratio(every, one))

    return truth


def _says(
    kernel: str,
    numbers: Callable[[Measurement, Measurement], str],
    why: Callable[[float, Measurement, Run], str],
) -> Callable[[Truth, Run], str]:
    """The numbers of one and of all, and why; or a doubt where somebody held processors that are missed."""

    def says(truth: Truth, run: Run) -> str:
        if run.machine.cores.allowed == 1:
            return ONE
        ratio, (one, every) = float(truth.value), _one_and_all(run, kernel)
        missed = ratio < NEAR_ALL * every.threads
        return f"{numbers(one, every)} {DOUBT if missed and run.disturbed else why(ratio, every, run)}"

    return says


def _add_numbers(one: Measurement, every: Measurement) -> str:
    alone, together = (format_rate(bandwidth(m), "B/s") for m in (one, every))
    return f"One thread moves {alone}, {every.threads} move {together}."


def _add_why(ratio: float, every: Measurement, run: Run) -> str:
    shared = "an add moves 12 bytes for one addition, and all cores share the way to memory."
    if ratio < LEAST_EFFECT:
        told = f"Here more threads bring nothing: {shared}"
    elif ratio < NEAR_ALL * every.threads:
        told = f"That is {format_number(ratio, 2)} times, not {every.threads}: {shared}"
    else:
        told = (
            "Here the add gains nearly as much as there are threads: one alone does not use up what this "
            "memory gives, and all together hardly get in one another's way."
        )
    return " ".join(filter(None, [told, beside_caches(every, run.machine)]))


def _product_numbers(one: Measurement, every: Measurement) -> str:
    alone, together = (format_rate(m.flop_per_s, "FLOP/s") for m in (one, every))
    return f"One thread computes {alone}, {every.threads} compute {together}."


def _product_why(ratio: float, every: Measurement, run: Run) -> str:
    if ratio < LEAST_EFFECT:
        return f"Here more threads bring nothing. {_why_none(every)}"
    does = f"A product of this size does {format_number(every.flop / every.least_bytes)} FLOP for each byte"
    if ratio >= NEAR_ALL * every.threads:
        return f"{does}, so that its threads hardly wait for memory."
    return f"{does}: memory is not what is missing. {_what_is_missing(every.threads, run.machine)}"


def _why_none(m: Measurement) -> str:
    blas = m.environment.blas
    if blas is not None and blas.name == "Accelerate":
        return "Apple's Accelerate takes threads by itself, whatever number it is told."
    named = f"is {blas.title}" if blas else "is not known"
    return f"NumPy's library {named}; a library built for one thread stays on one, whatever it is told."


def _what_is_missing(threads: int, machine: Machine) -> str:
    physical = machine.cores.physical
    if physical is not None and physical < threads:
        return (
            f"The {threads} processors belong to {format_count(physical, 'core')} at most, and those of one "
            "core share its arithmetic units."
        )
    return (
        "The rest goes to sharing out the work, to waiting for the slowest, and to a lower clock where all "
        "cores are busy; how much to each, this run does not tell."
    )


# -- chunks --------------------------------------------------------------------------------------------------


def _chunks_job(machine: Machine) -> Job:
    every = machine.cores.allowed
    chunked = case(CHUNKED, SIDE, parameters={"block": BLOCK})
    rows = [case(ROWS, SIDE, every)] if every > 1 else []
    return after_another(
        compared(chunked, case(PRODUCT, SIDE), budget_s=1.5), timed(chunked, *rows, budget_s=1.0)
    )


def _busy(m: Measurement) -> float:
    """Processors that were busy with it, on average."""
    return m.cpu_s / m.wall_s


def _chunks_says(truth: Truth, run: Run) -> str:
    chunked, ratio = run.measurement(CHUNKED), float(truth.value)
    busy = _busy(chunked)
    told = f"While the chunks ran, {format_number(busy)} processors were busy"
    if busy < ALONE:
        told += ": the loop waits for each chunk before it hands out the next one, so they run on one."
    else:
        told += ": the library takes threads by itself, within each chunk."
    paid = ""
    if ratio >= LEAST_EFFECT:
        paid = "Here chunks pay although they run one after another: NumPy's library is faster at their size."
    elif ratio <= 1 / LEAST_EFFECT:
        paid = (
            "Chunks cost time: each product of two is an array of its own, which is then added to the result."
        )
    return " ".join(filter(None, [told, paid, _really_parallel(chunked, run)]))


def _really_parallel(chunked: Measurement, run: Run) -> str:
    """What threads bring that work at the same time."""
    every = run.machine.cores.allowed
    if every == 1:
        return "This process may use one processor, so that nothing else could run meanwhile."
    rows = run.measurement(ROWS, threads=every)
    told = (
        f"Rows handed to {every} threads at the same time kept {format_number(_busy(rows))} processors busy, "
        f"and are {format_number(speed_ratio(rows, chunked).median)} times as fast as the chunks."
    )
    return f"{told} {DOUBT}" if rows.disturbed and _busy(rows) < NEAR_ALL * every else told


LESSONS = (
    Lesson(
        name="threads-add",
        title="An add on all cores",
        question="How many times as fast as on one processor is an add of long vectors on all of them?",
        form=Number("times", 0.1, 1000),
        claim=Claim(
            "A system of 4 cores might reach 3 times the speed rather than 4.",
            f"{ABOUT}, “Parallel Processing”",
        ),
        job=_job(ADD, lambda machine: streamed(machine, ADD)),
        truth=_truth(ADD),
        says=_says(ADD, _add_numbers, _add_why),
        look=Look("fusion", {"operation": "add", "upto": str(1 << 26)}),
    ),
    Lesson(
        name="threads-product",
        title="A product on all cores",
        question=f"How many times as fast as on one processor is NumPy's product of {SIDE} x {SIDE} on all of "
        "them?",
        form=Number("times", 0.1, 1000),
        claim=Claim(
            "A system of 4 cores can in theory reach 4 times the speed where operations are compute-bound.",
            f"{ABOUT}, “Parallel Processing”",
        ),
        job=_job(PRODUCT, lambda machine: SIDE),
        truth=_truth(PRODUCT),
        says=_says(PRODUCT, _product_numbers, _product_why),
        look=Look("lab", {"over": "threads", "kernels": "numpy", "size": str(SIDE)}),
    ),
    Lesson(
        name="chunks",
        title="Chunks in sequence",
        question=f"A product of {SIDE} x {SIDE} is cut into {CHUNKS} chunks that a loop hands to NumPy one "
        "after another, on one thread: how many times as fast is it as in one piece?",
        form=Number("times", 0.01, 100),
        claim=Claim(
            "A batch is processed in parallel by several workers; with fewer items than workers the code takes "
            "them one after another.",
            f"{KERNELS}, parallel_batch_processing",
        ),
        job=_chunks_job,
        truth=lambda run: Truth.of(run.comparison(CHUNKED, PRODUCT).ratio),
        says=_chunks_says,
        look=Look("lab", {"over": "block", "kernels": "numpy_tiled", "size": str(SIDE)}),
    ),
)
