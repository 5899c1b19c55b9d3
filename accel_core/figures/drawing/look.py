"""One visual language: what each colour, marker, pattern and dash means, in light and in dark.

Colours are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), made darker or lighter until each has a
contrast of at least 3:1 on its background (WCAG 2.2, 1.4.11). Memory levels take the four warm-to-cold ones,
kernel families the rest and a violet: nine meanings need one colour more than the eight of the palette.
Backgrounds are solid, never transparent, so that a downloaded picture looks like the one on the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from accel_core.model import CACHE_LEVELS, DRAM
from accel_core.model.disk import DISK


def by_level(*signs: str) -> Mapping[str, str]:
    """What stands for each memory level: of the caches from near to far, and last of DRAM.

    A cache beyond those named is drawn in ink and solid.
    """
    return MappingProxyType({**dict(zip(CACHE_LEVELS, signs[:-1], strict=False)), DRAM: signs[-1]})


_FAMILIES = {
    "interpreted": ("interpreted Python", "triangle-up", "/"),
    "numpy": ("NumPy", "square", "."),
    "compiled": ("compiled", "circle", ""),
    "packed": ("our packed kernel", "diamond", "x"),
    "library": ("library (BLAS)", "star", "-"),
}
FAMILIES = tuple(_FAMILIES)
FAMILY_TITLES, FAMILY_SYMBOLS, FAMILY_PATTERNS = (
    MappingProxyType({name: facts[at] for name, facts in _FAMILIES.items()}) for at in range(3)
)
"""Name, marker, and fill of a bar, so that a grey print still tells families apart."""
LEVEL_DASHES = {**by_level("solid", "18px,4px", "9px,4px", "4px,4px", "12px,4px,3px,4px"), DISK: "24px,6px"}
THEORY_DASH, MARK_DASH, SHORT_DASH = "2px,4px", "7px,4px", "4px,3px"
"""Of what nobody measured; of a roof or a cache's size across a plot; of derived block sizes or a step back."""
KERNEL_DASHES = ("solid", "9px,4px", "3px,3px", "12px,4px,3px,4px", "18px,4px")
"""Dashes of kernels that share a family, in the order of their rungs."""

DESKTOP_PX, NARROW_PX = 1030, 560
"""The width of a figure in a window of 1440 pixels, and under which one counts as a phone's."""
LEAST_PX = 14
"""The smallest text of a figure: it is read from a projector."""

# A system font and not the page's web font: an exported SVG or PNG has no access to the page's fonts, and a
# fallback of another width would move the labels.
FONT = '"Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif'


@dataclass(frozen=True)
class Look:
    """Everything that a figure needs to know about how it is drawn; colours are "#RRGGBB"."""

    mode: str
    """"light" or "dark"."""
    background: str
    panel: str
    ink: str
    muted: str
    """Secondary text, at least 4.5:1."""
    grid: str
    stale: str
    """Another machine's or an outdated result, always with a label that says so."""
    warning: str
    families: Mapping[str, str]
    levels: Mapping[str, str]
    font_family: str = FONT
    font_px: int = 16
    width_px: int = DESKTOP_PX
    """About how wide the figure will be shown; text is broken into lines that fit."""

    @property
    def narrow(self) -> bool:
        """Whether this is a phone's width: fewer labels in the plot, shorter ones."""
        return self.width_px < NARROW_PX

    def room_px(self, reserved_px: float = 0) -> float:
        """The width that is left for text beside `reserved_px` of other things."""
        return max(160, self.width_px - reserved_px)

    @property
    def small_px(self) -> int:
        """Tick labels and captions."""
        return max(LEAST_PX, self.font_px - 2)

    def family(self, name: str) -> str:
        """Colour of a kernel family; an unknown family is drawn in ink."""
        return self.families.get(name, self.ink)

    def level(self, name: str | None) -> str:
        """Colour of a memory level; anything else is drawn in ink."""
        return self.levels.get(name or "", self.ink)


def _by(names: Iterable[str], colours: Sequence[str]) -> Mapping[str, str]:
    return MappingProxyType(dict(zip(names, colours, strict=True)))


_LIGHT = Look(
    mode="light",
    background="#FFFFFF",
    panel="#F2F5F8",
    ink="#16202B",
    muted="#556270",
    grid="#E3E8EE",
    stale="#8A939D",
    warning="#B3261E",
    families=_by(FAMILIES, ("#B34A86", "#7D7200", "#00805C", "#5B3FA6", "#16202B")),
    levels=by_level("#C94F00", "#A86F00", "#2083B8", "#00776B", "#005A96"),
)
_DARK = Look(
    mode="dark",
    background="#10161D",
    panel="#1B242E",
    ink="#EAF0F6",
    muted="#A9B6C4",
    grid="#27323E",
    stale="#7F8B98",
    warning="#FF8A80",
    families=_by(FAMILIES, ("#EBA0CB", "#F0E442", "#2BC497", "#A78BFA", "#EAF0F6")),
    levels=by_level("#FF7A33", "#F0AC1F", "#7CC8F2", "#5FD3B4", "#3D9BE0"),
)


def look_for(mode: str | None = "light", *, font_px: int = 16, width_px: int = DESKTOP_PX) -> Look:
    """The Look of a theme: "dark" is dark, everything else (unknown or None too) is light."""
    base = _DARK if mode == "dark" else _LIGHT
    return replace(base, font_px=font_px, width_px=width_px)


PAPER = look_for("light")
"""For downloads, notebooks and the command line: prints well whatever the page's theme is."""


def faded(colour: str, alpha: float) -> str:
    """`colour` "#RRGGBB" with an opacity, as CSS."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def contrast(one: str, other: str) -> float:
    """Contrast of two "#RRGGBB" colours, 1 to 21 (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
