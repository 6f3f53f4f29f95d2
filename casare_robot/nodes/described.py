"""Node types told to people and programs: ports, properties, effect, and what they need here."""

from collections.abc import Mapping
from typing import Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import NodeType, Port
from casare_robot.domain.plain_json import plain
from casare_robot.nodes.catalogue import Catalogue, modules
from casare_robot.nodes.extras import extra_of, is_installed
from casare_robot.nodes.unavailable import KINDS, NEEDS, need_of


def node_rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Every known node type as JSON, whether it runs here or not."""
    homes = _homes()
    types = {name: catalogue.get(name) for name in catalogue}
    rows = [
        {
            **describe(name, type_),
            **_needs(name, homes),
            **_extra(name, homes),
            **_here(name, catalogue),
        }
        for name, type_ in sorted(types.items())
    ]
    return rows + [
        {"name": name, "needs": KINDS[NEEDS[name]], **_here(name, catalogue)}
        for name in sorted(NEEDS)
        if name not in types
    ]


def short_rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    """As `node_rows`, as much as fits on a line, what each needs in words."""
    homes = _homes()
    rows = []
    for row in node_rows(catalogue):
        name = row["name"]
        need = need_of(name, homes.get(name, ""))
        extra = row.get("extra")
        if extra and not extra["installed"]:
            need = f"casare-robot[{extra['name']}]"
        rows.append(
            {
                "name": name,
                "category": row.get("category", ""),
                "effect": row.get("effect", ""),
                "inputs": [port["name"] for port in row.get("inputs", ())],
                "outputs": [port["name"] for port in row.get("outputs", ())],
                "needs": need,
                "runs_here": row["runs_here"],
                "why_not": row.get("why_not", ""),
            }
        )
    return rows


def _homes() -> Mapping[str, str]:
    return {name: home for home, names in modules().items() for name in names}


def _needs(name: str, homes: Mapping[str, str]) -> dict[str, str]:
    need = need_of(name, homes.get(name, ""))
    return {"needs": KINDS[need]} if need else {}


def _extra(name: str, homes: Mapping[str, str]) -> dict[str, Any]:
    extra = extra_of(name, homes.get(name, ""))
    if extra is None:
        return {}
    return {"extra": {"name": extra.extra, "installed": is_installed(extra)}}


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
