"""The server's door, and what it greets with."""
