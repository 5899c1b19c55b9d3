"""What the page Pool measures and shows."""

from __future__ import annotations

from app.parts import peaks
from app.session import settings

TIME_PX = 200
CORES = settings.Choice(
    "cores", "Threads", ("one", "all"), "one", "The roofs of one thread, or of all that each host has."
)
SETTINGS = (peaks.BUDGET, settings.DTYPE, CORES)
