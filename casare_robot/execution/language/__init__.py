"""References and expressions: compiled once, values bound, never pasted."""
