"""Pictures and tables."""

import pytest


@pytest.mark.parametrize(("button", "confirmed"), [("ok", True), ("cancel", False)])
def test_a_picture_is_confirmed_or_not(run_node, at_desk, tmp_path, button, confirmed):
    (tmp_path / "a.png").write_bytes(b"")
    config = {"image_path": "a.png", "scale": "2", "allow_zoom": False}

    run = run_node("ImagePreviewDialogNode", config, surroundings=at_desk(button))

    assert run.outputs == {"confirmed": confirmed, "canceled": not confirmed}
    body = run.surroundings.asked[0].body
    assert (body.path, body.scale, body.can_zoom) == (str(tmp_path / "a.png"), 2.0, False)


def test_a_picture_that_is_not_there_is_not_asked_about(run_node, at_desk):
    run = run_node("ImagePreviewDialogNode", {"image_path": "none.png"}, surroundings=at_desk("ok"))

    assert "not found" in run.error


@pytest.mark.parametrize(
    ("data", "columns", "rows"),
    [
        ([{"a": 1, "b": None}, {"a": 2, "c": 3}], ("a", "b", "c"), (("1", "", ""), ("2", "", "3"))),
        ([[1, 2], [3]], ("Column 1", "Column 2"), (("1", "2"), ("3", ""))),
        ('["x"]', ("Column 1",), (("x",),)),
    ],
)
def test_a_table_shows_rows_as_text(run_node, at_desk, data, columns, rows):
    run = run_node("TableDialogNode", {"data": data}, surroundings=at_desk("ok"))

    body = run.surroundings.asked[0].body
    assert (body.columns, body.rows) == (columns, rows)


def test_the_chosen_row_comes_back_as_it_was(run_node, at_desk):
    config = {"selectable": True, "columns": "b"}
    rows = [{"a": 1}, {"a": 2}]

    run = run_node(
        "TableDialogNode", config, inputs={"data": rows}, surroundings=at_desk("ok", row=1)
    )

    assert run.outputs == {"selected_row": {"a": 2}, "selected_index": 1, "confirmed": True}
    assert run.surroundings.asked[0].body.columns == ("b",)


def test_an_empty_table_asks_nothing(run_node, at_desk):
    run = run_node("TableDialogNode", {}, surroundings=at_desk())

    assert run.outputs == {"selected_row": None, "selected_index": -1, "confirmed": False}
    assert not run.surroundings.asked
