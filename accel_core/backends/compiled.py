"""CompiledBackend: this project's own machine code, made by Numba."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.backends.checked import CheckedBackend, Row
from accel_core.kernels.gelu_functions import fused_gelu
from accel_core.kernels.matmul_compiled import matmul_compiled_ikj
from accel_core.kernels.row_functions import layer_norm, softmax
from accel_core.kernels.streaming_functions import add


class CompiledBackend(CheckedBackend):
    """The best compiled rung of each ladder. Each function is compiled at its first call, and kept on disk."""

    def plain_matmul(self, a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
        return matmul_compiled_ikj(_writeable(a), _writeable(b))

    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        return fused_gelu(x)

    def plain_add(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
        return add(x, y)

    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        return softmax(x)

    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        return layer_norm(x, gamma, beta, eps)


def _writeable(array: NDArray[Any]) -> NDArray[Any]:
    """`array` as Numba has compiled for: to it, read-only and unaligned arrays are other types, compiled
    anew."""
    return array if array.flags.behaved else np.array(array, order="C")
