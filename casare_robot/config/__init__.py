"""Every setting of the robot once, typed, with unit, default and where its value came from.

`robot_config` says what there is, `loading` finds the values. Only `reading`
knows pydantic, and is imported only when there is something to read.
"""
