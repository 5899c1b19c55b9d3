"""The page Backends."""
