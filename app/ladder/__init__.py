"""The page Ladder."""
