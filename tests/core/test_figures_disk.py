"""The disk in pictures: a level below DRAM, and a slope of the roofline where it is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from disk_records import a_disk
from figure_records import ceilings, ladder, machine, measurement, peaks

from accel_core.cli import main
from accel_core.figures import PAPER, hierarchy_alt, hierarchy_figure, look_for, roofline_figure
from accel_core.figures.drawing.look import LEVEL_DASHES
from accel_core.machine import detect
from accel_core.readings.scene import scene
from accel_core.roofline import judge
from accel_core.store import Store

MACHINE, PEAKS, DISK = machine(), peaks(), a_disk(read=1.5e9, write=9e8)


def said(figure: object) -> str:
    return "\n".join(str(one.text) for one in figure.layout.annotations)  # type: ignore[attr-defined]


def test_the_disk_stands_below_dram_with_its_rates_and_its_latency_in_cycles() -> None:
    figure = hierarchy_figure(MACHINE, PEAKS, PAPER, disk=DISK)
    assert "<b>Disk</b>  ext4 on vda" in said(figure) and "1.50 GB/s read, 900 MB/s written" in said(figure)
    assert "75.0 µs, " in said(figure) and "cycles" in said(figure)
    boxes = {one.text.split("<br>")[0]: one.y for one in figure.layout.annotations}
    disk, dram = (next(y for text, y in boxes.items() if name in text) for name in ("Disk", "DRAM"))
    assert disk > dram  # the sheet's rows are counted from the top
    bands = [s.x1 - s.x0 for s in figure.layout.shapes if s.line.width == 0]
    assert bands == sorted(bands, reverse=True) and len(bands) == len(MACHINE.caches) + 2
    hover = next(one for one in figure.data if one.name == "levels").hovertext
    assert "read, blocks of 4 MiB, 4 at once: 1.50 GB/s" in hover[-1]
    assert hierarchy_alt(MACHINE, PEAKS, disk=DISK).endswith(
        "disk ext4 on vda, 1.50 GB/s read, 900 MB/s written."
    )


def test_without_a_disk_the_picture_is_as_it_was() -> None:
    assert "Disk" not in said(hierarchy_figure(MACHINE, PEAKS, PAPER))
    assert "disk" not in said(hierarchy_figure(MACHINE, PEAKS, PAPER))


@pytest.mark.parametrize("width", [1030, 360])
def test_a_disk_of_which_little_is_known_fits_too(width: int) -> None:
    bare = replace(DISK, filesystem="", device="", latency=None, rates=())
    figure = hierarchy_figure(MACHINE, None, look_for("dark", width_px=width), disk=bare)
    assert "unknown file system" in said(figure) and "latency not measured" in said(figure)


def test_the_roofline_has_the_slope_only_where_it_is_given_and_no_point_is_judged_by_it() -> None:
    given = (MACHINE, ceilings(), ladder(), PAPER)
    plain, asked = (roofline_figure(*given, workloads=(), disk=one) for one in (None, DISK.roof()))
    lines = {one.name: one for one in asked.data}
    assert "read_disk" not in {one.name for one in plain.data} and "read_disk" in lines
    assert lines["read_disk"].line.dash == LEVEL_DASHES["disk"]
    label = next(one for one in asked.layout.annotations if "disk 1.50 GB/s" in str(one.text))
    assert label.xanchor == "left", "to the left the labels of the nearest levels would be cut"
    assert "disk 1.50 GB/s" in said(asked) and "O_DIRECT" in said(asked) and "disk" not in said(plain)
    slow = measurement("numpy", 1e6)
    assert judge(slow, ceilings(), MACHINE) == judge(slow, [*ceilings(), DISK.roof()], MACHINE)  # type: ignore[list-item]


def test_the_frame_reaches_the_ridge_of_the_disk() -> None:
    slow = a_disk(read=1e7).roof()
    plain, view = scene(ceilings(), "float32", 1), scene(ceilings(), "float32", 1, slow)
    assert plain is not None and view is not None and slow is not None
    assert plain.x[1] < view.peak / slow.value < view.x[1]


def test_the_command_draws_it_or_says_what_to_measure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here, store, target = detect().fingerprint, Store(), tmp_path / "roofline.html"
    for part in PEAKS.ceilings:
        store.save_peak(here, PEAKS.environment, part)
    asked = ["roofline", "--html", str(target), "--disk", "--json"]
    assert main(asked) == 1 and "run `accel disk FOLDER` first" in capsys.readouterr().err
    for disk in (DISK, replace(DISK, id="2", created="2026-11-29T00:00:00+00:00", way="memory")):
        store.save("disk", disk, here)
    assert main(asked) == 0 and json.loads(capsys.readouterr().out)["html"] == str(target)
    assert "read_disk" in target.read_text(encoding="utf-8")
