"""Panels: cut the packed product for the caches, see which level holds which block, and measure it."""

import streamlit as st

from accel_core.studies import packed
from app.panels import sections
from app.parts import components
from app.session import jobs, records, settings

own = records.own()
settings.admit(sections.TILE, settings.DTYPE, sections.SIZE, sections.BUDGET)
head = st.container()
side, main = st.columns(sections.COLUMNS, gap="medium")
with side:
    tile = int(settings.segments(sections.TILE))
    dtype = str(settings.segments(settings.DTYPE))
choices = sections.lengths(own.machine, dtype, tile)
sections.follow(choices)
with head:
    settings.admit(*choices.values())
    components.header(
        "Which cache holds which panel?",
        "Move KC until a bar overflows, predict what that costs, and measure. Can you beat the rule?",
    )
with side:
    given = {name: int(settings.slider(choice)) for name, choice in choices.items()}
    sections.rule_button(own.machine, dtype)
    size = int(settings.slider(sections.SIZE))
    budget_s = float(settings.slider(sections.BUDGET))

derived = packed.rule(own.machine, dtype)
asked = packed.rule(own.machine, dtype, tile).given(**given)
levels = packed.panels(own.machine, asked, derived, size, dtype)
with main:
    sections.buttons(own.machine, asked, size, dtype, budget_s)
    jobs.panel()
    sections.occupancy(levels, asked, size)
    found = packed.rates(own, asked, derived, size, dtype)
    sections.picture(own, found, levels, asked, dtype)
    sections.details(found)
