import pytest

from casare_robot.nodes.prompt_templates import TEMPLATES


@pytest.mark.parametrize("template_id", TEMPLATES)
def test_every_template_holds_exactly_its_variables(run_node, template_id):
    template = TEMPLATES[template_id]
    values = {variable.name: f"<{variable.name}>" for variable in template.variables}
    ran = run_node(
        "PromptTemplateNode", {"template_id": template_id, "variables": values, "execute": False}
    )
    prompt = ran.outputs["rendered_prompt"]
    assert ran.error is None
    assert all(value in prompt for value in values.values())
    assert ran.outputs["system_prompt"] == template.system_prompt


def test_values_are_never_read_as_templates(run_node):
    config = {
        "template_id": "analyze_sentiment",
        "variables": {"text": "{text} {0.__class__}"},
        "execute": "false",
    }
    prompt = run_node("PromptTemplateNode", config).outputs["rendered_prompt"]
    assert prompt.endswith("Text:\n{text} {0.__class__}")


def test_lists_and_numbers_are_written_out(run_node):
    config = {
        "template_id": "classify_document",
        "variables": {"document": 7, "categories": ["a", "b"]},
        "execute": False,
        "system_prompt": "Be brief.",
    }
    outputs = run_node("PromptTemplateNode", config).outputs
    assert "Categories: a, b\n" in outputs["rendered_prompt"]
    assert outputs["rendered_prompt"].endswith("Document:\n7")
    assert outputs["system_prompt"] == "Be brief."


def test_sending_a_prompt_fails_and_leaves_it_rendered(run_node):
    ran = run_node(
        "PromptTemplateNode", {"template_id": "analyze_sentiment", "variables": {"text": "Hm"}}
    )
    assert "gpt-4o-mini needs an account" in ran.error
    assert ran.outputs["success"] is False
    assert ran.outputs["rendered_prompt"].endswith("Hm")


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({}, "Template ID is required"),
        ({"template_id": "x"}, "Template not found: x"),
        ({"template_id": "analyze_sentiment"}, "Required variable 'text' is missing"),
        (
            {"template_id": "analyze_sentiment", "variables": "[1]"},
            "variables are a list, no dictionary",
        ),
    ],
)
def test_what_cannot_be_rendered_is_told(run_node, config, error):
    ran = run_node("PromptTemplateNode", config)
    assert (ran.error, ran.outputs["error"]) == (error, error)


@pytest.mark.parametrize(
    ("config", "ids"),
    [
        ({}, [*TEMPLATES]),
        ({"category": "Extraction"}, ["extract_entities", "extract_invoice"]),
        ({"search": "INVOICE"}, ["extract_invoice"]),
        ({"include_builtin": False}, []),
    ],
)
def test_templates_are_listed_by_category_and_text(run_node, config, ids):
    outputs = run_node("ListTemplatesNode", config).outputs
    assert [template["id"] for template in outputs["templates"]] == ids
    assert outputs["count"] == len(ids)


def test_a_template_says_what_it_wants(run_node):
    outputs = run_node("GetTemplateInfoNode", {"template_id": "translate_formal"}).outputs
    assert outputs["template_info"]["category"] == "translation"
    assert [(v["name"], v["required"]) for v in outputs["variables"]] == [
        ("text", True),
        ("source_language", False),
        ("target_language", True),
    ]


def test_an_unknown_template_is_not_found(run_node):
    outputs = run_node("GetTemplateInfoNode", {"template_id": "x"}).outputs
    assert (outputs["found"], outputs["success"]) == (False, True)
    assert run_node("GetTemplateInfoNode").error == "Template ID is required"
