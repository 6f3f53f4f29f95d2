"""A store in one SQLite file that the processes of a machine share.

Every process has one connection and one thread. What waits together is
committed together, at synchronous=FULL.
"""
