"""One rung: its one change, its numbers, its code, and the difference to the rung that it changes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accel_core import registry
from accel_core.model import ITEM_BYTES, Kernel, Measurement, Workload
from accel_core.readings.ratios import share_text
from accel_core.readings.rungs import ROOM_IS_KEPT
from accel_core.readings.strides import strides_reading
from accel_core.roofline import judge
from accel_core.studies.blocks import KERNEL as BLOCK_KERNEL
from accel_core.studies.blocks import best_block_reading, block_of
from accel_core.studies.experiments import Setup, Shown
from accel_core.studies.record import Record
from accel_core.units import format_arrays, format_rate, format_ratio, format_time
from app.parts import components
from app.session import cached, settings


def choice(workload: Workload) -> settings.Choice:
    """The rung that is shown in full."""
    names = tuple(k.name for k in workload.kernels)
    return settings.Choice("rung", "Rung", names, names[0], "A click on a bar opens its rung too.")


def detail(record: Record, workload: Workload, shown: Shown) -> None:
    """One rung: its one change, its numbers, its code, and the difference to the rung that it changes."""
    st.subheader("One rung", anchor=False)
    kernel = workload.kernel(str(settings.select(choice(workload))))
    before = workload.before(kernel)
    st.markdown(f"**{kernel.title}.** {kernel.idea}")
    _numbers(record, shown, kernel, before, workload.kernels[0])
    source, diff = cached.source(kernel.id)
    code, why = st.columns([3, 2])
    with code:
        options = ["Code", f"Changed from {before.name}"] if before and diff else ["Code"]
        view = st.segmented_control("Show", options, default=options[0], required=True, key="code view")
        if view == "Code" or not diff:
            st.code(source, language="python", line_numbers=True)
        else:
            st.code(diff, language="diff")
    with why:
        st.markdown(kernel.explanation)
        if kernel.strided:
            st.markdown(_strides(record, workload, shown, kernel))
        if kernel.id == BLOCK_KERNEL:
            _best_block(record, shown.setup)


def _strides(record: Record, workload: Workload, shown: Shown, kernel: Kernel) -> str:
    """What it costs at the shown size to walk down b, held against the rung that packs it."""
    times = {m.rung: m for m in shown.measurements}
    packs = next((other for other in workload.kernels if workload.before(other) is kernel), kernel)
    size, item_bytes = shown.setup.size, ITEM_BYTES[shown.setup.dtype]
    return strides_reading(
        size, item_bytes, record.machine.caches, times.get(kernel.name), times.get(packs.name)
    )


def _best_block(record: Record, setup: Setup) -> None:
    """Where the newest block sweep had its best on this machine, and why; a link to the sweep in the Lab."""
    newest = next((m for m in record.measurements if m.kernel == BLOCK_KERNEL), None)
    alike = [m for m in record.measurements if newest and (m.size, m.dtype) == (newest.size, newest.dtype)]
    latest = {block_of(m): m for m in reversed(alike) if m.kernel == BLOCK_KERNEL}
    text = best_block_reading(record.machine, list(latest.values()))
    if text and newest:
        st.markdown(f"**{'There' if record.sample else 'Here'}, at N={newest.size}, {newest.dtype}:** {text}")
        size, dtype = newest.size, newest.dtype
    else:
        st.markdown("A sweep of its block shows where the best one lies on this machine, and why.")
        size, dtype = setup.size, setup.dtype
    sweep = {"over": "block", "kernels": BLOCK_KERNEL.partition("/")[2], "size": str(size), "dtype": dtype}
    st.page_link(
        "lab/lab.py",
        label="See the sweep in the Lab" if text else "Sweep its block in the Lab",
        icon=":material/science:",
        query_params=sweep,
    )


def _numbers(record: Record, shown: Shown, kernel: Kernel, before: Kernel | None, first: Kernel) -> None:
    """Speed, speed-ups over the rung that it changes and the first, share of the roof; or why not run."""
    times = {m.rung: m for m in shown.measurements}
    took = {r.case.rung: r for r in shown.refusals}
    if kernel.name in took:
        refused = took[kernel.name]
        if refused.extrapolated_s:
            label = f"Time per call, extrapolated from N={refused.extrapolated_from}"
            components.metric(label, format_time(refused.extrapolated_s))
        else:
            st.caption("Not run at these settings: the reason stands under the picture.")
        return
    if kernel.name not in times:
        st.caption("Not measured at these settings yet.")
        return
    mine = times[kernel.name]
    with st.container(horizontal=True):
        components.metric("Speed", format_rate(mine.flop_per_s, "FLOP/s"))
        components.metric("Time per call", format_time(mine.time_s.median))
        if (arrays := registry.extra_arrays(mine)) is not None:
            why = "The most that one call allocates, in arrays; a result that it is given does not count."
            components.metric("Extra memory", format_arrays(arrays), help=f"{why} {ROOM_IS_KEPT}")
        for other in dict.fromkeys(k for k in (before, first) if k is not None and k is not kernel):
            if gain := _speedup(mine, other, times, took):
                components.metric(f"Against {other.name}", gain)
        verdict = judge(mine, record.peaks.ceilings, record.machine) if record.peaks else None
        if verdict is not None:
            components.metric(
                "Of its roof",
                share_text(verdict.share),
                help=f"Its share of {format_rate(verdict.attainable_flop_per_s, 'FLOP/s')}, the most that its "
                f"roof {verdict.limiting.name} allows at its arithmetic intensity (FLOP per byte moved).",
            )
    if mine.disturbed:
        st.warning(f"Disturbed: {mine.disturbed_reason}", icon=":material/warning:")


def _speedup(mine: Measurement, other: Kernel, times: dict[str, Measurement], took: dict[str, Any]) -> str:
    """How much faster than `other`, with an extrapolated time where it was refused; empty where unknown."""
    if other.name in times:
        return format_ratio(times[other.name].time_s.median / mine.time_s.median)
    refused = took.get(other.name)
    if refused is not None and refused.extrapolated_s:
        return f"{format_ratio(refused.extrapolated_s / mine.time_s.median)} (extrapolated)"
    return ""
