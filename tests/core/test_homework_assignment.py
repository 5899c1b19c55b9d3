"""Assignments: the example is right, a mistake is a sentence with its place, a hash is of the meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packs_of import ASSIGNMENT

from accel_core.errors import AccelError, BadInput
from accel_core.homework import begun as begun_file
from accel_core.homework.assignment import ALL, Assignment, Ladder, Roofline, Sweep, job
from accel_core.homework.begun import begin, begun
from accel_core.homework.example import EXAMPLE, write_example
from accel_core.homework.plan import plan
from accel_core.homework.reading import MOST_BYTES, open_assignment, read_assignment, read_with_mistakes
from accel_core.machine import detect
from accel_core.runner.spec import complete

TITLE = 'title = "Products"\n'
LADDER = '[[experiments]]\nkind = "ladder"\nid = "a"\nworkload = "matmul"\n'
SWEEP = '[[experiments]]\nkind = "sweep"\nid = "a"\nkernels = ["matmul/numpy_tiled"]\nover = "block"\n'
ROOFS = '[[experiments]]\nkind = "roofline"\nid = "a"\n'
QUESTION = '[[questions]]\nid = "q"\ntext = "Why?"\n'
MISTAKES: Mapping[str, tuple[str, str]] = {
    "a number without end": (f"x = {'9' * 5000}\n", "The file is no TOML: "),
    "a list without end": (TITLE + 'lessons = ["a"' + ', "a"' * 1000 + "]\n", "lessons lists 1001"),
    "no TOML": ("title = \n", "The file is no TOML: "),
    "no title": (QUESTION, "title is missing"),
    "an empty title": ('title = " "\n' + QUESTION, "title is empty"),
    "a long title": (f'title = "{"x" * 100}"\n' + QUESTION, "title has 100 letters"),
    "a title that is a number": ("title = 3\n" + QUESTION, "title is 3: write a text"),
    "nothing asked": (TITLE, "It asks for nothing"),
    "an unknown key": ('titel = "x"\n' + TITLE + QUESTION, "'titel' is not known here; did you mean title?"),
    "an unknown key that is like none": ("zzz = 1\n" + TITLE + QUESTION, "what it takes is title, text"),
    "an unknown lesson": (TITLE + 'lessons = ["libary"]\n', "did you mean 'library'?"),
    "a lesson twice": (TITLE + 'lessons = ["order", "order"]\n', "lessons holds 'order' twice"),
    "lessons that are no list": (TITLE + 'lessons = "order"\n', "lessons is 'order': write a list"),
    "a list of numbers": (TITLE + "lessons = [1]\n", "lessons is [1]: write a list"),
    "something optional that is not there": (
        TITLE + 'lessons = ["order"]\noptional = ["ordre"]\n',
        "optional: There is no part 'ordre'; did you mean 'order'?",
    ),
    "experiments that are no tables": (TITLE + "experiments = [1]\n", "each after a line [[experiments]]"),
    "no kind": (TITLE + '[[experiments]]\nid = "a"\n', "In experiment 1 ('a'): kind is missing"),
    "an unknown kind": (
        TITLE + '[[experiments]]\nkind = "lader"\n',
        "In experiment 1: There is no kind of experiment 'lader'; did you mean 'ladder'?",
    ),
    "no id": (TITLE + ROOFS.replace('id = "a"\n', ""), "In experiment 1: id is missing"),
    "an id that is no name": (TITLE + ROOFS.replace('"a"', '"a b"'), "The id 'a b' is no name"),
    "an id twice": (TITLE + LADDER + ROOFS, "The id 'a' is there twice"),
    "the id of a lesson": (TITLE + 'lessons = ["q"]\n' + QUESTION, "The id 'q' is there twice"),
    "no workload": (TITLE + LADDER.replace("workload", "text"), "workload is missing"),
    "an unknown workload": (TITLE + LADDER.replace("matmul", "matmull"), "did you mean 'matmul'?"),
    "a size that is none": (TITLE + LADDER + "size = 0\n", "size is 0: give a whole number from 1 on"),
    "a size that is a text": (TITLE + LADDER + 'size = "512"\n', "size is '512': give a whole number"),
    "a size beyond all": (TITLE + LADDER + "size = 1_000_000\n", "size is 1000000; a whole number from 1 to"),
    "an unknown type": (TITLE + LADDER + 'dtype = "float16"\n', 'write "float32" or "float64"'),
    "no threads": (TITLE + LADDER + "threads = 0\n", 'give a whole number above 0, or "all"'),
    "no time": (TITLE + LADDER + "budget_s = 0\n", "give a number of seconds from 0.05 to 600"),
    "endless time": (TITLE + LADDER + "budget_s = inf\n", "budget_s is inf"),
    "true as a time": (TITLE + LADDER + "budget_s = true\n", "budget_s is True"),
    "no kernels": (
        TITLE + SWEEP.replace('["matmul/numpy_tiled"]', "[]") + "values = [8]\n",
        "kernels is missing",
    ),
    "an unknown kernel": (
        TITLE + SWEEP.replace("numpy_tiled", "numpy_tild"),
        "There is no kernel 'matmul/numpy_tild'; did you mean 'matmul/numpy_tiled'?",
    ),
    "no values": (TITLE + SWEEP, "values is missing"),
    "empty values": (TITLE + SWEEP + "values = []\n", "values is empty"),
    "a value twice": (TITLE + SWEEP + "values = [8, 8]\n", "values holds a number twice"),
    "a value that is none": (TITLE + SWEEP + "values = [8.5]\n", "values is 8.5"),
    "an unknown parameter": (TITLE + SWEEP.replace('"block"', '"blok"') + "values = [8]\n", "parameter 'blok'"),
    "a value beyond all": (TITLE + SWEEP + "values = [1_000_000]\n", "block is 1000000; a whole number"),
    "swept and given": (
        TITLE + SWEEP.replace('"block"', '"size"') + "values = [8]\nsize = 64\n",
        "size is swept and given",
    ),
    "too many values": (TITLE + SWEEP + f"values = {list(range(8, 200))}\n", "100 are the most"),
    "no thread counts": (TITLE + ROOFS + "threads = []\n", "threads is empty"),
    "an unknown type of roofs": (TITLE + ROOFS + "dtypes = [1]\n", "dtypes is 1"),
    "a question without a text": (TITLE + QUESTION.replace("Why?", ""), "In question 1 ('q'): text is empty"),
    "too many parts": (
        TITLE + "".join(QUESTION.replace('"q"', f'"q{i}"') for i in range(101)),
        "It asks for 101 things",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_place(mistake: str) -> None:
    text, said = MISTAKES[mistake]
    assignment, sentences = read_with_mistakes(text)
    assert assignment is None and any(said in sentence for sentence in sentences), sentences
    assert all(sentence.endswith((".", "?")) for sentence in sentences)
    with pytest.raises(BadInput):
        read_assignment(text)


def test_all_mistakes_are_told_at_once() -> None:
    _, sentences = read_with_mistakes('lessons = ["libary"]\n' + LADDER + 'size = 0\ndtype = "half"\n')
    assert len(sentences) == 4


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=60) | st.text(alphabet='[]="x\n 1.', max_size=40))
def test_whatever_is_written_is_read_or_explained(text: str) -> None:
    assignment, sentences = read_with_mistakes(text)
    assert (assignment is None) == bool(sentences)


def test_the_example_is_right_and_is_never_written_over(tmp_path: Path) -> None:
    path = write_example(tmp_path / "assignment.toml")
    found = open_assignment(path)
    assert found.title and found.lessons and found.questions and found.optional
    assert {type(one) for one in found.experiments} == {Ladder, Sweep, Roofline}
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(BadInput, match="stays as it is"):
        write_example(path)
    assert path.read_text(encoding="utf-8") == "mine"
    with pytest.raises(AccelError, match="cannot be written"):
        write_example(tmp_path / "no folder" / "a.toml")


def test_files_that_cannot_be_an_assignment_are_told(tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(b"#" * (MOST_BYTES + 1))
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name, said in [("huge", "bytes: that is no"), ("bytes", "no UTF-8"), ("none", "cannot be read")]:
        with pytest.raises(BadInput, match=said):
            open_assignment(tmp_path / name)


def test_the_hash_is_of_the_meaning() -> None:
    found = read_assignment(EXAMPLE)
    bare = "\n".join(line.partition(" #")[0] for line in EXAMPLE.splitlines() if not line.startswith("#"))
    assert bare != EXAMPLE and read_assignment(bare).hash == found.hash
    assert Assignment.from_dict(found.to_dict()) == found
    assert len({found.hash, replace(found, optional=frozenset()).hash, replace(found, text="").hash}) == 3


def test_jobs_of_experiments_are_valid_here() -> None:
    for one in read_assignment(EXAMPLE).experiments:
        complete(job(one, detect()), detect())


def test_all_threads_are_those_of_the_machine_and_only_where_a_kernel_can() -> None:
    machine = replace(detect(), cores=replace(detect().cores, allowed=6))
    threads = {case.kernel: case.threads for case in Ladder("a", "matmul", threads=ALL).cases(machine)}
    assert threads["matmul/numpy"] == 6 and threads["matmul/compiled_ijk"] == 1
    swept = Sweep("a", ("matmul/numpy",), "threads", (1, 2)).cases(machine)
    assert [case.threads for case in swept] == [1, 2]
    assert [case.size for case in Sweep("a", ("matmul/numpy",), "size", (8, 9)).cases(machine)] == [8, 9]


def test_a_plan_names_every_part_with_its_time() -> None:
    parts = plan(ASSIGNMENT, detect())
    assert [part.id for part in parts] == list(ASSIGNMENT.ids)
    assert all((part.expected_s > 0) == (part.kind != "question") for part in parts)
    parts = plan(replace(ASSIGNMENT, optional=frozenset({"why"})), detect())
    assert [part.id for part in parts if not part.required] == ["why"]


def test_the_beginning_is_kept_as_it_was_first(accel_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert begun(ASSIGNMENT) is None
    first = begin(ASSIGNMENT)
    assert begin(ASSIGNMENT) == first == begun(ASSIGNMENT)
    assert begun(replace(ASSIGNMENT, title="Another")) is None
    monkeypatch.setattr(begun_file, "data_folder", lambda: accel_home / "file")
    (accel_home / "file").write_text("", encoding="utf-8")
    with pytest.raises(AccelError, match="cannot be kept"):
        begin(ASSIGNMENT)
