"""CONTRIBUTING's promises: an addition to a copy of the program touches the files it names, and no other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent

WORKLOAD = '''
"""Workload flip: a vector from its end to its beginning."""

import numpy as np

from accel_core.kernels import late
from accel_core.model import Kernel, Workload

(rungs,) = late("flip.rungs")

FLIP = Workload(
    name="flip",
    title="Flipped vector",
    size_means="number of elements",
    axes=("n",),
    shape=lambda size: (size,),
    make_inputs=lambda shape, dtype, seed: (np.random.default_rng(seed).random(shape).astype(dtype),),
    reference=lambda x: x[::-1].astype(np.float64),
    flop=lambda shape: shape[0],
    least_bytes=lambda shape, dtype: 2 * shape[0] * np.dtype(dtype).itemsize,
    tolerance=lambda shape, dtype: 0.0,
    kernels=(
        Kernel("numpy", "NumPy", rungs.flip_numpy, "numpy", "One slice.", "It is copied.", 1e8),
    ),
    sizes=(64, 128),
    default_size=64,
)
'''
RUNGS = '''
"""The rungs of flip."""


def flip_numpy(x):
    """x (n,) -> (n,)."""
    return x[::-1].copy()
'''
JOB_KIND = '''
"""Say what was given.

| key | meaning |
|---|---|
| `word` | any text |
"""

from accel_core.bench.events import warning_event
from accel_core.runner.kinds.kind import JobKind

KIND = JobKind(
    "echo",
    ("word",),
    lambda job, machine: ({"word": job["word"]}, 60.0),
    lambda job, machine, emit: emit(warning_event(job["word"])),
    lambda data, known: ([0.1], [0.0]),
    measures=False,
)
'''
METHOD = '''
    def {name}(self, x):
        """x (any shape) -> same shape: its end first."""
        return {body}

'''
PAGE = '''
"""Clock: nothing but a sentence."""

from app.parts import components

components.header("clock", "Guess first.")
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the program, and nothing of the tests."""
    for name in ("accel_core", "app", "assets", ".streamlit"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.png"))
    return tmp_path


def write(root: Path, new: dict[str, str], changed: dict[str, tuple[tuple[str, str], ...]]) -> None:
    """Add the `new` files, and to the others what stands after a known text."""
    for name, text in new.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    for name, edits in changed.items():
        text = (root / name).read_text(encoding="utf-8")
        for known, more in edits:
            assert text.count(known) == 1, (name, known)
            text = text.replace(known, known + more)
        (root / name).write_text(text, encoding="utf-8")


def told(root: Path, program: str) -> Any:
    """What `program` prints last, as JSON, with the copy in place of the repository."""
    environment = {**os.environ, "PYTHONPATH": str(root), "ACCEL_HOME": str(root / "home")}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=root, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def add_workload(copy: Path) -> None:
    folder, line = "accel_core/kernels/flip", "from accel_core.kernels.dot.workload import DOT\n"
    new = {f"{folder}/__init__.py": "", f"{folder}/workload.py": WORKLOAD, f"{folder}/rungs.py": RUNGS}
    listed = (line, "from accel_core.kernels.flip.workload import FLIP\n")
    entry = ("    *(MATMUL, ", "FLIP, ")
    write(copy, new, {"accel_core/registry.py": (listed, entry)})


def test_a_workload_is_its_folder_and_a_tuple(copy: Path) -> None:
    add_workload(copy)
    measured = told(
        copy,
        "import json; from accel_core.cli import main; from accel_core import Case, detect, measure\n"
        "m = measure(Case('flip/numpy', 64), detect(), budget_s=0.01)\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app/main.py', default_timeout=120)\n"
        "app.query_params['workload'] = 'flip'\n"
        "app.run(); app.switch_page('ladder/ladder.py').run()\n"
        "said = [str(one.value) for one in [*app.error, *app.exception, *app.warning]]\n"
        "print(json.dumps([m.kernel, m.verified, said, [str(b.label) for b in app.button]]))",
    )
    kernel, verified, faults, buttons = measured
    assert (kernel, verified, faults) == ("flip/numpy", True, [])
    assert any(label.startswith("Time all rungs") for label in buttons)


def test_a_rung_that_says_what_it_removes_is_on_the_page_fusion(copy: Path) -> None:
    add_workload(copy)
    rung = """
        Kernel(
            "in_place", "NumPy, in place", rungs.flip_in_place, "numpy", "It is given its result.", "", 1e8,
            writes_out=True, removes="the new array is gone", operators=(Operator("x[::-1]"),),
        ),"""
    first = '"One slice.", "It is copied.", 1e8),'
    edits = (("import Kernel", ", Operator"), (first, rung))
    function = "\n\ndef flip_in_place(x, out):\n    out[:] = x[::-1]\n    return out\n"
    folder = "accel_core/kernels/flip"
    write(
        copy, {}, {f"{folder}/workload.py": edits, f"{folder}/rungs.py": (("return x[::-1].copy()", function),)}
    )
    offered, default, said, faults, asked = told(
        copy,
        "import json; from streamlit.testing.v1 import AppTest; from app.session import jobs\n"
        "asked = []; jobs.start = asked.append\n"
        "from accel_core import Case, detect, measure; from accel_core.store import Store\n"
        "for name in ('numpy', 'in_place'): Store().save_measurement(\n"
        "    measure(Case('flip/' + name, 64), detect(), budget_s=0.01))\n"
        "app = AppTest.from_file('app/main.py', default_timeout=120).run()\n"
        "app.switch_page('fusion/fusion.py').run(); default = app.session_state['workload']\n"
        "app.button_group(key='workload').set_value('flip').run()\n"
        "app.button(key='measure').click().run()\n"
        "faults = [str(one.value) for one in [*app.error, *app.exception, *app.warning]]\n"
        "said = [chart.proto.alt for chart in app.get('plotly_chart')][0]\n"
        "offered = list(app.button_group(key='workload').options)\n"
        "print(json.dumps([offered, default, said, faults, [c['kernel'] for c in asked[0]['cases']]]))",
    )
    assert "flip" in offered and default == "gelu" and not faults
    assert "rung of Flipped vector: 1 NumPy" in said and "the new array is gone" in said
    assert asked == ["flip/numpy", "flip/in_place"]


def test_an_operation_is_its_workload_its_description_and_the_methods_of_backends(copy: Path) -> None:
    add_workload(copy)
    contract = "\n    @abstractmethod" + METHOD.format(name="flip", body="").rstrip().removesuffix("return")
    plain = METHOD.format(name="plain_flip", body="x[::-1].copy()")
    known = {
        "operations.py": {'Operation("gelu", ELEMENTS, ("x",)),\n': 'Operation("flip", ELEMENTS, ("x",)),\n'},
        "backends/interface.py": {'their common shape: the sum, element by element."""\n': contract},
        "backends/checked.py": {
            "return self.plain_add(*terms(x, y))\n": METHOD.format(
                name="flip", body="self.plain_flip(*same_type(x=x))"
            ),
            '"""x, y (same shape) -> same shape."""\n': contract.replace("flip", "plain_flip"),
        },
        "backends/library.py": {
            "return gelu_in_place(x)\n": plain,
            "return matmul_numpy_tiled(a, b)\n": plain,
        },
        "backends/naive.py": {"return matmul_python_loops(a, b)\n": plain},
        "backends/compiled.py": {"return gelu_fused_threads(x) if self.threads else gelu_fused(x)\n": plain},
    }
    write(copy, {}, {f"accel_core/{name}": tuple(edits.items()) for name, edits in known.items()})
    results, lengths, timed, faults, code, buttons = told(
        copy,
        "import json, numpy as np, accel_core; from accel_core import flip, use_backend, detect\n"
        "x = np.arange(3, dtype=np.float32); results = [flip(x).tolist(), flip(x).tolist()]\n"
        "for name in accel_core.backend_names():\n"
        "    with use_backend(name): results.append(flip(x).tolist())\n"
        "assert 'flip' in accel_core.__all__ and 'flip' in accel_core.backends.__all__\n"
        "from accel_core.backends.calibrating import calibrate; from accel_core.runner.spec import check\n"
        "shape = {'operations': ['flip'], 'dtypes': ['float32'], 'lengths': [[16]]}\n"
        "assert check({'kind': 'calibrate', **shape}, detect())\n"
        "(one,) = calibrate(detect(), **shape, budget_s=0.01)\n"
        "lengths = accel_core.explain('flip', (4, 4)).to_dict()['lengths']\n"
        "from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app/main.py', default_timeout=120)\n"
        "app.query_params['operation'] = 'flip'\n"
        "app.run(); app.switch_page('backends/backends.py').run()\n"
        "said = [str(one.value) for one in [*app.error, *app.exception, *app.warning]]\n"
        "buttons, code = [str(b.label) for b in app.button], app.code[0].value\n"
        "print(json.dumps([results, lengths, list(one.contests[0].times_s), said, code, buttons]))",
    )
    assert results == [[2.0, 1.0, 0.0]] * (2 + 6) and lengths == [16]
    assert {"naive", "blocked", "numpy", "compiled"} <= set(timed)
    assert not faults and "c = flip(a)  # by auto" in code
    assert any(label.startswith("Calibrate flip (about") for label in buttons)


def test_a_page_is_its_folder_and_a_tuple(copy: Path) -> None:
    entry = '\n    Page("clock", "Clock", "What does a second hold?", "schedule", "How long a second is."),'
    write(
        copy,
        {"app/clock/__init__.py": "", "app/clock/clock.py": PAGE},
        {"app/catalogue.py": (("\nPAGES = (", entry),)},
    )
    titles, faults = told(
        copy,
        "import json; from streamlit.testing.v1 import AppTest\n"
        "app = AppTest.from_file('app/main.py', default_timeout=120).run()\n"
        "app.switch_page('clock/clock.py').run()\n"
        "print(json.dumps([[t.value for t in app.title], [str(e) for e in [*app.error, *app.exception]]]))",
    )
    assert titles == ["What does a second hold?"] and not faults


def test_a_kind_of_job_is_a_file_and_a_name(copy: Path) -> None:
    folder = "accel_core/runner/kinds"
    write(
        copy,
        {f"{folder}/echo.py": JOB_KIND},
        {
            f"{folder}/__init__.py": (
                ("    compare,\n    disk,\n", "    echo,\n"),
                ("        compare,\n", "        echo,\n"),
            )
        },
    )
    warnings = told(
        copy,
        "import json; from accel_core import runner\n"
        "job = runner.submit({'kind': 'echo', 'word': 'hello'}, 'me'); job.wait()\n"
        "assert job.failure is None, job.failure\n"
        "print(json.dumps(job.warnings))",
    )
    assert warnings == ["hello"]


def test_a_memory_level_is_a_line_of_a_table(copy: Path) -> None:
    write(
        copy,
        {},
        {
            "accel_core/model/levels.py": (
                (
                    '    Level("L4", 3 / 8, 3 / 8, 2, shared=True),\n',
                    '    Level("L5", 3 / 8, 3 / 8, 2, True),\n',
                ),
            )
        },
    )
    levels, texts = told(
        copy,
        "import json; from dataclasses import replace; from accel_core import detect\n"
        "from accel_core.figures import PAPER, hierarchy_figure\n"
        "from accel_core.model import LEVELS, CacheLevel\n"
        "caches = tuple(CacheLevel(f'L{n}', 1 << (14 + 2 * n), 8, 64, (0,), 1, 'test') for n in range(1, 6))\n"
        "figure = hierarchy_figure(replace(detect(), caches=caches), None, PAPER)\n"
        "print(json.dumps([LEVELS, [a.text for a in figure.layout.annotations]]))",
    )
    assert levels[-2:] == ["L5", "DRAM"]
    assert any("L5" in text for text in texts)
