"""What many parts of a pack have in common, told once, and measurements whose samples are packed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from accel_core.bench.events import RESULT_TYPES
from accel_core.codec import PlainData
from accel_core.errors import BadInput
from accel_core.model import BlockRun, Comparison, Environment, Machine, Measurement, Series, Trial
from accel_core.model.packed import packed, unpacked
from accel_core.model.series import NS

Plain = dict[str, Any]
Made = TypeVar("Made")
Shares = TypeVar("Shares", Machine, Environment)
DAMAGE = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, LookupError, RecursionError)
"""What data that are no pack raise while one is made of them."""
MOST_SAMPLES = 1_000_000
"""Of one pack; a usual one has some ten thousand."""
NONE = Environment("", "", "", "", None, "").to_dict()
"""Stands where a measurement refers to one that is read once."""


def nanoseconds(measurement: Measurement) -> tuple[int, ...]:
    """The length of each sample, as the clock gave it."""
    return tuple(round(s * measurement.repetitions / NS) for s in measurement.samples_s)


def starts(measurement: Measurement) -> tuple[int, ...]:
    """When each sample began, by the monotonic clock; none where the record does not say."""
    if measurement.start_ns is None:
        return ()
    found = [measurement.start_ns]
    for took, gap in zip(nanoseconds(measurement), unpacked(measurement.gaps), strict=False):
        found.append(found[-1] + took + gap)
    return tuple(found)


@dataclass
class Shared:
    """Machines and environments as plain data, each once; a part refers to them by their number."""

    machines: list[Plain] = field(default_factory=list)
    environments: list[Plain] = field(default_factory=list)
    left: int = MOST_SAMPLES
    """How many more samples are read: a short text may hold many."""
    _read: dict[tuple[type, int], Any] = field(default_factory=dict)
    """What was read already: of a long machine that many parts refer to, each would hold a copy."""

    def machine(self, machine: Machine) -> int:
        """The number of a machine."""
        return _number(self.machines, machine.to_dict())

    def environment(self, environment: Plain) -> int:
        """The number of an environment."""
        return _number(self.environments, environment)

    def measurement(self, measurement: Measurement) -> Plain:
        """A measurement as it stands in a pack: `samples`, in nanoseconds and packed, for `samples_s`."""
        told = measurement.to_dict()
        del told["samples_s"]
        told["samples"] = packed(nanoseconds(measurement))
        return told | {"environment": self.environment(told["environment"])}

    def result(self, result: PlainData) -> Plain:
        """A result of a lesson's run, by its `type`."""
        data = self.measurement(result) if isinstance(result, Measurement) else result.to_dict()
        if isinstance(result, Trial) and result.series:
            del data["right_s"], data["wrong_s"]  # its series are the same, in nanoseconds
        return {"type": result.called(), "data": data}

    def read_machine(self, number: int) -> Machine:
        """The machine of that number."""
        return self._once(Machine, self.machines, number)

    def read_measurement(self, data: Mapping[str, Any]) -> Measurement:
        """The measurement that `measurement` told; one of DAMAGE where it is none."""
        calls = data["repetitions"]
        samples = self._unpacked(data["samples"])
        self._unpacked(data.get("gaps", ""))
        samples_s = [took * NS / calls for took in samples]
        environment = self._once(Environment, self.environments, data["environment"])
        read = Measurement.from_dict({**data, "samples_s": samples_s, "environment": NONE})
        return replace(read, environment=environment)

    def read_result(self, data: Mapping[str, Any]) -> PlainData:
        """The result that `result` told."""
        kind = RESULT_TYPES[data["type"]]
        if kind is Measurement:
            return self.read_measurement(data["data"])
        told = self._trial(data["data"]) if kind is Trial else data["data"]
        result = kind.from_dict(told)
        self.count(_series_of(result))
        return result

    def _trial(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """A trial with its samples in seconds."""
        if not data.get("series"):
            return data
        right, wrong = (Series.from_dict(one).call_s() for one in data["series"])
        return {**data, "right_s": right, "wrong_s": wrong}

    def count(self, series: Iterable[Series]) -> None:
        """Count the samples of series among those that one pack may have; ValueError where that is too many."""
        for one in series:
            self._unpacked(one.samples)
            self._unpacked(one.starts)

    def _once(self, kind: type[Shares], told: list[Plain], number: int) -> Shares:
        plain = at(told, number)
        if (kind, number) not in self._read:
            self._read[kind, number] = kind.from_dict(plain)
        known: Shares = self._read[kind, number]
        return known

    def _unpacked(self, text: str) -> tuple[int, ...]:
        """The numbers in a text, counted among those that one pack may have."""
        numbers = unpacked(text)
        self.left -= len(numbers)
        if self.left < 0:
            raise ValueError(f"it holds more than {MOST_SAMPLES} samples")
        return numbers


def _series_of(result: PlainData) -> Iterable[Series]:
    if isinstance(result, BlockRun):
        return (result.whole, *(one.series for one in result.operations))
    return result.series if isinstance(result, Comparison | Trial) else ()


def _number(told: list[Plain], one: Plain) -> int:
    plain = json.loads(json.dumps(one))
    if plain not in told:
        told.append(plain)
    return told.index(plain)


def at(told: list[Plain], number: object) -> Plain:
    """That of this number; ValueError where there is none."""
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < len(told):
        raise ValueError("a part refers to a machine or an environment that is not there")
    return told[number]


def readable(text: str, make: Callable[[Mapping[str, Any]], Made]) -> Made:
    """What `make` makes of the JSON in a text; BadInput with a sentence where it holds none."""
    try:
        data = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise BadInput("The file is no pack: its JSON is nested too deep.") from None
    except ValueError as error:
        raise BadInput(f"The file is no JSON ({str(error)[:100]}).") from None
    if not isinstance(data, dict):
        raise BadInput("The file is no pack: its JSON is no object.")
    try:
        return make(data)
    except KeyError as error:
        raise BadInput(f"The file is no pack: {str(error)[:100]} is missing.") from None
    except (TypeError, AttributeError):  # their sentences are about Python
        raise BadInput(
            "The file is no pack: a text, number or list in it stands where another belongs."
        ) from None
    except DAMAGE as error:
        raise BadInput(f"The file is no pack: {str(error)[:100] or type(error).__name__}.") from None


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")
