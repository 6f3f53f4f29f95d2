"""Who may come in: keys of which only a digest is kept, and codes that are exchanged for one."""

import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Literal, TypeAlias

import msgspec

from casare_robot.domain.errors import ConflictError, RobotError
from casare_robot.domain.group_place import GroupPlace
from casare_robot.store.store import Store

Kind: TypeAlias = Literal["admin", "robot"]

KEY, CODE = "key", "enrollment_code"
CODE_LIFE = 3600.0
"""Seconds in which an enrolment code has to be used (reliability, 3.3)."""
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class CodeRefusedError(RobotError):
    """An enrolment code is unknown, was used, or is too old."""

    code = "E-AUTH-410"


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a key belongs to; a robot's key with an id is for that robot alone."""

    kind: Kind
    robot_id: str | None = None
    name: str = ""


class Keys:
    """Makes, checks and revokes keys."""

    def __init__(self, store: Store, *, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock

    async def make(self, kind: Kind, *, robot_id: str | None = None, name: str = "") -> str:
        """A new key; it is shown now and never again."""
        key = f"casare_{kind}_{secrets.token_urlsafe(32)}"
        await self.admit(key, kind, robot_id=robot_id, name=name)
        return key

    async def admit(
        self, key: str, kind: Kind, *, robot_id: str | None = None, name: str = ""
    ) -> None:
        """Let a key in that was chosen by somebody else."""
        holder = Holder(kind=kind, robot_id=robot_id, name=name)
        row = {**msgspec.to_builtins(holder), "made": self._clock()}
        await self._store.put(KEY, _digest(key), row)

    async def holder(self, key: str) -> Holder | None:
        """Whom a key belongs to; None if to nobody."""
        row = await self._store.get(KEY, _digest(key))
        return None if row is None else msgspec.convert(row.record, Holder)

    async def revoke(self, robot_id: str) -> int:
        """Let a robot's keys in no more; how many there were."""
        rows = await self._store.find(KEY, {"robot_id": robot_id})
        return sum([await self._store.drop(KEY, row.key) for row in rows])

    async def make_code(
        self, *, robot_id: str | None = None, place: GroupPlace | None = None
    ) -> tuple[str, float]:
        """A code that one robot may exchange for a key of its own; and when it ends.

        Args:
            robot_id: Who the robot is; else it gets a new id.
            place: Where in which group it belongs.
        """
        drawn = "".join(secrets.choice(_CODE_LETTERS) for _ in range(12))
        code = "-".join((drawn[:4], drawn[4:8], drawn[8:]))
        row = {"robot_id": robot_id, "place": place.settings if place else {}}
        await self._store.put(CODE, _digest(code), row, ttl=CODE_LIFE)
        return code, self._clock() + CODE_LIFE

    async def exchange(self, code: str, *, robot_name: str) -> tuple[str, str, GroupPlace]:
        """A robot's id and key, and its place in a group, for a code, once.

        Raises:
            CodeRefusedError: The code is unknown, was used, or is too old.
        """
        place = _digest(code.strip().upper())
        row = await self._store.get(CODE, place)
        try:
            if row is None or not await self._store.drop(CODE, place, version=row.version):
                raise CodeRefusedError("this enrolment code is unknown, was used, or is too old")
        except ConflictError:
            raise CodeRefusedError("this enrolment code was used just now") from None
        robot_id = row.record["robot_id"] or f"robot-{secrets.token_hex(6)}"
        key = await self.make("robot", robot_id=robot_id, name=robot_name)
        return robot_id, key, msgspec.convert(row.record.get("place", {}), GroupPlace)


def _digest(key: str) -> str:
    return sha256(key.encode(errors="surrogatepass")).hexdigest()
