"""Record the blocks that the page Transformer shows before a machine has roofs: GPT-2 small, several lengths.

    python assets/record_blocks.py

Writes assets/sample_blocks.json. Run it on a quiet machine; it takes about three minutes. A block that takes
too long is left out.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

PRESET, SEQUENCES, DECODED, BUDGET_S = "gpt2-small", (128, 512, 1024), 1024, 3.0
TARGET = Path(__file__).with_name("sample_blocks.json")


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ.setdefault("ACCEL_HOME", home)  # the reader's own records stay out of it
        os.environ.pop("ACCEL_STORE_URL", None)
        measure()
        write()


def measure() -> None:
    """The roofs, then every block in every state."""
    from accel_core import runner
    from accel_core.errors import BadInput
    from accel_core.transformer import STATES, preset

    runner.run({"kind": "peaks", "threads": [1], "budget_s": 20.0}, "sample")
    shapes = [preset(PRESET).shape(sequence=length) for length in SEQUENCES]
    for shape in (*shapes, preset(PRESET).shape(sequence=DECODED, decode=True)):
        for state in STATES:
            job = {"kind": "transformer", "shape": asdict(shape), "state": state, "budget_s": BUDGET_S}
            with suppress(BadInput):
                runner.run(job, "sample")


def write() -> None:
    """What is on record of this machine."""
    from accel_core.machine import detect
    from accel_core.store import Store

    machine, store = detect(), Store()
    peaks = store.peaks(machine.fingerprint)
    assert peaks is not None
    runs = store.block_runs(machine.fingerprint)
    record = {
        "machine": machine.to_dict(),
        "peaks": replace(peaks, latencies=(), curve=()).to_dict(),
        "runs": [run.to_dict() for run in runs],
    }
    TARGET.write_text(json.dumps(record, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{sum(run.disturbed for run in runs)} of {len(runs)} runs are disturbed")
    print(f"{TARGET}: {TARGET.stat().st_size / 1024:.0f} KiB, {machine.cpu}")


if __name__ == "__main__":
    main()
