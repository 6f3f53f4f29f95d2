"""Where a Supabase project is, and what a robot shows there. Pure."""

from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from casare_robot.domain.errors import StoreError
from casare_robot.domain.web_token import opens_everything

SCHEME = "supabase"
HERE = ("127.0.0.1", "localhost", "::1")
"""Hosts to which nothing needs to be encrypted."""


class Project(NamedTuple):
    """A project as a robot knows it.

    Attributes:
        url: ``https://HOST``, or ``http://`` on this machine; no slash at its end.
        key: The publishable (or anon) key.
        robot_key: What the robot made known at its enrolment; empty: not enrolled.
        space: What the store is of: ``group:NAME`` or ``robot:ID``; empty: not said.
        data: Folder where the robot's sign-in outlives the process; empty: nowhere.
    """

    url: str
    key: str
    robot_key: str = ""
    space: str = ""
    data: str = ""

    @property
    def socket_url(self) -> str:
        """Where Realtime is."""
        return f"ws{self.url.removeprefix('http')}/realtime/v1/websocket"

    @property
    def address(self) -> str:
        """As `read_project` takes it; holds secrets."""
        host = urlsplit(self.url).netloc
        keys = f"{quote(self.key, safe='')}:{quote(self.robot_key, safe='')}"
        kept = f"?{urlencode({'data': self.data})}" if self.data else ""
        return f"{SCHEME}://{keys}@{host}/{quote(self.space, safe=':')}{kept}"


def read_project(address: str) -> Project:
    """The project of an address: ``supabase://KEY:ROBOT_KEY@HOST/SPACE?data=FOLDER``.

    ``https://HOST`` is taken too; keys, space and folder may be missing.

    Raises:
        StoreError: It is none, or its key is one for servers only.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise StoreError(f"this is no address of a Supabase project: {error}") from error
    is_here = host in HERE
    if not host or parts.scheme not in (SCHEME, "https", "http"):
        raise StoreError("a Supabase project's address is https://PROJECT.supabase.co")
    if parts.scheme == "http" and not is_here:
        raise StoreError(f"{host} is on the network: only https:// keeps what is sent there secret")
    name = f"[{host}]" if ":" in host else host
    where = name if port is None else f"{name}:{port}"
    key = unquote(parts.username or "")
    check_key(key)
    return Project(
        url=f"{'http' if is_here else 'https'}://{where}",
        key=key,
        robot_key=unquote(parts.password or ""),
        space=unquote(parts.path.strip("/")),
        data=parse_qs(parts.query).get("data", [""])[0],
    )


def check_key(key: str) -> None:
    """Refuse a key that is not for workstations.

    Raises:
        StoreError: It opens everything.
    """
    if opens_everything(key):
        raise StoreError(
            "this is a secret (service-role) key: it passes every rule of the project, and "
            "whoever sits at this workstation could read it. Revoke it in the project's "
            "settings and use the publishable (anon) key"
        )
