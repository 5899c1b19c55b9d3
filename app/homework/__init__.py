"""The page Homework."""
