"""What the colours of a cache's answers mean: a hit is teal, a miss crimson, its kind a shade and a hatch.

None of them is the colour of a kernel family or of a memory level. The three kinds of a miss are one hue, from
the miss that nobody can avoid (nearest to the background) to the one that only the placement causes; each has a
hatch and a name besides, so that a grey print and a colour-blind reader can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OUTCOMES = ("hit", "compulsory", "capacity", "conflict")
"""In the order of their numbers in a trace."""
OUTCOME_TITLES = MappingProxyType(
    {
        "hit": "hit",
        "compulsory": "miss: first touch",
        "capacity": "miss: capacity",
        "conflict": "miss: conflict",
        "evicted": "evicted",
    }
)
OUTCOME_HATCHES = MappingProxyType(
    {"hit": "none", "compulsory": "dots", "capacity": "lines", "conflict": "cross", "evicted": "dashes"}
)

_LIGHT = MappingProxyType(
    {
        "hit": "#0A7C86",
        "compulsory": "#D96A8B",
        "capacity": "#B8234F",
        "conflict": "#6B0F2B",
        "evicted": "#16202B",
    }
)
_DARK = MappingProxyType(
    {
        "hit": "#58D3DC",
        "compulsory": "#B04A6C",
        "capacity": "#F07A9C",
        "conflict": "#FFC9D8",
        "evicted": "#EAF0F6",
    }
)


def outcome_colours(mode: str | None = "light") -> Mapping[str, str]:
    """Colour ("#RRGGBB") of each outcome and of an evicted line; every mode but "dark" is light."""
    return _DARK if mode == "dark" else _LIGHT
