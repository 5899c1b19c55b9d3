"""Lessons on three nested loops: against the library, where nothing misses, and in another order."""

from __future__ import annotations

from accel_core.cache import Traversal, cpu_caches
from accel_core.lessons.caches import assumed, misses_per_step, simulated, simulation
from accel_core.lessons.forms import grouped
from accel_core.lessons.lesson import LEAST_EFFECT, Claim, Lesson, Look, Number, Run, Truth, case, timed
from accel_core.lessons.pairs import pair
from accel_core.lessons.sources import TINYTORCH
from accel_core.lessons.steps import longer, step_ns
from accel_core.model import ITEM_BYTES, NEAREST
from accel_core.units import format_bytes, format_number, format_time

PYTHON, LIBRARY = "matmul/python_loops", "matmul/numpy"
ITEM = ITEM_BYTES["float32"]
IJK, IKJ = "matmul/compiled_ijk", "matmul/compiled_ikj"
SMALL, LARGE = 64, 512
"""Sizes: loops of Python take a tenth of a second or two at 64, compiled ones at 512, so that there is time for
the samples of an interval. Three matrices of 512 x 512 float32 fill 3 MiB."""
TINY = 32
"""Three matrices of 32 x 32 float32 fill 12 KiB, less than any L1."""
ROWS = 2
"""Of the product with the large b: each takes Python's loops a twentieth of a second."""
SOME_ROWS = 32
"""Of a simulated product: one more row of a is the same walk through b once more."""
ORDERS = {order: Traversal((SOME_ROWS, LARGE, LARGE), order) for order in ("ijk", "ikj")}


def _library_says(truth: Truth, run: Run) -> str:
    found, flop = run.comparison(LIBRARY, PYTHON), 2 * SMALL**3
    if float(truth.value) < LEAST_EFFECT:
        return (
            f"Here the library takes {format_time(found.time_s_a)}, the loops {format_time(found.time_s_b)}: "
            "either NumPy has no library with vectors and blocks behind it, or something disturbed the run."
        )
    return (
        f"The loops take {format_time(found.time_s_b)} for {grouped(flop)} FLOP, which is "
        f"{format_time(found.time_s_b / flop)} for each; the library takes {format_time(found.time_s_a)}. Each "
        "step in Python makes objects, looks up types and checks bounds. The library has vector instructions, "
        "keeps a tile in registers and packs blocks for the caches."
    )


def _misses_truth(run: Run) -> Truth:
    return Truth.of(longer(run.measurement(PYTHON, LARGE), run.measurement(PYTHON, TINY)))


def _misses_says(truth: Truth, run: Run) -> str:
    far, near, far_compiled, near_compiled = (
        f"{format_number(step_ns(run.measurement(kernel, size)).median)} ns"
        for kernel in (PYTHON, IJK)
        for size in (LARGE, TINY)
    )
    python = f"a step of Python takes {near} where all fits in {NEAREST}, and {far} where b is larger"
    compiled = f"The same loops compiled take {near_compiled} and {far_compiled}"
    if float(truth.value) < LEAST_EFFECT:
        return (
            f"Here {python}: misses are not what makes it slow. {compiled}. What a miss may cost is seen "
            "there, and is lost in the time that Python spends on objects, types and bounds."
        )
    return f"On this machine {python}. {compiled}. What is slow where all fits in {NEAREST} is not a miss."


def _orders_truth(run: Run) -> Truth:
    ijk, ikj = (simulation(run, traversal).levels[0].total.misses for traversal in ORDERS.values())
    ratio = ijk / max(ikj, 1)
    return Truth(ratio, ratio, ratio)


def _orders_says(truth: Truth, run: Run) -> str:
    found = [simulation(run, traversal) for traversal in ORDERS.values()]
    ijk, ikj = (format_number(misses_per_step(one)) for one in found)
    line_bytes = found[0].levels[0].cache.line_bytes
    counted = f"Simulated, ijk misses {NEAREST} {ijk} times a step, and ikj {ikj} times."
    if float(truth.value) < LEAST_EFFECT:
        said = (
            f"Here the order changes no misses. {counted} {NEAREST} keeps the {LARGE} lines of a column of b, "
            f"{format_bytes(LARGE * line_bytes)}, until the next columns use them."
        )
    else:
        said = (
            f"{counted} A line of {line_bytes} bytes serves {line_bytes // ITEM} steps along a row, and one "
            "step down a column whose lines are gone before the next column needs them. This counts misses; "
            "what they cost is another question."
        )
    return f"{said} {assumed(run.machine)}".rstrip()


def _order_says(truth: Truth, run: Run) -> str:
    factor = float(truth.value)
    if factor < LEAST_EFFECT:
        return "Here the order brings nothing: caches hide the misses of ijk, or something else limits both."
    line_bytes = cpu_caches(run.machine)[0].line_bytes
    fewer = _fewer_misses(line_bytes // ITEM)
    than = "more" if factor > fewer else "no more"
    return (
        "ikj walks along rows of b and c: each cache line is used whole, and the compiler can use vector "
        f"instructions. Counted as in the claim, for a line of {line_bytes} bytes with {line_bytes // ITEM} "
        f"elements, fewer misses alone would bring {format_number(fewer, 2)} times; it is {than} than that."
    )


def _fewer_misses(elements: int) -> float:
    """Misses of ijk over those of ikj with so many elements a line: 1.25 / 0.5 for the four of the claim."""
    along_rows = 1 / elements
    return (1 + along_rows) / (2 * along_rows)


LESSONS = (
    pair(
        case(LIBRARY, SMALL),
        case(PYTHON, SMALL),
        name="library",
        title="Loops and library",
        question=f"How many times as fast as three Python loops is NumPy's product, {SMALL} x {SMALL}?",
        form=Number("times", 1, 1e7),
        claim=Claim("Three loops of one's own are 1000 times slower than NumPy.", TINYTORCH),
        says=_library_says,
        look=Look("ladder", {"size": str(SMALL)}),
    ),
    Lesson(
        name="misses-in-python",
        title="Python and misses",
        question=(
            "How many times as long does a step of three Python loops take where b has 1 MiB "
            f"({LARGE} x {LARGE}) as where all matrices fit in {NEAREST} ({TINY} x {TINY})?"
        ),
        form=Number("times", 0.1, 1000),
        claim=Claim("Three Python loops are very slow due to poor cache performance.", TINYTORCH),
        job=lambda machine: timed(
            *(
                case(kernel, size, shape=shape)
                for kernel in (PYTHON, IJK)
                for size, shape in ((TINY, None), (LARGE, (ROWS, LARGE, LARGE)))
            )
        ),
        truth=_misses_truth,
        says=_misses_says,
        look=Look("ladder", {"size": str(SMALL), "rung": "compiled_ijk"}),
    ),
    Lesson(
        name="order-misses",
        title="Order, by misses",
        question=f"How many times as often as ikj does ijk miss this machine's L1 at N={LARGE}, simulated?",
        form=Number("times", 0.1, 1000),
        claim=Claim(
            "ijk misses the cache once in each operation: 10⁹ times for 1000 x 1000 matrices.",
            TINYTORCH,
        ),
        job=lambda machine: simulated(machine, list(ORDERS.values())),
        truth=_orders_truth,
        says=_orders_says,
        look=Look("traversal", {"n": "256", "order": "ijk", "beside": "ikj"}),
    ),
    pair(
        case(IKJ, LARGE),
        case(IJK, LARGE),
        name="order",
        title="Order of loops",
        question=f"How many times as fast as ijk is the loop order ikj, both compiled, at N={LARGE}?",
        claim=Claim(
            "ijk misses about 1.25 times a step and ikj half a time, if a cache line holds four elements.",
            "Mark Smotherman's notes on matrix multiply, www.cs.clemson.edu/~mark/464/mmpatterns.txt",
        ),
        says=_order_says,
        look=Look("traversal", {"n": "256", "order": "ijk", "beside": "ikj"}),
    ),
)
