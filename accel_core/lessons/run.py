"""What a lesson's job brought, and on which machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from accel_core.codec import PlainData
from accel_core.model import Comparison, Estimate, Machine, Measurement
from accel_core.stats import quotient_interval

Result = TypeVar("Result", bound=PlainData)


@dataclass(frozen=True, slots=True)
class Run:
    """The results of a lesson's job in their order; what is asked for and missing is a LookupError."""

    machine: Machine
    results: Sequence[PlainData]

    def every(self, kind: type[Result]) -> Iterator[Result]:
        """All results of this type."""
        return (result for result in self.results if isinstance(result, kind))

    def comparison(self, a: str, b: str, size: int | None = None, dtype: str | None = None) -> Comparison:
        """That of kernels a and b, of this size and dtype where they are given."""
        for found in self.every(Comparison):
            asked = (size, found.size), (dtype, found.dtype)
            if (found.a, found.b) == (a, b) and all(want in (None, have) for want, have in asked):
                return found
        raise LookupError(f"there is no comparison of {a} and {b}")

    def measurement(
        self,
        kernel: str,
        size: int | None = None,
        threads: int | None = None,
        dtype: str | None = None,
        **parameters: int,
    ) -> Measurement:
        """That of a kernel, of this size, threads, dtype and parameters where they are given."""
        for found in self.every(Measurement):
            asked = (size, found.size), (threads, found.threads), (dtype, found.dtype)
            same = all(found.parameters.get(name) == value for name, value in parameters.items())
            if found.kernel == kernel and same and all(want in (None, have) for want, have in asked):
                return found
        raise LookupError(f"there is no measurement of {kernel}")

    @property
    def disturbed(self) -> str:
        """What disturbed a result, in a few words; empty where nothing did."""
        said = [getattr(r, "disturbed_reason", "") for r in self.results]
        return "; ".join(dict.fromkeys(reason for reason in said if reason))

    def to_dict(self) -> dict[str, Any]:
        """The machine, and each result as its `type` and `data`."""
        told = [{"type": result.called(), "data": result.to_dict()} for result in self.results]
        return {"machine": self.machine.to_dict(), "results": told}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The run in `data`; KeyError, TypeError or ValueError where they hold none."""
        from accel_core.bench.events import RESULT_TYPES

        results = [RESULT_TYPES[told["type"]].from_dict(told["data"]) for told in data["results"]]
        return cls(Machine.from_dict(data["machine"]), results)


def speed_ratio(fast: Measurement, slow: Measurement) -> Estimate:
    """How many times as fast `fast` is as `slow`, call by call, with its interval."""
    return quotient_interval(slow.samples_s, fast.samples_s)
