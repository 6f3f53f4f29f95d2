"""Commands for orchestrators."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from casare_robot.cli.commands.group_options import StoreAddress, on_store
from casare_robot.cli.options import AsJson, Home, Variables, VariablesFile, WorkflowFile

app = typer.Typer()
orchestrator_app = typer.Typer(invoke_without_command=True)
app.add_typer(orchestrator_app, name="orchestrator")

ApiKey = Annotated[
    str | None,
    typer.Option("--api-key", help="Its key; else CASARE_ORCHESTRATOR_KEY, or this user's."),
]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder for what it knows.", show_default=False)
]


@orchestrator_app.callback()
def orchestrator(
    context: typer.Context,
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any.")] = 8765,
    data: DataFolder = None,
    store: Annotated[
        str | None, typer.Option("--store", help="Where its state is instead: sqlite:FILE.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="TLS certificate (PEM).")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option("--private-key", help="Its key (PEM).")
    ] = None,
    strategy: Annotated[
        Literal["least_loaded", "round_robin", "priority", "capability"],
        typer.Option("--strategy", help="Who gets a job that several robots could do."),
    ] = "least_loaded",
    keep_days: Annotated[
        float,
        typer.Option("--keep-days", min=0.1, max=36_500, help="How long it remembers ended jobs."),
    ] = 90,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Drop, delay and repeat on purpose.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A small real orchestrator with a page, for people who have none."""
    if context.invoked_subcommand is not None:
        return
    from casare_robot.cli.orchestrator_command import serve

    raise typer.Exit(
        serve(
            host=host,
            port=port,
            data=data,
            store=store,
            certificate=certificate,
            private_key=private_key,
            strategy=strategy,
            keep_days=keep_days,
            chaos=chaos,
            json_output=as_json,
        )
    )


@orchestrator_app.command()
def code(
    *,
    to: Annotated[
        str | None, typer.Option("--to", help="Its address; else this user's own.")
    ] = None,
    api_key: ApiKey = None,
    data: DataFolder = None,
    robot: Annotated[
        str | None, typer.Option("--robot", help="Id of the robot; else it gets a new one.")
    ] = None,
    group: Annotated[
        str, typer.Option("--group", help="Group that the robot becomes a member of.")
    ] = "",
    role: Annotated[
        Literal["", "active", "passive"], typer.Option("--role", help="What it is there at first.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Make a code by which one robot becomes known to an orchestrator."""
    from casare_robot.cli.code_command import make_code
    from casare_robot.domain.group_place import GroupPlace

    place = GroupPlace(group=group, group_role=role)
    raise typer.Exit(
        make_code(to, key=api_key, data=data, robot_id=robot, place=place, json_output=as_json)
    )


@app.command()
def submit(
    file: WorkflowFile,
    *,
    to: Annotated[str | None, typer.Option("--to", help="Address of an orchestrator.")] = None,
    group: Annotated[
        str | None, typer.Option("--group", help="Or a group of robots that does it.")
    ] = None,
    store: StoreAddress = None,
    api_key: ApiKey = None,
    var: Variables = None,
    vars_file: VariablesFile = None,
    job: Annotated[str | None, typer.Option("--job", help="Id of the new job.")] = None,
    robot: Annotated[str | None, typer.Option("--robot", help="The one robot for it.")] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", "--capability", help="What its robot can do."),
    ] = None,
    priority: Annotated[int, typer.Option("--priority", help="The highest runs first.")] = 0,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Seconds.", min=0.001)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Send a job to an orchestrator, or to a group of robots."""
    from casare_robot.cli.submit_command import submit as submit_file

    if group is not None and to is None:
        from casare_robot.cli import group_submit

        work = {
            "variables": (var or (), vars_file),
            "id": job,
            "robot": robot,
            "capabilities": tag or (),
            "priority": priority or "normal",
            "timeout": timeout,
        }
        on_store(
            lambda shared: group_submit.submit(
                shared, file, group, work, wait=wait, json_output=as_json
            ),
            store,
            home,
            as_json,
        )

    raise typer.Exit(
        submit_file(
            file,
            to=to,
            group=group,
            key=api_key,
            variables=var or (),
            variables_file=vars_file,
            job_id=job,
            robot=robot,
            tags=tag or (),
            priority=priority,
            timeout=timeout,
            wait=wait,
            json_output=as_json,
        )
    )


@app.command()
def demo(
    *,
    stay: Annotated[
        bool, typer.Option("--stay", help="Keep it running at the end, to look at its page.")
    ] = False,
) -> None:
    """An orchestrator, two robots, real workflows, and a robot that is killed and comes back."""
    from casare_robot.cli.demo_command import run_demo

    raise typer.Exit(run_demo(stay=stay))
