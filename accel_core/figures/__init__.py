"""Pictures: pure `<noun>_figure(data, look)` -> plotly Figure, for pages, notebooks and the command line."""

from accel_core.figures.crossover import crossover_figure
from accel_core.figures.curve import curve_figure
from accel_core.figures.drawing.export import figure_html, toolbar_config
from accel_core.figures.drawing.look import PAPER, Look, look_for
from accel_core.figures.hierarchy import hierarchy_figure
from accel_core.figures.ladder import ladder_figure
from accel_core.figures.race import race_figure
from accel_core.figures.roofline import roofline_figure
from accel_core.figures.sweep import sweep_figure
from accel_core.readings.crossover import crossover_alt, crossover_reading, race_alt
from accel_core.readings.ladder import ladder_alt, ladder_reading
from accel_core.readings.lenses import LENSES, Traffic, lens_alt, lens_reading
from accel_core.readings.machine import curve_alt, hierarchy_alt, machine_reading
from accel_core.readings.ratios import share_text
from accel_core.readings.roofline import MOST_POINTS, Prediction, latest, roofline_alt, roofline_reading
from accel_core.readings.rungs import held_back_text
from accel_core.readings.sweep import Mark, cache_marks, misses_alt, sweep_alt, sweep_reading

contest_alt, contest_figure = race_alt, race_figure
"""What these were called before, for programs of then."""

__all__ = [
    "LENSES",
    "MOST_POINTS",
    "PAPER",
    "Look",
    "Mark",
    "Prediction",
    "Traffic",
    "cache_marks",
    "contest_alt",
    "contest_figure",
    "crossover_alt",
    "crossover_figure",
    "crossover_reading",
    "curve_alt",
    "curve_figure",
    "figure_html",
    "held_back_text",
    "hierarchy_alt",
    "hierarchy_figure",
    "ladder_alt",
    "ladder_figure",
    "ladder_reading",
    "latest",
    "lens_alt",
    "lens_reading",
    "look_for",
    "machine_reading",
    "misses_alt",
    "race_alt",
    "race_figure",
    "roofline_alt",
    "roofline_figure",
    "roofline_reading",
    "share_text",
    "sweep_alt",
    "sweep_figure",
    "sweep_reading",
    "toolbar_config",
]
