"""Commands about what the robots of a group know and say."""

from functools import partial
from typing import Annotated, Literal

import typer

from casare_robot.cli.commands.group_options import (
    AnyGroup,
    GroupName,
    StoreAddress,
    on_store,
)
from casare_robot.cli.commands.store_command import Act, store_command
from casare_robot.cli.options import AsJson, Home

app = typer.Typer()

Limit = Annotated[int, typer.Option("--limit", min=1, max=1000, help="How many.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="As in finance:invoices.")]


@store_command(app)
def remember(
    group: GroupName,
    content: Annotated[str, typer.Argument(help="What all its robots are to know.")],
    *,
    robot: Annotated[
        str | None, typer.Option("--robot", help="Whose it is; else the first active one's.")
    ] = None,
    tag: Tags = None,
    metadata: Annotated[str, typer.Option("--metadata", help="A JSON object.")] = "{}",
    pinned: Annotated[
        bool, typer.Option("--pinned", help="Leave the working memory last.")
    ] = False,
) -> Act:
    """Keep a text for all robots of a group; prints its id."""
    from casare_robot.cli import group_memory_commands as memory_commands

    return partial(
        memory_commands.remember,
        group=group,
        content=content,
        robot=robot,
        tags=tag or (),
        metadata=metadata,
        pinned=pinned,
    )


@store_command(app)
def recall(
    group: GroupName,
    query: Annotated[str, typer.Argument(help="Words.")],
    *,
    limit: Limit = 20,
    strategy: Annotated[
        Literal["fulltext", "vector", "hybrid"], typer.Option("--strategy", help="How to search.")
    ] = "fulltext",
    tag: Tags = None,
    timeframe: Annotated[
        str | None, typer.Option("--timeframe", help="As in 'last week'; auto: from the query.")
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="In what all groups know.")
    ] = False,
) -> Act:
    """Show what a group knows about something, the best first."""
    from casare_robot.cli import group_memory_commands as memory_commands

    return partial(
        memory_commands.recall,
        group=group,
        query=query,
        limit=limit,
        strategy=strategy,
        tags=tag or (),
        timeframe=timeframe,
        everywhere=everywhere,
    )


@store_command(app)
def memory(
    group: AnyGroup = None,
    *,
    as_text: Annotated[
        bool, typer.Option("--text", help="As the one text that robots are given.")
    ] = False,
    strategy: Annotated[
        Literal["recent", "frequent", "balanced"],
        typer.Option("--strategy", help="What comes first in that text."),
    ] = "balanced",
) -> Act:
    """Show the working memory of a group, the newest first."""
    from casare_robot.cli import group_memory_commands as memory_commands

    return partial(memory_commands.show_memory, group=group, as_text=as_text, strategy=strategy)


@store_command(app)
def events(
    group: AnyGroup = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl+C.")] = False,
    limit: Limit = 20,
    topic: Annotated[str, typer.Option("--topic", help="Only these, as in memory:*.")] = "",
) -> Act:
    """Show what happened in a group, each event its own JSON object with --json."""
    from casare_robot.cli import group_talk_commands as talk_commands

    return partial(talk_commands.show_events, group=group, follow=follow, count=limit, topic=topic)


@store_command(app)
def publish(
    group: GroupName,
    topic: Annotated[str, typer.Argument(help="As in invoices:arrived.")],
    payload: Annotated[str | None, typer.Argument(help="JSON, or any text.")] = None,
    *,
    priority: Annotated[
        Literal["normal", "critical"],
        typer.Option("--priority", help="Critical ones reach also who was away."),
    ] = "normal",
) -> Act:
    """Tell the robots of a group something; prints the event's id."""
    from casare_robot.cli import group_talk_commands as talk_commands

    return partial(
        talk_commands.publish, group=group, topic=topic, payload=payload, priority=priority
    )


@app.command()
def ask(
    group: GroupName,
    message: Annotated[str, typer.Argument(help="What its active robots are asked.")],
    *,
    topic: Annotated[
        str | None, typer.Option("--topic", help="Chooses the workflow that answers.")
    ] = None,
    strategy: Annotated[
        Literal["round_robin", "llm_based", "priority"] | None,
        typer.Option("--strategy", help="How who answers is chosen, from now on."),
    ] = None,
    store: StoreAddress = None,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Have robots of a group answer; 1 if none could."""
    from casare_robot.cli import group_talk_commands as talk_commands

    on_store(
        lambda shared: talk_commands.ask(
            shared,
            group,
            message,
            topic=topic,
            strategy=strategy,
            home=home,
            json_output=as_json,
        ),
        store,
        home,
        as_json,
    )


@store_command(app)
def sessions(
    *,
    state: Annotated[str | None, typer.Option("--state", help="Only this state.")] = None,
    limit: Limit = 20,
) -> Act:
    """Show conversations that outlive their processes, the newest change first."""
    from casare_robot.cli import group_talk_commands as talk_commands

    return partial(talk_commands.show_sessions, state=state, limit=limit)
