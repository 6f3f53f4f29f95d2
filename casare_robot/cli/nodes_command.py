"""`casare-robot nodes`: what workflows can do."""

from typing import Any

from casare_robot.cli.rendering import as_json
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.nodes.described import node_rows, short_rows


def list_nodes(*, json_output: bool) -> None:
    """Every node type with its effect and what it needs, those that cannot run here last."""
    catalogue = load_catalogue()
    if json_output:
        print(as_json(node_rows(catalogue)))
        return
    rows = short_rows(catalogue)
    here = [row for row in rows if row["runs_here"]]
    for category in sorted({row["category"] for row in here}):
        print(f"{category}:")
        for row in here:
            if row["category"] == category:
                print(_line(row))
    others = [row for row in rows if not row["runs_here"]]
    print("known, and cannot run here:")
    for row in others:
        print(f"  {row['name']} needs {row['needs']}, {row['why_not']}")
    print(f"{len(here)} node types run here; {len(others)} more are known and cannot")


def _line(row: dict[str, Any]) -> str:
    inputs, outputs = ", ".join(row["inputs"]), ", ".join(row["outputs"])
    needs = f"  needs {row['needs']}" if row["needs"] else ""
    return f"  {row['name']}({inputs}) -> {outputs or '-'}  [{row['effect']}]{needs}"
