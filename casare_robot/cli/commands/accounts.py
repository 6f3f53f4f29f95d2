"""Commands about the accounts that the robot is signed in to."""

from pathlib import Path
from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer()
account = typer.Typer(help="Accounts that nodes work in: Google.", no_args_is_help=True)
app.add_typer(account, name="account")

Service = Annotated[str, typer.Argument(help="Whose account: google.")]
Name = Annotated[str, typer.Argument(help="Its name, as account list shows it.")]


@account.command("add")
def account_add(
    service: Service,
    *,
    client: Annotated[
        Path | None,
        typer.Option(
            "--client",
            help="The OAuth client's file from the Google Cloud console; none: the one of before.",
        ),
    ] = None,
    access: Annotated[
        str,
        typer.Option(
            "--access", help="What the robot may use, of gmail, sheets, drive, drive-file."
        ),
    ] = "gmail,sheets,drive",
    name: Annotated[
        str, typer.Option("--as", help="Name for credential_name; google is found by itself.")
    ] = "google",
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Sign in, in a browser here or anywhere; the consent is kept as a secret."""
    from casare_robot.cli.accounts_kept import add

    code = add(service, client, access, name=name, json_output=as_json, home=home)
    raise typer.Exit(code)


@account.command("list")
def account_list(*, as_json: AsJson = False, home: Home = None) -> None:
    """The accounts there are, and what the robot may use of each."""
    from casare_robot.cli.accounts_kept import show

    raise typer.Exit(show(json_output=as_json, home=home))


@account.command("remove")
def account_remove(name: Name, *, as_json: AsJson = False, home: Home = None) -> None:
    """Take the consent back and forget an account."""
    from casare_robot.cli.accounts_kept import forget

    raise typer.Exit(forget(name, json_output=as_json, home=home))
