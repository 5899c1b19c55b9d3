"""The library behind NumPy's matrix product: which one, and which of its kernels it runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from accel_core.machine.overrides import overrides
from accel_core.model import Blas

_NAMES = {
    "openblas": "OpenBLAS",
    "mkl": "MKL",
    "blis": "BLIS",
    "flexiblas": "FlexiBLAS",
    "accelerate": "Accelerate",
}
_ASK = "import json, numpy, threadpoolctl; print(json.dumps(threadpoolctl.threadpool_info()))"
_WAIT_S = 30.0


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


def loaded_blas() -> Blas | None:
    """What NumPy has loaded into this process; None if unknown."""
    try:
        import numpy as np
        from threadpoolctl import threadpool_info

        built: Any = np.show_config(mode="dicts")
        return choose_blas(threadpool_info(), built.get("Build Dependencies", {}).get("blas", {}))
    except Exception:  # as in detect(): an unknown library must not stop a measurement
        return None


def blas_left_alone(variables: Mapping[str, str]) -> Blas | None:
    """What NumPy's library chooses by itself, asked of a new process without the overrides; None if unknown."""
    free = {name: value for name, value in variables.items() if name not in overrides(variables)}
    try:
        asked = subprocess.run(
            [sys.executable, "-c", _ASK], env=free, capture_output=True, text=True, timeout=_WAIT_S, check=True
        )
        return choose_blas(json.loads(asked.stdout), {})
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
