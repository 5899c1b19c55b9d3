"""How long the compiler will take before a job's functions run: no time where their machine code is on disk.

Numba keeps what it compiled of a function in files named after it, in `__pycache__` or where NUMBA_CACHE_DIR
says (https://numba.readthedocs.io/en/stable/developer/caching.html). They are looked at, never loaded.
"""

from __future__ import annotations

import dis
import os
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from numba.core.caching import UserProvidedCacheLocator as _Locator
from numba.core.dispatcher import Dispatcher

from accel_core.folders import numba_cache
from accel_core.kernels.compiled import source_folders, sources
from accel_core.model import DTYPES

FUNCTION_S = 0.1
"""A compiled function, however short, on a core of the registry's pace."""
CODE_S_PER_BYTE = 2e-4
"""And for each byte of bytecode, that of the functions it calls included: LLVM gets them as one."""
PACKAGE_NAME = __name__.partition(".")[0]


def compiling_s(
    roots: Sequence[Callable[..., Any]], dtypes: Collection[str] = (), ran: Collection[Callable[..., Any]] = ()
) -> list[float]:
    """Seconds to compile what each of `roots` leads to and neither the disk nor an earlier one holds.

    On a core of the registry's pace, by the length of the code. `dtypes` are those that the disk must hold.
    Those of `ran` have run as they will run now: what they did not need then, they do not need.
    """
    changed_s, counted, each = cache(_changed), set[Dispatcher](), []
    for root in roots:
        functions = [one for one in compiled_functions(root) if one not in counted]
        counted |= set(functions)
        missing = {one for one in functions if not _is_held(one, dtypes, changed_s)}
        if root in ran and len(missing) < len(functions):
            missing = set()
        within = {inner for one in missing for inner in _called(one)}
        code_bytes = sum(map(_code_bytes, missing - within))
        each.append(len(missing) * FUNCTION_S + code_bytes * CODE_S_PER_BYTE)
    return each


@cache
def compiled_functions(root: Any) -> tuple[Dispatcher, ...]:
    """The compiled functions of this package that `root` is, calls or hands on, each once."""
    seen: dict[int, Any] = {}
    waiting = [root]
    while waiting:
        thing = waiting.pop()
        if id(thing) not in seen and _is_ours(thing):
            seen[id(thing)] = thing
            waiting += _named(thing)
    return tuple(thing for thing in seen.values() if isinstance(thing, Dispatcher))


def _is_ours(thing: Any) -> bool:
    return isinstance(thing, Dispatcher | FunctionType) and thing.__module__.startswith(PACKAGE_NAME)


def _named(thing: Any) -> list[Any]:
    """What the code of a function names: globals, attributes of our modules, variables that it closes over."""
    function = thing.py_func if isinstance(thing, Dispatcher) else thing
    names = {name for code in _codes(function.__code__) for name in code.co_names}
    found = [function.__globals__[name] for name in names if name in function.__globals__]
    modules = [one for one in found if isinstance(one, ModuleType) and one.__name__.startswith(PACKAGE_NAME)]
    attributes = [vars(module)[name] for module in modules for name in names if name in vars(module)]
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    return [*found, *attributes, *cells]


def _codes(code: CodeType) -> Iterator[CodeType]:
    """`code` and that of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


@cache
def _called(function: Dispatcher) -> tuple[Dispatcher, ...]:
    """The compiled functions in the body of one, as often as they stand there."""
    python = function.py_func
    names = [step.argval for step in dis.get_instructions(python.__code__) if step.opname == "LOAD_GLOBAL"]
    found = [python.__globals__.get(name) for name in names]
    return tuple(one for one in found if isinstance(one, Dispatcher))


@cache
def _code_bytes(function: Dispatcher) -> int:
    """Bytecode of `function` with that of all it calls put in its place (no compiled one calls itself)."""
    return len(function.py_func.__code__.co_code) + sum(map(_code_bytes, _called(function)))


# -- on disk -----------------------------------------------------------------------------------------------


@cache
def _cache_folder() -> Path | None:
    """Where the workers keep machine code, None for beside its source; tried by writing, so once a process."""
    return numba_cache(os.environ)[0]


def _index(function: Dispatcher) -> Path:
    """The index that the workers' Numba keeps of the machine code of `function`."""
    python, folder = function.py_func, _cache_folder()
    source = Path(python.__code__.co_filename)
    name = f"{source.stem}.{python.__qualname__}-{python.__code__.co_firstlineno}"
    version = f"py{sys.version_info.major}{sys.version_info.minor}{getattr(sys, 'abiflags', '')}"
    below = folder / _Locator.get_suitable_cache_subpath(source) if folder else source.parent / "__pycache__"
    return below / f"{name}.{version}.nbi"


def _is_held(function: Dispatcher, dtypes: Collection[str], changed_s: Callable[[Path], float]) -> bool:
    """Whether machine code of `function`, as its sources stand now, is kept for all of `dtypes`."""
    index = _index(function)
    try:
        newest_s = max(map(changed_s, source_folders(function.py_func)))
        return index.stat().st_mtime >= newest_s and set(dtypes) <= _dtypes(index)
    except OSError:  # there is none
        return False


def _changed(folder: Path) -> float:
    """When a source file of this folder was last changed."""
    return max((source.stat().st_mtime for source in sources(folder)), default=0.0)


def _dtypes(path: Path) -> set[str]:
    """The dtypes for which an index says that machine code is kept; all, where its function takes no arrays."""
    signatures = path.read_bytes().decode("latin-1")
    return {dtype for dtype in DTYPES if dtype in signatures} or set(DTYPES)
