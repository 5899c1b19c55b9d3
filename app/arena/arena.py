"""Arena: write a kernel, have it judged, and see how close to the roof it comes, beside everybody else's."""

import streamlit as st

from app.arena import board, cheats, choosing, entry, history, statement, taking, trying, writing
from app.parts import components, progress, theme
from app.session import records, settings

records.own()
settings.admit(choosing.event_setting(), choosing.SHOW)
event = choosing.event_named()
settings.admit(choosing.machine_setting(event))
components.header(
    choosing.PAGE,
    "Write a kernel, try it in ten seconds, hand it in: every timed answer is checked, and 100 is what this "
    "machine's measured roof allows.",
)
with st.container(horizontal=True, gap="small", key="setup"):
    with theme.field(choosing.EVENT_PX):
        settings.select(choosing.event_setting())
    shown = settings.segments(choosing.SHOW)
    machine = board.machine(event)
choosing.moved(event, str(shown))
with settings.place():
    progress.draw()
    taking.say(event)

if looked_at := entry.named(event):
    entry.show(looked_at, event, machine)
elif shown == choosing.WRITE:
    left, right = writing.columns()
    with left:
        statement.draw(event)
    with right:
        writing.draw(event)
        trying.buttons(event)
    trying.found(event)
elif shown == choosing.HISTORY:
    history.draw(event)
elif shown == choosing.CHEATS:
    cheats.draw()
else:
    board.draw(event, machine)
components.words("roof", "arithmetic intensity", "FLOP")
