"""Event files: what is read, and the sentence that each fault gets."""

from __future__ import annotations

import re
import warnings
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from accel_core import registry
from accel_core.arena.event import DIVISIONS, SPEED, Event
from accel_core.arena.files import VARIABLE, event, events, events_in, read_events
from accel_core.errors import AccelWarning, BadInput

GOOD = """
name = "mine"
title = "My product"
workload = "matmul"
dtype = "float64"
division = "open"
shapes = [[8, 8, 8], [9, 8, 8], [8, 9, 8], [8, 8, 9], [16, 8, 8], [8, 16, 8], [8, 8, 16]]
drawn = [{ shape = [40, 40, 40] }, { shape = [60, 40, 40], spread = 0.1 }, { shape = [40, 60, 40] }]
baselines = ["matmul/compiled_ijk", "matmul/numpy"]
curve = [{ points = 0, score = 0 }, { points = 60, kernel = "matmul/numpy" }, { points = 100, score = 90 }]
deadline = 2027-01-31T18:00:00+01:00
"""


def only(text: str) -> Event:
    (found,) = events_in(text, "mine.toml")
    return found


def test_a_file_is_read_into_an_event() -> None:
    mine = only(GOOD)
    assert (mine.name, mine.kind, mine.dtype, mine.division) == ("mine", SPEED, "float64", "open")
    assert mine.shapes[1] == (9, 8, 8) and mine.drawn[1].spread == 0.1 and mine.drawn[0].spread == 0.05
    assert mine.deadline == "2027-01-31T17:00:00+00:00"
    assert [(p.points, p.score, p.kernel) for p in mine.curve] == [
        (0, 0, ""),
        (60, None, "matmul/numpy"),
        (100, 90, ""),
    ]
    assert Event.from_dict(mine.to_dict()) == mine


def test_a_file_makes_an_event_for_each_of_its_divisions() -> None:
    own = "[divisions.one]\n[divisions.all]\ntitle = 'Threads'\nbaselines = []\ncurve = []\n"
    one, all_threads = events_in(GOOD.replace('division = "open"', "") + own, "mine.toml")
    assert (one.name, one.division, one.title) == ("mine-one", "one", "My product, no library, one thread")
    assert (all_threads.name, all_threads.title, all_threads.baselines) == ("mine-all", "Threads", ())
    assert one.shapes == all_threads.shapes and one.baselines


SHAPES, DRAWN, CURVE = (
    next(line for line in GOOD.splitlines() if line.startswith(key)) for key in ("shapes", "drawn", "curve")
)
SQUARE = [[n, n, n] for n in range(7, 14)]
BANDS = "{ shape = [40, 9, 9] }, { shape = [9, 40, 9] }"

FAULTS: dict[str, tuple[str, str, str]] = {
    "no TOML": ("name = ", "name ", "it is no TOML ("),
    "an unknown entry": ("shapes = ", "shape = ", "There is no entry 'shape'; did you mean 'shapes'?"),
    "a missing entry": ('dtype = "float64"', "", "dtype is missing"),
    "a name that is no slug": ('"mine"', '"My event"', "name is 'My event'; small letters and digits"),
    "a title of two lines": ('"My product"', '"a\\nb"', "title is 'a\\nb'; one line of text"),
    "an unknown workload": (
        '"matmul"\nd',
        '"matmull"\nd',
        "There is no workload 'matmull'; did you mean 'matmul'?",
    ),
    "an unknown type": ('"float64"', '"float16"', "dtype is 'float16'; float32 or float64 is allowed."),
    "an unknown division": ('"open"', '"opem"', "There is no division 'opem'; did you mean 'open'?"),
    "an unknown kind": ('"open"', '"open"\nkind = "spead"', "There is no kind 'spead'; did you mean 'speed'?"),
    "an unknown baseline": ('ijk", ', 'kji", ', "There is no baseline 'matmul/compiled_kji'; did you mean"),
    "baselines that are no list": ('["matmul/compiled_ijk", "matmul/numpy"]', "3", "baselines is 3; a list is"),
    "too few shapes": ("[9, 8, 8], ", "", "shapes has 6 entries; give 7 or more."),
    "a shape twice": ("[9, 8, 8]", "[8, 8, 8]", "shapes has one shape twice"),
    "a shape of another length": ("[9, 8, 8]", "[9, 8]", "shapes has [9, 8]; a shape of matmul is [m, k, n]."),
    "a length of nothing": ("[9, 8, 8]", "[9, 0, 8]", "shapes has k = 0; whole numbers from 1 to 32768"),
    "a length that is not whole": ("[9, 8, 8]", "[9, 8.5, 8]", "shapes has k = 8.5; whole numbers"),
    "no odd length": ("9", "10", "shapes has no odd length; give one or more with an odd m or k or n."),
    "square shapes alone": (SHAPES, f"shapes = {SQUARE}", "shapes are all square; give one or more"),
    "too few bands": (DRAWN, f"drawn = [{BANDS}]", "drawn has 2 bands; give 3 or more."),
    "a band without a choice": (
        "spread = 0.1",
        "spread = 0.001",
        "spread is 0.001, which leaves no other shape",
    ),
    "a band that is too wide": ("spread = 0.1", "spread = 0.9", "spread is 0.9; a number from 0 to 0.5"),
    "a band without a shape": (
        "{ shape = [40, 40, 40] }",
        "{ spread = 0.1 }",
        "drawn has {'spread': 0.1}; each",
    ),
    "a curve of one point": (CURVE, "curve = [{ points = 1, score = 1 }]", "curve has one point"),
    "points that fall": ("points = 100", "points = 50", "curve falls from 60 to 50 points"),
    "a jump": ("score = 90", "score = 0", "curve jumps from 0 to 100 points at score 0; give two scores."),
    "scores that fall": (
        CURVE,
        CURVE.replace("score = 0", "score = 95"),
        "curve goes back from score 95 to 90",
    ),
    "a baseline twice": ("score = 90", 'kernel = "matmul/numpy"', "curve has matmul/numpy twice"),
    "a point at nothing": ("points = 100, score = 90", "points = 100", "curve has {'points': 100}; each entry"),
    "a point at no baseline": (
        '60, kernel = "matmul/numpy"',
        '60, kernel = "numpy"',
        "There is no baseline 'numpy'",
    ),
    "a deadline that is no date": (
        "2027-01-31T18:00:00+01:00",
        '"soon"',
        "deadline is 'soon'; give date, time",
    ),
    "a deadline without a zone": ("18:00:00+01:00", "18:00:00", "deadline is '2027-01-31 18:00:00'; give date"),
    "a floor of nothing": (
        "deadline",
        "floor = 0\ndeadline",
        "floor is 0; a number from 1e-09 to 0.5 is allowed.",
    ),
    "no tries": (
        "deadline",
        "tries_per_hour = 0\ndeadline",
        "tries_per_hour is 0; whole numbers from 1 to 3600",
    ),
    "a cache": (
        "deadline",
        "cache = { ways = 8 }\ndeadline",
        "cache has {'ways': 8}; it needs size_bytes, ways",
    ),
    "a cache where time counts": (
        "deadline",
        "cache = { size_bytes = 4096, ways = 8, line_bytes = 64 }\ndeadline",
        "cache is given; only a misses event has one.",
    ),
    "both ways to say it": ("deadline", "divisions = {}\ndeadline", "division and divisions are both given"),
}
DIVIDED: dict[str, tuple[str, str]] = {
    "[divisions]": "divisions is {}; give tables such as [divisions.one].",
    "[divisions.two]": "There is no division 'two'; there are: one, all, open.",
    "[divisions.one]\nname = 'x'": "divisions.one has name, which follows from its table",
}  # type: ignore[assignment]


def fault_of(text: str) -> str:
    with pytest.raises(BadInput) as fault:
        events_in(text, "mine.toml")
    return str(fault.value)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_that_says_what_is_allowed(fault: str) -> None:
    was, becomes, says = FAULTS[fault]
    assert was in GOOD
    said = fault_of(GOOD.replace(was, becomes))
    assert said.startswith(f"mine.toml: {says}") and said.endswith((".", ").")) and "\n" not in said


@pytest.mark.parametrize("table", DIVIDED)
def test_a_fault_of_the_divisions_is_one_sentence(table: str) -> None:
    said = fault_of(GOOD.replace('division = "open"', "") + table)
    assert said.startswith(f"mine.toml: {DIVIDED[table]}")


MISSES = """
name = "few-misses"
title = "Fewest misses"
kind = "misses"
workload = "matmul"
dtype = "float64"
division = "one"
shapes = [[64, 64, 64]]
cache = { size_bytes = 32768, ways = 8, line_bytes = 64 }
"""


@pytest.mark.parametrize(
    ("was", "becomes", "says"),
    [
        ("cache = ", "floor = 0.1 #", "cache is missing; a misses event needs size_bytes"),
        ('"one"', '"all"', "division is 'all'; a misses event has 'one'."),
        (
            '"matmul"\ndtype = "float64"\ndivision = "one"\nshapes = [[64, 64, 64]]',
            '"gelu"\ndtype = "float64"\ndivision = "one"\nshapes = [[64, 64]]',
            "workload is 'gelu'; a misses event orders matmul.",
        ),
        ("[64,", "[4096,", "size 4096 x 64 x 64 has 16,777,216 triples; 4,000,000 are allowed."),
        ("cache =", 'baselines = ["matmul/numpy"]\ncache =', "There is no order of baseline 'matmul/numpy'"),
        (
            "ways = 8, line_bytes = 64",
            "ways = 1, line_bytes = 16384",
            "Lines of 16384 bytes: use a power of two",
        ),
        ("[[64, 64, 64]]", "[]", "shapes is empty; give one or more."),
        ("32768", "32000", "cache has 32000 bytes, which is no multiple of 8 ways of 64 bytes."),
        ("ways", "way", "There is no entry of cache 'way'; did you mean 'ways'?"),
    ],
)
def test_a_misses_event_has_a_cache_and_few_rules(was: str, becomes: str, says: str) -> None:
    assert only(MISSES).cache is not None
    assert fault_of(MISSES.replace(was, becomes)).startswith(f"mine.toml: {says}")


def test_the_file_in_the_readme_makes_an_event_for_each_division_and_names_every_entry() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    told = readme[
        readme.index("A file in TOML makes a new event.") : readme.index("## How the code is laid out")
    ]
    block = told[told.index("```toml\n") + 8 :]
    made = events_in(block[: block.index("```")], "README.md")
    assert [one.division for one in made] == list(DIVISIONS) and made[0].name == "softmax-week-5-one"
    assert [field.name for field in fields(Event) if not re.search(rf"\b{field.name} = ", told)] == []


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b'name = "\xe9"')
    with pytest.raises(BadInput, match=r"latin\.toml is not UTF-8 text"):
        read_events(path)
    with pytest.raises(BadInput, match=r"none\.toml cannot be read \(No such file"):
        read_events(tmp_path / "none.toml")
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(BadInput, match="larger than 1 MiB"):
        read_events(path)


def test_a_folder_adds_events_and_a_broken_file_takes_none_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built_in = len(events())
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    (tmp_path / "a.toml").write_text(GOOD.replace("float64", "float16"), encoding="utf-8")
    (tmp_path / "b.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "c.toml").write_text(GOOD.replace("mine", "matmul-one"), encoding="utf-8")
    with pytest.warns(AccelWarning) as said:
        found = events()
    assert [one.name for one in found[built_in:]] == ["mine"]
    assert [str(warning.message).split(";")[0] for warning in said] == [
        "a.toml: dtype is 'float16'",
        "c.toml: there is an event 'matmul-one' already",
    ]


def test_a_folder_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "away"))
    with pytest.warns(AccelWarning, match="which is no folder"):
        assert events()


def test_an_unknown_event_is_named_with_the_nearest() -> None:
    assert event("matmul-one").division == "one"
    with pytest.raises(
        BadInput, match=r"There is no event 'matmul-on'; did you mean 'matmul-one'\? There are: "
    ):
        event("matmul-on")
    odd: Any = None
    with pytest.raises(BadInput, match="There is no event None; there are: "):
        event(odd)


# -- the events that come with the program -------------------------------------------------------------------

BUILT_IN = [one for one in events() if one.kind == SPEED]


def test_the_built_in_events_read_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len({one.name for one in events()}) == len(events())


@pytest.mark.parametrize("name", ["matmul", "gelu", "softmax", "layer_norm", "attention"])
def test_each_workload_has_an_event_in_each_division(name: str) -> None:
    mine = [one for one in BUILT_IN if one.workload == name]
    assert [one.name for one in mine] == [f"{name}-{division}" for division in DIVISIONS]
    assert {one.dtype for one in mine} == {"float32"}


LEAST_ROOF_S = 0.9e-3
PEAK, BANDWIDTH = 240e9, 15e9
MOST_BYTES = 200e6


@pytest.mark.parametrize("one", BUILT_IN, ids=lambda one: one.name)
def test_a_built_in_size_takes_a_fast_core_a_millisecond_and_little_memory(one: Event) -> None:
    problem = registry.workload(one.workload)
    for shape in (*one.shapes, *(band.shape for band in one.drawn)):
        bytes_ = problem.least_bytes(shape, one.dtype)
        assert max(problem.flop(shape) / PEAK, bytes_ / BANDWIDTH) >= LEAST_ROOF_S, shape
        assert bytes_ <= MOST_BYTES, shape
