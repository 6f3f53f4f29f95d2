from casare_robot.execution.plan import Plan
from casare_robot.execution.scope import Scope


def scope(**variables):
    plan = Plan(workflow=None, ops=[], pairs=None)
    return Scope("0", plan, now=None, unresolved=None, variables=variables)


def test_own_names_are_those_set_since_the_scope_began_whether_or_not_they_are_in_a_delta():
    began = scope(default=1)
    began.set("early", 1)
    began.take_changes()
    began.set("late", 2)
    assert began.own == {"early", "late"}


def test_a_name_written_again_without_being_set_is_not_own():
    began = scope(default=1)
    began.again.add("default")
    began.take_changes()
    assert began.own == set()


def test_values_of_an_earlier_run_are_own_and_need_no_delta():
    resumed = scope()
    resumed.fill({"name": 1})
    assert resumed.own == {"name"}
    assert resumed.changed == set()
