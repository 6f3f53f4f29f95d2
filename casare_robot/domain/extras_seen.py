"""What the workflows that a robot has seen need and its installation lacks. Pure."""

from collections.abc import Mapping

import msgspec


class ExtrasSeen(msgspec.Struct, frozen=True, kw_only=True):
    """``missing`` maps extras of this package to the node types that need them."""

    workflows: int
    missing: Mapping[str, tuple[str, ...]]
