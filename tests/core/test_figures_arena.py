"""The arena's pictures and sentences, on invented verdicts."""

from __future__ import annotations

import json
from dataclasses import replace

import arena_verdicts as records
import pytest

from accel_core.arena.event import CurvePoint
from accel_core.arena.files import event
from accel_core.figures import look_for
from accel_core.figures.arena_board import LABEL_PX, MOST, board_figure, most_important
from accel_core.figures.arena_misses import misses_figure
from accel_core.figures.arena_roofline import entry_roofline_figure
from accel_core.model.arena import QUARANTINED, REFUSED, UNSETTLED
from accel_core.readings import arena_board, arena_misses, arena_sizes, arena_text, arena_verdict
from accel_core.readings.arena_board import Line

LOOKS = [look_for(mode, width_px=width) for mode in ("light", "dark") for width in (1030, 350)]


def told(figure: object) -> str:
    return figure.to_json()  # type: ignore[attr-defined, no-any-return]


# -- what others wrote ---------------------------------------------------------------------------------------


def test_what_is_hidden_in_a_text_stands_as_its_code():
    seen = arena_text.plain(records.EVIL)
    assert "\\u202e" in seen and "\\x1b[31m" in seen
    assert not set(seen) & {"\u202e", "\x1b"}
    assert arena_text.plain("a\nb\tc") == "a\nb\tc" and arena_text.plain_name("a\nb") == "a\\nb"
    assert arena_text.plain("e" + "\u0301" * 50) == "e" + "\u0301" * 2
    assert arena_text.plain("x" * 50, 10) == "x" * 10 + "…"
    assert arena_text.plain("\ud800").isascii()


@pytest.mark.parametrize("look", LOOKS)
def test_a_name_on_the_board_is_no_markup(look):
    lines = [Line(records.EVIL_NAME, 50, 49, 51, 1), Line("<script>x</script>", 20, 19, 21, 2, built_on="<i>")]
    figure = board_figure(lines, look)
    texts = [note.text for note in figure.layout.annotations] + [
        t for trace in figure.data for t in trace.hovertext
    ]
    said = "\n".join(texts).replace("<b>", "").replace("</b>", "").replace("<br>", "")
    assert "<" not in said and "\u202e" not in said
    assert "&lt;script&gt;" in said
    assert "\u202e" not in arena_board.board_alt(lines)
    assert "\u202e" not in json.dumps(arena_board.board_rows(lines), ensure_ascii=False)


# -- the board -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", LOOKS)
def test_the_board_has_the_best_on_top_and_the_roof_at_100(look):
    figure = board_figure(records.board(), look)
    heights = {trace.name: trace.y[0] for trace in figure.data}
    assert sorted(heights, key=heights.__getitem__) == ["NumPy", "ada", "bob", "cy", "i, j, k, compiled", "di"]
    roof = [shape for shape in figure.layout.shapes if shape.type == "line" and shape.x0 == shape.x1]
    assert [shape.x0 for shape in roof] == [100]
    assert figure.layout.xaxis.range[1] > 100


def test_those_who_share_a_rank_stand_on_one_ground():
    def grounds(lines: list[Line]) -> int:
        return sum(shape.xref == "paper" for shape in board_figure(lines, LOOKS[0]).layout.shapes)

    apart = [replace(line, rank=at + 1, shared=False) for at, line in enumerate(records.board()[:4])]
    assert (grounds(records.board()), grounds(apart)) == (1, 0)


def test_a_long_board_is_cut_but_for_oneself_and_the_rungs():
    class_ = [Line(f"s{at}", 90 - at, rank=at + 1, own=at == 40) for at in range(60)]
    rungs = records.board()[4:]
    drawn = most_important([*class_, *rungs])
    assert len(drawn) == MOST
    assert {"s40", *(rung.name for rung in rungs)} <= {line.name for line in drawn}
    assert "48 more in the table" in told(board_figure([*class_, *rungs], LOOKS[0]))


def test_the_board_of_another_machine_is_grey_and_says_so():
    figure = board_figure(records.board(), LOOKS[0], stale="Another machine (EPYC)")
    banner = next(note for note in figure.layout.annotations if "EPYC" in note.text)
    assert banner.yshift >= LABEL_PX, "it stands above the name of the roof"
    assert {trace.marker.color for trace in figure.data} == {LOOKS[0].stale}
    assert "Another machine (EPYC)" in told(figure) and "that machine" in told(figure)


def test_an_empty_board_says_what_will_stand_there():
    assert "Nobody has handed in yet" in told(board_figure([], LOOKS[0])).replace("<br>", " ")
    assert "empty" in arena_board.board_alt([])
    assert arena_board.board_reading([]) == ""


def test_the_sentence_of_the_board_holds_its_best_against_the_rungs():
    said = arena_board.board_reading(records.board())
    assert "**68.2** of 100 (interval 66.9 to 69.4)" in said
    assert "“NumPy” is ahead with 83.0" in said and "34.1 times the score of “i, j, k, compiled”" in said
    tied = [replace(line, rank=1, shared=True) for line in records.board()[:2]]
    assert "2 share the first rank" in arena_board.board_reading(tied)
    assert [row["Rank"] for row in arena_board.board_rows(records.board())] == ["1", "2=", "2=", "4"]


# -- an entry ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("made", [records.verdict(), records.streaming()], ids=["product", "streaming"])
def test_no_dot_of_an_entry_stands_above_the_roof_it_is_held_against(look, made):
    points = arena_sizes.points_of(made)
    figure = entry_roofline_figure(points, look)
    named = {note.text.split("  ")[0] for note in figure.layout.annotations}
    assert {point.name for point in points} <= named
    for point in points:
        slope = arena_sizes.slopes_of(points).get(point.level, float("inf"))
        roof = min(arena_sizes.peak_of(points) or float("inf"), slope * point.intensity)
        assert point.roof_flop_per_s == pytest.approx(roof)
        assert point.low < point.flop_per_s < point.high <= roof
    assert all(point.said in arena_sizes.points_alt(points) for point in points)


def test_an_entry_without_times_has_a_sentence_in_place_of_its_dots():
    assert "as soon as one was timed" in told(entry_roofline_figure((), LOOKS[0])).replace("<br>", " ")
    unmeasured = records.verdict(sizes=(records.size(time_s=None), records.size(roof_s=None)))
    assert arena_sizes.points_of(unmeasured) == ()


def test_the_table_has_a_row_a_size_with_its_share_of_the_roof():
    rows = arena_sizes.size_rows(records.verdict())
    assert [row["Share of roof"] for row in rows] == list(records.SHARES)
    assert [row["Drawn"] for row in rows] == ["no", "no", "no", "no", "yes"]
    assert rows[0]["GFLOP/s"] == 48 and rows[0]["Bound by"] == "compute"
    assert "Note" not in rows[0] and "95 % interval" in rows[0]  # no size has a note
    (row,) = arena_sizes.size_rows(records.verdict(sizes=(records.size(ranked=False, note="too short"),)))
    assert row["Note"] == "not ranked: too short"


def test_a_trial_says_how_little_its_interval_is_worth_and_where_points_come_from():
    entry, trial = records.verdict(), records.verdict(tried=True)
    assert arena_verdict.verdict_beside(trial) == "75 % interval 56.2 to 58.9, tried, not handed in"
    assert arena_verdict.verdict_beside(entry) == "95 % interval 56.2 to 58.9, handed in"
    names = {name for row in arena_sizes.size_rows(trial) for name in row}
    assert "75 % interval" in names and "95 % interval" not in names
    curved = event("matmul-one")
    assert "Points come with handing in" in arena_sizes.curve_text(trial, curved)
    assert arena_sizes.curve_text(entry, curved) == ""  # its rungs were others
    assert arena_sizes.curve_text(trial, replace(curved, curve=())) == ""
    anchored = replace(curved, curve=(CurvePoint(0, score=0.0), CurvePoint(100, score=100.0)))
    assert "that is 57.6 points" in arena_sizes.curve_text(trial, anchored)


def test_a_score_is_the_product_that_it_says():
    found = arena_sizes.why(records.verdict(), 1e-4)
    assert found is not None
    assert arena_sizes.why_numbers(found) == "100 × (0.800 × 0.750 × 0.700 × 0.500 × 0.300)^(1/5) = 57.5"
    said = arena_sizes.why_reading(found, 1e-4)
    assert "worst size is 129×2048×127, with 0.300" in said and "67.7" in said and "floor" not in said
    nothing = arena_sizes.why(records.verdict(sizes=(records.size(score=1e-9), records.size())), 1e-4)
    assert nothing is not None and "1 size counts as 0.0001" in arena_sizes.why_reading(nothing, 1e-4)
    assert nothing.shares == (1e-4, 0.5)
    assert arena_sizes.why(records.verdict(score=None), 1e-4) is None


@pytest.mark.parametrize("look", LOOKS)
def test_misses_stand_beside_the_bound_and_the_orders_of_loops(look):
    found = arena_misses.misses_of(records.counted())
    figure = misses_figure(found, look)
    places = {trace.name: list(trace.x) for trace in figure.data}
    assert places.pop("the order that was judged") == pytest.approx([2, 4, 1 / 0.6], rel=1e-3)
    assert list(places.values()) == [[9, 9, 9], [2.5, 2.5, 2.5]]
    assert [shape.x0 for shape in figure.layout.shapes if shape.x0 == shape.x1] == [1]
    said = arena_misses.misses_reading(found)
    assert "At 90×90×90 it makes **1.67** times" in said and "at 128×128×128 **4.00** times" in said
    assert said.endswith("Fewer at every size than: Compiled loops, ijk.")
    assert "96×96×96: 192,000 misses, 2.00 times as many" in arena_misses.misses_alt(found)
    assert arena_misses.misses_of(records.verdict()) == ()
    (words,) = misses_figure((), look).layout.annotations
    assert "as soon as they are counted" in words.text.replace("<br>", " ")


def test_the_table_of_an_order_has_its_misses_by_array_and_those_of_loops():
    row = arena_sizes.size_rows(records.counted())[0]
    assert row["Misses"] == 192_000 and row["No order has fewer"] == 96_000 and row["Misses B"] == 20
    assert row["Order of compiled_tiled"] == 240_000
    found = arena_sizes.why(records.counted(), 1e-4)
    assert found is not None and len(found.shares) == 2  # the drawn one is not scored
    assert "bound" in arena_sizes.why_formula(records.counted())


def test_facts_of_the_code_are_taken_for_numbers_only():
    assert arena_sizes.facts_of(records.verdict()) == {
        "Threads": "1",
        "Lines of code": "23",
        "Widest vector": "256 bit",
        "Empty call": "6.00 µs",
    }
    forged = records.verdict(facts={"threads": "<b>1</b>", "lines": True, "vector_bits": "<i>"}, null_s=None)
    assert arena_sizes.facts_of(forged) == {}
    scalar = records.verdict(facts={"vector_bits": None}, null_s=None)
    assert arena_sizes.facts_of(scalar) == {"Widest vector": "none"}


@pytest.mark.parametrize(
    ("more", "headline", "stages"),
    [
        ({}, "57.6 of 100", "passed passed passed passed passed"),
        (
            {"verdict": REFUSED, "stage": "tests", "score": None},
            "Refused at the step “Tests”",
            "passed passed passed failed ahead",
        ),
        ({"verdict": REFUSED, "stage": "read"}, "Refused at the step “Read”", "failed ahead ahead ahead ahead"),
        ({"verdict": QUARANTINED}, "Faster than the machine", "passed passed passed passed passed"),
        ({"verdict": UNSETTLED}, "Right, but not scored yet", "passed passed passed passed passed"),
    ],
)
def test_a_verdict_is_one_line_and_the_steps_that_were_passed(more, headline, stages):
    made = records.verdict(**more)
    assert arena_verdict.verdict_headline(made) == headline
    assert " ".join(arena_verdict.stages_of(made).values()) == stages


def test_the_last_step_of_an_order_counts_misses():
    assert arena_verdict.stage_title(records.counted(), "times") == "Misses"
    assert arena_verdict.stage_title(records.verdict(), "times") == "Times"


def test_a_small_matrix_of_a_failing_input_becomes_a_table():
    assert arena_verdict.failing_rows("[[1, 2],\n [3, nan]]") == [{"0": "1", "1": "2"}, {"0": "3", "1": "nan"}]
    assert arena_verdict.failing_rows("a message") is None and arena_verdict.failing_rows("1 2\n3") is None
    assert arena_verdict.blocks("[[1 2]\n [3 4]]\n[5 6] and more") == ["[[1 2]\n [3 4]]", "[5 6]", "and more"]
    assert arena_verdict.blocks("no arrays") == ["no arrays"]
    made = records.verdict(failing={"got": "1", "expected": "2", "extra": "<b>"})
    assert list(arena_verdict.failing_parts(made)) == ["expected", "got"]
