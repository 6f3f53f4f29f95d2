"""The line to an orchestrator: what is said on it, and how it is kept.

Sessions decide and do nothing: they read no clock and own no socket. The
ConnectionManager does what they say, for whatever dialect, and never gives up.
"""
