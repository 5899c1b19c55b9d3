"""Lessons on one sample, data in a cache and wrong bytes: mistakes that any measurement can show."""

from __future__ import annotations

from accel_core import registry
from accel_core.intensity import model
from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Claim,
    Job,
    Lesson,
    Look,
    Number,
    Run,
    Truth,
    case,
    timed,
)
from accel_core.lessons.ridge import TRIAD, byte_per_s, scaled, triad
from accel_core.lessons.sources import ABOUT
from accel_core.model import ITEM_BYTES, Estimate, Machine, Measurement
from accel_core.model.levels import DRAM
from accel_core.stats import median_interval, quotient_interval
from accel_core.units import format_bytes, format_number, format_rate, format_time

# -- one sample ----------------------------------------------------------------------------------------------

SAMPLED, SAMPLED_SIZE = "add/numpy", 1 << 20
DRAWN = 10
"""Single samples that are held against one another."""
VISIBLE = 1.05
"""A spread from which on single samples are called apart."""


def spreads(samples_s: tuple[float, ...]) -> Estimate:
    """The longest over the shortest of DRAWN samples in a row. LookupError where there are fewer."""
    starts = range(0, len(samples_s) - DRAWN + 1, DRAWN)
    drawn = [samples_s[at : at + DRAWN] for at in starts]
    if not drawn:
        raise LookupError(f"there are fewer than {DRAWN} samples")
    return median_interval([max(ten) / min(ten) for ten in drawn])


def _sampled(run: Run) -> Measurement:
    return run.measurement(SAMPLED, SAMPLED_SIZE)


def _one_says(truth: Truth, run: Run) -> str:
    measured = _sampled(run)
    factor = float(truth.value)
    shortest, longest = min(measured.samples_s), max(measured.samples_s)
    told = (
        f"All {len(measured.samples_s)} samples lie between {format_time(shortest)} and "
        f"{format_time(longest)}, their median is {_with_interval(measured.time_s)}."
    )
    if measured.repetitions > 1:
        told += (
            f" Each is the mean of {measured.repetitions} calls, as one is short for a clock: single calls "
            "differ more."
        )
    if factor < VISIBLE:
        return (
            f"Here ten single samples lie within {format_number(factor)} times: the machine was quiet just "
            f"then. {told} That it was quiet cannot be seen in one sample either."
        )
    return (
        f"{told} Nothing was changed between them: whoever takes one sample before a change and one after it "
        f"can find a gain or a loss of {format_number(100 * (factor - 1), 2)} % that is not there. It is seen "
        "when the same code is timed against itself; take many samples, and give the median with its interval."
    )


def _with_interval(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return format_time(estimate.median)
    ends = f"{format_time(estimate.low)} to {format_time(estimate.high)}"
    return f"{format_time(estimate.median)} (95 % interval {ends})"


# -- data that fits in a cache -------------------------------------------------------------------------------

CACHED = 1 << 14
"""Elements of each of three vectors: 192 KiB together, which fits a second-level cache of most processors."""


def _in_cache(machine: Machine) -> Job:
    return timed(case(TRIAD, CACHED), triad(machine), budget_s=1.5)


def _large(run: Run) -> Measurement:
    return max((m for m in run.every(Measurement) if m.kernel == TRIAD), key=lambda m: m.size)


def _cache_truth(run: Run) -> Truth:
    small = run.measurement(TRIAD, CACHED)
    large = _large(run)
    if large.size == small.size:
        raise LookupError("there is no measurement of the triad on long vectors")
    ratio = quotient_interval(large.samples_s, small.samples_s)
    return Truth.of(scaled(ratio, small.least_bytes / large.least_bytes))


def _cache_says(truth: Truth, run: Run) -> str:
    small, large = run.measurement(TRIAD, CACHED), _large(run)
    rates = [format_rate(byte_per_s(measured), "B/s") for measured in (small, large)]
    sizes = [format_bytes(measured.least_bytes) for measured in (small, large)]
    told = f"Three vectors of {sizes[0]} together give {rates[0]}, of {sizes[1]} {rates[1]}."
    if float(truth.value) < LEAST_EFFECT:
        return (
            f"Here the short vectors are no faster: {told} The loop itself is the limit, or a cache is no "
            "faster than the memory."
        )
    last = max((level.size_bytes for level in run.machine.caches), default=0)
    part = (
        f" The machine says that its last cache holds {format_bytes(last)}: even the long vectors may come "
        "from there in part, so memory may be slower still."
        if last * 4 > ITEM_BYTES[large.dtype] * large.size
        else ""
    )
    return (
        f"{told} The first number is a cache's: repeating a call finds its data where the last one left them. "
        "It is seen when the vectors are doubled and the rate falls; memory needs arrays of four times the "
        "last cache."
        f"{part}"
    )


# -- wrong bytes ---------------------------------------------------------------------------------------------

FUSED, EXPRESSION, ROOF = "gelu/fused", "gelu/expression", "scale/compiled"
GELU_SIDE = 2000
PERCENT = 100.0
MOST_RIGHT = 110.0
"""Per cent of the roof that right bytes may show: two rates of one run scatter."""


def _steps_bytes(measured: Measurement) -> int:
    """What eight named steps read and write at this size."""
    elements = measured.least_bytes // (2 * ITEM_BYTES[measured.dtype])
    return model("gelu_steps").estimate((elements,), measured.dtype, "stream").bytes


def _bytes_truth(run: Run) -> Truth:
    fused, roof = run.measurement(FUSED, GELU_SIDE), run.measurement(ROOF)
    run.measurement(EXPRESSION, GELU_SIDE)
    share = quotient_interval(roof.samples_s, fused.samples_s)
    return Truth.of(scaled(share, PERCENT * _steps_bytes(fused) / roof.least_bytes))


def _bytes_says(truth: Truth, run: Run) -> str:
    fused, expression = run.measurement(FUSED, GELU_SIDE), run.measurement(EXPRESSION, GELU_SIDE)
    roof, least, steps = byte_per_s(run.measurement(ROOF)), fused.least_bytes, _steps_bytes(fused)
    false, right = (PERCENT * counted / fused.time_s.median / roof for counted in (steps, least))
    passes = registry.kernel(EXPRESSION)[1].moved
    few = PERCENT * least / expression.time_s.median / roof
    arrays = 2 * steps // least
    return (
        f"Counted with the {arrays} arrays that eight steps move, the fused loop shows {format_number(false)} "
        f"% of {format_rate(roof, 'B/s')}, which y = 3 x reaches on arrays as long; it moves two, and reaches "
        f"{format_number(right)} %. {_seen(false, right)} The other way round: NumPy's expression, counted "
        f"with two arrays, shows {format_number(few)} %; counted with the {passes} that its operators move, it "
        f"has {format_number(few * passes / 2)} %{_kept(few * passes / 2)}. Say which bytes are counted, and "
        "count what this program moves."
    )


def _kept(share: float) -> str:
    """Why operators one after another may pass the roof, where they do."""
    return ", past the roof by what caches keep from one operator to the next" if share > PERCENT else ""


def _seen(false: float, right: float) -> str:
    """How the false share can be told from a right one."""
    if right > MOST_RIGHT:
        return "Right bytes pass that roof as well: something disturbed one of the two, so run it again."
    if false > PERCENT:
        return "It is seen because bytes that really move cannot pass that roof."
    return "Here it is not seen: the false share stays under the roof, since arithmetic holds the loop back."


LESSONS = (
    Lesson(
        name="one-sample",
        title="One sample",
        question=(
            f"{DRAWN} students time the same sum of two NumPy vectors, once each: how many times as long as "
            "the shortest is the longest?"
        ),
        form=Number("times", 1, 100),
        claim=Claim(
            "Identical runs of one Linpack on one system gave from 61.2 to 77.4 Tflop/s.",
            "T. Hoefler and R. Belli, Scientific Benchmarking of Parallel Computing Systems, SC 2015; the "
            "figures as told in htor.inf.ethz.ch/blog/index.php/2016/04/",
        ),
        job=lambda machine: timed(case(SAMPLED, SAMPLED_SIZE), budget_s=3.0),
        truth=lambda run: Truth.of(spreads(_sampled(run).samples_s)),
        says=_one_says,
        look=Look("lab", {}),
    ),
    Lesson(
        name="in-a-cache",
        title="Data in a cache",
        question="How many times memory's bandwidth does a triad show over three vectors of 64 KiB?",
        form=Number("times", 0.5, 1000),
        claim=Claim(
            f"To measure {DRAM}, each array must be at least 4 times the size of the available cache.",
            "J. D. McCalpin, stream.c, the comment on STREAM_ARRAY_SIZE (www.cs.virginia.edu/stream)",
        ),
        job=_in_cache,
        truth=_cache_truth,
        says=_cache_says,
        look=Look("fusion", {"operation": "triad"}),
    ),
    Lesson(
        name="wrong-bytes",
        title="Wrong bytes",
        question=(
            "What share of the bandwidth of y = 3 x does fused GELU seem to reach, if it is credited with all "
            "that eight NumPy steps move?"
        ),
        form=Number("%", 1, 100_000),
        claim=Claim(
            "GELU in steps makes 16 memory operations for each element, fused 2.",
            f"{ABOUT}, Q2",
        ),
        job=lambda machine: timed(
            case(ROOF, GELU_SIDE**2), case(FUSED, GELU_SIDE), case(EXPRESSION, GELU_SIDE), budget_s=1.2
        ),
        truth=_bytes_truth,
        says=_bytes_says,
        look=Look("roofline", {"model": "gelu_steps", "convention": "stream"}),
    ),
)
