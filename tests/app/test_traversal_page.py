"""The page Traversal without a browser: what goes to the player, what the reading says, what links may ask."""

from __future__ import annotations

import base64
import json
import re
from itertools import pairwise

import numpy as np
import pytest
import traversal_page
from conftest import Open
from numpy.typing import NDArray
from player import assets
from player.payload import KINDS, Lane, describe, pack, payload
from streamlit.testing.v1 import AppTest
from traversal_reading import traversal_reading

from accel_core.cache import CLASSROOM, CacheGeometry, Traversal, simulate, trace
from accel_core.cache.traversal import ORDERS
from accel_core.figures.look import contrast, look_for
from accel_core.figures.outcomes import OUTCOME_HATCHES, OUTCOME_TITLES, OUTCOMES, outcome_colours

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
        assert set(assets.imports(name)) <= set(assets.MODULES[:place]), name


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
    assert [name for name, _ in traversal_page.chosen(values)] == titles


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


def test_a_long_trace_says_that_only_its_first_steps_play():
    found = traversal_page.runs({**PLAIN, "n": 16, "beside": "nothing"}, machine=None)  # type: ignore[arg-type]
    assert "Shown are the first 5,000 of 8,704 accesses (ijk)." in traversal_page.footer("classroom", found)
    short = traversal_page.runs(PLAIN, machine=None)  # type: ignore[arg-type]
    assert "Shown" not in traversal_page.footer("classroom", short)
