"""`accel pool roofs`: the roofs of every host of the pool, and which host is unlike its alikes."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import Any

from accel_core.cli.output import Answer, Progress, table
from accel_core.errors import AccelError
from accel_core.units import format_count, format_rate


def roofs(options: Namespace) -> Answer:
    """Measure the roofs of all hosts at once, a job for each; a host that fails costs a sentence."""
    from accel_core.pool import hosts
    from accel_core.pool.address import given
    from accel_core.pool.engine import require
    from accel_core.pool.fleet import measure_roofs
    from accel_core.readings.fleet import fleet_reading, groups, sharing
    from accel_core.runner.stopping import stops_outside_the_queue

    address = given()
    require("distributed")
    asked = hosts()
    if not asked:
        raise AccelError(f"The pool at {address} has no host yet: `accel pool worker {address}` adds one.")
    progress = Progress()

    def tell(name: str, event: dict[str, Any]) -> None:
        if event["event"] == "started":
            progress.tell(f"{name} measures")
        elif event["event"] in ("done", "failed", "cancelled"):
            progress.tell(f"{name}: {event.get('message', 'done')}")
        elif event["event"] == "warning":
            progress.warn(f"{name}: {event['message']}")

    with stops_outside_the_queue():
        fleet = measure_roofs(asked, options.budget, f"accel-{os.getppid()}", tell=tell)
        try:
            fleet.wait()
        except BaseException:
            fleet.cancel()
            raise
    measured = fleet.roofs()
    if not any(one.ceilings for one in measured):
        raise AccelError(next((one.fault for one in measured if one.fault), "No host measured a roof."))
    found = groups(measured)
    rows = [
        (one.host.name, group.title, _highest(one, "compute"), _highest(one, "memory"), one.fault)
        for group in found
        for one in group.hosts
    ]
    head = ("host", "hardware", "highest roof", "highest bandwidth", "")
    said = [sentence.replace("**", "") for sentence in (*fleet_reading(found), *sharing(asked))]
    data = {
        "address": str(address),
        "hosts": [one.to_dict() for one in measured],
        "outliers": [
            {
                "host": name,
                "level": part.level or None,
                "threads": part.threads,
                "of_median": ratio,
            }
            for group in found
            for name, parts in group.outliers.items()
            for part, ratio in parts.items()
        ],
    }
    title = f"Roofs of {format_count(len(measured), 'host')} at {address}"
    return Answer(data, "\n".join([title, "", table(head, rows), "", *said]))


def _highest(one: Any, kind: str) -> str:
    best = max((roof for roof in one.ceilings if roof.kind == kind), key=lambda roof: roof.value, default=None)
    return "not measured" if best is None else format_rate(best.value, "FLOP/s" if kind == "compute" else "B/s")
