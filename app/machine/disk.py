"""The disk under a folder: measured for who sits at the computer, told to everybody."""

from __future__ import annotations

import streamlit as st

from accel_core.model import Disk, Peaks
from accel_core.model.limits import DISK_S
from accel_core.readings.disk import disk_reading, disk_rows, disk_title, how_text, remarks
from app.parts import components, tables
from app.session import cached, jobs, records, visitors

FOLDER = "disk folder"
HELP = (
    "A folder on the disk that you mean. A file of random bytes is made there without a name and is gone at "
    "the end; it takes at most a tenth of the free space, and 4 GiB."
)
ONLY_HERE = "Who sits at this computer can measure its disk: a page elsewhere leaves no file here."
LONGEST = 1000


def disk(peaks: Peaks | None) -> None:
    """The newest disk in numbers, and a folder to measure; `peaks` are those that the page shows as its own."""
    found = records.newest_disk(memory=True)
    with st.expander("The level below DRAM: a disk", icon=":material/hard_drive:", expanded=found is not None):
        if found is not None:
            _told(found, peaks)
        if visitors.at_this_computer():
            _measure()
        elif not cached.machine().pretended:
            st.caption(ONLY_HERE)


def _measure() -> None:
    """A folder and the button that measures it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        folder = st.text_input("Folder", ".", key=FOLDER, max_chars=LONGEST, help=HELP)
        job = {"kind": "disk", "folder": folder or ".", "budget_s": DISK_S}
        components.job_button("Measure a disk", job, key="measure disk", on_click=_start, args=(job,))


def _start(job: dict[str, object]) -> None:
    """Queue the job of a visitor of the computer itself, and of nobody else."""
    if visitors.at_this_computer():
        jobs.start(job)


def _told(found: Disk, peaks: Peaks | None) -> None:
    """Rates, latency, how they were measured, and what is in doubt."""
    whose = f"{disk_title(found)}, measured {components.day(found.created)}"
    where = f" in `{found.folder}`" if visitors.at_this_computer() and "`" not in found.folder else ""
    st.markdown(f"**{components.literal(whose)}**{where}")
    components.reading(disk_reading(found, peaks))
    rows = [{"What": what, "Median and 95 % interval": seen} for what, seen in disk_rows(found)]
    tables.table(rows, "disk", alt="Rates and latency of the disk with their intervals")
    st.caption(components.literal(how_text(found)))
    for sentence in remarks(found):
        st.caption(f":orange[:material/warning:] {components.literal(sentence)}")
