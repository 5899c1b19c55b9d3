"""This machine: its memory hierarchy with measured latencies and bandwidths, and the source of each fact."""

import streamlit as st

from accel_core.figures import hierarchy_figure
from accel_core.readings.machine import hierarchy_alt, machine_reading
from app.machine import disk, facts, headline
from app.parts import components, peaks, progress, theme
from app.session import cached, drawings, records, settings

TIME_PX = 200
settings.admit(peaks.BUDGET)
components.header(
    "machine",
    "Guess first: how many times longer does a load from memory take than one from the nearest cache?",
)
own = records.own()
with st.container(horizontal=True, key="setup"):
    with theme.field(TIME_PX):
        seconds = float(settings.slider(peaks.BUDGET))
    components.measure_button("Measure this machine", peaks.job(own.machine, seconds))
progress.draw()
components.library_notice()
peaks.environment_notice(own)

shown = records.or_sample(own, lacking=own.peaks is None or not own.peaks.ceilings)
components.sample_label(shown)
known = (shown.machine, shown.peaks)
below = None if shown.sample else records.newest_disk()
look = theme.current_look()
theme.show(
    drawings.drawn(hierarchy_figure, *known, look, sample=shown.sample, disk=below),
    alt=hierarchy_alt(*known, sample=shown.sample, disk=below),
    key="hierarchy",
    filename="memory-hierarchy",
)
headline.headline(shown)
components.reading(machine_reading(shown.machine, shown.peaks))
facts.curve(shown)
disk.disk(own.peaks)
facts.details(own, shown)
components.words("working set", "latency", "bandwidth", "FMA")
cached.warm_up()
