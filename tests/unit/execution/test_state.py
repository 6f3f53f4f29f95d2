from casare_robot.execution.state import Delta, DeltaWriter, SavedState


def folded(*deltas):
    return SavedState.fold([DeltaWriter().encode(delta) for delta in deltas])


def test_a_step_begun_again_is_under_way_though_its_first_try_ended_in_the_same_delta():
    begun = {"job/0/a": ("a", "XNode", "once")}

    saved = folded(Delta(intents=begun), Delta(results=["job/0/a"], intents=begun))

    assert saved.intents == begun


def test_an_answer_is_spent_when_the_step_is_begun_again():
    begun = {"job/0/a": ("a", "XNode", "once")}

    saved = folded(
        Delta(intents=begun), Delta(decisions={"job/0/a": "again"}), Delta(intents=begun)
    )

    assert saved.decisions == {}


def test_nothing_is_kept_of_a_scope_that_ended():
    saved = folded(
        Delta(variables={"0#1": {"x": 1}}, outputs={"0#1": {3: {"p": 1}}}),
        Delta(ended=["0#1"], variables={"0#1": {"y": 2}}),
    )

    assert saved.variables == {"0#1": {"y": 2}}
    assert saved.outputs == {}
