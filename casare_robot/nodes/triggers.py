"""Triggers of this machine: they start workflows, and hand on what they were started with.

The agent hosts them (see ``casare_robot.triggers``); in a run a trigger is only the
start: its outputs are the job's variables of the same names.
"""

from collections.abc import Mapping
from types import MappingProxyType

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_context import NodeContext
from casare_robot.domain.node_type import DataType, NodeType, Outputs, Port, Property

_EMPTY = {
    DataType.STRING: "",
    DataType.INTEGER: 0,
    DataType.BOOLEAN: False,
}
_COMMON = (
    Property("name", DataType.STRING, ""),
    Property("description", DataType.STRING, ""),
    Property("enabled", DataType.BOOLEAN, True),
    Property("priority", DataType.INTEGER, 1),
    Property("cooldown_seconds", DataType.INTEGER, 0, low=0),
)
"""What each trigger may be told besides its own settings."""


def trigger(
    name: str,
    *,
    outputs: tuple[Port, ...],
    properties: tuple[Property, ...],
    synonyms: Mapping[str, str] = MappingProxyType({}),
) -> NodeType:
    """Declare a trigger; without an event its outputs are empty values of their types."""

    def run(ctx: NodeContext) -> Outputs:
        return {port.name: ctx.get_variable(port.name, _empty(port.type)) for port in outputs}

    return NodeType(
        name,
        category="triggers",
        run=run,
        effect=Effect.PURE,
        outputs=outputs,
        properties=(*properties, *_COMMON),
        synonyms=synonyms,
        keeps_secrets=True,
    )


def _empty(type_: DataType) -> object:
    if type_ is DataType.DICT:
        return {}
    if type_ is DataType.LIST:
        return []
    return _EMPTY.get(type_)


NODE_TYPES = (
    trigger(
        "ScheduleTriggerNode",
        outputs=(
            Port("trigger_time", DataType.STRING),
            Port("run_number", DataType.INTEGER),
            Port("scheduled_time", DataType.STRING),
        ),
        properties=(
            Property(
                "frequency",
                DataType.CHOICE,
                "daily",
                choices=("once", "interval", "hourly", "daily", "weekly", "monthly", "cron"),
            ),
            Property("time_hour", DataType.INTEGER, 9),
            Property("time_minute", DataType.INTEGER, 0),
            Property("interval_seconds", DataType.INTEGER, 60),
            Property(
                "day_of_week",
                DataType.CHOICE,
                "mon",
                choices=("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
            ),
            Property("day_of_month", DataType.INTEGER, 1),
            Property("cron_expression", DataType.STRING, "0 9 * * *"),
            Property("timezone", DataType.STRING, "UTC"),
            Property("max_runs", DataType.INTEGER, 0),
            Property("start_time", DataType.STRING, ""),
        ),
    ),
    trigger(
        "FileWatchTriggerNode",
        outputs=(
            Port("file_path", DataType.STRING),
            Port("file_name", DataType.STRING),
            Port("event_type", DataType.STRING),
            Port("directory", DataType.STRING),
            Port("old_path", DataType.STRING),
        ),
        properties=(
            Property("watch_path", DataType.DIRECTORY_PATH),
            Property("patterns", DataType.STRING, "*"),
            Property("events", DataType.STRING, "created,modified"),
            Property("recursive", DataType.BOOLEAN, True),
            Property("ignore_patterns", DataType.STRING, "*.tmp,~*"),
            Property("debounce_ms", DataType.INTEGER, 500),
            Property("include_hidden", DataType.BOOLEAN, False),
        ),
    ),
    trigger(
        "WebhookTriggerNode",
        outputs=(
            Port("payload", DataType.DICT),
            Port("headers", DataType.DICT),
            Port("query_params", DataType.DICT),
            Port("method", DataType.STRING),
            Port("path", DataType.STRING),
            Port("client_ip", DataType.STRING),
        ),
        properties=(
            Property("endpoint", DataType.STRING, ""),
            Property("methods", DataType.STRING, "POST"),
            Property(
                "auth_type", DataType.CHOICE, "none", choices=("none", "basic", "header", "jwt")
            ),
            Property("auth_header_name", DataType.STRING, "X-API-Key"),
            Property("auth_header_value", DataType.STRING, ""),
            Property("basic_username", DataType.STRING, ""),
            Property("basic_password", DataType.STRING, ""),
            Property("jwt_secret", DataType.STRING, ""),
            Property("cors_enabled", DataType.BOOLEAN, False),
            Property("cors_origins", DataType.STRING, "*"),
            Property("ip_whitelist", DataType.STRING, ""),
            Property("ip_blacklist", DataType.STRING, ""),
            Property(
                "response_mode",
                DataType.CHOICE,
                "immediate",
                choices=("immediate", "wait_for_workflow", "custom"),
            ),
            Property("response_code", DataType.INTEGER, 200),
            Property("response_body", DataType.STRING, '{"status": "received"}'),
            Property("binary_data_enabled", DataType.BOOLEAN, False),
            Property("max_payload_size", DataType.INTEGER, 16777216),
        ),
    ),
    trigger(
        "FormTriggerNode",
        outputs=(
            Port("form_data", DataType.DICT),
            Port("submitted_at", DataType.STRING),
            Port("user_id", DataType.STRING),
            Port("ip_address", DataType.STRING),
        ),
        properties=(
            Property("form_title", DataType.STRING, "Submit Data"),
            Property("form_description", DataType.STRING, ""),
            Property(
                "form_fields",
                DataType.JSON,
                '[{"name": "data", "type": "text", "label": "Data", "required": true}]',
            ),
            Property("submit_button_text", DataType.STRING, "Submit"),
            Property("success_message", DataType.STRING, "Form submitted successfully"),
            Property("require_auth", DataType.BOOLEAN, False),
        ),
    ),
    trigger(
        "ChatTriggerNode",
        outputs=(
            Port("message", DataType.STRING),
            Port("user_id", DataType.STRING),
            Port("user_name", DataType.STRING),
            Port("channel_id", DataType.STRING),
            Port("platform", DataType.STRING),
            Port("timestamp", DataType.STRING),
            Port("reply_to", DataType.STRING),
        ),
        properties=(
            Property("welcome_message", DataType.STRING, "Hello! How can I help you?"),
            Property("input_placeholder", DataType.STRING, "Type your message..."),
            Property(
                "platform",
                DataType.CHOICE,
                "web",
                choices=("web", "slack", "teams", "discord", "telegram"),
            ),
            Property("channel_id", DataType.STRING, ""),
            Property("bot_token", DataType.STRING, ""),
            Property("message_pattern", DataType.STRING, ""),
            Property("allow_dm", DataType.BOOLEAN, True),
            Property("allow_mentions", DataType.BOOLEAN, True),
        ),
    ),
    trigger(
        "ErrorTriggerNode",
        outputs=(
            Port("error", DataType.DICT),
            Port("error_type", DataType.STRING),
            Port("error_message", DataType.STRING),
            Port("workflow_id", DataType.STRING),
            Port("node_id", DataType.STRING),
            Port("stack_trace", DataType.STRING),
            Port("timestamp", DataType.STRING),
        ),
        properties=(
            Property("error_types", DataType.STRING, "*"),
            Property("workflow_filter", DataType.STRING, ""),
            Property(
                "severity", DataType.CHOICE, "all", choices=("all", "critical", "error", "warning")
            ),
            Property("error_pattern", DataType.STRING, ""),
            Property("include_warnings", DataType.BOOLEAN, False),
        ),
    ),
    trigger(
        "AppEventTriggerNode",
        outputs=(
            Port("event_data", DataType.DICT),
            Port("event_type", DataType.STRING),
            Port("window_title", DataType.STRING),
            Port("process_name", DataType.STRING),
            Port("url", DataType.STRING),
            Port("timestamp", DataType.STRING),
        ),
        properties=(
            Property(
                "event_source", DataType.CHOICE, "windows", choices=("windows", "browser", "rpa")
            ),
            Property(
                "window_event",
                DataType.CHOICE,
                "focus",
                choices=("focus", "open", "close", "minimize", "maximize"),
            ),
            Property("window_title_pattern", DataType.STRING, ""),
            Property("process_name", DataType.STRING, ""),
            Property(
                "browser_event",
                DataType.CHOICE,
                "tab_open",
                choices=("tab_open", "tab_close", "url_change", "page_load"),
            ),
            Property("url_pattern", DataType.STRING, ""),
            Property(
                "rpa_event",
                DataType.CHOICE,
                "workflow_complete",
                choices=("workflow_complete", "workflow_error", "node_error", "custom"),
            ),
            Property("custom_event_name", DataType.STRING, ""),
        ),
    ),
    trigger(
        "WorkflowCallTriggerNode",
        outputs=(
            Port("params", DataType.DICT),
            Port("caller_workflow_id", DataType.STRING),
            Port("caller_node_id", DataType.STRING),
            Port("call_id", DataType.STRING),
        ),
        properties=(
            Property("call_alias", DataType.STRING),
            Property("input_schema", DataType.JSON, "{}"),
            Property("output_schema", DataType.JSON, "{}"),
            Property("wait_for_completion", DataType.BOOLEAN, True),
            Property("timeout_seconds", DataType.INTEGER, 300),
        ),
    ),
)
