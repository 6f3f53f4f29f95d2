"""Which arguments a node's function takes and where each comes from. Pure."""

from collections.abc import Callable, Mapping
from inspect import CO_VARKEYWORDS, unwrap
from typing import Any, Unpack, get_args, get_origin

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import Action, DataType, EffectRule, NodeType, Port, Property

PAIR_PREFIX = "paired_"
"""Entries of a config that name the other end of a loop or a try."""


class Parameter:
    """One argument of a node's function.

    ``key`` is the port or config key it is read from; ``is_code``,
    ``is_expression`` and ``current`` are as for `Property`.
    """

    __slots__ = (
        "argument",
        "choices",
        "current",
        "default",
        "is_code",
        "is_expression",
        "key",
        "required",
        "type",
    )

    def __init__(
        self, argument: str, key: str, port: Port | None, property_: Property | None
    ) -> None:
        self.argument = argument
        self.key = key
        self.type = property_.type if property_ else port.type if port else DataType.ANY
        self.default = (
            property_.default
            if property_ and property_.default is not None
            else port.default
            if port
            else None
        )
        self.required = bool((port and port.required) or (property_ and property_.required))
        self.choices = property_.choices if property_ else ()
        self.is_expression = property_ is not None and property_.is_expression
        self.is_code = property_ is not None and property_.is_code
        self.current = property_.current if property_ else ""


class Call:
    """A node's function for one action, ready to be given arguments."""

    __slots__ = (
        "effect",
        "fixed",
        "outputs",
        "parameters",
        "run",
        "takes_context",
        "takes_rest",
        "transaction",
    )

    def __init__(
        self,
        run: Callable[..., Any],
        *,
        parameters: tuple[Parameter, ...],
        outputs: tuple[Port, ...],
        effect: Effect | EffectRule,
        fixed: Mapping[str, Any],
        takes_context: bool,
        takes_rest: bool,
        transaction: str | None,
    ) -> None:
        self.run = run
        self.parameters = parameters
        self.outputs = outputs
        self.effect = effect
        self.fixed = fixed
        self.takes_context = takes_context
        self.takes_rest = takes_rest
        self.transaction = transaction


def chosen_action(node_type: NodeType, config: Mapping[str, Any]) -> str | None:
    """Name of the action a super node's config asks for; None for an ordinary node.

    Case and punctuation do not count, and its first words are enough where no other begins so.

    Raises:
        ValueError: The action is not one of the node's.
    """
    if not node_type.actions:
        return None
    default = next(
        (p.default for p in node_type.properties if p.name == node_type.action_property), None
    )
    wanted = config.get(node_type.action_property) or default
    if isinstance(wanted, str) and wanted in node_type.actions:
        return str(wanted)
    for name in node_type.actions:
        if _plain(name) == _plain(str(wanted)):
            return name
    words = _words(str(wanted))
    begun = [name for name in node_type.actions if _words(name)[: len(words)] == words]
    if words and len(begun) == 1:
        return begun[0]
    raise ValueError(f"{wanted!r} is none of: {', '.join(node_type.actions)}")


def call_of(node_type: NodeType, action_name: str | None = None) -> Call:
    """Find out what the function of a node type (and action) wants.

    Raises:
        TypeError: The function names an argument that nothing declares.
    """
    action = node_type.actions[action_name] if action_name is not None else None
    run = action.run if action else node_type.run
    if run is None:
        raise TypeError(f"{node_type.name} is run by the engine itself")
    declared = _declared(node_type, action)
    written = unwrap(run)
    code = written.__code__
    start = code.co_argcount
    wanted = code.co_varnames[start : start + code.co_kwonlyargcount]
    defaults = set(written.__kwdefaults__ or ())
    takes_rest = bool(code.co_flags & CO_VARKEYWORDS)
    together = _named_together(written) if takes_rest else None
    if together is not None:
        wanted += tuple(together.__annotations__)
        defaults |= together.__optional_keys__
        takes_rest = False
    keys = {argument: key for key, argument in action.renames.items()} if action else {}
    fixed = action.fixed if action else {}
    parameters = []
    for argument in wanted:
        key = keys.get(argument, argument)
        if argument in fixed:
            continue
        if key in declared:
            port, property_ = declared[key]
            parameters.append(Parameter(argument, key, port, property_))
        elif argument not in defaults:
            raise TypeError(f"{node_type.name}: {run.__name__} wants {argument!r}, undeclared")
    if takes_rest:
        taken = {parameter.key for parameter in parameters}
        parameters += [Parameter(k, k, *declared[k]) for k in declared if k not in taken]
    return Call(
        run,
        parameters=tuple(parameters),
        outputs=action.outputs if action and action.outputs else node_type.outputs,
        effect=action.effect if action else node_type.effect,
        fixed=fixed,
        takes_context=code.co_varnames[:1] == ("ctx",),
        takes_rest=takes_rest,
        transaction=action.transaction if action else node_type.transaction,
    )


def _named_together(function: Callable[..., Any]) -> Any:
    """The TypedDict of the arguments that ``**name: Unpack[...]`` stands for; None: no such."""
    for annotation in function.__annotations__.values():
        origin: Any = get_origin(annotation)
        if origin is Unpack:
            return get_args(annotation)[0]
    return None


def _declared(
    node_type: NodeType, action: Action | None
) -> dict[str, tuple[Port | None, Property | None]]:
    ports = {port.name: port for port in node_type.inputs}
    if action:
        ports |= {port.name: port for port in action.inputs}
        if action.inputs:
            needed = {port.name for port in action.inputs}
            ports = {
                name: port if name in needed else Port(name, port.type, port.default)
                for name, port in ports.items()
            }
    properties = {property_.name: property_ for property_ in node_type.properties}
    names = [*ports, *(name for name in properties if name not in ports)]
    return {name: (ports.get(name), properties.get(name)) for name in names}


def _words(text: str) -> list[str]:
    return text.lower().replace("_", " ").split()


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
