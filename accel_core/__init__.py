"""Accel Explorer's core: measure kernels, the machine's roofs, and put one on the other.

A public name is loaded when it is first used, so that `import accel_core` costs nothing and loads no compiler.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_NAMES = {
    "kernels.matmul.functions": "matmul_naive matmul_blocked matmul_numpy matmul_packed matmul_parallel",
    "kernels.gelu.functions": "unfused_gelu fused_gelu",
    "backends": (
        "ComputeBackend NaiveBackend BlockedBackend NumpyBackend CompiledBackend AutoBackend OptimizedBackend "
        "register_backend backend_names set_backend get_backend use_backend explain"
    ),
    "profiler": "SimpleProfiler profile_function flop_count measure_latency",
    "registry": "WORKLOADS workload",
    "machine": "detect environment",
    "bench": "measure compare",
    "peaks": "measure_peaks",
    "store": "Store",
    "model": "Case",
    "errors": "AccelError BadInput",
}
"""Module -> the public names that live in it; each operation is a function of `backends`, too."""
_HOME = {name: module for module, names in _NAMES.items() for name in names.split()}


def _public() -> dict[str, str]:
    """Each public name and its module."""
    operations = import_module("accel_core.operations").OPERATIONS
    return {**_HOME, **dict.fromkeys(operations, "backends")}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return ["__version__", *_public()]
    home = _HOME.get(name) or _public().get(name)
    if home is None:
        names = ", ".join(_public())
        raise AttributeError(f"module 'accel_core' has no attribute {name!r}; public names: {names}")
    found = globals()[name] = getattr(import_module(f"accel_core.{home}"), name)  # next time at hand
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_public()})
