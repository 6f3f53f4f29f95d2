"""A store in one SQLite file that the processes of a machine share.

Every process has one connection and one thread. What waits together is
committed together, at synchronous=FULL. A process that is killed in the middle
of a commit holds nobody up; one that is frozen just there (a debugger, SIGSTOP)
keeps the others waiting, and after 10 s they hear that the store is unavailable.
"""
