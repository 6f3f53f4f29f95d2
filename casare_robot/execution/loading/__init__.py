"""From a file of any variant to a checked `Workflow`. Knows no node function and no run."""
