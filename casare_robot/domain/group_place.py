"""Where among a group's robots a new one belongs. Pure."""

from typing import Literal

import msgspec


class GroupPlace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an enrolment may say of a robot's group; empty: nothing, as the settings say."""

    group: str = ""
    group_role: Literal["", "active", "passive"] = ""

    @property
    def settings(self) -> dict[str, str]:
        """The settings that follow from it."""
        said = {"group": self.group, "group_role": self.group_role}
        return {name: value for name, value in said.items() if value}
