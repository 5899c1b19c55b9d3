"""Accel Explorer's core: measure kernels, the machine's roofs, and put one on the other.

A public name is loaded when it is first used, so that `import accel_core` costs nothing and loads no compiler.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "matmul_naive": "kernels.matmul.functions",
    "matmul_blocked": "kernels.matmul.functions",
    "matmul_numpy": "kernels.matmul.functions",
    "matmul_packed": "kernels.matmul.functions",
    "matmul_parallel": "kernels.matmul.functions",
    "unfused_gelu": "kernels.gelu.functions",
    "fused_gelu": "kernels.gelu.functions",
    "matmul": "backends",
    "gelu": "backends",
    "add": "backends",
    "softmax": "backends",
    "layer_norm": "backends",
    "ComputeBackend": "backends",
    "NaiveBackend": "backends",
    "BlockedBackend": "backends",
    "NumpyBackend": "backends",
    "CompiledBackend": "backends",
    "AutoBackend": "backends",
    "OptimizedBackend": "backends",
    "register_backend": "backends",
    "backend_names": "backends",
    "set_backend": "backends",
    "get_backend": "backends",
    "use_backend": "backends",
    "explain": "backends",
    "SimpleProfiler": "profiler",
    "profile_function": "profiler",
    "flop_count": "profiler",
    "measure_latency": "profiler",
    "WORKLOADS": "registry",
    "workload": "registry",
    "detect": "machine",
    "environment": "machine",
    "measure": "bench",
    "compare": "bench",
    "measure_peaks": "peaks",
    "Store": "store",
    "Case": "model",
    "AccelError": "errors",
    "BadInput": "errors",
}
"""Public name -> the module it lives in."""

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'accel_core' has no attribute {name!r}; public names: {', '.join(_HOME)}")
    found = globals()[name] = getattr(import_module(f"accel_core.{_HOME[name]}"), name)  # next time at hand
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
