"""What a child may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use from its start to its end; the time of a call is a matter of the call."""

    cpu_s: int = 60
    """Processor time of all its threads together."""
    memory_bytes: int = 2 * 1024**3
    """Private memory; what it shares with the parent does not count."""
    disk_bytes: int = 64 * 1024**2
    """Of its small file system in memory, which is /tmp; 0: there is nowhere to write."""
    files: int = 256
    """Open at the same time."""
    output_bytes: int = 64 * 1024
    """Printed; a child that prints more is ended."""
    threads: bool = True
    """Whether it may start threads."""
    most_threads: int = 1024
    """At the same time, where it may."""
