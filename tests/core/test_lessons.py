"""Lessons: guesses are read and told as given, truth comes from results alone, and every job can be run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.cli import main
from accel_core.codec import PlainData
from accel_core.errors import BadInput
from accel_core.lessons import LESSONS, LONGEST_S, Choice, Number, Order, Run, Truth, lesson
from accel_core.lessons.lesson import after_another, distance
from accel_core.machine import detect
from accel_core.model import Comparison, Estimate, Measurement
from accel_core.runner import promise, run
from accel_core.runner.kinds import KINDS
from accel_core.runner.known import Known
from accel_core.runner.promise import Promise
from accel_core.runner.spec import complete
from app.catalogue import PAGES

TIMES = Number("times", 0.1, 1000)
QUICK_S = 0.05


PAIRS = ("library", "order", "power-of-two", "cube")
"""Those whose truth is one ratio of two cases."""


def answers(name: str, factor: float) -> Run:
    """What the job of a lesson of PAIRS would bring if its ratio were `factor`."""
    machine = detect()
    job = lesson(name).job(machine) or {}
    found: list[PlainData] = []
    for a, b in job.get("pairs", ()):
        ratio = Estimate(factor, factor * 0.99, factor * 1.01, 20)
        kernels = a["kernel"], b["kernel"]
        found.append(Comparison(*kernels, a["size"], "float32", 1, 1e-3, factor * 1e-3, ratio))
    for at, case in enumerate(job.get("cases", ())):
        time_s = factor if at == 0 else 1.0
        found.append(MEASURED(kernel=case["kernel"], size=case["size"], samples_s=(time_s,) * 8))
    return Run(machine, found)


def MEASURED(**given: object) -> Measurement:  # noqa: N802  reads as the record that it makes
    blank = dict.fromkeys(Measurement.__slots__)
    made = object.__new__(Measurement)
    for name, value in {**blank, **given}.items():
        object.__setattr__(made, name, value)
    return made


def test_names_questions_and_pages_are_sound() -> None:
    names = [one.name for one in LESSONS]
    assert len(set(names)) == len(names)
    for one in LESSONS:
        assert one.question.endswith("?") and one.claim.text.endswith(".") and one.claim.source
        assert one.look.page in {page.name for page in PAGES}


@pytest.mark.parametrize("name", [one.name for one in LESSONS])
def test_a_job_can_be_run_and_is_foreseen_within_the_time_that_a_room_waits(name: str) -> None:
    machine = detect()
    job = lesson(name).job(machine)
    if job is not None:
        spec = complete(job, machine)
        each_s, _ = KINDS[spec.kind].foresee(spec.data, Known(machine))
        assert 0 < sum(each_s) <= LONGEST_S


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("factor", [0.5, 1.0, 1.5, 40.0])
def test_truth_is_the_ratio_of_the_results_and_its_interval_holds_it(name: str, factor: float) -> None:
    truth = lesson(name).truth(answers(name, factor))
    assert truth.value == pytest.approx(factor)
    assert truth.low is not None and truth.high is not None
    assert truth.low <= float(truth.value) <= truth.high


@pytest.mark.parametrize("name", ["order", "power-of-two", "cube"])
def test_where_an_effect_does_not_show_the_reading_says_so(name: str) -> None:
    one = lesson(name)
    without, within = (one.reveal(None, answers(name, factor)) for factor in (1.0, 5.0))
    assert without.startswith("Here ") and not within.startswith("Here ")


def test_a_missing_result_is_no_answer() -> None:
    for one in LESSONS:
        if one.job(detect()) is None:
            continue
        with pytest.raises(LookupError):
            one.truth(Run(detect(), []))


@given(guess=st.floats(0.1, 1000), found=st.floats(0.1, 1000))
def test_how_far_off_a_guess_is_is_said_as_a_factor_of_at_least_one(guess: float, found: float) -> None:
    said = distance(TIMES, guess, Truth(found, found * 0.98, found * 1.02))
    assert said.startswith(f"You said {TIMES.given(guess)}, and it is {TIMES.told(found)}")
    if "times too" in said:
        factor = float(said.rpartition(": ")[2].split(" ")[0])
        assert factor == pytest.approx(max(guess, found) / min(guess, found), rel=0.06)
        assert said.endswith("low." if guess < found else "high.")
    else:
        assert max(guess, found) / min(guess, found) < 1.1


def test_a_number_is_read_as_the_page_writes_it_and_no_comma_is_guessed_at() -> None:
    form = Number("times", 0.1, 1e7)
    assert (form.read("16,384"), form.read(" 1,000,000.5 "), form.read("1e3")) == (16_384, 1_000_000.5, 1000)
    for text in ("4,5", "1,0000", "0,500", "1,000,00"):
        with pytest.raises(BadInput, match=r"from 0\.1 to 10,000,000"):
            form.read(text)


def test_a_guess_within_the_interval_is_not_called_off() -> None:
    assert distance(TIMES, 20.0, Truth(15.0, 10.0, 22.0)) == "You said 20 times, and it is 15.0 times."


@pytest.mark.parametrize("said", ["16384", "0.12345", "7", "2.5"])
def test_a_guess_is_told_with_all_its_digits(said: str) -> None:
    form = Number("times", 0.1, 1e7)
    told = distance(form, form.read(said), Truth(15.0, 14.0, 16.0))
    assert told.replace(",", "").startswith(f"You said {said} times")


def test_a_choice_is_told_in_its_own_words() -> None:
    form = Choice({"add": "the add scales", "product": "the product scales"})
    assert form.read("add") == "add"
    assert "Found was: the product scales." in distance(form, "add", Truth("product"))
    with pytest.raises(BadInput, match="add, product"):
        form.read("both")


ORDER = Order({"a": "packing", "b": "vectors", "c": "threads"}, "times")


@given(said=st.permutations("abc"), found=st.permutations("abc"))
def test_an_order_is_off_by_the_pairs_that_stand_the_other_way_round(said: list[str], found: list[str]) -> None:
    off = ORDER.swapped(",".join(said), ",".join(found))
    assert (off == 0) == (said == found) and off <= ORDER.pairs == 3
    assert ORDER.swapped(",".join(said), ",".join(reversed(said))) == 3
    words = distance(ORDER, ORDER.read(" , ".join(said)), Truth(",".join(found)))
    assert (f"{off} of 3 pairs" in words) == (off > 0)


@pytest.mark.parametrize("text", ["a,b", "a,b,c,c", "a,b,d", ""])
def test_an_order_names_each_answer_once(text: str) -> None:
    with pytest.raises(BadInput, match="give each of a, b, c once"):
        ORDER.read(text)


def test_a_run_comes_back_from_plain_data() -> None:
    ran = answers("cube", 3.0)
    back = Run.from_dict(json.loads(json.dumps(ran.to_dict())))
    assert back.machine == ran.machine and list(back.results) == list(ran.results)


def test_a_sequence_checks_foresees_and_runs_its_jobs_as_one() -> None:
    jobs = [lesson(name).job(detect()) or {} for name in ("library", "cube")]
    job = after_another(*({**job, "budget_s": QUICK_S} for job in jobs))
    spec = complete(job, detect())
    each_s, _ = KINDS[spec.kind].foresee(spec.data, Known(detect()))
    assert len(each_s) == 2
    found = run(job, owner="lessons")
    assert [one.b for one in found] == ["matmul/python_loops", "gelu/power_expression"]


@pytest.mark.parametrize("kind", ["sequence", "peaks", "unheard", None])
def test_a_sequence_refuses_jobs_that_it_cannot_run(kind: str | None) -> None:
    with pytest.raises(BadInput, match="use bench, calibrate, compare"):
        complete({"kind": "sequence", "jobs": [{"kind": kind}]}, detect())


@pytest.mark.parametrize("text", ["", "many", "nan", "inf", "0", "-3", "1001"])
def test_a_guess_out_of_range_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"give a number from 0\.1 to 1,000"):
        TIMES.read(text)


def test_the_commands_print_what_they_promise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["lessons", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["lessons"]
    assert [one["name"] for one in told] == [one.name for one in LESSONS]
    assert all(set(one) == {"name", "question", "guess"} for one in told)
    monkeypatch.setattr("accel_core.cli.lessons.run_job", lambda job: answers("cube", 12.0).results)
    assert main(["lesson", "cube", "--guess", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["guess"] == 2.0 and said["truth"]["value"] == pytest.approx(12.0)
    assert "6.0 times too low" in said["reading"] and said["claim"]["source"]


@pytest.mark.parametrize("compile_s", [20.0, 0.5])
def test_a_command_that_compiles_says_so_before_it_runs(
    compile_s: float, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promise, "foresee", lambda job, known: Promise(1.0, (compile_s + 6.0,), compile_s))
    said = "accel: This takes about 27 s; about 20 s of that go to compiling, the first time only.\n"

    def ran(job: object) -> list[PlainData]:
        assert capsys.readouterr().err == (said if compile_s > 1 else "")
        return list(answers("cube", 12.0).results)

    monkeypatch.setattr("accel_core.cli.lessons.run_job", ran)
    assert main(["lesson", "cube", "--json"]) == 0


def test_lessons_are_listed_without_a_compiler() -> None:
    code = "import sys\nfrom accel_core.cli import main\nmain(['lessons'])\nprint('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "cube" in done.stdout and done.stdout.endswith("\nFalse\n")


def test_a_run_that_brings_too_little_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accel_core.cli.lessons.run_job", lambda job: [])
    assert main(["lesson", "cube", "--json"]) == 1
    said = capsys.readouterr()
    assert "did not bring what the lesson asks for: there is no comparison of" in said.err and not said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(["lesson", "cub"], "did you mean 'cube'"), (["lesson", "cube", "--guess", "lots"], "give a number from")],
)
def test_a_mistyped_command_is_one_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    said = capsys.readouterr().err
    assert sentence in said and len(said.splitlines()) == 1


@pytest.mark.parametrize("name", ["library", "cube"])
def test_a_worker_s_run_brings_a_truth_and_a_reading(name: str) -> None:
    """In a process of its own; all of them, in this one: test_lessons_here."""
    one = lesson(name)
    machine = detect()
    job = one.job(machine)
    assert job is not None
    found = Run(machine, run({**job, "budget_s": QUICK_S}, owner="lessons"))
    assert float(one.truth(found).value) > 0
    assert one.reveal(2.0, found).startswith("You said 2 times")
