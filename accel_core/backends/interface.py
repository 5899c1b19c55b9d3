"""What a backend is: the operations on arrays under one interface, whoever does the work.

The contract of every backend, besides what each method says: data types as `accel_core.kernels.operands` has
them (float32 in, float32 out; float64, integers and booleans give float64; everything else is refused, never
converted in silence). Arguments are never written, results are new arrays, and what cannot be done is a
BadInput in one sentence.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from numpy.typing import ArrayLike, NDArray

from accel_core.errors import BadInput
from accel_core.operations import find_operation


class ComputeBackend(ABC):
    """Somebody who can do all operations. `name` is how `use_backend` and every table calls it."""

    name: str = ""
    interpreted: bool = False
    """Whether each number passes through the interpreter, so that it is timed at small shapes only."""
    threads: bool = False
    """Whether it wakes threads of its own for a call, so that a timing of it has to begin with all at rest."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not cls.__dict__.get("name"):
            cls.name = cls.__name__.removesuffix("Backend").lower() or cls.__name__.lower()

    @abstractmethod
    def matmul(self, a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
        """a (..., m, k), b (..., k, n) -> (..., m, n), as np.matmul has it.

        Leading axes broadcast; a vector on the left is a row, one on the right a column, and the axis made for
        it is gone from the result.
        """

    @abstractmethod
    def gelu(self, x: ArrayLike) -> NDArray[Any]:
        """x (any shape) -> same shape: 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))."""

    @abstractmethod
    def add(self, x: ArrayLike, y: ArrayLike) -> NDArray[Any]:
        """x and y (shapes that broadcast) -> their common shape: the sum, element by element."""

    @abstractmethod
    def softmax(self, x: ArrayLike) -> NDArray[Any]:
        """x (..., columns) -> same shape: exp(x - max) / sum of it along the last axis."""

    @abstractmethod
    def layer_norm(
        self, x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
    ) -> NDArray[Any]:
        """x (..., columns) -> same shape: gamma (x - mean) / √(variance + eps) + beta along the last axis.

        gamma and beta (columns,), 1 and 0 where they are None.
        """

    def dispatch(self, operation: str, *arrays: Any, **options: Any) -> Any:
        """The operation called `operation` on `arrays`: `dispatch("matmul", a, b)` is `matmul(a, b)`.

        Raises BadInput for an unknown operation and for a number of arrays that it does not take.
        """
        called = find_operation(operation)
        names, least = called.arguments, len(called.arrays)
        if not least <= len(arrays) <= len(names):
            allowed = f"{least} to {len(names)}" if least < len(names) else str(least)
            raise BadInput(
                f"{operation} was given {len(arrays)} arrays; it takes {allowed}: {', '.join(names)}."
            )
        return getattr(self, operation)(*arrays, **options)

    def __repr__(self) -> str:
        return f"<backend {self.name}>"
