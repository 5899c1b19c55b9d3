"""A memory level is a line of one table: what CONTRIBUTING promises of another one, tried in a copy."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import recorded_hosts as hosts

import accel_core
from accel_core.model import LEVELS, CacheGroup, CacheLevel

LINE = '    Level("L5", 3 / 8, 3 / 8, 2, shared=True),\n'
SCRIPT = """
import json, sys
from accel_core.figures import PAPER, hierarchy_figure, roofline_figure
from accel_core.machine.bounds import check_entries, check_sums
from accel_core.model import Machine
from accel_core.peaks.places import part_bytes, ring_bytes
from accel_core.peaks.plan import levels
from accel_core.roofline import limiting_memory_level, typed_machine

data = json.load(sys.stdin)
machine = Machine.from_dict(data)
check_entries(data)
check_sums(machine)
roofs = typed_machine(1e12, {"L5": 6e10, "DRAM": 3e10}, "float32")
pictures = hierarchy_figure(machine, None, PAPER), roofline_figure(machine, roofs, [], PAPER, workloads=())
json.dump({
    "roofs": [levels(machine), part_bytes(machine, "L5", 1, ()) > 0, ring_bytes(machine, "L5") > 0],
    "limit": limiting_memory_level(machine, machine.cache("L5").size_bytes),
    "pictures": ["L5" in picture.to_json() for picture in pictures],
}, sys.stdout)
"""


def test_another_level_is_measured_and_drawn_by_its_line_of_the_table(tmp_path: Path) -> None:
    shutil.copytree(Path(accel_core.__file__).parent, tmp_path / "accel_core")
    table = tmp_path / "accel_core" / "model" / "levels.py"
    before, end, after = table.read_text(encoding="utf-8").partition(")\nCACHE_LEVELS")
    assert end
    table.write_text(before + LINE + end + after, encoding="utf-8")
    here = hosts.machine(hosts.USUAL)
    size = 4 * here.caches[-1].size_bytes
    another = CacheLevel("L5", size, 16, 64, groups=(CacheGroup(5, size),))
    machine = replace(here, caches=(*here.caches, another))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(machine.to_dict()),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    assert "L5" not in LEVELS
    assert told["roofs"] == [[cache.level for cache in here.caches] + ["L5", "DRAM"], True, True]
    assert told["limit"] == "L5" and told["pictures"] == [True, True]
