"""What holds the clock down: the frequency governor of Linux, and a battery."""

from __future__ import annotations

from dataclasses import dataclass

import psutil

from accel_core.machine.partial import Read, parse_whole


@dataclass(frozen=True, slots=True)
class Governor:
    """cpufreq's settings of one processor; None for what the system does not say."""

    name: str | None
    driver: str | None = None
    limit_hz: float | None = None
    """The clock that may be set now."""
    hardware_limit_hz: float | None = None


def governor(read: Read, cpu: int) -> Governor:
    """The settings below /sys/devices/system/cpu/cpu*/cpufreq; all None on another system or in most guests."""
    folder = f"/sys/devices/system/cpu/cpu{cpu}/cpufreq"

    def text(name: str) -> str | None:
        return (read(f"{folder}/{name}") or "").strip() or None

    def hertz(name: str) -> float | None:
        khz = parse_whole(text(name))
        return khz * 1e3 if khz else None

    limits = hertz("scaling_max_freq"), hertz("cpuinfo_max_freq")
    return Governor(text("scaling_governor"), text("scaling_driver"), *limits)


def on_mains() -> bool | None:
    """Whether a portable machine is plugged in; None where there is no battery or the system does not say."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, NotImplementedError):
        return None
    return battery.power_plugged if battery else None
