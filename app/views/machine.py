"""This machine: its memory hierarchy with measured latencies and bandwidths, and the source of each fact."""

import cached
import components
import drawings
import jobs
import machine_page
import peaks
import records
import settings
import streamlit as st
import theme

from accel_core.figures import hierarchy_alt, hierarchy_figure, machine_reading

settings.admit(machine_page.BUDGET)
components.header(
    "How fast can this machine go?",
    "Guess first: how many times longer does a load from memory take than one from the nearest cache?",
)
own = records.own()
budget, button = st.columns([1, 2], vertical_alignment="bottom")
with budget:
    seconds = float(settings.slider(machine_page.BUDGET))
with button:
    components.measure_button("Measure this machine", peaks.job(own.machine, seconds))
jobs.panel()
components.library_notice()
peaks.environment_notice(own)

shown = records.or_sample(own, lacking=own.peaks is None or not own.peaks.ceilings)
components.sample_label(shown)
theme.show(
    drawings.drawn(hierarchy_figure, shown.machine, shown.peaks, theme.current_look(), sample=shown.sample),
    alt=hierarchy_alt(shown.machine, shown.peaks, sample=shown.sample),
    key="hierarchy",
    filename="memory-hierarchy",
)
machine_page.headline(shown)
components.reading(machine_reading(shown.machine, shown.peaks))
machine_page.curve(shown)
machine_page.details(own, shown)
components.words("working set", "latency", "bandwidth", "FMA")
cached.warm_up()
