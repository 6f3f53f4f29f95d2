"""Puts the rooms together: the only place that knows many of them."""
