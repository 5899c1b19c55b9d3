"""Lessons: guess first, then measure, and see how far off the guess was."""

from app.lessons import asking, listing, standing
from app.session import records, settings, tries

records.own()
settings.admit(standing.setting())
tries.follow()
if (one := standing.chosen()) is None:
    listing.show(standing.known())
else:
    asking.show(one, standing.known())
