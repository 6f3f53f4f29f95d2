"""How a node declares itself: ports, properties, effect and one function. Pure.

A node is written as one decorated function::

    @node(
        "TextTrimNode",
        category="text",
        inputs=(Port("text", STRING, required=True),),
        outputs=(Port("result", STRING),),
        properties=(
            Property("mode", CHOICE, "both", choices=("both", "left", "right")),
            Property("characters", STRING, ""),
        ),
        synonyms={"chars": "characters"},
    )
    def text_trim(*, text: str, mode: str, characters: str) -> Outputs:
        ...
        return {"result": trimmed}

The engine calls it with exactly the keyword arguments its signature names, each
being the wired value if there is one, else the configured value (references
resolved, numbers in strings made numbers), else the default. A function that
names ``ctx`` first is also given its surroundings (`NodeContext`). Arguments that
several functions share are named together: ``**account: Unpack[MailAccount]``.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from casare_robot.domain.effect import Effect

Outputs = dict[str, Any]
"""What a node leaves on its data ports: port name to value."""


class DataType(StrEnum):
    """Types of ports and properties, as the designer names them."""

    STRING = "STRING"
    TEXT = "TEXT"
    NUMBER = "NUMBER"
    INTEGER = "INTEGER"
    FLOAT = "FLOAT"
    BOOLEAN = "BOOLEAN"
    LIST = "LIST"
    DICT = "DICT"
    ANY = "ANY"
    CHOICE = "CHOICE"
    JSON = "JSON"
    FILE_PATH = "FILE_PATH"
    DIRECTORY_PATH = "DIRECTORY_PATH"
    CODE = "CODE"
    SECRET = "SECRET"  # noqa: S105 - the name of a type
    SELECTOR = "SELECTOR"
    """Text that finds elements of a page."""
    OBJECT = "OBJECT"
    MULTI_CHOICE = "MULTI_CHOICE"
    """A list of some of the choices."""
    BYTES = "BYTES"
    HANDLE = "HANDLE"
    """A live connection, page or workbook; never state."""
    BROWSER = "BROWSER"
    PAGE = "PAGE"


class Port:
    """A data port. ``required`` means the node cannot work without a value."""

    __slots__ = ("default", "name", "required", "type")

    def __init__(
        self,
        name: str,
        type: DataType = DataType.ANY,
        default: Any = None,
        *,
        required: bool = False,
    ) -> None:
        self.name = name
        self.type = type
        self.default = default
        self.required = required


class Property:
    """A setting in a node's config. ``low`` and ``high`` are inclusive bounds.

    ``is_expression`` says that the node may evaluate it: references in it are
    bound by the evaluator then, and what they hold never becomes code.
    ``is_code`` says that every text in it is code of some other language (SQL,
    XPath), which the node binds references into; type ``CODE`` is one such text.
    ``current`` names a kind of open thing: without a value it is what was opened
    or used last of this kind (`NodeContext.keep_open`).
    """

    __slots__ = (
        "choices",
        "current",
        "default",
        "high",
        "is_code",
        "is_expression",
        "low",
        "name",
        "required",
        "type",
    )

    def __init__(
        self,
        name: str,
        type: DataType = DataType.ANY,
        default: Any = None,
        *,
        choices: tuple[str, ...] = (),
        low: float | None = None,
        high: float | None = None,
        required: bool = False,
        is_expression: bool = False,
        is_code: bool = False,
        current: str = "",
    ) -> None:
        self.name = name
        self.type = type
        self.default = default
        self.choices = choices
        self.low = low
        self.high = high
        self.required = required
        self.is_expression = is_expression
        self.is_code = is_code or type is DataType.CODE
        self.current = current


class Outcome:
    """A result that chooses its execution port; a plain dict takes ``exec_out``."""

    __slots__ = ("outputs", "port")

    def __init__(self, port: str, outputs: Outputs | None = None) -> None:
        self.port = port
        self.outputs: Outputs = outputs if outputs is not None else {}


class Action:
    """One action of a "super" node: its ports and, usually, another node's function.

    ``renames`` maps property names of the super node to the function's arguments.
    ``opens`` and ``transaction`` are as for `node`, for this action alone.
    """

    __slots__ = (
        "effect",
        "fixed",
        "inputs",
        "opens",
        "outputs",
        "renames",
        "run",
        "transaction",
    )

    def __init__(
        self,
        run: Callable[..., Any],
        *,
        inputs: tuple[Port, ...] = (),
        outputs: tuple[Port, ...] = (),
        effect: "Effect | EffectRule" = Effect.PURE,
        renames: Mapping[str, str] = MappingProxyType({}),
        fixed: Mapping[str, Any] = MappingProxyType({}),
        opens: bool = False,
        transaction: str | None = None,
    ) -> None:
        self.run = run
        self.inputs = inputs
        self.outputs = outputs
        self.effect = effect
        self.renames = renames
        self.fixed = fixed
        self.opens = opens
        self.transaction = transaction


EffectRule = Callable[[Mapping[str, Any]], Effect]
"""Effect as a function of the resolved parameters (an HTTP method, a flag)."""


Rule = Callable[[Mapping[str, Any]], bool]
"""Something that holds or not, as a function of the resolved parameters."""


class NodeType:
    """A node type of the catalogue. Shape of each attribute: see `node`."""

    __slots__ = (
        "action_property",
        "actions",
        "aliases",
        "blocking",
        "category",
        "effect",
        "exec_in",
        "exec_out",
        "failure_port",
        "flow",
        "inputs",
        "keeps_secrets",
        "may_stall",
        "name",
        "needs",
        "open_ports",
        "opens",
        "outputs",
        "properties",
        "renews",
        "run",
        "synonyms",
        "transaction",
        "uses",
    )

    def __init__(
        self,
        name: str,
        *,
        category: str,
        run: Callable[..., Any] | None = None,
        inputs: tuple[Port, ...] = (),
        outputs: tuple[Port, ...] = (),
        properties: tuple[Property, ...] = (),
        effect: Effect | EffectRule = Effect.ONCE,
        exec_in: tuple[str, ...] = ("exec_in",),
        exec_out: tuple[str, ...] = ("exec_out",),
        failure_port: str | None = None,
        actions: Mapping[str, Action] = MappingProxyType({}),
        action_property: str = "action",
        synonyms: Mapping[str, str] = MappingProxyType({}),
        aliases: tuple[str, ...] = (),
        needs: str = "none",
        blocking: bool = False,
        opens: bool = False,
        may_stall: bool = False,
        keeps_secrets: bool = False,
        open_ports: bool = False,
        renews: "bool | Rule" = False,
        transaction: str | None = None,
        flow: bool = False,
        uses: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.category = category
        self.run = run
        self.inputs = inputs
        self.outputs = outputs
        self.properties = properties
        self.effect = effect
        self.exec_in = exec_in
        self.exec_out = exec_out
        self.failure_port = failure_port
        self.actions = actions
        self.action_property = action_property
        self.synonyms = synonyms
        self.aliases = aliases
        self.needs = needs
        self.blocking = blocking
        self.opens = opens
        self.may_stall = may_stall
        self.keeps_secrets = keeps_secrets
        self.open_ports = open_ports
        self.renews = renews
        self.transaction = transaction
        self.flow = flow
        self.uses = uses

    def __repr__(self) -> str:
        return f"NodeType({self.name!r})"


_F = TypeVar("_F", bound=Callable[..., Any])


def node(
    name: str, *, category: str, effect: Effect | EffectRule = Effect.PURE, **declared: Any
) -> Callable[[_F], _F]:
    """Declare the decorated function as a node type.

    The function stays an ordinary function; its attribute ``node_types`` lists
    the declarations (one function may serve several types).

    Args:
        name: The type name in workflow files.
        category: Palette group.
        effect: What doing it twice would mean, or a rule over the parameters.
        **declared: As for `NodeType`: ``inputs``, ``outputs``, ``properties``,
            ``exec_out``, ``failure_port`` (taken when the node fails and it is
            wired), ``actions`` and ``action_property`` (super nodes),
            ``synonyms`` (accepted key or port name to ours), ``aliases`` (other
            type names), ``blocking`` (waits without asyncio: runs in a
            thread), ``opens`` (its outputs hold live handles, made again by
            running it again), ``may_stall`` (may compute without end, such as
            a regular expression), ``keeps_secrets`` (moves values without
            reading them), ``open_ports`` (any input name is a parameter),
            ``renews`` (it needs open things, but not as they stood before a resume;
            or a rule over the parameters that says so),
            ``needs`` (``gui``: it waits for or shows something to a person, so
            general limits of time are not for it; ``group``: it works on the
            memory of a group of robots),
            ``transaction`` (``begin``, ``commit`` or ``rollback``), ``uses``
            (modules that the function imports and that take long: they are
            loaded before the step is noted as begun).
    """

    def declare(function: _F) -> _F:
        declaration = NodeType(name, category=category, effect=effect, run=function, **declared)
        function.__dict__.setdefault("node_types", []).append(declaration)
        return function

    return declare
