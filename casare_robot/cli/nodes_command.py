"""`casare-robot nodes`: what workflows can do."""

from casare_robot.cli.rendering import as_json
from casare_robot.nodes.catalogue import load_catalogue
from casare_robot.nodes.described import effect_of, node_rows
from casare_robot.nodes.unavailable import NEEDS


def list_nodes(*, json_output: bool) -> None:
    """Every node type that runs here, and what the others need."""
    catalogue = load_catalogue()
    types = {name: catalogue.get(name) for name in catalogue}
    if json_output:
        print(as_json(node_rows(catalogue)))
        return
    by_category: dict[str, list[str]] = {}
    for name, type_ in types.items():
        if name in catalogue:
            by_category.setdefault(type_.category, []).append(name)
    for category, names in sorted(by_category.items()):
        print(f"{category}:")
        for name in sorted(names):
            type_ = types[name]
            inputs = ", ".join(port.name for port in type_.inputs)
            outputs = ", ".join(port.name for port in type_.outputs)
            print(f"  {name}({inputs}) -> {outputs or '-'}  [{effect_of(type_)}]")
    here = sum(map(len, by_category.values()))
    known = len({*types, *NEEDS})
    print(f"{here} node types; {known - here} more are known and cannot run here (--json)")
