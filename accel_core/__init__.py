"""Accel Explorer's core: measure kernels, the machine's roofs, and put one on the other."""

__version__ = "0.1.0"
