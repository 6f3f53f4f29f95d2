"""Names under which a branch knows what was opened last of a kind. Pure."""

HIDDEN = "\0"
"""First character of names the engine keeps for itself."""

_CURRENT = f"{HIDDEN}current:"


def current_name(kind: str) -> str:
    """Name of the variable that holds it."""
    return f"{_CURRENT}{kind}"


def note_name(opener: str, serial: str) -> str:
    """Name of the variable that holds what is noted of something open."""
    return current_name(f"note:{opener}:{serial}")


def key_name(node_id: str) -> str:
    """Name of the variable that holds the step at a node and the key agreed for it."""
    return f"{HIDDEN}key:{node_id}"


def is_current(name: str) -> bool:
    """Whether it is a name of this kind."""
    return name.startswith(_CURRENT)


def is_shared(name: str) -> bool:
    """Whether a branch that begins takes this over from the one it leaves."""
    return not name.startswith(HIDDEN) or name.startswith(_CURRENT)
