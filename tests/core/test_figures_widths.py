"""Vectors of every width beside each other: the picture and what it says are what was measured."""

from __future__ import annotations

import re
from dataclasses import replace

import figure_records as records
import pytest
import recorded_hosts
from hypothesis import given
from hypothesis import strategies as st

from accel_core import registry
from accel_core.figures import look_for
from accel_core.figures.widths import widths_figure
from accel_core.model import DRAM, DTYPES, Measurement
from accel_core.readings.ratios import EVEN, FLAT
from accel_core.readings.widths import Race, bandwidth, widths_alt, widths_reading
from accel_core.studies import widths
from accel_core.studies.record import Record

LOOKS = [look_for("light"), look_for("dark"), look_for("light", width_px=350)]
WIDTHS = (1, 128, 256, 512)
NEAR_S, FAR_S = (7e-6, 2e-6, 1.1e-6, 1e-6), (0.11e-2, 0.102e-2, 0.1e-2, 0.1e-2)


def made(bits: int, time_s: float, size: int = 352, **extra: object) -> Measurement:
    shape = widths.GELU.shape(size)
    plain = records.measurement("numpy")
    return replace(
        plain,
        workload="gelu",
        kernel="gelu/fused",
        size=size,
        shape=shape,
        parameters={"width": bits},
        least_bytes=widths.GELU.least_bytes(shape, "float32"),
        time_s=records.estimate(time_s),
        id=f"{bits} {size} {time_s}",
        **extra,
    )


def race(level: str, times_s: tuple[float, ...], **extra: object) -> Race:
    ran = {bits: made(bits, time_s, **extra) for bits, time_s in zip(WIDTHS, times_s, strict=False)}
    return Race(level, 1 << 20, ran)


def test_widths_are_set_beside_each_other_with_their_ratios() -> None:
    near, far, memory = widths_reading([race("L2", NEAR_S), race(DRAM, FAR_S)])
    assert near == (
        "**In L2 (1 MiB):** 512 bits are 1.1 times as fast as 256, 2.0 times as fast as 128 and 7.0 times as "
        "fast as one number at a time."
    )
    assert far.startswith("**From memory (1 MiB):** 512 bits are as fast (1.00) as 256, as fast (1.02) as 128")
    assert memory == "From memory vectors of every width are as fast: they wait for it."


def test_who_is_slower_from_memory_too_does_not_wait_for_it() -> None:
    *_, memory = widths_reading([race("L2", NEAR_S), race(DRAM, NEAR_S)])
    assert memory == "The memory gives more than 128 bits take, so the width matters there too."


def test_where_the_width_matters_nowhere_nothing_is_said_of_the_memory() -> None:
    even = (1e-3, 1e-3, 1e-3, 1e-3)
    assert not any("wait" in text for text in widths_reading([race("L2", even), race(DRAM, even)]))


def test_a_narrower_width_that_is_faster_is_named() -> None:
    (said,) = widths_reading([race("L2", (7e-6, 2e-6, 1e-6, 1.3e-6))])
    assert (
        "512 bits are 0.77 times as fast as 256" in said and "; 256 bits are 1.3 times as fast as 512." in said
    )


@given(near=st.tuples(*[st.floats(1e-6, 1e-2)] * 4), far=st.tuples(*[st.floats(1e-6, 1e-2)] * 4))
def test_a_reading_never_contradicts_its_numbers(near: tuple[float, ...], far: tuple[float, ...]) -> None:
    races = [race("L2", near), race(DRAM, far)]
    said = widths_reading(races)
    for one, text in zip(races, said, strict=False):
        wide_s = one.ran[512].time_s.median
        for bits, even, gain in _ratios(text):
            ratio = one.ran[bits].time_s.median / wide_s
            assert gain == pytest.approx(ratio, rel=0.06)
            assert even == (1 - EVEN <= ratio <= 1 + EVEN)
    vectors = [one.time_s.median for bits, one in races[1].ran.items() if bits > 1]
    assert any("wait" in text for text in said) <= (max(vectors) / min(vectors) < FLAT)


def _ratios(text: str) -> list[tuple[int, bool, float]]:
    """(width, whether they are called even, ratio) of each comparison with the widest."""
    first = text.partition(";")[0]
    times = re.findall(r"([\d.,]+) times as fast as (256|128|one)", first)
    even = re.findall(r"as fast \(([\d.]+)\) as (256|128|one)", first)
    assert len(times) + len(even) == 3
    number = {"256": 256, "128": 128, "one": 1}
    return [(number[who], False, float(gain.replace(",", ""))) for gain, who in times] + [
        (number[who], True, float(gain)) for gain, who in even
    ]


def test_disturbed_timings_are_counted() -> None:
    disturbed = race("L2", NEAR_S, disturbed=True, disturbed_reason="a neighbour")
    assert widths_reading([disturbed])[-1].startswith("4 of 4 timings were disturbed")
    assert any(trace.name == "disturbed timing" for trace in widths_figure([disturbed], LOOKS[0]).data)


@pytest.mark.parametrize("look", LOOKS)
def test_every_bar_is_as_long_as_its_bandwidth(look: object) -> None:
    races = [race("L2", NEAR_S), race(DRAM, FAR_S)]
    figure = widths_figure(races, look)  # type: ignore[arg-type]
    bars = [trace.x[0] for trace in figure.data if trace.type == "bar"]
    assert bars == [bandwidth(m) for one in races for m in one.ran.values()]
    assert "512 bits" in widths_alt(races)


def test_without_a_race_the_picture_teaches() -> None:
    (told,) = widths_figure([], LOOKS[0]).layout.annotations
    assert "Compare vector widths" in told.text.replace("<br>", " ")
    assert widths_reading([]) == [] and "Nothing measured yet" in widths_alt([])


# -- what is measured ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", recorded_hosts.NAMES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_host_races_what_it_has_in_l2_and_beyond(name: str, dtype: str) -> None:
    host = recorded_hosts.machine(name)
    cases = [registry.validate(case, host) for case in widths.cases(host, dtype)]
    assert [len(together) for together in registry.problems(cases)] == [len(widths.widths(host))] * 2
    near, far = widths.sizes(host, dtype)
    assert near < far
    assert not any(registry.why_not(case, host, available_bytes=1 << 40) for case in cases)
    if l2 := host.cache("L2"):
        assert widths.GELU.least_bytes((near, near), dtype) <= l2.system_bytes / 2


def test_of_each_width_the_newest_on_record_is_raced() -> None:
    host = records.machine()
    near, far = widths.sizes(host, "float32")
    known = [made(128, 1e-6, near), made(512, 2e-6, near), made(128, 3e-6, near), made(512, 1e-3, far)]
    (found,) = widths.races(Record(host, None, tuple(known)), "float32")
    assert (found.level, found.gain(128, 512)) == ("L2", pytest.approx(2))
    assert not widths.races(Record(host, None, tuple(known)), "float64")


def test_a_last_cache_that_nobody_measured_is_called_reported() -> None:
    host = records.machine()
    *near, last = host.caches
    host = replace(host, caches=(*near, replace(last, size_bytes=1 << 31)))
    far = widths.sizes(host, "float32")[1]
    ran = tuple(made(bits, 1e-3, far) for bits in (128, 512))
    (told,), (measured,) = (
        widths.races(Record(host, peaks, ran), "float32") for peaks in (None, records.peaks())
    )
    assert told.level == measured.level == last.level and told.reported and not measured.reported
    assert any("size that the system reports" in text for text in widths_reading([told]))
    assert not any("size that the system reports" in text for text in widths_reading([measured]))
