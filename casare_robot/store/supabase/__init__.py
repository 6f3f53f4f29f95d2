"""A store in a Supabase project, through its own HTTP interface.

The functions of resources/sql decide, as in PostgreSQL, with the rights of the robot
that asks: it sees its own space and its group's, and nothing else.
"""
