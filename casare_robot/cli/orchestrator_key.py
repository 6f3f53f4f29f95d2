"""Which key opens an orchestrator: the one that is named, the environment's, or this user's."""

import os

from casare_robot.orchestrator.local_keys import keys_for

KEY_VARIABLE = "CASARE_ORCHESTRATOR_KEY"


def key_to(url: str, key: str | None) -> str:
    """The key to use at an address; empty if there is none."""
    if key is None:
        key = os.environ.get(KEY_VARIABLE)
    if key is None:
        known = keys_for(url)
        key = known.admin_key if known else ""
    return key
