"""The page Traversal without a browser: what goes to the player, what the reading says, what links may ask."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from conftest import Open
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput

from accel_core.cache import CLASSROOM, CacheGeometry, Traversal, simulate, trace
from accel_core.cache.stream.traversal import ORDERS
from accel_core.figures.drawing.look import contrast, look_for
from accel_core.figures.drawing.outcomes import OUTCOME_HATCHES, OUTCOME_TITLES, OUTCOMES, outcome_colours
from accel_core.model import Machine
from accel_core.studies.traversals import traversal_reading
from app.traversal import choices
from app.traversal import picture as traversal_page
from app.traversal import runs as traversal_runs
from app.traversal import window as traversal_window
from app.traversal.player import assets, rest
from app.traversal.player.payload import KINDS, Lane, describe, pack, payload

PLAIN = {
    "order": "ijk",
    "beside": "ikj",
    "n": 8,
    "tiles": "none",
    "cache": "classroom",
    "visit": "loops",
    "layout": "row",
    "pad": 0,
}


def unpacked(text: str) -> NDArray[np.generic]:
    kind, _, body = text.partition(":")
    return np.frombuffer(base64.b64decode(body), KINDS[kind])


def lane(order: str = "ijk", size: int = 8) -> Lane:
    return Lane(order, trace(Traversal((size, size, size), order), CLASSROOM))


def said(app: AppTest) -> str:
    return "\n".join(e.value for e in app.markdown)


def warnings(app: AppTest) -> str:
    return "\n".join(e.value for e in app.warning)


# -- what goes down ------------------------------------------------------------------------------------------


def test_the_browser_gets_the_trace_as_it_is():
    shown = lane()
    plain = describe(shown)
    steps = {name: unpacked(text) for name, text in plain["steps"].items()}
    events = {name: unpacked(text) for name, text in plain["events"].items()}
    assert np.array_equal(steps["operand"] >> 1, shown.trace.operand)
    assert np.array_equal(steps["operand"] & 1, shown.trace.is_write)
    assert np.array_equal(np.stack([steps["row"], steps["column"]], axis=1), shown.trace.element)
    assert np.array_equal(np.stack([steps[axis] for axis in "ijk"], axis=1), shown.trace.index)
    first = steps["first"][:-1]
    assert not events["level"][first].any(), "each access begins with the first level"
    assert np.array_equal(events["line"][first], shown.trace.line[0])
    assert np.array_equal(events["outcome"][first], shown.trace.outcome[0])
    assert np.array_equal(events["evicted"][first], shown.trace.evicted[0])
    assert steps["first"][-1] == len(events["level"])


@pytest.mark.parametrize("order", ORDERS)
def test_two_lanes_of_5000_steps_are_far_less_than_a_megabyte(order: str):
    lanes = [lane(order, 16), lane("ijk", 16)]
    assert [len(one.trace) for one in lanes] == [5000, 5000]
    assert len(json.dumps(payload(lanes, 0, ""))) < 600_000


def test_values_that_do_not_fit_their_kind_are_refused():
    assert unpacked(pack([0, 65535], "u16")).tolist() == [0, 65535]
    with pytest.raises(OverflowError, match="65536"):
        pack([0, 65536], "u16")
    with pytest.raises(OverflowError, match="-1"):
        pack([-1], "u8")


def test_the_id_changes_with_what_is_shown_and_not_with_the_step():
    ids = [payload([lane(order)], step, foot)["id"] for order, step, foot in
           (("ijk", 0, "x"), ("ijk", 7, "x"), ("ikj", 0, "x"), ("ijk", 0, "y"))]  # fmt: skip
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


# -- the script ----------------------------------------------------------------------------------------------


def test_every_module_of_the_script_is_joined_after_what_it_imports():
    files = sorted(path.stem for path in (assets.FOLDER / "js").glob("*.js"))
    assert files == sorted(assets.MODULES)
    for place, name in enumerate(assets.MODULES):
        assert set(assets.IMPORT.findall(assets.read(f"js/{name}.js"))) <= set(assets.MODULES[:place]), name


def test_the_joined_script_exports_one_function_and_defines_each_name_once():
    script = assets.script()
    assert re.findall(r"^(?:import|export) .*", script, re.MULTILINE) == [
        "export default function render({ data, parentElement, setStateValue }) {"
    ]
    names = re.findall(r"^(?:export default )?(?:const|let|class|function) (\w+)", script, re.MULTILINE)
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)


def test_the_component_asks_no_other_computer_for_anything():
    texts = [assets.script(), assets.read("player.html"), assets.read("player.css")]
    outside = [url for text in texts for url in re.findall(r"https?://[^\s\"'`]+", text)]
    assert set(outside) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"\beval\(|new Function|innerHTML", texts[0])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_outcomes_stand_out_from_the_background_and_are_told_apart_without_colour(mode: str):
    colours, background = outcome_colours(mode), look_for(mode).background
    assert set(colours) == set(OUTCOME_TITLES) == set(OUTCOME_HATCHES) >= set(OUTCOMES)
    assert all(contrast(colour, background) >= 3 for colour in colours.values())
    kinds = OUTCOMES[1:]
    assert len({OUTCOME_HATCHES[kind] for kind in kinds}) == len(kinds)
    shades = [contrast(colours[kind], background) for kind in kinds]
    assert all(later > 1.5 * earlier for earlier, later in pairwise(shades))


# -- what the controls ask for -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beside", "titles"),
    [
        ("nothing", ["ikj, blocks of 4, padded by 1"]),
        ("ikj", ["ikj, blocks of 4, padded by 1"]),
        ("jki", ["ikj, blocks of 4, padded by 1", "jki, blocks of 4, padded by 1"]),
        ("without blocks", ["ikj, blocks of 4, padded by 1", "ikj, padded by 1"]),
        ("without padding", ["ikj, blocks of 4, padded by 1", "ikj, blocks of 4"]),
        ("other layout", ["ikj, blocks of 4, padded by 1", "ikj, blocks of 4, by columns, padded by 1"]),
    ],
)
def test_the_second_traversal_differs_in_one_thing_or_is_left_out(beside: str, titles: list[str]):
    values = {**PLAIN, "order": "ikj", "tiles": "4", "pad": 1, "beside": beside}
    assert [name for name, _ in choices.traversals(values)] == titles


# -- the reading ---------------------------------------------------------------------------------------------


def test_the_reading_names_the_winner_the_operand_and_the_reason():
    named = [(order, simulate(Traversal((16,) * 3, order), CLASSROOM)) for order in ("jki", "ikj")]
    text = traversal_reading(named)
    slow, fast = (whole.levels[0].total.misses for _, whole in named)
    assert text.startswith(
        f"**ikj** wins: over the whole product it misses L1 {fast:,} times, **jki** {slow:,}"
    )
    assert f"{slow / fast:.3g} times as often" in text
    assert "The innermost loop (i) moves 64 bytes" in text


def test_the_reading_says_what_no_order_can_avoid():
    roomy = (CacheGeometry(4096, 256, 16),)
    whole = simulate(Traversal((2, 2, 2)), roomy)
    assert "every miss is the first touch" in traversal_reading([("ijk", whole)])
    assert traversal_reading([("ijk", whole), ("ikj", whole)]).startswith("Both miss L1 3 times")


# -- the page ------------------------------------------------------------------------------------------------


def test_the_page_asks_its_question_and_reads_its_numbers(open_page: Open):
    app = open_page("traversal")
    assert [title.value for title in app.title] == ["What does the cache see?"]
    assert "**ikj** wins" in said(app)
    assert not app.warning and not app.error


def test_a_link_sets_the_controls(open_page: Open):
    app = open_page("traversal", order="jki", beside="nothing", n="16", tiles="4", pad="1")
    assert "**jki, blocks of 4, padded by 1** misses L1 in" in said(app)


@pytest.mark.parametrize(
    ("link", "sentence"),
    [
        ({"step": "99999"}, "step=99999: it can be 0 to 1600; shown is 1600"),
        ({"step": "soon"}, "step=soon: it can be 0 to 1600; shown is 0"),
        ({"order": "kkk"}, "order=kkk"),
        ({"n": "9999"}, "n=9999"),
        ({"cache": "<script>"}, "cache=?script?"),
    ],
)
def test_a_link_that_asks_for_the_impossible_is_answered_in_a_sentence(
    open_page: Open, link: dict[str, str], sentence: str
):
    app = open_page("traversal", **link)
    assert sentence in warnings(app)
    assert not app.error


def test_a_long_trace_says_which_steps_play():
    def footer(start: int, **values: object) -> str:
        wanted = choices.traversals({**PLAIN, **values})
        return traversal_page.footer("classroom", traversal_runs.runs(wanted, CLASSROOM, start))

    assert "Shown are accesses 1 to 5,000 of 8,704 (ijk)." in footer(0, n=16, beside="nothing")
    later = footer(8000, n=16)
    assert "Shown are accesses 8,001 to 8,704 of 8,704 (ijk) and 8,001 to 12,544 of 12,544 (ikj)." in later
    assert "accesses 10,001 to 12,544 of 12,544 (ikj)." in footer(10_000, n=16)
    assert "Shown" not in footer(0)


def test_where_nothing_is_evicted_the_page_says_why_and_offers_where_something_is(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    large = (CacheGeometry(49152, 12), CacheGeometry(1 << 20, 16))
    monkeypatch.setattr(choices, "known_caches", lambda machine: large)
    app = open_page("traversal", cache="this CPU")
    assert "fit in L1 (48 KiB): after the first touch of a line nothing is evicted" in said(app)
    (later,) = [button for button in app.button if button.label.startswith("Show N=")]
    assert later.label == "Show N=128, later on"
    later.click().run()
    start, step = window(app)
    ijk = 2 * 128 * 128 + 2 * 128
    assert step == ijk + ijk // 2 and start <= step <= start + LENGTH
    assert "nothing is evicted" not in said(app) and not app.exception


def test_a_cache_that_evicts_is_not_explained_away():
    wanted = choices.traversals(PLAIN)
    assert traversal_runs.quiet(traversal_runs.runs(wanted, CLASSROOM)) is None
    crowded = (CacheGeometry(1024, 1, 16),)
    assert traversal_runs.quiet(traversal_runs.runs(wanted, crowded)) is None, "large enough, but lines collide"
    roomy = (CacheGeometry(1 << 30, 16),)
    assert traversal_runs.quiet(traversal_runs.runs(wanted, roomy)) is None, "no size on offer would fill it"


# -- windows of a long traversal -------------------------------------------------------------------------------


def test_a_later_window_brings_what_the_caches_hold_and_what_was_counted_before_it():
    shown = Lane("ijk", trace(Traversal((16,) * 3), CLASSROOM, 5000, 3000))
    plain = describe(shown)
    assert (plain["start"], plain["total"]) == (3000, 8704)
    for number, level in enumerate(plain["levels"]):
        content, held = unpacked(level["content"]), shown.trace.held[number]
        assert np.array_equal(content >> 1, held.line) and np.array_equal(content & 1, held.dirty)
        assert level["held"] == len(content) == CLASSROOM[number].lines
    assert np.sum(plain["levels"][0]["before"]) == 3000


def test_a_level_too_large_to_draw_says_only_how_much_it_holds():
    large = CacheGeometry(1 << 20, 16)
    (level,) = describe(Lane("ijk", trace(Traversal((32,) * 3), [large], 10, 5000)))["levels"]
    assert level["content"] is None and level["held"] > 0


@pytest.mark.parametrize("order", ["ijk", "kji", "ikj"])
def test_two_late_windows_of_the_largest_size_are_less_than_a_megabyte(order: str):
    caches = (CacheGeometry(49152, 12), CacheGeometry(1 << 20, 16), CacheGeometry(1 << 25, 16))
    traversal = Traversal((max(choices.SIZES),) * 3, order)
    late = Lane(order, trace(traversal, caches, traversal_window.LENGTH, traversal.accesses // 2))
    assert len(json.dumps(payload([late, late], 0, ""))) < 1_000_000


LENGTH = traversal_window.LENGTH


@pytest.mark.parametrize(
    ("step", "start", "begins"),
    [
        (401, 0, 0),
        (LENGTH, 0, 0),
        (LENGTH + 1, 0, LENGTH),
        (7001, 0, 5000),
        (12_544, 0, 10_000),
        (7001, 6500, 6500),
        (6499, 6500, 1500),
        (11_501, 6500, 11_500),
        (3, 6500, 0),
    ],
)
def test_the_window_is_one_that_holds_the_step(step: int, start: int, begins: int):
    assert traversal_window.window(step, start, 12_544, True) == begins
    assert begins <= step <= begins + LENGTH


def window(app: AppTest) -> tuple[int, int]:
    """Where the window begins, and the step that it opens at."""
    place = app.session_state[traversal_window.PLACE]
    return place.start, place.step


def starts(app: AppTest) -> NumberInput:
    return next(box for box in app.number_input if box.label == "Start after access")


def test_a_step_in_a_link_opens_the_window_that_holds_it(open_page: Open):
    app = open_page("traversal", n="16", step="7001")
    assert window(app) == (5000, 7001)
    assert starts(app).value == 5000
    assert not app.warning


def test_a_link_to_a_window_opens_at_its_start_and_keeps_a_step_in_it(open_page: Open):
    assert window(open_page("traversal", n="16", **{"from": "6000"})) == (6000, 6000)
    assert window(open_page("traversal", n="16", step="6001", **{"from": "6000"})) == (6000, 6001)
    assert window(open_page("traversal", n="16", step="3", **{"from": "6000"})) == (0, 3)
    assert window(open_page("traversal", n="16", **{"from": "99999"})) == (12_544, 12_544)


def test_what_the_player_said_once_is_not_followed_again(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    shown: list[dict[str, Any]] = []
    heard: list[tuple[str, int, int]] = []

    def player(data: dict[str, Any], *, key: str) -> tuple[str, int, int] | None:
        shown.append(data)
        return heard[-1] if heard else None

    monkeypatch.setattr(traversal_page, "player", player)
    app = open_page("traversal", n="16", step="5000")
    heard.append((shown[-1]["id"], 5001, 1))
    app.run()
    assert window(app) == (5000, 5001)
    starts(app).set_value(0).run()
    assert window(app) == (0, 0), "the player asked for 5001 in this window, but that is over"
    heard.append((shown[-1]["id"], 5001, 2))
    app.run()
    assert window(app) == (5000, 5001), "the same step, asked for again"


@pytest.mark.parametrize(
    "place",
    [None, 5, "x", [], {"id": 1}, {"id": "a", "step": "x", "at": 1}, {"id": "a", "step": 1e999, "at": 1}],
)
def test_what_is_no_place_is_not_followed(place: object):
    assert rest(place) is None
    assert rest({"id": "a", "step": 7, "at": 1}) == ("a", 7, 1)


@pytest.mark.parametrize(("step", "shown_at"), [(-5, 0), (10**9, 12_544)])
def test_a_step_that_there_is_not_is_the_nearest_one(
    step: int, shown_at: int, open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    shown: list[dict[str, Any]] = []
    heard: list[tuple[str, int, int]] = []

    def player(data: dict[str, Any], *, key: str) -> tuple[str, int, int] | None:
        shown.append(data)
        return heard[-1] if heard else None

    monkeypatch.setattr(traversal_page, "player", player)
    app = open_page("traversal", n="16", step="7001")
    heard.append((shown[-1]["id"], step, 1))
    app.run()
    assert not app.error and window(app)[1] == shown_at


def test_a_link_of_the_page_opens_the_player_anew_even_where_nothing_else_changes(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(traversal_page, "player", lambda data, *, key: shown.append(data))
    app = open_page("traversal")
    link = next(button for button in app.button if "ijk, small" in button.label)
    link.click().run()
    first = shown[-1]
    app.run()
    assert shown[-1]["asked"] == first["asked"]
    link.click().run()
    assert shown[-1]["asked"] != first["asked"]
    assert (shown[-1]["id"], shown[-1]["start"]) == (first["id"], first["start"])


def test_an_iteration_of_the_nest_is_a_place_to_start_and_other_controls_begin_anew(open_page: Open):
    app = open_page("traversal", n="16")
    iterations = next(box for box in app.number_input if box.label == "or at iteration of i")
    assert (iterations.value, iterations.max) == (1, 16)
    iterations.set_value(12).run()
    assert starts(app).value == window(app)[0] == 11 * (2 * 16 * 16 + 2 * 16)
    app.selectbox(key="tiles").set_value("4").run()
    assert window(app) == (0, 0)
    assert [box.label for box in app.number_input] == ["Start after access", "or at block"]
    app.selectbox(key="n").set_value(8).run()
    assert not app.number_input and not app.exception


@pytest.mark.parametrize(("host", "assumed"), [("darwin-m2", True), ("linux-zen5-vm", False)])
def test_what_is_assumed_of_this_cpus_caches_is_said_on_the_page(
    host: str, assumed: bool, open_page: Open, pretend_host: Callable[[str], Machine]
) -> None:
    pretend_host(host)
    app = open_page("traversal", cache="this CPU", n="4")
    assert not app.exception
    told = "L2: its ways are unknown; 8 are assumed."
    assert any(told in caption.value for caption in app.caption) == assumed
