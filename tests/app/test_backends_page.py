"""The page Backends: the map, the walk and the same code, before and after a measurement, and from a link."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Open
from figure_records import ladder, machine, measurement, peaks
from records_of import store_measurements
from streamlit.testing.v1 import AppTest

from accel_core import machine as this_machine
from accel_core import registry
from accel_core.model import Estimate, Kernel, Lesson
from accel_core.operations import OPERATIONS
from accel_core.race import Calibration, Race
from accel_core.runner.spec import check
from accel_core.store import Store
from accel_core.studies import decisions
from app.session import cached, jobs, samples


def race(lengths: Sequence[int], **times_s: float) -> Race:
    order = sorted(times_s.values())
    lead = Estimate(order[1] / order[0], order[1] / order[0] * 0.99, order[1] / order[0] * 1.01, 9)
    return Race(tuple(lengths), {name: Estimate(t, None, None, 9) for name, t in times_s.items()}, lead)


RACES = (
    race((1, 2, 2, 2), numpy=1e-6, compiled=3e-6),
    race((1, 512, 512, 512), numpy=1.5e-3, compiled=1.2e-3, compiled_threads=1e-3),
)


def part(races: Sequence[Race] = RACES, operation: str = "matmul") -> Calibration:
    return Calibration(operation, "float32", "C", this_machine.detect().cores.allowed, tuple(races))


def store_calibration() -> None:
    Store().save("calibration", part(), this_machine.detect().fingerprint, this_machine.environment())
    cached.forget_stored()


def texts(app: AppTest, *kinds: str) -> str:
    return "\n".join(str(e.value) for kind in kinds or ("markdown", "caption") for e in app.get(kind))


def alts(app: AppTest) -> dict[str, str]:
    charts = app.get("plotly_chart")
    return {"map": charts[0].proto.alt, "race": charts[-1].proto.alt}


def test_the_page_asks_who_should_do_the_work_before_anything_is_measured(open_page: Open) -> None:
    app = open_page("backends")
    assert [title.value for title in app.title] == ["Who should do the work?"]
    assert not app.error and all(alts(app).values())
    assert any(button.label.startswith("Calibrate matmul (about") for button in app.button)
    assert "by rule: a matrix product goes to the library behind NumPy." in texts(app)


def test_the_map_and_the_bars_tell_what_was_measured(open_page: Open) -> None:
    store_calibration()
    app = open_page("backends")
    assert "square: 2 NumPy ×3.00, 512 threads ×1.20" in alts(app)["map"]
    assert "compiled, all threads 1.00 ms; compiled, 1 thread 1.20 ms; NumPy 1.50 ms" in alts(app)["race"]
    said = texts(app)
    assert "Fastest of 2 shapes" in said
    assert "auto takes **compiled, all threads**, measured on this machine at this shape" in said
    assert (
        'with use_backend("compiled"):' in app.code[0].value and "b = np.ones((512, 512)" in app.code[0].value
    )


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_link_opens_every_map(open_page: Open, operation: str, dtype: str) -> None:
    app = open_page("backends", operation=operation, dtype=dtype, side="128", step="vectorise")
    assert not app.error and not app.warning
    assert f"import {operation}, use_backend" in app.code[0].value and dtype in app.code[0].value
    assert ("b = " in app.code[0].value) == (operation in ("matmul", "add"))
    assert "5. Does each instruction do as much as it can?" in texts(app)


def test_a_link_that_asks_for_what_there_is_not_is_answered_in_a_sentence(open_page: Open) -> None:
    app = open_page("backends", operation="conv", side="500", step="guess")
    said = texts(app, "warning")
    assert all(f"{name}={value}" in said for name, value in (("operation", "conv"), ("side", "500")))
    assert "step=guess" in said and not app.error


def test_the_sample_is_named_as_another_machine(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sample_record.json"
    record = {
        "machine": machine().to_dict(),
        "peaks": peaks().to_dict(),
        "measurements": [m.to_dict() for m in ladder()],
        "calibrations": [part().to_dict()],
    }
    path.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(samples, "RECORD", path)
    app = open_page("backends")
    assert f"Sample: another machine ({machine().cpu})" in texts(app, "info")
    assert "512 threads ×1.20" in alts(app)["map"]
    assert "not measured yet" in alts(app)["race"]  # what auto takes here is not said by another machine
    store_calibration()
    assert "Sample" not in texts(open_page("backends"), "info")


def test_the_buttons_ask_for_jobs_that_can_be_run(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict] = []
    monkeypatch.setattr(jobs, "start", lambda job: asked.append(dict(job)))
    here = this_machine.detect()
    for operation in OPERATIONS:
        app = open_page("backends", operation=operation)
        for label in ("Calibrate", "Time this shape", "Run"):
            next(button for button in app.button if button.label.startswith(label)).click().run()
    assert len(asked) == 3 * len(OPERATIONS)
    for job in asked:
        assert check(job, here).kind in ("calibrate", "bench")
    assert asked[1]["lengths"] == [[1, 512, 512, 512]] and asked[1]["operations"] == ["matmul"]


# -- the walk ------------------------------------------------------------------------------------------------


def test_the_walk_asks_six_questions_of_rungs_that_declare_an_answer() -> None:
    found = [(s.name, s.before, s.after, s.lesson.size, s.lesson.cores) for s in decisions.STEPS]
    assert found == [
        ("library", "matmul/python_loops", "matmul/numpy", 128, False),
        ("profile", "matmul/python_loops", "matmul/python_lists", 128, False),
        ("algorithm", "gelu/power_expression", "gelu/expression", 1000, False),
        ("access pattern", "matmul/compiled_ijk", "matmul/compiled_ikj", 1024, False),
        ("vectorise", "matmul/compiled_ikj", "matmul/packed", 1024, False),
        ("accelerator", "matmul/packed", "matmul/packed_threads", 1024, True),
    ]
    declared = [kernel.lesson.question for kernel in rungs() if kernel.lesson]
    assert sorted(declared) == sorted(step.name for step in decisions.STEPS)


def test_the_walk_itself_names_no_rung() -> None:
    text = Path(decisions.__file__).read_text(encoding="utf-8")
    assert not [kernel.id for kernel in rungs() if kernel.id in text or f'"{kernel.name}"' in text]


def test_a_rung_of_any_workload_can_answer_a_question() -> None:
    softmax = registry.workload("softmax")
    taught = [
        replace(kernel, lesson=Lesson("access pattern", "what one pass brings", 500) if at == 3 else None)
        for at, kernel in enumerate(softmax.kernels)
    ]
    (step,) = decisions.steps([replace(softmax, kernels=tuple(taught))])
    assert (step.before, step.after) == ("softmax/in_place", "softmax/compiled")
    first = replace(taught[0], lesson=taught[3].lesson)
    with pytest.raises(ValueError, match="softmax/python_loops answers access pattern"):
        decisions.steps([replace(softmax, kernels=(first, *taught[1:]))])


def rungs() -> list[Kernel]:
    return [kernel for workload in registry.WORKLOADS for kernel in workload.kernels]


def test_each_step_can_be_run(open_page: Open) -> None:
    from accel_core.studies.record import Record

    here = this_machine.detect()
    record = Record(here, None, ())
    for step in decisions.STEPS:
        for case in decisions.cases(record, step):
            assert registry.why_not(registry.validate(case, here), here) is None


def test_a_step_that_was_measured_says_what_it_brought(open_page: Open) -> None:
    slow = measurement("compiled_ijk", 1e9, size=512)
    fast = measurement("compiled_ikj", 8e9, size=512)
    store_measurements([slow, fast])
    app = open_page("backends", step="access pattern")
    (metric,) = app.metric
    assert (
        metric.value == "8.00 times faster"
        and "matmul/compiled_ijk → matmul/compiled_ikj, N=512" in metric.label
    )
    assert "by exchanging two loops" in texts(app)
    said = texts(app)
    assert "4. **access pattern**: ×8.00 at N=512" in said and "1. **library**: not measured yet" in said


def test_a_step_takes_the_largest_size_that_both_were_timed_at(open_page: Open) -> None:
    store_measurements(
        [
            measurement("compiled_ijk", 2e9, size=256),
            measurement("compiled_ikj", 8e9, size=256),
            measurement("compiled_ikj", 9e9, size=1024),
        ]
    )
    app = open_page("backends", step="access pattern")
    assert app.metric[0].value == "4.00 times faster" and "N=256" in app.metric[0].label


def test_a_time_on_other_threads_answers_no_question(open_page: Open) -> None:
    store_measurements([measurement("python_loops", size=128), measurement("numpy", size=128, threads=2)])
    assert not open_page("backends", step="library").metric
    store_measurements([measurement("numpy", size=128)])
    assert open_page("backends", step="library").metric


def test_blocks_that_somebody_tried_out_answer_no_question() -> None:
    from accel_core.studies.record import Record

    (step,) = (step for step in decisions.STEPS if step.name == "vectorise")
    derived = {"tile": 0, "mc": 0, "kc": 0, "nc": 0}
    loops = [measurement("compiled_ikj", 1e10, size=size) for size in (1024, 2048)]
    tried = [measurement("packed", 2e9, size=size, parameters={**derived, "kc": 8}) for size in (1024, 2048)]
    usual = measurement("packed", 9e10, size=1024, parameters=derived)
    here = this_machine.detect()
    assert decisions.answer(Record(here, None, (*tried, *loops)), step) is None
    found = decisions.answer(Record(here, None, (*tried, *loops, usual)), step)
    assert found is not None and found.after is usual and found.ratio == pytest.approx(9)


def test_races_with_other_threads_are_another_map(open_page: Open) -> None:
    here = this_machine.detect()
    other = replace(part(), threads=here.cores.allowed + 1)
    before = alts(open_page("backends"))["map"]
    Store().save("calibration", other, here.fingerprint, this_machine.environment())
    cached.forget_stored()
    assert alts(open_page("backends"))["map"] == before
    store_calibration()
    assert alts(open_page("backends"))["map"] != before


def test_cores_are_held_against_one_core() -> None:
    from accel_core.studies.record import Record

    step = decisions.STEPS[-1]
    here = this_machine.detect()
    cases = decisions.cases(Record(here, None, ()), step)
    assert [case.threads for case in cases] == [1, here.cores.allowed]
