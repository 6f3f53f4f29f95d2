"""Who is well, and what is done about those who are not."""

import asyncio
import logging
import time
import uuid
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from casare_robot.domain.errors import RobotError
from casare_robot.groups.bus import Bus
from casare_robot.groups.health_figures import health_figures, robot_figures
from casare_robot.groups.health_rules import (
    CALM_FEW,
    HealthTimes,
    Watched,
    is_degraded,
    judged,
    missed,
    overall,
    warnings,
)
from casare_robot.groups.inbox import Sleep
from casare_robot.groups.lease import process_holder
from casare_robot.groups.records import CRITICAL, RecoveryPolicy
from casare_robot.groups.recovery import Failover, Recovery, Replay, Restart
from casare_robot.groups.words import invalid, one_of, options
from casare_robot.store.store import Store

log = logging.getLogger(__name__)

TICK = 0.5
PROBE_EVERY = 5.0
WHOLE_RECOVERY = 30.0
POLICIES = ("restart", "failover", "notify", "none")

Probe: TypeAlias = Callable[[str], Awaitable[bool]]
Changed: TypeAlias = Callable[[str, str, str], Awaitable[object]]


class Health:
    """Watches robots by their leases, and recovers those that fall silent.

    A beat is the renewal of the lease ``robot:ID`` (or ``alive:ID`` for a
    group). A recovery has succeeded when a fresh beat has come, not before.

    Args:
        store: Where the leases are.
        bus: Where changes are told.
        restart: Starts a robot again, through its supervisor.
        failover: Has a fallback take over; who did.
        probe: Asks a robot something; whether it answered.
        restore: Brings a robot's state back after a restart.
        replay: Replays what it missed.
        kind: ``robot`` or ``group``.
        clock: Seconds, the store's.
        sleep: Waits.
        on_alert: Told what operators must know.
        on_change: Awaited with who changed, the new state and why.
    """

    def __init__(
        self,
        store: Store,
        bus: Bus,
        *,
        restart: Restart | None = None,
        failover: Failover | None = None,
        probe: Probe | None = None,
        restore: Restart | None = None,
        replay: Replay | None = None,
        kind: str = "robot",
        clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
        on_alert: Callable[[str], None] = log.critical,
        on_change: Changed | None = None,
    ) -> None:
        self.times = HealthTimes()
        self.degraded = False
        self._store = store
        self._bus = bus
        self._probe = probe
        self._prefix = "robot" if kind == "robot" else "alive"
        self._clock = clock
        self._sleep = sleep
        self._on_alert = on_alert
        self._on_change = on_change
        self._holder = process_holder("health")
        self._watched: dict[str, Watched] = {}
        self._policy = RecoveryPolicy()
        self._failures: deque[float] = deque(maxlen=1000)
        self._calm_since = clock()
        self._latencies: deque[float] = deque(maxlen=1000)
        self._counts: Counter[str] = Counter()
        self._recovering: dict[str, asyncio.Task[Any]] = {}
        self._loop: asyncio.Task[None] | None = None
        self._began = (clock(), time.perf_counter())
        self._busy = 0.0
        self._last_rescue = clock()
        self._recovery = Recovery(
            store,
            self._prefix,
            restart=restart,
            failover=failover,
            restore=restore,
            replay=replay,
            clock=clock,
            sleep=sleep,
            alert=self.alert,
            beaten=self._beaten,
        )

    def configure(self, **given: Any) -> HealthTimes:
        """Set times and the usual recovery; both spellings, see `words`."""
        known = options(given)
        strategy = known.pop("strategy", None)
        if strategy is not None:
            self._policy = policy_of(strategy)
        unknown = set(known) - set(HealthTimes.__struct_fields__)
        if unknown:
            raise invalid(unknown.pop(), "health has no such setting")
        self.times = msgspec.structs.replace(self.times, **known)
        return self.times

    def watch(self, robot: str, policy: Mapping[str, Any] | str | None = None) -> None:
        """Watch a robot from now on; it is healthy to begin with. Fine to do twice."""
        if not isinstance(robot, str) or not robot.strip():
            raise invalid("robot", f"{robot!r} is no robot's id")
        chosen = self._policy if policy is None else policy_of(policy)
        known = self._watched.get(robot)
        self._watched[robot] = (
            msgspec.structs.replace(known, policy=chosen)
            if known
            else Watched(id=robot, since=self._clock(), policy=chosen)
        )

    def unwatch(self, robot: str) -> bool:
        """Watch it no more; whether it was."""
        return self._watched.pop(robot, None) is not None

    def start(self) -> None:
        """Look every half second from now on; can be stopped and started again."""
        if self._loop is None or self._loop.done():
            self._loop = asyncio.create_task(self._run(), name="health")

    async def stop(self) -> None:
        """Look no more; recoveries under way are ended."""
        tasks = [*self._recovering.values(), *([self._loop] if self._loop else [])]
        self._loop = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._recovering.clear()

    @property
    def is_monitoring(self) -> bool:
        """Whether it looks."""
        return self._loop is not None and not self._loop.done()

    async def beat(self, robot: str) -> bool:
        """Say in a robot's name that it is alive; False if another process is that robot."""
        began = time.perf_counter()
        name = f"{self._prefix}:{robot}"
        lease = await self._store.lease(name, self._holder, ttl=self.times.ttl)
        self._latencies.append(time.perf_counter() - began)
        self._counts["beats" if lease else "failed"] += 1
        known = self._watched.get(robot)
        if lease is not None and known is not None:
            now = self._clock()
            state = "healthy" if known.state in ("disconnected", "failed") else known.state
            self._watched[robot] = msgspec.structs.replace(known, last_beat=now)
            if state != known.state:
                await self._turn(robot, state, "beats again")
        return lease is not None

    async def activity(self, robot: str, kind: str) -> bool:
        """A sign of life of any kind; counts as a beat and is kept."""
        known = self._watched.get(robot)
        if known is not None:
            self._watched[robot] = msgspec.structs.replace(known, activity=(kind, self._clock()))
        return await self.beat(robot)

    async def probe(self, robot: str) -> bool:
        """Ask a robot something; one that beats but does not answer is a zombie."""
        known = self._watched.get(robot)
        if known is None or self._probe is None:
            return known is not None
        try:
            async with asyncio.timeout(self.times.probe_timeout):
                answers = await self._probe(robot)
        except Exception as error:  # noqa: BLE001 - whatever it is, it did not answer
            log.info("%s did not answer: %r", robot, error)
            answers = False
        known = self._watched.get(robot)
        if known is not None:
            self._watched[robot] = msgspec.structs.replace(
                known, answers=answers, last_probe=self._clock()
            )
        return answers

    async def tick(self) -> tuple[str, ...]:
        """Look at all once, tell what changed, begin recoveries; those that changed."""
        began = time.thread_time()
        now = self._clock()
        names = {f"{self._prefix}:{robot}": robot for robot in self._watched}
        held = await self._store.held(*names) if names else {}
        for name, lease in held.items():
            known = self._watched.get(names[name])
            beat = lease.expires - lease.ttl
            if known is not None and (known.last_beat is None or beat > known.last_beat):
                self._watched[known.id] = msgspec.structs.replace(known, last_beat=beat)
                self._counts["beats"] += 1
        for known in tuple(self._watched.values()):
            due = known.last_probe is None or now - known.last_probe >= PROBE_EVERY
            if self._probe and due and judged(known, now=now, times=self.times) != "disconnected":
                await self.probe(known.id)
        changed = []
        for known in tuple(self._watched.values()):
            state = judged(known, now=now, times=self.times)
            if state != known.state:
                reason = f"{missed(known, now=now, times=self.times)} beats missed"
                try:
                    await self._turn(known.id, state, "no answer" if state == "zombie" else reason)
                except RobotError as error:  # the next look finds it again, and the others now
                    log.warning("nobody can be told that %s is %s: %s", known.id, state, error)
                    continue
                changed.append(known.id)
                if state in ("disconnected", "zombie"):
                    self._failures.append(now)
                    self._counts["failed"] += 1
                    self._begin_recovery(known.id)
        await self._judge_system(now)
        self._busy += time.thread_time() - began
        return tuple(changed)

    def of(self, robot: str) -> dict[str, Any] | None:
        """What is known of one robot, under the documents' names; None if it is not watched."""
        known = self._watched.get(robot)
        if known is None:
            return None
        return robot_figures(known, now=self._clock(), times=self.times)

    def all(self) -> dict[str, dict[str, Any]]:
        """What is known of all."""
        return {robot: shown for robot in self._watched if (shown := self.of(robot))}

    async def recover(self, robot: str) -> dict[str, Any]:
        """Recover a robot by its policy: ``{success, strategy, durationMs, error}``.

        It is recovering, then its state is restored and what it missed replayed,
        then it is healthy; or it has failed. All within 30 s.
        """
        began = time.perf_counter()
        known = self._watched.get(robot)
        if known is None:
            return _result(began, "none", "Agent not registered")
        policy = known.policy
        self._counts["attempts"] += 1
        self._watched[robot] = msgspec.structs.replace(known, attempts=known.attempts + 1)
        before = known.state
        await self._turn(robot, "recovering", policy.kind)
        try:
            async with asyncio.timeout(WHOLE_RECOVERY):
                error = await self._recovery.act(robot, before, policy)
        except TimeoutError:
            error = f"recovery took longer than {WHOLE_RECOVERY:g} s"
        except Exception as problem:
            log.exception("recovery of %s failed", robot)
            error = f"{policy.kind} failed: {problem}"
        final = "failed"
        if error is None:
            final = await self._recovery.state_after(robot, policy, before)
        known = self._watched.get(robot)
        if known is not None:
            self._watched[robot] = msgspec.structs.replace(known, last_error=error)
            await self._turn(robot, final, error or policy.kind)
        self._counts["recovered"] += error is None
        if final == "failed":
            self.alert(f"robot {robot} could not be recovered: {error}")
        return _result(began, policy.kind, error)

    def set_policy(self, robot: str, policy: Mapping[str, Any] | str) -> RecoveryPolicy:
        """Change how a robot is recovered, from now on."""
        if robot not in self._watched:
            raise invalid("robot", f"{robot!r} is not watched")
        self.watch(robot, policy)
        return self._watched[robot].policy

    def alert(self, text: str) -> None:
        """Tell operators at once."""
        self._counts["alerts"] += 1
        self._on_alert(text)

    def report(
        self,
        *,
        active_sessions: int = 0,
        session_limit: int = 100,
        active_groups: int = 0,
        errors: int = 0,
        version: str = "",
        checks: Mapping[str, bool] | None = None,
    ) -> dict[str, Any]:
        """How the system is, for ``/health``; ``ready`` and its code for ``/ready``."""
        failed = sum(w.state in ("failed", "disconnected") for w in self._watched.values())
        load = active_sessions / session_limit if session_limit else 1.0
        parts = {"storage": True, "event_bus": self._bus.listening, **(checks or {})}
        is_ready = all(parts.values())
        return {
            "status": overall(failed, load=load, is_degraded=self.degraded),
            "uptime_seconds": self._clock() - self._began[0],
            "active_sessions": active_sessions,
            "failed_agents": failed,
            "version": version,
            "timestamp": self._clock(),
            "ready": is_ready,
            "ready_code": 200 if is_ready else 503,
            "checks": parts,
            "warnings": list(warnings(active_groups=active_groups, errors=errors)),
        }

    def stats(self) -> dict[str, Any]:
        """Figures under the documents' names; the share of a core is this monitor's own."""
        return health_figures(
            self._watched.values(),
            self._counts,
            latencies=self._latencies,
            busy=self._busy,
            wall=time.perf_counter() - self._began[1],
        )

    def session_limit(self, usual: int = 100) -> int:
        """How many sessions may be open: half as many in degradation mode."""
        return usual // 2 if self.degraded else usual

    async def settled(self) -> None:
        """Wait until no recovery is under way."""
        while self._recovering:
            await asyncio.gather(*tuple(self._recovering.values()), return_exceptions=True)

    def _begin_recovery(self, robot: str) -> None:
        known = self._watched.get(robot)
        if known is None or known.policy.kind == "none" or robot in self._recovering:
            return
        if known.policy.max_retries and known.attempts >= known.policy.max_retries:
            return
        task = asyncio.create_task(self.recover(robot), name=f"recovery of {robot}")
        self._recovering[robot] = task
        task.add_done_callback(lambda _: self._recovering.pop(robot, None))

    def _beaten(self, robot: str, when: float) -> None:
        known = self._watched.get(robot)
        if known is not None:
            self._watched[robot] = msgspec.structs.replace(known, last_beat=when, answers=True)

    async def _turn(self, robot: str, state: str, reason: str) -> None:
        known = self._watched.get(robot)
        if known is None or known.state == state:
            return
        self._watched[robot] = msgspec.structs.replace(known, state=state)
        try:
            await self._tell(known, state, reason)
        except BaseException:  # nobody knows it: the next look finds it again
            turned = self._watched.get(robot)
            if turned is not None and turned.state == state:
                self._watched[robot] = msgspec.structs.replace(turned, state=known.state)
            raise

    async def _tell(self, known: Watched, state: str, reason: str) -> None:
        now = self._clock()
        payload = {
            "agentId": known.id,
            "previousState": known.state,
            "newState": state,
            "timestamp": now,
            "reason": reason,
        }
        bad = state in ("disconnected", "zombie", "failed")
        await self._bus.publish(f"agent:{state}", payload, priority=CRITICAL if bad else "normal")
        if self._on_change is not None:
            await self._on_change(known.id, state, reason)

    async def _judge_system(self, now: float) -> None:
        bad = ("failed", "disconnected", "zombie")
        failing = sum(w.state in bad for w in self._watched.values())
        if failing >= CALM_FEW:
            self._calm_since = now
        was, self.degraded = (
            self.degraded,
            is_degraded(
                self.degraded,
                tuple(self._failures),
                failing=failing,
                calm_since=self._calm_since,
                now=now,
            ),
        )
        if self.degraded and now - self._last_rescue >= 60.0:
            self._last_rescue = now
            for known in tuple(self._watched.values()):
                if known.state in bad:
                    self._begin_recovery(known.id)
        if was != self.degraded:
            self._last_rescue = now
            correlation = uuid.uuid4().hex
            text = "begins" if self.degraded else "ends"
            self.alert(f"degradation {text}: {failing} robots failed (correlation {correlation})")
            payload = {"failed": failing, "correlationId": correlation}
            topic = "system:degraded" if self.degraded else "system:restored"
            await self._bus.publish(topic, payload, priority=CRITICAL)

    async def _run(self) -> None:
        while True:
            try:
                await self.tick()
            except Exception:
                log.exception("the robots could not be looked at")
            await self._sleep(TICK)


def policy_of(given: Mapping[str, Any] | str) -> RecoveryPolicy:
    """A recovery policy in either spelling."""
    known = options({"type": given} if isinstance(given, str) else given)
    known["kind"] = one_of("recovery strategy", known.get("kind", "restart"), POLICIES)
    try:
        return msgspec.convert(known, RecoveryPolicy)
    except msgspec.ValidationError as error:
        raise invalid("policy", str(error)) from error


def _result(began: float, strategy: str, error: str | None) -> dict[str, Any]:
    return {
        "success": error is None,
        "strategy": strategy,
        "durationMs": (time.perf_counter() - began) * 1000,
        "error": error,
    }
