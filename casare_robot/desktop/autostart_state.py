"""What is known of a start at login."""

from typing import NamedTuple


class AutostartState(NamedTuple):
    """Whether a program starts at login; ``why`` says more where there is more to say."""

    is_on: bool
    can_change: bool = True
    why: str = ""
