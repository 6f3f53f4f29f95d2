"""What workflows may touch, as plain data. Pure."""

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Allow-lists of a robot for one origin of jobs.

    Two profiles exist: ``local`` (a person at the desk) permits scripts and
    private addresses; ``remote`` (jobs from the network) permits neither until
    an administrator does. ``None`` in a list means "no limit".

    Source: architecture, section 6; reliability, 3.3.
    """

    profile: str = "local"
    allowed_node_types: tuple[str, ...] | None = None
    denied_node_types: tuple[str, ...] = ()
    allow_scripts: bool = True
    """Commands, shell and script nodes."""
    readable_folders: tuple[str, ...] | None = None
    writable_folders: tuple[str, ...] | None = None
    """``None``: the user's home, the working directory and the temporary folder."""
    allowed_hosts: tuple[str, ...] | None = None
    """Host names, ``*.example.com`` for subdomains."""
    allow_private_addresses: bool = True
    """Loopback and private networks."""
    max_download_bytes: int = 1 << 30
    max_unpacked_bytes: int = 1 << 30
    max_unpacked_files: int = 10_000
