"""Prompts for language models, written from templates. Renders; has no account to send with."""

import json
from typing import Any

from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.prompt_templates import TEMPLATES, Template, Variable

_OUTCOME = (Port("success", DataType.BOOLEAN), Port("error", DataType.STRING))
_NOT_SENT = {"response": "", "parsed_response": {}, "tokens_used": 0}


@node(
    "PromptTemplateNode",
    category="llm",
    inputs=(
        Port("template_id", DataType.STRING, required=True),
        Port("variables", DataType.DICT),
        Port("execute", DataType.BOOLEAN),
        Port("credential_name", DataType.STRING),
        Port("api_key", DataType.STRING),
        Port("model", DataType.STRING),
        Port("temperature", DataType.FLOAT),
        Port("max_tokens", DataType.INTEGER),
        Port("system_prompt", DataType.STRING),
    ),
    outputs=(
        Port("rendered_prompt", DataType.STRING),
        Port("system_prompt", DataType.STRING),
        Port("response", DataType.STRING),
        Port("parsed_response", DataType.DICT),
        Port("tokens_used", DataType.INTEGER),
        *_OUTCOME,
    ),
    properties=(
        Property("template_id", DataType.STRING, ""),
        Property("variables", DataType.JSON, {}),
        Property("execute", DataType.BOOLEAN, True),
        Property("model", DataType.STRING, "gpt-4o-mini"),
        Property("temperature", DataType.FLOAT, 0.7, low=0.0, high=2.0),
        Property("max_tokens", DataType.INTEGER, 1000, low=1),
    ),
)
def prompt_template(
    *, template_id: str, variables: Any, execute: bool, model: str, system_prompt: str | None
) -> Outputs:
    """Fill in a template; a given ``system_prompt`` replaces the template's.

    To ``execute`` means to send the prompt, which takes an account of a language
    model; a robot has none, so that fails and leaves the rendered prompt.
    """
    template = TEMPLATES.get(template_id)
    if template is None:
        raise _failed(
            f"Template not found: {template_id}" if template_id else "Template ID is required"
        )
    if not isinstance(variables, dict):
        raise _failed(f"variables are a {type(variables).__name__}, no dictionary")
    rendered = {
        "rendered_prompt": _rendered(template, variables),
        "system_prompt": system_prompt or template.system_prompt,
        **_NOT_SENT,
    }
    if execute:
        raise _failed(
            f"sending the prompt to {model} needs an account of a language model, which this "
            "robot does not have; set execute to false to render the prompt only",
            rendered,
        )
    return {**rendered, "success": True, "error": ""}


def _rendered(template: Template, variables: dict[str, Any]) -> str:
    values = {
        variable.name: variables.get(variable.name, variable.default)
        for variable in template.variables
    }
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise _failed("; ".join(f"Required variable '{name}' is missing" for name in missing))
    return template.prompt.format_map({name: _text(value) for name, value in values.items()})


def _text(value: Any) -> str:
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _failed(message: str, outputs: Outputs | None = None) -> NodeFailure:
    return NodeFailure(
        message,
        outputs={**(outputs or {}), "success": False, "error": message},
        retryable=False,
    )


@node(
    "ListTemplatesNode",
    category="llm",
    inputs=(
        Port("category", DataType.STRING),
        Port("search", DataType.STRING),
        Port("include_builtin", DataType.BOOLEAN),
    ),
    outputs=(Port("templates", DataType.LIST), Port("count", DataType.INTEGER), *_OUTCOME),
    properties=(
        Property("category", DataType.STRING, ""),
        Property("search", DataType.STRING, ""),
        Property("include_builtin", DataType.BOOLEAN, True),
    ),
)
def list_templates(*, category: str, search: str, include_builtin: bool) -> Outputs:
    """The templates of a category that hold a text in name, description or tags.

    Each is a dictionary: ``id``, ``name``, ``category``, ``description``,
    ``builtin``, ``variables`` (their names) and ``tags``. All are built in.
    """
    found = [
        {
            "id": template.id,
            "name": template.name,
            "category": template.category,
            "description": template.description,
            "builtin": True,
            "variables": [variable.name for variable in template.variables],
            "tags": [*template.tags],
        }
        for template in (TEMPLATES.values() if include_builtin else ())
        if category.lower() in ("", template.category) and _mentions(template, search)
    ]
    return {"templates": found, "count": len(found), "success": True, "error": ""}


def _mentions(template: Template, search: str) -> bool:
    texts = (template.name, template.description, *template.tags)
    return search.casefold() in " ".join(texts).casefold()


@node(
    "GetTemplateInfoNode",
    category="llm",
    inputs=(Port("template_id", DataType.STRING, required=True),),
    outputs=(
        Port("template_info", DataType.DICT),
        Port("variables", DataType.LIST),
        Port("system_prompt", DataType.STRING),
        Port("found", DataType.BOOLEAN),
        *_OUTCOME,
    ),
    properties=(Property("template_id", DataType.STRING, ""),),
)
def get_template_info(*, template_id: str) -> Outputs:
    """What a template is and wants; an unknown one succeeds with ``found`` false."""
    if not template_id:
        raise _failed("Template ID is required", {"found": False})
    template = TEMPLATES.get(template_id)
    if template is None:
        return {
            "template_info": {},
            "variables": [],
            "system_prompt": "",
            "found": False,
            "success": True,
            "error": "",
        }
    return {
        "template_info": {
            "id": template.id,
            "name": template.name,
            "category": template.category,
            "description": template.description,
            "version": "1.0",
            "tags": [*template.tags],
            "output_format": template.output_format,
        },
        "variables": [_described(variable) for variable in template.variables],
        "system_prompt": template.system_prompt,
        "found": True,
        "success": True,
        "error": "",
    }


def _described(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "description": variable.description,
        "data_type": "string",
        "required": variable.default is None,
        "default": variable.default,
        "examples": [*variable.examples],
    }
