"""A product on a disk as a picture and in words, and as the store keeps it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from out_of_core_records import a_run

from accel_core.cli.out_of_core import memory, text_of
from accel_core.figures import look_for
from accel_core.figures.out_of_core import EMPTY, out_of_core_figure
from accel_core.readings import out_of_core as said
from accel_core.store import Store


def test_the_picture_has_a_dot_and_a_ring_for_each_block_under_the_disks_roof() -> None:
    runs = [a_run(256, slower=1.1), a_run(1024, slower=1.1)]
    figure = out_of_core_figure(runs, look_for())
    drawn = {trace.name: trace for trace in figure.data}
    assert list(drawn["measured"].x) == list(drawn["predicted"].x) == [256, 1024]
    assert [p / m for p, m in zip(drawn["predicted"].y, drawn["measured"].y, strict=True)] == pytest.approx(
        [1.1, 1.1]
    )
    roof = dict(said.roof_under(runs[0]))
    assert list(drawn["disk, 1.00 GB/s"].x) == list(roof)
    assert roof[256] == pytest.approx(2 * 8192**3 / (2 * 32 * 8192**2 * 4) * 1e9)
    assert all(run.flop_per_s < roof[run.block] for run in runs)


def test_the_picture_keeps_its_legend_off_the_buttons_and_its_rings_whole() -> None:
    figure = out_of_core_figure([a_run(256), a_run(1024)], look_for())
    assert figure.layout.legend.y < 0 and figure.layout.legend.yanchor == "top"
    assert all(trace.cliponaxis is False for trace in figure.data if trace.mode == "markers")
    assert figure.layout.annotations[0].bgcolor  # it stands where the disk's roof comes up


def test_without_a_run_the_picture_says_what_to_do() -> None:
    assert EMPTY.split("`")[1] in out_of_core_figure([], look_for()).layout.annotations[0].text


def test_only_runs_of_the_newest_job_are_drawn_together() -> None:
    old = replace(a_run(512), disk_id="0", created="2026-11-27T08:00:00+00:00")
    new = [a_run(1024), a_run(256)]
    assert said.together([old, *new]) == [new[1], new[0]]
    assert said.together([]) == []


def test_what_held_a_product_back_is_said() -> None:
    assert "nothing was multiplied" in said.held_back(a_run(128))
    assert "hid behind" in said.held_back(a_run(1024))
    slow = replace(a_run(1024), waited_s=0.0, write_s=a_run(1024).time_s / 2)
    assert "writing finished blocks" in said.held_back(slow)


def test_what_reading_takes_of_the_multiplications_is_said_where_it_was_measured() -> None:
    run = a_run(1024)
    assert "longer" not in said.prediction(run)
    shared = replace(run, read_cost_s_per_byte=2 / run.read_bytes)
    assert "and 2.00 s longer for reading meanwhile" in said.prediction(shared)


def test_a_prediction_holds_within_a_quarter() -> None:
    assert said.agrees(a_run(slower=1.24)) and said.agrees(a_run(slower=0.81))
    assert not said.agrees(a_run(slower=1.4)) and not said.agrees(a_run(slower=0.75))


def test_a_run_that_others_kept_from_its_processors_says_so() -> None:
    held = replace(a_run(512), kept_off=0.4)
    assert "40 %" in held.disturbed_reason and "40 %" in said.disturbed([a_run(), held])
    assert said.disturbed([a_run(), replace(a_run(), kept_off=None)]) == ""
    told = text_of([a_run(), held])
    assert told.index(said.disturbed([a_run(), held])) < told.index(said.held_back(held))
    assert "times as long" not in told and said.reading([held, a_run()]) == said.held_back(held)


def test_a_wrong_block_is_told_by_what_it_costs() -> None:
    text = said.cost_of_a_wrong_block([a_run(1024), a_run(128)])
    assert "reads 8.00 times as much" in text
    assert said.cost_of_a_wrong_block([a_run(1024)]) == ""
    assert said.reading([a_run(1024)]) == said.held_back(a_run(1024))


def test_the_command_tells_each_block_and_what_held_it_back() -> None:
    text = text_of([a_run(1024), a_run(128)])
    assert "8192 x 8192 in float32, tiles of 128" in text
    assert text.count("Predicted") == 2 and "times as long" in text and "100 % of" in text


@pytest.mark.parametrize(("typed", "size_bytes"), [("512M", 512 << 20), ("1.5g", 3 << 29), ("4096", 4096)])
def test_memory_is_typed_with_a_unit(typed: str, size_bytes: int) -> None:
    assert memory(typed) == size_bytes


@pytest.mark.parametrize("typed", ["", "M", "-1M", "12Q", "nanM", "infG", "0"])
def test_what_is_no_amount_of_memory_is_refused(typed: str) -> None:
    with pytest.raises(Exception, match="no amount of memory"):
        memory(typed)


def test_the_store_keeps_a_run(tmp_path: object) -> None:
    store = Store(f"sqlite:///{tmp_path}/r.db")
    run = a_run()
    store.save("out_of_core_run", run, "f")
    assert store.out_of_core_runs("f") == [run] and store.out_of_core_runs("g") == []
