"""A store in PostgreSQL, for the robots of a network.

All changes go through the functions of resources/sql, which decide in the
database, by its clock. A process has one connection, in its event loop, and
calls that wait together travel and are committed together. It hears on the same
connection what is new: a notification only says "look".
"""
