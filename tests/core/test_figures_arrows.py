"""The arrows of a ladder: one a change, short ones near the bars, and never two on one another."""

from __future__ import annotations

from itertools import combinations
from types import SimpleNamespace
from typing import Any

import figure_records as records
import pytest

from accel_core import registry
from accel_core.figures import PAPER, Look, ladder_figure, look_for
from accel_core.figures.arrows import arrows_px, changes
from accel_core.model import Measurement, Workload


def rows(workload: Workload) -> list[Any]:
    return [SimpleNamespace(kernel=kernel) for kernel in workload.kernels]


@pytest.mark.parametrize("workload", registry.WORKLOADS, ids=lambda w: w.name)
def test_each_rung_but_the_first_has_an_arrow_from_the_rung_that_it_changes(workload: Workload) -> None:
    kernels = list(workload.kernels)
    expected = {(kernels.index(workload.before(k)), kernels.index(k)) for k in kernels if workload.before(k)}
    assert {(a.start, a.end) for a in changes(workload, rows(workload))} == expected


@pytest.mark.parametrize("workload", registry.WORKLOADS, ids=lambda w: w.name)
def test_no_two_arrows_of_different_rungs_lie_on_each_other(workload: Workload) -> None:
    for one, other in combinations(changes(workload, rows(workload)), 2):
        if one.lane == other.lane and one.start != other.start:
            assert one.end <= other.start or other.end <= one.start


def test_neighbours_lie_nearest_and_a_longer_arrow_further_out_than_one_inside_it() -> None:
    matmul = registry.workload("matmul")
    found = changes(matmul, rows(matmul))
    assert all((a.lane == 0) == (a.end - a.start == 1) for a in found)
    longest = max(found, key=lambda a: a.end - a.start)
    assert longest.lane == max(a.lane for a in found)


def test_the_margin_of_the_figure_holds_every_lane() -> None:
    matmul = registry.workload("matmul")
    times: list[Measurement] = [records.measurement(k.name, 1e9) for k in matmul.kernels]
    figure = ladder_figure(matmul, times, (), PAPER)
    outermost = -min(a.xshift for a in figure.layout.annotations if a.showarrow)
    assert outermost < figure.layout.margin.l == arrows_px(changes(matmul, rows(matmul)))


def test_a_rung_whose_forerunner_is_not_shown_has_no_arrow() -> None:
    matmul = registry.workload("matmul")
    assert changes(matmul, rows(matmul)[7:8]) == ()


def test_a_phone_shows_a_disturbed_rung_by_its_cross_alone() -> None:
    matmul = registry.workload("matmul")
    times = [records.measurement("numpy", 1e9, disturbed=True, disturbed_reason="steal")]

    def drawn(look: Look) -> tuple[bool, bool]:
        figure = ladder_figure(matmul, times, (), look)
        said = any("(disturbed)" in a.text for a in figure.layout.annotations)
        return said, any(trace.name == "disturbed timing" for trace in figure.data)

    assert drawn(PAPER) == (True, True) and drawn(look_for("light", width_px=350)) == (False, True)
