"""Files, folders, colours, dates and list items."""

from datetime import datetime

import pytest


def field_of(run):
    return run.surroundings.asked[0].body.fields[0]


def test_a_picked_file_is_a_path_and_several_are_a_list(run_node, at_desk):
    one = run_node("FilePickerDialogNode", {}, surroundings=at_desk("ok", file_path="/a"))
    many = run_node(
        "FilePickerDialogNode",
        {"multi_select": True, "filter": "Text (*.txt)"},
        surroundings=at_desk("ok", file_path=["/a", "/b"]),
    )

    assert one.outputs == {"file_path": "/a", "selected": True}
    assert many.outputs == {"file_path": ["/a", "/b"], "selected": True}
    assert (field_of(many).kind, field_of(many).filter) == ("files", "Text (*.txt)")


@pytest.mark.parametrize(("multi", "nothing"), [(False, ""), (True, [])])
def test_no_file_is_none_selected(run_node, at_desk, multi, nothing):
    config = {"multi_select": multi}

    run = run_node("FilePickerDialogNode", config, surroundings=at_desk("cancel"))

    assert run.outputs == {"file_path": nothing, "selected": False}


def test_a_folder_is_looked_for_from_where_the_node_says(run_node, at_desk, tmp_path):
    desk = at_desk("ok", folder_path="/x")

    run = run_node("FolderPickerDialogNode", {"start_directory": "in"}, surroundings=desk)

    assert run.outputs == {"folder_path": "/x", "selected": True}
    assert field_of(run).start == str(tmp_path / "in")


def test_a_colour_has_its_parts(run_node, at_desk):
    plain = run_node("ColorPickerDialogNode", {}, surroundings=at_desk("ok", color="#FF8000"))
    alpha = run_node(
        "ColorPickerDialogNode", {"show_alpha": True}, surroundings=at_desk("ok", color="#80ff8000")
    )

    assert plain.outputs["color"] == "#ff8000"
    assert plain.outputs["rgb"] == {"r": 255, "g": 128, "b": 0, "a": 255}
    assert alpha.outputs["color"] == "#80ff8000"
    assert alpha.outputs["rgb"]["a"] == 128


def test_no_colour_is_none_selected(run_node, at_desk):
    run = run_node("ColorPickerDialogNode", {}, surroundings=at_desk("cancel"))

    assert run.outputs == {"color": "", "selected": False, "rgb": {}}


@pytest.mark.parametrize(
    ("mode", "said", "format", "value"),
    [
        ("date", "2026-11-21", "dd.MM.yyyy", "21.11.2026"),
        ("datetime", "2026-11-21T14:05:09", "yyyy-MM-dd HH:mm:ss", "2026-11-21 14:05:09"),
        ("datetime", "2026-11-21T14:05:09", "h:mm AP 'on' d/M/yy", "2:05 PM on 21/11/26"),
        ("time", "14:05", "HH:mm", "14:05"),
    ],
)
def test_a_date_is_text_in_the_designers_format(run_node, at_desk, mode, said, format, value):
    config = {"mode": mode, "format": format}

    run = run_node("DateTimePickerDialogNode", config, surroundings=at_desk("ok", value=said))

    assert (run.outputs["value"], run.outputs["selected"]) == (value, True)


def test_a_date_has_seconds_since_1970(run_node, at_desk):
    desk = at_desk("ok", value="2026-11-21T14:05:09")

    run = run_node("DateTimePickerDialogNode", {}, surroundings=desk)

    assert run.outputs["timestamp"] == int(datetime(2026, 11, 21, 14, 5, 9).timestamp())


def test_a_date_outside_its_bounds_is_refused(run_node, at_desk):
    config = {"min_date": "2026-01-01", "max_date": "2026-12-31"}
    late = at_desk("ok", value="2027-01-01T00:00:00")

    run = run_node("DateTimePickerDialogNode", config, surroundings=late)

    assert "is after 2026-12-31" in run.error


def test_bounds_of_a_date_must_be_dates(run_node, at_desk):
    config = {"min_date": "soon"}

    run = run_node("DateTimePickerDialogNode", config, surroundings=at_desk("cancel"))

    assert "min_date is no date" in run.error


@pytest.mark.parametrize("items", ["a, b", "a\nb", '["a", "b"]', ["a", "b"]])
def test_items_are_text_or_a_list(run_node, at_desk, items):
    desk = at_desk("ok", selected="b")

    run = run_node("ListPickerDialogNode", {"items": items}, surroundings=desk)

    assert field_of(run).options == ("a", "b")
    assert run.outputs == {"selected": "b", "confirmed": True}


def test_wired_items_come_back_as_they_were(run_node, at_desk):
    desk = at_desk("ok", selected=["2", "1"])

    run = run_node(
        "ListPickerDialogNode", {"multi_select": True}, inputs={"items": [1, 2]}, surroundings=desk
    )

    assert run.outputs == {"selected": [2, 1], "confirmed": True}


def test_an_empty_list_asks_nothing(run_node, at_desk):
    run = run_node("ListPickerDialogNode", {"items": ""}, surroundings=at_desk())

    assert (run.outputs, run.surroundings.asked) == ({"selected": "", "confirmed": False}, [])


def test_where_nobody_is_there_the_default_selection_holds(run_node, at_desk):
    config = {"items": "a,b", "default_selection": "b", "search_enabled": False}

    run = run_node("ListPickerDialogNode", config, surroundings=at_desk())

    assert run.outputs == {"selected": "b", "confirmed": True}
    assert not field_of(run).is_searchable


def test_a_region_of_the_screen_is_four_numbers(run_node, at_desk):
    desk = at_desk("ok", x=10, y=20, width=300, height=200)

    run = run_node("ScreenRegionPickerNode", {"show_coordinates": False}, surroundings=desk)

    assert run.outputs == {"x": 10, "y": 20, "width": 300, "height": 200, "confirmed": True}
    body = run.surroundings.asked[0].body
    assert (body.picks_region, body.shows_coordinates) == (True, False)


def test_no_region_is_not_confirmed(run_node, at_desk):
    run = run_node("ScreenRegionPickerNode", {}, surroundings=at_desk("cancel"))

    assert run.outputs == {"x": 0, "y": 0, "width": 0, "height": 0, "confirmed": False}
