"""Transformer: a block's operations under the roofs, after a guess which of them is worth optimising."""

import streamlit as st

from accel_core.readings.block_rows import parts_of, rows_of
from app.parts import components, progress
from app.session import records, settings
from app.transformer import amdahl, controls, guess, picture, roofs, runs

own = records.own()
settings.admit(controls.PRESET, controls.PASS, controls.STATE)
base = controls.base()
guessed = guess.setting(base)
part = amdahl.part(base)
settings.admit(*controls.settings_of(own.machine, base), *roofs.SETTINGS, guessed, part, amdahl.TIMES)
components.header(
    "transformer",
    "Guess first: in this program, which operation of a transformer block takes most of the time?",
)
with st.container(horizontal=True, gap="small", key="setup"):
    asked, fault = controls.draw(own.machine, base)
    roofs.form()
    said = guess.made(guessed)
    under = roofs.chosen(own, asked) if asked else None
    if asked and under and said:
        runs.button(own, asked, under)
        roofs.button(own, under, asked)
with settings.place():
    progress.draw()
    if fault:
        st.warning(fault, icon=":material/block:")

if asked and not said:
    guess.ask(guessed, asked)
elif asked and under and roofs.fits(own, asked.shape):
    roofs.missing(own, under, asked)
    run = runs.shown(own, asked, under)
    rows = rows_of(asked.listed, under.pair, run) if under.pair else ()
    parts = parts_of(rows)
    if parts:
        guess.reveal(guessed, said, parts)
    picture.roofline(parts, under, runs.sentences(run, own, asked, under))
    picture.table(rows, asked.listed)
    runs.reasons(run, under)
    if rows:
        amdahl.section(rows, asked, under.label)
    picture.counted(asked.shape, asked.listed)
components.words("arithmetic intensity", "roof", "ridge point", "FLOP")
