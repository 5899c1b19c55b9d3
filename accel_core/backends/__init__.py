# ruff: noqa: E402
"""Backends: ask for an operation, and let somebody else decide who does it.

>>> from accel_core import matmul, use_backend
>>> c = matmul(a, b)    # whoever is fastest for these two on this machine
>>> with use_backend("naive"):
...     c = matmul(a, b)    # the same code, three Python loops
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

from accel_core.machine.compiler import require_compiler

require_compiler()  # before anything here imports Numba

from accel_core.backends.auto import AutoBackend, explain
from accel_core.backends.checked import CheckedBackend
from accel_core.backends.chooser import Choice
from accel_core.backends.compiled import CompiledBackend
from accel_core.backends.current import (
    backend_names,
    find_backend,
    get_backend,
    plain_function,
    register_backend,
    register_installed,
    set_backend,
    use_backend,
)
from accel_core.backends.interface import ComputeBackend
from accel_core.backends.library import BlockedBackend, NumpyBackend
from accel_core.backends.naive import NaiveBackend
from accel_core.operations import OPERATIONS as _DESCRIBED

OPERATIONS = MappingProxyType({name: operation.arguments for name, operation in _DESCRIBED.items()})
"""Each operation with its array arguments, in order; gamma and beta may be left out."""
OptimizedBackend = AutoBackend
"""The older name."""

register_backend("auto", AutoBackend)
register_backend("naive", NaiveBackend)
register_backend("blocked", BlockedBackend)
register_backend("numpy", NumpyBackend)
register_backend("compiled", CompiledBackend)
register_backend("compiled_threads", lambda: CompiledBackend(threads=True))
register_installed()

__all__ = [
    "OPERATIONS",
    "AutoBackend",
    "BlockedBackend",
    "CheckedBackend",
    "Choice",
    "CompiledBackend",
    "ComputeBackend",
    "NaiveBackend",
    "NumpyBackend",
    "OptimizedBackend",
    "backend_names",
    "explain",
    "find_backend",
    "get_backend",
    "register_backend",
    "set_backend",
    "use_backend",
    *OPERATIONS,
]


def __getattr__(name: str) -> Callable[..., Any]:
    if name not in _DESCRIBED:
        raise AttributeError(f"module 'accel_core.backends' has no attribute {name!r}")
    found = globals()[name] = plain_function(name)  # next time at hand
    return found
