"""What fusion removed: steps, sentences and pictures say what the records say, and only that."""

from __future__ import annotations

from dataclasses import replace

import figure_records as records
import pytest

from accel_core.figures import cache_marks, look_for, sweep_alt, sweep_figure
from accel_core.figures.drawing.look import Look
from accel_core.figures.drawing.text import width_px
from accel_core.figures.fusion import fusion_figure
from accel_core.figures.fusion_roofline import fusion_roofline_figure
from accel_core.model import Measurement
from accel_core.readings.fusion import fusion_alt, fusion_reading
from accel_core.readings.fusion_claims import fusion_claims
from accel_core.readings.fusion_roofline import copy_roof, fusion_roofline_alt, fusion_scene
from accel_core.readings.fusion_steps import arrays_text, bandwidth, fusion_steps, step_text
from accel_core.readings.stream import stream_reading
from accel_core.registry import workload

GELU, ADD = workload("gelu"), workload("add")
LOOKS = [look_for("light"), look_for("dark"), look_for("light", width_px=350)]
TIMES = {
    "named_steps": 0.2,
    "power_expression": 0.18,
    "expression": 0.006,
    "in_place": 0.002,
    "compiled_tanh": 0.06,
    "fused": 0.0015,
    "fused_threads": 0.0008,
}
ARRAYS = {"named_steps": 8, "power_expression": 3, "expression": 3}
ROOF = records.ceiling(
    "memory", 45e9, level="DRAM", operation="copy", byte_convention="stream", stores="regular"
)


def made(
    name: str, kernel: str, time_s: float, size: int, arrays: float | None, **extra: object
) -> Measurement:
    problem = workload(name)
    shape = problem.shape(size)
    one = 4 * problem.array_elements(shape)
    plain = {
        "workload": name,
        "kernel": f"{name}/{kernel}",
        "size": size,
        "shape": shape,
        "flop": problem.flop(shape),
        "least_bytes": problem.least_bytes(shape, "float32"),
        "time_s": records.estimate(time_s),
        "peak_alloc_bytes": None if arrays is None else round(arrays * one) + 100,
        "id": f"{kernel}-{size}-{time_s}",
        **extra,
    }
    return replace(records.measurement("numpy"), **plain)


def rungs(**times: float) -> list[Measurement]:
    return [made("gelu", k, t, 2000, ARRAYS.get(k, 0)) for k, t in {**TIMES, **times}.items()]


def shown(figure: object) -> str:
    return " ".join(str(a.text) for a in figure.layout.annotations)  # type: ignore[attr-defined]


def test_a_step_stands_beside_the_rung_that_it_changes_and_its_arrays_are_measured() -> None:
    steps = {s.name: s for s in fusion_steps(GELU, rungs())}
    assert steps["expression"].gain == pytest.approx(30)
    assert arrays_text(steps["named_steps"]) == "8 arrays"
    assert arrays_text(steps["in_place"]) == "no array"
    assert bandwidth(steps["fused"].measured) == pytest.approx(2 * 4 * 2000**2 / 0.0015)
    assert steps["named_steps"].gain is None


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("arrays", [0, 3, 3.06, 8, 40])
def test_how_many_arrays_stands_beside_them_and_ends_within_its_panel(look: Look, arrays: float) -> None:
    attention = workload("attention")
    timed = [made("attention", "batched", 0.09, 1024, arrays), made("attention", "in_place", 0.05, 1024, 1)]
    layout = fusion_figure(attention, timed, look).layout
    start, end = layout.xaxis3.domain
    panel_px = (end - start) * (look.width_px - layout.margin.l - layout.margin.r)
    said = max((a for a in layout.annotations if a.xref == "x3"), key=lambda a: a.x)
    at_px = said.x / layout.xaxis3.range[1] * panel_px + said.xshift
    assert said.x == pytest.approx(max(arrays, 1), abs=0.01)
    assert at_px + width_px(said.text, look.small_px) <= panel_px + layout.margin.r


def test_a_change_that_did_not_pay_is_not_called_a_gain() -> None:
    texts = {s.name: step_text(s) for s in fusion_steps(GELU, rungs(in_place=0.00601))}
    assert texts["in_place"] == "As fast: the new arrays are gone, and that gains nothing here"
    assert (
        "slower" in texts["compiled_tanh"]
        and "but the tanh is now one number at a time" in texts["compiled_tanh"]
    )
    quick = {s.name: step_text(s) for s in fusion_steps(GELU, rungs(compiled_tanh=0.001))}
    assert quick["compiled_tanh"] == "2.00 times faster: all passes but one are gone"


def test_a_rung_that_is_slower_does_not_say_that_its_change_pays() -> None:
    texts = {s.name: step_text(s) for s in fusion_steps(GELU, rungs(fused_threads=0.0015 * 1.08))}
    assert texts["fused_threads"] == "1.08 times slower, though the limit of one core is gone"


def test_the_takeaway_blames_arithmetic_only_where_the_arrays_stayed_as_many() -> None:
    said = fusion_reading(GELU, rungs())
    power, place, passes, far = said
    assert power == (
        "**The power is gone:** **30.0 times faster** with as many arrays (3): "
        "the arithmetic was the cost, not the memory."
    )
    assert place == (
        "**The new arrays are gone:** **a third** of the time of NumPy, one expression with x\\*x\\*x, "
        "with no array instead of 3 arrays: the rest was the price of new memory."
    )
    assert passes == (
        "**All passes but one are gone:** **30.0 times slower** than NumPy, in place (out=), with 2 arrays "
        "to move instead of 20, but the tanh is now one number at a time; without that: **40.0 times "
        "faster**, so that was the cost, not the passes."
    )
    assert far == "**All changes together:** **250 times faster**, to 40.0 GB/s."
    assert "costs nothing here" in fusion_reading(GELU, rungs(expression=0.18))[0]
    more = [replace(m, peak_alloc_bytes=None) if m.kernel.endswith("expression") else m for m in rungs()]
    assert "memory" not in fusion_reading(GELU, more)[0]


def test_the_takeaway_counts_disturbed_timings() -> None:
    disturbed = [replace(m, disturbed=True, disturbed_reason="busy") for m in rungs()]
    assert "7 of 7 timings were disturbed" in fusion_reading(GELU, disturbed)[-1]
    assert not any("disturbed" in text for text in fusion_reading(GELU, rungs()))


def test_the_fastest_rung_is_held_against_the_copy_roof() -> None:
    assert "0.89 of the DRAM copy roof (45.0 GB/s, 1 thread)" in fusion_reading(GELU, rungs(), roof=ROOF)[-1]
    above = fusion_reading(GELU, rungs(fused_threads=0.0002), roof=ROOF)[-1]
    assert "above the DRAM copy roof" in above and "cache" in above


def test_folklore_is_refuted_by_the_numbers_and_stands_where_they_agree() -> None:
    claims = fusion_claims(GELU, rungs())
    assert [c.holds for c in claims] == [False, False, False, False]
    assert "3 arrays" in claims[0].measured
    fused = [replace(m, peak_alloc_bytes=0) for m in rungs(compiled_tanh=0.001)]
    kinder = {c.said: c.holds for c in fusion_claims(GELU, fused)}
    assert kinder["A NumPy expression is fused and allocates nothing."]
    assert kinder["A fused loop, compiled, beats NumPy's many passes."]
    assert fusion_claims(GELU, []) == []


def test_the_memory_of_a_call_too_long_to_be_traced_comes_from_another_size_and_says_so() -> None:
    untraced = [replace(m, peak_alloc_bytes=None) for m in rungs()]
    assert "not measured" in fusion_alt(GELU, untraced)
    small = made("gelu", "named_steps", 0.01, 512, 8)
    steps = fusion_steps(GELU, untraced, [*untraced, small])
    assert arrays_text(steps[0]) == "8 arrays at N=512"
    assert "8 arrays at N=512" in shown(fusion_figure(GELU, untraced, LOOKS[0], elsewhere=[small]))


@pytest.mark.parametrize("look", LOOKS)
def test_a_rung_has_a_bar_of_time_and_as_many_blocks_as_arrays(look) -> None:
    figure = fusion_figure(GELU, rungs(), look, roof=ROOF)
    blocks = [t for t in figure.data if t.xaxis == "x3"]
    assert [len(t.x) for t in blocks] == [8, 3, 3]
    times = [t.x[0] for t in figure.data if t.type == "bar" and t.xaxis is None]
    assert times == list(TIMES.values())
    assert "32.3" not in shown(figure) and "30.0 times faster" in shown(figure).replace("<br>", " ")
    assert bool([t for t in figure.data if t.xaxis == "x2"]) != look.narrow


def test_an_interval_as_wide_as_a_busy_machine_makes_it_stays_in_the_picture() -> None:
    wide = records.estimate(TIMES["fused"], 0.95)
    busy = [replace(m, time_s=wide) if m.kernel == "gelu/fused" else m for m in rungs()]
    figure = fusion_figure(GELU, busy, LOOKS[0])
    assert figure.layout.xaxis2.range[1] > busy[5].least_bytes / wide.low
    assert 10 ** figure.layout.xaxis.range[0] < wide.low


def test_without_a_rung_every_picture_says_what_will_stand_there() -> None:
    assert "Time the rungs" in shown(fusion_figure(GELU, [], LOOKS[0])).replace("<br>", " ")
    empty = fusion_roofline_figure(records.machine(), records.ceilings(), GELU, [], LOOKS[0])
    assert "Measure the rungs first" in shown(empty).replace("<br>", " ")
    none = fusion_roofline_figure(records.machine(), (), GELU, rungs(), LOOKS[0])
    assert "Measure the roofs of this machine first" in shown(none).replace("<br>", " ")
    assert "nothing timed yet" in fusion_alt(GELU, [])
    assert "not measured yet" in fusion_roofline_alt(records.machine(), (), GELU, rungs())


def test_the_roof_of_a_copy_is_the_one_with_regular_stores_and_as_many_threads() -> None:
    stream = replace(ROOF, value=60e9, stores="non_temporal")
    two = replace(ROOF, value=50e9, threads=2)
    assert copy_roof([stream, ROOF, two], 1) is ROOF
    assert copy_roof([stream, ROOF, two], 2) is two
    assert copy_roof([stream], 1) is None


def test_every_rung_stands_at_one_intensity_with_an_arrow_from_the_rung_it_changes() -> None:
    machine, roofs = records.machine(), [*records.ceilings(), ROOF]
    figure = fusion_roofline_figure(machine, roofs, GELU, rungs(), LOOKS[0])
    points = [x for t in figure.data if t.mode == "markers" and t.customdata for x in t.x]
    assert len(points) == 7 and len(set(points)) == 1
    arrows = [t for t in figure.data if str(t.name).startswith("to ")]
    assert {t.name[3:] for t in arrows} == set(TIMES) - {"named_steps"}
    down = next(t for t in arrows if t.name == "to compiled_tanh")
    assert down.line.dash != "solid" and down.y[0] > down.y[-1]
    first = rungs()[0]
    assert down.y[-1] == pytest.approx(first.flop / TIMES["compiled_tanh"])
    view = fusion_scene(machine, roofs, "float32", 1, first)
    assert view is not None and ROOF in view.memory
    assert "45.0 GB/s" in fusion_roofline_alt(machine, roofs, GELU, rungs())


def streams(**factors: float) -> list[Measurement]:
    """add at three sizes; the allocating form is as fast in a cache and half as fast beyond."""
    found = []
    for size, slow in ((1 << 10, 1.0), (1 << 18, 1.0), (1 << 24, 2.0)):
        base = size * 12 / 40e9
        times = {"numpy": base * slow, "in_place": base, "compiled": base, "compiled_threads": base / 1.5}
        threads = {"compiled_threads": 2}
        found += [
            made("add", k, t * factors.get(k, 1), size, 0, threads=threads.get(k, 1)) for k, t in times.items()
        ]
    return found


def test_a_sweep_over_bytes_shows_bandwidth_with_the_caches_marked() -> None:
    marks = cache_marks(records.machine(), "float32", "bytes")
    assert [m.value for m in marks] == [32 * 1024, 1 << 20, 32 << 20]
    for look in LOOKS:
        figure = sweep_figure(ADD, streams(), "bytes", look, marks=marks)
        line = next(t for t in figure.data if t.name == "NumPy, in place (out=)")
        assert list(line.x) == [12 << 10, 12 << 18, 12 << 24]
        assert list(line.y) == pytest.approx([40e9] * 3)
        assert "32 MiB" in shown(figure)
    assert ": 40.0 GB/s" in sweep_alt(ADD, streams(), "bytes")


def test_the_sweep_says_from_which_size_on_new_memory_costs() -> None:
    marks = cache_marks(records.machine(), "float32", "bytes")
    said = stream_reading(ADD, streams(), marks)
    assert "as fast as the allocating form at 12 KiB and 2.0 times as fast at 192 MiB" in said[0]
    assert "it pays from 192 MiB on, where L3 (32 MiB) no longer holds the arrays" in said[0]
    assert "as fast as NumPy in place" in said[1]
    assert "**With 2 threads** the loop is 1.50 times faster than on one at 192 MiB (60.0 GB/s)" in said[2]
    dip = [
        replace(m, time_s=records.estimate(m.time_s.median * 3)) if m.size == 1 << 10 else m for m in streams()
    ]
    slow_start = [m if m.kernel == "add/numpy" else n for m, n in zip(dip, streams(), strict=True)]
    assert "it pays from 192 MiB on" in stream_reading(ADD, slow_start, marks)[0]
    assert "costs little" in stream_reading(ADD, streams(numpy=0.5), marks)[0]
    assert "run the sweep" in stream_reading(ADD, [], marks)[0]
