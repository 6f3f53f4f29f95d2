"""What a workflow may ask of the memory that its group shares. Pure."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec


class MemoryOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    ``group`` is its name; empty: the robot's own. ``given`` is JSON, by what is asked:

    * ``remember``: ``content``, ``tags``, ``metadata``, ``pinned``; the memory's id comes back.
    * ``recall``: ``query``, ``limit``, ``strategy``, ``timeframe``, ``query_tags``,
      ``metadata``, ``with_relevance``; a list of memories comes back, the best first.
    * ``context``: ``strategy``, ``max_tokens``; the working memory as one text.
    * ``forget``: ``id``; nothing comes back.
    """

    what: Literal["remember", "recall", "context", "forget"]
    group: str = ""
    given: Mapping[str, Any] = {}


class GroupMemory(Protocol):
    """Whoever carries orders out: the agent, in the name of its robot."""

    async def carry_out(self, order: MemoryOrder) -> Any:
        """Do what is asked; what comes back is JSON.

        Raises:
            RobotError: It cannot be done, with the reason.
        """
        ...
