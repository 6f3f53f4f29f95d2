"""What differs between operating systems: places, process trees, file locks.

Each file answers one question the same way on every system; nothing here knows
what a job or a setting is.
"""
