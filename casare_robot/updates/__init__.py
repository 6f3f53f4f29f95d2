"""Newer versions: offered by a signed feed, fetched, installed when idle, and one step back."""
