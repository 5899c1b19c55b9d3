"""The architecture: which module stands on which floor, and that imports only run downhill.

A module imports from the floors below its own, or from a neighbour to its left on the same floor. In the app a
page imports what is shared, and no other page.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from accel_core.model import LEVELS
from accel_core.registry import WORKLOADS
from app.catalogue import PAGES, POOL, Page

FLOORS: tuple[tuple[str, ...], ...] = (
    ("privacy", "errors", "limits", "units", "codec", "model", "operations", "race"),  # 0 words
    ("stats", "intensity", "roofline", "transformer"),  # 1 sums: no clock, no file, nothing of the machine
    ("folders", "host_lock", "machine", "wall", "kernels", "cache"),  # 2 files, the machine, what runs on it
    ("registry", "bench", "store", "doctor"),  # 3 the list and the act, and what is kept of it
    ("peaks", "disk", "backends", "tuning", "profiler", "arena", "judge", "out_of_core"),  # 4 on measuring
    ("runner",),  # 5 the queue
    ("pool",),  # 6 other hosts, the only one with the engine that reaches them
    ("readings", "lessons", "hall"),  # 7 what pictures say; what is asked and revealed; a room that votes
    ("figures", "studies", "homework"),  # 8 pictures, the only ones with plotly; what is asked
    ("cli", "__main__"),  # 9 the door
)
WORDS_AND_SUMS = {name for floor in FLOORS[:2] for name in floor}
STANDARD_AND_NUMPY = {"numpy", "accel_core"}

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "accel_core"
ORDER = [name for floor in FLOORS for name in floor]
MODULES = sorted(CORE.rglob("*.py"))
FACE = CORE / "__init__.py"


def top_module(path: Path) -> str:
    """The module of accel_core that a file belongs to: `bench` for accel_core/bench/threads.py."""
    return path.relative_to(CORE).parts[0].removesuffix(".py")


def imported_names(path: Path) -> Iterator[str]:
    """Dotted names of everything a file imports, at its top, in functions and for type checking alike."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            prefix = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{prefix}.{alias.name}" for alias in node.names)


def core_imports(path: Path) -> set[str]:
    """The modules of accel_core that a file imports, without its own."""
    parts = (name.split(".") for name in imported_names(path))
    return {part[1] for part in parts if part[0] == "accel_core" and len(part) > 1} - {top_module(path)}


def names_of(paths: list[Path]) -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in paths]


INSIDE = [path for path in MODULES if path != FACE]


def test_every_module_stands_on_exactly_one_floor() -> None:
    assert sorted(ORDER) == sorted({top_module(path) for path in INSIDE})


@pytest.mark.parametrize("path", INSIDE, ids=names_of(INSIDE))
def test_imports_run_downhill(path: Path) -> None:
    here = ORDER.index(top_module(path))
    # the version is the one thing that the face of the package tells its own rooms
    uphill = {name for name in core_imports(path) - {"__version__"} if name not in ORDER[:here]}
    assert not uphill, f"{path.name} imports {sorted(uphill)}, which do not stand below {top_module(path)}"


@pytest.mark.parametrize("path", MODULES, ids=names_of(MODULES))
def test_the_core_knows_no_app_and_only_figures_know_plotly(path: Path) -> None:
    outside = {name.split(".")[0] for name in imported_names(path)}
    assert not outside & {"streamlit", "app"}
    assert "plotly" not in outside or top_module(path) == "figures"


def test_the_face_of_the_package_imports_nothing_heavy() -> None:
    assert {name.split(".")[0] for name in imported_names(FACE)} <= {"__future__", "importlib", "typing"}


def test_words_need_the_standard_library_only_and_sums_no_machine() -> None:
    for path in INSIDE:
        if top_module(path) in WORDS_AND_SUMS:
            allowed = {"accel_core"} if top_module(path) in FLOORS[0] else STANDARD_AND_NUMPY
            outside = {name.split(".")[0] for name in imported_names(path)} - set(sys.stdlib_module_names)
            assert outside <= allowed, f"{path.relative_to(ROOT)} imports {sorted(outside - allowed)}"


LADDERS = sorted(path.parent for path in CORE.glob("kernels/*/__init__.py"))


RUNGS = {rung.function.__module__ for problem in WORKLOADS for rung in problem.kernels}
"""The modules that rungs are in; what stands beside them (`micro_kernel`, `panels`) any ladder may use."""


@pytest.mark.parametrize("ladder", LADDERS, ids=names_of(LADDERS))
def test_every_ladder_has_the_same_files_and_needs_no_rung_of_another(ladder: Path) -> None:
    assert {"workload.py", "interpreted.py", "compiled.py"} <= {path.name for path in ladder.glob("*.py")}
    others = tuple(f"{rungs}." for rungs in RUNGS if f".{ladder.name}." not in rungs)
    imported = {name for path in ladder.glob("*.py") for name in imported_names(path)}
    assert not {name for name in imported if f"{name}.".startswith(others)}


def test_what_pictures_are_drawn_with_knows_no_picture() -> None:
    for path in (CORE / "figures" / "drawing").glob("*.py"):
        figures = {name for name in imported_names(path) if name.startswith("accel_core.figures.")}
        assert all(name.startswith("accel_core.figures.drawing.") for name in figures), path


def test_the_access_stream_knows_no_simulator() -> None:
    for path in (CORE / "cache" / "stream").glob("*.py"):
        assert not any(name.startswith("accel_core.cache.engine") for name in imported_names(path)), path


# -- the app -------------------------------------------------------------------------------------------------

APP = ROOT / "app"
BELOW: dict[str, set[str]] = {
    "catalogue": set(),
    "server": set(),
    "session": set(),
    "parts": {"session", "catalogue"},
}
"""What pages share, and which of these rooms each may import."""
MOST_LINES_OF_A_PAGE = 50
APP_FILES = sorted(APP.rglob("*.py"))


def room(path: Path) -> str:
    """The room of the app that a file belongs to: `parts` for app/parts/tables.py."""
    return path.relative_to(APP).parts[0].removesuffix(".py")


def app_imports(path: Path) -> set[str]:
    """The rooms of the app that a file imports, without its own."""
    parts = (name.split(".") for name in imported_names(path))
    return {part[1] for part in parts if part[0] == "app" and len(part) > 1} - {room(path)}


@pytest.mark.parametrize("path", APP_FILES, ids=names_of(APP_FILES))
def test_pages_import_what_is_shared_and_no_other_page(path: Path) -> None:
    if room(path) in ("main", "__init__"):
        return  # main.py brings all of them together
    assert app_imports(path) <= BELOW.get(room(path), {"session", "parts"})


def test_every_folder_of_the_app_is_a_shared_room_or_a_page_of_the_catalogue() -> None:
    folders = {path.name for path in APP.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert folders - set(BELOW) == {page.name for page in (*PAGES, POOL)}
    assert all((APP / page.path).is_file() for page in (*PAGES, POOL))


@pytest.mark.parametrize("page", (*PAGES, POOL), ids=lambda page: page.name)
def test_a_page_only_lays_out(page: Page) -> None:
    lines = (APP / page.path).read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MOST_LINES_OF_A_PAGE, "what draws a part of the page goes into a file beside it"


def test_studies_draw_nothing_in_a_page() -> None:
    for path in (CORE / "studies").glob("*.py"):
        assert not {name.split(".")[0] for name in imported_names(path)} & {"streamlit", "plotly"}


# -- what a reader is told ----------------------------------------------------------------------------------

TOLD = [*APP_FILES, *INSIDE]


def untold(body: list[ast.stmt]) -> Iterator[str]:
    """The public classes and functions in a body that have no docstring."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield from () if ast.get_docstring(node) else (node.name,)
            yield from untold(node.body) if isinstance(node, ast.ClassDef) else ()


@pytest.mark.parametrize("path", TOLD, ids=names_of(TOLD))
def test_what_is_public_says_what_it_returns(path: Path) -> None:
    assert not list(untold(ast.parse(path.read_text(encoding="utf-8")).body))


# -- each fact once ------------------------------------------------------------------------------------------


def spelled(path: Path) -> set[str]:
    """The memory levels whose names are strings in a file's code."""
    strings = (
        n.value for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Constant)
    )
    return set(LEVELS) & {text for text in strings if isinstance(text, str)}


def test_one_table_names_the_memory_levels() -> None:
    face = CORE / "model" / "__init__.py"  # lists DRAM among its names
    assert {path for path in [*MODULES, *APP_FILES] if spelled(path)} == {CORE / "model" / "levels.py", face}


ONCE = {
    "get_close_matches": "errors.py",  # what was meant by a misspelled name
    "bool) or not isinstance(value, int)": "",  # which numbers are whole: errors.is_whole
    '"float64": 8': "model/words.py",  # bytes of an element
    "THREADED_FROM = ": "kernels/chunks.py",  # from where on threads pay
    "LEAST_SAMPLES = ": "stats.py",  # from how many samples on a median has an interval
    "SIAM J. Sci.": "model/words.py",  # by how much a sum may be off
    "not in DTYPES": "model/words.py",  # which types are measured
}
"""What a fact looks like where it is said, and the one file that says it."""


@pytest.mark.parametrize("said", ONCE)
def test_a_fact_is_said_in_one_place(said: str) -> None:
    places = [path for path in [*MODULES, *APP_FILES] if said in path.read_text(encoding="utf-8")]
    assert places == [CORE / place for place in [ONCE[said]] if place]


def test_readings_come_without_plotly() -> None:
    rooms = [f"accel_core.readings.{path.stem}" for path in (CORE / "readings").glob("*.py")]
    code = f"import sys, {', '.join(rooms)}; assert 'plotly' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_relative_import_is_seen_as_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "accel_core" / "kernels"
    package.mkdir(parents=True)
    module = package / "matmul.py"
    module.write_text("from .. import bench\nfrom ..cli import main\nfrom . import verify\n", encoding="utf-8")
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    monkeypatch.setitem(globals(), "CORE", tmp_path / "accel_core")
    assert core_imports(module) == {"bench", "cli"}


# -- each word with one meaning ------------------------------------------------------------------------------

RETIRED = {
    r"(?<!\.)\bcontests?\b(?!: tuple)": "race; the field in stored records keeps its name",
    r"\bthe rule's\b|rule_bytes|(packed|rates)\.rule\b": "derived, from the caches; a rule is AutoBackend's",
    r"round of (the outermost loop|[ijk{])": "iteration; in a round each takes one sample",
    r"errors import .*\bshown\b": "quoted; shown is what is visible",
    r"codec import .*\bRecord\b": "PlainData; a record is stored",
    r"\btwins?\b": "shadow cache",
}
"""How a word would look that has given way, and what stands in its place."""


@pytest.mark.parametrize("word", RETIRED)
def test_a_word_that_has_given_way_does_not_come_back(word: str) -> None:
    lines = [(path, line) for path in TOLD for line in path.read_text(encoding="utf-8").splitlines()]
    found = [f"{path.relative_to(ROOT)}: {line.strip()}" for path, line in lines if re.search(word, line)]
    assert not found, f"say {RETIRED[word]}"
