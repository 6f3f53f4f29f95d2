"""`casare-robot demo`: real workflows, a kill in the middle, a resume. Cleans up after itself."""


def run_demo() -> int:
    """Show it all; the exit code."""
    raise NotImplementedError
