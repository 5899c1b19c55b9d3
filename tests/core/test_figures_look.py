"""The visual language: contrast in both themes, distinct meanings, one background for page and figures."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from accel_core.figures.drawing.look import (
    FAMILIES,
    FAMILY_PATTERNS,
    FAMILY_SYMBOLS,
    FAMILY_TITLES,
    LEAST_PX,
    LEVEL_DASHES,
    Look,
    contrast,
    faded,
    look_for,
)
from accel_core.model import LEVELS
from accel_core.model.disk import DISK

CONFIG = tomllib.loads((Path(__file__).parents[2] / ".streamlit/config.toml").read_text(encoding="utf-8"))
BOTH = [look_for("light"), look_for("dark")]


def test_contrast_agrees_with_the_wcag_anchors() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", BOTH, ids=lambda look: look.mode)
def test_every_mark_has_a_contrast_of_three_and_every_text_of_four_and_a_half(look: Look) -> None:
    marks = [*look.families.values(), *look.levels.values(), look.stale, look.warning]
    assert min(contrast(colour, look.background) for colour in marks) >= 3
    for ground in (look.background, look.panel):
        assert min(contrast(colour, ground) for colour in (look.ink, look.muted)) >= 4.5


@pytest.mark.parametrize("look", BOTH, ids=lambda look: look.mode)
def test_no_two_meanings_share_a_colour(look: Look) -> None:
    colours = [*look.families.values(), *look.levels.values(), look.stale]
    assert len(set(colours)) == len(colours)


def test_every_family_and_level_has_its_own_shape_beside_its_colour() -> None:
    for table in (FAMILY_SYMBOLS, FAMILY_PATTERNS, FAMILY_TITLES):
        assert set(table) == set(FAMILIES)
        assert len(set(table.values())) == len(FAMILIES)
    assert set(LEVEL_DASHES) == {*LEVELS, DISK} and set(LEVELS) == set(BOTH[0].levels)
    assert len(set(LEVEL_DASHES.values())) == len(LEVELS) + 1


@pytest.mark.parametrize("look", BOTH, ids=lambda look: look.mode)
def test_figures_stand_on_the_background_of_the_page(look: Look) -> None:
    theme = CONFIG["theme"][look.mode]
    assert theme["backgroundColor"] == look.background
    assert theme["textColor"] == look.ink
    assert theme["chartCategoricalColors"] == [look.families[f] for f in FAMILIES]
    assert contrast(theme["primaryColor"], look.background) >= 3


def test_an_unknown_mode_is_light_and_no_text_is_under_fourteen_pixels() -> None:
    assert look_for(None).mode == "light"
    assert look_for("dark", font_px=13).small_px == LEAST_PX == 14
    assert faded("#0067A3", 0.5) == "rgba(0,103,163,0.5)"
