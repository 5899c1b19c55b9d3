"""Verdicts for the tests of the arena's figures and pages: invented, as a judge would leave them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from figure_records import CREATED, ENVIRONMENT, estimate

from accel_core.model import Shape
from accel_core.model.arena import ACCEPTED, BaselineTime, SizeResult, Verdict
from accel_core.readings.arena_board import Line

PEAK, DRAM_BYTE_PER_S = 60e9, 20e9
SHAPES = ((256, 256, 256), (384, 384, 384), (512, 512, 512), (511, 513, 509), (129, 2048, 127))
SHARES = (0.8, 0.75, 0.7, 0.5, 0.3)
EVIL = "<script>alert(1)</script> [me](https://evil.example) ![x](https://evil.example/x.png) \x1b[31m\u202egnp"
"""What somebody may call an error: HTML, Markdown, a colour of the terminal, letters from right to left."""
EVIL_NAME = "<b>ada</b> [x](y) \u202eada"


def size(shape: Shape = SHAPES[0], share: float = 0.5, *, drawn: bool = False, **more: Any) -> SizeResult:
    """A product that takes as long as `share` of the roof makes it."""
    m, n, k = shape
    flop, least = 2 * m * n * k, 4 * (m * k + k * n + m * n)
    slope = flop / least * DRAM_BYTE_PER_S
    bound, level = ("compute", "L2") if slope > PEAK else ("memory", "DRAM")
    roof_s = flop / min(PEAK, slope)
    rungs = (
        BaselineTime("matmul/compiled_ijk", estimate(50 * roof_s)),
        BaselineTime("matmul/numpy", estimate(1.2 * roof_s)),
    )
    made = SizeResult(
        shape,
        drawn,
        flop,
        least,
        time_s=estimate(roof_s / share),
        roof_s=roof_s,
        bound_by=bound,
        level=level,
        score=share,
        max_error=0.01,
        baselines=rungs,
    )
    return replace(made, **more)


def verdict(**more: Any) -> Verdict:
    """An accepted entry with a size of each share, the last of them drawn."""
    sizes = tuple(size(shape, share) for shape, share in zip(SHAPES, SHARES, strict=True))
    made = Verdict(
        event="matmul-one",
        verdict=ACCEPTED,
        stage="times",
        reason="Right at every size.",
        score=57.6,
        score_low=56.2,
        score_high=58.9,
        sizes=(*sizes[:-1], replace(sizes[-1], drawn=True)),
        tried=False,
        seed=7,
        null_s=6e-6,
        walled=True,
        layers=("bubblewrap", "seccomp"),
        facts={"lines": 23, "vector_bits": 256, "threads": 1},
        failing={},
        disturbed=False,
        disturbed_reason="",
        code_digest="0" * 16,
        entry="e1",
        fingerprint="f1",
        environment=ENVIRONMENT,
        created=CREATED,
        id="v1",
    )
    return replace(made, **more)


def board() -> list[Line]:
    """Four people, two of whom share a rank, and two rungs."""
    return [
        Line("ada", 68.2, 66.9, 69.4, 1, False, "e1", when=CREATED),
        Line("bob", 41.0, 40.0, 42.0, 2, True, "e2", when=CREATED, own=True),
        Line("cy", 40.5, 39.7, 41.2, 2, True, "e3", when=CREATED, built_on="ada"),
        Line("di", 1.9, 1.8, 2.0, 4, False, "e4", when=CREATED),
        Line("i, j, k, compiled", 2.0, family="compiled"),
        Line("NumPy", 83.0, family="library"),
    ]


def streaming() -> Verdict:
    """An entry that memory bounds at every size."""
    lengths = (10**6, 2 * 10**6, 3 * 10**6 + 1)
    sizes = tuple(
        replace(
            size((n, 1, 1), 0.6),
            shape=(n,),
            flop=10 * n,
            least_bytes=8 * n,
            bound_by="memory",
            level="DRAM",
            roof_s=8 * n / DRAM_BYTE_PER_S,
            time_s=estimate(8 * n / DRAM_BYTE_PER_S / share),
            score=share,
        )
        for n, share in zip(lengths, (0.9, 0.6, 0.55), strict=True)
    )
    return verdict(event="gelu-one", sizes=sizes, score=66.7, score_low=66.0, score_high=67.5)


def counted() -> Verdict:
    """An order of triples whose misses were counted."""
    sizes = tuple(
        SizeResult(
            (n, n, n),
            n == 90,
            2 * n**3,
            12 * n * n,
            score=share,
            ranked=n != 90,
            misses=round(1000 * n / share),
            least_misses=1000 * n,
            misses_of={"A": 10, "B": 20, "C": 30},
            baseline_misses={"matmul/compiled_ijk": 9000 * n, "matmul/compiled_tiled": 2500 * n},
        )
        for n, share in ((96, 0.5), (128, 0.25), (90, 0.6))
    )
    ends = {"score": 35.4, "score_low": None, "score_high": None}
    return verdict(event="misses-32k", sizes=sizes, null_s=None, facts={"lines": 9}, fingerprint="", **ends)
