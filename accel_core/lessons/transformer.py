"""A lesson on a transformer block: which of its operations is worth making faster."""

from __future__ import annotations

from dataclasses import asdict

from accel_core.lessons.deciding import AMDAHL, amdahl
from accel_core.lessons.lesson import LEAST_EFFECT, Choice, Claim, Job, Lesson, Look, Run, Truth
from accel_core.lessons.sources import GUIDE
from accel_core.lessons.ties import undecided
from accel_core.model import BlockRun, Estimate, Machine
from accel_core.transformer import BlockShape, operations, preset, shares
from accel_core.units import format_number, format_rate

PRESET, STATE, TWICE = "gpt2-small", "numpy", 2.0
BUDGET_S = 5.0
KINDS = {
    "norm": ("norm", "the two layer norms"),
    "qkv": ("QKV", "the product for queries, keys and values"),
    "scores": ("QK^T", "queries times keys"),
    "softmax": ("softmax", "softmax of the scores"),
    "values": ("PV", "softmax times values"),
    "output": ("output", "the product behind attention"),
    "residual": ("residual", "the two sums"),
    "feed-forward": ("feed-forward", "the two feed-forward products"),
    "gelu": ("GELU", "GELU"),
}
"""Name of an answer -> the kind of operation, and its words."""
FORM = Choice({name: words for name, (_, words) in KINDS.items()}, "times as fast")


def _job(machine: Machine) -> Job:
    shape = asdict(preset(PRESET).shape())
    return {"kind": "transformer", "shape": shape, "state": STATE, "threads": 1, "budget_s": BUDGET_S}


def _block(run: Run) -> BlockRun:
    """LookupError where no block was run."""
    found = next(run.every(BlockRun), None)
    if found is None:
        raise LookupError("there is no run of a block")
    return found


def _shares(run: Run) -> dict[str, Estimate]:
    found = shares(_block(run))
    return {name: found[kind] for name, (kind, _) in KINDS.items()}


def whole(share: Estimate, factor: float) -> Estimate:
    """How many times as fast the block is where a measured share of its time becomes `factor` times as fast."""
    low, high = (None if end is None else amdahl(end, factor) for end in (share.low, share.high))
    return Estimate(amdahl(share.median, factor), low, high, share.n)


def _truth(run: Run) -> Truth:
    return Truth.greatest({name: whole(share, TWICE) for name, share in _shares(run).items()})


def _percent(share: float) -> str:
    return f"{format_number(100 * share)} %"


def _says(truth: Truth, run: Run) -> str:
    block, part, first = _block(run), _shares(run), str(truth.value)
    work = _work(block)
    order = sorted(part, key=lambda name: -part[name].median)
    second = next(name for name in order if name != first)
    most = part[first]
    ends = "" if most.low is None or most.high is None else f" ({_percent(most.low)} to {_percent(most.high)})"
    said = [
        f"{_named(first)} took {_percent(most.median)} of the time{ends}. With that part twice as "
        f"fast, the block is 1 / (1 - p + p/2) = {format_number(truth.each[first].median)} times as fast; with "
        f"any factor, at most 1 / (1 - p) = {format_number(amdahl(most.median, float('inf')))} times.",
        undecided(truth, lambda name: FORM.answers[name]),
        f"Next: {FORM.answers[second]}, with {_percent(part[second].median)} and "
        f"{format_number(truth.each[second].median)} times.",
        _by_work(part, work),
        _room(first, second, block, work),
    ]
    return " ".join(sentence for sentence in said if sentence)


def _named(name: str) -> str:
    words = FORM.answers[name]
    return f"{words[:1].upper()}{words[1:]}"


def _work(block: BlockRun) -> dict[str, int]:
    """Answer -> FLOP."""
    listed = operations(BlockShape(**block.shape))
    return {
        name: sum(one.counted.flop for one in listed if one.kind == kind) for name, (kind, _) in KINDS.items()
    }


def _by_work(part: dict[str, Estimate], work: dict[str, int]) -> str:
    """Of the operation whose share of the time is the most times its share of the FLOP."""
    every = sum(work.values())
    name = max(part, key=lambda one: part[one].median - work[one] / every)
    return (
        f"Go by time, not by work: {_percent(work[name] / every)} of the FLOP and "
        f"{_percent(part[name].median)} of the time are of {FORM.answers[name]}."
    )


def _room(first: str, second: str, block: BlockRun, work: dict[str, int]) -> str:
    """Which of the two is nearer to what this machine was seen to do in the same run."""
    rates = {name: _rate(name, block, work) for name in KINDS}
    best = max(rates, key=lambda name: rates[name])
    slow = first if rates[first] < rates[second] else second
    if rates[best] < LEAST_EFFECT * rates[slow]:
        return ""
    return (
        "Which can be made so much faster is another question: the highest rate was "
        f"{format_rate(rates[best], 'FLOP/s')}, in {FORM.answers[best]}, while {FORM.answers[slow]} ran at "
        f"{format_rate(rates[slow], 'FLOP/s')}."
    )


def _rate(name: str, block: BlockRun, work: dict[str, int]) -> float:
    kinds = {one.name: one.kind for one in operations(BlockShape(**block.shape))}
    times = [one.time_s.median for one in block.operations if kinds[one.name] == KINDS[name][0]]
    return work[name] / sum(times)


LESSONS = (
    Lesson(
        name="operation",
        title="Which operation",
        question=(
            "A block of GPT-2 small runs in NumPy, with 1,024 tokens on one thread: which operation would you "
            "make twice as fast?"
        ),
        form=FORM,
        claim=Claim(
            "Acceleration is applied to realistic transformer blocks, and memory-bound operations come first.",
            f"{GUIDE}, “Build → Use → Optimize” and “Roofline Analysis in Practice”; the formula is {AMDAHL}",
        ),
        job=_job,
        truth=_truth,
        says=_says,
        look=Look("transformer", {"preset": PRESET, "sequence": "1024", "state": STATE}),
    ),
)
