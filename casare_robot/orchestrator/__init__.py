"""The local orchestrator: for people who have none yet, and for people who test their robots.

A small real server over ``store/``: robots connect by the native protocol, people
and programs by HTTP and a page. Everything that counts is committed before it is
answered, so a restart loses nothing; what robots tell while they work only informs.
`server` puts it together, `job_board` knows what may happen to a job.
"""
