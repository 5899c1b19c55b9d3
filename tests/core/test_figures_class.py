"""Pictures of a class: one machine, many, hostile names, and what stands in front."""

from __future__ import annotations

from dataclasses import replace

import pytest
from class_records import classroom, member
from figure_records import workload

from accel_core.figures import PAPER, class_roofline, look_for
from accel_core.figures.class_change import MOST_ROWS, class_change_figure, drawn
from accel_core.figures.class_guesses import class_guesses_figure
from accel_core.figures.class_ladder import class_ladder_figure
from accel_core.figures.class_roofline import BANDED, class_roofline_figure
from accel_core.figures.own_guesses import own_guesses_figure
from accel_core.readings.change import compared
from accel_core.readings.class_guesses import Asked, guesses
from accel_core.readings.class_ladder import strips
from accel_core.readings.members import Guessed, Member, roofed
from accel_core.readings.own_guesses import OwnGuess

MATMUL = workload()
HOSTILE = "<a href='javascript:alert(1)'>x</a>"
ASKED = Asked("library", "How many times?", "times", {})


def rooflines(members: list[Member], **extra: bool):
    found, _ = roofed(members, "matmul", "float32", "one")
    return class_roofline_figure(found, PAPER, workloads=[MATMUL], **extra)


def every(members: list[Member]) -> list:
    """All pictures of a class."""
    later = replace(
        members[-1],
        measurements=tuple(replace(m, id=f"{m.id} new") for m in members[-1].measurements),
    )
    return [
        rooflines(members),
        rooflines(members, shares=True),
        class_ladder_figure(strips(members, MATMUL, 512, "float32", False), PAPER),
        class_guesses_figure(ASKED, guesses(members, "library"), PAPER),
        class_change_figure(compared(members[-1], later), PAPER, workloads=[MATMUL]),
    ]


@pytest.mark.parametrize("machines", [1, 2, 12])
def test_every_picture_of_a_class_has_units_in_its_axes(machines: int) -> None:
    for figure in every(classroom(machines)):
        assert figure.layout.xaxis.title.text and figure.layout.height > 200


def test_nobody_makes_a_sentence() -> None:
    empty = [
        class_roofline_figure([], PAPER, workloads=[MATMUL]),
        class_ladder_figure([], PAPER),
        class_guesses_figure(ASKED, [], PAPER),
        class_change_figure([], PAPER, workloads=[MATMUL]),
        own_guesses_figure([], PAPER),
    ]
    for figure in empty:
        assert "will stand here" in figure.layout.annotations[0].text.replace("<br>", " ")


def test_a_name_is_never_markup() -> None:
    members = [member(0, HOSTILE), *classroom(3)]
    hostile = replace(members[0], machine=replace(members[0].machine, cpu=HOSTILE))
    for figure in every([hostile, *members[1:]]):
        assert HOSTILE not in str(figure.to_dict())


def test_the_own_machine_is_drawn_after_all_others() -> None:
    names = [trace.name for trace in rooflines(classroom(5)).data]
    assert names.index("this machine") > max(at for at, name in enumerate(names) if name == "roof")
    ladder = class_ladder_figure(strips(classroom(5), MATMUL, 512, "float32", False), PAPER)
    own = next(trace for trace in ladder.data if trace.name == "this machine")
    assert len(own.x) == len(MATMUL.kernels) and own.marker.symbol == "diamond"


def test_a_crowd_gets_a_band_and_fainter_lines() -> None:
    few, many = rooflines(classroom(4)), rooflines(classroom(BANDED + 30))
    assert "middle half" not in [t.name for t in few.data] and "middle half" in [t.name for t in many.data]
    faint, strong = (next(t.line.color for t in f.data if t.name == "roof") for f in (many, few))
    assert float(faint.split(",")[-1][:-1]) < float(strong.split(",")[-1][:-1])


def test_more_points_than_a_browser_stays_quick_with_say_nothing_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(class_roofline, "MOST_HOVERS", 20)
    few, many = (
        [bool(trace.hovertext) for trace in rooflines(classroom(machines)).data if trace.mode == "markers"]
        for machines in (2, 6)
    )
    assert any(few) and sum(many) < len(few)


def test_in_shares_every_roof_meets_at_one() -> None:
    roofs = [
        trace for trace in rooflines(classroom(6), shares=True).data if trace.name in ("roof", "this machine")
    ]
    assert len(roofs) == 6
    for trace in roofs:
        assert (trace.x[1], trace.y[1]) == (pytest.approx(1), pytest.approx(1))


def test_outliers_wear_a_ring() -> None:
    ladder = class_ladder_figure(strips(classroom(12), MATMUL, 512, "float32", False), PAPER)
    ring = next(trace for trace in ladder.data if trace.name == "outlier")
    assert ring.marker.symbol == "circle-open" and len(ring.x) >= 1


def test_answers_are_hollow_where_guessed_and_solid_where_found() -> None:
    asked = Asked("c", "Which?", "", {"a": "One", "b": "Other"})
    found = [(member(at), Guessed("a", "b")) for at in range(3)]
    guessed, measured = class_guesses_figure(asked, found, PAPER).data
    assert guessed.marker.color == PAPER.background and measured.marker.color != PAPER.background
    assert (tuple(guessed.x), tuple(measured.x)) == ((3, 0), (0, 3))


def test_an_arrow_leads_from_one_to_the_ratio_and_no_more_rows_than_a_picture_holds() -> None:
    old = member(0)
    quick = tuple(
        replace(m, id="new " + m.id, samples_s=tuple(s / 3 for s in m.samples_s)) for m in old.measurements
    )
    changes = compared(old, replace(old, measurements=quick))
    figure = class_change_figure(changes, PAPER, workloads=[MATMUL])
    arrows = [one for one in figure.layout.annotations if one.showarrow]
    assert len(arrows) == len(changes) and all(one.ax == 0 < one.x for one in arrows)
    assert len(drawn(changes * 3)) <= 3 * MOST_ROWS


def test_own_guesses_fit_a_phone_without_the_numbers() -> None:
    rows = [OwnGuess("One", "times", 10, 12, 11, 13)]
    wide, narrow = (own_guesses_figure(rows, look_for(width_px=px)) for px in (1030, 350))
    assert "guessed 10.0" in wide.layout.annotations[0].text
    assert "guessed" not in narrow.layout.annotations[0].text
