"""`casare-robot nodes`: what workflows can do."""

from collections.abc import Mapping
from typing import Any

from casare_robot.cli.rendering import as_json
from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import NodeType, Port
from casare_robot.domain.plain_json import plain
from casare_robot.nodes.catalogue import Catalogue, load_catalogue
from casare_robot.nodes.unavailable import KINDS, NEEDS


def list_nodes(*, json_output: bool) -> None:
    """Every node type that runs here, and what the others need."""
    catalogue = load_catalogue()
    types = {name: catalogue.get(name) for name in catalogue}
    if json_output:
        rows = [
            {**describe(name, type_), **_here(name, catalogue)}
            for name, type_ in sorted(types.items())
        ]
        rows += [
            {"name": name, "needs": KINDS[NEEDS[name]], **_here(name, catalogue)}
            for name in sorted(NEEDS)
            if name not in types
        ]
        print(as_json(rows))
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


def _here(name: str, catalogue: Catalogue) -> dict[str, Any]:
    why_not = catalogue.obstacle(name)
    return {"runs_here": False, "why_not": why_not} if why_not else {"runs_here": True}


def describe(name: str, type_: NodeType) -> dict[str, Any]:
    """One node type as JSON."""
    return {
        "name": name,
        "category": type_.category,
        "needs": type_.needs,
        "effect": effect_of(type_),
        "opens": type_.opens,
        "exec_in": list(type_.exec_in),
        "exec_out": list(type_.exec_out),
        "failure_port": type_.failure_port,
        "inputs": list(map(_port, type_.inputs)),
        "outputs": list(map(_port, type_.outputs)),
        "properties": [
            {
                "name": property_.name,
                "type": str(property_.type),
                "default": plain(property_.default),
                "choices": list(property_.choices),
                "required": property_.required,
            }
            for property_ in type_.properties
        ],
        "actions": {
            action_name: {
                "inputs": list(map(_port, action.inputs)),
                "outputs": list(map(_port, action.outputs)),
                "effect": _effect(action.effect),
            }
            for action_name, action in type_.actions.items()
        },
        "synonyms": dict(type_.synonyms),
    }


def effect_of(type_: NodeType) -> str:
    """Effect of a node type, or that it depends on its settings."""
    if type_.actions:
        effects = {_effect(action.effect) for action in type_.actions.values()}
        return effects.pop() if len(effects) == 1 else "depends"
    return _effect(type_.effect)


def _effect(effect: Any) -> str:
    return effect.value if isinstance(effect, Effect) else "depends"


def _port(port: Port) -> Mapping[str, Any]:
    return {"name": port.name, "type": str(port.type), "required": port.required}
