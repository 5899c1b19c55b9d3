"""The wall around foreign code: a process that sees nothing of its host, and the calls into it."""
