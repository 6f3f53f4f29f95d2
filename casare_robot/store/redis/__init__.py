"""A store in Redis, for those who have one.

Python looks, decides and says what it saw; a Lua script makes the change only if
that is still so, and otherwise one looks again. Scripts see the server's clock.
"""
