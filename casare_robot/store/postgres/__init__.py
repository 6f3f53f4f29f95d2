"""A store in PostgreSQL, for the robots of a network.

All changes go through the functions of resources/sql, which decide in the
database, by its clock. A process has two connections, each with a thread: one
works, and calls that wait together travel and are committed together; one
listens. What is new is read: a notification only says "look".
"""
