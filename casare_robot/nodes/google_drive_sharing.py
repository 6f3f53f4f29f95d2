"""Google Drive: who may see a file. Source: Google's Drive API, version 3."""

from typing import TYPE_CHECKING, Any

from casare_robot.domain.effect import Effect
from casare_robot.domain.errors import NodeFailure
from casare_robot.domain.node_type import DataType, Outputs
from casare_robot.nodes.google_account import DRIVE, Field, google_node, needed
from casare_robot.nodes.google_drive import FILE, FILE_ID, about_file

if TYPE_CHECKING:
    from casare_robot.nodes.account_api import AccountApi

_PERMISSIONS = FILE + "/permissions"
_ABOUT = "id,type,role,emailAddress,domain,displayName,allowFileDiscovery"
_STRING, _CHOICE, _BOOLEAN = DataType.STRING, DataType.CHOICE, DataType.BOOLEAN
_ROLES = ("reader", "writer", "commenter")


@google_node(
    DRIVE,
    "DriveShareFileNode",
    FILE_ID,
    Field("email", default=""),
    Field("role", default="reader", written=_CHOICE, choices=(*_ROLES, "owner")),
    Field(
        "permission_type",
        default="user",
        written=_CHOICE,
        choices=("user", "group", "domain", "anyone"),
    ),
    Field("domain", default=""),
    Field("send_notification", _BOOLEAN, True, wire=False),
    Field("email_message", DataType.TEXT, "", wire=False),
    Field("transfer_ownership", _BOOLEAN, False, wire=False),
    gives={"permission_id": _STRING, "permission": DataType.DICT},
    effect=Effect.ONCE,
)
async def share_file(
    api: "AccountApi",
    *,
    file_id: str,
    email: str,
    role: str,
    permission_type: str,
    domain: str,
    send_notification: bool,
    email_message: str,
    transfer_ownership: bool,
) -> Outputs:
    """Let a person, a group, a domain or anybody see a file, and tell them by mail if wanted."""
    wanted: dict[str, Any] = {"type": permission_type, "role": role}
    query: dict[str, Any] = {"fields": _ABOUT, "supportsAllDrives": True}
    if permission_type in ("user", "group"):
        if not email:
            raise NodeFailure(f"a {permission_type} is known by an email address", retryable=False)
        wanted["emailAddress"] = email
        query["sendNotificationEmail"] = send_notification
        query["emailMessage"] = email_message if send_notification else ""
    elif permission_type == "domain":
        if not domain:
            raise NodeFailure("sharing with a domain needs its name", retryable=False)
        wanted["domain"] = domain
    if role == "owner":
        if not transfer_ownership:
            raise NodeFailure(
                "making somebody the owner gives the file away: set transfer_ownership",
                retryable=False,
            )
        query["transferOwnership"] = True
    given = await api.post(_PERMISSIONS, file_id, body=wanted, query=query)
    return {"permission_id": given.get("id", ""), "permission": given}


@google_node(
    DRIVE,
    "DriveCreateShareLinkNode",
    FILE_ID,
    Field(
        "access_type",
        default="anyone",
        written=_CHOICE,
        choices=("anyone", "anyoneWithLink"),
        wire=False,
    ),
    Field("link_role", default="reader", written=_CHOICE, choices=_ROLES, wire=False),
    Field("allow_file_discovery", _BOOLEAN, False, wire=False),
    gives={"share_link": _STRING, "permission_id": _STRING},
    effect=Effect.IDEMPOTENT,
)
async def create_share_link(
    api: "AccountApi",
    *,
    file_id: str,
    access_type: str,
    link_role: str,
    allow_file_discovery: bool,
) -> Outputs:
    """Let anybody see a file who has its link, or who finds it.

    Drive has one permission for anybody: a second time gives the same one again. With
    ``anyoneWithLink`` the file is not found by searching, whatever else is set.
    """
    is_found = allow_file_discovery and access_type == "anyone"
    given = await api.post(
        _PERMISSIONS,
        file_id,
        body={"type": "anyone", "role": link_role, "allowFileDiscovery": is_found},
        query={"fields": _ABOUT, "supportsAllDrives": True},
    )
    link = (await about_file(api, file_id, "webViewLink")).get("webViewLink", "")
    return {"share_link": link, "permission_id": given.get("id", "")}


@google_node(
    DRIVE, "DriveRemovePermissionNode", FILE_ID, needed("permission_id"), effect=Effect.ONCE
)
@google_node(DRIVE, "DriveRemoveShareNode", FILE_ID, needed("permission_id"), effect=Effect.ONCE)
async def remove_permission(api: "AccountApi", *, file_id: str, permission_id: str) -> Outputs:
    """Take a permission back. Once: a second time it is not there."""
    query = {"supportsAllDrives": True}
    await api.send("DELETE", _PERMISSIONS + "/{}", file_id, permission_id, query=query)
    return {}


@google_node(
    DRIVE,
    "DriveGetPermissionsNode",
    FILE_ID,
    Field("include_permissions_for_view", _BOOLEAN, False, wire=False),
    gives={"permissions": DataType.LIST, "count": DataType.INTEGER},
)
async def get_permissions(
    api: "AccountApi", *, file_id: str, include_permissions_for_view: bool
) -> Outputs:
    """Who may see a file; also who sees its published form, if that is wanted."""
    permissions: list[Any] = []
    token = ""
    while True:
        page = await api.get(
            _PERMISSIONS,
            file_id,
            query={
                "fields": f"nextPageToken,permissions({_ABOUT})",
                "supportsAllDrives": True,
                "includePermissionsForView": "published" if include_permissions_for_view else "",
                "pageToken": token,
            },
        )
        permissions += page.get("permissions") or []
        token = str(page.get("nextPageToken") or "")
        if not token:
            return {"permissions": permissions, "count": len(permissions)}
