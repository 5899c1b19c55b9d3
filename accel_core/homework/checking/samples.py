"""The samples of a pack, whatever they are of, in whole nanoseconds and with a name for sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.model import BlockRun, Comparison, Estimate, Measurement, Peaks, RateSeries, Series, Trial
from accel_core.stats import inverse, median_interval
from accel_core.units import format_bytes


@dataclass(frozen=True)
class Timed:
    """Samples of a measurement, of one side of a comparison or a trial, of a roof, or of a block or one of its
    operations."""

    of: PlainData
    name: str
    """For a sentence: "matmul/numpy at N=256"."""
    repetitions: int
    took: tuple[int, ...]
    starts: tuple[int, ...]
    """By the monotonic clock; none where the record does not say."""

    @property
    def spent_ns(self) -> int:
        """From the start of the first sample to the end of the last, at least as long as all of them."""
        return max(sum(self.took), self.starts[-1] + self.took[-1] - self.starts[0] if self.starts else 0)


def named(measurement: Measurement) -> str:
    """A measurement in a sentence."""
    return f"{measurement.kernel} at N={measurement.size}"


def sides(comparison: Comparison) -> Iterator[Timed]:
    """The samples of a and of b; nothing where they were not kept."""
    for kernel, series in zip((comparison.a, comparison.b), comparison.series, strict=False):
        yield _timed(comparison, f"{kernel} at N={comparison.size} in a comparison", series)


def ways(trial: Trial) -> Iterator[Timed]:
    """The samples of the right way and of the mistake; one without any where they were not kept."""
    names = [f"the trial {trial.name}, {way}" for way in ("done rightly", "with its mistake")]
    for name, series in zip(names, trial.series, strict=False):
        yield _timed(trial, name, series)
    if len(trial.series) != len(names):
        yield Timed(trial, f"the trial {trial.name}", 1, (), ())


@dataclass(frozen=True)
class BlockPart:
    """What is claimed of a transformer block, or of one of its operations, and its samples."""

    timed: Timed
    claim: Estimate
    series: Series

    def found(self) -> Estimate | None:
        """What the samples say; None where there are none."""
        took = self.series.call_s() if self.series.repetitions > 0 else ()
        return median_interval(took) if took else None


def whole_of(run: BlockRun) -> BlockPart:
    """The block as one."""
    return BlockPart(_timed(run, named_block(run), run.whole), run.whole_s, run.whole)


def operations_of(run: BlockRun) -> Iterator[BlockPart]:
    """Its operations. A sample of one is what it took in all passes of a round, of which it has a part."""
    for one in run.operations:
        name = f"{one.name} of {named_block(run)}"
        yield BlockPart(_timed(run, name, one.series), one.time_s, one.series)


def named_block(run: BlockRun) -> str:
    """A block in a sentence."""
    return f"the block in the state {run.state}"


def _timed(of: PlainData, name: str, series: Series) -> Timed:
    return Timed(of, name, series.repetitions, series.took_ns(), series.starts_ns())


@dataclass(frozen=True)
class Roof:
    """What is claimed of one roof, latency, clock or working set, and its samples."""

    of: PlainData
    name: str
    claim: Estimate
    series: Sequence[RateSeries]
    is_time: bool = False
    """Whether the claim is a time: the inverse of the samples' rates."""

    @property
    def timed(self) -> list[Timed]:
        """Its samples."""
        return [_timed(self.of, self.name, one) for one in self.series]

    def found(self) -> Estimate | None:
        """What the samples say; None where there are none."""
        rates = [rate for one in self.series for rate in one.rates()]
        if not rates:
            return None
        return inverse(median_interval(rates)) if self.is_time else median_interval(rates)


def roofs_of(peaks: Peaks) -> Iterator[Roof]:
    """Every roof that was measured."""
    for c in peaks.ceilings:
        if c.source == "measured":
            yield Roof(c, f"the roof {c.name}", Estimate(c.value, c.low, c.high, c.n), c.series)
    if peaks.clock is not None:
        yield Roof(peaks.clock, "the clock", peaks.clock.clock_hz, peaks.clock.series)
    for latency in peaks.latencies:
        yield Roof(latency, f"the latency of {latency.level}", latency.time_s, latency.series, is_time=True)
    for p in peaks.curve:
        at = f"at {format_bytes(p.working_set_bytes)}"
        if p.bandwidth_byte_per_s is not None:
            yield Roof(p, f"the bandwidth {at}", p.bandwidth_byte_per_s, p.bandwidth_series)
        if p.latency_s is not None:
            yield Roof(p, f"the latency {at}", p.latency_s, p.latency_series, is_time=True)
