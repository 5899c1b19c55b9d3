"""The page This machine."""
