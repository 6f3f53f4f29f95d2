"""What a node's function takes is what it names."""

from typing import NotRequired, TypedDict, Unpack

import pytest

from casare_robot.domain.node_type import DataType, NodeType, Property
from casare_robot.execution.planning.parameters import call_of, chosen_action
from casare_robot.nodes.catalogue import load_catalogue


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


@pytest.mark.parametrize(
    ("type_name", "written", "meant"),
    [
        ("HttpSuperNode", "POST Request", "POST Request"),
        ("HttpSuperNode", "post_request", "POST Request"),
        ("HttpSuperNode", "POST", "POST Request"),
        ("HttpSuperNode", None, "GET Request"),
        ("DatabaseSuperNode", "query", "Query (SELECT)"),
        ("DatabaseSuperNode", "Execute batch", "Execute Batch"),
    ],
)
def test_an_action_may_be_written_short(type_name, written, meant):
    type_ = load_catalogue().get(type_name)
    assert chosen_action(type_, {"action": written}) == meant


@pytest.mark.parametrize(
    ("type_name", "written"),
    [("DatabaseSuperNode", "Execute"), ("HttpSuperNode", "Requ"), ("HttpSuperNode", "_")],
)
def test_what_begins_no_action_or_two_is_none(type_name, written):
    type_ = load_catalogue().get(type_name)
    with pytest.raises(ValueError, match=f"'{written}' is none of"):
        chosen_action(type_, {"action": written})
