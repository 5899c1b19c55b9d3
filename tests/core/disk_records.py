"""A disk as it may have been measured, for tests of what is made of it."""

from __future__ import annotations

from accel_core.model import Disk, DiskLatency, DiskRate, Estimate, RateSeries, Series
from accel_core.model.packed import packed

MIB = 1 << 20


def a_rate(operation: str, byte_per_s: float, *, block_mib: int = 4, depth: int = 1) -> DiskRate:
    """Six samples of 64 MiB at this rate, a hundredth around it."""
    seen = Estimate(byte_per_s, 0.99 * byte_per_s, 1.01 * byte_per_s, 6)
    took = [round(64 * MIB / rate * 1e9) for rate in (seen.low or 0, byte_per_s, seen.high or 0) for _ in "ab"]
    series = RateSeries(1, packed(took), packed([10**9] * 6), 64.0 * MIB)
    return DiskRate(operation, block_mib * MIB, depth, seen, series)


def a_disk(read: float = 1.8e9, write: float = 1.2e9, latency_s: float = 75e-6) -> Disk:
    """An undisturbed one, past the page cache."""
    rates = (a_rate("read", 0.8 * read), a_rate("read", read, depth=4), a_rate("write", write, block_mib=16))
    waits = Series(1, packed([round(latency_s * 1e9)] * 6), packed([10**9] * 6))
    latency = DiskLatency(4096, Estimate(latency_s, latency_s, latency_s, 6), 1.3 * latency_s, waits)
    return Disk(
        id="1",
        created="2026-11-28T08:00:00+00:00",
        fingerprint="f",
        folder="/data",
        filesystem="ext4",
        device="vda",
        way="direct",
        file_bytes=1 << 30,
        rates=rates,
        latency=latency,
        took_s=10.0,
    )
