"""Points at the bytes that rungs move by count: fusing moves a point to the right."""

from __future__ import annotations

from dataclasses import replace

import figure_records as records
import plotly.graph_objects as go
import pytest

from accel_core.cli import main
from accel_core.figures import look_for, roofline_figure
from accel_core.figures.fusion_roofline import fusion_roofline_figure
from accel_core.kernels.counts import flop_of, least_bytes_of, moved_bytes_of, moved_text_of
from accel_core.model import Kernel, Measurement, Workload
from accel_core.readings.fusion import fusion_reading
from accel_core.readings.fusion_counts import count_rows
from accel_core.readings.fusion_roofline import fusion_roofline_alt, fusion_roofline_reading
from accel_core.readings.moved import counted, declared, intensity
from accel_core.readings.roofline import roofline_alt, roofline_reading
from accel_core.registry import WORKLOADS, workload
from accel_core.roofline import judge

LOOK = look_for("light")
RATES = {"steps": 8e9, "in_place": 14e9, "fused": 45e9, "fused_threads": 85e9}
"""FLOP/s."""


def rung(name: str, model: str, family: str, removes: str = "") -> Kernel:
    return Kernel(
        name,
        name.replace("_", " "),
        lambda *arrays: None,
        family,
        "One change.",
        "",
        1e9,
        removes=removes,
        threaded=name.endswith("threads"),
        moved_bytes=moved_bytes_of(model),
        moved_text=moved_text_of(model),
    )


MADE = Workload(
    "made",
    "made-up attention",
    "tokens",
    ("batch", "heads", "queries", "keys", "head_size", "causal"),
    lambda size: (1, 12, size, size, 64, 0),
    lambda shape, dtype, seed: (),
    lambda *arrays: None,
    flop_of("attention_tiles"),
    least_bytes_of("attention_tiles"),
    lambda shape, dtype: 1.0,
    (
        rung("steps", "attention_steps", "numpy"),
        rung("in_place", "attention_steps", "numpy", "the new arrays are gone"),
        rung("fused", "attention_tiles", "compiled", "the scores are never stored"),
        rung("fused_threads", "attention_tiles", "compiled", "the limit of one core is gone"),
    ),
)
"""With the counts of attention."""


def made(name: str, rate: float, problem: Workload = MADE, size: int = 1024) -> Measurement:
    shape = problem.shape(size)
    flop = problem.flop(shape)
    return replace(
        records.measurement("numpy"),
        workload=problem.name,
        kernel=f"{problem.name}/{name}",
        size=size,
        shape=shape,
        flop=flop,
        least_bytes=problem.least_bytes(shape, "float32"),
        time_s=records.estimate(flop / rate),
        peak_alloc_bytes=None,
        id=f"{name}-{size}",
    )


RUNGS = [made(name, rate) for name, rate in RATES.items()]
SCORES, OPERANDS = 12 * 1024 * 1024 * 4, 12 * 1024 * 64 * 4
"""Bytes of one array of scores, and of queries, keys, values or outputs."""


def points(figure: go.Figure) -> dict[str, tuple[float, float, str]]:
    """Measurement id -> FLOP/byte, FLOP/s and hover text."""
    return {
        key: (x, y, said)
        for trace in figure.data
        if trace.mode == "markers" and trace.customdata is not None
        for key, x, y, said in zip(trace.customdata, trace.x, trace.y, trace.hovertext, strict=True)
    }


def drawn() -> go.Figure:
    return fusion_roofline_figure(records.machine(), records.ceilings(), MADE, RUNGS, LOOK)


def test_fusing_attention_moves_its_point_up_and_right() -> None:
    found = points(drawn())
    flop = RUNGS[0].flop
    moved = {"steps-1024": 12 * SCORES + 4 * OPERANDS, "fused-1024": 4 * OPERANDS}
    assert {name: found[name][0] for name in moved} == {
        name: pytest.approx(flop / size) for name, size in moved.items()
    }
    assert found["in_place-1024"][0] == found["steps-1024"][0] < found["fused-1024"][0]
    arrow = next(trace for trace in drawn().data if trace.name == "to fused")
    assert (arrow.x[0], arrow.y[0]) == pytest.approx(found["in_place-1024"][:2])
    assert arrow.x[-1] == pytest.approx(found["fused-1024"][0], rel=0.2)
    assert list(arrow.x) == sorted(arrow.x) and list(arrow.y) == sorted(arrow.y)
    low, high = (10**end for end in drawn().layout.xaxis.range)
    assert low < found["steps-1024"][0] < found["fused-1024"][0] < high


def test_both_counts_are_derived_in_the_hover_and_said_in_words() -> None:
    said = points(drawn())["steps-1024"][2].replace("<br>", " ")
    assert "FLOP/byte (counted bytes)" in said and f"= {12 * SCORES + 4 * OPERANDS}. Intensity" in said
    notes = " ".join(str(note.text) for note in drawn().layout.annotations).replace("<br>", " ")
    assert "Each rung stands at 3,296,698,368 FLOP / the bytes that it moves" in notes
    (text,) = fusion_roofline_reading(MADE, RUNGS)
    assert text == (
        "**fused** moves 12 MiB, the least bytes of the problem; in place moves 588 MiB, 49.0 times the least "
        "12 MiB. It does the same 3,296,698,368 FLOP, so its point stands 49.0 times as far right, at 262 "
        "instead of 5.35 FLOP/byte. At twice the size it would move 2.0 times as much, and in place 4.0 times."
    )
    alt = fusion_roofline_alt(records.machine(), records.ceilings(), MADE, RUNGS)
    assert "steps 5.35 and 8;" in alt and "fused 262 and 45;" in alt
    rows = count_rows(MADE, RUNGS)
    assert [row["Times the least"] for row in rows] == [49.0, 49.0, 1.0, 1.0]
    assert "read k 1·12·1024·64·4 B" in rows[2]["Pass by pass"]


def test_what_fusing_brought_is_said_in_bytes() -> None:
    said = fusion_reading(MADE, RUNGS)
    assert said[0] == "**The new arrays are gone:** **1.75 times faster**."
    assert said[1] == (
        "**The scores are never stored:** **3.21 times faster** than in place, with 12 MiB to move instead of "
        "588 MiB."
    )


def test_rungs_that_say_nothing_of_their_bytes_stand_above_each_other() -> None:
    gelu = workload("gelu")
    fused = made("fused", 9e9, gelu, 2000)
    assert declared(gelu, [fused]) == {} and fusion_roofline_reading(gelu, [fused]) == []
    assert intensity(fused, {}) == fused.intensity_flop_per_byte


def test_the_roofline_by_count_leaves_out_what_nobody_counted() -> None:
    gelu, matmul = workload("gelu"), workload("matmul")
    mine = [made("expression", 2e9, gelu, 2000), made("fused", 9e9, gelu, 2000), made("numpy", 9e10, matmul)]
    counts = counted(WORKLOADS, mine)
    one = 2000 * 2000 * 4
    assert [counts[m.id].size_bytes for m in mine[:2]] == [gelu.kernel("expression").moved * one, 2 * one]
    asked = (records.machine(), records.ceilings(), mine)
    found = points(roofline_figure(*asked, LOOK, workloads=WORKLOADS, by_count=True))
    assert set(found) == set(counts) == {mine[0].id, mine[1].id}
    assert found[mine[0].id][0] == mine[0].flop / counts[mine[0].id].size_bytes
    assert f"arrays of {one:,} B read and written" in found[mine[0].id][2].replace("<br>", " ")
    said = roofline_reading(*asked, workloads=WORKLOADS, by_count=True, named="gelu")
    assert "1 of 3 points are left out: nobody counted what their kernels move." in said
    assert "moves 30.5 MiB, the least bytes of the problem, and stands at 1.12 FLOP/byte" in said
    alt = roofline_alt(*asked, workloads=WORKLOADS, by_count=True)
    assert "2 measured points at the bytes that they move by count" in alt
    plain = points(roofline_figure(*asked, LOOK, workloads=WORKLOADS))
    assert plain[mine[0].id][0] == plain[mine[1].id][0] and len(plain) == 3


def test_counted_bytes_lower_what_a_roof_allows_and_a_cache_may_serve_them() -> None:
    roofs, here = records.ceilings(), records.machine()
    far = replace(RUNGS[0], least_bytes=200 << 20)
    by_least, by_count = judge(far, roofs, here), judge(far, roofs, here, 50 * SCORES)
    assert by_least is not None and by_count is not None
    assert by_count.attainable_flop_per_s == pytest.approx(far.flop / (50 * SCORES) * 35e9)
    assert by_count.attainable_flop_per_s < by_least.attainable_flop_per_s
    above = judge(far, roofs, here, 1000 * SCORES)
    assert above is not None and above.above and not above.doubtful
    assert above.causes[0].startswith("Counted bytes: what one pass writes")


def test_what_a_call_allocates_counts_to_the_level_that_holds_it() -> None:
    roofs, here = records.ceilings(), records.machine()
    small = replace(RUNGS[0], peak_alloc_bytes=0)
    large = replace(RUNGS[0], peak_alloc_bytes=2 * SCORES)
    verdicts = [judge(m, roofs, here, size) for size in (12 * SCORES, None) for m in (small, large)]
    assert [verdict.level for verdict in verdicts if verdict] == ["L3", "DRAM", "L3", "L3"]


def test_the_command_takes_the_convention(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roofline", "--html", "x.html", "--bytes", "guessed"]) == 2
    assert "least" in capsys.readouterr().err
