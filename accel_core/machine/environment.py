"""Versions that can change a measurement while the hardware stays the same."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from accel_core import __version__
from accel_core.model import Blas, Environment

_NAMES = {
    "openblas": "OpenBLAS",
    "mkl": "MKL",
    "blis": "BLIS",
    "flexiblas": "FlexiBLAS",
    "accelerate": "Accelerate",
}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def choose_blas(loaded: Sequence[Mapping[str, Any]], built: Mapping[str, Any]) -> Blas | None:
    """The library behind NumPy's matrix product.

    `loaded`: threadpoolctl.threadpool_info(). `built`: the blas entry of numpy.show_config(mode="dicts"), the
    only witness of Apple's Accelerate, which threadpoolctl cannot see or limit. None where neither knows.
    """
    blas = [entry for entry in loaded if entry.get("user_api") == "blas"]
    blas.sort(key=lambda entry: "numpy" not in str(entry.get("filepath", "")))  # SciPy brings one of its own
    if blas:
        entry = blas[0]
        api = str(entry.get("internal_api", "unknown"))
        source = "threadpoolctl" + (f" ({entry['threading_layer']})" if entry.get("threading_layer") else "")
        kernels = str(entry["architecture"]) if entry.get("architecture") else None
        return Blas(_NAMES.get(api, api), entry.get("version"), entry.get("num_threads"), source, kernels)
    name = str(built.get("name") or "")
    if not name or built.get("found") is False:
        return None
    known = next((title for key, title in _NAMES.items() if key in name.lower()), name)
    stated = str(built.get("version") or "")
    return Blas(known, stated if stated not in ("", "unknown") else None, None, "numpy.show_config")


def _blas() -> Blas | None:
    try:
        import numpy as np
        from threadpoolctl import threadpool_info

        built: Any = np.show_config(mode="dicts")
        return choose_blas(threadpool_info(), built.get("Build Dependencies", {}).get("blas", {}))
    except Exception:  # as in detect(): an unknown library must not stop a measurement
        return None


def _llvm() -> str | None:
    try:
        from llvmlite import binding

        return ".".join(map(str, binding.llvm_version_info))
    except Exception:
        return None


def environment() -> Environment:
    """The versions in this process, without importing Numba. Names neither host nor user. Never raises."""
    return Environment(
        accel=__version__,
        python=platform.python_version(),
        numpy=_version("numpy"),
        numba=_version("numba"),
        llvm=_llvm(),
        system=f"{platform.system()} {platform.release()}".strip() or "unknown",
        blas=_blas(),
    )
