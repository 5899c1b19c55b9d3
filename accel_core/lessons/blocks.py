"""Lessons on the side of a block: what fits, and what is fastest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from accel_core.cache import Traversal
from accel_core.lessons.caches import assumed, crowding, misses_per_step, simulated, simulation
from accel_core.lessons.lesson import LEAST_EFFECT, Choice, Claim, Lesson, Look, Run, Truth, case, timed
from accel_core.lessons.run import speed_ratio
from accel_core.lessons.sources import TINYTORCH
from accel_core.lessons.steps import rate
from accel_core.lessons.ties import undecided
from accel_core.model import ITEM_BYTES, Estimate, Machine, Measurement
from accel_core.units import format_bytes, format_number

NUMPY, COMPILED = "matmul/numpy_tiled", "matmul/compiled_tiled"
ITEM = ITEM_BYTES["float32"]
SIZE = 512
USUAL = 64
"""The block of the claims."""
COUNTED = 256
"""Size of the simulated product: a second for each block."""
PADDING = 16
"""Elements that make a row longer by a line of 64 bytes."""
FITTED = (8, 16, 32, 64, 128, 256)
PER = 1000


def _blocked(block: int, pad: int = 0) -> Traversal:
    return Traversal((COUNTED,) * 3, "ijk", (block,) * 3, pad=pad)


def _blocks(fewest: int, most: int, size: int) -> Mapping[str, str]:
    """Powers of two, the last of them one block."""
    sides = [2**power for power in range(fewest.bit_length() - 1, most.bit_length())]
    return {str(side): f"{side} x {side}" + (" (no blocks)" if side >= size else "") for side in sides}


def _three(block: int) -> int:
    return 3 * ITEM * block**2


def _fits(machine: Machine, block: int) -> str:
    """ "Three blocks of 64 x 64 take 48 KiB, which L1 holds (48 KiB)."; without a cache where none is known."""
    text = f"Three blocks of {block} x {block} take {format_bytes(_three(block))}"
    held = next((cache for cache in machine.caches if cache.size_bytes >= _three(block)), None)
    if held is None:
        return f"{text}, more than any cache here." if machine.caches else f"{text}."
    return f"{text}, which {held.level} holds ({format_bytes(held.size_bytes)})."


def _fits_truth(run: Run) -> Truth:
    each = {}
    for block in FITTED:
        count = PER * misses_per_step(simulation(run, _blocked(block)))
        each[str(block)] = Estimate(count, count, count, 1)
    return Truth(min(each, key=lambda name: each[name].median), each=each)


def _fits_says(truth: Truth, run: Run) -> str:
    best, usual = (truth.each[name].median for name in (str(truth.value), str(USUAL)))
    return _sentences(
        f"Here block {USUAL} is as good as any: it misses {format_number(usual)} times in {PER:,} steps."
        if usual < LEAST_EFFECT * best
        else f"In {PER:,} steps block {truth.value} misses {format_number(best)} times, and block {USUAL} "
        f"{format_number(usual)} times.",
        f"One block of {USUAL} x {USUAL} has {format_bytes(_three(USUAL) / 3)}; a product needs one of a, of b "
        "and of c.",
        _fits(run.machine, USUAL),
        _fits(run.machine, max(FITTED)),
        _padded(best, usual, run),
        assumed(run.machine),
    )


def _padded(best: float, usual: float, run: Run) -> str:
    """What longer rows change, where they do."""
    padded = PER * misses_per_step(simulation(run, _blocked(USUAL, PADDING)))
    if padded > usual / LEAST_EFFECT:
        return ""
    text = f"With rows longer by {PADDING} elements block {USUAL} misses {format_number(padded)} times"
    return _sentences(
        f"{text}: what it lacks is room in single sets, not in the cache."
        if padded < LEAST_EFFECT * best
        else f"{text}: room in single sets is part of what it lacks.",
        crowding(run.machine, USUAL, ITEM * COUNTED),
    )


def _sentences(*said: str) -> str:
    return " ".join(filter(None, said))


def _swept(run: Run, kernel: str, form: Choice) -> dict[str, Measurement]:
    return {name: run.measurement(kernel, SIZE, block=int(name)) for name in form.answers}


def _against_usual(truth: Truth, found: Mapping[str, Measurement]) -> str:
    """ "Block 16 is fastest, at 5.45 GFLOP/s: 1.9 times as fast as block 64.", or that 64 is as good."""
    best = str(truth.value)
    if best == str(USUAL):
        return f"Here block {USUAL} is fastest, at {_rate(truth, USUAL)}."
    factor = format_number(ratio := speed_ratio(found[best], found[str(USUAL)]).median)
    if ratio < LEAST_EFFECT:
        return (
            f"Here block {USUAL} is nearly the best: block {best}, at {_rate(truth, best)}, is {factor} times "
            "as fast."
        )
    return f"Block {best} is fastest, at {_rate(truth, best)}: {factor} times as fast as block {USUAL}."


def _numpy_says(truth: Truth, run: Run) -> str:
    whole = (
        "That is no block at all: one call for the whole product."
        if int(truth.value) >= SIZE
        else f"One call for the whole product reaches {_rate(truth, SIZE)}."
    )
    return _sentences(
        _against_usual(truth, _swept(run, NUMPY, NUMPY_FORM)),
        undecided(truth, "block {}".format),
        whole,
        f"With block {USUAL} Python calls the library {(SIZE // USUAL) ** 3:,} times, and inside each call the "
        "library cuts blocks of its own for the caches.",
    )


def _compiled_says(truth: Truth, run: Run) -> str:
    best, least = int(truth.value), min(map(int, COMPILED_FORM.answers))
    return _sentences(
        _against_usual(truth, _swept(run, COMPILED, COMPILED_FORM)),
        undecided(truth, "block {}".format),
        f"Block {least} reaches {_rate(truth, least)}, and no blocks {_rate(truth, SIZE)}.",
        _fits(run.machine, best),
        _fits(run.machine, USUAL) if best != USUAL else "",
        crowding(run.machine, USUAL, ITEM * SIZE) if best < USUAL else "",
    )


def _rate(truth: Truth, block: int | str) -> str:
    return f"{format_number(truth.each[str(block)].median)} GFLOP/s"


NUMPY_FORM = Choice(_blocks(16, SIZE, SIZE), "GFLOP/s")
COMPILED_FORM = Choice(_blocks(8, SIZE, SIZE), "GFLOP/s")


def _sweep(
    kernel: str,
    form: Choice,
    *,
    name: str,
    title: str,
    whose: str,
    claim: str,
    says: Callable[[Truth, Run], str],
) -> Lesson:
    """A lesson that asks for the fastest block of a kernel."""
    return Lesson(
        name=name,
        title=title,
        question=f"With which block are {whose} fastest at N={SIZE}?",
        form=form,
        claim=Claim(claim, TINYTORCH),
        job=lambda machine: timed(
            *(case(kernel, SIZE, parameters={"block": int(block)}) for block in form.answers),
            budget_s=0.8,
            in_turns=True,
        ),
        truth=lambda run: Truth.greatest(
            {name: rate(found) for name, found in _swept(run, kernel, form).items()}
        ),
        says=says,
        look=Look("lab", {"over": "block", "kernels": kernel.partition("/")[2], "size": str(SIZE)}),
    )


LESSONS = (
    Lesson(
        name="block-fits",
        title="A block that fits",
        question=f"With which block does a product at N={COUNTED} miss this machine's L1 least, simulated?",
        form=Choice(_blocks(min(FITTED), max(FITTED), COUNTED), f"misses in {PER:,} steps"),
        claim=Claim("A block of 64 x 64 takes 16 KB, which fits in an L1 of 32 KB.", TINYTORCH),
        job=lambda machine: simulated(machine, [*map(_blocked, FITTED), _blocked(USUAL, PADDING)]),
        truth=_fits_truth,
        says=_fits_says,
        look=Look("traversal", {"n": "64", "tiles": "16", "beside": "without blocks"}),
    ),
    _sweep(
        NUMPY,
        NUMPY_FORM,
        name="block-numpy",
        title="Best block, NumPy",
        whose="NumPy's products of blocks",
        claim="A cache-friendly block for NumPy's products has a side of 32 to 128, usually 64.",
        says=_numpy_says,
    ),
    _sweep(
        COMPILED,
        COMPILED_FORM,
        name="block-compiled",
        title="Best block, compiled",
        whose="compiled ijk loops over blocks",
        claim="Loops over blocks of 64 miss once in 64 operations, 64 times less than without blocks.",
        says=_compiled_says,
    ),
)
