"""Panels: cut the packed product for the caches, see which level holds which block, and measure it."""

import streamlit as st

from accel_core.studies import packed
from app.panels import controls, picture
from app.parts import answers, columns, components, progress
from app.session import records, settings

own = records.own()
settings.admit(controls.TILE, settings.DTYPE, controls.SIZE, answers.POINT)
head = st.container()
side, main = st.columns((columns.CONTROLS, columns.PICTURES), gap="medium")
side = side.container(key="setup-side")
with side:
    tile = int(settings.segments(controls.TILE))
    dtype = str(settings.segments(settings.DTYPE))
choices = controls.lengths(own.machine, dtype, tile)
controls.follow(choices)
with head:
    settings.admit(*choices.values())
    components.header(
        "panels",
        "Move KC until a bar overflows, predict what that costs, and measure. Can you beat the block sizes "
        "from the caches?",
    )
with side:
    given = {name: int(settings.slider(choice)) for name, choice in choices.items()}
    controls.ready_made(own.machine, dtype)
    size = int(settings.slider(controls.SIZE))
    budget_s = float(settings.slider(answers.POINT))

derived = packed.from_caches(own.machine, dtype)
asked = packed.from_caches(own.machine, dtype, tile).given(**given)
levels = packed.panels(own.machine, asked, derived, size, dtype)
with main:
    controls.buttons(own.machine, asked, size, dtype, budget_s)
    progress.draw()
    picture.occupancy(levels, asked, size)
    found = packed.rates(own, asked, derived, size, dtype, controls.best(own.machine, dtype)[1])
    picture.picture(own, found, levels, asked, dtype)
    picture.details(found)
