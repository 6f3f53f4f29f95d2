"""Commands for the owner of a Supabase project."""

from typing import Annotated

import typer

from casare_robot.cli.options import AsJson

app = typer.Typer(help="For the owner of a Supabase project that robots share.")

Database = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="SUPABASE_DB_URL",
        help="The project's database: postgresql://... (Connect, in the project).",
    ),
]


@app.command()
def init(
    *,
    database: Database = "",
    show: Annotated[
        bool, typer.Option("--print", help="Print the SQL for the project's editor instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make or renew everything that robots need in a project's database."""
    from casare_robot.cli.supabase_command import initialize

    raise typer.Exit(initialize(database, show=show, json_output=as_json))


@app.command()
def invite(
    robot: Annotated[str, typer.Argument(help="Id of the robot that the code is for.")],
    *,
    database: Database = "",
    group: Annotated[
        list[str] | None, typer.Option("--group", help="Its group; else one of its own.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="The publishable key, to travel with the code.")
    ] = "",
    hours: Annotated[float, typer.Option("--hours", help="How long the code is good.")] = 24.0,
    as_json: AsJson = False,
) -> None:
    """Print a code with which one robot enrols itself, once."""
    from casare_robot.cli.supabase_command import invite as make

    done = make(database, robot, group or [], key=key, hours=hours, json_output=as_json)
    raise typer.Exit(done)
