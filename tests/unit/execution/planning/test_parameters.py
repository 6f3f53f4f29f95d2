"""What a node's function takes is what it names."""

from typing import NotRequired, TypedDict, Unpack

import pytest

from casare_robot.domain.node_type import DataType, NodeType, Property
from casare_robot.execution.planning.parameters import call_of


class Account(TypedDict):
    server: str
    port: NotRequired[int]


def sign_in(*, folder, **account: Unpack[Account]):
    return {"result": (folder, account)}


def node_type(*names):
    properties = tuple(Property(name, DataType.STRING) for name in names)
    return NodeType("SignInNode", category="email", run=sign_in, properties=properties)


@pytest.mark.parametrize(
    ("declared", "taken"),
    [
        (("folder", "server", "port", "other"), ["folder", "server", "port"]),
        (("server", "folder"), ["folder", "server"]),
    ],
)
def test_arguments_that_are_named_together_are_taken_one_by_one(declared, taken):
    call = call_of(node_type(*declared))

    assert [parameter.argument for parameter in call.parameters] == taken
    assert not call.takes_rest


def test_one_of_them_that_is_needed_must_be_declared():
    with pytest.raises(TypeError, match="wants 'server', undeclared"):
        call_of(node_type("folder", "port"))
