"""The page Traversal."""
