"""The page Panels."""
