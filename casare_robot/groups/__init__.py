"""Robots that work together: group, fleet, shared memory, sessions, health, events.

What is shared lives in the store and nowhere else: look at rows and logs, decide
in a pure function, act in one transaction, announce in the same transaction.
"""
