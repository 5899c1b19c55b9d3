"""NumpyBackend: the calls a NumPy programmer would write, and the library behind its matrix product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.backends.checked import CheckedBackend, Row, scale_and_shift
from accel_core.kernels.gelu.interpreted import gelu_in_place
from accel_core.kernels.layer_norm.interpreted import layer_norm_in_place
from accel_core.kernels.softmax.interpreted import softmax_in_place


class NumpyBackend(CheckedBackend):
    """NumPy, on as many threads as its library uses for a product, and on one for all else."""

    plain_matmul: Callable[..., Any] = staticmethod(np.matmul)
    plain_matmuls: Callable[..., Any] = staticmethod(np.matmul)
    plain_add: Callable[..., Any] = staticmethod(np.add)
    """NumPy's own functions, so that a call through AutoBackend costs no second Python call."""

    def plain_gelu(self, x: NDArray[Any]) -> NDArray[Any]:
        return gelu_in_place(x)

    def plain_softmax(self, x: NDArray[Any]) -> NDArray[Any]:
        return softmax_in_place(x)

    def plain_layer_norm(self, x: NDArray[Any], gamma: Row, beta: Row, eps: float) -> NDArray[Any]:
        return layer_norm_in_place(x, *scale_and_shift(x, gamma, beta), eps=eps)
