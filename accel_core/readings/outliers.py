"""What lies far from a class, by a robust rule on a log scale: named, never dropped.

B. Iglewicz and D. C. Hoaglin, How to Detect and Handle Outliers, ASQC Quality Press 1993, section 3: the
modified z-score is 0.6745 (x - median) / MAD, where MAD is the median of |x - median|; above 3.5 a value is
worth a look. 0.6745 is the MAD of a normal distribution in its standard deviations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from accel_core.readings.ratios import EVEN

Key = TypeVar("Key")
FAR, NORMAL_MAD = 3.5, 0.6745
LEAST_CLASS = 5
"""Of fewer values nothing can be said to be far from the others."""
LEAST_MAD = math.log(1 + EVEN)
"""Speeds that differ by less count as the same, so that equal machines make no outlier of a restless one."""
RULE = (
    f"An outlier has a score {NORMAL_MAD} |ln x - median| / MAD above {FAR}. Median and MAD, the median of "
    f"|ln x - median|, are those of the machines shown; MAD counts as at least ln {1 + EVEN:g}, and fewer than "
    f"{LEAST_CLASS} machines have no outlier (Iglewicz and Hoaglin, 1993)."
)


@dataclass(frozen=True, slots=True)
class Far:
    """How far a value lies from its class."""

    value: float
    middle: float
    """The median of the class."""
    score: float


def far(values: Mapping[Key, float]) -> dict[Key, Far]:
    """The values, all above 0, that the rule names."""
    if len(values) < LEAST_CLASS:
        return {}
    logs = {key: math.log(value) for key, value in values.items()}
    middle = median(logs.values())
    spread = max(median(abs(x - middle) for x in logs.values()), LEAST_MAD)
    scores = {key: NORMAL_MAD * abs(x - middle) / spread for key, x in logs.items()}
    return {key: Far(values[key], math.exp(middle), score) for key, score in scores.items() if score > FAR}
