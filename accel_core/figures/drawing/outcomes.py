"""What the colours of a cache's answers mean: a hit is teal, a miss crimson, its kind a shade and a hatch.

None of them is the colour of a kernel family or of a memory level. The three kinds of a miss are one hue, from
the miss that nobody can avoid (nearest to the background) to the one that only the placement causes; each has a
hatch and a name besides, so that a grey print and a colour-blind reader can tell them apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_KINDS = {
    "hit": ("hit", "none", "#0A7C86", "#58D3DC"),
    "compulsory": ("miss: first touch", "dots", "#D96A8B", "#B04A6C"),
    "capacity": ("miss: capacity", "lines", "#B8234F", "#F07A9C"),
    "conflict": ("miss: conflict", "cross", "#6B0F2B", "#FFC9D8"),
    "evicted": ("evicted", "dashes", "#16202B", "#EAF0F6"),
}
OUTCOMES = tuple(_KINDS)[:4]
"""In the order of their numbers in a trace."""
OUTCOME_TITLES, OUTCOME_HATCHES, _LIGHT, _DARK = (
    MappingProxyType({name: facts[at] for name, facts in _KINDS.items()}) for at in range(4)
)


def outcome_colours(mode: str | None = "light") -> Mapping[str, str]:
    """Colour ("#RRGGBB") of each outcome and of an evicted line; every mode but "dark" is light."""
    return _DARK if mode == "dark" else _LIGHT
