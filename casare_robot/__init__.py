"""The desktop robot that never loses a job."""

from typing import Any

__all__ = ["arun_workflow", "run_workflow"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load the two functions when they are first asked for: commands start faster without."""
    if name in __all__:
        from casare_robot.agent import run_workflow as module

        return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
