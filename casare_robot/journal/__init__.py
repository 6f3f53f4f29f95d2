"""This robot's own memory: one SQLite file, one connection, one writer thread.

Nothing is acknowledged before it is on disk, and nothing that fails its
checksum is ever used.
"""
