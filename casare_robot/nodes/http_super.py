"""All web requests in one node."""

from casare_robot.domain.effect import Effect
from casare_robot.domain.node_type import Action, DataType, Port, Property, node
from casare_robot.nodes.http import (
    DOWNLOADED,
    RESPONSE,
    download_effect,
    http_download,
    http_request,
    http_upload,
)
from casare_robot.nodes.http_messages import configure_auth
from casare_robot.nodes.web_modules import WEB_MODULES

_URL = Port("url", DataType.STRING, required=True)
_HEADERS = Port("headers", DataType.DICT)
_PARAMS = Port("params", DataType.DICT)
_BODY = Port("body")


def _request(method: str, effect: Effect, *inputs: Port) -> Action:
    return Action(
        http_request,
        inputs=(_URL, _HEADERS, *inputs),
        outputs=RESPONSE,
        effect=effect,
        fixed={"method": method},
    )


_ACTIONS = {
    "GET Request": _request("GET", Effect.READS, _PARAMS),
    "POST Request": _request("POST", Effect.ONCE, _BODY, _PARAMS),
    "PUT Request": _request("PUT", Effect.IDEMPOTENT, _BODY),
    "PATCH Request": _request("PATCH", Effect.ONCE, _BODY),
    "DELETE Request": _request("DELETE", Effect.ONCE),
    "Download File": Action(
        http_download,
        inputs=(_URL, Port("save_path", DataType.STRING, required=True), _HEADERS),
        outputs=(*DOWNLOADED, Port("status_code", DataType.INTEGER)),
        effect=download_effect,
    ),
    "Upload File": Action(
        http_upload,
        inputs=(_URL, Port("file_path", DataType.STRING, required=True), _HEADERS),
        outputs=RESPONSE,
        effect=Effect.ONCE,
    ),
    "Configure Auth": Action(
        configure_auth,
        inputs=(
            Port("token", DataType.STRING),
            Port("username", DataType.STRING),
            Port("password", DataType.STRING),
        ),
        outputs=(Port("auth_headers", DataType.DICT), Port("success", DataType.BOOLEAN)),
    ),
}


@node(
    "HttpSuperNode",
    category="http",
    effect=Effect.ONCE,
    uses=WEB_MODULES,
    inputs=(Port("url", DataType.STRING), _HEADERS, _PARAMS),
    outputs=RESPONSE,
    properties=(
        Property("action", DataType.CHOICE, "GET Request", choices=tuple(_ACTIONS)),
        Property("url", DataType.STRING, ""),
        Property("headers", DataType.JSON, {}),
        Property("params", DataType.JSON, {}),
        Property("body", DataType.TEXT, ""),
        Property("content_type", DataType.STRING, "application/json"),
        Property("timeout", DataType.FLOAT, 30.0, low=0.1),
        Property("retry_count", DataType.INTEGER, 0, low=0),
        Property("verify_ssl", DataType.BOOLEAN, True),
        Property("save_path", DataType.STRING, ""),
        Property("file_path", DataType.STRING, ""),
        Property("auth_type", DataType.CHOICE, "bearer", choices=("bearer", "basic", "api_key")),
        Property("create_dirs", DataType.BOOLEAN, True),
        Property("field_name", DataType.STRING, "file"),
        Property("token", DataType.STRING, ""),
        Property("overwrite", DataType.BOOLEAN, False),
        Property("extra_fields", DataType.JSON, {}),
        Property("username", DataType.STRING, ""),
        Property("password", DataType.STRING, ""),
        Property("header_name", DataType.STRING, "X-API-Key"),
    ),
    actions=_ACTIONS,
)
def http_super() -> None:
    """The chosen action's function runs in place of this one."""
