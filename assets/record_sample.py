"""Record the sample that the pages show before a machine has been measured: roofs and a ladder of this machine.

    python assets/record_sample.py

Writes assets/sample_record.json. Run it on a quiet machine; it takes about a minute.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

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
        for dtype in ("float32", "float64"):
            cases = [
                {"kernel": name, "size": 256, "dtype": dtype, "threads": 1} for name in registry.kernel_ids()
            ]
            runner.run({"kind": "bench", "cases": cases, "budget_s": 2.0}, "sample")
        store = Store()
        peaks = store.peaks(machine.fingerprint)
        assert peaks is not None
        record = {
            "machine": machine.to_dict(),
            "peaks": peaks.to_dict(),
            "measurements": [m.to_dict() for m in store.measurements(machine.fingerprint)],
        }
    TARGET.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{TARGET}: {TARGET.stat().st_size / 1024:.0f} KiB, {machine.cpu}")


if __name__ == "__main__":
    main()
