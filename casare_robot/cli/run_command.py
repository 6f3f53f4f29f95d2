"""`casare-robot run`: the agent in the foreground, without a screen."""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from casare_robot.agent.lifecycle import Leaving
from casare_robot.agent.robot_agent import RobotAgent
from casare_robot.cli.refusal import refuse
from casare_robot.config.loading import load_config
from casare_robot.config.robot_config import RobotConfig
from casare_robot.desktop.ending import EndingSignals
from casare_robot.desktop.places import find_places
from casare_robot.desktop.system_events import system_events
from casare_robot.domain.errors import RobotError
from casare_robot.domain.robot_events import JobEnded, JobStarted, RobotEvent, StatusChanged
from casare_robot.domain.robot_status import LinkState, LinkStatus
from casare_robot.observability.log_folder import LogFolder
from casare_robot.observability.log_setup import set_up_logging
from casare_robot.observability.secret_mask import SecretMask
from casare_robot.orchestrator.local_keys import keys_for

log = logging.getLogger("casare_robot")


def run_agent(said: Mapping[str, Any], *, home: Path | None) -> int:
    """Run until somebody ends it; the exit code.

    Args:
        said: Settings from the command line, by name; None is not given.
        home: Folder for everything the robot keeps.
    """
    places = find_places(home)
    try:
        config = load_config(said, places=places)
        if config.orchestrator_url and not config.api_key:
            known = keys_for(config.orchestrator_url)
            said = {**said, "api_key": known.robot_key if known else None}
        read = partial(load_config, said, places=places)
        config = read()
        mask = SecretMask()
        mask.register_all(config.secrets(), for_good=True)
        folder = LogFolder(places.logs, max_bytes=config.log_max_bytes, max_days=config.log_days)
        logs = set_up_logging(folder, mask, level=config.log_level, console=sys.stderr)

        def read_again() -> RobotConfig:
            changed = read(strict=True)
            mask.register_all(changed.secrets(), for_good=True)
            logs.set_level(changed.log_level)
            return changed

        try:
            return asyncio.run(_run(config, read_again, mask, home))
        finally:
            logs.close()
    except RobotError as error:
        return refuse(error, json_output=False)
    except OSError as error:
        print(f"E-RUN-1 the robot cannot start: {error}", file=sys.stderr)
        return 1


async def _run(
    config: RobotConfig, read: Callable[[], RobotConfig], mask: SecretMask, home: Path | None
) -> int:
    agent = RobotAgent(
        config,
        home=home,
        settings=read,
        mask=mask,
        is_confirmed=_says_who_it_is(config.where("robot_id")),
    )
    agent.hub.add_sink(_Log())
    conductor = agent.conductor
    EndingSignals(
        politely=partial(conductor.leave, Leaving.AFTER_JOBS),
        now=partial(conductor.leave, Leaving.NOW),
    ).listen()
    await agent.start()
    loop = asyncio.get_running_loop()
    events = system_events()
    events.listen(
        lambda event: loop.call_soon_threadsafe(agent.rounds.hear, event),
        ending="A robot keeps where its jobs stand.",
    )
    try:
        log.info("robot %s (%s) works in %s", agent.name, agent.robot_id, agent.folder)
        await agent.left()
    finally:
        await asyncio.to_thread(events.close)
    return 0


def _says_who_it_is(source: str) -> bool:
    """Whether the id was given to this start, and not found in a file that a clone has too."""
    return source == "command line" or source.upper().endswith("ROBOT_ID")


class _Log:
    """Writes what a person at a terminal wants to follow."""

    def __init__(self) -> None:
        self._last = ""
        self._last_link: tuple[LinkState, str] | None = None

    def __call__(self, event: RobotEvent) -> None:
        if isinstance(event, JobStarted):
            how = "goes on" if event.resumed else "begins"
            log.info("job %s (%s) %s", event.job_id, event.name, how)
        elif isinstance(event, JobEnded) and event.result.needs_attention:
            what = f"casare-robot jobs resolve {event.job_id} --as done|again|fail"
            log.warning("job %s needs attention: %s", event.job_id, what)
        elif isinstance(event, JobEnded):
            why = f": {event.result.error.message}" if event.result.error else ""
            log.info("job %s is %s%s", event.job_id, event.result.status, why)
        elif isinstance(event, StatusChanged):
            line = ": ".join([event.status.state, *event.status.reasons])
            if line != self._last:
                log.info("%s", line)
            self._last = line
            self._tell_of(event.status.link)

    def _tell_of(self, link: LinkStatus) -> None:
        line = link.state, link.problem
        if link.state is LinkState.LOCAL or line == self._last_link:
            return
        self._last_link = line
        if link.problem:
            log.warning("%s, %s: %s", link.address, link.state, link.problem)
        else:
            log.info("%s, %s", link.address, link.state)
