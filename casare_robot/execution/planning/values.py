"""Where each value a node works with comes from: wire, else config, else default. Pure."""

from collections.abc import Callable, Mapping
from inspect import iscoroutinefunction
from typing import Any, Self

from casare_robot.domain.bound_code import BoundCode
from casare_robot.domain.conversion import convert, is_textual
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, NodeType
from casare_robot.domain.written_secrets import SECRET_KEYS
from casare_robot.execution.current import current_name
from casare_robot.execution.language.code_references import compile_code, compile_codes
from casare_robot.execution.language.references import (
    MISSING,
    Compiled,
    Constant,
    SecretTemplate,
    SingleReference,
    compile_value,
)
from casare_robot.execution.planning.op import Op, Source
from casare_robot.execution.planning.parameters import (
    PAIR_PREFIX,
    Call,
    Parameter,
    call_of,
    chosen_action,
)

_NUMBERS = frozenset({DataType.INTEGER, DataType.FLOAT, DataType.NUMBER})


class ExpressionText(str):
    """Text that a node may evaluate, and how it is written with its references."""

    written: str

    def __new__(cls, text: str, written: str) -> Self:
        """Args: written: The text that the file has."""
        made = super().__new__(cls, text)
        made.written = written
        return made


def compile_values(op: Op, wires: Mapping[str, Source]) -> None:
    """Decide where each argument comes from; flow nodes get theirs by key."""
    config = op.node.config
    op.wires = wires
    if op.type.flow:
        parameters = _flow_parameters(op.type, config, wires)
    else:
        try:
            action = chosen_action(op.type, config)
        except ValueError as error:
            _refuse(op, str(error))
            return
        op.call = call_of(op.type, action)
        parameters = list(op.call.parameters)
        op.constants.update(op.call.fixed)
        if op.call.takes_rest and op.type.open_ports:
            known = {parameter.key for parameter in parameters}
            keys = [key for key in _open_keys(config, wires) if key not in known]
            parameters += [Parameter(key, key, None, None) for key in keys]
        op.is_async = _must_leave_the_loop(op.type, op.call)
    sources = []
    for parameter in parameters:
        value = _value(op, parameter, wires.get(parameter.key))
        if parameter.required and (not isinstance(value, Constant) or value.value is None):
            value = _needed(op, parameter, value)
        if not isinstance(value, Constant):
            sources.append((parameter.argument, value))
        elif holds_secret(value.value):
            sources.append((parameter.argument, constant(value.value)))
        else:
            op.constants[parameter.argument] = value.value
    op.sources = tuple(sources)
    op.hides = tuple((p.argument, p.key) for p in parameters if p.key in SECRET_KEYS)
    op.retry_limit = _setting(op, "retry_count")
    op.retry_delay = _setting(op, "retry_interval") or _setting(op, "retry_delay")


def _flow_parameters(
    type_: NodeType, config: Mapping[str, Any], wires: Mapping[str, Source]
) -> list[Parameter]:
    ports = {port.name: port for port in type_.inputs}
    properties = {property_.name: property_ for property_ in type_.properties}
    more = _open_keys(config, wires) if type_.open_ports else wires
    keys = dict.fromkeys((*ports, *properties, *more))
    return [Parameter(key, key, ports.get(key), properties.get(key)) for key in keys]


def _open_keys(config: Mapping[str, Any], wires: Mapping[str, Source]) -> list[str]:
    """Inputs of a node that takes any: those with a wire or a value."""
    written = [
        key
        for key, value in config.items()
        if value not in (None, "") and key != "status" and not key.startswith(("_", PAIR_PREFIX))
    ]
    return list(dict.fromkeys((*wires, *written)))


def _must_leave_the_loop(type_: NodeType, call: Call) -> bool:
    return (
        type_.blocking
        or call.transaction is not None
        or not isinstance(call.effect, Effect)
        or call.effect.writes
        or iscoroutinefunction(call.run)
    )


def _setting(op: Op, key: str) -> Source | None:
    if all(property_.name != key for property_ in op.type.properties):
        return None
    declared = {property_.name: property_ for property_ in op.type.properties}
    value = _value(op, Parameter(key, key, None, declared[key]), None)
    return constant(value.value) if isinstance(value, Constant) else value


def _value(op: Op, parameter: Parameter, wire: Source | None) -> Constant | Source:
    """What gives a parameter its value: wire, else config, else default."""
    written = op.node.config.get(parameter.key)
    if isinstance(written, str) and not written.strip() and not is_textual(parameter.type):
        written = None
    if (parameter.choices or parameter.current) and written == "":
        written = None
    configured = _configured(op, parameter, written)
    if parameter.is_expression and isinstance(written, str):
        configured = _kept_as_written(configured, written)
    if wire is None:
        return configured
    wire = _typed(op, parameter, wire)
    if isinstance(configured, Constant):
        fallback = configured.value

        def wired(scope: Any) -> Any:
            value = wire(scope)
            return fallback if value is None else value

        return wired
    return either(configured, wire)


def _typed(op: Op, parameter: Parameter, wire: Source) -> Source:
    """What a wire brings, made what the parameter is; what is no such thing the node judges.

    A parameter that is text takes it as it comes.

    Raises (when called):
        NodeFailure: A number is wanted, and it is none.
    """
    if is_textual(parameter.type):
        return wire

    def typed(scope: Any) -> Any:
        value = wire(scope)
        try:
            return _converted(op, parameter, value)
        except NodeFailure:
            if parameter.type in _NUMBERS:
                raise
            return value

    return typed


def _refuse(op: Op, reason: str) -> None:
    """Let a node fail that asks for an action which its type does not have."""
    op.call = call_of(op.type, next(iter(op.type.actions)))
    op.is_async = True
    key = op.type.action_property

    def refused(_scope: Any) -> Any:
        message = f"{key} of {op.id}: {reason}"
        raise NodeFailure(message, code="E-NODE-418", error_type="ValueError", retryable=False)

    op.sources = ((key, refused),)


def _needed(op: Op, parameter: Parameter, value: Constant | Source) -> Source:
    """The value, of which the lack fails the node before it does anything."""
    source = constant(value.value) if isinstance(value, Constant) else value

    def given(scope: Any) -> Any:
        found = source(scope)
        if found is None:
            message = f"{parameter.key} of {op.id} has no value, and {op.type.name} needs one"
            raise NodeFailure(message, code="E-NODE-415", error_type="ValueError", retryable=False)
        return found

    return given


def _configured(op: Op, parameter: Parameter, written: Any) -> Constant | Source:
    type_, default = parameter.type, parameter.default
    if written is None and parameter.current:
        return variable(current_name(parameter.current))
    if written is None:
        return Constant(default)
    compiled = _compiled(parameter, written)
    if isinstance(compiled, Constant):
        try:
            return Constant(_converted(op, parameter, compiled.value))
        except NodeFailure:
            return lambda _scope: _converted(op, parameter, compiled.value)
    resolve: Callable[[Any, Callable[[str], None]], Any] = compiled.resolve
    if isinstance(compiled, SingleReference):
        resolve = _variable_first(compiled)
    if type_ in (DataType.ANY, DataType.HANDLE):

        def plain(scope: Any) -> Any:
            value = resolve(scope, scope.unresolved)
            return default if value is None else value

        return plain

    def typed(scope: Any) -> Any:
        value = resolve(scope, scope.unresolved)
        if value is None or (value == "" and not is_textual(type_)):
            return default
        return _converted(op, parameter, value)

    return typed


def _compiled(parameter: Parameter, written: Any) -> Compiled:
    if parameter.type is DataType.CODE:
        return compile_code(written)
    return compile_codes(written) if parameter.is_code else compile_value(written)


def _kept_as_written(configured: Constant | Source, written: str) -> Constant | Source:
    def kept(value: Any) -> Any:
        is_text = isinstance(value, str | SecretTemplate)
        return ExpressionText(str(value), written) if is_text else value

    if isinstance(configured, Constant):
        return Constant(kept(configured.value))
    return lambda scope: kept(configured(scope))


def _variable_first(reference: SingleReference) -> Callable[[Any, Any], Any]:
    """`SingleReference.resolve` with the usual answer at hand."""
    name, resolve = reference.name, reference.resolve

    def resolved(scope: Any, unresolved: Callable[[str], None]) -> Any:
        value = scope.variables.get(name, MISSING)
        return resolve(scope, unresolved) if value is MISSING else value

    return resolved


def _converted(op: Op, parameter: Parameter, value: Any) -> Any:
    if isinstance(value, BoundCode):
        return value
    try:
        return _as_declared(convert(value, parameter.type), parameter)
    except ValueError as error:
        why = "a secret can only be text" if isinstance(value, SecretTemplate) else error
        raise NodeFailure(
            f"{parameter.key} of {op.id}: {why}", error_type="ValueError", code="E-NODE-422"
        ) from error


def _as_declared(value: Any, parameter: Parameter) -> Any:
    """A choice that is written in small or capital letters, as its property spells it."""
    if not parameter.choices or parameter.is_expression:
        return value
    if isinstance(value, list):
        return [_as_declared(each, parameter) for each in value]
    if not isinstance(value, str) or value in parameter.choices:
        return value
    return next((c for c in parameter.choices if c.lower() == value.lower()), value)


def constant(value: Any) -> Source:
    """A source that gives the same value always."""
    return lambda _scope: value


def variable(name: str) -> Source:
    """A source that reads a variable, or None."""
    return lambda scope: scope.variables.get(name)


def output(index: int, port: str) -> Source:
    """A source that reads what a node left on a port, or None."""

    def read(scope: Any) -> Any:
        outputs = scope.outputs[index]
        return outputs.get(port) if outputs is not None else None

    return read


def either(first: Source, second: Source) -> Source:
    """The second source, unless it gives None."""

    def read(scope: Any) -> Any:
        value = second(scope)
        return first(scope) if value is None else value

    return read


def holds_secret(value: Any) -> bool:
    """Whether a value has a secret in it that is not looked up yet."""
    if isinstance(value, SecretTemplate):
        return True
    if isinstance(value, BoundCode):
        return holds_secret(value.values)
    if isinstance(value, Mapping):
        return any(holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(holds_secret(item) for item in value)


_WITHOUT_SECRETS = frozenset({type(None), bool, int, float, str})


def revealed(value: Any, secret: Callable[[str], str]) -> Any:
    """The value with every secret in it looked up; itself if there is none."""
    if type(value) in _WITHOUT_SECRETS:
        return value
    if isinstance(value, SecretTemplate):
        return value.reveal(secret)
    if not holds_secret(value):
        return value
    if isinstance(value, BoundCode):
        return BoundCode(value, revealed(value.values, secret), value.written)
    if isinstance(value, Mapping):
        return {key: revealed(item, secret) for key, item in value.items()}
    return [revealed(item, secret) for item in value] if isinstance(value, list) else value
