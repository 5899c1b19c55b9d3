"""Lessons on memory: what new memory costs, and who uses up its bandwidth."""

from __future__ import annotations

from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Choice,
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
from accel_core.lessons.run import speed_ratio
from accel_core.lessons.sources import ABOUT, EARLIER
from accel_core.lessons.vectors import bandwidth, beside_caches, fits, streamed
from accel_core.model import Comparison, Estimate, Machine
from accel_core.stats import median_interval
from accel_core.units import format_bytes, format_number, format_rate, format_time

IN_PLACE, ALLOCATING = "scale/in_place", "scale/numpy"
PRODUCT, ADD = "matmul/numpy", "add/compiled_threads"
FEW = tuple(range(8_500, 11_501, 500))
"""Elements of a short vector. How its arrays lie to one another, modulo a page, moves the time of a call up to
twofold (loads wait for stores with the same lowest address bits): several lengths are asked together."""
MANY = (100_000_000, 30_000_000, 10_000_000, 1_000_000)
"""Elements of a long one: the most of these that fit."""
UNTOLD = 10_000_000
"""Elements of a long one where no memory is known: a third of a gigabyte with what checks them."""
SIDE = 2048
NEAR_FULL = 0.5
"""From that share of the bandwidth on it is called used up."""


# -- in place ------------------------------------------------------------------------------------------------


def most_elements(machine: Machine) -> int:
    """The most of MANY of which the vectors, and what checks them, fit."""
    if machine.memory_bytes is None:
        return UNTOLD
    return next((n for n in MANY if fits(machine, IN_PLACE, n)), MANY[-1])


def _in_place_job(machine: Machine) -> Job:
    few = [[case(IN_PLACE, n), case(ALLOCATING, n)] for n in FEW]
    many = most_elements(machine)
    return after_another(
        {"kind": "compare", "pairs": few, "budget_s": 0.05},
        compared(case(IN_PLACE, many), case(ALLOCATING, many), budget_s=0.7),
    )


def _few(run: Run) -> Estimate:
    """The ratio at few elements: the median over FEW."""
    return median_interval([run.comparison(IN_PLACE, ALLOCATING, n).ratio.median for n in FEW])


def _many(run: Run) -> Comparison:
    for found in run.every(Comparison):
        if (found.a, found.b) == (IN_PLACE, ALLOCATING) and found.size not in FEW:
            return found
    raise LookupError("there is no comparison of many elements")


def _in_place_truth(run: Run) -> Truth:
    each = {"few": _few(run), "many": _many(run).ratio}
    low, high = sorted(ratio.median for ratio in each.values())
    return Truth("alike", each=each) if high < LEAST_EFFECT * max(low, 1) else Truth.greatest(each)


def _in_place_says(truth: Truth, run: Run) -> str:
    few, many = _few(run), _many(run)
    told = (
        f"In place is {format_number(few.median)} times as fast at about {FEW[len(FEW) // 2]:,} elements, the "
        f"median of {len(FEW)} lengths ({format_number(few.low or few.median, 2)} to "
        f"{format_number(few.high or few.median, 2)}: there it matters how arrays happen to lie, and what a "
        f"call costs besides), and {format_number(many.ratio.median)} times at {many.size:,}."
    )
    return " ".join([told, _why(str(truth.value), few.median, many), *_smaller(many.size, run.machine)])


def _why(found: str, few: float, many: Comparison) -> str:
    if found == "many":
        return (
            f"A new result of {format_bytes(4 * many.size)} is memory that the system hands out and clears, "
            "page by page; a short one is likely to lie in memory that was used before."
        )
    if found == "few":
        return (
            "Here short vectors gain more than long ones: making an array costs a larger share of a short call."
        )
    if max(few, many.ratio.median) < LEAST_EFFECT:
        return (
            "Here in place brings nothing: new memory is cheap, as where freed memory is kept and given again."
        )
    return "Here the size makes no difference: new memory costs about the same share at both."


def _smaller(size: int, machine: Machine) -> list[str]:
    """Why many elements are fewer than asked for, where they are."""
    if size >= MANY[0]:
        return []
    if machine.memory_bytes is None:
        return [f"More than {size:,} were not tried: how much memory there is, is unknown."]
    return [
        f"{MANY[0]:,} elements, and what checks them, would take more than half of the "
        f"{format_bytes(machine.memory_bytes)} of memory."
    ]


# -- bandwidth -----------------------------------------------------------------------------------------------


def _bandwidth_job(machine: Machine) -> Job:
    threads = machine.cores.allowed
    product, add = case(PRODUCT, SIDE, threads), case(ADD, streamed(machine, ADD), threads)
    return timed(product, add, budget_s=1.5)


def _bandwidth_truth(run: Run) -> Truth:
    product, add = run.measurement(PRODUCT), run.measurement(ADD)
    ratio, bytes_ratio = speed_ratio(product, add), product.least_bytes / add.least_bytes
    low, high = (None if end is None else end * bytes_ratio for end in (ratio.low, ratio.high))
    return Truth.of(Estimate(ratio.median * bytes_ratio, low, high, ratio.n))


def _bandwidth_says(truth: Truth, run: Run) -> str:
    product, add, share = run.measurement(PRODUCT), run.measurement(ADD), float(truth.value)
    told = (
        f"The add moves {format_rate(bandwidth(add), 'B/s')}. The product moves each matrix once at least, "
        f"which is {format_bytes(product.least_bytes)} in {format_time(product.time_s.median)}, or "
        f"{format_rate(bandwidth(product), 'B/s')}."
    )
    if share >= NEAR_FULL:
        reason = "Here the product does come near to what memory gives, and that by its least bytes alone."
    else:
        reason = (
            f"It does {format_number(product.flop / product.least_bytes)} FLOP for each of these bytes. Blocks "
            "that are read again make it move more than the least, which is not measured here: it would have "
            f"to move each matrix {format_number(1 / share, 2)} times to use what the add uses."
        )
    return " ".join(filter(None, [told, reason, beside_caches(add, run.machine)]))


LESSONS = (
    Lesson(
        name="in-place",
        title="In place",
        question="y = 3 x into an array that is there, not into a new one: does that bring more at 10^4 "
        "elements or at 10^8?",
        form=Choice(
            {
                "few": "at few elements",
                "many": "at many elements",
                "alike": "as much at both, or nothing at either",
            },
            "times",
        ),
        claim=Claim(
            "To make a new array in each turn is bad, to use one again with out= is good.",
            f"{ABOUT}, “False Dependencies”",
        ),
        job=_in_place_job,
        truth=_in_place_truth,
        says=_in_place_says,
        look=Look("fusion", {"operation": "scale", "upto": str(1 << 26)}),
    ),
    Lesson(
        name="product-bandwidth",
        title="Products and bandwidth",
        question=f"A product of {SIDE} x {SIDE} on all processors moves each matrix once at least: at which "
        "share of the bandwidth of a streaming add?",
        form=Number("of the add's bandwidth", 0.0001, 10),
        claim=Claim(
            "For large matrices memory bandwidth becomes the limiting factor.",
            f"{EARLIER}, analyze_vectorization_scaling",
        ),
        job=_bandwidth_job,
        truth=_bandwidth_truth,
        says=_bandwidth_says,
        look=Look("roofline", {"named": "matmul"}),
    ),
)
