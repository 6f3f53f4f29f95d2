"""What robots share: rows, logs and leases, behind one small interface.

Whoever works in the name of a lease carries its token, and the store refuses an
older one in the very transaction. Signals are doorbells that only say "look".
"""
