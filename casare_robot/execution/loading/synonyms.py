"""Other names that files use for what the catalogue names once. Pure data.

Names that belong to one node type are declared with it (`NodeType.synonyms`);
here is what holds for all, and for the nodes that the engine runs itself.

Source: workflow format, section 2.
"""

from collections.abc import Mapping

TYPE_NAMES: Mapping[str, str] = {
    "HTTPSuperNode": "HttpSuperNode",
    "HTTPRequestNode": "HttpRequestNode",
    "EvaluateExpressionNode": "EvalExpressionNode",
    "TelegramSendNode": "TelegramSendMessageNode",
}
"""Type names that no designer writes, but people and assistants do."""

VISUAL_PREFIX = "Visual"
"""The designer's class names; some of its files have them instead of the node's."""

EXEC_PORTS: Mapping[str, str] = {"out": "exec_out", "in": "exec_in"}
"""Exec ports of project templates and reroutes."""

KEYS: Mapping[str, Mapping[str, str]] = {
    "WhileLoopStartNode": {"loop_condition": "expression"},
    "SwitchNode": {"switch_value": "value", "switch_expression": "expression"},
    "ForLoopStartNode": {
        "list": "items",
        "list_variable": "list_var",
        "item": "current_item",
        "index": "current_index",
        "loop": "body",
    },
    "ParallelForEachNode": {"list": "items", "item": "current_item"},
    "SetVariableNode": {"name": "variable_name", "var_name": "variable_name"},
    "GetVariableNode": {"name": "variable_name", "var_name": "variable_name"},
    "IncrementVariableNode": {"name": "variable_name", "var_name": "variable_name"},
    "RetryNode": {"max_retries": "max_attempts"},
    "TextSplitNode": {"parts": "result"},
    "LaunchBrowserNode": {"browser": "browser_type"},
    "SendEmailNode": {"to": "to_email"},
    "SaveAttachmentNode": {"path": "save_path"},
    "MoveEmailNode": {"folder": "target_folder"},
    "RandomUUIDNode": {"uuid": "result"},
    "ScreenshotNode": {"path": "file_path"},
    "ListFilesNode": {"directory": "directory_path", "folder": "directory_path"},
    "FolderPickerDialogNode": {
        "initial_path": "start_directory",
        "selected_path": "folder_path",
    },
    "GmailGetAttachmentNode": {"saved_path": "save_path"},
    "ExcelReadCellNode": {"sheet_name": "sheet"},
    "ExcelWriteCellNode": {"sheet_name": "sheet"},
    "ExcelGetRangeNode": {"sheet_name": "sheet"},
}
"""Config keys and ports by node type, for those whose own declaration lacks them."""

ANY_NODE: Mapping[str, str] = {"items": "list", "list": "items", "input": "text"}
"""Config keys and ports of all nodes that declare the second and not the first."""

EXPRESSION_NODES = frozenset({"IfNode", "WhileLoopStartNode"})
"""Types whose ``condition``, written as text into the config, is an expression."""

CANVAS_KEYS = frozenset(
    {
        *("status", "node_id", "position", "display_name", "label", "name", "category"),
        *("data_type", "is_exec_reroute"),
        *("color", "description", "comment", "notes", "tags", "selected", "visible"),
    }
)
"""Entries of a config that only the designer reads, where the node declares no such key."""

OWN_KEYS = frozenset({"_on_unknown"})
"""Entries of ours that every node may have."""
