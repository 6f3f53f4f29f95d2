"""Forms of a real page are found and filled."""

import pytest

FORM = """
<form id=f action=/send method=post onsubmit="document.title='sent'; return false">
  <label>Name <input name=name placeholder=you required value=old></label>
  <input type=hidden name=token value=t><input type=password name=word value=secret>
  <select id=kind><option value=a>Alpha<option value=b>Beta</select>
  <input type=checkbox id=yes><input type=radio name=r id=r1><textarea id=long></textarea>
  <button>Send</button>
</form><input id=alone>
"""
MAPPING = {
    "[name=name]": 5.0,
    "#kind": "Beta",
    "#yes": "true",
    "#r1": 1,
    "#long": "a\nb",
    "#alone": "x",
}


def state(act):
    return act.run(
        act.page.evaluate(
            "[f.elements.name.value, kind.value, yes.checked, r1.checked, long.value, alone.value]"
        )
    )


@pytest.mark.parametrize("fast_mode", [False, True])
def test_every_kind_of_field_is_filled(act, fast_mode):
    act.html(FORM)

    done = act("FormFiller", field_mapping=MAPPING, fast_mode=fast_mode, wait_between_fields=1)

    assert done.error is None
    assert state(act) == ["5", "b", True, True, "a\nb", "x"]
    assert done.outputs["fields_filled"] == 6
    assert done.outputs["form_data"] == MAPPING


@pytest.mark.parametrize("fast_mode", [False, True])
def test_fields_come_from_form_field_nodes_and_the_form_is_sent(act, fast_mode):
    act.html(FORM)
    first = act("FormField", selector="[name=name]", value="new", clear_first=False)
    second = act(
        "FormField",
        {"fields_in": first.outputs["fields_out"]},
        selector="#kind",
        value="b",
        field_type="select",
    )
    none = act("FormField", {"fields_in": second.outputs["fields_out"]}, selector=" ", value="")

    done = act(
        "FormFiller",
        {"fields_in": none.outputs["fields_out"]},
        form_selector="#f",
        auto_submit=True,
        fast_mode=fast_mode,
    )

    assert first.outputs["field"]["value"] == "new"
    assert none.outputs["field"] is None
    assert done.outputs["fields_filled"] == 2
    assert state(act)[:2] == ["oldnew", "b"]
    assert act.run(act.page.title()) == "sent"


def test_a_field_that_is_not_there_is_told_with_what_was_filled(act):
    act.html(FORM)

    done = act("FormFiller", field_mapping={"#alone": "x", "#none": "y"}, timeout=4000)

    assert "#none" in done.error
    assert done.outputs == {"fields_filled": 1, "form_data": {"#alone": "x"}}


def test_nothing_to_fill_is_told(act):
    assert "nothing says" in act("FormFiller").error
    assert "no JSON" in act("FormFiller", field_mapping="{x").error


def test_forms_and_fields_are_found(act):
    act.html(FORM)

    done = act("DetectForms", output_variable="found").outputs

    form = done["forms"][0]
    assert (form["selector"], form["method"], form["id"]) == ("#f", "post", "f")
    assert act.run(act.page.inner_text(form["submit_selector"])) == "Send"
    field = form["fields"][0]
    assert (field["selector"], field["label"]) == ('input[name="name"]', "Name")
    assert (field["required"], field["value"], field["placeholder"]) == (True, "old", "you")
    assert form["fields"][1]["value"] == ""
    assert form["fields"][2]["options"][1] == {"value": "b", "text": "Beta"}
    assert (done["form_count"], done["field_count"], len(done["fields"])) == (1, 6, 7)
    assert act.ctx.node_values["found"]["form_count"] == 1
    assert act("DetectForms", include_hidden=True).outputs["field_count"] == 7
    assert act("DetectForms", container="#f").outputs["fields"] == form["fields"]
