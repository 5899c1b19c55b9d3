"""`compiled`: how every kernel that Numba compiles is compiled, said once.

Machine code is kept on disk as with `cache=True` (Numba's docs, "Notes on caching"), so only the first run on a
machine waits; `nogil=True` lets a page draw progress meanwhile. No `fastmath` but in what the names `streamed`
and `reordered` say: additions keep the order in which they are written, as IEEE 754 and every C compiler
without `-ffast-math` demand, so a sum is not split over vector lanes.
"""

from __future__ import annotations

import errno
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any
from uuid import uuid4

import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile, UserWideCacheLocator
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import register_pass
from numba.core.lowering import Lower
from numba.core.typed_passes import NativeLowering

from accel_core.errors import AccelWarning
from accel_core.folders import can_write, spare_folder, user_folder
from accel_core.kernels.widths import attributes, require_width, width_here
from accel_core.model.words import DTYPES

OPTIONS: dict[str, Any] = {"nogil": True}
"""What `compiled` asks of `numba.njit` besides the cache."""

_SETTINGS = (
    "OPT",
    "LOOP_VECTORIZE",
    "SLP_VECTORIZE",
    "ENABLE_AVX",
    "DISABLE_INTEL_SVML",
    "BOUNDSCHECK",
    "DEBUGINFO_DEFAULT",
    "LLVM_REFPRUNE_PASS",
    "LLVM_REFPRUNE_FLAGS",
)


class _Tried:
    """A place that is tried with one plain file: Numba's way has no end on Windows, where it may not write.

    https://github.com/numba/numba/issues/8755
    """

    def ensure_cache_path(self) -> None:
        folder = Path(self.get_cache_path())  # type: ignore[attr-defined]
        if not can_write(folder, 0):
            raise PermissionError(errno.EACCES, "no file can be written", str(folder))


class _UserFolder(UserWideCacheLocator):
    """This user's own folder, for where none beside the source can be written.

    Where there is no home, Numba's own choice is a folder called "~" in the current one.
    """

    def __init__(self, function: Any, file: str) -> None:
        super().__init__(function, file)
        home = user_folder("cache") or spare_folder()
        self._cache_path = str(home / "numba" / self.get_suitable_cache_subpath(file)) if home else ""


class _Places(CompileResultCacheImpl):
    _locator_classes: list[Any] = [  # noqa: RUF012  as Numba has it
        type(place.__name__, (_Tried, _UserFolder if place is UserWideCacheLocator else place), {})
        for place in CompileResultCacheImpl._locator_classes
    ]


class _Files(IndexDataCacheFile):
    """Numba's files of one function: an index, and the machine code for each set of argument types.

    Numba numbers the code, so two processes that compile a function at one time for two types write to one
    file, and the next process runs the code for the other type. Here no two files ever have one name.
    """

    def _data_name(self, number: int) -> str:
        return str(super()._data_name(uuid4().int >> 64))


class _Cache(FunctionCache):
    """Numba's cache on disk, with four differences.

    It is kept where this project keeps its files, which many processes may write at one time. Code that cannot
    be written (a full disk) is used all the same. And code is compiled anew when any file has changed that it
    may have been made from, or when Numba is told to compile in another way: by itself it looks only at the
    file of the function and at the processor, and would run the old micro-kernel inside a new loop, and what
    was made under NUMBA_OPT=0 for good.
    """

    _impl_class = _Places

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        place = self._impl.locator
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, place.get_source_stamp())

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        key = super()._index_key(sig, codegen)
        return (*key, _settings(), _widths(), *map(_stamp, source_folders(self._py_func)))

    def save_overload(self, sig: Any, data: Any) -> None:
        with suppress(OSError):
            super().save_overload(sig, data)


def source_folders(function: Callable[..., Any]) -> tuple[Path, Path]:
    """The folders whose `sources` machine code of a plain `function` may be made of.

    Of this package that is the one below its top that the function lies in (`cache` for
    `cache/engine/sets.py`), elsewhere the function's own; and always `kernels`.
    """
    here = Path(function.__code__.co_filename).parent
    return next((folder for folder in (here, *here.parents) if folder.parent == _PACKAGE), here), _KERNELS


def sources(folder: Path) -> list[Path]:
    """The source files of a folder, and in this package those of the folders below it."""
    return sorted(folder.rglob("*.py") if folder.parent == _PACKAGE else folder.glob("*.py"))


_KERNELS = Path(__file__).parent
_PACKAGE = _KERNELS.parent


def _settings() -> tuple[str, ...]:
    """What Numba is told of how to compile; the processor's name and features are in its own key."""
    return tuple(str(vars(numba.config).get(name)) for name in _SETTINGS)


def _widths() -> tuple[int, ...]:
    """What streaming loops are compiled for, which a loop over threads has inside too."""
    return tuple(map(width_here, DTYPES))


@cache
def _stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Path, time of change and size of each source file of a folder."""
    with suppress(OSError):  # imported out of an archive, where Numba keeps nothing
        files = [(str(file.relative_to(folder)), file.stat()) for file in sources(folder)]
        return tuple((name, found.st_mtime_ns, found.st_size) for name, found in files)
    return ()


def compiled(function: Callable[..., Any]) -> Any:
    """`function` compiled by Numba at its first call for each set of argument types.

    The plain Python function stays at `.py_func`. Where no folder for the cache can be written, the function is
    compiled anew by each process instead of failing at import, as `numba.njit(cache=True)` does.
    """
    return _compiled(function)


def outlined(function: Callable[..., Any]) -> Any:
    """`compiled` for pieces of a hot loop that hand arrays to each other, never divide by zero, never allocate.

    Numba counts references to an array around such calls wherever a path may raise, which cost 24 ns where the
    work is 1 (Numba 0.68, Zen 5 virtual machine). So nothing is looked for that may raise (`error_model`), and
    nothing is counted (`_nrt`, as Numba's own string functions are compiled): the caller holds the arrays.
    """
    return _compiled(function, **_BARE)


def inlined(function: Callable[..., Any]) -> Any:
    """`outlined`, and put into its callers: to hand four arrays over costs more than most pieces do."""
    return _compiled(function, forceinline=True, **_BARE)


def streamed(function: Callable[..., Any]) -> Any:
    """`compiled` for a loop over long arrays that LLVM should turn into vector instructions.

    A division by zero gives infinity (`error_model`): a check in every turn would keep the loop scalar. A
    product and a sum may be rounded once instead of twice, as one instruction (`contract`); nothing is
    reordered. The vectors have as many bits as `widths` says for the type, or as `at_width` asks for.
    """
    return _compiled(function, **_STREAMED)


def reordered(function: Callable[..., Any]) -> Any:
    """`streamed` for sums that may be split over vector lanes: additions may change places (`reassoc`)."""
    return _compiled(function, **{**_STREAMED, "fastmath": {"contract", "reassoc", "nsz"}})


def forked(function: Callable[..., Any]) -> Any:
    """`compiled` for a function whose `numba.prange` loops have one turn for each thread: see `fork_join`.

    Nothing else in it is made parallel, neither its sums nor its array expressions.
    """
    return _compiled(function, parallel=dict.fromkeys(_OTHER_LOOPS, False))


def at_width(function: Any, bits: int, dtype: str) -> Any:
    """The `streamed` function compiled for vectors of `bits`; itself where `dtype` has these anyway, or for 0.

    BadInput where there are no such vectors here. It is compiled at the first call and kept on disk like any
    other function, under a name of its own: of two functions of one name in one process, LLVM runs the first.
    """
    if bits in (0, width_here(dtype)):
        return function
    require_width(bits)
    return _at_width(function, bits)


@cache
def _at_width(function: Any, bits: int) -> Any:
    plain = function.py_func
    named = FunctionType(plain.__code__, plain.__globals__, f"{plain.__name__}_{bits}", plain.__defaults__)
    named.__module__, named.__qualname__ = plain.__module__, f"{plain.__qualname__}_{bits}"
    setattr(named, _BITS, bits)
    return _compiled(named, **_STREAMED)


_BITS = "vector_bits"


class _Lower(Lower):
    """Numba's way from its own code to LLVM's, with the width of the vectors said."""

    def setup_function(self, fndesc: Any) -> None:
        super().setup_function(fndesc)
        bits = getattr(self.func_ir.func_id.func, _BITS, 0) or _width_of(fndesc.argtypes)
        for attribute in attributes(bits):
            set.add(self.function.attributes, attribute)  # its own `add` knows none that has a value


def _width_of(types: Any) -> int:
    """That of the first array's type."""
    dtypes = [str(one.dtype) for one in types if isinstance(one, numba.types.Array)]
    return width_here(next((dtype for dtype in dtypes if dtype in DTYPES), DTYPES[0]))


@register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(NativeLowering):
    _name = "lowering_with_a_width"

    @property
    def lowering_class(self) -> type[Lower]:
        return _Lower


class _Streaming(CompilerBase):
    """Numba's compiler, with `_Lowering` in the place of its own."""

    def define_pipelines(self) -> list[Any]:
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        at = [which for which, _ in passes.passes].index(NativeLowering)
        passes.passes[at] = (_Lowering, "native lowering with a width")
        passes.finalize()
        return [passes]


_OTHER_LOOPS = "comprehension", "reduction", "inplace_binop", "setitem", "numpy", "stencil"
_STREAMED: dict[str, Any] = {
    "error_model": "numpy",
    "fastmath": {"contract"},
    "pipeline_class": _Streaming,
}
_BARE: dict[str, Any] = {"error_model": "numpy", "_nrt": False}


def _compiled(function: Callable[..., Any], **more: Any) -> Any:
    dispatcher = numba.njit(**OPTIONS, **more)(function)
    try:
        dispatcher._cache = _Cache(function)  # as `enable_caching` does
    except (RuntimeError, UnicodeError) as error:
        _warn_uncached(function, error)
    return dispatcher


def _warn_uncached(function: Callable[..., Any], error: Exception) -> None:
    """Say once why code is not kept; a function that was typed in, without a file, never could be."""
    if Path(function.__code__.co_filename).is_file():
        reason = "no folder for them can be written" if "no locator" in str(error) else str(error)
        warnings.warn(
            f"Compiled kernels cannot be kept ({reason}), so each start compiles them again: set "
            "NUMBA_CACHE_DIR to a folder of yours.",
            AccelWarning,
            stacklevel=2,
        )
