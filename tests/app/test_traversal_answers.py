"""Why ijk falls: which cache answers a step of the innermost loop, what the page says, and its presets."""

from __future__ import annotations

import re
from itertools import chain

import pytest
from conftest import Open

from accel_core.cache import CLASSROOM, CacheGeometry, Simulation, Traversal, simulate
from accel_core.cache.geometry import kept_lines
from accel_core.studies import orders
from accel_core.studies.orders import CASES, answers, conclusion, first_iterations, shares, tiny
from app.parts import simulated
from app.traversal import choices, window

LARGE = (CacheGeometry(49152, 12), CacheGeometry(1 << 20, 16), CacheGeometry(1 << 25, 16))


def test_shares_are_those_of_the_levels_that_have_the_element():
    whole = simulate(Traversal((16,) * 3), CLASSROOM)
    first, second = (level.operands["B"] for level in whole.levels)
    found = answers(whole)
    assert found["L1"] == pytest.approx(first.hits / 16**3)
    assert found["memory"] == pytest.approx(second.misses / 16**3)
    assert sum(found.values()) == pytest.approx(1)


def test_the_second_iteration_is_the_first_two_less_the_first():
    warm, both = (simulate(Traversal((rows, 24, 24)), CLASSROOM) for rows in (1, 2))
    found = answers(both, warm)
    steps = 24 * 24
    misses = both.levels[0].operands["B"].misses - warm.levels[0].operands["B"].misses
    assert found["L1"] == pytest.approx(1 - misses / steps)
    assert sum(found.values()) == pytest.approx(1)


def test_a_column_keeps_as_many_lines_as_the_ways_of_the_sets_that_it_falls_into():
    cache = CacheGeometry(1 << 20, 16)
    assert kept_lines(cache, 8192) == (8, 128)
    assert kept_lines(cache, 8192 + 64) == (1024, 16384)
    assert kept_lines(CLASSROOM[0], 32) == (4, 8)


@pytest.mark.parametrize("stride", [16, 32, 48, 64, 100, 128, 4096])
def test_the_sets_of_a_column_are_counted_one_by_one(stride: int):
    cache = CLASSROOM[1]
    lines = {(number * (stride // cache.line_bytes)) % cache.sets for number in range(1000)}
    assert kept_lines(cache, stride)[0] == len(lines)


def test_small_shares_are_left_out_and_no_line_is_broken_within_one():
    text = shares({"L1": 0.672, "L2": 0.3277, "memory": 0.0003})
    assert text.replace(orders.GAP, " ") == "L1 67.2 %, L2 32.8 %"
    assert len(text.split(" ")) == 2


def test_the_conclusion_names_the_caches_and_gives_the_reason():
    found = [{"L2": 1.0}, {"L3": 1.0}, {"L2": 0.996, "L3": 0.004}, {"L1": 0.9375, "L3": 0.0625}]
    text = conclusion(found, LARGE)
    assert "in **L2** at N=256, and in **L3** at N=2048" in text
    assert "The 2,048 lines of a column lie 8,192 bytes apart" in text
    assert "1 of L1's 64 sets, room for 12, and into 8 of L2's 1,024 sets, room for 128:" in text
    assert "L3's" not in text


def test_where_the_caches_do_not_explain_a_fall_the_conclusion_says_so():
    text = conclusion([{"L1": 1.0}] * 4, [CacheGeometry(1 << 27, 1 << 21)])
    assert "at N=2048 too: its caches do not explain a fall" in text
    assert "bytes apart" not in text


def test_the_four_cases_show_what_they_say_in_the_classroom():
    near, far, blocked, along = (answers(simulate(tiny(case), CLASSROOM)) for case in CASES)
    assert near["L1"] + near["L2"] > 0.9
    assert far["memory"] > 0.9
    assert blocked["L2"] > 0.9
    assert along["L1"] > 0.7


# -- on the page ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_a_preset_plays_its_case_in_the_middle_whatever_was_chosen_before(open_page: Open, case):
    app = open_page("traversal", order="jki", n="16", tiles="8", pad="2", layout="column", step="4")
    app.button(key=f"why {case.label}").click().run()
    place = app.session_state[window.PLACE]
    assert repr(tiny(case)) in place.plan and repr(CLASSROOM) in place.plan
    assert place.step == tiny(case).accesses // 2
    assert place.start <= place.step <= place.start + window.LENGTH
    assert not app.exception and not app.error


def test_this_cpus_shares_appear_once_they_are_simulated(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(choices, "known_caches", lambda machine: LARGE)
    before = "\n".join(text.value for text in open_page("traversal").markdown)
    assert "Classroom, N=32" in before and "This CPU, N=" not in before
    small = {case: tuple(Traversal((rows, 8, 8), case.order) for rows in (1, 2)) for case in CASES}
    monkeypatch.setattr(orders, "first_iterations", small.get)
    monkeypatch.setattr(simulated, "known", lambda wanted, caches: {t: simulate(t, caches) for t in wanted})
    after = "\n".join(text.value for text in open_page("traversal").markdown)
    assert len(re.findall(r"This CPU, N=\d+: L1", after)) == 4
    assert "its caches do not explain a fall" in after


def test_the_button_asks_for_every_iteration_that_is_not_simulated_yet(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(choices, "known_caches", lambda machine: LARGE)
    first, *rest = chain.from_iterable(first_iterations(case) for case in CASES)
    asked: list[Traversal] = []
    job = simulated.job
    monkeypatch.setattr(simulated, "job", lambda missing, caches: asked.extend(missing) or job(missing, caches))
    done: dict[Traversal, Simulation] = {first: simulate(Traversal((1, 8, 8)), CLASSROOM)}
    monkeypatch.setattr(simulated, "known", lambda wanted, caches: done)
    app = open_page("traversal")
    assert re.search(r"Simulate the four .*\(about \d+ s\)", app.button(key="simulate").label)
    assert asked == rest
