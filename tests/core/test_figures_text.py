"""How wide text is taken to be, and text broken to fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.figures.drawing.text import line_px, lines, width_px, wrap

WORDS = st.lists(st.text("abIMW.-@µ8", min_size=1, max_size=9), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "dejavu_em"),
    [
        ("72 times faster: the interpreter is gone", 19.51),
        ("Compute roofs (GFLOP/s)", 12.58),
        ("8 arrays at N=512", 9.23),
    ],
)
def test_a_width_is_a_bound_and_not_far_from_the_widest_font(text: str, dejavu_em: float) -> None:
    assert dejavu_em <= width_px(text, 1) <= 1.05 * dejavu_em  # PIL.ImageFont of DejaVuSans.ttf


def test_bold_is_wider_and_other_tags_take_no_room() -> None:
    plain = width_px("roof", 14)
    assert width_px("<b>roof</b>", 14) > plain == width_px('<span style="color:red">roof</span>', 14)
    assert width_px("<b>a</b> roof", 14) == pytest.approx(width_px("<b>a</b>", 14) + width_px(" roof", 14))
    assert width_px("<b>roof<br>roof</b>", 14) > plain == width_px("ro<br>roof", 14)
    assert width_px("&lt;", 14) == width_px("~", 14)


@given(WORDS, st.floats(1, 400), st.sampled_from([14, 18, 28]))
def test_wrapped_lines_have_every_word_and_fit_unless_one_word_does_not(
    words: list[str], room_px: float, size_px: int
) -> None:
    broken = wrap(" ".join(words), room_px, size_px)
    assert broken.replace("<br>", " ").split(" ") == words
    assert all(" " not in line for line in broken.split("<br>") if width_px(line, size_px) > room_px)
    assert lines(broken) == broken.count("<br>") + 1


def test_a_line_is_broken_no_earlier_than_it_must() -> None:
    assert wrap("one two three", width_px("one two", 14), 14) == "one two<br>three"
    assert (wrap("", 100, 14), lines(""), line_px(14)) == ("", 0, 19)
