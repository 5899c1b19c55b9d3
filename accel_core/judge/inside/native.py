"""Loads an object file and calls the one function in it: no Python of a submission runs here.

The argument is JSON: {"entry", "item", "inputs", "output", "threads", "team", "private"}.
"""

from __future__ import annotations

import os

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = (
    "1"  # no thread sleeps in what is shut below
)

import ctypes
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from llvmlite import binding as llvm

from accel_core.judge import allowed
from accel_core.judge.inside import pages
from accel_core.wall import inside

_STUBS = "\n".join(
    [
        *(f"define ptr @{name}() {{ ret ptr null }}" for name in sorted(allowed.STUBS)),
        *(f"@{name} = global ptr null" for name in sorted(allowed.STUB_VALUES)),
    ]
)
_LIBRARIES = ("openblas", "blas", "lapack", "mkl", "blis", "accelerate")
_PROT_NONE = 0
_NO_VALUE = -2
"""Numba's status of a function that returned None."""


class _Raised(ctypes.Structure):
    """What Numba says of an error, as far as it is read: a pickle, which nobody loads."""

    _fields_ = (("pickle", ctypes.c_void_p), ("size", ctypes.c_int32))


def _module(path: Path, name: str) -> Any:
    """The extension module `name` of Numba, without the rest of it."""
    found = next(
        path / f"{name}{end}"
        for end in importlib.machinery.EXTENSION_SUFFIXES
        if (path / f"{name}{end}").exists()
    )
    loader = importlib.machinery.ExtensionFileLoader(name, str(found))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def _symbols(told: dict[str, Any]) -> dict[str, int]:
    """The addresses of what Numba's code may call in Numba's libraries."""
    numba = importlib.util.find_spec("numba")
    assert numba is not None and numba.origin is not None
    folder = Path(numba.origin).parent
    runtime = _module(folder / "core" / "runtime", "_nrt_python").c_helpers
    helpers = _module(folder, "_helperlib").c_helpers
    found = {f"NRT_{name}": place for name, place in runtime.items()}
    found |= {name: helpers[own] for name, own in allowed.HELPERS.items() if own in helpers}
    if told["team"]:
        team = _module(folder / "np" / "ufunc", "workqueue")
        found |= {name: getattr(team, name.removeprefix("numba_")) for name in allowed.TEAM}
        ctypes.CFUNCTYPE(None, ctypes.c_int)(team.launch_threads)(told["threads"])
        ctypes.CFUNCTYPE(None, ctypes.c_int)(team.set_num_threads)(told["threads"])
    return found


def _shut_libraries() -> None:
    """Make the code and the data of linear algebra libraries inaccessible, so that nothing can jump there."""
    if sys.platform != "linux":
        return
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        place, *_, path = line.split(maxsplit=5)
        if any(name in Path(path).name.lower() for name in _LIBRARIES):
            start, end = (int(at, 16) for at in place.split("-"))
            if protect(start, end - start, _PROT_NONE):
                raise OSError(ctypes.get_errno(), "mprotect")


def _function(told: dict[str, Any], symbols: dict[str, int]) -> tuple[int, Any]:
    """The address of the entry in the object file, and what keeps it loaded."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name, place in symbols.items():
        llvm.add_symbol(name, place)
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(_STUBS), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(inside.job_file("object").read_bytes()))
    engine.finalize_object()
    return engine.get_function_address(told["entry"]), engine


class _Entry:
    """The submitted function in Numba's calling convention, with the arrays of one shape.

    An array is a reference count and a parent (none), its number of elements, the bytes of one, its address,
    its lengths and its strides (numba/core/datamodel/models.py, ArrayModel).
    """

    def __init__(self, address: int, item: int, shared: pages.Pages) -> None:
        self._address, self._item, self._shared = address, item, shared
        self._value, self._raised = (ctypes.c_int64 * 32)(), ctypes.POINTER(_Raised)()
        self._inputs = ctypes.addressof(_bytes_of(shared.inputs))
        self._output = ctypes.addressof(ctypes.c_char.from_buffer(shared.output))
        self._function: Any = None
        self._arguments: list[Any] = []

    def take(self, places: Any) -> None:
        """Make the arguments for other lengths."""
        arguments: list[Any] = [ctypes.c_void_p(ctypes.addressof(one)) for one in (self._value, self._raised)]
        arrays = [(self._inputs, *one) for one in places["inputs"]] + [(self._output, *places["out"])]
        for base, start, lengths in arrays:
            strides: list[int] = []
            count = 1
            for length in reversed(lengths):
                strides.insert(0, count * self._item)
                count *= length
            arguments += [ctypes.c_void_p(None), ctypes.c_void_p(None), ctypes.c_int64(count)]
            arguments += [ctypes.c_int64(self._item), ctypes.c_void_p(base + start)]
            arguments += [ctypes.c_int64(number) for number in (*lengths, *strides)]
        self._function = ctypes.CFUNCTYPE(ctypes.c_int32, *map(type, arguments))(self._address)
        self._arguments = arguments

    def call(self) -> None:
        """Compute, and report the status; of an error its pickle too."""
        status = self._function(*self._arguments)
        if status in (0, _NO_VALUE):
            self._shared.report(0)
            return
        raised = self._raised.contents if self._raised else None
        said = (
            ctypes.string_at(raised.pickle, min(max(raised.size, 0), 4096)) if raised and raised.pickle else b""
        )
        self._shared.report(status, said)


def _bytes_of(memory: Any) -> Any:
    """The first byte of memory that may not be written, as ctypes has it; its own way asks for writable one."""
    view = ctypes.py_object(memory)
    buffer = _Buffer()
    api = ctypes.pythonapi.PyObject_GetBuffer
    api.argtypes = (ctypes.py_object, ctypes.POINTER(_Buffer), ctypes.c_int)
    api(view, ctypes.byref(buffer), 0)
    return ctypes.c_char.from_address(buffer.buf)


class _Buffer(ctypes.Structure):
    """CPython's Py_buffer."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        *((name, ctypes.c_void_p) for name in ("format", "shape", "strides", "suboffsets", "internal")),
    )


def prepare() -> Callable[[], None]:
    """What carries out an order; the machine code is loaded when this returns, and has not run."""
    told = json.loads(sys.argv[1])
    shared = pages.Pages(told["inputs"], told["output"], private=told["private"])
    symbols = _symbols(told)
    _shut_libraries()
    address, engine = _function(told, symbols)
    entry = _Entry(address, told["item"], shared)
    inside.lock_down(threads=False)  # those of the team have begun

    def carry_out(keep: Any = engine) -> None:
        what, _ = shared.order()
        if what == pages.CALL:
            entry.call()
        elif what == pages.SHAPE:
            entry.take(shared.places())

    return carry_out


inside.serve(prepare)
