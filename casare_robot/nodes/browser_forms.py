"""Forms of a page: what fields there are, and filling them."""

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from casare_robot.domain.conversion import convert
from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, Outputs, Port, Property, node
from casare_robot.nodes.browser_tab import Tab
from casare_robot.nodes.browser_work import PAGE_HELD, PAGE_PORT, USES, element, located, on_page

if TYPE_CHECKING:
    from playwright.async_api import Locator

_FIELDS_IN = Port("fields_in", DataType.LIST)
_KIND = """field => {
    if (field.tagName === 'SELECT') return 'select';
    return ['checkbox', 'radio'].includes(field.type) ? field.type : 'text';
}"""
_SET = """(field, wanted) => {
    if (wanted.kind === 'checkbox' || wanted.kind === 'radio') {
        if (field.checked !== wanted.value) field.click();
        return;
    }
    let value = wanted.value;
    if (wanted.kind === 'select') {
        const options = Array.from(field.options);
        const chosen = options.find(o => o.value === value) || options.find(o => o.label === value);
        if (!chosen) throw new Error('it has no option ' + value);
        value = chosen.value;
    } else if (!wanted.clear) value = field.value + value;
    const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value');
    if (own && own.set) own.set.call(field, value); else field.textContent = value;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    field.dispatchEvent(new Event('change', {bubbles: true}));
}"""
_SUBMIT = "[type=submit], button:not([type]), input[type=image]"
_DETECT = """(container) => {
    const way = element => {
        if (element.id) return '#' + CSS.escape(element.id);
        const tag = element.tagName.toLowerCase();
        const named = element.name && tag + '[name=' + JSON.stringify(element.name) + ']';
        if (named && document.querySelectorAll(named).length === 1) return named;
        if (element === document.body || !element.parentElement) return tag;
        const alike = Array.from(element.parentElement.children)
            .filter(other => other.tagName === element.tagName);
        const place = alike.length > 1 ? ':nth-of-type(' + (alike.indexOf(element) + 1) + ')' : '';
        return way(element.parentElement) + ' > ' + tag + place;
    };
    const describe = field => ({
        selector: way(field),
        type: field.tagName === 'INPUT' ? field.type : field.tagName.toLowerCase(),
        name: field.name || '',
        label: (field.labels && field.labels[0] ? field.labels[0].innerText.trim() : '')
            || field.getAttribute('aria-label') || '',
        placeholder: field.placeholder || '',
        required: field.required || false,
        value: field.type === 'password' ? '' : field.value || '',
        options: Array.from(field.options || [], o => ({value: o.value, text: o.label})),
        id: field.id,
        autocomplete: field.getAttribute('autocomplete') || '',
    });
    const fields = place => Array.from(place.querySelectorAll('input, select, textarea'))
        .filter(field => !['submit', 'button', 'image', 'reset'].includes(field.type))
        .map(describe);
    const forms = Array.from(container.querySelectorAll('form'));
    if (container.tagName === 'FORM') forms.unshift(container);
    return [forms.map(form => {
        const submit = form.querySelector('[type=submit], button:not([type]), input[type=image]');
        return {
            selector: way(form), action: form.action, method: form.method,
            name: form.getAttribute('name') || '', id: form.id,
            submit_selector: submit ? way(submit) : '', fields: fields(form),
        };
    }), fields(container)];
}"""


@node(
    "FormFieldNode",
    category="browser",
    inputs=(PAGE_PORT, _FIELDS_IN),
    outputs=(PAGE_PORT, Port("fields_out", DataType.LIST), Port("field", DataType.OBJECT)),
    properties=(
        PAGE_HELD,
        Property("selector", DataType.SELECTOR, "", required=True),
        Property("value", DataType.STRING, "", required=True),
        Property(
            "field_type",
            DataType.CHOICE,
            "text",
            choices=("text", "select", "checkbox", "radio"),
        ),
        Property("clear_first", DataType.BOOLEAN, True),
    ),
)
def form_field(
    *,
    page: Any,
    fields_in: Any,
    selector: str,
    value: str,
    field_type: str,
    clear_first: bool,
) -> Outputs:
    """One more field for a Form Filler; without a selector it is left out."""
    before = fields_in if isinstance(fields_in, list) else [fields_in] if fields_in else []
    if not selector.strip():
        return {"page": page, "fields_out": list(before), "field": None}
    field = {
        "selector": selector.strip(),
        "value": value,
        "type": field_type,
        "clear_first": clear_first,
    }
    return {"page": page, "fields_out": [*before, field], "field": field}


@node(
    "FormFillerNode",
    category="browser",
    effect=Effect.ONCE,
    uses=USES,
    inputs=(PAGE_PORT, Port("field_mapping", DataType.OBJECT), _FIELDS_IN),
    outputs=(
        PAGE_PORT,
        Port("fields_filled", DataType.INTEGER),
        Port("form_data", DataType.OBJECT),
    ),
    properties=(
        PAGE_HELD,
        Property("form_selector", DataType.STRING, "form"),
        Property("field_mapping", DataType.JSON),
        Property("fast_mode", DataType.BOOLEAN, False),
        Property("auto_submit", DataType.BOOLEAN, False),
        Property("clear_first", DataType.BOOLEAN, True),
        Property("wait_between_fields", DataType.INTEGER, 0, low=0, high=5000),
        Property("timeout", DataType.INTEGER, 5000, low=100, high=60000),
    ),
)
async def form_filler(
    ctx: NodeContext,
    *,
    page: Any,
    field_mapping: Any,
    fields_in: Any,
    form_selector: str,
    fast_mode: bool,
    auto_submit: bool,
    clear_first: bool,
    wait_between_fields: int,
    timeout: int,
) -> Outputs:
    """Fill fields: those that Form Field nodes list, else a mapping of selector to value.

    ``fast_mode`` sets values at once instead of as a person does; ``auto_submit``
    clicks the form's button then. ``timeout`` is for each field.
    """
    fields = _fields(fields_in, field_mapping, clear_first=clear_first)
    filled: dict[str, Any] = {}

    async def fill(tab: Tab) -> None:
        for number, field in enumerate(fields):
            if number and wait_between_fields:
                await asyncio.sleep(wait_between_fields / 1000)
            found = await element(tab, field["selector"])
            await _fill(found, field, fast=fast_mode, timeout=timeout)
            filled[field["selector"]] = field["value"]
        if auto_submit:
            form = located(tab, form_selector or "form").first
            await form.locator(_SUBMIT).first.click(timeout=timeout)

    try:
        await on_page(ctx, page, fill, acts=True)
    except NodeFailure as failure:
        failure.outputs = {"fields_filled": len(filled), "form_data": filled}
        raise
    return {"page": page, "fields_filled": len(filled), "form_data": filled}


@node(
    "DetectFormsNode",
    category="browser",
    effect=Effect.READS,
    uses=USES,
    inputs=(PAGE_PORT,),
    outputs=(
        PAGE_PORT,
        Port("forms", DataType.LIST),
        Port("form_count", DataType.INTEGER),
        Port("field_count", DataType.INTEGER),
        Port("fields", DataType.LIST),
    ),
    properties=(
        PAGE_HELD,
        Property("container", DataType.STRING, "body"),
        Property("include_hidden", DataType.BOOLEAN, False),
        Property("output_variable", DataType.STRING, ""),
    ),
)
async def detect_forms(
    ctx: NodeContext, *, page: Any, container: str, include_hidden: bool, output_variable: str
) -> Outputs:
    """The forms in a part of a page with their fields, and all fields in it.

    ``field_count`` counts those of the forms. What stands in password fields is left out.
    """

    async def detect(tab: Tab) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        found = await element(tab, container or "body")
        both: list[list[dict[str, Any]]] = await found.evaluate(_DETECT)
        return both[0], both[1]

    forms, fields = await on_page(ctx, page, detect) or ([], [])
    if not include_hidden:
        fields = _shown(fields)
        forms = [{**form, "fields": _shown(form["fields"])} for form in forms]
    outputs = {
        "forms": forms,
        "form_count": len(forms),
        "field_count": sum(len(form["fields"]) for form in forms),
        "fields": fields,
    }
    if output_variable.strip():
        ctx.set_variable(output_variable.strip(), outputs)
    return {"page": page, **outputs}


def _shown(fields: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [field for field in fields if field["type"] != "hidden"]


def _fields(fields_in: Any, mapping: Any, *, clear_first: bool) -> list[dict[str, Any]]:
    """What to fill, in order; fields without a selector are left out.

    Raises:
        NodeFailure: Nothing says what to fill.
    """
    if isinstance(mapping, str) and mapping.strip():
        try:
            mapping = json.loads(mapping)
        except ValueError as error:
            raise NodeFailure(f"field_mapping is no JSON: {error}", retryable=False) from error
    if fields_in:
        given = fields_in if isinstance(fields_in, list) else [fields_in]
    elif isinstance(mapping, Mapping):
        given = [{"selector": selector, "value": value} for selector, value in mapping.items()]
    else:
        given = mapping if isinstance(mapping, list) else []
    fields = [
        {"clear_first": clear_first, "type": "text", "value": "", **field}
        for field in given
        if isinstance(field, Mapping) and str(field.get("selector") or "").strip()
    ]
    if not given:
        raise NodeFailure(
            "nothing says what to fill: field_mapping is empty and no Form Field is wired",
            retryable=False,
        )
    return fields


async def _fill(found: "Locator", field: Mapping[str, Any], *, fast: bool, timeout: float) -> None:
    """Fill one field, as what it is."""
    kind = field["type"]
    if kind == "text":
        kind = await found.evaluate(_KIND, timeout=timeout)
    value: Any = _text(field["value"])
    if kind in ("checkbox", "radio"):
        try:
            value = convert(field["value"], DataType.BOOLEAN)
        except ValueError as error:
            raise NodeFailure(f"{field['selector']}: {error}", retryable=False) from error
    clear = convert(field["clear_first"], DataType.BOOLEAN)
    if fast:
        wanted = {"kind": kind, "value": value, "clear": clear}
        await found.evaluate(_SET, wanted, timeout=timeout)
    elif kind == "select":
        await found.select_option(value, timeout=timeout)
    elif kind in ("checkbox", "radio"):
        await found.set_checked(value, timeout=timeout)
    elif clear:
        await found.fill(value, timeout=timeout)
    else:
        await found.press("Control+End", timeout=timeout)
        await found.press_sequentially(value, timeout=timeout)


def _text(value: Any) -> str:
    """A value as a person types it; spreadsheets give whole numbers as 5.0."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
