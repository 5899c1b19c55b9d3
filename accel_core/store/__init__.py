"""Records on disk: what was measured, when, on which hardware and with which versions. Nothing is ever deleted,
but by `accel store thin`, into an archive.

>>> store = Store()    # SQLite in the user's data folder, or the database that ACCEL_STORE_URL names
>>> store.save_measurement(measurement)
>>> store.measurements(machine.fingerprint, workload="matmul")    # newest first

Opening is lazy: making a Store touches nothing, reading one that is not there yet finds nothing, and only the
first save makes a folder or a file. Every failure is a StoreUnavailable whose sentence says what to do; what
the store does not take can be set aside, and waits in files until it does.
"""

from accel_core.folders import data_folder
from accel_core.store.database import default_url
from accel_core.store.entries import Entries
from accel_core.store.handed import Judged, is_kept, summary
from accel_core.store.persons import Person
from accel_core.store.recent import Recent, Seen
from accel_core.store.records import Store
from accel_core.store.refine import Part, refine
from accel_core.store.sampling import Sampled
from accel_core.store.unsaved import Entry, Stored, entries_json

__all__ = [
    "Entries",
    "Entry",
    "Judged",
    "Part",
    "Person",
    "Recent",
    "Sampled",
    "Seen",
    "Store",
    "Stored",
    "data_folder",
    "default_url",
    "entries_json",
    "is_kept",
    "refine",
    "summary",
]
