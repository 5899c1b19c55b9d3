"""What all pictures are drawn with: look, axes, text, labels, marks, and figures as files."""
