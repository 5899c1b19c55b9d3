"""The disk under a folder, measured as a level of memory: rates of large blocks, latency of small reads.

place       file system, device, free space       room        how large the file may be
posix       a file past the page cache            windows     the same through its own interface
content     random bytes that know their place    sampling    one sample
rounds      samples in turns                      measuring   all of it, and what is in doubt

Nothing is imported here: a page asks for `room` alone, and does without what measures.
"""
