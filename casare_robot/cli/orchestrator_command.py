"""`casare-robot orchestrator`: a small real server for people who have none."""

import asyncio
import shlex
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import msgspec

from casare_robot.cli.refusal import UsageError, refuse
from casare_robot.cli.rendering import BUSY, as_json
from casare_robot.domain.errors import RobotError
from casare_robot.orchestrator.chaos import Chaos
from casare_robot.orchestrator.keys import Keys
from casare_robot.orchestrator.local_keys import LocalKeys, default_folder, read_keys, write_keys
from casare_robot.orchestrator.mandate import OrchestratorBusyError
from casare_robot.orchestrator.server import Listener, Orchestrator

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    *,
    host: str,
    port: int,
    data: Path | None,
    store: str | None,
    certificate: Path | None,
    private_key: Path | None,
    strategy: str,
    keep_days: float,
    chaos: bool,
    json_output: bool,
) -> int:
    """Serve until Ctrl+C or SIGTERM; the exit code."""
    try:
        if (certificate is None) != (private_key is None):
            raise UsageError("--certificate and --private-key belong together")
        if host not in LOOPBACK and certificate is None:
            print(
                f"warning: connections to {host} are not encrypted; robots on other machines "
                "refuse them. Use --certificate and --private-key.",
                file=sys.stderr,
            )
        folder = (data or default_folder()).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        pair = (certificate, private_key) if certificate and private_key else None
        return asyncio.run(
            _serve(
                folder,
                store or f"sqlite:{folder / 'orchestrator.db'}",
                host=host,
                port=port,
                certificate=pair,
                strategy=strategy,
                keep_days=keep_days,
                chaos=Chaos() if chaos else None,
                json_output=json_output,
            )
        )
    except OrchestratorBusyError as error:
        refuse(error, json_output=json_output)
        return BUSY
    except RobotError as error:
        return refuse(error, json_output=json_output)
    except OSError as error:
        problem = UsageError(f"cannot serve at {host}:{port}: {error.strerror or error}")
        return refuse(problem, json_output=json_output)


async def known_keys(keys: Keys, folder: Path) -> LocalKeys:
    """The keys of this folder, made and kept at the first start and let in at every one."""
    known = read_keys(folder) or LocalKeys(
        admin_key=await keys.make("admin", name="first start"),
        robot_key=await keys.make("robot", name="first start"),
    )
    write_keys(folder, known)
    await keys.admit(known.admin_key, "admin", name="first start")
    await keys.admit(known.robot_key, "robot", name="first start")
    return known


async def _serve(
    folder: Path,
    store: str,
    *,
    host: str,
    port: int,
    certificate: tuple[Path, Path] | None,
    strategy: str,
    keep_days: float,
    chaos: Chaos | None,
    json_output: bool,
) -> int:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(ended.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    async with Orchestrator.open(
        store, strategy=strategy, chaos=chaos, kept=keep_days * 86_400
    ) as orchestrator:
        keys = await known_keys(orchestrator.keys, folder)
        listener = Listener(orchestrator, host=host, port=port, certificate=certificate)
        async with listener.open():
            keys = msgspec.structs.replace(keys, url=listener.url)
            write_keys(folder, keys)
            if json_output:
                _tell(keys, folder)
            else:
                code, _ = await orchestrator.keys.make_code()
                _introduce(keys, folder, code, chaos=chaos is not None)
            await _first(ended.wait(), orchestrator.run())
    return 0


async def _first(*works: Coroutine[Any, Any, Any]) -> None:
    """Do all of it until the first has ended, with whose exception it ends."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def _tell(keys: LocalKeys, folder: Path) -> None:
    robots, page = _addresses(keys)
    facts = {"url": keys.url, "robots": robots, "page": page, "data": str(folder)}
    print(as_json({**facts, "admin_key": keys.admin_key, "robot_key": keys.robot_key}), flush=True)


def _introduce(keys: LocalKeys, folder: Path, code: str, *, chaos: bool) -> None:
    robots, page = _addresses(keys)
    where = "" if folder == default_folder().absolute() else f" --data {shlex.quote(str(folder))}"
    print(
        f"Orchestrator at {keys.url}{', behaving badly on purpose' if chaos else ''}\n"
        f"  page    {page}\n"
        f"  robot   casare-robot enroll {code} --to {robots}\n"
        f"          casare-robot run\n"
        f"  more    casare-robot orchestrator code{where}\n"
        f"  submit  casare-robot submit FILE --to {keys.url}\n"
        f"  data    {folder}\n"
        "Ctrl+C ends it; nothing is lost.",
        flush=True,
    )


def _addresses(keys: LocalKeys) -> tuple[str, str]:
    """Where robots and browsers come in."""
    return keys.url.replace("http", "ws", 1), f"{keys.url}/#key={keys.admin_key}"
