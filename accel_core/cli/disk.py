"""The command that measures the disk under a folder."""

from __future__ import annotations

from argparse import Namespace

from accel_core.cli.output import Answer, pairs
from accel_core.errors import AccelError
from accel_core.model import Disk, Peaks
from accel_core.readings.disk import disk_reading, disk_rows, disk_title, how_text, remarks


def disk(options: Namespace) -> Answer:
    """Measure the disk under a folder, by a file that is made there without a name and is gone at the end."""
    from accel_core.cli import jobs
    from accel_core.machine import detect

    here = detect()
    results = jobs.run_job({"kind": "disk", "folder": options.folder, "budget_s": options.budget})
    found = next((one for one in results if isinstance(one, Disk)), None)
    if found is None:
        raise AccelError("The disk was not measured: try it again.")
    return Answer({"disk": found.to_dict()}, disk_text(found, jobs.stored_peaks(here)))


def disk_text(found: Disk, peaks: Peaks | None) -> str:
    """What was measured, how, what it means beside memory, and what is in doubt."""
    head = pairs([("Folder", found.folder), ("Disk", disk_title(found)), ("How", how_text(found))])
    rows = pairs(disk_rows(found))
    said = [f"NOTE: {sentence}" for sentence in remarks(found)]
    return "\n\n".join(filter(None, (head, rows, disk_reading(found, peaks), "\n".join(said))))
