"""Record the sample that the pages show before a machine has been measured: roofs, a block sweep, and ladders.

    python assets/record_sample.py

Writes assets/sample_record.json. Run it on a quiet machine; it takes about six minutes.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

SWEEP_SIZE, SWEPT = 512, ("matmul/numpy_tiled", "matmul/compiled_tiled")
"""What the page Lab sweeps at first."""
TARGET = Path(__file__).with_name("sample_record.json")


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACCEL_HOME"] = home  # before the store is opened: the reader's own records stay out of it
        os.environ.pop("ACCEL_STORE_URL", None)
        from accel_core import registry, runner
        from accel_core.machine import detect
        from accel_core.store import Store

        machine = detect()
        runner.run({"kind": "peaks"}, "sample")
        blocks = [b for b in registry.kernel(SWEPT[0])[1].parameters[0].choices if b <= SWEEP_SIZE]
        sweep = [
            {"kernel": name, "size": SWEEP_SIZE, "parameters": {"block": block}}
            for block in blocks
            for name in SWEPT
        ]
        runner.run({"kind": "bench", "cases": sweep, "budget_s": 1.0}, "sample")
        matmul = registry.workload("matmul")
        for dtype in ("float32", "float64"):  # last: the newest of each kernel stands on the roofline
            cases = [
                {"kernel": f"matmul/{k.name}", "size": matmul.default_size, "dtype": dtype, "threads": 1}
                for k in matmul.kernels
            ]
            runner.run({"kind": "bench", "cases": cases, "budget_s": 1.0}, "sample")
        store = Store()
        peaks = store.peaks(machine.fingerprint)
        assert peaks is not None
        record = {
            "machine": machine.to_dict(),
            "peaks": peaks.to_dict(),
            "measurements": [m.to_dict() for m in store.measurements(machine.fingerprint)],
            "calibrations": calibrations(),
        }
    TARGET.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")
    disturbed = sum(m["disturbed"] for m in record["measurements"])
    print(f"{disturbed} of {len(record['measurements'])} measurements are disturbed")
    print(f"{TARGET}: {TARGET.stat().st_size / 1024:.0f} KiB, {machine.cpu}")


def calibrations() -> list[dict[str, Any]]:
    """Who is fastest where, as far as the page Backends draws it: the cells of its maps, medians alone."""
    from accel_core import runner
    from accel_core.race import Calibration
    from accel_core.readings.crossover import map_rows

    parts = []
    for part in runner.run({"kind": "calibrate", "budget_s": 60.0}, "sample"):
        if isinstance(part, Calibration):
            rows = [row for row in map_rows(part.operation) if row.layout == part.layout]
            drawn = {lengths for row in rows for lengths in row.lengths.values()}
            kept = [race for race in part.contests if race.lengths in drawn]
            parts.append(replace(part, contests=tuple(kept)).to_dict())
    for race in (race for part in parts for race in part["contests"]):
        for time_s in race["times_s"].values():
            del time_s["low"], time_s["high"]
            time_s["median"] = float(f"{time_s['median']:.4g}")
    return parts


if __name__ == "__main__":
    main()
