"""A page's two columns: the widths of its controls and of the pictures beside them."""

CONTROLS, PICTURES = 4, 9
SHARE = PICTURES / (CONTROLS + PICTURES)
"""The part of the page's width that a picture has there."""
