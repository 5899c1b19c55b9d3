"""The arena: a problem, printed sizes and rules; what is handed in is judged by this machine's roofs."""
