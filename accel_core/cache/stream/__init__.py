"""What is accessed: a traversal as plain data and as text, and its access stream a piece at a time."""
