"""What doing a node twice would mean for the world. Pure."""

from enum import StrEnum


class Effect(StrEnum):
    """How a node touches the world, from harmless to unrepeatable.

    The engine writes an intent before and a result after every node that is
    ``IDEMPOTENT``, ``KEYED`` or ``ONCE``; it runs ``PURE`` and ``READS`` nodes
    again after a crash when their result was not yet on disk.

    Source: architecture, rule 2.
    """

    PURE = "pure"
    """Computes from its inputs alone."""
    READS = "reads"
    """Takes a value from the world: clock, dice, a file, an HTTP GET."""
    IDEMPOTENT = "idempotent"
    """Doing it twice leaves the same world and gives the same outcome."""
    KEYED = "keyed"
    """The other side refuses a second one that carries our key."""
    ONCE = "once"
    """A click, a mail, a payment; also everything unknown."""

    @property
    def writes(self) -> bool:
        """Whether the node changes the world and so needs a durable intent."""
        return self in _WRITING


_WRITING = frozenset({Effect.IDEMPOTENT, Effect.KEYED, Effect.ONCE})
