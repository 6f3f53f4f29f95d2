"""Conversations and states of groups that outlive the process."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from casare_robot.domain.errors import (
    ConflictError,
    LimitReachedError,
    NotFoundError,
    SessionStateError,
    StoreError,
)
from casare_robot.groups.autosave import Autosave
from casare_robot.groups.event_text import new_id
from casare_robot.groups.group_states import GroupStates
from casare_robot.groups.inbox import Sleep
from casare_robot.groups.records import RecoveryPlan, Session, Snapshot
from casare_robot.groups.session_figures import session_figures
from casare_robot.groups.session_rules import (
    CLEANUP_WAITS,
    INVALIDATED,
    STATES,
    SessionRules,
    check_id,
    check_move,
    life_of,
    packed,
    size_of,
    trimmed,
    unpacked,
)
from casare_robot.groups.snapshots import Snapshots, checked
from casare_robot.groups.words import invalid, one_of, options
from casare_robot.store.conditions import AtLeast, Below
from casare_robot.store.records import Limit, Put
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

TABLE = "session"
LIMIT = 100
RETRY_AFTER = 60.0
SNAPSHOT_EVERY = 300.0
RETRIES, BACK_OFF = 3, 0.1
TURN_RETRIES, TURN_BACK_OFF = 50, 0.005

Merge = Callable[[Session, Session], Session]
Cleaner = Callable[[Session], Awaitable[object]]


class Sessions:
    """Sessions, and the states of groups with their snapshots.

    Every change is a compare-and-set: who was late learns it and loses nothing.

    Args:
        store: Where they are.
        clock: Seconds, the store's.
        sleep: Waits between tries.
        limit: How many sessions may be open; asked for each new one.
        rules: How long they live, and how large they are.
        cleaner: Lets go of what a session holds outside; may fail.
        on_alert: Told what operators must know.
    """

    def __init__(
        self,
        store: Store,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
        limit: Callable[[], int] = lambda: LIMIT,
        rules: SessionRules | None = None,
        cleaner: Cleaner | None = None,
        on_alert: Callable[[str], None] = log.critical,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sleep = sleep
        self._limit = limit
        self._rules = rules or SessionRules()
        self._cleaner = cleaner
        self._alert = on_alert
        self._shots = Snapshots(store, clock)
        self._counts: Counter[str] = Counter()
        self._states = GroupStates(
            store,
            self._shots,
            clock=clock,
            sleep=sleep,
            counts=self._counts,
            life=self._rules.state_life,
        )
        self.saving = Autosave(self._put, clock=clock, counts=self._counts, alert=on_alert)

    async def create(self, **given: Any) -> Session:
        """Begin a session.

        Args:
            given: ``expiration`` in seconds (``expirationMs``), ``metadata``,
                ``robots`` (``agentIds``).

        Raises:
            LimitReachedError: There are as many as may be; try again in 60 s.
        """
        known = options(given)
        now = self._clock()
        most = self._limit()
        session = Session(
            id=new_id(),
            created_at=now,
            updated_at=now,
            expires_at=now + life_of(known.get("expiration"), self._rules.life),
            robots=tuple(known.get("robots", ())),
            metadata=dict(known.get("metadata", {})),
        )
        put = Put(table=TABLE, key=session.id, record=packed(session), version=0)
        limit = Limit(table=TABLE, most=most, where={"status": "active"})
        try:
            version, _ = await self._store.commit(put, limit)
        except LimitReachedError as error:
            self._counts["refused"] += 1
            error.add_note(f"retry after {RETRY_AFTER:g} s")
            raise
        return msgspec.structs.replace(session, version=version)

    async def save(
        self,
        target: Session | str,
        state: Mapping[str, Any] | None = None,
        *,
        merge: Merge | None = None,
        author: str = "",
    ) -> Any:
        """Keep a session, or the state of a group.

        Args:
            target: The session as it is now, or a group's id.
            state: The group's state; it lives 24 h.
            merge: Makes one session of the one in the store and this one, if
                somebody else was faster; up to three times.
            author: Who saves; kept with the version.

        Returns:
            The session with its new version, or the version of the state.

        Raises:
            ConflictError: Somebody else was faster; carries both versions.
            InvalidRecordError: The id is none.
        """
        if isinstance(target, str):
            return await self._states.save(target, state or {})
        if not isinstance(target, Session):
            raise invalid("session", "only a session can be saved")
        session = target
        for attempt in range(RETRIES + 1):
            try:
                saved = await self._put(session)
                break
            except ConflictError as error:
                self._counts["conflicts"] += 1
                fresh = await self.restore(session.id)
                if merge is None or fresh is None or attempt == RETRIES:
                    log.warning("session %s: %s", session.id, error)
                    raise
                session = msgspec.structs.replace(merge(fresh, session), version=fresh.version)
                await self._sleep(BACK_OFF)
        await self._shots.add(saved.id, packed(saved), kind="version", author=author)
        return saved

    async def restore(self, session_id: str) -> Session | None:
        """A session as it was saved; None if there is none."""
        row = await self._store.get(TABLE, check_id(session_id))
        return None if row is None else unpacked(row.record, row.version)

    async def restore_or_new(self, session_id: str, **given: Any) -> Session:
        """A session as it was saved, or a new one if it is unknown or cannot be read."""
        try:
            found = await self.restore(session_id)
        except (StoreError, ValueError) as error:
            log.warning("session %r cannot be restored, a new one begins: %s", session_id, error)
            found = None
        return await self.create(**given) if found is None else found

    async def load(self, owner: str) -> dict[str, Any] | None:
        """The state of a group; None if there is none."""
        return await self._states.load(owner)

    async def update(self, owner: str, patch: Mapping[str, Any]) -> dict[str, Any]:
        """Replace some fields of a group's state, whoever else does; the whole of it.

        Raises:
            NotFoundError: It has none.
        """
        return await self._states.update(owner, patch)

    async def delete(self, owner: str) -> bool:
        """Delete a session or a group's state, with its snapshots and their timer."""
        check_id(owner)
        self.stop_snapshots(owner)
        self.saving.drop(owner)
        had_session = await self._store.drop(TABLE, owner)
        had_state = await self._states.drop(owner)
        await self._shots.drop_all(owner)
        return had_session or had_state

    async def list(
        self,
        *,
        state: str | None = None,
        created_after: float | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> tuple[Session, ...]:
        """Sessions, the newest change first."""
        where: dict[str, Any] = {}
        if state is not None:
            where["status"] = one_of("state", state, STATES)
        if created_after is not None:
            where["created_at"] = AtLeast(created_after)
        rows = await self._store.find(
            TABLE, where, order=("-updated_at",), limit=limit, skip=offset
        )
        return tuple(unpacked(row.record, row.version) for row in rows)

    async def set_state(self, session_id: str, state: str) -> Session:
        """Pause, go on with, or close a session.

        Raises:
            SessionStateError: Nothing leads there from where it is.
        """
        wanted = one_of("state", state, STATES)

        def rule(session: Session) -> Session:
            check_move(session.state, wanted)
            return msgspec.structs.replace(session, state=wanted)

        return await self._change(session_id, rule)

    async def add_message(self, session_id: str, turn: Mapping[str, Any]) -> Session:
        """Append a turn and save; in order however many add at once.

        Raises:
            NotFoundError: There is no such session.
            SessionStateError: It is invalidated or closed.
        """

        def rule(session: Session) -> Session:
            if session.state == INVALIDATED:
                raise SessionStateError("Session invalidated")
            if session.state in ("closed", "expired"):
                raise SessionStateError(f"the session is {session.state}")
            if session.expires_at <= self._clock():
                raise SessionStateError("the session is expired")
            said = {"timestamp": self._clock(), **turn}
            return msgspec.structs.replace(session, history=(*session.history, said))

        return await self._change(session_id, rule)

    async def set_member_state(
        self, session_id: str, robot: str, state: Mapping[str, Any]
    ) -> Session:
        """Keep one robot's ``{config, context, messageHistory}``; the others stay."""

        def rule(session: Session) -> Session:
            states = {**session.robot_states, robot: dict(state)}
            robots = session.robots if robot in session.robots else (*session.robots, robot)
            return msgspec.structs.replace(session, robot_states=states, robots=robots)

        return await self._change(session_id, rule)

    async def invalidate(self, session_id: str) -> bool:
        """Take a session out of use at once and remove it; whether it is gone already.

        It is tried twice, ten seconds apart; what remains is left to `cleanup`.
        """

        def rule(session: Session) -> Session:
            return msgspec.structs.replace(session, state=INVALIDATED, cleanup_at=self._clock())

        session = await self._change(session_id, rule)
        if await self._clean(session):
            return True
        await self._sleep(10.0)
        session = await self.restore(session_id) or session
        return await self._clean(session)

    def keep(self, session: Session) -> None:
        """Have a session saved at the next `autosave`."""
        self.saving.add(session)

    async def autosave(self) -> int:
        """Save what is due; how many. What fails stays in memory and is tried again.

        After 1 s, 5 s, 30 s, then each minute; operators are told once, after five
        failures in a row.
        """
        return await self.saving.run()

    def trim(self, session: Session, *, most: int | None = None) -> Session:
        """The session, small enough to be kept: the oldest turns go first."""
        most = self._rules.largest if most is None else most
        before = size_of(session)
        if before <= most:
            return session
        smaller, size = trimmed(session, most=most, kept_turns=self._rules.kept_turns)
        log.warning("session %s had %d bytes and was trimmed to %d", session.id, before, size)
        return smaller

    async def cleanup(self, older_than: float = 0.0) -> int:
        """Delete sessions that expired so many seconds ago or more; how many.

        Others that are over become ``expired``; those that are invalidated are
        tried again when it is time.
        """
        now = self._clock()
        gone = 0
        over = await self._store.find(TABLE, {"expires_at": Below(now + 1e-9)})
        for row in over:
            if row.record["expires_at"] <= now - older_than:
                with suppress(ConflictError):  # it was given more time meanwhile
                    gone += await self._store.drop(TABLE, row.key, version=row.version)
                    await self._shots.drop_all(row.key)
            elif row.record["status"] in ("active", "paused"):
                with suppress(NotFoundError, SessionStateError):  # somebody was faster
                    await self.set_state(row.key, "expired")
        for row in await self._store.find(TABLE, {"status": INVALIDATED}):
            session = unpacked(row.record, row.version)
            if (session.cleanup_at or 0.0) <= now:
                gone += await self._clean(session)
        return gone

    async def stats(self) -> dict[str, Any]:
        """Figures under the documents' names."""
        return session_figures(
            await self._store.find(TABLE),
            self._counts,
            backend=type(self._store).__name__.removesuffix("Store").lower(),
            waiting=len(self.saving),
            timers=self._states.timers,
        )

    async def versions(self, session_id: str, restore: int | None = None) -> Any:
        """The last ten saved versions, oldest first; or one of them, put back as the newest."""
        shots = await self._shots.all(check_id(session_id), "version")
        if restore is None:
            return shots
        found = next((shot for shot in shots if shot.no == restore), None)
        current = await self.restore(session_id)
        if found is None or current is None:
            raise NotFoundError("version", f"{session_id} {restore}")
        old = unpacked(checked(found).record, current.version)
        return await self.save(old, author=f"rollback to {restore}")

    async def snapshot(self, owner: str, label: str = "") -> str:
        """Freeze a group's state; the snapshot's id. The last ten are kept."""
        return await self._states.snapshot(owner, label)

    async def snapshots(self, owner: str) -> tuple[Snapshot, ...]:
        """The snapshots of a group, oldest first."""
        return await self._shots.all(owner, "snapshot")

    def auto_snapshot(self, owner: str, *, every: float = SNAPSHOT_EVERY) -> None:
        """Take a snapshot labelled ``automatic`` every five minutes; fine to say twice."""
        self._states.begin_snapshots(owner, every)

    def stop_snapshots(self, owner: str | None = None) -> None:
        """Take no more of them."""
        self._states.end_snapshots(owner)

    async def restore_snapshot(self, owner: str, snapshot_id: str) -> dict[str, Any]:
        """Put a frozen state back, as a new version; it says from where and when."""
        return await self._states.restore_snapshot(owner, snapshot_id)

    async def checkpoint(self, owner: str, data: Mapping[str, Any] | None = None) -> Any:
        """Keep a point to go on from, its id; without data the latest, or None."""
        if data is None:
            shots = await self._shots.all(owner, "checkpoint")
            return shots[-1] if shots else None
        return await self._states.checkpoint(owner, data)

    def plan(self, state: Mapping[str, Any]) -> RecoveryPlan:
        """How to go on from a state."""
        return self._states.plan(state)

    async def recover(self, owner: str) -> dict[str, Any]:
        """Bring a group's state back: the current one, else the latest checkpoint, else snapshot.

        Returns:
            ``{success, swarmId, state, recoveryPlan, source}``, or
            ``{success: False, swarmId, error}``.
        """
        return await self._states.recover(owner)

    async def _put(self, session: Session) -> Session:
        check_id(session.id)
        session = msgspec.structs.replace(self.trim(session), updated_at=self._clock())
        version = await self._store.put(TABLE, session.id, packed(session), version=session.version)
        return msgspec.structs.replace(session, version=version)

    async def _change(self, session_id: str, rule: Callable[[Session], Session]) -> Session:
        check_id(session_id)
        for attempt in range(TURN_RETRIES):
            session = await self.restore(session_id)
            if session is None:
                raise NotFoundError(TABLE, session_id)
            try:
                return await self._put(rule(session))
            except ConflictError:
                if attempt == TURN_RETRIES - 1:
                    raise
                await self._sleep(TURN_BACK_OFF)
        raise NotFoundError(TABLE, session_id)

    async def _clean(self, session: Session) -> bool:
        try:
            if self._cleaner is not None:
                await self._cleaner(session)
            await self._store.drop(TABLE, session.id)
        except Exception as error:  # noqa: BLE001 - a foreign cleaner fails as it likes
            failures = session.cleanup_failures + 1
            wait = CLEANUP_WAITS[min(failures - 1, len(CLEANUP_WAITS) - 1)]
            log.warning("session %s could not be removed: %s", session.id, error)
            if failures == 10:
                self._alert(f"session {session.id} could not be removed ten times: {error}")
            when = self._clock() + wait
            await self._change(
                session.id,
                lambda s: msgspec.structs.replace(s, cleanup_failures=failures, cleanup_at=when),
            )
            return False
        await self._shots.drop_all(session.id)
        return True
