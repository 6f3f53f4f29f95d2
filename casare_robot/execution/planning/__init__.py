"""From a `Workflow` to a plan: integers for nodes, closures for values. Pure."""
