"""Panels: cut the packed product for the caches, see which level holds which block, and measure it."""

import components
import jobs
import panel_cases
import panels_page
import records
import settings
import streamlit as st

own = records.own()
settings.admit(panels_page.TILE, settings.DTYPE, panels_page.SIZE, panels_page.BUDGET)
head = st.container()
side, main = st.columns(panels_page.COLUMNS, gap="medium")
with side:
    tile = int(settings.segments(panels_page.TILE))
    dtype = str(settings.segments(settings.DTYPE))
choices = panels_page.lengths(own.machine, dtype, tile)
panels_page.follow(choices)
with head:
    settings.admit(*choices.values())
    components.header(
        "Which cache holds which panel?",
        "Move KC until a bar overflows, predict what that costs, and measure. Can you beat the rule?",
    )
with side:
    given = {name: int(settings.slider(choice)) for name, choice in choices.items()}
    panels_page.rule_button(own.machine, dtype)
    size = int(settings.slider(panels_page.SIZE))
    budget_s = float(settings.slider(panels_page.BUDGET))

derived = panel_cases.rule(own.machine, dtype)
asked = panel_cases.rule(own.machine, dtype, tile).given(**given)
levels = panel_cases.panels(own.machine, asked, derived, size, dtype)
with main:
    panels_page.buttons(own.machine, asked, size, dtype, budget_s)
    jobs.panel()
    panels_page.occupancy(levels, asked, size)
    found = panel_cases.rates(own, asked, derived, size, dtype)
    panels_page.picture(own, found, levels, asked, dtype)
    panels_page.details(found)
