"""Runs a plan: branches, the constructs around them, and the nodes that act."""
