"""Commands about what jobs ask."""

from typing import Annotated

import typer

from casare_robot.cli.options import AsJson, Home

app = typer.Typer()
questions = typer.Typer(help="What jobs ask a person, and answers to it.", no_args_is_help=True)
app.add_typer(questions, name="questions")


@questions.command("list")
def questions_list(*, as_json: AsJson = False, home: Home = None) -> None:
    """What waits for an answer, the oldest first."""
    from casare_robot.cli.questions_command import list_questions

    raise typer.Exit(list_questions(json_output=as_json, home=home))


@questions.command("answer")
def questions_answer(
    question: Annotated[str, typer.Argument(help="Its id, or how that begins.")],
    value: Annotated[
        str | None, typer.Argument(help="Of its only field, or a button; secrets are asked for.")
    ] = None,
    *,
    field: Annotated[
        list[str] | None, typer.Option("--field", help="NAME=VALUE, for each of several fields.")
    ] = None,
    button: Annotated[
        str | None, typer.Option("--button", help="Which to press: ok, cancel, yes, no ...")
    ] = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Answer a question, as its dialog would."""
    from casare_robot.cli.questions_command import answer_question

    code = answer_question(
        question, value, fields=field or (), button=button, json_output=as_json, home=home
    )
    raise typer.Exit(code)


@questions.command("attend")
def questions_attend(*, home: Home = None) -> None:
    """Ask in this terminal whatever jobs ask while no tray is shown, until Ctrl+C."""
    from casare_robot.cli.questions_command import attend_questions

    raise typer.Exit(attend_questions(home=home))
