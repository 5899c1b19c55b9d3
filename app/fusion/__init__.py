"""The page Fusion."""
