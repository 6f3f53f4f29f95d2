"""What counts as a network drive."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import NamedTuple

import pytest

from casare_robot.store.sqlite.local_disk import network_type


class Mount(NamedTuple):
    mountpoint: str
    fstype: str
    opts: str = "rw"


MOUNTS = [
    Mount("/", "ext4"),
    Mount("/mnt/team", "nfs4"),
    Mount("/mnt/team/local", "xfs"),
    Mount("/mnt/host", "9p"),
    Mount("C:\\", "NTFS", "rw,fixed"),
    Mount("Z:\\", "", "rw,remote"),
]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (PurePosixPath("/home/a/shared.db"), None),
        (PurePosixPath("/mnt/team/shared.db"), "nfs4"),
        (PurePosixPath("/mnt/teams/shared.db"), None),
        (PurePosixPath("/mnt/team/local/shared.db"), None),
        (PurePosixPath("/mnt/host/a/b/shared.db"), "9p"),
        (PureWindowsPath("C:\\data\\shared.db"), None),
        (PureWindowsPath("Z:\\data\\shared.db"), "a share"),
        (PureWindowsPath("\\\\server\\share\\shared.db"), "a share"),
        (PureWindowsPath("Q:\\unknown"), None),
    ],
)
def test_only_a_path_on_a_network_drive_has_a_network_type(path, expected):
    assert network_type(path, MOUNTS) == expected
