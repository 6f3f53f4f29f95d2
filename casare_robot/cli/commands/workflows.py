"""Commands for workflow files."""

from pathlib import Path
from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home, Variables, VariablesFile, WorkflowFile

app = typer.Typer()


@app.command("exec")
def exec_(
    file: Annotated[
        Path | None, typer.Argument(help="A workflow file; none: resume the job of --job.")
    ] = None,
    *,
    var: Variables = None,
    vars_file: VariablesFile = None,
    job: Annotated[str | None, typer.Option("--job", help="Id of the job, new or known.")] = None,
    timeout: Annotated[float | None, typer.Option("--timeout", help="Seconds.", min=0.001)] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Run one workflow here and now; the exit code tells how it ended."""
    from casare_robot.cli.early_start import taken
    from casare_robot.cli.exec_command import exec_workflow

    raise typer.Exit(
        exec_workflow(
            file,
            variables=var or (),
            variables_file=vars_file,
            job_id=job,
            timeout=timeout,
            json_output=as_json,
            home=home,
            spare=taken(),
        )
    )


@app.command()
def validate(file: WorkflowFile, *, as_json: AsJson = False) -> None:
    """Check a workflow file without running it."""
    from casare_robot.cli.validate_command import validate_file

    raise typer.Exit(validate_file(file, json_output=as_json))


@app.command()
def nodes(*, as_json: AsJson = False) -> None:
    """List the node types with ports, properties, effect and needs."""
    from casare_robot.cli.nodes_command import list_nodes

    list_nodes(json_output=as_json)
