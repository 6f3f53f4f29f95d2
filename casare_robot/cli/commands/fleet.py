"""Commands for orchestrators."""

from pathlib import Path
from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Variables, VariablesFile, WorkflowFile

app = typer.Typer()


@app.command()
def orchestrator(
    *,
    host: Annotated[str, typer.Option("--host", help="Address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any.")] = 8765,
    data: Annotated[
        Path | None, typer.Option("--data", help="Folder for what it knows.", show_default=False)
    ] = None,
    store: Annotated[
        str | None, typer.Option("--store", help="Where its state is instead: sqlite:FILE.")
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--certificate", help="TLS certificate (PEM).")
    ] = None,
    private_key: Annotated[
        Path | None, typer.Option("--private-key", help="Its key (PEM).")
    ] = None,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Drop, delay and repeat on purpose.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A small real orchestrator with a page, for people who have none."""
    from casare_robot.cli.orchestrator_command import serve

    raise typer.Exit(
        serve(
            host=host,
            port=port,
            data=data,
            store=store,
            certificate=certificate,
            private_key=private_key,
            chaos=chaos,
            json_output=as_json,
        )
    )


@app.command()
def submit(
    file: WorkflowFile,
    *,
    to: Annotated[str, typer.Option("--to", help="Address of the orchestrator.")],
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", help="Its key; else CASARE_ORCHESTRATOR_KEY, or this user's."),
    ] = None,
    var: Variables = None,
    vars_file: VariablesFile = None,
    job: Annotated[str | None, typer.Option("--job", help="Id of the new job.")] = None,
    robot: Annotated[str | None, typer.Option("--robot", help="The one robot for it.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="What its robot must be able to do.")
    ] = None,
    priority: Annotated[int, typer.Option("--priority", help="The highest runs first.")] = 0,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Seconds.", min=0.001)] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Stay until it has ended.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a job to an orchestrator."""
    from casare_robot.cli.submit_command import submit as submit_file

    raise typer.Exit(
        submit_file(
            file,
            to=to,
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
