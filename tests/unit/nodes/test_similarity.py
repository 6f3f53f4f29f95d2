"""Texts that are nearly the same."""


def test_the_nearest_candidate_is_found(run_node):
    run = run_node(
        "FuzzyStringMatchNode", {"search_string": "apple", "candidates": ["pear", "aple", 5]}
    )

    assert run.port == "match_found"
    assert (run.outputs["matched_string"], run.outputs["match_index"]) == ("aple", 1)
    assert set(run.outputs["all_scores"]) == {"pear", "aple", "5"}


def test_below_the_threshold_there_is_no_match_but_a_nearest(run_node):
    run = run_node(
        "FuzzyStringMatchNode",
        {"search_string": "apple", "candidates": ["aple"], "threshold": "0.95"},
    )

    assert run.port == "no_match"
    assert (run.outputs["matched_string"], run.outputs["match_index"]) == ("", 0)


def test_nothing_to_look_for_matches_nothing(run_node):
    run = run_node("FuzzyStringMatchNode", {"candidates": ["a"], "threshold": 0})

    assert run.port == "no_match"
    assert run.outputs["all_scores"] == {}


def test_filter_keeps_the_items_as_they_were(run_node):
    run = run_node(
        "FilterBySimilarityNode", {"filter_string": "12"}, inputs={"input_list": [12, "123", "x"]}
    )

    assert run.outputs["filtered_list"] == [12, "123"]
    assert run.outputs["count"] == 2


def test_a_list_that_is_none_is_refused(run_node):
    run = run_node("FilterBySimilarityNode", {"filter_string": "a", "input_list": "apple"})

    assert "a list of texts is needed" in run.error
