"""What lowers the clock: how it is governed, and on what power the machine runs."""

from __future__ import annotations

from accel_core.doctor.check import Check, check
from accel_core.machine.governor import Governor
from accel_core.units import format_rate

_SLOW_GOVERNORS = ("powersave", "conservative", "userspace")
_SELF_DRIVING = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")
"""Drivers under which the processor itself chooses its clock, so that "powersave" does not hold it down."""


def judge_frequency(setting: Governor) -> Check:
    """Whether the clock may rise as far as the hardware allows."""
    if setting.name is None:
        return Check(
            "frequency", True, "This system does not show how the clock is governed, so it is unknown."
        )
    held = setting.name in _SLOW_GOVERNORS and setting.driver not in _SELF_DRIVING
    now, most = setting.limit_hz, setting.hardware_limit_hz
    reach = f" and may rise to {format_rate(now, 'Hz')} of {format_rate(most, 'Hz')}" if now and most else ""
    return check(
        "frequency",
        not held and not (now and most and now < 0.95 * most),
        f"The clock is governed by '{setting.name}' (driver {setting.driver or 'unknown'}){reach}.",
        "Choose the governor 'performance' and lift the limit: `cpupower frequency-set -g performance`.",
    )


def judge_power(plugged: bool | None) -> Check:
    """`plugged`: on mains; None where there is no battery or the system does not say."""
    if plugged is None:
        return Check("power", True, "No battery is known here.")
    source = "mains power" if plugged else "its battery"
    return check(
        "power", plugged, f"The machine runs on {source}.", "Plug it in: on battery the clock is lowered."
    )
