"""`casare-robot secret`: what workflows may ask for by name."""

from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer(
    name="secret", help="Keep secrets that workflows ask for by name.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="As in {{$secret:NAME}}.")]


@app.command("set")
def set_(name: Name, *, as_json: AsJson = False, home: Home = None) -> None:
    """Keep a secret; its value is asked for, or read from standard input."""
    from casare_robot.cli.secrets_kept import keep

    raise typer.Exit(keep(name, json_output=as_json, home=home))


@app.command("list")
def list_(*, as_json: AsJson = False, home: Home = None) -> None:
    """Name the secrets there are; their values are shown nowhere."""
    from casare_robot.cli.secrets_kept import show_names

    raise typer.Exit(show_names(json_output=as_json, home=home))


@app.command()
def delete(name: Name, *, as_json: AsJson = False, home: Home = None) -> None:
    """Forget a secret."""
    from casare_robot.cli.secrets_kept import forget

    raise typer.Exit(forget(name, json_output=as_json, home=home))
