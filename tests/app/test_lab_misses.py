"""Simulated misses under the block sweep: the button, and the sentence on what they explain."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from conftest import Open
from figure_records import measurement
from records_of import store_measurements

from accel_core import machine
from accel_core.cache import Traversal, simulate
from accel_core.model import CacheLevel
from accel_core.studies.blocks import misses_reading
from app.session import cached, jobs

BLOCKS = {4: 1e9, 8: 2e9, 16: 1.5e9, 32: 1.2e9, 64: 1.1e9}
SWEEP = [
    measurement("compiled_tiled", rate, size=64, parameters={"block": block}) for block, rate in BLOCKS.items()
]


def test_the_best_block_at_the_fewest_misses_is_read_off():
    said = misses_reading(SWEEP, {"L1": [(4, 5), (8, 2), (16, 9)], "L2": [(4, 5), (8, 4), (16, 1)]})
    assert "fewest for L1 at 8; L2 at 16." in said
    assert "block 8, lies at the fewest misses of L1." in said


def test_a_best_block_that_no_cache_explains_is_said_to_be_unexplained():
    said = misses_reading(SWEEP, {"L1": [(4, 5), (8, 4), (16, 1), (32, 1.05)]})
    assert "L1 at 16 to 32" in said and "misses alone do not explain it" in said


def test_misses_that_never_change_explain_nothing():
    assert "do not explain the speed" in misses_reading(SWEEP, {"L1": [(4, 1), (8, 1), (16, 1.01)]})
    assert misses_reading(SWEEP, {}) == ""


def test_the_lab_offers_the_simulation_and_shows_its_reading(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    caches = (CacheLevel("L1", 2048, 8, 64), CacheLevel("L2", 1 << 16, 8, 64))
    here = replace(machine.detect(), caches=caches)
    monkeypatch.setattr(cached, "machine", lambda: here)
    store_measurements(SWEEP)
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    app = open_page("lab", size="64", kernels="compiled_tiled")
    assert re.fullmatch(r"Simulate the misses \(about \d+ s\)", app.button("simulate").label)
    app.button("simulate").click().run()
    wanted = [Traversal.from_dict(one) for one in asked[0]["traversals"]]
    assert [one.block for one in wanted] == [(block,) * 3 for block in BLOCKS]
    from accel_core.cache import cpu_caches

    done = [simulate(one, cpu_caches(here), classify=False) for one in wanted]
    monkeypatch.setattr(jobs, "results", lambda: ("", done))
    app.run()
    assert not app.exception
    assert any("Simulated misses are fewest" in str(text.value) for text in app.markdown)
    assert "simulated misses of compiled_tiled" in app.get("plotly_chart")[0].proto.alt
