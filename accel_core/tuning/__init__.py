"""Tuning: the lengths at which the packed product is fastest on this machine, and the width of vectors with
which a streaming loop is, measured on one thread.

Whaley and Dongarra, "Automatically Tuned Linear Algebra Software" (SC 1998) measure what cannot be foreseen.
"""

from accel_core.tuning.blocks import tune
from accel_core.tuning.racing import turns

__all__ = ["tune", "turns"]
