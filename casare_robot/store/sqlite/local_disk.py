"""Tells a local disk from a network share, where locks and shared memory do not work."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Protocol

NETWORK_TYPES = frozenset(
    [
        *("nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afpfs", "ncpfs", "9p"),
        *("webdav", "davfs", "afs", "ceph", "glusterfs", "lustre", "gpfs", "beegfs"),
        *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.davfs2"),
    ]
)


class Mount(Protocol):
    """What is looked at of a mounted file system; psutil's ``sdiskpart``."""

    @property
    def mountpoint(self) -> str:
        """Where it is."""
        ...

    @property
    def fstype(self) -> str:
        """What kind it is."""
        ...

    @property
    def opts(self) -> str:
        """How it was mounted; on Windows ``remote`` among others."""
        ...


def network_type(path: PurePath, mounts: Iterable[Mount]) -> str | None:
    """The kind of network file system a path is on; None if it is local, or nobody knows.

    Args:
        path: Absolute, links followed.
        mounts: Everything that is mounted.
    """
    if path.drive.startswith("\\\\"):
        return "a share"
    around = [mount for mount in mounts if path.is_relative_to(mount.mountpoint)]
    if not around:
        return None
    nearest = max(around, key=lambda mount: len(PurePath(mount.mountpoint).parts))
    if nearest.fstype.lower() in NETWORK_TYPES or "remote" in nearest.opts.split(","):
        return nearest.fstype or "a share"
    return None
