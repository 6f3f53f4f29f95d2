"""Who the robot is, as its sessions introduce it. Pure."""

import msgspec


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the robot is; ``session`` is new for each start, ``epoch`` counts the starts."""

    robot_id: str
    robot_name: str = ""
    session: str
    epoch: int = 0
    version: str = ""
    environment: str = "default"
    tags: tuple[str, ...] = ()
    max_concurrent_jobs: int = 1
