"""Lessons on what to improve, buy or write first: shares of the time, and what a change of each brings."""

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
    case,
    timed,
)
from accel_core.lessons.ridge import PRODUCT, SIDE, TRIAD, bandwidth, computed, ridge_cases, ridge_told
from accel_core.lessons.sources import ABOUT, QUESTIONS
from accel_core.model import Estimate, Measurement
from accel_core.units import format_number, format_rate, format_ratio, format_time

AMDAHL = "G. M. Amdahl, Validity of the single processor approach, AFIPS Spring Joint Computer Conference 1967"


def amdahl(share: float, factor: float) -> float:
    """How many times as fast the whole is where `share` of its time becomes `factor` times as fast."""
    return 1 / (1 - share + share / factor)


def gain(share: float, factor: Estimate) -> Estimate:
    """The same for a measured factor; one below 1 brings nothing, since nobody would take it."""
    low, high = (None if end is None else amdahl(share, max(end, 1)) for end in (factor.low, factor.high))
    return Estimate(amdahl(share, max(factor.median, 1)), low, high, factor.n)


# -- 100 times on 80 % of the time ---------------------------------------------------------------------------

SHARE, FACTOR = 0.8, 100.0


def _rest_says(truth: Truth, run: Run) -> str:
    return (
        f"1 / ({1 - SHARE:.1f} + {SHARE:.1f} / {FACTOR:.0f}) = {format_number(float(truth.value))}. What was "
        f"not touched takes {1 - SHARE:.1f} of the old time and is now "
        f"{100 * (1 - SHARE) * float(truth.value):.0f} % of the new; even an infinite factor would bring no "
        f"more than {format_number(1 / (1 - SHARE))} times. This follows from the shares alone; nothing ran."
    )


# -- compute or bandwidth ------------------------------------------------------------------------------------

PRODUCTS = 0.7
"""The share of matrix products; the rest is element-wise."""


def _bounds_s(run: Run, measured: Measurement) -> tuple[float, float]:
    """What one call needs for its arithmetic at the product's rate, and for its bytes at the triad's."""
    return measured.flop / run.measurement(PRODUCT, SIDE).flop_per_s, measured.least_bytes / bandwidth(run)


def _twice(run: Run, compute: float, memory: float) -> float:
    """How many times as fast the mix is with so many times the arithmetic and the bandwidth."""
    time = 0.0
    for share, kernel in ((PRODUCTS, PRODUCT), (1 - PRODUCTS, TRIAD)):
        arithmetic_s, bytes_s = _bounds_s(run, run.measurement(kernel))
        time += share * max(arithmetic_s / compute, bytes_s / memory) / max(arithmetic_s, bytes_s)
    return 1 / time


def _buy_truth(run: Run) -> Truth:
    return Truth.greatest({"compute": computed(_twice(run, 2, 1)), "bandwidth": computed(_twice(run, 1, 2))})


def _buy_says(truth: Truth, run: Run) -> str:
    product, triad = run.measurement(PRODUCT, SIDE), run.measurement(TRIAD)
    rates = [format_rate(measured.flop_per_s, "FLOP/s") for measured in (product, triad)]
    part_s = PRODUCTS / product.flop_per_s, (1 - PRODUCTS) / triad.flop_per_s
    share = part_s[1] / sum(part_s)
    gains = [format_number(truth.each[name].median) for name in ("compute", "bandwidth")]
    other = "bandwidth" if share > 0.5 else "compute"
    turned = "the other way round" if other != truth.value else "the same purchase"
    return (
        f"{ridge_told(run)} With shares of the time, twice the arithmetic makes the whole {gains[0]} times as "
        f"fast and twice the bandwidth {gains[1]} times. Ask what the 70 % are of: the product ran at "
        f"{rates[0]} and the triad at {rates[1]}, so with shares of the operations {100 * share:.0f} % of the "
        f"time would be element-wise, and {other} the one to buy: {turned}."
    )


# -- what first ----------------------------------------------------------------------------------------------

SOFTMAX, PACKED = ("softmax/compiled", "softmax/numpy"), ("matmul/packed", "matmul/numpy")
SOFTMAX_SIDE, PACKED_SIDE = 1000, 512
SHARES = {"softmax": 0.4, "products": 0.3, "loading": 0.3}
LOADING = 2.0


def _pairs(*pairs: tuple[tuple[str, str], int], budget_s: float) -> Job:
    return {
        "kind": "compare",
        "pairs": [[case(a, size), case(b, size)] for (a, b), size in pairs],
        "budget_s": budget_s,
    }


def _first_truth(run: Run) -> Truth:
    factors = {
        "softmax": run.comparison(*SOFTMAX).ratio,
        "products": run.comparison(*PACKED).ratio,
        "loading": computed(LOADING),
    }
    return Truth.greatest({name: gain(SHARES[name], factor) for name, factor in factors.items()})


def _first_says(truth: Truth, run: Run) -> str:
    softmax, packed = run.comparison(*SOFTMAX).ratio.median, run.comparison(*PACKED).ratio.median
    gains = {name: format_number(found.median) for name, found in truth.each.items()}
    hidden = amdahl(SHARES["loading"], float("inf"))
    most = truth.each["softmax"].median
    beyond = (
        f"Loading that is hidden behind the rest altogether would bring {format_number(hidden)} times, "
        f"{'more' if hidden > most else 'less'} than this softmax."
    )
    largest = (
        "The largest share comes first here because most of it can go, not because it is the largest."
        if truth.value == "softmax"
        else "The largest share does not come first here: what counts is how much of it can go."
    )
    return (
        f"One compiled loop for each row is {format_number(softmax)} times as fast as NumPy's softmax, which "
        f"makes the whole {gains['softmax']} times as fast. The products are the library's already: our packed "
        f"one is {format_number(packed)} times as fast, so replacing it brings {gains['products']} times. "
        f"Halved loading brings {gains['loading']} times. {beyond} {largest}"
    )


# -- library or own code -------------------------------------------------------------------------------------

USES = {
    "learning": "to learn: compiled loops instead of the library's product",
    "debugging": "to debug: Python loops instead of the library's product",
    "production": "in production: our packed product instead of the library's",
    "operation": "for an operation of its own: fused GELU instead of NumPy's calls",
}
OWN = {
    "learning": ("matmul/compiled_ijk", "matmul/numpy", 256),
    "debugging": ("matmul/python_loops", "matmul/numpy", 64),
    "production": ("matmul/packed", "matmul/numpy", PACKED_SIDE),
    "operation": ("gelu/fused", "gelu/in_place", 1000),
}


def _own_truth(run: Run) -> Truth:
    return Truth.greatest({use: run.comparison(a, b, size).ratio for use, (a, b, size) in OWN.items()})


def _against(ratio: float) -> str:
    said = format_ratio(ratio)
    return f"{said} as the library" if said == "as fast" else f"{said} than the library"


def _own_says(truth: Truth, run: Run) -> str:
    factor = {use: found.median for use, found in truth.each.items()}
    loops_s = run.comparison(*OWN["debugging"]).time_s_a
    production = (
        f"In production a packed product has {format_number(factor['production'])} times the library's speed"
        + (
            ": a gain that somebody has to maintain."
            if factor["production"] > LEAST_EFFECT
            else ", which is no reason to own one."
        )
    )
    operation = (
        f"GELU in one loop has {format_number(factor['operation'])} times the speed of NumPy's calls, of which "
        "none does it in one pass: here own code pays."
        if factor["operation"] > LEAST_EFFECT
        else f"Here GELU in one loop has no more than {format_number(factor['operation'])} times the speed of "
        "NumPy's calls: what they pass over stays in a cache, or the arithmetic takes the time."
    )
    return (
        f"To learn, compiled loops do: here they are {_against(factor['learning'])}, and are read, not used. "
        f"To debug, Python loops over 64 x 64 do: they are {_against(factor['debugging'])}, but end after "
        f"{format_time(loops_s)} and stop where one asks. {production} {operation}"
    )


LESSONS = (
    Lesson(
        name="rest",
        title="The rest",
        question="If 80 % of the time becomes 100 times as fast, how many times as fast is the whole?",
        form=Number("times", 1, 100),
        claim=Claim(
            "Vectorization brings 100 times on products that take 80 % of the training time; what that saves "
            "overall is asked there.",
            f"{QUESTIONS}, “Cloud Cost Reduction”; the formula is {AMDAHL}",
        ),
        job=lambda machine: None,
        truth=lambda run: Truth(amdahl(SHARE, FACTOR)),
        says=_rest_says,
        look=Look("ladder", {"workload": "matmul"}),
    ),
    Lesson(
        name="purchase",
        title="Compute or bandwidth",
        question="Of its time a program spends 70 % in matrix products, 30 % element-wise: what brings more?",
        form=Choice({"compute": "twice the arithmetic", "bandwidth": "twice the bandwidth"}, "times as fast"),
        claim=Claim(
            "With 70 % products and 30 % element-wise operations one chooses between compute and bandwidth.",
            f"{QUESTIONS}, “Hardware Selection”, which does not say what the shares are of",
        ),
        job=lambda machine: timed(*ridge_cases(machine), budget_s=1.5),
        truth=_buy_truth,
        says=_buy_says,
        look=Look("roofline", {}),
    ),
    Lesson(
        name="first",
        title="What first",
        question=(
            "Of its time a program spends 40 % in NumPy's softmax, 30 % in the library's products and 30 % in "
            "loading, which can be halved: what is to be improved first?"
        ),
        form=Choice(
            {
                "softmax": "softmax, in one compiled loop",
                "products": "products, in code of one's own",
                "loading": "loading, halved",
            },
            "times as fast",
        ),
        claim=Claim(
            "A profile has 40 % softmax, 30 % products and 30 % loading; asked is which to optimise first.",
            f"{QUESTIONS}, “Production Optimization Priority”; the formula is {AMDAHL}",
        ),
        job=lambda machine: _pairs((SOFTMAX, SOFTMAX_SIDE), (PACKED, PACKED_SIDE), budget_s=1.5),
        truth=_first_truth,
        says=_first_says,
        look=Look("ladder", {"workload": "softmax"}),
    ),
    Lesson(
        name="own-code",
        title="Library or own code",
        question="For which of four uses does code of one's own come off best against the library, in speed?",
        form=Choice(USES, "times the library's speed"),
        claim=Claim(
            "BLAS libraries have been tuned for decades to use every feature of the hardware.",
            f"{ABOUT}, “Vectorization with NumPy”",
        ),
        job=lambda machine: _pairs(*(((a, b), size) for a, b, size in OWN.values()), budget_s=0.7),
        truth=_own_truth,
        says=_own_says,
        look=Look("fusion", {"workload": "gelu"}),
    ),
)
