"""Each page as a browser runs it: before a measurement, with records, from a link, and with faults."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import APP, Open
from figure_records import ladder, machine, measurement, peaks, sweep
from records_of import store_ladder, store_measurements, store_peaks, store_sweep
from streamlit.testing.v1 import AppTest

from accel_core import folders, registry
from accel_core.model import Estimate, Sentinel
from accel_core.store import Sampled, Store
from accel_core.studies import experiments
from app import catalogue
from app.lab import picture as lab_page
from app.parts import components, sidebar, tables
from app.roofline import points as roofline_page
from app.roofline.points import said_of_choice
from app.session import cached, jobs, samples, warned

PAGES = {page.name: page.question for page in catalogue.PAGES}
UNDRAWN = ("traversal", "hall", "transformer")
"""The picture of one is a component of its own, which `test_traversal.py` hears; the others ask
for a token or a guess first."""
READING = [page for page in PAGES if page != "hall"]
"""Pages that show what is stored; a lecture hall asks for its token first."""
RECORDED = ("machine", "ladder", "lab", "roofline")
"""Pages of which the sample below has a record."""


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample record of another machine; no entries that were judged there (`test_arena_page.py`)."""
    path = tmp_path / "sample_record.json"
    record = {
        "machine": machine().to_dict(),
        "peaks": peaks().to_dict(),
        "measurements": [m.to_dict() for m in ladder()],
    }
    path.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(samples, "RECORD", path)
    monkeypatch.setattr(samples, "ARENA", tmp_path / "none.json")


def texts(app: AppTest, *kinds: str) -> str:
    """What the page says in alerts, or in `kinds` of elements."""
    return "\n".join(str(e.value) for kind in kinds or ("info", "warning", "error") for e in app.get(kind))


def alts(app: AppTest) -> list[str]:
    """The spoken descriptions of the figures."""
    return [chart.proto.alt for chart in app.get("plotly_chart")]


def test_each_page_stands_in_the_table_of_the_readme_with_its_question() -> None:
    table = (APP.parent / "README.md").read_text(encoding="utf-8")
    assert [p.title for p in catalogue.PAGES if f"| **{p.title}** | {p.question} |" not in table] == []


@pytest.mark.parametrize("page", PAGES)
def test_each_page_asks_its_question_and_every_figure_can_be_heard(open_page: Open, page: str):
    app = open_page(page)
    assert [title.value for title in app.title] == [PAGES[page]]
    assert not app.error
    assert bool(alts(app)) == (page not in UNDRAWN) and all(alts(app))


@pytest.mark.parametrize("page", RECORDED)
def test_before_the_first_measurement_the_sample_is_named_as_another_machine(
    open_page: Open, sample: None, page: str
):
    assert f"Sample: another machine ({machine().cpu})" in texts(open_page(page), "info")


@pytest.mark.parametrize("page", PAGES)
def test_own_records_are_never_called_a_sample(open_page: Open, sample: None, page: str):
    store_peaks()
    store_ladder()
    assert "Sample" not in texts(open_page(page))


@pytest.mark.parametrize("page", PAGES)
def test_a_missing_sample_leaves_a_page_that_works(
    open_page: Open, page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(samples, "RECORD", tmp_path / "none.json")
    assert not open_page(page).error


@pytest.mark.parametrize("page", READING)
def test_a_store_that_cannot_be_read_is_one_warning_on_a_page_that_works(
    open_page: Open, page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is no database" * 100)
    monkeypatch.setenv("ACCEL_STORE_URL", f"sqlite:///{broken}")
    app = open_page(page)
    assert [title.value for title in app.title] == [PAGES[page]]
    assert "set aside" in texts(app, "warning")
    assert not app.error


@pytest.mark.parametrize("page", READING)
def test_one_damaged_record_is_a_warning_and_all_others_are_shown(open_page: Open, sample: None, page: str):
    store_peaks()
    store_ladder()
    database = sqlite3.connect(os.environ["ACCEL_STORE_URL"].removeprefix("sqlite:///"))
    with database:
        database.execute("UPDATE accel_measurements SET payload = '{' WHERE row = 1")
    database.close()
    app = open_page(page)
    assert "1 damaged record was skipped" in texts(app, "warning")
    assert not app.error and "Sample" not in texts(app)
    assert len(cached.stored(cached.machine().fingerprint).measurements) == Store().count() - 1


@pytest.mark.parametrize(
    ("page", "link", "named"),
    [
        ("ladder", {"size": "-5"}, "size=-5"),
        ("ladder", {"size": "abc"}, "size=abc"),
        ("ladder", {"dtype": "float8"}, "dtype=float8"),
        ("ladder", {"rung": "compiled_ijx"}, "rung=compiled_ijx"),
        ("lab", {"threads": "999999"}, "threads=999999"),
        ("lab", {"block": "NaN"}, "block=NaN"),
        ("lab", {"kernels": "foo"}, "kernels=foo"),
        ("lab", {"over": "everything"}, "over=everything"),
        ("roofline", {"peak": "-1", "typed": "true"}, "peak=-1"),
        ("roofline", {"model": "matmull"}, "model=matmull"),
        ("roofline", {"model": "matmul", "matmul.m": "-3"}, "matmul.m=-3"),
        ("roofline", {"since": "yesterday"}, "yesterday"),
        ("roofline", {"shown": "matmul/nump"}, "shown=matmul/nump"),
        ("machine", {"seconds": "1e9"}, "seconds=1e9"),
        ("machine", {"job": "0123"}, ""),
    ],
)
def test_a_crafted_link_ends_in_one_sentence_and_a_page(open_page: Open, page: str, link: dict, named: str):
    app = open_page(page, **link)
    assert [title.value for title in app.title] == [PAGES[page]]
    said = texts(app, "warning")
    assert named in said
    assert len(app.warning) == bool(named)
    assert not app.error


def test_a_link_opens_the_settings_that_it_names(open_page: Open):
    app = open_page(
        "lab", size="512", block="32", dtype="float64", over="size", kernels=["numpy", "compiled_ikj"]
    )
    assert app.select_slider(key="size").value == 512
    assert app.select_slider(key="block").value == 32
    assert app.session_state["dtype"] == "float64"
    assert app.session_state["over"] == "size"
    assert set(app.multiselect(key="kernels").value) == {"numpy", "compiled_ikj"}
    assert not app.warning


def test_a_nearby_value_is_shown_in_place_of_one_that_is_not_offered(open_page: Open):
    app = open_page("ladder", size="500")
    assert app.select_slider(key="size").value == 512
    assert app.query_params["size"] == "512"


def test_another_page_keeps_size_and_type(open_page: Open):
    app = open_page("ladder", size="1024", dtype="float64")
    app.switch_page("lab/lab.py").run()
    assert app.select_slider(key="size").value == 1024
    assert app.session_state["dtype"] == "float64"


def test_moving_a_slider_starts_nothing_and_says_that_the_result_is_from_other_settings(open_page: Open):
    store_ladder()
    app = open_page("ladder", size="512")
    assert "other settings" not in texts(app, "info")
    app.select_slider(key="size").set_value(128).run()
    assert "This result is from other settings: N=512, float32, 1 thread." in texts(app, "info")
    assert "watch" not in app.session_state


def test_rungs_that_a_sweep_left_out_are_counted_and_offered(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    store_sweep()
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", asked.append)
    app = open_page("ladder", size="1024")
    rungs = len(registry.workload("matmul").kernels)
    [said] = [caption.value for caption in app.caption if "not measured at these settings" in caption.value]
    app.button(key="rest").click().run()
    cases = asked[0]["cases"]
    assert f"{len(cases)} of {rungs} rungs are" in said
    named = {case["kernel"].partition("/")[2] for case in cases}
    refused = texts(app, "caption").count("over the limit")
    assert not named & {"numpy_tiled", "compiled_tiled"} and len(named) == rungs - 2 - refused


def test_a_full_ladder_offers_no_rest(open_page: Open):
    asked = experiments.all_rungs(registry.workload("matmul"), experiments.Setup(512, "float32", 1)).cases()
    store_measurements(
        [measurement(case.kernel[7:], 1e9, threads=case.threads, parameters=case.parameters) for case in asked]
    )
    assert "rest" not in [button.key for button in open_page("ladder", size="512").button]


def test_points_that_a_sweep_still_lacks_are_offered_in_the_lab(open_page: Open):
    store_sweep()
    assert "points are not measured" in texts(open_page("lab", size="1024"), "caption")


def test_the_fullest_earlier_ladder_stands_in_and_not_a_few_points_of_a_sweep(open_page: Open):
    store_ladder()
    store_sweep()
    app = open_page("ladder", size="64")
    assert "other settings: N=512" in texts(app, "info")


def test_a_rung_shows_its_code_its_speed_ups_and_its_share_of_the_roof(open_page: Open):
    store_peaks()
    store_ladder()
    app = open_page("ladder", size="512", rung="compiled_ikj")
    assert "compiled_ikj" in app.code[0].value
    labels = [metric.label for metric in app.metric]
    assert "Against compiled_ijk" in labels and "Of its roof" in labels
    assert {m.label: m.value for m in app.metric}["Against compiled_ijk"] == "33.3 times faster"


def test_a_rung_that_is_too_slow_says_why(open_page: Open):
    store_ladder()
    app = open_page("ladder", size="512", rung="python_loops")
    assert texts(app, "caption").count("over the limit of 10") == 1


def test_a_refused_rung_is_extrapolated_from_the_largest_smaller_size_on_record(open_page: Open):
    store_ladder()
    store_measurements([measurement("python_loops", 5e6, size=n) for n in (64, 128)])
    app = open_page("ladder", size="512", rung="python_loops")
    assert {m.label: m.value for m in app.metric} == {"Time per call, extrapolated from N=128": "53.7 s"}
    assert texts(app, "caption").count("over the limit of 10") == 1


def test_the_clock_and_the_roofs_stand_beside_the_hierarchy(open_page: Open):
    store_peaks()
    shown = {m.label: (m.value, m.delta) for m in open_page("machine").metric}
    assert shown["Clock, measured"][0] == "3.67 GHz"
    assert shown["FMA float32, 1 core"] == ("118 GFLOP/s", "235 GFLOP/s on 2 cores")
    assert shown["FMA float64, 1 core"][0] == "not measured"
    assert shown["DRAM read, 1 core"] == ("35.0 GB/s", "55.0 GB/s on 2 cores")


def test_what_is_swept_cannot_be_set(open_page: Open):
    for over in ("block", "size", "none"):
        app = open_page("lab", over=over)
        assert app.select_slider(key="block").disabled == (over == "block")
    assert "every value is tried" in open_page("lab", over="block").select_slider(key="block").help


def test_two_lone_points_do_not_stand_for_a_sweep_where_there_is_an_earlier_one(open_page: Open):
    store_ladder()
    store_sweep()
    app = open_page("lab", size="512")
    assert "other settings: N=1024" in texts(app, "info")


def test_the_tiled_rung_leads_to_its_sweep_in_the_lab(open_page: Open):
    store_ladder()
    app = open_page("ladder", size="512", rung="compiled_tiled", dtype="float64")
    [link] = app.get("page_link")
    assert link.proto.label == "Sweep its block in the Lab"
    assert {"over=block", "kernels=compiled_tiled", "size=512", "dtype=float32"} <= set(
        link.proto.query_string.split("&")
    )


def test_every_page_explains_its_words(open_page: Open):
    for page, word in (
        ("machine", "latency"),
        ("ladder", "FMA"),
        ("lab", "block"),
        ("roofline", "ridge point"),
    ):
        assert f"**{word}**" in texts(open_page(page), "markdown")


def test_a_block_sweep_says_where_the_best_block_lies_and_why(open_page: Open):
    store_sweep()
    app = open_page("lab", size="1024")
    said = texts(app, "markdown")
    assert "compiled_tiled is fastest with block 16" in said
    ladder_page = open_page("ladder", size="1024", rung="compiled_tiled")
    assert "compiled_tiled is fastest with block 16" in texts(ladder_page, "markdown")


def test_a_sweep_that_no_chosen_kernel_can_make_says_what_to_choose(open_page: Open):
    app = open_page("lab", kernels="numpy")
    assert "None of the chosen kernels has block to vary" in texts(app, "warning")
    assert app.button(key="measure").disabled


def test_changed_versions_are_named_beside_the_old_roofs(open_page: Open):
    store_peaks()
    assert f"Python {peaks().environment.python}, now" in texts(open_page("machine"), "info")


@pytest.mark.parametrize("page", ["machine", "ladder"])
def test_a_library_that_may_not_choose_its_kernels_is_one_line(
    open_page: Open, page: str, monkeypatch: pytest.MonkeyPatch
):
    assert "accel doctor" not in texts(open_page(page), "caption")
    monkeypatch.setenv("NPY_DISABLE_CPU_FEATURES", "AVX512F")
    assert "NPY_DISABLE_CPU_FEATURES=AVX512F is set" in texts(open_page(page), "caption")


def test_facts_and_roofs_are_tables_with_their_sources(open_page: Open):
    store_peaks()
    app = open_page("machine")
    columns = [set(table.value.columns) for table in app.dataframe]
    assert any({"Roof", "Source", "Definition"} <= names for names in columns)
    assert any({"Fact", "Source", "Others say", "Why this one"} <= names for names in columns)


def test_a_typed_in_machine_stands_in_for_this_one(open_page: Open):
    app = open_page("roofline", typed="true", peak="320", bw_DRAM="51.2")
    assert "Typed-in machine" in alts(app)[0]
    assert app.number_input(key="peak").value == 320


def test_the_calculator_predicts_before_anything_is_run(open_page: Open):
    app = open_page("roofline", typed="true", peak="100", bw_DRAM="24", model="triad")
    said = texts(app, "markdown")
    assert "FLOP/B" in said
    assert "can reach 4.00 GFLOP/s at the most: the DRAM roof of 24.0 GB/s holds it" in said
    assert any("Bytes (least" in caption.value for caption in app.caption)


def test_all_points_are_an_even_choice_where_they_are_many_and_the_page_says_so(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    store_peaks()
    one = measurement("numpy", 1e9)
    store_measurements([replace(one, id=f"{n}", created=f"2026-01-0{n}T00:00:00+00:00") for n in range(1, 10)])
    assert "points are drawn" not in texts(open_page("roofline", points="all"), "caption")
    monkeypatch.setattr(roofline_page, "MOST_POINTS", 3)
    cached.forget_stored()
    said = texts(open_page("roofline", points="all"), "caption")
    assert "3 of 9 points are drawn: the newest of each case, and others evenly in time." in said
    assert "points are drawn" not in texts(open_page("roofline"), "caption")


@pytest.mark.parametrize(
    ("among", "more", "said"),
    [
        (9, False, "3 of 9 points are drawn: the newest of each case, and others evenly in time."),
        (3, False, ""),
        (3, True, "3 points are drawn: the newest of each case, and others evenly among the newest 10,000"),
    ],
)
def test_which_points_are_drawn_is_said_where_that_is_not_all(among: int, more: bool, said: str):
    found = said_of_choice(3, Sampled((), among, more))
    assert found.startswith(said) and bool(found) == bool(said)


def test_hiding_older_points_keeps_every_record(open_page: Open):
    store_peaks()
    store_ladder()
    app = open_page("roofline")
    hide = next(b for b in app.button if b.label == "Hide the points so far")
    hide.click().run()
    assert "since" in app.query_params
    assert len(cached.stored(cached.machine().fingerprint).measurements) == len(ladder_on_record())
    show = next(b for b in app.button if b.label == "Show all points")
    show.click().run()
    assert "since" not in app.query_params


def test_hidden_points_stay_hidden_on_the_way_back_from_another_page(open_page: Open):
    store_peaks()
    store_ladder()
    app = open_page("roofline", since="2100-01-01T00:00:00")
    app.switch_page("lab/lab.py").run()
    del app.query_params["since"]  # a browser's address begins anew with each page
    app.switch_page("roofline/roofline.py").run()
    assert any(button.label == "Show all points" for button in app.button)
    assert app.query_params["since"] == "2100-01-01T00:00:00+00:00"


def test_a_sweep_does_not_stand_for_a_kernel_among_the_latest_points(open_page: Open):
    store_peaks()
    store_ladder()
    store_sweep()
    rows = open_page("roofline").dataframe[0].value
    tiled = rows[rows["Kernel"] == "compiled_tiled"]
    assert list(tiled["Block"]) == [16]
    assert len(open_page("roofline", points="all").dataframe[0].value) > len(rows)


def test_a_point_above_its_roof_is_flagged_with_causes_and_can_be_measured_again(open_page: Open):
    store_peaks()
    store_measurements([measurement("numpy", 500e9)])
    app = open_page("roofline")
    assert "matmul/numpy (N=512) lies above its roof" in texts(app, "warning")
    assert any(button.label.startswith("Measure again (about ") for button in app.button)


def ladder_on_record() -> list[str]:
    return [m.kernel for m in ladder() if m.kernel in registry.kernel_ids()]


def test_a_fault_of_a_page_is_one_sentence_without_a_trace(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise ZeroDivisionError("inner detail")

    monkeypatch.setattr(experiments, "shown", broken)
    app = open_page("ladder")
    assert "ZeroDivisionError" in texts(app, "error")
    assert "inner detail" not in texts(app, "error")


def test_the_sidebar_says_whether_somebody_measures():
    assert sidebar.queue_sentence(0) == "Nobody is measuring"
    assert sidebar.queue_sentence(1) == "1 job running"
    assert sidebar.queue_sentence(3) == "1 job running, 2 waiting"
    assert sidebar.queue_sentence(0, elsewhere=True) == "Another account measures"
    assert sidebar.queue_sentence(2, elsewhere=True) == "Another account measures, 2 waiting"


def test_the_sidebar_counts_a_job_of_its_own_before_the_queue_does(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sidebar, "_jobs", lambda: (0, False))
    assert "Nobody is measuring" in texts(open_page("lab"), "caption")
    monkeypatch.setattr(jobs, "active", lambda: True)
    assert "1 job running" in texts(open_page("lab"), "caption")
    monkeypatch.setattr(sidebar, "_jobs", lambda: (0, True))
    assert "Another account measures, 1 waiting" in texts(open_page("lab"), "caption")


def test_a_page_says_under_which_setting_its_numbers_were_measured(open_page: Open):
    held = replace(ladder()[-1].environment, overrides={"NUMBA_CPU_NAME": "generic"})
    store_measurements([replace(m, environment=held) for m in ladder()])
    said = texts(open_page("ladder", size="512"), "caption")
    assert "measured while NUMBA_CPU_NAME=generic was set" in said


@pytest.mark.parametrize("setting", ["NUMBA_DISABLE_JIT=1", "NUMBA_NUM_THREADS=0"])
def test_a_server_whose_compiler_is_switched_off_says_so_on_every_page(setting: str):
    name, _, value = setting.partition("=")
    main = APP / "main.py"
    script = f"""
import json
from streamlit.testing.v1 import AppTest
said = []
for page in {sorted(PAGES)}:
    app = AppTest.from_file({str(main)!r}, default_timeout=120).run()
    if page != "machine":
        app.switch_page(f"{{page}}/{{page}}.py").run()
    said.append([[error.value for error in app.error], len(app.exception)])
print(json.dumps(said))
"""
    environment = {**os.environ, name: value, "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    for errors, exceptions in json.loads(told.stdout.splitlines()[-1]):
        assert exceptions == 0 and len(errors) == 1
        assert errors[0].startswith(f"{setting} is ") and errors[0].endswith("then start again.")


def test_a_user_without_a_home_is_told_where_records_lie(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    def none(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr(folders.platformdirs, "user_data_path", none)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.delenv("ACCEL_HOME")
    monkeypatch.delenv("ACCEL_STORE_URL")
    with warned.listening(warned.hear), warnings.catch_warnings():
        warnings.simplefilter("always")
        app = open_page("machine")
    assert "because this user has no home folder: set ACCEL_HOME" in texts(app)


def test_how_a_number_was_measured_says_the_clock_where_the_sentinel_saw_it():
    seen = Sentinel(Estimate(0.25, 0.25, 0.25, 9), 0.25, 2.5e9)
    told = dict(tables.how_measured(measurement("numpy", 1e9, sentinel=seen)))
    assert told["Clock, between the samples"] == "2.50 GHz"
    assert "Clock, between the samples" not in dict(tables.how_measured(measurement("numpy", 1e9)))


# -- faults of our own ---------------------------------------------------------------------------------------


def test_a_page_that_fails_offers_its_address_without_settings(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(lab_page, "picture", fails)
    app = open_page("lab", over="none", size="128")
    (said,) = app.error
    assert "a fault of its own (RuntimeError)" in said.value and "on purpose" not in said.value
    (offered,) = app.get("link_button")
    assert offered.proto.url == components.WITHOUT_SETTINGS


@pytest.mark.parametrize(
    "since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31T23:59:59"]
)
def test_the_first_and_the_last_moment_of_the_calendar_end_in_a_page(open_page: Open, since: str) -> None:
    store_ladder()
    app = open_page("roofline", since=since)
    assert not app.error and alts(app)


@pytest.mark.parametrize(("points", "answered"), [(1, False), (2, False), (3, True)])
def test_fewer_than_three_points_of_a_sweep_are_no_answer(open_page: Open, points: int, answered: bool):
    tiled = [m for m in sweep() if m.rung == "compiled_tiled"]
    store_measurements(tiled[:points])
    app = open_page("lab", over="block", kernels="compiled_tiled", size=str(tiled[0].size))
    (figure,) = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    drawn = [trace for trace in figure["data"] if trace.get("mode") == "lines+markers"]
    invited = "will stand here" in figure["layout"]["annotations"][0]["text"].replace("<br>", " ")
    assert (bool(drawn), invited) == (answered, not answered)
    assert not app.error and "Sample" not in texts(app)


def test_the_first_page_loads_no_compiler() -> None:
    program = (
        "import sys; import app.machine.facts, app.parts.sidebar, app.parts.style, app.parts.tables; "
        "from app.session import cached; cached.source; sys.exit('numba' in sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run([sys.executable, "-c", program], env=environment).returncode == 0
